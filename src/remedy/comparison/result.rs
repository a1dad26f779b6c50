//! The result of a comparison.

use crate::{
    cached::cached,
    stats::{
        calibration::ReliabilityBin, distribution::normal_two_sided_p, interval::Z_95, metric::Metric,
        sequential::Look,
    },
    summary::{Grid, Micros},
};

/// How the two models were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ComparisonDesign {
    /// Both predicted the same rows.
    Shadow,
    /// Each predicted the rows of its own arm.
    Arms,
}

cached!(
    enum ComparisonDesign {
        Shadow,
        Arms,
    }
);

/// The measure of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Log loss; lower is better.
    LogLoss,
    /// Squared difference of score and outcome; lower is better.
    Brier,
    /// 1 for a wrong prediction; lower is better.
    Wrong,
    /// Absolute error; lower is better.
    Absolute,
    /// Squared error; lower is better.
    Squared,
    /// A column of the log; higher is better.
    Success(String),
}

cached!(
    enum Measure {
        LogLoss,
        Brier,
        Wrong,
        Absolute,
        Squared,
        Success(part),
    }
);

impl Measure {
    /// The name of its mean in text.
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

    /// Whether it is a loss of the model, as opposed to a success of its users.
    pub(super) const fn is_loss(&self) -> bool {
        !matches!(self, Self::Success(_))
    }
}

/// The confidence sequence at the end of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// The day's start (UTC); 0 if the log has no timestamps and counts as one day.
    pub day: Micros,
    /// Compared rows of the day.
    pub rows: u64,
    /// The mean gain over all days so far.
    pub look: Look,
}

cached!(struct Day { day, rows, look });

/// Both models in one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowGain {
    /// Index of the window in [`Comparison::grid`].
    pub window: usize,
    /// Both models in this window.
    pub gained: Gained,
}

cached!(struct WindowGain { window, gained });

/// Both models in one segment.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentGain {
    /// Index in the plan of the feature that defines the segment.
    pub feature: usize,
    /// The segment: `Q1 ≤ 12.3`, `south`, `missing`. Level names are spelled as in the data.
    pub name: String,
    /// Both models in this segment.
    pub gained: Gained,
    /// Benjamini-Hochberg adjusted p-value of the gain, over all segments.
    pub q_value: f64,
    /// Whether the candidate is worse here, significantly and by at least the difference that matters.
    pub harmed: bool,
}

cached!(struct SegmentGain { feature, name, gained, q_value, harmed });

/// Rows needed for a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needed {
    /// The smallest difference that matters, in units of the measure.
    pub difference: f64,
    /// Whether the contract states it; otherwise it is the loss that would trigger the alert.
    pub stated: bool,
    /// Compared rows so far.
    pub rows: u64,
    /// Rows needed to detect this difference with 80 % power at a single look.
    pub rows_fixed: Option<u64>,
    /// Rows needed for the same with daily looks.
    pub rows_in_all: Option<u64>,
    /// Compared rows per day; `None` without timestamps.
    pub a_day: Option<f64>,
    /// Days still needed at this rate; 0 if there are enough rows.
    pub days_left: Option<f64>,
    /// The smallest difference detectable at a single look with the rows so far.
    pub detectable: Option<f64>,
}

cached!(struct Needed { difference, stated, rows, rows_fixed, rows_in_all, a_day, days_left, detectable });

/// Sizes of the two arms (sample-ratio check).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Rows of the incumbent's and the candidate's arm.
    pub rows: (u64, u64),
    /// The candidate's expected share; `None` if the contract states none.
    pub expected: Option<f64>,
    /// p-value under the expected shares.
    pub p: Option<f64>,
    /// p-value under equal shares on every day.
    pub p_steady: Option<f64>,
    /// Where the shares are not equal: the gain with its 95 % interval, day by day and the days combined.
    pub by_day: Option<(f64, (f64, f64))>,
}

cached!(struct Ratio { rows, expected, p, p_steady, by_day });

impl Ratio {
    /// p-values below this indicate a sample-ratio mismatch.
    ///
    /// Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
    pub const MISMATCH: f64 = 0.0005;

    /// Whether the arms' shares change from day to day.
    #[must_use]
    pub fn is_uneven(&self) -> bool {
        self.p_steady.is_some_and(|p| p < Self::MISMATCH)
    }

    /// Whether the assignment to the arms is broken.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        self.p.is_some_and(|p| p < Self::MISMATCH)
    }
}

/// A candidate compared with the deployed model.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The candidate's name.
    pub name: String,
    /// How the two were compared.
    pub design: ComparisonDesign,
    /// Start of the comparison at the onset of the incident; `None` if all rows count.
    pub since: Option<Micros>,
    /// The measure of a row.
    pub measure: Measure,
    /// Both models on all compared rows.
    pub overall: Gained,
    /// The same on rows before the onset, if there are enough.
    pub before: Option<Gained>,
    /// Every metric of the task, the headline first.
    pub metrics: Vec<MetricPair>,
    /// Predictions that changed; `None` for regression and A/B.
    pub flips: Option<Flips>,
    /// The confidence sequence of the mean gain, day by day.
    pub days: Vec<Day>,
    /// Grid of [`Comparison::windows`].
    pub grid: Option<Grid>,
    /// Both models by window, over the whole log.
    pub windows: Vec<WindowGain>,
    /// Both models by segment, largest harm first.
    pub segments: Vec<SegmentGain>,
    /// Calibration of incumbent and candidate.
    pub calibration: Option<(Calibrated, Calibrated)>,
    /// Rows on which the two disagree; `None` for A/B.
    pub disagreements: Option<Disagreements>,
    /// Latency, if logged for both.
    pub latency: Option<Latency>,
    /// Rows and days still needed.
    pub needed: Needed,
    /// Sizes of the arms; `None` for a shadow.
    pub ratio: Option<Ratio>,
    /// What to do.
    pub recommendation: Recommendation,
    /// The reasons, one sentence each, most important first.
    pub reasons: Vec<String>,
    /// Limitations of the comparison, one sentence each.
    pub limits: Vec<String>,
}

