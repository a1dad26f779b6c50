//! The model's answers on sampled rows: losses per row, metrics with their standard errors.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::{
    stats::{
        Undefined, delong,
        metric::{
            self, Confusion, Metric,
            multiclass::{self, Average},
        },
        ranked::RankedScores,
    },
    summary::{Plan, Table, Task},
};

/// Rows with the largest errors that a metric of numbers may hang by.
const FEW_ROWS: usize = 3;

/// The answers of one model on the rows of one table.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    /// What the model predicts.
    pub task: Task,
    /// How many classes there are (0 for regression).
    pub classes: usize,
    /// Truth, class index or value; NaN where it is not known.
    pub label: &'a [f64],
    /// Answer, class index or value; NaN where there is none.
    pub prediction: &'a [f64],
    /// Binary: the probability of class 1; empty when not logged.
    pub score: &'a [f64],
    /// Multiclass: the probability of each class, a column a class; empty when not logged.
    pub class_scores: &'a [Vec<f64>],
}

impl<'a> Answers<'a> {
    /// The answers as the table logs them.
    #[must_use]
    pub fn logged(plan: &Plan, table: &'a Table) -> Self {
        Self {
            task: plan.task,
            classes: plan.classes.len(),
            label: &table.label,
            prediction: &table.prediction,
            score: &table.score,
            class_scores: &table.class_scores,
        }
    }

    /// The answers that a golden set holds from launch day.
    #[must_use]
    pub fn at_launch(plan: &Plan, golden: &'a Table) -> Self {
        Self {
            prediction: &golden.launch_prediction,
            score: &golden.launch_score,
            class_scores: &[],
            ..Self::logged(plan, golden)
        }
    }

    /// Whether a row can be judged: label and answer are known.
    #[must_use]
    pub fn judged(&self, row: usize) -> bool {
        let known = |values: &[f64]| values.get(row).is_some_and(|v| !v.is_nan());
        known(self.label) && (known(self.prediction) || known(self.score))
    }

    /// The score of a row, if it has one.
    #[must_use]
    pub fn score_of(&self, row: usize) -> Option<f64> {
        self.score.get(row).copied().filter(|s| s.is_finite())
    }

    /// Whether a row has a probability for each class.
    #[must_use]
    pub fn has_class_scores(&self, row: usize) -> bool {
        !self.class_scores.is_empty()
            && self.class_scores.iter().all(|column| column.get(row).is_some_and(|score| score.is_finite()))
    }

    /// The answer of a row: the logged one, else the class that the score favours.
    #[must_use]
    pub fn answer_of(&self, row: usize) -> f64 {
        match self.prediction.get(row) {
            Some(p) if !p.is_nan() => *p,
            _ => self.score_of(row).map_or(f64::NAN, |s| f64::from(u8::from(s >= 0.5))),
        }
    }

    /// The loss of a judged row: log loss where there is a score, else 0 or 1 for classes, absolute error for numbers.
    #[must_use]
    pub fn loss(&self, row: usize) -> f64 {
        match (self.task, self.score_of(row)) {
            (Task::Binary, Some(score)) => metric::row_log_loss(score, self.label[row] == 1.0),
            (Task::Regression, _) => (self.prediction[row] - self.label[row]).abs(),
            _ => self.wrong(row),
        }
    }

    /// 1 when the answer of a judged row is not the truth, else 0; for numbers the absolute error.
    #[must_use]
    pub fn wrong(&self, row: usize) -> f64 {
        if self.task == Task::Regression {
            (self.prediction[row] - self.label[row]).abs()
        } else {
            f64::from(u8::from(self.answer_of(row) != self.label[row]))
        }
    }

    /// What is left of the truth after the answer: label − score, label − prediction for numbers, and for classes
    /// without a score 1 when wrong.
    #[must_use]
    pub fn residual(&self, row: usize) -> f64 {
        match (self.task, self.score_of(row)) {
            (Task::Binary, Some(score)) => self.label[row] - score,
            (Task::Regression, _) => self.label[row] - self.prediction[row],
            _ => self.wrong(row),
        }
    }

