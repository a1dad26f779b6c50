//! Arrow IPC: files and streams, batch by batch.

use std::{fs::File, io::BufReader};

use polars::prelude::{ArrowSchema, DataType, PolarsResult, Series};
use polars_arrow::io::ipc::read as ipc;

use super::convert;
use crate::engine::{EngineError, fields::StoredColumn};

/// The columns of an Arrow schema.
pub(super) fn stored_columns(schema: &ArrowSchema) -> Vec<StoredColumn> {
    schema
        .iter()
        .map(|(name, field)| {
            let dtype = DataType::from_arrow_field(field);
            StoredColumn {
                name: name.to_string(),
                type_name: convert::type_name(&dtype),
                stored: convert::stored(&dtype),
            }
        })
        .collect()
}

fn damaged(shown: &str) -> impl Fn(polars::prelude::PolarsError) -> EngineError + '_ {
    |error| EngineError::Damaged { file: shown.to_owned(), reason: error.to_string() }
}

/// The columns of a file.
pub(super) fn columns(mut file: File, streamed: bool, shown: &str) -> Result<Vec<StoredColumn>, EngineError> {
    let schema = if streamed {
        ipc::read_stream_metadata(&mut BufReader::new(file)).map(|m| m.schema.clone())
    } else {
        ipc::read_file_metadata(&mut file).map(|m| ArrowSchema::clone(&m.schema))
    };
    Ok(stored_columns(&schema.map_err(damaged(shown))?))
}

/// Reads batch after batch.
pub(super) enum Batches {
    File(Box<ipc::FileReader<BufReader<File>>>),
    Stream(Box<ipc::StreamReader<BufReader<File>>>),
}

impl Batches {
    pub(super) fn open(file: File, streamed: bool, shown: &str) -> Result<Self, EngineError> {
        let mut reader = BufReader::new(file);
        if streamed {
            let metadata = ipc::read_stream_metadata(&mut reader).map_err(damaged(shown))?;
            Ok(Self::Stream(Box::new(ipc::StreamReader::new(reader, metadata, None))))
        } else {
            let metadata = ipc::read_file_metadata(&mut reader).map_err(damaged(shown))?;
            Ok(Self::File(Box::new(ipc::FileReader::new(reader, metadata, None, None))))
        }
    }

    /// The next batch as columns, if there is one.
    pub(super) fn next(&mut self, shown: &str) -> Result<Option<Vec<Series>>, EngineError> {
        self.next_batch().map_err(damaged(shown))
    }

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
        columns.map(|(field, array)| Series::try_from((field, array))).collect::<PolarsResult<_>>().map(Some)
    }
}
