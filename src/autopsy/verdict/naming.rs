//! Which features a hypothesis names: those of the signals that identify its kind of fault, its witnesses.
//!
//! The weight of a signal for a cause is a poor guide to the features at fault: a lost dependence proves a crossed join and
//! lists half of the table, the swap that explains it lists two columns. Therefore each cause has a list of witnesses, each
//! with an uninformative and a conclusive value; the features of the most conclusive one come first.

use crate::autopsy::{Cause, Signal, catalogue::witnesses};

use super::family;

/// Features that a hypothesis names at most.
const MOST_FEATURES: usize = 8;

/// A witness counts if it is at least as conclusive as this share of the most conclusive one.
const NAMED_SHARE: f64 = 0.5;

/// Causes that blame no feature.
pub(super) fn blames_features(cause: Cause) -> bool {
    !matches!(
        cause,
        Cause::None | Cause::ModelRegression | Cause::ServingHealth | Cause::ConceptDrift | Cause::LabelShift
    )
}

/// The features at fault if `cause` is right, the most certain first.
///
/// * `pointing`: the signals with features that weigh for the cause, heaviest first; used if no witness is informative.
pub(super) fn named(cause: Cause, signals: &[Signal], pointing: &[(f64, &Signal)]) -> Vec<usize> {
    if !blames_features(cause) {
        return Vec::new();
    }
    let mut strongest_first: Vec<(f64, &Signal)> = witnesses(cause)
        .filter_map(|member| family::strength(member, signals))
        .filter(|(strength, signal)| *strength > 0.0 && !signal.features.is_empty())
        .collect();
    // Stable: among equally conclusive ones the order of the table decides, the most specific first.
    strongest_first.sort_by(|a, b| b.0.total_cmp(&a.0));
    if strongest_first.is_empty() {
        strongest_first = pointing.iter().filter(|(weight, _)| *weight > 0.0).copied().collect();
    }
    let surest = strongest_first.first().map_or(0.0, |(strength, _)| *strength);
    let mut features = Vec::new();
    for (_, signal) in strongest_first.iter().take_while(|(strength, _)| *strength >= NAMED_SHARE * surest) {
        for &feature in &signal.features {
            if !features.contains(&feature) {
                features.push(feature);
            }
        }
    }
    features.truncate(MOST_FEATURES);
    features
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::catalogue::{SignalSpec, checks, signals as declared};

    fn signal(key: &'static SignalSpec, value: f64, features: &[usize]) -> Signal {
        let finding = (&checks::PIPELINE_NULLS).into();
        Signal { key, value, features: features.to_vec(), onset: None, finding }
    }

    #[test]
    fn the_surest_witness_names_and_among_equals_the_most_specific_one() {
        let signals = [
            signal(&declared::DEPENDENCE_LOST_ACROSS_SOURCES, 0.9, &[5, 6, 7]),
            signal(&declared::PIPELINE_SWAP, 0.97, &[1, 2]),
        ];
        let features = named(Cause::UpstreamPipeline, &signals, &[]);
        assert_eq!(features, [1, 2, 5, 6, 7]);
    }

    #[test]
    fn a_hesitant_witness_is_not_heard_beside_a_sure_one() {
        let signals =
            [signal(&declared::PIPELINE_NULL_JUMP, 0.6, &[3]), signal(&declared::STALE_RATIO, 0.74, &[9])];
        assert_eq!(named(Cause::FeatureUnavailable, &signals, &[]), [3]);
    }

    #[test]
    fn where_no_witness_speaks_what_weighs_for_the_cause_does() {
        let concentration = signal(&declared::DRIFT_CONCENTRATION, 0.9, &[4]);
        let features = named(Cause::FeatureRecalibration, &[], &[(1.2, &concentration)]);
        assert_eq!(features, [4]);
        let against = named(Cause::FeatureRecalibration, &[], &[(-1.2, &concentration)]);
        assert!(against.is_empty());
    }

    #[test]
    fn causes_that_are_not_about_features_name_none() {
        let signals = [signal(&declared::DRIFT_MOVED_COUNT, 2.0, &[1])];
        assert!(named(Cause::LabelShift, &signals, &[(3.0, &signals[0])]).is_empty());
    }
}
