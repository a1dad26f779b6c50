//! What the cursor is on, so that it can be pinned, noted and copied.

use crate::autopsy::Step;

/// Something that can be pinned or noted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Selection {
    /// A stable id: a finding's id where there is one, else `screen.pane:subject`.
    pub id: String,
    /// The step that shows it.
    pub step: Step,
    /// What it is, in a few words.
    pub title: String,
    /// What it says, with its number.
    #[serde(rename = "says")]
    pub message: String,
}
