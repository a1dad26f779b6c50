//! The lines of the inputs: which rows have altered inputs, their correct values, and the launch model's answers to those.
//!
//! An input counts as altered if a map or the offline snapshot restores it and that reduces the loss (the repair test), or if
//! missing or repeated values jump. The latter have no inverse: each such row gets the values of one of the rows from before
//! the onset that are most similar in all other inputs *and the outcome* (predictive mean matching; Little 1988). Matching on
//! the outcome preserves the relation. Its cost is measured: rows from before the onset are imputed in the same way, and
//! their additional loss is subtracted (a difference in differences).

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier,
        exam::{
            integrity::{Repair, undone},
            yardstick::{self, Gap, Launch},
        },
    },
    model::{
        binned::Binned,
        coded::{CodedParts, CodedTarget},
        encode::{EncodeOptions, Encoder},
        folds::mix,
        learner::LAMBDA,
        loss::LossKind,
    },
    stats::{
        linear::{Matrix, ridge},
        moments,
    },
    summary::{Column, Kind, MISSING, Table, Task},
};

use super::{
    known::Known,
    line::{self, LineParts, Place},
    period::Periods,
};

/// A repair must gain so many standard errors and this share of the loss.
const WINS_Z: f64 = 2.0;
const WINS_SHARE: f64 = 0.05;

/// Missing values jump when their share rises by this much …
const MORE_MISSING: f64 = 0.05;

/// … and one value when its share rises by this much among numbers, or among whole numbers and levels, which repeat by nature.
const MORE_REPEATED: f64 = 0.2;
const MORE_OF_A_LEVEL: f64 = 0.4;

/// Either counts from so many standard errors on.
const JUMP_Z: f64 = 5.0;

/// Maximum number of different sets of altered features that are imputed; rows of rarer sets are not repaired.
const MOST_SETS: usize = 6;

/// In a wide table, the imputation uses at most this many of the encoder's columns, those most associated with the altered
/// features.
const TOLD_BY: usize = 96;

/// Number of similar rows from before the onset from which one is drawn.
const DONORS: usize = 15;

/// Minimum number of donor rows.
const FEWEST_DONORS: usize = 100;

/// Maximum number of features whose shares are Shapley values.
const MOST_PLAYERS: usize = 6;

/// Rows on which the features' shares are measured.
const SHARED_ROWS: usize = 800;

/// The rows with altered inputs, and their correct values.
pub(super) struct Altered {
    /// Rows with altered inputs, repaired or not.
    pub(super) rows: Vec<bool>,
    /// Altered rows that nothing repairs.
    pub(super) beyond: Vec<bool>,
    /// The correct inputs.
    features: Vec<Column>,
    /// The additional loss of imputing a row.
    costs: Vec<f64>,
    /// The variance that the uncertainty of those losses adds to the step.
    further: f64,
    /// The altered features.
    inputs: Vec<usize>,
}

