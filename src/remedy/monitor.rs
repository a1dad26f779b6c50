//! Alert replay: the windows in which the configured thresholds would have fired.

use crate::{
    autopsy::{Investigation, OnsetKind},
    summary::Micros,
    text::number,
};

use super::series;

/// An alert rule, evaluated once per window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertRule {
    /// The headline metric dropped by more than the threshold.
    Performance,
    /// The PSI of an input exceeds the threshold.
    Inputs,
    /// The PSI of the predictions exceeds the threshold.
    Answers,
    /// The mean prediction shifted by more than the threshold.
    AnswerShift,
    /// CPU load or memory in use exceeds the threshold.
    Utilization,
    /// A metric of the business dropped by more than the threshold of performance.
    Business,
}

impl AlertRule {
    /// All rules.
    pub const ALL: [Self; 6] = [
        Self::Performance,
        Self::Inputs,
        Self::Answers,
        Self::AnswerShift,
        Self::Utilization,
        Self::Business,
    ];
}

/// An alert rule, replayed over the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertReplay {
    /// Which rule.
    pub rule: AlertRule,
    /// Describes the rule.
    pub message: String,
    /// Whether it fires, by window; `None` if the window can't be evaluated.
    pub fires: Vec<Option<bool>>,
    /// When it would first have fired for the incident: the end of the first window that fires and reaches the onset.
    pub first: Option<Micros>,
    /// Windows entirely before the onset in which it fires.
    pub false_alarms: usize,
    /// Windows entirely before the onset that can be evaluated.
    pub reference_windows: usize,
}

/// Replays the alert rules of the case over the log.
///
/// A window is evaluated at its end. The performance rule uses the labels known today: a live alert would
/// have been later by the label delay.
#[must_use]
pub fn replay(investigation: &Investigation) -> Vec<AlertReplay> {
    AlertRule::ALL
        .into_iter()
        .filter_map(|rule| {
            let (message, fires) = course(investigation, rule)?;
            let grid = match rule {
                AlertRule::Performance => investigation.performance.grid,
                AlertRule::Business => investigation.business.iter().find_map(|business| business.grid),
                AlertRule::Inputs | AlertRule::Answers | AlertRule::AnswerShift | AlertRule::Utilization => {
                    investigation.drift.grid
                }
            }?;
            let onset = investigation.framing.onset;
            let from = onset.map_or(Micros::MIN, |onset| match onset.kind {
                OnsetKind::FromStart => Micros::MIN,
                OnsetKind::Sudden | OnsetKind::Gradual => onset.at,
            });
            let before = |window: usize| onset.is_none() || grid.span(window).to <= from;
            let has_fired = |window: &usize| fires[*window] == Some(true);
            let first = (0..fires.len())
                .find(|window| has_fired(window) && !before(*window))
                .map(|window| investigation.dossier.seen_at(grid, window));
            Some(AlertReplay {
                rule,
                message,
                first,
                false_alarms: (0..fires.len()).filter(|w| has_fired(w) && before(*w)).count(),
                reference_windows: (0..fires.len()).filter(|&w| fires[w].is_some() && before(w)).count(),
                fires,
            })
        })
        .collect()
}

/// Returns the description of the rule, and whether it fires in each window.
fn course(investigation: &Investigation, rule: AlertRule) -> Option<(String, Vec<Option<bool>>)> {
    let thresholds = &investigation.dossier.thresholds;
    let drift = &investigation.drift;
    match rule {
        AlertRule::Performance => {
            let row = investigation.performance.headline_row()?;
            let baseline = row.baseline?.value;
            let limit = thresholds.performance_drop * baseline.abs();
            let points = investigation.performance.course(row.metric)?;
            let fires = points
                .points
                .iter()
                .map(|point| {
                    let estimate = point.estimate?;
                    let worse = crate::autopsy::scoring::worsening(row.metric, baseline, estimate.value);
                    // The rule does not fire if the window's value is not significantly different from the
                    // baseline.
                    let apart = baseline < estimate.interval.0 || baseline > estimate.interval.1;
                    Some(worse >= limit && apart)
                })
                .collect();
            let message = format!(
                "{} worse than {} by {} or more",
                row.metric.name(),
                number::metric(baseline),
                number::share(thresholds.performance_drop)
            );
            Some((message, fires))
        }
        AlertRule::Inputs => {
            let fires = (0..drift.rows.len())
                .map(|window| {
                    let known = drift.features.iter().any(|line| line.psi[window].is_some());
                    known.then(|| drift.features.iter().any(|line| line.levels[window] >= 2))
                })
                .collect();
            let message = format!(
                "PSI of any input {} or more, and significantly so",
                number::psi(thresholds.psi_alarm)
            );
            Some((message, fires))
        }
        AlertRule::Answers => {
            let line = &drift.answers;
            let fires = (0..line.psi.len())
                .map(|window| line.psi[window].map(|_| line.levels[window] >= 2))
                .collect();
            let message = format!(
                "PSI of the answers {} or more, and significantly so",
                number::psi(thresholds.psi_alarm)
            );
            Some((message, fires))
        }
        AlertRule::AnswerShift => {
            let (_, values) = series::watch(investigation).answer_shift()?;
            let limit = thresholds.prediction_shift;
            let message = format!("mean answer shifted by {} or more, beyond noise", number::share(limit));
            Some((message, above(&values, limit)))
        }
        AlertRule::Utilization => {
            let (_, values) = series::watch(investigation).utilization()?;
            let message = format!("CPU or memory in use {} or more", number::share(thresholds.utilization));
            let known = values.iter().any(Option::is_some);
            known.then(|| (message, above(&values, thresholds.utilization)))
        }
        AlertRule::Business => {
            let limit = thresholds.performance_drop;
            let mut fires: Vec<Option<bool>> = Vec::new();
            for (at, business) in investigation.business.iter().enumerate() {
                let Some((_, values)) = series::watch(investigation).business(at) else { continue };
                fires.resize(values.len().max(fires.len()), None);
                for (window, value) in values.iter().enumerate() {
                    let (Some(value), Some(before)) = (value, business.before) else { continue };
                    let apart = business.course[window]
                        .is_some_and(|one| before.value < one.interval.0 || before.value > one.interval.1);
                    let is = *value >= limit && apart;
                    fires[window] = Some(fires[window].unwrap_or(false) || is);
                }
            }
            let message = format!(
                "any metric of the business worse by {} or more, and significantly so",
                number::share(limit)
            );
            (!fires.is_empty()).then_some((message, fires))
        }
    }
}

/// Whether the value of each window reaches a limit.
fn above(values: &[Option<f64>], limit: f64) -> Vec<Option<bool>> {
    values.iter().map(|value| value.map(|value| value >= limit)).collect()
}
