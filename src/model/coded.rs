//! Wide tables for the linear learners: bin codes, of which the most telling columns become numbers when a learner is fitted.
//!
//! The encoded matrix of [`super::encode`] takes eight bytes or more for each cell, for a table of thousands of columns more than
//! all that was read. Here a cell is the byte of its bin code, and only the chosen columns are encoded, each code by the normal
//! score of its bin. The choice is made on the rows of the fit alone, so that a cross-validation stays honest.

use rayon::prelude::*;

use super::binned::{Binned, BinnedColumn};
use crate::{
    cached::cached,
    stats::{distribution::normal_quantile, linear::Matrix},
};

/// A missing value gets an indicator when at least this share of the fitted rows misses it.
const MISSING_SHARE: f64 = 0.005;

/// A level gets an indicator when at least this share of the fitted rows has it.
const LEVEL_SHARE: f64 = 0.01;

/// Levels of a category with an indicator.
const MOST_LEVELS: usize = 12;

/// A column of the encoded matrix: a number for each code of a column.
#[derive(Debug, Clone, PartialEq)]
struct CodedPart {
    column: usize,
    values: Vec<f64>,
}

cached!(struct CodedPart { column, values });

/// The chosen columns of a wide table.
#[derive(Debug, Clone, PartialEq)]
pub struct CodedParts(Vec<CodedPart>);

cached!(struct CodedParts(part0));

impl CodedParts {
    /// Chooses the parts with the largest correlation with any of the targets (sure independence screening, Fan & Lv 2008).
    ///
    /// * `targets`: for each target, one value per row; or for several classes, their indicators' class.
    /// * `most`: the number of parts.
    #[must_use]
    pub fn fit(data: &Binned, target: CodedTarget<'_>, most: usize) -> Self {
        let ranked = data.columns.par_iter().enumerate().flat_map_iter(|(at, column)| {
            let sums = CodeSums::of(column, target);
            let parts = parts_of(column, &sums.rows);
            let rate = move |values: Vec<f64>| (sums.correlation(&values), CodedPart { column: at, values });
            parts.into_iter().map(rate)
        });
        let mut ranked: Vec<(f64, CodedPart)> = ranked.collect();
        // A stable sort: equals stay in the order of the columns.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranked.truncate(most.max(1));
        let mut parts: Vec<CodedPart> = ranked.into_iter().map(|(_, part)| part).collect();
        parts.sort_by_key(|part| part.column);
        Self(parts)
    }

    /// The columns of the parts, each once, ascending.
    #[must_use]
    pub fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self.0.iter().map(|part| part.column).collect();
        columns.dedup();
        columns
    }

    /// The chosen parts of rows that are binned as those of the fit, `rows x parts`.
    #[must_use]
    pub fn read(&self, data: &Binned) -> Matrix {
        let mut matrix = Matrix::zeros(data.rows, self.0.len());
        let columns: Vec<(&[u8], &[f64])> =
            self.0.iter().map(|p| (data.columns[p.column].codes.as_slice(), p.values.as_slice())).collect();
        for row in 0..data.rows {
            for (cell, (codes, values)) in matrix.row_mut(row).iter_mut().zip(&columns) {
                *cell = values[usize::from(codes[row])];
            }
        }
        matrix
    }
}

