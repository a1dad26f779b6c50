//! All that is measured of one input and of the answers, as numbers for programs.

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::{drift::DriftRow, window_split::Periods},
        scoring::Answers,
    },
    stats::{
        Undefined,
        calibration::reliability,
        distance::{ChiSquare, chi_square, ks_p_value},
        metric::{
            Confusion,
            agreement::{self, OfClass},
            decision, multiclass,
        },
        moments,
    },
    summary::{Bins, Column, Feature, MISSING, Task, fraction},
};

use super::Ascending;

/// Quantiles that are told, as hundredths.
pub const QUANTILES: [u32; 7] = [1, 5, 25, 50, 75, 95, 99];

/// What distances of a feature need beside those of the drift exam.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FurtherDistances {
    /// p-value of the KS distance of the sampled values (numeric; asymptotic).
    pub ks_p: Option<f64>,
    /// Pearson's test of the bins, or levels, since the onset against training.
    pub chi_square: Option<(f64, usize, f64)>,
    /// The largest difference of a bin's, or level's, share.
    pub largest_difference: Option<f64>,
    /// Levels since the onset never seen in training, most frequent first.
    pub unseen: Vec<String>,
    /// Levels of training that no sampled row since the onset has, most frequent first.
    pub vanished: Vec<String>,
}

impl FurtherDistances {
    /// Of a feature since the onset against training.
    #[must_use]
    pub fn of(dossier: &Dossier, framing: &Framing, drift: &DriftRow, numbers: &Ascending) -> Self {
        let feature = &dossier.plan.features[drift.feature];
        let periods = Periods::new(dossier, framing);
        let (from, to) =
            (&dossier.training.features[drift.feature], &dossier.production.features[drift.feature]);
        let coarse = |counts: Vec<u64>| feature.bins.rare_pooled(feature.bins.coarsen(&counts));
        let (reference, production) = (coarse(from.sum(|_| true)), coarse(periods.counts_after(to)));
        let known = |values: &[f64]| values.iter().filter(|value| value.is_finite()).count() as u64;
        let ks = drift.distances.ks;
        let ks_p = ks.and_then(|d| ks_p_value(d, known(&numbers.training), known(&numbers.after)).ok());
        let test = |ChiSquare { statistic, freedom, p }: ChiSquare| (statistic, freedom, p);
        let totals = [&reference, &production].map(|counts| counts.iter().sum::<u64>());
        let difference = |(r, p): (&u64, &u64)| (fraction(*p, totals[1]) - fraction(*r, totals[0])).abs();
        let has_both = totals.iter().all(|&total| total > 0);
        let largest = reference.iter().zip(&production).map(difference).fold(0.0, f64::max);
        let (unseen, vanished) = levels(dossier, framing, drift.feature, feature);
        Self {
            ks_p,
            chi_square: chi_square(&reference, &production).ok().map(test),
            largest_difference: has_both.then_some(largest),
            unseen,
            vanished,
        }
    }
}

/// Levels that came, and levels that went.
fn levels(dossier: &Dossier, framing: &Framing, at: usize, feature: &Feature) -> (Vec<String>, Vec<String>) {
    let column = dossier.production.sample.features.get(at);
    let (Bins::Categorical(_), Some(Column::Categorical(codes))) = (&feature.bins, column) else {
        return (Vec::new(), Vec::new());
    };
    let mut rows = vec![0_u64; feature.levels.len()];
    for &row in &framing.after {
        let code = codes[row];
        if code != MISSING {
            rows[code as usize] += 1;
        }
    }
    let text = |level: usize| feature.levels[level].clone();
    let mut unseen: Vec<usize> =
        (feature.known_levels..feature.levels.len()).filter(|&level| rows[level] > 0).collect();
    unseen.sort_by_key(|&level| (std::cmp::Reverse(rows[level]), level));
    let vanished = (0..feature.known_levels).filter(|&level| rows[level] == 0);
    (unseen.into_iter().map(text).collect(), vanished.map(text).collect())
}

/// Quantiles of a feature's sampled values, [`QUANTILES`]; none where no number is known.
#[must_use]
pub fn quantiles(ascending: &[f64]) -> Option<[f64; QUANTILES.len()]> {
    let known = ascending.partition_point(|value| value.is_finite());
    let values = &ascending[..known];
    let mut found = [0.0; QUANTILES.len()];
    for (value, hundredths) in found.iter_mut().zip(QUANTILES) {
        *value = moments::quantile(values, f64::from(hundredths) / 100.0).ok()?;
    }
    Some(found)
}

