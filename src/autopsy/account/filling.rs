//! Filling in values that no repair restores: those of a row from before the onset that is most similar in all other inputs *and
//! the outcome* (predictive mean matching; Little 1988). Matching on the outcome preserves the relation. Its cost is measured: rows
//! from before the onset are filled in the same way, and their additional loss is subtracted (a difference in differences).

use std::collections::BTreeMap;

use crate::{
    autopsy::{Dossier, exam::yardstick::Launch, scoring},
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
        metric::Metric,
        moments,
    },
    summary::{Column, Table, Task},
};

use super::{
    headline::value,
    line::{answered, answered_by},
    mending::copy,
    period::Periods,
};

/// In a wide table, the imputation uses at most this many of the encoder's columns, those most associated with the altered
/// features.
const TOLD_BY: usize = 96;

/// Number of similar rows from before the onset from which one is drawn.
const DONORS: usize = 15;

/// Minimum number of donor rows.
const FEWEST_DONORS: usize = 100;

/// What filling in costs a row that did not need it, and the variance of that mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) mean: f64,
    pub(super) variance: f64,
    /// The same by the headline metric, where it does worse.
    pub(super) headline: f64,
}

/// How rows with a set of altered features are filled in.
pub(super) struct Filling<'a> {
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
    /// The mean label before the onset.
    usual: f64,
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
    pub(super) fn new(
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
        let labels: Vec<f64> = before.label.iter().copied().filter(|label| label.is_finite()).collect();
        let usual = moments::mean(&labels).unwrap_or(0.0);
        let mut filling = Self {
            features,
            encoder,
            columns,
            models: Vec::new(),
            donors,
            estimates: Vec::new(),
            learnt,
            usual,
        };
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
            // A row without a label is filled in as the average one.
            let label = Some(table.label[row]).filter(|label| label.is_finite()).unwrap_or(self.usual);
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

    /// Fills rows in, and determines what the same filling costs rows from before the onset.
    ///
    /// * `headline`: the headline metric, where it does worse.
    /// * `into`: the rows since the onset, as repaired so far.
    pub(super) fn into_rows(
        self,
        dossier: &Dossier,
        launch: &Launch,
        headline: Option<Metric>,
        periods: &Periods,
        rows: &[usize],
        into: &mut Table,
    ) -> Option<Cost> {
        let before = &periods.before.table;
        // What the donors' values cost rows that need none.
        let own = self.match_up(dossier, before, &self.learnt);
        let mut filled = before.take(&self.learnt);
        let untouched = filled.clone();
        for &j in self.features {
            copy(&mut filled.features[j], &before.features[j], own.iter().copied().enumerate());
        }
        let kind = LossKind::of(&dossier.plan);
        let (then, now) = (answered(kind, launch, &filled), answered(kind, launch, &untouched));
        let costs: Vec<f64> = then.iter().zip(&now).map(|(then, now)| then - now).collect();
        let cost = Cost {
            mean: moments::mean(&costs).ok()?,
            variance: moments::variance(&costs).ok()? / costs.len() as f64,
            headline: headline.map_or(0.0, |metric| {
                let by_launch = |table: &Table| value(dossier, metric, &answered_by(launch, table));
                let worse = by_launch(&untouched).zip(by_launch(&filled));
                worse.map_or(0.0, |(was, is)| scoring::worsening(metric, was, is))
            }),
        };
        let donors = self.match_up(dossier, into, rows);
        for &j in self.features {
            let pairs = rows.iter().copied().zip(donors.iter().copied());
            copy(&mut into.features[j], &before.features[j], pairs);
        }
        Some(cost)
    }
}
