//! The findings of the exams, and the steps and outcomes they refer to.

use std::fmt::Display;

use serde::Serialize;

use crate::{cached::cached, summary::Micros};

use super::catalogue::FindingId;

/// A step of the investigation, in the order of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Step {
    /// Is it real, how large, since when, is it the model?
    Triage,
    /// Is it the data's delivery or the serving system?
    Pipeline,
    /// Which inputs moved, when, together?
    Drift,
    /// What happened to this feature?
    Feature,
    /// Did the relation change?
    Concept,
    /// Are users asking what training never held?
    Support,
    /// What is the root cause?
    Diagnosis,
    /// What fixes it, and does it hold?
    Remedy,
    /// What goes into the wiki?
    Report,
}

cached!(
    enum Step {
        Triage,
        Pipeline,
        Drift,
        Feature,
        Concept,
        Support,
        Diagnosis,
        Remedy,
        Report,
    }
);

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 9] = [
        Self::Triage,
        Self::Pipeline,
        Self::Drift,
        Self::Feature,
        Self::Concept,
        Self::Support,
        Self::Diagnosis,
        Self::Remedy,
        Self::Report,
    ];

    /// Its name on the step bar.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Triage => "Triage",
            Self::Pipeline => "Pipeline",
            Self::Drift => "Drift",
            Self::Feature => "Feature",
            Self::Concept => "Concept",
            Self::Support => "Support",
            Self::Diagnosis => "Diagnosis",
            Self::Remedy => "Remedy",
            Self::Report => "Report",
        }
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "because")]
pub enum Verdict {
    /// Nothing significant, or nothing large enough to matter.
    Clear,
    /// Worth a look.
    Watch,
    /// Found.
    Alarm,
    /// The check could not run, and why; it counts neither for nor against anything.
    NotApplicable(String),
}

cached!(
    enum Verdict {
        Clear,
        Watch,
        Alarm,
        NotApplicable(part),
    }
);

/// The severity of an outcome, in ascending order; a check that could not run is no reason to worry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Unknown: the check could not run.
    Unknown,
    /// Nothing significant.
    Clear,
    /// Worth a look.
    Watch,
    /// Found.
    Alarm,
}

impl Verdict {
    /// Its severity.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::NotApplicable(_) => Severity::Unknown,
            Self::Clear => Severity::Clear,
            Self::Watch => Severity::Watch,
            Self::Alarm => Severity::Alarm,
        }
    }

    /// The verdict for a level: 0 is clear, 1 watch, 2 alarm.
    #[must_use]
    pub const fn of_level(level: u8) -> Self {
        match level {
            0 => Self::Clear,
            1 => Self::Watch,
            _ => Self::Alarm,
        }
    }

    /// The outcome in words.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Watch => "watch",
            Self::Alarm => "alarm",
            Self::NotApplicable(_) => "not applicable",
        }
    }
}

/// The subject of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Subject {
    /// The case as a whole.
    Case,
    /// One input, by its index in the plan.
    Feature(usize),
    /// One upstream system.
    Source(String),
    /// A part of the rows.
    Segment(String),
}

cached!(
    enum Subject {
        Case,
        Feature(part),
        Source(part),
        Segment(part),
    }
);

/// One check's result on one subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Identifies the check and its subject; stable across runs, for tests, notes, pins and jumps.
    pub id: FindingId,
    /// The step that shows it.
    pub step: Step,
    /// Its subject.
    pub subject: Subject,
    /// What was measured, in the field's terms: `PSI`, `paired difference of log loss`, …
    pub measure: &'static str,
    /// The measured value, if there is one.
    pub value: Option<f64>,
    /// Its 95 % confidence interval.
    pub interval: Option<(f64, f64)>,
    /// The threshold it was compared with.
    pub threshold: Option<f64>,
    /// The outcome.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The onset, where the check can date it.
    pub onset: Option<Micros>,
    /// One sentence for people, with the number.
    #[serde(rename = "says")]
    pub message: String,
}

cached!(struct Finding { id, step, subject, measure, value, interval, threshold, verdict, onset, message });

impl Finding {
    /// A finding without numbers; fill in the rest with struct update syntax.
    #[must_use]
    pub fn new(id: impl Into<FindingId>, verdict: Verdict, message: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            step: id.check.step,
            id,
            subject: Subject::Case,
            measure: "",
            value: None,
            interval: None,
            threshold: None,
            verdict,
            onset: None,
            message: message.into(),
        }
    }

    /// A check that could not run on this case.
    ///
    /// * `what`: what can't be measured, the beginning of the sentence.
    /// * `why`: what is missing, its end.
    #[must_use]
    pub fn not_applicable(id: impl Into<FindingId>, what: &str, why: impl Display) -> Self {
        let message = format!("{what}: {why}.");
        Self::new(id, Verdict::NotApplicable(why.to_string()), message)
    }

    /// Its message, or the reason why the check could not run.
    #[must_use]
    pub fn sentence(&self) -> &str {
        match &self.verdict {
            Verdict::NotApplicable(why) if self.message.is_empty() => why,
            _ => &self.message,
        }
    }

    /// Whether the outcome is watch or alarm.
    #[must_use]
    pub fn flagged(&self) -> bool {
        self.verdict.severity() >= Severity::Watch
    }
}
