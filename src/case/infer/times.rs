//! The columns of instants: when a request was answered, and when its label came.

use super::{Guesser, Question};
use crate::{
    case::{
        ColumnPeek, Shape,
        names::{LABEL_TIME, TIMESTAMP, named},
    },
    summary::{Micros, values::read_instant},
};

/// The share of the rows in which an instant and the label are both there or both missing, for the label's instant.
const TOGETHER: f64 = 0.99;

impl Guesser<'_> {
    /// When the request was answered.
    pub(super) fn timestamp(&mut self) {
        if self.guess.columns.timestamp.is_some() {
            return;
        }
        let training = &self.peeks.training;
        let mut best: Option<(u32, &ColumnPeek)> = None;
        let mut instants = 0;
        for column in self.free() {
            let named = named(&column.name, &TIMESTAMP);
            let fits = if column.shape.is_time() {
                instants += 1;
                // The label's instant is the answer's only where no other is.
                if is_of_label(&column.name) { 1 } else { 2 + named }
            } else if named > 0 && is_epoch(column) {
                named
            } else {
                0
            };
            if fits > best.map_or(0, |(score, _)| score) {
                best = Some((fits, column));
            }
        }
        // Numbers like those of a clock that only a log has, without a name.
        let unnamed = || self.free().find(|column| is_epoch(column) && !training.has(&column.name));
        let Some((fits, column)) = best.or_else(|| unnamed().map(|column| (0, column))) else {
            self.guess
                .doubts
                .push("no column of production holds timestamps: nothing can be shown over time".to_owned());
            let unread = self.free().find_map(unread);
            self.guess.doubts.extend(unread);
            return;
        };
        let mut because = match (column.shape.is_time(), fits > 2) {
            (true, true) => "its values are timestamps, and its name says so",
            (true, false) => "its values are timestamps",
            (false, _) if fits == 0 => "numbers that count time since 1970, which training does not have",
            (false, _) => "its name, and numbers that are dates or count time since 1970",
        }
        .to_owned();
        if fits == 0 {
            let doubt = format!(
                "{} is taken as the time of the answer, on the evidence of its values only",
                column.name
            );
            self.guess.doubts.push(doubt);
        }
        if instants > 1 {
            because = format!("{because}; one of {instants} such columns");
            let doubt = format!(
                "{instants} columns of production hold timestamps; {} is taken as the time of the answer",
                column.name
            );
            let others = self.free().filter(|column| column.shape.is_time());
            let others: Vec<String> = others.map(|column| column.name.clone()).collect();
            self.guess.questions.push(Question::timestamp(&column.name, others.into_iter(), &doubt));
            self.guess.doubts.push(doubt);
        }
        let clock =
            Some(column).filter(|column| are_days(column)).and_then(|_| self.free().find(|c| is_clock(c)));
        if let Some(clock) = clock {
            self.guess.doubts.push(format!(
                "{} holds days alone, and {} the time of day, which is not read with it: an onset is known to the day. Write both \
                 in one column",
                column.name, clock.name
            ));
        }
        self.guess.columns.timestamp = Some(self.take("timestamp", column, because));
    }

    /// When the label came: a column that is named so, or one that is there where the label is and never before the answer.
    pub(super) fn label_time(&mut self) {
        let columns = &self.guess.columns;
        let Some(label) = columns.label.clone().filter(|_| columns.timestamp.is_some()) else {
            return;
        };
        let apart =
            self.peeks.labels.iter().flat_map(|peek| &peek.columns).filter(|column| column.shape.is_time());
        let apart: Vec<&ColumnPeek> = apart.collect();
        let log = || self.free().filter(|column| column.shape.is_time());
        let (column, because) = match apart[..] {
            [only] if self.peeks.production.column(&only.name).is_none() => {
                (only, "the timestamps of the file of labels".to_owned())
            }
            [..] => {
                let named = apart.iter().copied().chain(log()).find(|column| is_of_label(&column.name));
                let found = named.map(|column| {
                    (column, "its values are timestamps, and its name is one of labels".to_owned())
                });
                let beside = || {
                    let column = log().find(|column| self.comes_with(column, &label))?;
                    Some((
                        column,
                        "timestamps that are missing where the label is, and are never before the answer"
                            .to_owned(),
                    ))
                };
                let Some(found) = found.or_else(beside) else { return };
                found
            }
        };
        self.guess.columns.label_time = Some(self.take("label_time", column, because));
    }

    /// Whether an instant is missing exactly where the label is, and no earlier than the answer.
    fn comes_with(&self, column: &ColumnPeek, label: &str) -> bool {
        let production = &self.peeks.production;
        let timestamp = self.guess.columns.timestamp.as_deref().and_then(|name| production.column(name));
        let (Some(label), Some(timestamp)) = (production.column(label), timestamp) else {
            return false;
        };
        let pairs = || column.values.iter().zip(&label.values);
        let together = pairs().filter(|(instant, label)| instant.is_some() == label.is_some()).count() as f64;
        // ISO texts are in the order of time; others are compared by their presence alone.
        let in_order = column.values.iter().zip(&timestamp.values).all(|(came, asked)| match (came, asked) {
            (Some(came), Some(asked)) if came.len() == asked.len() && came.contains('-') => came >= asked,
            _ => true,
        });
        column.missing > 0
            && label.missing > 0
            && together >= TOGETHER * pairs().count().max(1) as f64
            && in_order
    }
}

