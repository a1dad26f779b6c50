//! Which map takes an altered feature back? A dictionary of named maps, the training snapshot's own standardisation,
//! free maps of few parameters, the lattice of known values, and codes handed out anew.
//!
//! Some monotone map joins any two continuous distributions, so a map by itself proves nothing: the named ones have no
//! free parameter, the free ones only count for a feature that was altered by itself (kappa near 0).

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;

use crate::{
    autopsy::{Exam, Finding, Step, Subject, Verdict},
    stats::distance,
    summary::Kind,
    text::number,
};

use super::{
    contrast::{Contrast, Side},
    recode::{Recoded, recode},
};

/// Two distributions this close before any map leave nothing to explain.
const LEAST_DISTANCE: f64 = 0.08;

/// A map explains a move when it takes the KS distance below this share of what it was.
const FITS: f64 = 0.15;

/// Numbers out of training's range that are taken for a part of their own: how many, and which share of all.
const FEWEST_OUTSIDE: usize = 60;
const LEAST_PART: f64 = 0.02;

/// Features of either kind that are tried at most.
const MOST_FEATURES: usize = 24;

/// The finding that says whether any map fits.
const NO_MAP: &str = "integrity.map";

/// The finding about values out of range that a map takes back.
const PART: &str = "integrity.part";

/// Where more of the values than this are out of range, the map of the whole column says it.
const MOST_OF_ALL: f64 = 0.95;

/// Units and scales that people mix up: `production = reference × factor`.
const FACTORS: [(f64, &str); 14] = [
    (10.0, "10"),
    (100.0, "100 (percent or cents)"),
    (1000.0, "1000 (thousandths)"),
    (1e6, "1 000 000 (millionths)"),
    (60.0, "60 (minutes and seconds, hours and minutes)"),
    (3600.0, "3600 (hours and seconds)"),
    (24.0, "24 (days and hours)"),
    (7.0, "7 (weeks and days)"),
    (12.0, "12 (years and months)"),
    (1024.0, "1024 (binary prefix)"),
    (2.204_622_6, "2.2046 (kilogram and pound)"),
    (2.54, "2.54 (inch and centimetre)"),
    (1.609_344, "1.609 (mile and kilometre)"),
    (3.6, "3.6 (m/s and km/h)"),
];

/// A map that was applied to a feature, with the inverse that undoes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// The feature.
    pub feature: usize,
    /// What was done, for people: `× 100 (percent or cents)`.
    pub name: String,
    /// How it is undone.
    pub undo: Undo,
    /// KS distance to the reference before undoing, and after.
    pub distance: (f64, f64),
}

impl Map {
    /// What is left of the distance after undoing it.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.distance.1 / self.distance.0.max(1e-9)
    }
}

/// How a map is undone.
#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    /// `a + b x`.
    Affine(f64, f64),
    /// `eˣ − 1`: it had been logged.
    Expm1,
    /// `ln(1 + x)`: the logarithm had been lost.
    Log1p,
    /// `√x`: it had been squared.
    SquareRoot,
    /// `x²`: its root had been taken.
    Square,
    /// Category codes, by code.
    Codes(Vec<u32>),
}

impl Undo {
    /// The value that a served number stands for.
    #[must_use]
    pub fn apply(&self, x: f64) -> f64 {
        match self {
            Self::Affine(a, b) => a + b * x,
            Self::Expm1 => x.exp_m1(),
            Self::Log1p => x.max(-0.999_999).ln_1p(),
            Self::SquareRoot => x.max(0.0).sqrt(),
            Self::Square => x * x,
            Self::Codes(_) => x,
        }
    }
}

/// The best map of each family for one feature.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapped {
    pub(super) named: Option<Map>,
    pub(super) standardised: Option<Map>,
    pub(super) free: Option<Map>,
    pub(super) recoded: Option<Recoded>,
    /// What takes the values back onto training's lattice, however little they moved.
    pub(super) exact: Option<Map>,
    /// The named map of the values that lie out of training's range, and their share.
    pub(super) part: Option<(Map, f64)>,
    /// Share of served values that training holds, after undoing the best map less before.
    pub(super) lattice: Option<f64>,
}

