//! Concept drift: did the relation between inputs and outcome change?
//!
//! Everything is measured on labelled rows: those after the onset against those before it (else the golden
//! set at launch, else training, whose predictions are in-sample and too good). Fitted models use at most
//! 4,000 rows of a period; residuals use all.
//!
//! [`crate::autopsy::catalogue`] declares the signals: what each measures and which causes it is evidence
//! for.
//!
//! Shares of a rise are absent when the loss did not rise by three standard errors; the split is absent when
//! the periods share too few rows. Without labels after the onset everything is absent but
//! `label_shift.estimated_size`.

mod calibration;
mod challenge;
mod estimated;
mod findings;
mod importance;
mod label_shift;
mod overdispersion;
mod prior_shift_exponent;
mod relation;
mod segments;
mod slices;

use self::relation::PooledRows;
pub use self::{
    calibration::Calibration,
    challenge::ChallengerCourse,
    estimated::Estimated,
    importance::{Importance, InputWeight, SAME_ORDER, agreement},
    label_shift::LabelShift,
    overdispersion::Overdispersion,
    prior_shift_exponent::PriorShiftExponent,
    relation::{ReferenceLoss, RelationChange},
    segments::{Segment, rows_of_segment},
    slices::Slice,
};
use crate::{
    autopsy::{
        Observations,
        catalogue::ExamName,
        exam::{context::ExamContext, loss_samples::LossSamples, rowless, window_split},
    },
    cached::cached,
    model::{decomposition::Decomposition, reference::LossChange},
    stats::Undefined,
    summary::Grid,
};
pub(crate) use segments::Cut;

/// Minimum labelled rows in each period to measure the relation.
pub const FEWEST_ROWS: usize = 200;

/// Minimum rise in loss, in standard errors, to be split into parts.
pub const REAL: f64 = 3.0;

/// The relation between inputs and outcome, before and after. Parts that could not be computed hold the
/// reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Concept {
    /// The windows of the time series; none without timestamps.
    pub grid: Option<Grid>,
    /// Labelled rows before and after.
    pub rows: (usize, usize),
    /// The name of the reference rows: `before the onset`, `in the golden set at launch`, `in training`.
    pub against: &'static str,
    /// The deployed model's mean loss before and after.
    pub loss: Result<LossChange, Undefined>,
    /// All rows first, then each feature's segments in the order of the plan.
    pub segments: Vec<Segment>,
    /// Boosted trees, then a regularised regression, each refitted on rows after the onset.
    pub challengers: Vec<Result<ChallengerCourse, Undefined>>,
    /// Binary with a score: reliability before and after.
    pub calibration: Option<Calibration>,
    /// AUC and standard error of a classifier of the periods from the inputs.
    pub domain: Result<(f64, f64), Undefined>,
    /// The rise in loss split into the parts of the inputs, of the relation, and of rows outside.
    pub split: Result<Decomposition, Undefined>,
    /// The deployed model beside a model fitted to the training labels.
    pub reference: Result<ReferenceLoss, Undefined>,
    /// The change in the outcome given score and inputs.
    pub change: Result<RelationChange, Undefined>,
    /// The change in P(y).
    pub label_shift: Result<LabelShift, Undefined>,
    /// Whether the outcomes changed among rows with the same prediction.
    pub prior_shift_exponent: Result<PriorShiftExponent, Undefined>,
    /// Day-to-day overdispersion of the outcome's frequency; none with too few days.
    pub overdispersion: Option<Overdispersion>,
    /// Performance on rows that have no label yet.
    pub estimated: Result<Estimated, Undefined>,
    /// The slices that account for the rise, best first.
    pub slices: Vec<Slice>,
    /// What the inputs weigh before and since, by the learnt function of the model.
    pub importance: Result<Importance, Undefined>,
}

cached!(struct Concept {
    grid, rows, against, loss, segments, challengers, calibration, domain, split, reference, change,
    label_shift, prior_shift_exponent, overdispersion, estimated, slices, importance,
});

