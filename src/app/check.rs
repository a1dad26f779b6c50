//! Findings gathered into checks: one line for all subjects of the same question.

use crate::autopsy::{Finding, Investigation, Step, Verdict};

/// All findings of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The part of the findings' ids before the colon: `drift.psi`.
    pub id: String,
    /// Its name on screen.
    pub name: String,
    /// The step that shows it.
    pub step: Step,
    /// The worst verdict over its subjects.
    pub verdict: Verdict,
    /// The id of the worst finding.
    pub worst: String,
    /// The worst finding's sentence.
    pub says: String,
    /// Subjects that are flagged.
    pub flagged: usize,
    /// Subjects that were checked.
    pub checked: usize,
}

/// How bad a verdict is; checks that could not run come before clear ones only in being unknown.
#[must_use]
pub(super) fn severity(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::NotApplicable(_) => 0,
        Verdict::Clear => 1,
        Verdict::Watch => 2,
        Verdict::Alarm => 3,
    }
}

/// Gathers the findings of an investigation into checks, in the order in which the exams report them.
#[must_use]
pub fn checks(investigation: &Investigation) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for finding in &investigation.findings {
        let id = finding.id.split(':').next().unwrap_or_default();
        let known = checks.iter().position(|check| check.id == id);
        let at = known.unwrap_or_else(|| {
            checks.push(Check {
                id: id.to_owned(),
                name: name_of(id),
                step: finding.step,
                verdict: finding.verdict.clone(),
                worst: finding.id.clone(),
                says: finding.says.clone(),
                flagged: 0,
                checked: 0,
            });
            checks.len() - 1
        });
        add(&mut checks[at], finding);
    }
    checks
}

fn add(check: &mut Check, finding: &Finding) {
    check.checked += usize::from(!matches!(finding.verdict, Verdict::NotApplicable(_)));
    check.flagged += usize::from(finding.flagged());
    if severity(&finding.verdict) > severity(&check.verdict) {
        check.verdict = finding.verdict.clone();
        check.worst.clone_from(&finding.id);
        check.says.clone_from(&finding.says);
    }
}

/// The name on screen: the id's last part in words.
fn name_of(id: &str) -> String {
    let last = id.rsplit('.').next().unwrap_or(id).replace('_', " ");
    let first = id.split('.').next().unwrap_or_default();
    let first = if last.starts_with(first) { String::new() } else { format!("{first} ") };
    format!("{first}{last}").replace("psi", "PSI").replace("auc", "AUC")
}
