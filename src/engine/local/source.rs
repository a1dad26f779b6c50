//! The files of a snapshot, and their common columns.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use super::{
    format::{self, TableFile, TextColumns, Told},
    listing::{self, ListingError},
    partition::{self, Partition},
};
use crate::{
    case::{Case, ReadRules},
    engine::{
        EngineError,
        fields::{Field, Stored, StoredColumn},
    },
    summary::values::{NumberEvidence, NumberStyle, StyleFound},
    text::nearest::nearest,
};

/// Rows from which the number style of a text column is inferred.
const STYLE_ROWS: usize = 1000;

/// Number of files of a snapshot whose formatting is reported.
const TOLD_FILES: usize = 3;

/// The files of a snapshot.
#[derive(Debug)]
pub(super) struct Source {
    /// The path, folder or glob as the case names it.
    pub shown: String,
    pub files: Vec<Box<dyn TableFile>>,
    /// The partition columns of each file.
    pub partitions: Vec<Vec<Partition>>,
    /// The columns of all files, in order of first occurrence.
    pub columns: Vec<StoredColumn>,
    /// The place of each column by its name: a wide table asks for each of them in every chunk.
    places: HashMap<String, usize>,
    /// Columns that the case calls otherwise than the files: the case's name to that of the files.
    written: HashMap<String, String>,
    /// Number of rows, if all files state it.
    pub rows: Option<u64>,
}

impl Source {
    /// Finds the files of a snapshot and reads their metadata.
    pub(super) fn open(case: &Case, named: &str) -> Result<Self, EngineError> {
        Self::at(&case.locate(named), named, &case.read)
    }

    /// The same for a path outside any case.
    ///
    /// * `rules`: the user's rules for reading text files.
    pub(super) fn at(path: &Path, named: &str, rules: &ReadRules) -> Result<Self, EngineError> {
        let mut files = Vec::new();
        let mut partitions = Vec::new();
        let base = if path.is_dir() { path.to_path_buf() } else { listing::parts(path, named).0 };
        for (path, shown) in named_files(path, named)? {
            partitions.push(partition::partitions(&base, &path));
            files.push(format::open(path, shown, rules)?);
        }
        let mut columns: Vec<StoredColumn> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for column in files.iter().flat_map(|file| file.columns()) {
            match places.get(&column.name).map(|&at| &mut columns[at]) {
                Some(known) if known.stored == Stored::Empty => known.clone_from(column),
                Some(known) if known.stored == Stored::Whole && column.stored == Stored::Number => {
                    known.clone_from(column);
                }
                Some(known) if known.stored != Stored::Text && column.stored == Stored::Text => {
                    known.clone_from(column);
                }
                Some(_) => {}
                None => {
                    places.insert(column.name.clone(), columns.len());
                    columns.push(column.clone());
                }
            }
        }
        let told: Vec<&Partition> = partitions.iter().flatten().collect();
        for (name, _) in &told {
            if !places.contains_key(name) {
                places.insert(name.clone(), columns.len());
                let of_name = told.iter().filter(|(known, _)| known == name);
                let values: Vec<&str> = of_name.filter_map(|(_, value)| value.as_deref()).collect();
                columns.push(partition::column(name, &values));
            }
        }
        let rows = files.iter().map(|file| file.rows()).sum();
        let written = HashMap::new();
        let mut source = Self { shown: named.to_owned(), files, partitions, columns, places, written, rows };
        source.read_as_numbers(rules)?;
        source.rename(&rules.names);
        Ok(source)
    }

    /// Gives columns the names that the case has for them; one whose name is taken keeps its own.
    fn rename(&mut self, names: &BTreeMap<String, String>) {
        for (written, name) in names {
            if self.places.contains_key(name) {
                continue;
            }
            if let Some(&at) = self.places.get(written) {
                self.columns[at].name.clone_from(name);
                self.places.insert(name.clone(), at);
                self.written.insert(name.clone(), written.clone());
            }
        }
    }

