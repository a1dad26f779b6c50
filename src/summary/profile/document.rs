//! The document, key by key.

use serde::{Deserialize, Serialize};

use super::{
    AnswerCounts, Bins, CategoryBins, FeatureCounts, Grid, Kind, LatencyHistogram, Moments, NumericBins,
    RARE_SHARE, ServingCounts, WindowTotals,
};
use crate::summary::{Task, Width};

/// What a pass over a snapshot leaves behind, without a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Profile {
    /// Always first.
    #[cfg_attr(test, schemars(extend("const" = super::FORMAT)))]
    pub format: String,
    /// Grows when a key changes its meaning or goes away.
    #[cfg_attr(test, schemars(extend("const" = super::VERSION)))]
    pub version: u32,
    /// The program that wrote it.
    pub program: String,
    /// `training`, `production` or `golden`.
    pub snapshot: String,
    /// Name and version of the model.
    pub model: String,
    /// What the model predicts.
    pub task: Task,
    /// Rows counted.
    pub rows: u64,
    /// Rows left out because their time could not be read.
    pub rows_without_time: u64,
    /// Rows that a named level and a bin of the reference hold at least.
    pub fewest_rows: u64,
    /// The files that were counted.
    pub files: Vec<FilePart>,
    /// The snapshot's columns as they are stored.
    pub columns: Vec<StoredPart>,
    /// Columns that training does not have.
    pub new_columns: Vec<StoredPart>,
    /// Names of the classes; the first `known_classes` occur in training. Empty for regression.
    pub classes: Vec<String>,
    /// How many classes training holds.
    pub known_classes: usize,
    /// Whether rows carry a score.
    pub has_score: bool,
    /// The windows of time; none without a clock.
    pub windows: Option<Windows>,
    /// The model's inputs.
    pub features: Vec<ColumnPart>,
    /// The model's answers: scores, values or classes.
    pub answers: ColumnPart,
    /// The labels.
    pub labels: ColumnPart,
    /// What belongs to no column, a window each.
    pub totals: Vec<WindowPart>,
}

/// A file that was counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FilePart {
    /// Its path.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A column as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StoredPart {
    /// Its name.
    pub name: String,
    /// Its type: `Float64`.
    pub stored_as: String,
}

/// Windows of one width, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Windows {
    /// The start of the first one, RFC 3339 in UTC.
    #[cfg_attr(test, schemars(with = "String", extend("format" = "date-time")))]
    pub start: jiff::Timestamp,
    /// Their width.
    pub width: Width,
    /// Their number.
    pub count: usize,
}

impl Windows {
    pub(super) fn of(grid: Grid) -> Self {
        Self {
            // The start of a grid was read from a time, so it is a valid timestamp.
            start: jiff::Timestamp::from_microsecond(grid.start).unwrap_or_default(),
            width: grid.width,
            count: grid.windows,
        }
    }

    pub(super) fn grid(&self) -> Grid {
        Grid { start: self.start.as_microsecond(), width: self.width, windows: self.count }
    }
}

/// Levels that are not named, because few rows of the reference hold them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rare {
    /// How many they are.
    pub levels: u64,
    /// Which share of the reference's rows holds one of them, from 0 to 1.
    pub share: f64,
}

impl StoredPart {
    /// Returns the name and the stored type.
    pub(super) fn pair(&self) -> (String, String) {
        (self.name.clone(), self.stored_as.clone())
    }
}

/// One column's bins and counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ColumnPart {
    /// Its name; empty for answers and labels.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How its values are read.
    pub kind: Kind,
    /// Whether training stores whole numbers.
    pub whole_numbers: bool,
    /// Whether this snapshot has the column.
    pub present: bool,
    /// The stored type.
    pub stored_as: String,
    /// The bins, which come from the reference.
    pub bins: BinsPart,
    /// Names of the levels, the most frequent ones first.
    pub levels: Vec<String>,
    /// The levels that are not named.
    pub rare_levels: Option<Rare>,
    /// Rows per bin, a window each.
    pub counts: Vec<Vec<u32>>,
    /// Moments of the numbers, a window each; empty for categories.
    pub moments: Vec<MomentsPart>,
    /// Rows whose text is no number, a window each.
    pub unreadable: Vec<u32>,
}

