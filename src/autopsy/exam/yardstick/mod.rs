//! What a change of the rows or of the model would win back: one measure for every place that names such a number.
//!
//! A gain begins at what was lost, the *logged* loss of the deployed model, and ends at the loss of the same rows as a model
//! answers them after the change:
//!
//! ```text
//! gain of an altered row = loss(logged answer) − (loss(f(x′)) − gap)        of any other row: 0
//! gap = mean over rows that f has not learnt from of loss(f(x)) − loss(logged answer)
//! ```
//!
//! `x′` is the row after the change. `f` is the artefact where it runs: it needs no gap, and of rows whose logged answer it
//! does not give, its own answer to the row as served takes the log's place, since no repair of inputs undoes what the
//! service did. Else `f` is the launch model as the rows before the onset show it ([`Launch`]), with its own gap taken
//! off. Nothing is told where `f` would be asked outside of what it learnt, where it goes too little with the log, or where
//! rows that the change leaves alone are answered in another way than before: then the change is not all that happened.
//!
//! Own construction. Asking `f` about the rows as served as well, and taking the difference of its two answers, measures how
//! far `f` follows the deployed model on broken rows instead: trees that never saw such rows hardly do.

mod launch;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    autopsy::{
        Dossier, Framing,
        scoring::{self, Answers},
    },
    model::{artifact::Artifact, surrogate::Fidelity},
    stats::{metric::Metric, moments},
    summary::{Column, Table},
    text::number,
};

pub use launch::Launch;

use super::rescorer::Rescorer;

/// Fewer rows with a label can't say how far a model is off.
const FEWEST_ROWS: usize = 50;

/// More altered rows than this share outside of what was learnt make a number a guess.
const MOST_OUTSIDE: f64 = 0.2;

/// From so many paired standard errors on, the golden set shows that the model itself got worse.
const WORSE_Z: f64 = 3.0;

/// Golden rows with another answer than at launch, as a share, that show another version.
const OTHER_VERSION: f64 = 0.005;

/// Of the answer times before the onset so many are unusual on either side …
const UNUSUAL: f64 = 0.001;

/// … and this share of unusual ones, or of answers that are not the model's, is no more than usual.
const USUAL: f64 = 0.005;

/// Answers nearer than this are the same.
const SAME: f64 = 1e-4;

/// What a model loses beyond the log: the mean a row, and the variance of that mean.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gap {
    /// Its loss less that of the logged answers, a row.
    pub mean: f64,
    /// The variance of the mean.
    pub variance: f64,
}

/// Measures what changes win back.
#[derive(Debug, Clone)]
pub struct Yardstick {
    answering: Answering,
    gap: Gap,
}

#[derive(Debug, Clone)]
enum Answering {
    Artifact(Arc<Artifact>),
    Launch(Arc<Launch>),
}

/// Rows as logged and after a change. All parts have one value a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The loss of the logged answer.
    pub before: Vec<f64>,
    /// The loss after the change, the model's own gap taken off; equal to the one before where the row is not altered.
    pub after: Vec<f64>,
    /// Answer (class or value) and score that the change is held against; no scores where none are logged.
    pub was: (Vec<f64>, Vec<f64>),
    /// Answer and score after the change.
    pub is: (Vec<f64>, Vec<f64>),
    /// The headline metric, as logged and after the change; none where it is not defined on these rows.
    pub metric: Option<(f64, f64)>,
    /// What the uncertainty of the model's own gap adds to the variance of the mean gain.
    pub variance: f64,
    /// The mean gap that was taken off a row.
    pub gap: f64,
}

