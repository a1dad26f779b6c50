//! Compares the contract with the actual columns of the snapshots.

use std::collections::BTreeSet;

use super::{Case, CaseError, SnapshotRole};
use crate::text::nearest::nearest;

/// The maximum number of names in a note.
const LISTED: usize = 5;

/// The columns of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The role of the snapshot.
    pub role: SnapshotRole,
    /// Its file as named in the contract.
    pub file: String,
    /// Its columns, in the order of the file.
    pub columns: Vec<String>,
}

impl Schema {
    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }
}

impl Case {
    /// Checks the roles, ignored and categorical columns and sources against the snapshots' columns.
    ///
    /// Returns a note, one sentence, for each harmless oddity.
    ///
    /// # Errors
    ///
    /// [`CaseError::MissingColumn`] when a role's column is missing where it is required: the label in any
    /// snapshot, every other role in production. [`CaseError::NoFeatures`] when training has only columns
    /// with roles.
    pub fn check_columns(&self, schemas: &[Schema]) -> Result<Vec<String>, CaseError> {
        let mut notes = Vec::new();
        let schema = |role: SnapshotRole| schemas.iter().find(|schema| schema.role == role);
        for (role, column) in self.columns.roles() {
            let Some(production) = schema(SnapshotRole::Production) else {
                continue;
            };
            let in_file = |of: SnapshotRole| schema(of).is_some_and(|schema| schema.has(column));
            let elsewhere = match role {
                "label" => schemas.iter().any(|schema| schema.has(column)),
                "label_time" => in_file(SnapshotRole::Labels),
                "prediction" | "score" | "scores" => in_file(SnapshotRole::Predictions),
                _ => false,
            };
            if !production.has(column) && !elsewhere {
                self.require(production, column, "columns", role)?;
            }
            let expected: &[SnapshotRole] = match role {
                "label" => &[SnapshotRole::Training, SnapshotRole::Production, SnapshotRole::Golden],
                "prediction" => &[SnapshotRole::Training, SnapshotRole::Golden],
                "score" | "scores" => &[SnapshotRole::Training],
                "id" => &[SnapshotRole::Offline],
                _ => &[],
            };
            for snapshot in expected.iter().filter_map(|&role| schema(role)).filter(|s| !s.has(column)) {
                notes.push(format!("{} has no column {column}, the {role}", snapshot.file));
            }
        }
        if let (Some(_), Some(timestamp), Some(training)) =
            (self.snapshots.split, &self.columns.timestamp, schema(SnapshotRole::Training))
        {
            self.require(training, timestamp, "columns", "timestamp")?;
        }
        if let Some(training) = schema(SnapshotRole::Training) {
            if !training.columns.iter().any(|column| self.is_feature(column)) {
                return Err(CaseError::NoFeatures { snapshot: training.file.clone() });
            }
            if let Some(production) = schema(SnapshotRole::Production) {
                let features = training.columns.iter().filter(|column| self.is_feature(column));
                let features: Vec<String> = features.cloned().collect();
                if !features.iter().any(|name| production.has(name)) {
                    let columns = production.columns.clone();
                    return Err(CaseError::nothing_shared(
                        &training.file,
                        &features,
                        &production.file,
                        columns,
                        None,
                    ));
                }
            }
            self.note_unknown_features(training, &mut notes);
        }
        if let (Some(file), Some(id)) = (schema(SnapshotRole::Predictions), &self.columns.id) {
            self.require(file, id, "columns", "id")?;
        }
        self.check_candidate(schemas)?;
        self.check_reviewed(schemas)?;
        self.check_breakdown(schemas)?;
        let everywhere: BTreeSet<&str> =
            schemas.iter().flat_map(|schema| schema.columns.iter().map(String::as_str)).collect();
        let absent = self.columns.ignore.iter().filter(|name| !everywhere.contains(name.as_str()));
        note_absent("[columns] ignore", "no snapshot", absent, &everywhere, &mut notes);
        Ok(notes)
    }

