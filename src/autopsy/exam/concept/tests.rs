use super::*;
use crate::{
    autopsy::{
        Dossier, Verdict,
        exam::synthetic::{Examined, Rows, with_fault},
    },
    model::surrogate::Surrogate,
    stats::random::{rng, unit},
};

/// The exam of a healthy case with a fault injected after the onset.
fn observations(inject: impl FnOnce(&mut Rows, usize)) -> (Examined<Concept>, Dossier) {
    let (dossier, framing) = with_fault(inject);
    let surrogate = Surrogate::fit(&dossier.plan, &dossier.training.sample).unwrap();
    let context = ExamContext { surrogate: Some(&surrogate), ..ExamContext::new(&dossier, &framing) };
    (examine(&context).into(), dossier)
}

fn signal(concept: &Examined<Concept>, key: &str) -> Option<f64> {
    concept.observations.signals.iter().find(|s| s.key == key).map(|s| s.value)
}

/// Redraws the labels from the onset on, from log-odds given income (normal), balance (normal) and the row.
fn redraw(rows: &mut Rows, onset: usize, odds: impl Fn(f64, f64) -> f64) {
    let income: Vec<f64> = rows.numbers("income").iter().map(|i| i.ln() - 8.0).collect();
    let balance: Vec<f64> = rows.numbers("balance").iter().map(|b| b / 100.0).collect();
    let mut generator = rng(99);
    for row in onset..rows.count {
        let p = 1.0 / (1.0 + (-odds(income[row], balance[row])).exp());
        rows.label[row] = f64::from(unit(&mut generator) < p);
    }
}

#[test]
fn a_sound_case_is_clear() {
    let (concept, _) = observations(|_, _| {});
    assert!(signal(&concept, "concept.change").unwrap() < 0.02);
    assert!(signal(&concept, "concept.reference_z").unwrap().abs() < REAL);
    assert!(signal(&concept, "concept.relation_z").unwrap().abs() < 3.5);
    assert!((signal(&concept, "concept.domain_auc").unwrap() - 0.5).abs() < 0.03);
    assert_eq!(signal(&concept, "concept.relation_share"), None, "nothing rose, nothing has a share");
    assert!(concept.slices.is_empty());
    assert!(
        concept.observations.findings.iter().all(|f| f.verdict != Verdict::Alarm),
        "{:?}",
        concept.observations.findings
    );
}

#[test]
fn an_inverted_feature_is_named() {
    let (concept, dossier) = observations(|rows, onset| redraw(rows, onset, |i, b| -1.0 + i - b));
    let balance = concept.observations.signals.iter().find(|s| s.key == "concept.balance").unwrap();
    assert!(balance.value > 0.05, "{balance:?}");
    assert_eq!(dossier.feature_name(balance.features[0]), "balance");
    assert!(signal(&concept, "concept.relation_share").unwrap() > 0.8);
    assert!(signal(&concept, "concept.reference_share").unwrap() > 0.6);
    assert!(signal(&concept, "concept.challenger_z").unwrap() > 5.0);
}

#[test]
fn a_relation_that_turned_as_a_whole_is_no_feature_drift() {
    let (concept, _) = observations(|rows, onset| redraw(rows, onset, |i, b| 1.0 - i - b));
    assert!(signal(&concept, "concept.balance").unwrap() < 0.0);
    assert!(signal(&concept, "concept.factor").unwrap() < -1.0);
    assert!(signal(&concept, "concept.whole_share").unwrap() > 0.5);
}

#[test]
fn a_model_that_broke_does_not_move_the_reference() {
    let (concept, _) = observations(|rows, onset| rows.score[onset..].iter_mut().for_each(|s| *s = 1.0 - *s));
    assert!(signal(&concept, "concept.reference_share").unwrap() < 0.1);
    assert!(signal(&concept, "concept.change").unwrap() < 0.02, "the outcome given the inputs is as before");
    assert!(signal(&concept, "concept.calibration").unwrap() > 0.1);
}

#[test]
fn a_shifted_prior_keeps_the_inputs_given_the_outcome() {
    let (concept, _) = observations(|rows, onset| {
        // Every second negative row becomes a copy of a positive one: only the outcome mix changes.
        let positive: Vec<usize> = (onset..rows.count).filter(|&r| rows.label[r] == 1.0).collect();
        let negative: Vec<usize> = (onset..rows.count).filter(|&r| rows.label[r] == 0.0).step_by(2).collect();
        for (to, from) in negative.into_iter().zip(positive.into_iter().cycle()) {
            for name in ["income", "balance", "limit", "age"] {
                let value = rows.numbers(name)[from];
                rows.numbers(name)[to] = value;
            }
            let region = rows.texts("region")[from].clone();
            rows.texts("region")[to] = region;
            rows.score[to] = rows.score[from];
            rows.label[to] = 1.0;
        }
    });
    assert!(signal(&concept, "label_shift.prevalence_z").unwrap() > 15.0);
    assert!(signal(&concept, "label_shift.given_outcome_auc").unwrap() < 0.55);
    assert!(signal(&concept, "label_shift.constant_share").unwrap() > 0.7);
    let shift = concept.label_shift.as_ref().unwrap();
    let (size, truth) = (shift.estimated_size().unwrap(), shift.shares[1].2.unwrap() - shift.shares[1].1);
    assert!((size - truth).abs() < 0.06, "the answers tell {size}, the labels {truth}");
}

#[test]
fn the_segment_that_carries_the_loss_is_found() {
    let (concept, dossier) = observations(|rows, onset| {
        let north: Vec<usize> = (onset..rows.count).filter(|&r| rows.texts("region")[r] == "north").collect();
        north.into_iter().for_each(|r| rows.label[r] = 1.0 - rows.label[r]);
    });
    let best = &concept.slices[0];
    let names: Vec<&str> = best.parts.iter().map(|p| dossier.feature_name(p.0)).collect();
    assert!(names.contains(&"region") && best.parts.iter().any(|p| p.1 == "north"), "{best:?}");
    assert!(best.q_value < 0.001 && best.share_of_rise > 0.5, "{best:?}");
}

#[test]
fn without_labels_nothing_is_said_of_the_relation() {
    let (concept, _) = observations(|rows, onset| rows.label[onset..].fill(f64::NAN));
    assert!(concept.observations.signals.iter().all(|s| s.key == "label_shift.estimated_size"));
    let first = &concept.observations.findings[0];
    assert!(matches!(&first.verdict, Verdict::NotApplicable(why) if why.contains("0 rows")), "{first:?}");
    let (estimated, rows) = concept.view.estimated.unwrap().unlabelled.unwrap();
    assert!(rows > 3900 && (estimated - 0.75).abs() < 0.08, "accuracy {estimated} on {rows} rows");
}
