//! A single tree: grown leaf-wise on histograms of gradients.

use rayon::prelude::*;

use super::{
    Params,
    quads::{CODES, Quads, SIDE_BY_SIDE},
};
use crate::{
    cached::cached,
    model::binned::{Binned, BinnedColumn},
};

/// Added to a level's hessian before levels are sorted by mean gradient, so that rare ones stay in the middle
/// (`LightGBM`'s `cat_smooth`).
const LEVEL_SMOOTHING: f64 = 10.0;

/// A split that gains less is none.
const SMALLEST_GAIN: f64 = 1e-9;

/// Below this many cells to update, distributing the work to other threads costs more than it saves.
const WORTH_SHARING: usize = 40_000;

/// Marks a node without children.
const LEAF: u32 = u32::MAX;

/// A node; the children of an inner node follow it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TreeNode {
    /// The split column, or [`LEAF`].
    pub column: u32,
    /// The codes that go to the first child, as a set.
    pub first: u128,
    /// First and second child.
    pub children: [u32; 2],
    /// The value that a leaf adds to the raw prediction.
    pub value: f64,
    /// Number of training rows that reach the node.
    pub cover: f64,
}

cached!(struct TreeNode { column, first, children, value, cover });

impl TreeNode {
    pub(super) fn is_leaf(&self) -> bool {
        self.column == LEAF
    }
}

/// A tree; the root is the first node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub nodes: Vec<TreeNode>,
    /// What a leaf adds to the raw prediction of each class, `nodes x classes`, where one tree serves all classes; else empty.
    pub by_class: Vec<f64>,
}

cached!(struct Tree { nodes, by_class });

impl Tree {
    /// Renames the columns: the `k`-th becomes `columns[k]`.
    pub(super) fn rename(&mut self, columns: &[usize]) {
        for node in self.nodes.iter_mut().filter(|node| !node.is_leaf()) {
            node.column = columns[node.column as usize] as u32;
        }
    }

    /// The value that the tree adds for one row.
    pub(super) fn value(&self, data: &Binned, row: usize) -> f64 {
        self.nodes[self.leaf(data, row)].value
    }

    /// The values that the tree adds for one row, one for each class.
    pub(super) fn values(&self, data: &Binned, row: usize) -> &[f64] {
        let classes = self.by_class.len() / self.nodes.len();
        &self.by_class[self.leaf(data, row) * classes..][..classes]
    }

    /// The tree of one class.
    pub(super) fn of_class(&self, class: usize) -> Self {
        let classes = self.by_class.len() / self.nodes.len();
        let value = |(at, node): (usize, &TreeNode)| TreeNode {
            value: self.by_class[at * classes + class],
            ..node.clone()
        };
        Self { nodes: self.nodes.iter().enumerate().map(value).collect(), by_class: Vec::new() }
    }

    /// The index of the leaf of a row.
    fn leaf(&self, data: &Binned, row: usize) -> usize {
        let mut at = 0;
        while !self.nodes[at].is_leaf() {
            let node = &self.nodes[at];
            let code = data.columns[node.column as usize].codes[row];
            at = node.children[usize::from(node.first >> code & 1 == 0)] as usize;
        }
        at
    }
}

/// Sums of gradients and hessians and the number of rows in one bin.
#[derive(Debug, Clone, Copy)]
struct HistogramCell {
    gradient: f64,
    hessian: f64,
    rows: u64,
}

impl HistogramCell {
    fn score(self, l2: f64) -> f64 {
        self.gradient * self.gradient / (self.hessian + l2)
    }
}

/// A [`HistogramCell`] as integers: gradients, then rows (in the upper bits) and hessians (in the lower
/// ones).
///
/// Integer sums are exact in any order, a child's is exactly its parent's minus its sibling's, and one
/// instruction adds both halves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct GradientSums([i64; 2]);

impl GradientSums {
    #[inline]
    fn plus(self, Self([gradient, rest]): Self) -> Self {
        Self([self.0[0] + gradient, self.0[1] + rest])
    }

    fn minus(self, Self([gradient, rest]): Self) -> Self {
        Self([self.0[0] - gradient, self.0[1] - rest])
    }
}

/// Adds a row to the cell of its code.
#[inline]
fn add(cells: &mut [GradientSums; CODES], code: u8, row: GradientSums) {
    let cell = &mut cells[usize::from(code) % CODES];
    *cell = cell.plus(row);
}

