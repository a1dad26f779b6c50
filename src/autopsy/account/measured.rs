//! Means with their standard errors, where rows of one day may be correlated.

use crate::{cached::cached, stats::interval::Z_95};

/// Minimum number of days to estimate how days vary.
const FEWEST_DAYS: usize = 8;

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// The mean.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

cached!(struct Measured { value, error });

impl Measured {
    /// The 95 % interval.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        (self.value - Z_95 * self.error, self.value + Z_95 * self.error)
    }

    /// In standard errors.
    #[must_use]
    pub fn z(&self) -> f64 {
        if self.error > 0.0 { self.value / self.error } else { 0.0 }
    }
}

/// The mean; 0 of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The variance of a mean of rows that may be correlated within a day: the larger of that of independent rows, `s² / n`, and that
/// of independent days, `Σ over days (Σ over its rows (x − x̄))² / n²` (the cluster-robust variance; Liang and Zeger 1986).
pub(super) fn variance_of_mean(values: &[f64], day: &[i64]) -> f64 {
    let n = values.len() as f64;
    let middle = mean(values);
    let rows = values.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n;
    let mut days = std::collections::BTreeMap::new();
    for (x, day) in values.iter().zip(day) {
        *days.entry(*day).or_insert(0.0) += x - middle;
    }
    let k = days.len() as f64;
    if days.len() < FEWEST_DAYS {
        return rows;
    }
    let clustered = days.values().map(|sum| sum * sum).sum::<f64>() / (n * n) * k / (k - 1.0);
    rows.max(clustered)
}

/// The covariance of two means over the same rows.
pub(super) fn covariance_of_means(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (of_a, of_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(x, y)| (x - of_a) * (y - of_b)).sum::<f64>() / (n - 1.0).max(1.0) / n
}
