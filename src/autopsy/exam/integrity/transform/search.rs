//! The search for the map that restores an altered feature: a dictionary of named maps, the training
//! snapshot's standardisation, free maps of few parameters, the value grid, and reassigned codes.
//!
//! Some monotone map exists between any two continuous distributions, so a map by itself proves nothing: the
//! named ones have no free parameter, and the free ones only count for a feature that was altered by itself
//! (co-movement near 0).

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;

use crate::{
    stats::{distance, moments::ascend},
    summary::Kind,
    text::number,
};

use super::{
    super::feature_samples::{FeatureSamples, Side},
    inverse::{Inverse, Transform, known_transforms},
    recode::{Recoded, recode},
};

/// Minimum distance of two distributions, before any map, to search for one.
const LEAST_DISTANCE: f64 = 0.08;

/// Minimum number and share of values out of training's range to be mapped as a separate part.
const FEWEST_OUTSIDE: usize = 60;
const LEAST_PART: f64 = 0.02;

/// Maximum number of features of either kind that are tried.
const MOST_FEATURES: usize = 24;

/// The best map of each family for one feature.
#[derive(Debug, Clone, Default)]
pub(in crate::autopsy::exam::integrity) struct BestTransforms {
    pub(in crate::autopsy::exam::integrity) named: Option<Transform>,
    pub(in crate::autopsy::exam::integrity) standardised: Option<Transform>,
    pub(in crate::autopsy::exam::integrity) free: Option<Transform>,
    pub(in crate::autopsy::exam::integrity) recoded: Option<Recoded>,
    /// The map back onto training's value grid, however small the change.
    pub(in crate::autopsy::exam::integrity) exact: Option<Transform>,
    /// The named map of the values that lie out of training's range, and their share.
    pub(in crate::autopsy::exam::integrity) partial: Option<(Transform, f64)>,
    /// Increase in the share of served values that occur in training, by undoing the best map.
    pub(in crate::autopsy::exam::integrity) recovered: Option<f64>,
}

/// Searches for maps for every number that moved, and for every category: codes of equal frequency can be
/// permuted without a change of the distribution.
pub(in crate::autopsy::exam::integrity) fn best_transforms(
    samples: &FeatureSamples<'_>,
) -> BTreeMap<usize, BestTransforms> {
    let kind = |j: usize| samples.dossier.plan.features[j].kind;
    let moved = samples.movers().into_iter().filter(|&j| kind(j) == Kind::Numeric).take(MOST_FEATURES);
    let named = (0..samples.moves.len()).filter(|&j| kind(j) == Kind::Categorical).take(MOST_FEATURES);
    let asked: Vec<usize> = moved.chain(named).collect();
    asked
        .into_par_iter()
        .map(|j| match kind(j) {
            Kind::Numeric => (j, numeric(samples, j)),
            _ => (j, BestTransforms { recoded: recode(samples, j), ..BestTransforms::default() }),
        })
        .collect()
}

