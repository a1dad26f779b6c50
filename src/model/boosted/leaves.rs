//! Which leaf of a tree each of many rows comes to, without walking.
//!
//! A column that the tree splits has, for each of its codes, the set of leaves that a row with this code can still come to. What the
//! sets of a row's codes have in common is its leaf alone: of any two leaves, the node where their paths part rules out one. The sets
//! are looked up column after column, which needs no guess at where a path goes on. Source: Lucchese et al. 2015, "`QuickScorer`: a
//! fast algorithm to rank documents with additive ensembles of regression trees", with tables by code in place of their thresholds.

use super::{quads::CODES, tree::Tree};
use crate::model::binned::Binned;

/// The maximum number of leaves of a tree: a set of them is a number.
pub(super) const MOST_LEAVES: usize = u32::BITS as usize;

/// The leaves of a tree by the codes of its columns.
pub(super) struct LeafSets<'a> {
    tree: &'a Tree,
    /// The index of each leaf among the nodes.
    nodes: Vec<usize>,
    /// What each leaf adds to the raw prediction.
    values: [f64; MOST_LEAVES],
    /// The split columns, each with the leaves that its codes leave.
    columns: Vec<(usize, [u32; CODES])>,
}

impl<'a> LeafSets<'a> {
    pub(super) fn of(tree: &'a Tree) -> Self {
        let nodes: Vec<usize> = (0..tree.nodes.len()).filter(|&at| tree.nodes[at].is_leaf()).collect();
        let mut values = [0.0; MOST_LEAVES];
        let mut below = vec![0_u32; tree.nodes.len()];
        for (leaf, &at) in nodes.iter().enumerate() {
            values[leaf] = tree.nodes[at].value;
            below[at] = 1 << leaf;
        }
        let mut columns: Vec<(usize, [u32; CODES])> = Vec::new();
        // The children of a node follow it.
        for (at, node) in tree.nodes.iter().enumerate().rev().filter(|(_, node)| !node.is_leaf()) {
            let [first, second] = node.children.map(|child| below[child as usize]);
            below[at] = first | second;
            let column = node.column as usize;
            let place = columns.iter().position(|(known, _)| *known == column).unwrap_or_else(|| {
                columns.push((column, [u32::MAX; CODES]));
                columns.len() - 1
            });
            for (code, left) in columns[place].1.iter_mut().enumerate() {
                *left &= if node.first >> code & 1 == 1 { !second } else { !first };
            }
        }
        Self { tree, nodes, values, columns }
    }

    /// Adds the tree's values to the raw predictions of some rows.
    ///
    /// * `first`: the first of the rows.
    /// * `raw`: `rows x outputs`.
    /// * `output`: the output of this tree; one that serves all classes adds to all of them.
    /// * `left`: a reused buffer, one element per row.
    pub(super) fn add(
        &self,
        data: &Binned,
        first: usize,
        raw: &mut [f64],
        (outputs, output): (usize, usize),
        left: &mut [u32],
    ) {
        left.fill(u32::MAX);
        for (column, sets) in &self.columns {
            let codes = &data.columns[*column].codes[first..];
            left.iter_mut().zip(codes).for_each(|(left, &code)| *left &= sets[usize::from(code) % CODES]);
        }
        let leaves = left.iter().map(|left| left.trailing_zeros() as usize);
        if self.tree.by_class.is_empty() {
            let places = raw.iter_mut().skip(output).step_by(outputs);
            places.zip(leaves).for_each(|(raw, leaf)| *raw += self.values[leaf % MOST_LEAVES]);
        } else {
            for (raw, leaf) in raw.chunks_exact_mut(outputs).zip(leaves) {
                let values = &self.tree.by_class[self.nodes[leaf] * outputs..];
                raw.iter_mut().zip(values).for_each(|(raw, v)| *raw += v);
            }
        }
    }
}
