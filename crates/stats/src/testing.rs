//! Hypothesis tests and multiple testing.

use super::{
    Undefined,
    distribution::{
        binomial_cdf, binomial_tail, chi_square_tail, ln_choose, normal_cdf, normal_two_sided_p,
        student_two_sided_p,
    },
    moments::{mean, ranks_of_finite, variance},
    require_finite,
};

/// Returns the exact two-sided p-value of McNemar's test for equally many flips in both directions.
///
/// * `b`, `c`: rows that changed from correct to wrong and from wrong to correct. Without flips the p-value
///   is 1.
#[must_use]
pub fn mcnemar_exact(b: u64, c: u64) -> f64 {
    let (smaller, flips) = (b.min(c), b + c);
    (2.0 * binomial_cdf(smaller, flips, 0.5)).min(1.0)
}

/// Returns the exact two-sided p-value of `k` successes in `n` trials of probability `p`: the probability of
/// all outcomes that are at most as likely as the observed one.
///
/// # Errors
///
/// [`Undefined::Empty`] without trials, [`Undefined::NotFinite`] when `k > n` or `p` is outside 0..1.
pub fn binomial_two_sided(k: u64, n: u64, p: f64) -> Result<f64, Undefined> {
    if n == 0 {
        return Err(Undefined::Empty);
    }
    if k > n || !(0.0..=1.0).contains(&p) {
        return Err(Undefined::NotFinite);
    }
    if p == 0.0 || p == 1.0 {
        let certain = if p == 0.0 { 0 } else { n };
        return Ok(if k == certain { 1.0 } else { 0.0 });
    }
    let log_chance = |i: u64| ln_choose(n, i) + i as f64 * p.ln() + (n - i) as f64 * (-p).ln_1p();
    // Equally likely outcomes differ by rounding error only.
    let seen = log_chance(k) + 1e-7;
    let expected = p * n as f64;
    let both = if (k as f64) < expected {
        // Probabilities fall beyond the expectation: find the first outcome on the other side that is no more
        // likely.
        let first = partition(expected.ceil() as u64, n + 1, |i| log_chance(i) > seen);
        binomial_cdf(k, n, p) + binomial_tail(first, n, p)
    } else if k as f64 > expected {
        let first = partition(0, expected.floor() as u64 + 1, |i| log_chance(i) <= seen);
        binomial_tail(k, n, p) + if first == 0 { 0.0 } else { binomial_cdf(first - 1, n, p) }
    } else {
        1.0
    };
    Ok(both.min(1.0))
}

/// The first of `from..to` for which `holds` is false; it must hold on a prefix only (binary search).
fn partition(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut from, mut to) = (from, to);
    while from < to {
        let middle = from + (to - from) / 2;
        if holds(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

/// Returns the probability of drawing at least `observed` marked items: the p-value for enrichment.
///
/// * `population`, `marked`: the number of items, and the number of marked ones.
/// * `draws`: items drawn without replacement.
///
/// # Errors
///
/// [`Undefined::NotFinite`] when more are marked or drawn than there are.
pub fn hypergeometric_tail(
    population: u64,
    marked: u64,
    draws: u64,
    observed: u64,
) -> Result<f64, Undefined> {
    if marked > population || draws > population {
        return Err(Undefined::NotFinite);
    }
    let least = (marked + draws).saturating_sub(population);
    if observed <= least {
        return Ok(1.0);
    }
    let total = ln_choose(population, draws);
    let chance = |k: u64| (ln_choose(marked, k) + ln_choose(population - marked, draws - k) - total).exp();
    // Smallest terms first, for precision.
    Ok((observed..=marked.min(draws)).rev().map(chance).sum::<f64>().min(1.0))
}

/// Whether one sample tends to be larger than another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// The probability that a production value exceeds a reference value, ties counted half.
    pub auc: f64,
    /// The distance of the AUC from ½ in standard errors under equal distributions, corrected for ties.
    pub z: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// Returns the Mann-Whitney test of two samples (normal approximation with tie correction, no continuity
/// correction).
///
/// # Errors
///
/// [`Undefined::Empty`] when a side is empty, [`Undefined::Constant`] when all values are equal,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn mann_whitney_auc(reference: &[f64], production: &[f64]) -> Result<MannWhitney, Undefined> {
    require_finite(reference)?;
    require_finite(production)?;
    if reference.is_empty() || production.is_empty() {
        return Err(Undefined::Empty);
    }
    let all: Vec<f64> = reference.iter().chain(production).copied().collect();
    let ranks = ranks_of_finite(&all);
    let (n, m, rows) = (reference.len() as f64, production.len() as f64, all.len() as f64);
    let rank_sum: f64 = ranks[reference.len()..].iter().sum();
    let auc = (rank_sum - m * (m + 1.0) / 2.0) / (n * m);
    // Ties reduce the variance of the ranks; ranks without ties have the variance (N² − 1) / 12.
    let center = f64::midpoint(rows, 1.0);
    let spread = ranks.iter().map(|r| (r - center).powi(2)).sum::<f64>() / (rows - 1.0);
    if spread <= 0.0 {
        return Err(Undefined::Constant);
    }
    let error = (spread / (rows * n * m)).sqrt();
    let z = (auc - 0.5) / error;
    Ok(MannWhitney { auc, z, p: normal_two_sided_p(z) })
}

/// Returns Benjamini-Hochberg adjusted p-values (q-values), in the given order.
///
/// A q-value of at most 0.05 means: if all tests up to this one are called discoveries, at most 5 % of them
/// are false on average. This holds for independent and positively dependent tests. A NaN counts as 1.
///
/// Source: Benjamini & Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical
/// Society B 57 (1995).
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let tests = p_values.len() as f64;
    let p_of = |i: usize| if p_values[i].is_nan() { 1.0 } else { p_values[i] };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_of(a).total_cmp(&p_of(b)));
    let mut q_values = vec![1.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (place, &test) in order.iter().enumerate().rev() {
        smallest = smallest.min(p_of(test) * (tests / (place + 1) as f64));
        q_values[test] = smallest;
    }
    q_values
}

