//! The lines of the inputs: which rows have altered inputs, their correct values, and the launch model's answers to those.
//!
//! An input counts as altered if a map, the offline snapshot or a swap restores it and that reduces the loss ([`super::mending`]),
//! or if missing or repeated values jump ([`super::jumps`]). The latter have no inverse and are filled in ([`super::filling`]).

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::{
    autopsy::{
        Dossier,
        exam::{
            integrity::start,
            yardstick::{self, Gap, Launch},
        },
    },
    cached::cached,
    model::loss::LossKind,
    stats::moments,
    summary::{Column, Micros, Table},
};

use super::{
    filling::Filling,
    headline::Headline,
    jumps::{Jumped, jumped},
    known::Known,
    line::{LineParts, Place, answered},
    measured::mean,
    mending::{FEWEST_ROWS, FURTHER_Z, Mending, mend},
    period::{Period, Periods},
};

/// Maximum number of different sets of altered features that are imputed; rows of rarer sets are not repaired.
const MOST_SETS: usize = 6;

/// Maximum number of features whose shares are Shapley values.
const MOST_PLAYERS: usize = 6;

/// Rows on which the features' shares are measured.
const SHARED_ROWS: usize = 1_500;

/// An altered input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlteredInput {
    /// The feature.
    pub feature: usize,
    /// Its part of what all altered inputs cost together, in the headline metric where that does worse, 0 to 1.
    pub part: f64,
    /// From which share of the judged rows since the onset on it is altered: 0 where it is from the onset on.
    pub start: f64,
    /// When it began to be altered, if later than the loss.
    pub began: Option<Micros>,
}

cached!(struct AlteredInput { feature, part, start, began });

/// The rows with altered inputs, and their correct values.
pub(super) struct Altered {
    /// Rows with altered inputs, repaired or not.
    pub(super) rows: Vec<bool>,
    /// Altered rows that nothing repairs.
    pub(super) beyond: Vec<bool>,
    /// The rows since the onset with the correct inputs.
    pub(super) table: Table,
    /// The additional loss of imputing a row.
    costs: Vec<f64>,
    /// The same by the headline metric, where it does worse.
    pub(super) headline_costs: Vec<f64>,
    /// The variance that the uncertainty of those losses adds to the step.
    further: f64,
    /// The altered features.
    inputs: Vec<usize>,
}

impl Altered {
    /// Nothing is altered.
    pub(super) fn none(periods: &Periods) -> Self {
        let table = periods.since.table.clone();
        let n = table.rows;
        Self {
            rows: vec![false; n],
            beyond: vec![false; n],
            table,
            costs: vec![0.0; n],
            headline_costs: vec![0.0; n],
            further: 0.0,
            inputs: Vec::new(),
        }
    }

    /// The share of the rows that are altered.
    pub(super) fn share(&self) -> f64 {
        self.rows.iter().filter(|row| **row).count() as f64 / self.rows.len().max(1) as f64
    }
}

/// Finds the altered rows and repairs them.
///
/// * `lost`: the loss since the onset.
pub(super) fn find(known: &Known<'_>, launch: &Launch, periods: &Periods, lost: f64) -> Altered {
    let mut found = Altered::none(periods);
    let mending = mend(known, launch, periods, lost);
    let jumps = jumps(known.dossier, periods, &mending);
    found.complete(known, launch, periods, mending, &jumps);
    found
}

/// The features of which a value jumped, but for those that a map or a swap restored.
fn jumps(dossier: &Dossier, periods: &Periods, mending: &Mending<'_>) -> Vec<(usize, Jumped)> {
    (0..dossier.plan.features.len())
        .into_par_iter()
        .filter(|j| !mending.inputs.contains(j) || mending.offline.contains(j))
        .filter_map(|j| Some((j, jumped(dossier, periods, &periods.since.table, j)?)))
        .collect()
}

/// Rows since the onset with the correct values of some features, as far as they are known to be altered: which of the rows were
/// altered, and all of them as they should have been.
///
/// * `rows`: the rows of the production sample.
pub(super) fn corrected(
    known: &Known<'_>,
    launch: &Launch,
    periods: &Periods,
    lost: f64,
    features: &[usize],
    rows: &[usize],
) -> (Vec<bool>, Table) {
    let dossier = known.dossier;
    let mending = mend(known, launch, periods, lost);
    let mut jumps = jumps(dossier, periods, &mending);
    jumps.retain(|(feature, _)| features.contains(feature));
    let whole = Periods { before: periods.before.clone(), since: Period::unjudged(dossier, rows) };
    let mut found = Altered::none(&whole);
    found.complete(known, launch, &whole, mending.again(&whole, features), &jumps);
    let altered = found.rows.iter().zip(&found.beyond).map(|(row, beyond)| *row && !beyond).collect();
    (altered, found.table)
}

