//! Everything that the exams may look at: the case, the summaries of its snapshots, and the period that is compared.

use std::sync::Arc;

use crate::{
    case::{Candidate, Costs, Event, FileHash, Thresholds},
    model::artifact::Artifact,
    summary::{Grid, JoinedRows, Micros, Plan, SnapshotSummary, Table, Task},
};

/// The case as its passes left it. Built once; no exam changes it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Name and version of the model: `credit-default 2026-03`.
    pub title: String,
    /// What was counted, and how.
    pub plan: Arc<Plan>,
    /// The training snapshot: one window.
    pub training: SnapshotSummary,
    /// The production log, by window.
    pub production: SnapshotSummary,
    /// The golden set, as rows, and how many rows its file holds ([`Table::population`]).
    pub golden: Option<Table>,
    /// Production rows as the training pipeline recomputes them, joined with the sample by id.
    pub offline: Option<JoinedRows>,
    /// The model that may follow the deployed one, as the contract describes it; its answers are columns of the
    /// production sample.
    pub candidate: Option<Candidate>,
    /// Production rows that people have labelled, joined with the sample by id; the score is the weight of a row that was
    /// drawn at random.
    pub reviewed: Option<JoinedRows>,
    /// Deploys, pipeline and schema changes, ascending.
    pub events: Vec<Event>,
    /// The deployed model, or why there is none to run.
    pub artifact: Result<Arc<Artifact>, String>,
    /// The thresholds of `coroner.toml`.
    pub thresholds: Thresholds,
    /// What a wrong answer costs, by `[costs]`.
    pub costs: Costs,
    /// The names of the ignored columns that look like an entity (account, customer), by their index in
    /// [`Table::extra`] of the production sample.
    pub entities: Vec<usize>,
    /// What was left out or guessed while reading, one sentence each.
    pub notes: Vec<String>,
    /// The files that were read: name and SHA-256, in the order of `[snapshots]`.
    pub files: Vec<FileHash>,
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
