//! What the model holds besides the case: settings, the clock, words that vanish, how far the measuring is.

use std::sync::Arc;

use crate::{
    journal::Theme,
    remedy::RemedyReport,
    summary::{Micros, Span, Width},
};

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axis {
    /// As measured.
    #[default]
    Linear,
    /// Logarithmic.
    Log,
    /// By rank in the training snapshot.
    Rank,
}

/// The rows of production that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// From the onset on; all rows where there is none.
    #[default]
    Since,
    /// Before the onset.
    Before,
    /// All rows.
    Both,
}

/// What was marked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brush {
    /// The window that a period begins with, until its end is marked.
    pub begun: Option<Span>,
    /// The marked periods, two at most.
    pub periods: Vec<Span>,
}

/// What the analyst chose to see, on all screens alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// The width of the time windows; none for the width that the exams chose.
    pub window: Option<Width>,
    /// The rows of production that are shown.
    pub period: Period,
    /// The scale of a feature's axis; none for the one that fits its values.
    pub axis: Option<Axis>,
    /// Steps of zoom, 0 is normal.
    pub zoom: i8,
    /// The palette, where the analyst chose one.
    pub theme: Option<Theme>,
    /// Whether the mouse is captured.
    pub mouse: bool,
}

/// The time, as last reported by the terminal loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    /// Milliseconds since the program's start.
    pub elapsed_ms: u64,
    /// Wall time.
    pub wall: Micros,
}

/// A word that vanishes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The word.
    pub message: String,
    /// When it vanishes, in milliseconds since the program's start.
    pub until_ms: u64,
}

/// The status of a step on the step bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// Fine, or ruled out.
    Fine,
    /// Worth a look.
    Watch,
    /// Found.
    Alarm,
    /// Not known yet, or not examined.
    Unknown,
    /// Being examined.
    Running,
}

/// How far the measurement of the remedies is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Measuring {
    /// Nobody asked for it yet.
    #[default]
    NotYet,
    /// It runs.
    Running {
        /// Units done.
        done: usize,
        /// Units in all; 0 before the first is done.
        of: usize,
        /// What runs, in a few words.
        what: String,
        /// When it began, in milliseconds since the program's start.
        began_ms: u64,
    },
    /// It is done.
    Done(Arc<RemedyReport>),
    /// The analyst stopped it.
    Stopped,
    /// It failed; why, in a sentence.
    Failed(String),
}

impl Measuring {
    /// The time left in milliseconds, by the speed so far; known after one second.
    #[must_use]
    pub fn left_ms(&self, now_ms: u64) -> Option<u64> {
        let Self::Running { done, of, began_ms, .. } = *self else {
            return None;
        };
        let spent = now_ms.saturating_sub(began_ms);
        (spent >= 1000 && done > 0 && of >= done).then(|| (of - done) as u64 * spent / done as u64)
    }
}
