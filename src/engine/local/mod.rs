//! The local engine: one pass over the files on this machine, on all its cores, based on polars.
//!
//! A snapshot is read in chunks: a row group of a Parquet file, a batch of an Arrow file, a few megabytes of
//! whole records of a text file. Each thread takes the next chunk, converts its columns to plain slices and
//! counts them in its own accumulator; the accumulators are merged at the end. The result does not depend on
//! which thread took which chunk.

mod convert;
mod format;
mod grown;
mod listing;
mod nested;
mod partition;
mod pass;
mod peek;
mod source;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

#[cfg(feature = "spark")]
pub(super) use self::peek::peeked;
use self::{
    grown::Growing,
    pass::{Beginning, Pass, Sampling},
    source::Source,
};
pub(super) use self::{
    listing::{SIGNS, parts},
    source::named_files,
};
use super::{Engine, EngineError, PassControl, Shelf, StoredColumns, fields, finishing, planning};
use crate::{
    cached::bytes_of,
    case::{Case, CaseError, Event, FileHash, Peek, ReadRules, SnapshotRole},
    summary::{
        JoinedRows, Plan, SnapshotSummary,
        accumulator::{Accumulator, Counting},
        reservoir::{Keep, Reservoir, Slot},
    },
    text::hexadecimal,
};
pub use format::{csv_records, json_rows, record_ends};

/// Maximum size of a deployed model in bytes.
const MOST_ARTIFACT: u64 = 1 << 30;

/// Reads the files of a case on this machine.
#[derive(Debug, Clone)]
pub struct LocalEngine {
    threads: usize,
    /// Where passes over a log that may grow leave what they counted.
    shelf: Option<Arc<dyn Shelf>>,
}

impl Default for LocalEngine {
    fn default() -> Self {
        Self { threads: rayon::current_num_threads(), shelf: None }
    }
}

impl LocalEngine {
    /// Creates an engine with a given number of threads; the results do not depend on it.
    #[must_use]
    pub fn with_threads(threads: usize) -> Self {
        Self { threads: threads.max(1), shelf: None }
    }

    /// What a pass over a snapshot finds on the shelf; none without a shelf, or where the log cannot grow by files.
    ///
    /// * `key`: what its result depends on beside the case and the files.
    fn growing(
        &self,
        case: &Case,
        name: &'static str,
        source: &Source,
        key: impl FnOnce() -> Vec<u8>,
    ) -> Option<Growing<'_>> {
        let shelf = self.shelf.as_deref().filter(|_| grown::grows(case))?;
        let told = format!("{case:?} {:?}", source.columns);
        Some(Growing::new(shelf, name, source, &[told.as_bytes(), &key()]))
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

