//! Rows of the log in a list: which they are, in which order, and which of their columns are shown.

use super::Line;

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
    /// What the repair that is shown makes of the feature's value.
    Repaired,
}

/// Rows of the log in a list.
#[derive(Debug, Clone)]
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
    /// What the repair that is shown makes of the feature's value, for every row of the sample; empty without one.
    pub(super) repaired: Vec<f64>,
    /// All rows that they are, before any are searched for.
    pub(super) all: Vec<usize>,
    /// All columns that can be shown.
    pub every: Vec<RowColumn>,
    /// What the rows that are listed hold, as it is typed.
    pub words: Line,
    /// Whether it is being typed.
    pub typing: bool,
    /// The cursor over all columns, while they are chosen.
    pub choosing: Option<usize>,
}
