//! Writes `coroner.toml`, with the reason for each guess as a comment.

use std::{fmt::Write as _, path::Path};

use super::{Case, CaseError, FILE_NAME, Guess, Snapshots, output};
use crate::text::{
    sanitize::{is_unsafe, terminal},
    time,
};

/// The column where the reasons start, unless a line is longer.
const REASON_AT: usize = 32;

impl Guess {
    /// The case that the guesses describe.
    ///
    /// * `root`: the folder that the snapshots' paths are resolved against; it gives the model its name.
    #[must_use]
    pub fn case(&self, root: &Path, snapshots: Snapshots, artifact: Option<String>) -> Case {
        let mut case =
            Case { root: root.to_path_buf(), snapshots, columns: self.columns.clone(), ..Case::default() };
        let folder = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        case.model.name =
            folder.file_name().map_or("model".into(), |name| name.to_string_lossy()).into_owned();
        case.model.task = self.task;
        case.model.positive.clone_from(&self.positive);
        case.model.artifact = artifact;
        case.read.numbers.clone_from(&self.numbers);
        case.read.names.clone_from(&self.names);
        case
    }
}

/// Returns the text of the contract of a guessed case. Parsing it gives the same case.
#[must_use]
pub fn contract_text(case: &Case, guess: &Guess) -> String {
    let mut out = String::from(
        "# The roles in this case, as coroner guessed them from names and values.\n\
         # Each line says why; correct what is wrong. Every column without a role is a feature.\n",
    );
    for doubt in &guess.doubts {
        let _ = writeln!(out, "# CHECK: {}.", terminal(doubt));
    }
    out.push_str("\n[model]\n");
    line(&mut out, "name", &quoted(&case.model.name), "the folder's name");
    line(&mut out, "# version", "\"…\"", "what you call this version");
    if let Some(task) = case.model.task {
        line(&mut out, "task", &quoted(task.name()), guess.reason("model.task"));
    }
    if let Some(positive) = &case.model.positive {
        line(&mut out, "positive", &quoted(positive), guess.reason("model.positive"));
    }
    match &case.model.artifact {
        Some(artifact) => line(&mut out, "artifact", &quoted(artifact), "the deployed model"),
        None => line(&mut out, "# artifact", "\"model.onnx\"", "the deployed model, to test repairs on it"),
    }

    out.push_str("\n[snapshots]\n");
    line(&mut out, "training", &quoted(&case.snapshots.training), "what the model was trained on");
    line(&mut out, "production", &quoted(&case.snapshots.production), "what it answered");
    if let Some(split) = case.snapshots.split {
        line(
            &mut out,
            "split",
            &quoted(&time::rfc3339(split)),
            "training is the rows before, production those since",
        );
    }
    for (key, file, why) in [
        ("labels", &case.snapshots.labels, "the labels of production rows, joined by id"),
        ("predictions", &case.snapshots.predictions, "the answers to production rows, joined by id"),
    ] {
        if let Some(file) = file {
            line(&mut out, key, &quoted(file), why);
        }
    }
    for (key, file, why) in [
        ("golden", &case.snapshots.golden, "trusted labelled rows with the launch model's answers"),
        ("offline", &case.snapshots.offline, "production rows recomputed by the training pipeline"),
        ("events", &case.snapshots.events, "deploys and changes: timestamp,kind,title"),
    ] {
        match file {
            Some(file) => line(&mut out, key, &quoted(file), why),
            None => line(&mut out, &format!("# {key}"), "\"…\"", why),
        }
    }

    if !case.read.numbers.is_empty() || !case.read.names.is_empty() {
        out.push_str("\n[read]\n");
    }
    if !case.read.numbers.is_empty() {
        let names: Vec<String> = case.read.numbers.iter().map(|name| quoted(name)).collect();
        line(&mut out, "numbers", &format!("[{}]", names.join(", ")), "texts that are numbers");
    }
    if !case.read.names.is_empty() {
        let pairs = case.read.names.iter().map(|(file, name)| format!("{} = {}", quoted(file), quoted(name)));
        let pairs: Vec<String> = pairs.collect();
        let why = "names that a file spells otherwise than training";
        line(&mut out, "names", &format!("{{ {} }}", pairs.join(", ")), why);
    }
    out.push_str("\n[columns]\n");
    for (role, column) in case.columns.roles().filter(|(role, _)| *role != "scores") {
        line(&mut out, role, &quoted(column), guess.reason(&format!("columns.{role}")));
    }
    if !case.columns.scores.is_empty() {
        let pairs: Vec<String> = case
            .columns
            .scores
            .iter()
            .map(|(class, column)| format!("{} = {}", quoted(class), quoted(column)))
            .collect();
        line(&mut out, "scores", &format!("{{ {} }}", pairs.join(", ")), guess.reason("columns.scores"));
    }
    if let Some(version) = &case.columns.version {
        line(&mut out, "version", &quoted(version), guess.reason("columns.version"));
    }
    for (key, names) in [("ignore", &case.columns.ignore), ("categorical", &case.columns.categorical)] {
        if names.is_empty() {
            let _ = writeln!(out, "{key} = []");
            continue;
        }
        let _ = writeln!(out, "{key} = [");
        for name in names {
            let reason = guess.reason(&format!("columns.{key}.{name}"));
            let _ = writeln!(out, "{}", commented(&format!("  {},", quoted(name)), reason));
        }
        out.push_str("]\n");
    }
    let _ = write!(
        out,
        "\n# {} features are left. Which upstream system delivers which?\n\
         # [sources]\n\
         # bureau = [\"…\", \"…\"]\n",
        guess.features.len()
    );
    out
}

