//! The seeded row sample: the rows whose indices have the smallest hashes, independent of threads and reading
//! order.

mod gathered;
mod kept;

use rayon::prelude::*;

use self::gathered::Gathered;
use super::{
    Column, Micros, Table,
    values::{Dictionary, Values, mix},
};

/// The destination of a sampled column in a [`Table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// [`Table::time`]
    Time,
    /// [`Table::label`]
    Label,
    /// [`Table::label_time`]
    LabelTime,
    /// [`Table::prediction`]
    Prediction,
    /// [`Table::score`]
    Score,
    /// A column of [`Table::class_scores`].
    ClassScore(usize),
    /// [`Table::launch_prediction`]
    LaunchPrediction,
    /// [`Table::launch_score`]
    LaunchScore,
    /// [`Table::candidate_prediction`]
    CandidatePrediction,
    /// [`Table::candidate_score`]
    CandidateScore,
    /// [`Table::candidate_latency_ms`]
    CandidateLatency,
    /// [`Table::id`]
    Id,
    /// [`Table::latency_ms`]
    Latency,
    /// [`Table::cpu`]
    Cpu,
    /// [`Table::memory`]
    Memory,
    /// [`Table::weight`]
    Weight,
    /// One of [`Table::features`].
    Feature(usize),
    /// One of [`Table::extra`].
    Extra(usize),
}

/// The rows that a reservoir keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// A seeded sample of at most this many rows.
    Sample {
        /// Seed.
        seed: u64,
        /// The maximum number of rows.
        most: usize,
        /// The number of rows in the snapshot, if known beforehand: then rows that cannot be in the sample
        /// (except with a probability below one in a million) are skipped.
        population: Option<u64>,
    },
    /// All rows offered.
    All,
}

/// Collects sampled rows batch by batch.
#[derive(Debug)]
pub struct Reservoir {
    keep: Keep,
    /// Only hashes below this can still be in the sample.
    threshold: u64,
    /// Hash and index of each row.
    keys: Vec<(u64, u64)>,
    slots: Vec<Slot>,
    columns: Vec<Gathered>,
    /// Chosen rows of the current batch, and the number of rows before it.
    chosen: Vec<u32>,
    before: usize,
}

impl Reservoir {
    /// An empty sample of some columns.
    #[must_use]
    pub fn new(keep: Keep, slots: Vec<Slot>) -> Self {
        let threshold = match keep {
            Keep::Sample { most, population: Some(population), .. } if population > most as u64 => {
                // The number of hashes below it is Poisson with mean `most`; six standard deviations more are
                // enough for all of them.
                let most = most as f64;
                let share = (most + 6.0 * most.sqrt() + 20.0) / population as f64;
                if share < 1.0 { (share * u64::MAX as f64) as u64 } else { u64::MAX }
            }
            _ => u64::MAX,
        };
        let columns = vec![Gathered::Nothing; slots.len()];
        Self { keep, threshold, keys: Vec::new(), slots, columns, chosen: Vec::new(), before: 0 }
    }

    /// Chooses rows from a batch.
    ///
    /// * `first`: the index of its first row in the snapshot.
    /// * `dropped`: rows (ascending) to leave out.
    pub fn begin(&mut self, first: u64, rows: usize, dropped: &[u32]) {
        self.compact();
        self.before = self.keys.len();
        self.chosen.clear();
        let seed = if let Keep::Sample { seed, .. } = self.keep { mix(seed) } else { 0 };
        let mut dropped = dropped.iter().peekable();
        for row in 0..rows as u32 {
            if dropped.next_if_eq(&&row).is_some() {
                continue;
            }
            let position = first + u64::from(row);
            let key = mix(position ^ seed);
            if key <= self.threshold {
                self.chosen.push(row);
                self.keys.push((key, position));
            }
        }
    }

    /// Chooses the given rows (ascending) of a batch.
    pub fn begin_with(&mut self, first: u64, rows: &[u32]) {
        self.before = self.keys.len();
        self.chosen = rows.to_vec();
        self.keys.extend(rows.iter().map(|&row| (0, first + u64::from(row))));
    }

    /// Chooses all rows of a batch, each with a position of its own in the order of the sample.
    pub fn begin_at(&mut self, positions: &[u64]) {
        self.before = self.keys.len();
        self.chosen = (0..positions.len() as u32).collect();
        self.keys.extend(positions.iter().map(|&position| (0, position)));
    }

    /// Drops all but some rows.
    ///
    /// * `rows`: what is kept, as numbers of the rows in the order in which they came.
    pub fn retain(&mut self, rows: &[usize]) {
        self.take(rows);
    }

    /// Whether no row of the current batch was chosen.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Keeps the chosen rows of one column; each column is added once per batch.
    pub fn add(&mut self, column: usize, values: &Values, dictionary: Option<&Dictionary>) {
        self.columns[column].append(values, &self.chosen, self.before, dictionary);
    }

    /// Merges another thread's rows.
    pub fn merge(&mut self, other: Self) {
        let before = self.keys.len();
        self.columns
            .par_iter_mut()
            .zip(other.columns)
            .for_each(|(mine, theirs)| mine.merge(theirs, before, other.keys.len()));
        self.keys.extend(other.keys);
        self.compact();
    }

