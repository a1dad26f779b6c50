//! The check on held-out labels: a report made without the last labels, held against them.
//!
//! It lies here and not among the developers' programs, since it fits the chosen variant of each remedy anew, and variants
//! are this folder's own.

use crate::{
    autopsy::Investigation,
    progress::{RunControl, Stopped},
};

use super::{
    backtest::{BLOCKS, BacktestData},
    catalogue::Remedy,
    gain,
    measure::run,
    result::{Gain, RemedyReport},
};

/// A measured remedy, and what it did on rows that the report had not seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HoldoutCheck {
    /// The remedy.
    pub remedy: Remedy,
    /// What the report predicted, in loss a row.
    pub predicted: Gain,
    /// What it did on the next rows, in loss a row.
    pub realised: f64,
    /// The same for the headline metric, where both have a value.
    pub headline: Option<(Gain, f64)>,
    /// The rows that told.
    pub rows: usize,
}

/// Measures the remedies, then fits each measured one on all that is labelled and judges it on rows whose labels the
/// investigation did not know.
///
/// The rows that tell are the first block after the labelled ones, of the size that the predictions are about.
///
/// * `label`: the truth of every row of the production sample.
/// * `rows`: rows of the sample, in the order of time, whose labels were hidden from the investigation.
///
/// # Errors
///
/// [`Stopped`] when the caller stopped it.
pub fn check_on_holdout(
    investigation: &Investigation,
    label: &[f64],
    rows: &[usize],
    control: &RunControl<'_>,
) -> Result<(RemedyReport, Vec<HoldoutCheck>), Stopped> {
    let backtest = BacktestData::new(investigation);
    let (report, fitted) = run(&backtest, control)?;
    let next: Vec<usize> = rows
        .iter()
        .copied()
        .filter(|&row| {
            label[row].is_finite()
                && backtest.kind.answers(backtest.log).get(row).is_some_and(|a| a.is_finite())
        })
        .take(report.labels.block.max(1))
        .collect();
    let fold = backtest.fold_until_now(next);
    let checks = fitted.into_iter().filter_map(|(remedy, variant)| {
        let offer = report.offers.iter().find(|offer| offer.remedy == remedy)?;
        let measured = offer.basis.measured()?;
        let proposed = variant.answer(&backtest, &fold).ok()?;
        let block = *gain::blocks(&backtest, &fold, &proposed, label, 1).first()?;
        let headline = measured.headline.filter(|_| block.headline.is_finite());
        (block.rows * BLOCKS >= report.labels.block).then_some(HoldoutCheck {
            remedy,
            predicted: measured.loss,
            realised: block.loss,
            headline: headline.map(|gain| (gain, block.headline)),
            rows: block.rows,
        })
    });
    let checks = checks.collect();
    Ok((report, checks))
}
