//! Rows as small bin codes: the input of the tree learners.

use rayon::prelude::*;

use super::folds::thin;
use crate::{
    cached::cached,
    stats::moments::ascend,
    summary::{Column, Kind, MISSING, Plan, Table},
};

/// The maximum number of bins of a numeric feature, without the missing bin. Finer quantiles no longer change
/// a tree.
pub const NUMERIC_BINS: usize = 64;

/// The same of a wide table, whose rows are few beside its columns.
const WIDE_BINS: usize = 32;

/// The maximum number of levels with a bin of their own; the rest share one.
pub const NAMED_LEVELS: usize = 62;

/// Rows that the bins of a wide table are fitted to, evenly spaced: sorting all would take longer than what is learnt from them.
const WIDE_ROWS: usize = 2_000;

/// Maps the features' values to bin codes. Fitted on some rows, usually of the training snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Binning {
    columns: Vec<(usize, Cuts)>,
}

cached!(struct Binning { columns });

#[derive(Debug, Clone, PartialEq)]
enum Cuts {
    /// Ascending; a value `x` has the code `#{cut : cut <= x}`.
    Numeric(Vec<f64>),
    /// The bin of each category code, and the number of levels with a bin of their own.
    Categorical { place: Vec<u8>, named: u8 },
}

cached!(enum Cuts { Numeric(part), Categorical { place, named } });

/// The bin codes of one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinnedColumn {
    /// The feature's index in the plan; none for a column added by [`Binned::push`].
    pub feature: Option<usize>,
    /// One code per row, below `bins`. The last bin is for missing values.
    pub codes: Vec<u8>,
    /// The number of bins, including the missing bin; at most 128.
    pub bins: u8,
    /// Whether the codes (except the missing one) are in the order of the values.
    pub ordered: bool,
}

/// Rows as bin codes, by column. Embeddings are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binned {
    /// The number of rows.
    pub rows: usize,
    /// One per numeric or categorical feature, in the order of the plan, then pushed ones.
    pub columns: Vec<BinnedColumn>,
}

impl Binning {
    /// Chooses the bins: quantiles of the given rows for numbers, the most frequent levels for categories.
    ///
    /// * `rows`: rows of `table`.
    /// * `bins`: the maximum number of bins of a numeric feature, at most [`NUMERIC_BINS`].
    #[must_use]
    pub fn fit(plan: &Plan, table: &Table, rows: &[usize], bins: usize) -> Self {
        let (most, most_bins) =
            if plan.is_wide() { (WIDE_ROWS, WIDE_BINS) } else { (usize::MAX, NUMERIC_BINS) };
        let rows = &thin(rows, most);
        let fitted: Vec<Option<Cuts>> = plan
            .features
            .par_iter()
            .enumerate()
            .map(|(j, feature)| match feature.kind {
                Kind::Numeric => {
                    let values = table.features.get(j).and_then(Column::numbers);
                    let present = rows.iter().filter_map(|&r| values.map(|v| v[r]));
                    Some(Cuts::Numeric(quantile_cuts(present.collect(), bins.clamp(2, most_bins))))
                }
                Kind::Categorical => {
                    let codes = table.features.get(j).and_then(Column::codes);
                    let present = rows.iter().filter_map(|&r| codes.map(|c| c[r]));
                    Some(level_places(present, feature.levels.len()))
                }
                Kind::Embedding => None,
            })
            .collect();
        let columns = fitted.into_iter().enumerate().filter_map(|(j, cuts)| cuts.map(|c| (j, c))).collect();
        Self { columns }
    }

    /// The codes of the given rows. A column that is absent or of another kind is all missing.
    #[must_use]
    pub fn codes(&self, table: &Table, rows: &[usize]) -> Binned {
        self.coded(table, rows, |_| true)
    }

    /// The same of some features alone.
    ///
    /// * `features`: indices in the plan, ascending.
    #[must_use]
    pub fn codes_of(&self, table: &Table, rows: &[usize], features: &[usize]) -> Binned {
        self.coded(table, rows, |feature| features.binary_search(&feature).is_ok())
    }

    fn coded(&self, table: &Table, rows: &[usize], wanted: impl Fn(usize) -> bool + Sync) -> Binned {
        let columns = self
            .columns
            .par_iter()
            .filter(|(feature, _)| wanted(*feature))
            .map(|(feature, cuts)| {
                let column = table.features.get(*feature).unwrap_or(&Column::Absent);
                let (bins, ordered) = match cuts {
                    Cuts::Numeric(cuts) => (cuts.len() as u8 + 2, true),
                    Cuts::Categorical { named, .. } => (named + 2, false),
                };
                let codes = match (cuts, column) {
                    (Cuts::Numeric(cuts), Column::Numeric { values, .. }) => {
                        rows.iter().map(|&r| numeric_code(cuts, values[r])).collect()
                    }
                    (Cuts::Categorical { place, named }, Column::Categorical(codes)) => {
                        rows.iter().map(|&r| level_code(place, *named, codes[r])).collect()
                    }
                    _ => vec![bins - 1; rows.len()],
                };
                BinnedColumn { feature: Some(*feature), codes, bins, ordered }
            })
            .collect();
        Binned { rows: rows.len(), columns }
    }
}

impl Binned {
    /// Bins by quantiles of the given rows and returns their codes.
    #[must_use]
    pub fn new(plan: &Plan, table: &Table, rows: &[usize]) -> Self {
        Binning::fit(plan, table, rows, NUMERIC_BINS).codes(table, rows)
    }

