//! The files of a snapshot: where they are, what they hold, and the pieces in which they are read.

use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use polars::prelude::{ArrowSchema, FileMetadata, ParquetReader, SerReader as _};

use super::{arrow, csv, json, text::Compression};
use crate::{
    case::Case,
    engine::{
        EngineError,
        fields::{Stored, StoredColumn},
    },
    text::nearest::nearest,
};

/// How a file is read.
#[derive(Debug, Clone)]
pub(super) enum Format {
    Parquet(Parquet),
    Arrow { streamed: bool },
    Csv { layout: csv::Layout, compression: Compression },
    Json { compression: Compression },
}

/// A Parquet file's footer.
#[derive(Debug, Clone)]
pub(super) struct Parquet {
    /// The footer without its row groups.
    pub bare: Arc<FileMetadata>,
    pub whole: Arc<FileMetadata>,
    pub schema: Arc<ArrowSchema>,
}

/// One file of a snapshot.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    pub path: PathBuf,
    /// The path as messages show it.
    pub shown: String,
    pub bytes: u64,
    pub format: Format,
    pub columns: Vec<StoredColumn>,
}

/// A snapshot's files.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The path, folder or glob as the case names it.
    pub shown: String,
    pub files: Vec<SourceFile>,
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
            files.push(SourceFile::open(path, shown)?);
        }
        let mut columns: Vec<StoredColumn> = Vec::new();
        for column in files.iter().flat_map(|file| &file.columns) {
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
        let rows = files
            .iter()
            .map(|file| match &file.format {
                Format::Parquet(parquet) => Some(parquet.whole.num_rows as u64),
                _ => None,
            })
            .sum();
        Ok(Self { shown: named.to_owned(), files, columns, rows })
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
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

impl SourceFile {
    fn open(path: PathBuf, shown: String) -> Result<Self, EngineError> {
        let io = |source| EngineError::Io { file: shown.clone(), source };
        let mut file = File::open(&path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        if bytes == 0 {
            return Err(EngineError::Empty { file: shown });
        }
        let mut head = vec![0; 64];
        let read = read_up_to(&mut file, &mut head).map_err(io)?;
        head.truncate(read);
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        let (format, columns) = if head.starts_with(b"PAR1") {
            parquet(file, &shown)?
        } else if head.starts_with(b"ARROW1") {
            (Format::Arrow { streamed: false }, arrow::columns(file, false, &shown)?)
        } else if head.starts_with(&[0xff, 0xff, 0xff, 0xff]) {
            (Format::Arrow { streamed: true }, arrow::columns(file, true, &shown)?)
        } else {
            let compression = Compression::of(&head);
            drop(file);
            let start =
                super::text::windows(&path, compression, bytes).map_err(|error| unpacking(error, &shown))?;
            let Some(first) = start.first().filter(|window| !window.iter().all(u8::is_ascii_whitespace))
            else {
                return Err(EngineError::Empty { file: shown });
            };
            text_format(&path, &shown, first, &start, compression)?
        };
        Ok(Self { path, shown, bytes, format, columns })
    }
}

/// An error while unpacking: the file is cut off, or no longer what it says it is.
pub(super) fn unpacking(error: std::io::Error, shown: &str) -> EngineError {
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other => {
            EngineError::Damaged { file: shown.to_owned(), reason: error.to_string() }
        }
        _ => EngineError::Io { file: shown.to_owned(), source: error },
    }
}

/// Reads until the buffer is full or the file ends.
pub(super) fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn parquet(file: File, shown: &str) -> Result<(Format, Vec<StoredColumn>), EngineError> {
    let damaged = |error: polars::prelude::PolarsError| EngineError::Damaged {
        file: shown.to_owned(),
        reason: error.to_string(),
    };
    let mut reader = ParquetReader::new(BufReader::new(file).into_inner());
    let whole = Arc::clone(reader.get_metadata().map_err(damaged)?);
    let schema = reader.schema().map_err(damaged)?;
    let columns = arrow::stored_columns(&schema);
    let bare = FileMetadata { row_groups: Vec::new(), ..FileMetadata::clone(&whole) };
    Ok((Format::Parquet(Parquet { bare: Arc::new(bare), whole, schema }), columns))
}

/// CSV or JSON lines, by the first character and the ending.
fn text_format(
    path: &Path,
    shown: &str,
    first: &[u8],
    windows: &[Vec<u8>],
    compression: Compression,
) -> Result<(Format, Vec<StoredColumn>), EngineError> {
    let unknown =
        |reason: &str| EngineError::UnknownFormat { file: shown.to_owned(), reason: reason.to_owned() };
    if first.iter().take(4096).any(|&b| b == 0) {
        return Err(unknown("it is neither text nor Parquet nor Arrow"));
    }
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let start = first.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
    match first.get(start) {
        Some(b'{') => Ok((Format::Json { compression }, json::columns(windows, shown)?)),
        Some(b'[') if name.contains(".json") => {
            Err(unknown("it is one JSON array; JSON lines hold one object a line"))
        }
        Some(b'<') => Err(unknown("it begins like HTML or XML")),
        _ => {
            let (layout, columns) = csv::layout(windows, name.contains(".tsv"), shown)?;
            Ok((Format::Csv { layout, compression }, columns))
        }
    }
}
