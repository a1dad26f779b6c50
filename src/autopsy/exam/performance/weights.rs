//! Metrics of rows that stand for different numbers of rows.

use crate::{
    autopsy::{
        Dossier, Framing, OnsetKind,
        scoring::{Answers, Scored},
        weighted_scoring,
    },
    stats::{Undefined, metric::Metric},
    summary::Table,
};

/// Every metric of the task.
type Metrics = Vec<(Metric, Result<Scored, Undefined>)>;

/// The weighted metrics of production before and since the onset.
pub(super) struct WeightedPeriods {
    pub(super) before: Metrics,
    pub(super) after: Metrics,
}

/// Those of production; none where its rows have no weights.
pub(super) fn periods(dossier: &Dossier, framing: &Framing) -> Option<WeightedPeriods> {
    let table = dossier.production.weighted.as_deref()?;
    let onset = framing.onset.filter(|onset| onset.kind != OnsetKind::FromStart && !table.time.is_empty());
    let rows =
        |keep: &dyn Fn(usize) -> bool| (0..table.rows).filter(|&row| keep(row)).collect::<Vec<usize>>();
    let (before, after) = match onset {
        Some(onset) => (
            rows(&|row| table.time[row] < onset.at),
            rows(&|row| table.time[row] >= onset.complete.max(onset.at)),
        ),
        None => (Vec::new(), rows(&|_| true)),
    };
    Some(WeightedPeriods { before: of(dossier, table, &before), after: of(dossier, table, &after) })
}

/// Those of training; none where its rows have no weights.
pub(super) fn training(dossier: &Dossier) -> Option<Metrics> {
    let table = dossier.training.weighted.as_deref()?;
    Some(of(dossier, table, &(0..table.rows).collect::<Vec<usize>>()))
}

fn of(dossier: &Dossier, table: &Table, rows: &[usize]) -> Metrics {
    weighted_scoring::score_weighted(&Answers::logged(&dossier.plan, table), &table.weight, rows)
}
