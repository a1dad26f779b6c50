//! `coroner init`: guesses the roles of the columns and writes `coroner.toml`.

use std::{
    fmt::Write as _,
    io::{BufRead, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use super::{Ending, Failure, output};
use crate::{
    case::{self, Case, CaseError, Guess, Mapping, Peeks, Snapshots, input},
    engine::{Engine, LocalEngine},
    summary::Micros,
    text::{sanitize::terminal, time},
};

/// Guess which column is what, and write coroner.toml with the reason of every guess
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What the model was trained on; with --split the log that holds the training period
    #[arg(value_name = "TRAINING", conflicts_with = "training")]
    first: Option<PathBuf>,
    /// What it answered in production
    #[arg(value_name = "PRODUCTION", requires = "first", conflicts_with = "production")]
    second: Option<PathBuf>,
    #[command(flatten)]
    files: FileArguments,
    /// The folder that coroner.toml is written into; the training file's when absent
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Overwrite a coroner.toml that is there
    #[arg(long)]
    force: bool,
    /// Ask nothing: take every guess as it is
    #[arg(long)]
    yes: bool,
}

/// Maximum number of features listed individually.
const FEATURES: usize = 12;

/// The files of a case that has no contract, as they are named on the command line.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct FileArguments {
    /// What the model was trained on
    #[arg(long, value_name = "FILE")]
    pub(super) training: Option<PathBuf>,
    /// What it answered in production
    #[arg(long, value_name = "FILE")]
    pub(super) production: Option<PathBuf>,
    /// Training is the rows of one log before this time, production those since: 2026-03-01
    #[arg(long, value_name = "TIME", value_parser = super::choice::instant)]
    pub(super) split: Option<Micros>,
    /// Trusted labelled rows with the answers at launch
    #[arg(long, value_name = "FILE")]
    pub(super) golden: Option<PathBuf>,
    /// Production rows recomputed by the training pipeline
    #[arg(long, value_name = "FILE")]
    pub(super) offline: Option<PathBuf>,
    /// The labels of production rows where they have a file of their own: id and label
    #[arg(long, value_name = "FILE")]
    pub(super) labels: Option<PathBuf>,
    /// The answers to production rows where they have a file of their own: id, prediction, score
    #[arg(long, value_name = "FILE")]
    pub(super) predictions: Option<PathBuf>,
    /// Deploys and changes: timestamp,kind,title
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// The deployed model as ONNX
    #[arg(long, value_name = "FILE")]
    pub(super) artifact: Option<PathBuf>,
    /// A column mapping of Evidently or NannyML, JSON or YAML
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,
}

/// The files of a case that has no contract.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) training: PathBuf,
    production: PathBuf,
    beside: FileArguments,
}

impl FileArguments {
    /// Whether no snapshot is named.
    pub(super) fn is_empty(&self) -> bool {
        self.training.is_none() && self.production.is_none() && self.split.is_none()
    }

