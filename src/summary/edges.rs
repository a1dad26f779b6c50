//! Builds the reference's bins: edges, and which values and levels get their own bin.

use super::{CategoryBins, NumericBins};
use crate::stats::moments::ascend;

/// The share of the reference rows from which a value gets its own bin.
const POINT_SHARE: f64 = 0.05;

/// The maximum number of edges.
const MOST_EDGES: usize = 512;

/// The maximum number of levels with their own bin.
const MOST_LEVELS: usize = 64;

impl NumericBins {
    /// Cuts the reference's values into fine bins of about equal mass, and into deciles for PSI.
    ///
    /// If there are at most `fine` distinct values, each gets a fine bin; otherwise the edges are the
    /// reference's quantiles. Coarse bins without reference rows are merged into the next one with rows,
    /// unless the reference is constant.
    ///
    /// * `values`: the reference's values, in any order; missing ones (NaN) and infinities are left out.
    /// * `fine`: the target number of fine bins.
    #[must_use]
    pub fn from_reference(mut values: Vec<f64>, fine: usize) -> Self {
        values.retain(|x| x.is_finite());
        if values.is_empty() {
            return Self { edges: Vec::new(), coarse_of: vec![0], points: Vec::new() };
        }
        ascend(&mut values);
        for x in &mut values {
            *x += 0.0;
        }
        let n = values.len();
        let mut levels: Vec<(f64, usize)> = Vec::new();
        for run in values.chunk_by(|a, b| a == b) {
            levels.push((run[0], run.len()));
        }
        let heavy = |&&(_, count): &&(f64, usize)| count as f64 >= POINT_SHARE * n as f64;
        let points: Vec<f64> = levels.iter().filter(heavy).map(|&(value, _)| value).collect();
        let above = values[n - 1].next_up();
        let quantile = |i: usize, of: usize| values[(i * n / of).min(n - 1)];
        let around = points.iter().flat_map(|&v| [v, v.next_up()]);
        let ends = [values[0], above];

        let mut coarse: Vec<f64> = (1..10).map(|i| quantile(i, 10)).chain(around.clone()).collect();
        ascend(&mut coarse);
        coarse.dedup();
        let mut edges: Vec<f64> = if levels.len() <= fine {
            levels.iter().map(|&(value, _)| value).collect()
        } else {
            (1..fine).map(|i| quantile(i, fine)).collect()
        };
        edges.extend(coarse.iter().copied().chain(around).chain(ends));
        edges.retain(|x| x.is_finite());
        ascend(&mut edges);
        edges.dedup();
        debug_assert!(edges.len() <= MOST_EDGES);

        // Reference rows per fine interval determine which coarse intervals are empty.
        let below = |x: f64| values.partition_point(|&v| v < x);
        let mut kept: Vec<f64> = Vec::new();
        let mut from = 0;
        for &edge in &coarse {
            let to = below(edge);
            if to > from {
                kept.push(edge);
                from = to;
            }
        }
        if from == n {
            // No rows above the last edge kept: its interval is merged into the one before.
            kept.pop();
        }
        if kept.is_empty() && !points.is_empty() {
            // A constant must not share its bin with neighbouring values, or a change would never show.
            kept = vec![values[0], above];
        }
        let coarse_of = std::iter::once(f64::NEG_INFINITY)
            .chain(edges.iter().copied())
            .map(|start| kept.partition_point(|&edge| edge <= start) as u16)
            .collect();
        Self { edges, coarse_of, points }
    }

    /// Widens the range to the extremes of the whole reference, where the bins were made from a part of it. Values between the part's
    /// extremes and those of the whole get a fine bin of their own at each end; coarse bins stay as they are.
    ///
    /// * `low`, `high`: the smallest and the largest value of the whole reference.
    ///
    /// Returns whether a bin was added below, and whether one was added above.
    pub fn reach(&mut self, low: f64, high: f64) -> (bool, bool) {
        let (low, above) = (low + 0.0, (high + 0.0).next_up());
        let is_range = low.is_finite() && above.is_finite() && low < above;
        let below = is_range && self.edges.first().is_none_or(|&first| low < first);
        if below {
            self.edges.insert(0, low);
            self.coarse_of.insert(0, self.coarse_of[0]);
        }
        let beyond = is_range && self.edges.last().is_some_and(|&last| above > last);
        if beyond {
            self.edges.push(above);
            self.coarse_of.extend(self.coarse_of.last().copied());
        }
        (below, beyond)
    }
}

