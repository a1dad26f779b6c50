//! `coroner.toml`: which snapshot is where, which column plays which role, which threshold rings.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::summary::Task;

/// A case: its folder and what `coroner.toml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The folder that relative paths start from.
    pub root: PathBuf,
    /// The contract's own path; none when the roles were inferred and nothing is written yet.
    pub contract: Option<PathBuf>,
    /// `[model]`
    pub model: Model,
    /// `[snapshots]`
    pub snapshots: Snapshots,
    /// `[columns]`
    pub columns: Columns,
    /// `[sources]`: upstream system to features.
    pub sources: BTreeMap<String, Vec<String>>,
    /// `[thresholds]`
    pub thresholds: Thresholds,
    /// `[remote]`
    pub remote: Option<Remote>,
    /// Where each key of the contract stands in its text, for messages: `columns.timestamp` to a byte range.
    pub places: BTreeMap<String, std::ops::Range<usize>>,
}

/// `[model]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The model's name.
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// What it predicts; inferred from the label when absent.
    #[serde(default)]
    pub task: Option<Task>,
    /// The deployed model as an ONNX file.
    #[serde(default)]
    pub artifact: Option<String>,
    /// Binary: the positive class, as text.
    #[serde(default)]
    pub positive: Option<String>,
}

/// `[snapshots]`: a path, a glob, an object-store address or an engine's table each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshots {
    /// What the model was trained on.
    pub training: String,
    /// What it answered in production.
    pub production: String,
    /// Trusted labelled rows.
    #[serde(default)]
    pub golden: Option<String>,
    /// Production rows recomputed by the training pipeline.
    #[serde(default)]
    pub offline: Option<String>,
    /// Deploys, pipeline and schema changes.
    #[serde(default)]
    pub events: Option<String>,
}

/// `[columns]`: the name of the column that plays a role. Every other column is a feature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// When the request was answered.
    pub timestamp: Option<String>,
    /// The truth.
    pub label: Option<String>,
    /// The model's answer: class or value.
    pub prediction: Option<String>,
    /// Binary: the probability of the positive class.
    pub score: Option<String>,
    /// The row's id, joins the offline snapshot.
    pub id: Option<String>,
    /// Answer time in milliseconds.
    pub latency_ms: Option<String>,
    /// CPU load in percent.
    pub cpu: Option<String>,
    /// Memory in use in percent.
    pub memory: Option<String>,
    /// Columns that are neither role nor feature.
    pub ignore: Vec<String>,
    /// Numbers that are names.
    pub categorical: Vec<String>,
}

/// `[thresholds]`
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// PSI from which a feature is worth a look.
    pub psi_watch: f64,
    /// PSI from which it alarms.
    pub psi_alarm: f64,
    /// Relative loss of the headline metric that alarms.
    pub performance_drop: f64,
    /// Relative shift of the mean or median answer that alarms.
    pub prediction_shift: f64,
    /// Load of CPU or memory that alarms, as a share.
    pub utilization: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { psi_watch: 0.1, psi_alarm: 0.25, performance_drop: 0.05, prediction_shift: 0.10, utilization: 0.80 }
    }
}

/// `[remote]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// The cluster's address.
    pub engine: String,
}
