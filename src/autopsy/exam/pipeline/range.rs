//! Values that do not occur in training: numbers out of its range, unseen levels.

use crate::{
    autopsy::{
        Dossier, Finding, Observations, Subject, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
        exam::context::ExamContext,
    },
    summary::{Bins, Kind, fraction},
    text::{number, phrase::plural},
};

use super::facts::{Change, Facts, changes, split};

/// Shares out of range, and of unseen levels, that alarm.
const ALARMING_RANGE: f64 = 0.05;
const ALARMING_LEVELS: f64 = 0.02;

pub(super) fn examine(context: &ExamContext<'_>, facts: &[Facts]) -> Observations {
    let dossier = context.dossier;
    let mut observations = Observations::default();
    let (rose, _) = changes(facts, |f| f.outside);
    let (now, early) = split(&rose, facts);
    observations.findings.extend(beyond_bounds(context, facts));
    for kind in [Kind::Numeric, Kind::Categorical] {
        let numeric = kind == Kind::Numeric;
        let check = if numeric { &checks::PIPELINE_RANGE } else { &checks::PIPELINE_UNSEEN };
        let of = |c: &&Change| dossier.plan.features[facts[c.at].feature].kind == kind;
        let columns = dossier.plan.features.iter().filter(|f| f.kind == kind).count();
        if columns == 0 {
            continue;
        }
        let mut reported: Vec<&Change> = Vec::new();
        for c in now.iter().chain(&early).filter(of) {
            if !reported.iter().any(|t| t.at == c.at) {
                reported.push(c);
                observations.findings.push(one(dossier, &facts[c.at], c, check));
            }
        }
        let message = match reported.first() {
            None if numeric => {
                format!("The values of {} lie within training's range.", plural(columns, "numeric column"))
            }
            None => format!("The levels of {} are those of training.", plural(columns, "categorical column")),
            Some(c) => format!(
                "{} of {} hold values never seen in training; most: {} on {}.",
                reported.len(),
                plural(columns, if numeric { "numeric column" } else { "categorical column" }),
                facts[c.at].name,
                number::share(c.is),
            ),
        };
        let alarming = if numeric { ALARMING_RANGE } else { ALARMING_LEVELS };
        let verdict = match reported.first() {
            None => Verdict::Clear,
            Some(c) if c.size() >= alarming => Verdict::Alarm,
            Some(_) => Verdict::Watch,
        };
        observations.findings.push(Finding {
            measure: measures::LARGEST_OUTSIDE.name,
            value: Some(reported.first().map_or(0.0, |c| c.is)),
            threshold: Some(alarming),
            ..Finding::new(check, verdict, message)
        });
        let since: Vec<&Change> = now.iter().filter(of).collect();
        let features: Vec<usize> = since.iter().map(|c| facts[c.at].feature).collect();
        let largest = since.first().map_or(0.0, |c| c.size());
        observations.signal(
            if numeric { &signals::PIPELINE_OUTSIDE } else { &signals::PIPELINE_UNSEEN },
            largest,
            &features,
            check,
        );
    }
    observations
}

/// Values that a feature can't have, by `[bounds]` of the contract, among the sampled rows since the onset.
fn beyond_bounds(context: &ExamContext<'_>, facts: &[Facts]) -> Vec<Finding> {
    let &ExamContext { dossier, framing, .. } = context;
    let of_feature = |fact: &Facts| {
        let &(low, high) = dossier.bounds.get(&fact.name)?;
        let values = dossier.production.sample.features.get(fact.feature)?.numbers()?;
        let share = |rows: &[usize]| {
            let known: Vec<f64> = rows.iter().map(|&row| values[row]).filter(|x| !x.is_nan()).collect();
            let beyond = known.iter().filter(|x| **x < low || **x > high).count();
            fraction(beyond as u64, known.len() as u64)
        };
        let (was, is) = (share(&framing.before), share(&framing.after));
        let verdict = match is {
            _ if is == 0.0 => Verdict::Clear,
            _ if is >= ALARMING_RANGE => Verdict::Alarm,
            _ => Verdict::Watch,
        };
        let message = format!(
            "{} lies outside of {} to {}, its bounds by the contract, on {} of its values ({} before).",
            fact.name,
            number::value(low),
            number::value(high),
            number::share(is),
            number::share(was),
        );
        Some(Finding {
            subject: Subject::Feature(fact.feature),
            measure: measures::OUTSIDE.name,
            value: Some(is),
            threshold: Some(ALARMING_RANGE),
            ..Finding::new(checks::PIPELINE_RANGE.of(format!("{} bounds", fact.name)), verdict, message)
        })
    };
    facts.iter().filter_map(of_feature).collect()
}

fn one(dossier: &Dossier, fact: &Facts, c: &Change, check: &'static CheckSpec) -> Finding {
    let alarming = if *check == checks::PIPELINE_RANGE { ALARMING_RANGE } else { ALARMING_LEVELS };
    let name = &fact.name;
    let was = format!("{} {}", number::share(c.was), c.against(fact));
    let message = match &dossier.plan.features[fact.feature].bins {
        Bins::Numeric(bins) if !bins.edges.is_empty() => {
            // The last edge is just above the largest value.
            let (low, high) = (bins.edges[0], bins.edges[bins.edges.len() - 1].next_down());
            format!(
                "{name} is out of training's range {} to {} on {} of its values, {was}.",
                number::value(low),
                number::value(high),
                number::share(c.is),
            )
        }
        _ => format!(
            "{name} has levels never seen in training on {} of its values, {was}.",
            number::share(c.is)
        ),
    };
    Finding {
        subject: Subject::Feature(fact.feature),
        measure: measures::OUTSIDE.name,
        value: Some(c.is),
        interval: Some((c.was + c.interval.0, c.was + c.interval.1)),
        threshold: Some(alarming),
        ..Finding::new(
            check.of(name),
            if c.size() >= alarming { Verdict::Alarm } else { Verdict::Watch },
            message,
        )
    }
}
