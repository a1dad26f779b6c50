//! Fits the weights of the evidence, `assets/weights.json`, on incidents whose causes are known.
//!
//! ```text
//! fit_weights collect CASES... -o SIGNALS
//!     investigate every case and keep its signals (JSON lines)
//! fit_weights judge SIGNALS...
//!     cross-validate: over random folds, left-out tables, left-out faults
//! fit_weights fit SIGNALS... [--beside EARLIER] -o WEIGHTS
//!     fit on all of them and write the weights file; beside an earlier one whose incidents are not
//!     available, the two are added up
//! ```
//!
//! `CASES` is a folder with `cases/<id>/` (a case each) and `truths.json` (`id` to `{cause, also_acceptable,
//! base, fault, features}`). `tools/incidents/more_faults` makes one with mechanisms beyond those of the
//! incident generator. `tools/incidents/unseen_faults` makes one with mechanisms designed by somebody who had
//! not seen the exams, in three parts: the first two are for fitting, the third is for testing. The model is
//! additive: boosted stumps, one step function per signal and cause, averaged over several subsamples. An
//! absent signal has no weight, in the fit as in the program. The same input gives the same file.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for developers")]

mod blend;
mod boost;
mod collect;
mod judge;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (mut inputs, mut output, mut earlier) = (Vec::new(), None, None);
    let mut rest = arguments.iter().skip(1);
    while let Some(argument) = rest.next() {
        if argument == "-o" {
            output = rest.next().cloned();
        } else if argument == "--beside" {
            earlier = rest.next().cloned();
        } else {
            inputs.push(argument.clone());
        }
    }
    let done = match arguments.first().map(String::as_str) {
        Some("collect") => collect::collect(&inputs, output.as_deref()),
        Some("judge") => collect::read(&inputs).map(|incidents| judge::judge(&incidents)),
        Some("fit") => collect::read(&inputs).and_then(|incidents| {
            let mut weights = boost::fit(&incidents.iter().collect::<Vec<_>>(), 7);
            if let Some(path) = earlier {
                let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
                let earlier = serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))?;
                weights = blend::blend(&earlier, &weights);
            }
            let text = serde_json::to_string_pretty(&weights).map_err(|e| e.to_string())?;
            std::fs::write(output.ok_or("fit needs -o WEIGHTS")?, text + "\n").map_err(|e| e.to_string())
        }),
        _ => Err("fit_weights collect|judge|fit; the head of its source says how".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fit_weights: {error}");
            ExitCode::from(2)
        }
    }
}
