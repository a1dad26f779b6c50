//! Measures every remedy on a case.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::{
    autopsy::{Cause, Diagnosis, Investigation, scoring::Answers},
    model::loss::LossKind,
    stats::testing::welch,
    summary::{Micros, Task},
};

use super::{
    bench::{Basis, Bench, Labels, Measured, Measures, Remedy, Trial},
    candidate::{Candidate, broken, candidates, says},
    comparison, curve,
    gain::{self, BlockGain},
    ground::{FEWEST_ROWS, Fold, Ground},
    policy::{self, Proposal},
    review,
};

/// Fewer judged rows than this before the onset can't say what the loss was.
const FEWEST_BEFORE: usize = 100;

/// From this many standard errors on, the loss since the onset is large enough to give shares of it.
const LOST_Z: f64 = 3.0;

/// How far a measurement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Units done.
    pub done: usize,
    /// Units in all.
    pub of: usize,
    /// What was done last.
    pub what: &'a str,
}

/// Whoever watches a measurement, and may stop it.
#[derive(Clone, Copy, Default)]
pub struct Watch<'a> {
    /// Hears of each unit; called from several threads.
    pub progress: Option<&'a (dyn Fn(Progress<'_>) + Sync)>,
    /// Stops it, between two fits.
    pub cancel: Option<&'a AtomicBool>,
}

impl Watch<'_> {
    fn is_stopped(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
    }
}

/// Counts units, and asks before each whether to go on.
pub(super) struct Counter<'a> {
    watch: &'a Watch<'a>,
    done: AtomicUsize,
    of: usize,
}

impl<'a> Counter<'a> {
    /// * `of`: units in all.
    pub(super) const fn new(watch: &'a Watch<'a>, of: usize) -> Self {
        Self { watch, done: AtomicUsize::new(0), of }
    }

    /// Asks whether to go on, in the middle of a unit.
    pub(super) fn asked(&self) -> Result<(), Stopped> {
        if self.watch.is_stopped() { Err(Stopped) } else { Ok(()) }
    }

    /// Runs a unit, unless somebody stopped the measurement.
    pub(super) fn run<T>(&self, what: &str, unit: impl FnOnce() -> T) -> Result<T, Stopped> {
        self.asked()?;
        let result = unit();
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = self.watch.progress {
            progress(Progress { done, of: self.of, what });
        }
        Ok(result)
    }
}

/// A measurement that was stopped before it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the measurement was stopped")]
pub struct Stopped;

/// A candidate with its gains, fold by fold, or why there are none.
pub(super) struct Tried {
    pub(super) candidate: Candidate,
    pub(super) folds: Result<Vec<Vec<BlockGain>>, String>,
}

/// Measures every remedy on a case.
///
/// The same investigation gives the same bench, whatever the number of threads.
///
/// # Errors
///
/// [`Stopped`] when the watch stopped it.
pub fn measure(investigation: &Investigation, watch: &Watch<'_>) -> Result<Bench, Stopped> {
    run(&Ground::new(investigation), watch).map(|(bench, _)| bench)
}

