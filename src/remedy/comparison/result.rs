//! The result of a comparison.

use crate::{
    stats::{
        calibration::ReliabilityBin, distribution::normal_two_sided_p, interval::Z_95, metric::Metric,
        sequential::Look,
    },
    summary::{Grid, Micros},
};

/// How the two models met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ComparisonDesign {
    /// Both answered the same rows.
    Shadow,
    /// Each answered the rows of its own arm.
    Arms,
}

/// What a row is measured by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Log loss; less is better.
    LogLoss,
    /// Squared distance of score and outcome; less is better.
    Brier,
    /// 1 for a wrong answer; less is better.
    Wrong,
    /// Absolute error; less is better.
    Absolute,
    /// Squared error; less is better.
    Squared,
    /// A column of the log; more is better.
    Success(String),
}

impl Measure {
    /// How people say its mean.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::LogLoss => "log loss",
            Self::Brier => "Brier score",
            Self::Wrong => "share of wrong answers",
            Self::Absolute => "mean absolute error",
            Self::Squared => "mean squared error",
            Self::Success(column) => column,
        }
    }

    /// Whether it is the model's loss, and not a success of its users.
    pub(super) const fn is_loss(&self) -> bool {
        !matches!(self, Self::Success(_))
    }
}

/// The confidence sequence at the end of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// The day's start (UTC); 0 where the log has no clock, which is then one day.
    pub day: Micros,
    /// Compared rows of this day.
    pub rows: u64,
    /// The mean gain of all days so far.
    pub look: Look,
}

/// Both models in one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowGain {
    /// The window of [`Comparison::grid`].
    pub window: usize,
    /// Both models there.
    pub gained: Gained,
}

/// Both models in one part of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentGain {
    /// The feature that the rows are cut by, by its index in the plan.
    pub feature: usize,
    /// The part: `Q1 ≤ 12.3`, `south`, `missing`. Level names are as the data spells them.
    pub name: String,
    /// Both models there.
    pub gained: Gained,
    /// Benjamini-Hochberg adjusted p-value of the gain over all segments.
    pub q_value: f64,
    /// Whether the candidate is worse there, significantly and by as much as matters.
    pub harmed: bool,
}

/// What it takes to decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needed {
    /// The difference that matters, in units of the measure.
    pub difference: f64,
    /// Whether the contract states it; else it is the loss that would ring the alert.
    pub stated: bool,
    /// Compared rows so far.
    pub rows: u64,
    /// Rows that a single look needs to tell such a difference in four of five cases.
    pub rows_fixed: Option<u64>,
    /// Rows that daily looks need for the same.
    pub rows_in_all: Option<u64>,
    /// Compared rows that come a day; none without a clock.
    pub a_day: Option<f64>,
    /// Days still needed at this rate; 0 when there are rows enough.
    pub days_left: Option<f64>,
    /// The smallest difference that the rows so far tell at a single look.
    pub detectable: Option<f64>,
}

/// Whether the arms hold as many rows as they should.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Rows of the incumbent's and the candidate's arm.
    pub rows: (u64, u64),
    /// The candidate's share as it should be; none when it is not told.
    pub expected: Option<f64>,
    /// p-value of the shares being as they should.
    pub p: Option<f64>,
    /// p-value of the share being the same every day.
    pub p_steady: Option<f64>,
}

impl Ratio {
    /// p-values below this call a sample-ratio mismatch.
    ///
    /// Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
    pub const MISMATCH: f64 = 0.0005;

    /// Whether the assignment is broken.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        self.p.is_some_and(|p| p < Self::MISMATCH)
    }
}

/// A candidate beside the deployed model.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The candidate's name.
    pub name: String,
    /// How the two met.
    pub design: ComparisonDesign,
    /// The comparison begins at the onset of the incident; none when all rows count.
    pub since: Option<Micros>,
    /// What a row is measured by.
    pub measure: Measure,
    /// Both models on all compared rows.
    pub overall: Gained,
    /// The same on rows before the onset, where there are enough.
    pub before: Option<Gained>,
    /// Every metric of the task, the headline first.
    pub metrics: Vec<MetricPair>,
    /// Answers that changed; none for numbers and arms.
    pub flips: Option<Flips>,
    /// The confidence sequence of the mean gain, day by day.
    pub days: Vec<Day>,
    /// The windows of [`Comparison::windows`].
    pub grid: Option<Grid>,
    /// Both models window by window, over the whole log.
    pub windows: Vec<WindowGain>,
    /// Both models by segment, the greatest harm first.
    pub segments: Vec<SegmentGain>,
    /// Scores against outcomes, incumbent and candidate.
    pub calibration: Option<(Calibrated, Calibrated)>,
    /// Where the two say different things; none for arms.
    pub disagreements: Option<Disagreements>,
    /// Answer times, where both are logged.
    pub latency: Option<Latency>,
    /// Rows and days still needed.
    pub needed: Needed,
    /// The arms' sizes; none for a shadow.
    pub ratio: Option<Ratio>,
    /// What to do.
    pub recommendation: Recommendation,
    /// Why, one sentence each, the weightiest first.
    pub reasons: Vec<String>,
    /// What the comparison can't tell, one sentence each.
    pub limits: Vec<String>,
}

