//! What the exams say of a snapshot that is a profile: a check that needs rows can't run, and says why.

use crate::autopsy::{Finding, Observations, Step, Verdict};

/// A check that needs rows: the id of its finding, and what it can't tell without them.
pub(super) type NeedsRows = (&'static str, &'static str);

/// A finding for each check that can't run.
///
/// * `because`: the reason, as [`crate::autopsy::Dossier::without_rows`] gives it.
pub(super) fn not_applicable(step: Step, checks: &[NeedsRows], because: &str) -> Observations {
    let finding = |&(id, what): &NeedsRows| {
        let says = format!("{what} can't be told: {because}.");
        Finding::new(id, step, Verdict::NotApplicable(because.to_owned()), says)
    };
    Observations { findings: checks.iter().map(finding).collect(), ..Observations::default() }
}
