//! `coroner diagnose`: reads a case and prints the diagnosis, without a console.

mod text;

use std::{path::PathBuf, sync::Arc};

use super::{Ending, Failure, Global, choice::Chosen, output, paper::Paper, progress::ProgressLine};
use crate::{
    autopsy::{self, Choice, Dossier, Investigation},
    case::Case,
    engine::{PassControl, engine_of},
    report::json,
    work,
};

/// Read a case and name the root cause
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml
    case: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: output::Format,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let case = super::load(&arguments.case, global)?;
    let choice = arguments.chosen.choice().unwrap_or_default();
    let investigation = investigate(&case, choice)?;
    let text = match arguments.format {
        output::Format::Text => text::summary(&investigation, &arguments.case, Paper::of(global)),
        output::Format::Json => json::object(&investigation),
    };
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}

/// Reads and analyses a case, with a progress line on stderr.
pub(super) fn investigate(case: &Case, choice: Choice) -> Result<Investigation, Failure> {
    let progress = ProgressLine::start();
    let dossier = read(case, &progress)?;
    Ok(autopsy::investigate_by(Arc::new(dossier), choice, &|stage| {
        progress.stage(stage.name());
    })?)
}

/// Reads a case without analysing it, with a progress line on stderr.
pub(super) fn open(case: &Case) -> Result<Dossier, Failure> {
    read(case, &ProgressLine::start())
}

fn read(case: &Case, progress: &ProgressLine) -> Result<Dossier, Failure> {
    let pass = |at: crate::engine::PassProgress| progress.pass(at);
    let control = PassControl { progress: Some(&pass), cancel: None };
    Ok(work::open(case, engine_of(case)?.as_ref(), &control)?)
}
