//! Findings for a snapshot that is a profile: the checks that need rows can't run, with the reason.

use crate::autopsy::{
    Finding, Observations, Verdict,
    catalogue::{ExamName, every_check},
};

/// A "not applicable" finding for each check of an exam that declares one for missing rows.
///
/// * `because`: the reason, from [`crate::autopsy::Dossier::without_rows`].
pub(super) fn not_applicable(exam: ExamName, because: &str) -> Observations {
    let missed = every_check().filter(|check| check.exam == exam && check.missed_without_rows);
    let findings = missed.map(|check| {
        let message = format!("{} can't be determined: {because}.", check.asks);
        Finding::new(check, Verdict::NotApplicable(because.to_owned()), message)
    });
    Observations { findings: findings.collect(), ..Observations::default() }
}
