//! What became of the predictions: a bench made without the last labels, held against them.

use crate::autopsy::Investigation;

use super::{
    bench::{Bench, Gain, Remedy},
    gain,
    ground::{BLOCKS, Ground},
    measure::{Stopped, Watch, run},
};

/// A measured remedy, and what it did on rows that the bench had not seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hindsight {
    /// The remedy.
    pub remedy: Remedy,
    /// What the bench predicted, in loss a row.
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
/// [`Stopped`] when the watch stopped it.
pub fn hindsight(
    investigation: &Investigation,
    label: &[f64],
    rows: &[usize],
    watch: &Watch<'_>,
) -> Result<(Bench, Vec<Hindsight>), Stopped> {
    let ground = Ground::new(investigation);
    let (bench, behind) = run(&ground, watch)?;
    let next: Vec<usize> = rows
        .iter()
        .copied()
        .filter(|&row| {
            label[row].is_finite() && ground.kind.answers(ground.log).get(row).is_some_and(|a| a.is_finite())
        })
        .take(bench.labels.block.max(1))
        .collect();
    let fold = ground.fold_until_now(next);
    let told = behind.into_iter().filter_map(|(remedy, candidate)| {
        let offer = bench.offers.iter().find(|offer| offer.remedy == remedy)?;
        let measured = offer.basis.measured()?;
        let given = candidate.answer(&ground, &fold).ok()?;
        let block = *gain::blocks(&ground, &fold, &given, label, 1).first()?;
        let headline = measured.headline.filter(|_| block.headline.is_finite());
        (block.rows * BLOCKS >= bench.labels.block).then_some(Hindsight {
            remedy,
            predicted: measured.loss,
            realised: block.loss,
            headline: headline.map(|gain| (gain, block.headline)),
            rows: block.rows,
        })
    });
    let told = told.collect();
    Ok((bench, told))
}