/// Returns the difference of two correlations in standard errors: Fisher's z transformation.
///
/// * `r1`, `n1`: a correlation and its number of rows; `r2`, `n2` likewise. Positive when the second is
///   larger.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than four rows on a side, [`Undefined::NotFinite`] when a correlation is
/// not within −1..1.
pub fn fisher_z(r1: f64, n1: u64, r2: f64, n2: u64) -> Result<f64, Undefined> {
    if n1 < 4 || n2 < 4 {
        return Err(Undefined::TooFew);
    }
    if !((-1.0..=1.0).contains(&r1) && (-1.0..=1.0).contains(&r2)) {
        return Err(Undefined::NotFinite);
    }
    // Perfect correlations have no finite transform, so they are clamped.
    let transform = |r: f64| r.clamp(-1.0 + 1e-12, 1.0 - 1e-12).atanh();
    let error = (1.0 / (n1 - 3) as f64 + 1.0 / (n2 - 3) as f64).sqrt();
    Ok((transform(r2) - transform(r1)) / error)
}

/// Returns the p-value of two one-sided tests (TOST) of equivalence; the null hypothesis is a true difference
/// outside ±`margin`.
///
/// It is at most 0.05 exactly when the 90 % interval lies within the margin.
///
/// * `difference`, `error`: the estimate and its standard error, which may be 0.
/// * `margin`: the largest irrelevant difference, above 0.
///
/// # Errors
///
/// [`Undefined::NotFinite`] when an argument is not finite, the error is negative or the margin is not
/// positive.
///
/// Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach", Journal of
/// Pharmacokinetics and Biopharmaceutics 15 (1987).
pub fn tost(difference: f64, error: f64, margin: f64) -> Result<f64, Undefined> {
    if !(difference.is_finite() && error.is_finite() && margin.is_finite()) || error < 0.0 || margin <= 0.0 {
        return Err(Undefined::NotFinite);
    }
    let room = margin - difference.abs();
    Ok(if error == 0.0 { if room > 0.0 { 0.0 } else { 1.0 } } else { normal_cdf(-room / error) })
}

/// A difference of means with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanDifference {
    /// The second mean minus the first.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of the t distribution.
    pub freedom: f64,
}

impl MeanDifference {
    /// The difference in standard errors; 0 for no difference, infinite for a nonzero difference without
    /// variance.
    #[must_use]
    pub fn t(&self) -> f64 {
        if self.difference == 0.0 { 0.0 } else { self.difference / self.error }
    }

    /// Two-sided p-value for equal means.
    #[must_use]
    pub fn p(&self) -> f64 {
        student_two_sided_p(self.t(), self.freedom)
    }
}

/// Compares the means of two independent samples whose variances may differ (Welch's t).
///
/// # Errors
///
/// [`Undefined::Empty`] or [`Undefined::TooFew`] with fewer than two values on a side,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn welch(first: &[f64], second: &[f64]) -> Result<MeanDifference, Undefined> {
    let part = |values: &[f64]| Ok((mean(values)?, variance(values)? / values.len() as f64));
    let ((mean1, square1), (mean2, square2)) = (part(first)?, part(second)?);
    let square = square1 + square2;
    let parts = square1.powi(2) / (first.len() - 1) as f64 + square2.powi(2) / (second.len() - 1) as f64;
    let freedom = if parts > 0.0 { square * square / parts } else { (first.len() + second.len() - 2) as f64 };
    Ok(MeanDifference { difference: mean2 - mean1, error: square.sqrt(), freedom })
}

