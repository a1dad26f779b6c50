//! The selection: what the cursor is on, so that it can be pinned, annotated and copied.

use crate::autopsy::Step;

/// Something that can be pinned or annotated.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Selection {
    /// A stable id: a finding's id where there is one, else `screen.pane:subject`.
    pub id: String,
    /// The step that shows it.
    pub step: Step,
    /// A short title.
    pub title: String,
    /// The message, with its number.
    #[serde(rename = "says")]
    pub message: String,
}
