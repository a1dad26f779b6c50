//! Parses the sections of the contract.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Spanned, de::DeTable};

use super::{Reader, Section, example_of};
use crate::{
    case::{
        Candidate, CaseError, Columns, Costs, Model, ReadRules, Remote, Sample, SnapshotRole, Snapshots,
        Thresholds,
        keys::{PSI_ALARM, PSI_WATCH, THRESHOLDS},
    },
    summary::{Task, values::DateOrder},
    text::{number, time},
};

impl Reader<'_> {
    pub(super) fn model(&mut self, document: &DeTable<'_>) -> Result<Model, CaseError> {
        let Some(section) = self.section(document, "model")? else {
            return Ok(Model::default());
        };
        let task = match self.text_at(section, "task")? {
            None => None,
            Some(text) => Some(self.task(section, &text)?),
        };
        Ok(Model {
            name: self.text_at(section, "name")?.unwrap_or_default(),
            version: self.text_at(section, "version")?.unwrap_or_default(),
            task,
            artifact: self.text_at(section, "artifact")?,
            positive: self.text_at(section, "positive")?,
            classes: self.lists(section, "classes")?,
        })
    }

    pub(super) fn task(&self, section: Section<'_>, text: &str) -> Result<Task, CaseError> {
        match text {
            "binary" => Ok(Task::Binary),
            "multiclass" => Ok(Task::Multiclass),
            "regression" => Ok(Task::Regression),
            _ => Err(CaseError::BadValue {
                key: "[model] task".to_owned(),
                reason: "must be binary, multiclass or regression".to_owned(),
                hint: "remove the line to have the task inferred from the label".to_owned(),
                place: self.at(&section.table.get("task").map_or(0..0, Spanned::span)),
            }),
        }
    }

    pub(super) fn snapshots(&mut self, document: &DeTable<'_>) -> Result<Snapshots, CaseError> {
        let section = self.needed_section(
            document,
            "snapshots",
            "which names the files",
            format!(
                "[snapshots]  with  {}  and  {}",
                example_of("snapshots", "training"),
                example_of("snapshots", "production")
            ),
        )?;
        Ok(Snapshots {
            training: self.needed(
                section,
                "training",
                "the file with the rows that the model was trained on",
            )?,
            production: self.needed(
                section,
                "production",
                "the file with the rows that the model answered",
            )?,
            golden: self.text_at(section, "golden")?,
            offline: self.text_at(section, "offline")?,
            events: self.text_at(section, "events")?,
            reviewed: self.text_at(section, "reviewed")?,
            labels: self.text_at(section, "labels")?,
            predictions: self.text_at(section, "predictions")?,
            split: match self.text_at(section, "split")? {
                None => None,
                Some(text) => Some(time::parse(&text).ok_or_else(|| {
                    self.bad(section, "split", "is no date and no instant", "write  split = \"2026-03-01\"")
                })?),
            },
            expectations: self.text_at(section, "expectations")?,
            history: self.text_at(section, "history")?,
        })
    }

    pub(super) fn columns(&mut self, document: &DeTable<'_>) -> Result<Columns, CaseError> {
        let why = "which says what the columns are";
        let example = example_of("columns", "prediction");
        let example = format!("[columns]  with  {example}; coroner init guesses the rest");
        let section = self.needed_section(document, "columns", why, example)?;
        let mut columns = Columns {
            timestamp: self.text_at(section, "timestamp")?,
            label: self.text_at(section, "label")?,
            label_time: self.text_at(section, "label_time")?,
            prediction: self.text_at(section, "prediction")?,
            score: self.text_at(section, "score")?,
            scores: self
                .lists(section, "scores")?
                .into_iter()
                .map(|(class, list)| (class, list.concat()))
                .collect(),
            id: self.text_at(section, "id")?,
            latency_ms: self.text_at(section, "latency_ms")?,
            cpu: self.text_at(section, "cpu")?,
            memory: self.text_at(section, "memory")?,
            weight: self.text_at(section, "weight")?,
            version: self.text_at(section, "version")?,
            groups: self.texts(section, "groups")?,
            text: self.texts(section, "text")?,
            ignore: self.texts(section, "ignore")?,
            categorical: self.texts(section, "categorical")?,
        };
        if columns.prediction.is_none() && columns.score.is_none() && columns.scores.is_empty() {
            let why = "the column with the model's answers";
            self.needed(section, "prediction", why)?;
        }
        self.check_roles(&columns)?;
        for (key, list) in [("ignore", &mut columns.ignore), ("categorical", &mut columns.categorical)] {
            let mut seen = BTreeSet::new();
            let twice: Vec<String> =
                list.iter().filter(|name| !seen.insert(name.as_str())).cloned().collect();
            self.notes.extend(twice.iter().map(|name| format!("[columns] {key} names {name} twice")));
            let mut seen = BTreeSet::new();
            list.retain(|name| seen.insert(name.clone()));
        }
        for (role, column) in columns.roles() {
            if columns.ignore.iter().any(|name| name == column) {
                self.notes.push(format!("{column} is the {role}, so ignoring it has no effect"));
            }
        }
        Ok(columns)
    }

    pub(super) fn read_rules(&mut self, document: &DeTable<'_>) -> Result<ReadRules, CaseError> {
        let Some(section) = self.section(document, "read")? else {
            return Ok(ReadRules::default());
        };
        let sign = self.one_of(section, "decimal", &[".", ","])?;
        let dates = self.one_of(section, "dates", &["day first", "month first"])?;
        let separator = self.text_at(section, "separator").or_else(|error| {
            // A tab is a valid separator, although it is a blank text.
            let tab = section.table.get("separator").and_then(|value| value.get_ref().as_str());
            tab.filter(|text| *text == "\t").map(|text| Some(text.to_owned())).ok_or(error)
        })?;
        let separator = separator.map(|text| match text.as_bytes() {
            &[byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\n') => {
                Ok(byte)
            }
            _ => Err(CaseError::BadValue {
                key: "[read] separator".to_owned(),
                reason: "must be one character".to_owned(),
                hint: "write  separator = \";\"  or another one, \"\\t\" for a tab".to_owned(),
                place: self.at(&section.table.get("separator").map_or(0..0, Spanned::span)),
            }),
        });
        Ok(ReadRules {
            encoding: self.text_at(section, "encoding")?,
            separator: separator.transpose()?,
            decimal: sign.map(|sign| if sign == "," { b',' } else { b'.' }),
            dates: dates
                .map(|dates| if dates == "day first" { DateOrder::DayFirst } else { DateOrder::MonthFirst }),
            numbers: self.texts(section, "numbers")?,
            names: self
                .lists(section, "names")?
                .into_iter()
                .map(|(file, list)| (file, list.concat()))
                .collect(),
        })
    }

    /// One of a few texts, if present.
    fn one_of(
        &mut self,
        section: Section<'_>,
        key: &str,
        known: &[&'static str],
    ) -> Result<Option<&'static str>, CaseError> {
        let Some(text) = self.text_at(section, key)? else {
            return Ok(None);
        };
        known.iter().find(|known| **known == text.trim()).copied().map(Some).ok_or_else(|| {
            let quoted: Vec<String> = known.iter().map(|known| format!("{known:?}")).collect();
            CaseError::BadValue {
                key: format!("[{}] {key}", section.keys.name),
                reason: format!("must be {}", quoted.join(" or ")),
                hint: "remove the line to have it detected from the values".to_owned(),
                place: self.at(&section.table.get(key).map_or(0..0, Spanned::span)),
            }
        })
    }

    fn check_roles(&self, columns: &Columns) -> Result<(), CaseError> {
        let roles: Vec<_> = columns.roles().collect();
        for (at, &(second, column)) in roles.iter().enumerate() {
            if let Some(&(first, _)) = roles[..at].iter().find(|(_, other)| *other == column) {
                let place = self.at(self.places.get(&format!("columns.{second}")).unwrap_or(&(0..0)));
                return Err(CaseError::SameColumn { column: column.to_owned(), first, second, place });
            }
        }
        Ok(())
    }

    pub(super) fn sources(
        &mut self,
        document: &DeTable<'_>,
    ) -> Result<BTreeMap<String, Vec<String>>, CaseError> {
        let Some(section) = self.section(document, "sources")? else {
            return Ok(BTreeMap::new());
        };
        let names: BTreeSet<String> = section.table.keys().map(|name| name.get_ref().to_string()).collect();
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

    pub(super) fn thresholds(&mut self, document: &DeTable<'_>) -> Result<Thresholds, CaseError> {
        let mut thresholds = Thresholds::default();
        let Some(section) = self.section(document, "thresholds")? else {
            return Ok(thresholds);
        };
        for threshold in THRESHOLDS {
            *(threshold.field)(&mut thresholds) = self.number(section, threshold.key, threshold.default)?;
        }
        let place_of = |key: &str| {
            self.at(&section.table.get(key).map_or(section.header.0..section.header.1, Spanned::span))
        };
        if thresholds.psi_watch > thresholds.psi_alarm {
            return Err(CaseError::BadValue {
                key: "[thresholds] psi_watch".to_owned(),
                reason: format!("is above psi_alarm, {}", thresholds.psi_alarm),
                hint: format!(
                    "a feature is watched before it alarms: {PSI_WATCH} and {PSI_ALARM} are the defaults"
                ),
                place: place_of("psi_watch"),
            });
        }
        if let Some(threshold) = THRESHOLDS.iter().find(|threshold| threshold.of(thresholds) > threshold.most)
        {
            let (key, default) = (threshold.key, threshold.default);
            return Err(CaseError::BadValue {
                key: format!("[thresholds] {key}"),
                reason: format!("is a share, so at most {}", threshold.most),
                hint: format!("write  {key} = {default}  for {}", number::share(default)),
                place: place_of(key),
            });
        }
        Ok(thresholds)
    }

    pub(super) fn costs(&mut self, document: &DeTable<'_>) -> Result<Costs, CaseError> {
        let Some(section) = self.section(document, "costs")? else {
            return Ok(Costs::default());
        };
        let mut cost = |key: &str| {
            let hint = format!("write what it costs, such as  {key} = 12.5,  or remove the line");
            self.above_zero(section, key, hint)
        };
        Ok(Costs {
            error: cost("error")?,
            false_positive: cost("false_positive")?,
            false_negative: cost("false_negative")?,
            retrain: cost("retrain")?,
            currency: self.text_at(section, "currency")?,
        })
    }

    pub(super) fn sample(&self, document: &DeTable<'_>) -> Result<Sample, CaseError> {
        let Some(section) = self.section(document, "sample")? else {
            return Ok(Sample::default());
        };
        let seed = self.whole_number(section, "seed")?.unwrap_or(0);
        let rows =
            self.whole_number(section, "rows")?.map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
        Ok(Sample { seed, rows, memory: None })
    }

    pub(super) fn remote(&mut self, document: &DeTable<'_>) -> Result<Option<Remote>, CaseError> {
        let Some(section) = self.section(document, "remote")? else {
            return Ok(None);
        };
        let engine = self.needed(section, "engine", "the address of the Spark Connect server")?;
        // A contract is shared, and reports quote it.
        if engine.to_ascii_lowercase().contains("token=") {
            let hint = "remove it, and set the environment variable SPARK_CONNECT_AUTHENTICATE_TOKEN";
            return Err(self.bad(section, "engine", "holds a token, which is a secret", hint));
        }
        // Whatever else an address needs is asked when it is used; a case of files alone never uses it.
        if engine.strip_prefix("sc://").is_none_or(|host| host.trim_matches('/').is_empty()) {
            let hint = format!("write  {}", example_of("remote", "engine"));
            return Err(self.bad(section, "engine", "is no address of a Spark Connect server", &hint));
        }
        let filter = self.by_snapshot(section, "filter")?;
        let mut instants = |key: &'static str| {
            let texts = self.by_snapshot(section, key)?;
            let instant = |(snapshot, text): (String, String)| match time::parse(&text) {
                Some(at) => Ok((snapshot, at)),
                None => {
                    let hint = format!("write  {}", example_of("remote", key));
                    Err(self.bad(section, key, "holds what is no date and no instant", &hint))
                }
            };
            texts.into_iter().map(instant).collect::<Result<BTreeMap<_, _>, CaseError>>()
        };
        Ok(Some(Remote { engine, filter, since: instants("since")?, until: instants("until")? }))
    }

    /// Texts by the key of a snapshot.
    fn by_snapshot(
        &mut self,
        section: Section<'_>,
        key: &str,
    ) -> Result<BTreeMap<String, String>, CaseError> {
        let texts = self.lists(section, key)?;
        let is_snapshot = |name: &&String| SnapshotRole::ALL.iter().any(|role| role.key() == *name);
        if let Some(odd) = texts.keys().find(|name| !is_snapshot(name)) {
            let reason = format!("names {odd:?}, which is no snapshot");
            return Err(self.bad(section, key, &reason, &example_of("remote", key)));
        }
        if let Some((odd, _)) = texts.iter().find(|(_, texts)| texts.len() != 1) {
            let reason = format!("holds a list for {odd:?}; one text is read");
            return Err(self.bad(section, key, &reason, &example_of("remote", key)));
        }
        Ok(texts.into_iter().filter_map(|(name, texts)| Some((name, texts.into_iter().next()?))).collect())
    }

    pub(super) fn candidate(
        &mut self,
        document: &DeTable<'_>,
        columns: &Columns,
    ) -> Result<Option<Candidate>, CaseError> {
        let Some(section) = self.section(document, "candidate")? else {
            return Ok(None);
        };
        let mut candidate = Candidate {
            name: self.text_at(section, "name")?.unwrap_or_else(|| "candidate".to_owned()),
            file: self.text_at(section, "file")?,
            prediction: self.text_at(section, "prediction")?,
            score: self.text_at(section, "score")?,
            latency_ms: self.text_at(section, "latency_ms")?,
            arm: self.text_at(section, "arm")?,
            arm_value: self.text_at(section, "arm_value")?,
            incumbent_value: self.text_at(section, "incumbent_value")?,
            share: self.positive(section, "share")?,
            success: self.text_at(section, "success")?,
            difference: self.positive(section, "difference")?,
            guard: self.texts(section, "guard")?,
        };
        if candidate.share.is_some_and(|share| share >= 1.0) {
            return Err(self.bad(section, "share", "must be below 1", &example_of("candidate", "share")));
        }
        if candidate.arm.is_some() {
            for key in ["file", "prediction", "score"] {
                if section.table.contains_key(key) {
                    let reason = "makes no sense beside arm: either both models answer every row, or one of the two does";
                    return Err(self.bad(section, key, reason, "remove one of the two"));
                }
            }
            self.needed(section, "arm_value", "the value of the arm's column for the candidate's rows")?;
            return Ok(Some(candidate));
        }
        for key in ["arm_value", "incumbent_value", "share", "success"] {
            if section.table.contains_key(key) {
                return Err(self.bad(
                    section,
                    key,
                    "is for an experiment with arms",
                    &example_of("candidate", "arm"),
                ));
            }
        }
        if candidate.file.is_some() {
            self.needs_id(columns, "candidate.file")?;
            // The file is about one model, so its columns may have the same names as those of the log.
            if candidate.prediction.is_none() && candidate.score.is_none() {
                candidate.prediction.clone_from(&columns.prediction);
                candidate.score.clone_from(&columns.score);
            }
        } else if candidate.prediction.is_none() && candidate.score.is_none() {
            self.needed(
                section,
                "prediction",
                "the column with the candidate's answers (or score, file or arm)",
            )?;
        } else {
            self.check_candidate_roles(&candidate, columns)?;
        }
        Ok(Some(candidate))
    }

    /// A column of the log belongs to the deployed model or to the candidate, not both.
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

    /// Labels in a separate file and reviewed labels are joined by id.
    pub(super) fn check_reviewed(&self, snapshots: &Snapshots, columns: &Columns) -> Result<(), CaseError> {
        if snapshots.split.is_some() && columns.timestamp.is_none() {
            return Err(CaseError::Missing {
                what: "key timestamp in [columns]".to_owned(),
                why: "which tells the rows before the split from those since",
                example: example_of("columns", "timestamp"),
                place: self.at(self.places.get("snapshots.split").unwrap_or(&(0..0))),
            });
        }
        if snapshots.predictions.is_some() {
            self.needs_id(columns, "snapshots.predictions")?;
        }
        let files = [("snapshots.reviewed", &snapshots.reviewed), ("snapshots.labels", &snapshots.labels)];
        for (key, _) in files.into_iter().filter(|(_, file)| file.is_some()) {
            self.needs_id(columns, key)?;
            if columns.label.is_none() {
                return Err(CaseError::Missing {
                    what: "key label in [columns]".to_owned(),
                    why: "which names the column of the labels in this file",
                    example: example_of("columns", "label"),
                    place: self.at(self.places.get(key).unwrap_or(&(0..0))),
                });
            }
        }
        Ok(())
    }

    /// A joined file needs an id.
    fn needs_id(&self, columns: &Columns, key: &str) -> Result<(), CaseError> {
        if columns.id.is_some() {
            return Ok(());
        }
        Err(CaseError::Missing {
            what: "key id in [columns]".to_owned(),
            why: "which joins this file with the production log",
            example: example_of("columns", "id"),
            place: self.at(self.places.get(key).unwrap_or(&(0..0))),
        })
    }
}
