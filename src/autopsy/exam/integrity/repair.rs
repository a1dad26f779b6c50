//! The repair test: undo the suspected fault on the served rows, ask the model again, see how much of the loss is gone.
//!
//! `G` is the mean loss as served less the mean loss after undoing, on the same rows, so its standard error is that of
//! a paired difference. The share is `G` over the loss since the onset, and only given where that loss is beyond three
//! standard errors. Own construction after interventional attribution (Budhathoki, Janzing, Bloebaum and Ng 2021).

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{FindingId, checks, measures, signals},
        exam::{context::ExamContext, rescorer::Rescorer},
    },
    summary::{Column, MISSING, Table},
    text::number,
};

use super::{
    parity::Parity,
    repair_sample::RepairSample,
    transform::{BestTransforms, Inverse, Transform},
};

/// What undoing a fault wins back.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// The features that were repaired.
    pub features: Vec<usize>,
    /// What was done: `undo × 100`, `offline values`.
    pub name: String,
    /// The maps that were undone; none where the offline values were served.
    pub transforms: Vec<Transform>,
    /// Mean loss as served less after undoing, per row.
    pub gain: f64,
    /// Its standard error (paired).
    pub error: f64,
    /// The gain as a share of the loss since the onset; none where that loss is not significant.
    pub share: Option<f64>,
    /// The rows it was tried on.
    pub rows: usize,
}

impl Repair {
    /// The gain in standard errors.
    #[must_use]
    pub fn z(&self) -> f64 {
        if self.error > 0.0 { self.gain / self.error } else { 0.0 }
    }
}

/// Tries every repair that the maps and the offline snapshot suggest, the best first.
pub(super) fn repairs(
    context: &ExamContext<'_>,
    rescorer: &Rescorer,
    transforms: &BTreeMap<usize, BestTransforms>,
    parities: Option<&[Parity]>,
) -> Vec<Repair> {
    let &ExamContext { dossier, framing, .. } = context;
    let mut found = Vec::new();
    if let Some(repair_sample) = RepairSample::since_onset(dossier, framing, rescorer, None) {
        let mut shared: Vec<&Transform> = Vec::new();
        for best in transforms.values() {
            let recoded = best.recoded.as_ref().map(|r| &r.map);
            for map in [best.named.as_ref(), best.standardised.as_ref(), best.free.as_ref(), recoded]
                .into_iter()
                .flatten()
            {
                if map.ratio() < 0.4 && Some(map) != best.exact.as_ref() {
                    found.extend(attempt(dossier, rescorer, &repair_sample, &[map]));
                }
            }
            if let Some(map) = &best.exact {
                found.extend(attempt(dossier, rescorer, &repair_sample, &[map]));
            }
            let close = best.named.iter().chain(&best.standardised);
            shared.extend(best.exact.iter().chain(close.filter(|m| m.ratio() < 0.25)).take(1));
        }
        if shared.len() > 1 {
            found.extend(attempt(dossier, rescorer, &repair_sample, &shared));
        }
    }
    found.extend(with_offline_values(dossier, framing, rescorer, parities));
    found.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    found
}

fn attempt(
    dossier: &Dossier,
    rescorer: &Rescorer,
    repair_sample: &RepairSample,
    transforms: &[&Transform],
) -> Option<Repair> {
    let undone = undone(dossier, &repair_sample.served, transforms.iter().copied());
    let (after, _) = rescorer.judge(dossier, &undone, None)?;
    let names: Vec<&str> = transforms.iter().map(|map| map.name.as_str()).collect();
    let features = transforms.iter().map(|map| map.feature).collect();
    Some(measured(
        features,
        format!("undo {}", names.join(", ")),
        transforms.iter().map(|&map| map.clone()).collect(),
        repair_sample,
        &after,
    ))
}

/// The rows as they were before maps were applied to some of their features.
#[must_use]
pub fn undone<'a>(
    dossier: &Dossier,
    served: &Table,
    transforms: impl IntoIterator<Item = &'a Transform>,
) -> Table {
    let mut undone = served.clone();
    for map in transforms {
        let whole = dossier.plan.features[map.feature].integer;
        undo(&mut undone.features[map.feature], &map.inverse, whole);
    }
    undone
}

