//! What the bench measured, as one JSON object. `docs/contract.md` explains its keys.

mod comparison;
mod review;
pub mod says;

use serde::Serialize;
use serde_json::{Value, json};

use super::measured::Remedies;
use crate::{autopsy::Investigation, remedy::RemedyReport, summary::Micros, text::time};

/// The version of the object; it grows when a key changes its meaning or goes away.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    case: &'a str,
    #[serde(flatten)]
    remedies: Remedies,
    comparison: Value,
    review: Value,
}

/// Returns the bench as one JSON object, with a line break at the end.
#[must_use]
pub fn object(investigation: &Investigation, bench: &RemedyReport) -> String {
    let object = Object {
        version: VERSION,
        case: &investigation.dossier.title,
        remedies: Remedies::new(investigation, bench),
        comparison: comparison(investigation, bench),
        review: review(investigation, bench),
    };
    // Maps with text keys, texts and numbers: serde_json refuses none of them.
    let mut text = serde_json::to_string_pretty(&object).expect("no map has keys that are not text");
    text.push('\n');
    text
}

/// The candidate beside the deployed model: null without one, `{"error": …}` where they can't be compared.
#[must_use]
pub fn comparison(investigation: &Investigation, bench: &RemedyReport) -> Value {
    match &bench.comparison {
        None => Value::Null,
        Some(Err(why)) => json!({ "error": why }),
        Some(Ok(comparison)) => comparison::value(&investigation.dossier, comparison),
    }
}

/// What a review by people would bring: `{"error": …}` where it can't be told.
#[must_use]
pub fn review(investigation: &Investigation, bench: &RemedyReport) -> Value {
    match &bench.review {
        Err(why) => json!({ "error": why }),
        Ok(review) => review::value(&investigation.dossier, review),
    }
}

fn instant(at: Option<Micros>) -> Option<String> {
    at.map(time::rfc3339)
}
