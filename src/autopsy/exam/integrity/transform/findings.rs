//! Findings and signals on the transforms that fit.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{CheckSpec, SignalSpec, checks, measures, signals},
    },
    text::number,
};

use super::{
    super::feature_samples::FeatureSamples,
    inverse::Transform,
    search::{BestTransforms, Strongest, shared_factor},
};

/// A map explains a move when it reduces the KS distance below this share of its former value.
const FITS: f64 = 0.15;

/// The finding on whether any map fits.
const NO_MAP: &CheckSpec = &checks::INTEGRITY_MAP;

/// The finding on values out of range that a map restores.
const PART: &CheckSpec = &checks::INTEGRITY_PART;

/// Above this share of values out of range, the map of the whole column is reported instead.
const MOST_OF_ALL: f64 = 0.95;

/// Reports the maps that fit.
pub(in crate::autopsy::exam::integrity) fn examine(
    samples: &FeatureSamples<'_>,
    transforms: &BTreeMap<usize, BestTransforms>,
    alone: &dyn Fn(usize) -> bool,
) -> Observations {
    let mut observations = Observations::default();
    for (&j, best) in transforms {
        let name = &samples.dossier.plan.features[j].name;
        observations.findings.extend(of_feature(j, name, best, alone(j)));
    }
    observations.findings.push(overview(observations.findings.len()));
    signals(&mut observations, samples, transforms, alone);
    observations
}

/// The findings of one feature: reassigned category codes, values that a map restores in part or as a whole.
///
/// * `alone`: whether the feature was altered by itself.
fn of_feature(j: usize, name: &str, best: &BestTransforms, alone: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(recoded) = best.recoded.as_ref().filter(|recoded| recoded.gain > 0.5 && recoded.is_closer()) {
        findings.push(finding(j, name, &recoded.map, Verdict::Alarm));
    }
    if let Some((map, share)) = &best.partial
        && map.ratio() < FITS
        && *share < MOST_OF_ALL
    {
        let mut finding = finding(j, name, map, Verdict::Alarm);
        finding.id = PART.of(name);
        finding.message = format!(
            "{name}: {} of the values are out of training's range; undoing {} takes these to the reference (distance {} instead of {}).",
            number::share(*share),
            map.name,
            number::metric(map.distance.1),
            number::metric(map.distance.0)
        );
        findings.push(finding);
    }
    // A named map takes precedence over a free one, which may fit slightly better because of its free
    // parameters.
    let families = [&best.named, &best.standardised, &best.free];
    if let Some(map) = families.into_iter().flatten().find(|map| map.ratio() < FITS) {
        let named = best.free.as_ref() != Some(map) || alone;
        findings.push(finding(j, name, map, if named { Verdict::Alarm } else { Verdict::Watch }));
    }
    findings
}

/// Whether any map fits.
///
/// * `fitting`: number of maps that fit.
fn overview(fitting: usize) -> Finding {
    Finding::new(
        NO_MAP,
        Verdict::Clear,
        if fitting == 0 {
            "No map of few parameters takes a feature back to the reference.".to_owned()
        } else {
            match fitting {
                1 => "A map takes 1 feature back to the reference.".to_owned(),
                n => format!("Maps take {n} features back to the reference."),
            }
        },
    )
}

fn signals(
    observations: &mut Observations,
    samples: &FeatureSamples<'_>,
    transforms: &BTreeMap<usize, BestTransforms>,
    alone: &dyn Fn(usize) -> bool,
) {
    let plan = &samples.dossier.plan;
    let strongest = Strongest::of(transforms, alone);
    // A map that does not fit well is no finding to alarm of, but a signal of it needs a sentence that tells what it is.
    let proof_of = |observations: &mut Observations, j: usize| {
        let name = &plan.features[j].name;
        let id = checks::INTEGRITY_MAP.of(name);
        if observations.findings.iter().any(|f| f.id == id) {
            return id;
        }
        let best = &transforms[&j];
        let maps = [&best.named, &best.standardised, &best.free].into_iter().flatten();
        let maps = maps.chain(best.recoded.as_ref().map(|recoded| &recoded.map));
        let Some(map) = maps.min_by(|a, b| a.ratio().total_cmp(&b.ratio())) else { return NO_MAP.into() };
        observations.findings.push(finding(j, name, map, Verdict::Clear));
        id
    };
    let limited: [(&'static SignalSpec, (f64, f64)); 4] = [
        (&signals::MAP_NAMED, (f64::NEG_INFINITY, 1.5)),
        (&signals::MAP_STANDARDISED, (f64::NEG_INFINITY, 1.5)),
        (&signals::MAP_FREE, (f64::NEG_INFINITY, 1.5)),
        (&signals::RECODE_GAIN, (0.0, 6.0)),
    ];
    for ((key, (least, most)), found) in limited.into_iter().zip(strongest.families) {
        let Some((value, j)) = found else { continue };
        let value = value.clamp(least, most);
        let proof = proof_of(observations, j);
        observations.signal(key, value, &[j], &proof);
    }
    if let Some((ratio, j)) = strongest.partial {
        let id = PART.of(&plan.features[j].name);
        let proof = if observations.findings.iter().any(|f| f.id == id) { id } else { NO_MAP.into() };
        observations.signal(&signals::MAP_PART, ratio.min(1.5), &[j], &proof);
    }
    if let Some((gain, j)) = strongest.recovered {
        let proof = proof_of(observations, j);
        observations.signal(&signals::MAP_LATTICE, gain, &[j], &proof);
    }
    let shared = shared_factor(transforms);
    if shared.len() > 1 {
        let name = &plan.features[shared[0]].name;
        let exact = transforms[&shared[0]].exact.is_some();
        let shown = if exact { &checks::INTEGRITY_LATTICE } else { &checks::INTEGRITY_MAP };
        let proof = shown.of(name);
        observations.signal(&signals::MAP_SHARED_FACTOR, (shared.len() as f64).min(6.0), &shared, &proof);
    }
}

fn finding(feature: usize, name: &str, map: &Transform, verdict: Verdict) -> Finding {
    let (from, to) = map.distance;
    Finding {
        subject: Subject::Feature(feature),
        measure: measures::MAP_RATIO.name,
        value: Some(map.ratio()),
        threshold: Some(FITS),
        ..Finding::new(
            checks::INTEGRITY_MAP.of(name),
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