/// Refuses a folder that already has a contract, before anything is read or asked.
///
/// # Errors
///
/// [`CaseError::Exists`].
pub fn refuse_existing(root: &std::path::Path) -> Result<(), CaseError> {
    let path = root.join(FILE_NAME);
    if path.exists() { Err(CaseError::Exists { path: path.display().to_string() }) } else { Ok(()) }
}

/// Writes the contract of a guessed case into its folder and returns the path.
///
/// # Errors
///
/// [`CaseError::Exists`] when there already is one and `force` is not set; [`CaseError::Unwritable`] when the
/// system reports an error.
pub fn write_contract(case: &Case, guess: &Guess, force: bool) -> Result<std::path::PathBuf, CaseError> {
    let path = case.root.join(FILE_NAME);
    let shown = path.display().to_string();
    let unwritable =
        |error: std::io::Error| CaseError::Unwritable { path: shown.clone(), reason: error.to_string() };
    let text = contract_text(case, guess);
    let written =
        if force { output::write(&path, text.as_bytes()) } else { output::write_new(&path, text.as_bytes()) };
    match written {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(CaseError::Exists { path: shown })
        }
        Err(error) => Err(unwritable(error)),
    }
}

fn line(out: &mut String, key: &str, value: &str, reason: &str) {
    let _ = writeln!(out, "{}", commented(&format!("{key} = {value}"), reason));
}

/// A line with its reason as a comment; line breaks are removed, as a comment cannot contain them.
fn commented(line: &str, reason: &str) -> String {
    if reason.is_empty() { line.to_owned() } else { format!("{line:REASON_AT$} # {}", terminal(reason)) }
}

/// A text as a TOML string, on one line and with invisible characters escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{ColumnPeek, Peek, Peeks, Shape, guess};

    /// Hostile names, since names come from other people's files.
    fn peeks() -> Peeks {
        let column = |name: &str, shape, distinct: u64, levels: &[&str]| ColumnPeek {
            name: name.to_owned(),
            shape,
            distinct,
            range: Some((0.0, 1e6)),
            levels: levels.iter().map(ToString::to_string).collect(),
            ..ColumnPeek::default()
        };
        let columns = vec![
            column("in\"co\nme", Shape::Number, 900, &[]),
            column("evil\n[sources]\nx_id", Shape::Whole, 900, &[]),
            column("zip", Shape::Whole, 40, &[]),
            column("label", Shape::Text, 2, &["a\nb", "c"]),
            column("prediction", Shape::Text, 2, &["a\nb", "c"]),
        ];
        let peek = Peek { path: "t.csv".to_owned(), rows: 1000, columns, ..Peek::default() };
        Peeks { training: peek.clone(), production: peek, ..Peeks::default() }
    }

    fn snapshots() -> Snapshots {
        Snapshots { training: "t.csv".to_owned(), production: "p.csv".to_owned(), ..Snapshots::default() }
    }

    #[test]
    fn what_is_written_reads_back() {
        let guess = guess(&peeks()).expect("it can be guessed");
        let case = guess.case(Path::new("credit"), snapshots(), Some("model.onnx".to_owned()));
        let text = contract_text(&case, &guess);
        let read =
            Case::parse(text.clone(), "credit/coroner.toml".into(), "credit".into()).expect("it is valid");
        assert_eq!(read.columns, case.columns, "{text}");
        assert_eq!(read.model, case.model, "{text}");
        assert_eq!(read.snapshots, case.snapshots, "{text}");
        assert!(read.notes.is_empty() && read.sources.is_empty(), "{text}");
    }

    #[test]
    fn a_contract_is_not_overwritten_by_accident() {
        let folder = tempfile::tempdir().expect("a folder");
        let guess = guess(&peeks()).expect("it can be guessed");
        let case = guess.case(&folder.path().join("new"), snapshots(), None);
        let path = write_contract(&case, &guess, false).expect("it is written");
        std::fs::write(&path, "mine").expect("a file");
        assert_eq!(write_contract(&case, &guess, false).expect_err("it is there").code(), "E013");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "mine");
        write_contract(&case, &guess, true).expect("forced");
        assert!(Case::load(&path).is_ok());
    }

    #[test]
    fn every_line_says_why() {
        let guess = guess(&peeks()).expect("it can be guessed");
        let case = guess.case(Path::new("credit"), snapshots(), None);
        insta::assert_snapshot!(contract_text(&case, &guess), @r##"
            # The roles in this case, as coroner guessed them from names and values.
            # Each line says why; correct what is wrong. Every column without a role is a feature.
            # CHECK: no column of production holds timestamps: nothing can be shown over time.
            # CHECK: "c" is taken as the positive class, for no better reason than order.
            # CHECK: no column looks like the probability of the positive class: ROC AUC and calibration are left out.

            [model]
            name = "credit"                  # the folder's name
            # version = "…"                  # what you call this version
            task = "binary"                  # the label holds a\nb and c
            positive = "c"                   # the second of the two in alphabetical order: check it
            # artifact = "model.onnx"        # the deployed model, to test repairs on it

            [snapshots]
            training = "t.csv"               # what the model was trained on
            production = "p.csv"             # what it answered
            # golden = "…"                   # trusted labelled rows with the launch model's answers
            # offline = "…"                  # production rows recomputed by the training pipeline
            # events = "…"                   # deploys and changes: timestamp,kind,title

            [columns]
            label = "label"                  # its name; the values are the prediction's
            prediction = "prediction"        # its name; it holds a\nb and c
            ignore = [
              "evil\U0000000A[sources]\U0000000Ax_id", # names somebody or something; who it is should not be an input
            ]
            categorical = [
              "zip",                         # whole numbers, 40 different ones, under the name of a category
            ]

            # 2 features are left. Which upstream system delivers which?
            # [sources]
            # bureau = ["…", "…"]
            "##);
    }
}