impl Default for Concept {
    /// An exam without results.
    fn default() -> Self {
        Self {
            grid: None,
            rows: (0, 0),
            against: "",
            loss: Err(Undefined::Empty),
            segments: Vec::new(),
            challengers: Vec::new(),
            calibration: None,
            domain: Err(Undefined::Empty),
            split: Err(Undefined::Empty),
            reference: Err(Undefined::Empty),
            change: Err(Undefined::Empty),
            label_shift: Err(Undefined::Empty),
            prior_shift_exponent: Err(Undefined::Empty),
            overdispersion: None,
            estimated: Err(Undefined::Empty),
            slices: Vec::new(),
            importance: Err(Undefined::Empty),
        }
    }
}

/// Number of slow parts of the exam.
pub const PARTS: usize = 5;

/// Compares the relation after the onset with the one before; calls [`ExamContext::part_done`] after each of
/// the [`PARTS`].
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Concept, Observations) {
    let &ExamContext { dossier, framing, surrogate, part_done, .. } = context;
    let (grid, _, _) = window_split::widened(dossier, window_split::display_width(dossier));
    if let Some(because) = dossier.without_rows(false, false) {
        let observations = rowless::not_applicable(ExamName::Concept, because);
        return (Concept { grid, ..Concept::default() }, observations);
    }
    let samples = LossSamples::new(dossier, framing);
    let rows = (samples.before.rows.len(), samples.after.rows.len());
    let enough = rows.0 >= FEWEST_ROWS && rows.1 >= FEWEST_ROWS;
    let thinned =
        LossSamples { before: samples.before.thinned(), after: samples.after.thinned(), ..samples.clone() };
    let both = |why: Undefined| if enough { Ok(()) } else { Err(why) };

    let ((pooled, change), (reference, challengers)) = rayon::join(
        || {
            let pooled = both(Undefined::TooFew).and_then(|()| PooledRows::new(&thinned));
            part_done();
            let change = both(Undefined::TooFew)
                .and_then(|()| surrogate.ok_or(Undefined::Empty))
                .and_then(|surrogate| relation::change(&thinned, surrogate));
            part_done();
            (pooled, change)
        },
        || {
            let reference = both(Undefined::TooFew).and_then(|()| relation::reference(dossier, &thinned));
            part_done();
            let challengers = challenge::challengers(dossier, &thinned, grid);
            part_done();
            (reference, challengers)
        },
    );
    let split = pooled.as_ref().map_err(|why| *why).and_then(PooledRows::decomposition);
    let cuts = Cut::all(dossier);
    let ((segments, slices), (label_shift, (calibration, estimated))) = rayon::join(
        || {
            let slices = pooled
                .as_ref()
                .map_or_else(|_| Vec::new(), |pooled| slices::slices(&thinned, &pooled.excess(), &cuts));
            let segments =
                if rows.1 > 0 { segments::segments(dossier, &samples, grid, &cuts) } else { Vec::new() };
            (segments, slices)
        },
        || {
            rayon::join(
                || label_shift::label_shift(&thinned, &framing.after),
                || {
                    let calibration = (rows.1 >= FEWEST_ROWS).then(|| calibration::calibration(&samples));
                    let estimated = estimated::estimated(dossier, &samples, &framing.after, grid);
                    (calibration.flatten(), estimated)
                },
            )
        },
    );
    let loss = LossChange::of(&samples.before.loss, &samples.after.loss);
    let production = (&dossier.production.sample, framing.before.as_slice(), framing.after.as_slice());
    let importance = surrogate
        .ok_or(Undefined::Empty)
        .and_then(|surrogate| importance::importance(surrogate, &dossier.training.sample, production));
    let concept = Concept {
        grid,
        rows,
        against: samples.phrase(),
        loss,
        segments,
        challengers,
        calibration,
        domain: pooled.as_ref().map(|j| (j.propensity.auc, j.propensity.auc_error)).map_err(|why| *why),
        split,
        reference,
        change,
        label_shift,
        prior_shift_exponent: both(Undefined::TooFew)
            .and_then(|()| prior_shift_exponent::prior_shift_exponent(&samples)),
        overdispersion: overdispersion::overdispersion(dossier, framing, &samples),
        estimated,
        slices,
        importance,
    };
    let observations = findings::examine(context, &concept);
    part_done();
    (concept, observations)
}

#[cfg(test)]
mod tests;
