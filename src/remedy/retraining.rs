//! Retraining: which rows a new model is fitted on, their weights, and its predictions.
//!
//! Every fold learns only from rows before its test rows; bins and ranks are fitted on the same rows. A warm
//! start keeps the old model and learns a correction: trees that continue from the deployed model's own
//! predictions (Friedman 2001 with an offset), or a linear model whose coefficients a ridge penalty shrinks
//! towards those of the training rows, which is the posterior mode under a normal prior around the old
//! weights.

use crate::{
    model::{
        binned::{Binning, NUMERIC_BINS},
        boosted::{Boosted, Loss, Params, Target},
        learner::{Family, LAMBDA, Learner, RowReader},
        loss::{LossKind, clipped_logit, sigmoid},
    },
    stats::linear::{logistic, ridge},
    summary::{Column, Micros, Task},
};

use super::{
    backtest::{BacktestAnswers, BacktestData, Fold},
    catalogue::Strategy,
    unavailable::Unavailable,
};

/// Minimum number of rows to fit on.
const FEWEST_ROWS: usize = 60;

/// Rows that weigh less than this share of a fresh row are left out.
const LEAST_WEIGHT: f64 = 0.01;

/// Parameters of trees that correct an old model: few and small, since they start from something that mostly
/// works.
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

/// Returns the predictions of a model retrained on the known rows of a fold.
pub(super) fn retrain(
    backtest: &BacktestData<'_>,
    fold: &Fold,
    strategy: Strategy,
    family: Family,
) -> Result<BacktestAnswers, Unavailable> {
    if strategy == Strategy::Incremental {
        return match family {
            Family::Boosted => continued(backtest, fold),
            Family::Linear => updated(backtest, fold),
        };
    }
    let production = |rows: &[usize]| rows.iter().map(|row| backtest.first + row).collect::<Vec<usize>>();
    // Which requests are known, and those of them that only people have labelled.
    let known = || backtest.with_reviewed(&fold.known, Micros::MIN..fold.now);
    let mut weights = None;
    let rows = match strategy {
        Strategy::Full => [backtest.training.clone(), production(&known())].concat(),
        Strategy::SinceOnset | Strategy::Incremental => {
            let onset = backtest.since.first().map_or(Micros::MIN, |&row| backtest.at(row));
            production(&backtest.with_reviewed(&fold.since, onset..fold.now))
        }
        Strategy::Window(length) => {
            let recent = known().into_iter().filter(|&row| backtest.at(row) >= fold.now - length);
            production(&recent.collect::<Vec<_>>())
        }
        Strategy::Weighted { half_life } => {
            let start = backtest.judged.first().map_or(fold.now, |&row| backtest.at(row));
            let weight = |joint: usize| {
                // Training rows are dated at the start of the log.
                let at = joint.checked_sub(backtest.first).map_or(start, |row| backtest.at(row));
                (-(fold.now - at) as f64 / half_life.max(1) as f64).exp2()
            };
            let mut rows = [backtest.training.clone(), production(&known())].concat();
            rows.retain(|&row| weight(row) >= LEAST_WEIGHT);
            let rows = backtest.for_learners(&rows);
            weights = Some(rows.iter().map(|&row| weight(row)).collect::<Vec<f64>>());
            rows
        }
    };
    let rows = backtest.for_learners(&rows);
    learn(backtest, fold, &rows, weights.as_deref(), family, &[])
}

/// Returns the predictions of a model fitted on training without some features.
pub(super) fn without(
    backtest: &BacktestData<'_>,
    fold: &Fold,
    features: &[usize],
    family: Family,
) -> Result<BacktestAnswers, Unavailable> {
    let rows = backtest.for_learners(&backtest.training);
    learn(backtest, fold, &rows, None, family, features)
}

/// Fits on rows of the joint table and predicts the test rows of a fold.
fn learn(
    backtest: &BacktestData<'_>,
    fold: &Fold,
    rows: &[usize],
    weights: Option<&[f64]>,
    family: Family,
    without: &[usize],
) -> Result<BacktestAnswers, Unavailable> {
    if rows.len() < FEWEST_ROWS {
        return Err(format!("only {} labelled rows to learn from", rows.len()).into());
    }
    let dropped;
    let table = if without.is_empty() {
        &backtest.joint
    } else {
        let mut table = backtest.joint.clone();
        for &j in without {
            table.features[j] = Column::Absent;
        }
        dropped = table;
        &dropped
    };
    let reader = RowReader::fit(family, backtest.plan, table, rows);
    let learner =
        Learner::fit_weighted(backtest.plan, &reader.read(table, rows), &backtest.labels(rows), weights)?;
    let test: Vec<usize> = fold.test.iter().map(|row| backtest.first + row).collect();
    Ok(backtest.answered(learner.answers(&reader.read(table, &test), backtest.kind)))
}

