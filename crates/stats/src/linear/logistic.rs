//! Logistic regression by Newton's method (iteratively reweighted least squares).

use super::{
    gram::{gram, weighted_means},
    matrix::{Cholesky, Matrix, dot},
    ridge::require_penalty_and_weights,
};
use crate::{Undefined, require_equal_length, require_finite};

/// The iteration limit, more than any fit with a maximum needs.
const MOST_STEPS: usize = 60;

/// The fit has converged when a step gains less log-likelihood than this; one more would gain about its
/// square.
const SETTLED: f64 = 1e-8;

/// A fitted logistic model.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// The log-odds where every column (and the offset) is 0.
    pub intercept: f64,
    /// One per column, in log-odds.
    pub coefficients: Vec<f64>,
    /// The log-likelihood at the fit, without the penalty.
    pub log_likelihood: f64,
}

/// Standard errors of a fitted logistic model, from the inverse of the penalised information.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticErrors {
    /// Of the intercept.
    pub intercept: f64,
    /// Of the coefficients.
    pub coefficients: Vec<f64>,
}

impl Logistic {
    /// The log-odds of one row, without an offset.
    #[must_use]
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        self.intercept + dot(&self.coefficients, row)
    }

    /// The probabilities of all rows, without an offset.
    #[must_use]
    pub fn predict(&self, x: &Matrix) -> Vec<f64> {
        (0..x.rows()).map(|row| sigmoid(self.log_odds(x.row(row)))).collect()
    }
}

/// The logistic function: the probability for given log-odds.
#[must_use]
pub fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Factors whose logarithm is taken at once: none is above 2.
const FACTORS: usize = 32;

/// Fits `logit P(y = 1) = offset + a + x c` by maximising the log-likelihood minus `lambda / 2 |c|²`; the
/// intercept is not penalised.
///
/// * `y`: outcomes 0 and 1, or shares between them.
/// * `lambda`: at least 0, on the scale of the sum over the rows (scikit-learn's 1 / C). With 0, linearly
///   separable data have no maximum, which is reported as not converged or singular.
/// * `offset`: given log-odds, one per row; none for 0.
/// * `weights`: one per row, at least 0; none for equal weights.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows (of positive
/// weight), [`Undefined::OneClass`] when all outcomes are 0 or all are 1, [`Undefined::Singular`] and
/// [`Undefined::NotConverged`] as described above, [`Undefined::NotFinite`] with a NaN, an infinity, a
/// negative weight or an outcome outside 0..1.
pub fn logistic(
    x: &Matrix,
    y: &[f64],
    lambda: f64,
    offset: Option<&[f64]>,
    weights: Option<&[f64]>,
) -> Result<Logistic, Undefined> {
    let fitted = Problem::new(x, y, lambda, offset, weights)?.solve()?;
    Ok(fitted.model())
}

/// The same with the standard errors of what is fitted.
///
/// # Errors
///
/// As [`logistic`].
pub fn logistic_with_errors(
    x: &Matrix,
    y: &[f64],
    lambda: f64,
    offset: Option<&[f64]>,
    weights: Option<&[f64]>,
) -> Result<(Logistic, LogisticErrors), Undefined> {
    let fitted = Problem::new(x, y, lambda, offset, weights)?.solve()?;
    Ok((fitted.model(), fitted.errors()?))
}

struct Problem<'a> {
    x: &'a Matrix,
    y: &'a [f64],
    lambda: f64,
    offset: Option<&'a [f64]>,
    weights: Option<&'a [f64]>,
    /// The columns are centred on these, which leaves the coefficients unchanged and keeps the equations well
    /// conditioned.
    means: Vec<f64>,
    /// The initial intercept.
    start: f64,
}

/// The rows at some parameters.
struct Odds {
    /// Log-odds.
    log: Vec<f64>,
    /// `e^-|log-odds|`, from which both the probability and the likelihood follow.
    decay: Vec<f64>,
}

impl Odds {
    fn probability(&self, row: usize) -> f64 {
        let decay = self.decay[row];
        (if self.log[row] >= 0.0 { 1.0 } else { decay }) / (1.0 + decay)
    }
}

/// The parameters at the maximum.
struct Fitted<'a> {
    problem: Problem<'a>,
    /// The coefficients, then the intercept for the centred columns.
    parameters: Vec<f64>,
    odds: Odds,
    /// The penalised log-likelihood.
    objective: f64,
}

impl<'a> Problem<'a> {
    fn new(
        x: &'a Matrix,
        y: &'a [f64],
        lambda: f64,
        offset: Option<&'a [f64]>,
        weights: Option<&'a [f64]>,
    ) -> Result<Self, Undefined> {
        require_equal_length(x.rows(), y.len())?;
        require_penalty_and_weights(y.len(), lambda, weights)?;
        if !y.iter().all(|y| (0.0..=1.0).contains(y)) {
            return Err(Undefined::NotFinite);
        }
        if let Some(offset) = offset {
            require_equal_length(offset.len(), y.len())?;
            require_finite(offset)?;
        }
        let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
        let (mut positive, mut total) = (0.0, 0.0);
        for (row, outcome) in y.iter().enumerate() {
            positive += weight(row) * outcome;
            total += weight(row);
        }
        if positive <= 0.0 || positive >= total {
            return Err(Undefined::OneClass);
        }
        let start = if offset.is_some() { 0.0 } else { (positive / (total - positive)).ln() };
        Ok(Self { x, y, lambda, offset, weights, means: weighted_means(x, weights), start })
    }

