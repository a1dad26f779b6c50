//! What values a feature can have, by the contract.

use crate::cached::cached;

/// What values a feature can have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bounds {
    /// The smallest and the largest number.
    pub range: Option<(f64, f64)>,
    /// The levels of a category; none where any may come.
    pub levels: Vec<String>,
    /// Whether it has a value on every row.
    pub required: bool,
}

cached!(struct Bounds { range, levels, required });
