//! The diagnosis as one JSON object. Its keys are part of the case contract; `docs/contract.md` explains them.

mod measured;

use serde::Serialize;

use crate::{
    autopsy::{
        Evidence, Finding, Hypothesis, Investigation, OnsetKind, Standing, Step, Subject, Verdict,
        catalogue::FindingId,
    },
    study::Study,
    summary::{Micros, Task},
    text::{json, time},
};

use self::measured::{ClassPart, FurtherNumbers, InputNumbers, MetricNumbers, WindowNumbers};
use super::account::AccountPart;

/// Version of the object; incremented when a key is removed or changes its meaning.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    case: &'a str,
    task: Task,
    performance: Option<Performance<'a>>,
    metrics: Vec<MetricNumbers<'a>>,
    further_metrics: Vec<FurtherNumbers>,
    classes: Vec<ClassPart<'a>>,
    windows: Vec<WindowNumbers>,
    inputs: Vec<InputNumbers<'a>>,
    golden: Option<GoldenJson<'a>>,
    account: AccountPart,
    undecided: Option<&'a str>,
    causes: Vec<Ranked<'a>>,
    findings: Vec<Found<'a>>,
    notes: &'a [String],
    files: &'a [crate::case::FileHash],
}

#[derive(Serialize)]
struct Performance<'a> {
    metric: &'a str,
    baseline: Option<f64>,
    production: Option<f64>,
    /// By how much it got worse, whatever the metric's direction.
    drop: Option<f64>,
    interval: Option<(f64, f64)>,
    beyond_noise: bool,
    onset: Option<String>,
    onset_interval: Option<(String, String)>,
    onset_kind: Option<OnsetKind>,
    /// When it ended, if it did so within the log.
    onset_end: Option<String>,
    /// Whether the analyst set it instead of the search.
    onset_by_hand: bool,
}

#[derive(Serialize)]
struct GoldenJson<'a> {
    rows: usize,
    metric: Option<&'a str>,
    launch: Option<f64>,
    now: Option<f64>,
    same_answer: Option<f64>,
}

#[derive(Serialize)]
struct Ranked<'a> {
    cause: &'a str,
    probability: f64,
    present: f64,
    share: Option<f64>,
    share_interval: Option<(f64, f64)>,
    standing: Standing,
    contributing: bool,
    ruled_out_by: Option<&'a str>,
    features: Vec<&'a str>,
    onset: Option<String>,
    onset_kind: Option<OnsetKind>,
    r#for: Vec<Weighed<'a>>,
    against: Vec<Weighed<'a>>,
    would_settle: &'a [String],
}

#[derive(Serialize)]
struct Weighed<'a> {
    finding: &'a FindingId,
    weight: f64,
    #[serde(rename = "says")]
    message: &'a str,
}

#[derive(Serialize)]
struct Found<'a> {
    id: &'a FindingId,
    step: Step,
    feature: Option<&'a str>,
    source: Option<&'a str>,
    segment: Option<&'a str>,
    measure: &'a str,
    value: Option<f64>,
    interval: Option<(f64, f64)>,
    threshold: Option<f64>,
    #[serde(flatten)]
    verdict: &'a Verdict,
    onset: Option<String>,
    #[serde(rename = "says")]
    message: &'a str,
}

/// Returns the investigation as one JSON object, followed by a line break.
///
/// # Panics
///
/// Never: maps have text keys, and `serde_json` writes NaN and infinity as null.
#[must_use]
pub fn object(investigation: &Investigation) -> String {
    let dossier = &investigation.dossier;
    let (further_metrics, classes) = measured::further(investigation);
    let object = Object {
        version: VERSION,
        case: &dossier.title,
        task: dossier.task(),
        performance: performance(investigation),
        metrics: measured::metrics(investigation),
        further_metrics,
        classes,
        windows: measured::windows(investigation),
        inputs: measured::inputs(investigation),
        golden: golden(investigation),
        account: AccountPart::of(investigation),
        undecided: investigation.diagnosis.undecided.as_deref(),
        causes: investigation.diagnosis.hypotheses.iter().map(|h| cause(investigation, h)).collect(),
        findings: investigation.findings.iter().map(|f| found(investigation, f)).collect(),
        notes: &dossier.notes,
        files: &dossier.files,
    };
    json::pretty(&object)
}

