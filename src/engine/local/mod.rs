//! The local engine: one pass over the files on this machine, on all its cores, based on polars.
//!
//! A snapshot is read in chunks: a row group of a Parquet file, a batch of an Arrow file, a few megabytes of
//! whole records of a text file. Each thread takes the next chunk, converts its columns to plain slices and
//! counts them in its own accumulator; the accumulators are merged at the end. The result does not depend on
//! which thread took which chunk.

mod convert;
mod format;
mod joined;
mod partition;
mod pass;
mod peek;
mod source;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::File,
    io::Read as _,
    path::Path,
    sync::Arc,
};

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

pub(super) use self::source::named_files;
use self::{
    pass::{Pass, Sampling},
    source::Source,
};
use super::{Engine, EngineError, PassControl, StoredColumns, fields, notes, planning};
use crate::{
    case::{Case, CaseError, Event, FileHash, Peek, ReadRules, SnapshotRole},
    summary::{
        Bins, Column, JoinedRows, Micros, Plan, SnapshotSummary, Table, Task,
        accumulator::{Accumulator, Counting},
        class_of_score,
        reservoir::{Keep, Reservoir, Sampled, Slot},
    },
    text::{hexadecimal, message::Place, time},
};
pub use format::{csv_records, json_rows, record_ends};

/// Training rows from which the plan is made.
const SPREAD_ROWS: usize = 200_000;

/// Maximum number of cells (rows x columns) of training from which the plan is made.
const SPREAD_CELLS: usize = 8_000_000;

/// Maximum size of a deployed model in bytes.
const MOST_ARTIFACT: u64 = 1 << 30;

/// Reads the files of a case on this machine.
#[derive(Debug, Clone, Copy)]
pub struct LocalEngine {
    threads: usize,
}

impl Default for LocalEngine {
    fn default() -> Self {
        Self { threads: rayon::current_num_threads() }
    }
}

impl LocalEngine {
    /// Creates an engine with a given number of threads; the results do not depend on it.
    #[must_use]
    pub fn with_threads(threads: usize) -> Self {
        Self { threads: threads.max(1) }
    }

    fn source(case: &Case, role: SnapshotRole) -> Result<Option<Source>, EngineError> {
        role.named(case).map(|named| Source::open(case, named)).transpose()
    }

    fn required(case: &Case, role: SnapshotRole) -> Result<Source, EngineError> {
        Self::source(case, role)?.ok_or_else(|| {
            EngineError::Case(CaseError::NotFound {
                path: format!("[snapshots] {}", role.key()),
                near: Vec::new(),
            })
        })
    }
}

impl Engine for LocalEngine {
    fn schema(&self, case: &Case, role: SnapshotRole) -> Result<StoredColumns, EngineError> {
        let source = Self::required(case, role)?;
        let columns = source.columns.iter().map(|c| (c.name.clone(), c.type_name.clone())).collect();
        Ok(StoredColumns { columns, rows: source.rows })
    }

    fn peek(&self, path: &str) -> Result<Peek, EngineError> {
        peek::peek(&Source::at(Path::new(path), path, &ReadRules::default())?, None)
    }

    fn peek_columns(&self, path: &str, columns: &[&str]) -> Result<Peek, EngineError> {
        peek::peek(&Source::at(Path::new(path), path, &ReadRules::default())?, Some(columns))
    }

    fn plan(
        &self,
        case: &Case,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Plan, EngineError> {
        let source = Self::required(case, SnapshotRole::Training)?;
        let (fields, columns) = fields::of_training(case, &source.columns, notes);
        if columns.is_empty() {
            return Err(CaseError::NoFeatures { snapshot: source.shown }.into());
        }
        let most = SPREAD_ROWS.min(SPREAD_CELLS / fields.len().max(1)).max(1000);
        let most = match planning::fitting_rows(case, fields.len(), &source.shown)? {
            Some(fitting) => most.min(2 * fitting),
            None => most,
        };
        let keep = Keep::Sample { seed: case.sample.seed, most, population: None };
        let log = period(case, SnapshotRole::Training);
        let slots = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields: &fields,
            role: SnapshotRole::Training,
            // A training period may lie anywhere in the log.
            sampling: if log.is_some() { Sampling::All } else { Sampling::About(most as u64) },
            threads: self.threads,
            clock: false,
            log,
            control,
        };
        let done = pass.run(|| (None, Reservoir::new(keep, Vec::clone(&slots))), None)?;
        if done.rows == 0 {
            return Err(EngineError::NoRows { file: source.shown });
        }
        let mut spread = done.reservoir.finish(done.rows, columns.len(), &[]);
        if spread.table.rows == 0 {
            return Err(no_rows_beside(case, &source.shown, "before"));
        }
        spread.table.time = Vec::new();
        Ok(planning::plan(case, spread, &fields, &columns, notes))
    }

