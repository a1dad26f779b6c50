//! Everything that a report says, before it has a face. Texts are as the data hold them: each face escapes on its own.
//!
//! `docs/schema/report.schema.json` describes the JSON of [`ReportData`]. Instants are RFC 3339 in UTC.

use serde::Serialize;

use crate::{
    autopsy::{OnsetKind, Standing, Step, exam::performance::Estimate},
    case::FileHash,
    remedy::fitted::Monitor,
};

use super::{
    account::AccountPart,
    analyst::{Note, Pin},
    figure::Picture,
    measured::Remedies,
    remedy::{ComparisonPart, Measurable, ReviewPart},
};

/// The version of the JSON; it grows when a key changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// A whole report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReportData {
    /// Grows when a key changes its meaning or goes away.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub version: u32,
    /// The program and its version.
    pub program: String,
    /// Name and version of the model.
    pub title: String,
    /// What the model predicts: `binary`, `multiclass` or `regression`.
    pub task: &'static str,
    /// How far the incident is understood.
    pub status: Status,
    /// The first and the last instant of the log.
    pub period: Option<(String, String)>,
    /// What happened, why, and what to do: one sentence each.
    pub summary: Vec<String>,
    /// How bad it was.
    pub impact: Impact,
    /// Where the loss arose.
    pub account: AccountPart,
    /// When it could have been seen.
    pub detection: Detection,
    /// What happened when.
    pub timeline: Vec<Moment>,
    /// Why it happened.
    pub diagnosis: Diagnosis,
    /// The features that the diagnosis or the analyst points at.
    pub features: Vec<FeaturePart>,
    /// What each stage from ingestion to monitoring contributed.
    pub contributing: Vec<Contribution>,
    /// What fixes it.
    pub resolution: Resolution,
    /// What to do so that it does not come back.
    pub actions: Vec<Action>,
    /// Monitors fitted on this incident.
    pub monitors: Vec<MonitorPart>,
    /// The files below `monitors/`.
    pub monitor_files: Vec<String>,
    /// What made it less bad than it could have been.
    pub lucky: Vec<String>,
    /// What the analyst pinned.
    pub pins: Vec<Pin>,
    /// What the analyst wrote down.
    pub notes: Vec<Note>,
    /// How it was found out.
    pub method: Vec<String>,
    /// What this report can't know.
    pub limits: Vec<String>,
    /// Small charts as text.
    pub sketches: Sketches,
    /// The figures beside the report.
    pub figures: Vec<Picture>,
    /// Everything else.
    pub appendix: Appendix,
}

/// How far the incident is understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Status {
    /// `confirmed`, `named`, `undecided` or `healthy`.
    pub id: &'static str,
    /// The same in words.
    #[serde(rename = "says")]
    pub message: String,
}

/// How bad it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Impact {
    /// The metric that leads; none where nothing could be measured.
    pub headline: Option<MetricPart>,
    /// Every metric, the headline first.
    pub metrics: Vec<MetricPart>,
    /// What the production rows are compared with.
    pub baseline: String,
    /// Whether the loss is beyond noise.
    pub beyond_noise: bool,
    /// Rows answered since the onset (gradual: since it was complete); all rows where there is none.
    pub rows: u64,
    /// Their share of the log.
    pub share: f64,
    /// Days from the onset to the end of the log.
    pub days: Option<f64>,
    /// How many answers were wrong that would not have been, with a 95 % interval; classification only.
    pub extra_errors: Option<(f64, f64, f64)>,
    /// What the loss cost, by `[costs]` of the case; none where it names no cost or nothing was lost beyond noise.
    pub cost: Option<CostPart>,
    /// What the parts of the rows say.
    pub segments: Vec<String>,
}

/// What the loss cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CostPart {
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// The currency, where the case names one.
    pub currency: Option<String>,
    /// What was multiplied by what.
    #[serde(rename = "says")]
    pub message: String,
}

