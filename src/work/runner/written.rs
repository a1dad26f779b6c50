//! Files written by the console: the report and exports.

use std::{io, path::Path};

use crate::{
    app::{Export, Outcome},
    case::output,
    engine::Inputs,
    report::{self, Report},
};

/// Writes the report's files to a folder, replacing older ones.
///
/// * `inputs`: the files that the case reads, which are never overwritten.
pub(super) fn write_report(folder: &Path, report: &Report, inputs: &Inputs) -> Outcome {
    let files = report.files(report.markdown());
    let paths = || files.iter().map(|(name, _)| folder.join(name));
    if let Some(error) = paths().find_map(|path| inputs.refuse(&path).err()) {
        return Outcome::Failed(error.to_string());
    }
    let replaced = paths().filter(|path| path.exists()).count();
    if let Err((file, error)) = output::write_together(folder, &files) {
        return Outcome::Failed(format!("{file} cannot be written: {error}"));
    }
    let path = folder.join(report::FILE).display().to_string();
    Outcome::Wrote { path, replaced }
}

/// Writes an export into a folder under a name that is free.
///
/// * `stem`: the file's name without its ending.
pub(super) fn write_export(folder: &Path, export: Export, stem: &str, text: &str) -> Outcome {
    let ending = match export {
        Export::Csv => "csv",
        Export::Json => "json",
        Export::Markdown => "md",
    };
    let name = |n: u32| {
        if n == 1 { format!("{stem}.{ending}") } else { format!("{stem}-{n}.{ending}") }
    };
    for path in (1..1000).map(|n| folder.join(name(n))) {
        match output::write_new(&path, text.as_bytes()) {
            Ok(()) => return Outcome::Exported(path.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Outcome::Failed(format!("{} cannot be written: {error}", path.display())),
        }
    }
    Outcome::Failed("there are too many exports in this folder".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_export_never_overwrites() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = write_export(folder.path(), Export::Csv, "checks", "a");
        let second = write_export(folder.path(), Export::Csv, "checks", "b");
        assert_ne!(first, second);
        let text = fs::read_to_string(folder.path().join("checks.csv")).expect("it is there");
        assert_eq!(text, "a");
    }
}
