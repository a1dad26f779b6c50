//! CSV and TSV (RFC 4180): header, types, and the records of a chunk.

use std::borrow::Cow;

use super::{
    probe::Probe,
    table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns},
    text::{self, Compression, TextChunk},
    type_guess::TypeGuess,
};
use crate::{
    engine::{
        EngineError, export,
        fields::{Field, StoredColumn},
    },
    summary::values::{Collector, Dictionary, Values},
    text::formula,
};

#[derive(Debug)]
struct CsvFile {
    file: DataFile,
    compression: Compression,
    separator: u8,
    /// As the header names them.
    columns: Vec<StoredColumn>,
    /// Whether coroner wrote it for people's spreadsheets, with an apostrophe before what begins like a formula.
    is_escaped: bool,
}

/// Text that is nothing else.
pub(super) fn recognise(probe: &Probe) -> Result<Option<Box<dyn TableFile>>, EngineError> {
    let start = probe.text()?;
    if start.first_character() == Some(b'<') {
        return Err(probe.file.unknown_format("it begins like HTML or XML"));
    }
    let file = probe.file.clone();
    let (separator, mut columns) = layout(&start.windows, probe.name().contains(".tsv"), &file)?;
    let is_escaped = columns.iter().any(|column| export::MARKS.contains(&column.name.as_str()));
    if is_escaped {
        columns.iter_mut().for_each(|column| column.name = formula::plain(&column.name).to_owned());
    }
    Ok(Some(Box::new(CsvFile { file, compression: start.compression, separator, columns, is_escaped })))
}

impl TableFile for CsvFile {
    fn file(&self) -> &DataFile {
        &self.file
    }

    fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    fn most_chunks(&self) -> Option<usize> {
        Some(text::most_chunks(&self.file))
    }

    fn chunks(&self) -> Result<Chunks<'_>, EngineError> {
        text::chunks(&self.file, self.compression, true, |text| CsvChunk { csv: self, text })
    }

    fn first_rows(&self, most: usize) -> Result<TextColumns, EngineError> {
        let bytes = text::first_window(&self.file, self.compression)?;
        let mut columns: TextColumns =
            self.columns.iter().map(|column| (column.name.clone(), Vec::new())).collect();
        let mut records = Records::new(&bytes, self.separator);
        let mut parts = Vec::new();
        while records.next(&mut parts) && parts.is_empty() {}
        let mut rows = 0;
        while rows < most && records.next(&mut parts) {
            if parts.len() == columns.len() {
                rows += 1;
                for ((_, texts), &part) in columns.iter_mut().zip(&parts) {
                    texts.push((part.0 < part.1).then(|| records.text(part).into_owned()));
                }
            }
        }
        Ok(columns)
    }
}

/// Finds the separator, and the names and types of the columns.
fn layout(windows: &[Vec<u8>], tabs: bool, file: &DataFile) -> Result<(u8, Vec<StoredColumn>), EngineError> {
    let Some(first) = windows.first() else {
        return Err(file.empty());
    };
    let line = &first[..memchr::memchr(b'\n', first).unwrap_or(first.len())];
    let count = |separator: u8| memchr::memchr_iter(separator, line).count();
    let mut separator = if tabs { b'\t' } else { b',' };
    for other in [b',', b';', b'\t', b'|'] {
        if count(other) > count(separator) {
            separator = other;
        }
    }
    let mut fields = Vec::new();
    let mut records = Records::new(first, separator);
    while records.next(&mut fields) && fields.is_empty() {}
    let names: Vec<String> = fields.iter().map(|&field| records.text(field).trim().to_owned()).collect();
    if let Some(twice) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
        return Err(file.broken_line(1, format!("two columns are named {:?}", names[twice])));
    }
    let mut guesses = vec![TypeGuess::default(); names.len()];
    let mut look = |records: &mut Records<'_>| {
        while records.next(&mut fields) {
            if fields.len() == guesses.len() {
                for (&field, guess) in fields.iter().zip(&mut guesses) {
                    if field.0 < field.1 {
                        guess.text(&records.text(field));
                    }
                }
            }
        }
    };
    look(&mut records);
    windows.iter().skip(1).for_each(|window| look(&mut Records::new(window, separator)));
    let column = |(name, guess): (&String, &TypeGuess)| {
        let (stored, type_name) = guess.stored();
        StoredColumn { name: name.clone(), type_name: type_name.to_owned(), stored }
    };
    let columns = names.iter().zip(&guesses).map(column).collect();
    Ok((separator, columns))
}

