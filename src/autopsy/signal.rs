//! The output of an exam for the verdict.

use crate::{cached::cached, summary::Micros};

use super::{
    Finding,
    catalogue::{FindingId, SignalSpec},
};

/// One number about the case as a whole that is evidence for or against causes.
///
/// An exam that could not run leaves its signals out; an absent signal has no weight.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Signal {
    /// Its declaration in the catalogue; the key's text identifies its curve in the weights file.
    pub key: &'static SignalSpec,
    /// The measured value.
    pub value: f64,
    /// The features involved, strongest first.
    pub features: Vec<usize>,
    /// The onset of the change that it measures.
    pub onset: Option<Micros>,
    /// The finding that reports it.
    pub finding: FindingId,
}

cached!(struct Signal { key, value, features, onset, finding });

/// The output of one exam.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// For people.
    pub findings: Vec<Finding>,
    /// For the verdict.
    pub signals: Vec<Signal>,
}

impl Observations {
    /// Adds a signal with the finding that reports it.
    pub fn signal(
        &mut self,
        key: &'static SignalSpec,
        value: f64,
        features: &[usize],
        finding: impl Into<FindingId>,
    ) {
        if value.is_finite() {
            let finding = finding.into();
            self.signals.push(Signal { key, value, features: features.to_vec(), onset: None, finding });
        }
    }

    /// Appends the observations of another exam.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.signals.extend(other.signals);
    }
}
