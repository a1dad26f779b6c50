//! The root causes. Their ids are part of the case contract and never change.

use serde::{Deserialize, Serialize};

/// Why a model degraded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The model itself got worse on unchanged data: bad deploy, corrupted artefact, bad retrain.
    ModelRegression,
    /// The population moved, the relation of the outcome to the inputs did not.
    DataDrift,
    /// The relation of few features to the outcome moved.
    FeatureDrift,
    /// The relation of the outcome to the inputs changed broadly.
    ConceptDrift,
    /// Scale, unit, frequency or meaning of a feature changed upstream.
    FeatureRecalibration,
    /// A feature went null, constant, default-filled or stale.
    FeatureUnavailable,
    /// A feature is computed or preprocessed differently in serving.
    TrainingServingSkew,
    /// Users ask what training never held.
    LabelBias,
    /// The outcome's own frequency moved, the inputs given the outcome did not.
    LabelShift,
    /// Schema mismatch, type change, sentinels, corrupted or duplicated rows of one source.
    UpstreamPipeline,
    /// Latency, CPU, memory: timed-out or fallback answers.
    ServingHealth,
    /// Nothing beyond noise.
    None,
}

impl Cause {
    /// All causes, in the order of the contract.
    pub const ALL: [Self; 12] = [
        Self::ModelRegression,
        Self::DataDrift,
        Self::FeatureDrift,
        Self::ConceptDrift,
        Self::FeatureRecalibration,
        Self::FeatureUnavailable,
        Self::TrainingServingSkew,
        Self::LabelBias,
        Self::LabelShift,
        Self::UpstreamPipeline,
        Self::ServingHealth,
        Self::None,
    ];

    /// The id in the contract, such as `feature_recalibration`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ModelRegression => "model_regression",
            Self::DataDrift => "data_drift",
            Self::FeatureDrift => "feature_drift",
            Self::ConceptDrift => "concept_drift",
            Self::FeatureRecalibration => "feature_recalibration",
            Self::FeatureUnavailable => "feature_unavailable",
            Self::TrainingServingSkew => "training_serving_skew",
            Self::LabelBias => "label_bias",
            Self::LabelShift => "label_shift",
            Self::UpstreamPipeline => "upstream_pipeline",
            Self::ServingHealth => "serving_health",
            Self::None => "none",
        }
    }

    /// The cause with an id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.id() == id)
    }

    /// What the cause means, in one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::ModelRegression => {
                "The model itself got worse on unchanged data: a bad deploy, artefact or retrain."
            }
            Self::DataDrift => "The population moved; the relation between inputs and outcome did not.",
            Self::FeatureDrift => "The relation of few features to the outcome moved; their values did not.",
            Self::ConceptDrift => "The relation between inputs and outcome changed broadly.",
            Self::FeatureRecalibration => "Scale, unit, frequency or meaning of a feature changed upstream.",
            Self::FeatureUnavailable => "A feature went null, constant, default-filled or stale.",
            Self::TrainingServingSkew => "A feature is computed differently in serving than in training.",
            Self::LabelBias => "Users ask what the training data never held.",
            Self::LabelShift => "The outcome's own frequency moved; the inputs given the outcome did not.",
            Self::UpstreamPipeline => {
                "An upstream source delivers broken data: types, sentinels, joins or swaps."
            }
            Self::ServingHealth => "The service answers late, from a fallback or from a cache.",
            Self::None => "Nothing beyond noise: the model does as well as before.",
        }
    }

    /// What to do about it first, in one sentence.
    #[must_use]
    pub const fn mitigation(self) -> &'static str {
        match self {
            Self::ModelRegression => {
                "Roll back to the launch model; retrain on clean data before the next deploy."
            }
            Self::DataDrift => "Fine-tune or retrain with recent data of the new population.",
            Self::FeatureDrift => "Fine-tune on recent data and review the feature's meaning with its owner.",
            Self::ConceptDrift => "Retrain on recent data; older labels no longer describe the world.",
            Self::FeatureRecalibration => "Map the feature back, or retrain with its correct new version.",
            Self::FeatureUnavailable => {
                "Fix the feature's computation and replay what was served without it."
            }
            Self::TrainingServingSkew => {
                "Patch the pipeline that differs, and replay both against each other in CI."
            }
            Self::LabelBias => {
                "Collect labels for the new inputs and fine-tune; route them to review until then."
            }
            Self::LabelShift => "Re-calibrate the prior and the decision threshold; no retrain is needed.",
            Self::UpstreamPipeline => {
                "Fix the source's delivery, replay the window, validate its schema at ingestion."
            }
            Self::ServingHealth => "Fix capacity or the cache, and choose a better fallback answer.",
            Self::None => "Close as a false alarm and tune the alert that rang.",
        }
    }
}
