//! Two features over each other, as text and as a table.

use crate::{
    autopsy::{
        Investigation,
        view::pair::{Pair, pair},
    },
    summary::Kind,
    text::number,
};

/// Bins a feature at most.
const BINS: usize = 8;

/// Two features with what was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct PairView {
    /// The feature whose bins are the columns, and the one whose bins are the lines.
    pub features: (usize, usize),
    /// The counts.
    pub pair: Pair,
}

/// Whether a feature has values that can be counted.
pub(super) fn is_counted(investigation: &Investigation, feature: usize) -> bool {
    investigation.dossier.plan.features.get(feature).is_some_and(|plan| plan.kind != Kind::Embedding)
}

/// Counts two features over each other.
///
/// # Errors
///
/// Why they can't be, as a clause.
pub(super) fn of(investigation: &Investigation, features: (usize, usize)) -> Result<PairView, String> {
    let (first, second) = features;
    if first == second {
        return Err("two features are needed".to_owned());
    }
    let counted = pair(&investigation.dossier, &investigation.framing, first, second, BINS);
    let name = |feature| investigation.dossier.feature_name(feature);
    counted
        .map(|pair| PairView { features, pair })
        .ok_or_else(|| format!("{} or {} has no values to count", name(first), name(second)))
}

/// The most striking difference, in a sentence.
#[must_use]
pub fn message(pair: &Pair) -> String {
    match pair.largest_gain() {
        Some((at, gain)) if gain >= 0.005 => {
            let (across, down) = (&pair.across[at % pair.across.len()], &pair.down[at / pair.across.len()]);
            format!(
                "Most of what is new: {across} with {down}, {} of the rows since the onset, {} in training.",
                number::share(pair.production[at]),
                number::share(pair.training[at])
            )
        }
        _ => "Production lies over the cells as training did.".to_owned(),
    }
}

/// The cells as a table: a line a cell, those that gained most first.
pub(super) fn table(investigation: &Investigation, view: &PairView) -> Vec<Vec<String>> {
    let name = |feature| investigation.dossier.feature_name(feature).to_owned();
    let (first, second) = view.features;
    let mut rows = vec![vec![name(first), name(second), "training".to_owned(), "since the onset".to_owned()]];
    let pair = &view.pair;
    let mut cells: Vec<usize> = (0..pair.training.len()).collect();
    cells.retain(|&at| pair.training[at] > 0.0 || pair.production[at] > 0.0);
    let gain = |at: usize| pair.production[at] - pair.training[at];
    cells.sort_by(|&a, &b| gain(b).total_cmp(&gain(a)));
    rows.extend(cells.into_iter().map(|at| {
        vec![
            pair.across[at % pair.across.len()].clone(),
            pair.down[at / pair.across.len()].clone(),
            number::share(pair.training[at]),
            number::share(pair.production[at]),
        ]
    }));
    rows
}
