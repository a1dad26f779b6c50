//! The codes of four columns side by side, row after row, as histograms are counted from them.
//!
//! A leaf's rows lie scattered over the table: the codes of four columns cost one access to memory instead of four. And while one
//! column's cell is on its way to memory, those of the three others are added to.

use rayon::prelude::*;

use crate::model::binned::{Binned, BinnedColumn};

/// Columns that are counted in one pass over the rows.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// The number of codes: a column has at most as many bins.
pub(super) const CODES: usize = 128;

/// The columns of a table in groups of [`SIDE_BY_SIDE`].
#[derive(Debug, Clone, Default)]
pub(super) struct Quads(Vec<Vec<[u8; SIDE_BY_SIDE]>>);

impl Quads {
    pub(super) fn of(data: &Binned) -> Self {
        let quad = |columns: &[BinnedColumn]| {
            let mut rows = vec![[0; SIDE_BY_SIDE]; data.rows];
            for (at, column) in columns.iter().enumerate() {
                rows.iter_mut().zip(&column.codes).for_each(|(row, &code)| row[at] = code);
            }
            rows
        };
        Self(data.columns.par_chunks(SIDE_BY_SIDE).map(quad).collect())
    }

    /// The codes of a group, one set for each row; where the last group has fewer columns, the codes of the rest are 0.
    pub(super) fn group(&self, quad: usize) -> &[[u8; SIDE_BY_SIDE]] {
        &self.0[quad]
    }
}
