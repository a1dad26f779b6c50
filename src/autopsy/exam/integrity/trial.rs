//! Trial repairs of one feature by the analyst: their effect on its distribution and on the model's
//! predictions.
//!
//! The same test as [`super::repair`], for repairs that no check suggested: the sampled rows since the onset
//! are changed, compared with training again, and predicted again by the artefact (else by a surrogate of the
//! launch model).

use std::collections::HashMap;

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::{drift, sampled_values::training_numbers, yardstick::Yardstick},
    },
    stats::{metric::Metric, moments::quantile},
    summary::{Bins, Column, Feature, Kind, MISSING, Table},
    text::number,
};

use super::{
    Integrity,
    repair::undo,
    repair_sample::{LEAST_ROWS, RepairSample},
    transform::{Inverse, known_transforms},
};

/// Maximum number of other features offered for a swap.
const MOST_SWAPS: usize = 3;

/// Values at least this far from training's (PSI) must come nearer by this part of the distance to count as repaired.
const FAR: f64 = 0.1;
const NEARER: f64 = 0.2;

/// The repair of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Fix {
    /// The inverse of a map.
    Undo(Inverse),
    /// Missing values are replaced by training's typical one: the median, or the most frequent level.
    FillMissing,
    /// Values that do not occur in training are replaced by the typical one.
    FillOutside,
    /// Every row gets the typical value, which removes the feature's effect on the prediction.
    Freeze,
    /// The values are swapped with another feature's.
    Swap(usize),
    /// The values computed offline by the training pipeline.
    Offline,
    /// Several features at once, each with its own repair.
    Together(Vec<(usize, Fix)>),
}

/// A repair that can be tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The repair.
    pub fix: Fix,
    /// Its name for people: `÷ 100 (percent or cents)`.
    pub name: String,
    /// Whether a check suggests it.
    pub suggested: bool,
}

/// The result of a repair.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Number of sampled rows since the onset behind the distribution.
    pub rows: usize,
    /// Bias-corrected PSI of those rows against training, as served and repaired.
    pub psi: (Option<f64>, Option<f64>),
    /// The repaired numbers, one per row, NaN where missing; empty for categories.
    pub numbers: Vec<f64>,
    /// The model's predictions, or why there are none.
    pub answer: Result<Answered, String>,
}

/// The model's predictions for repaired rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The model: the artefact, or a surrogate with its fidelity.
    pub by: String,
    /// Number of judged rows that were predicted.
    pub rows: usize,
    /// The metric, as logged and repaired; none where it is not defined on these rows.
    pub metric: Option<(Metric, f64, f64)>,
    /// Mean loss per row, as logged and repaired.
    pub loss: (f64, f64),
    /// The 95 % interval of the reduction in loss per row (paired).
    pub gain: (f64, f64),
    /// The share of the loss since the onset that is regained, with its 95 % interval; none where that loss
    /// is not significant.
    pub share: Option<(f64, (f64, f64))>,
}

/// The data shared by all trials on a case.
pub struct Trials<'a> {
    dossier: &'a Dossier,
    framing: &'a Framing,
    yardstick: &'a Result<Yardstick, String>,
    metric: Metric,
    repair_sample: Option<RepairSample>,
    joined: Option<(RepairSample, Table)>,
}