    fn summarise(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<SnapshotSummary, EngineError> {
        let source = Self::required(case, role)?;
        let listed = fields::of_snapshot(case, role, plan, &source.columns);
        let fields = listed.fields;
        let clock = role == SnapshotRole::Production && fields.iter().any(|f| f.slot == Slot::Time);
        let log = period(case, role);
        let part = |rows: usize| if role == SnapshotRole::Production { rows } else { rows.div_ceil(2) };
        let most = part(planning::sample_rows(case, fields.len()));
        let population = source.rows.filter(|_| log.is_none());
        let keep = Keep::Sample { seed: plan.seed, most, population };
        let counting = Arc::new(Counting::new(plan));
        let slots: Vec<Slot> = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields: &fields,
            role,
            sampling: Sampling::All,
            threads: self.threads,
            clock,
            log,
            control,
        };
        let start = || {
            let accumulator = Accumulator::new(Arc::clone(&counting), clock);
            (Some(accumulator), Reservoir::new(keep, slots.clone()))
        };
        let mut done = pass.run(start, None)?;
        if done.rows == 0 {
            return Err(EngineError::NoRows { file: source.shown });
        }
        let wild = done.accumulator.as_ref().and_then(Accumulator::wild_rows);
        if let Some(wild) = &wild {
            // Rare enough to be worth a second pass: the windows were made wide enough for the wild rows.
            let inside = log.map_or(wild.log, |log| (log.0.max(wild.log.0), log.1.min(wild.log.1)));
            done = Pass { log: Some(inside), ..pass }.run(start, None)?;
        }
        let format::Told { notes: told, questions } = source.told();
        notes.extend(told.into_iter().chain(questions));
        let stored_as = stored_types(case, plan, &source);
        let accumulator = done.accumulator.unwrap_or_else(|| Accumulator::new(counting, clock));
        let (mut summary, fresh) = accumulator.finish(&stored_as);
        if summary.rows == 0 && done.outside > 0 {
            let side = if role == SnapshotRole::Training { "before" } else { "at or after" };
            return Err(no_rows_beside(case, &source.shown, side));
        }
        summary.without_time -= done.outside.min(summary.without_time);
        if summary.rows == 0 {
            return Err(EngineError::NoTimes {
                file: source.shown,
                column: case.columns.timestamp.clone().unwrap_or_default(),
                example: done.unreadable_time,
            });
        }
        notes.extend(notes::on_times(
            &source.shown,
            wild.as_ref(),
            &summary,
            done.unreadable_time.as_deref(),
        ));
        notes.extend(notes::on_spellings(&source.shown, &done.respelt));
        notes.extend(notes::on_new_classes(&source.shown, &fresh));
        notes.extend(notes::on_infinite_numbers(case, plan, &summary, &source.shown));
        let known = plan.classes.len();
        plan.classes.extend(fresh);
        let has = |slot: Slot| fields.iter().any(|f| f.slot == slot);
        if plan.task == Task::Binary && has(Slot::Score) && !has(Slot::Prediction) {
            notes.push(notes::on_scores_alone(&source.shown, plan));
        }
        let unbound = part(planning::sample_rows(&planning::without_bound(case), fields.len())) as u64;
        let asked = summary.rows.min(unbound);
        if asked > most as u64 {
            notes.push(notes::on_memory(&source.shown, case, most as u64, asked));
        }
        let sampled = done.reservoir.finish(summary.rows, plan.features.len(), &listed.extra);
        summary.sample = finish_codes(sampled, plan, known);
        if !clock {
            summary.sample.time = Vec::new();
        }
        let by_class = plan.task == Task::Multiclass
            && !has(Slot::Prediction)
            && fields.iter().any(|field| matches!(field.slot, Slot::ClassScore(_)));
        if by_class {
            notes.push(notes::on_probabilities_alone(&source.shown));
            summary.recount_answers(plan);
        }
        notes.extend(notes::on_class_scores(plan, &mut summary.sample, &source.shown));
        for scores in [&mut summary.sample.score, &mut summary.sample.launch_score] {
            if let Some(told) = planning::no_probabilities(scores).filter(|_| plan.has_score) {
                notes.push(format!("{}: {told}", source.shown));
                scores.fill(f64::NAN);
            }
        }
        for (column, counts) in summary.sample.features.iter_mut().zip(&summary.features) {
            if let crate::summary::Column::Numeric { examples, .. } = column {
                examples.clone_from(&counts.unreadable_examples);
            }
        }
        if role == SnapshotRole::Training {
            apply_levels(plan, &mut summary);
            notes.extend(planning::texts_of_numbers(case, plan, &source.shown));
        }
        summary.new_columns = listed.new_columns;
        Ok(summary)
    }