/// Looks for maps of every number that moved, and of every category: codes of equal frequency change places without
/// moving anything.
pub(super) fn maps(contrast: &Contrast<'_>) -> BTreeMap<usize, Mapped> {
    let kind = |j: usize| contrast.dossier.plan.features[j].kind;
    let moved = contrast.movers().into_iter().filter(|&j| kind(j) == Kind::Numeric).take(MOST_FEATURES);
    let named = (0..contrast.moves.len()).filter(|&j| kind(j) == Kind::Categorical).take(MOST_FEATURES);
    let asked: Vec<usize> = moved.chain(named).collect();
    asked
        .into_par_iter()
        .map(|j| match kind(j) {
            Kind::Numeric => (j, numeric(contrast, j)),
            _ => (j, Mapped { recoded: recode(contrast, j), ..Mapped::default() }),
        })
        .collect()
}

/// The dictionary of maps without a free parameter: what was done, and how it is undone.
pub(super) fn named() -> Vec<(String, Undo)> {
    let mut named = Vec::new();
    for (factor, name) in FACTORS {
        named.push((format!("× {name}"), Undo::Affine(0.0, 1.0 / factor)));
        named.push((format!("÷ {name}"), Undo::Affine(0.0, factor)));
    }
    let others = [
        ("sign turned", Undo::Affine(0.0, -1.0)),
        ("Fahrenheit to Celsius", Undo::Affine(32.0, 1.8)),
        ("Celsius to Fahrenheit", Undo::Affine(-32.0 / 1.8, 1.0 / 1.8)),
        ("Celsius to Kelvin", Undo::Affine(-273.15, 1.0)),
        ("Kelvin to Celsius", Undo::Affine(273.15, 1.0)),
        ("the logarithm was lost", Undo::Log1p),
        ("the logarithm was taken", Undo::Expm1),
        ("squared", Undo::SquareRoot),
        ("the root was taken", Undo::Square),
    ];
    named.extend(others.map(|(name, undo)| (name.to_owned(), undo)));
    named
}

fn numeric(contrast: &Contrast<'_>, feature: usize) -> Mapped {
    let (mut before, mut after) = (contrast.reference.numbers(feature), contrast.suspect.numbers(feature));
    before.sort_unstable_by(f64::total_cmp);
    after.sort_unstable_by(f64::total_cmp);
    if before.len() < 100 || after.len() < 100 {
        return Mapped::default();
    }
    let Ok(distance) = distance::ks_samples(&before, &after) else {
        return Mapped::default();
    };
    if distance < LEAST_DISTANCE {
        return Mapped::default();
    }
    let attempt = |name: String, undo: Undo| -> Option<Map> {
        let back: Vec<f64> = after.iter().map(|&x| undo.apply(x)).collect();
        let left = distance::ks_samples(&before, &back).ok()?;
        Some(Map { feature, name, undo, distance: (distance, left) })
    };
    let best = |maps: Vec<Option<Map>>| -> Option<Map> {
        maps.into_iter().flatten().min_by(|a, b| a.distance.1.total_cmp(&b.distance.1))
    };
    let training = Side::new(
        &contrast.dossier.training.sample,
        &(0..contrast.dossier.training.sample.rows).collect::<Vec<_>>(),
    )
    .numbers(feature);
    let range = moments(&training).map(|(_, _, low, high)| (low, high));
    // Marks from best to worst instead of from worst to best.
    let reversed =
        range.map(|(low, high)| ("the scale was reversed".to_owned(), Undo::Affine(low + high, -1.0)));
    let dictionary: Vec<(String, Undo)> = named().into_iter().chain(reversed).collect();
    let part = range.and_then(|range| part(feature, range, &dictionary, &before, &after));
    let named: Vec<Map> = dictionary.into_iter().filter_map(|(name, undo)| attempt(name, undo)).collect();
    let standardised = moments(&training).map(|(mean, deviation, low, high)| {
        vec![
            attempt("standardised with the training moments".to_owned(), Undo::Affine(mean, deviation)),
            attempt("scaled to the training range".to_owned(), Undo::Affine(low, high - low)),
        ]
    });
    let at = |v: &[f64], q: f64| v[((v.len() - 1) as f64 * q) as usize];
    let mut free = Vec::new();
    let (m0, m1) = (at(&before, 0.5), at(&after, 0.5));
    let (s0, s1) = (at(&before, 0.9) - at(&before, 0.1), at(&after, 0.9) - at(&after, 0.1));
    if m1 != 0.0 && m0 / m1 > 0.0 {
        free.push(attempt(format!("× {}", number::value(m1 / m0)), Undo::Affine(0.0, m0 / m1)));
    }
    if s1 > 0.0 && s0 > 0.0 {
        let slope = s0 / s1;
        free.push(attempt(format!("× {}", number::value(1.0 / slope)), Undo::Affine(0.0, slope)));
        free.push(attempt(format!("{:+} offset", m1 - m0), Undo::Affine(m0 - m1, 1.0)));
        free.push(attempt(
            format!("scale {} and offset", number::value(1.0 / slope)),
            Undo::Affine(m0 - slope * m1, slope),
        ));
    }
    let named = plainest(named, before.len(), after.len());
    let free = best(free);
    let lattice = [&named, &free]
        .into_iter()
        .flatten()
        .map(|map| lattice(&training, &after, &map.undo))
        .reduce(f64::max);
    Mapped {
        named,
        standardised: standardised.and_then(best),
        free,
        recoded: None,
        exact: None,
        part,
        lattice,
    }
}

