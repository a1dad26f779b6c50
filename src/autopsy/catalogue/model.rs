//! The model itself: its performance, its golden set, its labels.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Answers, Golden, Labels},
        Stage, declare, measures,
    };
    use crate::autopsy::Step;

    declare! { CheckSpec:
        PERFORMANCE_LOSS = CheckSpec::new(
            ExamName::Performance,
            Step::Triage,
            None,
            "performance.loss",
            "performance loss",
            "Whether the model does worse than before",
        )
        .measures(&[&measures::METRIC])
        .needs(&[Labels]);
        PERFORMANCE_BUSINESS = CheckSpec::new(
            ExamName::Performance,
            Step::Triage,
            None,
            "performance.business",
            "business metric",
            "Whether a metric of the business got worse",
        )
        .measures(&[&measures::BUSINESS]);
        PERFORMANCE_PARITY = CheckSpec::new(
            ExamName::Performance,
            Step::Triage,
            None,
            "performance.parity",
            "parity between groups",
            "Whether groups of people are treated alike",
        )
        .measures(&[&measures::SELECTION_RATIO])
        .needs(&[Answers]);
        PERFORMANCE_VERSIONS = CheckSpec::new(
            ExamName::Performance,
            Step::Triage,
            Some(Stage::Serving),
            "performance.versions",
            "versions of the model",
            "Whether versions of the model do differently",
        )
        .measures(&[&measures::VERSION_LOSS])
        .needs(&[Answers]);
        GOLDEN_PAIRED = CheckSpec::new(
            ExamName::Golden,
            Step::Triage,
            Some(Stage::Training),
            "golden.paired",
            "golden paired",
            "Whether the model itself does worse on its golden set than at launch",
        )
        .measures(&[&measures::PAIRED_LOSS])
        .needs(&[Golden]);
        LABELS_MATURITY = CheckSpec::new(
            ExamName::Labels,
            Step::Triage,
            Some(Stage::Monitoring),
            "labels.maturity",
            "labels maturity",
            "Which share of the labels has arrived",
        )
        .measures(&[&measures::LABELLED])
        .needs(&[Labels]);
        LABELS_VOCABULARY = CheckSpec::new(
            ExamName::Labels,
            Step::Triage,
            Some(Stage::Monitoring),
            "labels.vocabulary",
            "labels vocabulary",
            "Whether labels use the same class names as the answers",
        )
        .needs(&[Labels]);
        LABELS_RIPENESS = CheckSpec::new(
            ExamName::Labels,
            Step::Triage,
            Some(Stage::Monitoring),
            "labels.ripeness",
            "labels ripeness",
            "Whether recent labels are negative because the positive ones have yet to arrive",
        )
        .needs(&[Labels]);
        LABELS_SELECTION = CheckSpec::new(
            ExamName::Labels,
            Step::Triage,
            Some(Stage::Monitoring),
            "labels.selection",
            "labels selection",
            "Whether a row gets a label depending on its answer",
        )
        .needs(&[Labels]);
        LABELS_SCORE_SIDE = CheckSpec::new(
            ExamName::Labels,
            Step::Triage,
            Some(Stage::Monitoring),
            "labels.score_side",
            "labels score side",
            "Whether the score is that of the positive class",
        )
        .needs(&[Labels]);
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{self, ModelRegression};

    declare! { SignalSpec:
        PERFORMANCE_Z = SignalSpec::new(
            Group::Performance,
            "performance.z",
            &checks::PERFORMANCE_LOSS,
            "worst loss over the metrics in standard errors, as ln(1 + z)",
        )
        .lowers(&[Cause::None]);
        PERFORMANCE_RELATIVE = SignalSpec::new(
            Group::Performance,
            "performance.relative",
            &checks::PERFORMANCE_LOSS,
            "loss of the headline metric over its baseline",
        )
        .lowers(&[Cause::None]);
        PERFORMANCE_LAUNCH_Z = SignalSpec::new(
            Group::Performance,
            "performance.launch_z",
            &checks::PERFORMANCE_LOSS,
            "loss against the launch answers in standard errors, as ln(1 + z)",
        )
        .raises(&[ModelRegression])
        .lowers(&[Cause::None]);
        GOLDEN_Z = SignalSpec::new(
            Group::Golden,
            "golden.z",
            &checks::GOLDEN_PAIRED,
            "largest paired loss on the golden set in standard errors",
        )
        .raises(&[ModelRegression])
        .lowers(&[Cause::None]);
    }
}
