//! The contract of the cases that the benchmarks generate.

use std::path::Path;

use coroner::case::{Case, Columns, Snapshots};

/// A case of the files `training.parquet` and `production.parquet` in a folder.
///
/// * `scored`: whether they hold scores.
pub(crate) fn contract(folder: &Path, scored: bool) -> Case {
    Case {
        root: folder.to_owned(),
        snapshots: Snapshots {
            training: "training.parquet".to_owned(),
            production: "production.parquet".to_owned(),
            ..Snapshots::default()
        },
        columns: Columns {
            timestamp: Some("ts".to_owned()),
            label: Some("label".to_owned()),
            prediction: Some("prediction".to_owned()),
            score: scored.then(|| "score".to_owned()),
            ..Columns::default()
        },
        ..Case::default()
    }
}
