//! JSON lines, one object per line, and one JSON array of objects; a missing key is a null. Keys of an object within a row are
//! columns of their own, named by their path (`input.amount`).

use std::collections::{HashMap, HashSet};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{
    json_cell::JsonCell,
    json_columns::{Seen, lone, lone_table, object, value_at, without_nan},
    json_named::{by_name, by_place, with_names},
    probe::{Probe, TextStart},
    table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns, Told},
    text::{self, Objects, TextChunk, TextForm},
    type_guess::stored_columns,
};
use crate::{
    case::ReadRules,
    engine::{
        EngineError,
        fields::{Field, Stored, StoredColumn},
    },
    summary::{
        MISSING,
        reservoir::Slot,
        values::{Collector, Dictionary, Form, Known, Values},
    },
};

#[derive(Debug)]
struct JsonFile {
    file: DataFile,
    form: TextForm,
    columns: Vec<StoredColumn>,
    /// The paths of values that have their names beside them, or whose places are their names.
    named: HashSet<String>,
    told: Told,
}

/// Recognises text that begins with an object.
pub(super) fn recognise(probe: &Probe<'_>) -> Result<Option<Box<dyn TableFile>>, EngineError> {
    let start = probe.text()?;
    let file = probe.file.clone();
    let (mut form, mut windows) = (start.form, start.windows.clone());
    match start.first_character() {
        Some(b'{') if is_over_lines(&windows) => {
            form.objects = Objects::OverLines;
            windows = vec![text::first_window(&file, form)?];
        }
        Some(b'{') => {}
        Some(b'[') if start.begins_with(b"[{") => {
            form.objects = Objects::InArray;
            // Later parts of the file begin anywhere within an object.
            windows = vec![text::first_window(&file, form)?];
        }
        // Names in brackets, as some databases write them, begin a CSV file; numbers and texts do not.
        Some(b'[') if probe.name().contains(".json") || is_array_of_values(start) => {
            return Err(file.unknown_format(
                "it is one JSON array of something else than objects; one object per row is read, as an array or on lines",
            ));
        }
        _ => return Ok(None),
    }
    if let Some(keys) = lone_table(&windows) {
        return Err(file.unknown_format(&format!(
            "it is one JSON object that holds the whole table ({keys}); one object per row is read, on lines or as an array: pandas \
             writes it with to_json(orient=\"records\", lines=True)"
        )));
    }
    let (columns, named, mut told) = columns(&windows, &file, probe.rules)?;
    match form.objects {
        Objects::OnLines => {}
        Objects::InArray => {
            told.notes.push(format!("{}: it is one JSON array; its objects are the rows", file.shown));
        }
        Objects::OverLines => {
            told.notes.push(format!(
                "{}: its objects stand over several lines each; they are the rows",
                file.shown
            ));
        }
    }
    told.notes.splice(0..0, start.note.clone());
    Ok(Some(Box::new(JsonFile { file, form, columns, named, told })))
}

/// Whether objects stand one after the other, each over several lines: the first line does not hold a whole one, and the
/// object goes on with a name or ends.
fn is_over_lines(windows: &[Vec<u8>]) -> bool {
    let mut lines = windows
        .iter()
        .flat_map(|window| window.split(|&byte| byte == b'\n'))
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let goes_on = lines.next().is_some_and(|line| line.starts_with(b"\"") || line.starts_with(b"}"));
    goes_on && object(first).is_err_and(|error| error.is_eof())
}

/// Whether a text begins as an array of numbers, texts or arrays does.
fn is_array_of_values(start: &TextStart) -> bool {
    (b'0'..=b'9').chain(*b"-\"[]").any(|second| start.begins_with(&[b'[', second]))
}

impl TableFile for JsonFile {
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
        text::chunks(&self.file, self.form, None, |text| JsonChunk { json: self, text })
    }

    fn first_rows(&self, most: usize) -> Result<TextColumns, EngineError> {
        Ok(texts(&self.columns, &text::first_window(&self.file, self.form)?, most))
    }
}

/// The values of the first rows as text.
fn texts(known: &[StoredColumn], lines: &[u8], most: usize) -> TextColumns {
    let mut columns: TextColumns = known.iter().map(|column| (column.name.clone(), Vec::new())).collect();
    let rows = lines.split(|&b| b == b'\n').filter_map(|line| object(line).ok());
    for (row, _) in rows.map(with_names).take(most) {
        for ((name, texts), column) in columns.iter_mut().zip(known) {
            let value = value_at(&row, name);
            let value = if column.stored == Stored::Vector { value } else { value.map(lone) };
            texts.push(match value {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
            });
        }
    }
    columns
}