/// Metrics beside those that lead: their ids and values.
pub type Further = Vec<(&'static str, Result<f64, Undefined>)>;

/// The name of a metric of [`further`].
#[must_use]
pub fn name(id: &str) -> &'static str {
    match id {
        "mse" => "MSE",
        "median_absolute_error" => "median absolute error",
        "largest_absolute_error" => "largest absolute error",
        "pinball_10" => "quantile loss at 10 %",
        "pinball_90" => "quantile loss at 90 %",
        "matthews" => "Matthews correlation",
        "cohens_kappa" => "Cohen's kappa",
        "weighted_precision" => "precision, weighted by class",
        "weighted_recall" => "recall, weighted by class",
        "weighted_f1" => "F1, weighted by class",
        "specificity" => "specificity",
        "mce" => "largest calibration gap",
        "lift_10" => "lift of the top 10 %",
        _ => "metric",
    }
}

/// Whether a metric of [`further`] is better when it is larger; the others are errors.
#[must_use]
pub fn larger_is_better(id: &str) -> bool {
    !matches!(
        id,
        "mse" | "median_absolute_error" | "largest_absolute_error" | "pinball_10" | "pinball_90" | "mce"
    )
}

/// Metrics beside those of [`crate::autopsy::scoring`], of the judged rows among the given ones.
#[must_use]
pub fn further(answers: &Answers<'_>, rows: &[usize]) -> Further {
    let judged = answers.judged_rows(rows);
    if judged.is_empty() {
        return Vec::new();
    }
    if answers.task == Task::Regression {
        let mut errors: Vec<f64> = judged.iter().map(|&row| answers.wrong(row)).collect();
        errors.sort_unstable_by(f64::total_cmp);
        let squares = errors.iter().map(|error| error * error).sum::<f64>();
        let answer: Vec<f64> = judged.iter().map(|&row| answers.prediction[row]).collect();
        let label: Vec<f64> = judged.iter().map(|&row| answers.label[row]).collect();
        return vec![
            ("mse", Ok(squares / errors.len() as f64)),
            ("median_absolute_error", moments::median(&errors)),
            ("largest_absolute_error", errors.last().copied().ok_or(Undefined::Empty)),
            ("pinball_10", decision::pinball(&answer, &label, 0.1)),
            ("pinball_90", decision::pinball(&answer, &label, 0.9)),
        ];
    }
    let Some(confusion) = confusion(answers, &judged) else {
        return Vec::new();
    };
    let mut found: Further = vec![
        ("matthews", agreement::matthews(&confusion)),
        ("cohens_kappa", agreement::cohens_kappa(&confusion)),
    ];
    if let Ok([precision, recall, f1]) = agreement::weighted(&confusion) {
        found.extend([
            ("weighted_precision", Ok(precision)),
            ("weighted_recall", Ok(recall)),
            ("weighted_f1", Ok(f1)),
        ]);
    }
    if answers.task == Task::Binary {
        let positive = agreement::by_class(&confusion).get(1).and_then(|class| class.specificity);
        found.push(("specificity", positive.ok_or(Undefined::Empty)));
        let scored =
            judged.iter().filter_map(|&row| Some((answers.score_of(row)?, answers.label[row] == 1.0)));
        let (score, positive): (Vec<f64>, Vec<bool>) = scored.unzip();
        if !score.is_empty() {
            let gap = reliability(&score, &positive, 10)
                .map(|bins| bins.iter().map(|bin| (bin.score - bin.share).abs()).fold(0.0, f64::max));
            found.push(("mce", gap));
            found.push(("lift_10", decision::lift(&score, &positive, 0.1)));
        }
    }
    found
}

/// Truth against answer, counted; none where a label or answer is no class.
///
/// * `judged`: rows that have both.
#[must_use]
pub fn confusion(answers: &Answers<'_>, judged: &[usize]) -> Option<Confusion> {
    let truth: Vec<usize> = judged.iter().map(|&row| answers.label[row] as usize).collect();
    let said: Vec<usize> = judged.iter().map(|&row| answers.answer_of(row) as usize).collect();
    Confusion::count(answers.classes, &truth, &said).ok()
}

