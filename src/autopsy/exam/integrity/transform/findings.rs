//! Which transforms fit, in sentences and signals.

use std::collections::BTreeMap;

use crate::{
    autopsy::{Finding, Observations, Step, Subject, Verdict},
    text::number,
};

use super::{
    super::feature_samples::FeatureSamples,
    inverse::{Inverse, Transform},
    search::BestTransforms,
};

/// A map explains a move when it takes the KS distance below this share of what it was.
const FITS: f64 = 0.15;

/// The finding that says whether any map fits.
const NO_MAP: &str = "integrity.map";

/// The finding about values out of range that a map takes back.
const PART: &str = "integrity.part";

/// Where more of the values than this are out of range, the map of the whole column says it.
const MOST_OF_ALL: f64 = 0.95;

/// Says which maps fit.
pub(in crate::autopsy::exam::integrity) fn examine(
    samples: &FeatureSamples<'_>,
    transforms: &BTreeMap<usize, BestTransforms>,
    alone: &dyn Fn(usize) -> bool,
) -> Observations {
    let mut exam = Observations::default();
    let plan = &samples.dossier.plan;
    let mut best: [Option<(f64, usize)>; 4] = [None; 4];
    let mut recovered: Option<(f64, usize)> = None;
    let mut parts: Option<(f64, usize)> = None;
    for (&j, transforms) in transforms {
        let name = &plan.features[j].name;
        let families = [&transforms.named, &transforms.standardised, &transforms.free];
        for (family, map) in families.into_iter().enumerate() {
            let Some(map) = map else { continue };
            if family == 2 && !alone(j) {
                continue;
            }
            if best[family].is_none_or(|(ratio, _)| map.ratio() < ratio) {
                best[family] = Some((map.ratio(), j));
            }
        }
        if let Some(recoded) = &transforms.recoded {
            let closer = recoded.map.ratio() < 0.7;
            let gain = if closer { recoded.gain } else { 0.3 * recoded.gain };
            if best[3].is_none_or(|(most, _)| gain > most) {
                best[3] = Some((gain, j));
            }
            if recoded.gain > 0.5 && closer {
                exam.findings.push(finding(j, name, &recoded.map, Verdict::Alarm));
            }
        }
        if let Some((map, share)) = &transforms.partial {
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
        if let Some(gain) = transforms.recovered
            && recovered.is_none_or(|(most, _)| gain > most)
        {
            recovered = Some((gain, j));
        }
        // A named map is told before a free one that fits a little better by its free parameters.
        let shown = families.into_iter().flatten().find(|map| map.ratio() < FITS);
        if let Some(map) = shown {
            let named = transforms.free.as_ref() != Some(map) || alone(j);
            exam.findings.push(finding(j, name, map, if named { Verdict::Alarm } else { Verdict::Watch }));
        }
    }
    let told = |exam: &Observations, j: usize| {
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
    if let Some((gain, j)) = recovered {
        let proof = told(&exam, j);
        exam.signal("map.lattice", gain, &[j], &proof);
    }
    let shared = shared_factor(transforms);
    if shared.len() > 1 {
        let name = &plan.features[shared[0]].name;
        let exact = transforms[&shared[0]].exact.is_some();
        let proof = format!("integrity.{}:{name}", if exact { "lattice" } else { "map" });
        exam.signal("map.shared_factor", (shared.len() as f64).min(6.0), &shared, &proof);
    }
    exam
}

fn finding(feature: usize, name: &str, map: &Transform, verdict: Verdict) -> Finding {
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
fn shared_factor(transforms: &BTreeMap<usize, BestTransforms>) -> Vec<usize> {
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
