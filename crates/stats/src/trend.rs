//! Trends of short series: whether there is one, and how steep it is.

use crate::{
    Undefined,
    distribution::{normal_quantile, normal_two_sided_p},
    moments, require_equal_length, require_finite,
};

/// A monotone trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Kendall's S: pairs that rise less pairs that fall.
    pub s: i64,
    /// S in standard deviations, with ties taken into account and the continuity correction.
    pub z: f64,
    /// The two-sided p-value.
    pub p: f64,
    /// The median slope of all pairs, per unit of time.
    pub slope: f64,
    /// The slope's 95 % interval.
    pub interval: (f64, f64),
}

/// The test of Mann (1945) and Kendall (1975) for a monotone trend, with the slope of Theil (1950) and Sen (1968).
///
/// The values are taken as independent given the trend; of a series with positive autocorrelation the p-value is too small.
///
/// * `time`: when each value was taken, ascending.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] for columns of different lengths, [`Undefined::TooFew`] with fewer than 4 values,
/// [`Undefined::Constant`] if all values or all times are equal, [`Undefined::NotFinite`] for a value that is no number.
pub fn mann_kendall(time: &[f64], values: &[f64]) -> Result<Trend, Undefined> {
    require_equal_length(time.len(), values.len())?;
    require_finite(time)?;
    require_finite(values)?;
    let n = values.len();
    if n < 4 {
        return Err(Undefined::TooFew);
    }
    let mut s = 0_i64;
    let mut slopes = Vec::with_capacity(n * (n - 1) / 2);
    for j in 1..n {
        for i in 0..j {
            let rise = values[j] - values[i];
            s += if rise > 0.0 { 1 } else { -i64::from(rise < 0.0) };
            let run = time[j] - time[i];
            if run != 0.0 {
                slopes.push(rise / run);
            }
        }
    }
    let sorted = moments::sorted(values)?;
    let ties: Vec<f64> = sorted.chunk_by(|a, b| a == b).map(|group| group.len() as f64).collect();
    let m = n as f64;
    let pairs = |k: f64| k * (k - 1.0) * (2.0 * k + 5.0);
    let variance = (pairs(m) - ties.iter().map(|&t| pairs(t)).sum::<f64>()) / 18.0;
    if variance <= 0.0 || slopes.is_empty() {
        return Err(Undefined::Constant);
    }
    let z = (s - s.signum()) as f64 / variance.sqrt();
    slopes.sort_unstable_by(f64::total_cmp);
    // Sen's interval: the slopes whose ranks lie within the normal quantile of S around the middle.
    let half = normal_quantile(0.975) * variance.sqrt();
    let count = slopes.len() as f64;
    let rank = |at: f64| (at.round().max(0.0) as usize).min(slopes.len() - 1);
    let interval = (slopes[rank((count - half) / 2.0 - 1.0)], slopes[rank(f64::midpoint(count, half))]);
    Ok(Trend { s, z, p: normal_two_sided_p(z), slope: moments::quantile(&slopes, 0.5)?, interval })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    const VALUES: [f64; 12] = [3.0, 2.5, 4.0, 4.0, 5.5, 3.5, 6.0, 6.5, 6.0, 8.0, 7.5, 9.0];

    #[test]
    fn the_trend_agrees_with_scipy() {
        let time: Vec<f64> = (0..12).map(f64::from).collect();
        let trend = mann_kendall(&time, &VALUES).unwrap();
        // s = sum(np.sign(y[j] - y[i]) for j in range(12) for i in range(j))
        // v = (12 * 11 * 29 - sum(c * (c - 1) * (2 * c + 5) for c in np.unique(y, return_counts=True)[1])) / 18
        // z = (s - np.sign(s)) / v**.5; 2 * stats.norm.sf(z); stats.theilslopes(y, t)
        assert_eq!(trend.s, 52);
        assert_near("z", trend.z, 3.513_761_373_135_883_7);
        assert_near("p", trend.p, 0.000_441_809_515_233_824_23);
        assert_near("slope", trend.slope, 0.522_727_272_727_272_7);
        assert_near("low", trend.interval.0, 0.375);
        assert_near("high", trend.interval.1, 0.666_666_666_666_666_6);
    }

    #[test]
    fn a_flat_or_short_series_has_no_trend() {
        assert_eq!(mann_kendall(&[0.0, 1.0, 2.0, 3.0], &[1.0; 4]), Err(Undefined::Constant));
        assert_eq!(mann_kendall(&[0.0, 1.0], &[1.0, 2.0]), Err(Undefined::TooFew));
        assert_eq!(mann_kendall(&[0.0; 3], &[1.0; 4]), Err(Undefined::BinMismatch));
    }
}
