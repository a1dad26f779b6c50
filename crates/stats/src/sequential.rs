//! Sequential tests, which may be evaluated after every batch of rows and still keep their level.
//!
//! A fixed-sample test repeated every day eventually rejects a true null hypothesis. The guarantees here hold
//! at all sample sizes at once, so peeking, stopping early and continuing are all allowed.

use super::{
    Undefined,
    distribution::ln_choose,
    interval::{normal_cdf, normal_quantile},
    moments::mean,
    require_finite,
};

/// The number of rows at which the confidence sequence is tightest. It is a constant, because a choice based
/// on the data (or on the current number of rows) would break the guarantee; at a tenth or ten times as many
/// rows the interval is less than a fifth wider.
pub const TIGHTEST_AT: f64 = 5000.0;

/// The fewest rows for an interval, as the central limit theorem must apply.
pub const FEWEST_ROWS: u64 = 50;

/// The fewest batches from which the overdispersion of batches is estimated.
const FEWEST_BATCHES: usize = 5;

/// Summary statistics of a batch of values (the paired differences of one day, for example).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Batch {
    /// Number of values.
    pub rows: u64,
    /// Their mean.
    pub mean: f64,
    /// Sum of their squared deviations from the mean.
    pub squares: f64,
}

impl Batch {
    /// Summarises a batch.
    ///
    /// # Errors
    ///
    /// [`Undefined::Empty`] without values, [`Undefined::NotFinite`] with a NaN or an infinity.
    pub fn of(values: &[f64]) -> Result<Self, Undefined> {
        require_finite(values)?;
        let mean = mean(values)?;
        Ok(Self { rows: values.len() as u64, mean, squares: values.iter().map(|x| (x - mean).powi(2)).sum() })
    }

    /// Adds one value.
    pub fn add(&mut self, value: f64) {
        *self = self.with(Self { rows: 1, mean: value, squares: 0.0 });
    }

    /// Merges two batches.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        if self.rows == 0 || other.rows == 0 {
            return if self.rows == 0 { other } else { self };
        }
        let (n, m) = (self.rows as f64, other.rows as f64);
        let step = other.mean - self.mean;
        Self {
            rows: self.rows + other.rows,
            mean: self.mean + step * m / (n + m),
            squares: self.squares + other.squares + step * step * n * m / (n + m),
        }
    }

    /// The unbiased variance of the values; none with fewer than two.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.rows > 1).then(|| self.squares / (self.rows - 1) as f64)
    }
}

/// The estimate after a number of batches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Values so far.
    pub rows: u64,
    /// Their mean.
    pub mean: f64,
    /// A confidence interval for the true mean, valid at *all* looks simultaneously; none while there are
    /// fewer than [`FEWEST_ROWS`] values or all of them are equal.
    pub interval: Option<(f64, f64)>,
    /// The always-valid p-value of a true mean of 0; 1 without an interval.
    pub p: f64,
}