/// Rows of JSON lines that are no file of their own, such as texts of another one.
#[derive(Debug)]
pub(super) struct JsonLines(JsonFile);

impl JsonLines {
    /// Finds the columns of some lines.
    ///
    /// * `file`: the file that messages name.
    ///
    /// # Errors
    ///
    /// [`EngineError::BrokenLine`] with the first line that is no object.
    pub(super) fn new(file: &DataFile, lines: &[u8], rules: &ReadRules) -> Result<Self, EngineError> {
        let form = TextForm {
            compression: text::Compression::None,
            encoding: encoding_rs::UTF_8,
            carriage_returns: false,
            objects: Objects::OnLines,
        };
        let (columns, named, told) = columns(&[lines.to_vec()], file, rules)?;
        Ok(Self(JsonFile { file: file.clone(), form, columns, named, told }))
    }

    pub(super) fn columns(&self) -> &[StoredColumn] {
        &self.0.columns
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.columns.iter().any(|column| column.name == name)
    }

    pub(super) fn told(&self) -> Told {
        self.0.told.clone()
    }

    /// At most `most` rows as text.
    pub(super) fn texts(&self, lines: &[u8], most: usize) -> TextColumns {
        texts(&self.0.columns, lines, most)
    }

    /// Decodes some fields of all rows, one line each; returns the number of rows and the values.
    pub(super) fn decode(
        &self,
        lines: Vec<u8>,
        rows: usize,
        fields: &[Field],
        dictionaries: &mut [Dictionary],
    ) -> Result<(usize, Vec<Values>), EngineError> {
        let text = TextChunk { bytes: lines, is_first: true, records: rows as u64, line: 1 };
        let (rows, decoded) = JsonChunk { json: &self.0, text }.decode(fields, dictionaries, false)?;
        match decoded {
            Decoded::Values(values) => Ok((rows, values)),
            Decoded::Series(_) => Ok((rows, Vec::new())),
        }
    }
}

/// Returns the columns of a file, in order of first occurrence in its first lines, and the paths of values that have their names
/// beside them.
fn columns(
    windows: &[Vec<u8>],
    file: &DataFile,
    rules: &ReadRules,
) -> Result<(Vec<StoredColumn>, HashSet<String>, Told), EngineError> {
    let (mut seen, mut named) = (Seen::default(), HashSet::new());
    for (window, bytes) in windows.iter().enumerate() {
        for (number, line) in (1..).zip(bytes.split(|&b| b == b'\n')) {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match object(line) {
                Ok(row) => {
                    let (row, paths) = with_names(row);
                    seen.row(&row);
                    named.extend(paths);
                }
                Err(error) if window == 0 => return Err(broken(file, number, &error, line)),
                // The line number in a later window is unknown; the pass will report it.
                Err(_) => {}
            }
        }
    }
    let several = seen.lists_of_several();
    let (names, guesses) = seen.columns();
    let (columns, mut told) = stored_columns(names, &guesses, file, rules);
    if let Some(several) = several {
        told.questions.push(format!(
            "{}: {several} holds several objects in some rows, of which the first is read. Write one object a row",
            file.shown
        ));
    }
    Ok((columns, named, told))
}

/// The keys of a line with their values as text; `None` for null.
type JsonFields = Vec<(String, Option<String>)>;

/// The names and texts of the rows of JSON lines, as the reader takes them apart; a value that is missing is none.
///
/// # Errors
///
/// [`EngineError::BrokenLine`] with the first line that is no object.
pub fn json_rows(lines: &[u8]) -> Result<Vec<JsonFields>, EngineError> {
    let file = DataFile {
        path: "lines.ndjson".into(),
        shown: "lines.ndjson".to_owned(),
        bytes: lines.len() as u64,
        modified: None,
    };
    text::require_utf_8(&file, lines, 1)?;
    let json = JsonLines::new(&file, lines, &ReadRules::default())?;
    let field = |(at, column): (usize, &StoredColumn)| {
        Field::new(Slot::Extra(at), &column.name, Form::Code, Known::default())
    };
    let fields: Vec<Field> = json.columns().iter().enumerate().map(field).collect();
    let mut dictionaries: Vec<Dictionary> =
        fields.iter().map(|field| Dictionary::new(field.known.clone())).collect();
    let records = memchr::memchr_iter(b'\n', lines).count() + 1;
    let (rows, values) = json.decode(lines.to_vec(), records, &fields, &mut dictionaries)?;
    let cell = |row: usize, at: usize| match &values[at] {
        Values::Codes(codes) if codes[row] != MISSING => Some(dictionaries[at].text(codes[row]).to_owned()),
        _ => None,
    };
    let row =
        |row| fields.iter().enumerate().map(|(at, field)| (field.column.clone(), cell(row, at))).collect();
    Ok((0..rows).map(row).collect())
}

