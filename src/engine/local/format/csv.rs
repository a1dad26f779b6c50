//! CSV and TSV (RFC 4180): header, types, and the records of a chunk.

use std::collections::HashMap;

use super::{
    probe::Probe,
    records::{Part, Records},
    table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns, Told},
    text::{self, TextChunk, TextForm},
    type_guess::{TypeGuess, stored_columns},
};
use crate::{
    case::ReadRules,
    engine::{
        EngineError, export,
        fields::{Field, StoredColumn},
    },
    summary::values::{Collector, Dictionary, Reading, Values},
    text::formula,
};

#[derive(Debug)]
struct CsvFile {
    file: DataFile,
    form: TextForm,
    separator: u8,
    /// Number of records before the header.
    preamble: usize,
    /// Columns, as named by the header.
    columns: Vec<StoredColumn>,
    told: Told,
    /// Whether coroner wrote it, with an apostrophe before texts that begin like a formula.
    is_escaped: bool,
}

/// Accepts any text that no other format recognised.
pub(super) fn recognise(probe: &Probe<'_>) -> Result<Option<Box<dyn TableFile>>, EngineError> {
    let start = probe.text()?;
    if start.first_character() == Some(b'<') {
        return Err(probe.file.unknown_format("it begins like HTML or XML"));
    }
    let file = probe.file.clone();
    let tabs = probe.name().contains(".tsv");
    let Layout { separator, preamble, mut columns, mut told } =
        layout(&start.windows, tabs, &file, probe.rules)?;
    told.notes.splice(0..0, start.note.clone());
    let is_escaped = columns.iter().any(|column| export::MARKS.contains(&column.name.as_str()));
    if is_escaped {
        columns.iter_mut().for_each(|column| column.name = formula::plain(&column.name).to_owned());
    }
    Ok(Some(Box::new(CsvFile { file, form: start.form, separator, preamble, columns, told, is_escaped })))
}

impl TableFile for CsvFile {
    fn file(&self) -> &DataFile {
        &self.file
    }

    fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    fn told(&self) -> Told {
        self.told.clone()
    }

    fn most_chunks(&self) -> Option<usize> {
        Some(text::most_chunks(&self.file))
    }

    fn chunks(&self) -> Result<Chunks<'_>, EngineError> {
        text::chunks(&self.file, self.form, Some(self.separator), |text| CsvChunk { csv: self, text })
    }

    fn first_rows(&self, most: usize) -> Result<TextColumns, EngineError> {
        let bytes = text::first_window(&self.file, self.form)?;
        let mut columns: TextColumns =
            self.columns.iter().map(|column| (column.name.clone(), Vec::new())).collect();
        let mut records = Records::new(&bytes, self.separator);
        let mut parts = Vec::new();
        for _ in 0..=self.preamble {
            while records.next(&mut parts) && parts.is_empty() {}
        }
        let mut rows = 0;
        while rows < most && records.next(&mut parts) {
            if parts.len() == columns.len() {
                rows += 1;
                for ((_, texts), &part) in columns.iter_mut().zip(&parts) {
                    texts.push((!part.is_empty()).then(|| records.text(part).into_owned()));
                }
            }
        }
        Ok(columns)
    }
}

/// Candidate separators.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Number of records on which separators are tried.
const TRIED: usize = 50;

/// Detects the separator: the one that yields the most fields, with as many in nearly every record as in the
/// header.
///
/// * `usual`: the default if several or none qualify.
fn separator_of(text: &[u8], usual: u8) -> u8 {
    let mut fields = Vec::new();
    let mut rank = |separator: u8| {
        let mut records = Records::new(text, separator);
        let mut sizes = Vec::new();
        while sizes.len() < TRIED && records.next(&mut fields) {
            if !fields.is_empty() {
                sizes.push(fields.len());
            }
        }
        // The window may end within a record.
        if records.is_at_end() && sizes.len() > 2 {
            sizes.pop();
        }
        let header = sizes.first().copied().unwrap_or(1);
        let even = sizes.iter().filter(|size| **size == header).count() * 10 >= sizes.len() * 9;
        (header > 1 && even, header, separator == usual)
    };
    SEPARATORS.into_iter().max_by_key(|&separator| rank(separator)).unwrap_or(usual)
}