    /// The log loss of a judged row less what its own score expects it to be, (score − label) · logit(score); none
    /// where there is no score. It is free of how hard the row is, so that a shift of its mean shows sooner than one of
    /// the loss.
    #[must_use]
    pub fn excess(&self, row: usize) -> Option<f64> {
        let p =
            self.score_of(row).filter(|_| self.task == Task::Binary)?.clamp(metric::SURE, 1.0 - metric::SURE);
        Some((p - self.label[row]) * (p / (1.0 - p)).ln())
    }

    /// The judged rows among the given ones.
    #[must_use]
    pub fn judged_rows(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().copied().filter(|&r| self.judged(r)).collect()
    }
}

/// A metric's value on some rows with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The value.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// The rows behind it.
    pub rows: u64,
}

/// The metrics of a task, the usual headline first; with a score (of several classes: one for each) where `has_score`.
#[must_use]
pub fn metrics_of(task: Task, has_score: bool) -> &'static [Metric] {
    match (task, has_score) {
        (Task::Binary, true) => &[
            Metric::Accuracy,
            Metric::RocAuc,
            Metric::LogLoss,
            Metric::Brier,
            Metric::PrAuc,
            Metric::F1,
            Metric::Precision,
            Metric::Recall,
            Metric::BalancedAccuracy,
            Metric::Ece,
        ],
        (Task::Multiclass, true) => &[
            Metric::Accuracy,
            Metric::BalancedAccuracy,
            Metric::RocAuc,
            Metric::RocAucWeighted,
            Metric::LogLoss,
            Metric::Brier,
            Metric::F1,
            Metric::Precision,
            Metric::Recall,
            Metric::Ece,
        ],
        (Task::Binary | Task::Multiclass, _) => {
            &[Metric::Accuracy, Metric::BalancedAccuracy, Metric::F1, Metric::Precision, Metric::Recall]
        }
        (Task::Regression, _) => &[Metric::Mae, Metric::Rmse, Metric::R2, Metric::Mape, Metric::Bias],
    }
}

/// Every metric of the task on the judged rows among `rows`, with standard errors in closed form and 95 % intervals
/// ([`metric::confusion_interval`], [`metric::metric_interval`]). Metrics of scores are those of the rows that have one.
///
/// * accuracy, precision, recall: binomial (macro: independent classes);
/// * balanced accuracy: independent binomials per class; F1: the delta method on precision and recall;
/// * ROC AUC: DeLong, DeLong and Clarke-Pearson 1988; PR AUC: binomial in the positives (Boyd, Eng and Page 2013);
/// * log loss, Brier, MAE, MAPE, bias: standard error of the mean; RMSE and R²: the delta method;
/// * ECE: independent binomials per bin; with several classes as [`multiclass`] says.
#[must_use]
pub fn score(answers: &Answers<'_>, rows: &[usize]) -> Vec<(Metric, Result<Scored, Undefined>)> {
    let judged = answers.judged_rows(rows);
    let scored = match answers.task {
        Task::Binary => judged.iter().any(|&r| answers.score_of(r).is_some()),
        Task::Multiclass => judged.iter().any(|&r| answers.has_class_scores(r)),
        Task::Regression => false,
    };
    let metrics = metrics_of(answers.task, scored);
    let sample = ScoredSample::new(answers, &judged);
    metrics.par_iter().map(|&metric| (metric, sample.scored(metric))).collect()
}

/// Whether a metric is one of scores.
pub(super) fn of_scores(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::RocAuc
            | Metric::RocAucWeighted
            | Metric::PrAuc
            | Metric::LogLoss
            | Metric::Brier
            | Metric::Ece
    )
}

/// The metrics' values alone, in the order of [`metrics_of`]; NaN where undefined.
#[must_use]
pub fn values(answers: &Answers<'_>, judged: &[usize], metrics: &[Metric]) -> Vec<f64> {
    let sample = ScoredSample::new(answers, judged);
    metrics.iter().map(|&metric| sample.value(metric).unwrap_or(f64::NAN)).collect()
}

/// The largest loss over the metrics, in standard errors of the difference; 0 when none got worse.
#[must_use]
pub fn worst_z(
    then: &[(Metric, Result<Scored, Undefined>)],
    now: &[(Metric, Result<Scored, Undefined>)],
) -> f64 {
    now.iter()
        .filter_map(|(metric, now)| {
            let then = then.iter().find(|(m, _)| m == metric)?.1.ok()?;
            let now = now.ok()?;
            let error = then.error.hypot(now.error);
            (error > 0.0).then(|| worsening(*metric, then.value, now.value) / error)
        })
        .fold(0.0, f64::max)
}

