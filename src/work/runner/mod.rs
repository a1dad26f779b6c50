//! Runs the console's effects in the background. Calls return at once; results arrive as messages.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use crossbeam_channel::Sender;

use super::JournalFile;
use crate::{
    app::challenger::{self, Asked},
    app::{BackgroundEffect, Export, Failure, Msg, Outcome, WindowedView},
    autopsy::{
        Choice, Dossier, Investigation,
        cohort::{self, Cohort},
        exam::{
            self,
            context::ExamContext,
            integrity::{self, Candidate, Trials},
        },
    },
    case::{Case, CaseError},
    engine::{EngineError, Inputs},
    journal::{Journal, Record},
    progress,
    remedy::{self, golden_refresh},
    report::{self, Analyst, Report},
    study::{self, Topic},
    summary::Width,
    text::{fault, message::Explain, sanitize},
    work::cache::{CaseCache, Kept},
};

mod job;
mod watch;
mod written;

use job::Job;
use written::{write_export, write_report};

/// Minimum interval between progress messages of a pass, in milliseconds.
const PACE_MS: u64 = 50;

/// Number of rows that the console proposes for the golden set.
const GOLDEN_ROWS: usize = 60;

/// Reads the contract; called again after the user edited it.
pub type Load = dyn Fn() -> Result<Case, CaseError> + Send + Sync;

/// The console's access to files and computations.
pub struct JobRunner {
    load: Arc<Load>,
    journal: Option<JournalFile>,
    /// Where what is known of the case is kept; none to keep nothing.
    cache_folder: Option<PathBuf>,
    /// What is kept of the case that is open.
    cache: Arc<Mutex<Arc<CaseCache>>>,
    /// The current state of the journal.
    marks: Journal,
    /// Records that could not be written yet; they are written before the next one.
    unwritten: Vec<Record>,
    report_folder: PathBuf,
    began: Instant,
    /// Cancels the running job.
    cancel: Arc<AtomicBool>,
    /// Cancels the running measurement of remedies.
    cancel_remedy: Arc<AtomicBool>,
    /// Counts the requests to try repairs; only the latest is answered.
    newest_trial: Arc<AtomicU64>,
    /// The measurements of remedies.
    backtests: Arc<Mutex<Option<Arc<remedy::RemedyReport>>>>,
    /// The last completed investigation.
    known: Arc<Mutex<Option<Arc<Investigation>>>>,
    /// All rows of the case, while a part of them is shown.
    whole: Option<Arc<Dossier>>,
    /// The epoch whose files are watched; an earlier watch ends.
    watched: Arc<AtomicU64>,
}

