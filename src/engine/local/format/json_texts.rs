//! Columns of text that hold JSON objects, as request logs and inference tables have them: the keys are columns of their own,
//! named by their path, as in JSON lines.

use std::{borrow::Cow, fmt::Write as _};

use serde::de::IgnoredAny;

use super::{
    json::JsonLines,
    json_columns::without_nan,
    table_file::{Chunk, Chunks, DataFile, Decoded, TableFile, TextColumns, Told},
};
use crate::{
    case::ReadRules,
    engine::{
        EngineError,
        fields::{Field, Stored, StoredColumn},
        local::convert,
    },
    summary::{
        MISSING,
        reservoir::Slot,
        values::{Dictionary, Form, Known, Values},
    },
};

/// Rows whose texts tell whether a column holds objects, and which keys they have.
const ROWS: usize = 200;

/// The most names that a note lists.
const LISTED: usize = 4;

/// A file with the keys of its texts in place of the columns that hold them.
#[derive(Debug)]
struct Unfolded {
    inner: Box<dyn TableFile>,
    /// The columns of text.
    folded: Vec<String>,
    json: JsonLines,
    columns: Vec<StoredColumn>,
    told: Told,
}

/// A file in which columns of objects as text are taken apart; the file as it is where it has none.
pub(super) fn unfold(
    inner: Box<dyn TableFile>,
    rules: &ReadRules,
) -> Result<Box<dyn TableFile>, EngineError> {
    let may_be_folded = |(at, column): &(usize, &StoredColumn)| {
        column.stored == Stored::Text && inner.may_begin_with(*at, b"{[ ")
    };
    let texts = inner.columns().iter().enumerate().filter(may_be_folded);
    let names: Vec<&str> = texts.map(|(_, column)| column.name.as_str()).collect();
    if names.is_empty() {
        return Ok(inner);
    }
    let mut rows = inner.first_rows_of(ROWS, &names)?;
    let holds_objects = |(name, texts): &(String, Vec<Option<String>>)| {
        let objects = texts.iter().flatten().filter(|text| object(text).is_some()).count();
        names.contains(&name.as_str()) && objects > 0 && 2 * objects >= texts.iter().flatten().count()
    };
    rows.retain(holds_objects);
    if rows.is_empty() {
        return Ok(inner);
    }
    let others: usize =
        rows.iter().flat_map(|(_, texts)| texts).flatten().filter(|text| object(text).is_none()).count();
    let json = JsonLines::new(inner.file(), &lines(&rows), rules)?;
    let folded: Vec<String> = rows.into_iter().map(|(name, _)| name).collect();
    // A key that is a column already: which of the two is meant only a person can say.
    let is_known = |name: &str| inner.columns().iter().any(|column| column.name == name);
    if json.columns().iter().any(|column| !folded.contains(&column.name) && is_known(&column.name)) {
        return Ok(inner);
    }
    let is_kept = |column: &&StoredColumn| !folded.contains(&column.name);
    let columns: Vec<StoredColumn> =
        inner.columns().iter().filter(is_kept).chain(json.columns()).cloned().collect();
    let mut told = inner.told();
    let keys = json.columns();
    let mut listed = keys.iter().take(LISTED).map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
    if keys.len() > LISTED {
        let _ = write!(listed, " and {} more", keys.len() - LISTED);
    }
    told.notes.push(format!(
        "{}: {} {} objects as text, whose keys are read as columns ({listed}){}",
        inner.file().shown,
        folded.join(", "),
        if folded.len() == 1 { "holds" } else { "hold" },
        if others > 0 { "; where it holds something else, they are missing" } else { "" }
    ));
    told.questions.extend(json.told().questions);
    Ok(Box::new(Unfolded { inner, folded, json, columns, told }))
}

impl TableFile for Unfolded {
    fn file(&self) -> &DataFile {
        self.inner.file()
    }

    fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    fn told(&self) -> Told {
        self.told.clone()
    }

    fn rows(&self) -> Option<u64> {
        self.inner.rows()
    }

    fn chunk_count(&self) -> Option<usize> {
        self.inner.chunk_count()
    }

    fn most_chunks(&self) -> Option<usize> {
        self.inner.most_chunks()
    }

    fn chunks(&self) -> Result<Chunks<'_>, EngineError> {
        let chunks = self.inner.chunks()?;
        Ok(Box::new(chunks.map(|chunk| {
            chunk.map(|inner| Box::new(UnfoldedChunk { file: self, inner }) as Box<dyn Chunk + '_>)
        })))
    }

