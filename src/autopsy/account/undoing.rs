//! What is left of the headline metric's loss without some of the faults: every set of altered inputs repaired, with the answers as
//! they were given or as the launch model would have given them.
//!
//! Lines take one step after the other, on all rows since the onset, in the loss of single rows. How the loss divides among
//! faults depends on that order, on faults that begin later, and on the metric. So the sets are evaluated on the rows on which all
//! of them act, in the headline metric itself, and a fault's part is its Shapley value among the faults that are taken to be there
//! (Shapley 1953). The errors are those of a jackknife over groups of rows (Efron and Stein 1981), over both periods.

use rayon::prelude::*;
use std::sync::Arc;

use crate::{
    autopsy::{
        Dossier,
        exam::yardstick::{self, Launch, Yardstick},
        scoring,
    },
    cached::cached,
    model::{
        folds::thin,
        loss::{clipped_logit, sigmoid},
    },
    summary::{Column, Table, Task},
};

use super::{
    headline::value,
    inputs::{Altered, AlteredInput},
    known::Known,
    line::{Place, answered_by},
    measured::{Measured, mean},
    period::Periods,
};

/// What can be undone, answers included; the number of sets doubles with each. More inputs are repaired together.
const MOST_PARTS: usize = 6;

/// Rows that are answered for every set, at most, and for all sets together.
const MOST_ROWS: usize = 3_000;
const MOST_ANSWERS: usize = 96_000;

/// Rows on which all faults act: at least so many, and at least this share of the rows since the onset.
const FEWEST_ROWS: usize = 250;
const SMALLEST_PART: f64 = 0.25;

/// Groups of the jackknife.
const GROUPS: usize = 10;

/// Faults of inputs and answers, and what is left of the headline loss without any set of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Undoing {
    /// The altered inputs that are repaired, those that are only repaired together in one place: a set is a number, with the bit of
    /// each place that belongs to it …
    pub inputs: Vec<Vec<usize>>,
    /// … and above these the bit of the answers, where they changed as well.
    pub answers: bool,
    /// The share of the loss that is left without each set: of all rows, then without each group of them.
    left: Vec<Vec<f64>>,
}

cached!(struct Undoing { inputs, answers, left });

impl Undoing {
    /// Undoings of given effect, without error.
    #[cfg(test)]
    pub(crate) fn of(inputs: &[usize], answers: bool, left: &[f64]) -> Self {
        Self {
            inputs: inputs.iter().map(|&input| vec![input]).collect(),
            answers,
            left: vec![left.to_vec(); GROUPS + 1],
        }
    }

    /// The set of one altered input; empty where it is not repaired.
    #[must_use]
    pub fn input(&self, feature: usize) -> usize {
        self.inputs.iter().position(|together| together.contains(&feature)).map_or(0, |at| 1 << at)
    }

    /// The set of the answers; empty where they did not change.
    #[must_use]
    pub fn answers(&self) -> usize {
        usize::from(self.answers) << self.inputs.len()
    }

    /// The parts of the loss that belong to faults, each a set that has nothing in common with the others, and what is left beside
    /// them. They add up to 1.
    ///
    /// * `whole`: whether these are all faults. Then what repairs leave is their own, and divided equally.
    #[must_use]
    pub fn parts(&self, faults: &[usize], whole: bool) -> (Vec<Measured>, Measured) {
        let of = |left: &[f64]| {
            let mut parts = shapley(faults, left);
            let mut rest = left[faults.iter().fold(0, |all, fault| all | fault)];
            if whole {
                let each = rest / parts.len().max(1) as f64;
                parts.iter_mut().for_each(|part| *part += each);
                rest = 0.0;
            }
            parts.push(rest);
            parts
        };
        let replicates: Vec<Vec<f64>> = self.left.iter().map(|left| of(left)).collect();
        // All rows come first, and are always there.
        let (value, groups) = (&replicates[0], &replicates[1..]);
        let mut measured: Vec<Measured> = value
            .iter()
            .enumerate()
            .map(|(at, &value)| {
                let own: Vec<f64> = groups.iter().map(|parts| parts[at]).collect();
                let middle = mean(&own);
                let apart: f64 = own.iter().map(|part| (part - middle).powi(2)).sum();
                let g = own.len() as f64;
                Measured { value, error: (apart * (g - 1.0) / g).sqrt() }
            })
            .collect();
        let rest = measured.pop().unwrap_or_default();
        (measured, rest)
    }
}

