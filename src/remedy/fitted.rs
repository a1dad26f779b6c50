//! Monitors fitted on one incident: thresholds that separate the windows before the onset from those of the
//! fault.

use crate::{
    autopsy::{Cause, Investigation, Onset, OnsetKind},
    summary::Micros,
    text::number,
};

use super::series::{self, Series};

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
    /// The relative loss of a metric of the business.
    Business {
        /// The metric's index in the contract.
        metric: usize,
    },
    /// CPU load or memory in use, as a share.
    Utilization,
    /// The 95 % quantile of the answer time, in milliseconds.
    Latency,
    /// By which share fewer rows came than usual.
    Volume,
    /// The largest share of rows with a level that training does not hold.
    Unseen,
    /// Share of rows outside of training.
    Outside,
    /// The median delay of the labels, in days.
    LabelDelay,
    /// The mean share of terms that training does not hold, of one column of texts.
    UnknownTerms {
        /// The column's index in the contract.
        column: usize,
    },
}

/// What to do when a monitor fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Response {
    /// Somebody must act at once: nothing that is learnt from broken values helps.
    Page,
    /// Somebody should look within the day.
    Review,
    /// The world changed: retrain, with the backtest as a gate.
    Retrain,
}

impl Response {
    /// The word for labels and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Review => "review",
            Self::Retrain => "retrain",
        }
    }

    /// What an alert on a series asks for, when it rang for a cause.
    ///
    /// * `cause`: what was found to be the cause of the incident; none where that is undecided.
    #[must_use]
    pub const fn to(watched: Watched, cause: Option<Cause>) -> Self {
        match watched {
            Watched::Missing { .. } | Watched::Utilization | Watched::Latency | Watched::Volume => Self::Page,
            Watched::LabelDelay => Self::Review,
            Watched::Performance
            | Watched::Answers
            | Watched::Psi { .. }
            | Watched::Inputs
            | Watched::Business { .. }
            | Watched::Unseen
            | Watched::UnknownTerms { .. }
            | Watched::Outside => match cause {
                Some(
                    Cause::ModelRegression
                    | Cause::FeatureRecalibration
                    | Cause::FeatureUnavailable
                    | Cause::TrainingServingSkew
                    | Cause::UpstreamPipeline
                    | Cause::ServingHealth,
                ) => Self::Page,
                Some(Cause::ConceptDrift | Cause::FeatureDrift | Cause::DataDrift | Cause::LabelBias) => {
                    Self::Retrain
                }
                Some(Cause::LabelShift | Cause::None) | None => Self::Review,
            },
        }
    }
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
    /// What to do when it fires, by the cause of this incident.
    pub response: Response,
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
            Watched::Business { metric } => format!(
                "relative loss of {} above {}",
                investigation.business.get(metric).map_or("the business metric", |b| b.metric.name.as_str()),
                number::share(self.threshold)
            ),
            Watched::Utilization => format!("CPU or memory in use above {}", number::share(self.threshold)),
            Watched::Latency => format!("95 % quantile of the answer time above {threshold} ms"),
            Watched::Volume => {
                format!("fewer rows than usual by more than {}", number::share(self.threshold))
            }
            Watched::Unseen => {
                format!("rows with a level unseen in training above {}", number::share(self.threshold))
            }
            Watched::Outside => format!("rows outside of training above {}", number::share(self.threshold)),
            Watched::LabelDelay => format!("median delay of the labels above {threshold} days"),
            Watched::UnknownTerms { column } => format!(
                "share of unknown terms in {} above {}",
                investigation.dossier.breakdown.text.get(column).map_or("the texts", String::as_str),
                number::share(self.threshold)
            ),
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
    watched.extend((0..investigation.business.len()).map(|metric| Watched::Business { metric }));
    watched.extend([
        Watched::Utilization,
        Watched::Latency,
        Watched::Volume,
        Watched::Unseen,
        Watched::Outside,
        Watched::LabelDelay,
    ]);
    let texts = investigation.dossier.breakdown.text.len();
    watched.extend((0..texts).map(|column| Watched::UnknownTerms { column }));
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
fn values_of(investigation: &Investigation, watched: Watched) -> Option<Series> {
    let drift = &investigation.drift;
    let watch = series::watch(investigation);
    match watched {
        Watched::Performance => watch.performance(),
        Watched::Answers => Some((drift.grid?, drift.answers.psi.clone())),
        Watched::Psi { feature } => Some((drift.grid?, drift.features.get(feature)?.psi.clone())),
        Watched::Inputs => watch.inputs(),
        Watched::Missing { feature } => Some((drift.grid?, drift.features.get(feature)?.missing.clone())),
        Watched::Business { metric } => watch.business(metric),
        Watched::Utilization => watch.utilization(),
        Watched::Latency => watch.latency(),
        Watched::Volume => watch.volume(),
        Watched::Unseen => watch.unseen(),
        Watched::Outside => watch.outside(),
        Watched::LabelDelay => watch.label_delay(),
        Watched::UnknownTerms { column } => watch.unknown_terms(column),
    }
}

fn fit(investigation: &Investigation, onset: Onset, watched: Watched) -> Option<Monitor> {
    let (grid, values) = values_of(investigation, watched)?;
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
    let decided = investigation.diagnosis.undecided.is_none();
    let cause = investigation.diagnosis.top().filter(|_| decided).map(|top| top.cause);
    let response = Response::to(watched, cause);
    let reference_windows = clean.len();
    Some(Monitor { watched, threshold, values, first, false_alarms, reference_windows, a_month, response })
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
    fn a_broken_delivery_pages_and_a_changed_world_is_learnt() {
        assert_eq!(Response::to(Watched::Performance, Some(Cause::ConceptDrift)), Response::Retrain);
        assert_eq!(Response::to(Watched::Performance, Some(Cause::UpstreamPipeline)), Response::Page);
        assert_eq!(Response::to(Watched::Inputs, None), Response::Review);
        assert_eq!(Response::to(Watched::Latency, Some(Cause::ConceptDrift)), Response::Page);
    }

    #[test]
    fn two_digits() {
        assert_eq!([0.04712, 3.789, 123.4, 0.0].map(rounded), [0.047, 3.8, 120.0, 0.0]);
    }
}
