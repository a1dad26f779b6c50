//! The rows that are compared: the reference rows A and the rows under suspicion B.

use std::ops::Range;

use rayon::prelude::*;

use crate::{
    cached::cached,
    stats::change,
    summary::{Micros, Task, Width},
};

use super::{
    Choice, ChoiceError, Dossier,
    onset::{self, Shift},
    scoring::{self, Answers},
};

/// Minimum judged rows on each side of the split to measure a loss.
const MIN_JUDGED: usize = 100;

/// The time over which values are averaged to fit a ramp.
const SLOT: Micros = Width::SixHours.micros();

/// Minimum gain in log-likelihood of a ramp over a step for a change to count as gradual.
const RAMP_GAIN: f64 = 6.0;

/// Minimum size, in standard errors, of a change of the inputs or predictions. The scan takes the maximum
/// over thousands of places, twice; logs without a change stay below 4.
const CHANGE_Z: f64 = 5.0;

/// The same for a change of the loss alone.
const LOSS_Z: f64 = 4.2;

/// Minimum loss of the worst metric, in standard errors, for an onset to count as the degradation's.
const HARM_Z: f64 = 3.2;

/// The most recent judged rows that are held against those before them, as shares of all.
const RECENT: [f64; 4] = [0.05, 0.1, 0.2, 0.35];

/// Minimum loss of the most recent rows, in standard errors: [`HARM_Z`], raised for four looks that overlap.
const RECENT_Z: f64 = 3.6;

/// How a change began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum OnsetKind {
    /// From one row to the next.
    Sudden,
    /// Over days.
    Gradual,
    /// It was there before the log begins.
    FromStart,
}

cached!(
    enum OnsetKind {
        Sudden,
        Gradual,
        FromStart,
    }
);

impl OnsetKind {
    /// How it began, as a phrase for a sentence.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Sudden => "at once",
            Self::Gradual => "gradually",
            Self::FromStart => "from the first row of the log on",
        }
    }
}

/// The onset of a change, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Onset {
    /// The best estimate.
    pub at: Micros,
    /// The 95 % interval.
    pub interval: (Micros, Micros),
    /// How it began.
    pub kind: OnsetKind,
    /// Gradual: when it was complete; equal to `at` otherwise.
    pub complete: Micros,
    /// When it ended, if it did so within the log: the rows from there on are as they were before it.
    pub ended: Option<Micros>,
}

cached!(struct Onset { at, interval, kind, complete, ended });

/// What the reference rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// Production rows before the onset.
    ProductionBefore,
    /// The golden set with the launch model's predictions.
    GoldenAtLaunch,
    /// The training rows (their predictions are in-sample, so too good).
    #[default]
    Training,
}

cached!(
    enum Baseline {
        ProductionBefore,
        GoldenAtLaunch,
        Training,
    }
);

/// Which rows are compared with which.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Framing {
    /// When the change began; none when nothing changed significantly.
    pub onset: Option<Onset>,
    /// What the reference rows are.
    pub baseline: Baseline,
    /// Rows of the production sample before the onset; empty when it began before the log.
    pub before: Vec<usize>,
    /// Rows of the production sample from the onset on (gradual: once complete), until the change ended; all rows when there
    /// is no onset.
    pub after: Vec<usize>,
    /// The parts that the analyst chose.
    pub choice: Choice,
}

cached!(struct Framing { onset, baseline, before, after, choice });

impl Framing {
    /// The instant that splits before from after, if there is one inside the log.
    #[must_use]
    pub fn split(&self) -> Option<Micros> {
        self.onset.filter(|o| o.kind != OnsetKind::FromStart).map(|o| o.at)
    }

    /// When the change ended, if it did so within the log.
    #[must_use]
    pub fn ended(&self) -> Option<Micros> {
        self.onset.and_then(|onset| onset.ended)
    }

