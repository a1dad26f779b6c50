//! Out-of-distribution inputs: does production have rows in regions that training does not cover?
//!
//! Rows lie outside by an unseen level, a number out of training's range or in a gap of it, a pair of values
//! that is rare in training (3 % of the rows or more), an outlying vector, or their distance to the nearest
//! training row ([`crate::model::support`]). At most 3,000 rows before and 4,000 after the onset are placed,
//! evenly spread.
//!
//! [`crate::autopsy::catalogue`] declares the signals: what each measures and which causes it is evidence
//! for.
//!
//! Signals of the loss are absent without labels, without a rise of three standard errors, or with fewer than
//! 30 labelled rows outside; `support.one_value` and `support.features` when nothing lies outside; those of
//! vectors without embedding columns.

mod findings;

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier, Observations,
        catalogue::ExamName,
        exam::{
            context::ExamContext,
            loss_samples::{LossSamples, Side},
            rowless, window_split,
        },
    },
    cached::cached,
    model::{
        folds::thin,
        reference::LossChange,
        support::{Reason, Support as Known, SupportPlace},
    },
    summary::{Column, Grid, MISSING, Micros},
    text::number,
};

/// Maximum training rows that define the support.
const TRAINING_ROWS: usize = 8000;

/// Rows that are placed, before and after.
const PLACED: (usize, usize) = (3000, 4000);

/// Minimum share of the rows for two features' rare pairs to count.
const PAIR_SHARE: f64 = 0.03;

/// A window with fewer placed rows is left empty in the time series.
const WINDOW_ROWS: usize = 20;

/// Rows that are shown as examples.
const EXEMPLARS: usize = 12;

/// One way in which rows lie outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Outside {
    /// The features involved, and how.
    pub reason: Reason,
    /// Share of the placed rows before and after the onset.
    pub share: (f64, f64),
    /// Mean loss of its labelled rows after the onset.
    pub loss: Option<f64>,
    /// Labelled rows behind that mean.
    pub labelled: usize,
}

cached!(struct Outside { reason, share, loss, labelled });

/// A level that does not occur in training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnseenLevel {
    /// The feature's index in the plan.
    pub feature: usize,
    /// The level, as in the data.
    pub level: String,
    /// Rows of the production sample with the level.
    pub rows: usize,
    /// Its first occurrence, if the log has timestamps.
    pub first: Option<Micros>,
}

cached!(struct UnseenLevel { feature, level, rows, first });

/// The model's performance on the rows inside or outside.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SidePerformance {
    /// Placed rows after the onset.
    pub rows: usize,
    /// Those with a label and a prediction.
    pub labelled: usize,
    /// Their mean loss.
    pub loss: Option<f64>,
    /// Share of correct predictions (classes).
    pub accuracy: Option<f64>,
}

cached!(struct SidePerformance { rows, labelled, loss, accuracy });

/// An example row outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// The row of the production sample.
    pub row: usize,
    /// The time of its request.
    pub at: Option<Micros>,
    /// Why it lies outside.
    pub reason: Reason,
    /// Its distance to training, in units of the 99.5 % quantile of the training rows' distances.
    pub distance: f64,
    /// The values because of which it is outside: feature and text.
    pub values: Vec<(usize, String)>,
}

cached!(struct Exemplar { row, at, reason, distance, values });

/// Rows in regions that training does not cover.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Support {
    /// The windows of the time series; none without timestamps.
    pub grid: Option<Grid>,
    /// Rows placed before and after.
    pub rows: (usize, usize),
    /// Share of rows outside before and after.
    pub outside: (f64, f64),
    /// Share of rows outside per window.
    pub course: Vec<Option<f64>>,
    /// Mean similarity of vectors to training per window; empty without embeddings.
    pub similarity: Vec<Option<f64>>,
    /// Mean similarity before and after; none without embeddings.
    pub mean_similarity: Option<(f64, f64)>,
    /// All reasons for rows outside, the most frequent after the onset first.
    pub reasons: Vec<Outside>,
    /// Levels that do not occur in training, the most frequent first.
    pub unseen: Vec<UnseenLevel>,
    /// Rows inside and outside, after the onset.
    pub performance: (SidePerformance, SidePerformance),
    /// The loss of all rows, and of the rows inside, before and after; none without labels.
    pub loss: Option<(LossChange, LossChange)>,
    /// Examples, cycling through the reasons, the farthest first.
    pub exemplars: Vec<Exemplar>,
}

cached!(struct Support {
    grid, rows, outside, course, similarity, mean_similarity, reasons, unseen, performance, loss, exemplars,
});

/// Rows with their positions relative to training.
struct Placed {
    rows: Vec<usize>,
    places: Vec<SupportPlace>,
}

