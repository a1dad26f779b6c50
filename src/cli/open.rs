//! `coroner open`: the console. For a case without a contract it first shows the guessed roles.

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::CommandFactory as _;
use crossbeam_channel::Sender;

use super::{Ending, Failure, Global, init, output};
use crate::{
    app::{BackgroundEffect, Head, Model, Msg, Phase},
    case::{self, Case, CaseError},
    journal::Journal,
    text::{nearest::nearest, sanitize::terminal},
    tui::{self, DisplayOptions, EffectHandler, Session},
    work::{JobRunner, JournalFile, Load},
};

/// Open a case in the console
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml; the current folder when absent
    #[arg(conflicts_with_all = ["training", "production"])]
    case: Option<PathBuf>,
    /// The production log, where CASE is the training file of a case without a contract
    #[arg(requires = "case", conflicts_with_all = ["training", "production"])]
    log: Option<PathBuf>,
    #[command(flatten)]
    files: Option<init::Files>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    match (&arguments.files, &arguments.case, &arguments.log) {
        (Some(files), ..) => guessed(files, global),
        (None, Some(training), Some(production)) => {
            guessed(&init::Files::of_two(training.clone(), production.clone()), global)
        }
        _ => contracted(arguments.case.as_deref().unwrap_or(Path::new(".")), None, global),
    }
}

/// `coroner CASE`: the same as `coroner open CASE`, except that a word that is not a path may be a misspelled
/// command.
pub(super) fn run_bare(case: &Path, global: &Global) -> Result<Ending, Failure> {
    let commands = super::Arguments::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    let word = case.to_string_lossy();
    if let Some(command) = nearest(&word, names).first().filter(|_| !case.exists()) {
        return Err(Failure::Usage(format!(
            "there is no case {word:?}; did you mean the command  coroner {command}"
        )));
    }
    contracted(case, None, global)
}

/// Opens a case that has a contract. If the contract is invalid, the console shows the error and offers to
/// edit it.
///
/// * `report`: destination of the report; a folder beside the contract if absent.
pub(super) fn contracted(path: &Path, report: Option<&Path>, global: &Global) -> Result<Ending, Failure> {
    needs_terminal()?;
    let (mut head, contract) = match super::load(path, global) {
        Ok(case) => (head(&case, path), case.contract),
        Err(error) => match error.place().map(|place| PathBuf::from(&place.file)) {
            Some(contract) => {
                (Head { folder: path.display().to_string(), ..Head::default() }, Some(contract))
            }
            None => return Err(error.into()),
        },
    };
    if let Some(report) = report {
        head.report_folder = report.display().to_string();
    }
    let (path, own) = (path.to_path_buf(), global.clone());
    let load = move || -> Result<Case, CaseError> { super::load(&path, &own) };
    show(head, Arc::new(load), contract, global)
}

/// Shows the guessed roles and opens the case once they are confirmed.
fn guessed(files: &init::Files, global: &Global) -> Result<Ending, Failure> {
    needs_terminal()?;
    let root = init::folder_of(&files.training);
    let (mut case, guess) = init::guess(files, &root)?;
    let question = "\nOpen with these roles?  y yes   w yes, and write coroner.toml   n no  [y] ";
    output::print((init::described(&case, &guess) + question).as_bytes())?;
    match answer().as_str() {
        "" | "y" | "yes" => {}
        "w" => case.contract = Some(case::write_contract(&case, &guess, false)?),
        _ => return Ok(Ending::Done),
    }
    case.sample.seed = global.seed.unwrap_or(case.sample.seed);
    case.sample.memory = global.bound;
    super::config::apply(&global.config, &mut case);
    let (head, contract) = (head(&case, &root), case.contract.clone());
    show(head, Arc::new(move || Ok(case.clone())), contract, global)
}

/// Reads the user's answer in lower case; end of input counts as no.
fn answer() -> String {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(n) if n > 0 => line.trim().to_lowercase(),
        _ => {
            let _ = writeln!(std::io::stdout());
            "n".to_owned()
        }
    }
}

fn head(case: &Case, folder: &Path) -> Head {
    Head {
        title: case.title(),
        task: case.model.task,
        info: Vec::new(),
        folder: folder.display().to_string(),
        report_folder: case.root.join("report").display().to_string(),
    }
}

fn show(
    mut head: Head,
    load: Arc<Load>,
    contract: Option<PathBuf>,
    global: &Global,
) -> Result<Ending, Failure> {
    let told_by = contract.clone().unwrap_or_else(|| PathBuf::from(&head.folder).join(case::FILE_NAME));
    let journal = JournalFile::of(&told_by);
    head.info = super::info::lines(global);
    head.info.push(format!("case         {}", terminal(&head.folder)));
    if let Some(journal) = &journal {
        let path = journal.path().display().to_string();
        head.info.push(format!("journal      {}", terminal(&path)));
    }
    let (marks, damage_message) = journal.as_ref().map(replayed).unwrap_or_default();
    let options = DisplayOptions {
        color: global.color,
        ascii: global.ascii,
        background: global.config.theme.map(tui::background),
    };
    let mut runner = JobRunner::new(load, journal, marks.clone(), PathBuf::from(&head.report_folder));
    let mut model = Model::new(head, marks, (80, 24));
    if let Some(message) = damage_message {
        model.toast(message.clone());
        model.problems.push(message);
    }
    model.keymap = global.config.keymap.clone();
    model.settings.mouse = global.config.mouse;
    let session = Session { model, options, handler: &mut runner, contract };
    let left = tui::run(session).map_err(|error| no_terminal(&error.to_string()))?;
    match left.opening.phase {
        Phase::Failed(failure) => Err(Failure::Shown(failure.details)),
        _ => Ok(Ending::Done),
    }
}

/// Returns the content of a journal, and a warning about it, if any. If it cannot be read, the analyst's
/// records are lost but the case still opens.
pub(super) fn replayed(file: &JournalFile) -> (Journal, Option<String>) {
    match file.replay() {
        Ok(replayed) => {
            let damage_message = replayed.damage_message(file.path());
            (replayed.journal, damage_message)
        }
        Err(error) => {
            let path = file.path().display();
            let message =
                format!("the journal {path} cannot be read: {error}; its pins and notes are missing here");
            (Journal::default(), Some(message))
        }
    }
}

impl EffectHandler for JobRunner {
    fn run(&mut self, effect: BackgroundEffect, answers: &Sender<Msg>) {
        Self::run(self, effect, answers);
    }
}

pub(super) fn needs_terminal() -> Result<(), Failure> {
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if is_terminal { Ok(()) } else { Err(no_terminal("stdin or stdout is something else")) }
}

fn no_terminal(reason: &str) -> Failure {
    Failure::plain(
        "E203",
        format!("the console needs a terminal: {reason}"),
        &["without one:  coroner diagnose CASE", "coroner diagnose CASE --format json  is for programs"],
    )
}
