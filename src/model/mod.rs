//! The deployed artefact, its surrogate, challengers, propensity and support. Works on [`crate::summary::Table`] rows.
//!
//! Everything here takes plain inputs (plan, table, row indices, numbers) and returns numbers; what they mean for a
//! case is said in [`crate::autopsy`]. The learners are [`boosted`] trees on [`binned`] rows. Sums run in a fixed
//! order, so the same rows give the same numbers on any number of threads.

pub mod artifact;
pub mod binned;
pub mod boosted;
pub mod folds;
pub mod loss;
