//! Amounts that grow until they are known: claims, sales and returns that are still being counted.

use std::sync::Arc;

use super::{
    ripeness::{Bin, ripening_age},
    withdraw,
};
use crate::{
    autopsy::{Dossier, LabelDoubt, Verdict, catalogue::checks},
    stats::moments::{mean, median, variance},
    summary::{Micros, Task},
    text::{number, time},
};

/// Bins of equal count over which the labels are followed.
const BINS: usize = 40;

/// Fewer rows in a bin tell nothing of it.
const FEWEST: usize = 20;

/// Numbers that are the smaller the younger the row is, compared with what was predicted, as those are that come in parts.
///
/// The sum of the labels over that of the predictions is followed by the age of the row. As for classes, growing labels follow
/// `1 − exp(−age / τ)` and are distinguished from a step in time by which of the two fits better; a bin weighs as its ratio is sure.
pub(super) fn growth(dossier: &mut Dossier) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    if dossier.task() != Task::Regression || sample.time.is_empty() || sample.label.is_empty() {
        return None;
    }
    let rows: Vec<usize> = (0..sample.rows)
        .filter(|&row| {
            sample.label[row].is_finite() && sample.prediction.get(row).is_some_and(|x| x.is_finite())
        })
        .collect();
    let size = rows.len() / BINS;
    if size < FEWEST {
        return None;
    }
    let end = *sample.time.last()?;
    let of = |values: &[f64], rows: &[usize]| -> Vec<f64> { rows.iter().map(|&row| values[row]).collect() };
    let mut bins: Vec<Bin> = Vec::new();
    for chunk in rows.chunks(size).filter(|chunk| chunk.len() == size) {
        let (labels, predictions) = (of(&sample.label, chunk), of(&sample.prediction, chunk));
        let (label, prediction) = (mean(&labels).ok()?, mean(&predictions).ok()?);
        // A ratio needs sums on one side of 0.
        if label < 0.0 || prediction <= 0.0 {
            return None;
        }
        let ratio = label / prediction;
        let left: Vec<f64> = labels.iter().zip(&predictions).map(|(y, p)| y - ratio * p).collect();
        let error = variance(&left).ok()? / size as f64 / prediction.powi(2);
        bins.push(Bin { age: (end - sample.time[chunk[size / 2]]) as f64, ratio, expected: error });
    }
    // Young labels vary little because they are small: the usual error holds for all bins.
    let error = median(&bins.iter().map(|bin| bin.expected).collect::<Vec<_>>()).ok()?;
    bins.iter_mut().for_each(|bin| bin.expected = 1.0 / error.max(f64::MIN_POSITIVE));
    let span = (end - sample.time[*rows.first()?]) as f64;
    let (age, how) = ripening_age(&bins, span)?;
    let from = end - age as Micros;
    let share = |young: bool| {
        let chosen: Vec<f64> =
            bins.iter().filter(|bin| (bin.age < age) == young).map(|bin| bin.ratio).collect();
        mean(&chosen).unwrap_or(f64::NAN)
    };
    let (old, newest) = (share(false), bins.last().map_or(f64::NAN, |bin| bin.ratio));
    let how = if how.starts_with("fewer") { "the smaller the younger the row is" } else { how };
    let plan = Arc::clone(&dossier.plan);
    withdraw(&plan, &mut dossier.production, |table, row| table.time[row] >= from);
    Some(LabelDoubt {
        id: (&checks::LABELS_RIPENESS).into(),
        verdict: Verdict::Watch,
        message: format!(
            "The labels may not have matured: they sum to {} of the predictions before {}, of the last rows to {}, {how}. Rows \
             since {} are not evaluated; do not retrain on them.",
            number::share(old),
            time::short(from),
            number::share(newest),
            time::short(from),
        ),
    })
}
