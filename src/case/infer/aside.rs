//! Decides which of the columns without a role to ignore and which to read as categories.

use std::collections::BTreeSet;

use super::Guesser;
use crate::{
    case::{
        ColumnPeek, LAUNCH_COLUMNS, Shape, is_index_name,
        names::{
            BATCH, BESIDE_THE_DATA, BOUND, CODE, ENTITY, ENVELOPE, LABEL, OUTPUT, PREDICTION, QUANTITY,
            SCORE, named, words,
        },
    },
    summary::values::same_class,
};

/// A column with an entity's name and at most this many distinct values is a category.
const FEW_ENTITIES: u64 = 50;

/// Integers with a category's name and more distinct values than this remain numbers.
const MOST_CODES: u64 = 100;

/// The minimum number of rows for a sequence or for distinct integers not to be chance.
const MANY_ROWS: u64 = 20;

/// The same for numbers that are called those of a batch.
const FEW_BATCHES: u64 = 3;

impl Guesser<'_> {
    /// Classifies the remaining columns.
    pub(super) fn others(&mut self) {
        let (training, production) = (&self.peeks.training, &self.peeks.production);
        let mut seen = BTreeSet::new();
        for (peek, column) in [training, production]
            .into_iter()
            .flat_map(|peek| peek.columns.iter().map(move |column| (peek, column)))
        {
            let name = &column.name;
            if self.taken.contains(name) || LAUNCH_COLUMNS.contains(&name.as_str()) || !seen.insert(name) {
                continue;
            }
            let words = words(name);
            let last = words.last().map_or("", String::as_str);
            let differs = |column: &ColumnPeek, rows: u64| {
                rows > MANY_ROWS && column.distinct + column.missing >= rows && column.missing < rows
            };
            let other =
                if std::ptr::eq(peek, training) { production.column(name) } else { training.column(name) };
            let because = if column.shape.is_time() {
                Some("a timestamp can't be used as an input as it is")
            } else if column.shape == Shape::Nested {
                Some("lists of texts, records or bytes, which cannot be counted")
            } else if column.shape == Shape::Vector
                && (words.iter().any(|word| OUTPUT.contains(&word.as_str()))
                    || named(name, &SCORE) > 0
                    || named(name, &PREDICTION) > 0)
            {
                Some("probabilities or scores of the model, by their name: an output, not an input")
            } else if self.is_bound(column) {
                Some("a bound or an error of the model's answer, by its name: an output, not an input")
            } else if std::ptr::eq(peek, training) && other.is_none() && self.is_answer_at_launch(column) {
                Some("a score or an answer that only training has: an output of the model, not an input")
            } else if self.is_another_answer(column) {
                Some(
                    "another answer, as it seems: it is named like one, and holds the classes of the answers",
                )
            } else if self.is_another_label(column) {
                Some("another label, as it seems: it is named like one, and mostly says what the label says")
            } else if ENVELOPE.contains(&words.join("_").as_str())
                && column.distinct <= 1
                && other.is_none_or(|other| other.distinct <= 1)
            {
                Some("one value throughout, under a name of what loggers add")
            } else if column.index || is_index_name(name) {
                Some("the index of a data frame: it numbers the rows")
            } else if names_the_period(column) {
                Some("names the period or the part of the data that a row belongs to")
            } else if BESIDE_THE_DATA.contains(&words.join("_").as_str()) {
                Some("a column that tools write beside the data")
            } else if counts_on(column)
                || other.is_some_and(counts_on)
                || other.is_some_and(|other| rises(column) && rises(other))
            {
                Some("a running number of the rows")
            } else if other.is_some_and(|other| {
                let served = if std::ptr::eq(peek, training) { other } else { column };
                let is_batch = BATCH.contains(&last)
                    || (last == "id" && words.iter().any(|w| BATCH.contains(&w.as_str())));
                let fewest = if is_batch { FEW_BATCHES } else { MANY_ROWS };
                column.shape == Shape::Whole
                    && never_falls(served, fewest)
                    && goes_on(training.column(name), served, fewest)
            }) {
                Some("it only rises from row to row, beyond all that training has: a counter")
            } else if ENTITY.contains(&last) && column.distinct > FEW_ENTITIES {
                Some("names somebody or something; who it is should not be an input")
            } else if column.shape == Shape::Whole
                && differs(column, peek.rows)
                && other.is_some_and(|other| {
                    let rows = if std::ptr::eq(peek, training) { production.rows } else { training.rows };
                    differs(other, rows) && apart(column, other)
                })
            {
                Some("a key: a different number in every row, and none of training's occurs in production")
            } else if column.shape == Shape::Text && differs(column, peek.rows) {
                Some("every value is a different text")
            } else {
                None
            };
            if let Some(because) = because {
                self.guess.columns.ignore.push(name.clone());
                self.guess.reasons.insert(format!("columns.ignore.{name}"), because.to_owned());
                continue;
            }
            let has_word = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
            let is_code = has_word(CODE) && !has_word(QUANTITY);
            if training.has(name)
                && column.shape == Shape::Whole
                && is_code
                && (3..=MOST_CODES).contains(&column.distinct)
            {
                self.guess.columns.categorical.push(name.clone());
                let because = format!(
                    "whole numbers, {} different ones, under the name of a category",
                    column.distinct
                );
                self.guess.reasons.insert(format!("columns.categorical.{name}"), because);
            }
        }
    }
}

