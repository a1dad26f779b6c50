//! The data behind the Feature screen and the report's charts, computed from the dossier on demand for one
//! feature.
//!
//! Shapes and quantiles come from the row sample and are marked as such if it is not the whole snapshot;
//! shares, extremes and moments come from the counts and are exact. An embedding is reduced to the similarity
//! of each vector to the mean training vector ([`embedding_similarity`](super::exam::embedding_similarity)),
//! and so has all the views of a number.

pub mod categories;
pub mod cell;
pub mod histogram;
pub mod numbers;
pub mod outcomes;
pub mod pair;
pub mod quantiles;
pub mod row;
pub mod summary;
pub mod timeline;

use std::borrow::Cow;

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::{sampled_values::numbers, window_split::Periods},
    },
    stats::moments::ascend,
    summary::{Micros, Table},
};

/// A period of production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// The rows before the onset.
    Before,
    /// The rows since the onset.
    #[default]
    After,
    /// All rows.
    All,
}

impl Period {
    /// All periods, in the order in which a key cycles through them.
    pub const ALL: [Self; 3] = [Self::After, Self::Before, Self::All];

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before onset",
            Self::After => "since onset",
            Self::All => "all production",
        }
    }

    /// The rows of the production sample.
    #[must_use]
    pub fn rows<'a>(self, dossier: &Dossier, framing: &'a Framing) -> Cow<'a, [usize]> {
        match self {
            Self::Before => Cow::Borrowed(&framing.before),
            Self::After => Cow::Borrowed(&framing.after),
            Self::All => Cow::Owned((0..dossier.production.sample.rows).collect()),
        }
    }
}

/// The rows before the onset and those under suspicion, to the row where the log is sampled whole. Otherwise they are those of
/// whole windows: the window that holds the onset belongs to neither period, so its rows are in neither count.
#[must_use]
pub fn rows_of_periods(dossier: &Dossier, framing: &Framing) -> (u64, u64) {
    let sample = &dossier.production.sample;
    match framing.onset.filter(|_| framing.split().is_some()) {
        Some(onset) if sample.is_whole() && sample.time.len() == sample.rows => {
            let count =
                |inside: &dyn Fn(Micros) -> bool| sample.time.iter().filter(|at| inside(**at)).count() as u64;
            let end = onset.ended.unwrap_or(Micros::MAX);
            (count(&|at| at < onset.at), count(&|at| (onset.complete.max(onset.at)..end).contains(&at)))
        }
        _ => {
            let periods = Periods::new(dossier, framing);
            (periods.rows_before, periods.rows_after)
        }
    }
}

/// One feature's numbers in ascending order, sorted once for all views.
///
/// NaN is missing and sorts last. A categorical feature has NaN in every row.
#[derive(Debug, Clone, PartialEq)]
pub struct Ascending {
    /// Of the training sample.
    pub training: Vec<f64>,
    /// Of production before the onset.
    pub before: Vec<f64>,
    /// Of production since the onset.
    pub after: Vec<f64>,
}

impl Ascending {
    /// Sorts the numbers of a feature.
    #[must_use]
    pub fn of(dossier: &Dossier, framing: &Framing, feature: usize) -> Self {
        let production = numbers(dossier, &dossier.production.sample, feature);
        let ascending = |mut values: Vec<f64>| {
            ascend(&mut values);
            values
        };
        let of = |rows: &[usize]| {
            let value = |&row: &usize| production.get(row).copied().unwrap_or(f64::NAN);
            ascending(rows.iter().map(value).collect())
        };
        let training = || ascending(numbers(dossier, &dossier.training.sample, feature).into_owned());
        let (training, (before, after)) =
            rayon::join(training, || rayon::join(|| of(&framing.before), || of(&framing.after)));
        Self { training, before, after }
    }

    /// The numbers of one period of production.
    #[must_use]
    pub fn period(&self, period: Period) -> Cow<'_, [f64]> {
        match period {
            Period::Before => Cow::Borrowed(&self.before),
            Period::After => Cow::Borrowed(&self.after),
            Period::All => {
                let mut all = [self.before.as_slice(), &self.after].concat();
                // The two runs are already sorted; a stable sort merges them.
                all.sort_by(f64::total_cmp);
                Cow::Owned(all)
            }
        }
    }
}

/// The number of rows behind a view, and whether they are all rows of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// Number of rows.
    pub rows: usize,
    /// Whether the sample holds every row of the snapshot.
    pub whole: bool,
}

impl Basis {
    fn of(table: &Table, rows: usize) -> Self {
        Self { rows, whole: table.is_whole() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn every_row_of_a_whole_sample_is_in_one_of_the_periods() {
        let investigation = fixture::investigation();
        let (dossier, framing) = (&investigation.dossier, &investigation.framing);
        let (before, since) = rows_of_periods(dossier, framing);
        if dossier.production.sample.is_whole() {
            assert_eq!((before, since), (framing.before.len() as u64, framing.after.len() as u64));
        } else {
            let periods = Periods::new(dossier, framing);
            assert_eq!((before, since), (periods.rows_before, periods.rows_after));
        }
    }
}
