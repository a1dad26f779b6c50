//! What an exam hands to the verdict.

use crate::summary::Micros;

use super::{
    Finding,
    catalogue::{FindingId, SignalSpec},
};

/// One number about the case as a whole that speaks for or against causes.
///
/// An exam that could not run leaves its signals out: absence weighs nothing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Signal {
    /// What it is; its text is the key of its curve in the weights file.
    pub key: &'static SignalSpec,
    /// The measured value.
    pub value: f64,
    /// The features that it points at, strongest first.
    pub features: Vec<usize>,
    /// When what it saw began.
    pub onset: Option<Micros>,
    /// The finding that shows it.
    pub finding: FindingId,
}

/// What one exam found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// For people.
    pub findings: Vec<Finding>,
    /// For the verdict.
    pub signals: Vec<Signal>,
}

impl Observations {
    /// Adds a signal that a finding shows.
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

    /// Takes over what another exam found.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.signals.extend(other.signals);
    }
}
