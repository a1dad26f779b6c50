//! Support: rows of a kind never seen in training, and whether the loss is there.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Labels, Rows},
        Stage, declare, measures,
    };
    use crate::autopsy::Step;

    const fn check(id: &'static str, name: &'static str, asks: &'static str) -> CheckSpec {
        CheckSpec::new(ExamName::Support, Step::Support, Some(Stage::Features), id, name, asks)
    }

    declare! { CheckSpec:
        SUPPORT_OUTSIDE = check(
            "support.outside",
            "support outside",
            "Whether rows lie outside of training",
        )
        .measures(&[&measures::ROWS_OUTSIDE])
        .needs(&[Rows])
        .missed_without_rows();
        SUPPORT_UNSEEN = check("support.unseen", "support unseen", "Which levels were never seen in training")
            .measures(&[&measures::UNSEEN_ROWS])
            .needs(&[Rows])
            .missed_without_rows();
        SUPPORT_LOSS = check("support.loss", "support loss", "Whether the rows outside carry the loss")
            .measures(&[&measures::OUTSIDE_LOSS])
            .needs(&[Rows, Labels])
            .missed_without_rows();
        SUPPORT_SIMILARITY = check(
            "support.similarity",
            "support similarity",
            "Whether vectors are as near to training's as before",
        )
        .measures(&[&measures::VECTOR_SIMILARITY])
        .needs(&[Rows]);
        SUPPORT_VECTORS = check(
            "support.vectors",
            "vectors of an embedding",
            "Whether vectors moved in direction or in length",
        )
        .measures(&[&measures::DOMAIN_AUC])
        .needs(&[Rows]);
        SUPPORT_TEXTS = check(
            "support.texts",
            "terms of a text",
            "Whether texts hold terms that training does not",
        )
        .measures(&[&measures::UNKNOWN_TERMS])
        .needs(&[Rows]);
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{
        ConceptDrift, DataDrift, FeatureRecalibration, FeatureUnavailable, LabelBias, UpstreamPipeline,
    };

    declare! { SignalSpec:
        SUPPORT_OUTSIDE_RISE = SignalSpec::new(
            Group::Support,
            "support.outside_rise",
            &checks::SUPPORT_OUTSIDE,
            "share of rows outside after the onset less that before",
        )
        .raises(&[LabelBias, FeatureRecalibration])
        .lowers(&[DataDrift])
        .reads("0: nothing new; large: label bias, or altered inputs");
        SUPPORT_UNSEEN_RISE = SignalSpec::new(
            Group::Support,
            "support.unseen_rise",
            &checks::SUPPORT_OUTSIDE,
            "share of rows outside for unseen levels after the onset less that before",
        )
        .raises(&[LabelBias])
        .lowers(&[FeatureRecalibration])
        .reads("new kinds of users, or a re-spelt category");
        SUPPORT_RANGE_RISE = SignalSpec::new(
            Group::Support,
            "support.range_rise",
            &checks::SUPPORT_OUTSIDE,
            "the same for numbers out of range or in a gap",
        )
        .raises(&[LabelBias, FeatureRecalibration])
        .reads("new kinds of users, or another unit");
        SUPPORT_PAIR_RISE = SignalSpec::new(
            Group::Support,
            "support.pair_rise",
            &checks::SUPPORT_OUTSIDE,
            "the same for pairs of values",
        )
        .raises(&[LabelBias, UpstreamPipeline])
        .reads("new combinations, or crossed or stale inputs");
        SUPPORT_FAR_RISE = SignalSpec::new(
            Group::Support,
            "support.far_rise",
            &checks::SUPPORT_OUTSIDE,
            "the same for rows far from every training row",
        )
        .raises(&[LabelBias, DataDrift])
        .reads("many features at once");
        SUPPORT_FEATURES = SignalSpec::new(
            Group::Support,
            "support.features",
            &checks::SUPPORT_OUTSIDE,
            "effective number of features in which the rows outside lie outside, as exp(entropy)",
        )
        .raises(&[DataDrift])
        .lowers(&[FeatureRecalibration])
        .reads("1: one feature");
        SUPPORT_ONE_VALUE = SignalSpec::new(
            Group::Support,
            "support.one_value",
            &checks::SUPPORT_OUTSIDE,
            "largest share of one value among the values that lie outside in the leading feature",
        )
        .raises(&[UpstreamPipeline, FeatureUnavailable])
        .lowers(&[LabelBias])
        .reads("near 1: a sentinel or one new level; near 0: varied, as with real users");
        SUPPORT_INSIDE_Z = SignalSpec::new(
            Group::Support,
            "support.inside_z",
            &checks::SUPPORT_LOSS,
            "rise of the loss of rows inside, in standard errors",
        )
        .raises(&[ConceptDrift])
        .lowers(&[LabelBias])
        .reads("0: the rest is unharmed, as under label bias");
        SUPPORT_INSIDE_SHARE = SignalSpec::new(
            Group::Support,
            "support.inside_share",
            &checks::SUPPORT_LOSS,
            "rise of the loss of rows inside over the rise of all",
        )
        .raises(&[ConceptDrift])
        .lowers(&[LabelBias])
        .reads("as above");
        SUPPORT_LOSS_SHARE = SignalSpec::new(
            Group::Support,
            "support.loss_share",
            &checks::SUPPORT_LOSS,
            "share of the rise in loss that the rows outside carry",
        )
        .raises(&[LabelBias])
        .lowers(&[ConceptDrift])
        .reads("1: label bias");
    }
}
