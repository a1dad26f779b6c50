//! Columns that a file calls otherwise than training: in capitals, with blanks, below another key or above a type, with words
//! in front or behind that all of them share, with a suffix of a join.

use std::collections::{BTreeMap, BTreeSet};

use super::Guess;
use crate::case::{
    ColumnPeek, Peek, Peeks, Shape, is_index_name,
    names::{ID, LABEL, Names, PREDICTION, SCORE, named, without_type, words},
};

/// The most names that a note lists.
const LISTED: usize = 4;

/// How two names of one column differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// In case, blanks and punctuation.
    Spelling,
    /// In the keys above: `features.income` and `income`.
    Path,
    /// In words that loggers put in front of all inputs or behind them: `feature_income` and `income`.
    Logged,
    /// In other words that several columns share: `prev_income`, `prev_age`.
    Shared,
    /// In what a join added: `income_x` and `income`.
    Suffix,
    /// In everything, but each is the only one of its file that is called like a role: `actual_label` and `target`.
    Role,
    /// In everything, but they hold the same values, each of them once.
    Values,
}

/// The role that a column's name speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Called {
    Score,
    Prediction,
    Label,
    Id,
}

fn called(name: &str) -> Option<Called> {
    let is = |names: &Names| named(name, names) > 0;
    match (is(&PREDICTION), is(&SCORE), is(&LABEL), is(&ID)) {
        (.., true) => Some(Called::Id),
        (_, true, ..) => Some(Called::Score),
        (true, ..) => Some(Called::Prediction),
        (_, _, true, _) => Some(Called::Label),
        _ => None,
    }
}

/// Whether two columns can hold the same answers or labels: fractions of 1, numbers, or few classes on both sides.
fn are_alike(one: &ColumnPeek, other: &ColumnPeek) -> bool {
    let is_few = |column: &ColumnPeek| !column.levels.is_empty() && !column.is_probability();
    one.is_probability() == other.is_probability()
        && (is_few(one) == is_few(other))
        && (is_few(one) || one.shape.is_number() == other.shape.is_number())
}

/// The pairs of a file's and training's columns that are the only ones of a role on either side.
///
/// * `ids`: whether columns that identify rows are looked for, too.
fn of_roles(peek: &Peek, training: &Peek, taken: &[String], ids: bool) -> Vec<(String, String)> {
    let of = |peek: &'_ Peek, other: &Peek, role: Called| -> Vec<ColumnPeek> {
        let fits = |column: &&ColumnPeek| {
            called(&column.name) == Some(role) && !other.has(&column.name) && !taken.contains(&column.name)
        };
        peek.columns.iter().filter(fits).cloned().collect()
    };
    let has_shared = |role: Called| {
        peek.columns.iter().any(|column| called(&column.name) == Some(role) && training.has(&column.name))
    };
    let mut roles = vec![Called::Score, Called::Prediction, Called::Label];
    if ids {
        roles.push(Called::Id);
    }
    let mut pairs = Vec::new();
    for role in roles.into_iter().filter(|role| !has_shared(*role)) {
        if let ([written], [known]) = (&of(peek, training, role)[..], &of(training, peek, role)[..])
            && (role == Called::Id || are_alike(written, known))
        {
            pairs.push((written.name.clone(), known.name.clone()));
        }
    }
    pairs
}

/// Values in both files from which on it is no chance that two columns name the same rows.
const LEAST_SAME: usize = 20;

/// The share of the first rows of a file whose values the first rows of the log have, too.
const SAME: f64 = 0.5;

/// The only columns of a file and of the log that name the same rows: every value once, and the same values. None where they
/// share a column of that kind under one name.
fn same_ids(peek: &Peek, log: &Peek) -> Option<(String, String)> {
    let names_rows = |peek: &Peek, column: &ColumnPeek| {
        matches!(column.shape, Shape::Text | Shape::Whole)
            && !column.index
            && !is_index_name(&column.name)
            && column.missing == 0
            && column.distinct == peek.rows
    };
    let of = |peek: &'_ Peek| -> Vec<ColumnPeek> {
        peek.columns.iter().filter(|column| names_rows(peek, column)).cloned().collect()
    };
    let (own, known) = (of(peek), of(log));
    if own.iter().any(|column| log.has(&column.name)) {
        return None;
    }
    let is_same = |one: &ColumnPeek, other: &ColumnPeek| {
        let values: BTreeSet<&str> = other.values.iter().flatten().map(String::as_str).collect();
        let same = one.values.iter().flatten().filter(|value| values.contains(value.as_str())).count();
        same >= LEAST_SAME && same as f64 >= SAME * one.values.len() as f64
    };
    let mut pairs = own.iter().flat_map(|one| {
        known.iter().filter(|other| is_same(one, other)).map(|other| (one.name.clone(), other.name.clone()))
    });
    let pair = pairs.next()?;
    pairs.next().is_none().then_some(pair)
}

