//! Drift of the inputs: which features moved, when, and together with which others.
//!
//! All numbers except the KS and Wasserstein distances, which need the values themselves, are computed from
//! the counts of the pass and are exact whatever the sample holds. Embeddings are not counted by any pass;
//! they are measured by the sampled rows' similarity to training.

mod answers;
mod distance;
mod findings;
mod labels;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use self::distance::Values;
pub use self::distance::{DISTANCES, DistanceSpec, Distances};
use crate::{
    autopsy::{
        Dossier, Observations,
        exam::{
            context::ExamContext,
            embedding_similarity, unseen_mass,
            window_split::{self, FEWEST_ROWS, Periods},
        },
    },
    cached::cached,
    case::Thresholds,
    stats::{moments::spearman, testing::benjamini_hochberg},
    summary::{Bins, Column, FeatureCounts, Grid, Width},
};

/// False discovery rate among the flagged features (or cells of the heat map).
const FALSE_DISCOVERIES: f64 = 0.01;

/// One feature's line of the heat map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DriftRow {
    /// The feature's index in the plan.
    pub feature: usize,
    /// Bias-corrected PSI per window of [`Drift::grid`]; none where there are too few rows.
    pub psi: Vec<Option<f64>>,
    /// Per window: 0 clear or too few rows, 1 watch, 2 alarm, after false-discovery control over features x
    /// windows.
    pub levels: Vec<u8>,
    /// Share of missing values per window.
    pub missing: Vec<Option<f64>>,
    /// The largest PSI over the windows.
    pub max_psi: f64,
    /// After the onset against training.
    pub distances: Distances,
    /// Before the onset against training: bias-corrected PSI.
    pub psi_before: Option<f64>,
    /// After the onset against before it: bias-corrected PSI.
    pub psi_since_onset: Option<f64>,
    /// Rank correlation of its PSI per window with the loss of the headline metric; see [`Drift::follow`].
    pub follows_loss: Option<f64>,
    /// 0 clear, 1 watch, 2 alarm.
    pub level: u8,
}

cached!(struct DriftRow {
    feature, psi, levels, missing, max_psi, distances, psi_before, psi_since_onset, follows_loss, level,
});

impl DriftRow {
    /// Its PSI at the onset: against the rows before it where there are enough, else against training.
    #[must_use]
    pub fn moved(&self) -> Option<f64> {
        self.psi_since_onset.or(self.distances.psi)
    }
}

/// The drift of all inputs and of the predictions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drift {
    /// The windows; none without timestamps.
    pub grid: Option<Grid>,
    /// Rows per window.
    pub rows: Vec<u64>,
    /// One line per feature, in the order of the plan.
    pub features: Vec<DriftRow>,
    /// The model's predictions, as one more line (the feature index is `usize::MAX`).
    pub answers: DriftRow,
    /// The classes of the labelled rows, as one more line; no value where the target is a number.
    pub labels: DriftRow,
}

cached!(struct Drift { grid, rows, features, answers, labels });

/// Bias-corrected PSI of a column of rows against training, in the bins of a feature of the plan; none where
/// the feature is not counted or there are no rows.
#[must_use]
pub(in crate::autopsy) fn psi_of(dossier: &Dossier, feature: usize, column: &Column) -> Option<f64> {
    let bins = &dossier.plan.features[feature].bins;
    let mut counts = vec![0_u64; bins.fine()];
    match (bins, column) {
        (Bins::Numeric(bins), Column::Numeric { values, .. }) => {
            values.iter().for_each(|&x| counts[bins.bin(x)] += 1);
        }
        (Bins::Categorical(bins), Column::Categorical(codes)) => {
            codes.iter().for_each(|&code| counts[bins.bin(code)] += 1);
        }
        _ => return None,
    }
    let training = dossier.training.features[feature].sum(|_| true);
    let reference = distance::complete(training, bins, dossier.training.rows);
    distance::psi(&bins.coarsen(&reference), &bins.coarsen(&counts)).map(|psi| psi.corrected)
}

/// Measures every input and the predictions against training and against the rows before the onset.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Drift, Observations) {
    at_width(context, window_split::display_width(context.dossier))
}

