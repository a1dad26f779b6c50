//! The relation of the outcome to the inputs, and the outcome's own frequency.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Answers, Clock, Labels, Rows, Scores},
        Stage, declare, measures,
    };
    use crate::autopsy::Step;

    const fn check(id: &'static str, name: &'static str, asks: &'static str) -> CheckSpec {
        CheckSpec::new(ExamName::Concept, Step::Concept, Some(Stage::Training), id, name, asks)
    }

    declare! { CheckSpec:
        CONCEPT_RELATION = check(
            "concept.relation",
            "concept relation",
            "Whether the relation between inputs and outcome changed",
        )
        .needs(&[Rows, Labels])
        .missed_without_rows();
        CONCEPT_RESIDUALS = check(
            "concept.residuals",
            "concept residuals",
            "In which parts of the rows the loss rose",
        )
        .measures(&[&measures::RESIDUAL])
        .needs(&[Rows, Labels])
        .missed_without_rows();
        CONCEPT_REFERENCE = check(
            "concept.reference",
            "concept reference",
            "Whether a learner fitted on the training labels does better",
        )
        .measures(&[&measures::REFERENCE_RISE])
        .needs(&[Rows, Labels])
        .missed_without_rows();
        CONCEPT_SPLIT = check(
            "concept.split",
            "concept split",
            "Whether other inputs or another relation raised the loss",
        )
        .measures(&[&measures::RELATION_PART])
        .needs(&[Rows, Labels])
        .missed_without_rows();
        CONCEPT_CHANGE = check(
            "concept.change",
            "concept change",
            "What changed in the outcome given score and inputs",
        )
        .measures(&[&measures::LIKELIHOOD])
        .needs(&[Rows, Labels]);
        CONCEPT_IMPORTANCE = check(
            "concept.importance",
            "concept importance",
            "Whether the inputs weigh in the answers as they did",
        )
        .measures(&[&measures::IMPORTANCE_AGREEMENT])
        .needs(&[Rows, Answers]);
        CONCEPT_CHALLENGER = check(
            "concept.challenger",
            "concept challenger",
            "Whether a refitted model does better",
        )
        .measures(&[&measures::CHALLENGER_GAIN])
        .needs(&[Rows, Labels])
        .missed_without_rows();
        CONCEPT_CALIBRATION = check(
            "concept.calibration",
            "concept calibration",
            "Whether the scores are calibrated",
        )
        .measures(&[&measures::ECE])
        .needs(&[Rows, Labels, Scores])
        .missed_without_rows();
        CONCEPT_CARRIERS = check("concept.carriers", "concept carriers", "Which segment carries the loss")
            .measures(&[&measures::CARRIED])
            .needs(&[Rows, Labels])
            .missed_without_rows();
        LABEL_SHIFT_PREVALENCE = check(
            "label_shift.prevalence",
            "label_shift prevalence",
            "Whether the outcome's own frequency moved, while the inputs given the outcome stayed as before",
        )
        .measures(&[&measures::OUTCOME_SHARE])
        .needs(&[Rows, Labels])
        .at(None);
        LABEL_SHIFT_EXPONENT = check(
            "label_shift.exponent",
            "label_shift exponent",
            "Whether other inputs or another prior moved the outcome",
        )
        .measures(&[&measures::PRIOR_EXPONENT])
        .needs(&[Rows, Labels, Answers])
        .at(None);
        LABEL_SHIFT_DAYS = check(
            "label_shift.days",
            "label_shift days",
            "Whether the mix of outcomes comes and goes",
        )
        .measures(&[&measures::DAY_DISPERSION])
        .needs(&[Rows, Labels, Clock])
        .at(None);
        LABEL_SHIFT_ESTIMATED = check(
            "label_shift.estimated",
            "label_shift estimated",
            "How far the outcomes moved, estimated from the answers alone",
        )
        .measures(&[&measures::ESTIMATED_SHIFT])
        .needs(&[Rows, Answers])
        .at(None);
        CONCEPT_ESTIMATED = check(
            "concept.estimated",
            "concept estimated",
            "How well the model would do without its labels",
        )
        .measures(&[&measures::METRIC])
        .needs(&[Rows, Answers]);
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{
        self, ConceptDrift, DataDrift, FeatureDrift, FeatureRecalibration, FeatureUnavailable, LabelBias,
        LabelShift, ModelRegression, ServingHealth,
    };

    declare! { SignalSpec:
        CONCEPT_REFERENCE_SHARE = SignalSpec::new(
            Group::Concept,
            "concept.reference_share",
            &checks::CONCEPT_REFERENCE,
            "rise in loss of a learner fitted on the training labels over the deployed model's rise",
        )
        .raises(&[ConceptDrift, FeatureDrift, DataDrift, LabelBias])
        .lowers(&[ModelRegression, ServingHealth])
        .reads("0: model or service broke; 1: population or relation changed");
        CONCEPT_REFERENCE_Z = SignalSpec::new(
            Group::Concept,
            "concept.reference_z",
            &checks::CONCEPT_REFERENCE,
            "that rise in standard errors",
        )
        .raises(&[ConceptDrift, FeatureDrift])
        .lowers(&[ModelRegression, ServingHealth, Cause::None])
        .reads("0: the world is as it was");
        CONCEPT_DOMAIN_AUC = SignalSpec::new(
            Group::Concept,
            "concept.domain_auc",
            &checks::CONCEPT_SPLIT,
            "how well the inputs separate the periods",
        )
        .raises(&[DataDrift, FeatureRecalibration, FeatureUnavailable, LabelBias])
        .lowers(&[ModelRegression, FeatureDrift, ConceptDrift])
        .reads("0.5: inputs as before; above 0.9: altered or outside, the split means little");
        CONCEPT_OUTSIDE_ROWS = SignalSpec::new(
            Group::Concept,
            "concept.outside_rows",
            &checks::CONCEPT_SPLIT,
            "share of rows that are rare in the earlier period",
        )
        .raises(&[LabelBias])
        .lowers(&[DataDrift])
        .reads("as above");
        CONCEPT_RELATION_Z = SignalSpec::new(
            Group::Concept,
            "concept.relation_z",
            &checks::CONCEPT_SPLIT,
            "part of the rise that a changed relation explains, in standard errors",
        )
        .raises(&[ConceptDrift, FeatureDrift])
        .lowers(&[Cause::None])
        .reads("0: the relation is unchanged");
        CONCEPT_OUTSIDE_SHARE = SignalSpec::new(
            Group::Concept,
            "concept.outside_share",
            &checks::CONCEPT_SPLIT,
            "share of the rise on rows that are rare in the earlier period",
        )
        .raises(&[LabelBias])
        .lowers(&[DataDrift, LabelShift])
        .reads("1: new kinds of rows");
        CONCEPT_INPUTS_SHARE = SignalSpec::new(
            Group::Concept,
            "concept.inputs_share",
            &checks::CONCEPT_SPLIT,
            "share of the rise that different inputs explain",
        )
        .raises(&[DataDrift, LabelShift])
        .lowers(&[ModelRegression, ConceptDrift, FeatureDrift])
        .reads("1: the population moved");
        CONCEPT_RELATION_SHARE = SignalSpec::new(
            Group::Concept,
            "concept.relation_share",
            &checks::CONCEPT_SPLIT,
            "share of the rise that a changed relation explains",
        )
        .raises(&[ConceptDrift, FeatureDrift])
        .lowers(&[DataDrift, LabelBias])
        .reads("1: relation, model or service");
        CONCEPT_CHANGE = SignalSpec::new(
            Group::Concept,
            "concept.change",
            &checks::CONCEPT_CHANGE,
            "what any correction of the score explains, in twice the log-likelihood per row",
        )
        .raises(&[ConceptDrift, FeatureDrift, LabelShift])
        .lowers(&[ModelRegression, ServingHealth, Cause::None])
        .reads("0: the outcome given the inputs is as before");
        CONCEPT_BALANCE = SignalSpec::new(
            Group::Concept,
            "concept.balance",
            &checks::CONCEPT_CHANGE,
            "what the leading feature's part explains beyond the whole score, over all",
        )
        .raises(&[FeatureDrift])
        .lowers(&[ConceptDrift])
        .reads("above .05: that feature drifted; below 0: the whole relation");
        CONCEPT_FIRST_SHARE = SignalSpec::new(
            Group::Concept,
            "concept.first_share",
            &checks::CONCEPT_CHANGE,
            "what the part of the single most explanatory feature explains, over all",
        )
        .raises(&[FeatureDrift])
        .lowers(&[ConceptDrift])
        .reads("1: that feature drifted");
        CONCEPT_PAIR_ADDS = SignalSpec::new(
            Group::Concept,
            "concept.pair_adds",
            &checks::CONCEPT_CHANGE,
            "what a second feature's part adds to that of the first, over all",
        )
        .raises(&[ConceptDrift])
        .lowers(&[FeatureDrift])
        .reads("0: one feature; more: a broad change");
        CONCEPT_PAIR_LEAVES = SignalSpec::new(
            Group::Concept,
            "concept.pair_leaves",
            &checks::CONCEPT_CHANGE,
            "what is left for more features than these two, over all",
        )
        .raises(&[ConceptDrift])
        .lowers(&[FeatureDrift])
        .reads("more: a broad change");
        CONCEPT_WHOLE_SHARE = SignalSpec::new(
            Group::Concept,
            "concept.whole_share",
            &checks::CONCEPT_CHANGE,
            "what a factor on the whole score explains, over all",
        )
        .raises(&[ConceptDrift])
        .lowers(&[FeatureDrift, DataDrift])
        .reads("1: the score is less informative, or reversed");
        CONCEPT_FACTOR = SignalSpec::new(
            Group::Concept,
            "concept.factor",
            &checks::CONCEPT_CHANGE,
            "what a factor on the whole score adds to 1",
        )
        .raises(&[LabelShift])
        .lowers(&[FeatureDrift, ConceptDrift])
        .reads("-1: the score is no longer informative");
        LABEL_SHIFT_CONSTANT_SHARE = SignalSpec::new(
            Group::LabelShift,
            "label_shift.constant_share",
            &checks::CONCEPT_CHANGE,
            "what a constant added to the score explains, over all corrections",
        )
        .raises(&[LabelShift])
        .lowers(&[FeatureDrift, ConceptDrift])
        .reads("1: only the prior moved");
        CONCEPT_CHALLENGER_GAIN = SignalSpec::new(
            Group::Concept,
            "concept.challenger_gain",
            &checks::CONCEPT_CHALLENGER,
            "loss that the better challenger saves, as a share of the deployed model's loss",
        )
        .raises(&[ConceptDrift])
        .lowers(&[Cause::None])
        .reads("above 0: the model can be beaten; says little about the cause");
        CONCEPT_CHALLENGER_Z = SignalSpec::new(
            Group::Concept,
            "concept.challenger_z",
            &checks::CONCEPT_CHALLENGER,
            "loss that the better challenger saves, in standard errors",
        )
        .raises(&[ConceptDrift])
        .lowers(&[Cause::None])
        .reads("as above");
        CONCEPT_CALIBRATION = SignalSpec::new(
            Group::Concept,
            "concept.calibration",
            &checks::CONCEPT_CALIBRATION,
            "rise of the calibration error",
        )
        .raises(&[ConceptDrift, LabelShift])
        .lowers(&[Cause::None])
        .reads("0: scores mean what they meant");
        CONCEPT_CARRIED = SignalSpec::new(
            Group::Concept,
            "concept.carried",
            &checks::CONCEPT_CARRIERS,
            "share of the rise on the best slice less its share of the rows",
        )
        .raises(&[FeatureDrift, LabelBias])
        .lowers(&[ConceptDrift])
        .reads("0: all rows alike; near 1: one part of the rows");
        CONCEPT_SURPRISE = SignalSpec::new(
            Group::Concept,
            "concept.surprise",
            &checks::CONCEPT_ESTIMATED,
            "realised performance less the performance estimated without labels, in the measure's units",
        )
        .raises(&[ConceptDrift, FeatureDrift, ModelRegression, ServingHealth])
        .lowers(&[DataDrift, LabelShift, Cause::None])
        .reads("0: rows got harder; above 0: relation, model or service");
        LABEL_SHIFT_PREVALENCE_Z = SignalSpec::new(
            Group::LabelShift,
            "label_shift.prevalence_z",
            &checks::LABEL_SHIFT_PREVALENCE,
            "largest change of an outcome's share in standard errors, without its sign",
        )
        .raises(&[LabelShift])
        .lowers(&[Cause::None])
        .reads("above 5: the prior moved");
        LABEL_SHIFT_GIVEN_OUTCOME_AUC = SignalSpec::new(
            Group::LabelShift,
            "label_shift.given_outcome_auc",
            &checks::LABEL_SHIFT_PREVALENCE,
            "how well inputs separate the periods at the same mix of outcomes",
        )
        .raises(&[DataDrift])
        .lowers(&[LabelShift])
        .reads("near 0.5: inputs given the outcome are as before");
        LABEL_SHIFT_MISMATCH = SignalSpec::new(
            Group::LabelShift,
            "label_shift.mismatch",
            &checks::LABEL_SHIFT_PREVALENCE,
            "constant of the score against the change of the prior's log-odds, in standard errors",
        )
        .raises(&[ConceptDrift, FeatureDrift])
        .lowers(&[LabelShift])
        .reads("0: the prior explains it");
        LABEL_SHIFT_EXPONENT = SignalSpec::new(
            Group::LabelShift,
            "label_shift.exponent",
            &checks::LABEL_SHIFT_EXPONENT,
            "how far outcomes of rows with the same answer moved, in units of what a prior that moves by itself does",
        )
        .raises(&[ConceptDrift, FeatureDrift])
        .lowers(&[DataDrift])
        .reads("0: the inputs moved; 1: the prior; more: the relation");
        LABEL_SHIFT_DAY_SPREAD = SignalSpec::new(
            Group::LabelShift,
            "label_shift.day_spread",
            &checks::LABEL_SHIFT_DAYS,
            "variance of the days' outcomes over chance (natural logarithm)",
        )
        .raises(&[LabelShift, DataDrift])
        .reads("0: steady; above 0: the mix of outcomes comes and goes");
        LABEL_SHIFT_ESTIMATED_SIZE = SignalSpec::new(
            Group::LabelShift,
            "label_shift.estimated_size",
            &checks::LABEL_SHIFT_ESTIMATED,
            "shift of the classes' shares estimated from the answers alone",
        )
        .raises(&[LabelShift])
        .reads("its size, whatever the cause");
    }
}
