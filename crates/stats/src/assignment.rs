//! The assignment problem: match rows to columns at the least total cost.

use super::{Undefined, linear::Matrix, require_finite};

/// Returns the column assigned to each row, each column at most once, with the least total cost.
///
/// The Hungarian method with potentials and shortest augmenting paths, O(rows² · columns): Kuhn, "The
/// Hungarian method for the assignment problem" (1955); Jonker & Volgenant, "A shortest augmenting path
/// algorithm for dense and sparse linear assignment problems" (1987). Ties in the total are broken by the
/// order of rows and columns.
///
/// * `cost`: rows x columns, with at most as many rows as columns; transpose it otherwise.
///
/// # Errors
///
/// [`Undefined::TooFew`] with more rows than columns, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn hungarian(cost: &Matrix) -> Result<Vec<usize>, Undefined> {
    let (rows, columns) = (cost.rows(), cost.columns());
    if rows > columns {
        return Err(Undefined::TooFew);
    }
    require_finite(cost.values())?;
    // Rows and columns count from 1; row 0 is the row being placed, column 0 means "not placed yet".
    let mut row_potential = vec![0.0; rows + 1];
    let mut column_potential = vec![0.0; columns + 1];
    let mut row_of = vec![0; columns + 1];
    let mut before = vec![0; columns + 1];
    for placing in 1..=rows {
        row_of[0] = placing;
        let mut at = 0;
        let mut slack = vec![f64::INFINITY; columns + 1];
        let mut visited = vec![false; columns + 1];
        while row_of[at] != 0 {
            visited[at] = true;
            let row = row_of[at];
            let (mut nearest, mut distance) = (0, f64::INFINITY);
            for column in 1..=columns {
                if visited[column] {
                    continue;
                }
                let reduced = cost.get(row - 1, column - 1) - row_potential[row] - column_potential[column];
                if reduced < slack[column] {
                    slack[column] = reduced;
                    before[column] = at;
                }
                if slack[column] < distance {
                    distance = slack[column];
                    nearest = column;
                }
            }
            for column in 0..=columns {
                if visited[column] {
                    row_potential[row_of[column]] += distance;
                    column_potential[column] -= distance;
                } else {
                    slack[column] -= distance;
                }
            }
            at = nearest;
        }
        while at != 0 {
            row_of[at] = row_of[before[at]];
            at = before[at];
        }
    }
    let mut column_of = vec![0; rows];
    for column in 1..=columns {
        if row_of[column] > 0 {
            column_of[row_of[column] - 1] = column - 1;
        }
    }
    Ok(column_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_the_least_total() {
        // scipy.optimize.linear_sum_assignment([[4, 1, 3, 9], [2, 0, 5, 8], [3, 2, 2, 1]]) gives [1, 0, 3]
        let cost = Matrix::from_rows(3, 4, vec![4.0, 1.0, 3.0, 9.0, 2.0, 0.0, 5.0, 8.0, 3.0, 2.0, 2.0, 1.0]);
        assert_eq!(hungarian(&cost.unwrap()), Ok(vec![1, 0, 3]));
        assert_eq!(hungarian(&Matrix::zeros(0, 0)), Ok(vec![]));
        assert_eq!(hungarian(&Matrix::zeros(2, 1)), Err(Undefined::TooFew));
        assert_eq!(hungarian(&Matrix::from_rows(1, 1, vec![f64::NAN]).unwrap()), Err(Undefined::NotFinite));
    }

    proptest! {
        #[test]
        fn no_other_order_is_cheaper(costs in prop::collection::vec(0_u8..20, 16)) {
            let cost = Matrix::from_rows(4, 4, costs.into_iter().map(f64::from).collect()).unwrap();
            let total = |order: &[usize]| -> f64 { order.iter().enumerate().map(|(i, &j)| cost.get(i, j)).sum() };
            let found = hungarian(&cost).unwrap();
            for code in 0..256_usize {
                let order = [code % 4, code / 4 % 4, code / 16 % 4, code / 64];
                let distinct = (0..4).all(|j| order.contains(&j));
                prop_assert!(!distinct || total(&found) <= total(&order));
            }
            prop_assert!((0..4).all(|j| found.contains(&j)));
        }
    }
}
