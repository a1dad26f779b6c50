//! What can be open above a screen, with what was typed into it.

use tui_input::Input;

use super::{row_view::RowsView, study_view::StudyView};
use crate::{
    app::{answers::OutcomesView, pairing::PairView},
    journal::Selection,
};

/// One line of typed text with its cursor.
pub type Line = Input;

/// What a prompt asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The filter of the list of features; the text before it was opened.
    Filter(String),
    /// A note.
    Note(Selection),
}

/// A question to the analyst.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What it asks for.
    pub purpose: Purpose,
    /// What was typed, line by line.
    pub lines: Vec<Line>,
    /// The line that is typed on.
    pub line: usize,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// What is open above the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys of the present screen, searchable.
    Help {
        /// What was typed.
        query: Line,
        /// The cursor, over the matching lines.
        at: usize,
    },
    /// Every action by its name.
    Palette {
        /// What was typed.
        query: Line,
        /// The cursor, over the matching lines.
        at: usize,
    },
    /// What holds typed words: findings, causes, features and more.
    Search {
        /// What was typed.
        query: Line,
        /// The cursor, over the hits.
        at: usize,
    },
    /// The pinned evidence.
    Pins {
        /// The cursor.
        at: usize,
    },
    /// The repairs that can be tried on the feature of the screen.
    Fixes {
        /// The cursor.
        at: usize,
    },
    /// Rows of the log.
    Rows(Box<RowsView>),
    /// Answers against outcomes.
    Outcomes(Box<OutcomesView>),
    /// Two features over each other.
    Pair(Box<PairView>),
    /// An analysis beside the diagnosis.
    Study(Box<StudyView>),
    /// What went wrong or was left out.
    Problems {
        /// The first line that is shown.
        at: usize,
    },
    /// Something to read.
    Page {
        /// What it is about.
        title: String,
        /// Its paragraphs.
        lines: Vec<String>,
        /// The first paragraph that is shown.
        at: usize,
    },
    /// A question.
    Prompt(Prompt),
}
