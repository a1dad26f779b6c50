//! The data of a report, independent of the output format. Texts are unescaped: each renderer escapes them
//! itself.
//!
//! `docs/schema/report.schema.json` describes the JSON of [`ReportData`]. Times are RFC 3339 in UTC.

use serde::Serialize;

use crate::{
    autopsy::{LossShare, OnsetKind, Standing, Step, exam::performance::Estimate},
    case::FileHash,
    remedy::fitted::Monitor,
    study::Study,
};

use super::{
    account::AccountPart,
    analyst::{LinePart, Note, Pin},
    figure::Picture,
    measured::Remedies,
    remedy::{ComparisonPart, Measurable, ReviewPart},
};

/// Version of the JSON; incremented when a key is removed or changes its meaning.
pub const VERSION: u32 = 1;

/// A complete report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReportData {
    /// Incremented when a key is removed or changes its meaning.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub version: u32,
    /// The program and its version.
    pub program: String,
    /// Name and version of the model.
    pub title: String,
    /// What the model predicts: `binary`, `multiclass` or `regression`.
    pub task: &'static str,
    /// To what degree the incident is understood.
    pub status: Status,
    /// The first and the last time in the log.
    pub period: Option<(String, String)>,
    /// What happened, why, and what to do: one sentence each.
    pub summary: Vec<String>,
    /// The impact of the incident.
    pub impact: Impact,
    /// Decomposition of the loss.
    pub account: AccountPart,
    /// When the incident could have been detected.
    pub detection: Detection,
    /// The timeline.
    pub timeline: Vec<Moment>,
    /// The cause.
    pub diagnosis: Diagnosis,
    /// The features that the diagnosis or the analyst points to.
    pub features: Vec<FeaturePart>,
    /// What each stage from ingestion to monitoring contributed.
    pub contributing: Vec<Contribution>,
    /// What fixes it.
    pub resolution: Resolution,
    /// Action items to prevent a recurrence.
    pub actions: Vec<Action>,
    /// Monitors fitted on this incident.
    pub monitors: Vec<MonitorPart>,
    /// The files below `monitors/`.
    pub monitor_files: Vec<String>,
    /// What made the incident less severe than it could have been.
    pub lucky: Vec<String>,
    /// What the analyst pinned.
    pub pins: Vec<Pin>,
    /// Notes written by the analyst.
    pub notes: Vec<Note>,
    /// What the analyst looked at, marked and decided, in that order.
    pub investigation: Vec<LinePart>,
    /// The methods used.
    pub method: Vec<String>,
    /// Limitations of this report.
    pub limits: Vec<String>,
    /// Small text charts.
    pub sketches: Sketches,
    /// The figures of the report.
    pub figures: Vec<Picture>,
    /// Analyses beside the diagnosis.
    pub studies: Vec<Study>,
    /// All details.
    pub appendix: Appendix,
}

/// To what degree the incident is understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Status {
    /// `confirmed`, `named`, `undecided` or `healthy`.
    pub id: &'static str,
    /// The same in words.
    #[serde(rename = "says")]
    pub message: String,
}

/// The impact of the incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Impact {
    /// The headline metric; null if nothing could be measured.
    pub headline: Option<MetricPart>,
    /// Every metric, the headline first.
    pub metrics: Vec<MetricPart>,
    /// What the production rows are compared with.
    pub baseline: String,
    /// Whether the loss is statistically significant.
    pub beyond_noise: bool,
    /// Rows predicted since the onset (gradual: since it was complete); all rows if there is none.
    pub rows: u64,
    /// Their share of the log.
    pub share: f64,
    /// Days from the onset to its end, or to the end of the log.
    pub days: Option<f64>,
    /// Number of additional wrong predictions relative to the baseline, with a 95 % interval; classification
    /// only.
    pub extra_errors: Option<(f64, f64, f64)>,
    /// The cost of the loss, by `[costs]` of the case; null if no cost is configured or the loss is not
    /// significant.
    pub cost: Option<CostPart>,
    /// Results by segment.
    pub segments: Vec<String>,
    /// What the contract also asks about: metrics of the business, groups of people, versions of the model.
    pub beside: Vec<BesidePart>,
}

