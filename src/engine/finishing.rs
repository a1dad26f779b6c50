//! What becomes of a pass, whichever engine made it: notes, class codes, levels, and the sample's place in the summary.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    EngineError,
    fields::{Fields, StoredColumn},
    joined,
    levels::Levels,
    notes as notes_on, planning,
};
use crate::{
    case::{Case, CaseError, SnapshotRole},
    summary::{
        Bins, Column, JoinedRows, Micros, Moments, Plan, SnapshotSummary, Table, Task,
        accumulator::WildRows,
        class_of_score,
        reservoir::{Sampled, Slot},
    },
    text::{message::Place, time},
};

/// A pass over a snapshot that has rows.
pub(super) struct Passed<'a> {
    /// The snapshot's name in messages.
    pub shown: &'a str,
    pub role: SnapshotRole,
    /// Whether rows were counted by window.
    pub clock: bool,
    /// The most rows that the sample may have.
    pub most: usize,
    pub listed: Fields,
    /// The counts, without a sample.
    pub summary: SnapshotSummary,
    /// Class names that training does not have, ascending.
    pub fresh: Vec<String>,
    pub sampled: Sampled,
    /// Rows outside of the log, which count among those without a time.
    pub outside: u64,
    /// The first text that could not be read as a time.
    pub unreadable_time: Option<String>,
    /// Spelling variants of class names, mapped to the class.
    pub respelt: BTreeMap<String, String>,
    pub wild: Option<WildRows>,
    /// The rows of each level, by feature, where the pass counted them.
    pub levels: Levels,
}

impl Passed<'_> {
    /// The summary with its sample. New classes and levels are appended to the plan.
    ///
    /// # Errors
    ///
    /// When no row has a readable time, or none lies on the snapshot's side of a split.
    pub(super) fn finish(
        self,
        case: &Case,
        plan: &mut Plan,
        notes: &mut Vec<String>,
    ) -> Result<SnapshotSummary, EngineError> {
        let Self { shown, role, mut summary, .. } = self;
        let fields = &self.listed.fields;
        if summary.rows == 0 && self.outside > 0 {
            let side = if role == SnapshotRole::Training { "before" } else { "at or after" };
            return Err(no_rows_beside(case, shown, side));
        }
        summary.without_time -= self.outside.min(summary.without_time);
        if summary.rows == 0 {
            return Err(EngineError::NoTimes {
                file: shown.to_owned(),
                column: case.columns.timestamp.clone().unwrap_or_default(),
                example: self.unreadable_time,
            });
        }
        notes.extend(notes_on::on_times(
            shown,
            self.wild.as_ref(),
            &summary,
            self.unreadable_time.as_deref(),
        ));
        notes.extend(notes_on::on_spellings(shown, &self.respelt));
        // Classes that the spread missed but training holds are known all the same.
        let known_by_training = role == SnapshotRole::Training && plan.task == Task::Multiclass;
        if !known_by_training {
            notes.extend(notes_on::on_new_classes(shown, &self.fresh));
        }
        notes.extend(notes_on::on_infinite_numbers(case, plan, &summary, shown));
        let known = plan.classes.len();
        plan.classes.extend(self.fresh);
        if known_by_training {
            plan.known_classes = plan.classes.len();
        }
        let has = |slot: Slot| fields.iter().any(|f| f.slot == slot);
        if plan.task == Task::Binary && has(Slot::Score) && !has(Slot::Prediction) {
            notes.push(notes_on::on_scores_alone(shown, plan));
        }
        let unbound = part(role, planning::sample_rows(&planning::without_bound(case), fields.len())) as u64;
        let asked = summary.rows.min(unbound);
        if asked > self.most as u64 {
            notes.push(notes_on::on_memory(shown, case, self.most as u64, asked));
        }
        summary.sample = finish_codes(self.sampled, plan, known);
        if !self.clock {
            summary.sample.time = Vec::new();
        }
        let by_class = plan.task == Task::Multiclass
            && !has(Slot::Prediction)
            && fields.iter().any(|field| matches!(field.slot, Slot::ClassScore(_)));
        if by_class {
            notes.push(notes_on::on_probabilities_alone(shown));
            summary.recount_answers(plan);
        }
        notes.extend(notes_on::on_class_scores(plan, &mut summary.sample, shown));
        for scores in [&mut summary.sample.score, &mut summary.sample.launch_score] {
            if let Some(told) = planning::no_probabilities(scores).filter(|_| plan.has_score) {
                notes.push(format!("{shown}: {told}"));
                scores.fill(f64::NAN);
            }
        }
        for (column, counts) in summary.sample.features.iter_mut().zip(&summary.features) {
            if let Column::Numeric { examples, .. } = column {
                examples.clone_from(&counts.unreadable_examples);
            }
        }
        // Nobody reads them, and which texts the sample met first depends on the order of the pieces.
        for (_, column, _) in &mut summary.sample.extra {
            if let Column::Numeric { examples, .. } = column {
                examples.clear();
            }
        }
        if role == SnapshotRole::Training {
            apply_levels(plan, &mut summary, &self.levels);
            apply_extremes(plan, &mut summary);
            notes.extend(planning::texts_of_numbers(case, plan, shown));
        }
        summary.new_columns = self.listed.new_columns;
        Ok(summary)
    }
}

