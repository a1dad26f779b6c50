//! What changed in the outcome given the inputs: one feature's relation to it, or the relation as a whole?
//!
//! A score is a sum of the features' contributions ([`super::surrogate::Parts`]). It is first corrected on
//! rows before the change. After the change, several further corrections compete by log-likelihood: a
//! constant (the outcome became more frequent), a factor on the whole score (the whole score predicts less,
//! or the reverse), or one feature's contribution with eight bins of its values. After feature drift, the
//! feature's own contribution explains more than the whole score does; after concept drift it is the other
//! way round.

mod fit;

use rayon::prelude::*;

use self::fit::{Explanation, Fits, LikelihoodGain};
use super::{binned::Binned, surrogate::Parts};
use crate::{cached::cached, stats::Undefined};

/// The minimum number of rows on either side to distinguish one contribution from another.
pub const FEWEST_ROWS: usize = 150;

/// Number of features whose bins enter the fit of everything.
const LEADING: usize = 3;

/// Number of features considered: those whose contributions vary most. The contributions of the others stay
/// in the score.
const MOST_PARTS: usize = 60;

/// Candidates for the second feature of the pair: those that explain most after the first.
const CANDIDATES: usize = 8;

/// The kind of outcome to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0 or 1; scores are log-odds.
    Binary,
    /// A value; scores are values.
    Value,
}

/// One period's rows.
#[derive(Debug, Clone, Copy)]
pub struct PeriodRows<'a> {
    /// The outcome of each row.
    pub y: &'a [f64],
    /// The features' contributions to the score.
    pub parts: &'a Parts,
    /// The features in a few bins, in the order of the contributions.
    pub bins: &'a Binned,
}

/// How much one feature explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureGain {
    /// The feature's index in the plan.
    pub feature: usize,
    /// Gain of its contribution and its bins.
    pub alone: f64,
    /// Gain of these and a factor on the rest of the score.
    pub with_rest: f64,
    /// `(alone - whole) / all`, where the parameters in alone and whole are only charged what noise would
    /// gain: above 0 when the feature explains more than the whole score.
    pub balance: f64,
}

cached!(struct FeatureGain { feature, alone, with_rest, balance });

/// The feature that explains most, and the one that adds most to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Their indices in the plan.
    pub features: [usize; 2],
    /// Gain of the first feature's contribution and bins.
    pub first: f64,
    /// Gain of both features' contributions and bins.
    pub both: f64,
}

cached!(struct Pair { features, first, both });

/// Gains in twice the log-likelihood over the corrected score, minus two per parameter (Akaike 1974).
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeAttribution {
    /// Rows after the change.
    pub rows: usize,
    /// Number of outcomes whose gains were summed.
    pub outcomes: usize,
    /// Gain of a constant.
    pub constant: f64,
    /// The constant and its standard error, in log-odds or standard deviations of the residual.
    pub shift: (f64, f64),
    /// Gain of a constant and a factor on the whole score.
    pub whole: f64,
    /// The factor minus 1: below 0 the score predicts less than before, below -1 the opposite.
    pub factor: f64,
    /// Gain of a factor on every contribution, and of the bins of the leading features.
    pub all: f64,
    /// Every feature, the largest balance first.
    pub features: Vec<FeatureGain>,
    /// The drift of one feature is explained by the first of the pair; a relation that changed in many places
    /// needs both, and more. None with fewer than two features.
    pub pair: Option<Pair>,
}

cached!(struct ChangeAttribution { rows, outcomes, constant, shift, whole, factor, all, features, pair });

impl ChangeAttribution {
    /// The gain of everything, per row and outcome.
    #[must_use]
    pub fn per_row(&self) -> f64 {
        self.all / (self.rows * self.outcomes).max(1) as f64
    }

    /// The feature with the largest balance.
    #[must_use]
    pub fn lead(&self) -> Option<&FeatureGain> {
        self.features.first()
    }
}

