//! Reading `coroner.toml`, with a place for every complaint.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Candidate, Case, CaseError, Columns, Costs, Model, Remote, Sample, Snapshots, Thresholds, find::find,
};
use crate::{
    summary::Task,
    text::{message::Place, nearest::nearest},
};

/// The sections with their keys; `[sources]` has keys of the user's choice.
const SECTIONS: [(&str, &[&str]); 9] = [
    ("model", &["name", "version", "task", "artifact", "positive"]),
    (
        "snapshots",
        &[
            "training",
            "production",
            "golden",
            "offline",
            "events",
            "reviewed",
        ],
    ),
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
    (
        "thresholds",
        &[
            "psi_watch",
            "psi_alarm",
            "performance_drop",
            "prediction_shift",
            "utilization",
        ],
    ),
    (
        "costs",
        &["error", "false_positive", "false_negative", "currency"],
    ),
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
        let mut reader = Reader {
            file: &file,
            text: &text,
            places: BTreeMap::new(),
            notes: Vec::new(),
        };
        let document = DeTable::parse(&text).map_err(|error| CaseError::Syntax {
            reason: error
                .message()
                .lines()
                .next()
                .unwrap_or("not readable")
                .to_owned(),
            place: reader.at(&error.span().unwrap_or(text.len()..text.len())),
        })?;
        let document = document.into_inner();
        reader.check_names(&document)?;

        let mut model = reader.model(&document)?;
        if model.name.is_empty() {
            let folder = root.canonicalize().unwrap_or_else(|_| root.clone());
            model.name = folder
                .file_name()
                .map_or("model".into(), |name| name.to_string_lossy())
                .into_owned();
        }
        let snapshots = reader.snapshots(&document)?;
        let columns = reader.columns(&document)?;
        let sources = reader.sources(&document)?;
        let thresholds = reader.thresholds(&document)?;
        let costs = reader.costs(&document)?;
        let sample = reader.sample(&document)?;
        let candidate = reader.candidate(&document, &columns)?;
        reader.check_reviewed(&snapshots, &columns)?;
        let remote = reader
            .section(&document, "remote")?
            .map(|section| -> Result<Remote, CaseError> {
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
            for key in value
                .get_ref()
                .as_table()
                .into_iter()
                .flat_map(|table| table.keys())
            {
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
        let home = SECTIONS
            .iter()
            .find(|(_, keys)| keys.contains(&name.get_ref().as_ref()));
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
        Ok(Some(Section {
            name,
            header: (key.span().start, key.span().end),
            table,
        }))
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
            CaseError::Missing {
                what: format!("section [{name}]"),
                why,
                example,
                place,
            }
        })
    }

    /// A text; numbers and booleans are taken as they are written when `loose`.
    fn text_at(&mut self, section: Section<'_>, key: &str, loose: bool) -> Result<Option<String>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(None);
        };
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) if loose => {
                self.text.get(value.span()).unwrap_or_default().to_owned()
            }
            _ => return Err(self.wrong_type(named(section, key), "a text", value)),
        };
        if text.trim().is_empty() {
            return Err(CaseError::BadValue {
                key: named(section, key),
                reason: "is empty".to_owned(),
                hint: format!("fill it in, or take  {key}  out"),
                place: self.at(&value.span()),
            });
        }
        self.places
            .insert(format!("{}.{key}", section.name), value.span());
        Ok(Some(text))
    }

    /// A text that must be there.
    fn needed(
        &mut self,
        section: Section<'_>,
        key: &str,
        why: &'static str,
        example: &'static str,
    ) -> Result<String, CaseError> {
        self.text_at(section, key, false)?
            .ok_or_else(|| CaseError::Missing {
                what: format!("key {key} in [{}]", section.name),
                why,
                example,
                place: self.at(&(section.header.0..section.header.1)),
            })
    }

    fn texts(&mut self, section: Section<'_>, key: &str) -> Result<Vec<String>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(Vec::new());
        };
        let wrong = |value| self.wrong_type(named(section, key), "a list of texts", value);
        let list = value.get_ref().as_array().ok_or_else(|| wrong(value))?;
        let texts: Result<Vec<String>, CaseError> = list
            .iter()
            .map(|item| {
                item.get_ref()
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| wrong(item))
            })
            .collect();
        let texts = texts?;
        self.places
            .insert(format!("{}.{key}", section.name), value.span());
        Ok(texts)
    }

    fn number(&mut self, section: Section<'_>, key: &str, default: f64) -> Result<f64, CaseError> {
        let hint = format!("write  {key} = {default}  (the default), or take the line out");
        Ok(self.above_zero(section, key, hint)?.unwrap_or(default))
    }

    /// A number above 0, if it is given.
    ///
    /// * `hint`: what to do where it is something else.
    fn above_zero(
        &mut self,
        section: Section<'_>,
        key: &str,
        hint: String,
    ) -> Result<Option<f64>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(None);
        };
        let digits = match value.get_ref() {
            DeValue::Float(number) => number.as_str(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            _ => return Err(self.wrong_type(named(section, key), "a number", value)),
        };
        let number = digits
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && *number > 0.0);
        self.places
            .insert(format!("{}.{key}", section.name), value.span());
        number.map(Some).ok_or_else(|| CaseError::BadValue {
            key: named(section, key),
            reason: "must be a number above 0".to_owned(),
            hint,
            place: self.at(&value.span()),
        })
    }

    fn whole_number(&self, section: Section<'_>, key: &str, least: u64) -> Result<Option<u64>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(None);
        };
        let Some(digits) = value.get_ref().as_integer().filter(|number| number.radix() == 10) else {
            return Err(self.wrong_type(named(section, key), "a whole number", value));
        };
        let number = digits.as_str().parse().ok().filter(|number| *number >= least);
        number.map(Some).ok_or_else(|| CaseError::BadValue {
            key: named(section, key),
            reason: format!("must be {least} or more"),
            hint: format!("write  {key} = {least}  or more, or take the line out"),
            place: self.at(&value.span()),
        })
    }

    fn model(&mut self, document: &DeTable<'_>) -> Result<Model, CaseError> {
        let Some(section) = self.section(document, "model")? else {
            return Ok(Model::default());
        };
        let task = match self.text_at(section, "task", false)? {
            None => None,
            Some(text) => Some(self.task(section, &text)?),
        };
        Ok(Model {
            name: self.text_at(section, "name", false)?.unwrap_or_default(),
            version: self.text_at(section, "version", true)?.unwrap_or_default(),
            task,
            artifact: self.text_at(section, "artifact", false)?,
            positive: self.text_at(section, "positive", true)?,
        })
    }

    fn task(&self, section: Section<'_>, text: &str) -> Result<Task, CaseError> {
        match text {
            "binary" => Ok(Task::Binary),
            "multiclass" => Ok(Task::Multiclass),
            "regression" => Ok(Task::Regression),
            _ => Err(CaseError::BadValue {
                key: "[model] task".to_owned(),
                reason: "must be binary, multiclass or regression".to_owned(),
                hint: "take the line out to have the task inferred from the label".to_owned(),
                place: self.at(&section.table.get("task").map_or(0..0, Spanned::span)),
            }),
        }
    }

    fn snapshots(&mut self, document: &DeTable<'_>) -> Result<Snapshots, CaseError> {
        let section = self.needed_section(
            document,
            "snapshots",
            "which names the files",
            "[snapshots]  with  training = \"training.parquet\"  and  production = \"production.parquet\"",
        )?;
        Ok(Snapshots {
            training: self.needed(
                section,
                "training",
                "the file with the rows that the model was trained on",
                "training = \"training.parquet\"",
            )?,
            production: self.needed(
                section,
                "production",
                "the file with the rows that the model answered",
                "production = \"production.parquet\"",
            )?,
            golden: self.text_at(section, "golden", false)?,
            offline: self.text_at(section, "offline", false)?,
            events: self.text_at(section, "events", false)?,
            reviewed: self.text_at(section, "reviewed", false)?,
        })
    }

    fn columns(&mut self, document: &DeTable<'_>) -> Result<Columns, CaseError> {
        let why = "which says what the columns are";
        let example = "[columns]  with  prediction = \"prediction\"; coroner init guesses the rest";
        let section = self.needed_section(document, "columns", why, example)?;
        let mut columns = Columns {
            timestamp: self.text_at(section, "timestamp", false)?,
            label: self.text_at(section, "label", false)?,
            prediction: self.text_at(section, "prediction", false)?,
            score: self.text_at(section, "score", false)?,
            id: self.text_at(section, "id", false)?,
            latency_ms: self.text_at(section, "latency_ms", false)?,
            cpu: self.text_at(section, "cpu", false)?,
            memory: self.text_at(section, "memory", false)?,
            ignore: self.texts(section, "ignore")?,
            categorical: self.texts(section, "categorical")?,
        };
        if columns.prediction.is_none() {
            let why = "the column with the model's answers";
            self.needed(section, "prediction", why, "prediction = \"prediction\"")?;
        }
        self.check_roles(&columns)?;
        for (key, list) in [
            ("ignore", &mut columns.ignore),
            ("categorical", &mut columns.categorical),
        ] {
            let mut seen = BTreeSet::new();
            let twice: Vec<String> = list
                .iter()
                .filter(|name| !seen.insert(name.as_str()))
                .cloned()
                .collect();
            self.notes.extend(
                twice
                    .iter()
                    .map(|name| format!("[columns] {key} names {name} twice")),
            );
            let mut seen = BTreeSet::new();
            list.retain(|name| seen.insert(name.clone()));
        }
        for (role, column) in columns.roles() {
            if columns.ignore.iter().any(|name| name == column) {
                self.notes
                    .push(format!("{column} is the {role}, so ignoring it has no effect"));
            }
        }
        Ok(columns)
    }

    fn check_roles(&self, columns: &Columns) -> Result<(), CaseError> {
        let roles: Vec<_> = columns.roles().collect();
        for (at, &(second, column)) in roles.iter().enumerate() {
            if let Some(&(first, _)) = roles[..at].iter().find(|(_, other)| *other == column) {
                let place = self.at(self.places.get(&format!("columns.{second}")).unwrap_or(&(0..0)));
                return Err(CaseError::SameColumn {
                    column: column.to_owned(),
                    first,
                    second,
                    place,
                });
            }
        }
        Ok(())
    }

    fn sources(&mut self, document: &DeTable<'_>) -> Result<BTreeMap<String, Vec<String>>, CaseError> {
        let Some(section) = self.section(document, "sources")? else {
            return Ok(BTreeMap::new());
        };
        let names: BTreeSet<String> = section
            .table
            .keys()
            .map(|name| name.get_ref().to_string())
            .collect();
        let mut sources = BTreeMap::new();
        let mut home: BTreeMap<String, String> = BTreeMap::new();
        for name in names {
            let features = self.texts(section, &name)?;
            for feature in &features {
                match home.get(feature) {
                    Some(first) if *first == name => {
                        self.notes.push(format!("[sources] {name} names {feature} twice"));
                    }
                    Some(first) => self.notes.push(format!(
                        "[sources] has {feature} in {first} and in {name}; it counts for {first}"
                    )),
                    None => {
                        home.insert(feature.clone(), name.clone());
                    }
                }
            }
            sources.insert(name, features);
        }
        Ok(sources)
    }

    fn thresholds(&mut self, document: &DeTable<'_>) -> Result<Thresholds, CaseError> {
        let defaults = Thresholds::default();
        let Some(section) = self.section(document, "thresholds")? else {
            return Ok(defaults);
        };
        let thresholds = Thresholds {
            psi_watch: self.number(section, "psi_watch", defaults.psi_watch)?,
            psi_alarm: self.number(section, "psi_alarm", defaults.psi_alarm)?,
            performance_drop: self.number(section, "performance_drop", defaults.performance_drop)?,
            prediction_shift: self.number(section, "prediction_shift", defaults.prediction_shift)?,
            utilization: self.number(section, "utilization", defaults.utilization)?,
        };
        let place_of = |key: &str| {
            self.at(&section
                .table
                .get(key)
                .map_or(section.header.0..section.header.1, Spanned::span))
        };
        if thresholds.psi_watch > thresholds.psi_alarm {
            return Err(CaseError::BadValue {
                key: "[thresholds] psi_watch".to_owned(),
                reason: format!("is above psi_alarm, {}", thresholds.psi_alarm),
                hint: "a feature is watched before it alarms: 0.1 and 0.25 are the defaults".to_owned(),
                place: place_of("psi_watch"),
            });
        }
        if thresholds.utilization > 1.0 {
            return Err(CaseError::BadValue {
                key: "[thresholds] utilization".to_owned(),
                reason: "is a share, so at most 1".to_owned(),
                hint: "write  utilization = 0.8  for 80 %".to_owned(),
                place: place_of("utilization"),
            });
        }
        Ok(thresholds)
    }

    fn costs(&mut self, document: &DeTable<'_>) -> Result<Costs, CaseError> {
        let Some(section) = self.section(document, "costs")? else {
            return Ok(Costs::default());
        };
        let mut cost = |key: &str| {
            let hint = format!("write what it costs, such as  {key} = 12.5,  or take the line out");
            self.above_zero(section, key, hint)
        };
        Ok(Costs {
            error: cost("error")?,
            false_positive: cost("false_positive")?,
            false_negative: cost("false_negative")?,
            currency: self.text_at(section, "currency", false)?,
        })
    }

    fn sample(&self, document: &DeTable<'_>) -> Result<Sample, CaseError> {
        let Some(section) = self.section(document, "sample")? else {
            return Ok(Sample::default());
        };
        let seed = self.whole_number(section, "seed", 0)?.unwrap_or(0);
        let rows = self
            .whole_number(section, "rows", 1000)?
            .map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
        Ok(Sample { seed, rows })
    }

    fn candidate(
        &mut self,
        document: &DeTable<'_>,
        columns: &Columns,
    ) -> Result<Option<Candidate>, CaseError> {
        let Some(section) = self.section(document, "candidate")? else {
            return Ok(None);
        };
        let mut candidate = Candidate {
            name: self
                .text_at(section, "name", true)?
                .unwrap_or_else(|| "candidate".to_owned()),
            file: self.text_at(section, "file", false)?,
            prediction: self.text_at(section, "prediction", false)?,
            score: self.text_at(section, "score", false)?,
            latency_ms: self.text_at(section, "latency_ms", false)?,
            arm: self.text_at(section, "arm", false)?,
            arm_value: self.text_at(section, "arm_value", true)?,
            incumbent_value: self.text_at(section, "incumbent_value", true)?,
            share: self.positive(section, "share")?,
            success: self.text_at(section, "success", false)?,
            difference: self.positive(section, "difference")?,
        };
        if candidate.share.is_some_and(|share| share >= 1.0) {
            return Err(self.bad(section, "share", "must be below 1", "share = 0.5"));
        }
        if candidate.arm.is_some() {
            for key in ["file", "prediction", "score"] {
                if section.table.contains_key(key) {
                    let reason =
                        "makes no sense beside arm: both models answer a row, or one of two arms does";
                    return Err(self.bad(section, key, reason, "take one of the two out"));
                }
            }
            self.needed(
                section,
                "arm_value",
                "the value of the arm's column for the candidate's rows",
                "arm_value = \"b\"",
            )?;
            return Ok(Some(candidate));
        }
        for key in ["arm_value", "incumbent_value", "share", "success"] {
            if section.table.contains_key(key) {
                return Err(self.bad(
                    section,
                    key,
                    "is for an experiment with arms",
                    "arm = \"variant\"",
                ));
            }
        }
        if candidate.file.is_some() {
            self.needs_id(columns, "candidate.file")?;
            // The file speaks of one model, so its columns may have the names that the log's have.
            if candidate.prediction.is_none() && candidate.score.is_none() {
                candidate.prediction.clone_from(&columns.prediction);
                candidate.score.clone_from(&columns.score);
            }
        } else if candidate.prediction.is_none() && candidate.score.is_none() {
            self.needed(
                section,
                "prediction",
                "the column with the candidate's answers (or score, file or arm)",
                "prediction = \"candidate_prediction\"",
            )?;
        } else {
            self.check_candidate_roles(&candidate, columns)?;
        }
        Ok(Some(candidate))
    }

    /// A column of the log is the deployed model's or the candidate's, not both.
    fn check_candidate_roles(&self, candidate: &Candidate, columns: &Columns) -> Result<(), CaseError> {
        for (key, column) in candidate.in_the_log() {
            if let Some((first, _)) = columns.roles().find(|(_, name)| *name == column) {
                return Err(CaseError::BadValue {
                    key: format!("[candidate] {key}"),
                    reason: format!("names {column}, which is the deployed model's {first}"),
                    hint: "name the column with the candidate's answers, or its  file".to_owned(),
                    place: self.at(self.places.get(&format!("candidate.{key}")).unwrap_or(&(0..0))),
                });
            }
        }
        Ok(())
    }

    /// Reviewed rows are joined by id and compared by label.
    fn check_reviewed(&self, snapshots: &Snapshots, columns: &Columns) -> Result<(), CaseError> {
        if snapshots.reviewed.is_some() {
            self.needs_id(columns, "snapshots.reviewed")?;
            if columns.label.is_none() {
                return Err(CaseError::Missing {
                    what: "key label in [columns]".to_owned(),
                    why: "which names the column of the reviewed labels",
                    example: "label = \"label\"",
                    place: self.at(self.places.get("snapshots.reviewed").unwrap_or(&(0..0))),
                });
            }
        }
        Ok(())
    }

    /// A file that is joined needs an id to be joined by.
    fn needs_id(&self, columns: &Columns, key: &str) -> Result<(), CaseError> {
        if columns.id.is_some() {
            return Ok(());
        }
        Err(CaseError::Missing {
            what: "key id in [columns]".to_owned(),
            why: "which joins this file with the production log",
            example: "id = \"id\"",
            place: self.at(self.places.get(key).unwrap_or(&(0..0))),
        })
    }

    /// A number above 0, if it is given.
    fn positive(&mut self, section: Section<'_>, key: &str) -> Result<Option<f64>, CaseError> {
        let hint = format!("write  {key} = 0.01,  or take the line out");
        self.above_zero(section, key, hint)
    }

    fn bad(&self, section: Section<'_>, key: &str, reason: &str, hint: &str) -> CaseError {
        CaseError::BadValue {
            key: named(section, key),
            reason: reason.to_owned(),
            hint: hint.to_owned(),
            place: self.at(&section.table.get(key).map_or(0..0, Spanned::span)),
        }
    }

    fn wrong_type(&self, key: String, wanted: &'static str, value: &Spanned<DeValue<'_>>) -> CaseError {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a section",
        };
        CaseError::WrongType {
            key,
            wanted,
            found: found.to_owned(),
            place: self.at(&value.span()),
        }
    }
}

fn named(section: Section<'_>, key: &str) -> String {
    format!("[{}] {key}", section.name)
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
