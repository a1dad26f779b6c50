//! Several changes of the mean.

use crate::{Undefined, require_finite};

/// Returns the indices at which the mean changes (each the first of a new level), ascending; empty when it
/// never does.
///
/// Minimises squared error over noise variance plus `penalty` per change, exactly, by pruning candidates that
/// can never be optimal. The noise variance is half the mean squared difference of neighbours, which a few
/// changes of level hardly affect.
///
/// * `penalty`: the gain required of a change; `3 ln n` keeps false changes rare in independent values.
/// * `least`: only every `least`-th index can be a change, so two changes are at least that far apart; 1
///   allows all. With few changes the time grows with the square of `values / least`.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than three values, [`Undefined::Constant`] when neighbours never differ,
/// [`Undefined::NotFinite`] with a NaN, an infinity or a penalty that is not above 0.
///
/// Source: Killick, Fearnhead & Eckley, "Optimal detection of changepoints with a linear computational cost",
/// JASA 107 (2012).
pub fn pelt(values: &[f64], penalty: f64, least: usize) -> Result<Vec<usize>, Undefined> {
    require_finite(values)?;
    if !penalty.is_finite() || penalty <= 0.0 {
        return Err(Undefined::NotFinite);
    }
    let n = values.len();
    if n < 3 {
        return Err(Undefined::TooFew);
    }
    let noise = values.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() / (2 * (n - 1)) as f64;
    if noise <= 0.0 {
        return Err(Undefined::Constant);
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let (mut sums, mut squares) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    for (i, x) in values.iter().enumerate() {
        sums[i + 1] = sums[i] + (x - mean);
        squares[i + 1] = squares[i] + (x - mean).powi(2);
    }
    let cost = |from: usize, to: usize| {
        let sum: f64 = sums[to] - sums[from];
        (squares[to] - squares[from] - sum * sum / (to - from) as f64).max(0.0) / noise
    };
    let least = least.max(1);
    // Where a segment may end: every `least` values, and at the end of the series.
    let mut ends: Vec<usize> = (least..n).step_by(least).collect();
    if !n.is_multiple_of(least) && ends.len() > 1 {
        // The last segment absorbs the remainder, so that it is not shorter than the others.
        ends.pop();
    }
    ends.push(n);
    let mut best = vec![0.0; n + 1];
    let mut last_change = vec![0; n + 1];
    best[0] = -penalty;
    let mut candidates = vec![0];
    for &end in &ends {
        let mut costs = Vec::with_capacity(candidates.len());
        let (mut least_cost, mut from) = (f64::INFINITY, 0);
        for &start in &candidates {
            let total: f64 = best[start] + cost(start, end);
            costs.push(total);
            if total + penalty < least_cost {
                least_cost = total + penalty;
                from = start;
            }
        }
        best[end] = least_cost;
        last_change[end] = from;
        let mut kept: Vec<usize> = candidates
            .iter()
            .zip(&costs)
            .filter(|(_, total)| **total <= least_cost)
            .map(|(start, _)| *start)
            .collect();
        kept.push(end);
        candidates = kept;
    }
    let mut changes = Vec::new();
    let mut at = last_change[n];
    while at > 0 {
        changes.push(at);
        at = last_change[at];
    }
    changes.reverse();
    Ok(changes)
}
