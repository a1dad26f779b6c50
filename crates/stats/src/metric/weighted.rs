//! Metrics of rows that stand for different numbers of rows each.
//!
//! Every value is that of scikit-learn's `sample_weight`; weights are above 0, and only their ratios count.

use super::{Metric, SURE};
use crate::{Undefined, require_equal_length};

/// Rows that were judged.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// How many classes there are; 0 for numbers.
    pub classes: usize,
    /// Class or value.
    pub truth: &'a [f64],
    /// The answer, class or value.
    pub answer: &'a [f64],
    /// The probability of each class, a column a class; empty without, and then metrics of probabilities are undefined.
    pub scores: &'a [Vec<f64>],
    /// How many rows each row stands for.
    pub weight: &'a [f64],
}

/// Groups of the jackknife.
const GROUPS: usize = 40;

/// Returns a metric of weighted rows.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows or probabilities, and what the
/// metric without weights says.
pub fn value(metric: Metric, rows: &Rows<'_>) -> Result<f64, Undefined> {
    let all: Vec<usize> = (0..rows.truth.len()).collect();
    require_equal_length(rows.truth.len(), rows.answer.len())?;
    require_equal_length(rows.truth.len(), rows.weight.len())?;
    value_of(metric, rows, &all)
}

/// Returns the standard error of a metric of weighted rows, by a delete-a-group jackknife over 40 groups of every 40th row.
///
/// Source: Kott, "The delete-a-group jackknife", Journal of Official Statistics 17 (2001).
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than two rows a group, and where the metric is undefined without some group.
pub fn error(metric: Metric, rows: &Rows<'_>) -> Result<f64, Undefined> {
    let n = rows.truth.len();
    if n < 2 * GROUPS {
        return Err(Undefined::TooFew);
    }
    let without = |group: usize| -> Result<f64, Undefined> {
        let kept: Vec<usize> = (0..n).filter(|row| row % GROUPS != group).collect();
        value_of(metric, rows, &kept)
    };
    let values: Vec<f64> = (0..GROUPS).map(without).collect::<Result<_, _>>()?;
    let mean = values.iter().sum::<f64>() / GROUPS as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Ok((squares * (GROUPS - 1) as f64 / GROUPS as f64).sqrt())
}

