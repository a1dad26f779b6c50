//! The catalogue of remedies: one row for everything that is known of a remedy before anything is measured.
//!
//! Which remedy fits which cause is in [`super::fit`].

use strum::EnumCount;

use crate::{
    summary::{Micros, Task},
    text::time,
};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumCount)]
pub enum Remedy {
    /// Close the incident as a false alarm.
    Close,
    /// Go back to the model of launch day.
    RollBack,
    /// Repair the inputs where they are made, or map them back in front of the model.
    RepairInputs,
    /// Give the service capacity, and a better fallback.
    RelieveService,
    /// Move the scores to the new share of positives (values: by their mean error).
    MovePrior,
    /// Re-calibrate by a line in log-odds (values: by a line).
    Platt,
    /// Re-calibrate by a monotone step function.
    Isotonic,
    /// Decide at another score.
    MoveThreshold,
    /// Fit the model anew on training without the broken features.
    DropFeatures,
    /// Fit the model anew with labels of production.
    Retrain,
    /// Answer by a simple rule until the model is repaired.
    SimpleRule,
    /// Send the doubtful rows to people and collect their labels.
    Review,
}

/// A row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct RemedySpec {
    /// Which remedy the row is about.
    pub remedy: Remedy,
    /// The id in JSON.
    pub id: &'static str,
    /// The name in running text.
    pub name: &'static str,
    /// The same with the names of the inputs that it concerns; none where it concerns no single input.
    pub name_with_inputs: Option<fn(&str) -> String>,
    /// How much work it is.
    pub effort: Rating,
    /// How much can go wrong with it.
    pub risk: Rating,
    /// Whether it takes the fault itself away. What is tried on logged rows is then a stand-in for it, and a stand-in
    /// that does badly does not refute it.
    pub removes_fault: bool,
    /// Tasks on which there is nothing of the kind, and why, as a clause.
    pub inapplicable: &'static [(Task, &'static str)],
    /// Why it has no number where nothing of it can be tried on logged rows, as a clause.
    pub unmeasured_because: &'static str,
}

/// Why a remedy that can be tried on logged rows may have no number all the same.
const SMALL_BLOCKS: &str = "too few labelled rows in a block";

/// What most remedies have in common.
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
        unmeasured_because: "there is nothing to win back by it",
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
        name_with_inputs: Some(|inputs| format!("fit the model anew without {inputs}")),
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

// A row in the wrong place would answer for another remedy.
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

    /// The row of the catalogue.
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

    /// Why there is nothing of the kind on a task, as a clause; none where there is.
    pub(super) fn inapplicable_because(self, task: Task) -> Option<&'static str> {
        self.spec().inapplicable.iter().find(|(other, _)| *other == task).map(|(_, why)| *why)
    }
}

/// How much work, or how much can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rating {
    /// A setting, undone at once.
    Low,
    /// A change of code or a deploy.
    Medium,
    /// A new model, or other people's systems.
    High,
}

impl Rating {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Which labelled rows a retrained model learns from, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Training and all labelled production so far.
    Full,
    /// Production since the onset only.
    SinceOnset,
    /// Production of the last so many microseconds only.
    Window(Micros),
    /// Training and production; a row's weight halves with every half-life of its age.
    Weighted {
        /// The half-life in microseconds.
        half_life: Micros,
    },
    /// The old model, corrected on production since the onset.
    Incremental,
}

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

    /// Which rows it learns from, in words.
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
