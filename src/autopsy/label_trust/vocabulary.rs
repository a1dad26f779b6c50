//! Labels in other words than the answers.

use std::{collections::BTreeSet, sync::Arc};

use super::withdraw;
use crate::{
    autopsy::{Dossier, LabelDoubt, Verdict, catalogue::checks},
    summary::{Plan, SnapshotSummary, Table, Task},
    text::{number, time},
};

/// Minimum share of the labels to report classes that occur nowhere else.
const TOLD: f64 = 0.01;

/// Minimum share of the labels for such classes to alarm.
const ALARMING: f64 = 0.2;

/// New classes are other words for the old ones where at least this share of the labels is one of them, once they are there.
const REPLACED: f64 = 0.9;

/// The classes with a judged row, by label and by answer.
fn classes_met(snapshot: &SnapshotSummary) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let (mut labels, mut answers) = (BTreeSet::new(), BTreeSet::new());
    for window in &snapshot.windows {
        let classes = window.answers.confusion.len().isqrt();
        for (at, _) in window.answers.confusion.iter().enumerate().filter(|(_, rows)| **rows > 0) {
            labels.insert(at / classes);
            answers.insert(at % classes);
        }
    }
    (labels, answers)
}

/// The first few classes, quoted.
fn named(plan: &Plan, classes: &BTreeSet<usize>) -> String {
    let quoted: Vec<String> = classes
        .iter()
        .take(4)
        .filter_map(|&class| plan.classes.get(class))
        .map(|class| format!("{class:?}"))
        .collect();
    let more = if classes.len() > 4 { " …" } else { "" };
    format!("{}{more}", quoted.join(", "))
}

/// Labels of which none (or, of two classes, one only) is a class that the model answers.
pub(super) fn vocabulary(dossier: &mut Dossier) -> Vec<LabelDoubt> {
    if dossier.task() == Task::Regression {
        return Vec::new();
    }
    let plan = Arc::clone(&dossier.plan);
    let met = [classes_met(&dossier.training), classes_met(&dossier.production)];
    let answers: BTreeSet<usize> = met.iter().flat_map(|(_, answers)| answers.iter().copied()).collect();
    let mut doubts = Vec::new();
    for ((labels, _), production) in met.iter().zip([false, true]) {
        let common = labels.intersection(&answers).count();
        // Two classes with one in common: 1 and 2 against 0 and 1.
        let shifted = labels.len() == 2 && answers.len() > 1 && common == 1 && dossier.task() == Task::Binary;
        if labels.is_empty() || answers.is_empty() || (common > 0 && !shifted) {
            continue;
        }
        let (snapshot, name) = if production {
            (&mut dossier.production, "production")
        } else {
            (&mut dossier.training, "training")
        };
        withdraw(&plan, snapshot, |_, _| true);
        let how = if shifted { "do not match the answers" } else { "match none of the answers" };
        doubts.push(LabelDoubt {
            id: (&checks::LABELS_VOCABULARY).into(),
            verdict: Verdict::Alarm,
            message: format!(
                "The labels of {name} {how}: labels {}, answers {}. No metric can be computed from them until [model] classes \
                 in coroner.toml says which is which.",
                named(&plan, labels),
                named(&plan, &answers)
            ),
        });
    }
    if doubts.is_empty() {
        doubts.extend(other_words(dossier, &met[0].0, &answers));
    }
    doubts
}

/// Whether some labels of production are classes that occur neither in training's labels nor among the answers: other words
/// for the same classes from some day on, or "unknown".
///
/// A new class among several is news of the world, unless the known ones are gone since it is there. Of two classes there is
/// no third.
fn other_words(
    dossier: &mut Dossier,
    learnt: &BTreeSet<usize>,
    answers: &BTreeSet<usize>,
) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    let strange: BTreeSet<usize> = sample
        .label
        .iter()
        .filter(|label| label.is_finite())
        .map(|label| *label as usize)
        .filter(|class| !learnt.contains(class) && !answers.contains(class))
        .collect();
    let is_strange = |table: &Table, row: usize| {
        table.label.get(row).is_some_and(|label| label.is_finite() && strange.contains(&(*label as usize)))
    };
    let labelled: Vec<usize> = (0..sample.label.len()).filter(|&row| !sample.label[row].is_nan()).collect();
    let first = labelled.iter().position(|&row| is_strange(sample, row))?;
    let rows = labelled.iter().filter(|&&row| is_strange(sample, row)).count() as f64;
    let share = rows / labelled.len() as f64;
    let is_replaced = rows >= REPLACED * (labelled.len() - first) as f64;
    if share < TOLD || (dossier.task() == Task::Multiclass && !is_replaced) {
        return None;
    }
    let plan = Arc::clone(&dossier.plan);
    let since = sample
        .time
        .get(labelled[first])
        .filter(|_| is_replaced)
        .map_or_else(String::new, |&at| format!(", all since {}", time::short(at)));
    let message = format!(
        "{} of the labels of production ({}{since}) are no class of training and none that the model answers. These rows are \
         not judged until [model] classes in coroner.toml says which class they are.",
        number::share(share),
        named(&plan, &strange),
    );
    withdraw(&plan, &mut dossier.production, is_strange);
    let verdict = if share >= ALARMING { Verdict::Alarm } else { Verdict::Watch };
    Some(LabelDoubt { id: (&checks::LABELS_VOCABULARY).into(), verdict, message })
}
