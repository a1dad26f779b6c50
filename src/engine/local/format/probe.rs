//! The start of a file whose format is unknown.

use std::{cell::OnceCell, path::PathBuf};

use super::{
    charset::{self, read_up_to},
    foreign,
    table_file::DataFile,
    text::{Compression, Objects, TextForm, stored_windows, windows},
};
use crate::{case::ReadRules, engine::EngineError};

/// Number of leading bytes used to distinguish formats.
const HEAD: usize = 64;

/// A file whose format is unknown.
pub(super) struct Probe<'r> {
    pub file: DataFile,
    /// The user's rules for reading text files.
    pub rules: &'r ReadRules,
    /// Its first bytes, as stored.
    pub head: Vec<u8>,
    text: OnceCell<TextStart>,
}

/// The start of a text file.
pub(super) struct TextStart {
    pub form: TextForm,
    /// A note on the character set, if it had to be detected.
    pub note: Option<String>,
    /// Whole lines from the start of the file and, unless it is compressed, from a few later places.
    pub windows: Vec<Vec<u8>>,
}

impl<'r> Probe<'r> {
    pub(super) fn open(path: PathBuf, shown: String, rules: &'r ReadRules) -> Result<Self, EngineError> {
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
        Ok(Self { file, rules, head, text: OnceCell::new() })
    }

    /// Returns its name, in lower case.
    pub(super) fn name(&self) -> String {
        self.file.path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default()
    }

    /// Returns the start of the file as text.
    ///
    /// # Errors
    /// If it cannot be decompressed, is blank, or is not text.
    pub(super) fn text(&self) -> Result<&TextStart, EngineError> {
        if let Some(start) = self.text.get() {
            return Ok(start);
        }
        if let Some(told) = foreign::told(&self.head, &self.name()) {
            return Err(self.file.unknown_format(&told));
        }
        let compression = Compression::of(&self.head);
        let stored = stored_windows(&self.file, compression)?;
        let charset = charset::detect(&stored, self.rules.encoding.as_deref(), &self.file)?;
        let mut form = TextForm {
            compression,
            encoding: charset.encoding,
            carriage_returns: false,
            objects: Objects::OnLines,
        };
        let mut texts = windows(&self.file, form, stored.clone())?;
        let lacks_lines = |text: &Vec<u8>| memchr::memchr(b'\n', text).is_none() && text.contains(&b'\r');
        if texts.first().is_some_and(lacks_lines) {
            form.carriage_returns = true;
            texts = windows(&self.file, form, stored)?;
        }
        let start = TextStart { form, note: charset.note, windows: texts };
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
    /// Returns the start of the file.
    pub(super) fn first_window(&self) -> &[u8] {
        self.windows.first().map_or(&[], Vec::as_slice)
    }

    /// Returns the first byte that is not white space.
    pub(super) fn first_character(&self) -> Option<u8> {
        self.first_window().iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }

    /// Whether the text begins with these characters, ignoring white space before and between them.
    pub(super) fn begins_with(&self, characters: &[u8]) -> bool {
        let text = self.first_window().iter().copied().filter(|byte| !byte.is_ascii_whitespace());
        text.take(characters.len()).eq(characters.iter().copied())
    }
}
