//! Changes of a column's set of values: a pile-up at a bound, levels that are gone, fewer or more distinct
//! numbers.
//!
//! A bound affects the values on one side of it only; a default replaces values on both sides. Merged codes
//! and broken texts empty levels, which rarely happens in a population. A coarser or blurred measurement has
//! fewer or more distinct numbers on equally many rows. The distribution of the remaining values shows
//! whether a new frequent value was filled in at random or mapped to.

use std::collections::HashSet;

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{CheckSpec, Measure, checks, measures, signals},
        exam::context::ExamContext,
    },
    stats::{distance::psi_corrected, moments::ascend},
    summary::Bins,
    text::number,
};

use super::facts::Facts;

/// Minimum rise of a value's share to examine which values it replaced.
const LEAST_RISE: f64 = 0.05;

/// Minimum share of the reference on either side of a bound: a default at the edge of the range can replace
/// values on one side only.
const LEAST_SIDE: f64 = 0.04;

/// Minimum share of a bound's rows that come from one side.
const ONE_SIDED: f64 = 0.9;

/// A level that keeps less than this part of its share is gone; rarer levels are not tested.
const GONE: f64 = 0.1;
const RARE_LEVEL: f64 = 0.01;

/// Share of the rows whose levels are gone that alarms.
const ALARMING_LEVELS: f64 = 0.1;

/// Minimum remaining rows beside a new frequent value to compare their distribution.
const FEWEST_LEFT: u64 = 150;

/// Below this PSI the remaining distribution is unchanged.
const STAYED: f64 = 0.05;

/// Minimum and maximum rows per side in the comparison of distinct numbers.
const DISTINCT_ROWS: (usize, usize) = (200, 4_000);

/// Minimum distinct numbers; columns with fewer are codes or counts.
const FEWEST_DISTINCT: usize = 15;

/// Factor of change in the number of distinct numbers that is on watch.
const NOTABLE_FACTOR: f64 = 2.0;

/// The numbers of the reference rows and of those since the onset; none where there are too few.
fn sides(dossier: &Dossier, framing: &Framing, feature: usize) -> Option<[Vec<f64>; 2]> {
    let production = dossier.production.sample.features[feature].numbers()?;
    let known =
        |values: &mut dyn Iterator<Item = f64>| values.filter(|x| x.is_finite()).collect::<Vec<f64>>();
    let mut before = known(&mut framing.before.iter().map(|&r| production[r]));
    if before.len() < DISTINCT_ROWS.0 {
        before = known(&mut dossier.training.sample.features[feature].numbers()?.iter().copied());
    }
    let after = known(&mut framing.after.iter().map(|&r| production[r]));
    (before.len() >= DISTINCT_ROWS.0 && after.len() >= DISTINCT_ROWS.0).then_some([before, after])
}

/// A value whose share rose.
#[derive(Debug, Clone, Copy, PartialEq)]
struct PileUp {
    value: f64,
    rise: f64,
    /// Share of the rise that is explained by the larger loss on one side of the value.
    one_sided: f64,
}

/// The number whose count rose most, where values on both sides of it existed before.
fn pile_up(before: &[f64], after: &[f64]) -> Option<PileUp> {
    let mut sorted = after.to_vec();
    ascend(&mut sorted);
    let (value, rows) =
        sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).max_by_key(|run| run.1)?;
    let share = |values: &[f64], keep: &dyn Fn(f64) -> bool| {
        values.iter().filter(|&&x| keep(x)).count() as f64 / values.len() as f64
    };
    let rise = rows as f64 / after.len() as f64 - share(before, &|x| x == value);
    let loss = |keep: &dyn Fn(f64) -> bool| (share(before, keep), share(before, keep) - share(after, keep));
    let (below, above) = (loss(&|x| x < value), loss(&|x| x > value));
    (rise >= LEAST_RISE && below.0.min(above.0) >= LEAST_SIDE).then(|| PileUp {
        value,
        rise,
        one_sided: (below.1.max(above.1) / rise).clamp(0.0, 1.2),
    })
}

/// Number of distinct numbers on equally many rows of either side.
fn distinct(before: &[f64], after: &[f64]) -> (usize, usize) {
    let rows = before.len().min(after.len()).min(DISTINCT_ROWS.1);
    let count = |values: &[f64]| {
        let step = values.len() as f64 / rows as f64;
        (0..rows).map(|i| values[(i as f64 * step) as usize].to_bits()).collect::<HashSet<u64>>().len()
    };
    (count(before), count(after))
}

/// Share of the reference rows whose level is gone.
fn levels_gone(dossier: &Dossier, framing: &Framing, fact: &Facts) -> Option<f64> {
    let Bins::Categorical(levels) = &dossier.plan.features[fact.feature].bins else {
        return None;
    };
    let reference = &fact.counts[usize::from(framing.before.len() >= DISTINCT_ROWS.0)];
    let share =
        |counts: &[u64], level: usize| counts[level] as f64 / counts.iter().sum::<u64>().max(1) as f64;
    let gone = (0..levels.levels)
        .map(|level| (share(reference, level), share(&fact.counts[2], level)))
        .filter(|(was, is)| *was >= RARE_LEVEL && *is < GONE * was)
        .map(|(was, _)| was)
        .sum();
    Some(gone)
}

