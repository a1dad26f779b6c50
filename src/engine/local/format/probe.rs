//! The start of a file whose format is not known yet.

use std::{cell::OnceCell, path::PathBuf};

use super::{
    table_file::DataFile,
    text::{Compression, read_up_to, windows},
};
use crate::engine::EngineError;

/// Bytes that are looked at to tell formats apart.
const HEAD: usize = 64;

/// A file whose format is not known yet.
pub(super) struct Probe {
    pub file: DataFile,
    /// Its first bytes, as stored.
    pub head: Vec<u8>,
    text: OnceCell<TextStart>,
}

/// What a text file holds, seen from its start.
pub(super) struct TextStart {
    pub compression: Compression,
    /// Whole lines from the start of the file and, where it is not packed, from a few later places.
    pub windows: Vec<Vec<u8>>,
}

impl Probe {
    pub(super) fn open(path: PathBuf, shown: String) -> Result<Self, EngineError> {
        let mut file = DataFile { path, shown, bytes: 0, modified: None };
        let mut handle = file.open()?;
        let found = handle.metadata().map_err(|error| file.io_error(error))?;
        (file.bytes, file.modified) = (found.len(), found.modified().ok());
        if file.bytes == 0 {
            return Err(file.empty());
        }
        let mut head = vec![0; HEAD];
        let read = read_up_to(&mut handle, &mut head).map_err(|error| file.io_error(error))?;
        head.truncate(read);
        Ok(Self { file, head, text: OnceCell::new() })
    }

    /// Its name, in lower case.
    pub(super) fn name(&self) -> String {
        self.file.path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default()
    }

    /// The start of the file as text.
    ///
    /// # Errors
    /// If it cannot be unpacked, is blank, or is no text.
    pub(super) fn text(&self) -> Result<&TextStart, EngineError> {
        if let Some(start) = self.text.get() {
            return Ok(start);
        }
        let compression = Compression::of(&self.head);
        let start = TextStart { compression, windows: windows(&self.file, compression)? };
        if start.first_character().is_none() {
            return Err(self.file.empty());
        }
        if start.first_window().iter().take(4096).any(|&byte| byte == 0) {
            return Err(self.file.unknown_format("it is neither text nor Parquet nor Arrow"));
        }
        Ok(self.text.get_or_init(|| start))
    }
}

impl TextStart {
    /// The start of the file.
    pub(super) fn first_window(&self) -> &[u8] {
        self.windows.first().map_or(&[], Vec::as_slice)
    }

    /// The first byte that is not white space.
    pub(super) fn first_character(&self) -> Option<u8> {
        self.first_window().iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }
}
