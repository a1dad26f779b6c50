//! Cross-validation folds that keep near-duplicate rows together.
//!
//! In a log with repeated or nearly repeated rows, a learner that saw one of them knows the other: random
//! folds then report memorisation as skill. Here, rows that agree in coarse bins form a group, and a group is
//! never split between folds.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use rayon::prelude::*;

use super::binned::{Binned, BinnedColumn};
use crate::summary::WIDE;

/// The width of the coarse bins, in fine codes, and the shifts of each grid, from the widest to exact codes.
/// Several shifted grids find near-duplicates that a single grid would separate.
const GRIDS: [(u8, &[u8]); 3] = [(8, &[0, 2, 4, 6]), (4, &[0, 2]), (1, &[0])];

/// If a group holds more than this share of the rows, the grid is too coarse for these columns.
const LARGEST_SHARE: f64 = 0.02;

/// If there are fewer groups than this share of the rows, it is too coarse as well, as long as finer grids
/// find more.
const FEWEST_GROUPS: f64 = 0.3;

/// The group of each row.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// For each row, the first row of its group.
    pub of: Vec<u32>,
    /// The effective number of rows: `(sum of sizes)² / sum of squared sizes`, Kish's design effect for
    /// groups of identical rows.
    pub effective: f64,
}

impl Groups {
    /// Finds groups of near-duplicate rows: those that agree in the coarse bins of every column, on one of
    /// several grids. Of a wide table, the [`WIDE`] columns that tell the most rows
    /// apart are compared: rows that agree in so many agree in all.
    #[must_use]
    pub fn find(data: &Binned) -> Self {
        if data.columns.len() > WIDE {
            return Self::find(&data.take_columns(&telling_apart(data)));
        }
        let mut found = Self::on_grid(data, 1, &[0]);
        for (width, shifts) in GRIDS {
            let groups = Self::on_grid(data, width, shifts);
            let fits = f64::from(groups.largest()) <= (LARGEST_SHARE * data.rows as f64).max(2.0);
            if fits && groups.number() as f64 >= FEWEST_GROUPS * data.rows as f64 {
                found = groups;
                break;
            }
        }
        found
    }

    fn on_grid(data: &Binned, width: u8, shifts: &[u8]) -> Self {
        let mut of: Vec<u32> = (0..data.rows as u32).collect();
        for &shift in shifts {
            let mut hash = vec![u64::from(shift); data.rows];
            for column in &data.columns {
                for (hash, &code) in hash.iter_mut().zip(&column.codes) {
                    let missing = code + 1 == column.bins;
                    let cell = if missing || !column.ordered {
                        u64::from(code) | 256
                    } else {
                        u64::from((u16::from(code) + u16::from(shift)) / u16::from(width))
                    };
                    *hash = mix(*hash ^ cell);
                }
            }
            let mut first: HashMap<u64, u32, BuildHasherDefault<Mixed>> = HashMap::default();
            first.reserve(data.rows);
            for (row, hash) in hash.into_iter().enumerate() {
                let other = *first.entry(hash).or_insert(row as u32);
                let (a, b) = (root(&mut of, other), root(&mut of, row as u32));
                of[a.max(b) as usize] = a.min(b);
            }
        }
        for row in 0..of.len() as u32 {
            of[row as usize] = root(&mut of, row);
        }
        let mut groups = Self { of, effective: 0.0 };
        let sizes = groups.sizes();
        let squares: f64 = sizes.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
        groups.effective = (data.rows as f64).powi(2) / squares.max(1.0);
        groups
    }

    /// Rows per group, at the index of the group's first row.
    fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.of.len()];
        for &group in &self.of {
            sizes[group as usize] += 1;
        }
        sizes
    }

    fn largest(&self) -> u32 {
        self.sizes().into_iter().max().unwrap_or(0)
    }

    fn number(&self) -> usize {
        self.sizes().iter().filter(|&&s| s > 0).count()
    }

    /// The fold of each row, `0..folds`; a group is never split.
    #[must_use]
    pub fn folds(&self, folds: usize, seed: u64) -> Vec<usize> {
        self.of.iter().map(|&g| (mix(mix(seed) ^ u64::from(g)) % folds.max(1) as u64) as usize).collect()
    }
}

/// The hash of a number that is mixed already: the number.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = mix(self.0 ^ u64::from(byte)));
    }

    fn write_u64(&mut self, mixed: u64) {
        self.0 = mixed;
    }
}

/// The [`WIDE`] columns in which the fewest pairs of rows agree, ascending.
fn telling_apart(data: &Binned) -> Vec<usize> {
    let alike = |column: &BinnedColumn| {
        let mut counts = vec![0_u64; usize::from(column.bins)];
        column.codes.iter().for_each(|&code| counts[usize::from(code)] += 1);
        counts.iter().map(|n| n * n).sum::<u64>()
    };
    let alike: Vec<u64> = data.columns.par_iter().map(alike).collect();
    let mut order: Vec<usize> = (0..alike.len()).collect();
    order.sort_by_key(|&column| (alike[column], column));
    order.truncate(WIDE);
    order.sort_unstable();
    order
}

/// The first row of a row's group, with path compression (union-find).
fn root(of: &mut [u32], mut row: u32) -> u32 {
    while of[row as usize] != row {
        of[row as usize] = of[of[row as usize] as usize];
        row = of[row as usize];
    }
    row
}

/// A deterministic hash of a number (splitmix64's finaliser, Steele, Lea and Flood 2014).
#[must_use]
pub fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The rows of a fold, and all others.
#[must_use]
pub fn split(folds: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..folds.len()).partition(|&row| folds[row] == fold)
}

/// At most `most` of the rows, evenly spaced.
#[must_use]
pub fn thin(rows: &[usize], most: usize) -> Vec<usize> {
    if rows.len() <= most { rows.to_vec() } else { (0..most).map(|k| rows[k * rows.len() / most]).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{normal, planted};
    use crate::{model::binned::Binned, summary::Column};

    #[test]
    fn near_copies_share_a_fold() {
        let mut data = planted(2000, 51);
        // The second half repeats the first with noise of 0.4 % of a standard deviation.
        let rows: Vec<usize> = (0..2000).map(|r| r % 1000).collect();
        data.table = data.table.take(&rows);
        for j in 0..3 {
            if let Column::Numeric { values, .. } = &mut data.table.features[j] {
                values.iter_mut().enumerate().for_each(|(r, v)| *v += 0.004 * normal(9, r, 2 * j as u64));
            }
        }
        let all: Vec<usize> = (0..2000).collect();
        let groups = Groups::find(&Binned::new(&data.plan, &data.table, &all));
        let together = (0..1000).filter(|&r| groups.of[r] == groups.of[r + 1000]).count();
        assert!(together > 950, "{together} of 1000 pairs");
        assert!(groups.effective < 1200.0, "{}", groups.effective);
        let folds = groups.folds(4, 1);
        assert!((0..2000).all(|r| folds[r] == folds[groups.of[r] as usize]));
    }

    #[test]
    fn different_rows_stay_apart() {
        let data = planted(2000, 52);
        let all: Vec<usize> = (0..2000).collect();
        let groups = Groups::find(&Binned::new(&data.plan, &data.table, &all));
        assert!(groups.effective > 1000.0, "{}", groups.effective);
        let sizes = (0..4).map(|f| groups.folds(4, 1).iter().filter(|&&x| x == f).count());
        assert!(sizes.into_iter().all(|n| n > 400));
    }
}
