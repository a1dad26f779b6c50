//! Is it the model? The golden set, scored at launch and again now, row by row.

use crate::autopsy::{Exam, exam::performance::MetricRow};

/// The golden set, launch against now, paired.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// Rows compared.
    pub rows: usize,
    /// Per metric: launch as baseline, now as production, the paired loss.
    pub metrics: Vec<MetricRow>,
    /// Share of the rows that get the same answer as at launch.
    pub same_answer: f64,
    /// Rows that were right at launch and are wrong now (classification).
    pub broken: Vec<usize>,
    /// Rows that were wrong at launch and are right now (classification).
    pub fixed: Vec<usize>,
    /// Exact McNemar p-value of the flips (classification).
    pub mcnemar_p: Option<f64>,
    /// The largest paired loss in standard errors.
    pub worst_z: f64,
    /// What was found.
    pub exam: Exam,
}
