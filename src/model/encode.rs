//! Rows as numbers on a common scale: the input of the linear learners.

use rayon::prelude::*;

use crate::{
    cached::cached,
    stats::{distribution::normal_quantile, linear::Matrix, moments::ascend},
    summary::{Column, Kind, MISSING, Plan, Table},
};

/// A feature gets a missing indicator when at least this share of the fitted rows misses it.
const MISSING_SHARE: f64 = 0.005;

/// A level gets an indicator when at least this share of the fitted rows has it.
const LEVEL_SHARE: f64 = 0.01;

/// How features are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Whether squares of numbers are added.
    pub squares: bool,
    /// The maximum number of levels of a category with an indicator.
    pub levels: usize,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self { squares: false, levels: 12 }
    }
}

/// The content of a column of the encoded matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodedPart {
    /// The normal score of the value's rank among the fitted rows; 0 when missing.
    Score,
    /// Its square, centred and scaled to standard deviation 1 under normality.
    Square,
    /// 1 when the value is missing.
    Missing,
    /// 1 when the value is this category code.
    Level(u32),
}

cached!(
    enum EncodedPart {
        Score,
        Square,
        Missing,
        Level(part),
    }
);

/// Encodes features as columns of similar scale, using the ranks of the rows it was fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder {
    /// Feature and part of each column.
    parts: Vec<(usize, EncodedPart)>,
    /// Per feature of the plan: distinct values with their normal scores; empty for features that are not
    /// numbers.
    scales: Vec<RankScale>,
}

cached!(struct Encoder { parts, scales });

/// The normal scores of a feature's values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RankScale {
    values: Vec<f64>,
    scores: Vec<f64>,
}

cached!(struct RankScale { values, scores });

impl RankScale {
    /// Ranks the values; missing and infinite ones are left out, ties share their mean rank.
    #[must_use]
    pub fn fit(mut values: Vec<f64>) -> Self {
        values.retain(|x| x.is_finite());
        ascend(&mut values);
        let n = values.len() as f64;
        let mut scale = Self::default();
        let mut from = 0;
        while from < values.len() {
            let to = from + values[from..].partition_point(|&x| x <= values[from]);
            scale.values.push(values[from]);
            // Mean rank of the ties, as a share strictly between 0 and 1.
            scale.scores.push(normal_quantile((from + to) as f64 / 2.0 / n));
            from = to;
        }
        scale
    }

    /// The normal score of a value; new values get the score halfway between their neighbours; NaN stays NaN.
    #[must_use]
    pub fn score(&self, x: f64) -> f64 {
        if x.is_nan() || self.values.is_empty() {
            return f64::NAN;
        }
        let at = self.values.partition_point(|&v| v < x);
        match (self.values.get(at), at) {
            (Some(&v), _) if v == x => self.scores[at],
            (Some(_), 0) => self.scores[0],
            (Some(_), _) => f64::midpoint(self.scores[at - 1], self.scores[at]),
            (None, _) => self.scores[at - 1],
        }
    }
}

impl Encoder {
    /// Learns ranks and frequent levels from the given rows.
    #[must_use]
    pub fn fit(plan: &Plan, table: &Table, rows: &[usize], options: &EncodeOptions) -> Self {
        Self::fit_to(plan, table, rows, options, &(0..plan.features.len()).collect::<Vec<_>>())
    }

    /// The same for some features alone.
    ///
    /// * `features`: indices in the plan, ascending.
    #[must_use]
    pub fn fit_to(
        plan: &Plan,
        table: &Table,
        rows: &[usize],
        options: &EncodeOptions,
        features: &[usize],
    ) -> Self {
        let fitted: Vec<(Vec<EncodedPart>, RankScale)> = plan
            .features
            .par_iter()
            .enumerate()
            .map(|(j, feature)| {
                if features.binary_search(&j).is_err() {
                    return (Vec::new(), RankScale::default());
                }
                let column = table.features.get(j).unwrap_or(&Column::Absent);
                let missing = rows.iter().filter(|&&r| column.is_missing(r)).count();
                let often_missing = missing as f64 >= (MISSING_SHARE * rows.len() as f64).max(1.0);
                let mut parts = Vec::new();
                let mut scale = RankScale::default();
                match (feature.kind, column) {
                    (Kind::Numeric, Column::Numeric { values, .. }) => {
                        scale = RankScale::fit(rows.iter().map(|&r| values[r]).collect());
                        parts.push(EncodedPart::Score);
                        if options.squares && scale.values.len() > 2 {
                            parts.push(EncodedPart::Square);
                        }
                        if often_missing {
                            parts.push(EncodedPart::Missing);
                        }
                    }
                    (Kind::Categorical, Column::Categorical(codes)) => {
                        parts = frequent_levels(rows.iter().map(|&r| codes[r]), rows.len(), options.levels);
                        if often_missing {
                            parts.push(EncodedPart::Missing);
                        }
                    }
                    _ => {}
                }
                (parts, scale)
            })
            .collect();
        let mut encoder = Self { parts: Vec::new(), scales: Vec::new() };
        for (j, (parts, scale)) in fitted.into_iter().enumerate() {
            encoder.parts.extend(parts.into_iter().map(|part| (j, part)));
            encoder.scales.push(scale);
        }
        encoder
    }

