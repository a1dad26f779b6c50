//! Delivery statistics of one column, before any evaluation.

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Verdict,
        exam::{
            unseen_mass,
            window_split::{FEWEST_ROWS, Periods},
        },
    },
    stats::{
        distance::psi_corrected,
        interval::{TwoProportions, two_proportions},
        moments::ascend,
        testing::benjamini_hochberg,
    },
    summary::{Bins, Column, fraction},
    text::number,
};

use super::Delivery;

/// A smaller rise, or one by a smaller factor, is not reported, however significant.
const FLOOR: f64 = 0.01;
const FACTOR: f64 = 2.0;

/// False discovery rate among the risen shares.
const FALSE_DISCOVERIES: f64 = 0.01;

/// The number of rows with a property, out of all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub(super) rows: u64,
    pub(super) of: u64,
}

impl Part {
    pub(super) fn share(self) -> f64 {
        fraction(self.rows, self.of)
    }
}

/// A share in training, before the onset and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Course {
    pub(super) training: Part,
    pub(super) before: Option<Part>,
    pub(super) after: Part,
}

/// The most frequent value since the onset.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mode {
    /// As text.
    pub(super) text: String,
    /// Its share of the non-missing values since the onset.
    pub(super) after: f64,
    /// The same before the onset, where there are rows.
    pub(super) before: Option<f64>,
    /// The same in training.
    pub(super) training: f64,
}

/// One column's counts.
pub(super) struct Facts {
    pub(super) feature: usize,
    pub(super) name: String,
    pub(super) present: bool,
    pub(super) types: (String, Option<String>),
    /// Null, empty, NaN; excluding unreadable.
    pub(super) missing: Course,
    pub(super) unreadable: Course,
    /// Share of the non-missing values out of training's range, or of levels that do not occur in training.
    pub(super) outside: Course,
    /// Rows per fine bin: training, before, after.
    pub(super) counts: [Vec<u64>; 3],
    pub(super) examples: Vec<String>,
    pub(super) mode: Option<Mode>,
    psi: Option<f64>,
}

impl Facts {
    pub(super) fn gather(dossier: &Dossier, framing: &Framing, periods: &Periods, feature: usize) -> Self {
        let description = &dossier.plan.features[feature];
        let bins = &description.bins;
        let (from, to) = (&dossier.training.features[feature], &dossier.production.features[feature]);
        let column = &dossier.production.sample.features[feature];
        let present = to.present && *column != Column::Absent;
        let rows = [dossier.training.rows, periods.rows_before, periods.rows_after];
        let mut counts = [
            unseen_mass::expected(dossier, feature, from.sum(|_| true)),
            periods.counts_before(to),
            periods.counts_after(to),
        ];
        for (side, &rows) in counts.iter_mut().zip(&rows) {
            side.resize(bins.fine(), 0);
            if side.iter().all(|&c| c == 0) {
                *side.last_mut().expect("there is always the missing bin") = rows;
            }
        }
        let unreadable = |keep: &dyn Fn(usize) -> bool| -> u64 {
            to.unreadable.iter().enumerate().filter(|(w, _)| keep(*w)).map(|(_, &n)| u64::from(n)).sum()
        };
        let bad = [
            from.unreadable.iter().map(|&n| u64::from(n)).sum(),
            unreadable(&|w| periods.is_before(w)),
            unreadable(&|w| periods.is_after(w)),
        ];
        let course = |of: &dyn Fn(usize) -> Part| Course {
            training: of(0),
            before: periods.has_before().then(|| of(1)),
            after: of(2),
        };
        let absent = |i: usize| counts[i].last().copied().unwrap_or(0);
        let outside =
            course(&|i| Part { rows: outside(bins, &counts[i]), of: rows[i].saturating_sub(absent(i)) });
        let moved = |i: usize| psi_corrected(&bins.coarsen(&counts[i]), &bins.coarsen(&counts[2])).ok();
        Self {
            feature,
            name: description.name.clone(),
            present,
            types: (from.stored_as.clone(), present.then(|| to.stored_as.clone())),
            missing: course(&|i| Part { rows: absent(i).saturating_sub(bad[i]), of: rows[i] }),
            unreadable: course(&|i| Part { rows: bad[i], of: rows[i] }),
            outside,
            examples: to.unreadable_examples.clone(),
            mode: mode(dossier, framing, feature, &counts),
            psi: if *bins == Bins::None || periods.rows_after < FEWEST_ROWS {
                None
            } else {
                moved(usize::from(periods.has_before()))
            },
            counts,
        }
    }

    /// Whether the distribution moved by an alarming PSI, for any reason.
    pub(super) fn moved(&self) -> bool {
        self.psi.is_some_and(|psi| psi >= 0.25)
    }

    /// The line of the table.
    pub(super) fn delivery(&self, worst: Option<&Finding>) -> Delivery {
        let (missing, unreadable) = (&self.missing, &self.unreadable);
        Delivery {
            feature: self.feature,
            types: self.types.clone(),
            missing: (missing.training.share(), missing.before.map(Part::share), missing.after.share()),
            unreadable: unreadable.after.share(),
            outside: (self.outside.before.map(Part::share), self.outside.after.share()),
            mode: self.mode.as_ref().map(|m| (m.text.clone(), m.after, m.training)),
            verdict: worst.map_or(Verdict::Clear, |f| f.verdict.clone()),
            message: worst.map_or_else(
                || {
                    format!(
                        "{} arrives as in training; {} missing.",
                        self.name,
                        number::share(missing.after.share())
                    )
                },
                |f| f.message.clone(),
            ),
        }
    }
}

