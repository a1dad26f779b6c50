//! Which causes stay found once each has to explain a part of the loss that the others leave.
//!
//! Each cause is judged present for itself ([`super::presence`]), so two descriptions of one fault are both present: rows of a
//! moved population look like a shifted outcome, a rescaled feature like one that is computed differently. Therefore the
//! present causes are taken in the order of their probability of being the main cause, and
//!
//! 1. a cause that explains the same rows as one taken before it is an alternative to it and only *possible*;
//! 2. the account is divided among those that remain ([`super::shares`]); a cause whose share is within noise, or too
//!    small to tell, is *possible*, and the account is divided again without it.
//!
//! What is left is found, in the order of cost. Own construction; the second round of an investigation would repeat all
//! exams on mended rows, this one repeats the division of the measured loss only.

use std::collections::{BTreeMap, BTreeSet};

use crate::{autopsy::Cause, text::number};

use super::{
    Hypothesis,
    shares::{Division, LossShare, by_lines, shares},
};

/// A smaller share of the loss names no cause.
pub(super) const SMALLEST_SHARE: f64 = 0.05;

/// Beside altered inputs a changed relation must have this share: the relation is examined on inputs that were repaired or
/// imputed, and what the imputation misses appears there.
const SMALLEST_RELATION: f64 = 0.4;

/// So many features rescaled at once are one fault of their source.
const FEATURES_OF_A_SOURCE: usize = 3;

/// What remains of the causes that are present.
pub(super) struct Remaining {
    /// The causes found, the costliest first.
    pub(super) found: Vec<Cause>,
    /// Each cause's share of the loss; none where the account has no shares.
    pub(super) shares: Option<BTreeMap<Cause, LossShare>>,
    /// Why a cause that is present for itself is not found, as a sentence.
    pub(super) doubts: BTreeMap<Cause, String>,
}

/// Takes the present causes in turn.
///
/// * `hypotheses`: all causes, the most probable first.
/// * `present`: those that are present for themselves, in the same order.
/// * `confirmed`: those that a second round confirms, where it settled which; the others are explained by them.
/// * `division`: how the account is divided; none where the account has no shares.
pub(super) fn remaining(
    hypotheses: &[Hypothesis],
    present: &[Cause],
    confirmed: Option<&[Cause]>,
    division: Option<&Division<'_>>,
) -> Remaining {
    let of = |cause: Cause| hypotheses.iter().find(|h| h.cause == cause);
    let (mut found, mut doubts): (Vec<Cause>, BTreeMap<Cause, String>) = (Vec::new(), BTreeMap::new());
    if let Some(confirmed) = confirmed {
        let others = present.iter().filter(|cause| !confirmed.contains(cause));
        doubts.extend(others.map(|&cause| (cause, explained(confirmed))));
    }
    for hypothesis in confirmed.unwrap_or(present).iter().filter_map(|&cause| of(cause)) {
        let same =
            found.iter().filter_map(|&cause| of(cause)).find(|other| is_alternative(other, hypothesis));
        match same {
            Some(other) => {
                doubts.insert(hypothesis.cause, alternative(other.cause));
            }
            None => found.push(hypothesis.cause),
        }
    }
    let Some(division) = division else {
        return Remaining { found, shares: None, doubts };
    };
    let same_rows: BTreeSet<Cause> = doubts.keys().copied().collect();
    // What describes the rows of a found cause has no part of its own, present for itself or not.
    let described = |found: &[Cause]| -> BTreeSet<Cause> {
        let is_described = |h: &&Hypothesis| {
            !found.contains(&h.cause)
                && found.iter().filter_map(|&c| of(c)).any(|other| is_alternative(other, h))
        };
        let described = hypotheses.iter().filter(is_described).map(|h| h.cause);
        described.chain(same_rows.iter().copied()).collect()
    };
    let mut divided = shares(division, &found, &described(&found));
    loop {
        let by_lines = by_lines(division, &found, &described(&found));
        let Some(weakest) = weakest(&found, confirmed.is_some(), &divided, &by_lines) else { break };
        found.retain(|cause| *cause != weakest);
        let share = divided.get(&weakest).map_or(0.0, |share| share.value);
        doubts.insert(weakest, too_small(share, &found));
        divided = shares(division, &found, &described(&found));
    }
    let share = |cause: &Cause| divided.get(cause).map_or(0.0, |share| share.value);
    // Stable: causes of equal cost stay in the order of their probability.
    found.sort_by(|a, b| share(b).total_cmp(&share(a)));
    Remaining { found, shares: Some(divided), doubts }
}

