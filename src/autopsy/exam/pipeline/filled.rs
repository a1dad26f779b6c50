//! Missing values that became one value: 0, −1, the mean, a level such as `unknown`.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
    },
    summary::{Bins, Column, MISSING},
    text::number,
};

use super::facts::Facts;

/// Missing values must fall by this share of the rows …
const FEWER: f64 = 0.02;

/// … and by this part of what was missing.
const MOST_OF_THEM: f64 = 0.5;

/// The value that took their place rises by as much, to within this part of the fall (and `FEWER / 2` of the rows).
const AS_MUCH: f64 = 0.25;

/// A column whose missing values became one value.
struct Filled {
    feature: usize,
    /// Share of the rows with the value since the onset that had none before.
    share: f64,
    /// The value as text.
    value: String,
    /// Missing share before and since.
    missing: (f64, f64),
}

/// Reports the columns whose missing values became one value.
pub(super) fn examine(dossier: &Dossier, framing: &Framing, facts: &[Facts]) -> Observations {
    let mut observations = Observations::default();
    let mut found: Vec<Filled> =
        facts.iter().filter(|fact| fact.present).filter_map(|fact| filled(dossier, framing, fact)).collect();
    found.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.feature.cmp(&b.feature)));
    for filled in &found {
        let name = dossier.feature_name(filled.feature);
        observations.findings.push(Finding {
            subject: Subject::Feature(filled.feature),
            measure: measures::MISSING.name,
            value: Some(filled.missing.1),
            threshold: Some(filled.missing.0),
            ..Finding::new(
                checks::PIPELINE_FILLED.of(name),
                Verdict::Alarm,
                format!(
                    "{name} was missing on {} of the rows and is on {} since the onset, while {} more rows hold {}: missing \
                     values arrive as that value.",
                    number::share(filled.missing.0),
                    number::share(filled.missing.1),
                    number::share(filled.share),
                    filled.value,
                ),
            )
        });
    }
    if found.is_empty() {
        let message = "No missing values have become one value such as 0 or −1.".to_owned();
        observations.findings.push(Finding::new(&checks::PIPELINE_FILLED, Verdict::Clear, message));
    }
    let features: Vec<usize> = found.iter().map(|filled| filled.feature).collect();
    let share = found.first().map_or(0.0, |filled| filled.share);
    let proof = found.first().map_or_else(
        || (&checks::PIPELINE_FILLED).into(),
        |filled| checks::PIPELINE_FILLED.of(dossier.feature_name(filled.feature)),
    );
    observations.signal(&signals::PIPELINE_FILLED, share, &features, proof);
    observations
}

fn filled(dossier: &Dossier, framing: &Framing, fact: &Facts) -> Option<Filled> {
    let was = fact.missing.before.unwrap_or(fact.missing.training).share();
    let is = fact.missing.after.share();
    let fell = was - is;
    if fell < FEWER || fell < MOST_OF_THEM * was {
        return None;
    }
    let column = &dossier.production.sample.features[fact.feature];
    let earlier = if framing.before.is_empty() {
        let training = &dossier.training.sample;
        shares(&training.features[fact.feature], 0..training.rows)
    } else {
        shares(column, framing.before.iter().copied())
    };
    let rises = shares(column, framing.after.iter().copied())
        .into_iter()
        .map(|(value, share)| (value, share - earlier.get(&value).copied().unwrap_or(0.0)));
    let (value, share) = rises.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let as_much = (share - fell).abs() <= (AS_MUCH * fell).max(FEWER / 2.0);
    as_much.then(|| Filled {
        feature: fact.feature,
        share,
        value: as_text(dossier, fact.feature, value),
        missing: (was, is),
    })
}

/// The share of some rows that holds each value, by the bits of a number or the code of a level.
fn shares(column: &Column, rows: impl Iterator<Item = usize>) -> BTreeMap<u64, f64> {
    let (mut counts, mut n) = (BTreeMap::new(), 0_usize);
    for row in rows {
        n += 1;
        let value = match column {
            Column::Numeric { values, .. } if values[row].is_finite() => Some(values[row].to_bits()),
            Column::Categorical(codes) if codes[row] != MISSING => Some(u64::from(codes[row])),
            _ => None,
        };
        if let Some(value) = value {
            *counts.entry(value).or_insert(0.0) += 1.0;
        }
    }
    counts.values_mut().for_each(|count| *count /= n.max(1) as f64);
    counts
}

fn as_text(dossier: &Dossier, feature: usize, value: u64) -> String {
    match &dossier.plan.features[feature].bins {
        Bins::Numeric(_) => number::value(f64::from_bits(value)),
        _ => dossier.plan.features[feature].levels.get(value as usize).cloned().unwrap_or_default(),
    }
}
