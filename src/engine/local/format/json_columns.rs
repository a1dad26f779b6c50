//! The columns of JSON lines: the keys of the rows, and the paths of keys within objects.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::type_guess::TypeGuess;
use crate::engine::local::nested::{MOST_LEVELS, MOST_WITHIN};

pub(super) type Object = serde_json::Map<String, Value>;

/// The value at a path such as `input.amount`, or under a key that is called so.
pub(super) fn value_at<'r>(row: &'r Object, path: &str) -> Option<&'r Value> {
    let within = || {
        path.match_indices('.').find_map(|(at, _)| match row.get(&path[..at]) {
            Some(Value::Object(inner)) => value_at(inner, &path[at + 1..]),
            Some(Value::Array(list)) => value_at(list.first()?.as_object()?, &path[at + 1..]),
            _ => None,
        })
    };
    row.get(path).or_else(within)
}

/// The value of a list of one, as request logs of batches of one hold it; any other value is itself.
pub(super) fn lone(value: &Value) -> &Value {
    match value {
        Value::Array(list) => match &list[..] {
            [only] if !only.is_object() => lone(only),
            _ => value,
        },
        _ => value,
    }
}

/// What the rows show of the columns.
#[derive(Default)]
pub(super) struct Seen {
    /// The paths in order of first occurrence, each with the key of the row that it begins with, if it leads into an object.
    names: Vec<(String, Option<String>)>,
    guesses: HashMap<String, TypeGuess>,
    /// What lists of one hold, by path.
    lone: HashMap<String, TypeGuess>,
    /// The number of paths within each key of the rows that holds objects.
    within: BTreeMap<String, usize>,
    /// The first path that holds a list of several objects.
    several: Option<String>,
}

impl Seen {
    /// Adds a row.
    pub(super) fn row(&mut self, row: &Object) {
        for (key, value) in row {
            self.value(key.clone(), value, None, 0);
        }
    }

    /// Adds a value, or the values of an object.
    ///
    /// * `top`: the key of the row that the path begins with; none for a key of the row.
    fn value(&mut self, name: String, value: &Value, top: Option<&str>, level: usize) {
        // A list of one object, as request logs of batches of one hold it, is the object.
        let listed = value.as_array().and_then(|list| list.first());
        if let Some(first @ Value::Object(inner)) = listed
            && level < MOST_LEVELS
            && !inner.is_empty()
        {
            if value.as_array().is_some_and(|list| list.len() > 1) {
                self.several.get_or_insert_with(|| name.clone());
            }
            self.value(name, first, top, level);
            return;
        }
        if let Value::Object(inner) = value
            && level < MOST_LEVELS
            && !inner.is_empty()
        {
            for (key, value) in inner {
                self.value(format!("{name}.{key}"), value, top.or(Some(&name)), level + 1);
            }
            return;
        }
        if !self.guesses.contains_key(&name) {
            if let Some(top) = top {
                *self.within.entry(top.to_owned()).or_default() += 1;
            }
            self.names.push((name.clone(), top.map(str::to_owned)));
        }
        let only = lone(value);
        if !std::ptr::eq(only, value) && !only.is_array() {
            self.guesses.entry(name.clone()).or_default();
            look(self.lone.entry(name).or_default(), only);
            return;
        }
        look(self.guesses.entry(name).or_default(), value);
    }

    /// Settles what lists of one are: values, unless the other rows hold longer lists.
    fn settle(&mut self) {
        for (name, lone) in std::mem::take(&mut self.lone) {
            match self.guesses.get_mut(&name) {
                Some(guess) if guess.is_of_lists() => guess.vector(),
                Some(guess) if !guess.is_empty() => guess.join(&lone),
                _ => {
                    self.guesses.insert(name, lone);
                }
            }
        }
    }

    /// The first path that holds lists of several objects.
    pub(super) fn lists_of_several(&self) -> Option<String> {
        self.several.clone()
    }

    /// The columns and their types. A key with too many paths is one column; an object that is null in some rows is none.
    pub(super) fn columns(mut self) -> (Vec<String>, Vec<TypeGuess>) {
        self.settle();
        let mut columns: Vec<String> = Vec::new();
        let mut kept = HashSet::new();
        for (name, top) in &self.names {
            let whole = top.as_ref().filter(|&top| self.within.get(top).is_some_and(|&n| n > MOST_WITHIN));
            let name = whole.unwrap_or(name);
            let is_null = self.guesses.get(name).is_some_and(TypeGuess::is_empty);
            let is_object = whole.is_none() && top.is_none() && self.within.contains_key(name);
            if !(is_object && is_null) && kept.insert(name.clone()) {
                columns.push(name.clone());
            }
        }
        let guesses = columns.iter().map(|name| self.guesses.remove(name).unwrap_or_default()).collect();
        (columns, guesses)
    }
}

/// Adds a value that is no object to what a column shows.
fn look(guess: &mut TypeGuess, value: &Value) {
    match value {
        Value::Null | Value::Object(_) => {}
        Value::Bool(_) => guess.boolean(),
        Value::Number(x) => guess.number(!x.is_f64()),
        Value::Array(_) => guess.vector(),
        // A JSON string is a text, even if it looks like a number.
        Value::String(text) => guess.json_text(text),
    }
}

