//! The catalogue of root causes. Their ids are part of the case contract and never change.
//!
//! The evidence for each cause is in the catalogue of checks and signals; its remedies are in the catalogue
//! of remedies.

use crate::cached::cached;
use serde::{Deserialize, Serialize};
use strum::EnumCount;

/// Why a model degraded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, strum::EnumCount,
)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The model itself got worse on unchanged data: bad deploy, corrupted artefact, bad retrain.
    ModelRegression,
    /// The inputs' distribution P(x) changed, P(y given x) did not (covariate shift).
    DataDrift,
    /// The relation of a few features to the outcome changed.
    FeatureDrift,
    /// The relation of the outcome to the inputs changed broadly.
    ConceptDrift,
    /// The scale, unit, frequency or meaning of a feature changed upstream.
    FeatureRecalibration,
    /// A feature went null, constant, default-filled or stale.
    FeatureUnavailable,
    /// A feature is computed or preprocessed differently in serving.
    TrainingServingSkew,
    /// Requests from regions that training does not cover.
    LabelBias,
    /// The outcome's frequency P(y) changed, P(x given y) did not.
    LabelShift,
    /// Schema mismatch, type change, sentinels, corrupted or duplicated rows of one source.
    UpstreamPipeline,
    /// Latency, CPU, memory: timed-out or fallback predictions.
    ServingHealth,
    /// No significant degradation.
    None,
}

cached!(
    enum Cause {
        ModelRegression,
        DataDrift,
        FeatureDrift,
        ConceptDrift,
        FeatureRecalibration,
        FeatureUnavailable,
        TrainingServingSkew,
        LabelBias,
        LabelShift,
        UpstreamPipeline,
        ServingHealth,
        None,
    }
);

/// A row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct CauseSpec {
    /// The cause.
    pub cause: Cause,
    /// The id in the contract, such as `feature_recalibration`.
    pub id: &'static str,
    /// The name in running text: `feature recalibration`.
    pub name: &'static str,
    /// The meaning of the cause, in one sentence.
    pub meaning: &'static str,
    /// The first mitigation, in one sentence.
    pub mitigation: &'static str,
    /// What would have prevented it from reaching production, as a sentence without its full stop.
    pub prevention: &'static str,
    /// Whether the fault is in the model's inputs.
    pub is_of_inputs: bool,
}

/// All causes, in the order of [`Cause`], which is that of the contract.
const CAUSES: &[CauseSpec; Cause::COUNT] = &[
    CauseSpec {
        cause: Cause::ModelRegression,
        id: "model_regression",
        name: "model regression",
        meaning: "The model itself got worse on unchanged data: a bad deploy, artefact or retrain.",
        mitigation: "Roll back to the launch model; retrain on clean data before the next deploy.",
        prevention: "Score every candidate on the golden set and refuse a deploy that loses on it",
        is_of_inputs: false,
    },
    CauseSpec {
        cause: Cause::DataDrift,
        id: "data_drift",
        name: "data drift",
        meaning: "The population moved; the relation between inputs and outcome did not.",
        mitigation: "Fine-tune or retrain with recent data of the new population.",
        prevention: "Retrain on a schedule that follows the population, and weight recent rows",
        is_of_inputs: false,
    },
    CauseSpec {
        cause: Cause::FeatureDrift,
        id: "feature_drift",
        name: "feature drift",
        meaning: "The relation of a few features to the outcome changed; their values did not.",
        mitigation: "Fine-tune on recent data and review the feature's meaning with its owner.",
        prevention: "Have the feature's owner announce changes in what it measures",
        is_of_inputs: false,
    },
    CauseSpec {
        cause: Cause::ConceptDrift,
        id: "concept_drift",
        name: "concept drift",
        meaning: "The relation between inputs and outcome changed broadly.",
        mitigation: "Retrain on recent data; older labels no longer describe the world.",
        prevention: "Back-test a challenger on recent rows each month, and promote it when it wins",
        is_of_inputs: false,
    },
    CauseSpec {
        cause: Cause::FeatureRecalibration,
        id: "feature_recalibration",
        name: "feature recalibration",
        meaning: "The scale, unit, frequency or meaning of a feature changed upstream.",
        mitigation: "Map the feature back, or retrain with its correct new version.",
        prevention: "Put the feature's unit, scale and range into a contract that its producer tests",
        is_of_inputs: true,
    },
    CauseSpec {
        cause: Cause::FeatureUnavailable,
        id: "feature_unavailable",
        name: "feature unavailable",
        meaning: "A feature went null, constant, default-filled or stale.",
        mitigation: "Fix the feature's computation and replay what was served without it.",
        prevention: "Refuse a delivery whose null rate or share of one value jumps",
        is_of_inputs: true,
    },
    CauseSpec {
        cause: Cause::TrainingServingSkew,
        id: "training_serving_skew",
        name: "training-serving skew",
        meaning: "A feature is computed differently in serving than in training.",
        mitigation: "Patch the pipeline that differs, and replay both against each other in CI.",
        prevention: "Compute the feature with the same code in training and serving, and compare both in CI",
        is_of_inputs: true,
    },
    CauseSpec {
        cause: Cause::LabelBias,
        id: "label_bias",
        name: "label bias",
        meaning: "Users send inputs that the training data never contained.",
        mitigation: "Collect labels for the new inputs and fine-tune; route them to review until then.",
        prevention: "Count answers for inputs never seen in training, and send them to review",
        is_of_inputs: false,
    },
    CauseSpec {
        cause: Cause::LabelShift,
        id: "label_shift",
        name: "label shift",
        meaning: "The outcome's own frequency moved; the inputs given the outcome did not.",
        mitigation: "Re-calibrate the prior and the decision threshold; no retrain is needed.",
        prevention: "Track the outcome's frequency and re-calibrate the threshold when it moves",
        is_of_inputs: false,
    },
    CauseSpec {
        cause: Cause::UpstreamPipeline,
        id: "upstream_pipeline",
        name: "upstream pipeline",
        meaning: "An upstream source delivers broken data: types, sentinels, joins or swaps.",
        mitigation: "Fix the source's delivery, replay the window, validate its schema at ingestion.",
        prevention: "Validate types, ranges, keys and sentinels of the source at ingestion",
        is_of_inputs: true,
    },
    CauseSpec {
        cause: Cause::ServingHealth,
        id: "serving_health",
        name: "serving health",
        meaning: "The service answers late, from a fallback or from a cache.",
        mitigation: "Fix capacity or the cache, and choose a better fallback answer.",
        prevention: "Mark fallback, cached and timed-out answers in the log, and alert on their share",
        is_of_inputs: false,
    },
    CauseSpec {
        cause: Cause::None,
        id: "none",
        name: "no degradation",
        meaning: "Nothing changed in production beyond noise.",
        mitigation: "Close as a false alarm and tune the alert that fired.",
        prevention: "Write down why the alert fired, and raise its threshold accordingly",
        is_of_inputs: false,
    },
];

