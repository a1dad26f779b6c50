//! Splits separated text into records and fields, by the state machine of RFC 4180.
//!
//! A quote opens a quoted field only at the start of the field; elsewhere it is an ordinary character (`5"
//! pipe`). Text after a closing quote belongs to the field (`"north"east` is `northeast`).

use std::borrow::Cow;

/// Position of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub start: usize,
    pub end: usize,
    quotes: Quotes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    /// Quotes enclose the whole field, and are not included in the part.
    Around,
    /// The part begins after the opening quote and includes the closing one and the text after it.
    Torn,
}

impl Part {
    /// Returns an empty field.
    pub(super) fn nothing(at: usize) -> Self {
        Self { start: at, end: at, quotes: Quotes::None }
    }

    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// Splits records into fields.
#[derive(Clone)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    separator: u8,
    /// Number of line breaks before `at`.
    pub lines: u64,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], separator: u8) -> Self {
        Self { bytes, at: 0, separator, lines: 0 }
    }

    /// Whether all input was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Reads the next record into `fields`; false at the end. A blank line has no fields.
    pub(super) fn next(&mut self, fields: &mut Vec<Part>) -> bool {
        fields.clear();
        let bytes = self.bytes;
        if self.at >= bytes.len() {
            return false;
        }
        loop {
            let start = self.at;
            let quoted = bytes.get(start) == Some(&b'"');
            let closing = if quoted { closing_quote(bytes, start + 1) } else { start };
            self.lines += memchr::memchr_iter(b'\n', &bytes[start..closing]).count() as u64;
            let from = if quoted { (closing + 1).min(bytes.len()) } else { start };
            let stop =
                memchr::memchr2(self.separator, b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at);
            let mut end = stop;
            if bytes.get(stop) != Some(&self.separator) && end > from && bytes[end - 1] == b'\r' {
                end -= 1;
            }
            fields.push(if !quoted {
                Part { start, end, quotes: Quotes::None }
            } else if end == from {
                Part { start: start + 1, end: closing, quotes: Quotes::Around }
            } else {
                Part { start: start + 1, end, quotes: Quotes::Torn }
            });
            self.at = stop;
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
                // The file ends in a separator: one more empty field.
                fields.push(Part::nothing(self.at));
                break;
            }
        }
        if let [part] = fields.as_slice()
            && part.is_empty()
            && part.quotes == Quotes::None
        {
            fields.clear();
        }
        true
    }

    pub(super) fn text(&self, part: Part) -> Cow<'a, str> {
        let bytes = &self.bytes[part.start..part.end];
        if part.quotes == Quotes::Torn {
            let closing = closing_quote(bytes, 0);
            let (quoted, rest) = (&bytes[..closing], bytes.get(closing + 1..).unwrap_or_default());
            let quoted = String::from_utf8_lossy(quoted).replace("\"\"", "\"");
            return (quoted + &String::from_utf8_lossy(rest)).into();
        }
        let text = String::from_utf8_lossy(bytes);
        let doubled = part.quotes == Quotes::Around && text.contains('"');
        if doubled { text.replace("\"\"", "\"").into() } else { text }
    }
}

/// The records of separated text, as texts, without blank lines.
#[must_use]
pub fn csv_records(text: &[u8], separator: u8) -> Vec<Vec<String>> {
    let mut records = Records::new(text, separator);
    let (mut parts, mut all) = (Vec::new(), Vec::new());
    while records.next(&mut parts) {
        if !parts.is_empty() {
            all.push(parts.iter().map(|&part| records.text(part).into_owned()).collect());
        }
    }
    all
}

/// The place of the quote that closes a field, or the end.
fn closing_quote(bytes: &[u8], mut from: usize) -> usize {
    loop {
        match memchr::memchr(b'"', &bytes[from..]) {
            None => return bytes.len(),
            Some(at) if bytes.get(from + at + 1) == Some(&b'"') => from += at + 2,
            Some(at) => return from + at,
        }
    }
}