impl Altered {
    /// Takes the repaired rows, and fills in those with values that jumped, and those that are not in the offline snapshot: they
    /// went through the same pipeline as those that are.
    fn complete(
        &mut self,
        known: &Known<'_>,
        launch: &Launch,
        periods: &Periods,
        mending: Mending<'_>,
        jumps: &[(usize, Jumped)],
    ) {
        let dossier = known.dossier;
        let Mending { table, inputs, offline, rough, .. } = mending;
        self.rows = yardstick::altered(&periods.since.table, &table);
        (self.table, self.inputs) = (table, inputs);
        let found = self;
        let served = &periods.since.table;
        let snapshot: std::collections::BTreeSet<usize> =
            dossier.offline.iter().flat_map(|offline| offline.production_row.iter().copied()).collect();
        let unknown = |row: usize| !snapshot.contains(&periods.since.place[row]);
        // A feature of which no value jumped is altered from its start on, as far as anyone knows.
        let whole: Vec<(usize, usize)> = offline
            .iter()
            .filter(|j| !jumps.iter().any(|(feature, _)| feature == *j))
            .map(|&j| {
                let (was, is) = (&periods.before.table, served);
                (j, start(&was.features[j], &is.features[j], (was.rows, is.rows)))
            })
            .collect();
        let mut sets: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for row in 0..served.rows {
            let in_offline = !offline.is_empty() && !unknown(row);
            let jumped = jumps
                .iter()
                .filter(|(j, what)| {
                    what.is_in(&served.features[*j], row) && !(in_offline && offline.contains(j))
                })
                .map(|(j, _)| *j);
            let recomputed = whole.iter().filter(|(_, start)| !in_offline && row >= *start).map(|(j, _)| *j);
            let mut own: Vec<usize> = jumped.chain(recomputed).collect();
            own.sort_unstable();
            if !own.is_empty() {
                sets.entry(own).or_default().push(row);
            }
        }
        let mut sets: Vec<(Vec<usize>, Vec<usize>)> = sets.into_iter().collect();
        sets.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(&b.0)));
        let mut fillable: Vec<usize> = jumps.iter().map(|(j, _)| *j).chain(offline.iter().copied()).collect();
        fillable.sort_unstable();
        fillable.dedup();
        for (at, (features, rows)) in sets.into_iter().enumerate() {
            rows.iter().for_each(|&row| found.rows[row] = true);
            let filling = (at < MOST_SETS)
                .then(|| Filling::new(dossier, launch, periods, &features, &fillable))
                .flatten()
                .and_then(|filling| {
                    filling.into_rows(dossier, launch, known.headline, periods, &rows, &mut found.table)
                });
            match filling {
                Some(cost) => {
                    let share = rows.len() as f64 / served.rows.max(1) as f64;
                    found.further += share * share * cost.variance;
                    for &row in &rows {
                        (found.costs[row], found.headline_costs[row]) = (cost.mean, cost.headline);
                    }
                }
                None => rows.iter().for_each(|&row| found.beyond[row] = true),
            }
            found.inputs.extend(features);
        }
        found.fill_instead(known, launch, periods, &rough, fillable);
        found.inputs.sort_unstable();
        found.inputs.dedup();
    }

    /// Fills in the inputs that a map restored only roughly, where that wins back more of the loss beyond noise: what a rough map
    /// leaves would be taken for a changed relation.
    ///
    /// * `rough`: the inputs in question.
    /// * `fillable`: the other inputs that are filled in.
    fn fill_instead(
        &mut self,
        known: &Known<'_>,
        launch: &Launch,
        periods: &Periods,
        rough: &[usize],
        mut fillable: Vec<usize>,
    ) {
        let dossier = known.dossier;
        let only = |table: &Table| Table {
            features: rough.iter().map(|&j| table.features[j].clone()).collect::<Vec<_>>().into(),
            rows: table.rows,
            ..Table::default()
        };
        let mapped = yardstick::altered(&only(&periods.since.table), &only(&self.table));
        let rows: Vec<usize> = (0..mapped.len())
            .filter(|&row| mapped[row] && !self.beyond[row] && self.costs[row] == 0.0)
            .collect();
        if rows.len() < FEWEST_ROWS {
            return;
        }
        fillable.extend(rough);
        let Some(filling) = Filling::new(dossier, launch, periods, rough, &fillable) else { return };
        let mut filled = self.table.clone();
        let Some(cost) = filling.into_rows(dossier, launch, known.headline, periods, &rows, &mut filled)
        else {
            return;
        };
        let kind = LossKind::of(&dossier.plan);
        let lost = |table: &Table| answered(kind, launch, &table.take(&rows));
        let gains: Vec<f64> = lost(&self.table)
            .iter()
            .zip(lost(&filled))
            .map(|(map, filled)| map - (filled - cost.mean))
            .collect();
        let Ok(variance) = moments::variance(&gains) else { return };
        let error = (variance / gains.len() as f64 + cost.variance).sqrt();
        if mean(&gains) <= FURTHER_Z * error {
            return;
        }
        self.table = filled;
        let share = rows.len() as f64 / mapped.len() as f64;
        self.further += share * share * cost.variance;
        for row in rows {
            (self.costs[row], self.headline_costs[row]) = (cost.mean, cost.headline);
        }
    }
}

