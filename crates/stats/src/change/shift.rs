//! One sudden change of the mean.

use super::SPLIT_RATIO_95;
use crate::{Undefined, require_equal_length, require_finite};

/// A change of the mean between two neighbours of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The first index of the new level.
    pub index: usize,
    /// The difference of the two means in standard errors; positive when the new one is larger. It is the largest of
    /// all splits, so a table of the normal law is too kind to it: see [`super::permutation_p`].
    pub t: f64,
    /// The first and the last index that a 95 % interval of `index` holds, for independent values.
    pub interval: (usize, usize),
    /// The mean before.
    pub before: f64,
    /// The mean from `index` on.
    pub after: f64,
    /// The (weighted) squared error that is left.
    pub error: f64,
    /// Values in the series.
    pub values: usize,
}

impl Shift {
    /// The same change of values that scatter more than their neighbours tell.
    ///
    /// * `dispersion`: variance of the means of blocks over what independence would give ([`super::dispersion`]), at
    ///   least 1; `t` shrinks by its square root. The interval is not widened: scan again with [`mean_shift`] of the
    ///   blocks' means for that.
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
    scan(values, None)
}

/// [`mean_shift`] of values that carry weights: means of windows with their numbers of rows, say.
///
/// * `weights`: one a value, at least 0; the variance of a value is taken to be one over its weight, up to a factor.
///   Values of weight 0 are passed over.
///
/// # Errors
///
/// As [`mean_shift`]; [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::NotFinite`] with a negative
/// weight, too.
pub fn mean_shift_weighted(values: &[f64], weights: &[f64]) -> Result<Shift, Undefined> {
    require_equal_length(values.len(), weights.len())?;
    require_finite(weights)?;
    if weights.iter().any(|w| *w < 0.0) {
        return Err(Undefined::NotFinite);
    }
    scan(values, Some(weights))
}

fn scan(values: &[f64], weights: Option<&[f64]>) -> Result<Shift, Undefined> {
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
    // What a split explains: with centred values both sides' sums cancel, so one running sum tells both means.
    let mut explained = Vec::with_capacity(values.len());
    let (mut sum, mut before) = (0.0, 0.0);
    for (i, x) in values.iter().enumerate() {
        let after = total - before;
        // A split must leave weight on both sides, beyond what rounding leaves of the total.
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
    let allowed = best - error * SPLIT_RATIO_95 / n as f64;
    let inside = |&k: &usize| k > 0 && explained[k] > 0.0 && explained[k] >= allowed;
    let first = (1..=index).find(inside).unwrap_or(index);
    let last = (index..values.len()).rev().find(inside).unwrap_or(index);
    Ok(Shift { index, t, interval: (first, last), before: low, after: high, error, values: n })
}

/// The first index of the largest value.
pub(super) fn largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (i, x) in values.iter().enumerate() {
        if *x > values[best] {
            best = i;
        }
    }
    best
}
