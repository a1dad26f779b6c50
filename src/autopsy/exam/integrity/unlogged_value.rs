//! Did the model see another value of an input than the log holds?
//!
//! Encoders that are fitted anew on every batch, hashes that differ from process to process, a cache in front of one lookup: the
//! log keeps the value, the model sees something else. Then no distribution moves, and the answers leave the launch model in a
//! way that only this input explains. Two looks, each at the answers' residual `r` (logged less the surrogate's, in log-odds or
//! in value) since the onset:
//!
//! * **another level**: of the rows with a residual beyond those before the onset, the share that is answered as if the input
//!   had another of its levels, against the share that shuffled residuals would give;
//! * **no longer a function of the input**: with `c` the part of the surrogate's answer that the input gives and `d` the rest,
//!   the regression `r = a + b c + e d`. Where the model sees something unrelated to the logged value, `b` is below 0 and `e` is
//!   0. A fallback or a cached answer leaves every input alike, `b = e`. A model with another weight of the input gives equal
//!   values equal residuals, so these must also scatter among rows of like values.
//!
//! Own construction.

use std::cmp::Ordering;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
        exam::{
            context::ExamContext,
            rescorer::Rescorer,
            yardstick::{Launch, is_golden_answered_otherwise, reproduced},
        },
    },
    model::{folds::thin, launch::LaunchModel},
    stats::{
        linear::{Matrix, ridge},
        moments::{deviation, mean, quantile, sorted},
    },
    summary::{Column, MISSING, Table},
    text::number,
};

/// Rows that are looked at.
const MOST_ROWS: usize = 2_000;

/// Features that are looked at: those that give the largest parts of the answers.
const MOST_FEATURES: usize = 12;

/// A wider table is not looked at: each of its columns would be changed in turn.
const WIDEST: usize = 60;

/// Levels that are tried.
const MOST_LEVELS: usize = 12;

/// A surrogate must explain this share of the answers before the onset.
const FAITHFUL: f64 = 0.95;

/// Residuals are far beyond this quantile of those on held-out rows …
const USUAL: f64 = 0.98;

/// … and this part of the answers' standard deviation.
const ROUNDING: f64 = 0.02;

/// Rows whose answer by the surrogate lies in this part of either end of its answers before the onset are left out.
const TAIL: f64 = 0.01;

/// The least share, and number, of rows with far residuals.
const SOME: f64 = 0.08;
const FEWEST: usize = 60;

/// Share of the far rows that other levels explain, and that share beyond chance.
const EXPLAINED: f64 = 0.8;
const BEYOND_CHANCE: f64 = 0.5;

/// The slope of the residual on the input's own part must be so far below 0, and by so many standard errors …
const LOST: f64 = 0.08;
const LOST_Z: f64 = 8.0;

/// … and that on the rest of the answer at most this part of it.
const REST: f64 = 0.2;

/// The part of the far residuals' variance that rows of like values do not share.
const SCATTERED: f64 = 0.25;

/// Bins of like values.
const BINS: usize = 20;

/// An input that the model saw with other values.
struct Unlogged {
    feature: usize,
    /// Share of the rows that are answered otherwise.
    rows: f64,
    /// Share of these that another level explains; none where the answers only no longer follow the input.
    explained: Option<f64>,
}

/// The rows since the onset, with what the launch model would have answered.
struct Answered<'a> {
    model: &'a LaunchModel,
    table: &'a Table,
    rows: Vec<usize>,
    /// The launch model's answer to each row.
    own: Vec<f64>,
    /// Logged less the launch model's.
    residual: Vec<f64>,
    /// A residual beyond it is far.
    limit: f64,
}