impl Yardstick {
    /// What repairs of the inputs are measured with.
    ///
    /// * `golden_z`: how many standard errors the golden set got worse by; none without one.
    ///
    /// # Errors
    ///
    /// Why nothing can be measured, as a clause.
    pub fn of_repairs(
        dossier: &Dossier,
        golden_z: Option<f64>,
        rescorer: Option<&Rescorer>,
        launch: Option<&Arc<Launch>>,
    ) -> Result<Self, String> {
        if let Some(Rescorer::Artifact(artifact)) = rescorer {
            return Ok(Self { answering: Answering::Artifact(Arc::clone(artifact)), gap: Gap::default() });
        }
        if golden_z.is_some_and(|z| z > WORSE_Z) {
            return Err("by the golden set the model itself got worse, and no artefact of it is at hand to \
                        answer mended rows"
                .to_owned());
        }
        Self::of_launch(dossier, launch)
    }

    /// What a return to the launch model is measured with.
    ///
    /// # Errors
    ///
    /// Why nothing can be measured, as a clause: there is no other version, or nothing stands in for the launch model.
    pub fn of_roll_back(dossier: &Dossier, launch: Option<&Arc<Launch>>) -> Result<Self, String> {
        if !has_other_version(dossier)? {
            return Err("nothing in the case shows that another version was deployed, so there is none to \
                        roll back to"
                .to_owned());
        }
        Self::of_launch(dossier, launch)
    }

    fn of_launch(dossier: &Dossier, launch: Option<&Arc<Launch>>) -> Result<Self, String> {
        let lacking = || match &dossier.artifact {
            Err(why) => {
                format!("{why}, and too few answers are logged that a surrogate could be learnt from")
            }
            Ok(_) => "too few answers are logged that a surrogate could be learnt from".to_owned(),
        };
        let launch = launch.ok_or_else(lacking)?;
        if !launch.is_faithful() {
            return Err(format!(
                "the best surrogate of the launch model goes too little with its answers ({})",
                message(launch.model.fidelity())
            ));
        }
        let gap = launch.gap(dossier).ok_or_else(|| {
            format!(
                "fewer than {FEWEST_ROWS} rows with a label tell how far the surrogate of the launch model \
                 is off"
            )
        })?;
        Ok(Self { answering: Answering::Launch(Arc::clone(launch)), gap })
    }

    /// Whether the artefact itself answers.
    #[must_use]
    pub const fn is_artefact(&self) -> bool {
        matches!(self.answering, Answering::Artifact(_))
    }