/// What the parts are to tell.
#[derive(Debug, Clone, Copy)]
pub enum CodedTarget<'a> {
    /// A value for each row.
    Value(&'a [f64]),
    /// The class of each row, and the number of classes.
    Class(&'a [f64], usize),
}

/// What is known of a column by its codes.
struct CodeSums {
    /// Rows of each code.
    rows: Vec<f64>,
    /// For each target the sums of its deviations from the mean, by code.
    sums: Vec<Vec<f64>>,
}

impl CodeSums {
    fn of(column: &BinnedColumn, target: CodedTarget<'_>) -> Self {
        let bins = usize::from(column.bins);
        let mut rows = vec![0.0; bins];
        column.codes.iter().for_each(|&code| rows[usize::from(code)] += 1.0);
        let mut sums = match target {
            CodedTarget::Value(values) => {
                let mut sums = vec![0.0; bins];
                column.codes.iter().zip(values).for_each(|(&code, y)| sums[usize::from(code)] += y);
                vec![sums]
            }
            CodedTarget::Class(classes, number) => {
                let mut sums = vec![vec![0.0; bins]; number];
                for (&code, &class) in column.codes.iter().zip(classes) {
                    if let Some(sums) = sums.get_mut(class as usize) {
                        sums[usize::from(code)] += 1.0;
                    }
                }
                sums
            }
        };
        let all = rows.iter().sum::<f64>().max(1.0);
        for sums in &mut sums {
            let mean = sums.iter().sum::<f64>() / all;
            sums.iter_mut().zip(&rows).for_each(|(sum, n)| *sum -= n * mean);
        }
        Self { rows, sums }
    }

    /// The largest covariance of a part with a target, in standard deviations of the part.
    fn correlation(&self, values: &[f64]) -> f64 {
        let all = self.rows.iter().sum::<f64>().max(1.0);
        let total: f64 = self.rows.iter().zip(values).map(|(n, v)| n * v).sum();
        let square: f64 = self.rows.iter().zip(values).map(|(n, v)| n * v * v).sum();
        let spread = square - total * total / all;
        if spread <= 0.0 {
            return 0.0;
        }
        let product = |sums: &Vec<f64>| sums.iter().zip(values).map(|(s, v)| s * v).sum::<f64>().abs();
        self.sums.iter().map(product).fold(0.0, f64::max) / spread.sqrt()
    }
}

/// The parts of a column: score, square and missing indicator of a number, indicators of the levels of a category.
///
/// * `rows`: the fitted rows of each code.
fn parts_of(column: &BinnedColumn, rows: &[f64]) -> Vec<Vec<f64>> {
    let all = rows.iter().sum::<f64>();
    let indicator =
        |at: usize| (0..rows.len()).map(|code| f64::from(u8::from(code == at))).collect::<Vec<f64>>();
    let Some((&missing, named)) = rows.split_last() else { return Vec::new() };
    let mut parts = Vec::new();
    if column.ordered {
        let present = all - missing;
        let mut below = 0.0;
        let mut scores: Vec<f64> = named
            .iter()
            .map(|n| {
                let share = (below + n / 2.0) / present.max(1.0);
                below += n;
                let half = 0.5 / present.max(1.0);
                normal_quantile(share.clamp(half.min(0.5), 1.0 - half.min(0.5)))
            })
            .collect();
        scores.push(0.0);
        let last = scores.len() - 1;
        let square = |(code, z): (usize, &f64)| {
            if code == last { 0.0 } else { (z * z - 1.0) / std::f64::consts::SQRT_2 }
        };
        let squares = scores.iter().enumerate().map(square).collect();
        let occupied = named.iter().filter(|n| **n > 0.0).count();
        parts.push(scores);
        if occupied > 2 {
            parts.push(squares);
        }
    } else {
        // The levels are in the order of their frequency; indicators of all would sum to a constant.
        let least = (LEVEL_SHARE * all).max(2.0);
        let occupied = named.iter().filter(|n| **n > 0.0).count();
        let mut levels: Vec<usize> = (0..named.len()).filter(|&code| named[code] >= least).collect();
        if levels.len() == occupied && levels.len() > 1 {
            levels.pop();
        }
        parts.extend(levels.into_iter().take(MOST_LEVELS).map(indicator));
    }
    if missing >= (MISSING_SHARE * all).max(1.0) {
        parts.push(indicator(rows.len() - 1));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::normal;

    fn table(rows: usize, columns: usize) -> Binned {
        let code = |x: f64| ((x * 8.0).round() + 31.0).clamp(0.0, 62.0) as u8;
        let column = |j: usize| BinnedColumn {
            feature: Some(j),
            codes: (0..rows).map(|r| code(normal(5, r, 2 * j as u64))).collect(),
            bins: 64,
            ordered: true,
        };
        Binned { rows, columns: (0..columns).map(column).collect() }
    }

    #[test]
    fn the_columns_that_tell_of_the_target_are_chosen() {
        let data = table(2000, 300);
        let value = |r: usize, j: usize| f64::from(data.columns[j].codes[r]) - 31.0;
        // A line in one column, a parabola in another.
        let target: Vec<f64> =
            (0..2000).map(|r| value(r, 7) + 0.1 * value(r, 211).powi(2) + 3.0 * normal(6, r, 0)).collect();
        let parts = CodedParts::fit(&data, CodedTarget::Value(&target), 20);
        assert_eq!(parts.0.len(), 20);
        let matrix = parts.read(&data);
        assert_eq!((matrix.rows(), matrix.columns()), (2000, 20));
        let of = |j: usize| parts.0.iter().filter(|part| part.column == j).count();
        assert!(of(7) >= 1 && of(211) >= 1, "{:?}", parts.columns());
        // The classes of the same values.
        let class: Vec<f64> = target.iter().map(|y| f64::from(u8::from(*y > 5.0))).collect();
        let parts = CodedParts::fit(&data, CodedTarget::Class(&class, 2), 20);
        assert!([7, 211].iter().all(|j| parts.0.iter().any(|part| part.column == *j)));
    }

    #[test]
    fn scores_are_normal_and_missing_values_have_an_indicator() {
        let mut data = table(4000, 1);
        data.columns[0].codes.iter_mut().step_by(10).for_each(|code| *code = 63);
        let target: Vec<f64> = (0..4000).map(|r| f64::from(data.columns[0].codes[r])).collect();
        let parts = CodedParts::fit(&data, CodedTarget::Value(&target), 9);
        assert_eq!(parts.0.len(), 3, "score, square, missing");
        let matrix = parts.read(&data);
        let squares = |c: usize| (0..4000).map(|r| matrix.get(r, c).powi(2)).sum::<f64>() / 4000.0;
        let scored: Vec<usize> = (0..3).filter(|&c| (squares(c) - 0.9).abs() < 0.03).collect();
        assert!(!scored.is_empty(), "{:?}", (0..3).map(squares).collect::<Vec<_>>());
    }
}