impl ColumnPart {
    /// Whether the unnamed rare levels hold so much of the reference that an unknown level may well be one of
    /// them.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.rare_levels.as_ref().is_some_and(|rare| rare.share > RARE_SHARE)
    }

    pub(super) fn counts(&self) -> FeatureCounts {
        FeatureCounts {
            bins: self.bins.bins().fine(),
            counts: self.counts.concat(),
            moments: self.moments.iter().map(MomentsPart::moments).collect(),
            unreadable: self.unreadable.clone(),
            present: self.present,
            stored_as: self.stored_as.clone(),
            unreadable_examples: Vec::new(),
            infinite: 0,
            once: None,
        }
    }
}

/// How values fall into bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum BinsPart {
    /// `edges.len() + 1` intervals, then one bin for missing values. A value `x` lies in interval `#{edge <= x}`.
    Numeric {
        /// Ascending.
        edges: Vec<f64>,
        /// For each interval the bin of PSI (deciles of the reference) that it belongs to.
        coarse: Vec<u16>,
        /// Values that hold 5 % of the reference or more; each is an interval of its own.
        points: Vec<f64>,
    },
    /// A bin for each of the first levels, then one for the reference's other levels, one for levels that it never
    /// held, one for missing values.
    Levels {
        /// Levels with a bin of their own.
        own: usize,
        /// Levels that the reference holds.
        known: usize,
    },
    /// Not counted.
    None,
}

impl BinsPart {
    pub(super) fn of(bins: &Bins) -> Self {
        match bins {
            Bins::Numeric(bins) => Self::Numeric {
                edges: bins.edges.clone(),
                coarse: bins.coarse_of.clone(),
                points: bins.points.clone(),
            },
            Bins::Categorical(bins) => Self::Levels { own: bins.levels, known: bins.known },
            Bins::None => Self::None,
        }
    }

    pub(super) fn bins(&self) -> Bins {
        match self {
            Self::Numeric { edges, coarse, points } => Bins::Numeric(NumericBins {
                edges: edges.clone(),
                coarse_of: coarse.clone(),
                points: points.clone(),
            }),
            Self::Levels { own, known } => Bins::Categorical(CategoryBins { levels: *own, known: *known }),
            Self::None => Bins::None,
        }
    }
}

/// Count, sums and extremes of numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MomentsPart {
    /// Numbers that were there.
    pub n: u64,
    /// Their sum.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub sum: f64,
    /// The value about which squares are summed; 0 in profiles of version 1.
    #[serde(default)]
    pub center: f64,
    /// The sum of their squared distances from the center.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub sum_squares: f64,
    /// The smallest; null when there is none.
    pub min: Option<f64>,
    /// The largest; null when there is none.
    pub max: Option<f64>,
}

impl MomentsPart {
    pub(super) fn of(moments: &Moments) -> Self {
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        Self {
            n: moments.n,
            sum: moments.sum,
            center: moments.center,
            sum_squares: moments.sum_squares,
            min: finite(moments.min),
            max: finite(moments.max),
        }
    }

    pub(super) fn moments(&self) -> Moments {
        Moments {
            n: self.n,
            sum: self.sum,
            center: self.center,
            sum_squares: self.sum_squares,
            min: self.min.unwrap_or(f64::INFINITY),
            max: self.max.unwrap_or(f64::NEG_INFINITY),
        }
    }
}

/// JSON writes a sum that overflowed as null.
fn or_infinite<'de, D: serde::Deserializer<'de>>(source: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(source)?.unwrap_or(f64::INFINITY))
}

/// What belongs to no column, in one window.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WindowPart {
    /// Rows.
    pub rows: u64,
    /// Answers against the truth.
    pub answers: AnswersPart,
    /// Rows per answer time: bin `i` ends at `2^(i/4 - 4)` milliseconds. Empty without answer times.
    pub latency: Vec<u64>,
    /// CPU load in percent.
    pub cpu: MomentsPart,
    /// Memory in use in percent.
    pub memory: MomentsPart,
}

