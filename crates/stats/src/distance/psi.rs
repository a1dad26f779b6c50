//! The population stability index, its bias and its noise.

use crate::{
    Undefined,
    distribution::{chi_square_tail, noncentral_chi_square_tail},
};

/// Added to every bin's count, so that a logarithm exists (Jeffreys' prior for a share).
pub const PSEUDO_COUNT: f64 = 0.5;

/// Returns the population stability index between two histograms over the same bins.
///
/// The sum over bins of `(p − q) · ln(p / q)`, with `p` the production and `q` the reference share: the
/// symmetrised Kullback-Leibler divergence, in nats; at least 0, and 0 when the shares agree.
/// [`PSEUDO_COUNT`] is added to every bin of both sides before the shares are taken. A bin that is empty on
/// both sides is left out, since otherwise it would add to the index whenever the two sides have different
/// numbers of rows.
///
/// * `reference`, `production`: rows per bin, same length, same edges; missing values are a bin of their own.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] when either side counts no row.
///
/// Source: Yurdakul, "Statistical properties of population stability index" (dissertation, Western Michigan
/// University, 2018), chapter 2.
pub fn psi(reference: &[u64], production: &[u64]) -> Result<f64, Undefined> {
    Ok(psi_parts(reference, production)?.iter().sum())
}

/// Returns the contribution of each bin to [`psi`]: at least 0, and 0 for bins that are empty on both sides.
///
/// # Errors
///
/// As [`psi`].
pub fn psi_parts(reference: &[u64], production: &[u64]) -> Result<Vec<f64>, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    let padding = PSEUDO_COUNT * occupied(reference, production) as f64;
    let (n, m) = (n as f64 + padding, m as f64 + padding);
    let part = |(&r, &p): (&u64, &u64)| {
        if r == 0 && p == 0 {
            return 0.0;
        }
        let q = (r as f64 + PSEUDO_COUNT) / n;
        let p = (p as f64 + PSEUDO_COUNT) / m;
        (p - q) * (p / q).ln()
    };
    Ok(reference.iter().zip(production).map(part).collect())
}

/// Returns the number of bins that hold a row on either side: the B of [`psi_bias`] and [`psi_p_value`].
#[must_use]
pub fn occupied(reference: &[u64], production: &[u64]) -> usize {
    reference.iter().zip(production).filter(|(r, p)| **r > 0 || **p > 0).count()
}

/// Returns the expected PSI of two samples of one distribution: `(B − 1)(1/n + 1/m)`.
///
/// * `bins`: bins that hold a row on either side ([`occupied`]); an empty bin adds no degree of freedom.
/// * `n`, `m`: rows of the two sides; infinite bias when a side has none.
///
/// Source: Yurdakul & Naranjo, "Statistical properties of the population stability index", Journal of Risk
/// Model Validation 14 (2020): under equal distributions PSI is near (1/n + 1/m) times a chi-square with
/// B − 1 degrees of freedom.
#[must_use]
pub fn psi_bias(bins: usize, n: u64, m: u64) -> f64 {
    if n == 0 || m == 0 {
        return f64::INFINITY;
    }
    bins.saturating_sub(1) as f64 * (1.0 / n as f64 + 1.0 / m as f64)
}

/// Returns [`psi`] minus its bias: near 0 on average when nothing moved, and possibly negative.
///
/// # Errors
///
/// As [`psi`].
pub fn psi_corrected(reference: &[u64], production: &[u64]) -> Result<f64, Undefined> {
    let (n, m) = super::totals(reference, production)?;
    Ok(psi(reference, production)? - psi_bias(occupied(reference, production), n, m))
}

