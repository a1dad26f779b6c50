//! Did the inputs move or the relation? The loss split, the reference learner, and the anatomy of the change.

use crate::{
    autopsy::{
        Dossier,
        exam::compared::{Compared, Side},
    },
    model::{
        anatomy::{self, Anatomy, Outcome, Period},
        binned::{Binned, Binning, NUMERIC_BINS},
        decomposition::{Decomposition, decompose, expected_loss},
        loss::softmax,
        propensity::Propensity,
        reference::{LossChange, Reference},
        surrogate::{Parts, Surrogate},
    },
    stats::Undefined,
    summary::Task,
};

/// Bins of a feature beside its part of the score.
const ANATOMY_BINS: usize = 8;

/// The judged rows of both periods as the learners see them: those before, then those after.
#[derive(Debug)]
pub(super) struct Joint {
    pub is_after: Vec<bool>,
    pub loss: Vec<f64>,
    pub propensity: Propensity,
    /// What the loss of each row would be expected to be, had nothing changed.
    pub expected: Vec<f64>,
}

impl Joint {
    /// * `compared`: with a bounded number of rows.
    pub(super) fn new(compared: &Compared<'_>) -> Result<Self, Undefined> {
        let (before, after) = (&compared.before, &compared.after);
        let binning = Binning::fit(compared.plan, &before.table, &before.rows, NUMERIC_BINS);
        let data = binning
            .codes(&before.table, &before.rows)
            .chain(&binning.codes(&after.table, &after.rows));
        let is_after: Vec<bool> = (0..data.rows).map(|r| r >= before.rows.len()).collect();
        let loss = [before.loss.as_slice(), &after.loss].concat();
        let propensity = Propensity::fit(&data, &is_after, compared.plan.seed)?;
        let expected = expected_loss(&data, &is_after, &loss, &propensity.folds)?;
        Ok(Self {
            is_after,
            loss,
            propensity,
            expected,
        })
    }

    pub(super) fn decomposition(&self) -> Result<Decomposition, Undefined> {
        decompose(&self.is_after, &self.loss, &self.expected, &self.propensity)
    }

    /// Each later row's loss less what was expected of it.
    pub(super) fn excess(&self) -> Vec<f64> {
        let later = (0..self.loss.len()).filter(|&r| self.is_after[r]);
        later.map(|r| self.loss[r] - self.expected[r]).collect()
    }
}

/// The deployed model's loss beside that of a learner of the training labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceLoss {
    /// The deployed model, before and after.
    pub deployed: LossChange,
    /// The learner, before and after; compare it with itself only.
    pub learner: LossChange,
}

impl ReferenceLoss {
    /// Which share of the deployed model's rise the learner suffers, too.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.learner.rise() / self.deployed.rise()
    }
}

/// Scores the learner of the training labels on both periods.
pub(super) fn reference(dossier: &Dossier, compared: &Compared<'_>) -> Result<ReferenceLoss, Undefined> {
    let learner = Reference::fit(compared.plan, &dossier.training.sample)?;
    let losses = |side: &Side<'_>| {
        let mut losses = learner.losses(&side.table, &side.rows);
        losses.retain(|loss| loss.is_finite());
        losses
    };
    Ok(ReferenceLoss {
        deployed: LossChange::of(&compared.before.loss, &compared.after.loss)?,
        learner: LossChange::of(&losses(&compared.before), &losses(&compared.after))?,
    })
}

/// What changed in the outcome given score and inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationChange {
    /// Several classes: the class whose answers lost most, which the anatomy is about.
    pub class: Option<usize>,
    /// Its share before and after (classes).
    pub prevalence: Option<(f64, f64)>,
    /// The gains of the explanations.
    pub anatomy: Anatomy,
}

/// Takes the change apart by the surrogate's parts of the score.
pub(super) fn change(compared: &Compared<'_>, surrogate: &Surrogate) -> Result<RelationChange, Undefined> {
    let (before, after) = (&compared.before, &compared.after);
    let class = match compared.plan.task {
        Task::Regression => None,
        Task::Binary => Some(1),
        Task::Multiclass => Some(worst_class(compared, surrogate)),
    };
    let outcome = |side: &Side<'_>| -> Vec<f64> {
        let labels = side.labels();
        class.map_or(labels.clone(), |k| {
            labels
                .iter()
                .map(|&y| f64::from(u8::from(y == k as f64)))
                .collect()
        })
    };
    let binning = Binning::fit(compared.plan, &before.table, &before.rows, ANATOMY_BINS);
    let period = |side: &Side<'_>| -> (Vec<f64>, Parts, Binned) {
        let parts = surrogate.parts(&side.table, &side.rows, class.unwrap_or(0));
        (outcome(side), parts, binning.codes(&side.table, &side.rows))
    };
    let (b, a) = (period(before), period(after));
    let kind = if class.is_some() {
        Outcome::Binary
    } else {
        Outcome::Value
    };
    let anatomy = anatomy::anatomy(
        kind,
        &Period {
            y: &b.0,
            parts: &b.1,
            bins: &b.2,
        },
        &Period {
            y: &a.0,
            parts: &a.1,
            bins: &a.2,
        },
    )?;
    let mean = |y: &[f64]| y.iter().sum::<f64>() / y.len().max(1) as f64;
    Ok(RelationChange {
        class: class.filter(|_| compared.plan.task == Task::Multiclass),
        prevalence: class.map(|_| (mean(&b.0), mean(&a.0))),
        anatomy,
    })
}

/// The class whose log loss, one against the rest, rose most under the surrogate.
fn worst_class(compared: &Compared<'_>, surrogate: &Surrogate) -> usize {
    let classes = compared.plan.classes.len();
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
    let (was, is) = (losses(&compared.before), losses(&compared.after));
    let rises = is.iter().zip(&was).map(|(is, was)| is - was).enumerate();
    rises
        .reduce(|a, b| if b.1 > a.1 { b } else { a })
        .map_or(0, |(class, _)| class)
}
