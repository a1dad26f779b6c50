//! What is declared of a check.

use std::fmt;

use crate::autopsy::Step;

use super::FindingId;

/// What findings measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Its name, in the field's terms.
    pub name: &'static str,
    /// What it means.
    pub means: &'static str,
    /// How it is computed.
    pub how: &'static str,
    /// Where the formula comes from; empty for plain counts.
    pub source: &'static str,
}

impl Measure {
    /// The same under another name: the largest of several, or the same number of another thing.
    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

/// The analysis that runs a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExamName {
    /// How well does the model do?
    Performance,
    /// Is it the model itself?
    Golden,
    /// Have the labels come?
    Labels,
    /// How do the columns arrive?
    Pipeline,
    /// Is it the service?
    Serving,
    /// Which inputs and answers moved?
    Drift,
    /// What happened to the features?
    Integrity,
    /// Did the relation change?
    Concept,
    /// Are rows outside of training?
    Support,
    /// What is the root cause?
    Verdict,
}

impl ExamName {
    /// All of them in order.
    pub const ALL: [Self; 10] = [
        Self::Performance,
        Self::Golden,
        Self::Labels,
        Self::Pipeline,
        Self::Serving,
        Self::Drift,
        Self::Integrity,
        Self::Concept,
        Self::Support,
        Self::Verdict,
    ];

    /// Its name as a heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Performance => "Performance",
            Self::Golden => "Golden set",
            Self::Labels => "Labels",
            Self::Pipeline => "Delivery",
            Self::Serving => "Service",
            Self::Drift => "Drift",
            Self::Integrity => "Integrity of features",
            Self::Concept => "Relation of the outcome to the inputs",
            Self::Support => "Rows outside of training",
            Self::Verdict => "Verdict",
        }
    }
}

/// A stage of a model's lifecycle, as the review of an incident goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Data are delivered.
    Ingestion,
    /// Features are computed.
    Features,
    /// The model is trained.
    Training,
    /// The model answers.
    Serving,
    /// The model is watched.
    Monitoring,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 5] =
        [Self::Ingestion, Self::Features, Self::Training, Self::Serving, Self::Monitoring];

    /// Its name in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingestion => "ingestion",
            Self::Features => "features",
            Self::Training => "training",
            Self::Serving => "serving",
            Self::Monitoring => "monitoring",
        }
    }
}

/// What a check can't do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// Rows of training and production: a profile holds none.
    Rows,
    /// Labels of production rows.
    Labels,
    /// Logged answers.
    Answers,
    /// Logged scores or values, not classes alone.
    Scores,
    /// A time for every production row.
    Clock,
    /// An onset inside the log.
    Onset,
    /// A golden set.
    Golden,
    /// The deployed model's artefact.
    Artefact,
    /// The artefact, or training answers to learn a surrogate of the model from.
    Model,
    /// Rows that were recomputed offline.
    Offline,
    /// A column with the entity of each row.
    Entities,
    /// The upstream source of each feature.
    Sources,
    /// Recorded events.
    Events,
    /// Answer times, or the load of the serving machines.
    Health,
}

impl Need {
    /// What it is, in a few words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Labels => "labels",
            Self::Answers => "answers",
            Self::Scores => "scores or values",
            Self::Clock => "times",
            Self::Onset => "an onset inside the log",
            Self::Golden => "a golden set",
            Self::Artefact => "the artefact",
            Self::Model => "the artefact or training answers",
            Self::Offline => "offline rows",
            Self::Entities => "an entity column",
            Self::Sources => "sources of features",
            Self::Events => "events",
            Self::Health => "answer times or load",
        }
    }
}

/// One check: a question that findings answer. Two are the same if their ids are.
#[derive(Clone, Copy)]
pub struct CheckSpec {
    /// Stable name, the first part of its findings' ids: `drift.psi`.
    pub id: &'static str,
    /// The analysis that runs it.
    pub exam: ExamName,
    /// The step that shows it.
    pub step: Step,
    /// The stage of the model's lifecycle that it looks at; none where it looks at the world or at the whole.
    pub stage: Option<Stage>,
    /// Its name on screen.
    pub name: &'static str,
    /// What it asks, as an indirect question: `Whether values went missing`.
    pub asks: &'static str,
    /// What its findings measure: that of one subject first, then that of all; none for a check without a number.
    pub measures: &'static [&'static Measure],
    /// What it requires.
    pub needs: &'static [Need],
    /// Whether a finding reports that it could not run if a snapshot holds no rows.
    pub missed_without_rows: bool,
}

impl CheckSpec {
    pub(super) const fn new(
        exam: ExamName,
        step: Step,
        stage: Option<Stage>,
        id: &'static str,
        name: &'static str,
        asks: &'static str,
    ) -> Self {
        Self { id, exam, step, stage, name, asks, measures: &[], needs: &[], missed_without_rows: false }
    }

    pub(super) const fn measures(self, measures: &'static [&'static Measure]) -> Self {
        Self { measures, ..self }
    }

    pub(super) const fn needs(self, needs: &'static [Need]) -> Self {
        Self { needs, ..self }
    }

    pub(super) const fn missed_without_rows(self) -> Self {
        Self { missed_without_rows: true, ..self }
    }

    pub(super) const fn shown_on(self, step: Step) -> Self {
        Self { step, ..self }
    }

    pub(super) const fn at(self, stage: Option<Stage>) -> Self {
        Self { stage, ..self }
    }

    /// The id of its finding on one subject.
    ///
    /// * `subject`: the second part of the id, such as the name of a feature.
    pub fn of(&'static self, subject: impl fmt::Display) -> FindingId {
        FindingId::of(self, subject.to_string())
    }
}

impl PartialEq for CheckSpec {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for CheckSpec {}

impl fmt::Debug for CheckSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
