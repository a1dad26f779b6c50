//! The repair test: undo the suspected fault on the served rows, predict again, and measure the reduction in
//! loss.
//!
//! Reported gains are measured by the [`Yardstick`]: `G` is the mean logged loss less the mean loss after
//! undoing, on the same rows, with the standard error of a paired difference. The share is `G` over the loss
//! since the onset; it is given only where that loss exceeds three standard errors. Own construction after
//! interventional attribution (Budhathoki, Janzing, Bloebaum and Ng 2021).
//!
//! The verdict's signals use another measure, to which its weights were fitted: the difference between two
//! predictions of the training surrogate.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{FindingId, checks, measures, signals},
        exam::{context::ExamContext, rescorer::Rescorer, yardstick::Yardstick},
    },
    cached::cached,
    summary::{Column, MISSING, Table},
    text::{number, phrase},
};

use super::{
    parity::Parity,
    repair_sample::{RepairGain, RepairSample},
    transform::{BestTransforms, Inverse, Transform},
};

/// The gain of undoing a fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// The features that were repaired.
    pub features: Vec<usize>,
    /// The repair: `undo × 100`, `offline values`.
    pub name: String,
    /// The maps that were undone; none where the offline values were used.
    pub transforms: Vec<Transform>,
    /// The gain, or why it can't be measured, as a clause.
    pub gain: Result<RepairGain, String>,
    /// The rows of the test.
    pub rows: usize,
    /// The difference between the same model's predictions for the rows as served and as repaired, for the
    /// verdict's signals.
    evidence: RepairGain,
}

cached!(struct Repair { features, name, transforms, gain, rows, evidence });

impl Repair {
    /// The gain in standard errors; 0 where it can't be measured.
    #[must_use]
    pub fn z(&self) -> f64 {
        self.gain.as_ref().map_or(0.0, RepairGain::z)
    }

    /// The gain as a share of the loss since the onset; none where that loss is not significant or the gain
    /// can't be measured.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        self.gain.as_ref().ok().and_then(|gain| gain.share)
    }

    /// The gain in loss per row; minus infinity where it can't be measured.
    fn worth(&self) -> f64 {
        self.gain.as_ref().map_or(f64::NEG_INFINITY, |gain| gain.mean)
    }
}

/// The models that predict repaired rows.
pub(super) struct Judges<'a> {
    /// For the signals: the artefact, else the surrogate fitted to the training rows.
    pub(super) rescorer: &'a Rescorer,
    /// For reported gains, or why these can't be measured.
    pub(super) yardstick: Result<&'a Yardstick, &'a String>,
}

/// Tries every repair suggested by the maps and the offline snapshot, the best first.
pub(super) fn repairs(
    context: &ExamContext<'_>,
    judges: &Judges<'_>,
    transforms: &BTreeMap<usize, BestTransforms>,
    parities: Option<&[Parity]>,
) -> Vec<Repair> {
    let &ExamContext { dossier, framing, .. } = context;
    let mut found = Vec::new();
    if let Some(bench) = Bench::new(dossier, judges, RepairSample::since_onset(dossier, framing)) {
        let mut shared: Vec<&Transform> = Vec::new();
        for best in transforms.values() {
            let recoded = best.recoded.as_ref().map(|r| &r.map);
            for map in [best.named.as_ref(), best.standardised.as_ref(), best.free.as_ref(), recoded]
                .into_iter()
                .flatten()
            {
                if map.ratio() < 0.4 && Some(map) != best.exact.as_ref() {
                    found.extend(bench.undo(&[map]));
                }
            }
            if let Some(map) = &best.exact {
                found.extend(bench.undo(&[map]));
            }
            let close = best.named.iter().chain(&best.standardised);
            shared.extend(best.exact.iter().chain(close.filter(|m| m.ratio() < 0.25)).take(1));
        }
        if shared.len() > 1 {
            found.extend(bench.undo(&shared));
        }
    }
    found.extend(with_offline_values(dossier, framing, judges, parities));
    found.sort_by(|a, b| b.worth().total_cmp(&a.worth()).then(b.evidence.mean.total_cmp(&a.evidence.mean)));
    found
}

/// The rows on which repairs are tried, with the loss of the signals' model on them as served.
struct Bench<'a> {
    dossier: &'a Dossier,
    judges: &'a Judges<'a>,
    sample: RepairSample,
    before: Vec<f64>,
}

impl<'a> Bench<'a> {
    fn new(dossier: &'a Dossier, judges: &'a Judges<'a>, sample: Option<RepairSample>) -> Option<Self> {
        let sample = sample?;
        let (before, _) = judges.rescorer.judge(dossier, &sample.served, None)?;
        Some(Self { dossier, judges, sample, before })
    }

    fn undo(&self, transforms: &[&Transform]) -> Option<Repair> {
        let mended = undone(self.dossier, &self.sample.served, transforms.iter().copied());
        let names: Vec<&str> = transforms.iter().map(|map| map.name.as_str()).collect();
        let features = transforms.iter().map(|map| map.feature).collect();
        let maps = transforms.iter().map(|&map| map.clone()).collect();
        self.measured(features, format!("undo {}", names.join(", ")), maps, &mended)
    }

