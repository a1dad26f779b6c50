//! Which upstream system delivers the faulty columns, and do they fail on the same rows?

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
        exam::context::ExamContext,
    },
    stats::testing::hypergeometric_tail,
    text::{number, phrase::list},
};

use super::{
    facts::{Facts, changes},
    points,
};

/// Maximum probability that the faulty features fall into one source by chance.
const UNLIKELY: f64 = 0.01;

/// Minimum overlap of faulty rows to count as one event.
const OVERLAP: f64 = 0.5;

/// A fault on nearly all rows necessarily overlaps with every other.
const NEARLY_ALL: f64 = 0.95;

/// The features of each source and how many are flagged, and whether one source stands out.
pub(super) fn examine(
    context: &ExamContext<'_>,
    flagged: &[usize],
) -> (Vec<(String, Vec<usize>, usize)>, Observations) {
    let dossier = context.dossier;
    let mut observations = Observations::default();
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (j, feature) in dossier.plan.features.iter().enumerate() {
        if let Some(source) = &feature.source {
            members.entry(source).or_default().push(j);
        }
    }
    let sources: Vec<(String, Vec<usize>, usize)> = members
        .into_iter()
        .map(|(name, features)| {
            let hit = features.iter().filter(|j| flagged.contains(j)).count();
            (name.to_owned(), features, hit)
        })
        .collect();
    let id = &checks::PIPELINE_SOURCE;
    if sources.len() < 2 {
        let because = "coroner.toml names fewer than two sources";
        observations.findings.push(Finding::not_applicable(id, "No source can be blamed", because));
        return (sources, observations);
    }
    let total = dossier.plan.features.len() as u64;
    let p = |features: &[usize], hit: usize| {
        hypergeometric_tail(total, flagged.len() as u64, features.len() as u64, hit as u64).unwrap_or(1.0)
    };
    let best = sources
        .iter()
        .filter(|s| s.2 >= 2)
        .map(|s| (s, p(&s.1, s.2)))
        .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.0.cmp(&b.0.0)));
    let (finding, strength, features) = match best {
        None => {
            let message = "No source delivers two or more faulty columns.";
            (Finding::new(id, Verdict::Clear, message), 0.0, Vec::new())
        }
        Some(((name, features, hit), p)) => {
            let own: Vec<usize> = features.iter().copied().filter(|j| flagged.contains(j)).collect();
            let message = format!(
                "{name} delivers {hit} of the {} faulty columns, with {} of all {total} (p = {}).",
                flagged.len(),
                features.len(),
                number::p_value(p),
            );
            let verdict = if p <= UNLIKELY { Verdict::Alarm } else { Verdict::Watch };
            let finding = Finding {
                subject: Subject::Source(name.clone()),
                measure: measures::HYPERGEOMETRIC.name,
                value: Some(p),
                threshold: Some(UNLIKELY),
                ..Finding::new(id, verdict, message)
            };
            (finding, -p.max(1e-12).log10(), own)
        }
    };
    observations.findings.push(finding);
    observations.signal(&signals::PIPELINE_SOURCE, strength, &features, id);
    (sources, observations)
}

/// Whether features with new missing, unreadable or sentinel values have them on the same rows (Jaccard
/// index).
pub(super) fn same_rows(dossier: &Dossier, framing: &Framing, facts: &[Facts]) -> Observations {
    let mut observations = Observations::default();
    let columns = &dossier.production.sample.features;
    let (nulls, _) = changes(facts, |f| f.missing);
    let (texts, _) = changes(facts, |f| f.unreadable);
    let mut faulty: Vec<usize> = nulls.iter().chain(&texts).map(|c| facts[c.at].feature).collect();
    faulty.sort_unstable();
    faulty.dedup();
    let mut masks: Vec<(usize, Vec<bool>)> = faulty
        .into_iter()
        .map(|j| (j, framing.after.iter().map(|&r| columns[j].is_missing(r)).collect()))
        .collect();
    masks.extend(points::sentinels(dossier, framing, facts).into_iter().map(|s| {
        let mask = framing.after.iter().map(|&r| points::holds(&columns[s.feature], r, s.value)).collect();
        (s.feature, mask)
    }));
    let hits = |mask: &[bool]| mask.iter().filter(|hit| **hit).count();
    masks.retain(|(_, mask)| (hits(mask) as f64) < NEARLY_ALL * mask.len() as f64);
    masks.truncate(60);
    let mut best: Option<(usize, usize, f64)> = None;
    for (i, (a, x)) in masks.iter().enumerate() {
        for (b, y) in masks[i + 1..].iter().filter(|(b, _)| b != a) {
            let both = x.iter().zip(y).filter(|(x, y)| **x && **y).count();
            let either = hits(x) + hits(y) - both;
            let jaccard = both as f64 / either.max(1) as f64;
            if best.is_none_or(|b| jaccard > b.2) {
                best = Some((*a, *b, jaccard));
            }
        }
    }
    let id = &checks::PIPELINE_SAME_ROWS;
    let Some((a, b, jaccard)) = best else {
        observations.signal(&signals::PIPELINE_SAME_ROWS, 0.0, &[], &checks::PIPELINE_NULLS);
        return observations;
    };
    let names = list(&[dossier.feature_name(a), dossier.feature_name(b)]);
    let message =
        format!("{names} fail together: in {} of the rows where one fails, both do.", number::share(jaccard));
    let verdict = if jaccard >= OVERLAP { Verdict::Alarm } else { Verdict::Clear };
    observations.findings.push(Finding {
        measure: measures::JACCARD.name,
        value: Some(jaccard),
        threshold: Some(OVERLAP),
        ..Finding::new(id, verdict, message)
    });
    let together: &[usize] = if jaccard >= OVERLAP { &[a, b] } else { &[] };
    observations.signal(&signals::PIPELINE_SAME_ROWS, jaccard, together, id);
    observations
}
