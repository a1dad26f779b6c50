//! Whom the findings accuse: the one order of suspicion and the one severity that all screens share.

use crate::autopsy::{
    Cause, Finding, Hypothesis, Investigation, Severity, Standing, Step, Subject,
    account::Place,
    catalogue::{CheckSpec, checks},
};
use crate::wording;

/// Whether the diagnosis is that nothing is wrong.
#[must_use]
pub fn is_healthy(investigation: &Investigation) -> bool {
    let top = investigation.diagnosis.top();
    top.is_some_and(|top| top.cause == Cause::None && top.standing == Standing::Found)
}

/// How bad a finding is in the light of the diagnosis: where nothing is wrong, what a check found costs nothing and is no
/// more than worth a look.
#[must_use]
pub fn severity(investigation: &Investigation, finding: &Finding) -> Severity {
    on_step(investigation, finding.step, finding.verdict.severity())
}

/// The same of a severity on a step. Where the diagnosis is that the relation stands, what makes it look changed is worth a look.
#[must_use]
pub fn on_step(investigation: &Investigation, step: Step, severity: Severity) -> Severity {
    let severity = tempered(investigation, severity);
    let is_explained = || step == Step::Concept && not_the_relation(investigation).is_some();
    if severity > Severity::Watch && is_explained() { Severity::Watch } else { severity }
}

/// The same of a severity.
#[must_use]
pub fn tempered(investigation: &Investigation, severity: Severity) -> Severity {
    if is_healthy(investigation) { severity.min(Severity::Watch) } else { severity }
}

/// The checks of the answers' distribution.
pub const OF_ANSWERS: [&CheckSpec; 4] = [
    &checks::DRIFT_ANSWERS,
    &checks::DRIFT_ANSWERS_MEAN,
    &checks::DRIFT_ANSWERS_MODE,
    &checks::DRIFT_CONFIDENCE,
];

/// The checks of the outcomes' distribution.
pub const OF_OUTCOMES: [&CheckSpec; 2] = [&checks::DRIFT_LABELS, &checks::LABEL_SHIFT_PREVALENCE];

/// What explains a loss at the same inputs if not a changed relation of the outcome to the inputs, as a clause; `None` if
/// the relation may have changed. The causes that are found decide; where none is, the account does, then the golden set.
#[must_use]
pub fn not_the_relation(investigation: &Investigation) -> Option<String> {
    let is_elsewhere = |cause: Cause| !cause.is_of_relation() && cause != Cause::LabelShift;
    let mut found = investigation.diagnosis.hypotheses.iter().filter(|h| h.standing == Standing::Found);
    if let Some(first) = found.next() {
        let elsewhere = is_elsewhere(first.cause) && found.all(|other| is_elsewhere(other.cause));
        return elsewhere.then(|| match first.cause {
            Cause::None => "the diagnosis finds no degradation".to_owned(),
            cause => format!("the diagnosis is {}", cause.name()),
        });
    }
    if let Ok(account) = &investigation.account {
        let found: Vec<_> = account.lines.iter().filter(|line| line.is_found()).collect();
        if found.iter().any(|line| matches!(line.place, Place::Relation | Place::Constant)) {
            return None;
        }
        if let Some(most) = found.into_iter().max_by(|a, b| a.amount.value.total_cmp(&b.amount.value)) {
            let place = wording::account::place(&investigation.dossier, most.place);
            return Some(format!("the loss arose here: {place}"));
        }
    }
    let falls = investigation.golden.as_ref().is_some_and(|golden| golden.worst_z > 3.0);
    falls.then(|| "the golden set falls too, so it is the model".to_owned())
}

/// The worst outcome of some checks in the light of the diagnosis; none where none could be asked.
#[must_use]
pub fn worst_of(investigation: &Investigation, asked: &[&'static CheckSpec]) -> Option<Severity> {
    let own = investigation.findings.iter().filter(|finding| asked.contains(&finding.id.check));
    let known = own.map(|finding| severity(investigation, finding)).filter(|s| *s != Severity::Unknown);
    known.max()
}

/// The first found cause that names features.
#[must_use]
pub fn naming(investigation: &Investigation) -> Option<&Hypothesis> {
    investigation.diagnosis.found().into_iter().find(|cause| !cause.features.is_empty())
}

/// The worst outcome of the checks that have a feature as their subject; none where none could be asked.
#[must_use]
pub fn accusation(investigation: &Investigation, feature: usize) -> Option<Severity> {
    let own = investigation.findings.iter().filter(|finding| finding.subject == Subject::Feature(feature));
    own.map(|finding| finding.verdict.severity()).filter(|s| *s != Severity::Unknown).max()
}

/// The inputs by suspicion: those that the diagnosis names, then by the worst finding, then by how far they moved.
#[must_use]
pub fn suspects(investigation: &Investigation) -> Vec<usize> {
    let named = investigation.diagnosis.top().map_or(&[][..], |top| &top.features);
    let worst = accusations(investigation);
    let mut all: Vec<usize> = (0..investigation.drift.features.len()).collect();
    let moved = |feature: usize| {
        let row = &investigation.drift.features[feature];
        row.moved().filter(|psi| psi.is_finite()).unwrap_or(f64::NEG_INFINITY)
    };
    all.sort_by(|&a, &b| {
        let place = |feature| named.iter().position(|&f| f == feature).unwrap_or(usize::MAX);
        place(a)
            .cmp(&place(b))
            .then(worst[b].cmp(&worst[a]))
            .then(moved(b).total_cmp(&moved(a)))
            .then(a.cmp(&b))
    });
    all
}

/// [`accusation`] of every feature at once.
#[must_use]
pub fn accusations(investigation: &Investigation) -> Vec<Option<Severity>> {
    let mut worst = vec![None; investigation.drift.features.len()];
    for finding in &investigation.findings {
        if let Subject::Feature(feature) = finding.subject
            && let Some(known) = worst.get_mut(feature)
            && finding.verdict.severity() != Severity::Unknown
        {
            *known = (*known).max(Some(finding.verdict.severity()));
        }
    }
    worst
}