/// How much worse a metric got; above 0 is worse, whatever its direction.
#[must_use]
pub fn worsening(metric: Metric, then: f64, now: f64) -> f64 {
    match metric {
        Metric::Bias => now.abs() - then.abs(),
        _ if metric.larger_is_better() => then - now,
        _ => now - then,
    }
}

/// Judged rows as plain vectors.
#[derive(Default)]
struct ScoredSample {
    classes: usize,
    label: Vec<f64>,
    answer: Vec<f64>,
    /// Of the rows that have one, and whether these are positive.
    ranked: RankedScores<'static>,
    /// Filled when it is first asked for.
    confusion: OnceLock<Confusion>,
    /// Several classes: the probabilities of the rows that have all of them, a column a class, and their classes.
    class_scores: Vec<Vec<f64>>,
    truth: Vec<usize>,
}

impl ScoredSample {
    fn new(answers: &Answers<'_>, judged: &[usize]) -> Self {
        let scored = judged.iter().filter_map(|&r| Some((answers.score_of(r)?, answers.label[r] == 1.0)));
        let (score, positive): (Vec<f64>, Vec<bool>) = scored.unzip();
        let rows: Vec<usize> = judged.iter().copied().filter(|&r| answers.has_class_scores(r)).collect();
        let column = |column: &Vec<f64>| rows.iter().map(|&r| column[r]).collect();
        Self {
            classes: answers.classes,
            label: judged.iter().map(|&r| answers.label[r]).collect(),
            answer: judged.iter().map(|&r| answers.answer_of(r)).collect(),
            ranked: RankedScores::new(score, positive),
            confusion: OnceLock::new(),
            class_scores: answers.class_scores.iter().map(column).collect(),
            truth: rows.iter().map(|&r| answers.label[r] as usize).collect(),
        }
    }

    fn confusion(&self) -> &Confusion {
        self.confusion.get_or_init(|| {
            let index = |values: &[f64]| values.iter().map(|&v| v as usize).collect::<Vec<_>>();
            Confusion::count(self.classes, &index(&self.label), &index(&self.answer))
                .expect("labels and answers are class indices of the plan, one a row")
        })
    }

    /// Per class: rows answered right, and all rows that are truly of the class (or were said to be).
    fn hits(&self, predicted: bool) -> Vec<(u64, u64)> {
        let confusion = self.confusion();
        let total = |class| {
            if predicted { confusion.predicted(class) } else { confusion.truly(class) }
        };
        (0..self.classes).map(|class| (confusion.cell(class, class), total(class))).collect()
    }

    fn value(&self, metric: Metric) -> Result<f64, Undefined> {
        if self.label.is_empty() {
            return Err(Undefined::Empty);
        }
        if self.of_classes() && of_scores(metric) {
            return self.value_of_classes(metric);
        }
        match metric {
            Metric::Accuracy => metric::accuracy(self.confusion()),
            Metric::BalancedAccuracy => metric::balanced_accuracy(self.confusion()),
            Metric::Precision => metric::precision(self.confusion()),
            Metric::Recall => metric::recall(self.confusion()),
            Metric::F1 => metric::f1(self.confusion()),
            Metric::RocAuc => metric::roc_auc_of(&self.ranked),
            Metric::RocAucWeighted => Err(Undefined::Empty),
            Metric::PrAuc => metric::pr_auc_of(&self.ranked),
            Metric::LogLoss => metric::log_loss(self.ranked.score(), self.ranked.positive()),
            Metric::Brier => metric::brier(self.ranked.score(), self.ranked.positive()),
            Metric::Ece => metric::ece_of(&self.ranked, 10),
            Metric::Mae => metric::mae(&self.answer, &self.label),
            Metric::Rmse => metric::rmse(&self.answer, &self.label),
            Metric::R2 => metric::r2(&self.answer, &self.label),
            Metric::Mape => metric::mape(&self.answer, &self.label),
            Metric::Bias => metric::bias(&self.answer, &self.label),
        }
    }

