//! Parquet; a chunk is a row group, whose columns are read one by one.

use std::{
    collections::HashMap,
    io::{BufReader, Cursor, Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use polars::prelude::{ArrowDataType, ArrowField, ArrowSchema, DataType, PolarsError, Series};
use polars_buffer::Buffer;
use polars_parquet::{
    parquet::statistics::Statistics,
    read::{
        BasicDecompressor, FileMetadata, Filter, PageReader, column_iter_to_arrays, infer_schema,
        read_metadata,
    },
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
        local::{convert, nested},
    },
    summary::values::Dictionary,
};

/// Maximum bytes of decoded columns per thread; of larger row groups, a few columns are read at a time.
const DECODED: usize = 8 << 20;

#[derive(Debug)]
struct ParquetFile {
    file: DataFile,
    /// The columns: the fields of the schema, with those of records in place of the records.
    columns: Vec<StoredColumn>,
    /// The place of each column by its name.
    places: HashMap<String, usize>,
    /// The first of the columns of each field of the schema.
    first: Vec<usize>,
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
    let (mut leaves, mut first) = (Vec::new(), Vec::new());
    for field in schema.iter_values() {
        first.push(leaves.len());
        leaves.extend(nested::fields(field));
    }
    let columns = convert::stored_columns(leaves.iter(), pandas);
    file.require_different_names(&columns)?;
    let places = columns.iter().enumerate().map(|(at, column)| (column.name.clone(), at)).collect();
    Ok(Some(Box::new(ParquetFile { file, columns, places, first, schema, footer })))
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

    /// The footer has the least and the greatest text of each part of a column.
    fn may_begin_with(&self, column: usize, characters: &[u8]) -> bool {
        let field = self.schema.get_at_index(self.field_of(column));
        let group = self.footer.row_groups.first();
        let parts = group.zip(field).and_then(|(group, (name, _))| group.columns_under_root_iter(name));
        let Some(part) = parts.into_iter().flatten().next().filter(|_| self.is_plain(column)) else {
            return false;
        };
        match part.statistics(&self.footer.footer_buf) {
            Some(Ok(Statistics::Binary(known))) => {
                known.min_value.zip(known.max_value).is_none_or(|(least, greatest)| {
                    let within = |c: &u8| least.first() <= Some(c) && Some(c) <= greatest.first();
                    characters.iter().any(within)
                })
            }
            _ => true,
        }
    }

    fn chunks(&self) -> Result<Chunks<'_>, EngineError> {
        let groups = 0..self.footer.row_groups.len();
        Ok(Box::new(groups.map(|group| Ok(Box::new(RowGroup::new(self, group)) as Box<dyn Chunk>))))
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
        let is_wanted =
            |at: usize| self.columns[at].stored != Stored::Other && wanted(&self.columns[at].name);
        let mut fields: Vec<usize> =
            (0..self.columns.len()).filter(|&at| is_wanted(at)).map(|at| self.field_of(at)).collect();
        fields.dedup();
        let mut found: TextColumns = Vec::new();
        let mut left = most;
        for group in 0..self.footer.row_groups.len() {
            let mut group = RowGroup::new(self, group);
            let whole = group.rows();
            group.within = 0..left.min(whole);
            let mut place = 0;
            for &field in &fields {
                for (within, series) in group.columns(field)?.into_iter().enumerate() {
                    let Some(series) = series.filter(|_| is_wanted(self.first[field] + within)) else {
                        continue;
                    };
                    let (name, texts) =
                        convert::named_texts(&series).map_err(|error| self.file.damaged(&error))?;
                    match found.get_mut(place) {
                        Some((_, known)) => known.extend(texts),
                        None => found.push((name, texts)),
                    }
                    place += 1;
                }
            }
            left -= group.rows();
            if left == 0 {
                break;
            }
        }
        Ok(found)
    }

    /// Whether a column is a field of the schema, and not one within its records.
    fn is_plain(&self, column: usize) -> bool {
        let field = self.schema.get_at_index(self.field_of(column));
        field.is_some_and(|(name, _)| name.as_str() == self.columns[column].name)
    }

    /// The field of the schema that a column is, or lies in.
    fn field_of(&self, column: usize) -> usize {
        self.first.partition_point(|&first| first <= column) - 1
    }
}

