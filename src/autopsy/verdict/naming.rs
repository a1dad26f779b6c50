//! Which features a hypothesis names: those of the signals that identify its kind of fault, its witnesses.
//!
//! The weight of a signal for a cause is a poor guide to the features at fault: a lost dependence proves a crossed join and
//! lists half of the table, the swap that explains it lists two columns. Therefore each cause has a list of witnesses, each
//! with an uninformative and a conclusive value; the features of the most conclusive one come first.

use crate::autopsy::{
    Cause, Signal,
    catalogue::{SignalSpec, signals as declared, witnesses},
};

use super::{direct, family};

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
    if let Some(own) = apart(cause, signals) {
        let others: Vec<usize> = features.iter().copied().filter(|feature| own(feature)).collect();
        // Where nothing is left, this is another name for the same fault.
        if !others.is_empty() {
            features = others;
        }
    }
    features.truncate(MOST_FEATURES);
    features
}

/// Which features belong to a cause where offline values tell two faults of served values apart, feature by feature: one without a
/// value, or with a default in place of values that the training pipeline has, is unavailable; the others that differ are computed
/// otherwise.
fn apart(cause: Cause, signals: &[Signal]) -> Option<impl Fn(&usize) -> bool> {
    let of = |key: &SignalSpec| signals.iter().find(|signal| signal.key == key);
    let unavailable = &direct::observed(Cause::FeatureUnavailable, signals)?.features;
    let differing = &of(&declared::PARITY_SHARE)?.features;
    let computed: Vec<usize> =
        differing.iter().copied().filter(|feature| !unavailable.contains(feature)).collect();
    let foreign = match cause {
        Cause::FeatureUnavailable => computed,
        Cause::TrainingServingSkew => unavailable.clone(),
        _ => return None,
    };
    Some(move |feature: &usize| !foreign.contains(feature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::catalogue::checks;

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
    fn offline_values_tell_a_missing_feature_from_one_that_is_computed_otherwise() {
        let mut signals = vec![
            signal(&declared::PARITY_SHARE, 0.8, &[4, 6]),
            signal(&declared::PARITY_DEFAULT, 0.8, &[4]),
            signal(&declared::PARITY_CONSTANT, 1.0, &[4, 6]),
            signal(&declared::PERFORMANCE_Z, 3.0, &[]),
        ];
        assert_eq!(named(Cause::FeatureUnavailable, &signals, &[]), [4]);
        assert_eq!(named(Cause::TrainingServingSkew, &signals, &[]), [6]);
        signals[0].features = vec![4];
        assert_eq!(named(Cause::TrainingServingSkew, &signals, &[]), [4]);
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
