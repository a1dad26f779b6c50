//! Metrics of rows that stand for different numbers of rows.

use rayon::prelude::*;

use super::scoring::{Answers, Scored, metrics_of, of_scores};
use crate::{
    stats::{
        Undefined,
        metric::{self, Metric, weighted},
    },
    summary::Task,
};

/// Every metric of the task on the judged rows among `rows`, weighted, with the errors of a jackknife.
///
/// * `weight`: how many rows each row of the table stands for.
#[must_use]
pub fn score_weighted(
    answers: &Answers<'_>,
    weight: &[f64],
    rows: &[usize],
) -> Vec<(Metric, Result<Scored, Undefined>)> {
    let judged = answers.judged_rows(rows);
    let scored: Vec<usize> = judged
        .iter()
        .copied()
        .filter(|&row| match answers.task {
            Task::Binary => answers.score_of(row).is_some(),
            _ => answers.has_class_scores(row),
        })
        .collect();
    let of = |rows: &[usize], with_scores: bool| {
        let scores: Vec<Vec<f64>> = match (answers.task, with_scores) {
            (Task::Binary, true) => {
                let positive: Vec<f64> = rows.iter().filter_map(|&row| answers.score_of(row)).collect();
                vec![positive.iter().map(|score| 1.0 - score).collect(), positive]
            }
            (Task::Multiclass, true) => {
                let column = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
                answers.class_scores.iter().map(column).collect()
            }
            _ => Vec::new(),
        };
        let pick = |of: &dyn Fn(usize) -> f64| rows.iter().map(|&row| of(row)).collect::<Vec<f64>>();
        let answer = pick(&|row| match answers.task {
            Task::Regression => answers.prediction[row],
            _ => answers.answer_of(row),
        });
        (pick(&|row| answers.label[row]), answer, scores, pick(&|row| weight[row]))
    };
    let (plain, by_score) = (of(&judged, false), of(&scored, true));
    let measure = |metric: Metric| {
        let (truth, answer, scores, weight) = if of_scores(metric) { &by_score } else { &plain };
        let rows = weighted::Rows { classes: answers.classes, truth, answer, scores, weight };
        let value = weighted::value(metric, &rows)?;
        let error = weighted::error(metric, &rows)?;
        let behind = weighted::effective_rows(weight).max(1.0) as u64;
        let (low, high) = metric::metric_interval(metric, value, error, behind)?;
        let interval =
            if metric::is_of_confusion(metric) { (low.max(0.0), high.min(1.0)) } else { (low, high) };
        Ok(Scored { value, error, interval, rows: truth.len() as u64 })
    };
    let metrics = metrics_of(answers.task, !scored.is_empty());
    metrics.par_iter().map(|&metric| (metric, measure(metric))).collect()
}
