//! Predictions for modified rows: from the artefact where there is one, else from its surrogate.

use std::sync::Arc;

use crate::{
    autopsy::{
        Dossier,
        scoring::{self, Answers},
    },
    model::{artifact::Artifact, surrogate::Surrogate},
    stats::metric::Metric,
    summary::{Table, Task},
};

/// A surrogate that explains less than this share of the logged predictions is not used for single rows.
pub(super) const LEAST_FIDELITY: f64 = 0.8;

/// A model that can predict rows again.
#[derive(Debug, Clone)]
pub enum Rescorer {
    /// The deployed artefact.
    Artifact(Arc<Artifact>),
    /// A model that was fitted to the training snapshot's logged predictions.
    Surrogate(Arc<Surrogate>),
}

impl Rescorer {
    /// The artefact if it runs on this case's rows, else the surrogate if its fidelity suffices.
    #[must_use]
    pub fn choose(dossier: &Dossier, surrogate: Option<&Arc<Surrogate>>) -> Option<Self> {
        if let Ok(artifact) = &dossier.artifact
            && artifact.answer(&dossier.plan, &dossier.training.sample, &[0]).is_ok()
        {
            return Some(Self::Artifact(Arc::clone(artifact)));
        }
        surrogate.filter(|s| s.fidelity().value() > LEAST_FIDELITY).map(|s| Self::Surrogate(Arc::clone(s)))
    }

    /// The name for people.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Artifact(_) => "the artefact",
            Self::Surrogate(_) => "a surrogate of the model",
        }
    }

    /// Class (or value) and score of the given rows; an empty vector where the model gives none.
    #[must_use]
    pub fn answer(&self, dossier: &Dossier, table: &Table, rows: &[usize]) -> Option<(Vec<f64>, Vec<f64>)> {
        match self {
            Self::Artifact(artifact) => {
                artifact.answer(&dossier.plan, table, rows).ok().map(|a| (a.prediction, a.score))
            }
            Self::Surrogate(surrogate) => {
                let answers = surrogate.answers(table, rows);
                Some((answers.prediction, answers.score))
            }
        }
    }

    /// The loss of every row of a table under this model's predictions, and a metric of them where it is
    /// defined.
    ///
    /// * `table`: rows that all have a label.
    #[must_use]
    pub fn judge(
        &self,
        dossier: &Dossier,
        table: &Table,
        metric: Option<Metric>,
    ) -> Option<(Vec<f64>, Option<f64>)> {
        let all: Vec<usize> = (0..table.rows).collect();
        let (prediction, score) = self.answer(dossier, table, &all)?;
        let answers = Self::answers(dossier, &table.label, &prediction, &score);
        let losses = all.iter().map(|&row| answers.loss(row)).collect();
        let value = metric
            .and_then(|metric| scoring::values(&answers, &all, &[metric]).first().copied())
            .filter(|value| value.is_finite());
        Some((losses, value))
    }

    pub(super) fn answers<'a>(
        dossier: &Dossier,
        label: &'a [f64],
        prediction: &'a [f64],
        score: &'a [f64],
    ) -> Answers<'a> {
        let score = if dossier.task() == Task::Binary { score } else { &[] };
        Answers {
            task: dossier.task(),
            classes: dossier.plan.classes.len(),
            label,
            prediction,
            score,
            class_scores: &[],
        }
    }
}
