//! Power analysis: the rows needed to detect a difference, and the detectable difference; normal
//! approximations.
//!
//! Source: Chow, Shao and Wang, "Sample Size Calculations in Clinical Research" (2nd edition, 2008), chapters
//! 3 and 4.

use super::{
    Undefined,
    distribution::{chi_square_tail, normal_quantile},
};

/// The standard errors that a detectable difference spans: 2.80 at a level of 5 % (two-sided) and a power of
/// 80 %.
///
/// # Errors
///
/// [`Undefined::NotFinite`] when `alpha` or `power` is outside 0..1.
pub fn errors_needed(alpha: f64, power: f64) -> Result<f64, Undefined> {
    let inside = |p: f64| p > 0.0 && p < 1.0;
    if !inside(alpha) || !inside(power) {
        return Err(Undefined::NotFinite);
    }
    Ok(normal_quantile(1.0 - alpha / 2.0) + normal_quantile(power))
}

/// Returns the rows needed for a paired comparison: (z σ / δ)², rounded up.
///
/// * `deviation`: standard deviation σ of the per-row difference. For correctness of predictions of which a
///   share f flips, it is sqrt(f − δ²).
/// * `difference`: the mean difference δ to detect, not 0.
///
/// # Errors
///
/// [`Undefined::Constant`] for a difference of 0; [`Undefined::NotFinite`] for an argument outside its range.
pub fn paired_rows(deviation: f64, difference: f64, alpha: f64, power: f64) -> Result<u64, Undefined> {
    let z = errors_needed(alpha, power)?;
    if !(deviation.is_finite() && difference.is_finite()) || deviation < 0.0 {
        return Err(Undefined::NotFinite);
    }
    if difference == 0.0 {
        return Err(Undefined::Constant);
    }
    Ok((z * deviation / difference).powi(2).ceil() as u64)
}

/// Returns the total rows needed for two independent arms: z² (σ₁²/s₁ + σ₂²/s₂) / δ², rounded up.
///
/// * `variances`: of one row in each arm; p (1 − p) for a proportion p.
/// * `share`: the second arm's share s₂ of the rows, above 0 and below 1.
///
/// # Errors
///
/// As [`paired_rows`].
pub fn arms_rows(
    variances: (f64, f64),
    share: f64,
    difference: f64,
    alpha: f64,
    power: f64,
) -> Result<u64, Undefined> {
    if !(share > 0.0 && share < 1.0) {
        return Err(Undefined::NotFinite);
    }
    let spread = variances.0 / (1.0 - share) + variances.1 / share;
    paired_rows(spread.sqrt(), difference, alpha, power)
}

/// Returns the smallest mean difference detectable with a number of paired rows: z σ / √n.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, otherwise as [`errors_needed`].
pub fn detectable(rows: u64, deviation: f64, alpha: f64, power: f64) -> Result<f64, Undefined> {
    if rows == 0 {
        return Err(Undefined::Empty);
    }
    Ok(errors_needed(alpha, power)? * deviation / (rows as f64).sqrt())
}

/// Returns the p-value of Pearson's chi-square test of counts against expected shares: the check for a
/// sample-ratio mismatch.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without counts,
/// [`Undefined::NotFinite`] when a share is not above 0 or the shares do not sum to 1.
pub fn goodness_of_fit(counts: &[u64], shares: &[f64]) -> Result<f64, Undefined> {
    super::require_equal_length(counts.len(), shares.len())?;
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return Err(Undefined::Empty);
    }
    if shares.iter().any(|share| share.is_nan() || *share <= 0.0)
        || (shares.iter().sum::<f64>() - 1.0).abs() > 1e-9
    {
        return Err(Undefined::NotFinite);
    }
    let statistic: f64 = counts
        .iter()
        .zip(shares)
        .map(|(&count, share)| {
            let expected = share * total as f64;
            (count as f64 - expected).powi(2) / expected
        })
        .sum();
    Ok(chi_square_tail(statistic, (counts.len() - 1) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    #[test]
    fn agrees_with_statsmodels() {
        // z = stats.norm.ppf(.975) + stats.norm.ppf(.8)
        assert_near("z", errors_needed(0.05, 0.8).unwrap(), 2.801_585_218_112_968_3);
        // statsmodels 0.15: NormalIndPower().solve_power(.02 / .3, alpha=.05, power=.8, ratio=0) = 1765.99…; with
        // ratio=1: 3531.99 in the first arm; with ratio=3: 2354.66 in the first arm of four
        assert_eq!(paired_rows(0.3, 0.02, 0.05, 0.8), Ok(1766));
        assert_eq!(arms_rows((0.09, 0.09), 0.5, 0.02, 0.05, 0.8), Ok(2 * 3532));
        let quarter = arms_rows((0.09, 0.09), 0.75, 0.02, 0.05, 0.8).unwrap();
        assert!((quarter as f64 / 4.0 - 2354.66).abs() < 1.0, "{quarter}");
        assert_near(
            "detectable",
            detectable(1766, 0.3, 0.05, 0.8).unwrap(),
            2.801_585_218_112_968_3 * 0.3 / 1766_f64.sqrt(),
        );
        // stats.chisquare([5100, 4900]), ([1100, 8900], [1000, 9000])
        assert_near("even", goodness_of_fit(&[5100, 4900], &[0.5, 0.5]).unwrap(), 0.045_500_263_896_358_57);
        assert_near(
            "tenth",
            goodness_of_fit(&[1100, 8900], &[0.1, 0.9]).unwrap(),
            0.000_858_120_666_393_675_8,
        );
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(paired_rows(0.3, 0.0, 0.05, 0.8), Err(Undefined::Constant));
        assert_eq!(paired_rows(0.3, 0.1, 0.0, 0.8), Err(Undefined::NotFinite));
        assert_eq!(arms_rows((0.1, 0.1), 1.0, 0.1, 0.05, 0.8), Err(Undefined::NotFinite));
        assert_eq!(detectable(0, 0.3, 0.05, 0.8), Err(Undefined::Empty));
        assert_eq!(goodness_of_fit(&[0, 0], &[0.5, 0.5]), Err(Undefined::Empty));
        assert_eq!(goodness_of_fit(&[1, 2], &[0.5, 0.6]), Err(Undefined::NotFinite));
    }
}