/// The bench, and the candidate that stands behind each measured remedy.
pub(super) fn run(
    ground: &Ground<'_>,
    watch: &Watch<'_>,
) -> Result<(Bench, Vec<(Remedy, Candidate)>), Stopped> {
    let folds = ground.folds();
    let candidates = candidates(ground);
    let points = if folds.is_empty() { Vec::new() } else { curve::sizes(ground) };
    let compared = usize::from(ground.dossier.candidate.is_some());
    let fits = candidates.len() * folds.len() + points.len();
    let counter = Counter::new(watch, fits + compared + review::UNITS);
    let lacking = folds.is_empty().then(|| lacking(ground));
    let tried = try_all(ground, &folds, candidates, lacking.as_deref(), &counter)?;
    let lost = lost(ground);
    let significant = lost.and_then(|(before, since, z)| (z > LOST_Z).then_some(since - before));

    let sum = |blocks: &[BlockGain]| gain::measured(ground, blocks, significant, fitted(&folds));
    let mut proposals = Vec::new();
    let mut behind = Vec::new();
    for remedy in Remedy::ALL {
        let ways: Vec<&Tried> = tried.iter().filter(|tried| tried.candidate.remedy() == remedy).collect();
        let (proposal, candidate) = propose(ground, remedy, &ways, &sum);
        behind.extend(candidate.map(|candidate| (remedy, candidate)));
        proposals.push(proposal);
    }
    let retraining = tried.iter().filter_map(|tried| trial(tried, &sum)).collect();
    let best = behind.iter().find_map(|(remedy, candidate)| match (remedy, candidate) {
        (Remedy::Retrain, Candidate::Retrain { strategy, family }) => Some((*strategy, *family)),
        _ => None,
    });
    let labels = labels(ground, &folds, lacking);
    let curve = match best {
        Some((strategy, family)) => curve::measure(ground, strategy, family, &points, &labels, &counter)?,
        None => None,
    };
    let diagnosis = &ground.investigation.diagnosis;
    // Nobody waits for a comparison that does not exist.
    let comparison = match compared {
        0 => None,
        _ => counter.run("the candidate", || comparison::compare(ground.investigation))?,
    };
    let review = review::counted(ground.investigation, &counter)?;
    let offers = policy::rank(proposals, &diagnosis.hypotheses);
    let bench = Bench {
        cause: diagnosis.top().map(|top| (top.cause, diagnosis.undecided.is_none())),
        measures: Measures {
            loss: match ground.kind {
                LossKind::Log => "log loss",
                LossKind::Wrong => "share of wrong answers",
                LossKind::Absolute => "absolute error",
            },
            headline: ground.investigation.performance.headline,
            decision: ground.decision,
            loss_before: lost.map(|lost| lost.0),
            loss_since: lost.map(|lost| lost.1),
        },
        labels,
        advice: advice(diagnosis, &offers),
        offers,
        retraining,
        curve,
        first: first_step(diagnosis),
        comparison,
        review,
    };
    Ok((bench, behind))
}

/// Runs every candidate on every fold.
fn try_all(
    ground: &Ground<'_>,
    folds: &[Fold],
    candidates: Vec<Candidate>,
    lacking: Option<&str>,
    counter: &Counter<'_>,
) -> Result<Vec<Tried>, Stopped> {
    if let Some(lacking) = lacking {
        let untried = |candidate| Tried { candidate, folds: Err(lacking.to_owned()) };
        return Ok(candidates.into_iter().map(untried).collect());
    }
    let units: Vec<(usize, usize)> =
        (0..candidates.len()).flat_map(|c| (0..folds.len()).map(move |f| (c, f))).collect();
    let done: Result<Vec<Result<Vec<BlockGain>, String>>, Stopped> = units
        .into_par_iter()
        .map(|(c, f)| {
            counter.run(&candidates[c].name(ground), || {
                let given = candidates[c].answer(ground, &folds[f])?;
                Ok(gain::fold_blocks(ground, &folds[f], &given))
            })
        })
        .collect();
    Ok(candidates
        .into_iter()
        .zip(by_candidate(done?, folds.len()))
        .map(|(candidate, folds)| Tried { candidate, folds })
        .collect())
}

/// The results of every candidate on every fold, candidate by candidate; one that fails on a fold has failed.
///
/// * `done`: all folds of the first candidate, then all of the second, and so on.
fn by_candidate<T>(done: Vec<Result<T, String>>, folds: usize) -> Vec<Result<Vec<T>, String>> {
    let mut done = done.into_iter();
    std::iter::from_fn(|| {
        // Taken as a whole first: a collection of results ends at its first error and would leave the other folds to
        // the next candidate.
        let own: Vec<Result<T, String>> = done.by_ref().take(folds).collect();
        (!own.is_empty()).then(|| own.into_iter().collect())
    })
    .collect()
}

/// The best of several ways, and the gains of choosing it without the fold that it is judged on.
///
/// The best of many looks better than it is. In each fold, what counts is the way that the other folds would have
/// chosen, so that no fold has a say in its own choice (nested cross-validation, after Varma and Simon 2006).
fn choose<'a>(ways: &[&'a Tried]) -> Option<(&'a Candidate, Vec<BlockGain>)> {
    let measured: Vec<(&Candidate, &Vec<Vec<BlockGain>>)> = ways
        .iter()
        .filter_map(|tried| tried.folds.as_ref().ok().map(|folds| (&tried.candidate, folds)))
        .filter(|(_, folds)| folds.iter().flatten().count() > 1)
        .collect();
    let mean = |folds: &[Vec<BlockGain>], left_out: Option<usize>| {
        let kept = folds.iter().enumerate().filter(|(f, _)| Some(*f) != left_out);
        let gains: Vec<f64> = kept.flat_map(|(_, blocks)| blocks.iter().map(|block| block.loss)).collect();
        gains.iter().sum::<f64>() / gains.len().max(1) as f64
    };
    // The first of equals, so that the order of the candidates decides.
    let best = |left_out: Option<usize>| {
        measured.iter().copied().reduce(|a, b| if mean(b.1, left_out) > mean(a.1, left_out) { b } else { a })
    };
    let (chosen, folds) = best(None)?;
    let blocks = (0..folds.len())
        .filter_map(|fold| best(Some(fold)).map(|(_, folds)| folds[fold].clone()))
        .flatten()
        .collect();
    Some((chosen, blocks))
}

