//! What would have rung: every threshold of the contract and every rule that could be fitted, rehearsed on the log.

use crate::{
    autopsy::Investigation,
    remedy::{
        fitted,
        monitor::{self, AlertReplay},
    },
    text::{phrase::plural, time},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    if investigation.drift.grid.is_none() {
        return Err("the log has no clock".to_owned());
    }
    let replayed = monitor::replay(investigation);
    let features = investigation.diagnosis.top().map(|top| top.features.clone()).unwrap_or_default();
    let fitted = fitted::monitors(investigation, &features);
    let onset = investigation.framing.split();
    let after = |first: Option<i64>| match (first, onset) {
        (Some(first), Some(onset)) if first >= onset => Cell::from(time::duration(first - onset)),
        _ => Cell::Missing,
    };
    let moment = |first: Option<i64>| first.map_or(Cell::Missing, |at| time::minute(at).into());
    let mut study = Study::new(Topic::Detection);
    let mut table = StudyTable::new(
        "thresholds",
        "The thresholds of the contract, rehearsed on this log",
        &[
            ("rule", "rule", Format::Text),
            ("first", "would have fired", Format::Text),
            ("after", "after the onset", Format::Text),
            ("false_alarms", "false alarms", Format::Count),
            ("quiet", "of quiet windows", Format::Count),
        ],
    );
    for alert in &replayed {
        table.push(vec![
            alert.message.as_str().into(),
            moment(alert.first),
            after(alert.first),
            alert.false_alarms.into(),
            alert.reference_windows.into(),
        ]);
    }
    // Where no window lies before the onset, nothing is known of false alarms.
    let is_quiet_known = replayed.iter().any(|alert| alert.reference_windows > 0);
    let is_reliable =
        |alert: &&AlertReplay| !is_quiet_known || alert.false_alarms == 0 && alert.reference_windows > 0;
    let earliest = replayed.iter().filter(is_reliable).filter_map(|a| Some((a.first?, a)));
    let told = if is_quiet_known { " without a false alarm" } else { "" };
    study.says.push(match earliest.min_by_key(|(first, _)| *first) {
        Some((first, alert)) => format!(
            "Of the contract's thresholds, `{}` would have fired first{told}, at {}.",
            alert.message,
            time::minute(first)
        ),
        None if replayed.iter().all(|alert| alert.first.is_none()) => {
            "None of the contract's thresholds would have fired.".to_owned()
        }
        None => "None of the contract's thresholds would have fired without false alarms.".to_owned(),
    });
    if !is_quiet_known {
        study.limits.push("No window lies before the onset, so false alarms can't be counted.".to_owned());
    }
    let mut rules = StudyTable::new(
        "rules",
        "Rules fitted on this incident",
        &[
            ("rule", "rule", Format::Text),
            ("threshold", "threshold", Format::Value),
            ("first", "would have fired", Format::Text),
            ("after", "after the onset", Format::Text),
            ("false_alarms", "false alarms", Format::Count),
            ("quiet", "of quiet windows", Format::Count),
            ("a_month", "false alarms a month, at most", Format::Value),
            ("response", "asks for", Format::Text),
        ],
    );
    for monitor in &fitted {
        rules.push(vec![
            monitor.message(investigation).into(),
            monitor.threshold.into(),
            moment(monitor.first),
            after(monitor.first),
            monitor.false_alarms.into(),
            monitor.reference_windows.into(),
            monitor.a_month.1.into(),
            monitor.response.word().into(),
        ]);
    }
    study.says.push(if fitted.is_empty() {
        "No series tells this incident from the time before it, so no rule was fitted.".to_owned()
    } else {
        format!(
            "{} could be fitted that tell this incident from the time before it.",
            plural(fitted.len(), "rule")
        )
    });
    study.tables.extend([table, rules]);
    study.limits.push(
        "Metrics of labels are those known today: at the time, an alert would have come later by the delay of the labels."
            .to_owned(),
    );
    Ok(study)
}
