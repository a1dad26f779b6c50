//! Parquet; a chunk is a row group, whose columns are read one by one.

use std::{
    io::{BufReader, Cursor, Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use polars::prelude::{ArrowDataType, ArrowSchema, DataType, PolarsError, Series};
use polars_buffer::Buffer;
use polars_parquet::read::{
    BasicDecompressor, FileMetadata, PageReader, column_iter_to_arrays, infer_schema, read_metadata,
};
use rayon::prelude::*;

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

/// Maximum bytes of decoded columns per thread; of larger row groups, a few columns are read at a time.
const DECODED: usize = 16 << 20;

#[derive(Debug)]
struct ParquetFile {
    file: DataFile,
    columns: Vec<StoredColumn>,
    schema: ArrowSchema,
    footer: FileMetadata,
}

/// Recognises a file by Parquet's magic bytes.
pub(super) fn recognise(probe: &Probe<'_>) -> Result<Option<Box<dyn TableFile>>, EngineError> {
    if !probe.head.starts_with(b"PAR1") {
        return Ok(None);
    }
    let file = probe.file.clone();
    let damaged = |error: PolarsError| file.damaged(&error);
    let footer = read_metadata(&mut BufReader::new(file.open()?)).map_err(damaged)?;
    let schema = infer_schema(&footer).map_err(damaged)?;
    let metadata = footer.key_value_metadata().iter().flatten();
    let pandas = metadata.filter(|entry| entry.key == "pandas").find_map(|entry| entry.value.as_deref());
    let columns = convert::stored_columns(&schema, pandas);
    file.require_different_names(&columns)?;
    Ok(Some(Box::new(ParquetFile { file, columns, schema, footer })))
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
        self.first_texts(most, |_| true)
    }

    /// A row group is long, and each column that is not asked for is a part of the file that is not read.
    fn first_rows_of(&self, most: usize, columns: &[&str]) -> Result<TextColumns, EngineError> {
        self.first_texts(most, |name| columns.contains(&name))
    }
}

impl ParquetFile {
    /// * `wanted`: whether a column is read, by its name.
    fn first_texts(&self, most: usize, wanted: impl Fn(&str) -> bool) -> Result<TextColumns, EngineError> {
        let readable = |at: &usize| {
            let column = &self.columns[*at];
            column.stored != Stored::Other && wanted(&column.name)
        };
        let mut found: TextColumns = Vec::new();
        let mut left = most;
        for group in 0..self.footer.row_groups.len() {
            let group = RowGroup { parquet: self, group };
            for (place, column) in (0..self.schema.len()).filter(readable).enumerate() {
                let series = group.column(column)?.head(Some(left));
                let (name, texts) =
                    convert::named_texts(&series).map_err(|error| self.file.damaged(&error))?;
                match found.get_mut(place) {
                    Some((_, known)) => known.extend(texts),
                    None => found.push((name, texts)),
                }
            }
            left -= left.min(group.rows());
            if left == 0 {
                break;
            }
        }
        Ok(found)
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

    /// Decodes a column of the schema.
    ///
    /// Its bytes are copied to our own memory. The library's reader would map the file, and truncating a
    /// mapped file kills the process.
    fn column(&self, index: usize) -> Result<Series, EngineError> {
        let ParquetFile { file, schema, footer, .. } = self.parquet;
        let Some((name, field)) = schema.get_at_index(index) else {
            return Err(file.damaged(&"a column is missing"));
        };
        let group = &footer.row_groups[self.group];
        let Some(parts) = group.columns_under_root_iter(name) else {
            let dtype = match field.dtype() {
                ArrowDataType::Float16 => DataType::Float32,
                _ => DataType::from_arrow_field(field),
            };
            return Ok(Series::full_null(name.clone(), self.rows(), &dtype));
        };
        let mut handle = file.open_unchanged()?;
        let (mut pages, mut types) = (Vec::new(), Vec::new());
        for part in parts {
            let range = part.byte_range();
            if range.end > file.bytes {
                return Err(file.damaged(&"a column reaches beyond the end of the file"));
            }
            let mut bytes = vec![0; (range.end - range.start) as usize];
            handle
                .seek(SeekFrom::Start(range.start))
                .and_then(|_| handle.read_exact(&mut bytes))
                .map_err(|error| file.unpacking_error(error))?;
            let reader = PageReader::new(Cursor::new(Buffer::from_vec(bytes)), part, Vec::new(), usize::MAX);
            pages.push(BasicDecompressor::new(reader, Vec::new()));
            types.push(&part.descriptor().descriptor.primitive_type);
        }
        let damaged = |error: PolarsError| file.damaged(&error);
        let (arrays, _) = column_iter_to_arrays(pages, types, field.clone(), None).map_err(damaged)?;
        let series = convert::series(field, arrays).map_err(damaged)?;
        if series.len() != self.rows() {
            return Err(file.damaged(&"a column has another number of rows than the footer says"));
        }
        Ok(series)
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
        let schema = &self.parquet.schema;
        let readable = |at: &usize| self.parquet.columns[*at].stored != Stored::Other;
        let mut wanted: Vec<usize> =
            fields.iter().filter_map(|f| schema.index_of(&f.column)).filter(readable).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let read = |&index: &usize| self.column(index);
        let columns: Vec<Series> = if in_parallel {
            wanted.par_iter().map(read).collect::<Result<_, _>>()?
        } else {
            wanted.iter().map(read).collect::<Result<_, _>>()?
        };
        // Looked up by name, and moved out on the last use, so that its memory can be reused.
        let mut columns: Vec<Option<Series>> = columns.into_iter().map(Some).collect();
        let mut left = fields.len();
        let find = |field: &Field| {
            left -= 1;
            let at = wanted.binary_search(&schema.index_of(&field.column)?).ok()?;
            let again = fields[fields.len() - left..].iter().any(|other| other.column == field.column);
            if again { columns[at].clone() } else { columns[at].take() }
        };
        Ok((self.rows(), Decoded::Series(fields.iter().map(find).collect())))
    }
}
