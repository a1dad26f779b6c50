//! Gains: the reduction in loss from a change of the rows or of the model. One measure for every place that
//! reports one.
//!
//! A gain starts from the *logged* loss of the deployed model and ends at the loss of a model's predictions
//! for the same rows after the change:
//!
//! ```text
//! gain of an altered row = loss(logged answer) − (loss(f(x′)) − gap)        of any other row: 0
//! gap = mean over rows held out from fitting f of loss(f(x)) − loss(logged answer)
//! ```
//!
//! `x′` is the row after the change. `f` is the artefact where it runs. The artefact needs no gap. A row whose
//! logged prediction it does not reproduce gains nothing, since a repair of inputs can't undo the effect of the
//! serving system; where it reproduces fewer than half of them, its predictions for the rows as served replace
//! the log's. Otherwise `f` is a surrogate of the launch model, fitted to the rows before the onset
//! ([`Launch`]), with its own gap subtracted. No gain is reported if `f` would have to extrapolate beyond the
//! data it was fitted to, if its fidelity is too low, or if unaltered rows are predicted differently than
//! before: then the change is not the whole incident.
//!
//! Own construction. The alternative, the difference of `f`'s predictions before and after the change,
//! measures how closely `f` follows the deployed model on broken rows: trees that were not fitted to such
//! rows hardly do.

mod in_time;
mod launch;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    autopsy::{
        Dossier, Framing,
        scoring::{self, Answers},
    },
    cached::{Cached, Damaged, Reader, Writer, cached},
    model::{
        artifact::{Artifact, ArtifactAnswers},
        surrogate::Fidelity,
    },
    stats::metric::Metric,
    summary::{Column, Table},
    text::number,
};

pub use in_time::InTime;
pub use launch::Launch;

use in_time::{USUAL, UsualTimes};

use super::rescorer::Rescorer;

/// Minimum labelled rows to estimate a model's gap.
const FEWEST_ROWS: usize = 50;

/// Maximum share of altered rows outside the fitted data; above it the gain would be a guess.
const MOST_OUTSIDE: f64 = 0.2;

/// Minimum paired z-score for the golden set to show that the model itself got worse.
const WORSE_Z: f64 = 3.0;

/// Minimum share of golden rows with another prediction than at launch to indicate another version.
const OTHER_VERSION: f64 = 0.005;

/// Predictions closer than this are the same.
const SAME: f64 = 1e-4;

/// A model's loss in excess of the log: the mean per row, and the variance of that mean.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gap {
    /// Its loss less that of the logged predictions, per row.
    pub mean: f64,
    /// The variance of the mean.
    pub variance: f64,
}

cached!(struct Gap { mean, variance });

/// Measures the gains of changes.
#[derive(Debug, Clone)]
pub struct Yardstick {
    answering: Answering,
    gap: Gap,
    /// The model of the rows answered in time, where the service gives late rows other answers; not where the artefact tells.
    in_time: Option<InTime>,
}

#[derive(Debug, Clone)]
enum Answering {
    Artifact(Arc<Artifact>),
    Launch(Arc<Launch>),
}

/// Rows as logged and after a change. All vectors have one value per row.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The loss of the logged prediction.
    pub before: Vec<f64>,
    /// The loss after the change, less the model's own gap; equal to `before` where the row is not altered.
    pub after: Vec<f64>,
    /// Prediction (class or value) and score that the change is compared with; no scores where none are
    /// logged.
    pub was: (Vec<f64>, Vec<f64>),
    /// Prediction and score after the change.
    pub is: (Vec<f64>, Vec<f64>),
    /// The headline metric, as logged and after the change; none where it is not defined on these rows.
    pub metric: Option<(f64, f64)>,
    /// The part of the variance of the mean gain that is due to the uncertainty of the model's gap.
    pub variance: f64,
    /// The mean gap subtracted per row.
    pub gap: f64,
}

