//! From which row on a feature is altered: a fault may begin later than the loss does.
//!
//! Rows early in the period are either like those before it or like those at its end. With `p` and `q` the shares of a feature's
//! bins before the onset and in the last third of the rows since, the first altered row maximises the likelihood of a single
//! change: it minimises `Σ ln(q/p)` over the rows before it.

use std::collections::BTreeMap;

use crate::{stats::moments::ascend, summary::Column};

/// A later start must be this much more likely, in nats, than one at the onset.
const SURE: f64 = 8.0;

/// Quantiles of the values before the onset that divide the numbers.
const DIVISIONS: usize = 12;

/// Fewer rows than this on a side say nothing.
const FEWEST_ROWS: usize = 60;

/// The first row since the onset from which on the feature is distributed as at the end; 0 where it is from the onset on, or
/// where its distribution does not tell.
#[must_use]
pub fn start(before: &Column, since: &Column, rows: (usize, usize)) -> usize {
    let (was, is) = rows;
    if was.min(is) < FEWEST_ROWS {
        return 0;
    }
    let bin = bins(before, since, was, is);
    let mut counts: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    (0..was).for_each(|row| counts.entry(bin(before, row)).or_default().0 += 1.0);
    let late = is - is / 3;
    (late..is).for_each(|row| counts.entry(bin(since, row)).or_default().1 += 1.0);
    let kinds = counts.len() as f64;
    let (n, m) = (was as f64 + 0.5 * kinds, (is - late) as f64 + 0.5 * kinds);
    let ratio = |row: usize| {
        let (p, q) = counts.get(&bin(since, row)).copied().unwrap_or_default();
        ((q + 0.5) / m).ln() - ((p + 0.5) / n).ln()
    };
    let (mut sum, mut least, mut at) = (0.0, -SURE, 0);
    for row in 0..late {
        sum += ratio(row);
        if sum < least {
            (least, at) = (sum, row + 1);
        }
    }
    at
}

/// The bin of a row's value: between quantiles of the rows before the onset, below and above all of them, missing, and a bin of
/// its own for the value that is most frequent at the end.
fn bins(before: &Column, since: &Column, was: usize, is: usize) -> impl Fn(&Column, usize) -> u64 {
    let numbers = |column: &Column, rows: std::ops::Range<usize>| -> Vec<f64> {
        let values = column.numbers().unwrap_or_default();
        let mut numbers: Vec<f64> =
            rows.filter_map(|row| values.get(row).copied()).filter(|x| x.is_finite()).collect();
        ascend(&mut numbers);
        numbers
    };
    let (old, late) = (numbers(before, 0..was), numbers(since, is - is / 3..is));
    let mut edges: Vec<f64> = (0..=DIVISIONS)
        .filter_map(|d| old.get(d * old.len().saturating_sub(1) / DIVISIONS).copied())
        .collect();
    edges.dedup();
    let most = late.chunk_by(|a, b| a == b).max_by_key(|run| run.len()).map_or(f64::NAN, |run| run[0]);
    move |column, row| match column {
        Column::Numeric { values, .. } if values[row].is_nan() => u64::MAX,
        Column::Numeric { values, .. } if values[row] == most => u64::MAX - 1,
        Column::Numeric { values, .. } => {
            let x = values[row];
            // The last edge is the largest value before the onset, which is not above it.
            let above = edges.last().is_some_and(|last| x > *last);
            edges.partition_point(|edge| *edge <= x) as u64 + u64::from(above)
        }
        Column::Categorical(codes) => u64::from(codes[row]),
        Column::Embedding { .. } | Column::Absent => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::{rng, unit};

    fn column(values: Vec<f64>) -> Column {
        Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() }
    }

    #[test]
    fn a_later_start_is_found_and_an_unchanged_feature_has_none() {
        let mut generator = rng(3);
        let mut draw = |n: usize| (0..n).map(|_| 10.0 * unit(&mut generator)).collect::<Vec<f64>>();
        let before = column(draw(1_000));
        let calm = draw(900);
        let shifted: Vec<f64> =
            calm.iter().enumerate().map(|(row, x)| if row < 300 { *x } else { 1.5 * x }).collect();
        assert_eq!(start(&before, &column(calm), (1_000, 900)), 0);
        let found = start(&before, &column(shifted), (1_000, 900));
        assert!(found.abs_diff(300) < 20, "{found}");
    }

    #[test]
    fn a_feature_altered_from_the_onset_on_starts_there() {
        let mut generator = rng(4);
        let mut draw = |n: usize| (0..n).map(|_| 10.0 * unit(&mut generator)).collect::<Vec<f64>>();
        let before = column(draw(1_000));
        let since = column(draw(900).into_iter().map(|x| 3.0 * x).collect());
        assert_eq!(start(&before, &since, (1_000, 900)), 0);
    }

    #[test]
    fn missing_values_and_levels_have_starts_too() {
        let code = |row: usize| (row % 3) as u32;
        let before = Column::Categorical((0..600).map(code).collect());
        let since = Column::Categorical((0..600).map(|row| if row < 200 { code(row) } else { 7 }).collect());
        assert_eq!(start(&before, &since, (600, 600)), 200);
    }
}
