//! Parses `coroner.toml`, with a position for every error.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{Spanned, de::DeTable};

use super::{
    Case, CaseError,
    find::find,
    input,
    keys::{self, Key, SECTIONS, SectionKeys},
};
use crate::text::{message::Place, nearest::nearest, toml::Document};

mod bounds;
mod breakdown;
mod section;
mod value;

impl Case {
    /// Loads a case from the folder that holds a `coroner.toml`, or from the file itself.
    ///
    /// # Errors
    ///
    /// When there is no such contract, or it is invalid; no snapshot is opened.
    pub fn load(path: &Path) -> Result<Self, CaseError> {
        let contract = find(path)?;
        let text = input::read_text(&contract, input::MOST_TEXT).map_err(|error| CaseError::Unreadable {
            path: contract.display().to_string(),
            reason: error.to_string(),
        })?;
        let root = contract.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Self::parse(text, contract, root)
    }

    /// Parses the text of a contract.
    ///
    /// * `contract`: its path, for messages.
    /// * `root`: the folder that relative paths are resolved against.
    ///
    /// # Errors
    ///
    /// When the text is not TOML, has an unknown section or key, a value of the wrong type, or lacks a
    /// required key.
    pub fn parse(text: String, contract: PathBuf, root: PathBuf) -> Result<Self, CaseError> {
        let file = contract.display().to_string();
        let toml = Document { file: &file, text: &text };
        let mut reader = Reader { toml, places: BTreeMap::new(), notes: Vec::new() };
        let document = toml
            .parse()
            .map_err(|error| CaseError::Syntax { reason: error.reason, place: Box::new(error.place) })?;
        reader.check_names(&document)?;

        let mut model = reader.model(&document)?;
        if model.name.is_empty() {
            let folder = root.canonicalize().unwrap_or_else(|_| root.clone());
            model.name =
                folder.file_name().map_or("model".into(), |name| name.to_string_lossy()).into_owned();
        }
        let snapshots = reader.snapshots(&document)?;
        let read = reader.read_rules(&document)?;
        let columns = reader.columns(&document)?;
        let sources = reader.sources(&document)?;
        let bounds = reader.bounds(&document)?;
        let metrics = reader.metrics(&document)?;
        let segments = reader.segments(&document)?;
        let thresholds = reader.thresholds(&document)?;
        let costs = reader.costs(&document)?;
        let sample = reader.sample(&document)?;
        let candidate = reader.candidate(&document, &columns)?;
        let remote = reader.remote(&document)?;
        reader.check_reviewed(&snapshots, &columns)?;
        let Reader { places, notes, .. } = reader;
        let contract = Some(contract);
        Ok(Self {
            root,
            contract,
            model,
            snapshots,
            read,
            columns,
            sources,
            bounds,
            metrics,
            segments,
            thresholds,
            costs,
            sample,
            candidate,
            remote,
            text,
            places,
            notes,
        })
    }
}

/// A section of the contract: its keys, the position of its name, and its content.
#[derive(Clone, Copy)]
struct Section<'a> {
    keys: &'static SectionKeys,
    header: (usize, usize),
    table: &'a DeTable<'a>,
}

/// The state of the parser.
struct Reader<'t> {
    toml: Document<'t>,
    places: BTreeMap<String, Range<usize>>,
    notes: Vec<String>,
}

impl Reader<'_> {
    #[expect(clippy::unnecessary_box_returns, reason = "errors hold their place boxed")]
    fn at(&self, range: &Range<usize>) -> Box<Place> {
        Box::new(self.toml.place(range))
    }

    /// Reports the first unknown section or key.
    fn check_names(&self, document: &DeTable<'_>) -> Result<(), CaseError> {
        for (name, value) in document {
            let Some(section) = keys::section(name.get_ref()) else {
                return Err(self.unknown_section(name));
            };
            if section.keys.is_empty() {
                continue;
            }
            for key in value.get_ref().as_table().into_iter().flat_map(|table| table.keys()) {
                if section.key(key.get_ref()).is_none() {
                    let known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
                    return Err(CaseError::Unknown {
                        what: format!("key in [{}]:", section.name),
                        name: key.get_ref().to_string(),
                        near: owned(nearest(key.get_ref(), known.iter().copied())),
                        known: owned(known),
                        place: self.at(&key.span()),
                    });
                }
            }
        }
        Ok(())
    }

    fn unknown_section(&self, name: &Spanned<Cow<'_, str>>) -> CaseError {
        let mut near = owned(nearest(name.get_ref(), SECTIONS.iter().map(|section| section.name)));
        // A key above its section header is a common mistake.
        let home = SECTIONS.iter().find(|section| section.key(name.get_ref()).is_some());
        near.extend(home.map(|section| format!("{} below [{}]", name.get_ref(), section.name)));
        CaseError::Unknown {
            what: "section or key".to_owned(),
            name: name.get_ref().to_string(),
            near,
            known: SECTIONS.iter().map(|section| format!("[{}]", section.name)).collect(),
            place: self.at(&name.span()),
        }
    }

    fn section<'a>(
        &self,
        document: &'a DeTable<'a>,
        name: &'static str,
    ) -> Result<Option<Section<'a>>, CaseError> {
        let Some((key, value)) = document.get_key_value(name) else {
            return Ok(None);
        };
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.wrong_type(name.to_owned(), "a section", value));
        };
        let header = (key.span().start, key.span().end);
        Ok(keys::section(name).map(|keys| Section { keys, header, table }))
    }

    /// A required section.
    fn needed_section<'a>(
        &self,
        document: &'a DeTable<'a>,
        name: &'static str,
        why: &'static str,
        example: String,
    ) -> Result<Section<'a>, CaseError> {
        self.section(document, name)?.ok_or_else(|| {
            let end = self.toml.text.trim_end().len();
            let place = self.at(&(end..end));
            CaseError::Missing { what: format!("section [{name}]"), why, example, place }
        })
    }
}

/// An example line for a key of the contract.
fn example_of(section: &str, key: &str) -> String {
    keys::section(section).and_then(|section| section.key(key)).map_or_else(|| key.to_owned(), Key::line)
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