/// The found cause with the smallest share among those whose share is too small to tell; never the only one.
///
/// * `confirmed`: whether a second round saw them; then a relation needs no larger share than others.
/// * `by_lines`: the shares by the account's lines alone. What undoing other faults leaves for an outcome that moved is a difference
///   of few rows, its line of the account is not.
fn weakest(
    found: &[Cause],
    confirmed: bool,
    divided: &BTreeMap<Cause, LossShare>,
    by_lines: &BTreeMap<Cause, LossShare>,
) -> Option<Cause> {
    if found.len() < 2 {
        return None;
    }
    let inputs = found.iter().any(|cause| cause.is_of_inputs());
    let is_small = |cause: Cause, divided: &BTreeMap<Cause, LossShare>| {
        let Some(share) = divided.get(&cause) else { return true };
        let least =
            if inputs && !confirmed && cause.is_of_relation() { SMALLEST_RELATION } else { SMALLEST_SHARE };
        share.value < least || share.interval.0 <= 0.0
    };
    let is_weak =
        |cause: Cause| is_small(cause, divided) && (cause != Cause::LabelShift || is_small(cause, by_lines));
    let share = |cause: Cause| divided.get(&cause).map_or(0.0, |share| share.value);
    found.iter().copied().filter(|&cause| is_weak(cause)).min_by(|&a, &b| share(a).total_cmp(&share(b)))
}

/// Whether `second` describes what `first` describes already.
fn is_alternative(first: &Hypothesis, second: &Hypothesis) -> bool {
    let both = |of: fn(Cause) -> bool| of(first.cause) && of(second.cause);
    if both(Cause::is_of_world) {
        return true;
    }
    // A feature that is computed wrongly, or was asked with other values than the logged ones, goes with the outcome otherwise, of
    // course.
    if first.observed && first.cause == Cause::TrainingServingSkew && second.cause.is_of_relation() {
        return true;
    }
    if first.cause.is_of_inputs() && second.cause == Cause::FeatureDrift {
        return !second.features.is_empty() && second.features.iter().all(|j| first.features.contains(j));
    }
    if !both(Cause::is_of_inputs) {
        return false;
    }
    let scaled = [(first, second), (second, first)].into_iter().any(|(source, feature)| {
        source.cause == Cause::UpstreamPipeline
            && feature.cause == Cause::FeatureRecalibration
            && feature.features.len() >= FEATURES_OF_A_SOURCE
    });
    scaled || !has_features_of_its_own(first, second)
}

/// Whether a fault of inputs is about other features than the first one: it names some, and not all that the first one names.
fn has_features_of_its_own(first: &Hypothesis, second: &Hypothesis) -> bool {
    !second.features.is_empty() && first.features.iter().any(|feature| !second.features.contains(feature))
}

fn explained(confirmed: &[Cause]) -> String {
    let names: Vec<&str> = confirmed.iter().map(|cause| cause.name()).collect();
    format!("Without {}, nothing is left that it would explain.", names.join(" and "))
}

fn alternative(other: Cause) -> String {
    format!(
        "An alternative to {}: it would explain the same rows, and nothing shows that both are there.",
        other.name()
    )
}

