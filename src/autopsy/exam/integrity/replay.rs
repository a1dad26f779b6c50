//! Replay: does the model reproduce the logged predictions?

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Verdict,
        catalogue::{checks, measures, signals},
        exam::{context::ExamContext, rescorer::Rescorer},
    },
    model::{folds, surrogate::Surrogate},
    summary::Task,
    text::number,
};

/// Maximum difference of equal scores; logs round to six decimals, exports to float32.
const SCORE_TOLERANCE: f64 = 2e-3;

/// The same for numbers, relative to their standard deviation.
const VALUE_TOLERANCE: f64 = 2e-3;

/// Maximum rows replayed per side.
const MOST_ROWS: usize = 6_000;

/// The quantile of the surrogate's residuals on the reference rows above which a residual is large.
const FAR: f64 = 0.98;

/// Replays the log with the artefact, and compares it with the surrogate's predictions.
pub(super) fn examine(context: &ExamContext<'_>) -> Observations {
    let &ExamContext { dossier, framing, surrogate, .. } = context;
    let mut observations = Observations::default();
    match &dossier.artifact {
        Err(why) => observations.findings.push(Finding::not_applicable(
            &checks::REPLAY_MISMATCH,
            "The log can't be replayed",
            why,
        )),
        Ok(artifact) => {
            let replayer = Rescorer::Artifact(std::sync::Arc::clone(artifact));
            match mismatch(dossier, &replayer, &framing.after) {
                None => {
                    let why = artifact
                        .answer(
                            &dossier.plan,
                            &dossier.production.sample,
                            &framing.after[..framing.after.len().min(1)],
                        )
                        .err()
                        .map_or_else(|| "no answered row to replay".to_owned(), |error| error.to_string());
                    observations.findings.push(Finding::not_applicable(
                        &checks::REPLAY_MISMATCH,
                        "The log can't be replayed",
                        why,
                    ));
                }
                Some(after) => {
                    replayed(&mut observations, mismatch(dossier, &replayer, &framing.before), after);
                }
            }
        }
    }
    if let Some(surrogate) = surrogate {
        against_surrogate(&mut observations, dossier, framing, surrogate);
    }
    observations
}

fn replayed(observations: &mut Observations, before: Option<f64>, after: f64) {
    let was = before.map_or_else(String::new, |b| format!(", {} before", number::share(b)));
    let (verdict, message) = if after < 0.01 && before.unwrap_or(0.0) < 0.01 {
        (Verdict::Clear, "The artefact, fed the logged features, answers as logged.".to_owned())
    } else if before.is_some_and(|b| b > 0.9) && after < 0.1 {
        (
            Verdict::Watch,
            format!(
                "The artefact answers as logged since the onset only ({} differ{was}): another model was deployed.",
                number::share(after)
            ),
        )
    } else {
        (
            Verdict::Alarm,
            format!(
                "The artefact, fed the logged features, gives another answer in {} of the rows{was}.",
                number::share(after)
            ),
        )
    };
    observations.findings.push(Finding {
        measure: measures::REPLAY_MISMATCH.name,
        value: Some(after),
        threshold: Some(0.01),
        ..Finding::new(&checks::REPLAY_MISMATCH, verdict, message)
    });
    observations.signal(&signals::REPLAY_AFTER, after, &[], &checks::REPLAY_MISMATCH);
    // Mismatch on a part of the rows: the serving system. On all of them, and only on one side: another
    // model.
    observations.signal(&signals::REPLAY_PART, after.min(1.0 - after), &[], &checks::REPLAY_MISMATCH);
    if let Some(before) = before {
        observations.signal(&signals::REPLAY_BEFORE, before, &[], &checks::REPLAY_MISMATCH);
        observations.signal(&signals::REPLAY_SWITCHED, (before - after).abs(), &[], &checks::REPLAY_MISMATCH);
    }
}

/// Share of the rows whose logged prediction the model does not reproduce.
fn mismatch(dossier: &Dossier, replayer: &Rescorer, rows: &[usize]) -> Option<f64> {
    let rows = row_by_row(dossier, replayer, &folds::thin(rows, MOST_ROWS))?;
    Some(rows.iter().filter(|(_, differs)| *differs).count() as f64 / rows.len() as f64)
}

/// For each of the given production rows that has a logged answer, whether the model gives another one; none where too
/// few have one, or where the model does not run.
#[must_use]
pub fn row_by_row(dossier: &Dossier, replayer: &Rescorer, rows: &[usize]) -> Option<Vec<(usize, bool)>> {
    let table = &dossier.production.sample;
    let rows: Vec<usize> = rows
        .iter()
        .copied()
        .filter(|&r| table.score.get(r).or_else(|| table.prediction.get(r)).is_some_and(|v| v.is_finite()))
        .collect();
    if rows.len() < 100 {
        return None;
    }
    let (prediction, score) = replayer.answer(dossier, table, &rows)?;
    let spread = if dossier.task() == Task::Regression {
        crate::stats::moments::deviation(&prediction).unwrap_or(1.0)
    } else {
        1.0
    };
    let differs = |i: usize, r: usize| -> bool {
        match (dossier.task(), score.get(i), table.score.get(r)) {
            (Task::Binary, Some(again), Some(logged)) => (again - logged).abs() > SCORE_TOLERANCE,
            (Task::Regression, ..) => (prediction[i] - table.prediction[r]).abs() > VALUE_TOLERANCE * spread,
            _ => prediction[i] != table.prediction[r],
        }
    };
    Some(rows.iter().enumerate().map(|(i, &r)| (r, differs(i, r))).collect())
}

