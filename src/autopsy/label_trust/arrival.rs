//! Labels that come sooner for one class than for another.

use std::sync::Arc;

use super::withdraw;
use crate::{
    autopsy::{Dossier, LabelDoubt, Verdict, catalogue::checks},
    stats::moments::mean,
    summary::{Micros, Table, Task},
    text::{number, time},
};

/// Bins of equal count over which the share of labelled rows is followed.
const BINS: usize = 40;

/// Rows are young while the share of labelled ones is below this part of what it is among old rows.
const YOUNG: f64 = 0.9;

/// Standard errors by which the labels of young rows differ from what the answers expect.
const FAR: f64 = 4.0;

/// The same as a part of the expected number.
const FAR_SHARE: f64 = 0.25;

/// Labels of a class over those that are expected of all young rows, at most; more of them is another world.
const MOST_COVERED: f64 = 1.25;

/// The share of labels that came of the slower class over that of the faster one, at most.
const SLOWER: f64 = 0.6;

/// Takes away the labels of young rows where one class is reported sooner than the other: among the labels that are there
/// so far it is too frequent. At equal age, that is, among rows that are old enough, nothing of it is seen.
pub(super) fn sooner(dossier: &mut Dossier) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    if dossier.task() != Task::Binary || sample.time.is_empty() || sample.label.is_empty() {
        return None;
    }
    let size = sample.rows / BINS;
    if size < 10 {
        return None;
    }
    let labelled = |row: usize| !sample.label[row].is_nan();
    let shares: Vec<f64> = (0..BINS)
        .map(|bin| {
            let rows = bin * size..(bin + 1) * size;
            rows.filter(|&row| labelled(row)).count() as f64 / size as f64
        })
        .collect();
    let mut old = shares[..BINS / 2].to_vec();
    old.sort_unstable_by(f64::total_cmp);
    let usual = old[old.len() / 2];
    let young = shares.iter().rev().take_while(|share| **share < YOUNG * usual).count();
    if young == 0 || young > 3 * BINS / 4 {
        return None;
    }
    let from_row = (BINS - young) * size;
    // The excess of positive labels over what the answers expect, and its variance.
    let excess = |from: usize, to: usize| {
        let (mut found, mut expected, mut variance) = (0.0, 0.0, 0.0);
        for row in (from..to).filter(|&row| labelled(row)) {
            let Some(p) = expectation(sample, row) else { continue };
            found += sample.label[row];
            expected += p;
            variance += (p * (1.0 - p)).max(0.01);
        }
        (found, expected, variance)
    };
    // The rows just before: a world that has changed already shows in them.
    let (old_found, old_expected, _) = excess(from_row - (BINS - young).div_ceil(4) * size, from_row);
    let (found, expected, variance) = excess(from_row, sample.rows);
    if old_expected == 0.0 || expected == 0.0 {
        return None;
    }
    let fair = expected * (old_found / old_expected).min(2.0);
    let difference = found - fair;
    if difference.abs() < FAR * variance.sqrt() || difference.abs() < FAR_SHARE * fair {
        return None;
    }
    // Labels of the faster class are nearly all there, those of the slower one are not.
    let coming: f64 = (from_row..sample.rows).filter_map(|row| expectation(sample, row)).sum();
    let coming = coming * (old_found / old_expected).min(2.0);
    let all = (sample.rows - from_row) as f64;
    let there = (from_row..sample.rows).filter(|&row| labelled(row)).count() as f64;
    let (positive, negative) = (found / coming, (there - found) / (all - coming).max(1.0));
    let (faster, slower) = if positive > negative { (positive, negative) } else { (negative, positive) };
    if faster > MOST_COVERED || slower > SLOWER * faster {
        return None;
    }
    let from: Micros = sample.time[from_row];
    let share = |from: usize, to: usize| {
        let rows: Vec<f64> = (from..to).filter(|&row| labelled(row)).map(|row| sample.label[row]).collect();
        mean(&rows).unwrap_or(0.0)
    };
    let label_share = shares[BINS - young..].iter().sum::<f64>() / young as f64;
    let (of_old, of_young) = (share(0, from_row), share(from_row, sample.rows));
    let plan = Arc::clone(&dossier.plan);
    let message = format!(
        "The labels of young rows are not a fair part of all: since {} {} of the rows have one (before: {}), and {} of those \
         are {} (before: {}), more or fewer than the answers expect. One class is reported sooner. Rows since then are not \
         judged, so that all are compared at an age at which labels have come.",
        time::short(from),
        number::share(label_share),
        number::share(usual),
        number::share(of_young),
        plan.classes.get(1).map_or("1", String::as_str),
        number::share(of_old),
    );
    withdraw(&plan, &mut dossier.production, |table, row| table.time[row] >= from);
    Some(LabelDoubt { id: (&checks::LABELS_SELECTION).into(), verdict: Verdict::Watch, message })
}

/// How likely the answer makes a positive label.
pub(super) fn expectation(sample: &Table, row: usize) -> Option<f64> {
    match sample.score.get(row) {
        Some(score) if score.is_finite() => Some(*score),
        _ => sample.prediction.get(row).copied().filter(|answer| !answer.is_nan()),
    }
}