/// The keys of a file that is one object with nothing but lists and objects in it, as whole tables are written.
pub(super) fn lone_table(windows: &[Vec<u8>]) -> Option<String> {
    let mut lines =
        windows.iter().flat_map(|window| window.split(|&b| b == b'\n')).filter(|line| !line.is_empty());
    let (only, None) = (lines.next()?, lines.next()) else {
        return None;
    };
    let table = object(only).ok()?;
    let holds = |value: &Value| match value {
        Value::Array(rows) => rows.len() > 1,
        Value::Object(rows) => rows.len() > 1,
        _ => false,
    };
    let keys: Vec<&str> = table.keys().take(4).map(String::as_str).collect();
    (!table.is_empty() && table.values().all(holds)).then(|| keys.join(", "))
}

/// Parses the object of a line.
pub(super) fn object(line: &[u8]) -> Result<Object, serde_json::Error> {
    serde_json::from_slice(line).or_else(|error| match without_nan(line) {
        Some(line) => serde_json::from_slice(&line),
        None => Err(error),
    })
}

/// Replaces `NaN`, `Infinity` and `-Infinity`, as written by Python and Java, by null; `None` if the line has
/// none.
pub(super) fn without_nan(line: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(line.len());
    let (mut at, mut in_text, mut found) = (0, false, false);
    while let Some(&byte) = line.get(at) {
        let word =
            [&b"NaN"[..], b"-Infinity", b"Infinity"].into_iter().find(|word| line[at..].starts_with(word));
        match (byte, word) {
            (_, Some(word)) if !in_text => {
                plain.extend_from_slice(b"null");
                at += word.len();
                found = true;
                continue;
            }
            (b'"', _) => in_text = !in_text,
            (b'\\', _) if in_text => {
                plain.push(byte);
                at += 1;
            }
            _ => {}
        }
        plain.extend(line.get(at));
        at += 1;
    }
    found.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_nan_and_infinity_are_null() {
        let plain =
            |line: &str| without_nan(line.as_bytes()).map(|line| String::from_utf8(line).expect("text"));
        assert_eq!(
            plain(r#"{"a": NaN, "b": [-Infinity, 1]}"#).as_deref(),
            Some(r#"{"a": null, "b": [null, 1]}"#)
        );
        assert_eq!(plain(r#"{"a": "NaN \" Infinity", "b": 1}"#), None);
        assert_eq!(plain(r#"{"NaN": Infinity}"#).as_deref(), Some(r#"{"NaN": null}"#));
        assert!(object(br#"{"a": NaN}"#).is_ok() && object(br#"{"a": nan}"#).is_err());
    }

    fn columns(lines: &[&str]) -> Vec<String> {
        let mut seen = Seen::default();
        lines.iter().for_each(|line| seen.row(&object(line.as_bytes()).expect("an object")));
        seen.columns().0
    }

    #[test]
    fn keys_of_objects_are_columns_by_their_path() {
        let rows = [
            r#"{"in": null, "a.b": 1, "out": {}}"#,
            r#"{"in": {"x": 1, "y": {"z": 2}}, "a.b": 2, "out": {}}"#,
        ];
        assert_eq!(columns(&rows), ["a.b", "out", "in.x", "in.y.z"]);
        let row = object(rows[1].as_bytes()).expect("an object");
        assert_eq!(value_at(&row, "in.y.z"), Some(&2.into()));
        assert_eq!(value_at(&row, "a.b"), Some(&2.into()));
        assert_eq!(value_at(&row, "in.none"), None);
    }

    #[test]
    fn lists_of_one_are_values_unless_some_are_longer() {
        let types = |rows: &[&str]| {
            let mut seen = Seen::default();
            rows.iter().for_each(|line| seen.row(&object(line.as_bytes()).expect("an object")));
            seen.columns().1.into_iter().map(|guess| guess.is_measured()).collect::<Vec<_>>()
        };
        assert_eq!(
            types(&[r#"{"p": [0.25], "q": [[0.5]], "r": ["x"]}"#, r#"{"p": [1], "q": null}"#]),
            [true, true, false]
        );
        assert_eq!(types(&[r#"{"p": [0.25]}"#, r#"{"p": [0.25, 0.75]}"#]), [false], "a list");
        assert_eq!(types(&[r#"{"p": [0.25]}"#, r#"{"p": 0.75}"#]), [true], "two versions of a service");
        let value = |text: &str| lone(&serde_json::from_str(text).expect("JSON")).clone();
        assert_eq!(value("[[0.5]]"), 0.5);
        assert_eq!(value("[1, 2]"), serde_json::json!([1, 2]));
        assert_eq!(value("[{}]"), serde_json::json!([{}]), "an object is taken apart elsewhere");
    }

    #[test]
    fn an_object_with_changing_keys_is_one_column() {
        let rows: Vec<String> =
            (0..300).map(|row| format!(r#"{{"by_user": {{"u{row}": 1}}, "f.{row}": 1}}"#)).collect();
        let columns = columns(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(columns.iter().filter(|name| name.starts_with("by_user")).count(), 1);
        assert_eq!(columns.len(), 301, "keys with a full stop are keys");
    }

    #[test]
    fn a_table_within_one_object_is_known() {
        let keys = |text: &str| lone_table(&[text.as_bytes().to_vec()]);
        assert_eq!(keys(r#"{"columns":["a","b"],"data":[[1,2],[3,4]]}"#).as_deref(), Some("columns, data"));
        assert_eq!(keys("{\"a\":{\"0\":1,\"1\":2}}\n").as_deref(), Some("a"));
        assert_eq!(keys(r#"{"a":[1,2],"b":3}"#), None);
        assert_eq!(keys("{\"a\":[1,2]}\n{\"a\":[1,2]}\n"), None);
    }
}
