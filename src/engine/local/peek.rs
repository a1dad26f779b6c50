//! Reads the first rows of a file as text: for guessing roles, and for events.

use std::collections::BTreeSet;

use super::{
    format::{TextColumns, Told},
    source::Source,
};
use crate::{
    case::{ColumnPeek, Event, Peek, Shape},
    engine::{
        EngineError,
        fields::{Stored, StoredColumn},
    },
    summary::values::{
        NumberEvidence, NumberStyle, StyleFound, is_instant, is_missing, plain, read_instant_in,
    },
};

/// Rows used for guessing.
const ROWS: usize = 1000;

/// Maximum number of distinct values listed in full.
const MOST_LEVELS: usize = 20;

/// Rows looked at for an example of an id.
const EXAMPLE_ROWS: usize = 5;

/// Maximum number of events.
const MOST_EVENTS: usize = 10_000;

/// Returns what the first rows show about each column.
///
/// * `wanted`: the names of the columns to look at; none for all.
pub(super) fn peek(source: &Source, wanted: Option<&[&str]>) -> Result<Peek, EngineError> {
    let mut texts = first_rows(source, ROWS, wanted)?;
    if let Some(wanted) = wanted {
        texts.retain(|(name, _)| wanted.contains(&name.as_str()));
    }
    let rows = texts.first().map_or(0, |(_, texts)| texts.len());
    if rows == 0 {
        return Err(EngineError::NoRows { file: source.shown.clone() });
    }
    let index: Vec<&str> =
        source.columns.iter().filter(|column| column.index).map(|column| column.name.as_str()).collect();
    // A column that cannot be decoded is still listed.
    let read: BTreeSet<&str> = texts.iter().map(|(name, _)| name.as_str()).collect();
    let unread = |column: &&StoredColumn| wanted.is_none() && !read.contains(column.name.as_str());
    let nested: Vec<ColumnPeek> = source
        .columns
        .iter()
        .filter(unread)
        .map(|column| ColumnPeek {
            name: column.name.clone(),
            stored_as: column.type_name.clone(),
            shape: Shape::Nested,
            ..ColumnPeek::default()
        })
        .collect();
    let columns = texts.into_iter().map(|(name, texts)| {
        let column = source.column(&name);
        let stored = column.map_or(Stored::Other, |column| column.stored);
        let type_name = column.map(|column| column.type_name.clone()).unwrap_or_default();
        let style = column.map(|column| column.reading.number).unwrap_or_default();
        let hidden = if stored == Stored::Text { numbers_in(&texts) } else { None };
        let stored = if hidden.is_some() { Stored::Number } else { stored };
        let texts = match hidden.unwrap_or(style) {
            NumberStyle::Plain => texts,
            style => plainly(texts, style),
        };
        ColumnPeek {
            index: index.contains(&name.as_str()),
            is_text_of_numbers: hidden.is_some(),
            ..of_column(name, type_name, stored, texts)
        }
    });
    let mut columns: Vec<ColumnPeek> = columns.collect();
    columns.extend(nested);
    let Told { notes, questions } = source.told();
    Ok(Peek { path: source.shown.clone(), rows: rows as u64, columns, notes, questions })
}

/// The style of numbers that a file holds as texts, if all are numbers and some have a fraction or a sign; whole numbers may
/// be codes.
fn numbers_in(texts: &[Option<String>]) -> Option<NumberStyle> {
    let mut evidence = NumberEvidence::default();
    texts.iter().flatten().filter(|text| !is_missing(text)).for_each(|text| evidence.look(text));
    match evidence.style(None) {
        StyleFound::Clear(style) if evidence.only_point + evidence.only_comma + evidence.dressed > 0 => {
            Some(style)
        }
        StyleFound::Clear(_) | StyleFound::Either(_) | StyleFound::NoNumbers => None,
    }
}

/// Rewrites numbers of a style in plain notation; other texts are unchanged.
fn plainly(texts: Vec<Option<String>>, style: NumberStyle) -> Vec<Option<String>> {
    let number = |text: String| match style.read(&text) {
        Some(x) if x.is_nan() => None,
        Some(x) => Some(plain(x)),
        None => Some(text),
    };
    texts.into_iter().map(|text| text.and_then(number)).collect()
}

/// What the first rows of a column show, as texts.
#[cfg(feature = "spark")]
pub(in crate::engine) fn peeked(column: &StoredColumn, texts: Vec<Option<String>>) -> ColumnPeek {
    of_column(column.name.clone(), column.type_name.clone(), column.stored, texts)
}

