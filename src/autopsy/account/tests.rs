//! One fault at a time, each with the whole loss: it lands in its line.
//!
//! Every case is planted five times over; the median error of the right line's share is stated where it is tested.

use std::sync::Arc;

use super::*;
use crate::{
    autopsy::{
        Dossier,
        exam::{
            context::ExamContext,
            integrity,
            rescorer::Rescorer,
            synthetic::{self, Rows},
            yardstick::Yardstick,
        },
    },
    model::surrogate::Surrogate,
    stats::random::{rng, unit},
    summary::Task,
};

const SEEDS: u64 = 5;

/// What the model of [`Rows::healthy`] answers to the inputs as they are.
fn answer(rows: &mut Rows, from: usize) {
    let (income, balance) = (rows.numbers("income").clone(), rows.numbers("balance").clone());
    for row in from..rows.count {
        rows.score[row] = odds(income[row], balance[row]);
    }
}

fn odds(income: f64, balance: f64) -> f64 {
    1.0 / (1.0 + (1.0 - (income.ln() - 8.0) - balance / 100.0).exp())
}

/// Outcomes by a law of income and balance.
fn outcome(rows: &mut Rows, from: usize, seed: u64, law: impl Fn(f64, f64) -> f64) {
    let (income, balance) = (rows.numbers("income").clone(), rows.numbers("balance").clone());
    let mut generator = rng(seed);
    for row in from..rows.count {
        rows.label[row] = f64::from(u8::from(unit(&mut generator) < law(income[row], balance[row])));
    }
}

/// The account of a case with a fault from day 14 on, as an investigation would come to it.
fn accounted(seed: u64, inject: impl Fn(&mut Rows, usize), change: impl Fn(&mut Dossier)) -> Account {
    let training = Rows::healthy(4000, 100 + seed);
    let mut production = Rows::healthy(8000, 200 + seed);
    let onset = production.first_row(14);
    inject(&mut production, onset);
    let mut dossier = synthetic::dossier(&training, &production);
    change(&mut dossier);
    let framing = synthetic::framing(&dossier, Some(14));
    let surrogate = Surrogate::fit(&dossier.plan, &dossier.training.sample).ok().map(Arc::new);
    let rescorer = Rescorer::choose(&dossier, surrogate.as_ref());
    let launch = Launch::learn(&dossier, &framing).map(Arc::new);
    let yardstick = Yardstick::of_repairs(&dossier, &framing, None, rescorer.as_ref(), launch.as_ref());
    let context = ExamContext {
        surrogate: surrogate.as_deref(),
        rescorer: rescorer.as_ref(),
        yardstick: Some(&yardstick),
        ..ExamContext::new(&dossier, &framing)
    };
    let (integrity, _) = integrity::examine(&context);
    let known = Known {
        dossier: &dossier,
        framing: &framing,
        golden: None,
        integrity: &integrity,
        headline: None,
        swapped: &[],
        unsettled: false,
        launch: launch.as_ref(),
        yardstick: &yardstick,
    };
    let account = account(&known).expect("labels are plenty");
    let sum: f64 = account.lines.iter().map(|line| line.amount.value).sum();
    assert!((sum - account.total.value).abs() < 1e-9, "the lines add up: {sum} {:?}", account.total);
    assert!(account.lines.iter().all(|line| line.amount.error.is_finite()));
    account
}

fn share(account: &Account, places: &[Place]) -> f64 {
    assert!(account.has_shares(), "{account:?}");
    let of = |line: &&Line| places.contains(&line.place);
    account.lines.iter().filter(of).filter_map(|line| line.share).map(|(share, _)| share).sum()
}

