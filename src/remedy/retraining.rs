//! Retraining: which rows are learnt from, how much they weigh, and what the new model answers.
//!
//! Every fold learns from rows before its future only; bins and ranks are fitted on the same rows. The warm start keeps
//! the old model and learns what is left: trees that continue from the deployed model's own answers (Friedman 2001 with
//! an offset), or a line whose coefficients are held by a ridge at those of the training rows, which is the posterior
//! mode under a normal prior around the old weights.

use crate::{
    model::{
        binned::{Binning, NUMERIC_BINS},
        boosted::{Boosted, Loss, Params, Target},
        learner::{Family, LAMBDA, Learner, Reader, Rows},
        loss::{LossKind, clipped_logit, sigmoid},
    },
    stats::{
        Undefined,
        linear::{logistic, ridge},
    },
    summary::{Column, Task},
};

use super::{
    bench::Strategy,
    candidate::for_learners,
    gain::Given,
    ground::{Fold, Ground},
};

/// Fewer rows than this teach nothing.
const FEWEST_ROWS: usize = 60;

/// A row that weighs less than this share of a fresh one is left out.
const LEAST_WEIGHT: f64 = 0.01;

/// Trees that correct an old model: few and small, as they start from something that mostly works.
const CORRECTION: Params = Params {
    trees: 40,
    learning_rate: 0.1,
    leaves: 8,
    depth: 3,
    l2: 5.0,
    min_child_weight: 0.5,
    min_rows: 25,
    patience: None,
};

/// The answers of a model that was retrained on what a fold knows.
pub(super) fn retrain(
    ground: &Ground<'_>,
    fold: &Fold,
    strategy: Strategy,
    family: Family,
) -> Result<Given, String> {
    if strategy == Strategy::Incremental {
        return match family {
            Family::Boosted => continued(ground, fold),
            Family::Linear => updated(ground, fold),
        };
    }
    let production = |rows: &[usize]| rows.iter().map(|row| ground.first + row).collect::<Vec<usize>>();
    let mut weights = None;
    let rows = match strategy {
        Strategy::Full => [ground.training.clone(), production(&fold.known)].concat(),
        Strategy::SinceOnset | Strategy::Incremental => production(&fold.since),
        Strategy::Window(length) => {
            let recent = fold.known.iter().copied().filter(|&row| ground.at(row) >= fold.now - length);
            production(&recent.collect::<Vec<_>>())
        }
        Strategy::Weighted { half_life } => {
            let start = ground.judged.first().map_or(fold.now, |&row| ground.at(row));
            let weight = |joint: usize| {
                // A training row is as old as the log.
                let at = joint.checked_sub(ground.first).map_or(start, |row| ground.at(row));
                (-(fold.now - at) as f64 / half_life.max(1) as f64).exp2()
            };
            let mut rows = [ground.training.clone(), production(&fold.known)].concat();
            rows.retain(|&row| weight(row) >= LEAST_WEIGHT);
            let rows = for_learners(ground, &rows);
            weights = Some(rows.iter().map(|&row| weight(row)).collect::<Vec<f64>>());
            rows
        }
    };
    let rows = for_learners(ground, &rows);
    learn(ground, fold, &rows, weights.as_deref(), family, &[])
}

/// The answers of a model that was fitted on training without some features.
pub(super) fn without(
    ground: &Ground<'_>,
    fold: &Fold,
    features: &[usize],
    family: Family,
) -> Result<Given, String> {
    let rows = for_learners(ground, &ground.training);
    learn(ground, fold, &rows, None, family, features)
}

/// Learns rows of the joint table and answers a fold's future.
fn learn(
    ground: &Ground<'_>,
    fold: &Fold,
    rows: &[usize],
    weights: Option<&[f64]>,
    family: Family,
    without: &[usize],
) -> Result<Given, String> {
    if rows.len() < FEWEST_ROWS {
        return Err(format!("only {} labelled rows to learn from", rows.len()));
    }
    let dropped;
    let table = if without.is_empty() {
        &ground.joint
    } else {
        let mut table = ground.joint.clone();
        for &j in without {
            table.features[j] = Column::Absent;
        }
        dropped = table;
        &dropped
    };
    let reader = Reader::fit(family, ground.plan, table, rows);
    let learner =
        Learner::fit_weighted(ground.plan, &reader.read(table, rows), &ground.labels(rows), weights)
            .map_err(|why| why.to_string())?;
    let future: Vec<usize> = fold.future.iter().map(|row| ground.first + row).collect();
    Ok(given(ground, learner.answers(&reader.read(table, &future), ground.kind)))
}

/// Probabilities, classes or values as answers.
pub(super) fn given(ground: &Ground<'_>, answers: Vec<f64>) -> Given {
    if ground.kind == LossKind::Log {
        Given {
            prediction: answers.iter().map(|&p| f64::from(u8::from(p > ground.threshold))).collect(),
            score: answers,
            instead: None,
        }
    } else {
        Given { prediction: answers, ..Given::default() }
    }
}

