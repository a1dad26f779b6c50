//! Remedies measured on synthetic cases: a changed relation, broken inputs, no fault.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::{
    autopsy::{
        self, Dossier, Investigation,
        exam::synthetic::{self, Rows},
    },
    progress::{Progress, RunControl, Stopped},
};

/// A case of 4,000 training rows and 6,000 production rows with a fault from day 14 on.
fn investigation(plant: impl FnOnce(&mut Rows, usize)) -> Investigation {
    let mut production = Rows::healthy(6000, 2);
    let onset = production.first_row(14);
    plant(&mut production, onset);
    investigated(synthetic::dossier(&Rows::healthy(4000, 1), &production))
}

fn investigated(dossier: Dossier) -> Investigation {
    autopsy::investigate(Arc::new(dossier), &|_| ())
}

fn measured(investigation: &Investigation) -> RemedyReport {
    measure(investigation, &RunControl::default()).expect("nobody stops it")
}

fn offer(report: &RemedyReport, remedy: Remedy) -> &Offer {
    report.offers.iter().find(|offer| offer.remedy == remedy).expect("every remedy is listed")
}

/// The model's predictions for the inputs, as in [`Rows::healthy`].
fn answer(rows: &mut Rows, from: usize) {
    let (income, balance) = (rows.numbers("income").clone(), rows.numbers("balance").clone());
    for row in from..rows.count {
        rows.score[row] = 1.0 / (1.0 + (1.0 - (income[row].ln() - 8.0) - balance[row] / 100.0).exp());
    }
}

/// Reverses the relation of the outcome to the inputs.
fn turned(rows: &mut Rows, onset: usize) {
    for row in onset..rows.count {
        rows.label[row] = 1.0 - rows.label[row];
    }
}

#[test]
fn a_changed_relation_is_answered_by_a_retrain() {
    let report = measured(&investigation(turned));
    let retrain = offer(&report, Remedy::Retrain);
    let measured = retrain.basis.measured().expect("labels are plenty");
    assert!(measured.loss.is_better(), "{measured:?}");
    assert!(report.retraining.iter().all(|trial| trial.basis.measured().is_some()));
    assert!(report.offers.iter().filter(|o| o.status == OfferStatus::First).count() == 1);
    let curve = report.curve.as_ref().expect("a curve");
    assert!(curve.needed.is_some(), "{}", curve.message);
    assert!(curve.points.windows(2).all(|pair| pair[0].rows < pair[1].rows));
}

#[test]
fn a_fault_of_the_inputs_is_not_answered_by_a_retrain() {
    let investigation = investigation(|rows, onset| {
        rows.numbers("income").iter_mut().skip(onset).for_each(|x| *x *= 100.0);
        answer(rows, onset);
    });
    let report = measure(&investigation, &RunControl::default()).expect("nobody stops it");
    let top = report.top().expect("something is offered");
    assert_eq!(top.remedy, Remedy::RepairInputs, "{}", report.advice);
    let measured = top.basis.measured().expect("a map takes it back");
    assert!(measured.loss.is_better(), "{measured:?}");
    // The same number as in the finding, and nearly the whole loss.
    let share = measured.share.expect("the loss is significant");
    assert_eq!(Some(share), investigation.integrity.repairs[0].share());
    assert!((0.9..1.1).contains(&share), "{share}");
    // There is no other version and no row was late, so no number is made up for them.
    for remedy in [Remedy::RollBack, Remedy::RelieveService] {
        assert!(offer(&report, remedy).basis.measured().is_none(), "{:?}", offer(&report, remedy));
    }
    let retrain = offer(&report, Remedy::Retrain);
    assert_eq!(retrain.status, OfferStatus::Refused);
    assert!(retrain.because.contains("upstream"), "{}", retrain.because);
}

#[test]
fn nothing_is_better_than_nothing_where_nothing_happened() {
    let report = measured(&investigation(|_, _| ()));
    assert_ne!(report.top().map(|offer| offer.remedy), Some(Remedy::Retrain));
    for trial in &report.retraining {
        let measured = trial.basis.measured().expect("labels are plenty");
        assert!(!measured.loss.is_better(), "{}: {:?}", trial.name, measured.loss);
    }
}

