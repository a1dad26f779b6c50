//! Which labels can be held against the answers: those in the answers' words, that are ripe, and that were not picked by
//! the answer.
//!
//! Done once, before any exam: labels that fail are taken out of what is judged, and a [`LabelDoubt`] says so. An exam
//! that saw them would find a changed relation where only the labelling changed.

mod arrival;

use std::{collections::BTreeSet, sync::Arc};

use self::arrival::{by_score, sooner};
use super::{Dossier, LabelDoubt, Verdict, catalogue::checks};
use crate::{
    stats::metric::roc_auc,
    summary::{Micros, Plan, SnapshotSummary, Table, Task},
    text::{number, time},
};

/// The dossier without the labels that cannot be held against the answers; [`Dossier::label_doubts`] says which, and where
/// scores cannot.
#[must_use]
pub fn settle_labels(mut dossier: Dossier) -> Dossier {
    if dossier.production.sample.is_profile() || dossier.training.sample.is_profile() {
        return dossier;
    }
    let mut doubts = vocabulary(&mut dossier);
    if doubts.is_empty() {
        doubts.extend(sooner(&mut dossier));
    }
    if doubts.is_empty() && dossier.task() != Task::Regression {
        doubts.extend(ripeness(&mut dossier, 0.0));
        if doubts.is_empty() {
            doubts.extend(ripeness(&mut dossier, 1.0));
        }
        doubts.extend(selection(&mut dossier));
    }
    if doubts.is_empty() {
        doubts.extend(by_score(&dossier));
    }
    doubts.extend(facing(&dossier));
    dossier.label_doubts = doubts;
    dossier
}

/// Removes the labels of the rows that `out` accepts from a snapshot's sample and recounts its windows by the rest.
fn withdraw(plan: &Plan, snapshot: &mut SnapshotSummary, out: impl Fn(&Table, usize) -> bool) {
    let rows: Vec<usize> = (0..snapshot.sample.label.len()).filter(|&r| out(&snapshot.sample, r)).collect();
    if rows.is_empty() {
        return;
    }
    for row in rows {
        snapshot.sample.label[row] = f64::NAN;
    }
    if let Some(table) = &mut snapshot.weighted {
        let rows: Vec<usize> = (0..table.label.len()).filter(|&row| out(table, row)).collect();
        for row in rows {
            table.label[row] = f64::NAN;
        }
    }
    snapshot.recount_labels(plan);
}

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

/// Labels of which none (or, of two classes, one only) is a class that the model answers.
fn vocabulary(dossier: &mut Dossier) -> Vec<LabelDoubt> {
    if dossier.task() == Task::Regression {
        return Vec::new();
    }
    let plan = Arc::clone(&dossier.plan);
    let met = [classes_met(&dossier.training), classes_met(&dossier.production)];
    let answers: BTreeSet<usize> = met.iter().flat_map(|(_, answers)| answers.iter().copied()).collect();
    let named = |classes: &BTreeSet<usize>| {
        let quoted: Vec<String> = classes
            .iter()
            .take(4)
            .filter_map(|&class| plan.classes.get(class))
            .map(|class| format!("{class:?}"))
            .collect();
        let more = if classes.len() > 4 { " …" } else { "" };
        format!("{}{more}", quoted.join(", "))
    };
    let mut doubts = Vec::new();
    for ((labels, _), production) in met.iter().zip([false, true]) {
        let common = labels.intersection(&answers).count();
        // Two classes each and one in common: 1 and 2 against 0 and 1.
        let shifted = labels.len() == 2 && answers.len() == 2 && common == 1;
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
                named(labels),
                named(&answers)
            ),
        });
    }
    doubts
}

/// A score whose ROC AUC against the model's own answers is below this ranks the other class.
const TURNED: f64 = 0.2;

/// A score that ranks against the answers themselves: it is the probability of the other class.
fn facing(dossier: &Dossier) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    let rows = sample.score.iter().zip(&sample.prediction).filter(|(s, p)| s.is_finite() && !p.is_nan());
    let (scores, positive): (Vec<f64>, Vec<bool>) =
        rows.map(|(score, answer)| (*score, *answer == 1.0)).unzip();
    let auc = roc_auc(&scores, &positive).ok().filter(|_| dossier.task() == Task::Binary)?;
    let class = |at: usize| dossier.plan.classes.get(at).map_or("", String::as_str);
    (auc < TURNED).then(|| LabelDoubt {
        id: (&checks::LABELS_SCORE_SIDE).into(),
        verdict: Verdict::Alarm,
        message: format!(
            "The score ranks against the model's own answers (ROC AUC {}): it looks like the probability of {}, not of {}. \
             Metrics of the score mean nothing until either the score or [model] positive is reversed.",
            number::metric(auc),
            class(0),
            class(1)
        ),
    })
}

/// Bins of equal count over which the share of positives is followed.
const RIPENING_BINS: usize = 40;

/// Fewer positives than this expected in a bin tell nothing of it.
const FEWEST_POSITIVES: f64 = 4.0;

/// Labels of an age count as ripe when this share of the positives has come.
const RIPE: f64 = 0.97;

