//! Metrics of one probability for each class.
//!
//! Throughout, `scores` holds a column for each class, and `truth` the class of each row.

use super::{SURE, ece, roc_auc};
use crate::{Undefined, delong, require_equal_length, require_finite};

/// An ROC AUC over the classes, each against the rest, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneVsRest {
    /// The mean over the classes.
    pub value: f64,
    /// Its standard error, by the rows' influences (DeLong's, added up over the classes).
    pub error: f64,
}

/// How the classes weigh in a mean over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// Alike.
    Macro,
    /// By the rows that are truly of the class.
    Weighted,
}

fn require(scores: &[Vec<f64>], truth: &[usize]) -> Result<(), Undefined> {
    if truth.is_empty() || scores.is_empty() {
        return Err(Undefined::Empty);
    }
    for column in scores {
        require_equal_length(column.len(), truth.len())?;
        require_finite(column)?;
    }
    Ok(())
}

fn of_class(truth: &[usize], class: usize) -> Vec<bool> {
    truth.iter().map(|&of| of == class).collect()
}

/// Returns the ROC AUC of each class against the rest; undefined for a class that no row is of, or every one.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows or classes,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn roc_auc_by_class(
    scores: &[Vec<f64>],
    truth: &[usize],
) -> Result<Vec<Result<f64, Undefined>>, Undefined> {
    require(scores, truth)?;
    Ok(scores.iter().enumerate().map(|(class, score)| roc_auc(score, &of_class(truth, class))).collect())
}

/// Returns the mean ROC AUC of one class against the rest, over the classes that have rows on both sides.
///
/// Source: Provost and Domingos 2000 (weighted by prevalence); scikit-learn's `multi_class="ovr"` where every class is
/// there.
///
/// # Errors
///
/// As [`roc_auc_by_class`], and [`Undefined::OneClass`] where no class has rows on both sides.
pub fn roc_auc_one_vs_rest(
    scores: &[Vec<f64>],
    truth: &[usize],
    average: Average,
) -> Result<OneVsRest, Undefined> {
    require(scores, truth)?;
    let mut influence = vec![0.0; truth.len()];
    let (mut sum, mut weights) = (0.0, 0.0);
    for (class, score) in scores.iter().enumerate() {
        let positive = of_class(truth, class);
        let Ok(auc) = roc_auc(score, &positive) else {
            continue;
        };
        let weight = match average {
            Average::Macro => 1.0,
            Average::Weighted => positive.iter().filter(|&&positive| positive).count() as f64,
        };
        sum += weight * auc;
        weights += weight;
        let rows = delong::influence(score, &positive)?;
        influence.iter_mut().zip(rows).for_each(|(total, row)| *total += weight * row);
    }
    if weights == 0.0 {
        return Err(Undefined::OneClass);
    }
    let n = truth.len() as f64;
    let squares: f64 = influence.iter().map(|row| (row / weights).powi(2)).sum();
    Ok(OneVsRest { value: sum / weights, error: squares.sqrt() / n })
}

/// Returns the negative log-likelihood of one row's class, in nats.
///
/// * `score`: the probability of the true class, taken into [`SURE`]..1 − [`SURE`].
#[must_use]
pub fn class_log_loss(score: f64) -> f64 {
    -score.clamp(SURE, 1.0 - SURE).ln()
}

/// Returns half of the summed squared differences of a row's probabilities and its class: from 0 to 1, and for two classes
/// the Brier score of the positive one.
#[must_use]
pub fn class_brier(scores: &[Vec<f64>], truth: usize, row: usize) -> f64 {
    let square =
        |(class, column): (usize, &Vec<f64>)| (column[row] - f64::from(u8::from(class == truth))).powi(2);
    scores.iter().enumerate().map(square).sum::<f64>() / 2.0
}

/// The probability of each row's true class; 0 for a class that has no column.
fn of_the_truth<'a>(scores: &'a [Vec<f64>], truth: &'a [usize]) -> impl Iterator<Item = f64> + 'a {
    truth.iter().enumerate().map(|(row, &class)| scores.get(class).map_or(0.0, |column| column[row]))
}

/// Returns the mean negative log-likelihood of the true classes, in nats.
///
/// # Errors
///
/// As [`roc_auc_by_class`].
pub fn class_log_losses(scores: &[Vec<f64>], truth: &[usize]) -> Result<Vec<f64>, Undefined> {
    require(scores, truth)?;
    Ok(of_the_truth(scores, truth).map(class_log_loss).collect())
}

