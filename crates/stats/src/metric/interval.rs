//! 95 % intervals of metrics that are proportions or built from them: always inside 0..1, never of zero
//! width.

use super::{Confusion, Metric, SURE};
use crate::{
    Undefined,
    interval::{Z_95, wilson, wilson_of_mean},
};

/// Whether a metric can be computed from a confusion matrix.
#[must_use]
pub fn is_of_confusion(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Accuracy | Metric::BalancedAccuracy | Metric::Precision | Metric::Recall | Metric::F1
    )
}

/// Returns the 95 % interval of a metric computed from a confusion matrix.
///
/// * accuracy, precision and recall of class 1: Wilson's interval of the proportion;
/// * F1 of class 1: Wilson's interval of `J`, the share of true positives among the rows that are or are
///   predicted to be of the class, transformed to `2J / (1 + J)`, which is F1;
/// * means over classes: the intervals of the classes combined by MOVER (Zou & Donner, "Construction of
///   confidence limits about effect measures", Statistics in Medicine 27, 2008), as classes are independent.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::OneClass`] where the metric itself is undefined, and
/// [`Undefined::TooFew`] for a metric that a confusion matrix does not determine.
pub fn confusion_interval(metric: Metric, confusion: &Confusion) -> Result<(f64, f64), Undefined> {
    let rows = confusion.rows();
    if rows == 0 {
        return Err(Undefined::Empty);
    }
    let of_class = |metric: Metric, class: usize| -> Result<(f64, (f64, f64)), Undefined> {
        let hits = confusion.cell(class, class);
        let of = |all: u64| {
            let interval = wilson(hits, all, Z_95).map_err(|_| Undefined::OneClass)?;
            Ok((hits as f64 / all as f64, interval))
        };
        match metric {
            Metric::Precision => of(confusion.predicted(class)),
            Metric::F1 => {
                let (share, (low, high)) = of(confusion.predicted(class) + confusion.truly(class) - hits)?;
                let f1 = |j: f64| 2.0 * j / (1.0 + j);
                Ok((f1(share), (f1(low), f1(high))))
            }
            _ => of(confusion.truly(class)),
        }
    };
    match metric {
        Metric::Accuracy => wilson(confusion.right(), rows, Z_95),
        Metric::Precision | Metric::Recall | Metric::F1 if confusion.classes() == 2 => {
            of_class(metric, 1).map(|(_, interval)| interval)
        }
        Metric::BalancedAccuracy | Metric::Precision | Metric::Recall | Metric::F1 => {
            let present = |class: &usize| {
                let truly = confusion.truly(*class) > 0;
                if metric == Metric::BalancedAccuracy {
                    truly
                } else {
                    truly || confusion.predicted(*class) > 0
                }
            };
            let classes: Vec<usize> = (0..confusion.classes()).filter(present).collect();
            let k = classes.len().max(1) as f64;
            let (mut mean, mut below, mut above) = (0.0, 0.0, 0.0);
            for class in classes {
                // A class that is never predicted (or never occurs) counts 0 and has no estimate of variance.
                let Ok((share, (low, high))) = of_class(metric, class) else { continue };
                mean += share / k;
                below += (share - low).powi(2);
                above += (high - share).powi(2);
            }
            Ok(((mean - below.sqrt() / k).max(0.0), (mean + above.sqrt() / k).min(1.0)))
        }
        _ => Err(Undefined::TooFew),
    }
}

