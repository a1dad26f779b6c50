//! The launch model, as a surrogate fitted to the predictions before the onset.

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::rescorer::{LEAST_FIDELITY, Rescorer},
        scoring::{self, Answers},
    },
    cached::cached,
    model::{
        binned::{Binning, NUMERIC_BINS},
        folds::thin,
        launch::LaunchModel,
        propensity::Propensity,
    },
    stats::{metric::Metric, moments, testing},
    summary::Table,
};

use super::{FEWEST_ROWS, Gap, message};

/// Minimum rows before the onset to fit the launch model to them rather than to training.
const ENOUGH_BEFORE: usize = 500;

/// Rows unaffected by the change count as predicted differently if the distance between logged prediction and
/// surrogate grows by this many standard deviations of the predictions …
const OTHER_ANSWERS: f64 = 0.03;

/// … and by so many standard errors.
const OTHER_ANSWERS_Z: f64 = 5.0;

/// Maximum rows per side to fit the density ratio to.
const COMPARED: usize = 2_000;

/// Minimum density ratio, before over after, for rows to count as known.
const AS_FREQUENT: f64 = 0.25;

/// The launch model, as a surrogate fitted to the predictions before the onset.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The surrogate.
    pub model: LaunchModel,
    from_training: bool,
}

cached!(struct Launch { model, from_training });

impl Launch {
    /// Fits it to the rows before the onset; to training where the log has none, or too few.
    #[must_use]
    pub fn learn(dossier: &Dossier, framing: &Framing) -> Option<Self> {
        let before = || Self::learn_from(dossier, &framing.before);
        if framing.before.len() >= ENOUGH_BEFORE
            && let Some(launch) = before()
        {
            return Some(launch);
        }
        let sample = &dossier.training.sample;
        LaunchModel::fit(&dossier.plan, sample, &(0..sample.rows).collect::<Vec<_>>())
            .map_or_else(|_| before(), |model| Some(Self { model, from_training: true }))
    }

    /// Fits it to some rows of the log, of which other evidence says that they were answered as usual.
    #[must_use]
    pub fn learn_from(dossier: &Dossier, rows: &[usize]) -> Option<Self> {
        let model = LaunchModel::fit(&dossier.plan, &dossier.production.sample, rows).ok()?;
        Some(Self { model, from_training: false })
    }

    /// Whether its fidelity to the logged predictions suffices for single rows.
    #[must_use]
    pub fn is_faithful(&self) -> bool {
        self.model.fidelity().value() >= LEAST_FIDELITY
    }

