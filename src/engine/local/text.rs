//! Text files: unpacked as they are read, and cut into pieces where a record ends.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use polars::io::utils::compression::{ByteSourceReader, SupportedCompression};

use super::source::read_up_to;
use crate::{
    engine::fields::Stored,
    summary::values::{read_instant, read_number},
};

/// Bytes of one piece.
const PIECE: usize = 4 << 20;

/// Bytes of the windows from which the columns' types are read.
const WINDOW: usize = 1 << 20;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// By the first bytes of the file.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Unpacks while reading.
pub(super) struct Unpacked(ByteSourceReader<BufReader<File>>);

impl Unpacked {
    pub(super) fn open(path: &Path, compression: Compression) -> std::io::Result<Self> {
        let reader = BufReader::with_capacity(1 << 16, File::open(path)?);
        let compression = match compression {
            Compression::None => None,
            Compression::Gzip => Some(SupportedCompression::GZIP),
            Compression::Zstd => Some(SupportedCompression::ZSTD),
        };
        ByteSourceReader::try_new(reader, compression).map(Self).map_err(std::io::Error::other)
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match &mut self.0 {
            ByteSourceReader::UncompressedMemory { .. } => Ok(0),
            ByteSourceReader::UncompressedStream(reader) => reader.read(buffer),
            ByteSourceReader::Gzip(reader) => reader.read(buffer),
            ByteSourceReader::Zlib(reader) => reader.read(buffer),
            ByteSourceReader::Zstd(reader) => reader.read(buffer),
        }
    }
}

/// Parts of a file from which the columns' types are read: its start and, where it is not packed, a few later ones,
/// each of them whole lines.
pub(super) fn windows(path: &Path, compression: Compression, bytes: u64) -> std::io::Result<Vec<Vec<u8>>> {
    let mut reader = Unpacked::open(path, compression)?;
    let mut first = vec![0; WINDOW];
    let read = read_up_to(&mut reader, &mut first)?;
    first.truncate(read);
    if read == WINDOW {
        first.truncate(last_line_end(&first).unwrap_or(read));
    }
    if first.starts_with(&[0xef, 0xbb, 0xbf]) {
        first.drain(..3);
    }
    let mut windows = vec![first];
    if compression == Compression::None && bytes > 4 * WINDOW as u64 {
        let mut file = File::open(path)?;
        for quarter in 1..4 {
            file.seek(SeekFrom::Start(bytes * quarter / 4))?;
            let mut window = vec![0; WINDOW / 4];
            let read = read_up_to(&mut file, &mut window)?;
            window.truncate(read);
            let start = memchr::memchr(b'\n', &window).map_or(read, |at| at + 1);
            let end = last_line_end(&window).unwrap_or(0).max(start);
            windows.push(window[start..end].to_vec());
        }
    }
    Ok(windows)
}

fn last_line_end(bytes: &[u8]) -> Option<usize> {
    memchr::memrchr(b'\n', bytes).map(|at| at + 1)
}

/// Whole records of a text file.
#[derive(Debug)]
pub(super) struct TextPiece {
    pub bytes: Vec<u8>,
    /// The number of records before it in the file, blank ones included.
    pub first: u64,
    /// Its records, blank ones included.
    pub records: u64,
    /// The line on which it begins, from 1.
    pub line: u64,
}

/// Cuts a text file into pieces at record ends.
pub(super) struct Cutter {
    reader: Unpacked,
    /// Whether a line break within quotes belongs to the record.
    quotes: bool,
    rest: Vec<u8>,
    done: bool,
    first: u64,
    line: u64,
    /// Bytes handed out, unpacked.
    pub bytes: u64,
}

impl Cutter {
    pub(super) fn open(path: &Path, compression: Compression, quotes: bool) -> std::io::Result<Self> {
        let mut cutter = Self {
            reader: Unpacked::open(path, compression)?,
            quotes,
            rest: Vec::new(),
            done: false,
            first: 0,
            line: 1,
            bytes: 0,
        };
        let mut mark = vec![0; 3];
        let read = read_up_to(&mut cutter.reader, &mut mark)?;
        mark.truncate(read);
        if mark != [0xef, 0xbb, 0xbf] {
            cutter.rest = mark;
        }
        Ok(cutter)
    }

