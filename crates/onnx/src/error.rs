//! Errors from loading or running an artefact.

use thiserror::Error;

/// An artefact that cannot be loaded, or cannot predict the rows of this case.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The bytes are not an ONNX model.
    #[error("the file is not an ONNX model: {reason}")]
    NotOnnx {
        /// The decoder's error.
        reason: String,
    },
    /// The model uses operators that are not built in.
    #[error("the model uses {}, which coroner cannot run", list(.operators))]
    Unsupported {
        /// Domain and name of each, in order of appearance: `ai.onnx.Loop`.
        operators: Vec<String>,
    },
    /// The graph contradicts itself or the ONNX standard.
    #[error("the model is broken: {reason}")]
    Malformed {
        /// What is contradictory.
        reason: String,
    },
    /// The graph needs more than a tabular model should.
    #[error("the model is too large: {reason}")]
    TooLarge {
        /// The limit that is exceeded.
        reason: String,
    },
    /// An operator rejected its inputs.
    #[error("the operator {operator} (node {node:?}) failed: {reason}")]
    Operator {
        /// The operator's name.
        operator: String,
        /// The node's name in the graph.
        node: String,
        /// Why it rejected them.
        reason: String,
    },
    /// An input of the model cannot be filled from the case's features.
    #[error("the model's input {input:?} cannot be fed: {reason}")]
    Input {
        /// The input's name.
        input: String,
        /// What is missing.
        reason: String,
    },
    /// The outputs cannot be read as predictions for the case's task.
    #[error("the model's answers cannot be read: {reason}")]
    Output {
        /// What was found instead.
        reason: String,
    },
}

impl ArtifactError {
    /// What the user can do about it, the best option first.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let hints: &[&str] = match self {
            Self::NotOnnx { .. } => {
                &["check that [model] artifact names the .onnx file of the deployed model"]
            }
            Self::Unsupported { .. } => &[
                "a surrogate fitted on the training snapshot takes its place",
                "docs/artifact.md lists the operators",
            ],
            Self::TooLarge { .. } => &["a surrogate fitted on the training snapshot takes its place"],
            Self::Malformed { .. } => &["export the model again and check it with onnx.checker.check_model"],
            Self::Operator { .. } | Self::Input { .. } => {
                &["compare the model's inputs with the features: `coroner info` shows both"]
            }
            Self::Output { .. } => {
                &["check [model] task, and that the label names the classes as the model does"]
            }
        };
        hints.iter().map(ToString::to_string).collect()
    }
}

fn list(operators: &[String]) -> String {
    match operators {
        [one] => format!("the operator {one}"),
        many => format!("the operators {}", many.join(", ")),
    }
}
