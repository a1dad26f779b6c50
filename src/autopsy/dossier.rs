//! The data that the exams read: the case, the summaries of its snapshots, and the deployed model.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, OnceLock},
};

use super::LabelDoubt;
use crate::{
    cached::{Cached, Damaged, Reader, Writer},
    case::CaseData,
    model::{artifact::Artifact, out_of_fold::out_of_fold},
    summary::{Grid, Micros, Table, Task},
};

/// The input of the exams: the data of the case and the deployed model. Built once; no exam changes it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The case after all passes. It is available by dereference: `dossier.plan` is `dossier.data.plan`.
    pub data: CaseData,
    /// The deployed model, or why it can't be run.
    pub artifact: Result<Arc<Artifact>, String>,
    /// Labels that are excluded from all metrics, and why.
    pub label_doubts: Vec<LabelDoubt>,
    /// The part of the rows that the analyst narrowed the case to, in words.
    pub narrowed: Option<String>,
    /// Whether the case has a golden set of which too few rows belong to that part.
    pub lost_golden: bool,
    /// See [`Dossier::training_out_of_fold`].
    out_of_fold: OnceLock<Option<Table>>,
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
    /// A case with the model that was deployed; no label is doubted yet.
    #[must_use]
    pub fn new(data: CaseData, artifact: Result<Arc<Artifact>, String>) -> Self {
        Self {
            data,
            artifact,
            label_doubts: Vec::new(),
            narrowed: None,
            lost_golden: false,
            out_of_fold: OnceLock::new(),
        }
    }

    /// Training rows with answers of learners that did not see them, learnt when first asked for: what production is held
    /// against where neither its own past nor a golden set is there. None where too few rows have a label.
    #[must_use]
    pub fn training_out_of_fold(&self) -> Option<&Table> {
        self.out_of_fold.get_or_init(|| out_of_fold(&self.plan, &self.training.sample)).as_ref()
    }

    /// Writes everything but the deployed model, which is a file of the case.
    pub fn write(&self, to: &mut Writer<'_>) {
        self.data.write(to);
        self.label_doubts.write(to);
    }

    /// Reads what [`Dossier::write`] wrote.
    ///
    /// * `artifact`: the deployed model of the same case.
    ///
    /// # Errors
    ///
    /// When the bytes hold no dossier.
    pub fn read(from: &mut Reader<'_>, artifact: Result<Arc<Artifact>, String>) -> Result<Self, Damaged> {
        let (data, label_doubts) = Cached::read(from)?;
        Ok(Self {
            data,
            artifact,
            label_doubts,
            narrowed: None,
            lost_golden: false,
            out_of_fold: OnceLock::new(),
        })
    }

    /// What [`Dossier::training_out_of_fold`] has learnt; none where nobody has asked.
    pub(super) fn learnt_out_of_fold(&self) -> Option<&Option<Table>> {
        self.out_of_fold.get()
    }

    /// Takes over what was learnt from the same rows; what is known stays.
    pub(super) fn relearn_out_of_fold(&self, learnt: Option<Table>) {
        let _ = self.out_of_fold.set(learnt);
    }

    /// The type of the prediction.
    #[must_use]
    pub fn task(&self) -> Task {
        self.plan.task
    }

    /// The name of a feature.
    #[must_use]
    pub fn feature_name(&self, feature: usize) -> &str {
        &self.plan.features[feature].name
    }

    /// The first and the last instant of the production sample, if it has timestamps; of a profile, the start
    /// of the first and the end of the last window.
    #[must_use]
    pub fn period(&self) -> Option<(Micros, Micros)> {
        if self.production.sample.is_profile() {
            let grid = self.grid()?;
            return Some((grid.start, grid.span(grid.windows - 1).to));
        }
        let time = &self.production.sample.time;
        Some((*time.first()?, *time.last()?))
    }

    /// The earliest time at which a window can be evaluated: its end, or the last row if the log ends before.
    #[must_use]
    pub fn seen_at(&self, grid: Grid, window: usize) -> Micros {
        let end = grid.span(window).to;
        self.period().map_or(end, |(_, last)| end.min(last))
    }

    /// Why a check that needs rows can't run, if a snapshot is a profile.
    ///
    /// * `training`, `golden`: whether the check needs their rows as well as production's.
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
