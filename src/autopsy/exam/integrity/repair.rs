//! The repair test: undo the suspected fault on the served rows, ask the model again, see how much of the loss is gone.
//!
//! `G` is the mean loss as served less the mean loss after undoing, on the same rows, so its standard error is that of
//! a paired difference. The share is `G` over the loss since the onset, and only given where that loss is beyond three
//! standard errors. Own construction after interventional attribution (Budhathoki, Janzing, Bloebaum and Ng 2021).

use std::collections::BTreeMap;

use crate::{
    autopsy::{Dossier, Exam, Finding, Framing, Step, Subject, Verdict, scoring::Answers},
    summary::{Column, MISSING, Table},
    text::number,
};

use super::{
    mapping::{Map, Mapped, Undo},
    parity::Parity,
    rescore::Rescorer,
};

/// Rows that are answered again at most.
const MOST_ROWS: usize = 5_000;

/// Fewer judged rows than this can't show a gain.
const LEAST_ROWS: usize = 150;

/// What undoing a fault wins back.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// The features that were repaired.
    pub features: Vec<usize>,
    /// What was done: `undo × 100`, `offline values`.
    pub name: String,
    /// The maps that were undone; none where the offline values were served.
    pub maps: Vec<Map>,
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
        if self.error > 0.0 {
            self.gain / self.error
        } else {
            0.0
        }
    }
}

/// Tries every repair that the maps and the offline snapshot suggest, the best first.
pub(super) fn repairs(
    dossier: &Dossier,
    framing: &Framing,
    rescorer: &Rescorer,
    mapped: &BTreeMap<usize, Mapped>,
    parities: Option<&[Parity]>,
) -> Vec<Repair> {
    let table = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, table);
    let judged = answers.judged_rows(&framing.after);
    let rows: Vec<usize> = judged
        .iter()
        .copied()
        .step_by(judged.len().div_ceil(MOST_ROWS).max(1))
        .collect();
    let mut found = Vec::new();
    if rows.len() >= LEAST_ROWS {
        let served = table.take(&rows);
        let lost = loss_since_onset(dossier, framing, &rows);
        let all: Vec<usize> = (0..rows.len()).collect();
        if let Some(before) = rescorer.losses(dossier, &served, &all) {
            let mut shared: Vec<&Map> = Vec::new();
            for maps in mapped.values() {
                let recoded = maps.recoded.as_ref().map(|r| &r.map);
                for map in [
                    maps.named.as_ref(),
                    maps.standardised.as_ref(),
                    maps.free.as_ref(),
                    recoded,
                ]
                .into_iter()
                .flatten()
                {
                    if map.ratio() < 0.4 {
                        found.extend(attempt(dossier, rescorer, &served, &before, lost, &[map]));
                    }
                }
                shared.extend(
                    maps.named
                        .iter()
                        .chain(&maps.standardised)
                        .filter(|m| m.ratio() < 0.25)
                        .take(1),
                );
            }
            if shared.len() > 1 {
                found.extend(attempt(dossier, rescorer, &served, &before, lost, &shared));
            }
        }
    }
    found.extend(with_offline_values(dossier, framing, rescorer, parities));
    found.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    found
}

/// The mean loss since the onset less the one before it, with its standard error.
fn loss_since_onset(dossier: &Dossier, framing: &Framing, rows: &[usize]) -> Option<(f64, f64)> {
    let moments = |losses: &[f64]| {
        let n = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / n;
        (
            mean,
            losses.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n,
        )
    };
    let table = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, table);
    let now: Vec<f64> = rows.iter().map(|&r| answers.loss(r)).collect();
    let before = answers.judged_rows(&framing.before);
    let then: Vec<f64> = if before.len() >= LEAST_ROWS {
        before.iter().map(|&r| answers.loss(r)).collect()
    } else {
        let golden = dossier.golden.as_ref()?;
        let launch = Answers::at_launch(&dossier.plan, golden);
        let judged = launch.judged_rows(&(0..golden.rows).collect::<Vec<_>>());
        judged.iter().map(|&r| launch.loss(r)).collect()
    };
    if then.len() < LEAST_ROWS || now.len() < LEAST_ROWS {
        return None;
    }
    let ((was, v0), (is, v1)) = (moments(&then), moments(&now));
    Some((is - was, (v0 + v1).sqrt()))
}

fn attempt(
    dossier: &Dossier,
    rescorer: &Rescorer,
    served: &Table,
    before: &[f64],
    lost: Option<(f64, f64)>,
    maps: &[&Map],
) -> Option<Repair> {
    let undone = undone(dossier, served, maps.iter().copied());
    let all: Vec<usize> = (0..served.rows).collect();
    let after = rescorer.losses(dossier, &undone, &all)?;
    let names: Vec<&str> = maps.iter().map(|map| map.name.as_str()).collect();
    let features = maps.iter().map(|map| map.feature).collect();
    Some(measured(
        features,
        format!("undo {}", names.join(", ")),
        maps.iter().map(|&map| map.clone()).collect(),
        before,
        &after,
        lost,
    ))
}