/// The most frequent value since the onset: levels by their counts, numbers within the fullest bin by the
/// sample.
fn mode(dossier: &Dossier, framing: &Framing, feature: usize, counts: &[Vec<u64>; 3]) -> Option<Mode> {
    let description = &dossier.plan.features[feature];
    let present = |side: &[u64]| side[..side.len() - 1].iter().sum::<u64>();
    match &description.bins {
        Bins::Categorical(levels) => {
            let (code, _) =
                counts[2][..levels.levels].iter().enumerate().max_by_key(|(c, n)| (**n, usize::MAX - c))?;
            let share = |side: &[u64]| fraction(side[code], present(side));
            Some(Mode {
                text: description.levels.get(code)?.clone(),
                after: share(&counts[2]),
                before: (present(&counts[1]) > 0).then(|| share(&counts[1])),
                training: share(&counts[0]),
            })
        }
        Bins::Numeric(bins) => {
            let fine = &counts[2][..=bins.edges.len()];
            let (bin, _) = fine.iter().enumerate().max_by_key(|(b, n)| (**n, usize::MAX - b))?;
            let production = dossier.production.sample.features[feature].numbers()?;
            let training = dossier.training.sample.features[feature].numbers()?;
            let value =
                most_frequent(framing.after.iter().map(|&r| production[r]).filter(|&x| bins.bin(x) == bin))?
                    .0;
            let share = |values: &mut dyn Iterator<Item = f64>| {
                let (mut hits, mut all) = (0, 0);
                for x in values.filter(|x| !x.is_nan()) {
                    all += 1;
                    hits += u64::from(x == value);
                }
                (all > 0).then(|| fraction(hits, all))
            };
            Some(Mode {
                text: number::value(value),
                after: share(&mut framing.after.iter().map(|&r| production[r]))?,
                before: share(&mut framing.before.iter().map(|&r| production[r])),
                training: share(&mut training.iter().copied()).unwrap_or(0.0),
            })
        }
        Bins::None => None,
    }
}

/// The most frequent of some values, and its count; the smallest one in case of ties.
pub(super) fn most_frequent(values: impl Iterator<Item = f64>) -> Option<(f64, usize)> {
    let mut values: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    ascend(&mut values);
    let runs = values.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
    runs.fold(None, |best, run| match best {
        Some((_, n)) if n >= run.1 => best,
        _ => Some(run),
    })
}

/// Rows in the bins that are empty in training by construction.
fn outside(bins: &Bins, counts: &[u64]) -> u64 {
    match bins {
        Bins::Numeric(numeric) if !numeric.edges.is_empty() => counts[0] + counts[numeric.edges.len()],
        Bins::Categorical(levels) => counts[levels.unseen()],
        // Without reference values there is no range to be outside of.
        Bins::Numeric(_) | Bins::None => 0,
    }
}

/// A share that changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// Index of the column in the facts.
    pub(super) at: usize,
    /// The reference's share.
    pub(super) was: f64,
    /// The share now.
    pub(super) is: f64,
    /// 95 % interval of the difference.
    pub(super) interval: (f64, f64),
    /// Whether training is the reference, because the change was present in the log's first days.
    pub(super) day_one: bool,
}

impl Change {
    pub(super) fn size(&self) -> f64 {
        self.is - self.was
    }

    /// The name of the reference: `before` or `in training`.
    pub(super) fn against(&self, facts: &Facts) -> &'static str {
        if self.day_one || facts.missing.before.is_none() { "in training" } else { "before the onset" }
    }
}

/// The shares that rose and those that fell, by more than the floor and significantly, largest change first.
///
/// A column that did not change at the onset is also compared between the rows before the onset and training.
pub(super) fn changes(facts: &[Facts], of: impl Fn(&Facts) -> Course) -> (Vec<Change>, Vec<Change>) {
    let mut tested: Vec<(Change, f64)> = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        let course = of(fact);
        let mut pairs =
            vec![(course.before.unwrap_or(course.training), course.after, course.before.is_none())];
        pairs.extend(course.before.map(|before| (course.training, before, true)));
        for (from, to, day_one) in pairs {
            if let Ok(TwoProportions { p, interval, .. }) =
                two_proportions(from.rows, from.of, to.rows, to.of)
            {
                tested.push((Change { at, was: from.share(), is: to.share(), interval, day_one }, p));
            }
        }
    }
    let q = benjamini_hochberg(&tested.iter().map(|t| t.1).collect::<Vec<_>>());
    let mut real: Vec<Change> =
        tested.into_iter().zip(q).filter(|(_, q)| *q <= FALSE_DISCOVERIES).map(|((c, _), _)| c).collect();
    real.sort_by(|a, b| b.size().abs().total_cmp(&a.size().abs()).then(a.at.cmp(&b.at)));
    let rose = |c: &&Change| c.size() >= FLOOR && c.is >= FACTOR * c.was;
    let fell = |c: &&Change| -c.size() >= FLOOR && c.was >= FACTOR * c.is;
    (real.iter().filter(rose).copied().collect(), real.iter().filter(fell).copied().collect())
}

/// The changes at the onset, and those that were present before it.
pub(super) fn split(changes: &[Change], facts: &[Facts]) -> (Vec<Change>, Vec<Change>) {
    changes.iter().partition(|c| !c.day_one || facts[c.at].missing.before.is_none())
}