/// Returns the end of the last complete record, and the number of records and lines before it.
///
/// * `bytes`: from the start of a record on.
/// * `separator`: none where quotes mean nothing.
#[must_use]
pub fn record_ends(bytes: &[u8], separator: Option<u8>) -> (usize, u64, u64) {
    let plain = || {
        let records = memchr::memchr_iter(b'\n', bytes).count() as u64;
        (memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1), records, records)
    };
    let Some(separator) = separator.filter(|_| memchr::memchr(b'"', bytes).is_some()) else {
        return plain();
    };
    let (mut end, mut records, mut lines, mut lines_to_end) = (0, 0, 0, 0);
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'\n', b'"', &bytes[at..]).map(|found| at + found) {
        at = found + 1;
        if bytes[found] == b'\n' {
            lines += 1;
            records += 1;
            (end, lines_to_end) = (at, lines);
        } else if found == 0 || bytes[found - 1] == separator || bytes[found - 1] == b'\n' {
            let closing = closing_quote(bytes, at);
            lines += memchr::memchr_iter(b'\n', &bytes[at..closing]).count() as u64;
            at = (closing + 1).min(bytes.len());
        }
    }
    (end, records, lines_to_end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ours(text: &str, separator: u8) -> Vec<Vec<String>> {
        csv_records(text.as_bytes(), separator)
    }

    /// Returns the records as split by the csv crate.
    fn of_the_csv_crate(text: &str, separator: u8) -> Vec<Vec<String>> {
        let mut reader = csv_core::ReaderBuilder::new()
            .delimiter(separator)
            .terminator(csv_core::Terminator::Any(b'\n'))
            .build();
        let (mut output, mut ends) = (vec![0; 1024], vec![0; 1024]);
        let (mut input, mut all) = (text.as_bytes(), Vec::new());
        let (mut written, mut fields) = (0, 0);
        loop {
            let (result, read, more, ended) =
                reader.read_record(input, &mut output[written..], &mut ends[fields..]);
            input = &input[read..];
            (written, fields) = (written + more, fields + ended);
            match result {
                csv_core::ReadRecordResult::InputEmpty => {}
                csv_core::ReadRecordResult::End => return all,
                csv_core::ReadRecordResult::Record => {
                    let mut from = 0;
                    let field = |&to: &usize| {
                        let text = String::from_utf8_lossy(&output[from..to]).into_owned();
                        from = to;
                        text
                    };
                    all.push(ends[..fields].iter().map(field).collect());
                    (written, fields) = (0, 0);
                }
                full => panic!("the test's buffers are too small: {full:?}"),
            }
        }
    }

    #[test]
    fn quotes_count_at_the_start_of_a_field_only() {
        assert_eq!(ours("5\" pipe,\"a\nb\"\nc,d\n", b','), [["5\" pipe", "a\nb"], ["c", "d"]]);
        assert_eq!(ours("\"north\"east,1\r\n", b','), [["northeast", "1"]]);
        assert_eq!(ours("\"a \"\"b\"\"\"c;\"\"\n", b';'), [["a \"b\"c", ""]]);
        // A stray quote does not hide the end of later records.
        let text = b"5\" pipe,x\n1,\"two\nlines\"\n2,y\n";
        assert_eq!(record_ends(text, Some(b',')), (text.len(), 3, 4));
        assert_eq!(record_ends(b"a,\"open\n", Some(b',')), (0, 0, 0));
    }

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(text in r#"[ab"",;\n é]{0,60}"#) {
            for separator in [b',', b';'] {
                prop_assert_eq!(ours(&text, separator), of_the_csv_crate(&text, separator), "{:?}", text);
            }
        }

        #[test]
        fn records_end_where_the_fields_say(text in r#"[ab"",\n]{0,60}"#) {
            let (end, records, lines) = record_ends(text.as_bytes(), Some(b','));
            let whole = &text[..end];
            let mut reader = Records::new(whole.as_bytes(), b',');
            let (mut parts, mut counted) = (Vec::new(), 0);
            while reader.next(&mut parts) {
                counted += 1;
            }
            prop_assert_eq!((counted, reader.lines), (records, lines));
            let both = [ours(whole, b','), ours(&text[end..], b',')].concat();
            prop_assert_eq!(both, ours(&text, b','));
        }
    }
}