/// Compares explanations of what changed.
///
/// * `outcomes`: both periods of one outcome; for several classes each class against the rest, the most
///   important one first. Their gains are summed.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than [`FEWEST_ROWS`] rows in a period or without outcomes,
/// [`Undefined::OneClass`] when a period holds one outcome only, [`Undefined::Constant`] when the score does
/// not vary. Of several outcomes only the first must be defined.
pub fn change_attribution(
    outcome: Outcome,
    outcomes: &[(PeriodRows<'_>, PeriodRows<'_>)],
) -> Result<ChangeAttribution, Undefined> {
    let [first, others @ ..] = outcomes else {
        return Err(Undefined::TooFew);
    };
    let varying = varying(outcomes);
    let places = varying.len();
    let mut fits = vec![Fits::new(outcome, &first.0, &first.1, &varying)?];
    fits.extend(others.iter().filter_map(|(before, after)| Fits::new(outcome, before, after, &varying).ok()));
    let gain = |explanation: &Explanation| total(&fits, explanation);

    let constant = gain(&Explanation::Constant);
    let whole = gain(&Explanation::Whole);
    let gains: Vec<[f64; 3]> = (0..places)
        .into_par_iter()
        .map(|part| {
            let of = |bins, rest| gain(&Explanation::Part { part, bins, rest });
            // Bins cost eight parameters, too many for a weak change of a linear relation.
            let (straight, bent) = (of(false, false), of(true, false));
            let with_rest = of(false, true).value.max(of(true, true).value);
            [straight.value.max(bent.value), with_rest, straight.unpriced.max(bent.unpriced)]
        })
        .collect();
    let mut order: Vec<usize> = (0..places).collect();
    order.sort_by(|&a, &b| gains[b][0].total_cmp(&gains[a][0]).then(a.cmp(&b)));
    let second = second(&order, &gain);
    let everything = Explanation::All { leading: order.iter().copied().take(LEADING).collect() };
    // Because of the penalty the fit of everything can be below the fit of one part; `all` is at least the
    // largest gain.
    let largest = gains.iter().map(|g| g[1]).fold(whole.value, f64::max);
    let both = second.map_or(0.0, |(_, both)| both);
    let all = gain(&everything).value.max(largest).max(both);

    let feature = |place: usize| first.1.parts.features[varying[place]];
    let pair = second.map(|(place, both)| Pair {
        features: [feature(order[0]), feature(place)],
        first: gains[order[0]][0],
        both,
    });
    let mut features: Vec<FeatureGain> = order
        .into_iter()
        .map(|j| FeatureGain {
            feature: feature(j),
            alone: gains[j][0],
            with_rest: gains[j][1],
            balance: if all > 0.0 { (gains[j][2] - whole.unpriced) / all } else { 0.0 },
        })
        .collect();
    features.sort_by(|a, b| b.balance.total_cmp(&a.balance).then(a.feature.cmp(&b.feature)));
    Ok(ChangeAttribution {
        rows: first.1.y.len(),
        outcomes: fits.len(),
        constant: constant.value,
        shift: constant.shift,
        whole: whole.value,
        factor: whole.factor,
        all,
        features,
        pair,
    })
}

/// The indices of the contributions that vary most before the change, ascending.
fn varying(outcomes: &[(PeriodRows<'_>, PeriodRows<'_>)]) -> Vec<usize> {
    let places = outcomes.first().map_or(0, |first| first.0.parts.features.len());
    let variance = |values: &[f64]| {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n
    };
    let mut shares = vec![0.0; places];
    for (before, _) in outcomes {
        let whole = variance(&before.parts.whole());
        for (place, share) in shares.iter_mut().enumerate() {
            *share += variance(&before.parts.of(place)) / whole;
        }
    }
    let mut order: Vec<usize> = (0..places).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
    order.truncate(MOST_PARTS);
    order.sort_unstable();
    order
}

/// The gain summed over all outcomes; shift and factor are those of the first.
fn total(fits: &[Fits], explanation: &Explanation) -> LikelihoodGain {
    let mut gains = fits.iter().map(|fit| fit.gain(explanation));
    let first = gains.next().unwrap_or(LikelihoodGain::NOTHING);
    gains.fold(first, |sum, next| LikelihoodGain {
        value: sum.value + next.value,
        unpriced: sum.unpriced + next.unpriced,
        ..sum
    })
}

