//! Distances for ordered values: Kolmogorov-Smirnov and Wasserstein-1.

use crate::{Undefined, distribution::kolmogorov_tail, moments::sorted};

/// Returns the Kolmogorov-Smirnov distance of two histograms over the same ordered bins: the largest
/// difference of the cumulative shares.
///
/// The distance between the underlying samples can be larger, by at most the larger share of a single bin.
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
    Ok(sample_distances(reference, production)?.0)
}

/// Returns [`ks_samples`] and [`wasserstein_samples`] of the same samples, which are sorted once.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side is empty, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn sample_distances(reference: &[f64], production: &[f64]) -> Result<(f64, f64), Undefined> {
    let (mut largest, mut area) = (0.0_f64, 0.0);
    walk(&sorted(reference)?, &sorted(production)?, |width, difference| {
        largest = largest.max(difference.abs());
        area += width * difference.abs();
    })?;
    Ok((largest, area))
}

/// Returns the p-value of a Kolmogorov-Smirnov distance between two samples.
///
/// Uses Kolmogorov's limiting distribution at `d · sqrt(n m / (n + m))`; with ties the p-value is too large,
/// never too small.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side has no rows, [`Undefined::NotFinite`] when `d` is not a number.
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

/// Returns the Wasserstein-1 distance of two samples, in the unit of the values: the area between their
/// distribution functions. Divide by the reference's standard deviation to compare features.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side is empty, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn wasserstein_samples(reference: &[f64], production: &[f64]) -> Result<f64, Undefined> {
    Ok(sample_distances(reference, production)?.1)
}

/// Walks over the distinct values of two ascending samples: calls `step` with the distance to the next
/// distinct value and the difference of the two distribution functions in between.
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

/// Returns the Wasserstein-1 distance of two histograms over the same ordered bins, in the unit of the
/// values, assuming rows spread evenly within each bin.
///
/// The error is at most the mean width of a bin, weighted by the rows in it.
///
/// * `edges`: ascending; bin 0 lies below the first edge, the last bin above the last one.
/// * `lower`, `upper`: where the two open bins end; clamped to the first and last edge when they lie inside.
/// * `reference`, `production`: rows per bin, `edges.len() + 1` each.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths do not fit, [`Undefined::Empty`] when either side counts no
/// row, [`Undefined::NotFinite`] with a NaN or an infinity among the edges.
pub fn wasserstein_binned(
    edges: &[f64],
    lower: f64,
    upper: f64,
    reference: &[u64],
    production: &[u64],
) -> Result<f64, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    crate::require_equal_length(reference.len(), edges.len() + 1)?;
    crate::require_finite(edges)?;
    crate::require_finite(&[lower, upper])?;
    let mut area = 0.0;
    let mut before = 0.0_f64;
    for (bin, (&r, &p)) in reference.iter().zip(production).enumerate() {
        let first = edges.first().copied().unwrap_or(upper);
        let last = edges.last().copied().unwrap_or(lower);
        let from = if bin == 0 { if lower < first { lower } else { first } } else { edges[bin - 1] };
        let to = edges.get(bin).copied().unwrap_or(if upper > last { upper } else { last });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy() {
        let (a, b) = ([1.0, 2.0, 2.0, 5.0, 7.0], [2.0, 3.0, 8.0, 9.0]);
        // stats.ks_2samp(a, b).statistic, stats.wasserstein_distance(a, b)
        assert_near("ks", ks_samples(&a, &b).unwrap(), 0.5);
        assert_near("wasserstein", wasserstein_samples(&a, &b).unwrap(), 2.1);
        // special.kolmogorov(.3 * np.sqrt(20 * 30 / 50))
        assert_near("p", ks_p_value(0.3, 20, 30).unwrap(), 0.230_296_475_488_448_45);
    }

    #[test]
    fn histograms_are_spread_evenly_inside_their_bins() {
        // g = [-1, 0, 1, 3, 5]; F, G = cumulative shares; x = np.linspace(-1, 5, 6_000_001)
        // np.trapezoid(abs(np.interp(x, g, F) - np.interp(x, g, G)), x)
        let distance = wasserstein_binned(&[0.0, 1.0, 3.0], -1.0, 5.0, &[2, 5, 3, 0], &[0, 3, 3, 4]);
        assert_near("no crossing", distance.unwrap(), 1.6);
        // The difference goes from 0.5 to -0.5 inside the middle bin: two triangles of 0.125 and two of 0.25.
        let crossing = wasserstein_binned(&[1.0, 2.0], 0.0, 3.0, &[1, 0, 1], &[0, 2, 0]);
        assert_near("crossing", crossing.unwrap(), 0.75);
        assert_near("ks", ks(&[2, 5, 3, 0], &[0, 3, 3, 4]).unwrap(), 0.4);
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(ks(&[0], &[3]), Err(Undefined::Empty));
        assert_eq!(ks_samples(&[], &[1.0]), Err(Undefined::Empty));
        assert_eq!(wasserstein_samples(&[f64::NAN], &[1.0]), Err(Undefined::NotFinite));
        assert_eq!(wasserstein_binned(&[0.0], 0.0, 1.0, &[1], &[1]), Err(Undefined::BinMismatch));
        assert_eq!(ks_p_value(f64::NAN, 5, 5), Err(Undefined::NotFinite));
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_zero_for_the_same(
            a in prop::collection::vec(-20_i32..20, 1..30), b in prop::collection::vec(-20_i32..20, 1..30)
        ) {
            let a: Vec<f64> = a.into_iter().map(f64::from).collect();
            let b: Vec<f64> = b.into_iter().map(f64::from).collect();
            prop_assert!((ks_samples(&a, &b).unwrap() - ks_samples(&b, &a).unwrap()).abs() < 1e-12);
            prop_assert_eq!(ks_samples(&a, &a).unwrap(), 0.0);
            prop_assert!((wasserstein_samples(&a, &b).unwrap() - wasserstein_samples(&b, &a).unwrap()).abs() < 1e-9);
            let moved: Vec<f64> = a.iter().map(|x| x + 3.0).collect();
            prop_assert!((wasserstein_samples(&a, &moved).unwrap() - 3.0).abs() < 1e-9);
        }
    }
}
