//! Is it the data's delivery, or the serving system?

use crate::{
    autopsy::{Exam, Verdict},
    summary::Grid,
};

/// One column's delivery, training against production.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The feature's index in the plan.
    pub feature: usize,
    /// Stored type in training and in production; none when absent.
    pub types: (String, Option<String>),
    /// Share of missing values: training, production before the onset, after it.
    pub missing: (f64, Option<f64>, f64),
    /// Share of values that could not be read as numbers after the onset.
    pub unreadable: f64,
    /// Share outside training's range or levels: before the onset, after it.
    pub outside: (Option<f64>, f64),
    /// The most frequent value after the onset and its share there and in training.
    pub mode: Option<(String, f64, f64)>,
    /// Overall.
    pub verdict: Verdict,
    /// The sentence of the worst finding, or what is fine.
    pub says: String,
}

/// The service's health, window by window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Serving {
    /// Median, 95 % and 99 % quantile of the answer time in milliseconds.
    pub latency: Vec<Option<(f64, f64, f64)>>,
    /// Mean CPU load in percent.
    pub cpu: Vec<Option<f64>>,
    /// Mean memory in use in percent.
    pub memory: Vec<Option<f64>>,
}

/// Delivery and serving.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// The windows; none without a clock.
    pub grid: Option<Grid>,
    /// Rows per window.
    pub volume: Vec<u64>,
    /// Share of rows per window whose id or whole content occurred before; none without a way to tell.
    pub duplicates: Vec<Option<f64>>,
    /// One line a feature, in the order of the plan.
    pub columns: Vec<Delivery>,
    /// Columns that production has and training does not: name and stored type.
    pub new_columns: Vec<(String, String)>,
    /// Per source: its features, and how many of them are flagged.
    pub sources: Vec<(String, Vec<usize>, usize)>,
    /// The service's health.
    pub serving: Serving,
    /// What was found.
    pub exam: Exam,
}
