//! Compiles a model's graph: names become slots, constants are computed once, the rest becomes a list of
//! steps.

use std::collections::{HashMap, HashSet};

use crate::error::ArtifactError;
use crate::op::{Inputs, Kernel, Node, find};
use crate::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto};
use crate::value::{MOST_BYTES, MOST_TEXT, Tensor, Type};

/// The maximum number of nodes. Exporters write a forest as one node; the longest pipelines have some
/// hundreds.
const MOST_NODES: usize = 10_000;

/// The maximum number of bytes that all steps of one run may allocate together.
const MOST_WORK: usize = 1 << 36;

/// The maximum number of multiplications of one run, which is of some thousand rows: some ten seconds.
const MOST_TURNS: usize = 1 << 34;

/// The index of a value while the graph runs.
type Slot = usize;

/// An input or output of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The element type; none for the maps that `ZipMap` makes.
    pub kind: Option<Type>,
    /// The length of each axis, where it is fixed.
    pub shape: Option<Vec<Option<usize>>>,
    slot: Slot,
}

/// One call of an operator.
struct Step {
    operator: String,
    node: String,
    kernel: Kernel,
    inputs: Vec<Option<Slot>>,
    outputs: Vec<Option<Slot>>,
    /// Slots that are not read after this step.
    last_read: Vec<Slot>,
}

/// A compiled graph.
pub struct Graph {
    /// The inputs to feed.
    pub inputs: Vec<Port>,
    /// The outputs.
    pub outputs: Vec<Port>,
    steps: Vec<Step>,
    constants: Vec<Option<Tensor>>,
}

/// Assigns a slot to every name.
#[derive(Default)]
struct Names(HashMap<String, Slot>);

impl Names {
    fn slot(&mut self, name: &str) -> Slot {
        let next = self.0.len();
        *self.0.entry(name.to_owned()).or_insert(next)
    }

    /// An empty name stands for an omitted input or output.
    fn optional(&mut self, name: &str) -> Option<Slot> {
        (!name.is_empty()).then(|| self.slot(name))
    }
}

impl Graph {
    /// Compiles a model.
    ///
    /// # Errors
    ///
    /// [`ArtifactError::Unsupported`] with every operator that is not built in, [`ArtifactError::Malformed`]
    /// when the graph contradicts itself.
    pub fn compile(model: &ModelProto, graph: &GraphProto) -> Result<Self, ArtifactError> {
        if graph.node.len() > MOST_NODES {
            let reason = format!("it has {} nodes; at most {MOST_NODES} are run", graph.node.len());
            return Err(ArtifactError::TooLarge { reason });
        }
        let mut unknown: Vec<String> = Vec::new();
        for node in graph.node.iter().filter(|n| find(&n.domain, &n.op_type).is_none()) {
            let name = qualified(node);
            if !unknown.contains(&name) {
                unknown.push(name);
            }
        }
        if !unknown.is_empty() {
            return Err(ArtifactError::Unsupported { operators: unknown });
        }

        let texts = |a: &AttributeProto| a.s.len().max(a.strings.iter().map(Vec::len).max().unwrap_or(0));
        let is_wordy = |node: &&NodeProto| node.attribute.iter().any(|a| texts(a) > MOST_TEXT);
        if let Some(node) = graph.node.iter().find(is_wordy) {
            let reason = format!("the node {:?} holds a text of more than 64 KB", node.name);
            return Err(ArtifactError::TooLarge { reason });
        }

        let mut names = Names::default();
        let mut known: HashMap<Slot, Tensor> = HashMap::new();
        let (mut budget, mut turns) = (Budget(MOST_BYTES), MOST_TURNS);
        for constant in &graph.initializer {
            let tensor = Tensor::read(constant).map_err(|reason| ArtifactError::Malformed { reason })?;
            budget.take(tensor.data().bytes())?;
            known.insert(names.slot(&constant.name), tensor);
        }
        let mut inputs: Vec<Port> = graph.input.iter().map(|v| port(v, &mut names)).collect();
        // Old exporters also list the constants among the inputs.
        inputs.retain(|input| !known.contains_key(&input.slot));
        let mut defined: HashSet<Slot> = known.keys().copied().chain(inputs.iter().map(|p| p.slot)).collect();

        let mut steps = Vec::with_capacity(graph.node.len());
        for proto in &graph.node {
            let step = step(proto, version(model, &proto.domain), &mut names)?;
            if let Some(at) = step.inputs.iter().flatten().position(|slot| !defined.contains(slot)) {
                let reason =
                    format!("the node {:?} reads {:?} before it is made", proto.name, proto.input[at]);
                return Err(ArtifactError::Malformed { reason });
            }
            defined.extend(step.outputs.iter().flatten());
            match fold(&step, &mut known, &mut turns) {
                Some(made) => budget.take(made)?,
                None => steps.push(step),
            }
        }
        let outputs: Vec<Port> = graph.output.iter().map(|v| port(v, &mut names)).collect();
        if let Some(missing) = outputs.iter().find(|o| !defined.contains(&o.slot)) {
            return Err(ArtifactError::Malformed {
                reason: format!("nothing makes the output {:?}", missing.name),
            });
        }
        mark_last_reads(&mut steps, &outputs);
        let constants = (0..names.0.len()).map(|slot| known.remove(&slot)).collect();
        Ok(Self { inputs, outputs, steps, constants })
    }

