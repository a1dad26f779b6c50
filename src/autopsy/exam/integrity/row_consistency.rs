//! Row consistency: do the values of a row still belong together, across sources and feature by feature?
//!
//! The marginal distributions of columns do not show that rows were assembled from several rows; the joint
//! distribution of pairs of values does. A whole source joined from another row breaks the pairs across its
//! border and keeps those inside it; one altered column breaks all of its own. Only columns whose
//! distribution stayed are tested, as any change of a distribution changes the pairs.

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
    },
    model::{
        binned::{Binned, Binning},
        coherence::Coherence,
    },
    text::number,
};

use super::{clock::Clock, feature_samples::FeatureSamples};

/// Bins of a number: enough for its shape, few enough for well-filled cells.
const BINS: usize = 10;

/// A column with a larger PSI is not tested.
const UNMOVED: f64 = 0.05;

/// Minimum share of inconsistent rows, in standard errors, to be significant.
const REAL_Z: f64 = 4.0;

/// Maximum standard error for a share to be reported.
const LARGEST_ERROR: f64 = 0.12;

/// Minimum share of the rows in which an hour feature agrees with the timestamp to be derived from the
/// request itself.
const ON_TIME: f64 = 0.9;

/// Seed of the shuffled rows for comparison.
const SEED: u64 = 11;

/// The share of the rows in which one part does not belong to the rest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Broken {
    /// The tested columns of the part.
    pub(super) features: Vec<usize>,
    /// The source, if the part is a source.
    pub(super) source: Option<String>,
    pub(super) share: f64,
    pub(super) error: f64,
    /// The same among the columns of the part, if two of them depend on each other.
    pub(super) within: Option<f64>,
}

impl Broken {
    fn z(&self) -> f64 {
        self.share / self.error
    }
}

/// The results for all parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RowConsistency {
    /// Every source that depends on others.
    pub(super) sources: Vec<Broken>,
    /// Every feature that depends on others.
    pub(super) features: Vec<Broken>,
}

/// Tests for every source and every feature whether its values still belong to those of the rest of the row.
///
/// A feature that copies the request's hour is derived from the request itself: it and its source are not
/// tested.
pub(super) fn row_consistency(samples: &FeatureSamples<'_>, clocks: &[Clock]) -> RowConsistency {
    let plan = &samples.dossier.plan;
    let on_time: Vec<usize> = clocks
        .iter()
        .filter(|clock| clock.off == 0 && clock.agree >= ON_TIME)
        .map(|clock| clock.feature)
        .collect();
    // The pairs are fitted on one half of the reference and evaluated on the other: in-sample consistency
    // would be too high.
    let reference = &samples.reference;
    let learnt: Vec<usize> = reference.rows.iter().copied().step_by(2).collect();
    let kept: Vec<usize> = reference.rows.iter().copied().skip(1).step_by(2).collect();
    let binning = Binning::fit(plan, reference.table, &learnt, BINS);
    let Ok(coherence) = Coherence::fit(&binning.codes(reference.table, &learnt)) else {
        return RowConsistency::default();
    };
    let before = binning.codes(reference.table, &kept);
    let after = binning.codes(samples.suspect.table, &samples.suspect.rows);
    let still = |j: usize| samples.moves[j].psi <= UNMOVED;
    let asked = Asked { coherence: &coherence, before: &before, after: &after };
    let mut row_consistency = RowConsistency::default();
    let mut names: Vec<&String> = plan.features.iter().filter_map(|f| f.source.as_ref()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > 1 {
        for name in names {
            let inside = |j: usize| plan.features[j].source.as_ref() == Some(name);
            if on_time.iter().any(|&j| inside(j)) {
                continue;
            }
            if let Some(mut broken) = asked.part(&inside, &still) {
                broken.source = Some(name.clone());
                row_consistency.sources.push(broken);
            }
        }
    }
    row_consistency.features = (0..plan.features.len())
        .filter(|j| !on_time.contains(j))
        .filter_map(|j| asked.part(&|other| other == j, &still))
        .collect();
    row_consistency
}

struct Asked<'a> {
    coherence: &'a Coherence,
    before: &'a Binned,
    after: &'a Binned,
}

