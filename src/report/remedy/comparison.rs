//! The comparison of a candidate with the deployed model, as JSON.

use serde::Serialize;

use super::instant;
use crate::{
    autopsy::Dossier,
    remedy::comparison::{
        Calibrated, Comparison, ComparisonDesign, Day, Disagreements, Exemplar, Flips, Gained, Latency,
        Method, MetricPair, Needed, Ratio, Recommendation, SegmentGain, WindowGain,
    },
    text::time,
    wording,
};

/// A candidate compared with the deployed model. A gain above 0 means that the candidate is better, whatever
/// the direction of the measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ComparisonPart {
    /// The candidate's name.
    pub name: String,
    /// Both models on the same rows (shadow), or each on its own arm (A/B).
    pub design: ComparisonDesign,
    /// What to do.
    pub verdict: Recommendation,
    /// The reasons, most important first.
    pub reasons: Vec<String>,
    /// Further results: disagreements, calibration, changed predictions, latency, arms, power.
    #[serde(rename = "says")]
    pub message: Vec<String>,
    /// Limitations.
    pub limits: Vec<String>,
    /// Start of the comparison at the onset of the incident; null if all rows count.
    pub since: Option<String>,
    /// The measure of a row.
    pub measure: String,
    /// All compared rows.
    pub overall: GainedPart,
    /// Rows before the onset.
    pub before_onset: Option<GainedPart>,
    /// Every metric of the task, the headline first.
    pub metrics: Vec<MetricPairPart>,
    /// Predictions that changed; null for regression and A/B.
    pub flips: Option<FlipsPart>,
    /// The confidence sequence of the mean gain, day by day.
    pub days: Vec<DayPart>,
    /// The first day at whose end the sequence excluded 0.
    pub decided: Option<String>,
    /// By window, over the whole log.
    pub windows: Vec<WindowGainPart>,
    /// By segment, largest harm first.
    pub segments: Vec<SegmentGainPart>,
    /// Calibration of both models.
    pub calibration: Option<CalibrationPart>,
    /// Rows on which the two disagree; null for A/B.
    pub disagreements: Option<DisagreementsPart>,
    /// Latency, if logged for both.
    pub latency_ms: Option<LatencyPart>,
    /// Rows needed for a decision.
    pub needed: NeededPart,
    /// Sizes of the arms; null for a shadow.
    pub arms: Option<ArmsPart>,
}

/// Both models on the same group of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GainedPart {
    /// Rows of the deployed model and of the candidate; the same rows in a shadow.
    pub rows: (u64, u64),
    /// The deployed model's mean.
    pub incumbent: f64,
    /// The candidate's mean.
    pub candidate: f64,
    /// How much better the candidate is.
    pub gain: f64,
    /// 95 % interval of the gain.
    pub interval: (f64, f64),
}

/// One metric of both models.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricPairPart {
    /// Its id.
    pub metric: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The deployed model's value.
    pub incumbent: f64,
    /// The candidate's value.
    pub candidate: f64,
    /// How much better the candidate is, whatever the metric's direction.
    pub gain: f64,
    /// 95 % interval of the gain; null if it can't be computed.
    pub interval: Option<(f64, f64)>,
    /// How the interval was computed.
    pub method: Method,
    /// Name of the method.
    pub method_name: &'static str,
}

/// The confidence sequence at the end of one day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DayPart {
    /// The day; null if the log has no timestamps and counts as one day.
    pub day: Option<String>,
    /// Compared rows of the day.
    pub rows: u64,
    /// Compared rows so far.
    pub rows_so_far: u64,
    /// The mean gain so far.
    pub gain: f64,
    /// An interval that covers the true mean at all looks simultaneously; null while there are too few rows.
    pub interval: Option<(f64, f64)>,
    /// The p-value that may be checked every day.
    pub p: f64,
}

/// Both models in one window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WindowGainPart {
    /// Both models in this window.
    #[serde(flatten)]
    pub gained: GainedPart,
    /// Start of the window.
    pub from: Option<String>,
}

/// Both models in one segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SegmentGainPart {
    /// Both models in this segment.
    #[serde(flatten)]
    pub gained: GainedPart,
    /// The feature that defines the segment.
    pub feature: String,
    /// The values of the segment.
    pub segment: String,
    /// Benjamini-Hochberg adjusted p-value of the gain, over all segments.
    pub q_value: f64,
    /// Whether the candidate is worse here, significantly and by at least the difference that matters.
    pub harmed: bool,
}

/// Right and wrong predictions of both models on the same rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FlipsPart {
    /// Rows that the deployed model predicted right and the candidate wrong.
    pub lost: u64,
    /// Rows that the deployed model predicted wrong and the candidate right.
    pub won: u64,
    /// Exact p-value of McNemar's test.
    pub mcnemar_p: f64,
    /// The p-value that may be checked every day.
    pub always_valid_p: f64,
}

