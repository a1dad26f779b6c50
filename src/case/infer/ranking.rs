//! How well a column of numbers ranks the classes of another one.

use crate::{case::ColumnPeek, stats::metric::roc_auc};

/// Rows of each class from which on a column that ranks them does so by no chance.
pub(super) const FEWEST: usize = 20;

/// ROC AUC of a column against the classes of another one, row by row; none where one of the two sides has fewer than `fewest`
/// rows.
///
/// * `is_positive`: whether a class is the positive one; none leaves its rows out.
pub(super) fn auc_against(
    column: &ColumnPeek,
    classes: &ColumnPeek,
    fewest: usize,
    is_positive: impl Fn(&str) -> Option<bool>,
) -> Option<f64> {
    let rows = column.numbers().into_iter().zip(&classes.values).filter(|(x, _)| x.is_finite());
    let (numbers, positives): (Vec<f64>, Vec<bool>) =
        rows.filter_map(|(x, class)| Some((x, is_positive(class.as_deref()?)?))).unzip();
    let of_positive = positives.iter().filter(|positive| **positive).count();
    if of_positive.min(positives.len() - of_positive) < fewest {
        return None;
    }
    roc_auc(&numbers, &positives).ok()
}
