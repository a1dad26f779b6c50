//! The input of an exam.

use crate::{
    autopsy::{Dossier, Framing},
    model::surrogate::Surrogate,
};

use super::{
    rescorer::Rescorer,
    window_split::Periods,
    yardstick::{Launch, Yardstick},
};

/// Everything that an exam may read. No exam sees the result of another one.
pub struct ExamContext<'a> {
    /// The data of the case.
    pub dossier: &'a Dossier,
    /// Which rows are compared with which.
    pub framing: &'a Framing,
    /// Which windows lie before the onset, and which after it.
    pub periods: Periods,
    /// The surrogate of the deployed model's score and its parts; none where training logs no predictions, or
    /// before it is fitted.
    pub surrogate: Option<&'a Surrogate>,
    /// The model that predicts modified rows; none where there is none, or before it is chosen.
    pub rescorer: Option<&'a Rescorer>,
    /// The data and metric for measuring repairs, or why there are none; none before it is chosen.
    pub yardstick: Option<&'a Result<Yardstick, String>>,
    /// The launch model as the rows before the onset show it; none where too few answers are logged, or before it is fitted.
    pub launch: Option<&'a Launch>,
    /// Called after each part of a long exam, on the thread that ran the part.
    pub part_done: &'a (dyn Fn() + Sync),
}

impl<'a> ExamContext<'a> {
    /// A case and its comparison, without a surrogate or rescorer.
    #[must_use]
    pub fn new(dossier: &'a Dossier, framing: &'a Framing) -> Self {
        Self {
            dossier,
            framing,
            periods: Periods::new(dossier, framing),
            surrogate: None,
            rescorer: None,
            yardstick: None,
            launch: None,
            part_done: &|| (),
        }
    }
}