/// The repairs that can be tried on a feature, those suggested by a check first.
#[must_use]
pub fn candidates(
    dossier: &Dossier,
    framing: &Framing,
    integrity: &Integrity,
    feature: usize,
) -> Vec<Candidate> {
    let Some(described) = dossier.plan.features.get(feature) else {
        return Vec::new();
    };
    let table = &dossier.production.sample;
    let column = &table.features[feature];
    let mut found: Vec<Candidate> = integrity
        .transforms
        .iter()
        .filter(|map| map.feature == feature)
        .map(|map| Candidate {
            name: undone(&map.name),
            fix: Fix::Undo(map.inverse.clone()),
            suggested: true,
        })
        .collect();
    // A named map takes precedence over a free one, which may fit slightly better because of its free
    // parameters.
    let dictionary = known_transforms();
    let is_named = |candidate: &Candidate| matches!(&candidate.fix, Fix::Undo(undo) if dictionary.iter().any(|(_, known)| known == undo));
    found.sort_by_key(|candidate| !is_named(candidate));
    let plain = |fix: Fix, name: String| Candidate { fix, name, suggested: false };
    if described.kind != Kind::Embedding {
        if dossier.offline.is_some() {
            found.push(plain(Fix::Offline, "serve the offline values".to_owned()));
        }
        let typical = typical(dossier, feature).map(|value| value.message(described));
        if let Some(typical) = typical {
            if framing.after.iter().any(|&row| column.is_missing(row)) {
                found.push(plain(Fix::FillMissing, format!("fill nulls with {typical}")));
            }
            if framing.after.iter().any(|&row| outside(described, column, row)) {
                let what =
                    if described.kind == Kind::Numeric { "values out of range" } else { "unseen levels" };
                found.push(plain(Fix::FillOutside, format!("{what} become {typical}")));
            }
            found.push(plain(Fix::Freeze, format!("freeze at {typical}")));
        }
        found.extend(
            swaps(dossier, framing, feature)
                .into_iter()
                .map(|other| plain(Fix::Swap(other), format!("swap with {}", dossier.feature_name(other)))),
        );
    }
    if described.kind == Kind::Numeric {
        for (name, undo) in dictionary {
            let known = |candidate: &Candidate| candidate.fix == Fix::Undo(undo.clone());
            if !found.iter().any(known) {
                found.push(plain(Fix::Undo(undo), undone(&name)));
            }
        }
    }
    found
}

/// The name of the repair of a change: `÷ 100 (percent or cents)` for `× 100 (percent or cents)`.
fn undone(done: &str) -> String {
    if let Some(rest) = done.strip_prefix("× ") {
        format!("÷ {rest}")
    } else if let Some(rest) = done.strip_prefix("÷ ") {
        format!("× {rest}")
    } else {
        format!("undo: {done}")
    }
}

/// Features whose served values are closer to this feature's training values than its own are, the closest
/// first.
fn swaps(dossier: &Dossier, framing: &Framing, feature: usize) -> Vec<usize> {
    let table = &dossier.production.sample;
    let own = table.features[feature].take(&framing.after);
    let Some(as_served) = drift::psi_of(dossier, feature, &own) else {
        return Vec::new();
    };
    let mut closer: Vec<(f64, usize)> = (0..dossier.plan.features.len())
        .filter(|&other| other != feature)
        .filter_map(|other| {
            let taken = table.features[other].take(&framing.after);
            let read = read_as(dossier, other, feature, &taken)?;
            let psi = drift::psi_of(dossier, feature, &read)?;
            (psi < as_served).then_some((psi, other))
        })
        .collect();
    closer.sort_by(|a, b| a.0.total_cmp(&b.0));
    closer.into_iter().take(MOST_SWAPS).map(|(_, other)| other).collect()
}

/// A column of one feature as values of another one; none if their kinds or their levels differ.
fn read_as(dossier: &Dossier, from: usize, to: usize, column: &Column) -> Option<Column> {
    let (from, to) = (&dossier.plan.features[from], &dossier.plan.features[to]);
    match (from.kind, to.kind, column) {
        (Kind::Numeric, Kind::Numeric, Column::Numeric { .. }) => Some(column.clone()),
        (Kind::Categorical, Kind::Categorical, Column::Categorical(codes)) => {
            let known: HashMap<&str, u32> =
                (0_u32..).zip(&to.levels).map(|(code, level)| (level.as_str(), code)).collect();
            let place: Option<Vec<u32>> =
                from.levels.iter().map(|level| known.get(level.as_str()).copied()).collect();
            let place = place?;
            let read = |&code: &u32| place.get(code as usize).copied().unwrap_or(MISSING);
            Some(Column::Categorical(codes.iter().map(read).collect()))
        }
        _ => None,
    }
}

