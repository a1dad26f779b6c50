//! Mathematics: slices and counts in, numbers out. No files, no clocks, no unseeded randomness, no domain
//! types.
//!
//! A function that has no defined result returns the reason ([`Undefined`]) instead of NaN. The caller
//! removes and counts missing values; a NaN or an infinity in a sample is [`Undefined::NotFinite`].
//!
//! In order of dependency:
//!
//! * [`random`], [`distribution`], [`moments`]: seeded draws, distribution functions, means, quantiles and
//!   ranks.
//! * [`distance`]: the distance between two histograms or samples (PSI, KS, Wasserstein, Jensen-Shannon,
//!   chi-square).
//! * [`interval`], [`testing`], [`bootstrap`]: proportions with intervals, tests, false-discovery control,
//!   resampling.
//! * [`power`], [`sequential`]: the rows still needed, and tests that may be evaluated every day.
//! * [`metric`], [`delong`], [`calibration`], [`label_shift`]: how good the predictions are, and what to
//!   expect of them.
//! * [`change`]: when a series changed, and how.
//! * [`linear`], [`assignment`]: matrices, ridge and logistic regression, the assignment problem.

pub mod assignment;
pub mod bootstrap;
pub mod calibration;
pub mod change;
pub mod delong;
pub mod distance;
pub mod distribution;
pub mod interval;
pub mod label_shift;
pub mod linear;
pub mod metric;
pub mod moments;
pub mod power;
pub mod random;
pub mod ranked;
pub mod sequential;
pub mod streaming;
pub mod testing;
pub mod trend;

/// Why a result is undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// The two sides do not have the same bins, or the same rows.
    #[error("the two sides have different bins")]
    BinMismatch,
    /// One side counts no rows.
    #[error("no rows to measure")]
    Empty,
    /// Fewer rows than the statistic needs.
    #[error("too few rows")]
    TooFew,
    /// Only one class is present where two are needed.
    #[error("only one class is present")]
    OneClass,
    /// The values do not vary.
    #[error("the values do not vary")]
    Constant,
    /// The iteration did not converge.
    #[error("the computation did not converge")]
    NotConverged,
    /// A value is not a finite number, or a parameter lies outside its range.
    #[error("a value is not a finite number in its range")]
    NotFinite,
    /// The equations have no unique solution.
    #[error("the equations have no unique solution")]
    Singular,
}

/// Rejects samples that contain a NaN or an infinity.
fn require_finite(values: &[f64]) -> Result<(), Undefined> {
    if values.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Undefined::NotFinite) }
}

/// Rejects columns of different lengths.
fn require_equal_length(a: usize, b: usize) -> Result<(), Undefined> {
    if a == b { Ok(()) } else { Err(Undefined::BinMismatch) }
}

/// Asserts that two numbers agree to 1e-9, relative where they exceed 1.
#[cfg(test)]
#[track_caller]
fn assert_near(name: &str, got: f64, want: f64) {
    let scale = if want.abs() > 1.0 { want.abs() } else { 1.0 };
    assert!((got - want).abs() <= 1e-9 * scale, "{name}: {got} instead of {want}");
}