impl CategoryBins {
    /// Gives each of the most frequent levels its own bin.
    ///
    /// * `known`: the number of levels in the reference; their codes are in order of descending frequency.
    #[must_use]
    pub fn from_reference(known: usize) -> Self {
        Self { levels: known.min(MOST_LEVELS), known }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::summary::Bins;

    fn coarse_counts(values: &[f64], fine: usize) -> Vec<u64> {
        let bins = Bins::Numeric(NumericBins::from_reference(values.to_vec(), fine));
        let mut counts = vec![0; bins.fine()];
        let Bins::Numeric(numeric) = &bins else { unreachable!("made above") };
        values.iter().for_each(|&x| counts[numeric.bin(x)] += 1);
        bins.coarsen(&counts)
    }

    #[test]
    fn deciles_of_many_values() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let counts = coarse_counts(&values, 256);
        assert_eq!(counts, [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0]);
    }

    #[test]
    fn heavy_values_are_bins_of_their_own() {
        let mut values = vec![0.0; 500];
        values.extend((0..500).map(|i| 1.0 + f64::from(i)));
        let bins = NumericBins::from_reference(values.clone(), 256);
        assert_eq!(bins.points, [0.0]);
        assert_eq!(bins.edges[0], 0.0);
        assert_eq!(*bins.edges.last().expect("edges"), 500.0_f64.next_up());
        assert_eq!(coarse_counts(&values, 256)[0], 500);
        assert!(coarse_counts(&values, 256).iter().rev().skip(1).all(|&c| c > 0));
        // Zero has its own bin.
        assert_ne!(bins.bin(0.0), bins.bin(1e-9));
    }

    #[test]
    fn few_values_are_a_bin_each() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i % 3)).collect();
        assert_eq!(coarse_counts(&values, 256), [34, 33, 33, 0]);
        assert_eq!(coarse_counts(&[], 256), [0, 0]);
        assert_eq!(coarse_counts(&[f64::NAN], 256).iter().sum::<u64>(), 1);
    }

    #[test]
    fn a_constant_is_parted_from_what_lies_beside_it() {
        assert_eq!(coarse_counts(&[7.0; 5], 256), [0, 5, 0, 0]);
        for constant in [0.0, -3.5, 1e300, f64::MAX] {
            let numeric = NumericBins::from_reference(vec![constant; 50], 256);
            let bins = Bins::Numeric(numeric.clone());
            let coarse = |x: f64| {
                let mut counts = vec![0; bins.fine()];
                counts[numeric.bin(x)] += 1;
                bins.coarsen(&counts).iter().position(|&c| c == 1)
            };
            assert_ne!(coarse(constant), coarse(constant.next_down()), "{constant}");
            if constant < f64::MAX {
                assert_ne!(coarse(constant), coarse(constant.next_up()), "{constant}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_reference_row_is_out_of_range(
            values in prop::collection::vec(prop_oneof![Just(0.0), Just(-1.0), prop::num::f64::NORMAL], 1..400),
            fine in 16_usize..257,
        ) {
            let bins = NumericBins::from_reference(values.clone(), fine);
            prop_assert!(bins.edges.len() <= MOST_EDGES);
            prop_assert!(bins.edges.windows(2).all(|w| w[0] < w[1]));
            prop_assert_eq!(bins.coarse_of.len(), bins.edges.len() + 1);
            prop_assert!(bins.coarse_of.windows(2).all(|w| w[1] == w[0] || w[1] == w[0] + 1));
            for &x in &values {
                prop_assert!(bins.bin(x) > 0);
                prop_assert!(bins.bin(x) < bins.edges.len() || x == f64::MAX);
            }
            let counts = coarse_counts(&values, fine);
            let is_constant = values.iter().all(|x| *x == values[0]);
            prop_assert!(is_constant || counts[..counts.len() - 1].iter().all(|&c| c > 0), "{:?}", counts);
        }
    }

    #[test]
    fn a_wider_range_has_bins_of_its_own_and_the_same_coarse_ones() {
        for part in [vec![5.0; 30], (0..1000).map(f64::from).collect(), Vec::new()] {
            let narrow = NumericBins::from_reference(part.clone(), 64);
            let mut wide = narrow.clone();
            assert_eq!(wide.reach(-3.0, 2000.0), (true, true));
            assert_eq!((wide.edges[0], wide.edges.last()), (-3.0, Some(&2000.0_f64.next_up())));
            assert_eq!(wide.coarse_of.len(), wide.edges.len() + 1);
            for x in part.iter().copied().chain([-3.0, -2.5, 4.9, 2000.0, -9.0, 1e9]) {
                assert_eq!(wide.coarse_of[wide.bin(x)], narrow.coarse_of[narrow.bin(x)], "{x}");
                let is_outside = wide.bin(x) == 0 || wide.bin(x) == wide.edges.len();
                assert_eq!(is_outside, !(-3.0..=2000.0).contains(&x), "{x}");
            }
            let again = wide.clone();
            assert_eq!(wide.reach(0.0, 10.0), (false, false));
            assert_eq!(wide, again);
        }
    }
}
