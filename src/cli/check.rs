//! `coroner check`: the gate for cron and CI. It prints one line per violated rule, and sets an exit code.
//!
//! Quick: no challenger and no surrogate. What is compared is what the analyst names with `--since`; else a change inside
//! the log is looked for, then a loss of the most recent rows, and without either all of production is held against the golden
//! set at launch or training.

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::ValueEnum;

use super::{
    Ending, Failure, Global,
    choice::{Against, instant},
    diagnose, output,
};
use crate::{
    autopsy::{
        self, Dossier, Framing, Observations, Verdict,
        exam::{self, context::ExamContext, drift::Drift, performance::Performance},
    },
    case::{self, Run, input, runs_in, streak},
    engine::Inputs,
    remedy::series::Watch,
    report::{self, Alert},
    summary::{Micros, Width},
    text::{json, sanitize::terminal, time},
    work::Kept,
};

/// Check a case against its thresholds: exit code 0 healthy, 1 degraded
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml
    case: PathBuf,
    /// Compare the rows from this instant on with those before it: 2026-03-18 or 2026-03-18T02:00:00Z
    #[arg(long, visible_alias = "onset", value_name = "TIME", value_parser = instant)]
    since: Option<Micros>,
    /// What those rows are held against
    #[arg(long, value_name = "ROWS", value_enum)]
    baseline: Option<Against>,
    /// The width of the windows in which drift is counted
    #[arg(long, value_name = "WIDTH", value_enum)]
    window: Option<Window>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: CheckFormat,
    /// Append the outcome to this file, one JSON object a line, and say since when the case is degraded; goes before
    /// the history that the contract names
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum CheckFormat {
    /// One line a violated rule
    #[default]
    Text,
    /// The last window's metrics as Prometheus reads them
    Prometheus,
    /// At most ten lines for a chat channel
    Chat,
    /// The body for a Slack incoming webhook
    Slack,
    /// An event for PagerDuty, without its routing key
    Pagerduty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Window {
    #[value(name = "1h")]
    Hour,
    #[value(name = "6h")]
    SixHours,
    #[value(name = "1d")]
    Day,
    #[value(name = "1w")]
    Week,
    #[value(name = "4w")]
    FourWeeks,
}

impl From<Window> for Width {
    fn from(window: Window) -> Self {
        match window {
            Window::Hour => Self::Hour,
            Window::SixHours => Self::SixHours,
            Window::Day => Self::Day,
            Window::Week => Self::Week,
            Window::FourWeeks => Self::FourWeeks,
        }
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let case = super::load(&arguments.case, global)?;
    let history = arguments
        .history
        .clone()
        .or_else(|| case.snapshots.history.as_deref().map(|named| case.locate(named)));
    if let Some(file) = &history {
        Inputs::of(&case).refuse(file)?;
    }
    let cache = super::cache_of(&case, global);
    let dossier = diagnose::open(&case, &cache)?;
    if let Some(since) = arguments.since {
        splits(&dossier, since)?;
    }
    let options = format!("{:?} {:?} {:?}", arguments.since, arguments.baseline, arguments.window);
    let (framing, performance, drift, violated) =
        cache.get_or(Kept::Check(&options), || examined(arguments, &dossier))?;
    let context = ExamContext::new(&dossier, &framing);
    let alert = Alert { title: dossier.title.clone(), violated };
    let text = match arguments.format {
        CheckFormat::Text => alert.violated.iter().map(line).collect(),
        CheckFormat::Prometheus => exposition(&context, &performance, &drift),
        CheckFormat::Chat => alert.chat(),
        CheckFormat::Slack => alert.slack(),
        CheckFormat::Pagerduty => alert.pagerduty(),
    };
    output::print(text.as_bytes())?;
    if let Some(file) = &history {
        output::complain(&remembered(file, &dossier, &performance, &alert)?);
    }
    Ok(if alert.violated.is_empty() { Ending::Done } else { Ending::Degraded })
}

/// What is compared, how the model does, which inputs moved, and the violated rules.
type Examined = (Framing, Performance, Drift, Vec<(String, String)>);

/// Examines a case as far as a check needs it.
fn examined(arguments: &Arguments, dossier: &Dossier) -> Result<Examined, Failure> {
    let mut framing = match arguments.since {
        Some(since) => autopsy::frame_at(dossier, Some(since)),
        None => {
            let framing = autopsy::frame(dossier);
            let recent = if framing.onset.is_none() { autopsy::frame_recent(dossier) } else { None };
            recent.unwrap_or(framing)
        }
    };
    if let Some(against) = arguments.baseline {
        framing = framing.held_against(dossier, against.into())?;
    }
    let context = ExamContext::new(dossier, &framing);
    let (performance, losses) = exam::performance::examine(&context);
    let width = arguments
        .window
        .map_or_else(|| exam::window_split::display_width(dossier), Width::from)
        // Daily counts can't be shown by the hour.
        .max(dossier.grid().map_or(Width::Hour, |grid| grid.width));
    let (drift, moves) = exam::drift::at_width(&context, width);
    let violated = violated(&context, &[losses, moves]);
    Ok((framing, performance, drift, violated))
}

/// The last window's metrics, those of the service, the business and the rows outside of training among them.
fn exposition(context: &ExamContext<'_>, performance: &Performance, drift: &Drift) -> String {
    let (business, _) = exam::business::examine(context);
    let (serving, _) = exam::serving::examine(context);
    let (support, _) = exam::support::examine(context);
    report::exposition(&Watch {
        dossier: context.dossier,
        framing: context.framing,
        performance,
        business: &business,
        drift,
        serving: &serving,
        outside: support.grid.map(|grid| (grid, support.course.as_slice())),
    })
}

/// A violated rule as a line.
fn line((id, message): &(String, String)) -> String {
    format!("{}: {}\n", terminal(id), terminal(message))
}

/// Maximum size in bytes of a file of earlier runs: a run a minute for two months.
const MOST_HISTORY: u64 = 64_000_000;

/// Appends the outcome to the file of earlier runs; returns a line on since when the case is degraded, if it is.
fn remembered(
    file: &Path,
    dossier: &Dossier,
    performance: &Performance,
    alert: &Alert,
) -> Result<Vec<String>, Failure> {
    let failed = |error: std::io::Error| {
        let message = format!("{} cannot hold the outcome: {error}", terminal(&file.display().to_string()));
        Failure::plain("E306", message, &["name a file that can be read and written with --history"])
    };
    let known = match input::read_text(file, MOST_HISTORY) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(failed)?,
    };
    let row = performance.headline_row();
    let run = Run {
        case: dossier.title.clone(),
        until: dossier.period().map(|(_, last)| time::rfc3339(last)),
        degraded: !alert.violated.is_empty(),
        metric: row.map(|row| row.metric.id().to_owned()),
        baseline: row.and_then(|row| row.baseline).map(|estimate| estimate.value),
        value: row.and_then(|row| row.production).map(|estimate| estimate.value),
        violated: alert.violated.iter().map(|(id, _)| id.clone()).collect(),
    };
    let line = json::line(&run);
    OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .open(file)
        .and_then(|mut file| case::output::append(&mut file, format!("{line}\n").as_bytes()))
        .map_err(failed)?;
    let mut runs = runs_in(&known);
    let unread = known.lines().filter(|line| !line.trim().is_empty()).count() - runs.len();
    runs.push(run);
    let mut told = Vec::new();
    if unread > 0 {
        told.push(format!("lines of the history that cannot be read, which do not count: {unread}"));
    }
    if let Some((length, first)) = streak(&runs) {
        let begun =
            first.until.as_deref().filter(|_| length > 1).map_or_else(String::new, |until| {
                format!(", since the run on rows until {}", terminal(until))
            });
        told.push(format!("degraded in {length} of {} runs{begun}", runs.len()));
    }
    Ok(told)
}

/// Refuses a time that does not split the log, since another comparison than requested would result.
fn splits(dossier: &Dossier, since: Micros) -> Result<(), Failure> {
    let period = dossier.period();
    if period.is_some_and(|(from, to)| from < since && since <= to) {
        return Ok(());
    }
    let log = period.map_or_else(
        || "has no clock".to_owned(),
        |(from, to)| format!("runs from {} to {} UTC", time::minute(from), time::minute(to)),
    );
    Err(Failure::plain(
        "E304",
        format!("--since {} UTC does not split the log, which {log}", time::minute(since)),
        &[
            "give an instant inside the log",
            "without --since a change is looked for, and all of production compared where there is none",
        ],
    ))
}

/// Returns the violated rules, from the given observations and those of the other quick exams: id and sentence.
fn violated(context: &ExamContext<'_>, observed: &[Observations]) -> Vec<(String, String)> {
    let (_, business) = exam::business::examine(context);
    let answers = exam::breakdown::of_answers(context);
    let inputs = exam::breakdown::of_inputs(context);
    let (_, golden) = exam::golden::examine(context);
    let (_, labels) = exam::labels::examine(context);
    let (_, pipeline) = exam::pipeline::examine(context);
    let (_, serving) = exam::serving::examine(context);
    observed
        .iter()
        .chain([&business, &answers, &inputs, &golden, &labels, &pipeline, &serving])
        .flat_map(|observations| &observations.findings)
        .filter(|finding| finding.verdict == Verdict::Alarm)
        .map(|finding| (finding.id.to_string(), finding.message.clone()))
        .collect()
}
