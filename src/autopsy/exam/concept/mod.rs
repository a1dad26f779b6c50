//! Did the relation between inputs and outcome change?
//!
//! All of it is asked of labelled rows: those after the onset against those before it (else the golden set at launch,
//! else training, whose answers are too good). Learners see at most 4,000 rows of a period; residuals see all.
//!
//! | signal | what it measures | which way it points |
//! |---|---|---|
//! | `concept.reference_share` | rise in loss of a learner of the training labels over the deployed model's rise | 0: model or service broke; 1: population or relation changed |
//! | `concept.reference_z` | that rise in standard errors | 0: the world is as it was |
//! | `concept.challenger_gain` | loss that the better challenger saves, as a share of the deployed model's loss | above 0: the answers can be beaten; says little of the cause |
//! | `concept.challenger_z` | the same in standard errors | as above |
//! | `concept.domain_auc` | how well the periods are told apart by the inputs | 0.5: inputs as before; above 0.9: altered or outside, the split means little |
//! | `concept.inputs_share` | share of the rise that different inputs explain | 1: the population moved |
//! | `concept.relation_share` | share of the rise that a changed relation explains | 1: relation, model or service |
//! | `concept.relation_z` | that part in standard errors | 0: the relation stands |
//! | `concept.outside_share` | share of the rise on rows that the earlier period hardly holds | 1: new kinds of rows |
//! | `concept.outside_rows` | share of such rows | as above |
//! | `concept.change` | what any correction of the score explains, in twice the log-likelihood per row | 0: the outcome given the inputs is as before |
//! | `concept.balance` | what the leading feature's part explains beyond the whole score, over all | above .05: that feature drifted; below 0: the whole relation |
//! | `concept.whole_share` | what a factor on the whole score explains, over all | 1: the score tells less, or the opposite |
//! | `concept.first_share` | what the part of the feature that explains most alone explains, over all | 1: that feature drifted |
//! | `concept.pair_adds` | what a second feature's part adds to it, over all | 0: one feature; more: a broad change |
//! | `concept.pair_leaves` | what is left for more features than these two, over all | more: a broad change |
//! | `concept.factor` | what that factor adds to 1 | -1: the score tells nothing any more |
//! | `concept.calibration` | rise of the calibration error | 0: scores mean what they meant |
//! | `concept.surprise` | realised performance less than estimated without labels, in the measure's units | 0: rows got harder; above 0: relation, model or service |
//! | `concept.carried` | share of the rise on the best slice less its share of the rows | 0: all rows alike; near 1: one part of the rows |
//! | `label_shift.prevalence_z` | largest change of an outcome's share in standard errors, without its sign | above 5: the prior moved |
//! | `label_shift.given_outcome_auc` | how well inputs tell the periods apart at the same mix of outcomes | near 0.5: inputs given the outcome are as before |
//! | `label_shift.constant_share` | what a constant added to the score explains, over all corrections | 1: only the prior moved |
//! | `label_shift.mismatch` | constant of the score against the change of the prior's log-odds, in standard errors | 0: the prior explains it |
//! | `label_shift.exponent` | how far outcomes of rows with the same answer moved, in units of what a prior that moves by itself does | 0: the inputs moved; 1: the prior; more: the relation |
//! | `label_shift.day_spread` | variance of the days' outcomes over chance (natural logarithm) | 0: steady; above 0: the mix of outcomes comes and goes |
//! | `label_shift.estimated_size` | shift of the classes' shares that the answers alone tell | its size, whatever the cause |
//!
//! Shares of a rise are absent when the loss did not rise by three standard errors; the split is absent when the
//! periods share too few rows. Without labels after the onset everything is absent but `label_shift.estimated_size`.

