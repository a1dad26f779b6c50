//! What can happen to the console, and what it asks of the outside world.

use std::sync::Arc;

use crate::{
    autopsy::{
        Choice, Dossier, Investigation, Stage,
        cohort::Cohort,
        exam::drift::Drift,
        exam::integrity::{Candidate, Trial},
        exam::performance::Performance,
    },
    journal::Record,
    remedy::{RemedyReport, golden_refresh::GoldenProposal},
    study::{Study, Topic},
    summary::{Micros, Width},
};

use super::{
    Action, Clock, Export, FileProgress, Key, Opening,
    challenger::{Asked, Came},
    opening::Failure,
};

/// What the exams show at another width of the windows.
#[derive(Debug, Clone)]
pub struct WindowedView {
    /// The width of the windows.
    pub width: Width,
    /// The drift of all inputs.
    pub drift: Drift,
    /// The courses of the metrics.
    pub performance: Performance,
    /// The case with the first of two compared periods in place of training; none where training is what inputs are held
    /// against.
    pub reference: Option<Arc<Dossier>>,
}

/// How an effect came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The text is on the clipboard; a word to add, such as where it was written instead.
    Copied(String),
    /// The report was written to this folder.
    Wrote {
        /// The report's own file.
        path: String,
        /// How many files an older report lost.
        replaced: usize,
    },
    /// An export was written to this file.
    Exported(String),
    /// Something could not be done; why, in a sentence.
    Failed(String),
}

/// Everything that can happen to the console.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The picture is the same one after this key; only who draws knows.
    Unchanged(Key),
    /// Text was pasted.
    Paste(String),
    /// An action, from wherever.
    Do(Action),
    /// The mouse was clicked at a column and line.
    Click(u16, u16),
    /// The mouse was clicked on a pane.
    Point {
        /// The pane.
        pane: usize,
        /// How far below its cursor; above it below 0. A click on the line of the cursor opens it.
        by: isize,
    },
    /// The wheel turned.
    Wheel {
        /// Where: the column.
        column: u16,
        /// Where: the line.
        line: u16,
        /// Whether downwards.
        down: bool,
    },
    /// The wheel turned over a pane; over none it is about the one that has the focus.
    Roll {
        /// The pane.
        pane: Option<usize>,
        /// Whether downwards.
        down: bool,
    },
    /// The terminal has this many columns and lines now.
    Resize(u16, u16),
    /// What time it is.
    Time(Clock),
    /// How the opening goes.
    Opening {
        /// The question's epoch.
        epoch: u64,
        /// The state of the opening.
        state: Box<Opening>,
    },
    /// One file's progress.
    File {
        /// The question's epoch.
        epoch: u64,
        /// Which file of [`Opening::files`].
        index: usize,
        /// How far it is.
        progress: FileProgress,
    },
    /// How far the exams are.
    Examining {
        /// The question's epoch.
        epoch: u64,
        /// The stage that runs.
        stage: Stage,
        /// Parts of the stage that are done, and all its parts.
        parts: (usize, usize),
    },
    /// The passes are done, or one more stage of the exams is.
    Known {
        /// The question's epoch.
        epoch: u64,
        /// What is known so far.
        investigation: Arc<Investigation>,
    },
    /// The exams are done.
    Examined {
        /// The question's epoch.
        epoch: u64,
        /// All that is known.
        investigation: Arc<Investigation>,
        /// A fingerprint of the case's files.
        data: String,
    },
    /// The case cannot be opened.
    Failed {
        /// The question's epoch.
        epoch: u64,
        /// Why, and what to do.
        failure: Box<Failure>,
    },
    /// The case cannot be examined as the analyst chose; what is shown stays.
    Unchosen {
        /// The question's epoch.
        epoch: u64,
        /// Why, in a sentence.
        message: String,
    },
    /// The exams' courses at another width.
    Windowed {
        /// The question's epoch.
        epoch: u64,
        /// The courses.
        view: Box<WindowedView>,
    },
    /// The challenger that was asked for.
    Refitted {
        /// The question's epoch.
        epoch: u64,
        /// What was asked.
        asked: Asked,
        /// What came of it, or why nothing did.
        came: Came,
    },
    /// The study that was asked for.
    Studied {
        /// The question's epoch.
        epoch: u64,
        /// What it is about.
        topic: Topic,
        /// The study, or why there is none, as a clause.
        came: Result<Arc<Study>, String>,
    },
    /// The text of the report as it would be written now.
    Preview {
        /// The question's epoch.
        epoch: u64,
        /// Markdown.
        text: Arc<str>,
    },
    /// How the measurement of the remedies goes.
    Remedying {
        /// The question's epoch.
        epoch: u64,
        /// Units done.
        done: usize,
        /// Units in all.
        of: usize,
        /// What runs, in a few words.
        what: String,
    },
    /// The remedies are measured.
    Remedied {
        /// The question's epoch.
        epoch: u64,
        /// All that was measured.
        backtests: Arc<RemedyReport>,
        /// The rows that the golden set should take in.
        golden: Arc<[GoldenProposal]>,
    },
    /// The remedies could not be measured.
    RemedyFailed {
        /// The question's epoch.
        epoch: u64,
        /// Why, in a sentence.
        message: String,
    },
    /// Files of the case changed since they were read.
    Grew {
        /// The question's epoch.
        epoch: u64,
        /// Which ones, and how, in a sentence.
        message: String,
    },
    /// How an effect came out.
    Outcome(Outcome),
    /// The repairs that can be tried on a feature; see [`BackgroundEffect::TryFix`].
    Trying {
        /// The question's epoch.
        epoch: u64,
        /// The feature.
        feature: usize,
        /// What can be tried.
        candidates: Vec<Candidate>,
    },
    /// What came of one of them.
    Tried {
        /// The question's epoch.
        epoch: u64,
        /// The feature.
        feature: usize,
        /// Which of the candidates.
        at: usize,
        /// What came of it.
        trial: Box<Trial>,
    },
}

