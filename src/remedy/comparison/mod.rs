//! A candidate beside the deployed model: on the same rows (shadow), or in an arm of its own (A/B).
//!
//! A gain above 0 means that the candidate is better, whatever the direction of its measure. The verdict rests on the
//! confidence sequence of the mean gain, which may be looked at every day ([`crate::stats::sequential`]).

mod arms;
mod detail;
mod shadow;
mod sides;
mod verdict;

pub use detail::{Calibrated, Disagreements, Exemplar, Flips, Latency, Method, MetricPair};
pub use sides::Gained;
pub use verdict::Verdict;

use crate::{
    autopsy::Investigation,
    stats::sequential::Look,
    summary::{Grid, Micros, Task},
};

/// The level of every test here.
const ALPHA: f64 = 0.05;

/// The power with which rows still needed are reckoned.
const POWER: f64 = 0.8;

/// Fewer rows with both answers and a label can't be compared.
pub const FEWEST_ROWS: usize = 100;

/// How the two models met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
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
    pub design: Design,
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
    pub verdict: Verdict,
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

/// Sets the case's candidate beside the deployed model; none when the case names no candidate.
///
/// # Errors
///
/// A sentence that says why the two can't be compared.
#[must_use]
pub fn compare(investigation: &Investigation) -> Option<Result<Comparison, String>> {
    let candidate = investigation.dossier.candidate.as_ref()?;
    Some(if candidate.arm.is_some() {
        arms::compare(investigation, candidate)
    } else {
        shadow::compare(investigation, candidate)
    })
}

/// The difference that matters: the contract's, else the loss that would ring the alert.
fn difference(investigation: &Investigation, stated: Option<f64>, incumbent: f64) -> (f64, bool) {
    match stated {
        Some(difference) => (difference, true),
        None => {
            let drop = investigation.dossier.thresholds.performance_drop;
            ((drop * incumbent.abs()).max(f64::MIN_POSITIVE), false)
        }
    }
}

