//! Residuals and losses by segment, before and after, window by window.

use rayon::prelude::*;

use crate::{
    autopsy::{
        Dossier,
        exam::loss_samples::{LossSamples, residual},
    },
    cached::cached,
    stats::{distribution::normal_two_sided_p, moments::quantile_of, testing::benjamini_hochberg},
    summary::{Column, Feature, Grid, Kind, MISSING, Table},
    text::number,
};

/// Number of levels of a category with a segment of their own.
const LEVELS: usize = 6;

/// A number with at most this many values has a segment for each.
const FEW_VALUES: usize = 6;

/// A window with fewer labelled rows is left empty in the sparkline.
const WINDOW_ROWS: u64 = 5;

/// A part of the rows: one range or level of one feature, or all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The feature's index in the plan; none for all rows.
    pub feature: Option<usize>,
    /// The segment's name: `all`, `Q1 ≤ 12.3`, `south`, `missing`. Level names are as in the data.
    pub name: String,
    /// Labelled rows before and after.
    pub rows: (u64, u64),
    /// Mean residual (prediction − label; for classes without a score the error rate) before and after.
    pub residual: (Option<f64>, Option<f64>),
    /// Mean loss before and after.
    pub loss: (Option<f64>, Option<f64>),
    /// Rise of the mean loss and its standard error.
    pub rise: Option<(f64, f64)>,
    /// Benjamini-Hochberg adjusted p-value of the rise over all segments.
    pub q_value: Option<f64>,
    /// Mean residual per window of the production log.
    pub course: Vec<Option<f64>>,
}

cached!(struct Segment { feature, name, rows, residual, loss, rise, q_value, course });

/// The division of one feature into segments.
#[derive(Debug, Clone)]
pub(crate) enum Cut {
    /// Upper edges of all segments but the last.
    Ranges(Vec<f64>),
    /// One segment per value.
    Values(Vec<f64>),
    /// One segment per level code.
    Levels(Vec<u32>),
}

impl Cut {
    /// The cuts of each feature of the plan, from its training rows; none where it has no value.
    pub(super) fn all(dossier: &Dossier) -> Vec<Option<Self>> {
        let training = &dossier.training.sample.features;
        let features = dossier.plan.features.par_iter().enumerate();
        features.map(|(j, feature)| Self::of(feature, training.get(j)?)).collect()
    }

    /// Quartiles of the training rows, or the few values, or the frequent levels.
    pub(crate) fn of(feature: &Feature, column: &Column) -> Option<Self> {
        match (feature.kind, column) {
            (Kind::Numeric, Column::Numeric { values, .. }) => {
                let mut finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
                if finite.is_empty() {
                    return None;
                }
                if let Some(few) = few_values(&finite) {
                    return Some(Self::Values(few));
                }
                let mut edges: Vec<f64> =
                    [0.25, 0.5, 0.75].iter().filter_map(|&q| quantile_of(&mut finite, q).ok()).collect();
                edges.dedup();
                Some(Self::Ranges(edges))
            }
            (Kind::Categorical, Column::Categorical(codes)) => {
                let mut counts = vec![0_u64; feature.known_levels];
                for &code in codes {
                    if let Some(count) = counts.get_mut(code as usize) {
                        *count += 1;
                    }
                }
                let mut order: Vec<u32> =
                    (0..counts.len() as u32).filter(|&l| counts[l as usize] > 0).collect();
                order.sort_by_key(|&l| (std::cmp::Reverse(counts[l as usize]), l));
                order.truncate(LEVELS);
                (!order.is_empty()).then_some(Self::Levels(order))
            }
            _ => None,
        }
    }

