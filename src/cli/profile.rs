//! `coroner profile`: a summary that replaces a snapshot, so that no row has to leave the organisation.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Ending, Failure, Global, init, output, progress::ProgressLine};
use crate::{
    case::{self, Case, Peeks, SnapshotRole, Snapshots},
    engine::{self, Engine as _, EngineError, Inputs, LocalEngine, PassControl},
    summary::profile::{self, Profile, ProfileError},
    text::{json, sanitize::terminal},
};

/// Write a summary that stands in for a snapshot: counts, and no row
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A profile is named in [snapshots] in place of the files it was made of:  training = \"training.profile.json\"
It holds names of columns, levels and classes, extremes and quantiles; docs/profile.md says what else.")]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml; or the data file of a training snapshot that no case names
    #[arg(required_unless_present = "merge", conflicts_with = "merge")]
    case: Option<PathBuf>,
    /// Which snapshot of the case
    #[arg(long, value_enum, default_value_t)]
    snapshot: Snapshot,
    /// Count these files in place of those that the case names: a path or a glob, seen from the case's folder
    #[arg(long, value_name = "FILES", conflicts_with = "merge")]
    from: Option<String>,
    /// Add profiles up that were counted in the same bins, such as one a day or one a region
    #[arg(long, value_name = "PROFILE", num_args = 1..)]
    merge: Vec<PathBuf>,
    /// Levels and bins that fewer rows of training hold are not told apart
    #[arg(long, value_name = "ROWS", default_value_t = profile::FEWEST)]
    fewest: u64,
    /// The file that is written
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Snapshot {
    #[default]
    Training,
    Production,
    Golden,
}

impl From<Snapshot> for SnapshotRole {
    fn from(snapshot: Snapshot) -> Self {
        match snapshot {
            Snapshot::Training => Self::Training,
            Snapshot::Production => Self::Production,
            Snapshot::Golden => Self::Golden,
        }
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let profile = match &arguments.case {
        None => {
            let mut inputs = Inputs::default();
            arguments.merge.iter().for_each(|shard| inputs.add(shard, "one of the profiles"));
            inputs.refuse(&arguments.out)?;
            merged(&arguments.merge)?
        }
        Some(path) => {
            let mut case = opened(path, global)?;
            Inputs::of(&case).refuse(&arguments.out)?;
            // Files counted in place of a snapshot are inputs as well.
            if let Some(files) = &arguments.from {
                let named = std::mem::replace(&mut case.snapshots.production, files.clone());
                Inputs::of(&case).refuse(&arguments.out)?;
                case.snapshots.production = named;
            }
            counted(&case, arguments)?
        }
    };
    let shown = arguments.out.display().to_string();
    case::output::write(&arguments.out, json::safe(profile.json()).as_bytes())
        .map_err(|error| EngineError::Unwritable { file: shown.clone(), reason: error.to_string() })?;
    output::print(format!("{}\n", terminal(&shown)).as_bytes())?;
    Ok(Ending::Done)
}

/// Loads the case at a path, or creates a case from a single data file.
fn opened(path: &Path, global: &Global) -> Result<Case, Failure> {
    let is_contract = path.is_dir() || path.extension().is_some_and(|ending| ending == "toml");
    if is_contract || !path.exists() {
        return Ok(super::load(path, global)?);
    }
    let peek = LocalEngine::default().peek(&path.to_string_lossy())?;
    let peeks = Peeks { training: peek.clone(), production: peek, ..Peeks::default() };
    let guess = case::guess(&peeks)?;
    let root = init::folder_of(path);
    let named = init::named_from(&root, path);
    let snapshots = Snapshots { training: named.clone(), production: named, ..Snapshots::default() };
    let mut case = guess.case(&root, snapshots, None);
    case.sample.seed = global.seed.unwrap_or(case.sample.seed);
    let guessed = format!("guessed from {}:", terminal(&path.display().to_string()));
    output::complain(&[guessed, init::described(&case, &guess)]);
    Ok(case)
}

/// Adds up profiles.
fn merged(paths: &[PathBuf]) -> Result<Profile, Failure> {
    let mut shards = Vec::new();
    for path in paths {
        let named = path.to_string_lossy().into_owned();
        let profile = engine::profile_at(&Case::default(), &named)?.ok_or_else(|| EngineError::Profile {
            file: named.clone(),
            source: ProfileError::Unreadable("it is not a profile, or it does not exist".to_owned()),
        })?;
        shards.push((named, profile));
    }
    let all =
        format!("the profiles after {}", paths.first().map_or_else(String::new, |p| p.display().to_string()));
    Ok(Profile::merge(&shards).map_err(|source| EngineError::Profile { file: all, source })?)
}

/// Counts a snapshot of a case, with a progress line on stderr.
fn counted(case: &Case, arguments: &Arguments) -> Result<Profile, Failure> {
    let progress = ProgressLine::start();
    let pass = |at: engine::PassProgress| progress.pass(at);
    let control = PassControl { progress: Some(&pass), cancel: None };
    let wish = engine::ProfileWish {
        role: arguments.snapshot.into(),
        files: arguments.from.as_deref(),
        fewest: arguments.fewest,
    };
    let mut notes = Vec::new();
    let mut profile =
        engine::make_profile(engine::engine_of(case)?.as_ref(), case, wish, &control, &mut notes)?;
    profile.program = format!("coroner {}", env!("CARGO_PKG_VERSION"));
    drop(progress);
    output::complain(&notes.iter().map(|note| terminal(note).into_owned()).collect::<Vec<_>>());
    Ok(profile)
}
