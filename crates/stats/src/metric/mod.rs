//! Performance metrics: their names, their direction, and their values from counts and from rows.

pub mod agreement;
pub mod decision;
mod interval;
pub mod multiclass;
pub mod weighted;

use serde::{Deserialize, Serialize};

pub use self::interval::{confusion_interval, is_of_confusion, metric_interval};
use super::{Undefined, moments, ranked::RankedScores, require_equal_length, require_finite};

/// A performance metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of correct predictions.
    Accuracy,
    /// Mean recall over the classes.
    BalancedAccuracy,
    /// Share of correct ones among the predicted positives; macro average for several classes.
    Precision,
    /// Share of the positive rows that are found; macro average for several classes.
    Recall,
    /// Harmonic mean of precision and recall; macro average for several classes.
    F1,
    /// Area under the receiver operating characteristic; for several classes the mean over each against the rest.
    RocAuc,
    /// Several classes: the same mean, weighted by the rows of each class.
    RocAucWeighted,
    /// Area under the precision-recall curve (average precision).
    PrAuc,
    /// Mean negative log-likelihood.
    LogLoss,
    /// Mean squared difference of probability and outcome.
    Brier,
    /// Expected calibration error over ten bins of equal count.
    Ece,
    /// Mean absolute error.
    Mae,
    /// Root mean squared error.
    Rmse,
    /// Share of the outcome's variance explained.
    R2,
    /// Mean absolute percentage error.
    Mape,
    /// Mean of prediction − outcome.
    Bias,
}

impl Metric {
    /// The name for display.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "F1",
            Self::RocAuc => "ROC AUC",
            Self::RocAucWeighted => "weighted ROC AUC",
            Self::PrAuc => "PR AUC",
            Self::LogLoss => "log loss",
            Self::Brier => "Brier score",
            Self::Ece => "ECE",
            Self::Mae => "MAE",
            Self::Rmse => "RMSE",
            Self::R2 => "R²",
            Self::Mape => "MAPE",
            Self::Bias => "bias",
        }
    }

    /// The id in JSON, such as `roc_auc`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1",
            Self::RocAuc => "roc_auc",
            Self::RocAucWeighted => "roc_auc_weighted",
            Self::PrAuc => "pr_auc",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::R2 => "r2",
            Self::Mape => "mape",
            Self::Bias => "bias",
        }
    }

    /// Whether a larger value is better (bias: neither; nearer to 0 is better).
    #[must_use]
    pub const fn larger_is_better(self) -> bool {
        matches!(
            self,
            Self::Accuracy
                | Self::BalancedAccuracy
                | Self::Precision
                | Self::Recall
                | Self::F1
                | Self::RocAuc
                | Self::RocAucWeighted
                | Self::PrAuc
                | Self::R2
        )
    }
}

