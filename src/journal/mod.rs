//! The journal: the analyst's actions as small records that are appended as they happen and replayed on the
//! next open.
//!
//! Undo is itself a record; replaying then skips the last undoable one. This module does no I/O:
//! [`crate::work`] owns the file. The console appends records, and the report reads them.

mod selection;
mod theme;

pub use selection::Selection;
pub use theme::Theme;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    autopsy::{Cause, Choice, Step},
    summary::Micros,
};

/// One action of the analyst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Entry {
    /// Opened the case; its files had this fingerprint.
    Open {
        /// A hash over the case's files.
        data: String,
    },
    /// Pinned a piece of evidence to the report.
    Pin {
        /// The pinned piece of evidence.
        what: Selection,
    },
    /// Removed a pin.
    Unpin {
        /// The id of the pinned piece.
        id: String,
    },
    /// Moved a pin one place up or down in the order of the report.
    Move {
        /// The id of the pinned piece.
        id: String,
        /// Whether it moved up.
        up: bool,
    },
    /// Wrote a note; an empty note deletes it.
    Note {
        /// What it is about.
        on: Selection,
        /// The note's text.
        text: String,
    },
    /// Accepted a cause.
    Accept {
        /// The cause.
        cause: Cause,
    },
    /// Dismissed a cause.
    Dismiss {
        /// The cause.
        cause: Cause,
    },
    /// Withdrew the decision on a cause.
    Reopen {
        /// The cause.
        cause: Cause,
    },
    /// Filtered the list of features.
    Filter {
        /// The filter's text.
        text: String,
    },
    /// Chose the comparison manually instead of by the search.
    Choose {
        /// The complete choice from here on.
        choice: Choice,
    },
    /// Moved to a view; the next open starts there.
    View {
        /// The screen.
        screen: Step,
        /// The name of the feature under the cursor.
        feature: Option<String>,
        /// The instant under the cursor.
        at: Option<Micros>,
        /// What the analyst chose to see, by name: `window`, `sort`, `axis`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        settings: BTreeMap<String, String>,
    },
    /// Selected the colour theme.
    Theme {
        /// The theme.
        theme: Theme,
    },
    /// Wrote the report.
    Wrote {
        /// Where to.
        path: String,
    },
    /// Undid the last undoable record.
    Undo,
    /// Redid what was undone.
    Redo,
}

impl Entry {
    /// Whether [`Entry::Undo`] can undo it.
    #[must_use]
    pub const fn undoable(&self) -> bool {
        !matches!(
            self,
            Self::Open { .. }
                | Self::View { .. }
                | Self::Theme { .. }
                | Self::Wrote { .. }
                | Self::Undo
                | Self::Redo
        )
    }

    /// Describes the action, for the message after an undo.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Pin { what } => format!("pin {}", what.title),
            Self::Unpin { id } => format!("unpin {id}"),
            Self::Move { id, up } => format!("move {id} {}", if *up { "up" } else { "down" }),
            Self::Note { on, .. } => format!("note on {}", on.title),
            Self::Accept { cause } => format!("accept {}", cause.name()),
            Self::Dismiss { cause } => format!("dismiss {}", cause.name()),
            Self::Reopen { cause } => format!("reopen {}", cause.name()),
            Self::Filter { text } if text.is_empty() => "clear the filter".to_owned(),
            Self::Filter { text } => format!("filter {text}"),
            Self::Choose { choice } => choice.message(),
            Self::Open { .. }
            | Self::View { .. }
            | Self::Theme { .. }
            | Self::Wrote { .. }
            | Self::Undo
            | Self::Redo => String::new(),
        }
    }
}

/// A record with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Time in microseconds since 1970-01-01 UTC.
    #[serde(rename = "time")]
    pub at: Micros,
    /// The action.
    #[serde(flatten)]
    pub entry: Entry,
}

/// The analyst's decision on a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is the cause.
    Accepted,
    /// It is not.
    Dismissed,
}