/// Calibration of both models.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CalibrationPart {
    /// The deployed model's.
    pub incumbent: CalibratedPart,
    /// The candidate's.
    pub candidate: CalibratedPart,
}

/// Calibration of one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CalibratedPart {
    /// Expected calibration error.
    pub ece: f64,
    /// Mean score minus share of positives; above 0 the scores are too high.
    pub bias: f64,
    /// Bins, ascending in the score.
    pub bins: Vec<CalibratedBinPart>,
}

/// One bin of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CalibratedBinPart {
    /// Number of rows.
    pub rows: u64,
    /// Mean score.
    pub score: f64,
    /// Share of positives.
    pub share: f64,
}

/// Rows on which the predictions of the two models differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DisagreementsPart {
    /// Rows with predictions of both models, labelled or not.
    pub answered: u64,
    /// Those with different predictions (regression: further apart than the deployed model's median error).
    pub rows: u64,
    /// Those of them with a label.
    pub labelled: u64,
    /// Of these, rows on which only the candidate is right (regression: closer to the label).
    pub candidate_right: u64,
    /// Rows on which only the deployed model is right.
    pub incumbent_right: u64,
    /// Rows with the largest gains and the largest harms, alternating.
    pub exemplars: Vec<ExemplarPart>,
}

/// A row on which the two models differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExemplarPart {
    /// The row of the production sample.
    pub row: usize,
    /// Time of the prediction.
    pub at: Option<String>,
    /// The label.
    pub label: AnswerPart,
    /// The deployed model's prediction.
    pub incumbent: AnswerPart,
    /// Its score, for binary tasks.
    pub incumbent_score: Option<f64>,
    /// The candidate's prediction.
    pub candidate: AnswerPart,
    /// Its score, for binary tasks.
    pub candidate_score: Option<f64>,
    /// The candidate's gain in loss on this row.
    pub gain: f64,
}

/// A label or a prediction: the name of a class, or a number; null if missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum AnswerPart {
    /// A class.
    Class(String),
    /// A number.
    Number(Option<f64>),
}

/// Latency in milliseconds, deployed model and candidate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LatencyPart {
    /// Medians.
    pub median: (f64, f64),
    /// 95 % quantiles.
    pub p95: (f64, f64),
    /// 99 % quantiles.
    pub p99: (f64, f64),
    /// 95 % interval of the candidate's 95 % quantile minus the deployed model's.
    pub p95_difference: Option<(f64, f64)>,
}

/// Rows needed for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NeededPart {
    /// The smallest difference that matters, in units of the measure.
    pub difference: f64,
    /// Whether the contract states it; otherwise it is the loss that would trigger the alert.
    pub stated: bool,
    /// Compared rows so far.
    pub rows: u64,
    /// Rows needed to detect this difference with 80 % power at a single look.
    pub rows_single_look: Option<u64>,
    /// Rows needed for the same with daily looks.
    pub rows_daily_looks: Option<u64>,
    /// Compared rows per day; null without timestamps.
    pub rows_a_day: Option<f64>,
    /// Days still needed at this rate; 0 if there are enough rows.
    pub days_left: Option<f64>,
    /// The smallest difference detectable at a single look with the rows so far.
    pub detectable: Option<f64>,
}

/// Sizes of the two arms (sample-ratio check).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ArmsPart {
    /// Rows of the deployed model's and the candidate's arm.
    pub rows: (u64, u64),
    /// The candidate's expected share; null if the contract states none.
    pub expected_share: Option<f64>,
    /// p-value under the expected shares.
    pub p: Option<f64>,
    /// p-value under equal shares on every day.
    pub p_steady: Option<f64>,
    /// Whether the assignment to the arms is broken.
    pub mismatch: bool,
}

impl ComparisonPart {
    pub(super) fn new(dossier: &Dossier, comparison: &Comparison) -> Self {
        Self {
            name: comparison.name.clone(),
            design: comparison.design,
            verdict: comparison.recommendation,
            reasons: comparison.reasons.clone(),
            message: wording::comparison::sentences(comparison),
            limits: comparison.limits.clone(),
            since: instant(comparison.since),
            measure: comparison.measure.name().to_owned(),
            overall: comparison.overall.into(),
            before_onset: comparison.before.map(GainedPart::from),
            metrics: comparison.metrics.iter().map(MetricPairPart::from).collect(),
            flips: comparison.flips.map(FlipsPart::from),
            days: comparison.days.iter().map(DayPart::from).collect(),
            decided: comparison.decided().map(|day| time::date(day.day)),
            windows: comparison.windows.iter().map(|window| windowed(comparison, window)).collect(),
            segments: comparison.segments.iter().map(|segment| segmented(dossier, segment)).collect(),
            calibration: comparison
                .calibration
                .as_ref()
                .map(|(ours, theirs)| CalibrationPart { incumbent: ours.into(), candidate: theirs.into() }),
            disagreements: comparison.disagreements.as_ref().map(|found| disagreements(dossier, found)),
            latency_ms: comparison.latency.map(LatencyPart::from),
            needed: comparison.needed.into(),
            arms: comparison.ratio.map(ArmsPart::from),
        }
    }
}

