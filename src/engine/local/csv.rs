//! CSV and TSV (RFC 4180): header, types, and the records of a piece.

use std::borrow::Cow;

use super::text::{Seen, TextPiece};
use crate::{
    engine::{
        EngineError,
        fields::{Field, StoredColumn},
    },
    summary::values::{Collector, Dictionary, Values},
};

/// What a file's header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub separator: u8,
    pub names: Vec<String>,
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

/// Finds the separator, the names and the types of the columns.
pub(super) fn layout(
    windows: &[Vec<u8>],
    tabs: bool,
    shown: &str,
) -> Result<(Layout, Vec<StoredColumn>), EngineError> {
    let Some(first) = windows.first() else {
        return Err(EngineError::Empty { file: shown.to_owned() });
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
    let broken = |reason: String| EngineError::BrokenLine { file: shown.to_owned(), line: 1, reason };
    if let Some(twice) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
        return Err(broken(format!("two columns are named {:?}", names[twice])));
    }
    let mut seen = vec![Seen::default(); names.len()];
    let mut look = |records: &mut Records<'_>| {
        while records.next(&mut fields) {
            if fields.len() == seen.len() {
                for (&field, seen) in fields.iter().zip(&mut seen) {
                    if field.0 < field.1 {
                        seen.text(&records.text(field));
                    }
                }
            }
        }
    };
    look(&mut records);
    windows.iter().skip(1).for_each(|window| look(&mut Records::new(window, separator)));
    let column = |(name, seen): (&String, &Seen)| {
        let (stored, type_name) = seen.stored();
        StoredColumn { name: name.clone(), type_name: type_name.to_owned(), stored }
    };
    let columns = names.iter().zip(&seen).map(column).collect();
    Ok((Layout { separator, names }, columns))
}

/// The values of a piece and the number of its rows.
pub(super) fn values(
    layout: &Layout,
    piece: &TextPiece,
    is_first: bool,
    fields: &[Field],
    dictionaries: &mut [Dictionary],
    shown: &str,
) -> Result<(usize, Vec<Values>), EngineError> {
    let place = |field: &Field| layout.names.iter().position(|name| *name == field.column);
    let places: Vec<Option<usize>> = fields.iter().map(place).collect();
    let expected = piece.records as usize;
    let mut columns: Vec<Collector> = fields.iter().map(|f| Collector::new(f.form, expected)).collect();
    let mut records = Records::new(&piece.bytes, layout.separator);
    let mut parts = Vec::with_capacity(layout.names.len());
    let mut rows = 0;
    if is_first {
        while records.next(&mut parts) && parts.is_empty() {}
    }
    loop {
        let line = piece.line + records.lines;
        if !records.next(&mut parts) {
            break;
        }
        if parts.is_empty() && layout.names.len() > 1 {
            continue;
        }
        if parts.is_empty() {
            parts.push((0, 0, false));
        }
        if parts.len() != layout.names.len() {
            return Err(EngineError::BrokenLine {
                file: shown.to_owned(),
                line,
                reason: format!("it has {} fields, the header has {}", parts.len(), layout.names.len()),
            });
        }
        rows += 1;
        for ((column, place), dictionary) in columns.iter_mut().zip(&places).zip(dictionaries.iter_mut()) {
            let Some(place) = *place else { continue };
            let part = parts[place];
            if part.0 == part.1 {
                column.missing();
            } else {
                column.text(&records.text(part), dictionary);
            }
        }
    }
    let absent = places.iter().map(Option::is_none);
    let values = columns.into_iter().zip(absent);
    Ok((rows, values.map(|(c, gone)| if gone { Values::Absent } else { c.finish() }).collect()))
}

/// The first rows of a piece as text, column by column.
pub(super) fn texts(layout: &Layout, bytes: &[u8], most: usize) -> Vec<Vec<Option<String>>> {
    let mut columns = vec![Vec::new(); layout.names.len()];
    let mut records = Records::new(bytes, layout.separator);
    let mut parts = Vec::new();
    while records.next(&mut parts) && parts.is_empty() {}
    let mut rows = 0;
    while rows < most && records.next(&mut parts) {
        if parts.len() == columns.len() {
            rows += 1;
            for (column, &part) in columns.iter_mut().zip(&parts) {
                column.push((part.0 < part.1).then(|| records.text(part).into_owned()));
            }
        }
    }
    columns
}
