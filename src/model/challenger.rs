//! Would a learner of the recent rows predict better than the deployed model?

use super::{
    binned::Binned,
    folds::Groups,
    learner::{Family, RowReader, cross_answers},
    loss::LossKind,
};
use crate::{
    cached::cached,
    stats::{Undefined, testing::paired},
    summary::{Plan, Table},
};

/// Folds of the cross-validation.
const FOLDS: usize = 4;

/// The minimum number of labelled rows for a comparison.
pub const FEWEST_ROWS: usize = 200;

/// A challenger's predictions compared with the deployed model's on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    /// The kind of learner.
    pub family: Family,
    /// The loss used for both.
    pub kind: LossKind,
    /// The rows compared.
    pub rows: Vec<usize>,
    /// The challenger's out-of-fold predictions, one per row.
    pub answers: Vec<f64>,
    /// The deployed model's mean loss.
    pub deployed: f64,
    /// The challenger's mean loss.
    pub challenger: f64,
    /// Mean loss of the deployed model minus the challenger's: above 0, the challenger is better.
    pub gain: f64,
    /// The standard error of the gain, from paired rows.
    pub error: f64,
}

cached!(struct Challenge { family, kind, rows, answers, deployed, challenger, gain, error });

impl Challenge {
    /// The gain in standard errors.
    #[must_use]
    pub fn z(&self) -> f64 {
        if self.gain == 0.0 { 0.0 } else { self.gain / self.error.max(1e-12) }
    }
}

/// Cross-validates a learner on labelled rows and compares it with the logged predictions.
///
/// * `rows`: rows of `table`; those without a label or a prediction are skipped.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than [`FEWEST_ROWS`] rows with label and prediction, or when no fold can
/// be fitted.
pub fn challenge(
    plan: &Plan,
    table: &Table,
    rows: &[usize],
    family: Family,
    seed: u64,
) -> Result<Challenge, Undefined> {
    let kind = LossKind::of(plan);
    let rows: Vec<usize> = rows.iter().copied().filter(|&r| kind.of_row(table, r).is_finite()).collect();
    if rows.len() < FEWEST_ROWS {
        return Err(Undefined::TooFew);
    }
    let label: Vec<f64> = rows.iter().map(|&r| table.label[r]).collect();
    let folds = Groups::find(&Binned::new(plan, table, &rows)).folds(FOLDS, seed);
    let data = RowReader::fit(family, plan, table, &rows).read(table, &rows);
    let answers = cross_answers(plan, &data, &label, kind, &folds, FOLDS);

    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let (mut compared, mut kept) = (Vec::new(), Vec::new());
    for ((&row, &answer), &label) in rows.iter().zip(&answers).zip(&label) {
        let loss = kind.of_answer(label, answer);
        if loss.is_finite() {
            ours.push(loss);
            theirs.push(kind.of_row(table, row));
            compared.push(row);
            kept.push(answer);
        }
    }
    let difference = paired(&ours, &theirs)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    Ok(Challenge {
        family,
        kind,
        deployed: mean(&theirs),
        challenger: mean(&ours),
        rows: compared,
        answers: kept,
        gain: difference.difference,
        error: difference.error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{label, planted};

    #[test]
    fn wins_where_the_relation_turned_and_not_where_it_stands() {
        let mut data = planted(3000, 21);
        let rows: Vec<usize> = (0..3000).collect();
        for family in [Family::Boosted, Family::Linear] {
            let steady = challenge(&data.plan, &data.table, &rows, family, 1).unwrap();
            assert!(steady.gain < 0.0, "{family:?}: nobody beats the law itself, {}", steady.gain);
        }
        label(&mut data.table, 21, |a, b, _| -1.5 * if a.is_nan() { 0.0 } else { a } + 0.8 * b);
        for family in [Family::Boosted, Family::Linear] {
            let turned = challenge(&data.plan, &data.table, &rows, family, 1).unwrap();
            assert!(turned.z() > 10.0, "{family:?}: z {}", turned.z());
            assert!((turned.deployed - turned.challenger - turned.gain).abs() < 1e-9);
        }
    }

    #[test]
    fn rows_without_labels_are_passed_over() {
        let mut data = planted(600, 22);
        data.table.label[..100].fill(f64::NAN);
        let rows: Vec<usize> = (0..600).collect();
        let challenge = |table| super::challenge(&data.plan, table, &rows, Family::Linear, 1);
        assert_eq!(challenge(&data.table).unwrap().rows.len(), 500);
        data.table.label[..450].fill(f64::NAN);
        let short = super::challenge(&data.plan, &data.table, &rows, Family::Linear, 1);
        assert_eq!(short.err(), Some(Undefined::TooFew));
    }
}
