//! Decodes the model's outputs into classes, values and scores.

use std::collections::HashMap;

use coroner_onnx::{
    ArtifactError, Data, Port, Tensor, Type, cast_to_text,
    proto::{GraphProto, NodeProto},
    text,
};

use super::ArtifactAnswers;
use super::feed::as_number;
use crate::summary::{Plan, Task};

/// The roles of a model's outputs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outputs {
    /// The index of the output of class labels.
    label: Option<usize>,
    /// The index of the output of probabilities, margins or values.
    scores: Option<usize>,
    /// The classes of the score columns.
    classes: Option<Vec<String>>,
}

impl Outputs {
    /// Determines the outputs from their types, and the classes from the operators that produce them.
    pub(super) fn find(graph: &GraphProto, ports: &[Port]) -> Self {
        let is_label = |p: &Port| matches!(p.kind, Some(Type::Text | Type::Integer | Type::Truth));
        let label = ports.iter().position(is_label);
        let scores = ports.iter().position(|p| !is_label(p));
        let behind =
            |at: Option<usize>| at.and_then(|at| classes_behind(graph, &ports[at].name, graph.node.len()));
        let named = |at: &usize| maker(graph, &ports[*at].name).is_some_and(|node| node.op_type == "ZipMap");
        // The map's own names come first, then those of the label, which may have been added after the
        // scores.
        let classes = behind(scores.filter(named)).or_else(|| behind(label)).or_else(|| behind(scores));
        Self { label, scores, classes }
    }

    /// Prepares to decode outputs for a plan's task.
    pub(super) fn reading<'a>(&'a self, plan: &'a Plan) -> OutputDecoder<'a> {
        let counted = || (0..plan.known_classes).map(|i| i.to_string()).collect();
        let names: Vec<String> = self.classes.clone().unwrap_or_else(counted);
        let mut places: Vec<Option<usize>> = names.iter().map(|name| place(name, &plan.classes)).collect();
        let numbered = names.iter().enumerate().all(|(i, name)| *name == i.to_string());
        if places.iter().all(Option::is_none) && numbered && names.len() == plan.known_classes {
            // If labels were encoded as integers before training, the integers follow the alphabetical order
            // of the names.
            let mut order: Vec<usize> = (0..plan.known_classes.min(plan.classes.len())).collect();
            order.sort_by(|&a, &b| plan.classes[a].cmp(&plan.classes[b]));
            places = order.into_iter().map(Some).collect();
        }
        OutputDecoder { outputs: self, plan, names, places }
    }
}

/// The index of a class among those of the plan: the same text, number or boolean.
fn place(name: &str, classes: &[String]) -> Option<usize> {
    let same = |class: &String| as_number(class) == as_number(name);
    classes.iter().position(|class| class == name).or_else(|| classes.iter().position(same))
}

fn maker<'a>(graph: &'a GraphProto, output: &str) -> Option<&'a NodeProto> {
    graph.node.iter().find(|node| node.output.iter().any(|name| name == output))
}

/// The class names behind an output's values, in the order of the score columns.
///
/// * `steps`: the maximum number of operators to trace back.
fn classes_behind(graph: &GraphProto, output: &str, steps: usize) -> Option<Vec<String>> {
    let node = maker(graph, output).filter(|_| steps > 0)?;
    let list = |names: &[&str]| names.iter().find_map(|name| attribute_texts(node, name));
    match node.op_type.as_str() {
        "ZipMap" | "TreeEnsembleClassifier" | "LinearClassifier" | "SVMClassifier" => {
            list(&["classlabels_strings", "classlabels_int64s", "classlabels_ints"])
        }
        "LabelEncoder" => list(&["classes_strings", "values_strings", "values_int64s"]),
        "ArrayFeatureExtractor" | "Gather" => constant_texts(graph, node.input.first()?),
        _ => classes_behind(graph, node.input.first()?, steps - 1),
    }
}

fn attribute_texts(node: &NodeProto, name: &str) -> Option<Vec<String>> {
    let attribute = node.attribute.iter().find(|a| a.name == name)?;
    let texts = attribute.strings.iter().map(|s| text(s));
    let all: Vec<String> = texts.chain(attribute.ints.iter().map(ToString::to_string)).collect();
    (!all.is_empty()).then_some(all)
}

fn constant_texts(graph: &GraphProto, name: &str) -> Option<Vec<String>> {
    let stored = graph.initializer.iter().find(|t| t.name == *name);
    let made = || maker(graph, name)?.attribute.iter().find_map(|a| a.t.as_ref());
    let tensor = Tensor::read(stored.or_else(made)?).ok()?;
    cast_to_text(&tensor).ok()
}

/// Decodes the outputs of batches for one plan's task.
pub(super) struct OutputDecoder<'a> {
    outputs: &'a Outputs,
    plan: &'a Plan,
    /// The model's classes, and the plan's index of each.
    names: Vec<String>,
    places: Vec<Option<usize>>,
}

/// The decoded output of one batch.
pub(super) struct OutputPart {
    /// The plan's class index of each row, NaN for others; empty without labels.
    classes: Vec<f64>,
    /// A label that is not in the plan.
    stranger: Option<String>,
    /// Scores, `rows x width`.
    scores: Vec<f64>,
    width: usize,
}