mod calibration;
mod challenge;
mod estimated;
mod findings;
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
    label_shift::LabelShift,
    overdispersion::Overdispersion,
    prior_shift_exponent::PriorShiftExponent,
    relation::{ReferenceLoss, RelationChange},
    segments::Segment,
    slices::Slice,
};
use crate::{
    autopsy::{
        Observations, Step,
        exam::{
            context::ExamContext,
            loss_samples::LossSamples,
            rowless::{self, NeedsRows},
            window_split,
        },
    },
    model::{decomposition::Decomposition, reference::LossChange},
    stats::Undefined,
    summary::Grid,
};
pub(crate) use segments::Cut;

/// Fewer labelled rows than this in a period and nothing is said about the relation.
pub const FEWEST_ROWS: usize = 200;

/// A rise in loss below this many standard errors has no parts worth naming.
pub const REAL: f64 = 3.0;

/// What can't be told of a profile.
const NEEDS_ROWS: [NeedsRows; 7] = [
    ("concept.relation", "Whether the relation between inputs and outcome changed"),
    ("concept.residuals", "In which parts of the rows the loss rose"),
    ("concept.reference", "Whether a learner of the training labels does better"),
    ("concept.split", "Whether other inputs or another relation raised the loss"),
    ("concept.challenger", "Whether a refitted model does better"),
    ("concept.calibration", "Whether the scores are calibrated"),
    ("concept.carriers", "Which segment carries the loss"),
];

/// The relation between inputs and outcome, before and after. What could not be computed says why.
#[derive(Debug, Clone, PartialEq)]
pub struct Concept {
    /// The windows of the courses; none without a clock.
    pub grid: Option<Grid>,
    /// Labelled rows before and after.
    pub rows: (usize, usize),
    /// What the rows before are: `before the onset`, `in the golden set at launch`, `in training`.
    pub against: &'static str,
    /// The deployed model's mean loss before and after.
    pub loss: Result<LossChange, Undefined>,
    /// All rows first, then each feature's segments in the order of the plan.
    pub segments: Vec<Segment>,
    /// Boosted trees, then a regularised regression, each refitted on rows after the onset.
    pub challengers: Vec<Result<ChallengerCourse, Undefined>>,
    /// Binary with a score: reliability before and after.
    pub calibration: Option<Calibration>,
    /// How well the periods are told apart by the inputs: area under the curve and its standard error.
    pub domain: Result<(f64, f64), Undefined>,
    /// The rise in loss split into inputs, relation and rows outside.
    pub split: Result<Decomposition, Undefined>,
    /// The deployed model beside a learner of the training labels.
    pub reference: Result<ReferenceLoss, Undefined>,
    /// What changed in the outcome given score and inputs.
    pub change: Result<RelationChange, Undefined>,
    /// The outcome's own frequencies.
    pub label_shift: Result<LabelShift, Undefined>,
    /// Whether the outcomes moved among rows with the same answer.
    pub prior_shift_exponent: Result<PriorShiftExponent, Undefined>,
    /// Whether the outcome's frequency comes and goes; none with too few days.
    pub overdispersion: Option<Overdispersion>,
    /// Performance where no label has come yet.
    pub estimated: Result<Estimated, Undefined>,
    /// The parts of the rows that carry the rise, best first.
    pub slices: Vec<Slice>,
}

impl Default for Concept {
    /// Nothing examined.
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
        }
    }
}

/// Parts of the exam that take time.
pub const PARTS: usize = 5;

/// Compares the relation after the onset with the one before; [`ExamContext::part_done`] hears of each of the [`PARTS`].
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Concept, Observations) {
    let &ExamContext { dossier, framing, surrogate, part_done, .. } = context;
    let (grid, _, _) = window_split::widened(dossier, window_split::display_width(dossier));
    if let Some(because) = dossier.without_rows(false, false) {
        let observations = rowless::not_applicable(Step::Concept, &NEEDS_ROWS, because);
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
    let concept = Concept {
        grid,
        rows,
        against: samples.said(),
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
    };
    let observations = findings::examine(context, &concept);
    part_done();
    (concept, observations)
}

#[cfg(test)]
mod tests;
