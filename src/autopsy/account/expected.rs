//! Relation, constant, population and outside: the outcome against its expectation from the rows before the onset.
//!
//! `E` is fitted on the rows before the onset, out of fold: the better of boosted trees on inputs and answer, and a monotone
//! curve on the answer (a mean, where answers are no scores). Its error on the loss before the onset, `ρ`, is subtracted from
//! the relation and left to the population, so that both are 0 where nothing changed.

use rayon::prelude::*;

use crate::{
    autopsy::{Dossier, exam::yardstick::Launch},
    model::{
        binned::{Binned, Binning, NUMERIC_BINS},
        boosted::{Boosted, Loss, Params, Target},
        folds::Groups,
        loss::{LossKind, clipped_logit, logit, sigmoid},
    },
    stats::{calibration::isotonic, moments},
    summary::Table,
};

use super::{
    inputs::Altered,
    line::{LineParts, Place},
    period::Periods,
};

/// Probabilities stay this far from 0 and 1, as in the loss.
const FLOOR: f64 = 1e-4;

/// Minimum size of the constant, in standard errors.
const MOVED_Z: f64 = 3.0;

/// Newton steps for the constant.
const ROUNDS: usize = 30;

/// Small trees: they only correct the answer.
const PARAMS: Params = Params {
    trees: 60,
    learning_rate: 0.1,
    leaves: 8,
    depth: 3,
    l2: 5.0,
    min_child_weight: 1.0,
    min_rows: 30,
    patience: None,
};

/// The prediction for every row: the probability of the positive class or of a wrong answer, or the absolute error.
struct Predicted {
    before: Vec<f64>,
    since: Vec<f64>,
}

/// Takes the last lines, which together take all that is left.
///
/// * `unsettled`: whether the inputs are broken and nothing repairs them; the relation's part is then unexplained.
///
/// # Errors
///
/// If nothing can be fitted on the rows before the onset, as a clause.
pub(super) fn take(
    dossier: &Dossier,
    launch: Option<&Launch>,
    periods: &Periods,
    altered: &Altered,
    unsettled: bool,
    parts: &mut LineParts<'_>,
) -> Result<(), String> {
    let kind = LossKind::of(&dossier.plan);
    let (before, since) = (&periods.before, &parts.table);
    let predicted = predict(dossier, kind, &before.table, since)
        .ok_or("the rows before the onset don't show how the outcome depends on the answer")?;
    let n = since.rows;
    // A row is altered beyond repair, outside the training data, or inside.
    let lost: Vec<bool> = (0..n).map(|row| altered.beyond[row]).collect();
    let outside: Vec<bool> = (0..n)
        .map(|row| !lost[row] && launch.is_some_and(|launch| launch.model.is_outside(since, row)))
        .collect();
    let inside: Vec<bool> = (0..n).map(|row| !lost[row] && !outside[row]).collect();
    let share = |of: &[bool]| of.iter().filter(|of| **of).count() as f64 / n.max(1) as f64;

    let answer = |table: &Table, row: usize| kind.answers(table).get(row).copied().unwrap_or(f64::NAN);
    let expected_before: Vec<f64> = (0..before.table.rows)
        .map(|row| expected(kind, predicted.before[row], answer(&before.table, row)))
        .collect();
    // Where the expectation is of the answer itself, it has the surrogate's gap in it as the loss had; the expected error of the
    // logged answers never had.
    let gap = |row: usize| if kind == LossKind::Log { parts.gap[row] } else { 0.0 };
    let plain: Vec<f64> =
        (0..n).map(|row| expected(kind, predicted.since[row], answer(since, row)) - gap(row)).collect();
    let moved = constant(kind, &predicted.since, &before.table, since, &inside);
    let shift: Vec<f64> = (0..n)
        .map(|row| {
            let by =
                |moved| explained(kind, moved, predicted.since[row], answer(since, row), since.label[row]);
            moved.map_or(0.0, by)
        })
        .collect();
    let relation: Vec<f64> = (0..n).map(|row| parts.left[row] - plain[row] - shift[row]).collect();
    let only = |which: &[bool], values: &[f64]| -> Vec<f64> {
        values.iter().zip(which).map(|(value, which)| if *which { *value } else { 0.0 }).collect()
    };
    let (w_in, w_out, w_lost) = (share(&inside), share(&outside), share(&lost));
    let scaled = |values: &[f64], by: f64| -> Vec<f64> { values.iter().map(|value| -value * by).collect() };
    let missed: Vec<f64> = before.loss.iter().zip(&expected_before).map(|(loss, e)| loss - e).collect();
    let left = parts.left.clone();
    let (mut relation, mut beyond) = (only(&inside, &relation), only(&lost, &left));
    let (mut of_relation, mut of_beyond) = (scaled(&missed, w_in), scaled(&before.loss, w_lost));
    if unsettled {
        let sum = |into: &mut [f64], from: &mut Vec<f64>| {
            into.iter_mut().zip(from.iter()).for_each(|(into, from)| *into += from);
            from.fill(0.0);
        };
        sum(&mut beyond, &mut relation);
        sum(&mut of_beyond, &mut of_relation);
    }
    parts.add(Place::Relation, relation, of_relation, 0.0);
    parts.add(Place::Constant, only(&inside, &shift), Vec::new(), 0.0);
    parts.add(Place::Population, only(&inside, &plain), scaled(&expected_before, w_in), 0.0);
    parts.add(Place::Outside, only(&outside, &left), scaled(&before.loss, w_out), 0.0);
    parts.add(Place::Unexplained, beyond, of_beyond, 0.0);
    Ok(())
}

