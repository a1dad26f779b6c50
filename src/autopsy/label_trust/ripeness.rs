//! Open cases that are written as one of the classes: labels that have yet to ripen.

use std::sync::Arc;

use super::{arrival, withdraw};
use crate::{
    autopsy::{Dossier, LabelDoubt, Verdict, catalogue::checks},
    summary::{Micros, Task},
    text::{number, time},
};

/// Bins of equal count over which the share of positives is followed.
const RIPENING_BINS: usize = 40;

/// Fewer positives than this expected in a bin tell nothing of it.
const FEWEST_POSITIVES: f64 = 4.0;

/// Labels of an age count as ripe when this share of the positives has come.
const RIPE: f64 = 0.97;

/// The share of positives over the expected one in one bin of rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bin {
    /// The middle row's time before the log's end.
    pub(super) age: f64,
    pub(super) ratio: f64,
    pub(super) expected: f64,
}

/// Labels that say "negative" until the positive ones have come.
///
/// The share of positives, over what the answers expect, is followed by the age of the row. Ripening labels follow
/// `1 − exp(−age / τ)`; they are distinguished from a change of the world, a step in time, by which of the two curves fits better.
/// A tail of rows without any positive, where the answers expect many, is no world either.
///
/// * `open`: the class that open cases are written as, 0 or 1.
pub(super) fn ripeness(dossier: &mut Dossier, open: f64) -> Option<LabelDoubt> {
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
pub(super) fn ripening_age(bins: &[Bin], span: f64) -> Option<(f64, &'static str)> {
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
    // The newest rows must be far below the oldest, or a slow change would do as well.
    let newest = bins.last().map_or(0.0, |bin| bin.ratio);
    let (ripening, tau, height) = ripening(bins, span, &|_| 1.0)?;
    let age = |tau: f64| (-tau * (1.0 - RIPE).ln()).min(0.75 * span);
    if ripening < step && ripening < 0.5 * flat && newest < 0.35 * height {
        return Some((age(tau), "fewer for more recent rows"));
    }
    if let Some(found) = after_a_change(bins, span, step, newest) {
        return Some((age(found), "fewer for more recent rows"));
    }
    // A step down to nothing at the end of the log.
    tail.map(|age| (age, "none at all"))
}

/// The best fit of labels that ripen on top of a level: its error, time constant and height.
///
/// * `level`: the share of positives of a bin over the expected one once all have come, up to a factor.
fn ripening(bins: &[Bin], span: f64, level: &dyn Fn(&Bin) -> f64) -> Option<(f64, f64, f64)> {
    let mut best: Option<(f64, f64, f64)> = None;
    for part in 1..=100 {
        let tau = span * f64::from(part) / 100.0;
        let shape = |bin: &Bin| level(bin) * (1.0 - (-bin.age / tau).exp());
        let (top, bottom) = bins.iter().fold((0.0, 0.0), |(top, bottom), bin| {
            let s = shape(bin);
            (top + bin.expected * s * bin.ratio, bottom + bin.expected * s * s)
        });
        let height = top / f64::max(bottom, f64::MIN_POSITIVE);
        let error: f64 =
            bins.iter().map(|bin| bin.expected * (bin.ratio - height * shape(bin)).powi(2)).sum();
        if best.is_none_or(|(known, ..)| error < known) {
            best = Some((error, tau, height));
        }
    }
    best
}

/// The error that a step leaves is reduced by at least this much where labels ripen behind it; each bin leaves about 1 if
/// it is right.
const MUCH_BETTER: f64 = 25.0;

/// The time constant of labels that ripen behind a change of the world: a step, and fewer and fewer in the newest rows.
///
/// * `step`: the error of the best step alone.
/// * `newest`: the ratio of the newest bin.
fn after_a_change(bins: &[Bin], span: f64, step: f64, newest: f64) -> Option<f64> {
    let level = |bins: &[Bin]| {
        let weight: f64 = bins.iter().map(|bin| bin.expected).sum();
        bins.iter().map(|bin| bin.expected * bin.ratio).sum::<f64>() / weight.max(f64::MIN_POSITIVE)
    };
    let mut best: Option<(f64, f64, f64)> = None;
    // The level behind the change is that of rows which are not the newest.
    let old = bins.len() - bins.len() / 8;
    for cut in 2..old.saturating_sub(2) {
        let (before, after, at) = (level(&bins[..cut]), level(&bins[cut..old]), bins[cut].age);
        let of = |bin: &Bin| if bin.age > at { before } else { after };
        let Some((error, tau, height)) = ripening(bins, span, &of) else { continue };
        if best.is_none_or(|(known, ..)| error < known) {
            best = Some((error, tau, height * after));
        }
    }
    let (error, tau, height) = best?;
    let before_last = bins.iter().rev().nth(1).map_or(0.0, |bin| bin.ratio);
    let falls = newest < 0.35 * height && before_last < 0.75 * height;
    (falls && step - error >= MUCH_BETTER && error < 0.6 * step).then_some(tau)
}