/// A metric then and now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricPart {
    /// Its id: `roc_auc`.
    pub id: &'static str,
    /// Its name: `ROC AUC`.
    pub name: &'static str,
    /// In the reference rows.
    pub baseline: Option<Estimate>,
    /// In the rows under suspicion.
    pub production: Option<Estimate>,
    /// How much worse it got; above 0 is worse, whatever the metric's direction.
    pub loss: Option<Estimate>,
    /// The loss as a share of the baseline.
    pub relative: Option<f64>,
    /// Why it could not be computed.
    pub undefined: Option<String>,
}

/// When it began, when it could have been seen, when it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Detection {
    /// When it began.
    pub onset: Option<OnsetPart>,
    /// The alert of the configured thresholds that would have rung first, and how long after the onset.
    pub first: Option<String>,
    /// Each alert of the configured thresholds, played over the log.
    pub alerts: Vec<AlertPart>,
    /// When somebody noticed, as far as the case or the journal tells it.
    pub noticed: Option<String>,
}

/// When the change began.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OnsetPart {
    /// The best estimate.
    pub at: String,
    /// Its 95 % interval.
    pub interval: (String, String),
    /// How it began.
    pub kind: OnsetKind,
    /// The same in words.
    #[serde(rename = "says")]
    pub message: &'static str,
    /// Gradual: when it was complete.
    pub complete: Option<String>,
    /// Whether the analyst set it, in place of the search; the interval is then a point.
    pub by_hand: bool,
}

/// One alert rule, played over the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AlertPart {
    /// The rule in words.
    pub rule: String,
    /// When it would first have rung at or after the onset.
    pub first: Option<String>,
    /// How long after the onset that is.
    pub delay: Option<String>,
    /// Windows before the onset in which it rang.
    pub early: usize,
    /// Windows before the onset.
    pub quiet: usize,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Moment {
    /// When.
    pub at: String,
    /// What kind of thing: `log`, `onset`, `event`, `alert`, `labels`, `analyst`.
    pub kind: &'static str,
    /// What happened.
    #[serde(rename = "says")]
    pub message: String,
}

/// Why it happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// The cause that the report is about: the analyst's, else the most probable one.
    pub cause: Option<CausePart>,
    /// Whether a person chose it.
    pub by_analyst: bool,
    /// Its place in the ranking, from 1.
    pub place: Option<usize>,
    /// Why the evidence does not settle it, if it doesn't.
    pub undecided: Option<String>,
    /// All causes, most probable first.
    pub ranking: Vec<CausePart>,
    /// What was ruled out, and by which check.
    pub ruled_out: Vec<RuledOut>,
    /// Causes that this case can't judge.
    pub not_examined: Vec<String>,
    /// Causes that the analyst dismissed.
    pub dismissed: Vec<&'static str>,
}

/// A cause with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CausePart {
    /// Its id in the contract.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Its share of the probability.
    pub probability: f64,
    /// How it stands.
    pub standing: Standing,
    /// The features at fault.
    pub features: Vec<String>,
    /// What speaks for it, strongest first.
    pub evidence_for: Vec<EvidencePart>,
    /// What speaks against it, strongest first.
    pub evidence_against: Vec<EvidencePart>,
    /// What would settle it.
    pub would_settle: Vec<String>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EvidencePart {
    /// The finding that shows it.
    pub finding: String,
    /// Log-odds.
    pub weight: f64,
    /// The finding's sentence.
    #[serde(rename = "says")]
    pub message: String,
}

/// A cause that was ruled out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuledOut {
    /// The cause's name.
    pub name: &'static str,
    /// Its probability.
    pub probability: f64,
    /// The check that weighs most against it.
    pub check: Option<EvidencePart>,
}

/// One feature in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FeaturePart {
    /// Its name.
    pub name: String,
    /// Its upstream system.
    pub source: Option<String>,
    /// What the flagged checks say about it.
    #[serde(rename = "says")]
    pub message: Vec<String>,
    /// Its statistics.
    pub lines: Vec<StatisticPart>,
    /// Its histogram as text; empty for categories.
    pub sketch: String,
    /// Its figures.
    pub figures: Vec<Picture>,
}

/// One statistic of a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatisticPart {
    /// Which.
    pub name: &'static str,
    /// In training, before the onset and since it, as text.
    pub values: [String; 3],
}