/// The combined state of all records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks {
    /// Pinned evidence, oldest first.
    pub pins: Vec<Selection>,
    /// Notes by the id of their subject, with the subject.
    pub notes: BTreeMap<String, (Selection, String)>,
    /// Decisions on causes.
    pub decisions: BTreeMap<Cause, Decision>,
    /// The text of the filter.
    pub filter: String,
    /// The comparison, as chosen by the analyst.
    pub choice: Choice,
}

/// The journal of a case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    /// Undoable records in force, oldest first.
    done: Vec<Record>,
    /// Undone records; the last one is redone first.
    undone: Vec<Record>,
    /// The combined state of the records in force.
    marks: Marks,
    /// Openings of the case and views, oldest first.
    visits: Vec<Record>,
    /// The most recent theme.
    theme: Option<Theme>,
    /// Time and path of the last report.
    wrote: Option<(Micros, String)>,
    /// Time of the last open, and the fingerprint of the data then.
    opened: Option<(Micros, String)>,
}

impl Journal {
    /// Replays records.
    #[must_use]
    pub fn replay(records: impl IntoIterator<Item = Record>) -> Self {
        let mut journal = Self::default();
        for record in records {
            journal.add(record);
        }
        journal
    }

    /// Adds a record; for an undo or redo, returns the entry that was undone or redone.
    pub fn add(&mut self, record: Record) -> Option<Entry> {
        match record.entry {
            Entry::Undo => {
                let last = self.done.pop()?;
                self.undone.push(last.clone());
                self.marks = marks(&self.done);
                Some(last.entry)
            }
            Entry::Redo => {
                let next = self.undone.pop()?;
                apply(&mut self.marks, &next.entry);
                self.done.push(next.clone());
                Some(next.entry)
            }
            Entry::Open { ref data } => {
                self.opened = Some((record.at, data.clone()));
                self.visits.push(record);
                None
            }
            Entry::Wrote { path } => {
                self.wrote = Some((record.at, path));
                None
            }
            Entry::Theme { theme } => {
                self.theme = Some(theme);
                None
            }
            Entry::View { .. } => {
                self.visits.push(record);
                None
            }
            _ => {
                apply(&mut self.marks, &record.entry);
                self.done.push(record);
                self.undone.clear();
                None
            }
        }
    }

    /// Returns the combined state of all records.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Returns the most recent view.
    #[must_use]
    pub fn view(&self) -> Option<&Entry> {
        self.visits.iter().rev().map(|record| &record.entry).find(|entry| matches!(entry, Entry::View { .. }))
    }

    /// Returns the most recent theme, if one was selected.
    #[must_use]
    pub fn theme(&self) -> Option<Theme> {
        self.theme
    }

    /// Returns time and path of the last report.
    #[must_use]
    pub fn wrote(&self) -> Option<(Micros, &str)> {
        self.wrote.as_ref().map(|(at, path)| (*at, path.as_str()))
    }

    /// Returns the time of the last open, and the fingerprint of the data then.
    #[must_use]
    pub fn opened(&self) -> Option<(Micros, &str)> {
        self.opened.as_ref().map(|(at, data)| (*at, data.as_str()))
    }

    /// Whether there is anything to undo.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether there is anything to redo.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Whether a piece of evidence is pinned.
    #[must_use]
    pub fn pinned(&self, id: &str) -> bool {
        self.marks.pins.iter().any(|pin| pin.id == id)
    }

    /// Returns the records in force, oldest first, for the report's timeline.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.done
    }

    /// Returns openings, views and records in force together, oldest first: the line of the investigation.
    #[must_use]
    pub fn line(&self) -> Vec<&Record> {
        let mut line: Vec<&Record> = self.visits.iter().chain(&self.done).collect();
        line.sort_by_key(|record| record.at);
        line
    }
}

fn marks(records: &[Record]) -> Marks {
    let mut marks = Marks::default();
    for record in records {
        apply(&mut marks, &record.entry);
    }
    marks
}