fn windowed(comparison: &Comparison, window: &WindowGain) -> WindowGainPart {
    let from = comparison.grid.map(|grid| grid.span(window.window).from);
    WindowGainPart { gained: window.gained.into(), from: instant(from) }
}

fn segmented(dossier: &Dossier, segment: &SegmentGain) -> SegmentGainPart {
    SegmentGainPart {
        gained: segment.gained.into(),
        feature: dossier.feature_name(segment.feature).to_owned(),
        segment: segment.name.clone(),
        q_value: segment.q_value,
        harmed: segment.harmed,
    }
}

fn disagreements(dossier: &Dossier, found: &Disagreements) -> DisagreementsPart {
    let answer = |answer: f64| {
        let class = dossier.plan.classes.get(answer as usize).filter(|_| !answer.is_nan());
        class.map_or_else(
            || AnswerPart::Number(Some(answer).filter(|x| x.is_finite())),
            |class| AnswerPart::Class(class.clone()),
        )
    };
    let exemplar = |row: &Exemplar| ExemplarPart {
        row: row.row,
        at: instant(row.at),
        label: answer(row.label),
        incumbent: answer(row.incumbent.0),
        incumbent_score: row.incumbent.1,
        candidate: answer(row.candidate.0),
        candidate_score: row.candidate.1,
        gain: row.gain,
    };
    DisagreementsPart {
        answered: found.answered,
        rows: found.rows,
        labelled: found.labelled,
        candidate_right: found.candidate_right,
        incumbent_right: found.incumbent_right,
        exemplars: found.exemplars.iter().map(exemplar).collect(),
    }
}

impl From<Gained> for GainedPart {
    fn from(gained: Gained) -> Self {
        Self {
            rows: gained.rows,
            incumbent: gained.incumbent,
            candidate: gained.candidate,
            gain: gained.gain,
            interval: gained.interval(),
        }
    }
}

impl From<&MetricPair> for MetricPairPart {
    fn from(pair: &MetricPair) -> Self {
        Self {
            metric: pair.metric.id(),
            name: pair.metric.name(),
            incumbent: pair.incumbent,
            candidate: pair.candidate,
            gain: pair.gain,
            interval: pair.interval,
            method: pair.method,
            method_name: pair.method.name(),
        }
    }
}

impl From<&Day> for DayPart {
    fn from(day: &Day) -> Self {
        Self {
            day: (day.day != 0).then(|| time::date(day.day)),
            rows: day.rows,
            rows_so_far: day.look.rows,
            gain: day.look.mean,
            interval: day.look.interval,
            p: day.look.p,
        }
    }
}

impl From<Flips> for FlipsPart {
    fn from(flips: Flips) -> Self {
        Self { lost: flips.lost, won: flips.won, mcnemar_p: flips.p, always_valid_p: flips.always_valid_p }
    }
}

impl From<&Calibrated> for CalibratedPart {
    fn from(calibrated: &Calibrated) -> Self {
        let bins = calibrated.bins.iter();
        Self {
            ece: calibrated.ece,
            bias: calibrated.bias,
            bins: bins
                .map(|bin| CalibratedBinPart { rows: bin.rows, score: bin.score, share: bin.share })
                .collect(),
        }
    }
}

impl From<Latency> for LatencyPart {
    fn from(latency: Latency) -> Self {
        Self {
            median: latency.median,
            p95: latency.p95,
            p99: latency.p99,
            p95_difference: latency.difference,
        }
    }
}

impl From<Needed> for NeededPart {
    fn from(needed: Needed) -> Self {
        Self {
            difference: needed.difference,
            stated: needed.stated,
            rows: needed.rows,
            rows_single_look: needed.rows_fixed,
            rows_daily_looks: needed.rows_in_all,
            rows_a_day: needed.a_day,
            days_left: needed.days_left,
            detectable: needed.detectable,
        }
    }
}

impl From<Ratio> for ArmsPart {
    fn from(ratio: Ratio) -> Self {
        Self {
            rows: ratio.rows,
            expected_share: ratio.expected,
            p: ratio.p,
            p_steady: ratio.p_steady,
            mismatch: ratio.is_mismatch(),
        }
    }
}
