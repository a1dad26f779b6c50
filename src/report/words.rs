//! Words for what the method calls by its ids.

use crate::{
    autopsy::{Baseline, Cause, Finding, Investigation, OnsetKind, Verdict, exam::performance::MetricRow},
    summary::{Task, Width},
    text::{number, time},
};

/// A cause's name in running text: `feature recalibration`.
pub(super) fn cause(cause: Cause) -> String {
    cause.name().to_owned()
}

/// What a model predicts.
pub(super) const fn task(task: Task) -> &'static str {
    match task {
        Task::Binary => "binary",
        Task::Multiclass => "multiclass",
        Task::Regression => "regression",
    }
}

/// What production is compared with.
pub(super) const fn baseline(baseline: Baseline) -> &'static str {
    match baseline {
        Baseline::ProductionBefore => "production before the onset",
        Baseline::GoldenAtLaunch => "the golden set at launch",
        Baseline::Training => "training (whose rows the model has seen, so it flatters)",
    }
}

/// The width of a window, as in `one value a day`.
pub(super) const fn window(width: Width) -> &'static str {
    match width {
        Width::Hour => "hour",
        Width::SixHours => "six hours",
        Width::Day => "day",
        Width::Week => "week",
        Width::FourWeeks => "four weeks",
    }
}

/// How a change began.
pub(super) const fn onset(kind: OnsetKind) -> &'static str {
    match kind {
        OnsetKind::Sudden => "at once",
        OnsetKind::Gradual => "gradually",
        OnsetKind::FromStart => "from the first row of the log on",
    }
}

/// How a check came out.
pub(super) const fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Clear => "clear",
        Verdict::Watch => "watch",
        Verdict::Alarm => "alarm",
        Verdict::NotApplicable(_) => "not applicable",
    }
}

/// How far an input moved.
pub(super) const fn level(level: u8) -> &'static str {
    match level {
        0 => "clear",
        1 => "watch",
        _ => "alarm",
    }
}

/// A finding's sentence; for a check that could not run, why.
pub(super) fn says(finding: &Finding) -> String {
    match &finding.verdict {
        Verdict::NotApplicable(why) if finding.says.is_empty() => why.clone(),
        _ => finding.says.clone(),
    }
}

/// `ROC AUC fell from 0.822 to 0.741`, or rose, or stayed.
pub(super) fn change(row: &MetricRow) -> Option<String> {
    let (then, now) = (row.baseline?, row.production?);
    let (a, b) = (number::metric(then.value), number::metric(now.value));
    let name = row.metric.name();
    Some(match now.value.total_cmp(&then.value) {
        std::cmp::Ordering::Less => format!("{name} fell from {a} to {b}"),
        std::cmp::Ordering::Greater => format!("{name} rose from {a} to {b}"),
        std::cmp::Ordering::Equal => format!("{name} stayed at {a}"),
    })
}

/// `worse by 0.081 (95 % interval 0.077 to 0.085)`.
pub(super) fn loss(row: &MetricRow) -> Option<String> {
    let loss = row.loss?;
    let (low, high) = loss.interval;
    let (direction, low, high) =
        if loss.value < 0.0 { ("better", -high, -low) } else { ("worse", low, high) };
    Some(format!(
        "{direction} by {} (95 % interval {} to {})",
        number::metric(loss.value.abs()),
        number::metric(low),
        number::metric(high)
    ))
}

/// `2026-03-18 02:00 UTC`.
pub(super) fn moment(at: crate::summary::Micros) -> String {
    format!("{} UTC", time::minute(at))
}

/// The names of features, the first three at most: `a, b, c and 4 more`.
pub(super) fn features(investigation: &Investigation, features: &[usize]) -> String {
    let names: Vec<&str> = features
        .iter()
        .filter_map(|&f| investigation.dossier.plan.features.get(f))
        .map(|feature| feature.name.as_str())
        .collect();
    match &names[..] {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] if names.len() <= 3 => format!("{} and {last}", most.join(", ")),
        names => format!("{} and {} more", names[..3].join(", "), names.len() - 3),
    }
}
