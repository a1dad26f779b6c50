//! Do the values of a row go together? Pointwise mutual information of pairs of values.
//!
//! A pair of values that is as frequent as expected under independence has no information; positive
//! information means that they go together, negative information that they do not. Rows mixed from several
//! rows (a wrong join, a shuffled column) contain the latter, although each of their values is common.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{binned::Binned, folds::mix, pairs::candidate_pairs};
use crate::stats::Undefined;

/// Pseudo-rows added to each table cell under independence, so that rare cells carry little information.
const FREE_ROWS: f64 = 5.0;

/// The minimum dependence of a pair of columns, in standard deviations of the χ² distribution.
const DEPENDENT: f64 = 8.0;

/// The maximum number of column pairs: the most dependent ones.
const MOST_PAIRS: usize = 400;

/// Columns with more bins than this have too few rows per cell.
const MOST_BINS: u8 = 66;

/// Rows summed at a time.
const BLOCK: usize = 2048;

/// Which values go together, learnt from rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Coherence {
    pairs: Vec<Pair>,
}

/// Two dependent columns.
#[derive(Debug, Clone, PartialEq)]
struct Pair {
    /// Indices of the columns.
    columns: (usize, usize),
    /// Indices of the features in the plan.
    features: (usize, usize),
    /// Number of bins of the second column.
    width: usize,
    /// Nats for each pair of codes, row-major in the first.
    information: Vec<f64>,
    /// The strength of the dependence, in standard deviations.
    strength: f64,
}

impl Coherence {
    /// Learns which values go together.
    ///
    /// * `data`: rows of one population. A dozen bins per number are enough: finer ones leave few rows per
    ///   cell.
    ///
    /// # Errors
    ///
    /// [`Undefined::TooFew`] with fewer than 200 rows, [`Undefined::Constant`] when no two columns are
    /// dependent.
    ///
    /// Source: pointwise mutual information after Fano, "Transmission of information", MIT Press 1961;
    /// dependence by the likelihood-ratio χ² of the table.
    pub fn fit(data: &Binned) -> Result<Self, Undefined> {
        if data.rows < 200 {
            return Err(Undefined::TooFew);
        }
        let usable: Vec<usize> = (0..data.columns.len())
            .filter(|&c| data.columns[c].feature.is_some() && data.columns[c].bins <= MOST_BINS)
            .collect();
        let both = candidate_pairs(data, &usable);
        let mut pairs: Vec<Pair> =
            both.into_par_iter().filter_map(|columns| Pair::learn(data, columns)).collect();
        if pairs.is_empty() {
            return Err(Undefined::Constant);
        }
        pairs.sort_by(|a, b| b.strength.total_cmp(&a.strength).then(a.columns.cmp(&b.columns)));
        pairs.truncate(MOST_PAIRS);
        Ok(Self { pairs })
    }

    /// How well the values of each row go together, in nats, over the pairs of features that `keep` accepts.
    ///
    /// * `data`: rows binned as in the fit.
    #[must_use]
    pub fn of_rows(&self, data: &Binned, keep: impl Fn(usize, usize) -> bool) -> Vec<f64> {
        let pairs = self.kept(&keep);
        let mut sums = vec![0.0; data.rows];
        // Pair by pair within a block of rows, so that codes are read in memory order.
        sums.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sums)| {
            let rows = block * BLOCK..block * BLOCK + sums.len();
            for pair in &pairs {
                let codes = |column: usize| &data.columns[column].codes[rows.clone()];
                pair.add(codes(pair.columns.0), codes(pair.columns.1), sums);
            }
        });
        sums
    }

    /// The same for mixed rows: the columns of the features that `moved` accepts come from another row.
    #[must_use]
    pub fn of_mixed_rows(
        &self,
        data: &Binned,
        keep: impl Fn(usize, usize) -> bool,
        moved: impl Fn(usize) -> bool,
        seed: u64,
    ) -> Vec<f64> {
        let pairs = self.kept(&keep);
        let other = |row: usize| (mix(seed ^ mix(row as u64)) % data.rows as u64) as usize;
        let moved: Vec<bool> = data.columns.iter().map(|column| column.feature.is_some_and(&moved)).collect();
        let others: Vec<usize> = (0..data.rows).map(other).collect();
        let codes = |column: usize| -> Cow<'_, [u8]> {
            let codes = &data.columns[column].codes;
            if moved[column] { others.iter().map(|&row| codes[row]).collect() } else { Cow::Borrowed(codes) }
        };
        let mut sums = vec![0.0; data.rows];
        for pair in pairs {
            pair.add(&codes(pair.columns.0), &codes(pair.columns.1), &mut sums);
        }
        sums
    }

    /// Whether any pair of features that `keep` accepts is dependent.
    #[must_use]
    pub fn is_informative(&self, keep: impl Fn(usize, usize) -> bool) -> bool {
        !self.kept(&keep).is_empty()
    }

    fn kept(&self, keep: &impl Fn(usize, usize) -> bool) -> Vec<&Pair> {
        self.pairs.iter().filter(|pair| keep(pair.features.0, pair.features.1)).collect()
    }
}