    /// The candidate's columns must be where the contract puts them: in production, or in the candidate's own
    /// file.
    fn check_candidate(&self, schemas: &[Schema]) -> Result<(), CaseError> {
        let Some(candidate) = &self.candidate else {
            return Ok(());
        };
        let of = |role: SnapshotRole| schemas.iter().find(|schema| schema.role == role);
        if let Some(production) = of(SnapshotRole::Production) {
            for (key, column) in candidate.in_the_log() {
                self.require(production, column, "candidate", key)?;
            }
        }
        if let Some(file) = of(SnapshotRole::Candidate) {
            if let Some(id) = &self.columns.id {
                self.require(file, id, "columns", "id")?;
            }
            for (key, column) in [
                ("prediction", &candidate.prediction),
                ("score", &candidate.score),
                ("latency_ms", &candidate.latency_ms),
            ] {
                if let Some(column) = column {
                    self.require(file, column, "candidate", key)?;
                }
            }
        }
        Ok(())
    }

    /// What numbers are broken down by must be in production.
    fn check_breakdown(&self, schemas: &[Schema]) -> Result<(), CaseError> {
        let Some(production) = schemas.iter().find(|schema| schema.role == SnapshotRole::Production) else {
            return Ok(());
        };
        if let Some(version) = &self.columns.version {
            self.require(production, version, "columns", "version")?;
        }
        for group in &self.columns.groups {
            self.require(production, group, "columns", "groups")?;
        }
        if let Some(metric) = self.metrics.iter().find(|metric| !production.has(&metric.column)) {
            let near = nearest(&metric.column, production.columns.iter().map(String::as_str));
            return Err(CaseError::MissingColumn {
                snapshot: production.file.clone(),
                column: metric.column.clone(),
                section: "metrics",
                role: "column",
                near: near.into_iter().map(str::to_owned).collect(),
                place: self.place(&format!("metrics.{}", metric.name)).map(Box::new),
            });
        }
        Ok(())
    }

    /// Files of labels or reviewed rows need an id and a label.
    fn check_reviewed(&self, schemas: &[Schema]) -> Result<(), CaseError> {
        let joined = |schema: &&Schema| matches!(schema.role, SnapshotRole::Reviewed | SnapshotRole::Labels);
        for file in schemas.iter().filter(joined) {
            for (role, column) in [("id", &self.columns.id), ("label", &self.columns.label)] {
                if let Some(column) = column {
                    self.require(file, column, "columns", role)?;
                }
            }
        }
        Ok(())
    }

    /// Requires a column of a snapshot that a key of a section names.
    fn require(
        &self,
        schema: &Schema,
        column: &str,
        section: &'static str,
        role: &'static str,
    ) -> Result<(), CaseError> {
        if schema.has(column) {
            return Ok(());
        }
        Err(CaseError::MissingColumn {
            snapshot: schema.file.clone(),
            column: column.to_owned(),
            section,
            role,
            near: nearest(column, schema.columns.iter().map(String::as_str))
                .into_iter()
                .map(str::to_owned)
                .collect(),
            place: self.place(&format!("{section}.{role}")).map(Box::new),
        })
    }

    /// Notes names in `categorical` and `[sources]` that are not features in training.
    fn note_unknown_features(&self, training: &Schema, notes: &mut Vec<String>) {
        let features: BTreeSet<&str> =
            training.columns.iter().map(String::as_str).filter(|column| self.is_feature(column)).collect();
        let label_or_answer = [&self.columns.label, &self.columns.prediction];
        let absent = self.columns.categorical.iter().filter(|name| {
            !features.contains(name.as_str())
                && !label_or_answer.iter().any(|role| role.as_ref() == Some(*name))
        });
        note_absent("[columns] categorical", "the features", absent, &features, notes);
        let absent = self.bounds.keys().filter(|name| !features.contains(name.as_str()));
        note_absent("[bounds]", "the features", absent, &features, notes);
        for (source, named) in &self.sources {
            let absent = named.iter().filter(|name| !features.contains(name.as_str()));
            note_absent(&format!("[sources] {source}"), "the features", absent, &features, notes);
        }
    }
}