impl Placed {
    fn share(&self, wanted: impl Fn(Reason) -> bool) -> f64 {
        let hits = self.places.iter().filter(|p| p.reason.is_some_and(&wanted)).count();
        hits as f64 / self.places.len().max(1) as f64
    }
}

/// Places the rows of both periods relative to training.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Support, Observations) {
    let &ExamContext { dossier, framing, .. } = context;
    let (grid, _, _) = window_split::widened(dossier, window_split::display_width(dossier));
    if let Some(because) = dossier.without_rows(true, false) {
        let observations = rowless::not_applicable(ExamName::Support, because);
        return (Support { grid, ..Support::default() }, observations);
    }
    let training = &dossier.training.sample;
    let production = &dossier.production.sample;
    let learn = thin(&(0..training.rows).collect::<Vec<_>>(), TRAINING_ROWS);
    let known = Known::fit(&dossier.plan, training, &learn);
    let samples = LossSamples::new(dossier, framing);

    let place = |rows: &[usize], most: usize| {
        let rows = thin(rows, most);
        let places = known.places(production, &rows, PAIR_SHARE);
        Placed { rows, places }
    };
    let before = place(&framing.before, PLACED.0);
    let after = place(&framing.after, PLACED.1);
    let (course, similarity) = courses(dossier, grid, &[&before, &after]);
    let mean_similarity = mean_similarity(&before, &after, training.rows);
    let performance = (side(&samples.after, &after, false), side(&samples.after, &after, true));
    let support = Support {
        grid,
        rows: (before.rows.len(), after.rows.len()),
        outside: (before.share(|_| true), after.share(|_| true)),
        course,
        similarity: if mean_similarity.is_some() { similarity } else { Vec::new() },
        mean_similarity,
        reasons: reasons(&samples.after, &before, &after),
        unseen: unseen(dossier),
        performance,
        loss: losses(&samples, &after),
        exemplars: exemplars(dossier, &after),
    };
    let observations = findings::examine(context, &support, &after, &samples);
    (support, observations)
}

/// Share of rows outside and mean similarity per window.
fn courses(
    dossier: &Dossier,
    grid: Option<Grid>,
    placed: &[&Placed],
) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let windows = grid.map_or(1, |g| g.windows);
    let mut sums = vec![(0_usize, 0_usize, 0_usize, 0.0); windows];
    let time = &dossier.production.sample.time;
    for placed in placed {
        for (&row, place) in placed.rows.iter().zip(&placed.places) {
            let window = match (grid, time.get(row)) {
                (Some(grid), Some(&at)) => grid.window(at),
                _ => Some(0),
            };
            let Some(sum) = window.and_then(|w| sums.get_mut(w)) else {
                continue;
            };
            sum.0 += 1;
            sum.1 += usize::from(place.reason.is_some());
            if !place.similarity.is_nan() {
                sum.2 += 1;
                sum.3 += place.similarity;
            }
        }
    }
    let outside =
        sums.iter().map(|&(n, out, ..)| (n >= WINDOW_ROWS).then(|| out as f64 / n as f64)).collect();
    let similar = sums.iter().map(|&(.., n, sum)| (n >= WINDOW_ROWS).then(|| sum / n as f64)).collect();
    (outside, similar)
}

