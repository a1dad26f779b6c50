//! Principal axes of a symmetric matrix.

use crate::Undefined;

use super::matrix::Matrix;

/// Sweeps over all pairs; Jacobi's method converges quadratically, in fewer than ten for matrices of this size.
const SWEEPS: usize = 60;

/// The eigenvalues of a symmetric matrix, largest first, and its eigenvectors as the columns of a matrix, in the same order.
///
/// Cyclic Jacobi rotations (Golub and Van Loan, "Matrix Computations", section 8.5). The sign of a vector is such that its largest
/// entry is positive.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] if the matrix is not square, [`Undefined::NotFinite`] if it holds no number somewhere,
/// [`Undefined::NotConverged`] if the rotations don't end.
pub fn symmetric_eigen(matrix: &Matrix) -> Result<(Vec<f64>, Matrix), Undefined> {
    let n = matrix.rows();
    if matrix.columns() != n {
        return Err(Undefined::BinMismatch);
    }
    if matrix.values().iter().any(|x| !x.is_finite()) {
        return Err(Undefined::NotFinite);
    }
    let mut a: Vec<Vec<f64>> = (0..n).map(|row| matrix.row(row).to_vec()).collect();
    let mut v: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let size: f64 = matrix.values().iter().map(|x| x * x).sum();
    let mut converged = false;
    for _ in 0..SWEEPS {
        let off: f64 =
            (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))).map(|(p, q)| a[p][q] * a[p][q]).sum();
        if off <= 1e-26 * size.max(f64::MIN_POSITIVE) {
            converged = true;
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, p, q);
            }
        }
    }
    if !converged {
        return Err(Undefined::NotConverged);
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]).then(i.cmp(&j)));
    let mut vectors = Matrix::zeros(n, n);
    for (to, &from) in order.iter().enumerate() {
        let largest = (0..n).map(|row| v[row][from]).reduce(|x, y| if y.abs() > x.abs() { y } else { x });
        let sign = if largest.is_some_and(|x| x < 0.0) { -1.0 } else { 1.0 };
        for (row, of_row) in v.iter().enumerate() {
            vectors.set(row, to, sign * of_row[from]);
        }
    }
    Ok((order.iter().map(|&i| a[i][i]).collect(), vectors))
}

/// Turns two axes so that their product vanishes.
fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    if a[p][q] == 0.0 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let (c, s) = (1.0 / t.hypot(1.0), t / t.hypot(1.0));
    for row in a.iter_mut() {
        let (x, y) = (row[p], row[q]);
        (row[p], row[q]) = (c * x - s * y, s * x + c * y);
    }
    let (above, below) = a.split_at_mut(q);
    for (x, y) in above[p].iter_mut().zip(below[0].iter_mut()) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
    for row in v.iter_mut() {
        let (x, y) = (row[p], row[q]);
        (row[p], row[q]) = (c * x - s * y, s * x + c * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    #[test]
    fn axes_agree_with_numpy() {
        let matrix = Matrix::from_rows(3, 3, vec![4.0, 1.0, 0.5, 1.0, 3.0, -0.25, 0.5, -0.25, 2.0]).unwrap();
        let (values, vectors) = symmetric_eigen(&matrix).unwrap();
        // w, v = np.linalg.eigh([[4, 1, .5], [1, 3, -.25], [.5, -.25, 2]]); w[::-1], v[:, ::-1]
        for (got, want) in
            values.iter().zip([4.651_875_760_365_377, 2.689_794_467_298_034, 1.658_329_772_336_585_5])
        {
            assert_near("value", *got, want);
        }
        for (row, want) in [0.857_419_463_190_256_3, 0.501_750_276_216_695_7, 0.114_361_376_605_052_26]
            .into_iter()
            .enumerate()
        {
            assert_near("first axis", vectors.get(row, 0), want);
        }
    }

    #[test]
    fn a_vector_of_equal_values_and_a_broken_matrix() {
        let (values, _) =
            symmetric_eigen(&Matrix::from_rows(2, 2, vec![2.0, 0.0, 0.0, 2.0]).unwrap()).unwrap();
        assert_eq!(values, [2.0, 2.0]);
        assert_eq!(symmetric_eigen(&Matrix::zeros(2, 3)).err(), Some(Undefined::BinMismatch));
    }
}
