//! Which inputs moved, when, and together with what?

use crate::{autopsy::Exam, summary::Grid};

/// The distances of one feature's production distribution (after the onset, else all) to the reference's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distances {
    /// Population stability index less its bias.
    pub psi: Option<f64>,
    /// Kolmogorov-Smirnov distance (numeric).
    pub ks: Option<f64>,
    /// Wasserstein-1 distance in reference standard deviations (numeric).
    pub wasserstein: Option<f64>,
    /// Jensen-Shannon distance, base 2.
    pub jensen_shannon: Option<f64>,
    /// Cramér's V, bias-corrected (categorical).
    pub cramers_v: Option<f64>,
    /// p-value of the test that PSI is above the noise floor, and after false-discovery control over the features.
    pub p_value: Option<f64>,
    /// Benjamini-Hochberg adjusted p-value.
    pub q_value: Option<f64>,
    /// Share of missing values in the reference and in production.
    pub missing: (f64, f64),
    /// Share of production values out of the reference's range (numeric) or never seen by it (categorical).
    pub outside: f64,
}

/// One feature's line of the heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRow {
    /// The feature's index in the plan.
    pub feature: usize,
    /// PSI less its bias per window of [`Drift::grid`]; none where too few rows are.
    pub psi: Vec<Option<f64>>,
    /// Share of missing values per window.
    pub missing: Vec<Option<f64>>,
    /// The largest PSI over the windows.
    pub max_psi: f64,
    /// After the onset against training.
    pub distances: Distances,
    /// After the onset against before it: PSI less its bias.
    pub psi_since_onset: Option<f64>,
    /// Rank correlation of its PSI by window with the loss of the headline metric.
    pub follows_loss: Option<f64>,
    /// 0 clear, 1 watch, 2 alarm.
    pub level: u8,
}

/// The drift of all inputs and of the answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The windows; none without a clock.
    pub grid: Option<Grid>,
    /// Rows per window.
    pub rows: Vec<u64>,
    /// One line a feature, in the order of the plan.
    pub features: Vec<DriftRow>,
    /// The model's answers, as one more line (feature index is `usize::MAX`).
    pub answers: DriftRow,
    /// What was found.
    pub exam: Exam,
}