/// Takes a column back through a map. Training's whole numbers come back whole: units round, and a learner's border
/// between 6 and 7 lies right below 7.
pub(super) fn undo(column: &mut Column, by: &Inverse, whole: bool) {
    match (column, by) {
        (Column::Categorical(codes), Inverse::Codes(map)) => {
            for code in codes.iter_mut().filter(|c| **c != MISSING) {
                *code = map.get(*code as usize).copied().unwrap_or(*code);
            }
        }
        (Column::Numeric { values, .. }, by) => {
            for x in values {
                let back = by.apply(*x);
                *x = if whole { back.round() } else { back };
            }
        }
        _ => {}
    }
}

fn measured(
    features: Vec<usize>,
    name: String,
    transforms: Vec<Transform>,
    repair_sample: &RepairSample,
    after: &[f64],
) -> Repair {
    let gain = repair_sample.gain(after);
    Repair {
        features,
        name,
        transforms,
        gain: gain.mean,
        error: gain.error,
        share: gain.share,
        rows: repair_sample.served.rows,
    }
}

/// The offline values of the features that differ, one at a time and all at once, on the rows that join.
fn with_offline_values(
    dossier: &Dossier,
    framing: &Framing,
    rescorer: &Rescorer,
    parities: Option<&[Parity]>,
) -> Vec<Repair> {
    let differing: Vec<usize> =
        parities.unwrap_or_default().iter().filter(|p| p.after > 0.01).map(|p| p.feature).collect();
    if differing.is_empty() {
        return Vec::new();
    }
    let Some((repair_sample, recomputed)) = RepairSample::joined(dossier, framing, rescorer, None) else {
        return Vec::new();
    };
    let mut sets: Vec<Vec<usize>> = differing.iter().take(6).map(|&j| vec![j]).collect();
    if differing.len() > 1 {
        sets.push(differing);
    }
    sets.into_iter()
        .filter_map(|features| {
            let mut undone = repair_sample.served.clone();
            for &j in &features {
                undone.features[j] = recomputed.features[j].clone();
            }
            let (after, _) = rescorer.judge(dossier, &undone, None)?;
            Some(measured(
                features,
                "serve the offline values".to_owned(),
                Vec::new(),
                &repair_sample,
                &after,
            ))
        })
        .collect()
}

/// Says what the repairs win back.
pub(super) fn examine(dossier: &Dossier, rescorer: &Rescorer, repairs: &[Repair]) -> Observations {
    let mut exam = Observations::default();
    for (place, repair) in repairs.iter().enumerate().take(6) {
        let names: Vec<&str> = repair.features.iter().map(|&j| dossier.feature_name(j)).collect();
        let (verdict, what) = match repair.share {
            Some(share) if share > 0.5 && repair.z() > 4.0 => {
                (Verdict::Alarm, format!("wins back {} of the loss", number::share(share)))
            }
            Some(share) => (Verdict::Watch, format!("wins back {} of the loss", number::share(share))),
            None => (Verdict::Watch, format!("changes the loss by {} a row", number::signed(-repair.gain))),
        };
        let id = if place == 0 {
            FindingId::from(&checks::INTEGRITY_REPAIR)
        } else {
            checks::INTEGRITY_REPAIR.of(place)
        };
        exam.findings.push(Finding {
            subject: repair.features.first().map_or(Subject::Case, |&j| Subject::Feature(j)),
            measure: measures::REPAIR_GAIN.name,
            value: Some(repair.gain),
            interval: Some((repair.gain - 1.96 * repair.error, repair.gain + 1.96 * repair.error)),
            ..Finding::new(
                id,
                verdict,
                format!(
                    "{}: {} {what} ({}, {} rows).",
                    names.join(", "),
                    repair.name,
                    rescorer.name(),
                    repair.rows
                ),
            )
        });
    }
    if let Some(best) = repairs.first() {
        if let Some(share) = best.share {
            exam.signal(
                &signals::REPAIR_SHARE,
                share.clamp(-0.5, 1.5),
                &best.features,
                &checks::INTEGRITY_REPAIR,
            );
        }
        exam.signal(
            &signals::REPAIR_Z,
            best.z().clamp(-10.0, 30.0),
            &best.features,
            &checks::INTEGRITY_REPAIR,
        );
    }
    exam
}
