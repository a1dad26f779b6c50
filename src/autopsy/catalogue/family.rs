//! The signals of whole families of faults.

pub(super) mod checks {
    use super::super::{CheckSpec, ExamName, declare};
    use crate::autopsy::Step;

    declare! { CheckSpec:
        VERDICT_PRIOR = CheckSpec::new(
            ExamName::Verdict,
            Step::Diagnosis,
            None,
            "verdict.prior",
            "verdict prior",
            "Which causes are likely before any evidence",
        );
    }
}

pub(super) mod signals {
    use super::super::{Names, SignalSpec, declare};
    use crate::autopsy::Cause::{
        ConceptDrift, DataDrift, FeatureDrift, FeatureRecalibration, FeatureUnavailable, LabelBias,
        ModelRegression, ServingHealth, TrainingServingSkew, UpstreamPipeline,
    };

    declare! { SignalSpec:
        FAMILY_VALUE_GONE = SignalSpec::family("family.value_gone", "how clearly a value is gone")
            .raises(&[FeatureUnavailable]);
        FAMILY_MAPPED = SignalSpec::family(
            "family.mapped",
            "how clearly a map of few parameters was applied",
        )
        .raises(&[FeatureRecalibration]);
        FAMILY_COMPUTED_DIFFERENTLY = SignalSpec::family(
            "family.computed_differently",
            "how clearly serving computes something else",
        )
        .raises(&[TrainingServingSkew]);
        FAMILY_SOURCE_BROKEN = SignalSpec::family("family.source_broken", "how clearly a source is broken")
            .raises(&[UpstreamPipeline]);
        FAMILY_JOINT_BROKEN = SignalSpec::family(
            "family.joint_broken",
            "how clearly values of a row no longer belong together",
        )
        .raises(&[UpstreamPipeline]);
        FAMILY_ANSWERS_NOT_THE_MODELS = SignalSpec::family(
            "family.answers_not_the_models",
            "how clearly answers are not the model's",
        )
        .raises(&[ServingHealth, ModelRegression]);
        FAMILY_MODEL_CHANGED = SignalSpec::family(
            "family.model_changed",
            "how clearly the model is another one",
        )
        .raises(&[ModelRegression]);
        FAMILY_POPULATION_MOVED = SignalSpec::family(
            "family.population_moved",
            "how clearly the population moved",
        )
        .raises(&[DataDrift, LabelBias])
        .lowers(&[FeatureRecalibration])
        .names(Names::Population);
        FAMILY_ANY_ALTERED = SignalSpec::family(
            "family.any_altered",
            "how clearly a feature was altered, whichever way",
        )
        .raises(&[FeatureRecalibration, FeatureUnavailable, TrainingServingSkew, UpstreamPipeline])
        .lowers(&[ConceptDrift, FeatureDrift]);
    }
}
