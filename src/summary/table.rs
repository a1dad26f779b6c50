//! The row sample: bounded, columnar, in time order.

use super::{Columns, Micros};
use crate::cached::cached;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// One column of sampled rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers; NaN is missing.
    Numeric {
        /// One value per row.
        values: Vec<f64>,
        /// Rows (ascending) whose stored text could not be read as a number; their value is NaN.
        unreadable: Vec<u32>,
        /// Up to eight distinct unreadable texts.
        examples: Vec<String>,
    },
    /// Codes into [`super::Feature::levels`]; [`MISSING`] is missing.
    Categorical(Vec<u32>),
    /// Vectors of one length, row-major; a missing vector is all NaN.
    Embedding {
        /// The length of a vector.
        width: usize,
        /// Values, `rows x width`.
        values: Vec<f32>,
    },
    /// The snapshot has no such column.
    Absent,
}

cached!(enum Column {
    Numeric { values, unreadable, examples }, Categorical(part), Embedding { width, values }, Absent,
});

impl Column {
    /// The numbers of a numeric column.
    #[must_use]
    pub fn numbers(&self) -> Option<&[f64]> {
        if let Self::Numeric { values, .. } = self { Some(values) } else { None }
    }

    /// The codes of a categorical column.
    #[must_use]
    pub fn codes(&self) -> Option<&[u32]> {
        if let Self::Categorical(codes) = self { Some(codes) } else { None }
    }

    /// Whether the value of a row is missing (an absent column misses every value).
    #[must_use]
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numeric { values, .. } => values[row].is_nan(),
            Self::Categorical(codes) => codes[row] == MISSING,
            Self::Embedding { width, values } => values.get(row * width).is_none_or(|v| v.is_nan()),
            Self::Absent => true,
        }
    }

    /// The same column with only the given rows, in the given order.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numeric { values, unreadable, examples } => Self::Numeric {
                values: rows.iter().map(|&r| values[r]).collect(),
                unreadable: (0_u32..)
                    .zip(rows)
                    .filter(|(_, r)| unreadable.binary_search(&(**r as u32)).is_ok())
                    .map(|(at, _)| at)
                    .collect(),
                examples: examples.clone(),
            },
            Self::Categorical(codes) => Self::Categorical(rows.iter().map(|&r| codes[r]).collect()),
            Self::Embedding { width, values } => Self::Embedding {
                width: *width,
                values: rows
                    .iter()
                    .flat_map(|&r| values[r * width..(r + 1) * width].iter().copied())
                    .collect(),
            },
            Self::Absent => Self::Absent,
        }
    }
}

/// Sampled rows of one snapshot, in time order if the snapshot has a clock, otherwise in file order.
///
/// Labels and predictions are class indices into [`super::Plan::classes`] or values (regression); NaN is
/// missing. A vector is empty if the snapshot lacks the role.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The number of sampled rows.
    pub rows: usize,
    /// The number of snapshot rows that the sample represents; equal to [`Table::rows`] when nothing was left
    /// out.
    pub population: u64,
    /// When the request was served.
    pub time: Vec<Micros>,
    /// The label.
    pub label: Vec<f64>,
    /// When the label came; [`super::values::NO_TIME`] where that is not known.
    pub label_time: Vec<Micros>,
    /// The model's prediction.
    pub prediction: Vec<f64>,
    /// Binary: the logged probability of the positive class.
    pub score: Vec<f64>,
    /// Multiclass: the probability of each class as logged, a column a class of [`super::Plan::classes`]; classes that only
    /// production holds have none.
    pub class_scores: Vec<Vec<f64>>,
    /// Golden set: what the model answered at launch.
    pub launch_prediction: Vec<f64>,
    /// Golden set: the score at launch.
    pub launch_score: Vec<f64>,
    /// Production: the candidate's prediction for the same row.
    pub candidate_prediction: Vec<f64>,
    /// Production: the candidate's score.
    pub candidate_score: Vec<f64>,
    /// Production: the candidate's latency in milliseconds.
    pub candidate_latency_ms: Vec<f64>,
    /// A hash of the row's id.
    pub id: Vec<u64>,
    /// Latency in milliseconds.
    pub latency_ms: Vec<f64>,
    /// CPU load in percent.
    pub cpu: Vec<f64>,
    /// Memory use in percent.
    pub memory: Vec<f64>,
    /// How many rows of the snapshot's world a row stands for; empty where each stands for itself.
    pub weight: Vec<f64>,
    /// The model's inputs, parallel to [`super::Plan::features`].
    pub features: Columns,
    /// Columns that are not inputs (ignored ones, and those absent from training), by name, with the texts of
    /// their category codes.
    pub extra: Vec<(String, Column, Vec<String>)>,
}

cached!(struct Table {
    rows, population, time, label, label_time, prediction, score, class_scores, launch_prediction,
    launch_score, candidate_prediction, candidate_score, candidate_latency_ms, id, latency_ms, cpu, memory,
    weight, features, extra,
});

impl Table {
    /// Whether every row of the snapshot is in the sample.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.rows as u64 == self.population
    }

    /// Whether the snapshot is a profile: there are counts, but no rows.
    #[must_use]
    pub fn is_profile(&self) -> bool {
        self.rows == 0 && self.population > 0
    }

    /// The same table with only the given rows, in the given order; [`Table::population`] becomes their
    /// number.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
            if values.is_empty() { Vec::new() } else { rows.iter().map(|&r| values[r]).collect() }
        }
        Self {
            rows: rows.len(),
            population: rows.len() as u64,
            time: pick(&self.time, rows),
            label: pick(&self.label, rows),
            label_time: pick(&self.label_time, rows),
            prediction: pick(&self.prediction, rows),
            score: pick(&self.score, rows),
            class_scores: self.class_scores.iter().map(|column| pick(column, rows)).collect(),
            launch_prediction: pick(&self.launch_prediction, rows),
            launch_score: pick(&self.launch_score, rows),
            candidate_prediction: pick(&self.candidate_prediction, rows),
            candidate_score: pick(&self.candidate_score, rows),
            candidate_latency_ms: pick(&self.candidate_latency_ms, rows),
            id: pick(&self.id, rows),
            latency_ms: pick(&self.latency_ms, rows),
            cpu: pick(&self.cpu, rows),
            memory: pick(&self.memory, rows),
            weight: pick(&self.weight, rows),
            features: self.features.iter().map(|c| c.take(rows)).collect(),
            extra: self.extra.iter().map(|(n, c, l)| (n.clone(), c.take(rows), l.clone())).collect(),
        }
    }
}

/// Rows of another snapshot (offline, candidate or reviewed) whose id is in the production sample.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinedRows {
    /// Their values; [`Table::features`] is parallel to the plan.
    pub table: Table,
    /// For each row of `table`, the row of the production sample with the same id.
    pub production_row: Vec<usize>,
    /// The total number of rows of that snapshot.
    pub population: u64,
}

cached!(struct JoinedRows { table, production_row, population });