/// Returns each row's share of the Brier score of several classes, [`class_brier`].
///
/// # Errors
///
/// As [`roc_auc_by_class`].
pub fn class_briers(scores: &[Vec<f64>], truth: &[usize]) -> Result<Vec<f64>, Undefined> {
    require(scores, truth)?;
    Ok(truth.iter().enumerate().map(|(row, &class)| class_brier(scores, class, row)).collect())
}

/// For each row the largest probability, and whether it is that of the true class; the first of equals.
///
/// # Errors
///
/// As [`roc_auc_by_class`].
pub fn confidence(scores: &[Vec<f64>], truth: &[usize]) -> Result<(Vec<f64>, Vec<bool>), Undefined> {
    require(scores, truth)?;
    let best = |row: usize| {
        scores.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (class, column)| {
            if column[row] > best.1 { (class, column[row]) } else { best }
        })
    };
    Ok((0..truth.len()).map(best).zip(truth).map(|((class, score), &of)| (score, class == of)).unzip())
}

/// Returns the expected calibration error of the largest probability against being right ([`ece`]; Guo et al. 2017).
///
/// # Errors
///
/// As [`roc_auc_by_class`].
pub fn ece_of_confidence(scores: &[Vec<f64>], truth: &[usize], bins: usize) -> Result<f64, Undefined> {
    let (confidence, right) = confidence(scores, truth)?;
    ece(&confidence, &right, bins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    fn scores() -> Vec<Vec<f64>> {
        vec![vec![0.7, 0.2, 0.3, 0.5, 0.1], vec![0.2, 0.5, 0.3, 0.2, 0.1], vec![0.1, 0.3, 0.4, 0.3, 0.8]]
    }

    #[test]
    fn a_class_without_rows_is_left_out_of_the_mean() {
        let truth = [0, 1, 1, 0, 1];
        let by_class = roc_auc_by_class(&scores(), &truth).unwrap();
        assert_eq!(by_class[2], Err(Undefined::OneClass));
        let mean = roc_auc_one_vs_rest(&scores(), &truth, Average::Macro).unwrap();
        assert_near("mean", mean.value, f64::midpoint(by_class[0].unwrap(), by_class[1].unwrap()));
        assert_eq!(
            roc_auc_one_vs_rest(&scores(), &[1; 5], Average::Macro).map(|auc| auc.value),
            Err(Undefined::OneClass)
        );
    }

    #[test]
    fn two_classes_are_the_binary_case() {
        let positive = vec![0.9, 0.3, 0.6, 0.2, 0.7, 0.4];
        let both = vec![positive.iter().map(|p| 1.0 - p).collect::<Vec<f64>>(), positive.clone()];
        let truth = [1, 0, 1, 0, 0, 1];
        let is_positive: Vec<bool> = truth.iter().map(|&class| class == 1).collect();
        let auc = roc_auc_one_vs_rest(&both, &truth, Average::Macro).unwrap();
        assert_near("AUC", auc.value, roc_auc(&positive, &is_positive).unwrap());
        let delong = delong::delong(&positive, &is_positive).unwrap();
        assert!((auc.error / delong.variance.sqrt() - 1.0).abs() < 0.3, "{auc:?} {delong:?}");
        let mean = |rows: Vec<f64>| rows.iter().sum::<f64>() / rows.len() as f64;
        let losses = mean(class_log_losses(&both, &truth).unwrap());
        assert_near("log loss", losses, crate::metric::log_loss(&positive, &is_positive).unwrap());
        let briers = mean(class_briers(&both, &truth).unwrap());
        assert_near("Brier", briers, crate::metric::brier(&positive, &is_positive).unwrap());
    }

    #[test]
    fn a_class_that_has_no_probability_counts_as_impossible() {
        let losses = class_log_losses(&scores(), &[3, 0, 0, 0, 0]).unwrap();
        assert_near("loss", losses[0], -SURE.ln());
        assert_near("the others", losses[1], -(0.2_f64.ln()));
    }

    #[test]
    fn confidence_is_the_largest_probability() {
        let (confidence, right) = confidence(&scores(), &[0, 0, 2, 0, 1]).unwrap();
        assert_eq!(confidence, [0.7, 0.5, 0.4, 0.5, 0.8]);
        assert_eq!(right, [true, false, true, true, false]);
    }
}
