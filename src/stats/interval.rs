//! Shares and their differences, with intervals.

pub use super::distribution::{normal_cdf, normal_quantile, normal_two_sided_p};

use super::Undefined;

/// The 97.5 % quantile of the standard normal distribution: half the width of a 95 % interval in standard errors.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Returns Wilson's score interval of a share.
///
/// * `k`: rows that have the property, at most `n`.
/// * `z`: half the width in standard errors; [`Z_95`] for 95 %.
///
/// # Errors
///
/// [`Undefined::Empty`] when `n` is 0, [`Undefined::NotFinite`] when `k > n` or `z` is no number of at least 0.
///
/// Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
pub fn wilson(k: u64, n: u64, z: f64) -> Result<(f64, f64), Undefined> {
    if n == 0 {
        return Err(Undefined::Empty);
    }
    if k > n || !z.is_finite() || z < 0.0 {
        return Err(Undefined::NotFinite);
    }
    let (k, n) = (k as f64, n as f64);
    let share = k / n;
    let scale = 1.0 + z * z / n;
    let center = (share + z * z / (2.0 * n)) / scale;
    let half = z / scale * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    // The ends are exactly 0 and 1 where every row agrees; rounding must not say otherwise.
    let low = if k == 0.0 { 0.0 } else { (center - half).max(0.0) };
    let high = if k == n { 1.0 } else { (center + half).min(1.0) };
    Ok((low, high))
}

/// Two shares compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoProportions {
    /// The second share less the first.
    pub difference: f64,
    /// The difference in standard errors under equal shares; 0 when both shares are the same 0 or 1.
    pub z: f64,
    /// Two-sided p-value of equal shares.
    pub p: f64,
    /// 95 % interval of the difference.
    pub interval: (f64, f64),
}

/// Compares the share `k2 / n2` with `k1 / n1`.
///
/// The z is pooled; the interval is Newcombe's hybrid of two Wilson intervals (method 10), which behaves at 0 and 1.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side has no rows, [`Undefined::NotFinite`] when a `k` exceeds its `n`.
///
/// Source: Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
/// 17 (1998).
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
    Ok(TwoProportions {
        difference,
        z,
        p: normal_two_sided_p(z),
        interval,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_near;
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
