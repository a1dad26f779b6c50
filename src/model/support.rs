//! Which rows lie outside the support of the training data?

use rayon::prelude::*;

use super::{
    binned::{Binned, Binning},
    encode::RankScale,
    folds::{mix, thin},
    pairs::candidate_pairs,
    vectors::{INSIDE, Vectors},
};
use crate::{
    cached::cached,
    stats::moments::{ascend, quantile},
    summary::{Column, Kind, MISSING, Plan, Table},
};

/// A number is out of range when it exceeds the extreme by this share of the distance from the median to that
/// extreme: new rows exceed the extremes of a sample now and then.
const BEYOND: f64 = 0.1;

/// An interval between two training values is a gap when it is this many times the usual distance between
/// neighbours …
const GAP_NEIGHBOURS: f64 = 20.0;

/// … and this share of the middle 98 % of the values.
const GAP_SHARE: f64 = 0.04;

/// Number of bins for pairs of features.
const PAIR_BINS: usize = 10;

/// A pair of bins is rare when its share of training is below this share of the expected one under
/// independence …
const RARE: f64 = 0.1;

/// … and at least this many rows are expected.
const PAIR_ROWS: f64 = 15.0;

/// Training rows searched for neighbours, and as many others that give the usual distance to a neighbour.
const NEIGHBOURS: usize = 800;

/// Sums that stand for the features of a row, where it has more.
const SKETCH: usize = 128;

/// Rows that the ranks of a sketch are taken from.
const SKETCH_RANKS: usize = 500;

/// Coordinates that are added to a distance before it is compared with the smallest one so far.
const COMPARED: usize = 8;

/// Training rows whose distances to a row are summed side by side.
const LANES: usize = 8;

/// Rows that one thread sketches at a time.
const SKETCHED_ROWS: usize = 256;

/// Why a row is outside the support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A level that does not occur in training.
    UnseenLevel {
        /// The feature's index in the plan.
        feature: usize,
    },
    /// A number outside training's range, or in a gap of it.
    OutOfRange {
        /// The feature's index in the plan.
        feature: usize,
    },
    /// A vector less similar to its nearest training vector than training vectors usually are, or longer or shorter than any of
    /// them.
    OutlyingVector {
        /// The feature's index in the plan.
        feature: usize,
    },
    /// Two values that occur in training, but rarely together.
    RarePair {
        /// One feature's index in the plan.
        first: usize,
        /// The other feature's index in the plan.
        second: usize,
    },
    /// Farther from the nearest training row than training rows usually are.
    Far,
}

cached!(enum Reason {
    UnseenLevel { feature }, OutOfRange { feature }, OutlyingVector { feature }, RarePair { first, second },
    Far,
});

/// The position of a row relative to the training data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupportPlace {
    /// Why it is outside; none when it is inside.
    pub reason: Option<Reason>,
    /// Its distance to the nearest training row, in units of the 99.5 % quantile of that distance among
    /// training rows.
    pub distance: f64,
    /// The lowest cosine similarity of its vectors to their nearest training vectors; NaN without vectors.
    pub similarity: f64,
}

/// The support of the training data.
#[derive(Debug, Clone)]
pub struct Support {
    ranges: Vec<Option<Range>>,
    known_levels: Vec<usize>,
    pairs: Pairs,
    neighbours: Neighbours,
    vectors: Vec<Option<Vectors>>,
}

impl Support {
    /// Learns the support of the given training rows.
    #[must_use]
    pub fn fit(plan: &Plan, training: &Table, rows: &[usize]) -> Self {
        let column = |j: usize| training.features.get(j).unwrap_or(&Column::Absent);
        let ranges = (0..plan.features.len())
            .into_par_iter()
            .map(|j| column(j).numbers().and_then(|v| Range::of(rows.iter().map(|&r| v[r]).collect())))
            .collect();
        let known_levels = plan.features.iter().map(|f| f.known_levels).collect();
        let vectors = (0..plan.features.len()).map(|j| Vectors::of(column(j), rows)).collect();
        Self {
            ranges,
            known_levels,
            pairs: Pairs::fit(plan, training, rows),
            neighbours: Neighbours::fit(plan, training, rows),
            vectors,
        }
    }

