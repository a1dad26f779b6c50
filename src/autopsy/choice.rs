//! The analyst's overrides of the comparison: the onset and the reference.

use crate::{
    cached::cached,
    summary::Micros,
    text::{
        message::{Explain, Message},
        time,
    },
};

use super::Baseline;

/// The analyst's choices; by default everything is determined automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Choice {
    /// When the change began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Micros>,
    /// The reference for the rows under suspicion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
}

cached!(struct Choice { onset, baseline });

impl Choice {
    /// Whether nothing was chosen by hand.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::default()
    }

    /// The choice in words: `onset 2026-03-18 02:00, baseline training`; anything not chosen is determined
    /// automatically.
    #[must_use]
    pub fn message(&self) -> String {
        let onset = self.onset.map(|at| format!("onset {}", time::minute(at)));
        let baseline = self.baseline.map(|b| format!("baseline {}", b.word()));
        let parts: Vec<String> = onset.into_iter().chain(baseline).collect();
        if parts.is_empty() { "onset and baseline as found".to_owned() } else { parts.join(", ") }
    }
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ProductionBefore, Self::Training, Self::GoldenAtLaunch];

    /// The keyword that users type: `before`, `training`, `golden`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ProductionBefore => "before",
            Self::Training => "training",
            Self::GoldenAtLaunch => "golden",
        }
    }

    /// Its name: `production before the onset`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProductionBefore => "production before the onset",
            Self::GoldenAtLaunch => "the golden set at launch",
            Self::Training => "training",
        }
    }

    /// The phrase for when or where a value was measured on it: `before the onset`.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::ProductionBefore => "before the onset",
            Self::GoldenAtLaunch => "in the golden set at launch",
            Self::Training => "in training",
        }
    }

    /// Its name with its caveat.
    #[must_use]
    pub fn described(self) -> String {
        format!("{}{}", self.name(), self.caveat())
    }

    /// The limitation of values measured on it, in brackets for use after its name or phrase; empty if there
    /// is none.
    #[must_use]
    pub const fn caveat(self) -> &'static str {
        match self {
            Self::ProductionBefore | Self::GoldenAtLaunch => "",
            Self::Training => " (whose rows the model was trained on, so it looks better there)",
        }
    }
}

/// Why a choice cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The log has no timestamps to split at.
    #[error("the production log has no timestamp, so no onset can be set")]
    NoClock,
    /// All rows lie on one side.
    #[error("the onset {} leaves no row on one side: the log runs from {} to {}", time::minute(*at), time::minute(*from), time::minute(*to))]
    OutsideLog {
        /// The chosen onset.
        at: Micros,
        /// The first instant of the log.
        from: Micros,
        /// The last instant of the log.
        to: Micros,
    },
    /// There are no rows before the onset.
    #[error("there is no onset inside the log, so there are no rows before it; set an onset first")]
    NothingBefore,
    /// Too few rows before the onset have a label and a prediction.
    #[error("only {judged} rows before the onset have a label and an answer; {needed} are needed")]
    TooFewBefore {
        /// Rows with label and prediction.
        judged: usize,
        /// Rows required.
        needed: usize,
    },
    /// The golden set has too few rows with label and prediction.
    #[error("the golden set does not hold {needed} rows with the answers of launch day")]
    NoLaunchAnswers {
        /// Rows required.
        needed: usize,
    },
    /// The training snapshot has too few rows with label and prediction.
    #[error("the training snapshot does not hold {needed} rows with a logged answer")]
    NoTrainingAnswers {
        /// Rows required.
        needed: usize,
    },
}

impl Explain for ChoiceError {
    fn message(&self) -> Message {
        let hint = match self {
            Self::NoClock => "name the column with the time of each row in [columns] timestamp",
            Self::OutsideLog { .. } => "choose an instant after the first row and not after the last one",
            Self::NothingBefore => "name the onset as well:  --onset 2026-03-18T02:00",
            Self::TooFewBefore { .. } => "choose a later onset, or compare with training or the golden set",
            Self::NoLaunchAnswers { .. } => "add launch_prediction or launch_score to the golden set",
            Self::NoTrainingAnswers { .. } => "log the model's answers in the training snapshot",
        };
        Message {
            code: "E205",
            message: self.to_string(),
            place: None,
            label: String::new(),
            hints: vec![hint.to_owned()],
        }
    }
}
