//! The table of operators. Each is built once from its node's attributes and then runs on batches of rows.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the tables need builders of one signature, and some cannot fail"
)]

mod cast;
mod classes;
mod elementwise;
mod encode;
mod linear;
mod reduce;
mod scale;
mod scores;
mod select;
mod shape;
mod support_vectors;
mod tree;
mod tree_layout;

use std::cell::Cell;
use std::collections::HashMap;

use crate::proto::{AttributeProto, NodeProto};
use crate::value::{Data, Tensor, Type, text};

/// A compiled node: maps inputs to outputs, or returns a message about the rejected input.
pub(crate) type Kernel = Box<dyn Fn(&Inputs<'_>) -> Result<Vec<Tensor>, String> + Send + Sync>;

/// Builds the kernel of a node.
pub(crate) type Build = fn(&Node<'_>) -> Result<Kernel, String>;

/// Operators by name, with the function that builds their kernel. One table per domain and topic.
type Table = &'static [(&'static str, Build)];

/// The tables of `ai.onnx`.
const STANDARD: &[Table] = &[
    cast::TABLE,
    elementwise::TABLE,
    encode::TABLE,
    linear::TABLE,
    reduce::TABLE,
    select::TABLE,
    shape::TABLE,
];

/// The tables of `ai.onnx.ml`.
const MACHINE_LEARNING: &[Table] =
    &[encode::ML_TABLE, linear::ML_TABLE, scale::ML_TABLE, support_vectors::ML_TABLE, tree::ML_TABLE];

fn tables(domain: &str) -> &'static [Table] {
    match domain {
        "" | "ai.onnx" => STANDARD,
        "ai.onnx.ml" => MACHINE_LEARNING,
        _ => &[],
    }
}

/// The names of the built-in operators of a domain, `ai.onnx` or `ai.onnx.ml`.
#[must_use]
pub fn operator_names(domain: &str) -> Vec<&'static str> {
    tables(domain).iter().flat_map(|table| table.iter()).map(|(name, _)| *name).collect()
}

/// Finds an operator; the empty domain is `ai.onnx`.
pub(crate) fn find(domain: &str, name: &str) -> Option<Build> {
    tables(domain)
        .iter()
        .flat_map(|table| table.iter())
        .find(|(known, _)| *known == name)
        .map(|(_, build)| *build)
}

/// The elements as text, with numbers in onnxruntime's format.
///
/// # Errors
///
/// When the elements cannot be written as text.
pub fn cast_to_text(tensor: &Tensor) -> Result<Vec<String>, String> {
    match cast::convert(tensor, Type::Text)?.data() {
        Data::Text(texts) => Ok(texts.clone()),
        other => Err(format!("cannot write {} as text", other.kind())),
    }
}

/// The inputs of one call; optional ones may be omitted.
pub(crate) struct Inputs<'a> {
    values: Vec<Option<&'a Tensor>>,
    /// How many multiplications may still be done.
    turns: Cell<usize>,
}

impl<'a> Inputs<'a> {
    /// Inputs of an operator that may do as many multiplications as `turns`.
    pub(crate) fn new(values: Vec<Option<&'a Tensor>>, turns: usize) -> Self {
        Self { values, turns: Cell::new(turns) }
    }

    /// Counts multiplications before they are done, as the product of these numbers.
    ///
    /// # Errors
    ///
    /// When the model needs too many.
    pub(crate) fn spend(&self, of: [usize; 3]) -> Result<(), String> {
        let turns = of.iter().try_fold(1_usize, |all, &n| all.checked_mul(n));
        let left = turns.and_then(|turns| self.turns.get().checked_sub(turns));
        self.turns.set(left.ok_or("it takes more multiplications than a model of tables needs")?);
        Ok(())
    }

    /// The multiplications that are left.
    pub(crate) fn turns_left(&self) -> usize {
        self.turns.get()
    }

    /// The number of inputs, omitted ones among them.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// An optional input.
    pub(crate) fn get(&self, index: usize) -> Option<&'a Tensor> {
        self.values.get(index).copied().flatten()
    }

    /// A required input.
    pub(crate) fn need(&self, index: usize) -> Result<&'a Tensor, String> {
        self.get(index).ok_or_else(|| format!("input {index} is missing"))
    }

    /// All inputs, at least one and none omitted.
    pub(crate) fn all(&self) -> Result<Vec<&'a Tensor>, String> {
        if self.values.is_empty() {
            return Err("needs at least one input".into());
        }
        (0..self.values.len()).map(|i| self.need(i)).collect()
    }
}

/// A node's attributes, and the version of its operator.
pub(crate) struct Node<'a> {
    attributes: HashMap<&'a str, &'a AttributeProto>,
    /// The operator set version that the model requires.
    pub(crate) version: i64,
    /// The number of outputs of the node.
    pub(crate) outputs: usize,
}

impl<'a> Node<'a> {
    /// Reads a node.
    pub(crate) fn new(proto: &'a NodeProto, version: i64) -> Self {
        let attributes = proto.attribute.iter().map(|a| (a.name.as_str(), a)).collect();
        Self { attributes, version, outputs: proto.output.len() }
    }

    /// An integer attribute, if present.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.attributes.get(name).map(|a| a.i)
    }

    /// A float attribute, if present.
    pub(crate) fn float(&self, name: &str) -> Option<f32> {
        self.attributes.get(name).map(|a| a.f)
    }

    /// A string attribute, if present.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        self.attributes.get(name).map(|a| text(&a.s))
    }

    /// An attribute of integers; empty if absent.
    pub(crate) fn integers(&self, name: &str) -> &'a [i64] {
        self.attributes.get(name).map_or(&[], |a| &a.ints)
    }

    /// An attribute of floats; empty if absent.
    pub(crate) fn floats(&self, name: &str) -> &'a [f32] {
        self.attributes.get(name).map_or(&[], |a| &a.floats)
    }

    /// An attribute of strings; empty if absent.
    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        self.attributes.get(name).map_or_else(Vec::new, |a| a.strings.iter().map(|s| text(s)).collect())
    }

    /// A tensor attribute, if present.
    pub(crate) fn tensor(&self, name: &str) -> Result<Option<Tensor>, String> {
        self.attributes.get(name).and_then(|a| a.t.as_ref()).map(Tensor::read).transpose()
    }
}

/// Resolves an axis; negative ones count from the back.
fn axis(axis: i64, rank: usize) -> Result<usize, String> {
    let from_front = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(from_front)
        .ok()
        .filter(|&a| a < rank)
        .ok_or_else(|| format!("axis {axis} of a tensor with {rank} axes"))
}
