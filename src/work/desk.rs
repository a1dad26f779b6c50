//! Carries out what the console asks for, in the background. It returns at once; answers come as messages.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use crossbeam_channel::Sender;

use super::JournalFile;
use crate::{
    app::challenger::{self, Asked},
    app::journal::Journal,
    app::{Effect, Export, Failure, FileProgress, FileState, Msg, Opening, Outcome, Phase, WindowedView},
    autopsy::{
        Choice, Dossier, Investigation, Stage,
        exam::{self, integrity, integrity::Trials},
    },
    case::{Case, CaseError},
    engine::{EngineError, LocalEngine, Progress, SnapshotRole, Watch},
    remedy::{self, golden_refresh},
    report::{self, Analyst, Report},
    summary::Width,
    text::{message::Explain, number, sanitize},
};

/// The console hears of a pass at most this often, in milliseconds.
const PACE_MS: u64 = 50;

/// Rows that the console proposes for the golden set.
const GOLDEN_ROWS: usize = 60;

/// Reads the contract, again after the user edited it.
pub type Load = dyn Fn() -> Result<Case, CaseError> + Send + Sync;

/// The console's link to files and computations.
pub struct Desk {
    load: Arc<Load>,
    journal: Option<JournalFile>,
    /// What the journal says by now.
    marks: Journal,
    report_folder: PathBuf,
    began: Instant,
    /// Stops the opening that runs.
    cancel: Arc<AtomicBool>,
    /// Stops the measurement of remedies that runs.
    cancel_remedy: Arc<AtomicBool>,
    /// Counts the questions for repairs; only the last one is answered.
    newest_trial: Arc<AtomicU64>,
    /// What was measured about its remedies.
    bench: Arc<Mutex<Option<Arc<remedy::Bench>>>>,
    /// The last investigation that came to its end.
    known: Arc<Mutex<Option<Arc<Investigation>>>>,
}

impl Desk {
    /// A desk for one case.
    ///
    /// * `load`: reads its contract.
    /// * `journal`: where the analyst's marks go; nowhere when absent.
    /// * `marks`: what they say so far.
    /// * `report_folder`: where the report goes.
    #[must_use]
    pub fn new(
        load: Arc<Load>,
        journal: Option<JournalFile>,
        marks: Journal,
        report_folder: PathBuf,
    ) -> Self {
        Self {
            load,
            journal,
            marks,
            report_folder,
            began: Instant::now(),
            cancel: Arc::new(AtomicBool::new(false)),
            cancel_remedy: Arc::new(AtomicBool::new(false)),
            newest_trial: Arc::default(),
            bench: Arc::default(),
            known: Arc::default(),
        }
    }

    /// Begins to carry an effect out.
    pub fn carry_out(&mut self, effect: Effect, answers: &Sender<Msg>) {
        match effect {
            Effect::Open { epoch } => self.open(epoch, answers),
            Effect::Cancel => {
                self.cancel.store(true, Ordering::Relaxed);
                self.cancel_remedy.store(true, Ordering::Relaxed);
            }
            Effect::Remedy { epoch } => self.remedy(epoch, answers),
            Effect::Investigate { epoch, choice } => self.investigate(epoch, choice, answers),
            Effect::TryFix { epoch, feature } => self.try_fixes(epoch, feature, answers),
            Effect::Window { epoch, width } => self.window(epoch, width, answers),
            Effect::Refit { epoch, asked } => self.refit(epoch, asked, answers),
            Effect::Preview { epoch } => {
                self.report(answers, move |report| Msg::Preview {
                    epoch,
                    text: report.markdown().into(),
                });
            }
            Effect::WriteReport => {
                let folder = self.report_folder.clone();
                self.report(answers, move |report| {
                    Msg::Outcome(write_report(&folder, &report))
                });
            }
            Effect::Append(record) => {
                self.marks.add(record.clone());
                if let Some(Err(error)) = self.journal.as_ref().map(|journal| journal.append(&record)) {
                    tell(
                        answers,
                        Outcome::Failed(format!("the journal cannot be written: {error}")),
                    );
                }
            }
            Effect::Export(export, content) => {
                let text = match (export, self.known()) {
                    (Export::Json, Some(investigation)) => report::json::object(&investigation),
                    (Export::Json, None) => {
                        return tell(answers, Outcome::Failed("nothing is known yet".to_owned()));
                    }
                    _ => content,
                };
                tell(answers, write_export(Path::new("."), export, &text));
            }
            // The terminal's own business.
            _ => {}
        }
    }