/// The named map that takes the numbers out of training's range back to the reference, where they are only a part of all:
/// one of several senders changed, or the change is still under way.
fn part(
    feature: usize,
    (low, high): (f64, f64),
    dictionary: &[(String, Undo)],
    before: &[f64],
    after: &[f64],
) -> Option<(Map, f64)> {
    let outside: Vec<f64> = after.iter().copied().filter(|&x| x < low || x > high).collect();
    let share = outside.len() as f64 / after.len() as f64;
    if outside.len() < FEWEST_OUTSIDE || share < LEAST_PART {
        return None;
    }
    let distance = distance::ks_samples(before, &outside).ok()?;
    let maps = dictionary.iter().filter_map(|(name, undo)| {
        let mut back: Vec<f64> = outside.iter().map(|&x| undo.apply(x)).collect();
        back.sort_unstable_by(f64::total_cmp);
        Some(Map {
            feature,
            name: name.clone(),
            undo: undo.clone(),
            distance: (distance, distance::ks_samples(before, &back).ok()?),
        })
    });
    plainest(maps.collect(), before.len(), outside.len()).map(|map| (map, share))
}

/// The first of the maps that restores the distribution as well as the best one does but for noise: 1000 and 1024 can't be
/// told apart by a few hundred values, and the first is the likelier.
///
/// * `n`, `m`: values on either side.
fn plainest(maps: Vec<Map>, n: usize, m: usize) -> Option<Map> {
    let noise = 1.63 * (1.0 / n as f64 + 1.0 / m as f64).sqrt();
    let least = maps.iter().map(|map| map.distance.1).fold(f64::INFINITY, f64::min);
    maps.into_iter().find(|map| map.distance.1 <= least.max(noise))
}

fn moments(values: &[f64]) -> Option<(f64, f64, f64, f64)> {
    let mean = crate::stats::moments::mean(values).ok()?;
    let deviation = crate::stats::moments::deviation(values).ok()?;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (deviation > 0.0).then_some((mean, deviation, low, high))
}

