//! Offline parity: the same rows, recomputed by the training pipeline. Values that differ were served
//! differently.

use crate::{
    autopsy::{
        Finding, Framing, JoinedRows, Observations, Subject, Verdict,
        catalogue::{FindingId, checks, measures, signals},
    },
    summary::{Column, MISSING},
    text::number,
};

use super::feature_samples::FeatureSamples;

/// Minimum relative difference for values to differ; text formats round at the seventh digit.
const TOLERANCE: f64 = 1e-5;

/// Differences on less than this share of the rows are late data.
const LATE_DATA: f64 = 0.01;

/// Rows that differ are served as one constant if more than this share of them is.
const CONSTANT: f64 = 0.9;

/// Rows that differ are served without a value if more than this share of them is.
const MISSED: f64 = 0.9;

/// A default stands for other values if no single one is more than this share of them …
const ONE_VALUE: f64 = 0.8;

/// … and it is not a bound: then this share of the altered values is beyond it, and of the others on this side …
const BOUND: f64 = 0.95;

/// … each of at least so many rows.
const FEWEST_ALTERED: usize = 20;

/// One feature's served values compared with the recomputed ones.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Parity {
    pub(super) feature: usize,
    /// Share of joined rows that differ, before the onset and after it.
    pub(super) before: f64,
    pub(super) after: f64,
    /// Of the differing rows after the onset: share served as missing.
    pub(super) missing: f64,
    /// Share of them served as their single most common value.
    pub(super) constant: f64,
    /// Correlation of served and recomputed numbers among them.
    pub(super) correlation: f64,
    /// Whether no value, or a default, stands for values of every size: not a bound, which stands for those beyond it only.
    pub(super) defaulted: bool,
}

/// Compares every feature; none when no row could be joined.
pub(super) fn parities(samples: &FeatureSamples<'_>, framing: &Framing) -> Option<Vec<Parity>> {
    let offline = samples.dossier.offline.as_ref()?;
    let first = framing.after.first().copied()?;
    let before: Vec<bool> =
        offline.production_row.iter().map(|&r| framing.split().is_some() && r < first).collect();
    let after: Vec<usize> = (0..before.len()).filter(|&i| !before[i]).collect();
    if after.len() < 100 {
        return None;
    }
    let compared = (0..samples.dossier.plan.features.len())
        .filter(|&j| !matches!(offline.table.features[j], Column::Absent))
        .map(|j| compare(samples, offline, j, &before))
        .collect();
    Some(compared)
}

fn compare(samples: &FeatureSamples<'_>, offline: &JoinedRows, feature: usize, before: &[bool]) -> Parity {
    let served = &samples.dossier.production.sample.features[feature];
    let recomputed = &offline.table.features[feature];
    let mut parity = Parity { feature, ..Parity::default() };
    let (mut rows, mut differing, mut pairs) = ([0.0_f64; 2], [0.0_f64; 2], Vec::new());
    let mut altered = Vec::new();
    let mut values: std::collections::HashMap<u64, usize> = std::collections::HashMap::new();
    for (i, &row) in offline.production_row.iter().enumerate() {
        let side = usize::from(!before[i]);
        rows[side] += 1.0;
        if equal(served, row, recomputed, i) {
            continue;
        }
        differing[side] += 1.0;
        if side == 0 {
            continue;
        }
        altered.push(i);
        if served.is_missing(row) {
            parity.missing += 1.0;
            continue;
        }
        match (served, recomputed) {
            (Column::Numeric { values: s, .. }, Column::Numeric { values: o, .. }) => {
                *values.entry(s[row].to_bits()).or_insert(0) += 1;
                if o[i].is_finite() {
                    pairs.push((s[row], o[i]));
                }
            }
            (Column::Categorical(s), _) => *values.entry(u64::from(s[row])).or_insert(0) += 1,
            _ => {}
        }
    }
    parity.before = differing[0] / rows[0].max(1.0);
    parity.after = differing[1] / rows[1].max(1.0);
    if differing[1] > 0.0 {
        parity.missing /= differing[1];
        parity.constant = values.values().copied().max().unwrap_or(0) as f64 / differing[1];
    }
    let (s, o): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    parity.correlation = crate::stats::moments::spearman(&s, &o).unwrap_or(0.0);
    parity.defaulted = parity.missing > MISSED
        || parity.constant > CONSTANT && is_default(served, offline, feature, &altered);
    parity
}

