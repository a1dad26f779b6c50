//! Calibration before and after the onset.

use crate::{
    autopsy::exam::loss_samples::{LossSamples, Side},
    cached::cached,
    stats::{
        calibration::{ReliabilityBin, reliability},
        metric::ece,
    },
    summary::Task,
};

/// Bins of equal count.
const BINS: usize = 10;

/// Scores against outcomes, before and after the onset.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Before, in ascending order of the score; empty with too few rows.
    pub before: Vec<ReliabilityBin>,
    /// After.
    pub after: Vec<ReliabilityBin>,
    /// Expected calibration error before and after.
    pub ece: (Option<f64>, Option<f64>),
    /// Mean of score − label after the onset: above 0 the scores are too high.
    pub bias: f64,
}

cached!(struct Calibration { before, after, ece, bias });

/// The reliability diagrams of both periods; none without scores.
pub(super) fn calibration(samples: &LossSamples<'_>) -> Option<Calibration> {
    if samples.plan.task != Task::Binary || !samples.plan.has_score {
        return None;
    }
    let side = |side: &Side<'_>| {
        let score: Vec<f64> = side.rows.iter().map(|&r| side.table.score[r].clamp(0.0, 1.0)).collect();
        let positive: Vec<bool> = side.labels().iter().map(|&y| y > 0.5).collect();
        let bins = reliability(&score, &positive, BINS).unwrap_or_default();
        (bins, ece(&score, &positive, BINS).ok())
    };
    let (before, after) = (side(&samples.before), side(&samples.after));
    let rows = &samples.after.rows;
    let table = &samples.after.table;
    let bias = rows.iter().map(|&r| table.score[r] - table.label[r]).sum::<f64>() / rows.len().max(1) as f64;
    Some(Calibration { before: before.0, after: after.0, ece: (before.1, after.1), bias })
}
