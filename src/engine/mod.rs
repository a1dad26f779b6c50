//! Where passes over the data run: the [`Engine`] trait, and the local engine based on polars. Only an engine
//! may access rows that are not in the sample.

pub mod cut;
mod error;
pub mod export;
mod fields;
mod finishing;
mod inputs;
mod joined;
mod levels;
mod local;
mod notes;
mod planning;
mod profiled;
mod profiling;
mod reading;
#[cfg(feature = "spark")]
mod remote;
mod shelf;

use std::{collections::BTreeMap, sync::Arc};

pub use error::{ClusterFault, EngineError};
pub use inputs::Inputs;
pub use local::{LocalEngine, files_of, hash_of};
pub use profiled::profile_at;
pub use profiling::{ProfileWish, make_profile};
pub use reading::{earlier_runs, read};
pub use shelf::Shelf;

use crate::{
    case::{Case, Event, FileHash, Peek, Schema, SnapshotRole},
    progress::RunControl,
    summary::{JoinedRows, Plan, SnapshotSummary},
};

/// The columns of a snapshot as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredColumns {
    /// Names, in file order, and the stored type of each: `Int64`, `String`, …
    pub columns: Vec<(String, String)>,
    /// Number of rows, if the file states it without being read.
    pub rows: Option<u64>,
}

impl StoredColumns {
    /// Returns the column names, to be checked against the contract.
    #[must_use]
    pub fn schema(&self, role: SnapshotRole, file: &str) -> Schema {
        Schema {
            role,
            file: file.to_owned(),
            columns: self.columns.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// Progress of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassProgress {
    /// The snapshot being read.
    pub snapshot: SnapshotRole,
    /// Rows read so far.
    pub rows: u64,
    /// Total number of rows if known, otherwise an estimate from the bytes read.
    pub of: Option<u64>,
}

/// Callbacks that a caller passes to a pass: an observer notified after every batch, and a cancellation flag;
/// a cancelled pass ends with [`EngineError::Cancelled`].
pub type PassControl<'a> = RunControl<'a, PassProgress>;

/// Executes passes. Only an engine accesses rows that are not in a sample.
///
/// All methods return the same result for the same files, whatever the number of threads.
pub trait Engine: Send + Sync {
    /// Returns the columns of a snapshot.
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be found or its format is unknown.
    fn schema(&self, case: &Case, role: SnapshotRole) -> Result<StoredColumns, EngineError>;

    /// Examines the first rows of a file; for cases without a contract.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn peek(&self, path: &str) -> Result<Peek, EngineError>;

    /// The same of some columns: it may leave the others out.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn peek_columns(&self, path: &str, columns: &[&str]) -> Result<Peek, EngineError> {
        let _ = columns;
        self.peek(path)
    }

    /// The same of a snapshot of a case.
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be read, or the case names none.
    fn peek_at(&self, case: &Case, role: SnapshotRole, columns: &[&str]) -> Result<Peek, EngineError> {
        let path = case.locate(role.named(case).unwrap_or_default());
        self.peek_columns(&path.to_string_lossy(), columns)
    }

    /// Plans what is counted and how, from training rows spread over the snapshot. Adds a sentence to `notes`
    /// for everything that is guessed or left out.
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be read, or a role names no column.
    fn plan(
        &self,
        case: &Case,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Plan, EngineError>;

    /// Makes the pass over one snapshot. Levels and classes that the plan does not contain yet are appended
    /// to it.
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be read, has no row or no readable time, or when the caller cancels the pass.
    fn summarise(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<SnapshotSummary, EngineError>;

    /// Reads the rows of a snapshot (offline, candidate, reviewed) whose id occurs in the production sample;
    /// `None` if the case names no such snapshot or there is no id to join on.
    ///
    /// * `ids`: [`crate::summary::Table::id`] of the production sample.
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be read.
    fn join(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        ids: &[u64],
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Option<JoinedRows>, EngineError>;

    /// Returns the ids of production rows as texts; ids that cannot be found are left out.
    ///
    /// * `ids`: hashes of ids, from [`crate::summary::Table::id`].
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be read.
    fn id_texts(
        &self,
        case: &Case,
        ids: &[u64],
        control: &PassControl<'_>,
    ) -> Result<BTreeMap<u64, String>, EngineError>;

    /// Returns the events in ascending order; unreadable lines become notes.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn events(&self, case: &Case, notes: &mut Vec<String>) -> Result<Vec<Event>, EngineError>;

    /// Returns the bytes of the deployed model; `None` if the case names none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn artifact(&self, case: &Case) -> Result<Option<Vec<u8>>, EngineError>;

    /// Returns size and SHA-256 of every file that the case names.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    fn hashes(&self, case: &Case, control: &PassControl<'_>) -> Result<Vec<FileHash>, EngineError>;

    /// The same engine with a shelf for what its passes count; none where it has no use for one.
    fn with_shelf(&self, shelf: Arc<dyn Shelf>) -> Option<Box<dyn Engine>> {
        drop(shelf);
        None
    }

    /// Says of each snapshot that was read elsewhere than on this machine: by which engine, and which version of which table.
    fn origins(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The engine that reads a case: this machine, or the Spark cluster that the contract names.
///
/// # Errors
///
/// When the contract names a cluster and this build has no client for it.
pub fn engine_of(case: &Case) -> Result<Box<dyn Engine>, EngineError> {
    match &case.remote {
        None => Ok(Box::new(LocalEngine::default())),
        #[cfg(feature = "spark")]
        Some(remote) => Ok(Box::new(remote::RemoteEngine::new(remote))),
        #[cfg(not(feature = "spark"))]
        Some(_) => Err(EngineError::Cluster {
            message: "[remote] names a Spark cluster, and this build of coroner has no client for it"
                .to_owned(),
            fault: ClusterFault::NoClient,
            hint: "build it with  cargo install --features spark,  or use a binary of the releases",
        }),
    }
}
