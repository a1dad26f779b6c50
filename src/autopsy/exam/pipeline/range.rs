//! Values that do not occur in training: numbers out of its range, unseen levels.

use crate::{
    autopsy::{
        Dossier, Finding, Observations, Subject, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
        exam::context::ExamContext,
    },
    case::Bounds,
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
    let bounded = facts.iter().filter_map(|fact| Some((fact, context.dossier.bounds.get(&fact.name)?)));
    bounded.flat_map(|(fact, bounds)| of_feature(context, fact, bounds)).collect()
}

/// What one feature's values are held to: range, levels, and that there is one.
fn of_feature(context: &ExamContext<'_>, fact: &Facts, bounds: &Bounds) -> Vec<Finding> {
    let &ExamContext { dossier, framing, .. } = context;
    let Some(column) = dossier.production.sample.features.get(fact.feature) else { return Vec::new() };
    // Of the rows for which something is to hold, the share of those for which it does not.
    let shares = |is_asked: &dyn Fn(usize) -> bool, breaks: &dyn Fn(usize) -> bool| {
        let of = |rows: &[usize]| {
            let asked: Vec<usize> = rows.iter().copied().filter(|&row| is_asked(row)).collect();
            let broken = asked.iter().filter(|&&row| breaks(row)).count();
            fraction(broken as u64, asked.len() as u64)
        };
        (of(&framing.before), of(&framing.after))
    };
    let finding = |check: &'static CheckSpec, measure, (was, is): (f64, f64), what: String| {
        let verdict = match is {
            _ if is == 0.0 => Verdict::Clear,
            _ if is >= ALARMING_RANGE => Verdict::Alarm,
            _ => Verdict::Watch,
        };
        let message = format!(
            "{} {what} on {} of its values ({} before).",
            fact.name,
            number::share(is),
            number::share(was)
        );
        Finding {
            subject: Subject::Feature(fact.feature),
            measure,
            value: Some(is),
            threshold: Some(ALARMING_RANGE),
            ..Finding::new(check.of(format!("{} bounds", fact.name)), verdict, message)
        }
    };
    let mut findings = Vec::new();
    let is_there = |row: usize| !column.is_missing(row);
    if let (Some((low, high)), Some(values)) = (bounds.range, column.numbers()) {
        let found = shares(&is_there, &|row| values[row] < low || values[row] > high);
        let what = format!(
            "lies outside of {} to {}, its bounds by the contract,",
            number::value(low),
            number::value(high)
        );
        findings.push(finding(&checks::PIPELINE_RANGE, measures::OUTSIDE.name, found, what));
    }
    if let (false, Some(codes)) = (bounds.levels.is_empty(), column.codes()) {
        let levels = &dossier.plan.features[fact.feature].levels;
        let is_known: Vec<bool> = levels.iter().map(|level| bounds.levels.contains(level)).collect();
        let is_alien = |row: usize| !is_known.get(codes[row] as usize).copied().unwrap_or(false);
        let alien = framing.after.iter().find(|&&row| is_there(row) && is_alien(row));
        let example = alien
            .and_then(|&row| levels.get(codes[row] as usize))
            .map_or_else(String::new, |level| format!(", such as {level:?},"));
        let what = format!("holds levels that the contract does not name{example}");
        let found = shares(&is_there, &is_alien);
        findings.push(finding(&checks::PIPELINE_UNSEEN, measures::OUTSIDE.name, found, what));
    }
    if bounds.required {
        let found = shares(&|_| true, &|row| column.is_missing(row));
        let what = "is missing, which the contract forbids,".to_owned();
        findings.push(finding(&checks::PIPELINE_NULLS, measures::MISSING.name, found, what));
    }
    findings
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
