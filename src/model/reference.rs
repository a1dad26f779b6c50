//! A learner fitted on the training labels only: what the deployed model should be able to do.
//!
//! Its loss rises when the population or the relation changes, as the deployed model's does, but not when the
//! deployed model or the service breaks. Compare each learner only with itself, before with after, never with
//! the other one.

use super::{
    folds::thin,
    learner::{Family, Learner, RowReader},
    loss::LossKind,
};
use crate::{
    cached::cached,
    stats::{Undefined, testing::welch},
    summary::{Plan, Table},
};

/// More training rows than this make it slower, not better.
const MOST_ROWS: usize = 8000;

/// The minimum number of labelled training rows.
const FEWEST_ROWS: usize = 100;

/// A learner fitted on the training labels.
#[derive(Debug, Clone)]
pub struct Reference {
    reader: RowReader,
    learner: Learner,
    kind: LossKind,
}

/// The mean loss in two groups of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossChange {
    /// Mean loss in the first group.
    pub before: f64,
    /// Mean loss in the second group.
    pub after: f64,
    /// The standard error of the difference.
    pub error: f64,
}

cached!(struct LossChange { before, after, error });

impl LossChange {
    /// Compares the means of two groups of losses.
    ///
    /// # Errors
    ///
    /// [`Undefined::TooFew`] or similar when a group has fewer than two rows.
    pub fn of(before: &[f64], after: &[f64]) -> Result<Self, Undefined> {
        if before.len() < 2 || after.len() < 2 {
            return Err(Undefined::TooFew);
        }
        let difference = welch(before, after)?;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        Ok(Self { before: mean(before), after: mean(after), error: difference.error })
    }

    /// The increase of the mean loss.
    #[must_use]
    pub fn rise(&self) -> f64 {
        self.after - self.before
    }

    /// The increase in standard errors.
    #[must_use]
    pub fn z(&self) -> f64 {
        if self.rise() == 0.0 { 0.0 } else { self.rise() / self.error.max(1e-12) }
    }
}

impl Reference {
    /// Fits the labels of the training snapshot.
    ///
    /// # Errors
    ///
    /// [`Undefined::TooFew`] without enough labels; otherwise as [`Learner::fit`].
    pub fn fit(plan: &Plan, training: &Table) -> Result<Self, Undefined> {
        let labelled: Vec<usize> =
            (0..training.label.len()).filter(|&r| training.label[r].is_finite()).collect();
        if labelled.len() < FEWEST_ROWS {
            return Err(Undefined::TooFew);
        }
        let rows = thin(&labelled, MOST_ROWS);
        let label: Vec<f64> = rows.iter().map(|&r| training.label[r]).collect();
        let reader = RowReader::fit(Family::Boosted, plan, training, &rows);
        let learner = Learner::fit(plan, &reader.read(training, &rows), &label)?;
        Ok(Self { reader, learner, kind: LossKind::of(plan) })
    }

    /// Its loss on the given rows of a table; NaN where the label is missing.
    #[must_use]
    pub fn losses(&self, table: &Table, rows: &[usize]) -> Vec<f64> {
        let answers = self.learner.answers(&self.reader.read(table, rows), self.kind);
        let label = |r: usize| table.label.get(r).copied().unwrap_or(f64::NAN);
        rows.iter().zip(answers).map(|(&r, answer)| self.kind.of_answer(label(r), answer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{label, planted};

    #[test]
    fn suffers_from_the_world_and_not_from_the_model() {
        let training = planted(3000, 31);
        let reference = Reference::fit(&training.plan, &training.table).unwrap();
        let before = planted(2000, 32).table;
        let mut after = planted(2000, 33).table;
        // The deployed model now predicts nonsense, which does not affect the reference learner.
        after.score.fill(0.5);
        let rows: Vec<usize> = (0..2000).collect();
        let change = |after: &Table| {
            LossChange::of(&reference.losses(&before, &rows), &reference.losses(after, &rows)).unwrap()
        };
        assert!(change(&after).z().abs() < 3.0);
        label(&mut after, 5, |a, b, _| -0.8 * b - if a.is_nan() { 0.0 } else { a });
        assert!(change(&after).z() > 15.0, "z {}", change(&after).z());
    }
}
