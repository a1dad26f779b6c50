//! Quantiles of two populations against each other: Q-Q points, distribution functions, five numbers.

use crate::{
    autopsy::{Dossier, exam::sampled_values::finite},
    stats::moments::quantile,
};

use super::{Ascending, Basis, Period};

/// The smallest and the largest value, the quartiles and the median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FiveNumbers {
    /// Smallest value.
    pub min: f64,
    /// 5 % quantile.
    pub p5: f64,
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
    /// 95 % quantile.
    pub p95: f64,
    /// Largest value.
    pub max: f64,
}

impl FiveNumbers {
    /// The five numbers of an ascending sample; none of an empty one.
    #[must_use]
    pub fn of(sorted: &[f64]) -> Option<Self> {
        let at = |q: f64| quantile(sorted, q).ok();
        Some(Self {
            min: *sorted.first()?,
            p5: at(0.05)?,
            q1: at(0.25)?,
            median: at(0.5)?,
            q3: at(0.75)?,
            p95: at(0.95)?,
            max: *sorted.last()?,
        })
    }
}

/// The quantiles of two populations.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles {
    /// Ascending quantile levels in `0..1`, at the middle of equal steps.
    pub levels: Vec<f64>,
    /// Training's quantiles.
    pub training: Vec<f64>,
    /// Production's quantiles.
    pub production: Vec<f64>,
    /// Five numbers of both; none where there are no values.
    pub five: (Option<FiveNumbers>, Option<FiveNumbers>),
    /// Number of rows with a value behind training and production.
    pub basis: (Basis, Basis),
}

impl Quantiles {
    /// Q-Q points (training, production): on the diagonal where the populations agree. Empty when one side
    /// is.
    #[must_use]
    pub fn points(&self) -> Vec<(f64, f64)> {
        self.training.iter().copied().zip(self.production.iter().copied()).collect()
    }

    /// Points (value, share of the rows up to it) of one population's empirical distribution function.
    #[must_use]
    pub fn distribution(&self, production: bool) -> Vec<(f64, f64)> {
        let side = if production { &self.production } else { &self.training };
        side.iter().copied().zip(self.levels.iter().copied()).collect()
    }

    /// The straight line through the Q-Q points and its R²: production ≈ offset + factor · training.
    ///
    /// None when a side is empty or constant. Only points between 2 and 98 % are used, as the tails are
    /// noise.
    #[must_use]
    pub fn line(&self) -> Option<(f64, f64, f64)> {
        let inner = |q: f64| (0.02..=0.98).contains(&q);
        let points: Vec<(f64, f64)> =
            self.points().into_iter().zip(&self.levels).filter(|(_, q)| inner(**q)).map(|(p, _)| p).collect();
        let n = points.len() as f64;
        let (mean_x, mean_y) =
            (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
        let sum =
            |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| f(p.0 - mean_x, p.1 - mean_y)).sum::<f64>();
        let (xx, yy, xy) = (sum(&|x, _| x * x), sum(&|_, y| y * y), sum(&|x, y| x * y));
        if points.len() < 3 || xx <= 0.0 || yy <= 0.0 {
            return None;
        }
        let factor = xy / xx;
        Some((mean_y - factor * mean_x, factor, xy * xy / (xx * yy)))
    }
}

/// The quantiles of one feature; empty sides for categories and where neither side has a value.
///
/// * `points`: number of quantiles.
#[must_use]
pub fn quantiles(dossier: &Dossier, numbers: &Ascending, period: Period, points: usize) -> Quantiles {
    let mut quantiles = compare(finite(&numbers.training), finite(&numbers.period(period)), points);
    quantiles.basis.0.whole = dossier.training.sample.is_whole();
    quantiles.basis.1.whole = dossier.production.sample.is_whole();
    quantiles
}

/// The quantiles of two samples without missing values.
#[must_use]
pub fn compare(mut training: Vec<f64>, mut production: Vec<f64>, points: usize) -> Quantiles {
    training.sort_unstable_by(f64::total_cmp);
    production.sort_unstable_by(f64::total_cmp);
    let levels: Vec<f64> = (0..points).map(|i| (i as f64 + 0.5) / points as f64).collect();
    let at = |sorted: &[f64]| levels.iter().filter_map(|&q| quantile(sorted, q).ok()).collect();
    let basis = |rows: usize| Basis { rows, whole: true };
    Quantiles {
        training: at(&training),
        production: at(&production),
        five: (FiveNumbers::of(&training), FiveNumbers::of(&production)),
        basis: (basis(training.len()), basis(production.len())),
        levels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_unit_is_a_straight_line() {
        let training: Vec<f64> = (0..500).map(|i| f64::from(i * i % 503)).collect();
        let production = training.iter().map(|x| 100.0 * x + 7.0).collect();
        let (offset, factor, r2) = compare(training, production, 64).line().unwrap();
        assert!((factor - 100.0).abs() < 1e-9 && (offset - 7.0).abs() < 1e-6 && r2 > 0.999_999);
    }

    #[test]
    fn an_empty_side_has_no_points() {
        let quantiles = compare(vec![1.0, 2.0], Vec::new(), 10);
        assert!(quantiles.points().is_empty());
        assert_eq!(quantiles.line(), None);
        assert_eq!(quantiles.five.1, None);
        assert_eq!(quantiles.five.0.unwrap().median, 1.5);
    }
}