impl Pair {
    fn learn(data: &Binned, columns: (usize, usize)) -> Option<Self> {
        let (a, b) = (&data.columns[columns.0], &data.columns[columns.1]);
        let (height, width) = (usize::from(a.bins), usize::from(b.bins));
        let mut counts = vec![0.0_f64; height * width];
        for (&x, &y) in a.codes.iter().zip(&b.codes) {
            counts[usize::from(x) * width + usize::from(y)] += 1.0;
        }
        let rows: Vec<f64> = counts.chunks(width).map(|row| row.iter().sum()).collect();
        let sums: Vec<f64> = (0..width).map(|y| counts.iter().skip(y).step_by(width).sum()).collect();
        let all = data.rows as f64;
        let expected = |cell: usize| rows[cell / width] * sums[cell % width] / all;
        let ratio = |(cell, &n): (usize, &f64)| {
            if n > 0.0 { n * (n / expected(cell)).ln() } else { 0.0 }
        };
        let gained = 2.0 * counts.iter().enumerate().map(ratio).sum::<f64>();
        let used = |sums: &[f64]| sums.iter().filter(|&&n| n > 0.0).count() as f64;
        let freedom = (used(&rows) - 1.0) * (used(&sums) - 1.0);
        let strength = (gained - freedom) / (2.0 * freedom).sqrt();
        if freedom < 1.0 || strength < DEPENDENT {
            return None;
        }
        let information = (0..counts.len())
            .map(|cell| ((counts[cell] + FREE_ROWS) / (expected(cell) + FREE_ROWS)).ln())
            .collect();
        Some(Self { columns, features: (a.feature?, b.feature?), width, information, strength })
    }

    /// Adds the information of each row's pair of codes.
    fn add(&self, first: &[u8], second: &[u8], sums: &mut [f64]) {
        for ((sum, &x), &y) in sums.iter_mut().zip(first).zip(second) {
            *sum += self.information[usize::from(x) * self.width + usize::from(y)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{binned::Binning, fixture::planted};

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn the_mean_is_the_mutual_information_of_the_pair() {
        // b = .6 a + .8 e: correlation .6, so -ln(1 - .36) / 2 = .223 nats, except for the binning and the 3
        // % missing values.
        let data = planted(20_000, 3);
        let rows: Vec<usize> = (0..20_000).collect();
        let binned = Binning::fit(&data.plan, &data.table, &rows, 12).codes(&data.table, &rows);
        let coherence = Coherence::fit(&binned).unwrap();
        assert!(coherence.is_informative(|a, b| (a, b) == (0, 1)));
        assert!(!coherence.is_informative(|a, b| (a, b) != (0, 1)), "the others are independent");
        let push_finding = mean(&coherence.of_rows(&binned, |_, _| true));
        assert!((0.18..0.23).contains(&push_finding), "{push_finding}");
    }

    #[test]
    fn rows_put_together_tell_less_than_nothing() {
        let data = planted(6_000, 5);
        let (learnt, asked): (Vec<usize>, Vec<usize>) = (0..6_000).partition(|r| r % 2 == 0);
        let binning = Binning::fit(&data.plan, &data.table, &learnt, 12);
        let coherence = Coherence::fit(&binning.codes(&data.table, &learnt)).unwrap();
        let asked = binning.codes(&data.table, &asked);
        let real = mean(&coherence.of_rows(&asked, |_, _| true));
        let mixed = mean(&coherence.of_mixed_rows(&asked, |_, _| true, |j| j == 1, 9));
        assert!(real > 0.15 && mixed < -0.1, "{real} {mixed}");
        let kept = mean(&coherence.of_mixed_rows(&asked, |_, _| true, |_| true, 9));
        assert!((kept - real).abs() < 0.02, "all columns from one other row go together");
    }

    #[test]
    fn few_rows_are_refused() {
        let data = planted(150, 5);
        let rows: Vec<usize> = (0..150).collect();
        let binned = Binning::fit(&data.plan, &data.table, &rows, 8).codes(&data.table, &rows);
        assert_eq!(Coherence::fit(&binned), Err(Undefined::TooFew));
    }
}
