//! Text files: decompressed while reading, and split into chunks at record ends.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use polars::io::utils::compression::{ByteSourceReader, SupportedCompression};

use encoding_rs::{Encoding, UTF_8};

use super::{
    charset::{Utf8Reader, line_of, read_up_to},
    json_array::ObjectLines,
    records::record_ends,
    table_file::{Chunk, Chunks, DataFile},
};
use crate::engine::EngineError;

/// Size of a chunk in bytes.
const CHUNK_BYTES: usize = 4 << 20;

/// Size in bytes of the windows from which column types are inferred.
const WINDOW: usize = 1 << 20;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Compression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// Detects the compression from the first bytes of the file.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// How the bytes of a file are decoded to text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextForm {
    pub compression: Compression,
    pub encoding: &'static Encoding,
    /// Whether lines end in carriage returns alone, as on old Macs.
    pub carriage_returns: bool,
    /// How JSON objects stand in it.
    pub objects: Objects,
}

/// How JSON objects stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Objects {
    /// One on a line.
    OnLines,
    /// In one array.
    InArray,
    /// One after the other, each over several lines.
    OverLines,
}

impl TextForm {
    fn open(self, path: &Path) -> std::io::Result<Utf8Reader<Unpacked>> {
        let reader =
            Utf8Reader::new(Unpacked::open(path, self.compression)?, self.encoding, self.carriage_returns);
        Ok(match self.objects {
            Objects::OnLines => reader,
            Objects::InArray => reader.on_lines(ObjectLines::of_array()),
            Objects::OverLines => reader.on_lines(ObjectLines::of_objects()),
        })
    }

