//! What is wrong with labels.

use super::{Verdict, catalogue::FindingId};

/// What is wrong with the labels of a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelDoubt {
    /// The finding's id: `labels.vocabulary`, `labels.ripeness`, `labels.selection`, `labels.score_side`.
    pub id: FindingId,
    /// How grave it is.
    pub verdict: Verdict,
    /// The sentence.
    pub message: String,
}