impl Asked<'_> {
    /// The share of the suspect rows in which the features that `inside` accepts do not belong to the others.
    fn part(&self, inside: &dyn Fn(usize) -> bool, still: &dyn Fn(usize) -> bool) -> Option<Broken> {
        let across = |a: usize, b: usize| still(a) && still(b) && inside(a) != inside(b);
        let (share, error) = self.share(&across, inside)?;
        let features: Vec<usize> = self
            .before
            .columns
            .iter()
            .filter_map(|column| column.feature)
            .filter(|&j| inside(j) && still(j))
            .collect();
        let first = features.first().copied()?;
        let within = |a: usize, b: usize| still(a) && still(b) && inside(a) && inside(b);
        Some(Broken {
            within: self.share(&within, &|j| j == first).map(|(share, _)| share),
            features,
            source: None,
            share,
            error,
        })
    }

    /// (mean before − mean after) over (mean before − mean of shuffled rows), with its standard error.
    fn share(
        &self,
        keep: &dyn Fn(usize, usize) -> bool,
        moved: &dyn Fn(usize) -> bool,
    ) -> Option<(f64, f64)> {
        if !self.coherence.is_informative(keep) {
            return None;
        }
        let (real, variance) = mean(&self.coherence.of_rows(self.before, keep));
        let (is, variance_after) = mean(&self.coherence.of_rows(self.after, keep));
        let (mixed, _) = mean(&self.coherence.of_mixed_rows(self.before, keep, moved, SEED));
        let whole = real - mixed;
        let error = (variance + variance_after).sqrt() / whole;
        (whole > 0.0 && error <= LARGEST_ERROR).then(|| ((real - is) / whole, error))
    }
}

/// The mean with the square of its standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(2) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, spread / n)
}

/// Reports the part that does not belong to the rest of its rows.
pub(super) fn examine(samples: &FeatureSamples<'_>, row_consistency: &RowConsistency) -> Observations {
    let mut observations = Observations::default();
    let worst = |of: &[Broken]| {
        of.iter().filter(|b| b.z() >= REAL_Z).max_by(|a, b| a.share.total_cmp(&b.share)).cloned()
    };
    if !row_consistency.sources.is_empty() {
        const ID: &CheckSpec = &checks::INTEGRITY_SOURCES_TOGETHER;
        let found = worst(&row_consistency.sources);
        let message = found.as_ref().map_or_else(
            || "The values of every source belong to those of the others, as they did.".to_owned(),
            |b| {
                format!(
                    "In {} (± {}) of the rows what {} delivers does not belong to the rest of the row.",
                    number::share(b.share.clamp(0.0, 1.0)),
                    number::share(1.96 * b.error),
                    b.source.as_deref().unwrap_or("a source")
                )
            },
        );
        push_finding(&mut observations, ID, found.as_ref(), message);
        let features = found.as_ref().map_or(&[][..], |b| &b.features);
        let share = found.as_ref().map_or(0.0, |b| b.share.clamp(0.0, 1.5));
        observations.signal(&signals::JOINT_SOURCE_SHARE, share, features, ID);
        if let Some(within) = found.as_ref().and_then(|b| b.within) {
            // A source that comes from another row as a whole is consistent within itself.
            observations.signal(
                &signals::JOINT_SOURCE_WITHIN,
                (within / share).clamp(-0.5, 1.5),
                features,
                ID,
            );
        }
    }
    if !row_consistency.features.is_empty() {
        const ID: &CheckSpec = &checks::INTEGRITY_FEATURES_TOGETHER;
        let found = worst(&row_consistency.features);
        let message = found.as_ref().map_or_else(
            || "The values of every feature belong to those of the others, as they did.".to_owned(),
            |b| {
                format!(
                    "In {} (± {}) of the rows {} does not belong to the rest of the row, though its distribution stayed.",
                    number::share(b.share.clamp(0.0, 1.0)),
                    number::share(1.96 * b.error),
                    b.features
                        .first()
                        .map_or("a feature", |&j| samples.dossier.feature_name(j))
                )
            },
        );
        push_finding(&mut observations, ID, found.as_ref(), message);
        let features = found.as_ref().map_or(&[][..], |b| &b.features);
        let share = found.as_ref().map_or(0.0, |b| b.share.clamp(0.0, 1.5));
        observations.signal(&signals::JOINT_FEATURE_SHARE, share, features, ID);
        let broken: Vec<usize> = row_consistency
            .features
            .iter()
            .filter(|b| b.z() >= REAL_Z && b.share > 0.5 * share)
            .flat_map(|b| b.features.iter().copied())
            .collect();
        let count = broken.len().min(8) as f64;
        observations.signal(&signals::JOINT_FEATURES, count, &broken, ID);
    }
    observations
}

fn push_finding(
    observations: &mut Observations,
    id: &'static CheckSpec,
    found: Option<&Broken>,
    message: String,
) {
    observations.findings.push(Finding {
        subject: found.map_or(Subject::Case, |broken| {
            broken.source.clone().map_or(Subject::Feature(broken.features[0]), Subject::Source)
        }),
        measure: measures::FOREIGN_PART.name,
        value: Some(found.map_or(0.0, |b| b.share)),
        interval: found.map(|b| (b.share - 1.96 * b.error, b.share + 1.96 * b.error)),
        ..Finding::new(id, if found.is_some() { Verdict::Alarm } else { Verdict::Clear }, message)
    });
}
