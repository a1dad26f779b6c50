//! How the shares of the classes moved, when P(x given y) did not.

use super::{Undefined, linear::Matrix, metric::Confusion, require_equal_length, require_finite};

/// What black-box shift estimation says.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelWeights {
    /// Per class, its production share over its reference share. A value below 0 is impossible: it says that label
    /// shift is not what happened, or that rows are too few.
    pub weights: Vec<f64>,
    /// The classes' shares in production: reference share times weight, taken to 0 at least, made to add up to 1.
    pub prior: Vec<f64>,
    /// Condition number (1-norm) of the confusion matrix: how much noise in the answers is amplified.
    pub condition: f64,
}

/// Estimates the production shares of the classes from the model's answers alone.
///
/// Solves `C w = μ` with `C[i][j]` the reference probability to say i where j is true, and `μ[i]` the production share
/// of answer i.
///
/// * `reference`: labelled reference rows (not those that the model was trained on).
/// * `said`: production rows per answer.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the numbers of classes differ, [`Undefined::Empty`] without rows,
/// [`Undefined::Singular`] when the answers do not tell the classes apart (one class never said, say).
///
/// Source: Lipton, Wang & Smola, "Detecting and correcting for label shift with black box predictors", ICML 2018.
pub fn bbse(reference: &Confusion, said: &[u64]) -> Result<LabelWeights, Undefined> {
    let classes = reference.classes();
    require_equal_length(classes, said.len())?;
    let (rows, answers) = (reference.rows() as f64, said.iter().sum::<u64>() as f64);
    if rows == 0.0 || answers == 0.0 {
        return Err(Undefined::Empty);
    }
    let mut joint = Matrix::zeros(classes, classes);
    for answer in 0..classes {
        for truth in 0..classes {
            joint.set(answer, truth, reference.cell(truth, answer) as f64 / rows);
        }
    }
    let inverse = joint.inverse()?;
    let shares: Vec<f64> = said.iter().map(|&n| n as f64 / answers).collect();
    let weights = inverse.times(&shares);
    let mut prior: Vec<f64> = (0..classes)
        .map(|c| (reference.truly(c) as f64 / rows * weights[c]).max(0.0))
        .collect();
    let sum: f64 = prior.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(Undefined::Singular);
    }
    for share in &mut prior {
        *share /= sum;
    }
    let condition = joint.largest_column_sum() * inverse.largest_column_sum();
    Ok(LabelWeights {
        weights,
        prior,
        condition,
    })
}

/// More rounds than any sound estimate needs.
const MOST_ROUNDS: usize = 10_000;

/// Estimates the production shares of the classes from calibrated class probabilities, by expectation-maximisation.
///
/// * `probabilities`: rows x classes, under the reference shares; each row adds up to 1.
/// * `from`: the reference shares of the classes, each above 0.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the numbers of classes differ, [`Undefined::Empty`] without rows,
/// [`Undefined::NotFinite`] when a probability is outside 0..1 or a share is not above 0, [`Undefined::NotConverged`]
/// when the shares still move by more than 1e-12 a round after ten thousand rounds.
///
/// Source: Saerens, Latinne & Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities",
/// Neural Computation 14 (2002).
pub fn em_prior(probabilities: &Matrix, from: &[f64]) -> Result<Vec<f64>, Undefined> {
    require_equal_length(probabilities.columns(), from.len())?;
    require_finite(from)?;
    if probabilities.rows() == 0 || from.is_empty() {
        return Err(Undefined::Empty);
    }
    if !from.iter().all(|p| *p > 0.0) || !probabilities.values().iter().all(|p| (0.0..=1.0).contains(p)) {
        return Err(Undefined::NotFinite);
    }
    let sum: f64 = from.iter().sum();
    let mut prior: Vec<f64> = from.iter().map(|p| p / sum).collect();
    let rows = probabilities.rows() as f64;
    for _ in 0..MOST_ROUNDS {
        let ratios: Vec<f64> = prior.iter().zip(from).map(|(q, p)| q * sum / p).collect();
        let mut next = vec![0.0; prior.len()];
        for row in 0..probabilities.rows() {
            let row = probabilities.row(row);
            let evidence: f64 = row.iter().zip(&ratios).map(|(p, ratio)| p * ratio).sum();
            if evidence > 0.0 {
                let parts = next.iter_mut().zip(row.iter().zip(&ratios));
                parts.for_each(|(next, (p, ratio))| *next += p * ratio / evidence / rows);
            }
        }
        let moved = next
            .iter()
            .zip(&prior)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        prior = next;
        if moved < 1e-12 {
            let sum: f64 = prior.iter().sum();
            return Ok(prior.into_iter().map(|p| p / sum).collect());
        }
    }
    Err(Undefined::NotConverged)
}
