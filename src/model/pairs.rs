//! Which pairs of columns are looked at: all of a usual table, a number linear in the columns of a wide one.
//!
//! A table of a thousand columns has half a million pairs, nearly all of them independent. Of a wide table two kinds of pairs are
//! taken: columns that are near each other in the table, as columns that were computed together are written side by side; and all
//! pairs of the columns that depend most on the rest. That dependence is estimated with random sums of all columns: the squared
//! correlation of a column with a sum of randomly signed others is, on average, proportional to the sum of its squared
//! correlations with them (the random projections of Achlioptas 2003, "Database-friendly random projections").

use rayon::prelude::*;

use super::{
    binned::{Binned, BinnedColumn},
    folds::{mix, thin},
};
use crate::summary::WIDE;

/// Columns that depend most on the rest: all of their pairs are taken.
const LEADING: usize = 64;

/// Columns at most so many places apart are taken.
const NEAR: usize = 4;

/// Random sums that a column is correlated with.
const SUMS: usize = 16;

/// Rows of these correlations, evenly spaced.
const ROWS: usize = 2000;

/// Pairs of the given columns, ascending.
///
/// * `columns`: indices of columns of `data`, ascending.
#[must_use]
pub fn candidate_pairs(data: &Binned, columns: &[usize]) -> Vec<(usize, usize)> {
    let all = |columns: &[usize]| -> Vec<(usize, usize)> {
        let after =
            |(i, &a): (usize, &usize)| columns[i + 1..].iter().map(move |&b| (a, b)).collect::<Vec<_>>();
        columns.iter().enumerate().flat_map(after).collect()
    };
    if columns.len() <= WIDE {
        return all(columns);
    }
    let mut pairs = all(&leading(data, columns));
    for (i, &a) in columns.iter().enumerate() {
        pairs.extend(columns[i + 1..].iter().take(NEAR).map(|&b| (a, b)));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The columns that depend most on the others, ascending.
fn leading(data: &Binned, columns: &[usize]) -> Vec<usize> {
    let rows = thin(&(0..data.rows).collect::<Vec<_>>(), ROWS);
    let scores: Vec<Vec<f32>> =
        columns.par_iter().map(|&column| standardised(&data.columns[column], &rows)).collect();
    let sign =
        |column: usize, sum: usize| if mix((column * SUMS + sum) as u64) & 1 == 0 { 1.0 } else { -1.0 };
    let sums: Vec<Vec<f32>> = (0..SUMS)
        .into_par_iter()
        .map(|k| {
            let mut sum = vec![0.0; rows.len()];
            for (j, score) in scores.iter().enumerate() {
                let sign: f32 = sign(j, k);
                sum.iter_mut().zip(score).for_each(|(sum, x)| *sum += sign * x);
            }
            sum
        })
        .collect();
    let dependence = |j: usize| -> f32 {
        let of_sum = |(k, sum): (usize, &Vec<f32>)| {
            let own: f32 = sign(j, k);
            let (mut product, mut square) = (0.0_f32, 0.0_f32);
            for (x, sum) in scores[j].iter().zip(sum) {
                let others = sum - own * x;
                product += x * others;
                square += others * others;
            }
            if square > 0.0 { product * product / square } else { 0.0 }
        };
        sums.iter().enumerate().map(of_sum).sum()
    };
    let dependences: Vec<f32> = (0..scores.len()).into_par_iter().map(dependence).collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| dependences[b].total_cmp(&dependences[a]).then(a.cmp(&b)));
    order.truncate(LEADING);
    order.sort_unstable();
    order.into_iter().map(|at| columns[at]).collect()
}

/// The codes of some rows with mean 0 and standard deviation 1; of a category, whether it is the most frequent level. All 0 where
/// nothing varies.
fn standardised(column: &BinnedColumn, rows: &[usize]) -> Vec<f32> {
    let value = |&row: &usize| {
        let code = column.codes[row];
        if column.ordered { f32::from(code) } else { f32::from(u8::from(code == 0)) }
    };
    let mut values: Vec<f32> = rows.iter().map(value).collect();
    let number = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / number;
    let spread = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / number).sqrt();
    for x in &mut values {
        *x = if spread > 0.0 { (*x - mean) / spread } else { 0.0 };
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::normal;

    /// Independent columns, of which the `first` ones share a part.
    fn table(columns: usize, related: usize) -> Binned {
        let code = |x: f64| ((x * 2.0).round() + 6.0).clamp(0.0, 12.0) as u8;
        let column = |j: usize| BinnedColumn {
            feature: Some(j),
            codes: (0..1500)
                .map(|r| {
                    let own = normal(3, r, 2 * j as u64);
                    let shared = normal(4, r, 0);
                    // The related columns are spread over the table.
                    code(if j.is_multiple_of(columns / related) { 0.6 * own + 0.8 * shared } else { own })
                })
                .collect(),
            bins: 14,
            ordered: true,
        };
        Binned { rows: 1500, columns: (0..columns).map(column).collect() }
    }

    #[test]
    fn every_pair_of_a_usual_table_is_taken() {
        let data = table(20, 2);
        let columns: Vec<usize> = (0..20).collect();
        assert_eq!(candidate_pairs(&data, &columns).len(), 190);
    }

    #[test]
    fn of_a_wide_table_dependent_columns_and_neighbours_are_taken() {
        let data = table(400, 10);
        let columns: Vec<usize> = (0..400).collect();
        let pairs = candidate_pairs(&data, &columns);
        let most = LEADING * (LEADING - 1) / 2 + NEAR * 400;
        assert!(pairs.len() <= most, "{} of at most {most}", pairs.len());
        let related: Vec<usize> = (0..10).map(|k| 40 * k).collect();
        let found = |a: usize, b: usize| pairs.contains(&(related[a], related[b]));
        let hit =
            (0..10).flat_map(|a| (a + 1..10).map(move |b| (a, b))).filter(|&(a, b)| found(a, b)).count();
        assert_eq!(hit, 45, "all pairs of the ten columns that share a part");
        assert!(pairs.contains(&(200, 203)) && pairs.windows(2).all(|two| two[0] < two[1]));
    }
}