fn broken(file: &DataFile, line: u64, error: &serde_json::Error, text: &[u8]) -> EngineError {
    let reason = format!("it is not a JSON object (character {})", error.column());
    let hint = if error.is_eof() {
        "the object does not end on its line"
    } else if text.starts_with(b"{") {
        "JSON lines hold one object per line, names and texts in double quotes, with nothing after it"
    } else {
        "JSON lines hold one object per line"
    };
    file.broken_line(line, reason, hint)
}

/// Consecutive lines of a file.
struct JsonChunk<'f> {
    json: &'f JsonFile,
    text: TextChunk,
}

impl Chunk for JsonChunk<'_> {
    fn records(&self) -> u64 {
        self.text.records
    }

    fn decode(
        &self,
        fields: &[Field],
        dictionaries: &mut [Dictionary],
        _: bool,
    ) -> Result<(usize, Decoded), EngineError> {
        let JsonFile { file, columns: known, named, .. } = self.json;
        text::require_utf_8(file, &self.text.bytes, self.text.line)?;
        let collector = |field: &Field| {
            let reading =
                known.iter().find(|column| column.name == field.column).map(|column| column.reading);
            Collector::new(field.form, self.text.records as usize).reading(reading.unwrap_or_default())
        };
        let mut columns: Vec<Collector> = fields.iter().map(collector).collect();
        let index: HashMap<&str, usize> =
            fields.iter().zip(0..).map(|(f, i)| (f.column.as_str(), i)).collect();
        let within: HashSet<&str> =
            index.keys().flat_map(|name| name.match_indices('.').map(|(at, _)| &name[..at])).collect();
        let mut met = vec![false; fields.len()];
        let mut ever = vec![false; fields.len()];
        let mut rows = 0;
        let holds = |word: &[u8]| memchr::memmem::find(&self.text.bytes, word).is_some();
        let bare_words = holds(b"NaN") || holds(b"Infinity");
        for (line, text) in (self.text.line..).zip(self.text.bytes.split(|&b| b == b'\n')) {
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            met.fill(false);
            let row = JsonRow {
                index: &index,
                within: &within,
                named,
                path: String::new(),
                columns: &mut columns,
                dictionaries,
                met: &mut met,
            };
            let plain = if bare_words { without_nan(text) } else { None };
            let mut reader = serde_json::Deserializer::from_slice(plain.as_deref().unwrap_or(text));
            reader
                .deserialize_map(row)
                .and_then(|()| reader.end())
                .map_err(|error| broken(file, line, &error, text))?;
            rows += 1;
            for ((column, met), ever) in columns.iter_mut().zip(&met).zip(&mut ever) {
                if *met {
                    *ever = true;
                } else {
                    column.missing();
                }
            }
        }
        let values = columns.into_iter().zip(ever);
        let values = values.map(|(column, ever)| if ever { column.finish() } else { Values::Absent });
        Ok((rows, Decoded::Values(values.collect())))
    }
}

/// Deserializes one line, or an object within it, into the columns.
struct JsonRow<'a> {
    index: &'a HashMap<&'a str, usize>,
    /// The paths of objects that hold columns.
    within: &'a HashSet<&'a str>,
    /// The paths of values that have their names beside them, or whose places are their names.
    named: &'a HashSet<String>,
    /// Where the object stands, ending in a full stop; empty for a row.
    path: String,
    columns: &'a mut [Collector],
    dictionaries: &'a mut [Dictionary],
    met: &'a mut [bool],
}

