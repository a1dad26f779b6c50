//! The served rows on which a repair is tried, with the model's loss on them.

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::yardstick::{Changed, Yardstick},
        scoring::Answers,
    },
    cached::cached,
    stats::{interval, metric::Metric},
    summary::Table,
    text::number,
};

/// Maximum number of rows that are predicted again.
const MOST_ROWS: usize = 5_000;

/// Minimum judged rows to measure a gain.
pub(crate) const LEAST_ROWS: usize = 150;

/// Minimum loss, in standard errors, for a gain to be given as a share of it.
const SURE: f64 = 3.0;

/// Maximum gap of a model, as a share of the loss, for the model to be used.
const MOST_GAP: f64 = 0.3;

/// Judged rows, and the deployed model's loss on them.
#[derive(Debug, Clone)]
pub(crate) struct RepairSample {
    /// The rows of the production sample.
    pub(crate) rows: Vec<usize>,
    /// The rows as served.
    pub(crate) served: Table,
    lost: Option<Lost>,
}

/// The deployed model's loss since the onset, as logged.
#[derive(Debug, Clone)]
struct Lost {
    /// The mean loss since the onset less the one before it.
    mean: f64,
    /// Its standard error.
    error: f64,
    /// The logged loss of every row of the sample.
    now: Vec<f64>,
}

/// The gain of a repair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepairGain {
    /// Mean logged loss less the mean loss after the repair, per row.
    pub mean: f64,
    /// Its standard error (paired).
    pub error: f64,
    /// The gain as a share of the loss since the onset; none where that loss is not significant.
    pub share: Option<f64>,
    /// The share's 95 % interval.
    pub interval: Option<(f64, f64)>,
}

cached!(struct RepairGain { mean, error, share, interval });

impl RepairGain {
    /// The gain in standard errors.
    #[must_use]
    pub fn z(&self) -> f64 {
        if self.error > 0.0 { self.mean / self.error } else { 0.0 }
    }
}

impl RepairSample {
    /// The judged rows under suspicion, evenly thinned.
    pub(crate) fn since_onset(dossier: &Dossier, framing: &Framing) -> Option<Self> {
        let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
        let rows = thinned(answers.judged_rows(&framing.after));
        Self::of(dossier, framing, rows)
    }

    /// The judged rows since the onset whose offline values are known, evenly thinned, with the offline
    /// values.
    pub(crate) fn joined(dossier: &Dossier, framing: &Framing) -> Option<(Self, Table)> {
        let offline = dossier.offline.as_ref()?;
        let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
        let &first = framing.after.first()?;
        let joined: Vec<(usize, usize)> = offline
            .production_row
            .iter()
            .enumerate()
            .filter(|&(_, &row)| row >= first && answers.judged(row))
            .map(|(at, &row)| (at, row))
            .collect();
        let (at, rows): (Vec<usize>, Vec<usize>) = thinned(joined).into_iter().unzip();
        let repair_sample = Self::of(dossier, framing, rows)?;
        Some((repair_sample, offline.table.take(&at)))
    }

    fn of(dossier: &Dossier, framing: &Framing, rows: Vec<usize>) -> Option<Self> {
        if rows.len() < LEAST_ROWS {
            return None;
        }
        let lost = lost(dossier, framing, &rows);
        Some(Self { served: dossier.production.sample.take(&rows), rows, lost })
    }

    /// The gain of repaired inputs in these rows, and the repaired rows.
    ///
    /// # Errors
    ///
    /// Why no gain can be measured, as a clause.
    pub(crate) fn mended(
        &self,
        dossier: &Dossier,
        yardstick: &Yardstick,
        mended: &Table,
        metric: Option<Metric>,
    ) -> Result<(RepairGain, Changed), String> {
        let changed = yardstick.mended(dossier, &self.served, mended, metric)?;
        Ok((self.measured(&changed)?, changed))
    }

    /// The gain of a change.
    ///
    /// # Errors
    ///
    /// If the gap of the model is too large a share of the loss, as a clause.
    pub(crate) fn measured(&self, changed: &Changed) -> Result<RepairGain, String> {
        let lost = self.lost.as_ref().filter(|lost| lost.mean > SURE * lost.error);
        if let Some(lost) = lost.filter(|lost| changed.gap.abs() > MOST_GAP * lost.mean) {
            return Err(format!(
                "the surrogate of the launch model is itself off by {} of the loss",
                number::share(changed.gap.abs() / lost.mean)
            ));
        }
        Ok(self.gain(&changed.before, &changed.after, changed.variance))
    }

    /// The gain between two losses of every row.
    ///
    /// * `further`: the model's contribution to the variance of the mean.
    pub(super) fn gain(&self, before: &[f64], after: &[f64], further: f64) -> RepairGain {
        let n = before.len() as f64;
        let gains: Vec<f64> = before.iter().zip(after).map(|(b, a)| b - a).collect();
        let mean = gains.iter().sum::<f64>() / n;
        let spread = gains.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n;
        let variance = spread + further;
        let lost = self.lost.as_ref().filter(|lost| lost.mean > SURE * lost.error);
        let interval = lost.and_then(|lost| {
            // Both means are over the same rows, so the errors of the numerator and the denominator are
            // correlated.
            let now = lost.now.iter().sum::<f64>() / n;
            let together: f64 = gains.iter().zip(&lost.now).map(|(g, l)| (g - mean) * (l - now)).sum();
            let covariance = together / (n - 1.0).max(1.0) / n;
            let (numerator, denominator) = ((mean, variance), (lost.mean, lost.error.powi(2)));
            interval::ratio(numerator, denominator, covariance, interval::Z_95).ok()
        });
        RepairGain { mean, error: variance.sqrt(), share: lost.map(|lost| mean / lost.mean), interval }
    }
}

fn thinned<T: Copy>(rows: Vec<T>) -> Vec<T> {
    let step = rows.len().div_ceil(MOST_ROWS).max(1);
    rows.into_iter().step_by(step).collect()
}

/// The mean logged loss of the rows less the one before the onset (else at launch), with its standard error.
fn lost(dossier: &Dossier, framing: &Framing, rows: &[usize]) -> Option<Lost> {
    let moments = |losses: &[f64]| {
        let n = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / n;
        (mean, losses.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n)
    };
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let now: Vec<f64> = rows.iter().map(|&r| answers.loss(r)).collect();
    let before = answers.judged_rows(&framing.before);
    let then: Vec<f64> = if before.len() >= LEAST_ROWS {
        before.iter().map(|&r| answers.loss(r)).collect()
    } else {
        let golden = dossier.golden.as_ref()?;
        let launch = Answers::at_launch(&dossier.plan, golden);
        let judged = launch.judged_rows(&(0..golden.rows).collect::<Vec<_>>());
        judged.iter().map(|&r| launch.loss(r)).collect()
    };
    if then.len() < LEAST_ROWS || now.len() < LEAST_ROWS {
        return None;
    }
    let ((was, v0), (is, v1)) = (moments(&then), moments(&now));
    Some(Lost { mean: is - was, error: (v0 + v1).sqrt(), now })
}
