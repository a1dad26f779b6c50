use rand::RngExt as _;

use super::*;
use crate::{
    autopsy::exam::synthetic::{self, Rows},
    stats::random::rng,
};

#[test]
fn a_loss_of_the_most_recent_rows_is_seen_and_a_healthy_log_is_not_suspected() {
    let recent = |worse: f64| {
        let mut production = Rows::healthy(8_000, 2);
        let mut generator = rng(5);
        for label in &mut production.label[7_200..] {
            if generator.random::<f64>() < worse {
                *label = 1.0 - *label;
            }
        }
        let dossier = synthetic::dossier(&Rows::healthy(4_000, 1), &production);
        let framing = frame_recent(&dossier)?;
        Some((framing.before.len(), framing.after.len(), framing.choice))
    };
    let (before, after, choice) = recent(0.25).expect("a quarter of the labels is turned");
    assert_eq!((before, after), (7_200, 800));
    assert_eq!(choice, Choice::default());
    assert!(recent(0.0).is_none());
}

/// A healthy log in which a part of the labels of some rows is turned.
fn turned(rows: Range<usize>) -> Framing {
    let mut production = Rows::healthy(8_000, 2);
    let mut generator = rng(5);
    for label in &mut production.label[rows] {
        if generator.random::<f64>() < 0.4 {
            *label = 1.0 - *label;
        }
    }
    frame(&synthetic::dossier(&Rows::healthy(4_000, 1), &production))
}

#[test]
fn a_loss_that_comes_and_ends_is_compared_while_it_lasted() {
    let burst = turned(3_000..4_200);
    let onset = burst.onset.expect("a burst");
    assert!(onset.ended.is_some(), "{onset:?}");
    assert!(burst.before.len().abs_diff(3_000) < 60, "{}", burst.before.len());
    assert!(burst.after.len().abs_diff(1_200) < 120, "{}", burst.after.len());
    assert_eq!(burst.baseline, Baseline::ProductionBefore);
}

#[test]
fn a_feature_that_is_gone_for_a_while_is_dated_to_the_row_at_both_ends() {
    let mut production = Rows::healthy(8_000, 2);
    let mut generator = rng(5);
    let balance = production.numbers("balance").clone();
    for row in (3_000..4_200).filter(|_| generator.random::<f64>() < 0.8) {
        production.numbers("income")[row] = f64::NAN;
        // The model fills a missing income with a low one.
        production.score[row] = 1.0 / (1.0 + (1.0 - (300_f64.ln() - 8.0) - balance[row] / 100.0).exp());
    }
    let dossier = synthetic::dossier(&Rows::healthy(4_000, 1), &production);
    let framing = frame(&dossier);
    let (onset, time) = (framing.onset.expect("a burst"), &dossier.production.sample.time);
    assert!(framing.before.len().abs_diff(3_000) < 10, "{}", framing.before.len());
    assert!(framing.after.len().abs_diff(1_200) < 20, "{}", framing.after.len());
    assert!((onset.interval.0..=onset.interval.1).contains(&time[3_000]), "{onset:?}");
}

#[test]
fn a_loss_that_lasts_has_no_end() {
    let lasting = turned(3_000..8_000);
    assert_eq!(lasting.onset.expect("an onset").ended, None);
    assert!(lasting.after.len().abs_diff(5_000) < 60, "{}", lasting.after.len());
}
