//! The parts of the headline metric's loss that arose in the answers and in the inputs.
//!
//! Lines decompose a mean over rows. A ranking has none, and an answer that is far off costs log loss without end but one place in
//! a ranking. So the headline metric is computed of the answers as logged, after the step of the answers, and after that of the
//! inputs; the differences are those steps' parts, less what the substitute for the launch model itself costs.

use crate::{
    autopsy::{
        Dossier,
        exam::yardstick::Launch,
        scoring::{self, Answers},
    },
    cached::cached,
    stats::metric::Metric,
    summary::Table,
};

use super::{known::Known, line::LineParts, period::Periods};

/// The parts of the headline metric's loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadlineParts {
    /// The part of the answers.
    pub answers: f64,
    /// The part of the altered inputs.
    pub inputs: f64,
}

cached!(struct HeadlineParts { answers, inputs });

/// The headline metric's loss since the onset.
pub(super) struct Headline<'a> {
    dossier: &'a Dossier,
    metric: Metric,
    /// Its value before the onset.
    before: f64,
    /// Its loss as logged.
    lost: f64,
    /// The loss that the substitute for the launch model adds where it answers every row.
    gap: f64,
}

impl<'a> Headline<'a> {
    /// None where the headline metric does no worse, or is not defined on these rows.
    pub(super) fn new(known: &Known<'a>, launch: &Launch, periods: &Periods) -> Option<Self> {
        let dossier = known.dossier;
        let metric = known.headline?;
        let before = value(dossier, metric, &periods.before.table)?;
        let lost = scoring::worsening(metric, before, value(dossier, metric, &periods.since.table)?);
        let gap = launch.worsens(dossier, metric).unwrap_or(0.0);
        (lost > 0.0).then_some(Self { dossier, metric, before, lost, gap })
    }

    /// The share of the headline loss that is left after the steps so far.
    pub(super) fn left(&self, parts: &LineParts<'_>) -> Option<f64> {
        let answered =
            parts.gap.iter().filter(|gap| **gap != 0.0).count() as f64 / parts.gap.len().max(1) as f64;
        Some((self.loss(&parts.table)? - answered * self.gap) / self.lost)
    }

    /// The headline metric's loss on some rows.
    pub(super) fn loss(&self, table: &Table) -> Option<f64> {
        Some(scoring::worsening(self.metric, self.before, value(self.dossier, self.metric, table)?))
    }
}

/// A metric of the answers of a table to its labelled rows.
pub(super) fn value(dossier: &Dossier, metric: Metric, table: &Table) -> Option<f64> {
    let answers = Answers::logged(&dossier.plan, table);
    let judged = answers.judged_rows(&(0..table.rows).collect::<Vec<_>>());
    scoring::values(&answers, &judged, &[metric]).first().copied().filter(|value| value.is_finite())
}
