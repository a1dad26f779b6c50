//! The counts of a pass as bytes and back, for the next look at a log that grew.

use std::sync::Arc;

use super::{Accumulator, ColumnCounts, Counting, Grid, Totals};
use crate::cached::{Cached as _, Damaged, Reader, Writer};

impl Accumulator {
    /// Writes the counts.
    pub fn write(&self, to: &mut Writer<'_>) {
        (self.rows, self.without_time).write(to);
        self.clock.write(to);
        self.grid.write(to);
        self.totals.write(to);
        self.features.write(to);
        self.answers.write(to);
        self.labels.write(to);
        self.fresh_classes.iter().cloned().collect::<Vec<String>>().write(to);
    }

    /// Reads what [`Accumulator::write`] wrote.
    ///
    /// * `counting`: of the same plan.
    ///
    /// # Errors
    ///
    /// When the bytes hold no counts of this plan.
    pub fn read(counting: Arc<Counting>, from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut read = Self::new(counting, true);
        (read.rows, read.without_time) = <(u64, u64)>::read(from)?;
        read.clock = bool::read(from)?;
        read.grid = Option::<Grid>::read(from)?;
        read.totals = Vec::<Totals>::read(from)?;
        let features = Vec::<ColumnCounts>::read(from)?;
        let (answers, labels) = <(ColumnCounts, ColumnCounts)>::read(from)?;
        read.fresh_classes = Vec::<String>::read(from)?.into_iter().collect();
        let windows = read.totals.len();
        let fits = |own: &ColumnCounts, read: &ColumnCounts| read.is_like(own, windows);
        let all_fit = features.len() == read.features.len()
            && read.features.iter().zip(&features).all(|(own, read)| fits(own, read))
            && fits(&read.answers, &answers)
            && fits(&read.labels, &labels)
            && read.grid.map_or(windows == usize::from(!read.clock), |grid| grid.windows == windows);
        if !all_fit {
            return Err(Damaged);
        }
        (read.features, read.answers, read.labels) = (features, answers, labels);
        Ok(read)
    }
}
