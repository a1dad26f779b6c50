//! Ridge regression.

use super::{
    gram::{gram, slopes, weighted_means},
    matrix::{Cholesky, Matrix, dot},
};
use crate::{Undefined, require_equal_length, require_finite};

/// A fitted linear model.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    /// The prediction where every column is 0.
    pub intercept: f64,
    /// One per column.
    pub coefficients: Vec<f64>,
    /// The share of the outcome's (weighted) variance explained on the training rows; 0 for a constant
    /// outcome.
    pub r2: f64,
}

impl Ridge {
    /// The prediction for one row.
    #[must_use]
    pub fn answer(&self, row: &[f64]) -> f64 {
        self.intercept + dot(&self.coefficients, row)
    }

    /// The predictions for all rows.
    #[must_use]
    pub fn predict(&self, x: &Matrix) -> Vec<f64> {
        (0..x.rows()).map(|row| self.answer(x.row(row))).collect()
    }

    /// The predictions for all rows of a matrix that has further columns.
    ///
    /// * `columns`: the indices of the fitted columns.
    #[must_use]
    pub fn predict_from(&self, columns: &[usize], x: &Matrix) -> Vec<f64> {
        let mut chosen = vec![0.0; columns.len()];
        let answer = |row: usize| {
            let row = x.row(row);
            chosen.iter_mut().zip(columns).for_each(|(value, &column)| *value = row[column]);
            self.answer(&chosen)
        };
        (0..x.rows()).map(answer).collect()
    }
}

/// Fits `y ≈ a + x c` by minimising `Σ w (y − a − x c)² + lambda |c|²`; the intercept is not penalised.
///
/// * `lambda`: at least 0, on the scale of the sum over the rows; with 0 the columns must be linearly
///   independent.
/// * `weights`: one per row, at least 0; none for equal weights.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows (of positive
/// weight), [`Undefined::Singular`] when columns are linearly dependent and `lambda` is 0,
/// [`Undefined::NotFinite`] with a NaN, an infinity or a negative weight.
pub fn ridge(x: &Matrix, y: &[f64], lambda: f64, weights: Option<&[f64]>) -> Result<Ridge, Undefined> {
    require_equal_length(x.rows(), y.len())?;
    require_finite(y)?;
    require_penalty_and_weights(y.len(), lambda, weights)?;
    let means = weighted_means(x, weights);
    let center = center(y, weights);
    let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
    let (mut products, slopes) = gram(x, &means, |row| (weight(row), weight(row) * (y[row] - center)));
    products.truncate(x.columns());
    let fit = solved(center, lambda, (&means, products, &slopes))?;
    let r2 = explained(y, &fit.predict(x), weights);
    Ok(Ridge { r2, ..fit })
}

/// The products of all pairs of columns, for many fits of different outcomes on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Products {
    means: Vec<f64>,
    /// `columns x columns`, the lower triangle.
    lower: Matrix,
    weights: Option<Vec<f64>>,
}

impl Products {
    /// Computes the products of all pairs of columns.
    #[must_use]
    pub fn of(x: &Matrix) -> Self {
        Self::weighted(x, None)
    }

    /// The same of weighted rows.
    ///
    /// * `weights`: one per row, at least 0; none for equal weights.
    #[must_use]
    pub fn weighted(x: &Matrix, weights: Option<&[f64]>) -> Self {
        let means = weighted_means(x, weights);
        let (mut products, _) = gram(x, &means, |row| (weights.map_or(1.0, |w| w[row]), 0.0));
        products.truncate(x.columns());
        Self { means, lower: products, weights: weights.map(<[f64]>::to_vec) }
    }

    /// The fit of [`ridge`] to some columns, with the weights of the products, and its predictions for the rows.
    ///
    /// * `columns`: the indices of the columns in `x`, ascending.
    /// * `x`: all columns of the products.
    ///
    /// # Errors
    ///
    /// As [`ridge`].
    pub fn ridge(
        &self,
        columns: &[usize],
        x: &Matrix,
        y: &[f64],
        lambda: f64,
    ) -> Result<(Ridge, Vec<f64>), Undefined> {
        require_equal_length(x.columns(), self.means.len())?;
        require_equal_length(x.rows(), y.len())?;
        require_finite(y)?;
        let weights = self.weights.as_deref();
        require_penalty_and_weights(y.len(), lambda, weights)?;
        let means: Vec<f64> = columns.iter().map(|&c| self.means[c]).collect();
        let mut products = Matrix::zeros(columns.len(), columns.len());
        for (i, &a) in columns.iter().enumerate() {
            let row = self.lower.row(a);
            for (cell, &b) in products.row_mut(i).iter_mut().zip(&columns[..=i]) {
                *cell = row[b];
            }
        }
        let center = center(y, weights);
        let all = slopes(x, &self.means, |row| weights.map_or(1.0, |w| w[row]) * (y[row] - center));
        let slopes: Vec<f64> = columns.iter().map(|&c| all[c]).collect();
        let fit = solved(center, lambda, (&means, products, &slopes))?;
        let answers = fit.predict_from(columns, x);
        let r2 = explained(y, &answers, weights);
        Ok((Ridge { r2, ..fit }, answers))
    }
}

/// The weighted mean of the outcomes.
fn center(y: &[f64], weights: Option<&[f64]>) -> f64 {
    let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
    let total: f64 = (0..y.len()).map(weight).sum();
    (0..y.len()).map(|row| weight(row) * y[row]).sum::<f64>() / total
}

/// Solves the normal equations, given the mean outcome, the column means, the column products (lower triangle) and those with
/// the outcome; what it explains is not told yet.
fn solved(
    center: f64,
    lambda: f64,
    (means, mut products, slopes): (&[f64], Matrix, &[f64]),
) -> Result<Ridge, Undefined> {
    let size = means.len();
    for i in 0..size {
        products.set(i, i, products.get(i, i) + lambda);
    }
    let coefficients = Cholesky::new(&products)?.solve(&slopes[..size])?;
    Ok(Ridge { intercept: center - dot(&coefficients, means), coefficients, r2: 0.0 })
}

/// The share of the outcome's (weighted) variance that predictions explain; 0 for a constant outcome.
fn explained(y: &[f64], answers: &[f64], weights: Option<&[f64]>) -> f64 {
    let center = center(y, weights);
    let (mut rest, mut spread) = (0.0, 0.0);
    for (row, (&outcome, answer)) in y.iter().zip(answers).enumerate() {
        let weight = weights.map_or(1.0, |w| w[row]);
        rest += weight * (outcome - answer).powi(2);
        spread += weight * (outcome - center).powi(2);
    }
    if spread > 0.0 { 1.0 - rest / spread } else { 0.0 }
}

/// Rejects a negative penalty and invalid weights.
pub(super) fn require_penalty_and_weights(
    rows: usize,
    lambda: f64,
    weights: Option<&[f64]>,
) -> Result<(), Undefined> {
    if rows == 0 {
        return Err(Undefined::Empty);
    }
    if !lambda.is_finite() || lambda < 0.0 {
        return Err(Undefined::NotFinite);
    }
    let Some(weights) = weights else { return Ok(()) };
    require_equal_length(weights.len(), rows)?;
    if weights.iter().any(|w| !w.is_finite() || *w < 0.0) {
        return Err(Undefined::NotFinite);
    }
    if weights.iter().any(|w| *w > 0.0) { Ok(()) } else { Err(Undefined::Empty) }
}
