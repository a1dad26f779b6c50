//! Change-point detection: when and how a series changed (at once, gradually, several times, or on and off).
//!
//! A split `k` divides a series into the values before index `k` and those from `k` on. A change is dated by
//! the split with the least squared error ([`mean_shift`]) or the largest likelihood ([`multinomial_shift`]).
//! [`permutation_p`] tests whether it exceeds the maximum over all splits that chance produces, keeping the
//! dependence between neighbours.

mod multinomial;
mod noise;
mod pelt;
mod ramp;
mod segment;
mod shift;
#[cfg(test)]
mod tests;

pub use multinomial::{CountShift, multinomial_permutation_p, multinomial_shift};
pub use noise::{Dispersion, detrended, dispersion, permutation_p, permutation_threshold};
pub use pelt::pelt;
pub use ramp::{Ramp, ramp};
pub use segment::{Segment, segment};
pub use shift::{Shift, mean_shift, mean_shift_dispersed, mean_shift_weighted};

/// How far the likelihood ratio `n (S_k − S) / S` of a split may exceed that of the best one within a 95 %
/// interval.
///
/// At the true split the ratio does not follow a chi-square distribution, since a split is not a smooth
/// parameter, but that of the larger of two exponential variables: it is below x with probability
/// `(1 − e^(−x/2))²`.
///
/// Source: Hansen, "Sample splitting and threshold estimation", Econometrica 68 (2000), theorem 2.
pub const SPLIT_RATIO_95: f64 = 7.352_276_694_155_739;