#[test]
fn without_labels_since_the_onset_it_says_so() {
    let report = measured(&investigation(|rows, onset| {
        rows.numbers("income").iter_mut().skip(onset).for_each(|x| *x *= 100.0);
        answer(rows, onset);
        rows.label.iter_mut().skip(onset).for_each(|y| *y = f64::NAN);
    }));
    let lacking = report.labels.lacking.as_deref().expect("no labels");
    assert!(lacking.starts_with("no labels"), "{lacking}");
    assert!(report.retraining.iter().all(|trial| trial.basis == Basis::Unmeasured(lacking.to_owned())));
    assert!(report.curve.is_none());
}

#[test]
fn threads_change_nothing() {
    let investigation = investigation(turned);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| measured(&investigation))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn progress_counts_to_the_end_and_cancel_stops_between_fits() {
    let investigation = investigation(turned);
    let reports = Mutex::new(Vec::new());
    let progress = |at: Progress| reports.lock().expect("no holder panics").push((at.done, at.of));
    let control = RunControl { progress: Some(&progress), cancel: None };
    measure(&investigation, &control).expect("nobody stops it");
    let reports = reports.into_inner().expect("no holder panics");
    let of = reports[0].1;
    assert_eq!(reports.len(), of, "each unit is heard of once");
    assert!(reports.iter().any(|&(done, _)| done == of));

    let cancel = AtomicBool::new(false);
    let stop = |_: Progress| cancel.store(true, Ordering::Relaxed);
    let control = RunControl { progress: Some(&stop), cancel: Some(&cancel) };
    assert_eq!(measure(&investigation, &control), Err(Stopped));
}

#[test]
fn a_review_is_counted_and_stops_between_its_parts() {
    let investigation = investigation(turned);
    let cancel = AtomicBool::new(false);
    let reports = Mutex::new(Vec::new());
    let stop = |at: Progress| {
        reports.lock().expect("no holder panics").push(at.what.clone());
        cancel.store(at.what == "review: the queue", Ordering::Relaxed);
    };
    let control = RunControl { progress: Some(&stop), cancel: Some(&cancel) };
    assert_eq!(measure(&investigation, &control), Err(Stopped));
    let reports = reports.into_inner().expect("no holder panics");
    let parts: Vec<&String> = reports.iter().filter(|what| what.starts_with("review: ")).collect();
    assert_eq!(parts, ["review: which answers are doubtful", "review: the queue"]);
}

#[test]
fn numbers_have_no_threshold_to_move() {
    let mut dossier = synthetic::dossier(&Rows::healthy(4000, 1), &Rows::healthy(6000, 2));
    let plan = Arc::make_mut(&mut dossier.plan);
    plan.task = crate::summary::Task::Regression;
    let report = measured(&investigated(dossier));
    let moved = offer(&report, Remedy::MoveThreshold);
    assert_eq!(moved.status, OfferStatus::Refused);
    assert!(moved.because.starts_with("The model predicts numbers"), "{}", moved.because);
}

#[test]
fn the_check_on_holdout_fits_on_all_labels_and_judges_on_hidden_ones() {
    let mut production = Rows::healthy(6000, 2);
    let onset = production.first_row(14);
    turned(&mut production, onset);
    let label = production.label.clone();
    production.label.iter_mut().skip(5400).for_each(|y| *y = f64::NAN);
    let investigation = investigated(synthetic::dossier(&Rows::healthy(4000, 1), &production));
    let hidden: Vec<usize> = (5400..6000).collect();
    let (report, checks) =
        check_on_holdout(&investigation, &label, &hidden, &RunControl::default()).expect("nobody stops it");
    let retrain = checks.iter().find(|check| check.remedy == Remedy::Retrain).expect("it was measured");
    assert!(retrain.realised > 0.0 && retrain.rows == report.labels.block, "{retrain:?}");
}