    /// The rows under suspicion in words: `since the onset`, or `in the log` where nothing began inside of it.
    #[must_use]
    pub fn period(&self) -> &'static str {
        if self.split().is_some() { "since the onset" } else { "in the log" }
    }

    /// The same rows under suspicion, compared with the reference that the analyst names.
    ///
    /// # Errors
    ///
    /// If the case does not hold enough of those rows.
    pub fn held_against(self, dossier: &Dossier, baseline: Baseline) -> Result<Self, ChoiceError> {
        let needed = MIN_JUDGED;
        match baseline {
            Baseline::ProductionBefore if self.before.is_empty() => return Err(ChoiceError::NothingBefore),
            Baseline::ProductionBefore => {
                let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
                let judged = answers.judged_rows(&self.before).len();
                if judged < needed {
                    return Err(ChoiceError::TooFewBefore { judged, needed });
                }
            }
            Baseline::GoldenAtLaunch => {
                let launch = |golden| launch_judged(dossier, golden);
                if dossier.golden.as_ref().map_or(0, launch) < needed {
                    return Err(ChoiceError::NoLaunchAnswers { needed });
                }
            }
            Baseline::Training => {
                let training = &dossier.training.sample;
                let answers = Answers::logged(&dossier.plan, training);
                if (0..training.rows).filter(|&r| answers.judged(r)).count() < needed {
                    return Err(ChoiceError::NoTrainingAnswers { needed });
                }
            }
        }
        let choice = Choice { baseline: Some(baseline), ..self.choice };
        Ok(Self { baseline, choice, ..self })
    }
}

/// Dates the onset and selects the rows that are compared.
#[must_use]
pub fn frame(dossier: &Dossier) -> Framing {
    let table = &dossier.production.sample;
    if table.is_profile() {
        return by_windows(dossier, change_by_windows(dossier));
    }
    let all: Vec<usize> = (0..table.rows).collect();
    let answers = Answers::logged(&dossier.plan, table);
    let quiet = quiet(dossier);
    if table.time.len() != table.rows || table.rows < 2 * MIN_JUDGED {
        return from_start(dossier, &answers, quiet);
    }
    let judged = answers.judged_rows(&all);
    let candidates: Vec<OnsetCandidate> = onset::changes(dossier, &answers, &judged)
        .into_par_iter()
        .filter(|(_, shift)| shift.z >= if shift.of_loss_alone { LOSS_Z } else { CHANGE_Z })
        .filter_map(|(rows, shift)| {
            let first = rows[shift.index];
            let end = shift.ended.map_or(table.rows, |index| rows[index]);
            let harm = harm(&answers, first, first..end);
            // A change that ended is one only if the model does as well again as before it.
            let is_over = shift.ended.is_none() || is_over(&answers, first, end..table.rows, harm);
            is_over.then_some(OnsetCandidate { rows, shift, harm })
        })
        .collect();
    let worst = candidates.iter().map(|c| c.harm).fold(0.0, f64::max);
    // Of the changes with about the largest harm, the most significant one dates the onset.
    let best = candidates
        .into_iter()
        .filter(|c| worst < HARM_Z || c.harm >= 0.8 * worst)
        .max_by(|a, b| a.shift.z.total_cmp(&b.shift.z));
    let Some(best) = best else {
        return from_start(dossier, &answers, quiet);
    };
    if worst < HARM_Z {
        let whole = from_start(dossier, &answers, quiet.clone());
        if whole.onset.is_some() {
            return whole;
        }
    }
    split_at(dossier, &answers, &best, quiet)
}

/// Compares the rows from an instant on with those before it, without onset detection.
///
/// * `since`: where the comparison splits the log; none compares all of production with the golden set at
///   launch, else with training. An instant that leaves a side empty does the same.
#[must_use]
pub fn frame_at(dossier: &Dossier, since: Option<Micros>) -> Framing {
    let table = &dossier.production.sample;
    if table.is_profile() {
        return by_windows(dossier, since.map(|at| (at, (at, at))));
    }
    let quiet = quiet(dossier);
    let Some(at) = since.filter(|_| table.time.len() == table.rows) else {
        return quiet;
    };
    let (before, after): (Vec<usize>, Vec<usize>) = (0..table.rows).partition(|&r| table.time[r] < at);
    if before.is_empty() || after.is_empty() {
        return quiet;
    }
    let answers = Answers::logged(&dossier.plan, table);
    let judged = answers.judged_rows(&before).len() >= MIN_JUDGED;
    let onset = Onset { at, interval: (at, at), kind: OnsetKind::Sudden, complete: at, ended: None };
    Framing {
        onset: Some(onset),
        baseline: if judged { Baseline::ProductionBefore } else { quiet.baseline },
        before,
        after,
        choice: Choice { onset: Some(at), baseline: None },
    }
}