    /// Runs the graph on one batch.
    ///
    /// * `fed`: a tensor for each of [`Graph::inputs`], in their order.
    ///
    /// # Errors
    ///
    /// [`ArtifactError::Operator`] when an operator rejects its inputs.
    pub fn run(&self, fed: Vec<Tensor>) -> Result<Vec<Tensor>, ArtifactError> {
        let mut values: Vec<Option<Tensor>> = vec![None; self.constants.len()];
        let (mut budget, mut work, mut turns) = (Budget(MOST_BYTES), Budget(MOST_WORK), MOST_TURNS);
        for (port, tensor) in self.inputs.iter().zip(fed) {
            values[port.slot] = Some(tensor);
        }
        for step in &self.steps {
            let made =
                step.run(|slot| values[slot].as_ref().or(self.constants[slot].as_ref()), &mut turns)?;
            for (&slot, tensor) in step.outputs.iter().zip(made) {
                if let Some(slot) = slot {
                    budget.take(tensor.data().bytes())?;
                    work.take(tensor.data().bytes())?;
                    values[slot] = Some(tensor);
                }
            }
            for &slot in &step.last_read {
                budget.0 += values[slot].take().map_or(0, |tensor| tensor.data().bytes());
            }
        }
        self.outputs
            .iter()
            .map(|port| {
                values[port.slot].clone().or_else(|| self.constants[port.slot].clone()).ok_or_else(|| {
                    ArtifactError::Output { reason: format!("the output {:?} was not computed", port.name) }
                })
            })
            .collect()
    }
}

impl Step {
    /// * `turns`: the multiplications that the run may still do.
    fn run<'a>(
        &self,
        value: impl Fn(Slot) -> Option<&'a Tensor>,
        turns: &mut usize,
    ) -> Result<Vec<Tensor>, ArtifactError> {
        let inputs = Inputs::new(self.inputs.iter().map(|slot| slot.and_then(&value)).collect(), *turns);
        let made = (self.kernel)(&inputs).map_err(|reason| ArtifactError::Operator {
            operator: self.operator.clone(),
            node: self.node.clone(),
            reason,
        })?;
        *turns = inputs.turns_left();
        Ok(made)
    }
}

fn step(proto: &NodeProto, version: i64, names: &mut Names) -> Result<Step, ArtifactError> {
    let build = find(&proto.domain, &proto.op_type)
        .ok_or_else(|| ArtifactError::Unsupported { operators: vec![qualified(proto)] })?;
    let kernel = build(&Node::new(proto, version)).map_err(|reason| ArtifactError::Operator {
        operator: qualified(proto),
        node: proto.name.clone(),
        reason,
    })?;
    Ok(Step {
        operator: qualified(proto),
        node: proto.name.clone(),
        kernel,
        inputs: proto.input.iter().map(|name| names.optional(name)).collect(),
        outputs: proto.output.iter().map(|name| names.optional(name)).collect(),
        last_read: Vec::new(),
    })
}

/// Bytes left to allocate.
struct Budget(usize);

impl Budget {
    fn take(&mut self, bytes: usize) -> Result<(), ArtifactError> {
        self.0 = self.0.checked_sub(bytes).ok_or_else(|| ArtifactError::TooLarge {
            reason: "its values take more memory or work than a model of tables needs".to_owned(),
        })?;
        Ok(())
    }
}

