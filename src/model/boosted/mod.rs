//! Gradient boosted trees on histograms: the learner behind surrogate, challenger, propensity and reference.
//!
//! Newton boosting as in Chen & Guestrin 2016 ("`XGBoost`"), leaf-wise growth on histograms as in Ke et al.
//! 2017 ("`LightGBM`"). Sums are integers, so the same rows give the same trees on any number of threads. Of more than
//! [`MANY_CLASSES`] classes, a round grows one tree for all of them on a random sum of their gradients (Iosipovici & Vakhrushev
//! 2022, "`SketchBoost`").

mod contribution;
mod leaves;
mod quads;
mod screen;
mod tree;

use std::borrow::Cow;

use rayon::prelude::*;

pub use self::contribution::Explainer;
use self::{
    contribution::TreeGames,
    leaves::{LeafSets, MOST_LEAVES},
    screen::Screen,
    tree::{Grower, LeafRows, Tree},
};
use super::{
    binned::Binned,
    folds::mix,
    loss::{logit, sigmoid, softmax},
};
use crate::{cached::cached, stats::Undefined, summary::WIDE};

/// The maximum depth: a leaf's game (see `contribution`) has 2^depth outcomes.
pub const DEEPEST: usize = 6;

/// With more classes than this, one tree a round serves all of them.
pub const MANY_CLASSES: usize = 20;

/// Gradients of many classes that a fit computes at most, over all rounds; the fewest rounds, and their largest shrinkage.
const MOST_GRADIENTS: usize = 30_000_000;
const FEWEST_ROUNDS: usize = 12;
const LARGEST_RATE: f64 = 0.4;

/// With early stopping, one row in this many is held out.
const HELD_OUT: u64 = 5;

/// Rows that one thread predicts at a time.
const BLOCK: usize = 1024;

/// The loss to minimise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Log loss of a probability; targets lie in `0..=1`, raw predictions are log-odds.
    Logistic,
    /// Half the squared error; raw predictions are values.
    Squared,
    /// Multiclass log loss; targets are class indices, raw predictions are log-weights, one per class.
    Multinomial {
        /// The number of classes.
        classes: usize,
    },
}

cached!(enum Loss { Logistic, Squared, Multinomial { classes } });

/// How the trees grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// Maximum number of rounds.
    pub trees: usize,
    /// Shrinkage of each tree's prediction.
    pub learning_rate: f64,
    /// Maximum number of leaves of a tree; never more than 32.
    pub leaves: usize,
    /// Maximum number of splits from root to leaf; never more than [`DEEPEST`].
    pub depth: usize,
    /// Added to the hessian of a leaf.
    pub l2: f64,
    /// Minimum hessian of a leaf.
    pub min_child_weight: f64,
    /// Minimum number of rows of a leaf.
    pub min_rows: usize,
    /// Stops after this many rounds without improvement on held-out rows (every fifth, by a hash of its
    /// index).
    pub patience: Option<usize>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            trees: 60,
            learning_rate: 0.12,
            leaves: 12,
            depth: 4,
            l2: 1.0,
            min_child_weight: 1e-3,
            min_rows: 20,
            patience: None,
        }
    }
}

/// The training target: one value per row, and optionally weights and initial raw predictions.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The targets; their meaning depends on the [`Loss`].
    pub y: &'a [f64],
    /// Weight of each row; all 1 when absent.
    pub weight: Option<&'a [f64]>,
    /// Initial raw predictions, one per row (not for several classes). They are not part of the model's
    /// predictions.
    pub offset: Option<&'a [f64]>,
}

impl<'a> Target<'a> {
    /// Targets with equal weights.
    #[must_use]
    pub fn new(y: &'a [f64]) -> Self {
        Self { y, weight: None, offset: None }
    }
}

/// Boosted trees.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    loss: Loss,
    /// The constant term, one per class.
    base: Vec<f64>,
    /// Round after round, class after class.
    trees: Vec<Tree>,
    /// The number of columns of the fit.
    columns: usize,
}

