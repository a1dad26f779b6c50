//! Two populations over shared bins: training and a period of production.

use crate::autopsy::{
    Dossier,
    exam::sampled_values::{finite, numbers},
};

use super::{Ascending, Basis, Period};

/// The scale of the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axis {
    /// Linear.
    #[default]
    Linear,
    /// Logarithmic; for data with values at or below 0, `asinh(x / s)`, which is linear near 0.
    Log,
    /// The share of training values below.
    Rank,
}

impl Axis {
    /// All axes, in the order in which a key cycles through them.
    pub const ALL: [Self; 3] = [Self::Linear, Self::Log, Self::Rank];

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Log => "log₁₀",
            Self::Rank => "rank",
        }
    }
}

/// Two overlaid histograms.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The scale of the axis, along which the bins have equal width.
    pub axis: Axis,
    /// The bins' edges as values of the feature, ascending; one more than bins.
    pub edges: Vec<f64>,
    /// Share of the training rows (missing ones included) in each bin.
    pub training: Vec<f64>,
    /// Share of the production rows (missing ones included) in each bin.
    pub production: Vec<f64>,
    /// Share of missing values in both.
    pub missing: (f64, f64),
    /// Share of production beyond the first and the last edge; these rows are also counted in the end bins.
    pub cut: (f64, f64),
    /// The smallest and the largest value in training.
    pub training_range: Option<(f64, f64)>,
    /// Share of production below and above that range.
    pub outside: (f64, f64),
    /// Number of rows behind training and production.
    pub basis: (Basis, Basis),
}

impl Histogram {
    /// The largest share in a bin, for the scale.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.training.iter().chain(&self.production).copied().fold(0.0, f64::max)
    }
}

/// The histograms of one feature; none for categories and where neither side has a value.
///
/// * `bins`: number of bins; at least one.
#[must_use]
pub fn histogram(
    dossier: &Dossier,
    numbers: &Ascending,
    period: Period,
    axis: Axis,
    bins: usize,
) -> Option<Histogram> {
    let production = numbers.period(period);
    let mut histogram = overlay(&numbers.training, &production, axis, bins)?;
    histogram.basis = (
        Basis::of(&dossier.training.sample, numbers.training.len()),
        Basis::of(&dossier.production.sample, production.len()),
    );
    Some(histogram)
}

/// The histogram of one feature in training beside the production values after a repair; none for categories
/// and where neither side has a value.
///
/// * `repaired`: one number per repaired row of the production sample, NaN where missing.
#[must_use]
pub fn repaired(
    dossier: &Dossier,
    feature: usize,
    repaired: &[f64],
    axis: Axis,
    bins: usize,
) -> Option<Histogram> {
    let training = numbers(dossier, &dossier.training.sample, feature);
    let mut histogram = overlay(&training, repaired, axis, bins)?;
    histogram.basis = (
        Basis::of(&dossier.training.sample, training.len()),
        Basis::of(&dossier.production.sample, repaired.len()),
    );
    Some(histogram)
}

/// The histograms of two samples, for instance before and after a trial repair; NaN is missing.
///
/// The axis covers both samples except 0.1 % at each end, to limit the effect of outliers; values beyond are
/// counted in the end bins and reported in [`Histogram::cut`].
#[must_use]
pub fn overlay(training: &[f64], production: &[f64], axis: Axis, bins: usize) -> Option<Histogram> {
    let bins = bins.max(1);
    let mut reference = finite(training);
    reference.sort_unstable_by(f64::total_cmp);
    let mut other = finite(production);
    other.sort_unstable_by(f64::total_cmp);
    let (low, high) = frame(&reference, &other)?;
    let scale = BinScale::new(axis, low, &reference, &other);
    let (first, last) = (scale.forward(low), scale.forward(high));
    let width = if last > first { (last - first) / bins as f64 } else { 1.0 };
    let start = if last > first { first } else { first - 0.5 * bins as f64 };
    let edges = (0..=bins).map(|i| scale.backward(start + width * i as f64)).collect();
    let shares = |values: &[f64], of: usize| {
        let mut shares = vec![0.0; bins];
        for &x in values {
            let bin = ((scale.forward(x) - start) / width).floor().clamp(0.0, (bins - 1) as f64);
            shares[bin as usize] += 1.0 / of.max(1) as f64;
        }
        shares
    };
    let part = |count: usize, of: usize| if of == 0 { 0.0 } else { count as f64 / of as f64 };
    let below = |limit: f64| part(other.partition_point(|&x| x < limit), production.len());
    let above = |limit: f64| part(other.len() - other.partition_point(|&x| x <= limit), production.len());
    let training_range = reference.first().copied().zip(reference.last().copied());
    let absent = |values: &[f64], finite: &[f64]| part(values.len() - finite.len(), values.len());
    let basis = |rows: usize| Basis { rows, whole: true };
    Some(Histogram {
        axis,
        edges,
        training: shares(&reference, training.len()),
        production: shares(&other, production.len()),
        missing: (absent(training, &reference), absent(production, &other)),
        cut: (below(low), above(high)),
        training_range,
        outside: training_range.map_or((0.0, 0.0), |(min, max)| (below(min), above(max))),
        basis: (basis(training.len()), basis(production.len())),
    })
}

