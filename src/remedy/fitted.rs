//! Monitors fitted on one incident: thresholds that separate the windows before the onset from those of the
//! fault.

use crate::{
    autopsy::{Investigation, Onset, OnsetKind, scoring},
    stats::metric::Metric,
    summary::{Grid, Micros},
    text::number,
};

/// Days per month.
const MONTH: f64 = 30.0;
const DAY: f64 = 86_400e6;

/// Maximum number of features at fault with a monitor of their own.
const FEATURES: usize = 5;

/// With fewer reference windows than this, the normal range of a series is unknown.
const FEWEST_REFERENCE: usize = 3;

/// Position of a threshold between the highest reference window (0) and the lower quartile of the incident
/// (1).
const BETWEEN: f64 = 0.5;

/// The series that a monitor watches, one value per window; higher is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Watched {
    /// The loss in the headline metric relative to its baseline.
    Performance,
    /// PSI of the predictions.
    Answers,
    /// PSI of one input.
    Psi {
        /// The input's index in the plan.
        feature: usize,
    },
    /// The largest PSI of all inputs.
    Inputs,
    /// Share of missing values of one input.
    Missing {
        /// The input's index in the plan.
        feature: usize,
    },
}

/// An alert rule with a threshold fitted on the incident.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Monitor {
    /// What it watches.
    pub watched: Watched,
    /// It fires above this value.
    pub threshold: f64,
    /// The value by window; missing if the window can't be measured.
    pub values: Vec<Option<f64>>,
    /// When it would first have fired for the incident.
    pub first: Option<Micros>,
    /// Windows before the onset in which it fires.
    #[serde(rename = "early")]
    pub false_alarms: usize,
    /// Windows before the onset with a value.
    #[serde(rename = "quiet")]
    pub reference_windows: usize,
    /// False alarms per month: the observed rate before the onset, and the upper end of its 95 % interval.
    pub a_month: (f64, f64),
}

impl Monitor {
    /// Describes the rule.
    #[must_use]
    pub fn message(&self, investigation: &Investigation) -> String {
        let threshold = number::value(self.threshold);
        let name = |feature: usize| investigation.dossier.feature_name(feature);
        match self.watched {
            Watched::Performance => format!(
                "relative loss of {} above {}",
                investigation.performance.headline.name(),
                number::share(self.threshold)
            ),
            Watched::Answers => format!("PSI of the answers above {threshold}"),
            Watched::Psi { feature } => format!("PSI of {} above {threshold}", name(feature)),
            Watched::Inputs => format!("PSI of any input above {threshold}"),
            Watched::Missing { feature } => {
                format!("missing values of {} above {}", name(feature), number::share(self.threshold))
            }
        }
    }
}

/// Fits the monitors of an incident: for the metric, the predictions, and the features at fault.
///
/// Empty if nothing began inside the log. A series that does not distinguish the incident from the time
/// before it gets no monitor.
///
/// * `features`: the features at fault.
#[must_use]
pub fn monitors(investigation: &Investigation, features: &[usize]) -> Vec<Monitor> {
    let Some(onset) = investigation.framing.onset.filter(|onset| onset.kind != OnsetKind::FromStart) else {
        return Vec::new();
    };
    let mut watched = vec![Watched::Performance, Watched::Answers];
    for &feature in features.iter().take(FEATURES) {
        watched.extend([Watched::Psi { feature }, Watched::Missing { feature }]);
    }
    watched.into_iter().filter_map(|watched| fit(investigation, onset, watched)).collect()
}

/// Fits the thresholds of `coroner.toml`; returns their keys with the monitors they were fitted as.
///
/// Empty if nothing began inside the log, or if no series distinguishes the incident from the time before it.
#[must_use]
pub fn thresholds(investigation: &Investigation) -> Vec<(&'static str, Monitor)> {
    let inside = investigation.framing.onset.filter(|onset| onset.kind != OnsetKind::FromStart);
    let Some(onset) = inside else {
        return Vec::new();
    };
    [("performance_drop", Watched::Performance), ("psi_alarm", Watched::Inputs)]
        .into_iter()
        .filter_map(|(key, watched)| Some((key, fit(investigation, onset, watched)?)))
        .filter(|(_, monitor)| monitor.threshold > 0.0)
        .collect()
}

