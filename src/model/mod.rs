//! The deployed artefact, its surrogate, challengers, propensity and support. Works on [`crate::summary::Table`] rows.
//!
//! Everything here takes plain inputs (plan, table, row indices, numbers) and returns numbers; what they mean for a
//! case is said in [`crate::autopsy`]. Sums run in a fixed order, so the same rows give the same numbers on any number
//! of threads. In the order in which they build on each other:
//!
//! * [`loss`], [`binned`], [`encode`], [`folds`]: losses, rows as codes or columns, folds that do not leak.
//! * [`boosted`], [`learner`]: trees, and trees or regressions as learners of the label.
//! * [`artifact`], [`surrogate`]: the deployed model, and what stands in for it with a part of the score per feature.
//! * [`launch`]: the launch model's answers, learnt from what it said before anything happened.
//! * [`propensity`], [`decomposition`]: which of two groups a row comes from, and what that explains of the loss.
//! * [`mod@reference`], [`challenger`]: what a learner of the training labels, or of recent ones, makes of the rows.
//! * [`mod@out_of_fold`]: training rows with answers of learners that did not see them.
//! * [`anatomy`]: what changed in the outcome given the inputs, one feature's relation or all of it.
//! * [`support`], [`coherence`]: which rows lie where training held nothing, which values go together.

pub mod artifact;
pub mod binned;
pub mod boosted;
pub mod challenger;
pub mod change_attribution;
pub mod coherence;
pub mod decomposition;
pub mod encode;
#[cfg(test)]
mod fixture;
pub mod folds;
pub mod launch;
pub mod learner;
pub mod loss;
pub mod out_of_fold;
pub mod propensity;
pub mod reference;
pub mod support;
pub mod surrogate;
