//! Importance over time: do the inputs weigh as much in the answers as before?
//!
//! What an input weighs is its mean absolute attribution: the exact Shapley value (or the term of a regression) that the
//! learnt function of the model gives it, row by row. How far the order of the inputs is kept is told by the normalised
//! discounted cumulative gain (Järvelin and Kekäläinen 2002), with the weights before as gains.

use crate::{
    cached::cached,
    model::{folds::thin, surrogate::Surrogate},
    stats::{Undefined, moments},
    summary::Table,
};

/// Rows of a period at most: a mean over them is steady, and attributions of trees take their time.
const MOST_ROWS: usize = 400;

/// Fewer rows of a period show nothing.
const FEWEST_ROWS: usize = 100;

/// Below this agreement the order of the inputs is another one.
pub const SAME_ORDER: f64 = 0.9;

/// What the inputs weigh before and since.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// The name of the reference rows: `before the onset`, `in training`.
    pub against: &'static str,
    /// How well the order of the inputs since agrees with their weights before; 1 is the same order.
    pub agreement: f64,
    /// Spearman's correlation of the weights.
    pub correlation: Option<f64>,
    /// The inputs that the model weighs, in the order of the plan.
    pub inputs: Vec<InputWeight>,
}

/// What one input weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputWeight {
    /// Its index in the plan.
    pub feature: usize,
    /// Its share of all attributions before and since.
    pub shares: (f64, f64),
}

cached!(struct Importance { against, agreement, correlation, inputs });
cached!(struct InputWeight { feature, shares });

impl Importance {
    /// The input whose share changed most.
    #[must_use]
    pub fn most_changed(&self) -> Option<&InputWeight> {
        let change = |input: &InputWeight| (input.shares.1 - input.shares.0).abs();
        self.inputs.iter().max_by(|a, b| change(a).total_cmp(&change(b)).then(b.feature.cmp(&a.feature)))
    }

    /// The inputs, the one with the largest share before or since first.
    #[must_use]
    pub fn heaviest_first(&self) -> Vec<InputWeight> {
        let largest = |input: &InputWeight| input.shares.0.max(input.shares.1);
        let mut inputs = self.inputs.clone();
        inputs.sort_by(|a, b| largest(b).total_cmp(&largest(a)).then(a.feature.cmp(&b.feature)));
        inputs
    }
}

/// How well the order of the inputs by `now` agrees with their weights `then`: normalised discounted cumulative gain, and
/// Spearman's correlation.
#[must_use]
pub fn agreement(then: &[f64], now: &[f64]) -> (f64, Option<f64>) {
    let gain = |order: &[usize]| -> f64 {
        order.iter().enumerate().map(|(at, &feature)| then[feature] / (at as f64 + 2.0).log2()).sum()
    };
    let ordered = |by: &[f64]| {
        let mut order: Vec<usize> = (0..by.len()).collect();
        order.sort_by(|&a, &b| by[b].total_cmp(&by[a]).then(a.cmp(&b)));
        order
    };
    let best = gain(&ordered(then));
    let reached = if best > 0.0 { gain(&ordered(now)) / best } else { f64::NAN };
    (reached, moments::spearman(then, now).ok())
}

/// Weighs the inputs of both periods.
///
/// * `training`, `production`: the samples; `before`, `after`: rows of production.
pub(super) fn importance(
    surrogate: &Surrogate,
    training: &Table,
    (production, before, after): (&Table, &[usize], &[usize]),
) -> Result<Importance, Undefined> {
    if after.len() < FEWEST_ROWS {
        return Err(Undefined::TooFew);
    }
    let all: Vec<usize> = (0..training.rows).collect();
    let (against, table, rows) = if before.len() >= FEWEST_ROWS {
        ("before the onset", production, before)
    } else {
        ("in training", training, all.as_slice())
    };
    let explainer = surrogate.explainer(1);
    let weights = |table: &Table, rows: &[usize]| -> (Vec<usize>, Vec<f64>) {
        let parts = explainer.parts(table, &thin(rows, MOST_ROWS));
        let size = |place: usize| parts.of(place).iter().map(|value| value.abs()).sum::<f64>();
        let sizes: Vec<f64> = (0..parts.features.len()).map(size).collect();
        let total: f64 = sizes.iter().sum();
        (parts.features, sizes.into_iter().map(|size| size / total).collect())
    };
    let ((features, then), (_, now)) = rayon::join(|| weights(table, rows), || weights(production, after));
    let (agreement, correlation) = agreement(&then, &now);
    if !agreement.is_finite() || now.iter().any(|share| !share.is_finite()) {
        return Err(Undefined::Constant);
    }
    let input = |(feature, shares)| InputWeight { feature, shares };
    let inputs = features.into_iter().zip(then.into_iter().zip(now)).map(input).collect();
    Ok(Importance { against, agreement, correlation, inputs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agreement_is_that_of_scikit_learn() {
        // sklearn.metrics.ndcg_score([[3, 2, 1]], [[1, 2, 3]]) = 0.7899980042460358; of equal orders 1
        // scipy.stats.spearmanr([3, 2, 1], [1, 2, 3]) = -1
        let (ndcg, spearman) = agreement(&[3.0, 2.0, 1.0], &[1.0, 2.0, 3.0]);
        assert!((ndcg - 0.789_998_004_246_035_8).abs() < 1e-12, "{ndcg}");
        assert!((spearman.expect("three ranks") + 1.0).abs() < 1e-12);
        assert!((agreement(&[3.0, 2.0, 1.0], &[9.0, 5.0, 4.0]).0 - 1.0).abs() < 1e-12);
        assert!(agreement(&[0.0, 0.0], &[1.0, 2.0]).0.is_nan());
    }

    #[test]
    fn the_input_that_changed_most_is_named() {
        let input = |feature, shares| InputWeight { feature, shares };
        let importance = Importance {
            against: "in training",
            agreement: 0.8,
            correlation: None,
            inputs: vec![input(0, (0.5, 0.4)), input(3, (0.3, 0.1)), input(4, (0.2, 0.5))],
        };
        assert_eq!(importance.most_changed().map(|input| input.feature), Some(4));
    }
}
