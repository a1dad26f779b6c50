//! Label shift: the change of P(y) when P(x given y) is unchanged.

use super::{Undefined, linear::Matrix, metric::Confusion, require_equal_length, require_finite};

/// The result of black-box shift estimation.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelWeights {
    /// Per class, its production share over its reference share. A value below 0 is impossible: it means that
    /// label shift is not what happened, or that there are too few rows.
    pub weights: Vec<f64>,
    /// The class shares in production: reference share times weight, clamped to at least 0 and normalised to
    /// sum to 1.
    pub prior: Vec<f64>,
    /// Condition number (1-norm) of the confusion matrix: how much it amplifies noise in the predictions.
    pub condition: f64,
}

/// Estimates the class shares in production from the model's predictions alone.
///
/// Solves `C w = μ`, where `C[i][j]` is the joint reference probability of prediction i and true class j, and
/// `μ[i]` is the production share of prediction i.
///
/// * `reference`: labelled reference rows (not those used to train the model).
/// * `predicted`: production rows per predicted class.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the numbers of classes differ, [`Undefined::Empty`] without rows,
/// [`Undefined::Singular`] when the predictions do not distinguish the classes (one class is never predicted,
/// for example).
///
/// Source: Lipton, Wang & Smola, "Detecting and correcting for label shift with black box predictors", ICML
/// 2018.
pub fn bbse(reference: &Confusion, predicted: &[u64]) -> Result<LabelWeights, Undefined> {
    let classes = reference.classes();
    require_equal_length(classes, predicted.len())?;
    let (rows, answers) = (reference.rows() as f64, predicted.iter().sum::<u64>() as f64);
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
    let shares: Vec<f64> = predicted.iter().map(|&n| n as f64 / answers).collect();
    let weights = inverse.times(&shares);
    let mut prior: Vec<f64> =
        (0..classes).map(|c| (reference.truly(c) as f64 / rows * weights[c]).max(0.0)).collect();
    let sum: f64 = prior.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(Undefined::Singular);
    }
    for share in &mut prior {
        *share /= sum;
    }
    let condition = joint.largest_column_sum() * inverse.largest_column_sum();
    Ok(LabelWeights { weights, prior, condition })
}

/// The iteration limit, more than any sound estimate needs.
const MOST_ROUNDS: usize = 10_000;

/// Estimates the class shares in production from calibrated class probabilities, by expectation-maximisation.
///
/// * `probabilities`: rows x classes, under the reference shares; each row sums to 1.
/// * `from`: the class shares in the reference, each above 0.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the numbers of classes differ, [`Undefined::Empty`] without rows,
/// [`Undefined::NotFinite`] when a probability is outside 0..1 or a share is not above 0,
/// [`Undefined::NotConverged`] when the shares still change by more than 1e-12 per iteration after ten
/// thousand iterations.
///
/// Source: Saerens, Latinne & Decaestecker, "Adjusting the outputs of a classifier to new a priori
/// probabilities", Neural Computation 14 (2002).
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
        let moved = next.iter().zip(&prior).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        prior = next;
        if moved < 1e-12 {
            let sum: f64 = prior.iter().sum();
            return Ok(prior.into_iter().map(|p| p / sum).collect());
        }
    }
    Err(Undefined::NotConverged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    #[test]
    fn answers_tell_the_prior() {
        let reference = Confusion::new(2, &[40, 10, 5, 45]).unwrap();
        // J = C.T / 100; np.linalg.solve(J, [.3, .7]), np.linalg.cond(J, 1)
        let estimate = bbse(&reference, &[30, 70]).unwrap();
        assert_near("weight 0", estimate.weights[0], 0.571_428_571_428_571_4);
        assert_near("weight 1", estimate.weights[1], 1.428_571_428_571_428_6);
        assert_near("condition", estimate.condition, 1.571_428_571_428_571_2);
        assert_near("prior", estimate.prior[1], 0.714_285_714_285_714_3);
    }

    #[test]
    fn expectation_maximisation_agrees_with_its_fixed_point() {
        let rows = [0.9, 0.1, 0.8, 0.2, 0.1, 0.9, 0.05, 0.95, 0.2, 0.8, 0.3, 0.7];
        let probabilities = Matrix::from_rows(6, 2, rows.to_vec()).unwrap();
        // 100000 x: m = P * (q / p); m /= m.sum(1, keepdims=True); q = m.mean(0)
        let prior = em_prior(&probabilities, &[0.4, 0.6]).unwrap();
        assert_near("prior", prior[0], 0.382_384_164_813_430_07);
        assert_near("sum", prior.iter().sum(), 1.0);
    }

    #[test]
    fn undefined_says_why() {
        let never = Confusion::new(2, &[50, 0, 50, 0]).unwrap();
        assert_eq!(bbse(&never, &[100, 0]), Err(Undefined::Singular));
        assert_eq!(bbse(&never, &[100]), Err(Undefined::BinMismatch));
        assert_eq!(bbse(&never, &[0, 0]), Err(Undefined::Empty));
        assert_eq!(em_prior(&Matrix::zeros(0, 2), &[0.5, 0.5]), Err(Undefined::Empty));
        assert_eq!(em_prior(&Matrix::zeros(3, 2), &[0.0, 1.0]), Err(Undefined::NotFinite));
    }
}
