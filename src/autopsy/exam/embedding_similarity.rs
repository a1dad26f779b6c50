//! An embedding as one number per row: the cosine similarity of each vector and the mean vector of training.

use crate::{
    autopsy::Dossier,
    stats::moments::quantile,
    summary::{Bins, Column, FeatureCounts, NumericBins, SnapshotSummary},
};

/// Bins of the similarity, with equal mass in training.
const BINS: usize = 10;

/// The cosine similarity of each vector of `column` and the mean training vector of `feature`; NaN where a
/// vector is missing or of another length, empty when training has none.
#[must_use]
pub fn similarity(dossier: &Dossier, feature: usize, column: &Column) -> Vec<f64> {
    let (Some(Column::Embedding { width, values }), Column::Embedding { width: own, values: vectors }) =
        (dossier.training.sample.features.get(feature), column)
    else {
        return Vec::new();
    };
    let center = mean_vector(*width, values);
    if *own == 0 {
        return Vec::new();
    }
    vectors
        .chunks_exact(*own)
        .map(|vector| if own == width { cosine(vector, &center) } else { f64::NAN })
        .collect()
}

/// The mean of the non-missing vectors.
fn mean_vector(width: usize, values: &[f32]) -> Vec<f64> {
    let mut sum = vec![0.0; width];
    let mut rows = 0.0_f64;
    for vector in values.chunks_exact(width.max(1)).filter(|v| v.iter().all(|x| x.is_finite())) {
        sum.iter_mut().zip(vector).for_each(|(total, &x)| *total += f64::from(x));
        rows += 1.0;
    }
    sum.into_iter().map(|total| total / rows.max(1.0)).collect()
}

fn cosine(vector: &[f32], center: &[f64]) -> f64 {
    let (mut dot, mut own, mut other) = (0.0, 0.0, 0.0);
    for (&x, &y) in vector.iter().zip(center) {
        let x = f64::from(x);
        dot += x * y;
        own += x * x;
        other += y * y;
    }
    let length = f64::sqrt(own * other);
    if length > 0.0 { dot / length } else { f64::NAN }
}

/// The sampled similarities binned like a numeric feature: bins from training, then training and production
/// counts.
///
/// None when training holds no vector.
#[must_use]
pub fn counted(dossier: &Dossier, feature: usize) -> Option<(Bins, FeatureCounts, FeatureCounts)> {
    let of = |snapshot: &SnapshotSummary| {
        snapshot.sample.features.get(feature).map_or_else(Vec::new, |c| similarity(dossier, feature, c))
    };
    let training = of(&dossier.training);
    let mut sorted: Vec<f64> = training.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (&least, &most) = (sorted.first()?, sorted.last()?);
    let mut edges = vec![least];
    edges.extend((1..BINS).filter_map(|k| quantile(&sorted, k as f64 / BINS as f64).ok()));
    edges.push(most.next_up());
    edges.dedup_by(|next, edge| *next <= *edge);
    let inner = edges.len().saturating_sub(1);
    let coarse_of = (0..=edges.len()).map(|bin| bin.clamp(1, inner.max(1)) as u16 - 1).collect();
    let bins = Bins::Numeric(NumericBins { edges, coarse_of, points: Vec::new() });
    let windows = dossier.production.windows.len();
    let window_of = |row: usize| {
        let sample = &dossier.production.sample;
        dossier.grid().and_then(|grid| grid.window(*sample.time.get(row)?)).unwrap_or(0)
    };
    let before = count(&bins, &training, dossier.training.sample.rows, 1, |_| 0);
    let after =
        count(&bins, &of(&dossier.production), dossier.production.sample.rows, windows.max(1), window_of);
    Some((bins, before, after))
}

fn count(
    bins: &Bins,
    values: &[f64],
    rows: usize,
    windows: usize,
    window_of: impl Fn(usize) -> usize,
) -> FeatureCounts {
    let Bins::Numeric(numeric) = bins else {
        return FeatureCounts::default();
    };
    let fine = bins.fine();
    let mut counts = FeatureCounts {
        bins: fine,
        counts: vec![0; windows * fine],
        moments: vec![crate::summary::Moments::default(); windows],
        present: !values.is_empty(),
        ..FeatureCounts::default()
    };
    for row in 0..rows {
        let value = values.get(row).copied().unwrap_or(f64::NAN);
        let window = window_of(row);
        counts.counts[window * fine + numeric.bin(value)] += 1;
        if !value.is_nan() {
            counts.moments[window].add(value);
        }
    }
    counts
}
