//! The two populations side by side: every feature's values in the reference rows and in the rows under
//! suspicion.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{
    autopsy::{Dossier, Framing},
    model::folds,
    stats::{
        distance,
        distribution::normal_quantile,
        linear::{Matrix, Products},
        moments::ascend,
    },
    summary::{Column, Kind, MISSING, Micros, Table},
};

use super::starts::start;

/// Maximum rows per side, evenly spread: enough for a standard error of 0.015 on a mean rank score.
const MOST_ROWS: usize = 6_000;

/// Minimum rows before the onset to serve as the reference; with fewer, training does.
pub(super) const FEWEST_BEFORE: usize = 300;

/// A feature begins to be altered later than others if that is so for this share of the rows under suspicion.
const LATER: f64 = 0.05;

/// Rank scores are clipped here, to limit the influence of single extreme values.
const SCORE_LIMIT: f64 = 2.5;

/// Category levels with an indicator of their own in the design.
const DESIGN_LEVELS: usize = 8;

/// Maximum number of columns of the design; wide tables keep the first ones that vary.
const DESIGN_COLUMNS: usize = 160;

/// A side of the comparison.
#[derive(Debug, Clone)]
pub(super) struct Side<'a> {
    pub(super) table: &'a Table,
    pub(super) rows: Vec<usize>,
}

impl<'a> Side<'a> {
    pub(super) fn new(table: &'a Table, rows: &[usize]) -> Self {
        Self { table, rows: folds::thin(rows, MOST_ROWS) }
    }

    /// The non-missing numbers of a numeric feature.
    pub(super) fn numbers(&self, feature: usize) -> Vec<f64> {
        let column = self.table.features[feature].numbers().unwrap_or(&[]);
        self.rows.iter().filter_map(|&r| column.get(r).copied()).filter(|v| v.is_finite()).collect()
    }

    /// Share of rows without a value.
    pub(super) fn missing(&self, feature: usize) -> f64 {
        let column = &self.table.features[feature];
        self.rows.iter().filter(|&&r| column.is_missing(r)).count() as f64 / self.rows.len().max(1) as f64
    }
}

/// Reference rows and rows under suspicion.
#[derive(Debug, Clone)]
pub(super) struct FeatureSamples<'a> {
    pub(super) dossier: &'a Dossier,
    pub(super) reference: Side<'a>,
    pub(super) suspect: Side<'a>,
    /// Whether the reference rows are production rows before the onset (else training rows).
    pub(super) within_production: bool,
    /// How far each feature moved.
    pub(super) moves: Vec<Move>,
    /// Rank scores of numbers and indicators of levels, of the reference rows and of the suspect ones.
    pub(super) design: Design,
    /// The rank scores of features without missing values.
    pub(super) rank_scores: RankScores,
}

/// The move of a feature's distribution.
#[derive(Debug, Clone, Default)]
pub(super) struct Move {
    /// Bias-corrected PSI over about ten bins of the reference, missing included.
    pub(super) psi: f64,
    /// Whether it is significant and large enough to matter (PSI 0.02).
    pub(super) moved: bool,
}

impl<'a> FeatureSamples<'a> {
    /// The reference is production before the onset, where there are enough rows; else training.
    pub(super) fn new(dossier: &'a Dossier, framing: &Framing) -> Self {
        let production = &dossier.production.sample;
        let within = framing.before.len() >= FEWEST_BEFORE;
        let reference = if within {
            Side::new(production, &framing.before)
        } else {
            let training = &dossier.training.sample;
            Side::new(training, &(0..training.rows).collect::<Vec<_>>())
        };
        Self::between(dossier, reference, Side::new(production, &framing.after), within)
    }

    /// Compares any two sides.
    pub(super) fn between(
        dossier: &'a Dossier,
        reference: Side<'a>,
        suspect: Side<'a>,
        within: bool,
    ) -> Self {
        let moves = (0..dossier.plan.features.len())
            .into_par_iter()
            .map(|j| measure_move(dossier, &reference, &suspect, j))
            .collect();
        let rank_scores = RankScores::new(&[reference.rows.len(), suspect.rows.len()]);
        let design = Design::new(dossier, &reference, &suspect, &rank_scores);
        Self { dossier, reference, suspect, within_production: within, moves, design, rank_scores }
    }