/// Words that say no more than that a column is an input.
const OF_INPUTS: [&str; 17] = [
    "feature", "features", "feat", "f", "ft", "input", "inputs", "in", "x", "var", "field", "data", "raw",
    "request", "req", "payload", "instance",
];

/// A name without case, blanks and punctuation.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The last key of a path; feature stores put two underscores or a colon between view and feature.
fn key(name: &str) -> &str {
    [".", "__", ":", "/"]
        .into_iter()
        .filter_map(|sign| name.rsplit_once(sign))
        .map(|(_, key)| key)
        .min_by_key(|key| key.len())
        .unwrap_or(name)
}

fn difference(written: &str, name: &str) -> Option<Difference> {
    let (written, name) = (without_type(written), without_type(name));
    let (own, other) = (plain(written), plain(name));
    if own.is_empty() || other.is_empty() {
        return None;
    }
    if own == other {
        return Some(Difference::Spelling);
    }
    let is_path = key(written).len() < written.len() || key(name).len() < name.len();
    if is_path && !key(written).is_empty() && plain(key(written)) == plain(key(name)) {
        return Some(Difference::Path);
    }
    let joined = written.strip_suffix("_x").is_some_and(|bare| plain(bare) == other);
    joined.then_some(Difference::Suffix)
}

/// The words that one name has before and behind all words of another one; none where it has no more, or others.
fn around(written: &str, name: &str) -> Option<(String, String)> {
    let (own, other) = (words(without_type(written)), words(name));
    let more = own.len().checked_sub(other.len()).filter(|more| *more > 0 && !other.is_empty())?;
    // Words in front or behind, not both.
    [more, 0]
        .into_iter()
        .find(|&from| own[from..].starts_with(&other))
        .map(|from| (own[..from].join("_"), own[from + other.len()..].join("_")))
}

/// The words before and behind a name.
type Around = (String, String);

/// Names of a file, each with that of training.
type Pairs = Vec<(String, String)>;

/// Pairs of the names of a file and of training that differ in words which at least half of the columns that the file lacks
/// share, and those words.
fn in_shared_words(peek: &Peek, training: &Peek, taken: &[String]) -> Option<(Around, Pairs)> {
    let absent: Vec<&str> = training
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| !peek.has(name) && !taken.iter().any(|known| known == name))
        .collect();
    let mut by_words: BTreeMap<Around, Pairs> = BTreeMap::new();
    for written in peek.columns.iter().map(|column| &column.name) {
        if training.has(written) || taken.contains(written) {
            continue;
        }
        for name in &absent {
            if let Some(words) = around(written, name).filter(|words| !is_another_quantity(words)) {
                by_words.entry(words).or_default().push((written.clone(), (*name).to_owned()));
            }
        }
    }
    let (words, pairs) = by_words.into_iter().max_by_key(|(_, pairs)| pairs.len())?;
    let mut names: Vec<&String> = pairs.iter().map(|(_, name)| name).collect();
    names.sort_unstable();
    let are_different = names.windows(2).all(|pair| pair[0] != pair[1]);
    (pairs.len() >= LEAST_SHARED && are_different).then_some((words, pairs))
}

/// Whether words around an input's name say that it is another thing: an answer, its explanation, another model's.
fn is_another_quantity((before, behind): &(String, String)) -> bool {
    const OTHERS: [&str; 14] = [
        "shap",
        "attribution",
        "attributions",
        "importance",
        "contribution",
        "contrib",
        "explanation",
        "candidate",
        "challenger",
        "shadow",
        "launch",
        "actual",
        "expected",
        "missing",
    ];
    before.split('_').chain(behind.split('_')).any(|word| {
        let is_of = |names: &Names| !word.is_empty() && names.words.contains(&word);
        OTHERS.contains(&word) || [&PREDICTION, &SCORE, &LABEL].into_iter().any(is_of)
    })
}

/// Columns from which on it is no chance that they share words which training lacks.
const LEAST_SHARED: usize = 2;

