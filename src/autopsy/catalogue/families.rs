//! Families of faults: groups of signals for one kind of fault.
//!
//! A fault that is in no list still belongs to a family: a value is missing, a map of few parameters was applied, serving
//! computes something else, a source is broken, the answers are not the model's.

use super::{Member, SignalSpec, signals};

/// A family of faults.
#[derive(Debug)]
pub struct FamilySpec {
    /// The signal of the family.
    pub signal: &'static SignalSpec,
    /// Its members, the most specific first.
    pub members: &'static [Member],
    /// Whether a feature was altered, in one way or another.
    pub altered: bool,
}

pub(super) const fn member(signal: &'static SignalSpec, silent: f64, sure: f64) -> Member {
    Member { signal, silent, sure }
}

/// Every family.
pub static FAMILIES: [FamilySpec; 8] = [
    FamilySpec { signal: &signals::FAMILY_VALUE_GONE, members: VALUE_GONE, altered: true },
    FamilySpec { signal: &signals::FAMILY_MAPPED, members: MAPPED, altered: true },
    FamilySpec {
        signal: &signals::FAMILY_COMPUTED_DIFFERENTLY,
        members: COMPUTED_DIFFERENTLY,
        altered: true,
    },
    FamilySpec { signal: &signals::FAMILY_SOURCE_BROKEN, members: SOURCE_BROKEN, altered: true },
    FamilySpec { signal: &signals::FAMILY_JOINT_BROKEN, members: JOINT_BROKEN, altered: false },
    FamilySpec {
        signal: &signals::FAMILY_ANSWERS_NOT_THE_MODELS,
        members: ANSWERS_NOT_THE_MODELS,
        altered: false,
    },
    FamilySpec { signal: &signals::FAMILY_MODEL_CHANGED, members: MODEL_CHANGED, altered: false },
    FamilySpec { signal: &signals::FAMILY_POPULATION_MOVED, members: POPULATION_MOVED, altered: false },
];

pub(super) const VALUE_GONE: &[Member] = &[
    member(&signals::PIPELINE_NULL_JUMP, 0.02, 0.3),
    member(&signals::PIPELINE_ABSENT, 0.0, 0.69),
    member(&signals::PIPELINE_CONSTANT, 0.0, 0.69),
    member(&signals::PIPELINE_MODE_JUMP, 0.15, 0.7),
    member(&signals::STALE_RATIO, 0.75, 0.3),
];

pub(super) const MAPPED: &[Member] = &[
    member(&signals::MAP_NAMED, 0.3, 0.08),
    member(&signals::MAP_FREE, 0.3, 0.08),
    member(&signals::MAP_LATTICE, 0.1, 0.8),
    member(&signals::MAP_PART, 0.3, 0.08),
    member(&signals::LATTICE_BACK, 0.3, 0.9),
    member(&signals::RECODE_GAIN, 0.3, 1.5),
];

pub(super) const COMPUTED_DIFFERENTLY: &[Member] = &[
    member(&signals::PARITY_SHARE, 0.008, 0.1),
    member(&signals::MAP_STANDARDISED, 0.25, 0.06),
    member(&signals::CLOCK_OFF, 0.0, 1.0),
    member(&signals::INTEGRITY_UNLOGGED, 0.02, 0.1),
    member(&signals::PIPELINE_SPELLING, 0.02, 0.3),
];

pub(super) const SOURCE_BROKEN: &[Member] = &[
    member(&signals::PIPELINE_UNREADABLE, 0.005, 0.1),
    member(&signals::PIPELINE_SENTINEL, 0.01, 0.1),
    member(&signals::PIPELINE_FILLED, 0.02, 0.1),
    member(&signals::PIPELINE_SAME_ROWS, 0.3, 0.9),
    member(&signals::PIPELINE_SWAP, 0.5, 0.95),
    member(&signals::PIPELINE_DUPLICATES, 0.002, 0.02),
    member(&signals::MAP_SHARED_FACTOR, 1.0, 3.0),
    member(&signals::DEPENDENCE_LOST_ACROSS_SOURCES, 0.1, 0.6),
];

pub(super) const JOINT_BROKEN: &[Member] = &[
    member(&signals::DEPENDENCE_LOST_UNMOVED, 0.1, 0.6),
    member(&signals::DEPENDENCE_LOST_ACROSS_SOURCES, 0.1, 0.6),
];

const ANSWERS_NOT_THE_MODELS: &[Member] = &[
    member(&signals::SERVING_LATENCY_LINK, 0.1, 0.35),
    member(&signals::SERVING_STRANGE_LINK, 0.1, 0.35),
    member(&signals::SERVING_STRANGE_LOAD, 0.15, 0.4),
    member(&signals::SERVING_LOSS_IN_ODD, 0.2, 0.7),
    member(&signals::SERVING_SPIKE_LOSS, 0.2, 0.7),
    member(&signals::SERVING_ANSWER_SPIKE, 0.03, 0.15),
    member(&signals::SURROGATE_FAR, 0.02, 0.15),
    member(&signals::REPLAY_PART, 0.01, 0.1),
];

const MODEL_CHANGED: &[Member] = &[
    member(&signals::GOLDEN_Z, 2.5, 6.0),
    member(&signals::REPLAY_SWITCHED, 0.3, 0.9),
    member(&signals::SURROGATE_FAR, 0.02, 0.15),
];

const POPULATION_MOVED: &[Member] =
    &[member(&signals::KAPPA_MEDIAN, 0.4, 0.9), member(&signals::KAPPA_STRONGEST, 0.4, 0.9)];