    /// Decodes a part of the stored file.
    fn text(self, bytes: Vec<u8>) -> Vec<u8> {
        let mut text = if self.encoding == UTF_8 {
            bytes
        } else {
            self.encoding.decode_without_bom_handling(&bytes).0.into_owned().into_bytes()
        };
        if self.carriage_returns {
            text.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        text
    }
}

/// Decompresses while reading.
pub(super) struct Unpacked(ByteSourceReader<BufReader<File>>);

impl Unpacked {
    fn open(path: &Path, compression: Compression) -> std::io::Result<Self> {
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

/// Returns the start of a file: whole lines, without a byte order mark.
pub(super) fn first_window(file: &DataFile, form: TextForm) -> Result<Vec<u8>, EngineError> {
    let read = || {
        let mut reader = form.open(&file.path)?;
        let mut window = vec![0; WINDOW];
        let read = read_up_to(&mut reader, &mut window)?;
        window.truncate(read);
        if read == WINDOW {
            window.truncate(last_line_end(&window).unwrap_or(read));
        }
        if window.starts_with(&BYTE_ORDER_MARK) {
            window.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(window)
    };
    read().map_err(|error| file.unpacking_error(error))
}

/// Returns parts of a file, decompressed but not decoded: its start and, unless it is compressed, a few later
/// ones. The later ones are whole lines, unless its characters have several bytes.
pub(super) fn stored_windows(file: &DataFile, compression: Compression) -> Result<Vec<Vec<u8>>, EngineError> {
    let first = || {
        let mut reader = Unpacked::open(&file.path, compression)?;
        let mut window = vec![0; WINDOW];
        let read = read_up_to(&mut reader, &mut window)?;
        window.truncate(read);
        Ok(window)
    };
    let mut windows = vec![first().map_err(|error| file.unpacking_error(error))?];
    if compression == Compression::None && file.bytes > 4 * WINDOW as u64 {
        let mut handle = file.open()?;
        for quarter in 1..4 {
            let mut window = vec![0; WINDOW / 4];
            let read = handle
                .seek(SeekFrom::Start(file.bytes * quarter / 4))
                .and_then(|_| read_up_to(&mut handle, &mut window))
                .map_err(|error| file.unpacking_error(error))?;
            window.truncate(read);
            let start = memchr::memchr(b'\n', &window).map_or(read, |at| at + 1);
            let end = last_line_end(&window).unwrap_or(0).max(start);
            windows.push(window[start..end].to_vec());
        }
    }
    Ok(windows)
}

/// Returns decoded parts of a file for inferring column types: its start and, if characters have one byte,
/// the later parts of [`stored_windows`].
pub(super) fn windows(
    file: &DataFile,
    form: TextForm,
    stored: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, EngineError> {
    let mut windows = vec![first_window(file, form)?];
    if form.encoding.is_ascii_compatible() {
        windows.extend(stored.into_iter().skip(1).map(|window| form.text(window)));
    }
    Ok(windows)
}

/// Rejects invalid UTF-8.
///
/// * `line`: the line on which the bytes begin.
pub(super) fn require_utf_8(file: &DataFile, bytes: &[u8], line: u64) -> Result<(), EngineError> {
    let Err(error) = std::str::from_utf8(bytes) else {
        return Ok(());
    };
    let at = error.valid_up_to();
    let byte = bytes.get(at).copied().unwrap_or_default();
    Err(EngineError::Encoding {
        file: file.shown.clone(),
        line: line + line_of(bytes, at) - 1,
        reason: format!("the byte {byte:#04x} is not UTF-8, but everything before it is"),
    })
}

fn last_line_end(bytes: &[u8]) -> Option<usize> {
    memchr::memrchr(b'\n', bytes).map(|at| at + 1)
}

/// Returns the chunks of a text file.
///
/// * `separator`: the field separator, if line breaks within quotes belong to the record; otherwise `None`.
/// * `wrap`: creates a chunk of the format.
pub(super) fn chunks<'f, C: Chunk + 'f>(
    file: &'f DataFile,
    form: TextForm,
    separator: Option<u8>,
    wrap: impl Fn(TextChunk) -> C + Send + 'f,
) -> Result<Chunks<'f>, EngineError> {
    let mut splitter =
        RecordSplitter::open(&file.path, form, separator).map_err(|error| file.unpacking_error(error))?;
    let next = move || match splitter.next() {
        Ok(chunk) => chunk.map(|chunk| Ok(Box::new(wrap(chunk)) as Box<dyn Chunk>)),
        Err(error) => Some(Err(file.unpacking_error(error))),
    };
    Ok(Box::new(std::iter::from_fn(next)))
}

/// Returns an upper bound on the number of chunks of a text file, from its size.
pub(super) fn most_chunks(file: &DataFile) -> usize {
    (file.bytes >> 20) as usize + 1
}

/// Whole records of a text file.
#[derive(Debug)]
pub(super) struct TextChunk {
    pub bytes: Vec<u8>,
    /// Whether it is the first chunk of its file.
    pub is_first: bool,
    /// Number of records, including blank ones.
    pub records: u64,
    /// The line on which it begins, from 1.
    pub line: u64,
}

/// Splits a text file into chunks at record ends.
struct RecordSplitter {
    reader: Utf8Reader<Unpacked>,
    /// The field separator, if line breaks within quotes belong to the record.
    separator: Option<u8>,
    rest: Vec<u8>,
    done: bool,
    is_first: bool,
    line: u64,
}

impl RecordSplitter {
    fn open(path: &Path, form: TextForm, separator: Option<u8>) -> std::io::Result<Self> {
        let mut splitter = Self {
            reader: form.open(path)?,
            separator,
            rest: Vec::new(),
            done: false,
            is_first: true,
            line: 1,
        };
        let mut mark = vec![0; BYTE_ORDER_MARK.len()];
        let read = read_up_to(&mut splitter.reader, &mut mark)?;
        mark.truncate(read);
        if mark != BYTE_ORDER_MARK {
            splitter.rest = mark;
        }
        Ok(splitter)
    }

    /// Returns the next chunk, if there is one.
    fn next(&mut self) -> std::io::Result<Option<TextChunk>> {
        let mut want = CHUNK_BYTES;
        while !self.done {
            let mut bytes = std::mem::take(&mut self.rest);
            let start = bytes.len();
            bytes.resize(want.max(start), 0);
            let read = read_up_to(&mut self.reader, &mut bytes[start..])?;
            bytes.truncate(start + read);
            self.done = bytes.len() < want;
            let (mut end, mut records, mut lines) = record_ends(&bytes, self.separator);
            if self.done && end < bytes.len() {
                // The last record need not end with a line break.
                (end, records, lines) = (bytes.len(), records + 1, lines + 1);
            }
            if end == 0 {
                // A record is longer than the chunk.
                want *= 2;
                self.rest = bytes;
                continue;
            }
            self.rest = bytes.split_off(end);
            let chunk = TextChunk { is_first: self.is_first, records, line: self.line, bytes };
            self.is_first = false;
            self.line += lines;
            return Ok(Some(chunk));
        }
        Ok(None)
    }
}