    /// Positions of rows of any table of the same plan.
    ///
    /// * `least`: the rare bin pairs of two features count only when together they hold this share of the
    ///   given rows; single rows in rare cells are normal in the tails.
    #[must_use]
    pub fn places(&self, table: &Table, rows: &[usize], least: f64) -> Vec<SupportPlace> {
        let rare = self.pairs.rows_in_filled(table, rows, least);
        let distances = self.neighbours.distances(table, rows);
        rows.par_iter()
            .enumerate()
            .map(|(k, &row)| {
                let (outlying, similarity) = self.outlying_vector(table, row);
                let far = (distances[k] > 1.0).then_some(Reason::Far);
                let reason = self.outside_value(table, row).or(outlying).or(rare[k]).or(far);
                SupportPlace { reason, distance: distances[k], similarity }
            })
            .collect()
    }

    /// An unseen level first, then a number out of range.
    fn outside_value(&self, table: &Table, row: usize) -> Option<Reason> {
        let mut beyond = None;
        for (feature, column) in table.features.iter().enumerate() {
            match column {
                Column::Categorical(codes) => {
                    let code = codes[row];
                    if code != MISSING && code as usize >= self.known_levels[feature] {
                        return Some(Reason::UnseenLevel { feature });
                    }
                }
                Column::Numeric { values, .. } => {
                    let out =
                        self.ranges[feature].as_ref().is_some_and(|range| range.is_outside(values[row]));
                    if out && beyond.is_none() {
                        beyond = Some(Reason::OutOfRange { feature });
                    }
                }
                Column::Embedding { .. } | Column::Absent => {}
            }
        }
        beyond
    }

    fn outlying_vector(&self, table: &Table, row: usize) -> (Option<Reason>, f64) {
        let (mut outlying, mut lowest) = (None, f64::NAN);
        for (feature, vectors) in self.vectors.iter().enumerate() {
            let (Some(vectors), Some(column)) = (vectors, table.features.get(feature)) else {
                continue;
            };
            if let Some(similarity) = vectors.similarity(column, row) {
                if lowest.is_nan() || similarity < lowest {
                    lowest = similarity;
                }
                let is_outlying = similarity < vectors.least || vectors.is_of_another_size(column, row);
                if is_outlying && outlying.is_none() {
                    outlying = Some(Reason::OutlyingVector { feature });
                }
            }
        }
        (outlying, lowest)
    }
}

/// A number's range and its gaps.
#[derive(Debug, Clone)]
struct Range {
    low: f64,
    high: f64,
    gaps: Vec<(f64, f64)>,
}

impl Range {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|x| x.is_finite());
        ascend(&mut values);
        let (low, high) = (*values.first()?, *values.last()?);
        let at = |q: f64| quantile(&values, q).unwrap_or(low);
        let (middle, width) = (at(0.5), at(0.99) - at(0.01));
        let mut distinct = values.clone();
        distinct.dedup();
        let mut steps: Vec<f64> = distinct.windows(2).map(|pair| pair[1] - pair[0]).collect();
        ascend(&mut steps);
        let usual = quantile(&steps, 0.5).unwrap_or(0.0);
        let (from, to) = (at(0.01), at(0.99));
        let gaps = distinct
            .windows(2)
            .filter(|pair| pair[0] >= from && pair[1] <= to)
            .map(|pair| (pair[0], pair[1]))
            .filter(|(a, b)| b - a > GAP_NEIGHBOURS * usual && b - a > GAP_SHARE * width)
            .collect();
        let margin = |extreme: f64| BEYOND * (extreme - middle).abs();
        Some(Self { low: low - margin(low), high: high + margin(high), gaps })
    }

    fn is_outside(&self, x: f64) -> bool {
        x < self.low || x > self.high || self.gaps.iter().any(|&(a, b)| x > a && x < b)
    }
}

/// Pairs of bins that rarely occur together in training.
#[derive(Debug, Clone)]
struct Pairs {
    binning: Binning,
    /// The two columns, the second one's number of bins, and whether each of their cells is rare.
    cells: Vec<(usize, usize, usize, Vec<bool>)>,
}

