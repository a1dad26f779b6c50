//! Causes that are found, in words.

use crate::{
    autopsy::{Hypothesis, Investigation},
    text::number,
};

use super::features;

/// A found cause with its features and its cost: `label shift (37 % of the loss)`, `feature recalibration of income (60 % of
/// the loss)`; without a share the probability that it is there.
#[must_use]
pub fn with_cost(investigation: &Investigation, hypothesis: &Hypothesis) -> String {
    let on = match features::names(&investigation.dossier, &hypothesis.features) {
        names if names.is_empty() => String::new(),
        names => format!(" of {names}"),
    };
    let cost = hypothesis.judged.share.map_or_else(
        || format!("present with {}", number::share(hypothesis.judged.present)),
        |share| format!("{} of the loss", number::share(share.value)),
    );
    format!("{}{on} ({cost})", hypothesis.cause.name())
}

/// The causes found after the first one, as a sentence: `Found besides: label shift (37 % of the loss).`; none where at
/// most one is found.
#[must_use]
pub fn besides(investigation: &Investigation) -> Option<String> {
    let found = investigation.diagnosis.found();
    let others: Vec<String> = found.iter().skip(1).map(|other| with_cost(investigation, other)).collect();
    (!others.is_empty()).then(|| format!("Found besides: {}.", others.join("; ")))
}
