//! Counts per window: the result of a pass, next to the row sample.

use super::{Bins, Grid, Table};
use crate::cached::cached;

/// The share `k` / `n`; 0 when `n` is 0.
#[must_use]
pub fn fraction(k: u64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { k as f64 / n as f64 }
}

/// Count, mean, variance and extremes of the values present in one window.
///
/// Squares are summed about a value near the middle of the column: about 0, the variance of numbers far from
/// 0 (instants, identifiers) would be the difference of two large sums and lose all precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Values that were neither missing nor unreadable.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
    /// The value about which squares are summed.
    pub center: f64,
    /// The sum of their squared distances from [`Moments::center`].
    pub sum_squares: f64,
    /// The smallest; infinite when there is none.
    pub min: f64,
    /// The largest; minus infinity when there is none.
    pub max: f64,
}

cached!(struct Moments { n, sum, center, sum_squares, min, max });

impl Default for Moments {
    fn default() -> Self {
        Self::about(0.0)
    }
}

impl Moments {
    /// No values yet; squares will be summed about a value.
    #[must_use]
    pub fn about(center: f64) -> Self {
        Self { n: 0, sum: 0.0, center, sum_squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }

    /// The sum of squared distances from another value.
    #[must_use]
    pub fn squares_about(&self, center: f64) -> f64 {
        let step = self.center - center;
        if step == 0.0 || self.n == 0 {
            return self.sum_squares;
        }
        let n = self.n as f64;
        self.sum_squares + 2.0 * step * (self.sum - n * self.center) + n * step * step
    }

    /// Counts one value.
    pub fn add(&mut self, x: f64) {
        self.n += 1;
        self.sum += x;
        self.sum_squares += (x - self.center).powi(2);
        self.min = if x < self.min { x } else { self.min };
        self.max = if x > self.max { x } else { self.max };
    }

    /// Adds the values of another one.
    pub fn merge(&mut self, other: &Self) {
        if self.n == 0 {
            self.center = other.center;
        }
        self.n += other.n;
        self.sum += other.sum;
        self.sum_squares += other.squares_about(self.center);
        self.min = if other.min < self.min { other.min } else { self.min };
        self.max = if other.max > self.max { other.max } else { self.max };
    }

    /// The mean, if there are values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// The standard deviation (of the population), if there are values.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        self.mean()
            .map(|mean| (self.sum_squares / self.n as f64 - (mean - self.center).powi(2)).max(0.0).sqrt())
    }
}

/// One feature's counts, by window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureCounts {
    /// Fine bins per window, including the missing bin (the last).
    pub bins: usize,
    /// Rows, `windows x bins`.
    pub counts: Vec<u32>,
    /// Per window; empty for categories.
    pub moments: Vec<Moments>,
    /// Rows per window whose text could not be read as a number; they also count as missing.
    pub unreadable: Vec<u32>,
    /// Whether the snapshot has the column at all.
    pub present: bool,
    /// The stored type, as the file names it: `Int64`, `String`, …
    pub stored_as: String,
    /// Up to eight texts that could not be read as a number.
    pub unreadable_examples: Vec<String>,
    /// Infinite numbers; they count as missing.
    pub infinite: u64,
    /// Levels of training that occur once, where the pass counted the rows of every level.
    pub once: Option<u64>,
}

cached!(struct FeatureCounts {
    bins, counts, moments, unreadable, present, stored_as, unreadable_examples, infinite, once,
});

impl FeatureCounts {
    /// Rows per fine bin of one window.
    #[must_use]
    pub fn window(&self, window: usize) -> &[u32] {
        &self.counts[window * self.bins..(window + 1) * self.bins]
    }

    /// Rows per fine bin over the windows that `keep` accepts.
    #[must_use]
    pub fn sum(&self, keep: impl Fn(usize) -> bool) -> Vec<u64> {
        let mut total = vec![0_u64; self.bins];
        for (_, row) in self.counts.chunks_exact(self.bins.max(1)).enumerate().filter(|(w, _)| keep(*w)) {
            for (t, &c) in total.iter_mut().zip(row) {
                *t += u64::from(c);
            }
        }
        total
    }

    /// Moments over the windows that `keep` accepts.
    #[must_use]
    pub fn moments_of(&self, keep: impl Fn(usize) -> bool) -> Moments {
        let mut total = Moments::default();
        for (_, m) in self.moments.iter().enumerate().filter(|(w, _)| keep(*w)) {
            total.merge(m);
        }
        total
    }
}

/// Predictions against labels in one window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnswerCounts {
    /// Rows with a label and a prediction.
    pub labelled: u64,
    /// Classification: rows, `classes x classes`, label major, prediction minor, for labelled rows.
    pub confusion: Vec<u64>,
    /// Binary with a score: rows per score bin ([`super::Plan::answer_bins`], missing included) whose label
    /// is negative, then positive (`2 x bins`).
    pub score_by_label: Vec<u64>,
    /// Binary with a score: the sum of log losses ([`crate::stats::metric::row_log_loss`]) of labelled rows.
    pub log_loss: f64,
    /// Binary with a score: the sum of squared differences of score and label, labelled rows.
    pub brier: f64,
    /// Labelled rows with a score.
    pub scored: u64,
    /// Regression: sum of prediction − label.
    pub error: f64,
    /// Regression: sum of |prediction − label|.
    pub absolute_error: f64,
    /// Regression: sum of squared prediction − label.
    pub squared_error: f64,
    /// Regression: sum of (prediction − label)⁴, for the interval of the RMSE.
    pub fourth_power_error: f64,
    /// Regression: sum of |prediction − label| / |label| where the label is not zero, and the number of such
    /// rows.
    pub relative_error: (f64, u64),
    /// Regression: sum and sum of squares of the labels.
    pub label: (f64, f64),
}

