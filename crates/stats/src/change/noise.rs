//! How large a change chance alone can produce when neighbouring values are dependent.

use crate::{
    Undefined,
    moments::quantile,
    random::{rng_stream, shuffle},
    require_finite,
};
use statrs::function::beta::beta_reg;

/// How much more the means of groups vary than those of independent values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dispersion {
    /// Mean square between groups over mean square within; 1 on average for independent values.
    pub ratio: f64,
    /// The p-value of the ratio for independent values (F test).
    pub p: f64,
}

/// Compares the variance of the group means around 0 with the variance within groups.
///
/// After a line is subtracted ([`detrended`]), a ratio far above 1 means that the level comes and goes. After
/// a step is subtracted, the ratio is the factor by which t² statistics are too large.
///
/// * `residuals`: the values minus the fitted course, group after group.
/// * `groups`: the number of values in each group (each day, for example), in order; they sum to the number
///   of residuals.
/// * `parameters`: of the fitted course: 1 for a level, 2 for a line or a step.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the groups do not add up, [`Undefined::TooFew`] with too few groups or
/// values, [`Undefined::Constant`] when values do not vary inside the groups, [`Undefined::NotFinite`] with a
/// NaN or an infinity.
pub fn dispersion(residuals: &[f64], groups: &[usize], parameters: usize) -> Result<Dispersion, Undefined> {
    require_finite(residuals)?;
    crate::require_equal_length(groups.iter().sum(), residuals.len())?;
    let filled = groups.iter().filter(|size| **size > 0).count();
    if filled <= parameters || residuals.len() <= filled {
        return Err(Undefined::TooFew);
    }
    let (mut between, mut within, mut from) = (0.0, 0.0, 0);
    for &size in groups.iter().filter(|size| **size > 0) {
        let group = &residuals[from..from + size];
        let mean = group.iter().sum::<f64>() / size as f64;
        between += size as f64 * mean * mean;
        within += group.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        from += size;
    }
    let (free, inside) = ((filled - parameters) as f64, (residuals.len() - filled) as f64);
    if within <= 0.0 {
        return Err(Undefined::Constant);
    }
    let ratio = (between / free) / (within / inside);
    let p = beta_reg(inside / 2.0, free / 2.0, inside / (inside + free * ratio));
    Ok(Dispersion { ratio, p })
}

/// Returns the values minus their least-squares line over the index (minus their mean, with fewer than three
/// values).
#[must_use]
pub fn detrended(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let middle = (n - 1.0) / 2.0;
    let products: f64 = values.iter().enumerate().map(|(i, x)| (i as f64 - middle) * x).sum();
    let squares = n * (n * n - 1.0) / 12.0;
    let slope = if values.len() < 3 { 0.0 } else { products / squares };
    values.iter().enumerate().map(|(i, x)| x - mean - slope * (i as f64 - middle)).collect()
}

/// Returns the permutation p-value of the largest shift of the series: the share of random orders of its
/// blocks with a shift at least as large, the observed order counted among them.
///
/// * `block`: consecutive values that stay together, to keep the dependence between neighbours; the values of
///   a day, for example. A p-value below 0.05 needs some twenty blocks.
/// * `replicates`: random orders; the smallest possible p-value is 1 / (replicates + 1).
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than three values or two blocks, [`Undefined::Constant`] when the values
/// do not vary, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn permutation_p(values: &[f64], block: usize, replicates: usize, seed: u64) -> Result<f64, Undefined> {
    let seen = largest_explained(values.iter().copied(), &centred(values)?);
    let others = permuted(values, block, replicates, seed)?;
    // Equal orders must count as equal although their sums round differently.
    let as_large = others.iter().filter(|x| **x >= seen * (1.0 - 1e-9)).count();
    Ok((as_large + 1) as f64 / (others.len() + 1) as f64)
}

/// Returns the |t| of [`super::mean_shift`] that chance alone exceeds with the given probability, estimated
/// from random orders of the blocks of the series.
///
/// A large shift in the series itself raises the threshold somewhat, since its blocks are among those
/// permuted.
///
/// * `level`: the probability, such as 0.05.
///
/// # Errors
///
/// As [`permutation_p`].
pub fn permutation_threshold(
    values: &[f64],
    block: usize,
    replicates: usize,
    seed: u64,
    level: f64,
) -> Result<f64, Undefined> {
    let Centred { spread, .. } = centred(values)?;
    let mut others = permuted(values, block, replicates, seed)?;
    others.sort_unstable_by(f64::total_cmp);
    let explained = quantile(&others, 1.0 - level)?;
    let error = (spread - explained).max(0.0);
    Ok((explained * (values.len() - 2) as f64 / error).sqrt())
}

/// Statistics that do not depend on the order of the values.
struct Centred {
    mean: f64,
    spread: f64,
    values: usize,
}

fn centred(values: &[f64]) -> Result<Centred, Undefined> {
    require_finite(values)?;
    if values.len() < 3 {
        return Err(Undefined::TooFew);
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    if spread <= (f64::EPSILON * mean).powi(2) * values.len() as f64 {
        return Err(Undefined::Constant);
    }
    Ok(Centred { mean, spread, values: values.len() })
}

/// The largest part of the sum of squares that a split explains; it orders series like their largest |t|.
fn largest_explained(values: impl Iterator<Item = f64>, centred: &Centred) -> f64 {
    let n = centred.values as f64;
    let (mut sum, mut best) = (0.0, 0.0);
    for (i, x) in values.enumerate().take(centred.values - 1) {
        sum += x - centred.mean;
        let before = (i + 1) as f64;
        let explained = sum * sum * n / (before * (n - before));
        best = if explained > best { explained } else { best };
    }
    best
}

/// The largest explained parts over random orders of the blocks.
fn permuted(values: &[f64], block: usize, replicates: usize, seed: u64) -> Result<Vec<f64>, Undefined> {
    let centred = centred(values)?;
    let mut blocks: Vec<&[f64]> = values.chunks(block.max(1)).collect();
    if blocks.len() < 2 {
        return Err(Undefined::TooFew);
    }
    let one = |replicate: usize| {
        let mut generator = rng_stream(seed, replicate as u64);
        shuffle(&mut blocks, &mut generator);
        largest_explained(blocks.iter().flat_map(|block| block.iter().copied()), &centred)
    };
    Ok((0..replicates).map(one).collect())
}