/// The median distance of the share of some places from 1, over several cases.
fn median_error(places: &[Place], inject: impl Fn(&mut Rows, usize, u64)) -> f64 {
    let mut errors: Vec<f64> = (0..SEEDS)
        .map(|seed| {
            let account = accounted(seed, |rows, onset| inject(rows, onset, seed), |_| ());
            (share(&account, places) - 1.0).abs()
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    errors[errors.len() / 2]
}

#[test]
fn a_factor_on_one_input_is_that_input() {
    // Every row is altered, and no golden set tells whether the answers changed besides: one line for both.
    let error = median_error(&[Place::InputsAndAnswers, Place::Input(1)], |rows, onset, _| {
        rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 100.0);
        answer(rows, onset);
    });
    assert!(error < 0.08, "{error}");
}

#[test]
fn two_altered_inputs_are_both_repaired_and_the_later_one_has_its_own_start() {
    let account = accounted(
        2,
        |rows, onset| {
            let later = onset + (rows.count - onset) / 2;
            rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 100.0);
            rows.numbers("income")[later..].iter_mut().for_each(|x| *x /= 1000.0);
            answer(rows, onset);
        },
        |_| (),
    );
    let start = |feature: usize| {
        account.inputs.iter().find(|input| input.feature == feature).map(|input| input.start)
    };
    assert!(start(1).is_some_and(|start| start < 0.05), "{:?}", account.inputs);
    assert!(start(0).is_some_and(|start| (start - 0.5).abs() < 0.05), "{:?}", account.inputs);
    let inputs = [Place::Input(0), Place::Input(1), Place::InputsAndAnswers];
    assert!((share(&account, &inputs) - 1.0).abs() < 0.15, "{account:?}");
}

#[test]
fn a_sentinel_on_few_rows_is_its_input() {
    let error = median_error(&[Place::Input(1)], |rows, onset, _| {
        rows.numbers("balance")[onset..].iter_mut().step_by(8).for_each(|x| *x = -9999.0);
        answer(rows, onset);
    });
    assert!(error < 0.15, "{error}");
}

#[test]
fn values_that_stop_coming_are_their_input() {
    let error = median_error(&[Place::Input(1)], |rows, onset, _| {
        let whole = rows.numbers("balance").clone();
        rows.numbers("balance")[onset..].iter_mut().step_by(2).for_each(|x| *x = 0.0);
        answer(rows, onset);
        rows.numbers("balance").clone_from(&whole);
        rows.numbers("balance")[onset..].iter_mut().step_by(2).for_each(|x| *x = f64::NAN);
    });
    assert!(error < 0.15, "{error}");
}

#[test]
fn another_relation_is_the_relation() {
    let error = median_error(&[Place::Relation], |rows, onset, seed| {
        outcome(rows, onset, seed, |income, balance| odds(income, -balance));
    });
    assert!(error < 0.1, "{error}");
}

#[test]
fn another_model_is_the_answers() {
    let error = median_error(&[Place::Answers, Place::Model, Place::Service], |rows, onset, _| {
        let balance = rows.numbers("balance").clone();
        let income = rows.numbers("income").clone();
        for row in onset..rows.count {
            rows.score[row] = odds(income[row], -0.5 * balance[row]);
        }
    });
    assert!(error < 0.1, "{error}");
}

#[test]
fn late_rows_with_a_fallback_are_the_service() {
    let error = median_error(&[Place::Service], |rows, onset, _| {
        for row in (onset..rows.count).step_by(4) {
            rows.latency[row] *= 50.0;
            rows.score[row] = 0.97;
        }
    });
    assert!(error < 0.1, "{error}");
}

#[test]
fn harder_rows_are_the_population() {
    let error = median_error(&[Place::Population], |rows, onset, seed| {
        // Rows near the border come more often: of each two the harder one stays.
        let (income, balance) = (rows.numbers("income").clone(), rows.numbers("balance").clone());
        let hard = |row: usize| -(odds(income[row], balance[row]) - 0.5).abs();
        let count = rows.count;
        let pick = |row: usize| {
            let other = onset + (row * 7919 + 13) % (count - onset);
            if hard(other) > hard(row) { other } else { row }
        };
        let picked: Vec<usize> = (onset..count).map(pick).collect();
        let take = |values: &[f64]| picked.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let (new_income, new_balance) = (take(&income), take(&balance));
        rows.numbers("income")[onset..].copy_from_slice(&new_income);
        rows.numbers("balance")[onset..].copy_from_slice(&new_balance);
        answer(rows, onset);
        outcome(rows, onset, seed, odds);
    });
    assert!(error < 0.35, "{error}");
}

#[test]
fn a_prior_that_moved_is_the_constant_and_never_the_relation() {
    let account = accounted(
        3,
        |rows, onset| {
            outcome(rows, onset, 3, |income, balance| {
                let p = odds(income, balance);
                let moved = (p / (1.0 - p)).ln() + 2.0;
                1.0 / (1.0 + (-moved).exp())
            });
        },
        |_| (),
    );
    assert!(share(&account, &[Place::Constant]) > 0.8, "{account:?}");
    assert!(share(&account, &[Place::Relation]).abs() < 0.15, "{account:?}");
}

