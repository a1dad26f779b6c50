//! A dense row-major matrix, and the Cholesky factor of a symmetric one.

use crate::Undefined;

/// A dense row-major matrix of `f64`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// A matrix of zeros.
    #[must_use]
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![0.0; rows * columns] }
    }

    /// A matrix from its values in row-major order.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when there are not `rows * columns` values.
    pub fn from_rows(rows: usize, columns: usize, values: Vec<f64>) -> Result<Self, Undefined> {
        crate::require_equal_length(values.len(), rows * columns)?;
        Ok(Self { rows, columns, values })
    }

    /// A matrix from its columns.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when the columns have different lengths.
    pub fn from_columns<C: AsRef<[f64]>>(columns: &[C]) -> Result<Self, Undefined> {
        let rows = columns.first().map_or(0, |c| c.as_ref().len());
        let mut matrix = Self::zeros(rows, columns.len());
        for (j, column) in columns.iter().enumerate() {
            crate::require_equal_length(column.as_ref().len(), rows)?;
            for (i, &x) in column.as_ref().iter().enumerate() {
                matrix.values[i * columns.len() + j] = x;
            }
        }
        Ok(matrix)
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, in row-major order.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One row.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// One row, mutable.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[must_use]
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The element at a row and column.
    ///
    /// # Panics
    ///
    /// When the position is out of bounds.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.values[row * self.columns + column]
    }

    /// Sets the element at a row and column.
    ///
    /// # Panics
    ///
    /// When the position is out of bounds.
    pub fn set(&mut self, row: usize, column: usize, value: f64) {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.values[row * self.columns + column] = value;
    }

    /// A copy of one column.
    ///
    /// # Panics
    ///
    /// When there is no such column.
    #[must_use]
    pub fn column(&self, column: usize) -> Vec<f64> {
        (0..self.rows).map(|row| self.get(row, column)).collect()
    }

    /// The given rows, in the given order.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        for &row in rows {
            values.extend_from_slice(self.row(row));
        }
        Self { rows: rows.len(), columns: self.columns, values }
    }

    /// The given columns, in the given order.
    ///
    /// # Panics
    ///
    /// When there is no such column.
    #[must_use]
    pub fn take_columns(&self, columns: &[usize]) -> Self {
        let mut values = Vec::with_capacity(self.rows * columns.len());
        for row in 0..self.rows {
            let row = self.row(row);
            values.extend(columns.iter().map(|&c| row[c]));
        }
        Self { rows: self.rows, columns: columns.len(), values }
    }

    /// Keeps only the first `size` rows and columns.
    pub(super) fn truncate(&mut self, size: usize) {
        for row in 0..size {
            self.values.copy_within(row * self.columns..row * self.columns + size, row * size);
        }
        self.values.truncate(size * size);
        (self.rows, self.columns) = (size, size);
    }

    /// The product with a column vector; a shorter vector is padded with zeros.
    #[must_use]
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.rows).map(|row| dot(self.row(row), vector)).collect()
    }

    /// The transpose.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut turned = Self::zeros(self.columns, self.rows);
        for row in 0..self.rows {
            for column in 0..self.columns {
                turned.values[column * self.rows + row] = self.values[row * self.columns + column];
            }
        }
        turned
    }

    /// The inverse, by Gaussian elimination with row pivoting.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when the matrix is not square, [`Undefined::Singular`] when it has no
    /// inverse (to 1e-13 of its largest value), [`Undefined::NotFinite`] with a NaN or an infinity.
    pub fn inverse(&self) -> Result<Self, Undefined> {
        crate::require_equal_length(self.rows, self.columns)?;
        crate::require_finite(&self.values)?;
        let size = self.rows;
        let negligible = 1e-13 * self.values.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        let mut left = self.clone();
        let mut right = Self::zeros(size, size);
        for i in 0..size {
            right.set(i, i, 1.0);
        }
        for pivot in 0..size {
            let at = |row: usize| left.get(row, pivot).abs();
            let best = (pivot + 1..size).fold(pivot, |best, row| if at(row) > at(best) { row } else { best });
            if at(best) <= negligible {
                return Err(Undefined::Singular);
            }
            for matrix in [&mut left, &mut right] {
                for column in 0..size {
                    matrix.values.swap(pivot * size + column, best * size + column);
                }
            }
            let scale = left.get(pivot, pivot);
            for matrix in [&mut left, &mut right] {
                matrix.row_mut(pivot).iter_mut().for_each(|x| *x /= scale);
            }
            for row in (0..size).filter(|&row| row != pivot) {
                let factor = left.get(row, pivot);
                for matrix in [&mut left, &mut right] {
                    for column in 0..size {
                        let taken = factor * matrix.get(pivot, column);
                        matrix.values[row * size + column] -= taken;
                    }
                }
            }
        }
        Ok(right)
    }

    /// The 1-norm: the largest column sum of absolute values.
    #[must_use]
    pub fn largest_column_sum(&self) -> f64 {
        let sum = |column: usize| (0..self.rows).map(|row| self.get(row, column).abs()).sum();
        (0..self.columns).map(sum).fold(0.0, f64::max)
    }
}

/// The dot product of two rows, up to the length of the shorter one.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four running sums: the compiler may not reorder additions, and a single chain would wait for each of
    // them.
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let (fours, rest) = a.as_chunks::<4>();
    let (others, other_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (x, y) in fours.iter().zip(others) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = rest.iter().zip(other_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + tail
}

/// The lower triangular factor L of a symmetric positive definite matrix `A = L Lᵀ`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky {
    factor: Matrix,
}

