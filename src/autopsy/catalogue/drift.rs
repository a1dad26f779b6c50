//! Drift: which inputs and answers moved, how many, how far.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Answers, Clock, Labels, Scores},
        Stage, declare, measures,
    };
    use crate::autopsy::Step;

    const fn check(id: &'static str, name: &'static str, asks: &'static str) -> CheckSpec {
        CheckSpec::new(ExamName::Drift, Step::Drift, Some(Stage::Features), id, name, asks)
    }

    declare! { CheckSpec:
        DRIFT_PSI = check("drift.psi", "drift PSI", "Which inputs moved")
            .measures(&[&measures::PSI, &measures::LARGEST_PSI]);
        DRIFT_TOGETHER = check("drift.together", "drift together", "Which inputs moved in step")
            .measures(&[&measures::FEATURES_IN_STEP])
            .needs(&[Clock]);
        DRIFT_LABELS = check("drift.labels", "drift labels", "Whether the outcome's own frequency moved")
            .measures(&[&measures::LABELS_PSI])
            .needs(&[Labels]);
        DRIFT_ANSWERS = check("drift.answers", "drift answers", "Whether the answers moved")
            .measures(&[&measures::ANSWERS_PSI])
            .needs(&[Answers]);
        DRIFT_ANSWERS_MEAN = check(
            "drift.answers_mean",
            "drift answers mean",
            "Whether the mean answer moved",
        )
        .measures(&[&measures::ANSWERS_SHIFT, &measures::ANSWERS_VARIATION])
        .needs(&[Answers]);
        DRIFT_ANSWERS_MODE = check(
            "drift.answers_mode",
            "drift answers mode",
            "Whether one answer took over",
        )
        .measures(&[&measures::MOST_FREQUENT_ANSWER])
        .needs(&[Answers]);
        DRIFT_CONFIDENCE = check(
            "drift.confidence",
            "drift confidence",
            "Whether the model is as confident as before",
        )
        .measures(&[&measures::CONFIDENCE])
        .needs(&[Scores]);
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{
        self, ConceptDrift, DataDrift, FeatureDrift, FeatureRecalibration, FeatureUnavailable, LabelBias,
        LabelShift, ModelRegression, ServingHealth, TrainingServingSkew, UpstreamPipeline,
    };

    declare! { SignalSpec:
        DRIFT_MOVED_COUNT = SignalSpec::new(
            Group::Drift,
            "drift.moved_count",
            &checks::DRIFT_PSI,
            "ln(1 + features that moved at the onset)",
        )
        .raises(&[DataDrift, UpstreamPipeline, LabelBias])
        .lowers(&[ModelRegression, ConceptDrift, FeatureDrift])
        .reads("large: a population or a source; one: a feature");
        DRIFT_MOVED_SHARE = SignalSpec::new(
            Group::Drift,
            "drift.moved_share",
            &checks::DRIFT_PSI,
            "share of the features that moved at the onset",
        )
        .raises(&[DataDrift])
        .lowers(&[ModelRegression, ConceptDrift, FeatureDrift])
        .reads("large: the population; 0: model or relation");
        DRIFT_MAX_PSI = SignalSpec::new(
            Group::Drift,
            "drift.max_psi",
            &checks::DRIFT_PSI,
            "largest PSI since the onset",
        )
        .raises(&[FeatureRecalibration, FeatureUnavailable, TrainingServingSkew, UpstreamPipeline])
        .lowers(&[ModelRegression, ConceptDrift, FeatureDrift, ServingHealth, Cause::None])
        .reads("0: the inputs are as before, it is not the data");
        DRIFT_SECOND_PSI = SignalSpec::new(
            Group::Drift,
            "drift.second_psi",
            &checks::DRIFT_PSI,
            "second largest PSI since the onset",
        )
        .raises(&[DataDrift, UpstreamPipeline, LabelBias])
        .lowers(&[FeatureRecalibration, FeatureUnavailable])
        .reads("near the largest: several moved together");
        DRIFT_CONCENTRATION = SignalSpec::new(
            Group::Drift,
            "drift.concentration",
            &checks::DRIFT_PSI,
            "share of the summed PSI that the leading feature holds",
        )
        .raises(&[FeatureRecalibration, FeatureUnavailable])
        .lowers(&[DataDrift, UpstreamPipeline])
        .reads("1: one feature was altered");
        DRIFT_DAY_ONE_PSI = SignalSpec::new(
            Group::Drift,
            "drift.day_one_psi",
            &checks::DRIFT_PSI,
            "largest PSI of the rows before the onset against training",
        )
        .raises(&[TrainingServingSkew])
        .reads("skew from the first day");
        DRIFT_EXTREME = SignalSpec::new(
            Group::Drift,
            "drift.extreme",
            &checks::DRIFT_PSI,
            "largest share of rows in bins that are empty in training",
        )
        .raises(&[FeatureRecalibration, LabelBias])
        .lowers(&[LabelShift])
        .reads("altered values or new kinds of users");
        DRIFT_GRADUAL = SignalSpec::new(
            Group::Drift,
            "drift.gradual",
            &checks::DRIFT_PSI,
            "how evenly the leading feature's PSI grew: 0 at once, 1 over the whole log",
        )
        .raises(&[DataDrift])
        .lowers(&[FeatureRecalibration, FeatureUnavailable, UpstreamPipeline])
        .reads("a population drifts, a release does not");
        DRIFT_LABELS_PSI = SignalSpec::new(
            Group::Drift,
            "drift.labels_psi",
            &checks::DRIFT_LABELS,
            "PSI of the labels since the onset",
        )
        .raises(&[LabelShift, DataDrift])
        .lowers(&[Cause::None])
        .reads("label shift, or an input drift that carries the label along");
        DRIFT_ANSWERS_PSI = SignalSpec::new(
            Group::Drift,
            "drift.answers_psi",
            &checks::DRIFT_ANSWERS,
            "PSI of the answers since the onset",
        )
        .raises(&[
            ModelRegression,
            FeatureRecalibration,
            FeatureUnavailable,
            TrainingServingSkew,
            LabelShift,
        ])
        .lowers(&[ConceptDrift, FeatureDrift, Cause::None])
        .reads("0: only the truth moved (concept, feature drift); above: inputs, label shift, model");
        DRIFT_ANSWERS_MEAN = SignalSpec::new(
            Group::Drift,
            "drift.answers_mean",
            &checks::DRIFT_ANSWERS_MEAN,
            "shift of the mean answer in standard deviations, with its sign",
        )
        .raises(&[LabelShift, DataDrift])
        .reads("the same, and in which direction");
        DRIFT_ANSWERS_MODE = SignalSpec::new(
            Group::Drift,
            "drift.answers_mode",
            &checks::DRIFT_ANSWERS_MODE,
            "rise of the most frequent answer's share",
        )
        .raises(&[ServingHealth, ModelRegression, FeatureUnavailable])
        .reads("a fallback or a model that gives one answer");
        DRIFT_CONFIDENCE = SignalSpec::new(
            Group::Drift,
            "drift.confidence",
            &checks::DRIFT_CONFIDENCE,
            "change of the mean confidence, with its sign",
        )
        .lowers(&[DataDrift, LabelBias])
        .reads("below 0: inputs the model doesn't know");
        DRIFT_MOVED_WEIGHT = SignalSpec::new(
            Group::Drift,
            "drift.moved_weight",
            &checks::INTEGRITY_WEIGHT,
            "share of the variance of the features' contributions to the score that is due to features that moved",
        )
        .raises(&[DataDrift, FeatureRecalibration, FeatureUnavailable, LabelBias])
        .lowers(&[ModelRegression, ServingHealth, Cause::None]);
    }
}