/// The index that adds most to the one with the largest gain alone, and the gain of both.
///
/// * `order`: indices, the one with the largest gain alone first.
fn second(order: &[usize], gain: &(impl Fn(&Explanation) -> LikelihoodGain + Sync)) -> Option<(usize, f64)> {
    let (&first, others) = order.split_first()?;
    let together = others.par_iter().take(CANDIDATES).map(|&place| {
        let of = |bins| {
            let parts = [first, place];
            gain(&Explanation::Pair { parts, bins }).value
        };
        (place, of(false).max(of(true)))
    });
    together.reduce_with(|a, b| if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            binned::Binning,
            fixture::{label, law, planted},
            surrogate::Surrogate,
        },
        summary::{Table, Task},
    };

    fn examine(changed: impl Fn(f64, f64, u32) -> f64) -> ChangeAttribution {
        examine_times(1, changed)
    }

    fn examine_times(times: usize, changed: impl Fn(f64, f64, u32) -> f64) -> ChangeAttribution {
        let training = planted(3000, 81);
        let surrogate = Surrogate::fit(&training.plan, &training.table).unwrap();
        let rows: Vec<usize> = (0..2500).collect();
        let before = planted(2500, 82).table;
        let mut after = planted(2500, 83).table;
        label(&mut after, 84, changed);
        let binning = Binning::fit(&training.plan, &training.table, &rows, 8);
        let period = |table: &Table| (surrogate.parts(table, &rows, 0), binning.codes(table, &rows));
        let (b, a) = (period(&before), period(&after));
        change_attribution(
            Outcome::Binary,
            &vec![
                (
                    PeriodRows { y: &before.label, parts: &b.0, bins: &b.1 },
                    PeriodRows { y: &after.label, parts: &a.0, bins: &a.1 },
                );
                times
            ],
        )
        .unwrap()
    }

    #[test]
    fn an_unchanged_relation_leaves_nothing_to_explain() {
        let change_attribution = examine(law);
        assert!(
            change_attribution.whole.abs() < 15.0 && change_attribution.all < 40.0,
            "{change_attribution:?}"
        );
    }

    #[test]
    fn one_inverted_feature_is_named() {
        let change_attribution = examine(|a, b, kind| law(a, -b, kind));
        let lead = change_attribution.lead().unwrap();
        assert_eq!(lead.feature, 1, "{change_attribution:?}");
        assert!(lead.balance > 0.05, "{change_attribution:?}");
        let pair = change_attribution.pair.unwrap();
        assert_eq!(pair.features[0], 1, "{change_attribution:?}");
        assert!(pair.both - pair.first < 0.05 * change_attribution.all, "{change_attribution:?}");
    }

    #[test]
    fn two_inverted_features_need_each_other() {
        let change_attribution = examine(|a, b, kind| law(-a, -b, kind));
        let pair = change_attribution.pair.unwrap();
        let mut features = pair.features;
        features.sort_unstable();
        assert_eq!(features, [0, 1], "{change_attribution:?}");
        assert!(pair.both - pair.first > 0.07 * change_attribution.all, "{change_attribution:?}");
    }

    #[test]
    fn gains_of_several_outcomes_add_up() {
        let changed = |a: f64, b: f64, kind: u32| law(a, -b, kind);
        let (once, twice) = (examine_times(1, changed), examine_times(2, changed));
        assert!((twice.all - 2.0 * once.all).abs() < 1e-6 * once.all, "{once:?} {twice:?}");
        assert!((twice.per_row() - once.per_row()).abs() < 1e-9);
        let both = [&once, &twice].map(|change_attribution| change_attribution.pair.unwrap().both);
        assert!((both[1] - 2.0 * both[0]).abs() < 1e-6 * once.all);
        assert_eq!(once.shift, twice.shift);
    }

    #[test]
    fn a_score_that_tells_less_is_a_change_of_the_whole() {
        let change_attribution = examine(|a, b, kind| 0.2 * law(a, b, kind));
        assert!(change_attribution.lead().unwrap().balance < 0.0, "{change_attribution:?}");
        assert!((change_attribution.factor + 0.8).abs() < 0.15, "{change_attribution:?}");
    }

    #[test]
    fn a_shifted_prior_is_a_constant() {
        let change_attribution = examine(|a, b, kind| law(a, b, kind) + 1.0);
        assert!(
            (change_attribution.shift.0 - 1.0).abs() < 4.0 * change_attribution.shift.1,
            "{change_attribution:?}"
        );
        assert!(change_attribution.constant > 0.9 * change_attribution.all, "{change_attribution:?}");
    }

    #[test]
    fn values_are_taken_apart_as_well() {
        let mut training = planted(3000, 85);
        training.plan.task = Task::Regression;
        let value = |table: &Table, sign: f64| -> Vec<f64> {
            let (a, b) = (table.features[0].numbers().unwrap(), table.features[1].numbers().unwrap());
            let known = |x: f64| if x.is_nan() { 0.0 } else { x };
            (0..table.rows).map(|r| 30.0 * known(a[r]) + sign * 20.0 * b[r]).collect()
        };
        training.table.prediction = value(&training.table, 1.0);
        let surrogate = Surrogate::fit(&training.plan, &training.table).unwrap();
        let rows: Vec<usize> = (0..2500).collect();
        let noisy = |mut y: Vec<f64>, seed| {
            y.iter_mut()
                .enumerate()
                .for_each(|(r, y)| *y += 10.0 * crate::model::fixture::normal(seed, r, 30));
            y
        };
        let (before, after) = (planted(2500, 86).table, planted(2500, 87).table);
        let (y_before, y_after) = (noisy(value(&before, 1.0), 1), noisy(value(&after, -1.0), 2));
        let binning = Binning::fit(&training.plan, &training.table, &rows, 8);
        let period = |table: &Table| (surrogate.parts(table, &rows, 0), binning.codes(table, &rows));
        let (b, a) = (period(&before), period(&after));
        let change_attribution = change_attribution(
            Outcome::Value,
            &[(
                PeriodRows { y: &y_before, parts: &b.0, bins: &b.1 },
                PeriodRows { y: &y_after, parts: &a.0, bins: &a.1 },
            )],
        )
        .unwrap();
        assert_eq!(change_attribution.lead().unwrap().feature, 1, "{change_attribution:?}");
        assert!(change_attribution.lead().unwrap().balance > 0.05, "{change_attribution:?}");
    }
}