/// What one check beside the model's own metrics says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BesidePart {
    /// The check's name.
    pub name: &'static str,
    /// `clear`, `watch`, `alarm` or `not applicable`.
    pub verdict: &'static str,
    /// The message.
    #[serde(rename = "says")]
    pub message: String,
}

/// The cost of the loss.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CostPart {
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// The currency, where the case names one.
    pub currency: Option<String>,
    /// How it was computed.
    #[serde(rename = "says")]
    pub message: String,
}

/// A metric in the reference and in production.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricPart {
    /// Its id: `roc_auc`.
    pub id: &'static str,
    /// Its name: `ROC AUC`.
    pub name: &'static str,
    /// In the reference rows.
    pub baseline: Option<Estimate>,
    /// In the production rows under investigation.
    pub production: Option<Estimate>,
    /// By how much it got worse; above 0 is worse, whatever the metric's direction.
    pub loss: Option<Estimate>,
    /// The loss as a share of the baseline.
    pub relative: Option<f64>,
    /// Why it could not be computed.
    pub undefined: Option<String>,
}

/// When the incident began, when it could have been detected, and when it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Detection {
    /// When it began.
    pub onset: Option<OnsetPart>,
    /// The alert of the configured thresholds that would have fired first, and how long after the onset.
    pub first: Option<String>,
    /// Each alert of the configured thresholds, replayed over the log.
    pub alerts: Vec<AlertPart>,
    /// When somebody noticed, according to the case or the journal.
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
    /// Sudden or gradual.
    pub kind: OnsetKind,
    /// The same in words.
    #[serde(rename = "says")]
    pub message: &'static str,
    /// Gradual: when it was complete.
    pub complete: Option<String>,
    /// When it ended, if it did so within the log.
    pub ended: Option<String>,
    /// The same in words.
    pub over: Option<String>,
    /// Whether the analyst set it instead of the search; the interval is then a point.
    pub by_hand: bool,
}

/// An alert rule, replayed over the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AlertPart {
    /// Description of the rule.
    pub rule: String,
    /// When it would first have fired at or after the onset.
    pub first: Option<String>,
    /// The delay after the onset.
    pub delay: Option<String>,
    /// Windows before the onset in which it fired (false alarms).
    pub early: usize,
    /// Windows before the onset (the reference).
    pub quiet: usize,
}

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Moment {
    /// The time.
    pub at: String,
    /// Kind of entry: `log`, `onset`, `event`, `alert`, `labels`, `analyst`.
    pub kind: &'static str,
    /// What happened.
    #[serde(rename = "says")]
    pub message: String,
}

/// The cause and its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// The cause that the report is about: the one the analyst accepted, else the most probable one.
    pub cause: Option<CausePart>,
    /// Whether the analyst accepted it.
    pub by_analyst: bool,
    /// Its rank, from 1.
    pub place: Option<usize>,
    /// Why the evidence is inconclusive; null if it is conclusive.
    pub undecided: Option<String>,
    /// All causes, most probable first.
    pub ranking: Vec<CausePart>,
    /// Causes that were ruled out, with the check that did so.
    pub ruled_out: Vec<RuledOut>,
    /// Causes that this case can't test.
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
    /// Its probability.
    pub probability: f64,
    /// The probability that it is there at all.
    pub present: f64,
    /// Its share of the loss, with the 95 % interval.
    pub share: Option<LossShare>,
    /// How it stands.
    pub standing: Standing,
    /// The same in words.
    pub stands: &'static str,
    /// The features at fault.
    pub features: Vec<String>,
    /// Evidence for it, strongest first.
    pub evidence_for: Vec<EvidencePart>,
    /// Evidence against it, strongest first.
    pub evidence_against: Vec<EvidencePart>,
    /// What would settle the question.
    pub would_settle: Vec<String>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EvidencePart {
    /// The id of the finding.
    pub finding: String,
    /// Weight in log-odds.
    pub weight: f64,
    /// The message of the finding.
    #[serde(rename = "says")]
    pub message: String,
}

