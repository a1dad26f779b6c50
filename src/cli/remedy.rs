//! `coroner remedy`: what would fix it, measured before anyone deploys.

mod comparison;
mod queue;
mod review;
mod words;

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Ending, Failure, Global, choice::Chosen, diagnose, output};
use crate::{
    autopsy::Investigation,
    remedy::{self, Bench, review::QUEUE_ROWS},
    report,
    text::sanitize::terminal,
};
use words::Words;

/// Measure what would fix it
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml
    case: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also write the rows that people should look at first; CSV where the name ends so, else Parquet
    #[arg(long, value_name = "FILE")]
    queue: Option<PathBuf>,
    /// How many rows the queue holds at most
    #[arg(long, value_name = "N", default_value_t = QUEUE_ROWS, requires = "queue")]
    queue_rows: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object for programs
    Json,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let case = super::load(&arguments.case, global)?;
    let investigation = diagnose::investigate(&case, arguments.chosen.choice().unwrap_or_default())?;
    let bench = remedy::measure(&investigation, &remedy::Watch::default())
        .map_err(|stopped| Failure::Shown(stopped.to_string()))?;
    let text = match arguments.format {
        Format::Text => text(&investigation, &bench, Words::of(global)),
        Format::Json => report::remedy::object(&investigation, &bench),
    };
    output::print(text.as_bytes())?;
    if let Some(file) = &arguments.queue {
        queue::write(file, &case, &investigation, arguments.queue_rows)?;
    }
    Ok(Ending::Done)
}

/// Everything that was measured, for people.
fn text(investigation: &Investigation, bench: &Bench, words: Words) -> String {
    let mut lines = words.wrapped("do        ", &bench.advice);
    if let Some(first) = &bench.first {
        lines.extend(words.wrapped("first     ", first));
    }
    lines.push(String::new());
    for offer in bench.offered() {
        lines.push(words.strong(&terminal(&offer.name)));
        lines.extend(words.wrapped("  ", &offer.because));
    }
    lines.push(String::new());
    lines.extend(comparison::lines(investigation, bench, words));
    lines.extend(review::lines(bench, words));
    words.plain(lines.join("\n") + "\n")
}