/// What the outside world should do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Something in the background.
    Background(BackgroundEffect),
    /// Something with the terminal.
    Terminal(TerminalEffect),
}

/// What is done in the background: opening, computing, writing. Answers come as messages.
#[derive(Debug, Clone, PartialEq)]
pub enum BackgroundEffect {
    /// Open the case; answers carry the epoch.
    Open {
        /// The question's epoch.
        epoch: u64,
    },
    /// Stop what runs.
    Cancel,
    /// Examine what was read once more, on the comparison that the analyst chose.
    Investigate {
        /// The question's epoch.
        epoch: u64,
        /// What was chosen.
        choice: Choice,
        /// The rows that the case is narrowed to; none for all of them.
        cohort: Option<Arc<Cohort>>,
    },
    /// Compute the courses at another width.
    Window {
        /// The question's epoch.
        epoch: u64,
        /// The width.
        width: Width,
        /// Whether inputs are held against the first of two compared periods instead of training.
        between: bool,
    },
    /// Refit a challenger.
    Refit {
        /// The question's epoch.
        epoch: u64,
        /// Which one, on which rows.
        asked: Asked,
    },
    /// Make a study.
    Study {
        /// The question's epoch.
        epoch: u64,
        /// What it is about.
        topic: Topic,
    },
    /// Render the report's text.
    Preview {
        /// The question's epoch.
        epoch: u64,
    },
    /// Measure the remedies; [`BackgroundEffect::Cancel`] stops it.
    Remedy {
        /// The question's epoch.
        epoch: u64,
    },
    /// Try every repair on a feature: count and re-score the sampled rows.
    TryFix {
        /// The question's epoch.
        epoch: u64,
        /// The feature.
        feature: usize,
        /// One that the analyst typed; it is tried first.
        typed: Option<Candidate>,
    },
    /// Say when a file of the case changes; ends when another epoch is watched.
    Watch {
        /// The question's epoch.
        epoch: u64,
    },
    /// Append to the journal's file.
    Append(Record),
    /// Write the report.
    WriteReport,
    /// Write an export with this content.
    Export {
        /// What it holds.
        export: Export,
        /// The file's name without its ending.
        stem: String,
        /// The content; empty where the background knows better.
        content: String,
    },
}

/// What is done with the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalEffect {
    /// Put this on the clipboard.
    Copy(String),
    /// Let the user edit the contract.
    EditContract,
    /// Capture the mouse, or let it go.
    Mouse(bool),
    /// Suspend the program.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit {
        /// Whether the last screen stays in the scrollback.
        show: bool,
    },
}

impl Msg {
    /// The wall time in a message of time, for tests.
    #[must_use]
    pub const fn at(elapsed_ms: u64, wall: Micros) -> Self {
        Self::Time(Clock { elapsed_ms, wall })
    }
}