impl JobRunner {
    /// Creates a runner for one case.
    ///
    /// * `load`: reads its contract.
    /// * `journal`: file for the analyst's records; `None` to keep none.
    /// * `marks`: the records so far.
    /// * `report_folder`: destination of the report.
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
            cache_folder: None,
            cache: Arc::new(Mutex::new(Arc::new(CaseCache::off()))),
            marks,
            unwritten: Vec::new(),
            report_folder,
            began: Instant::now(),
            cancel: Arc::new(AtomicBool::new(false)),
            cancel_remedy: Arc::new(AtomicBool::new(false)),
            newest_trial: Arc::default(),
            backtests: Arc::default(),
            known: Arc::default(),
            whole: None,
            watched: Arc::default(),
        }
    }

    /// Keeps what is known of the case in a folder, and uses what is kept there.
    #[must_use]
    pub fn with_cache(self, folder: Option<PathBuf>) -> Self {
        Self { cache_folder: folder, ..self }
    }

    /// Starts an effect.
    pub fn run(&mut self, effect: BackgroundEffect, answers: &Sender<Msg>) {
        match effect {
            BackgroundEffect::Open { epoch } => self.open(epoch, answers),
            BackgroundEffect::Cancel => {
                self.cancel.store(true, Ordering::Relaxed);
                self.cancel_remedy.store(true, Ordering::Relaxed);
            }
            BackgroundEffect::Remedy { epoch } => self.remedy(epoch, answers),
            BackgroundEffect::Investigate { epoch, choice, cohort } => {
                self.investigate(epoch, choice, cohort, answers);
            }
            BackgroundEffect::TryFix { epoch, feature, typed } => {
                self.try_fixes(epoch, feature, typed, answers);
            }
            BackgroundEffect::Watch { epoch } => watch::begin(epoch, &self.load, &self.watched, answers),
            BackgroundEffect::Window { epoch, width, between } => self.window(epoch, width, between, answers),
            BackgroundEffect::Refit { epoch, asked } => self.refit(epoch, asked, answers),
            BackgroundEffect::Study { epoch, topic } => self.study(epoch, topic, answers),
            BackgroundEffect::Preview { epoch } => {
                self.report(answers, move |report| Msg::Preview { epoch, text: report.markdown().into() });
            }
            BackgroundEffect::WriteReport => {
                let (folder, load) = (self.report_folder.clone(), Arc::clone(&self.load));
                self.report(answers, move |report| {
                    // If the contract was broken in the meantime, it names no inputs; the report is about
                    // what was read before.
                    let inputs = load().map(|case| Inputs::of(&case)).unwrap_or_default();
                    Msg::Outcome(write_report(&folder, &report, &inputs))
                });
            }
            BackgroundEffect::Append(record) => {
                self.marks.add(record.clone());
                self.unwritten.push(record);
                match self.journal.as_ref().map(|journal| journal.append(&self.unwritten)) {
                    Some(Err(error)) => {
                        let message = format!("the journal cannot be written: {error}; trying again");
                        tell(answers, Outcome::Failed(message));
                    }
                    _ => self.unwritten.clear(),
                }
            }
            BackgroundEffect::Export { export, stem, content } => {
                let text = match (export, self.known()) {
                    (Export::Json, Some(investigation)) => report::json::object(&investigation),
                    (Export::Json, None) => {
                        return tell(answers, Outcome::Failed("nothing is known yet".to_owned()));
                    }
                    _ => content,
                };
                tell(answers, write_export(Path::new("."), export, &stem, &text));
            }
        }
    }

    fn known(&self) -> Option<Arc<Investigation>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Creates a job that answers with this epoch, and cancels the previous one.
    fn job(&mut self, epoch: u64, answers: &Sender<Msg>) -> Job {
        self.cancel_remedy.store(true, Ordering::Relaxed);
        *self.backtests.lock().unwrap_or_else(PoisonError::into_inner) = None;
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
        self.whole = None;
        let choice = self.marks.marks().choice;
        let (load, known) = (Arc::clone(&self.load), Arc::clone(&self.known));
        let (folder, cache) = (self.cache_folder.clone(), Arc::clone(&self.cache));
        std::thread::spawn(move || {
            let keep = |opened| *cache.lock().unwrap_or_else(PoisonError::into_inner) = opened;
            match catch_unwind(AssertUnwindSafe(|| job.open(&*load, choice, folder.as_deref(), &keep))) {
                Ok(Ok(investigation)) => job.finish(&known, investigation),
                // Whoever cancelled it knows.
                Ok(Err(EngineError::Cancelled)) => {}
                Ok(Err(error)) => job.fail(failure(&error)),
                Err(panic) => job.fail(panic_failure(panic.as_ref())),
            }
        });
    }

    /// Examines what was read once more, on another comparison.
    fn investigate(
        &mut self,
        epoch: u64,
        choice: Choice,
        cohort: Option<Arc<Cohort>>,
        answers: &Sender<Msg>,
    ) {
        let Some(before) = self.known() else { return };
        // A cohort is taken from all rows, also where another one is shown.
        let whole = match &self.whole {
            Some(whole) => Arc::clone(whole),
            None => Arc::clone(&before.dossier),
        };
        self.whole = cohort.is_some().then(|| Arc::clone(&whole));
        let job = self.job(epoch, answers);
        let known = Arc::clone(&self.known);
        std::thread::spawn(move || {
            let examined = catch_unwind(AssertUnwindSafe(|| {
                let dossier = match &cohort {
                    Some(cohort) => Arc::new(cohort.narrow(&whole).map_err(|error| error.to_string())?),
                    None => whole,
                };
                let begun = Investigation::begin_by(dossier, choice).map_err(|error| error.to_string());
                begun.map(|begun| job.examine(begun))
            }));
            let message = match examined {
                Ok(Ok(Ok(investigation))) => return job.finish(&known, investigation),
                // Whoever cancelled it knows.
                Ok(Ok(Err(_))) => return,
                Ok(Err(message)) => message,
                Err(panic) => panic_failure(panic.as_ref()).message,
            };
            job.tell(Msg::Unchosen { epoch, message });
        });
    }

    /// Creates the report in the background and answers with the result of `then`.
    fn report(&self, answers: &Sender<Msg>, then: impl FnOnce(Report) -> Msg + Send + 'static) {
        let Some(investigation) = self.known() else {
            return tell(answers, Outcome::Failed("nothing is known yet".to_owned()));
        };
        let (analyst, answers) = (Analyst::from(&self.marks), answers.clone());
        let backtests = self.backtests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        std::thread::spawn(move || {
            let made = catch_unwind(AssertUnwindSafe(|| {
                let studies = study::all(&investigation, false);
                let report = Report::new(&investigation, &analyst).with_studies(studies);
                then(match backtests {
                    Some(backtests) => report.with_remedies(&investigation, &backtests),
                    None => report,
                })
            }));
            let msg = made
                .unwrap_or_else(|panic| Msg::Outcome(Outcome::Failed(panic_failure(panic.as_ref()).message)));
            let _ = answers.send(msg);
        });
    }

    /// Measures the remedies in the background.
    fn remedy(&mut self, epoch: u64, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        self.cancel_remedy.store(true, Ordering::Relaxed);
        self.cancel_remedy = Arc::new(AtomicBool::new(false));
        let (cancel, answers) = (Arc::clone(&self.cancel_remedy), answers.clone());
        let known = Arc::clone(&self.backtests);
        // What a cohort of the rows was measured on is nothing that a second look asks for.
        let cache = match &self.whole {
            None => Arc::clone(&self.cache.lock().unwrap_or_else(PoisonError::into_inner)),
            Some(_) => Arc::new(CaseCache::off()),
        };
        std::thread::spawn(move || {
            // Once the console is gone there is no receiver, and nothing is lost.
            let tell = |msg| drop(answers.send(msg));
            let progress = |at: progress::Progress| {
                tell(Msg::Remedying { epoch, done: at.done, of: at.of, what: at.what });
            };
            let control = progress::RunControl { progress: Some(&progress), cancel: Some(&cancel) };
            let measured = catch_unwind(AssertUnwindSafe(|| {
                let kept = Kept::Remedies(investigation.framing.choice);
                let backtests = cache.get_or(kept, || remedy::measure(&investigation, &control))?;
                let (dossier, framing) = (&investigation.dossier, &investigation.framing);
                let golden = golden_refresh::propose(dossier, framing, GOLDEN_ROWS);
                Ok((backtests, golden.into()))
            }));
            match measured {
                Ok(Ok((backtests, golden))) => {
                    let backtests = Arc::new(backtests);
                    *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&backtests));
                    tell(Msg::Remedied { epoch, backtests, golden });
                }
                // Whoever cancelled it knows.
                Ok(Err(progress::Stopped)) => {}
                Err(panic) => {
                    tell(Msg::RemedyFailed { epoch, message: panic_failure(panic.as_ref()).message });
                }
            }
        });
    }

    /// Tries every repair on a feature; a later question stops this one.
    fn try_fixes(&self, epoch: u64, feature: usize, typed: Option<Candidate>, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        let (answers, newest) = (answers.clone(), Arc::clone(&self.newest_trial));
        let own = newest.fetch_add(1, Ordering::Relaxed) + 1;
        std::thread::spawn(move || {
            let tried = catch_unwind(AssertUnwindSafe(|| {
                let wanted = || newest.load(Ordering::Relaxed) == own;
                try_each(&investigation, (epoch, feature), typed, &answers, &wanted);
            }));
            if let Err(panic) = tried {
                tell(&answers, Outcome::Failed(panic_failure(panic.as_ref()).message));
            }
        });
    }

    /// Refits a challenger; the console drops results it no longer needs.
    fn refit(&self, epoch: u64, asked: Asked, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        let answers = answers.clone();
        std::thread::spawn(move || {
            let refitted = catch_unwind(AssertUnwindSafe(|| challenger::refit(&investigation, asked)));
            let came = refitted.unwrap_or_else(|panic| Err(panic_failure(panic.as_ref()).message));
            let came = came.map(Box::new);
            let _ = answers.send(Msg::Refitted { epoch, asked, came });
        });
    }

    /// Makes a study; the console drops one that it no longer shows.
    fn study(&self, epoch: u64, topic: Topic, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        let answers = answers.clone();
        std::thread::spawn(move || {
            let made = catch_unwind(AssertUnwindSafe(|| study::study(topic, &investigation)));
            let came = made.unwrap_or_else(|panic| Err(panic_failure(panic.as_ref()).message));
            let _ = answers.send(Msg::Studied { epoch, topic, came: came.map(Arc::new) });
        });
    }

    fn window(&self, epoch: u64, width: Width, between: bool, answers: &Sender<Msg>) {
        let Some(investigation) = self.known() else { return };
        let answers = answers.clone();
        std::thread::spawn(move || {
            let view = catch_unwind(AssertUnwindSafe(|| windowed(&investigation, width, between)));
            let msg = match view {
                Ok(view) => Msg::Windowed { epoch, view: Box::new(view) },
                Err(panic) => Msg::Outcome(Outcome::Failed(panic_failure(panic.as_ref()).message)),
            };
            let _ = answers.send(msg);
        });
    }
}

