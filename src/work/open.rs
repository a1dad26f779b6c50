//! Opens a case: all passes over its snapshots, the deployed model, and the resulting dossier.

use std::sync::Arc;

use super::cache::CaseCache;
use crate::{
    autopsy::{Dossier, settle_labels},
    case::Case,
    engine::{self, Engine, EngineError, PassControl},
    model::artifact::Artifact,
};

/// Reads everything that a case names.
///
/// A deployed model that cannot be run is not an error: the dossier records the reason, and a note reports
/// it.
///
/// # Errors
///
/// When a file that the case names cannot be read, when a role names no column, or when the caller cancels
/// the passes.
pub fn open(case: &Case, engine: &dyn Engine, control: &PassControl<'_>) -> Result<Dossier, EngineError> {
    let (mut data, artifact) = engine::read(engine, case, control)?;
    let loaded = deployed(artifact.as_deref());
    if let (Some(_), Err(error)) = (artifact, &loaded) {
        let file = case.model.artifact.as_deref().unwrap_or("the artefact");
        data.notes.push(format!("{file}: {error}; a surrogate is used instead"));
    }
    Ok(settle_labels(Dossier::new(data, loaded)))
}

/// Reads everything that a case names, unless the cache holds what an earlier look read from the same files.
///
/// # Errors
///
/// As [`open`].
pub fn open_again(
    case: &Case,
    engine: &dyn Engine,
    control: &PassControl<'_>,
    cache: &CaseCache,
) -> Result<Dossier, EngineError> {
    if let Some(known) = cache.dossier(case, engine) {
        return Ok(known);
    }
    let with_shelf = cache.shelf().and_then(|shelf| engine.with_shelf(shelf));
    let dossier = open(case, with_shelf.as_deref().unwrap_or(engine), control)?;
    cache.keep_dossier(&dossier);
    Ok(dossier)
}

/// The deployed model, or why it can't be run.
///
/// * `artifact`: its bytes; none where the case names none.
pub(super) fn deployed(artifact: Option<&[u8]>) -> Result<Arc<Artifact>, String> {
    match artifact.map(Artifact::load) {
        None => Err("the case names no deployed model ([model] artifact)".to_owned()),
        Some(Ok(artifact)) => Ok(Arc::new(artifact)),
        Some(Err(error)) => Err(error.to_string()),
    }
}
