//! Parquet: a chunk is a row group, read by a reader of its own with a footer that names this row group only.
//!
//! (A reader that is given the whole footer and a slice decodes pages twice.)

use std::{io::BufReader, ops::Range, sync::Arc};

use polars::prelude::{
    ArrowSchema, FileMetadata, ParallelStrategy, ParquetReader, PolarsError, SerReader as _,
};

use super::{
    probe::Probe,
    table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns},
};
use crate::{
    engine::{
        EngineError,
        fields::{Field, Stored, StoredColumn},
        local::convert,
    },
    summary::values::Dictionary,
};

/// Bytes of decoded columns that a thread holds at a time; larger row groups are read a few columns after the other.
const DECODED: usize = 64 << 20;

#[derive(Debug)]
struct ParquetFile {
    file: DataFile,
    columns: Vec<StoredColumn>,
    schema: Arc<ArrowSchema>,
    footer: Arc<FileMetadata>,
    /// The footer without its row groups.
    bare_footer: FileMetadata,
}

/// A file that begins with Parquet's mark.
pub(super) fn recognise(probe: &Probe<'_>) -> Result<Option<Box<dyn TableFile>>, EngineError> {
    if !probe.head.starts_with(b"PAR1") {
        return Ok(None);
    }
    let file = probe.file.clone();
    let damaged = |error: PolarsError| file.damaged(&error);
    let mut reader = ParquetReader::new(BufReader::new(file.open()?).into_inner());
    let footer = Arc::clone(reader.get_metadata().map_err(damaged)?);
    let schema = reader.schema().map_err(damaged)?;
    let metadata = footer.key_value_metadata().iter().flatten();
    let pandas = metadata.filter(|entry| entry.key == "pandas").find_map(|entry| entry.value.as_deref());
    let columns = convert::stored_columns(&schema, pandas);
    file.require_different_names(&columns)?;
    let bare_footer = FileMetadata { row_groups: Vec::new(), ..FileMetadata::clone(&footer) };
    Ok(Some(Box::new(ParquetFile { file, columns, schema, footer, bare_footer })))
}

impl TableFile for ParquetFile {
    fn file(&self) -> &DataFile {
        &self.file
    }

    fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    fn rows(&self) -> Option<u64> {
        Some(self.footer.num_rows as u64)
    }

    fn chunk_count(&self) -> Option<usize> {
        Some(self.footer.row_groups.len())
    }

    fn chunks(&self) -> Result<Chunks<'_>, EngineError> {
        let groups = 0..self.footer.row_groups.len();
        Ok(Box::new(groups.map(|group| Ok(Box::new(RowGroup { parquet: self, group }) as Box<dyn Chunk>))))
    }

    fn first_rows(&self, most: usize) -> Result<TextColumns, EngineError> {
        let readable = self.columns.iter().enumerate().filter(|(_, column)| column.stored != Stored::Other);
        let mut reader = ParquetReader::new(self.file.open()?)
            .with_slice(Some((0, most)))
            .with_projection(Some(readable.map(|(at, _)| at).collect()));
        reader.set_metadata(Arc::clone(&self.footer));
        let frame = reader.finish().map_err(|error| self.file.damaged(&error))?;
        let series = frame.columns().iter().map(|column| column.as_materialized_series());
        series.map(convert::named_texts).collect::<Result<_, _>>().map_err(|error| self.file.damaged(&error))
    }
}

struct RowGroup<'f> {
    parquet: &'f ParquetFile,
    group: usize,
}

impl RowGroup<'_> {
    fn rows(&self) -> usize {
        self.parquet.footer.row_groups[self.group].num_rows()
    }
}

impl Chunk for RowGroup<'_> {
    fn records(&self) -> u64 {
        self.rows() as u64
    }

    fn field_ranges(&self, fields: &[Field]) -> Vec<Range<usize>> {
        let at_once = (DECODED / 8 / self.rows().max(1)).max(1);
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

    fn decode(
        &self,
        fields: &[Field],
        _: &mut [Dictionary],
        in_parallel: bool,
    ) -> Result<(usize, Decoded), EngineError> {
        let ParquetFile { file, schema, footer, bare_footer, .. } = self.parquet;
        let readable = |at: &usize| self.parquet.columns[*at].stored != Stored::Other;
        let mut wanted: Vec<usize> =
            fields.iter().filter_map(|f| schema.index_of(&f.column)).filter(readable).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok((self.rows(), Decoded::Series(vec![None; fields.len()])));
        }
        let metadata = &footer.row_groups[self.group];
        let only = FileMetadata {
            num_rows: metadata.num_rows(),
            row_groups: vec![metadata.clone()],
            ..FileMetadata::clone(bare_footer)
        };
        let strategy = if in_parallel { ParallelStrategy::Columns } else { ParallelStrategy::None };
        let mut reader =
            ParquetReader::new(file.open()?).read_parallel(strategy).with_projection(Some(wanted));
        reader.set_metadata(Arc::new(only));
        let frame = reader.finish().map_err(|error| file.damaged(&error))?;
        let find = |field: &Field| {
            frame.column(&field.column).ok().map(|column| column.as_materialized_series().clone())
        };
        Ok((self.rows(), Decoded::Series(fields.iter().map(find).collect())))
    }
}