impl Altered {
    /// Nothing is altered.
    pub(super) fn none(periods: &Periods) -> Self {
        let n = periods.since.table.rows;
        Self {
            rows: vec![false; n],
            beyond: vec![false; n],
            features: periods.since.table.features.clone(),
            costs: vec![0.0; n],
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
    let counts = |repair: &&Repair| {
        repair.gain.as_ref().is_ok_and(|gain| gain.z() > WINS_Z && gain.mean > WINS_SHARE * lost.max(0.0))
    };
    if let Some(repair) = known.integrity.repairs.iter().find(counts) {
        let (mended, unknown) = by_repair(known.dossier, periods, repair);
        found.rows = yardstick::altered(&periods.since.table, &mended);
        found.features = mended.features;
        found.inputs.clone_from(&repair.features);
        // Rows that are not in the offline snapshot went through the same pipeline as those that are.
        fill_set(known.dossier, launch, periods, &repair.features, &repair.features, &unknown, &mut found);
    }
    fill(known.dossier, launch, periods, &mut found);
    found.inputs.sort_unstable();
    found.inputs.dedup();
    found
}

/// The rows since the onset after a repair, and those for which the offline snapshot has no values.
fn by_repair(dossier: &Dossier, periods: &Periods, repair: &Repair) -> (Table, Vec<usize>) {
    let since = &periods.since;
    if !repair.transforms.is_empty() {
        return (undone(dossier, &since.table, &repair.transforms), Vec::new());
    }
    let mut mended = since.table.clone();
    let Some(offline) = &dossier.offline else {
        return (mended, Vec::new());
    };
    let at: BTreeMap<usize, usize> =
        offline.production_row.iter().enumerate().map(|(at, &row)| (row, at)).collect();
    let (known, unknown): (Vec<usize>, Vec<usize>) =
        since.rows().into_iter().partition(|&k| at.contains_key(&since.place[k]));
    let pairs: Vec<(usize, usize)> = known.into_iter().map(|k| (k, at[&since.place[k]])).collect();
    for &j in &repair.features {
        copy(&mut mended.features[j], &offline.table.features[j], &pairs);
    }
    (mended, unknown)
}

/// Copies values from rows of one column into rows of another.
fn copy(into: &mut Column, from: &Column, pairs: &[(usize, usize)]) {
    match (into, from) {
        (Column::Numeric { values, .. }, Column::Numeric { values: from, .. }) => {
            pairs.iter().for_each(|&(to, at)| values[to] = from[at]);
        }
        (Column::Categorical(codes), Column::Categorical(from)) => {
            pairs.iter().for_each(|&(to, at)| codes[to] = from[at]);
        }
        _ => {}
    }
}

/// A value whose share jumped: rows with it count as altered.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Jumped {
    Missing,
    Number(f64),
    Level(u32),
}

impl Jumped {
    fn is_in(self, column: &Column, row: usize) -> bool {
        match (self, column) {
            (Self::Missing, column) => column.is_missing(row),
            (Self::Number(x), Column::Numeric { values, .. }) => values[row] == x,
            (Self::Level(level), Column::Categorical(codes)) => codes[row] == level,
            _ => false,
        }
    }
}

/// Which value of a feature jumped, if one did.
fn jumped(dossier: &Dossier, periods: &Periods, feature: usize) -> Option<Jumped> {
    let described = &dossier.plan.features[feature];
    let (was, is) = (&periods.before.table, &periods.since.table);
    let (before, since) = (was.features.get(feature)?, is.features.get(feature)?);
    let share = |column: &Column, rows: usize, what: Jumped| {
        (0..rows).filter(|&row| what.is_in(column, row)).count() as f64 / rows.max(1) as f64
    };
    let rises = |what: Jumped, by: f64| {
        let (p, q) = (share(before, was.rows, what), share(since, is.rows, what));
        let (n, m) = (was.rows as f64, is.rows as f64);
        let both = (p * n + q * m) / (n + m);
        let error = (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
        q - p > by && q - p > JUMP_Z * error
    };
    if rises(Jumped::Missing, MORE_MISSING) {
        return Some(Jumped::Missing);
    }
    let repeated = match since {
        Column::Numeric { values, .. } => {
            let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let most = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len())?;
            Jumped::Number(most[0])
        }
        Column::Categorical(codes) => {
            let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
            codes
                .iter()
                .filter(|code| **code != MISSING)
                .for_each(|&code| *counts.entry(code).or_default() += 1);
            Jumped::Level(counts.into_iter().max_by_key(|&(code, n)| (n, std::cmp::Reverse(code)))?.0)
        }
        Column::Embedding { .. } | Column::Absent => return None,
    };
    let plain = described.kind == Kind::Numeric && !described.integer;
    rises(repeated, if plain { MORE_REPEATED } else { MORE_OF_A_LEVEL }).then_some(repeated)
}

/// Fills in the rows whose values jumped.
fn fill(dossier: &Dossier, launch: &Launch, periods: &Periods, found: &mut Altered) {
    let jumps: Vec<(usize, Jumped)> = (0..dossier.plan.features.len())
        .filter(|j| !found.inputs.contains(j))
        .filter_map(|j| Some((j, jumped(dossier, periods, j)?)))
        .collect();
    if jumps.is_empty() {
        return;
    }
    let since = &periods.since.table;
    let mut sets: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for row in 0..since.rows {
        let own: Vec<usize> =
            jumps.iter().filter(|(j, what)| what.is_in(&since.features[*j], row)).map(|(j, _)| *j).collect();
        if !own.is_empty() {
            sets.entry(own).or_default().push(row);
        }
    }
    let mut sets: Vec<(Vec<usize>, Vec<usize>)> = sets.into_iter().collect();
    sets.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(&b.0)));
    let fillable: Vec<usize> = jumps.iter().map(|(j, _)| *j).collect();
    for (at, (features, rows)) in sets.into_iter().enumerate() {
        if at < MOST_SETS {
            fill_set(dossier, launch, periods, &features, &fillable, &rows, found);
        } else {
            rows.iter().for_each(|&row| (found.rows[row], found.beyond[row]) = (true, true));
        }
        found.inputs.extend(features);
    }
}