/// Answers against the truth: sums over the rows that have a label and an answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnswersPart {
    /// Such rows.
    pub labelled: u64,
    /// Classification: `classes x classes` rows, label major.
    pub confusion: Vec<u64>,
    /// Binary with a score: rows per bin of the score, those with a negative label first, then the positive ones.
    pub score_by_label: Vec<u64>,
    /// Rows with a score.
    pub scored: u64,
    /// Sum of the log losses.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub log_loss: f64,
    /// Sum of the squared differences of score and label.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub brier: f64,
    /// Regression: sum of answer − label.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub error: f64,
    /// Sum of its absolute values.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub absolute_error: f64,
    /// Sum of its squares.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub squared_error: f64,
    /// Sum of its fourth powers.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub fourth_power_error: f64,
    /// Sum of |error / label| where the label is not zero.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub relative_error: f64,
    /// The number of such rows.
    pub relative_rows: u64,
    /// Sum of the labels.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub label: f64,
    /// Sum of their squares.
    #[serde(deserialize_with = "or_infinite")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub label_squares: f64,
}

impl AnswersPart {
    pub(super) fn of(counts: &AnswerCounts) -> Self {
        Self {
            labelled: counts.labelled,
            confusion: counts.confusion.clone(),
            score_by_label: counts.score_by_label.clone(),
            scored: counts.scored,
            log_loss: counts.log_loss,
            brier: counts.brier,
            error: counts.error,
            absolute_error: counts.absolute_error,
            squared_error: counts.squared_error,
            fourth_power_error: counts.fourth_power_error,
            relative_error: counts.relative_error.0,
            relative_rows: counts.relative_error.1,
            label: counts.label.0,
            label_squares: counts.label.1,
        }
    }

    /// The same with its classes reordered.
    ///
    /// * `place`: the new index of each class; there are `classes` classes afterwards.
    pub(super) fn placed(&self, place: &[usize], classes: usize) -> Self {
        let mut placed = self.clone();
        if !self.confusion.is_empty() {
            placed.confusion = vec![0; classes * classes];
            for (cell, rows) in self.confusion.iter().enumerate() {
                let (label, answer) = (cell / place.len(), cell % place.len());
                placed.confusion[place[label] * classes + place[answer]] += rows;
            }
        }
        placed
    }

    pub(super) fn counts(&self) -> AnswerCounts {
        AnswerCounts {
            labelled: self.labelled,
            confusion: self.confusion.clone(),
            score_by_label: self.score_by_label.clone(),
            log_loss: self.log_loss,
            brier: self.brier,
            scored: self.scored,
            error: self.error,
            absolute_error: self.absolute_error,
            squared_error: self.squared_error,
            fourth_power_error: self.fourth_power_error,
            relative_error: (self.relative_error, self.relative_rows),
            label: (self.label, self.label_squares),
        }
    }
}

impl WindowPart {
    /// * `classes`: the number of classes in the document.
    pub(super) fn of(totals: &WindowTotals, classes: usize) -> Self {
        let mut answers = totals.answers.clone();
        answers.widen_confusion(answers.confusion.len().isqrt(), classes);
        Self {
            rows: totals.rows,
            answers: AnswersPart::of(&answers),
            latency: totals.serving.latency.counts.clone(),
            cpu: MomentsPart::of(&totals.serving.cpu),
            memory: MomentsPart::of(&totals.serving.memory),
        }
    }

    /// * `place`: the index in the plan of each class of the document; the plan has `classes` classes.
    pub(super) fn totals(&self, place: &[usize], classes: usize) -> WindowTotals {
        let answers = self.answers.placed(place, classes).counts();
        WindowTotals {
            rows: self.rows,
            answers,
            serving: ServingCounts {
                latency: LatencyHistogram { counts: self.latency.clone() },
                cpu: self.cpu.moments(),
                memory: self.memory.moments(),
            },
        }
    }
}
