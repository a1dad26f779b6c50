//! Contributing factors, luck, method and limits.

use crate::{
    autopsy::{
        Baseline, Finding, Investigation, OnsetKind, Verdict, catalogue::Stage, exam::integrity::Repair,
    },
    remedy::monitor::AlertReplay,
    report::data::Contribution,
    text::{number, phrase, time},
};

/// Returns the contribution of each stage from ingestion to monitoring.
pub(super) fn contributing(investigation: &Investigation, alerts: &[AlertReplay]) -> Vec<Contribution> {
    Stage::ALL
        .into_iter()
        .map(|stage| {
            let seen: Vec<&Finding> =
                investigation.findings.iter().filter(|f| f.id.check.stage == Some(stage)).collect();
            let mut part = Contribution {
                stage: stage.name(),
                verdict: "clear",
                message: format!("{} checks, nothing found", seen.len()),
            };
            let flagged: Vec<&&Finding> = [Verdict::Alarm, Verdict::Watch]
                .iter()
                .flat_map(|wanted| seen.iter().filter(move |f| f.verdict == *wanted))
                .collect();
            if let Some(first) = flagged.first() {
                part.verdict = first.verdict.name();
                first.sentence().clone_into(&mut part.message);
                if flagged.len() > 1 {
                    part.message = format!("{} ({} more in the appendix)", part.message, flagged.len() - 1);
                }
            } else if seen.iter().all(|f| matches!(f.verdict, Verdict::NotApplicable(_))) {
                part.verdict = "not applicable";
                part.message = seen
                    .first()
                    .map_or_else(|| "no check of this stage ran".to_owned(), |f| f.sentence().to_owned());
            }
            if stage == Stage::Monitoring
                && investigation.framing.onset.is_some()
                && investigation.performance.real
            {
                let early: usize = alerts.iter().map(|alert| alert.false_alarms).sum();
                let first = alerts.iter().filter_map(|alert| alert.first).min();
                (part.verdict, part.message) = match first {
                    None => ("alarm", "none of the configured thresholds would have fired".to_owned()),
                    Some(_) if early > 0 => (
                        "watch",
                        format!(
                            "the thresholds would have fired, but also in {early} windows before the onset"
                        ),
                    ),
                    Some(_) => {
                        ("clear", "the thresholds would have fired, and never before the onset".to_owned())
                    }
                };
            }
            part
        })
        .collect()
}

/// Returns what made the incident less severe than it could have been.
pub(super) fn lucky(investigation: &Investigation, alerts: &[AlertReplay]) -> Vec<String> {
    let dossier = &investigation.dossier;
    let mut lucky = Vec::new();
    if !investigation.performance.real {
        return lucky;
    }
    if let Some(golden) = &investigation.golden {
        lucky.push(format!(
            "A golden set with the launch answers exists: {} rows show whether it is the model itself.",
            number::whole(golden.rows as u64)
        ));
    }
    match investigation.framing.onset {
        Some(onset) if onset.kind == OnsetKind::Sudden => lucky.push(format!(
            "It began at once, so it is dated to within {}.",
            time::duration((onset.interval.1 - onset.interval.0).max(60_000_000))
        )),
        _ => {}
    }
    if let Some(onset) = investigation.framing.onset {
        let near = dossier
            .events
            .iter()
            .filter(|event| event.at <= onset.interval.1)
            .max_by_key(|event| event.at)
            .filter(|event| onset.at - event.at < 86_400_000_000);
        if let Some(event) = near {
            lucky.push(format!(
                "The event log names what happened just before: {} ({}).",
                event.title,
                time::moment(event.at)
            ));
        }
    }
    let share = investigation.labels.rows as f64 / dossier.production.rows.max(1) as f64;
    if share > 0.5 {
        lucky.push(format!("Outcomes are known for {} of the rows.", number::share(share)));
    }
    if let Some(share) = investigation.integrity.repairs.first().and_then(Repair::share)
        && share > 0.5
    {
        lucky.push(format!(
            "What was served can be repaired afterwards: undoing the fault {}.",
            phrase::wins_back(share)
        ));
    }
    if alerts.iter().all(|alert| alert.first.is_none()) {
        lucky.push("Somebody looked, although no configured threshold would have fired.".to_owned());
    }
    lucky
}

/// Describes the methods used.
pub(super) fn method(investigation: &Investigation) -> Vec<String> {
    let dossier = &investigation.dossier;
    let rows = |n: u64| number::whole(n);
    let sampled = |table: &crate::summary::Table| {
        if table.is_profile() {
            "no row".to_owned()
        } else if table.is_whole() {
            "all rows".to_owned()
        } else {
            format!("a seeded sample of {} rows", rows(table.rows as u64))
        }
    };
    let choice = investigation.framing.choice;
    let chosen = (!choice.is_auto()).then(|| {
        format!(
            "The analyst decided what is compared: {}. The rest was derived from the data.",
            choice.message()
        )
    });
    let mut method = vec![
        format!(
            "One pass counted {} training rows and {} production rows; tests that need rows used {} of training and {} of \
             production.",
            rows(dossier.training.rows),
            rows(dossier.production.rows),
            sampled(&dossier.training.sample),
            sampled(&dossier.production.sample)
        ),
        format!(
            "Performance is compared with {}. Intervals are 95 % intervals.",
            investigation.framing.baseline.described()
        ),
        "PSI uses the deciles of training and is shown less its bias; an input alarms only when it is over the \
         threshold and significantly so, with the false discovery rate held to 1 % over all inputs."
            .to_owned(),
        "Each check weighs for or against each cause with a weight in log-odds (nats); the weights were fitted on \
         incidents with known causes. The probabilities come from the sums, normalised over all causes."
            .to_owned(),
    ];
    method.splice(1..1, dossier.origins.iter().map(|origin| format!("{origin}.")));
    method.extend(chosen);
    method
}

/// Returns the limitations of the report.
pub(super) fn limits(investigation: &Investigation) -> Vec<String> {
    let dossier = &investigation.dossier;
    let mut limits = Vec::new();
    if investigation.framing.baseline == Baseline::Training && investigation.framing.onset.is_none() {
        limits.push(
            "There is no baseline but training, on which the model looks better than it is.".to_owned(),
        );
    }
    if dossier.golden.is_none() {
        limits.push("Without a golden set the model itself can't be cleared.".to_owned());
    }
    if investigation.labels.rows == 0 {
        limits.push(
            "Without labels concept drift, feature drift and label shift can't be determined, nor whether there is a loss."
                .to_owned(),
        );
    }
    if let Err(why) = &dossier.artifact {
        limits.push(format!("The deployed model could not be run: {why}."));
    }
    if dossier.offline.is_none() {
        limits.push(
            "Without rows recomputed offline, a fault in serving and one upstream look alike.".to_owned(),
        );
    }
    if dossier.events.is_empty() {
        limits.push("No events were given, so nothing could be tied to a deploy or a change.".to_owned());
    }
    let unrun: Vec<&Finding> =
        investigation.findings.iter().filter(|f| matches!(f.verdict, Verdict::NotApplicable(_))).collect();
    if !unrun.is_empty() {
        limits.push(format!(
            "{} of {} checks could not run; the appendix says why.",
            unrun.len(),
            investigation.findings.len()
        ));
    }
    limits.push(
        "An onset dates a change; the evidence supports, but does not prove, that the change caused the loss."
            .to_owned(),
    );
    limits
}
