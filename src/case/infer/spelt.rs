//! Columns that a file calls otherwise than training: in capitals, with blanks, below another key, with a suffix of a join.

use std::collections::BTreeMap;

use super::Guess;
use crate::case::{Peek, Peeks};

/// The most names that a note lists.
const LISTED: usize = 4;

/// How two names of one column differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// In case, blanks and punctuation.
    Spelling,
    /// In the keys above: `features.income` and `income`.
    Path,
    /// In what a join added: `income_x` and `income`.
    Suffix,
}

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
        rename(peek, training, &mut guess);
    }
    // Files beside the log are joined by its columns, whose names training need not have.
    let log = renamed.production.clone();
    for peek in [renamed.labels.as_mut(), renamed.predictions.as_mut(), renamed.offline.as_mut()]
        .into_iter()
        .flatten()
    {
        rename(peek, &log, &mut guess);
    }
    let is_renamed = !guess.names.is_empty();
    (is_renamed.then_some(renamed), guess)
}

fn rename(peek: &mut Peek, training: &Peek, guess: &mut Guess) {
    let names: Vec<String> = peek.columns.iter().map(|column| column.name.clone()).collect();
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
    for (kind, pairs) in found {
        let shown: Vec<String> =
            pairs.iter().take(LISTED).map(|(written, name)| format!("{written:?} as {name}")).collect();
        let more =
            if pairs.len() > LISTED { format!(" and {} more", pairs.len() - LISTED) } else { String::new() };
        let told = format!("{}: {}{more} {}", peek.path, shown.join(", "), kind.told());
        if kind == Difference::Suffix {
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
    use crate::case::{ColumnPeek, Peek, Peeks};

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