    /// The number of segments: the last two are for other values and for missing ones.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Ranges(edges) => edges.len() + 3,
            Self::Values(values) => values.len() + 2,
            Self::Levels(levels) => levels.len() + 2,
        }
    }

    /// The segment of a row.
    pub(crate) fn segment(&self, column: &Column, row: usize) -> usize {
        let (other, missing) = (self.len() - 2, self.len() - 1);
        match (self, column) {
            (Self::Ranges(edges), Column::Numeric { values, .. }) => {
                if values[row].is_nan() {
                    missing
                } else {
                    edges.partition_point(|&e| e < values[row])
                }
            }
            (Self::Values(known), Column::Numeric { values, .. }) => {
                if values[row].is_nan() {
                    missing
                } else {
                    known.iter().position(|&v| v == values[row]).unwrap_or(other)
                }
            }
            (Self::Levels(levels), Column::Categorical(codes)) => {
                if codes[row] == MISSING {
                    missing
                } else {
                    levels.iter().position(|&l| l == codes[row]).unwrap_or(other)
                }
            }
            _ => missing,
        }
    }

    /// The name of a segment.
    pub(crate) fn name(&self, feature: &Feature, segment: usize) -> String {
        if segment == self.len() - 1 {
            return "missing".to_owned();
        }
        match self {
            Self::Ranges(edges) => match edges.get(segment) {
                Some(&edge) => format!("Q{} ≤ {}", segment + 1, number::value(edge)),
                None => {
                    let last = edges.last().map_or(f64::NAN, |e| *e);
                    format!("Q{} > {}", segment + 1, number::value(last))
                }
            },
            Self::Values(values) => {
                values.get(segment).map_or_else(|| "other values".to_owned(), |&v| number::value(v))
            }
            Self::Levels(levels) => levels
                .get(segment)
                .and_then(|&l| feature.levels.get(l as usize))
                .map_or_else(|| "other levels".to_owned(), Clone::clone),
        }
    }
}

/// The different values, ascending; none where there are more than [`FEW_VALUES`].
fn few_values(values: &[f64]) -> Option<Vec<f64>> {
    let mut different: Vec<f64> = Vec::new();
    for &x in values {
        if !different.contains(&x) {
            if different.len() == FEW_VALUES {
                return None;
            }
            different.push(x);
        }
    }
    different.sort_unstable_by(f64::total_cmp);
    Some(different)
}

/// Sums over one period.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    rows: u64,
    residual: f64,
    loss: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, residual: f64, loss: f64) {
        self.rows += 1;
        self.residual += residual;
        self.loss += loss;
        self.squares += loss * loss;
    }

    fn mean(self, sum: f64) -> Option<f64> {
        (self.rows > 0).then(|| sum / self.rows as f64)
    }

    /// The squared standard error of the mean loss.
    fn square_error(self) -> Option<f64> {
        let mean = self.mean(self.loss)?;
        let n = self.rows as f64;
        (self.rows > 1).then(|| (self.squares / n - mean * mean).max(0.0) / (n - 1.0))
    }
}

/// The sums of all segments of one cut.
struct Tally {
    before: Vec<Sums>,
    after: Vec<Sums>,
    /// `segments x windows`: rows and sum of residuals.
    course: Vec<(u64, f64)>,
    windows: usize,
}

