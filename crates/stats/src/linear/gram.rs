//! The weighted sums of products for least squares and Newton's method, in one pass over the rows.

use super::Matrix;

/// Rows added to the sums at once: each sum is loaded and stored a quarter as often.
const BLOCK: usize = 4;

/// The weighted means of the columns; 0 for every column when the weights sum to 0.
pub(super) fn weighted_means(x: &Matrix, weights: Option<&[f64]>) -> Vec<f64> {
    let mut means = vec![0.0; x.columns()];
    let mut total = 0.0;
    for row in 0..x.rows() {
        let weight = weights.map_or(1.0, |w| w[row]);
        total += weight;
        means.iter_mut().zip(x.row(row)).for_each(|(mean, value)| *mean += weight * value);
    }
    if total > 0.0 {
        for mean in &mut means {
            *mean /= total;
        }
    }
    means
}

/// `Σ w z zᵀ` (lower triangle) and `Σ g z` over the rows `z = (x − means, 1)`.
///
/// * `each`: returns the weight `w` and the gradient `g` of a row.
pub(super) fn gram(
    x: &Matrix,
    means: &[f64],
    mut each: impl FnMut(usize) -> (f64, f64),
) -> (Matrix, Vec<f64>) {
    let size = x.columns() + 1;
    let mut products = Matrix::zeros(size, size);
    let mut slopes = vec![0.0; size];
    // The last element of every row stays 1, the intercept; rows past the end keep a weight of 0.
    let mut block = vec![1.0; BLOCK * size];
    let mut row = 0;
    while row < x.rows() {
        let mut weights = [0.0; BLOCK];
        for (lane, z) in block.chunks_exact_mut(size).enumerate() {
            if row + lane < x.rows() {
                z.iter_mut()
                    .zip(x.row(row + lane).iter().zip(means))
                    .for_each(|(z, (x, mean))| *z = x - mean);
                let (weight, slope) = each(row + lane);
                weights[lane] = weight;
                slopes.iter_mut().zip(&*z).for_each(|(sum, z)| *sum += slope * z);
            }
        }
        let (first, rest) = block.split_at(size);
        let (second, rest) = rest.split_at(size);
        let (third, fourth) = rest.split_at(size);
        for i in 0..size {
            let a = weights[0] * first[i];
            let b = weights[1] * second[i];
            let c = weights[2] * third[i];
            let d = weights[3] * fourth[i];
            let sums = &mut products.row_mut(i)[..=i];
            let lanes = first.iter().zip(second).zip(third.iter().zip(fourth));
            for (sum, ((p, q), (r, s))) in sums.iter_mut().zip(lanes) {
                *sum += (a * p + b * q) + (c * r + d * s);
            }
        }
        row += BLOCK;
    }
    (products, slopes)
}

/// `Σ g (x − means)` over the rows: the gradient part of [`gram`] for the columns alone, summed in the same
/// order.
///
/// * `each`: returns the gradient `g` of a row.
pub(super) fn slopes(x: &Matrix, means: &[f64], each: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut slopes = vec![0.0; x.columns()];
    for row in 0..x.rows() {
        let slope = each(row);
        let values = x.row(row).iter().zip(means);
        slopes.iter_mut().zip(values).for_each(|(sum, (x, mean))| *sum += slope * (x - mean));
    }
    slopes
}