/// Fills in some rows whose values of the same features are altered.
///
/// * `fillable`: all features that are altered in some row: none of them tells what another one held.
fn fill_set(
    dossier: &Dossier,
    launch: &Launch,
    periods: &Periods,
    features: &[usize],
    fillable: &[usize],
    rows: &[usize],
    found: &mut Altered,
) {
    if rows.is_empty() {
        return;
    }
    rows.iter().for_each(|&row| found.rows[row] = true);
    let filled = Filling::new(dossier, launch, periods, features, fillable)
        .and_then(|filling| filling.into_rows(dossier, launch, periods, rows, found));
    if filled.is_none() {
        rows.iter().for_each(|&row| found.beyond[row] = true);
    }
}

/// How rows with a set of altered features are filled in.
struct Filling<'a> {
    features: &'a [usize],
    encoder: Encoder,
    /// Columns of the encoder that no altered feature is part of.
    columns: Vec<usize>,
    /// One regression a feature, on columns and outcome.
    models: Vec<crate::stats::linear::Ridge>,
    /// Rows before the onset that values are drawn from, with what the regressions say of them.
    donors: Vec<usize>,
    estimates: Vec<Vec<f64>>,
    /// The others, which the regressions learnt from.
    learnt: Vec<usize>,
}

/// The features that a filling reads, ascending: all of a usual table; of a wide one the altered features and those that tell most
/// of them.
fn read_of(
    dossier: &Dossier,
    before: &Table,
    learnt: &[usize],
    features: &[usize],
    fillable: &[usize],
) -> Vec<usize> {
    if !dossier.plan.is_wide() {
        return (0..dossier.plan.features.len()).collect();
    }
    let data = Binned::new(&dossier.plan, before, learnt);
    let is_free = |column: &usize| data.columns[*column].feature.is_some_and(|j| !fillable.contains(&j));
    let free: Vec<usize> = (0..data.columns.len()).filter(is_free).collect();
    let others = data.take_columns(&free);
    let mut read = features.to_vec();
    for column in features.iter().filter_map(|&j| data.column_of(j)) {
        let codes: Vec<f64> = data.columns[column].codes.iter().map(|&code| f64::from(code)).collect();
        let most = (TOLD_BY / features.len()).max(4);
        let parts = CodedParts::fit(&others, CodedTarget::Value(&codes), most);
        read.extend(parts.columns().into_iter().filter_map(|at| others.columns[at].feature));
    }
    read.sort_unstable();
    read.dedup();
    read
}

impl<'a> Filling<'a> {
    fn new(
        dossier: &Dossier,
        launch: &Launch,
        periods: &Periods,
        features: &'a [usize],
        fillable: &[usize],
    ) -> Option<Self> {
        let before = &periods.before.table;
        let (learnt, donors): (Vec<usize>, Vec<usize>) = (0..before.rows).partition(|row| row % 2 == 0);
        if donors.len() < FEWEST_DONORS {
            return None;
        }
        let options = EncodeOptions { squares: true, levels: 12 };
        let told = read_of(dossier, before, &learnt, features, fillable);
        let encoder = Encoder::fit_to(&dossier.plan, before, &learnt, &options, &told);
        let columns: Vec<usize> =
            (0..encoder.parts().len()).filter(|&c| !fillable.contains(&encoder.parts()[c].0)).collect();
        let mut filling =
            Self { features, encoder, columns, models: Vec::new(), donors, estimates: Vec::new(), learnt };
        let x = filling.read(dossier, before, &filling.learnt);
        for &j in features {
            let y = filling.target(launch, before, j)?;
            filling.models.push(ridge(&x, &y, LAMBDA, None).ok()?);
        }
        filling.estimates = filling.estimate(dossier, before, &filling.donors);
        Some(filling)
    }

