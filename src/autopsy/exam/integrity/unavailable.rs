//! Is the feature's value there at all, and is it today's?

use std::collections::HashMap;

use crate::{
    autopsy::{Exam, Finding, Step, Subject, Verdict},
    stats::interval::two_proportions,
    summary::{Column, Kind, MISSING, Micros, Table},
    text::number,
};

use super::contrast::{Contrast, Side};

/// A missing share that grew by so much (and significantly) is an alarm.
const NULL_JUMP: f64 = 0.05;

/// A single value's share that grew by so much is a default flood.
const MODE_JUMP: f64 = 0.15;

/// Repeat visits of entities needed on either side to speak of stale values.
const LEAST_VISITS: usize = 200;

/// How a feature's presence changed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Presence {
    /// Share of missing values after less before.
    pub(super) null_jump: f64,
    /// The same in standard errors.
    pub(super) null_z: f64,
    /// Growth of the share of the most common served value.
    pub(super) mode_jump: f64,
    /// That value: a number or a category code.
    pub(super) mode: f64,
    /// Its share in the rows under suspicion.
    pub(super) mode_share: f64,
    /// Spread of the present values after, over before (numbers).
    pub(super) spread: f64,
}

/// How every feature's presence changed.
pub(super) fn presences(contrast: &Contrast<'_>) -> Vec<Presence> {
    (0..contrast.dossier.plan.features.len())
        .map(|j| presence(contrast, j))
        .collect()
}

fn presence(contrast: &Contrast<'_>, feature: usize) -> Presence {
    let (a, b) = (&contrast.reference, &contrast.suspect);
    let (n, m) = (a.rows.len() as u64, b.rows.len() as u64);
    let (gone_a, gone_b) = (a.missing(feature), b.missing(feature));
    let counted = |share: f64, of: u64| (share * of as f64).round() as u64;
    let test = two_proportions(counted(gone_a, n), n, counted(gone_b, m), m).ok();
    let mut presence = Presence {
        null_jump: gone_b - gone_a,
        null_z: test.map_or(0.0, |t| t.z),
        ..Presence::default()
    };
    if contrast.dossier.plan.features[feature].kind == Kind::Embedding {
        return presence;
    }
    let (before, after) = (frequencies(a, feature), frequencies(b, feature));
    let present: usize = after.values().sum();
    if let Some((&key, &count)) = after.iter().max_by(|x, y| x.1.cmp(y.1).then(y.0.cmp(x.0))) {
        let before_present: usize = before.values().sum();
        let was = *before.get(&key).unwrap_or(&0) as f64 / before_present.max(1) as f64;
        presence.mode_share = count as f64 / present.max(1) as f64;
        presence.mode_jump = presence.mode_share - was;
        presence.mode = f64::from_bits(key);
    }
    let spread = |side: &Side<'_>| crate::stats::moments::deviation(&side.numbers(feature)).unwrap_or(0.0);
    let (was, is) = (spread(a), spread(b));
    presence.spread = if was > 0.0 { is / was } else { 1.0 };
    presence
}

/// Present values and how often they occur; numbers by their bits, categories by their code as a number.
fn frequencies(side: &Side<'_>, feature: usize) -> HashMap<u64, usize> {
    let mut counts = HashMap::new();
    match &side.table.features[feature] {
        Column::Numeric { values, .. } => {
            for &r in side.rows.iter().filter(|&&r| values[r].is_finite()) {
                *counts.entry((values[r] + 0.0).to_bits()).or_insert(0) += 1;
            }
        }
        Column::Categorical(codes) => {
            for &r in side.rows.iter().filter(|&&r| codes[r] != MISSING) {
                *counts.entry(f64::from(codes[r]).to_bits()).or_insert(0) += 1;
            }
        }
        Column::Embedding { .. } | Column::Absent => {}
    }
    counts
}

/// A feature that stopped changing between an entity's visits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Staleness {
    pub(super) feature: usize,
    /// Share of an entity's consecutive visits that change the value: after over before.
    pub(super) ratio: f64,
    /// The shares, before and after.
    pub(super) shares: (f64, f64),
}

