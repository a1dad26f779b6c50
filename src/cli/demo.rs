//! `coroner demo`: opens a sample incident in the console. The incidents are embedded in the program.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use clap::builder::PossibleValuesParser;
use etcetera::BaseStrategy as _;

use super::{Ending, Failure, Global, open, output::print};
use crate::{case::output, text::sanitize::terminal};

/// An incident with its files, as written by `cargo run --release -p coroner-tools --bin make_samples`.
struct DemoSample {
    name: &'static str,
    /// The symptom; finding the cause is left to the analyst.
    alert: &'static str,
    /// Name and content of each file of the case's folder.
    files: &'static [(&'static str, &'static [u8])],
}

/// Embeds the files of an incident's folder at build time.
macro_rules! files {
    ($incident:literal: $($file:literal),+) => {
        &[$((
            $file,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/sample-data/", $incident, "/", $file)),
        )),+]
    };
}

const SAMPLES: &[DemoSample] = &[
    DemoSample {
        name: "normalised-counts",
        alert: "accuracy was 92 % at launch; six weeks later it is 62 %",
        files: files!("normalised-counts": "coroner.toml", "training.parquet", "production.parquet",
            "golden.parquet", "events.csv"),
    },
    DemoSample {
        name: "transaction-window",
        alert: "the credit model's accuracy fell on a Sunday morning; the training pipeline's features are at hand",
        files: files!("transaction-window": "coroner.toml", "training.parquet", "production.parquet",
            "golden.parquet", "offline.parquet", "events.csv"),
    },
    DemoSample {
        name: "bad-retrain",
        alert: "the new version answers worse than the one before, on the same customers",
        files: files!("bad-retrain": "coroner.toml", "training.parquet", "production.parquet",
            "golden.parquet", "events.csv"),
    },
    DemoSample {
        name: "false-alarm",
        alert: "the accuracy of the last four days looks low",
        files: files!("false-alarm": "coroner.toml", "training.parquet", "production.parquet",
            "golden.parquet", "events.csv"),
    },
];

/// Open a sample incident in the console
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: coroner demo transaction-window")]
pub(super) struct Arguments {
    /// Which incident
    #[arg(default_value = SAMPLES[0].name, hide_possible_values = true, value_parser = names())]
    name: String,
    /// Print the incidents with what was noticed, one a line
    #[arg(long, conflicts_with_all = ["name", "extract"])]
    list: bool,
    /// Write the files of the incident into a folder and open nothing
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(SAMPLES.iter().map(|sample| sample.name))
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    if arguments.list {
        return list();
    }
    // The argument parser rejects other names.
    let sample = SAMPLES.iter().find(|sample| sample.name == arguments.name).unwrap_or(&SAMPLES[0]);
    if let Some(folder) = &arguments.extract {
        extract(sample, folder)?;
        let shown = folder.display().to_string();
        let next = format!("{0}\nnext: coroner open {0}\n", terminal(&shown));
        print(next.as_bytes())?;
        return Ok(Ending::Done);
    }
    open::needs_terminal()?;
    let case = unpack(sample)?;
    // The case is in a cache folder, where nobody would look for the report.
    let report = Path::new("coroner-report").join(sample.name);
    open::contracted(&case, Some(&report), None, global)
}

fn list() -> Result<Ending, Failure> {
    let width = SAMPLES.iter().map(|sample| sample.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for DemoSample { name, alert, .. } in SAMPLES {
        let _ = writeln!(text, "{name:width$}  {alert}");
    }
    print(text.as_bytes())?;
    Ok(Ending::Done)
}

/// Writes an incident to a folder that holds no other case.
fn extract(sample: &DemoSample, folder: &Path) -> Result<(), Failure> {
    for (file, content) in sample.files {
        let path = folder.join(file);
        if fs::read(&path).is_ok_and(|found| found != *content) {
            return Err(Failure::plain(
                "E111",
                format!("{} already exists, with different content", path.display()),
                &["choose an empty folder"],
            ));
        }
    }
    write(sample, folder).map_err(|error| {
        Failure::plain(
            "E111",
            format!("{} cannot be written: {error}", folder.display()),
            &["choose another folder"],
        )
    })
}

/// Writes an incident to the user's cache folder and returns the path. The path is stable, so that the
/// journal of the previous run is found; without a cache folder it is a temporary folder of this process.
fn unpack(sample: &DemoSample) -> Result<PathBuf, Failure> {
    if let Ok(folders) = etcetera::choose_base_strategy() {
        let folder = folders.cache_dir().join("coroner/demo").join(sample.name);
        if write(sample, &folder).is_ok() {
            return Ok(folder);
        }
    }
    let folder = std::env::temp_dir().join(format!("coroner-demo-{}", std::process::id()));
    // An existing folder may belong to somebody else.
    fs::create_dir(&folder).and_then(|()| write(sample, &folder)).map_err(|error| {
        Failure::plain(
            "E111",
            format!("{} cannot be written: {error}", folder.display()),
            &["coroner demo --extract DIR  writes the incident where you like"],
        )
    })?;
    Ok(folder)
}

/// Writes the files that are missing or differ; each write is atomic.
fn write(sample: &DemoSample, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (file, content) in sample.files {
        let path = folder.join(file);
        if fs::read(&path).is_ok_and(|found| found == *content) {
            continue;
        }
        output::write(&path, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;

    #[test]
    fn every_sample_is_a_whole_case() {
        for sample in SAMPLES {
            let folder = tempfile::tempdir().expect("a folder");
            extract(sample, folder.path()).expect("it is written");
            let case = Case::load(folder.path()).expect("the contract holds");
            let snapshots = &case.snapshots;
            let named = [
                Some(&snapshots.training),
                Some(&snapshots.production),
                snapshots.golden.as_ref(),
                snapshots.offline.as_ref(),
                snapshots.events.as_ref(),
            ];
            for file in named.into_iter().flatten() {
                assert!(folder.path().join(file).is_file(), "{} {file}", sample.name);
            }
            let files = fs::read_dir(folder.path()).expect("a folder").count();
            assert_eq!(files, sample.files.len(), "{}: no draft is left", sample.name);
        }
    }

    #[test]
    fn another_case_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let contract = folder.path().join("coroner.toml");
        extract(&SAMPLES[0], folder.path()).expect("it is written");
        extract(&SAMPLES[0], folder.path()).expect("the same once more changes nothing");
        fs::write(&contract, "mine").expect("it can be written");
        extract(&SAMPLES[0], folder.path()).expect_err("it is another one's");
        assert_eq!(fs::read_to_string(&contract).expect("it is there"), "mine");
    }
}