impl<'de> Visitor<'de> for JsonRow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let (index, within, named) = (self.index, self.within, self.named);
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let name = if self.path.is_empty() {
                key
            } else {
                std::borrow::Cow::Owned(format!("{}{key}", self.path))
            };
            match index.get(&*name) {
                cell if within.contains(&*name) && cell.is_none_or(|&i| !self.met[i]) => {
                    let cell = cell.copied();
                    cell.into_iter().for_each(|i| self.met[i] = true);
                    let has_names = named.contains(&*name);
                    let row = JsonRow {
                        index,
                        within,
                        named,
                        path: format!("{name}."),
                        columns: self.columns,
                        dictionaries: self.dictionaries,
                        met: self.met,
                    };
                    let seed = JsonObject { row, cell };
                    if has_names {
                        let value: Value = map.next_value()?;
                        let object = by_name(&value).or_else(|| by_place(&value));
                        seed.deserialize(object.map_or(value, Value::Object)).map_err(M::Error::custom)?;
                    } else {
                        map.next_value_seed(seed)?;
                    }
                }
                Some(&i) if !self.met[i] => {
                    self.met[i] = true;
                    map.next_value_seed(JsonCell {
                        column: &mut self.columns[i],
                        dictionary: &mut self.dictionaries[i],
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Deserializes an object within a row, or the first one of a list. A value of another kind goes to the column of the same
/// name, where there is one: a key may hold an object in some rows and a number in others.
struct JsonObject<'a> {
    row: JsonRow<'a>,
    cell: Option<usize>,
}

impl JsonObject<'_> {
    /// The column of the key itself.
    fn cell(&mut self) -> Option<JsonCell<'_>> {
        let at = self.cell?;
        Some(JsonCell { column: &mut self.row.columns[at], dictionary: &mut self.row.dictionaries[at] })
    }
}

impl<'de> DeserializeSeed<'de> for JsonObject<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonObject<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, map: M) -> Result<(), M::Error> {
        if let Some(cell) = self.cell() {
            cell.column.missing();
        }
        self.row.visit_map(map)
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.cell().map_or(Ok(()), JsonCell::visit_unit)
    }

    fn visit_bool<E: serde::de::Error>(mut self, x: bool) -> Result<(), E> {
        self.cell().map_or(Ok(()), |cell| cell.visit_bool(x))
    }

    fn visit_i64<E: serde::de::Error>(mut self, x: i64) -> Result<(), E> {
        self.cell().map_or(Ok(()), |cell| cell.visit_i64(x))
    }

    fn visit_u64<E: serde::de::Error>(mut self, x: u64) -> Result<(), E> {
        self.cell().map_or(Ok(()), |cell| cell.visit_u64(x))
    }

    fn visit_f64<E: serde::de::Error>(mut self, x: f64) -> Result<(), E> {
        self.cell().map_or(Ok(()), |cell| cell.visit_f64(x))
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.cell().map_or(Ok(()), |cell| cell.visit_str(text))
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut list: S) -> Result<(), S::Error> {
        if self.cell.is_none() {
            if list.next_element_seed(JsonObject { row: self.row, cell: None })?.is_some() {
                while list.next_element::<IgnoredAny>()?.is_some() {}
            }
            return Ok(());
        }
        // The key holds objects in some rows and values in others, and this may be a list of one of either.
        let first: Option<Value> = list.next_element()?;
        let is_longer = list.next_element::<IgnoredAny>()?.is_some();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        match first.as_ref() {
            Some(object @ Value::Object(_)) => {
                if let Some(cell) = self.cell() {
                    cell.column.missing();
                }
                object.deserialize_map(self.row).map_err(S::Error::custom)?;
            }
            Some(value) if !is_longer && !lone(value).is_array() => {
                if let Some(cell) = self.cell() {
                    cell.deserialize(lone(value)).map_err(S::Error::custom)?;
                }
            }
            _ => {
                if let Some(cell) = self.cell() {
                    cell.column.missing();
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_words_is_missing_and_no_fault() {
        let rows =
            json_rows(b"{\"a\":[\"x\",\"y\"],\"b\":1}\n{\"a\":[[1],{}],\"b\":true}\n").expect("objects");
        let texts: Vec<Option<&str>> = rows.iter().flatten().map(|(_, text)| text.as_deref()).collect();
        assert_eq!(texts, [None, Some("1"), None, Some("true")]);
        let rows =
            json_rows(b"{\"a\":{\"x\":1}}\n{\"a\":5}\n{\"a\":null}\n{\"a\":[{\"x\":2}]}\n").expect("objects");
        let texts: Vec<Option<&str>> = rows.iter().flatten().map(|(_, text)| text.as_deref()).collect();
        assert_eq!(
            texts,
            [Some("1"), None, None, Some("5"), None, None, Some("2"), None],
            "an object or a number"
        );
        let rows = json_rows(b"{\"a\":{\"x\":1}}\n{\"a\":[[5]]}\n{\"a\":[5,6]}\n").expect("objects");
        let texts: Vec<Option<&str>> = rows.iter().flatten().map(|(_, text)| text.as_deref()).collect();
        assert_eq!(texts, [Some("1"), None, None, Some("5"), None, None], "a list of one is its value");
        assert_eq!(json_rows(b"{}\n\n{}").expect("objects"), [vec![], vec![]], "rows without a key");
        let error = json_rows(b"{\"a\":1}\n{\"a\":[1,}\n").expect_err("no object");
        assert!(error.to_string().contains("lines.ndjson:2"), "{error}");
    }
}
