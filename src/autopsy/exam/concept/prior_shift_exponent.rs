//! Did the outcome's frequency change because of the inputs (covariate shift) or by itself (label shift)?
//!
//! Under covariate shift, rows with the same prediction keep their outcome distribution. Under label shift,
//! each outcome's frequency changes among them by the same factor as overall. One exponent distinguishes the
//! two from each other, and a changed relation from both.

use crate::{
    autopsy::{
        Baseline,
        exam::loss_samples::{LossSamples, Side},
    },
    cached::cached,
    stats::Undefined,
    summary::Task,
};

use super::label_shift::cuts;

/// Bins of equal count of the predictions (scores or values), and of a numeric outcome.
const ANSWER_BINS: usize = 30;
const OUTCOME_BINS: usize = 20;

/// Pseudo-count of each prediction bin: rows distributed by the overall shares.
const FREE_ROWS: f64 = 1.0;

/// Maximum standard error of a usable exponent.
const LARGEST_ERROR: f64 = 0.4;

const MOST_STEPS: usize = 100;

/// The change of the outcomes among rows with the same prediction, in units of the change under pure label
/// shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriorShiftExponent {
    /// 0: no change, hence covariate shift; 1: label shift; anything else: the relation changed.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

cached!(struct PriorShiftExponent { value, error });

/// Estimates λ in `P(y | answer) ∝ P₀(y | answer) · (P(y) / P₀(y))^λ` by maximum likelihood over the rows
/// after the onset, with `P₀` from those before it.
///
/// Covariate shift preserves `P(y | x)`, hence λ = 0 as far as the prediction is sufficient for x; label
/// shift preserves `P(x | y)`, which by Bayes' rule is λ = 1.
///
/// # Errors
///
/// [`Undefined::Empty`] against training, whose predictions are too good; [`Undefined::TooFew`] when the
/// outcome's frequency changed too little; [`Undefined::NotConverged`] when the likelihood has no maximum.
///
/// Source: the two shifts after Schölkopf et al., "On causal and anticausal learning", ICML 2012; one
/// exponent between them is an exponential tilt, Efron and Tibshirani, Annals of Statistics 24 (1996).
pub(super) fn prior_shift_exponent(samples: &LossSamples<'_>) -> Result<PriorShiftExponent, Undefined> {
    if samples.baseline == Baseline::Training {
        return Err(Undefined::Empty);
    }
    let codes = Codes::new(samples);
    let (before, after) = (codes.table(&samples.before), codes.table(&samples.after));
    fitted(&before, &after, codes.outcomes)
}

/// The binning of predictions and outcomes.
struct Codes {
    task: Task,
    scored: bool,
    answer_cuts: Vec<f64>,
    outcome_cuts: Vec<f64>,
    answers: usize,
    outcomes: usize,
}

impl Codes {
    fn new(samples: &LossSamples<'_>) -> Self {
        let plan = samples.plan;
        let (task, scored) = (plan.task, plan.task == Task::Binary && plan.has_score);
        let continuous = task == Task::Regression || scored;
        let before = &samples.before;
        let answered = before.rows.iter().map(|&r| answer(before, scored, r));
        let answer_cuts = if continuous { cuts(answered.collect(), ANSWER_BINS) } else { Vec::new() };
        let outcome_cuts =
            if task == Task::Regression { cuts(before.labels(), OUTCOME_BINS) } else { Vec::new() };
        Self {
            task,
            scored,
            answers: if continuous { answer_cuts.len() + 1 } else { plan.classes.len() },
            outcomes: if task == Task::Regression { outcome_cuts.len() + 1 } else { plan.classes.len() },
            answer_cuts,
            outcome_cuts,
        }
    }

    /// Row counts by prediction bin, then by outcome.
    fn table(&self, side: &Side<'_>) -> Vec<f64> {
        let mut table = vec![0.0; self.answers * self.outcomes];
        for (&row, label) in side.rows.iter().zip(side.labels()) {
            let answered = answer(side, self.scored, row);
            if !answered.is_finite() {
                continue;
            }
            let place = |cuts: &[f64], value: f64| cuts.partition_point(|&cut| cut <= value);
            let answered = if self.task == Task::Regression || self.scored {
                place(&self.answer_cuts, answered)
            } else {
                answered as usize
            };
            let outcome =
                if self.task == Task::Regression { place(&self.outcome_cuts, label) } else { label as usize };
            if answered < self.answers && outcome < self.outcomes {
                table[answered * self.outcomes + outcome] += 1.0;
            }
        }
        table
    }
}

/// The score where there is one, else the prediction.
fn answer(side: &Side<'_>, scored: bool, row: usize) -> f64 {
    let of = if scored { &side.table.score } else { &side.table.prediction };
    of.get(row).copied().unwrap_or(f64::NAN)
}

