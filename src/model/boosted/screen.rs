//! The columns that the trees may split: all of a usual table, the most telling ones of a wide one.
//!
//! A histogram of every column at every node makes a fit on a thousand columns a hundred times as slow as one on ten, and most of
//! these columns are never split. So the columns of a wide table are ranked by the gain of their best split of all rows, and the
//! trees grow on the leading ones. The gain follows the gradient: the ranking is renewed as the trees explain more of the target,
//! so that a column which tells something beside the others gets its turn. From the second ranking on, the gains within the leaves
//! of the last tree are added: a column that tells something only together with a leading one is found there. Only the rows of the
//! fit are ranked, never those that the trees are judged on.
//!
//! It is the screening of Fan & Lv 2008 ("Sure independence screening"), iterated on the residuals as in their section 4.

use std::borrow::Cow;

use super::{
    Params, Slopes,
    quads::Quads,
    tree::{Grower, LeafRows, Tree},
};
use crate::{model::binned::Binned, summary::WIDE};

/// The number of columns that are kept.
const KEPT: usize = 64;

/// Rounds before which the columns of a wide table are ranked.
const RANKED_BEFORE: [usize; 4] = [1, 4, 12, 36];

/// Of many classes, the number whose gradients rank the columns, evenly spaced.
const RANKING_OUTPUTS: usize = 8;

/// The columns in use.
pub(super) struct Screen<'a> {
    all: &'a Binned,
    /// The columns that trees are grown on; borrowed where all are.
    used: Cow<'a, Binned>,
    /// Their codes side by side.
    quads: Quads,
    /// Those of all columns of a wide table, which are ranked by them; without columns where all are used.
    all_quads: Quads,
    /// Their places among all columns, ascending; empty where all are used.
    places: Vec<usize>,
    /// The rows of each leaf of the last tree before a ranking.
    leaves: Vec<Vec<u32>>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(all: &'a Binned) -> Self {
        let quads = Quads::of(all);
        let (quads, all_quads) =
            if all.columns.len() > WIDE { (Quads::default(), quads) } else { (quads, Quads::default()) };
        let used = Cow::Borrowed(all);
        Self { all, used, quads, all_quads, places: Vec::new(), leaves: Vec::new() }
    }

    /// The columns for the next trees, also side by side.
    pub(super) fn used(&self) -> (&Binned, &Quads) {
        (&self.used, &self.quads)
    }

    /// Ranks the columns of a wide table again where the round is one of [`RANKED_BEFORE`].
    ///
    /// * `slopes`: those of the rows `learn`.
    pub(super) fn renew(&mut self, round: usize, params: &Params, learn: &[u32], slopes: &Slopes) {
        if self.all.columns.len() <= WIDE || !RANKED_BEFORE.contains(&round) {
            return;
        }
        let mut gain = vec![0.0_f64; self.all.columns.len()];
        let all: Vec<usize> = (0..learn.len()).collect();
        let leaves: Vec<Vec<usize>> = self
            .leaves
            .iter()
            .filter(|rows| rows.len() >= 2 * params.min_rows)
            .map(|rows| rows.iter().filter_map(|row| learn.binary_search(row).ok()).collect())
            .collect();
        for output in (0..slopes.outputs).step_by(slopes.outputs.div_ceil(RANKING_OUTPUTS).max(1)) {
            let (gradient, hessian) = slopes.of(output);
            let mut gains = vec![0.0_f64; gain.len()];
            for part in std::iter::once(&all).chain(&leaves) {
                let of_part = self.gains(params, learn, part, (&gradient, &hessian));
                gains.iter_mut().zip(of_part).for_each(|(sum, g)| *sum += g);
            }
            // A rare class has small gradients: the outputs count alike.
            let most = gains.iter().fold(0.0_f64, |most, &g| most.max(g)).max(f64::MIN_POSITIVE);
            gain.iter_mut().zip(gains).for_each(|(known, g)| *known = known.max(g / most));
        }
        let mut order: Vec<usize> = (0..gain.len()).collect();
        order.sort_by(|&a, &b| gain[b].total_cmp(&gain[a]).then(a.cmp(&b)));
        order.truncate(KEPT);
        order.sort_unstable();
        let used = self.all.take_columns(&order);
        self.quads = Quads::of(&used);
        self.used = Cow::Owned(used);
        self.places = order;
    }

    /// The gain of each column's best split of some rows.
    ///
    /// * `part`: indices into the rows `learn`, which the gradients and hessians are parallel to.
    fn gains(
        &self,
        params: &Params,
        learn: &[u32],
        part: &[usize],
        (gradient, hessian): (&[f64], &[f64]),
    ) -> Vec<f64> {
        let rows = part.iter().map(|&k| learn[k]).collect();
        let of = |values: &[f64]| part.iter().map(|&k| values[k]).collect::<Vec<f64>>();
        Grower::new((self.all, &self.all_quads), params, rows, &of(gradient), &of(hessian)).gains()
    }

    /// Keeps the leaves of the tree that was grown in a round, where the next one ranks the columns.
    pub(super) fn keep(&mut self, round: usize, leaves: &[LeafRows]) {
        if self.all.columns.len() > WIDE && RANKED_BEFORE.contains(&(round + 1)) {
            self.leaves = leaves.iter().map(|leaf| leaf.rows.clone()).collect();
        }
    }

    /// Gives the columns of a tree their numbers among all columns.
    pub(super) fn name(&self, tree: &mut Tree) {
        if !self.places.is_empty() {
            tree.rename(&self.places);
        }
    }
}
