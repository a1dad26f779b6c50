//! Runs ONNX models of tabular learners: decode, make ready once, then run on batches of rows.
//!
//! A model is decoded ([`proto`]), its graph made ready to run once ([`Graph::compile`]) and then run on batches of rows by
//! a table of small columnar operators (`op`): those of `ai.onnx.ml` that exporters of scikit-learn, `XGBoost`,
//! `LightGBM` and `CatBoost` use, and those of `ai.onnx` that they put around them. How features become inputs, and
//! outputs answers, is the caller's business.

mod error;
mod graph;
mod op;
pub mod proto;
mod value;

pub use error::ArtifactError;
pub use graph::{Graph, Port, qualified};
pub use op::{cast_to_text, operator_names};
pub use value::{Data, Tensor, Type, elements, text};