/// Returns the p-value of a PSI when the true one is at most `floor`: a minimum-effect test.
///
/// With a floor of 0 it tests for any difference at all, which large samples always show; with the alert
/// threshold as the floor it tests whether the threshold is truly exceeded.
///
/// * `psi`: as returned by [`psi`], not corrected.
/// * `bins`: bins that hold a row on either side ([`occupied`]).
/// * `n`, `m`: rows of the two sides.
/// * `floor`: the true PSI that is still tolerated, at least 0.
///
/// # Errors
///
/// [`Undefined::Empty`] when a side has no rows, [`Undefined::Constant`] with fewer than two bins,
/// [`Undefined::NotFinite`] when `psi` or `floor` is not a finite number of at least 0.
///
/// `PSI / (1/n + 1/m)` is compared with a noncentral chi-square with B − 1 degrees of freedom and
/// noncentrality `floor / (1/n + 1/m)`: the local alternative of the distribution cited at [`psi_bias`].
pub fn psi_p_value(psi: f64, bins: usize, n: u64, m: u64, floor: f64) -> Result<f64, Undefined> {
    if n == 0 || m == 0 {
        return Err(Undefined::Empty);
    }
    if bins < 2 {
        return Err(Undefined::Constant);
    }
    if !(psi.is_finite() && floor.is_finite() && psi >= 0.0 && floor >= 0.0) {
        return Err(Undefined::NotFinite);
    }
    let noise = 1.0 / n as f64 + 1.0 / m as f64;
    let freedom = (bins - 1) as f64;
    Ok(if floor > 0.0 {
        noncentral_chi_square_tail(psi / noise, freedom, floor / noise)
    } else {
        chi_square_tail(psi / noise, freedom)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assert_near,
        random::{below, rng, unit},
    };
    use proptest::prelude::*;

    #[test]
    fn agrees_with_numpy_and_scipy() {
        // R = (r + .5)[k]; P = (p + .5)[k]; R /= R.sum(); P /= P.sum(); ((P - R) * np.log(P / R)).sum(), k = (r + p) > 0
        let cases: &[(&str, &[u64], &[u64], f64)] = &[
            ("empty bins", &[50, 120, 30, 0, 0, 7], &[40, 100, 60, 5, 0, 1], 0.229_834_025_662_488_28),
            ("same counts", &[1, 2, 7], &[1, 2, 7], 0.0),
        ];
        for (name, reference, production, want) in cases {
            assert_near(name, psi(reference, production).unwrap(), *want);
        }
        let corrected = psi_corrected(&[50, 120, 30, 0, 0, 7], &[40, 100, 60, 5, 0, 1]).unwrap();
        assert_near("corrected", corrected, 0.191_092_878_436_748_4);
        // x = psi / (1/207 + 1/206); stats.chi2.sf(x, 4), stats.ncx2.sf(x, 4, .1 / (1/207 + 1/206))
        let p = |floor| psi_p_value(0.229_834_025_662_488_28, 5, 207, 206, floor).unwrap();
        assert_near("any difference", p(0.0), 0.000_090_460_898_625_149_69);
        assert_near("above 0.1", p(0.1), 0.100_559_362_671_469_31);
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(psi(&[1], &[1, 2]), Err(Undefined::BinMismatch));
        assert_eq!(psi(&[], &[]), Err(Undefined::Empty));
        assert_eq!(psi(&[0, 0], &[1, 2]), Err(Undefined::Empty));
        assert_eq!(psi_p_value(0.1, 1, 10, 10, 0.0), Err(Undefined::Constant));
        assert_eq!(psi_p_value(f64::NAN, 5, 10, 10, 0.0), Err(Undefined::NotFinite));
        assert_eq!(psi_p_value(0.1, 5, 0, 10, 0.0), Err(Undefined::Empty));
        assert_eq!(psi_bias(10, 0, 10), f64::INFINITY);
    }

    /// Draws `rows` rows over bins with the given cumulative shares.
    fn drawn(cumulative: &[f64], rows: usize, seed: u64) -> Vec<u64> {
        let mut generator = rng(seed);
        let mut counts = vec![0; cumulative.len()];
        for _ in 0..rows {
            let u = unit(&mut generator);
            counts[cumulative.partition_point(|c| *c <= u).min(cumulative.len() - 1)] += 1;
        }
        counts
    }

    #[test]
    fn small_and_large_samples_of_one_distribution_are_both_quiet() {
        let deciles: Vec<f64> = (1..=10).map(|i| f64::from(i) / 10.0).collect();
        for rows in [500, 1_000_000] {
            let (a, b) = (drawn(&deciles, rows, 1), drawn(&deciles, rows, 2));
            let n = rows as u64;
            assert!(psi_corrected(&a, &b).unwrap().abs() < 0.03, "{rows} rows");
            assert!(
                psi_p_value(psi(&a, &b).unwrap(), occupied(&a, &b), n, n, 0.1).unwrap() > 0.5,
                "{rows} rows"
            );
        }
    }

    #[test]
    fn bias_is_what_quiet_samples_show_on_average() {
        let deciles: Vec<f64> = (1..=10).map(|i| f64::from(i) / 10.0).collect();
        let one = |seed: u64| {
            psi_corrected(&drawn(&deciles, 1000, 2 * seed), &drawn(&deciles, 1000, 2 * seed + 1)).unwrap()
        };
        let mean = (0..200_u64).map(one).sum::<f64>() / 200.0;
        assert!(mean.abs() < 0.002, "{mean}");
    }

    #[test]
    fn thousands_of_rare_levels_are_quiet() {
        // 5,000 levels with Zipf shares: the uncorrected PSI flags two samples of them as drifted.
        let weights: Vec<f64> = (1..=5000).map(|k| 1.0 / f64::from(k)).collect();
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let cumulative: Vec<f64> = weights
            .iter()
            .map(|w| {
                sum += w / total;
                sum
            })
            .collect();
        let (a, b) = (drawn(&cumulative, 20_000, 3), drawn(&cumulative, 20_000, 4));
        let plain = psi(&a, &b).unwrap();
        assert!(plain > 0.1, "{plain}");
        assert!(psi_corrected(&a, &b).unwrap() < 0.05);
        let p = psi_p_value(plain, occupied(&a, &b), 20_000, 20_000, 0.1).unwrap();
        assert!(p > 0.5, "{p}");
    }

    #[test]
    fn never_seen_levels_are_loud() {
        // 2 % of production rows in a bin that the reference leaves empty.
        let (reference, production) = ([4000, 4000, 2000, 0], [3920, 3920, 1960, 200]);
        let value = psi(&reference, &production).unwrap();
        assert!(value > 0.1, "{value}");
        assert!(psi_p_value(value, 4, 10_000, 10_000, 0.0).unwrap() < 1e-6);
        let parts = psi_parts(&reference, &production).unwrap();
        assert!(parts[3] > 0.9 * value, "{parts:?}");
    }

    #[test]
    fn a_point_mass_that_stays_is_quiet_and_one_outlier_does_not_count() {
        // 70 % of the rows at one value, which has a bin of its own.
        let reference = [7000, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 0];
        let mut production = reference;
        assert!(psi_corrected(&reference, &production).unwrap() <= 0.0);
        // One row of 1e6 falls into the open last bin and has no further effect.
        let before = psi(&reference, &production).unwrap();
        *production.last_mut().unwrap() += 1;
        assert!((psi(&reference, &production).unwrap() - before).abs() < 0.01);
    }

    #[test]
    fn half_missing_is_loud_with_the_same_values() {
        let reference = [1000, 1000, 1000, 1000, 0];
        let production = [500, 500, 500, 500, 2000];
        assert!(psi_corrected(&reference, &production).unwrap() > 1.0);
        // All rows missing gives a number, too.
        assert!(psi(&reference, &[0, 0, 0, 0, 4000]).unwrap() > 1.0);
    }

    fn histograms() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
        (1_usize..12).prop_flat_map(|bins| {
            let side = || prop::collection::vec(0_u64..5000, bins);
            (side(), side())
                .prop_filter("rows on both sides", |(a, b)| a.iter().sum::<u64>() * b.iter().sum::<u64>() > 0)
        })
    }

    proptest! {
        #[test]
        fn is_symmetric_and_never_negative((a, b) in histograms()) {
            let (there, back) = (psi(&a, &b).unwrap(), psi(&b, &a).unwrap());
            prop_assert!((there - back).abs() < 1e-9 * (1.0 + there) && there >= 0.0);
            prop_assert!(psi(&a, &a).unwrap().abs() < 1e-12);
        }

        #[test]
        fn the_order_of_the_bins_changes_nothing((a, b) in histograms(), seed: u64) {
            let mut order: Vec<usize> = (0..a.len()).collect();
            let mut generator = rng(seed);
            for i in (1..order.len()).rev() { order.swap(i, below(&mut generator, i + 1)); }
            let mixed = |side: &[u64]| order.iter().map(|&i| side[i]).collect::<Vec<_>>();
            let (straight, other) = (psi(&a, &b).unwrap(), psi(&mixed(&a), &mixed(&b)).unwrap());
            prop_assert!((straight - other).abs() < 1e-9 * (1.0 + straight));
        }

        #[test]
        fn a_higher_floor_makes_the_p_value_larger(value in 0.0..1.0_f64, bins in 2_usize..40, n in 10_u64..5000) {
            let p = |floor| psi_p_value(value, bins, n, n, floor).unwrap();
            prop_assert!(p(0.0) <= p(0.1) + 1e-12 && p(0.1) <= p(0.25) + 1e-12);
            prop_assert!((0.0..=1.0).contains(&p(0.1)));
        }
    }
}
