//! Defects of labels.

use super::{Verdict, catalogue::FindingId};
use crate::cached::cached;

/// A defect of a snapshot's labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelDoubt {
    /// The finding's id: `labels.vocabulary`, `labels.ripeness`, `labels.selection`, `labels.score_side`.
    pub id: FindingId,
    /// Its severity.
    pub verdict: Verdict,
    /// The sentence for people.
    pub message: String,
}

cached!(struct LabelDoubt { id, verdict, message });