    fn known(&self) -> Option<Arc<Investigation>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A new job that answers with this epoch; what ran before is stopped.
    fn job(&mut self, epoch: u64, answers: &Sender<Msg>) -> Job {
        self.cancel_remedy.store(true, Ordering::Relaxed);
        *self.bench.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.cancel.store(true, Ordering::Relaxed);
        self.cancel = Arc::new(AtomicBool::new(false));
        Job {
            epoch,
            answers: answers.clone(),
            cancel: Arc::clone(&self.cancel),
            began: self.began,
            started_ms: self.began.elapsed().as_millis() as u64,
        }
    }

    fn open(&mut self, epoch: u64, answers: &Sender<Msg>) {
        let job = self.job(epoch, answers);
        let choice = self.marks.marks().choice;
        let (load, known) = (Arc::clone(&self.load), Arc::clone(&self.known));
        std::thread::spawn(move || {
            match catch_unwind(AssertUnwindSafe(|| job.open(&*load, choice))) {
                Ok(Ok(investigation)) => job.finish(&known, investigation),
                // Who stopped it knows that it stopped.
                Ok(Err(EngineError::Cancelled)) => {}
                Ok(Err(error)) => job.fail(failure(&error)),
                Err(panic) => job.fail(broken(panic.as_ref())),
            }
        });
    }

    /// Examines what was read once more, on another comparison.
    fn investigate(&mut self, epoch: u64, choice: Choice, answers: &Sender<Msg>) {
        let Some(before) = self.known() else { return };
        let job = self.job(epoch, answers);
        let known = Arc::clone(&self.known);
        std::thread::spawn(move || {
            let examined = catch_unwind(AssertUnwindSafe(|| {
                let begun = Investigation::begin_by(Arc::clone(&before.dossier), choice);
                begun.map(|begun| job.examine(begun))
            }));
            let says = match examined {
                Ok(Ok(Ok(investigation))) => return job.finish(&known, investigation),
                // Who stopped it knows that it stopped.
                Ok(Ok(Err(_))) => return,
                Ok(Err(error)) => error.to_string(),
                Err(panic) => broken(panic.as_ref()).says,
            };
            job.tell(Msg::Unchosen { epoch, says });
        });
    }

    /// Makes the report in the background and answers with what `then` does with it.
    fn report(&self, answers: &Sender<Msg>, then: impl FnOnce(Report) -> Msg + Send + 'static) {
        let Some(investigation) = self.known() else {
            return tell(answers, Outcome::Failed("nothing is known yet".to_owned()));
        };
        let (analyst, answers) = (Analyst::from(&self.marks), answers.clone());
        let bench = self.bench.lock().unwrap_or_else(PoisonError::into_inner).clone();
        std::thread::spawn(move || {
            let made = catch_unwind(AssertUnwindSafe(|| {
                let report = Report::new(&investigation, &analyst);
                then(match bench {
                    Some(bench) => report.with_remedies(&investigation, &bench),
                    None => report,
                })
            }));
            let msg = made.unwrap_or_else(|panic| Msg::Outcome(Outcome::Failed(broken(panic.as_ref()).says)));
            let _ = answers.send(msg);
        });
    }