fn of_column(name: String, stored_as: String, stored: Stored, texts: Vec<Option<String>>) -> ColumnPeek {
    let values: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    let different: BTreeSet<&str> = values.iter().copied().collect();
    let numbers: Vec<f64> =
        values.iter().filter_map(|v| v.parse().ok()).filter(|x: &f64| x.is_finite()).collect();
    let is_numeric = matches!(stored, Stored::Whole | Stored::Number);
    let shape = match stored {
        _ if values.is_empty() => Shape::Empty,
        Stored::Whole => Shape::Whole,
        Stored::Number if numbers.iter().all(|x| x.fract() == 0.0) => Shape::Whole,
        Stored::Number => Shape::Number,
        Stored::Boolean => Shape::Boolean,
        Stored::Text
            if values.iter().all(|v| is_missing(v) || (v.parse::<f64>().is_err() && is_instant(v))) =>
        {
            Shape::TimeText
        }
        // In text files a time is a text that parses as one.
        Stored::Time if values.iter().all(|v| is_missing(v) || is_instant(v)) => Shape::TimeText,
        Stored::Time => Shape::Time,
        Stored::Vector => Shape::Vector,
        Stored::Text => Shape::Text,
        Stored::Other => Shape::Nested,
        Stored::Empty => Shape::Empty,
    };
    let shape = if shape == Shape::TimeText && stored_as.starts_with("Date") && stored == Stored::Time {
        Shape::Time
    } else {
        shape
    };
    let fold =
        |pick: fn(f64, f64) -> bool| numbers.iter().copied().reduce(|a, b| if pick(b, a) { b } else { a });
    let levels = if different.len() <= MOST_LEVELS {
        different.iter().map(ToString::to_string).collect()
    } else {
        Vec::new()
    };
    ColumnPeek {
        name,
        stored_as,
        shape,
        missing: (texts.len() - values.len()) as u64,
        distinct: different.len() as u64,
        range: fold(|b, a| b < a).zip(fold(|b, a| b > a)).filter(|_| is_numeric),
        levels,
        examples: values.iter().take(5).map(ToString::to_string).collect(),
        values: texts,
        index: false,
        is_text_of_numbers: false,
    }
}

/// Returns the events of a file in ascending order.
pub(super) fn events(source: &Source, notes: &mut Vec<String>) -> Result<Vec<Event>, EngineError> {
    let texts = first_rows(source, MOST_EVENTS, None)?;
    let column = |names: &[&str]| {
        let found = names.iter().find_map(|name| texts.iter().find(|(n, _)| n.to_lowercase() == *name));
        found.map(|(_, texts)| texts.as_slice())
    };
    let times = column(&["timestamp", "ts", "time", "at", "date", "when"]);
    let kinds = column(&["kind", "type", "category"]).unwrap_or_default();
    let titles = column(&["title", "what", "event", "description", "message", "name"]).unwrap_or_default();
    let Some(times) = times else {
        notes.push(format!("{} has no column timestamp: no events are shown", source.shown));
        return Ok(Vec::new());
    };
    let text = |column: &[Option<String>], row: usize| column.get(row).cloned().flatten().unwrap_or_default();
    let mut events = Vec::new();
    let mut unreadable = 0;
    // Day-first applies to all of its dates or to none.
    let order = source.columns.iter().find_map(|column| column.reading.dates);
    for (row, time) in times.iter().enumerate() {
        match time.as_deref().and_then(|text| read_instant_in(text, order)) {
            Some(at) => {
                let kind = text(kinds, row).trim().to_lowercase();
                events.push(Event { at, kind, title: text(titles, row).trim().to_owned() });
            }
            None => unreadable += 1,
        }
    }
    if unreadable > 0 {
        notes.push(format!("{}: {unreadable} events have no readable time; they are left out", source.shown));
    }
    events.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.title.cmp(&b.title)));
    Ok(events)
}

/// Returns the first rows, as text, of the first file that has any.
pub(super) fn first_rows(
    source: &Source,
    most: usize,
    wanted: Option<&[&str]>,
) -> Result<TextColumns, EngineError> {
    let mut found = Vec::new();
    for (file, partitions) in source.files.iter().zip(&source.partitions) {
        found = source.renamed(file.file().walled(|| match wanted {
            Some(columns) => file.first_rows_of(most, &source.names_as_written(columns)),
            None => file.first_rows(most),
        })?);
        let rows = found.first().map_or(0, |(_, texts)| texts.len());
        for (name, value) in partitions {
            if !found.iter().any(|(known, _)| known == name) {
                found.push((name.clone(), vec![value.clone(); rows]));
            }
        }
        if found.first().is_some_and(|(_, texts)| !texts.is_empty()) {
            break;
        }
    }
    Ok(found)
}

/// A note that no id of a file is one of production's, with an example of both.
///
/// # Errors
///
/// When the first rows of one of them cannot be read.
pub(super) fn nothing_joined(source: &Source, production: &Source, id: &str) -> Result<String, EngineError> {
    let example = |source: &Source| -> Result<String, EngineError> {
        let texts = first_rows(source, EXAMPLE_ROWS, None)?;
        let column = texts.iter().find(|(name, _)| name == id).map(|(_, texts)| texts.as_slice());
        let text = column.unwrap_or_default().iter().flatten().next();
        Ok(text.map(|text| format!(" (such as {text:?})")).unwrap_or_default())
    };
    Ok(format!(
        "no {id} of {}{} is among those of {}{}: nothing is joined",
        source.shown,
        example(source)?,
        production.shown,
        example(production)?
    ))
}