/// Whether a column's instants are days without a time of day.
fn are_days(column: &ColumnPeek) -> bool {
    let mut texts = column.values.iter().flatten().peekable();
    texts.peek().is_some()
        && texts.all(|text| !text.contains(':') && read_instant(text).is_none_or(is_midnight))
}

fn is_midnight(at: Micros) -> bool {
    at.rem_euclid(24 * 3600 * 1_000_000) == 0
}

/// Whether a column's texts are times of day: `06:05`, `06:05:30.25`.
fn is_clock(column: &ColumnPeek) -> bool {
    let is_time_of_day = |text: &String| {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let fits =
            |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        matches!(parts.len(), 2 | 3) && parts.iter().take(2).all(fits)
    };
    let mut texts = column.values.iter().flatten().peekable();
    column.shape == Shape::Text && texts.peek().is_some() && texts.all(is_time_of_day)
}

/// Whether a name is that of a label's instant.
fn is_of_label(name: &str) -> bool {
    named(name, &LABEL_TIME) == 2 || (named(name, &LABEL_TIME) == 1 && named(name, &TIMESTAMP) > 0)
}

/// What is said of a column that is named like a time, and cannot be read as one.
fn unread(column: &ColumnPeek) -> Option<String> {
    if named(&column.name, &TIMESTAMP) == 0 || column.shape == Shape::Empty {
        return None;
    }
    let example = column.examples.first()?;
    let days = column.range.is_some_and(|(low, high)| low >= 2e4 && high < 8e4);
    let looks = if days { ": they look like a spreadsheet's days since 1900" } else { "" };
    Some(format!(
        "{} is named like a time, but its values, such as {example:?}, are not read as one{looks}. Write them as 2026-03-14T12:30:00Z, or say how dates are written:  [read]  dates = \"day first\"",
        column.name
    ))
}

/// Whether numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, between 2001 and 2096, or dates
/// such as 20260314 and instants such as 20260314063000.
fn is_epoch(column: &ColumnPeek) -> bool {
    let fits = |unit: f64| column.range.is_some_and(|(low, high)| low >= 1e9 * unit && high <= 4e9 * unit);
    let is_date = |digits: usize, lowest: f64, highest: f64| {
        let of = |text: &Option<String>| text.as_deref().is_none_or(|text| text.len() == digits);
        column.shape == Shape::Whole
            && column.values.iter().all(of)
            && column.range.is_some_and(|(low, high)| low >= lowest && high < highest)
    };
    let is_written = || is_date(8, 19_000_101.0, 22e6) || is_date(14, 19_000_101e6, 22e12);
    column.shape.is_number() && ([1.0, 1e3, 1e6, 1e9].into_iter().any(fits) || is_written())
}