/// Whether what is served in place of other values is a default: these are of many kinds, and not those beyond a bound.
///
/// * `differing`: the places of the rows that differ since the onset, in the offline snapshot; single ones of them may be late data.
fn is_default(served: &Column, offline: &JoinedRows, feature: usize, differing: &[usize]) -> bool {
    let recomputed = &offline.table.features[feature];
    let value = |column: &Column, at: usize| match column {
        Column::Numeric { values, .. } => values[at],
        Column::Categorical(codes) => f64::from(codes[at]),
        Column::Embedding { .. } | Column::Absent => f64::NAN,
    };
    let given = |&i: &usize| value(served, offline.production_row[i]);
    let mut all: Vec<f64> = differing.iter().map(given).filter(|x| x.is_finite()).collect();
    all.sort_unstable_by(f64::total_cmp);
    let Some(constant) = all.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).map(|same| same[0]) else {
        return false;
    };
    let altered: Vec<usize> = differing.iter().copied().filter(|i| given(i) == constant).collect();
    let mut own: Vec<f64> = altered.iter().map(|&i| value(recomputed, i)).filter(|x| x.is_finite()).collect();
    own.sort_unstable_by(f64::total_cmp);
    let most = own.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0);
    if own.len() < FEWEST_ALTERED || most as f64 > ONE_VALUE * own.len() as f64 {
        return false;
    }
    let (Column::Numeric { .. }, Some(&first), Some(&last)) = (served, altered.first(), altered.last())
    else {
        return true;
    };
    // Rows served as they are, from the first altered one on: a bound has them all on its other side.
    let mut unaltered =
        (first..=last).filter(|i| altered.binary_search(i).is_err()).map(|i| value(recomputed, i));
    let beyond = |x: f64| if own[own.len() / 2] > constant { x > constant } else { x < constant };
    let is_one_sided = own.iter().filter(|x| beyond(**x)).count() as f64 > BOUND * own.len() as f64;
    let others: Vec<bool> =
        unaltered.by_ref().filter(|x| x.is_finite() && *x != constant).map(beyond).collect();
    let within = others.iter().filter(|beyond| !**beyond).count();
    !(is_one_sided && within as f64 > BOUND * others.len() as f64 && within >= FEWEST_ALTERED)
}

fn equal(served: &Column, row: usize, recomputed: &Column, at: usize) -> bool {
    match (served, recomputed) {
        (Column::Numeric { values: s, .. }, Column::Numeric { values: o, .. }) => {
            let (s, o) = (s[row], o[at]);
            (s.is_nan() && o.is_nan()) || (s - o).abs() <= TOLERANCE * s.abs().max(o.abs()).max(1e-9)
        }
        (Column::Categorical(s), Column::Categorical(o)) => s[row] == o[at],
        (Column::Absent, o) => o.is_missing(at),
        (Column::Categorical(s), Column::Absent) => s[row] == MISSING,
        _ => true,
    }
}

/// Reports the features that serving computes differently from training.
pub(super) fn examine(samples: &FeatureSamples<'_>, parities: Option<&[Parity]>) -> Observations {
    let mut observations = Observations::default();
    let plan = &samples.dossier.plan;
    let Some(parities) = parities else {
        let why = if samples.dossier.offline.is_some() {
            "fewer than 100 rows of the offline snapshot join with production"
        } else {
            "the case has no offline snapshot"
        };
        observations.findings.push(Finding::not_applicable(
            &checks::INTEGRITY_PARITY,
            "Served values can't be compared with recomputed ones",
            why,
        ));
        return observations;
    };
    let mut differing: Vec<&Parity> = parities.iter().filter(|p| p.after > LATE_DATA).collect();
    differing.sort_by(|a, b| b.after.total_cmp(&a.after));
    for p in &differing {
        let name = &plan.features[p.feature].name;
        let how = if p.missing > MISSED {
            "; the served value is missing"
        } else if p.constant > CONSTANT {
            "; the served value is one constant"
        } else {
            ""
        };
        observations.findings.push(Finding {
            subject: Subject::Feature(p.feature),
            measure: measures::PARITY.name,
            value: Some(p.after),
            threshold: Some(LATE_DATA),
            ..Finding::new(
                checks::INTEGRITY_PARITY.of(name),
                Verdict::Alarm,
                format!(
                    "{name} as served differs from the training pipeline in {} of the rows ({} before){how}.",
                    number::share(p.after),
                    number::share(p.before)
                ),
            )
        });
    }
    if differing.is_empty() {
        observations.findings.push(Finding {
            measure: measures::PARITY_FEATURES.name,
            value: Some(0.0),
            ..Finding::new(
                &checks::INTEGRITY_PARITY,
                Verdict::Clear,
                "Every feature is served as the training pipeline computes it.",
            )
        });
    }
    let features: Vec<usize> = differing.iter().map(|p| p.feature).collect();
    let proof = features.first().map_or_else(
        || FindingId::from(&checks::INTEGRITY_PARITY),
        |&j| checks::INTEGRITY_PARITY.of(&plan.features[j].name),
    );
    observations.signal(
        &signals::PARITY_SHARE,
        differing.first().map_or(0.0, |p| p.after),
        &features,
        &proof,
    );
    if let Some(p) = differing.first() {
        observations.signal(&signals::PARITY_MISSING, p.missing, &features, &proof);
        let constant = differing.iter().filter(|p| p.constant > CONSTANT).map(|p| p.feature);
        observations.signal(&signals::PARITY_CONSTANT, p.constant, &constant.collect::<Vec<usize>>(), &proof);
        // A code such as −999 in several features of one source is the source's.
        let defaulted: Vec<&&Parity> = differing.iter().filter(|p| p.defaulted).collect();
        match defaulted[..] {
            [only] => {
                let proof = checks::INTEGRITY_PARITY.of(&plan.features[only.feature].name);
                observations.signal(&signals::PARITY_DEFAULT, only.after, &[only.feature], &proof);
            }
            _ => observations.signal(&signals::PARITY_DEFAULT, 0.0, &[], &proof),
        }
        observations.signal(&signals::PARITY_BEFORE, p.before, &features, &proof);
        observations.signal(&signals::PARITY_FEATURES, features.len().min(8) as f64, &features, &proof);
    }
    observations
}
