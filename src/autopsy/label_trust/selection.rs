//! Labels that rows get by their answer or their score: the rows that are compared are made alike in it.
//!
//! Where the labelling changed, labels before the change are left out at random until each answer, or each tenth of the
//! scores, has them as often as since: then the two periods are the same selection of the requests, and a difference
//! between them is none of the labelling.

use std::sync::Arc;

use super::withdraw;
use crate::{
    autopsy::{Dossier, LabelDoubt, Verdict, catalogue::checks},
    stats::{moments::mean, testing::mann_whitney_auc},
    summary::{Micros, Table, Task, values::mix},
    text::{number, time},
};

/// Minimum number of rows of an answer to report the share of labelled ones.
const FEWEST_ANSWERS: usize = 50;

/// A difference of labelled shares between answers from which on labels are picked by the answer.
const PICKED: f64 = 0.3;

/// A share of labelled rows below which a stratum counts as not followed up.
const FORGOTTEN: f64 = 0.05;

/// Rows before and after a change of the labelling, at least.
const FEWEST_BESIDE: usize = 20;

/// Bins of equal count over which rows of the same time are compared.
const BINS: usize = 40;

/// Rows with and rows without a label of the same time from which on they are compared.
const FEWEST: usize = 200;

/// The chance that a labelled row scores above another one is this far from a half where labels depend on the score.
const DEPENDENT: f64 = 0.1;

/// Number of groups of scores that are compared.
const TENTHS: usize = 10;

fn is_labelled(table: &Table, row: usize) -> bool {
    table.label.get(row).is_some_and(|label| !label.is_nan())
}

/// The share of labelled rows; 0 without rows.
fn share(table: &Table, rows: &[usize]) -> f64 {
    rows.iter().filter(|&&row| is_labelled(table, row)).count() as f64 / rows.len().max(1) as f64
}

/// Where the labelling of some rows, in order of time, changed most: the place, and the shares before and after.
fn change(table: &Table, rows: &[usize]) -> Option<(usize, f64, f64)> {
    let mut known = vec![0.0];
    for &row in rows {
        known.push(known[known.len() - 1] + f64::from(u8::from(is_labelled(table, row))));
    }
    let (n, all) = (rows.len() as f64, known[rows.len()]);
    let gain = |&(cut, before, after): &(usize, f64, f64)| {
        cut as f64 * (n - cut as f64) * f64::powi(before - after, 2)
    };
    (FEWEST_BESIDE..rows.len().saturating_sub(FEWEST_BESIDE))
        .map(|cut| (cut, known[cut] / cut as f64, (all - known[cut]) / (n - cut as f64)))
        .max_by(|a, b| gain(a).total_cmp(&gain(b)))
}

/// The stratum of a row of a table.
type StratumOf = dyn Fn(&Table, usize) -> Option<usize>;

/// Parts of the rows within which labels do not depend on anything else, as far as can be seen.
struct Strata {
    number: usize,
    of: Box<StratumOf>,
}

impl Strata {
    /// The rows of each answer.
    fn answers(classes: usize) -> Self {
        let of = move |table: &Table, row: usize| {
            let answer = table.prediction.get(row).filter(|answer| answer.is_finite())?;
            Some(*answer as usize).filter(|&class| class < classes)
        };
        Self { number: classes, of: Box::new(of) }
    }

    /// Tenths of the scores, or of the predicted values.
    ///
    /// * `values`: those of production, in any order.
    fn tenths(task: Task, values: &[f64]) -> Self {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let edges: Vec<f64> =
            (1..TENTHS).filter_map(|tenth| sorted.get(sorted.len() * tenth / TENTHS).copied()).collect();
        let of = move |table: &Table, row: usize| {
            let value = Self::value(task, table).get(row).filter(|value| value.is_finite())?;
            Some(edges.partition_point(|edge| edge <= value))
        };
        Self { number: TENTHS, of: Box::new(of) }
    }

    /// The values that tenths are made of.
    fn value(task: Task, table: &Table) -> &[f64] {
        if task == Task::Regression { &table.prediction } else { &table.score }
    }

    /// The rows of each stratum within a range of time.
    fn rows(&self, table: &Table, is_in: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new(); self.number];
        for row in (0..table.rows).filter(|&row| is_in(row)) {
            if let Some(stratum) = (self.of)(table, row) {
                rows[stratum].push(row);
            }
        }
        rows
    }
}

