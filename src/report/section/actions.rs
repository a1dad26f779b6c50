//! The resolution, and action items that prevent a recurrence.

use crate::{
    autopsy::{Hypothesis, Investigation, exam::integrity::Repair},
    remedy::{fitted::Monitor, monitor::AlertReplay},
    report::data::{Action, RepairPart, Resolution},
    wording::features,
};

/// A repair is mentioned if it recovers at least this many standard errors.
const TOLD_Z: f64 = 2.0;

/// Describes what fixes the incident, as far as it was tried.
pub(super) fn resolution(investigation: &Investigation, chosen: Option<&Hypothesis>) -> Resolution {
    let features = &investigation.dossier.plan.features;
    let part = |repair: &Repair| {
        let gain = repair.gain.as_ref().ok()?;
        let half = 1.96 * gain.error;
        Some(RepairPart {
            name: repair.name.clone(),
            features: repair
                .features
                .iter()
                .filter_map(|&f| features.get(f))
                .map(|feature| feature.name.clone())
                .collect(),
            gain: (gain.mean, gain.mean - half, gain.mean + half),
            share: gain.share,
            rows: repair.rows,
        })
    };
    Resolution {
        mitigation: chosen.map(|h| h.cause.mitigation()),
        repairs: investigation
            .integrity
            .repairs
            .iter()
            .filter(|repair| repair.z() > TOLD_Z)
            .filter_map(part)
            .collect(),
        remedies: None,
        comparison: None,
        review: None,
    }
}

/// Returns action items: from the cause, and from what the case lacks.
pub(super) fn actions(
    investigation: &Investigation,
    chosen: Option<&Hypothesis>,
    alerts: &[AlertReplay],
    monitors: &[Monitor],
) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    let mut add = |kind: &'static str, what: String| {
        actions.push(Action { kind, what, owner: String::new(), due: String::new() });
    };
    let dossier = &investigation.dossier;
    if let Some(hypothesis) = chosen {
        let names = features::names(&investigation.dossier, &hypothesis.features);
        let on = if names.is_empty() { String::new() } else { format!(" ({names})") };
        add("mitigate", format!("{}{on}", hypothesis.cause.mitigation().trim_end_matches('.')));
        add("prevent", format!("{}{on}", hypothesis.cause.prevention()));
    }
    let fired = alerts.iter().any(|alert| alert.first.is_some());
    let reliable = alerts
        .iter()
        .find(|alert| alert.first.is_some() && alert.false_alarms == 0 && alert.reference_windows > 0);
    match reliable {
        _ if !monitors.is_empty() => add(
            "detect",
            "Install the rules of monitors/alerts.yml, which fire on this incident and on nothing before it"
                .to_owned(),
        ),
        Some(alert) => add(
            "detect",
            format!("Install the alert that would have fired without a false alarm: {}", alert.message),
        ),
        None if fired => add("detect", "Tune the alert thresholds on the quiet part of this log".to_owned()),
        None => add(
            "detect",
            "Add an alert that sees this kind of fault: none of the configured thresholds would have fired"
                .to_owned(),
        ),
    }
    if dossier.golden.is_none() {
        add(
            "detect",
            "Keep a golden set with the launch model's answers, and score it with every deploy".to_owned(),
        );
    }
    if investigation.labels.rows == 0 {
        add(
            "detect",
            "Join outcomes to the production log: without them only inputs can be watched".to_owned(),
        );
    }
    if dossier.events.is_empty() {
        add(
            "detect",
            "Log deploys, pipeline and schema changes where the next investigation can read them".to_owned(),
        );
    }
    if dossier.offline.is_none() {
        add(
            "prevent",
            "Recompute a sample of served rows by the training pipeline each day, and compare".to_owned(),
        );
    }
    if dossier.artifact.is_err() {
        add(
            "mitigate",
            "Archive the deployed model as ONNX, so that logged answers can be replayed".to_owned(),
        );
    }
    actions
}