/// The case as one of numbers, a hundred times the scores.
fn as_regression(dossier: &mut Dossier) {
    Arc::make_mut(&mut dossier.plan).task = Task::Regression;
    let data = &mut dossier.data;
    for table in [&mut data.training.sample, &mut data.production.sample] {
        table.prediction = table.score.iter().map(|s| 100.0 * s).collect();
        table.score.clear();
    }
}

#[test]
fn numbers_have_an_account_too() {
    let turned = accounted(
        1,
        |rows, onset| {
            let mut generator = rng(9);
            let score = rows.score.clone();
            for (row, label) in rows.label.iter_mut().enumerate() {
                let truth = if row < onset { score[row] } else { 1.0 - score[row] };
                *label = 100.0 * truth + 10.0 * (unit(&mut generator) - 0.5);
            }
        },
        as_regression,
    );
    assert_eq!(turned.loss, "absolute error");
    assert!(share(&turned, &[Place::Relation, Place::Constant]) > 0.9, "{turned:?}");
}

#[test]
fn what_the_surrogate_misses_is_neither_relation_nor_population() {
    let account = accounted(
        4,
        |rows, onset| {
            let mut generator = rng(11);
            // The model knows more of a row than its inputs tell.
            let known: Vec<f64> = (0..rows.count).map(|_| 0.2 * (unit(&mut generator) - 0.5)).collect();
            let outcomes = rows.score.iter().zip(&known).map(|(score, known)| 100.0 * (score + known));
            rows.label = outcomes.map(|outcome| outcome + 10.0 * (unit(&mut generator) - 0.5)).collect();
            rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 100.0);
            answer(rows, onset);
            rows.score.iter_mut().zip(known).for_each(|(score, known)| *score += known);
        },
        as_regression,
    );
    for place in [Place::Relation, Place::Population] {
        assert!(share(&account, &[place]).abs() < 0.05, "{place:?}: {account:?}");
    }
}

#[test]
fn without_a_loss_there_are_no_shares() {
    let account = accounted(2, |_, _| (), |_| ());
    assert!(!account.has_shares());
    assert!(account.lines.iter().all(|line| line.share.is_none()));
    // A line that a handful of rows makes has hardly an error of its own; beside that of the whole it is nothing.
    let noise = 0.05 * account.total.error;
    let is_noise = |line: &Line| line.amount.z().abs() < 4.0 || line.amount.value.abs() < noise;
    assert!(account.lines.iter().all(is_noise), "{account:?}");
}

#[test]
fn without_rows_before_there_is_nothing_to_hold_it_against() {
    let training = Rows::healthy(2000, 1);
    let dossier = synthetic::dossier(&training, &Rows::healthy(2000, 2));
    let framing = synthetic::framing(&dossier, None);
    let nobody = Err("nobody".to_owned());
    let known = Known {
        dossier: &dossier,
        framing: &framing,
        golden: None,
        integrity: &integrity::Integrity::default(),
        headline: None,
        swapped: &[],
        unsettled: false,
        launch: None,
        yardstick: &nobody,
    };
    assert!(account(&known).unwrap_err().contains("golden set"));
}

#[test]
fn where_every_row_is_altered_those_in_time_show_what_the_service_cost() {
    let rows = |late: bool| {
        accounted(
            4,
            |rows, onset| {
                rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 3.0);
                answer(rows, onset);
                for row in (onset..rows.count).filter(|row| row % 10 < 3) {
                    rows.score[row] = 0.02;
                    if late {
                        rows.latency[row] = 900.0;
                    }
                }
            },
            |_| (),
        )
    };
    let shown = rows(true);
    let service = shown.lines.iter().find(|line| line.place == Place::Service).expect("late rows tell");
    assert!(service.is_found(), "{shown:?}");
    let hidden = rows(false);
    assert!(hidden.lines.iter().all(|line| line.place != Place::Service), "{hidden:?}");
}

#[test]
fn a_value_that_stands_for_others_is_seen_where_some_of_its_rows_lie_before_the_onset() {
    let account = accounted(
        6,
        |rows, onset| {
            for row in (onset - 20..rows.count).filter(|row| row % 3 == 0) {
                rows.numbers("income")[row] = 9_999_999.0;
            }
            answer(rows, onset - 20);
        },
        |_| (),
    );
    assert!(account.inputs.iter().any(|input| input.feature == 0), "{account:?}");
    assert!(share(&account, &[Place::Input(0)]) > 0.6, "{account:?}");
}
