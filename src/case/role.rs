//! The snapshots that a case may name.

use super::Case;

/// One of the snapshots that a case names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SnapshotRole {
    /// The data that the model was trained on.
    Training,
    /// The log of its predictions in production.
    Production,
    /// Trusted labelled rows.
    Golden,
    /// Production rows recomputed by the training pipeline.
    Offline,
    /// A candidate's predictions for production rows.
    Candidate,
    /// Production rows labelled by reviewers.
    Reviewed,
    /// The labels of production rows, in a separate file.
    Labels,
    /// The answers to production rows, in a file of their own.
    Predictions,
}

impl SnapshotRole {
    /// All of them, in the order in which they are read.
    pub const ALL: [Self; 8] = [
        Self::Training,
        Self::Production,
        Self::Golden,
        Self::Offline,
        Self::Candidate,
        Self::Reviewed,
        Self::Labels,
        Self::Predictions,
    ];

    /// Its key in `[snapshots]`; the candidate has its own section.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Production => "production",
            Self::Golden => "golden",
            Self::Offline => "offline",
            Self::Candidate => "candidate",
            Self::Reviewed => "reviewed",
            Self::Labels => "labels",
            Self::Predictions => "predictions",
        }
    }

    /// Whether its rows are joined with production rows by id.
    #[must_use]
    pub const fn is_joined(self) -> bool {
        match self {
            Self::Training | Self::Production | Self::Golden => false,
            Self::Offline | Self::Candidate | Self::Reviewed | Self::Labels | Self::Predictions => true,
        }
    }

    /// Sets its path, glob or address in a case. A case without a candidate stays without one.
    pub fn name_in(self, case: &mut Case, named: String) {
        match self {
            Self::Training => case.snapshots.training = named,
            Self::Production => case.snapshots.production = named,
            Self::Golden => case.snapshots.golden = Some(named),
            Self::Offline => case.snapshots.offline = Some(named),
            Self::Candidate => {
                if let Some(candidate) = &mut case.candidate {
                    candidate.file = Some(named);
                }
            }
            Self::Reviewed => case.snapshots.reviewed = Some(named),
            Self::Labels => case.snapshots.labels = Some(named),
            Self::Predictions => case.snapshots.predictions = Some(named),
        }
    }

    /// Its path, glob or address in a case, if any.
    #[must_use]
    pub fn named(self, case: &Case) -> Option<&str> {
        match self {
            Self::Training => Some(&case.snapshots.training),
            Self::Production => Some(&case.snapshots.production),
            Self::Golden => case.snapshots.golden.as_deref(),
            Self::Offline => case.snapshots.offline.as_deref(),
            Self::Candidate => case.candidate.as_ref().and_then(|candidate| candidate.file.as_deref()),
            Self::Reviewed => case.snapshots.reviewed.as_deref(),
            Self::Labels => case.snapshots.labels.as_deref(),
            Self::Predictions => case.snapshots.predictions.as_deref(),
        }
    }
}

impl Case {
    /// The snapshots of the case, each with its path, glob or address, in the order of reading.
    pub fn named_snapshots(&self) -> impl Iterator<Item = (SnapshotRole, &str)> {
        SnapshotRole::ALL.into_iter().filter_map(|role| Some((role, role.named(self)?)))
    }

    /// All inputs that the case names, in the order of reports: the snapshots, with the events before those
    /// that are joined by id, and the deployed model.
    #[must_use]
    pub fn named_inputs(&self) -> Vec<&str> {
        let mut inputs = Vec::new();
        for role in SnapshotRole::ALL {
            if role == SnapshotRole::Candidate {
                inputs.extend(self.snapshots.events.as_deref());
                inputs.extend(self.snapshots.expectations.as_deref());
            }
            inputs.extend(role.named(self));
        }
        inputs.extend(self.model.artifact.as_deref());
        inputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Candidate, Case};

    #[test]
    fn every_snapshot_is_found_under_the_name_that_it_was_given() {
        let mut case = Case { candidate: Some(Candidate::default()), ..Case::default() };
        for role in SnapshotRole::ALL {
            role.name_in(&mut case, format!("{}.csv", role.key()));
        }
        let named: Vec<(SnapshotRole, &str)> = case.named_snapshots().collect();
        assert_eq!(named.len(), SnapshotRole::ALL.len());
        assert!(named.iter().all(|(role, name)| *name == format!("{}.csv", role.key())), "{named:?}");
    }

    #[test]
    fn inputs_are_listed_in_the_order_of_reports() {
        let mut case = Case { candidate: Some(Candidate::default()), ..Case::default() };
        for role in SnapshotRole::ALL {
            role.name_in(&mut case, role.key().to_owned());
        }
        case.snapshots.events = Some("events".to_owned());
        case.model.artifact = Some("model".to_owned());
        assert_eq!(
            case.named_inputs(),
            [
                "training",
                "production",
                "golden",
                "offline",
                "events",
                "candidate",
                "reviewed",
                "labels",
                "predictions",
                "model"
            ]
        );
    }
}