impl Pairs {
    fn fit(plan: &Plan, training: &Table, rows: &[usize]) -> Self {
        let binning = Binning::fit(plan, training, rows, PAIR_BINS);
        let data = binning.codes(training, rows);
        let pairs = candidate_pairs(&data, &(0..data.columns.len()).collect::<Vec<_>>());
        let marginal: Vec<Vec<f64>> = data
            .columns
            .iter()
            .map(|column| {
                let mut counts = vec![0.0; usize::from(column.bins)];
                column.codes.iter().for_each(|&c| counts[usize::from(c)] += 1.0);
                counts
            })
            .collect();
        let cells = pairs
            .into_par_iter()
            .filter_map(|(a, b)| {
                let width = marginal[b].len();
                let joint = joint_counts(&data, a, b, width);
                let expected =
                    |cell: usize| marginal[a][cell / width] * marginal[b][cell % width] / data.rows as f64;
                let rare: Vec<bool> = joint
                    .iter()
                    .enumerate()
                    .map(|(cell, &n)| expected(cell) >= PAIR_ROWS && f64::from(n) < RARE * expected(cell))
                    .collect();
                rare.contains(&true).then_some((a, b, width, rare))
            })
            .collect();
        Self { binning, cells }
    }

    /// For each row, the first pair of features with the row in a rare cell, where rare cells hold at least
    /// `least` of all rows.
    fn rows_in_filled(&self, table: &Table, rows: &[usize], least: f64) -> Vec<Option<Reason>> {
        let data = self.binning.codes(table, rows);
        let mut found = vec![None; rows.len()];
        let wanted = (least * rows.len() as f64).max(2.0);
        let is_filled: Vec<bool> = self
            .cells
            .par_iter()
            .map(|(a, b, width, rare)| {
                let counts = joint_counts(&data, *a, *b, *width);
                let inside: u32 = counts.iter().zip(rare).filter(|(_, rare)| **rare).map(|(n, _)| n).sum();
                f64::from(inside) >= wanted
            })
            .collect();
        for ((a, b, width, rare), _) in self.cells.iter().zip(is_filled).filter(|(_, filled)| *filled) {
            let (first, second) = (&data.columns[*a], &data.columns[*b]);
            let features = (first.feature.unwrap_or(usize::MAX), second.feature.unwrap_or(usize::MAX));
            for (k, found) in found.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
                if rare[usize::from(first.codes[k]) * width + usize::from(second.codes[k])] {
                    *found = Some(Reason::RarePair { first: features.0, second: features.1 });
                }
            }
        }
        found
    }
}

fn joint_counts(data: &Binned, a: usize, b: usize, width: usize) -> Vec<u32> {
    let (first, second) = (&data.columns[a], &data.columns[b]);
    let mut joint = vec![0; usize::from(first.bins) * width];
    for (&x, &y) in first.codes.iter().zip(&second.codes) {
        joint[usize::from(x) * width + usize::from(y)] += 1;
    }
    joint
}

/// Distances to the nearest training row, in normal scores of numbers, plus one for each category that
/// differs. With more than [`SKETCH`] features they are estimated from sums of randomly signed features, which keeps
/// squared distances on average (the hashing of Weinberger et al. 2009, "Feature hashing for large scale multitask
/// learning").
#[derive(Debug, Clone)]
struct Neighbours {
    scales: Vec<(usize, Option<RankScale>)>,
    /// `rows x width`, see [`Neighbours::width`].
    known: Vec<f32>,
    /// The squared distance that counts as 1.
    unit: f32,
}

impl Neighbours {
    fn fit(plan: &Plan, training: &Table, rows: &[usize]) -> Self {
        // A sketch needs no fine ranks.
        let ranked = if plan.is_wide() { thin(rows, SKETCH_RANKS) } else { rows.to_vec() };
        let scales: Vec<(usize, Option<RankScale>)> = plan
            .features
            .iter()
            .enumerate()
            .filter(|(_, feature)| feature.kind != Kind::Embedding)
            .map(|(j, _)| {
                let numbers = training.features.get(j).and_then(Column::numbers);
                (j, numbers.map(|v| RankScale::fit(ranked.iter().map(|&r| v[r]).collect())))
            })
            .collect();
        let chosen = thin(rows, 2 * NEIGHBOURS);
        let (known, others): (Vec<usize>, Vec<usize>) = (
            chosen.iter().step_by(2).copied().collect(),
            chosen.iter().skip(1).step_by(2).copied().collect(),
        );
        let mut all = Self { scales, known: Vec::new(), unit: 1.0 };
        all.known = all.coordinates(training, &known);
        let mut distances: Vec<f64> =
            all.nearest(&all.coordinates(training, &others)).into_iter().map(f64::from).collect();
        ascend(&mut distances);
        all.unit = quantile(&distances, INSIDE).unwrap_or(1.0).max(1e-6) as f32;
        all
    }

