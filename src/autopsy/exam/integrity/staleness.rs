//! Staleness: between an entity's visits a live feature changes, a frozen one does not.
//!
//! Missing values are examined in [`crate::autopsy::exam::pipeline`].

use std::collections::HashMap;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
    },
    summary::{Column, MISSING, Micros, Table},
    text::number,
};

use super::feature_samples::FeatureSamples;

/// Minimum number of repeat visits of entities per side.
const LEAST_VISITS: usize = 200;

/// A feature that stopped changing between an entity's visits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Staleness {
    pub(super) feature: usize,
    /// Share of an entity's consecutive visits that change the value: after over before.
    pub(super) ratio: f64,
    /// The shares, before and after.
    pub(super) shares: (f64, f64),
}

/// Change rates between entities' visits, for each feature that changed before the onset.
pub(super) fn staleness(samples: &FeatureSamples<'_>) -> Vec<Staleness> {
    if !samples.within_production {
        return Vec::new();
    }
    let table = &samples.dossier.production.sample;
    let Some(split) = samples.suspect.rows.first().map(|&r| table.time[r]) else {
        return Vec::new();
    };
    let Some(pairs) = samples.dossier.entities.iter().find_map(|&e| visits(table, e, split)) else {
        return Vec::new();
    };
    (0..samples.dossier.plan.features.len())
        .filter_map(|j| {
            let changed = |pairs: &[(usize, usize)]| -> f64 {
                let column = &table.features[j];
                let differs = |&&(a, b): &&(usize, usize)| !same(column, a, b);
                pairs.iter().filter(differs).count() as f64 / pairs.len().max(1) as f64
            };
            let shares = (changed(&pairs.0), changed(&pairs.1));
            (shares.0 > 0.1).then(|| Staleness { feature: j, ratio: shares.1 / shares.0, shares })
        })
        .collect()
}

fn same(column: &Column, a: usize, b: usize) -> bool {
    match column {
        Column::Numeric { values, .. } => {
            values[a] == values[b] || (values[a].is_nan() && values[b].is_nan())
        }
        Column::Categorical(codes) => codes[a] == codes[b],
        Column::Embedding { .. } | Column::Absent => true,
    }
}

type Pairs = Vec<(usize, usize)>;

/// Consecutive visits of the same entity before and after the split.
fn visits(table: &Table, extra: usize, split: Micros) -> Option<(Pairs, Pairs)> {
    let key = |row: usize| -> Option<u64> {
        match &table.extra.get(extra)?.1 {
            Column::Numeric { values, .. } => values[row].is_finite().then(|| values[row].to_bits()),
            Column::Categorical(codes) => (codes[row] != MISSING).then_some(u64::from(codes[row])),
            Column::Embedding { .. } | Column::Absent => None,
        }
    };
    let mut last: HashMap<u64, usize> = HashMap::new();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for row in 0..table.rows {
        let Some(entity) = key(row) else { continue };
        if let Some(previous) = last.insert(entity, row) {
            if table.time[row] < split {
                before.push((previous, row));
            } else if table.time[previous] >= split {
                after.push((previous, row));
            }
        }
    }
    (before.len() >= LEAST_VISITS && after.len() >= LEAST_VISITS).then_some((before, after))
}

/// Reports the features that are stale.
pub(super) fn examine(samples: &FeatureSamples<'_>, stale: &[Staleness]) -> Observations {
    let mut observations = Observations::default();
    let plan = &samples.dossier.plan;
    if let Some(worst) = stale.iter().min_by(|a, b| a.ratio.total_cmp(&b.ratio)) {
        let name = &plan.features[worst.feature].name;
        let frozen = worst.ratio < 0.5;
        observations.findings.push(Finding {
            subject: Subject::Feature(worst.feature),
            measure: measures::CHANGE_RATE.name,
            value: Some(worst.ratio),
            threshold: Some(0.5),
            ..Finding::new(
                checks::INTEGRITY_STALE.of(name),
                if frozen { Verdict::Alarm } else { Verdict::Clear },
                format!(
                    "{name} differs from one visit of an entity to its next in {} of the cases, {} before.",
                    number::share(worst.shares.1),
                    number::share(worst.shares.0)
                ),
            )
        });
        let others: Vec<f64> = stale.iter().filter(|s| s.feature != worst.feature).map(|s| s.ratio).collect();
        let usual = others.iter().sum::<f64>() / others.len().max(1) as f64;
        let relative = if others.is_empty() { worst.ratio } else { worst.ratio / usual.max(0.05) };
        observations.signal(
            &signals::STALE_RATIO,
            relative.min(2.0),
            &[worst.feature],
            checks::INTEGRITY_STALE.of(name),
        );
    }
    observations
}
