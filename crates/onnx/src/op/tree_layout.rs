//! Decision trees laid out for speed: the nodes of all trees in one array, each tree in traversal order.

use std::collections::HashMap;

use crate::value::elements;

/// Rows evaluated with one tree before the next, while the tree is in the cache.
const BLOCK: usize = 256;

/// The floating point type in which trees compare and sum.
pub(super) trait Real: Copy + PartialOrd + std::ops::AddAssign + Send + Sync + 'static {
    /// Rounds to the type.
    fn from_double(x: f64) -> Self;
    /// Widens, exactly.
    fn to_double(self) -> f64;
    /// Whether the value is missing.
    fn is_missing(self) -> bool;
}

impl Real for f32 {
    fn from_double(x: f64) -> Self {
        x as Self
    }
    fn to_double(self) -> f64 {
        f64::from(self)
    }
    fn is_missing(self) -> bool {
        self.is_nan()
    }
}

impl Real for f64 {
    fn from_double(x: f64) -> Self {
        x
    }
    fn to_double(self) -> f64 {
        self
    }
    fn is_missing(self) -> bool {
        self.is_nan()
    }
}

/// A node's test of its feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// At most the split.
    AtMost,
    /// Below the split.
    Below,
    /// At least the split.
    AtLeast,
    /// Above the split.
    Above,
    /// Equal to the split.
    Equal,
    /// Not equal to the split.
    Unequal,
    /// One of a set of values.
    Member,
    /// No test: a leaf.
    Leaf,
}

impl Rule {
    /// Reads an element of the attribute `nodes_modes`.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "BRANCH_LEQ" => Self::AtMost,
            "BRANCH_LT" => Self::Below,
            "BRANCH_GTE" => Self::AtLeast,
            "BRANCH_GT" => Self::Above,
            "BRANCH_EQ" => Self::Equal,
            "BRANCH_NEQ" => Self::Unequal,
            "LEAF" => Self::Leaf,
            other => return Err(format!("the node mode {other:?} is unknown")),
        })
    }

    /// Reads an element of `nodes_modes` of the operator `TreeEnsemble`.
    pub(super) fn of_code(code: i64) -> Result<Self, String> {
        const CODES: [Rule; 7] =
            [Rule::AtMost, Rule::Below, Rule::AtLeast, Rule::Above, Rule::Equal, Rule::Unequal, Rule::Member];
        let rule = usize::try_from(code).ok().and_then(|c| CODES.get(c));
        rule.copied().ok_or_else(|| format!("the node mode {code} is unknown"))
    }
}

/// A node as given in the model; children are indices into the list of all nodes.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The test.
    pub(super) rule: Rule,
    /// The column to test.
    pub(super) feature: usize,
    /// The value to compare with.
    pub(super) split: f64,
    /// The values of [`Rule::Member`].
    pub(super) members: Vec<f64>,
    /// Whether a missing value passes the test.
    pub(super) missing_is_yes: bool,
    /// The child when the test passes.
    pub(super) yes: usize,
    /// The child when it fails.
    pub(super) no: usize,
    /// A leaf's weights, as (output, weight).
    pub(super) weights: Vec<(usize, f64)>,
}

#[derive(Debug, Clone)]
struct Node<T> {
    split: T,
    feature: u32,
    /// The child when the test passes; for a leaf, the start of its weights.
    yes: u32,
    /// The child when it fails; for a leaf, the end of its weights.
    no: u32,
    rule: Rule,
    missing_is_yes: bool,
}

/// How the weights of the reached leaves are combined into a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    /// Their sum (also the base of an average).
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// Compiled trees.
#[derive(Debug)]
pub(super) struct Ensemble<T> {
    nodes: Vec<Node<T>>,
    roots: Vec<u32>,
    weights: Vec<(u32, T)>,
    members: HashMap<usize, Vec<T>>,
    /// The rule of all inner nodes, if they share one.
    only_rule: Option<Rule>,
    /// The number of columns needed.
    columns: usize,
}

impl<T: Real> Ensemble<T> {
    /// Lays trees out.
    ///
    /// * `outputs`: the number of scores per row.
    ///
    /// # Errors
    ///
    /// When a child or output does not exist, or a node is reached twice (not a tree).
    pub(super) fn new(drafts: &[Draft], roots: &[usize], outputs: usize) -> Result<Self, String> {
        let mut made = Self {
            nodes: Vec::with_capacity(drafts.len()),
            roots: Vec::with_capacity(roots.len()),
            weights: Vec::new(),
            members: HashMap::new(),
            only_rule: None,
            columns: 0,
        };
        let mut reached = vec![false; drafts.len()];
        for &root in roots {
            made.roots.push(made.nodes.len() as u32);
            // Each entry: the draft to lay out, and the laid-out parent whose `no` it becomes.
            let mut waiting: Vec<(usize, Option<usize>)> = vec![(root, None)];
            while let Some((at, parent)) = waiting.pop() {
                let draft = drafts
                    .get(at)
                    .ok_or_else(|| format!("a tree leads to the node {at}, which is not there"))?;
                if std::mem::replace(&mut reached[at], true) {
                    return Err(format!("two ways lead to the tree node {at}"));
                }
                let place = made.nodes.len();
                if let Some(parent) = parent {
                    made.nodes[parent].no = place as u32;
                }
                made.push(draft, outputs)?;
                if draft.rule != Rule::Leaf {
                    waiting.push((draft.no, Some(place)));
                    waiting.push((draft.yes, None));
                }
            }
        }
        let mut rules = made.nodes.iter().map(|n| n.rule).filter(|&r| r != Rule::Leaf);
        let first = rules.next();
        made.only_rule = first.filter(|first| rules.all(|r| r == *first));
        Ok(made)
    }