    /// The model's name for people: `a surrogate of the launch model (R² 0.98)`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("a surrogate of the launch model ({})", message(self.model.fidelity()))
    }

    /// The table that it was fitted to.
    pub(in crate::autopsy::exam) fn table<'a>(&self, dossier: &'a Dossier) -> &'a Table {
        if self.from_training { &dossier.training.sample } else { &dossier.production.sample }
    }

    /// Mean of its loss in excess of the logged predictions' loss on held-out rows, and the variance of that
    /// mean.
    #[must_use]
    pub fn gap(&self, dossier: &Dossier) -> Option<Gap> {
        // Training's predictions are in-sample; the golden set was not used for fitting.
        let golden = dossier.golden.as_ref().filter(|golden| self.from_training && golden.rows > 0);
        if let Some(golden) = golden {
            let launch = Answers::at_launch(&dossier.plan, golden);
            let rows = launch.judged_rows(&(0..golden.rows).collect::<Vec<_>>());
            if rows.len() >= FEWEST_ROWS {
                return self.gap_on(dossier, golden, &launch, &rows);
            }
        }
        let table = self.table(dossier);
        let logged = Answers::logged(&dossier.plan, table);
        let rows = logged.judged_rows(self.model.held_out());
        self.gap_on(dossier, table, &logged, &rows)
    }

    /// How much worse its answers do than the logged ones on held-out rows, by a metric.
    #[must_use]
    pub fn worsens(&self, dossier: &Dossier, metric: Metric) -> Option<f64> {
        let table = self.table(dossier);
        let logged = Answers::logged(&dossier.plan, table);
        let rows = logged.judged_rows(self.model.held_out());
        let answers = self.model.answers(table, &rows);
        let label: Vec<f64> = rows.iter().map(|&row| table.label[row]).collect();
        let own = Rescorer::answers(dossier, &label, &answers.prediction, &answers.score);
        let was = *scoring::values(&logged, &rows, &[metric]).first()?;
        let is = *scoring::values(&own, &(0..rows.len()).collect::<Vec<_>>(), &[metric]).first()?;
        Some(scoring::worsening(metric, was, is)).filter(|loss| loss.is_finite())
    }

    fn gap_on(&self, dossier: &Dossier, table: &Table, logged: &Answers<'_>, rows: &[usize]) -> Option<Gap> {
        if rows.len() < FEWEST_ROWS {
            return None;
        }
        let answers = self.model.answers(table, rows);
        let label: Vec<f64> = rows.iter().map(|&row| table.label[row]).collect();
        let own = Rescorer::answers(dossier, &label, &answers.prediction, &answers.score);
        let beyond: Vec<f64> =
            rows.iter().enumerate().map(|(at, &row)| own.loss(at) - logged.loss(row)).collect();
        Some(Gap {
            mean: moments::mean(&beyond).ok()?,
            variance: moments::variance(&beyond).ok()? / beyond.len() as f64,
        })
    }

    /// Distances between logged predictions and the surrogate's for rows of a table, on the scale on which it
    /// was fitted.
    fn distances(&self, table: &Table, rows: &[usize]) -> Vec<f64> {
        let answered = self.model.raw(table, rows);
        rows.iter()
            .zip(answered)
            .map(|(&row, answered)| (self.model.logged(table, row) - answered).abs())
            .filter(|distance| distance.is_finite())
            .collect()
    }

    /// Whether rows like those before the onset are predicted differently since: compares the residual of the
    /// logged predictions on rows of known kinds with that on held-out rows.
    ///
    /// Any surrogate is less exact on a population that moved. A larger residual therefore counts only if it
    /// remains when restricted to rows that were about as frequent before.
    #[must_use]
    pub fn is_answered_otherwise(&self, dossier: &Dossier, table: &Table, rows: &[usize]) -> bool {
        let inside: Vec<usize> =
            rows.iter().copied().filter(|&row| !self.model.is_outside(table, row)).collect();
        self.is_further_off(dossier, table, &inside)
            && self.is_further_off(dossier, table, &self.frequent_before(dossier, table, &inside))
    }

    /// Whether the logged predictions of some rows are further from the surrogate's than those of held-out rows.
    #[must_use]
    pub fn is_further_off(&self, dossier: &Dossier, table: &Table, rows: &[usize]) -> bool {
        if rows.len() < FEWEST_ROWS {
            return false;
        }
        let learnt = self.table(dossier);
        let calm = self.distances(learnt, self.model.held_out());
        let now = self.distances(table, rows);
        let logged: Vec<f64> = self
            .model
            .held_out()
            .iter()
            .map(|&row| self.model.logged(learnt, row))
            .filter(|answer| answer.is_finite())
            .collect();
        let spread = if self.model.fidelity().r2.is_some() { moments::deviation(&logged) } else { Ok(1.0) };
        let (Ok(welch), Ok(spread)) = (testing::welch(&calm, &now), spread) else {
            return false;
        };
        welch.difference > OTHER_ANSWERS * spread && welch.t() > OTHER_ANSWERS_Z
    }

    /// The rows whose estimated density among the held-out rows is at least [`AS_FREQUENT`] times their
    /// density here, by a cross-fitted density ratio.
    fn frequent_before(&self, dossier: &Dossier, table: &Table, rows: &[usize]) -> Vec<usize> {
        let plan = &dossier.plan;
        let calm = thin(self.model.held_out(), COMPARED);
        let now = thin(rows, COMPARED);
        let binning = Binning::fit(plan, self.table(dossier), &calm, NUMERIC_BINS);
        let data = binning.codes(self.table(dossier), &calm).chain(&binning.codes(table, &now));
        let is_now: Vec<bool> = (0..data.rows).map(|row| row >= calm.len()).collect();
        let Ok(propensity) = Propensity::fit(&data, &is_now, plan.seed) else {
            return Vec::new();
        };
        let apriori = now.len() as f64 / calm.len() as f64;
        now.iter()
            .zip(&propensity.probability[calm.len()..])
            .filter(|(_, p)| (1.0 - **p) / **p * apriori > AS_FREQUENT)
            .map(|(&row, _)| row)
            .collect()
    }
}
