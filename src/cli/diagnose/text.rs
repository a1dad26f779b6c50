//! The diagnosis on one screen of text.

use std::path::Path;

use unicode_width::UnicodeWidthStr as _;

use super::super::{output::wrapped, paper::Paper};
use crate::{
    autopsy::{Cause, Evidence, Hypothesis, Investigation, LabelDoubt, Standing, catalogue::checks},
    report::account::{AccountLine, AccountPart},
    text::{number, phrase, sanitize::terminal, time},
    wording::{self, change, features, onset},
};

/// Maximum number of hypotheses, and of pieces of evidence on each side.
const LISTED: usize = 4;

/// Maximum number of notes; those about how text was read come first.
const NOTES: usize = 5;

/// Width of a full bar, in cells.
const BAR: usize = 20;

/// Returns the summary: the loss, the golden set, the ranked causes, the evidence for the first, and what to
/// do.
pub(super) fn summary(investigation: &Investigation, case: &Path, paper: Paper) -> String {
    let mut lines = vec![paper.strong(&headline(investigation)), String::new()];
    for doubt in &investigation.dossier.label_doubts {
        lines.extend(wrapped("labels        ", &doubt.message));
    }
    lines.extend(performance(investigation));
    lines.push(golden(investigation));
    lines.extend(account(investigation));
    lines.push(String::new());
    lines.extend(causes(investigation, paper));
    if let Some(why) = &investigation.diagnosis.undecided {
        lines.push(String::new());
        lines.extend(wrapped("", &format!("Not decided: {why}")));
    }
    if let Some(top) = investigation.diagnosis.top() {
        lines.push(String::new());
        lines.extend(evidence(top, paper));
        if investigation.diagnosis.undecided.is_none() {
            lines.push(String::new());
            lines.extend(wrapped("do    ", top.cause.mitigation()));
            for other in investigation.diagnosis.found().into_iter().skip(1) {
                lines.extend(wrapped("and   ", other.cause.mitigation()));
            }
        }
    }
    let notes = &investigation.dossier.notes;
    for (at, note) in notes.iter().take(NOTES).enumerate() {
        let rest = if at + 1 == NOTES { notes.len() - NOTES } else { 0 };
        let more = if rest > 0 { format!(" ({rest} more in the JSON)") } else { String::new() };
        lines.extend(wrapped("note  ", &format!("{note}{more}")));
    }
    lines.push(format!("json  coroner diagnose {} --format json", terminal(&case.to_string_lossy())));
    paper.plain(lines.join("\n") + "\n")
}

fn headline(investigation: &Investigation) -> String {
    let dossier = &investigation.dossier;
    let task = dossier.task().name();
    let period = dossier
        .period()
        .map(|(from, to)| format!(" · {} to {}", time::date(from), time::date(to)))
        .unwrap_or_default();
    format!(
        "{} · {task} · {} · {} production rows{period}",
        terminal(&dossier.title),
        phrase::plural(dossier.plan.features.len(), "feature"),
        number::count(dossier.production.rows),
    )
}

fn performance(investigation: &Investigation) -> Vec<String> {
    let Some(row) = investigation.performance.headline_row() else {
        return vec!["performance   no labelled rows to measure it on".to_owned()];
    };
    let is_vocabulary = |doubt: &LabelDoubt| *doubt.id.check == checks::LABELS_VOCABULARY;
    if investigation.labels.rows == 0 && investigation.dossier.label_doubts.iter().any(is_vocabulary) {
        return vec!["performance   not measured: the labels cannot be compared with the answers".to_owned()];
    }
    let (framing, change) = (&investigation.framing, change::in_full(row));
    let against = framing.baseline.described();
    vec![
        format!("{:13} {} · against {against}", row.metric.name(), terminal(&change)),
        format!("{:13} {}", "onset", onset::in_full(framing)),
    ]
}

