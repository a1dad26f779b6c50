//! Inputs or relation: the decomposition of the loss, the reference model, and the attribution of the change.

use crate::{
    autopsy::{
        Baseline, Dossier,
        exam::loss_samples::{LossSamples, Side},
    },
    cached::cached,
    model::{
        binned::{Binning, NUMERIC_BINS},
        change_attribution::{self, ChangeAttribution, Outcome, PeriodRows},
        decomposition::{Decomposition, decompose, expected_loss},
        loss::softmax,
        propensity::Propensity,
        reference::{LossChange, Reference},
        surrogate::{Parts, Surrogate},
    },
    stats::Undefined,
    summary::Task,
};

/// With many classes, the maximum number of classes analysed, those with the largest loss first.
const MOST_CLASSES: usize = 3;

/// Bins of a feature beside its part of the score.
const ATTRIBUTION_BINS: usize = 8;

/// The judged rows of both periods, binned for fitting: those before, then those after.
#[derive(Debug)]
pub(super) struct PooledRows {
    pub is_after: Vec<bool>,
    pub loss: Vec<f64>,
    pub propensity: Propensity,
    /// The loss of each row that was expected under no change.
    pub expected: Vec<f64>,
}

impl PooledRows {
    /// * `samples`: with a bounded number of rows.
    pub(super) fn new(samples: &LossSamples<'_>) -> Result<Self, Undefined> {
        let (before, after) = (&samples.before, &samples.after);
        let binning = Binning::fit(samples.plan, &before.table, &before.rows, NUMERIC_BINS);
        let data =
            binning.codes(&before.table, &before.rows).chain(&binning.codes(&after.table, &after.rows));
        let is_after: Vec<bool> = (0..data.rows).map(|r| r >= before.rows.len()).collect();
        let loss = [before.loss.as_slice(), &after.loss].concat();
        let propensity = Propensity::fit(&data, &is_after, samples.plan.seed)?;
        let expected = expected_loss(&data, &is_after, &loss, &propensity.folds)?;
        Ok(Self { is_after, loss, propensity, expected })
    }

    pub(super) fn decomposition(&self) -> Result<Decomposition, Undefined> {
        decompose(&self.is_after, &self.loss, &self.expected, &self.propensity)
    }

    /// The excess loss of each row after the onset: its loss less the expected one.
    pub(super) fn excess(&self) -> Vec<f64> {
        let later = (0..self.loss.len()).filter(|&r| self.is_after[r]);
        later.map(|r| self.loss[r] - self.expected[r]).collect()
    }
}

/// The deployed model's loss beside that of a model fitted to the training labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceLoss {
    /// The deployed model, before and after.
    pub deployed: LossChange,
    /// The fitted model, before and after; comparable only with itself.
    pub learner: LossChange,
}

cached!(struct ReferenceLoss { deployed, learner });

impl ReferenceLoss {
    /// The share of the deployed model's rise in loss that the fitted model has as well.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.learner.rise() / self.deployed.rise()
    }
}

/// Evaluates the model fitted to the training labels on both periods.
pub(super) fn reference(dossier: &Dossier, samples: &LossSamples<'_>) -> Result<ReferenceLoss, Undefined> {
    let learner = Reference::fit(samples.plan, &dossier.training.sample)?;
    let losses = |side: &Side<'_>| {
        let mut losses = learner.losses(&side.table, &side.rows);
        losses.retain(|loss| loss.is_finite());
        losses
    };
    // The learner has seen the training rows: what it does on new ones is known out of fold.
    let before = match samples.baseline {
        Baseline::Training => samples.before.loss.clone(),
        Baseline::ProductionBefore | Baseline::GoldenAtLaunch => losses(&samples.before),
    };
    Ok(ReferenceLoss {
        deployed: LossChange::of(&samples.before.loss, &samples.after.loss)?,
        learner: LossChange::of(&before, &losses(&samples.after))?,
    })
}

/// The change in the outcome given score and inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationChange {
    /// Several classes: the class whose predictions lost most. The attribution covers this one and the next
    /// worst.
    pub class: Option<usize>,
    /// Its frequency before and after (classes).
    pub prevalence: Option<(f64, f64)>,
    /// The gains of the explanations.
    pub change_attribution: ChangeAttribution,
}

cached!(struct RelationChange { class, prevalence, change_attribution });

/// Attributes the change to the surrogate's parts of the score.
pub(super) fn change(samples: &LossSamples<'_>, surrogate: &Surrogate) -> Result<RelationChange, Undefined> {
    let (before, after) = (&samples.before, &samples.after);
    let classes = match samples.plan.task {
        Task::Regression => Vec::new(),
        Task::Binary => vec![1],
        Task::Multiclass => worst_classes(samples, surrogate),
    };
    let binning = Binning::fit(samples.plan, &before.table, &before.rows, ATTRIBUTION_BINS);
    let taken = |class: Option<usize>| {
        let explainer = surrogate.explainer(class.unwrap_or(0));
        let side = |side: &Side<'_>| -> (Vec<f64>, Parts) {
            let mut y = side.labels();
            if let Some(class) = class {
                y.iter_mut().for_each(|y| *y = f64::from(u8::from(*y == class as f64)));
            }
            (y, explainer.parts(&side.table, &side.rows))
        };
        [side(before), side(after)]
    };
    let (kind, outcomes) = if classes.is_empty() {
        (Outcome::Value, vec![taken(None)])
    } else {
        (Outcome::Binary, classes.iter().map(|&class| taken(Some(class))).collect())
    };
    let features = outcomes.first().map(|sides| &sides[0].1.features).ok_or(Undefined::Empty)?;
    let bins = [before, after].map(|side| binning.codes_of(&side.table, &side.rows, features));
    let periods: Vec<(PeriodRows<'_>, PeriodRows<'_>)> = outcomes
        .iter()
        .map(|sides| {
            let period = |at: usize| PeriodRows { y: &sides[at].0, parts: &sides[at].1, bins: &bins[at] };
            (period(0), period(1))
        })
        .collect();
    let change_attribution = change_attribution::change_attribution(kind, &periods)?;
    let mean = |y: &[f64]| y.iter().sum::<f64>() / y.len().max(1) as f64;
    let class = classes.first().copied();
    Ok(RelationChange {
        class: class.filter(|_| samples.plan.task == Task::Multiclass),
        prevalence: class.map(|_| (mean(periods[0].0.y), mean(periods[0].1.y))),
        change_attribution,
    })
}

/// The classes whose one-against-rest log loss rose most under the surrogate, the worst first.
fn worst_classes(samples: &LossSamples<'_>, surrogate: &Surrogate) -> Vec<usize> {
    let classes = samples.plan.classes.len();
    let losses = |side: &Side<'_>| -> Vec<f64> {
        let mut shares = surrogate.raw(&side.table, &side.rows);
        shares.chunks_exact_mut(classes).for_each(softmax);
        let mut losses = vec![0.0; classes];
        for (shares, label) in shares.chunks_exact(classes).zip(side.labels()) {
            for (k, (loss, p)) in losses.iter_mut().zip(shares).enumerate() {
                let p = p.clamp(0.01, 0.99);
                *loss -= (if label == k as f64 { p } else { 1.0 - p }).ln() / side.rows.len() as f64;
            }
        }
        losses
    };
    let (was, is) = (losses(&samples.before), losses(&samples.after));
    let mut order: Vec<usize> = (0..classes).collect();
    order.sort_by(|&a, &b| (is[b] - was[b]).total_cmp(&(is[a] - was[a])).then(a.cmp(&b)));
    order.truncate(MOST_CLASSES);
    order
}