    /// The two snapshots, whichever way they are named.
    ///
    /// # Errors
    ///
    /// When one is missing.
    pub(super) fn resolve(
        &self,
        first: Option<&PathBuf>,
        second: Option<&PathBuf>,
    ) -> Result<Files, Failure> {
        let training = self.training.as_ref().or(first);
        let production = self.production.as_ref().or(second);
        let pair = match (training, production) {
            (Some(log), None) | (None, Some(log)) if self.split.is_some() => Some((log, log)),
            (training, production) => training.zip(production),
        };
        let Some((training, production)) = pair else {
            return Err(Failure::Usage(
                "name both files, training first:  coroner init TRAINING PRODUCTION;  or one log:  coroner init LOG \
                 --split 2026-03-01"
                    .to_owned(),
            ));
        };
        Ok(Files { training: training.clone(), production: production.clone(), beside: self.clone() })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let files = arguments.files.resolve(arguments.first.as_ref(), arguments.second.as_ref())?;
    let root = arguments.output.clone().unwrap_or_else(|| folder_of(&files.training));
    if !arguments.force {
        case::refuse_existing(&root)?;
    }
    let (mut case, mut guess) = guess(&files, &root)?;
    output::print(described(&case, &guess).as_bytes())?;
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if is_terminal && !arguments.yes {
        ask(&mut case, &mut guess, &mut std::io::stdin().lock(), &mut std::io::stdout())?;
    }
    let path = case::write_contract(&case, &guess, arguments.force)?;
    let shown = |path: &Path| terminal(&path.display().to_string()).into_owned();
    let text = format!("\nwritten: {}\nnext:    coroner diagnose {}\n", shown(&path), shown(&root));
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}

/// Asks what only a person can decide, one question after the other. The end of the input, and a line that is none of
/// the answers, leave the guess as it is.
///
/// # Errors
///
/// When the terminal went away.
pub(super) fn ask(
    case: &mut Case,
    guess: &mut Guess,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for question in std::mem::take(&mut guess.questions) {
        let mut text = format!("\n{}\n", terminal(&question.asks));
        for (at, choice) in question.choices.iter().enumerate() {
            let sample = guess.sample(choice).map(|sample| format!("  ({sample})")).unwrap_or_default();
            let _ = writeln!(text, "  {}  {}{}", at + 1, terminal(choice), terminal(&sample));
        }
        text.push_str("number [1]: ");
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            return Err(Failure::ClosedPipe);
        }
        let mut line = String::new();
        if input.read_line(&mut line).is_err() {
            return Ok(());
        }
        let chosen = match line.trim() {
            "" => Some(1),
            number => number.parse::<usize>().ok(),
        };
        if let Some(chosen) = chosen.and_then(|chosen| chosen.checked_sub(1)) {
            guess.answer(&question, chosen);
        }
    }
    case.columns = guess.columns.clone();
    case.model.positive.clone_from(&guess.positive);
    Ok(())
}

/// Guesses the case that the files make up.
///
/// # Errors
///
/// When a file cannot be read or no column looks like predictions.
pub(super) fn guess(files: &Files, root: &Path) -> Result<(Case, Guess), Failure> {
    let engine = LocalEngine::default();
    let peek = |file: &Path| match file.to_str() {
        Some(name) => Ok(engine.peek(name)?),
        // A contract is UTF-8 and could not name it.
        None => Err(Failure::plain(
            "E104",
            format!(
                "{} cannot be named in a coroner.toml: its path is not UTF-8",
                terminal(&file.to_string_lossy())
            ),
            &["rename it, or name a link to it"],
        )),
    };
    let beside = &files.beside;
    let peeks = Peeks {
        training: peek(&files.training)?,
        production: peek(&files.production)?,
        golden: beside.golden.as_deref().map(peek).transpose()?,
        offline: beside.offline.as_deref().map(peek).transpose()?,
        labels: beside.labels.as_deref().map(peek).transpose()?,
        predictions: beside.predictions.as_deref().map(peek).transpose()?,
        split: beside.split.is_some(),
        mapping: beside.mapping.as_deref().map(mapping).transpose()?.unwrap_or_default(),
    };
    let guess = case::guess(&peeks)?;
    let named = |file: &PathBuf| named_from(root, file);
    let snapshots = Snapshots {
        training: named(&files.training),
        production: named(&files.production),
        golden: beside.golden.as_ref().map(named),
        offline: beside.offline.as_ref().map(named),
        events: beside.events.as_ref().map(named),
        labels: beside.labels.as_ref().map(named),
        predictions: beside.predictions.as_ref().map(named),
        split: beside.split,
        ..Snapshots::default()
    };
    Ok((guess.case(root, snapshots, beside.artifact.as_ref().map(named)), guess))
}

/// Reads a mapping of another tool.
fn mapping(path: &Path) -> Result<Mapping, Failure> {
    let shown = path.display().to_string();
    let text = input::read_text(path, input::MOST_TEXT)
        .map_err(|error| CaseError::Unreadable { path: shown.clone(), reason: error.to_string() })?;
    Mapping::parse(&text).map_err(|reason| CaseError::Unreadable { path: shown, reason }.into())
}

