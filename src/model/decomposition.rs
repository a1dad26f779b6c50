//! How much of a rise in loss comes from different rows, and how much from the same rows being harder to
//! predict?
//!
//! With `P` the first and `Q` the second group of rows, `l` the loss, `m(x) = E_P[l | x]` and
//! `w = q(x) / p(x)`:
//!
//! ```text
//! inputs    E_Q[m] - E_P[l] + E_P[w (l - m)]
//! relation  E_Q[l - m] - E_P[w (l - m)]
//! ```
//!
//! Both are doubly robust: consistent when either `m` or `w` is. Source: Singh et al. 2024, "A hierarchical
//! decomposition for explaining ML performance discrepancies" (its aggregate step). Rows of `Q` outside the
//! support of `P` are removed first, since nothing is known about their loss in `P` (the third term of Cai,
//! Namkoong and Yadlowsky 2023, "Diagnosing model performance under distribution shift").

use rayon::prelude::*;

use super::{
    binned::Binned,
    boosted::{Boosted, Loss, Params, Target},
    propensity::Propensity,
};
use crate::{cached::cached, stats::Undefined};

/// A row is outside the support when, with groups of equal size, it would be in the second group with this
/// probability.
pub const OUTSIDE: f64 = 0.95;

/// Above this AUC the groups share too few rows for the decomposition to be informative about the relation.
pub const SEPARATED: f64 = 0.9;

/// Small trees, as the expected loss is smooth.
const PARAMS: Params = Params {
    trees: 40,
    learning_rate: 0.12,
    leaves: 8,
    depth: 3,
    l2: 10.0,
    min_child_weight: 1.0,
    min_rows: 30,
    patience: None,
};

/// One part of the rise, in units of the loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossPart {
    /// Its contribution to the mean loss.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

cached!(struct LossPart { value, error });

impl LossPart {
    /// The 95 % interval.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        (self.value - 1.96 * self.error, self.value + 1.96 * self.error)
    }

    /// The value in standard errors.
    #[must_use]
    pub fn z(&self) -> f64 {
        if self.value == 0.0 { 0.0 } else { self.value / self.error.max(1e-12) }
    }
}

/// A rise in loss and its three parts, which sum to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decomposition {
    /// The rise of the mean loss from the first group to the second.
    pub total: LossPart,
    /// The part due to different inputs.
    pub inputs: LossPart,
    /// The part due to another relation of the outcome (or the prediction) to the same inputs.
    pub relation: LossPart,
    /// The part of the rows outside the first group's support.
    pub outside: LossPart,
    /// The share of the second group's rows outside that support.
    pub outside_rows: f64,
    /// Whether the groups share enough rows: an AUC of at most [`SEPARATED`].
    pub trusted: bool,
}

cached!(struct Decomposition { total, inputs, relation, outside, outside_rows, trusted });

/// Decomposes the rise in mean loss from the first group to the second.
///
/// * `data`, `loss`: the rows that `propensity` was fitted on, with a finite loss each.
/// * `is_second`: which of them are of the second group.
/// * `expected`: the result of [`expected_loss`] for these rows.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than 50 rows in the first group or in the second one's support.
pub fn decompose(
    is_second: &[bool],
    loss: &[f64],
    expected: &[f64],
    propensity: &Propensity,
) -> Result<Decomposition, Undefined> {
    let rows = propensity.probability.len();
    if [loss.len(), is_second.len(), expected.len()] != [rows; 3] {
        return Err(Undefined::BinMismatch);
    }
    let first: Vec<usize> = (0..rows).filter(|&r| !is_second[r]).collect();
    let second: Vec<usize> = (0..rows).filter(|&r| is_second[r]).collect();
    let ratio = first.len() as f64 / second.len().max(1) as f64;
    let is_outside = |r: usize| {
        let odds = ratio * propensity.probability[r] / (1.0 - propensity.probability[r]);
        odds / (1.0 + odds) > OUTSIDE
    };
    let (beyond, inside): (Vec<usize>, Vec<usize>) = second.iter().partition(|&&r| is_outside(r));
    if first.len() < 50 || inside.len() < 50 {
        return Err(Undefined::TooFew);
    }

    let n = first.len() as f64;
    let m = second.len() as f64;
    let share_inside = inside.len() as f64 / m;
    // The weights use the rows inside only, so rows of the first group that look like outside rows are left
    // out, too.
    let weights = inner_weights(&first, propensity, ratio, &is_outside);
    let mean_first = first.iter().map(|&r| loss[r]).sum::<f64>() / n;
    let corrected: Vec<f64> = first.iter().zip(&weights).map(|(&r, w)| w * (loss[r] - expected[r])).collect();
    let from_first: Vec<f64> = first.iter().zip(&corrected).map(|(&r, c)| c - loss[r]).collect();
    let mu: Vec<f64> = inside.iter().map(|&r| expected[r]).collect();
    let rest: Vec<f64> = inside.iter().map(|&r| loss[r] - expected[r]).collect();
    let over: Vec<f64> = beyond.iter().map(|&r| loss[r] - mean_first).collect();

    let scaled =
        |part: LossPart| LossPart { value: share_inside * part.value, error: share_inside * part.error };
    let outside_share = 1.0 - share_inside;
    let over = moments(&over);
    let outside = LossPart { value: outside_share * over.0, error: outside_share * over.1 };
    let inputs = scaled(sum(moments(&mu), moments(&from_first), 1.0));
    let relation = scaled(sum(moments(&rest), moments(&corrected), -1.0));
    let all = |rows: &[usize]| moments(&rows.iter().map(|&r| loss[r]).collect::<Vec<_>>());
    Ok(Decomposition {
        total: sum(all(&second), all(&first), -1.0),
        inputs,
        relation,
        outside,
        outside_rows: outside_share,
        trusted: propensity.auc <= SEPARATED,
    })
}