/// Splits records into fields.
struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    separator: u8,
    /// Line breaks before `at`.
    lines: u64,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8], separator: u8) -> Self {
        Self { bytes, at: 0, separator, lines: 0 }
    }

    /// Reads the next record into `fields` (start, end, quoted); false at the end. A blank line has no field.
    fn next(&mut self, fields: &mut Vec<(usize, usize, bool)>) -> bool {
        fields.clear();
        let bytes = self.bytes;
        if self.at >= bytes.len() {
            return false;
        }
        loop {
            let start = self.at;
            if bytes.get(start) == Some(&b'"') {
                let mut from = start + 1;
                let end = loop {
                    match memchr::memchr(b'"', &bytes[from..]) {
                        None => break bytes.len(),
                        Some(at) if bytes.get(from + at + 1) == Some(&b'"') => from += at + 2,
                        Some(at) => break from + at,
                    }
                };
                self.lines += memchr::memchr_iter(b'\n', &bytes[start..end]).count() as u64;
                // What stands between the closing quote and the separator is dropped, as it means nothing.
                let after = (end + 1).min(bytes.len());
                let rest = memchr::memchr2(self.separator, b'\n', &bytes[after..]);
                fields.push((start + 1, end, true));
                self.at = rest.map_or(bytes.len(), |at| after + at);
            } else {
                let stop = memchr::memchr2(self.separator, b'\n', &bytes[start..]);
                let stop = stop.map_or(bytes.len(), |at| start + at);
                let mut end = stop;
                if bytes.get(stop) != Some(&self.separator) && end > start && bytes[end - 1] == b'\r' {
                    end -= 1;
                }
                fields.push((start, end, false));
                self.at = stop;
            }
            match bytes.get(self.at) {
                Some(&b) if b == self.separator => self.at += 1,
                Some(_) => {
                    self.at += 1;
                    self.lines += 1;
                    break;
                }
                None => break,
            }
            if self.at == bytes.len() {
                // The record ends in a separator at the end of the file: one more empty field.
                fields.push((self.at, self.at, false));
                break;
            }
        }
        if let [(start, end, false)] = fields.as_slice()
            && start == end
        {
            fields.clear();
        }
        true
    }

    fn text(&self, (start, end, quoted): (usize, usize, bool)) -> Cow<'a, str> {
        let text = String::from_utf8_lossy(&self.bytes[start..end]);
        if quoted && text.contains('"') { text.replace("\"\"", "\"").into() } else { text }
    }
}

/// Some records of a file.
struct CsvChunk<'f> {
    csv: &'f CsvFile,
    text: TextChunk,
}

impl Chunk for CsvChunk<'_> {
    fn records(&self) -> u64 {
        self.text.records
    }

    fn header_records_before(&self) -> u64 {
        u64::from(!self.text.is_first)
    }

    fn decode(
        &self,
        fields: &[Field],
        dictionaries: &mut [Dictionary],
        _: bool,
    ) -> Result<(usize, Decoded), EngineError> {
        let CsvFile { file, separator, columns: known, is_escaped, .. } = self.csv;
        let place = |field: &Field| known.iter().position(|column| column.name == field.column);
        let places: Vec<Option<usize>> = fields.iter().map(place).collect();
        let expected = self.text.records as usize;
        let mut columns: Vec<Collector> = fields.iter().map(|f| Collector::new(f.form, expected)).collect();
        let mut records = Records::new(&self.text.bytes, *separator);
        let mut parts = Vec::with_capacity(known.len());
        let mut rows = 0;
        if self.text.is_first {
            while records.next(&mut parts) && parts.is_empty() {}
        }
        loop {
            let line = self.text.line + records.lines;
            if !records.next(&mut parts) {
                break;
            }
            if parts.is_empty() && known.len() > 1 {
                continue;
            }
            if parts.is_empty() {
                parts.push((0, 0, false));
            }
            if parts.len() != known.len() {
                let reason = format!("it has {} fields, the header has {}", parts.len(), known.len());
                return Err(file.broken_line(line, reason));
            }
            rows += 1;
            for ((column, place), dictionary) in columns.iter_mut().zip(&places).zip(dictionaries.iter_mut())
            {
                let Some(place) = *place else { continue };
                let part = parts[place];
                if part.0 == part.1 {
                    column.missing();
                } else {
                    let text = records.text(part);
                    column.text(if *is_escaped { formula::plain(&text) } else { &text }, dictionary);
                }
            }
        }
        let absent = places.iter().map(Option::is_none);
        let values = columns.into_iter().zip(absent);
        let values = values.map(|(c, gone)| if gone { Values::Absent } else { c.finish() });
        Ok((rows, Decoded::Values(values.collect())))
    }
}
