//! Backtest data: the labelled rows, the rolling-origin folds, and the table shared by all learners.

use std::ops::Range;

use crate::{
    autopsy::{Dossier, Investigation, scoring::Answers},
    model::{folds::thin, loss::LossKind, surrogate::threshold},
    summary::{Column, Kind, MISSING, Micros, Plan, Table, Task},
};

use super::result::Decision;

/// Rolling-origin folds.
pub(super) const FOLDS: usize = 4;

/// Blocks per fold.
pub(super) const BLOCKS: usize = 2;

/// Parts that the rows since the onset are split into. The first fold knows the first parts; each later part
/// is the test set of one fold.
const PARTS: usize = FOLDS + 2;

/// With fewer labelled rows than this since the onset, blocks are too small to detect a gain.
pub(super) const FEWEST_ROWS: usize = 300;

/// Maximum number of training rows per learner.
const MOST_TRAINING: usize = 6_000;

/// What is known when a remedy is fitted, and the rows it is tested on. All are rows of the production
/// sample, ordered by time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fold {
    /// Known labelled rows since the onset.
    pub(super) since: Vec<usize>,
    /// All known labelled rows.
    pub(super) known: Vec<usize>,
    /// Test rows.
    pub(super) test: Vec<usize>,
    /// Time of the first test row; its row index if the log has no timestamps.
    pub(super) now: Micros,
}

/// Predictions for the test rows of a fold; NaN where there is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct BacktestAnswers {
    /// Class or value.
    pub(super) prediction: Vec<f64>,
    /// Binary: the probability of the positive class; empty without scores.
    pub(super) score: Vec<f64>,
    /// Predictions and scores to compare with instead of the logged ones.
    pub(super) instead: Option<(Vec<f64>, Vec<f64>)>,
    /// Loss per row due to the inaccuracy of the model that makes these predictions (a surrogate); it is
    /// subtracted.
    pub(super) gap: f64,
}

/// The rows of a case, prepared for fitting and evaluation.
pub(super) struct BacktestData<'a> {
    pub(super) investigation: &'a Investigation,
    pub(super) dossier: &'a Dossier,
    pub(super) plan: &'a Plan,
    /// The production sample.
    pub(super) log: &'a Table,
    /// The deployed model's predictions.
    pub(super) logged: Answers<'a>,
    /// Inputs and labels: the training rows, followed by the production rows.
    pub(super) joint: Table,
    /// Labelled training rows, as rows of [`BacktestData::joint`].
    pub(super) training: Vec<usize>,
    /// Index of the first production row in [`BacktestData::joint`].
    pub(super) first: usize,
    /// Production rows with a label and a prediction.
    pub(super) judged: Vec<usize>,
    /// Those of them since the onset; all of them if there is none.
    pub(super) since: Vec<usize>,
    /// Production rows that only people have labelled. They are learnt from; nothing is tested on them, since people were
    /// shown the doubtful ones.
    pub(super) reviewed: Vec<usize>,
    pub(super) kind: LossKind,
    /// Binary: the score above which the deployed model predicts the positive class.
    pub(super) threshold: f64,
    /// How decisions are evaluated.
    pub(super) decision: Option<Decision>,
}

impl<'a> BacktestData<'a> {
    pub(super) fn new(investigation: &'a Investigation) -> Self {
        let dossier: &Dossier = &investigation.dossier;
        let plan: &Plan = &dossier.plan;
        let log = &dossier.production.sample;
        let logged = Answers::logged(plan, log);
        let training = &dossier.training.sample;
        let labelled: Vec<usize> =
            (0..training.label.len()).filter(|&row| training.label[row].is_finite()).collect();
        let costs = &dossier.costs;
        // A cost for any wrong answer is used for each kind of error that has no cost of its own.
        let alarm_and_miss = costs.false_positive.or(costs.error).zip(costs.false_negative.or(costs.error));
        let decision = match (plan.task, alarm_and_miss) {
            (Task::Regression, _) => None,
            (Task::Binary, Some((false_positive, false_negative))) => {
                Some(Decision::Cost { false_positive, false_negative })
            }
            _ => Some(Decision::F1),
        };
        let by_people = dossier.labelled_by_people();
        let mut joint = joined(plan, training, log);
        for &(row, label) in &by_people {
            joint.label[training.rows + row] = label;
        }
        Self {
            investigation,
            dossier,
            plan,
            log,
            logged,
            joint,
            reviewed: by_people.into_iter().map(|(row, _)| row).collect(),
            training: thin(&labelled, MOST_TRAINING),
            first: training.rows,
            judged: logged.judged_rows(&(0..log.rows).collect::<Vec<_>>()),
            since: logged.judged_rows(&investigation.framing.after),
            kind: LossKind::of(plan),
            threshold: threshold(log, &(0..log.rows).collect::<Vec<_>>()),
            decision,
        }
    }

