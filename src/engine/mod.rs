//! Where the pass runs. The trait, and the local engine on top of polars. Nothing but an engine may see a row that is
//! not in the sample.

pub mod cut;
mod error;
pub mod export;
mod fields;
mod inputs;
mod local;
mod planning;
mod profiled;
mod profiling;
mod reading;

use std::collections::BTreeMap;

pub use error::EngineError;
pub use inputs::Inputs;
pub use local::LocalEngine;
pub use profiled::profile_at;
pub use profiling::{ProfileWish, make_profile};
pub use reading::read;

use crate::{
    case::{Case, Event, FileHash, Peek, Schema, SnapshotRole},
    progress::RunControl,
    summary::{JoinedRows, Plan, SnapshotSummary},
};

/// The columns of a snapshot as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredColumns {
    /// Names, in the order of the file, and the stored type of each: `Int64`, `String`, …
    pub columns: Vec<(String, String)>,
    /// Rows, where the file says so without being read.
    pub rows: Option<u64>,
}

impl StoredColumns {
    /// The columns' names as the contract is held against them.
    #[must_use]
    pub fn schema(&self, role: SnapshotRole, file: &str) -> Schema {
        Schema {
            role,
            file: file.to_owned(),
            columns: self.columns.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// How far a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassProgress {
    /// What is read.
    pub snapshot: SnapshotRole,
    /// Rows read.
    pub rows: u64,
    /// Rows in all, if they are known; else an estimate from the bytes read.
    pub of: Option<u64>,
}

/// What a caller lends to a pass: an observer that is told how far it is after every batch, and a flag that stops it; the
/// pass then ends with [`EngineError::Cancelled`].
pub type PassControl<'a> = RunControl<'a, PassProgress>;

/// A place where passes run. Only an engine sees rows that are in no sample.
///
/// All methods give the same result for the same files, whatever the number of threads.
pub trait Engine: Send + Sync {
    /// The columns of a snapshot.
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be found or is in no format that is known.
    fn schema(&self, case: &Case, role: SnapshotRole) -> Result<StoredColumns, EngineError>;

    /// What the first rows of a file tell about its columns; for cases that have no contract yet.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn peek(&self, path: &str) -> Result<Peek, EngineError>;

    /// Decides what is counted and how, from a spread of the training snapshot's rows. Adds a sentence to `notes` for
    /// everything that is guessed or left out.
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

    /// Makes the pass over one snapshot. Levels and classes that the plan does not know yet are appended to it.
    ///
    /// # Errors
    ///
    /// When the snapshot cannot be read, holds no row or no readable time, or when the caller stops the pass.
    fn summarise(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<SnapshotSummary, EngineError>;

    /// Reads the rows of a snapshot (offline, candidate, reviewed) whose id is among those of the production sample; none
    /// when the case names no such snapshot or there is no id to join by.
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

    /// The ids of production rows as texts; ids that cannot be found are left out.
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

    /// The events, ascending; lines that cannot be read become notes.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn events(&self, case: &Case, notes: &mut Vec<String>) -> Result<Vec<Event>, EngineError>;

    /// The bytes of the deployed model; none when the case names none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn artifact(&self, case: &Case) -> Result<Option<Vec<u8>>, EngineError>;

    /// Size and SHA-256 of every file that the case names.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    fn hashes(&self, case: &Case, control: &PassControl<'_>) -> Result<Vec<FileHash>, EngineError>;
}
