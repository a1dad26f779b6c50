//! The deployed artefact, its surrogate, challengers, propensity and support. Works on [`crate::summary::Table`] rows.
//!
//! Everything here takes plain inputs (plan, table, row indices, numbers) and returns numbers; what they mean for a
//! case is said in [`crate::autopsy`]. Sums run in a fixed order, so the same rows give the same numbers on any number
//! of threads. In the order in which they build on each other:
//!
//! * [`loss`], [`binned`], [`boosted`], [`encode`], [`folds`]: losses, rows as codes or columns, trees, fair folds.
//! * [`artifact`], [`surrogate`]: the deployed model, and what stands in for it.
//! * [`propensity`]: which of two groups of rows a row comes from.

pub mod artifact;
pub mod binned;
pub mod boosted;
pub mod challenger;
pub mod decomposition;
pub mod encode;
#[cfg(test)]
mod fixture;
pub mod folds;
pub mod learner;
pub mod loss;
pub mod propensity;
pub mod reference;
pub mod surrogate;
