//! Rows of the log in a list: which they are, in which order, and which of their columns are shown.

/// A column of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowColumn {
    /// When it was answered.
    Time,
    /// What the answer cost.
    Loss,
    /// The truth.
    Label,
    /// The answer.
    Prediction,
    /// The probability of the positive class.
    Score,
    /// An input.
    Feature(usize),
}

/// Rows of the log in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsView {
    /// What they have in common.
    pub title: String,
    /// The rows of the production sample, in the order in which they are shown.
    pub rows: Vec<usize>,
    /// The columns that are shown.
    pub columns: Vec<RowColumn>,
    /// The row under the cursor.
    pub at: usize,
    /// The column under the cursor.
    pub column: usize,
    /// The column that sorts them, and whether the order is ascending.
    pub sort: (RowColumn, bool),
    /// The loss of every row of the sample; NaN where it is not known.
    pub(super) loss: Vec<f64>,
}
