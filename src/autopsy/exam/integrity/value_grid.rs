//! Value grid: do served numbers still lie on the grid of training's numbers?
//!
//! Measurements have a resolution: prices in cents, ages in years, lengths in hundredths. Their values form a
//! grid; a population may move along it but does not leave it. A value that was multiplied, shifted, averaged
//! or blurred leaves the grid, however small the change. If one factor or one offset maps the values back
//! onto the grid, that is the change: unlike a distance between distributions, a grid does not fit a second
//! time by chance.
//!
//! Own construction. A number lies on the grid when it is within 3 % of the gap between the two training
//! values around it, hence 6 % of numbers unrelated to the grid do.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
    },
    stats::moments::ascend,
    summary::Kind,
    text::{number, phrase::list},
};

use super::{
    feature_samples::{FeatureSamples, Side},
    transform::{Inverse, Transform},
};

/// Maximum distance to a training value to lie on it, as a share of the gap around the number.
const TOLERANCE: f64 = 0.03;

/// Minimum share of a feature's reference rows, within training's range, that lie on its grid for it to have
/// one.
const LATTICE: f64 = 0.6;

/// Minimum numbers within training's range for the test.
const FEWEST: usize = 100;

/// A feature has left its grid when this share of its rows has.
pub(super) const LEFT: f64 = 0.3;

/// Minimum share of the rows that a factor or an offset must map back.
const BACK: f64 = 0.7;

/// The most frequent served and training values, which vote on the factor or offset.
const VOTERS: usize = 60;
const CANDIDATES: usize = 400;

/// Width of the vote bins: for the logarithm of a factor, and for an offset in units of training's spread.
const WIDTH: f64 = 1e-4;

/// Minimum share of the voters that must agree, and their minimum number.
const AGREE: f64 = 0.6;
const FEWEST_VOTES: usize = 5;

/// Maximum number of candidate maps, those with most votes first.
const MOST_WAYS: usize = 40;

/// The fit of a feature's numbers to its grid.
#[derive(Debug, Clone)]
pub(super) struct GridFit {
    /// Share of the reference rows, and of the suspect ones, on training's grid.
    pub(super) on: (f64, f64),
    /// The map back onto the grid, and the share of the suspect rows on the grid after it.
    pub(super) back: Option<(Transform, f64)>,
}

impl GridFit {
    /// The share of the rows that left, 0 to 1.
    pub(super) fn left(&self) -> f64 {
        (1.0 - self.on.1 / self.on.0).clamp(0.0, 1.0)
    }
}

/// The distinct numbers of training, ascending.
struct ValueGrid {
    distinct: Vec<f64>,
}

impl ValueGrid {
    fn new(sorted: &[f64]) -> Self {
        let mut distinct = sorted.to_vec();
        distinct.dedup();
        Self { distinct }
    }

    /// Whether a number lies on the grid; none out of its range.
    fn holds(&self, x: f64) -> Option<bool> {
        let above = self.distinct.partition_point(|&v| v < x);
        let high = *self.distinct.get(above)?;
        if high == x {
            return Some(true);
        }
        let low = *self.distinct.get(above.checked_sub(1)?)?;
        Some((x - low).min(high - x) <= TOLERANCE * (high - low))
    }

    /// Share of the numbers within the range that lie on the grid, and the number of these within the range.
    fn share(&self, values: impl Iterator<Item = f64>) -> (f64, usize) {
        let (mut on, mut all) = (0_usize, 0_usize);
        for holds in values.filter_map(|x| self.holds(x)) {
            all += 1;
            on += usize::from(holds);
        }
        (on as f64 / all.max(1) as f64, all)
    }
}

/// The fit of every feature that has a grid.
pub(super) fn grid_fits(samples: &FeatureSamples<'_>) -> BTreeMap<usize, GridFit> {
    let training = &samples.dossier.training.sample;
    let training = Side::new(training, &(0..training.rows).collect::<Vec<_>>());
    (0..samples.moves.len())
        .into_par_iter()
        .filter(|&j| samples.dossier.plan.features[j].kind == Kind::Numeric)
        .filter_map(|j| Some((j, grid_fit(samples, &training, j)?)))
        .collect()
}