/// Compares the most recent rows with those before them, where one of four windows at the end of the log does worse
/// beyond noise. It sees a loss that is too short or too small for the onset detection of [`frame`], and dates it only
/// roughly.
#[must_use]
pub fn frame_recent(dossier: &Dossier) -> Option<Framing> {
    let table = &dossier.production.sample;
    if table.is_profile() || table.time.len() != table.rows {
        return None;
    }
    let answers = Answers::logged(&dossier.plan, table);
    let judged = answers.judged_rows(&(0..table.rows).collect::<Vec<_>>());
    let first = |share: f64| judged.get(judged.len() - (share * judged.len() as f64) as usize).copied();
    let (worst, row) = RECENT
        .into_iter()
        .filter_map(first)
        .map(|row| (harm(&answers, row, row..table.rows), row))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (worst >= RECENT_Z)
        .then(|| Framing { choice: Choice::default(), ..frame_at(dossier, Some(table.time[row])) })
}

/// Compares as the analyst chose; the rest is determined as in [`frame`].
///
/// # Errors
///
/// If the case does not hold the rows that the choice requires; the message names them.
pub fn frame_by(dossier: &Dossier, choice: Choice) -> Result<Framing, ChoiceError> {
    let mut framing = match choice.onset {
        None => frame(dossier),
        Some(at) => {
            let (from, to) = dossier.period().ok_or(ChoiceError::NoClock)?;
            if at <= from || at > to {
                return Err(ChoiceError::OutsideLog { at, from, to });
            }
            frame_at(dossier, Some(at))
        }
    };
    framing.choice = choice;
    match choice.baseline {
        Some(baseline) => framing.held_against(dossier, baseline),
        None => Ok(framing),
    }
}

/// Compares the windows from an instant on with those before it, where production is a profile.
///
/// * `change`: the instant and its interval.
fn by_windows(dossier: &Dossier, change: Option<(Micros, (Micros, Micros))>) -> Framing {
    let quiet = quiet(dossier);
    let Some(((at, interval), grid)) = change.zip(dossier.grid()) else {
        return quiet;
    };
    let windows = dossier.production.windows.iter().enumerate();
    let judged: u64 = windows
        .filter(|(window, _)| grid.span(*window).to <= at)
        .map(|(_, totals)| totals.answers.labelled)
        .sum();
    Framing {
        onset: Some(Onset { at, interval, kind: OnsetKind::Sudden, complete: at, ended: None }),
        baseline: if judged >= MIN_JUDGED as u64 { Baseline::ProductionBefore } else { quiet.baseline },
        ..quiet
    }
}

/// The most significant rise of the mean loss over a profile's windows, if there is one: the start of the
/// first worse window, and the interval from the start of the window before it to the end of that window.
///
/// The loss is the share of wrong predictions, or the absolute error.
fn change_by_windows(dossier: &Dossier) -> Option<(Micros, (Micros, Micros))> {
    let grid = dossier.grid()?;
    // Cumulative over the windows: rows, sum of losses, sum of squared losses.
    let mut sums = vec![(0.0, 0.0, 0.0)];
    for window in &dossier.production.windows {
        let answers = &window.answers;
        let classes = answers.confusion.len().isqrt();
        let right: u64 = (0..classes).map(|class| answers.confusion[class * (classes + 1)]).sum();
        let wrong = answers.labelled.saturating_sub(right) as f64;
        let (loss, squares) = if dossier.task() == Task::Regression {
            (answers.absolute_error, answers.squared_error)
        } else {
            (wrong, wrong)
        };
        let last = sums[sums.len() - 1];
        sums.push((last.0 + answers.labelled as f64, last.1 + loss, last.2 + squares));
    }
    let all = sums[sums.len() - 1];
    let mean = |(n, loss, squares): (f64, f64, f64)| {
        let mean = loss / n;
        (mean, (squares / n - mean * mean).max(0.0) / n)
    };
    let strength = |split: usize| {
        let before = sums[split];
        let after = (all.0 - before.0, all.1 - before.1, all.2 - before.2);
        if before.0.min(after.0) < MIN_JUDGED as f64 {
            return 0.0;
        }
        let ((then, spread_then), (now, spread_now)) = (mean(before), mean(after));
        let error = (spread_then + spread_now).sqrt();
        if error > 0.0 { (now - then) / error } else { 0.0 }
    };
    let (split, z) = (1..grid.windows)
        .map(|split| (split, strength(split)))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    (z >= LOSS_Z).then(|| {
        let at = grid.span(split);
        (at.from, (grid.span(split - 1).from, at.to))
    })
}