/// How the inputs' part is taken.
pub(super) struct Step<'a> {
    /// What the launch model's substitute itself costs.
    pub(super) gap: Gap,
    /// Whether nothing tells the inputs' part from that of the answers.
    pub(super) joint: bool,
    /// The headline metric, by which the inputs' part is divided among them; by the loss where it is none.
    pub(super) headline: Option<&'a Headline<'a>>,
}

/// Takes the inputs' part, feature by feature.
///
/// Returns the altered inputs with their parts.
pub(super) fn take(
    dossier: &Dossier,
    launch: &Launch,
    step: &Step<'_>,
    periods: &Periods,
    altered: &Altered,
    parts: &mut LineParts<'_>,
) -> Vec<AlteredInput> {
    let taken: Vec<bool> =
        altered.rows.iter().zip(&altered.beyond).map(|(row, beyond)| *row && !beyond).collect();
    if !taken.contains(&true) {
        return Vec::new();
    }
    let of_loss = shapley(dossier, launch, altered, &taken, None, &parts.table);
    let shares = match step.headline {
        Some(headline) => shapley(dossier, launch, altered, &taken, Some(headline), &parts.table),
        None => of_loss.clone(),
    };
    let (was, is) = (&periods.before.table, &periods.since.table);
    let inputs: Vec<AlteredInput> = altered
        .inputs
        .iter()
        .zip(shares)
        .map(|(&feature, part)| {
            let first = start(&was.features[feature], &is.features[feature], (was.rows, is.rows));
            let began = is.time.get(first).copied().filter(|_| first > 0);
            AlteredInput { feature, part, start: first as f64 / is.rows as f64, began }
        })
        .collect();
    let places: Vec<(Place, f64)> = if step.joint {
        vec![(Place::InputsAndAnswers, 1.0)]
    } else {
        inputs.iter().zip(of_loss).map(|(input, part)| (Place::Input(input.feature), part)).collect()
    };
    let Gap { mean, variance } = step.gap;
    let share = taken.iter().filter(|taken| **taken).count() as f64 / taken.len() as f64;
    let variance = variance + altered.further / (share * share).max(f64::MIN_POSITIVE);
    parts.table.features.clone_from(&altered.table.features);
    parts.by_launch(dossier, launch, Gap { mean, variance }, &taken, &altered.costs, &places);
    inputs
}

/// Each altered feature's share of what mending all of them wins: its Shapley value over theirs together.
///
/// `v(S)` is what the launch model loses less with the features of `S` mended, without what filling them in costs. Among more than
/// [`MOST_PLAYERS`] features all have the same share, and a feature whose mending wins nothing has none. By the headline metric, if
/// one is given. Source: Shapley, "A
/// value for n-person games" (1953).
fn shapley(
    dossier: &Dossier,
    launch: &Launch,
    altered: &Altered,
    taken: &[bool],
    headline: Option<&Headline<'_>>,
    served: &Table,
) -> Vec<f64> {
    let players = &altered.inputs;
    let k = players.len();
    let equal = vec![1.0 / k as f64; k];
    if !(2..=MOST_PLAYERS).contains(&k) {
        return equal;
    }
    let rows: Vec<usize> = (0..taken.len()).filter(|&row| taken[row]).collect();
    let rows = crate::model::folds::thin(&rows, SHARED_ROWS);
    let served = served.take(&rows);
    let mended: Vec<Column> = players.iter().map(|&j| altered.table.features[j].take(&rows)).collect();
    let kind = LossKind::of(&dossier.plan);
    let lost = |set: usize| {
        let mut table = served.clone();
        let mut filled = vec![false; rows.len()];
        for (at, &j) in players.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1) {
            let other =
                Table { features: vec![mended[at].clone()].into(), rows: rows.len(), ..Table::default() };
            let own = Table {
                features: vec![served.features[j].clone()].into(),
                rows: rows.len(),
                ..Table::default()
            };
            let differs = yardstick::altered(&own, &other);
            filled.iter_mut().zip(differs).for_each(|(filled, differs)| *filled |= differs);
            table.features[j].clone_from(&mended[at]);
        }
        if let Some(headline) = headline {
            let answers = launch.model.answers(&table, &(0..table.rows).collect::<Vec<_>>());
            (table.prediction, table.score) = (answers.prediction, answers.score);
            return headline.loss(&table).unwrap_or(0.0);
        }
        let costs =
            rows.iter().zip(&filled).filter(|(_, filled)| **filled).map(|(&row, _)| altered.costs[row]);
        (answered(kind, launch, &table).iter().sum::<f64>() - costs.sum::<f64>()) / rows.len() as f64
    };
    let losses: Vec<f64> = (0..1_usize << k).map(lost).collect();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let values: Vec<f64> = (0..k)
        .map(|player| {
            (0..1_usize << k)
                .filter(|set| set >> player & 1 == 0)
                .map(|set| {
                    let size = set.count_ones() as usize;
                    let weight = factorial(size) * factorial(k - size - 1) / factorial(k);
                    weight * (losses[set] - losses[set | 1 << player])
                })
                .sum::<f64>()
                .max(0.0)
        })
        .collect();
    let whole: f64 = values.iter().sum();
    if whole > 0.0 { values.into_iter().map(|value| value / whole).collect() } else { equal }
}