cached!(struct Boosted { loss, base, trees, columns });

impl Boosted {
    /// Fits the model to all rows.
    ///
    /// # Errors
    ///
    /// [`Undefined::Empty`] without rows, [`Undefined::BinMismatch`] when the numbers of rows and targets
    /// differ.
    pub fn fit(data: &Binned, target: Target<'_>, loss: Loss, params: &Params) -> Result<Self, Undefined> {
        if data.rows == 0 {
            return Err(Undefined::Empty);
        }
        let lengths = [Some(target.y), target.weight, target.offset];
        if lengths.into_iter().flatten().any(|values| values.len() != data.rows) {
            return Err(Undefined::BinMismatch);
        }
        let (depth, leaves) = (params.depth.min(DEEPEST), params.leaves.min(MOST_LEAVES));
        let params = Params { leaves, depth, ..*params }.for_outputs(loss.outputs(), data.rows);
        let held_out = |row: usize| params.patience.is_some() && mix(row as u64).is_multiple_of(HELD_OUT);
        let learn: Vec<u32> = (0..data.rows).filter(|&r| !held_out(r)).map(|r| r as u32).collect();
        let check: Vec<usize> = (0..data.rows).filter(|&r| held_out(r)).collect();
        if learn.is_empty() {
            return Err(Undefined::Empty);
        }

        let outputs = loss.outputs();
        let base = loss.start(&target, &learn);
        let mut model = Self { loss, base, trees: Vec::new(), columns: data.columns.len() };
        let mut raw: Vec<f64> = (0..data.rows)
            .flat_map(|r| model.base.iter().map(move |b| b + target.offset.map_or(0.0, |o| o[r])))
            .collect();
        let mut best = (loss.value(&target, &raw, &check), 0);
        let mut screen = Screen::new(data);
        let zeros = || vec![0.0; learn.len() * outputs];
        let mut slopes = Slopes { gradient: zeros(), hessian: zeros(), rows: learn.len(), outputs };
        for round in 1..=params.trees {
            loss.derivatives(&target, &raw, &learn, &mut slopes);
            screen.renew(round, &params, &learn, &slopes);
            let grown = if model.is_shared() {
                vec![slopes.shared_tree(&screen, &params, &learn, round)]
            } else {
                (0..outputs).map(|output| slopes.tree(&screen, &params, &learn, output)).collect()
            };
            let mut grew = false;
            if let Some((_, leaves)) = grown.last() {
                screen.keep(round, leaves);
            }
            for (output, (tree, leaves)) in grown.into_iter().enumerate() {
                grew |= tree.nodes.len() > 1;
                for leaf in leaves {
                    let values = tree.by_class.get(leaf.node * outputs..(leaf.node + 1) * outputs);
                    for row in leaf.rows {
                        let raw = &mut raw[row as usize * outputs..][..outputs];
                        match values {
                            Some(values) => raw.iter_mut().zip(values).for_each(|(raw, v)| *raw += v),
                            None => raw[output] += leaf.value,
                        }
                    }
                }
                for &row in &check {
                    let raw = &mut raw[row * outputs..][..outputs];
                    if model.is_shared() {
                        raw.iter_mut().zip(tree.values(data, row)).for_each(|(raw, v)| *raw += v);
                    } else {
                        raw[output] += tree.value(data, row);
                    }
                }
                model.trees.push(tree);
            }
            if !grew {
                break;
            }
            if let Some(patience) = params.patience {
                let value = loss.value(&target, &raw, &check);
                if value < best.0 - 1e-9 {
                    best = (value, round);
                } else if round - best.1 >= patience {
                    break;
                }
            }
        }
        if params.patience.is_some() && !check.is_empty() {
            model.trees.truncate(best.1 * model.trees_a_round());
        }
        Ok(model)
    }