    /// The plan, from training rows spread over the snapshot.
    fn plan_from(
        &self,
        case: &Case,
        source: &Source,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Plan, EngineError> {
        let (fields, columns) = fields::of_training(case, &source.columns, notes);
        if columns.is_empty() {
            return Err(CaseError::NoFeatures { snapshot: source.shown.clone() }.into());
        }
        let most = planning::spread_rows(case, fields.len(), &source.shown)?;
        let keep = Keep::Sample { seed: case.sample.seed, most, population: None };
        let log = finishing::period(case, SnapshotRole::Training);
        let slots = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source,
            fields: &source.as_written(&fields),
            role: SnapshotRole::Training,
            // A training period may lie anywhere in the log.
            sampling: if log.is_some() { Sampling::All } else { Sampling::About(most as u64) },
            threads: self.threads,
            clock: false,
            log,
            control,
            beginning: Beginning::default(),
        };
        let done = pass.run(|| (None, Reservoir::new(keep, Vec::clone(&slots))), None)?;
        if done.rows == 0 {
            return Err(EngineError::NoRows { file: source.shown.clone() });
        }
        let mut spread = done.reservoir.finish(done.rows, columns.len(), &[]);
        if spread.table.rows == 0 {
            return Err(finishing::no_rows_beside(case, &source.shown, "before"));
        }
        spread.table.time = Vec::new();
        planning::plan(case, spread, &fields, &columns, notes)
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
        match self.growing(case, "plan", &source, Vec::new) {
            Some(growing) => growing.whole(notes, |notes| self.plan_from(case, &source, control, notes)),
            None => self.plan_from(case, &source, control, notes),
        }
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
        let fields = &*source.as_written(&listed.fields);
        let clock = role == SnapshotRole::Production && fields.iter().any(|f| f.slot == Slot::Time);
        let log = finishing::period(case, role);
        let most = finishing::part(role, planning::sample_rows(case, fields.len()));
        let population = source.rows.filter(|_| log.is_none());
        let keep = Keep::Sample { seed: plan.seed, most, population };
        let counting = Arc::new(Counting::new(plan));
        let slots: Vec<Slot> = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields,
            role,
            sampling: Sampling::All,
            threads: self.threads,
            clock,
            log,
            control,
            beginning: Beginning::default(),
        };
        let empty = || Reservoir::new(keep, slots.clone());
        let start = || {
            let accumulator = Accumulator::new(Arc::clone(&counting), clock);
            (Some(accumulator), empty())
        };
        let key = || [bytes_of(&*plan), format!("{most} {clock} {log:?}").into_bytes()].concat();
        let name = match role {
            SnapshotRole::Training => Some("training"),
            SnapshotRole::Production => Some("production"),
            _ => None,
        };
        let growing = name.and_then(|name| self.growing(case, name, &source, key));
        let counted = growing.as_ref().and_then(|growing| growing.counted(&counting, empty()));
        let mut done = match counted {
            Some(counted) => {
                Pass { beginning: counted.beginning, ..pass }.run(start, None)?.behind(counted.done)
            }
            None => pass.run(start, None)?,
        };
        if let Some(growing) = &growing {
            growing.keep(&done);
        }
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
        let accumulator = done.accumulator.unwrap_or_else(|| Accumulator::new(counting, clock));
        let (summary, fresh) = accumulator.finish(&finishing::stored_types(case, plan, &source.columns));
        let sampled = done.reservoir.finish(summary.rows, plan.features.len(), &listed.extra);
        let passed = finishing::Passed {
            shown: &source.shown,
            role,
            clock,
            most,
            listed,
            summary,
            fresh,
            sampled,
            outside: done.outside,
            unreadable_time: done.unreadable_time,
            respelt: done.respelt,
            wild,
            levels: done.levels,
        };
        passed.finish(case, plan, notes)
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
        let rows = finishing::rows_by_id(ids);
        let slots: Vec<Slot> = fields.iter().map(|f| f.slot).collect();
        let pass = Pass {
            source: &source,
            fields: &source.as_written(&fields),
            role,
            sampling: Sampling::All,
            threads: self.threads,
            clock: false,
            log: None,
            control,
            beginning: Beginning::default(),
        };
        let done = pass.run(|| (None, Reservoir::new(Keep::All, slots.clone())), Some(&rows))?;
        let population = done.rows;
        let sampled = done.reservoir.finish(population, plan.features.len(), &[]);
        let (joined, note) = finishing::joined(sampled, plan, &rows, (role, &source.shown), population);
        notes.extend(note);
        if let Some(id) = case.columns.id.as_ref().filter(|_| joined.production_row.is_empty()) {
            let production = Self::required(case, SnapshotRole::Production)?;
            notes.push(peek::nothing_joined(&source, &production, id)?);
        }
        Ok(Some(joined))
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
            fields: &source.as_written(&fields),
            role: SnapshotRole::Production,
            sampling: Sampling::All,
            threads: self.threads,
            clock: false,
            log: None,
            control,
            beginning: Beginning::default(),
        };
        let done = pass.run(|| (None, Reservoir::new(Keep::All, slots.clone())), Some(&wanted))?;
        let table = done.reservoir.finish(done.rows, 0, &["id".to_owned()]).table;
        Ok(finishing::id_texts(&table))
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
        let files = files_of(case)?;
        let hash = |(path, shown): (PathBuf, String)| {
            let known = self.shelf.as_deref().and_then(|shelf| {
                let bytes = std::fs::metadata(&path).ok()?.len();
                Some(FileHash { path: shown.clone(), bytes, sha256: shelf.hash(&path)? })
            });
            known.map_or_else(|| hash_of(&path, shown, control), Ok)
        };
        files.into_par_iter().map(hash).collect()
    }

    fn with_shelf(&self, shelf: Arc<dyn Shelf>) -> Option<Box<dyn Engine>> {
        Some(Box::new(Self { shelf: Some(shelf), ..self.clone() }))
    }
}

/// Returns all files that a case names, each with its name in messages, in the order of [`Engine::hashes`].
///
/// # Errors
///
/// When a file cannot be found, or is not on this machine.
pub fn files_of(case: &Case) -> Result<Vec<(PathBuf, String)>, EngineError> {
    let mut files = Vec::new();
    for named in case.named_inputs() {
        files.extend(source::named_files(&case.locate(named), named)?);
    }
    Ok(files)
}

/// Size and SHA-256 of the files that a name stands for.
#[cfg(feature = "spark")]
pub(super) fn hashes_of(
    case: &Case,
    named: &str,
    control: &PassControl<'_>,
) -> Result<Vec<FileHash>, EngineError> {
    let files = source::named_files(&case.locate(named), named)?;
    files.into_iter().map(|(path, shown)| hash_of(&path, shown, control)).collect()
}

/// Returns size and SHA-256 of a file.
///
/// * `shown`: its name in messages.
///
/// # Errors
///
/// When it cannot be read, or when the caller cancels it.
pub fn hash_of(path: &Path, shown: String, control: &PassControl<'_>) -> Result<FileHash, EngineError> {
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
