//! Co-movement: did the population move, or was a feature altered by itself?
//!
//! A feature's mean score moved by `d`; the other features, through their relation in the reference rows,
//! predict a move of `d̂`. With `R²` the share of its variance that they explain, the co-movement (`kappa` in
//! signals and findings) is `(d̂ / d) / R²`. It is about 1 where the population moved, as correlated features
//! move together, and about 0 where the feature was altered alone. Own construction; the predicted move is
//! attenuated by regression to the mean, hence the division by `R²`.

use rayon::prelude::*;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
    },
    model::surrogate::Surrogate,
    summary::{Kind, MISSING},
    text::number,
};

use super::feature_samples::{FeatureSamples, column_scores};

/// Maximum standard error for a co-movement to be used.
const LARGEST_ERROR: f64 = 0.3;

/// Maximum number of features with a co-movement, those with the largest moves first.
const MOST_FEATURES: usize = 24;

/// Number of rows for the variance of the score's parts.
const WEIGHED_ROWS: usize = 1_500;

/// Inputs with less than this share of the score's variance hardly matter.
const NOTABLE_WEIGHT: f64 = 0.05;

/// The co-movement of a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CoMovement {
    pub(super) feature: usize,
    /// 1: the population moved; 0: this feature was altered alone.
    pub(super) value: f64,
    /// Its standard error.
    pub(super) error: f64,
    /// How far the feature moved, in standard deviations of its score.
    pub(super) shift: f64,
}

/// The co-movement of every feature that moved and that the other features predict well enough.
pub(super) fn co_movements(samples: &FeatureSamples<'_>) -> Vec<CoMovement> {
    samples.movers().into_par_iter().take(MOST_FEATURES).filter_map(|j| co_movement(samples, j)).collect()
}

fn co_movement(samples: &FeatureSamples<'_>, feature: usize) -> Option<CoMovement> {
    let (before, after) = target(samples, feature)?;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    let shift = mean(&after) - mean(&before);
    let source = &samples.dossier.plan.features[feature].source;
    let predicted = samples.design.predict(&before, |other| other != feature)?;
    let r_squared = predicted.r_squared;
    if r_squared < 0.03 || shift.abs() < 0.05 {
        return None;
    }
    let expected = mean(&predicted.suspect) - mean(&predicted.reference);
    let spread = (predicted.reference.iter().map(|p| p * p).sum::<f64>() / before.len() as f64
        - mean(&predicted.reference).powi(2))
    .max(0.0)
    .sqrt();
    let error =
        spread * (1.0 / before.len() as f64 + 1.0 / after.len() as f64).sqrt() / (shift.abs() * r_squared);
    let mut value = expected / shift / r_squared;
    // If a whole source was altered, its features explain each other: also compute it from the other sources
    // alone, and use the lower value.
    if source.is_some() {
        let outside = |other: usize| samples.dossier.plan.features[other].source != *source;
        if let Some(p) = samples.design.predict(&before, outside).filter(|p| p.r_squared > 0.03) {
            let apart = (mean(&p.suspect) - mean(&p.reference)) / shift / p.r_squared;
            value = value.min(apart);
        }
    }
    (error < LARGEST_ERROR).then_some(CoMovement { feature, value, error, shift })
}

/// The score whose mean moved: the rank score of a number; for a category the log ratio of its level's
/// frequencies.
fn target(samples: &FeatureSamples<'_>, feature: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let (a, b) = (&samples.reference, &samples.suspect);
    match samples.dossier.plan.features[feature].kind {
        Kind::Numeric => {
            let ranks = samples.rank_scores.among(a.numbers(feature));
            let scores = |side: &super::feature_samples::Side<'_>| {
                column_scores(&side.table.features[feature], &side.rows, &ranks)
            };
            Some((scores(a), scores(b)))
        }
        Kind::Categorical => {
            let levels = samples.dossier.plan.features[feature].levels.len();
            let count = |side: &super::feature_samples::Side<'_>| -> Option<Vec<f64>> {
                let codes = side.table.features[feature].codes()?;
                let mut counts = vec![0.5; levels];
                for &r in side.rows.iter().filter(|&&r| codes[r] != MISSING) {
                    counts[codes[r] as usize] += 1.0;
                }
                Some(counts)
            };
            let (before, after) = (count(a)?, count(b)?);
            let (n, m): (f64, f64) = (before.iter().sum(), after.iter().sum());
            let lean: Vec<f64> =
                before.iter().zip(&after).map(|(p, q)| ((q / m) / (p / n)).ln().clamp(-2.0, 2.0)).collect();
            let scores = |side: &super::feature_samples::Side<'_>| -> Option<Vec<f64>> {
                let codes = side.table.features[feature].codes()?;
                let score = |&r: &usize| {
                    if codes[r] == MISSING { 0.0 } else { lean[codes[r] as usize] }
                };
                Some(side.rows.iter().map(score).collect())
            };
            Some((scores(a)?, scores(b)?))
        }
        Kind::Embedding => None,
    }
}

