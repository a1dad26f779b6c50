//! Details of a feature, and the appendix.

use crate::{
    autopsy::{
        Investigation, Subject, Verdict,
        exam::drift::DISTANCES,
        view::{self, summary::Statistic},
    },
    case::keys::THRESHOLDS,
    report::{
        data::{Appendix, DistancePart, FeaturePart, FindingPart, InputPart, StatisticPart, ThresholdPart},
        figure::Figure,
        sketch,
    },
    text::number,
};

/// Returns all details of one feature.
pub(super) fn feature(investigation: &Investigation, feature: usize, figures: &[Figure]) -> FeaturePart {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let description = &dossier.plan.features[feature];
    let lines = investigation
        .drift
        .features
        .get(feature)
        .map(|line| {
            let numbers = view::Ascending::of(dossier, framing, line.feature);
            view::summary::summary(dossier, framing, line, &numbers)
        })
        .unwrap_or_default();
    let text = |statistic: Statistic, x: Option<f64>| {
        x.map_or_else(|| number::MISSING.to_owned(), |x| statistic.text(x))
    };
    FeaturePart {
        name: description.name.clone(),
        source: description.source.clone(),
        message: investigation
            .findings
            .iter()
            .filter(|f| f.flagged() && f.subject == Subject::Feature(feature))
            .map(|f| f.sentence().to_owned())
            .collect(),
        lines: lines
            .iter()
            .map(|line| StatisticPart {
                name: line.statistic.name(),
                values: [line.training, line.before, line.after].map(|x| text(line.statistic, x)),
            })
            .collect(),
        sketch: sketch::histogram(investigation, feature),
        figures: figures
            .iter()
            .filter(|figure| figure.feature == Some(feature))
            .map(|figure| figure.picture.clone())
            .collect(),
    }
}

/// Returns the appendix.
pub(super) fn appendix(investigation: &Investigation) -> Appendix {
    let dossier = &investigation.dossier;
    let thresholds = dossier.thresholds;
    let seed = dossier.plan.seed;
    Appendix {
        distances: DISTANCES.iter().map(|distance| distance.measure.name).collect(),
        inputs: inputs(investigation),
        findings: investigation
            .findings
            .iter()
            .map(|finding| FindingPart {
                id: finding.id.to_string(),
                step: finding.step,
                verdict: finding.verdict.name(),
                measure: finding.measure,
                value: finding.value,
                interval: finding.interval,
                threshold: finding.threshold,
                message: finding.sentence().to_owned(),
            })
            .collect(),
        thresholds: THRESHOLDS
            .iter()
            .map(|threshold| ThresholdPart {
                key: threshold.key,
                value: threshold.of(thresholds),
                meaning: threshold.meaning,
            })
            .collect(),
        files: dossier.files.clone(),
        // Where the rows came from is said in the method.
        notes: dossier.notes.iter().filter(|note| !dossier.origins.contains(note)).cloned().collect(),
        commands: vec![
            format!("coroner report CASE -o report --seed {seed}"),
            format!("coroner diagnose CASE --format json --seed {seed}"),
            "coroner open CASE".to_owned(),
        ],
        seed,
    }
}

fn inputs(investigation: &Investigation) -> Vec<InputPart> {
    let mut lines: Vec<_> = investigation.drift.features.iter().collect();
    lines.sort_by(|a, b| {
        b.level
            .cmp(&a.level)
            .then(b.moved().unwrap_or(0.0).total_cmp(&a.moved().unwrap_or(0.0)))
            .then(a.feature.cmp(&b.feature))
    });
    lines
        .into_iter()
        .map(|line| {
            let description = &investigation.dossier.plan.features[line.feature];
            let distances = &line.distances;
            InputPart {
                name: description.name.clone(),
                source: description.source.clone(),
                psi_before: line.psi_before,
                psi: distances.psi,
                distances: DISTANCES
                    .iter()
                    .map(|distance| DistancePart { key: distance.key, value: (distance.value)(distances) })
                    .collect(),
                q_value: distances.q_value,
                missing_before: distances.missing.0,
                missing: distances.missing.1,
                outside: distances.outside,
                verdict: Verdict::of_level(line.level).name(),
            }
        })
        .collect()
}
