//! What the analyst adds to the evidence.

use crate::{
    autopsy::{Cause, Step},
    journal::{Decision, Entry, Journal},
    summary::Micros,
};

/// What the analyst did, as shown in the report. Empty if no console was used.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Analyst {
    /// The accepted cause.
    pub chosen: Option<Cause>,
    /// Causes that the analyst dismissed.
    pub dismissed: Vec<Cause>,
    /// Pinned evidence, oldest first.
    pub pins: Vec<Pin>,
    /// Notes, by the id of what they are about.
    pub notes: Vec<Note>,
    /// Decisions with their times, for the timeline.
    pub marks: Vec<(Micros, String)>,
}

/// A pinned piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pin {
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

/// A note of the analyst.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Note {
    /// The step that the note was written on.
    pub step: Step,
    /// A short title of what it is about.
    pub on: String,
    /// The text of the note.
    pub text: String,
}

impl From<&Journal> for Analyst {
    fn from(journal: &Journal) -> Self {
        let marks = journal.marks();
        let decided = |wanted: Decision| {
            marks.decisions.iter().filter(move |(_, decision)| **decision == wanted).map(|(cause, _)| *cause)
        };
        Self {
            chosen: decided(Decision::Accepted).next(),
            dismissed: decided(Decision::Dismissed).collect(),
            pins: marks
                .pins
                .iter()
                .map(|pin| Pin {
                    id: pin.id.clone(),
                    step: pin.step,
                    title: pin.title.clone(),
                    message: pin.message.clone(),
                })
                .collect(),
            notes: marks
                .notes
                .values()
                .map(|(on, text)| Note { step: on.step, on: on.title.clone(), text: text.clone() })
                .collect(),
            marks: journal
                .records()
                .iter()
                .filter(|record| {
                    matches!(
                        record.entry,
                        Entry::Accept { .. }
                            | Entry::Dismiss { .. }
                            | Entry::Reopen { .. }
                            | Entry::Move { .. }
                            | Entry::Choose { .. }
                    )
                })
                .map(|record| (record.at, format!("analyst: {}", record.entry.message())))
                .collect(),
        }
    }
}