    /// Appends a node; the child for a passed test follows directly.
    fn push(&mut self, draft: &Draft, outputs: usize) -> Result<(), String> {
        let place = self.nodes.len();
        let mut node = Node {
            split: T::from_double(draft.split),
            feature: u32::try_from(draft.feature).map_err(|_| "a feature index is out of range")?,
            yes: place as u32 + 1,
            no: 0,
            rule: draft.rule,
            missing_is_yes: draft.missing_is_yes,
        };
        if draft.rule == Rule::Leaf {
            node.yes = self.weights.len() as u32;
            for &(output, weight) in &draft.weights {
                if output >= outputs {
                    return Err(format!("a leaf adds to the output {output} of {outputs}"));
                }
                self.weights.push((output as u32, T::from_double(weight)));
            }
            node.no = self.weights.len() as u32;
        } else {
            self.columns = self.columns.max(draft.feature + 1);
        }
        if draft.rule == Rule::Member {
            self.members.insert(place, draft.members.iter().map(|&m| T::from_double(m)).collect());
        }
        self.nodes.push(node);
        Ok(())
    }

    /// The number of trees.
    pub(super) fn trees(&self) -> usize {
        self.roots.len()
    }

    /// The same trees in double precision.
    pub(super) fn widened(&self) -> Ensemble<f64> {
        let node = |n: &Node<T>| Node {
            split: n.split.to_double(),
            feature: n.feature,
            yes: n.yes,
            no: n.no,
            rule: n.rule,
            missing_is_yes: n.missing_is_yes,
        };
        let members = |(&at, set): (&usize, &Vec<T>)| (at, set.iter().map(|m| m.to_double()).collect());
        Ensemble {
            nodes: self.nodes.iter().map(node).collect(),
            roots: self.roots.clone(),
            weights: self.weights.iter().map(|&(o, w)| (o, w.to_double())).collect(),
            members: self.members.iter().map(members).collect(),
            only_rule: self.only_rule,
            columns: self.columns,
        }
    }

    /// Scores rows: `rows x outputs` scores, and whether any leaf contributed to each.
    ///
    /// Weights are added tree after tree in the type of the trees, as onnxruntime does for more than a few
    /// rows.
    ///
    /// * `x`: `rows x columns` values.
    ///
    /// # Errors
    ///
    /// When the trees use columns that `x` does not have.
    pub(super) fn score(
        &self,
        x: &[T],
        columns: usize,
        outputs: usize,
        aggregate: Aggregate,
    ) -> Result<(Vec<T>, Vec<bool>), String> {
        if columns < self.columns {
            return Err(format!("the trees ask for column {}, the input has {columns}", self.columns));
        }
        let rows = x.len().checked_div(columns).ok_or("the input has no columns")?;
        let mut scores = vec![T::from_double(0.0); elements(&[rows, outputs])?];
        let mut reached = vec![false; rows * outputs];
        let missing = |n: &Node<T>, x: T| n.missing_is_yes && x.is_missing();
        let shape = (columns, outputs, aggregate);
        match self.only_rule {
            Some(Rule::AtMost) => {
                self.walk_all(x, shape, &mut scores, &mut reached, |n, x, _| x <= n.split || missing(n, x));
            }
            Some(Rule::Below) => {
                self.walk_all(x, shape, &mut scores, &mut reached, |n, x, _| x < n.split || missing(n, x));
            }
            _ => self.walk_all(x, shape, &mut scores, &mut reached, |n, x, at| {
                self.holds(n, x, at) || missing(n, x)
            }),
        }
        Ok((scores, reached))
    }

    fn holds(&self, node: &Node<T>, x: T, at: usize) -> bool {
        match node.rule {
            Rule::AtMost => x <= node.split,
            Rule::Below => x < node.split,
            Rule::AtLeast => x >= node.split,
            Rule::Above => x > node.split,
            Rule::Equal => x == node.split,
            Rule::Unequal => x != node.split,
            Rule::Member => self.members.get(&at).is_some_and(|set| set.contains(&x)),
            Rule::Leaf => false,
        }
    }

