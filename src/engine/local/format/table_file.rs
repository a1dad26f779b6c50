//! The interface between the engine and the file formats.

use std::{
    fmt::{Debug, Display},
    fs::File,
    io::ErrorKind,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::SystemTime,
};

use polars::prelude::Series;

use crate::{
    engine::{
        EngineError,
        fields::{Field, StoredColumn},
    },
    summary::values::{Dictionary, Values},
    text::fault,
};

/// Texts of the first rows, by column, each with the column's name.
pub(in crate::engine::local) type TextColumns = Vec<(String, Vec<Option<String>>)>;

/// The chunks of a file, in order.
pub(in crate::engine::local) type Chunks<'f> =
    Box<dyn Iterator<Item = Result<Box<dyn Chunk + 'f>, EngineError>> + Send + 'f>;

/// An open file that contains rows.
pub(in crate::engine::local) trait TableFile: Debug + Send + Sync {
    fn file(&self) -> &DataFile;

    /// Returns its columns, in file order.
    fn columns(&self) -> &[StoredColumn];

    /// Returns notes and questions about its text.
    fn told(&self) -> Told {
        Told::default()
    }

    /// Returns the number of rows, if the file states it without being read.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// Returns the number of chunks, if the file states it without being read.
    fn chunk_count(&self) -> Option<usize> {
        None
    }

    /// Returns an upper bound on the number of chunks; `None` if unknown.
    fn most_chunks(&self) -> Option<usize> {
        self.chunk_count()
    }

    /// Whether a text of a column may begin with one of some characters, as far as the file tells without being read.
    ///
    /// * `column`: its place among the columns.
    fn may_begin_with(&self, column: usize, characters: &[u8]) -> bool {
        let _ = (column, characters);
        true
    }

    /// Reads the file chunk by chunk.
    fn chunks(&self) -> Result<Chunks<'_>, EngineError>;

    /// Returns at most `most` rows from the start of the file, as text.
    fn first_rows(&self, most: usize) -> Result<TextColumns, EngineError>;

    /// The same of some columns; a format that reads whole rows returns the others as well.
    fn first_rows_of(&self, most: usize, columns: &[&str]) -> Result<TextColumns, EngineError> {
        let _ = columns;
        self.first_rows(most)
    }
}

/// What was inferred about the text of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine::local) struct Told {
    /// Notes on how it is read, one sentence each.
    pub notes: Vec<String>,
    /// Questions that the user must decide, one sentence each.
    pub questions: Vec<String>,
}

/// Consecutive rows of a file, read by one thread at a time.
pub(in crate::engine::local) trait Chunk {
    /// Returns the number of records, which determines the positions of later rows. Contents of a text file
    /// other than rows, such as blank lines, have positions, too.
    fn records(&self) -> u64;

    /// Returns the number of records before this chunk that are never rows: a header.
    fn header_records_before(&self) -> u64 {
        0
    }

    /// Leaves out all records but these, if the format need not read them; whether it does.
    fn narrow(&mut self, within: Range<u64>) -> bool {
        let _ = within;
        false
    }

    /// Returns the ranges of fields that are decoded together. All fields marked `first` are in the first
    /// range.
    fn field_ranges(&self, fields: &[Field]) -> Vec<Range<usize>> {
        std::iter::once(0..fields.len()).collect()
    }

    /// Decodes some fields of all rows.
    ///
    /// * `dictionaries`: one for each of `fields`.
    /// * `in_parallel`: whether threads are idle, so that columns may be decoded in parallel.
    ///
    /// Returns the number of rows and the columns, one for each of `fields`.
    fn decode(
        &self,
        fields: &[Field],
        dictionaries: &mut [Dictionary],
        in_parallel: bool,
    ) -> Result<(usize, Decoded), EngineError>;
}

/// Columns of a chunk.
pub(in crate::engine::local) enum Decoded {
    /// As polars columns; `None` for a column that the file lacks.
    Series(Vec<Option<Series>>),
    /// In the form in which they are counted.
    Values(Vec<Values>),
}

/// A file on this machine.
#[derive(Debug, Clone)]
pub(in crate::engine::local) struct DataFile {
    pub path: PathBuf,
    /// The path as shown in messages.
    pub shown: String,
    /// Its size when first inspected.
    pub bytes: u64,
    /// Its modification time when first inspected.
    pub modified: Option<SystemTime>,
}

impl DataFile {
    /// Opens it for reading.
    pub(super) fn open(&self) -> Result<File, EngineError> {
        File::open(&self.path).map_err(|error| self.io_error(error))
    }

    /// Opens it for reading, unless it has changed since it was first inspected.
    pub(super) fn open_unchanged(&self) -> Result<File, EngineError> {
        let handle = self.open()?;
        let found = handle.metadata().map_err(|error| self.io_error(error))?;
        if found.len() == self.bytes && found.modified().ok() == self.modified {
            Ok(handle)
        } else {
            Err(EngineError::Changed { file: self.shown.clone() })
        }
    }

    /// Runs a reader on the file. A library panics on content for which it has no error; the panic is
    /// reported as an error of this file.
    pub(in crate::engine::local) fn walled<T>(
        &self,
        read: impl FnOnce() -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
            Err(EngineError::Reader { file: self.shown.clone(), reason: fault::message(panic.as_ref()) })
        })
    }

    pub(super) fn io_error(&self, source: std::io::Error) -> EngineError {
        EngineError::Io { file: self.shown.clone(), source }
    }

    /// Returns the error for content that violates the format.
    pub(in crate::engine::local) fn damaged(&self, reason: &impl Display) -> EngineError {
        EngineError::Damaged { file: self.shown.clone(), reason: reason.to_string() }
    }

    /// Returns the error of a failed decompression: the file is truncated or corrupt.
    pub(super) fn unpacking_error(&self, error: std::io::Error) -> EngineError {
        match error.kind() {
            ErrorKind::UnexpectedEof
            | ErrorKind::InvalidData
            | ErrorKind::InvalidInput
            | ErrorKind::Other => self.damaged(&error),
            _ => self.io_error(error),
        }
    }

    pub(super) fn empty(&self) -> EngineError {
        EngineError::Empty { file: self.shown.clone() }
    }

    pub(super) fn unknown_format(&self, reason: &str) -> EngineError {
        EngineError::UnknownFormat { file: self.shown.clone(), reason: reason.to_owned() }
    }

    /// The error of a file whose first line holds values.
    pub(super) fn no_header(&self, values: &str) -> EngineError {
        EngineError::BrokenLine {
            file: self.shown.clone(),
            line: 1,
            reason: format!("it holds values ({values}), where the names of the columns are expected"),
            hint: "write a first line that names the columns",
        }
    }

    pub(super) fn broken_line(&self, line: u64, reason: String, hint: &'static str) -> EngineError {
        EngineError::BrokenLine { file: self.shown.clone(), line, reason, hint }
    }

    /// Rejects duplicate column names.
    pub(super) fn require_different_names(&self, columns: &[StoredColumn]) -> Result<(), EngineError> {
        let mut seen = std::collections::HashSet::new();
        match columns.iter().find(|column| !seen.insert(column.name.as_str())) {
            Some(twice) => {
                Err(EngineError::SameName { file: self.shown.clone(), column: twice.name.clone() })
            }
            None => Ok(()),
        }
    }
}