    /// The other inputs and the outcome of some rows.
    fn read(&self, dossier: &Dossier, table: &Table, rows: &[usize]) -> Matrix {
        let inputs = self.encoder.rank_normal(table, rows).take_columns(&self.columns);
        let classes = if dossier.task() == Task::Multiclass { dossier.plan.classes.len().min(12) } else { 1 };
        let mut matrix = Matrix::zeros(rows.len(), inputs.columns() + classes);
        for (place, &row) in rows.iter().enumerate() {
            let (left, right) = matrix.row_mut(place).split_at_mut(inputs.columns());
            left.copy_from_slice(inputs.row(place));
            let label = table.label[row];
            for (class, cell) in right.iter_mut().enumerate() {
                *cell = if classes > 1 { f64::from(u8::from(label == class as f64)) } else { label };
            }
        }
        matrix
    }

    /// What is predicted of a feature: the normal score of a number, the launch model's mean answer to a level.
    fn target(&self, launch: &Launch, before: &Table, feature: usize) -> Option<Vec<f64>> {
        match before.features.get(feature)? {
            Column::Numeric { values, .. } => {
                let scale = self.encoder.scale(feature)?;
                let score = |&row: &usize| {
                    let score = scale.score(values[row]);
                    if score.is_nan() { 0.0 } else { score }
                };
                Some(self.learnt.iter().map(score).collect())
            }
            Column::Categorical(codes) => {
                let raw = launch.model.raw(before, &self.learnt);
                let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
                for (&row, raw) in self.learnt.iter().zip(raw) {
                    let sum = sums.entry(codes[row]).or_default();
                    *sum = (sum.0 + raw, sum.1 + 1.0);
                }
                Some(self.learnt.iter().map(|&row| sums[&codes[row]]).map(|(sum, n)| sum / n).collect())
            }
            Column::Embedding { .. } | Column::Absent => None,
        }
    }

    /// What the regressions say of some rows, feature after feature, each in deviations of what it says of the donors.
    fn estimate(&self, dossier: &Dossier, table: &Table, rows: &[usize]) -> Vec<Vec<f64>> {
        let x = self.read(dossier, table, rows);
        self.models.iter().map(|model| model.predict(&x)).collect()
    }

