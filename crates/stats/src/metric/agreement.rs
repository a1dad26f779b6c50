//! Metrics of counted answers beside the usual ones: by class, weighted by class, corrected for chance.

use super::Confusion;
use crate::Undefined;

/// What counts say of one class against the rest; undefined where nothing is divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfClass {
    /// Rows that are truly of the class.
    pub rows: u64,
    /// Rows that are said to be.
    pub predicted: u64,
    /// Right among those that are said to be.
    pub precision: Option<f64>,
    /// Found among those that are.
    pub recall: Option<f64>,
    /// Harmonic mean of both; 0 without a hit.
    pub f1: Option<f64>,
    /// Left alone among those that are not.
    pub specificity: Option<f64>,
}

/// Returns what counts say of each class against the rest.
#[must_use]
pub fn by_class(confusion: &Confusion) -> Vec<OfClass> {
    let all = confusion.rows();
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    (0..confusion.classes())
        .map(|class| {
            let (hits, rows, predicted) =
                (confusion.cell(class, class), confusion.truly(class), confusion.predicted(class));
            OfClass {
                rows,
                predicted,
                precision: share(hits, predicted),
                recall: share(hits, rows),
                f1: share(2 * hits, rows + predicted),
                specificity: share(all + hits - rows - predicted, all - rows),
            }
        })
        .collect()
}

/// Returns precision, recall and F1, each the mean over the classes weighted by the rows that are truly of them; a class
/// that is never said counts as 0, as scikit-learn's `average="weighted"` does.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows.
pub fn weighted(confusion: &Confusion) -> Result<[f64; 3], Undefined> {
    let all = confusion.rows();
    if all == 0 {
        return Err(Undefined::Empty);
    }
    let mut sums = [0.0; 3];
    for class in by_class(confusion) {
        let weight = class.rows as f64 / all as f64;
        for (sum, value) in sums.iter_mut().zip([class.precision, class.recall, class.f1]) {
            *sum += weight * value.unwrap_or(0.0);
        }
    }
    Ok(sums)
}

/// Returns Matthews' correlation of truth and answer, for any number of classes; 0 where either never varies.
///
/// Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational
/// Biology and Chemistry 28 (2004).
///
/// # Errors
///
/// [`Undefined::Empty`] without rows.
pub fn matthews(confusion: &Confusion) -> Result<f64, Undefined> {
    let all = confusion.rows() as f64;
    if all == 0.0 {
        return Err(Undefined::Empty);
    }
    let sum = |of: &dyn Fn(usize) -> f64| (0..confusion.classes()).map(of).sum::<f64>();
    let (truly, predicted) = (|k: usize| confusion.truly(k) as f64, |k: usize| confusion.predicted(k) as f64);
    let together = confusion.right() as f64 * all - sum(&|k| truly(k) * predicted(k));
    let spread =
        (all * all - sum(&|k| truly(k).powi(2))).sqrt() * (all * all - sum(&|k| predicted(k).powi(2))).sqrt();
    Ok(if spread > 0.0 { together / spread } else { 0.0 })
}

/// Returns Cohen's kappa: the share of right answers beyond chance, over the most that it could be.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::OneClass`] where truth and answers are one class throughout.
pub fn cohens_kappa(confusion: &Confusion) -> Result<f64, Undefined> {
    let all = confusion.rows() as f64;
    if all == 0.0 {
        return Err(Undefined::Empty);
    }
    let chance: f64 = (0..confusion.classes())
        .map(|class| confusion.truly(class) as f64 / all * (confusion.predicted(class) as f64 / all))
        .sum();
    if chance >= 1.0 {
        return Err(Undefined::OneClass);
    }
    Ok((confusion.right() as f64 / all - chance) / (1.0 - chance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    #[test]
    fn values_of_scikit_learn() {
        // truth 0 0 0 1 1 2 2 2 2, answers 0 0 1 1 2 2 2 2 0; sklearn.metrics 1.7: matthews_corrcoef, cohen_kappa_score,
        // precision_recall_fscore_support(average="weighted")
        let confusion =
            Confusion::count(3, &[0, 0, 0, 1, 1, 2, 2, 2, 2], &[0, 0, 1, 1, 2, 2, 2, 2, 0]).unwrap();
        assert_near("MCC", matthews(&confusion).unwrap(), 25.0 / 52.0);
        assert_near("kappa", cohens_kappa(&confusion).unwrap(), (6.0 / 9.0 - 29.0 / 81.0) / (52.0 / 81.0));
        let [precision, recall, f1] = weighted(&confusion).unwrap();
        assert_near("precision", precision, (3.0 * 2.0 / 3.0 + 2.0 * 0.5 + 4.0 * 0.75) / 9.0);
        assert_near("recall", recall, 6.0 / 9.0);
        assert_near("F1", f1, (3.0 * 2.0 / 3.0 + 2.0 * 0.5 + 4.0 * 0.75) / 9.0);
        let classes = by_class(&confusion);
        assert_eq!((classes[0].rows, classes[0].predicted), (3, 3));
        assert_near("specificity", classes[0].specificity.unwrap(), 5.0 / 6.0);
    }

    #[test]
    fn one_class_throughout_has_no_agreement_beyond_chance() {
        let confusion = Confusion::count(2, &[1, 1, 1], &[1, 1, 1]).unwrap();
        assert_eq!(cohens_kappa(&confusion), Err(Undefined::OneClass));
        assert_near("MCC", matthews(&confusion).unwrap(), 0.0);
        assert_eq!(by_class(&confusion)[0].precision, None);
        assert_eq!(by_class(&confusion)[1].specificity, None);
    }
}