/// The expected loss of an answer.
fn expected(kind: LossKind, predicted: f64, answer: f64) -> f64 {
    match kind {
        LossKind::Log => {
            let a = answer.clamp(FLOOR, 1.0 - FLOOR);
            -predicted * a.ln() - (1.0 - predicted) * (1.0 - a).ln()
        }
        LossKind::Wrong | LossKind::Absolute => predicted,
    }
}

/// The constant by which the outcome moved, if beyond noise: in log-odds, or in values. None for classes without a score,
/// which have no scale.
fn constant(
    kind: LossKind,
    predicted: &[f64],
    before: &Table,
    since: &Table,
    inside: &[bool],
) -> Option<f64> {
    let rows: Vec<usize> = (0..since.rows).filter(|&row| inside[row]).collect();
    match kind {
        LossKind::Wrong => None,
        LossKind::Log => {
            let (mut moved, mut information) = (0.0, 0.0);
            for _ in 0..ROUNDS {
                let (mut score, mut curve) = (0.0, 0.0);
                for &row in &rows {
                    let p = sigmoid(logit(predicted[row]) + moved);
                    score += since.label[row] - p;
                    curve += p * (1.0 - p);
                }
                if curve <= 0.0 {
                    return None;
                }
                moved += (score / curve).clamp(-1.0, 1.0);
                information = curve;
            }
            (moved.abs() * f64::sqrt(information) > MOVED_Z).then_some(moved)
        }
        LossKind::Absolute => {
            let (was, error_then) = middle(before, &(0..before.rows).collect::<Vec<_>>())?;
            let (is, error_now) = middle(since, &rows)?;
            let error = error_then.hypot(error_now);
            (error > 0.0 && (is - was).abs() > MOVED_Z * error).then_some(is - was)
        }
    }
}

/// The median of label less answer, and its standard error from the middle half: `1.253 s / √n`, `s = IQR / 1.349`.
fn middle(table: &Table, rows: &[usize]) -> Option<(f64, f64)> {
    let mut residuals: Vec<f64> = rows.iter().map(|&row| table.label[row] - table.prediction[row]).collect();
    residuals.sort_unstable_by(f64::total_cmp);
    let at = |share| moments::quantile(&residuals, share).ok();
    let spread = at(0.75)? - at(0.25)?;
    Some((at(0.5)?, 1.253 * spread / 1.349 / (residuals.len() as f64).sqrt()))
}

/// The part of a row's loss that the constant explains: the change of the expected loss with the predicted probability; for
/// numbers the reduction of the loss if the constant is subtracted from the outcome.
fn explained(kind: LossKind, constant: f64, predicted: f64, answer: f64, label: f64) -> f64 {
    match kind {
        LossKind::Log => {
            expected(kind, sigmoid(logit(predicted) + constant), answer) - expected(kind, predicted, answer)
        }
        LossKind::Absolute => (label - answer).abs() - (label - answer - constant).abs(),
        LossKind::Wrong => 0.0,
    }
}

/// Fits on some rows and predicts others; none if there are too few rows to fit.
type Learner<'a> = &'a (dyn Fn(&[usize], &[usize]) -> Option<Vec<f64>> + Sync);

