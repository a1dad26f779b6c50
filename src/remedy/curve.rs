//! The learning curve of retraining: how its gain grows with labels, and when there will be enough of them.
//!
//! One strategy is fitted on a growing number of the first rows since the onset and always tested on the same
//! last third. If no available number of rows is enough, the curve `gain(n) = a − b / √n` is extrapolated:
//! the error of a learner falls towards its asymptote as a power of the number of rows (Cortes, Jackel,
//! Solla, Vapnik and Denker 1994).

use rayon::prelude::*;

use crate::{
    model::learner::Family,
    progress::{Counter, Stopped},
    stats::linear::{Matrix, ridge},
    summary::Micros,
    text::{number, time},
};

use super::{
    backtest::{BacktestData, Fold},
    catalogue::Strategy,
    gain,
    result::{CurvePoint, Labels, LearningCurve},
    variant::RemedyVariant,
};

/// Blocks of the test rows.
const BLOCKS: usize = 6;

/// Number of rows of the smallest point.
const SMALLEST: usize = 100;

/// Maximum number of points.
const POINTS: usize = 6;

/// The curve is extrapolated to at most this multiple of the available rows.
const FURTHEST: f64 = 20.0;

/// Returns the training sizes: at least [`SMALLEST`], each twice the previous one, the last one two thirds of
/// the available rows.
pub(super) fn sizes(backtest: &BacktestData<'_>) -> Vec<usize> {
    let most = 2 * backtest.since.len() / 3;
    let mut sizes: Vec<usize> = std::iter::successors(Some(most), |size| Some(size / 2))
        .take_while(|&size| size >= SMALLEST)
        .take(POINTS)
        .collect();
    sizes.reverse();
    sizes
}

/// Measures the curve of one way of retraining.
///
/// # Errors
///
/// [`Stopped`] when the caller stopped it.
pub(super) fn measure(
    backtest: &BacktestData<'_>,
    strategy: Strategy,
    family: Family,
    sizes: &[usize],
    labels: &Labels,
    counter: &Counter<'_>,
) -> Result<Option<LearningCurve>, Stopped> {
    let whole = backtest.fold(2 * backtest.since.len() / 3, backtest.since.len());
    let variant = RemedyVariant::Retrain { strategy, family };
    let points: Result<Vec<Option<CurvePoint>>, Stopped> = sizes
        .par_iter()
        .map(|&rows| {
            counter.run(&format!("learning curve, {rows} rows"), || {
                // Rows after the first `rows` have not arrived yet.
                let until = backtest.since.get(rows).copied().unwrap_or(usize::MAX);
                let fold = Fold {
                    since: whole.since[..rows.min(whole.since.len())].to_vec(),
                    known: whole.known.iter().copied().filter(|&row| row < until).collect(),
                    test: whole.test.clone(),
                    now: backtest.at(until.min(whole.test[0])),
                };
                let proposed = variant.answer(backtest, &fold).ok()?;
                let blocks = gain::blocks(backtest, &fold, &proposed, backtest.logged.label, BLOCKS);
                let losses: Vec<f64> = blocks.iter().map(|block| block.loss).collect();
                gain::gain(&losses).ok().map(|gain| CurvePoint { rows, gain })
            })
        })
        .collect();
    let points: Vec<CurvePoint> = points?.into_iter().flatten().collect();
    if points.is_empty() {
        return Ok(None);
    }
    let better = points.iter().rev().take_while(|point| point.gain.is_better()).last();
    let needed = better.map(|point| point.rows as f64).or_else(|| extrapolated(&points));
    let have = backtest.since.len() as f64;
    let when = needed.and_then(|needed| arrival(needed - have, labels));
    let message = sentence(backtest, strategy, family, needed, when, labels);
    Ok(Some(LearningCurve {
        strategy,
        family,
        points,
        needed: needed.map(|needed| needed * labels.weight),
        when,
        message,
    }))
}

/// Returns the number of rows from which the fitted curve is significantly better than doing nothing.
fn extrapolated(points: &[CurvePoint]) -> Option<f64> {
    let last = points.last()?;
    if points.len() < 3 {
        return None;
    }
    let root: Vec<f64> = points.iter().map(|point| 1.0 / (point.rows as f64).sqrt()).collect();
    let gains: Vec<f64> = points.iter().map(|point| point.gain.value).collect();
    let line = ridge(&Matrix::from_columns(&[&root]).ok()?, &gains, 0.0, None).ok()?;
    let (limit, slope) = (line.intercept, -line.coefficients[0]);
    let doubt = last.gain.value - last.gain.interval.0;
    let room = limit - doubt;
    (room > 0.0 && slope > 0.0)
        .then(|| (slope / room).powi(2))
        .filter(|rows| *rows > last.rows as f64 && *rows < FURTHEST * last.rows as f64)
}

/// Returns when `more` further rows of the sample will be labelled.
fn arrival(more: f64, labels: &Labels) -> Option<Micros> {
    const DAY: f64 = 86_400e6;
    let (last, a_day) = (labels.last?, labels.a_day?);
    let days = more * labels.weight / a_day;
    (more > 0.0 && days.is_finite()).then(|| last + (days * DAY) as Micros + labels.delay.unwrap_or(0))
}

fn sentence(
    backtest: &BacktestData<'_>,
    strategy: Strategy,
    family: Family,
    needed: Option<f64>,
    when: Option<Micros>,
    labels: &Labels,
) -> String {
    let way = format!("{} ({})", strategy.description(), family.name());
    let count = |rows: f64| number::whole((rows * labels.weight).round() as u64);
    let have = count(backtest.since.len() as f64);
    let period = backtest.investigation.framing.period();
    match (needed, when) {
        (Some(needed), None) if needed <= backtest.since.len() as f64 => format!(
            "Retraining on {way} is better than doing nothing from {} labelled rows {period} on; {have} are available.",
            count(needed)
        ),
        (Some(needed), Some(when)) => format!(
            "Retraining on {way} would be better than doing nothing from about {} labelled rows {period} on; \
             {have} are available, and at the present rate the rest by {}.",
            count(needed),
            time::date(when)
        ),
        (Some(needed), None) => format!(
            "Retraining on {way} would be better than doing nothing from about {} labelled rows {period} on; \
             {have} are available, and without a clock it is unknown when the rest will be.",
            count(needed)
        ),
        (None, _) => format!(
            "With the {have} labelled rows {period}, retraining on {way} is not better than doing nothing, and no foreseeable number of rows makes it so."
        ),
    }
}
