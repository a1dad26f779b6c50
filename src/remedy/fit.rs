//! Which remedy fits which cause, and why.
//!
//! The table follows the common guides of the field: drift calls for new data, a changed feature for a repair
//! at its source, skew for a repair of the pipelines, new inputs for labels of them, label shift for a new
//! prior, a bad model for a rollback.

use strum::EnumCount;

use crate::autopsy::Cause;

use super::catalogue::Remedy;

/// How a remedy fits a cause, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RemedyFit {
    /// 1: addresses it, 0.4: helps, 0: does nothing for it, −1: makes it worse.
    pub(super) value: f64,
    /// Why, as a sentence.
    pub(super) why: &'static str,
}

const fn answers(why: &'static str) -> RemedyFit {
    RemedyFit { value: 1.0, why }
}

const fn helps(why: &'static str) -> RemedyFit {
    RemedyFit { value: 0.4, why }
}

pub(super) const fn nothing(why: &'static str) -> RemedyFit {
    RemedyFit { value: 0.0, why }
}

const fn harms(why: &'static str) -> RemedyFit {
    RemedyFit { value: -1.0, why }
}

/// How the remedies fit one cause.
struct CauseFits {
    cause: Cause,
    /// Corrections that treat all predictions alike: prior, calibration, threshold.
    correction: RemedyFit,
    retrain: RemedyFit,
    /// Other remedies that affect this cause, and corrections that differ from the rest. Anything not listed
    /// is [`otherwise`].
    also: &'static [(Remedy, RemedyFit)],
}

/// A global correction when the relation of the outcome to the inputs changed.
const UNTIL_RETRAINED: RemedyFit =
    helps("It restores the level of the answers, but not their ranking, until a retrained model is ready.");

/// A global correction when the inputs are broken.
const FITTED_TO_BROKEN: RemedyFit = harms(
    "The fault is in the inputs: what is fitted to broken values is wrong again once they are repaired.",
);

/// A global correction when the predictions themselves are broken.
const HIDES_THE_FAULT: RemedyFit =
    harms("The answers are broken, not their level: a correction would hide the fault.");

const RETRAIN_ON_BROKEN: RemedyFit = harms(
    "The fault is upstream: a retrain would learn broken values, and break again once they are repaired.",
);

const DROP_BROKEN: (Remedy, RemedyFit) = (
    Remedy::DropFeatures,
    helps("A model without the broken feature answers until the feature is repaired."),
);

const REVIEW_DOUBTFUL: (Remedy, RemedyFit) = (
    Remedy::Review,
    helps("Doubtful rows answered by people keep the harm small, and their labels teach the next model."),
);

const RECALIBRATED_LEVEL: RemedyFit =
    helps("The level of the scores is off, but their ranking is not: re-calibration restores the level.");