    /// Raw predictions (log-odds, values or log-weights), `rows x outputs`, without the offset of the fit.
    #[must_use]
    pub fn raw(&self, data: &Binned) -> Vec<f64> {
        let outputs = self.base.len();
        let mut raw = vec![0.0; data.rows * outputs];
        let trees: Vec<LeafSets<'_>> = self.trees.iter().map(LeafSets::of).collect();
        raw.par_chunks_mut(BLOCK * outputs).enumerate().for_each(|(block, raw)| {
            for answers in raw.chunks_exact_mut(outputs) {
                answers.copy_from_slice(&self.base);
            }
            let mut left = vec![0; raw.len() / outputs];
            for (at, tree) in trees.iter().enumerate() {
                tree.add(data, block * BLOCK, raw, (outputs, at % self.trees_a_round()), &mut left);
            }
        });
        raw
    }

    /// Predictions: probabilities (logistic), values (squared) or class probabilities (`rows x classes`).
    #[must_use]
    pub fn predict(&self, data: &Binned) -> Vec<f64> {
        let mut answers = self.raw(data);
        match self.loss {
            Loss::Logistic => answers.iter_mut().for_each(|a| *a = sigmoid(*a)),
            Loss::Squared => {}
            Loss::Multinomial { classes } => answers.chunks_exact_mut(classes).for_each(softmax),
        }
        answers
    }

    /// The columns that have contributions: all of a usual table, of a wide one those that a tree splits.
    fn contributing(&self) -> Vec<usize> {
        let mut is_read = vec![self.columns <= WIDE; self.columns];
        let nodes = self.trees.iter().flat_map(|tree| &tree.nodes);
        nodes.filter(|node| !node.is_leaf()).for_each(|node| is_read[node.column as usize] = true);
        (0..self.columns).filter(|&column| is_read[column]).collect()
    }

    /// What explains the raw predictions of any rows by their columns.
    ///
    /// * `output`: the class, or 0.
    #[must_use]
    pub fn explainer(&self, output: usize) -> Explainer {
        let games = if self.is_shared() {
            self.trees.iter().map(|tree| TreeGames::of(&tree.of_class(output))).collect()
        } else {
            self.trees.iter().skip(output).step_by(self.base.len()).map(TreeGames::of).collect()
        };
        Explainer::new(games, self.contributing(), self.base[output])
    }

    /// The number of raw predictions per row: classes, or 1.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.base.len()
    }

    /// The number of trees kept.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// Whether a round grows one tree for all classes.
    fn is_shared(&self) -> bool {
        self.base.len() > MANY_CLASSES
    }

    fn trees_a_round(&self) -> usize {
        if self.is_shared() { 1 } else { self.base.len() }
    }
}

impl Params {
    /// The same with fewer rounds and less shrinkage where the gradients of many classes would take too long.
    fn for_outputs(self, outputs: usize, rows: usize) -> Self {
        if outputs <= MANY_CLASSES {
            return self;
        }
        let rounds = (MOST_GRADIENTS / (outputs * rows)).max(FEWEST_ROUNDS);
        if rounds >= self.trees {
            return self;
        }
        let rate = self.learning_rate * (self.trees as f64 / rounds as f64).sqrt();
        Self { trees: rounds, learning_rate: rate.min(LARGEST_RATE), ..self }
    }
}

/// Gradients and hessians of the rows to learn from: output after output, but row after row where one tree serves all outputs.
struct Slopes {
    gradient: Vec<f64>,
    hessian: Vec<f64>,
    rows: usize,
    outputs: usize,
}

impl Slopes {
    fn of(&self, output: usize) -> (Cow<'_, [f64]>, Cow<'_, [f64]>) {
        if self.outputs > MANY_CLASSES {
            let of = |values: &[f64]| values.iter().skip(output).step_by(self.outputs).copied().collect();
            return (Cow::Owned(of(&self.gradient)), Cow::Owned(of(&self.hessian)));
        }
        let part = output * self.rows..(output + 1) * self.rows;
        (Cow::Borrowed(&self.gradient[part.clone()]), Cow::Borrowed(&self.hessian[part]))
    }

