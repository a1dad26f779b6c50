//! One file for each question. Each `examine` returns what its screen shows, its findings and its signals.

mod compared;
pub mod concept;
pub mod drift;
pub mod golden;
pub mod integrity;
pub mod labels;
pub mod performance;
pub mod period;
pub mod phrase;
pub mod pipeline;
#[cfg(test)]
pub(crate) mod planted;
mod rowless;
pub mod serving;
pub mod support;
pub mod tail;
