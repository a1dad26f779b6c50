//! Fast lookup of a number's fine bin: first a table of cells, then a short search among the edges in one
//! cell.

use super::{NumericBins, values::is_number};

/// The number of cells, two bytes each, so that a column's table fits into the L1 cache.
const CELLS: usize = 4096;

/// Adding this to a number from 0 to [`CELLS`] rounds the number to an integer in the lowest bits: a
/// conversion in one instruction.
const ROUND: f64 = (1_u64 << 52) as f64;

/// Values whose cells are computed together, before their bins: that loop is pure arithmetic and vectorises,
/// two values at a time.
const TOGETHER: usize = 256;

/// Maps a value to its cell; monotone, so a value in a later cell than an edge is above that edge.
#[derive(Debug, Clone, Copy)]
enum Cells {
    /// Cells of equal width.
    Linear { low: f64, per_unit: f64 },
    /// Cells of equal ratio, from the bits of the float: for columns with long tails.
    Bits { low: f64, high: f64, shift: u32 },
}

impl Cells {
    /// The cell of a value; values below the first edge get its cell, those above the last edge get the last
    /// cell.
    fn of(self, x: f64) -> usize {
        let place = match self {
            Self::Linear { low, per_unit } => linear_place(x, low, per_unit),
            Self::Bits { low, high, shift } => bits_place(x, low, high) >> shift,
        };
        place as usize % CELLS
    }

    /// The cells of some values, in the lowest bits of each number.
    fn of_all(self, values: &[f64], places: &mut [u64]) {
        let both = places.iter_mut().zip(values);
        // Match once, outside the loops.
        match self {
            Self::Linear { low, per_unit } => {
                both.for_each(|(place, &x)| *place = linear_place(x, low, per_unit));
            }
            Self::Bits { low, high, shift } => {
                both.for_each(|(place, &x)| *place = bits_place(x, low, high) >> shift);
            }
        }
    }
}

/// The larger of two numbers, `b` if `a` is NaN: one instruction.
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The smaller of two numbers, `b` if `a` is NaN.
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The cell of a value with cells of equal width, in the lowest bits.
fn linear_place(x: f64, low: f64, per_unit: f64) -> u64 {
    const LAST: f64 = (CELLS - 1) as f64;
    (smaller(larger((x - low) * per_unit, 0.0), LAST) + ROUND).to_bits()
}

/// The difference between the bits of a number and those of the first edge, clamped to those of the last
/// edge.
fn bits_place(x: f64, low: f64, high: f64) -> u64 {
    ordered(smaller(larger(x, low), high)) - ordered(low)
}

/// The bits of a float, mapped so that their order is that of the numbers.
fn ordered(x: f64) -> u64 {
    // 0.0 and -0.0 are the same number.
    let bits = (x + 0.0).to_bits();
    bits ^ ((bits as i64 >> 63) as u64 | (1 << 63))
}

/// Marks a cell with more than two edges; no edge has this index.
const CROWDED: u16 = u16::MAX;

/// Finds fine bins, with the same result as [`NumericBins::bin`].
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    cells: Cells,
    /// For each cell, the number of edges in earlier cells.
    before: Box<[u16; CELLS]>,
    /// The same, but [`CROWDED`] where a search is needed.
    quick: Box<[u16; CELLS]>,
    /// Whether any cell holds more than one edge.
    has_pairs: bool,
    /// The edges, then infinity twice.
    edges: Vec<f64>,
}

