//! The lines of the account of the loss, in words.

use crate::autopsy::{Dossier, account::Place};

/// Where a part of the loss arose: `input utilization`, `relation of the outcome to the inputs`.
#[must_use]
pub fn place(dossier: &Dossier, place: Place) -> String {
    match place {
        Place::Input(feature) => format!("input {}", dossier.feature_name(feature)),
        other => other.name().to_owned(),
    }
}
