//! Detects the character set of a text file from its bytes, and decodes it to UTF-8 while reading.

use std::io::Read;

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{json_array::ObjectLines, table_file::DataFile};
use crate::engine::EngineError;

/// Bytes decoded at a time.
const PART: usize = 1 << 16;

/// The character set of a text, and how it was determined.
#[derive(Debug, Clone)]
pub(super) struct Charset {
    pub encoding: &'static Encoding,
    /// A note about it, unless it is UTF-8.
    pub note: Option<String>,
}

/// Whether Windows-1252 leaves a byte unassigned.
fn is_unused(byte: u8) -> bool {
    matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)
}

/// Detects the character set.
///
/// * `windows`: parts of the file as stored.
/// * `said`: the character set named by the user.
///
/// # Errors
/// If that name is not a character set, or none can be detected.
pub(super) fn detect(
    windows: &[Vec<u8>],
    said: Option<&str>,
    file: &DataFile,
) -> Result<Charset, EngineError> {
    let first = windows.first().map_or(&[][..], Vec::as_slice);
    let unnamed = |encoding| Charset { encoding, note: None };
    let shown = &file.shown;
    if let Some(said) = said {
        let encoding = Encoding::for_label(said.as_bytes()).ok_or_else(|| EngineError::Encoding {
            file: shown.clone(),
            line: 1,
            reason: format!("{said:?} in [read] encoding is not the name of a character set"),
        })?;
        return Ok(unnamed(encoding));
    }
    if let Some((encoding, _)) = Encoding::for_bom(first) {
        let note =
            (encoding != UTF_8).then(|| format!("{shown} is {}, by its byte order mark", encoding.name()));
        return Ok(Charset { encoding, note });
    }
    if let Some(encoding) = wide(first) {
        let note = format!("{shown} is read as {}: every other byte is 0", encoding.name());
        return Ok(Charset { encoding, note: Some(note) });
    }
    let Some((window, at)) = windows.iter().find_map(|window| Some((window, invalid_at(window)?))) else {
        return Ok(unnamed(UTF_8));
    };
    let unclear = |reason: String| EngineError::Encoding {
        file: shown.clone(),
        line: line_of(first, if std::ptr::eq(window.as_slice(), first) { at } else { 0 }),
        reason,
    };
    let foreign = || windows.iter().flatten().filter(|byte| !byte.is_ascii());
    if let Some(byte) = foreign().find(|byte| is_unused(**byte)) {
        return Err(unclear(format!("it is not UTF-8, and the byte {byte:#04x} is not Windows-1252")));
    }
    if windows.iter().any(|window| holds_utf_8(window)) {
        return Err(unclear("it is neither UTF-8 nor Windows-1252 throughout: both occur".to_owned()));
    }
    let example = WINDOWS_1252.decode_without_bom_handling(word_at(window, at)).0.into_owned();
    let note = format!(
        "{shown} is not UTF-8 and is read as Windows-1252 (such as {example:?}); set [read] encoding if that is wrong"
    );
    Ok(Charset { encoding: WINDOWS_1252, note: Some(note) })
}

/// Detects UTF-16 without a byte order mark: Latin letters each have a zero byte.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(512) / 2 * 2];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let most = head.len() / 2 * 9 / 10;
    let is_control = |byte: &&u8| **byte != 0 && byte.is_ascii_control() && !byte.is_ascii_whitespace();
    if head.len() < 8 || head.iter().any(|byte| is_control(&byte)) {
        return None;
    }
    match (zeros(0), zeros(1)) {
        (0, high) if high > most => Some(UTF_16LE),
        (high, 0) if high > most => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns the position of the first invalid UTF-8 byte; a character cut off at the end is valid.
fn invalid_at(bytes: &[u8]) -> Option<usize> {
    let error = std::str::from_utf8(bytes).err()?;
    error.error_len().map(|_| error.valid_up_to())
}

/// Whether some bytes form multi-byte UTF-8 characters.
fn holds_utf_8(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|part| !part.valid().is_ascii())
}

/// Returns the line of a byte, from 1.
pub(super) fn line_of(bytes: &[u8], at: usize) -> u64 {
    1 + memchr::memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count() as u64
}

/// Returns the word around a byte.
fn word_at(bytes: &[u8], at: usize) -> &[u8] {
    let ends = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    let from = bytes[..at].iter().rposition(ends).map_or(0, |at| at + 1);
    let to = bytes[at..].iter().position(ends).map_or(bytes.len(), |end| at + end);
    &bytes[from.max(to.saturating_sub(40))..to]
}

