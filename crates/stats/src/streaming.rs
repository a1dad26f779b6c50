//! Detectors that see one value after the other, as an online monitor would.

use crate::{Undefined, require_finite};

/// The test of Page (1954) as Hinkley (1971) uses it: the place of the first value at which the sum of the deviations above the
/// running mean, less a tolerance each, has risen from its minimum by more than the threshold; none if it never does.
///
/// * `tolerance`: how far a value may lie above the running mean without counting.
///
/// # Errors
///
/// [`Undefined::NotFinite`] for a value that is no number.
pub fn page_hinkley(values: &[f64], tolerance: f64, threshold: f64) -> Result<Option<usize>, Undefined> {
    require_finite(values)?;
    let (mut mean, mut sum, mut least) = (0.0, 0.0_f64, 0.0_f64);
    for (at, &value) in values.iter().enumerate() {
        mean += (value - mean) / (at as f64 + 1.0);
        sum += value - mean - tolerance;
        least = least.min(sum);
        if sum - least > threshold {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The drift detection method of Gama, Medas, Castillo and Rodrigues (2004): the place of the first answer at which the running
/// share of wrong ones plus its standard deviation exceeds the least such sum so far by three standard deviations; none if it
/// never does. The first 30 answers never alarm.
#[must_use]
pub fn drift_detection(wrong: impl IntoIterator<Item = bool>) -> Option<usize> {
    let (mut rows, mut errors) = (0.0_f64, 0.0_f64);
    let (mut least_share, mut least_deviation) = (f64::INFINITY, f64::INFINITY);
    for (at, wrong) in wrong.into_iter().enumerate() {
        rows += 1.0;
        errors += f64::from(u8::from(wrong));
        if rows < 30.0 {
            continue;
        }
        let share = errors / rows;
        let deviation = (share * (1.0 - share) / rows).sqrt();
        if share + deviation < least_share + least_deviation {
            (least_share, least_deviation) = (share, deviation);
        }
        if share + deviation > least_share + 3.0 * least_deviation {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0, 1, 2, 0, 1, 2, … for 60 values, then two more.
    fn stepped() -> Vec<f64> {
        (0..120).map(|at| f64::from(at % 3) + if at < 60 { 0.0 } else { 2.0 }).collect()
    }

    #[test]
    fn a_step_is_seen_where_numpy_sees_it() {
        // x = np.arange(120) % 3 + np.where(np.arange(120) < 60, 0, 2.); m = np.cumsum(x) / np.arange(1, 121)
        // u = np.cumsum(x - m - .1); np.argmax(u - np.minimum(np.minimum.accumulate(u), 0) > 8)
        assert_eq!(page_hinkley(&stepped(), 0.1, 8.0), Ok(Some(64)));
        assert_eq!(page_hinkley(&stepped()[..60], 0.1, 8.0), Ok(None));
        assert_eq!(page_hinkley(&[1.0, f64::NAN], 0.1, 8.0), Err(Undefined::NotFinite));
    }

    #[test]
    fn more_errors_are_seen_where_numpy_sees_them() {
        // w = np.where(np.arange(300) < 150, np.arange(300) % 10 == 0, np.arange(300) % 2 == 0); n = np.arange(1, 301)
        // p = np.cumsum(w) / n; s = (p * (1 - p) / n)**.5; t = p + s; k = [29 + np.argmin(t[29:i + 1]) for i in range(29, 300)]
        // 29 + np.argmax(t[29:] > p[k] + 3 * s[k])
        let wrong = |rows: usize| (0..rows).map(|at| if at < 150 { at % 10 == 0 } else { at % 2 == 0 });
        assert_eq!(drift_detection(wrong(300)), Some(168));
        assert_eq!(drift_detection(wrong(150)), None);
    }
}