/// The part of the rows of production's sample that a snapshot's sample may have.
pub(super) fn part(role: SnapshotRole, rows: usize) -> usize {
    if role == SnapshotRole::Production { rows } else { rows.div_ceil(2) }
}

/// Production rows by the hash of their id; the first of several.
pub(super) fn rows_by_id(ids: &[u64]) -> HashMap<u64, usize> {
    let mut rows: HashMap<u64, usize> = HashMap::with_capacity(ids.len());
    for (row, &id) in ids.iter().enumerate().filter(|(_, id)| **id != 0) {
        rows.entry(id).or_insert(row);
    }
    rows
}

/// Joins the rows of another snapshot with production's sample; a note where a production row has several.
///
/// * `rows`: production rows by the hash of their id.
/// * `role`: the other snapshot, with its name in messages.
/// * `population`: rows of the other snapshot.
pub(super) fn joined(
    sampled: Sampled,
    plan: &mut Plan,
    rows: &HashMap<u64, usize>,
    (role, shown): (SnapshotRole, &str),
    population: u64,
) -> (JoinedRows, Option<String>) {
    let known = plan.classes.len();
    let table = finish_codes(sampled, plan, known);
    let (pairs, note) = joined::pairs(&table, rows, role, shown);
    let order: Vec<usize> = pairs.iter().map(|&(_, at)| at).collect();
    let production_row = pairs.into_iter().map(|(production, _)| production).collect();
    (JoinedRows { table: table.take(&order), production_row, population }, note)
}

/// The ids of rows as texts, by their hash.
///
/// * `table`: rows with their id, and its text as the first of the extra columns.
pub(super) fn id_texts(table: &Table) -> BTreeMap<u64, String> {
    let Some((_, Column::Categorical(codes), texts)) = table.extra.first() else {
        return BTreeMap::new();
    };
    let known = table.id.iter().zip(codes);
    known.filter_map(|(&id, &code)| Some((id, texts.get(code as usize)?.clone()))).collect()
}

/// The instants of the rows that are of a snapshot, where a case splits one log.
pub(super) fn period(case: &Case, role: SnapshotRole) -> Option<(Micros, Micros)> {
    let split = case.snapshots.split?;
    match role {
        SnapshotRole::Training => Some((Micros::MIN, split - 1)),
        SnapshotRole::Production => Some((split, Micros::MAX)),
        _ => None,
    }
}

/// A split that leaves one of the two sides without a row.
pub(super) fn no_rows_beside(case: &Case, shown: &str, side: &str) -> EngineError {
    let split = case.snapshots.split.map(time::moment).unwrap_or_default();
    let place = case.place("snapshots.split").unwrap_or_else(|| Place::of("coroner.toml", "", &(0..0)));
    EngineError::Case(CaseError::BadValue {
        key: "[snapshots] split".to_owned(),
        reason: format!("leaves nothing: no row of {shown} lies {side} {split}"),
        hint: "choose an instant inside of the log".to_owned(),
        place: Box::new(place),
    })
}

/// The stored types of the features, of the answers and of the labels.
pub(super) fn stored_types(case: &Case, plan: &Plan, columns: &[StoredColumn]) -> Vec<String> {
    let answers = if plan.has_score { &case.columns.score } else { &case.columns.prediction };
    let names =
        plan.features.iter().map(|f| Some(&f.name)).chain([answers.as_ref(), case.columns.label.as_ref()]);
    names
        .map(|name| {
            let column = name.and_then(|name| columns.iter().find(|c| c.name == *name));
            column.map(|c| c.type_name.clone()).unwrap_or_default()
        })
        .collect()
}

