//! Synthetic cases with one fault each, for the tests of the exams.

use std::{collections::BTreeMap, ops::Deref};

use crate::{
    autopsy::{Baseline, Dossier, Framing, Observations, Onset, OnsetKind},
    case::CaseData,
    stats::{
        distribution::normal_quantile,
        random::{rng, unit},
    },
    summary::{
        Bins, CategoryBins, Column, Feature, Kind, MISSING, Micros, NumericBins, Plan, SnapshotSummary,
        Table, Task, Width,
    },
};

/// The days of the log, from Monday 2024-01-01.
pub(crate) const DAYS: i64 = 28;
const START: Micros = 1_704_067_200_000_000;
const DAY: Micros = 24 * 3_600_000_000;

/// One column of synthetic rows.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Numbers(Vec<f64>),
    /// An empty text is missing.
    Texts(Vec<String>),
    /// `rows x width`.
    Vectors(usize, Vec<f32>),
    Gone,
}

/// Synthetic rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    pub(crate) columns: Vec<(&'static str, Values)>,
    pub(crate) score: Vec<f64>,
    pub(crate) label: Vec<f64>,
    pub(crate) latency: Vec<f64>,
    pub(crate) id: Vec<u64>,
    /// Rows of a numeric column whose text is not a number.
    pub(crate) unreadable: BTreeMap<&'static str, Vec<u32>>,
}

impl Rows {
    /// Rows of a healthy case: `income` (log-normal), `balance` (normal), `limit` (exponential), `age` (whole
    /// numbers), `region` (five levels), a score that depends on income and balance, a label drawn from it.
    pub(crate) fn healthy(count: usize, seed: u64) -> Self {
        let mut generator = rng(seed);
        let mut draw = |of: &dyn Fn(f64) -> f64| -> Vec<f64> {
            (0..count).map(|_| of(unit(&mut generator).clamp(1e-9, 1.0 - 1e-9))).collect()
        };
        let income = draw(&|u| (8.0 + 0.5 * normal_quantile(u)).exp());
        let balance = draw(&|u| 100.0 * normal_quantile(u));
        let limit = draw(&|u| -50.0 * u.ln());
        let age = draw(&|u| (18.0 + 60.0 * u).floor());
        let region = draw(&|u| (5.0 * u * u).floor());
        let chance = draw(&|u| u);
        let latency = draw(&|u| (3.0 + 0.3 * normal_quantile(u)).exp());
        let score: Vec<f64> = income
            .iter()
            .zip(&balance)
            .map(|(i, b)| 1.0 / (1.0 + (1.0 - (i.ln() - 8.0) - b / 100.0).exp()))
            .collect();
        let texts =
            region.iter().map(|&r| ["north", "south", "east", "west", "center"][r as usize].to_owned());
        Self {
            count,
            label: score.iter().zip(&chance).map(|(s, u)| f64::from(u < s)).collect(),
            columns: vec![
                ("income", Values::Numbers(income)),
                ("balance", Values::Numbers(balance)),
                ("limit", Values::Numbers(limit)),
                ("age", Values::Numbers(age)),
                ("region", Values::Texts(texts.collect())),
            ],
            score,
            latency,
            id: (0..count as u64).collect(),
            unreadable: BTreeMap::new(),
        }
    }

    /// The numbers of a column.
    pub(crate) fn numbers(&mut self, name: &str) -> &mut Vec<f64> {
        match &mut self.column(name).1 {
            Values::Numbers(values) => values,
            other => panic!("{name} holds no numbers but {other:?}"),
        }
    }

    /// The texts of a column.
    pub(crate) fn texts(&mut self, name: &str) -> &mut Vec<String> {
        match &mut self.column(name).1 {
            Values::Texts(values) => values,
            other => panic!("{name} holds no texts but {other:?}"),
        }
    }

    /// A column with its name.
    pub(crate) fn column(&mut self, name: &str) -> &mut (&'static str, Values) {
        self.columns.iter_mut().find(|c| c.0 == name).expect("the column was made")
    }

    /// The first row on or after a day of the log, if these are its rows.
    pub(crate) fn first_row(&self, day: i64) -> usize {
        (0..self.count).find(|&r| time(r, self.count) >= START + day * DAY).unwrap_or(self.count)
    }

    fn table(&self, plan: &Plan, clock: bool) -> Table {
        let features = plan
            .features
            .iter()
            .zip(&self.columns)
            .map(|(feature, (name, values))| match values {
                Values::Numbers(values) => {
                    let unreadable = self.unreadable.get(name).cloned().unwrap_or_default();
                    let examples = if unreadable.is_empty() { Vec::new() } else { vec!["12 EUR".to_owned()] };
                    Column::Numeric { values: values.clone(), unreadable, examples }
                }
                Values::Texts(texts) => Column::Categorical(
                    texts
                        .iter()
                        .map(|t| feature.levels.iter().position(|l| l == t).map_or(MISSING, |c| c as u32))
                        .collect(),
                ),
                Values::Vectors(width, values) => Column::Embedding { width: *width, values: values.clone() },
                Values::Gone => Column::Absent,
            })
            .collect();
        Table {
            rows: self.count,
            population: self.count as u64,
            time: if clock { (0..self.count).map(|r| time(r, self.count)).collect() } else { Vec::new() },
            label: self.label.clone(),
            prediction: self.score.iter().map(|&s| f64::from(s >= 0.5)).collect(),
            score: self.score.clone(),
            id: if clock { self.id.clone() } else { Vec::new() },
            latency_ms: if clock { self.latency.clone() } else { Vec::new() },
            features,
            ..Table::default()
        }
    }
}

