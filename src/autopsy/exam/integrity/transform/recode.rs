//! Reassigned category codes: the assignment of served codes that fits the other columns best.

use std::collections::BTreeMap;

use crate::{
    stats::{assignment::hungarian, distance, linear::Matrix},
    summary::MISSING,
};

use super::{
    super::feature_samples::FeatureSamples,
    inverse::{Inverse, Transform},
};

/// Reassigned category codes.
#[derive(Debug, Clone)]
pub(in crate::autopsy::exam::integrity) struct Recoded {
    pub(in crate::autopsy::exam::integrity) map: Transform,
    /// The improvement of the fit to the other columns, in nats per row.
    pub(in crate::autopsy::exam::integrity) gain: f64,
}

impl Recoded {
    /// Whether the assignment also brings the levels' frequencies closer to the reference.
    pub(super) fn is_closer(&self) -> bool {
        self.map.ratio() < 0.7
    }

    /// The gain, with a low weight where the frequencies come no closer.
    pub(super) fn weighed_gain(&self) -> f64 {
        if self.is_closer() { self.gain } else { 0.3 * self.gain }
    }
}

/// The assignment of served codes to reference codes that fits the other columns best, compared with the
/// identity.
///
/// The cost of reading served code `u` as reference code `v` is the mean negative log-likelihood, over the
/// rows served as `u`, of `v` given the other columns (naive Bayes over the coarse bins of each, fitted on
/// the reference rows).
pub(super) fn recode(samples: &FeatureSamples<'_>, feature: usize) -> Option<Recoded> {
    let plan = &samples.dossier.plan;
    let known = plan.features[feature].known_levels;
    let (a, b) = (&samples.reference, &samples.suspect);
    let (first, from) = samples.later_start(feature);
    let later = &b.rows[first..];
    let (before, after) = (a.table.features[feature].codes()?, b.table.features[feature].codes()?);
    let count = |codes: &[u32], rows: &[usize]| {
        let mut counts = vec![0_usize; known];
        for &r in rows {
            if let Some(n) = counts.get_mut(codes[r] as usize) {
                *n += 1;
            }
        }
        counts
    };
    let (seen, served) = (count(before, &a.rows), count(after, later));
    let levels: Vec<usize> = (0..known).filter(|&v| seen[v] >= 15 && served[v] >= 15).take(24).collect();
    if levels.len() < 2 {
        return None;
    }
    let place: BTreeMap<u32, usize> = levels.iter().enumerate().map(|(i, &v)| (v as u32, i)).collect();
    let k = levels.len();
    // The design's column scores, cut at three points, serve as the other columns' bins.
    let design = &samples.design;
    let columns: Vec<usize> = (0..design.feature.len()).filter(|&c| design.feature[c] != feature).collect();
    let bin = |x: f64| -> usize { [-0.8, 0.0, 0.8].iter().filter(|&&cut| x > cut).count() };
    let mut table = vec![[0.5_f64; 4]; k * columns.len()];
    let mut rows_of = vec![2.0_f64; k];
    for (i, &r) in a.rows.iter().enumerate() {
        let Some(&v) = place.get(&before[r]) else { continue };
        rows_of[v] += 1.0;
        for (c, &column) in columns.iter().enumerate() {
            table[v * columns.len() + c][bin(design.reference.get(i, column))] += 1.0;
        }
    }
    for (v, cells) in table.chunks_exact_mut(columns.len().max(1)).enumerate() {
        cells.iter_mut().flatten().for_each(|cell| *cell = (*cell / rows_of[v]).ln());
    }
    let mut fit = vec![0.0_f64; k * k];
    let mut rows = vec![0.0_f64; k];
    let mut bins = vec![0; columns.len()];
    for (i, &r) in b.rows.iter().enumerate().skip(first) {
        let Some(&u) = place.get(&after[r]) else { continue };
        rows[u] += 1.0;
        let row = design.suspect.row(i);
        bins.iter_mut().zip(&columns).for_each(|(of, &column)| *of = bin(row[column]));
        for v in 0..k {
            let mut sum = 0.0;
            for (cells, &bin) in table[v * columns.len()..].iter().zip(&bins) {
                sum += cells[bin];
            }
            fit[u * k + v] += sum;
        }
    }
    let cost =
        Matrix::from_rows(k, k, (0..k * k).map(|at| -fit[at] / rows[at / k].max(1.0)).collect()).ok()?;
    let chosen = hungarian(&cost).ok()?;
    let share = |u: usize| rows[u] / rows.iter().sum::<f64>().max(1.0);
    let gain: f64 = (0..k).map(|u| share(u) * (cost.get(u, u) - cost.get(u, chosen[u]))).sum();
    let changed = (0..k).filter(|&u| chosen[u] != u).count();
    let mut codes: Vec<u32> = (0..plan.features[feature].levels.len() as u32).collect();
    for (u, &v) in chosen.iter().enumerate() {
        codes[levels[u]] = levels[v] as u32;
    }
    let frequencies = |codes: &dyn Fn(usize) -> u32, rows: &[usize]| {
        let mut counts = vec![0_u64; known + 1];
        for &r in rows {
            counts[match codes(r) {
                MISSING => known,
                code => (code as usize).min(known),
            }] += 1;
        }
        counts
    };
    let reference = frequencies(&|r| before[r], &a.rows);
    let distance = |counts: &[u64]| distance::jensen_shannon(&reference, counts).unwrap_or(1.0);
    let as_served = distance(&frequencies(&|r| after[r], later));
    let undone = distance(&frequencies(&|r| codes.get(after[r] as usize).copied().unwrap_or(MISSING), later));
    let name = format!("{changed} codes were reassigned");
    let map =
        Transform { feature, name, inverse: Inverse::Codes(codes), from, distance: (as_served, undone) };
    (changed > 0).then_some(Recoded { map, gain })
}
