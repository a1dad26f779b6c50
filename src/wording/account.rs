//! The lines of the account of the loss, in words.

use crate::autopsy::{Dossier, account::Place};

/// Where a part of the loss arose: `input utilization`, `relation of the outcome to the inputs`.
#[must_use]
pub fn place(dossier: &Dossier, place: Place) -> String {
    let name = match place {
        Place::Input(feature) => return format!("input {}", dossier.feature_name(feature)),
        Place::Service => "service",
        Place::Model => "model",
        Place::Answers => "answers, of model or service",
        Place::InputsAndAnswers => "inputs and answers",
        Place::Relation => "relation of the outcome to the inputs",
        Place::Constant => "constant shift of the outcome",
        Place::Population => "population",
        Place::Outside => "rows outside of what was known",
        Place::Unexplained => "unexplained",
    };
    name.to_owned()
}