impl Comparison {
    /// The last look.
    #[must_use]
    pub fn last(&self) -> Option<&Day> {
        self.days.last()
    }

    /// The first day at whose end the sequence excluded 0.
    #[must_use]
    pub fn decided(&self) -> Option<&Day> {
        self.days.iter().find(|day| day.look.decides())
    }

    /// Segments that the candidate harms.
    pub fn harmed(&self) -> impl Iterator<Item = &SegmentGain> {
        self.segments.iter().filter(|segment| segment.harmed)
    }

    /// The headline metric of both models.
    #[must_use]
    pub fn headline(&self) -> Option<&MetricPair> {
        self.metrics.first()
    }
}

/// Both models on the same group of rows. A gain above 0 means that the candidate is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gained {
    /// Rows of the incumbent and of the candidate; the same ones in a shadow.
    pub rows: (u64, u64),
    /// The incumbent's mean.
    pub incumbent: f64,
    /// The candidate's mean.
    pub candidate: f64,
    /// By how much the candidate is better.
    pub gain: f64,
    /// The standard error of the gain: paired in a shadow, Welch's for arms.
    pub error: f64,
}

impl Gained {
    /// 95 % interval of the gain.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        (self.gain - Z_95 * self.error, self.gain + Z_95 * self.error)
    }

    /// Two-sided p-value of no gain (normal approximation).
    #[must_use]
    pub fn p(&self) -> f64 {
        if self.error > 0.0 {
            normal_two_sided_p(self.gain / self.error)
        } else if self.gain == 0.0 {
            1.0
        } else {
            0.0
        }
    }
}

/// How an interval was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Method {
    /// DeLong's variance.
    Delong,
    /// Resampled rows, both models on the same ones.
    Bootstrap,
    /// The mean of paired differences.
    Paired,
    /// Independent standard errors of the two arms.
    Independent,
}

impl Method {
    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delong => "DeLong",
            Self::Bootstrap => "paired bootstrap",
            Self::Paired => "paired means",
            Self::Independent => "independent arms",
        }
    }
}

/// One metric of both models.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricPair {
    /// Which metric.
    pub metric: Metric,
    /// The incumbent's value.
    pub incumbent: f64,
    /// The candidate's value.
    pub candidate: f64,
    /// By how much the candidate is better, whatever the metric's direction.
    pub gain: f64,
    /// 95 % interval of the gain; none where it can't be determined.
    pub interval: Option<(f64, f64)>,
    /// How the interval was made.
    pub method: Method,
}

/// Right and wrong answers of both models on the same rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flips {
    /// Rows that the incumbent had right and the candidate has wrong.
    pub lost: u64,
    /// Rows that the incumbent had wrong and the candidate has right.
    pub won: u64,
    /// Exact p-value of McNemar's test.
    pub p: f64,
    /// The p-value that may be looked at every day.
    pub always_valid_p: f64,
}

/// Scores of one model against outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// Ascending in the score.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error.
    pub ece: f64,
    /// Mean score less share of positives: above 0 the scores are too high.
    pub bias: f64,
}

/// A row on which the two models differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// The row of the production sample.
    pub row: usize,
    /// When it was asked.
    pub at: Option<Micros>,
    /// The truth.
    pub label: f64,
    /// The incumbent's answer and, for two classes, its score.
    pub incumbent: (f64, Option<f64>),
    /// The candidate's.
    pub candidate: (f64, Option<f64>),
    /// By how much the candidate's loss is smaller there.
    pub gain: f64,
}

/// Rows on which the two models say different things.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreements {
    /// Rows that both answered, with a label or without.
    pub answered: u64,
    /// Those with different answers (numbers: further apart than the incumbent's median error).
    pub rows: u64,
    /// Those of them with a label.
    pub labelled: u64,
    /// Of these, rows on which the candidate alone is right (numbers: nearer to the truth).
    pub candidate_right: u64,
    /// Rows on which the incumbent alone is right.
    pub incumbent_right: u64,
    /// The rows with the largest gains and harms in turn.
    pub exemplars: Vec<Exemplar>,
}

/// Answer times in milliseconds, incumbent and candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Medians.
    pub median: (f64, f64),
    /// 95 % quantiles.
    pub p95: (f64, f64),
    /// 99 % quantiles.
    pub p99: (f64, f64),
    /// 95 % interval of the candidate's 95 % quantile less the incumbent's.
    pub difference: Option<(f64, f64)>,
}

impl Latency {
    /// A slow candidate is this much slower in the 95 % quantile …
    const SLOWER: f64 = 0.2;

    /// Whether the candidate is slower, beyond noise and by as much as people notice.
    #[must_use]
    pub fn is_slower(&self) -> bool {
        self.p95.1 > (1.0 + Self::SLOWER) * self.p95.0 && self.difference.is_some_and(|(low, _)| low > 0.0)
    }
}

/// What to do with the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Recommendation {
    /// It is better, and harms nobody.
    Promote,
    /// Not decided, or not worth it.
    Hold,
    /// It is worse.
    RollBack,
}

impl Recommendation {
    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Hold => "hold",
            Self::RollBack => "roll back",
        }
    }
}
