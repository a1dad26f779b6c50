//! Errors that prevent a case from being opened, with hints. The codes are explained in `docs/errors.md`.

use crate::text::message::{Explain, Message, Place};

/// A case that cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The path does not exist.
    #[error("{path} does not exist")]
    NotFound {
        /// The path.
        path: String,
        /// Similar names that exist.
        near: Vec<String>,
    },
    /// The folder has no contract.
    #[error("{folder} holds no coroner.toml, so nothing says which file is which")]
    NoContract {
        /// The folder.
        folder: String,
        /// Subfolders that are cases.
        cases: Vec<String>,
    },
    /// The file is not a contract.
    #[error("{path} is not a coroner.toml; a case is a folder or a coroner.toml")]
    NotAContract {
        /// The file.
        path: String,
    },
    /// The contract cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's error message.
        reason: String,
    },
    /// The contract is not valid TOML.
    #[error("{} is not valid TOML: {reason}", place.file)]
    Syntax {
        /// The parser's error message.
        reason: String,
        /// The position in the contract.
        place: Box<Place>,
    },
    /// An unknown section or key.
    #[error("{} has an unknown {what} {name:?}", place.file)]
    Unknown {
        /// `section`, or `key in [columns]`.
        what: String,
        /// Its name.
        name: String,
        /// Similar names, which may have been meant.
        near: Vec<String>,
        /// The known names.
        known: Vec<String>,
        /// The position in the contract.
        place: Box<Place>,
    },
    /// A value of the wrong type.
    #[error("{key} must be {wanted}, not {found}")]
    WrongType {
        /// The key with its section: `[columns] ignore`.
        key: String,
        /// The expected type, with its article.
        wanted: &'static str,
        /// The type found, with its article.
        found: String,
        /// The position in the contract.
        place: Box<Place>,
    },
    /// A required section or key is missing.
    #[error("{} has no {what}, {why}", place.file)]
    Missing {
        /// `section [snapshots]`, or `key training in [snapshots]`.
        what: String,
        /// Its purpose.
        why: &'static str,
        /// An example line.
        example: String,
        /// The position where it belongs.
        place: Box<Place>,
    },
    /// An invalid value.
    #[error("{key} {reason}")]
    BadValue {
        /// The key with its section.
        key: String,
        /// What is wrong with it: `must be above 0`.
        reason: String,
        /// What to write.
        hint: String,
        /// The position in the contract.
        place: Box<Place>,
    },
    /// One column has two roles.
    #[error("[columns] {first} and {second} both name the column {column:?}")]
    SameColumn {
        /// The column.
        column: String,
        /// The first role.
        first: &'static str,
        /// The second role.
        second: &'static str,
        /// The position of the second role.
        place: Box<Place>,
    },
    /// A role names a column that the snapshot does not have.
    #[error("{snapshot} has no column named {column:?}, which [{section}] {role} asks for")]
    MissingColumn {
        /// The snapshot's file.
        snapshot: String,
        /// The column.
        column: String,
        /// The section of the contract: `columns`.
        section: &'static str,
        /// The role.
        role: &'static str,
        /// Similar column names in the snapshot.
        near: Vec<String>,
        /// The position of the role; none when the roles were inferred.
        place: Option<Box<Place>>,
    },
    /// No column of the snapshot fits a required role.
    #[error("no column of {snapshot} looks like the {role}")]
    NoRole {
        /// The snapshot's file.
        snapshot: String,
        /// The role.
        role: &'static str,
        /// The snapshot's columns, the first few.
        columns: Vec<String>,
        /// What is to be done with a column that is named like a probability and is none, as a sentence.
        scaled: Option<String>,
    },
    /// Every column of the training snapshot has a role or is ignored.
    #[error("{snapshot} has no column that is a feature")]
    NoFeatures {
        /// The training snapshot's file.
        snapshot: String,
    },
    /// Production has none of the model's inputs.
    #[error("{production} has none of the features of {training}: {}", features.join(", "))]
    NothingShared {
        /// The training snapshot's file.
        training: String,
        /// Its features, the first few.
        features: Vec<String>,
        /// The production snapshot's file.
        production: String,
        /// Its columns, the first few.
        columns: Vec<String>,
        /// What keeps its inputs from being columns, as a sentence.
        wrapped: Option<String>,
    },
    /// The contract would be overwritten.
    #[error("{path} exists already")]
    Exists {
        /// The contract.
        path: String,
    },
    /// The contract cannot be written.
    #[error("{path} cannot be written: {reason}")]
    Unwritable {
        /// The contract.
        path: String,
        /// The system's error message.
        reason: String,
    },
}

