//! The loss of a prediction, row by row.

use crate::{
    cached::cached,
    summary::{Plan, Table, Task},
};

/// A probability is clipped to `CLIP..1 - CLIP` before its logarithm is taken, so that no single row
/// dominates a mean.
pub const CLIP: f64 = 1e-3;

/// How a row's loss is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// Binary with a score: the negative log-likelihood, clipped at [`CLIP`].
    Log,
    /// Classes without a score: 1 when the prediction is wrong.
    Wrong,
    /// Regression: the absolute error, which is robust to single rows.
    Absolute,
}

cached!(
    enum LossKind {
        Log,
        Wrong,
        Absolute,
    }
);

impl LossKind {
    /// The loss for a task.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        match plan.task {
            Task::Regression => Self::Absolute,
            Task::Binary if plan.has_score => Self::Log,
            Task::Binary | Task::Multiclass => Self::Wrong,
        }
    }

    /// The loss of one prediction; NaN where the label or the prediction is missing.
    ///
    /// * `answer`: the score ([`LossKind::Log`]), class or value.
    #[must_use]
    pub fn of_answer(self, label: f64, answer: f64) -> f64 {
        if label.is_nan() || answer.is_nan() {
            return f64::NAN;
        }
        match self {
            Self::Log => {
                let p = answer.clamp(CLIP, 1.0 - CLIP);
                -(if label > 0.5 { p } else { 1.0 - p }).ln()
            }
            Self::Wrong => f64::from(u8::from(label != answer)),
            Self::Absolute => (label - answer).abs(),
        }
    }

    /// The logged predictions used by this loss: scores or predicted values; empty when the table has none.
    #[must_use]
    pub fn answers(self, table: &Table) -> &[f64] {
        if self == Self::Log { &table.score } else { &table.prediction }
    }

    /// The loss of one row of a table; NaN where the label or the prediction is missing.
    #[must_use]
    pub fn of_row(self, table: &Table, row: usize) -> f64 {
        match (table.label.get(row), self.answers(table).get(row)) {
            (Some(&label), Some(&answer)) => self.of_answer(label, answer),
            _ => f64::NAN,
        }
    }
}

/// The logistic function.
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The log-odds of a probability, clipped at [`CLIP`].
#[must_use]
pub fn clipped_logit(p: f64) -> f64 {
    logit(p.clamp(CLIP, 1.0 - CLIP))
}

/// The log-odds of a probability.
#[must_use]
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Converts log-weights to shares that sum to 1.
pub fn softmax(weights: &mut [f64]) {
    let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for w in weights.iter_mut() {
        *w = (*w - largest).exp();
        total += *w;
    }
    for w in weights.iter_mut() {
        *w /= total;
    }
}
