//! Which labels can be compared with the answers: those that use the answers' classes, are complete, and do not depend on
//! the answer.
//!
//! This is done once, before any exam: other labels are not judged, and a [`LabelDoubt`] reports it. An exam that used them
//! would find a changed relation where only the labelling changed.

mod arrival;
mod equal_age;
mod growth;
mod ripeness;
mod selection;
mod vocabulary;

use std::ops::Range;

pub(super) use self::equal_age::label_delay;
use self::{
    arrival::sooner,
    equal_age::equal_age,
    growth::growth,
    ripeness::ripeness,
    selection::{by_answer, by_score},
    vocabulary::vocabulary,
};
use super::{Dossier, LabelDoubt, Verdict, catalogue::checks};
use crate::{
    stats::metric::roc_auc,
    summary::{Plan, SnapshotSummary, Table, Task},
    text::{number, time},
};

/// The dossier without the labels that can't be compared with the answers; [`Dossier::label_doubts`] lists them, and scores
/// that can't be compared.
#[must_use]
pub fn settle_labels(mut dossier: Dossier) -> Dossier {
    if dossier.production.sample.is_profile() || dossier.training.sample.is_profile() {
        return dossier;
    }
    let mut doubts = vocabulary(&mut dossier);
    if doubts.is_empty() {
        doubts.extend(equal_age(&mut dossier).or_else(|| sooner(&mut dossier)));
    }
    if doubts.is_empty() && dossier.task() != Task::Regression {
        doubts.extend(ripeness(&mut dossier, 0.0));
        if doubts.is_empty() {
            doubts.extend(ripeness(&mut dossier, 1.0));
        }
    }
    if doubts.is_empty() {
        doubts.extend(growth(&mut dossier));
    }
    // Where labels depend on the score among rows of one answer, that is the finer selection of the two.
    let of_score = if doubts.is_empty() { by_score(&mut dossier) } else { None };
    let of_answer = || if dossier.task() == Task::Regression { None } else { by_answer(&mut dossier) };
    doubts.extend(of_score.or_else(of_answer));
    doubts.extend(facing(&dossier));
    dossier.label_doubts = doubts;
    dossier
}

/// Removes the labels of the rows that `out` accepts from a snapshot's sample and recounts its windows by the rest.
fn withdraw(plan: &Plan, snapshot: &mut SnapshotSummary, out: impl Fn(&Table, usize) -> bool) {
    let rows: Vec<usize> = (0..snapshot.sample.label.len()).filter(|&r| out(&snapshot.sample, r)).collect();
    if rows.is_empty() {
        return;
    }
    for row in rows {
        snapshot.sample.label[row] = f64::NAN;
    }
    if let Some(table) = &mut snapshot.weighted {
        let rows: Vec<usize> = (0..table.label.len()).filter(|&row| out(table, row)).collect();
        for row in rows {
            table.label[row] = f64::NAN;
        }
    }
    snapshot.recount_labels(plan);
}

/// A score whose ROC AUC against the model's own answers is below this ranks the other class.
const TURNED: f64 = 0.2;

/// Bins of equal count over which the side of the score is followed.
const SIDE_BINS: usize = 20;

/// A score that ranks against the answers themselves, in the whole log or since some day: it is the probability of the other
/// class.
fn facing(dossier: &Dossier) -> Option<LabelDoubt> {
    if dossier.task() != Task::Binary {
        return None;
    }
    let sample = &dossier.production.sample;
    let rank = |rows: Range<usize>| {
        let known = |row: &usize| {
            let score = sample.score.get(*row).is_some_and(|score| score.is_finite());
            score && sample.prediction.get(*row).is_some_and(|answer| !answer.is_nan())
        };
        let (scores, positive): (Vec<f64>, Vec<bool>) =
            rows.filter(known).map(|row| (sample.score[row], sample.prediction[row] == 1.0)).unzip();
        roc_auc(&scores, &positive).ok()
    };
    let class = |at: usize| dossier.plan.classes.get(at).map_or("", String::as_str);
    let all = rank(0..sample.rows)?;
    let (auc, when) = if all < TURNED {
        (all, String::new())
    } else {
        let size = sample.rows.div_ceil(SIDE_BINS).max(1);
        let bins: Vec<f64> = (0..sample.rows)
            .step_by(size)
            .filter_map(|from| rank(from..(from + size).min(sample.rows)))
            .collect();
        let turned = bins.iter().rev().take_while(|auc| **auc < TURNED).count();
        let from = sample.rows.saturating_sub(turned * size);
        let at = *sample.time.get(from).filter(|_| turned > 1 && turned < bins.len())?;
        (rank(from..sample.rows)?, format!(" since {}", time::short(at)))
    };
    Some(LabelDoubt {
        id: (&checks::LABELS_SCORE_SIDE).into(),
        verdict: Verdict::Alarm,
        message: format!(
            "The score ranks against the model's own answers{when} (ROC AUC {}): it looks like the probability of {}, not of {}. \
             Metrics of the score mean nothing until either the score or [model] positive is reversed.",
            number::metric(auc),
            class(0),
            class(1)
        ),
    })
}

#[cfg(test)]
mod tests;