    fn join(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        ids: &[u64],
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Option<JoinedRows>, EngineError> {
        let Some(source) = Self::source(case, role)? else {
            return Ok(None);
        };
        let fields = fields::of_snapshot(case, role, plan, &source.columns).fields;
        if ids.is_empty() || !fields.iter().any(|f| f.slot == Slot::Id) {
            notes.push(format!(
                "{} cannot be joined: production and its rows need the id column",
                source.shown
            ));
            return Ok(None);
        }
        let mut rows: HashMap<u64, usize> = HashMap::with_capacity(ids.len());
        for (row, &id) in ids.iter().enumerate().filter(|(_, id)| **id != 0) {
            rows.entry(id).or_insert(row);
        }
        let slots: Vec<Slot> = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields: &fields,
            role,
            sampling: Sampling::All,
            threads: self.threads,
            clock: false,
            log: None,
            control,
        };
        let done = pass.run(|| (None, Reservoir::new(Keep::All, slots.clone())), Some(&rows))?;
        let population = done.rows;
        let sampled = done.reservoir.finish(population, plan.features.len(), &[]);
        let known = plan.classes.len();
        let table = finish_codes(sampled, plan, known);
        let (pairs, note) = joined::pairs(&table, &rows, role, &source.shown);
        notes.extend(note);
        if let Some(id) = case.columns.id.as_ref().filter(|_| pairs.is_empty()) {
            let production = Self::required(case, SnapshotRole::Production)?;
            notes.push(joined::nothing_joined(&source, &production, id)?);
        }
        let order: Vec<usize> = pairs.iter().map(|&(_, at)| at).collect();
        let production_row = pairs.into_iter().map(|(production, _)| production).collect();
        Ok(Some(JoinedRows { table: table.take(&order), production_row, population }))
    }