    fn first_rows(&self, most: usize) -> Result<TextColumns, EngineError> {
        Ok(self.taken_apart(self.inner.first_rows(most)?))
    }

    fn first_rows_of(&self, most: usize, columns: &[&str]) -> Result<TextColumns, EngineError> {
        let (within, mut asked): (Vec<&str>, Vec<&str>) =
            columns.iter().partition(|name| self.json.has(name));
        if !within.is_empty() {
            asked.extend(self.folded.iter().map(String::as_str));
        }
        Ok(self.taken_apart(self.inner.first_rows_of(most, &asked)?))
    }
}

impl Unfolded {
    /// Rows with the keys of their texts in place of the texts.
    fn taken_apart(&self, rows: TextColumns) -> TextColumns {
        let (texts, mut rows): (TextColumns, TextColumns) =
            rows.into_iter().partition(|(name, _)| self.folded.contains(name));
        if !texts.is_empty() {
            rows.extend(self.json.texts(&lines(&texts), usize::MAX));
        }
        rows
    }
}

struct UnfoldedChunk<'f> {
    file: &'f Unfolded,
    inner: Box<dyn Chunk + 'f>,
}

impl Chunk for UnfoldedChunk<'_> {
    fn records(&self) -> u64 {
        self.inner.records()
    }

    fn header_records_before(&self) -> u64 {
        self.inner.header_records_before()
    }

    fn decode(
        &self,
        fields: &[Field],
        dictionaries: &mut [Dictionary],
        in_parallel: bool,
    ) -> Result<(usize, Decoded), EngineError> {
        let Unfolded { inner: file, folded, json, .. } = self.file;
        let is_within: Vec<bool> = fields.iter().map(|field| json.has(&field.column)).collect();
        let of = |within: bool| -> Vec<Field> {
            let chosen = fields.iter().zip(&is_within).filter(|(_, is)| **is == within);
            chosen.map(|(field, _)| field.clone()).collect()
        };
        let (mut own, within) = (of(false), of(true));
        let owned = own.len();
        let (mut of_own, mut of_within) = (Vec::new(), Vec::new());
        for ((dictionary, field), is_within) in dictionaries.iter_mut().zip(fields).zip(&is_within) {
            let lent = std::mem::replace(dictionary, Dictionary::new(field.known.clone()));
            if *is_within { of_within.push(lent) } else { of_own.push(lent) }
        }
        let is_asked = |name: &&String| {
            within.iter().any(|field| {
                field.column.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'))
            })
        };
        for name in folded.iter().filter(is_asked) {
            let field = Field::new(Slot::Extra(0), name, Form::Code, Known::default());
            of_own.push(Dictionary::new(field.known.clone()));
            own.push(field);
        }
        let (rows, decoded) = self.inner.decode(&own, &mut of_own, in_parallel)?;
        let damaged = |error: polars::prelude::PolarsError| file.file().damaged(&error);
        let mut values = Vec::with_capacity(own.len());
        match decoded {
            Decoded::Values(decoded) => values = decoded,
            Decoded::Series(columns) => {
                for ((series, field), dictionary) in columns.into_iter().zip(&own).zip(&mut of_own) {
                    let column = file.columns().iter().find(|column| column.name == field.column);
                    let reading = column.map(|column| column.reading).unwrap_or_default();
                    values.push(match series {
                        Some(series) => convert::values(series, field.form, dictionary, Vec::new(), reading)
                            .map_err(damaged)?,
                        None => Values::Absent,
                    });
                }
            }
        }
        let texts: TextColumns = (owned..own.len())
            .map(|at| (own[at].column.clone(), texts_of(&values[at], &of_own[at], rows)))
            .collect();
        let (_, found) = json.decode(lines(&texts), rows, &within, &mut of_within)?;
        let (mut own, mut found) = (values.into_iter().zip(of_own), found.into_iter().zip(of_within));
        let mut all = Vec::with_capacity(fields.len());
        for (is_within, lent) in is_within.iter().zip(dictionaries) {
            let next = if *is_within { found.next() } else { own.next() };
            let Some((values, dictionary)) = next else {
                return Err(file.file().damaged(&"a column is missing"));
            };
            *lent = dictionary;
            all.push(values);
        }
        Ok((rows, Decoded::Values(all)))
    }
}