/// Tries the repairs of a feature one by one, until a later request arrives.
fn try_each(
    investigation: &Investigation,
    (epoch, feature): (u64, usize),
    typed: Option<Candidate>,
    answers: &Sender<Msg>,
    wanted: &dyn Fn() -> bool,
) {
    let Investigation { dossier, framing, integrity, performance, yardstick, .. } = investigation;
    let found = integrity::candidates(dossier, framing, integrity, feature);
    let candidates: Vec<Candidate> = typed.into_iter().chain(found).collect();
    let _ = answers.send(Msg::Trying { epoch, feature, candidates: candidates.clone() });
    let trials = Trials::new(dossier, framing, yardstick, performance.headline);
    for (at, candidate) in candidates.iter().enumerate() {
        if !wanted() {
            return;
        }
        let trial = Box::new(trials.attempt(feature, &candidate.fix));
        let _ = answers.send(Msg::Tried { epoch, feature, at, trial });
    }
}

/// Recomputes the exams' series over windows of another width.
///
/// * `between`: hold the inputs against the rows before the onset instead of training.
fn windowed(investigation: &Investigation, width: Width, between: bool) -> WindowedView {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let mut performance = investigation.performance.clone();
    (performance.grid, performance.courses) =
        exam::performance::courses(dossier, &performance.metrics, width);
    let reference = between.then(|| cohort::against(dossier, &framing.before)).flatten().map(Arc::new);
    let held = reference.as_ref().unwrap_or(dossier);
    let (mut drift, _) = exam::drift::at_width(&ExamContext::new(held, framing), width);
    if let Some(course) = performance.course(performance.headline) {
        drift.follow(&course.losses());
    }
    WindowedView { width, drift, performance, reference }
}

