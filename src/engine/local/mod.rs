//! The local engine: one pass over the files on this machine, on all its cores, based on polars.
//!
//! A snapshot is read in chunks: a row group of a Parquet file, a batch of an Arrow file, a few megabytes of
//! whole records of a text file. Each thread takes the next chunk, converts its columns to plain slices and
//! counts them in its own accumulator; the accumulators are merged at the end. The result does not depend on
//! which thread took which chunk.

mod convert;
mod format;
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

use sha2::{Digest as _, Sha256};

pub(super) use self::source::named_files;
use self::{
    pass::{Pass, Sampling},
    source::Source,
};
use super::{Engine, EngineError, PassControl, StoredColumns, fields, planning};
use crate::{
    case::{Case, CaseError, Event, FileHash, Peek, ReadRules, SnapshotRole},
    summary::{
        Bins, Column, JoinedRows, Plan, SnapshotSummary, Table, Task,
        accumulator::{Accumulator, Counting},
        class_of_score,
        reservoir::{Keep, Reservoir, Sampled, Slot},
        values::LARGEST,
    },
    text::{number, time},
};
pub use format::{csv_records, json_rows, record_ends};

/// Training rows from which the plan is made.
const SPREAD_ROWS: usize = 200_000;

/// Maximum number of cells (rows x columns) of training from which the plan is made.
const SPREAD_CELLS: usize = 24_000_000;

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
        peek::peek(&Source::at(Path::new(path), path, &ReadRules::default())?)
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
        let slots = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields: &fields,
            role: SnapshotRole::Training,
            sampling: Sampling::About(most as u64),
            threads: self.threads,
            log: None,
            control,
        };
        let done = pass.run(|| (None, Reservoir::new(keep, Vec::clone(&slots))), None)?;
        if done.rows == 0 {
            return Err(EngineError::NoRows { file: source.shown });
        }
        let spread = done.reservoir.finish(done.rows, columns.len(), &[]);
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
        let clock = fields.iter().any(|f| f.slot == Slot::Time);
        let part = |rows: usize| if role == SnapshotRole::Production { rows } else { rows.div_ceil(2) };
        let most = part(planning::sample_rows(case, fields.len()));
        let keep = Keep::Sample { seed: plan.seed, most, population: source.rows };
        let counting = Arc::new(Counting::new(plan));
        let slots: Vec<Slot> = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields: &fields,
            role,
            sampling: Sampling::All,
            threads: self.threads,
            log: None,
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
            // Implausible times had widened the windows. They are rare, so a second pass without these rows
            // is affordable.
            done = Pass { log: Some(wild.log), ..pass }.run(start, None)?;
        }
        let format::Told { notes: told, questions } = source.told();
        notes.extend(told.into_iter().chain(questions));
        let stored_as = stored_types(case, plan, &source);
        let accumulator = done.accumulator.unwrap_or_else(|| Accumulator::new(counting, clock));
        let (mut summary, fresh) = accumulator.finish(&stored_as);
        if summary.rows == 0 {
            return Err(EngineError::NoTimes {
                file: source.shown,
                column: case.columns.timestamp.clone().unwrap_or_default(),
                example: done.unreadable_time,
            });
        }
        if let Some(wild) = &wild {
            summary.without_time -= wild.rows.min(summary.without_time);
            notes.push(format!(
                "{}: {} {} far from all others in time ({}): left out",
                source.shown,
                number::count(wild.rows),
                if wild.rows == 1 { "row lies" } else { "rows lie" },
                wild.at.iter().map(|&at| time::date(at)).collect::<Vec<_>>().join(", ")
            ));
        }
        if summary.without_time > 0 {
            notes.push(format!(
                "{}: {} rows have no time that can be read{}; they are left out",
                source.shown,
                summary.without_time,
                done.unreadable_time.map(|text| format!(" (such as {text:?})")).unwrap_or_default()
            ));
        }
        if let Some((spelling, class)) = done.respelt.first_key_value() {
            let more =
                done.respelt.iter().skip(1).map(|(spelling, class)| format!(", {spelling:?} as {class}"));
            notes.push(format!(
                "{}: {spelling:?} is read as the class {class}{}",
                source.shown,
                more.take(5).collect::<String>()
            ));
        }
        if !fresh.is_empty() {
            notes.push(format!(
                "{} brings classes that training does not hold: {}",
                source.shown,
                fresh.join(", ")
            ));
        }
        notes.extend(told_of_infinities(case, plan, &summary, &source.shown));
        let known = plan.classes.len();
        plan.classes.extend(fresh);
        let has = |slot: Slot| fields.iter().any(|f| f.slot == slot);
        if plan.task == Task::Binary && has(Slot::Score) && !has(Slot::Prediction) {
            notes.push(format!(
                "{} holds scores and no predictions: a score over 0.5 is taken as the answer {}",
                source.shown,
                plan.classes.get(1).map_or("1", String::as_str)
            ));
        }
        let unbound = part(planning::sample_rows(&planning::without_bound(case), fields.len())) as u64;
        if summary.rows.min(unbound) > most as u64 {
            notes.push(format!(
                "{}: {} rows are sampled in place of {}, so that {} of memory suffice",
                source.shown,
                number::count(most as u64),
                number::count(summary.rows.min(unbound)),
                number::bytes(case.sample.memory.unwrap_or_default())
            ));
        }
        let sampled = done.reservoir.finish(summary.rows, plan.features.len(), &listed.extra);
        summary.sample = finish_codes(sampled, plan, known);
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
            log: None,
            control,
        };
        let done = pass.run(|| (None, Reservoir::new(Keep::All, slots.clone())), Some(&rows))?;
        let population = done.rows;
        let sampled = done.reservoir.finish(population, plan.features.len(), &[]);
        let known = plan.classes.len();
        let table = finish_codes(sampled, plan, known);
        let mut pairs: Vec<(usize, usize)> =
            table.id.iter().enumerate().filter_map(|(at, id)| Some((*rows.get(id)?, at))).collect();
        pairs.sort_unstable();
        pairs.dedup_by_key(|(production, _)| *production);
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
        let mut hashes = Vec::new();
        for named in case.named_inputs() {
            for (path, shown) in source::named_files(&case.locate(named), named)? {
                hashes.push(hash_of(&path, shown, control)?);
            }
        }
        Ok(hashes)
    }
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
    let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(FileHash { path: shown, bytes, sha256 })
}

