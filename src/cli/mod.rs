//! The commands, one file each. Data goes to stdout, progress and diagnostics to stderr.

mod check;
mod choice;
mod compare;
mod completions;
mod config;
mod demo;
mod diagnose;
mod failure;
mod generate;
mod info;
mod init;
#[cfg(unix)]
mod limits;
mod man;
mod memory;
mod open;
mod output;
mod paper;
mod profile;
mod progress;
mod recent;
mod remedy;
mod report;
mod study;

use std::{
    io::{self, ErrorKind, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    app::config::Config,
    case::{Case, CaseError},
    text::{fault, sanitize},
    tui::ColorChoice,
    work::CaseCache,
};
use failure::Failure;

/// The outcome of a command, which determines the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It succeeded; for `check`, the model is healthy.
    Done,
    /// `check` found degradation.
    Degraded,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => Self::SUCCESS,
            Ending::Degraded => Self::from(1),
        }
    }
}

/// Maximum number of threads per processor: more of them compete with each other, and for memory.
const MOST_THREADS: usize = 8;

/// The exit code for wrong input or arguments.
const WRONG: u8 = 2;

/// The post-mortem of a degraded production model.
///
/// Loads the training snapshot, the golden set and the production log of a model, shows the evidence and names the root
/// cause.
#[derive(Debug, Parser)]
#[command(
    name = "coroner",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 degradation found (check), 2 the input or the arguments are wrong."
)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    /// The folder of a case to open in the console, or its coroner.toml
    case: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command understands.
#[derive(Debug, Clone, clap::Args)]
struct Global {
    /// How many colours the terminal is given
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Everywhere")]
    color: ColorChoice,
    /// Draw with plain ASCII characters
    #[arg(long, global = true, help_heading = "Everywhere")]
    ascii: bool,
    /// Seed of everything that is drawn at random, in place of the case's
    #[arg(long, global = true, value_name = "N", help_heading = "Everywhere")]
    seed: Option<u64>,
    /// How many threads compute; all processors when absent
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Everywhere")]
    threads: Option<u16>,
    /// How much memory is taken at most, such as 2GB or 50%; three quarters of the machine's when absent
    #[arg(long, global = true, value_name = "SIZE", help_heading = "Everywhere")]
    memory: Option<memory::Size>,
    /// Neither keep what is known of a case for a second look, nor use what is kept
    #[arg(long, global = true, help_heading = "Everywhere")]
    no_cache: bool,
    /// The bound on memory in bytes, once the machine is known
    #[arg(skip)]
    bound: Option<u64>,
    /// The user's own settings, once they are read
    #[arg(skip)]
    config: Config,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Open(open::Arguments),
    Init(init::Arguments),
    Diagnose(diagnose::Arguments),
    Check(check::Arguments),
    Compare(compare::Arguments),
    Report(report::Arguments),
    Profile(profile::Arguments),
    Remedy(remedy::Arguments),
    Study(study::Arguments),
    Info(info::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    #[command(name = "gen", hide = true)]
    Generate(generate::Arguments),
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    fault::keep();
    // Without any argument the cases that were opened last are offered; the help comes where there is none.
    let recent = if std::env::args_os().len() == 1 { recent::choose() } else { None };
    let words = std::env::args_os().chain(recent.map(PathBuf::into_os_string));
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are errors to clap but not to us, and a closed pipe is no error at all.
            return match error.print().and_then(|()| io::stdout().flush()) {
                Err(failed) if failed.kind() != ErrorKind::BrokenPipe => {
                    output::complain(&output::unwritable(&failed).lines(output::is_dumb()));
                    ExitCode::from(WRONG)
                }
                _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG)),
            };
        }
    };
    let ascii = arguments.global.ascii || output::is_dumb();
    #[cfg(unix)]
    if let Err(error) = memory::catch_refusals(ascii) {
        output::complain(&memory::no_threads(&error.to_string()).lines(ascii));
        return ExitCode::from(WRONG);
    }
    // A fault of the program, or of a library, is told like everything else that goes wrong.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(unix)]
        limits::observe(ascii)?;
        execute(arguments)
    }));
    match ended.unwrap_or_else(|panic| Err(broken(&fault::message(panic.as_ref())))) {
        Ok(ending) => ending.into(),
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            let _ = Arguments::command().error(clap::error::ErrorKind::ArgumentConflict, message).print();
            ExitCode::from(WRONG)
        }
        Err(Failure::Shown(lines)) => {
            output::complain(&[lines]);
            ExitCode::from(WRONG)
        }
        Err(Failure::Explained(message)) => {
            output::complain(&message.lines(ascii));
            ExitCode::from(WRONG)
        }
    }
}

