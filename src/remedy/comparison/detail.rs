//! Parts of a comparison: metrics, flips, calibration, disagreements, latency.

use rayon::prelude::*;

use super::{
    result::{Calibrated, Disagreements, Exemplar, Flips, Latency, Method, MetricPair},
    sides::FEWEST_ROWS,
};
use crate::{
    autopsy::scoring::{self, Answers},
    stats::{
        bootstrap,
        calibration::reliability,
        delong::{delong, delong_paired, delong_unpaired},
        interval::Z_95,
        metric::{Metric, ece},
        moments::{quantile, sorted},
        sequential::flips_p,
        testing::{mcnemar_exact, paired},
    },
    summary::{Table, Task},
};

/// Bootstrap replicates, and the maximum of rows times replicates.
const REPLICATES: usize = 1000;
const MOST_DRAWS: usize = 6_000_000;

/// Equal-count bins of a reliability table.
const BINS: usize = 10;

/// Rows shown as examples.
const EXEMPLARS: usize = 12;

/// Returns the metrics available for both models, the headline first.
fn metrics_of(task: Task, scored: bool, headline: Metric) -> Vec<Metric> {
    let mut metrics = scoring::metrics_of(task, scored).to_vec();
    metrics.sort_by_key(|&metric| metric != headline);
    metrics
}

/// Returns every metric of both models on the same rows.
pub(super) fn metrics_of_rows(
    incumbent: &Answers<'_>,
    candidate: &Answers<'_>,
    rows: &[usize],
    headline: Metric,
    seed: u64,
) -> Vec<MetricPair> {
    let scored = |answers: &Answers<'_>| rows.iter().all(|&row| answers.score_of(row).is_some());
    let scored = incumbent.task == Task::Binary && scored(incumbent) && scored(candidate);
    let replicates = (MOST_DRAWS / rows.len().max(1)).clamp(200, REPLICATES);
    metrics_of(incumbent.task, scored, headline)
        .into_par_iter()
        .filter_map(|metric| {
            let of = |answers: &Answers<'_>, rows: &[usize]| {
                let value = scoring::values(answers, rows, &[metric])[0];
                value.is_finite().then_some(value)
            };
            let (a, b) = (of(incumbent, rows)?, of(candidate, rows)?);
            let per_row = per_row(metric);
            let (interval, method) = if metric == Metric::RocAuc {
                (auc_interval(incumbent, candidate, rows), Method::Delong)
            } else if let Some(loss) = per_row.filter(|_| metric != headline) {
                (mean_interval(incumbent, candidate, rows, loss), Method::Paired)
            } else {
                let gain = |drawn: &[usize]| {
                    let drawn: Vec<usize> = drawn.iter().map(|&at| rows[at]).collect();
                    Some(scoring::worsening(metric, of(candidate, &drawn)?, of(incumbent, &drawn)?))
                };
                let interval = bootstrap::interval(rows.len(), replicates, seed, 0.95, gain);
                (interval.ok(), Method::Bootstrap)
            };
            Some(MetricPair {
                metric,
                incumbent: a,
                candidate: b,
                gain: scoring::worsening(metric, b, a),
                interval,
                method,
            })
        })
        .collect()
}

/// The contribution of one row to a metric that is a mean over rows (lower is better).
type RowLoss = fn(&Answers<'_>, usize) -> f64;

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is of one lifetime, the pointer of any"
)]
fn per_row(metric: Metric) -> Option<RowLoss> {
    match metric {
        Metric::Accuracy | Metric::Mae => Some(|answers, row| answers.wrong(row)),
        Metric::LogLoss => Some(|answers, row| {
            let score = answers.score_of(row).unwrap_or(f64::NAN);
            crate::stats::metric::row_log_loss(score, answers.label[row] == 1.0)
        }),
        Metric::Brier => {
            Some(|answers, row| (answers.score_of(row).unwrap_or(f64::NAN) - answers.label[row]).powi(2))
        }
        _ => None,
    }
}

