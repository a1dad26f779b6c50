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
    app::{BackgroundEffect, Head, LogFiles, Model, Msg, Phase},
    autopsy::Step,
    case::{self, Case, CaseError},
    journal::{Entry, Journal, Record},
    summary::Micros,
    text::{nearest::nearest, sanitize::terminal, time},
    tui::{self, DisplayOptions, EffectHandler, Session},
    work::{JobRunner, JournalFile, Load, RecentCases},
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
    /// Where to look first: a screen, and with it a feature and an instant
    #[arg(long, value_name = "SCREEN[:FEATURE][@TIME]")]
    at: Option<Link>,
    #[command(flatten)]
    files: init::FileArguments,
}

/// A place in the console: `drift`, `feature:visits_30d`, `feature:visits_30d@2026-03-19T02:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    screen: Step,
    feature: Option<String>,
    at: Option<Micros>,
}

impl std::str::FromStr for Link {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A feature's name may hold any sign, a time none of these.
        let (place, at) = match text.rsplit_once('@') {
            Some((place, when)) => match time::parse(when) {
                Some(at) => (place, Some(at)),
                None => {
                    return Err(format!("{when:?} is no time; write 2026-03-18 or 2026-03-18T02:00 (UTC)"));
                }
            },
            None => (text, None),
        };
        let (screen, feature) = match place.split_once(':') {
            Some((screen, feature)) => (screen, Some(feature.to_owned())),
            None => (place, None),
        };
        let known = Step::ALL.into_iter().find(|step| step.name().eq_ignore_ascii_case(screen));
        let screen = known.ok_or_else(|| {
            let names = Step::ALL.map(|step| step.name().to_lowercase());
            format!("{screen:?} is no screen; there are {}", names.join(", "))
        })?;
        Ok(Self { screen, feature, at })
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let at = arguments.at.as_ref();
    if arguments.log.is_none() && arguments.files.is_empty() {
        return contracted(arguments.case.as_deref().unwrap_or(Path::new(".")), None, at, global);
    }
    guessed(&arguments.files.resolve(arguments.case.as_ref(), arguments.log.as_ref())?, at, global)
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
    contracted(case, None, None, global)
}

/// Opens a case that has a contract. If the contract is invalid, the console shows the error and offers to
/// edit it.
///
/// * `report`: the folder that the report is written to; a folder beside the contract when absent.
/// * `at`: where to look first; where the last session ended when absent.
pub(super) fn contracted(
    path: &Path,
    report: Option<&Path>,
    at: Option<&Link>,
    global: &Global,
) -> Result<Ending, Failure> {
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
    show(head, Arc::new(load), contract, at, global)
}

/// Shows the guessed roles and opens the case when they are confirmed.
fn guessed(files: &init::Files, at: Option<&Link>, global: &Global) -> Result<Ending, Failure> {
    needs_terminal()?;
    let root = init::folder_of(&files.training);
    let (mut case, mut guess) = init::guess(files, &root)?;
    output::print(init::described(&case, &guess).as_bytes())?;
    init::ask(&mut case, &mut guess, &mut std::io::stdin().lock(), &mut std::io::stdout())?;
    let question = "\nOpen with these roles?  y yes   w yes, and write coroner.toml   n no  [y] ";
    output::print(question.as_bytes())?;
    match answer().as_str() {
        "" | "y" | "yes" => {}
        "w" => case.contract = Some(case::write_contract(&case, &guess, false)?),
        _ => return Ok(Ending::Done),
    }
    case.sample.seed = global.seed.unwrap_or(case.sample.seed);
    case.sample.memory = global.bound;
    super::config::apply(&global.config, &mut case);
    let (head, contract) = (head(&case, &root), case.contract.clone());
    show(head, Arc::new(move || Ok(case.clone())), contract, at, global)
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
        log: LogFiles {
            production: case.locate(&case.snapshots.production).display().to_string(),
            training: case.locate(&case.snapshots.training).display().to_string(),
            timestamp: case.columns.timestamp.clone(),
            label: case.columns.label.clone(),
            prediction: case.columns.prediction.clone(),
            score: case.columns.score.clone(),
        },
        info: Vec::new(),
        folder: folder.display().to_string(),
        report_folder: case.root.join("report").display().to_string(),
    }
}

fn show(
    mut head: Head,
    load: Arc<Load>,
    contract: Option<PathBuf>,
    at: Option<&Link>,
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
    if let Some(recent) = RecentCases::of_user() {
        // A list that cannot be written is no reason not to open the case.
        let _ = recent.remember(Path::new(&head.folder), &head.title);
    }
    let (marks, damage_message) = journal.as_ref().map(replayed).unwrap_or_default();
    let options = DisplayOptions {
        color: global.color,
        ascii: global.ascii,
        background: global.config.theme.map(tui::background),
    };
    let mut runner = JobRunner::new(load, journal, marks.clone(), PathBuf::from(&head.report_folder))
        .with_cache(super::cache_folder(global));
    let mut marks = marks;
    if let Some(Link { screen, feature, at }) = at.cloned() {
        // As if the last session had ended there; the journal's file does not learn of it.
        marks.add(Record {
            at: 0,
            entry: Entry::View { screen, feature, at, settings: std::collections::BTreeMap::new() },
        });
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read() {
        let link = |text: &str| text.parse::<Link>();
        let at = time::parse("2026-03-19");
        assert_eq!(link("Drift"), Ok(Link { screen: Step::Drift, feature: None, at: None }));
        let feature = Some("visits:30d".to_owned());
        assert_eq!(link("feature:visits:30d@2026-03-19"), Ok(Link { screen: Step::Feature, feature, at }));
        assert!(link("shape").is_err_and(|message| message.contains("there are triage, pipeline")));
        assert!(link("drift@noon").is_err_and(|message| message.contains("is no time")));
    }
}
