//! One file for each question. Each `examine` returns what its screen shows, its findings and its signals.

pub mod drift;
pub mod golden;
pub mod integrity;
pub mod labels;
pub mod performance;
pub mod period;
pub mod phrase;
#[cfg(test)]
mod planted;
pub mod pipeline;
pub mod serving;
pub mod tail;