/// The same as [`examine`], in windows of another width (not narrower than the counted windows).
#[must_use]
pub fn at_width(context: &ExamContext<'_>, width: Width) -> (Drift, Observations) {
    let &ExamContext { dossier, framing, ref periods, .. } = context;
    let (grid, map, rows) = window_split::widened(dossier, width);
    let (plan, training, production) = (&dossier.plan, &dossier.training, &dossier.production);
    let line = |feature: usize, bins: &Bins, from: &FeatureCounts, to: &FeatureCounts| {
        let values = Values::of(dossier, framing, (feature != usize::MAX).then_some(feature));
        Line {
            bins,
            reference: unseen_mass::expected(dossier, feature, from.sum(|_| true)),
            from,
            to,
            periods,
            map: &map,
            rows: &rows,
            thresholds: &dossier.thresholds,
        }
        .measure(feature, training.rows, values.as_ref())
    };
    let measured = plan.features.par_iter().enumerate().map(|(j, feature)| match &feature.bins {
        Bins::None => embedding_similarity::counted(dossier, j).map_or_else(
            || line(j, &Bins::None, &training.features[j], &production.features[j]),
            |(bins, from, to)| line(j, &bins, &from, &to),
        ),
        bins => line(j, bins, &training.features[j], &production.features[j]),
    });
    let (mut features, mut cells): (Vec<DriftRow>, Vec<Vec<Cell>>) = measured.unzip();
    let (mut answers, answer_cells) =
        line(usize::MAX, &plan.answer_bins, &training.answers, &production.answers);
    control_features(&mut features, &dossier.thresholds);
    control_features(std::slice::from_mut(&mut answers), &dossier.thresholds);
    control_cells(&mut features, &cells, &dossier.thresholds);
    cells = vec![answer_cells];
    control_cells(std::slice::from_mut(&mut answers), &cells, &dossier.thresholds);
    let labels = labels::row(dossier, periods, &map, rows.len());
    let drift = Drift { grid, rows, features, answers, labels };
    let mut observations = findings::examine(context, &drift);
    observations.extend(answers::examine(context, &drift.answers));
    (drift, observations)
}

/// The widths in which this case can be shown: from the counted one up to the last with at least two windows.
#[must_use]
pub fn widths(dossier: &Dossier) -> Vec<Width> {
    let Some(grid) = dossier.grid() else {
        return Vec::new();
    };
    Width::ALL
        .into_iter()
        .filter(|&width| width == grid.width || (width > grid.width && grid.widened(width).0.windows > 1))
        .collect()
}

impl Drift {
    /// Sets [`DriftRow::follows_loss`] from the time series of a metric's loss.
    ///
    /// * `loss`: one per window of [`Drift::grid`], larger is worse; none where it is not known.
    pub fn follow(&mut self, loss: &[Option<f64>]) {
        for row in self.features.iter_mut().chain(std::iter::once(&mut self.answers)) {
            row.follows_loss = correlation(&row.psi, loss);
        }
    }

    /// Rank correlation of every other feature's PSI time series with that of one feature, largest first.
    ///
    /// Features whose PSI never reaches the watch threshold `least` are left out: their series are noise.
    #[must_use]
    pub fn moving_with(&self, feature: usize, least: f64) -> Vec<(usize, f64)> {
        let Some(leader) = self.features.get(feature) else {
            return Vec::new();
        };
        let mut others: Vec<(usize, f64)> = self
            .features
            .iter()
            .filter(|row| row.feature != feature && row.max_psi >= least)
            .filter_map(|row| Some((row.feature, correlation(&leader.psi, &row.psi)?)))
            .collect();
        others.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        others
    }

    /// The features that moved at the onset (or, without one, against training), in descending order of PSI.
    #[must_use]
    pub fn moved(&self, least: f64) -> Vec<usize> {
        let mut moved: Vec<(usize, f64)> = self
            .features
            .iter()
            .filter(|row| row.level > 0 || row.psi_since_onset.is_some_and(|psi| psi >= least))
            .filter_map(|row| Some((row.feature, row.moved().filter(|&psi| psi >= least)?)))
            .collect();
        moved.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        moved.into_iter().map(|(feature, _)| feature).collect()
    }
}

/// Spearman's correlation over the windows where both are known; none with fewer than five.
fn correlation(a: &[Option<f64>], b: &[Option<f64>]) -> Option<f64> {
    let (x, y): (Vec<f64>, Vec<f64>) = a.iter().zip(b).filter_map(|(a, b)| a.zip(*b)).unzip();
    if x.len() < 5 { None } else { spearman(&x, &y).ok() }
}

/// One cell of the heat map before false-discovery control.
#[derive(Debug, Clone, Copy)]
struct Cell {
    window: usize,
    psi: f64,
    /// Above noise.
    p: f64,
    /// Above the watch threshold.
    beyond: f64,
}

/// The inputs for one line of the heat map.
struct Line<'a> {
    bins: &'a Bins,
    /// Reference rows per fine bin.
    reference: Vec<u64>,
    from: &'a FeatureCounts,
    to: &'a FeatureCounts,
    periods: &'a Periods,
    map: &'a [usize],
    rows: &'a [u64],
    thresholds: &'a Thresholds,
}