/// Returns the failure that reports a bug in the program.
fn broken(what: &str) -> Failure {
    let what = sanitize::terminal(what);
    Failure::plain(
        "E202",
        format!("a fault in coroner stopped it: {what}"),
        &["please report it with these lines and, if you can, the case", "RUST_BACKTRACE=1 shows more"],
    )
}

fn execute(arguments: Arguments) -> Result<Ending, Failure> {
    let Arguments { mut global, case, command } = arguments;
    // Commands that describe the program must work whatever the settings contain.
    let settled = !matches!(
        command,
        Some(Command::Info(_) | Command::Completions(_) | Command::Man(_) | Command::Init(_))
    );
    if settled {
        global.config = config::load()?;
        global.color = config::color(global.color, &global.config);
        global.ascii |= global.config.ascii;
        global.no_cache |= global.config.no_cache;
    }
    // The pool is built here and nowhere else, so it fails only where the system refuses threads; none is 0, all processors.
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads(&global)?)
        .build_global()
        .map_err(|error| Failure::Explained(Box::new(memory::no_threads(&error.to_string()))))?;
    global.bound = memory::bound(global.memory);
    if let Some(bound) = global.bound {
        memory::watch(bound, global.ascii || output::is_dumb());
    }
    let command = match (command, case) {
        (Some(command), None) => command,
        (None, Some(case)) => return open::run_bare(&case, &global),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Failure::Usage("give a command or a case".to_owned()));
        }
    };
    match command {
        Command::Demo(arguments) => demo::run(&arguments, &global),
        Command::Open(arguments) => open::run(&arguments, &global),
        Command::Check(arguments) => check::run(&arguments, &global),
        Command::Compare(arguments) => compare::run(&arguments, &global),
        Command::Init(arguments) => init::run(&arguments),
        Command::Diagnose(arguments) => diagnose::run(&arguments, &global),
        Command::Generate(arguments) => generate::run(&arguments, &global.config),
        Command::Remedy(arguments) => remedy::run(&arguments, &global),
        Command::Study(arguments) => study::run(&arguments, &global),
        Command::Report(arguments) => report::run(&arguments, &global),
        Command::Profile(arguments) => profile::run(&arguments, &global),
        Command::Info(arguments) => info::run(&arguments, &global),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
    }
}

/// The number of threads that is asked for; 0 where none is.
fn threads(global: &Global) -> Result<usize, Failure> {
    /// The variable that the pool itself would look at.
    const VARIABLE: &str = "RAYON_NUM_THREADS";
    let from_environment = || std::env::var(VARIABLE).ok().and_then(|text| text.trim().parse().ok());
    let (asked, named) = match global.threads {
        Some(threads) => (usize::from(threads), format!("--threads {threads}")),
        None => match from_environment() {
            Some(threads) => (threads, format!("{VARIABLE}={threads}")),
            None => return Ok(0),
        },
    };
    let most = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) * MOST_THREADS;
    if asked > most {
        return Err(Failure::plain(
            "E206",
            format!("{named} is more than {most}, {MOST_THREADS} for each processor"),
            &["leave it out to use all processors"],
        ));
    }
    Ok(asked)
}

/// Reads a contract; a seed on the command line takes precedence over the case's own.
fn load(path: &Path, global: &Global) -> Result<Case, CaseError> {
    let mut case = Case::load(path)?;
    case.sample.seed = global.seed.unwrap_or(case.sample.seed);
    case.sample.memory = global.bound;
    config::apply(&global.config, &mut case);
    Ok(case)
}

/// Where what is known of cases is kept; none where the user wants nothing kept, or has no home folder.
fn cache_folder(global: &Global) -> Option<PathBuf> {
    if global.no_cache { None } else { CaseCache::folder() }
}

/// What is kept of a case.
fn cache_of(case: &Case, global: &Global) -> CaseCache {
    CaseCache::of(case, cache_folder(global).as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_stand_anywhere() {
        let parsed =
            Arguments::try_parse_from(["coroner", "diagnose", "case", "--color", "16", "--threads", "2"]);
        let global = parsed.expect("valid").global;
        assert_eq!((global.color, global.threads), (ColorChoice::Sixteen, Some(2)));
        let refused = Arguments::try_parse_from(["coroner", "--threads", "0", "diagnose", "case"])
            .expect_err("no thread");
        assert_eq!(refused.exit_code(), i32::from(WRONG));
    }
}