fn mean_interval(
    incumbent: &Answers<'_>,
    candidate: &Answers<'_>,
    rows: &[usize],
    loss: RowLoss,
) -> Option<(f64, f64)> {
    let of = |answers: &Answers<'_>| rows.iter().map(|&row| loss(answers, row)).collect::<Vec<f64>>();
    let gain = paired(&of(candidate), &of(incumbent)).ok()?;
    Some((gain.difference - Z_95 * gain.error, gain.difference + Z_95 * gain.error))
}

fn scores(answers: &Answers<'_>, rows: &[usize]) -> Vec<f64> {
    rows.iter().filter_map(|&row| answers.score_of(row)).collect()
}

fn positives(answers: &Answers<'_>, rows: &[usize]) -> Vec<bool> {
    rows.iter().map(|&row| answers.label[row] == 1.0).collect()
}

fn auc_interval(incumbent: &Answers<'_>, candidate: &Answers<'_>, rows: &[usize]) -> Option<(f64, f64)> {
    let (first, second) = (scores(incumbent, rows), scores(candidate, rows));
    let change = delong_paired(&first, &second, &positives(incumbent, rows)).ok()?;
    Some((change.difference - Z_95 * change.error, change.difference + Z_95 * change.error))
}

/// Returns every metric of two arms.
pub(super) fn metrics_of_arms(
    answers: &Answers<'_>,
    incumbent: &[usize],
    candidate: &[usize],
    headline: Metric,
) -> Vec<MetricPair> {
    let (first, second) = (scoring::score(answers, incumbent), scoring::score(answers, candidate));
    let find = |all: &[(Metric, Result<scoring::Scored, _>)], metric: Metric| {
        all.iter()
            .find(|(m, _)| *m == metric)
            .and_then(|(_, scored): &(Metric, Result<scoring::Scored, crate::stats::Undefined>)| scored.ok())
    };
    let scored = answers.task == Task::Binary && first.iter().any(|(metric, _)| *metric == Metric::RocAuc);
    metrics_of(answers.task, scored, headline)
        .into_iter()
        .filter_map(|metric| {
            let (a, b) = (find(&first, metric)?, find(&second, metric)?);
            let gain = scoring::worsening(metric, b.value, a.value);
            let (error, method) = if metric == Metric::RocAuc {
                let auc = |rows: &[usize]| delong(&scores(answers, rows), &positives(answers, rows)).ok();
                let change = delong_unpaired(&auc(incumbent)?, &auc(candidate)?);
                (change.error, Method::Delong)
            } else {
                (a.error.hypot(b.error), Method::Independent)
            };
            Some(MetricPair {
                metric,
                incumbent: a.value,
                candidate: b.value,
                gain,
                interval: Some((gain - Z_95 * error, gain + Z_95 * error)),
                method,
            })
        })
        .collect()
}

/// Counts predictions that changed from right to wrong and from wrong to right.
pub(super) fn flips(incumbent: &Answers<'_>, candidate: &Answers<'_>, rows: &[usize]) -> Option<Flips> {
    if incumbent.task == Task::Regression {
        return None;
    }
    let (mut lost, mut won) = (0, 0);
    for &row in rows {
        match (incumbent.wrong(row) > 0.0, candidate.wrong(row) > 0.0) {
            (false, true) => lost += 1,
            (true, false) => won += 1,
            _ => {}
        }
    }
    Some(Flips { lost, won, p: mcnemar_exact(lost, won), always_valid_p: flips_p(lost, won) })
}

/// Returns calibration by score bin; `None` without scores.
pub(super) fn calibrated(answers: &Answers<'_>, rows: &[usize]) -> Option<Calibrated> {
    let scores = scores(answers, rows);
    if answers.task != Task::Binary || scores.len() != rows.len() || rows.is_empty() {
        return None;
    }
    let positive = positives(answers, rows);
    let share = positive.iter().filter(|p| **p).count() as f64 / rows.len() as f64;
    Some(Calibrated {
        bins: reliability(&scores, &positive, BINS).ok()?,
        ece: ece(&scores, &positive, BINS).ok()?,
        bias: scores.iter().sum::<f64>() / rows.len() as f64 - share,
    })
}

