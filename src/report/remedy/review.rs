//! The review by people, as JSON holds it.

use serde::Serialize;

use super::instant;
use crate::{
    autopsy::{Dossier, exam::performance::Estimate},
    remedy::review::{Band, Coverage, EstimateBasis, Expected, Queued, Returned, Review, ReviewTarget},
    wording,
};

/// What a review by people would bring.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReviewPart {
    /// How the expected loss of a row is found.
    pub expected_by: Expected,
    /// Labelled rows since the onset (all where there is none).
    pub labelled: u64,
    /// What the answers are judged by, in words.
    pub measure: &'static str,
    /// The same in sentences.
    #[serde(rename = "says")]
    pub message: ReviewSays,
    /// How many rows bring the model back to its baseline; null without a baseline or labels.
    pub target: Option<TargetPart>,
    /// The rows in tenths, the most doubtful first.
    pub bands: Vec<BandPart>,
    /// What reviewing a share of the rows would bring, by ascending share.
    pub coverage: Vec<CoveragePart>,
    /// Rows to look at first.
    pub queue: Vec<QueuedPart>,
    /// Whether rows that have their label already had to fill the queue.
    pub queue_has_labelled: bool,
    /// What came back from people.
    pub returned: Option<ReturnedPart>,
    /// What is assumed and what can't be determined.
    pub limits: Vec<String>,
}

/// A review in sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReviewSays {
    /// How many rows people must review.
    pub target: String,
    /// What the queue holds.
    pub queue: String,
    /// What the labels say that came back.
    pub returned: Option<String>,
}

/// How many rows people must review to get the model back to its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TargetPart {
    /// The id of the metric.
    pub metric: &'static str,
    /// The baseline.
    pub baseline: f64,
    /// The value without a review.
    pub now: f64,
    /// The smallest share of the rows, the most doubtful first, whose review gets it back to the baseline.
    pub share: f64,
    /// 95 % interval of the share.
    pub interval: Option<(f64, f64)>,
    /// The share that a review of rows drawn at random would need.
    pub at_random: f64,
    /// Reviews a day at the present traffic; null without a clock.
    pub rows_a_day: Option<f64>,
}

/// Rows of like doubt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BandPart {
    /// The lowest and the highest expected loss in it.
    pub expected_loss: (f64, f64),
    /// Its share of the rows.
    pub share: f64,
    /// Rows of the sample.
    pub rows: u64,
    /// Accuracy (numbers: mean absolute error) of its labelled rows; null without a label.
    pub value: Option<Estimate>,
}

/// What reviewing the most doubtful rows would bring.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CoveragePart {
    /// The share of the rows that people review.
    pub reviewed: f64,
    /// Accuracy (numbers: mean absolute error) of all answers then, the reviewed ones being right.
    pub value: f64,
    /// The same for rows drawn at random.
    pub at_random: f64,
    /// Of the answers that are left to the model alone.
    pub of_the_rest: Option<f64>,
}

/// A row for people to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QueuedPart {
    /// The row of the production sample.
    pub row: usize,
    /// When it was asked.
    pub at: Option<String>,
    /// Why it is here.
    #[cfg_attr(test, schemars(extend("enum" = crate::remedy::review::Why::IDS)))]
    pub why: &'static str,
    /// Its priority, from 0 to 1; null for rows drawn at random.
    pub priority: Option<f64>,
    /// Its expected loss.
    pub expected_loss: f64,
    /// Its distance to training, in units of the distance that 99.5 % of training rows keep; null where not measured.
    pub novelty: Option<f64>,
    /// How far the other model's answer is from the logged one; null without another model.
    pub disagreement: Option<f64>,
    /// Rows of the log that it stands for; only rows drawn at random stand for others.
    pub weight: Option<f64>,
}

/// Labels that people gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReturnedPart {
    /// Rows of the file.
    pub rows: u64,
    /// Those whose id is in the sample and which have a label that can be read.
    pub matched: u64,
    /// Rows on which the model's answer is the reviewer's label, as a share; null for numbers.
    pub agreement: Option<Estimate>,
    /// Rows that have a label in the log as well.
    pub labelled_before: u64,
    /// Those on which it is the reviewer's.
    pub same_label: u64,
    /// Accuracy (numbers: mean absolute error) of the model on all rows since the onset, as the reviewed rows tell it.
    pub estimate: Option<Estimate>,
    /// What the estimate rests on.
    pub basis: EstimateBasis,
    /// The share of the rows since the onset that the estimate speaks of.
    pub covered: f64,
    /// What accuracy can be at all when the rest is unknown; null for numbers, or when all is covered.
    pub bounds: Option<(f64, f64)>,
    /// What it can't tell.
    pub limits: Vec<String>,
}

impl ReviewPart {
    pub(super) fn new(dossier: &Dossier, review: &Review) -> Self {
        let time = &dossier.production.sample.time;
        let queued = |queued: &Queued| QueuedPart {
            row: queued.row,
            at: instant(time.get(queued.row).copied()),
            why: queued.why.id(),
            priority: queued.priority,
            expected_loss: queued.doubt,
            novelty: queued.novelty,
            disagreement: queued.disagreement,
            weight: queued.weight,
        };
        let name = review.metric.name();
        Self {
            expected_by: review.expected,
            labelled: review.labelled,
            measure: name,
            message: ReviewSays {
                target: wording::review::target(review),
                queue: wording::review::queue(review),
                returned: review.returned.as_ref().map(|returned| wording::review::returned(returned, name)),
            },
            target: review.target.map(TargetPart::from),
            bands: review.bands.iter().map(BandPart::from).collect(),
            coverage: review.coverage.iter().map(CoveragePart::from).collect(),
            queue: review.queue.iter().map(queued).collect(),
            queue_has_labelled: review.queue_has_labelled,
            returned: review.returned.as_ref().map(ReturnedPart::from),
            limits: review.limits.clone(),
        }
    }
}

impl From<ReviewTarget> for TargetPart {
    fn from(target: ReviewTarget) -> Self {
        Self {
            metric: target.metric.id(),
            baseline: target.baseline,
            now: target.now,
            share: target.share,
            interval: target.interval,
            at_random: target.at_random,
            rows_a_day: target.a_day,
        }
    }
}

impl From<&Band> for BandPart {
    fn from(band: &Band) -> Self {
        Self { expected_loss: band.doubt, share: band.share, rows: band.rows, value: band.value }
    }
}

impl From<&Coverage> for CoveragePart {
    fn from(at: &Coverage) -> Self {
        Self { reviewed: at.reviewed, value: at.value, at_random: at.at_random, of_the_rest: at.of_the_rest }
    }
}

impl From<&Returned> for ReturnedPart {
    fn from(returned: &Returned) -> Self {
        Self {
            rows: returned.rows,
            matched: returned.matched,
            agreement: returned.agreement,
            labelled_before: returned.known.0,
            same_label: returned.known.1,
            estimate: returned.estimate,
            basis: returned.basis,
            covered: returned.covered,
            bounds: returned.bounds,
            limits: returned.limits.clone(),
        }
    }
}
