//! The losses of the two models by row, and the gain within a group of rows.

use super::result::{Gained, Measure};
use crate::{
    autopsy::{Investigation, scoring::Answers},
    stats::{
        metric::Metric,
        sequential::{Batch, Look, looks, looks_of_arms},
    },
    summary::{Micros, Task},
};

/// Significance level of every test in this module.
pub(super) const ALPHA: f64 = 0.05;

/// Power for which the required number of rows is computed.
pub(super) const POWER: f64 = 0.8;

/// Minimum number of labelled rows with both predictions.
pub const FEWEST_ROWS: usize = 100;

pub(super) const DAY: Micros = 86_400_000_000;

/// Sums over one group of rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    incumbent: Batch,
    candidate: Batch,
    /// The paired gains; empty for A/B.
    gain: Batch,
}

/// The measured rows of both models.
pub(super) struct Sides {
    /// Whether lower is better.
    pub(super) less: bool,
    /// Row of the sample, the incumbent's measure, the candidate's measure; one of the two is NaN for A/B.
    pub(super) rows: Vec<(usize, f64, f64)>,
}

impl Sides {
    /// Returns the same restricted to some rows.
    pub(super) fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        Self { less: self.less, rows: self.rows.iter().copied().filter(|(row, ..)| keep(*row)).collect() }
    }

    fn sign(&self) -> f64 {
        if self.less { 1.0 } else { -1.0 }
    }

    /// Sums the rows by group.
    pub(super) fn sums(&self, groups: usize, of: impl Fn(usize) -> Option<usize>) -> Vec<Sum> {
        let mut sums = vec![Sum::default(); groups];
        for &(row, incumbent, candidate) in &self.rows {
            let Some(sum) = of(row).and_then(|group| sums.get_mut(group)) else {
                continue;
            };
            if incumbent.is_finite() {
                sum.incumbent.add(incumbent);
            }
            if candidate.is_finite() {
                sum.candidate.add(candidate);
            }
            let gain = self.sign() * (incumbent - candidate);
            if gain.is_finite() {
                sum.gain.add(gain);
            }
        }
        sums
    }

    /// Returns the gain of a group; `None` with fewer than `least` rows on a side.
    pub(super) fn gained(&self, sum: &Sum, least: u64) -> Option<Gained> {
        let (a, b) = (sum.incumbent, sum.candidate);
        if a.rows < least.max(2) || b.rows < least.max(2) {
            return None;
        }
        let error = if sum.gain.rows > 0 {
            sum.gain.variance()? / sum.gain.rows as f64
        } else {
            a.variance()? / a.rows as f64 + b.variance()? / b.rows as f64
        };
        Some(Gained {
            rows: (a.rows, b.rows),
            incumbent: a.mean,
            candidate: b.mean,
            gain: self.sign() * (a.mean - b.mean),
            error: error.sqrt(),
        })
    }

    /// Returns the gain over all rows.
    pub(super) fn overall(&self, least: u64) -> Option<Gained> {
        self.gained(self.sums(1, |_| Some(0)).first()?, least)
    }

    /// Returns the standard deviation of one row's gain: paired, or as implied by two arms of these sizes.
    pub(super) fn deviation(&self) -> Option<f64> {
        let sums = self.sums(1, |_| Some(0));
        let sum = sums.first()?;
        if sum.gain.rows > 1 {
            return sum.gain.variance().map(f64::sqrt);
        }
        let (a, b) = (sum.incumbent, sum.candidate);
        let share = b.rows as f64 / (a.rows + b.rows).max(1) as f64;
        Some((a.variance()? / (1.0 - share) + b.variance()? / share).sqrt())
    }

    /// Returns the confidence sequence by day: the days, the rows of each, and the looks.
    pub(super) fn days(&self, time: &[Micros], alpha: f64) -> Vec<(Micros, u64, Look)> {
        let day_of = |row: usize| time.get(row).map_or(0, |at| at.div_euclid(DAY));
        let mut days: Vec<Micros> = self.rows.iter().map(|(row, ..)| day_of(*row)).collect();
        days.sort_unstable();
        days.dedup();
        let sums = self.sums(days.len(), |row| days.binary_search(&day_of(row)).ok());
        let paired = sums.iter().any(|sum| sum.gain.rows > 0);
        let looks = if paired {
            let gains: Vec<Batch> = sums.iter().map(|sum| sum.gain).collect();
            looks(&gains, alpha)
        } else {
            let arms: Vec<(Batch, Batch)> = sums.iter().map(|sum| (sum.incumbent, sum.candidate)).collect();
            looks_of_arms(&arms, alpha)
        };
        let sign = if paired { 1.0 } else { -self.sign() };
        let turned = |look: Look| Look {
            mean: sign * look.mean,
            interval: look.interval.map(|(low, high)| if sign < 0.0 { (-high, -low) } else { (low, high) }),
            ..look
        };
        let rows = |sum: &Sum| {
            if paired { sum.gain.rows } else { sum.incumbent.rows + sum.candidate.rows }
        };
        days.iter()
            .zip(&sums)
            .zip(looks.unwrap_or_default())
            .map(|((day, sum), look)| (day * DAY, rows(sum), turned(look)))
            .collect()
    }
}

/// Returns the measure of one prediction; NaN if there is none.
pub(super) fn of_row(measure: &Measure, answers: &Answers<'_>, row: usize) -> f64 {
    if !answers.judged(row) {
        return f64::NAN;
    }
    let score = answers.score_of(row);
    let label = answers.label[row];
    match measure {
        Measure::LogLoss if score.is_none() => f64::NAN,
        Measure::LogLoss => answers.loss(row),
        Measure::Brier => score.map_or(f64::NAN, |score| (score - label).powi(2)),
        Measure::Wrong | Measure::Absolute => answers.wrong(row),
        Measure::Squared => (answers.prediction[row] - label).powi(2),
        Measure::Success(_) => f64::NAN,
    }
}

/// Returns the difference that matters: the contract's, or else the loss that would trigger the alert.
pub(super) fn difference(investigation: &Investigation, stated: Option<f64>, incumbent: f64) -> (f64, bool) {
    match stated {
        Some(difference) => (difference, true),
        None => {
            let drop = investigation.dossier.thresholds.performance_drop;
            ((drop * incumbent.abs()).max(f64::MIN_POSITIVE), false)
        }
    }
}

/// Returns the measure of a row: the headline metric if it is a mean over rows, else the loss of the task.
pub(super) fn measure(investigation: &Investigation, scored: bool) -> Measure {
    match (investigation.performance.headline, investigation.dossier.task()) {
        (Metric::Rmse | Metric::R2, Task::Regression) => Measure::Squared,
        (_, Task::Regression) => Measure::Absolute,
        (Metric::Accuracy, _) => Measure::Wrong,
        (Metric::Brier | Metric::Ece, Task::Binary) if scored => Measure::Brier,
        (_, Task::Binary) if scored => Measure::LogLoss,
        _ => Measure::Wrong,
    }
}