    fn scored(&self, metric: Metric) -> Result<Scored, Undefined> {
        let value = self.value(metric)?;
        let rows = match of_scores(metric) {
            true if self.of_classes() => self.truth.len(),
            true => self.ranked.score().len(),
            false => self.label.len(),
        };
        if rows < 2 {
            return Err(Undefined::TooFew);
        }
        let error = self.error(metric, value)?.max(self.pull_of_few_rows(metric, value));
        let interval = if metric::is_of_confusion(metric) {
            metric::confusion_interval(metric, self.confusion())?
        } else {
            let positives = self.ranked.positives();
            let behind = match metric {
                _ if self.of_classes() => rows,
                Metric::PrAuc => positives,
                Metric::RocAuc => positives.min(self.ranked.positive().len() - positives),
                _ => rows,
            };
            metric::metric_interval(metric, value, error, behind as u64)?
        };
        Ok(Scored { value, error, interval, rows: rows as u64 })
    }

    /// The standard error of a metric whose value is known.
    fn error(&self, metric: Metric, value: f64) -> Result<f64, Undefined> {
        let n = self.label.len() as f64;
        if self.of_classes() && of_scores(metric) {
            return self.error_of_classes(metric);
        }
        Ok(match metric {
            Metric::RocAucWeighted => return Err(Undefined::Empty),
            Metric::Accuracy => binomial_error(value, n),
            Metric::BalancedAccuracy | Metric::Recall => self.macro_error(&self.hits(false), metric),
            Metric::Precision => self.macro_error(&self.hits(true), metric),
            Metric::F1 => self.f1_error(),
            Metric::RocAuc => delong::delong_of(&self.ranked)?.variance.sqrt(),
            Metric::PrAuc => binomial_error(value, self.ranked.positives() as f64),
            Metric::LogLoss => mean_error(self.scored_rows().map(|(s, p)| metric::row_log_loss(s, p))),
            Metric::Brier => {
                mean_error(self.scored_rows().map(|(s, p)| (s - f64::from(u8::from(p))).powi(2)))
            }
            Metric::Ece => calibration_error_spread(&self.ranked)?,
            Metric::Mae => mean_error(self.errors().map(f64::abs)),
            Metric::Rmse => mean_error(self.errors().map(|e| e * e)) / (2.0 * value.max(f64::MIN_POSITIVE)),
            Metric::R2 => {
                let mean = self.label.iter().sum::<f64>() / n;
                let variance = self.label.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
                let influence = self
                    .errors()
                    .zip(&self.label)
                    .map(|(e, y)| (e * e - (1.0 - value) * (y - mean).powi(2)) / variance);
                mean_error(influence)
            }
            Metric::Mape => mean_error(
                self.errors().zip(&self.label).filter(|(_, y)| **y != 0.0).map(|(e, y)| (e / y).abs()),
            ),
            Metric::Bias => mean_error(self.errors()),
        })
    }

    /// How far a metric of numbers moves when the rows with the largest errors are taken out, as a standard error. A closed form
    /// believes in tails that are no heavier than the sample shows; a number that hangs by one row, or by a few, is no surer than
    /// this. Of `k` rows with equal pull each is one of `√k` standard errors.
    fn pull_of_few_rows(&self, metric: Metric, value: f64) -> f64 {
        let numbers = matches!(metric, Metric::Mae | Metric::Rmse | Metric::R2 | Metric::Mape | Metric::Bias);
        if !numbers || self.label.len() < 3 {
            return 0.0;
        }
        let size = |row: &usize| (self.answer[*row] - self.label[*row]).abs();
        let mut order: Vec<usize> = (0..self.label.len()).collect();
        let few = FEW_ROWS.min(order.len() / FEW_ROWS).max(1);
        order.select_nth_unstable_by(few, |a, b| size(b).total_cmp(&size(a)));
        let mut worst = order[..few].to_vec();
        worst.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let pull = |taken: usize| {
            let out = &worst[..taken];
            let others = |values: &[f64]| -> Vec<f64> {
                let kept = values.iter().enumerate().filter(|(row, _)| !out.contains(row));
                kept.map(|(_, value)| *value).collect()
            };
            let rest = Self { label: others(&self.label), answer: others(&self.answer), ..Self::default() };
            let moved = rest.value(metric).map_or(0.0, |without| (value - without).abs());
            moved / (taken as f64).sqrt()
        };
        (1..=few).map(pull).fold(0.0, f64::max)
    }

