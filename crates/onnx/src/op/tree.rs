//! Tree ensembles: `TreeEnsembleClassifier`, `TreeEnsembleRegressor`, and `TreeEnsemble` of version 5.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::classes::Classes;
use super::scores::{SecondClass, Transform};
use super::tree_layout::{Aggregate, Draft, Ensemble, Real, Rule};
use super::{Kernel, Node};
use crate::value::{Data, Tensor};

pub(super) const ML_TABLE: super::Table = &[
    ("TreeEnsemble", ensemble),
    ("TreeEnsembleClassifier", classifier),
    ("TreeEnsembleRegressor", regressor),
];

/// Trees in the precision of the model, and in double precision once an input needs it.
enum Trees {
    Single(Ensemble<f32>, OnceLock<Ensemble<f64>>),
    Double(Ensemble<f64>),
}

/// Scores of rows before the final transformation.
struct Raw {
    /// `rows x outputs`.
    scores: Vec<f64>,
    /// Whether any leaf contributed to each score.
    reached: Vec<bool>,
    /// Whether base values are added in single precision.
    single: bool,
    rows: usize,
    trees: usize,
}

impl Raw {
    /// Adds in the precision of the trees.
    fn sum(&self, a: f64, b: f64) -> f64 {
        if self.single { f64::from(a as f32 + b as f32) } else { a + b }
    }
}

impl Trees {
    fn new(drafts: &[Draft], roots: &[usize], outputs: usize, double: bool) -> Result<Self, String> {
        Ok(if double {
            Self::Double(Ensemble::new(drafts, roots, outputs)?)
        } else {
            Self::Single(Ensemble::new(drafts, roots, outputs)?, OnceLock::new())
        })
    }

    fn score(&self, x: &Tensor, outputs: usize, aggregate: Aggregate) -> Result<Raw, String> {
        let (rows, columns) = x.rows_and_columns()?;
        let double = |trees: &Ensemble<f64>, x: &[f64]| {
            let (scores, reached) = trees.score(x, columns, outputs, aggregate)?;
            Ok(Raw { scores, reached, single: false, rows, trees: trees.trees() })
        };
        match (self, x.data()) {
            (Self::Single(trees, wide), Data::Double(x)) => double(wide.get_or_init(|| trees.widened()), x),
            (Self::Double(trees), _) => double(trees, &x.doubles()?),
            (Self::Single(trees, _), data) => {
                let converted;
                let x = if let Data::Float(x) = data {
                    x.as_slice()
                } else {
                    converted = x.floats()?;
                    &converted
                };
                let (scores, reached) = trees.score(x, columns, outputs, aggregate)?;
                let scores = scores.into_iter().map(Real::to_double).collect();
                Ok(Raw { scores, reached, single: true, rows, trees: trees.trees() })
            }
        }
    }
}

/// Numbers from an attribute or its tensor variant, which may be double precision.
fn numbers(node: &Node<'_>, name: &str) -> Result<(Vec<f64>, bool), String> {
    match node.tensor(&format!("{name}_as_tensor"))? {
        Some(tensor) => Ok((tensor.doubles()?, matches!(tensor.data(), Data::Double(_)))),
        None => Ok((node.floats(name).iter().map(|&x| f64::from(x)).collect(), false)),
    }
}

fn index(value: i64, what: &str) -> Result<usize, String> {
    usize::try_from(value).map_err(|_| format!("a negative {what}"))
}

