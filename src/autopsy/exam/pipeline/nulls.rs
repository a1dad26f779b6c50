//! Values that are newly missing or unreadable.

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{FindingId, checks, measures, signals},
    },
    text::{
        number,
        phrase::{list, plural},
    },
};

use super::facts::{Change, Facts, changes, split};

/// A rise of this size alarms.
const ALARMING: f64 = 0.05;

pub(super) fn examine(facts: &[Facts]) -> Observations {
    let mut observations = Observations::default();
    let (rose, fell) = changes(facts, |f| f.missing);
    let (now, early) = split(&rose, facts);
    let flagged = |c: &Change, message: String, verdict: Verdict| Finding {
        subject: Subject::Feature(facts[c.at].feature),
        measure: measures::MISSING.name,
        value: Some(c.is),
        interval: Some((c.was + c.interval.0, c.was + c.interval.1)),
        threshold: Some(c.was + 0.01),
        ..Finding::new(checks::PIPELINE_NULLS.of(&facts[c.at].name), verdict, message)
    };
    let mut reported: Vec<usize> = Vec::new();
    for c in now.iter().chain(&early).filter(|c| facts[c.at].present) {
        if !reported.contains(&c.at) {
            reported.push(c.at);
            let verdict = if c.size() >= ALARMING { Verdict::Alarm } else { Verdict::Watch };
            observations.findings.push(flagged(c, sentence(&facts[c.at], c), verdict));
        }
    }
    let filled = split(&fell, facts).0;
    for c in &filled {
        if !reported.contains(&c.at) {
            let message = format!(
                "{} is missing on only {} of the rows, {} {}: something fills it in.",
                facts[c.at].name,
                number::share(c.is),
                number::share(c.was),
                c.against(&facts[c.at]),
            );
            observations.findings.push(flagged(c, message, Verdict::Watch));
        }
    }
    observations.findings.push(overview(facts, &now, &early));
    let of = |changes: &[Change]| changes.iter().map(|c| facts[c.at].feature).collect::<Vec<_>>();
    let size = |changes: &[Change]| changes.first().map_or(0.0, |c| c.size().abs());
    observations.signal(&signals::PIPELINE_NULL_JUMP, size(&now), &of(&now), &checks::PIPELINE_NULLS);
    observations.signal(
        &signals::PIPELINE_NULL_COUNT,
        (1.0 + now.len() as f64).ln(),
        &of(&now),
        &checks::PIPELINE_NULLS,
    );
    unreadable(facts, &mut observations);
    observations
}

fn sentence(fact: &Facts, c: &Change) -> String {
    let share =
        if c.is >= 1.0 { "every row".to_owned() } else { format!("{} of the rows", number::share(c.is)) };
    let since = if c.day_one && fact.missing.before.is_some() {
        " before the onset already"
    } else if fact.missing.before.is_some() {
        " since the onset"
    } else {
        ""
    };
    format!("{} is missing on {share}{since}, {} {}.", fact.name, number::share(c.was), c.against(fact))
}

fn overview(facts: &[Facts], now: &[Change], early: &[Change]) -> Finding {
    let largest = facts.iter().map(|f| f.missing.after.share()).fold(0.0, f64::max);
    let names =
        |changes: &[Change]| list(&changes.iter().map(|c| facts[c.at].name.as_str()).collect::<Vec<_>>());
    let message = match (now.is_empty(), early.is_empty()) {
        (true, true) => format!(
            "Missing values of {} are as before; the largest share is {}.",
            plural(facts.len(), "column"),
            number::share(largest),
        ),
        (false, _) => format!("{} went missing: {}.", plural(now.len(), "column"), names(now)),
        (true, false) => {
            format!("{} missing more often than in training, from the first day on.", names(early))
        }
    };
    let verdict = if now.iter().chain(early).any(|c| c.size() >= ALARMING) {
        Verdict::Alarm
    } else if now.is_empty() && early.is_empty() {
        Verdict::Clear
    } else {
        Verdict::Watch
    };
    Finding {
        measure: measures::LARGEST_MISSING.name,
        value: Some(largest),
        ..Finding::new(&checks::PIPELINE_NULLS, verdict, message)
    }
}

/// Texts where training has numbers.
fn unreadable(facts: &[Facts], observations: &mut Observations) {
    let (rose, _) = changes(facts, |f| f.unreadable);
    let mut reported: Vec<usize> = Vec::new();
    for c in &rose {
        let fact = &facts[c.at];
        if reported.contains(&fact.feature) {
            continue;
        }
        reported.push(fact.feature);
        let examples: Vec<String> = fact.examples.iter().map(|text| format!("\"{text}\"")).collect();
        let such = if examples.is_empty() { String::new() } else { format!(", such as {}", list(&examples)) };
        observations.findings.push(Finding {
            subject: Subject::Feature(fact.feature),
            measure: measures::UNREADABLE.name,
            value: Some(c.is),
            interval: Some((c.was + c.interval.0, c.was + c.interval.1)),
            threshold: Some(0.01),
            ..Finding::new(
                checks::PIPELINE_UNREADABLE.of(&fact.name),
                Verdict::Alarm,
                format!(
                    "{} holds text that is not a number on {} of the rows{such}.",
                    fact.name,
                    number::share(c.is)
                ),
            )
        });
    }
    let largest = rose.first().map_or(0.0, |c| c.is);
    let id = rose.first().map_or_else(
        || FindingId::from(&checks::PIPELINE_SCHEMA),
        |c| checks::PIPELINE_UNREADABLE.of(&facts[c.at].name),
    );
    observations.signal(&signals::PIPELINE_UNREADABLE, largest, &reported, &id);
}
