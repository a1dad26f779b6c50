//! Runs ONNX models of tabular learners: decode, compile once, then run on batches of rows.
//!
//! A model is decoded ([`proto`]), its graph is compiled once ([`Graph::compile`]), and the result runs on
//! batches of rows using a table of small columnar operators (`op`): those of `ai.onnx.ml` used by exporters
//! of scikit-learn, `XGBoost`, `LightGBM` and `CatBoost`, and those of `ai.onnx` used around them. Mapping
//! features to inputs and outputs to predictions is up to the caller.

mod error;
mod graph;
mod op;
pub mod proto;
mod value;

pub use error::ArtifactError;
pub use graph::{Graph, Port, qualified};
pub use op::{cast_to_text, operator_names};
pub use value::{Data, Tensor, Type, elements, text};
