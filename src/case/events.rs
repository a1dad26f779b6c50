//! Events around the model: deploys, pipeline and schema changes.

use crate::{cached::cached, summary::Micros};

/// One line of `events.csv`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// The time of the event.
    pub at: Micros,
    /// `deploy`, `pipeline`, `schema`, `serving`, `infra`, `config`, `data`, `business`, …: free text, lower
    /// case.
    pub kind: String,
    /// The description in the file.
    pub title: String,
}

cached!(struct Event { at, kind, title });
