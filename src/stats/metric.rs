//! Performance metrics: what they are called, which way is better, and their values from counts and from rows.

use serde::{Deserialize, Serialize};

/// A performance metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of right answers.
    Accuracy,
    /// Mean recall over the classes.
    BalancedAccuracy,
    /// Right among the predicted positive; macro average for several classes.
    Precision,
    /// Found among the truly positive; macro average for several classes.
    Recall,
    /// Harmonic mean of precision and recall; macro average for several classes.
    F1,
    /// Area under the receiver operating characteristic.
    RocAuc,
    /// Area under the precision-recall curve (average precision).
    PrAuc,
    /// Mean negative log-likelihood.
    LogLoss,
    /// Mean squared difference of probability and outcome.
    Brier,
    /// Expected calibration error over ten bins of equal count.
    Ece,
    /// Mean absolute error.
    Mae,
    /// Root mean squared error.
    Rmse,
    /// Share of the outcome's variance that is explained.
    R2,
    /// Mean absolute percentage error.
    Mape,
    /// Mean of prediction − outcome.
    Bias,
}

impl Metric {
    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "F1",
            Self::RocAuc => "ROC AUC",
            Self::PrAuc => "PR AUC",
            Self::LogLoss => "log loss",
            Self::Brier => "Brier score",
            Self::Ece => "ECE",
            Self::Mae => "MAE",
            Self::Rmse => "RMSE",
            Self::R2 => "R²",
            Self::Mape => "MAPE",
            Self::Bias => "bias",
        }
    }

    /// The id in JSON, such as `roc_auc`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1",
            Self::RocAuc => "roc_auc",
            Self::PrAuc => "pr_auc",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::R2 => "r2",
            Self::Mape => "mape",
            Self::Bias => "bias",
        }
    }

    /// Whether a larger value is a better one (bias: neither; nearer to 0 is better).
    #[must_use]
    pub const fn larger_is_better(self) -> bool {
        matches!(
            self,
            Self::Accuracy
                | Self::BalancedAccuracy
                | Self::Precision
                | Self::Recall
                | Self::F1
                | Self::RocAuc
                | Self::PrAuc
                | Self::R2
        )
    }
}
