//! Everything that the exams may look at: the case, the summaries of its snapshots, and the period that is compared.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::LabelDoubt;
use crate::{
    case::CaseData,
    model::artifact::Artifact,
    summary::{Grid, Micros, Table, Task},
};

/// What the exams look at: the data of the case, and the deployed model. Built once; no exam changes it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The case as its passes left it. A dossier is read as this data: `dossier.plan` is `dossier.data.plan`.
    pub data: CaseData,
    /// The deployed model, or why there is none to run.
    pub artifact: Result<Arc<Artifact>, String>,
    /// Labels that were taken out of what is judged, and why.
    pub label_doubts: Vec<LabelDoubt>,
}

impl Deref for Dossier {
    type Target = CaseData;

    fn deref(&self) -> &CaseData {
        &self.data
    }
}

impl DerefMut for Dossier {
    fn deref_mut(&mut self) -> &mut CaseData {
        &mut self.data
    }
}

impl Dossier {
    /// What the model predicts.
    #[must_use]
    pub fn task(&self) -> Task {
        self.plan.task
    }

    /// The name of a feature.
    #[must_use]
    pub fn feature_name(&self, feature: usize) -> &str {
        &self.plan.features[feature].name
    }

    /// The first and the last instant of the production sample, if it has a clock; of a profile, the begin of the first
    /// and the end of the last window.
    #[must_use]
    pub fn period(&self) -> Option<(Micros, Micros)> {
        if self.production.sample.is_profile() {
            let grid = self.grid()?;
            return Some((grid.start, grid.span(grid.windows - 1).to));
        }
        let time = &self.production.sample.time;
        Some((*time.first()?, *time.last()?))
    }

    /// When a window can be judged: at its end, or at the last row where the log ends before.
    #[must_use]
    pub fn seen_at(&self, grid: Grid, window: usize) -> Micros {
        let end = grid.span(window).to;
        self.period().map_or(end, |(_, last)| end.min(last))
    }

    /// Why a check that needs rows can't run, where a snapshot is a profile.
    ///
    /// * `training`, `golden`: whether it needs those, beside production.
    #[must_use]
    pub fn without_rows(&self, training: bool, golden: bool) -> Option<&'static str> {
        if self.production.sample.is_profile() {
            Some("the production snapshot is a profile, which holds no rows")
        } else if training && self.training.sample.is_profile() {
            Some("the training snapshot is a profile, which holds no rows")
        } else if golden && self.golden.as_ref().is_some_and(Table::is_profile) {
            Some("the golden set is a profile, which holds no rows")
        } else {
            None
        }
    }

    /// The grid of the production windows.
    #[must_use]
    pub fn grid(&self) -> Option<Grid> {
        self.production.grid
    }
}
