//! The rows of every level of training's categories, so that what production holds is only called new where training never held it.

use std::collections::BTreeMap;

use crate::{cached::cached, summary::values::Dictionary};

/// The rows of the levels of one category.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LevelRows {
    /// Of the plan's levels, by code.
    known: Vec<u64>,
    /// Of the levels beyond them; none of a level that only rows outside of the snapshot hold.
    fresh: BTreeMap<String, u64>,
}

cached!(struct LevelRows { known, fresh });

impl LevelRows {
    /// The levels beyond those of the plan, ascending.
    pub(super) fn fresh(&self) -> impl Iterator<Item = &String> {
        self.fresh.iter().filter(|(_, rows)| **rows > 0).map(|(level, _)| level)
    }

    /// The number of levels that occur once.
    pub(super) fn once(&self) -> u64 {
        self.known.iter().chain(self.fresh.values()).filter(|rows| **rows == 1).count() as u64
    }

    fn merge(&mut self, other: Self) {
        self.known.resize(self.known.len().max(other.known.len()), 0);
        self.known.iter_mut().zip(other.known).for_each(|(own, theirs)| *own += theirs);
        for (level, rows) in other.fresh {
            *self.fresh.entry(level).or_default() += rows;
        }
    }
}

/// The same of all categories, by feature; none of a category with more levels than a dictionary remembers.
///
/// A category with as many levels is left out whatever the threads: a thread forgets levels when it met more than
/// [`Dictionary::MOST_FRESH`], and those that all threads remember together are not more.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Levels(BTreeMap<u64, Option<LevelRows>>);

cached!(struct Levels(of));

impl Levels {
    /// The rows of the levels of a category.
    pub(super) fn of(&self, feature: usize) -> Option<&LevelRows> {
        self.0.get(&(feature as u64))?.as_ref()
    }

    /// Adds what a thread counted.
    ///
    /// * `rows`: by code of the dictionary.
    pub(super) fn add(&mut self, feature: usize, rows: &[u64], dictionary: &Dictionary) {
        let counted = dictionary.fresh().map(|fresh| {
            let known = dictionary.known() as usize;
            let beyond = rows.iter().skip(known).copied().chain(std::iter::repeat(0));
            LevelRows {
                known: rows[..known.min(rows.len())].to_vec(),
                fresh: fresh.iter().cloned().zip(beyond).collect(),
            }
        });
        self.merge(Self([(feature as u64, counted)].into()));
    }

    /// Adds the rows of another part of the snapshot.
    pub(super) fn merge(&mut self, other: Self) {
        for (feature, theirs) in other.0 {
            let own = self.0.entry(feature).or_insert_with(|| Some(LevelRows::default()));
            match (own.as_mut(), theirs) {
                (Some(rows), Some(theirs)) => rows.merge(theirs),
                _ => *own = None,
            }
            if own.as_ref().is_some_and(|rows| rows.fresh.len() > Dictionary::MOST_FRESH) {
                *own = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::summary::values::{Known, Spelling};

    /// What one thread counts of some texts.
    fn counted(texts: &[String]) -> Levels {
        let known = Known::new(vec!["a".to_owned(), "b".to_owned()], Spelling::Exact);
        let mut dictionary = Dictionary::new(Arc::new(known));
        let mut rows = Vec::new();
        for text in texts {
            dictionary.renew();
            let code = dictionary.encode(text) as usize;
            rows.resize(rows.len().max(code + 1), 0);
            rows[code] += 1;
        }
        let mut levels = Levels::default();
        levels.add(0, &rows, &dictionary);
        levels
    }

    #[test]
    fn parts_add_up() {
        let texts: Vec<String> = "a c d a e c b".split(' ').map(str::to_owned).collect();
        let whole = counted(&texts);
        let mut parts = counted(&texts[4..]);
        parts.merge(counted(&texts[..4]));
        assert_eq!(parts, whole);
        let rows = whole.of(0).expect("few levels");
        assert_eq!(rows.fresh().cloned().collect::<Vec<_>>(), ["c", "d", "e"]);
        assert_eq!(rows.once(), 3);
    }

    #[test]
    fn too_many_levels_are_left_out_whatever_the_parts() {
        let texts: Vec<String> = (0..Dictionary::MOST_FRESH + 3).map(|level| level.to_string()).collect();
        let whole = counted(&texts);
        let mut parts = counted(&texts[40_000..]);
        parts.merge(counted(&texts[..40_000]));
        assert_eq!((whole.of(0), parts.of(0)), (None, None));
        let fewer = &texts[..Dictionary::MOST_FRESH];
        let mut parts = counted(&fewer[40_000..]);
        parts.merge(counted(&fewer[..40_000]));
        assert_eq!(counted(fewer), parts);
        assert!(parts.of(0).is_some_and(|rows| rows.once() == fewer.len() as u64));
    }
}