    /// A tree of one output.
    fn tree(
        &self,
        screen: &Screen<'_>,
        params: &Params,
        learn: &[u32],
        output: usize,
    ) -> (Tree, Vec<LeafRows>) {
        let (gradient, hessian) = self.of(output);
        let (mut tree, leaves) =
            Grower::new(screen.used(), params, learn.to_vec(), &gradient, &hessian).grow();
        screen.name(&mut tree);
        (tree, leaves)
    }

    /// A tree of all classes: its splits follow the sum of their gradients under random signs, which are drawn anew in each
    /// round; each leaf then has a value for each class.
    fn shared_tree(
        &self,
        screen: &Screen<'_>,
        params: &Params,
        learn: &[u32],
        round: usize,
    ) -> (Tree, Vec<LeafRows>) {
        let signs: Vec<f64> = (0..self.outputs)
            .map(|output| if mix((round * self.outputs + output) as u64) & 1 == 0 { 1.0 } else { -1.0 })
            .collect();
        let signed =
            |gradient: &[f64]| gradient.iter().zip(&signs).fold(0.0, |sum, (g, sign)| sum + sign * g);
        let gradient: Vec<f64> = self.gradient.par_chunks(self.outputs).map(signed).collect();
        let added = |hessian: &[f64]| hessian.iter().fold(0.0, |sum, h| sum + h);
        let hessian: Vec<f64> = self.hessian.par_chunks(self.outputs).map(added).collect();
        let (mut tree, leaves) =
            Grower::new(screen.used(), params, learn.to_vec(), &gradient, &hessian).grow();
        screen.name(&mut tree);
        let mut place = vec![0; learn.last().map_or(0, |&row| row as usize + 1)];
        learn.iter().enumerate().for_each(|(k, &row)| place[row as usize] = k);
        tree.by_class = vec![0.0; tree.nodes.len() * self.outputs];
        let values = leaves.par_iter().map(|leaf| {
            let mut sums = (vec![0.0; self.outputs], vec![0.0; self.outputs]);
            for &row in &leaf.rows {
                let part = place[row as usize] * self.outputs..(place[row as usize] + 1) * self.outputs;
                sums.0.iter_mut().zip(&self.gradient[part.clone()]).for_each(|(sum, g)| *sum += g);
                sums.1.iter_mut().zip(&self.hessian[part]).for_each(|(sum, h)| *sum += h);
            }
            let value = |(gradient, hessian)| -params.learning_rate * gradient / (hessian + params.l2);
            sums.0.into_iter().zip(sums.1).map(value).collect::<Vec<f64>>()
        });
        let values: Vec<Vec<f64>> = values.collect();
        for (leaf, values) in leaves.iter().zip(values) {
            tree.by_class[leaf.node * self.outputs..][..self.outputs].copy_from_slice(&values);
        }
        (tree, leaves)
    }
}

impl Loss {
    fn outputs(self) -> usize {
        if let Self::Multinomial { classes } = self { classes.max(1) } else { 1 }
    }

    /// The best constant prediction, one per class.
    fn start(self, target: &Target<'_>, rows: &[u32]) -> Vec<f64> {
        let weight = |r: usize| target.weight.map_or(1.0, |w| w[r]);
        let total: f64 = rows.iter().map(|&r| weight(r as usize)).sum();
        let mean_of = |value: &dyn Fn(usize) -> f64| {
            rows.iter().map(|&r| weight(r as usize) * value(r as usize)).sum::<f64>() / total.max(1e-300)
        };
        match self {
            Self::Squared => vec![mean_of(&|r| target.y[r] - target.offset.map_or(0.0, |o| o[r]))],
            Self::Multinomial { classes } => (0..classes.max(1))
                .map(|class| {
                    let share = mean_of(&|r| f64::from(u8::from(target.y[r] as usize == class)));
                    // Add half a row, so that the logarithm exists for a class without rows.
                    ((share * total + 0.5) / (total + 0.5 * classes as f64)).ln()
                })
                .collect(),
            Self::Logistic => {
                let floor = 0.5 / total.max(1.0);
                let mean = mean_of(&|r| target.y[r]).clamp(floor.min(0.5), 1.0 - floor.min(0.5));
                let Some(offset) = target.offset else {
                    return vec![logit(mean)];
                };
                // Newton's method for the constant beside an offset; the sum is concave, so a dozen steps
                // suffice.
                let mut constant = 0.0;
                for _ in 0..12 {
                    let slope = mean - mean_of(&|r| sigmoid(constant + offset[r]));
                    let curve = mean_of(&|r| {
                        let p = sigmoid(constant + offset[r]);
                        p * (1.0 - p)
                    });
                    constant += (slope / curve.max(1e-6)).clamp(-2.0, 2.0);
                }
                vec![constant]
            }
        }
    }