impl Look {
    /// Whether the interval excludes 0.
    #[must_use]
    pub fn decides(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// Returns the confidence sequence of the mean of a stream of values: an estimate after every batch.
///
/// The normal mixture of Robbins with a plug-in variance: mean ± [`half_width`]. Where batches vary more than
/// their rows explain (days are not exchangeable), the variance is multiplied by the overdispersion, never
/// reduced.
///
/// * `alpha`: 0.05 for a coverage of 95 % over all looks simultaneously.
///
/// # Errors
///
/// [`Undefined::NotFinite`] when `alpha` is outside 0..1.
///
/// Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic
/// confidence sequences", Annals of Statistics 52 (2024), theorem 2.2; Robbins, "Statistical methods related
/// to the law of the iterated logarithm", Annals of Mathematical Statistics 41 (1970).
pub fn looks(batches: &[Batch], alpha: f64) -> Result<Vec<Look>, Undefined> {
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(Undefined::NotFinite);
    }
    let mut all = Batch::default();
    let looks = batches.iter().enumerate().map(|(at, &batch)| {
        all = all.with(batch);
        let spread = all
            .variance()
            .filter(|variance| *variance > 0.0 && all.rows >= FEWEST_ROWS)
            .map(|variance| (variance * dispersion(&batches[..=at], &all)).sqrt());
        let Some(deviation) = spread else {
            return Look { rows: all.rows, mean: all.mean, interval: None, p: 1.0 };
        };
        let half = half_width(all.rows, deviation, alpha);
        Look {
            rows: all.rows,
            mean: all.mean,
            interval: Some((all.mean - half, all.mean + half)),
            p: always_valid_p(all.rows, all.mean / deviation),
        }
    });
    Ok(looks.collect())
}

/// The overdispersion of the batch means, at least 1: the mean square between batches over the mean square
/// within.
fn dispersion(batches: &[Batch], all: &Batch) -> f64 {
    let filled = batches.iter().filter(|batch| batch.rows > 0);
    let count = filled.clone().count();
    let within: f64 = filled.clone().map(|batch| batch.squares).sum();
    let freedom = all.rows as f64 - count as f64;
    if count < FEWEST_BATCHES || freedom < 1.0 || within <= 0.0 {
        return 1.0;
    }
    let between: f64 = filled.map(|batch| batch.rows as f64 * (batch.mean - all.mean).powi(2)).sum();
    (between / (count - 1) as f64 / (within / freedom)).max(1.0)
}

/// Returns the confidence sequence of the second mean minus the first for two independent arms, batch by
/// batch.
///
/// With the shares s₁, s₂ of the rows so far, it is the sequence of a mean of values with variance σ₁²/s₁ +
/// σ₂²/s₂: the difference of the arms' means as a mean of inverse-probability-weighted rows. Overdispersed
/// batches widen it as in [`looks`].
///
/// * `batches`: the rows of the first and of the second arm, batch by batch.
///
/// # Errors
///
/// [`Undefined::NotFinite`] when `alpha` is outside 0..1.
///
/// Source: as [`looks`], section 3 (randomised experiments).
pub fn looks_of_arms(batches: &[(Batch, Batch)], alpha: f64) -> Result<Vec<Look>, Undefined> {
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(Undefined::NotFinite);
    }
    let (mut first, mut second) = (Batch::default(), Batch::default());
    let looks = batches.iter().enumerate().map(|(at, batch)| {
        first = first.with(batch.0);
        second = second.with(batch.1);
        let rows = first.rows + second.rows;
        let mean = second.mean - first.mean;
        let share = second.rows as f64 / rows.max(1) as f64;
        let variance = first
            .variance()
            .zip(second.variance())
            .map(|(a, b)| a / (1.0 - share) + b / share)
            .filter(|variance| *variance > 0.0 && first.rows.min(second.rows) >= FEWEST_ROWS);
        let Some(variance) = variance else {
            return Look { rows, mean, interval: None, p: 1.0 };
        };
        let deviation = (variance * dispersion_of_arms(&batches[..=at], mean)).sqrt();
        let half = half_width(rows, deviation, alpha);
        Look {
            rows,
            mean,
            interval: Some((mean - half, mean + half)),
            p: always_valid_p(rows, mean / deviation),
        }
    });
    Ok(looks.collect())
}

/// The overdispersion of the batches' differences, at least 1.
fn dispersion_of_arms(batches: &[(Batch, Batch)], mean: f64) -> f64 {
    let squares: Vec<f64> = batches
        .iter()
        .filter_map(|(first, second)| {
            let error = first.variance()? / first.rows as f64 + second.variance()? / second.rows as f64;
            (error > 0.0).then(|| (second.mean - first.mean - mean).powi(2) / error)
        })
        .collect();
    if squares.len() < FEWEST_BATCHES {
        return 1.0;
    }
    (squares.iter().sum::<f64>() / (squares.len() - 1) as f64).max(1.0)
}

