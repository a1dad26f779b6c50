//! Proportions and their differences, with intervals.

pub use super::distribution::{normal_cdf, normal_quantile, normal_two_sided_p};

use super::Undefined;

/// The 97.5 % quantile of the standard normal distribution: half the width of a 95 % interval in standard
/// errors.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Returns Wilson's score interval of a proportion.
///
/// * `k`: rows with the property, at most `n`.
/// * `z`: half the width in standard errors; [`Z_95`] for 95 %.
///
/// # Errors
///
/// [`Undefined::Empty`] when `n` is 0, [`Undefined::NotFinite`] when `k > n` or `z` is not a number of at
/// least 0.
///
/// Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
pub fn wilson(k: u64, n: u64, z: f64) -> Result<(f64, f64), Undefined> {
    if n == 0 {
        return Err(Undefined::Empty);
    }
    if k > n || !z.is_finite() || z < 0.0 {
        return Err(Undefined::NotFinite);
    }
    wilson_of_mean(k as f64 / n as f64, n, z)
}

/// Returns Wilson's score interval of the mean of `n` values between 0 and 1: valid for proportions,
/// conservative for values between the ends.
///
/// * `mean`: 0..1.
///
/// # Errors
///
/// [`Undefined::Empty`] when `n` is 0, [`Undefined::NotFinite`] when `mean` is not within 0..1 or `z` is not
/// a number of at least 0.
pub fn wilson_of_mean(mean: f64, n: u64, z: f64) -> Result<(f64, f64), Undefined> {
    if n == 0 {
        return Err(Undefined::Empty);
    }
    if !(0.0..=1.0).contains(&mean) || !z.is_finite() || z < 0.0 {
        return Err(Undefined::NotFinite);
    }
    let n = n as f64;
    let scale = 1.0 + z * z / n;
    let center = (mean + z * z / (2.0 * n)) / scale;
    let half = z / scale * (mean * (1.0 - mean) / n + z * z / (4.0 * n * n)).sqrt();
    // The ends are exactly 0 and 1 for a mean of 0 or 1; rounding must not change that.
    let low = if mean == 0.0 { 0.0 } else { (center - half).max(0.0) };
    let high = if mean == 1.0 { 1.0 } else { (center + half).min(1.0) };
    Ok((low, high))
}

/// The comparison of two proportions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoProportions {
    /// The second proportion minus the first.
    pub difference: f64,
    /// The difference in standard errors under equal proportions; 0 when both are 0 or both are 1.
    pub z: f64,
    /// Two-sided p-value for equal proportions.
    pub p: f64,
    /// 95 % interval of the difference.
    pub interval: (f64, f64),
}

/// Compares the proportion `k2 / n2` with `k1 / n1`.
///
/// The z is pooled; the interval is Newcombe's hybrid of two Wilson intervals (method 10), which is valid at
/// 0 and 1.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side has no rows, [`Undefined::NotFinite`] when a `k` exceeds its `n`.
///
/// Source: Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
/// Medicine 17 (1998).
pub fn two_proportions(k1: u64, n1: u64, k2: u64, n2: u64) -> Result<TwoProportions, Undefined> {
    let (low1, high1) = wilson(k1, n1, Z_95)?;
    let (low2, high2) = wilson(k2, n2, Z_95)?;
    let (rows1, rows2) = (n1 as f64, n2 as f64);
    let (share1, share2) = (k1 as f64 / rows1, k2 as f64 / rows2);
    let difference = share2 - share1;
    let pooled = (k1 + k2) as f64 / (rows1 + rows2);
    let error = (pooled * (1.0 - pooled) * (1.0 / rows1 + 1.0 / rows2)).sqrt();
    let z = if error > 0.0 { difference / error } else { 0.0 };
    let interval = (
        difference - ((share2 - low2).powi(2) + (high1 - share1).powi(2)).sqrt(),
        difference + ((high2 - share2).powi(2) + (share1 - low1).powi(2)).sqrt(),
    );
    Ok(TwoProportions { difference, z, p: normal_two_sided_p(z), interval })
}

