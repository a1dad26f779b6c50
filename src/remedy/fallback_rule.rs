//! Rules simple enough to replace a model within the hour: a constant prediction, or one split on one
//! feature.

use crate::{
    model::{
        binned::{Binning, NUMERIC_BINS},
        boosted::{Boosted, Loss, Params, Target},
        loss::LossKind,
    },
    stats::moments,
};

use super::{
    backtest::{BacktestAnswers, BacktestData, Fold},
    unavailable::Unavailable,
};

/// One tree with one split.
const QUESTION: Params = Params {
    trees: 1,
    learning_rate: 1.0,
    leaves: 2,
    depth: 1,
    l2: 1.0,
    min_child_weight: 0.5,
    min_rows: 25,
    patience: None,
};

/// Predicts the share of positives, the most frequent class, or the median of the known rows.
pub(super) fn constant(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let label: Vec<f64> = fold.since.iter().map(|&row| backtest.log.label[row]).collect();
    let answer = match backtest.kind {
        LossKind::Log => moments::mean(&label),
        LossKind::Absolute => moments::median(&label),
        LossKind::Wrong => Ok(most_frequent(&label)),
    };
    let answer = answer?;
    Ok(backtest.answered(vec![answer; fold.test.len()]))
}

fn most_frequent(label: &[f64]) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for &class in label {
        *counts.entry(class as u64).or_insert(0_usize) += 1;
    }
    let best = counts.into_iter().max_by_key(|&(class, count)| (count, std::cmp::Reverse(class)));
    best.map_or(f64::NAN, |(class, _)| class as f64)
}

/// Predicts by the best single split of the known rows.
pub(super) fn stump(backtest: &BacktestData<'_>, fold: &Fold) -> Result<BacktestAnswers, Unavailable> {
    let classes = backtest.plan.classes.len().max(2);
    let loss = match backtest.kind {
        LossKind::Log => Loss::Logistic,
        LossKind::Absolute => Loss::Squared,
        LossKind::Wrong => Loss::Multinomial { classes },
    };
    let binning = Binning::fit(backtest.plan, backtest.log, &fold.since, NUMERIC_BINS);
    let label: Vec<f64> = fold.since.iter().map(|&row| backtest.log.label[row]).collect();
    let data = binning.codes(backtest.log, &fold.since);
    let tree = Boosted::fit(&data, Target::new(&label), loss, &QUESTION)?;
    let answers = tree.predict(&binning.codes(backtest.log, &fold.test));
    let answers = if backtest.kind == LossKind::Wrong {
        let largest = |shares: &[f64]| {
            let best = shares.iter().enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
            best.map_or(f64::NAN, |(class, _)| class as f64)
        };
        answers.chunks_exact(classes).map(largest).collect()
    } else {
        answers
    };
    Ok(backtest.answered(answers))
}
