//! What each cause is told by, beside the signals that raise and lower it: the signals that name its features, and the
//! snapshots without which it is not told from its neighbours.

use strum::EnumCount;

use super::{
    Group, Member, Names,
    families::{COMPUTED_DIFFERENTLY, JOINT_BROKEN, MAPPED, SOURCE_BROKEN, VALUE_GONE, member},
    signals,
};
use crate::autopsy::Cause;

/// What tells one cause.
struct CauseEvidence {
    cause: Cause,
    /// The signals whose features are the ones at fault if the cause is right, the most specific first; none where the
    /// cause blames no feature.
    witnesses: [&'static [Member]; 3],
    /// Which kinds of named features are at fault if the cause is right: a changed relation is measured by the relation's
    /// own exam, rows never seen in training by the support's, and altered values by all others.
    at_fault: &'static [Names],
    /// What would tell it from its neighbours where a group of signals is missing, one sentence each.
    settled_by: &'static [(Group, &'static str)],
}

/// Witnesses of moved populations: the list of those that moved is the answer.
const POPULATION: &[Member] =
    &[member(&signals::DRIFT_MOVED_COUNT, 0.0, 0.69), member(&signals::KAPPA_MEDIAN, 0.4, 0.9)];

/// Witnesses of inputs never seen in training.
const OUTSIDE: &[Member] = &[
    member(&signals::SUPPORT_OUTSIDE_RISE, 0.0, 0.05),
    member(&signals::SUPPORT_RANGE_RISE, 0.0, 0.1),
    member(&signals::SUPPORT_UNSEEN_RISE, 0.0, 0.1),
    member(&signals::SUPPORT_PAIR_RISE, 0.0, 0.1),
    member(&signals::PIPELINE_OUTSIDE, 0.0, 0.1),
];

/// Witnesses of values that were recomputed on their way, whatever was done to them.
const RECOMPUTED: &[Member] = &[
    member(&signals::LATTICE_LEFT, 0.3, 0.9),
    member(&signals::PIPELINE_LEVELS_GONE, 0.05, 0.3),
    member(&signals::PIPELINE_DISTINCT_LOST, 0.7, 2.0),
];

/// Witnesses of one feature's changed relation.
const RELATION: &[Member] =
    &[member(&signals::CONCEPT_BALANCE, -0.2, 0.05), member(&signals::CONCEPT_CARRIED, 0.0, 1.0)];

const ALTERED: &[Names] = &[Names::Alteration, Names::Population];

const OFFLINE_ROWS: (Group, &str) = (
    Group::Parity,
    "The same rows recomputed offline: equal values mean upstream, different ones mean serving.",
);

const WHAT_UNDOING_WINS: (Group, &str) =
    (Group::Replay, "The deployed artefact: how much of the loss comes back when the fault is undone?");

const LABELS_SINCE: (Group, &str) =
    (Group::Performance, "Labels after the onset: without them a changed relation can't be seen.");

const LABELS_AT_ALL: (Group, &str) =
    (Group::Performance, "Labels after the onset: do they show a loss at all?");