/// What is proposed of a remedy: its best way, or why none could be measured.
fn propose(
    ground: &Ground<'_>,
    remedy: Remedy,
    ways: &[&Tried],
    sum: &dyn Fn(&[BlockGain]) -> Result<Measured, crate::stats::Undefined>,
) -> (Proposal, Option<Candidate>) {
    let measured = choose(ways).and_then(|(candidate, blocks)| Some((candidate, sum(&blocks).ok()?)));
    // What mends a cause is not refuted by a stand-in that does it badly.
    let is_stand_in = matches!(remedy, Remedy::RollBack | Remedy::MendInputs | Remedy::RelieveService);
    if let Some((candidate, measured)) = &measured
        && (!is_stand_in || measured.loss.is_better())
    {
        let proposal = Proposal {
            remedy,
            name: candidate.name(ground),
            features: candidate.features(),
            basis: Basis::Measured(measured.clone()),
            void: None,
        };
        return (proposal, Some((*candidate).clone()));
    }
    let why = if measured.is_some() {
        "what could be tried on the logged rows wins nothing back".to_owned()
    } else {
        ways.iter()
            .find_map(|tried| tried.folds.as_ref().err().cloned())
            .unwrap_or_else(|| unmeasured(remedy).to_owned())
    };
    let void = void(ground, remedy);
    let features =
        if matches!(remedy, Remedy::MendInputs | Remedy::DropFeatures) { broken(ground) } else { Vec::new() };
    let names: Vec<&str> = features.iter().map(|&j| ground.dossier.feature_name(j)).collect();
    let name = match remedy {
        Remedy::MendInputs if !names.is_empty() => format!("mend {} at the source", names.join(", ")),
        Remedy::DropFeatures if !names.is_empty() => {
            format!("fit the model anew without {}", names.join(", "))
        }
        _ => remedy.name().to_owned(),
    };
    let proposal = Proposal {
        remedy,
        name,
        features,
        basis: Basis::Unmeasured(void.map_or(why, |_| "there is nothing of the kind to measure".to_owned())),
        void,
    };
    (proposal, None)
}

/// Why there is nothing of the kind on this case; none where there is.
fn void(ground: &Ground<'_>, remedy: Remedy) -> Option<&'static str> {
    match (remedy, ground.plan.task) {
        (Remedy::MoveThreshold, Task::Regression) => {
            Some("the model predicts numbers: there is no decision whose threshold could move")
        }
        (Remedy::MoveThreshold, Task::Multiclass) => {
            Some("the model chooses among several classes: there is no single threshold to move")
        }
        _ => None,
    }
}

/// Why a remedy of which nothing can be tried on logged rows has no number.
const fn unmeasured(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Close => "there is nothing to win back by it",
        Remedy::MendInputs => "neither a map nor an offline snapshot tells the mended values",
        Remedy::DropFeatures => "the diagnosis names no broken feature",
        Remedy::Review => "what people would answer is not in the log",
        _ => "too few labelled rows in a block",
    }
}

fn trial(
    tried: &Tried,
    sum: &dyn Fn(&[BlockGain]) -> Result<Measured, crate::stats::Undefined>,
) -> Option<Trial> {
    let Candidate::Retrain { strategy, family } = tried.candidate else {
        return None;
    };
    let basis = match &tried.folds {
        Ok(folds) => {
            let blocks: Vec<BlockGain> = folds.iter().flatten().copied().collect();
            sum(&blocks).map_or_else(|why| Basis::Unmeasured(why.to_string()), Basis::Measured)
        }
        Err(why) => Basis::Unmeasured(why.clone()),
    };
    Some(Trial { strategy, family, name: format!("{}, {}", says(strategy), family.name()), basis })
}

