//! Where the rows of a snapshot came from: engine, table, version of the table, and how many there were.

use sha2::{Digest as _, Sha256};

use super::{
    super::{EngineError, PassControl},
    connection::{Batch, Connection},
    relation::Relation,
};
use crate::{
    case::{Case, FileHash},
    text::{hexadecimal, number},
};

/// What was read of one snapshot.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The table or path as the case names it.
    named: String,
    /// What kind of table it is, and of which version: `Delta table, version 12`.
    kind: String,
    /// The version of Spark, and the place of its server.
    engine: String,
    /// What the contract says of its rows: ` (where country = 'DE')`.
    filter: String,
    /// The rows that were counted.
    rows: u64,
    /// What was sent of them.
    sent: String,
}

impl Origin {
    /// Describes what is about to be read.
    ///
    /// # Errors
    ///
    /// When there is no session, or the caller stops it. That a table tells no version is no error.
    pub(super) fn of(
        relation: &Relation,
        filter: String,
        connection: &Connection,
        control: &PassControl<'_>,
    ) -> Result<Self, EngineError> {
        let session = connection.session(control)?;
        let engine = format!("Spark {} at {}", session.version(), session.place());
        let kind = match relation.path_format() {
            Some("delta") => version_of(relation, "delta", connection, control)?,
            Some(format) => format!("{} files", shown(format)),
            None => {
                let told = optional(connection.texts(&relation.details(), control))?.unwrap_or_default();
                let mut cells = told.into_iter().map(|row| {
                    let mut cells = row.into_iter().map(Option::unwrap_or_default);
                    (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
                });
                let mut provider = String::new();
                // What follows the columns is named by the first cell, and columns may have the same names: the last counts.
                for (name, value) in cells.by_ref() {
                    match name.as_str() {
                        "Provider" => provider = value.to_lowercase(),
                        "Type" if value == "VIEW" => "view".clone_into(&mut provider),
                        _ => {}
                    }
                }
                version_of(relation, &provider, connection, control)?
            }
        };
        Ok(Self { named: relation.shown.clone(), kind, engine, filter, rows: 0, sent: String::new() })
    }

    /// The same once it is read.
    ///
    /// * `sent`: what was sent of the rows: `1 000 sampled`.
    pub(super) fn read(self, rows: u64, sent: String) -> Self {
        Self { rows, sent, ..self }
    }

    /// The name in the case.
    pub(super) fn named(&self) -> &str {
        &self.named
    }

    /// What the report says of it.
    pub(super) fn sentence(&self) -> String {
        let Self { named, kind, engine, filter, rows, sent } = self;
        format!("{named} ({kind}) is read on {engine}{filter}: {} rows counted, {sent}", number::count(*rows))
    }

    /// What identifies the rows: a table has no bytes here, so it is its name and version, the conditions, and how many
    /// there were; not the server, which may move.
    pub(super) fn hash(&self) -> FileHash {
        let mut hasher = Sha256::new();
        hasher.update(format!(
            "{}\n{}\n{}\n{}\n{}",
            self.named, self.kind, self.engine, self.filter, self.rows
        ));
        FileHash { path: self.named.clone(), bytes: 0, sha256: hexadecimal(&hasher.finalize()) }
    }
}

/// What identifies a table that was not read: name, engine and conditions.
pub(super) fn hash_of_unread(case: &Case, named: &str) -> FileHash {
    let mut hasher = Sha256::new();
    hasher.update(format!("{named}\n{:?}", case.remote.as_ref()));
    FileHash { path: named.to_owned(), bytes: 0, sha256: hexadecimal(&hasher.finalize()) }
}

/// The kind of a table with its version, where it has one.
///
/// * `provider`: its format in Spark's words; empty if the catalog does not tell.
fn version_of(
    relation: &Relation,
    provider: &str,
    connection: &Connection,
    control: &PassControl<'_>,
) -> Result<String, EngineError> {
    let version = match provider {
        "delta" => {
            let mut version = None;
            let mut on_batch = |batch: &Batch| {
                version = version.or(batch.cells(0)?.whole(0));
                Ok(())
            };
            optional(connection.query(&relation.delta_history(), control, &mut on_batch, &|_, _| {}))?;
            version.map(|version| format!(", version {version}"))
        }
        "iceberg" => {
            let rows = optional(connection.texts(&relation.iceberg_snapshot(), control))?;
            let id = rows.and_then(|rows| rows.into_iter().next()?.into_iter().next()?);
            id.map(|id| format!(", snapshot {id}"))
        }
        _ => None,
    };
    let kind = match provider {
        "" => "table".to_owned(),
        "view" => "view".to_owned(),
        provider => format!("{} table", shown(provider)),
    };
    Ok(format!("{kind}{}", version.unwrap_or_default()))
}

/// The answer of a question that a table need not answer.
fn optional<T>(answer: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(EngineError::Cancelled) => Err(EngineError::Cancelled),
        Err(_) => Ok(None),
    }
}

/// A format as people write it.
fn shown(format: &str) -> String {
    match format {
        "orc" | "json" | "csv" => format.to_uppercase(),
        format => crate::text::capital(format),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(kind: &str, rows: u64) -> Origin {
        Origin {
            named: "main.risk.decisions".to_owned(),
            kind: kind.to_owned(),
            engine: "Spark 4.0.1 at localhost:15002".to_owned(),
            filter: " (where country = 'DE')".to_owned(),
            rows: 0,
            sent: String::new(),
        }
        .read(rows, "1 000 sampled".to_owned())
    }

    #[test]
    fn a_sentence_names_engine_table_and_version() {
        assert_eq!(
            origin("Delta table, version 12", 4_000).sentence(),
            "main.risk.decisions (Delta table, version 12) is read on Spark 4.0.1 at localhost:15002 (where country = 'DE'): \
             4 000 rows counted, 1 000 sampled"
        );
    }

    #[test]
    fn a_new_version_and_other_rows_are_other_data() {
        let first = origin("Delta table, version 12", 4_000).hash();
        assert_eq!(first, origin("Delta table, version 12", 4_000).hash());
        assert_ne!(first, origin("Delta table, version 13", 4_000).hash());
        assert_ne!(first, origin("Delta table, version 12", 4_001).hash());
    }
}
