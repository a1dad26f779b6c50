//! The method: exams turn summaries into findings and signals; the verdict turns those into ranked causes.
//!
//! Reading order: [`Cause`] (the root causes), [`Dossier`] (the data that exams read), [`Framing`] (which
//! periods are compared), [`catalogue`] (all checks and signals), [`Finding`] and [`Signal`] (the output of
//! an exam), one file for each question in [`exam`], [`account`] (where the loss arose), [`Diagnosis`] (the
//! sum of the evidence), and [`Investigation`], which holds all of it for the user interfaces.
//!
//! Pure: no file, no terminal, no clock. An exam never sees another exam's result; only the verdict sees all.

pub mod account;
pub mod catalogue;
mod cause;
mod choice;
pub mod cohort;
mod dossier;
pub mod exam;
mod finding;
mod framing;
mod investigation;
mod kept;
mod label_doubt;
mod label_trust;
mod onset;
mod remainder;
pub mod scoring;
mod signal;
mod verdict;
pub mod view;
pub mod weighted_scoring;

pub use crate::{case::FileHash, summary::JoinedRows};
pub use cause::{Cause, CauseSpec};
pub use choice::{Choice, ChoiceError};
pub use dossier::Dossier;
pub use finding::{Finding, Severity, Step, Subject, Verdict};
pub use framing::{Baseline, Framing, Onset, OnsetKind, frame, frame_at, frame_by, frame_recent};
pub use investigation::{Investigation, Stage, investigate, investigate_by};
pub use label_doubt::LabelDoubt;
pub use label_trust::settle_labels;
pub use signal::{Observations, Signal};
pub use verdict::{
    Curve, Diagnosis, Evidence, Hypothesis, Judgement, LossShare, Presence, Remainder, Standing, Weights,
    excluded, with_families,
};