#[derive(Serialize)]
struct StudiesObject<'a> {
    version: u32,
    case: &'a str,
    task: Task,
    #[serde(rename = "studies")]
    made: &'a [Study],
}

/// Returns studies as one JSON object, followed by a line break.
///
/// # Panics
///
/// Never: maps have text keys, and `serde_json` writes NaN and infinity as null.
#[must_use]
pub fn studies(investigation: &Investigation, studies: &[Study]) -> String {
    let dossier = &investigation.dossier;
    let object =
        StudiesObject { version: VERSION, case: &dossier.title, task: dossier.task(), made: studies };
    json::pretty(&object)
}

fn performance(investigation: &Investigation) -> Option<Performance<'_>> {
    let row = investigation.performance.headline_row()?;
    let onset = investigation.framing.onset;
    Some(Performance {
        metric: row.metric.id(),
        baseline: row.baseline.map(|estimate| estimate.value),
        production: row.production.map(|estimate| estimate.value),
        drop: row.loss.map(|estimate| estimate.value),
        interval: row.loss.map(|estimate| estimate.interval),
        beyond_noise: investigation.performance.real,
        onset: onset.map(|onset| time::rfc3339(onset.at)),
        onset_interval: onset.map(|onset| (time::rfc3339(onset.interval.0), time::rfc3339(onset.interval.1))),
        onset_kind: onset.map(|onset| onset.kind),
        onset_end: onset.and_then(|onset| onset.ended).map(time::rfc3339),
        onset_by_hand: investigation.framing.choice.onset.is_some(),
    })
}

fn golden(investigation: &Investigation) -> Option<GoldenJson<'_>> {
    let golden = investigation.golden.as_ref()?;
    let headline = investigation.performance.headline;
    let row = golden.metrics.iter().find(|row| row.metric == headline).or(golden.metrics.first());
    Some(GoldenJson {
        rows: golden.rows,
        metric: row.map(|row| row.metric.id()),
        launch: row.and_then(|row| row.baseline).map(|estimate| estimate.value),
        now: row.and_then(|row| row.production).map(|estimate| estimate.value),
        same_answer: Some(golden.same_answer),
    })
}

fn cause<'a>(investigation: &'a Investigation, hypothesis: &'a Hypothesis) -> Ranked<'a> {
    let name = |&feature: &usize| investigation.dossier.feature_name(feature);
    Ranked {
        cause: hypothesis.cause.id(),
        probability: hypothesis.probability,
        present: hypothesis.judged.present,
        share: hypothesis.judged.share.map(|share| share.value),
        share_interval: hypothesis.judged.share.map(|share| share.interval),
        standing: hypothesis.standing,
        contributing: hypothesis.judged.contributing,
        ruled_out_by: hypothesis.judged.excluded.as_deref(),
        features: hypothesis.features.iter().map(name).collect(),
        onset: hypothesis.onset.map(time::rfc3339),
        onset_kind: hypothesis.onset_kind,
        r#for: hypothesis.evidence_for.iter().map(weight).collect(),
        against: hypothesis.evidence_against.iter().map(weight).collect(),
        would_settle: &hypothesis.would_settle,
    }
}

fn weight(evidence: &Evidence) -> Weighed<'_> {
    Weighed { finding: &evidence.finding, weight: evidence.weight, message: &evidence.message }
}

fn found<'a>(investigation: &'a Investigation, finding: &'a Finding) -> Found<'a> {
    let (mut feature, mut source, mut segment) = (None, None, None);
    match &finding.subject {
        Subject::Case => {}
        // Predictions have their own line beside the features.
        Subject::Feature(index) => {
            feature = investigation.dossier.plan.features.get(*index).map(|feature| feature.name.as_str());
        }
        Subject::Source(name) => source = Some(name.as_str()),
        Subject::Segment(name) => segment = Some(name.as_str()),
    }
    Found {
        id: &finding.id,
        step: finding.step,
        feature,
        source,
        segment,
        measure: finding.measure,
        value: finding.value,
        interval: finding.interval,
        threshold: finding.threshold,
        verdict: &finding.verdict,
        onset: finding.onset.map(time::rfc3339 as fn(Micros) -> String),
        message: &finding.message,
    }
}
