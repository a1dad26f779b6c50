//! Human review, as JSON.

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
    /// How the expected loss of a row is estimated.
    pub expected_by: Expected,
    /// Labelled rows since the onset (all if there is none).
    pub labelled: u64,
    /// How predictions are evaluated.
    pub measure: &'static str,
    /// A summary in sentences.
    #[serde(rename = "says")]
    pub message: ReviewSays,
    /// How many reviewed rows restore the baseline; null without a baseline or labels.
    pub target: Option<TargetPart>,
    /// The rows in tenths, most doubtful first.
    pub bands: Vec<BandPart>,
    /// The effect of reviewing a share of the rows, ascending in the share.
    pub coverage: Vec<CoveragePart>,
    /// Rows to review first.
    pub queue: Vec<QueuedPart>,
    /// Whether the queue had to be filled up with rows that already have a label.
    pub queue_has_labelled: bool,
    /// The reviewed labels.
    pub returned: Option<ReturnedPart>,
    /// Assumptions and limitations.
    pub limits: Vec<String>,
}

/// Summary of a review, in sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReviewSays {
    /// How many rows people must review.
    pub target: String,
    /// What the queue holds.
    pub queue: String,
    /// What the reviewed labels show.
    pub returned: Option<String>,
}

/// How many rows people must review to restore the model's baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TargetPart {
    /// The id of the metric.
    pub metric: &'static str,
    /// The baseline.
    pub baseline: f64,
    /// The value without a review.
    pub now: f64,
    /// The smallest share of the rows, most doubtful first, whose review restores the baseline.
    pub share: f64,
    /// 95 % interval of the share.
    pub interval: Option<(f64, f64)>,
    /// The share that a review of randomly chosen rows would need.
    pub at_random: f64,
    /// Reviews per day at the present traffic; null without timestamps.
    pub rows_a_day: Option<f64>,
}

/// Rows of similar doubt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BandPart {
    /// The lowest and the highest expected loss in the band.
    pub expected_loss: (f64, f64),
    /// Its share of the rows.
    pub share: f64,
    /// Rows of the sample.
    pub rows: u64,
    /// Accuracy (regression: mean absolute error) of its labelled rows; null without labels.
    pub value: Option<Estimate>,
}

/// The effect of reviewing the most doubtful rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CoveragePart {
    /// The share of the rows that people review.
    pub reviewed: f64,
    /// Accuracy (regression: mean absolute error) of all predictions, with the reviewed ones correct.
    pub value: f64,
    /// The same for randomly chosen rows.
    pub at_random: f64,
    /// The same over the predictions left to the model alone.
    pub of_the_rest: Option<f64>,
}

/// A row for review.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QueuedPart {
    /// The row of the production sample.
    pub row: usize,
    /// Time of the prediction.
    pub at: Option<String>,
    /// Why it is in the queue.
    #[cfg_attr(test, schemars(extend("enum" = crate::remedy::review::Why::IDS)))]
    pub why: &'static str,
    /// Its priority, from 0 to 1; null for rows drawn at random.
    pub priority: Option<f64>,
    /// Its expected loss.
    pub expected_loss: f64,
    /// Its distance to training, in units of the 99.5 % quantile of that distance over training rows; null if
    /// not measured.
    pub novelty: Option<f64>,
    /// Difference of the other model's prediction from the logged one; null without another model.
    pub disagreement: Option<f64>,
    /// Number of log rows that it represents; only for rows drawn at random.
    pub weight: Option<f64>,
}

/// Labels given by reviewers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReturnedPart {
    /// Rows of the file.
    pub rows: u64,
    /// Those whose id is in the sample and whose label is readable.
    pub matched: u64,
    /// Share of rows on which the prediction equals the reviewer's label; null for regression.
    pub agreement: Option<Estimate>,
    /// Rows that also have a label in the log.
    pub labelled_before: u64,
    /// Those on which it equals the reviewer's.
    pub same_label: u64,
    /// Estimated accuracy (regression: mean absolute error) of the model on all rows since the onset.
    pub estimate: Option<Estimate>,
    /// What the estimate is based on.
    pub basis: EstimateBasis,
    /// The share of the rows since the onset that the estimate covers.
    pub covered: f64,
    /// Bounds of the accuracy if nothing is assumed about the rest; null for regression, or if all rows are
    /// covered.
    pub bounds: Option<(f64, f64)>,
    /// Limitations.
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