/// Reads the trees of the operators up to version 3.
///
/// * `leaf`: the prefix of the leaf attributes: `class` or `target`.
fn read_trees(node: &Node<'_>, leaf: &str, outputs: usize) -> Result<(Trees, Leaves), String> {
    let [trees, ids, features, yes, no] =
        ["nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids"]
            .map(|name| node.integers(name));
    let modes = node.strings("nodes_modes");
    let missing = node.integers("nodes_missing_value_tracks_true");
    let (splits, double_splits) = numbers(node, "nodes_values")?;
    let count = ids.len();
    if [trees.len(), features.len(), yes.len(), no.len(), modes.len(), splits.len()] != [count; 6] {
        return Err("the lists of tree nodes differ in length".into());
    }
    let places: HashMap<(i64, i64), usize> = (0..count).map(|i| ((trees[i], ids[i]), i)).collect();
    let place = |tree: i64, id: i64| {
        places.get(&(tree, id)).copied().ok_or_else(|| format!("tree {tree} has no node {id}"))
    };
    let mut drafts = Vec::with_capacity(count);
    for i in 0..count {
        let rule = Rule::parse(&modes[i])?;
        let child = |id: i64| {
            if rule == Rule::Leaf { Ok(0) } else { place(trees[i], id) }
        };
        drafts.push(Draft {
            rule,
            feature: if rule == Rule::Leaf { 0 } else { index(features[i], "feature")? },
            split: splits[i],
            members: Vec::new(),
            missing_is_yes: missing.get(i) == Some(&1),
            yes: child(yes[i])?,
            no: child(no[i])?,
            weights: Vec::new(),
        });
    }
    let [leaf_trees, leaf_nodes, leaf_outputs] =
        ["treeids", "nodeids", "ids"].map(|name| node.integers(&format!("{leaf}_{name}")));
    let (weights, double_weights) = numbers(node, &format!("{leaf}_weights"))?;
    if [leaf_nodes.len(), leaf_outputs.len(), weights.len()] != [leaf_trees.len(); 3] {
        return Err("the lists of leaves differ in length".into());
    }
    for (i, &weight) in weights.iter().enumerate() {
        let at = place(leaf_trees[i], leaf_nodes[i])?;
        drafts[at].weights.push((index(leaf_outputs[i], "output of a leaf")?, weight));
    }
    // A tree's first node is its root; the nodes of a tree are contiguous.
    let roots: Vec<usize> = (0..count).filter(|&i| i == 0 || trees[i] != trees[i - 1]).collect();
    let leaves = Leaves {
        one_output: leaf_outputs.windows(2).all(|w| w[0] == w[1]),
        none_negative: weights.iter().all(|&w| w >= 0.0),
    };
    Ok((Trees::new(&drafts, &roots, outputs, double_splits || double_weights)?, leaves))
}

/// What onnxruntime infers from the leaves of a binary classifier.
struct Leaves {
    /// All leaves contribute to the same class.
    one_output: bool,
    /// No weight is negative: scores are probabilities rather than margins.
    none_negative: bool,
}

/// The final transformation of a regressor's raw scores.
struct Ending {
    outputs: usize,
    base: Vec<f64>,
    average: bool,
    aggregate: Aggregate,
    transform: Transform,
}

impl Ending {
    fn apply(&self, raw: &mut Raw) {
        let single_output = self.outputs == 1;
        for row in 0..raw.rows {
            let at = row * self.outputs;
            for k in 0..self.outputs {
                let mut score = raw.scores[at + k];
                if self.average {
                    score /= raw.trees.max(1) as f64;
                    score = raw.sum(score, 0.0);
                }
                if let Some(&base) = self.base.get(k) {
                    score = raw.sum(score, base);
                }
                raw.scores[at + k] = score;
            }
            // With a single output onnxruntime applies no transformation except probit.
            if !single_output || self.transform == Transform::Probit {
                self.transform.apply(&mut raw.scores[at..at + self.outputs]);
            }
        }
    }
}

fn regressor(node: &Node<'_>) -> Result<Kernel, String> {
    let outputs = index(node.integer("n_targets").unwrap_or(1), "number of targets")?.max(1);
    let (trees, _) = read_trees(node, "target", outputs)?;
    let (average, aggregate) = match node.string("aggregate_function").as_deref().unwrap_or("SUM") {
        "SUM" => (false, Aggregate::Sum),
        "AVERAGE" => (true, Aggregate::Sum),
        "MIN" => (false, Aggregate::Min),
        "MAX" => (false, Aggregate::Max),
        other => return Err(format!("the aggregate_function {other:?} is unknown")),
    };
    let transform = Transform::parse(node.string("post_transform").as_deref())?;
    let base = Some(numbers(node, "base_values")?.0).filter(|b| b.len() == outputs).unwrap_or_default();
    let ending = Ending { outputs, base, average, aggregate, transform };
    Ok(Box::new(move |inputs| {
        let mut raw = trees.score(inputs.need(0)?, outputs, ending.aggregate)?;
        ending.apply(&mut raw);
        let values = raw.scores.iter().map(|&s| s as f32).collect();
        Ok(vec![Tensor::new(vec![raw.rows, outputs], Data::Float(values))?])
    }))
}