/// Looks whether the answers since the onset fit other values of an input than the logged ones.
pub(super) fn examine(context: &ExamContext<'_>) -> Observations {
    let mut observations = Observations::default();
    let of_launch = |launch| Some((launch, Answered::new(context, launch)?));
    let Some((launch, answered)) = context.launch.and_then(of_launch) else {
        return observations;
    };
    let found = answered
        .find(context.dossier.plan.features.len())
        .filter(|_| launch.is_answered_otherwise(context.dossier, answered.table, &answered.rows));
    let id = &checks::INTEGRITY_UNLOGGED;
    let (verdict, message) = match &found {
        None => (
            Verdict::Clear,
            "No input explains the answers as if the model had seen other values of it than the logged ones."
                .to_owned(),
        ),
        Some(found) => {
            let name = context.dossier.feature_name(found.feature);
            let rows = number::share(found.rows);
            let message = match found.explained {
                Some(explained) => format!(
                    "{rows} of the rows are answered otherwise than before the onset, and {} of these as if {name} had another \
                     of its values: the model does not see the value that is logged.",
                    number::share(explained)
                ),
                None => format!(
                    "{rows} of the rows are answered otherwise than before the onset, and only {name} no longer tells how: the \
                     model does not see the value that is logged."
                ),
            };
            (Verdict::Alarm, message)
        }
    };
    let features: Vec<usize> = found.iter().map(|found| found.feature).collect();
    let share = found.as_ref().map_or(0.0, |found| found.rows);
    observations.findings.push(Finding {
        subject: features.first().map_or(Subject::Case, |&feature| Subject::Feature(feature)),
        measure: measures::UNLOGGED.name,
        value: Some(share),
        threshold: Some(SOME),
        ..Finding::new(id, verdict, message)
    });
    observations.signal(&signals::INTEGRITY_UNLOGGED, share, &features, id);
    observations
}

impl<'a> Answered<'a> {
    fn new(context: &ExamContext<'a>, launch: &'a Launch) -> Option<Self> {
        let (dossier, framing) = (context.dossier, context.framing);
        let model = &launch.model;
        if model.fidelity().r2.is_none_or(|r2| r2 < FAITHFUL)
            || framing.before.is_empty()
            || dossier.plan.features.len() > WIDEST
            || is_golden_answered_otherwise(dossier) == Some(true)
        {
            return None;
        }
        let residuals = |table: &Table, rows: &[usize]| -> (Vec<usize>, Vec<f64>, Vec<f64>) {
            let own = model.raw(table, rows);
            let known = rows.iter().zip(own).map(|(&row, own)| (row, own, model.logged(table, row) - own));
            let known: Vec<(usize, f64, f64)> = known.filter(|known| known.2.is_finite()).collect();
            (
                known.iter().map(|known| known.0).collect(),
                known.iter().map(|known| known.1).collect(),
                known.iter().map(|known| known.2).collect(),
            )
        };
        let (_, calm, was) = residuals(launch.table(dossier), model.held_out());
        let distances: Vec<f64> = was.iter().map(|r| r.abs()).collect();
        let usual = quantile(&sorted(&distances).ok()?, USUAL).ok()?;
        let limit = usual.max(ROUNDING * deviation(&calm).ok()?);
        // Beyond the answers that it was fitted to the surrogate is a guess, and logged probabilities end at 0 and 1.
        let calm = sorted(&calm).ok()?;
        let (low, high) = (quantile(&calm, TAIL).ok()?, quantile(&calm, 1.0 - TAIL).ok()?);
        let table = &dossier.production.sample;
        let after = thin(&framing.after, MOST_ROWS);
        let inside: Vec<usize> = after.iter().copied().filter(|&row| !model.is_outside(table, row)).collect();
        let mut kept = Vec::new();
        let mut known = (Vec::new(), Vec::new());
        let (rows, own, residual) = residuals(table, &inside);
        for ((row, own), residual) in rows.into_iter().zip(own).zip(residual) {
            if (low..=high).contains(&own) {
                kept.push(row);
                known.0.push(own);
                known.1.push(residual);
            }
        }
        if let Some(Rescorer::Artifact(artifact)) = context.rescorer
            && let Ok(same) = reproduced(artifact, dossier, table, &kept)
        {
            // The model saw what is logged.
            let residuals = known.1.iter_mut().zip(same);
            residuals.filter(|(_, same)| *same).for_each(|(residual, _)| *residual = 0.0);
        }
        // Where the inputs themselves moved, that is what changed the answers.
        (2 * kept.len() > after.len()).then_some(Self {
            model,
            table,
            rows: kept,
            own: known.0,
            residual: known.1,
            limit,
        })
    }

