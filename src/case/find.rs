//! Finds the contract for the path given by the user.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use super::CaseError;
use crate::text::nearest::nearest;

/// The name of the contract in a case folder.
pub const FILE_NAME: &str = "coroner.toml";

/// The contract that a path refers to.
pub(super) fn find(path: &Path) -> Result<PathBuf, CaseError> {
    let shown = path.display().to_string();
    if path.is_dir() {
        let contract = path.join(FILE_NAME);
        // What is there but no file, such as a link to nowhere, is told when it is read.
        if contract.symlink_metadata().is_ok() {
            return Ok(contract);
        }
        let mut cases: Vec<String> = children(path)
            .into_iter()
            .filter(|name| path.join(name).join(FILE_NAME).is_file())
            .map(|name| path.join(name).display().to_string())
            .collect();
        cases.sort();
        cases.truncate(3);
        return Err(CaseError::NoContract { folder: shown, cases });
    }
    if path.is_file() {
        let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
        return if is_toml { Ok(path.to_path_buf()) } else { Err(CaseError::NotAContract { path: shown }) };
    }
    if path.exists() {
        let reason = "it is a pipe, a socket or a device, not a file".to_owned();
        return Err(CaseError::Unreadable { path: shown, reason });
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = children(folder);
    let wanted = path.file_name().map_or(Cow::Borrowed(""), |name| name.to_string_lossy());
    let near = nearest(&wanted, names.iter().map(String::as_str))
        .into_iter()
        .map(|name| path.with_file_name(name).display().to_string())
        .collect();
    Err(CaseError::NotFound { path: shown, near })
}

/// The names in a folder; none when it cannot be read.
fn children(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