/// A fixed-point unit.
#[derive(Debug, Clone, Copy)]
struct FixedPoint {
    size: f64,
    /// Units in 1.
    in_one: f64,
}

impl FixedPoint {
    /// The largest of the values is 2^`bits` units. Values without a usable scale (all 0, or so small or
    /// large that the unit has no inverse) count as 0, which no split is worth.
    fn of(values: &[f64], bits: u32) -> Self {
        let largest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let size = largest / 2.0_f64.powi(bits as i32);
        if size.is_normal() {
            let in_one = 1.0 / size;
            Self { size, in_one }
        } else {
            Self { size: 0.0, in_one: 0.0 }
        }
    }
}

/// Fixed-point conversion of gradients and hessians.
#[derive(Debug, Clone, Copy)]
struct Units {
    gradient: FixedPoint,
    hessian: FixedPoint,
    /// Number of bits below the row count.
    below: u32,
}

impl Units {
    /// The finest units for which the sums over these rows fit: with 10,000 rows 2^-48 of the largest
    /// gradient and 2^-34 of the largest hessian.
    fn of(gradient: &[f64], hessian: &[f64]) -> Self {
        let rows = usize::BITS - gradient.len().leading_zeros();
        let below = 63 - rows;
        Self {
            gradient: FixedPoint::of(gradient, 62 - rows),
            hessian: FixedPoint::of(hessian, below.saturating_sub(rows + 1)),
            below,
        }
    }

    /// Converts one row; fractions of a unit are truncated.
    fn row(self, gradient: f64, hessian: f64) -> GradientSums {
        let hessian = (hessian * self.hessian.in_one) as i64;
        GradientSums([(gradient * self.gradient.in_one) as i64, (1 << self.below) + hessian])
    }

    /// The number of rows of a cell.
    fn rows(self, GradientSums([_, rest]): GradientSums) -> u64 {
        (rest >> self.below) as u64
    }

    fn cell(self, GradientSums([gradient, rest]): GradientSums) -> HistogramCell {
        let rows = rest >> self.below;
        HistogramCell {
            gradient: gradient as f64 * self.gradient.size,
            hessian: (rest - (rows << self.below)) as f64 * self.hessian.size,
            rows: rows as u64,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    first: u128,
}

/// A leaf that may still be split.
struct Open {
    node: usize,
    depth: usize,
    from: usize,
    to: usize,
    total: GradientSums,
    cells: Vec<GradientSums>,
    split: Option<Split>,
}

/// Rows in the order of the leaves, together with their gradients and hessians.
pub(super) struct Grower<'a> {
    data: &'a Binned,
    quads: &'a Quads,
    params: &'a Params,
    /// Number of bins per column in a histogram; the same for all columns, to allow slicing.
    stride: usize,
    units: Units,
    rows: Vec<u32>,
    slopes: Vec<GradientSums>,
    /// Rows for the second child while a leaf is partitioned.
    later: Vec<(u32, GradientSums)>,
}

/// The rows of a finished leaf, and the value to add to their predictions.
pub(super) struct LeafRows {
    /// The leaf's index among the nodes.
    pub node: usize,
    pub value: f64,
    pub rows: Vec<u32>,
}

impl<'a> Grower<'a> {
    /// * `rows`: the rows to learn from; `gradient` and `hessian` are parallel to it.
    pub(super) fn new(
        (data, quads): (&'a Binned, &'a Quads),
        params: &'a Params,
        rows: Vec<u32>,
        gradient: &[f64],
        hessian: &[f64],
    ) -> Self {
        let units = Units::of(gradient, hessian);
        let slopes = gradient.iter().zip(hessian);
        let stride = data.columns.iter().map(|c| usize::from(c.bins)).max().unwrap_or(1);
        Self {
            data,
            quads,
            params,
            stride,
            units,
            slopes: slopes.map(|(&g, &h)| units.row(g, h)).collect(),
            later: vec![(0, GradientSums::default()); rows.len()],
            rows,
        }
    }

