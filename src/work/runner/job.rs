//! A job that opens the case, or analyses it again with another comparison, and reports progress to the
//! console.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use crossbeam_channel::Sender;

use super::{Load, PACE_MS};
use crate::{
    app::{Failure, FileProgress, FileState, Msg, Opening, Phase},
    autopsy::{Choice, Dossier, Investigation, Stage},
    case::SnapshotRole,
    engine::{EngineError, PassControl, PassProgress, engine_of},
    text::number,
    work::cache::CaseCache,
};

/// One job.
pub(super) struct Job {
    pub(super) epoch: u64,
    pub(super) answers: Sender<Msg>,
    pub(super) cancel: Arc<AtomicBool>,
    pub(super) began: Instant,
    pub(super) started_ms: u64,
}

impl Job {
    /// Sends a message. Once the console is gone there is no receiver, and nothing is lost.
    pub(super) fn tell(&self, msg: Msg) {
        let _ = self.answers.send(msg);
    }

    pub(super) fn fail(&self, failure: Failure) {
        self.tell(Msg::Failed { epoch: self.epoch, failure: Box::new(failure) });
    }

    fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Stores an investigation as the current one, unless the job was cancelled.
    pub(super) fn finish(
        &self,
        known: &Mutex<Option<Arc<Investigation>>>,
        investigation: Arc<Investigation>,
    ) {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.cancel.load(Ordering::Relaxed) {
            return;
        }
        *known = Some(Arc::clone(&investigation));
        drop(known);
        let data = fingerprint(&investigation.dossier);
        self.tell(Msg::Examined { epoch: self.epoch, investigation, data });
    }

    /// Opens the case and analyses it, as far as the cache does not hold the answer.
    ///
    /// * `cache_folder`: where what is known is kept; none to keep nothing.
    /// * `opened`: receives the cache of the case.
    pub(super) fn open(
        &self,
        load: &Load,
        choice: Choice,
        cache_folder: Option<&Path>,
        opened: &dyn Fn(Arc<CaseCache>),
    ) -> Result<Arc<Investigation>, EngineError> {
        let case = load()?;
        let cache = Arc::new(CaseCache::of(&case, cache_folder));
        opened(Arc::clone(&cache));
        let snapshots: Vec<_> = case.named_snapshots().map(|(role, name)| (role, name.to_owned())).collect();
        let mut opening = Opening {
            phase: Phase::Reading,
            files: snapshots.iter().map(|(_, name)| waiting(name)).collect(),
            notes: case.notes.clone(),
            began_ms: self.started_ms,
            took_ms: 0,
        };
        self.state(&opening);
        let passes = Passes::new(self, snapshots);
        let report = |progress: PassProgress| passes.report(progress);
        let control = PassControl { progress: Some(&report), cancel: Some(&self.cancel) };
        let engine = engine_of(&case)?;
        let dossier = Arc::new(crate::work::open_again(&case, engine.as_ref(), &control, &cache)?);
        for ((role, _), file) in passes.files.iter().zip(&mut opening.files) {
            file.state = FileState::Done(content(&dossier, *role));
        }
        opening.notes.clone_from(&dossier.notes);
        self.state(&opening);
        if let Some(known) = cache.investigation(choice, &dossier) {
            return Ok(Arc::new(known));
        }
        // The data may have changed since the choice was made: the console reports it and falls back to the
        // search.
        let begun = Investigation::begin_by(Arc::clone(&dossier), choice).unwrap_or_else(|error| {
            self.tell(Msg::Unchosen { epoch: self.epoch, message: error.to_string() });
            Investigation::begin(dossier)
        });
        let investigation = self.examine(begun)?;
        cache.keep_investigation(&investigation);
        Ok(investigation)
    }

    /// Runs the exams stage by stage; the console is notified when each begins, and of its results.
    pub(super) fn examine(&self, begun: Investigation) -> Result<Arc<Investigation>, EngineError> {
        let mut investigation = Arc::new(begun);
        while let Some(stage) = investigation.next_stage() {
            self.examining(stage, (0, 0));
            self.tell(Msg::Known { epoch: self.epoch, investigation: Arc::clone(&investigation) });
            Arc::make_mut(&mut investigation).advance(&|done, of| self.examining(stage, (done, of)));
            if self.cancel.load(Ordering::Relaxed) {
                return Err(EngineError::Cancelled);
            }
        }
        Ok(investigation)
    }

    fn examining(&self, stage: Stage, parts: (usize, usize)) {
        self.tell(Msg::Examining { epoch: self.epoch, stage, parts });
    }

    fn state(&self, opening: &Opening) {
        self.tell(Msg::Opening { epoch: self.epoch, state: Box::new(opening.clone()) });
    }
}

/// Progress of the passes, as sent to the console.
struct Passes<'a> {
    job: &'a Job,
    files: Vec<(SnapshotRole, String)>,
    /// The current file, and when it was started.
    current: AtomicUsize,
    since_ms: AtomicU64,
    told_ms: AtomicU64,
}

impl<'a> Passes<'a> {
    fn new(job: &'a Job, files: Vec<(SnapshotRole, String)>) -> Self {
        let since_ms = AtomicU64::new(job.now_ms());
        Self { job, files, current: AtomicUsize::new(0), since_ms, told_ms: AtomicU64::new(0) }
    }

    /// Called from the reading threads; forwards what the console can use.
    fn report(&self, progress: PassProgress) {
        let Some(index) = self.files.iter().position(|(role, _)| *role == progress.snapshot) else {
            return;
        };
        let now = self.job.now_ms();
        let before = self.current.swap(index, Ordering::Relaxed);
        if before != index {
            let began_ms = self.since_ms.swap(now, Ordering::Relaxed);
            let took_ms = Some(now.saturating_sub(began_ms));
            self.tell(before, FileState::Done(String::new()), began_ms, took_ms);
        } else if now < self.told_ms.load(Ordering::Relaxed) + PACE_MS {
            return;
        }
        self.told_ms.store(now, Ordering::Relaxed);
        let state = FileState::Reading { done: progress.rows, of: progress.of.unwrap_or(0) };
        self.tell(index, state, self.since_ms.load(Ordering::Relaxed), None);
    }

    fn tell(&self, index: usize, state: FileState, began_ms: u64, took_ms: Option<u64>) {
        let name = self.files[index].1.clone();
        let progress = FileProgress { name, state, began_ms, took_ms };
        self.job.tell(Msg::File { epoch: self.job.epoch, index, progress });
    }
}

fn waiting(name: &str) -> FileProgress {
    FileProgress { name: name.to_owned(), state: FileState::Waiting, began_ms: 0, took_ms: None }
}

/// Describes the content of a snapshot.
pub(super) fn content(dossier: &Dossier, role: SnapshotRole) -> String {
    match dossier.rows(role) {
        Some(rows) => format!("{} rows", number::count(rows)),
        None => "joined by id".to_owned(),
    }
}

/// Returns a fingerprint of the data, to detect changes between two opens.
fn fingerprint(dossier: &Dossier) -> String {
    let hashes: Vec<&str> =
        dossier.files.iter().map(|file| file.sha256.get(..12).unwrap_or(&file.sha256)).collect();
    hashes.join("-")
}
