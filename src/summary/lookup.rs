//! Which fine bin a number falls into, fast: a table of cells first, then a short search among the edges of one cell.

use super::NumericBins;

/// The number of cells; two bytes each, so that a column's table stays in the first cache.
const CELLS: usize = 4096;

/// Adding it to a number from 0 to [`CELLS`] rounds that to a whole number, which then stands in the lowest bits: a
/// conversion that takes one instruction.
const ROUND: f64 = (1_u64 << 52) as f64;

/// From a value to its cell; monotone, so a value in a later cell than an edge is above that edge.
#[derive(Debug, Clone, Copy)]
enum Cells {
    /// Cells of equal width.
    Linear { low: f64, per_unit: f64 },
    /// Cells of equal ratio, by the bits of the float: for columns with long tails.
    Bits { low: u64, shift: u32 },
}

impl Cells {
    /// The cell of a value; below the first edge that is the first cell, above the last one the last.
    fn of(self, x: f64) -> usize {
        match self {
            Self::Linear { low, per_unit } => {
                const LAST: f64 = (CELLS - 1) as f64;
                let place = (x - low) * per_unit;
                // Not `clamp`, which keeps NaN.
                let place = if place > 0.0 { place } else { 0.0 };
                let place = if place < LAST { place } else { LAST };
                (place + ROUND).to_bits() as usize % CELLS
            }
            Self::Bits { low, shift } => {
                ((ordered(x).saturating_sub(low) >> shift).min(CELLS as u64 - 1)) as usize
            }
        }
    }
}

/// The bits of a float, in an order that agrees with the order of the numbers.
fn ordered(x: f64) -> u64 {
    // 0.0 and -0.0 are the same number.
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits | (1 << 63) } else { !bits }
}

/// Marks a cell that holds more than two edges; no edge has this number.
const CROWDED: u16 = u16::MAX;

/// Finds fine bins; gives the same answer as [`NumericBins::bin`].
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    cells: Cells,
    /// For each cell, how many edges lie in earlier cells.
    before: Box<[u16; CELLS]>,
    /// The same, but [`CROWDED`] where a search must follow.
    quick: Box<[u16; CELLS]>,
    /// The edges, then infinity twice.
    edges: Vec<f64>,
}

impl Lookup {
    /// Prepares the search in some bins.
    #[must_use]
    pub(super) fn new(bins: &NumericBins) -> Self {
        let mut edges = bins.edges.clone();
        let (low, high) = (
            edges.first().copied().unwrap_or(0.0),
            edges.last().copied().unwrap_or(0.0),
        );
        let range = high - low;
        let per_unit = if range > 0.0 && range.is_finite() {
            (CELLS - 1) as f64 / range
        } else {
            0.0
        };
        let linear = Cells::Linear {
            low,
            per_unit: if per_unit.is_finite() { per_unit } else { 0.0 },
        };
        let spread = ordered(high) - ordered(low);
        let shift = (u64::BITS - spread.leading_zeros()).saturating_sub(CELLS.trailing_zeros());
        let bits = Cells::Bits {
            low: ordered(low),
            shift,
        };
        let count = |cells_of: Cells| {
            let mut held = [0_u16; CELLS];
            for &edge in &edges {
                held[cells_of.of(edge)] += 1;
            }
            held
        };
        // Rows fall evenly between the edges, so the edges in crowded cells tell how many rows need a search.
        let crowded = |held: &[u16]| {
            held.iter()
                .filter(|n| **n > 2)
                .map(|&n| u64::from(n))
                .sum::<u64>()
        };
        let (by_width, by_ratio) = (count(linear), count(bits));
        let (cells, held) = if crowded(&by_width) <= crowded(&by_ratio) {
            (linear, by_width)
        } else {
            (bits, by_ratio)
        };
        let mut total = 0;
        let before = held.map(|n| {
            total += n;
            total - n
        });
        let mut quick = before;
        for (entry, _) in quick.iter_mut().zip(held).filter(|(_, n)| *n > 2) {
            *entry = CROWDED;
        }
        edges.extend([f64::INFINITY; 2]);
        Self {
            cells,
            before: Box::new(before),
            quick: Box::new(quick),
            edges,
        }
    }