/// Returns the rows on which the two models differ.
///
/// * `gains`: labelled rows with the candidate's gain on each.
pub(super) fn disagreements(
    incumbent: &Answers<'_>,
    candidate: &Answers<'_>,
    table: &Table,
    gains: &[(usize, f64)],
) -> Disagreements {
    let median = if incumbent.task == Task::Regression {
        let errors: Vec<f64> = gains.iter().map(|(row, _)| incumbent.wrong(*row)).collect();
        sorted(&errors).and_then(|errors| quantile(&errors, 0.5)).unwrap_or(0.0)
    } else {
        0.0
    };
    let differ = |row: usize| {
        let (a, b) = (incumbent.answer_of(row), candidate.answer_of(row));
        (!a.is_nan() && !b.is_nan()).then(|| (a - b).abs() > median)
    };
    let answered: Vec<bool> = (0..table.rows).filter_map(differ).collect();
    let mut found: Vec<(usize, f64)> =
        gains.iter().copied().filter(|(row, _)| differ(*row) == Some(true)).collect();
    let count = |holds: &dyn Fn(f64, f64) -> bool| {
        let of = |(row, _): &&(usize, f64)| holds(incumbent.wrong(*row), candidate.wrong(*row));
        found.iter().filter(of).count() as u64
    };
    let classes = incumbent.task != Task::Regression;
    let candidate_right = count(&|a, b| if classes { b == 0.0 } else { b < a });
    let incumbent_right = count(&|a, b| if classes { a == 0.0 } else { a < b });
    let labelled = found.len() as u64;
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let half = EXEMPLARS / 2;
    let best = found.iter().take(half).filter(|(_, gain)| *gain > 0.0);
    let worst = found.iter().rev().take(half).filter(|(_, gain)| *gain < 0.0);
    let exemplars = best
        .chain(worst)
        .map(|&(row, gain)| Exemplar {
            row,
            at: table.time.get(row).copied(),
            label: table.label[row],
            incumbent: (incumbent.answer_of(row), incumbent.score_of(row)),
            candidate: (candidate.answer_of(row), candidate.score_of(row)),
            gain,
        })
        .collect();
    Disagreements {
        answered: answered.len() as u64,
        rows: answered.iter().filter(|differ| **differ).count() as u64,
        labelled,
        candidate_right,
        incumbent_right,
        exemplars,
    }
}

/// Returns the latency of both models; `None` if either side has fewer than a hundred values.
pub(super) fn latency(incumbent: &[f64], candidate: &[f64], seed: u64) -> Option<Latency> {
    let known = |values: &[f64]| -> Vec<f64> {
        let mut known: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        known.sort_unstable_by(f64::total_cmp);
        known
    };
    let (a, b) = (known(incumbent), known(candidate));
    if a.len() < FEWEST_ROWS || b.len() < FEWEST_ROWS {
        return None;
    }
    let of = |q: f64| Some((quantile(&a, q).ok()?, quantile(&b, q).ok()?));
    let p95_of = |values: &[f64], drawn: &[usize]| {
        let mut drawn: Vec<f64> = drawn.iter().map(|&at| values[at]).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        quantile(&drawn, 0.95).ok()
    };
    let replicates = (MOST_DRAWS / (a.len() + b.len())).clamp(50, 400);
    let difference = bootstrap::interval_of_two(a.len(), b.len(), replicates, seed, 0.95, |x, y| {
        Some(p95_of(&b, y)? - p95_of(&a, x)?)
    });
    Some(Latency { median: of(0.5)?, p95: of(0.95)?, p99: of(0.99)?, difference: difference.ok() })
}
