//! Writes the review queue to a file.

use std::path::Path;

use super::Failure;
use crate::{
    autopsy::Investigation,
    case::{Case, REVIEW_WEIGHT},
    engine::{
        PassControl, engine_of,
        export::{self, Cells, Written},
    },
    remedy::review::{Queued, propose},
    wording,
};

/// Writes the queue: the rows with their ids, an empty label if none is known, and the reason for each row.
pub(super) fn write(
    file: &Path,
    case: &Case,
    investigation: &Investigation,
    most: usize,
) -> Result<(), Failure> {
    let queue = propose(investigation, most).map_err(|why| {
        Failure::plain(
            "E204",
            format!("no queue can be made: {why}"),
            &["a score ([columns] score) or labelled rows are needed"],
        )
    })?;
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let rows: Vec<usize> = queue.iter().map(|queued| queued.row).collect();
    let mut columns = Vec::new();
    if let Some(name) = &case.columns.id {
        let ids: Vec<u64> = rows.iter().filter_map(|&row| sample.id.get(row).copied()).collect();
        let texts = engine_of(case)?.id_texts(case, &ids, &PassControl::default())?;
        let cells = ids.iter().map(|id| texts.get(id).cloned()).collect();
        columns.push(Written::new(name, Cells::Texts(cells)));
    }
    columns.extend(export::of_table(case, &dossier.plan, &sample.take(&rows)));
    if let Some(name) = case.columns.label.as_ref().filter(|_| sample.label.is_empty()) {
        columns.push(Written::new(name, Cells::Texts(vec![None; rows.len()])));
    }
    let reasons = queue.iter().map(|queued| Some(wording::review::reason(dossier, queued))).collect();
    let number = |of: fn(&Queued) -> Option<f64>| {
        Cells::Numbers(queue.iter().map(|queued| of(queued).unwrap_or(f64::NAN)).collect())
    };
    columns.extend([
        Written::new(export::REVIEW_REASON, Cells::Texts(reasons)),
        Written::new("review_priority", number(|queued| queued.priority)),
        Written::new("review_expected_loss", number(|queued| Some(queued.doubt))),
        Written::new(REVIEW_WEIGHT, number(|queued| queued.weight)),
    ]);
    export::write(file, &columns)?;
    Ok(())
}