/// The distance of logged predictions from the surrogate's, after against before.
fn against_surrogate(
    observations: &mut Observations,
    dossier: &Dossier,
    framing: &Framing,
    surrogate: &Surrogate,
) {
    let production = &dossier.production.sample;
    let within = framing.before.len() >= 300;
    let (table, before) = if within {
        (production, folds::thin(&framing.before, MOST_ROWS))
    } else {
        (
            &dossier.training.sample,
            folds::thin(&(0..dossier.training.sample.rows).collect::<Vec<_>>(), MOST_ROWS),
        )
    };
    let Some(mut was) = residuals(dossier, surrogate, table, &before) else {
        return;
    };
    let Some(is) = residuals(dossier, surrogate, production, &folds::thin(&framing.after, MOST_ROWS)) else {
        return;
    };
    was.sort_unstable_by(f64::total_cmp);
    let classes =
        dossier.task() == Task::Multiclass || production.score.is_empty() && dossier.task() == Task::Binary;
    let (far_before, far_after) = if classes {
        (mean(&was), mean(&is))
    } else {
        let cut = was[((was.len() - 1) as f64 * FAR) as usize];
        (1.0 - FAR, is.iter().filter(|&&r| r > cut).count() as f64 / is.len() as f64)
    };
    let error = (far_before.max(0.005) / was.len() as f64 + far_after.max(0.005) / is.len() as f64).sqrt();
    let excess = far_after - far_before;
    let verdict = if excess > 0.03 && excess / error > 4.0 { Verdict::Watch } else { Verdict::Clear };
    observations.findings.push(Finding {
        measure: measures::FAR_FROM_SURROGATE.name,
        value: Some(far_after),
        interval: Some((far_after - 1.96 * error, far_after + 1.96 * error)),
        threshold: Some(far_before + 0.03),
        ..Finding::new(
            &checks::REPLAY_SURROGATE,
            verdict,
            format!(
                "{} of the answers {} are far from what a surrogate of the launch model says, {} {}.",
                number::share(far_after),
                if framing.split().is_some() { "since the onset" } else { "of the log" },
                number::share(far_before),
                if within { "before" } else { "in training" }
            ),
        )
    });
    observations.signal(&signals::SURROGATE_FAR, excess.clamp(-0.1, 1.0), &[], &checks::REPLAY_SURROGATE);
    let (spread_before, spread_after) = (mean(&was).max(1e-6), mean(&is).max(1e-6));
    let ratio = (spread_after / spread_before).ln().clamp(-1.0, 4.0);
    observations.signal(&signals::SURROGATE_SPREAD, ratio, &[], &checks::REPLAY_SURROGATE);
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Distance of each logged prediction from the surrogate's: in log-odds, in value, or 1 where the class
/// differs.
fn residuals(
    dossier: &Dossier,
    surrogate: &Surrogate,
    table: &crate::summary::Table,
    rows: &[usize],
) -> Option<Vec<f64>> {
    let logit = |p: f64| {
        let p = p.clamp(1e-4, 1.0 - 1e-4);
        (p / (1.0 - p)).ln()
    };
    let answers = surrogate.answers(table, rows);
    let found: Vec<f64> = rows
        .iter()
        .enumerate()
        .filter_map(|(i, &r)| match (dossier.task(), table.score.get(r), answers.score.get(i)) {
            (Task::Binary, Some(logged), Some(replayed)) => {
                logged.is_finite().then(|| (logit(*logged) - logit(*replayed)).abs())
            }
            (Task::Regression, ..) => {
                let logged = *table.prediction.get(r)?;
                logged.is_finite().then(|| (logged - answers.prediction[i]).abs())
            }
            _ => {
                let logged = *table.prediction.get(r)?;
                logged.is_finite().then(|| f64::from(u8::from(logged != answers.prediction[i])))
            }
        })
        .collect();
    (found.len() >= 100).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_rows_is_the_service_and_all_of_one_side_another_model() {
        let gaps = |before: Option<f64>, after: f64| {
            let mut observations = Observations::default();
            replayed(&mut observations, before, after);
            let value = |key: &str| observations.signals.iter().find(|s| s.key == key).map(|s| s.value);
            ["replay.after", "replay.part", "replay.before", "replay.switched"].map(value)
        };
        assert_eq!(gaps(Some(0.0), 0.25), [Some(0.25), Some(0.25), Some(0.0), Some(0.25)]);
        assert_eq!(gaps(Some(1.0), 0.0), [Some(0.0), Some(0.0), Some(1.0), Some(1.0)]);
        assert_eq!(gaps(None, 0.5), [Some(0.5), Some(0.5), None, None]);
    }
}
