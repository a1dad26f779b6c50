//! Correct values in the wrong rows: the dependence between features broke while their distributions stayed.

use rayon::prelude::*;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{FindingId, checks, measures, signals},
    },
    summary::Kind,
    text::number,
};

use super::feature_samples::{FeatureSamples, Side, column_scores};

/// Maximum number of features whose dependence on the others is measured.
const MOST_FEATURES: usize = 40;

/// How well the other features predict one, after against before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dependence {
    pub(super) feature: usize,
    /// Correlation with the prediction in the reference rows.
    pub(super) before: f64,
    /// The same in the rows under suspicion, ranks taken there.
    pub(super) after: f64,
    /// Difference of the Fisher-transformed correlations in standard errors; above 0 when dependence was
    /// lost.
    pub(super) z: f64,
}

impl Dependence {
    /// The share of the dependence that remains.
    fn kept(&self) -> f64 {
        self.after / self.before
    }
}

/// The dependence of each number (by its ranks within either side) and of each category's most frequent level
/// on the other features.
pub(super) fn dependences(samples: &FeatureSamples<'_>, by_source: bool) -> Vec<Dependence> {
    let plan = &samples.dossier.plan;
    (0..plan.features.len())
        .into_par_iter()
        .take(MOST_FEATURES)
        .filter_map(|j| {
            let source = &plan.features[j].source;
            if by_source && source.is_none() {
                return None;
            }
            let (before, after) = own_scores(samples, j)?;
            let keep = |other: usize| other != j && !(by_source && plan.features[other].source == *source);
            let predicted = samples.design.predict(&before, keep)?;
            let correlate = |x: &[f64], y: &[f64]| crate::stats::moments::pearson(x, y).unwrap_or(0.0);
            let r0 = correlate(&before, &predicted.reference);
            let r1 = correlate(&after, &predicted.suspect);
            if r0 < 0.15 {
                return None;
            }
            let error = (1.0 / (before.len() as f64 - 3.0) + 1.0 / (after.len() as f64 - 3.0)).sqrt();
            let fisher = |r: f64| r.clamp(-0.999, 0.999).atanh();
            Some(Dependence { feature: j, before: r0, after: r1, z: (fisher(r0) - fisher(r1)) / error })
        })
        .collect()
}

fn own_scores(samples: &FeatureSamples<'_>, feature: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let own = |side: &Side<'_>| -> Option<Vec<f64>> {
        match samples.dossier.plan.features[feature].kind {
            Kind::Numeric => {
                let ranks = samples.rank_scores.among(side.numbers(feature));
                Some(column_scores(&side.table.features[feature], &side.rows, &ranks))
            }
            Kind::Categorical => {
                let codes = side.table.features[feature].codes()?;
                Some(side.rows.iter().map(|&r| f64::from(u8::from(codes[r] == 0))).collect())
            }
            Kind::Embedding => None,
        }
    };
    own(&samples.reference).zip(own(&samples.suspect))
}

/// Minimum change of a dependence, in standard errors, to be significant.
const REAL_Z: f64 = 5.0;

/// A feature has lost its dependence on the others when less than this share remains.
const KEPT: f64 = 0.8;

/// The largest loss of dependence among some features, and the features that lost any, the largest loss
/// first.
///
/// * `unmoved_only`: leaves out features whose distribution moved, as this alone reduces their dependence.
fn lost(
    samples: &FeatureSamples<'_>,
    dependences: &[Dependence],
    unmoved_only: bool,
) -> Option<(f64, Vec<usize>)> {
    let mut hit: Vec<&Dependence> = dependences
        .iter()
        .filter(|d| d.z > REAL_Z && !(unmoved_only && samples.moves[d.feature].psi > 0.1))
        .collect();
    hit.sort_by(|a, b| a.kept().total_cmp(&b.kept()));
    let loss = hit.first().map_or(0.0, |d| 1.0 - d.kept());
    (!dependences.is_empty()).then(|| (loss.clamp(0.0, 1.5), hit.iter().map(|d| d.feature).collect()))
}

