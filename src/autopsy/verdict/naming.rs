//! Which features a hypothesis names: those of the signals that bear witness to its kind of fault.
//!
//! How much a signal weighs for a cause says little about whose features it names: a lost dependence proves a crossed
//! join and lists half of the table, the swap that explains it lists two columns. So each cause has its witnesses, each
//! with the value at which it says nothing and the one at which it is sure; the surest speaks first.

use crate::autopsy::{Cause, Signal};

use super::family::{self, Member};

/// Features that a hypothesis names at most.
const MOST_FEATURES: usize = 8;

/// A witness is heard if it is at least so sure as this share of the surest one.
const HEARD: f64 = 0.5;

/// Witnesses of moved populations: the list of those that moved is the answer.
const POPULATION: &[Member] = &[("drift.moved_count", 0.0, 0.69), ("kappa.median", 0.4, 0.9)];

/// Witnesses of inputs that training never held.
const OUTSIDE: &[Member] = &[
    ("support.outside_rise", 0.0, 0.05),
    ("support.range_rise", 0.0, 0.1),
    ("support.unseen_rise", 0.0, 0.1),
    ("support.pair_rise", 0.0, 0.1),
    ("pipeline.outside", 0.0, 0.1),
];

/// Witnesses of values that were recomputed on their way, whatever was done to them.
const RECOMPUTED: &[Member] =
    &[("lattice.left", 0.3, 0.9), ("pipeline.levels_gone", 0.05, 0.3), ("pipeline.distinct_lost", 0.7, 2.0)];

/// Witnesses of one feature's changed relation.
const RELATION: &[Member] = &[("concept.balance", -0.2, 0.05), ("concept.carried", 0.0, 1.0)];

/// Causes that blame no feature.
pub(super) fn blames_features(cause: Cause) -> bool {
    !matches!(
        cause,
        Cause::None | Cause::ModelRegression | Cause::ServingHealth | Cause::ConceptDrift | Cause::LabelShift
    )
}

/// The features at fault if `cause` is right, surest first.
///
/// * `pointing`: the signals with features that weigh for the cause, heaviest first; asked where no witness speaks.
pub(super) fn named(cause: Cause, signals: &[Signal], pointing: &[(f64, &Signal)]) -> Vec<usize> {
    if !blames_features(cause) {
        return Vec::new();
    }
    let mut spoken: Vec<(f64, &Signal)> = witnesses(cause)
        .filter_map(|member| family::strength(member, signals))
        .filter(|(strength, signal)| *strength > 0.0 && !signal.features.is_empty())
        .collect();
    // Stable: among equally sure ones the order of the table decides, the most specific first.
    spoken.sort_by(|a, b| b.0.total_cmp(&a.0));
    if spoken.is_empty() {
        spoken = pointing.iter().filter(|(weight, _)| *weight > 0.0).copied().collect();
    }
    let surest = spoken.first().map_or(0.0, |(strength, _)| *strength);
    let mut features = Vec::new();
    for (_, signal) in spoken.iter().take_while(|(strength, _)| *strength >= HEARD * surest) {
        for &feature in &signal.features {
            if !features.contains(&feature) {
                features.push(feature);
            }
        }
    }
    features.truncate(MOST_FEATURES);
    features
}

/// The witnesses of a cause, the most specific first.
fn witnesses(cause: Cause) -> impl Iterator<Item = &'static Member> {
    let (families, others): (&[&str], &[Member]) = match cause {
        Cause::FeatureUnavailable => (&["family.value_gone"], &[("parity.constant", 0.0, 0.5)]),
        Cause::FeatureRecalibration => (&["family.mapped"], RECOMPUTED),
        Cause::TrainingServingSkew => (&["family.computed_differently"], &[("repair.z", 2.0, 6.0)]),
        Cause::UpstreamPipeline => {
            (&["family.source_broken", "family.joint_broken"], &[("joint.source_share", 0.05, 0.4)])
        }
        Cause::DataDrift => (&[], POPULATION),
        Cause::LabelBias => (&[], OUTSIDE),
        Cause::FeatureDrift => (&[], RELATION),
        _ => (&[], &[]),
    };
    families.iter().flat_map(|family| family::members(family)).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(key: &'static str, value: f64, features: &[usize]) -> Signal {
        Signal { key, value, features: features.to_vec(), onset: None, finding: "f".into() }
    }

    #[test]
    fn the_surest_witness_names_and_among_equals_the_most_specific_one() {
        let signals = [
            signal("dependence.lost_across_sources", 0.9, &[5, 6, 7]),
            signal("pipeline.swap", 0.97, &[1, 2]),
        ];
        let features = named(Cause::UpstreamPipeline, &signals, &[]);
        assert_eq!(features, [1, 2, 5, 6, 7]);
    }

    #[test]
    fn a_hesitant_witness_is_not_heard_beside_a_sure_one() {
        let signals = [signal("pipeline.null_jump", 0.6, &[3]), signal("stale.ratio", 0.74, &[9])];
        assert_eq!(named(Cause::FeatureUnavailable, &signals, &[]), [3]);
    }

    #[test]
    fn where_no_witness_speaks_what_weighs_for_the_cause_does() {
        let concentration = signal("drift.concentration", 0.9, &[4]);
        let features = named(Cause::FeatureRecalibration, &[], &[(1.2, &concentration)]);
        assert_eq!(features, [4]);
        let against = named(Cause::FeatureRecalibration, &[], &[(-1.2, &concentration)]);
        assert!(against.is_empty());
    }

    #[test]
    fn causes_that_are_not_about_features_name_none() {
        let signals = [signal("drift.moved_count", 2.0, &[1])];
        assert!(named(Cause::LabelShift, &signals, &[(3.0, &signals[0])]).is_empty());
    }
}