/// One note for all missing names of a key.
fn note_absent<'a>(
    key: &str,
    of: &str,
    absent: impl Iterator<Item = &'a String>,
    known: &BTreeSet<&str>,
    notes: &mut Vec<String>,
) {
    let absent: Vec<&String> = absent.collect();
    if absent.is_empty() {
        return;
    }
    let listed: Vec<String> = absent
        .iter()
        .take(LISTED)
        .map(|name| match nearest(name, known.iter().copied()).first() {
            Some(near) => format!("{name} (nearest: {near})"),
            None => (*name).clone(),
        })
        .collect();
    let more =
        if absent.len() > LISTED { format!(" and {} more", absent.len() - LISTED) } else { String::new() };
    let sentence =
        if of == "no snapshot" { "which no snapshot has" } else { "which is not a feature of training" };
    notes.push(format!("{key} names {}{more}, {sentence}: left out", listed.join(", ")));
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn case(columns: &str) -> Case {
        let text = format!(
            "[snapshots]\ntraining = \"t.csv\"\nproduction = \"p.csv\"\n[columns]\nprediction = \"pred\"\n{columns}\n"
        );
        Case::parse(text, PathBuf::from("coroner.toml"), PathBuf::new()).expect("a valid contract")
    }

    fn schemas(training: &[&str], production: &[&str]) -> Vec<Schema> {
        let schema = |role, file: &str, columns: &[&str]| Schema {
            role,
            file: file.to_owned(),
            columns: columns.iter().map(ToString::to_string).collect(),
        };
        vec![
            schema(SnapshotRole::Training, "t.csv", training),
            schema(SnapshotRole::Production, "p.csv", production),
        ]
    }

    #[test]
    fn a_role_without_column_is_an_error_with_the_nearest_names() {
        let case = case("timestamp = \"ts\"");
        let error =
            case.check_columns(&schemas(&["x", "pred"], &["event_ts", "x", "pred"])).expect_err("no ts");
        assert_eq!(error.code(), "E012");
        assert_eq!(error.to_string(), "p.csv has no column named \"ts\", which [columns] timestamp asks for");
        assert_eq!(error.hints()[0], "set  timestamp = \"event_ts\"");
        assert_eq!(error.place().map(|place| place.line), Some(6));
    }

    #[test]
    fn labels_may_come_late_or_not_at_all() {
        let case = case("label = \"y\"");
        assert_eq!(
            case.check_columns(&schemas(&["x", "y", "pred"], &["x", "pred"])),
            Ok(vec!["p.csv has no column y, the label".to_owned()])
        );
        assert!(case.check_columns(&schemas(&["x", "pred"], &["x", "pred"])).is_err());
    }

    #[test]
    fn harmless_names_become_notes() {
        let case =
            case("ignore = [\"acount\"]\ncategorical = [\"zip\"]\n[sources]\nbureau = [\"x\", \"fico\"]");
        let notes =
            case.check_columns(&schemas(&["x", "account", "pred"], &["x", "pred"])).expect("it opens");
        assert_eq!(
            notes,
            [
                "[columns] categorical names zip, which is not a feature of training: left out",
                "[sources] bureau names fico, which is not a feature of training: left out",
                "[columns] ignore names acount (nearest: account), which no snapshot has: left out",
            ]
        );
    }

    #[test]
    fn a_snapshot_of_roles_only_has_nothing_to_investigate() {
        let error = case("").check_columns(&schemas(&["pred"], &["pred"])).expect_err("no feature");
        assert_eq!(error.code(), "E015");
    }
}
