//! One sudden change of the mean.

use super::SPLIT_RATIO_95;
use crate::{Undefined, require_equal_length, require_finite};

/// A change of the mean between two neighbouring values of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The first index of the new level.
    pub index: usize,
    /// The difference of the two means in standard errors; positive when the new one is larger. It is the
    /// maximum over all splits, so a normal table gives too small a p-value: see [`super::permutation_p`].
    pub t: f64,
    /// The 95 % interval of `index` (first and last index), for independent values.
    pub interval: (usize, usize),
    /// The mean before.
    pub before: f64,
    /// The mean from `index` on.
    pub after: f64,
    /// The remaining (weighted) squared error.
    pub error: f64,
    /// Number of values in the series.
    pub values: usize,
}

impl Shift {
    /// The same change, corrected for values that vary more between blocks than their neighbours suggest.
    ///
    /// * `dispersion`: variance of block means relative to independent values ([`super::dispersion`]), at
    ///   least 1; `t` shrinks by its square root. The interval is not widened; for that, apply [`mean_shift`]
    ///   to the block means.
    #[must_use]
    pub fn dispersed(self, dispersion: f64) -> Self {
        let factor = if dispersion > 1.0 { dispersion.sqrt() } else { 1.0 };
        Self { t: self.t / factor, ..self }
    }
}

/// Finds the split with the largest difference of means, over all splits, in linear time.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than three values, [`Undefined::Constant`] when they do not vary,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn mean_shift(values: &[f64]) -> Result<Shift, Undefined> {
    scan(values, None, 1.0)
}

/// [`mean_shift`] of values that are not independent: the interval of the split is that of a likelihood ratio divided by the
/// dispersion.
///
/// * `dispersion`: the variance of means of neighbouring values over that of as many independent ones, at least 1.
///
/// # Errors
///
/// As [`mean_shift`].
pub fn mean_shift_dispersed(values: &[f64], dispersion: f64) -> Result<Shift, Undefined> {
    scan(values, None, dispersion.max(1.0))
}

/// [`mean_shift`] of weighted values: for example window means, weighted by their number of rows.
///
/// * `weights`: one per value, at least 0; the variance of a value is taken to be inversely proportional to
///   its weight. Values of weight 0 are skipped.
///
/// # Errors
///
/// As [`mean_shift`], and [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::NotFinite`] with a
/// negative weight.
pub fn mean_shift_weighted(values: &[f64], weights: &[f64]) -> Result<Shift, Undefined> {
    require_equal_length(values.len(), weights.len())?;
    require_finite(weights)?;
    if weights.iter().any(|w| *w < 0.0) {
        return Err(Undefined::NotFinite);
    }
    scan(values, Some(weights), 1.0)
}

fn scan(values: &[f64], weights: Option<&[f64]>, dispersion: f64) -> Result<Shift, Undefined> {
    require_finite(values)?;
    let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
    let n = (0..values.len()).filter(|&i| weight(i) > 0.0).count();
    if n < 3 {
        return Err(Undefined::TooFew);
    }
    let total: f64 = (0..values.len()).map(weight).sum();
    let mean = values.iter().enumerate().map(|(i, x)| weight(i) * x).sum::<f64>() / total;
    let spread: f64 = values.iter().enumerate().map(|(i, x)| weight(i) * (x - mean).powi(2)).sum();
    if spread <= (f64::EPSILON * mean).powi(2) * total {
        return Err(Undefined::Constant);
    }
    // What a split explains: with centred values the sums of both sides cancel, so one running sum gives both
    // means.
    let mut explained = Vec::with_capacity(values.len());
    let (mut sum, mut before) = (0.0, 0.0);
    for (i, x) in values.iter().enumerate() {
        let after = total - before;
        // A split needs weight on both sides, beyond rounding error of the total.
        let both = before > 0.0 && after > 1e-12 * total;
        explained.push(if both { sum * sum * total / (before * after) } else { 0.0 });
        sum += weight(i) * (x - mean);
        before += weight(i);
    }
    let index = largest(&explained);
    let best = explained[index];
    let error = (spread - best).max(0.0);
    let before: f64 = (0..index).map(weight).sum();
    let after = total - before;
    let low = (0..index).map(|i| weight(i) * values[i]).sum::<f64>() / before;
    let high = (index..values.len()).map(|i| weight(i) * values[i]).sum::<f64>() / after;
    let t = (best * (n - 2) as f64 / error).sqrt().copysign(high - low);
    let allowed = best - error * SPLIT_RATIO_95 * dispersion / n as f64;
    let inside = |&k: &usize| k > 0 && explained[k] > 0.0 && explained[k] >= allowed;
    let first = (1..=index).find(inside).unwrap_or(index);
    let last = (index..values.len()).rev().find(inside).unwrap_or(index);
    Ok(Shift { index, t, interval: (first, last), before: low, after: high, error, values: n })
}

/// Returns the first index of the largest value.
pub(super) fn largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (i, x) in values.iter().enumerate() {
        if *x > values[best] {
            best = i;
        }
    }
    best
}