/// Returns the interval of the ratio of two means by Fieller's theorem.
///
/// The set of all `r` with `(a - r b)² <= z² (Var a - 2 r Cov(a, b) + r² Var b)`; unlike the delta method it
/// is valid for a denominator only a few standard errors from 0.
///
/// * `numerator`, `denominator`: a mean and the variance of that mean.
/// * `covariance`: of the two means.
/// * `z`: half the width in standard errors; [`Z_95`] for 95 %.
///
/// # Errors
///
/// [`Undefined::TooFew`] when the denominator is not significantly different from 0, so that the set is
/// unbounded; [`Undefined::NotFinite`] when an argument is not a finite number.
///
/// Source: Fieller, "Some problems in interval estimation", JRSS B 16 (1954).
pub fn ratio(
    numerator: (f64, f64),
    denominator: (f64, f64),
    covariance: f64,
    z: f64,
) -> Result<(f64, f64), Undefined> {
    let ((a, var_a), (b, var_b)) = (numerator, denominator);
    if [a, var_a, b, var_b, covariance, z].iter().any(|x| !x.is_finite()) {
        return Err(Undefined::NotFinite);
    }
    let z2 = z * z;
    let curve = b * b - z2 * var_b;
    if curve <= 0.0 {
        return Err(Undefined::TooFew);
    }
    let middle = a * b - z2 * covariance;
    // The discriminant is at least 0 for any valid covariance; rounding must not make it negative.
    let root = (middle * middle - curve * (a * a - z2 * var_a)).max(0.0).sqrt();
    Ok(((middle - root) / curve, (middle + root) / curve))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy() {
        // stats.binomtest(3, 20).proportion_ci(method='wilson'), and (0, 10), (10, 10)
        for (k, n, low, high) in [
            (3, 20, 0.052_368_745_896_216_62, 0.360_418_864_740_756_9),
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (10, 10, 0.722_467_200_137_110_7, 1.0),
        ] {
            let (l, h) = wilson(k, n, Z_95).unwrap();
            assert_near("low", l, low);
            assert_near("high", h, high);
        }
        // p = 104 / 150; (48/80 - 56/70) / np.sqrt(p * (1 - p) * (1/70 + 1/80)); Newcombe's first example, turned round
        let change = two_proportions(56, 70, 48, 80).unwrap();
        assert_near("z", change.z, -2.650_171_951_258_533_6);
        assert_near("low", change.interval.0, -0.333_872_654_036_905_9);
        assert_near("high", change.interval.1, -0.052_431_472_402_364_84);
        assert_near("p", change.p, normal_two_sided_p(change.z));
    }

    #[test]
    fn a_ratio_covers_the_truth_as_often_as_it_says() {
        use crate::{distribution::normal_quantile, random};
        // Means with variances 0.04 and 0.01 and correlation 0.6, whose true ratio is 0.5: 2000 draws.
        let mut rng = random::rng(11);
        let mut normal = || normal_quantile(random::unit(&mut rng).clamp(1e-12, 1.0 - 1e-12));
        let covered = (0..2000)
            .filter(|_| {
                let (x, y) = (normal(), normal());
                let a = 0.5 + 0.2 * x;
                let b = 1.0 + 0.1 * (0.6 * x + 0.8 * y);
                let (low, high) = ratio((a, 0.04), (b, 0.01), 0.6 * 0.2 * 0.1, Z_95).unwrap();
                low <= 0.5 && 0.5 <= high
            })
            .count();
        assert!((1880..=1920).contains(&covered), "{covered} of 2000");
        // With an exact denominator it is a plain division.
        let (low, high) = ratio((3.0, 0.25), (2.0, 0.0), 0.0, Z_95).unwrap();
        assert_near("low", low, (3.0 - Z_95 * 0.5) / 2.0);
        assert_near("high", high, f64::midpoint(3.0, Z_95 * 0.5));
        assert_eq!(ratio((1.0, 0.1), (0.1, 0.01), 0.0, Z_95), Err(Undefined::TooFew));
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(wilson(0, 0, Z_95), Err(Undefined::Empty));
        assert_eq!(wilson(3, 2, Z_95), Err(Undefined::NotFinite));
        assert_eq!(two_proportions(0, 5, 0, 7).map(|t| (t.z, t.p)), Ok((0.0, 1.0)));
        assert_eq!(two_proportions(1, 5, 0, 0), Err(Undefined::Empty));
    }

    proptest! {
        #[test]
        fn the_share_lies_inside_its_interval(n in 1_u64..5000, part in 0.0..=1.0_f64) {
            let k = (part * n as f64) as u64;
            let (low, high) = wilson(k, n, Z_95).unwrap();
            let share = k as f64 / n as f64;
            prop_assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
        }
    }
}