impl Cholesky {
    /// Factors a symmetric matrix; only the lower triangle is read.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when it is not square, [`Undefined::Singular`] when it is not positive
    /// definite (to 1e-13 of its diagonal), [`Undefined::NotFinite`] with a NaN or an infinity.
    pub fn new(matrix: &Matrix) -> Result<Self, Undefined> {
        let size = matrix.rows;
        crate::require_equal_length(size, matrix.columns)?;
        let mut factor = Matrix::zeros(size, size);
        for i in 0..size {
            for j in 0..=i {
                let rest = matrix.values[i * size + j]
                    - dot(&factor.values[i * size..i * size + j], &factor.values[j * size..j * size + j]);
                if !rest.is_finite() {
                    return Err(Undefined::NotFinite);
                }
                factor.values[i * size + j] = if i > j {
                    rest / factor.values[j * size + j]
                } else if rest > 1e-13 * matrix.values[i * size + i] {
                    rest.sqrt()
                } else {
                    return Err(Undefined::Singular);
                };
            }
        }
        Ok(Self { factor })
    }

    /// Solves `A x = b`.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when the lengths differ.
    pub fn solve(&self, right: &[f64]) -> Result<Vec<f64>, Undefined> {
        let size = self.factor.rows;
        crate::require_equal_length(right.len(), size)?;
        let mut x = right.to_vec();
        for i in 0..size {
            let row = self.factor.row(i);
            x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
        }
        for i in (0..size).rev() {
            x[i] /= self.factor.values[i * size + i];
            let solved = x[i];
            for (earlier, factor) in x[..i].iter_mut().zip(self.factor.row(i)) {
                *earlier -= factor * solved;
            }
        }
        Ok(x)
    }

    /// The diagonal of the inverse of A.
    #[must_use]
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let size = self.factor.rows;
        let mut diagonal = vec![0.0; size];
        // Column k of L⁻¹; summed over k, the squares are the diagonal of L⁻ᵀ L⁻¹.
        let mut column = vec![0.0; size];
        for (k, sum) in diagonal.iter_mut().enumerate() {
            column[..k].fill(0.0);
            for i in k..size {
                let row = self.factor.row(i);
                let unit = if i == k { 1.0 } else { 0.0 };
                column[i] = (unit - dot(&row[k..i], &column[k..i])) / row[i];
            }
            *sum = dot(&column[k..], &column[k..]);
        }
        diagonal
    }

    /// The natural logarithm of the determinant of A.
    #[must_use]
    pub fn ln_determinant(&self) -> f64 {
        (0..self.factor.rows).map(|i| 2.0 * self.factor.get(i, i).ln()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    #[test]
    fn factor_agrees_with_numpy() {
        let matrix = Matrix::from_rows(3, 3, vec![4.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, 0.2, 2.0]).unwrap();
        let factor = Cholesky::new(&matrix).unwrap();
        // np.linalg.solve(A, [1, 2, 3]), np.diag(np.linalg.inv(A)), np.linalg.slogdet(A)
        let solved = factor.solve(&[1.0, 2.0, 3.0]).unwrap();
        for (got, want) in
            solved.iter().zip([-0.081_728_511_038_046_01, 0.596_524_189_760_451, 1.460_779_708_783_466_2])
        {
            assert_near("solution", *got, want);
        }
        let diagonal = [0.279_943_635_509_628_9, 0.364_020_666_979_802_73, 0.516_674_495_068_107];
        for (got, want) in factor.inverse_diagonal().iter().zip(diagonal) {
            assert_near("inverse", *got, want);
        }
        assert_near("determinant", factor.ln_determinant(), 3.058_237_478_905_388_3);
    }

    #[test]
    fn inverse_exchanges_rows_where_it_must() {
        let matrix = Matrix::from_rows(3, 3, vec![0.0, 3.0, 1.0, 2.0, 1.0, 0.0, 1.0, 1.0, 4.0]).unwrap();
        // np.linalg.inv(C)
        let inverse = matrix.inverse().unwrap();
        assert_near("corner", inverse.get(0, 0), -0.173_913_043_478_260_86);
        assert_near("side", inverse.get(1, 0), 0.347_826_086_956_521_73);
        assert_near("end", inverse.get(2, 2), 0.260_869_565_217_391_3);
    }

    #[test]
    fn rows_and_columns_are_where_they_belong() {
        let matrix = Matrix::from_columns(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).unwrap();
        assert_eq!(matrix.row(1), [2.0, 5.0]);
        assert_eq!(matrix.column(1), [4.0, 5.0, 6.0]);
        assert_eq!(matrix.times(&[1.0, -1.0]), [-3.0; 3]);
        assert_eq!(matrix.transposed().row(0), [1.0, 2.0, 3.0]);
        assert_eq!(matrix.take(&[2, 0]).column(0), [3.0, 1.0]);
        assert_eq!(matrix.take_columns(&[1]).values(), [4.0, 5.0, 6.0]);
    }

    #[test]
    fn undefined_says_why() {
        let flat = Matrix::from_rows(2, 2, vec![1.0, 1.0, 1.0, 1.0]).unwrap();
        assert_eq!(Cholesky::new(&flat), Err(Undefined::Singular));
        assert_eq!(flat.inverse(), Err(Undefined::Singular));
        assert_eq!(Matrix::from_rows(2, 2, vec![1.0]), Err(Undefined::BinMismatch));
        assert_eq!(Cholesky::new(&Matrix::zeros(2, 3)), Err(Undefined::BinMismatch));
        assert_eq!(
            Cholesky::new(&Matrix::from_rows(1, 1, vec![f64::NAN]).unwrap()),
            Err(Undefined::NotFinite)
        );
    }
}
