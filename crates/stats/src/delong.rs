//! The variance of ROC AUCs, single and paired, in O(n log n).
//!
//! DeLong, DeLong & Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
//! characteristic curves", Biometrics 44 (1988), by the midranks of Sun & Xu, "Fast implementation of
//! DeLong's algorithm", IEEE Signal Processing Letters 21 (2014).

use super::{
    Undefined,
    distribution::{normal_cdf, normal_quantile, normal_two_sided_p},
    ranked::RankedScores,
};

/// An AUC with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The area under the ROC curve.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
}

impl Estimate {
    /// The interval of the given coverage, computed on the logit scale to stay inside 0..1.
    ///
    /// An AUC of exactly 0 or 1 has no estimated spread and is its own interval.
    #[must_use]
    pub fn interval(&self, coverage: f64) -> (f64, f64) {
        let slope = self.value * (1.0 - self.value);
        if slope <= 0.0 {
            return (self.value, self.value);
        }
        let center = (self.value / (1.0 - self.value)).ln();
        let half = normal_quantile(f64::midpoint(1.0, coverage)) * self.variance.sqrt() / slope;
        let back = |x: f64| 1.0 / (1.0 + (-x).exp());
        (back(center - half), back(center + half))
    }
}

/// The difference of two AUCs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The second AUC minus the first.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// The difference in standard errors; 0 when the two scores rank the rows identically.
    pub z: f64,
}

impl Difference {
    fn new(difference: f64, variance: f64) -> Self {
        let error = variance.max(0.0).sqrt();
        let z = if error > 0.0 { difference / error } else { 0.0 };
        Self { difference, error, z }
    }

    /// Two-sided p-value for equal AUCs.
    #[must_use]
    pub fn p(&self) -> f64 {
        normal_two_sided_p(self.z)
    }

    /// The probability that the second AUC is the smaller one, in the normal approximation.
    #[must_use]
    pub fn probability_of_loss(&self) -> f64 {
        normal_cdf(-self.z)
    }
}

/// The placement of each row: for a positive, the share of negatives below it; for a negative, the share of
/// positives above it; ties count half.
struct Placements {
    positive: Vec<f64>,
    negative: Vec<f64>,
}

impl Placements {
    fn new(score: &[f64], is_positive: &[bool]) -> Result<Self, Undefined> {
        Self::of(&RankedScores::new(score, is_positive))
    }

    fn of(ranked: &RankedScores<'_>) -> Result<Self, Undefined> {
        let ties = ranked.ties()?;
        let is_positive = ranked.positive();
        let m = ranked.positives();
        let n = is_positive.len() - m;
        if m == 0 || n == 0 {
            return Err(Undefined::OneClass);
        }
        let mut placement = vec![0.0; is_positive.len()];
        let (mut positives, mut negatives) = (0, 0);
        for tie in ties {
            let here = tie.iter().filter(|&&row| is_positive[row as usize]).count();
            let others = tie.len() - here;
            let below = |before: usize, equal: usize| before as f64 + equal as f64 / 2.0;
            for &row in tie {
                placement[row as usize] = if is_positive[row as usize] {
                    below(negatives, others) / n as f64
                } else {
                    1.0 - below(positives, here) / m as f64
                };
            }
            positives += here;
            negatives += others;
        }
        let pick = |class: bool| -> Vec<f64> {
            placement.iter().zip(is_positive).filter(|(_, p)| **p == class).map(|(x, _)| *x).collect()
        };
        Ok(Self { positive: pick(true), negative: pick(false) })
    }

    fn auc(&self) -> f64 {
        self.positive.iter().sum::<f64>() / self.positive.len() as f64
    }

    /// The covariance of two AUCs on the same rows.
    fn covariance(&self, other: &Self) -> Result<f64, Undefined> {
        let (mine, others) = (self.auc(), other.auc());
        let part = |a: &[f64], b: &[f64]| -> Result<f64, Undefined> {
            if a.len() < 2 {
                return Err(Undefined::TooFew);
            }
            let n = a.len() as f64;
            let sum: f64 = a.iter().zip(b).map(|(x, y)| (x - mine) * (y - others)).sum();
            Ok(sum / (n - 1.0) / n)
        };
        Ok(part(&self.positive, &other.positive)? + part(&self.negative, &other.negative)?)
    }
}

/// Returns the ROC AUC of a score with DeLong's variance.
///
/// * `score`: larger means more likely positive.
/// * `is_positive`: the truth, row by row.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::OneClass`] without both classes, [`Undefined::TooFew`] with a single row of a class,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn delong(score: &[f64], is_positive: &[bool]) -> Result<Estimate, Undefined> {
    delong_of(&RankedScores::new(score, is_positive))
}

/// The same of scores that may be sorted already.
///
/// # Errors
///
/// As [`delong`].
pub fn delong_of(ranked: &RankedScores<'_>) -> Result<Estimate, Undefined> {
    let placements = Placements::of(ranked)?;
    Ok(Estimate { value: placements.auc(), variance: placements.covariance(&placements)? })
}

