//! Each column's contribution to the prediction: path-dependent Shapley values of the trees.
//!
//! A leaf's game has one player per column on its path. Its payoff depends only on which of these columns
//! agree with the path, so the payoffs of all 2^d outcomes are computed once and looked up for every row (the
//! idea of Yang 2021, "Fast `TreeSHAP`"). The game itself is that of Lundberg et al. 2020 ("From local
//! explanations to global understanding with explainable AI for trees"): a column outside the coalition
//! follows both branches in proportion to the training rows.

use rayon::prelude::*;

use super::{BLOCK, DEEPEST, quads::CODES, tree::Tree};
use crate::model::binned::Binned;

/// The number of sets of agreeing players.
const OUTCOMES: usize = 1 << DEEPEST;

/// A column on the path to a leaf.
#[derive(Debug, Clone)]
struct Player {
    column: usize,
    /// For each code, the player's place in a set of agreeing ones if the code agrees with the path, else 0.
    agrees: [u8; CODES],
    /// Its Shapley value for each set of agreeing players.
    payments: [f64; OUTCOMES],
}

/// All games of one tree.
#[derive(Debug, Clone)]
pub(super) struct TreeGames {
    /// The players of each leaf, one for each column on its path.
    games: Vec<Vec<Player>>,
    /// The tree's expected value without knowledge of the row.
    expected: f64,
}

/// The contributions of the columns to the raw predictions of trees.
#[derive(Debug, Clone)]
pub struct Explainer {
    games: Vec<TreeGames>,
    columns: Vec<usize>,
    expected: f64,
}

impl Explainer {
    /// * `columns`: those that have contributions, ascending.
    /// * `base`: the constant term of the trees.
    pub(super) fn new(games: Vec<TreeGames>, columns: Vec<usize>, base: f64) -> Self {
        let expected = base + games.iter().map(|game| game.expected).sum::<f64>();
        Self { games, columns, expected }
    }

    /// The columns that have contributions, ascending.
    #[must_use]
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The expected raw prediction without knowledge of the row.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.expected
    }

    /// Each column's contribution to the raw predictions, `rows x columns`. With [`Explainer::expected`] they sum to the
    /// predictions.
    #[must_use]
    pub fn contributions(&self, data: &Binned) -> Vec<f64> {
        let width = self.columns.len();
        let mut parts = vec![0.0; data.rows * width];
        if width == 0 {
            return parts;
        }
        parts.par_chunks_mut(BLOCK * width).enumerate().for_each(|(block, parts)| {
            let rows = parts.len() / width;
            let (mut agreeing, mut sums) = (vec![0; rows], vec![0.0; parts.len()]);
            for games in &self.games {
                games.add(data, block * BLOCK, &self.columns, &mut sums, &mut agreeing);
            }
            for (row, parts) in parts.chunks_exact_mut(width).enumerate() {
                parts.iter_mut().zip(sums.chunks_exact(rows)).for_each(|(part, sums)| *part = sums[row]);
            }
        });
        parts
    }
}

impl TreeGames {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut all = Self { games: Vec::new(), expected: 0.0 };
        all.walk(tree, 0, &[]);
        all
    }

    /// * `path`: the columns so far, with the codes that stay on the path and the share of rows that do.
    fn walk(&mut self, tree: &Tree, at: usize, path: &[(usize, u128, f64)]) {
        let node = &tree.nodes[at];
        if node.is_leaf() {
            self.expected += node.value * path.iter().map(|p| p.2).product::<f64>();
            if !path.is_empty() {
                self.games.push(players(node.value, path));
            }
            return;
        }
        let column = node.column as usize;
        for (child, set) in node.children.into_iter().zip([node.first, !node.first]) {
            let share = tree.nodes[child as usize].cover / node.cover;
            let mut longer = path.to_vec();
            if let Some(known) = longer.iter_mut().find(|p| p.0 == column) {
                known.1 &= set;
                known.2 *= share;
            } else {
                longer.push((column, set, share));
            }
            self.walk(tree, child as usize, &longer);
        }
    }

    /// Adds each column's contribution for some rows.
    ///
    /// * `first`: the first of the rows.
    /// * `columns`: those that have contributions, ascending.
    /// * `sums`: contributions, column after column, each with those of all rows.
    /// * `agreeing`: a reused buffer, one element per row.
    fn add(&self, data: &Binned, first: usize, columns: &[usize], sums: &mut [f64], agreeing: &mut [u8]) {
        let rows = agreeing.len();
        for players in &self.games {
            agreeing.fill(0);
            for Player { column, agrees, .. } in players {
                let codes = &data.columns[*column].codes[first..];
                agreeing
                    .iter_mut()
                    .zip(codes)
                    .for_each(|(set, &code)| *set |= agrees[usize::from(code) % CODES]);
            }
            for Player { column, payments, .. } in players {
                let Ok(place) = columns.binary_search(column) else { continue };
                let sums = &mut sums[place * rows..][..rows];
                let paid = sums.iter_mut().zip(&*agreeing);
                paid.for_each(|(sum, &set)| *sum += payments[usize::from(set) % OUTCOMES]);
            }
        }
    }
}

/// The players of a leaf's game.
///
/// * `path`: their columns, with the codes that stay on the path and the share of rows that do.
fn players(value: f64, path: &[(usize, u128, f64)]) -> Vec<Player> {
    let d = path.len();
    // |S|! (d - |S| - 1)! / d!, by the size of S
    let weight: Vec<f64> =
        (0..d).map(|s| (1..=s).map(|k| k as f64 / (d - k) as f64).product::<f64>() / d as f64).collect();
    let mut players: Vec<Player> = path
        .iter()
        .enumerate()
        .map(|(place, &(column, set, _))| Player {
            column,
            agrees: std::array::from_fn(|code| u8::from(set >> code & 1 == 1) << place),
            payments: [0.0; OUTCOMES],
        })
        .collect();
    for agreeing in 0..1_usize << d {
        for (place, player) in players.iter_mut().enumerate() {
            let agrees = f64::from(u8::from(agreeing >> place & 1 == 1));
            let mut part = 0.0;
            // Coalitions of agreeing columns only: with a disagreeing one, the leaf's payoff is 0.
            let others = agreeing & !(1 << place);
            let mut coalition = others;
            loop {
                let outside: f64 =
                    (0..d).filter(|&k| k != place && coalition >> k & 1 == 0).map(|k| path[k].2).product();
                part += weight[coalition.count_ones() as usize] * outside;
                if coalition == 0 {
                    break;
                }
                coalition = (coalition - 1) & others;
            }
            player.payments[agreeing] = value * part * (agrees - path[place].2);
        }
    }
    players
}