fn grid_fit(samples: &FeatureSamples<'_>, training: &Side<'_>, feature: usize) -> Option<GridFit> {
    let sorted = |side: &Side<'_>| {
        let mut values = side.numbers(feature);
        ascend(&mut values);
        values
    };
    let (mut known, mut before, after) =
        (sorted(training), sorted(&samples.reference), sorted(&samples.suspect));
    if !samples.within_production {
        // The reference is training itself, whose every number stands on its own grid: one half is held against the other.
        before = known.iter().copied().skip(1).step_by(2).collect();
        known = known.into_iter().step_by(2).collect();
    }
    let grid = ValueGrid::new(&known);
    // A few values are no grid: every number between them would be off it.
    if grid.distinct.len() < 8 || after.len() < FEWEST {
        return None;
    }
    let (was, rows) = grid.share(before.iter().copied());
    if was < LATTICE || rows < FEWEST {
        return None;
    }
    let (is, inside) = grid.share(after.iter().copied());
    let gone = after.len() - inside;
    // Numbers of another magnitude lie out of the range altogether; they count as off the grid.
    let is = if inside >= FEWEST || gone == 0 { is } else { is * inside as f64 / after.len() as f64 };
    let mut grid_fit = GridFit { on: (was, is.min(was)), back: None };
    if grid_fit.left() > LEFT {
        grid_fit.back = way_back(feature, &grid, &known, &before, &after);
    }
    Some(grid_fit)
}

/// The most frequent numbers.
fn frequent(sorted: &[f64], most: usize) -> Vec<f64> {
    let mut runs: Vec<(f64, usize)> = sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    runs.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.total_cmp(&b.0)));
    runs.truncate(most);
    runs.into_iter().map(|run| run.0).collect()
}

/// The factor or the offset that maps the served numbers back onto the grid.
fn way_back(
    feature: usize,
    grid: &ValueGrid,
    known: &[f64],
    before: &[f64],
    after: &[f64],
) -> Option<(Transform, f64)> {
    let off: Vec<f64> = after.iter().copied().filter(|&x| grid.holds(x) != Some(true)).collect();
    let (voters, candidates) = (frequent(&off, VOTERS), frequent(known, CANDIDATES));
    let spread = known[known.len() * 9 / 10] - known[known.len() / 10];
    let factors = vote(&voters, &candidates, |v, u| (v * u > 0.0).then(|| (v / u).ln() / WIDTH));
    let factors = factors.into_iter().map(|pairs| {
        let factor =
            pairs.iter().map(|(v, u)| v * u).sum::<f64>() / pairs.iter().map(|(_, u)| u * u).sum::<f64>();
        (number::factor(factor), Inverse::Affine(0.0, 1.0 / factor))
    });
    let offsets = vote(&voters, &candidates, |v, u| (spread > 0.0).then(|| (v - u) / (WIDTH * spread)));
    let offsets = offsets.into_iter().map(|pairs| {
        let offset = pairs.iter().map(|(v, u)| v - u).sum::<f64>() / pairs.len() as f64;
        (format!("{} offset", number::signed(offset)), Inverse::Affine(-offset, 1.0))
    });
    let distance = |values: &[f64]| crate::stats::distance::ks_samples(before, values).ok();
    let as_served = distance(after)?;
    // On a regular grid, shifts by any multiple of its step map back; the correct map also restores the
    // distribution.
    factors
        .chain(offsets)
        .filter_map(|(name, undo)| {
            let mut back: Vec<f64> = off.iter().map(|&x| undo.apply(x)).collect();
            let share = grid.share(back.iter().copied()).0;
            ascend(&mut back);
            let map = Transform {
                feature,
                name,
                inverse: undo,
                from: None,
                distance: (as_served, distance(&back)?),
            };
            (share >= BACK).then_some((map, share))
        })
        .min_by(|a, b| a.0.distance.1.total_cmp(&b.0.distance.1))
}

/// The pairs of served and training numbers of each bin on which most of the served numbers agree.
fn vote(voters: &[f64], candidates: &[f64], key: impl Fn(f64, f64) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
    // Each vote counts in two bins half a bin apart, which keeps near-equal votes together across bin edges.
    let mut bins: HashMap<i64, (usize, f64)> = HashMap::new();
    let places = |v: f64, u: f64| key(v, u).map(|k| [(2.0 * k).floor() as i64, (2.0 * k).floor() as i64 - 1]);
    for &v in voters {
        for &u in candidates {
            for place in places(v, u).into_iter().flatten() {
                let bin = bins.entry(place).or_insert((0, f64::NAN));
                if bin.1 != v {
                    *bin = (bin.0 + 1, v);
                }
            }
        }
    }
    let enough = (AGREE * voters.len() as f64).max(FEWEST_VOTES as f64);
    let mut agreed: Vec<(usize, i64)> = bins
        .into_iter()
        .filter(|(_, (votes, _))| *votes as f64 >= enough)
        .map(|(place, (votes, _))| (votes, place))
        .collect();
    agreed.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.abs().cmp(&b.1.abs())).then(a.1.cmp(&b.1)));
    agreed.truncate(MOST_WAYS);
    let of = |place: i64| {
        let pairs = voters.iter().flat_map(|&v| candidates.iter().map(move |&u| (v, u)));
        pairs.filter(|&(v, u)| places(v, u).is_some_and(|at| at.contains(&place))).collect()
    };
    agreed.into_iter().map(|(_, place)| of(place)).collect()
}

