//! Order-independent sums, so that any number of threads gives the same bytes.

use super::Moments;
use crate::cached::cached;

/// The number of exponents that share one integer accumulator.
const TIER: i32 = 32;

/// The exact sum of any number (below `2^42`) of floats, rounded only when it is read.
///
/// A finite float is `m * 2^e` with a 53-bit integer `m`. Terms whose exponents fall into the same tier of 32
/// powers of two are added as 128-bit integers, which is associative; [`ExactSum::value`] combines the tiers.
/// It is a coarse-grained version of the long accumulator of Kulisch, *Computer Arithmetic and Validity*
/// (2013).
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ExactSum {
    /// The tier of the first term, which is nearly always the only one.
    tier: i32,
    sum: i128,
    /// Further tiers.
    rest: Vec<(i32, i128)>,
    /// The sum of the terms that are not finite.
    special: f64,
}

cached!(struct ExactSum { tier, sum, rest, special });

impl ExactSum {
    /// Adds a term.
    pub(super) fn add(&mut self, x: f64) {
        if x == 0.0 {
            return;
        }
        if !x.is_finite() {
            self.special += x;
            return;
        }
        let bits = x.to_bits();
        let biased = ((bits >> 52) & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (whole, exponent) = if biased == 0 { (fraction, 1) } else { (fraction | (1 << 52), biased) };
        let term = i128::from(whole) << (exponent % TIER);
        self.add_to(exponent / TIER, if x < 0.0 { -term } else { term });
    }

    /// Adds the terms of another sum.
    pub(super) fn merge(&mut self, other: &Self) {
        self.special += other.special;
        for (tier, sum) in other.tiers() {
            self.add_to(tier, sum);
        }
    }

    /// The sum, rounded.
    #[must_use]
    pub(super) fn value(&self) -> f64 {
        if self.special != 0.0 {
            return self.special;
        }
        // Two factors, because the smallest unit, 2^-1075, is below the smallest float.
        let rounded = |(tier, sum): (i32, i128)| {
            sum as f64 * 2_f64.powi(tier * TIER / 2 - 537) * 2_f64.powi(tier * TIER / 2 - 538)
        };
        if self.rest.is_empty() {
            return rounded((self.tier, self.sum)) + 0.0;
        }
        let mut tiers: Vec<(i32, i128)> = self.tiers().collect();
        tiers.sort_unstable();
        tiers
            .into_iter()
            .map(rounded)
            // Not `sum()`, which returns -0 for no terms.
            .fold(0.0, |total, term| total + term)
    }

    fn tiers(&self) -> impl Iterator<Item = (i32, i128)> + '_ {
        std::iter::once((self.tier, self.sum)).filter(|(_, sum)| *sum != 0).chain(self.rest.iter().copied())
    }

    fn add_to(&mut self, tier: i32, term: i128) {
        if self.sum == 0 && self.rest.is_empty() {
            self.tier = tier;
        }
        if self.tier == tier {
            self.sum += term;
        } else if let Some((_, sum)) = self.rest.iter_mut().find(|(t, _)| *t == tier) {
            *sum += term;
        } else {
            self.rest.push((tier, term));
        }
    }
}

/// [`Moments`] whose sums are exact.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ExactMoments {
    n: u64,
    sum: ExactSum,
    center: f64,
    squares: ExactSum,
    min: f64,
    max: f64,
}

cached!(struct ExactMoments { n, sum, center, squares, min, max });

impl Default for ExactMoments {
    fn default() -> Self {
        Self::about(0.0)
    }
}

impl ExactMoments {
    /// No values yet; squares will be summed about a value, the same for all batches.
    pub(super) fn about(center: f64) -> Self {
        let Moments { min, max, .. } = Moments::default();
        Self { n: 0, sum: ExactSum::default(), center, squares: ExactSum::default(), min, max }
    }

    /// Counts the values of one batch.
    pub(super) fn add(&mut self, batch: &Moments) {
        self.n += batch.n;
        self.sum.add(batch.sum);
        self.squares.add(batch.squares_about(self.center));
        self.min = if batch.min < self.min { batch.min } else { self.min };
        self.max = if batch.max > self.max { batch.max } else { self.max };
    }

    /// Adds the values of another one.
    pub(super) fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        self.min = if other.min < self.min { other.min } else { self.min };
        self.max = if other.max > self.max { other.max } else { self.max };
    }

    /// The moments, rounded.
    #[must_use]
    pub(super) fn value(&self) -> Moments {
        Moments {
            n: self.n,
            sum: self.sum.value(),
            center: self.center,
            sum_squares: self.squares.value(),
            min: self.min,
            max: self.max,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(terms: &[f64]) -> ExactSum {
        let mut total = ExactSum::default();
        terms.iter().for_each(|&x| total.add(x));
        total
    }

    #[test]
    fn small_terms_survive_large_ones() {
        let cases: &[(&str, &[f64], f64)] = &[
            ("nothing", &[], 0.0),
            ("cancelled", &[1e100, 1.0, -1e100], 1.0),
            ("tenths", &[0.1; 10], 1.0),
            ("subnormal", &[5e-324, 5e-324], 1e-323),
            ("infinite", &[1.0, f64::INFINITY], f64::INFINITY),
            ("largest", &[f64::MAX, -f64::MAX / 2.0], f64::MAX / 2.0),
        ];
        for (name, terms, want) in cases {
            assert_eq!(sum(terms).value(), *want, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_order_and_any_split_give_the_same_bytes(mut terms in prop::collection::vec(-1e300_f64..1e300, 1..60), cut in 0_usize..60) {
            let forwards = sum(&terms).value();
            let (a, b) = terms.split_at(cut.min(terms.len()));
            let mut merged = sum(b);
            merged.merge(&sum(a));
            prop_assert_eq!(merged.value().to_bits(), forwards.to_bits());
            terms.reverse();
            prop_assert_eq!(sum(&terms).value().to_bits(), forwards.to_bits());
        }
    }
}
