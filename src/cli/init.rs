//! `coroner init`: guesses the roles of the columns and writes `coroner.toml`.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::{Ending, Failure, output};
use crate::{
    case::{self, Case, Guess, Peeks, Snapshots},
    engine::{Engine, LocalEngine},
    text::sanitize::terminal,
};

/// Guess which column is what, and write coroner.toml with the reason of every guess
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// The folder that coroner.toml is written into; the training file's when absent
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Overwrite a coroner.toml that is there
    #[arg(long)]
    force: bool,
}

/// Maximum number of features listed individually.
const FEATURES: usize = 12;

/// The files of a case that has no contract.
#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// What the model was trained on
    #[arg(long, value_name = "FILE")]
    pub(super) training: PathBuf,
    /// What it answered in production
    #[arg(long, value_name = "FILE")]
    pub(super) production: PathBuf,
    /// Trusted labelled rows with the answers at launch
    #[arg(long, value_name = "FILE")]
    pub(super) golden: Option<PathBuf>,
    /// Production rows recomputed by the training pipeline
    #[arg(long, value_name = "FILE")]
    pub(super) offline: Option<PathBuf>,
    /// Deploys and changes: timestamp,kind,title
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// The deployed model as ONNX
    #[arg(long, value_name = "FILE")]
    pub(super) artifact: Option<PathBuf>,
}

impl Files {
    /// Creates a case with only training and production.
    pub(super) fn of_two(training: PathBuf, production: PathBuf) -> Self {
        Self { training, production, golden: None, offline: None, events: None, artifact: None }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let root = arguments.output.clone().unwrap_or_else(|| folder_of(&arguments.files.training));
    let (case, guess) = guess(&arguments.files, &root)?;
    let path = case::write_contract(&case, &guess, arguments.force)?;
    let mut text = described(&case, &guess);
    let shown = |path: &Path| terminal(&path.display().to_string()).into_owned();
    let _ = writeln!(text, "\nwritten: {}", shown(&path));
    let _ = writeln!(text, "next:    coroner diagnose {}", shown(&root));
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}

/// Guesses the case that the files form.
///
/// # Errors
///
/// When a file cannot be read or no column looks like predictions.
pub(super) fn guess(files: &Files, root: &Path) -> Result<(Case, Guess), Failure> {
    let engine = LocalEngine::default();
    let peek = |file: &Path| engine.peek(&file.to_string_lossy());
    let peeks = Peeks {
        training: peek(&files.training)?,
        production: peek(&files.production)?,
        golden: files.golden.as_deref().map(peek).transpose()?,
        offline: files.offline.as_deref().map(peek).transpose()?,
    };
    let guess = case::guess(&peeks)?;
    let named = |file: &PathBuf| named_from(root, file);
    let snapshots = Snapshots {
        training: named(&files.training),
        production: named(&files.production),
        golden: files.golden.as_ref().map(named),
        offline: files.offline.as_ref().map(named),
        events: files.events.as_ref().map(named),
        reviewed: None,
        labels: None,
    };
    Ok((guess.case(root, snapshots, files.artifact.as_ref().map(named)), guess))
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
    let folder = if file.is_dir() { Some(file) } else { file.ancestors().skip(1).find(plain) };
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
    fn the_folder_of_a_case() {
        for (file, want) in [("t.csv", "."), ("a/t.csv", "a"), ("a/b-*/t.csv", "a"), ("*/t.csv", ".")] {
            assert_eq!(folder_of(Path::new(file)), Path::new(want), "{file}");
        }
    }
}