    /// Drops rows that can no longer be in the sample once there are twice as many as the limit.
    fn compact(&mut self) {
        let Keep::Sample { most, .. } = self.keep else {
            return;
        };
        if self.keys.len() <= 2 * most {
            return;
        }
        if let Some(last) = self.last_key() {
            let rows = 0..self.keys.len();
            let kept: Vec<usize> = rows.filter(|&row| self.keys[row] <= last).collect();
            self.take(&kept);
            self.threshold = last.0;
        }
    }

    /// The largest key in the sample, if there are more rows than the limit.
    fn last_key(&self) -> Option<(u64, u64)> {
        let Keep::Sample { most, .. } = self.keep else {
            return None;
        };
        if self.keys.len() <= most || most == 0 {
            return None;
        }
        let mut keys = self.keys.clone();
        Some(*keys.select_nth_unstable(most - 1).1)
    }

    fn take(&mut self, rows: &[usize]) {
        self.keys = rows.iter().map(|&r| self.keys[r]).collect();
        self.columns.par_iter_mut().for_each(|column| column.take(rows));
    }

    /// The sample in time order; rows of the same time are in snapshot order.
    ///
    /// * `features`: the number of features.
    /// * `extra`: the names of the extra columns.
    #[must_use]
    pub fn finish(mut self, population: u64, features: usize, extra: &[String]) -> Sampled {
        let last = self.last_key();
        let time = self.slots.iter().position(|&slot| slot == Slot::Time);
        let times = match time.map(|t| &self.columns[t]) {
            Some(Gathered::Instants(times)) => times.as_slice(),
            _ => &[],
        };
        let rows = self.keys.iter().enumerate();
        let kept = rows.filter(|(_, key)| last.is_none_or(|last| **key <= last));
        let mut order: Vec<(Option<Micros>, u64, usize)> =
            kept.map(|(row, &(_, position))| (times.get(row).copied(), position, row)).collect();
        // Pieces of a log are mostly in order, which a stable sort exploits.
        order.sort();
        let order: Vec<usize> = order.into_iter().map(|(_, _, row)| row).collect();
        self.take(&order);
        let rows = self.keys.len();
        let mut table = Table {
            rows,
            population,
            features: vec![Column::Absent; features].into(),
            extra: extra.iter().map(|name| (name.clone(), Column::Absent, Vec::new())).collect(),
            ..Table::default()
        };
        let mut new_levels = vec![Vec::new(); features];
        let mut new_classes = Vec::new();
        for (slot, column) in self.slots.iter().zip(self.columns) {
            match (slot, column) {
                (Slot::Time, Gathered::Instants(values)) => table.time = values,
                (Slot::LabelTime, Gathered::Instants(values)) => table.label_time = values,
                (Slot::Id, Gathered::Hashes(values)) => table.id = values,
                (Slot::Feature(i), column) => {
                    let (column, levels) = column.into_column();
                    table.features[*i] = column;
                    new_levels[*i] = levels;
                }
                (Slot::Extra(i), column) => {
                    let (column, levels) = column.into_column();
                    table.extra[*i].1 = column;
                    table.extra[*i].2 = levels;
                }
                (Slot::ClassScore(class), column) => {
                    let known = table.class_scores.len().max(class + 1);
                    table.class_scores.resize(known, vec![f64::NAN; rows]);
                    table.class_scores[*class] = column.into_values(&mut new_classes);
                }
                (slot, column) => {
                    let values = column.into_values(&mut new_classes);
                    match slot {
                        Slot::Label => table.label = values,
                        Slot::Prediction => table.prediction = values,
                        Slot::Score => table.score = values,
                        Slot::LaunchPrediction => table.launch_prediction = values,
                        Slot::LaunchScore => table.launch_score = values,
                        Slot::CandidatePrediction => table.candidate_prediction = values,
                        Slot::CandidateScore => table.candidate_score = values,
                        Slot::CandidateLatency => table.candidate_latency_ms = values,
                        Slot::Latency => table.latency_ms = values,
                        Slot::Cpu => table.cpu = values,
                        Slot::Memory => table.memory = values,
                        Slot::Weight => table.weight = values,
                        Slot::Time
                        | Slot::LabelTime
                        | Slot::Id
                        | Slot::Feature(_)
                        | Slot::Extra(_)
                        | Slot::ClassScore(_) => {}
                    }
                }
            }
        }
        let positions = self.keys.iter().map(|&(_, position)| position).collect();
        Sampled { table, new_levels, new_classes, positions }
    }
}

/// A finished sample.
#[derive(Debug)]
pub struct Sampled {
    /// The rows.
    pub table: Table,
    /// For each feature, the texts of codes beyond those known to the plan.
    pub new_levels: Vec<Vec<String>>,
    /// The same for class codes; a code `known + i` is the text `i`.
    pub new_classes: Vec<String>,
    /// Each row's index in the snapshot.
    pub positions: Vec<u64>,
}