/// Version 5: nodes and leaves are numbered separately, and leaves contain weights only.
fn ensemble(node: &Node<'_>) -> Result<Kernel, String> {
    let outputs = index(node.integer("n_targets").unwrap_or(1), "number of targets")?.max(1);
    let splits = node.tensor("nodes_splits")?.ok_or("nodes_splits is missing")?;
    let modes = node.tensor("nodes_modes")?.ok_or("nodes_modes is missing")?;
    let weights = node.tensor("leaf_weights")?.ok_or("leaf_weights is missing")?;
    let members = node.tensor("membership_values")?.map_or_else(|| Ok(Vec::new()), |t| t.doubles())?;
    let double = matches!(splits.data(), Data::Double(_));
    let (splits, modes, weights) = (splits.doubles()?, modes.integers()?.to_vec(), weights.doubles()?);
    let [features, yes, no, yes_leaf, no_leaf, targets] = [
        "nodes_featureids",
        "nodes_truenodeids",
        "nodes_falsenodeids",
        "nodes_trueleafs",
        "nodes_falseleafs",
        "leaf_targetids",
    ]
    .map(|name| node.integers(name));
    let missing = node.integers("nodes_missing_value_tracks_true");
    let count = features.len();
    if [splits.len(), modes.len(), yes.len(), no.len(), yes_leaf.len(), no_leaf.len()] != [count; 6]
        || targets.len() != weights.len()
    {
        return Err("the lists of tree nodes differ in length".into());
    }
    // NaN terminates each set of members.
    let mut sets = members.split(|m| m.is_nan());
    let mut drafts = Vec::with_capacity(2 * count);
    let leaf = |at: i64| -> Result<Draft, String> {
        let at = index(at, "leaf")?;
        let (target, weight) =
            targets.get(at).zip(weights.get(at)).ok_or_else(|| format!("there is no leaf {at}"))?;
        Ok(Draft {
            rule: Rule::Leaf,
            feature: 0,
            split: 0.0,
            members: Vec::new(),
            missing_is_yes: false,
            yes: 0,
            no: 0,
            weights: vec![(index(*target, "output of a leaf")?, *weight)],
        })
    };
    let mut leaves = Vec::new();
    for i in 0..count {
        let rule = Rule::of_code(modes[i])?;
        let mut child = |is_leaf: i64, at: i64| -> Result<usize, String> {
            if is_leaf == 1 {
                leaves.push(leaf(at)?);
                Ok(count + leaves.len() - 1)
            } else {
                index(at, "node")
            }
        };
        drafts.push(Draft {
            rule,
            feature: index(features[i], "feature")?,
            split: splits[i],
            members: if rule == Rule::Member { sets.next().unwrap_or(&[]).to_vec() } else { Vec::new() },
            missing_is_yes: missing.get(i) == Some(&1),
            yes: child(yes_leaf[i], yes[i])?,
            no: child(no_leaf[i], no[i])?,
            weights: Vec::new(),
        });
    }
    drafts.append(&mut leaves);
    let roots =
        node.integers("tree_roots").iter().map(|&r| index(r, "root")).collect::<Result<Vec<_>, _>>()?;
    let trees = Trees::new(&drafts, &roots, outputs, double)?;
    let (average, aggregate) = match node.integer("aggregate_function").unwrap_or(1) {
        0 => (true, Aggregate::Sum),
        1 => (false, Aggregate::Sum),
        2 => (false, Aggregate::Min),
        3 => (false, Aggregate::Max),
        other => return Err(format!("the aggregate_function {other} is unknown")),
    };
    let transform = match node.integer("post_transform").unwrap_or(0) {
        0 => Transform::None,
        1 => Transform::Softmax,
        2 => Transform::Logistic,
        3 => Transform::SoftmaxZero,
        4 => Transform::Probit,
        other => return Err(format!("the post_transform {other} is unknown")),
    };
    let ending = Ending { outputs, base: Vec::new(), average, aggregate, transform };
    Ok(Box::new(move |inputs| {
        let mut raw = trees.score(inputs.need(0)?, outputs, ending.aggregate)?;
        ending.apply(&mut raw);
        let data = if raw.single {
            Data::Float(raw.scores.iter().map(|&s| s as f32).collect())
        } else {
            Data::Double(std::mem::take(&mut raw.scores))
        };
        Ok(vec![Tensor::new(vec![raw.rows, outputs], data)?])
    }))
}

