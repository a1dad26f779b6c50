//! The vectors of an embedding in training, and how like them another one is: by its direction and by its length.

use super::folds::thin;
use crate::{stats::moments::quantile, summary::Column};

/// The share of training rows inside the support, by each distance.
pub(super) const INSIDE: f64 = 0.995;

/// Training vectors with which an embedding is compared.
const VECTORS: usize = 512;

/// Training's vectors, normalised to length 1.
#[derive(Debug, Clone)]
pub(super) struct Vectors {
    width: usize,
    known: Vec<f32>,
    /// A vector with a similarity below this is outlying.
    pub(super) least: f64,
    /// The shortest and the longest of the training vectors: a cosine does not see a vector that grew.
    lengths: (f64, f64),
}

impl Vectors {
    pub(super) fn of(column: &Column, rows: &[usize]) -> Option<Self> {
        let Column::Embedding { width, .. } = column else {
            return None;
        };
        let present: Vec<usize> = rows.iter().copied().filter(|&r| !column.is_missing(r)).collect();
        let chosen = thin(&present, 2 * VECTORS);
        if *width == 0 || chosen.len() < 20 {
            return None;
        }
        let known = chosen.iter().step_by(2).filter_map(|&r| unit_vector(column, r)).flatten().collect();
        let sizes = chosen.iter().filter_map(|&r| length(column, r));
        let lengths = sizes.fold((f64::INFINITY, 0.0), |(low, high), size| (size.min(low), size.max(high)));
        let mut all = Self { width: *width, known, least: -1.0, lengths };
        let mut similar: Vec<f64> =
            chosen.iter().skip(1).step_by(2).filter_map(|&r| all.similarity(column, r)).collect();
        similar.sort_unstable_by(f64::total_cmp);
        all.least = quantile(&similar, 1.0 - INSIDE).unwrap_or(-1.0);
        Some(all)
    }

    /// Whether a vector is longer or shorter than any of training, by more than rounding.
    pub(super) fn is_of_another_size(&self, column: &Column, row: usize) -> bool {
        let (low, high) = self.lengths;
        length(column, row).is_some_and(|size| size < 0.999 * low || size > 1.001 * high)
    }

    /// The largest cosine with a training vector; none for a missing or zero vector, or one of another
    /// length.
    pub(super) fn similarity(&self, column: &Column, row: usize) -> Option<f64> {
        let vector = unit_vector(column, row).filter(|v| v.len() == self.width)?;
        let cosine = |known: &[f32]| known.iter().zip(&vector).map(|(a, b)| a * b).sum::<f32>();
        let best = self.known.chunks_exact(self.width).map(cosine).fold(f32::NEG_INFINITY, f32::max);
        best.is_finite().then(|| f64::from(best))
    }
}

fn vector(column: &Column, row: usize) -> Option<&[f32]> {
    let Column::Embedding { width, values } = column else {
        return None;
    };
    values.get(row * width..(row + 1) * width)
}

/// The length of a vector; none of a missing one.
fn length(column: &Column, row: usize) -> Option<f64> {
    let size = vector(column, row)?.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    size.is_finite().then_some(size)
}

fn unit_vector(column: &Column, row: usize) -> Option<Vec<f32>> {
    let vector = vector(column, row)?;
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    (length > 0.0 && length.is_finite()).then(|| vector.iter().map(|x| x / length).collect())
}
