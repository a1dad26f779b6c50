//! `coroner diagnose`: reads a case and prints the diagnosis, without a console.

mod text;

use std::{path::PathBuf, sync::Arc};

use super::{Ending, Failure, Global, choice::Chosen, output, paper::Paper, progress::ProgressLine};
use crate::{
    autopsy::{self, Choice, Dossier, Investigation},
    case::Case,
    engine::{PassControl, engine_of},
    report::json,
    work::{self, CaseCache},
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
    let investigation = investigate(&case, choice, &super::cache_of(&case, global))?;
    let text = match arguments.format {
        output::Format::Text => text::summary(&investigation, &arguments.case, Paper::of(global)),
        output::Format::Json => json::object(&investigation),
    };
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}

/// Reads and analyses a case, as far as the cache does not hold the answer, with a progress line on stderr.
pub(super) fn investigate(case: &Case, choice: Choice, cache: &CaseCache) -> Result<Investigation, Failure> {
    let progress = ProgressLine::start();
    let dossier = Arc::new(read(case, cache, &progress)?);
    if let Some(known) = cache.investigation(choice, &dossier) {
        return Ok(known);
    }
    let investigation = autopsy::investigate_by(dossier, choice, &|stage| {
        progress.stage(stage.name());
    })?;
    cache.keep_investigation(&investigation);
    Ok(investigation)
}

/// Reads a case without analysing it, with a progress line on stderr.
pub(super) fn open(case: &Case, cache: &CaseCache) -> Result<Dossier, Failure> {
    read(case, cache, &ProgressLine::start())
}

fn read(case: &Case, cache: &CaseCache, progress: &ProgressLine) -> Result<Dossier, Failure> {
    let pass = |at: crate::engine::PassProgress| progress.pass(at);
    let control = PassControl { progress: Some(&pass), cancel: None };
    Ok(work::open_again(case, engine_of(case)?.as_ref(), &control, cache)?)
}
