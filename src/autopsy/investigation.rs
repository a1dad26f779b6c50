//! The whole of an investigation: what the console, the headless commands and the report are faces of.

use std::sync::Arc;

use super::{
    Diagnosis, Dossier, Finding, Framing, Signal,
    exam::{
        drift::Drift, golden::Golden, labels::LabelMaturity, performance::Performance, pipeline::Pipeline,
    },
};

/// Everything that is known about a case. A pure function of its data.
#[derive(Debug, Clone)]
pub struct Investigation {
    /// What was read.
    pub dossier: Arc<Dossier>,
    /// Which rows are compared with which.
    pub framing: Framing,
    /// How well the model does, by window and in both periods.
    pub performance: Performance,
    /// The golden set, launch against now.
    pub golden: Option<Golden>,
    /// Which share of the labels has arrived, by age.
    pub labels: LabelMaturity,
    /// Delivery and serving.
    pub pipeline: Pipeline,
    /// Which inputs moved, when.
    pub drift: Drift,
    /// Every exam's findings, in the order of the steps.
    pub findings: Vec<Finding>,
    /// What the verdict adds up.
    pub signals: Vec<Signal>,
    /// The ranked causes.
    pub diagnosis: Diagnosis,
}
