//! Builds the data of a report from an investigation and a journal. Apart from sums over displayed numbers,
//! it computes nothing that a screen does not show.

mod actions;
mod appendix;
mod impact;
mod lessons;
mod outline;
mod story;

use std::collections::BTreeSet;

use crate::{
    autopsy::{Hypothesis, Investigation, Subject},
    remedy::fitted::Monitor,
};

use super::{
    account::AccountPart,
    analyst::Analyst,
    data::{MonitorPart, ReportData, VERSION},
    figure::Figure,
    sketch,
};

/// Maximum number of features with their own section.
const FEATURED: usize = 5;

/// Builds the data of a report.
pub(super) fn build(
    investigation: &Investigation,
    analyst: &Analyst,
    figures: &[Figure],
    monitors: &[Monitor],
    monitor_files: &[(String, String)],
) -> ReportData {
    let dossier = &investigation.dossier;
    let chosen = chosen(investigation, analyst);
    let featured = featured(investigation, analyst);
    let alerts = crate::remedy::monitor::replay(investigation);
    ReportData {
        version: VERSION,
        program: format!("coroner {}", env!("CARGO_PKG_VERSION")),
        title: dossier.title.clone(),
        task: dossier.task().name(),
        status: outline::status(investigation, analyst),
        period: dossier
            .period()
            .map(|(from, to)| (crate::text::time::rfc3339(from), crate::text::time::rfc3339(to))),
        summary: outline::summary(investigation, analyst, chosen),
        impact: impact::impact(investigation),
        account: AccountPart::of(investigation),
        detection: story::detection(investigation, analyst, &alerts),
        timeline: story::timeline(investigation, analyst, &alerts),
        diagnosis: outline::diagnosis(investigation, analyst, chosen),
        features: featured
            .iter()
            .map(|&feature| appendix::feature(investigation, feature, figures))
            .collect(),
        contributing: lessons::contributing(investigation, &alerts),
        resolution: actions::resolution(investigation, chosen),
        actions: actions::actions(investigation, chosen, &alerts, monitors),
        monitors: monitors
            .iter()
            .map(|monitor| MonitorPart {
                rule: monitor.message(investigation),
                record: super::monitors::record(monitor),
                monitor: monitor.clone(),
            })
            .collect(),
        monitor_files: monitor_files.iter().map(|(path, _)| path.clone()).collect(),
        lucky: lessons::lucky(investigation, &alerts),
        pins: analyst.pins.clone(),
        notes: analyst.notes.clone(),
        investigation: analyst.line.clone(),
        method: lessons::method(investigation),
        limits: lessons::limits(investigation),
        sketches: super::data::Sketches {
            course: sketch::course(investigation),
            drift: sketch::drift(investigation),
            evidence: chosen.map(sketch::evidence).unwrap_or_default(),
        },
        figures: figures
            .iter()
            .filter(|figure| figure.feature.is_none())
            .map(|figure| figure.picture.clone())
            .collect(),
        studies: Vec::new(),
        appendix: appendix::appendix(investigation),
    }
}

/// Returns the cause that the report is about: the one the analyst accepted, else the most probable one.
pub(super) fn chosen<'a>(investigation: &'a Investigation, analyst: &Analyst) -> Option<&'a Hypothesis> {
    let hypotheses = &investigation.diagnosis.hypotheses;
    match analyst.chosen {
        Some(cause) => hypotheses.iter().find(|h| h.cause == cause),
        None => hypotheses.first(),
    }
}

/// Returns the features at fault: those of the cause that the report is about, if it is more than a guess.
pub(super) fn at_fault<'a>(investigation: &'a Investigation, analyst: &Analyst) -> &'a [usize] {
    let decided = analyst.chosen.is_some() || investigation.diagnosis.undecided.is_none();
    chosen(investigation, analyst)
        .filter(|_| decided)
        .map_or(&[][..], |hypothesis| hypothesis.features.as_slice())
}

/// Returns the features with their own section: those at fault, then pinned ones, then those with an alarm,
/// by PSI.
pub(super) fn featured(investigation: &Investigation, analyst: &Analyst) -> Vec<usize> {
    let mut features = at_fault(investigation, analyst).to_vec();
    for pin in &analyst.pins {
        let finding = investigation.findings.iter().find(|f| f.id.is(&pin.id));
        if let Some(Subject::Feature(feature)) = finding.map(|f| &f.subject) {
            features.push(*feature);
        }
    }
    let mut moved: Vec<_> = investigation.drift.features.iter().filter(|line| line.level > 0).collect();
    moved.sort_by(|a, b| {
        let psi = |line: &crate::autopsy::exam::drift::DriftRow| line.moved().unwrap_or(0.0);
        b.level.cmp(&a.level).then(psi(b).total_cmp(&psi(a))).then(a.feature.cmp(&b.feature))
    });
    features.extend(moved.iter().map(|line| line.feature));
    let mut met = BTreeSet::new();
    features.retain(|&f| f < investigation.dossier.plan.features.len() && met.insert(f));
    features.truncate(FEATURED);
    features
}