/// Trees that continue from the deployed model's own answers.
fn continued(ground: &Ground<'_>, fold: &Fold) -> Result<Given, String> {
    let (loss, old): (Loss, fn(f64) -> f64) = match ground.kind {
        LossKind::Log => (Loss::Logistic, clipped_logit),
        LossKind::Absolute => (Loss::Squared, |value| value),
        LossKind::Wrong => {
            return Err("classes without scores give trees nothing to continue from".to_owned());
        }
    };
    let logged = ground.kind.answers(ground.log);
    let answered = |rows: &[usize]| -> Vec<usize> {
        rows.iter().copied().filter(|&row| logged[row].is_finite()).collect()
    };
    let known = for_learners(ground, &answered(&fold.since));
    if known.len() < FEWEST_ROWS {
        return Err(format!("only {} labelled rows to learn from", known.len()));
    }
    let offset = |rows: &[usize]| rows.iter().map(|&row| old(logged[row])).collect::<Vec<f64>>();
    let binning = Binning::fit(ground.plan, ground.log, &known, NUMERIC_BINS);
    let label: Vec<f64> = known.iter().map(|&row| ground.log.label[row]).collect();
    let start = offset(&known);
    let target = Target { offset: Some(&start), ..Target::new(&label) };
    let trees = Boosted::fit(&binning.codes(ground.log, &known), target, loss, &CORRECTION)
        .map_err(|why| why.to_string())?;
    let correction = trees.raw(&binning.codes(ground.log, &fold.future));
    let answers = offset(&fold.future)
        .into_iter()
        .zip(correction)
        .map(|(old, step)| if loss == Loss::Logistic { sigmoid(old + step) } else { old + step });
    Ok(given(ground, answers.collect()))
}

/// A linear model of training whose weights are moved by the new rows, held by a prior at the old ones.
fn updated(ground: &Ground<'_>, fold: &Fold) -> Result<Given, String> {
    let old_rows = for_learners(ground, &ground.training);
    if old_rows.len() < FEWEST_ROWS {
        return Err("training holds too few labels for a model to start from".to_owned());
    }
    if fold.since.len() < FEWEST_ROWS {
        return Err(format!("only {} labelled rows to learn from", fold.since.len()));
    }
    let joint = |rows: &[usize]| rows.iter().map(|row| ground.first + row).collect::<Vec<usize>>();
    let reader = Reader::fit(Family::Linear, ground.plan, &ground.joint, &old_rows);
    let old = Learner::fit(ground.plan, &reader.read(&ground.joint, &old_rows), &ground.labels(&old_rows))
        .map_err(|why| why.to_string())?;
    let known = joint(&for_learners(ground, &fold.since));
    let (Rows::Encoded(mut x), Rows::Encoded(mut next)) =
        (reader.read(&ground.joint, &known), reader.read(&ground.joint, &joint(&fold.future)))
    else {
        return Err("the rows are not encoded for regressions".to_owned());
    };
    let old = match old {
        Learner::Screened { columns, learner } => {
            (x, next) = (x.take_columns(&columns), next.take_columns(&columns));
            *learner
        }
        whole => whole,
    };
    let label = ground.labels(&known);
    let told = |why: Undefined| why.to_string();
    let answers = match &old {
        Learner::Logistic(model) => {
            let start: Vec<f64> = (0..x.rows()).map(|row| model.log_odds(x.row(row))).collect();
            let step = logistic(&x, &label, LAMBDA, Some(&start), None).map_err(told)?;
            (0..next.rows())
                .map(|row| sigmoid(model.log_odds(next.row(row)) + step.log_odds(next.row(row))))
                .map(|p| if ground.kind == LossKind::Log { p } else { f64::from(u8::from(p > 0.5)) })
                .collect()
        }
        Learner::Ridge(model) => {
            let rest: Vec<f64> = (0..x.rows()).map(|row| label[row] - model.answer(x.row(row))).collect();
            let step = ridge(&x, &rest, LAMBDA, None).map_err(told)?;
            (0..next.rows()).map(|row| model.answer(next.row(row)) + step.answer(next.row(row))).collect()
        }
        Learner::Classes(models) => {
            let mut best = vec![(0.0, f64::NEG_INFINITY); next.rows()];
            for (class, model) in models.iter().enumerate() {
                let Some(model) = model else { continue };
                let start: Vec<f64> = (0..x.rows()).map(|row| model.log_odds(x.row(row))).collect();
                let is: Vec<f64> = label.iter().map(|&k| f64::from(u8::from(k as usize == class))).collect();
                // A class that did not come up keeps its old weights.
                let step = logistic(&x, &is, LAMBDA, Some(&start), None).ok();
                for (row, best) in best.iter_mut().enumerate() {
                    let moved = step.as_ref().map_or(0.0, |step| step.log_odds(next.row(row)));
                    let odds = model.log_odds(next.row(row)) + moved;
                    if odds > best.1 {
                        *best = (class as f64, odds);
                    }
                }
            }
            best.into_iter().map(|(class, _)| class).collect()
        }
        Learner::Boosted(_) | Learner::Screened { .. } => {
            return Err("a tree has no weights to hold".to_owned());
        }
    };
    debug_assert!(ground.plan.task != Task::Regression || ground.kind == LossKind::Absolute);
    Ok(given(ground, answers))
}