    /// Grows one tree, best leaf first (Shi 2007, as in `LightGBM`).
    pub(super) fn grow(mut self) -> (Tree, Vec<LeafRows>) {
        let total = self.slopes.iter().fold(GradientSums::default(), |sum, &row| sum.plus(row));
        let mut tree = Tree { nodes: vec![self.leaf(total)], by_class: Vec::new() };
        let mut root =
            Open { node: 0, depth: 0, from: 0, to: self.rows.len(), total, cells: Vec::new(), split: None };
        if self.params.depth > 0 && self.params.leaves > 1 {
            root.cells = self.histogram(root.from, root.to);
            root.split = self.best_split(&root.cells, total);
        }
        let mut open = vec![root];
        while open.len() < self.params.leaves {
            // The first of the largest gains; a fixed order makes the tree reproducible.
            let best = open
                .iter()
                .enumerate()
                .filter_map(|(at, leaf)| leaf.split.map(|split| (at, split)))
                .reduce(|a, b| if b.1.gain > a.1.gain { b } else { a });
            let Some((at, split)) = best else { break };
            let parent = open.swap_remove(at);
            let last = open.len() + 2 >= self.params.leaves;
            let [first, second] = self.divide(parent, split, last, &mut tree);
            open.push(first);
            open.push(second);
        }
        let leaves = open
            .iter()
            .map(|leaf| LeafRows {
                node: leaf.node,
                value: tree.nodes[leaf.node].value,
                rows: self.rows[leaf.from..leaf.to].to_vec(),
            })
            .collect();
        (tree, leaves)
    }

    /// The gain of each column's best split of all rows; 0 for a column that no split of helps.
    pub(super) fn gains(&self) -> Vec<f64> {
        let total = self.slopes.iter().fold(GradientSums::default(), |sum, &row| sum.plus(row));
        let columns = self.data.columns.par_chunks(SIDE_BY_SIDE).enumerate();
        let found = columns.flat_map_iter(|(quad, columns)| {
            let counted = self.count(0, self.rows.len(), quad);
            let gain = |(at, column): (usize, &BinnedColumn)| {
                self.split_of(&counted[at][..usize::from(column.bins)], column.ordered, total)
                    .map_or(0.0, |split| split.0)
            };
            columns.iter().enumerate().map(gain).collect::<Vec<f64>>()
        });
        found.collect()
    }

    fn leaf(&self, total: GradientSums) -> TreeNode {
        let total = self.units.cell(total);
        let value = -self.params.learning_rate * total.gradient / (total.hessian + self.params.l2);
        TreeNode { column: LEAF, first: 0, children: [0; 2], value, cover: total.rows as f64 }
    }

    /// Splits a leaf in two; the histogram of the larger child is the parent's minus the smaller one's.
    fn divide(&mut self, parent: Open, split: Split, last: bool, tree: &mut Tree) -> [Open; 2] {
        let depth = parent.depth + 1;
        // Leaves that are not divided any more need their rows alone.
        let last = last || depth >= self.params.depth;
        let column = &self.data.columns[split.column];
        let goes_first = |row: u32| split.first >> column.codes[row as usize] & 1 == 1;
        let middle = if last {
            self.partition_rows(parent.from, parent.to, goes_first)
        } else {
            self.partition(parent.from, parent.to, goes_first)
        };
        let cells = &parent.cells[split.column * self.stride..][..usize::from(column.bins)];
        let first = cells.iter().enumerate().filter(|(code, _)| split.first >> code & 1 == 1);
        let total = first.fold(GradientSums::default(), |sum, (_, &cell)| sum.plus(cell));
        let rest = parent.total.minus(total);
        let nodes = tree.nodes.len();
        tree.nodes.push(self.leaf(total));
        tree.nodes.push(self.leaf(rest));
        let node = &mut tree.nodes[parent.node];
        node.column = split.column as u32;
        node.first = split.first;
        node.children = [nodes as u32, nodes as u32 + 1];

        let open =
            |node, from, to, total| Open { node, depth, from, to, total, cells: Vec::new(), split: None };
        let mut first = open(nodes, parent.from, middle, total);
        let mut second = open(nodes + 1, middle, parent.to, rest);
        if last {
            return [first, second];
        }
        let small_is_first = middle - parent.from <= parent.to - middle;
        let (small, large) =
            if small_is_first { (&mut first, &mut second) } else { (&mut second, &mut first) };
        small.cells = self.histogram(small.from, small.to);
        large.cells = parent.cells;
        for (cell, &less) in large.cells.iter_mut().zip(&small.cells) {
            *cell = cell.minus(less);
        }
        for child in [small, large] {
            child.split = self.best_split(&child.cells, child.total);
        }
        [first, second]
    }

