//! The sampled values of one feature: its numbers, and its levels that do not occur in training.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    autopsy::Dossier,
    summary::{Column, MISSING, Table, fraction},
};

use super::embedding_similarity;

/// The non-missing values of one feature in training, in row order.
#[must_use]
pub(in crate::autopsy) fn training_numbers(dossier: &Dossier, feature: usize) -> Vec<f64> {
    finite(&numbers(dossier, &dossier.training.sample, feature))
}

/// The non-missing values of one feature in the given rows of the production sample.
#[must_use]
pub(in crate::autopsy) fn production_numbers(dossier: &Dossier, feature: usize, rows: &[usize]) -> Vec<f64> {
    let all = numbers(dossier, &dossier.production.sample, feature);
    rows.iter().filter_map(|&row| all.get(row).copied()).filter(|x| x.is_finite()).collect()
}

/// One number per row: the value, or an embedding's similarity to training. NaN is missing; empty for other
/// columns.
pub(in crate::autopsy) fn numbers<'a>(dossier: &Dossier, table: &'a Table, feature: usize) -> Cow<'a, [f64]> {
    match table.features.get(feature) {
        Some(Column::Numeric { values, .. }) => Cow::Borrowed(values),
        Some(column @ Column::Embedding { .. }) => {
            Cow::Owned(embedding_similarity::similarity(dossier, feature, column))
        }
        _ => Cow::Owned(Vec::new()),
    }
}

/// The finite numbers.
pub(in crate::autopsy) fn finite(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|x| x.is_finite()).collect()
}

/// Levels that do not occur in training, with their share of the given rows of the production sample, most
/// frequent first.
#[must_use]
pub(in crate::autopsy) fn unseen_levels(
    dossier: &Dossier,
    feature: usize,
    rows: &[usize],
) -> Vec<(String, f64)> {
    let description = &dossier.plan.features[feature];
    let Some(codes) = dossier.production.sample.features.get(feature).and_then(Column::codes) else {
        return Vec::new();
    };
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for &row in rows {
        let code = codes[row];
        if code != MISSING && code as usize >= description.known_levels {
            *counts.entry(code).or_default() += 1;
        }
    }
    let mut unseen: Vec<(u32, u64)> = counts.into_iter().collect();
    unseen.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let text = |code: u32| description.levels.get(code as usize).cloned().unwrap_or_default();
    unseen.into_iter().map(|(code, n)| (text(code), fraction(n, rows.len() as u64))).collect()
}