/// Returns Kish's effective number of rows: how many rows of one weight tell as much.
#[must_use]
pub fn effective_rows(weight: &[f64]) -> f64 {
    let sum: f64 = weight.iter().sum();
    let squares: f64 = weight.iter().map(|w| w * w).sum();
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

fn value_of(metric: Metric, rows: &Rows<'_>, of: &[usize]) -> Result<f64, Undefined> {
    if of.is_empty() {
        return Err(Undefined::Empty);
    }
    let mean = |value: &dyn Fn(usize) -> f64| weighted_mean(rows.weight, of, value);
    let error = |row: usize| rows.answer[row] - rows.truth[row];
    match metric {
        Metric::Accuracy => Ok(mean(&|row| f64::from(u8::from(error(row) == 0.0)))),
        Metric::BalancedAccuracy | Metric::Precision | Metric::Recall | Metric::F1 => {
            of_confusion(metric, rows, of)
        }
        Metric::Mae => Ok(mean(&|row| error(row).abs())),
        Metric::Rmse => Ok(mean(&|row| error(row).powi(2)).sqrt()),
        Metric::Bias => Ok(mean(&error)),
        Metric::R2 => {
            let center = mean(&|row| rows.truth[row]);
            let spread = mean(&|row| (rows.truth[row] - center).powi(2));
            if spread > 0.0 {
                Ok(1.0 - mean(&|row| error(row).powi(2)) / spread)
            } else {
                Err(Undefined::Constant)
            }
        }
        Metric::Mape => {
            let known: Vec<usize> = of.iter().copied().filter(|&row| rows.truth[row] != 0.0).collect();
            if known.is_empty() {
                return Err(Undefined::Empty);
            }
            Ok(weighted_mean(rows.weight, &known, &|row| (error(row) / rows.truth[row]).abs()))
        }
        _ if rows.scores.is_empty() => Err(Undefined::Empty),
        Metric::LogLoss | Metric::Brier | Metric::Ece if !are_probabilities(rows.scores, of) => {
            Err(Undefined::NotFinite)
        }
        Metric::LogLoss => Ok(mean(&|row| {
            let column = rows.scores.get(rows.truth[row] as usize);
            -column.map_or(0.0, |column| column[row]).clamp(SURE, 1.0 - SURE).ln()
        })),
        Metric::Brier => {
            Ok(mean(&|row| super::multiclass::class_brier(rows.scores, rows.truth[row] as usize, row)))
        }
        Metric::RocAuc if rows.classes == 2 => roc_auc(rows, of, 1),
        Metric::PrAuc if rows.classes == 2 => pr_auc(rows, of),
        Metric::Ece => Ok(calibration(rows, of)),
        Metric::RocAuc | Metric::RocAucWeighted => {
            let (mut sum, mut weights) = (0.0, 0.0);
            for class in 0..rows.scores.len() {
                let Ok(auc) = roc_auc(rows, of, class) else {
                    continue;
                };
                let own: f64 = of
                    .iter()
                    .filter(|&&row| rows.truth[row] == class as f64)
                    .map(|&row| rows.weight[row])
                    .sum();
                let weight = if metric == Metric::RocAuc { 1.0 } else { own };
                sum += weight * auc;
                weights += weight;
            }
            if weights > 0.0 { Ok(sum / weights) } else { Err(Undefined::OneClass) }
        }
        Metric::PrAuc => Err(Undefined::OneClass),
    }
}

/// Whether the scores of some rows can be probabilities; margins and percentages cannot.
fn are_probabilities(scores: &[Vec<f64>], of: &[usize]) -> bool {
    scores.iter().all(|column| of.iter().all(|&row| (0.0..=1.0).contains(&column[row])))
}

fn weighted_mean(weight: &[f64], of: &[usize], value: &dyn Fn(usize) -> f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for &row in of {
        sum += weight[row] * value(row);
        weights += weight[row];
    }
    sum / weights
}

fn of_confusion(metric: Metric, rows: &Rows<'_>, of: &[usize]) -> Result<f64, Undefined> {
    let (mut hits, mut truly, mut predicted) =
        (vec![0.0; rows.classes], vec![0.0; rows.classes], vec![0.0; rows.classes]);
    for &row in of {
        let (truth, answer, weight) = (rows.truth[row] as usize, rows.answer[row] as usize, rows.weight[row]);
        if truth >= rows.classes || answer >= rows.classes {
            return Err(Undefined::BinMismatch);
        }
        truly[truth] += weight;
        predicted[answer] += weight;
        if truth == answer {
            hits[truth] += weight;
        }
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let of_class = |class: usize| match metric {
        Metric::Precision => share(hits[class], predicted[class]),
        Metric::F1 => share(2.0 * hits[class], truly[class] + predicted[class]),
        _ => share(hits[class], truly[class]),
    };
    if rows.classes == 2 && metric != Metric::BalancedAccuracy {
        let undefined = match metric {
            Metric::Precision => predicted[1] == 0.0,
            Metric::Recall => truly[1] == 0.0,
            _ => truly[1] + predicted[1] == 0.0,
        };
        return if undefined { Err(Undefined::OneClass) } else { Ok(of_class(1)) };
    }
    let met: Vec<usize> = (0..rows.classes)
        .filter(|&class| match metric {
            Metric::BalancedAccuracy | Metric::Recall => truly[class] > 0.0,
            _ => truly[class] + predicted[class] > 0.0,
        })
        .collect();
    if met.is_empty() {
        return Err(Undefined::Empty);
    }
    Ok(met.iter().map(|&class| of_class(class)).sum::<f64>() / met.len() as f64)
}

fn roc_auc(rows: &Rows<'_>, of: &[usize], class: usize) -> Result<f64, Undefined> {
    let score = rows.scores.get(class).ok_or(Undefined::Empty)?;
    let mut order = of.to_vec();
    order.sort_unstable_by(|&a, &b| score[a].total_cmp(&score[b]));
    let (mut below, mut wins, mut positives) = (0.0, 0.0, 0.0);
    for tie in order.chunk_by(|&a, &b| score[a] == score[b]) {
        let weight = |own: bool| -> f64 {
            tie.iter()
                .filter(|&&row| (rows.truth[row] == class as f64) == own)
                .map(|&row| rows.weight[row])
                .sum()
        };
        let (positive, negative) = (weight(true), weight(false));
        wins += positive * (below + negative / 2.0);
        below += negative;
        positives += positive;
    }
    if positives > 0.0 && below > 0.0 { Ok(wins / (positives * below)) } else { Err(Undefined::OneClass) }
}

fn pr_auc(rows: &Rows<'_>, of: &[usize]) -> Result<f64, Undefined> {
    let score = rows.scores.get(1).ok_or(Undefined::Empty)?;
    let mut order = of.to_vec();
    order.sort_unstable_by(|&a, &b| score[b].total_cmp(&score[a]));
    let (mut found, mut seen, mut area) = (0.0, 0.0, 0.0);
    for tie in order.chunk_by(|&a, &b| score[a] == score[b]) {
        let here: f64 = tie.iter().filter(|&&row| rows.truth[row] == 1.0).map(|&row| rows.weight[row]).sum();
        seen += tie.iter().map(|&row| rows.weight[row]).sum::<f64>();
        found += here;
        area += here * found / seen;
    }
    if found > 0.0 { Ok(area / found) } else { Err(Undefined::OneClass) }
}

/// |mean score − share| over ten bins of equal count of rows: of the positive class, or of the largest probability against
/// being right.
fn calibration(rows: &Rows<'_>, of: &[usize]) -> f64 {
    let scored = |row: usize| -> (f64, bool) {
        if rows.classes == 2 {
            return (rows.scores[1][row], rows.truth[row] == 1.0);
        }
        let best = rows.scores.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (class, column)| {
            if column[row] > best.1 { (class, column[row]) } else { best }
        });
        (best.1, rows.truth[row] == best.0 as f64)
    };
    let mut known: Vec<(f64, bool, f64)> = of
        .iter()
        .map(|&row| {
            let (score, right) = scored(row);
            (score, right, rows.weight[row])
        })
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = known.len().div_ceil(10).max(1);
    let all: f64 = known.iter().map(|row| row.2).sum();
    let (mut gap, mut from) = (0.0, 0);
    while from < known.len() {
        // Equal scores are never parted.
        let mut to = (from + size).min(known.len());
        while to < known.len() && known[to].0 == known[to - 1].0 {
            to += 1;
        }
        let bin = &known[from..to];
        let difference: f64 = bin.iter().map(|row| row.2 * (row.0 - f64::from(u8::from(row.1)))).sum();
        gap += difference.abs();
        from = to;
    }
    gap / all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    const TRUTH: [f64; 8] = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    const SCORE: [f64; 8] = [0.9, 0.4, 0.4, 0.2, 0.7, 0.8, 0.1, 0.3];
    const WEIGHT: [f64; 8] = [1.0, 10.0, 2.0, 10.0, 1.0, 3.0, 10.0, 4.0];

    fn values(classes: usize, truth: &[f64], answer: &[f64], metrics: &[(Metric, f64)]) {
        let scores = [SCORE.iter().map(|s| 1.0 - s).collect(), SCORE.to_vec()];
        let scores = if classes == 0 { &[][..] } else { &scores[..] };
        let rows = Rows { classes, truth, answer, scores, weight: &WEIGHT };
        for &(metric, want) in metrics {
            assert_near(metric.name(), value(metric, &rows).unwrap(), want);
        }
    }

    #[test]
    fn values_are_those_of_scikit_learn() {
        let answer = SCORE.map(|score| f64::from(u8::from(score > 0.5)));
        // sklearn.metrics 1.7 with sample_weight: see tools/golden_numbers
        values(
            2,
            &TRUTH,
            &answer,
            &[
                (Metric::Accuracy, 32.0 / 41.0),
                (Metric::Precision, 2.0 / 5.0),
                (Metric::Recall, 2.0 / 8.0),
                (Metric::F1, 4.0 / 13.0),
                (Metric::BalancedAccuracy, f64::midpoint(30.0 / 33.0, 0.25)),
                (Metric::RocAuc, (33.0 + 30.0 + 2.0 * 25.0 + 4.0 * 20.0) / (8.0 * 33.0)),
            ],
        );
        values(
            0,
            &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
            &[1.5, 2.0, 2.0, 4.0, 5.5, 6.0, 7.0, 8.0],
            &[
                (Metric::Mae, 3.0 / 41.0),
                (Metric::Bias, -1.0 / 41.0),
                (Metric::Rmse, (2.5_f64 / 41.0).sqrt()),
            ],
        );
    }

    #[test]
    fn equal_weights_change_nothing() {
        let answer = SCORE.map(|score| f64::from(u8::from(score > 0.5)));
        let scores = [SCORE.iter().map(|s| 1.0 - s).collect(), SCORE.to_vec()];
        let rows = Rows { classes: 2, truth: &TRUTH, answer: &answer, scores: &scores, weight: &[3.0; 8] };
        let positive = TRUTH.map(|truth| truth == 1.0);
        for (metric, want) in [
            (Metric::RocAuc, super::super::roc_auc(&SCORE, &positive)),
            (Metric::PrAuc, super::super::pr_auc(&SCORE, &positive)),
            (Metric::LogLoss, super::super::log_loss(&SCORE, &positive)),
            (Metric::Brier, super::super::brier(&SCORE, &positive)),
            (Metric::Ece, super::super::ece(&SCORE, &positive, 10)),
        ] {
            assert_near(metric.name(), value(metric, &rows).unwrap(), want.unwrap());
        }
        assert_near("Kish", effective_rows(&[3.0; 8]), 8.0);
    }

    #[test]
    fn the_jackknife_knows_the_error_of_a_mean() {
        // Scrambled, so that every 40th row is as good as drawn: a multiple of the row's number would be spread too evenly.
        let scrambled = |row: u32| {
            let mixed = row.wrapping_mul(0x9E37_79B9);
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85EB_CA6B);
            (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35) >> 20
        };
        let truth: Vec<f64> = (0..400).map(|row| f64::from(scrambled(row))).collect();
        let answer = vec![0.0; 400];
        let rows = Rows { classes: 0, truth: &truth, answer: &answer, scores: &[], weight: &[1.0; 400] };
        let got = error(Metric::Mae, &rows).unwrap();
        let want = crate::moments::deviation(&truth).unwrap() / 20.0;
        assert!((got / want - 1.0).abs() < 0.35, "{got} {want}");
        assert_eq!(
            error(Metric::Mae, &Rows { weight: &[1.0; 8], truth: &TRUTH, answer: &SCORE, ..rows }),
            Err(Undefined::TooFew)
        );
    }
}
