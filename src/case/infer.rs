//! Which column plays which role, guessed from names and values.

/// What the first rows of a snapshot tell about its columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Peek {
    /// The snapshot as it was named.
    pub path: String,
    /// Rows looked at, from the start of the snapshot.
    pub rows: u64,
    /// Its columns, in the order of the file.
    pub columns: Vec<ColumnPeek>,
}

/// What a column's stored values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Texts (and categoricals).
    Text,
    /// Texts that all read as instants.
    TimeText,
    /// Numbers, all of them whole.
    Whole,
    /// Numbers.
    Number,
    /// True or false.
    Boolean,
    /// Dates and timestamps.
    Time,
    /// Lists of numbers.
    Vector,
    /// Nothing but missing values.
    Empty,
}

/// What the rows looked at tell about one column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnPeek {
    /// Its name.
    pub name: String,
    /// The stored type, as the file names it: `Int64`, `String`, …
    pub stored_as: String,
    /// What its values are.
    pub shape: Shape,
    /// Missing values among the rows looked at.
    pub missing: u64,
    /// Different values among the rows looked at.
    pub distinct: u64,
    /// The smallest and the largest number, for numbers.
    pub range: Option<(f64, f64)>,
    /// All different values as text, sorted, when there are at most 20 of them; else empty.
    pub levels: Vec<String>,
    /// The first few values as text.
    pub examples: Vec<String>,
}
