//! Pipeline: is it the data's delivery or the serving system?

use super::Behaviour;
use crate::app::Reading;

/// The state of Pipeline.
#[derive(Debug, Clone, Default)]
pub struct Pipeline {}

pub(super) const BEHAVIOUR: Behaviour = Behaviour {
    panes: &["Columns"],
    act: |_, _| None,
    disabled: |_, _| None,
    reading: |_| Reading::default(),
    selection: |_| None,
    table: |_| Vec::new(),
};
