//! Labels whose time of arrival is known: comparison at equal age where it depends on the label.

use std::sync::Arc;

use super::withdraw;
use crate::{
    autopsy::{Dossier, LabelDoubt, Verdict, catalogue::checks},
    stats::{moments::quantile, testing::mann_whitney_auc},
    summary::{Micros, Table, Task, values::NO_TIME},
    text::{number, time},
};

/// Rows are old enough to show how late labels come when they were answered in this first part of the log.
const OLD: f64 = 0.5;

/// The share of the labels of old rows that have come at the age of comparison.
const COME: f64 = 0.95;

/// Labels of each kind from which on their delays are compared.
const FEWEST: usize = 100;

/// The chance that a label of one kind came later than one of the other is this far from a half where the delay depends on
/// the label.
const DEPENDENT: f64 = 0.1;

/// A delay of labels that is this part of the log or less needs no comparison at equal age.
const PROMPT: f64 = 0.02;

/// The delays of the labels in microseconds, each with its label; none where an instant is missing.
fn delays(sample: &Table, until: Micros) -> Vec<(f64, f64)> {
    (0..sample.rows)
        .filter(|&row| sample.time[row] <= until && !sample.label[row].is_nan())
        .filter_map(|row| Some((delay(sample, row)?, sample.label[row])))
        .collect()
}

/// How long after its answer the label of a row came; none where that is not known.
fn delay(sample: &Table, row: usize) -> Option<f64> {
    let came = sample.label_time.get(row).copied().filter(|&came| came != NO_TIME)?;
    Some((came - sample.time[row]) as f64)
}

/// When the log was taken: the last answer, or the last label.
fn taken(sample: &Table) -> Option<Micros> {
    let last = sample.time.last()?;
    Some(sample.label_time.iter().copied().fold(*last, Micros::max))
}

/// The median delay of the labels and the one within which 95 % came, in microseconds, among rows that are old enough to
/// show it; `None` without a column of the times at which labels came.
#[must_use]
pub(in crate::autopsy) fn label_delay(sample: &Table) -> Option<(f64, f64)> {
    if sample.time.is_empty() || sample.label_time.is_empty() {
        return None;
    }
    let mut found: Vec<f64> = delays(sample, half(sample)?).into_iter().map(|(delay, _)| delay).collect();
    if found.len() < FEWEST {
        return None;
    }
    found.sort_unstable_by(f64::total_cmp);
    Some((quantile(&found, 0.5).ok()?, quantile(&found, COME).ok()?))
}

/// The instant up to which rows are old.
fn half(sample: &Table) -> Option<Micros> {
    let (first, last) = (*sample.time.first()?, *sample.time.last()?);
    Some(first + ((last - first) as f64 * OLD) as Micros)
}

/// Where labels of one kind come later than others: keeps those that came within an age that every judged row has, and the
/// rows that have reached it.
pub(super) fn equal_age(dossier: &mut Dossier) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    let (_, late) = label_delay(sample)?;
    let end = taken(sample)?;
    let span = (*sample.time.last()? - *sample.time.first()?) as f64;
    if late <= PROMPT * span {
        return None;
    }
    let found = delays(sample, half(sample)?);
    // Of numbers: those above their median against the others.
    let middle = match dossier.task() {
        Task::Binary => 0.5,
        Task::Multiclass => return None,
        Task::Regression => {
            let mut labels: Vec<f64> = found.iter().map(|(_, label)| *label).collect();
            labels.sort_unstable_by(f64::total_cmp);
            quantile(&labels, 0.5).ok()?
        }
    };
    let side = |high: bool| -> Vec<f64> {
        found.iter().filter(|(_, label)| (*label > middle) == high).map(|(delay, _)| *delay).collect()
    };
    let (low, high) = (side(false), side(true));
    if low.len() < FEWEST || high.len() < FEWEST {
        return None;
    }
    let later = mann_whitney_auc(&low, &high).ok()?.auc;
    if (later - 0.5).abs() <= DEPENDENT {
        return None;
    }
    let age = late.min(OLD * span) as Micros;
    let from = end - age;
    let name = |high: bool| match dossier.task() {
        Task::Regression => format!("{} {}", if high { "above" } else { "up to" }, number::value(middle)),
        _ => dossier.plan.classes.get(usize::from(high)).cloned().unwrap_or_default(),
    };
    let median = |mut delays: Vec<f64>| {
        delays.sort_unstable_by(f64::total_cmp);
        quantile(&delays, 0.5).map_or_else(|_| String::new(), |delay| time::duration(delay as Micros))
    };
    let message = format!(
        "Labels {} come after {} (median), labels {} after {}. Rows are compared at equal age: a label counts if it came within \
         {} of the answer, and rows since {} are too young to be judged.",
        name(true),
        median(high),
        name(false),
        median(low),
        time::duration(age),
        time::short(from),
    );
    let plan = Arc::clone(&dossier.plan);
    let is_out = |table: &Table, row: usize| {
        table.time[row] > from || delay(table, row).is_some_and(|delay| delay > age as f64)
    };
    withdraw(&plan, &mut dossier.production, is_out);
    Some(LabelDoubt { id: (&checks::LABELS_SELECTION).into(), verdict: Verdict::Watch, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Micros = 86_400_000_000;

    /// Two thousand rows over fifty days; label 1 comes after a day, label 0 after twenty.
    fn sample(slow: i64) -> Table {
        let time: Vec<Micros> = (0..2000).map(|row| DAY * 1000 + row * DAY / 40).collect();
        let end = time[1999];
        let truth = |row: usize| f64::from(u8::from(row.is_multiple_of(3)));
        let came = |row: usize| time[row] + if truth(row) == 1.0 { DAY } else { slow * DAY };
        let is_known = |row: &usize| came(*row) <= end;
        Table {
            rows: 2000,
            label: (0..2000).map(|row| if is_known(&row) { truth(row) } else { f64::NAN }).collect(),
            label_time: (0..2000).map(|row| if is_known(&row) { came(row) } else { NO_TIME }).collect(),
            prediction: (0..2000).map(truth).collect(),
            time,
            ..Table::default()
        }
    }

    #[test]
    fn the_delay_is_that_of_old_rows() {
        let (median, late) = label_delay(&sample(20)).expect("labels with a time");
        assert_eq!((median, late), ((20 * DAY) as f64, (20 * DAY) as f64));
        assert_eq!(label_delay(&Table::default()), None);
    }
}