/// The Shapley value of each fault, as a reduction of what is left.
fn shapley(faults: &[usize], left: &[f64]) -> Vec<f64> {
    let k = faults.len();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let union =
        |set: usize| (0..k).filter(|fault| set >> fault & 1 == 1).fold(0, |all, fault| all | faults[fault]);
    (0..k)
        .map(|fault| {
            (0..1_usize << k)
                .filter(|set| set >> fault & 1 == 0)
                .map(|set| {
                    let size = set.count_ones() as usize;
                    let weight = factorial(size) * factorial(k - size - 1) / factorial(k);
                    weight * (left[union(set)] - left[union(set | 1 << fault)])
                })
                .sum()
        })
        .collect()
}

/// What the account found to have changed since the onset.
pub(super) struct Changes<'a> {
    /// The rows with altered inputs, and their correct values.
    pub(super) altered: &'a Altered,
    /// The altered inputs.
    pub(super) inputs: &'a [AlteredInput],
    /// The place of the changed answers.
    pub(super) answers: Option<Place>,
    /// What the model answers to inputs as served, learnt from the rows that were answered in time, where these showed the change.
    pub(super) in_time: Option<Arc<Launch>>,
}

/// Evaluates every set; none where nothing can be undone, or the headline metric does no worse on the rows on which all faults act.
pub(super) fn undo(
    known: &Known<'_>,
    launch: &Launch,
    periods: &Periods,
    changes: Changes<'_>,
) -> Option<Undoing> {
    let Changes { inputs, answers, .. } = changes;
    let metric = known.headline?;
    let n = periods.since.table.rows;
    let fewest = FEWEST_ROWS.max((SMALLEST_PART * n as f64) as usize).min(n);
    let last = inputs.iter().map(|input| (input.start * n as f64).round() as usize).max().unwrap_or(0);
    let most = MOST_ANSWERS >> (inputs.len() + usize::from(answers.is_some())).min(MOST_PARTS);
    let rows = thin(&(last.min(n - fewest)..n).collect::<Vec<_>>(), most.min(MOST_ROWS));
    let undo = Undo::new(known, launch, periods, changes, &rows);
    let k = undo.repaired.len() + usize::from(answers.is_some());
    if k == 0 {
        return None;
    }
    let sets: Vec<(Table, f64)> = (0..1_usize << k).into_par_iter().map(|set| undo.without(set)).collect();
    let costs: Vec<f64> = (0..sets.len()).map(|set| undo.cost(set)).collect();
    let gap = launch.worsens(known.dossier, metric).unwrap_or(0.0);
    let before = answered_only(&periods.before.table);
    let left = |group: Option<usize>| -> Option<Vec<f64>> {
        let of = |table: &Table| match group {
            None => value(known.dossier, metric, table),
            Some(group) => {
                let kept: Vec<usize> = (0..table.rows).filter(|row| row % GROUPS != group).collect();
                value(known.dossier, metric, &table.take(&kept))
            }
        };
        let was = of(&before)?;
        let losses: Option<Vec<f64>> = sets
            .iter()
            .zip(&costs)
            .map(|((table, by_launch), cost)| {
                Some(scoring::worsening(metric, was, of(table)?) - by_launch * gap - cost)
            })
            .collect();
        let losses = losses?;
        (losses[0] > 0.0).then(|| losses.iter().map(|loss| loss / losses[0]).collect())
    };
    let groups: Vec<Option<usize>> = std::iter::once(None).chain((0..GROUPS).map(Some)).collect();
    let left: Option<Vec<Vec<f64>>> = groups.into_par_iter().map(left).collect();
    Some(Undoing {
        inputs: undo.repaired.iter().map(|input| input.features.clone()).collect(),
        answers: answers.is_some(),
        left: left?,
    })
}

/// The rows of a table with label and answers, without inputs.
fn answered_only(table: &Table) -> Table {
    Table {
        rows: table.rows,
        label: table.label.clone(),
        prediction: table.prediction.clone(),
        score: table.score.clone(),
        class_scores: table.class_scores.clone(),
        ..Table::default()
    }
}

/// The rows on which all faults act, as served and repaired.
struct Undo<'a> {
    dossier: &'a Dossier,
    launch: &'a Launch,
    /// Whether the artefact answers changed inputs.
    by_artefact: bool,
    /// The place of the changed answers.
    answers: Option<Place>,
    served: Table,
    /// The repaired inputs.
    repaired: Vec<Repaired>,
    /// What filling a row in costs by the headline metric.
    costs: Vec<f64>,
    /// Rows whose answers the service did not take from the model.
    ill: Option<Vec<bool>>,
    /// What the model answers to inputs as served, where the rows that were answered in time showed it.
    in_time: Option<Arc<Launch>>,
}