/// Rows by true and predicted class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Takes `classes x classes` counts, truth major, prediction minor.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when the number of counts differs, [`Undefined::TooFew`] with fewer than
    /// two classes.
    pub fn new(classes: usize, counts: &[u64]) -> Result<Self, Undefined> {
        if classes < 2 {
            return Err(Undefined::TooFew);
        }
        require_equal_length(counts.len(), classes * classes)?;
        Ok(Self { classes, counts: counts.to_vec() })
    }

    /// Counts rows with class codes below `classes`; rows with another code are left out.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::TooFew`] with fewer than two classes.
    pub fn count(classes: usize, truth: &[usize], answer: &[usize]) -> Result<Self, Undefined> {
        require_equal_length(truth.len(), answer.len())?;
        let mut confusion = Self::new(classes, &vec![0; classes * classes])?;
        for (&truth, &answer) in truth.iter().zip(answer) {
            if truth < classes && answer < classes {
                confusion.counts[truth * classes + answer] += 1;
            }
        }
        Ok(confusion)
    }

    /// The number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Rows with the given true and predicted class; 0 for classes that do not exist.
    #[must_use]
    pub fn cell(&self, truth: usize, answer: usize) -> u64 {
        if truth < self.classes && answer < self.classes {
            self.counts[truth * self.classes + answer]
        } else {
            0
        }
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Rows with a correct prediction.
    #[must_use]
    pub fn right(&self) -> u64 {
        (0..self.classes).map(|class| self.cell(class, class)).sum()
    }

    /// Rows whose true class is `class`.
    #[must_use]
    pub fn truly(&self, class: usize) -> u64 {
        (0..self.classes).map(|answer| self.cell(class, answer)).sum()
    }

    /// Rows predicted to be of a class.
    #[must_use]
    pub fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|truth| self.cell(truth, class)).sum()
    }

    /// The mean of a per-class measure over the classes that occur in the truth or the predictions.
    fn macro_mean(&self, of: impl Fn(usize) -> f64) -> Result<f64, Undefined> {
        let present: Vec<f64> =
            (0..self.classes).filter(|&c| self.truly(c) + self.predicted(c) > 0).map(of).collect();
        moments::mean(&present)
    }
}

fn share(part: u64, whole: u64, why: Undefined) -> Result<f64, Undefined> {
    if whole == 0 { Err(why) } else { Ok(part as f64 / whole as f64) }
}

/// As [`share`], but 0 of 0 is 0.
fn share_or_zero(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Returns the share of correct predictions.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows.
pub fn accuracy(confusion: &Confusion) -> Result<f64, Undefined> {
    share(confusion.right(), confusion.rows(), Undefined::Empty)
}

/// Returns the mean recall over the classes that truly occur.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows.
pub fn balanced_accuracy(confusion: &Confusion) -> Result<f64, Undefined> {
    let recalls: Vec<f64> = (0..confusion.classes)
        .filter(|&c| confusion.truly(c) > 0)
        .map(|c| share_or_zero(confusion.cell(c, c), confusion.truly(c)))
        .collect();
    moments::mean(&recalls)
}

/// Returns the precision: of class 1 with two classes, otherwise the mean over the classes that occur, where
/// a class that is never predicted counts 0 (scikit-learn's `zero_division=0`).
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::OneClass`] with two classes when no row is predicted
/// positive.
pub fn precision(confusion: &Confusion) -> Result<f64, Undefined> {
    if confusion.classes == 2 && confusion.rows() > 0 {
        return share(confusion.cell(1, 1), confusion.predicted(1), Undefined::OneClass);
    }
    confusion.macro_mean(|c| share_or_zero(confusion.cell(c, c), confusion.predicted(c)))
}

/// Returns the recall: of class 1 with two classes, otherwise the mean over the classes that occur, where a
/// class that is predicted but never true counts 0.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::OneClass`] with two classes when no row is positive.
pub fn recall(confusion: &Confusion) -> Result<f64, Undefined> {
    if confusion.classes == 2 && confusion.rows() > 0 {
        return share(confusion.cell(1, 1), confusion.truly(1), Undefined::OneClass);
    }
    confusion.macro_mean(|c| share_or_zero(confusion.cell(c, c), confusion.truly(c)))
}

/// Returns F1, 2 TP / (predicted + true): of class 1 with two classes, otherwise the mean over the classes
/// that occur. It is defined when the positive class is never predicted, so it exists for a constant model,
/// too.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::OneClass`] with two classes when the positive class
/// neither occurs nor is predicted.
pub fn f1(confusion: &Confusion) -> Result<f64, Undefined> {
    let both = |c: usize| confusion.predicted(c) + confusion.truly(c);
    if confusion.classes == 2 && confusion.rows() > 0 {
        return share(2 * confusion.cell(1, 1), both(1), Undefined::OneClass);
    }
    confusion.macro_mean(|c| share_or_zero(2 * confusion.cell(c, c), both(c)))
}