    fn id_texts(
        &self,
        case: &Case,
        ids: &[u64],
        control: &PassControl<'_>,
    ) -> Result<BTreeMap<u64, String>, EngineError> {
        let source = Self::required(case, SnapshotRole::Production)?;
        let fields = fields::of_id(case, &source.columns);
        if fields.is_empty() {
            return Ok(BTreeMap::new());
        }
        let wanted: HashMap<u64, usize> = ids.iter().filter(|id| **id != 0).map(|&id| (id, 0)).collect();
        let slots: Vec<Slot> = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields: &fields,
            role: SnapshotRole::Production,
            sampling: Sampling::All,
            threads: self.threads,
            clock: false,
            log: None,
            control,
        };
        let done = pass.run(|| (None, Reservoir::new(Keep::All, slots.clone())), Some(&wanted))?;
        let table = done.reservoir.finish(done.rows, 0, &["id".to_owned()]).table;
        let Some((_, Column::Categorical(codes), texts)) = table.extra.first() else {
            return Ok(BTreeMap::new());
        };
        let known = table.id.iter().zip(codes);
        Ok(known.filter_map(|(&id, &code)| Some((id, texts.get(code as usize)?.clone()))).collect())
    }

    fn events(&self, case: &Case, notes: &mut Vec<String>) -> Result<Vec<Event>, EngineError> {
        let Some(named) = case.snapshots.events.as_deref() else {
            return Ok(Vec::new());
        };
        peek::events(&Source::open(case, named)?, notes)
    }

    fn artifact(&self, case: &Case) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(named) = case.model.artifact.as_deref() else {
            return Ok(None);
        };
        let path = case.locate(named);
        let files = source::named_files(&path, named)?;
        let [(path, _)] = files.as_slice() else {
            return Err(EngineError::NotFound { file: named.to_owned(), near: Vec::new() });
        };
        let io = |source| EngineError::Io { file: named.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.len() > MOST_ARTIFACT {
            return Err(EngineError::UnknownFormat {
                file: named.to_owned(),
                reason: "a model of tables has less than 1 GB".to_owned(),
            });
        }
        std::fs::read(path).map(Some).map_err(io)
    }

    fn hashes(&self, case: &Case, control: &PassControl<'_>) -> Result<Vec<FileHash>, EngineError> {
        let mut files = Vec::new();
        for named in case.named_inputs() {
            files.extend(source::named_files(&case.locate(named), named)?);
        }
        files.into_par_iter().map(|(path, shown)| hash_of(&path, shown, control)).collect()
    }
}

/// The instants of the rows that are of a snapshot, where a case splits one log.
fn period(case: &Case, role: SnapshotRole) -> Option<(Micros, Micros)> {
    let split = case.snapshots.split?;
    match role {
        SnapshotRole::Training => Some((Micros::MIN, split - 1)),
        SnapshotRole::Production => Some((split, Micros::MAX)),
        _ => None,
    }
}

/// A split that leaves one of the two sides without a row.
fn no_rows_beside(case: &Case, shown: &str, side: &str) -> EngineError {
    let split = case.snapshots.split.map(time::moment).unwrap_or_default();
    let place = case.place("snapshots.split").unwrap_or_else(|| Place::of("coroner.toml", "", &(0..0)));
    EngineError::Case(CaseError::BadValue {
        key: "[snapshots] split".to_owned(),
        reason: format!("leaves nothing: no row of {shown} lies {side} {split}"),
        hint: "choose an instant inside of the log".to_owned(),
        place: Box::new(place),
    })
}

fn hash_of(path: &Path, shown: String, control: &PassControl<'_>) -> Result<FileHash, EngineError> {
    let io = |source| EngineError::Io { file: shown.clone(), source };
    let mut file = File::open(path).map_err(io)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        if control.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        let read = file.read(&mut buffer).map_err(io)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
    let sha256 = hexadecimal(&hasher.finalize());
    Ok(FileHash { path: shown, bytes, sha256 })
}

/// The stored types of the features, of the answers and of the labels.
fn stored_types(case: &Case, plan: &Plan, source: &Source) -> Vec<String> {
    let answers = if plan.has_score { &case.columns.score } else { &case.columns.prediction };
    let names =
        plan.features.iter().map(|f| Some(&f.name)).chain([answers.as_ref(), case.columns.label.as_ref()]);
    names
        .map(|name| {
            let column = name.and_then(|name| source.column(name));
            column.map(|c| c.type_name.clone()).unwrap_or_default()
        })
        .collect()
}

/// Appends new levels of a sample to the plan, maps its class codes to the plan's classes, and derives
/// missing predictions of a binary model from its scores.
///
/// * `known`: number of classes known to the pass; a code `known + i` is the `i`-th new class of the sample.
fn finish_codes(sampled: Sampled, plan: &mut Plan, known: usize) -> Table {
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

/// Levels that the spread missed but training holds are known all the same.
fn apply_levels(plan: &mut Plan, summary: &mut SnapshotSummary) {
    for (feature, counts) in plan.features.iter_mut().zip(&mut summary.features) {
        let Bins::Categorical(bins) = &mut feature.bins else {
            continue;
        };
        let (other, unseen) = (bins.levels, bins.unseen());
        for row in counts.counts.chunks_exact_mut(counts.bins) {
            row[other] += std::mem::take(&mut row[unseen]);
        }
        feature.known_levels = feature.levels.len();
        bins.known = feature.known_levels;
    }
}
