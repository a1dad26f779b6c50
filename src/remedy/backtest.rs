//! The data of the backtest: the labelled rows, the folds of the rolling origin, and the learners' common table.

use crate::{
    autopsy::{Dossier, Investigation, scoring::Answers},
    model::{folds::thin, loss::LossKind, surrogate::threshold},
    summary::{Column, Kind, MISSING, Micros, Plan, Table, Task},
};

use super::result::Decision;

/// Folds of the rolling origin.
pub(super) const FOLDS: usize = 4;

/// Blocks of a fold.
pub(super) const BLOCKS: usize = 2;

/// Parts that the rows since the onset are cut into: the first ones are known to the first fold, each later one is
/// tested by a fold.
const PARTS: usize = FOLDS + 2;

/// Fewer labelled rows than this since the onset leave blocks too small to tell a gain.
pub(super) const FEWEST_ROWS: usize = 300;

/// Training rows that a learner is given at most.
const MOST_TRAINING: usize = 6_000;

/// What is known when a remedy is fitted, and the rows that it is judged on. Rows of the production sample, in the
/// order of time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fold {
    /// Labelled rows since the onset that are known.
    pub(super) since: Vec<usize>,
    /// All labelled rows that are known.
    pub(super) known: Vec<usize>,
    /// The rows that it is judged on.
    pub(super) test: Vec<usize>,
    /// When the tested rows begin; the place of the first one where the log has no clock.
    pub(super) now: Micros,
}

/// Answers to the tested rows of a fold; NaN where there is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct BacktestAnswers {
    /// Class or value.
    pub(super) prediction: Vec<f64>,
    /// Binary: the probability of the positive class; empty without scores.
    pub(super) score: Vec<f64>,
    /// What is compared with in place of the logged answers: prediction and score.
    pub(super) instead: Option<(Vec<f64>, Vec<f64>)>,
    /// What the model that answers loses a row by its own inaccuracy; it is taken off.
    pub(super) gap: f64,
}

/// The rows of a case, ready for learners and judges.
pub(super) struct BacktestData<'a> {
    pub(super) investigation: &'a Investigation,
    pub(super) dossier: &'a Dossier,
    pub(super) plan: &'a Plan,
    /// The production sample.
    pub(super) log: &'a Table,
    /// What the deployed model answered.
    pub(super) logged: Answers<'a>,
    /// Inputs and labels of the training rows, then of the production rows.
    pub(super) joint: Table,
    /// Labelled training rows, as rows of [`BacktestData::joint`].
    pub(super) training: Vec<usize>,
    /// The row of [`BacktestData::joint`] that the first production row is.
    pub(super) first: usize,
    /// Labelled and answered production rows.
    pub(super) judged: Vec<usize>,
    /// Those since the onset; all of them where there is none.
    pub(super) since: Vec<usize>,
    pub(super) kind: LossKind,
    /// Binary: the score above which the deployed model answers with the positive class.
    pub(super) threshold: f64,
    /// What decisions are judged by.
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
        // A cost of any wrong answer stands in for the kind of error that has none of its own.
        let alarm_and_miss = costs.false_positive.or(costs.error).zip(costs.false_negative.or(costs.error));
        let decision = match (plan.task, alarm_and_miss) {
            (Task::Regression, _) => None,
            (Task::Binary, Some((false_positive, false_negative))) => {
                Some(Decision::Cost { false_positive, false_negative })
            }
            _ => Some(Decision::F1),
        };
        Self {
            investigation,
            dossier,
            plan,
            log,
            logged,
            joint: joined(plan, training, log),
            training: thin(&labelled, MOST_TRAINING),
            first: training.rows,
            judged: logged.judged_rows(&(0..log.rows).collect::<Vec<_>>()),
            since: logged.judged_rows(&investigation.framing.after),
            kind: LossKind::of(plan),
            threshold: threshold(log, &(0..log.rows).collect::<Vec<_>>()),
            decision,
        }
    }

    /// The instant of a production row; its place where the log has no clock.
    pub(super) fn at(&self, row: usize) -> Micros {
        self.log.time.get(row).copied().unwrap_or(row as Micros)
    }

    /// Whether the log has a clock.
    pub(super) fn has_clock(&self) -> bool {
        self.log.time.len() == self.log.rows && self.log.rows > 0
    }

    /// The folds of the rolling origin; none where the labels since the onset are too few.
    pub(super) fn folds(&self) -> Vec<Fold> {
        let rows = self.since.len();
        if rows < FEWEST_ROWS {
            return Vec::new();
        }
        (PARTS - FOLDS..PARTS).map(|part| self.fold(rows * part / PARTS, rows * (part + 1) / PARTS)).collect()
    }

    /// The fold that tests the labelled rows `from..to` since the onset.
    pub(super) fn fold(&self, from: usize, to: usize) -> Fold {
        let first = self.since[from];
        Fold {
            since: self.since[..from].to_vec(),
            known: self.judged.iter().copied().filter(|&row| row < first).collect(),
            test: self.since[from..to].to_vec(),
            now: self.at(first),
        }
    }

    /// The fold of which all that is labelled is known, judged on other rows.
    pub(super) fn fold_until_now(&self, test: Vec<usize>) -> Fold {
        Fold {
            since: self.since.clone(),
            known: self.judged.clone(),
            now: test.first().map_or(0, |&row| self.at(row)),
            test,
        }
    }

    /// Labels of rows of [`BacktestData::joint`].
    pub(super) fn labels(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|&row| self.joint.label[row]).collect()
    }

    /// As many of the rows as a learner is given at most, spread over all of them.
    pub(super) fn for_learners(&self, rows: &[usize]) -> Vec<usize> {
        let most = match self.plan.task {
            Task::Binary | Task::Regression => 9_000,
            // One tree a class and round.
            Task::Multiclass => 4_000,
        };
        thin(rows, most)
    }

    /// Probabilities, classes or values as a model's answers: a probability decides by the deployed threshold.
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

/// Inputs and labels of two tables, one below the other. A column that one of them lacks is missing there.
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
