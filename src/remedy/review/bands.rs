//! Performance by doubt: how predictions of each band do, and the gain of reviewing the most doubtful ones.

use crate::{
    autopsy::{Investigation, exam::performance::Estimate, scoring::Answers},
    cached::cached,
    model::folds::thin,
    stats::{
        bootstrap,
        interval::{Z_95, wilson},
        metric::Metric,
        sequential::Batch,
    },
    summary::Task,
};

/// Bands of equal row counts.
const BANDS: usize = 10;

/// Shares for which the effect of a review is listed.
const SHARES: [f64; 8] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0];

/// Maximum rows and replicates of the bootstrap for the target.
const MOST_ROWS: usize = 20_000;
const REPLICATES: usize = 400;

/// Whether predictions are right or wrong, as opposed to having a numeric error.
pub(super) fn is_class(answers: &Answers<'_>) -> bool {
    answers.task != Task::Regression
}

/// Rows of similar doubt.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The lowest and the highest expected loss in the band.
    pub doubt: (f64, f64),
    /// Its share of the rows.
    pub share: f64,
    /// Rows of the sample.
    pub rows: u64,
    /// Accuracy (regression: mean absolute error) of its labelled rows; `None` without labels.
    pub value: Option<Estimate>,
}

cached!(struct Band { doubt, share, rows, value });

/// The effect of reviewing the most doubtful rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coverage {
    /// The share of the rows that people review.
    pub reviewed: f64,
    /// Accuracy (regression: mean absolute error) of all predictions, with the reviewed ones correct.
    pub value: f64,
    /// The same for randomly chosen rows.
    pub at_random: f64,
    /// The same over the predictions left to the model alone.
    pub of_the_rest: Option<f64>,
}

cached!(struct Coverage { reviewed, value, at_random, of_the_rest });

/// How many rows people must review to restore the model's baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReviewTarget {
    /// Accuracy, or mean absolute error for regression.
    pub metric: Metric,
    /// The baseline.
    pub baseline: f64,
    /// The value without a review.
    pub now: f64,
    /// The smallest share of the rows, most doubtful first, whose review restores the baseline.
    pub share: f64,
    /// 95 % interval of the share (paired bootstrap; the baseline is treated as known).
    pub interval: Option<(f64, f64)>,
    /// The share that a review of randomly chosen rows would need.
    pub at_random: f64,
    /// Reviews per day at the present traffic; `None` without timestamps.
    pub a_day: Option<f64>,
}

cached!(struct ReviewTarget { metric, baseline, now, share, interval, at_random, a_day });

/// Returns the metric by which predictions are evaluated.
pub(super) fn metric(answers: &Answers<'_>) -> Metric {
    if is_class(answers) { Metric::Accuracy } else { Metric::Mae }
}

/// Converts a mean loss to the metric shown: accuracy, or the mean error.
fn shown(answers: &Answers<'_>, loss: f64) -> f64 {
    if is_class(answers) { 1.0 - loss } else { loss }
}

/// Splits the rows into tenths, most doubtful first.
pub(super) fn bands(answers: &Answers<'_>, doubt: &[(usize, f64)]) -> Vec<Band> {
    let order = by_doubt(doubt);
    let count = BANDS.min(order.len());
    (0..count)
        .map(|band| &order[order.len() * band / count..order.len() * (band + 1) / count])
        .filter(|members| !members.is_empty())
        .map(|members| {
            let mut losses = Batch::default();
            for &(row, _) in members.iter().filter(|(row, _)| answers.judged(*row)) {
                losses.add(answers.wrong(row));
            }
            Band {
                doubt: (members[members.len() - 1].1, members[0].1),
                share: members.len() as f64 / order.len() as f64,
                rows: members.len() as u64,
                value: estimate(answers, &losses),
            }
        })
        .collect()
}

/// Returns the metric of some losses with its 95 % interval.
fn estimate(answers: &Answers<'_>, losses: &Batch) -> Option<Estimate> {
    if losses.rows == 0 {
        return None;
    }
    let n = losses.rows;
    let interval = if is_class(answers) {
        let right = ((1.0 - losses.mean) * n as f64).round() as u64;
        wilson(right, n, Z_95).ok()?
    } else {
        let half = Z_95 * (losses.variance()? / n as f64).sqrt();
        ((losses.mean - half).max(0.0), losses.mean + half)
    };
    Some(Estimate { value: shown(answers, losses.mean), interval, rows: n })
}