    /// From which place among the rows under suspicion on a feature was altered, and when that was, if that is later than the
    /// others were: its distribution was as before until then.
    pub(super) fn later_start(&self, feature: usize) -> (usize, Option<Micros>) {
        if !self.within_production {
            return (0, None);
        }
        let column = |side: &Side<'_>| side.table.features[feature].take(&side.rows);
        let rows = (self.reference.rows.len(), self.suspect.rows.len());
        let first = start(&column(&self.reference), &column(&self.suspect), rows);
        if (first as f64) < LATER * rows.1 as f64 {
            return (0, None);
        }
        let time = self.suspect.rows.get(first).and_then(|&row| self.suspect.table.time.get(row)).copied();
        if time.is_some() { (first, time) } else { (0, None) }
    }

    /// Features that moved, the largest move first.
    pub(super) fn movers(&self) -> Vec<usize> {
        let mut movers: Vec<usize> = (0..self.moves.len()).filter(|&j| self.moves[j].moved).collect();
        movers.sort_by(|&a, &b| self.moves[b].psi.total_cmp(&self.moves[a].psi));
        movers
    }
}

fn measure_move(dossier: &Dossier, reference: &Side<'_>, suspect: &Side<'_>, feature: usize) -> Move {
    let (before, after) = match dossier.plan.features[feature].kind {
        Kind::Numeric => {
            let mut sorted = reference.numbers(feature);
            ascend(&mut sorted);
            let edges = decile_edges(&sorted);
            let count = |side: &Side<'_>| {
                let mut bins = vec![0_u64; edges.len() + 2];
                let column = side.table.features[feature].numbers();
                for &r in &side.rows {
                    match column.map(|c| c[r]).filter(|v| v.is_finite()) {
                        Some(x) => bins[edges.partition_point(|&e| e <= x)] += 1,
                        None => bins[edges.len() + 1] += 1,
                    }
                }
                bins
            };
            (count(reference), count(suspect))
        }
        Kind::Categorical => {
            let levels = dossier.plan.features[feature].levels.len().min(40);
            let count = |side: &Side<'_>| {
                let mut bins = vec![0_u64; levels + 2];
                let codes = side.table.features[feature].codes();
                for &r in &side.rows {
                    match codes.map_or(MISSING, |c| c[r]) {
                        MISSING => bins[levels + 1] += 1,
                        code => bins[(code as usize).min(levels)] += 1,
                    }
                }
                bins
            };
            (count(reference), count(suspect))
        }
        Kind::Embedding => return Move::default(),
    };
    let (n, m) = (reference.rows.len() as u64, suspect.rows.len() as u64);
    let bins = distance::occupied(&before, &after);
    let psi = distance::psi_corrected(&before, &after).unwrap_or(0.0);
    let raw = distance::psi(&before, &after).unwrap_or(0.0);
    let p = distance::psi_p_value(raw, bins, n, m, 0.0).unwrap_or(1.0);
    Move { psi, moved: psi > 0.02 && p < 1e-4 }
}

/// Unique decile edges; a value with 5 % of the mass or more has its own bin.
fn decile_edges(sorted: &[f64]) -> Vec<f64> {
    if sorted.is_empty() {
        return Vec::new();
    }
    let n = sorted.len();
    let mut edges: Vec<f64> = (1..10).map(|d| sorted[d * n / 10]).collect();
    let mut from = 0;
    while from < n {
        let to = from + sorted[from..].partition_point(|&v| v <= sorted[from]);
        if (to - from) * 20 >= n {
            edges.extend([sorted[from], sorted[from].next_up()]);
        }
        from = to;
    }
    edges.push(sorted[n - 1].next_up());
    edges.push(sorted[0]);
    ascend(&mut edges);
    edges.dedup();
    edges
}

