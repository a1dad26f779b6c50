//! Dense matrices, and linear models.

mod eigen;
mod gram;
mod logistic;
mod matrix;
mod ridge;

#[cfg(test)]
mod tests;

pub use eigen::symmetric_eigen;
pub use logistic::{Logistic, LogisticErrors, logistic, logistic_with_errors, one_against_rest, sigmoid};
pub use matrix::{Cholesky, Matrix};
pub use ridge::{Products, Ridge, ridge};
