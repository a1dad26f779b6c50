//! Metrics from counts alone, where no rows are available or needed, with standard errors from the counts.

use crate::{
    autopsy::{
        Dossier,
        scoring::{self, Scored},
    },
    cached::cached,
    stats::{Undefined, metric::Metric},
    summary::{AnswerCounts, SnapshotSummary, Task},
    text::number,
};

/// A number with its 95 % interval and the rows behind it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Labelled rows behind it.
    pub rows: u64,
}

cached!(struct Estimate { value, interval, rows });

impl Estimate {
    /// What the interval of a loss excludes, in words: `a loss above 0.022 is excluded`.
    #[must_use]
    pub fn excluded(&self) -> String {
        match self.interval.1 {
            most if most > 0.0 => format!("a loss above {} is excluded", number::metric(most)),
            _ => "any loss is excluded".to_owned(),
        }
    }
}

/// 1.96: a 95 % interval in standard errors.
pub(super) const Z95: f64 = 1.959_963_984_540_054;

/// Windows with fewer labelled rows show no metric: its interval would be wider than any relevant drop.
pub(super) const MIN_LABELLED: u64 = 30;

/// The metrics that counts determine, over the windows that `keep` accepts: for profiles, which hold no rows.
pub(super) fn by_counts(
    dossier: &Dossier,
    snapshot: &SnapshotSummary,
    keep: &dyn Fn(usize) -> bool,
) -> Vec<(Metric, Result<Scored, Undefined>)> {
    let mut answers = AnswerCounts::default();
    let windows = snapshot.windows.iter().enumerate();
    for (_, window) in windows.filter(|(at, _)| keep(*at)) {
        answers.merge(&window.answers);
    }
    scoring::metrics_of(dossier.task(), dossier.plan.has_score)
        .iter()
        .map(|&metric| {
            let scored = from_counts(metric, dossier.task(), &answers)
                .filter(|_| needs_counts_only(metric))
                .map(|estimate| Scored {
                    value: estimate.value,
                    error: (estimate.interval.1 - estimate.interval.0) / (2.0 * Z95),
                    interval: estimate.interval,
                    rows: estimate.rows,
                });
            (metric, scored.ok_or(Undefined::TooFew))
        })
        .collect()
}

/// Whether a metric can be computed from counts by window.
pub(super) fn needs_counts_only(metric: Metric) -> bool {
    !matches!(metric, Metric::PrAuc | Metric::Ece | Metric::RocAucWeighted)
}

/// A metric from one window's counts; none when labels are too few or the metric is undefined there.
pub(super) fn from_counts(metric: Metric, task: Task, counts: &AnswerCounts) -> Option<Estimate> {
    use crate::stats::metric as m;
    let n = counts.labelled;
    if n < MIN_LABELLED {
        return None;
    }
    let of = |rows: u64, behind: u64, value: f64, error: f64| {
        let interval = m::metric_interval(metric, value, error, behind).ok()?;
        Some(Estimate { value, interval, rows })
    };
    let all = |value: f64, error: f64| of(n, n, value, error);
    let rows = n as f64;
    if task == Task::Regression {
        let mse = counts.squared_error / rows;
        let mean_error = counts.error / rows;
        return match metric {
            Metric::Mae => {
                let mae = counts.absolute_error / rows;
                all(mae, ((mse - mae * mae).max(0.0) / rows).sqrt())
            }
            Metric::Rmse => {
                let spread = (counts.fourth_power_error / rows - mse * mse).max(0.0) / rows;
                all(mse.sqrt(), spread.sqrt() / (2.0 * mse.sqrt().max(f64::MIN_POSITIVE)))
            }
            Metric::R2 => {
                let variance = counts.label.1 / rows - (counts.label.0 / rows).powi(2);
                let spread = (counts.fourth_power_error / rows - mse * mse).max(0.0) / rows;
                if variance > 0.0 { all(1.0 - mse / variance, spread.sqrt() / variance) } else { None }
            }
            Metric::Mape => {
                let (sum, n) = counts.relative_error;
                let mape = sum / n.max(1) as f64;
                if n >= MIN_LABELLED { of(n, n, mape, mape / (n as f64).sqrt()) } else { None }
            }
            Metric::Bias => all(mean_error, ((mse - mean_error * mean_error).max(0.0) / rows).sqrt()),
            _ => None,
        };
    }
    let scored = counts.scored as f64;
    match metric {
        Metric::LogLoss | Metric::Brier | Metric::RocAuc if counts.scored < MIN_LABELLED => None,
        Metric::LogLoss => {
            let loss = counts.log_loss / scored;
            of(counts.scored, counts.scored, loss, loss / scored.sqrt())
        }
        Metric::Brier => {
            let brier = counts.brier / scored;
            of(counts.scored, counts.scored, brier, (brier * (1.0 - brier).max(0.0) / scored).sqrt())
        }
        Metric::RocAuc => {
            let bins = counts.score_by_label.len() / 2;
            let (negative, positive) = counts.score_by_label.split_at(bins);
            let auc =
                m::roc_auc_binned(&negative[..bins.saturating_sub(1)], &positive[..bins.saturating_sub(1)])
                    .ok()?;
            let (n, p) = (negative.iter().sum::<u64>(), positive.iter().sum::<u64>());
            of(n + p, n.min(p), auc, hanley_mcneil(auc, n as f64, p as f64))
        }
        _ => {
            let classes = counts.confusion.len().isqrt();
            let confusion = m::Confusion::new(classes, &counts.confusion).ok()?;
            let value = match metric {
                Metric::Accuracy => m::accuracy(&confusion),
                Metric::BalancedAccuracy => m::balanced_accuracy(&confusion),
                Metric::Precision => m::precision(&confusion),
                Metric::Recall => m::recall(&confusion),
                Metric::F1 => m::f1(&confusion),
                _ => return None,
            }
            .ok()?;
            let interval = m::confusion_interval(metric, &confusion).ok()?;
            Some(Estimate { value, interval, rows: n })
        }
    }
}

/// The standard error of an AUC from counts alone. Source: Hanley and McNeil 1982, Radiology 143.
fn hanley_mcneil(auc: f64, negatives: f64, positives: f64) -> f64 {
    let q1 = auc / (2.0 - auc);
    let q2 = 2.0 * auc * auc / (1.0 + auc);
    let squares = auc * auc;
    let sum = auc * (1.0 - auc) + (positives - 1.0) * (q1 - squares) + (negatives - 1.0) * (q2 - squares);
    (sum.max(0.0) / (negatives * positives).max(1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_says_which_loss_it_excludes() {
        let loss = |interval| Estimate { value: 0.0, interval, rows: 100 };
        assert_eq!(loss((-0.01, 0.022)).excluded(), "a loss above 0.022 is excluded");
        assert_eq!(loss((-0.034, -0.001)).excluded(), "any loss is excluded");
    }
}