/// Repaired inputs: their values, and the rows where one of them differs.
struct Repaired {
    features: Vec<usize>,
    values: Vec<Column>,
    differs: Vec<bool>,
}

impl Repaired {
    /// How alike the rows of two repairs are: those of both as a share of those of either.
    fn likeness(&self, other: &Self) -> f64 {
        let rows = || self.differs.iter().zip(&other.differs);
        let both = rows().filter(|(a, b)| **a && **b).count();
        both as f64 / rows().filter(|(a, b)| **a || **b).count().max(1) as f64
    }

    fn join(&mut self, other: Self) {
        self.features.extend(other.features);
        self.values.extend(other.values);
        self.differs.iter_mut().zip(other.differs).for_each(|(own, other)| *own |= other);
    }
}

/// Joins the repairs that concern the same rows most until there are few enough.
fn joined(mut repaired: Vec<Repaired>, most: usize) -> Vec<Repaired> {
    while repaired.len() > most {
        let pairs = (0..repaired.len()).flat_map(|a| (a + 1..repaired.len()).map(move |b| (a, b)));
        let alike = |&(a, b): &(usize, usize)| repaired[a].likeness(&repaired[b]);
        let Some((a, b)) = pairs.max_by(|one, other| alike(one).total_cmp(&alike(other))) else { break };
        let other = repaired.remove(b);
        repaired[a].join(other);
    }
    repaired
}

impl<'a> Undo<'a> {
    fn new(
        known: &Known<'a>,
        launch: &'a Launch,
        periods: &Periods,
        changes: Changes<'_>,
        rows: &[usize],
    ) -> Self {
        let Changes { altered, inputs, answers, in_time } = changes;
        let served = periods.since.table.take(rows);
        let repaired = inputs
            .iter()
            .map(|input| {
                let values = altered.table.features[input.feature].take(rows);
                let only = |column: &Column| Table {
                    features: vec![column.clone()].into(),
                    rows: rows.len(),
                    ..Table::default()
                };
                let differs = yardstick::altered(&only(&served.features[input.feature]), &only(&values));
                Repaired { features: vec![input.feature], values: vec![values], differs }
            })
            .collect();
        let ill = known
            .yardstick
            .as_ref()
            .ok()
            .and_then(|yardstick| yardstick.ill_served(known.dossier, known.framing, &served).ok());
        Self {
            dossier: known.dossier,
            launch,
            by_artefact: known.yardstick.as_ref().is_ok_and(Yardstick::is_artefact),
            answers,
            repaired: joined(repaired, MOST_PARTS - usize::from(answers.is_some())),
            costs: rows.iter().map(|&row| altered.headline_costs[row]).collect(),
            ill: ill.filter(|_| answers == Some(Place::Service)),
            in_time,
            served,
        }
    }

    /// The rows that a set repairs.
    fn changed(&self, set: usize) -> Vec<bool> {
        let own = |row: usize| {
            self.repaired.iter().enumerate().any(|(at, input)| has(set, at) && input.differs[row])
        };
        (0..self.served.rows).map(own).collect()
    }

    /// What filling in costs, per row.
    fn cost(&self, set: usize) -> f64 {
        let changed = self.changed(set);
        let own: Vec<f64> =
            self.costs.iter().zip(changed).map(|(cost, changed)| if changed { *cost } else { 0.0 }).collect();
        mean(&own)
    }