    fn scored_rows(&self) -> impl Iterator<Item = (f64, bool)> + '_ {
        self.ranked.score().iter().copied().zip(self.ranked.positive().iter().copied())
    }

    fn errors(&self) -> impl Iterator<Item = f64> + '_ {
        self.answer.iter().zip(&self.label).map(|(answer, label)| answer - label)
    }

    /// The standard error of a share per class: of the positive class (binary precision and recall) or of the mean
    /// over the classes. `classes` holds (hits, total) per class.
    fn macro_error(&self, classes: &[(u64, u64)], metric: Metric) -> f64 {
        let variance = |&(hits, total): &(u64, u64)| {
            if total == 0 { 0.0 } else { binomial_error(hits as f64 / total as f64, total as f64).powi(2) }
        };
        if self.classes == 2 && metric != Metric::BalancedAccuracy {
            return classes.get(1).map_or(0.0, variance).sqrt();
        }
        let present = classes.iter().filter(|(_, total)| *total > 0).count().max(1);
        classes.iter().map(variance).sum::<f64>().sqrt() / present as f64
    }

    /// With F1 = 2PR / (P + R): dF = 2R² / (P + R)² dP + 2P² / (P + R)² dR. Without a hit F1 is 0 of the rows that are
    /// or are said to be positive, and spreads like that share.
    fn f1_error(&self) -> f64 {
        let confusion = self.confusion();
        let known = metric::precision(confusion).ok().zip(metric::recall(confusion).ok());
        let Some((precision, recall)) = known.filter(|(precision, recall)| precision + recall > 0.0) else {
            return binomial_error(0.0, (confusion.predicted(1) + confusion.truly(1)) as f64 / 2.0);
        };
        let scale = 2.0 / (precision + recall).powi(2);
        let by_precision = scale * recall.powi(2) * self.macro_error(&self.hits(true), Metric::Precision);
        let by_recall = scale * precision.powi(2) * self.macro_error(&self.hits(false), Metric::Recall);
        by_precision.hypot(by_recall)
    }

    /// Whether there is a probability for each of several classes.
    fn of_classes(&self) -> bool {
        !self.truth.is_empty()
    }

    /// A metric of the classes' probabilities.
    fn value_of_classes(&self, metric: Metric) -> Result<f64, Undefined> {
        let (scores, truth) = (&self.class_scores, &self.truth);
        let mean = |rows: Vec<f64>| rows.iter().sum::<f64>() / rows.len() as f64;
        match metric {
            Metric::RocAuc => {
                multiclass::roc_auc_one_vs_rest(scores, truth, Average::Macro).map(|auc| auc.value)
            }
            Metric::RocAucWeighted => {
                multiclass::roc_auc_one_vs_rest(scores, truth, Average::Weighted).map(|auc| auc.value)
            }
            Metric::LogLoss => multiclass::class_log_losses(scores, truth).map(mean),
            Metric::Brier => multiclass::class_briers(scores, truth).map(mean),
            Metric::Ece => multiclass::ece_of_confidence(scores, truth, 10),
            _ => Err(Undefined::Empty),
        }
    }

    fn error_of_classes(&self, metric: Metric) -> Result<f64, Undefined> {
        let (scores, truth) = (&self.class_scores, &self.truth);
        Ok(match metric {
            Metric::RocAuc => multiclass::roc_auc_one_vs_rest(scores, truth, Average::Macro)?.error,
            Metric::RocAucWeighted => {
                multiclass::roc_auc_one_vs_rest(scores, truth, Average::Weighted)?.error
            }
            Metric::LogLoss => mean_error(multiclass::class_log_losses(scores, truth)?.into_iter()),
            Metric::Brier => mean_error(multiclass::class_briers(scores, truth)?.into_iter()),
            Metric::Ece => {
                let (confidence, right) = multiclass::confidence(scores, truth)?;
                calibration_error_spread(&RankedScores::new(confidence, right))?
            }
            _ => return Err(Undefined::Empty),
        })
    }
}

/// The spread of the calibration error: independent binomials per bin.
fn calibration_error_spread(ranked: &RankedScores<'_>) -> Result<f64, Undefined> {
    let order = ranked.order()?;
    let size = order.len().div_ceil(10).max(1);
    let variance: f64 = order
        .chunks(size)
        .map(|bin| {
            let n = bin.len() as f64;
            let rate = bin.iter().filter(|&&row| ranked.positive()[row as usize]).count() as f64 / n;
            (n / order.len() as f64).powi(2) * rate * (1.0 - rate) / n
        })
        .sum();
    Ok(variance.sqrt())
}

