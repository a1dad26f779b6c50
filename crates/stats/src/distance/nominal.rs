//! Distances that do not need an order: chi-square, Cramér's V, Jensen-Shannon.

use crate::{Undefined, distribution::chi_square_tail};

/// Pearson's test of equal distributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom: bins that hold a row on either side, less one.
    pub freedom: usize,
    /// The probability of a statistic this large when the distributions are equal.
    pub p: f64,
}

/// Returns Pearson's chi-square test of two histograms over the same bins, without continuity correction.
///
/// Bins that are empty on both sides are left out.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] when either side counts no row,
/// [`Undefined::Constant`] when only one bin holds rows.
pub fn chi_square(reference: &[u64], production: &[u64]) -> Result<ChiSquare, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    let freedom = super::occupied(reference, production) - 1;
    if freedom == 0 {
        return Err(Undefined::Constant);
    }
    let (n, m) = (n as f64, m as f64);
    let mut statistic = 0.0;
    for (&r, &p) in reference.iter().zip(production) {
        if r + p > 0 {
            let (r, p) = (r as f64, p as f64);
            // The sum of (observed − expected)² / expected over both cells of the bin in the 2 x B table.
            statistic += (r * m - p * n).powi(2) / (n * m * (r + p));
        }
    }
    Ok(ChiSquare { statistic, freedom, p: chi_square_tail(statistic, freedom as f64) })
}

/// Returns the bias-corrected Cramér's V between side and bin: 0 for equal distributions, 1 for disjoint
/// ones, and near 0 for two samples of one distribution whatever the number of levels.
///
/// # Errors
///
/// As [`chi_square`], and [`Undefined::TooFew`] when there are too few rows for the number of bins.
///
/// Source: Bergsma, "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical
/// Society 42 (2013).
pub fn cramers_v(reference: &[u64], production: &[u64]) -> Result<f64, Undefined> {
    let chi = chi_square(reference, production)?;
    let (n, m) = super::totals(reference, production)?;
    let rows = (n + m) as f64;
    let bins = (chi.freedom + 1) as f64;
    let phi = (chi.statistic / rows - (bins - 1.0) / (rows - 1.0)).max(0.0);
    let bins = bins - (bins - 1.0).powi(2) / (rows - 1.0);
    let sides = 2.0 - 1.0 / (rows - 1.0);
    let smaller = if bins < sides { bins } else { sides } - 1.0;
    if smaller <= 0.0 { Err(Undefined::TooFew) } else { Ok((phi / smaller).sqrt().min(1.0)) }
}

/// Returns the Jensen-Shannon distance of two histograms over the same bins: the square root of the
/// divergence to base 2, from 0 (equal shares) to 1 (no bin in common).
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] when either side counts no row.
///
/// Source: Endres & Schindelin, "A new metric for probability distributions", IEEE Transactions on
/// Information Theory 49 (2003).
pub fn jensen_shannon(reference: &[u64], production: &[u64]) -> Result<f64, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    let mut divergence = 0.0;
    for (&r, &p) in reference.iter().zip(production) {
        let (p, q) = (p as f64 / m as f64, r as f64 / n as f64);
        let middle = f64::midpoint(p, q);
        for share in [p, q] {
            if share > 0.0 {
                divergence += 0.5 * share * (share / middle).log2();
            }
        }
    }
    Ok(divergence.clamp(0.0, 1.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    #[test]
    fn agrees_with_scipy() {
        let (r, p) = ([50, 120, 30, 7], [40, 100, 60, 1]);
        // stats.chi2_contingency([r, p], correction=False)[:2]
        let chi = chi_square(&r, &p).unwrap();
        assert_near("statistic", chi.statistic, 17.344_808_675_113_672);
        assert_near("p", chi.p, 0.000_600_220_992_566_948_8);
        assert_eq!(chi.freedom, 3);
        // scipy.spatial.distance.jensenshannon(r, p, 2)
        assert_near("js", jensen_shannon(&r, &p).unwrap(), 0.178_922_623_523_700_2);
        // f = max(0, chi / n - 3 / (n - 1)); k = 4 - 9 / (n - 1); s = 2 - 1 / (n - 1); np.sqrt(f / min(k - 1, s - 1))
        assert_near("v", cramers_v(&r, &p).unwrap(), 0.187_689_456_920_931_06);
    }

    #[test]
    fn ends_are_exact() {
        assert_eq!(jensen_shannon(&[3, 0], &[0, 9]), Ok(1.0));
        assert_eq!(jensen_shannon(&[3, 6], &[1, 2]).map(|d| d < 1e-7), Ok(true));
        assert_eq!(cramers_v(&[30, 60], &[10, 20]), Ok(0.0));
        assert!(cramers_v(&[1000, 0], &[0, 1000]).unwrap() > 0.999);
        assert_eq!(chi_square(&[3, 0], &[5, 0]), Err(Undefined::Constant));
        assert_eq!(chi_square(&[], &[]), Err(Undefined::Empty));
        assert_eq!(cramers_v(&[1, 0], &[1, 2, 3]), Err(Undefined::BinMismatch));
        assert_eq!(jensen_shannon(&[0, 0], &[1, 2]), Err(Undefined::Empty));
    }
}