/// Returns the 95 % interval of a metric of scores or of errors, from its value and standard error, clamped
/// to the range of the metric.
///
/// A metric whose rows all agree (a perfect ranking, a squared error of 0) has a standard error of 0, yet is
/// not certain: the interval is then Wilson's for the same number of rows.
///
/// * `error`: the standard error of `value`.
/// * `rows`: for ROC AUC the rows of the rarer class, for PR AUC the positives, otherwise all rows.
///
/// # Errors
///
/// [`Undefined::Empty`] when `rows` is 0.
pub fn metric_interval(metric: Metric, value: f64, error: f64, rows: u64) -> Result<(f64, f64), Undefined> {
    let (low, high) = (value - Z_95 * error, value + Z_95 * error);
    Ok(match metric {
        Metric::PrAuc => wilson_of_mean(value, rows, Z_95)?,
        Metric::RocAuc | Metric::RocAucWeighted | Metric::Brier if error == 0.0 => {
            wilson_of_mean(value, rows, Z_95)?
        }
        // A row that was certain and wrong is the worst that the rows not seen can hold.
        Metric::LogLoss if error == 0.0 => (low, high + wilson(0, rows, Z_95)?.1 * -SURE.ln()),
        Metric::RocAuc | Metric::RocAucWeighted | Metric::Brier | Metric::Ece => {
            (low.max(0.0), high.min(1.0))
        }
        Metric::LogLoss | Metric::Mae | Metric::Rmse | Metric::Mape => (low.max(0.0), high),
        Metric::R2 => (low, high.min(1.0)),
        _ => (low, high),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{assert_near, metric};

    #[test]
    fn shares_have_wilsons_interval() {
        // statsmodels.stats.proportion.proportion_confint(11, 14, method='wilson')
        let confusion = Confusion::new(2, &[5, 2, 1, 6]).unwrap();
        let (low, high) = confusion_interval(Metric::Accuracy, &confusion).unwrap();
        assert_near("low", low, wilson(11, 14, Z_95).unwrap().0);
        assert_near("high", high, wilson(11, 14, Z_95).unwrap().1);
        // 6 true positives among 9 rows that are or are predicted to be positive: J = 2/3, F1 = 0.8.
        let (low, high) = confusion_interval(Metric::F1, &confusion).unwrap();
        let (j, k) = wilson(6, 9, Z_95).unwrap();
        assert_near("F1 low", low, 2.0 * j / (1.0 + j));
        assert_near("F1 high", high, 2.0 * k / (1.0 + k));
    }

    #[test]
    fn a_perfect_model_is_not_certain() {
        let perfect = Confusion::new(2, &[50, 0, 0, 50]).unwrap();
        for metric in
            [Metric::Accuracy, Metric::BalancedAccuracy, Metric::Precision, Metric::Recall, Metric::F1]
        {
            let (low, high) = confusion_interval(metric, &perfect).unwrap();
            assert!(low < 0.98 && high == 1.0, "{metric:?}: {low} to {high}");
        }
        for metric in [Metric::RocAuc, Metric::PrAuc] {
            let (low, high) = metric_interval(metric, 1.0, 0.0, 50).unwrap();
            assert!(low < 0.95 && high == 1.0, "{metric:?}: {low} to {high}");
        }
        for metric in [Metric::Brier, Metric::LogLoss] {
            let (low, high) = metric_interval(metric, 0.0, 0.0, 100).unwrap();
            assert!(low == 0.0 && high > 0.03, "{metric:?}: {low} to {high}");
        }
        let never = Confusion::new(2, &[60, 0, 40, 0]).unwrap();
        assert_eq!(confusion_interval(Metric::F1, &never).map(|i| i.0), Ok(0.0));
        assert_eq!(confusion_interval(Metric::Precision, &never), Err(Undefined::OneClass));
    }

    proptest! {
        #[test]
        fn the_value_lies_inside_and_the_ends_inside_0_to_1(counts in prop::collection::vec(0_u64..60, 9)) {
            for (classes, counts) in [(2, &counts[..4]), (3, &counts[..])] {
                let confusion = Confusion::new(classes, counts).unwrap();
                let of = [
                    (Metric::Accuracy, metric::accuracy(&confusion)),
                    (Metric::BalancedAccuracy, metric::balanced_accuracy(&confusion)),
                    (Metric::Precision, metric::precision(&confusion)),
                    (Metric::Recall, metric::recall(&confusion)),
                    (Metric::F1, metric::f1(&confusion)),
                ];
                for (metric, value) in of {
                    let interval = confusion_interval(metric, &confusion);
                    prop_assert_eq!(value.is_ok(), interval.is_ok(), "{:?} {:?}", metric, &confusion);
                    if let (Ok(value), Ok((low, high))) = (value, interval) {
                        prop_assert!(0.0 <= low && low <= value + 1e-12 && value <= high + 1e-12 && high <= 1.0);
                    }
                }
            }
        }
    }
}