fn apply(marks: &mut Marks, entry: &Entry) {
    match entry {
        Entry::Pin { what } => {
            marks.pins.retain(|pin| pin.id != what.id);
            marks.pins.push(what.clone());
        }
        Entry::Unpin { id } => marks.pins.retain(|pin| &pin.id != id),
        Entry::Move { id, up } => {
            let place = marks.pins.iter().position(|pin| &pin.id == id);
            let to = place.and_then(|at| if *up { at.checked_sub(1) } else { Some(at + 1) });
            if let (Some(at), Some(to)) = (place, to.filter(|&to| to < marks.pins.len())) {
                marks.pins.swap(at, to);
            }
        }
        Entry::Note { on, text } if text.trim().is_empty() => {
            marks.notes.remove(&on.id);
        }
        Entry::Note { on, text } => {
            marks.notes.insert(on.id.clone(), (on.clone(), text.clone()));
        }
        Entry::Accept { cause } => {
            // An incident has one accepted cause: a second acceptance replaces the first.
            marks.decisions.retain(|_, decision| *decision != Decision::Accepted);
            marks.decisions.insert(*cause, Decision::Accepted);
        }
        Entry::Dismiss { cause } => {
            marks.decisions.insert(*cause, Decision::Dismissed);
        }
        Entry::Reopen { cause } => {
            marks.decisions.remove(cause);
        }
        Entry::Filter { text } => marks.filter.clone_from(text),
        Entry::Choose { choice } => marks.choice = *choice,
        Entry::Open { .. }
        | Entry::View { .. }
        | Entry::Theme { .. }
        | Entry::Wrote { .. }
        | Entry::Undo
        | Entry::Redo => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(id: &str) -> Entry {
        let what =
            Selection { id: id.into(), step: Step::Drift, title: id.into(), message: "PSI 3.79".into() };
        Entry::Pin { what }
    }

    fn journal(entries: Vec<Entry>) -> Journal {
        Journal::replay(entries.into_iter().enumerate().map(|(at, entry)| Record { at: at as i64, entry }))
    }

    #[test]
    fn undo_is_replay_without_the_last() {
        let accept = Entry::Accept { cause: Cause::DataDrift };
        let all = journal(vec![pin("a"), pin("b"), accept.clone(), Entry::Undo, Entry::Undo]);
        assert_eq!(all.marks(), journal(vec![pin("a")]).marks());
        let again = journal(vec![pin("a"), pin("b"), accept.clone(), Entry::Undo, Entry::Undo, Entry::Redo]);
        assert_eq!(again.marks(), journal(vec![pin("a"), pin("b")]).marks());
        let branched = journal(vec![pin("a"), accept, Entry::Undo, pin("c"), Entry::Redo]);
        assert_eq!(branched.marks(), journal(vec![pin("a"), pin("c")]).marks());
        assert!(!branched.can_redo());
    }

    #[test]
    fn a_second_accepted_cause_replaces_the_first() {
        let both = journal(vec![
            Entry::Accept { cause: Cause::DataDrift },
            Entry::Dismiss { cause: Cause::None },
            Entry::Accept { cause: Cause::ConceptDrift },
        ]);
        let decisions: Vec<_> = both.marks().decisions.iter().map(|(c, d)| (*c, *d)).collect();
        assert_eq!(
            decisions,
            [(Cause::ConceptDrift, Decision::Accepted), (Cause::None, Decision::Dismissed)]
        );
    }

    #[test]
    fn records_survive_their_file() {
        let on = Selection {
            id: "case".into(),
            step: Step::Triage,
            title: "the case".into(),
            message: String::new(),
        };
        let entries = [
            Entry::Open { data: "ab".into() },
            pin("x"),
            Entry::Note { on, text: "two\nlines \u{202e}".into() },
            Entry::Accept { cause: Cause::FeatureRecalibration },
            Entry::Choose {
                choice: Choice { onset: Some(9), baseline: Some(crate::autopsy::Baseline::GoldenAtLaunch) },
            },
            Entry::Choose { choice: Choice::default() },
            Entry::View {
                screen: Step::Feature,
                feature: Some("utilization".into()),
                at: Some(5),
                settings: BTreeMap::from([("sort".to_owned(), "1".to_owned())]),
            },
            Entry::Undo,
        ];
        for entry in entries {
            let record = Record { at: 7, entry };
            let line = serde_json::to_string(&record).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record, "{line}");
        }
    }
}
