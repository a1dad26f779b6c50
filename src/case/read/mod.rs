//! Reading `coroner.toml`, with a place for every complaint.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{Spanned, de::DeTable};

use super::{Case, CaseError, Remote, find::find};
use crate::text::{message::Place, nearest::nearest};

mod section;
mod value;

/// The sections with their keys; `[sources]` has keys of the user's choice.
const SECTIONS: [(&str, &[&str]); 9] = [
    ("model", &["name", "version", "task", "artifact", "positive"]),
    ("snapshots", &["training", "production", "golden", "offline", "events", "reviewed"]),
    (
        "columns",
        &[
            "timestamp",
            "label",
            "prediction",
            "score",
            "id",
            "latency_ms",
            "cpu",
            "memory",
            "ignore",
            "categorical",
        ],
    ),
    ("sources", &[]),
    ("thresholds", &["psi_watch", "psi_alarm", "performance_drop", "prediction_shift", "utilization"]),
    ("costs", &["error", "false_positive", "false_negative", "currency"]),
    ("sample", &["seed", "rows"]),
    (
        "candidate",
        &[
            "name",
            "file",
            "prediction",
            "score",
            "latency_ms",
            "arm",
            "arm_value",
            "incumbent_value",
            "share",
            "success",
            "difference",
        ],
    ),
    ("remote", &["engine"]),
];

impl Case {
    /// Reads a case: the folder that holds a `coroner.toml`, or the file itself.
    ///
    /// # Errors
    ///
    /// When there is no such contract, or when it does not say what it must; no snapshot is opened.
    pub fn load(path: &Path) -> Result<Self, CaseError> {
        let contract = find(path)?;
        let text = std::fs::read_to_string(&contract).map_err(|error| CaseError::Unreadable {
            path: contract.display().to_string(),
            reason: error.to_string(),
        })?;
        let root = contract.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Self::parse(text, contract, root)
    }

    /// Reads the text of a contract.
    ///
    /// * `contract`: its path, for messages.
    /// * `root`: the folder that relative paths start from.
    ///
    /// # Errors
    ///
    /// When the text is no TOML, has an unknown section or key, a value of the wrong type, or lacks what must be there.
    pub fn parse(text: String, contract: PathBuf, root: PathBuf) -> Result<Self, CaseError> {
        let file = contract.display().to_string();
        let mut reader = Reader { file: &file, text: &text, places: BTreeMap::new(), notes: Vec::new() };
        let document = DeTable::parse(&text).map_err(|error| CaseError::Syntax {
            reason: error.message().lines().next().unwrap_or("not readable").to_owned(),
            place: reader.at(&error.span().unwrap_or(text.len()..text.len())),
        })?;
        let document = document.into_inner();
        reader.check_names(&document)?;

        let mut model = reader.model(&document)?;
        if model.name.is_empty() {
            let folder = root.canonicalize().unwrap_or_else(|_| root.clone());
            model.name =
                folder.file_name().map_or("model".into(), |name| name.to_string_lossy()).into_owned();
        }
        let snapshots = reader.snapshots(&document)?;
        let columns = reader.columns(&document)?;
        let sources = reader.sources(&document)?;
        let thresholds = reader.thresholds(&document)?;
        let costs = reader.costs(&document)?;
        let sample = reader.sample(&document)?;
        let candidate = reader.candidate(&document, &columns)?;
        reader.check_reviewed(&snapshots, &columns)?;
        let remote = reader.section(&document, "remote")?.map(|section| -> Result<Remote, CaseError> {
            let engine = reader.needed(
                section,
                "engine",
                "which names the cluster",
                "engine = \"sc://host:15002\"",
            )?;
            Ok(Remote { engine })
        });
        let remote = remote.transpose()?;
        let Reader { places, notes, .. } = reader;
        let contract = Some(contract);
        Ok(Self {
            root,
            contract,
            model,
            snapshots,
            columns,
            sources,
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

/// A section of the contract: its name, where that stands, and its content.
#[derive(Clone, Copy)]
struct Section<'a> {
    name: &'static str,
    header: (usize, usize),
    table: &'a DeTable<'a>,
}

/// What reading needs at hand, and what it leaves behind.
struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    places: BTreeMap<String, Range<usize>>,
    notes: Vec<String>,
}

impl Reader<'_> {
    #[expect(clippy::unnecessary_box_returns, reason = "errors hold their place boxed")]
    fn at(&self, range: &Range<usize>) -> Box<Place> {
        Box::new(Place::of(self.file, self.text, range))
    }

    /// Complains about the first section or key that is not known.
    fn check_names(&self, document: &DeTable<'_>) -> Result<(), CaseError> {
        for (name, value) in document {
            let Some((section, keys)) = SECTIONS.iter().find(|(section, _)| *section == name.get_ref())
            else {
                return Err(self.unknown_section(name));
            };
            if keys.is_empty() {
                continue;
            }
            for key in value.get_ref().as_table().into_iter().flat_map(|table| table.keys()) {
                if !keys.contains(&key.get_ref().as_ref()) {
                    return Err(CaseError::Unknown {
                        what: format!("key in [{section}]:"),
                        name: key.get_ref().to_string(),
                        near: owned(nearest(key.get_ref(), keys.iter().copied())),
                        known: keys.to_vec(),
                        place: self.at(&key.span()),
                    });
                }
            }
        }
        Ok(())
    }

    fn unknown_section(&self, name: &Spanned<Cow<'_, str>>) -> CaseError {
        let sections = SECTIONS.map(|(section, _)| section);
        let mut near = owned(nearest(name.get_ref(), sections));
        // A key that stands above its section is the usual slip.
        let home = SECTIONS.iter().find(|(_, keys)| keys.contains(&name.get_ref().as_ref()));
        near.extend(home.map(|(section, _)| format!("{name} below [{section}]", name = name.get_ref())));
        CaseError::Unknown {
            what: "section or key".to_owned(),
            name: name.get_ref().to_string(),
            near,
            known: vec![
                "[model]",
                "[snapshots]",
                "[columns]",
                "[sources]",
                "[thresholds]",
                "[costs]",
                "[sample]",
                "[candidate]",
                "[remote]",
            ],
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
        Ok(Some(Section { name, header: (key.span().start, key.span().end), table }))
    }

    /// A section that must be there.
    fn needed_section<'a>(
        &self,
        document: &'a DeTable<'a>,
        name: &'static str,
        why: &'static str,
        example: &'static str,
    ) -> Result<Section<'a>, CaseError> {
        self.section(document, name)?.ok_or_else(|| {
            let end = self.text.trim_end().len();
            let place = self.at(&(end..end));
            CaseError::Missing { what: format!("section [{name}]"), why, example, place }
        })
    }
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