/// Reads until the buffer is full or the file ends.
pub(super) fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Decodes a reader to UTF-8.
pub(super) struct Utf8Reader<R> {
    inner: R,
    /// `None` if the input is already UTF-8.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    done: bool,
    /// Whether lines end in carriage returns alone, as on old Macs.
    pub carriage_returns: bool,
    /// JSON objects that do not stand on lines of their own are put there.
    array: Option<ObjectLines>,
}

impl<R: Read> Utf8Reader<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding, carriage_returns: bool) -> Self {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        let (raw, text) = (Vec::new(), Vec::new());
        Self { inner, decoder, raw, text, at: 0, done: false, carriage_returns, array: None }
    }

    /// The same of JSON objects that do not stand on lines of their own.
    pub(super) fn on_lines(self, lines: ObjectLines) -> Self {
        Self { array: Some(lines), ..self }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        while self.at == self.text.len() && !self.done {
            self.raw.resize(PART, 0);
            let read = read_up_to(&mut self.inner, &mut self.raw)?;
            self.done = read < PART;
            let room = decoder.max_utf8_buffer_length(read).unwrap_or(4 * PART);
            self.text.resize(room, 0);
            let (_, _, written, _) = decoder.decode_to_utf8(&self.raw[..read], &mut self.text, self.done);
            self.text.truncate(written);
            self.at = 0;
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.fill()?;
        let read = if self.decoder.is_some() {
            let ready = &self.text[self.at..];
            let read = ready.len().min(buffer.len());
            buffer[..read].copy_from_slice(&ready[..read]);
            self.at += read;
            read
        } else {
            self.inner.read(buffer)?
        };
        if self.carriage_returns {
            buffer[..read].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        if let Some(array) = &mut self.array {
            array.rewrite(&mut buffer[..read]);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file() -> DataFile {
        DataFile { path: "t.csv".into(), shown: "t.csv".to_owned(), bytes: 0, modified: None }
    }

    fn found(bytes: &[u8]) -> Result<&'static str, String> {
        let found = detect(&[bytes.to_vec()], None, &file()).map_err(|error| error.to_string())?;
        Ok(found.encoding.name())
    }

    #[test]
    fn character_sets_are_told_apart() {
        let wide = |text: &str, little: bool| -> Vec<u8> {
            let of = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            text.encode_utf16().flat_map(of).collect()
        };
        assert_eq!(found("Köln,1\n".as_bytes()), Ok("UTF-8"));
        assert_eq!(found(b"plain,1\n"), Ok("UTF-8"));
        assert_eq!(found(b"\xef\xbb\xbfa,b\n"), Ok("UTF-8"));
        assert_eq!(found(b"K\xf6ln,1\nK\xe8ln,2\n"), Ok("windows-1252"));
        assert_eq!(found(b"5 \x80,1\n"), Ok("windows-1252"));
        assert_eq!(found(&[b"\xff\xfe".to_vec(), wide("a,b\n", true)].concat()), Ok("UTF-16LE"));
        assert_eq!(found(&wide("region,income\nnorth,5\n", true)), Ok("UTF-16LE"));
        assert_eq!(found(&wide("region,income\nnorth,5\n", false)), Ok("UTF-16BE"));
        assert!(
            found(b"a\nb\x81c\n").is_err_and(|error| error.contains("t.csv:2") && error.contains("0x81"))
        );
        assert!(found("Köln\nK\u{f6}".as_bytes()).is_ok());
        assert!(
            found(&[b"K\xf6ln\n".to_vec(), "Köln".into()].concat()).is_err_and(|e| e.contains("both occur"))
        );
        assert!(detect(&[], Some("latin1"), &file()).is_ok_and(|found| found.encoding == WINDOWS_1252));
        assert!(detect(&[], Some("klingon"), &file()).is_err());
    }

    #[test]
    fn a_note_shows_a_word() {
        let found = detect(&[b"region\nH\xf6rde\n".to_vec()], None, &file()).expect("it is Windows-1252");
        assert!(found.note.is_some_and(|note| note.contains("\"Hörde\"")));
    }

    proptest! {
        #[test]
        fn utf_16_becomes_utf_8(text in "\\PC{0,400}", times in 1_usize..200) {
            let text = text.repeat(times);
            let stored: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut read = Vec::new();
            Utf8Reader::new(stored.as_slice(), UTF_16LE, false).read_to_end(&mut read).expect("memory can be read");
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            prop_assert_eq!(String::from_utf8(read).expect("it is UTF-8"), text);
        }
    }
}
