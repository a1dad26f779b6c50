//! What the exams say of a snapshot that is a profile: a check that needs rows can't run, and says why.

use crate::autopsy::{
    Finding, Observations, Verdict,
    catalogue::{ExamName, every_check},
};

/// A finding for each check of an exam that can't run without rows and says so.
///
/// * `because`: the reason, as [`crate::autopsy::Dossier::without_rows`] gives it.
pub(super) fn not_applicable(exam: ExamName, because: &str) -> Observations {
    let missed = every_check().filter(|check| check.exam == exam && check.missed_without_rows);
    let findings = missed.map(|check| {
        let message = format!("{} can't be determined: {because}.", check.asks);
        Finding::new(check, Verdict::NotApplicable(because.to_owned()), message)
    });
    Observations { findings: findings.collect(), ..Observations::default() }
}
