//! Whether the exams give what the catalogue declares: a handful of made-up cases, each with several faults at once.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    CheckSpec, FindingId, Measure, SignalSpec, checks, every_check, every_signal, measures, signals,
};
use crate::{
    autopsy::{
        Choice, Dossier, Investigation, JoinedRows,
        exam::synthetic::{self, Rows, Values},
        investigate_by,
    },
    case::{Better, BusinessMetric, Event},
    stats::random::{rng, shuffle, unit},
    summary::Column,
};

const HOUR: i64 = 3_600_000_000;

/// The artefact's signals need an artefact; the test of the replay gives them.
const OF_AN_ARTEFACT: [&SignalSpec; 4] =
    [&signals::REPLAY_AFTER, &signals::REPLAY_PART, &signals::REPLAY_BEFORE, &signals::REPLAY_SWITCHED];

/// Rows whose `balance` and `region` go along with `income`, with the hour of each row as a feature.
fn rows(count: usize, seed: u64) -> Rows {
    let mut rows = Rows::healthy(count, seed);
    let mut generator = rng(seed + 100);
    let wealth: Vec<f64> = rows.numbers("income").iter().map(|x| (x.ln() - 8.0) / 0.5).collect();
    let noise: Vec<f64> = wealth.iter().map(|_| unit(&mut generator) * 3.0 - 1.5).collect();
    *rows.numbers("balance") = wealth.iter().zip(&noise).map(|(w, e)| 100.0 * (0.8 * w + 0.6 * e)).collect();
    // The score follows the inputs as they are now, so that a surrogate can learn it.
    let balance = rows.numbers("balance").clone();
    for (row, (wealth, balance)) in wealth.iter().zip(&balance).enumerate() {
        rows.score[row] = 1.0 / (1.0 + (1.0 - 0.5 * wealth - balance / 100.0).exp());
        rows.label[row] = f64::from(unit(&mut generator) < rows.score[row]);
    }
    let names = ["a", "b", "c", "d"];
    *rows.texts("region") = wealth
        .iter()
        .zip(noise.iter().rev())
        .map(|(w, e)| names[((w + 0.7 * e) * 1.2 + 2.0).clamp(0.0, 3.0) as usize].to_owned())
        .collect();
    let hours = (0..count as i64).map(|r| (r * synthetic::DAYS * 24 / count as i64).rem_euclid(24) as f64);
    rows.columns.push(("hour", Values::Numbers(hours.collect())));
    rows
}

/// The case with faults from the fifteenth day on.
fn case(plant: impl FnOnce(&mut Rows, usize)) -> Dossier {
    let mut production = rows(6000, 2);
    let onset = production.first_row(14);
    plant(&mut production, onset);
    synthetic::dossier(&rows(3000, 1), &production)
}

fn investigated(dossier: Dossier) -> Investigation {
    let onset = synthetic::framing(&dossier, Some(14)).onset.map(|onset| onset.at);
    investigate_by(Arc::new(dossier), Choice { onset, baseline: None }, &|_| ()).expect("the log has times")
}

/// Labels that the model gets wrong on every `step`th row from the onset on.
fn costly(rows: &mut Rows, onset: usize, step: usize) {
    for row in (onset..rows.count).step_by(step) {
        rows.label[row] = f64::from(rows.score[row] < 0.5);
    }
}