/// What one stage contributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Contribution {
    /// The stage.
    pub stage: &'static str,
    /// `clear`, `watch`, `alarm` or `not applicable`.
    pub verdict: &'static str,
    /// What the checks say.
    #[serde(rename = "says")]
    pub message: String,
}

/// What fixes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Resolution {
    /// What to do first.
    pub mitigation: Option<&'static str>,
    /// Repairs that were tried on the logged rows.
    pub repairs: Vec<RepairPart>,
    /// What was measured about remedies, where it was.
    pub remedies: Option<Remedies>,
    /// The candidate beside the deployed model; null where there is none, `{"error": …}` where they can't be compared.
    pub comparison: Option<Measurable<ComparisonPart>>,
    /// What a review by people would bring; null where nothing was measured, `{"error": …}` where it can't be determined.
    pub review: Option<Measurable<ReviewPart>>,
}

/// A repair that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RepairPart {
    /// What was undone.
    pub name: String,
    /// On which features.
    pub features: Vec<String>,
    /// Mean loss a row that it takes away, and its 95 % interval.
    pub gain: (f64, f64, f64),
    /// The same as a share of what was lost.
    pub share: Option<f64>,
    /// The rows it was tried on.
    pub rows: usize,
}

/// One action item. Owner and date are for people to fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Action {
    /// `prevent`, `detect` or `mitigate`.
    pub kind: &'static str,
    /// What to do.
    pub what: String,
    /// Empty.
    pub owner: String,
    /// Empty.
    pub due: String,
}

/// A monitor fitted on this incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MonitorPart {
    /// The rule in words.
    pub rule: String,
    /// When it would have rung, and how often it rings for nothing.
    pub record: String,
    /// The rule.
    #[serde(flatten)]
    pub monitor: Monitor,
}

/// Small charts as text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sketches {
    /// The headline metric over time.
    pub course: String,
    /// PSI of the inputs that moved most, over time.
    pub drift: String,
    /// The weights of the evidence.
    pub evidence: String,
}

/// Everything else.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Appendix {
    /// Every input's distances.
    pub inputs: Vec<InputPart>,
    /// Every check.
    pub findings: Vec<FindingPart>,
    /// The thresholds of the case.
    pub thresholds: Vec<ThresholdPart>,
    /// The files that were read.
    pub files: Vec<FileHash>,
    /// What was left out or guessed while reading.
    pub notes: Vec<String>,
    /// The commands that reproduce this report.
    pub commands: Vec<String>,
    /// The seed of everything that is drawn at random.
    pub seed: u64,
}

/// One input's distances.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InputPart {
    /// Its name.
    pub name: String,
    /// Its upstream system.
    pub source: Option<String>,
    /// PSI before the onset.
    pub psi_before: Option<f64>,
    /// PSI since the onset.
    pub psi: Option<f64>,
    /// Kolmogorov-Smirnov distance.
    pub ks: Option<f64>,
    /// Wasserstein-1 distance in standard deviations.
    pub wasserstein: Option<f64>,
    /// Benjamini-Hochberg adjusted p-value.
    pub q_value: Option<f64>,
    /// Share of missing values in training.
    pub missing_before: f64,
    /// Share of missing values in production.
    pub missing: f64,
    /// Share of values out of training's range or unseen.
    pub outside: f64,
    /// `clear`, `watch` or `alarm`.
    pub verdict: &'static str,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingPart {
    /// Its id.
    pub id: String,
    /// The step that shows it.
    pub step: Step,
    /// `clear`, `watch`, `alarm` or `not applicable`.
    pub verdict: &'static str,
    /// What was measured.
    pub measure: &'static str,
    /// The measured value.
    pub value: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// What it was held against.
    pub threshold: Option<f64>,
    /// One sentence; for a check that could not run, why.
    #[serde(rename = "says")]
    pub message: String,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ThresholdPart {
    /// Its key in `[thresholds]`.
    pub key: &'static str,
    /// Its value.
    pub value: f64,
    /// What it means.
    pub meaning: &'static str,
}
