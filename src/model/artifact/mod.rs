//! The deployed model as an ONNX file, run on rows of the sample.
//!
//! [`coroner_onnx`] decodes and runs the graph. Around it, [`feed`] turns features into the model's inputs,
//! and [`read`] its outputs into classes, values and scores. `docs/artifact.md` lists the operators and the
//! conventions.
//!
//! Each row is predicted independently, in batches of a fixed size, so predictions do not depend on the
//! number of threads.

mod feed;
mod read;
#[cfg(test)]
mod tests;

use coroner_onnx::{Graph, proto::ModelProto};
use prost::Message as _;
use rayon::prelude::*;

pub use coroner_onnx::ArtifactError;
pub use feed::MISSING_TEXT;

use crate::summary::{Plan, Table};
use feed::Feed;
use read::Outputs;

/// Rows per batch: enough to amortise the graph's overhead, few enough to stay in the cache.
const BATCH: usize = 4096;

/// A deployed model, ready to run.
pub struct Artifact {
    graph: Graph,
    outputs: Outputs,
    description: Description,
}

/// The origin and the structure of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The program that wrote the file, and its version.
    pub producer: String,
    /// Operator domains and their versions.
    pub opsets: Vec<(String, i64)>,
    /// The operators used, each once, in order of appearance: `ai.onnx.ml.Scaler`.
    pub operators: Vec<String>,
    /// The names of the inputs.
    pub inputs: Vec<String>,
    /// The names of the outputs.
    pub outputs: Vec<String>,
}

/// The model's predictions for rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ArtifactAnswers {
    /// One per row: the index into [`Plan::classes`], or the value (regression). NaN for a class that the
    /// plan lacks.
    pub prediction: Vec<f64>,
    /// Binary: the probability of class 1 of [`Plan::classes`], one per row. Empty when the model gives none,
    /// and for other tasks.
    pub score: Vec<f64>,
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact").field("description", &self.description).finish_non_exhaustive()
    }
}

impl Artifact {
    /// Reads a model.
    ///
    /// # Errors
    ///
    /// When the bytes are not an ONNX model, use operators that are not built in, or are inconsistent.
    pub fn load(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let model = ModelProto::decode(bytes)
            .map_err(|error| ArtifactError::NotOnnx { reason: error.to_string() })?;
        let proto = model
            .graph
            .as_ref()
            .filter(|graph| !graph.output.is_empty())
            .ok_or_else(|| ArtifactError::NotOnnx { reason: "it holds no graph".into() })?;
        let graph = Graph::compile(&model, proto)?;
        let outputs = Outputs::find(proto, &graph.outputs);
        let mut operators: Vec<String> = Vec::new();
        for name in proto.node.iter().map(coroner_onnx::qualified) {
            if !operators.contains(&name) {
                operators.push(name);
            }
        }
        let description = Description {
            producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
            opsets: opsets(&model),
            operators,
            inputs: graph.inputs.iter().map(|p| p.name.clone()).collect(),
            outputs: graph.outputs.iter().map(|p| p.name.clone()).collect(),
        };
        Ok(Self { graph, outputs, description })
    }

    /// The origin and the structure of the model.
    #[must_use]
    pub fn describe(&self) -> &Description {
        &self.description
    }

    /// Predicts rows as the service would.
    ///
    /// A feature that the table lacks is treated as missing.
    ///
    /// * `rows`: indices into the table's rows, in any order.
    ///
    /// # Errors
    ///
    /// When an input of the model cannot be filled from the features, an operator rejects its inputs, or the
    /// outputs do not fit the plan's task.
    pub fn answer(
        &self,
        plan: &Plan,
        table: &Table,
        rows: &[usize],
    ) -> Result<ArtifactAnswers, ArtifactError> {
        let feed = Feed::new(&self.graph.inputs, plan, table)?;
        let reading = self.outputs.reading(plan);
        let run = |batch: &[usize]| reading.read(&self.graph.run(feed.fill(batch)?)?, batch.len());
        // A model that fails, or takes too long, mostly does so at once. Then all batches run; the first error in row order
        // is reported.
        let (first, rest) = rows.split_at(rows.len().min(BATCH));
        let mut parts: Vec<Result<_, ArtifactError>> = Vec::new();
        if !first.is_empty() {
            parts.push(run(first));
        }
        if parts.iter().all(Result::is_ok) {
            parts.par_extend(rest.par_chunks(BATCH).map(run));
        }
        reading.conclude(parts.into_iter().collect::<Result<_, _>>()?)
    }
}

fn opsets(model: &ModelProto) -> Vec<(String, i64)> {
    let mut opsets: Vec<(String, i64)> = Vec::new();
    for set in &model.opset_import {
        let domain = if set.domain.is_empty() { "ai.onnx".to_owned() } else { set.domain.clone() };
        if !opsets.iter().any(|(known, _)| *known == domain) {
            opsets.push((domain, set.version));
        }
    }
    opsets
}