/// The squared scale of the mixing distribution, in units of a value's variance.
fn mixing(alpha: f64) -> f64 {
    let log = -2.0 * alpha.ln();
    (log + (log + 1.0).ln()) / TIGHTEST_AT
}

/// Half the width of the confidence sequence of a mean.
///
/// With ρ² = (−2 ln α + ln(1 − 2 ln α)) / [`TIGHTEST_AT`]:
/// σ · sqrt(2 (nρ² + 1) / (n²ρ²) · ln(sqrt(nρ² + 1) / α)).
///
/// * `rows`: number of values; the width is infinite for 0.
/// * `deviation`: their standard deviation σ.
///
/// Source: as [`looks`].
#[must_use]
pub fn half_width(rows: u64, deviation: f64, alpha: f64) -> f64 {
    if rows == 0 {
        return f64::INFINITY;
    }
    let n = rows as f64;
    let mixed = n * mixing(alpha);
    deviation * (2.0 * (mixed + 1.0) / (n * mixed) * ((mixed + 1.0).sqrt() / alpha).ln()).sqrt()
}

/// The inverse of the mixture's likelihood ratio, at most 1.
///
/// * `z`: the mean divided by the standard deviation of one value.
fn always_valid_p(rows: u64, z: f64) -> f64 {
    // Mixed at the 5 % level, whatever interval is requested: the p-value has no level of its own.
    let n = rows as f64;
    let mixed = n * mixing(0.05);
    let log_ratio = n * z * z * mixed / (2.0 * (mixed + 1.0)) - 0.5 * (mixed + 1.0).ln();
    (-log_ratio).exp().min(1.0)
}

/// Returns the number of rows at which the confidence sequence excludes 0.
///
/// * `deviation`: standard deviation of one value.
/// * `difference`: the true mean, not 0.
/// * `power`: the probability of excluding 0 by then, such as 0.8.
///
/// None when it would take more than 2^40 rows.
#[must_use]
pub fn rows_to_decide(deviation: f64, difference: f64, alpha: f64, power: f64) -> Option<u64> {
    let reach = normal_quantile(power);
    let decides = |rows: u64| {
        difference.abs() - reach * deviation / (rows as f64).sqrt() >= half_width(rows, deviation, alpha)
    };
    let mut high = FEWEST_ROWS;
    while !decides(high) {
        high *= 2;
        if high > 1 << 40 {
            return None;
        }
    }
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low.midpoint(high);
        if decides(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high.max(FEWEST_ROWS))
}

/// Returns the always-valid p-value for equally many flips in both directions: a sequential McNemar test.
///
/// Under the null hypothesis, each row on which two models differ is equally likely to go either way. The
/// inverse of the likelihood ratio of a uniform mixture of all shares, 1 / (2^(b+c) B(b + 1, c + 1)), is then
/// below α at any time with a probability of at most α, exactly.
///
/// * `b`, `c`: rows that changed from correct to wrong and from wrong to correct.
///
/// Source: Ville's inequality, as in Robbins 1970 (see [`looks`]), section 3.
#[must_use]
pub fn flips_p(b: u64, c: u64) -> f64 {
    let flips = b + c;
    let log_ratio = flips as f64 * std::f64::consts::LN_2 - ln_choose(flips, b) - ((flips + 1) as f64).ln();
    (-log_ratio).exp().min(1.0)
}