    fn measured(
        &self,
        features: Vec<usize>,
        name: String,
        transforms: Vec<Transform>,
        mended: &Table,
    ) -> Option<Repair> {
        let (after, _) = self.judges.rescorer.judge(self.dossier, mended, None)?;
        let gain = self
            .judges
            .yardstick
            .map_err(Clone::clone)
            .and_then(|yardstick| self.sample.mended(self.dossier, yardstick, mended, None))
            .map(|(gain, _)| gain);
        Some(Repair {
            features,
            name,
            transforms,
            gain,
            rows: self.sample.served.rows,
            evidence: self.sample.gain(&self.before, &after, 0.0),
        })
    }
}

/// The rows with maps undone for some of their features.
#[must_use]
pub fn undone<'a>(
    dossier: &Dossier,
    served: &Table,
    transforms: impl IntoIterator<Item = &'a Transform>,
) -> Table {
    let mut undone = served.clone();
    for map in transforms {
        let whole = dossier.plan.features[map.feature].integer;
        let own = |row: usize| map.from.is_none_or(|from| served.time.get(row).is_none_or(|at| *at >= from));
        undo(&mut undone.features[map.feature], &map.inverse, whole, own);
    }
    undone
}

/// Applies the inverse of a map to a column. Whole numbers of training are rounded: units are rounded, and a
/// tree's threshold between 6 and 7 is just below 7.
///
/// * `altered`: the rows that the map altered.
pub(super) fn undo(column: &mut Column, by: &Inverse, whole: bool, altered: impl Fn(usize) -> bool) {
    match (column, by) {
        (Column::Categorical(codes), Inverse::Codes(map)) => {
            let own = codes.iter_mut().enumerate().filter(|(row, code)| **code != MISSING && altered(*row));
            for (_, code) in own {
                *code = map.get(*code as usize).copied().unwrap_or(*code);
            }
        }
        (Column::Numeric { values, .. }, by) => {
            for (_, x) in values.iter_mut().enumerate().filter(|(row, _)| altered(*row)) {
                let back = by.apply(*x);
                *x = if whole { back.round() } else { back };
            }
        }
        _ => {}
    }
}

/// The offline values of the features that differ, one at a time and all at once, on the rows that join.
fn with_offline_values(
    dossier: &Dossier,
    framing: &Framing,
    judges: &Judges<'_>,
    parities: Option<&[Parity]>,
) -> Vec<Repair> {
    let differing: Vec<usize> =
        parities.unwrap_or_default().iter().filter(|p| p.after > 0.01).map(|p| p.feature).collect();
    if differing.is_empty() {
        return Vec::new();
    }
    let Some((sample, recomputed)) = RepairSample::joined(dossier, framing) else {
        return Vec::new();
    };
    let Some(bench) = Bench::new(dossier, judges, Some(sample)) else {
        return Vec::new();
    };
    let mut sets: Vec<Vec<usize>> = differing.iter().take(6).map(|&j| vec![j]).collect();
    if differing.len() > 1 {
        sets.push(differing);
    }
    sets.into_iter()
        .filter_map(|features| {
            let mut mended = bench.sample.served.clone();
            for &j in &features {
                mended.features[j] = recomputed.features[j].clone();
            }
            bench.measured(features, "serve the offline values".to_owned(), Vec::new(), &mended)
        })
        .collect()
}

/// Reports the gains of the repairs.
pub(super) fn examine(dossier: &Dossier, judges: &Judges<'_>, repairs: &[Repair]) -> Observations {
    let mut observations = Observations::default();
    for (place, repair) in repairs.iter().enumerate().take(6) {
        let names: Vec<&str> = repair.features.iter().map(|&j| dossier.feature_name(j)).collect();
        let (names, name, rows) = (names.join(", "), &repair.name, repair.rows);
        let id = if place == 0 {
            FindingId::from(&checks::INTEGRITY_REPAIR)
        } else {
            checks::INTEGRITY_REPAIR.of(place)
        };
        let subject = repair.features.first().map_or(Subject::Case, |&j| Subject::Feature(j));
        let gain = match &repair.gain {
            Ok(gain) => gain,
            Err(why) => {
                let message = format!("{names}: what “{name}” wins back can't be determined: {why}.");
                let verdict = Verdict::NotApplicable(why.clone());
                observations.findings.push(Finding { subject, ..Finding::new(id, verdict, message) });
                continue;
            }
        };
        let (verdict, what) = match gain.share {
            Some(share) if share > 0.5 && gain.z() > 4.0 => (Verdict::Alarm, phrase::wins_back(share)),
            Some(share) => (Verdict::Watch, phrase::wins_back(share)),
            None => (Verdict::Watch, format!("changes the loss by {} a row", number::signed(-gain.mean))),
        };
        let by = judges.yardstick.map_or_else(|_| "the model".to_owned(), Yardstick::name);
        observations.findings.push(Finding {
            subject,
            measure: measures::REPAIR_GAIN.name,
            value: Some(gain.mean),
            interval: Some((gain.mean - 1.96 * gain.error, gain.mean + 1.96 * gain.error)),
            ..Finding::new(
                id,
                verdict,
                format!("{names}: {name} {what} ({by}, {} rows).", number::count(rows as u64)),
            )
        });
    }
    if let Some(best) = repairs.iter().reduce(|a, b| if b.evidence.mean > a.evidence.mean { b } else { a }) {
        if let Some(share) = best.evidence.share {
            observations.signal(
                &signals::REPAIR_SHARE,
                share.clamp(-0.5, 1.5),
                &best.features,
                &checks::INTEGRITY_REPAIR,
            );
        }
        observations.signal(
            &signals::REPAIR_Z,
            best.evidence.z().clamp(-10.0, 30.0),
            &best.features,
            &checks::INTEGRITY_REPAIR,
        );
    }
    observations
}
