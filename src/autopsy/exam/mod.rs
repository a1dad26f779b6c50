//! One file for each question, all with the same interface: `examine(&ExamContext) -> (View, Observations)`.
//!
//! The view is the content of the exam's screen; the observations are its findings for people and its signals
//! for the verdict. An exam without a screen of its own returns only its observations. A part of an exam is
//! called the same way, with the exam's earlier measurements as further arguments.

pub mod breakdown;
pub mod business;
pub mod column_groups;
pub mod concept;
pub mod context;
pub mod drift;
pub mod embedding_similarity;
pub mod golden;
pub mod integrity;
pub mod labels;
mod loss_samples;
pub mod performance;
pub mod pipeline;
pub mod rescorer;
mod rowless;
pub(super) mod sampled_values;
pub mod serving;
pub mod support;
#[cfg(test)]
pub(crate) mod synthetic;
pub mod two_periods;
pub mod unseen_mass;
pub mod window_split;
pub mod yardstick;
