//! Opens a case: all passes over its snapshots, the deployed model, and the resulting dossier.

use std::sync::Arc;

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
    let artifact = match artifact.as_deref().map(Artifact::load) {
        None => Err("the case names no deployed model ([model] artifact)".to_owned()),
        Some(Ok(artifact)) => Ok(Arc::new(artifact)),
        Some(Err(error)) => {
            let file = case.model.artifact.as_deref().unwrap_or("the artefact");
            data.notes.push(format!("{file}: {error}; a surrogate is used instead"));
            Err(error.to_string())
        }
    };
    Ok(settle_labels(Dossier::new(data, artifact)))
}
