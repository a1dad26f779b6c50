//! Wrong clocks: a few rows from 1970, 2099 or next year.

use crate::summary::{Grid, Micros};

/// A group of rows is wild when it holds at most this share of all rows, and at most [`MOST_ROWS`].
const MOST_SHARE: f64 = 0.001;

/// Up to this number, rows can be wild in a log of any size. See [`MOST_SHARE`].
const FEW_ROWS: u64 = 3;

/// See [`MOST_SHARE`].
const MOST_ROWS: u64 = 1000;

/// The minimum gap between a wild group and the other rows; it must also exceed half of the others' time
/// span.
const LEAST_GAP: Micros = 7 * 24 * 3_600_000_000;

/// A few rows that lie far from all others in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WildRows {
    /// Number of rows.
    pub rows: u64,
    /// The start of their windows, the first few.
    pub at: Vec<Micros>,
    /// The first and the last instant of the other windows.
    pub log: (Micros, Micros),
}

/// Finds small groups of rows at the ends of the log that are far from all others.
///
/// * `rows`: rows per window of `grid`.
#[must_use]
pub fn wild_rows(grid: Grid, rows: &[u64]) -> Option<WildRows> {
    let total: u64 = rows.iter().sum();
    let most = FEW_ROWS.max((total as f64 * MOST_SHARE) as u64).min(MOST_ROWS);
    let filled: Vec<usize> = (0..rows.len()).filter(|&window| rows[window] > 0).collect();
    let (mut first, mut last) = (0, filled.len().checked_sub(1)?);
    let mut wild = Vec::new();
    let mut left = most;
    loop {
        let span = |first: usize, last: usize| grid.span(filled[last]).to - grid.span(filled[first]).from;
        let far = |gap: Micros, rest: Micros| gap >= LEAST_GAP && 2 * gap > rest;
        let gap = |before: usize| grid.span(filled[before + 1]).from - grid.span(filled[before]).to;
        // The rows before (or after) the outermost gap that is large enough.
        let head = (first..last).find(|&at| far(gap(at), span(at + 1, last)));
        let tail = (first..last).rev().find(|&at| far(gap(at), span(first, at)));
        let count =
            |from: usize, to: usize| filled[from..=to].iter().map(|&window| rows[window]).sum::<u64>();
        if let Some(at) = head.filter(|&at| count(first, at) <= left) {
            left -= count(first, at);
            wild.extend(first..=at);
            first = at + 1;
        } else if let Some(at) = tail.filter(|&at| count(at + 1, last) <= left) {
            left -= count(at + 1, last);
            wild.extend(at + 1..=last);
            last = at;
        } else {
            break;
        }
    }
    if wild.is_empty() || first == last && total <= 2 * FEW_ROWS {
        return None;
    }
    wild.sort_unstable();
    Some(WildRows {
        rows: wild.iter().map(|&at| rows[filled[at]]).sum(),
        at: wild.iter().take(4).map(|&at| grid.span(filled[at]).from).collect(),
        log: (grid.span(filled[first]).from, grid.span(filled[last]).to - 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Width;

    const DAY: Micros = 24 * 3_600_000_000;

    /// Days with rows, as (day, rows).
    fn found(days: &[(usize, u64)]) -> Option<(u64, i64, i64)> {
        let last = days.iter().map(|day| day.0).max().unwrap_or(0);
        let mut rows = vec![0; last + 1];
        days.iter().for_each(|&(day, n)| rows[day] += n);
        let grid = Grid { start: 0, width: Width::Day, windows: rows.len() };
        wild_rows(grid, &rows).map(|wild| (wild.rows, wild.log.0 / DAY, wild.log.1 / DAY))
    }

    #[test]
    fn a_few_rows_far_from_all_others_are_wild() {
        let log = |more: &[(usize, u64)]| -> Vec<(usize, u64)> {
            (20_500..20_531).map(|day| (day, 144)).chain(more.iter().copied()).collect()
        };
        assert_eq!(found(&log(&[])), None);
        assert_eq!(found(&log(&[(20_896, 1)])), Some((1, 20_500, 20_530)), "next year");
        assert_eq!(found(&log(&[(3, 2), (47_000, 1)])), Some((3, 20_500, 20_530)), "1970 and 2099");
        assert_eq!(found(&log(&[(20_896, 40)])), None, "too many");
        assert_eq!(found(&log(&[(20_535, 1)])), None, "a gap of a few days");
        // A log of three months without the middle one has a gap, not wild rows.
        let two: Vec<_> = (0..30).chain(60..90).map(|day| (day, 100)).collect();
        assert_eq!(found(&two), None);
        assert_eq!(found(&[(5, 2), (400, 2)]), None, "nothing to be far from");
    }
}