/// The share of the variance of the score's parts, over reference rows, that belongs to features that moved:
/// 0 if these do not matter to the model. With several classes: for the first one's score.
fn weight(samples: &FeatureSamples<'_>, movers: &[usize], surrogate: &Surrogate) -> Option<f64> {
    let side = &samples.reference;
    let step = side.rows.len().div_ceil(WEIGHED_ROWS).max(1);
    let rows: Vec<usize> = side.rows.iter().copied().step_by(step).collect();
    let parts = surrogate.parts(side.table, &rows, 0);
    let variance = |place: usize| crate::stats::moments::deviation(&parts.of(place)).map_or(0.0, |d| d * d);
    let (mut moved, mut all) = (0.0, 0.0);
    for (place, feature) in parts.features.iter().enumerate() {
        let variance = variance(place);
        all += variance;
        if movers.contains(feature) {
            moved += variance;
        }
    }
    (all > 0.0).then(|| moved / all)
}

/// Reports which features moved with the population and which alone.
pub(super) fn examine(
    samples: &FeatureSamples<'_>,
    co_movements: &[CoMovement],
    surrogate: Option<&Surrogate>,
) -> Observations {
    let movers = samples.movers();
    let mut observations = Observations::default();
    observations.findings.extend(co_movements.iter().map(|co_movement| one(samples, co_movement)));
    observations.findings.push(moved(samples, &movers));
    if let Some(weight) = surrogate.and_then(|surrogate| weight(samples, &movers, surrogate)) {
        moved_weight(&mut observations, &movers, weight);
    }
    signals(&mut observations, samples, co_movements);
    observations
}

/// Reports whether one feature moved with the population.
fn one(samples: &FeatureSamples<'_>, co_movement: &CoMovement) -> Finding {
    let plan = &samples.dossier.plan;
    let name = &plan.features[co_movement.feature].name;
    let (verdict, what) = if co_movement.value < 0.35 {
        (Verdict::Alarm, "the features related to it did not move with it: it alone was altered")
    } else if co_movement.value > 0.65 {
        (Verdict::Watch, "the features related to it moved along: the population moved")
    } else {
        (Verdict::Watch, "the features related to it moved along in part")
    };
    Finding {
        subject: Subject::Feature(co_movement.feature),
        measure: measures::KAPPA.name,
        value: Some(co_movement.value),
        interval: Some((
            co_movement.value - 1.96 * co_movement.error,
            co_movement.value + 1.96 * co_movement.error,
        )),
        ..Finding::new(
            checks::INTEGRITY_KAPPA.of(name),
            verdict,
            format!(
                "{name} moved by {} standard deviations and {what} (co-movement {}).",
                number::tenths(co_movement.shift),
                number::metric(co_movement.value)
            ),
        )
    }
}

/// Reports how many inputs moved.
fn moved(samples: &FeatureSamples<'_>, movers: &[usize]) -> Finding {
    let message = match movers.len() {
        0 => "No input moved beyond noise.".to_owned(),
        n => format!("{n} of {} inputs moved beyond noise.", samples.dossier.plan.features.len()),
    };
    let verdict = if movers.is_empty() { Verdict::Clear } else { Verdict::Watch };
    Finding {
        measure: measures::MOVED_INPUTS.name,
        value: Some(movers.len() as f64),
        ..Finding::new(&checks::INTEGRITY_MOVED, verdict, message)
    }
}

/// Reports whether the features that moved matter to the model.
fn moved_weight(observations: &mut Observations, movers: &[usize], weight: f64) {
    let verdict = if weight >= NOTABLE_WEIGHT { Verdict::Watch } else { Verdict::Clear };
    observations.findings.push(Finding {
        measure: measures::MOVED_WEIGHT.name,
        value: Some(weight),
        threshold: Some(NOTABLE_WEIGHT),
        ..Finding::new(
            &checks::INTEGRITY_WEIGHT,
            verdict,
            if movers.is_empty() {
                "No input moved, so none that matters to the model did.".to_owned()
            } else {
                format!(
                    "The inputs that moved make up {} of the variance of the model's score.",
                    number::share(weight)
                )
            },
        )
    });
    observations.signal(&signals::DRIFT_MOVED_WEIGHT, weight, &[], &checks::INTEGRITY_WEIGHT);
}

fn signals(observations: &mut Observations, samples: &FeatureSamples<'_>, co_movements: &[CoMovement]) {
    let Some(first) = co_movements.first() else { return };
    let plan = &samples.dossier.plan;
    let proof = checks::INTEGRITY_KAPPA.of(&plan.features[first.feature].name);
    observations.signal(&signals::KAPPA_STRONGEST, first.value.clamp(-0.5, 1.6), &[first.feature], &proof);
    let lowest = co_movements.iter().min_by(|a, b| a.value.total_cmp(&b.value)).unwrap_or(first);
    let alone: Vec<usize> = co_movements.iter().filter(|k| k.value < 0.35).map(|k| k.feature).collect();
    let proof = checks::INTEGRITY_KAPPA.of(&plan.features[lowest.feature].name);
    observations.signal(&signals::KAPPA_LOWEST, lowest.value.clamp(-0.5, 1.6), &alone, &proof);
    let mut sorted: Vec<f64> = co_movements.iter().map(|k| k.value).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let together: Vec<usize> = co_movements.iter().filter(|k| k.value > 0.5).map(|k| k.feature).collect();
    observations.signal(&signals::KAPPA_MEDIAN, sorted[sorted.len() / 2].clamp(-0.5, 1.6), &together, &proof);
}
