//! The file formats: one file each, and the list of them.
//!
//! To add a format, add a file here with a [`TableFile`] implementation and a line in [`FORMATS`].

mod arrow;
mod charset;
mod csv;
mod foreign;
mod header;
mod json;
mod json_array;
mod json_cell;
mod json_columns;
mod json_named;
mod json_texts;
mod parquet;
mod probe;
mod records;
mod table_file;
mod text;
mod type_guess;

use std::path::PathBuf;

use self::probe::Probe;
pub(super) use self::table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns, Told};
pub use self::{
    json::json_rows,
    records::{csv_records, record_ends},
};
use crate::{case::ReadRules, engine::EngineError};

/// Opens a file if it has the format of this function.
type Recognise = fn(&Probe<'_>) -> Result<Option<Box<dyn TableFile>>, EngineError>;

/// The formats, in the order in which they are tried: by their first bytes, then text by its first character.
const FORMATS: [Recognise; 4] = [parquet::recognise, arrow::recognise, json::recognise, csv::recognise];

/// Detects the format of a file and reads its metadata.
///
/// * `shown`: the path as shown in messages.
/// * `rules`: the user's rules for reading text files.
pub(super) fn open(
    path: PathBuf,
    shown: String,
    rules: &ReadRules,
) -> Result<Box<dyn TableFile>, EngineError> {
    let probe = Probe::open(path, shown, rules)?;
    for recognise in FORMATS {
        if let Some(file) = probe.file.walled(|| recognise(&probe))? {
            let shown = file.file().clone();
            return shown.walled(|| json_texts::unfold(file, rules));
        }
    }
    Err(probe.file.unknown_format("it is in none of the formats that can be read"))
}
