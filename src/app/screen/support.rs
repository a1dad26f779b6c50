//! Support: are users asking what training never held?

use super::Behaviour;
use crate::app::Reading;

/// The state of Support.
#[derive(Debug, Clone, Default)]
pub struct Support {}

pub(super) const BEHAVIOUR: Behaviour = Behaviour {
    panes: &["Unseen"],
    act: |_, _| None,
    disabled: |_, _| None,
    reading: |_| Reading::default(),
    selection: |_| None,
    table: |_| Vec::new(),
};
