//! Parquet: one reader per row group, each with a footer that names this row group only.
//!
//! (A reader that is given the whole footer and a slice decodes pages twice.)

use std::{fs::File, ops::Range, sync::Arc};

use polars::prelude::{FileMetadata, ParallelStrategy, ParquetReader, SerReader as _, Series};

use super::source::{Parquet, SourceFile};
use crate::engine::{EngineError, fields::Field};

/// Bytes of decoded columns that a thread holds at a time; larger row groups are read a few columns after the other.
const DECODED: usize = 64 << 20;

/// The ranges of fields that are decoded together; the fields that labels and answers need are all in the first one.
pub(super) fn ranges(rows: usize, fields: &[Field]) -> Vec<Range<usize>> {
    let at_once = (DECODED / 8 / rows.max(1)).max(1);
    let first = fields.iter().take_while(|field| field.first).count();
    let mut ranges = Vec::new();
    let mut from = 0;
    let mut to = first.max(at_once).min(fields.len());
    loop {
        ranges.push(from..to);
        if to >= fields.len() {
            return ranges;
        }
        (from, to) = (to, (to + at_once).min(fields.len()));
    }
}

/// Decodes some columns of a row group; none for a column that the file lacks.
pub(super) fn read(
    file: &SourceFile,
    parquet: &Parquet,
    group: usize,
    fields: &[Field],
    in_parallel: bool,
) -> Result<Vec<Option<Series>>, EngineError> {
    let places: Vec<Option<usize>> = fields.iter().map(|f| parquet.schema.index_of(&f.column)).collect();
    let mut wanted: Vec<usize> = places.iter().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(vec![None; fields.len()]);
    }
    let metadata = &parquet.whole.row_groups[group];
    let only = FileMetadata {
        num_rows: metadata.num_rows(),
        row_groups: vec![metadata.clone()],
        ..FileMetadata::clone(&parquet.bare)
    };
    let handle =
        File::open(&file.path).map_err(|source| EngineError::Io { file: file.shown.clone(), source })?;
    let strategy = if in_parallel { ParallelStrategy::Columns } else { ParallelStrategy::None };
    let mut reader = ParquetReader::new(handle).read_parallel(strategy).with_projection(Some(wanted));
    reader.set_metadata(Arc::new(only));
    let frame = reader
        .finish()
        .map_err(|error| EngineError::Damaged { file: file.shown.clone(), reason: error.to_string() })?;
    Ok(fields
        .iter()
        .map(|field| frame.column(&field.column).ok().map(|column| column.as_materialized_series().clone()))
        .collect())
}