/// Rejects scores and truths of different lengths, empty ones, and scores that are not finite.
fn require_scores(score: &[f64], positive: &[bool]) -> Result<(), Undefined> {
    require_equal_length(score.len(), positive.len())?;
    if score.is_empty() { Err(Undefined::Empty) } else { require_finite(score) }
}

/// As [`require_scores`], and rejects scores that are no probabilities: margins, percentages.
fn require_probabilities(score: &[f64], positive: &[bool]) -> Result<(), Undefined> {
    require_scores(score, positive)?;
    if score.iter().all(|score| (0.0..=1.0).contains(score)) { Ok(()) } else { Err(Undefined::NotFinite) }
}

/// Returns the area under the ROC curve: the probability that a positive row scores above a negative one,
/// ties counted half.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::OneClass`] without both classes, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn roc_auc(score: &[f64], positive: &[bool]) -> Result<f64, Undefined> {
    roc_auc_of(&RankedScores::new(score, positive))
}

/// The same of scores that may be sorted already.
///
/// # Errors
///
/// As [`roc_auc`].
pub fn roc_auc_of(ranked: &RankedScores<'_>) -> Result<f64, Undefined> {
    let ties = ranked.ties()?;
    let positives = ranked.positives() as f64;
    let negatives = ranked.positive().len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return Err(Undefined::OneClass);
    }
    let (mut sum, mut from) = (0.0, 0);
    for tie in ties {
        // The mean rank of the rows with this score.
        let rank = (2 * from + tie.len() + 1) as f64 / 2.0;
        sum += rank * tie.iter().filter(|&&row| ranked.positive()[row as usize]).count() as f64;
        from += tie.len();
    }
    Ok((sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

/// Returns the area under the ROC curve from counts per ascending score bin; rows of one bin count as ties.
///
/// It differs from [`roc_auc`] of the rows by at most half the probability that a positive and a negative row
/// share a bin.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::OneClass`] without both classes.
pub fn roc_auc_binned(negative: &[u64], positive: &[u64]) -> Result<f64, Undefined> {
    require_equal_length(negative.len(), positive.len())?;
    let (n, p): (u64, u64) = (negative.iter().sum(), positive.iter().sum());
    if n + p == 0 {
        return Err(Undefined::Empty);
    }
    if n == 0 || p == 0 {
        return Err(Undefined::OneClass);
    }
    let (mut below, mut wins) = (0.0, 0.0);
    for (&negative, &positive) in negative.iter().zip(positive) {
        wins += positive as f64 * (below + negative as f64 / 2.0);
        below += negative as f64;
    }
    Ok(wins / (n as f64 * p as f64))
}

/// Returns the average precision: the mean over the positives of the precision at their score.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::OneClass`] without a positive, [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn pr_auc(score: &[f64], positive: &[bool]) -> Result<f64, Undefined> {
    pr_auc_of(&RankedScores::new(score, positive))
}

/// The same of scores that may be sorted already.
///
/// # Errors
///
/// As [`pr_auc`].
pub fn pr_auc_of(ranked: &RankedScores<'_>) -> Result<f64, Undefined> {
    let (mut found, mut area, mut to) = (0_u64, 0.0, 0);
    for tie in ranked.ties()?.rev() {
        to += tie.len();
        let here = tie.iter().filter(|&&row| ranked.positive()[row as usize]).count() as u64;
        found += here;
        area += here as f64 * found as f64 / to as f64;
    }
    if found == 0 { Err(Undefined::OneClass) } else { Ok(area / found as f64) }
}

/// Probabilities are clamped to this distance from 0 and 1 before a logarithm, so that one confident wrong
/// prediction counts as a large error instead of dominating the whole log.
pub const SURE: f64 = 1e-4;

/// Returns the negative log-likelihood of one row's outcome, in nats.
///
/// * `score`: the probability of the positive class, clamped to [`SURE`]..1 − [`SURE`].
#[must_use]
pub fn row_log_loss(score: f64, positive: bool) -> f64 {
    let score = score.clamp(SURE, 1.0 - SURE);
    // The outcome is unpredictable, so the branch-free choice comes before the logarithm.
    let of_the_truth = if positive { score } else { 1.0 - score };
    -of_the_truth.ln()
}

/// Returns the mean negative log-likelihood, in nats.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::NotFinite`] with a NaN or a score outside 0 to 1.
pub fn log_loss(score: &[f64], positive: &[bool]) -> Result<f64, Undefined> {
    require_probabilities(score, positive)?;
    Ok(score.iter().zip(positive).map(|(&s, &p)| row_log_loss(s, p)).sum::<f64>() / score.len() as f64)
}

/// Returns the mean squared difference of probability and outcome.
///
/// # Errors
///
/// As [`log_loss`].
pub fn brier(score: &[f64], positive: &[bool]) -> Result<f64, Undefined> {
    require_probabilities(score, positive)?;
    let square = |(&s, &p): (&f64, &bool)| (s - f64::from(u8::from(p))).powi(2);
    Ok(score.iter().zip(positive).map(square).sum::<f64>() / score.len() as f64)
}

/// Returns the expected calibration error: |mean score − share of positives| over bins of equal count,
/// weighted by rows.
///
/// * `bins`: at least 1, clamped to the number of rows. Equal scores share a bin, so bins can be uneven.
///
/// # Errors
///
/// As [`log_loss`].
pub fn ece(score: &[f64], positive: &[bool], bins: usize) -> Result<f64, Undefined> {
    ece_of(&RankedScores::new(score, positive), bins)
}

/// The same of scores that may be sorted already.
///
/// # Errors
///
/// As [`ece`].
pub fn ece_of(ranked: &RankedScores<'_>, bins: usize) -> Result<f64, Undefined> {
    require_probabilities(ranked.score(), ranked.positive())?;
    let table = super::calibration::reliability_of(ranked, bins)?;
    let gap = |bin: &super::calibration::ReliabilityBin| bin.rows as f64 * (bin.score - bin.share).abs();
    Ok(table.iter().map(gap).sum::<f64>() / ranked.score().len() as f64)
}

/// The errors prediction − truth of two paired columns.
fn errors<'a>(
    prediction: &'a [f64],
    truth: &'a [f64],
) -> Result<impl Iterator<Item = f64> + use<'a>, Undefined> {
    require_equal_length(prediction.len(), truth.len())?;
    if prediction.is_empty() {
        return Err(Undefined::Empty);
    }
    require_finite(prediction)?;
    require_finite(truth)?;
    Ok(prediction.iter().zip(truth).map(|(p, t)| p - t))
}