/// Returns the probability that the sequence excludes 0 at a given number of rows: the inverse of
/// [`rows_to_decide`]. It is a lower bound, since the sequence may have excluded 0 earlier.
#[must_use]
pub fn power_at(rows: u64, deviation: f64, difference: f64, alpha: f64) -> f64 {
    if deviation <= 0.0 {
        return f64::from(u8::from(difference != 0.0));
    }
    let error = deviation / (rows as f64).sqrt();
    normal_cdf((difference.abs() - half_width(rows, deviation, alpha)) / error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assert_near,
        interval::Z_95,
        random::{ChaCha8Rng, rng_stream, unit},
    };
    use proptest::prelude::*;

    #[test]
    fn agrees_with_the_formulas_in_numpy() {
        // r = (-2*np.log(.05) + np.log(-2*np.log(.05) + 1)) / 5000
        // np.sqrt(2 * (n*r + 1) / (n*n*r) * np.log(np.sqrt(n*r + 1) / .05))
        for (rows, want) in [
            (100, 0.669_438_861_706_603_9),
            (5000, 0.042_924_337_188_268_46),
            (100_000, 0.010_552_070_034_257_916),
        ] {
            assert_near("half width", half_width(rows, 1.0, 0.05), want);
        }
        // 1 / np.exp((b + c) * np.log(2) + special.betaln(b + 1, c + 1))
        assert_near("flips", flips_p(3, 12), 0.222_167_968_749_999_94);
        assert_near("many flips", flips_p(25, 2), 7.322_430_610_656_734e-5);
        assert_eq!(flips_p(0, 0), 1.0);
    }

    #[test]
    fn batches_add_up() {
        let values: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17)).collect();
        let (first, second) = values.split_at(13);
        let both = Batch::of(first).unwrap().with(Batch::of(second).unwrap());
        let whole = Batch::of(&values).unwrap();
        assert_eq!(both.rows, 50);
        assert_near("mean", both.mean, whole.mean);
        assert_near("variance", both.variance().unwrap(), whole.variance().unwrap());
        assert_eq!(Batch::of(&[]), Err(Undefined::Empty));
        assert_eq!(Batch::of(&[f64::NAN]), Err(Undefined::NotFinite));
        assert_eq!(looks(&[], 1.0), Err(Undefined::NotFinite));
    }

    #[test]
    fn nothing_is_said_before_there_is_something_to_say() {
        let few = looks(&[Batch::of(&[0.0, 1.0, 0.0]).unwrap()], 0.05).unwrap();
        assert_eq!((few[0].interval, few[0].p), (None, 1.0));
        let equal = looks(&[Batch::of(&[0.0; 500]).unwrap()], 0.05).unwrap();
        assert_eq!((equal[0].interval, equal[0].decides()), (None, false));
    }

    #[test]
    fn days_that_differ_widen_the_sequence() {
        let day = |mean: f64| Batch { rows: 400, mean, squares: 400.0 };
        let (calm, restless) = ([day(0.1); 8], [day(0.0), day(0.2)].repeat(4));
        let last = |batches: &[Batch]| looks(batches, 0.05).unwrap().last().unwrap().interval.unwrap();
        let width = |(low, high): (f64, f64)| high - low;
        assert!(width(last(&restless)) > 2.0 * width(last(&calm)));
    }

    /// Counts the runs whose sequence excluded 0 on any of `days`, and those that a two-sided z-test at 5 %
    /// rejected on any day.
    fn rejected(runs: u64, days: usize, rows: usize, draw: impl Fn(&mut ChaCha8Rng) -> f64) -> (u64, u64) {
        let (mut by_sequence, mut by_fixed) = (0, 0);
        for run in 0..runs {
            let mut generator = rng_stream(7, run);
            let batches: Vec<Batch> = (0..days)
                .map(|_| {
                    let day: Vec<f64> = (0..rows).map(|_| draw(&mut generator)).collect();
                    Batch::of(&day).unwrap()
                })
                .collect();
            by_sequence += u64::from(looks(&batches, 0.05).unwrap().iter().any(Look::decides));
            let mut all = Batch::default();
            by_fixed += u64::from(batches.iter().any(|&batch| {
                all = all.with(batch);
                let error = (all.variance().unwrap() / all.rows as f64).sqrt();
                all.mean.abs() > Z_95 * error
            }));
        }
        (by_sequence, by_fixed)
    }

    /// Skewed differences around `mean`, like differences of log losses.
    fn skewed(mean: f64) -> impl Fn(&mut ChaCha8Rng) -> f64 {
        move |generator| -(1.0 - unit(generator)).ln() - 1.0 + mean
    }

    /// Differences in correctness: one row in ten flips, a share `better` of them to correct.
    fn flips(better: f64) -> impl Fn(&mut ChaCha8Rng) -> f64 {
        move |generator| {
            let u = unit(generator);
            if u >= 0.1 {
                0.0
            } else if u < 0.1 * better {
                -1.0
            } else {
                1.0
            }
        }
    }

    #[test]
    fn daily_peeking_keeps_the_level() {
        for (name, (by_sequence, by_fixed)) in
            [("skewed", rejected(2000, 20, 60, skewed(0.0))), ("flips", rejected(2000, 20, 60, flips(0.5)))]
        {
            assert!(by_sequence <= 100, "{name}: {by_sequence} of 2000 at 5 %");
            // A fixed-sample test with the same peeking rejects several times too often.
            assert!(by_fixed > 300, "{name}: {by_fixed} of 2000");
        }
    }

    #[test]
    fn a_sequence_finds_what_is_there() {
        let rows = rows_to_decide(1.0, 0.15, 0.05, 0.8).unwrap() as usize;
        let (found, _) = rejected(300, 20, rows.div_ceil(20), skewed(0.15));
        assert!(found >= 240, "{found} of 300");
    }

    #[test]
    fn peeking_at_two_arms_keeps_the_level() {
        let decided = |effect: f64| {
            let runs = (0..2000).filter(|&run| {
                let mut generator = rng_stream(13, run);
                let batches: Vec<(Batch, Batch)> = (0..15)
                    .map(|_| {
                        let mut arm = |rate: f64, rows: usize| {
                            let mut batch = Batch::default();
                            (0..rows)
                                .for_each(|_| batch.add(f64::from(u8::from(unit(&mut generator) < rate))));
                            batch
                        };
                        (arm(0.2, 60), arm(0.2 + effect, 30))
                    })
                    .collect();
                looks_of_arms(&batches, 0.05).unwrap().iter().any(Look::decides)
            });
            runs.count()
        };
        assert!(decided(0.0) <= 100, "{}", decided(0.0));
        assert!(decided(0.2) >= 1800, "{}", decided(0.2));
    }

    #[test]
    fn peeking_at_flips_keeps_the_level() {
        let found = |better: f64| {
            let runs = (0..2000).filter(|&run| {
                let mut generator = rng_stream(11, run);
                let (mut b, mut c) = (0, 0);
                (0..150).any(|_| {
                    if unit(&mut generator) < better {
                        c += 1;
                    } else {
                        b += 1;
                    }
                    flips_p(b, c) <= 0.05
                })
            });
            runs.count()
        };
        assert!(found(0.5) <= 100, "{}", found(0.5));
        assert!(found(0.7) >= 1600, "{}", found(0.7));
    }

    #[test]
    fn needed_rows_have_the_power_asked_for() {
        let rows = rows_to_decide(0.3, 0.02, 0.05, 0.8).unwrap();
        assert!(power_at(rows, 0.3, 0.02, 0.05) >= 0.8);
        assert!(power_at(rows - 1, 0.3, 0.02, 0.05) < 0.8);
        // A fixed sample evaluated once needs 1766 rows; evaluating every day takes more.
        assert!((2500..5000).contains(&rows), "{rows}");
        assert_eq!(rows_to_decide(1.0, 0.0, 0.05, 0.8), None);
    }

    proptest! {
        #[test]
        fn the_p_value_and_the_interval_agree(rows in 50_u64..100_000, z in -0.5..0.5_f64) {
            let batch = Batch { rows, mean: z, squares: (rows - 1) as f64 };
            let look = looks(&[batch], 0.05).unwrap()[0];
            prop_assert_eq!(look.decides(), look.p < 0.05);
        }
    }
}
