//! Sentences on how a snapshot was read, whichever engine read it.

use std::collections::BTreeMap;

use super::planning;
use crate::{
    case::Case,
    summary::{Plan, SnapshotSummary, Table, accumulator::WildRows, values::LARGEST},
    text::{number, time},
};

/// A probability of a class may be off 1 in sum by this, as it was rounded.
const ROUNDED: f64 = 0.01;

/// Sentences on rows that are left out for their time: far from all others, or none that can be read.
pub(super) fn on_times(
    shown: &str,
    wild: Option<&WildRows>,
    summary: &SnapshotSummary,
    unreadable: Option<&str>,
) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(wild) = wild {
        notes.push(format!(
            "{shown}: {} {} far from all others in time ({}): left out",
            number::count(wild.rows),
            if wild.rows == 1 { "row lies" } else { "rows lie" },
            wild.at.iter().map(|&at| time::date(at)).collect::<Vec<_>>().join(", ")
        ));
    }
    if summary.without_time > 0 {
        notes.push(format!(
            "{shown}: {} rows have no readable time{}; they are left out",
            summary.without_time,
            unreadable.map(|text| format!(" (such as {text:?})")).unwrap_or_default()
        ));
    }
    notes
}

/// A sentence on classes that are spelt otherwise than in the contract or in training, if there are any.
pub(super) fn on_spellings(shown: &str, respelt: &BTreeMap<String, String>) -> Option<String> {
    let (spelling, class) = respelt.first_key_value()?;
    let more = respelt.iter().skip(1).map(|(spelling, class)| format!(", {spelling:?} as {class}"));
    Some(format!("{shown}: {spelling:?} is read as the class {class}{}", more.take(5).collect::<String>()))
}

/// A sentence on the numbers of a snapshot that are infinite or beyond [`LARGEST`], if there are any.
pub(super) fn on_infinite_numbers(
    case: &Case,
    plan: &Plan,
    summary: &SnapshotSummary,
    shown: &str,
) -> Option<String> {
    let answers = if plan.has_score { &case.columns.score } else { &case.columns.prediction };
    let names = plan.features.iter().map(|f| Some(&f.name));
    let counts = summary.features.iter().chain([&summary.answers, &summary.labels]);
    let columns: Vec<String> = names
        .chain([answers.as_ref(), case.columns.label.as_ref()])
        .zip(counts)
        .filter(|(_, counts)| counts.infinite > 0)
        .filter_map(|(name, counts)| Some(format!("{} ({} rows)", name?, number::count(counts.infinite))))
        .collect();
    if columns.is_empty() {
        return None;
    }
    Some(format!(
        "{shown} holds infinite numbers, or such beyond {LARGEST:e}, in {}; they count as missing",
        columns.join(", ")
    ))
}

/// Removes the scores of the classes where they are no probabilities of every class; a sentence on what is odd.
pub(super) fn on_class_scores(plan: &Plan, sample: &mut Table, shown: &str) -> Option<String> {
    let scores = &mut sample.class_scores;
    if scores.is_empty() {
        return None;
    }
    let missing: Vec<&str> = (0..plan.known_classes)
        .filter(|&class| scores.get(class).is_none_or(|column| column.iter().all(|score| score.is_nan())))
        .filter_map(|class| plan.classes.get(class).map(String::as_str))
        .collect();
    if !missing.is_empty() {
        let note = format!(
            "{shown}: [columns] scores names no probability of {}; metrics of probabilities are left out",
            missing.join(", ")
        );
        scores.clear();
        return Some(note);
    }
    if let Some(odd) = scores.iter().find_map(|column| planning::no_probabilities(column)) {
        scores.clear();
        return Some(format!("{shown}: {odd}"));
    }
    let sum = |row: usize| scores.iter().map(|column| column[row]).sum::<f64>();
    let odd = (0..sample.rows).filter(|&row| (sum(row) - 1.0).abs() > ROUNDED).count();
    (odd > 0).then(|| {
        format!(
            "{shown}: the probabilities of the classes do not add up to 1 in {} of {} sampled rows",
            number::count(odd as u64),
            number::count(sample.rows as u64)
        )
    })
}

/// A sentence on classes that training does not have, if there are any.
pub(super) fn on_new_classes(shown: &str, fresh: &[String]) -> Option<String> {
    let names = fresh.join(", ");
    (!fresh.is_empty()).then(|| format!("{shown} contains classes that training does not have: {names}"))
}

/// A sentence on a snapshot that holds scores and no predictions.
pub(super) fn on_scores_alone(shown: &str, plan: &Plan) -> String {
    let positive = plan.classes.get(1).map_or("1", String::as_str);
    format!("{shown} holds scores and no predictions: a score over 0.5 is taken as the answer {positive}")
}

/// A sentence on a snapshot that holds the classes' probabilities and no predictions.
pub(super) fn on_probabilities_alone(shown: &str) -> String {
    format!(
        "{shown} holds probabilities and no predictions: the class of the largest one is taken as the answer"
    )
}

/// A sentence on a sample that is smaller than asked for, so that the memory suffices.
///
/// * `kept`, `asked`: rows.
pub(super) fn on_memory(shown: &str, case: &Case, kept: u64, asked: u64) -> String {
    format!(
        "{shown}: {} rows are sampled in place of {}, so that {} of memory suffice",
        number::count(kept),
        number::count(asked),
        number::bytes(case.sample.memory.unwrap_or_default())
    )
}