/// A feature's typical value in training.
#[derive(Debug, Clone, Copy)]
enum Typical {
    Median(f64),
    Level(u32),
}

impl Typical {
    fn message(self, feature: &Feature) -> String {
        match self {
            Self::Median(value) => format!("the median {}", number::value(value)),
            Self::Level(code) => {
                let level = feature.levels.get(code as usize).map_or("", String::as_str);
                format!("the usual “{level}”")
            }
        }
    }
}

fn typical(dossier: &Dossier, feature: usize) -> Option<Typical> {
    let described = &dossier.plan.features[feature];
    match &dossier.training.sample.features[feature] {
        Column::Numeric { .. } => {
            let mut values = training_numbers(dossier, feature);
            values.sort_unstable_by(f64::total_cmp);
            let median = quantile(&values, 0.5).ok()?;
            let whole = described.integer;
            Some(Typical::Median(if whole { median.round() } else { median }))
        }
        Column::Categorical(codes) => {
            let mut counts = vec![0_usize; described.known_levels];
            for &code in codes {
                if let Some(count) = counts.get_mut(code as usize) {
                    *count += 1;
                }
            }
            // The first of equals, to make the result deterministic.
            let most = counts.iter().max().filter(|&&most| most > 0)?;
            let code = counts.iter().position(|count| count == most)?;
            Some(Typical::Level(code as u32))
        }
        _ => None,
    }
}

/// Whether a row's value does not occur in training: out of its range, or an unseen level.
fn outside(feature: &Feature, column: &Column, row: usize) -> bool {
    match (column, &feature.bins) {
        (Column::Numeric { values, .. }, Bins::Numeric(bins)) => {
            let bin = bins.bin(values[row]);
            !values[row].is_nan() && (bin == 0 || bin == bins.edges.len())
        }
        (Column::Categorical(codes), Bins::Categorical(bins)) => bins.bin(codes[row]) == bins.unseen(),
        _ => false,
    }
}

/// Sets the typical value in the rows marked in `rows`.
fn fill(column: &mut Column, typical: Typical, rows: &[bool]) {
    match (column, typical) {
        (Column::Numeric { values, .. }, Typical::Median(median)) => {
            for (value, _) in values.iter_mut().zip(rows).filter(|(_, picked)| **picked) {
                *value = median;
            }
        }
        (Column::Categorical(codes), Typical::Level(level)) => {
            for (code, _) in codes.iter_mut().zip(rows).filter(|(_, picked)| **picked) {
                *code = level;
            }
        }
        _ => {}
    }
}

impl<'a> Trials<'a> {
    /// Prepares the trials: the rows since the onset with the model's current predictions.
    ///
    /// * `metric`: the metric shown beside the loss.
    #[must_use]
    pub fn new(
        dossier: &'a Dossier,
        framing: &'a Framing,
        yardstick: &'a Result<Yardstick, String>,
        metric: Metric,
    ) -> Self {
        Self {
            dossier,
            framing,
            yardstick,
            metric,
            repair_sample: RepairSample::since_onset(dossier, framing),
            joined: RepairSample::joined(dossier, framing),
        }
    }

    /// Tries a repair on a feature.
    #[must_use]
    pub fn attempt(&self, feature: usize, fix: &Fix) -> Trial {
        let dossier = self.dossier;
        let (served, repaired) = match fix {
            Fix::Offline => self.offline_values(feature),
            _ => {
                let mut table = dossier.production.sample.take(&self.framing.after);
                let served = table.features[feature].clone();
                self.repair(&mut table, feature, fix);
                (served, table.features[feature].clone())
            }
        };
        let psi = (drift::psi_of(dossier, feature, &served), drift::psi_of(dossier, feature, &repaired));
        // No model was asked such values, so what one would answer to them is a guess.
        let is_no_repair = matches!(fix, Fix::Undo(_) | Fix::Swap(_))
            && psi.0.zip(psi.1).is_some_and(|(was, is)| was >= FAR && is > (1.0 - NEARER) * was);
        Trial {
            rows: rows_of(&repaired),
            psi,
            numbers: repaired.numbers().unwrap_or_default().to_vec(),
            answer: if is_no_repair {
                Err("the values stay as far from those of training as they are".to_owned())
            } else {
                self.answer(feature, fix)
            },
        }
    }

