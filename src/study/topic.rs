//! What studies are about, and what they consist of.

use crate::cached::cached;
use serde::Serialize;

use crate::autopsy::{Finding, Verdict};

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
    /// Estimated performance where labels have not come.
    Estimates,
    /// False positives and negatives, or answers too high and too low, with their patterns.
    Errors,
    /// Each input's relation to the outcome, before and since.
    Relations,
    /// The inputs as a whole, and the drop by source.
    Joint,
    /// Trends, the calendar, throughput, repeated values, streaming detectors.
    Course,
    /// Columns of free text, and embeddings.
    Text,
    /// Every threshold and every fitted rule, rehearsed.
    Detection,
    /// When to retrain.
    Retraining,
    /// A small nested search over hyperparameters.
    Tuning,
    /// Steps of a canary with guardrails.
    Rollout,
    /// Fallbacks, and what each failing component costs.
    Resilience,
    /// Expectations of other tools, held against the log.
    Suite,
    /// Earlier runs of `check`.
    History,
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
    /// Those sentences that somebody has to know: what alarms. They are among `says`.
    pub alarming: Vec<String>,
    /// The numbers.
    pub tables: Vec<StudyTable>,
    /// What the numbers can't tell.
    pub limits: Vec<String>,
}

cached!(struct Study { topic, title, question, says, alarming, tables, limits });

impl Topic {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 22] = [
        Self::Metrics,
        Self::Classes,
        Self::Golden,
        Self::Business,
        Self::Segments,
        Self::Fairness,
        Self::Versions,
        Self::Importance,
        Self::Columns,
        Self::Estimates,
        Self::Errors,
        Self::Relations,
        Self::Joint,
        Self::Course,
        Self::Text,
        Self::Detection,
        Self::Retraining,
        Self::Tuning,
        Self::Rollout,
        Self::Resilience,
        Self::Suite,
        Self::History,
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
            Self::Estimates => "estimates",
            Self::Errors => "errors",
            Self::Relations => "relations",
            Self::Joint => "joint",
            Self::Course => "course",
            Self::Text => "text",
            Self::Detection => "detection",
            Self::Retraining => "retraining",
            Self::Tuning => "tuning",
            Self::Rollout => "rollout",
            Self::Resilience => "resilience",
            Self::Suite => "suite",
            Self::History => "history",
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
            Self::Estimates => "Performance without labels",
            Self::Errors => "Errors and their patterns",
            Self::Relations => "Input by input: its relation to the outcome",
            Self::Joint => "The inputs together",
            Self::Course => "Trends, seasons and delivery",
            Self::Text => "Texts and embeddings",
            Self::Detection => "What would ring the next time",
            Self::Retraining => "When to retrain",
            Self::Tuning => "Hyperparameters, tuned anew",
            Self::Rollout => "A plan for the roll-out",
            Self::Resilience => "Fallbacks and components",
            Self::Suite => "Expectations of other tools",
            Self::History => "The course of the checks",
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
            Self::Estimates => {
                "How well does the model probably do where labels have not come, and how sure is that it is worse?"
            }
            Self::Errors => "Where do false alarms and misses gather, and do they come with slow answers?",
            Self::Relations => "Which input tells something else about the outcome than before?",
            Self::Joint => "Do the inputs as a whole differ from before, and which source brought the loss?",
            Self::Course => {
                "Is there a trend, does the calendar explain the change, and is every request answered?"
            }
            Self::Text => "Which terms, lengths and scripts are new, and did the vectors move?",
            Self::Detection => "When would each threshold have fired, and what should it ask for?",
            Self::Retraining => {
                "How fast does the model age, how often should it be retrained, and what would it forget?"
            }
            Self::Tuning => "Would other hyperparameters than the usual ones do better since the onset?",
            Self::Rollout => {
                "In which steps can the candidate be rolled out, and what must not get worse meanwhile?"
            }
            Self::Resilience => {
                "What should answer when the model can not, and what does each failing component cost?"
            }
            Self::Suite => "Which clause of the suite broke, and did it cost loss?",
            Self::History => "Since when is the case degraded, and which rules were violated?",
        }
    }

    /// Whether it fits models, which takes seconds; a report holds those only when it is asked to.
    #[must_use]
    pub const fn is_long(self) -> bool {
        matches!(
            self,
            Self::Importance
                | Self::Columns
                | Self::Estimates
                | Self::Joint
                | Self::Retraining
                | Self::Tuning
                | Self::Resilience
        )
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
            alarming: Vec::new(),
            tables: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// Says what findings say.
    pub(super) fn take<'a>(&mut self, findings: impl Iterator<Item = &'a Finding>) {
        for finding in findings {
            let sentence = finding.sentence().to_owned();
            if finding.verdict == Verdict::Alarm { self.alarm(sentence) } else { self.says.push(sentence) }
        }
    }

    /// Says what somebody has to know.
    pub(super) fn alarm(&mut self, sentence: String) {
        self.alarming.push(sentence.clone());
        self.says.push(sentence);
    }
}
