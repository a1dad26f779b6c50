//! The two periods that are compared, as rows of tables with the answers that were given to them.

use crate::{
    autopsy::{Baseline, Dossier, Framing, scoring::Answers},
    summary::Table,
};

/// The rows of one period.
#[derive(Debug, Clone)]
pub struct Period<'a> {
    /// The rows' table.
    pub table: &'a Table,
    /// What was answered to them, and their labels.
    pub answers: Answers<'a>,
    /// Which rows of the table they are.
    pub rows: Vec<usize>,
}

/// The reference and the rows under suspicion.
#[derive(Debug, Clone)]
pub struct TwoPeriods<'a> {
    /// The reference.
    pub then: Period<'a>,
    /// The rows under suspicion.
    pub now: Period<'a>,
    /// What the first period is called at the head of a column.
    pub then_name: &'static str,
    /// And the second one.
    pub now_name: &'static str,
}

impl<'a> TwoPeriods<'a> {
    /// The periods that the investigation compares.
    pub fn of(dossier: &'a Dossier, framing: &Framing) -> Self {
        let (plan, production) = (&dossier.plan, &dossier.production.sample);
        let logged = Answers::logged(plan, production);
        let all = |table: &Table| (0..table.rows).collect::<Vec<_>>();
        let then = match (framing.baseline, &dossier.golden) {
            (Baseline::ProductionBefore, _) => {
                Period { table: production, answers: logged, rows: framing.before.clone() }
            }
            (Baseline::GoldenAtLaunch, Some(golden)) => {
                Period { table: golden, answers: Answers::at_launch(plan, golden), rows: all(golden) }
            }
            _ => {
                let training = &dossier.training.sample;
                Period { table: training, answers: Answers::logged(plan, training), rows: all(training) }
            }
        };
        Self {
            then,
            now: Period { table: production, answers: logged, rows: framing.after.clone() },
            then_name: match framing.baseline {
                Baseline::ProductionBefore => "before",
                Baseline::GoldenAtLaunch => "golden at launch",
                Baseline::Training => "training",
            },
            now_name: if framing.split().is_some() { "since the onset" } else { "production" },
        }
    }
}

impl Period<'_> {
    /// The rows that have label and answer.
    #[must_use]
    pub fn judged(&self) -> Vec<usize> {
        self.answers.judged_rows(&self.rows)
    }
}