/// Predicts the rows before the onset (out of fold) and those since.
fn predict(dossier: &Dossier, kind: LossKind, before: &Table, since: &Table) -> Option<Predicted> {
    let plan = &dossier.plan;
    let all = |table: &Table| (0..table.rows).collect::<Vec<usize>>();
    let (early, late) = (all(before), all(since));
    let answers: Vec<f64> = [kind.answers(before), kind.answers(since)].concat();
    if answers.len() != early.len() + late.len() {
        return None;
    }
    let score: Vec<f64> =
        answers.iter().map(|&a| if kind == LossKind::Log { clipped_logit(a) } else { a }).collect();
    let binning = Binning::fit(plan, before, &early, NUMERIC_BINS);
    let mut data = binning.codes(before, &early).chain(&binning.codes(since, &late));
    data.push(&score);
    let target: Vec<f64> = early
        .iter()
        .map(|&row| match kind {
            LossKind::Log => before.label[row],
            LossKind::Wrong | LossKind::Absolute => kind.of_row(before, row),
        })
        .collect();
    let folds = Groups::find(&data.take(&early)).folds(2, plan.seed);
    let learners: [Learner<'_>; 2] =
        [&|learn, ask| by_trees(kind, &data, &target, learn, ask), &|learn, ask| {
            by_curve(kind, &score, &target, learn, ask)
        }];
    // What each learner says of the rows that a fold holds out, and then of the later ones.
    let answered = |learner: &Learner<'_>| -> Vec<(Vec<usize>, Option<Vec<f64>>)> {
        let fold = |fold: usize| {
            let (test, learn): (Vec<usize>, Vec<usize>) =
                early.iter().copied().partition(|&row| folds[row] == fold);
            let asked: Vec<usize> =
                test.iter().copied().chain(early.len()..early.len() + late.len()).collect();
            let answers = learner(&learn, &asked);
            (test, answers)
        };
        (0..2).into_par_iter().map(fold).collect()
    };
    let answered: Vec<_> = learners.par_iter().map(answered).collect();
    let predicted = answered.into_iter().filter_map(|folds| {
        let mut own = vec![f64::NAN; early.len()];
        let mut later = vec![0.0; late.len()];
        for (test, answers) in folds {
            let mut answers = answers?.into_iter();
            for (row, value) in test.into_iter().zip(&mut answers) {
                own[row] = value;
            }
            for (sum, value) in later.iter_mut().zip(answers) {
                *sum += value / 2.0;
            }
        }
        let judged: f64 =
            own.iter().zip(&target).map(|(probability, truth)| misses(kind, *probability, *truth)).sum();
        judged.is_finite().then_some((judged, Predicted { before: own, since: later }))
    });
    predicted.reduce(|a, b| if b.0 < a.0 { b } else { a }).map(|(_, predicted)| predicted)
}

/// The error of a prediction: log loss of probabilities, squared error of others.
fn misses(kind: LossKind, probability: f64, truth: f64) -> f64 {
    match kind {
        LossKind::Log | LossKind::Wrong => {
            -truth * probability.ln() - (1.0 - truth) * (1.0 - probability).ln()
        }
        LossKind::Absolute => (probability - truth).powi(2),
    }
}

fn within(kind: LossKind, value: f64) -> f64 {
    match kind {
        LossKind::Log | LossKind::Wrong => value.clamp(FLOOR, 1.0 - FLOOR),
        LossKind::Absolute => value.max(0.0),
    }
}

fn by_trees(
    kind: LossKind,
    data: &Binned,
    target: &[f64],
    learn: &[usize],
    ask: &[usize],
) -> Option<Vec<f64>> {
    let loss = if kind == LossKind::Absolute { Loss::Squared } else { Loss::Logistic };
    let known: Vec<f64> = learn.iter().map(|&row| target[row]).collect();
    let trees = Boosted::fit(&data.take(learn), Target::new(&known), loss, &PARAMS).ok()?;
    Some(trees.predict(&data.take(ask)).into_iter().map(|value| within(kind, value)).collect())
}

/// A monotone curve of the positive class on the score; otherwise the mean, since errors need not be monotone in the answer.
fn by_curve(
    kind: LossKind,
    score: &[f64],
    target: &[f64],
    learn: &[usize],
    ask: &[usize],
) -> Option<Vec<f64>> {
    let known: Vec<f64> = learn.iter().map(|&row| target[row]).collect();
    if kind != LossKind::Log {
        let mean = within(kind, moments::mean(&known).ok()?);
        return Some(vec![mean; ask.len()]);
    }
    let at: Vec<f64> = learn.iter().map(|&row| score[row]).collect();
    let curve = isotonic(&at, &known, None).ok()?;
    Some(ask.iter().map(|&row| within(kind, curve.predict(score[row]))).collect())
}
