//! How the opening of a case goes: what is known before its data, and what is being read.

use crate::{autopsy::Stage, summary::Task};

/// What is known from `coroner.toml` alone; enough for the first frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Name and version of the model: `credit-default 2026-03`.
    pub title: String,
    /// The type of the prediction, if the contract names it.
    pub task: Option<Task>,
    /// The case's folder as the user named it.
    pub folder: String,
    /// Where the report goes, as people would type it.
    pub report_folder: String,
    /// Where the rows are, and which columns hold what, for code that reproduces a number.
    pub log: LogFiles,
    /// Which program this is, what it found out about the terminal, and where it keeps things, one line each.
    pub info: Vec<String>,
}

/// Where the rows of a case are, and the columns of their roles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogFiles {
    /// The production log: a file, a folder or a pattern.
    pub production: String,
    /// The training snapshot.
    pub training: String,
    /// When a request was served.
    pub timestamp: Option<String>,
    /// The truth.
    pub label: Option<String>,
    /// The model's answer.
    pub prediction: Option<String>,
    /// The probability of the positive class.
    pub score: Option<String>,
}

/// Whether a file of the case was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// It waits for others.
    Waiting,
    /// It is being read: units done and in all (rows, row groups or bytes); 0 if unknown.
    Reading {
        /// Units done.
        done: u64,
        /// Units in all.
        of: u64,
    },
    /// It was read; what there was, in words.
    Done(String),
    /// It could not be read; why, in a sentence.
    Failed(String),
}

/// One file of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProgress {
    /// Its name as the case gives it.
    pub name: String,
    /// How far it is.
    pub state: FileState,
    /// When its reading began, in milliseconds since the program's start.
    pub began_ms: u64,
    /// How long it took, once it is done.
    pub took_ms: Option<u64>,
}

/// Why a case cannot be opened: what, where and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// A code to search the documents for: `E012`.
    pub code: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The place in a file, as lines ready to show.
    pub place: Vec<String>,
    /// What to do, best first.
    pub hints: Vec<String>,
    /// The chain of causes, for those who want it.
    pub details: String,
}

/// What the program is busy with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// The snapshots are being read.
    #[default]
    Reading,
    /// The exams run.
    Examining {
        /// The stage that runs.
        stage: Stage,
        /// Parts of the stage that are done, and all its parts; (0, 0) if unknown.
        parts: (usize, usize),
        /// When the first stage began, in milliseconds since the program's start.
        began_ms: u64,
    },
    /// Everything is there; how long it took.
    Done {
        /// Milliseconds since the opening began.
        took_ms: u64,
    },
    /// The case cannot be opened.
    Failed(Box<Failure>),
    /// The analyst stopped it.
    Cancelled,
}

/// How the opening of the case goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// What the program is busy with.
    pub phase: Phase,
    /// The case's files, in the order of the contract.
    pub files: Vec<FileProgress>,
    /// What was dropped or skipped so far, one sentence each.
    pub notes: Vec<String>,
    /// When it began, in milliseconds since the program's start.
    pub began_ms: u64,
    /// How long the last investigation took that came to its end, in milliseconds.
    pub took_ms: u64,
}

impl Opening {
    /// The phase of a case whose last investigation is shown and of which nothing runs.
    #[must_use]
    pub const fn resting(&self) -> Phase {
        Phase::Done { took_ms: self.took_ms }
    }

    /// Whether work is going on.
    #[must_use]
    pub fn busy(&self) -> bool {
        matches!(self.phase, Phase::Reading | Phase::Examining { .. })
    }

    /// The share that is done, if anybody knows.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        match &self.phase {
            Phase::Reading => {
                // Rows, row groups and bytes can't be added up, so each file counts as much as another.
                let part = |file: &FileProgress| match file.state {
                    FileState::Done(_) => 1.0,
                    // A file whose rows are counted is not closed yet.
                    FileState::Reading { done, of } if of > 0 => (done as f64 / of as f64).min(0.99),
                    _ => 0.0,
                };
                let is_known = self.files.iter().any(|file| part(file) > 0.0);
                is_known.then(|| self.files.iter().map(part).sum::<f64>() / self.files.len() as f64)
            }
            Phase::Examining { stage, parts, .. } => {
                let cost = |stage: Stage| stage.cost();
                let all: f64 = Stage::ALL.into_iter().map(cost).sum();
                let before: f64 = Stage::ALL.into_iter().filter(|s| s < stage).map(cost).sum();
                let (done, of) = *parts;
                // The last part is done when its result is there.
                Some(((before + cost(*stage) * done as f64 / of.max(1) as f64) / all).min(0.99))
            }
            _ => None,
        }
    }

    /// The time left in milliseconds, by the speed so far; known after one second.
    #[must_use]
    pub fn left_ms(&self, now_ms: u64) -> Option<u64> {
        match &self.phase {
            Phase::Reading => self.files.iter().find_map(|file| file.left_ms(now_ms)),
            Phase::Examining { began_ms, .. } => {
                let (share, spent) = (self.share()?, now_ms.saturating_sub(*began_ms));
                let known = spent >= 1000 && share > 0.05;
                known.then(|| (spent as f64 * (1.0 - share) / share) as u64)
            }
            _ => None,
        }
    }
}

impl FileProgress {
    /// The time left in milliseconds, by the speed so far; known after one second.
    #[must_use]
    pub fn left_ms(&self, now_ms: u64) -> Option<u64> {
        let FileState::Reading { done, of } = self.state else {
            return None;
        };
        let spent = now_ms.saturating_sub(self.began_ms);
        (spent >= 1000 && done > 0 && of > done).then(|| (of - done).saturating_mul(spent) / done)
    }
}