    /// Returns the time of a production row; its row index if the log has no timestamps.
    pub(super) fn at(&self, row: usize) -> Micros {
        self.log.time.get(row).copied().unwrap_or(row as Micros)
    }

    /// Adds the rows that only people have labelled to the rows that a learner knows.
    ///
    /// * `span`: requests outside of it are left out, as those that the learner is tested on.
    pub(super) fn with_reviewed(&self, rows: &[usize], span: Range<Micros>) -> Vec<usize> {
        let is_known = |row: &usize| span.contains(&self.at(*row));
        let mut rows = [rows.to_vec(), self.reviewed.iter().copied().filter(is_known).collect()].concat();
        rows.sort_unstable();
        rows
    }

    /// Whether the log has timestamps.
    pub(super) fn has_clock(&self) -> bool {
        self.log.time.len() == self.log.rows && self.log.rows > 0
    }

    /// Returns the rolling-origin folds; none if too few rows since the onset are labelled.
    pub(super) fn folds(&self) -> Vec<Fold> {
        let rows = self.since.len();
        if rows < FEWEST_ROWS {
            return Vec::new();
        }
        (PARTS - FOLDS..PARTS).map(|part| self.fold(rows * part / PARTS, rows * (part + 1) / PARTS)).collect()
    }

    /// Returns the fold that tests the labelled rows `from..to` since the onset.
    pub(super) fn fold(&self, from: usize, to: usize) -> Fold {
        let first = self.since[from];
        Fold {
            since: self.since[..from].to_vec(),
            known: self.judged.iter().copied().filter(|&row| row < first).collect(),
            test: self.since[from..to].to_vec(),
            now: self.at(first),
        }
    }

    /// Returns the fold that knows all labelled rows and is tested on other rows.
    pub(super) fn fold_until_now(&self, test: Vec<usize>) -> Fold {
        Fold {
            since: self.since.clone(),
            known: self.judged.clone(),
            now: test.first().map_or(0, |&row| self.at(row)),
            test,
        }
    }

    /// Returns the labels of rows of [`BacktestData::joint`].
    pub(super) fn labels(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|&row| self.joint.label[row]).collect()
    }

    /// Returns an evenly spread subset of the rows, no larger than a learner may use.
    pub(super) fn for_learners(&self, rows: &[usize]) -> Vec<usize> {
        let most = match self.plan.task {
            Task::Binary | Task::Regression => 9_000,
            // One tree per class and round.
            Task::Multiclass => 4_000,
        };
        thin(rows, most)
    }

    /// Converts probabilities, classes or values to predictions; probabilities are cut at the deployed
    /// threshold.
    pub(super) fn answered(&self, values: Vec<f64>) -> BacktestAnswers {
        if self.kind == LossKind::Log {
            BacktestAnswers {
                prediction: values.iter().map(|&p| f64::from(u8::from(p > self.threshold))).collect(),
                score: values,
                ..BacktestAnswers::default()
            }
        } else {
            BacktestAnswers { prediction: values, ..BacktestAnswers::default() }
        }
    }
}

/// Stacks the inputs and labels of two tables. A column that one of them lacks is missing in its rows.
fn joined(plan: &Plan, above: &Table, below: &Table) -> Table {
    let label = |table: &Table| {
        if table.label.is_empty() { vec![f64::NAN; table.rows] } else { table.label.clone() }
    };
    let features = plan
        .features
        .iter()
        .enumerate()
        .map(|(j, feature)| {
            let column = |table: &'_ Table| table.features.get(j).cloned().unwrap_or(Column::Absent);
            let (top, bottom) = (column(above), column(below));
            match feature.kind {
                Kind::Numeric => {
                    let numbers = |column: &Column, rows: usize| {
                        column.numbers().map_or_else(|| vec![f64::NAN; rows], <[f64]>::to_vec)
                    };
                    Column::Numeric {
                        values: [numbers(&top, above.rows), numbers(&bottom, below.rows)].concat(),
                        unreadable: Vec::new(),
                        examples: Vec::new(),
                    }
                }
                Kind::Categorical => {
                    let codes = |column: &Column, rows: usize| {
                        column.codes().map_or_else(|| vec![MISSING; rows], <[u32]>::to_vec)
                    };
                    Column::Categorical([codes(&top, above.rows), codes(&bottom, below.rows)].concat())
                }
                // No learner of this crate reads embeddings.
                Kind::Embedding => Column::Absent,
            }
        })
        .collect();
    Table {
        rows: above.rows + below.rows,
        population: (above.rows + below.rows) as u64,
        label: [label(above), label(below)].concat(),
        features,
        ..Table::default()
    }
}
