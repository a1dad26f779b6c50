//! Which cause a part of the loss belongs to: the lines of the account, given to those that may have made them.
//!
//! A line goes to the causes that act at its place, in proportion to the odds of each being there; an altered input to
//! those that name it before others. What no cause can have made stays with none. Shares of causes add up to 1 at most.

use std::collections::BTreeMap;

use crate::autopsy::{
    Cause,
    account::{Account, Line, Place},
};

/// How much of a line a cause that does not act at its place may have made, against one that does.
const ELSEWHERE: f64 = 0.08;

/// The same for an altered input that the cause does not name.
const UNNAMED: f64 = 0.25;

/// A probability beyond this is counted as this: two causes that are both likely divide a line evenly, however sure one is.
const SUREST: f64 = 0.8;

/// A cause's share of the loss.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LossShare {
    /// The share, 0 to 1.
    pub value: f64,
    /// Its 95 % interval, of the account's lines alone: which cause a line belongs to is taken as told.
    pub interval: (f64, f64),
}

/// Whether a cause acts at a place.
const fn acts_at(cause: Cause, place: Place) -> bool {
    match place {
        Place::Service => matches!(cause, Cause::ServingHealth),
        Place::Model => matches!(cause, Cause::ModelRegression),
        Place::Answers => matches!(cause, Cause::ModelRegression | Cause::ServingHealth),
        Place::Input(_) | Place::Unexplained => cause.is_of_inputs(),
        Place::InputsAndAnswers => {
            cause.is_of_inputs() || matches!(cause, Cause::ModelRegression | Cause::ServingHealth)
        }
        Place::Relation => matches!(cause, Cause::ConceptDrift | Cause::FeatureDrift),
        Place::Constant => matches!(cause, Cause::LabelShift | Cause::ConceptDrift | Cause::FeatureDrift),
        Place::Population => matches!(cause, Cause::DataDrift | Cause::LabelShift | Cause::LabelBias),
        Place::Outside => matches!(cause, Cause::LabelBias),
    }
}

/// Each cause's share of the loss; none where the account has no shares.
///
/// * `present`: the probability that each cause is there.
/// * `named`: the features that each cause names.
pub(super) fn shares(
    account: &Account,
    present: &BTreeMap<Cause, f64>,
    named: &BTreeMap<Cause, Vec<usize>>,
) -> Option<BTreeMap<Cause, LossShare>> {
    if !account.has_shares() {
        return None;
    }
    let mut shares: BTreeMap<Cause, (f64, f64)> = BTreeMap::new();
    for line in &account.lines {
        let Some((share, _)) = line.share else { continue };
        let parts = parts(line, present, named);
        let error = line.amount.error / account.total.value;
        for (cause, part) in parts {
            let sum = shares.entry(cause).or_default();
            sum.0 += share.max(0.0) * part;
            sum.1 += (error * part).powi(2);
        }
    }
    // Lines below 0 are what other lines overstate.
    let whole: f64 = shares.values().map(|(share, _)| share).sum::<f64>().max(1.0);
    let scaled = shares.into_iter().map(|(cause, (share, variance))| {
        let (value, half) = (share / whole, crate::stats::interval::Z_95 * variance.sqrt() / whole);
        (cause, LossShare { value, interval: ((value - half).max(0.0), (value + half).min(1.0)) })
    });
    Some(scaled.collect())
}

/// Which part of a line each cause has made.
fn parts(
    line: &Line,
    present: &BTreeMap<Cause, f64>,
    named: &BTreeMap<Cause, Vec<usize>>,
) -> Vec<(Cause, f64)> {
    let weigh = |cause: Cause| {
        let place = match line.place {
            Place::Input(feature) if cause.is_of_inputs() => {
                let names = named.get(&cause).is_some_and(|features| features.contains(&feature));
                if names { 1.0 } else { UNNAMED }
            }
            Place::Input(_) => 0.0,
            place if acts_at(cause, place) => 1.0,
            _ => ELSEWHERE,
        };
        // Of causes that may have made the same line, each did so in proportion to its odds of being there.
        let p = present.get(&cause).copied().unwrap_or(0.0).clamp(0.0, SUREST);
        place * p / (1.0 - p)
    };
    let weights: Vec<(Cause, f64)> = Cause::ALL
        .into_iter()
        .filter(|&cause| cause != Cause::None)
        .map(|cause| (cause, weigh(cause)))
        .collect();
    let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
    if whole <= 0.0 {
        return Vec::new();
    }
    weights.into_iter().map(|(cause, weight)| (cause, weight / whole)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::account::Measured;

    fn account(lines: &[(Place, f64)]) -> Account {
        let measured = |value| Measured { value, error: 0.01 };
        Account {
            loss: "log loss",
            before: measured(0.3),
            since: measured(1.3),
            total: measured(1.0),
            lines: lines
                .iter()
                .map(|&(place, share)| Line { place, amount: measured(share), share: Some((share, None)) })
                .collect(),
            rows: (1000, 1000),
            by: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn lines_go_to_the_causes_that_act_there_and_are_likely() {
        let account = account(&[(Place::Model, 0.6), (Place::Input(3), 0.4)]);
        let present = BTreeMap::from([
            (Cause::ModelRegression, 0.9),
            (Cause::FeatureUnavailable, 0.9),
            (Cause::FeatureRecalibration, 0.01),
        ]);
        let named = BTreeMap::from([(Cause::FeatureUnavailable, vec![3])]);
        let shares = shares(&account, &present, &named).unwrap();
        assert!((shares[&Cause::ModelRegression].value - 0.6).abs() < 0.06, "{shares:?}");
        assert!((shares[&Cause::FeatureUnavailable].value - 0.4).abs() < 0.06, "{shares:?}");
        let sum: f64 = shares.values().map(|share| share.value).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_input_goes_to_the_cause_that_names_it() {
        let account = account(&[(Place::Input(1), 0.7), (Place::Input(2), 0.3)]);
        let present = BTreeMap::from([(Cause::FeatureUnavailable, 0.9), (Cause::FeatureRecalibration, 0.9)]);
        let named =
            BTreeMap::from([(Cause::FeatureUnavailable, vec![2]), (Cause::FeatureRecalibration, vec![1])]);
        let shares = shares(&account, &present, &named).unwrap();
        assert!(shares[&Cause::FeatureRecalibration].value > 0.6, "{shares:?}");
        assert!(shares[&Cause::FeatureUnavailable].value < 0.4, "{shares:?}");
    }

    #[test]
    fn a_small_loss_has_no_shares() {
        let mut account = account(&[(Place::Model, 1.0)]);
        account.total.error = 1.0;
        assert!(shares(&account, &BTreeMap::new(), &BTreeMap::new()).is_none());
    }
}