struct RowGroup<'f> {
    parquet: &'f ParquetFile,
    group: usize,
    /// The rows of the group that are read.
    within: Range<usize>,
}

impl<'f> RowGroup<'f> {
    fn new(parquet: &'f ParquetFile, group: usize) -> Self {
        Self { parquet, group, within: 0..parquet.footer.row_groups[group].num_rows() }
    }

    fn rows(&self) -> usize {
        self.within.len()
    }

    /// Decodes a field of the schema: one column, or those of its records in order; none for one of another type than columns
    /// can have.
    ///
    /// Its bytes are copied to our own memory. The library's reader would map the file, and truncating a
    /// mapped file kills the process.
    fn columns(&self, index: usize) -> Result<Vec<Option<Series>>, EngineError> {
        let ParquetFile { file, schema, footer, .. } = self.parquet;
        let Some((name, field)) = schema.get_at_index(index) else {
            return Err(file.damaged(&"a column is missing"));
        };
        let field = &in_full(field);
        let group = &footer.row_groups[self.group];
        let Some(parts) = group.columns_under_root_iter(name) else {
            let missing = |field: ArrowField| {
                let dtype = match field.dtype() {
                    ArrowDataType::Float16 => DataType::Float32,
                    dtype if !convert::can_be_decoded(dtype) => return None,
                    _ => DataType::from_arrow_field(&field),
                };
                Some(Series::full_null(field.name, self.rows(), &dtype))
            };
            return Ok(nested::fields(field).into_iter().map(missing).collect());
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
        let is_part = self.rows() < group.num_rows();
        let part = is_part.then(|| Filter::new_ranged(self.within.start, self.within.end));
        let (arrays, _) = column_iter_to_arrays(pages, types, field.clone(), part).map_err(damaged)?;
        let mut columns = Vec::new();
        for (field, arrays) in nested::columns(field, arrays) {
            if !convert::can_be_decoded(field.dtype()) {
                columns.push(None);
                continue;
            }
            let series = convert::series(&field, arrays).map_err(damaged)?;
            if series.len() != self.rows() {
                return Err(file.damaged(&"a column has another number of rows than the footer says"));
            }
            columns.push(Some(series));
        }
        Ok(columns)
    }
}

/// The field with its texts in full, where it is a category: we number texts ourselves, as they are met.
fn in_full(field: &ArrowField) -> ArrowField {
    let is_text = |values: &ArrowDataType| {
        matches!(values, ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View)
    };
    match field.dtype() {
        ArrowDataType::Dictionary(_, values, _) if is_text(values) => {
            ArrowField::new(field.name.clone(), ArrowDataType::Utf8View, field.is_nullable)
        }
        _ => field.clone(),
    }
}

impl Chunk for RowGroup<'_> {
    fn records(&self) -> u64 {
        self.rows() as u64
    }

    /// Pages without any of these rows are not unpacked.
    fn narrow(&mut self, within: Range<u64>) -> bool {
        let end = (within.end as usize).min(self.within.end);
        self.within = (within.start as usize).min(end)..end;
        true
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
        let ParquetFile { columns: known, places, first, .. } = self.parquet;
        let place = |field: &Field| {
            let at = *places.get(&field.column)?;
            (known[at].stored != Stored::Other).then_some(at)
        };
        let mut wanted: Vec<usize> =
            fields.iter().filter_map(place).map(|at| self.parquet.field_of(at)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let read = |&index: &usize| self.columns(index);
        let mut columns: Vec<Vec<Option<Series>>> = if in_parallel {
            wanted.par_iter().map(read).collect::<Result<_, _>>()?
        } else {
            wanted.iter().map(read).collect::<Result<_, _>>()?
        };
        // Looked up by name, and moved out on the last use, so that its memory can be reused.
        let mut left = fields.len();
        let find = |field: &Field| {
            left -= 1;
            let column = place(field)?;
            let of_field = self.parquet.field_of(column);
            let at = wanted.binary_search(&of_field).ok()?;
            let series = &mut columns[at][column - first[of_field]];
            let again = fields[fields.len() - left..].iter().any(|other| other.column == field.column);
            if again { series.clone() } else { series.take() }
        };
        Ok((self.rows(), Decoded::Series(fields.iter().map(find).collect())))
    }
}