    /// A donor for each row: one of those of whom the same is said.
    fn match_up(&self, dossier: &Dossier, table: &Table, rows: &[usize]) -> Vec<usize> {
        let estimates = self.estimate(dossier, table, rows);
        let spread: Vec<f64> = self
            .estimates
            .iter()
            .map(|estimates| moments::deviation(estimates).unwrap_or(1.0).max(1e-9))
            .collect();
        (0..rows.len())
            .map(|place| {
                let mut near: Vec<(f64, usize)> = (0..self.donors.len())
                    .map(|donor| {
                        let apart =
                            |f: usize| ((estimates[f][place] - self.estimates[f][donor]) / spread[f]).powi(2);
                        ((0..estimates.len()).map(apart).sum::<f64>(), donor)
                    })
                    .collect();
                let most = DONORS.min(near.len());
                near.select_nth_unstable_by(most - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                near[..most].sort_by_key(|(_, donor)| *donor);
                let drawn = mix(dossier.plan.seed ^ rows[place] as u64) % most as u64;
                self.donors[near[drawn as usize].1]
            })
            .collect()
    }

    /// Fills rows since the onset in, and notes what the same filling costs rows from before it.
    fn into_rows(
        self,
        dossier: &Dossier,
        launch: &Launch,
        periods: &Periods,
        rows: &[usize],
        found: &mut Altered,
    ) -> Option<()> {
        let before = &periods.before.table;
        // What the donors' values cost rows that need none.
        let own = self.match_up(dossier, before, &self.learnt);
        let mut filled = before.take(&self.learnt);
        let untouched = filled.clone();
        let pairs: Vec<(usize, usize)> = own.into_iter().enumerate().collect();
        for &j in self.features {
            copy(&mut filled.features[j], &before.features[j], &pairs);
        }
        let kind = LossKind::of(&dossier.plan);
        let (then, now) = (losses(kind, launch, &filled), losses(kind, launch, &untouched));
        let costs: Vec<f64> = then.iter().zip(&now).map(|(then, now)| then - now).collect();
        let cost = moments::mean(&costs).ok()?;
        let share = rows.len() as f64 / found.rows.len().max(1) as f64;
        found.further += share * share * moments::variance(&costs).ok()? / costs.len() as f64;

        let donors = self.match_up(dossier, &periods.since.table, rows);
        let pairs: Vec<(usize, usize)> = rows.iter().copied().zip(donors).collect();
        for &j in self.features {
            copy(&mut found.features[j], &before.features[j], &pairs);
        }
        rows.iter().for_each(|&row| found.costs[row] = cost);
        Some(())
    }
}

/// The loss of the launch model's answers to every row of a table.
fn losses(kind: LossKind, launch: &Launch, table: &Table) -> Vec<f64> {
    let rows: Vec<usize> = (0..table.rows).collect();
    let answers = launch.model.answers(table, &rows);
    let answered = Table {
        rows: table.rows,
        label: table.label.clone(),
        prediction: answers.prediction,
        score: answers.score,
        ..Table::default()
    };
    rows.into_iter().map(|row| line::loss_of(kind, &answered, row)).collect()
}

/// Takes the inputs' part, feature by feature.
///
/// * `joint`: whether nothing tells it from the answers' part.
pub(super) fn take(
    dossier: &Dossier,
    launch: &Launch,
    gap: Gap,
    altered: &Altered,
    joint: bool,
    parts: &mut LineParts<'_>,
) {
    let taken: Vec<bool> =
        altered.rows.iter().zip(&altered.beyond).map(|(row, beyond)| *row && !beyond).collect();
    if !taken.contains(&true) {
        return;
    }
    let places: Vec<(Place, f64)> = if joint {
        vec![(Place::InputsAndAnswers, 1.0)]
    } else {
        let shares = shapley(dossier, launch, altered, &taken, parts);
        altered.inputs.iter().map(|&j| Place::Input(j)).zip(shares).collect()
    };
    let Gap { mean, variance } = gap;
    let share = taken.iter().filter(|taken| **taken).count() as f64 / taken.len() as f64;
    let variance = variance + altered.further / (share * share).max(f64::MIN_POSITIVE);
    parts.table.features.clone_from(&altered.features);
    parts.by_launch(dossier, launch, Gap { mean, variance }, &taken, &altered.costs, &places);
}

/// Each altered feature's share of what mending all of them wins: its Shapley value over theirs together.
///
/// `v(S)` is what the launch model wins with the features of `S` mended; `v` of none is the logged loss. Among more than
/// [`MOST_PLAYERS`] features all have the same share. Source: Shapley, "A value for n-person games" (1953).
fn shapley(
    dossier: &Dossier,
    launch: &Launch,
    altered: &Altered,
    taken: &[bool],
    parts: &LineParts<'_>,
) -> Vec<f64> {
    let players = &altered.inputs;
    let k = players.len();
    let equal = vec![1.0 / k as f64; k];
    if !(2..=MOST_PLAYERS).contains(&k) {
        return equal;
    }
    let rows: Vec<usize> = (0..taken.len()).filter(|&row| taken[row]).collect();
    let rows = crate::model::folds::thin(&rows, SHARED_ROWS);
    let served = parts.table.take(&rows);
    let mended: Vec<Column> = players.iter().map(|&j| altered.features[j].take(&rows)).collect();
    let kind = LossKind::of(&dossier.plan);
    let logged = rows.iter().map(|&row| parts.left[row]).sum::<f64>() / rows.len() as f64;
    let worth: Vec<f64> = (0..1_usize << k)
        .map(|set| {
            if set == 0 {
                return 0.0;
            }
            let mut table = served.clone();
            for (at, &j) in players.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1) {
                table.features[j].clone_from(&mended[at]);
            }
            logged - losses(kind, launch, &table).iter().sum::<f64>() / rows.len() as f64
        })
        .collect();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let values: Vec<f64> = (0..k)
        .map(|player| {
            (0..1_usize << k)
                .filter(|set| set >> player & 1 == 0)
                .map(|set| {
                    let size = set.count_ones() as usize;
                    let weight = factorial(size) * factorial(k - size - 1) / factorial(k);
                    weight * (worth[set | 1 << player] - worth[set])
                })
                .sum()
        })
        .collect();
    let whole: f64 = values.iter().sum();
    if whole > 0.0 { values.into_iter().map(|value| value / whole).collect() } else { equal }
}
