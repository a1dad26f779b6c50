//! The result of measuring remedies: every remedy with what it would win back, and which one to begin with.

use super::{
    catalogue::{Rating, Remedy, Strategy},
    comparison::Comparison,
    review::Review,
    unavailable::Unavailable,
};
use crate::{autopsy::Cause, model::learner::Family, stats::metric::Metric, summary::Micros};

/// Everything that was measured about remedies on one case.
#[derive(Debug, Clone, PartialEq)]
pub struct RemedyReport {
    /// The cause that leads the diagnosis, and whether the diagnosis is decided.
    pub cause: Option<(Cause, bool)>,
    /// What gains are measured in.
    pub measures: Measures,
    /// The labels that remedies were fitted on and judged by.
    pub labels: Labels,
    /// Every remedy: those that are offered first, the one to begin with at the top, then those that are not, with the
    /// reason.
    pub offers: Vec<Offer>,
    /// Every strategy of retraining with every family of learners, in a fixed order.
    pub retraining: Vec<Trial>,
    /// How the gain of retraining grows with labels; none where retraining could not be measured.
    pub curve: Option<LearningCurve>,
    /// What to do, in one or two sentences.
    pub advice: String,
    /// What to do first where the diagnosis can't tell.
    pub first: Option<String>,
    /// The candidate beside the deployed model, or why they can't be compared; none when the case names no candidate.
    pub comparison: Option<Result<Comparison, Unavailable>>,
    /// What a review by people would bring, or why that can't be determined.
    pub review: Result<Review, Unavailable>,
}

impl RemedyReport {
    /// The remedy to begin with.
    #[must_use]
    pub fn top(&self) -> Option<&Offer> {
        self.offers.first().filter(|offer| offer.status == OfferStatus::First)
    }

    /// The remedies that are offered, best first.
    pub fn offered(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| offer.status != OfferStatus::Refused)
    }

    /// The remedies that are not offered, each with its reason.
    pub fn refused(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| offer.status == OfferStatus::Refused)
    }
}

/// What gains are measured in. A gain above 0 is better, whatever the direction of its measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// The loss a row: `log loss`, `share of wrong answers` or `absolute error`.
    pub loss: &'static str,
    /// The headline metric of the investigation.
    pub headline: Metric,
    /// What a decision is judged by; none where the answers are no decisions (regression).
    pub decision: Option<Decision>,
    /// The deployed model's mean loss a row before the onset (golden set at launch where there is no such row).
    pub loss_before: Option<f64>,
    /// Its mean loss a row since the onset.
    pub loss_since: Option<f64>,
}

/// What the decisions of a classifier are judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// The cost a row by `[costs]`, less is better.
    Cost {
        /// What a false alarm costs.
        false_positive: f64,
        /// What a miss costs.
        false_negative: f64,
    },
    /// F1 (macro for several classes).
    F1,
}

impl Decision {
    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cost { .. } => "cost a row",
            Self::F1 => "F1",
        }
    }
}

/// The labels that remedies were fitted on and judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// Labelled rows of the sample since the onset (all of them where there is none).
    pub rows: usize,
    /// Rows of the log that one row of the sample stands for.
    pub weight: f64,
    /// Labelled training rows of the sample.
    pub training: usize,
    /// Folds of the rolling origin; 0 where the labels are too few.
    pub folds: usize,
    /// Rows of a block, which is also the window that [`Gain::next`] is about.
    pub block: usize,
    /// Labels that arrive a day, in rows of the log.
    pub a_day: Option<f64>,
    /// How long a label takes to arrive, as far as the log tells.
    pub delay: Option<Micros>,
    /// When the last labelled row was answered.
    pub last: Option<Micros>,
    /// Why nothing could be measured; none where it could.
    pub lacking: Option<String>,
}

/// A gain over the deployed model on the same rows, with 90 % intervals. Above 0 is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// The mean over the blocks.
    pub value: f64,
    /// The standard error of the mean, from the spread of the blocks.
    pub error: f64,
    /// 90 % interval of the mean gain: is it better at all?
    pub interval: (f64, f64),
    /// 90 % interval of the gain on the next block of rows: what will it be seen to be?
    pub next: (f64, f64),
}

impl Gain {
    /// Better than doing nothing, beyond what chance explains.
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.interval.0 > 0.0
    }

    /// Worse than doing nothing, beyond what chance explains.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.interval.1 < 0.0
    }
}

/// What a remedy did on labelled rows that it was not fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// In loss a row.
    pub loss: Gain,
    /// In the headline metric; none where a block has no value of it.
    pub headline: Option<Gain>,
    /// In cost a row or F1.
    pub decision: Option<Gain>,
    /// The gain as a share of the loss since the onset; none where that loss is not beyond noise.
    pub share: Option<f64>,
    /// Labelled rows that it was fitted on before the last fold.
    pub fitted: usize,
    /// Rows that it was judged on.
    pub judged: usize,
    /// The gain in loss a row of each block, in the order of time, with the time of the block's first row.
    pub blocks: Vec<(Option<Micros>, f64)>,
}

/// What is known of a remedy's effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// It was tried on labelled rows.
    Measured(Measured),
    /// It was not, and why.
    Unmeasured(String),
}

impl Basis {
    /// The measurement, if there is one.
    #[must_use]
    pub const fn measured(&self) -> Option<&Measured> {
        match self {
            Self::Measured(measured) => Some(measured),
            Self::Unmeasured(_) => None,
        }
    }
}

/// Whether a remedy is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfferStatus {
    /// The one to begin with.
    First,
    /// Worth doing besides, or instead.
    Offered,
    /// Not offered; [`Offer::because`] says why.
    Refused,
}

impl OfferStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Offered, Self::Refused];

    /// In a few words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "begin here",
            Self::Offered => "offered",
            Self::Refused => "not offered",
        }
    }

    /// The id in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Offered => "offered",
            Self::Refused => "refused",
        }
    }
}

/// One remedy: what it is, what it would win back, and whether it is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What is done.
    pub remedy: Remedy,
    /// The same for this case, in a few words: `undo × 100 of utilization`.
    pub name: String,
    /// The inputs that it concerns, by their index in the plan.
    pub features: Vec<usize>,
    /// What it would win back.
    pub basis: Basis,
    /// How much work it is.
    pub effort: Rating,
    /// How much can go wrong.
    pub risk: Rating,
    /// Whether it is offered.
    pub status: OfferStatus,
    /// Why it stands where it stands, or why it is not offered: one sentence.
    pub because: String,
}

/// One way of retraining, back-tested.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Which rows it learns from.
    pub strategy: Strategy,
    /// Which learner.
    pub family: Family,
    /// The same in words: `training and all labelled production, boosted trees`.
    pub name: String,
    /// What came of it.
    pub basis: Basis,
}

/// The gain of retraining with so many labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Labelled rows of the sample since the onset that were learnt from.
    pub rows: usize,
    /// The gain in loss a row, on the same later rows for every point.
    pub gain: Gain,
}

/// How the gain of retraining grows with labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningCurve {
    /// Which rows it learns from.
    pub strategy: Strategy,
    /// Which learner.
    pub family: Family,
    /// Few rows first.
    pub points: Vec<CurvePoint>,
    /// Labelled rows of the log since the onset from which on retraining is better than doing nothing.
    pub needed: Option<f64>,
    /// When so many labels will be there, at the present rate and delay; none where they are, or where it can't be determined.
    pub when: Option<Micros>,
    /// All of it in a sentence.
    pub message: String,
}