fn numeric(samples: &FeatureSamples<'_>, feature: usize) -> BestTransforms {
    let (first, from) = samples.later_start(feature);
    let since = Side { table: samples.suspect.table, rows: samples.suspect.rows[first..].to_vec() };
    let (mut before, mut after) = (samples.reference.numbers(feature), since.numbers(feature));
    ascend(&mut before);
    ascend(&mut after);
    if before.len() < 100 || after.len() < 100 {
        return BestTransforms::default();
    }
    let Ok(distance) = distance::ks_samples(&before, &after) else {
        return BestTransforms::default();
    };
    if distance < LEAST_DISTANCE {
        return BestTransforms::default();
    }
    let attempt = |name: String, undo: Inverse| -> Option<Transform> {
        let back: Vec<f64> = after.iter().map(|&x| undo.apply(x)).collect();
        let left = distance::ks_samples(&before, &back).ok()?;
        Some(Transform { feature, name, inverse: undo, from, distance: (distance, left) })
    };
    let best = |transforms: Vec<Option<Transform>>| -> Option<Transform> {
        transforms.into_iter().flatten().min_by(|a, b| a.distance.1.total_cmp(&b.distance.1))
    };
    let training = Side::new(
        &samples.dossier.training.sample,
        &(0..samples.dossier.training.sample.rows).collect::<Vec<_>>(),
    )
    .numbers(feature);
    let range = moments(&training).map(|(_, _, low, high)| (low, high));
    // A reversed rating scale: grades that run from best to worst instead of from worst to best.
    let reversed =
        range.map(|(low, high)| ("the scale was reversed".to_owned(), Inverse::Affine(low + high, -1.0)));
    let dictionary: Vec<(String, Inverse)> = known_transforms().into_iter().chain(reversed).collect();
    let partial = range.and_then(|range| partial(feature, range, &dictionary, &before, &after));
    let named: Vec<Transform> =
        dictionary.into_iter().filter_map(|(name, undo)| attempt(name, undo)).collect();
    let standardised = moments(&training).map(|(mean, deviation, low, high)| {
        vec![
            attempt("standardised with the training moments".to_owned(), Inverse::Affine(mean, deviation)),
            attempt("scaled to the training range".to_owned(), Inverse::Affine(low, high - low)),
        ]
    });
    let at = |v: &[f64], q: f64| v[((v.len() - 1) as f64 * q) as usize];
    let mut free = Vec::new();
    let (m0, m1) = (at(&before, 0.5), at(&after, 0.5));
    let (s0, s1) = (at(&before, 0.9) - at(&before, 0.1), at(&after, 0.9) - at(&after, 0.1));
    if m1 != 0.0 && m0 / m1 > 0.0 {
        free.push(attempt(number::factor(m1 / m0), Inverse::Affine(0.0, m0 / m1)));
    }
    if s1 > 0.0 && s0 > 0.0 {
        let slope = s0 / s1;
        free.push(attempt(number::factor(1.0 / slope), Inverse::Affine(0.0, slope)));
        free.push(attempt(format!("{:+} offset", m1 - m0), Inverse::Affine(m0 - m1, 1.0)));
        free.push(attempt(
            format!("scale {} and offset", number::value(1.0 / slope)),
            Inverse::Affine(m0 - slope * m1, slope),
        ));
    }
    let named = simplest(named, before.len(), after.len());
    let free = best(free);
    let recovered = [&named, &free]
        .into_iter()
        .flatten()
        .map(|map| recovered(&training, &after, &map.inverse))
        .reduce(f64::max);
    BestTransforms {
        named,
        standardised: standardised.and_then(best),
        free,
        recoded: None,
        exact: None,
        partial,
        recovered,
    }
}

/// The named map that restores the numbers out of training's range, where they are only a part of all: one of
/// several senders changed, or the change is still under way.
fn partial(
    feature: usize,
    (low, high): (f64, f64),
    dictionary: &[(String, Inverse)],
    before: &[f64],
    after: &[f64],
) -> Option<(Transform, f64)> {
    let outside: Vec<f64> = after.iter().copied().filter(|&x| x < low || x > high).collect();
    let share = outside.len() as f64 / after.len() as f64;
    if outside.len() < FEWEST_OUTSIDE || share < LEAST_PART {
        return None;
    }
    let distance = distance::ks_samples(before, &outside).ok()?;
    let transforms = dictionary.iter().filter_map(|(name, undo)| {
        let mut back: Vec<f64> = outside.iter().map(|&x| undo.apply(x)).collect();
        ascend(&mut back);
        Some(Transform {
            feature,
            name: name.clone(),
            inverse: undo.clone(),
            from: None,
            distance: (distance, distance::ks_samples(before, &back).ok()?),
        })
    });
    simplest(transforms.collect(), before.len(), outside.len()).map(|map| (map, share))
}

/// The first of the maps that restores the distribution as well as the best one does, within noise: a few
/// hundred values can't distinguish 1000 from 1024, and the first is more likely.
///
/// * `n`, `m`: number of values on either side.
fn simplest(transforms: Vec<Transform>, n: usize, m: usize) -> Option<Transform> {
    let noise = 1.63 * (1.0 / n as f64 + 1.0 / m as f64).sqrt();
    let least = transforms.iter().map(|map| map.distance.1).fold(f64::INFINITY, f64::min);
    transforms.into_iter().find(|map| map.distance.1 <= least.max(noise))
}

