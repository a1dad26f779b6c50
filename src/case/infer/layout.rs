//! Layouts that hold no row per answer, and what is said of them: JSON as text, lists, one row per value, several models in one
//! log, a column for each class of the label.

use std::collections::BTreeSet;

use super::Guesser;
use crate::{
    case::{
        ColumnPeek, Peek, Shape,
        names::{PREDICTION, SCORE, VERSION, named, words},
    },
    stats::moments::spearman,
};

/// Levels from which on a column hardly names versions of a model.
const MOST_VERSIONS: usize = 20;

/// Changes of the version from row to row from which on several models answer side by side, and not one after the other.
const SIDE_BY_SIDE: usize = 10;

/// The share of the labels that hold several classes, for a label of several classes a row.
const OF_SEVERAL: f64 = 0.1;

impl Guesser<'_> {
    /// What keeps a log from having a column of answers, as a sentence.
    pub(super) fn wrapped(&self) -> Option<String> {
        let production = &self.peeks.production;
        if let Some(column) = production.columns.iter().find(|column| is_json_text(column)) {
            return Some(format!(
                "{} holds JSON as text, which is not taken apart: write its keys as columns of their own, or as an object of the row \
                 (jq -c '.{} |= fromjson' where the log is JSON lines)",
                column.name, column.name
            ));
        }
        if let Some(names) = one_row_per_value(production) {
            return Some(format!(
                "{names} look like one row per feature and value: write one row per answer and one column per feature (pandas: \
                 pivot)"
            ));
        }
        let is_list_of_answers = |column: &&ColumnPeek| {
            column.shape == Shape::Vector
                && (named(&column.name, &PREDICTION) > 0 || named(&column.name, &SCORE) > 0)
        };
        let lists = production.columns.iter().find(is_list_of_answers);
        if let Some(column) = lists {
            return Some(format!(
                "{} holds lists, which are taken for no answer: write the number or the class in a column of its own",
                column.name
            ));
        }
        let nested = production.columns.iter().find(|column| column.shape == Shape::Nested);
        nested.map(|column| {
            format!(
                "{} holds lists or records, which are no columns: write one column per feature, and one object a row",
                column.name
            )
        })
    }

    /// Columns of JSON as text beside the answers.
    pub(super) fn json_texts(&mut self) {
        let found: Vec<String> = self
            .peeks
            .training
            .columns
            .iter()
            .chain(&self.peeks.production.columns)
            .filter(|column| !self.taken.contains(&column.name) && is_json_text(column))
            .map(|column| column.name.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if !found.is_empty() {
            self.guess.doubts.push(format!(
                "{} {} JSON as text, which is not taken apart: write its keys as columns of their own",
                found.join(", "),
                if found.len() == 1 { "holds" } else { "hold" }
            ));
        }
    }

    /// The version of the model that answered; several that answer side by side are told.
    pub(super) fn version(&mut self) {
        let training = &self.peeks.training;
        let is_version = |column: &&ColumnPeek| {
            let name = words(&column.name).join("_");
            let key = words(column.name.rsplit('.').next().unwrap_or_default()).join("_");
            let in_training = training.column(&column.name);
            // Where training has several, it may be the version of something else, and an input.
            in_training.is_none_or(|column| column.distinct <= 1)
                && (VERSION.contains(&name.as_str()) || VERSION.contains(&key.as_str()))
                && (1..=MOST_VERSIONS).contains(&column.levels.len())
                && matches!(column.shape, Shape::Text | Shape::Whole | Shape::Number)
        };
        let Some(column) = self.free().find(is_version) else {
            return;
        };
        let changes = column.values.windows(2).filter(|pair| pair[0] != pair[1]).count();
        if changes >= SIDE_BY_SIDE {
            self.guess.doubts.push(format!(
                "the log mixes the answers of several models ({}: {}), and all are judged as one. Keep the rows of one model, such as \
                 the one whose answers were used; numbers by version are in  coroner study versions",
                column.name,
                column.levels.join(", ")
            ));
        }
        let because = "its name; it names the model that answered, and is never a feature";
        self.guess.columns.version = Some(self.take("version", column, because.to_owned()));
    }

    /// Labels with a column for each class are no label; they are told and are no features.
    pub(super) fn one_hot_labels(&mut self) {
        let is_flag = |column: &&ColumnPeek| {
            column.levels.len() <= 2
                && !column.levels.is_empty()
                && column.levels.iter().all(|level| matches!(level.as_str(), "0" | "1" | "true" | "false"))
        };
        let answers = self.role(self.guess.columns.prediction.as_ref());
        let classes: Vec<String> = match answers {
            Some(column) if column.levels.len() > 2 => column.levels.clone(),
            _ => self.guess.columns.scores.keys().cloned().collect(),
        };
        if classes.len() < 3 {
            return;
        }
        let flags: Vec<&ColumnPeek> = self.peeks.training.columns.iter().filter(is_flag).collect();
        let class_of = |column: &ColumnPeek| {
            let name = words(&column.name).join("_");
            let ends = |class: &&String| {
                let class = words(class).join("_");
                !class.is_empty() && (name == class || name.ends_with(&format!("_{class}")))
            };
            classes.iter().find(ends).map(|class| (name.clone(), words(class).join("_")))
        };
        let stems: BTreeSet<String> = flags
            .iter()
            .filter_map(|column| class_of(column))
            .map(|(name, class)| name.strip_suffix(&class).unwrap_or_default().to_owned())
            .collect();
        for stem in stems {
            let of_stem: Vec<&ColumnPeek> = flags
                .iter()
                .copied()
                .filter(|column| {
                    class_of(column).is_some_and(|(name, class)| name == format!("{stem}{class}"))
                })
                .collect();
            let in_one = |row: usize| {
                let is_set = |column: &&&ColumnPeek| {
                    column
                        .values
                        .get(row)
                        .and_then(Option::as_deref)
                        .is_some_and(|text| matches!(text, "1" | "true"))
                };
                of_stem.iter().filter(is_set).count() == 1
            };
            let rows = self.peeks.training.rows as usize;
            if of_stem.len() == classes.len() && (0..rows).all(in_one) {
                let names: Vec<String> = of_stem.iter().map(|column| column.name.clone()).collect();
                self.guess.doubts.push(format!(
                    "{} hold one class each, and one of them is set in every row: labels with a column per class are not read. Write \
                     the class's name in one column to have performance measured",
                    names.join(", ")
                ));
                for name in names {
                    let because = "one class of the label, as it seems: the truth, not an input";
                    self.set_aside(&name, because.to_owned());
                }
                return;
            }
        }
    }

    /// A label of several classes a row is told: it is compared as one text.
    pub(super) fn several_classes(&mut self) {
        let Some(label) = self.role(self.guess.columns.label.as_ref()) else {
            return;
        };
        let texts: Vec<&str> = label.values.iter().flatten().map(String::as_str).collect();
        let several = |sign: char| {
            let parts: BTreeSet<&str> =
                texts.iter().flat_map(|text| text.split(sign)).map(str::trim).collect();
            let of_several = texts.iter().filter(|text| text.contains(sign)).count() as f64;
            let joined: BTreeSet<&str> = texts.iter().copied().collect();
            of_several >= OF_SEVERAL * texts.len().max(1) as f64 && parts.len() < joined.len()
        };
        let Some(sign) = ['|', ';', ',', '+', ' '].into_iter().find(|&sign| several(sign)) else {
            return;
        };
        let example = texts.iter().find(|text| text.contains(sign)).copied().unwrap_or_default();
        let doubt = format!(
            "{} holds several classes in a row, such as {example:?}: a row counts as right only where the whole text is the same. For \
             a model of several labels make a case of each of them",
            label.name
        );
        self.guess.doubts.push(doubt);
    }

    /// Values that rise with the label but are on another scale: logarithms, percent, another unit.
    pub(super) fn scale(&mut self) {
        let columns = &self.guess.columns;
        let (Some(prediction), Some(label)) = (columns.prediction.as_ref(), columns.label.as_ref()) else {
            return;
        };
        let told = [&self.peeks.training, &self.peeks.production].into_iter().find_map(|peek| {
            let (answers, truth) = (peek.column(prediction)?.numbers(), peek.column(label)?.numbers());
            let both = answers.iter().zip(&truth).filter(|(a, t)| a.is_finite() && t.is_finite());
            let (answers, truth): (Vec<f64>, Vec<f64>) = both.unzip();
            Some(other_scale(&answers, &truth))
        });
        if let Some(Some(how)) = told {
            self.guess.doubts.push(format!(
                "{prediction} and {label} rise together but are on different scales: {how}. Write both on one scale; until then no \
                 error is one of the model"
            ));
        }
    }
}