    /// Distances in units of the 99.5 % quantile among training rows.
    fn distances(&self, table: &Table, rows: &[usize]) -> Vec<f64> {
        let nearest = self.nearest(&self.coordinates(table, rows));
        nearest.into_iter().map(|square| f64::from(square / self.unit).sqrt()).collect()
    }

    fn is_sketched(&self) -> bool {
        self.scales.len() > SKETCH
    }

    /// Coordinates of a row: one for each feature, or [`SKETCH`] for all.
    fn width(&self) -> usize {
        self.scales.len().clamp(1, SKETCH)
    }

    /// The coordinates of some rows, `rows x width`.
    fn coordinates(&self, table: &Table, rows: &[usize]) -> Vec<f32> {
        let width = self.width();
        if self.is_sketched() {
            let mut values = vec![0.0; rows.len() * width];
            let blocks = values.par_chunks_mut(SKETCHED_ROWS * width).zip(rows.par_chunks(SKETCHED_ROWS));
            blocks.for_each(|(values, rows)| self.sketch(table, rows, values));
            return values;
        }
        let mut values = vec![0.0; rows.len() * width];
        for (at, (feature, scale)) in self.scales.iter().enumerate() {
            let column = table.features.get(*feature).unwrap_or(&Column::Absent);
            for (k, &row) in rows.iter().enumerate() {
                values[k * width + at] = match (column, scale) {
                    (Column::Numeric { values, .. }, Some(scale)) => {
                        let score = scale.score(values[row]) as f32;
                        if score.is_nan() { 0.0 } else { score }
                    }
                    // Levels are only compared for equality; codes are exact in 24 bits.
                    (Column::Categorical(codes), None) => (codes[row] & 0x00ff_ffff) as f32,
                    _ => 0.0,
                };
            }
        }
        values
    }

    /// Adds the features of some rows to their sketches: a number times its feature's sign; for a category the sign of the level,
    /// so that two levels are a distance of 1 apart on average.
    fn sketch(&self, table: &Table, rows: &[usize], sketches: &mut [f32]) {
        for (feature, scale) in &self.scales {
            let column = table.features.get(*feature).unwrap_or(&Column::Absent);
            let of_feature = mix(*feature as u64);
            for (sketch, &row) in sketches.chunks_exact_mut(SKETCH).zip(rows) {
                let (hash, value) = match (column, scale) {
                    (Column::Numeric { values, .. }, Some(scale)) => {
                        (of_feature, scale.score(values[row]) as f32)
                    }
                    (Column::Categorical(codes), None) => {
                        (mix(of_feature ^ u64::from(codes[row])), std::f32::consts::FRAC_1_SQRT_2)
                    }
                    _ => continue,
                };
                if value.is_finite() {
                    let place = &mut sketch[hash as usize % SKETCH];
                    *place += if hash >> 63 == 0 { value } else { -value };
                }
            }
        }
    }

    /// The squared distance of each row to the nearest training row; 0 when there is none.
    fn nearest(&self, rows: &[f32]) -> Vec<f32> {
        let width = self.width();
        let is_name = |(_, scale): &(usize, Option<RankScale>)| scale.is_none() && !self.is_sketched();
        let names: Vec<f32> = self.scales.iter().map(|scale| f32::from(u8::from(is_name(scale)))).collect();
        let (known, left) = self.side_by_side();
        rows.par_chunks_exact(width)
            .map(|row| {
                let mut best = f32::INFINITY;
                for (group, known) in known.chunks_exact(width).enumerate() {
                    let mut squares = [0.0; LANES];
                    let parts = row.chunks(COMPARED).zip(known.chunks(COMPARED)).zip(names.chunks(COMPARED));
                    for ((row, known), names) in parts {
                        for ((&a, known), name) in row.iter().zip(known).zip(names) {
                            if *name > 0.0 {
                                squares.iter_mut().zip(known).for_each(|(square, b)| {
                                    *square += f32::from(u8::from(a != *b));
                                });
                            } else {
                                squares.iter_mut().zip(known).for_each(|(square, b)| {
                                    *square += (a - b) * (a - b);
                                });
                            }
                        }
                        // What is farther already comes no nearer.
                        if squares.iter().all(|square| *square >= best) {
                            break;
                        }
                    }
                    let here = if group < left.0 { LANES } else { left.1 };
                    best = squares[..here].iter().fold(best, |best, square| best.min(*square));
                }
                if best.is_finite() { best } else { 0.0 }
            })
            .collect()
    }

