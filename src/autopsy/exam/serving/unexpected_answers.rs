//! Unexpected predictions, which differ from the model's: do they occur with long or very short latency, or
//! under load?
//!
//! | signal | what it measures | which way it points |
//! |---|---|---|
//! | `serving.strange_link` | distance from ½ of AUC(latency; unexpected prediction), either sign | serving: time-outs and caches; 0 for another model |
//! | `serving.strange_load` | the same for CPU and memory, the larger one | serving: saturation, leak |
//!
//! Needs no label. Both are 0 when the model reproduces the logged predictions, and absent without a model to
//! predict again (artefact or surrogate), without rows before the onset, and without the column in question.

use crate::{
    autopsy::{
        Dossier, Finding, Observations, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
        exam::{context::ExamContext, rescorer::Rescorer, window_split::FEWEST_ROWS},
    },
    model::loss::clipped_logit,
    stats::{moments::quantile, testing::mann_whitney_auc},
    summary::Task,
    text::number,
};

use super::not_applicable;

/// Maximum rows predicted again per side.
const MOST_ROWS: usize = 5_000;

/// A prediction is unexpected if its distance from the model's exceeds this quantile of those before the
/// onset.
const USUAL: f64 = 0.98;

/// Tolerance for rounding: in log-odds, and as a share of a number.
const ROUNDING: f64 = 0.02;

/// Minimum share of unexpected predictions, twice that of chance, and minimum rows for an AUC.
const SOME: f64 = 0.04;
const FEWEST_UNEXPECTED: usize = 30;

/// Distance of the AUC from ½ that alarms; half of it is on watch.
const LINKED: f64 = 0.3;

/// Predicts rows again with a model, and examines when the logged predictions differ.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> Observations {
    let &ExamContext { dossier, framing, rescorer, .. } = context;
    let mut observations = Observations::default();
    let id = &checks::SERVING_STRANGE_LINK;
    let what = "Whether unexpected answers come late";
    if let Some(because) = dossier.without_rows(false, false) {
        observations.findings.push(not_applicable(id, what, because));
        return observations;
    }
    let sample = &dossier.production.sample;
    let measured: Vec<(&CheckSpec, &str, &[f64])> = [
        (&checks::SERVING_STRANGE_LINK, "answer time", &sample.latency_ms),
        (&checks::SERVING_STRANGE_LOAD, "CPU load", &sample.cpu),
        (&checks::SERVING_STRANGE_LOAD, "memory in use", &sample.memory),
    ]
    .into_iter()
    .filter(|(_, _, values)| !values.is_empty())
    .map(|(key, name, values)| (key, name, values.as_slice()))
    .collect();
    if measured.is_empty() {
        observations.findings.push(not_applicable(id, what, "production logs no answer times and no load"));
        return observations;
    }
    let Some(model) = rescorer else {
        observations.findings.push(not_applicable(id, what, "there is no model to score the rows again"));
        return observations;
    };
    let (Some(before), Some(after)) =
        (distances(dossier, model, &framing.before), distances(dossier, model, &framing.after))
    else {
        observations.findings.push(not_applicable(
            id,
            what,
            "there are too few answers on one side of the onset",
        ));
        return observations;
    };
    let mut usual: Vec<f64> = before.into_iter().map(|b| b.1).collect();
    usual.sort_unstable_by(f64::total_cmp);
    let limit = quantile(&usual, USUAL).unwrap_or(0.0).max(ROUNDING);
    let unexpected = after.iter().filter(|a| a.1 > limit).count();
    let share = unexpected as f64 / after.len() as f64;
    for (check, key) in [
        (&checks::SERVING_STRANGE_LINK, &signals::SERVING_STRANGE_LINK),
        (&checks::SERVING_STRANGE_LOAD, &signals::SERVING_STRANGE_LOAD),
    ] {
        let own = measured.iter().filter(|m| m.0 == check);
        let enough = share >= SOME && unexpected >= FEWEST_UNEXPECTED;
        let links = own.map(|&(_, name, values)| {
            let auc = if enough { auc(values, &after, limit) } else { None };
            (name, auc.unwrap_or(0.5))
        });
        let largest = links.max_by(|a, b| (a.1 - 0.5).abs().total_cmp(&(b.1 - 0.5).abs()));
        if let Some((name, auc)) = largest {
            observations.findings.push(finding(check, name, auc, share));
            observations.signal(key, (auc - 0.5).abs(), &[], check);
        }
    }
    observations
}

fn finding(id: &'static CheckSpec, name: &str, auc: f64, share: f64) -> Finding {
    let distance = (auc - 0.5).abs();
    let verdict = if distance >= LINKED {
        Verdict::Alarm
    } else if distance >= LINKED / 2.0 {
        Verdict::Watch
    } else {
        Verdict::Clear
    };
    let share = number::share(share);
    let message = match verdict {
        Verdict::Clear => {
            format!("{share} of the answers are far from the model's, at the same {name} as others.")
        }
        _ if auc > 0.5 => {
            format!("{share} of the answers are far from the model's, at a higher {name} (AUC {auc:.2}).")
        }
        _ => format!("{share} of the answers are far from the model's, at a lower {name} (AUC {auc:.2})."),
    };
    Finding {
        measure: measures::AUC_DISTANCE.name,
        value: Some(distance),
        threshold: Some(LINKED),
        ..Finding::new(id, verdict, message)
    }
}

/// The probability that an unexpected prediction has the larger value.
fn auc(values: &[f64], answers: &[(usize, f64)], limit: f64) -> Option<f64> {
    let of = |unexpected: bool| -> Vec<f64> {
        let rows = answers.iter().filter(|a| (a.1 > limit) == unexpected);
        rows.map(|a| values[a.0]).filter(|x| x.is_finite()).collect()
    };
    let (unexpected, others) = (of(true), of(false));
    if unexpected.len() < FEWEST_UNEXPECTED || others.len() < FEWEST_UNEXPECTED {
        return None;
    }
    mann_whitney_auc(&others, &unexpected).ok().map(|test| test.auc)
}

/// Evenly spread rows, with the distance of the logged prediction from the model's: log-odds, value, or 1 for
/// another class.
fn distances(dossier: &Dossier, model: &Rescorer, rows: &[usize]) -> Option<Vec<(usize, f64)>> {
    let sample = &dossier.production.sample;
    let scored = dossier.task() == Task::Binary && dossier.plan.has_score;
    let logged = if scored { &sample.score } else { &sample.prediction };
    let step = rows.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<usize> = rows
        .iter()
        .copied()
        .step_by(step)
        .filter(|&r| logged.get(r).is_some_and(|x| x.is_finite()))
        .collect();
    if (rows.len() as u64) < FEWEST_ROWS {
        return None;
    }
    let (prediction, score) = model.answer(dossier, sample, &rows)?;
    let again = if scored { score } else { prediction };
    if again.len() != rows.len() {
        return None;
    }
    let distance = |logged: f64, again: f64| match dossier.task() {
        _ if scored => (clipped_logit(logged) - clipped_logit(again)).abs(),
        Task::Regression => (logged - again).abs() / again.abs().max(1e-9),
        Task::Binary | Task::Multiclass => f64::from(u8::from(logged != again)),
    };
    let pairs = rows.into_iter().zip(again);
    Some(pairs.map(|(r, x)| (r, distance(logged[r], x))).filter(|p| p.1.is_finite()).collect())
}