impl CaseError {
    /// [`Self::NothingShared`] with the first few names.
    #[must_use]
    pub fn nothing_shared(
        training: &str,
        features: &[String],
        production: &str,
        columns: Vec<String>,
        wrapped: Option<String>,
    ) -> Self {
        const LISTED: usize = 12;
        let mut columns = columns;
        columns.truncate(LISTED);
        Self::NothingShared {
            training: training.to_owned(),
            features: features.iter().take(LISTED).cloned().collect(),
            production: production.to_owned(),
            columns,
            wrapped,
        }
    }

    /// The stable code of the error in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "E001",
            Self::NoContract { .. } => "E002",
            Self::NotAContract { .. } => "E003",
            Self::Unreadable { .. } => "E004",
            Self::Syntax { .. } => "E005",
            Self::Unknown { .. } => "E006",
            Self::WrongType { .. } => "E007",
            Self::Missing { .. } => "E008",
            Self::BadValue { .. } => "E009",
            Self::SameColumn { .. } => "E010",
            Self::NoRole { .. } => "E011",
            Self::MissingColumn { .. } => "E012",
            Self::Exists { .. } => "E013",
            Self::Unwritable { .. } => "E014",
            Self::NoFeatures { .. } => "E015",
            Self::NothingShared { .. } => "E016",
        }
    }

    /// The position of the error, if it is in the contract.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Syntax { place, .. }
            | Self::Unknown { place, .. }
            | Self::WrongType { place, .. }
            | Self::Missing { place, .. }
            | Self::BadValue { place, .. }
            | Self::SameColumn { place, .. } => Some(place),
            Self::MissingColumn { place, .. } => place.as_deref(),
            _ => None,
        }
    }

    /// A short label for the marked position.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Syntax { .. } => "here".to_owned(),
            Self::Unknown { near, .. } if near.is_empty() => "not known".to_owned(),
            Self::Unknown { near, .. } => format!("not known; did you mean {}", either(near)),
            Self::WrongType { wanted, .. } => format!("must be {wanted}"),
            Self::Missing { what, .. } => format!("{what} is missing"),
            Self::BadValue { reason, .. } => reason.clone(),
            Self::SameColumn { first, .. } => format!("already the {first}"),
            Self::MissingColumn { near, .. } if near.is_empty() => "not found".to_owned(),
            Self::MissingColumn { near, .. } => {
                format!("not found; the nearest names are  {}", near.join("   "))
            }
            _ => String::new(),
        }
    }

    /// What the user can do about it, the best option first.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NotFound { near, .. } if near.is_empty() => {
                vec!["give the folder of a case, or its coroner.toml".to_owned()]
            }
            Self::NotFound { near, .. } => vec![format!("did you mean {}?", either(near))],
            Self::NoContract { folder, cases } => {
                let cases = cases.iter().map(|case| format!("open the case in it:  coroner open {case}"));
                let init = format!(
                    "let coroner write one:  coroner init --training FILE --production FILE -o {}",
                    shell_word(folder)
                );
                cases.chain([init]).collect()
            }
            Self::NotAContract { path } => vec![
                format!(
                    "to look at data files without a contract:  coroner open --training FILE --production {}",
                    shell_word(path)
                ),
                "to write a contract:  coroner init --training FILE --production FILE".to_owned(),
            ],
            Self::Unreadable { .. } => vec!["check the file's permissions; it must be UTF-8 text".to_owned()],
            Self::Syntax { .. } => vec!["quote text values:  timestamp = \"ts\"".to_owned()],
            Self::Unknown { known, near, .. } => {
                let meant = near.first().map(|name| format!("write  {name}  or remove the line"));
                meant.into_iter().chain([format!("known here: {}", known.join(", "))]).collect()
            }
            Self::WrongType { wanted, key, .. } => vec![example_of_type(key, wanted)],
            Self::Missing { example, .. } => vec![format!("add  {example}")],
            Self::BadValue { hint, .. } => vec![hint.clone()],
            Self::SameColumn { second, .. } => {
                vec![format!("remove  {second},  or name the column that holds it")]
            }
            Self::MissingColumn { role, near, place, .. } => {
                let set = near.first().map(|name| format!("set  {role} = \"{name}\""));
                let or = if set.is_some() { "or " } else { "" };
                let out = place.as_ref().map(|place| format!("{or}remove the line from {}", place.file));
                set.into_iter().chain(out).collect()
            }
            Self::NoRole { columns, role, scaled, .. } => {
                let general = [
                    format!("its columns are {}", columns.join(", ")),
                    format!(
                        "write coroner.toml by hand and set [columns] {role}; docs/contract.md shows how"
                    ),
                ];
                scaled.iter().cloned().chain(general).collect()
            }
            Self::NoFeatures { .. } => {
                vec!["every column is a feature unless [columns] gives it a role or ignores it".to_owned()]
            }
            Self::NothingShared { columns, wrapped, .. } => {
                let names = "where they are the same under other names, say so:  [read]  names = { \"name in the file\" = \"name in training\" }";
                vec![
                    format!("its columns are {}", columns.join(", ")),
                    wrapped.clone().unwrap_or_else(|| names.to_owned()),
                ]
            }
            Self::Exists { .. } => vec!["--force overwrites it; -o DIR writes elsewhere".to_owned()],
            Self::Unwritable { .. } => vec!["-o DIR writes into another folder".to_owned()],
        }
    }
}