/// Appends new levels of a sample to the plan, maps its class codes to the plan's classes, and derives
/// missing predictions of a binary model from its scores.
///
/// * `known`: number of classes known to the pass; a code `known + i` is the `i`-th new class of the sample.
pub(super) fn finish_codes(sampled: Sampled, plan: &mut Plan, known: usize) -> Table {
    let Sampled { mut table, new_levels, new_classes, .. } = sampled;
    for (feature, levels) in plan.features.iter_mut().zip(new_levels) {
        feature.levels.extend(levels);
    }
    if plan.task == Task::Regression {
        return table;
    }
    if plan.task == Task::Multiclass {
        // A class that only the candidate predicts is still a class, and a wrong one.
        let answers = table.candidate_prediction.iter().filter(|v| **v >= known as f64);
        let fresh: BTreeSet<&String> = answers.map(|v| &new_classes[*v as usize - known]).collect();
        let unknown = fresh.into_iter().filter(|text| !plan.classes.contains(text));
        let unknown: Vec<String> = unknown.cloned().collect();
        plan.classes.extend(unknown);
    }
    for values in [
        &mut table.label,
        &mut table.prediction,
        &mut table.launch_prediction,
        &mut table.candidate_prediction,
    ] {
        for value in values.iter_mut().filter(|v| **v >= known as f64) {
            let text = &new_classes[*value as usize - known];
            let place = plan.classes.iter().position(|class| class == text);
            *value = place.map_or(f64::NAN, |i| i as f64);
        }
    }
    if plan.task == Task::Multiclass && table.prediction.is_empty() && !table.class_scores.is_empty() {
        table.prediction = (0..table.rows).map(|row| most_probable(&table.class_scores, row)).collect();
    }
    if plan.task == Task::Binary {
        for (scores, answers) in [
            (&table.score, &mut table.prediction),
            (&table.launch_score, &mut table.launch_prediction),
            (&table.candidate_score, &mut table.candidate_prediction),
        ] {
            if answers.is_empty() {
                answers.extend(scores.iter().map(|&score| class_of_score(score)));
            }
        }
    }
    table
}

/// The class of a row's largest probability, the first of equals; NaN where a probability is missing.
fn most_probable(scores: &[Vec<f64>], row: usize) -> f64 {
    let mut best = (f64::NAN, f64::NEG_INFINITY);
    for (class, column) in scores.iter().enumerate() {
        let score = column[row];
        if score.is_nan() {
            return f64::NAN;
        }
        if score > best.1 {
            best = (class as f64, score);
        }
    }
    best.0
}

/// Levels that the spread missed but training holds are known all the same: those of its sample, and those that the pass met.
fn apply_levels(plan: &mut Plan, summary: &mut SnapshotSummary, levels: &Levels) {
    for (place, (feature, counts)) in plan.features.iter_mut().zip(&mut summary.features).enumerate() {
        let Bins::Categorical(bins) = &mut feature.bins else {
            continue;
        };
        if let Some(counted) = levels.of(place) {
            let sampled: HashSet<String> = feature.levels.iter().skip(bins.known).cloned().collect();
            feature.levels.extend(counted.fresh().filter(|level| !sampled.contains(*level)).cloned());
            counts.once = Some(counted.once());
        }
        let (other, unseen) = (bins.levels, bins.unseen());
        for row in counts.counts.chunks_exact_mut(counts.bins) {
            row[other] += std::mem::take(&mut row[unseen]);
        }
        feature.known_levels = feature.levels.len();
        bins.known = feature.known_levels;
    }
}

/// Numbers that the spread missed but training holds are within its range: no value of training is one that it has never seen.
fn apply_extremes(plan: &mut Plan, summary: &mut SnapshotSummary) {
    for (feature, counts) in plan.features.iter_mut().zip(&mut summary.features) {
        let Bins::Numeric(bins) = &mut feature.bins else {
            continue;
        };
        let Moments { n, min, max, .. } = counts.moments_of(|_| true);
        if n == 0 {
            continue;
        }
        let (below, beyond) = bins.reach(min, max);
        if !below && !beyond {
            continue;
        }
        let old = counts.bins;
        counts.bins = old + usize::from(below) + usize::from(beyond);
        let mut wide = Vec::with_capacity(counts.counts.len() / old.max(1) * counts.bins);
        for row in counts.counts.chunks_exact(old) {
            // Nothing lies below the smallest value and above the largest one; the missing bin stays the last.
            wide.extend(below.then_some(0));
            wide.extend(&row[..old - 1]);
            wide.extend(beyond.then_some(0));
            wide.extend(row.last());
        }
        counts.counts = wide;
    }
}
