//! Distances between two distributions of counts.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier, Framing,
        catalogue::{Measure, measures},
        exam::sampled_values::{production_numbers, training_numbers},
    },
    cached::cached,
    case::Thresholds,
    stats::distance as measure,
    summary::{Bins, FeatureCounts, Table, fraction},
};

/// The distances of one feature's production distribution (after the onset, else all) from the reference's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distances {
    /// Population stability index, bias-corrected.
    pub psi: Option<f64>,
    /// Kolmogorov-Smirnov distance (numeric).
    pub ks: Option<f64>,
    /// Wasserstein-1 distance in reference standard deviations (numeric).
    pub wasserstein: Option<f64>,
    /// Jensen-Shannon distance, base 2.
    pub jensen_shannon: Option<f64>,
    /// Cramér's V, bias-corrected (categorical).
    pub cramers_v: Option<f64>,
    /// p-value of the test that PSI is above the noise floor, and after false-discovery control over the
    /// features.
    pub p_value: Option<f64>,
    /// Benjamini-Hochberg adjusted p-value.
    pub q_value: Option<f64>,
    /// p-value of the test that PSI is above the `psi_watch` threshold, not merely above noise.
    pub beyond_watch: Option<f64>,
    /// Share of missing values in the reference and in production.
    pub missing: (f64, f64),
    /// Share of production values outside the reference's range (numeric) or absent from the reference
    /// (categorical).
    pub outside: f64,
}

cached!(struct Distances {
    psi, ks, wasserstein, jensen_shannon, cramers_v, p_value, q_value, beyond_watch, missing, outside,
});

impl Distances {
    /// The values of [`DISTANCES`] by key; none where one is not defined for the feature's kind.
    #[must_use]
    pub fn by_key(&self) -> BTreeMap<&'static str, Option<f64>> {
        DISTANCES.iter().map(|distance| (distance.key, (distance.value)(self))).collect()
    }
}

/// A distance that is measured beside PSI, with what the user interfaces need.
#[derive(Debug)]
pub struct DistanceSpec {
    /// Its name, its meaning and its computation.
    pub measure: &'static Measure,
    /// Its spellings in filters, as in `ks>.1`; the first one is shown.
    pub spellings: &'static [&'static str],
    /// Its key in JSON.
    pub key: &'static str,
    /// Its value; none where it is not defined for the feature's kind.
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

/// PSI with the inputs of its significance test.
#[derive(Debug, Clone, Copy)]
pub(super) struct Psi {
    /// The uncorrected value.
    raw: f64,
    /// Bias-corrected, not below 0.
    pub(super) corrected: f64,
    bins: usize,
    n: u64,
    m: u64,
}

impl Psi {
    /// p-value of the test that PSI exceeds a floor; 1 where the test is undefined.
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

/// The counts of a column; all rows are missing where the snapshot has no such column.
pub(super) fn complete(mut counts: Vec<u64>, bins: &Bins, rows: u64) -> Vec<u64> {
    counts.resize(bins.fine(), 0);
    if counts.iter().all(|&c| c == 0) {
        *counts.last_mut().expect("there is always the missing bin") = rows;
    }
    counts
}

/// Rows per coarse bin of each displayed window.
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
/// * `values`: the sampled values of both sides, where rows are available: KS and Wasserstein are then those
///   of the samples. From counts alone (profiles) they are accurate to within a bin, with the open end bins
///   cut at the extremes.
pub(super) fn distances(
    bins: &Bins,
    (reference, production): (&[u64], &[u64]),
    deviation: Option<f64>,
    values: Option<&Values>,
    extremes: (f64, f64),
    thresholds: &Thresholds,
) -> Distances {
    let share_missing = |counts: &[u64]| fraction(counts.last().copied().unwrap_or(0), counts.iter().sum());
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
            // Without a reference value there is a single interval, and no value is outside of it.
            distances.outside = if last == 0 { 0.0 } else { fraction(p[0] + p[last], present) };
            let scale = deviation.filter(|d| *d > 0.0);
            let moved = match values {
                Some(values) => {
                    let both = measure::sample_distances(&values.reference, &values.production).ok();
                    distances.ks = both.map(|(ks, _)| ks);
                    both.map(|(_, moved)| moved)
                }
                None => {
                    distances.ks = measure::ks(r, p).ok();
                    let (low, high) = extremes;
                    measure::wasserstein_binned(&numeric.edges, low, high, r, p).ok()
                }
            };
            distances.wasserstein = moved.zip(scale).map(|(moved, scale)| moved / scale);
        }
        Bins::Categorical(levels) => {
            distances.outside = fraction(production[levels.unseen()], present);
            let pooled = |counts: &[u64]| bins.rare_pooled(counts.to_vec());
            distances.cramers_v = measure::cramers_v(&pooled(reference), &pooled(production)).ok();
        }
        Bins::None => {}
    }
    distances
}

/// Sampled non-missing values of a feature on both sides.
pub(super) struct Values {
    reference: Vec<f64>,
    production: Vec<f64>,
}

impl Values {
    /// Of training and of production since the onset; none where a side has no rows (a profile) or no value.
    ///
    /// * `feature`: the model's predictions when absent.
    pub(super) fn of(dossier: &Dossier, framing: &Framing, feature: Option<usize>) -> Option<Self> {
        let (reference, production) = match feature {
            Some(feature) => {
                (training_numbers(dossier, feature), production_numbers(dossier, feature, &framing.after))
            }
            None => {
                let answers = |table: &Table| {
                    if dossier.plan.has_score { table.score.clone() } else { table.prediction.clone() }
                };
                let (training, production) =
                    (answers(&dossier.training.sample), answers(&dossier.production.sample));
                let known = |x: &f64| x.is_finite();
                let after = framing.after.iter().filter_map(|&row| production.get(row).copied());
                (training.into_iter().filter(known).collect(), after.filter(known).collect())
            }
        };
        (!reference.is_empty() && !production.is_empty()).then_some(Self { reference, production })
    }
}
