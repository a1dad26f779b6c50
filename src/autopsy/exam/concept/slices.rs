//! Slices that account for the rise in loss, found on one half of the rows and tested on the other.
//!
//! A slice is one segment or two segments of different features. Slices are scored as `SliceLine` does
//! (Sagadeeva and Boehm 2021, "`SliceLine`: fast, linear-algebra-based slice finding"), but on the excess
//! over the loss expected of each row under no change, not on the loss: a slice that was always hard to
//! predict is not of interest.

use super::segments::Cut;
use crate::{
    autopsy::exam::loss_samples::LossSamples,
    cached::cached,
    model::folds::mix,
    stats::{
        distribution::normal_cdf,
        testing::{benjamini_hochberg, welch},
    },
    summary::Column,
};

/// Weight of the slice's mean against its size, as the authors set it to find large slices.
const ALPHA: f64 = 0.6;

/// Minimum size of a slice, as a share of the rows.
const LEAST_SHARE: f64 = 0.02;

/// Features whose segments are joined to pairs: those whose segments differ most in excess loss, as SliceLine drops slices that
/// can't be among the best.
const PAIRED: usize = 48;

/// Number of slices that are tested.
const CANDIDATES: usize = 20;

/// Tested slices with a larger adjusted p-value are not shown.
const FALSE_DISCOVERIES: f64 = 0.05;

/// A part of the rows whose loss rose more than that of the other rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// One or two pairs of feature (index in the plan) and segment name.
    pub parts: Vec<(usize, String)>,
    /// Its rows after the onset.
    pub rows: usize,
    /// Its share of these rows.
    pub share_of_rows: f64,
    /// Its share of the rise in loss.
    pub share_of_rise: f64,
    /// Its mean excess loss, on the rows that were not used to find it.
    pub excess: f64,
    /// Benjamini-Hochberg adjusted p-value: its excess loss against that of the other rows.
    pub q_value: f64,
}

cached!(struct Slice { parts, rows, share_of_rows, share_of_rise, excess, q_value });

/// Finds the slices.
///
/// * `excess`: for each row of `samples.after` its loss less the expected one.
/// * `cuts`: one per feature ([`Cut::all`]).
pub(super) fn slices(samples: &LossSamples<'_>, excess: &[f64], cuts: &[Option<Cut>]) -> Vec<Slice> {
    let after = &samples.after;
    let total: f64 = excess.iter().sum();
    if excess.len() < 400 || total <= 0.0 {
        return Vec::new();
    }
    let cuts: Vec<(usize, &Cut)> =
        cuts.iter().enumerate().filter_map(|(j, cut)| Some((j, cut.as_ref()?))).collect();
    // Each row's segment in each cut, as an index into one list of all segments.
    let starts: Vec<usize> = cuts
        .iter()
        .scan(0, |next, (_, cut)| {
            let start = *next;
            *next += cut.len();
            Some(start)
        })
        .collect();
    let width = starts.last().map_or(0, |s| s + cuts.last().map_or(0, |c| c.1.len()));
    let place = |row: usize, at: usize| {
        let (j, cut) = &cuts[at];
        starts[at] + cut.segment(after.table.features.get(*j).unwrap_or(&Column::Absent), row)
    };
    let places: Vec<Vec<usize>> =
        after.rows.iter().map(|&row| (0..cuts.len()).map(|at| place(row, at)).collect()).collect();
    let (find, test): (Vec<usize>, Vec<usize>) =
        (0..excess.len()).partition(|&k| mix(k as u64).is_multiple_of(2));

    let candidates = best_slices(&places, excess, &find, width);
    let holds = |slice: &(usize, usize), k: usize| {
        places[k].contains(&slice.0) && (slice.0 == slice.1 || places[k].contains(&slice.1))
    };
    let p_values: Vec<f64> = candidates
        .iter()
        .map(|slice| {
            let (inside, others): (Vec<usize>, Vec<usize>) = test.iter().partition(|&&k| holds(slice, k));
            let of = |rows: &[usize]| rows.iter().map(|&k| excess[k]).collect::<Vec<f64>>();
            if inside.len() < 10 || others.len() < 10 {
                return 1.0;
            }
            welch(&of(&others), &of(&inside)).map_or(1.0, |d| normal_cdf(-d.t()))
        })
        .collect();
    let q_values = benjamini_hochberg(&p_values);
    let named = |place: usize| {
        let at = starts.partition_point(|&s| s <= place) - 1;
        let (j, cut) = &cuts[at];
        (*j, cut.name(&samples.plan.features[*j], place - starts[at]))
    };
    let mut slices: Vec<Slice> = Vec::new();
    for (slice, &q_value) in candidates.iter().zip(&q_values).filter(|(_, q)| **q <= FALSE_DISCOVERIES) {
        let rows: Vec<usize> = (0..excess.len()).filter(|&k| holds(slice, k)).collect();
        let tested: Vec<f64> = test.iter().filter(|&&k| holds(slice, k)).map(|&k| excess[k]).collect();
        let mut parts = vec![named(slice.0)];
        if slice.1 != slice.0 {
            parts.push(named(slice.1));
        }
        slices.push(Slice {
            parts,
            rows: rows.len(),
            share_of_rows: rows.len() as f64 / excess.len() as f64,
            share_of_rise: rows.iter().map(|&k| excess[k]).sum::<f64>() / total,
            excess: tested.iter().sum::<f64>() / tested.len().max(1) as f64,
            q_value,
        });
    }
    slices
}