/// The rows as they were before maps were applied to some of their features.
#[must_use]
pub fn undone<'a>(dossier: &Dossier, served: &Table, maps: impl IntoIterator<Item = &'a Map>) -> Table {
    let mut undone = served.clone();
    for map in maps {
        let whole = dossier.plan.features[map.feature].integer;
        undo(&mut undone.features[map.feature], &map.undo, whole);
    }
    undone
}

/// Takes a column back through a map. Training's whole numbers come back whole: units round, and a learner's border
/// between 6 and 7 lies right below 7.
pub(super) fn undo(column: &mut Column, by: &Undo, whole: bool) {
    match (column, by) {
        (Column::Categorical(codes), Undo::Codes(map)) => {
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
    maps: Vec<Map>,
    before: &[f64],
    after: &[f64],
    lost: Option<(f64, f64)>,
) -> Repair {
    let n = before.len() as f64;
    let gains: Vec<f64> = before.iter().zip(after).map(|(b, a)| b - a).collect();
    let gain = gains.iter().sum::<f64>() / n;
    let variance = gains.iter().map(|g| (g - gain).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let share = lost
        .filter(|(loss, error)| *loss > 3.0 * error)
        .map(|(loss, _)| gain / loss);
    Repair {
        features,
        name,
        maps,
        gain,
        error: (variance / n).sqrt(),
        share,
        rows: before.len(),
    }
}

/// The offline values of the features that differ, one at a time and all at once, on the rows that join.
fn with_offline_values(
    dossier: &Dossier,
    framing: &Framing,
    rescorer: &Rescorer,
    parities: Option<&[Parity]>,
) -> Vec<Repair> {
    let (Some(offline), Some(parities)) = (&dossier.offline, parities) else {
        return Vec::new();
    };
    let differing: Vec<usize> = parities
        .iter()
        .filter(|p| p.after > 0.01)
        .map(|p| p.feature)
        .collect();
    let table = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, table);
    let Some(&first) = framing.after.first() else {
        return Vec::new();
    };
    let joined: Vec<(usize, usize)> = offline
        .production_row
        .iter()
        .enumerate()
        .filter(|&(_, &row)| row >= first && answers.judged(row))
        .map(|(at, &row)| (at, row))
        .collect();
    let joined: Vec<(usize, usize)> = joined
        .iter()
        .copied()
        .step_by(joined.len().div_ceil(MOST_ROWS).max(1))
        .collect();
    if differing.is_empty() || joined.len() < LEAST_ROWS {
        return Vec::new();
    }
    let (at, rows): (Vec<usize>, Vec<usize>) = joined.into_iter().unzip();
    let served = table.take(&rows);
    let recomputed = offline.table.take(&at);
    let lost = loss_since_onset(dossier, framing, &rows);
    let all: Vec<usize> = (0..rows.len()).collect();
    let Some(before) = rescorer.losses(dossier, &served, &all) else {
        return Vec::new();
    };
    let mut sets: Vec<Vec<usize>> = differing.iter().take(6).map(|&j| vec![j]).collect();
    if differing.len() > 1 {
        sets.push(differing);
    }
    sets.into_iter()
        .filter_map(|features| {
            let mut undone = served.clone();
            for &j in &features {
                undone.features[j] = recomputed.features[j].clone();
            }
            let after = rescorer.losses(dossier, &undone, &all)?;
            Some(measured(
                features,
                "serve the offline values".to_owned(),
                Vec::new(),
                &before,
                &after,
                lost,
            ))
        })
        .collect()
}

/// Says what the repairs win back.
pub(super) fn examine(dossier: &Dossier, rescorer: &Rescorer, repairs: &[Repair]) -> Exam {
    let mut exam = Exam::default();
    for (place, repair) in repairs.iter().enumerate().take(6) {
        let names: Vec<&str> = repair.features.iter().map(|&j| dossier.feature_name(j)).collect();
        let (verdict, what) = match repair.share {
            Some(share) if share > 0.5 && repair.z() > 4.0 => (
                Verdict::Alarm,
                format!("wins back {} of the loss", number::share(share)),
            ),
            Some(share) => (
                Verdict::Watch,
                format!("wins back {} of the loss", number::share(share)),
            ),
            None => (
                Verdict::Watch,
                format!("changes the loss by {} a row", number::signed(-repair.gain)),
            ),
        };
        let id = if place == 0 {
            "integrity.repair".to_owned()
        } else {
            format!("integrity.repair:{place}")
        };
        exam.findings.push(Finding {
            subject: repair
                .features
                .first()
                .map_or(Subject::Case, |&j| Subject::Feature(j)),
            measure: "gain of the repair in loss a row",
            value: Some(repair.gain),
            interval: Some((
                repair.gain - 1.96 * repair.error,
                repair.gain + 1.96 * repair.error,
            )),
            ..Finding::new(
                id,
                Step::Feature,
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
                "repair.share",
                share.clamp(-0.5, 1.5),
                &best.features,
                "integrity.repair",
            );
        }
        exam.signal(
            "repair.z",
            best.z().clamp(-10.0, 30.0),
            &best.features,
            "integrity.repair",
        );
    }
    exam
}