fn failure(error: &(impl Explain + ?Sized)) -> Failure {
    let message = error.message();
    Failure {
        code: message.code.to_owned(),
        place: message.place_lines(false),
        details: message.lines(false).join("\n"),
        message: message.message,
        hints: message.hints,
    }
}

/// Converts a panic to a failure: the terminal stays usable, and the analyst is told where it happened.
fn panic_failure(panic: &(dyn std::any::Any + Send)) -> Failure {
    let what = fault::message(panic);
    let message = "a fault in coroner stopped the investigation";
    Failure {
        code: "E202".to_owned(),
        message: message.to_owned(),
        place: Vec::new(),
        hints: vec!["please report it with the details (d) and, if you can, the case".to_owned()],
        details: format!("coroner: {message} [E202]\n\n   {}", sanitize::terminal(&what)),
    }
}

fn tell(answers: &Sender<Msg>, outcome: Outcome) {
    let _ = answers.send(Msg::Outcome(outcome));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_periods_are_held_against_each_other() {
        let investigation = crate::app::fixture::investigation();
        let width = investigation.drift.grid.expect("a clock").width;
        let apart = windowed(&investigation, width, false);
        assert!(apart.reference.is_none());
        let view = windowed(&investigation, width, true);
        let held = view.reference.as_ref().expect("rows before the onset");
        assert_eq!(held.training.rows, investigation.framing.before.len() as u64);
    }

    #[test]
    fn a_contract_that_cannot_be_read_becomes_a_failure() {
        let (send, receive) = crossbeam_channel::unbounded();
        let load: Arc<Load> = Arc::new(|| Case::load(Path::new("no/such/case")));
        let mut runner = JobRunner::new(load, None, Journal::default(), PathBuf::from("report"));
        runner.run(BackgroundEffect::Open { epoch: 3 }, &send);
        drop(runner);
        drop(send);
        let last = receive.iter().last().expect("an answer");
        let Msg::Failed { epoch: 3, failure } = last else { panic!("{last:?}") };
        assert_eq!(failure.code, "E001");
        assert!(!failure.hints.is_empty());
    }
}
