//! A study above the screen: which one, which of its tables, and where the cursor is.

use std::sync::Arc;

use crate::study::{Study, StudyTable, Topic};

/// A study above the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyView {
    /// What it is about.
    pub topic: Topic,
    /// The study, or why there is none; nothing until it is made.
    pub came: Option<Result<Arc<Study>, String>>,
    /// The table that is shown.
    pub table: usize,
    /// The row under the cursor.
    pub at: usize,
    /// The first column beside the one that names the rows.
    pub column: usize,
    /// Lines of the sentences that are scrolled past.
    pub scroll: usize,
}

impl StudyView {
    /// The table that is shown, once the study is made.
    #[must_use]
    pub fn shown(&self) -> Option<&StudyTable> {
        self.came.as_ref()?.as_ref().ok()?.tables.get(self.table)
    }
}