    /// The input that the model saw with other values, if there is one.
    fn find(&self, features: usize) -> Option<Unlogged> {
        let far: Vec<usize> =
            (0..self.rows.len()).filter(|&at| self.residual[at].abs() > self.limit).collect();
        let share = far.len() as f64 / self.rows.len().max(1) as f64;
        if share < SOME || far.len() < FEWEST {
            return None;
        }
        let mut parts: Vec<(usize, Vec<f64>, f64)> = (0..features)
            .filter_map(|feature| {
                let part = self.part(feature)?;
                let size = deviation(&part).ok().filter(|size| *size > self.limit / 4.0)?;
                Some((feature, part, size))
            })
            .collect();
        parts.sort_by(|a, b| b.2.total_cmp(&a.2));
        parts.truncate(MOST_FEATURES);
        let levels = parts.iter().filter_map(|(feature, ..)| {
            let explained = self.explained_by_levels(*feature, &far)?;
            Some(Unlogged { feature: *feature, rows: share, explained: Some(explained) })
        });
        let most = |a: &Unlogged, b: &Unlogged| match (a.explained, b.explained) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => Ordering::Equal,
        };
        levels.max_by(most).or_else(|| {
            let lost = parts.iter().filter_map(|(feature, part, _)| {
                let (slope, z) = self.lost(*feature, part)?;
                Some((z * slope.abs(), *feature))
            });
            let (_, feature) = lost.max_by(|a, b| a.0.total_cmp(&b.0))?;
            Some(Unlogged { feature, rows: share, explained: None })
        })
    }

    /// The part of the answer that a feature gives each row: the answer less that for the feature's middle value.
    fn part(&self, feature: usize) -> Option<Vec<f64>> {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        let mut changed = self.taken();
        match changed.features.get_mut(feature)? {
            Column::Numeric { values, .. } => {
                let present: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
                let present = sorted(&present).ok()?;
                // A value that occurs, as the answer to one in between is a guess.
                let middle = *present.get(present.len() / 2)?;
                values.fill(middle);
            }
            Column::Categorical(codes) => {
                let level = levels(codes).first()?.0;
                codes.fill(level);
            }
            Column::Embedding { .. } | Column::Absent => return None,
        }
        let without = self.model.raw(&changed, &all);
        Some(self.own.iter().zip(without).map(|(own, without)| own - without).collect())
    }

    /// The rows as a table of their own.
    fn taken(&self) -> Table {
        self.table.take(&self.rows)
    }

    /// The share of the far rows that are answered as if a category had another of its levels, where that is most of them and
    /// more than chance would give.
    fn explained_by_levels(&self, feature: usize, far: &[usize]) -> Option<f64> {
        let codes = self.table.features.get(feature)?.codes()?;
        let all: Vec<u32> = self.rows.iter().map(|&row| codes[row]).collect();
        let levels = levels(&all);
        if levels.len() < 2 {
            return None;
        }
        let mut changed = self.table.take(&far.iter().map(|&at| self.rows[at]).collect::<Vec<_>>());
        let places: Vec<usize> = (0..far.len()).collect();
        let mut shifts: Vec<Vec<f64>> = vec![Vec::new(); far.len()];
        for (level, _) in levels.into_iter().take(MOST_LEVELS) {
            if let Column::Categorical(codes) = &mut changed.features[feature] {
                codes.fill(level);
            }
            let answers = self.model.raw(&changed, &places);
            for (place, answer) in answers.into_iter().enumerate() {
                if all[far[place]] != level {
                    shifts[place].push(answer - self.own[far[place]]);
                }
            }
        }
        let share = |apart: usize| {
            let fits = |&place: &usize| {
                let residual = self.residual[far[(place + apart) % far.len()]];
                shifts[place].iter().any(|shift| (residual - shift).abs() <= self.limit)
            };
            places.iter().filter(|place| fits(place)).count() as f64 / far.len() as f64
        };
        let explained = share(0);
        // Residuals of other rows, at three distances.
        let chance = [1, far.len() / 3, far.len() / 2].into_iter().map(share).sum::<f64>() / 3.0;
        let beyond = (explained - chance) / (1.0 - chance).max(1e-9);
        (explained >= EXPLAINED && beyond >= BEYOND_CHANCE).then_some(explained)
    }

    /// The slope of the residual on the feature's part of the answer and its distance from 0 in standard errors, where the rest
    /// of the answer has none and rows of like values differ.
    fn lost(&self, feature: usize, part: &[f64]) -> Option<(f64, f64)> {
        let rest: Vec<f64> = self.own.iter().zip(part).map(|(own, part)| own - part).collect();
        let spread = (deviation(part).ok()?, deviation(&rest).ok()?);
        // One input that gives all of the answer can't be told from an answer that is another one.
        if spread.1 < spread.0 / 10.0 {
            return None;
        }
        let x = Matrix::from_columns(&[part, &rest]).ok()?;
        let line = ridge(&x, &self.residual, 0.0, None).ok()?;
        let fitted = line.predict(&x);
        let left: Vec<f64> = self.residual.iter().zip(&fitted).map(|(r, fit)| r - fit).collect();
        let noise = deviation(&left).ok()? / (self.rows.len() as f64).sqrt();
        let (slope, other) = (line.coefficients[0], line.coefficients[1]);
        let errors = (noise / spread.0, noise / spread.1);
        let alone = 3.0 * errors.1 < slope.abs() && other.abs() <= REST * slope.abs() + 3.0 * errors.1;
        let z = -slope / errors.0;
        (slope <= -LOST && z >= LOST_Z && alone && self.scatter(feature)? >= SCATTERED).then_some((slope, z))
    }

    /// The part of the residuals' variance within rows of like values of a feature.
    fn scatter(&self, feature: usize) -> Option<f64> {
        let column = self.table.features.get(feature)?;
        let mut order: Vec<usize> =
            (0..self.rows.len()).filter(|&at| !column.is_missing(self.rows[at])).collect();
        let value = |at: usize| match column {
            Column::Numeric { values, .. } => values[self.rows[at]],
            Column::Categorical(codes) => f64::from(codes[self.rows[at]]),
            Column::Embedding { .. } | Column::Absent => f64::NAN,
        };
        order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
        let all = deviation(&order.iter().map(|&at| self.residual[at]).collect::<Vec<_>>()).ok()?.powi(2);
        let mut within = 0.0;
        let groups: Vec<Vec<usize>> = if matches!(column, Column::Categorical(_)) {
            order.chunk_by(|&a, &b| value(a) == value(b)).map(<[usize]>::to_vec).collect()
        } else {
            order.chunks(order.len().div_ceil(BINS).max(1)).map(<[usize]>::to_vec).collect()
        };
        for group in groups {
            let residuals: Vec<f64> = group.iter().map(|&at| self.residual[at]).collect();
            let middle = mean(&residuals).ok()?;
            within += residuals.iter().map(|r| (r - middle).powi(2)).sum::<f64>();
        }
        (all > 0.0).then(|| within / order.len().max(1) as f64 / all)
    }
}

/// The levels of a category with their rows, the most frequent first.
fn levels(codes: &[u32]) -> Vec<(u32, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for &code in codes.iter().filter(|code| **code != MISSING) {
        *counts.entry(code).or_insert(0_usize) += 1;
    }
    let mut levels: Vec<(u32, usize)> = counts.into_iter().collect();
    levels.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    levels
}