    /// The next piece, if there is one.
    pub(super) fn next(&mut self) -> std::io::Result<Option<TextPiece>> {
        let mut want = PIECE;
        while !self.done {
            let mut bytes = std::mem::take(&mut self.rest);
            let start = bytes.len();
            bytes.resize(want.max(start), 0);
            let read = read_up_to(&mut self.reader, &mut bytes[start..])?;
            bytes.truncate(start + read);
            self.done = bytes.len() < want;
            let (mut end, mut records, mut lines) = self.record_ends(&bytes);
            if self.done && end < bytes.len() {
                // The last record need not end in a line break.
                (end, records, lines) = (bytes.len(), records + 1, lines + 1);
            }
            if end == 0 {
                // One record is longer than a piece.
                want *= 2;
                self.rest = bytes;
                continue;
            }
            self.rest = bytes.split_off(end);
            let piece = TextPiece { first: self.first, records, line: self.line, bytes };
            self.first += records;
            self.line += lines;
            self.bytes += piece.bytes.len() as u64;
            return Ok(Some(piece));
        }
        Ok(None)
    }

    /// Where the last whole record ends, how many records end before, and on how many lines.
    fn record_ends(&self, bytes: &[u8]) -> (usize, u64, u64) {
        let (mut end, mut records, mut lines, mut lines_to_end) = (0, 0, 0, 0);
        if !self.quotes || memchr::memchr(b'"', bytes).is_none() {
            let records = memchr::memchr_iter(b'\n', bytes).count() as u64;
            return (last_line_end(bytes).unwrap_or(0), records, records);
        }
        let mut quoted = false;
        for at in memchr::memchr2_iter(b'\n', b'"', bytes) {
            if bytes[at] == b'"' {
                quoted = !quoted;
            } else {
                lines += 1;
                if !quoted {
                    (end, lines_to_end) = (at + 1, lines);
                    records += 1;
                }
            }
        }
        (end, records, lines_to_end)
    }
}

/// What the texts of one column have in common.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub(super) struct Seen {
    any: bool,
    whole: bool,
    number: bool,
    boolean: bool,
    time: bool,
    vector: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self { any: false, whole: true, number: true, boolean: true, time: true, vector: true }
    }
}

impl Seen {
    /// Looks at a text; texts that stand for missing numbers say nothing.
    pub(super) fn text(&mut self, text: &str) {
        let trimmed = text.trim();
        let number = read_number(trimmed);
        let boolean = matches!(trimmed, "true" | "false" | "True" | "False" | "TRUE" | "FALSE");
        if number.is_some_and(f64::is_nan) {
            return;
        }
        self.any = true;
        self.boolean &= boolean;
        self.number &= number.is_some() && !boolean;
        self.whole &= trimmed.parse::<i64>().is_ok();
        self.time &= !self.number && read_instant(trimmed).is_some();
        self.vector &= trimmed.starts_with('[') && trimmed.ends_with(']');
    }

    /// Looks at a text that is told apart from numbers by its quotes.
    pub(super) fn json_text(&mut self, text: &str) {
        self.any = true;
        (self.whole, self.number, self.boolean, self.vector) = (false, false, false, false);
        self.time &= read_number(text).is_none() && read_instant(text).is_some();
    }

    /// Looks at a number.
    pub(super) fn number(&mut self, is_whole: bool) {
        self.any = true;
        self.whole &= is_whole;
        (self.boolean, self.time, self.vector) = (false, false, false);
    }

    /// Looks at a truth value.
    pub(super) fn boolean(&mut self) {
        self.any = true;
        (self.whole, self.number, self.time, self.vector) = (false, false, false, false);
    }

    /// Looks at a list.
    pub(super) fn vector(&mut self) {
        self.any = true;
        (self.whole, self.number, self.time, self.boolean) = (false, false, false, false);
    }

    /// The type that fits them all, and its name.
    pub(super) fn stored(self) -> (Stored, &'static str) {
        match self {
            Self { any: false, .. } => (Stored::Empty, "Null"),
            Self { boolean: true, .. } => (Stored::Boolean, "Boolean"),
            Self { whole: true, .. } => (Stored::Whole, "Int64"),
            Self { number: true, .. } => (Stored::Number, "Float64"),
            Self { vector: true, .. } => (Stored::Vector, "List(Float64)"),
            Self { time: true, .. } => (Stored::Time, "Datetime"),
            _ => (Stored::Text, "String"),
        }
    }
}