    /// Gradients and hessians of the given rows, in the order of [`Slopes`].
    fn derivatives(self, target: &Target<'_>, raw: &[f64], rows: &[u32], into: &mut Slopes) {
        let outputs = self.outputs();
        let Slopes { gradient, hessian, .. } = into;
        if outputs > MANY_CLASSES {
            // Each row writes its probabilities where its gradients will stand.
            let parts = gradient.par_chunks_mut(outputs).zip(hessian.par_chunks_mut(outputs)).zip(rows);
            parts.for_each(|((gradient, hessian), &row)| {
                let row = row as usize;
                let (y, weight) = (target.y[row], target.weight.map_or(1.0, |w| w[row]));
                gradient.copy_from_slice(&raw[row * outputs..][..outputs]);
                softmax(gradient);
                for (class, (g, h)) in gradient.iter_mut().zip(hessian).enumerate() {
                    let p = *g;
                    let hit = f64::from(u8::from(y as usize == class));
                    *g = weight * (p - hit);
                    *h = weight * (p * (1.0 - p)).max(1e-9);
                }
            });
            return;
        }
        for (k, &row) in rows.iter().enumerate() {
            let row = row as usize;
            let (y, weight) = (target.y[row], target.weight.map_or(1.0, |w| w[row]));
            match self {
                Self::Squared => {
                    gradient[k] = weight * (raw[row] - y);
                    hessian[k] = weight;
                }
                Self::Logistic => {
                    let p = sigmoid(raw[row]);
                    gradient[k] = weight * (p - y);
                    hessian[k] = weight * (p * (1.0 - p)).max(1e-9);
                }
                Self::Multinomial { .. } => {
                    let mut shares = raw[row * outputs..][..outputs].to_vec();
                    softmax(&mut shares);
                    for (class, &p) in shares.iter().enumerate() {
                        let hit = f64::from(u8::from(y as usize == class));
                        gradient[class * rows.len() + k] = weight * (p - hit);
                        hessian[class * rows.len() + k] = weight * (p * (1.0 - p)).max(1e-9);
                    }
                }
            }
        }
    }

    /// The weighted mean loss of the given rows; infinite without rows.
    fn value(self, target: &Target<'_>, raw: &[f64], rows: &[usize]) -> f64 {
        if rows.is_empty() {
            return f64::INFINITY;
        }
        let outputs = self.outputs();
        let (mut sum, mut total) = (0.0, 0.0);
        for &row in rows {
            let (y, weight) = (target.y[row], target.weight.map_or(1.0, |w| w[row]));
            let loss = match self {
                Self::Squared => (raw[row] - y) * (raw[row] - y) / 2.0,
                Self::Logistic => {
                    let s = raw[row];
                    s.max(0.0) + (-s.abs()).exp().ln_1p() - y * s
                }
                Self::Multinomial { .. } => {
                    let mut shares = raw[row * outputs..][..outputs].to_vec();
                    softmax(&mut shares);
                    -shares.get(y as usize).copied().unwrap_or(0.0).max(1e-15).ln()
                }
            };
            sum += weight * loss;
            total += weight;
        }
        sum / total
    }
}

#[cfg(test)]
mod tests;
