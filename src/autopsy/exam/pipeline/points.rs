//! Single values that suddenly occur on many rows: sentinels such as −999, defaults, one value for all rows.

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
        exam::context::ExamContext,
    },
    summary::{Bins, Column},
    text::{number, phrase::list},
};

use super::facts::{Facts, most_frequent};

/// A new value out of range must occur on this share of the rows (and on ten), and be most of the values out
/// there.
const SENTINEL_SHARE: f64 = 0.005;
const SENTINEL_PART: f64 = 0.8;

/// One value's share that alarms, and its minimum rise; a smaller rise is on watch.
const FLOOD: f64 = 0.95;
const FLOOD_RISE: f64 = 0.3;
const NOTABLE_RISE: f64 = 0.2;

/// A new value out of training's range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sentinel {
    pub(super) feature: usize,
    pub(super) value: f64,
    /// Its share of the sampled rows since the onset.
    pub(super) share: f64,
}

/// The new values out of training's range that occur on many rows.
pub(super) fn sentinels(dossier: &Dossier, framing: &Framing, facts: &[Facts]) -> Vec<Sentinel> {
    facts.iter().filter_map(|fact| sentinel(dossier, framing, fact)).collect()
}

fn sentinel(dossier: &Dossier, framing: &Framing, fact: &Facts) -> Option<Sentinel> {
    let Bins::Numeric(bins) = &dossier.plan.features[fact.feature].bins else {
        return None;
    };
    let values = dossier.production.sample.features[fact.feature].numbers()?;
    let last = bins.edges.len();
    let rows = framing.after.len();
    let ends = [0, last].into_iter().filter(|&end| fact.counts[2][end] > 0);
    let candidates = ends.filter_map(|end| {
        let out: Vec<f64> =
            framing.after.iter().map(|&r| values[r]).filter(|&x| bins.bin(x) == end).collect();
        let all = out.len();
        let (value, count) = most_frequent(out.into_iter())?;
        let before = framing.before.iter().filter(|&&r| values[r] == value).count();
        let share = count as f64 / rows as f64;
        let earlier = before as f64 / framing.before.len().max(1) as f64;
        let stands = count >= 10 && share >= SENTINEL_SHARE && count as f64 >= SENTINEL_PART * all as f64;
        (stands && earlier < share / 4.0).then_some(Sentinel { feature: fact.feature, value, share })
    });
    candidates.max_by(|a, b| a.share.total_cmp(&b.share))
}

pub(super) fn examine(context: &ExamContext<'_>, facts: &[Facts]) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    floods(facts, &mut observations);
    let mut found = sentinels(dossier, framing, facts);
    found.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.feature.cmp(&b.feature)));
    for s in &found {
        let name = dossier.feature_name(s.feature);
        observations.findings.push(Finding {
            subject: Subject::Feature(s.feature),
            measure: measures::SENTINEL.name,
            value: Some(s.share),
            threshold: Some(SENTINEL_SHARE),
            ..Finding::new(
                checks::PIPELINE_SENTINEL.of(name),
                Verdict::Alarm,
                format!(
                    "{name} is {} on {} of the rows {}: one new value, out of training's range.",
                    number::value(s.value),
                    number::share(s.share),
                    framing.period(),
                ),
            )
        });
    }
    let numeric = dossier.plan.features.iter().any(|f| matches!(f.bins, Bins::Numeric(_)));
    if numeric {
        let names: Vec<&str> = found.iter().map(|s| dossier.feature_name(s.feature)).collect();
        let (verdict, message) = if found.is_empty() {
            (Verdict::Clear, "No value such as −999 has appeared out of training's range.".to_owned())
        } else {
            (Verdict::Alarm, format!("A new value out of training's range appears in {}.", list(&names)))
        };
        observations.findings.push(Finding::new(&checks::PIPELINE_SENTINEL, verdict, message));
        let features: Vec<usize> = found.iter().map(|s| s.feature).collect();
        observations.signal(
            &signals::PIPELINE_SENTINEL,
            found.first().map_or(0.0, |s| s.share),
            &features,
            &checks::PIPELINE_SENTINEL,
        );
    }
    observations
}

/// Columns in which one value took over.
fn floods(facts: &[Facts], observations: &mut Observations) {
    let mut rises: Vec<(usize, f64)> = Vec::new();
    let mut constant: Vec<usize> = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        let Some(mode) = &fact.mode else { continue };
        let rise = mode.after - mode.before.unwrap_or(mode.training).max(mode.training.min(mode.after));
        let since = mode.after - mode.before.unwrap_or(mode.training);
        let day_one = mode.after - mode.training;
        rises.push((at, since.max(0.0)));
        let is_constant =
            mode.after >= 1.0 && mode.before.unwrap_or(mode.training) < 1.0 && mode.training < 1.0;
        let verdict = if is_constant || (mode.after > FLOOD && rise > FLOOD_RISE) {
            Verdict::Alarm
        } else if since >= NOTABLE_RISE || day_one >= NOTABLE_RISE {
            Verdict::Watch
        } else {
            continue;
        };
        let before =
            mode.before.map_or_else(String::new, |b| format!(", {} before the onset", number::share(b)));
        let (check, message) = if is_constant {
            constant.push(fact.feature);
            (
                &checks::PIPELINE_CONSTANT,
                format!("{} is {} on every row that has a value", fact.name, mode.text),
            )
        } else {
            (
                &checks::PIPELINE_MODE,
                format!("{} is {} on {} of its values", fact.name, mode.text, number::share(mode.after)),
            )
        };
        observations.findings.push(Finding {
            subject: Subject::Feature(fact.feature),
            measure: measures::MOST_FREQUENT_VALUE.name,
            value: Some(mode.after),
            threshold: Some(mode.before.unwrap_or(mode.training) + NOTABLE_RISE),
            ..Finding::new(
                check.of(&fact.name),
                verdict,
                format!("{message}{before}, {} in training.", number::share(mode.training)),
            )
        });
    }
    let Some(&(at, largest)) = rises.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) else {
        return;
    };
    let (verdict, message) = if largest < NOTABLE_RISE {
        (Verdict::Clear, "No column has been taken over by one value.".to_owned())
    } else {
        let verdict = if constant.is_empty() { Verdict::Watch } else { Verdict::Alarm };
        (
            verdict,
            format!("One value's share rose most in {}: by {}.", facts[at].name, number::share(largest)),
        )
    };
    observations.findings.push(Finding {
        measure: measures::LARGEST_VALUE_RISE.name,
        value: Some(largest),
        threshold: Some(NOTABLE_RISE),
        ..Finding::new(&checks::PIPELINE_MODE, verdict, message)
    });
    observations.signal(&signals::PIPELINE_MODE_JUMP, largest, &[facts[at].feature], &checks::PIPELINE_MODE);
    observations.signal(
        &signals::PIPELINE_CONSTANT,
        (1.0 + constant.len() as f64).ln(),
        &constant,
        &checks::PIPELINE_MODE,
    );
}

/// Whether a row of the production sample holds a sentinel.
pub(super) fn holds(column: &Column, row: usize, sentinel: f64) -> bool {
    column.numbers().is_some_and(|values| values[row] == sentinel)
}
