//! Mathematics: slices and counts in, numbers out. No files, no clocks, no unseeded randomness, no domain types.
//!
//! A function that has no answer says why ([`Undefined`]) instead of returning NaN.

pub mod metric;

/// Why there is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// The two sides do not have the same bins.
    #[error("the two sides have different bins")]
    BinMismatch,
    /// A side counts no row.
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
    /// The computation did not settle.
    #[error("the computation did not converge")]
    NotConverged,
}