impl Yardstick {
    /// Writes whether the deployed model or the launch model answers, and the gap.
    pub(in crate::autopsy) fn write(&self, to: &mut Writer<'_>) {
        matches!(self.answering, Answering::Artifact(_)).write(to);
        self.gap.write(to);
        self.in_time.write(to);
    }

    /// Reads what [`Yardstick::write`] wrote.
    ///
    /// * `artifact`, `launch`: the models of the same case.
    ///
    /// # Errors
    ///
    /// When the bytes hold no yardstick, or one of a model that is not there.
    pub(in crate::autopsy) fn read(
        from: &mut Reader<'_>,
        artifact: Option<&Arc<Artifact>>,
        launch: Option<&Arc<Launch>>,
    ) -> Result<Self, Damaged> {
        let (deployed, gap, in_time) = Cached::read(from)?;
        let answering = if deployed {
            artifact.map(|artifact| Answering::Artifact(Arc::clone(artifact)))
        } else {
            launch.map(|launch| Answering::Launch(Arc::clone(launch)))
        };
        Ok(Self { answering: answering.ok_or(Damaged)?, gap, in_time })
    }

    /// The yardstick for repairs of the inputs.
    ///
    /// * `golden_z`: the golden set's loss in standard errors; none without a golden set.
    ///
    /// # Errors
    ///
    /// Why gains can't be measured, as a clause.
    pub fn of_repairs(
        dossier: &Dossier,
        framing: &Framing,
        golden_z: Option<f64>,
        rescorer: Option<&Rescorer>,
        launch: Option<&Arc<Launch>>,
    ) -> Result<Self, String> {
        if let Some(Rescorer::Artifact(artifact)) = rescorer {
            let answering = Answering::Artifact(Arc::clone(artifact));
            return Ok(Self { answering, gap: Gap::default(), in_time: None });
        }
        if golden_z.is_some_and(|z| z > WORSE_Z) {
            return Err("the golden set shows that the model itself got worse, and there is no artefact to score repaired rows with"
                .to_owned());
        }
        Ok(Self { in_time: InTime::learn(dossier, framing), ..Self::of_launch(dossier, launch)? })
    }