/// All causes, in the order of [`Cause`].
const FITS: &[CauseFits; Cause::COUNT] = &[
    CauseFits {
        cause: Cause::ModelRegression,
        correction: HIDES_THE_FAULT,
        retrain: harms(
            "The launch model still works: roll back first, and retrain on clean data without haste.",
        ),
        also: &[(
            Remedy::RollBack,
            answers("The model itself got worse: the launch model still answers as it did."),
        )],
    },
    CauseFits {
        cause: Cause::DataDrift,
        correction: UNTIL_RETRAINED,
        retrain: answers("The population moved: fine-tune on the rows that are rare in training."),
        also: &[REVIEW_DOUBTFUL],
    },
    CauseFits {
        cause: Cause::FeatureDrift,
        correction: UNTIL_RETRAINED,
        retrain: answers(
            "What a feature says about the outcome changed: only new labels show the new relation.",
        ),
        also: &[REVIEW_DOUBTFUL],
    },
    CauseFits {
        cause: Cause::ConceptDrift,
        correction: UNTIL_RETRAINED,
        retrain: answers(
            "The relation of the outcome to the inputs changed: only new labels show the new one.",
        ),
        also: &[REVIEW_DOUBTFUL],
    },
    CauseFits {
        cause: Cause::FeatureRecalibration,
        correction: FITTED_TO_BROKEN,
        retrain: RETRAIN_ON_BROKEN,
        also: &[
            (
                Remedy::RepairInputs,
                answers("The feature changed its scale or meaning: map it back, or serve its old version."),
            ),
            DROP_BROKEN,
        ],
    },
    CauseFits {
        cause: Cause::FeatureUnavailable,
        correction: FITTED_TO_BROKEN,
        retrain: RETRAIN_ON_BROKEN,
        also: &[
            (
                Remedy::RepairInputs,
                answers(
                    "The feature is not delivered: fix its computation and replay what was served without it.",
                ),
            ),
            DROP_BROKEN,
        ],
    },
    CauseFits {
        cause: Cause::TrainingServingSkew,
        correction: FITTED_TO_BROKEN,
        retrain: RETRAIN_ON_BROKEN,
        also: &[
            (
                Remedy::RepairInputs,
                answers(
                    "Serving computes the feature differently from training: patch the pipeline that differs.",
                ),
            ),
            DROP_BROKEN,
        ],
    },
    CauseFits {
        cause: Cause::LabelBias,
        correction: nothing(
            "The loss sits in inputs never seen in training; a correction of all answers can't single them out.",
        ),
        retrain: answers(
            "Users send inputs that training never contained: learn from labels of the new inputs.",
        ),
        also: &[(
            Remedy::Review,
            helps(
                "Until the model has learnt the new inputs, people should answer them, and their labels teach it.",
            ),
        )],
    },
    CauseFits {
        cause: Cause::LabelShift,
        correction: RECALIBRATED_LEVEL,
        retrain: nothing(
            "Only the outcome's frequency moved; a new prior does what a retrain would, at once.",
        ),
        also: &[
            (
                Remedy::MovePrior,
                answers(
                    "Only the outcome's frequency moved: Bayes' rule corrects the scores, without a retrain.",
                ),
            ),
            (
                Remedy::MoveThreshold,
                answers("Only the outcome's frequency moved: the decision's threshold must follow."),
            ),
        ],
    },
    CauseFits {
        cause: Cause::UpstreamPipeline,
        correction: FITTED_TO_BROKEN,
        retrain: RETRAIN_ON_BROKEN,
        also: &[
            (
                Remedy::RepairInputs,
                answers("A source delivers broken rows: fix it, replay the window, validate at ingestion."),
            ),
            DROP_BROKEN,
        ],
    },
    CauseFits {
        cause: Cause::ServingHealth,
        correction: HIDES_THE_FAULT,
        retrain: harms("The answers come late or from a fallback: a new model would be served no better."),
        also: &[
            (Remedy::RollBack, nothing("The model answers as before; the service does not.")),
            (
                Remedy::RelieveService,
                answers(
                    "Late, cached or fallback answers carry the loss: add capacity, and choose a better fallback.",
                ),
            ),
        ],
    },
    CauseFits {
        cause: Cause::None,
        correction: nothing("Nothing is beyond noise, so there is no level to correct."),
        retrain: harms("Nothing is beyond noise: a retrain would chase it."),
        also: &[
            (Remedy::Close, answers("Nothing is beyond noise: close it and tune the alert that fired.")),
            (Remedy::SimpleRule, nothing("The model does as well as before.")),
        ],
    },
];

// An entry in the wrong place would describe another cause.
const _: () = {
    let mut at = 0;
    while at < FITS.len() {
        assert!(FITS[at].cause as usize == at, "the rows stand in the order of the enum");
        at += 1;
    }
};

/// Returns how a remedy fits a cause.
pub(super) fn fit(cause: Cause, remedy: Remedy) -> RemedyFit {
    let fits = &FITS[cause as usize];
    fits.also
        .iter()
        .find(|(other, _)| *other == remedy)
        .map_or_else(|| otherwise(remedy, fits), |(_, fit)| *fit)
}

/// Returns how a remedy fits a cause that does not list it.
const fn otherwise(remedy: Remedy, fits: &CauseFits) -> RemedyFit {
    match remedy {
        Remedy::Close => harms("A cause is at work; closing would leave it."),
        Remedy::RollBack => {
            nothing("The deployed model answers as at launch, so going back changes nothing.")
        }
        Remedy::RepairInputs => nothing("No input is broken, so there is none to repair."),
        Remedy::RelieveService => nothing("The cause is not in the service."),
        Remedy::MovePrior | Remedy::Platt | Remedy::Isotonic | Remedy::MoveThreshold => fits.correction,
        Remedy::DropFeatures => nothing("No input is broken, so there is none to drop."),
        Remedy::Retrain => fits.retrain,
        Remedy::Review => nothing("People would answer rows that a quicker remedy fixes."),
        Remedy::SimpleRule => nothing(
            "A rule of one split gives up the model: it is the last resort when no other remedy works.",
        ),
    }
}

impl Remedy {
    /// Whether it removes a cause, as opposed to only helping against it.
    #[must_use]
    pub fn answers(self, cause: Cause) -> bool {
        fit(cause, self).value >= 1.0
    }
}