/// The share of positives over the expected one in one bin of rows.
#[derive(Debug, Clone, Copy)]
struct Bin {
    /// The middle row's time before the log's end.
    age: f64,
    ratio: f64,
    expected: f64,
}

/// Labels that say "negative" until the positive ones have come.
///
/// The share of positives, over what the answers expect, is followed by the age of the row. Ripening labels follow
/// `1 − exp(−age / τ)`; they are told from a change of the world, a step in time, by which of the two curves is nearer.
/// A tail of rows without any positive, where the answers expect many, is no world either.
///
/// * `open`: the class that open cases are written as, 0 or 1.
fn ripeness(dossier: &mut Dossier, open: f64) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    if dossier.task() != Task::Binary || sample.time.is_empty() || sample.label.is_empty() {
        return None;
    }
    // The other class is the one that comes late: it is counted as the positive one below.
    let turned = |p: f64| if open == 1.0 { 1.0 - p } else { p };
    let rows: Vec<(Micros, f64, f64)> = (0..sample.rows)
        .filter(|&row| !sample.label[row].is_nan())
        .filter_map(|row| {
            let expected = arrival::expectation(sample, row)?;
            Some((sample.time[row], turned(sample.label[row]), turned(expected)))
        })
        .collect();
    let end = *sample.time.last()?;
    let size = rows.len() / RIPENING_BINS;
    if size == 0 {
        return None;
    }
    let bins: Vec<Bin> = rows
        .chunks(size)
        .filter(|chunk| chunk.len() == size)
        .map(|chunk| {
            let expected: f64 = chunk.iter().map(|row| row.2).sum();
            let positives = chunk.iter().filter(|row| row.1 == 1.0).count() as f64;
            let age = (end - chunk[size / 2].0) as f64;
            Bin { age, ratio: positives / expected.max(f64::MIN_POSITIVE), expected }
        })
        .collect();
    if bins.iter().any(|bin| bin.expected < FEWEST_POSITIVES) {
        return None;
    }
    let span = (end - rows.first()?.0) as f64;
    let (age, how) = ripening_age(&bins, span)?;
    let from = end - age as Micros;
    let share = |rows: &mut dyn Iterator<Item = &(Micros, f64, f64)>| {
        let (mut n, mut positives) = (0_u64, 0_u64);
        rows.for_each(|row| {
            n += 1;
            positives += u64::from(row.1 == 1.0);
        });
        positives as f64 / n.max(1) as f64
    };
    let (old, young) =
        (share(&mut rows.iter().filter(|row| row.0 < from)), share(&mut rows.iter().rev().take(size)));
    let plan = Arc::clone(&dossier.plan);
    withdraw(&plan, &mut dossier.production, |table, row| table.time[row] >= from);
    Some(LabelDoubt {
        id: (&checks::LABELS_RIPENESS).into(),
        verdict: Verdict::Watch,
        message: format!(
            "The labels may not have matured: {} of the rows before {} are {}, of the last rows {}, {how}, while the answers stay \
             as they were. Rows since {} are not evaluated; do not retrain on them.",
            number::share(old),
            time::short(from),
            plan.classes.get(usize::from(open == 0.0)).map_or("1", String::as_str),
            number::share(young),
            time::short(from),
        ),
    })
}

/// From which age on labels are ripe, and how they ripen; none where they do not.
fn ripening_age(bins: &[Bin], span: f64) -> Option<(f64, &'static str)> {
    let weight: f64 = bins.iter().map(|bin| bin.expected).sum();
    let mean = bins.iter().map(|bin| bin.expected * bin.ratio).sum::<f64>() / weight;
    let error = |fit: &dyn Fn(&Bin) -> f64| {
        bins.iter().map(|bin| bin.expected * (bin.ratio - fit(bin)).powi(2)).sum::<f64>()
    };
    let flat = error(&|_| mean);
    let level = |bins: &[Bin]| {
        let weight: f64 = bins.iter().map(|bin| bin.expected).sum();
        bins.iter().map(|bin| bin.expected * bin.ratio).sum::<f64>() / weight.max(f64::MIN_POSITIVE)
    };
    let (mut step, mut tail) = (flat, None);
    for cut in 2..bins.len() {
        let (before, after) = (level(&bins[..cut]), level(&bins[cut..]));
        let at = bins[cut].age;
        let error = error(&|bin| if bin.age > at { before } else { after });
        if error < step {
            step = error;
            let expected: f64 = bins[cut..].iter().map(|bin| bin.expected).sum();
            let none = after <= 0.02 * before && before * expected >= 20.0;
            tail = none.then(|| f64::midpoint(bins[cut - 1].age, at));
        }
    }
    let mut best: Option<(f64, f64, f64)> = None;
    for part in 1..=100 {
        let tau = span * f64::from(part) / 100.0;
        let shape = |bin: &Bin| 1.0 - (-bin.age / tau).exp();
        let (top, bottom) = bins.iter().fold((0.0, 0.0), |(top, bottom), bin| {
            let s = shape(bin);
            (top + bin.expected * s * bin.ratio, bottom + bin.expected * s * s)
        });
        let height = top / f64::max(bottom, f64::MIN_POSITIVE);
        let error = error(&|bin| height * shape(bin));
        if best.is_none_or(|(known, ..)| error < known) {
            best = Some((error, tau, height));
        }
    }
    let (error, tau, height) = best?;
    // The newest rows must be far below the oldest, or a slow change would do as well.
    let newest = bins.last().map_or(0.0, |bin| bin.ratio);
    if error < step && error < 0.5 * flat && newest < 0.35 * height {
        let age = -tau * (1.0 - RIPE).ln();
        return Some((age.min(0.75 * span), "fewer for more recent rows"));
    }
    // A step down to nothing at the end of the log.
    tail.map(|age| (age, "none at all"))
}