    /// Who answers, for people: `the artefact`, `a surrogate of the launch model (R² 0.98)`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.answering {
            Answering::Artifact(_) => "the artefact".to_owned(),
            Answering::Launch(launch) => launch.name(),
        }
    }

    /// Measures other inputs in the same rows.
    ///
    /// * `served`: labelled rows as logged.
    /// * `mended`: the same rows after the change.
    ///
    /// # Errors
    ///
    /// Why no gain can be measured, as a clause.
    pub fn mended(
        &self,
        dossier: &Dossier,
        served: &Table,
        mended: &Table,
        metric: Option<Metric>,
    ) -> Result<Changed, String> {
        let altered = altered(served, mended);
        if !altered.contains(&true) {
            return Err("it alters none of these rows".to_owned());
        }
        if let Answering::Launch(launch) = &self.answering {
            let kept: Vec<usize> = (0..served.rows).filter(|&row| !altered[row]).collect();
            if launch.is_answered_otherwise(dossier, served, &kept) {
                return Err("rows that it leaves alone are answered in another way than before the onset, \
                            too: the answers changed as well as the inputs"
                    .to_owned());
            }
        }
        self.answered(dossier, served, mended, &altered, metric)
    }

    /// Measures other answers to the same inputs, on some of the rows.
    ///
    /// * `served`: labelled rows as logged.
    /// * `altered`: which of them are answered anew.
    ///
    /// # Errors
    ///
    /// Why no gain can be measured, as a clause.
    pub fn answered_anew(
        &self,
        dossier: &Dossier,
        served: &Table,
        altered: &[bool],
        metric: Option<Metric>,
    ) -> Result<Changed, String> {
        self.answered(dossier, served, served, altered, metric)
    }

    fn answered(
        &self,
        dossier: &Dossier,
        served: &Table,
        changed: &Table,
        altered: &[bool],
        metric: Option<Metric>,
    ) -> Result<Changed, String> {
        let rows: Vec<usize> = (0..served.rows).filter(|&row| altered[row]).collect();
        let mut was = (served.prediction.clone(), served.score.clone());
        let mut is = was.clone();
        match &self.answering {
            Answering::Artifact(artifact) => {
                let answer = |table: &Table| {
                    let answered = artifact.answer(&dossier.plan, table, &rows);
                    answered.map_err(|why| format!("the artefact does not answer such rows: {why}"))
                };
                // Other inputs only: answers anew are held against the log as it is.
                if !std::ptr::eq(served, changed) {
                    let own = answer(served)?;
                    put(&mut was, &rows, &own.prediction, &own.score);
                }
                let own = answer(changed)?;
                put(&mut is, &rows, &own.prediction, &own.score);
            }
            Answering::Launch(launch) => {
                let outside = rows.iter().filter(|&&row| launch.model.is_outside(changed, row)).count();
                let share = outside as f64 / rows.len().max(1) as f64;
                if share > MOST_OUTSIDE {
                    return Err(format!(
                        "{} of the rows would lie where the surrogate of the launch model has learnt nothing",
                        number::share(share)
                    ));
                }
                let own = launch.model.answers(changed, &rows);
                put(&mut is, &rows, &own.prediction, &own.score);
            }
        }
        let losses =
            |answers: &Answers<'_>| (0..served.rows).map(|row| answers.loss(row)).collect::<Vec<_>>();
        let (then, now) = (
            Rescorer::answers(dossier, &served.label, &was.0, &was.1),
            Rescorer::answers(dossier, &served.label, &is.0, &is.1),
        );
        let before = losses(&then);
        let mut after = losses(&now);
        for &row in &rows {
            after[row] -= self.gap.mean;
        }
        let touched = rows.len() as f64 / served.rows.max(1) as f64;
        let all: Vec<usize> = (0..served.rows).collect();
        let value = |answers: &Answers<'_>| {
            let value = *scoring::values(answers, &all, &[metric?]).first()?;
            value.is_finite().then_some(value)
        };
        let metric = value(&then).zip(value(&now));
        Ok(Changed {
            before,
            after,
            metric,
            variance: touched * touched * self.gap.variance,
            gap: touched * self.gap.mean,
            was,
            is,
        })
    }

    /// The rows whose logged answer is not the one that the service should have given: late or hurried ones by the answer
    /// time, else those that the artefact answers otherwise.
    ///
    /// # Errors
    ///
    /// Why there is nothing that a relieved service would answer in another way, as a clause.
    pub fn ill_served(
        &self,
        dossier: &Dossier,
        framing: &Framing,
        served: &Table,
    ) -> Result<Vec<bool>, String> {
        let ill: Vec<bool> = match &self.answering {
            Answering::Artifact(artifact) => {
                let all: Vec<usize> = (0..served.rows).collect();
                let own = artifact
                    .answer(&dossier.plan, served, &all)
                    .map_err(|why| format!("the artefact does not answer such rows: {why}"))?;
                let differs = |row: usize| match (served.score.get(row), own.score.get(row)) {
                    (Some(logged), Some(own)) => (logged - own).abs() > SAME,
                    _ => {
                        let (logged, own) = (served.prediction[row], own.prediction[row]);
                        (logged - own).abs() > SAME * logged.abs().max(1.0)
                    }
                };
                all.into_iter().map(differs).collect()
            }
            Answering::Launch(_) => {
                let log = &dossier.production.sample.latency_ms;
                let mut usual: Vec<f64> =
                    framing.before.iter().filter_map(|&row| log.get(row)).copied().collect();
                usual.retain(|time| time.is_finite());
                usual.sort_unstable_by(f64::total_cmp);
                let ends = moments::quantile(&usual, UNUSUAL)
                    .and_then(|low| moments::quantile(&usual, 1.0 - UNUSUAL).map(|high| (low, high)));
                let Ok((low, high)) = ends else {
                    return Err("no answer times before the onset tell which rows are late".to_owned());
                };
                served.latency_ms.iter().map(|&time| time < low || time > high).collect()
            }
        };
        let share = ill.iter().filter(|ill| **ill).count() as f64 / served.rows.max(1) as f64;
        if ill.len() == served.rows && share > USUAL {
            Ok(ill)
        } else {
            Err("no more rows than usual were answered late, or in another way than the model does"
                .to_owned())
        }
    }
}

