//! The whole of an investigation: what the console, the headless commands and the report are faces of.

use std::sync::Arc;

use crate::model::surrogate::Surrogate;

use super::{
    Diagnosis, Dossier, Exam, Finding, Framing, Signal, Weights,
    exam::{
        self, concept::Concept, drift::Drift, golden::Golden, integrity::Integrity, labels::LabelMaturity,
        performance::Performance, pipeline::Pipeline, support::Support,
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
    /// What happened to the features.
    pub integrity: Integrity,
    /// The relation between inputs and outcome.
    pub concept: Concept,
    /// Rows that lie where training held nothing.
    pub support: Support,
    /// Stands in for the deployed model, where training logs its answers.
    pub surrogate: Option<Arc<Surrogate>>,
    /// Every exam's findings, in the order of the steps.
    pub findings: Vec<Finding>,
    /// What the verdict adds up.
    pub signals: Vec<Signal>,
    /// The ranked causes.
    pub diagnosis: Diagnosis,
}

/// How far an investigation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// When did it begin?
    Onset,
    /// How well does the model do, and is it the model?
    Performance,
    /// Delivery and serving.
    Pipeline,
    /// Which inputs moved?
    Drift,
    /// What happened to the features?
    Integrity,
    /// Did the relation change, and are rows outside of training?
    Concept,
    /// Adding up.
    Verdict,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 7] = [
        Self::Onset,
        Self::Performance,
        Self::Pipeline,
        Self::Drift,
        Self::Integrity,
        Self::Concept,
        Self::Verdict,
    ];

    /// What is going on, for a progress line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onset => "when did it begin",
            Self::Performance => "performance and golden set",
            Self::Pipeline => "delivery and serving",
            Self::Drift => "input drift",
            Self::Integrity => "feature integrity",
            Self::Concept => "relation and support",
            Self::Verdict => "adding up the evidence",
        }
    }
}

/// Runs every exam and adds the evidence up.
///
/// * `progress` hears of each stage as it begins.
#[must_use]
pub fn investigate(dossier: Arc<Dossier>, progress: &(dyn Fn(Stage) + Sync)) -> Investigation {
    progress(Stage::Onset);
    let framing = super::frame(&dossier);
    progress(Stage::Performance);
    let performance = exam::performance::examine(&dossier, &framing);
    let golden = exam::golden::examine(&dossier);
    let golden_exam = golden
        .as_ref()
        .map_or_else(Clone::clone, |golden| golden.exam.clone());
    let labels = exam::labels::examine(&dossier);
    progress(Stage::Pipeline);
    let pipeline = exam::pipeline::examine(&dossier, &framing);
    progress(Stage::Drift);
    let mut drift = exam::drift::examine(&dossier, &framing);
    if let Some(course) = performance.course(performance.headline) {
        drift.follow(&course.losses());
    }
    progress(Stage::Integrity);
    let surrogate = Surrogate::fit(&dossier.plan, &dossier.training.sample)
        .ok()
        .map(Arc::new);
    let integrity = exam::integrity::examine(&dossier, &framing, surrogate.as_ref());
    let strange = exam::serving::strange::examine(&dossier, &framing, integrity.rescorer.as_ref());
    progress(Stage::Concept);
    let (concept, support) = rayon::join(
        || exam::concept::examine(&dossier, &framing, surrogate.as_deref()),
        || exam::support::examine(&dossier, &framing),
    );
    progress(Stage::Verdict);
    let mut all = Exam::default();
    for exam in [
        &performance.exam,
        &golden_exam,
        &labels.exam,
        &pipeline.exam,
        &drift.exam,
        &integrity.exam,
        &strange,
        &concept.exam,
        &support.exam,
    ] {
        all.extend(exam.clone());
    }
    let signals = super::with_families(all.signals);
    let diagnosis = Weights::shipped().decide(&signals, &all.findings, &framing);
    Investigation {
        dossier,
        framing,
        performance,
        golden: golden.ok(),
        labels,
        pipeline,
        drift,
        integrity,
        concept,
        support,
        surrogate,
        findings: all.findings,
        signals,
        diagnosis,
    }
}
