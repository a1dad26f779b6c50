//! The labelled rows of both periods, with their losses.

use std::borrow::Cow;

use crate::{
    autopsy::{Baseline, Dossier, Framing},
    model::{folds::thin, loss::LossKind},
    summary::{Plan, Table, Task},
};

/// Maximum rows of a period for the classifiers, evenly spread over it.
const MOST_ROWS: usize = 4000;

/// One period's judged rows.
#[derive(Debug, Clone)]
pub(in crate::autopsy::exam) struct Side<'a> {
    pub table: Cow<'a, Table>,
    /// Rows with a label and a prediction.
    pub rows: Vec<usize>,
    /// The loss of each of these rows.
    pub loss: Vec<f64>,
}

/// The rows that are compared.
#[derive(Debug, Clone)]
pub(in crate::autopsy::exam) struct LossSamples<'a> {
    pub plan: &'a Plan,
    pub kind: LossKind,
    pub before: Side<'a>,
    pub after: Side<'a>,
    pub baseline: Baseline,
}

impl<'a> LossSamples<'a> {
    pub(in crate::autopsy::exam) fn new(dossier: &'a Dossier, framing: &'a Framing) -> Self {
        let plan = &*dossier.plan;
        let production = &dossier.production.sample;
        let kind = LossKind::of(plan);
        let (baseline, table, rows) = match (framing.baseline, &dossier.golden) {
            (Baseline::ProductionBefore, _) => {
                (Baseline::ProductionBefore, Cow::Borrowed(production), framing.before.clone())
            }
            (Baseline::GoldenAtLaunch, Some(golden)) => {
                (Baseline::GoldenAtLaunch, Cow::Owned(at_launch(golden)), (0..golden.rows).collect())
            }
            _ => {
                let training = dossier.training_out_of_fold().unwrap_or(&dossier.training.sample);
                (Baseline::Training, Cow::Borrowed(training), (0..training.rows).collect())
            }
        };
        let before = Side::new(kind, table, &rows);
        let after = Side::new(kind, Cow::Borrowed(production), &framing.after);
        Self { plan, kind, before, after, baseline }
    }

    /// The name of the reference rows, for sentences: `before the onset`.
    pub(in crate::autopsy::exam) fn phrase(&self) -> &'static str {
        self.baseline.phrase()
    }
}

impl<'a> Side<'a> {
    fn new(kind: LossKind, table: Cow<'a, Table>, rows: &[usize]) -> Self {
        let judged = |&r: &usize| {
            let loss = kind.of_row(&table, r);
            loss.is_finite().then_some((r, loss))
        };
        let (rows, loss) = rows.iter().filter_map(judged).unzip();
        Self { table, rows, loss }
    }

    /// The same with a bounded number of rows.
    pub(in crate::autopsy::exam) fn thinned(&self) -> Self {
        let chosen = thin(&(0..self.rows.len()).collect::<Vec<_>>(), MOST_ROWS);
        Self {
            table: self.table.clone(),
            rows: chosen.iter().map(|&k| self.rows[k]).collect(),
            loss: chosen.iter().map(|&k| self.loss[k]).collect(),
        }
    }

    pub(in crate::autopsy::exam) fn labels(&self) -> Vec<f64> {
        self.rows.iter().map(|&r| self.table.label[r]).collect()
    }
}

/// The golden set with the predictions of the model at launch.
fn at_launch(golden: &Table) -> Table {
    Table {
        prediction: golden.launch_prediction.clone(),
        score: golden.launch_score.clone(),
        ..golden.clone()
    }
}

/// The residual of the prediction: score − label, value − label, or 1 for a wrong class.
pub(in crate::autopsy::exam) fn residual(plan: &Plan, table: &Table, row: usize) -> f64 {
    let label = table.label.get(row).copied().unwrap_or(f64::NAN);
    let at = |values: &[f64]| values.get(row).copied().unwrap_or(f64::NAN);
    match plan.task {
        Task::Regression => at(&table.prediction) - label,
        Task::Binary if plan.has_score => at(&table.score) - label,
        Task::Binary | Task::Multiclass => LossKind::Wrong.of_answer(label, at(&table.prediction)),
    }
}