impl Guesser<'_> {
    /// Whether a column is called like the answers, and like a bound or an error of them: `yhat_lower`.
    fn is_bound(&self, column: &ColumnPeek) -> bool {
        let Some(answers) = self.guess.columns.prediction.as_ref().or(self.guess.columns.score.as_ref())
        else {
            return false;
        };
        let (own, of_answers) = (words(&column.name), words(answers));
        let is_beside =
            of_answers.iter().any(|word| own.contains(word)) || named(&column.name, &PREDICTION) > 0;
        column.shape.is_number() && is_beside && own.iter().any(|word| BOUND.contains(&word.as_str()))
    }

    /// Whether a column is named like the answers, with another number or word, and holds their classes: the second of the
    /// three most likely ones.
    fn is_another_answer(&self, column: &ColumnPeek) -> bool {
        let answers = self.guess.columns.prediction.as_ref().and_then(|name| self.served_column(name));
        answers.is_some_and(|answers| {
            named(&column.name, &PREDICTION) > 0
                && answers.levels.len() > 2
                && !column.levels.is_empty()
                && column.levels.iter().all(|level| answers.levels.contains(level))
        })
    }

    /// Whether a column is named like a label, has its classes, and agrees with it in most rows.
    fn is_another_label(&self, column: &ColumnPeek) -> bool {
        let Some(label) = self.guess.columns.label.as_ref() else {
            return false;
        };
        let of_label = words(label);
        let own = words(&column.name);
        let is_named = named(&column.name, &LABEL) > 0 || of_label.iter().all(|word| own.contains(word));
        let snapshots = [&self.peeks.training, &self.peeks.production];
        is_named
            && !column.levels.is_empty()
            && snapshots.into_iter().any(|peek| {
                let (Some(label), Some(column)) = (peek.column(label), peek.column(&column.name)) else {
                    return false;
                };
                let pairs = label.values.iter().zip(&column.values);
                let both: Vec<bool> = pairs
                    .filter_map(|(one, other)| Some(same_class(one.as_deref()?, other.as_deref()?)))
                    .collect();
                let agree = both.iter().filter(|same| **same).count() as f64;
                both.len() as u64 > MANY_ROWS && agree >= MOSTLY * both.len() as f64
            })
    }
}

/// The share of rows in which another label says what the label says.
const MOSTLY: f64 = 0.8;

/// Whether all values of a column say which period, or which part of the data, a row belongs to.
fn names_the_period(column: &ColumnPeek) -> bool {
    const PERIODS: [&str; 17] = [
        "reference",
        "analysis",
        "train",
        "training",
        "test",
        "testing",
        "valid",
        "validation",
        "val",
        "dev",
        "holdout",
        "baseline",
        "current",
        "prod",
        "production",
        "serving",
        "monitoring",
    ];
    let is_period = |level: &String| PERIODS.contains(&level.trim().to_lowercase().as_str());
    column.shape == Shape::Text && !column.levels.is_empty() && column.levels.iter().all(is_period)
}

/// Whether integers increase by the same step from row to row.
fn counts_on(column: &ColumnPeek) -> bool {
    if column.shape != Shape::Whole || column.missing > 0 {
        return false;
    }
    let numbers = column.numbers();
    let [first, second, ..] = numbers[..] else { return false };
    let step = second - first;
    numbers.len() as u64 > MANY_ROWS
        && step != 0.0
        && numbers.windows(2).all(|pair| pair[1] - pair[0] == step)
}

/// Whether integers increase from row to row, by whatever steps: a number that a database gave out.
fn rises(column: &ColumnPeek) -> bool {
    let numbers = column.numbers();
    column.shape == Shape::Whole
        && column.missing == 0
        && numbers.len() as u64 > MANY_ROWS
        && numbers.windows(2).all(|pair| pair[1] > pair[0])
}

/// Whether integers never fall from row to row, and take more than a number of values: the number of a batch.
fn never_falls(column: &ColumnPeek, fewest: u64) -> bool {
    let numbers = column.numbers();
    column.shape == Shape::Whole
        && column.missing == 0
        && column.distinct > fewest
        && numbers.len() as u64 > MANY_ROWS
        && numbers.windows(2).all(|pair| pair[1] >= pair[0])
}

/// Whether a log's numbers begin where those of training end.
fn goes_on(training: Option<&ColumnPeek>, served: &ColumnPeek, fewest: u64) -> bool {
    let known = training.filter(|training| training.distinct > fewest).and_then(|training| training.range);
    known.zip(served.range).is_some_and(|(known, served)| served.0 >= known.1)
}

/// Whether the ranges of two columns do not overlap.
fn apart(one: &ColumnPeek, other: &ColumnPeek) -> bool {
    one.range.zip(other.range).is_some_and(|(a, b)| a.1 < b.0 || b.1 < a.0)
}