/// Returns the mean absolute error.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn mae(prediction: &[f64], truth: &[f64]) -> Result<f64, Undefined> {
    Ok(errors(prediction, truth)?.map(f64::abs).sum::<f64>() / truth.len() as f64)
}

/// Returns the root of the mean squared error.
///
/// # Errors
///
/// As [`mae`].
pub fn rmse(prediction: &[f64], truth: &[f64]) -> Result<f64, Undefined> {
    Ok((errors(prediction, truth)?.map(|e| e * e).sum::<f64>() / truth.len() as f64).sqrt())
}

/// Returns the share of the truth's variance that the predictions explain; below 0 when the mean predicts
/// better.
///
/// # Errors
///
/// As [`mae`], and [`Undefined::Constant`] when the truth does not vary.
pub fn r2(prediction: &[f64], truth: &[f64]) -> Result<f64, Undefined> {
    let rest: f64 = errors(prediction, truth)?.map(|e| e * e).sum();
    let mean = moments::mean(truth)?;
    let spread: f64 = truth.iter().map(|t| (t - mean).powi(2)).sum();
    if spread > 0.0 { Ok(1.0 - rest / spread) } else { Err(Undefined::Constant) }
}

/// Returns the mean absolute error relative to |truth|, over the rows whose truth is not 0.
///
/// # Errors
///
/// As [`mae`], and [`Undefined::Empty`] when every truth is 0.
pub fn mape(prediction: &[f64], truth: &[f64]) -> Result<f64, Undefined> {
    let (mut sum, mut rows) = (0.0, 0_u64);
    for (error, &truth) in errors(prediction, truth)?.zip(truth) {
        if truth != 0.0 {
            sum += (error / truth).abs();
            rows += 1;
        }
    }
    if rows == 0 { Err(Undefined::Empty) } else { Ok(sum / rows as f64) }
}