/// Describes the guesses: role, column, sample values, and reason.
pub(super) fn described(case: &Case, guess: &Guess) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str, reason: &str| {
        let sample = guess.sample(value).map(|sample| format!(" ({sample})")).unwrap_or_default();
        let _ = writeln!(text, "{key:12} {:24} {}{}", terminal(value), terminal(reason), terminal(&sample));
    };
    line("role", "column", "why (sample values)");
    for (role, column) in case.columns.roles() {
        line(role, column, guess.reason(&format!("columns.{role}")));
    }
    if let Some(version) = &case.columns.version {
        line("version", version, guess.reason("columns.version"));
    }
    for (key, names) in [("ignore", &case.columns.ignore), ("categorical", &case.columns.categorical)] {
        for name in names {
            line(key, name, guess.reason(&format!("columns.{key}.{name}")));
        }
    }
    if let Some(task) = case.model.task {
        line("task", &format!("{task:?}").to_lowercase(), guess.reason("model.task"));
    }
    if let Some(positive) = &case.model.positive {
        line("positive", positive, guess.reason("model.positive"));
    }
    for feature in guess.features.iter().take(FEATURES) {
        line("feature", feature, "no role");
    }
    let shown: Vec<&str> = guess.features.iter().take(6).map(String::as_str).collect();
    let more = if guess.features.len() > shown.len() { ", …" } else { "" };
    line("features", &guess.features.len().to_string(), &format!("{}{more}", shown.join(", ")));
    if let Some(split) = case.snapshots.split {
        line("split", &time::minute(split), "training is the log before, production since");
    }
    if !guess.numbers.is_empty() {
        line("numbers", &guess.numbers.join(", "), "texts that are read as numbers");
    }
    for note in &guess.notes {
        let _ = writeln!(text, "note         {}", terminal(note));
    }
    for doubt in &guess.doubts {
        let _ = writeln!(text, "check        {}", terminal(doubt));
    }
    text
}

/// Returns the folder of a file; for a glob, the folder above its first pattern.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    let plain = |part: &&Path| !part.to_string_lossy().contains(['*', '?', '[']);
    let folder = file.ancestors().skip(1).find(plain);
    folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf()
}

/// Returns the name by which a contract in the folder `root` refers to a file: relative if the file is below
/// it, else absolute.
pub(super) fn named_from(root: &Path, file: &Path) -> String {
    let shown = file.to_string_lossy().into_owned();
    if shown.contains("://") {
        return shown;
    }
    let (Ok(root), Ok(file)) = (std::path::absolute(root), std::path::absolute(file)) else {
        return shown;
    };
    file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_case() {
        for (root, file, want) in [
            ("/cases/a", "/cases/a/data/t.csv", "data/t.csv"),
            ("/cases/a", "/elsewhere/t.csv", "/elsewhere/t.csv"),
            ("/cases/a", "s3://bucket/t.csv", "s3://bucket/t.csv"),
            ("/cases/a", "/cases/a/log-*.parquet", "log-*.parquet"),
            ("cases/./a", "cases/a/t.csv", "t.csv"),
        ] {
            assert_eq!(named_from(Path::new(root), Path::new(file)), want, "{root} {file}");
        }
    }

    #[test]
    fn questions_are_asked_until_the_input_ends() {
        let question = case::Question {
            key: "model.positive",
            asks: "Which?".to_owned(),
            choices: vec!["good".to_owned(), "bad".to_owned()],
            settles: String::new(),
        };
        for (typed, want) in [("2\n", Some("bad")), ("\n", Some("good")), ("x\n", None), ("", Some("good"))] {
            let mut guess = Guess { questions: vec![question.clone()], ..Guess::default() };
            let (mut case, mut out) = (Case::default(), Vec::new());
            ask(&mut case, &mut guess, &mut typed.as_bytes(), &mut out).expect("asked");
            assert_eq!(case.model.positive.as_deref(), want, "{typed:?}");
            assert!(String::from_utf8_lossy(&out).contains("2  bad"));
        }
    }

    #[test]
    fn one_log_needs_a_split() {
        let log = PathBuf::from("log.csv");
        let arguments = FileArguments::default();
        assert!(arguments.resolve(Some(&log), None).is_err());
        let split = FileArguments { split: Some(0), ..arguments };
        let files = split.resolve(Some(&log), None).expect("both are the log");
        assert_eq!((files.training, files.production), (log.clone(), log));
    }

    #[test]
    fn the_folder_of_a_case() {
        // A folder of files is a snapshot, too: a contract among its files would be taken for one of them.
        for (file, want) in [
            ("t.csv", "."),
            ("a/t.csv", "a"),
            ("a/b-*/t.csv", "a"),
            ("*/t.csv", "."),
            ("src/cli/", "src"),
            ("src", "."),
        ] {
            assert_eq!(folder_of(Path::new(file)), Path::new(want), "{file}");
        }
    }
}
