//! Chat output: at most ten lines.

use super::data::ReportData;
use crate::text::{number, sanitize};

/// Maximum number of lines.
const LINES: usize = 10;

/// Renders the summary.
pub(super) fn lines(data: &ReportData) -> String {
    let mut lines = vec![format!("{}: {}", data.title, data.status.message)];
    lines.extend(data.summary.iter().cloned());
    lines.extend(data.sketches.course.lines().map(str::to_owned));
    let ranking: Vec<String> = data
        .diagnosis
        .ranking
        .iter()
        .take(3)
        .map(|cause| format!("{} {}", cause.name, number::share(cause.probability)))
        .collect();
    if !ranking.is_empty() {
        lines.push(format!("causes: {}", ranking.join(" · ")));
    }
    if data.detection.onset.is_some() {
        let first = data.detection.first.as_deref().unwrap_or("by none of the configured thresholds");
        lines.push(format!("could have been seen: {first}"));
    }
    lines.extend(beside(data));
    lines.extend(candidate(data));
    lines.extend(review(data));
    // If there is no room left, the summary has already stated what to do.
    if let Some(action) = data.actions.first() {
        lines.push(format!("first: {}", action.what));
    }
    lines.truncate(LINES);
    lines.iter().map(|line| harmless(line) + "\n").collect()
}

/// The first sentence of the studies that alarms, and how many more do.
fn beside(data: &ReportData) -> Option<String> {
    let mut alarming = data.studies.iter().flat_map(|study| &study.alarming);
    let first = alarming.next()?;
    let more = alarming.count();
    Some(if more == 0 {
        format!("besides: {first}")
    } else {
        format!("besides ({more} more in the report): {first}")
    })
}

/// The candidate's verdict and the most important reason.
fn candidate(data: &ReportData) -> Option<String> {
    let comparison = data.resolution.comparison.as_ref()?.measured()?;
    let reason = comparison.reasons.first().map_or("", String::as_str);
    Some(format!("candidate {}: {}; {reason}", comparison.name, comparison.verdict.name()))
}

/// How much people would have to review.
fn review(data: &ReportData) -> Option<String> {
    let review = data.resolution.review.as_ref()?.measured()?;
    Some(format!("review: {}", review.message.target))
}

/// Removes everything that a chat server would interpret as markup, a mention or a link.
pub(super) fn harmless(line: &str) -> String {
    sanitize::terminal(line.trim_end())
        .chars()
        .map(|c| match c {
            '<' => '‹',
            '>' => '›',
            '@' => '＠',
            '`' | '*' | '~' => '\'',
            '|' => '¦',
            '[' => '(',
            ']' => ')',
            c => c,
        })
        .collect::<String>()
        .replace("://", ": //")
}