    /// Measures the remedies in the background.
    fn remedy(&mut self, epoch: u64, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        self.cancel_remedy.store(true, Ordering::Relaxed);
        self.cancel_remedy = Arc::new(AtomicBool::new(false));
        let (cancel, answers) = (Arc::clone(&self.cancel_remedy), answers.clone());
        let known = Arc::clone(&self.bench);
        std::thread::spawn(move || {
            // Nobody listens any more once the console is gone, and then nothing is lost.
            let tell = |msg| drop(answers.send(msg));
            let progress = |at: remedy::Progress<'_>| {
                tell(Msg::Remedying {
                    epoch,
                    done: at.done,
                    of: at.of,
                    what: at.what.to_owned(),
                });
            };
            let watch = remedy::Watch {
                progress: Some(&progress),
                cancel: Some(&cancel),
            };
            let measured = catch_unwind(AssertUnwindSafe(|| {
                let bench = remedy::measure(&investigation, &watch)?;
                let (dossier, framing) = (&investigation.dossier, &investigation.framing);
                let golden = golden_refresh::propose(dossier, framing, GOLDEN_ROWS);
                Ok((bench, golden.into()))
            }));
            match measured {
                Ok(Ok((bench, golden))) => {
                    let bench = Arc::new(bench);
                    *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&bench));
                    tell(Msg::Remedied { epoch, bench, golden });
                }
                // Who stopped it knows that it stopped.
                Ok(Err(remedy::Stopped)) => {}
                Err(panic) => tell(Msg::RemedyFailed {
                    epoch,
                    says: broken(panic.as_ref()).says,
                }),
            }
        });
    }

    /// Tries every repair on a feature; a later question stops this one.
    fn try_fixes(&self, epoch: u64, feature: usize, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        let (answers, newest) = (answers.clone(), Arc::clone(&self.newest_trial));
        let own = newest.fetch_add(1, Ordering::Relaxed) + 1;
        std::thread::spawn(move || {
            let tried = catch_unwind(AssertUnwindSafe(|| {
                let wanted = || newest.load(Ordering::Relaxed) == own;
                try_each(&investigation, epoch, feature, &answers, &wanted);
            }));
            if let Err(panic) = tried {
                tell(&answers, Outcome::Failed(broken(panic.as_ref()).says));
            }
        });
    }

    /// Refits a challenger; the console drops what it no longer asks for.
    fn refit(&self, epoch: u64, asked: Asked, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        let answers = answers.clone();
        std::thread::spawn(move || {
            let refitted = catch_unwind(AssertUnwindSafe(|| challenger::refit(&investigation, asked)));
            let came = refitted.unwrap_or_else(|panic| Err(broken(panic.as_ref()).says));
            let came = came.map(Box::new);
            let _ = answers.send(Msg::Refitted { epoch, asked, came });
        });
    }

    fn window(&self, epoch: u64, width: Width, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        let answers = answers.clone();
        std::thread::spawn(move || {
            let view = catch_unwind(AssertUnwindSafe(|| windowed(&investigation, width)));
            let msg = match view {
                Ok(view) => Msg::Windowed {
                    epoch,
                    view: Box::new(view),
                },
                Err(panic) => Msg::Outcome(Outcome::Failed(broken(panic.as_ref()).says)),
            };
            let _ = answers.send(msg);
        });
    }
}

/// One opening.
struct Job {
    epoch: u64,
    answers: Sender<Msg>,
    cancel: Arc<AtomicBool>,
    began: Instant,
    started_ms: u64,
}

impl Job {
    /// Nobody listens any more once the console is gone, and then nothing is lost.
    fn tell(&self, msg: Msg) {
        let _ = self.answers.send(msg);
    }

    fn fail(&self, failure: Failure) {
        self.tell(Msg::Failed {
            epoch: self.epoch,
            failure: Box::new(failure),
        });
    }

    fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Makes an investigation the one that is known, unless the job was stopped.
    fn finish(&self, known: &Mutex<Option<Arc<Investigation>>>, investigation: Arc<Investigation>) {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.cancel.load(Ordering::Relaxed) {
            return;
        }
        *known = Some(Arc::clone(&investigation));
        drop(known);
        let data = fingerprint(&investigation.dossier);
        self.tell(Msg::Examined {
            epoch: self.epoch,
            investigation,
            data,
        });
    }

    fn open(&self, load: &Load, choice: Choice) -> Result<Arc<Investigation>, EngineError> {
        let case = load()?;
        let snapshots = snapshots(&case);
        let mut opening = Opening {
            phase: Phase::Reading,
            files: snapshots.iter().map(|(_, name)| waiting(name)).collect(),
            notes: case.notes.clone(),
            began_ms: self.started_ms,
            took_ms: 0,
        };
        self.state(&opening);
        let passes = Passes::new(self, snapshots);
        let report = |progress: Progress<'_>| passes.report(progress);
        let watch = Watch {
            progress: Some(&report),
            cancel: Some(&self.cancel),
        };
        let dossier = Arc::new(super::open(&case, &LocalEngine::default(), &watch)?);
        for ((role, _), file) in passes.files.iter().zip(&mut opening.files) {
            file.state = FileState::Done(content(&dossier, *role));
        }
        opening.notes.clone_from(&dossier.notes);
        self.state(&opening);
        // The data may have changed since the choice was made: the console says so and shows what the search finds.
        let begun = Investigation::begin_by(Arc::clone(&dossier), choice).unwrap_or_else(|error| {
            self.tell(Msg::Unchosen {
                epoch: self.epoch,
                says: error.to_string(),
            });
            Investigation::begin(dossier)
        });
        self.examine(begun)
    }