/// Newton's method for the exponent.
///
/// * `before`, `after`: row counts by prediction bin, then by outcome.
fn fitted(before: &[f64], after: &[f64], outcomes: usize) -> Result<PriorShiftExponent, Undefined> {
    let shares = |table: &[f64]| -> (Vec<f64>, f64) {
        let sums: Vec<f64> = (0..outcomes).map(|y| table.iter().skip(y).step_by(outcomes).sum()).collect();
        let all = sums.iter().sum();
        (sums, all)
    };
    let ((was, rows_before), (is, rows_after)) = (shares(before), shares(after));
    if rows_before == 0.0 || rows_after == 0.0 {
        return Err(Undefined::Empty);
    }
    // Half a row per outcome keeps the logarithm finite.
    let share = |n: f64, all: f64| (n + 0.5) / (all + 0.5 * outcomes as f64);
    let ratio: Vec<f64> =
        was.iter().zip(&is).map(|(&a, &b)| (share(b, rows_after) / share(a, rows_before)).ln()).collect();
    let mut value = 0.0;
    for _ in 0..MOST_STEPS {
        let (mut slope, mut known, mut known_before) = (0.0, 0.0, 0.0);
        for (a, b) in before.chunks(outcomes).zip(after.chunks(outcomes)) {
            let (rows_a, rows_b) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
            let tilted: Vec<f64> = (0..outcomes)
                .map(|y| (a[y] + FREE_ROWS * was[y] / rows_before) * (value * ratio[y]).exp())
                .collect();
            let sum: f64 = tilted.iter().sum();
            let mean = tilted.iter().zip(&ratio).map(|(p, w)| p * w).sum::<f64>() / sum;
            let square = tilted.iter().zip(&ratio).map(|(p, w)| p * w * w).sum::<f64>() / sum;
            let variance = (square - mean * mean).max(0.0);
            slope += b.iter().zip(&ratio).map(|(n, w)| n * w).sum::<f64>() - rows_b * mean;
            known += rows_b * variance;
            known_before += rows_a * variance;
        }
        if known <= 0.0 || known_before <= 0.0 {
            return Err(Undefined::TooFew);
        }
        let step = slope / known;
        value += step.clamp(-1.0, 1.0);
        if step.abs() < 1e-9 {
            let error = (1.0 / known + 1.0 / known_before).sqrt();
            return if error <= LARGEST_ERROR {
                Ok(PriorShiftExponent { value, error })
            } else {
                Err(Undefined::TooFew)
            };
        }
    }
    Err(Undefined::NotConverged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four prediction bins, two outcomes, 40,000 rows: P₀(1 | answer) = .1, .3, .6, .9.
    const BEFORE: [f64; 8] = [9_000.0, 1_000.0, 7_000.0, 3_000.0, 4_000.0, 6_000.0, 1_000.0, 9_000.0];

    #[test]
    fn other_inputs_leave_the_exponent_at_nothing() {
        // Twice as many rows in the last prediction bin, half as many in the first.
        let after = [4_500.0, 500.0, 7_000.0, 3_000.0, 4_000.0, 6_000.0, 2_000.0, 18_000.0];
        let prior_shift_exponent = fitted(&BEFORE, &after, 2).unwrap();
        assert!(prior_shift_exponent.value.abs() < 0.01, "{prior_shift_exponent:?}");
    }

    #[test]
    fn a_prior_that_moves_by_itself_takes_it_to_one() {
        // Every row of outcome 1 counts 3 times.
        let after: Vec<f64> =
            BEFORE.iter().enumerate().map(|(cell, n)| if cell % 2 == 1 { 3.0 * n } else { *n }).collect();
        let prior_shift_exponent = fitted(&BEFORE, &after, 2).unwrap();
        assert!((prior_shift_exponent.value - 1.0).abs() < 0.01, "{prior_shift_exponent:?}");
        assert!(prior_shift_exponent.error < 0.05, "{prior_shift_exponent:?}");
    }

    #[test]
    fn a_relation_that_turned_goes_beyond() {
        // The outcome became more frequent at the same predictions: .3, .5, .8, .97; the predictions did not
        // change.
        let after = [7_000.0, 3_000.0, 5_000.0, 5_000.0, 2_000.0, 8_000.0, 300.0, 9_700.0];
        let prior_shift_exponent = fitted(&BEFORE, &after, 2).unwrap();
        assert!(prior_shift_exponent.value > 1.3, "{prior_shift_exponent:?}");
    }

    #[test]
    fn an_outcome_as_frequent_as_before_tells_nothing() {
        assert_eq!(fitted(&BEFORE, &BEFORE, 2), Err(Undefined::TooFew));
    }
}
