//! CSV and TSV (RFC 4180): the records of a chunk; [`super::header`] infers the layout.

use std::collections::HashMap;

use super::{
    foreign,
    header::{Layout, layout, next_record, repeats},
    probe::Probe,
    records::{Part, Records},
    table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns, Told},
    text::{self, TextChunk, TextForm},
};
use crate::{
    engine::{
        EngineError, export,
        fields::{Field, StoredColumn},
    },
    summary::values::{Collector, Dictionary, TextStyle, Values},
    text::formula,
};

#[derive(Debug)]
struct CsvFile {
    file: DataFile,
    form: TextForm,
    separator: u8,
    /// Number of records before the header, and of those below it that are no rows.
    preamble: usize,
    units: usize,
    /// Whether a blank follows every separator.
    is_padded: bool,
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
    if let Some(told) = start.windows.first().and_then(|window| foreign::log_lines(window)) {
        return Err(file.unknown_format(told));
    }
    let tabs = probe.name().contains(".tsv");
    let Layout { separator, preamble, units, is_padded, mut columns, mut told } =
        layout(&start.windows, tabs, &file, probe.rules)?;
    told.notes.splice(0..0, start.note.clone());
    let is_escaped = columns.iter().any(|column| export::MARKS.contains(&column.name.as_str()));
    if is_escaped {
        columns.iter_mut().for_each(|column| column.name = formula::plain(&column.name).to_owned());
    }
    let form = start.form;
    let csv = CsvFile { file, form, separator, preamble, units, is_padded, columns, told, is_escaped };
    Ok(Some(Box::new(csv)))
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
        (0..=self.preamble + self.units).for_each(|_| next_record(&mut records, &mut parts));
        let mut rows = 0;
        while rows < most && records.next(&mut parts) {
            if parts.len() == columns.len() && !self.repeats_header(&records, &parts) {
                rows += 1;
                for ((_, texts), &part) in columns.iter_mut().zip(&parts) {
                    let text = (!part.is_empty()).then(|| self.plain(&records.text(part)).to_owned());
                    texts.push(text.filter(|text| !text.is_empty()));
                }
            }
        }
        Ok(columns)
    }
}

impl CsvFile {
    /// Whether a record is the header once more. The first field decides for nearly every row.
    fn repeats_header(&self, records: &Records<'_>, parts: &[Part]) -> bool {
        !self.is_escaped && repeats(&self.columns, records, parts)
    }

    /// A field without what the file's writer put before it.
    fn plain<'t>(&self, text: &'t str) -> &'t str {
        let text = if self.is_padded { text.trim_start_matches(' ') } else { text };
        if self.is_escaped { formula::plain(text) } else { text }
    }
}

/// The beginning of a text for a message.
fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let begin: String = text.chars().take(MOST).collect();
    if begin.len() < text.len() { format!("{begin}…") } else { begin }
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
        if self.text.is_first { 0 } else { 1 + (self.csv.preamble + self.csv.units) as u64 }
    }

    fn decode(
        &self,
        fields: &[Field],
        dictionaries: &mut [Dictionary],
        _: bool,
    ) -> Result<(usize, Decoded), EngineError> {
        let CsvFile { file, separator, columns: known, .. } = self.csv;
        text::require_utf_8(file, &self.text.bytes, self.text.line)?;
        // By name: a search for each field would take long in a wide file.
        let named: HashMap<&str, usize> =
            known.iter().enumerate().map(|(at, column)| (column.name.as_str(), at)).collect();
        let place = |field: &Field| named.get(field.column.as_str()).copied();
        let places: Vec<Option<usize>> = fields.iter().map(place).collect();
        let expected = self.text.records as usize;
        let reading = |place: &Option<usize>| place.map_or_else(TextStyle::default, |at| known[at].reading);
        let mut columns: Vec<Collector> = fields
            .iter()
            .zip(&places)
            .map(|(field, place)| Collector::new(field.form, expected).reading(reading(place)))
            .collect();
        let mut records = Records::new(&self.text.bytes, *separator);
        let mut parts = Vec::with_capacity(known.len());
        let mut rows = 0;
        if self.text.is_first {
            (0..=self.csv.preamble + self.csv.units).for_each(|_| next_record(&mut records, &mut parts));
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
                let alone = match parts[..] {
                    [part] => format!(" ({:?})", shortened(&records.text(part))),
                    _ => String::new(),
                };
                let reason = format!("it has {} fields{alone}, the header has {}", parts.len(), known.len());
                return Err(file.broken_line(
                    line,
                    reason,
                    "an open quote, a missing separator, or a remark of an export",
                ));
            }
            if self.csv.repeats_header(&records, &parts) {
                continue;
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
                    column.text(self.csv.plain(&text), dictionary);
                }
            }
        }
        let absent = places.iter().map(Option::is_none);
        let values = columns.into_iter().zip(absent);
        let values = values.map(|(c, gone)| if gone { Values::Absent } else { c.finish() });
        Ok((rows, Decoded::Values(values.collect())))
    }
}