/// A fold's rows with their expected losses.
type FoldValues = (Vec<usize>, Vec<f64>);

/// `E_P[l | x]` for every row, from trees fitted to the first group's rows of the other folds.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] when a fold leaves nothing to
/// train on.
pub fn expected_loss(
    data: &Binned,
    is_second: &[bool],
    loss: &[f64],
    folds: &[usize],
) -> Result<Vec<f64>, Undefined> {
    if [is_second.len(), loss.len(), folds.len()] != [data.rows; 3] {
        return Err(Undefined::BinMismatch);
    }
    let number = folds.iter().max().map_or(0, |f| f + 1);
    let fitted: Vec<Result<FoldValues, Undefined>> = (0..number)
        .into_par_iter()
        .map(|fold| {
            let learn: Vec<usize> = (0..data.rows).filter(|&r| folds[r] != fold && !is_second[r]).collect();
            let test: Vec<usize> = (0..data.rows).filter(|&r| folds[r] == fold).collect();
            let y: Vec<f64> = learn.iter().map(|&r| loss[r]).collect();
            let model = Boosted::fit(&data.take(&learn), Target::new(&y), Loss::Squared, &PARAMS)?;
            let values = model.predict(&data.take(&test));
            Ok((test, values))
        })
        .collect();
    let mut expected = vec![0.0; data.rows];
    for part in fitted {
        let (test, values) = part?;
        for (row, value) in test.into_iter().zip(values) {
            expected[row] = value;
        }
    }
    Ok(expected)
}

/// Weights with mean 1 that make the first group look like the second group's rows inside the support.
fn inner_weights(
    first: &[usize],
    propensity: &Propensity,
    ratio: f64,
    is_outside: &impl Fn(usize) -> bool,
) -> Vec<f64> {
    let weight = |&r: &usize| {
        let p = propensity.probability[r];
        if is_outside(r) { 0.0 } else { ratio * p / (1.0 - p) }
    };
    let weights: Vec<f64> = first.iter().map(weight).collect();
    let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
    weights.into_iter().map(|w| w / mean.max(1e-12)).collect()
}

/// Mean and its standard error; 0 and 0 without rows.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let mean = values.iter().sum::<f64>() / n;
    let spread: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, (spread / (n - 1.0).max(1.0) / n).sqrt())
}

fn sum(a: (f64, f64), b: (f64, f64), sign: f64) -> LossPart {
    LossPart { value: a.0 + sign * b.0, error: a.1.hypot(b.1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            binned::Binning,
            fixture::{answer, label, law, planted},
            loss::LossKind,
        },
        summary::{Column, Table},
    };

    fn split_of(second: &Table) -> Decomposition {
        let first = planted(2500, 71);
        let rows: Vec<usize> = (0..2500).collect();
        let binning = Binning::fit(&first.plan, &first.table, &rows, 64);
        let data = binning.codes(&first.table, &rows).chain(&binning.codes(second, &rows));
        let is_second: Vec<bool> = (0..5000).map(|r| r >= 2500).collect();
        let losses = |table: &Table| rows.iter().map(|&r| LossKind::Log.of_row(table, r)).collect::<Vec<_>>();
        let loss = [losses(&first.table), losses(second)].concat();
        let propensity = Propensity::fit(&data, &is_second, 1).unwrap();
        let expected = expected_loss(&data, &is_second, &loss, &propensity.folds).unwrap();
        decompose(&is_second, &loss, &expected, &propensity).unwrap()
    }

    #[test]
    fn the_parts_add_up() {
        let split = split_of(&planted(2500, 72).table);
        let sum = split.inputs.value + split.relation.value + split.outside.value;
        assert!((sum - split.total.value).abs() < 0.02, "{split:?}");
        assert!(split.relation.z().abs() < 3.5 && split.inputs.z().abs() < 3.5, "{split:?}");
    }

    #[test]
    fn harder_rows_are_blamed_on_the_inputs() {
        let mut second = planted(2500, 73).table;
        // The values move towards the decision boundary, where the outcome itself is uncertain.
        for j in 0..2 {
            if let Column::Numeric { values, .. } = &mut second.features[j] {
                for v in values {
                    *v *= 0.45;
                }
            }
        }
        answer(&mut second);
        label(&mut second, 8, law);
        let split = split_of(&second);
        assert!(split.total.z() > 5.0, "{split:?}");
        assert!(split.inputs.value > 0.75 * split.total.value, "{split:?}");
    }

    #[test]
    fn another_relation_is_blamed_on_the_relation() {
        let mut second = planted(2500, 74).table;
        label(&mut second, 9, |a, b, kind| law(-a, b, kind));
        let split = split_of(&second);
        assert!(split.trusted);
        assert!(split.relation.value > 0.8 * split.total.value && split.relation.z() > 10.0, "{split:?}");
    }

    #[test]
    fn rows_outside_are_told_apart() {
        let mut second = planted(2500, 75).table;
        if let Column::Numeric { values, .. } = &mut second.features[2] {
            values.iter_mut().step_by(3).for_each(|v| *v = 9.0 + 0.1 * *v);
        }
        label(&mut second, 10, law);
        let drawn = second.label.clone();
        for (row, y) in second.label.iter_mut().enumerate().step_by(3) {
            *y = 1.0 - drawn[row];
        }
        let split = split_of(&second);
        assert!((split.outside_rows - 1.0 / 3.0).abs() < 0.05, "{split:?}");
        assert!(split.outside.value > 0.8 * split.total.value, "{split:?}");
    }
}
