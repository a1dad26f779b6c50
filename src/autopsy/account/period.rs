//! The judged rows before the onset and since, with their logged losses.

use crate::{
    autopsy::{Baseline, Dossier, Framing, scoring::Answers},
    model::{folds::thin, loss::LossKind},
    summary::{Micros, Table},
};

use super::measured::{Measured, mean, variance_of_mean};

/// Rows of a period at most, evenly spread over it.
const MOST_ROWS: usize = 4_000;

/// Fewer judged rows than this on a side can't be distinguished.
const FEWEST_ROWS: usize = 150;

const DAY: Micros = 86_400_000_000;

/// One period's judged rows.
#[derive(Debug, Clone)]
pub(super) struct Period {
    /// The rows of the snapshot.
    pub(super) place: Vec<usize>,
    /// The rows as logged.
    pub(super) table: Table,
    /// The logged loss of each.
    pub(super) loss: Vec<f64>,
    /// The day of each; empty without a clock.
    pub(super) day: Vec<i64>,
}

/// Both periods.
#[derive(Debug, Clone)]
pub(super) struct Periods {
    pub(super) before: Period,
    pub(super) since: Period,
}

impl Periods {
    /// Takes the judged rows of both periods.
    ///
    /// # Errors
    ///
    /// Why there is nothing to hold the loss against, as a clause.
    pub(super) fn new(dossier: &Dossier, framing: &Framing) -> Result<Self, String> {
        if let Some(why) = dossier.without_rows(false, false) {
            return Err(why.to_owned());
        }
        let log = &dossier.production.sample;
        let before = match (framing.baseline, &dossier.golden) {
            (Baseline::ProductionBefore, _) => Period::of(dossier, log, &framing.before),
            (Baseline::GoldenAtLaunch, Some(golden)) => {
                let launch = Table {
                    prediction: golden.launch_prediction.clone(),
                    score: golden.launch_score.clone(),
                    ..golden.clone()
                };
                Period::of(dossier, &launch, &(0..golden.rows).collect::<Vec<_>>())
            }
            _ => {
                return Err("the log has no period before the onset, the case has no golden set, and the model does too well on training for that to serve as a baseline"
                    .to_owned());
            }
        };
        let since = Period::of(dossier, log, &framing.after);
        for (period, name) in [(&before, "before the onset"), (&since, "since the onset")] {
            if period.loss.len() < FEWEST_ROWS {
                return Err(format!("fewer than {FEWEST_ROWS} rows {name} have a label and an answer"));
            }
        }
        Ok(Self { before, since })
    }
}

impl Period {
    fn of(dossier: &Dossier, table: &Table, rows: &[usize]) -> Self {
        // Where scores are logged, a row without one has another kind of loss.
        let kind = LossKind::of(&dossier.plan);
        let judged: Vec<usize> =
            rows.iter().copied().filter(|&row| kind.of_row(table, row).is_finite()).collect();
        let place = thin(&judged, MOST_ROWS);
        let table = table.take(&place);
        let answers = Answers::logged(&dossier.plan, &table);
        Self {
            loss: (0..table.rows).map(|row| answers.loss(row)).collect(),
            day: table.time.iter().map(|at| at.div_euclid(DAY)).collect(),
            table,
            place,
        }
    }

    /// Rows that need no label and no answer; their losses are not known.
    pub(super) fn unjudged(dossier: &Dossier, rows: &[usize]) -> Self {
        let table = dossier.production.sample.take(rows);
        Self { loss: vec![f64::NAN; table.rows], day: Vec::new(), place: rows.to_vec(), table }
    }

    /// The rows' places.
    pub(super) fn rows(&self) -> Vec<usize> {
        (0..self.table.rows).collect()
    }

    /// The mean logged loss.
    pub(super) fn mean(&self) -> Measured {
        Measured { value: mean(&self.loss), error: variance_of_mean(&self.loss, &self.day).sqrt() }
    }
}