/// What a row is measured by: the headline metric where it is a mean over the rows, else the task's loss.
fn measure(investigation: &Investigation, scored: bool) -> Measure {
    use crate::stats::metric::Metric;
    match (investigation.performance.headline, investigation.dossier.task()) {
        (Metric::Rmse | Metric::R2, Task::Regression) => Measure::Squared,
        (_, Task::Regression) => Measure::Absolute,
        (Metric::Accuracy, _) => Measure::Wrong,
        (Metric::Brier | Metric::Ece, Task::Binary) if scored => Measure::Brier,
        (_, Task::Binary) if scored => Measure::LogLoss,
        _ => Measure::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::fixture,
        autopsy::Investigation,
        case::Candidate,
        stats::random::{rng, unit},
        summary::Column,
    };
    use std::sync::Arc;

    /// The made-up incident with a candidate whose scores lie `pull` of the way to the truth.
    fn shadow(pull: f64, noise: f64) -> Investigation {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        let mut generator = rng(3);
        sample.candidate_score = (0..sample.rows)
            .map(|row| {
                let label = sample.label[row];
                let label = if label.is_nan() { 0.5 } else { label };
                let moved = sample.score[row] + pull * (label - sample.score[row]);
                (moved + noise * (unit(&mut generator) - 0.5)).clamp(0.01, 0.99)
            })
            .collect();
        sample.candidate_prediction =
            sample.candidate_score.iter().map(|&score| crate::summary::class_of_score(score)).collect();
        dossier.candidate =
            Some(Candidate { name: "next".to_owned(), score: Some("s".to_owned()), ..Candidate::default() });
        investigation.dossier = Arc::new(dossier);
        investigation
    }

    fn compared(investigation: &Investigation) -> Comparison {
        compare(investigation).expect("there is a candidate").expect("it can be compared")
    }

    #[test]
    fn a_better_candidate_is_promoted() {
        let comparison = compared(&shadow(0.5, 0.0));
        assert_eq!(comparison.verdict, Verdict::Promote, "{:?}", comparison.reasons);
        assert!(comparison.overall.gain > 0.0 && comparison.last().expect("days").look.decides());
        assert!(comparison.decided().is_some());
        assert!(comparison.flips.expect("classes").won >= comparison.flips.expect("classes").lost);
        assert!(!comparison.windows.is_empty() && !comparison.segments.is_empty());
        assert_eq!(comparison.harmed().count(), 0);
        let headline = comparison.headline().expect("metrics");
        assert!(headline.gain > 0.0 && headline.interval.expect("an interval").0 > 0.0);
    }

    #[test]
    fn a_worse_candidate_is_rolled_back_and_says_whom_it_harms() {
        let comparison = compared(&shadow(-0.3, 0.0));
        assert_eq!(comparison.verdict, Verdict::RollBack, "{:?}", comparison.reasons);
        assert!(comparison.harmed().count() > 0);
        assert!(comparison.segments[0].harmed && comparison.segments[0].gained.gain < 0.0);
    }

    #[test]
    fn an_equal_candidate_is_held_and_says_what_it_takes() {
        let comparison = compared(&shadow(0.0, 0.02));
        assert_eq!(comparison.verdict, Verdict::Hold, "{:?}", comparison.reasons);
        assert!(comparison.needed.rows_in_all.is_some());
        let same = compared(&shadow(0.0, 0.0));
        assert_eq!(same.verdict, Verdict::Hold);
        assert_eq!(same.overall.gain, 0.0);
    }

    #[test]
    fn without_answers_or_labels_it_says_why() {
        let mut investigation = shadow(0.5, 0.0);
        let mut dossier = (*investigation.dossier).clone();
        dossier.production.sample.candidate_score.fill(f64::NAN);
        dossier.production.sample.candidate_prediction.fill(f64::NAN);
        investigation.dossier = Arc::new(dossier);
        let why = compare(&investigation).expect("a candidate").expect_err("no answers");
        assert!(why.contains("no answer"), "{why}");
        let mut investigation = shadow(0.5, 0.0);
        let mut dossier = (*investigation.dossier).clone();
        dossier.production.sample.label.fill(f64::NAN);
        investigation.dossier = Arc::new(dossier);
        let why = compare(&investigation).expect("a candidate").expect_err("no labels");
        assert!(why.contains("label"), "{why}");
        assert!(compare(&fixture::investigation()).is_none());
    }

    /// The made-up incident with two arms and a success that the candidate's arm has more often by `lift`.
    fn arms(lift: f64, share: f64) -> Investigation {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        let mut generator = rng(5);
        let candidate: Vec<bool> = (0..sample.rows).map(|_| unit(&mut generator) < share).collect();
        let success = candidate
            .iter()
            .map(|&arm| f64::from(u8::from(unit(&mut generator) < 0.3 + if arm { lift } else { 0.0 })))
            .collect();
        let codes = candidate.iter().map(|&arm| u32::from(arm)).collect();
        sample.extra.push((
            "variant".to_owned(),
            Column::Categorical(codes),
            vec!["a".to_owned(), "b".to_owned()],
        ));
        let numeric = Column::Numeric { values: success, unreadable: Vec::new(), examples: Vec::new() };
        sample.extra.push(("bought".to_owned(), numeric, Vec::new()));
        dossier.candidate = Some(Candidate {
            name: "next".to_owned(),
            arm: Some("variant".to_owned()),
            arm_value: Some("b".to_owned()),
            success: Some("bought".to_owned()),
            share: Some(0.5),
            ..Candidate::default()
        });
        investigation.dossier = Arc::new(dossier);
        investigation
    }

    #[test]
    fn arms_are_compared_by_what_the_contract_calls_success() {
        let better = compared(&arms(0.25, 0.5));
        assert_eq!(better.verdict, Verdict::Promote, "{:?}", better.reasons);
        assert!((better.overall.gain - 0.25).abs() < 0.1);
        let worse = compared(&arms(-0.25, 0.5));
        assert_eq!(worse.verdict, Verdict::RollBack, "{:?}", worse.reasons);
        assert!(better.ratio.expect("arms").p.expect("a share") > 0.001);
    }

    #[test]
    fn a_broken_assignment_is_never_promoted() {
        let comparison = compared(&arms(0.25, 0.7));
        assert!(comparison.ratio.expect("arms").is_mismatch());
        assert_eq!(comparison.verdict, Verdict::Hold);
        assert!(comparison.reasons.iter().any(|says| says.contains("sample-ratio mismatch")));
    }

    #[test]
    fn an_arm_that_nobody_is_in_is_told() {
        let mut investigation = arms(0.0, 0.5);
        let mut dossier = (*investigation.dossier).clone();
        if let Some(candidate) = &mut dossier.candidate {
            candidate.arm_value = Some("c".to_owned());
        }
        investigation.dossier = Arc::new(dossier);
        let why = compare(&investigation).expect("a candidate").expect_err("no such arm");
        assert!(why.contains("it holds a, b"), "{why}");
    }
}