    fn solve(self) -> Result<Fitted<'a>, Undefined> {
        let size = self.x.columns();
        let mut parameters = vec![0.0; size + 1];
        parameters[size] = self.start;
        let mut odds = self.odds(&parameters);
        let mut objective = self.objective(&parameters, &odds);
        for _ in 0..MOST_STEPS {
            let (information, slopes) = self.derivatives(&parameters, &odds);
            let factor = Cholesky::new(&information)?;
            let step = factor.solve(&slopes)?;
            let gain = dot(&step, &slopes) / 2.0;
            if !gain.is_finite() {
                return Err(Undefined::NotFinite);
            }
            // The full step overshoots where the curvature decreases; halving it repeatedly eventually does
            // not.
            let mut length = 1.0;
            loop {
                let moved: Vec<f64> = parameters.iter().zip(&step).map(|(p, s)| p + length * s).collect();
                let there = self.odds(&moved);
                let value = self.objective(&moved, &there);
                if value >= objective - 1e-12 * objective.abs() || length < 1e-6 {
                    (parameters, odds, objective) = (moved, there, value);
                    break;
                }
                length /= 2.0;
            }
            if gain < SETTLED && length == 1.0 {
                // Both classes occur, so a likelihood of 1 means that the data are separable and the
                // iteration never ends.
                if self.lambda == 0.0 && objective > -1e-6 {
                    return Err(Undefined::NotConverged);
                }
                return Ok(Fitted { problem: self, parameters, odds, objective });
            }
        }
        Err(Undefined::NotConverged)
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[row])
    }

    fn odds(&self, parameters: &[f64]) -> Odds {
        let size = self.x.columns();
        let base = parameters[size] - dot(parameters, &self.means);
        let log: Vec<f64> = (0..self.y.len())
            .map(|row| base + self.offset.map_or(0.0, |o| o[row]) + dot(self.x.row(row), parameters))
            .collect();
        let decay = log.iter().map(|odds| (-odds.abs()).exp()).collect();
        Odds { log, decay }
    }

    /// The penalised log-likelihood.
    fn objective(&self, parameters: &[f64], odds: &Odds) -> f64 {
        // ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), and the sum of logarithms is that of a product.
        let likelihood: f64 = if self.weights.is_some() {
            let row = |row: usize| {
                let odds = (odds.log[row], odds.decay[row]);
                self.weight(row) * (self.y[row] * odds.0 - odds.0.max(0.0) - odds.1.ln_1p())
            };
            (0..self.y.len()).map(row).sum()
        } else {
            let linear: f64 = odds.log.iter().zip(self.y).map(|(odds, y)| y * odds - odds.max(0.0)).sum();
            let product = |decay: &[f64]| decay.iter().map(|decay| 1.0 + decay).product::<f64>().ln();
            linear - odds.decay.chunks(FACTORS).map(product).sum::<f64>()
        };
        likelihood - self.penalty(parameters)
    }

    fn penalty(&self, parameters: &[f64]) -> f64 {
        let coefficients = &parameters[..self.x.columns()];
        self.lambda / 2.0 * dot(coefficients, coefficients)
    }

    /// The penalised information (lower triangle) and the penalised score.
    fn derivatives(&self, parameters: &[f64], odds: &Odds) -> (Matrix, Vec<f64>) {
        let (mut information, mut slopes) = gram(self.x, &self.means, |row| {
            let p = odds.probability(row);
            let weight = self.weight(row);
            (weight * p * (1.0 - p), weight * (self.y[row] - p))
        });
        for j in 0..self.x.columns() {
            information.set(j, j, information.get(j, j) + self.lambda);
            slopes[j] -= self.lambda * parameters[j];
        }
        (information, slopes)
    }
}

impl Fitted<'_> {
    fn model(&self) -> Logistic {
        let size = self.problem.x.columns();
        let coefficients = self.parameters[..size].to_vec();
        // The intercept for the raw columns is that for the centred ones minus the means times the
        // coefficients.
        let intercept = self.parameters[size] - dot(&coefficients, &self.problem.means);
        let log_likelihood = self.objective + self.problem.penalty(&self.parameters);
        Logistic { intercept, coefficients, log_likelihood }
    }

    fn errors(&self) -> Result<LogisticErrors, Undefined> {
        let (information, _) = self.problem.derivatives(&self.parameters, &self.odds);
        let factor = Cholesky::new(&information)?;
        let mut coefficients: Vec<f64> = factor.inverse_diagonal().into_iter().map(f64::sqrt).collect();
        coefficients.truncate(self.problem.x.columns());
        let mut direction: Vec<f64> = self.problem.means.iter().map(|mean| -mean).collect();
        direction.push(1.0);
        let intercept = dot(&direction, &factor.solve(&direction)?).max(0.0).sqrt();
        Ok(LogisticErrors { intercept, coefficients })
    }
}

/// Fits one logistic model per class, each against all other classes.
///
/// * `class`: the class code of each row; codes of `classes` and above belong to no class.
///
/// The class probabilities of a row are the models' probabilities divided by their sum. A class that no row
/// or every row has gets no model.
///
/// # Errors
///
/// As [`logistic`], except for classes without a model.
pub fn one_against_rest(
    x: &Matrix,
    class: &[usize],
    classes: usize,
    lambda: f64,
    weights: Option<&[f64]>,
) -> Result<Vec<Option<Logistic>>, Undefined> {
    let fit = |code: usize| {
        let y: Vec<f64> = class.iter().map(|&c| if c == code { 1.0 } else { 0.0 }).collect();
        match logistic(x, &y, lambda, None, weights) {
            Ok(model) => Ok(Some(model)),
            Err(Undefined::OneClass) => Ok(None),
            Err(why) => Err(why),
        }
    };
    (0..classes).map(fit).collect()
}