/// Leaves labels out until each stratum has them as often before `since` (and in training) as since then. A stratum that
/// hardly has any since then is not judged at all.
fn equalise(dossier: &mut Dossier, strata: &Strata, since: Option<Micros>) {
    let sample = &dossier.production.sample;
    let is_late = |row: usize| since.is_none_or(|since| sample.time[row] >= since);
    let shares = |table: &Table, rows: Vec<Vec<usize>>| -> Vec<f64> {
        rows.iter().map(|rows| share(table, rows)).collect()
    };
    let late = shares(sample, strata.rows(sample, is_late));
    let early = shares(sample, strata.rows(sample, |row| !is_late(row)));
    let learnt = &dossier.training.sample;
    let learnt = shares(learnt, strata.rows(learnt, |_| true));
    let kept = |earlier: &[f64]| -> Vec<f64> {
        let part =
            |(late, early): (&f64, &f64)| if *late < FORGOTTEN || *early == 0.0 { 0.0 } else { late / early };
        let parts: Vec<f64> = late.iter().zip(earlier).map(part).collect();
        let most = parts.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        parts.iter().map(|part| part / most).collect()
    };
    let (of_early, of_training) = (kept(&early), kept(&learnt));
    let chance = |row: usize| mix(row as u64) as f64 / u64::MAX as f64;
    let is_thinned = |table: &Table, row: usize, kept: &[f64]| {
        (strata.of)(table, row).is_some_and(|stratum| chance(row) >= kept[stratum])
    };
    let is_forgotten =
        |table: &Table, row: usize| (strata.of)(table, row).is_some_and(|stratum| late[stratum] < FORGOTTEN);
    let plan = Arc::clone(&dossier.plan);
    withdraw(&plan, &mut dossier.production, |table, row| {
        let is_early = since.is_some_and(|since| table.time[row] < since);
        is_forgotten(table, row) || (is_early && is_thinned(table, row, &of_early))
    });
    withdraw(&plan, &mut dossier.training, |table, row| is_thinned(table, row, &of_training));
}