/// Computes a step whose inputs are all constant and returns the bytes allocated. A step that fails here is
/// kept; it fails again, with its error message, when the graph runs.
fn fold(step: &Step, known: &mut HashMap<Slot, Tensor>, turns: &mut usize) -> Option<usize> {
    if !step.inputs.iter().flatten().all(|slot| known.contains_key(slot)) {
        return None;
    }
    let made = step.run(|slot| known.get(&slot), turns).ok()?;
    let bytes = made.iter().map(|tensor| tensor.data().bytes()).sum();
    known.extend(step.outputs.iter().zip(made).filter_map(|(slot, tensor)| slot.map(|s| (s, tensor))));
    Some(bytes)
}

fn mark_last_reads(steps: &mut [Step], outputs: &[Port]) {
    let mut read_later: HashSet<Slot> = outputs.iter().map(|o| o.slot).collect();
    for step in steps.iter_mut().rev() {
        for &slot in step.inputs.iter().chain(&step.outputs).flatten() {
            if read_later.insert(slot) {
                step.last_read.push(slot);
            }
        }
    }
}

fn port(proto: &ValueInfoProto, names: &mut Names) -> Port {
    let tensor = proto.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
    Port {
        name: proto.name.clone(),
        kind: tensor.and_then(|t| Type::of_code(i64::from(t.elem_type)).ok()),
        shape: tensor.and_then(|t| t.shape.as_ref()).map(|shape| {
            let length = |d: Option<i64>| d.and_then(|d| usize::try_from(d).ok()).filter(|&d| d > 0);
            shape.dim.iter().map(|d| length(d.dim_value)).collect()
        }),
        slot: names.slot(&proto.name),
    }
}

/// The operator set version of a domain that the model requires.
fn version(model: &ModelProto, domain: &str) -> i64 {
    let plain = |d: &str| {
        if d == "ai.onnx" { String::new() } else { d.to_owned() }
    };
    model.opset_import.iter().find(|o| plain(&o.domain) == plain(domain)).map_or(1, |o| o.version)
}

/// Domain and name of a node's operator.
#[must_use]
pub fn qualified(node: &NodeProto) -> String {
    let domain = if node.domain.is_empty() { "ai.onnx" } else { &node.domain };
    format!("{domain}.{}", node.op_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Data;

    fn compiled(nodes: Vec<NodeProto>) -> Result<Graph, ArtifactError> {
        let input = ValueInfoProto { name: "x".to_owned(), ..ValueInfoProto::default() };
        let graph = GraphProto { node: nodes, input: vec![input], ..GraphProto::default() };
        Graph::compile(&ModelProto::default(), &graph)
    }

    fn node(operator: &str, attribute: Vec<AttributeProto>) -> NodeProto {
        NodeProto {
            op_type: operator.to_owned(),
            input: vec!["x".to_owned()],
            output: vec!["y".to_owned()],
            attribute,
            ..NodeProto::default()
        }
    }

    #[test]
    fn a_graph_is_bounded_in_nodes() {
        assert!(compiled(vec![node("Identity", Vec::new()); MOST_NODES]).is_ok());
        let refused = compiled(vec![node("Identity", Vec::new()); MOST_NODES + 1]);
        assert!(matches!(refused, Err(ArtifactError::TooLarge { .. })));
    }

    #[test]
    fn multiplications_are_counted_before_they_are_done() {
        let inputs = Inputs::new(Vec::new(), 1000);
        assert!(inputs.spend([10, 10, 9]).is_ok());
        assert_eq!(inputs.turns_left(), 100);
        assert!(inputs.spend([10, 10, 2]).is_err() && inputs.spend([usize::MAX, 2, 1]).is_err());
        assert!(inputs.spend([10, 10, 1]).is_ok());
    }

    #[test]
    fn the_texts_of_a_node_are_bounded() {
        let long = vec![b'x'; MOST_TEXT + 1];
        let one = AttributeProto { s: long.clone(), ..AttributeProto::default() };
        let among = AttributeProto { strings: vec![b"a".to_vec(), long], ..AttributeProto::default() };
        for attribute in [one, among] {
            let refused = compiled(vec![node("Identity", vec![attribute])]);
            assert!(matches!(refused, Err(ArtifactError::TooLarge { .. })));
        }
    }

    #[test]
    fn texts_that_take_too_much_are_refused_before_they_are_made() {
        let text = Data::Text(vec!["x".repeat(MOST_TEXT)]);
        assert!(Data::fit(std::iter::repeat_n(&text, 4000)).is_ok());
        assert!(Data::fit(std::iter::repeat_n(&text, 5000)).is_err());
        assert!(Data::fit(std::iter::repeat_n(&Data::Float(vec![0.0; 1000]), 1_000_000)).is_ok());
    }
}