/// Rows of an answer from which on the share of labelled ones is told.
const FEWEST_ANSWERS: usize = 50;

/// A difference of labelled shares between answers from which on labels are picked by the answer.
const PICKED: f64 = 0.3;

/// A share of labelled rows below which an answer counts as not followed up.
const FORGOTTEN: f64 = 0.05;

/// Labels that rows of one answer get and rows of another do not.
fn selection(dossier: &mut Dossier) -> Option<LabelDoubt> {
    let sample = &dossier.production.sample;
    if sample.label.is_empty() || sample.prediction.is_empty() {
        return None;
    }
    let labelled = |row: &usize| !sample.label[*row].is_nan();
    let of = |class: usize| -> Vec<usize> {
        (0..sample.rows).filter(|&row| sample.prediction[row] == class as f64).collect()
    };
    let share =
        |rows: &[usize]| rows.iter().filter(|row| labelled(row)).count() as f64 / rows.len().max(1) as f64;
    let answers: Vec<(usize, Vec<usize>)> = (0..dossier.plan.classes.len())
        .map(|class| (class, of(class)))
        .filter(|(_, rows)| rows.len() >= FEWEST_ANSWERS)
        .collect();
    // Where the labelling of the rows of an answer changed most.
    let split = |rows: &[usize]| -> Option<(usize, f64, f64)> {
        let mut known = vec![0.0];
        for row in rows {
            known.push(known[known.len() - 1] + f64::from(u8::from(labelled(row))));
        }
        let (n, all) = (rows.len() as f64, known[rows.len()]);
        (20..rows.len().saturating_sub(20))
            .map(|cut| {
                let (before, after) = (known[cut] / cut as f64, (all - known[cut]) / (n - cut as f64));
                (cut, before, after)
            })
            .max_by(|a, b| {
                let gain = |&(cut, before, after): &(usize, f64, f64)| {
                    cut as f64 * (n - cut as f64) * f64::powi(before - after, 2)
                };
                gain(a).total_cmp(&gain(b))
            })
    };
    let most =
        answers.iter().map(|(class, rows)| (*class, share(rows))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (worst, rows) = answers.iter().min_by(|a, b| share(&a.1).total_cmp(&share(&b.1)))?;
    if most.1 - share(rows) < PICKED.min(0.2) {
        return None;
    }
    let change = split(rows).filter(|(_, before, after)| before - after >= PICKED && !sample.time.is_empty());
    let since = change.map(|(cut, ..)| sample.time[rows[cut]]);
    let recent = |class: usize| -> f64 {
        let rows = answers.iter().find(|(c, _)| *c == class).map_or(&[][..], |(_, rows)| rows);
        let from = since.map_or(0, |since| rows.partition_point(|&row| sample.time[row] < since));
        share(&rows[from..])
    };
    let (low, high) = (recent(*worst), recent(most.0));
    if high - low < PICKED {
        return None;
    }
    let plan = Arc::clone(&dossier.plan);
    let name = |class: usize| plan.classes.get(class).map_or("", String::as_str).to_owned();
    let forgotten: Vec<usize> =
        answers.iter().map(|(class, _)| *class).filter(|&class| recent(class) < FORGOTTEN).collect();
    let when = since.map_or_else(|| "In the whole log".to_owned(), |at| format!("Since {}", time::short(at)));
    let before =
        change.map_or(String::new(), |(_, before, _)| format!(" (before: {})", number::share(before)));
    let then = if forgotten.is_empty() {
        "Compare rows of one answer only".to_owned()
    } else {
        let names: Vec<String> = forgotten.iter().map(|&class| name(class)).collect();
        format!("Rows that are answered {} are not judged", names.join(" or "))
    };
    let message = format!(
        "Whether a row gets a label depends on the answer. {when} {} of the rows answered {} have one and {} of those \
         answered {}{before}. {then}.",
        number::share(high),
        name(most.0),
        number::share(low),
        name(*worst),
    );
    let is_forgotten = |table: &Table, row: usize| {
        forgotten.iter().any(|&class| table.prediction.get(row) == Some(&(class as f64)))
    };
    withdraw(&plan, &mut dossier.production, is_forgotten);
    withdraw(&plan, &mut dossier.training, is_forgotten);
    Some(LabelDoubt { id: (&checks::LABELS_SELECTION).into(), verdict: Verdict::Watch, message })
}

#[cfg(test)]
mod tests;
