//! What is left of a case without one of its causes, as the verdict reads it.

use super::Hypothesis;
use crate::{autopsy::Cause, cached::cached};

/// From this probability on the most probable cause of what is left is the second cause.
const DECIDED: f64 = 0.5;

/// What is left of a case without one of its causes.
#[derive(Debug, Clone, PartialEq)]
pub struct Remainder {
    /// The cause that was undone.
    pub without: Cause,
    /// Its features that were repaired.
    pub features: Vec<usize>,
    /// The loss that is left, as a share of the whole.
    pub left: f64,
    /// Whether altered inputs are left that cost something.
    pub altered: bool,
    /// Whether the account finds changed answers as well.
    pub answered: bool,
    /// The causes of what is left, but for the one that was undone, the most probable first; none where nothing is left.
    pub causes: Vec<Hypothesis>,
}

cached!(struct Remainder { without, features, left, altered, answered, causes });

impl Remainder {
    /// The cause of what is left, if it is settled.
    #[must_use]
    pub fn second(&self) -> Option<&Hypothesis> {
        let first = self.causes.first()?;
        let whole: f64 = self.causes.iter().map(|cause| cause.probability).sum();
        (first.cause != Cause::None && first.probability >= DECIDED * whole).then_some(first)
    }

    /// Whether nothing is left that would have another cause.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let whole: f64 = self.causes.iter().map(|cause| cause.probability).sum();
        let healthy = |first: &Hypothesis| first.cause == Cause::None && first.probability >= DECIDED * whole;
        !self.altered && !self.answered && self.causes.first().is_none_or(healthy)
    }
}
