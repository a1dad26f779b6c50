//! The deployed artefact, its surrogate, challengers, propensity and support. Works on
//! [`crate::summary::Table`] rows.
//!
//! Everything here takes plain inputs (plan, table, row indices, numbers) and returns numbers;
//! [`crate::autopsy`] interprets them for a case. Sums run in a fixed order, so the same rows give the same
//! numbers on any number of threads. In order of dependency:
//!
//! * [`loss`], [`binned`], [`encode`], [`coded`], [`folds`]: losses, rows as bin codes or encoded columns, folds without
//!   leakage.
//! * [`boosted`], [`learner`]: boosted trees, and trees or regressions fitted to the label.
//! * [`artifact`], [`surrogate`]: the deployed model, and a surrogate of it with a contribution of each
//!   feature.
//! * [`launch`]: the launch model's prediction function, learnt from its logged predictions before the onset.
//! * [`propensity`], [`decomposition`]: which of two groups a row comes from, and what that explains of the
//!   loss.
//! * [`mod@reference`], [`challenger`]: the loss of a learner fitted on the training labels, or of recent ones.
//! * [`change_attribution`]: what changed in the outcome given the inputs, one feature's relation or all of
//!   it.
//! * [`pairs`]: the pairs of columns that are looked at, linear in the columns.
//! * `vectors`, [`support`], [`coherence`]: rows outside the training data's support, and values that do not go
//!   together.

pub mod artifact;
pub mod binned;
pub mod boosted;
pub mod challenger;
pub mod change_attribution;
pub mod coded;
pub mod coherence;
pub mod decomposition;
pub mod encode;
#[cfg(test)]
pub(crate) mod fixture;
pub mod folds;
pub mod launch;
pub mod learner;
pub mod loss;
pub mod out_of_fold;
pub mod pairs;
pub mod propensity;
pub mod reference;
pub mod support;
pub mod surrogate;
mod vectors;