    /// Counts finite values, one row each, in the bins of `row`; NaN goes to the last one.
    ///
    /// * `gaps`: whether there may be NaN.
    /// * `scratch`: memory that is used again.
    pub(super) fn count(&self, values: &[f64], gaps: bool, row: &mut [u32], scratch: &mut Vec<u32>) {
        // The choice is made once, outside of the loop.
        match self.cells {
            Cells::Linear { low, per_unit } => {
                let cells = Cells::Linear { low, per_unit };
                if gaps {
                    self.count_by::<true>(values, row, scratch, |x| cells.of(x));
                } else {
                    self.count_by::<false>(values, row, scratch, |x| cells.of(x));
                }
            }
            Cells::Bits { low, shift } => {
                let cells = Cells::Bits { low, shift };
                if gaps {
                    self.count_by::<true>(values, row, scratch, |x| cells.of(x));
                } else {
                    self.count_by::<false>(values, row, scratch, |x| cells.of(x));
                }
            }
        }
    }

    fn count_by<const GAPS: bool>(
        &self,
        values: &[f64],
        row: &mut [u32],
        scratch: &mut Vec<u32>,
        cell_of: impl Fn(f64) -> usize,
    ) {
        let bins = row.len();
        let bin = |x: f64| {
            let bin = self.within(x, cell_of(x));
            if GAPS && x.is_nan() { bins - 1 } else { bin }
        };
        if values.len() < 2 * bins {
            for &x in values {
                row[bin(x)] += 1;
            }
            return;
        }
        // The row of a window has mostly left the caches, so it is touched once, in order. Two rows of counts, because
        // a counter that was just written is slow to read.
        scratch.clear();
        scratch.resize(2 * bins, 0);
        let (even, odd) = scratch.split_at_mut(bins);
        let (pairs, rest) = values.as_chunks::<2>();
        for &[x, y] in pairs {
            even[bin(x)] += 1;
            odd[bin(y)] += 1;
        }
        for &x in rest {
            even[bin(x)] += 1;
        }
        for (total, (a, b)) in row.iter_mut().zip(even.iter().zip(odd.iter())) {
            *total += a + b;
        }
    }

    /// The fine bin of a finite value in a cell.
    #[inline]
    fn within(&self, x: f64, cell: usize) -> usize {
        let bin = usize::from(self.quick[cell]);
        match self.edges.get(bin..bin + 2) {
            // Two comparisons without a branch are faster than one that is guessed wrong every other time.
            Some(next) => bin + usize::from(next[0] <= x) + usize::from(next[1] <= x),
            None => self.search(x, cell),
        }
    }

    /// The fine bin of a finite value in a cell that holds many edges.
    #[cold]
    fn search(&self, x: f64, cell: usize) -> usize {
        let from = usize::from(self.before[cell]);
        let to = self
            .before
            .get(cell + 1)
            .map_or(self.edges.len() - 2, |&entry| usize::from(entry));
        from + self.edges[from..to].partition_point(|&edge| edge <= x)
    }

    /// The fine bin of a finite value.
    #[inline]
    pub(super) fn bin(&self, x: f64) -> usize {
        self.within(x, self.cells.of(x))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(mut edges: Vec<f64>, others: &[f64]) {
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        let bins = NumericBins {
            coarse_of: vec![0; edges.len() + 1],
            points: Vec::new(),
            edges,
        };
        let lookup = Lookup::new(&bins);
        let near = bins.edges.iter().flat_map(|&e| [e.next_down(), e, e.next_up()]);
        for x in near.chain(others.iter().copied()).filter(|x| x.is_finite()) {
            assert_eq!(lookup.bin(x), bins.bin(x), "{x} among {:?}", bins.edges);
        }
    }

    #[test]
    fn odd_edges() {
        let others = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            1e300,
            -1e300,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
        ];
        check(vec![], &others);
        check(vec![0.0], &others);
        check(vec![3.0, 3.0_f64.next_up()], &others);
        check(vec![f64::MIN, f64::MAX], &others);
        check(vec![-0.0, 5e-324, 1e-300], &others);
        check((0..300).map(|i| (f64::from(i) / 7.0).exp()).collect(), &others);
        check((0..300).map(f64::from).collect(), &others);
    }

    proptest! {
        #[test]
        fn agrees_with_the_plain_search(
            edges in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..300),
            others in prop::collection::vec(prop::num::f64::NORMAL, 0..50),
        ) {
            check(edges, &others);
        }
    }
}
