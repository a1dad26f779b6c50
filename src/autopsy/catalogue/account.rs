//! Where along the way of the data the loss arose.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Answers, Labels, Rows},
        declare, measures,
    };
    use crate::autopsy::Step;

    declare! { CheckSpec:
        ACCOUNT_PLACE = CheckSpec::new(
            ExamName::Verdict,
            Step::Diagnosis,
            None,
            "account.place",
            "account place",
            "Which share of the loss arose at a place on the way of the data",
        )
        .measures(&[&measures::LOSS_SHARE])
        .needs(&[Rows, Labels, Answers]);
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{
        self, ConceptDrift, DataDrift, FeatureDrift, FeatureRecalibration, FeatureUnavailable, LabelBias,
        LabelShift, ModelRegression, ServingHealth, TrainingServingSkew, UpstreamPipeline,
    };

    const fn share(key: &'static str, measures: &'static str, raises: &'static [Cause]) -> SignalSpec {
        SignalSpec::new(Group::Account, key, &checks::ACCOUNT_PLACE, measures)
            .raises(raises)
            .reads("0: nothing was lost there; 1: everything")
    }

    declare! { SignalSpec:
        ACCOUNT_SERVICE = share(
            "account.service",
            "share of the loss by answers that the service did not take from the model",
            &[ServingHealth],
        );
        ACCOUNT_MODEL = share(
            "account.model",
            "share of the loss by another model",
            &[ModelRegression],
        );
        ACCOUNT_INPUTS = share(
            "account.inputs",
            "share of the loss by altered inputs",
            &[FeatureRecalibration, FeatureUnavailable, TrainingServingSkew, UpstreamPipeline],
        );
        ACCOUNT_RELATION = share(
            "account.relation",
            "share of the loss by another relation, on mended inputs and the launch model's answers",
            &[ConceptDrift, FeatureDrift],
        );
        ACCOUNT_CONSTANT = share(
            "account.constant",
            "share of the loss by one constant shift of the outcome",
            &[LabelShift, ConceptDrift],
        );
        ACCOUNT_POPULATION = share(
            "account.population",
            "share of the loss by other rows of the kind that was learnt",
            &[DataDrift],
        );
        ACCOUNT_OUTSIDE = share(
            "account.outside",
            "share of the loss on rows outside of what was learnt",
            &[LabelBias],
        );
    }
}
