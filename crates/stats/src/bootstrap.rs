//! Bootstrap intervals from an explicit seed.

use rand_chacha::ChaCha8Rng;

use super::{
    Undefined,
    moments::quantile,
    random::{below, rng_stream},
};

/// Returns the percentile bootstrap interval of a statistic, resampling rows.
///
/// * `rows`: the number of rows; each replicate draws as many indices with replacement.
/// * `replicates`: the number of replicates; 200 for a width, 1000 for a 95 % interval.
/// * `coverage`: 0.95 for a 95 % interval.
/// * `statistic`: computed from the drawn indices; none where a replicate has no value (one class only, for
///   example).
///
/// For a paired comparison, the statistic reads both values at the same indices.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::TooFew`] when fewer than half of the replicates (or fewer
/// than ten) have a finite value.
///
/// Source: Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
pub fn interval(
    rows: usize,
    replicates: usize,
    seed: u64,
    coverage: f64,
    mut statistic: impl FnMut(&[usize]) -> Option<f64>,
) -> Result<(f64, f64), Undefined> {
    if rows == 0 {
        return Err(Undefined::Empty);
    }
    let mut drawn = vec![0; rows];
    percentiles(replicates, coverage, |replicate| {
        draw(&mut drawn, &mut rng_stream(seed, replicate as u64));
        statistic(&drawn)
    })
}

/// Returns the percentile bootstrap interval of a statistic of two independent samples, each resampled
/// separately.
///
/// # Errors
///
/// As [`interval`].
pub fn interval_of_two(
    first: usize,
    second: usize,
    replicates: usize,
    seed: u64,
    coverage: f64,
    mut statistic: impl FnMut(&[usize], &[usize]) -> Option<f64>,
) -> Result<(f64, f64), Undefined> {
    if first == 0 || second == 0 {
        return Err(Undefined::Empty);
    }
    let (mut a, mut b) = (vec![0; first], vec![0; second]);
    percentiles(replicates, coverage, |replicate| {
        let mut generator = rng_stream(seed, replicate as u64);
        draw(&mut a, &mut generator);
        draw(&mut b, &mut generator);
        statistic(&a, &b)
    })
}

/// Returns the percentile bootstrap interval of a statistic, resampling whole blocks of consecutive rows to
/// keep the dependence within a block (moving blocks; Künsch 1989).
///
/// * `block`: rows per block, clamped to 1..=`rows`.
///
/// # Errors
///
/// As [`interval`].
pub fn block_interval(
    rows: usize,
    block: usize,
    replicates: usize,
    seed: u64,
    coverage: f64,
    mut statistic: impl FnMut(&[usize]) -> Option<f64>,
) -> Result<(f64, f64), Undefined> {
    if rows == 0 {
        return Err(Undefined::Empty);
    }
    let block = block.clamp(1, rows);
    let mut drawn = Vec::with_capacity(rows + block);
    percentiles(replicates, coverage, |replicate| {
        let mut generator = rng_stream(seed, replicate as u64);
        drawn.clear();
        while drawn.len() < rows {
            let start = below(&mut generator, rows - block + 1);
            drawn.extend(start..start + block);
        }
        statistic(&drawn[..rows])
    })
}

fn draw(indices: &mut [usize], generator: &mut ChaCha8Rng) {
    let rows = indices.len();
    for index in indices {
        *index = below(generator, rows);
    }
}

fn percentiles(
    replicates: usize,
    coverage: f64,
    replicate: impl FnMut(usize) -> Option<f64>,
) -> Result<(f64, f64), Undefined> {
    let mut values: Vec<f64> = (0..replicates).filter_map(replicate).filter(|x| x.is_finite()).collect();
    if values.len() < 10 || values.len() * 2 < replicates {
        return Err(Undefined::TooFew);
    }
    values.sort_unstable_by(f64::total_cmp);
    let outside = (1.0 - coverage.clamp(0.0, 1.0)) / 2.0;
    Ok((quantile(&values, outside)?, quantile(&values, 1.0 - outside)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_of(values: &[f64]) -> impl FnMut(&[usize]) -> Option<f64> {
        |rows| Some(rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64)
    }

    #[test]
    fn interval_of_a_mean_is_that_of_its_standard_error() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 20)).collect();
        let (low, high) = interval(400, 1000, 7, 0.95, mean_of(&values)).unwrap();
        // The standard deviation of 0..19 is sqrt(399 / 12) = 5.77; divided by sqrt(20) it is 0.288.
        assert!((low - (9.5 - 1.96 * 0.288)).abs() < 0.06 && (high - (9.5 + 1.96 * 0.288)).abs() < 0.06);
        assert_eq!(interval(400, 1000, 7, 0.95, mean_of(&values)), Ok((low, high)));
        assert_ne!(interval(400, 1000, 8, 0.95, mean_of(&values)), Ok((low, high)));
    }

    #[test]
    fn blocks_widen_the_interval_of_dependent_rows() {
        let values: Vec<f64> = (0..400).map(|i| f64::from((i / 20) % 7)).collect();
        let (low, high) = interval(400, 500, 1, 0.95, mean_of(&values)).unwrap();
        let (block_low, block_high) = block_interval(400, 20, 500, 1, 0.95, mean_of(&values)).unwrap();
        assert!(block_high - block_low > 2.0 * (high - low));
    }

    #[test]
    fn independent_sides_are_drawn_apart() {
        let difference = |a: &[usize], b: &[usize]| Some(b.len() as f64 - a.len() as f64);
        assert_eq!(interval_of_two(3, 5, 50, 1, 0.9, difference), Ok((2.0, 2.0)));
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(interval(0, 100, 1, 0.95, |_| Some(1.0)), Err(Undefined::Empty));
        assert_eq!(interval(5, 100, 1, 0.95, |_| None), Err(Undefined::TooFew));
        assert_eq!(interval(5, 100, 1, 0.95, |_| Some(f64::NAN)), Err(Undefined::TooFew));
        assert_eq!(block_interval(0, 5, 100, 1, 0.95, |_| Some(1.0)), Err(Undefined::Empty));
    }
}
