//! Concept: did the relation change?

use super::Behaviour;
use crate::app::Reading;

/// The state of Concept.
#[derive(Debug, Clone, Default)]
pub struct Concept {}

pub(super) const BEHAVIOUR: Behaviour = Behaviour {
    panes: &["Segments"],
    act: |_, _| None,
    disabled: |_, _| None,
    reading: |_| Reading::default(),
    selection: |_| None,
    table: |_| Vec::new(),
};