/// A fidelity for people: `R² 0.98`, `the same answer on 97 % of rows`.
fn message(fidelity: Fidelity) -> String {
    match (fidelity.r2, fidelity.agreement) {
        (Some(r2), _) => format!("R² {r2:.2}"),
        (None, Some(agreement)) => format!("the same answer on {} of rows", number::share(agreement)),
        (None, None) => "of unknown fidelity".to_owned(),
    }
}

/// Whether the case holds signs of another version of the model: golden answers that differ from those at launch, or a
/// deploy in the event log.
///
/// # Errors
///
/// Where the golden set shows that the model is the one of the launch, as a clause.
fn has_other_version(dossier: &Dossier) -> Result<bool, String> {
    if let Some(golden) = dossier.golden.as_ref().filter(|golden| golden.rows > 0) {
        let (then, now) = (Answers::at_launch(&dossier.plan, golden), Answers::logged(&dossier.plan, golden));
        let both: Vec<usize> = (0..golden.rows).filter(|&row| then.judged(row) && now.judged(row)).collect();
        let differs = |&&row: &&usize| match (then.score_of(row), now.score_of(row)) {
            (Some(was), Some(is)) => (was - is).abs() > SAME,
            _ => {
                let (was, is) = (then.answer_of(row), now.answer_of(row));
                (was - is).abs() > SAME * was.abs().max(1.0)
            }
        };
        if both.len() >= FEWEST_ROWS {
            let others = both.iter().filter(differs).count();
            return if others as f64 > OTHER_VERSION * both.len() as f64 {
                Ok(true)
            } else {
                Err("the golden set is answered as at launch, so there is no other version to roll back to"
                    .to_owned())
            };
        }
    }
    Ok(dossier.events.iter().any(|event| event.kind == "deploy"))
}

/// Puts answers in the place of logged ones.
fn put(answers: &mut (Vec<f64>, Vec<f64>), rows: &[usize], prediction: &[f64], score: &[f64]) {
    for (into, from) in [(&mut answers.0, prediction), (&mut answers.1, score)] {
        for (&row, &value) in rows.iter().zip(from) {
            if let Some(place) = into.get_mut(row) {
                *place = value;
            }
        }
    }
}

/// Which rows hold another value in any feature.
pub(in crate::autopsy) fn altered(served: &Table, mended: &Table) -> Vec<bool> {
    let mut altered = vec![false; served.rows];
    for (was, is) in served.features.iter().zip(&mended.features) {
        match (was, is) {
            (Column::Numeric { values: was, .. }, Column::Numeric { values: is, .. }) => {
                let differs = |(was, is): (&f64, &f64)| was != is && !(was.is_nan() && is.is_nan());
                mark(&mut altered, was.iter().zip(is).map(differs));
            }
            (Column::Categorical(was), Column::Categorical(is)) => {
                mark(&mut altered, was.iter().zip(is).map(|(was, is)| was != is));
            }
            (Column::Embedding { width, values: was }, Column::Embedding { values: is, .. }) => {
                let width = (*width).max(1);
                mark(&mut altered, was.chunks(width).zip(is.chunks(width)).map(|(was, is)| was != is));
            }
            (Column::Absent, Column::Absent) => {}
            _ => altered.fill(true),
        }
    }
    altered
}

fn mark(altered: &mut [bool], differs: impl Iterator<Item = bool>) {
    for (place, differs) in altered.iter_mut().zip(differs) {
        *place |= differs;
    }
}