fn fitted(folds: &[Fold]) -> usize {
    folds.last().map_or(0, |fold| fold.since.len())
}

/// The mean loss before the onset and since, and their difference in standard errors.
fn lost(ground: &Ground<'_>) -> Option<(f64, f64, f64)> {
    let losses = |answers: &Answers<'_>, rows: &[usize]| -> Vec<f64> {
        rows.iter().map(|&row| answers.loss(row)).collect()
    };
    let before = ground.logged.judged_rows(&ground.investigation.framing.before);
    let then = if before.len() >= FEWEST_BEFORE {
        losses(&ground.logged, &before)
    } else {
        let golden = ground.dossier.golden.as_ref()?;
        let launch = Answers::at_launch(ground.plan, golden);
        losses(&launch, &launch.judged_rows(&(0..golden.rows).collect::<Vec<_>>()))
    };
    let difference = welch(&then, &losses(&ground.logged, &ground.since)).ok()?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let before = mean(&then);
    Some((before, before + difference.difference, difference.t()))
}

/// Why there are no folds.
fn lacking(ground: &Ground<'_>) -> String {
    if let Some(why) = ground.dossier.without_rows(true, false) {
        return why.to_owned();
    }
    let rows = ground.since.len();
    let since = if ground.investigation.framing.onset.is_some() { " since the onset" } else { "" };
    if rows == 0 {
        format!("no labels{since}")
    } else {
        format!("{rows} labelled rows{since}, where {FEWEST_ROWS} are needed")
    }
}

/// What the log says of labels.
fn labels(ground: &Ground<'_>, folds: &[Fold], lacking: Option<String>) -> Labels {
    const DAY: f64 = 86_400e6;
    let log = ground.log;
    let weight = log.population as f64 / log.rows.max(1) as f64;
    let ends = ground.judged.first().zip(ground.judged.last()).filter(|_| ground.has_clock());
    let days = ends.map(|(&first, &last)| (ground.at(last) - ground.at(first)) as f64 / DAY);
    let end = log.time.last().copied();
    Labels {
        rows: ground.since.len(),
        weight,
        training: ground.training.len(),
        folds: folds.len(),
        block: folds.first().map_or(0, |fold| fold.future.len() / super::ground::BLOCKS),
        a_day: days.filter(|days| *days > 0.0).map(|days| ground.judged.len() as f64 * weight / days),
        delay: ground
            .investigation
            .labels
            .mature_until
            .zip(end)
            .map(|(until, end): (Micros, Micros)| (end - until).max(0)),
        last: ends.map(|(_, &last)| ground.at(last)),
        lacking,
    }
}

/// What to do, in one or two sentences.
fn advice(diagnosis: &Diagnosis, offers: &[super::bench::Offer]) -> String {
    let Some(top) = offers.first().filter(|offer| offer.standing != super::bench::Standing::Refused) else {
        return "No remedy is offered: nothing that could be tried is better than doing nothing.".to_owned();
    };
    let mut name = top.name.clone();
    if let Some(first) = name.get(..1).map(str::to_uppercase) {
        name.replace_range(..1, &first);
    }
    let mut says = format!("{name}. {}", top.because);
    if let (Some(_), [first, second, ..]) = (&diagnosis.undecided, diagnosis.hypotheses.as_slice()) {
        let said = |cause: Cause| cause.id().replace('_', " ");
        let both = policy::fit(second.cause, top.remedy).value > 0.0;
        says.push_str(&format!(
            " The diagnosis can't tell {} from {}{}.",
            said(first.cause),
            said(second.cause),
            if both {
                ", and this answers either"
            } else {
                ", and this answers the first only: settle it before anything else"
            }
        ));
    }
    says
}

/// What to do first where the diagnosis can't tell.
fn first_step(diagnosis: &Diagnosis) -> Option<String> {
    diagnosis.undecided.as_ref()?;
    diagnosis.top()?.would_settle.first().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_that_fails_leaves_the_others_their_own_results() {
        let done = vec![Ok(1), Err("no scores".to_owned()), Ok(3), Ok(4), Ok(5), Ok(6), Ok(7), Ok(8), Ok(9)];
        let tried = by_candidate(done, 3);
        assert_eq!(tried, [Err("no scores".to_owned()), Ok(vec![4, 5, 6]), Ok(vec![7, 8, 9])]);
    }
}