/// The range of two ascending samples without 0.1 % of each at each end.
fn frame(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    let ends = |values: &[f64]| {
        let cut = values.len() / 1000;
        Some((*values.get(cut)?, *values.get(values.len().checked_sub(1 + cut)?)?))
    };
    match (ends(a), ends(b)) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

/// An axis scale fitted to the data.
enum BinScale<'a> {
    Linear,
    Log,
    /// `asinh(x / s)`, `s` being the smallest common magnitude.
    Asinh(f64),
    /// The ascending reference values.
    Rank(&'a [f64]),
}

impl<'a> BinScale<'a> {
    fn new(axis: Axis, low: f64, reference: &'a [f64], other: &[f64]) -> Self {
        match axis {
            Axis::Log if low > 0.0 => Self::Log,
            Axis::Log => {
                let mut sizes: Vec<f64> =
                    reference.iter().chain(other).map(|x| x.abs()).filter(|&x| x > 0.0).collect();
                sizes.sort_unstable_by(f64::total_cmp);
                Self::Asinh(sizes.get(sizes.len() / 20).copied().unwrap_or(1.0))
            }
            Axis::Rank if reference.len() > 1 => Self::Rank(reference),
            Axis::Linear | Axis::Rank => Self::Linear,
        }
    }

    fn forward(&self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Log => x.max(f64::MIN_POSITIVE).log10(),
            Self::Asinh(unit) => (x / unit).asinh(),
            Self::Rank(sorted) => {
                let (below, up_to) =
                    (sorted.partition_point(|&v| v < x), sorted.partition_point(|&v| v <= x));
                f64::midpoint(below as f64, up_to as f64) / sorted.len() as f64
            }
        }
    }

    fn backward(&self, y: f64) -> f64 {
        match self {
            Self::Linear => y,
            Self::Log => 10.0_f64.powf(y),
            Self::Asinh(unit) => unit * y.sinh(),
            Self::Rank(sorted) => {
                let at = (y.clamp(0.0, 1.0) * (sorted.len() - 1) as f64).round();
                sorted[at as usize]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(n: usize, scale: f64) -> Vec<f64> {
        (0..n).map(|i| scale * (i as f64 + 0.5) / n as f64).collect()
    }

    #[test]
    fn shares_and_missing_add_up_to_one() {
        let mut production = ramp(500, 2.0);
        production.extend([f64::NAN; 100]);
        for axis in Axis::ALL {
            let h = overlay(&ramp(1000, 1.0), &production, axis, 32).unwrap();
            assert_eq!(h.edges.len(), 33);
            let total = |shares: &[f64]| shares.iter().sum::<f64>();
            assert!((total(&h.training) + h.missing.0 - 1.0).abs() < 1e-9, "{axis:?}");
            assert!((total(&h.production) + h.missing.1 - 1.0).abs() < 1e-9, "{axis:?}");
            assert!(h.edges.windows(2).all(|e| e[0] <= e[1]), "{axis:?}");
        }
    }

    #[test]
    fn values_beyond_training_are_told() {
        let h = overlay(&ramp(1000, 1.0), &ramp(1000, 2.0), Axis::Linear, 20).unwrap();
        assert!((h.outside.1 - 0.5).abs() < 0.01, "{:?}", h.outside);
        assert_eq!(h.outside.0, 0.0);
    }

    #[test]
    fn one_outlier_does_not_stretch_the_axis() {
        let mut production = ramp(5000, 1.0);
        production.push(1e6);
        let h = overlay(&ramp(5000, 1.0), &production, Axis::Linear, 20).unwrap();
        assert!(h.edges[20] < 1.1, "{:?}", h.edges);
        assert!(h.cut.1 > 0.0);
    }

    #[test]
    fn constants_and_nothing_have_a_view() {
        let h = overlay(&[3.0; 50], &[3.0; 20], Axis::Linear, 8).unwrap();
        assert!((h.peak() - 1.0).abs() < 1e-9);
        assert_eq!(overlay(&[], &[f64::NAN], Axis::Log, 8), None);
        assert!(overlay(&[1.0, 2.0], &[], Axis::Rank, 0).is_some());
    }
}
