//! One feature over time.

use std::collections::HashSet;

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::{
            drift::{Drift, psi_of},
            window_split::FEWEST_ROWS,
        },
    },
    stats::moments::quantile,
    summary::{Column, Grid, MISSING},
};

use super::numbers;

/// One window of a feature's time series. Empty windows and categories have no quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// Rows of the snapshot in the window.
    pub rows: u64,
    /// Median of the sampled values.
    pub median: Option<f64>,
    /// Their 5 % and 95 % quantiles.
    pub spread: Option<(f64, f64)>,
    /// Share of missing values, of all rows.
    pub missing: Option<f64>,
    /// PSI of all rows against training, bias-corrected.
    pub psi: Option<f64>,
    /// Distinct values as a share of the sampled ones.
    pub distinct: Option<f64>,
}

/// A feature's time series over the windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// The windows; none without timestamps, and then there is one point.
    pub grid: Option<Grid>,
    /// One per window.
    pub points: Vec<Point>,
}

/// One feature over the windows of a [`Drift`].
#[must_use]
pub fn timeline(dossier: &Dossier, drift: &Drift, feature: usize) -> Timeline {
    let sample = &dossier.production.sample;
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); drift.rows.len()];
    for row in 0..sample.rows {
        let window = drift.grid.map_or(Some(0), |grid| grid.window(*sample.time.get(row)?));
        if let Some(window) = window {
            rows[window].push(row);
        }
    }
    let all = numbers(dossier, sample, feature);
    let line = &drift.features[feature];
    let points = rows
        .iter()
        .enumerate()
        .map(|(w, rows)| {
            let mut values: Vec<f64> =
                rows.iter().filter_map(|&r| all.get(r).copied()).filter(|x| x.is_finite()).collect();
            values.sort_unstable_by(f64::total_cmp);
            let at = |q: f64| quantile(&values, q).ok();
            Point {
                rows: drift.rows[w],
                median: at(0.5),
                spread: at(0.05).zip(at(0.95)),
                missing: line.missing[w],
                psi: line.psi[w],
                distinct: distinct_share(&sample.features[feature], &values, rows),
            }
        })
        .collect();
    Timeline { grid: drift.grid, points }
}

/// The same with repaired values in place of those since the onset, counted from the sampled rows; windows before it are as
/// served.
///
/// * `values`: one number for each row of [`Framing::after`], NaN where missing.
#[must_use]
pub fn repaired(
    dossier: &Dossier,
    framing: &Framing,
    drift: &Drift,
    feature: usize,
    values: &[f64],
) -> Timeline {
    let mut course = timeline(dossier, drift, feature);
    let sample = &dossier.production.sample;
    let mut all = numbers(dossier, sample, feature).into_owned();
    let mut touched = vec![false; course.points.len()];
    let window_of = |row: usize| drift.grid.map_or(Some(0), |grid| grid.window(*sample.time.get(row)?));
    for (&row, &value) in framing.after.iter().zip(values) {
        all[row] = value;
        if let Some(window) = window_of(row) {
            touched[window] = true;
        }
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); course.points.len()];
    for row in 0..sample.rows {
        if let Some(window) = window_of(row).filter(|&window| touched[window]) {
            rows[window].push(row);
        }
    }
    for ((point, rows), _) in
        course.points.iter_mut().zip(&rows).zip(&touched).filter(|(_, touched)| **touched)
    {
        let own: Vec<f64> = rows.iter().map(|&row| all[row]).collect();
        let mut present: Vec<f64> = own.iter().copied().filter(|x| x.is_finite()).collect();
        present.sort_unstable_by(f64::total_cmp);
        let at = |q: f64| quantile(&present, q).ok();
        point.median = at(0.5);
        point.spread = at(0.05).zip(at(0.95));
        point.missing = (!own.is_empty()).then(|| 1.0 - present.len() as f64 / own.len() as f64);
        let enough = own.len() as u64 >= FEWEST_ROWS;
        let column = Column::Numeric { values: own, unreadable: Vec::new(), examples: Vec::new() };
        point.psi = if enough { psi_of(dossier, feature, &column) } else { None };
    }
    course
}

/// Distinct values as a share of the rows with a value.
///
/// * `sorted`: the ascending values of a number or embedding.
fn distinct_share(column: &Column, sorted: &[f64], rows: &[usize]) -> Option<f64> {
    let (distinct, total) = match column {
        Column::Categorical(codes) => {
            let present: Vec<u32> = rows.iter().map(|&r| codes[r]).filter(|&c| c != MISSING).collect();
            (present.iter().collect::<HashSet<_>>().len(), present.len())
        }
        _ => (sorted.chunk_by(|a, b| a == b).count(), sorted.len()),
    };
    (total > 0).then(|| distinct as f64 / total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn a_repair_reaches_the_windows_since_the_onset_and_no_others() {
        let investigation = fixture::investigation();
        let (dossier, framing, drift) =
            (&investigation.dossier, &investigation.framing, &investigation.drift);
        let served = timeline(dossier, drift, 0);
        let values = vec![7.0; framing.after.len()];
        let mended = repaired(dossier, framing, drift, 0, &values);
        let onset = framing.split().zip(drift.grid).and_then(|(at, grid)| grid.window(at)).expect("an onset");
        assert_eq!(mended.points[..onset], served.points[..onset]);
        let later = &mended.points[onset + 1..];
        assert!(later.iter().filter_map(|point| point.median).all(|median| median == 7.0));
        assert!(later.iter().any(|point| point.median.is_some()));
    }
}