/// Sorts rows by doubt, most doubtful first.
pub(super) fn by_doubt(doubt: &[(usize, f64)]) -> Vec<(usize, f64)> {
    let mut order = doubt.to_vec();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    order
}

/// Returns the effect of reviewing each listed share.
pub(super) fn coverage(answers: &Answers<'_>, judged: &[(usize, f64)]) -> Vec<Coverage> {
    if judged.is_empty() {
        return Vec::new();
    }
    let losses: Vec<f64> = by_doubt(judged).iter().map(|(row, _)| answers.wrong(*row)).collect();
    let n = losses.len();
    let all: f64 = losses.iter().sum();
    SHARES
        .into_iter()
        .map(|reviewed| {
            let taken = (reviewed * n as f64).ceil() as usize;
            let left: f64 = losses[taken.min(n)..].iter().sum();
            Coverage {
                reviewed,
                value: shown(answers, left / n as f64),
                at_random: shown(answers, (1.0 - reviewed) * all / n as f64),
                of_the_rest: (taken < n).then(|| shown(answers, left / (n - taken) as f64)),
            }
        })
        .collect()
}

/// Returns the smallest share whose review reduces the mean loss to `wanted`.
///
/// * `losses`: most doubtful row first; `weight` is the multiplicity of each row.
fn share_needed(losses: &[f64], weight: &[u32], wanted: f64) -> f64 {
    let rows: f64 = weight.iter().map(|&w| f64::from(w)).sum();
    let mut left: f64 = losses.iter().zip(weight).map(|(l, &w)| l * f64::from(w)).sum();
    let mut taken = 0.0;
    for (loss, &weight) in losses.iter().zip(weight) {
        if left <= wanted * rows + 1e-9 {
            break;
        }
        left -= loss * f64::from(weight);
        taken += f64::from(weight);
    }
    if rows > 0.0 { taken / rows } else { 0.0 }
}

/// Returns how many reviewed rows restore the model's baseline.
pub(super) fn target(
    investigation: &Investigation,
    answers: &Answers<'_>,
    judged: &[(usize, f64)],
) -> Option<ReviewTarget> {
    let metric = metric(answers);
    let row = investigation.performance.metrics.iter().find(|row| row.metric == metric)?;
    let baseline = row.baseline?.value;
    let wanted = shown(answers, baseline);
    if judged.is_empty() {
        return None;
    }
    let losses: Vec<f64> = by_doubt(judged).iter().map(|(row, _)| answers.wrong(*row)).collect();
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    let some: Vec<f64> =
        thin(&(0..losses.len()).collect::<Vec<_>>(), MOST_ROWS).into_iter().map(|at| losses[at]).collect();
    let seed = investigation.dossier.plan.seed;
    let interval = bootstrap::interval(some.len(), REPLICATES, seed, 0.95, |drawn| {
        let mut weight = vec![0_u32; some.len()];
        drawn.iter().for_each(|&at| weight[at] += 1);
        Some(share_needed(&some, &weight, wanted))
    });
    let share = share_needed(&losses, &vec![1; losses.len()], wanted);
    let production = &investigation.dossier.production;
    let a_day = investigation.dossier.period().and_then(|(from, to)| {
        let days = (to - from) as f64 / 86_400e6;
        (days >= 1.0).then(|| share * production.rows as f64 / days)
    });
    Some(ReviewTarget {
        metric,
        baseline,
        now: shown(answers, mean),
        share,
        interval: interval.ok(),
        at_random: if mean > wanted { 1.0 - wanted.max(0.0) / mean } else { 0.0 },
        a_day,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_the_smallest_that_suffices() {
        // Ten rows, three wrong: 0.3 per row; the first, third and sixth in order of doubt.
        let losses = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        for (wanted, share) in [(0.3, 0.0), (0.2, 0.1), (0.1, 0.3), (0.0, 0.6)] {
            assert_eq!(share_needed(&losses, &[1; 10], wanted), share, "{wanted}");
        }
    }
}