    /// Runs the exams stage by stage; the console hears of each as it begins, and of what is known once it is done.
    fn examine(&self, begun: Investigation) -> Result<Arc<Investigation>, EngineError> {
        let mut investigation = Arc::new(begun);
        while let Some(stage) = investigation.next_stage() {
            self.examining(stage, (0, 0));
            self.tell(Msg::Known {
                epoch: self.epoch,
                investigation: Arc::clone(&investigation),
            });
            Arc::make_mut(&mut investigation).advance(&|done, of| self.examining(stage, (done, of)));
            if self.cancel.load(Ordering::Relaxed) {
                return Err(EngineError::Cancelled);
            }
        }
        Ok(investigation)
    }

    fn examining(&self, stage: Stage, parts: (usize, usize)) {
        self.tell(Msg::Examining {
            epoch: self.epoch,
            stage,
            parts,
        });
    }

    fn state(&self, opening: &Opening) {
        self.tell(Msg::Opening {
            epoch: self.epoch,
            state: Box::new(opening.clone()),
        });
    }
}

/// The passes as the console sees them.
struct Passes<'a> {
    job: &'a Job,
    files: Vec<(SnapshotRole, String)>,
    /// The file that is read, and since when.
    current: AtomicUsize,
    since_ms: AtomicU64,
    told_ms: AtomicU64,
}

impl<'a> Passes<'a> {
    fn new(job: &'a Job, files: Vec<(SnapshotRole, String)>) -> Self {
        let since_ms = AtomicU64::new(job.now_ms());
        Self {
            job,
            files,
            current: AtomicUsize::new(0),
            since_ms,
            told_ms: AtomicU64::new(0),
        }
    }

