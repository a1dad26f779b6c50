//! Validation on held-out labels: compares a report made without the last labels with those labels.
//!
//! It lives here and not among the developers' programs because it refits the chosen variant of each remedy,
//! and variants are private to this folder.

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

/// A measured remedy and its gain on rows that the report had not seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HoldoutCheck {
    /// The remedy.
    pub remedy: Remedy,
    /// The predicted gain in loss per row.
    pub predicted: Gain,
    /// The gain on the next rows, in loss per row.
    pub realised: f64,
    /// The same for the headline metric, if both have a value.
    pub headline: Option<(Gain, f64)>,
    /// Rows of the validation.
    pub rows: usize,
}

/// Measures the remedies, then fits each measured one on all labelled rows and evaluates it on rows whose
/// labels were hidden from the investigation.
///
/// Evaluates on the first block after the labelled rows, of the size that the predictions refer to.
///
/// * `label`: the label of every row of the production sample.
/// * `rows`: rows of the sample, ordered by time, whose labels were hidden from the investigation.
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