/// Skips the line `sep=;`, by which spreadsheets declare their separator, and returns the separator.
fn named_separator(text: &[u8]) -> Option<(u8, usize)> {
    let line = &text[..memchr::memchr(b'\n', text)?];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line.strip_prefix(b"sep=") {
        Some(&[separator]) => Some((separator, 1)),
        _ => None,
    }
}

/// Layout of a file, from its start: the separator, records before the header, and names, types and
/// formatting of the columns.
struct Layout {
    separator: u8,
    /// Number of records before the header: spreadsheets declare their separator there.
    preamble: usize,
    columns: Vec<StoredColumn>,
    told: Told,
}

fn layout(
    windows: &[Vec<u8>],
    tabs: bool,
    file: &DataFile,
    rules: &ReadRules,
) -> Result<Layout, EngineError> {
    let Some(first) = windows.first() else {
        return Err(file.empty());
    };
    let (named, preamble) =
        named_separator(first).map_or((None, 0), |(separator, lines)| (Some(separator), lines));
    let usual = if tabs { b'\t' } else { b',' };
    let separator = rules.separator.or(named).unwrap_or_else(|| separator_of(first, usual));
    let mut fields = Vec::new();
    let mut records = Records::new(first, separator);
    for _ in 0..=preamble {
        while records.next(&mut fields) && fields.is_empty() {}
    }
    let name = |(at, &part): (usize, &Part)| {
        let name = records.text(part).trim().to_owned();
        // pandas' name for an unnamed column: the index of a data frame, or the result of a trailing
        // separator.
        if name.is_empty() { format!("Unnamed: {at}") } else { name }
    };
    let names: Vec<String> = fields.iter().enumerate().map(name).collect();
    let mut guesses = vec![TypeGuess::default(); names.len()];
    let mut look = |records: &mut Records<'_>| {
        while records.next(&mut fields) {
            if fields.len() == guesses.len() {
                for (&field, guess) in fields.iter().zip(&mut guesses) {
                    if !field.is_empty() {
                        guess.text(&records.text(field));
                    }
                }
            }
        }
    };
    look(&mut records);
    windows.iter().skip(1).for_each(|window| look(&mut Records::new(window, separator)));
    let (columns, told) = stored_columns(names, &guesses, file, rules);
    file.require_different_names(&columns)?;
    Ok(Layout { separator, preamble, columns, told })
}

/// Consecutive records of a file.
struct CsvChunk<'f> {
    csv: &'f CsvFile,
    text: TextChunk,
}

impl Chunk for CsvChunk<'_> {
    fn records(&self) -> u64 {
        self.text.records
    }

    fn header_records_before(&self) -> u64 {
        if self.text.is_first { 0 } else { 1 + self.csv.preamble as u64 }
    }

    fn decode(
        &self,
        fields: &[Field],
        dictionaries: &mut [Dictionary],
        _: bool,
    ) -> Result<(usize, Decoded), EngineError> {
        let CsvFile { file, separator, columns: known, is_escaped, .. } = self.csv;
        text::require_utf_8(file, &self.text.bytes, self.text.line)?;
        // By name: a search for each field would take long in a wide file.
        let named: HashMap<&str, usize> =
            known.iter().enumerate().map(|(at, column)| (column.name.as_str(), at)).collect();
        let place = |field: &Field| named.get(field.column.as_str()).copied();
        let places: Vec<Option<usize>> = fields.iter().map(place).collect();
        let expected = self.text.records as usize;
        let reading = |place: &Option<usize>| place.map_or_else(Reading::default, |at| known[at].reading);
        let mut columns: Vec<Collector> = fields
            .iter()
            .zip(&places)
            .map(|(field, place)| Collector::new(field.form, expected).reading(reading(place)))
            .collect();
        let mut records = Records::new(&self.text.bytes, *separator);
        let mut parts = Vec::with_capacity(known.len());
        let mut rows = 0;
        if self.text.is_first {
            for _ in 0..=self.csv.preamble {
                while records.next(&mut parts) && parts.is_empty() {}
            }
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
                parts.push(Part::nothing(0));
            }
            if parts.len() != known.len() {
                let reason = format!("it has {} fields, the header has {}", parts.len(), known.len());
                return Err(file.broken_line(line, reason, "an open quote or a missing separator"));
            }
            rows += 1;
            for ((column, place), dictionary) in columns.iter_mut().zip(&places).zip(dictionaries.iter_mut())
            {
                let Some(place) = *place else { continue };
                let part = parts[place];
                if part.is_empty() {
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