/// Reports the features that left the grid, and the maps back.
pub(super) fn examine(samples: &FeatureSamples<'_>, grid_fits: &BTreeMap<usize, GridFit>) -> Observations {
    const ID: &CheckSpec = &checks::INTEGRITY_LATTICE;
    let mut observations = Observations::default();
    if grid_fits.is_empty() {
        return observations;
    }
    let plan = &samples.dossier.plan;
    let mut left: Vec<(usize, f64)> = grid_fits.iter().map(|(&j, s)| (j, s.left())).collect();
    left.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let most = left[0].1;
    left.retain(|(_, part)| *part > LEFT);
    let features: Vec<usize> = left.iter().map(|(j, _)| *j).collect();
    let names: Vec<&str> = features.iter().map(|&j| plan.features[j].name.as_str()).collect();
    let (verdict, message) = if names.is_empty() {
        (Verdict::Clear, "Numbers lie on training's value grid: none was recomputed on the way.".to_owned())
    } else {
        (
            Verdict::Alarm,
            format!(
                "Served values of {} are no longer on training's value grid: they were recomputed on the way.",
                list(&names)
            ),
        )
    };
    observations.findings.push(Finding {
        measure: measures::LEFT_LATTICE.name,
        value: Some(most),
        threshold: Some(LEFT),
        subject: features.first().map_or(Subject::Case, |&j| Subject::Feature(j)),
        ..Finding::new(ID, verdict, message)
    });
    observations.signal(&signals::LATTICE_LEFT, most, &features, ID);
    observations.signal(&signals::LATTICE_FEATURES, (1.0 + features.len() as f64).ln(), &features, ID);
    let mut back: Vec<(usize, &Transform, f64)> =
        grid_fits.iter().filter_map(|(&j, s)| s.back.as_ref().map(|(map, share)| (j, map, *share))).collect();
    back.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    for (j, map, share) in &back {
        let name = &plan.features[*j].name;
        observations.findings.push(Finding {
            subject: Subject::Feature(*j),
            measure: measures::BACK_ON_LATTICE.name,
            value: Some(*share),
            threshold: Some(BACK),
            ..Finding::new(
                ID.of(name),
                Verdict::Alarm,
                format!(
                    "{name}: undoing {} puts {} of the off-grid values back on training's value grid.",
                    map.name,
                    number::share(*share)
                ),
            )
        });
    }
    let restored: Vec<usize> = back.iter().map(|(j, ..)| *j).collect();
    let share = back.first().map_or(0.0, |(_, _, share)| *share);
    observations.signal(&signals::LATTICE_BACK, share, &restored, ID);
    observations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hundredths() -> Vec<f64> {
        (0..4000).map(|i| f64::from((i * 37) % 700 + 300) / 100.0).collect()
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    fn back(served: Vec<f64>) -> Option<(Transform, f64)> {
        let known = sorted(hundredths());
        way_back(0, &ValueGrid::new(&known), &known, &known, &sorted(served))
    }

    #[test]
    fn a_small_factor_is_read_off_the_lattice() {
        let served = hundredths().into_iter().map(|x| (x * 1.015 * 1e5).round() / 1e5).collect();
        let (map, share) = back(served).unwrap();
        let Inverse::Affine(offset, factor) = map.inverse else { panic!("{map:?}") };
        assert_eq!(offset, 0.0);
        assert!((1.0 / factor - 1.015).abs() < 1e-5, "{map:?}");
        assert!(share > 0.95, "{share}");
    }

    #[test]
    fn an_offset_is_read_off_the_lattice() {
        let served = hundredths().into_iter().map(|x| ((x + 0.3274) * 1e5).round() / 1e5).collect();
        let (map, share) = back(served).unwrap();
        let Inverse::Affine(offset, factor) = map.inverse else { panic!("{map:?}") };
        assert_eq!(factor, 1.0);
        assert!((offset + 0.3274).abs() < 1e-4, "{map:?}");
        assert!(share > 0.95, "{share}");
    }

    #[test]
    fn blurred_numbers_have_no_way_back() {
        let noise = |i: usize| (i as f64 * 0.618_033_988_749_895).fract() - 0.5;
        let served = hundredths().into_iter().enumerate().map(|(i, x)| x + 0.7 * noise(i)).collect();
        assert!(back(served).is_none());
    }

    #[test]
    fn numbers_that_know_nothing_of_the_lattice_stand_on_it_at_six_percent() {
        let grid = ValueGrid::new(&sorted(hundredths()));
        let anywhere = (0..50_000).map(|i| 3.0 + 6.9 * (f64::from(i) * 0.618_033_988_749_895).fract());
        let (share, rows) = grid.share(anywhere);
        assert!((share - 0.06).abs() < 0.005, "{share} of {rows}");
        assert_eq!(grid.share(hundredths().into_iter()).0, 1.0);
    }
}