    /// The rows without a set of faults, with their answers, and the share of them that the substitute for the launch model
    /// answers.
    fn without(&self, set: usize) -> (Table, f64) {
        let changed = self.changed(set);
        let mut inputs = self.served.clone();
        for (_, repair) in self.repaired.iter().enumerate().filter(|(at, _)| has(set, *at)) {
            for (&feature, values) in repair.features.iter().zip(&repair.values) {
                inputs.features[feature].clone_from(values);
            }
        }
        let mut table = answered_only(&self.served);
        let well = has(set, self.repaired.len());
        let is_ill = |row: usize| self.ill.as_ref().is_some_and(|ill| ill[row]);
        let mut rows: Vec<usize> =
            (0..table.rows).filter(|&row| well || changed[row] && !is_ill(row)).collect();
        if let (Some(in_time), true) = (&self.in_time, well) {
            // Rows in time keep their answers to inputs as served, and show what the others would have been answered.
            let late: Vec<usize> = (0..table.rows).filter(|&row| is_ill(row) && !changed[row]).collect();
            let own = answered_by(in_time, &self.served.take(&late));
            put(&mut table, &late, &own.prediction, &own.score);
            rows.retain(|&row| changed[row]);
        }
        if rows.is_empty() {
            return (table, 0.0);
        }
        // The artefact is the model that is deployed now.
        let by_artefact = self.by_artefact && !(well && self.answers != Some(Place::Service));
        let asked = inputs.take(&rows);
        let artefact = self.dossier.artifact.as_ref().ok().filter(|_| by_artefact);
        let all: Vec<usize> = (0..rows.len()).collect();
        if let Some(answers) =
            artefact.and_then(|artefact| artefact.answer(&self.dossier.plan, &asked, &all).ok())
        {
            put(&mut table, &rows, &answers.prediction, &answers.score);
            return (table, 0.0);
        }
        let mut own = answered_by(self.launch, &asked);
        if self.answers.is_some() && !well {
            self.keep_apart(&rows, &mut own);
        }
        put(&mut table, &rows, &own.prediction, &own.score);
        let share = rows.len() as f64 / table.rows as f64;
        (table, share)
    }

    /// Keeps what sets the logged answers apart from the launch model's to the inputs as served.
    fn keep_apart(&self, rows: &[usize], own: &mut Table) {
        let served = answered_by(self.launch, &self.served.take(rows));
        let numbers = self.dossier.task() == Task::Regression;
        for (at, &row) in rows.iter().enumerate() {
            if self.launch.model.is_outside(&self.served, row) {
                continue;
            }
            if let (Some(score), Some(then), Some(logged)) =
                (own.score.get_mut(at), served.score.get(at), self.served.score.get(row))
            {
                *score = sigmoid(clipped_logit(*score) + clipped_logit(*logged) - clipped_logit(*then));
            }
            let (then, logged) = (served.prediction[at], self.served.prediction[row]);
            if numbers {
                own.prediction[at] += logged - then;
            } else if then != logged {
                own.prediction[at] = logged;
            }
        }
    }
}

/// Whether a set holds what has a bit.
const fn has(set: usize, at: usize) -> bool {
    set >> at & 1 == 1
}

fn put(table: &mut Table, rows: &[usize], prediction: &[f64], score: &[f64]) {
    for (into, from) in [(&mut table.prediction, prediction), (&mut table.score, score)] {
        for (&row, value) in rows.iter().zip(from) {
            if let Some(place) = into.get_mut(row) {
                *place = *value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_shapley_values_and_add_up() {
        // Nothing undone, the first, the second, both: without either alone much of the loss is left.
        let undoing = Undoing::of(&[4, 7], false, &[1.0, 0.7, 0.4, 0.0]);
        let (parts, rest) = undoing.parts(&[undoing.input(4), undoing.input(7)], false);
        assert!((parts[0].value - 0.35).abs() < 1e-12 && (parts[1].value - 0.65).abs() < 1e-12, "{parts:?}");
        assert!(rest.value.abs() < 1e-12);
        let (one, rest) = undoing.parts(&[undoing.input(4)], false);
        assert!((one[0].value - 0.3).abs() < 1e-12 && (rest.value - 0.7).abs() < 1e-12);
        assert_eq!(undoing.input(5), 0);
    }

    #[test]
    fn what_repairs_leave_is_divided_where_nothing_else_is_at_fault() {
        let undoing = Undoing::of(&[4], true, &[1.0, 0.5, 0.6, 0.2]);
        let (parts, rest) = undoing.parts(&[undoing.input(4), undoing.answers()], true);
        let sum: f64 = parts.iter().map(|part| part.value).sum();
        assert!((sum - 1.0).abs() < 1e-12 && rest.value == 0.0, "{parts:?}");
        assert!((parts[0].value - 0.55).abs() < 1e-12, "{parts:?}");
    }

    #[test]
    fn groups_of_rows_that_differ_give_an_error() {
        let mut undoing = Undoing::of(&[4], false, &[1.0, 0.5]);
        assert!(undoing.parts(&[1], false).0[0].error < 1e-12);
        for (group, left) in undoing.left.iter_mut().enumerate().skip(1) {
            left[1] += if group % 2 == 0 { 0.01 } else { -0.01 };
        }
        let error = undoing.parts(&[1], false).0[0].error;
        assert!((error - 0.03).abs() < 0.001, "{error}");
    }
}
