//! Text output: the comparison of a candidate with the deployed model.

use super::super::{output, paper::Paper};
use crate::{
    autopsy::Investigation,
    remedy::{
        RemedyReport,
        comparison::{Comparison, ComparisonDesign, Exemplar},
    },
    text::{
        number::{count, metric, signed, value, whole},
        sanitize::terminal,
        time,
    },
    wording,
};

/// Maximum number of days, segments and examples listed.
const DAYS: usize = 7;
const SEGMENTS: usize = 6;
const EXEMPLARS: usize = 3;

pub(super) fn lines(investigation: &Investigation, backtests: &RemedyReport, paper: Paper) -> Vec<String> {
    let comparison = match &backtests.comparison {
        None => return Vec::new(),
        Some(Err(why)) => {
            let mut lines = output::wrapped("candidate ", &format!("can't be compared: {why}"));
            lines.push(String::new());
            return lines;
        }
        Some(Ok(comparison)) => comparison,
    };
    let design = match comparison.design {
        ComparisonDesign::Shadow => "answered the same rows",
        ComparisonDesign::Arms => "answered a separate arm",
    };
    let since = comparison.since.map(|at| format!(" since {}", time::minute(at))).unwrap_or_default();
    let name = terminal(&comparison.name).into_owned();
    let mut lines = vec![paper.strong(&format!("Candidate {name}: {}", comparison.recommendation.name()))];
    lines.extend(output::wrapped(
        "  ",
        &format!("{name} {design}{since}; {} rows compared", whole(comparison.needed.rows)),
    ));
    for reason in &comparison.reasons {
        lines.extend(output::wrapped("  - ", reason));
    }
    lines.extend(metrics(comparison));
    lines.extend(days(comparison));
    lines.extend(segments(investigation, comparison));
    lines.extend(rest(comparison));
    lines.extend(examples(investigation, comparison));
    for limit in &comparison.limits {
        lines.extend(output::wrapped("  limit   ", limit));
    }
    lines.push(String::new());
    lines
}

fn interval(interval: Option<(f64, f64)>) -> String {
    interval.map_or_else(
        || "no interval".to_owned(),
        |(low, high)| format!("{} to {}", signed(low), signed(high)),
    )
}

fn metrics(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec![format!(
        "\n  {:<20} {:>10} {:>10} {:>10}   95 % interval",
        "metric", "deployed", "candidate", "better by"
    )];
    lines.extend(comparison.metrics.iter().map(|pair| {
        format!(
            "  {:<20} {:>10} {:>10} {:>10}   {} ({})",
            pair.metric.name(),
            metric(pair.incumbent),
            metric(pair.candidate),
            signed(pair.gain),
            interval(pair.interval),
            pair.method.name()
        )
    }));
    lines
}

fn days(comparison: &Comparison) -> Vec<String> {
    let mut lines = output::wrapped(
        "\n  ",
        &format!(
            "Better by, in {}, day by day; the interval may be checked every day",
            comparison.measure.name()
        ),
    );
    let skipped = comparison.days.len().saturating_sub(DAYS);
    if skipped > 0 {
        lines.push(format!("  ({skipped} earlier days in the JSON)"));
    }
    lines.extend(comparison.days.iter().skip(skipped).map(|day| {
        let name = if day.day == 0 { "all".to_owned() } else { time::date(day.day) };
        format!(
            "  {name:<12} {:>10} rows so far {:>10}   {}",
            count(day.look.rows),
            signed(day.look.mean),
            interval(day.look.interval)
        )
    }));
    lines
}

fn segments(investigation: &Investigation, comparison: &Comparison) -> Vec<String> {
    if comparison.segments.is_empty() {
        return Vec::new();
    }
    let harmed = comparison.harmed().count();
    let mut lines = vec![format!(
        "\n  {harmed} of {} segments harmed (false discovery rate held at 5 %); the worst for the candidate:",
        comparison.segments.len()
    )];
    lines.extend(comparison.segments.iter().take(SEGMENTS).map(|segment| {
        let name = format!("{} {}", investigation.dossier.feature_name(segment.feature), segment.name);
        let name: String = terminal(&name).chars().take(34).collect();
        format!(
            "  {name:<34} {:>8} rows {:>10}   {}{}",
            count(segment.gained.rows.1),
            signed(segment.gained.gain),
            interval(Some(segment.gained.interval())),
            if segment.harmed { "   harmed" } else { "" }
        )
    }));
    lines
}

fn examples(investigation: &Investigation, comparison: &Comparison) -> Vec<String> {
    let Some(found) = &comparison.disagreements else {
        return Vec::new();
    };
    let mut lines = vec![String::new()];
    let class = |answer: f64| {
        let name = investigation.dossier.plan.classes.get(answer as usize);
        name.map_or_else(|| value(answer), |name| terminal(name).into_owned())
    };
    let said = |(answer, score): (f64, Option<f64>)| {
        score.map_or_else(|| class(answer), |score| format!("{} ({})", class(answer), metric(score)))
    };
    let (best, worst): (Vec<&Exemplar>, Vec<&Exemplar>) =
        found.exemplars.iter().partition(|row| row.gain > 0.0);
    for row in best.iter().take(EXEMPLARS).chain(worst.iter().take(EXEMPLARS)) {
        let at = row.at.map(|at| format!("{} ", time::minute(at))).unwrap_or_default();
        lines.push(format!(
            "  {at}truth {}: deployed {}, candidate {}",
            class(row.label),
            said(row.incumbent),
            said(row.candidate)
        ));
    }
    lines
}

fn rest(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec![String::new()];
    for sentence in wording::comparison::sentences(comparison) {
        lines.extend(output::wrapped("  ", &sentence));
    }
    lines
}