/// Both sides as numeric columns on one scale: rank scores against the reference, indicators of levels.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// The feature of each column.
    pub(super) feature: Vec<usize>,
    /// Reference rows by columns.
    pub(super) reference: Matrix,
    /// Suspect rows by columns.
    pub(super) suspect: Matrix,
    /// The cross products of the reference columns, shared by all regressions on some of them.
    products: Products,
}

impl Design {
    fn new(dossier: &Dossier, reference: &Side<'_>, suspect: &Side<'_>, rank_scores: &RankScores) -> Self {
        let (mut feature, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
        let features: Vec<usize> = (0..dossier.plan.features.len()).collect();
        // A wide table has its columns from the first features.
        for some in features.chunks(DESIGN_COLUMNS) {
            if feature.len() >= DESIGN_COLUMNS {
                break;
            }
            let columns = some.par_iter().map(|&j| columns_of(dossier, (reference, suspect), rank_scores, j));
            for (&j, columns) in some.iter().zip(columns.collect::<Vec<_>>()) {
                if feature.len() >= DESIGN_COLUMNS {
                    break;
                }
                for (a, b) in columns {
                    feature.push(j);
                    before.push(a);
                    after.push(b);
                }
            }
        }
        let matrix = |columns: &[Vec<f64>], rows: usize| {
            Matrix::from_columns(columns).unwrap_or_else(|_| Matrix::zeros(rows, 0))
        };
        let reference = matrix(&before, reference.rows.len());
        Self {
            products: Products::of(&reference),
            reference,
            suspect: matrix(&after, suspect.rows.len()),
            feature,
        }
    }

    /// Predicts a target from the columns whose feature `keep` accepts: fitted on the reference rows,
    /// evaluated on both sides. `R²` is of the reference rows, adjusted for the number of columns.
    pub(super) fn predict(&self, target: &[f64], keep: impl Fn(usize) -> bool) -> Option<Prediction> {
        let columns: Vec<usize> = (0..self.feature.len()).filter(|&c| keep(self.feature[c])).collect();
        if columns.is_empty() || target.len() < 3 * columns.len() {
            return None;
        }
        let penalty = 1e-3 * target.len() as f64;
        let (fit, reference) = self.products.ridge(&columns, &self.reference, target, penalty).ok()?;
        let suspect = fit.predict_from(&columns, &self.suspect);
        let n = target.len() as f64;
        let mean = target.iter().sum::<f64>() / n;
        let total: f64 = target.iter().map(|t| (t - mean).powi(2)).sum();
        let left: f64 = target.iter().zip(&reference).map(|(t, p)| (t - p).powi(2)).sum();
        if total <= 0.0 {
            return None;
        }
        let r_squared = 1.0 - left / total * (n - 1.0) / (n - columns.len() as f64 - 1.0).max(1.0);
        Some(Prediction { reference, suspect, r_squared })
    }
}

/// The columns of a feature that vary in the reference rows, of both sides: rank scores of a number and whether it is missing,
/// indicators of a category's levels.
fn columns_of(
    dossier: &Dossier,
    (reference, suspect): (&Side<'_>, &Side<'_>),
    rank_scores: &RankScores,
    feature: usize,
) -> Vec<(Vec<f64>, Vec<f64>)> {
    let spec = &dossier.plan.features[feature];
    let mut columns = Vec::new();
    let mut add = |a: Vec<f64>, b: Vec<f64>| {
        if a.iter().any(|&v| (v - a[0]).abs() > 1e-12) {
            columns.push((a, b));
        }
    };
    match spec.kind {
        Kind::Numeric => {
            let ranks = rank_scores.among(reference.numbers(feature));
            let scores = |side: &Side<'_>| column_scores(&side.table.features[feature], &side.rows, &ranks);
            add(scores(reference), scores(suspect));
            if reference.missing(feature) > 0.01 {
                let gone = |side: &Side<'_>| missing_indicator(&side.table.features[feature], &side.rows);
                add(gone(reference), gone(suspect));
            }
        }
        Kind::Categorical => {
            for level in 0..spec.known_levels.min(DESIGN_LEVELS) as u32 {
                let is = |side: &Side<'_>| {
                    let codes = side.table.features[feature].codes();
                    let hit = |&r: &usize| f64::from(u8::from(codes.is_some_and(|c| c[r] == level)));
                    side.rows.iter().map(hit).collect::<Vec<f64>>()
                };
                add(is(reference), is(suspect));
            }
        }
        Kind::Embedding => {}
    }
    columns
}

