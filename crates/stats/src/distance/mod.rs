//! Distances between two distributions: histograms over the same bins, or samples.
//!
//! Counts are rows per bin; the reference is the training snapshot and comes first.

mod nominal;
mod ordered;
mod psi;

pub use nominal::{ChiSquare, chi_square, cramers_v, jensen_shannon};
pub use ordered::{ks, ks_p_value, ks_samples, sample_distances, wasserstein_binned, wasserstein_samples};
pub use psi::{PSEUDO_COUNT, occupied, psi, psi_bias, psi_corrected, psi_p_value, psi_parts};

use super::Undefined;

/// Returns the number of rows on each side.
fn totals(reference: &[u64], production: &[u64]) -> Result<(u64, u64), Undefined> {
    super::require_equal_length(reference.len(), production.len())?;
    let (n, m) = (reference.iter().sum(), production.iter().sum());
    if n == 0 || m == 0 { Err(Undefined::Empty) } else { Ok((n, m)) }
}
