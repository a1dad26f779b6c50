//! Faults that a check observes itself, row by row, rather than inferring them from how distributions or losses moved.
//!
//! The fitted weights know such a fault only as far as incidents of their fit had it. What was observed decides all the same:
//! it outweighs any one inference, as long as the model does worse at all (a harmless change is no cause).

use crate::autopsy::{
    Cause, Signal,
    catalogue::{SignalSpec, signals as declared},
};

/// The weight of an observed fault, in log-odds (nats).
pub(super) const WEIGHT: f64 = 6.0;

/// The loss must be so many standard errors large, as for the finding on the loss.
const LOSS_Z: f64 = 3.2;

/// A signal that is an observation from a value on, and the cause that it shows.
const OBSERVED: [(&SignalSpec, f64, Cause); 5] = [
    // What is computed from the time left the timestamp: computed in another time zone.
    (&declared::CLOCK_OFF, 1.0, Cause::TrainingServingSkew),
    // Answers that fit other values of an input than the logged ones.
    (&declared::INTEGRITY_UNLOGGED, 0.08, Cause::TrainingServingSkew),
    // A default stands for values that the training pipeline still has.
    (&declared::PARITY_DEFAULT, 0.02, Cause::FeatureUnavailable),
    // Missing values stopped as one value took exactly their part of the rows.
    (&declared::PIPELINE_FILLED, 0.02, Cause::UpstreamPipeline),
    // Rows that were answered late, or otherwise than the artefact answers them, carry a part of the loss.
    (&declared::ACCOUNT_SERVICE, 0.08, Cause::ServingHealth),
];

/// The signal that shows a cause directly, where the model does worse than before beyond noise.
pub(super) fn observed(cause: Cause, signals: &[Signal]) -> Option<&Signal> {
    // `performance.z` is ln(1 + z).
    let lost = signals.iter().any(|s| s.key == &declared::PERFORMANCE_Z && s.value > (1.0 + LOSS_Z).ln());
    OBSERVED
        .iter()
        .filter(|(_, _, shown)| lost && *shown == cause)
        .find_map(|(key, least, _)| signals.iter().find(|s| s.key == *key && s.value >= *least))
}

/// Whether a signal shows some cause directly.
#[cfg(test)]
pub(in crate::autopsy) fn is_observation(signal: &SignalSpec) -> bool {
    OBSERVED.iter().any(|(key, ..)| *key == signal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::catalogue::checks;

    fn signal(key: &'static SignalSpec, value: f64) -> Signal {
        let finding = (&checks::INTEGRITY_CLOCK).into();
        Signal { key, value, features: vec![2], onset: None, finding }
    }

    #[test]
    fn a_clock_that_runs_off_shows_skew_where_the_model_does_worse() {
        let off = signal(&declared::CLOCK_OFF, 1.0);
        let lost = [off.clone(), signal(&declared::PERFORMANCE_Z, 2.5)];
        assert!(observed(Cause::TrainingServingSkew, &lost).is_some());
        assert!(observed(Cause::FeatureDrift, &lost).is_none());
        let harmless = [off, signal(&declared::PERFORMANCE_Z, 0.7)];
        assert!(observed(Cause::TrainingServingSkew, &harmless).is_none());
        let on_time = [signal(&declared::CLOCK_OFF, 0.0), signal(&declared::PERFORMANCE_Z, 2.5)];
        assert!(observed(Cause::TrainingServingSkew, &on_time).is_none());
    }
}
