//! Status, summary and diagnosis.

use crate::{
    autopsy::{Baseline, Cause, Evidence, Hypothesis, Investigation, Onset, OnsetKind, Standing},
    report::{
        analyst::Analyst,
        data::{CausePart, Diagnosis, EvidencePart, RuledOut, Status},
    },
    text::{number, phrase, time},
    wording::{self, features},
};

/// Below this probability it would be too strong to say "the evidence names".
const NAMED: f64 = 0.5;

/// Returns to what degree the incident is understood.
pub(super) fn status(investigation: &Investigation, analyst: &Analyst) -> Status {
    let top = investigation.diagnosis.top();
    let (id, message) = match analyst.chosen {
        Some(Cause::None) => ("healthy", "closed by the analyst: no degradation".to_owned()),
        Some(cause) => ("confirmed", format!("cause confirmed by the analyst: {}", cause.name())),
        None if investigation.diagnosis.undecided.is_some() => {
            ("undecided", "the evidence does not settle the cause; nobody has decided".to_owned())
        }
        None if top.is_some_and(|h| h.cause == Cause::None) => {
            ("healthy", "no degradation found; not yet confirmed by a person".to_owned())
        }
        None => (
            "named",
            top.map_or_else(
                || "no cause was examined".to_owned(),
                |h| {
                    let found = investigation.diagnosis.found();
                    let names: Vec<&str> = found.iter().map(|h| h.cause.name()).collect();
                    let names =
                        if names.is_empty() { h.cause.name().to_owned() } else { names.join(" and ") };
                    format!("{names} named by the evidence; not yet confirmed by a person")
                },
            ),
        ),
    };
    let of_rows = investigation.dossier.narrowed.as_ref();
    let of_rows = of_rows.map_or_else(String::new, |rows| format!(" (of these rows alone: {rows})"));
    Status { id, message: message + &of_rows }
}

/// Returns what happened, why, and what to do.
pub(super) fn summary(
    investigation: &Investigation,
    analyst: &Analyst,
    chosen: Option<&Hypothesis>,
) -> Vec<String> {
    vec![what(investigation), why(investigation, analyst, chosen), what_next(investigation, analyst, chosen)]
}

fn what(investigation: &Investigation) -> String {
    let dossier = &investigation.dossier;
    let title = match &dossier.narrowed {
        Some(rows) => format!("{} ({rows})", dossier.title),
        None => dossier.title.clone(),
    };
    let Some(row) = investigation.performance.headline_row().filter(|row| row.loss.is_some()) else {
        let moved = investigation.drift.features.iter().filter(|line| line.level == 2).count();
        return format!(
            "The performance of {title} can't be measured on this log, because too few rows have a label; {}.",
            match moved {
                0 => "no input moved beyond its threshold".to_owned(),
                1 => "one input moved beyond its threshold".to_owned(),
                n => format!("{n} inputs moved beyond their threshold"),
            }
        );
    };
    let change = wording::change::course(row).unwrap_or_default();
    let loss = wording::change::loss(row).unwrap_or_default();
    if !investigation.performance.real {
        let interval = row.loss.map_or((0.0, 0.0), |loss| loss.interval);
        return match interval {
            (_, high) if high < 0.0 => format!("{title} does better than before: {change}, {loss}."),
            (low, _) if low <= 0.0 => {
                format!("{title} does as well as before within noise: {change}, {loss}.")
            }
            _ if investigation.framing.baseline == Baseline::Training => format!(
                "{title} did not change inside the log; it does worse than on the rows that it learnt from, as any model \
                 does: {change}, {loss}."
            ),
            _ => format!(
                "No metric of {title} got worse beyond noise, allowing for how many were looked at: {change}, {loss}."
            ),
        };
    }
    match investigation.framing.onset {
        Some(onset) if investigation.framing.choice.onset.is_some() => {
            format!(
                "{title} is worse from {} on, an instant set by hand: {change}, {loss}.",
                time::moment(onset.at)
            )
        }
        Some(Onset { at, ended: Some(ended), .. }) => format!(
            "{title} was worse from {} to {}: {change}, {loss}; since then it has been as before.",
            time::moment(at),
            time::moment(ended)
        ),
        Some(onset) if onset.kind == OnsetKind::Sudden => {
            format!("{title} got worse at {}: {change}, {loss}.", time::moment(onset.at))
        }
        Some(onset) if investigation.framing.split().is_some() => format!(
            "{title} got worse {} from {} on: {change}, {loss}.",
            onset.kind.phrase(),
            time::moment(onset.at)
        ),
        Some(_) => format!("{title} was worse from the first row of the log on: {change}, {loss}."),
        None => format!("{title} got worse: {change}, {loss}; when it began can't be determined."),
    }
}

