//! One sudden change of a binned distribution over a sequence of windows.

use super::{SPLIT_RATIO_95, shift::largest};
use crate::{
    Undefined,
    distribution::chi_square_tail,
    random::{rng_stream, shuffle},
};

/// A change of the shares of the bins between two windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountShift {
    /// The first window with the new shares.
    pub index: usize,
    /// The likelihood ratio (twice the gain in log-likelihood), divided by the dispersion.
    pub ratio: f64,
    /// Degrees of freedom: the number of bins that hold rows, minus one.
    pub freedom: usize,
    /// An upper bound on the p-value of this ratio at any split when nothing changed (Bonferroni over the
    /// splits).
    pub p: f64,
    /// The first and the last window of the 95 % interval for `index`.
    pub interval: (usize, usize),
    /// Overdispersion: variance of the windows' counts around the shares of their side, relative to
    /// independent rows; at least 1.
    pub dispersion: f64,
}

/// Finds the split of the windows with the largest multinomial likelihood ratio.
///
/// Days vary more than independent rows would (hours, weekdays, batches), so the ratio is divided by the
/// dispersion of the windows around the shares of their side: Pearson's statistic over its degrees of
/// freedom, bin by bin, averaged with each bin's weight in the change. Where days are dependent or the
/// dispersion is uneven, use [`multinomial_permutation_p`] rather than the p-value given here.
///
/// * `counts`: rows, `windows x bins`, window after window; empty windows are allowed.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the counts are not a whole number of windows, [`Undefined::TooFew`] with
/// fewer than three windows that hold rows, [`Undefined::Constant`] when all rows are in one bin.
pub fn multinomial_shift(counts: &[u64], bins: usize) -> Result<CountShift, Undefined> {
    let (windows, filled) = windows_of(counts, bins)?;
    let total = summed(&windows, bins);
    let freedom = total.iter().filter(|c| **c > 0).count() - 1;
    let ratios = ratios(windows.iter().copied(), &total);
    let index = largest(&ratios);
    let dispersion = dispersion(&windows[..index], &windows[index..], bins, filled);
    let allowed = ratios[index] - SPLIT_RATIO_95 * dispersion;
    let inside = |&k: &usize| k > 0 && ratios[k] >= allowed;
    let first = (1..=index).find(inside).unwrap_or(index);
    let last = (index..windows.len()).rev().find(inside).unwrap_or(index);
    let ratio = ratios[index] / dispersion;
    let p = (chi_square_tail(ratio, freedom as f64) * (filled - 1) as f64).min(1.0);
    Ok(CountShift { index, ratio, freedom, p, interval: (first, last), dispersion })
}

/// Returns the windows, and the number of them that hold rows.
fn windows_of(counts: &[u64], bins: usize) -> Result<(Vec<&[u64]>, usize), Undefined> {
    if bins == 0 || !counts.len().is_multiple_of(bins) {
        return Err(Undefined::BinMismatch);
    }
    let windows: Vec<&[u64]> = counts.chunks_exact(bins).collect();
    let filled = windows.iter().filter(|w| w.iter().any(|c| *c > 0)).count();
    if filled < 3 {
        return Err(Undefined::TooFew);
    }
    let occupied = summed(&windows, bins).iter().filter(|c| **c > 0).count();
    if occupied < 2 { Err(Undefined::Constant) } else { Ok((windows, filled)) }
}

/// The likelihood ratio of the split before each window.
fn ratios<'a>(windows: impl Iterator<Item = &'a [u64]>, total: &[u64]) -> Vec<f64> {
    let whole = log_likelihood(total);
    let (mut before, mut after) = (vec![0_u64; total.len()], total.to_vec());
    let split = |window: &[u64]| {
        let ratio = 2.0 * (log_likelihood(&before) + log_likelihood(&after) - whole);
        add(&mut before, window);
        after.iter_mut().zip(window).for_each(|(rest, count)| *rest -= count);
        ratio.max(0.0)
    };
    windows.map(split).collect()
}