fn too_small(share: f64, others: &[Cause]) -> String {
    let names: Vec<&str> = others.iter().map(|cause| cause.name()).collect();
    format!(
        "Beside {}, {} of the loss is left for it: too little to tell it from noise.",
        names.join(" and "),
        number::share(share)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::{
        account::{Account, Place},
        verdict::{Judgement, Presence, Standing},
    };

    fn hypothesis(cause: Cause, present: f64, features: &[usize]) -> Hypothesis {
        Hypothesis {
            cause,
            probability: present,
            judged: Judgement { present, ..Judgement::default() },
            standing: Standing::NotSeen,
            features: features.to_vec(),
            onset: None,
            onset_kind: None,
            evidence_for: Vec::new(),
            evidence_against: Vec::new(),
            observed: false,
            would_settle: Vec::new(),
        }
    }

    fn taken(hypotheses: &[Hypothesis], account: &Account) -> Remaining {
        let named: BTreeMap<Cause, Vec<usize>> =
            hypotheses.iter().map(|h| (h.cause, h.features.clone())).collect();
        let present: BTreeMap<Cause, f64> = hypotheses.iter().map(|h| (h.cause, h.judged.present)).collect();
        let division = Division { account, presence: Presence::shipped(), present: &present, named: &named };
        let causes: Vec<Cause> = hypotheses.iter().map(|h| h.cause).collect();
        remaining(hypotheses, &causes, None, Some(&division))
    }

    #[test]
    fn two_words_for_one_change_of_the_world_are_alternatives() {
        let causes = [
            hypothesis(Cause::LabelShift, 0.9, &[]),
            hypothesis(Cause::DataDrift, 0.9, &[1, 2]),
            hypothesis(Cause::ConceptDrift, 0.6, &[]),
        ];
        let left = taken(&causes, &Account::with_shares(&[(Place::Population, 0.7), (Place::Constant, 0.3)]));
        assert_eq!(left.found, [Cause::LabelShift]);
        assert!(left.doubts[&Cause::DataDrift].contains("alternative to label shift"), "{:?}", left.doubts);
        let shares = left.shares.unwrap();
        assert!(shares[&Cause::LabelShift].value > 0.9, "{shares:?}");
    }

    #[test]
    fn a_second_fault_of_inputs_needs_a_feature_of_its_own_that_costs() {
        let skew = hypothesis(Cause::TrainingServingSkew, 0.9, &[3]);
        let both = [skew.clone(), hypothesis(Cause::FeatureUnavailable, 0.9, &[3])];
        let one = Account::with_shares(&[(Place::Input(3), 1.0)]);
        assert_eq!(taken(&both, &one).found, [Cause::TrainingServingSkew]);
        let other = [skew, hypothesis(Cause::FeatureUnavailable, 0.9, &[4])];
        let two = Account::with_shares(&[(Place::Input(3), 0.3), (Place::Input(4), 0.7)]);
        assert_eq!(taken(&other, &two).found, [Cause::FeatureUnavailable, Cause::TrainingServingSkew]);
        let free = Account::with_shares(&[(Place::Input(3), 0.99), (Place::Input(4), 0.01)]);
        assert_eq!(taken(&other, &free).found, [Cause::TrainingServingSkew]);
    }

    #[test]
    fn a_source_that_is_rescaled_is_no_recalibration_of_its_features() {
        let causes = [
            hypothesis(Cause::UpstreamPipeline, 0.9, &[0]),
            hypothesis(Cause::FeatureRecalibration, 0.9, &[1, 2, 3]),
        ];
        let lines = [(Place::Input(1), 0.4), (Place::Input(2), 0.3), (Place::Input(3), 0.3)];
        assert_eq!(taken(&causes, &Account::with_shares(&lines)).found, [Cause::UpstreamPipeline]);
    }

    #[test]
    fn a_cause_without_a_share_is_not_found_and_the_costlier_one_comes_first() {
        let causes = [hypothesis(Cause::LabelBias, 0.7, &[]), hypothesis(Cause::UpstreamPipeline, 0.9, &[2])];
        let left = taken(&causes, &Account::with_shares(&[(Place::Input(2), 1.0)]));
        assert_eq!(left.found, [Cause::UpstreamPipeline]);
        assert!(left.doubts[&Cause::LabelBias].contains("too little"), "{:?}", left.doubts);
        let model =
            [hypothesis(Cause::FeatureUnavailable, 0.9, &[2]), hypothesis(Cause::ModelRegression, 0.8, &[])];
        let left = taken(&model, &Account::with_shares(&[(Place::Input(2), 0.2), (Place::Model, 0.8)]));
        assert_eq!(left.found, [Cause::ModelRegression, Cause::FeatureUnavailable]);
    }

    #[test]
    fn beside_altered_inputs_a_small_part_of_the_relation_names_no_cause() {
        let causes =
            [hypothesis(Cause::FeatureRecalibration, 0.9, &[2]), hypothesis(Cause::ConceptDrift, 0.7, &[])];
        let small = taken(&causes, &Account::with_shares(&[(Place::Input(2), 0.8), (Place::Relation, 0.2)]));
        assert_eq!(small.found, [Cause::FeatureRecalibration]);
        let large = taken(&causes, &Account::with_shares(&[(Place::Input(2), 0.3), (Place::Relation, 0.7)]));
        assert_eq!(large.found, [Cause::ConceptDrift, Cause::FeatureRecalibration]);
    }
}
