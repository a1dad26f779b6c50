//! The population stability index, its bias and its noise.

use crate::stats::{
    Undefined,
    distribution::{chi_square_tail, noncentral_chi_square_tail},
};

/// Added to every bin's count, so that a logarithm exists (Jeffreys' prior for a share).
pub const PSEUDO_COUNT: f64 = 0.5;

/// Returns the population stability index between two histograms over the same bins.
///
/// The sum over bins of `(p − q) · ln(p / q)`, with `p` the production and `q` the reference share: the symmetrised
/// Kullback-Leibler divergence, in nats; at least 0, and 0 when the shares agree. [`PSEUDO_COUNT`] is added to every
/// bin of both sides before the shares are taken. A bin that is empty on both sides is no bin: it is left out,
/// since otherwise it would add to the index whenever the two sides have different numbers of rows.
///
/// * `reference`, `production`: rows per bin, same length, same edges; missing values are a bin of their own.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] when either side counts no row.
///
/// Source: Yurdakul, "Statistical properties of population stability index" (dissertation, Western Michigan
/// University, 2018), chapter 2.
pub fn psi(reference: &[u64], production: &[u64]) -> Result<f64, Undefined> {
    Ok(psi_parts(reference, production)?.iter().sum())
}

/// Returns what each bin adds to [`psi`]: at least 0, and 0 for bins that are empty on both sides.
///
/// # Errors
///
/// As [`psi`].
pub fn psi_parts(reference: &[u64], production: &[u64]) -> Result<Vec<f64>, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    let padding = PSEUDO_COUNT * occupied(reference, production) as f64;
    let (n, m) = (n as f64 + padding, m as f64 + padding);
    let part = |(&r, &p): (&u64, &u64)| {
        if r == 0 && p == 0 {
            return 0.0;
        }
        let q = (r as f64 + PSEUDO_COUNT) / n;
        let p = (p as f64 + PSEUDO_COUNT) / m;
        (p - q) * (p / q).ln()
    };
    Ok(reference.iter().zip(production).map(part).collect())
}

/// Returns the number of bins that hold a row on either side: the B of [`psi_bias`] and [`psi_p_value`].
#[must_use]
pub fn occupied(reference: &[u64], production: &[u64]) -> usize {
    reference
        .iter()
        .zip(production)
        .filter(|(r, p)| **r > 0 || **p > 0)
        .count()
}

/// Returns the PSI that two samples of one distribution show on average: `(B − 1)(1/n + 1/m)`.
///
/// * `bins`: bins that hold a row on either side ([`occupied`]); a bin that nobody fills has no freedom.
/// * `n`, `m`: rows of the two sides; infinite bias when a side has none.
///
/// Source: Yurdakul & Naranjo, "Statistical properties of the population stability index", Journal of Risk Model
/// Validation 14 (2020): under equal distributions PSI is near (1/n + 1/m) times a chi-square with B − 1 degrees.
#[must_use]
pub fn psi_bias(bins: usize, n: u64, m: u64) -> f64 {
    if n == 0 || m == 0 {
        return f64::INFINITY;
    }
    bins.saturating_sub(1) as f64 * (1.0 / n as f64 + 1.0 / m as f64)
}

/// Returns [`psi`] less its bias, which is near 0 on average when nothing moved; it can lie below 0.
///
/// # Errors
///
/// As [`psi`].
pub fn psi_corrected(reference: &[u64], production: &[u64]) -> Result<f64, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    Ok(psi(reference, production)? - psi_bias(occupied(reference, production), n, m))
}

/// Returns the probability of a PSI this large when the true one is `floor`: a minimum-effect test.
///
/// With a floor of 0 it asks for any difference at all, which large samples always find; with the alarm's threshold as
/// the floor it asks whether the threshold is truly exceeded.
///
/// * `psi`: as [`psi`] returns it, not corrected.
/// * `bins`: bins that hold a row on either side ([`occupied`]).
/// * `n`, `m`: rows of the two sides.
/// * `floor`: the true PSI that is still tolerated, at least 0.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side has no rows, [`Undefined::Constant`] with fewer than two bins,
/// [`Undefined::NotFinite`] when `psi` or `floor` is no finite number of at least 0.
///
/// `PSI / (1/n + 1/m)` is compared with a noncentral chi-square of B − 1 degrees and noncentrality
/// `floor / (1/n + 1/m)`; the local alternative of the law that [`psi_bias`] names.
pub fn psi_p_value(psi: f64, bins: usize, n: u64, m: u64, floor: f64) -> Result<f64, Undefined> {
    if n == 0 || m == 0 {
        return Err(Undefined::Empty);
    }
    if bins < 2 {
        return Err(Undefined::Constant);
    }
    if !(psi.is_finite() && floor.is_finite() && psi >= 0.0 && floor >= 0.0) {
        return Err(Undefined::NotFinite);
    }
    let noise = 1.0 / n as f64 + 1.0 / m as f64;
    let freedom = (bins - 1) as f64;
    Ok(if floor > 0.0 {
        noncentral_chi_square_tail(psi / noise, freedom, floor / noise)
    } else {
        chi_square_tail(psi / noise, freedom)
    })
}
