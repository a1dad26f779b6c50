//! Distances that know the order of the values: Kolmogorov-Smirnov and Wasserstein-1.

use crate::stats::{Undefined, distribution::kolmogorov_tail, moments::sorted};

/// Returns the Kolmogorov-Smirnov distance of two histograms over the same ordered bins: the largest difference of the
/// cumulative shares.
///
/// Inside a bin the samples' distance can be larger, by at most the larger share of one bin.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] when either side counts no row.
pub fn ks(reference: &[u64], production: &[u64]) -> Result<f64, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    let (mut below_n, mut below_m, mut largest) = (0, 0, 0.0_f64);
    for (&r, &p) in reference.iter().zip(production) {
        below_n += r;
        below_m += p;
        largest = largest.max((below_n as f64 / n as f64 - below_m as f64 / m as f64).abs());
    }
    Ok(largest)
}

/// Returns the Kolmogorov-Smirnov distance of two samples, ties included.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side is empty, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn ks_samples(reference: &[f64], production: &[f64]) -> Result<f64, Undefined> {
    let mut largest = 0.0_f64;
    walk(&sorted(reference)?, &sorted(production)?, |_, difference| {
        largest = largest.max(difference.abs());
    })?;
    Ok(largest)
}

/// Returns the probability of a Kolmogorov-Smirnov distance this large between two samples of one distribution.
///
/// Kolmogorov's limiting law at `d · sqrt(n m / (n + m))`; with ties it is too large, never too small.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side has no rows, [`Undefined::NotFinite`] when `d` is no number.
pub fn ks_p_value(d: f64, n: u64, m: u64) -> Result<f64, Undefined> {
    if n == 0 || m == 0 {
        return Err(Undefined::Empty);
    }
    if !d.is_finite() {
        return Err(Undefined::NotFinite);
    }
    let (n, m) = (n as f64, m as f64);
    Ok(kolmogorov_tail(d * (n * m / (n + m)).sqrt()))
}

/// Returns the Wasserstein-1 distance of two samples, in the values' unit: the area between their distribution
/// functions. Divide by the reference's standard deviation to compare features.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side is empty, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn wasserstein_samples(reference: &[f64], production: &[f64]) -> Result<f64, Undefined> {
    let mut area = 0.0;
    walk(&sorted(reference)?, &sorted(production)?, |width, difference| {
        area += width * difference.abs();
    })?;
    Ok(area)
}

/// Walks over the distinct values of two ascending samples: calls `step` with the distance to the next distinct value
/// and the difference of the two distribution functions in between.
fn walk(reference: &[f64], production: &[f64], mut step: impl FnMut(f64, f64)) -> Result<(), Undefined> {
    if reference.is_empty() || production.is_empty() {
        return Err(Undefined::Empty);
    }
    let (n, m) = (reference.len() as f64, production.len() as f64);
    let (mut i, mut j) = (0, 0);
    let mut last: Option<f64> = None;
    while i < reference.len() || j < production.len() {
        let value = match (reference.get(i), production.get(j)) {
            (Some(&a), Some(&b)) => {
                if a < b {
                    a
                } else {
                    b
                }
            }
            (Some(&a), None) | (None, Some(&a)) => a,
            (None, None) => break,
        };
        if let Some(last) = last {
            step(value - last, i as f64 / n - j as f64 / m);
        }
        i += reference[i..].iter().take_while(|&&x| x <= value).count();
        j += production[j..].iter().take_while(|&&x| x <= value).count();
        last = Some(value);
    }
    Ok(())
}

/// Returns the Wasserstein-1 distance of two histograms over the same ordered bins, in the values' unit, with the rows
/// spread evenly inside each bin.
///
/// The truth differs from it by at most the mean width of a bin, weighted by the rows in it.
///
/// * `edges`: ascending; bin 0 lies below the first edge, the last bin above the last one.
/// * `lower`, `upper`: where the two open bins end; taken to the first and last edge when they lie inside.
/// * `reference`, `production`: rows per bin, `edges.len() + 1` each.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths do not fit, [`Undefined::Empty`] when either side counts no row,
/// [`Undefined::NotFinite`] with a NaN or an infinity among the edges.
pub fn wasserstein_binned(
    edges: &[f64],
    lower: f64,
    upper: f64,
    reference: &[u64],
    production: &[u64],
) -> Result<f64, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    crate::stats::require_equal_length(reference.len(), edges.len() + 1)?;
    crate::stats::require_finite(edges)?;
    crate::stats::require_finite(&[lower, upper])?;
    let mut area = 0.0;
    let mut before = 0.0_f64;
    for (bin, (&r, &p)) in reference.iter().zip(production).enumerate() {
        let first = edges.first().copied().unwrap_or(upper);
        let last = edges.last().copied().unwrap_or(lower);
        let from = if bin == 0 {
            if lower < first { lower } else { first }
        } else {
            edges[bin - 1]
        };
        let to = edges
            .get(bin)
            .copied()
            .unwrap_or(if upper > last { upper } else { last });
        let after = before + r as f64 / n as f64 - p as f64 / m as f64;
        // The difference runs linearly from `before` to `after`; where it changes sign there are two triangles.
        let height = if before * after >= 0.0 {
            f64::midpoint(before.abs(), after.abs())
        } else {
            (before * before + after * after) / (2.0 * (before.abs() + after.abs()))
        };
        area += (to - from).max(0.0) * height;
        before = after;
    }
    Ok(area)
}
