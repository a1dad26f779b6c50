//! The candidate beside the deployed model, for people.

use super::{super::output, words::Words};
use crate::{
    autopsy::Investigation,
    remedy::{
        Bench,
        comparison::{Comparison, Design, Exemplar},
    },
    text::{
        number::{count, metric, p_value, share, signed, value, whole},
        sanitize::terminal,
        time,
    },
};

/// Days, segments and examples that are listed.
const DAYS: usize = 7;
const SEGMENTS: usize = 6;
const EXEMPLARS: usize = 3;

pub(super) fn lines(investigation: &Investigation, bench: &Bench, words: Words) -> Vec<String> {
    let comparison = match &bench.comparison {
        None => return Vec::new(),
        Some(Err(why)) => {
            let mut lines = output::wrapped("candidate ", &format!("can't be compared: {why}"));
            lines.push(String::new());
            return lines;
        }
        Some(Ok(comparison)) => comparison,
    };
    let design = match comparison.design {
        Design::Shadow => "answered the same rows",
        Design::Arms => "answered an arm of its own",
    };
    let since = comparison
        .since
        .map(|at| format!(" since {}", time::minute(at)))
        .unwrap_or_default();
    let name = terminal(&comparison.name).into_owned();
    let mut lines = vec![words.strong(&format!("Candidate {name}: {}", comparison.verdict.name()))];
    lines.extend(output::wrapped(
        "  ",
        &format!(
            "{name} {design}{since}; {} rows compared",
            whole(comparison.needed.rows)
        ),
    ));
    for reason in &comparison.reasons {
        lines.extend(output::wrapped("  - ", reason));
    }
    lines.extend(metrics(comparison));
    lines.extend(days(comparison));
    lines.extend(segments(investigation, comparison));
    lines.extend(disagreements(investigation, comparison));
    lines.extend(rest(comparison));
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
            "Better by, in {}, day by day; the interval may be looked at every day",
            comparison.measure.name()
        ),
    );
    let skipped = comparison.days.len().saturating_sub(DAYS);
    if skipped > 0 {
        lines.push(format!("  ({skipped} earlier days in the JSON)"));
    }
    lines.extend(comparison.days.iter().skip(skipped).map(|day| {
        let name = if day.day == 0 {
            "all".to_owned()
        } else {
            time::date(day.day)
        };
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
        "\n  {harmed} of {} segments harmed (false discoveries held at 5 %); the worst for the candidate:",
        comparison.segments.len()
    )];
    lines.extend(comparison.segments.iter().take(SEGMENTS).map(|segment| {
        let name = format!(
            "{} {}",
            investigation.dossier.feature_name(segment.feature),
            segment.name
        );
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

fn disagreements(investigation: &Investigation, comparison: &Comparison) -> Vec<String> {
    let Some(found) = &comparison.disagreements else {
        return Vec::new();
    };
    let mut lines = vec![String::new()];
    lines.extend(output::wrapped(
        "  ",
        &format!(
            "They disagree on {} of {} rows ({}); where the label is known the candidate is right on {} and the deployed \
             model on {} of {}.",
            whole(found.rows),
            whole(found.answered),
            share(found.rows as f64 / found.answered.max(1) as f64),
            whole(found.candidate_right),
            whole(found.incumbent_right),
            whole(found.labelled)
        ),
    ));
    let class = |answer: f64| {
        let name = investigation.dossier.plan.classes.get(answer as usize);
        name.map_or_else(|| value(answer), |name| terminal(name).into_owned())
    };
    let said = |(answer, score): (f64, Option<f64>)| {
        score.map_or_else(
            || class(answer),
            |score| format!("{} ({})", class(answer), metric(score)),
        )
    };
    let (best, worst): (Vec<&Exemplar>, Vec<&Exemplar>) =
        found.exemplars.iter().partition(|row| row.gain > 0.0);
    for row in best.iter().take(EXEMPLARS).chain(worst.iter().take(EXEMPLARS)) {
        let at = row
            .at
            .map(|at| format!("{} ", time::minute(at)))
            .unwrap_or_default();
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
    if let Some((ours, theirs)) = &comparison.calibration {
        lines.extend(output::wrapped(
            "  ",
            &format!(
                "Calibration error {} → {}; mean score less share of positives {} → {}.",
                metric(ours.ece),
                metric(theirs.ece),
                signed(ours.bias),
                signed(theirs.bias)
            ),
        ));
    }
    if let Some(flips) = comparison.flips {
        lines.extend(output::wrapped(
            "  ",
            &format!(
                "Answers put right {}, put wrong {}: McNemar p {}, {} when looked at every day.",
                whole(flips.won),
                whole(flips.lost),
                p_value(flips.p),
                p_value(flips.always_valid_p)
            ),
        ));
    }
    if let Some(latency) = comparison.latency {
        lines.extend(output::wrapped(
            "  ",
            &format!(
                "Answer time in ms, deployed → candidate: median {} → {}, 95 % {} → {}, 99 % {} → {}.",
                value(latency.median.0),
                value(latency.median.1),
                value(latency.p95.0),
                value(latency.p95.1),
                value(latency.p99.0),
                value(latency.p99.1)
            ),
        ));
    }
    if let Some(ratio) = comparison.ratio {
        lines.extend(output::wrapped(
            "  ",
            &format!(
                "Arms of {} and {} rows{}.",
                whole(ratio.rows.0),
                whole(ratio.rows.1),
                ratio.p.map_or_else(String::new, |p| format!(
                    "; a candidate's share of {} would give such a split or a worse one with p {}",
                    share(ratio.expected.unwrap_or(f64::NAN)),
                    p_value(p)
                ))
            ),
        ));
    }
    let needed = &comparison.needed;
    if let (Some(once), Some(daily)) = (needed.rows_fixed, needed.rows_in_all) {
        lines.extend(output::wrapped(
            "  ",
            &format!(
                "A difference of {} ({}) takes {} rows at one look and {} at daily looks; there are {}.",
                metric(needed.difference),
                if needed.stated {
                    "[candidate] difference"
                } else {
                    "it would ring the alert"
                },
                count(once),
                count(daily),
                count(needed.rows)
            ),
        ));
    }
    lines
}