    /// Fields under the names that the files have for their columns.
    pub(super) fn as_written<'f>(&self, fields: &'f [Field]) -> Cow<'f, [Field]> {
        if self.written.is_empty() {
            return Cow::Borrowed(fields);
        }
        let written = |field: &Field| {
            let column = self.written.get(&field.column).unwrap_or(&field.column).clone();
            Field { column, ..field.clone() }
        };
        Cow::Owned(fields.iter().map(written).collect())
    }

    /// The names that the files have for columns.
    pub(super) fn names_as_written<'n>(&'n self, columns: &[&'n str]) -> Vec<&'n str> {
        columns.iter().map(|&name| self.written.get(name).map_or(name, String::as_str)).collect()
    }

    /// Gives the columns of a file's rows the names that the case has for them.
    pub(super) fn renamed(&self, mut rows: TextColumns) -> TextColumns {
        for (name, written) in &self.written {
            if let Some((known, _)) = rows.iter_mut().find(|(known, _)| known == written) {
                known.clone_from(name);
            }
        }
        rows
    }

    /// Parses text columns as numbers, in the style of their first rows, where the user requests it.
    fn read_as_numbers(&mut self, rules: &ReadRules) -> Result<(), EngineError> {
        let is_meant = |name: &String| rules.numbers.contains(name);
        let is_text = |column: &StoredColumn| {
            let name = rules.names.get(&column.name);
            column.stored == Stored::Text && (is_meant(&column.name) || name.is_some_and(is_meant))
        };
        if !self.columns.iter().any(is_text) {
            return Ok(());
        }
        let said =
            rules.decimal.map(|sign| if sign == b',' { NumberStyle::Comma } else { NumberStyle::Point });
        let first =
            self.files.first().map(|file| file.first_rows(STYLE_ROWS)).transpose()?.unwrap_or_default();
        for column in self.columns.iter_mut().filter(|column| is_text(column)) {
            let mut evidence = NumberEvidence::default();
            let texts = first.iter().find(|(name, _)| *name == column.name).map(|(_, texts)| texts);
            texts.into_iter().flatten().flatten().for_each(|text| evidence.look(text));
            column.stored = Stored::Number;
            column.reading.number = match evidence.style(said) {
                StyleFound::Clear(style) => style,
                StyleFound::Either(_) | StyleFound::NoNumbers => said.unwrap_or(NumberStyle::Point),
            };
        }
        Ok(())
    }

    /// Returns the notes and questions about the text of its files, for the first few files.
    pub(super) fn told(&self) -> Told {
        let mut told = Told::default();
        for file in self.files.iter().take(TOLD_FILES) {
            let Told { notes, questions } = file.told();
            told.notes.extend(notes);
            told.questions.extend(questions);
        }
        told
    }

    /// Returns a column by its name.
    pub(super) fn column(&self, name: &str) -> Option<&StoredColumn> {
        self.places.get(name).and_then(|&at| self.columns.get(at))
    }

    /// Returns the total size of all files in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.file().bytes).sum()
    }
}

/// Returns the displayed name of a file of a folder or glob, derived from the folder's name.
fn shown_in(named: &str, path: &Path) -> String {
    let file =
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let folder = if named.contains(listing::SIGNS) {
        Path::new(named).parent().map(|p| p.display().to_string()).unwrap_or_default()
    } else {
        named.trim_end_matches('/').to_owned()
    };
    if folder.is_empty() { file } else { format!("{folder}/{file}") }
}

/// Returns the files that a path, folder or glob stands for, each with its name in messages.
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

/// Returns the files that a path, folder or glob stands for, sorted by name.
fn find(path: &Path, named: &str) -> Result<Vec<PathBuf>, EngineError> {
    if named.contains("://") {
        return Err(EngineError::Remote { file: named.to_owned() });
    }
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if path.exists() && !path.is_dir() {
        let source = std::io::Error::other("it is a pipe, a socket or a device, not a file");
        return Err(EngineError::Io { file: named.to_owned(), source });
    }
    let listed = if path.is_dir() {
        listing::below(path)
    } else if named.contains(listing::SIGNS) {
        listing::matching(path, named)
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
    let files = listed.map_err(|error| match error {
        ListingError::NoPattern => none(),
        ListingError::Io(path, source) => EngineError::Io { file: path.display().to_string(), source },
    })?;
    if files.is_empty() { Err(none()) } else { Ok(files) }
}
