//! Profiles in place of snapshots: every reader of the case uses them transparently.

use std::{collections::BTreeMap, fs::File, io::Read as _};

use super::{Engine, EngineError, PassControl, PassProgress, StoredColumns, local::named_files};
use crate::{
    case::{Case, Event, FileHash, Peek, SnapshotRole},
    summary::{
        Bins, Column, JoinedRows, MISSING, Plan, SnapshotSummary, Table,
        profile::{FORMAT, Profile, ProfileError, settle_unknown},
    },
    text::number,
};

/// Number of leading bytes that identify a profile.
const HEAD: u64 = 256;

/// Returns the profile that a path or glob names, if it names one; several are added up.
///
/// # Errors
///
/// When a profile cannot be read, or when profiles are incompatible.
pub fn profile_at(case: &Case, named: &str) -> Result<Option<Profile>, EngineError> {
    // Missing files and remote paths are reported by the engine.
    let Ok(files) = named_files(&case.locate(named), named) else {
        return Ok(None);
    };
    let mut shards = Vec::new();
    for (path, shown) in files {
        let io = |source| EngineError::Io { file: shown.clone(), source };
        let file = File::open(&path).map_err(io)?;
        let mut head = Vec::new();
        (&file).take(HEAD).read_to_end(&mut head).map_err(io)?;
        if !is_profile(&head) {
            return Ok(None);
        }
        let mut bytes = head;
        (&file).read_to_end(&mut bytes).map_err(io)?;
        let profile =
            Profile::read(&bytes).map_err(|source| EngineError::Profile { file: shown.clone(), source })?;
        shards.push((shown, profile));
    }
    if shards.is_empty() {
        return Ok(None);
    }
    Profile::merge(&shards)
        .map(Some)
        .map_err(|source| EngineError::Profile { file: named.to_owned(), source })
}

/// Whether a file that begins with these bytes declares itself a profile.
fn is_profile(head: &[u8]) -> bool {
    let begins: String = String::from_utf8_lossy(head).split_whitespace().collect();
    begins.starts_with(&format!("{{\"format\":\"{}\"", FORMAT.replace(' ', "")))
}

struct ProfileSnapshot {
    role: SnapshotRole,
    shown: String,
    profile: Profile,
}

/// An engine that reads profiles itself and delegates everything else to another engine.
pub(super) struct ProfileEngine<'a> {
    engine: &'a dyn Engine,
    profiles: Vec<ProfileSnapshot>,
}

impl<'a> ProfileEngine<'a> {
    /// Reads the profiles that a case names.
    pub(super) fn open(engine: &'a dyn Engine, case: &Case) -> Result<Self, EngineError> {
        let mut profiles: Vec<ProfileSnapshot> = Vec::new();
        for (role, shown) in case.named_snapshots().filter(|(role, _)| !role.is_joined()) {
            let Some(profile) = profile_at(case, shown)? else {
                continue;
            };
            let shown = shown.to_owned();
            let refused = |source| EngineError::Profile { file: shown.clone(), source };
            if profile.snapshot != role.key() {
                return Err(refused(ProfileError::OtherSnapshot {
                    wanted: role.key().to_owned(),
                    found: profile.snapshot,
                }));
            }
            if let Some(first) = profiles.first()
                && let Some(what) = first.profile.differs(&profile)
            {
                return Err(refused(ProfileError::OtherBins { other: first.shown.clone(), what }));
            }
            profiles.push(ProfileSnapshot { role, shown, profile });
        }
        Ok(Self { engine, profiles })
    }

    fn profile(&self, role: SnapshotRole) -> Option<&ProfileSnapshot> {
        self.profiles.iter().find(|profile| profile.role == role)
    }
}

