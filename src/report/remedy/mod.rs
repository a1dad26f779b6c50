//! The measurements of remedies as one JSON object. `docs/contract.md` explains its keys.

mod comparison;
mod review;

use serde::Serialize;

pub use comparison::ComparisonPart;
pub use review::ReviewPart;

use super::measured::Remedies;
use crate::{
    autopsy::Investigation,
    remedy::{RemedyReport, Unavailable},
    summary::Micros,
    text::{json, time},
};

/// Version of the object; incremented when a key is removed or changes its meaning.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    case: &'a str,
    #[serde(flatten)]
    remedies: Remedies,
    comparison: Option<Measurable<ComparisonPart>>,
    review: Measurable<ReviewPart>,
}

/// A measurement, or why it is not available.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "{T}OrError"))]
pub enum Measurable<T> {
    /// The measurement.
    Measured(Box<T>),
    /// Not available.
    Not {
        /// The reason: a sentence.
        error: String,
    },
}

impl<T> Measurable<T> {
    fn new<D>(found: &Result<D, Unavailable>, part: impl FnOnce(&D) -> T) -> Self {
        match found {
            Ok(found) => Self::Measured(Box::new(part(found))),
            Err(why) => Self::Not { error: why.to_string() },
        }
    }

    /// Returns the measurement, if available.
    #[must_use]
    pub fn measured(&self) -> Option<&T> {
        match self {
            Self::Measured(part) => Some(part),
            Self::Not { .. } => None,
        }
    }
}

/// Returns the measurements of remedies as one JSON object, followed by a line break.
///
/// # Panics
///
/// Never: maps have text keys, and all values are texts or numbers.
#[must_use]
pub fn object(investigation: &Investigation, backtests: &RemedyReport) -> String {
    let object = Object {
        version: VERSION,
        case: &investigation.dossier.title,
        remedies: Remedies::new(investigation, backtests),
        comparison: comparison(investigation, backtests),
        review: review(investigation, backtests),
    };
    json::pretty(&object)
}

/// Returns the candidate against the deployed model; `None` without a candidate.
pub(super) fn comparison(
    investigation: &Investigation,
    backtests: &RemedyReport,
) -> Option<Measurable<ComparisonPart>> {
    let found = backtests.comparison.as_ref()?;
    Some(Measurable::new(found, |comparison| ComparisonPart::new(&investigation.dossier, comparison)))
}

/// Returns what a review by people would bring.
pub(super) fn review(investigation: &Investigation, backtests: &RemedyReport) -> Measurable<ReviewPart> {
    Measurable::new(&backtests.review, |review| ReviewPart::new(&investigation.dossier, review))
}

fn instant(at: Option<Micros>) -> Option<String> {
    at.map(time::rfc3339)
}