/// Returns the grid of windows and the value of each.
fn series(investigation: &Investigation, watched: Watched) -> Option<(Grid, Vec<Option<f64>>)> {
    let drift = &investigation.drift;
    match watched {
        Watched::Performance => {
            let row = investigation.performance.headline_row()?;
            let baseline = row.baseline.filter(|baseline| baseline.value != 0.0)?.value;
            let course = investigation.performance.course(row.metric)?;
            let loss = |value: f64| relative_loss(row.metric, baseline, value);
            let values = course.points.iter().map(|p| p.estimate.map(|e| loss(e.value)));
            Some((investigation.performance.grid?, values.collect()))
        }
        Watched::Answers => Some((drift.grid?, drift.answers.psi.clone())),
        Watched::Psi { feature } => Some((drift.grid?, drift.features.get(feature)?.psi.clone())),
        Watched::Inputs => {
            let grid = drift.grid?;
            let largest = |window: usize| {
                let known = drift.features.iter().filter_map(|line| line.psi.get(window).copied().flatten());
                known.reduce(f64::max)
            };
            Some((grid, (0..grid.windows).map(largest).collect()))
        }
        Watched::Missing { feature } => Some((drift.grid?, drift.features.get(feature)?.missing.clone())),
    }
}

/// Returns how much worse a value is than its baseline, relative to the baseline.
#[must_use]
pub fn relative_loss(metric: Metric, baseline: f64, value: f64) -> f64 {
    scoring::worsening(metric, baseline, value) / baseline.abs()
}

fn fit(investigation: &Investigation, onset: Onset, watched: Watched) -> Option<Monitor> {
    let (grid, values) = series(investigation, watched)?;
    let known = |keep: &dyn Fn(usize) -> bool| -> Vec<f64> {
        let mut kept: Vec<f64> = values
            .iter()
            .enumerate()
            .filter(|(window, _)| keep(*window))
            .filter_map(|(_, value)| value.filter(|x| x.is_finite()))
            .collect();
        kept.sort_unstable_by(f64::total_cmp);
        kept
    };
    let before = |window: usize| grid.span(window).to <= onset.at;
    let since = |window: usize| grid.span(window).from >= onset.complete.max(onset.at);
    let (clean, fault) = (known(&before), known(&since));
    if clean.len() < FEWEST_REFERENCE {
        return None;
    }
    let (highest, lowest) = (*clean.last()?, *fault.get(fault.len() / 4)?);
    let threshold = rounded(highest + BETWEEN * (lowest - highest));
    if threshold <= highest || threshold >= lowest {
        return None;
    }
    let fires = |window: &usize| values[*window].is_some_and(|value| value > threshold);
    let first = (0..values.len())
        .find(|window| fires(window) && !before(*window))
        .map(|window| investigation.dossier.seen_at(grid, window));
    let false_alarms = (0..values.len()).filter(|w| fires(w) && before(*w)).count();
    let windows_a_month = MONTH * DAY / grid.width.micros() as f64;
    let share = false_alarms as f64 / clean.len() as f64;
    // No event in n windows: the rule of three (Hanley and Lippman-Hand, JAMA 249, 1983).
    let upper = if false_alarms == 0 {
        (3.0 / clean.len() as f64).min(1.0)
    } else {
        crate::stats::interval::wilson(false_alarms as u64, clean.len() as u64, 1.96)
            .map_or(1.0, |(_, high)| high)
    };
    let a_month = (share * windows_a_month, upper * windows_a_month);
    Some(Monitor { watched, threshold, first, false_alarms, reference_windows: clean.len(), a_month, values })
}

/// Rounds to two significant digits: one incident does not determine a threshold more precisely.
fn rounded(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let scale = 10_f64.powi(1 - x.abs().log10().floor() as i32);
    (x * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn thresholds_lie_between_reference_and_fault() {
        let investigation = fixture::investigation();
        let monitors = monitors(&investigation, &[0]);
        let psi = monitors
            .iter()
            .find(|m| m.watched == Watched::Psi { feature: 0 })
            .expect("utilization tells the incident");
        assert!(psi.threshold > 0.01 && psi.threshold < 3.72, "{}", psi.threshold);
        assert_eq!(psi.false_alarms, 0);
        let onset = fixture::onset();
        assert!(psi.first.expect("it fires") > onset);
        let (seen, upper) = psi.a_month;
        assert!(seen == 0.0 && upper > 0.0 && upper <= 30.0);
        // The null rate never moved, so it can't detect the incident and gets no monitor.
        assert!(!monitors.iter().any(|m| m.watched == Watched::Missing { feature: 0 }));
    }

    #[test]
    fn two_digits() {
        assert_eq!([0.04712, 3.789, 123.4, 0.0].map(rounded), [0.047, 3.8, 120.0, 0.0]);
    }
}