/// All of production against the golden set at launch, else against training.
fn quiet(dossier: &Dossier) -> Framing {
    let judged = |golden| launch_judged(dossier, golden) >= MIN_JUDGED;
    Framing {
        onset: None,
        baseline: if dossier.golden.as_ref().is_some_and(judged) {
            Baseline::GoldenAtLaunch
        } else {
            Baseline::Training
        },
        before: Vec::new(),
        after: (0..dossier.production.sample.rows).collect(),
        choice: Choice::default(),
    }
}

struct OnsetCandidate {
    /// Rows of the sample that the series covers, in time order.
    rows: Vec<usize>,
    shift: Shift,
    /// The worst metric's loss after the split, in standard errors.
    harm: f64,
}

fn launch_judged(dossier: &Dossier, golden: &crate::summary::Table) -> usize {
    let answers = Answers::at_launch(&dossier.plan, golden);
    (0..golden.rows).filter(|&r| answers.judged(r)).count()
}

/// The worst metric's loss on some rows against the first ones of the log, in standard errors.
///
/// * `before`: how many these are.
fn harm(answers: &Answers<'_>, before: usize, rows: Range<usize>) -> f64 {
    let (before, after): (Vec<usize>, Vec<usize>) = ((0..before).collect(), rows.collect());
    if answers.judged_rows(&before).len() < MIN_JUDGED || answers.judged_rows(&after).len() < MIN_JUDGED {
        return 0.0;
    }
    let (then, now) = rayon::join(|| scoring::score(answers, &before), || scoring::score(answers, &after));
    scoring::worst_z(&then, &now)
}

/// Whether a harmful change is over: on enough later rows the loss is within noise, and far less than while it lasted.
fn is_over(answers: &Answers<'_>, before: usize, later: Range<usize>, harm_then: f64) -> bool {
    let judged = answers.judged_rows(&later.clone().collect::<Vec<_>>()).len();
    let harm_later = harm(answers, before, later);
    harm_then >= HARM_Z && judged >= MIN_JUDGED && harm_later < HARM_Z && harm_later < 0.5 * harm_then
}

/// Without a change inside the log: tests whether the model was worse than at launch from the first row on.
fn from_start(dossier: &Dossier, answers: &Answers<'_>, quiet: Framing) -> Framing {
    let Some(golden) = dossier.golden.as_ref().filter(|_| quiet.baseline == Baseline::GoldenAtLaunch) else {
        return quiet;
    };
    let launch = Answers::at_launch(&dossier.plan, golden);
    let then = scoring::score(&launch, &(0..golden.rows).collect::<Vec<_>>());
    let worse = scoring::worst_z(&then, &scoring::score(answers, &quiet.after)) >= HARM_Z;
    match dossier.period() {
        Some((from, _)) if worse => {
            let onset = Onset {
                at: from,
                interval: (from, from),
                kind: OnsetKind::FromStart,
                complete: from,
                ended: None,
            };
            Framing { onset: Some(onset), ..quiet }
        }
        _ => quiet,
    }
}