fn classifier(node: &Node<'_>) -> Result<Kernel, String> {
    let classes = Classes::read(node, "classlabels_int64s")?;
    let outputs = classes.len();
    let (trees, leaves) = read_trees(node, "class", outputs)?;
    let vote = Vote {
        outputs,
        base: numbers(node, "base_values")?.0,
        transform: Transform::parse(node.string("post_transform").as_deref())?,
        one_score: outputs == 2 && leaves.one_output,
        probabilities: leaves.none_negative,
    };
    Ok(Box::new(move |inputs| {
        let raw = trees.score(inputs.need(0)?, outputs, Aggregate::Sum)?;
        let mut winners = Vec::with_capacity(raw.rows);
        let mut scores = Vec::with_capacity(raw.rows * outputs);
        let mut row_scores = Vec::with_capacity(outputs);
        for row in 0..raw.rows {
            let at = row * outputs;
            row_scores.clear();
            row_scores.extend_from_slice(&raw.scores[at..at + outputs]);
            winners.push(vote.decide(&raw, &mut row_scores, &raw.reached[at..at + outputs]));
            scores.extend(row_scores.iter().map(|&s| s as f32));
        }
        let scores = Tensor::new(vec![raw.rows, outputs], Data::Float(scores))?;
        Ok(vec![classes.labels(&winners)?, scores])
    }))
}

/// How a classifier's raw scores become a class and final scores.
struct Vote {
    outputs: usize,
    base: Vec<f64>,
    transform: Transform,
    /// There are two classes, and all leaves contribute to one of them.
    one_score: bool,
    /// No weight is negative.
    probabilities: bool,
}

impl Vote {
    /// Returns the class of a row and transforms its scores in place.
    fn decide(&self, raw: &Raw, scores: &mut [f64], reached: &[bool]) -> usize {
        if self.outputs == 2 {
            return self.decide_two(raw, scores, reached[1]);
        }
        for (score, &base) in scores.iter_mut().zip(&self.base) {
            *score = raw.sum(*score, base);
        }
        let mut winner = None;
        for (k, &score) in scores.iter().enumerate().filter(|&(k, _)| reached[k] || k < self.base.len()) {
            if winner.is_none_or(|(_, best)| score > best) {
                winner = Some((k, score));
            }
        }
        self.transform.apply(scores);
        winner.map_or(0, |(k, _)| k)
    }

    /// The standard does not define the scores of two classes when all leaves contribute to one class or when
    /// there is one base value; this is what onnxruntime does.
    fn decide_two(&self, raw: &Raw, scores: &mut [f64], second_spoken: bool) -> usize {
        match *self.base.as_slice() {
            [_, base] if second_spoken => {
                scores[1] = raw.sum(base, scores[0]);
                scores[0] = -scores[1];
            }
            [first, second] => {
                scores[0] = raw.sum(scores[0], first);
                scores[1] = raw.sum(scores[1], second);
            }
            [base] => scores[0] = raw.sum(scores[0], base),
            _ => {}
        }
        let decisive = if second_spoken { scores[1] } else { scores[0] };
        let threshold = if self.one_score && self.probabilities { 0.5 } else { 0.0 };
        if second_spoken || self.base.len() == 2 {
            self.transform.apply(scores);
        } else {
            let second = if self.one_score && self.probabilities {
                SecondClass::Complement
            } else {
                SecondClass::Opposite
            };
            scores.copy_from_slice(&second.expand(scores[0], self.transform));
        }
        usize::from(decisive > threshold)
    }
}