fn mean_similarity(before: &Placed, after: &Placed, training: usize) -> Option<(f64, f64)> {
    let mean = |placed: &Placed| {
        let known: Vec<f64> = placed.places.iter().map(|p| p.similarity).filter(|s| !s.is_nan()).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    if training == 0 { None } else { mean(before).zip(mean(after)) }
}

/// The loss of each placed row after the onset; NaN where it is not known.
fn loss_of(after: &Side<'_>, placed: &Placed) -> Vec<f64> {
    let known = |row| after.rows.binary_search(row).map_or(f64::NAN, |at| after.loss[at]);
    placed.rows.iter().map(known).collect()
}

fn side(after: &Side<'_>, placed: &Placed, outside: bool) -> SidePerformance {
    let losses = loss_of(after, placed);
    let (mut rows, mut labelled, mut sum, mut right) = (0, 0_u32, 0.0, 0_usize);
    for ((place, loss), &row) in placed.places.iter().zip(losses).zip(&placed.rows) {
        if place.reason.is_some() != outside {
            continue;
        }
        rows += 1;
        if loss.is_finite() {
            labelled += 1;
            sum += loss;
            right += usize::from(after.table.prediction.get(row) == after.table.label.get(row));
        }
    }
    let mean = |sum: f64| (labelled > 0).then(|| sum / f64::from(labelled));
    SidePerformance { rows, labelled: labelled as usize, loss: mean(sum), accuracy: mean(right as f64) }
}

fn reasons(after: &Side<'_>, before: &Placed, placed: &Placed) -> Vec<Outside> {
    let mut sums: BTreeMap<Reason, (usize, usize, f64)> = BTreeMap::new();
    for (place, loss) in placed.places.iter().zip(loss_of(after, placed)) {
        let Some(reason) = place.reason else { continue };
        let sum = sums.entry(reason).or_default();
        sum.0 += 1;
        if loss.is_finite() {
            sum.1 += 1;
            sum.2 += loss;
        }
    }
    let mut reasons: Vec<Outside> = sums
        .into_iter()
        .map(|(reason, (rows, labelled, loss))| Outside {
            reason,
            share: (before.share(|r| r == reason), rows as f64 / placed.rows.len().max(1) as f64),
            loss: (labelled > 0).then(|| loss / labelled as f64),
            labelled,
        })
        .collect();
    reasons.sort_by(|a, b| b.share.1.total_cmp(&a.share.1).then(a.reason.cmp(&b.reason)));
    reasons
}

/// Levels of the whole production sample that do not occur in training.
fn unseen(dossier: &Dossier) -> Vec<UnseenLevel> {
    let production = &dossier.production.sample;
    let mut found = Vec::new();
    for (j, feature) in dossier.plan.features.iter().enumerate() {
        let Some(codes) = production.features.get(j).and_then(Column::codes) else {
            continue;
        };
        let mut counts: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for (row, &code) in codes.iter().enumerate() {
            if code != MISSING && code as usize >= feature.known_levels {
                counts.entry(code).or_insert((0, row)).0 += 1;
            }
        }
        found.extend(counts.into_iter().map(|(code, (rows, first))| UnseenLevel {
            feature: j,
            level: feature.levels.get(code as usize).cloned().unwrap_or_default(),
            rows,
            first: production.time.get(first).copied(),
        }));
    }
    found.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.feature.cmp(&b.feature)));
    found
}

/// The loss of all rows and of those inside, before and after.
fn losses(samples: &LossSamples<'_>, placed: &Placed) -> Option<(LossChange, LossChange)> {
    let losses = loss_of(&samples.after, placed);
    let of = |inside_only: bool| -> Vec<f64> {
        let wanted = |place: &SupportPlace| !inside_only || place.reason.is_none();
        let pairs = placed.places.iter().zip(&losses);
        pairs.filter(|(place, loss)| loss.is_finite() && wanted(place)).map(|(_, loss)| *loss).collect()
    };
    let before = &samples.before.loss;
    Some((LossChange::of(before, &of(false)).ok()?, LossChange::of(before, &of(true)).ok()?))
}

fn exemplars(dossier: &Dossier, placed: &Placed) -> Vec<Exemplar> {
    let production = &dossier.production.sample;
    let mut by_reason: BTreeMap<Reason, Vec<usize>> = BTreeMap::new();
    for (k, place) in placed.places.iter().enumerate() {
        if let Some(reason) = place.reason {
            by_reason.entry(reason).or_default().push(k);
        }
    }
    let mut queues: Vec<Vec<usize>> = by_reason.into_values().collect();
    for queue in &mut queues {
        queue.sort_by(|&a, &b| {
            placed.places[b].distance.total_cmp(&placed.places[a].distance).then(a.cmp(&b))
        });
    }
    queues.sort_by_key(|queue| std::cmp::Reverse(queue.len()));
    let longest = queues.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| queues.iter().filter_map(move |queue| queue.get(turn)));
    turns
        .take(EXEMPLARS)
        .filter_map(|&k| {
            let (row, place) = (placed.rows[k], &placed.places[k]);
            let reason = place.reason?;
            let values = features_of(reason).into_iter().map(|j| (j, value_text(dossier, j, row))).collect();
            Some(Exemplar {
                row,
                at: production.time.get(row).copied(),
                reason,
                distance: place.distance,
                values,
            })
        })
        .collect()
}

/// The features that a reason names.
#[must_use]
pub fn features_of(reason: Reason) -> Vec<usize> {
    match reason {
        Reason::UnseenLevel { feature }
        | Reason::OutOfRange { feature }
        | Reason::OutlyingVector { feature } => vec![feature],
        Reason::RarePair { first, second } => vec![first, second],
        Reason::Far => Vec::new(),
    }
}

/// A value of the production sample as text.
fn value_text(dossier: &Dossier, feature: usize, row: usize) -> String {
    match dossier.production.sample.features.get(feature) {
        Some(Column::Numeric { values, .. }) => number::value(values[row]),
        Some(Column::Categorical(codes)) => {
            let level = dossier.plan.features[feature].levels.get(codes[row] as usize);
            level.cloned().unwrap_or_else(|| "missing".to_owned())
        }
        Some(Column::Embedding { width, .. }) => format!("vector of {width}"),
        Some(Column::Absent) | None => "absent".to_owned(),
    }
}

#[cfg(test)]
mod tests;