/// Rows are spread evenly over the log.
fn time(row: usize, count: usize) -> Micros {
    START + (row as i64 * DAYS * (DAY / 1000)) / count as i64 * 1000
}

/// The case of two snapshots with the same columns; `income` and `balance` come from a bureau, the rest from
/// an app.
pub(crate) fn dossier(training: &Rows, production: &Rows) -> Dossier {
    let features =
        training.columns.iter().zip(&production.columns).map(|(from, to)| feature(from, to)).collect();
    let plan = Plan {
        task: Task::Binary,
        features,
        classes: vec!["0".to_owned(), "1".to_owned()],
        known_classes: 2,
        answer_bins: Bins::Numeric(NumericBins::from_reference(training.score.clone(), 256)),
        label_bins: Bins::Categorical(CategoryBins::from_reference(2)),
        has_score: true,
        seed: 7,
    };
    let training = SnapshotSummary::from_table(&plan, training.table(&plan, false), None);
    let production = SnapshotSummary::from_table(&plan, production.table(&plan, true), Some(Width::Hour));
    let data = CaseData::new("synthetic", plan, training, production);
    Dossier::new(data, Err("no artefact was made".to_owned()))
}

fn feature(from: &(&'static str, Values), to: &(&'static str, Values)) -> Feature {
    let source = if matches!(from.0, "income" | "balance") { "bureau" } else { "app" };
    let mut levels: Vec<String> = Vec::new();
    let (kind, integer, bins) = match &from.1 {
        Values::Numbers(values) => (
            Kind::Numeric,
            values.iter().all(|x| x.is_nan() || x.fract() == 0.0),
            Bins::Numeric(NumericBins::from_reference(values.clone(), 256)),
        ),
        Values::Texts(texts) => {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            texts.iter().filter(|t| !t.is_empty()).for_each(|t| *counts.entry(t).or_default() += 1);
            let mut by_count: Vec<(&str, usize)> = counts.into_iter().collect();
            by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
            levels = by_count.into_iter().map(|(text, _)| text.to_owned()).collect();
            (Kind::Categorical, false, Bins::Categorical(CategoryBins::from_reference(levels.len())))
        }
        Values::Vectors(..) => (Kind::Embedding, false, Bins::None),
        Values::Gone => panic!("training holds every column"),
    };
    let known_levels = levels.len();
    if let Values::Texts(texts) = &to.1 {
        let new: std::collections::BTreeSet<&String> =
            texts.iter().filter(|t| !t.is_empty() && !levels.contains(t)).collect();
        let new: Vec<String> = new.into_iter().cloned().collect();
        levels.extend(new);
    }
    Feature {
        name: from.0.to_owned(),
        kind,
        source: Some(source.to_owned()),
        integer,
        bins,
        levels,
        known_levels,
    }
}

/// The framing of a sudden onset at the start of a day of the log; none compares all of the log with
/// training.
pub(crate) fn framing(dossier: &Dossier, day: Option<i64>) -> Framing {
    let rows = 0..dossier.production.sample.rows;
    let Some(day) = day else {
        return Framing {
            onset: None,
            baseline: Baseline::Training,
            before: Vec::new(),
            after: rows.collect(),
            choice: crate::autopsy::Choice::default(),
        };
    };
    let at = START + day * DAY;
    let hour = 3_600_000_000;
    let (before, after) = rows.partition(|&r| dossier.production.sample.time[r] < at);
    let onset =
        Onset { at, interval: (at - hour, at + hour), kind: OnsetKind::Sudden, complete: at, ended: None };
    Framing {
        onset: Some(onset),
        baseline: Baseline::ProductionBefore,
        before,
        after,
        choice: crate::autopsy::Choice::default(),
    }
}

/// A healthy case with a fault injected into production from day 14 on, and its framing.
pub(crate) fn with_fault(inject: impl FnOnce(&mut Rows, usize)) -> (Dossier, Framing) {
    let training = Rows::healthy(4000, 1);
    let mut production = Rows::healthy(8000, 2);
    let onset = production.first_row(14);
    inject(&mut production, onset);
    let dossier = dossier(&training, &production);
    let framing = framing(&dossier, Some(14));
    (dossier, framing)
}

/// The result of an exam: its view, with the observations beside it.
pub(crate) struct Examined<V> {
    pub(crate) view: V,
    pub(crate) observations: Observations,
}

impl<V> From<(V, Observations)> for Examined<V> {
    fn from((view, observations): (V, Observations)) -> Self {
        Self { view, observations }
    }
}

impl<V> Deref for Examined<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.view
    }
}