    /// The feature in the rows since the onset that join with the offline snapshot: as served, and as
    /// recomputed.
    fn offline_values(&self, feature: usize) -> (Column, Column) {
        let Some(offline) = &self.dossier.offline else {
            return (Column::Absent, Column::Absent);
        };
        let first = self.framing.after.first().copied().unwrap_or(0);
        let (at, rows): (Vec<usize>, Vec<usize>) =
            offline.production_row.iter().copied().enumerate().filter(|&(_, row)| row >= first).unzip();
        (
            self.dossier.production.sample.features[feature].take(&rows),
            offline.table.features[feature].take(&at),
        )
    }

    /// Repairs a feature of served rows in place.
    fn repair(&self, table: &mut Table, feature: usize, fix: &Fix) {
        let described = &self.dossier.plan.features[feature];
        let column = &mut table.features[feature];
        let rows = 0..table.rows;
        let picked: Vec<bool> = match fix {
            Fix::Undo(map) => return undo(column, map, described.integer, |_| true),
            Fix::Swap(other) => {
                let (own, theirs) = (column.clone(), table.features[*other].clone());
                if let (Some(here), Some(there)) = (
                    read_as(self.dossier, *other, feature, &theirs),
                    read_as(self.dossier, feature, *other, &own),
                ) {
                    table.features[feature] = here;
                    table.features[*other] = there;
                }
                return;
            }
            Fix::Offline => return,
            Fix::Together(parts) => {
                for (feature, fix) in parts {
                    self.repair(table, *feature, fix);
                }
                return;
            }
            Fix::FillMissing => rows.map(|row| column.is_missing(row)).collect(),
            Fix::FillOutside => rows.map(|row| outside(described, column, row)).collect(),
            Fix::Freeze => rows.map(|_| true).collect(),
        };
        if let Some(typical) = typical(self.dossier, feature) {
            fill(column, typical, &picked);
        }
    }

    fn answer(&self, feature: usize, fix: &Fix) -> Result<Answered, String> {
        let yardstick = self.yardstick.as_ref().map_err(Clone::clone)?;
        let few = || {
            format!(
                "fewer than {LEAST_ROWS} rows {} have a label, so no gain can be measured",
                self.framing.period()
            )
        };
        let (repair_sample, repaired) = if *fix == Fix::Offline {
            let (repair_sample, offline) = self.joined.as_ref().ok_or_else(few)?;
            let mut repaired = repair_sample.served.clone();
            repaired.features[feature] = offline.features[feature].clone();
            (repair_sample, repaired)
        } else {
            let repair_sample = self.repair_sample.as_ref().ok_or_else(few)?;
            let mut repaired = repair_sample.served.clone();
            self.repair(&mut repaired, feature, fix);
            (repair_sample, repaired)
        };
        let (gain, changed) = repair_sample.mended(self.dossier, yardstick, &repaired, Some(self.metric))?;
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len().max(1) as f64;
        let half = crate::stats::interval::Z_95 * gain.error;
        Ok(Answered {
            by: yardstick.name(),
            rows: repair_sample.served.rows,
            metric: changed.metric.map(|(was, is)| (self.metric, was, is)),
            loss: (mean(&changed.before), mean(&changed.after)),
            gain: (gain.mean - half, gain.mean + half),
            share: gain.share.zip(gain.interval),
        })
    }
}

fn rows_of(column: &Column) -> usize {
    match column {
        Column::Numeric { values, .. } => values.len(),
        Column::Categorical(codes) => codes.len(),
        Column::Embedding { width, values } => values.len() / width.max(&1),
        Column::Absent => 0,
    }
}