    /// The yardstick for a return to the launch model.
    ///
    /// # Errors
    ///
    /// Why gains can't be measured, as a clause: there is no other version, or no surrogate of the launch
    /// model.
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
                format!("{why}, and too few answers are logged to fit a surrogate")
            }
            Ok(_) => "too few answers are logged to fit a surrogate".to_owned(),
        };
        let launch = launch.ok_or_else(lacking)?;
        if !launch.is_faithful() {
            return Err(format!(
                "the best surrogate of the launch model agrees too little with its answers ({})",
                message(launch.model.fidelity())
            ));
        }
        let gap = launch.gap(dossier).ok_or_else(|| {
            format!(
                "fewer than {FEWEST_ROWS} labelled rows are available to measure the error of the surrogate of the launch model"
            )
        })?;
        Ok(Self { answering: Answering::Launch(Arc::clone(launch)), gap, in_time: None })
    }

    /// Whether the predictions come from the artefact itself.
    #[must_use]
    pub const fn is_artefact(&self) -> bool {
        matches!(self.answering, Answering::Artifact(_))
    }

    /// The model's name for people: `the artefact`, `a surrogate of the launch model (R² 0.98)`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.answering {
            Answering::Artifact(_) => "the artefact".to_owned(),
            Answering::Launch(launch) => launch.name(),
        }
    }

    /// Measures the gain of other inputs in the same rows.
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
        let mut altered = altered(served, mended);
        if !altered.contains(&true) {
            return Err("it alters none of these rows".to_owned());
        }
        if let Answering::Launch(launch) = &self.answering {
            let late = self.in_time.as_ref().map_or_else(|| vec![false; served.rows], |own| own.late(served));
            let kept: Vec<usize> = (0..served.rows).filter(|&row| !altered[row] && !late[row]).collect();
            // Other inputs do not change what the service answers without asking the model.
            altered.iter_mut().zip(&late).for_each(|(altered, late)| *altered &= !late);
            if !altered.contains(&true) {
                return Err("all rows that it alters were answered late, and not by the model".to_owned());
            }
            if launch.is_answered_otherwise(dossier, served, &kept) {
                return Err("rows that it leaves unchanged are also answered differently from before the onset: the answers changed as well as the inputs"
                    .to_owned());
            }
        }
        self.answered(dossier, served, mended, &altered, metric)
    }

    /// Measures the gain of other predictions for the same inputs, on some of the rows: by the model of the rows answered in
    /// time, where the service gives late rows other answers.
    ///
    /// * `served`: labelled rows as logged.
    /// * `altered`: which of them are predicted again.
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
        if let Some(InTime { launch, gap, .. }) = &self.in_time {
            let own = Self { answering: Answering::Launch(Arc::clone(launch)), gap: *gap, in_time: None };
            return own.answered(dossier, served, served, altered, metric);
        }
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
        let mut rows: Vec<usize> = (0..served.rows).filter(|&row| altered[row]).collect();
        let mut was = (served.prediction.clone(), served.score.clone());
        let mut is = was.clone();
        match &self.answering {
            Answering::Artifact(artifact) => {
                let answer = |table: &Table, rows: &[usize]| {
                    let answered = artifact.answer(&dossier.plan, table, rows);
                    answered.map_err(|why| format!("the artefact can't score such rows: {why}"))
                };
                // Only for changed inputs: new predictions for the same inputs are compared with the log as
                // it is.
                if !std::ptr::eq(served, changed) {
                    let own = answer(served, &rows)?;
                    let is_model = same(served, &rows, &own);
                    if is_model.iter().filter(|same| **same).count() * 2 > rows.len() {
                        // The service gave the other rows something else, and would whatever their inputs.
                        let mut is_model = is_model.into_iter();
                        rows.retain(|_| is_model.next() == Some(true));
                    } else {
                        put(&mut was, &rows, &own.prediction, &own.score);
                    }
                }
                let own = answer(changed, &rows)?;
                put(&mut is, &rows, &own.prediction, &own.score);
            }
            Answering::Launch(launch) => {
                let outside = rows.iter().filter(|&&row| launch.model.is_outside(changed, row)).count();
                let share = outside as f64 / rows.len().max(1) as f64;
                if share > MOST_OUTSIDE {
                    return Err(format!(
                        "{} of the rows would lie where the surrogate of the launch model has no training data",
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

    /// The model of the rows answered in time; none where late rows are answered as the others, or the artefact tells.
    #[must_use]
    pub const fn in_time(&self) -> Option<&InTime> {
        self.in_time.as_ref()
    }

    /// The rows whose logged prediction is not the one that the service should have given: those with
    /// unusually long or short latency, else those for which the artefact predicts something else.
    ///
    /// # Errors
    ///
    /// Why there are no rows for which a service under less load would predict something else, as a clause.
    pub fn ill_served(
        &self,
        dossier: &Dossier,
        framing: &Framing,
        served: &Table,
    ) -> Result<Vec<bool>, String> {
        let ill = match &self.answering {
            Answering::Artifact(artifact) => {
                let all: Vec<usize> = (0..served.rows).collect();
                let same = reproduced(artifact, dossier, served, &all)?;
                let others = same.iter().filter(|same| !**same).count();
                let is_more = others as f64 > USUAL * served.rows as f64;
                is_more.then(|| same.into_iter().map(|same| !same).collect())
            }
            Answering::Launch(_) => UsualTimes::before_the_onset(dossier, framing)
                .ok_or("there are no answer times before the onset to show which rows are late")?
                .unusual(served),
        };
        ill.ok_or_else(|| {
            "no more rows than usual were answered late, or with something other than the model's answer"
                .to_owned()
        })
    }
}

/// The fidelity for people: `R² 0.98`, `the same answer on 97 % of rows`.
fn message(fidelity: Fidelity) -> String {
    match (fidelity.r2, fidelity.agreement) {
        (Some(r2), _) => format!("R² {r2:.2}"),
        (None, Some(agreement)) => format!("the same answer on {} of rows", number::share(agreement)),
        (None, None) => "of unknown fidelity".to_owned(),
    }
}

/// Whether the case has evidence of another version of the model: golden predictions that differ from those
/// at launch, or a deploy in the event log.
///
/// # Errors
///
/// If the golden set shows that the model is the one of the launch, as a clause.
fn has_other_version(dossier: &Dossier) -> Result<bool, String> {
    match is_golden_answered_otherwise(dossier) {
        Some(true) => Ok(true),
        Some(false) => {
            Err("the golden set is answered as at launch, so there is no other version to roll back to"
                .to_owned())
        }
        None => Ok(dossier.events.iter().any(|event| event.kind == "deploy")),
    }
}

/// Whether the golden set is answered otherwise than at launch; none where too few of its rows tell.
pub(super) fn is_golden_answered_otherwise(dossier: &Dossier) -> Option<bool> {
    let golden = dossier.golden.as_ref()?;
    let (then, now) = (Answers::at_launch(&dossier.plan, golden), Answers::logged(&dossier.plan, golden));
    let both: Vec<usize> = (0..golden.rows).filter(|&row| then.judged(row) && now.judged(row)).collect();
    let differs = |&&row: &&usize| match (then.score_of(row), now.score_of(row)) {
        (Some(was), Some(is)) => (was - is).abs() > SAME,
        _ => {
            let (was, is) = (then.answer_of(row), now.answer_of(row));
            (was - is).abs() > SAME * was.abs().max(1.0)
        }
    };
    let others = both.iter().filter(differs).count();
    (both.len() >= FEWEST_ROWS).then_some(others as f64 > OTHER_VERSION * both.len() as f64)
}

/// Which rows of a table the artefact answers as they were logged.
///
/// # Errors
///
/// Why it can't answer them, as a clause.
pub(super) fn reproduced(
    artifact: &Artifact,
    dossier: &Dossier,
    table: &Table,
    rows: &[usize],
) -> Result<Vec<bool>, String> {
    let own = artifact
        .answer(&dossier.plan, table, rows)
        .map_err(|why| format!("the artefact can't score such rows: {why}"))?;
    Ok(same(table, rows, &own))
}

/// Whether answers to some rows of a table are those that were logged.
fn same(table: &Table, rows: &[usize], own: &ArtifactAnswers) -> Vec<bool> {
    let same = |(at, &row): (usize, &usize)| match (table.score.get(row), own.score.get(at)) {
        (Some(logged), Some(own)) => (logged - own).abs() <= SAME,
        _ => {
            let (logged, own) = (table.prediction[row], own.prediction[at]);
            (logged - own).abs() <= SAME * logged.abs().max(1.0)
        }
    };
    rows.iter().enumerate().map(same).collect()
}

/// Replaces logged predictions.
fn put(answers: &mut (Vec<f64>, Vec<f64>), rows: &[usize], prediction: &[f64], score: &[f64]) {
    for (into, from) in [(&mut answers.0, prediction), (&mut answers.1, score)] {
        for (&row, &value) in rows.iter().zip(from) {
            if let Some(place) = into.get_mut(row) {
                *place = value;
            }
        }
    }
}

/// Which rows differ in the value of any feature.
pub(in crate::autopsy) fn altered(served: &Table, mended: &Table) -> Vec<bool> {
    let mut altered = vec![false; served.rows];
    let pairs = served.features.iter().zip(&mended.features).enumerate();
    for (_, (was, is)) in pairs.filter(|(j, _)| !served.features.is_shared(&mended.features, *j)) {
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