/// The peeks with the names of training, if any other file calls a column otherwise, and a guess that says so.
///
/// Only a name that fits one column alone is matched, and only where the file lacks the column under its name of training.
pub(super) fn matched(peeks: &Peeks) -> (Option<Peeks>, Guess) {
    let (mut renamed, mut guess) = (peeks.clone(), Guess::default());
    let training = &peeks.training;
    let others = [Some(&mut renamed.production).filter(|_| !peeks.split)]
        .into_iter()
        .chain([
            renamed.golden.as_mut(),
            renamed.offline.as_mut(),
            renamed.labels.as_mut(),
            renamed.predictions.as_mut(),
        ])
        .flatten();
    for peek in others {
        rename(peek, training, false, &mut guess);
    }
    // Files beside the log are joined by its columns, whose names training need not have.
    let log = renamed.production.clone();
    for peek in [renamed.labels.as_mut(), renamed.predictions.as_mut(), renamed.offline.as_mut()]
        .into_iter()
        .flatten()
    {
        rename(peek, &log, true, &mut guess);
    }
    let is_renamed = !guess.names.is_empty();
    (is_renamed.then_some(renamed), guess)
}

fn rename(peek: &mut Peek, training: &Peek, is_joined: bool, guess: &mut Guess) {
    // A column without a value is no column's other name: Elasticsearch writes an empty `_score` beside every document.
    let has_values = |column: &&ColumnPeek| column.shape != Shape::Empty || peek.rows == 0;
    let names: Vec<String> =
        peek.columns.iter().filter(has_values).map(|column| column.name.clone()).collect();
    let mut found: BTreeMap<Difference, Vec<(String, String)>> = BTreeMap::new();
    for kind in [Difference::Spelling, Difference::Path, Difference::Suffix] {
        let is_taken = |name: &str, found: &BTreeMap<Difference, Vec<(String, String)>>| {
            found.values().flatten().any(|(written, known)| written == name || known == name)
        };
        let fits = |written: &&String, name: &str| {
            !training.has(written) && difference(written, name) == Some(kind) && !is_taken(written, &found)
        };
        let mut pairs = Vec::new();
        for column in training.columns.iter().filter(|column| !peek.has(&column.name)) {
            let name = column.name.as_str();
            let mut written = names.iter().filter(|written| fits(written, name));
            let (Some(only), None) = (written.next(), written.next()) else { continue };
            let fitting = training
                .columns
                .iter()
                .filter(|other| !peek.has(&other.name) && difference(only, &other.name) == Some(kind));
            if fitting.count() == 1 && !is_taken(name, &found) {
                pairs.push((only.clone(), name.to_owned()));
            }
        }
        if !pairs.is_empty() {
            found.insert(kind, pairs);
        }
    }
    let taken: Vec<String> =
        found.values().flatten().flat_map(|(written, name)| [written.clone(), name.clone()]).collect();
    if let Some(((before, behind), pairs)) = in_shared_words(peek, training, &taken) {
        let is_of_inputs =
            |words: &str| words.split('_').all(|word| word.is_empty() || OF_INPUTS.contains(&word));
        let is_logged = is_of_inputs(&before) && is_of_inputs(&behind);
        found.insert(if is_logged { Difference::Logged } else { Difference::Shared }, pairs);
    }
    let taken: Vec<String> =
        found.values().flatten().flat_map(|(written, name)| [written.clone(), name.clone()]).collect();
    let of_roles = of_roles(peek, training, &taken, is_joined);
    let is_identified = of_roles.iter().any(|(_, known)| called(known) == Some(Called::Id));
    if let Some(pair) = same_ids(peek, training).filter(|_| is_joined && !is_identified) {
        found.insert(Difference::Values, vec![pair]);
    }
    if !of_roles.is_empty() {
        found.insert(Difference::Role, of_roles);
    }
    for (kind, pairs) in found {
        let shown: Vec<String> =
            pairs.iter().take(LISTED).map(|(written, name)| format!("{written:?} as {name}")).collect();
        let more =
            if pairs.len() > LISTED { format!(" and {} more", pairs.len() - LISTED) } else { String::new() };
        let told = format!("{}: {}{more} {}", peek.path, shown.join(", "), kind.told());
        if matches!(kind, Difference::Suffix | Difference::Shared | Difference::Role | Difference::Values) {
            guess.doubts.push(told);
        } else {
            guess.notes.push(told);
        }
        for (written, name) in pairs {
            if let Some(column) = peek.columns.iter_mut().find(|column| column.name == written) {
                column.name.clone_from(&name);
            }
            guess.names.insert(written, name);
        }
    }
}

