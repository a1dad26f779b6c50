//! Duplicate rows: a repeated id, or the same content again within one window.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Verdict,
        catalogue::{checks, measures, signals},
        exam::context::ExamContext,
    },
    model::folds::mix,
    stats::interval::two_proportions,
    summary::{Column, Grid, Table, fraction},
    text::number,
};

/// Rise in the share, and factor, that are on watch; the larger rise alarms.
const NOTABLE: f64 = 0.01;
const ALARMING: f64 = 0.05;
const FACTOR: f64 = 2.0;

/// Rows that one thread hashes at a time.
const HASHED_ROWS: usize = 4096;

/// A difference below this many standard errors is chance.
const NOISE: f64 = 4.0;

/// The share of repeated rows by window, with findings and signals.
pub(super) fn examine(context: &ExamContext<'_>, grid: Option<Grid>) -> (Vec<Option<f64>>, Observations) {
    let &ExamContext { dossier, framing, .. } = context;
    let sample = &dossier.production.sample;
    let windows = grid.map_or(1, |g| g.windows);
    let mut observations = Observations::default();
    if !sample.is_whole() || sample.rows == 0 {
        let sampled = || {
            format!(
                "the sample holds {} of {} rows, and a row's twin may not be among them",
                number::whole(sample.rows as u64),
                number::whole(sample.population),
            )
        };
        let because = dossier.without_rows(false, false).map_or_else(sampled, str::to_owned);
        observations.findings.push(Finding::not_applicable(
            &checks::PIPELINE_DUPLICATES,
            "Repeated rows can't be detected",
            because,
        ));
        return (vec![None; windows], observations);
    }
    let window_of: Vec<usize> = (0..sample.rows)
        .map(|row| grid.and_then(|g| g.window(*sample.time.get(row)?)).unwrap_or(0))
        .collect();
    let repeated = repeated(sample, &window_of);
    let mut counts = vec![(0_u64, 0_u64); windows];
    for (&window, &again) in window_of.iter().zip(&repeated) {
        counts[window].0 += u64::from(again);
        counts[window].1 += 1;
    }
    judge(dossier, framing, &repeated, &mut observations);
    (counts.into_iter().map(|(k, n)| (n > 0).then(|| fraction(k, n))).collect(), observations)
}

/// Whether each row's id occurred before, or its content within the same window.
///
/// Content is compared within a window only: rows of columns with few levels repeat naturally, the more so
/// the longer the log.
fn repeated(sample: &Table, window_of: &[usize]) -> Vec<bool> {
    if sample.id.is_empty() {
        let mut seen = HashSet::with_capacity(sample.rows);
        let contents = contents(sample);
        return window_of
            .iter()
            .zip(contents)
            .map(|(window, content)| !seen.insert((window, content)))
            .collect();
    }
    let mut seen = HashSet::with_capacity(sample.rows);
    sample.id.iter().map(|id| !seen.insert(*id)).collect()
}

/// A hash of all inputs of each row, the same on every machine.
fn contents(sample: &Table) -> Vec<u64> {
    let mut hashes = vec![0; sample.rows];
    hashes.par_chunks_mut(HASHED_ROWS).enumerate().for_each(|(block, hashes)| {
        let rows = block * HASHED_ROWS..block * HASHED_ROWS + hashes.len();
        let mut add = |values: &mut dyn Iterator<Item = u64>| {
            hashes.iter_mut().zip(values).for_each(|(hash, value)| *hash = mix(*hash ^ value));
        };
        for column in &sample.features {
            match column {
                Column::Numeric { values, .. } => add(&mut values[rows.clone()].iter().map(|x| x.to_bits())),
                Column::Categorical(codes) => {
                    add(&mut codes[rows.clone()].iter().map(|&code| u64::from(code)));
                }
                Column::Embedding { width, values } => {
                    let vectors = values.chunks_exact((*width).max(1)).skip(rows.start);
                    let of_vector =
                        |vector: &[f32]| vector.iter().fold(0, |hash, x| mix(hash ^ u64::from(x.to_bits())));
                    add(&mut vectors.map(of_vector));
                }
                Column::Absent => {}
            }
        }
    });
    hashes
}

fn judge(dossier: &Dossier, framing: &Framing, repeated: &[bool], observations: &mut Observations) {
    let count = |rows: &[usize]| rows.iter().filter(|&&r| repeated[r]).count() as u64;
    let (after, of_after) = (count(&framing.after), framing.after.len() as u64);
    let (before, of_before) = (count(&framing.before), framing.before.len() as u64);
    let is = fraction(after, of_after);
    let what = if dossier.production.sample.id.is_empty() { "content" } else { "id" };
    let id = &checks::PIPELINE_DUPLICATES;
    if of_before == 0 {
        // Content repeats naturally at an unknown rate; ids should never repeat.
        let verdict = if what == "id" && is >= NOTABLE { Verdict::Watch } else { Verdict::Clear };
        let message = format!("{} of the rows repeat the {what} of an earlier one.", number::share(is));
        observations.findings.push(Finding {
            measure: measures::REPEATED_ROWS.name,
            value: Some(is),
            threshold: Some(NOTABLE),
            ..Finding::new(id, verdict, message)
        });
        return;
    }
    let was = fraction(before, of_before);
    let test = two_proportions(before, of_before, after, of_after);
    let significant = test.as_ref().is_ok_and(|t| t.z > NOISE) && is >= FACTOR * was;
    let verdict = match is - was {
        rise if significant && rise >= ALARMING => Verdict::Alarm,
        rise if significant && rise >= NOTABLE => Verdict::Watch,
        _ => Verdict::Clear,
    };
    let message = format!(
        "{} of the rows since the onset repeat the {what} of an earlier one, {} before it.",
        number::share(is),
        number::share(was),
    );
    observations.findings.push(Finding {
        measure: measures::REPEATED_ROWS.name,
        value: Some(is),
        interval: test.ok().map(|t| (was + t.interval.0, was + t.interval.1)),
        threshold: Some(was + NOTABLE),
        ..Finding::new(id, verdict, message)
    });
    observations.signal(&signals::PIPELINE_DUPLICATES, if significant { is - was } else { 0.0 }, &[], id);
}