    fn walk_all(
        &self,
        x: &[T],
        (columns, outputs, aggregate): (usize, usize, Aggregate),
        scores: &mut [T],
        reached: &mut [bool],
        yes: impl Fn(&Node<T>, T, usize) -> bool,
    ) {
        let blocks = x.chunks(BLOCK * columns).zip(scores.chunks_mut(BLOCK * outputs));
        for ((x, scores), reached) in blocks.zip(reached.chunks_mut(BLOCK * outputs)) {
            for &root in &self.roots {
                let rows = x.chunks_exact(columns).zip(scores.chunks_exact_mut(outputs));
                for ((row, scores), reached) in rows.zip(reached.chunks_exact_mut(outputs)) {
                    let mut at = root as usize;
                    let mut node = &self.nodes[at];
                    while node.rule != Rule::Leaf {
                        let next = if yes(node, row[node.feature as usize], at) { node.yes } else { node.no };
                        at = next as usize;
                        node = &self.nodes[at];
                    }
                    for &(output, weight) in &self.weights[node.yes as usize..node.no as usize] {
                        let output = output as usize;
                        match aggregate {
                            Aggregate::Sum => scores[output] += weight,
                            Aggregate::Min if reached[output] && scores[output] <= weight => {}
                            Aggregate::Max if reached[output] && scores[output] >= weight => {}
                            Aggregate::Min | Aggregate::Max => scores[output] = weight,
                        }
                        reached[output] = true;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(weight: f64) -> Draft {
        Draft {
            rule: Rule::Leaf,
            feature: 0,
            split: 0.0,
            members: Vec::new(),
            missing_is_yes: false,
            yes: 0,
            no: 0,
            weights: vec![(0, weight)],
        }
    }

    fn inner(rule: Rule, split: f64, missing_is_yes: bool) -> Draft {
        Draft {
            rule,
            split,
            missing_is_yes,
            yes: 1,
            no: 2,
            weights: Vec::new(),
            members: vec![2.0, 5.0],
            ..leaf(0.0)
        }
    }

    #[test]
    fn every_rule_sends_values_its_way() {
        let cases = [
            (Rule::AtMost, [true, true, false]),
            (Rule::Below, [true, false, false]),
            (Rule::AtLeast, [false, true, true]),
            (Rule::Above, [false, false, true]),
            (Rule::Equal, [false, true, false]),
            (Rule::Unequal, [true, false, true]),
            (Rule::Member, [false, true, false]),
        ];
        for (rule, want) in cases {
            let trees =
                Ensemble::<f32>::new(&[inner(rule, 2.0, false), leaf(1.0), leaf(0.0)], &[0], 1).unwrap();
            let (scores, _) = trees.score(&[1.0, 2.0, 3.0], 1, 1, Aggregate::Sum).unwrap();
            assert_eq!(scores, want.map(|yes| if yes { 1.0 } else { 0.0 }), "{rule:?}");
        }
    }

    #[test]
    fn missing_values_go_where_the_node_says() {
        for missing_is_yes in [false, true] {
            let drafts = [inner(Rule::AtMost, 2.0, missing_is_yes), leaf(1.0), leaf(0.0)];
            let trees = Ensemble::<f64>::new(&drafts, &[0], 1).unwrap();
            let (scores, _) = trees.score(&[f64::NAN], 1, 1, Aggregate::Sum).unwrap();
            assert_eq!(scores, [f64::from(u8::from(missing_is_yes))]);
        }
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let mut ring = [inner(Rule::AtMost, 0.0, false), leaf(1.0), leaf(0.0)];
        ring[0].no = 0;
        assert!(Ensemble::<f32>::new(&ring, &[0], 1).unwrap_err().contains("two ways"));
        ring[0].no = 9;
        assert!(Ensemble::<f32>::new(&ring, &[0], 1).unwrap_err().contains("not there"));
        let trees = Ensemble::<f32>::new(
            &[Draft { feature: 3, ..inner(Rule::AtMost, 0.0, false) }, leaf(1.0), leaf(0.0)],
            &[0],
            1,
        );
        assert!(trees.unwrap().score(&[1.0], 1, 1, Aggregate::Sum).unwrap_err().contains("column 4"));
    }

    #[test]
    fn extremes_keep_the_first_value_even_below_zero() {
        let trees = Ensemble::<f32>::new(&[leaf(-3.0), leaf(-1.0)], &[0, 1], 1).unwrap();
        assert_eq!(trees.score(&[0.0], 1, 1, Aggregate::Max).unwrap().0, [-1.0]);
        assert_eq!(trees.score(&[0.0], 1, 1, Aggregate::Min).unwrap().0, [-3.0]);
        assert_eq!(trees.score(&[0.0], 1, 1, Aggregate::Sum).unwrap().0, [-4.0]);
    }
}
