//! The distances of one distribution of counts to another.

use crate::{
    autopsy::{
        Dossier, Framing,
        catalogue::{Measure, measures},
        exam::{
            phrase,
            sampled_values::{production_numbers, training_numbers},
        },
    },
    case::Thresholds,
    stats::distance as measure,
    summary::{Bins, FeatureCounts},
};

use super::Distances;

/// A distance that is measured beside PSI, and what the faces need to know of it.
#[derive(Debug)]
pub struct DistanceSpec {
    /// Its name, what it means and how it is computed.
    pub measure: &'static Measure,
    /// How a filter spells it, as in `ks>.1`; the first spelling is the one that is shown.
    pub spellings: &'static [&'static str],
    /// Its key in JSON.
    pub key: &'static str,
    /// Where it stands; none where it is not defined for the feature's kind.
    pub value: fn(&Distances) -> Option<f64>,
}

impl PartialEq for DistanceSpec {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// The distances beside PSI, in the order in which they are shown.
pub static DISTANCES: [DistanceSpec; 4] = [
    DistanceSpec { measure: &measures::KS, spellings: &["ks"], key: "ks", value: |distances| distances.ks },
    DistanceSpec {
        measure: &measures::WASSERSTEIN,
        spellings: &["w1", "w₁"],
        key: "wasserstein",
        value: |distances| distances.wasserstein,
    },
    DistanceSpec {
        measure: &measures::JENSEN_SHANNON,
        spellings: &["js"],
        key: "jensen_shannon",
        value: |distances| distances.jensen_shannon,
    },
    DistanceSpec {
        measure: &measures::CRAMERS_V,
        spellings: &["v"],
        key: "cramers_v",
        value: |distances| distances.cramers_v,
    },
];

/// A PSI with what its test needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Psi {
    /// As it is.
    raw: f64,
    /// Less its bias, not below 0.
    pub(super) corrected: f64,
    bins: usize,
    n: u64,
    m: u64,
}

impl Psi {
    /// p-value of the test that PSI exceeds a floor; 1 where the test has no answer.
    pub(super) fn p(&self, floor: f64) -> f64 {
        measure::psi_p_value(self.raw, self.bins, self.n, self.m, floor).unwrap_or(1.0)
    }
}

/// PSI of two histograms; none when a side is empty.
pub(super) fn psi(reference: &[u64], production: &[u64]) -> Option<Psi> {
    let raw = measure::psi(reference, production).ok()?;
    let bins = measure::occupied(reference, production);
    let (n, m) = (reference.iter().sum(), production.iter().sum());
    Some(Psi { raw, corrected: (raw - measure::psi_bias(bins, n, m)).max(0.0), bins, n, m })
}

/// The counts of a column, all rows missing where the snapshot has no such column.
pub(super) fn complete(mut counts: Vec<u64>, bins: &Bins, rows: u64) -> Vec<u64> {
    counts.resize(bins.fine(), 0);
    if counts.iter().all(|&c| c == 0) {
        *counts.last_mut().expect("there is always the missing bin") = rows;
    }
    counts
}

/// Rows per coarse bin of each shown window.
pub(super) fn by_window(bins: &Bins, counts: &FeatureCounts, map: &[usize], rows: &[u64]) -> Vec<Vec<u64>> {
    let mut fine = vec![vec![0_u64; bins.fine()]; rows.len()];
    if counts.bins == bins.fine() {
        for (window, &to) in counts.counts.chunks_exact(counts.bins).zip(map) {
            fine[to].iter_mut().zip(window).for_each(|(total, &c)| *total += u64::from(c));
        }
    }
    fine.into_iter().zip(rows).map(|(window, &rows)| bins.coarsen(&complete(window, bins, rows))).collect()
}

/// All distances of production to the reference.
///
/// * `reference`, `production`: rows per fine bin.
/// * `deviation`: the reference's standard deviation.
/// * `usual`: the range of both populations but for 0.1 % at each end, which bounds the open end bins, so that one
///   outlier moves nothing.
pub(super) fn distances(
    bins: &Bins,
    reference: &[u64],
    production: &[u64],
    deviation: Option<f64>,
    usual: Option<(f64, f64)>,
    thresholds: &Thresholds,
) -> Distances {
    let share_missing =
        |counts: &[u64]| phrase::fraction(counts.last().copied().unwrap_or(0), counts.iter().sum());
    let missing = (share_missing(reference), share_missing(production));
    let (coarse_r, coarse_p) = (bins.coarsen(reference), bins.coarsen(production));
    let present: u64 = production.iter().rev().skip(1).sum();
    let mut distances = Distances { missing, ..Distances::default() };
    if *bins == Bins::None {
        return distances;
    }
    if let Some(psi) = psi(&coarse_r, &coarse_p) {
        distances.psi = Some(psi.corrected);
        distances.p_value = Some(psi.p(0.0));
        distances.beyond_watch = Some(psi.p(thresholds.psi_watch));
    }
    distances.jensen_shannon = measure::jensen_shannon(&coarse_r, &coarse_p).ok();
    match bins {
        Bins::Numeric(numeric) => {
            let last = numeric.edges.len();
            let (r, p) = (&reference[..=last], &production[..=last]);
            // Without a reference value there is one interval, and nothing lies outside of it.
            distances.outside = if last == 0 { 0.0 } else { phrase::fraction(p[0] + p[last], present) };
            distances.ks = measure::ks(r, p).ok();
            let scale = deviation.filter(|d| *d > 0.0);
            if let (Some((low, high)), Some(scale), Some(&first), Some(&end)) =
                (usual, scale, numeric.edges.first(), numeric.edges.last())
            {
                distances.wasserstein =
                    measure::wasserstein_binned(&numeric.edges, low.min(first), high.max(end), r, p)
                        .ok()
                        .map(|w| w / scale);
            }
        }
        Bins::Categorical(levels) => {
            distances.outside = phrase::fraction(production[levels.unseen()], present);
            distances.cramers_v = measure::cramers_v(reference, production).ok();
        }
        Bins::None => {}
    }
    distances
}

/// The range of a feature's values in training and production together, but for 0.1 % of each at each end.
pub(super) fn usual_range(dossier: &Dossier, framing: &Framing, feature: usize) -> Option<(f64, f64)> {
    let ends = |mut values: Vec<f64>| {
        let cut = values.len() / 1000;
        let last = values.len().checked_sub(1 + cut)?;
        let low = *values.select_nth_unstable_by(cut, f64::total_cmp).1;
        Some((low, *values.select_nth_unstable_by(last, f64::total_cmp).1))
    };
    let training = ends(training_numbers(dossier, feature))?;
    let production = ends(production_numbers(dossier, feature, &framing.after)).unwrap_or(training);
    Some((training.0.min(production.0), training.1.max(production.1)))
}
