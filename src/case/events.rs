//! What happened around the model: deploys, pipeline and schema changes.

use crate::summary::Micros;

/// One line of `events.csv`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// When it happened.
    pub at: Micros,
    /// `deploy`, `pipeline`, `schema`, `serving`, `infra`, `config`, `data`, `business`, …: free text, lower case.
    pub kind: String,
    /// What people wrote.
    pub title: String,
}