    /// Moves the rows of the first child to the front, keeping the order on both sides; returns where the second one's begin.
    fn partition(&mut self, from: usize, to: usize, goes_first: impl Fn(u32) -> bool) -> usize {
        let (mut at, mut late) = (from, 0);
        for k in from..to {
            let (row, slopes) = (self.rows[k], self.slopes[k]);
            // Every row is written to both sides, and the next one overwrites it where it does not belong:
            // this avoids a branch that is mispredicted half of the time. An overwritten position has always
            // been read before.
            let first = goes_first(row);
            self.rows[at] = row;
            self.slopes[at] = slopes;
            self.later[late] = (row, slopes);
            at += usize::from(first);
            late += usize::from(!first);
        }
        for (k, &(row, slopes)) in (at..to).zip(&self.later[..late]) {
            self.rows[k] = row;
            self.slopes[k] = slopes;
        }
        at
    }

    /// The same without their gradients and hessians.
    fn partition_rows(&mut self, from: usize, to: usize, goes_first: impl Fn(u32) -> bool) -> usize {
        let (mut at, mut late) = (from, 0);
        for k in from..to {
            let row = self.rows[k];
            let first = goes_first(row);
            self.rows[at] = row;
            self.later[late].0 = row;
            at += usize::from(first);
            late += usize::from(!first);
        }
        self.rows[at..to].iter_mut().zip(&self.later[..late]).for_each(|(row, later)| *row = later.0);
        at
    }

    fn histogram(&self, from: usize, to: usize) -> Vec<GradientSums> {
        let mut cells = vec![GradientSums::default(); self.stride * self.data.columns.len()];
        let width = SIDE_BY_SIDE * self.stride;
        let count = |(quad, cells): (usize, &mut [GradientSums])| {
            for (cells, counted) in cells.chunks_exact_mut(self.stride).zip(self.count(from, to, quad)) {
                cells.copy_from_slice(&counted[..self.stride]);
            }
        };
        if (to - from) * self.data.columns.len() < WORTH_SHARING {
            cells.chunks_mut(width).enumerate().for_each(count);
        } else {
            cells.par_chunks_mut(width).enumerate().for_each(count);
        }
        cells
    }

    /// The cells of [`SIDE_BY_SIDE`] columns, which hold the rows of a leaf. As many as there are codes, they need no check of their
    /// bounds, and they stay in the core's own cache.
    fn count(&self, from: usize, to: usize, quad: usize) -> [[GradientSums; CODES]; SIDE_BY_SIDE] {
        let mut cells = [[GradientSums::default(); CODES]; SIDE_BY_SIDE];
        let codes = self.quads.group(quad);
        for (&row, &slopes) in self.rows[from..to].iter().zip(&self.slopes[from..to]) {
            let [a, b, c, d] = codes[row as usize];
            let [of_a, of_b, of_c, of_d] = &mut cells;
            add(of_a, a, slopes);
            add(of_b, b, slopes);
            add(of_c, c, slopes);
            add(of_d, d, slopes);
        }
        cells
    }

    fn best_split(&self, cells: &[GradientSums], total: GradientSums) -> Option<Split> {
        if self.units.cell(total).rows < 2 * self.params.min_rows as u64 {
            return None;
        }
        let mut best: Option<Split> = None;
        for (at, column) in self.data.columns.iter().enumerate() {
            let cells = &cells[at * self.stride..][..usize::from(column.bins)];
            if let Some((gain, first)) = self.split_of(cells, column.ordered, total)
                && best.is_none_or(|b| gain > b.gain)
            {
                best = Some(Split { gain, column: at, first });
            }
        }
        best
    }

    /// The best split of one column: its gain, and the codes that go to the first child.
    fn split_of(&self, cells: &[GradientSums], ordered: bool, total: GradientSums) -> Option<(f64, u128)> {
        if ordered { self.split_values(cells, total) } else { self.split_levels(cells, total) }
    }

    fn allowed(&self, side: HistogramCell) -> bool {
        side.rows >= self.params.min_rows as u64 && side.hessian >= self.params.min_child_weight
    }

    /// The best split of an ordered column; missing values go to the better side.
    fn split_values(&self, cells: &[GradientSums], total: GradientSums) -> Option<(f64, u128)> {
        let l2 = self.params.l2;
        let whole = self.units.cell(total).score(l2);
        let (&missing, values) = cells.split_last()?;
        let any_missing = missing != GradientSums::default();
        let mut best = BestSplit::new(l2);
        let mut below = GradientSums::default();
        let fewest = self.params.min_rows as u64;
        for (code, &cell) in values.iter().enumerate().take(values.len().saturating_sub(1)) {
            below = below.plus(cell);
            if cell == GradientSums::default() && code > 0 {
                continue;
            }
            if self.units.rows(total.minus(below)) < fewest {
                break;
            }
            for with_missing in [false, true] {
                if with_missing && !any_missing {
                    break;
                }
                let sums = if with_missing { below.plus(missing) } else { below };
                let [first, second] = [sums, total.minus(sums)].map(|sums| self.units.cell(sums));
                if !self.allowed(first) || !self.allowed(second) {
                    continue;
                }
                best.offer(first, second, || {
                    // If no missing values reach this node, they go with the majority.
                    let takes_missing = with_missing || !any_missing && first.rows > second.rows;
                    let set = (1_u128 << (code + 1)) - 1;
                    set | u128::from(takes_missing) << values.len()
                });
            }
        }
        best.found(whole)
    }

