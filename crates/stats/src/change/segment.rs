//! Fits a stretch that differs from what is around it, and compares it with a step.

use super::shift::mean_shift;
use crate::Undefined;

/// A stretch of a series whose mean differs from that of the values on both sides of it, and the best-fitting step for
/// comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// The first index of the stretch.
    pub start: usize,
    /// The first index after it; always below the number of values.
    pub end: usize,
    /// The mean outside of it.
    pub outside: f64,
    /// The mean inside of it.
    pub inside: f64,
    /// The squared deviations from the mean of all values.
    pub total: f64,
    /// The squared error of the stretch.
    pub error: f64,
    /// The squared error of the best step.
    pub step_error: f64,
    /// Number of values in the series.
    pub values: usize,
}

impl Segment {
    /// The likelihood ratio of the stretch against the step, `n (S_step − S_stretch) / S_stretch`, for independent values; below 0
    /// where the step fits better.
    #[must_use]
    pub fn gain(&self) -> f64 {
        if self.error > 0.0 {
            self.values as f64 * (self.step_error - self.error) / self.error
        } else if self.step_error > 0.0 {
            f64::INFINITY
        } else {
            0.0
        }
    }

    /// How many times as much of the squared deviations the stretch explains as the step does.
    #[must_use]
    pub fn over_step(&self) -> f64 {
        (self.total - self.error) / (self.total - self.step_error).max(f64::MIN_POSITIVE)
    }
}

/// Finds the stretch with the least squared error, with values of one level on both sides of it.
///
/// The time grows with the square of the number of values.
///
/// * `least`: a stretch, and what lies on either side of it, has at least so many values.
///
/// # Errors
///
/// As [`mean_shift`]; [`Undefined::TooFew`] with fewer than three times `least` values.
///
/// Source: Levin and Kline, "The cusum test of homogeneity with an application in spontaneous abortion epidemiology", Statistics in
/// Medicine 4 (1985); the statistic of circular binary segmentation, Olshen et al., Biostatistics 5 (2004).
pub fn segment(values: &[f64], least: usize) -> Result<Segment, Undefined> {
    let step = mean_shift(values)?;
    let (n, least) = (values.len(), least.max(1));
    if n < 3 * least {
        return Err(Undefined::TooFew);
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let spread: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    let mut sums = vec![0.0];
    for x in values {
        sums.push(sums[sums.len() - 1] + x - mean);
    }
    let mut best = (0.0, least, 2 * least);
    for start in least..=n - 2 * least {
        for end in start + least..=n - least {
            let (sum, inside) = (sums[end] - sums[start], (end - start) as f64);
            // The part of the spread that two levels explain, of values with mean 0.
            let explained = sum * sum * n as f64 / (inside * (n as f64 - inside));
            if explained > best.0 {
                best = (explained, start, end);
            }
        }
    }
    let (explained, start, end) = best;
    let (sum, inside) = (sums[end] - sums[start], (end - start) as f64);
    Ok(Segment {
        start,
        end,
        outside: mean - sum / (n as f64 - inside),
        inside: mean + sum / inside,
        total: spread,
        error: (spread - explained).max(0.0),
        step_error: step.error,
        values: n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{rng, unit};

    /// Uniform noise with a stretch that lies `higher`.
    fn series(stretch: std::ops::Range<usize>, higher: f64, seed: u64) -> Vec<f64> {
        let mut noise = rng(seed);
        (0..200).map(|i| unit(&mut noise) + if stretch.contains(&i) { higher } else { 0.0 }).collect()
    }

    #[test]
    fn a_stretch_is_found_with_both_of_its_borders() {
        let found = segment(&series(60..90, 0.8, 3), 4).unwrap();
        assert!(found.start.abs_diff(60) <= 1 && found.end.abs_diff(90) <= 1, "{found:?}");
        assert!((found.inside - found.outside - 0.8).abs() < 0.15, "{found:?}");
        assert!(found.gain() > 30.0, "{}", found.gain());
    }

    #[test]
    fn a_step_fits_better_than_a_stretch_where_nothing_ends() {
        for seed in 0..20 {
            assert!(segment(&series(120..200, 0.8, seed), 4).unwrap().gain() < 0.0, "seed {seed}");
        }
    }

    #[test]
    fn the_explained_part_is_that_of_two_means() {
        let values = [1.0, 2.0, 7.0, 8.0, 0.0, 3.0];
        let found = segment(&values, 1).unwrap();
        assert_eq!((found.start, found.end), (2, 4));
        assert!((found.outside - 1.5).abs() < 1e-12 && (found.inside - 7.5).abs() < 1e-12);
        // (1 − 1.5)² + (2 − 1.5)² + (7 − 7.5)² + (8 − 7.5)² + 1.5² + 1.5²
        assert!((found.error - 5.5).abs() < 1e-12, "{}", found.error);
        assert!((found.total - 53.5).abs() < 1e-12, "{}", found.total);
        assert!((found.over_step() - (53.5 - 5.5) / (53.5 - found.step_error)).abs() < 1e-12);
    }

    #[test]
    fn too_few_values_are_refused() {
        assert_eq!(segment(&[1.0, 2.0, 1.0, 2.0], 2), Err(Undefined::TooFew));
    }
}