/// What is measured of one class against the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassNumbers {
    /// By the answers.
    pub counts: OfClass,
    /// By the class's probability: ROC AUC against the rest.
    pub roc_auc: Option<f64>,
    /// The mean negative log-likelihood of the rows that are truly of the class.
    pub log_loss: Option<f64>,
    /// The calibration error of the class's probability over ten bins of equal count.
    pub ece: Option<f64>,
}

/// Every class against the rest, on the judged rows among the given ones; nothing for numbers.
#[must_use]
pub fn by_class(answers: &Answers<'_>, rows: &[usize]) -> Vec<ClassNumbers> {
    let judged = answers.judged_rows(rows);
    let Some(confusion) = confusion(answers, &judged).filter(|_| answers.task != Task::Regression) else {
        return Vec::new();
    };
    let (columns, scored) = class_scores(answers, &judged);
    let truth: Vec<usize> = scored.iter().map(|&row| answers.label[row] as usize).collect();
    let losses = multiclass::class_log_losses(&columns, &truth).unwrap_or_default();
    let auc = multiclass::roc_auc_by_class(&columns, &truth).unwrap_or_default();
    let classes = agreement::by_class(&confusion).into_iter().enumerate();
    classes
        .map(|(class, counts)| {
            let own: Vec<f64> =
                losses.iter().zip(&truth).filter(|(_, of)| **of == class).map(|(loss, _)| *loss).collect();
            let positive: Vec<bool> = truth.iter().map(|&of| of == class).collect();
            let ece = |column: &Vec<f64>| crate::stats::metric::ece(column, &positive, 10).ok();
            ClassNumbers {
                counts,
                roc_auc: auc.get(class).and_then(|auc| auc.ok()),
                log_loss: moments::mean(&own).ok(),
                ece: columns.get(class).and_then(ece),
            }
        })
        .collect()
}

/// A column of probabilities for each class, and the rows that have them all; of two classes by the score.
fn class_scores(answers: &Answers<'_>, judged: &[usize]) -> (Vec<Vec<f64>>, Vec<usize>) {
    if answers.task == Task::Binary {
        let rows: Vec<usize> =
            judged.iter().copied().filter(|&row| answers.score_of(row).is_some()).collect();
        let positive: Vec<f64> = rows.iter().filter_map(|&row| answers.score_of(row)).collect();
        return (vec![positive.iter().map(|score| 1.0 - score).collect(), positive], rows);
    }
    let rows: Vec<usize> = judged.iter().copied().filter(|&row| answers.has_class_scores(row)).collect();
    let column = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
    (answers.class_scores.iter().map(column).collect(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers<'a>(label: &'a [f64], prediction: &'a [f64], class_scores: &'a [Vec<f64>]) -> Answers<'a> {
        Answers { task: Task::Multiclass, classes: 3, label, prediction, score: &[], class_scores }
    }

    #[test]
    fn classes_are_measured_one_by_one() {
        let scores = [vec![0.7, 0.2, 0.1, 0.6], vec![0.2, 0.6, 0.1, 0.3], vec![0.1, 0.2, 0.8, 0.1]];
        let answers = answers(&[0.0, 1.0, 2.0, 1.0], &[0.0, 1.0, 2.0, 0.0], &scores);
        let classes = by_class(&answers, &[0, 1, 2, 3]);
        assert_eq!(classes[1].counts.recall, Some(0.5));
        assert_eq!(classes[0].counts.precision, Some(0.5));
        assert_eq!(classes[2].roc_auc, Some(1.0));
        let loss = classes[1].log_loss.expect("two rows of the class");
        assert!((loss - f64::midpoint(-(0.6_f64.ln()), -(0.3_f64.ln()))).abs() < 1e-12, "{loss}");
        let further = further(&answers, &[0, 1, 2, 3]);
        assert!(
            further.iter().any(|(id, value)| *id == "weighted_recall" && *value == Ok(0.75)),
            "{further:?}"
        );
    }

    #[test]
    fn missing_values_stand_last_and_count_for_no_quantile() {
        let found = quantiles(&[1.0, 2.0, 3.0, f64::NAN]).expect("three numbers");
        assert!((found[3] - 2.0).abs() < 1e-12);
        assert_eq!(quantiles(&[f64::NAN]), None);
    }
}