    /// Adds a numeric column, one value per row, binned by its own quantiles; NaN is missing.
    pub fn push(&mut self, values: &[f64]) {
        let cuts = quantile_cuts(values.to_vec(), NUMERIC_BINS);
        let codes = values.iter().map(|&x| numeric_code(&cuts, x)).collect();
        self.columns.push(BinnedColumn { feature: None, codes, bins: cuts.len() as u8 + 2, ordered: true });
    }

    /// The same columns with only the given rows, in the given order.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|column| BinnedColumn { codes: rows.iter().map(|&r| column.codes[r]).collect(), ..*column })
            .collect();
        Self { rows: rows.len(), columns }
    }

    /// Some of the columns, in the given order.
    #[must_use]
    pub fn take_columns(&self, columns: &[usize]) -> Self {
        Self { rows: self.rows, columns: columns.iter().map(|&c| self.columns[c].clone()).collect() }
    }

    /// Concatenates the rows with those of `other`, which must come from the same binning.
    #[must_use]
    pub fn chain(&self, other: &Self) -> Self {
        let columns = self
            .columns
            .iter()
            .zip(&other.columns)
            .map(|(a, b)| BinnedColumn { codes: [a.codes.as_slice(), &b.codes].concat(), ..*a })
            .collect();
        Self { rows: self.rows + other.rows, columns }
    }

    /// The index among [`Binned::columns`] of a feature of the plan.
    #[must_use]
    pub fn column_of(&self, feature: usize) -> Option<usize> {
        self.columns.iter().position(|column| column.feature == Some(feature))
    }
}

/// Cuts between all neighbouring values if there are few, otherwise at quantiles of equal count.
fn quantile_cuts(mut values: Vec<f64>, bins: usize) -> Vec<f64> {
    values.retain(|x| x.is_finite());
    ascend(&mut values);
    let mut distinct = values.clone();
    distinct.dedup();
    let between = |low: f64, high: f64| {
        let middle = low / 2.0 + high / 2.0;
        // Adjacent floats have no number between them; the upper one is then the cut.
        if middle > low { middle } else { high }
    };
    if distinct.len() <= bins {
        return distinct.windows(2).map(|pair| between(pair[0], pair[1])).collect();
    }
    let mut cuts: Vec<f64> = (1..bins)
        .filter_map(|k| {
            let at = k * values.len() / bins;
            // A cut lies between the quantile's value and the value before it.
            let value = values[at];
            let before = distinct.partition_point(|&d| d < value);
            (before > 0).then(|| between(distinct[before - 1], value))
        })
        .collect();
    cuts.dedup();
    cuts
}

fn numeric_code(cuts: &[f64], x: f64) -> u8 {
    if x.is_nan() { cuts.len() as u8 + 1 } else { cuts.partition_point(|&cut| cut <= x) as u8 }
}

/// Assigns a bin to each of the most frequent levels; ties go to the smaller code.
fn level_places(codes: impl Iterator<Item = u32>, levels: usize) -> Cuts {
    let mut counts = vec![0_u64; levels];
    for code in codes {
        if let Some(count) = counts.get_mut(code as usize) {
            *count += 1;
        }
    }
    let mut by_frequency: Vec<usize> = (0..levels).filter(|&l| counts[l] > 0).collect();
    by_frequency.sort_by_key(|&l| (std::cmp::Reverse(counts[l]), l));
    by_frequency.truncate(NAMED_LEVELS);
    let named = by_frequency.len() as u8;
    let mut place = vec![named; levels];
    for (bin, level) in by_frequency.into_iter().enumerate() {
        place[level] = bin as u8;
    }
    Cuts::Categorical { place, named }
}

fn level_code(place: &[u8], named: u8, code: u32) -> u8 {
    if code == MISSING { named + 1 } else { place.get(code as usize).copied().unwrap_or(named) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::planted;

    #[test]
    fn codes_keep_the_order_and_put_missing_last() {
        let data = planted(1000, 61);
        let rows: Vec<usize> = (0..1000).collect();
        let binned = Binned::new(&data.plan, &data.table, &rows);
        let values = data.table.features[0].numbers().unwrap();
        let column = &binned.columns[0];
        assert_eq!(column.bins, 65, "63 cuts, 64 intervals, one bin for missing values");
        for pair in rows.windows(2) {
            let (x, y) = (values[pair[0]], values[pair[1]]);
            let (a, b) = (column.codes[pair[0]], column.codes[pair[1]]);
            assert!(x.is_nan() || y.is_nan() || (x <= y) == (a <= b) || a == b);
            assert_eq!(x.is_nan(), a == 64);
        }
    }

    #[test]
    fn few_values_get_a_bin_each_and_unknown_levels_the_common_one() {
        let mut data = planted(500, 62);
        let rows: Vec<usize> = (0..500).collect();
        let binning = Binning::fit(&data.plan, &data.table, &rows, NUMERIC_BINS);
        assert_eq!(binning.codes(&data.table, &rows).columns[3].bins, 11, "ten values and missing");
        data.table.features[4] = Column::Categorical(vec![77; 500]);
        let column = &binning.codes(&data.table, &rows).columns[4];
        assert!(column.codes.iter().all(|&c| c == column.bins - 2));
    }

    #[test]
    fn neighbouring_floats_and_infinities_are_told_apart() {
        let low = 1.0_f64;
        let high = 1.0_f64.next_up();
        let cuts = quantile_cuts(vec![low, high, f64::INFINITY, f64::NAN], 8);
        assert_eq!(cuts, [high]);
        assert_eq!(
            [numeric_code(&cuts, low), numeric_code(&cuts, high), numeric_code(&cuts, f64::NAN)],
            [0, 1, 2]
        );
        assert!(quantile_cuts(Vec::new(), 8).is_empty());
    }
}
