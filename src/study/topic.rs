//! What studies are about, and what they consist of.

use serde::Serialize;

use super::table::StudyTable;

/// What a study is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Every metric beside that of a constant answer.
    Metrics,
    /// Class by class.
    Classes,
    /// The golden set, row by row.
    Golden,
    /// Metrics of the business.
    Business,
    /// Segments by hand.
    Segments,
    /// Parity between groups of people.
    Fairness,
    /// By version of the model.
    Versions,
    /// What each input weighs, by period.
    Importance,
    /// Columns that the model does not use, and inputs that deserve a second look.
    Columns,
}

/// Answers one question with sentences and tables.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Study {
    /// The topic's id.
    #[serde(rename = "id")]
    #[cfg_attr(test, schemars(extend("enum" = Topic::ALL.map(Topic::id))))]
    pub topic: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The question that it answers.
    pub question: &'static str,
    /// The answer, one sentence each.
    pub says: Vec<String>,
    /// The numbers.
    pub tables: Vec<StudyTable>,
    /// What the numbers can't tell.
    pub limits: Vec<String>,
}

impl Topic {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Metrics,
        Self::Classes,
        Self::Golden,
        Self::Business,
        Self::Segments,
        Self::Fairness,
        Self::Versions,
        Self::Importance,
        Self::Columns,
    ];

    /// The word that asks for it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Classes => "classes",
            Self::Golden => "golden",
            Self::Business => "business",
            Self::Segments => "segments",
            Self::Fairness => "fairness",
            Self::Versions => "versions",
            Self::Importance => "importance",
            Self::Columns => "columns",
        }
    }

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Metrics => "Metrics beside a constant answer",
            Self::Classes => "Class by class",
            Self::Golden => "The golden set, row by row",
            Self::Business => "Metrics of the business",
            Self::Segments => "Segments by hand",
            Self::Fairness => "Parity between groups",
            Self::Versions => "By version of the model",
            Self::Importance => "Importance by period",
            Self::Columns => "Columns and inputs reviewed",
        }
    }

    /// The question that it answers.
    #[must_use]
    pub const fn question(self) -> &'static str {
        match self {
            Self::Metrics => {
                "How well does the model do, and is that better than an answer that is always the same?"
            }
            Self::Classes => "Which class got worse?",
            Self::Golden => {
                "Which trusted rows flipped, since when, and does the golden set still resemble production?"
            }
            Self::Business => "What did it cost the business?",
            Self::Segments => "How do the segments of the contract do, and what moved in them?",
            Self::Fairness => "Are groups of people treated alike, and was that so before the onset?",
            Self::Versions => "Which version did what, and did versions answer side by side?",
            Self::Importance => "Do the same inputs matter as in training?",
            Self::Columns => "What would unused columns add, and which inputs deserve a second look?",
        }
    }

    /// Whether it fits models, which takes seconds; a report holds those only when it is asked to.
    #[must_use]
    pub const fn is_long(self) -> bool {
        matches!(self, Self::Importance | Self::Columns)
    }

    /// The topic that a word names.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.id() == word)
    }
}

impl Study {
    /// A study without an answer yet.
    pub(super) fn new(topic: Topic) -> Self {
        Self {
            topic: topic.id(),
            title: topic.title(),
            question: topic.question(),
            says: Vec::new(),
            tables: Vec::new(),
            limits: Vec::new(),
        }
    }
}
