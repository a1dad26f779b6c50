//! What the analyst adds to the evidence.

use crate::{
    autopsy::{Cause, Step},
    journal::{Decision, Entry, Journal},
    summary::Micros,
    text::{phrase, time},
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
    /// What was looked at, marked and decided, in that order.
    pub line: Vec<LinePart>,
}

/// An entry of the line of the investigation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LinePart {
    /// When it was done, or begun; RFC 3339 in UTC.
    pub at: String,
    /// What the analyst did.
    #[serde(rename = "says")]
    pub message: String,
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
            line: line(journal),
        }
    }
}

/// Maximum number of places that an entry of views names in full.
const MOST_PLACES: usize = 12;

/// The line of the investigation; views that follow each other are one entry.
fn line(journal: &Journal) -> Vec<LinePart> {
    let part = |at: Micros, message: String| LinePart { at: time::rfc3339(at), message };
    let looked = |at: Micros, places: &[String]| {
        part(at, format!("looked at {}", phrase::list_up_to(places, MOST_PLACES)))
    };
    let mut line = Vec::new();
    let mut places: Vec<String> = Vec::new();
    let mut since = None;
    for record in journal.line() {
        match &record.entry {
            Entry::View { screen, feature, .. } => {
                let place = match (screen, feature) {
                    (Step::Feature, Some(feature)) => format!("{} of {feature}", screen.name()),
                    _ => screen.name().to_owned(),
                };
                since.get_or_insert(record.at);
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            entry => {
                // Whatever is done, and opening the case again, ends an entry of views.
                if let (Some(at), true) = (since.take(), !places.is_empty()) {
                    line.push(looked(at, &places));
                    places.clear();
                }
                line.extend(done(entry).map(|message| part(record.at, message)));
            }
        }
    }
    line.extend(since.map(|at| looked(at, &places)));
    line
}

/// What an action was, in the past tense; none for what only arranges the console or the report.
fn done(entry: &Entry) -> Option<String> {
    Some(match entry {
        Entry::Pin { what } => format!("pinned {}", what.title),
        Entry::Unpin { id } => format!("took the pin {id} away"),
        Entry::Note { on, text } if text.trim().is_empty() => format!("deleted the note on {}", on.title),
        Entry::Note { on, .. } => format!("wrote a note on {}", on.title),
        Entry::Accept { cause } => format!("accepted {}", cause.name()),
        Entry::Dismiss { cause } => format!("dismissed {}", cause.name()),
        Entry::Reopen { cause } => format!("withdrew the decision on {}", cause.name()),
        Entry::Choose { choice } => format!("set the comparison: {}", choice.message()),
        Entry::Open { .. }
        | Entry::View { .. }
        | Entry::Move { .. }
        | Entry::Filter { .. }
        | Entry::Theme { .. }
        | Entry::Wrote { .. }
        | Entry::Undo
        | Entry::Redo => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::journal::Record;

    #[test]
    fn the_line_tells_what_was_looked_at_and_done_in_order() {
        let view = |screen, feature: Option<&str>| Entry::View {
            screen,
            feature: feature.map(str::to_owned),
            at: None,
            settings: BTreeMap::new(),
        };
        let open = || Entry::Open { data: "ab".to_owned() };
        let entries = [
            open(),
            view(Step::Triage, None),
            view(Step::Feature, Some("visits")),
            view(Step::Triage, None),
            Entry::Accept { cause: Cause::DataDrift },
            Entry::Dismiss { cause: Cause::LabelShift },
            Entry::Undo,
            view(Step::Diagnosis, None),
            open(),
            view(Step::Diagnosis, None),
        ];
        let records = (0..).zip(entries).map(|(at, entry)| Record { at: at * 60_000_000, entry });
        let analyst = Analyst::from(&Journal::replay(records));
        let told: Vec<(&str, &str)> =
            analyst.line.iter().map(|part| (&part.at[11..16], part.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ("00:01", "looked at Triage and Feature of visits"),
                ("00:04", "accepted data drift"),
                ("00:07", "looked at Diagnosis"),
                ("00:09", "looked at Diagnosis"),
            ]
        );
    }
}