impl OutputDecoder<'_> {
    /// Decodes one batch.
    ///
    /// # Errors
    ///
    /// When an output does not have one line per row.
    pub(super) fn read(&self, outputs: &[Tensor], rows: usize) -> Result<OutputPart, ArtifactError> {
        let output = |at: Option<usize>| at.and_then(|at| outputs.get(at));
        let broken = |reason: String| ArtifactError::Output { reason };
        let mut part = OutputPart { classes: Vec::new(), stranger: None, scores: Vec::new(), width: 0 };
        if let Some(scores) = output(self.outputs.scores) {
            part.scores = scores.doubles().map_err(broken)?;
            part.width = part.scores.len().checked_div(rows).unwrap_or(0);
            if part.width * rows != part.scores.len() || part.width == 0 {
                return Err(broken(format!("the scores of {rows} rows have the shape {:?}", scores.shape())));
            }
        }
        let Some(label) = output(self.outputs.label) else {
            return Ok(part);
        };
        if label.data().len() != rows {
            return Err(broken(format!("the labels of {rows} rows have the shape {:?}", label.shape())));
        }
        if self.plan.task == Task::Regression {
            if part.width == 0 && !matches!(label.data(), Data::Text(_)) {
                (part.scores, part.width) = (label.doubles().map_err(broken)?, 1);
            }
            return Ok(part);
        }
        let mut known: HashMap<String, Option<usize>> =
            self.names.iter().cloned().zip(self.places.iter().copied()).collect();
        for name in cast_to_text(label).map_err(broken)? {
            let class = *known.entry(name).or_insert_with_key(|name| place(name, &self.plan.classes));
            part.classes.push(class.map_or(f64::NAN, |c| c as f64));
        }
        part.stranger = known.into_iter().filter(|(_, place)| place.is_none()).map(|(name, _)| name).min();
        Ok(part)
    }

    /// Combines the batches.
    ///
    /// # Errors
    ///
    /// When the outputs do not fit the task, or no row's class is in the plan.
    pub(super) fn conclude(&self, parts: Vec<OutputPart>) -> Result<ArtifactAnswers, ArtifactError> {
        let broken = |reason: String| ArtifactError::Output { reason };
        let width = parts.first().map_or(0, |p| p.width);
        let stranger = parts.iter().find_map(|p| p.stranger.clone());
        let mut classes = Vec::new();
        let mut scores = Vec::new();
        for mut part in parts {
            classes.append(&mut part.classes);
            scores.append(&mut part.scores);
        }
        if classes.is_empty() && scores.is_empty() {
            return if self.outputs.label.is_none() && self.outputs.scores.is_none() {
                Err(broken("the model has no outputs".into()))
            } else {
                Ok(ArtifactAnswers::default())
            };
        }
        if self.plan.task == Task::Regression {
            return match width {
                1 => Ok(ArtifactAnswers { prediction: scores, score: Vec::new() }),
                0 => Err(broken("the model gives labels and no values".into())),
                _ => Err(broken(format!("the model gives {width} values a row, and the task is regression"))),
            };
        }
        if let Some(stranger) = stranger.filter(|_| classes.iter().all(|c| c.is_nan()) && !classes.is_empty())
        {
            let known = self.plan.classes.join(", ");
            return Err(broken(format!("the model answers {stranger:?}, and the labels are {known}")));
        }
        if width > 0 {
            as_probabilities(&mut scores, width);
        }
        let score = if self.plan.task == Task::Binary { self.positive(&scores, width) } else { Vec::new() };
        let prediction = if classes.is_empty() { self.best(&scores, width) } else { classes };
        Ok(ArtifactAnswers { prediction, score })
    }

    /// The plan's class of a score column; columns beyond the known names follow the plan's order.
    fn class_of(&self, column: usize, width: usize) -> Option<usize> {
        if self.names.len() == width { self.places[column] } else { Some(column) }
    }

    /// The probability of class 1.
    fn positive(&self, scores: &[f64], width: usize) -> Vec<f64> {
        match width {
            0 => Vec::new(),
            // A single column is the score of the model's second class.
            1 if self.names.len() == 2 && self.places[1] == Some(0) => {
                scores.iter().map(|p| 1.0 - p).collect()
            }
            1 => scores.to_vec(),
            _ => {
                let column = (0..width).find(|&c| self.class_of(c, width) == Some(1)).unwrap_or(1);
                scores.chunks_exact(width).map(|row| row[column]).collect()
            }
        }
    }

    /// The most probable class of each row.
    fn best(&self, scores: &[f64], width: usize) -> Vec<f64> {
        if width == 1 {
            return self.positive(scores, width).iter().map(|&p| f64::from(u8::from(p > 0.5))).collect();
        }
        let best = |row: &[f64]| {
            let column = (1..width).fold(0, |best, c| if row[c] > row[best] { c } else { best });
            self.class_of(column, width).map_or(f64::NAN, |c| c as f64)
        };
        scores.chunks_exact(width).map(best).collect()
    }
}

/// Converts raw margins to probabilities; scores that all lie between 0 and 1 are probabilities already.
fn as_probabilities(scores: &mut [f64], width: usize) {
    // Rounding can put a probability slightly above 1.
    if scores.iter().all(|s| s.is_nan() || (-1e-6..=1.0 + 1e-6).contains(s)) {
        return;
    }
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    for row in scores.chunks_exact_mut(width) {
        match row {
            [margin] => *margin = logistic(*margin),
            // A margin and its negative; their softmax would count it twice.
            [no, yes] if (*no + *yes).abs() <= 1e-6 * yes.abs().max(1.0) => {
                *yes = logistic(*yes);
                *no = 1.0 - *yes;
            }
            _ => {
                let largest = row.iter().copied().fold(f64::MIN, |best, s| if s > best { s } else { best });
                for s in row.iter_mut() {
                    *s = (*s - largest).exp();
                }
                let total: f64 = row.iter().sum();
                for s in row {
                    *s /= total;
                }
            }
        }
    }
}