/// The texts of a column; none for all rows where the file lacks it.
fn texts_of(values: &Values, dictionary: &Dictionary, rows: usize) -> Vec<Option<String>> {
    match values {
        Values::Codes(codes) => {
            let text = |code: &u32| (*code != MISSING).then(|| dictionary.text(*code).to_owned());
            codes.iter().map(text).collect()
        }
        _ => vec![None; rows],
    }
}

/// JSON lines whose values are the objects of columns of text.
fn lines(columns: &[(String, Vec<Option<String>>)]) -> Vec<u8> {
    let rows = columns.iter().map(|(_, texts)| texts.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for row in 0..rows {
        for (at, (name, texts)) in columns.iter().enumerate() {
            lines.push(if at == 0 { b'{' } else { b',' });
            lines.extend(serde_json::Value::from(name.as_str()).to_string().into_bytes());
            lines.push(b':');
            match texts.get(row).and_then(Option::as_deref).and_then(object) {
                // Within a text of JSON a line break is escaped; elsewhere it is as good as a blank.
                Some(text) => {
                    lines.extend(text.bytes().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }));
                }
                None => lines.extend_from_slice(b"null"),
            }
        }
        lines.extend_from_slice(b"}\n");
    }
    lines
}

/// A text as JSON, if it is an object, or a list that begins with one: of JSON, or as Python writes a dict.
fn object(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let begins = |text: &str| {
        let inner = text.strip_prefix('[').map_or(text, str::trim_start);
        inner.starts_with('{')
    };
    if !begins(text) {
        return None;
    }
    if is_json(text) {
        return Some(Cow::Borrowed(text));
    }
    let plain = without_nan(text.as_bytes()).and_then(|plain| String::from_utf8(plain).ok());
    let plain = plain.filter(|plain| is_json(plain));
    plain.or_else(|| Some(python(text)).filter(|json| is_json(json))).map(Cow::Owned)
}

/// A literal of Python as JSON: quotes, `None`, `True`, `False`, `nan`.
fn python(text: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("None", "null"),
        ("True", "true"),
        ("False", "false"),
        ("nan", "null"),
        ("-inf", "null"),
        ("inf", "null"),
    ];
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((word, with)) = WORDS.into_iter().find(|(word, _)| rest.starts_with(word)) {
            json.push_str(with);
            rest = &rest[word.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if !matches!(c, '\'' | '"') {
            json.push(c);
            continue;
        }
        let mut own = String::new();
        let mut escaped = false;
        let mut end = rest.len();
        for (at, inner) in rest.char_indices() {
            match inner {
                _ if escaped => {
                    escaped = false;
                    own.push(match inner {
                        'n' => '\n',
                        't' => '\t',
                        other => other,
                    });
                }
                '\\' => escaped = true,
                inner if inner == c => {
                    end = at + inner.len_utf8();
                    break;
                }
                inner => own.push(inner),
            }
        }
        rest = &rest[end..];
        json.push_str(&serde_json::Value::from(own).to_string());
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_json_and_of_python_are_known() {
        let known = |text: &str| object(text).map(Cow::into_owned);
        assert_eq!(known(r#" {"a": 1} "#).as_deref(), Some(r#"{"a": 1}"#));
        assert_eq!(known(r#"{"a": NaN}"#).as_deref(), Some(r#"{"a": null}"#));
        assert_eq!(known(r#"[{"a": 1}]"#).as_deref(), Some(r#"[{"a": 1}]"#));
        assert_eq!(
            known(r#"{'a': 'it\'s', "b": None, 'c': True, 'd': nan}"#).as_deref(),
            Some(r#"{"a": "it's", "b": null, "c": true, "d": null}"#)
        );
        for text in ["", "[1, 2]", "{", "{a: 1}", "north", "{'a'", "{'a': b}"] {
            assert_eq!(known(text), None, "{text}");
        }
    }

    #[test]
    fn rows_are_lines_whatever_the_texts_hold() {
        let texts = vec![Some("{\"a\":\n1}".to_owned()), None, Some("no object".to_owned())];
        let columns = [("x \"y\"".to_owned(), texts), ("z".to_owned(), vec![Some("{}".to_owned())])];
        assert_eq!(
            String::from_utf8(lines(&columns)).expect("text"),
            "{\"x \\\"y\\\"\":{\"a\": 1},\"z\":{}}\n{\"x \\\"y\\\"\":null,\"z\":null}\n{\"x \\\"y\\\"\":null,\"z\":null}\n"
        );
    }
}
