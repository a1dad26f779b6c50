//! Files that the console writes: the report and exports.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    app::{Export, Outcome},
    report::{self, Report},
};

/// Writes the report's files below a folder, in place of older ones.
pub(super) fn write_report(folder: &Path, report: &Report) -> Outcome {
    let mut replaced = 0;
    for (name, bytes) in report.files(report.markdown()) {
        let path = folder.join(name);
        replaced += usize::from(path.exists());
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = made.and_then(|()| fs::write(&path, bytes)) {
            return Outcome::Failed(format!("{} cannot be written: {error}", path.display()));
        }
    }
    let path = folder.join(report::FILE).display().to_string();
    Outcome::Wrote { path, replaced }
}

/// Writes an export into a folder under a name that is free.
pub(super) fn write_export(folder: &Path, export: Export, text: &str) -> Outcome {
    let ending = match export {
        Export::Csv => "csv",
        Export::Json => "json",
        Export::Markdown => "md",
    };
    let name = |n: u32| {
        if n == 1 { format!("coroner-export.{ending}") } else { format!("coroner-export-{n}.{ending}") }
    };
    let free: Option<PathBuf> = (1..1000).map(|n| folder.join(name(n))).find(|path| !path.exists());
    let Some(path) = free else {
        return Outcome::Failed("there are too many exports in this folder".to_owned());
    };
    match fs::write(&path, text) {
        Ok(()) => Outcome::Exported(path.display().to_string()),
        Err(error) => Outcome::Failed(format!("{} cannot be written: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_never_overwrites() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = write_export(folder.path(), Export::Csv, "a");
        let second = write_export(folder.path(), Export::Csv, "b");
        assert_ne!(first, second);
        let text = fs::read_to_string(folder.path().join("coroner-export.csv")).expect("it is there");
        assert_eq!(text, "a");
    }
}
