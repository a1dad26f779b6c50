//! Least squares with a ridge.

use super::{
    gram::{gram, weighted_means},
    matrix::{Cholesky, Matrix, dot},
};
use crate::stats::{Undefined, require_equal_length, require_finite};

/// A fitted linear model.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    /// The answer where every column is 0.
    pub intercept: f64,
    /// One a column.
    pub coefficients: Vec<f64>,
    /// The share of the outcome's (weighted) variance that the fit explains on its own rows; 0 for a constant outcome.
    pub r2: f64,
}

impl Ridge {
    /// The answer for one row.
    #[must_use]
    pub fn answer(&self, row: &[f64]) -> f64 {
        self.intercept + dot(&self.coefficients, row)
    }

    /// The answers for all rows.
    #[must_use]
    pub fn predict(&self, x: &Matrix) -> Vec<f64> {
        (0..x.rows()).map(|row| self.answer(x.row(row))).collect()
    }
}

/// Fits `y ≈ a + x c` with the least `Σ w (y − a − x c)² + lambda |c|²`; the intercept is not penalised.
///
/// * `lambda`: at least 0, on the scale of the sum over the rows; with 0 the columns must be independent.
/// * `weights`: one a row, at least 0; none for equal weights.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows (of positive weight),
/// [`Undefined::Singular`] when columns depend on each other and `lambda` is 0, [`Undefined::NotFinite`] with a NaN, an
/// infinity or a negative weight.
pub fn ridge(x: &Matrix, y: &[f64], lambda: f64, weights: Option<&[f64]>) -> Result<Ridge, Undefined> {
    require_equal_length(x.rows(), y.len())?;
    require_finite(y)?;
    require_penalty_and_weights(y.len(), lambda, weights)?;
    let means = weighted_means(x, weights);
    let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
    let total: f64 = (0..y.len()).map(weight).sum();
    let center = (0..y.len()).map(|row| weight(row) * y[row]).sum::<f64>() / total;
    let (products, slopes) = gram(x, &means, |row| (weight(row), weight(row) * (y[row] - center)));
    let size = x.columns();
    let mut penalised = Matrix::zeros(size, size);
    for i in 0..size {
        penalised.row_mut(i)[..=i].copy_from_slice(&products.row(i)[..=i]);
        penalised.set(i, i, products.get(i, i) + lambda);
    }
    let coefficients = Cholesky::new(&penalised)?.solve(&slopes[..size])?;
    let fit = Ridge {
        intercept: center - dot(&coefficients, &means),
        coefficients,
        r2: 0.0,
    };
    let (mut rest, mut spread) = (0.0, 0.0);
    for (row, &outcome) in y.iter().enumerate() {
        rest += weight(row) * (outcome - fit.answer(x.row(row))).powi(2);
        spread += weight(row) * (outcome - center).powi(2);
    }
    let r2 = if spread > 0.0 { 1.0 - rest / spread } else { 0.0 };
    Ok(Ridge { r2, ..fit })
}

/// Refuses a negative penalty and weights that are no weights.
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
    if weights.iter().any(|w| *w > 0.0) {
        Ok(())
    } else {
        Err(Undefined::Empty)
    }
}
