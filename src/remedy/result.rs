//! The result of measuring remedies: every remedy with its expected gain, and which one to start with.

use super::{
    catalogue::{Rating, Remedy, Strategy},
    comparison::Comparison,
    review::Review,
    unavailable::Unavailable,
};
use crate::{autopsy::Cause, cached::cached, model::learner::Family, stats::metric::Metric, summary::Micros};

/// All measurements of remedies on one case.
#[derive(Debug, Clone, PartialEq)]
pub struct RemedyReport {
    /// The leading cause, and whether the diagnosis is decided.
    pub cause: Option<(Cause, bool)>,
    /// The measures in which gains are reported.
    pub measures: Measures,
    /// The labels that remedies were fitted and tested on.
    pub labels: Labels,
    /// Every remedy: the offered ones, starting with the one to begin with, then the refused ones with the
    /// reason.
    pub offers: Vec<Offer>,
    /// Every retraining strategy with every family of learners, in a fixed order.
    pub retraining: Vec<Trial>,
    /// How the gain of retraining grows with labels; `None` if retraining could not be measured.
    pub curve: Option<LearningCurve>,
    /// What to do, in one or two sentences.
    pub advice: String,
    /// What to do first if the diagnosis is undecided.
    pub first: Option<String>,
    /// The candidate against the deployed model, or why they can't be compared; `None` if the case names no
    /// candidate.
    pub comparison: Option<Result<Comparison, Unavailable>>,
    /// What a review by people would bring, or why this can't be estimated.
    pub review: Result<Review, Unavailable>,
}

cached!(struct RemedyReport {
    cause, measures, labels, offers, retraining, curve, advice, first, comparison, review,
});

impl RemedyReport {
    /// Returns the remedy to begin with.
    #[must_use]
    pub fn top(&self) -> Option<&Offer> {
        self.offers.first().filter(|offer| offer.status == OfferStatus::First)
    }

    /// Returns the offered remedies, best first.
    pub fn offered(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| offer.status != OfferStatus::Refused)
    }

    /// Returns the refused remedies, each with its reason.
    pub fn refused(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| offer.status == OfferStatus::Refused)
    }
}

/// The measures in which gains are reported. A gain above 0 is better, whatever the direction of the measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// The loss per row: `log loss`, `share of wrong answers` or `absolute error`.
    pub loss: &'static str,
    /// The headline metric of the investigation.
    pub headline: Metric,
    /// How decisions are evaluated; `None` for regression.
    pub decision: Option<Decision>,
    /// The deployed model's mean loss per row before the onset (on the golden set at launch if there is no
    /// such row).
    pub loss_before: Option<f64>,
    /// Its mean loss per row since the onset.
    pub loss_since: Option<f64>,
}

cached!(struct Measures { loss, headline, decision, loss_before, loss_since });

/// How the decisions of a classifier are evaluated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// The cost per row by `[costs]`; lower is better.
    Cost {
        /// Cost of a false positive.
        false_positive: f64,
        /// Cost of a false negative.
        false_negative: f64,
    },
    /// F1 (macro for several classes).
    F1,
}

cached!(enum Decision { Cost { false_positive, false_negative }, F1 });

impl Decision {
    /// The name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cost { .. } => "cost a row",
            Self::F1 => "F1",
        }
    }
}

/// The labels that remedies were fitted and tested on.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// Labelled rows of the sample since the onset (all of them if there is none).
    pub rows: usize,
    /// Number of log rows that one row of the sample represents.
    pub weight: f64,
    /// Labelled training rows of the sample.
    pub training: usize,
    /// Folds of the rolling origin; 0 if there are too few labels.
    pub folds: usize,
    /// Rows per block; also the size of the window that [`Gain::next`] refers to.
    pub block: usize,
    /// Labels that arrive per day, in rows of the log.
    pub a_day: Option<f64>,
    /// Label delay, as far as the log shows it.
    pub delay: Option<Micros>,
    /// Time of the last labelled row.
    pub last: Option<Micros>,
    /// Why nothing could be measured; `None` if it could.
    pub lacking: Option<String>,
}