/// A cause that was ruled out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuledOut {
    /// The cause's name.
    pub name: &'static str,
    /// The check that rules it out and the size that it excludes.
    #[serde(rename = "says")]
    pub message: Option<String>,
}

/// All details of one feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FeaturePart {
    /// Its name.
    pub name: String,
    /// Its upstream source.
    pub source: Option<String>,
    /// Messages of the flagged checks.
    #[serde(rename = "says")]
    pub message: Vec<String>,
    /// Its statistics.
    pub lines: Vec<StatisticPart>,
    /// Its histogram as text; empty for categorical features.
    pub sketch: String,
    /// Its figures.
    pub figures: Vec<Picture>,
}

/// One statistic of a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatisticPart {
    /// The statistic.
    pub name: &'static str,
    /// Its values in training, before the onset and since the onset, as text.
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
    /// Summary of the checks.
    #[serde(rename = "says")]
    pub message: String,
}

/// What fixes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Resolution {
    /// What to do first.
    pub mitigation: Option<&'static str>,
    /// Repairs that were tried on logged rows.
    pub repairs: Vec<RepairPart>,
    /// Measurements of remedies, if any.
    pub remedies: Option<Remedies>,
    /// The candidate against the deployed model; null if there is none, `{"error": …}` if they can't be
    /// compared.
    pub comparison: Option<Measurable<ComparisonPart>>,
    /// What a review by people would bring; null if not measured, `{"error": …}` if it can't be estimated.
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
    /// Reduction of the mean loss per row, with its 95 % interval.
    pub gain: (f64, f64, f64),
    /// The same as a share of the total loss.
    pub share: Option<f64>,
    /// The rows it was tried on.
    pub rows: usize,
}

/// An action item. Owner and due date are for people to fill in.
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
    /// Description of the rule.
    pub rule: String,
    /// When it would have fired, and how often it rings for nothing.
    pub record: String,
    /// The rule.
    #[serde(flatten)]
    pub monitor: Monitor,
}

/// Small text charts.
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

/// All details.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Appendix {
    /// The names of the distances beside PSI, in the order in which they are shown.
    pub distances: Vec<&'static str>,
    /// Distances of every input.
    pub inputs: Vec<InputPart>,
    /// Every check.
    pub findings: Vec<FindingPart>,
    /// The thresholds of the case.
    pub thresholds: Vec<ThresholdPart>,
    /// The files that were read, with their hashes.
    pub files: Vec<FileHash>,
    /// What was left out or guessed when reading.
    pub notes: Vec<String>,
    /// Commands that reproduce this report.
    pub commands: Vec<String>,
    /// The random seed.
    pub seed: u64,
}

/// A distance that is measured beside PSI.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DistancePart {
    /// Its key: `ks`, `wasserstein` (in standard deviations of training), `jensen_shannon`, `cramers_v`.
    pub key: &'static str,
    /// Its value; none where it is not defined for the kind of the input.
    pub value: Option<f64>,
}

/// Distances of one input.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InputPart {
    /// Its name.
    pub name: String,
    /// Its upstream source.
    pub source: Option<String>,
    /// PSI before the onset.
    pub psi_before: Option<f64>,
    /// PSI since the onset.
    pub psi: Option<f64>,
    /// The other distances since the onset, in the order of [`Appendix::distances`].
    pub distances: Vec<DistancePart>,
    /// Benjamini-Hochberg adjusted p-value.
    pub q_value: Option<f64>,
    /// Share of missing values in training.
    pub missing_before: f64,
    /// Share of missing values in production.
    pub missing: f64,
    /// Share of values that are outside training's range or unseen in training.
    pub outside: f64,
    /// `clear`, `watch` or `alarm`.
    pub verdict: &'static str,
}

/// The result of one check.
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
    /// The threshold it was compared with.
    pub threshold: Option<f64>,
    /// The message; for a check that could not run, the reason.
    #[serde(rename = "says")]
    pub message: String,
}

/// A threshold.
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