impl Difference {
    fn told(self) -> &'static str {
        match self {
            Self::Spelling => {
                "(read so: the names differ in case, blanks or punctuation alone; see [read] names)"
            }
            Self::Path => "(read so: the names differ in the keys above them; see [read] names)",
            Self::Logged => "(read so: the names differ in a word of loggers for inputs; see [read] names)",
            Self::Shared => {
                "(read so: the names differ in words that they share; where those make another value of it, such as one of the \
                 day before, remove them from [read] names)"
            }
            Self::Role => {
                "(read so: each is the only column of its file that is called like that role; else remove it from [read] names)"
            }
            Self::Values => {
                "(read so: they hold the same values, each of them once; else remove it from [read] names)"
            }
            Self::Suffix => {
                "(read so: a join seems to have added the suffix, and another column of that name may exist; else remove it from \
                 [read] names)"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Difference, difference, matched};
    use crate::case::{ColumnPeek, Peek, Peeks, Shape};

    #[test]
    fn names_differ_in_spelling_path_or_suffix() {
        for (written, name, want) in [
            ("INCOME", "income", Some(Difference::Spelling)),
            (" Net Income ", "net_income", Some(Difference::Spelling)),
            ("features.income", "income", Some(Difference::Path)),
            ("a.income", "b.income", Some(Difference::Path)),
            ("income_x", "income", Some(Difference::Suffix)),
            ("incomes", "income", None),
            ("shop_stats__income", "income", Some(Difference::Path)),
            ("shop:income", "income", Some(Difference::Path)),
            ("...", "-", None),
        ] {
            assert_eq!(difference(written, name), want, "{written} {name}");
        }
    }

    fn peeks(training: &[&str], production: &[&str]) -> Peeks {
        let peek = |names: &[&str]| {
            let column = |name: &&str| ColumnPeek { name: (*name).to_owned(), ..ColumnPeek::default() };
            Peek { columns: names.iter().map(column).collect(), ..Peek::default() }
        };
        Peeks { training: peek(training), production: peek(production), ..Peeks::default() }
    }

    #[test]
    fn ids_of_a_file_of_labels_are_known_by_their_values() {
        let column = |name: &str, of: fn(u32) -> String| ColumnPeek {
            name: name.to_owned(),
            shape: Shape::Text,
            distinct: 100,
            values: (0..100).map(|row| Some(of(row))).collect(),
            ..ColumnPeek::default()
        };
        let peek = |columns: Vec<ColumnPeek>| Peek { rows: 100, columns, ..Peek::default() };
        let log = peek(vec![
            column("request_id", |row| format!("r{row}")),
            column("note", |row| format!("n{row}")),
        ]);
        let with = |labels: Vec<ColumnPeek>| {
            let peeks = Peeks { production: log.clone(), labels: Some(peek(labels)), ..Peeks::default() };
            matched(&peeks).1.names.into_iter().collect::<Vec<_>>()
        };
        let pair = [("ref".to_owned(), "request_id".to_owned())];
        assert_eq!(with(vec![column("ref", |row| format!("r{}", row + 20))]), pair);
        assert!(with(vec![column("ref", |row| format!("x{row}"))]).is_empty(), "other values");
        let same = vec![column("ref", |row| format!("r{row}")), column("ref2", |row| format!("r{row}"))];
        assert!(with(same).is_empty(), "two fit");
    }

    #[test]
    fn only_a_name_that_fits_one_column_is_matched() {
        let names = |training: &[&str], production: &[&str]| {
            let guess = matched(&peeks(training, production)).1;
            guess.names.into_iter().map(|(written, name)| format!("{written}={name}")).collect::<Vec<_>>()
        };
        assert_eq!(names(&["income", "age"], &["INCOME", "Age"]), ["Age=age", "INCOME=income"]);
        assert!(names(&["income"], &["INCOME", "Income"]).is_empty(), "two fit");
        assert!(names(&["income"], &["income", "INCOME"]).is_empty(), "it is there");
        assert!(names(&["income", "INCOME"], &["Income"]).is_empty(), "it fits two");
        assert!(names(&["income", "in.x"], &["a.x", "b.x", "income"]).is_empty());
    }
}