fn why(investigation: &Investigation, analyst: &Analyst, chosen: Option<&Hypothesis>) -> String {
    let Some(hypothesis) = chosen else {
        return "No cause could be examined.".to_owned();
    };
    let name = hypothesis.cause.name();
    let probability = number::share(hypothesis.probability);
    let on = match features::names(&investigation.dossier, &hypothesis.features) {
        names if names.is_empty() => String::new(),
        names => format!(" of {names}"),
    };
    if analyst.chosen.is_some() {
        let place = place(investigation, hypothesis);
        let agreement = if place == Some(1) && hypothesis.probability >= NAMED {
            format!("the evidence agrees ({probability})")
        } else {
            let at = place.map_or_else(String::new, |place| format!(" at place {place}"));
            format!("the evidence ranks it{at} with {probability}")
        };
        return format!("The analyst settled on {name}{on}, and {agreement}.");
    }
    if investigation.diagnosis.undecided.is_some() {
        return match investigation.diagnosis.hypotheses.get(1) {
            Some(second) if hypothesis.probability - second.probability > 1e-9 => format!(
                "The cause is not settled: {name}{on} ({probability}) is the least unlikely, before {} ({}).",
                second.cause.name(),
                number::share(second.probability)
            ),
            _ => "The cause is not settled: the evidence prefers none of the candidates.".to_owned(),
        };
    }
    if hypothesis.cause == Cause::None {
        return format!("The evidence points to a false alarm ({probability}).");
    }
    let found = investigation.diagnosis.found();
    if let [_, _, ..] = found.as_slice() {
        return several(investigation, &found);
    }
    let meaning = lower(hypothesis.cause.meaning());
    format!("The evidence names {name}{on} ({probability}): {meaning}")
}

/// Names all causes that were found, the costliest first.
fn several(investigation: &Investigation, found: &[&Hypothesis]) -> String {
    let names: Vec<String> =
        found.iter().map(|hypothesis| wording::causes::with_cost(investigation, hypothesis)).collect();
    let ordered = found.iter().all(|hypothesis| hypothesis.judged.share.is_some());
    let order = if ordered { "the costliest first" } else { "the most probable first" };
    format!("The evidence names {} causes, {order}: {}.", found.len(), names.join("; "))
}

fn what_next(investigation: &Investigation, analyst: &Analyst, chosen: Option<&Hypothesis>) -> String {
    let undecided = investigation.diagnosis.undecided.is_some() && analyst.chosen.is_none();
    let Some(hypothesis) = chosen else {
        return "See the list below of what this case lacks, and run coroner again with it.".to_owned();
    };
    if undecided {
        return match hypothesis.would_settle.first() {
            Some(wish) => format!("What would settle it: {}", lower(wish)),
            None => "Before anything is changed, a person should weigh the evidence below.".to_owned(),
        };
    }
    let repair = investigation
        .integrity
        .repairs
        .first()
        .filter(|repair| repair.z() > 2.0)
        .and_then(|repair| repair.share().map(|share| (repair, share)))
        .map(|(repair, share)| {
            let names = features::names(&investigation.dossier, &repair.features);
            let back = phrase::wins_back(share);
            format!(" Tried on the logged rows, “{}” on {names} {back}.", repair.name)
        })
        .unwrap_or_default();
    format!("{}{repair}", hypothesis.cause.mitigation())
}

/// Lower-cases the first letter, unless the text begins with a name.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    if chars.clone().next().is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    first.to_lowercase().collect::<String>() + chars.as_str()
}

fn place(investigation: &Investigation, hypothesis: &Hypothesis) -> Option<usize> {
    let hypotheses = &investigation.diagnosis.hypotheses;
    hypotheses.iter().position(|h| h.cause == hypothesis.cause).map(|at| at + 1)
}

/// Returns the complete diagnosis.
pub(super) fn diagnosis(
    investigation: &Investigation,
    analyst: &Analyst,
    chosen: Option<&Hypothesis>,
) -> Diagnosis {
    let all = &investigation.diagnosis.hypotheses;
    let named = |wanted: Standing| all.iter().filter(move |h| h.standing == wanted);
    Diagnosis {
        cause: chosen.map(|h| cause(investigation, h)),
        by_analyst: analyst.chosen.is_some(),
        place: chosen.and_then(|h| place(investigation, h)),
        undecided: investigation.diagnosis.undecided.clone(),
        ranking: all.iter().map(|h| cause(investigation, h)).collect(),
        ruled_out: named(Standing::RuledOut)
            .map(|h| RuledOut { name: h.cause.name(), message: h.judged.excluded.clone() })
            .collect(),
        not_examined: named(Standing::NotExamined)
            .map(|h| {
                let wish = h.would_settle.first().cloned().unwrap_or_default();
                format!("{}: {wish}", h.cause.name())
            })
            .collect(),
        dismissed: analyst.dismissed.iter().map(|&c| c.name()).collect(),
    }
}

fn cause(investigation: &Investigation, hypothesis: &Hypothesis) -> CausePart {
    let features = &investigation.dossier.plan.features;
    let (evidence_for, evidence_against) = hypothesis.by_finding();
    CausePart {
        id: hypothesis.cause.id(),
        name: hypothesis.cause.name(),
        meaning: hypothesis.cause.meaning(),
        probability: hypothesis.probability,
        present: hypothesis.judged.present,
        share: hypothesis.judged.share,
        standing: hypothesis.standing,
        stands: hypothesis.stands(),
        features: hypothesis
            .features
            .iter()
            .filter_map(|&f| features.get(f))
            .map(|feature| feature.name.clone())
            .collect(),
        evidence_for: evidence_for.iter().map(evidence).collect(),
        evidence_against: evidence_against.iter().map(evidence).collect(),
        would_settle: hypothesis.would_settle.clone(),
    }
}

fn evidence(evidence: &Evidence) -> EvidencePart {
    EvidencePart {
        finding: evidence.finding.to_string(),
        weight: evidence.weight,
        message: evidence.message.clone(),
    }
}
