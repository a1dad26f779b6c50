//! Quantiles of the answer time: exact among the sampled rows, to within a bin where only counts are at hand.

use crate::{
    autopsy::Dossier,
    stats::moments::{quantile, sorted},
    summary::LatencyHistogram,
};

/// Median, 95 % and 99 % quantile of the answer time in milliseconds.
pub(super) type Quantiles = (f64, f64, f64);

/// The quantiles of some groups of windows.
///
/// * `groups`: how many groups there are.
/// * `group_of`: the group of a window; none where it is in none.
///
/// Returns for each group the quantiles of the sampled rows (numpy's linear interpolation), of the histograms where no row
/// was kept, and none where no answer time is known.
pub(super) fn by_group(
    dossier: &Dossier,
    groups: usize,
    group_of: impl Fn(usize) -> Option<usize>,
) -> Vec<Option<Quantiles>> {
    let production = &dossier.production;
    let sample = &production.sample;
    if sample.latency_ms.is_empty() {
        let mut merged = vec![LatencyHistogram::default(); groups];
        for (at, window) in production.windows.iter().enumerate() {
            if let Some(group) = group_of(at) {
                merged[group].merge(&window.serving.latency);
            }
        }
        return merged.iter().map(of_histogram).collect();
    }
    let mut times = vec![Vec::new(); groups];
    for (row, &ms) in sample.latency_ms.iter().enumerate().filter(|(_, ms)| **ms >= 0.0 && ms.is_finite()) {
        let window = production.grid.and_then(|grid| grid.window(*sample.time.get(row)?)).unwrap_or_default();
        if let Some(group) = group_of(window) {
            times[group].push(ms);
        }
    }
    times.iter().map(|times| of_times(times)).collect()
}

fn of_times(times: &[f64]) -> Option<Quantiles> {
    let ascending = sorted(times).ok()?;
    let at = |q: f64| quantile(&ascending, q).ok();
    Some((at(0.5)?, at(0.95)?, at(0.99)?))
}

fn of_histogram(histogram: &LatencyHistogram) -> Option<Quantiles> {
    Some((histogram.quantile(0.5)?, histogram.quantile(0.95)?, histogram.quantile(0.99)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([10, 20, 30, 40, 400], [.5, .95, .99])
        let (median, p95, p99) = of_times(&[30.0, 10.0, 400.0, 20.0, 40.0]).expect("five times");
        assert!((median - 30.0).abs() < 1e-12 && (p95 - 328.0).abs() < 1e-9, "{median} {p95}");
        assert!((p99 - 385.6).abs() < 1e-9, "{p99}");
        assert_eq!(of_times(&[]), None);
    }
}
