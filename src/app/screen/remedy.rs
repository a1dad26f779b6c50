//! Remedy: what fixes it, and does it hold?

use super::Behaviour;
use crate::app::Reading;

/// The state of Remedy.
#[derive(Debug, Clone, Default)]
pub struct Remedy {}

pub(super) const BEHAVIOUR: Behaviour = Behaviour {
    panes: &["Strategies"],
    act: |_, _| None,
    disabled: |_, _| None,
    reading: |_| Reading::default(),
    selection: |_| None,
    table: |_| Vec::new(),
};
