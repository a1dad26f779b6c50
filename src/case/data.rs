//! The results of the passes over a case.

use std::{collections::BTreeMap, sync::Arc};

use super::{Bounds, Breakdown, Candidate, Costs, Event, FileHash, Run, SnapshotRole, Suite, Thresholds};
use crate::{
    cached::cached,
    summary::{JoinedRows, Plan, SnapshotSummary, Table},
};

/// The data of a case after its passes.
#[derive(Debug, Clone)]
pub struct CaseData {
    /// Name and version of the model: `credit-default 2026-03`.
    pub title: String,
    /// What was counted, and in which bins.
    pub plan: Arc<Plan>,
    /// The training snapshot: one window.
    pub training: SnapshotSummary,
    /// The production log, by window.
    pub production: SnapshotSummary,
    /// The golden set, as rows, with the number of rows in its file ([`Table::population`]).
    pub golden: Option<Table>,
    /// Production rows recomputed by the training pipeline, joined with the sample by id.
    pub offline: Option<JoinedRows>,
    /// The model that may replace the deployed one, as described in the contract; its predictions are columns
    /// of the production sample.
    pub candidate: Option<Candidate>,
    /// Production rows labelled by reviewers, joined with the sample by id; the score is the weight of a
    /// randomly drawn row.
    pub reviewed: Option<JoinedRows>,
    /// Deploys, pipeline and schema changes, ascending.
    pub events: Vec<Event>,
    /// The thresholds of `coroner.toml`.
    pub thresholds: Thresholds,
    /// What values a feature can have, by `[bounds]`.
    pub bounds: BTreeMap<String, Bounds>,
    /// How the numbers are broken down beside the diagnosis.
    pub breakdown: Breakdown,
    /// What a wrong answer costs, by `[costs]`.
    pub costs: Costs,
    /// The ignored columns that look like an entity (account, customer), by their index in [`Table::extra`]
    /// of the production sample.
    pub entities: Vec<usize>,
    /// The expectations of `[snapshots] expectations`, or why they can't be read, as a clause.
    pub suite: Option<Result<Suite, String>>,
    /// The outcomes of earlier checks, by `[snapshots] history`.
    pub runs: Vec<Run>,
    /// What was left out or guessed while reading, one sentence each.
    pub notes: Vec<String>,
    /// The files that were read: name and SHA-256, in the order of `[snapshots]`.
    pub files: Vec<FileHash>,
    /// Where the snapshots were read that are no files here: engine, table, version, one sentence each.
    pub origins: Vec<String>,
}

cached!(struct CaseData {
    title, plan, training, production, golden, offline, candidate, reviewed, events, thresholds, bounds,
    breakdown, costs, entities, suite, runs, notes, files, origins,
});

impl CaseData {
    /// Rows of the production sample that only people have labelled, with their labels, in ascending order.
    #[must_use]
    pub fn labelled_by_people(&self) -> Vec<(usize, f64)> {
        let Some(reviewed) = &self.reviewed else { return Vec::new() };
        let logged = &self.production.sample.label;
        let is_open = |row: usize| logged.get(row).is_none_or(|label| label.is_nan());
        let mut labels: Vec<(usize, f64)> = reviewed
            .production_row
            .iter()
            .zip(&reviewed.table.label)
            .filter(|(row, label)| is_open(**row) && !label.is_nan())
            .map(|(row, label)| (*row, *label))
            .collect();
        labels.sort_by_key(|(row, _)| *row);
        labels.dedup_by_key(|(row, _)| *row);
        labels
    }

    /// A case with only training and production.
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        plan: Plan,
        training: SnapshotSummary,
        production: SnapshotSummary,
    ) -> Self {
        Self {
            title: title.into(),
            plan: Arc::new(plan),
            training,
            production,
            golden: None,
            offline: None,
            candidate: None,
            reviewed: None,
            events: Vec::new(),
            thresholds: Thresholds::default(),
            bounds: BTreeMap::new(),
            breakdown: Breakdown::default(),
            costs: Costs::default(),
            entities: Vec::new(),
            suite: None,
            runs: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
            origins: Vec::new(),
        }
    }

    /// The same case with another production log, without a copy of its own.
    #[must_use]
    pub fn with_production(&self, production: SnapshotSummary) -> Self {
        Self {
            title: self.title.clone(),
            plan: Arc::clone(&self.plan),
            training: self.training.clone(),
            production,
            golden: self.golden.clone(),
            offline: self.offline.clone(),
            candidate: self.candidate.clone(),
            reviewed: self.reviewed.clone(),
            events: self.events.clone(),
            thresholds: self.thresholds,
            bounds: self.bounds.clone(),
            breakdown: self.breakdown.clone(),
            costs: self.costs.clone(),
            entities: self.entities.clone(),
            suite: self.suite.clone(),
            runs: self.runs.clone(),
            notes: self.notes.clone(),
            files: self.files.clone(),
            origins: self.origins.clone(),
        }
    }

    /// The number of rows of a snapshot; none where they are not counted, such as a candidate's predictions,
    /// which become columns of the production sample.
    #[must_use]
    pub fn rows(&self, role: SnapshotRole) -> Option<u64> {
        match role {
            SnapshotRole::Training => Some(self.training.rows),
            SnapshotRole::Production => Some(self.production.rows),
            SnapshotRole::Golden => Some(self.golden.as_ref().map_or(0, |golden| golden.population)),
            SnapshotRole::Offline => Some(self.offline.as_ref().map_or(0, |offline| offline.population)),
            SnapshotRole::Candidate | SnapshotRole::Labels | SnapshotRole::Predictions => None,
            SnapshotRole::Reviewed => Some(self.reviewed.as_ref().map_or(0, |rows| rows.population)),
        }
    }
}