/// Share of the values that training holds, with the map undone less as served. Values are compared to nine digits,
/// because text formats and units round.
fn lattice(training: &[f64], served: &[f64], undo: &Undo) -> f64 {
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

/// Says which maps fit.
pub(super) fn examine(
    contrast: &Contrast<'_>,
    mapped: &BTreeMap<usize, Mapped>,
    alone: &dyn Fn(usize) -> bool,
) -> Exam {
    let mut exam = Exam::default();
    let plan = &contrast.dossier.plan;
    let mut best: [Option<(f64, usize)>; 4] = [None; 4];
    let mut lattice: Option<(f64, usize)> = None;
    let mut parts: Option<(f64, usize)> = None;
    for (&j, maps) in mapped {
        let name = &plan.features[j].name;
        let families = [&maps.named, &maps.standardised, &maps.free];
        for (family, map) in families.into_iter().enumerate() {
            let Some(map) = map else { continue };
            if family == 2 && !alone(j) {
                continue;
            }
            if best[family].is_none_or(|(ratio, _)| map.ratio() < ratio) {
                best[family] = Some((map.ratio(), j));
            }
        }
        if let Some(recoded) = &maps.recoded {
            let closer = recoded.map.ratio() < 0.7;
            let gain = if closer { recoded.gain } else { 0.3 * recoded.gain };
            if best[3].is_none_or(|(most, _)| gain > most) {
                best[3] = Some((gain, j));
            }
            if recoded.gain > 0.5 && closer {
                exam.findings.push(finding(j, name, &recoded.map, Verdict::Alarm));
            }
        }
        if let Some((map, share)) = &maps.part {
            if parts.is_none_or(|(ratio, _)| map.ratio() < ratio) {
                parts = Some((map.ratio(), j));
            }
            if map.ratio() < FITS && *share < MOST_OF_ALL {
                let mut finding = finding(j, name, map, Verdict::Alarm);
                finding.id = format!("{PART}:{name}");
                finding.says = format!(
                    "{name}: {} of the values are out of training's range; undoing {} takes these to the reference (distance {} instead of {}).",
                    number::share(*share),
                    map.name,
                    number::metric(map.distance.1),
                    number::metric(map.distance.0)
                );
                exam.findings.push(finding);
            }
        }
        if let Some(gain) = maps.lattice
            && lattice.is_none_or(|(most, _)| gain > most)
        {
            lattice = Some((gain, j));
        }
        // A named map is told before a free one that fits a little better by its free parameters.
        let shown = families.into_iter().flatten().find(|map| map.ratio() < FITS);
        if let Some(map) = shown {
            let named = maps.free.as_ref() != Some(map) || alone(j);
            exam.findings.push(finding(j, name, map, if named { Verdict::Alarm } else { Verdict::Watch }));
        }
    }
    let told = |exam: &Exam, j: usize| {
        let id = format!("integrity.map:{}", plan.features[j].name);
        if exam.findings.iter().any(|f| f.id == id) { id } else { NO_MAP.to_owned() }
    };
    exam.findings.push(Finding::new(
        NO_MAP,
        Step::Feature,
        Verdict::Clear,
        if exam.findings.is_empty() {
            "No map of few parameters takes a feature back to the reference.".to_owned()
        } else {
            match exam.findings.len() {
                1 => "A map takes 1 feature back to the reference.".to_owned(),
                n => format!("Maps take {n} features back to the reference."),
            }
        },
    ));
    let keys = ["map.named", "map.standardised", "map.free", "recode.gain"];
    for (key, found) in keys.into_iter().zip(best) {
        let Some((value, j)) = found else { continue };
        let value = if key == "recode.gain" { value.clamp(0.0, 6.0) } else { value.min(1.5) };
        let proof = told(&exam, j);
        exam.signal(key, value, &[j], &proof);
    }
    if let Some((ratio, j)) = parts {
        let id = format!("{PART}:{}", plan.features[j].name);
        let proof = if exam.findings.iter().any(|f| f.id == id) { id } else { NO_MAP.to_owned() };
        exam.signal("map.part", ratio.min(1.5), &[j], &proof);
    }
    if let Some((gain, j)) = lattice {
        let proof = told(&exam, j);
        exam.signal("map.lattice", gain, &[j], &proof);
    }
    let shared = shared_factor(mapped);
    if shared.len() > 1 {
        let name = &plan.features[shared[0]].name;
        let exact = mapped[&shared[0]].exact.is_some();
        let proof = format!("integrity.{}:{name}", if exact { "lattice" } else { "map" });
        exam.signal("map.shared_factor", (shared.len() as f64).min(6.0), &shared, &proof);
    }
    exam
}

fn finding(feature: usize, name: &str, map: &Map, verdict: Verdict) -> Finding {
    let (from, to) = map.distance;
    Finding {
        subject: Subject::Feature(feature),
        measure: "distance left after undoing the map",
        value: Some(map.ratio()),
        threshold: Some(FITS),
        ..Finding::new(
            format!("integrity.map:{name}"),
            Step::Feature,
            verdict,
            format!(
                "{name}: {}; undoing it takes the distance to the reference from {} to {}.",
                map.name,
                number::metric(from),
                number::metric(to)
            ),
        )
    }
}

/// The largest set of features that one linear factor maps back, within 3 %.
fn shared_factor(mapped: &BTreeMap<usize, Mapped>) -> Vec<usize> {
    let factors: Vec<(usize, f64)> = mapped
        .iter()
        .filter_map(|(&j, maps)| {
            let close = [&maps.named, &maps.free].into_iter().flatten();
            maps.exact.iter().chain(close.filter(|map| map.ratio() < 0.25)).find_map(|map| match map.undo {
                Undo::Affine(offset, factor) if offset == 0.0 && factor != 1.0 => Some((j, factor)),
                _ => None,
            })
        })
        .collect();
    let alike = |factor: f64| -> Vec<usize> {
        factors.iter().filter(|(_, f)| (f / factor - 1.0).abs() < 0.03).map(|(j, _)| *j).collect()
    };
    factors.iter().map(|&(_, f)| alike(f)).max_by_key(Vec::len).unwrap_or_default()
}