cached!(struct AnswerCounts {
    labelled, confusion, score_by_label, log_loss, brier, scored, error, absolute_error, squared_error,
    fourth_power_error, relative_error, label,
});

impl AnswerCounts {
    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Self) {
        fn add(to: &mut Vec<u64>, from: &[u64]) {
            if to.is_empty() {
                to.extend_from_slice(from);
            } else {
                to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
            }
        }
        self.labelled += other.labelled;
        add(&mut self.confusion, &other.confusion);
        add(&mut self.score_by_label, &other.score_by_label);
        self.log_loss += other.log_loss;
        self.brier += other.brier;
        self.scored += other.scored;
        self.error += other.error;
        self.absolute_error += other.absolute_error;
        self.squared_error += other.squared_error;
        self.fourth_power_error += other.fourth_power_error;
        self.relative_error.0 += other.relative_error.0;
        self.relative_error.1 += other.relative_error.1;
        self.label.0 += other.label.0;
        self.label.1 += other.label.1;
    }
}

/// Latencies in bins of equal ratio: bin `i` ends at `2^(i/4 - 4)` milliseconds, from 1/16 ms to over an
/// hour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LatencyHistogram {
    /// Rows per bin, [`LatencyHistogram::BINS`] long, or empty when nothing was counted.
    pub counts: Vec<u64>,
}

cached!(struct LatencyHistogram { counts });

impl LatencyHistogram {
    /// The number of bins.
    pub const BINS: usize = 112;

    /// Counts one latency; missing and negative ones are left out.
    pub fn add(&mut self, ms: f64) {
        if ms.is_nan() || ms < 0.0 {
            return;
        }
        if self.counts.is_empty() {
            self.counts = vec![0; Self::BINS];
        }
        self.counts[Self::bin(ms)] += 1;
    }

    /// The bin of a latency of 0 or more.
    #[must_use]
    pub fn bin(ms: f64) -> usize {
        ((ms.max(1e-9).log2() + 4.0) * 4.0).ceil().clamp(0.0, (Self::BINS - 1) as f64) as usize
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.counts.clone_from(&other.counts);
        } else {
            self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        }
    }

    /// The `q` quantile in milliseconds: the upper end of its bin, so at most 19 % too high.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let rank = (q * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bin, &count) in self.counts.iter().enumerate() {
            seen += count;
            if total > 0 && seen >= rank {
                return Some((bin as f64 / 4.0 - 4.0).exp2());
            }
        }
        None
    }
}

/// The serving metrics of one window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServingCounts {
    /// Latencies.
    pub latency: LatencyHistogram,
    /// CPU load in percent.
    pub cpu: Moments,
    /// Memory use in percent.
    pub memory: Moments,
}

cached!(struct ServingCounts { latency, cpu, memory });

/// One window's totals.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WindowTotals {
    /// Rows.
    pub rows: u64,
    /// Predictions against labels.
    pub answers: AnswerCounts,
    /// The serving metrics.
    pub serving: ServingCounts,
}

cached!(struct WindowTotals { rows, answers, serving });

/// The result of a pass over one snapshot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SnapshotSummary {
    /// Rows counted.
    pub rows: u64,
    /// Rows left out because their timestamp was missing or could not be read.
    pub without_time: u64,
    /// The windows; none when the snapshot has no clock, and all rows are then in one window.
    pub grid: Option<Grid>,
    /// Per window.
    pub windows: Vec<WindowTotals>,
    /// Parallel to [`super::Plan::features`].
    pub features: Vec<FeatureCounts>,
    /// The model's predictions, in [`super::Plan::answer_bins`].
    pub answers: FeatureCounts,
    /// The labels, in [`super::Plan::label_bins`].
    pub labels: FeatureCounts,
    /// Columns that are not in the training snapshot and have no role: name and stored type.
    pub new_columns: Vec<(String, String)>,
    /// Rows of each window among which labels and answers were counted, where those are the sampled rows; empty where all
    /// rows were.
    pub answers_counted_over: Vec<u64>,
    /// Where rows have weights: time, truth, answers and weight of every sampled row, while [`SnapshotSummary::sample`]
    /// holds rows that were drawn in proportion to their weights.
    pub weighted: Option<Box<Table>>,
    /// The row sample.
    pub sample: Table,
}

cached!(struct SnapshotSummary {
    rows, without_time, grid, windows, features, answers, labels, new_columns, answers_counted_over,
    weighted, sample,
});

impl SnapshotSummary {
    /// Rows per coarse bin of a feature over the windows that `keep` accepts.
    #[must_use]
    pub fn coarse(&self, feature: usize, bins: &Bins, keep: impl Fn(usize) -> bool) -> Vec<u64> {
        bins.coarsen(&self.features[feature].sum(keep))
    }
}