/// Returns each row's influence on the ROC AUC, centred and on the scale of the AUC: the mean is 0, and the
/// variance of the mean is DeLong's. A row ranked worse than the average of its class is below 0, so a shift
/// of the mean over time is a shift of the AUC.
///
/// For a positive it is (its placement − AUC) / share of positives; negatives likewise.
///
/// # Errors
///
/// As [`delong`].
///
/// Source: the influence function of the AUC; van der Vaart, "Asymptotic Statistics", Cambridge 1998, section
/// 12.2.
pub fn influence(score: &[f64], is_positive: &[bool]) -> Result<Vec<f64>, Undefined> {
    let placements = Placements::new(score, is_positive)?;
    let auc = placements.auc();
    let rows = score.len() as f64;
    let scaled = |values: &[f64]| -> Vec<f64> {
        let share = values.len() as f64 / rows;
        values.iter().map(|v| (v - auc) / share).collect()
    };
    let mut positive = scaled(&placements.positive).into_iter();
    let mut negative = scaled(&placements.negative).into_iter();
    Ok(is_positive.iter().filter_map(|&p| if p { positive.next() } else { negative.next() }).collect())
}

/// Compares the ROC AUCs of two scores on the same rows.
///
/// # Errors
///
/// As [`delong`].
pub fn delong_paired(first: &[f64], second: &[f64], is_positive: &[bool]) -> Result<Difference, Undefined> {
    let (a, b) = (Placements::new(first, is_positive)?, Placements::new(second, is_positive)?);
    let variance = a.covariance(&a)? + b.covariance(&b)? - 2.0 * a.covariance(&b)?;
    // Two scores with the same placements differ by rounding error only.
    let same = a.positive == b.positive && a.negative == b.negative;
    Ok(Difference::new(b.auc() - a.auc(), if same { 0.0 } else { variance }))
}

/// Compares two ROC AUCs of independent rows: the second minus the first.
#[must_use]
pub fn delong_unpaired(first: &Estimate, second: &Estimate) -> Difference {
    Difference::new(second.value - first.value, first.variance + second.variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{assert_near, metric::roc_auc};
    use proptest::prelude::*;

    const FIRST: [f64; 7] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2];
    const SECOND: [f64; 7] = [0.2, 0.3, 0.55, 0.8, 0.1, 0.7, 0.2];
    const TRUTH: [bool; 7] = [false, false, true, true, true, true, false];

    #[test]
    fn influences_average_to_nothing_and_spread_like_the_auc() {
        let influence = influence(&FIRST, &TRUTH).unwrap();
        assert!(influence.iter().sum::<f64>().abs() < 1e-12, "{influence:?}");
        let variance = influence.iter().map(|v| v * v).sum::<f64>() / 49.0;
        // DeLong divides by n − 1 in each class: 4 positives, 3 negatives.
        let positives: f64 = (0..7).filter(|&i| TRUTH[i]).map(|i| influence[i].powi(2)).sum::<f64>() / 49.0;
        let delong = delong(&FIRST, &TRUTH).unwrap().variance;
        assert_near("variance", positives * 4.0 / 3.0 + (variance - positives) * 3.0 / 2.0, delong);
    }

    #[test]
    fn agrees_with_the_definition() {
        // k = (p[:, None] > n) + .5 * (p[:, None] == n); v, w = k.mean(1), k.mean(0) for both scores
        // S = np.cov([v1, v2]) / 4 + np.cov([w1, w2]) / 3; S[0, 0], np.sqrt(S[0, 0] + S[1, 1] - 2 * S[0, 1])
        let one = delong(&FIRST, &TRUTH).unwrap();
        assert_near("auc", one.value, 0.875);
        assert_near("variance", one.variance, 0.021_990_740_740_740_74);
        let both = delong_paired(&FIRST, &SECOND, &TRUTH).unwrap();
        assert_near("difference", both.difference, -0.125);
        assert_near("error", both.error, 0.278_471_356_330_047_55);
        let (low, high) = one.interval(0.95);
        assert!(0.0 < low && low < 0.875 && 0.875 < high && high < 1.0);
    }

    #[test]
    fn the_same_score_twice_differs_by_nothing() {
        let same = delong_paired(&FIRST, &FIRST, &TRUTH).unwrap();
        assert_eq!((same.difference, same.error, same.z), (0.0, 0.0, 0.0));
        assert_eq!(same.p(), 1.0);
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(delong(&[], &[]), Err(Undefined::Empty));
        assert_eq!(delong(&[0.1, 0.2], &[true, true]), Err(Undefined::OneClass));
        assert_eq!(delong(&[0.1, 0.2], &[true, false]), Err(Undefined::TooFew));
        assert_eq!(delong(&[0.1, f64::NAN], &[true, false]), Err(Undefined::NotFinite));
        assert_eq!(delong(&[0.1], &[true, false]), Err(Undefined::BinMismatch));
    }

    proptest! {
        #[test]
        fn value_is_the_auc_and_its_variance_is_none_below_zero(
            rows in prop::collection::vec((0_i32..12, any::<bool>()), 4..60)
        ) {
            let score: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
            let truth: Vec<bool> = rows.iter().map(|r| r.1).collect();
            if let Ok(estimate) = delong(&score, &truth) {
                prop_assert!((estimate.value - roc_auc(&score, &truth).unwrap()).abs() < 1e-12);
                prop_assert!(estimate.variance >= 0.0);
                let turned: Vec<f64> = score.iter().map(|s| -s).collect();
                let other = delong(&turned, &truth).unwrap();
                prop_assert!((other.value + estimate.value - 1.0).abs() < 1e-12);
                prop_assert!((other.variance - estimate.variance).abs() < 1e-12);
            }
        }
    }
}
