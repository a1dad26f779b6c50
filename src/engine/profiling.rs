//! Creates profiles: the result of a pass, stored without any row.

use super::{Engine, EngineError, PassControl, profiled::profile_at};
use crate::{
    case::{Case, Model, SnapshotRole, Snapshots},
    summary::{
        Feature,
        profile::{FilePart, Heading, Profile, Rare, pool},
    },
};

/// Options for creating a profile.
#[derive(Debug, Clone, Copy)]
pub struct ProfileWish<'a> {
    /// Which snapshot of the case.
    pub role: SnapshotRole,
    /// Files to count instead of those that the case names: a path or a glob.
    pub files: Option<&'a str>,
    /// Minimum number of training rows for a level or a bin to be distinguished.
    pub fewest: u64,
}

/// Counts a snapshot in the bins of training, and omits rare levels and bins.
///
/// If training is a profile, its bins are used, so that profiles based on the same one can be added up;
/// otherwise training is read first. Adds a sentence to `notes` for everything that is guessed or left out.
///
/// # Errors
///
/// When a snapshot cannot be read, has no row or no readable time, or when the caller cancels the pass.
pub fn make_profile(
    engine: &dyn Engine,
    case: &Case,
    wish: ProfileWish<'_>,
    control: &PassControl<'_>,
    notes: &mut Vec<String>,
) -> Result<Profile, EngineError> {
    let role = wish.role;
    let mut source = case.clone();
    if let Some(files) = wish.files {
        role.name_in(&mut source, files.to_owned());
    }
    let named = role.named(&source).unwrap_or_default().to_owned();
    if let Some(profile) = profile_at(&source, &named)? {
        return Ok(profile);
    }
    if let Some(weight) = &case.columns.weight {
        notes.push(format!("a profile counts rows and not what they stand for: {weight} is not used"));
    }
    let reference = profile_at(case, &case.snapshots.training)?;
    let (mut plan, rare, training) = if let Some(profile) = &reference {
        let mut plan = profile.plan();
        plan.seed = case.sample.seed;
        let rare: Vec<Option<Rare>> = profile.features.iter().map(|part| part.rare_levels.clone()).collect();
        (plan, rare, None)
    } else {
        let mut plan = engine.plan(case, control, notes)?;
        let mut training = engine.summarise(case, SnapshotRole::Training, &mut plan, control, notes)?;
        let rare = pool(&mut plan, &mut training, wish.fewest);
        (plan, rare, Some(training))
    };
    let summary = match training.filter(|_| role == SnapshotRole::Training && wish.files.is_none()) {
        Some(training) => training,
        None => {
            // Levels that occur only in these rows are not part of the reference, so the bins stay unchanged.
            let features: Vec<Feature> = plan.features.clone();
            let summary = engine.summarise(&source, role, &mut plan, control, notes)?;
            plan.features = features;
            summary
        }
    };
    let heading = Heading {
        program: String::new(),
        snapshot: role.key().to_owned(),
        model: case.title(),
        columns: engine.schema(&source, role)?.columns,
        files: files(engine, &source, &named, control)?,
        fewest_rows: reference.map_or(wish.fewest, |profile| profile.fewest_rows),
    };
    Ok(Profile::of(heading, &plan, &rare, &summary))
}

/// Returns size and SHA-256 of the files of one snapshot.
fn files(
    engine: &dyn Engine,
    source: &Case,
    named: &str,
    control: &PassControl<'_>,
) -> Result<Vec<FilePart>, EngineError> {
    let alone = Case {
        snapshots: Snapshots {
            training: named.to_owned(),
            production: named.to_owned(),
            ..Snapshots::default()
        },
        model: Model { artifact: None, ..source.model.clone() },
        candidate: None,
        ..source.clone()
    };
    let mut files: Vec<FilePart> = (engine.hashes(&alone, control)?.into_iter())
        .map(|file| FilePart { path: file.path, bytes: file.bytes, sha256: file.sha256 })
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}
