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
    Cause, Choice, ChoiceError, Diagnosis, Dossier, Finding, Framing, Observations, Presence, Remainder,
    Signal, Verdict, Weights,
    account::{self, Account, Known},
    catalogue::{self, CheckSpec, ExamName, checks},
    exam::{
        self,
        business::Business,
        concept::Concept,
        context::ExamContext,
        drift::Drift,
        golden::Golden,
        integrity::Integrity,
        labels::LabelMaturity,
        performance::Performance,
        pipeline::Pipeline,
        rescorer::Rescorer,
        serving::Serving,
        support::Support,
        yardstick::{Launch, Yardstick},
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
    /// Metrics of the business, where the contract names some.
    pub business: Vec<Business>,
    /// The golden set, launch against now.
    pub golden: Option<Golden>,
    /// Which share of the labels has arrived, by age.
    pub labels: LabelMaturity,
    /// The delivery of the data.
    pub pipeline: Pipeline,
    /// The service's health.
    pub serving: Serving,
    /// Which inputs moved, when.
    pub drift: Drift,
    /// What happened to the features.
    pub integrity: Integrity,
    /// The relation between inputs and outcome.
    pub concept: Concept,
    /// Rows that lie where training has no rows.
    pub support: Support,
    /// Stands in for the deployed model, where training logs its answers.
    pub surrogate: Option<Arc<Surrogate>>,
    /// The model that answers rows again: the artefact, else the surrogate; none before the features are examined.
    pub rescorer: Option<Rescorer>,
    /// The launch model as the rows before the onset show it, else training; none where too few answers are logged.
    pub launch: Option<Arc<Launch>>,
    /// What repairs of the inputs are measured with, or why they can't be measured, as a clause.
    pub yardstick: Result<Yardstick, String>,
    /// The loss since the onset, taken apart, or why it can't be, as a clause.
    pub account: Result<Account, String>,
    /// Every exam's findings, in the order of the steps.
    pub findings: Vec<Finding>,
    /// What the verdict adds up.
    pub signals: Vec<Signal>,
    /// The ranked causes; until the last stage, what the evidence so far says.
    pub diagnosis: Diagnosis,
    /// What is left of the case without one of its causes; none where no cause can be undone.
    pub remainder: Option<Remainder>,
    /// Stages that are done.
    pub(crate) done: usize,
    /// Whether the case is what is left of another one, so that nothing is undone a second time.
    pub(crate) is_remainder: bool,
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
            business: Vec::new(),
            golden: None,
            labels: LabelMaturity::default(),
            pipeline: Pipeline::default(),
            serving: Serving::default(),
            drift: Drift::default(),
            integrity: Integrity::default(),
            concept: Concept::default(),
            support: Support::default(),
            surrogate: None,
            rescorer: None,
            launch: None,
            yardstick: Err("the features have not been examined yet".to_owned()),
            account: Err("the relation has not been examined yet".to_owned()),
            findings: Vec::new(),
            signals: Vec::new(),
            diagnosis: Diagnosis::default(),
            remainder: None,
            done: 0,
            is_remainder: false,
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
            Stage::Performance => {
                // The stand-ins ask for nothing but the rows and the onset, and these exams leave a core to them.
                let framing = self.framing.clone();
                let fit = || {
                    let surrogate = || Surrogate::fit(&dossier.plan, &dossier.training.sample);
                    rayon::join(surrogate, || Launch::learn(&dossier, &framing))
                };
                let ((surrogate, launch), ()) = rayon::join(fit, || self.examine_performance(&dossier));
                self.surrogate = surrogate.ok().map(Arc::new);
                self.launch = launch.map(Arc::new);
            }
            Stage::Pipeline => {
                let context = ExamContext::new(&dossier, &self.framing);
                let ((pipeline, delivery), (serving, service)) =
                    rayon::join(|| exam::pipeline::examine(&context), || exam::serving::examine(&context));
                (self.pipeline, self.serving) = (pipeline, serving);
                self.add(delivery);
                self.add(service);
            }
            Stage::Drift => {
                let (drift, observations) = exam::drift::examine(&ExamContext::new(&dossier, &self.framing));
                self.drift = drift;
                if let Some(course) = self.performance.course(self.performance.headline) {
                    self.drift.follow(&course.losses());
                }
                self.add(observations);
            }
            Stage::Integrity => self.examine_integrity(&dossier),
            Stage::Concept => {
                let (done, of) = (AtomicUsize::new(0), exam::concept::PARTS + 1);
                let part_done = || parts(done.fetch_add(1, Ordering::Relaxed) + 1, of);
                let context = ExamContext {
                    surrogate: self.surrogate.as_deref(),
                    rescorer: self.rescorer.as_ref(),
                    part_done: &part_done,
                    ..ExamContext::new(&dossier, &self.framing)
                };
                let ((concept, relation), ((support, outside), inputs)) = rayon::join(
                    || exam::concept::examine(&context),
                    || {
                        let support = exam::support::examine(&context);
                        let inputs = exam::breakdown::of_inputs(&context);
                        part_done();
                        (support, inputs)
                    },
                );
                (self.concept, self.support) = (concept, support);
                self.add(relation);
                self.add(outside);
                self.add(inputs);
            }
            Stage::Verdict => {
                let swapped = self.swapped();
                self.account = account::account(&self.known(&swapped));
                if let Ok(account) = &self.account {
                    let observed = account::observed(account);
                    self.add(observed);
                }
                self.signals = super::with_families(std::mem::take(&mut self.signals));
            }
        }
        self.done += 1;
        self.decide();
        if self.is_whole() {
            if !self.is_remainder {
                let swapped = self.swapped();
                self.remainder = super::remainder::examine(self, &self.known(&swapped), parts);
                self.decide();
            }
            self.calm();
        }
    }

    /// What the account uses.
    ///
    /// * `swapped`: see [`Investigation::swapped`].
    fn known<'a>(&'a self, swapped: &'a [usize]) -> Known<'a> {
        Known {
            dossier: &self.dossier,
            framing: &self.framing,
            golden: self.golden.as_ref(),
            integrity: &self.integrity,
            headline: self
                .performance
                .surest_loss()
                .filter(|(_, z)| *z > account::SURE)
                .map(|(metric, _)| metric),
            swapped,
            unsettled: self.is_unsettled(),
            launch: self.launch.as_ref(),
            yardstick: &self.yardstick,
        }
    }

    /// The first finding of a check; without one, it was not asked, or not yet.
    #[must_use]
    pub fn finding(&self, check: &'static CheckSpec) -> Option<&Finding> {
        self.findings_of(check).next()
    }

    /// All findings of a check.
    pub fn findings_of(&self, check: &'static CheckSpec) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.id.check == check)
    }

    fn examine_performance(&mut self, dossier: &Dossier) {
        let context = ExamContext::new(dossier, &self.framing);
        let (performance, losses) = exam::performance::examine(&context);
        let (business, outcomes) = exam::business::examine(&context);
        let parts = exam::breakdown::of_answers(&context);
        let (golden, paired) = exam::golden::examine(&context);
        let (labels, maturity) = exam::labels::examine(&context);
        (self.performance, self.golden, self.labels) = (performance, golden, labels);
        self.business = business;
        self.add(losses);
        self.add(outcomes);
        self.add(parts);
        self.add(paired);
        self.add(maturity);
    }

    fn examine_integrity(&mut self, dossier: &Dossier) {
        // Without rows no model can be asked again.
        let without_rows = exam::integrity::without_rows(dossier, &self.framing);
        self.rescorer =
            without_rows.is_none().then(|| Rescorer::choose(dossier, self.surrogate.as_ref())).flatten();
        self.yardstick = match without_rows {
            Some(why) => Err(why.to_owned()),
            None => Yardstick::of_repairs(
                dossier,
                &self.framing,
                self.golden.as_ref().map(|golden| golden.worst_z),
                self.rescorer.as_ref(),
                self.launch.as_ref(),
            ),
        };
        let context = ExamContext {
            surrogate: self.surrogate.as_deref(),
            rescorer: self.rescorer.as_ref(),
            yardstick: Some(&self.yardstick),
            launch: self.launch.as_deref(),
            ..ExamContext::new(dossier, &self.framing)
        };
        let (integrity, features) = exam::integrity::examine(&context);
        let unexpected = exam::serving::unexpected_answers::examine(&context);
        self.integrity = integrity;
        self.add(features);
        self.add(unexpected);
    }

    /// The columns that hold each other's values.
    fn swapped(&self) -> Vec<usize> {
        let swap = self.signals.iter().find(|signal| signal.key == &catalogue::signals::PIPELINE_SWAP);
        swap.map_or_else(Vec::new, |signal| signal.features.clone())
    }

    /// Whether inputs are broken, or new, in a way that nothing mends.
    fn is_unsettled(&self) -> bool {
        let checks = [
            &checks::PIPELINE_SWAP,
            &checks::INTEGRITY_SOURCES_TOGETHER,
            &checks::INTEGRITY_FEATURES_TOGETHER,
            &checks::INTEGRITY_DEPENDENCE,
            &checks::SUPPORT_LOSS,
        ];
        self.findings.iter().any(|finding| {
            matches!(finding.verdict, Verdict::Alarm)
                && checks.iter().any(|check| check.id == finding.id.check.id)
        })
    }

    /// What changed and costs nothing is worth a look and no alarm: where labels show that the model does as well as before
    /// and no cause is found, only the loss itself and the golden set may alarm, and the delivery of the columns as long as the
    /// labels don't exclude that it costs as much as would alarm.
    fn calm(&mut self) {
        let measured = self.performance.headline_row().is_some_and(|row| row.loss.is_some())
            && self.concept.rows.1 >= exam::concept::FEWEST_ROWS;
        let healthy = self
            .diagnosis
            .top()
            .is_some_and(|top| top.cause == Cause::None && top.standing == super::Standing::Found);
        if !measured || self.performance.real || !healthy {
            return;
        }
        let costs_nothing = self.performance.excludes_a_drop(self.dossier.thresholds.performance_drop);
        for finding in &mut self.findings {
            let may_alarm = match finding.id.check.exam {
                ExamName::Performance | ExamName::Golden => true,
                ExamName::Pipeline => !costs_nothing,
                _ => false,
            };
            if finding.verdict == Verdict::Alarm && !may_alarm {
                finding.verdict = Verdict::Watch;
            }
        }
    }

    fn add(&mut self, observations: Observations) {
        self.findings.extend(observations.findings);
        self.signals.extend(observations.signals);
    }

    /// Adds up the evidence there is.
    fn decide(&mut self) {
        let signals = if self.is_whole() {
            Cow::Borrowed(&self.signals)
        } else {
            Cow::Owned(super::with_families(self.signals.clone()))
        };
        let account = self.account.as_ref().ok();
        let excluded =
            super::excluded(&self.dossier, &signals, &self.findings, self.golden.as_ref(), account);
        self.diagnosis = Weights::shipped().decide(
            Presence::shipped(),
            &signals,
            &self.findings,
            &self.framing,
            account,
            &excluded,
            self.remainder.as_ref(),
        );
    }
}
