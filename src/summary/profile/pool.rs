//! Removes levels and bins with few reference rows from a profile.

use super::{Bins, FeatureCounts, NumericBins, Plan, Rare, SnapshotSummary};
use crate::summary::{CategoryBins, Column, MISSING};

/// Removes levels and fine bins with few rows from a plan and the reference's counts.
///
/// Categories: levels with too few rows lose their name and their bin and are merged into the bin of other
/// levels. Numbers: a fine bin with too few rows is merged into its neighbour if both lie in the same bin of
/// PSI, so only the extremes and the deciles can enclose fewer rows of the reference. The unnamed levels are
/// returned, parallel to the features.
///
/// * `plan`, `training`: changed in place, except the level codes in the sample, so drop the sample.
/// * `fewest`: the minimum number of rows of a level or bin.
pub fn pool(plan: &mut Plan, training: &mut SnapshotSummary, fewest: u64) -> Vec<Option<Rare>> {
    let mut rare = Vec::with_capacity(plan.features.len());
    for (index, (feature, counts)) in plan.features.iter_mut().zip(&mut training.features).enumerate() {
        match &mut feature.bins {
            Bins::Numeric(bins) => {
                let to = pool_numbers(bins, &counts.sum(|_| true), fewest);
                regroup(counts, &to);
                rare.push(None);
            }
            Bins::Categorical(bins) => {
                let sampled = rows_by_code(training.sample.features.get(index), feature.known_levels);
                let known = &feature.levels[..feature.known_levels];
                let weight = training.rows as f64 / training.sample.rows.max(1) as f64;
                let (levels, left_out) = pool_levels(bins, counts, known, &sampled, (fewest, weight));
                let (unnamed, rows) = left_out;
                feature.known_levels = levels.len();
                feature.levels = levels;
                rare.push((unnamed > 0).then_some(Rare {
                    levels: unnamed,
                    share: (rows / training.rows.max(1) as f64).min(1.0),
                }));
            }
            Bins::None => rare.push(None),
        }
    }
    for (bins, counts, scores) in [
        (&mut plan.answer_bins, &mut training.answers, true),
        (&mut plan.label_bins, &mut training.labels, false),
    ] {
        if let Bins::Numeric(bins) = bins {
            let before = counts.bins;
            let to = pool_numbers(bins, &counts.sum(|_| true), fewest);
            regroup(counts, &to);
            for window in training.windows.iter_mut().filter(|_| scores) {
                let halves = window.answers.score_by_label.chunks(before.max(1));
                window.answers.score_by_label =
                    halves.flat_map(|half| regrouped(half, &to, counts.bins)).collect();
            }
        }
    }
    rare
}

/// Removes edges between fine bins with few rows; returns the new bin of each old one.
fn pool_numbers(bins: &mut NumericBins, rows: &[u64], fewest: u64) -> Vec<usize> {
    let edges = bins.edges.len();
    // The ends of the range, the deciles, and both edges of a value with its own bin are kept.
    let fixed = |at: usize| {
        let edge = bins.edges[at];
        at == 0
            || at + 1 == edges
            || bins.coarse_of[at] != bins.coarse_of[at + 1]
            || bins.points.iter().any(|&point| edge == point || edge == point.next_up())
    };
    // Rows since the last edge kept, and whether that edge may still be removed.
    let (mut held, mut kept): (u64, Vec<(usize, u64, bool)>) = (0, Vec::new());
    for (at, count) in rows.iter().enumerate().take(edges) {
        held += count;
        if fixed(at) {
            if held > 0
                && held < fewest
                && let Some((_, before, false)) = kept.last().copied()
            {
                kept.pop();
                held += before;
            }
            kept.push((at, held, true));
            held = 0;
        } else if held >= fewest {
            kept.push((at, held, false));
            held = 0;
        }
    }
    let kept: Vec<usize> = kept.into_iter().map(|(at, _, _)| at).collect();
    // Interval `i` begins at edge `i - 1`.
    let mut to: Vec<usize> = (0..=edges).map(|bin| kept.partition_point(|&edge| edge < bin)).collect();
    to.push(kept.len() + 1);
    bins.coarse_of = std::iter::once(0)
        .chain(kept.iter().map(|&edge| edge + 1))
        .map(|interval| bins.coarse_of[interval])
        .collect();
    bins.edges = kept.iter().map(|&edge| bins.edges[edge]).collect();
    to
}

/// Keeps the levels with enough rows; returns their names, the number of levels left out, and approximately
/// their number of rows.
///
/// * `sampled`: sample rows by level: a lower bound for levels without their own bin.
/// * `weight`: rows of the snapshot per row of the sample.
fn pool_levels(
    bins: &mut CategoryBins,
    counts: &mut FeatureCounts,
    known: &[String],
    sampled: &[u64],
    (fewest, weight): (u64, f64),
) -> (Vec<String>, (u64, f64)) {
    let rows = counts.sum(|_| true);
    let own: Vec<usize> = (0..bins.levels).filter(|&level| rows[level] >= fewest).collect();
    let named = (bins.levels..known.len()).filter(|&level| sampled[level] >= fewest);
    let unnamed_rows: f64 = (0..known.len())
        .map(|level| match level < bins.levels {
            true if rows[level] < fewest => rows[level] as f64,
            false if sampled[level] < fewest => sampled[level] as f64 * weight,
            _ => 0.0,
        })
        .sum();
    let levels: Vec<String> = own.iter().copied().chain(named).map(|level| known[level].clone()).collect();
    let other = own.len();
    let mut to: Vec<usize> =
        (0..bins.levels).map(|level| own.binary_search(&level).unwrap_or(other)).collect();
    to.extend([other, other + 1, other + 2]);
    regroup(counts, &to);
    let unnamed = (known.len() - levels.len()) as u64;
    *bins = CategoryBins { levels: own.len(), known: levels.len() };
    (levels, (unnamed, unnamed_rows))
}

fn rows_by_code(column: Option<&Column>, known: usize) -> Vec<u64> {
    let mut rows = vec![0; known];
    for &code in column.and_then(Column::codes).unwrap_or_default() {
        if code != MISSING
            && let Some(rows) = rows.get_mut(code as usize)
        {
            *rows += 1;
        }
    }
    rows
}

/// Maps the rows of each bin to another one.
fn regroup(counts: &mut FeatureCounts, to: &[usize]) {
    let bins = to.last().map_or(0, |last| last + 1);
    let windows = counts.counts.chunks(counts.bins.max(1));
    counts.counts = windows.flat_map(|row| regrouped(row, to, bins)).collect();
    counts.bins = bins;
}

fn regrouped<T: Copy + Default + std::ops::AddAssign>(row: &[T], to: &[usize], bins: usize) -> Vec<T> {
    let mut sums = vec![T::default(); bins];
    for (&rows, &bin) in row.iter().zip(to) {
        sums[bin] += rows;
    }
    sums
}
