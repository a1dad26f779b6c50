//! Recalibration, the cheap corrections of the predictions' level: a new prior, a line, a monotone function,
//! another threshold. Each is fitted on the labelled rows since the onset that a fold knows.

use crate::{
    model::loss::{LossKind, clipped_logit, sigmoid},
    stats::{
        calibration,
        linear::{Matrix, ridge},
        moments,
    },
    summary::Task,
};

use super::{
    backtest::{BacktestAnswers, BacktestData, Fold},
    result::Decision,
    unavailable::Unavailable,
};

/// Candidate thresholds, at quantiles of the scores.
const THRESHOLDS: usize = 99;

/// With fewer labelled rows than this before the onset, the old share of positives is taken from training.
const FEWEST_BEFORE: usize = 100;

/// Labels and logged predictions of known rows, and the logged predictions of the test rows.
struct LevelData {
    label: Vec<f64>,
    known: Vec<f64>,
    test: Vec<f64>,
}

fn level(backtest: &BacktestData<'_>, fold: &Fold) -> Result<LevelData, Unavailable> {
    if backtest.kind == LossKind::Wrong {
        return Err("the log holds no scores, so there is no level to correct".into());
    }
    let answers = backtest.kind.answers(backtest.log);
    let rows: Vec<usize> = fold.since.iter().copied().filter(|&row| answers[row].is_finite()).collect();
    Ok(LevelData {
        label: rows.iter().map(|&row| backtest.log.label[row]).collect(),
        known: rows.iter().map(|&row| answers[row]).collect(),
        test: fold.test.iter().map(|&row| answers[row]).collect(),
    })
}

/// Adjusts scores to the new share of positives (Bayes' rule), and values by their mean error.
pub(super) fn prior(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let LevelData { label, known, test } = level(backtest, fold)?;
    let now = moments::mean(&label)?;
    if backtest.plan.task == Task::Regression {
        let off = now - moments::mean(&known)?;
        return Ok(backtest.answered(test.into_iter().map(|value| value + off).collect()));
    }
    let before = &backtest.investigation.framing.before;
    let judged = backtest.logged.judged_rows(before);
    let then: Vec<f64> = if judged.len() >= FEWEST_BEFORE {
        judged.iter().map(|&row| backtest.log.label[row]).collect()
    } else {
        backtest.labels(&backtest.training)
    };
    let then = moments::mean(&then).map_err(|_| "neither training nor earlier rows give the old share")?;
    let moved: Result<Vec<f64>, _> = test
        .into_iter()
        .map(|score| if score.is_nan() { Ok(score) } else { calibration::prior_shift(score, then, now) })
        .collect();
    moved.map(|scores| backtest.answered(scores)).map_err(|_| "only one class came since the onset".into())
}

/// Platt scaling on log-odds; a line through the values.
pub(super) fn platt(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let LevelData { label, known, test } = level(backtest, fold)?;
    let answers = if backtest.plan.task == Task::Regression {
        let line = ridge(&Matrix::from_columns(&[&known])?, &label, 0.0, None)?;
        test.into_iter().map(|value| line.answer(&[value])).collect()
    } else {
        let odds: Vec<f64> = known.iter().map(|&score| clipped_logit(score)).collect();
        let positive: Vec<bool> = label.iter().map(|&y| y > 0.5).collect();
        let (slope, intercept) = calibration::platt(&odds, &positive)?;
        test.into_iter().map(|score| sigmoid(slope * clipped_logit(score) + intercept)).collect()
    };
    Ok(backtest.answered(answers))
}

/// Isotonic regression of the outcome on the predictions.
pub(super) fn isotonic(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let LevelData { label, known, test } = level(backtest, fold)?;
    let steps = calibration::isotonic(&known, &label, None)?;
    let answer = |value: f64| {
        if value.is_nan() { value } else { steps.predict(value) }
    };
    Ok(backtest.answered(test.into_iter().map(answer).collect()))
}

/// Applies the best threshold on the known rows, by cost or F1, to the test rows.
pub(super) fn threshold(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let best = best_threshold(backtest, &fold.since)?;
    let score: Vec<f64> = fold.test.iter().map(|&row| backtest.log.score[row]).collect();
    Ok(BacktestAnswers {
        prediction: score.iter().map(|&s| f64::from(u8::from(s > best))).collect(),
        score,
        ..BacktestAnswers::default()
    })
}

/// Returns the threshold with the lowest cost or the highest F1 on some rows; the deployed one if none is
/// better.
pub(super) fn best_threshold(backtest: &BacktestData<'_>, rows: &[usize]) -> Result<f64, Unavailable> {
    if backtest.kind != LossKind::Log {
        return Err("the log holds no scores, so there is no threshold to move".into());
    }
    let mut scored: Vec<(f64, bool)> = rows
        .iter()
        .map(|&row| (backtest.log.score[row], backtest.log.label[row] > 0.5))
        .filter(|(score, _)| score.is_finite())
        .collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = scored.iter().filter(|row| row.1).count();
    if positives == 0 || positives == scored.len() {
        return Err("only one class came since the onset".into());
    }
    // Cumulative counts of positives, so that the confusion matrix of any threshold is a subtraction.
    let mut below = vec![0_usize];
    for (_, positive) in &scored {
        below.push(below[below.len() - 1] + usize::from(*positive));
    }
    let score_of = |threshold: f64| {
        let at = scored.partition_point(|(score, _)| *score <= threshold);
        let misses = below[at] as f64;
        let found = positives as f64 - misses;
        let false_alarms = (scored.len() - at) as f64 - found;
        match backtest.decision {
            Some(Decision::Cost { false_positive, false_negative }) => {
                -(false_positive * false_alarms + false_negative * misses)
            }
            _ => 2.0 * found / (2.0 * found + false_alarms + misses),
        }
    };
    let quantiles = (1..=THRESHOLDS).map(|k| scored[k * (scored.len() - 1) / (THRESHOLDS + 1)].0);
    let start = (backtest.threshold, score_of(backtest.threshold));
    let best = quantiles
        .map(|threshold| (threshold, score_of(threshold)))
        .fold(start, |best, other| if other.1 > best.1 { other } else { best });
    Ok(best.0)
}