    /// Feature and part of each column of [`Encoder::rank_normal`].
    #[must_use]
    pub fn parts(&self) -> &[(usize, EncodedPart)] {
        &self.parts
    }

    /// The normal scores of a feature, if it is a number.
    #[must_use]
    pub fn scale(&self, feature: usize) -> Option<&RankScale> {
        self.scales.get(feature).filter(|scale| !scale.values.is_empty())
    }

    /// The encoded rows, `rows x parts`.
    #[must_use]
    pub fn rank_normal(&self, table: &Table, rows: &[usize]) -> Matrix {
        let columns: Vec<Vec<f64>> = self
            .parts
            .par_iter()
            .map(|&(j, part)| {
                let column = table.features.get(j).unwrap_or(&Column::Absent);
                rows.iter().map(|&r| self.value(column, j, part, r)).collect()
            })
            .collect();
        let mut matrix = Matrix::zeros(rows.len(), columns.len());
        for (row, _) in rows.iter().enumerate() {
            for (cell, column) in matrix.row_mut(row).iter_mut().zip(&columns) {
                *cell = column[row];
            }
        }
        matrix
    }

    fn value(&self, column: &Column, feature: usize, part: EncodedPart, row: usize) -> f64 {
        let indicator = |holds: bool| f64::from(u8::from(holds));
        match part {
            EncodedPart::Missing => indicator(column.is_missing(row)),
            EncodedPart::Level(level) => indicator(column.codes().is_some_and(|codes| codes[row] == level)),
            EncodedPart::Score | EncodedPart::Square => {
                let score = column.numbers().map_or(f64::NAN, |v| self.scales[feature].score(v[row]));
                match (score.is_nan(), part) {
                    (true, _) => 0.0,
                    (false, EncodedPart::Square) => (score * score - 1.0) / std::f64::consts::SQRT_2,
                    (false, _) => score,
                }
            }
        }
    }
}

/// Indicators of the most frequent levels except one, which is the baseline.
fn frequent_levels(codes: impl Iterator<Item = u32>, rows: usize, most: usize) -> Vec<EncodedPart> {
    let mut counts = std::collections::BTreeMap::new();
    for code in codes.filter(|&c| c != MISSING) {
        *counts.entry(code).or_insert(0_usize) += 1;
    }
    let everything = counts.len();
    let least = (LEVEL_SHARE * rows as f64).max(2.0);
    let mut levels: Vec<(usize, u32)> =
        counts.into_iter().filter(|&(_, n)| n as f64 >= least).map(|(code, n)| (n, code)).collect();
    levels.sort_by_key(|&(n, code)| (std::cmp::Reverse(n), code));
    // Indicators of all levels would sum to a constant, so the rarest one is dropped.
    if levels.len() == everything && levels.len() > 1 {
        levels.pop();
    }
    levels.truncate(most);
    levels.into_iter().map(|(_, code)| EncodedPart::Level(code)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::planted;

    #[test]
    fn scores_are_normal_and_ties_share_theirs() {
        let scale = RankScale::fit(vec![3.0, 1.0, 2.0, 2.0, f64::NAN]);
        // scipy.stats.norm.ppf([1/8, 4/8, 7/8]) = [-1.15034938, 0, 1.15034938]
        for (x, want) in
            [(1.0, -1.150_349_38), (2.0, 0.0), (3.0, 1.150_349_38), (2.5, 0.575_174_69), (9.0, 1.150_349_38)]
        {
            assert!((scale.score(x) - want).abs() < 1e-7, "{x}: {}", scale.score(x));
        }
        assert!(scale.score(f64::NAN).is_nan());
    }

    #[test]
    fn columns_are_scores_indicators_and_levels() {
        let data = planted(2000, 41);
        let rows: Vec<usize> = (0..2000).collect();
        let encoder =
            Encoder::fit(&data.plan, &data.table, &rows, &EncodeOptions { squares: true, levels: 12 });
        let of = |feature: usize| encoder.parts().iter().filter(|p| p.0 == feature).count();
        // `a` has missing values; the category has missing values and four levels, one of which is the
        // baseline
        assert_eq!([of(0), of(1), of(4)], [3, 2, 4]);
        let matrix = encoder.rank_normal(&data.table, &rows);
        let (mean, square) =
            (0..2000).map(|r| matrix.get(r, 3)).fold((0.0, 0.0), |(m, s), z| (m + z, s + z * z));
        assert!((mean / 2000.0).abs() < 1e-9 && (square / 2000.0 - 1.0).abs() < 0.02);
    }

    #[test]
    fn an_absent_column_is_missing_throughout() {
        let mut data = planted(200, 42);
        let rows: Vec<usize> = (0..200).collect();
        let encoder = Encoder::fit(&data.plan, &data.table, &rows, &EncodeOptions::default());
        data.table.features[0] = Column::Absent;
        let matrix = encoder.rank_normal(&data.table, &rows);
        assert!((0..200).all(|r| matrix.get(r, 0) == 0.0 && matrix.get(r, 1) == 1.0));
    }
}