/// Returns a note on numbers in a snapshot that are infinite or beyond [`LARGEST`], if there are any.
fn told_of_infinities(case: &Case, plan: &Plan, summary: &SnapshotSummary, shown: &str) -> Option<String> {
    let answers = if plan.has_score { &case.columns.score } else { &case.columns.prediction };
    let names = plan.features.iter().map(|f| Some(&f.name));
    let columns = summary.features.iter().chain([&summary.answers, &summary.labels]);
    let told: Vec<String> = names
        .chain([answers.as_ref(), case.columns.label.as_ref()])
        .zip(columns)
        .filter(|(_, counts)| counts.infinite > 0)
        .filter_map(|(name, counts)| Some(format!("{} ({} rows)", name?, number::count(counts.infinite))))
        .collect();
    if told.is_empty() {
        return None;
    }
    Some(format!(
        "{shown} holds infinite numbers, or such beyond {LARGEST:e}, in {}; they count as missing",
        told.join(", ")
    ))
}

/// Returns the stored types of the features, of the predictions and of the labels.
fn stored_types(case: &Case, plan: &Plan, source: &Source) -> Vec<String> {
    let answers = if plan.has_score { &case.columns.score } else { &case.columns.prediction };
    let names =
        plan.features.iter().map(|f| Some(&f.name)).chain([answers.as_ref(), case.columns.label.as_ref()]);
    names
        .map(|name| {
            let column = name.and_then(|name| source.columns.iter().find(|c| c.name == *name));
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

/// Treats levels as known that occur in training but not in the rows from which the plan was made.
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
