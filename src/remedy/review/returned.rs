//! Evaluation of the labels returned by reviewers.

use super::bands::{by_doubt, is_class};
use crate::{
    autopsy::{Investigation, exam::performance::Estimate, scoring::Answers},
    cached::cached,
    stats::{
        interval::{Z_95, wilson},
        sequential::Batch,
    },
    text::number,
};

/// From this number of random rows on, the estimate uses them alone.
const FEWEST_RANDOM: usize = 30;

/// Strata of doubt, and the minimum number of reviewed rows in a stratum.
const STRATA: usize = 5;
const FEWEST_IN_STRATUM: u64 = 5;

/// The rows that an estimate is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum EstimateBasis {
    /// Rows drawn at random, by their weights.
    Random,
    /// All reviewed rows, post-stratified by bands of doubt.
    Bands,
}

cached!(
    enum EstimateBasis {
        Random,
        Bands,
    }
);

/// Labels given by reviewers.
#[derive(Debug, Clone, PartialEq)]
pub struct Returned {
    /// Rows of the file.
    pub rows: u64,
    /// Those whose id is in the sample and whose label is readable.
    pub matched: u64,
    /// Share of rows on which the prediction equals the reviewer's label, with its interval; `None` for
    /// regression.
    pub agreement: Option<Estimate>,
    /// Rows that also have a label in the log, and those on which it equals the reviewer's.
    pub known: (u64, u64),
    /// Estimated accuracy (regression: mean absolute error) of the model on all rows since the onset.
    pub estimate: Option<Estimate>,
    /// What the estimate is based on.
    pub basis: EstimateBasis,
    /// The share of the rows since the onset that the estimate covers.
    pub covered: f64,
    /// Bounds of the accuracy if nothing is assumed about the rest; `None` for regression, or if all rows are
    /// covered.
    pub bounds: Option<(f64, f64)>,
    /// Limitations, one sentence each.
    pub limits: Vec<String>,
}

cached!(struct Returned { rows, matched, agreement, known, estimate, basis, covered, bounds, limits });

/// Evaluates the reviewed labels; `None` if the case names none.
pub(super) fn returned(
    investigation: &Investigation,
    answers: &Answers<'_>,
    doubt: &[(usize, f64)],
) -> Option<Returned> {
    let reviewed = investigation.dossier.reviewed.as_ref()?;
    let table = &reviewed.table;
    let classes = is_class(answers);
    let loss = |row: usize, label: f64| {
        if classes {
            f64::from(u8::from(answers.answer_of(row) != label))
        } else {
            (answers.answer_of(row) - label).abs()
        }
    };
    // Row of the sample, loss by the reviewer's label, weight.
    let rows: Vec<(usize, f64, f64)> = reviewed
        .production_row
        .iter()
        .enumerate()
        .filter_map(|(at, &row)| {
            let label = table.label.get(at).copied().filter(|label| !label.is_nan())?;
            let loss = Some(loss(row, label)).filter(|loss| loss.is_finite())?;
            Some((row, loss, table.score.get(at).copied().unwrap_or(f64::NAN)))
        })
        .collect();
    let known = reviewed.production_row.iter().enumerate().filter_map(|(at, &row)| {
        let (theirs, ours) = (*table.label.get(at)?, *answers.label.get(row)?);
        (!theirs.is_nan() && !ours.is_nan()).then_some(theirs == ours)
    });
    let known = known.fold((0, 0), |(all, same), is| (all + 1, same + u64::from(is)));
    let agreement = (classes && !rows.is_empty()).then(|| {
        let right = rows.iter().filter(|(_, loss, _)| *loss == 0.0).count() as u64;
        Estimate {
            value: right as f64 / rows.len() as f64,
            interval: wilson(right, rows.len() as u64, Z_95).unwrap_or((0.0, 1.0)),
            rows: rows.len() as u64,
        }
    });
    let random: Vec<(f64, f64)> = rows
        .iter()
        .filter(|(.., weight)| weight.is_finite() && *weight > 0.0)
        .map(|&(_, loss, weight)| (loss, weight))
        .collect();
    let basis = if random.len() >= FEWEST_RANDOM { EstimateBasis::Random } else { EstimateBasis::Bands };
    let (estimate, covered) = match basis {
        EstimateBasis::Random => (weighted(classes, &random), 1.0),
        EstimateBasis::Bands => by_bands(classes, doubt, &rows),
    };
    let bounds = estimate
        .filter(|_| classes && covered < 1.0)
        .map(|e| (covered * e.interval.0, covered * e.interval.1 + 1.0 - covered));
    let mut returned = Returned {
        rows: reviewed.population,
        matched: rows.len() as u64,
        agreement,
        known,
        estimate,
        basis,
        covered,
        bounds,
        limits: Vec::new(),
    };
    returned.limits = limits(&returned, random.len());
    let only = investigation.dossier.labelled_by_people().len();
    if only > 0 {
        returned.limits.push(format!(
            "{} of its rows have no other label: models are retrained on them, too, and none is tested on them",
            number::whole(only as u64)
        ));
    }
    Some(returned)
}