/// Reports the features whose dependence broke.
///
/// * `across_sources`: dependence on the features of other sources alone.
pub(super) fn examine(
    samples: &FeatureSamples<'_>,
    dependences: &[Dependence],
    across_sources: &[Dependence],
) -> Observations {
    let mut broken: Vec<&Dependence> =
        dependences.iter().filter(|d| d.z > REAL_Z && d.kept() < KEPT).collect();
    broken.sort_by(|a, b| b.z.total_cmp(&a.z));
    let weakened = dependences.iter().filter(|d| d.z > REAL_Z).min_by(|a, b| a.kept().total_cmp(&b.kept()));
    let mut observations =
        Observations { findings: findings(samples, &broken, weakened), signals: Vec::new() };
    signals(&mut observations, samples, dependences, across_sources, &broken);
    observations
}

/// One finding for each feature that lost its dependence on the others, and one for all.
///
/// * `weakened`: what lost most beyond noise, told where nothing lost enough to be broken.
fn findings(
    samples: &FeatureSamples<'_>,
    broken: &[&Dependence],
    weakened: Option<&Dependence>,
) -> Vec<Finding> {
    let plan = &samples.dossier.plan;
    let mut findings = Vec::new();
    for d in broken {
        let name = &plan.features[d.feature].name;
        findings.push(Finding {
            subject: Subject::Feature(d.feature),
            measure: measures::DEPENDENCE.name,
            value: Some(d.kept()),
            threshold: Some(KEPT),
            ..Finding::new(
                checks::INTEGRITY_DEPENDENCE.of(name),
                Verdict::Alarm,
                format!(
                    "{name} no longer depends on the other features: correlation with its prediction from them {} → {}.",
                    number::metric(d.before),
                    number::metric(d.after)
                ),
            )
        });
    }
    let message = match broken.len() {
        0 => weakened.map_or_else(
            || "Every feature still depends on the others as it did.".to_owned(),
            |d| {
                format!(
                    "No feature lost a fifth of its dependence on the others; {} lost most: correlation {} → {}.",
                    plan.features[d.feature].name,
                    number::metric(d.before),
                    number::metric(d.after)
                )
            },
        ),
        1 => "1 feature no longer depends on the others as it did.".to_owned(),
        n => format!("{n} features no longer depend on the others as they did."),
    };
    let verdict = if broken.is_empty() { Verdict::Clear } else { Verdict::Watch };
    findings.push(Finding::new(&checks::INTEGRITY_DEPENDENCE, verdict, message));
    findings
}

fn signals(
    observations: &mut Observations,
    samples: &FeatureSamples<'_>,
    dependences: &[Dependence],
    across_sources: &[Dependence],
    broken: &[&Dependence],
) {
    let plan = &samples.dossier.plan;
    let name = |j: usize| &plan.features[j].name;
    let shown: Vec<usize> = broken.iter().map(|d| d.feature).collect();
    let proof = |features: &[usize]| {
        features.first().filter(|j| shown.contains(j)).map_or_else(
            || FindingId::from(&checks::INTEGRITY_DEPENDENCE),
            |&j| checks::INTEGRITY_DEPENDENCE.of(name(j)),
        )
    };
    if let Some((loss, features)) = lost(samples, dependences, false) {
        observations.signal(&signals::DEPENDENCE_LOST, loss, &features, proof(&features));
    }
    if let Some((loss, features)) = lost(samples, dependences, true) {
        observations.signal(&signals::DEPENDENCE_LOST_UNMOVED, loss, &features, proof(&features));
        let breadth = features.len().min(8) as f64;
        observations.signal(&signals::DEPENDENCE_LOST_FEATURES, breadth, &features, proof(&features));
    }
    if let Some((loss, features)) = lost(samples, across_sources, true) {
        observations.signal(&signals::DEPENDENCE_LOST_ACROSS_SOURCES, loss, &features, proof(&features));
        if let Some(&first) = features.first() {
            let source = &plan.features[first].source;
            let same = features.iter().filter(|&&j| plan.features[j].source == *source).count();
            observations.signal(
                &signals::DEPENDENCE_ONE_SOURCE,
                same as f64 / features.len() as f64,
                &features,
                proof(&features),
            );
        }
    }
    // The feature that moved most: did it keep its dependence (as under a monotone change of scale) or lose
    // it?
    if let Some(&mover) = samples.movers().first()
        && let Some(d) = dependences.iter().find(|d| d.feature == mover)
    {
        observations.signal(
            &signals::DEPENDENCE_KEPT_BY_MOVER,
            d.kept().clamp(-0.5, 1.5),
            &[mover],
            proof(&[mover]),
        );
    }
}
