//! The catalogue of remedies: for each, everything that is known before anything is measured.
//!
//! [`super::fit`] holds which remedy fits which cause.

use strum::EnumCount;

use crate::{
    cached::cached,
    summary::{Micros, Task},
    text::time,
};

/// A possible remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumCount)]
pub enum Remedy {
    /// Close the incident as a false alarm.
    Close,
    /// Roll back to the model of launch day.
    RollBack,
    /// Repair the inputs at their source, or map them back in front of the model.
    RepairInputs,
    /// Add service capacity, and provide a better fallback.
    RelieveService,
    /// Adjust the scores to the new share of positives (values: by their mean error).
    MovePrior,
    /// Recalibrate by a line in log-odds (values: by a line).
    Platt,
    /// Recalibrate by a monotone step function.
    Isotonic,
    /// Use another decision threshold.
    MoveThreshold,
    /// Refit the model on training data without the broken features.
    DropFeatures,
    /// Retrain with production labels.
    Retrain,
    /// Predict by a simple rule until the model is repaired.
    SimpleRule,
    /// Have people review the doubtful rows and collect their labels.
    Review,
}

cached!(
    enum Remedy {
        Close,
        RollBack,
        RepairInputs,
        RelieveService,
        MovePrior,
        Platt,
        Isotonic,
        MoveThreshold,
        DropFeatures,
        Retrain,
        SimpleRule,
        Review,
    }
);

/// An entry of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct RemedySpec {
    /// The remedy.
    pub remedy: Remedy,
    /// The id in JSON.
    pub id: &'static str,
    /// The name in running text.
    pub name: &'static str,
    /// The name with the affected inputs; `None` if the remedy affects no particular input.
    pub name_with_inputs: Option<fn(&str) -> String>,
    /// How much work it is.
    pub effort: Rating,
    /// How much can go wrong with it.
    pub risk: Rating,
    /// Whether it removes the fault itself. A trial on logged rows is then only a stand-in, and a poor result
    /// does not refute the remedy.
    pub removes_fault: bool,
    /// Tasks to which it does not apply, each with the reason as a clause.
    pub inapplicable: &'static [(Task, &'static str)],
    /// Why it has no number if it cannot be tried on logged rows, as a clause.
    pub unmeasured_because: &'static str,
}

/// Why a remedy that can be tried on logged rows may still have no number.
const SMALL_BLOCKS: &str = "too few labelled rows in a block";

/// Defaults shared by most remedies.
const PLAIN: RemedySpec = RemedySpec {
    remedy: Remedy::Close,
    id: "",
    name: "",
    name_with_inputs: None,
    effort: Rating::Medium,
    risk: Rating::Medium,
    removes_fault: false,
    inapplicable: &[],
    unmeasured_because: SMALL_BLOCKS,
};

/// All remedies, in the order of [`Remedy`].
const REMEDIES: &[RemedySpec; Remedy::COUNT] = &[
    RemedySpec {
        remedy: Remedy::Close,
        id: "close",
        name: "close as a false alarm",
        effort: Rating::Low,
        risk: Rating::Low,
        unmeasured_because: "there is no loss for it to recover",
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::RollBack,
        id: "roll_back",
        name: "roll back the model",
        effort: Rating::Medium,
        risk: Rating::Low,
        removes_fault: true,
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::RepairInputs,
        id: "mend_inputs",
        name: "repair the inputs",
        name_with_inputs: Some(|inputs| format!("repair {inputs} at the source")),
        effort: Rating::Medium,
        risk: Rating::Medium,
        removes_fault: true,
        unmeasured_because: "neither an inverse map nor an offline snapshot gives the repaired values",
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::RelieveService,
        id: "relieve_service",
        name: "relieve the service",
        effort: Rating::Medium,
        risk: Rating::Medium,
        removes_fault: true,
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::MovePrior,
        id: "move_prior",
        name: "correct the prior",
        effort: Rating::Low,
        risk: Rating::Low,
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::Platt,
        id: "platt",
        name: "re-calibrate (Platt)",
        effort: Rating::Low,
        risk: Rating::Medium,
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::Isotonic,
        id: "isotonic",
        name: "re-calibrate (isotonic)",
        effort: Rating::Low,
        risk: Rating::Medium,
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::MoveThreshold,
        id: "move_threshold",
        name: "move the threshold",
        effort: Rating::Low,
        risk: Rating::Low,
        inapplicable: &[
            (Task::Regression, "the model predicts numbers: there is no decision whose threshold could move"),
            (
                Task::Multiclass,
                "the model chooses among several classes: there is no single threshold to move",
            ),
        ],
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::DropFeatures,
        id: "drop_features",
        name: "drop the broken features",
        name_with_inputs: Some(|inputs| format!("refit the model without {inputs}")),
        effort: Rating::High,
        risk: Rating::High,
        unmeasured_because: "the diagnosis names no broken feature",
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::Retrain,
        id: "retrain",
        name: "retrain",
        effort: Rating::High,
        risk: Rating::High,
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::SimpleRule,
        id: "simple_rule",
        name: "fall back to a simple rule",
        effort: Rating::Medium,
        risk: Rating::High,
        ..PLAIN
    },
    RemedySpec {
        remedy: Remedy::Review,
        id: "review",
        name: "send rows to review",
        effort: Rating::High,
        risk: Rating::Low,
        unmeasured_because: "what people would answer is not in the log",
        ..PLAIN
    },
];

