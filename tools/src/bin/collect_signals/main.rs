//! Collects what the exams see in incidents whose causes are known, for the fit of `assets/arguments.json`
//! (`tools/incidents/fit_arguments.py`).
//!
//! ```text
//! collect_signals CASES... -o SIGNALS
//! ```
//!
//! Investigates every case and writes a line of JSON for each. `CASES` is a folder with `cases/<id>/` (a case each) and
//! `truths.json` (`id` to `{cause, also_acceptable, base, fault, features}`), as `tools/incidents/generator` writes it.

#![expect(clippy::print_stderr, reason = "a program for developers")]

mod collect;

use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut folders, mut output) = (Vec::new(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "-o" {
            output = arguments.next();
        } else {
            folders.push(argument);
        }
    }
    match collect::collect(&folders, output.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("collect_signals: {error}");
            ExitCode::from(2)
        }
    }
}