/// A new frequent value, and the move of the remaining distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rest {
    rise: f64,
    psi: f64,
}

/// The move of a column's distribution without the bin that gained most, on both sides: a value filled in at
/// random replaces all others in proportion, a mapping leaves some untouched.
fn rest(before: &[u64], after: &[u64], coarsen: impl Fn(&[u64]) -> Vec<u64>) -> Option<Rest> {
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    let share = |counts: &[u64], bin: usize| counts[bin] as f64 / sum(counts).max(1) as f64;
    let (at, rise) = (0..before.len())
        .map(|bin| (bin, share(after, bin) - share(before, bin)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let without = |counts: &[u64]| {
        let mut counts = counts.to_vec();
        counts[at] = 0;
        counts
    };
    let (was, is) = (without(before), without(after));
    if rise < LEAST_RISE || sum(&was).min(sum(&is)) < FEWEST_LEFT {
        return None;
    }
    let psi = psi_corrected(&coarsen(&was), &coarsen(&is)).ok()?;
    Some(Rest { rise, psi })
}

fn left(dossier: &Dossier, framing: &Framing, facts: &[Facts], observations: &mut Observations) {
    let rests = facts.iter().filter_map(|fact| {
        let bins = &dossier.plan.features[fact.feature].bins;
        let reference = &fact.counts[usize::from(framing.before.len() >= DISTINCT_ROWS.0)];
        Some((fact.feature, rest(reference, &fact.counts[2], |counts| bins.coarsen(counts))?))
    });
    let Some((feature, rest)) = rests.max_by(|a, b| a.1.rise.total_cmp(&b.1.rise)) else {
        return;
    };
    let name = dossier.feature_name(feature);
    let message = if rest.psi < STAYED {
        format!(
            "{name}: one value, or one bin, took {} more of the rows; without it the column is distributed nearly as before (PSI {}).",
            number::share(rest.rise),
            number::metric(rest.psi)
        )
    } else {
        format!(
            "{name}: one value, or one bin, took {} more of the rows, and the rest moved as well (PSI {}).",
            number::share(rest.rise),
            number::metric(rest.psi)
        )
    };
    push_finding(
        observations,
        (&checks::PIPELINE_REST, &measures::REST_PSI),
        rest.psi,
        STAYED,
        Verdict::Watch,
        message,
        feature,
    );
    observations.signal(
        &signals::PIPELINE_REST_MOVED,
        rest.psi.clamp(0.0, 3.0),
        &[feature],
        &checks::PIPELINE_REST,
    );
}

pub(super) fn examine(context: &ExamContext<'_>, facts: &[Facts]) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    let sides: Vec<(usize, [Vec<f64>; 2])> =
        facts.iter().filter_map(|f| Some((f.feature, sides(dossier, framing, f.feature)?))).collect();
    bound(dossier, &sides, &mut observations);
    resolution(dossier, &sides, &mut observations);
    left(dossier, framing, facts, &mut observations);
    let gone: Vec<(usize, f64)> =
        facts.iter().filter_map(|f| Some((f.feature, levels_gone(dossier, framing, f)?))).collect();
    if let Some((feature, share)) = largest(&gone) {
        let name = dossier.feature_name(feature);
        let (verdict, message) = if share > 0.0 {
            (
                if share >= ALARMING_LEVELS { Verdict::Alarm } else { Verdict::Watch },
                format!("{name}: the levels of {} of the reference rows are gone.", number::share(share)),
            )
        } else {
            (Verdict::Clear, "No level that was in use is gone.".to_owned())
        };
        push_finding(
            &mut observations,
            (&checks::PIPELINE_LEVELS_GONE, &measures::LEVELS_GONE),
            share,
            ALARMING_LEVELS,
            verdict,
            message,
            feature,
        );
        let blamed = if share > 0.0 { vec![feature] } else { Vec::new() };
        observations.signal(&signals::PIPELINE_LEVELS_GONE, share, &blamed, &checks::PIPELINE_LEVELS_GONE);
    }
    observations
}

fn bound(dossier: &Dossier, sides: &[(usize, [Vec<f64>; 2])], observations: &mut Observations) {
    let piles =
        sides.iter().filter_map(|(feature, [before, after])| Some((*feature, pile_up(before, after)?)));
    let Some((feature, pile)) = piles.max_by(|a, b| a.1.rise.total_cmp(&b.1.rise)) else {
        return;
    };
    let name = dossier.feature_name(feature);
    let value = number::value(pile.value);
    let rise = number::share(pile.rise);
    let message = if pile.one_sided >= ONE_SIDED {
        format!(
            "{name}: {rise} more of the rows are {value}, and all of them came from one side of it, as when values are clipped."
        )
    } else {
        format!(
            "{name}: {rise} more of the rows are {value}, taken from both sides of it, as with a default."
        )
    };
    push_finding(
        observations,
        (&checks::PIPELINE_BOUND, &measures::ONE_SIDED),
        pile.one_sided,
        ONE_SIDED,
        Verdict::Watch,
        message,
        feature,
    );
    observations.signal(&signals::PIPELINE_BOUND, pile.one_sided, &[feature], &checks::PIPELINE_BOUND);
}

fn resolution(dossier: &Dossier, sides: &[(usize, [Vec<f64>; 2])], observations: &mut Observations) {
    let changes: Vec<(usize, f64)> = sides
        .iter()
        .filter_map(|(feature, [before, after])| {
            let (was, is) = distinct(before, after);
            (was >= FEWEST_DISTINCT || is >= FEWEST_DISTINCT)
                .then(|| (*feature, (is as f64 / was as f64).ln()))
        })
        .collect();
    let fewer: Vec<(usize, f64)> = changes.iter().map(|&(j, change)| (j, -change)).collect();
    let lost = (&checks::PIPELINE_DISTINCT_LOST, &measures::DISTINCT_FALL, &signals::PIPELINE_DISTINCT_LOST);
    let gained =
        (&checks::PIPELINE_DISTINCT_GAINED, &measures::DISTINCT_RISE, &signals::PIPELINE_DISTINCT_GAINED);
    for ((check, measure, key), word, changes) in [(lost, "fewer", &fewer), (gained, "more", &changes)] {
        let Some((feature, change)) = largest(changes) else {
            continue;
        };
        let notable = change >= NOTABLE_FACTOR.ln();
        let (verdict, message) = if notable {
            let times = number::value(change.exp());
            (
                Verdict::Watch,
                format!(
                    "{} takes {times} times {word} distinct values on as many rows.",
                    dossier.feature_name(feature)
                ),
            )
        } else {
            (Verdict::Clear, format!("No column takes far {word} distinct values than before."))
        };
        push_finding(observations, (check, measure), change, NOTABLE_FACTOR.ln(), verdict, message, feature);
        let blamed = if notable { vec![feature] } else { Vec::new() };
        observations.signal(key, change.max(0.0), &blamed, check);
    }
}

fn largest(of: &[(usize, f64)]) -> Option<(usize, f64)> {
    of.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

fn push_finding(
    observations: &mut Observations,
    (check, measure): (&'static CheckSpec, &'static Measure),
    value: f64,
    threshold: f64,
    verdict: Verdict,
    message: String,
    feature: usize,
) {
    let subject = if verdict == Verdict::Clear { Subject::Case } else { Subject::Feature(feature) };
    observations.findings.push(Finding {
        subject,
        measure: measure.name,
        value: Some(value),
        threshold: Some(threshold),
        ..Finding::new(check, verdict, message)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Vec<f64> {
        (0..1000).map(|i| f64::from(i) / 10.0).collect()
    }

    #[test]
    fn what_is_filled_in_anywhere_leaves_the_rest_alike() {
        let plain = |counts: &[u64]| counts.to_vec();
        let before = [400, 300, 200, 100];
        let filled = rest(&before, &[700, 150, 100, 50], plain).unwrap();
        assert!((filled.rise - 0.3).abs() < 1e-12 && filled.psi < 0.01, "{filled:?}");
        let merged = rest(&before, &[700, 0, 200, 100], plain).unwrap();
        assert!(merged.psi > 1.0, "{merged:?}");
        assert_eq!(rest(&before, &before, plain), None, "nothing took over");
    }

    #[test]
    fn a_bound_takes_from_one_side_and_a_default_from_both() {
        let cut: Vec<f64> = ramp().into_iter().map(|x| x.min(60.0)).collect();
        let pile = pile_up(&ramp(), &cut).unwrap();
        assert_eq!(pile.value, 60.0);
        assert!(pile.one_sided > 0.99, "{pile:?}");
        let mut filled = ramp();
        filled.iter_mut().step_by(2).for_each(|x| *x = 60.0);
        let pile = pile_up(&ramp(), &filled).unwrap();
        assert!((pile.one_sided - 0.6).abs() < 0.02, "{pile:?}");
    }

    #[test]
    fn a_default_at_the_edge_of_the_range_is_no_bound() {
        let mut filled = ramp();
        filled.iter_mut().step_by(2).for_each(|x| *x = 0.0);
        assert_eq!(pile_up(&ramp(), &filled), None);
        assert_eq!(pile_up(&ramp(), &ramp()), None);
    }

    #[test]
    fn steps_leave_few_distinct_numbers() {
        let coarse: Vec<f64> = ramp().into_iter().map(f64::floor).collect();
        assert_eq!(distinct(&ramp(), &coarse), (1000, 100));
        assert_eq!(distinct(&ramp(), &ramp()[..300]), (300, 300));
    }
}
