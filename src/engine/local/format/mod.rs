//! The file formats: a file each, and the list of them.
//!
//! A new format is a file beside these with a [`TableFile`], and a line in [`FORMATS`].

mod arrow;
mod charset;
mod csv;
mod json;
mod parquet;
mod probe;
mod records;
mod table_file;
mod text;
mod type_guess;

use std::path::PathBuf;

use self::probe::Probe;
pub(super) use self::table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns, Told};
use crate::{case::ReadRules, engine::EngineError};

/// Opens a file if it has the format that the function stands for.
type Recognise = fn(&Probe<'_>) -> Result<Option<Box<dyn TableFile>>, EngineError>;

/// The formats, in the order in which they are tried: by their first bytes, then text by its first character.
const FORMATS: [Recognise; 4] = [parquet::recognise, arrow::recognise, json::recognise, csv::recognise];

/// Finds out the format of a file and reads what the file says about itself.
///
/// * `shown`: the path as messages show it.
/// * `rules`: what a person has said about text files.
pub(super) fn open(
    path: PathBuf,
    shown: String,
    rules: &ReadRules,
) -> Result<Box<dyn TableFile>, EngineError> {
    let probe = Probe::open(path, shown, rules)?;
    for recognise in FORMATS {
        if let Some(file) = probe.file.walled(|| recognise(&probe))? {
            return Ok(file);
        }
    }
    Err(probe.file.unknown_format("it is in none of the formats that can be read"))
}
