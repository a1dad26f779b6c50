//! Parity between groups of people, before and since the onset.

use crate::{
    autopsy::{
        Investigation,
        catalogue::checks,
        exam::breakdown::parity::{FOUR_FIFTHS, Parity, ratios},
    },
    stats::interval::wilson,
    summary::Task,
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    if dossier.breakdown.groups.is_empty() {
        return Err("the contract names no [columns] groups".to_owned());
    }
    if dossier.task() != Task::Binary {
        return Err("parity is told of two classes only".to_owned());
    }
    let mut study = Study::new(Topic::Fairness);
    study.take(investigation.findings_of(&checks::PERFORMANCE_PARITY));
    for name in &dossier.breakdown.groups {
        let parity = Parity::of(dossier, &investigation.framing, name);
        study.tables.extend(parity.as_ref().map(table));
    }
    study.limits.push(format!(
        "A ratio below {FOUR_FIFTHS} of the group chosen most often is the four-fifths rule; it is no measure of harm."
    ));
    Ok(study)
}

fn table(parity: &Parity) -> StudyTable {
    let Parity { column: name, groups, then, now } = parity;
    let mut table = StudyTable::new(
        "groups",
        format!("Groups of {name}"),
        &[
            ("column", "column", Format::Text),
            ("group", "group", Format::Text),
            ("rows_baseline", "rows then", Format::Count),
            ("rows", "rows", Format::Count),
            ("selection_baseline", "chosen then", Format::Share),
            ("selection", "chosen", Format::Share),
            ("ratio_baseline", "of the most chosen, then", Format::Metric),
            ("ratio", "of the most chosen", Format::Metric),
            ("recall_baseline", "recall then", Format::Metric),
            ("recall", "recall", Format::Metric),
            ("false_positive_rate_baseline", "false positive rate then", Format::Metric),
            ("false_positive_rate", "false positive rate", Format::Metric),
            ("base_rate_baseline", "positive then", Format::Share),
            ("base_rate", "positive", Format::Share),
        ],
    );
    let (was, is) = (ratios(then), ratios(now));
    for (at, group) in groups.iter().enumerate() {
        let (then, now) = (then[at], now[at]);
        let share = |k: u64, n: u64| {
            let Ok(interval) = wilson(k, n, 1.959_964) else { return Cell::Missing };
            Cell::Interval(k as f64 / n as f64, interval)
        };
        table.push(vec![
            name.as_str().into(),
            group.as_str().into(),
            then.rows.into(),
            now.rows.into(),
            share(then.chosen, then.rows),
            share(now.chosen, now.rows),
            was[at].into(),
            is[at].into(),
            then.recall().into(),
            now.recall().into(),
            then.false_positive_rate().into(),
            now.false_positive_rate().into(),
            Cell::from((then.labelled > 0).then(|| then.positives as f64 / then.labelled as f64)),
            Cell::from((now.labelled > 0).then(|| now.positives as f64 / now.labelled as f64)),
        ]);
    }
    table
}
