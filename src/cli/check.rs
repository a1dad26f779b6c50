//! `coroner check`: the gate for cron and CI. It prints one line per violated rule, and sets an exit code.
//!
//! Quick: no challenger and no surrogate. What is compared is what the analyst names with `--since`; else a change inside
//! the log is looked for, then a loss of the most recent rows, and without either all of production is held against the golden
//! set at launch or training.

use std::{fmt::Write as _, path::PathBuf};

use clap::ValueEnum;

use super::{
    Ending, Failure, Global,
    choice::{Against, instant},
    diagnose, output,
};
use crate::{
    autopsy::{
        self, Dossier, Observations, Verdict,
        exam::{self, context::ExamContext},
    },
    report,
    summary::{Micros, Width},
    text::{sanitize::terminal, time},
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum CheckFormat {
    /// One line a violated rule
    #[default]
    Text,
    /// The last window's metrics as Prometheus reads them
    Prometheus,
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
    let dossier = diagnose::open(&case)?;
    if let Some(since) = arguments.since {
        splits(&dossier, since)?;
    }
    let mut framing = match arguments.since {
        Some(since) => autopsy::frame_at(&dossier, Some(since)),
        None => {
            let framing = autopsy::frame(&dossier);
            let recent = if framing.onset.is_none() { autopsy::frame_recent(&dossier) } else { None };
            recent.unwrap_or(framing)
        }
    };
    if let Some(against) = arguments.baseline {
        framing = framing.held_against(&dossier, against.into())?;
    }
    let context = ExamContext::new(&dossier, &framing);
    let (performance, losses) = exam::performance::examine(&context);
    let width = arguments
        .window
        .map_or_else(|| exam::window_split::display_width(&dossier), Width::from)
        // Daily counts can't be shown by the hour.
        .max(dossier.grid().map_or(Width::Hour, |grid| grid.width));
    let (drift, moves) = exam::drift::at_width(&context, width);
    let violated = violated(&context, &[losses, moves]);
    let text = match arguments.format {
        CheckFormat::Text => violated.concat(),
        CheckFormat::Prometheus => report::exposition(&dossier, &performance, &drift),
    };
    output::print(text.as_bytes())?;
    Ok(if violated.is_empty() { Ending::Done } else { Ending::Degraded })
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

/// Returns one line per violated rule, from the given observations and those of the other quick exams.
fn violated(context: &ExamContext<'_>, observed: &[Observations]) -> Vec<String> {
    let (_, golden) = exam::golden::examine(context);
    let (_, labels) = exam::labels::examine(context);
    let (_, pipeline) = exam::pipeline::examine(context);
    let (_, serving) = exam::serving::examine(context);
    observed
        .iter()
        .chain([&golden, &labels, &pipeline, &serving])
        .flat_map(|observations| &observations.findings)
        .filter(|finding| finding.verdict == Verdict::Alarm)
        .map(|finding| {
            let mut line = String::new();
            // Writing to a `String` can't fail.
            let _ = writeln!(line, "{}: {}", terminal(&finding.id.to_string()), terminal(&finding.message));
            line
        })
        .collect()
}
