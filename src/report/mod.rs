//! Findings and journal, written down.

pub mod json;
