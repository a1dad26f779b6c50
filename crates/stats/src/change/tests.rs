//! Simulated changes must be found where they are, and none where there is none.

use super::*;
use crate::{
    Undefined, assert_near,
    distribution::normal_quantile,
    random::{ChaCha8Rng, below, rng, unit},
};

fn normal(generator: &mut ChaCha8Rng) -> f64 {
    normal_quantile(unit(generator) + 1e-18)
}

/// A series of normal noise around a course.
fn series(length: usize, seed: u64, course: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut generator = rng(seed);
    (0..length).map(|i| course(i) + normal(&mut generator)).collect()
}

fn step(at: usize, size: f64) -> impl Fn(usize) -> f64 {
    move |i| if i >= at { size } else { 0.0 }
}

#[test]
fn shift_agrees_with_scipy() {
    let values = [0.1, -0.2, 0.3, 0.0, 0.1, 1.2, 0.9, 1.1, 1.4, 0.8];
    // k = max(range(1, 10), key=lambda k: abs(stats.ttest_ind(v[k:], v[:k]).statistic)); stats.ttest_ind(v[k:], v[:k])
    let shift = mean_shift(&values).unwrap();
    assert_eq!((shift.index, shift.interval), (5, (5, 5)));
    assert_near("t", shift.t, 7.602_631_123_499_284);
    assert_near("before", shift.before, 0.06);
    assert_near("after", shift.after, 1.08);
    // Weight 2 equals each row repeated, except for the count of values.
    let weighted = mean_shift_weighted(&values, &[2.0; 10]).unwrap();
    assert_eq!(weighted.index, 5);
    assert_near("weighted t", weighted.t, shift.t);
    assert_near("dispersed t", shift.dispersed(4.0).t, shift.t / 2.0);
}

#[test]
fn interval_covers_the_truth() {
    let covered = (0..200).filter(|&seed| {
        let at = 100 + (seed as usize * 7) % 100;
        let shift = mean_shift(&series(300, seed, step(at, 0.8))).unwrap();
        (shift.interval.0..=shift.interval.1).contains(&at)
    });
    let covered = covered.count();
    assert!(covered >= 185, "{covered} of 200");
}

#[test]
fn a_shift_mirrors_when_the_series_is_turned_round() {
    let mut values = series(120, 3, step(50, 2.0));
    let there = mean_shift(&values).unwrap();
    values.reverse();
    let back = mean_shift(&values).unwrap();
    assert_eq!(back.index, 120 - there.index);
    assert_near("t", back.t, -there.t);
}

#[test]
fn permutation_knows_chance_from_change() {
    let p = permutation_p(&series(200, 1, step(120, 1.0)), 5, 199, 9).unwrap();
    assert_eq!(p, 1.0 / 200.0);
    let quiet =
        (0..100).filter(|&seed| permutation_p(&series(100, seed, |_| 0.0), 1, 99, seed).unwrap() <= 0.05);
    let alarms = quiet.count();
    assert!(alarms <= 12, "{alarms} of 100 at the 5 % level");
}

#[test]
fn blocks_keep_dependent_neighbours_from_looking_like_a_change() {
    let dependent = |seed| {
        let mut generator = rng(seed);
        let days: Vec<f64> = (0..30).map(|_| normal(&mut generator)).collect();
        series(300, seed + 1000, move |i| days[i / 10])
    };
    let alarms =
        |block| (0..60).filter(|&s| permutation_p(&dependent(s), block, 99, s).unwrap() <= 0.05).count();
    let (single, whole) = (alarms(1), alarms(10));
    assert!(single > 20 && whole < 9, "{single} without blocks, {whole} with");
    let threshold = |block| permutation_threshold(&dependent(1), block, 199, 1, 0.05).unwrap();
    assert!(threshold(10) > threshold(1));
}

#[test]
fn a_ramp_is_told_from_a_step() {
    let course = |i: usize| 3.0 * ((i as f64 - 100.0) / 100.0).clamp(0.0, 1.0);
    let fit = ramp(&series(300, 4, course)).unwrap();
    assert!(fit.gain() > 20.0, "{}", fit.gain());
    assert!(fit.start.abs_diff(100) < 25 && fit.end.abs_diff(200) < 25, "{fit:?}");
    assert!(fit.start_interval.0 <= 100 && 100 <= fit.start_interval.1);
    assert!((fit.after - fit.before - 3.0).abs() < 0.5);
    let sudden = ramp(&series(300, 4, step(150, 3.0))).unwrap();
    assert!(sudden.gain() < 5.0 && sudden.end - sudden.start < 10, "{sudden:?}");
    // Without noise the two corners are exact.
    let clean: Vec<f64> = (0..60).map(|i| ((f64::from(i) + 0.5 - 20.0) / 20.0).clamp(0.0, 1.0)).collect();
    let exact = ramp(&clean).unwrap();
    assert_eq!((exact.start, exact.end), (20, 40));
    assert!(exact.error < 1e-9);
}

#[test]
fn long_series_are_refined_to_single_values() {
    let fit = ramp(&series(5000, 2, step(3137, 4.0))).unwrap();
    assert!(fit.step.abs_diff(3137) <= 1 && fit.start.abs_diff(3137) < 10, "{fit:?}");
}

