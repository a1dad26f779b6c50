//! Names of features.

use crate::{autopsy::Dossier, text::phrase};

/// Lists the names of features, three at most: `a, b, c and 4 more`; empty if there are none.
///
/// * `features`: indices in the plan, in the order in which they are listed; unknown indices are skipped.
#[must_use]
pub fn names(dossier: &Dossier, features: &[usize]) -> String {
    let known = features.iter().filter_map(|&feature| dossier.plan.features.get(feature));
    let names: Vec<&str> = known.map(|feature| feature.name.as_str()).collect();
    if names.is_empty() { String::new() } else { phrase::list_up_to(&names, 3) }
}