impl Explain for CaseError {
    fn message(&self) -> Message {
        Message {
            code: self.code(),
            message: self.to_string(),
            place: self.place().cloned(),
            label: self.label(),
            hints: self.hints(),
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// A path quoted as one word for a shell.
fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%,~".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

fn example_of_type(key: &str, wanted: &str) -> String {
    let key = key.rsplit(' ').next().unwrap_or(key);
    match wanted {
        "a list of texts" => format!("write  {key} = [\"a\", \"b\"]"),
        "a number" => format!("write  {key} = 0.1"),
        "a whole number" => format!("write  {key} = 1"),
        "a section" => format!("write  [{key}]  on a line of its own"),
        _ => format!("write  {key} = \"…\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_as_people_do() {
        let names = |n: usize| ["a", "b", "c"][..n].iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!([either(&names(1)), either(&names(2)), either(&names(3))], ["a", "a or b", "a, b or c"]);
    }

    #[test]
    fn paths_in_hints_can_be_pasted() {
        assert_eq!(shell_word("cases/a-1.toml"), "cases/a-1.toml");
        assert_eq!(shell_word("my case"), "'my case'");
        assert_eq!(shell_word("it's; rm"), "'it'\\''s; rm'");
    }

    #[test]
    fn a_missing_column_reads_as_a_message() {
        let text = "[columns]\ntimestamp = \"ts\"\n";
        let error = CaseError::MissingColumn {
            snapshot: "production.parquet".to_owned(),
            column: "ts".to_owned(),
            section: "columns",
            role: "timestamp",
            near: vec!["event_ts".to_owned(), "ts_utc".to_owned()],
            place: Some(Box::new(Place::of("coroner.toml", text, &(22..26)))),
        };
        insta::assert_snapshot!(error.message().lines(false).join("\n"), @r#"
        coroner: production.parquet has no column named "ts", which [columns] timestamp asks for [E012]

           coroner.toml:2   timestamp = "ts"
                                        ╰── not found; the nearest names are  event_ts   ts_utc

           hint   set  timestamp = "event_ts"
           hint   or remove the line from coroner.toml
        "#);
    }
}