    /// Called from the reading threads; passes on what the console can use.
    fn report(&self, progress: Progress<'_>) {
        let is_it = |(role, name): &(SnapshotRole, String)| {
            role.key() == progress.snapshot || name == progress.snapshot
        };
        let Some(index) = self.files.iter().position(is_it) else {
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
        let state = FileState::Reading {
            done: progress.rows,
            of: progress.of.unwrap_or(0),
        };
        self.tell(index, state, self.since_ms.load(Ordering::Relaxed), None);
    }

    fn tell(&self, index: usize, state: FileState, began_ms: u64, took_ms: Option<u64>) {
        let name = self.files[index].1.clone();
        let progress = FileProgress {
            name,
            state,
            began_ms,
            took_ms,
        };
        self.job.tell(Msg::File {
            epoch: self.job.epoch,
            index,
            progress,
        });
    }
}

/// The snapshots that a case names, in the order in which they are read.
fn snapshots(case: &Case) -> Vec<(SnapshotRole, String)> {
    let roles = [
        SnapshotRole::Training,
        SnapshotRole::Production,
        SnapshotRole::Golden,
        SnapshotRole::Offline,
        SnapshotRole::Candidate,
        SnapshotRole::Reviewed,
    ];
    roles
        .into_iter()
        .filter_map(|role| Some((role, role.named(case)?.to_owned())))
        .collect()
}

fn waiting(name: &str) -> FileProgress {
    FileProgress {
        name: name.to_owned(),
        state: FileState::Waiting,
        began_ms: 0,
        took_ms: None,
    }
}

/// What a snapshot held, in words.
fn content(dossier: &Dossier, role: SnapshotRole) -> String {
    let rows = match role {
        SnapshotRole::Training => dossier.training.rows,
        SnapshotRole::Production => dossier.production.rows,
        SnapshotRole::Golden => dossier.golden.as_ref().map_or(0, |golden| golden.population),
        SnapshotRole::Offline => dossier.offline.as_ref().map_or(0, |offline| offline.population),
        SnapshotRole::Candidate => return "joined by id".to_owned(),
        SnapshotRole::Reviewed => dossier
            .reviewed
            .as_ref()
            .map_or(0, |reviewed| reviewed.population),
    };
    format!("{} rows", number::count(rows))
}

/// Tries the repairs of a feature one after the other, as long as they are wanted.
fn try_each(
    investigation: &Investigation,
    epoch: u64,
    feature: usize,
    answers: &Sender<Msg>,
    wanted: &dyn Fn() -> bool,
) {
    let Investigation {
        dossier,
        framing,
        integrity,
        performance,
        ..
    } = investigation;
    let candidates = integrity::candidates(dossier, framing, integrity, feature);
    let _ = answers.send(Msg::Trying {
        epoch,
        feature,
        candidates: candidates.clone(),
    });
    let trials = Trials::new(
        dossier,
        framing,
        integrity.rescorer.as_ref(),
        performance.headline,
    );
    for (at, candidate) in candidates.iter().enumerate() {
        if !wanted() {
            return;
        }
        let trial = Box::new(trials.attempt(feature, &candidate.fix));
        let _ = answers.send(Msg::Tried {
            epoch,
            feature,
            at,
            trial,
        });
    }
}

/// The exams' courses over windows of another width.
fn windowed(investigation: &Investigation, width: Width) -> WindowedView {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let mut performance = investigation.performance.clone();
    (performance.grid, performance.courses) =
        exam::performance::courses(dossier, &performance.metrics, width);
    WindowedView {
        width,
        drift: exam::drift::at_width(dossier, framing, width),
        performance,
    }
}

/// What tells the data of one open from those of another.
fn fingerprint(dossier: &Dossier) -> String {
    let hashes: Vec<&str> = dossier
        .files
        .iter()
        .map(|file| file.sha256.get(..12).unwrap_or(&file.sha256))
        .collect();
    hashes.join("-")
}

fn failure(error: &(impl Explain + ?Sized)) -> Failure {
    let message = error.message();
    Failure {
        code: message.code.to_owned(),
        place: message.place_lines(false),
        details: message.lines(false).join("\n"),
        says: message.says,
        hints: message.hints,
    }
}

/// A fault of the program itself; the terminal stays sane, and the analyst learns where it was.
fn broken(panic: &(dyn std::any::Any + Send)) -> Failure {
    let what = panic.downcast_ref::<&str>().map(ToString::to_string);
    let what = what
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason given".to_owned());
    let says = "a fault in coroner stopped the investigation";
    Failure {
        code: "E202".to_owned(),
        says: says.to_owned(),
        place: Vec::new(),
        hints: vec!["please report it with the details (d) and, if you can, the case".to_owned()],
        details: format!("coroner: {says} [E202]\n\n   {}", sanitize::terminal(&what)),
    }
}

fn tell(answers: &Sender<Msg>, outcome: Outcome) {
    let _ = answers.send(Msg::Outcome(outcome));
}

/// Writes the report's files below a folder, in place of older ones.
fn write_report(folder: &Path, report: &Report) -> Outcome {
    let mut replaced = 0;
    for (name, bytes) in report.files(report.markdown()) {
        let path = folder.join(name);
        replaced += usize::from(path.exists());
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = made.and_then(|()| fs::write(&path, bytes)) {
            return Outcome::Failed(format!("{} cannot be written: {error}", path.display()));
        }
    }
    let path = folder.join(report::FILE).display().to_string();
    Outcome::Wrote { path, replaced }
}

/// Writes an export into a folder under a name that is free.
fn write_export(folder: &Path, export: Export, text: &str) -> Outcome {
    let ending = match export {
        Export::Csv => "csv",
        Export::Json => "json",
        Export::Markdown => "md",
    };
    let name = |n: u32| {
        if n == 1 {
            format!("coroner-export.{ending}")
        } else {
            format!("coroner-export-{n}.{ending}")
        }
    };
    let free: Option<PathBuf> = (1..1000)
        .map(|n| folder.join(name(n)))
        .find(|path| !path.exists());
    let Some(path) = free else {
        return Outcome::Failed("there are too many exports in this folder".to_owned());
    };
    match fs::write(&path, text) {
        Ok(()) => Outcome::Exported(path.display().to_string()),
        Err(error) => Outcome::Failed(format!("{} cannot be written: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_never_overwrites() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = write_export(folder.path(), Export::Csv, "a");
        let second = write_export(folder.path(), Export::Csv, "b");
        assert_ne!(first, second);
        let text = fs::read_to_string(folder.path().join("coroner-export.csv")).expect("it is there");
        assert_eq!(text, "a");
    }

    #[test]
    fn a_contract_that_cannot_be_read_becomes_a_failure() {
        let (send, receive) = crossbeam_channel::unbounded();
        let load: Arc<Load> = Arc::new(|| Case::load(Path::new("no/such/case")));
        let mut desk = Desk::new(load, None, Journal::default(), PathBuf::from("report"));
        desk.carry_out(Effect::Open { epoch: 3 }, &send);
        drop(desk);
        drop(send);
        let last = receive.iter().last().expect("an answer");
        let Msg::Failed { epoch: 3, failure } = last else {
            panic!("{last:?}")
        };
        assert_eq!(failure.code, "E001");
        assert!(!failure.hints.is_empty());
    }
}