// An entry in the wrong place would describe another remedy.
const _: () = {
    let mut at = 0;
    while at < REMEDIES.len() {
        assert!(REMEDIES[at].remedy as usize == at, "the rows stand in the order of the enum");
        at += 1;
    }
};

impl Remedy {
    /// All remedies.
    pub const ALL: [Self; Self::COUNT] = {
        let mut all = [Self::Close; Self::COUNT];
        let mut at = 0;
        while at < all.len() {
            all[at] = REMEDIES[at].remedy;
            at += 1;
        }
        all
    };

    /// Returns the catalogue entry.
    #[must_use]
    pub const fn spec(self) -> &'static RemedySpec {
        &REMEDIES[self as usize]
    }

    /// The id in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.spec().id
    }

    /// The name in running text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// Returns why the remedy does not apply to a task, as a clause; `None` if it applies.
    pub(super) fn inapplicable_because(self, task: Task) -> Option<&'static str> {
        self.spec().inapplicable.iter().find(|(other, _)| *other == task).map(|(_, why)| *why)
    }
}

/// How much work a remedy is, or how much can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rating {
    /// A setting that can be undone at once.
    Low,
    /// A code change or a deploy.
    Medium,
    /// A new model, or other people's systems.
    High,
}

cached!(
    enum Rating {
        Low,
        Medium,
        High,
    }
);

impl Rating {
    /// All ratings.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Which labelled rows retraining uses, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Training data and all labelled production rows so far.
    Full,
    /// Production rows since the onset only.
    SinceOnset,
    /// Production rows of a recent period only, whose length is in microseconds.
    Window(Micros),
    /// Training and production rows; a row's weight halves with every half-life of its age.
    Weighted {
        /// The half-life in microseconds.
        half_life: Micros,
    },
    /// The old model, updated on production rows since the onset.
    Incremental,
}

cached!(enum Strategy { Full, SinceOnset, Window(part), Weighted { half_life }, Incremental });

impl Strategy {
    /// All ids.
    pub const IDS: [&str; 5] = [
        Self::Full.id(),
        Self::SinceOnset.id(),
        Self::Window(0).id(),
        Self::Weighted { half_life: 0 }.id(),
        Self::Incremental.id(),
    ];

    /// The id in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::SinceOnset => "since_onset",
            Self::Window(_) => "window",
            Self::Weighted { .. } => "weighted",
            Self::Incremental => "incremental",
        }
    }

    /// Describes the rows that are used.
    #[must_use]
    pub fn description(self) -> String {
        match self {
            Self::Full => "training and all labelled production".to_owned(),
            Self::SinceOnset => "production since the onset".to_owned(),
            Self::Window(length) => format!("the last {} of production", time::duration(length)),
            Self::Weighted { half_life } => {
                format!("all rows, weights halved every {}", time::duration(half_life))
            }
            Self::Incremental => "new labels from the old model on".to_owned(),
        }
    }
}
