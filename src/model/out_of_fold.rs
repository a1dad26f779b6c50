//! Training rows with answers of learners that did not see them.
//!
//! A model's own answers to the rows that it learnt from are too good: held against them, every healthy model got worse.
//! Learners of the same labels that each leave a fold out answer its rows as a model answers new ones.

use super::{
    binned::Binned,
    folds::{Groups, thin},
    learner::{Family, RowReader, cross_answers},
    loss::LossKind,
};
use crate::summary::{Plan, Table};

/// Learners that share the rows; each learns from four fifths of them.
const FOLDS: usize = 5;

/// More rows than this make it slower, not better.
const MOST_ROWS: usize = 6000;

/// Fewer labelled rows than this teach nothing.
const FEWEST_ROWS: usize = 300;

/// The labelled training rows, at most [`MOST_ROWS`] of them, with out-of-fold answers in place of the logged ones; none
/// where too few have a label or nothing could be learnt.
#[must_use]
pub fn out_of_fold(plan: &Plan, training: &Table) -> Option<Table> {
    let kind = LossKind::of(plan);
    let labelled: Vec<usize> =
        (0..training.label.len()).filter(|&row| training.label[row].is_finite()).collect();
    if labelled.len() < FEWEST_ROWS {
        return None;
    }
    let rows = thin(&labelled, MOST_ROWS);
    let label: Vec<f64> = rows.iter().map(|&row| training.label[row]).collect();
    let folds = Groups::find(&Binned::new(plan, training, &rows)).folds(FOLDS, plan.seed);
    let data = RowReader::fit(Family::Boosted, plan, training, &rows).read(training, &rows);
    let answers = cross_answers(plan, &data, &label, kind, &folds, FOLDS);
    if !answers.iter().any(|answer| answer.is_finite()) {
        return None;
    }
    let mut table = training.take(&rows);
    if kind == LossKind::Log {
        table.prediction = answers
            .iter()
            .map(|&p| if p.is_finite() { f64::from(u8::from(p > 0.5)) } else { f64::NAN })
            .collect();
        table.score = answers;
    } else {
        table.prediction = answers;
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::planted;

    #[test]
    fn answers_are_as_good_as_on_new_rows_and_worse_than_in_sample() {
        let data = planted(3000, 61);
        let table = out_of_fold(&data.plan, &data.table).unwrap();
        let kind = LossKind::of(&data.plan);
        let mean = |table: &Table| {
            (0..table.rows).map(|row| kind.of_row(table, row)).sum::<f64>() / table.rows as f64
        };
        assert_eq!(table.rows, 3000);
        // The planted score is the true probability: nothing learnt from the labels does better on rows it has not seen.
        let (learnt, known) = (mean(&table), mean(&data.table));
        assert!(learnt > known && learnt < known + 0.1, "{learnt} against {known}");
    }

    #[test]
    fn too_few_labels_teach_nothing() {
        let data = planted(200, 62);
        assert!(out_of_fold(&data.plan, &data.table).is_none());
    }
}
