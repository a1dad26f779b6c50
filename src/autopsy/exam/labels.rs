//! Which share of the labels has arrived?

use crate::{
    autopsy::Exam,
    summary::{Grid, Micros},
};

/// Label maturity by display window.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelMaturity {
    /// The windows; none without a clock.
    pub grid: Option<Grid>,
    /// Share of labelled rows a window.
    pub labelled: Vec<f64>,
    /// Rows with a label.
    pub rows: u64,
    /// Until when labels have mostly arrived: later windows hold less than half of the usual share.
    pub mature_until: Option<Micros>,
    /// What was found.
    pub exam: Exam,
}