impl Lookup {
    /// Builds the lookup for some bins.
    #[must_use]
    pub(super) fn new(bins: &NumericBins) -> Self {
        let mut edges = bins.edges.clone();
        let (low, high) = (edges.first().copied().unwrap_or(0.0), edges.last().copied().unwrap_or(0.0));
        let range = high - low;
        let per_unit = if range > 0.0 && range.is_finite() { (CELLS - 1) as f64 / range } else { 0.0 };
        let linear = Cells::Linear { low, per_unit: if per_unit.is_finite() { per_unit } else { 0.0 } };
        let spread = ordered(high) - ordered(low);
        let shift = (u64::BITS - spread.leading_zeros()).saturating_sub(CELLS.trailing_zeros());
        let bits = Cells::Bits { low, high, shift };
        let count = |cells_of: Cells| {
            let mut held = [0_u16; CELLS];
            for &edge in &edges {
                held[cells_of.of(edge)] += 1;
            }
            held
        };
        // Rows are spread evenly over the edges, so the number of edges in crowded cells estimates the rows
        // that need a search.
        let crowded = |held: &[u16]| held.iter().filter(|n| **n > 2).map(|&n| u64::from(n)).sum::<u64>();
        let (by_width, by_ratio) = (count(linear), count(bits));
        let (cells, held) =
            if crowded(&by_width) <= crowded(&by_ratio) { (linear, by_width) } else { (bits, by_ratio) };
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
            has_pairs: held.iter().any(|n| *n > 1),
            edges,
        }
    }

    /// Counts values, one row each, in the bins of `row`; what is no number ([`is_number`]) goes to the last one.
    ///
    /// * `gaps`: whether some may be none.
    /// * `scratch`: memory that is used again.
    pub(super) fn count(&self, values: &[f64], gaps: bool, row: &mut [u32], scratch: &mut Vec<u32>) {
        match (gaps, self.has_pairs) {
            (false, false) => self.count_by::<false, false>(values, row, scratch),
            (false, true) => self.count_by::<false, true>(values, row, scratch),
            (true, false) => self.count_by::<true, false>(values, row, scratch),
            (true, true) => self.count_by::<true, true>(values, row, scratch),
        }
    }

    fn count_by<const GAPS: bool, const PAIRS: bool>(
        &self,
        values: &[f64],
        row: &mut [u32],
        scratch: &mut Vec<u32>,
    ) {
        let bins = row.len();
        let bin = |x: f64, place: u64| {
            let bin = self.within::<PAIRS>(x, place as usize % CELLS);
            if GAPS && !is_number(x) { bins - 1 } else { bin }
        };
        let mut places = [0; TOGETHER];
        if values.len() < 2 * bins {
            for values in values.chunks(TOGETHER) {
                let places = &mut places[..values.len()];
                self.cells.of_all(values, places);
                for (&x, &place) in values.iter().zip(&*places) {
                    row[bin(x, place)] += 1;
                }
            }
            return;
        }
        // The row of a window has usually left the caches, so it is touched once, in order. Two rows of
        // counts are used, because reading a counter that was just written is slow.
        scratch.clear();
        scratch.resize(2 * bins, 0);
        let (even, odd) = scratch.split_at_mut(bins);
        for values in values.chunks(TOGETHER) {
            let places = &mut places[..values.len()];
            self.cells.of_all(values, places);
            let (pairs, rest) = values.as_chunks::<2>();
            let (pairs_of_places, rest_of_places) = places.as_chunks::<2>();
            for (&[x, y], &[at_x, at_y]) in pairs.iter().zip(pairs_of_places) {
                even[bin(x, at_x)] += 1;
                odd[bin(y, at_y)] += 1;
            }
            for (&x, &place) in rest.iter().zip(rest_of_places) {
                even[bin(x, place)] += 1;
            }
        }
        for (total, (a, b)) in row.iter_mut().zip(even.iter().zip(odd.iter())) {
            *total += a + b;
        }
    }

    /// The fine bin of a finite value in a cell.
    ///
    /// * `PAIRS`: whether the cell may hold more than one edge.
    #[inline]
    fn within<const PAIRS: bool>(&self, x: f64, cell: usize) -> usize {
        let bin = usize::from(self.quick[cell]);
        match self.edges.get(bin..bin + 2) {
            // Two comparisons without a branch are faster than a branch mispredicted half of the time.
            Some(next) => bin + usize::from(next[0] <= x) + usize::from(PAIRS && next[1] <= x),
            None => self.search(x, cell),
        }
    }

    /// The fine bin of a finite value in a cell with many edges.
    #[cold]
    fn search(&self, x: f64, cell: usize) -> usize {
        let from = usize::from(self.before[cell]);
        let to = self.before.get(cell + 1).map_or(self.edges.len() - 2, |&entry| usize::from(entry));
        from + self.edges[from..to].partition_point(|&edge| edge <= x)
    }

    /// The fine bin of a finite value.
    #[inline]
    pub(super) fn bin(&self, x: f64) -> usize {
        self.within::<true>(x, self.cells.of(x))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(mut edges: Vec<f64>, others: &[f64]) {
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        let bins = NumericBins { coarse_of: vec![0; edges.len() + 1], points: Vec::new(), edges };
        let lookup = Lookup::new(&bins);
        let near = bins.edges.iter().flat_map(|&e| [e.next_down(), e, e.next_up()]);
        let mut values: Vec<f64> = near.chain(others.iter().copied()).filter(|x| is_number(*x)).collect();
        for &x in &values {
            assert_eq!(lookup.bin(x), bins.bin(x), "{x} among {:?}", bins.edges);
        }
        // Once with fewer values than needed for the two rows of counts, once with more than are processed
        // together.
        for (times, gaps) in [(1, false), (1, true), (600, false), (600, true)] {
            if gaps {
                values.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
            }
            let all = values.repeat(times.min(40_000 / values.len().max(1) + 1));
            let (mut counted, mut expected) = (vec![0; bins.edges.len() + 2], vec![0; bins.edges.len() + 2]);
            for x in &all {
                expected[bins.bin(if is_number(*x) { *x } else { f64::NAN })] += 1;
            }
            lookup.count(&all, gaps, &mut counted, &mut vec![7]);
            assert_eq!(counted, expected, "{values:?} among {:?}", bins.edges);
            values.retain(|x| is_number(*x));
        }
    }

    #[test]
    fn odd_edges() {
        let others = [0.0, -0.0, 1.0, -1.0, 1e300, -1e300, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324];
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
