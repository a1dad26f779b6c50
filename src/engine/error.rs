//! Why a snapshot cannot be read, and what to do about it.

use crate::{
    case::CaseError,
    summary::profile::ProfileError,
    text::{
        message::{Explain, Message},
        number,
    },
};

/// What a cluster does not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterFault {
    /// A connection.
    Connection,
    /// The right to read.
    Permission,
    /// A result.
    Query,
    /// This build has no client for clusters.
    NoClient,
}

/// A snapshot that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The contract does not fit the snapshots.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Nothing is at the path.
    #[error("{file} does not exist")]
    NotFound {
        /// The path as the case names it.
        file: String,
        /// Existing files with similar names.
        near: Vec<String>,
    },
    /// A glob or a folder that holds no data file.
    #[error("{file} matches no file")]
    NoFiles {
        /// The glob or folder.
        file: String,
    },
    /// A URL that this engine cannot read.
    #[error("{file} is an address that the local engine cannot read")]
    Remote {
        /// The URL.
        file: String,
    },
    /// The operating system reports an error.
    #[error("{file} cannot be read: {source}")]
    Io {
        /// The file.
        file: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is empty.
    #[error("{file} is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// The file has columns but no rows.
    #[error("{file} holds no rows")]
    NoRows {
        /// The file.
        file: String,
    },
    /// The file format is unknown.
    #[error("{file} is not in a format that coroner knows: {reason}")]
    UnknownFormat {
        /// The file.
        file: String,
        /// What the file looks like.
        reason: String,
    },
    /// The file is broken.
    #[error("{file} is damaged or truncated: {reason}")]
    Damaged {
        /// The file.
        file: String,
        /// The reader's message.
        reason: String,
    },
    /// A line of a text file cannot be read.
    #[error("{file}:{line} cannot be read: {reason}")]
    BrokenLine {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// Two columns of a file have the same name.
    #[error("two columns of {file} are named {column:?}")]
    SameName {
        /// The file.
        file: String,
        /// Their name.
        column: String,
    },
    /// The character set of a text file cannot be determined.
    #[error("{file}:{line} cannot be read as text: {reason}")]
    Encoding {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// No row of the snapshot has a readable time.
    #[error("{file}: no value of {column:?} can be read as a time{}", example.as_ref().map(|e| format!(", the first is {e:?}")).unwrap_or_default())]
    NoTimes {
        /// The file.
        file: String,
        /// The timestamp column.
        column: String,
        /// The first text that could not be read.
        example: Option<String>,
    },
    /// A profile is invalid as a snapshot.
    #[error("{file} cannot stand in for a snapshot: {source}")]
    Profile {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: ProfileError,
    },
    /// A file cannot be written.
    #[error("{file} cannot be written: {reason}")]
    Unwritable {
        /// The file.
        file: String,
        /// The writer's message.
        reason: String,
    },
    /// The output would overwrite an input of the case.
    #[error("{file} is an input of the case ({role}); it is not overwritten")]
    IsInput {
        /// The output, as named by the user.
        file: String,
        /// The input's role in the case.
        role: String,
    },
    /// The file has changed since its footer was read.
    #[error("{file} changed while it was read")]
    Changed {
        /// The file.
        file: String,
    },
    /// A reader panicked on unexpected content.
    #[error("{file} holds something that its reader cannot handle: {reason}")]
    Reader {
        /// The file.
        file: String,
        /// The panic message.
        reason: String,
    },
    /// So many columns cannot be examined in the memory that the case may take.
    #[error("{file} has {columns} columns, which need about {} MB, more than the {} MB of memory that they may have", number::whole(needed.div_ceil(1_000_000)), number::whole(given / 1_000_000))]
    Memory {
        /// The file.
        file: String,
        /// Its columns that are read.
        columns: usize,
        /// The memory that they need at least, in bytes.
        needed: u64,
        /// The memory that they may have, in bytes.
        given: u64,
    },
    /// Training has classes, and the positive one is not among them.
    #[error("[model] positive is {positive:?}, but the classes of training are {}", known.join(", "))]
    PositiveClass {
        /// The class that the contract names.
        positive: String,
        /// The classes of training's labels and predictions.
        known: Vec<String>,
    },
    /// The cluster of `[remote]` does not give what is asked for.
    #[error("{message}")]
    Cluster {
        /// What happened, in the cluster's words where it has some.
        message: String,
        /// What is not given.
        fault: ClusterFault,
        /// What to do about it.
        hint: &'static str,
    },
    /// The pass was stopped.
    #[error("stopped")]
    Cancelled,
}

impl EngineError {
    /// Returns the stable code under which `docs/errors.md` explains the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Case(error) => error.code(),
            Self::NotFound { .. } => "E101",
            Self::NoFiles { .. } => "E102",
            Self::Remote { .. } => "E103",
            Self::Io { .. } => "E104",
            Self::Empty { .. } => "E105",
            Self::NoRows { .. } => "E106",
            Self::UnknownFormat { .. } => "E107",
            Self::Damaged { .. } => "E108",
            Self::BrokenLine { .. } => "E109",
            Self::NoTimes { .. } => "E110",
            Self::Unwritable { .. } => "E111",
            Self::Cancelled => "E112",
            Self::Profile { .. } => "E113",
            Self::SameName { .. } => "E114",
            Self::Encoding { .. } => "E115",
            Self::Changed { .. } => "E116",
            Self::IsInput { .. } => "E117",
            Self::Reader { .. } => "E118",
            Self::Memory { .. } => "E119",
            Self::Cluster { fault: ClusterFault::Connection, .. } => "E120",
            Self::Cluster { fault: ClusterFault::Permission, .. } => "E121",
            Self::Cluster { fault: ClusterFault::Query, .. } => "E122",
            Self::Cluster { fault: ClusterFault::NoClient, .. } => "E123",
            Self::PositiveClass { .. } => "E124",
        }
    }

    /// Returns suggestions for the user, best first.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let hint = |text: &str| vec![text.to_owned()];
        match self {
            Self::Case(error) => error.hints(),
            Self::NotFound { near, .. } if near.is_empty() => {
                hint("paths in [snapshots] start from the folder of coroner.toml")
            }
            Self::NotFound { near, .. } => vec![format!("did you mean {}?", near.join(" or "))],
            Self::NoFiles { .. } => hint(
                "a folder or glob must hold Parquet, CSV, JSON lines or Arrow files, all with the same columns",
            ),
            Self::Remote { .. } => hint("download the files, and name the local copies instead"),
            Self::Io { .. } => hint("check the path and the file's permissions"),
            Self::Empty { .. } | Self::NoRows { .. } => {
                hint("check the job that wrote it; a snapshot needs at least one row")
            }
            Self::UnknownFormat { .. } => {
                hint("coroner reads Parquet, CSV and TSV (also gzip, zstd), JSON lines and Arrow IPC")
            }
            Self::Damaged { .. } => hint("write or download the file again"),
            Self::Reader { .. } => hint(
                "write the file again, or as CSV; if other programs can read it, please report it with these lines",
            ),
            Self::BrokenLine { line, hint, .. } => {
                vec![format!("look at line {} and the one before: {hint}", number::whole(*line))]
            }
            Self::SameName { .. } => hint("rename or drop one of the two where the file is written"),
            Self::Encoding { .. } => vec![
                "name the character set in coroner.toml:  [read]  encoding = \"windows-1252\"".to_owned(),
                "or write the file as UTF-8".to_owned(),
            ],
            Self::NoTimes { .. } => hint(
                "write times as 2026-03-14T12:30:00Z, as a date, or as seconds since 1970; or say how dates are written:  [read]  dates = \"day first\"",
            ),
            Self::Profile { source: ProfileError::Newer(_), .. } => {
                hint("update coroner, or make the profile again with this version")
            }
            Self::Profile { source: ProfileError::OtherSnapshot { .. }, .. } => {
                hint("name it under the right key, or make one with  coroner profile CASE --snapshot")
            }
            Self::Profile { .. } => hint(
                "make the profiles of one model from one reference: coroner profile CASE, with the training profile in [snapshots]",
            ),
            Self::Unwritable { .. } => hint("check the folder and its permissions, or choose another one"),
            Self::Changed { .. } => {
                hint("run it again once the job that writes the file is done, or read a copy")
            }
            Self::IsInput { .. } => {
                hint("choose another name, outside the folders and patterns that the case reads")
            }
            Self::PositiveClass { .. } => hint("write one of these classes, as the file writes it"),
            Self::Memory { needed, .. } => vec![
                // What the machine lets a process have is measured anew, so the bare need would be refused again.
                format!("allow more:  --memory {}MB", (needed + needed / 10).div_ceil(1_000_000)),
                "or leave columns out:  [columns] ignore".to_owned(),
            ],
            Self::Cluster { hint: text, .. } => hint(text),
            Self::Cancelled => Vec::new(),
        }
    }
}

impl Explain for EngineError {
    fn message(&self) -> Message {
        match self {
            Self::Case(error) => error.message(),
            _ => Message {
                code: self.code(),
                message: self.to_string(),
                place: None,
                label: String::new(),
                hints: self.hints(),
            },
        }
    }
}
