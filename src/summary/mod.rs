//! The result of one pass over a snapshot: mergeable counts, and a bounded, seeded sample of rows.
//!
//! Memory does not grow with the number of rows. Two summaries of the same [`Plan`] merge by addition, in any
//! order, to the same bytes, so the pass may run on any number of threads or machines.

pub mod accumulator;
mod bins;
mod columns;
mod counts;
mod edges;
mod exact;
mod from_table;
mod grid;
#[cfg(test)]
mod laws;
mod lookup;
pub mod profile;
pub mod reservoir;
mod table;
pub mod values;
mod weights;

use crate::cached::cached;
pub use bins::{Bins, CategoryBins, NumericBins};
pub use columns::Columns;
pub use counts::{
    AnswerCounts, FeatureCounts, LatencyHistogram, Moments, ServingCounts, SnapshotSummary, WindowTotals,
    fraction,
};
pub use grid::{Grid, Span, Width};
pub use table::{Column, JoinedRows, MISSING, Table};
pub use weights::Drawn;

/// Tables with more features than this are wide: what would take a time that grows with the square of the columns, or a copy of all
/// of them, is done for the most telling ones alone, see "Wide tables" in docs/method.md.
pub const WIDE: usize = 100;

/// An instant: microseconds since 1970-01-01 UTC.
pub type Micros = i64;

/// How a column's values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Kind {
    /// Ordered values on a scale.
    Numeric,
    /// Names: strings, booleans, or numbers that `coroner.toml` calls categorical.
    Categorical,
    /// A list of floats of fixed length, such as an embedding.
    Embedding,
}

cached!(
    enum Kind {
        Numeric,
        Categorical,
        Embedding,
    }
);

/// One input of the model, and how it is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The column's name, as in the training snapshot.
    pub name: String,
    /// How its values are read.
    pub kind: Kind,
    /// The upstream system that delivers it, from `[sources]`.
    pub source: Option<String>,
    /// Whether the training column's stored type holds integers (or booleans) only.
    pub integer: bool,
    /// The bins for every snapshot; they come from the reference.
    pub bins: Bins,
    /// Names of the category codes in [`Table`] columns. The first [`Feature::known_levels`] occur in the
    /// training snapshot, later ones in other snapshots only. Empty for numeric features.
    pub levels: Vec<String>,
    /// How many of [`Feature::levels`] occur in training.
    pub known_levels: usize,
}

cached!(struct Feature { name, kind, source, integer, bins, levels, known_levels });

/// What a model predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Task {
    /// Two classes; class 1 is the positive one.
    Binary,
    /// Three classes or more.
    Multiclass,
    /// A number.
    Regression,
}

cached!(
    enum Task {
        Binary,
        Multiclass,
        Regression,
    }
);

impl Task {
    /// Its name, as `coroner.toml` spells it, too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
            Self::Regression => "regression",
        }
    }
}

/// What a pass counts, and in which bins. Built once from the training snapshot and used for every snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What the model predicts.
    pub task: Task,
    /// The model's inputs, in the order of the training file.
    pub features: Vec<Feature>,
    /// Class names for binary (negative, positive) and multiclass tasks; empty for regression. A label or
    /// prediction is an index into this list; classes that do not occur in training are appended when a
    /// snapshot has them.
    pub classes: Vec<String>,
    /// How many of [`Plan::classes`] occur in the training snapshot.
    pub known_classes: usize,
    /// Bins of the prediction: of the score if there is one, otherwise of the predicted value (regression) or
    /// class.
    pub answer_bins: Bins,
    /// Bins of the label: its value (regression) or class.
    pub label_bins: Bins,
    /// Whether rows have a score (binary: the probability of the positive class).
    pub has_score: bool,
    /// Seed of the row sample.
    pub seed: u64,
}

cached!(struct Plan { task, features, classes, known_classes, answer_bins, label_bins, has_score, seed });

impl Plan {
    /// Whether there are more than [`WIDE`] features.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.features.len() > WIDE
    }
}

/// The class that a binary model predicts for a score: the positive one (1) above 0.5; NaN stays NaN.
#[must_use]
pub fn class_of_score(score: f64) -> f64 {
    if score.is_nan() { score } else { f64::from(u8::from(score > 0.5)) }
}