fn add(to: &mut [u64], counts: &[u64]) {
    to.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
}

/// The multinomial log-likelihood at the observed shares, up to a constant.
fn log_likelihood(counts: &[u64]) -> f64 {
    let entropy = |count: u64| {
        if count > 0 { count as f64 * (count as f64).ln() } else { 0.0 }
    };
    counts.iter().map(|&c| entropy(c)).sum::<f64>() - entropy(counts.iter().sum())
}

/// Pearson's statistic of the windows around the shares of their side, per degree of freedom; each bin is
/// weighted by the size of its change.
fn dispersion(before: &[&[u64]], after: &[&[u64]], bins: usize, filled: usize) -> f64 {
    let sides = [before, after].map(|side| (side, summed(side, bins)));
    let rows = sides.each_ref().map(|(_, sum)| sum.iter().sum::<u64>() as f64);
    let all = rows[0] + rows[1];
    let free = filled.saturating_sub(2) as f64;
    let (mut weighted, mut weights) = (0.0, 0.0);
    for bin in 0..bins {
        let counts = sides.each_ref().map(|(_, sum)| sum[bin] as f64);
        let common = (counts[0] + counts[1]) / all;
        if common <= 0.0 || common >= 1.0 {
            continue;
        }
        let moved = (counts[0] / rows[0] - counts[1] / rows[1]).powi(2) / common;
        let mut pearson = 0.0;
        for ((windows, _), (count, rows)) in sides.iter().zip(counts.iter().zip(rows)) {
            let share = count / rows;
            for window in windows.iter().filter(|_| share > 0.0 && share < 1.0) {
                let n = window.iter().sum::<u64>() as f64;
                if n > 0.0 {
                    pearson += (window[bin] as f64 - n * share).powi(2) / (n * share * (1.0 - share));
                }
            }
        }
        weighted += moved * pearson / free;
        weights += moved;
    }
    if weights > 0.0 && weighted > weights { weighted / weights } else { 1.0 }
}

fn summed(windows: &[&[u64]], bins: usize) -> Vec<u64> {
    let mut sum = vec![0; bins];
    for window in windows {
        add(&mut sum, window);
    }
    sum
}

/// Returns the permutation p-value of the largest likelihood ratio of the windows: the share of random orders
/// of blocks of windows with one at least as large, the observed order counted among them.
///
/// * `counts`, `bins`: as for [`multinomial_shift`].
/// * `block`: consecutive windows that stay together (24 for hours, to keep days whole).
/// * `replicates`: random orders; the smallest possible p-value is 1 / (replicates + 1).
///
/// # Errors
///
/// As [`multinomial_shift`], and [`Undefined::TooFew`] with fewer than two blocks.
pub fn multinomial_permutation_p(
    counts: &[u64],
    bins: usize,
    block: usize,
    replicates: usize,
    seed: u64,
) -> Result<f64, Undefined> {
    let (windows, _) = windows_of(counts, bins)?;
    let total = summed(&windows, bins);
    let mut blocks: Vec<&[&[u64]]> = windows.chunks(block.max(1)).collect();
    if blocks.len() < 2 {
        return Err(Undefined::TooFew);
    }
    let top = |ratios: &[f64]| ratios[largest(ratios)];
    let seen = top(&ratios(windows.iter().copied(), &total));
    let mut as_large = 0;
    for replicate in 0..replicates {
        shuffle(&mut blocks, &mut rng_stream(seed, replicate as u64));
        let other = top(&ratios(blocks.iter().flat_map(|block| block.iter().copied()), &total));
        // Equal orders must count as equal although their sums round differently.
        as_large += usize::from(other >= seen * (1.0 - 1e-9));
    }
    Ok((as_large + 1) as f64 / (replicates + 1) as f64)
}