    /// The best partition of levels: a prefix in the order of mean gradient (Fisher 1958), with missing as
    /// one of the levels; levels absent from this node go with the majority.
    fn split_levels(&self, cells: &[GradientSums], total: GradientSums) -> Option<(f64, u128)> {
        let mut places = [0; CODES];
        let mut number = 0;
        for (level, &cell) in cells.iter().enumerate().filter(|(_, cell)| **cell != GradientSums::default()) {
            let cell = self.units.cell(cell);
            places[number] = placed(cell.gradient / (cell.hessian + LEVEL_SMOOTHING), level);
            number += 1;
        }
        let order = &mut places[..number];
        order.sort_unstable();
        let level_of = |place: &u64| *place as usize % CODES;
        // Choosing among many partitions overfits, so levels pay a higher penalty (`LightGBM`'s `cat_l2`).
        let l2 = if order.len() > 4 { self.params.l2 + LEVEL_SMOOTHING } else { self.params.l2 };
        let whole = self.units.cell(total).score(l2);
        let came: u128 = order.iter().fold(0, |set, place| set | 1 << level_of(place));
        let mut best = BestSplit::new(l2);
        let (mut sums, mut set) = (GradientSums::default(), 0_u128);
        for level in order.iter().take(order.len().saturating_sub(1)).map(level_of) {
            sums = sums.plus(cells[level]);
            set |= 1 << level;
            let [first, second] = [sums, total.minus(sums)].map(|sums| self.units.cell(sums));
            if !self.allowed(first) || !self.allowed(second) {
                continue;
            }
            best.offer(first, second, || if first.rows > second.rows { set | !came } else { set });
        }
        best.found(whole)
    }
}

/// A number whose order is that of the means, of equal means that of the levels; the level stands in the lowest bits. Means that
/// differ by less than one part in 10^13 count as equal.
fn placed(mean: f64, level: usize) -> u64 {
    let bits = mean.to_bits();
    let ascending = if mean.is_sign_negative() { !bits } else { bits | 1 << 63 };
    ascending & !(CODES as u64 - 1) | level as u64
}

/// The best of the splits of a column.
///
/// The score of a split, `g²/(h + l2)` of both sides, is kept as a fraction and compared crosswise: a division for each bin took a
/// fifth of the time of a fit.
struct BestSplit {
    l2: f64,
    /// Numerator and denominator of the score, and the codes that go to the first child.
    best: Option<(f64, f64, u128)>,
}

impl BestSplit {
    fn new(l2: f64) -> Self {
        Self { l2, best: None }
    }

    /// Takes a split if its score is above that of all before.
    fn offer(&mut self, first: HistogramCell, second: HistogramCell, set: impl FnOnce() -> u128) {
        let (one, other) = (first.hessian + self.l2, second.hessian + self.l2);
        let sum = first.gradient * first.gradient * other + second.gradient * second.gradient * one;
        let product = one * other;
        if self.best.is_none_or(|(known, of, _)| sum * of > known * product) {
            self.best = Some((sum, product, set()));
        }
    }

    /// The gain over the score of the whole node, if there is one, and the codes.
    fn found(self, whole: f64) -> Option<(f64, u128)> {
        let (sum, product, set) = self.best?;
        let gain = sum / product - whole;
        (gain > SMALLEST_GAIN).then_some((gain, set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_placed_by_their_means() {
        let means = [0.5, -2.0, 0.0, -0.0, 0.5, 1e-300, -1e-300];
        let mut places: Vec<u64> =
            means.iter().enumerate().map(|(level, &mean)| placed(mean, level)).collect();
        places.sort_unstable();
        let order: Vec<usize> = places.iter().map(|place| *place as usize % CODES).collect();
        assert_eq!(order, [1, 6, 3, 2, 5, 0, 4]);
    }
}
