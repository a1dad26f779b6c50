//! `coroner check`: the gate for cron and CI. One line for each alarm, and an exit code.

use std::{fmt::Write as _, path::PathBuf};

use super::{Ending, Failure, Global, diagnose, output};
use crate::{autopsy::Verdict, text::sanitize::terminal};

/// Check a case against its thresholds: exit code 0 healthy, 1 degraded
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml
    case: PathBuf,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let case = super::load(&arguments.case, global)?;
    let investigation = diagnose::investigate(&case)?;
    let mut text = String::new();
    for finding in investigation
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Alarm)
    {
        let _ = writeln!(text, "{}: {}", terminal(&finding.id), terminal(&finding.says));
    }
    let ending = if text.is_empty() {
        Ending::Done
    } else {
        Ending::Degraded
    };
    output::print(text.as_bytes())?;
    Ok(ending)
}
