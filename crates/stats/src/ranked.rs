//! Scores of two classes in ascending order, sorted once for all that is told from their order.

use std::{borrow::Cow, sync::OnceLock};

use super::{Undefined, require_equal_length, require_finite};

/// Scores with the rows that are positive. Their order is found when it is first asked for.
#[derive(Debug, Clone, Default)]
pub struct RankedScores<'a> {
    score: Cow<'a, [f64]>,
    positive: Cow<'a, [bool]>,
    order: OnceLock<Vec<u32>>,
}

impl<'a> RankedScores<'a> {
    /// * `score`, `positive`: one per row.
    #[must_use]
    pub fn new(score: impl Into<Cow<'a, [f64]>>, positive: impl Into<Cow<'a, [bool]>>) -> Self {
        Self { score: score.into(), positive: positive.into(), order: OnceLock::new() }
    }

    /// The scores, in the order of the rows.
    #[must_use]
    pub fn score(&self) -> &[f64] {
        &self.score
    }

    /// Whether each row is positive.
    #[must_use]
    pub fn positive(&self) -> &[bool] {
        &self.positive
    }

    /// The number of positive rows.
    #[must_use]
    pub fn positives(&self) -> usize {
        self.positive.iter().filter(|p| **p).count()
    }

    /// The rows by ascending score; equal scores are in the order of the rows.
    ///
    /// # Errors
    ///
    /// [`Undefined::BinMismatch`] when there are more scores than rows or fewer, [`Undefined::Empty`] without rows,
    /// [`Undefined::NotFinite`] with a NaN or an infinity.
    pub fn order(&self) -> Result<&[u32], Undefined> {
        require_equal_length(self.score.len(), self.positive.len())?;
        if self.score.is_empty() {
            return Err(Undefined::Empty);
        }
        require_finite(&self.score)?;
        Ok(self.order.get_or_init(|| {
            let mut order: Vec<(u64, u32)> =
                self.score.iter().map(|&score| ascending(score)).zip(0..).collect();
            order.sort_unstable();
            order.into_iter().map(|(_, row)| row).collect()
        }))
    }

    /// The rows of each score, by ascending score.
    ///
    /// # Errors
    ///
    /// As [`RankedScores::order`].
    pub fn ties(&self) -> Result<impl DoubleEndedIterator<Item = &[u32]>, Undefined> {
        let equal = |&a: &u32, &b: &u32| self.score[a as usize] == self.score[b as usize];
        Ok(self.order()?.chunk_by(equal))
    }
}

/// A whole number for each number, in the same order ([`f64::total_cmp`]).
fn ascending(x: f64) -> u64 {
    let bits = x.to_bits();
    if x.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_of_their_scores_and_equal_ones_together() {
        let ranked =
            RankedScores::new(&[0.5, -1.0, 0.5, 0.0, -0.0][..], &[true, false, false, true, false][..]);
        assert_eq!(ranked.order().unwrap(), [1, 4, 3, 0, 2]);
        let ties: Vec<&[u32]> = ranked.ties().unwrap().collect();
        assert_eq!(ties, [&[1][..], &[4, 3], &[0, 2]]);
        assert_eq!(ranked.positives(), 2);
    }

    #[test]
    fn undefined_says_why() {
        let order =
            |score: &[f64], positive: &[bool]| RankedScores::new(score, positive).order().map(<[u32]>::len);
        assert_eq!(order(&[], &[]), Err(Undefined::Empty));
        assert_eq!(order(&[1.0], &[]), Err(Undefined::BinMismatch));
        assert_eq!(order(&[f64::NAN], &[true]), Err(Undefined::NotFinite));
    }
}
