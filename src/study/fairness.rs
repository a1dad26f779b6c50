//! Parity between groups of people, before and since the onset.

use crate::{
    autopsy::{Investigation, scoring::Answers},
    stats::interval::wilson,
    summary::Task,
    text::number,
};

use super::{
    columns_of::Groups,
    periods::{Period, TwoPeriods},
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// A group that is chosen less than this fraction as often as the group chosen most often is at a disadvantage
/// (Uniform Guidelines on Employee Selection Procedures 1978, 29 CFR 1607.4 D).
const FOUR_FIFTHS: f64 = 0.8;

/// Groups with fewer rows say nothing.
const FEWEST_ROWS: u64 = 30;

/// The counts of one group in one period.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Counts {
    /// Rows with an answer.
    rows: u64,
    /// Of them, those answered with the positive class.
    chosen: u64,
    /// Labelled rows.
    labelled: u64,
    positives: u64,
    hits: u64,
    false_alarms: u64,
}

impl Counts {
    fn of(answers: &Answers<'_>, rows: impl Iterator<Item = usize>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            let answer = answers.answer_of(row);
            if answer.is_nan() {
                continue;
            }
            let said = answer == 1.0;
            counts.rows += 1;
            counts.chosen += u64::from(said);
            if let Some(&label) = answers.label.get(row).filter(|label| !label.is_nan()) {
                let is = label == 1.0;
                counts.labelled += 1;
                counts.positives += u64::from(is);
                counts.hits += u64::from(is && said);
                counts.false_alarms += u64::from(!is && said);
            }
        }
        counts
    }

    fn selection(self) -> Option<f64> {
        (self.rows >= FEWEST_ROWS).then(|| self.chosen as f64 / self.rows as f64)
    }

    fn recall(self) -> Option<f64> {
        (self.positives > 0).then(|| self.hits as f64 / self.positives as f64)
    }

    fn false_positive_rate(self) -> Option<f64> {
        let negatives = self.labelled - self.positives;
        (negatives > 0).then(|| self.false_alarms as f64 / negatives as f64)
    }
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    if dossier.breakdown.groups.is_empty() {
        return Err("the contract names no [columns] groups".to_owned());
    }
    if dossier.task() != Task::Binary {
        return Err("parity is told of two classes only".to_owned());
    }
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let mut study = Study::new(Topic::Fairness);
    for name in &dossier.breakdown.groups {
        let Some(groups) = Groups::of(dossier, name) else {
            study.limits.push(format!("{name} holds nothing that makes groups."));
            continue;
        };
        let counted = |period: &Period<'_>| -> Vec<Counts> {
            let assigned = groups.assign(dossier, period.table);
            let of = |group: usize| {
                let inside = period.rows.iter().copied().filter(|&row| assigned[row] == Some(group));
                Counts::of(&period.answers, inside)
            };
            (0..groups.names().len()).map(of).collect()
        };
        let (then, now) = (counted(&periods.then), counted(&periods.now));
        study.says.push(said(name, groups.names(), &then, &now));
        study.tables.push(table(name, groups.names(), &then, &now));
    }
    study.limits.push(format!(
        "A ratio below {FOUR_FIFTHS} of the group chosen most often is the four-fifths rule; it is no test, and no measure of harm."
    ));
    Ok(study)
}

/// Each group's selection rate over the largest one.
fn ratios(counts: &[Counts]) -> Vec<Option<f64>> {
    let most = counts.iter().filter_map(|c| c.selection()).fold(0.0, f64::max);
    counts.iter().map(|c| c.selection().filter(|_| most > 0.0).map(|rate| rate / most)).collect()
}

fn said(name: &str, groups: &[String], then: &[Counts], now: &[Counts]) -> String {
    let (was, is) = (ratios(then), ratios(now));
    let lowest = |ratios: &[Option<f64>]| {
        let known = ratios.iter().enumerate().filter_map(|(at, ratio)| Some((at, (*ratio)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1))
    };
    let gap = |pick: fn(Counts) -> Option<f64>, counts: &[Counts]| {
        let known: Vec<f64> = counts.iter().filter_map(|&c| pick(c)).collect();
        let (low, high) =
            known.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        if known.len() < 2 { number::MISSING.to_owned() } else { number::metric(high - low) }
    };
    let Some((at, ratio)) = lowest(&is) else {
        return format!("{name}: no group has enough rows.");
    };
    let before = was
        .get(at)
        .copied()
        .flatten()
        .map_or_else(String::new, |was| format!(" ({} before)", number::metric(was)));
    let state = if ratio < FOUR_FIFTHS { "breaks" } else { "keeps" };
    format!(
        "{name} {state} the four-fifths rule: {} is chosen {} times as often as the group chosen most{before}; recall differs by {} \
         ({} before), the false positive rate by {} ({} before).",
        groups[at],
        number::metric(ratio),
        gap(Counts::recall, now),
        gap(Counts::recall, then),
        gap(Counts::false_positive_rate, now),
        gap(Counts::false_positive_rate, then),
    )
}

fn table(name: &str, groups: &[String], then: &[Counts], now: &[Counts]) -> StudyTable {
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
            name.into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_counts() {
        // fairlearn: demographic_parity_ratio = (15/50) / (30/50) = 0.5
        let label: Vec<f64> = (0..100).map(|row| f64::from(u8::from(row % 2 == 0))).collect();
        let said = |row: usize| if row < 50 { row < 30 } else { row < 65 };
        let prediction: Vec<f64> = (0..100).map(|row| f64::from(u8::from(said(row)))).collect();
        let answers = Answers {
            task: Task::Binary,
            classes: 2,
            label: &label,
            prediction: &prediction,
            score: &[],
            class_scores: &[],
        };
        let counts = [Counts::of(&answers, 0..50), Counts::of(&answers, 50..100)];
        assert_eq!(ratios(&counts), [Some(1.0), Some(0.5)]);
        // 25 positives among the first 50 rows, 15 of them are below 30.
        assert_eq!(counts[0].recall(), Some(0.6));
        assert_eq!(counts[0].false_positive_rate(), Some(0.6));
        let message = super::said("sex", &["a".to_owned(), "b".to_owned()], &counts, &counts);
        assert!(message.contains("breaks the four-fifths rule: b is chosen 0.500"), "{message}");
    }
}
