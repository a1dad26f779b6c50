//! How far the answer times spread since the onset.

use crate::{
    autopsy::{
        Finding, Observations, Verdict,
        catalogue::{checks, measures, signals},
        exam::context::ExamContext,
    },
    stats::moments::variance,
    text::number,
};

pub(super) fn examine(context: &ExamContext<'_>) -> Observations {
    let mut observations = Observations::default();
    let id = &checks::SERVING_SPREAD;
    let times = &context.dossier.production.sample.latency_ms;
    let known: Vec<f64> = context.framing.after.iter().filter_map(|&row| times.get(row).copied()).collect();
    let Ok(spread) = variance(&known) else {
        return observations;
    };
    let verdict = if spread > 1e6 { Verdict::Alarm } else { Verdict::Clear };
    let message = format!("The answer time varies by {} ms.", number::value(spread.sqrt()));
    observations.findings.push(Finding {
        measure: measures::LATENCY_P95.name,
        value: Some(spread),
        ..Finding::new(id, verdict, message)
    });
    observations.signal(&signals::SERVING_SPREAD, spread, &[], id);
    observations
}
