//! Findings gathered into checks: one line for all subjects of the same question.

use crate::autopsy::{
    Finding, Investigation, Verdict,
    catalogue::{CheckSpec, FindingId},
};

/// All findings of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its question.
    pub spec: &'static CheckSpec,
    /// The worst verdict over its subjects.
    pub verdict: Verdict,
    /// The worst finding.
    pub worst: FindingId,
    /// The worst finding's sentence.
    pub message: String,
    /// Subjects that are flagged.
    pub flagged: usize,
    /// Subjects that were checked.
    pub checked: usize,
}

/// Gathers the findings of an investigation into checks: the worst first, else in the order in which the exams report
/// them.
#[must_use]
pub fn checks(investigation: &Investigation) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for finding in &investigation.findings {
        let spec = finding.id.check;
        let known = checks.iter().position(|check| check.spec == spec);
        let at = known.unwrap_or_else(|| {
            checks.push(Check {
                spec,
                verdict: finding.verdict.clone(),
                worst: finding.id.clone(),
                message: finding.message.clone(),
                flagged: 0,
                checked: 0,
            });
            checks.len() - 1
        });
        add(&mut checks[at], finding);
    }
    checks.sort_by_key(|check| std::cmp::Reverse(check.verdict.severity()));
    checks
}

fn add(check: &mut Check, finding: &Finding) {
    check.checked += usize::from(!matches!(finding.verdict, Verdict::NotApplicable(_)));
    check.flagged += usize::from(finding.flagged());
    if finding.verdict.severity() > check.verdict.severity() {
        check.verdict = finding.verdict.clone();
        check.worst.clone_from(&finding.id);
        check.message.clone_from(&finding.message);
    }
}