// Each row's position must equal its cause's index; otherwise lookups would return another cause.
const _: () = {
    let mut at = 0;
    while at < CAUSES.len() {
        assert!(CAUSES[at].cause as usize == at, "the rows stand in the order of the enum");
        at += 1;
    }
};

impl Cause {
    /// All causes, in the order of the contract.
    pub const ALL: [Self; Self::COUNT] = {
        let mut all = [Self::None; Self::COUNT];
        let mut at = 0;
        while at < all.len() {
            all[at] = CAUSES[at].cause;
            at += 1;
        }
        all
    };

    /// The row of the catalogue.
    #[must_use]
    pub const fn spec(self) -> &'static CauseSpec {
        &CAUSES[self as usize]
    }

    /// The id in the contract, such as `feature_recalibration`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.spec().id
    }

    /// The cause with an id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.id() == id)
    }

    /// The name in running text: `feature recalibration`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The meaning of the cause, in one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.spec().meaning
    }

    /// The first mitigation, in one sentence.
    #[must_use]
    pub const fn mitigation(self) -> &'static str {
        self.spec().mitigation
    }

    /// What would have prevented it from reaching production, as a sentence without its full stop.
    #[must_use]
    pub const fn prevention(self) -> &'static str {
        self.spec().prevention
    }

    /// Whether the fault is in the model's inputs.
    #[must_use]
    pub const fn is_of_inputs(self) -> bool {
        self.spec().is_of_inputs
    }

    /// Whether the fault is in the answers: the model's own, or the service's.
    #[must_use]
    pub const fn is_of_answers(self) -> bool {
        matches!(self, Self::ModelRegression | Self::ServingHealth)
    }

    /// Whether the relation of the outcome to the inputs changed: as a whole, or that of a few features.
    #[must_use]
    pub const fn is_of_relation(self) -> bool {
        matches!(self, Self::ConceptDrift | Self::FeatureDrift)
    }

    /// Whether the cause is about the world rather than about what is served: other people, other outcomes, another relation.
    #[must_use]
    pub const fn is_of_world(self) -> bool {
        !matches!(self, Self::None) && !self.is_of_inputs() && !self.is_of_answers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_are_written_and_read() {
        for cause in Cause::ALL {
            let written = serde_json::to_value(cause).expect("a text");
            assert_eq!(written, cause.id());
            assert_eq!(Cause::from_id(cause.id()), Some(cause));
        }
    }
}
