//! What would ring the next time, and what would have fired this time, in words.

use crate::{
    app::Model,
    remedy::{fitted::Monitor, monitor::AlertReplay},
    text::{number, time},
};

/// A monitor or an alert on this log.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchLine {
    /// Its rule.
    pub message: String,
    /// What it does on this log, in a few words.
    pub does: String,
    /// What it watches by window; for an alert 1 where it fires.
    pub course: Vec<Option<f64>>,
}

/// The monitors that were fitted, or the configured alerts, whichever are shown.
#[must_use]
pub fn watch_lines(model: &Model) -> Vec<WatchLine> {
    let state = &model.screens.remedy;
    let (Some(watch), Some(investigation)) = (&state.monitors, &model.investigation) else {
        return Vec::new();
    };
    if state.replayed {
        let line = |alert: &AlertReplay| WatchLine {
            message: alert.message.clone(),
            does: replayed(model, alert),
            course: alert.fires.iter().map(|fires| fires.map(f64::from)).collect(),
        };
        return watch.replayed.iter().map(line).collect();
    }
    let line = |monitor: &Monitor| WatchLine {
        message: monitor.message(investigation),
        does: fit(model, monitor),
        course: monitor.values.clone(),
    };
    watch.fitted.iter().map(line).collect()
}

/// How long after the onset something rang.
fn after_onset(model: &Model, first: Option<i64>) -> String {
    let onset = model.investigation.as_ref().and_then(|i| i.framing.onset);
    match (first, onset) {
        (Some(first), Some(onset)) if first >= onset.at => {
            format!("fires {} after the onset", time::duration(first - onset.at))
        }
        (Some(first), _) => format!("rings at {}", time::short(first)),
        (None, _) => "does not ring".to_owned(),
    }
}

/// What a fitted monitor does on this log, in a few words.
fn fit(model: &Model, monitor: &Monitor) -> String {
    let (seen, at_most) = monitor.a_month;
    format!(
        "{}; false alarms a month {}, at most {}",
        after_onset(model, monitor.first),
        number::value(seen),
        number::value((at_most * 10.0).round() / 10.0)
    )
}

/// What a configured alert did on this log, in a few words.
fn replayed(model: &Model, alert: &AlertReplay) -> String {
    format!(
        "{}; {} of {} quiet windows fired too",
        after_onset(model, alert.first),
        alert.false_alarms,
        alert.reference_windows
    )
}
