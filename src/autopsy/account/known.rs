//! The inputs of the decomposition.

use std::sync::Arc;

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::{
            golden::Golden,
            integrity::Integrity,
            yardstick::{Launch, Yardstick},
        },
    },
    stats::metric::Metric,
};

/// What the decomposition uses besides the rows themselves.
pub struct Known<'a> {
    /// The case.
    pub dossier: &'a Dossier,
    /// Which rows are compared with which.
    pub framing: &'a Framing,
    /// The golden set, launch against now.
    pub golden: Option<&'a Golden>,
    /// What happened to the features.
    pub integrity: &'a Integrity,
    /// The headline metric, if it does worse beyond noise.
    pub headline: Option<Metric>,
    /// Columns that hold each other's values, as far as a check found any.
    pub swapped: &'a [usize],
    /// Whether a check found inconsistent inputs, or new combinations that carry the loss: nothing repairs them, and the
    /// relation can't be examined on them.
    pub unsettled: bool,
    /// The launch model.
    pub launch: Option<&'a Arc<Launch>>,
    /// The model that predicts repaired rows.
    pub yardstick: &'a Result<Yardstick, String>,
}
