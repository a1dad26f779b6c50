//! What the first rows of a snapshot show about its columns. An engine fills it in; [`super::guess`] uses it.

use super::Mapping;

/// The first rows of the snapshots of a case that has no contract yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Peeks {
    /// The data that the model was trained on.
    pub training: Peek,
    /// The log of its predictions in production.
    pub production: Peek,
    /// Trusted labelled rows.
    pub golden: Option<Peek>,
    /// Production rows recomputed by the training pipeline.
    pub offline: Option<Peek>,
    /// The labels of production rows, in a file of their own.
    pub labels: Option<Peek>,
    /// The answers to production rows, in a file of their own.
    pub predictions: Option<Peek>,
    /// Whether training and production are two periods of one log.
    pub split: bool,
    /// What a mapping of another tool says.
    pub mapping: Mapping,
}

/// The first rows of one snapshot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Peek {
    /// The snapshot's path as given.
    pub path: String,
    /// Number of rows read, from the start of the snapshot.
    pub rows: u64,
    /// Its columns, in the order of the file.
    pub columns: Vec<ColumnPeek>,
    /// Inferred text formats, one sentence each.
    pub notes: Vec<String>,
    /// Ambiguous text formats that the user must decide, one sentence each.
    pub questions: Vec<String>,
}

impl Peek {
    /// The column with a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnPeek> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether there is a column with a name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.column(name).is_some()
    }
}

/// The type of a column's stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Texts (and categoricals).
    Text,
    /// Texts that can all be parsed as instants.
    TimeText,
    /// Numbers, all of them integers.
    Whole,
    /// Numbers.
    Number,
    /// Booleans.
    Boolean,
    /// Dates and timestamps.
    Time,
    /// Lists of numbers.
    Vector,
    /// Values that cannot be counted: lists of texts, records, bytes.
    Nested,
    /// Only missing values.
    #[default]
    Empty,
}

impl Shape {
    /// Whether the values are numbers.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Number)
    }

    /// Whether the values are instants.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time | Self::TimeText)
    }
}

/// What the first rows show about one column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnPeek {
    /// Its name.
    pub name: String,
    /// The stored type, as the file names it: `Int64`, `String`, …
    pub stored_as: String,
    /// The type of its values.
    pub shape: Shape,
    /// Number of missing values among the rows read.
    pub missing: u64,
    /// Number of distinct values among the rows read, without missing ones.
    pub distinct: u64,
    /// The smallest and the largest number, for numbers.
    pub range: Option<(f64, f64)>,
    /// All distinct values as text, sorted, when there are at most 20 of them; otherwise empty.
    pub levels: Vec<String>,
    /// The first few values as text.
    pub examples: Vec<String>,
    /// All values read, as text, one per row; none where missing.
    pub values: Vec<Option<String>>,
    /// Whether the file marks the column as a data frame's index.
    pub index: bool,
    /// Whether the file holds texts that are numbers with fractions: they need `[read] numbers`.
    pub is_text_of_numbers: bool,
}

impl ColumnPeek {
    /// The values as numbers, one per row; NaN where there is none.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        self.values.iter().map(|text| number(text).unwrap_or(f64::NAN)).collect()
    }

    /// Whether the values are fractions between 0 and 1, like probabilities.
    #[must_use]
    pub fn is_probability(&self) -> bool {
        self.shape == Shape::Number && self.range.is_some_and(|(low, high)| low >= 0.0 && high <= 1.0)
    }

    /// Whether there are two distinct values, like the classes of a binary model.
    #[must_use]
    pub fn is_two_classes(&self) -> bool {
        self.levels.len() == 2
            && !self.shape.is_time()
            && self.shape != Shape::Vector
            && !self.is_probability()
    }
}
