//! Each column's contribution to the prediction: path-dependent Shapley values of the trees.
//!
//! A leaf's game has one player per column on its path. Its payoff depends only on which of these columns
//! agree with the path, so the payoffs of all 2^d outcomes are computed once and looked up for every row (the
//! idea of Yang 2021, "Fast `TreeSHAP`"). The game itself is that of Lundberg et al. 2020 ("From local
//! explanations to global understanding with explainable AI for trees"): a column outside the coalition
//! follows both branches in proportion to the training rows.

use super::{quads::CODES, tree::Tree};
use crate::model::binned::Binned;

/// One leaf's game.
#[derive(Debug, Clone)]
struct Game {
    /// The columns on the path, each once, with the set of codes that agree with the path.
    players: Vec<(usize, u128)>,
    /// Payoffs, `2^players x players`: for each set of agreeing columns, each column's Shapley value.
    payments: Vec<f64>,
}

/// All games of one tree.
#[derive(Debug, Clone)]
pub(super) struct TreeGames {
    games: Vec<Game>,
    /// The tree's expected value without knowledge of the row.
    pub expected: f64,
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
                self.games.push(Game::new(node.value, path));
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
    /// * `place`: where each column's contribution is written to.
    /// * `parts`: contributions, `rows x places`.
    /// * `agreeing`: a reused buffer, one element per row.
    pub(super) fn add(
        &self,
        data: &Binned,
        first: usize,
        place: &[usize],
        parts: &mut [f64],
        agreeing: &mut [u8],
    ) {
        let width = parts.len() / agreeing.len().max(1);
        for game in &self.games {
            agreeing.fill(0);
            for (k, &(column, set)) in game.players.iter().enumerate() {
                // Set membership is tested once per code instead of once per row.
                let bit: [u8; CODES] = std::array::from_fn(|code| u8::from(set >> code & 1 == 1) << k);
                let codes = &data.columns[column].codes[first..];
                for (agreeing, &code) in agreeing.iter_mut().zip(codes) {
                    *agreeing |= bit[usize::from(code) % CODES];
                }
            }
            let players = game.players.len();
            for (&agreeing, parts) in agreeing.iter().zip(parts.chunks_exact_mut(width)) {
                let payments = &game.payments[usize::from(agreeing) * players..][..players];
                for (&(column, _), payment) in game.players.iter().zip(payments) {
                    parts[place[column]] += payment;
                }
            }
        }
    }
}

impl Game {
    fn new(value: f64, path: &[(usize, u128, f64)]) -> Self {
        let d = path.len();
        // |S|! (d - |S| - 1)! / d!, by the size of S
        let weight: Vec<f64> =
            (0..d).map(|s| (1..=s).map(|k| k as f64 / (d - k) as f64).product::<f64>() / d as f64).collect();
        let mut payments = vec![0.0; d << d];
        for agreeing in 0..1_usize << d {
            for player in 0..d {
                let agrees = f64::from(u8::from(agreeing >> player & 1 == 1));
                let mut part = 0.0;
                // Coalitions of agreeing columns only: with a disagreeing one, the leaf's payoff is 0.
                let others = agreeing & !(1 << player);
                let mut coalition = others;
                loop {
                    let outside: f64 = (0..d)
                        .filter(|&k| k != player && coalition >> k & 1 == 0)
                        .map(|k| path[k].2)
                        .product();
                    part += weight[coalition.count_ones() as usize] * outside;
                    if coalition == 0 {
                        break;
                    }
                    coalition = (coalition - 1) & others;
                }
                payments[agreeing * d + player] = value * part * (agrees - path[player].2);
            }
        }
        Self { players: path.iter().map(|p| (p.0, p.1)).collect(), payments }
    }
}