/// Returns the weighted mean of rows drawn at random (Hájek estimator), with the linearised standard error.
///
/// Source: Särndal, Swensson and Wretman, "Model Assisted Survey Sampling" (1992), section 5.7.
fn weighted(classes: bool, rows: &[(f64, f64)]) -> Option<Estimate> {
    let total: f64 = rows.iter().map(|(_, weight)| weight).sum();
    if rows.is_empty() || total <= 0.0 {
        return None;
    }
    let mean = rows.iter().map(|(loss, weight)| loss * weight).sum::<f64>() / total;
    let squares: f64 = rows.iter().map(|(loss, weight)| (weight * (loss - mean)).powi(2)).sum();
    // If all rows agree, the spread would be zero; one more row of each kind prevents that.
    let floor = if classes { smoothed(mean, rows.len() as f64) } else { 0.0 };
    let error = (squares.sqrt() / total).max(floor);
    Some(as_estimate(classes, mean, error, rows.len() as u64))
}

/// Returns the standard error of a share, with one success and one failure added (Agresti and Coull 1998).
fn smoothed(share: f64, n: f64) -> f64 {
    let p = (share * n + 1.0) / (n + 2.0);
    (p * (1.0 - p) / (n + 2.0)).sqrt()
}

fn as_estimate(classes: bool, loss: f64, error: f64, rows: u64) -> Estimate {
    let (low, high) = (loss - Z_95 * error, loss + Z_95 * error);
    if classes {
        Estimate { value: 1.0 - loss, interval: ((1.0 - high).max(0.0), (1.0 - low).min(1.0)), rows }
    } else {
        Estimate { value: loss, interval: (low.max(0.0), high), rows }
    }
}

/// Post-stratifies the reviewed rows by doubt: a band is weighted by its share of all rows, not of the
/// reviewed ones.
///
/// Returns the estimate over the bands with enough reviewed rows, and their share.
fn by_bands(classes: bool, doubt: &[(usize, f64)], rows: &[(usize, f64, f64)]) -> (Option<Estimate>, f64) {
    let order = by_doubt(doubt);
    let count = STRATA.min(order.len()).max(1);
    let mut band_of = vec![usize::MAX; order.iter().map(|(row, _)| row + 1).max().unwrap_or(0)];
    let mut sizes = vec![0_u64; count];
    for (place, &(row, _)) in order.iter().enumerate() {
        let band = place * count / order.len();
        band_of[row] = band;
        sizes[band] += 1;
    }
    let mut losses = vec![Batch::default(); count];
    for &(row, loss, _) in rows {
        if let Some(batch) = band_of.get(row).and_then(|&band| losses.get_mut(band)) {
            batch.add(loss);
        }
    }
    let total: u64 = sizes.iter().sum();
    let (mut covered, mut mean, mut square, mut reviewed) = (0.0, 0.0, 0.0, 0);
    for (size, batch) in sizes.iter().zip(&losses) {
        if batch.rows < FEWEST_IN_STRATUM {
            continue;
        }
        let share = *size as f64 / total as f64;
        let n = batch.rows as f64;
        let error =
            if classes { smoothed(batch.mean, n) } else { (batch.variance().unwrap_or(0.0) / n).sqrt() };
        covered += share;
        mean += share * batch.mean;
        square += (share * error).powi(2);
        reviewed += batch.rows;
    }
    if covered <= 0.0 {
        return (None, 0.0);
    }
    let estimate = as_estimate(classes, mean / covered, square.sqrt() / covered, reviewed);
    // Shares of all bands add up to 1 except for rounding.
    (Some(estimate), if covered > 1.0 - 1e-9 { 1.0 } else { covered })
}

/// Returns the limitations of the reviewed labels.
fn limits(returned: &Returned, random: usize) -> Vec<String> {
    let mut limits = Vec::new();
    if returned.matched == 0 {
        limits.push(if returned.rows == 0 {
            "the file of reviewed labels holds no row".to_owned()
        } else {
            format!(
                "none of its {} rows has a label and an id that the production sample holds: check [columns] id, and \
                 that the label column is filled in",
                number::whole(returned.rows)
            )
        });
        return limits;
    }
    if returned.matched < returned.rows {
        limits.push(format!(
            "{} of its {} rows have no label, or an id that the production sample does not hold",
            number::whole(returned.rows - returned.matched),
            number::whole(returned.rows)
        ));
    }
    if returned.basis == EstimateBasis::Bands {
        limits.push(format!(
            "{random} reviewed rows were drawn at random ({FEWEST_RANDOM} are needed): the estimate weighs the others back \
             by doubt, and inside a band the queue prefers new and disputed rows, so it may be too low"
        ));
        if returned.covered < 1.0 {
            limits.push(format!(
                "it covers the {} of the rows that lie in reviewed bands of doubt",
                number::share(returned.covered)
            ));
        }
    }
    limits
}
