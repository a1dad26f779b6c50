//! Unseen mass: levels that are absent from training by mere chance, in the long tail of an open-ended
//! category.

use crate::{
    autopsy::Dossier,
    summary::{Bins, MISSING},
};

/// Rows of the training snapshot whose level occurs only once there.
///
/// Their share estimates the probability that a new row of the same population has an unseen level
/// (Good-Turing). When production is compared with the reference, as many of its rows are therefore counted
/// as "never seen". Estimated from the sample, and scaled up if that is not the whole snapshot, where the pass did not count
/// the rows of every level. 0 for other kinds of features.
///
/// Source: Good, "The population frequencies of species and the estimation of population parameters",
/// Biometrika 40 (1953).
#[must_use]
pub fn singletons(dossier: &Dossier, feature: usize) -> u64 {
    if let Some(once) = dossier.training.features.get(feature).and_then(|counts| counts.once) {
        return once;
    }
    let description = &dossier.plan.features[feature];
    let sample = &dossier.training.sample;
    let (Bins::Categorical(_), Some(codes)) =
        (&description.bins, sample.features.get(feature).and_then(|c| c.codes()))
    else {
        return 0;
    };
    let mut counts = vec![0_u32; description.levels.len()];
    for &code in codes.iter().filter(|&&code| code != MISSING) {
        if let Some(count) = counts.get_mut(code as usize) {
            *count += 1;
        }
    }
    let once = counts.iter().filter(|&&c| c == 1).count() as u64;
    let scale = dossier.training.rows as f64 / sample.rows.max(1) as f64;
    (once as f64 * scale).round() as u64
}

/// The reference's counts as expected of a second sample of its population: the rows of levels that occur
/// once move from "other" to "never seen".
///
/// * `counts`: rows per fine bin of the training snapshot; returned unchanged for a feature that is not
///   categorical.
#[must_use]
pub fn expected(dossier: &Dossier, feature: usize, mut counts: Vec<u64>) -> Vec<u64> {
    if let Some(Bins::Categorical(levels)) = dossier.plan.features.get(feature).map(|f| &f.bins)
        && counts.len() > levels.unseen()
    {
        let moving = singletons(dossier, feature).min(counts[levels.levels]);
        counts[levels.levels] -= moving;
        counts[levels.unseen()] += moving;
    }
    counts
}
