//! The screens' own states: cursors, what is shown of what, and what was computed for one screen only.

use std::sync::Arc;

use crate::{
    app::{
        challenger::{Asked, Came},
        trial::Attempts,
    },
    autopsy::{Step, view::row::PlacedValue},
    remedy::{
        comparison::Comparison as CandidateComparison, fitted::Monitor, golden_refresh::GoldenProposal,
        monitor::AlertReplay,
    },
    stats::metric::Metric,
    wording::remedy::Unit,
};

use super::feature::View;

/// In which order the list of a pane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// Which of the orders that the pane knows; it opens in the first one.
    pub by: usize,
    /// Whether it is turned round.
    pub reversed: bool,
}

/// The pane of Triage with the checks.
pub const CHECKS: usize = 1;

/// The most panes that a step has.
pub(in crate::app) const MOST_PANES: usize = 9;

/// The states of all screens.
#[derive(Debug, Clone, Default)]
pub struct Screens {
    /// The focused pane of each step.
    pub pane: [usize; 9],
    /// The order of each pane's list, step by step.
    pub orders: [[Order; MOST_PANES]; 9],
    /// How far the detail pane of each step is scrolled.
    pub scroll: [u16; 9],
    /// Whether the focused pane takes the whole body.
    pub enlarged: bool,
    /// Whether a failed opening shows its chain of causes.
    pub failure_details: bool,
    /// Triage.
    pub triage: Triage,
    /// Pipeline.
    pub pipeline: Pipeline,
    /// Drift.
    pub drift: Drift,
    /// Feature.
    pub feature: Feature,
    /// Concept.
    pub concept: Concept,
    /// Support.
    pub support: Support,
    /// Diagnosis.
    pub diagnosis: Diagnosis,
    /// Remedy.
    pub remedy: Remedy,
    /// Report.
    pub report: Report,
}

impl Screens {
    /// The order in which the list of a pane stands.
    #[must_use]
    pub fn order(&self, step: Step, pane: usize) -> Order {
        self.orders[step as usize].get(pane).copied().unwrap_or_default()
    }

    /// Drops what was computed of an earlier investigation.
    pub(in crate::app) fn forget(&mut self) {
        self.report.preview = None;
        self.remedy.monitors = None;
        self.remedy.golden = Arc::default();
    }
}

/// The state of Triage.
#[derive(Debug, Clone, Default)]
pub struct Triage {
    /// The cursor over the board: the metric, then the strips below it.
    pub line: usize,
    /// The cursor over the checks.
    pub check: usize,
    /// The cursor over the leading hypotheses.
    pub hypothesis: usize,
    /// The metric whose course is shown; none for the headline.
    pub metric: Option<Metric>,
}

/// The state of Pipeline.
#[derive(Debug, Clone, Default)]
pub struct Pipeline {
    /// The cursor over the sources.
    pub source: usize,
    /// The cursor over the courses; the one under it is drawn.
    pub vital: usize,
    /// The cursor over the events.
    pub event: usize,
}

/// What a cell of the heat map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellMeasure {
    /// Population stability index.
    #[default]
    Psi,
    /// Kolmogorov-Smirnov distance.
    Ks,
    /// Jensen-Shannon divergence.
    Js,
    /// Share of missing values.
    Missing,
    /// Share of values out of training's range, or of levels that it never held.
    Outside,
}

impl CellMeasure {
    /// All of them, in the order in which `m` shows them.
    pub const ALL: [Self; 5] = [Self::Psi, Self::Ks, Self::Js, Self::Missing, Self::Outside];

    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Psi => "PSI",
            Self::Ks => "KS",
            Self::Js => "JS",
            Self::Missing => "nulls",
            Self::Outside => "outside",
        }
    }
}

/// The state of Drift.
#[derive(Debug, Clone, Default)]
pub struct Drift {
    /// What a cell shows.
    pub measure: CellMeasure,
    /// The cursor over the features of the same onset.
    pub same: usize,
    /// The cursor over the sources.
    pub source: usize,
}

/// How the second pane compares the two populations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparison {
    /// Quantile against quantile.
    #[default]
    Quantiles,
    /// Both distribution functions.
    Cumulative,
    /// Box summaries.
    Boxes,
}

impl Comparison {
    /// The next one, round about.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Quantiles => Self::Cumulative,
            Self::Cumulative => Self::Boxes,
            Self::Boxes => Self::Quantiles,
        }
    }

    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quantiles => "Q–Q",
            Self::Cumulative => "CDF",
            Self::Boxes => "box",
        }
    }
}

/// The state of Feature.
#[derive(Debug, Clone, Default)]
pub struct Feature {
    /// Whether the first of the repairs was typed, and is shown as soon as it is tried.
    pub typed: bool,
    /// How the second pane compares.
    pub comparison: Comparison,
    /// The cursor over what the checks say.
    pub check: usize,
    /// The numbers of the feature under the cursor.
    pub view: Option<Box<View>>,
    /// The repairs that were tried on it.
    pub attempts: Option<Attempts>,
}

/// What the segments show before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SegmentMeasure {
    /// The mean residual.
    #[default]
    Residual,
    /// The mean loss.
    Loss,
}