/// The best-scored slices on the rows `find`, single segments as `(s, s)`, best first.
///
/// * `places`: for each row its segment in each cut, of `width` segments in all.
fn best_slices(places: &[Vec<usize>], excess: &[f64], find: &[usize], width: usize) -> Vec<(usize, usize)> {
    let n = find.len() as f64;
    let mean = find.iter().map(|&k| excess[k]).sum::<f64>() / n;
    if mean <= 0.0 {
        return Vec::new();
    }
    let score = |(rows, sum): (u32, f64)| {
        let size = f64::from(rows);
        ALPHA * (sum / size / mean - 1.0) - (1.0 - ALPHA) * (n / size - 1.0)
    };
    let mut single = vec![(0_u32, 0.0); width];
    for &k in find {
        for &a in &places[k] {
            single[a] = (single[a].0 + 1, single[a].1 + excess[k]);
        }
    }
    // The segments of the paired cuts, numbered anew.
    let cuts = paired(places, find, &single, mean);
    let mut segments: Vec<usize> =
        find.iter().flat_map(|&k| cuts.iter().map(move |&at| places[k][at])).collect();
    segments.sort_unstable();
    segments.dedup();
    let mut number = vec![0; width];
    segments.iter().enumerate().for_each(|(i, &segment)| number[segment] = i);
    let mut pairs = vec![(0_u32, 0.0); segments.len() * segments.len()];
    for &k in find {
        for (i, &first) in cuts.iter().enumerate() {
            let a = number[places[k][first]];
            for &second in &cuts[i + 1..] {
                let cell = &mut pairs[a * segments.len() + number[places[k][second]]];
                *cell = (cell.0 + 1, cell.1 + excess[k]);
            }
        }
    }
    let singles = single.into_iter().enumerate().map(|(a, sums)| (sums, (a, a)));
    let joined = pairs
        .into_iter()
        .enumerate()
        .map(|(cell, sums)| (sums, (segments[cell / segments.len()], segments[cell % segments.len()])));
    let mut found: Vec<(f64, (usize, usize))> = singles
        .chain(joined)
        .filter(|(sums, _)| f64::from(sums.0) >= LEAST_SHARE * n)
        .map(|(sums, slice)| (score(sums), slice))
        .filter(|(score, _)| *score > 0.0)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.truncate(CANDIDATES);
    found.into_iter().map(|(_, slice)| slice).collect()
}

/// The cuts whose segments are joined to pairs, ascending: all, or the [`PAIRED`] ones that divide the excess most.
///
/// * `single`: rows and summed excess of each segment; `mean` is that of all rows.
fn paired(places: &[Vec<usize>], find: &[usize], single: &[(u32, f64)], mean: f64) -> Vec<usize> {
    let cuts = places.first().map_or(0, Vec::len);
    let mut divided = vec![0.0; cuts];
    if cuts > PAIRED {
        // The sum of squares between the segments of a cut, each counted once.
        let mut is_counted = vec![false; single.len()];
        for &k in find {
            for (at, &segment) in places[k].iter().enumerate() {
                if !std::mem::replace(&mut is_counted[segment], true) {
                    let (rows, sum) = single[segment];
                    let size = f64::from(rows);
                    divided[at] += (sum - size * mean).powi(2) / size;
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..cuts).collect();
    order.sort_by(|&a, &b| divided[b].total_cmp(&divided[a]).then(a.cmp(&b)));
    order.truncate(PAIRED);
    order.sort_unstable();
    order
}
