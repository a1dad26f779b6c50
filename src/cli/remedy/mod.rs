//! `coroner remedy`: what would fix the incident, measured before anyone deploys.

mod comparison;
mod queue;
mod review;

use std::path::PathBuf;

use super::{
    Ending, Failure, Global, choice::Chosen, diagnose, output, paper::Paper, progress::ProgressLine,
};
use crate::{
    autopsy::Investigation,
    engine::Inputs,
    progress,
    remedy::{self, Basis, RemedyReport, review::QUEUE_ROWS},
    report,
    text::sanitize::terminal,
    wording::remedy::{effect, with_interval},
    work::{CaseCache, Kept},
};

/// Measure what would fix it
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml
    case: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: output::Format,
    /// Also write the rows that people should look at first; CSV where the name ends so, else Parquet
    #[arg(long, value_name = "FILE")]
    queue: Option<PathBuf>,
    /// How many rows the queue holds at most
    #[arg(long, value_name = "N", default_value_t = QUEUE_ROWS, requires = "queue")]
    queue_rows: usize,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let case = super::load(&arguments.case, global)?;
    if let Some(file) = &arguments.queue {
        Inputs::of(&case).refuse(file)?;
    }
    let cache = super::cache_of(&case, global);
    let investigation = diagnose::investigate(&case, arguments.chosen.choice().unwrap_or_default(), &cache)?;
    let backtests = measure(&investigation, &cache)?;
    let text = match arguments.format {
        output::Format::Text => text(&investigation, &backtests, Paper::of(global)),
        output::Format::Json => report::remedy::object(&investigation, &backtests),
    };
    output::print(text.as_bytes())?;
    if let Some(file) = &arguments.queue {
        queue::write(file, &case, &investigation, arguments.queue_rows)?;
    }
    Ok(Ending::Done)
}

/// Measures the remedies, unless the cache holds them, with a progress line on stderr.
pub(super) fn measure(investigation: &Investigation, cache: &CaseCache) -> Result<RemedyReport, Failure> {
    let line = ProgressLine::start();
    let tell = |at: progress::Progress| {
        line.stage(&format!("remedies: {} of {}, {}", at.done, at.of, terminal(&at.what)));
    };
    let control = progress::RunControl { progress: Some(&tell), cancel: None };
    let kept = Kept::Remedies(investigation.framing.choice);
    let measured = cache.get_or(kept, || remedy::measure(investigation, &control));
    measured.map_err(|stopped| Failure::Shown(stopped.to_string()))
}

/// Formats all measurements as text.
fn text(investigation: &Investigation, backtests: &RemedyReport, paper: Paper) -> String {
    let mut lines = output::wrapped("do        ", &backtests.advice);
    if let Some(first) = &backtests.first {
        lines.extend(output::wrapped("first     ", first));
    }
    lines.push(String::new());
    for offer in backtests.offered() {
        lines.push(paper.strong(&terminal(&offer.name)));
        lines.extend(output::wrapped("  ", &effect(backtests, &offer.basis)));
        lines.extend(output::wrapped("  ", &offer.because));
    }
    lines.push(String::new());
    lines.push("not offered".to_owned());
    for offer in backtests.refused() {
        let gain = match &offer.basis {
            Basis::Measured(measured) => format!(" Gain {}.", with_interval(&measured.loss)),
            Basis::Unmeasured(why) if backtests.labels.lacking.is_none() => format!(" Not measured: {why}."),
            Basis::Unmeasured(_) => String::new(),
        };
        lines.extend(output::wrapped("  ", &format!("{}: {}{gain}", offer.name, offer.because)));
    }
    if let Some(curve) = &backtests.curve {
        lines.push(String::new());
        lines.extend(output::wrapped("labels    ", &curve.message));
    }
    lines.push(String::new());
    lines.extend(comparison::lines(investigation, backtests, paper));
    lines.extend(review::lines(backtests, paper));
    paper.plain(lines.join("\n") + "\n")
}
