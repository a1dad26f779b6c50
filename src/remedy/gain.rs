//! Gains with intervals, computed from predictions on rows that a remedy was not fitted on.
//!
//! The rows of each fold are split into blocks of time, and the blocks' gains are the sample. Their spread
//! reflects row noise, dependence within a block, and drift between blocks. The mean gain has Student's t
//! interval; so does the gain of one more block of the same size:
//!
//! ```text
//! mean ± t(k − 1, 0.95) s / √k        next ± t(k − 1, 0.95) s √(1 + 1/k)
//! ```
//!
//! Source: Hahn and Meeker, "Statistical Intervals" (1991), sections 3.2 and 4.2.

use crate::{
    autopsy::scoring::{self, Answers},
    stats::{Undefined, distribution::student_upper_quantile, metric::Metric, moments},
    summary::Task,
};

use super::{
    backtest::{BLOCKS, BacktestAnswers, BacktestData, Fold},
    result::{Decision, Gain, Measured},
};

/// Probability outside the interval on either side.
const TAIL: f64 = 0.05;

/// The gains of one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BlockGain {
    /// The block's first row.
    pub(super) row: usize,
    /// Compared rows.
    pub(super) rows: usize,
    /// In loss per row.
    pub(super) loss: f64,
    /// In the headline metric; NaN if it has no value.
    pub(super) headline: f64,
    /// In cost per row or F1; NaN if it has no value.
    pub(super) decision: f64,
}

/// Returns the gains of each block of a fold.
///
/// * `label`: the label of every production row.
pub(super) fn blocks(
    backtest: &BacktestData<'_>,
    fold: &Fold,
    proposed: &BacktestAnswers,
    label: &[f64],
    number: usize,
) -> Vec<BlockGain> {
    let rows = fold.test.len();
    (0..number)
        .filter_map(|block| {
            let places: Vec<usize> = (rows * block / number..rows * (block + 1) / number)
                .filter(|&place| !proposed.prediction[place].is_nan())
                .collect();
            block_gain(backtest, fold, proposed, label, &places)
        })
        .collect()
}

fn block_gain(
    backtest: &BacktestData<'_>,
    fold: &Fold,
    proposed: &BacktestAnswers,
    label: &[f64],
    places: &[usize],
) -> Option<BlockGain> {
    let first = *places.first()?;
    let pick = |values: &[f64]| -> Vec<f64> {
        places.iter().filter_map(|&place| values.get(place).copied()).collect()
    };
    let logged = |values: &[f64]| -> Vec<f64> {
        places.iter().filter_map(|&place| values.get(fold.test[place]).copied()).collect()
    };
    let truth: Vec<f64> = places.iter().map(|&place| label[fold.test[place]]).collect();
    let (prediction, score) = match &proposed.instead {
        Some((prediction, score)) => (pick(prediction), pick(score)),
        None => (logged(backtest.logged.prediction), logged(backtest.logged.score)),
    };
    let (their_prediction, their_score) = (pick(&proposed.prediction), pick(&proposed.score));
    let answers = |prediction: &'_ [f64], score: &'_ [f64]| -> (f64, f64, f64) {
        let answers = Answers {
            task: backtest.plan.task,
            classes: backtest.plan.classes.len(),
            label: &truth,
            prediction,
            score: if backtest.plan.task == Task::Binary { score } else { &[] },
            class_scores: &[],
        };
        let all: Vec<usize> = (0..truth.len()).collect();
        let loss = all.iter().map(|&row| answers.loss(row)).sum::<f64>() / truth.len() as f64;
        let metric = |metric: Metric| scoring::values(&answers, &all, &[metric])[0];
        let headline = metric(backtest.investigation.performance.headline);
        let decision = match backtest.decision {
            None => f64::NAN,
            Some(Decision::F1) => metric(Metric::F1),
            Some(Decision::Cost { false_positive, false_negative }) => {
                -cost(&answers, false_positive, false_negative)
            }
        };
        (loss, headline, decision)
    };
    let ours = answers(&prediction, &score);
    let theirs = answers(&their_prediction, &their_score);
    Some(BlockGain {
        row: fold.test[first],
        rows: truth.len(),
        loss: ours.0 - theirs.0 + proposed.gap,
        headline: scoring::worsening(backtest.investigation.performance.headline, theirs.1, ours.1),
        decision: theirs.2 - ours.2,
    })
}