impl Engine for ProfileEngine<'_> {
    fn schema(&self, case: &Case, role: SnapshotRole) -> Result<StoredColumns, EngineError> {
        match self.profile(role) {
            Some(ProfileSnapshot { profile, .. }) => {
                Ok(StoredColumns { columns: profile.stored_columns(), rows: Some(profile.rows) })
            }
            None => self.engine.schema(case, role),
        }
    }

    fn peek(&self, path: &str) -> Result<Peek, EngineError> {
        self.engine.peek(path)
    }

    fn peek_columns(&self, path: &str, columns: &[&str]) -> Result<Peek, EngineError> {
        self.engine.peek_columns(path, columns)
    }

    fn peek_at(&self, case: &Case, role: SnapshotRole, columns: &[&str]) -> Result<Peek, EngineError> {
        self.engine.peek_at(case, role, columns)
    }

    fn plan(
        &self,
        case: &Case,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Plan, EngineError> {
        let Some(ProfileSnapshot { shown, profile, .. }) = self.profiles.first() else {
            return self.engine.plan(case, control, notes);
        };
        let mut plan = profile.plan();
        plan.seed = case.sample.seed;
        let mut unnamed = Vec::new();
        for (feature, part) in plan.features.iter_mut().zip(&profile.features) {
            feature.source = case.source_of(&feature.name).map(str::to_owned);
            if let Some(rare) = &part.rare_levels {
                unnamed.push(format!("{} ({})", feature.name, number::share(rare.share)));
            }
        }
        if !unnamed.is_empty() {
            notes.push(format!(
                "{shown} does not name the rare levels of {}; where they make up more than 1 % of training's rows, a level that is not named counts as one of them, otherwise as never seen",
                unnamed.join(", ")
            ));
        }
        if let Some(task) = case.model.task.filter(|task| *task != plan.task) {
            notes.push(format!(
                "[model] task is {task:?}, but {shown} was counted for {:?}: that counts",
                plan.task
            ));
        }
        Ok(plan)
    }

    fn summarise(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<SnapshotSummary, EngineError> {
        if let Some(ProfileSnapshot { shown, profile, .. }) = self.profile(role) {
            control.report(PassProgress { snapshot: role, rows: profile.rows, of: Some(profile.rows) });
            notes.push(format!(
                "{shown} is a profile of {} rows: checks that need rows of the {} snapshot can't run",
                number::whole(profile.rows),
                role.key()
            ));
            return Ok(profile.summary(plan));
        }
        let mut summary = self.engine.summarise(case, role, plan, control, notes)?;
        if let Some(ProfileSnapshot { profile, .. }) = self.profiles.first() {
            let open = |at: usize| profile.features[at].is_open();
            settle(plan, &mut summary, open);
        }
        Ok(summary)
    }

    fn join(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        ids: &[u64],
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Option<JoinedRows>, EngineError> {
        if let (Some(_), Some(named)) = (self.profile(SnapshotRole::Production), role.named(case)) {
            notes.push(format!(
                "{named} is left out: production is a profile, which has no rows to join it with"
            ));
            return Ok(None);
        }
        let mut joined = self.engine.join(case, role, plan, ids, control, notes)?;
        if let Some(ProfileSnapshot { profile, .. }) = self.profiles.first()
            && let Some(rows) = &mut joined
        {
            let open = |at: usize| profile.features[at].is_open();
            settle_codes(plan, &mut rows.table, open);
        }
        Ok(joined)
    }

    fn id_texts(
        &self,
        case: &Case,
        ids: &[u64],
        control: &PassControl<'_>,
    ) -> Result<BTreeMap<u64, String>, EngineError> {
        if self.profile(SnapshotRole::Production).is_some() {
            return Ok(BTreeMap::new());
        }
        self.engine.id_texts(case, ids, control)
    }

    fn events(&self, case: &Case, notes: &mut Vec<String>) -> Result<Vec<Event>, EngineError> {
        self.engine.events(case, notes)
    }

    fn artifact(&self, case: &Case) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.artifact(case)
    }

    fn hashes(&self, case: &Case, control: &PassControl<'_>) -> Result<Vec<FileHash>, EngineError> {
        self.engine.hashes(case, control)
    }

    fn origins(&self) -> Vec<String> {
        self.engine.origins()
    }
}

/// For features of which a profile leaves many levels unnamed, counts an unknown level as one of the rare
/// ones.
fn settle(plan: &mut Plan, summary: &mut SnapshotSummary, open: impl Fn(usize) -> bool) {
    for (at, (feature, counts)) in plan.features.iter().zip(&mut summary.features).enumerate() {
        if open(at) && counts.present {
            settle_unknown(counts, &feature.bins);
        }
    }
    settle_codes(plan, &mut summary.sample, open);
}

/// The same for the rows of a sample.
fn settle_codes(plan: &mut Plan, table: &mut Table, open: impl Fn(usize) -> bool) {
    for (at, (feature, column)) in plan.features.iter_mut().zip(&mut table.features).enumerate() {
        let (Bins::Categorical(_), Column::Categorical(codes), true) = (&feature.bins, column, open(at))
        else {
            continue;
        };
        // The last known level stands for all unnamed levels.
        let known = feature.known_levels as u32;
        for code in codes.iter_mut().filter(|code| **code != MISSING) {
            *code = (*code).min(known - 1);
        }
        feature.levels.truncate(feature.known_levels);
    }
}
