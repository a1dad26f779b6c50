//! Makes the sample incidents: `cargo run --release -p coroner-tools --bin make_samples` writes
//! `sample-data/<name>/`.
//!
//! Each incident is a synthetic population, a logistic model fitted on a training draw of it, six weeks of
//! production predicted by that model, and one fault (or none). Everything follows from a fixed seed: the
//! same program writes the same bytes.

#![expect(clippy::print_stderr, reason = "a program for developers")]

mod incident;
mod population;

use std::path::Path;

use coroner::engine::export;

fn main() -> std::process::ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data");
    for incident in incident::all() {
        let folder = root.join(incident.name);
        let written = std::fs::create_dir_all(&folder)
            .map_err(|e| e.to_string())
            .and_then(|()| {
                std::fs::write(folder.join("coroner.toml"), &incident.contract).map_err(|e| e.to_string())
            })
            .and_then(|()| {
                std::fs::write(folder.join("events.csv"), &incident.events).map_err(|e| e.to_string())
            })
            .and_then(|()| {
                incident.snapshots.iter().try_for_each(|(file, columns)| {
                    export::write(&folder.join(file), columns).map_err(|e| e.to_string())
                })
            });
        if let Err(error) = written {
            eprintln!("make_samples: {}: {error}", folder.display());
            return std::process::ExitCode::FAILURE;
        }
        eprintln!(
            "{}: accuracy {:.3} before, {:.3} after",
            incident.name, incident.accuracy.0, incident.accuracy.1
        );
    }
    std::process::ExitCode::SUCCESS
}