/// The fewest rows with both values that tell of a scale.
const FEWEST: usize = 30;

/// Rank correlation from which on values rise together.
const TOGETHER: f64 = 0.3;

/// How many times as much one varies as the other where they are on different scales.
const WIDER: f64 = 10.0;

/// How answers and labels are on different scales, if they are.
fn other_scale(answers: &[f64], truth: &[f64]) -> Option<String> {
    if answers.len() < FEWEST {
        return None;
    }
    let rank = spearman(answers, truth).ok()?;
    let ((low, high), (from, to)) = (spread(answers), spread(truth));
    if rank < TOGETHER || high <= low || to <= from {
        return None;
    }
    let ratio = (to - from) / (high - low);
    let apart = low > to || high < from;
    if (1.0 / WIDER..=WIDER).contains(&ratio) && !apart {
        return None;
    }
    let is_log = from >= 0.0
        && ratio > 1.0
        && (0.3..3.0).contains(&(((to + 1.0).ln() - (from + 1.0).ln()) / (high - low)));
    let what = if is_log { "; the answers look like logarithms of the labels" } else { "" };
    Some(format!(
        "nine in ten of the answers lie between {} and {}, of the labels between {} and {}{what}",
        short(low),
        short(high),
        short(from),
        short(to)
    ))
}

