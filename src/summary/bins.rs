//! The bins of the reference, used to count every snapshot.

use crate::cached::cached;

/// The bins of a column. Every kind has one more bin, the last, for missing values.
#[derive(Debug, Clone, PartialEq)]
pub enum Bins {
    /// Ordered intervals.
    Numeric(NumericBins),
    /// Named levels.
    Categorical(CategoryBins),
    /// Not counted (embeddings).
    None,
}

cached!(
    enum Bins {
        Numeric(part),
        Categorical(part),
        None,
    }
);

impl Bins {
    /// The value about which the squares of a column are summed.
    #[must_use]
    pub fn center(&self) -> f64 {
        if let Self::Numeric(bins) = self { bins.center() } else { 0.0 }
    }

    /// The number of fine bins, including the missing bin.
    #[must_use]
    pub fn fine(&self) -> usize {
        match self {
            Self::Numeric(bins) => bins.edges.len() + 2,
            Self::Categorical(bins) => bins.levels + 3,
            Self::None => 1,
        }
    }

    /// The number of coarse bins (those of PSI), including the missing bin.
    #[must_use]
    pub fn coarse(&self) -> usize {
        match self {
            Self::Numeric(bins) => bins.coarse_of.iter().max().map_or(1, |&m| usize::from(m) + 2),
            Self::Categorical(_) | Self::None => self.fine(),
        }
    }

    /// Rows per coarse bin with those of levels never seen in training among those of the rare levels. Training cannot have rows
    /// of a level that it has not seen, so that a bin of their own would differ between two samples of one population.
    #[must_use]
    pub fn rare_pooled(&self, mut counts: Vec<u64>) -> Vec<u64> {
        if let Self::Categorical(levels) = self
            && counts.len() > levels.unseen()
        {
            counts[levels.levels] += std::mem::take(&mut counts[levels.unseen()]);
        }
        counts
    }

    /// Sums fine counts to coarse ones; both end with the missing bin.
    ///
    /// * `fine`: rows per fine bin, [`Bins::fine`] long.
    ///
    /// # Panics
    ///
    /// Never: coarse bins always hold the missing bin.
    #[must_use]
    pub fn coarsen(&self, fine: &[u64]) -> Vec<u64> {
        match self {
            Self::Numeric(bins) => {
                let mut coarse = vec![0; self.coarse()];
                for (&count, &to) in fine.iter().zip(&bins.coarse_of) {
                    coarse[usize::from(to)] += count;
                }
                *coarse.last_mut().expect("coarse bins always hold the missing bin") =
                    fine.last().copied().unwrap_or(0);
                coarse
            }
            Self::Categorical(_) | Self::None => fine.to_vec(),
        }
    }
}

/// Ordered intervals between edges.
///
/// With edges `e_0 < e_1 < … < e_{k-1}` a value `x` lies in the fine bin `#{i : e_i <= x}`, so bin 0 is open
/// below, bin `k` is open above, and the missing bin is `k + 1`. A value with much of the mass has its own
/// bin, between the edges `v` and the next larger float. The first edge is the smallest reference value and
/// the last one lies just above the largest, also where the other edges come from a part of the reference
/// ([`NumericBins::reach`]): bins 0 and `k` are empty in the reference and count values outside its range.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericBins {
    /// Ascending, finite, at most 512.
    pub edges: Vec<f64>,
    /// For each of the `edges.len() + 1` intervals, the coarse bin (of PSI) that it belongs to.
    pub coarse_of: Vec<u16>,
    /// Values with at least 5 % of the reference rows, ascending.
    pub points: Vec<f64>,
}

cached!(struct NumericBins { edges, coarse_of, points });

impl NumericBins {
    /// A value near the middle of the reference, about which squares are summed; 0 if the reference has no
    /// values.
    #[must_use]
    pub fn center(&self) -> f64 {
        self.edges.get(self.edges.len() / 2).copied().unwrap_or(0.0)
    }

    /// The fine bin of a value; NaN is missing.
    #[must_use]
    pub fn bin(&self, x: f64) -> usize {
        if x.is_nan() { self.edges.len() + 1 } else { self.edges.partition_point(|&edge| edge <= x) }
    }
}

/// Named levels: bins `0..levels` are the reference's most frequent levels in the order of their codes,
/// followed by one bin for its other levels, one for levels unseen in the reference, and one for missing
/// values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryBins {
    /// The number of levels with their own bin; they are the first codes of
    /// [`crate::summary::Feature::levels`].
    pub levels: usize,
    /// The number of codes in the reference.
    pub known: usize,
}

cached!(struct CategoryBins { levels, known });

impl CategoryBins {
    /// The bin of a category code.
    #[must_use]
    pub fn bin(&self, code: u32) -> usize {
        // A missing code is larger than any other. Sums instead of branches, because the order of levels is
        // unpredictable.
        let is_missing = code == super::MISSING;
        let code = code as usize;
        code.min(self.levels) + usize::from(code >= self.known.max(self.levels)) + usize::from(is_missing)
    }

    /// The bin of levels unseen in the reference.
    #[must_use]
    pub fn unseen(&self) -> usize {
        self.levels + 1
    }
}