cached!(struct Comparison {
    name, design, since, measure, overall, before, metrics, flips, days, grid, windows, segments,
    calibration, disagreements, latency, needed, ratio, recommendation, reasons, limits,
});

impl Comparison {
    /// Returns the last look.
    #[must_use]
    pub fn last(&self) -> Option<&Day> {
        self.days.last()
    }

    /// Returns the first day at whose end the confidence sequence excludes 0.
    #[must_use]
    pub fn decided(&self) -> Option<&Day> {
        self.days.iter().find(|day| day.look.decides())
    }

    /// Returns the segments that the candidate harms.
    pub fn harmed(&self) -> impl Iterator<Item = &SegmentGain> {
        self.segments.iter().filter(|segment| segment.harmed)
    }

    /// Returns the headline metric of both models.
    #[must_use]
    pub fn headline(&self) -> Option<&MetricPair> {
        self.metrics.first()
    }
}

/// Both models on the same group of rows. A gain above 0 means that the candidate is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gained {
    /// Rows of the incumbent and of the candidate; the same rows in a shadow.
    pub rows: (u64, u64),
    /// The incumbent's mean.
    pub incumbent: f64,
    /// The candidate's mean.
    pub candidate: f64,
    /// How much better the candidate is.
    pub gain: f64,
    /// Standard error of the gain: paired in a shadow, Welch's for two arms.
    pub error: f64,
}

cached!(struct Gained { rows, incumbent, candidate, gain, error });

impl Gained {
    /// Returns the 95 % interval of the gain.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        (self.gain - Z_95 * self.error, self.gain + Z_95 * self.error)
    }

    /// Returns the two-sided p-value of the null hypothesis of no gain (normal approximation).
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

/// How an interval was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Method {
    /// DeLong's variance.
    Delong,
    /// Bootstrap over rows, both models on the same replicates.
    Bootstrap,
    /// The mean of paired differences.
    Paired,
    /// Independent standard errors of the two arms.
    Independent,
}

cached!(
    enum Method {
        Delong,
        Bootstrap,
        Paired,
        Independent,
    }
);

impl Method {
    /// The name in text.
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
    /// How much better the candidate is, whatever the metric's direction.
    pub gain: f64,
    /// 95 % interval of the gain; `None` if it can't be computed.
    pub interval: Option<(f64, f64)>,
    /// How the interval was computed.
    pub method: Method,
}

cached!(struct MetricPair { metric, incumbent, candidate, gain, interval, method });

/// Right and wrong predictions of both models on the same rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flips {
    /// Rows that the incumbent predicted right and the candidate wrong.
    pub lost: u64,
    /// Rows that the incumbent predicted wrong and the candidate right.
    pub won: u64,
    /// Exact p-value of McNemar's test.
    pub p: f64,
    /// The p-value that may be checked every day.
    pub always_valid_p: f64,
}

cached!(struct Flips { lost, won, p, always_valid_p });

/// Calibration of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// Bins, ascending in the score.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error.
    pub ece: f64,
    /// Mean score minus share of positives; above 0 the scores are too high.
    pub bias: f64,
}

cached!(struct Calibrated { bins, ece, bias });

/// A row on which the two models differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// The row of the production sample.
    pub row: usize,
    /// Time of the prediction.
    pub at: Option<Micros>,
    /// The label.
    pub label: f64,
    /// The incumbent's prediction and, for binary tasks, its score.
    pub incumbent: (f64, Option<f64>),
    /// The candidate's prediction and score.
    pub candidate: (f64, Option<f64>),
    /// The candidate's gain in loss on this row.
    pub gain: f64,
}

cached!(struct Exemplar { row, at, label, incumbent, candidate, gain });

/// Rows on which the predictions of the two models differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreements {
    /// Rows with predictions of both models, labelled or not.
    pub answered: u64,
    /// Those with different predictions (regression: further apart than the incumbent's median error).
    pub rows: u64,
    /// Those of them with a label.
    pub labelled: u64,
    /// Of these, rows on which only the candidate is right (regression: closer to the label).
    pub candidate_right: u64,
    /// Rows on which only the incumbent is right.
    pub incumbent_right: u64,
    /// Rows with the largest gains and the largest harms, alternating.
    pub exemplars: Vec<Exemplar>,
}

cached!(struct Disagreements { answered, rows, labelled, candidate_right, incumbent_right, exemplars });

/// Latency in milliseconds, incumbent and candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Medians.
    pub median: (f64, f64),
    /// 95 % quantiles.
    pub p95: (f64, f64),
    /// 99 % quantiles.
    pub p99: (f64, f64),
    /// 95 % interval of the candidate's 95 % quantile minus the incumbent's.
    pub difference: Option<(f64, f64)>,
}

cached!(struct Latency { median, p95, p99, difference });

impl Latency {
    /// A slow candidate exceeds the incumbent's 95 % quantile by this fraction.
    const SLOWER: f64 = 0.2;

    /// Whether the candidate is slower, significantly and noticeably.
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
    /// It is better and harms no segment.
    Promote,
    /// Undecided, or not worth it.
    Hold,
    /// It is worse.
    RollBack,
}

cached!(
    enum Recommendation {
        Promote,
        Hold,
        RollBack,
    }
);

impl Recommendation {
    /// The name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Hold => "hold",
            Self::RollBack => "roll back",
        }
    }
}