/// Labels that rows of one answer get and rows of another do not.
pub(super) fn by_answer(dossier: &mut Dossier) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    if sample.label.is_empty() || sample.prediction.is_empty() {
        return None;
    }
    let strata = Strata::answers(dossier.plan.classes.len());
    let rows = strata.rows(sample, |_| true);
    let answers: Vec<(usize, &Vec<usize>)> =
        rows.iter().enumerate().filter(|(_, rows)| rows.len() >= FEWEST_ANSWERS).collect();
    let (best, _) = answers
        .iter()
        .map(|(class, rows)| (*class, share(sample, rows)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (worst, of_worst) =
        answers.iter().min_by(|a, b| share(sample, a.1).total_cmp(&share(sample, b.1)))?;
    let change = change(sample, of_worst)
        .filter(|(_, before, after)| before - after >= PICKED && !sample.time.is_empty());
    let since = change.map(|(cut, ..)| sample.time[of_worst[cut]]);
    let recent = |rows: &[usize]| -> f64 {
        let from = since.map_or(0, |since| rows.partition_point(|&row| sample.time[row] < since));
        share(sample, &rows[from..])
    };
    let (low, high) = (recent(of_worst), recent(&rows[best]));
    if high - low < PICKED {
        return None;
    }
    let name = |class: usize| dossier.plan.classes.get(class).map_or("", String::as_str).to_owned();
    let forgotten: Vec<String> =
        answers.iter().filter(|(_, rows)| recent(rows) < FORGOTTEN).map(|(class, _)| name(*class)).collect();
    let when = since.map_or_else(|| "In the whole log".to_owned(), |at| format!("Since {}", time::short(at)));
    let before =
        change.map_or(String::new(), |(_, before, _)| format!(" (before: {})", number::share(before)));
    let then = if forgotten.is_empty() {
        "Labels of other rows are left out at random until all that are compared are the same selection"
            .to_owned()
    } else {
        format!("Rows that are answered {} are not judged", forgotten.join(" or "))
    };
    let message = format!(
        "Whether a row gets a label depends on the answer. {when} {} of the rows answered {} have one and {} of those \
         answered {}{before}. {then}.",
        number::share(high),
        name(best),
        number::share(low),
        name(*worst),
    );
    equalise(dossier, &strata, since);
    Some(LabelDoubt { id: (&checks::LABELS_SELECTION).into(), verdict: Verdict::Watch, message })
}

/// Compares the values of rows with and without a label among rows of the same time, so that neither drift nor labels that
/// are still to come look like a choice: the chance that a labelled row has the higher value, and the mean of both sides.
/// `None` if too few rows can be compared.
///
/// The chance is that of van Elteren's stratified rank sum: the AUCs of the bins, weighted by n m / (n + m).
fn within_bins(
    sample: &Table,
    values: &[f64],
    is_of_group: impl Fn(usize) -> bool,
) -> Option<(f64, f64, f64)> {
    let bins = if sample.time.is_empty() { 1 } else { BINS };
    let size = sample.rows.div_ceil(bins).max(1);
    let (mut all_with, mut all_without) = (Vec::new(), Vec::new());
    let (mut sum, mut weights, mut compared) = (0.0, 0.0, 0);
    for from in (0..sample.rows).step_by(size) {
        let rows = from..(from + size).min(sample.rows);
        let rows = rows.filter(|&row| values[row].is_finite() && is_of_group(row));
        let (without, with): (Vec<usize>, Vec<usize>) = rows.partition(|&row| sample.label[row].is_nan());
        let value = |rows: Vec<usize>| -> Vec<f64> { rows.into_iter().map(|row| values[row]).collect() };
        let (with, without) = (value(with), value(without));
        let Ok(test) = mann_whitney_auc(&without, &with) else { continue };
        let (n, m) = (with.len() as f64, without.len() as f64);
        sum += test.auc * n * m / (n + m);
        weights += n * m / (n + m);
        compared += with.len().min(without.len());
        all_with.extend(with);
        all_without.extend(without);
    }
    (compared >= FEWEST).then_some(())?;
    Some((sum / weights, mean(&all_with).ok()?, mean(&all_without).ok()?))
}

/// Whether rows of one answer get labels depending on their score, or on the predicted value.
pub(super) fn by_score(dossier: &mut Dossier) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    let task = dossier.task();
    if task == Task::Multiclass || sample.label.is_empty() {
        return None;
    }
    let name = if task == Task::Binary { "score" } else { "prediction" };
    let values = Strata::value(task, sample);
    if values.is_empty() {
        return None;
    }
    let classes = if task == Task::Binary { 2 } else { 1 };
    let groups = (0..classes).filter_map(|class| {
        let answered = |row: usize| classes == 1 || sample.prediction.get(row) == Some(&f64::from(class));
        let (auc, with, without) = within_bins(sample, values, answered)?;
        ((auc - 0.5).abs() > DEPENDENT).then_some((class, auc, with, without))
    });
    let (class, auc, with, without) =
        groups.max_by(|a, b| (a.1 - 0.5).abs().total_cmp(&(b.1 - 0.5).abs()))?;
    let of_answer = dossier.plan.classes.get(class as usize);
    let among = of_answer
        .filter(|_| classes > 1)
        .map_or_else(String::new, |class| format!(" among rows answered {class}"));
    let strata = Strata::tenths(task, values);
    let rows = strata.rows(sample, |_| true);
    let worst = rows.iter().min_by(|a, b| share(sample, a).total_cmp(&share(sample, b)))?;
    let change = change(sample, worst)
        .filter(|(_, before, after)| before - after >= PICKED && !sample.time.is_empty());
    let since = change.map(|(cut, ..)| sample.time[worst[cut]]);
    let when = since.map_or_else(String::new, |at| format!(" since {}", time::short(at)));
    let message = format!(
        "Whether a row gets a label depends on the {name}{among}{when}: the mean {name} is {} with a label and {} without (a \
         labelled row is the higher one in {} of the pairs). Labels are left out at random until all rows that are compared \
         are the same selection; what is measured is true of rows that get a label.",
        number::value(with),
        number::value(without),
        number::share(auc),
    );
    equalise(dossier, &strata, since);
    Some(LabelDoubt { id: (&checks::LABELS_SELECTION).into(), verdict: Verdict::Watch, message })
}