cached!(struct Labels { rows, weight, training, folds, block, a_day, delay, last, lacking });

/// A gain over the deployed model on the same rows, with 90 % intervals. Above 0 is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// The mean over the blocks.
    pub value: f64,
    /// The standard error of the mean, from the spread of the blocks.
    pub error: f64,
    /// 90 % interval of the mean gain: whether it is better at all.
    pub interval: (f64, f64),
    /// 90 % prediction interval of the gain on the next block of rows.
    pub next: (f64, f64),
}

cached!(struct Gain { value, error, interval, next });

impl Gain {
    /// Whether it is significantly better than doing nothing.
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.interval.0 > 0.0
    }

    /// Whether it is significantly worse than doing nothing.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.interval.1 < 0.0
    }
}

/// The gain of a remedy on labelled rows that it was not fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// In loss per row.
    pub loss: Gain,
    /// In the headline metric; `None` if it is undefined in some block.
    pub headline: Option<Gain>,
    /// In cost per row or F1.
    pub decision: Option<Gain>,
    /// The gain as a share of the loss since the onset; `None` if that loss is not significant.
    pub share: Option<f64>,
    /// Labelled rows that it was fitted on before the last fold.
    pub fitted: usize,
    /// Rows that it was tested on.
    pub judged: usize,
    /// The gain in loss per row of each block, ordered by time, with the time of the block's first row.
    pub blocks: Vec<(Option<Micros>, f64)>,
}

cached!(struct Measured { loss, headline, decision, share, fitted, judged, blocks });

/// What is known of a remedy's effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// It was tried on labelled rows.
    Measured(Measured),
    /// It was not tried; the reason.
    Unmeasured(String),
}

cached!(
    enum Basis {
        Measured(part),
        Unmeasured(part),
    }
);

impl Basis {
    /// Returns the measurement, if there is one.
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
    /// Worth doing in addition, or instead.
    Offered,
    /// Not offered; [`Offer::because`] states the reason.
    Refused,
}

cached!(
    enum OfferStatus {
        First,
        Offered,
        Refused,
    }
);

impl OfferStatus {
    /// All statuses.
    pub const ALL: [Self; 3] = [Self::First, Self::Offered, Self::Refused];

    /// A short description.
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

/// One remedy: what it is, its expected gain, and whether it is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The remedy.
    pub remedy: Remedy,
    /// A short description for this case: `undo × 100 of utilization`.
    pub name: String,
    /// The affected inputs, by their index in the plan.
    pub features: Vec<usize>,
    /// Its expected gain.
    pub basis: Basis,
    /// How much work it is.
    pub effort: Rating,
    /// How much can go wrong.
    pub risk: Rating,
    /// Whether it is offered.
    pub status: OfferStatus,
    /// The reason for its rank, or for its refusal: one sentence.
    pub because: String,
}

cached!(struct Offer { remedy, name, features, basis, effort, risk, status, because });

/// A retraining variant, back-tested.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Which rows it is fitted on.
    pub strategy: Strategy,
    /// Which learner.
    pub family: Family,
    /// Description: `training and all labelled production, boosted trees`.
    pub name: String,
    /// The result.
    pub basis: Basis,
}

cached!(struct Trial { strategy, family, name, basis });

/// The gain of retraining with a number of labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Labelled rows of the sample since the onset that it was fitted on.
    pub rows: usize,
    /// The gain in loss per row, on the same later rows for every point.
    pub gain: Gain,
}

cached!(struct CurvePoint { rows, gain });

/// How the gain of retraining grows with labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningCurve {
    /// Which rows it is fitted on.
    pub strategy: Strategy,
    /// Which learner.
    pub family: Family,
    /// The points, ascending in rows.
    pub points: Vec<CurvePoint>,
    /// Number of labelled log rows since the onset from which retraining is better than doing nothing.
    pub needed: Option<f64>,
    /// When that many labels will have arrived, at the present rate and delay; `None` if they have already,
    /// or if this can't be estimated.
    pub when: Option<Micros>,
    /// A summary in one sentence.
    pub message: String,
}

cached!(struct LearningCurve { strategy, family, points, needed, when, message });