/// The standard error of a share, with one success and one failure added so that it never vanishes
/// (Agresti and Coull 1998).
fn binomial_error(share: f64, n: f64) -> f64 {
    let p = (share * n + 1.0) / (n + 2.0);
    (p * (1.0 - p) / (n + 2.0)).sqrt()
}

/// The standard error of a mean.
fn mean_error(values: impl Iterator<Item = f64>) -> f64 {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for x in values {
        n += 1.0;
        let step = x - mean;
        mean += step / n;
        squares += step * (x - mean);
    }
    if n < 2.0 { 0.0 } else { (squares / (n - 1.0) / n).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regression<'a>(label: &'a [f64], prediction: &'a [f64]) -> Answers<'a> {
        Answers { task: Task::Regression, classes: 0, label, prediction, score: &[], class_scores: &[] }
    }

    #[test]
    fn rows_without_a_label_are_not_judged() {
        let answers = regression(&[1.0, f64::NAN, 3.0], &[1.5, 2.0, 2.0]);
        assert_eq!(answers.judged_rows(&[0, 1, 2]), [0, 2]);
        let scored = score(&answers, &[0, 1, 2]);
        let mae = scored.iter().find(|(m, _)| *m == Metric::Mae).unwrap().1.unwrap();
        assert!((mae.value - 0.75).abs() < 1e-12, "{mae:?}");
        assert_eq!(mae.rows, 2);
    }

    #[test]
    fn the_excess_is_the_loss_less_its_expectation() {
        let answers = Answers {
            task: Task::Binary,
            classes: 2,
            label: &[1.0, 0.0],
            prediction: &[1.0, 1.0],
            score: &[0.8, 0.8],
            class_scores: &[],
        };
        let entropy = -(0.8_f64 * 0.8_f64.ln() + 0.2 * 0.2_f64.ln());
        for row in 0..2 {
            let excess = answers.excess(row).unwrap();
            assert!((excess - (answers.loss(row) - entropy)).abs() < 1e-12);
        }
        assert_eq!(regression(&[1.0], &[1.0]).excess(0), None);
    }

    #[test]
    fn nothing_judged_is_undefined_not_zero() {
        let answers = regression(&[f64::NAN], &[1.0]);
        assert!(score(&answers, &[0]).iter().all(|(_, value)| *value == Err(Undefined::Empty)));
    }

    #[test]
    fn closed_form_errors_agree_with_a_simulation() {
        use rand::RngExt as _;
        // 300 samples of 400 rows each: the spread of every metric against the mean of its standard errors.
        let mut rng = crate::stats::random::rng(5);
        let mut seen: std::collections::BTreeMap<Metric, (Vec<f64>, Vec<f64>)> =
            std::collections::BTreeMap::default();
        for _ in 0..300 {
            let (mut label, mut prediction, mut probability) = (vec![], vec![], vec![]);
            for _ in 0..400 {
                let p: f64 = rng.random::<f64>().powi(2);
                label.push(f64::from(u8::from(rng.random::<f64>() < p)));
                prediction.push(f64::from(u8::from(p > 0.5)));
                probability.push(p);
            }
            let answers = Answers {
                task: Task::Binary,
                classes: 2,
                label: &label,
                prediction: &prediction,
                score: &probability,
                class_scores: &[],
            };
            for (metric, scored) in score(&answers, &(0..400).collect::<Vec<_>>()) {
                let scored = scored.unwrap();
                let entry = seen.entry(metric).or_default();
                entry.0.push(scored.value);
                entry.1.push(scored.error);
            }
        }
        for (metric, (values, errors)) in seen {
            let mean = values.iter().sum::<f64>() / 300.0;
            let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 299.0).sqrt();
            let predicted = errors.iter().sum::<f64>() / 300.0;
            let (low, high) = if metric == Metric::Ece { (0.4, 2.0) } else { (0.7, 1.45) };
            assert!(
                (low..high).contains(&(predicted / spread)),
                "{metric:?}: said {predicted}, spread {spread}"
            );
        }
    }
}