/// Returns the decomposition of the loss: the lines of at least one hundredth of it, largest first, and how to read
/// them; empty if there is no loss.
fn account(investigation: &Investigation) -> Vec<String> {
    let account = AccountPart::of(investigation);
    let mut told: Vec<&AccountLine> =
        account.lines.iter().filter(|line| line.share.is_some_and(|share| share.abs() >= 0.01)).collect();
    told.sort_by(|a, b| b.amount.total_cmp(&a.amount));
    let message = |line: &AccountLine| {
        let interval = line.share_interval.map_or_else(String::new, |(low, high)| {
            format!(" ({} to {})", number::share(low), number::share(high))
        });
        let share = line.share.map(number::share).unwrap_or_default();
        format!("{share}{interval} {}", terminal(&line.name))
    };
    let mut lead = "loss by place ";
    let mut lines = Vec::new();
    for line in told {
        lines.extend(wrapped(lead, &message(line)));
        lead = "              ";
    }
    if !lines.is_empty() {
        lines.extend(account.notes.iter().flat_map(|note| wrapped(lead, note)));
    }
    lines
}

fn golden(investigation: &Investigation) -> String {
    let Some(golden) = &investigation.golden else {
        return format!("{:13} none in the case: the model itself cannot be cleared", "golden set");
    };
    let headline = investigation.performance.headline;
    let row = golden.metrics.iter().find(|row| row.metric == headline).or(golden.metrics.first());
    let change = row
        .map(|row| format!("{} {}", row.metric.name(), terminal(&change::in_full(row))))
        .unwrap_or_default();
    format!(
        "{:13} {change} · same answer on {} of {} rows",
        "golden set",
        number::share(golden.same_answer),
        number::count(golden.rows as u64)
    )
}

fn causes(investigation: &Investigation, paper: Paper) -> Vec<String> {
    let line = |(at, hypothesis): (usize, &Hypothesis)| {
        let name = format!("{:22}", hypothesis.cause.id());
        let name = if at == 0 { paper.strong(&name) } else { name };
        let (part, weight) = wording::causes::weight(hypothesis);
        let bar = paper.bar(part, BAR);
        let pad = " ".repeat(BAR.saturating_sub(bar.width()));
        let features = features(investigation, hypothesis);
        let share = match hypothesis.judged.share {
            _ if hypothesis.judged.contributing => String::new(),
            Some(share) if hypothesis.standing == Standing::Found => {
                format!(", {}", phrase::of_the_loss(share.value))
            }
            _ => String::new(),
        };
        format!("{name} {bar}{pad} {weight:4}  {}{share}  {features}", hypothesis.stands())
            .trim_end()
            .to_owned()
    };
    let all = &investigation.diagnosis.hypotheses;
    let found = all.iter().rposition(|h| h.standing == Standing::Found).map_or(0, |at| at + 1);
    all.iter().take(LISTED.max(found)).enumerate().map(line).collect()
}

fn features(investigation: &Investigation, hypothesis: &Hypothesis) -> String {
    if hypothesis.cause == Cause::None {
        return String::new();
    }
    terminal(&features::names(&investigation.dossier, &hypothesis.features)).into_owned()
}

fn evidence(top: &Hypothesis, paper: Paper) -> Vec<String> {
    let mut lines = wrapped("", &format!("{}: {}", top.cause.id(), top.cause.meaning()));
    if let Some(first) = lines.first_mut() {
        *first = paper.strong(first);
    }
    let side = |evidence: &[Evidence]| -> Vec<String> {
        let weight = |e: &Evidence| {
            format!("{:>5}  ", format!("{}{:.1}", if e.weight < 0.0 { "−" } else { "+" }, e.weight.abs()))
        };
        evidence.iter().take(LISTED).flat_map(|e| wrapped(&weight(e), &e.message)).collect()
    };
    let (speak_for, speak_against) = top.by_finding();
    lines.extend(side(&speak_for));
    lines.extend(side(&speak_against));
    if let Some(settle) = top.would_settle.first() {
        lines.extend(wrapped("settles it: ", settle));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{super::super::output::WIDTH, *};

    #[test]
    fn long_sentences_are_wrapped_under_their_lead() {
        let lines = wrapped(" +2.1  ", &"word ".repeat(40));
        assert!(lines.len() > 1 && lines.iter().all(|line| line.width() <= WIDTH), "{lines:?}");
        assert!(lines[1].starts_with("       word"), "{lines:?}");
        assert_eq!(wrapped("a ", &"x".repeat(200)).len(), 1);
    }
}
