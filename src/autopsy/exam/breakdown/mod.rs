//! How the numbers break down by what the contract names: groups of people, versions of the model, columns of text; and by
//! embeddings. Where it names none, nothing is measured.

pub mod parity;
pub mod texts;
pub mod vectors;
pub mod versions;

use crate::{autopsy::Observations, summary::Kind};

use super::context::ExamContext;

/// Whether groups of people are treated alike, and whether versions of the model do alike.
#[must_use]
pub fn of_answers(context: &ExamContext<'_>) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    for name in &dossier.breakdown.groups {
        observations.findings.push(parity::finding(dossier, framing, name));
    }
    if let Some(column) = &dossier.breakdown.version {
        observations.findings.push(versions::finding(dossier, framing, column));
    }
    observations
}

/// Whether texts and vectors are like those before.
#[must_use]
pub fn of_inputs(context: &ExamContext<'_>) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    if dossier.without_rows(true, false).is_some() {
        return observations;
    }
    for name in &dossier.breakdown.text {
        observations.findings.push(texts::finding(dossier, framing, name));
    }
    let embeddings = dossier.plan.features.iter().enumerate();
    for (feature, _) in embeddings.filter(|(_, feature)| feature.kind == Kind::Embedding) {
        observations.findings.extend(vectors::finding(dossier, framing, feature));
    }
    observations
}

#[cfg(test)]
mod tests;