/// All causes, in the order of [`Cause`].
const EVIDENCE: &[CauseEvidence; Cause::COUNT] = &[
    CauseEvidence {
        cause: Cause::ModelRegression,
        witnesses: [&[], &[], &[]],
        at_fault: ALTERED,
        settled_by: &[
            (
                Group::Golden,
                "A golden set scored at launch and again now: identical answers clear the model.",
            ),
            (Group::Replay, "The deployed artefact: does it reproduce the logged answers?"),
        ],
    },
    CauseEvidence {
        cause: Cause::DataDrift,
        witnesses: [POPULATION, &[], &[]],
        at_fault: &[Names::Population],
        settled_by: &[LABELS_AT_ALL],
    },
    CauseEvidence {
        cause: Cause::FeatureDrift,
        witnesses: [RELATION, &[], &[]],
        at_fault: &[Names::Relation],
        settled_by: &[LABELS_SINCE],
    },
    CauseEvidence {
        cause: Cause::ConceptDrift,
        witnesses: [&[], &[], &[]],
        at_fault: ALTERED,
        settled_by: &[LABELS_SINCE],
    },
    CauseEvidence {
        cause: Cause::FeatureRecalibration,
        witnesses: [MAPPED, RECOMPUTED, &[]],
        at_fault: ALTERED,
        settled_by: &[OFFLINE_ROWS, WHAT_UNDOING_WINS],
    },
    CauseEvidence {
        cause: Cause::FeatureUnavailable,
        witnesses: [
            VALUE_GONE,
            &[member(&signals::PARITY_CONSTANT, 0.0, 0.5)],
            &[member(&signals::PARITY_DEFAULT, 0.0, 0.05)],
        ],
        at_fault: ALTERED,
        settled_by: &[OFFLINE_ROWS, WHAT_UNDOING_WINS],
    },
    CauseEvidence {
        cause: Cause::TrainingServingSkew,
        witnesses: [COMPUTED_DIFFERENTLY, &[member(&signals::REPAIR_Z, 2.0, 6.0)], &[]],
        at_fault: ALTERED,
        settled_by: &[OFFLINE_ROWS, WHAT_UNDOING_WINS],
    },
    CauseEvidence {
        cause: Cause::LabelBias,
        witnesses: [OUTSIDE, &[], &[]],
        at_fault: &[Names::Outside],
        settled_by: &[LABELS_AT_ALL],
    },
    CauseEvidence {
        cause: Cause::LabelShift,
        witnesses: [&[], &[], &[]],
        at_fault: ALTERED,
        settled_by: &[LABELS_SINCE],
    },
    CauseEvidence {
        cause: Cause::UpstreamPipeline,
        witnesses: [SOURCE_BROKEN, JOINT_BROKEN, &[member(&signals::JOINT_SOURCE_SHARE, 0.05, 0.4)]],
        at_fault: ALTERED,
        settled_by: &[LABELS_AT_ALL],
    },
    CauseEvidence {
        cause: Cause::ServingHealth,
        witnesses: [&[], &[], &[]],
        at_fault: ALTERED,
        settled_by: &[
            (Group::Serving, "Latency per row: are the wrong answers the slow or the cached ones?"),
            (Group::Replay, "The deployed artefact: which logged answers does it not reproduce?"),
        ],
    },
    CauseEvidence {
        cause: Cause::None,
        witnesses: [&[], &[], &[]],
        at_fault: ALTERED,
        settled_by: &[LABELS_AT_ALL],
    },
];

// An entry in the wrong place would describe another cause.
const _: () = {
    let mut at = 0;
    while at < EVIDENCE.len() {
        assert!(EVIDENCE[at].cause as usize == at, "the rows stand in the order of the enum");
        at += 1;
    }
};

/// The witnesses of a cause, whose features are the ones at fault if the cause is right: the most specific first.
///
/// A cause that blames no feature has none.
pub fn witnesses(cause: Cause) -> impl Iterator<Item = &'static Member> {
    EVIDENCE[cause as usize].witnesses.into_iter().flatten()
}

/// What would tell a cause from its neighbours, one sentence each.
///
/// * `missing`: whether the case lacks the signals of a group.
pub fn would_settle(cause: Cause, missing: impl Fn(Group) -> bool) -> Vec<String> {
    let wishes = EVIDENCE[cause as usize].settled_by.iter().filter(|(group, _)| missing(*group));
    wishes.map(|(_, sentence)| (*sentence).to_owned()).collect()
}

impl Names {
    /// Whether these features are the ones at fault if the cause is right.
    #[must_use]
    pub fn at_fault(self, cause: Cause) -> bool {
        EVIDENCE[cause as usize].at_fault.contains(&self)
    }
}