fn split_at(dossier: &Dossier, answers: &Answers<'_>, best: &OnsetCandidate, quiet: Framing) -> Framing {
    let time = &dossier.production.sample.time;
    let at = |index: usize| time[best.rows[index.min(best.rows.len() - 1)]];
    let shift = &best.shift;
    let mut onset = Onset {
        at: at(shift.index),
        // The change lies between the last row before it and the first row after it.
        interval: (at(shift.interval.0.saturating_sub(1)), at(shift.interval.1)),
        kind: OnsetKind::Sudden,
        complete: at(shift.index),
        ended: shift.ended.map(at),
    };
    if let Some(ramp) = ramp(time, best).filter(|_| onset.ended.is_none()) {
        if ramp.fits_better {
            onset.kind = OnsetKind::Gradual;
            onset.interval = ramp.start_interval;
            onset.at = ramp.start;
            onset.complete = ramp.end;
        } else if ramp.start_interval.0 + 2 * SLOT < onset.interval.0 {
            // A gradual beginning is no less likely than a sudden one, and begins earlier: by more than the slot within which the
            // change may lie, and the one that is added.
            onset.interval.0 = ramp.start_interval.0;
        }
    }
    let before: Vec<usize> = quiet.after.iter().copied().filter(|&r| time[r] < onset.at).collect();
    let is_under = |row: &usize| onset.ended.is_none_or(|ended| time[*row] < ended);
    let mut after: Vec<usize> =
        quiet.after.iter().copied().filter(|&r| time[r] >= onset.complete).filter(is_under).collect();
    if after.len() < 2 * MIN_JUDGED || answers.judged_rows(&after).len() < MIN_JUDGED {
        // The change is not complete, or its labels have not arrived: take the rows closest to its full
        // strength.
        let since: Vec<usize> =
            quiet.after.iter().copied().filter(|&r| time[r] >= onset.at).filter(is_under).collect();
        let judged = answers.judged_rows(&since);
        let wanted = (since.len() / 3).max(2 * MIN_JUDGED).min(since.len());
        let late = judged.len().saturating_sub(wanted.max(MIN_JUDGED));
        let first = judged.get(late).copied().unwrap_or_else(|| since.first().copied().unwrap_or(0));
        after = since.into_iter().filter(|&r| r >= first).collect();
    }
    let baseline = if answers.judged_rows(&before).len() >= MIN_JUDGED || quiet.baseline == Baseline::Training
    {
        Baseline::ProductionBefore
    } else {
        quiet.baseline
    };
    if before.is_empty() || after.is_empty() {
        quiet
    } else {
        Framing { onset: Some(onset), baseline, before, after, choice: Choice::default() }
    }
}

/// A change between two levels that takes its time.
struct Gradual {
    /// Whether it fits far better than a sudden one.
    fits_better: bool,
    start: Micros,
    /// The 95 % interval of the start, at least a slot on either side.
    start_interval: (Micros, Micros),
    end: Micros,
}

/// The best gradual change of the series, by means of slots; none where there are too few of them.
fn ramp(time: &[Micros], best: &OnsetCandidate) -> Option<Gradual> {
    let first = time[best.rows[0]];
    let last = time[*best.rows.last()?];
    let slots = ((last - first) / SLOT + 1) as usize;
    let mut sums = vec![(0.0, 0.0); slots];
    for (&row, &value) in best.rows.iter().zip(&best.shift.series) {
        let entry = &mut sums[((time[row] - first) / SLOT) as usize];
        entry.0 += value;
        entry.1 += 1.0;
    }
    let (mut places, mut means) = (vec![], vec![]);
    for (place, (sum, n)) in sums.into_iter().enumerate().filter(|(_, (_, n))| *n > 0.0) {
        places.push(place);
        means.push(sum / n);
    }
    let fit = change::ramp(&means).ok()?;
    let at = |index: usize| first + places[index.min(places.len() - 1)] as i64 * SLOT;
    Some(Gradual {
        fits_better: fit.gain() > RAMP_GAIN && fit.end > fit.start + 3,
        start: at(fit.start),
        // It began within the log.
        start_interval: (
            (at(fit.start_interval.0) - SLOT).max(first),
            (at(fit.start_interval.1) + SLOT).min(last),
        ),
        end: at(fit.end),
    })
}

#[cfg(test)]
mod tests;
