//! The whole of an investigation: what the console, the headless commands and the report are faces of.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::model::surrogate::Surrogate;

use super::{
    Choice, ChoiceError, Diagnosis, Dossier, Exam, Finding, Framing, Signal, Weights,
    exam::{
        self, concept::Concept, drift::Drift, golden::Golden, integrity::Integrity, labels::LabelMaturity,
        performance::Performance, pipeline::Pipeline, support::Support,
    },
};

/// What is known about a case: a pure function of its data.
///
/// It comes stage by stage ([`Investigation::begin`], [`Investigation::advance`]), so that a console can show each part as
/// soon as it is known; the parts of later stages hold nothing until then. [`investigate`] runs all stages.
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
    /// The ranked causes; until the last stage, what the evidence so far says.
    pub diagnosis: Diagnosis,
    /// Stages that are done.
    pub(crate) done: usize,
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

    /// How long the stage takes beside the others: its usual share of the whole time in percent. For progress only.
    #[must_use]
    pub const fn cost(self) -> f64 {
        match self {
            Self::Onset => 14.0,
            Self::Performance => 12.0,
            Self::Pipeline => 2.0,
            Self::Drift => 1.0,
            Self::Integrity => 14.0,
            Self::Concept => 56.0,
            Self::Verdict => 1.0,
        }
    }

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
    Investigation::begin(dossier).finish(progress)
}

/// Runs every exam on the comparison that the analyst chose, and adds the evidence up.
///
/// * `progress` hears of each stage as it begins.
///
/// # Errors
///
/// When the case does not hold the rows that the choice asks for.
pub fn investigate_by(
    dossier: Arc<Dossier>,
    choice: Choice,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Investigation, ChoiceError> {
    Ok(Investigation::begin_by(dossier, choice)?.finish(progress))
}

impl Investigation {
    /// An investigation whose comparison is the analyst's choice; what was not chosen is found out at once.
    ///
    /// # Errors
    ///
    /// When the case does not hold the rows that the choice asks for.
    pub fn begin_by(dossier: Arc<Dossier>, choice: Choice) -> Result<Self, ChoiceError> {
        let mut begun = Self::begin(dossier);
        if !choice.is_auto() {
            begun.framing = super::frame_by(&begun.dossier, choice)?;
            begun.done = Stage::Onset as usize + 1;
            begun.decide();
        }
        Ok(begun)
    }

    /// An investigation of which nothing is known but what was read.
    #[must_use]
    pub fn begin(dossier: Arc<Dossier>) -> Self {
        Self {
            framing: Framing::default(),
            performance: Performance::default(),
            golden: None,
            labels: LabelMaturity::default(),
            pipeline: Pipeline::default(),
            drift: Drift::default(),
            integrity: Integrity::default(),
            concept: Concept::default(),
            support: Support::default(),
            surrogate: None,
            findings: Vec::new(),
            signals: Vec::new(),
            diagnosis: Diagnosis::default(),
            done: 0,
            dossier,
        }
    }

    /// Runs the stages that are left; `progress` hears of each as it begins.
    fn finish(mut self, progress: &(dyn Fn(Stage) + Sync)) -> Self {
        while let Some(stage) = self.next_stage() {
            progress(stage);
            self.advance(&|_, _| ());
        }
        self
    }

    /// The stage that comes next; none once all are done.
    #[must_use]
    pub fn next_stage(&self) -> Option<Stage> {
        Stage::ALL.get(self.done).copied()
    }

    /// Whether a stage is done, so that its parts hold what there is to know.
    #[must_use]
    pub fn knows(&self, stage: Stage) -> bool {
        (stage as usize) < self.done
    }

    /// Whether all stages are done.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.next_stage().is_none()
    }

    /// Runs the next stage; without one, nothing changes.
    ///
    /// * `parts`: hears how many parts of a long stage are done, and of how many; it may be called from several threads.
    pub fn advance(&mut self, parts: &(dyn Fn(usize, usize) + Sync)) {
        let Some(stage) = self.next_stage() else { return };
        let dossier = Arc::clone(&self.dossier);
        match stage {
            Stage::Onset => self.framing = super::frame(&dossier),
            Stage::Performance => self.examine_performance(&dossier),
            Stage::Pipeline => {
                self.pipeline = exam::pipeline::examine(&dossier, &self.framing);
                self.add(&self.pipeline.exam.clone());
            }
            Stage::Drift => {
                self.drift = exam::drift::examine(&dossier, &self.framing);
                if let Some(course) = self.performance.course(self.performance.headline) {
                    self.drift.follow(&course.losses());
                }
                self.add(&self.drift.exam.clone());
            }
            Stage::Integrity => self.examine_integrity(&dossier),
            Stage::Concept => {
                let (framing, surrogate) = (&self.framing, self.surrogate.as_deref());
                let (done, of) = (AtomicUsize::new(0), exam::concept::PARTS + 1);
                let part = || parts(done.fetch_add(1, Ordering::Relaxed) + 1, of);
                (self.concept, self.support) = rayon::join(
                    || exam::concept::examine_by_parts(&dossier, framing, surrogate, &part),
                    || {
                        let support = exam::support::examine(&dossier, framing);
                        part();
                        support
                    },
                );
                self.add(&self.concept.exam.clone());
                self.add(&self.support.exam.clone());
            }
            Stage::Verdict => self.signals = super::with_families(std::mem::take(&mut self.signals)),
        }
        self.done += 1;
        self.decide();
    }

    fn examine_performance(&mut self, dossier: &Dossier) {
        self.performance = exam::performance::examine(dossier, &self.framing);
        self.add(&self.performance.exam.clone());
        let golden = exam::golden::examine(dossier);
        let golden_exam = golden.as_ref().map_or_else(|exam| exam, |golden| &golden.exam);
        self.add(golden_exam);
        self.golden = golden.ok();
        self.labels = exam::labels::examine(dossier);
        self.add(&self.labels.exam.clone());
    }

    fn examine_integrity(&mut self, dossier: &Dossier) {
        self.surrogate = Surrogate::fit(&dossier.plan, &dossier.training.sample)
            .ok()
            .map(Arc::new);
        self.integrity = exam::integrity::examine(dossier, &self.framing, self.surrogate.as_ref());
        self.add(&self.integrity.exam.clone());
        let rescorer = self.integrity.rescorer.as_ref();
        let strange = exam::serving::strange::examine(dossier, &self.framing, rescorer);
        self.add(&strange);
    }

    fn add(&mut self, exam: &Exam) {
        self.findings.extend_from_slice(&exam.findings);
        self.signals.extend_from_slice(&exam.signals);
    }

    /// Adds up the evidence there is.
    fn decide(&mut self) {
        let signals = if self.is_whole() {
            Cow::Borrowed(&self.signals)
        } else {
            Cow::Owned(super::with_families(self.signals.clone()))
        };
        self.diagnosis = Weights::shipped().decide(&signals, &self.findings, &self.framing);
    }
}