impl Line<'_> {
    /// * `values`: the sampled values of both sides, where rows are available.
    fn measure(&self, feature: usize, training_rows: u64, values: Option<&Values>) -> (DriftRow, Vec<Cell>) {
        let bins = self.bins;
        let reference = distance::complete(self.reference.clone(), bins, training_rows);
        let after = distance::complete(self.periods.counts_after(self.to), bins, self.periods.rows_after);
        let before = distance::complete(self.periods.counts_before(self.to), bins, self.periods.rows_before);
        let coarse = bins.coarsen(&reference);
        let (psi, missing, cells) = self.course(&coarse);
        let max_psi = psi.iter().flatten().copied().fold(0.0, f64::max);
        let counted = *bins != Bins::None;
        let since = (counted && self.periods.has_before() && self.periods.rows_after >= FEWEST_ROWS)
            .then(|| distance::psi(&bins.coarsen(&before), &bins.coarsen(&after)))
            .flatten();
        let early = (counted && self.periods.has_before())
            .then(|| distance::psi(&coarse, &bins.coarsen(&before)))
            .flatten();
        let (from, to) = (self.from.moments_of(|_| true), self.to.moments_of(|_| true));
        let extremes = (from.min.min(to.min), from.max.max(to.max));
        let row = DriftRow {
            feature,
            levels: vec![0; psi.len()],
            psi,
            missing,
            max_psi,
            distances: distance::distances(
                bins,
                (&reference, &after),
                from.deviation(),
                values,
                extremes,
                self.thresholds,
            ),
            psi_before: early.map(|s| s.corrected),
            psi_since_onset: since.map(|s| s.corrected),
            follows_loss: None,
            level: 0,
        };
        (row, cells)
    }

    /// PSI and missing share by window, and the cells to test.
    fn course(&self, reference: &[u64]) -> (Vec<Option<f64>>, Vec<Option<f64>>, Vec<Cell>) {
        let windows = distance::by_window(self.bins, self.to, self.map, self.rows);
        let mut cells = Vec::new();
        let (mut psi, mut missing) = (vec![None; windows.len()], vec![None; windows.len()]);
        for (w, counts) in windows.iter().enumerate() {
            let total: u64 = counts.iter().sum();
            if total == 0 {
                continue;
            }
            missing[w] = counts.last().map(|&m| m as f64 / total as f64);
            if total < FEWEST_ROWS || *self.bins == Bins::None {
                continue;
            }
            if let Some(shift) = distance::psi(reference, counts) {
                psi[w] = Some(shift.corrected);
                let (p, beyond) = (shift.p(0.0), shift.p(self.thresholds.psi_watch));
                cells.push(Cell { window: w, psi: shift.corrected, p, beyond });
            }
        }
        (psi, missing, cells)
    }
}

/// The level of a PSI: watch if it is over the watch threshold and significantly above noise, alarm if it is
/// over the alarm threshold and significantly over the watch threshold.
fn level(psi: f64, q: f64, beyond: f64, thresholds: &Thresholds) -> u8 {
    if psi >= thresholds.psi_alarm && beyond <= FALSE_DISCOVERIES {
        2
    } else {
        u8::from(psi >= thresholds.psi_watch && q <= FALSE_DISCOVERIES)
    }
}

/// False-discovery control over the features, and the resulting levels.
fn control_features(rows: &mut [DriftRow], thresholds: &Thresholds) {
    let tested: Vec<usize> = (0..rows.len()).filter(|&r| rows[r].distances.p_value.is_some()).collect();
    let of = |pick: fn(&Distances) -> Option<f64>| -> Vec<f64> {
        let p: Vec<f64> = tested.iter().map(|&r| pick(&rows[r].distances).unwrap_or(1.0)).collect();
        benjamini_hochberg(&p)
    };
    let (q, beyond) = (of(|d| d.p_value), of(|d| d.beyond_watch));
    for ((&r, &q), &beyond) in tested.iter().zip(&q).zip(&beyond) {
        let row = &mut rows[r];
        row.distances.q_value = Some(q);
        row.level = level(row.distances.psi.unwrap_or(0.0), q, beyond, thresholds);
    }
}

/// False-discovery control over features x windows, and the level of each cell.
fn control_cells(rows: &mut [DriftRow], cells: &[Vec<Cell>], thresholds: &Thresholds) {
    let flat: Vec<(usize, Cell)> =
        cells.iter().enumerate().flat_map(|(r, cells)| cells.iter().map(move |c| (r, *c))).collect();
    let q = benjamini_hochberg(&flat.iter().map(|(_, c)| c.p).collect::<Vec<_>>());
    let beyond = benjamini_hochberg(&flat.iter().map(|(_, c)| c.beyond).collect::<Vec<_>>());
    for (((r, cell), &q), &beyond) in flat.iter().zip(&q).zip(&beyond) {
        rows[*r].levels[cell.window] = level(cell.psi, q, beyond, thresholds);
    }
}