/// Returns the mean cost of the predictions.
fn cost(answers: &Answers<'_>, false_positive: f64, false_negative: f64) -> f64 {
    let of = |row: usize| match (answers.answer_of(row) > 0.5, answers.label[row] > 0.5) {
        (true, false) => false_positive,
        (false, true) => false_negative,
        _ => 0.0,
    };
    (0..answers.label.len()).map(of).sum::<f64>() / answers.label.len().max(1) as f64
}

/// Returns the mean gain of the blocks with its intervals.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than two blocks, [`Undefined::NotFinite`] when a block has no value.
pub(super) fn gain(blocks: &[f64]) -> Result<Gain, Undefined> {
    let (value, deviation) = (moments::mean(blocks)?, moments::deviation(blocks)?);
    let k = blocks.len() as f64;
    let t = student_upper_quantile(TAIL, k - 1.0);
    let (error, one_more) = (deviation / k.sqrt(), deviation * (1.0 + 1.0 / k).sqrt());
    Ok(Gain {
        value,
        error,
        interval: (value - t * error, value + t * error),
        next: (value - t * one_more, value + t * one_more),
    })
}

/// Combines the blocks.
///
/// * `lost`: the loss since the onset, if it is significant.
/// * `fitted`: rows that the remedy was fitted on before the last fold.
///
/// # Errors
///
/// As [`gain`], for the loss.
pub(super) fn measured(
    backtest: &BacktestData<'_>,
    blocks: &[BlockGain],
    lost: Option<f64>,
    fitted: usize,
) -> Result<Measured, Undefined> {
    let column = |of: fn(&BlockGain) -> f64| blocks.iter().map(of).collect::<Vec<f64>>();
    let loss = gain(&column(|block| block.loss))?;
    Ok(Measured {
        loss,
        headline: gain(&column(|block| block.headline)).ok(),
        decision: gain(&column(|block| block.decision)).ok(),
        share: lost.map(|lost| loss.value / lost),
        fitted,
        judged: blocks.iter().map(|block| block.rows).sum(),
        blocks: blocks
            .iter()
            .map(|block| (backtest.has_clock().then(|| backtest.at(block.row)), block.loss))
            .collect(),
    })
}

/// Shifts a gain and its intervals to another mean: that over all rows, where the mean over blocks weighs
/// each block alike.
pub(super) fn about(gain: Gain, mean: f64) -> Gain {
    let by = mean - gain.value;
    let moved = |(low, high): (f64, f64)| (low + by, high + by);
    Gain { value: mean, error: gain.error, interval: moved(gain.interval), next: moved(gain.next) }
}

/// Returns the blocks of a fold of the rolling origin.
pub(super) fn fold_blocks(
    backtest: &BacktestData<'_>,
    fold: &Fold,
    proposed: &BacktestAnswers,
) -> Vec<BlockGain> {
    blocks(backtest, fold, proposed, backtest.logged.label, BLOCKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_agree_with_scipy() {
        // x = np.array([.02, .05, .03, .01, .06, .04]); m, s, k = x.mean(), x.std(ddof=1), 6; t = stats.t.isf(.05, 5)
        // m, s / k**.5, m -/+ t * s / k**.5, m -/+ t * s * (1 + 1 / k)**.5
        let gain = gain(&[0.02, 0.05, 0.03, 0.01, 0.06, 0.04]).unwrap();
        for (got, want) in [
            (gain.value, 0.035),
            (gain.error, 0.007_637_626_158_259_735),
            (gain.interval.0, 0.019_609_813_833_672_968),
            (gain.interval.1, 0.050_390_186_166_327_025),
            (gain.next.0, -0.005_718_605_227_087_871),
            (gain.next.1, 0.075_718_605_227_087_87),
        ] {
            assert!((got - want).abs() < 1e-12, "{got} instead of {want}");
        }
        assert!(gain.is_better() && !gain.is_worse());
    }

    #[test]
    fn one_block_has_no_interval() {
        assert_eq!(gain(&[0.1]), Err(Undefined::TooFew));
        assert_eq!(gain(&[0.1, f64::NAN]), Err(Undefined::NotFinite));
    }
}
