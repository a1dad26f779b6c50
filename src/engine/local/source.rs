//! The files of a snapshot: where they are, and what they hold together.

use std::path::{Path, PathBuf};

use super::format::{self, TableFile};
use crate::{
    case::Case,
    engine::{
        EngineError,
        fields::{Stored, StoredColumn},
    },
    text::nearest::nearest,
};

/// A snapshot's files.
#[derive(Debug)]
pub(super) struct Source {
    /// The path, folder or glob as the case names it.
    pub shown: String,
    pub files: Vec<Box<dyn TableFile>>,
    /// The columns of all files, in the order in which they are met.
    pub columns: Vec<StoredColumn>,
    /// Rows, where all files say so.
    pub rows: Option<u64>,
}

impl Source {
    /// Finds the files of a snapshot and reads what they say about themselves.
    pub(super) fn open(case: &Case, named: &str) -> Result<Self, EngineError> {
        Self::at(&case.locate(named), named)
    }

    /// The same for a path that no case names.
    pub(super) fn at(path: &Path, named: &str) -> Result<Self, EngineError> {
        let mut files = Vec::new();
        for (path, shown) in named_files(path, named)? {
            files.push(format::open(path, shown)?);
        }
        let mut columns: Vec<StoredColumn> = Vec::new();
        for column in files.iter().flat_map(|file| file.columns()) {
            match columns.iter_mut().find(|known| known.name == column.name) {
                Some(known) if known.stored == Stored::Empty => known.clone_from(column),
                Some(known) if known.stored == Stored::Whole && column.stored == Stored::Number => {
                    known.clone_from(column);
                }
                Some(known) if known.stored != Stored::Text && column.stored == Stored::Text => {
                    known.clone_from(column);
                }
                Some(_) => {}
                None => columns.push(column.clone()),
            }
        }
        let rows = files.iter().map(|file| file.rows()).sum();
        Ok(Self { shown: named.to_owned(), files, columns, rows })
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.file().bytes).sum()
    }
}

/// A file of a folder or glob, named by the folder.
fn shown_in(named: &str, path: &Path) -> String {
    let file =
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let folder = if named.contains(['*', '?', '[']) {
        Path::new(named).parent().map(|p| p.display().to_string()).unwrap_or_default()
    } else {
        named.trim_end_matches('/').to_owned()
    };
    if folder.is_empty() { file } else { format!("{folder}/{file}") }
}

/// The files that a path, folder or glob stands for, each with the name under which messages show it.
pub(in crate::engine) fn named_files(
    path: &Path,
    named: &str,
) -> Result<Vec<(PathBuf, String)>, EngineError> {
    let paths = find(path, named)?;
    let single = path.is_file();
    let show = |path: PathBuf| {
        let shown = if single { named.to_owned() } else { shown_in(named, &path) };
        (path, shown)
    };
    Ok(paths.into_iter().map(show).collect())
}

/// The files that a path, folder or glob stands for, in the order of their names.
fn find(path: &Path, named: &str) -> Result<Vec<PathBuf>, EngineError> {
    if named.contains("://") {
        return Err(EngineError::Remote { file: named.to_owned() });
    }
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if path.exists() && !path.is_dir() {
        let source = std::io::Error::other("it is a pipe, a socket or a device, and no file");
        return Err(EngineError::Io { file: named.to_owned(), source });
    }
    let pattern = if path.is_dir() {
        format!("{}/**/*", glob::Pattern::escape(&path.display().to_string()))
    } else if named.contains(['*', '?', '[']) {
        path.display().to_string()
    } else {
        let wanted = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let names: Vec<String> = path
            .parent()
            .map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p })
            .and_then(|folder| std::fs::read_dir(folder).ok())
            .map(|entries| entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let near = nearest(&wanted, names.iter().map(String::as_str));
        let near = near.into_iter().map(str::to_owned).collect();
        return Err(EngineError::NotFound { file: named.to_owned(), near });
    };
    let none = || EngineError::NoFiles { file: named.to_owned() };
    let is_hidden =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
    let mut files: Vec<PathBuf> = glob::glob(&pattern)
        .map_err(|_| none())?
        .flatten()
        .filter(|path| path.is_file() && !is_hidden(path))
        .collect();
    files.sort();
    if files.is_empty() { Err(none()) } else { Ok(files) }
}