/// All rows, then every feature's segments in the order of the plan.
///
/// * `cuts`: one per feature ([`Cut::all`]).
pub(super) fn segments(
    dossier: &Dossier,
    samples: &LossSamples<'_>,
    grid: Option<Grid>,
    cuts: &[Option<Cut>],
) -> Vec<Segment> {
    let windows = grid.map_or(1, |g| g.windows);
    let production = &dossier.production.sample;
    let window_of: Vec<Option<usize>> = (0..production.rows)
        .map(|r| match (grid, production.time.get(r)) {
            (Some(grid), Some(&at)) => grid.window(at),
            _ => Some(0),
        })
        .collect();
    let residuals: Vec<f64> = (0..production.rows).map(|r| residual(samples.plan, production, r)).collect();

    let tally = |number: usize, segment_of: &dyn Fn(&Table, usize) -> usize| {
        let mut tally = Tally {
            before: vec![Sums::default(); number],
            after: vec![Sums::default(); number],
            course: vec![(0, 0.0); number * windows],
            windows,
        };
        for (side, sums) in [(&samples.before, &mut tally.before), (&samples.after, &mut tally.after)] {
            for (&row, &loss) in side.rows.iter().zip(&side.loss) {
                sums[segment_of(&side.table, row)].add(residual(samples.plan, &side.table, row), loss);
            }
        }
        for (row, &rest) in residuals.iter().enumerate().filter(|(_, rest)| rest.is_finite()) {
            if let Some(window) = window_of[row] {
                let cell = &mut tally.course[segment_of(production, row) * windows + window];
                cell.0 += 1;
                cell.1 += rest;
            }
        }
        tally
    };

    let mut all = vec![tally(1, &|_, _| 0).segment(0, None, "all".to_owned())];
    let of_feature = |(j, (feature, cut)): (usize, (&Feature, &Option<Cut>))| -> Vec<Segment> {
        let Some(cut) = cut else {
            return Vec::new();
        };
        let absent = Column::Absent;
        let of = |table: &Table, row| cut.segment(table.features.get(j).unwrap_or(&absent), row);
        let tally = tally(cut.len(), &of);
        let held = (0..cut.len()).filter(|&s| tally.before[s].rows + tally.after[s].rows > 0);
        held.map(|s| tally.segment(s, Some(j), cut.name(feature, s))).collect()
    };
    let features = samples.plan.features.par_iter().zip(cuts).enumerate();
    all.par_extend(features.flat_map_iter(of_feature));
    control(&mut all);
    all
}

/// Those of some production rows that lie in a segment; all of them in the one of all rows.
///
/// * `rows`: rows of the production sample.
#[must_use]
pub fn rows_of_segment(dossier: &Dossier, segment: &Segment, rows: &[usize]) -> Vec<usize> {
    let Some(feature) = segment.feature else {
        return rows.to_vec();
    };
    let plan = dossier.plan.features.get(feature);
    let columns =
        dossier.training.sample.features.get(feature).zip(dossier.production.sample.features.get(feature));
    let (Some(plan), Some((learnt, served))) = (plan, columns) else {
        return Vec::new();
    };
    let Some(cut) = Cut::of(plan, learnt) else {
        return Vec::new();
    };
    let inside = |&row: &usize| cut.name(plan, cut.segment(served, row)) == segment.name;
    rows.iter().copied().filter(inside).collect()
}

impl Tally {
    fn segment(&self, at: usize, feature: Option<usize>, name: String) -> Segment {
        let (before, after) = (self.before[at], self.after[at]);
        let loss = (before.mean(before.loss), after.mean(after.loss));
        let rise = match (loss, before.square_error(), after.square_error()) {
            ((Some(was), Some(is)), Some(a), Some(b)) => Some((is - was, (a + b).sqrt())),
            _ => None,
        };
        let course = self.course[at * self.windows..(at + 1) * self.windows]
            .iter()
            .map(|&(rows, sum)| (rows >= WINDOW_ROWS).then(|| sum / rows as f64))
            .collect();
        Segment {
            feature,
            name,
            rows: (before.rows, after.rows),
            residual: (before.mean(before.residual), after.mean(after.residual)),
            loss,
            rise,
            q_value: None,
            course,
        }
    }
}

/// False-discovery control over the segments (excluding the line for all rows).
fn control(segments: &mut [Segment]) {
    let tested: Vec<usize> = (0..segments.len())
        .filter(|&s| segments[s].feature.is_some() && segments[s].rise.is_some_and(|r| r.1 > 0.0))
        .collect();
    let p: Vec<f64> = tested
        .iter()
        .map(|&s| segments[s].rise.map_or(1.0, |(rise, error)| normal_two_sided_p(rise / error)))
        .collect();
    for (s, q) in tested.into_iter().zip(benjamini_hochberg(&p)) {
        segments[s].q_value = Some(q);
    }
}
