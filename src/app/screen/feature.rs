//! Feature: what happened to this feature?

use super::Behaviour;
use crate::app::Reading;

/// The state of Feature.
#[derive(Debug, Clone, Default)]
pub struct Feature {}

pub(super) const BEHAVIOUR: Behaviour = Behaviour {
    panes: &["Histogram"],
    act: |model, action| super::drift::browse(model, action),
    disabled: |_, _| None,
    reading: |_| Reading::default(),
    selection: |_| None,
    table: |_| Vec::new(),
};
