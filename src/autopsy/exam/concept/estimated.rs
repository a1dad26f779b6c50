//! Estimates of the performance on rows that have no label yet.
//!
//! Binary with a score: the confusion matrix expected from the re-calibrated scores (confidence-based
//! performance estimation, as `NannyML` documents it). Otherwise a model of the loss, fitted to the rows
//! before the onset (direct loss estimation). Neither can detect concept drift; the gap on labelled rows is
//! the part they missed.

use crate::{
    autopsy::{Dossier, exam::loss_samples::LossSamples},
    cached::cached,
    model::{
        binned::{Binning, NUMERIC_BINS},
        boosted::{Boosted, Loss, Params, Target},
        loss::LossKind,
    },
    stats::{
        Undefined,
        calibration::{cbpe_confusion, isotonic},
    },
    summary::Grid,
};

/// A window with fewer rows is left empty in the estimate.
const WINDOW_ROWS: usize = 50;

/// Estimated performance, and realised performance where it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimated {
    /// The estimated metric: `accuracy`, or the loss of the task.
    pub measure: &'static str,
    /// Whether larger is better.
    pub larger_is_better: bool,
    /// Estimated and realised value on the labelled rows after the onset, and the number of these rows.
    pub labelled: Option<(f64, f64, usize)>,
    /// Estimated value on the unlabelled rows after the onset, and the number of these rows.
    pub unlabelled: Option<(f64, usize)>,
    /// Estimated value per window of the production log, over labelled and unlabelled rows.
    pub course: Vec<Option<f64>>,
}

cached!(struct Estimated { measure, larger_is_better, labelled, unlabelled, course });

impl Estimated {
    /// Realised less estimated value on labelled rows, with the sign set so that above 0 is worse than
    /// estimated.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        let (estimated, realised, _) = self.labelled?;
        Some(if self.larger_is_better { estimated - realised } else { realised - estimated })
    }
}

/// Estimates the performance on the rows after the onset.
pub(super) fn estimated(
    dossier: &Dossier,
    samples: &LossSamples<'_>,
    after: &[usize],
    grid: Option<Grid>,
) -> Result<Estimated, Undefined> {
    let production = &dossier.production.sample;
    let judged = &samples.after.rows;
    let is_labelled = |r: usize| judged.binary_search(&r).is_ok();
    let answered = |&r: &usize| samples.kind.answers(production).get(r).is_some_and(|a| a.is_finite());
    let unlabelled: Vec<usize> =
        after.iter().copied().filter(answered).filter(|&r| !is_labelled(r)).collect();
    let estimator = Estimator::fit(samples)?;
    let all: Vec<usize> = (0..production.rows).filter(answered).collect();
    let values = estimator.rows(samples, &all);

    let mut per_window = vec![(0_usize, 0.0); grid.map_or(1, |g| g.windows)];
    let mut of_row = vec![f64::NAN; production.rows];
    for (&row, value) in all.iter().zip(values) {
        of_row[row] = value;
        let window = match (grid, production.time.get(row)) {
            (Some(grid), Some(&at)) => grid.window(at),
            _ => Some(0),
        };
        if let Some(cell) = window.and_then(|w| per_window.get_mut(w)) {
            cell.0 += 1;
            cell.1 += value;
        }
    }
    let mean = |rows: &[usize]| rows.iter().map(|&r| of_row[r]).sum::<f64>() / rows.len().max(1) as f64;
    let realised = |rows: &[usize]| {
        let one = |&r: &usize| match estimator {
            Estimator::Confidence(_) => {
                f64::from(u8::from(samples.after.table.prediction.get(r) == samples.after.table.label.get(r)))
            }
            Estimator::Loss(..) => samples.kind.of_row(production, r),
        };
        rows.iter().map(one).sum::<f64>() / rows.len().max(1) as f64
    };
    let confidence = matches!(estimator, Estimator::Confidence(_));
    Ok(Estimated {
        measure: match (confidence, samples.kind) {
            (true, _) => "accuracy",
            (_, LossKind::Absolute) => "absolute error",
            (_, LossKind::Wrong) => "share of wrong answers",
            (_, LossKind::Log) => "log loss",
        },
        larger_is_better: confidence,
        labelled: (judged.len() >= WINDOW_ROWS).then(|| (mean(judged), realised(judged), judged.len())),
        unlabelled: (unlabelled.len() >= WINDOW_ROWS).then(|| (mean(&unlabelled), unlabelled.len())),
        course: per_window.into_iter().map(|(n, sum)| (n >= WINDOW_ROWS).then(|| sum / n as f64)).collect(),
    })
}

/// The estimator of a row's value.
enum Estimator {
    /// Scores re-calibrated on the rows before the onset.
    Confidence(crate::stats::calibration::Isotonic),
    /// A model of the loss.
    Loss(Binning, Boosted),
}

impl Estimator {
    fn fit(samples: &LossSamples<'_>) -> Result<Self, Undefined> {
        let before = &samples.before;
        if before.rows.len() < 100 {
            return Err(Undefined::TooFew);
        }
        if samples.kind == LossKind::Log && !samples.after.table.prediction.is_empty() {
            let score: Vec<f64> = before.rows.iter().map(|&r| before.table.score[r]).collect();
            return isotonic(&score, &before.labels(), None).map(Self::Confidence);
        }
        let binning = Binning::fit(samples.plan, &before.table, &before.rows, NUMERIC_BINS);
        let params = Params { trees: 40, leaves: 8, depth: 3, l2: 10.0, min_rows: 30, ..Params::default() };
        let data = binning.codes(&before.table, &before.rows);
        let model = Boosted::fit(&data, Target::new(&before.loss), Loss::Squared, &params)?;
        Ok(Self::Loss(binning, model))
    }

    /// The expected value of each row of the production sample: the probability of a correct prediction, or
    /// the loss.
    fn rows(&self, samples: &LossSamples<'_>, rows: &[usize]) -> Vec<f64> {
        let table = &samples.after.table;
        match self {
            Self::Loss(binning, model) => model.predict(&binning.codes(table, rows)),
            Self::Confidence(curve) => rows
                .iter()
                .map(|&r| {
                    let p = curve.predict(table.score[r]).clamp(0.0, 1.0);
                    let answered = table.prediction[r] > 0.5;
                    cbpe_confusion(&[p], &[answered]).and_then(|c| c.accuracy()).unwrap_or(f64::NAN)
                })
                .collect(),
        }
    }
}