/// Everything that a case may hold beside its rows, and a service that answers otherwise where it is slow.
fn furnished() -> Dossier {
    let mut dossier = case(|rows, onset| {
        rows.numbers("limit")[onset..].iter_mut().for_each(|x| *x = x.min(20.0));
        rows.numbers("hour")[onset..].iter_mut().for_each(|x| *x = (*x + 3.0) % 24.0);
        for row in (onset..rows.count).step_by(5) {
            rows.score[row] = 0.9;
            rows.label[row] = 0.0;
            rows.latency[row] *= 30.0;
        }
    });
    let truth = synthetic::dossier(&rows(3000, 1), &rows(6000, 2));
    let every_second: Vec<usize> = (0..truth.production.sample.rows).step_by(2).collect();
    dossier.offline = Some(JoinedRows {
        table: truth.production.sample.take(&every_second),
        production_row: every_second,
        population: 3000,
    });
    let mut golden = dossier.training.sample.clone();
    golden.launch_prediction.clone_from(&golden.prediction);
    golden.launch_score.clone_from(&golden.score);
    dossier.golden = Some(golden);
    let onset = synthetic::framing(&dossier, Some(14)).onset.expect("the log has times").at;
    let event =
        |kind: &str, title: &str| Event { at: onset - HOUR, kind: kind.to_owned(), title: title.to_owned() };
    dossier.events = vec![
        event("deploy", "model 2"),
        event("pipeline", "new schema"),
        event("config", "timeouts"),
        event("business", "a holiday"),
    ];
    let sample = &mut dossier.production.sample;
    let visitors = (0..sample.rows).map(|row| (row % 500) as f64).collect();
    let visitors = Column::Numeric { values: visitors, unreadable: Vec::new(), examples: Vec::new() };
    sample.extra.push(("customer".to_owned(), visitors, Vec::new()));
    sample.cpu = sample.latency_ms.iter().map(|ms| (ms / 2.0).min(100.0)).collect();
    dossier.entities = vec![0];
    dossier.breakdown.metrics = vec![BusinessMetric {
        name: "visits".to_owned(),
        column: "customer".to_owned(),
        better: Better::More,
        total: false,
    }];
    dossier.breakdown.groups = vec!["region".to_owned()];
    dossier.breakdown.version = Some("customer".to_owned());
    dossier.breakdown.text = vec!["query".to_owned()];
    let query = |rows: usize| {
        let codes = Column::Categorical((0..rows).map(|row| (row % 2) as u32).collect());
        ("query".to_owned(), codes, ["cheap loan", "house loan"].map(String::from).to_vec())
    };
    let trained = dossier.training.sample.rows;
    dossier.training.sample.extra.push(query(trained));
    let served = dossier.production.sample.rows;
    dossier.production.sample.extra.push(query(served));
    dossier
}

fn cases() -> Vec<Dossier> {
    vec![
        furnished(),
        // Values that are gone, unreadable, replaced or spelt differently, on the same rows of one source.
        case(|rows, onset| {
            let hit: Vec<usize> = (onset..rows.count).step_by(3).collect();
            for &row in &hit {
                rows.numbers("income")[row] = f64::NAN;
                rows.numbers("balance")[row] = -999.0;
                let region = &mut rows.texts("region")[row];
                *region = if region == "a" { " A".to_owned() } else { "overseas".to_owned() };
            }
            rows.unreadable.insert("income", hit.iter().map(|&row| row as u32).collect());
            rows.numbers("age")[onset..].fill(40.0);
            costly(rows, onset, 3);
        }),
        // A column that is gone, two that were swapped, rows that come twice.
        case(|rows, onset| {
            rows.column("age").1 = Values::Gone;
            let income = rows.numbers("income").clone();
            let limit = rows.numbers("limit").clone();
            rows.numbers("income")[onset..].copy_from_slice(&limit[onset..]);
            rows.numbers("limit")[onset..].copy_from_slice(&income[onset..]);
            (onset..rows.count).step_by(5).for_each(|row| rows.id[row] = rows.id[row - 1]);
        }),
        // One column that holds another one's values, one that is no whole number any more.
        case(|rows, onset| {
            let limit = rows.numbers("limit").clone();
            rows.numbers("balance")[onset..].copy_from_slice(&limit[onset..]);
            rows.numbers("age")[onset..].iter_mut().for_each(|x| *x *= 1.02);
        }),
        // One factor on both columns of a source, and codes handed out anew.
        case(|rows, onset| {
            for name in ["income", "balance"] {
                rows.numbers(name)[onset..].iter_mut().for_each(|x| *x *= 1000.0);
            }
            for region in &mut rows.texts("region")[onset..] {
                *region = match region.as_str() {
                    "a" => "b",
                    "b" => "c",
                    "c" => "d",
                    _ => "a",
                }
                .to_owned();
            }
            costly(rows, onset, 4);
        }),
        // A unit that one of several senders changed, and a column from other rows.
        case(|rows, onset| {
            rows.numbers("limit")[onset..].iter_mut().step_by(3).for_each(|x| *x *= 1000.0);
            shuffle(&mut rows.numbers("balance")[onset..], &mut rng(5));
            costly(rows, onset, 3);
        }),
        // A whole source from other rows.
        case(|rows, onset| {
            let hit: Vec<usize> = (onset..rows.count).filter(|row| row % 5 < 3).collect();
            for name in ["income", "balance"] {
                let values = rows.numbers(name);
                let taken: Vec<f64> = hit.iter().map(|&row| values[row]).collect();
                for (place, &row) in hit.iter().enumerate() {
                    values[row] = taken[(place + 17) % taken.len()];
                }
            }
        }),
        // A level that is no longer sent, a relation that turned for one feature, and vectors.
        vectors(),
        // No label after the onset.
        case(|rows, onset| rows.label[onset..].fill(f64::NAN)),
    ]
}

