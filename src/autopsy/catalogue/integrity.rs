//! Integrity: whether features were altered, how, and what undoing it wins back; whether the model answers as logged.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Answers, Artefact, Clock, Entities, Labels, Model, Offline, Onset, Rows, Sources},
        Stage, declare, measures,
    };
    use crate::autopsy::Step;

    const fn check(id: &'static str, name: &'static str, asks: &'static str) -> CheckSpec {
        CheckSpec::new(ExamName::Integrity, Step::Feature, Some(Stage::Features), id, name, asks)
    }

    declare! { CheckSpec:
        INTEGRITY_SOURCES_TOGETHER = check(
            "integrity.sources_together",
            "integrity sources together",
            "Whether what a source delivers belongs to the rest of the row",
        )
        .measures(&[&measures::FOREIGN_PART])
        .needs(&[Rows, Sources, Onset]);
        INTEGRITY_FEATURES_TOGETHER = check(
            "integrity.features_together",
            "integrity features together",
            "Whether the values of a row belong together",
        )
        .measures(&[&measures::FOREIGN_PART])
        .needs(&[Rows, Onset])
        .missed_without_rows();
        INTEGRITY_MOVED = check(
            "integrity.moved",
            "integrity moved",
            "Which features were altered on their own",
        )
        .measures(&[&measures::MOVED_INPUTS])
        .needs(&[Rows])
        .missed_without_rows();
        INTEGRITY_KAPPA = check(
            "integrity.kappa",
            "integrity kappa",
            "Whether a feature moved with related features or on its own",
        )
        .measures(&[&measures::KAPPA])
        .needs(&[Rows]);
        INTEGRITY_WEIGHT = check(
            "integrity.weight",
            "integrity weight",
            "Whether what moved matters to the model",
        )
        .measures(&[&measures::MOVED_WEIGHT])
        .needs(&[Rows, Model]);
        INTEGRITY_MAP = check(
            "integrity.map",
            "integrity map",
            "Whether a map takes a feature back to the reference",
        )
        .measures(&[&measures::MAP_RATIO])
        .needs(&[Rows])
        .missed_without_rows();
        INTEGRITY_PART = check(
            "integrity.part",
            "integrity part",
            "Whether a map takes the values out of training's range back",
        )
        .measures(&[&measures::MAP_RATIO])
        .needs(&[Rows]);
        INTEGRITY_LATTICE = check(
            "integrity.lattice",
            "integrity lattice",
            "Whether numbers still lie on training's value grid",
        )
        .measures(&[&measures::LEFT_LATTICE, &measures::BACK_ON_LATTICE])
        .needs(&[Rows]);
        INTEGRITY_STALE = check("integrity.stale", "integrity stale", "Whether a feature is stale")
            .measures(&[&measures::CHANGE_RATE])
            .needs(&[Rows, Entities, Onset])
            .missed_without_rows();
        INTEGRITY_PARITY = check(
            "integrity.parity",
            "integrity parity",
            "Whether features are served as training computes them",
        )
        .measures(&[&measures::PARITY, &measures::PARITY_FEATURES])
        .needs(&[Rows, Offline])
        .missed_without_rows();
        INTEGRITY_DEPENDENCE = check(
            "integrity.dependence",
            "integrity dependence",
            "Whether the features still depend on each other",
        )
        .measures(&[&measures::DEPENDENCE])
        .needs(&[Rows])
        .missed_without_rows();
        INTEGRITY_CLOCK = check(
            "integrity.clock",
            "integrity clock",
            "Whether a feature that is computed from the time of the request agrees with the row's timestamp",
        )
        .measures(&[&measures::CLOCK_LAG])
        .needs(&[Rows, Clock]);
        INTEGRITY_UNLOGGED = check(
            "integrity.unlogged",
            "integrity unlogged",
            "Whether the model saw other values of an input than the log holds",
        )
        .measures(&[&measures::UNLOGGED])
        .needs(&[Rows, Answers, Onset]);
        REPLAY_MISMATCH = check("replay.mismatch", "replay mismatch", "Whether the model answers as logged")
            .measures(&[&measures::REPLAY_MISMATCH])
            .needs(&[Rows, Artefact, Answers])
            .missed_without_rows()
            .shown_on(Step::Triage)
            .at(Some(Stage::Serving));
        REPLAY_SURROGATE = check(
            "replay.surrogate",
            "replay surrogate",
            "Whether a surrogate of the launch model answers as logged",
        )
        .measures(&[&measures::FAR_FROM_SURROGATE])
        .needs(&[Rows, Answers, Onset])
        .shown_on(Step::Triage)
        .at(Some(Stage::Serving));
        INTEGRITY_REPAIR = check("integrity.repair", "integrity repair", "What undoing a fault wins back")
            .measures(&[&measures::REPAIR_GAIN])
            .needs(&[Rows, Labels, Model])
            .missed_without_rows();
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{
        self, ConceptDrift, DataDrift, FeatureDrift, FeatureRecalibration, FeatureUnavailable, LabelBias,
        ModelRegression, ServingHealth, TrainingServingSkew, UpstreamPipeline,
    };

    declare! { SignalSpec:
        KAPPA_STRONGEST = SignalSpec::new(
            Group::Kappa,
            "kappa.strongest",
            &checks::INTEGRITY_KAPPA,
            "for the feature that moved most, the share of its move that related features follow",
        )
        .raises(&[DataDrift, LabelBias])
        .lowers(&[FeatureRecalibration, FeatureUnavailable, TrainingServingSkew, UpstreamPipeline]);
        KAPPA_LOWEST = SignalSpec::new(
            Group::Kappa,
            "kappa.lowest",
            &checks::INTEGRITY_KAPPA,
            "the lowest such share of a feature that moved",
        )
        .raises(&[DataDrift])
        .lowers(&[FeatureRecalibration, FeatureUnavailable, TrainingServingSkew, UpstreamPipeline]);
        KAPPA_MEDIAN = SignalSpec::new(
            Group::Kappa,
            "kappa.median",
            &checks::INTEGRITY_KAPPA,
            "the median of these shares over the features that moved",
        )
        .raises(&[DataDrift, LabelBias])
        .lowers(&[FeatureRecalibration]);
        MAP_NAMED = SignalSpec::new(
            Group::Map,
            "map.named",
            &checks::INTEGRITY_MAP,
            "distance left after undoing the best change of unit or scale, over the distance before",
        )
        .lowers(&[FeatureRecalibration]);
        MAP_STANDARDISED = SignalSpec::new(
            Group::Map,
            "map.standardised",
            &checks::INTEGRITY_MAP,
            "the same for scaling or standardising twice, or not at all",
        )
        .lowers(&[TrainingServingSkew]);
        MAP_FREE = SignalSpec::new(
            Group::Map,
            "map.free",
            &checks::INTEGRITY_MAP,
            "the same for any line, power or logarithm",
        )
        .lowers(&[FeatureRecalibration]);
        MAP_LATTICE = SignalSpec::new(
            Group::Map,
            "map.lattice",
            &checks::INTEGRITY_MAP,
            "how many more of the values lie on training's value grid after the best map",
        )
        .raises(&[FeatureRecalibration]);
        MAP_PART = SignalSpec::new(
            Group::Map,
            "map.part",
            &checks::INTEGRITY_PART,
            "distance left after undoing a map on the values out of training's range alone",
        )
        .lowers(&[FeatureRecalibration, UpstreamPipeline]);
        MAP_SHARED_FACTOR = SignalSpec::new(
            Group::Map,
            "map.shared_factor",
            &checks::INTEGRITY_MAP,
            "features that share one factor",
        )
        .raises(&[UpstreamPipeline]);
        LATTICE_LEFT = SignalSpec::new(
            Group::Lattice,
            "lattice.left",
            &checks::INTEGRITY_LATTICE,
            "largest share of the rows that left training's value grid",
        )
        .raises(&[FeatureRecalibration]);
        LATTICE_FEATURES = SignalSpec::new(
            Group::Lattice,
            "lattice.features",
            &checks::INTEGRITY_LATTICE,
            "ln(1 + features with rows that left training's value grid)",
        )
        .raises(&[FeatureRecalibration, UpstreamPipeline]);
        LATTICE_BACK = SignalSpec::new(
            Group::Lattice,
            "lattice.back",
            &checks::INTEGRITY_LATTICE,
            "largest share of the off-grid values that one factor or offset maps back",
        )
        .raises(&[FeatureRecalibration]);
        RECODE_GAIN = SignalSpec::new(
            Group::Recode,
            "recode.gain",
            &checks::INTEGRITY_MAP,
            "gain in likelihood per row from reassigning the codes",
        )
        .raises(&[FeatureRecalibration]);
        STALE_RATIO = SignalSpec::new(
            Group::Stale,
            "stale.ratio",
            &checks::INTEGRITY_STALE,
            "lowest rate of change between an entity's visits, against the other features'",
        )
        .lowers(&[FeatureUnavailable]);
        PARITY_SHARE = SignalSpec::new(
            Group::Parity,
            "parity.share",
            &checks::INTEGRITY_PARITY,
            "largest share of rows whose served value differs from the training pipeline's",
        )
        .raises(&[TrainingServingSkew, FeatureUnavailable])
        .lowers(&[FeatureRecalibration, UpstreamPipeline]);
        PARITY_MISSING = SignalSpec::new(
            Group::Parity,
            "parity.missing",
            &checks::INTEGRITY_PARITY,
            "share of these that are missing as served",
        )
        .raises(&[FeatureUnavailable])
        .lowers(&[TrainingServingSkew]);
        PARITY_CONSTANT = SignalSpec::new(
            Group::Parity,
            "parity.constant",
            &checks::INTEGRITY_PARITY,
            "share of these that are one constant as served",
        )
        .raises(&[FeatureUnavailable, TrainingServingSkew]);
        PARITY_DEFAULT = SignalSpec::new(
            Group::Parity,
            "parity.default",
            &checks::INTEGRITY_PARITY,
            "share of rows in which one feature has no value, or a default, where the training pipeline has values of all sizes",
        )
        .raises(&[FeatureUnavailable]);
        PARITY_BEFORE = SignalSpec::new(
            Group::Parity,
            "parity.before",
            &checks::INTEGRITY_PARITY,
            "the same share before the onset: late data that always differed",
        )
        .lowers(&[TrainingServingSkew]);
        PARITY_FEATURES = SignalSpec::new(
            Group::Parity,
            "parity.features",
            &checks::INTEGRITY_PARITY,
            "features that are served differently, eight at most",
        )
        .raises(&[TrainingServingSkew])
        .lowers(&[FeatureUnavailable]);
        DEPENDENCE_LOST = SignalSpec::new(
            Group::Dependence,
            "dependence.lost",
            &checks::INTEGRITY_DEPENDENCE,
            "largest loss of correlation with what the other features predict",
        )
        .raises(&[FeatureUnavailable, UpstreamPipeline])
        .lowers(&[ConceptDrift, FeatureDrift, LabelBias, ServingHealth]);
        DEPENDENCE_LOST_UNMOVED = SignalSpec::new(
            Group::Dependence,
            "dependence.lost_unmoved",
            &checks::INTEGRITY_DEPENDENCE,
            "the same of features whose distribution stayed",
        )
        .raises(&[UpstreamPipeline, FeatureUnavailable]);
        DEPENDENCE_LOST_FEATURES = SignalSpec::new(
            Group::Dependence,
            "dependence.lost_features",
            &checks::INTEGRITY_DEPENDENCE,
            "how many of these, eight at most",
        )
        .raises(&[UpstreamPipeline]);
        DEPENDENCE_LOST_ACROSS_SOURCES = SignalSpec::new(
            Group::Dependence,
            "dependence.lost_across_sources",
            &checks::INTEGRITY_DEPENDENCE,
            "the same loss, predicted from other sources' features only",
        )
        .raises(&[UpstreamPipeline]);
        DEPENDENCE_ONE_SOURCE = SignalSpec::new(
            Group::Dependence,
            "dependence.one_source",
            &checks::INTEGRITY_DEPENDENCE,
            "share of these features that come from one source",
        )
        .raises(&[UpstreamPipeline]);
        DEPENDENCE_KEPT_BY_MOVER = SignalSpec::new(
            Group::Dependence,
            "dependence.kept_by_mover",
            &checks::INTEGRITY_DEPENDENCE,
            "dependence that the feature which moved most kept",
        )
        .raises(&[FeatureRecalibration])
        .lowers(&[FeatureUnavailable]);
        JOINT_SOURCE_SHARE = SignalSpec::new(
            Group::Joint,
            "joint.source_share",
            &checks::INTEGRITY_SOURCES_TOGETHER,
            "share of the rows in which one source's values come from another row",
        )
        .raises(&[UpstreamPipeline]);
        JOINT_SOURCE_WITHIN = SignalSpec::new(
            Group::Joint,
            "joint.source_within",
            &checks::INTEGRITY_SOURCES_TOGETHER,
            "how poorly the values of that source now fit each other",
        )
        .lowers(&[UpstreamPipeline]);
        JOINT_FEATURE_SHARE = SignalSpec::new(
            Group::Joint,
            "joint.feature_share",
            &checks::INTEGRITY_FEATURES_TOGETHER,
            "share of the rows in which one feature's value comes from another row",
        )
        .raises(&[FeatureUnavailable, UpstreamPipeline]);
        JOINT_FEATURES = SignalSpec::new(
            Group::Joint,
            "joint.features",
            &checks::INTEGRITY_FEATURES_TOGETHER,
            "features with such rows, eight at most",
        )
        .raises(&[FeatureUnavailable, UpstreamPipeline]);
        CLOCK_OFF = SignalSpec::new(
            Group::Clock,
            "clock.off",
            &checks::INTEGRITY_CLOCK,
            "1 if a feature that is computed from the time disagrees with the row's timestamp",
        )
        .raises(&[TrainingServingSkew]);
        INTEGRITY_UNLOGGED = SignalSpec::new(
            Group::Surrogate,
            "surrogate.unlogged",
            &checks::INTEGRITY_UNLOGGED,
            "share of the rows answered as if the model had seen another value of an input than the logged one",
        )
        .raises(&[TrainingServingSkew]);
        REPLAY_AFTER = SignalSpec::new(
            Group::Replay,
            "replay.after",
            &checks::REPLAY_MISMATCH,
            "share of the logged answers since the onset that the artefact does not reproduce",
        )
        .raises(&[ServingHealth, TrainingServingSkew]);
        REPLAY_PART = SignalSpec::new(
            Group::Replay,
            "replay.part",
            &checks::REPLAY_MISMATCH,
            "that share or the rest, whichever is smaller: wrong on a part of the rows",
        )
        .raises(&[ServingHealth]);
        REPLAY_BEFORE = SignalSpec::new(
            Group::Replay,
            "replay.before",
            &checks::REPLAY_MISMATCH,
            "the same share before the onset",
        )
        .raises(&[ModelRegression]);
        REPLAY_SWITCHED = SignalSpec::new(
            Group::Replay,
            "replay.switched",
            &checks::REPLAY_MISMATCH,
            "difference of the shares before and since the onset",
        )
        .raises(&[ModelRegression]);
        SURROGATE_FAR = SignalSpec::new(
            Group::Surrogate,
            "surrogate.far",
            &checks::REPLAY_SURROGATE,
            "rise of the share of answers far from a surrogate's",
        )
        .raises(&[ModelRegression, ServingHealth]);
        SURROGATE_SPREAD = SignalSpec::new(
            Group::Surrogate,
            "surrogate.spread",
            &checks::REPLAY_SURROGATE,
            "ln of the distance from the surrogate since the onset over before it",
        )
        .raises(&[ModelRegression, ServingHealth])
        .lowers(&[ConceptDrift, FeatureDrift, Cause::None]);
        REPAIR_SHARE = SignalSpec::new(
            Group::Repair,
            "repair.share",
            &checks::INTEGRITY_REPAIR,
            "share of the loss that the best repair wins back",
        )
        .raises(&[FeatureRecalibration, FeatureUnavailable, TrainingServingSkew, UpstreamPipeline])
        .lowers(&[LabelBias, ConceptDrift]);
        REPAIR_Z = SignalSpec::new(
            Group::Repair,
            "repair.z",
            &checks::INTEGRITY_REPAIR,
            "gain of the best repair in standard errors",
        )
        .raises(&[FeatureRecalibration, FeatureUnavailable, TrainingServingSkew, UpstreamPipeline]);
    }
}