    /// The coordinates of the training rows in groups of [`LANES`], coordinate by coordinate; the number of whole groups, and of
    /// the rows in the last one, whose other places hold 0.
    fn side_by_side(&self) -> (Vec<[f32; LANES]>, (usize, usize)) {
        let width = self.width();
        let rows = self.known.len() / width;
        let mut groups = vec![[0.0; LANES]; rows.div_ceil(LANES) * width];
        for (row, coordinates) in self.known.chunks_exact(width).enumerate() {
            let group = &mut groups[row / LANES * width..][..width];
            group.iter_mut().zip(coordinates).for_each(|(lanes, &value)| lanes[row % LANES] = value);
        }
        (groups, (rows / LANES, rows % LANES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{normal, planted, wide};

    fn support_and_rows() -> (Support, Table, Vec<usize>) {
        let training = planted(4000, 91);
        let rows: Vec<usize> = (0..4000).collect();
        let support = Support::fit(&training.plan, &training.table, &rows);
        (support, planted(2000, 92).table, (0..2000).collect())
    }

    fn share(places: &[SupportPlace], what: impl Fn(Reason) -> bool) -> f64 {
        places.iter().filter(|p| p.reason.is_some_and(&what)).count() as f64 / places.len() as f64
    }

    #[test]
    fn rows_of_the_same_population_are_inside() {
        let (support, table, rows) = support_and_rows();
        let outside = share(&support.places(&table, &rows, 0.03), |_| true);
        assert!(outside < 0.015, "{outside}");
    }

    #[test]
    fn the_nearest_of_rows_side_by_side_is_the_nearest_of_all() {
        let training = planted(4000, 91);
        // One known row more than whole groups.
        let rows: Vec<usize> = (0..2 * 33).collect();
        let all = Neighbours::fit(&training.plan, &training.table, &rows);
        assert_eq!(all.known.len(), 33 * 5);
        let asked = all.coordinates(&planted(500, 92).table, &(0..500).collect::<Vec<_>>());
        let square = |a: &[f32], b: &[f32]| {
            let numbers = a[..4].iter().zip(&b[..4]).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b));
            numbers + f32::from(u8::from(a[4] != b[4]))
        };
        for (row, nearest) in asked.chunks_exact(5).zip(all.nearest(&asked)) {
            let plain =
                all.known.chunks_exact(5).map(|known| square(row, known)).fold(f32::INFINITY, f32::min);
            assert_eq!(nearest, plain);
        }
    }

    #[test]
    fn rows_of_a_wide_table_are_placed_by_their_sketches() {
        let training = wide(3000, 91);
        let rows: Vec<usize> = (0..3000).collect();
        let support = Support::fit(&training.plan, &training.table, &rows);
        let mut table = wide(1000, 92).table;
        let rows: Vec<usize> = (0..1000).collect();
        let far = |table: &Table| {
            let places = support.places(table, &rows, 0.03);
            places.iter().filter(|place| place.distance > 1.0).count()
        };
        assert!(far(&table) < 40, "{}", far(&table));
        // Twice as far out in every column, and still within the range of each.
        for column in table.features.iter_mut().skip(5) {
            if let Column::Numeric { values, .. } = column {
                values.iter_mut().for_each(|v| *v = 1.8 * v.signum());
            }
        }
        assert!(far(&table) > 700, "{}", far(&table));
    }

    #[test]
    fn unseen_levels_and_values_out_of_range_are_named() {
        let (support, mut table, rows) = support_and_rows();
        if let Column::Categorical(codes) = &mut table.features[4] {
            codes.iter_mut().step_by(10).for_each(|c| *c = 4);
        }
        if let Column::Numeric { values, .. } = &mut table.features[2] {
            values.iter_mut().skip(1).step_by(10).for_each(|v| *v = 50.0);
        }
        let places = support.places(&table, &rows, 0.03);
        assert!((share(&places, |r| r == Reason::UnseenLevel { feature: 4 }) - 0.1).abs() < 1e-9);
        assert!((share(&places, |r| r == Reason::OutOfRange { feature: 2 }) - 0.1).abs() < 0.002);
    }

    #[test]
    fn a_gap_inside_the_range_is_known() {
        let training = planted(4000, 93);
        let d = training.table.features[2].numbers().unwrap();
        let kept: Vec<usize> = (0..4000).filter(|&r| !(0.3..0.9).contains(&d[r])).collect();
        let support = Support::fit(&training.plan, &training.table, &kept);
        let table = planted(1000, 94).table;
        let values = table.features[2].numbers().unwrap();
        let places = support.places(&table, &(0..1000).collect::<Vec<_>>(), 0.03);
        let missed =
            (0..1000).filter(|&r| (0.32..0.88).contains(&values[r]) && places[r].reason.is_none()).count();
        assert_eq!(missed, 0);
    }

    #[test]
    fn values_that_training_knows_but_not_together_are_seen() {
        let training = planted(4000, 95);
        let (c, kind) =
            (training.table.features[2].numbers().unwrap(), training.table.features[4].codes().unwrap());
        let withheld = |c: f64, kind: u32| c > 0.7 && kind == 1;
        let kept: Vec<usize> = (0..4000).filter(|&r| !withheld(c[r], kind[r])).collect();
        let support = Support::fit(&training.plan, &training.table, &kept);
        let mut table = planted(1500, 96).table;
        for r in 0..200 {
            if let Column::Numeric { values, .. } = &mut table.features[2] {
                values[r] = 1.2 + normal(3, r, 0).abs() * 0.3;
            }
            if let Column::Categorical(codes) = &mut table.features[4] {
                codes[r] = 1;
            }
        }
        let places = support.places(&table, &(0..1500).collect::<Vec<_>>(), 0.03);
        let pair = |r| r == Reason::RarePair { first: 2, second: 4 };
        assert!(share(&places[..200], pair) > 0.9, "{}", share(&places[..200], pair));
        assert!(share(&places[200..], |r| matches!(r, Reason::RarePair { .. })) < 0.06);
    }

    #[test]
    fn vectors_of_another_direction_are_strange() {
        let width = 6;
        let vectors = |rows: usize, seed: u64, at: usize| Column::Embedding {
            width,
            values: (0..rows * width)
                .map(|k| f32::from(u8::from(k % width == at)) + 0.1 * normal(seed, k, 0) as f32)
                .collect(),
        };
        let mut training = planted(600, 97);
        training.plan.features[3].kind = Kind::Embedding;
        training.table.features[3] = vectors(600, 1, 0);
        let support = Support::fit(&training.plan, &training.table, &(0..600).collect::<Vec<_>>());
        let mut table = planted(200, 98).table;
        let rows: Vec<usize> = (0..200).collect();
        table.features[3] = vectors(200, 2, 0);
        let outlying = |r| r == Reason::OutlyingVector { feature: 3 };
        assert!(share(&support.places(&table, &rows, 0.03), outlying) < 0.05);
        table.features[3] = vectors(200, 3, 4);
        let places = support.places(&table, &rows, 0.03);
        // A few of them are out of range in another feature, which is reported first.
        assert!(share(&places, outlying) > 0.97 && places[0].similarity < 0.9);
    }

    #[test]
    fn vectors_that_grew_along_their_direction_are_strange() {
        let width = 6;
        let vectors = |rows: usize, seed: u64, by: f32| Column::Embedding {
            width,
            values: (0..rows * width).map(|k| by * (1.0 + 0.1 * normal(seed, k, 0) as f32)).collect(),
        };
        let mut training = planted(600, 97);
        training.plan.features[3].kind = Kind::Embedding;
        training.table.features[3] = vectors(600, 1, 1.0);
        let support = Support::fit(&training.plan, &training.table, &(0..600).collect::<Vec<_>>());
        let mut table = planted(200, 98).table;
        let rows: Vec<usize> = (0..200).collect();
        let outlying = |r| r == Reason::OutlyingVector { feature: 3 };
        table.features[3] = vectors(200, 2, 1.0);
        assert!(share(&support.places(&table, &rows, 0.03), outlying) < 0.05);
        table.features[3] = vectors(200, 2, 2.0);
        let places = support.places(&table, &rows, 0.03);
        assert!(share(&places, outlying) > 0.9 && places[0].similarity > 0.9, "a cosine does not see it");
    }
}