fn vectors() -> Dossier {
    let of = |count: usize, seed: u64| {
        let mut generator = rng(seed);
        Values::Vectors(4, (0..4 * count).map(|_| unit(&mut generator) as f32 - 0.5).collect())
    };
    let (mut training, mut production) = (rows(3000, 1), rows(6000, 2));
    training.columns.push(("content", of(3000, 8)));
    production.columns.push(("content", of(6000, 9)));
    let onset = production.first_row(14);
    production.texts("region")[onset..].iter_mut().filter(|region| *region == "b").for_each(|region| {
        *region = "c".to_owned();
    });
    let mut generator = rng(99);
    for row in onset..production.count {
        let income = production.numbers("income")[row].ln() - 8.0;
        let balance = production.numbers("balance")[row] / 100.0;
        let odds = -1.0 + income - 3.0 * balance;
        production.label[row] = f64::from(unit(&mut generator) < 1.0 / (1.0 + (-odds).exp()));
    }
    synthetic::dossier(&training, &production)
}

/// Checks that speak before a case is investigated; the tests of `label_trust` give each of them.
static OF_DOUBTED_LABELS: [&CheckSpec; 4] = [
    &checks::LABELS_VOCABULARY,
    &checks::LABELS_RIPENESS,
    &checks::LABELS_SELECTION,
    &checks::LABELS_SCORE_SIDE,
];

#[test]
fn every_check_and_every_signal_is_given_by_some_case() {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for dossier in cases() {
        let investigation = investigated(dossier);
        for finding in &investigation.findings {
            found.insert(finding.id.check.id);
            assert_eq!(FindingId::parse(&finding.id.to_string()).as_ref(), Some(&finding.id));
            assert!(declared(finding.id.check, finding.measure), "{:?}: {}", finding.id, finding.measure);
        }
        let hypotheses = &investigation.diagnosis.hypotheses;
        found.extend(hypotheses.iter().flat_map(|h| &h.evidence_for).map(|line| line.finding.check.id));
        seen.extend(investigation.signals.iter().map(|signal| signal.key.key));
    }
    let silent: Vec<&CheckSpec> = every_check()
        .filter(|check| !found.contains(check.id) && !OF_DOUBTED_LABELS.contains(check))
        .collect();
    assert!(silent.is_empty(), "checks without a finding: {silent:?}");
    let absent: Vec<&SignalSpec> = every_signal()
        .filter(|signal| !seen.contains(signal.key) && !OF_AN_ARTEFACT.contains(signal))
        .collect();
    assert!(absent.is_empty(), "signals that no case gives: {absent:?}");
}

/// Whether a check declares what a finding measures; a metric of the model stands for all of them.
fn declared(check: &CheckSpec, measure: &str) -> bool {
    let is = |of: &&Measure| of.name == measure || **of == measures::METRIC;
    measure.is_empty() || check.measures.iter().any(is)
}
