//! Which rows are compared with which: the reference rows A and the rows under suspicion B.

use crate::summary::Micros;

/// How a change began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnsetKind {
    /// From one row to the next.
    Sudden,
    /// Over days.
    Gradual,
    /// It was there before the log begins.
    FromStart,
    /// It comes and goes.
    Recurring,
}

/// When a change began, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Onset {
    /// The best estimate.
    pub at: Micros,
    /// The 95 % interval.
    pub interval: (Micros, Micros),
    /// How it began.
    pub kind: OnsetKind,
    /// Gradual: when it was complete; equal to `at` otherwise.
    pub complete: Micros,
}

/// What the reference rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// Production rows before the onset.
    ProductionBefore,
    /// The golden set with the launch model's answers.
    GoldenAtLaunch,
    /// The training rows (their predictions are in-sample, so too good).
    Training,
}

/// Which rows are compared with which.
#[derive(Debug, Clone, PartialEq)]
pub struct Framing {
    /// When the change began; none when nothing changed significantly.
    pub onset: Option<Onset>,
    /// What the reference rows are.
    pub baseline: Baseline,
    /// Rows of the production sample before the onset; empty when it began before the log.
    pub before: Vec<usize>,
    /// Rows of the production sample from the onset on (gradual: once complete); all rows when there is no onset.
    pub after: Vec<usize>,
}

impl Framing {
    /// The instant that splits before from after, if there is one inside the log.
    #[must_use]
    pub fn split(&self) -> Option<Micros> {
        self.onset
            .filter(|o| o.kind != OnsetKind::FromStart)
            .map(|o| o.at)
    }
}
