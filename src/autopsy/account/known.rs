//! What the account rests on.

use std::sync::Arc;

use crate::autopsy::{
    Dossier, Framing,
    exam::{
        golden::Golden,
        integrity::Integrity,
        yardstick::{Launch, Yardstick},
    },
};

/// What the account rests on, beside the rows themselves.
pub struct Known<'a> {
    /// The case.
    pub dossier: &'a Dossier,
    /// Which rows are compared with which.
    pub framing: &'a Framing,
    /// The golden set, launch against now.
    pub golden: Option<&'a Golden>,
    /// What happened to the features.
    pub integrity: &'a Integrity,
    /// Whether a check found inputs that do not belong together, or new combinations that carry the loss: nothing mends
    /// them, and a relation that is examined on them is not the world's.
    pub unsettled: bool,
    /// The launch model.
    pub launch: Option<&'a Arc<Launch>>,
    /// What answers mended rows.
    pub yardstick: &'a Result<Yardstick, String>,
}