/// Change rates between entities' visits, for each feature that used to change.
pub(super) fn staleness(contrast: &Contrast<'_>) -> Vec<Staleness> {
    if !contrast.within_production {
        return Vec::new();
    }
    let table = &contrast.dossier.production.sample;
    let Some(split) = contrast.suspect.rows.first().map(|&r| table.time[r]) else {
        return Vec::new();
    };
    let Some(pairs) = contrast
        .dossier
        .entities
        .iter()
        .filter_map(|&e| visits(table, e, split))
        .next()
    else {
        return Vec::new();
    };
    (0..contrast.dossier.plan.features.len())
        .filter_map(|j| {
            let changed = |pairs: &[(usize, usize)]| -> f64 {
                let column = &table.features[j];
                let differs = |&&(a, b): &&(usize, usize)| !same(column, a, b);
                pairs.iter().filter(differs).count() as f64 / pairs.len().max(1) as f64
            };
            let shares = (changed(&pairs.0), changed(&pairs.1));
            (shares.0 > 0.1).then(|| Staleness {
                feature: j,
                ratio: shares.1 / shares.0,
                shares,
            })
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

/// Says what is missing, flooded by one value, or stale.
pub(super) fn examine(contrast: &Contrast<'_>, presences: &[Presence], stale: &[Staleness]) -> Exam {
    let mut exam = Exam::default();
    let plan = &contrast.dossier.plan;
    for (j, p) in presences.iter().enumerate() {
        let name = &plan.features[j].name;
        if p.null_jump > NULL_JUMP && p.null_z > 4.0 {
            let present = contrast.dossier.production.features[j].present;
            let says = if present {
                let after = number::share(contrast.suspect.missing(j));
                format!(
                    "{name} is missing in {after} of the rows, {} more than before.",
                    number::share(p.null_jump)
                )
            } else {
                format!("{name} is not in the production log at all.")
            };
            exam.findings.push(Finding {
                subject: Subject::Feature(j),
                measure: "growth of the missing share",
                value: Some(p.null_jump),
                threshold: Some(NULL_JUMP),
                ..Finding::new(
                    format!("integrity.missing:{name}"),
                    Step::Feature,
                    Verdict::Alarm,
                    says,
                )
            });
        }
        if p.mode_jump > MODE_JUMP && p.mode_share > 0.3 {
            let value = plan.features[j]
                .levels
                .get(p.mode as usize)
                .filter(|_| plan.features[j].kind == Kind::Categorical);
            let shown = value.map_or_else(|| number::value(p.mode), |level| format!("\"{level}\""));
            exam.findings.push(Finding {
                subject: Subject::Feature(j),
                measure: "growth of the most common value's share",
                value: Some(p.mode_jump),
                threshold: Some(MODE_JUMP),
                ..Finding::new(
                    format!("integrity.flood:{name}"),
                    Step::Feature,
                    if p.mode_share > 0.9 {
                        Verdict::Alarm
                    } else {
                        Verdict::Watch
                    },
                    format!(
                        "{name} is {shown} in {} of the rows that have it, {} more than before.",
                        number::share(p.mode_share),
                        number::share(p.mode_jump)
                    ),
                )
            });
        }
    }
    let strongest = |value: &dyn Fn(&Presence) -> f64, least: f64| -> (f64, Vec<usize>) {
        let mut order: Vec<usize> = (0..presences.len())
            .filter(|&j| value(&presences[j]) > least)
            .collect();
        order.sort_by(|&x, &y| value(&presences[y]).total_cmp(&value(&presences[x])));
        (presences.iter().map(value).fold(0.0, f64::max), order)
    };
    let proof = |prefix: &str, features: &[usize]| {
        features.first().map_or_else(
            || "integrity.moved".to_owned(),
            |&j| format!("{prefix}:{}", plan.features[j].name),
        )
    };
    let (jump, features) = strongest(&|p| if p.null_z > 4.0 { p.null_jump } else { 0.0 }, 0.03);
    exam.signal(
        "missing.jump",
        jump,
        &features,
        &proof("integrity.missing", &features),
    );
    exam.signal(
        "missing.features",
        features.len().min(8) as f64,
        &features,
        &proof("integrity.missing", &features),
    );
    let (jump, features) = strongest(&|p| p.mode_jump, 0.1);
    exam.signal(
        "flood.jump",
        jump,
        &features,
        &proof("integrity.flood", &features),
    );
    let (share, features) = strongest(&|p| if p.mode_jump > 0.1 { p.mode_share } else { 0.0 }, 0.5);
    exam.signal(
        "flood.share",
        share,
        &features,
        &proof("integrity.flood", &features),
    );
    if let Some(worst) = stale.iter().min_by(|a, b| a.ratio.total_cmp(&b.ratio)) {
        let name = &plan.features[worst.feature].name;
        let frozen = worst.ratio < 0.5;
        exam.findings.push(Finding {
            subject: Subject::Feature(worst.feature),
            measure: "rate of change between an entity's visits, after over before",
            value: Some(worst.ratio),
            threshold: Some(0.5),
            ..Finding::new(
                format!("integrity.stale:{name}"),
                Step::Feature,
                if frozen { Verdict::Alarm } else { Verdict::Clear },
                format!(
                    "{name} changes between {} of an entity's visits, {} before.",
                    number::share(worst.shares.1),
                    number::share(worst.shares.0)
                ),
            )
        });
        let others: Vec<f64> = stale
            .iter()
            .filter(|s| s.feature != worst.feature)
            .map(|s| s.ratio)
            .collect();
        let usual = others.iter().sum::<f64>() / others.len().max(1) as f64;
        let relative = if others.is_empty() {
            worst.ratio
        } else {
            worst.ratio / usual.max(0.05)
        };
        exam.signal(
            "stale.ratio",
            relative.min(2.0),
            &[worst.feature],
            &format!("integrity.stale:{name}"),
        );
    }
    exam
}
