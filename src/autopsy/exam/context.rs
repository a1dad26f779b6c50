//! What an exam is given.

use crate::{
    autopsy::{Dossier, Framing},
    model::surrogate::Surrogate,
};

use super::{rescorer::Rescorer, window_split::Periods, yardstick::Yardstick};

/// Everything that an exam may look at. No exam sees what another one found.
pub struct ExamContext<'a> {
    /// What was read.
    pub dossier: &'a Dossier,
    /// Which rows are compared with which.
    pub framing: &'a Framing,
    /// Which windows lie before the onset, and which after it.
    pub periods: Periods,
    /// Stands in for the deployed model's score and its parts; none where training logs no answers, or before it is fitted.
    pub surrogate: Option<&'a Surrogate>,
    /// The model that answers rows again; none where there is none, or before it is chosen.
    pub rescorer: Option<&'a Rescorer>,
    /// What repairs are measured with, or why they can't be; none before it is chosen.
    pub yardstick: Option<&'a Result<Yardstick, String>>,
    /// Called after each part of a long exam, from whichever thread it ran on.
    pub part_done: &'a (dyn Fn() + Sync),
}

impl<'a> ExamContext<'a> {
    /// A case and its comparison, without any model to ask.
    #[must_use]
    pub fn new(dossier: &'a Dossier, framing: &'a Framing) -> Self {
        Self {
            dossier,
            framing,
            periods: Periods::new(dossier, framing),
            surrogate: None,
            rescorer: None,
            yardstick: None,
            part_done: &|| (),
        }
    }
}