/// Returns the mean of prediction − truth.
///
/// # Errors
///
/// As [`mae`].
pub fn bias(prediction: &[f64], truth: &[f64]) -> Result<f64, Undefined> {
    Ok(errors(prediction, truth)?.sum::<f64>() / truth.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;
    use proptest::prelude::*;

    #[test]
    fn confusion_metrics_agree_with_scikit_learn() {
        // accuracy_score, balanced_accuracy_score, precision_score, recall_score, f1_score; average='macro' for three
        let two = Confusion::new(2, &[5, 2, 1, 6]).unwrap();
        let three = Confusion::new(3, &[5, 2, 1, 1, 6, 0, 2, 3, 4]).unwrap();
        let expected = [
            (two, [0.785_714_285_714_285_7, 0.785_714_285_714_285_7, 0.75, 0.857_142_857_142_857_1, 0.8]),
            (
                three,
                [
                    0.625,
                    0.642_195_767_195_767_2,
                    0.656_818_181_818_181_8,
                    0.642_195_767_195_767_2,
                    0.621_031_746_031_746,
                ],
            ),
        ];
        for (confusion, want) in expected {
            let got = [accuracy, balanced_accuracy, precision, recall, f1].map(|of| of(&confusion).unwrap());
            for (got, want) in got.into_iter().zip(want) {
                assert_near("metric", got, want);
            }
        }
    }

    #[test]
    fn a_model_that_says_one_class_gets_its_numbers() {
        let never = Confusion::count(2, &[0, 0, 1, 1, 1], &[0; 5]).unwrap();
        assert_eq!(accuracy(&never), Ok(0.4));
        assert_eq!(balanced_accuracy(&never), Ok(0.5));
        assert_eq!(recall(&never), Ok(0.0));
        assert_eq!(f1(&never), Ok(0.0));
        assert_eq!(precision(&never), Err(Undefined::OneClass));
        let truth = [false, false, true, true, true];
        assert_eq!(roc_auc(&[0.2; 5], &truth), Ok(0.5));
        assert!(log_loss(&[0.0; 5], &truth).unwrap().is_finite());
        assert_eq!(brier(&[0.0; 5], &truth), Ok(0.6));
    }

    #[test]
    fn score_metrics_agree_with_scikit_learn() {
        let score = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2];
        let truth = [false, false, true, true, true, true, false];
        // roc_auc_score, average_precision_score, log_loss, brier_score_loss
        assert_near("roc", roc_auc(&score, &truth).unwrap(), 0.875);
        assert_near("pr", pr_auc(&score, &truth).unwrap(), 0.8875);
        assert_near("log loss", log_loss(&score, &truth).unwrap(), 0.447_706_659_154_699_37);
        assert_near("brier", brier(&score, &truth).unwrap(), 0.148_928_571_428_571_44);
        // np.mean([abs(mean score - share of positives) for the five pairs])
        let score = [0.1, 0.1, 0.3, 0.35, 0.5, 0.6, 0.62, 0.8, 0.9, 0.95];
        let truth = [0, 0, 1, 0, 1, 0, 1, 1, 1, 1].map(|y| y == 1);
        assert_near("ece", ece(&score, &truth, 5).unwrap(), 0.138);
    }

    #[test]
    fn error_metrics_agree_with_scikit_learn() {
        let (truth, prediction) = ([3.0, -0.5, 2.0, 7.0, 4.2], [2.5, 0.0, 2.0, 8.0, -1.0]);
        // mean_absolute_error, root_mean_squared_error, r2_score, mean_absolute_percentage_error, np.mean(p - t)
        assert_near("mae", mae(&prediction, &truth).unwrap(), 1.44);
        assert_near("rmse", rmse(&prediction, &truth).unwrap(), 2.389_142_105_442_872_3);
        assert_near("r2", r2(&prediction, &truth).unwrap(), 0.067_076_359_832_635_93);
        assert_near("mape", mape(&prediction, &truth).unwrap(), 0.509_523_809_523_809_5);
        assert_near("bias", bias(&prediction, &truth).unwrap(), -0.84);
    }

    #[test]
    fn undefined_says_why() {
        let none = Confusion::new(2, &[0; 4]).unwrap();
        for of in [accuracy, balanced_accuracy, precision, recall, f1] {
            assert_eq!(of(&none), Err(Undefined::Empty));
        }
        assert_eq!(Confusion::new(2, &[1]), Err(Undefined::BinMismatch));
        assert_eq!(roc_auc(&[0.5], &[true]), Err(Undefined::OneClass));
        assert_eq!(pr_auc(&[0.5], &[false]), Err(Undefined::OneClass));
        assert_eq!(log_loss(&[f64::NAN], &[false]), Err(Undefined::NotFinite));
        for margins in [[-5.0, 0.2], [0.3, 74.0]] {
            let truth = [false, true];
            for measured in [log_loss(&margins, &truth), brier(&margins, &truth), ece(&margins, &truth, 10)] {
                assert_eq!(measured, Err(Undefined::NotFinite));
            }
            assert_eq!(roc_auc(&margins, &truth), Ok(1.0), "an order is enough");
        }
        assert_eq!(roc_auc_binned(&[0], &[0]), Err(Undefined::Empty));
        assert_eq!(ece(&[], &[], 10), Err(Undefined::Empty));
        assert_eq!(mae(&[], &[]), Err(Undefined::Empty));
        assert_eq!(r2(&[1.0, 2.0], &[3.0, 3.0]), Err(Undefined::Constant));
        assert_eq!(mape(&[1.0], &[0.0]), Err(Undefined::Empty));
    }

    proptest! {
        #[test]
        fn ranking_metrics_keep_their_laws(rows in prop::collection::vec((0_u8..20, any::<bool>()), 2..80)) {
            let score: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
            let truth: Vec<bool> = rows.iter().map(|r| r.1).collect();
            if let Ok(auc) = roc_auc(&score, &truth) {
                let turned: Vec<f64> = score.iter().map(|s| -s).collect();
                prop_assert!((roc_auc(&turned, &truth).unwrap() - (1.0 - auc)).abs() < 1e-12);
                let steep: Vec<f64> = score.iter().map(|s| (s / 4.0).exp()).collect();
                prop_assert!((roc_auc(&steep, &truth).unwrap() - auc).abs() < 1e-12);
                let (backwards, order): (Vec<f64>, Vec<bool>) = score.iter().zip(&truth).rev().unzip();
                prop_assert!((roc_auc(&backwards, &order).unwrap() - auc).abs() < 1e-12);
                prop_assert!((pr_auc(&backwards, &order).unwrap() - pr_auc(&score, &truth).unwrap()).abs() < 1e-12);
                let mut counts = [[0_u64; 20]; 2];
                rows.iter().for_each(|(s, y)| counts[usize::from(*y)][usize::from(*s)] += 1);
                prop_assert!((roc_auc_binned(&counts[0], &counts[1]).unwrap() - auc).abs() < 1e-12);
            }
        }
    }
}