/// The state of Concept.
#[derive(Debug, Clone, Default)]
pub struct Concept {
    /// The cursor over [`segments`](super::concept::segments).
    pub at: usize,
    /// The cursor over the lines of another pane's table.
    pub line: usize,
    /// The feature whose segments the cursor last went to.
    pub(in crate::app) feature: Option<usize>,
    /// Whether the cursor was put on the worst segment, as it is once.
    pub(in crate::app) begun: bool,
    /// The feature whose segments are all listed; of the others the worst one.
    pub unfolded: Option<usize>,
    /// What they show.
    pub measure: SegmentMeasure,
    /// Which challenger is drawn: the exam's own, then the one asked for by hand.
    pub challenger: usize,
    /// The challenger that was asked for by hand, with what came of it; none while it is refitted.
    pub(super) asked: Option<(Asked, Option<Came>)>,
}

/// The state of Support.
#[derive(Debug, Clone, Default)]
pub struct Support {
    /// The cursor over the reasons.
    pub reason: usize,
    /// The cursor over the unseen levels.
    pub level: usize,
    /// The cursor over the strangest rows.
    pub row: usize,
    /// Whether the course shows similarity to training instead of the share outside.
    pub similarity: bool,
    /// The row under the cursor among those of training, where the screen has room for it.
    pub placed: Option<Arc<PlacedRow>>,
}

/// A row of the log among those of training.
#[derive(Debug)]
pub struct PlacedRow {
    /// The row in the sample, and the investigation that it was placed for.
    pub of: (usize, u64),
    /// Its values, the strangest first.
    pub values: Vec<PlacedValue>,
}

/// The state of Diagnosis.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    /// The cursor over the causes.
    pub at: usize,
    /// The cursor over the lines of the account.
    pub line: usize,
    /// The cursor over the evidence of the cause.
    pub evidence: usize,
    /// The cursor over the evidence that separates the cause from its rival.
    pub duel: usize,
    /// Whether the matrix of evidence and causes is shown.
    pub matrix: bool,
}

/// The state of Remedy.
#[derive(Debug, Clone, Default)]
pub struct Remedy {
    /// The cursor over the remedies, or over the causes until the bench is known.
    pub at: usize,
    /// The cursor over the trials of retraining.
    pub trial: usize,
    /// The cursor over the corrections of the scores.
    pub score: usize,
    /// The cursor over the monitors.
    pub monitor: usize,
    /// What gains are shown in.
    pub unit: Unit,
    /// Whether intervals are those of the next block of rows, not of the mean.
    pub next: bool,
    /// Whether retraining is shown as a table of strategies and families.
    pub matrix: bool,
    /// What is shown of the candidate.
    pub comparing: Comparing,
    /// The cursor over the lines of that.
    pub compared: usize,
    /// What is shown of the review.
    pub reviewing: Reviewing,
    /// The cursor over the queue.
    pub queued: usize,
    /// The rows that the golden set should take in.
    pub golden: Arc<[GoldenProposal]>,
    /// The cursor over them.
    pub proposed: usize,
    /// Whether the configured alerts are shown, not the fitted monitors.
    pub replayed: bool,
    /// Monitors and alerts, once they are reckoned.
    pub monitors: Option<Monitors>,
}

/// What would ring the next time, and what would have fired this time.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitors {
    /// The features at fault that the monitors were fitted for.
    pub(super) features: Vec<usize>,
    /// Monitors fitted on the incident.
    pub fitted: Vec<Monitor>,
    /// The configured alerts, played over the log.
    pub replayed: Vec<AlertReplay>,
}

/// What is shown of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparing {
    /// The verdict with its reasons.
    #[default]
    Verdict,
    /// The confidence sequence, day by day.
    Days,
    /// The gain in each segment.
    Segments,
    /// Every metric of both.
    Metrics,
    /// Scores against outcomes.
    Calibration,
    /// The rows on which the two differ most.
    Disagreements,
    /// How long each takes to answer.
    Latency,
}

impl Comparing {
    /// All of them, in the order in which `v` shows them.
    pub const ALL: [Self; 7] = [
        Self::Verdict,
        Self::Days,
        Self::Segments,
        Self::Metrics,
        Self::Calibration,
        Self::Disagreements,
        Self::Latency,
    ];

    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Days => "day by day",
            Self::Segments => "by segment",
            Self::Metrics => "every metric",
            Self::Calibration => "calibration",
            Self::Disagreements => "where they differ",
            Self::Latency => "answer times",
        }
    }

    /// Whether the comparison holds it.
    #[must_use]
    pub fn is_known(self, comparison: &CandidateComparison) -> bool {
        match self {
            Self::Verdict => true,
            Self::Days => !comparison.days.is_empty(),
            Self::Segments => !comparison.segments.is_empty(),
            Self::Metrics => !comparison.metrics.is_empty(),
            Self::Calibration => comparison.calibration.is_some(),
            Self::Disagreements => comparison.disagreements.is_some(),
            Self::Latency => comparison.latency.is_some(),
        }
    }
}

/// What is shown of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reviewing {
    /// What it would bring, over the bands of doubt.
    #[default]
    Plan,
    /// The bands of doubt alone.
    Bands,
    /// The rows to look at first.
    Queue,
}

impl Reviewing {
    /// The next view.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Plan => Self::Bands,
            Self::Bands => Self::Queue,
            Self::Queue => Self::Plan,
        }
    }

    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Bands => "bands of doubt",
            Self::Queue => "queue",
        }
    }
}

/// The state of Report.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The report's text as it would be written now.
    pub preview: Option<Arc<str>>,
    /// The heading that the text is shown from, by its place among all; none for the beginning.
    pub from: Option<usize>,
    /// Lines below that; above it below 0.
    pub line: isize,
    /// The cursor over the headings.
    pub heading: usize,
    /// The cursor over the pins.
    pub pin: usize,
    /// The cursor over what is missing.
    pub missing: usize,
}