fn moments(values: &[f64]) -> Option<(f64, f64, f64, f64)> {
    let mean = crate::stats::moments::mean(values).ok()?;
    let deviation = crate::stats::moments::deviation(values).ok()?;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (deviation > 0.0).then_some((mean, deviation, low, high))
}

/// Share of the values that occur in training, with the map undone less as served. Values are compared to
/// nine digits, because text formats and units round.
fn recovered(training: &[f64], served: &[f64], undo: &Inverse) -> f64 {
    let key = |x: f64| -> i64 {
        if x == 0.0 {
            return 0;
        }
        let digits = 8 - x.abs().log10().floor() as i32;
        let scaled = (x * 10_f64.powi(digits.clamp(-300, 300))).round();
        scaled as i64 ^ (i64::from(digits) << 48)
    };
    let known: HashSet<i64> = training.iter().map(|&x| key(x)).collect();
    let share = |map: &dyn Fn(f64) -> f64| {
        served.iter().filter(|&&x| known.contains(&key(map(x)))).count() as f64 / served.len().max(1) as f64
    };
    share(&|x| undo.apply(x)) - share(&|x| x)
}

/// The best fit of each family over all features.
#[derive(Debug, Clone, Default)]
pub(super) struct Strongest {
    /// Named, standardised and free: the remaining share of the distance, and the feature. Recoded: the gain,
    /// and the feature.
    pub(super) families: [Option<(f64, usize)>; 4],
    /// For the values out of range: the remaining share of their distance, and the feature.
    pub(super) partial: Option<(f64, usize)>,
    /// The largest share of values that is recovered, and the feature.
    pub(super) recovered: Option<(f64, usize)>,
}

impl Strongest {
    /// * `alone`: whether a feature was altered by itself; free maps count only for these.
    pub(super) fn of(transforms: &BTreeMap<usize, BestTransforms>, alone: &dyn Fn(usize) -> bool) -> Self {
        let mut strongest = Self::default();
        let [named, standardised, free, recoded] = &mut strongest.families;
        for (&j, best) in transforms {
            let ratio = |map: &Option<Transform>| map.as_ref().map(Transform::ratio);
            keep_least(named, ratio(&best.named), j);
            keep_least(standardised, ratio(&best.standardised), j);
            keep_least(free, ratio(&best.free).filter(|_| alone(j)), j);
            keep_most(recoded, best.recoded.as_ref().map(Recoded::weighed_gain), j);
            keep_least(&mut strongest.partial, best.partial.as_ref().map(|(map, _)| map.ratio()), j);
            keep_most(&mut strongest.recovered, best.recovered, j);
        }
        strongest
    }
}

/// Keeps the smaller value with its feature; the first of equals.
fn keep_least(kept: &mut Option<(f64, usize)>, value: Option<f64>, feature: usize) {
    if let Some(value) = value
        && kept.is_none_or(|(least, _)| value < least)
    {
        *kept = Some((value, feature));
    }
}

/// Keeps the larger value with its feature; the first of equals.
fn keep_most(kept: &mut Option<(f64, usize)>, value: Option<f64>, feature: usize) {
    if let Some(value) = value
        && kept.is_none_or(|(most, _)| value > most)
    {
        *kept = Some((value, feature));
    }
}

/// The largest set of features that one linear factor maps back, within 3 %.
pub(super) fn shared_factor(transforms: &BTreeMap<usize, BestTransforms>) -> Vec<usize> {
    let factors: Vec<(usize, f64)> = transforms
        .iter()
        .filter_map(|(&j, transforms)| {
            let close = [&transforms.named, &transforms.free].into_iter().flatten();
            transforms.exact.iter().chain(close.filter(|map| map.ratio() < 0.25)).find_map(|map| {
                match map.inverse {
                    Inverse::Affine(offset, factor) if offset == 0.0 && factor != 1.0 => Some((j, factor)),
                    _ => None,
                }
            })
        })
        .collect();
    let alike = |factor: f64| -> Vec<usize> {
        factors.iter().filter(|(_, f)| (f / factor - 1.0).abs() < 0.03).map(|(j, _)| *j).collect()
    };
    factors.iter().map(|&(_, f)| alike(f)).max_by_key(Vec::len).unwrap_or_default()
}
