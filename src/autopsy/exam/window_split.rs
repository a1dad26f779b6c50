//! Which windows are before the onset and which after it, and the display width of the windows.

use crate::{
    autopsy::{Dossier, Framing, OnsetKind},
    summary::{FeatureCounts, Grid, Moments, Width},
};

/// A window with fewer rows shows "too few rows" instead of a number.
pub const FEWEST_ROWS: u64 = 200;

/// Maximum number of windows that fits on a screen.
const MOST_WINDOWS: usize = 100;

/// The windows of the production log, split by the onset.
///
/// A window that contains the onset belongs to neither period, unless the second period would be empty
/// otherwise; nor does one in which, or before which, the change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    before: Vec<bool>,
    after: Vec<bool>,
    /// Rows before the onset.
    pub rows_before: u64,
    /// Rows after it; all rows when there is no onset inside the log.
    pub rows_after: u64,
}

impl Periods {
    /// Splits the windows.
    #[must_use]
    pub fn new(dossier: &Dossier, framing: &Framing) -> Self {
        let windows = &dossier.production.windows;
        let inside = framing.onset.filter(|onset| onset.kind != OnsetKind::FromStart);
        let (mut before, mut after) = match (dossier.grid(), inside) {
            (Some(grid), Some(onset)) => (
                (0..windows.len()).map(|w| grid.span(w).to <= onset.at).collect(),
                (0..windows.len())
                    .map(|w| {
                        let is_over = onset.ended.is_some_and(|ended| grid.span(w).to > ended);
                        grid.span(w).from >= onset.complete.max(onset.at) && !is_over
                    })
                    .collect(),
            ),
            _ => (vec![false; windows.len()], vec![true; windows.len()]),
        };
        let rows = |keep: &[bool]| windows.iter().zip(keep).filter(|(_, k)| **k).map(|(w, _)| w.rows).sum();
        if rows(&after) == 0 {
            after = before.iter().map(|b: &bool| !b).collect();
        }
        if rows(&after) == 0 {
            (before, after) = (vec![false; windows.len()], vec![true; windows.len()]);
        }
        Self { rows_before: rows(&before), rows_after: rows(&after), before, after }
    }

    /// Whether there are enough rows before the onset to serve as the reference.
    #[must_use]
    pub const fn has_before(&self) -> bool {
        self.rows_before >= FEWEST_ROWS
    }

    /// Whether a window lies before the onset.
    #[must_use]
    pub fn is_before(&self, window: usize) -> bool {
        self.before[window]
    }

    /// Whether a window lies after the onset.
    #[must_use]
    pub fn is_after(&self, window: usize) -> bool {
        self.after[window]
    }

    /// Rows per fine bin before the onset.
    #[must_use]
    pub fn counts_before(&self, counts: &FeatureCounts) -> Vec<u64> {
        counts.sum(|w| self.before[w])
    }

    /// Rows per fine bin after the onset.
    #[must_use]
    pub fn counts_after(&self, counts: &FeatureCounts) -> Vec<u64> {
        counts.sum(|w| self.after[w])
    }

    /// Moments before the onset.
    #[must_use]
    pub fn moments_before(&self, counts: &FeatureCounts) -> Moments {
        counts.moments_of(|w| self.before[w])
    }

    /// Moments after the onset.
    #[must_use]
    pub fn moments_after(&self, counts: &FeatureCounts) -> Moments {
        counts.moments_of(|w| self.after[w])
    }
}

/// Rows per window of a wider grid, and the mapping of each window of the dossier to its window there.
///
/// Without timestamps everything is one window. A width narrower than the counted one gives the counted one.
#[must_use]
pub fn widened(dossier: &Dossier, width: Width) -> (Option<Grid>, Vec<usize>, Vec<u64>) {
    let windows = &dossier.production.windows;
    let (grid, map) = match dossier.grid() {
        Some(grid) => {
            let (wide, map) = grid.widened(width.max(grid.width));
            (Some(wide), map)
        }
        None => (None, vec![0; windows.len()]),
    };
    let mut rows = vec![0; grid.map_or(1, |g| g.windows)];
    for (window, &to) in windows.iter().zip(&map) {
        rows[to] += window.rows;
    }
    (grid, map, rows)
}

/// The initial display width: the narrowest one with at most a hundred windows of which at least three in
/// four have [`FEWEST_ROWS`] rows; a week when none does, or the counted width if that is wider. The first
/// and the last window, which the ends of the log truncate, count only where there are no others.
#[must_use]
pub fn display_width(dossier: &Dossier) -> Width {
    let Some(grid) = dossier.grid() else {
        return Width::Day;
    };
    let full_enough = |width: Width| {
        let (_, _, rows) = widened(dossier, width);
        let whole = if rows.len() > 2 { &rows[1..rows.len() - 1] } else { &rows[..] };
        let full = whole.iter().filter(|&&n| n >= FEWEST_ROWS).count();
        rows.len() <= MOST_WINDOWS && 4 * full >= 3 * whole.len()
    };
    Width::ALL
        .into_iter()
        .filter(|&width| width >= grid.width)
        .find(|&width| full_enough(width))
        .unwrap_or_else(|| grid.width.max(Width::Week))
}