/// Fits trees that continue from the deployed model's own predictions.
fn continued(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let (loss, old): (Loss, fn(f64) -> f64) = match backtest.kind {
        LossKind::Log => (Loss::Logistic, clipped_logit),
        LossKind::Absolute => (Loss::Squared, |value| value),
        LossKind::Wrong => {
            return Err("classes without scores give trees nothing to continue from".into());
        }
    };
    let logged = backtest.kind.answers(backtest.log);
    let answered = |rows: &[usize]| -> Vec<usize> {
        rows.iter().copied().filter(|&row| logged[row].is_finite()).collect()
    };
    let known = backtest.for_learners(&answered(&fold.since));
    if known.len() < FEWEST_ROWS {
        return Err(format!("only {} labelled rows to learn from", known.len()).into());
    }
    let offset = |rows: &[usize]| rows.iter().map(|&row| old(logged[row])).collect::<Vec<f64>>();
    let binning = Binning::fit(backtest.plan, backtest.log, &known, NUMERIC_BINS);
    let label: Vec<f64> = known.iter().map(|&row| backtest.log.label[row]).collect();
    let start = offset(&known);
    let target = Target { offset: Some(&start), ..Target::new(&label) };
    let trees = Boosted::fit(&binning.codes(backtest.log, &known), target, loss, &CORRECTION)?;
    let correction = trees.raw(&binning.codes(backtest.log, &fold.test));
    let answers = offset(&fold.test)
        .into_iter()
        .zip(correction)
        .map(|(old, step)| if loss == Loss::Logistic { sigmoid(old + step) } else { old + step });
    Ok(backtest.answered(answers.collect()))
}

/// Updates a linear model of training on the new rows, with a prior centred at the old weights.
fn updated(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let old_rows = backtest.for_learners(&backtest.training);
    if old_rows.len() < FEWEST_ROWS {
        return Err("training holds too few labels for a model to start from".into());
    }
    if fold.since.len() < FEWEST_ROWS {
        return Err(format!("only {} labelled rows to learn from", fold.since.len()).into());
    }
    let joint = |rows: &[usize]| rows.iter().map(|row| backtest.first + row).collect::<Vec<usize>>();
    let reader = RowReader::fit(Family::Linear, backtest.plan, &backtest.joint, &old_rows);
    let learnt =
        Learner::fit(backtest.plan, &reader.read(&backtest.joint, &old_rows), &backtest.labels(&old_rows))?;
    let known = joint(&backtest.for_learners(&fold.since));
    let (known_rows, next_rows) =
        (reader.read(&backtest.joint, &known), reader.read(&backtest.joint, &joint(&fold.test)));
    let (Some((old, x)), Some((_, next))) = (learnt.regression(&known_rows), learnt.regression(&next_rows))
    else {
        return Err("a tree has no weights to hold".into());
    };
    let label = backtest.labels(&known);
    let answers = match old {
        Learner::Logistic(model) => {
            let start: Vec<f64> = (0..x.rows()).map(|row| model.log_odds(x.row(row))).collect();
            let step = logistic(&x, &label, LAMBDA, Some(&start), None)?;
            (0..next.rows())
                .map(|row| sigmoid(model.log_odds(next.row(row)) + step.log_odds(next.row(row))))
                .map(|p| if backtest.kind == LossKind::Log { p } else { f64::from(u8::from(p > 0.5)) })
                .collect()
        }
        Learner::Ridge(model) => {
            let rest: Vec<f64> = (0..x.rows()).map(|row| label[row] - model.answer(x.row(row))).collect();
            let step = ridge(&x, &rest, LAMBDA, None)?;
            (0..next.rows()).map(|row| model.answer(next.row(row)) + step.answer(next.row(row))).collect()
        }
        Learner::Classes(models) => {
            let mut best = vec![(0.0, f64::NEG_INFINITY); next.rows()];
            for (class, model) in models.iter().enumerate() {
                let Some(model) = model else { continue };
                let start: Vec<f64> = (0..x.rows()).map(|row| model.log_odds(x.row(row))).collect();
                let is: Vec<f64> = label.iter().map(|&k| f64::from(u8::from(k as usize == class))).collect();
                // A class without rows keeps its old weights.
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
        Learner::Indicators(_) => return Err("so many classes have no log-odds to start from".into()),
        Learner::Boosted(_) | Learner::Screened { .. } | Learner::Coded { .. } => {
            return Err("a tree has no weights to hold".into());
        }
    };
    debug_assert!(backtest.plan.task != Task::Regression || backtest.kind == LossKind::Absolute);
    Ok(backtest.answered(answers))
}