#[test]
fn coming_and_going_is_dispersion_without_a_line() {
    let days = [24; 28];
    let recurring = series(28 * 24, 5, |i| if (i / 24) % 7 < 2 { 1.0 } else { 0.0 });
    let line = series(28 * 24, 5, |i| i as f64 / 300.0);
    let of = |values: &[f64]| dispersion(&detrended(values), &days, 2).unwrap();
    assert!(of(&recurring).ratio > 3.0 && of(&recurring).p < 1e-6);
    assert!(of(&line).ratio < 2.0 && of(&line).p > 0.01);
    // b = (3 * g.mean(1)**2).sum() / 3; w = ((g - g.mean(1, keepdims=True))**2).sum() / 8; b / w, stats.f.sf(b / w, 3, 8)
    let residuals = [1.0, -1.0, 2.0, 0.5, -2.0, -1.0, 0.0, 0.3, 0.1, 0.1, -0.4, 0.4];
    let small = dispersion(&residuals, &[3; 4], 1).unwrap();
    assert_near("ratio", small.ratio, 1.128_621_716_761_440_7);
    assert_near("p", small.p, 0.393_767_897_130_347_8);
}

#[test]
fn several_changes_are_all_found() {
    let course = |i: usize| {
        if (100..220).contains(&i) {
            3.0
        } else if i >= 300 {
            -2.0
        } else {
            0.0
        }
    };
    let values = series(400, 6, course);
    let penalty = 3.0 * 400.0_f64.ln();
    let changes = pelt(&values, penalty, 1).unwrap();
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert!(changes.iter().zip([100, 220, 300]).all(|(got, want)| got.abs_diff(want) <= 3), "{changes:?}");
    assert!(pelt(&series(400, 6, |_| 0.0), penalty, 1).unwrap().is_empty());
    let coarse = pelt(&values, penalty, 20).unwrap();
    assert!(coarse.iter().all(|at| at % 20 == 0) && coarse.len() == 3, "{coarse:?}");
}

/// Windows of 200 rows over 8 bins; `extra(window)` of the rows go to the first bin.
fn windows(seed: u64, extra: impl Fn(usize, &mut ChaCha8Rng) -> f64) -> Vec<u64> {
    let mut generator = rng(seed);
    let mut counts = Vec::new();
    for window in 0..60 {
        let mut row = [0; 8];
        let share = extra(window, &mut generator);
        for _ in 0..200 {
            let bin = below(&mut generator, 8);
            row[if unit(&mut generator) < share { 0 } else { bin }] += 1;
        }
        counts.extend(row);
    }
    counts
}

#[test]
fn a_moved_share_is_dated_and_restless_days_are_no_change() {
    let moved = windows(1, |window, _| if window >= 33 { 0.1 } else { 0.0 });
    let shift = multinomial_shift(&moved, 8).unwrap();
    assert!(shift.index.abs_diff(33) <= 2 && shift.p < 1e-6 && shift.freedom == 7, "{shift:?}");
    assert!(shift.interval.0 <= 33 && 33 <= shift.interval.1 && shift.dispersion < 2.0);
    assert_eq!(multinomial_permutation_p(&moved, 8, 1, 99, 1), Ok(0.01));
    let restless = |seed| windows(seed, |_, generator| 0.3 * unit(generator));
    let alarms = (0..40).filter(|&s| multinomial_shift(&restless(s), 8).unwrap().p < 0.05).count();
    assert!(alarms <= 3, "{alarms} of 40");
}

#[test]
fn undefined_says_why() {
    assert_eq!(mean_shift(&[]), Err(Undefined::TooFew));
    assert_eq!(mean_shift(&[0.1; 9]), Err(Undefined::Constant));
    assert_eq!(mean_shift(&[1.0, f64::NAN, 2.0]), Err(Undefined::NotFinite));
    assert_eq!(mean_shift_weighted(&[1.0, 2.0, 3.0], &[1.0, -1.0, 1.0]), Err(Undefined::NotFinite));
    assert_eq!(ramp(&[1.0, 2.0]), Err(Undefined::TooFew));
    assert_eq!(permutation_p(&[1.0, 2.0, 3.0], 5, 10, 1), Err(Undefined::TooFew));
    assert_eq!(pelt(&[1.0; 5], 3.0, 1), Err(Undefined::Constant));
    assert_eq!(pelt(&[1.0, 2.0, 3.0], 0.0, 1), Err(Undefined::NotFinite));
    assert_eq!(multinomial_shift(&[1, 2, 3], 2), Err(Undefined::BinMismatch));
    assert_eq!(multinomial_shift(&[1, 0, 2, 0, 3, 0], 2), Err(Undefined::Constant));
    assert_eq!(multinomial_shift(&[1, 2, 0, 0, 3, 1], 2), Err(Undefined::TooFew));
    assert_eq!(dispersion(&[1.0, 2.0], &[1, 1], 1), Err(Undefined::TooFew));
    assert!(detrended(&[]).is_empty());
    assert_eq!(mean_shift(&[0.0, 0.0, 1.0, 1.0]).map(|s| (s.index, s.t)), Ok((2, f64::INFINITY)));
}
