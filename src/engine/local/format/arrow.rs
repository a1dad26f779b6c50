//! Arrow IPC files and streams; a chunk is a batch.

use std::{collections::HashMap, fs::File, io::BufReader};

use polars::prelude::{ArrowField, ArrowSchema, PlSmallStr, PolarsError, PolarsResult, Series};
use polars_arrow::io::ipc::read as ipc;

use super::{
    probe::Probe,
    table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns},
};
use crate::{
    engine::{
        EngineError,
        fields::{Field, StoredColumn},
        local::{convert, nested},
    },
    summary::values::Dictionary,
};

#[derive(Debug)]
struct ArrowFile {
    file: DataFile,
    /// Whether it is a stream, which has no footer.
    is_stream: bool,
    columns: Vec<StoredColumn>,
}

/// Recognises a file by Arrow's magic bytes, or by the marker of a stream's first message.
pub(super) fn recognise(probe: &Probe<'_>) -> Result<Option<Box<dyn TableFile>>, EngineError> {
    let is_stream = probe.head.starts_with(&[0xff, 0xff, 0xff, 0xff]);
    if !is_stream && !probe.head.starts_with(b"ARROW1") {
        return Ok(None);
    }
    let file = probe.file.clone();
    let mut handle = file.open()?;
    let schema = if is_stream {
        let metadata = ipc::read_stream_metadata(&mut BufReader::new(handle));
        metadata.map(|m| (m.schema.clone(), m.ipc_schema.fields.len()))
    } else {
        let metadata = ipc::read_file_metadata(&mut handle);
        metadata.map(|m| (ArrowSchema::clone(&m.schema), m.ipc_schema.fields.len()))
    };
    let (schema, fields) = schema.map_err(|error| file.damaged(&error))?;
    let pandas = schema.metadata().get("pandas").map(PlSmallStr::as_str);
    let leaves: Vec<ArrowField> = schema.iter_values().flat_map(nested::fields).collect();
    let columns = convert::stored_columns(leaves.iter(), pandas);
    file.require_different_names(&columns)?;
    if schema.len() < fields {
        return Err(file.unknown_format(
            "two of its columns have the same name: rename or drop one of the two where the file is written",
        ));
    }
    Ok(Some(Box::new(ArrowFile { file, is_stream, columns })))
}

impl TableFile for ArrowFile {
    fn file(&self) -> &DataFile {
        &self.file
    }

    fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    fn chunks(&self) -> Result<Chunks<'_>, EngineError> {
        let mut batches = self.batches()?;
        let next = move || match batches.next_batch() {
            Ok(batch) => batch.map(|columns| Ok(Box::new(Batch { columns }) as Box<dyn Chunk>)),
            Err(error) => Some(Err(self.file.damaged(&error))),
        };
        Ok(Box::new(std::iter::from_fn(next)))
    }

    fn first_rows(&self, most: usize) -> Result<TextColumns, EngineError> {
        let damaged = |error: PolarsError| self.file.damaged(&error);
        let batch = self.batches()?.next_batch().map_err(damaged)?.unwrap_or_default();
        let series = batch.iter().map(|series| series.head(Some(most)));
        series.map(|series| convert::named_texts(&series)).collect::<Result<_, _>>().map_err(damaged)
    }
}

impl ArrowFile {
    fn batches(&self) -> Result<Batches, EngineError> {
        Batches::open(self.file.open()?, self.is_stream).map_err(|error| self.file.damaged(&error))
    }
}

/// Reads batch after batch.
enum Batches {
    File(Box<ipc::FileReader<BufReader<File>>>),
    Stream(Box<ipc::StreamReader<BufReader<File>>>),
}

impl Batches {
    fn open(file: File, is_stream: bool) -> PolarsResult<Self> {
        let mut reader = BufReader::new(file);
        if is_stream {
            let metadata = ipc::read_stream_metadata(&mut reader)?;
            Ok(Self::Stream(Box::new(ipc::StreamReader::new(reader, metadata, None))))
        } else {
            let metadata = ipc::read_file_metadata(&mut reader)?;
            Ok(Self::File(Box::new(ipc::FileReader::new(reader, metadata, None, None))))
        }
    }

    /// Returns the columns of the next batch, if there is one.
    fn next_batch(&mut self) -> PolarsResult<Option<Vec<Series>>> {
        let (batch, schema) = match self {
            Self::File(reader) => {
                let Some(batch) = reader.next() else {
                    return Ok(None);
                };
                (batch?, reader.schema().clone())
            }
            Self::Stream(reader) => match reader.next() {
                Some(Ok(ipc::StreamState::Some(batch))) => (batch, reader.metadata().schema.clone()),
                Some(Err(error)) => return Err(error),
                Some(Ok(ipc::StreamState::Waiting)) | None => return Ok(None),
            },
        };
        let columns = schema.iter_values().zip(batch.into_arrays());
        columns
            .flat_map(|(field, array)| nested::columns(field, vec![array]))
            .filter(|(field, _)| convert::can_be_decoded(field.dtype()))
            .map(|(field, arrays)| convert::series(&field, arrays))
            .collect::<PolarsResult<_>>()
            .map(Some)
    }
}

struct Batch {
    columns: Vec<Series>,
}

impl Batch {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }
}

impl Chunk for Batch {
    fn records(&self) -> u64 {
        self.rows() as u64
    }

    fn decode(
        &self,
        fields: &[Field],
        _: &mut [Dictionary],
        _: bool,
    ) -> Result<(usize, Decoded), EngineError> {
        let named: HashMap<&str, &Series> = self.columns.iter().map(|c| (c.name().as_str(), c)).collect();
        let find = |field: &Field| named.get(field.column.as_str()).map(|column| (*column).clone());
        Ok((self.rows(), Decoded::Series(fields.iter().map(find).collect())))
    }
}
