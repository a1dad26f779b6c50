//! The verdict: additive evidence in log-odds over all causes.

use crate::summary::Micros;

use super::{Cause, OnsetKind};

/// How a cause stands after the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The evidence names it.
    Found,
    /// It can't be excluded.
    Possible,
    /// Little speaks for it.
    Weak,
    /// The evidence speaks against it.
    RuledOut,
    /// The checks that would tell could not run on this case.
    NotExamined,
}

/// One signal's weight for or against one cause.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// The finding that shows it.
    pub finding: String,
    /// The signal's key.
    pub signal: String,
    /// Log-odds (nats): above 0 for the cause, below 0 against it.
    pub weight: f64,
    /// The finding's sentence.
    pub says: String,
}

/// A root cause with all that speaks for and against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// The cause.
    pub cause: Cause,
    /// Its share of the belief; all causes add up to 1.
    pub probability: f64,
    /// How it stands.
    pub standing: Standing,
    /// The features at fault, strongest first.
    pub features: Vec<usize>,
    /// When it began.
    pub onset: Option<Micros>,
    /// How it began.
    pub onset_kind: Option<OnsetKind>,
    /// What speaks for it, strongest first.
    pub evidence_for: Vec<Evidence>,
    /// What speaks against it, strongest first.
    pub evidence_against: Vec<Evidence>,
    /// What would settle it: sentences that name what to look for.
    pub would_settle: Vec<String>,
}

/// The ranked causes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagnosis {
    /// All causes, most probable first.
    pub hypotheses: Vec<Hypothesis>,
    /// Whether the evidence is too thin to name one (the first is then only the least unlikely), and why.
    pub undecided: Option<String>,
}

impl Diagnosis {
    /// The most probable cause.
    #[must_use]
    pub fn top(&self) -> Option<&Hypothesis> {
        self.hypotheses.first()
    }
}
