//! The feature columns of a table, shared between tables until one of them changes its own.

use std::{
    iter::Map,
    ops::{Index, IndexMut},
    slice,
    sync::Arc,
};

use super::Column;
use crate::cached::cached;

/// Columns in the order of [`super::Plan::features`].
///
/// A copy of a table shares its columns with the original, and a column is copied when it is changed first: the exams repair one or
/// two inputs of a copy of the log, and a copy of all of them was most of the memory and of the time where there are hundreds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns(Vec<Arc<Column>>);

cached!(struct Columns(all));

impl Columns {
    /// The number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The column of a feature; none where the table has no features.
    #[must_use]
    pub fn get(&self, feature: usize) -> Option<&Column> {
        self.0.get(feature).map(Arc::as_ref)
    }

    /// The column of a feature, to be changed.
    pub fn get_mut(&mut self, feature: usize) -> Option<&mut Column> {
        self.0.get_mut(feature).map(Arc::make_mut)
    }

    /// All columns.
    pub fn iter(&self) -> Iter<'_> {
        self.into_iter()
    }

    /// All columns, to be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_> {
        self.into_iter()
    }

    /// Adds a column.
    pub fn push(&mut self, column: Column) {
        self.0.push(Arc::new(column));
    }

    /// Whether this column and the same one of another table are one and the same in memory, so that they need no comparison.
    #[must_use]
    pub fn is_shared(&self, other: &Self, feature: usize) -> bool {
        self.0.get(feature).zip(other.0.get(feature)).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
    }
}

/// See [`Columns::iter`].
pub(super) type Iter<'a> = Map<slice::Iter<'a, Arc<Column>>, fn(&'a Arc<Column>) -> &'a Column>;

/// See [`Columns::iter_mut`].
pub(super) type IterMut<'a> = Map<slice::IterMut<'a, Arc<Column>>, fn(&'a mut Arc<Column>) -> &'a mut Column>;

impl<'a> IntoIterator for &'a Columns {
    type Item = &'a Column;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.0.iter().map(Arc::as_ref)
    }
}

impl<'a> IntoIterator for &'a mut Columns {
    type Item = &'a mut Column;
    type IntoIter = IterMut<'a>;

    fn into_iter(self) -> IterMut<'a> {
        self.0.iter_mut().map(Arc::make_mut)
    }
}

impl Index<usize> for Columns {
    type Output = Column;

    fn index(&self, feature: usize) -> &Column {
        &self.0[feature]
    }
}

impl IndexMut<usize> for Columns {
    fn index_mut(&mut self, feature: usize) -> &mut Column {
        Arc::make_mut(&mut self.0[feature])
    }
}

impl FromIterator<Column> for Columns {
    fn from_iter<I: IntoIterator<Item = Column>>(columns: I) -> Self {
        Self(columns.into_iter().map(Arc::new).collect())
    }
}

impl From<Vec<Column>> for Columns {
    fn from(columns: Vec<Column>) -> Self {
        columns.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_shares_every_column_but_the_one_that_it_changes() {
        let original: Columns =
            vec![Column::Categorical(vec![1, 2]), Column::Categorical(vec![3, 4]), Column::Absent].into();
        let mut copy = original.clone();
        assert_eq!(copy[1].codes(), Some(&[3, 4][..]));
        if let Column::Categorical(codes) = &mut copy[1] {
            codes[0] = 9;
        }
        assert_eq!(original[1].codes(), Some(&[3, 4][..]));
        assert_eq!(copy[1].codes(), Some(&[9, 4][..]));
        assert_eq!(
            [0, 1, 2, 3].map(|feature| copy.is_shared(&original, feature)),
            [true, false, true, false]
        );
    }
}