/// The 5 % and the 95 % quantile.
fn spread(values: &[f64]) -> (f64, f64) {
    let mut ascending = values.to_vec();
    ascending.sort_by(f64::total_cmp);
    let at = |q: f64| ascending[(q * (ascending.len() - 1) as f64).round() as usize];
    (at(0.05), at(0.95))
}

/// A number in four digits.
fn short(x: f64) -> String {
    let digits = if x.abs() >= 1000.0 {
        0
    } else if x.abs() >= 10.0 {
        1
    } else {
        3
    };
    format!("{x:.digits$}")
}

/// Whether a column's texts are JSON objects or lists.
fn is_json_text(column: &ColumnPeek) -> bool {
    let is_json = |text: &String| {
        let text = text.trim();
        text.starts_with(['{', '['])
            && serde_json::from_str::<serde_json::Value>(text)
                .is_ok_and(|value| value.is_object() || value.is_array())
    };
    matches!(column.shape, Shape::Text) && !column.examples.is_empty() && column.examples.iter().all(is_json)
}

/// The columns of a log that has one row per feature and value.
fn one_row_per_value(peek: &Peek) -> Option<String> {
    let find = |names: &[&str], fits: fn(&ColumnPeek) -> bool| {
        let is_called = |column: &ColumnPeek| {
            let key = column.name.rsplit('.').next().unwrap_or_default();
            names.contains(&words(key).join("_").as_str())
        };
        peek.columns.iter().find(|column| is_called(column) && fits(column))
    };
    let name = find(
        &["feature", "feature_name", "variable", "name", "key", "column", "metric", "field", "attribute"],
        |column| column.shape == Shape::Text && !column.levels.is_empty(),
    )?;
    let value = find(&["value", "feature_value", "val", "values"], |_| true)?;
    Some(format!("{} and {}", name.name, value.name))
}