/// The prediction of a target from other features.
#[derive(Debug, Clone)]
pub(super) struct Prediction {
    pub(super) reference: Vec<f64>,
    pub(super) suspect: Vec<f64>,
    pub(super) r_squared: f64,
}

/// Normal scores of ranks among reference values: `Φ⁻¹` of the mid-rank, which gives ties the same score.
#[derive(Debug, Clone)]
pub(super) struct RankScore {
    sorted: Vec<f64>,
    scores: Arc<Vec<f64>>,
}

/// The scores of all ranks among so many values: most features have a value in every row, and share them.
#[derive(Debug, Clone, Default)]
pub(super) struct RankScores(Vec<Arc<Vec<f64>>>);

impl RankScores {
    /// * `sizes`: usual numbers of values.
    fn new(sizes: &[usize]) -> Self {
        Self(sizes.iter().map(|&size| Arc::new(Self::of_ranks(size))).collect())
    }

    /// The scores by the number of values below, and up to, a value together.
    fn of_ranks(size: usize) -> Vec<f64> {
        let n = size as f64;
        let score = |both: usize| {
            normal_quantile((0.5 * both as f64).clamp(0.5, n - 0.5) / n).clamp(-SCORE_LIMIT, SCORE_LIMIT)
        };
        if size == 0 { Vec::new() } else { (0..=2 * size).into_par_iter().map(score).collect() }
    }

    /// The scores of ranks among some values.
    pub(super) fn among(&self, mut values: Vec<f64>) -> RankScore {
        ascend(&mut values);
        let known = self.0.iter().find(|scores| scores.len() == 2 * values.len() + 1);
        let scores = known.map_or_else(|| Arc::new(Self::of_ranks(values.len())), Arc::clone);
        RankScore { sorted: values, scores }
    }
}

impl RankScore {
    /// The score of a value; 0, the middle, when it is missing.
    pub(super) fn of(&self, x: f64) -> f64 {
        if !x.is_finite() || self.sorted.is_empty() {
            return 0.0;
        }
        let below = self.sorted.partition_point(|&v| v < x);
        let equal = if self.sorted.get(below) == Some(&x) {
            self.sorted[below..].partition_point(|&v| v <= x)
        } else {
            0
        };
        self.scores[2 * below + equal]
    }
}

pub(super) fn column_scores(column: &Column, rows: &[usize], ranks: &RankScore) -> Vec<f64> {
    let values = column.numbers();
    rows.iter().map(|&r| values.map_or(0.0, |v| ranks.of(v[r]))).collect()
}

fn missing_indicator(column: &Column, rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&r| f64::from(u8::from(column.is_missing(r)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_scores_are_those_of_the_ranks() {
        let values = vec![3.0, 1.0, 2.0, 2.0];
        let shared = RankScores::new(&[7, 4]).among(values.clone());
        let own = RankScores::default().among(values);
        // scipy.stats.norm.ppf([1/8, 4/8, 7/8]) = [-1.15034938, 0, 1.15034938]; between the ranks [1/4, 3/4]
        for (x, want) in
            [(1.0, -1.150_349_38), (2.0, 0.0), (3.0, 1.150_349_38), (1.5, -0.674_489_75), (2.5, 0.674_489_75)]
        {
            assert!((shared.of(x) - want).abs() < 1e-7, "{x}: {}", shared.of(x));
            assert_eq!(shared.of(x), own.of(x));
        }
        assert_eq!((shared.of(f64::NAN), RankScores::default().among(Vec::new()).of(1.0)), (0.0, 0.0));
    }
}