/// Compares two values per row (paired t-test): far more powerful than [`welch`] when they are correlated.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ; otherwise as [`welch`].
pub fn paired(first: &[f64], second: &[f64]) -> Result<MeanDifference, Undefined> {
    super::require_equal_length(first.len(), second.len())?;
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| b - a).collect();
    let error = (variance(&differences)? / differences.len() as f64).sqrt();
    Ok(MeanDifference { difference: mean(&differences)?, error, freedom: (differences.len() - 1) as f64 })
}

/// Returns the trend of a proportion over ordered groups, in standard errors; positive when it increases.
///
/// * `hits`, `rows`: per group, in the order of the groups; the groups' scores are 0, 1, 2, …
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::NotFinite`] when a group has more hits than rows, [`Undefined::Constant`] when all rows or
/// none are hits or only one group has rows.
///
/// Source: Armitage, "Tests for linear trends in proportions and frequencies", Biometrics 11 (1955).
pub fn cochran_armitage(hits: &[u64], rows: &[u64]) -> Result<f64, Undefined> {
    super::require_equal_length(hits.len(), rows.len())?;
    if hits.iter().zip(rows).any(|(hit, all)| hit > all) {
        return Err(Undefined::NotFinite);
    }
    let total: u64 = rows.iter().sum();
    if total == 0 {
        return Err(Undefined::Empty);
    }
    let total = total as f64;
    let share = hits.iter().sum::<u64>() as f64 / total;
    let score = rows.iter().enumerate().map(|(group, &r)| group as f64 * r as f64).sum::<f64>() / total;
    let (mut trend, mut spread) = (0.0, 0.0);
    for (group, (&hit, &all)) in hits.iter().zip(rows).enumerate() {
        let distance = group as f64 - score;
        trend += distance * (hit as f64 - all as f64 * share);
        spread += distance * distance * all as f64;
    }
    let variance = share * (1.0 - share) * spread;
    if variance > 0.0 { Ok(trend / variance.sqrt()) } else { Err(Undefined::Constant) }
}

/// Returns the p-value of a likelihood-ratio test of nested models.
///
/// * `gain`: the larger model's log-likelihood minus the smaller one's.
/// * `parameters`: the number of additional parameters of the larger model.
#[must_use]
pub fn likelihood_ratio_p(gain: f64, parameters: usize) -> f64 {
    chi_square_tail(2.0 * gain, parameters as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;
    use proptest::prelude::*;

    #[test]
    fn exact_tests_agree_with_scipy() {
        let cases: &[(&str, f64, f64)] = &[
            // stats.binomtest(3, 15, .5).pvalue
            ("mcnemar", mcnemar_exact(3, 12), 0.035_156_25),
            ("mcnemar without flips", mcnemar_exact(0, 0), 1.0),
            // stats.binomtest(3, 20, .4).pvalue, (14, 20, .45)
            ("below", binomial_two_sided(3, 20, 0.4).unwrap(), 0.022_427_038_142_043_255),
            ("above", binomial_two_sided(14, 20, 0.45).unwrap(), 0.040_277_627_374_168_665),
            ("expected", binomial_two_sided(5, 10, 0.5).unwrap(), 1.0),
            // stats.hypergeom.sf(3, 30, 6, 8)
            ("enrichment", hypergeometric_tail(30, 6, 8, 4).unwrap(), 0.029_354_553_492_484_524),
            ("certain", hypergeometric_tail(10, 8, 5, 3).unwrap(), 1.0),
            // stats.norm.sf((.05 - .01) / .02)
            ("tost", tost(-0.01, 0.02, 0.05).unwrap(), 0.022_750_131_948_179_195),
            // (np.arctanh(.6) - np.arctanh(.3)) / np.sqrt(1/47 + 1/77)
            ("fisher", fisher_z(0.3, 50, 0.6, 80).unwrap(), 2.072_493_929_051_757),
            // d = np.arange(4) - 1.5; d @ (h - 20 * p) / np.sqrt(p * (1 - p) * (d**2 * 20).sum()), p = 28 / 80
            ("trend", cochran_armitage(&[2, 5, 9, 12], &[20; 4]).unwrap(), 3.564_168_444_854_522_6),
            // stats.chi2.sf(6, 2)
            ("likelihood ratio", likelihood_ratio_p(3.0, 2), 0.049_787_068_367_863_944),
        ];
        for &(name, got, want) in cases {
            assert_near(name, got, want);
        }
    }

    #[test]
    fn comparisons_agree_with_scipy() {
        let (a, b) = ([1.0, 2.0, 2.0, 5.0, 7.0], [2.0, 3.0, 8.0, 9.0]);
        // stats.mannwhitneyu(b, a, method='asymptotic', use_continuity=False)
        let ranks = mann_whitney_auc(&a, &b).unwrap();
        assert_near("auc", ranks.auc, 0.75);
        assert_near("p", ranks.p, 0.212_881_091_827_762_94);
        // stats.ttest_ind(b, a, equal_var=False)
        let means = welch(&a, &b).unwrap();
        assert_near("t", means.t(), 1.007_645_371_233_007_8);
        assert_near("freedom", means.freedom, 5.290_289_243_322_519);
        assert_near("p", means.p(), 0.357_466_385_001_637_3);
        // stats.ttest_rel(b, a) of other columns
        let pairs = paired(&[3.0, -0.5, 2.0, 7.0, 4.2], &[2.5, 0.0, 2.0, 8.0, -1.0]).unwrap();
        assert_near("paired t", pairs.t(), -0.751_138_588_806_217);
        assert_near("paired p", pairs.p(), 0.494_345_151_480_882_7);
    }

    #[test]
    fn adjusted_p_values_agree_with_scipy() {
        // stats.false_discovery_control([.01, .04, .03, .2, .9, .04])
        let q = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.2, 0.9, 0.04]);
        for (got, want) in q.iter().zip([0.06, 0.06, 0.06, 0.24, 0.9, 0.06]) {
            assert_near("q", *got, want);
        }
        assert!(benjamini_hochberg(&[]).is_empty());
        assert_eq!(benjamini_hochberg(&[f64::NAN, 0.01]), [1.0, 0.02]);
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(binomial_two_sided(1, 0, 0.5), Err(Undefined::Empty));
        assert_eq!(binomial_two_sided(1, 5, f64::NAN), Err(Undefined::NotFinite));
        assert_eq!(hypergeometric_tail(5, 6, 1, 1), Err(Undefined::NotFinite));
        assert_eq!(mann_whitney_auc(&[1.0], &[1.0]), Err(Undefined::Constant));
        assert_eq!(mann_whitney_auc(&[], &[1.0]), Err(Undefined::Empty));
        assert_eq!(fisher_z(0.1, 3, 0.1, 50), Err(Undefined::TooFew));
        assert_eq!(tost(f64::NAN, 1.0, 1.0), Err(Undefined::NotFinite));
        assert_eq!(welch(&[1.0], &[1.0, 2.0]), Err(Undefined::TooFew));
        assert_eq!(paired(&[1.0], &[1.0, 2.0]), Err(Undefined::BinMismatch));
        assert_eq!(cochran_armitage(&[0, 0], &[5, 5]), Err(Undefined::Constant));
        assert_eq!(welch(&[1.0, 1.0], &[1.0, 1.0]).map(|d| (d.t(), d.p())), Ok((0.0, 1.0)));
        assert_eq!(welch(&[1.0, 1.0], &[2.0, 2.0]).map(|d| d.p()), Ok(0.0));
    }

    proptest! {
        #[test]
        fn adjustment_keeps_the_order_and_never_shrinks(p in prop::collection::vec(0.0..=1.0_f64, 1..40)) {
            let q = benjamini_hochberg(&p);
            for i in 0..p.len() {
                prop_assert!(q[i] >= p[i] && q[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || q[i] <= q[j]);
                }
            }
        }

        #[test]
        fn mann_whitney_turns_round(
            a in prop::collection::vec(0_i32..9, 2..20), b in prop::collection::vec(0_i32..9, 2..20)
        ) {
            let a: Vec<f64> = a.into_iter().map(f64::from).collect();
            let b: Vec<f64> = b.into_iter().map(f64::from).collect();
            if let (Ok(there), Ok(back)) = (mann_whitney_auc(&a, &b), mann_whitney_auc(&b, &a)) {
                prop_assert!((there.auc + back.auc - 1.0).abs() < 1e-12 && (there.z + back.z).abs() < 1e-9);
            }
        }

        #[test]
        fn exact_p_values_are_probabilities(n in 1_u64..300, part in 0.0..=1.0_f64, p in 0.0..=1.0_f64) {
            let k = (part * n as f64) as u64;
            let value = binomial_two_sided(k, n, p).unwrap();
            prop_assert!((0.0..=1.0).contains(&value));
        }
    }
}
