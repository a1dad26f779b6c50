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

/// How many values pass between two looks of [`adaptive_window`], and the fewest on each side of a cut.
const CLOCK: usize = 32;
const SHORTEST: usize = 5;

/// Adaptive windowing (ADWIN) of Bifet and Gavaldà (2007): the place at which the newest values of a growing window have a higher
/// mean than the older ones by more than chance explains, whatever the cut; none if that never happens. Where they have a
/// lower one, the older values are forgotten.
///
/// As in their second version the bound is Bernstein's, the level is shared out over the logarithm of the window's length, and not
/// every cut is looked at: here those at which the newer part is a tenth longer than at the cut before.
///
/// * `values`: between 0 and 1.
/// * `delta`: the chance of a false alarm at one look; 0.002 is usual.
///
/// # Errors
///
/// [`Undefined::NotFinite`] for a value that is no number.
pub fn adaptive_window(values: &[f64], delta: f64) -> Result<Option<usize>, Undefined> {
    require_finite(values)?;
    let mut sums = vec![(0.0, 0.0)];
    for value in values {
        let (sum, squares) = sums[sums.len() - 1];
        sums.push((sum + value, squares + value * value));
    }
    let mut start = 0;
    for end in (CLOCK..=values.len()).step_by(CLOCK) {
        let mut newer = SHORTEST;
        while start + newer + SHORTEST <= end {
            let cut = end - newer;
            let (n, n0, n1) = ((end - start) as f64, (cut - start) as f64, newer as f64);
            let mean = |from: usize, to: usize| (sums[to].0 - sums[from].0) / (to - from) as f64;
            let whole = mean(start, end);
            let variance = ((sums[end].1 - sums[start].1) / n - whole * whole).max(0.0);
            let level = (2.0 * n.ln() / delta).ln();
            let inverse = 1.0 / n0 + 1.0 / n1;
            let bound = (2.0 * inverse * variance * level).sqrt() + 2.0 / 3.0 * inverse * level;
            let rise = mean(cut, end) - mean(start, cut);
            if rise > bound {
                return Ok(Some(end - 1));
            }
            if -rise > bound {
                start = cut;
                newer = SHORTEST;
                continue;
            }
            newer += (newer / 10).max(1);
        }
    }
    Ok(None)
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
    fn a_window_is_cut_where_numpy_cuts_it() {
        // x = np.where(np.arange(1000) < 600, np.arange(1000) % 10 == 0, np.arange(1000) % 3 == 0).astype(float)
        // def look(e):  # every cut with at least 5 values on each side
        //     w = x[:e]; c = np.arange(5, e - 4); m0, m1 = np.cumsum(w)[c - 1] / c, (w.sum() - np.cumsum(w)[c - 1]) / (e - c)
        //     i, l = 1 / c + 1 / (e - c), np.log(2 * np.log(e) / .002)
        //     return (m1 - m0 > (2 * i * w.var() * l)**.5 + 2 / 3 * i * l).any()
        // next(e for e in range(32, 1001, 32) if look(e)) - 1
        let values: Vec<f64> = (0..1000)
            .map(|at| f64::from(u8::from(if at < 600 { at % 10 == 0 } else { at % 3 == 0 })))
            .collect();
        assert_eq!(adaptive_window(&values, 0.002), Ok(Some(703)));
        assert_eq!(adaptive_window(&values[..600], 0.002), Ok(None));
        // Fewer errors alarm nobody; the window forgets the older values.
        let falling: Vec<f64> = values.iter().rev().copied().collect();
        assert_eq!(adaptive_window(&falling, 0.002), Ok(None));
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
