//! Quantiles of the answer time: exact where the sample holds all rows, with a stated error where it holds a part of them or where
//! only counts are at hand.

use crate::{
    autopsy::Dossier,
    stats::moments::{quantile, sorted},
    summary::LatencyHistogram,
    text::number,
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
    times(dossier, groups, group_of).iter().map(|times| of_times(times)).collect()
}

/// The answer times of the sampled rows by group.
fn times(dossier: &Dossier, groups: usize, group_of: impl Fn(usize) -> Option<usize>) -> Vec<Vec<f64>> {
    let production = &dossier.production;
    let sample = &production.sample;
    let mut times = vec![Vec::new(); groups];
    for (row, &ms) in sample.latency_ms.iter().enumerate().filter(|(_, ms)| **ms >= 0.0 && ms.is_finite()) {
        let window = production.grid.and_then(|grid| grid.window(*sample.time.get(row)?)).unwrap_or_default();
        if let Some(group) = group_of(window) {
            times[group].push(ms);
        }
    }
    times
}

/// How far the 95 % quantile of some windows may be off, as a sentence; none where it is exact.
///
/// * `is_in`: whether a window belongs to them.
pub(super) fn error_of(dossier: &Dossier, is_in: impl Fn(usize) -> bool) -> Option<String> {
    let windows = dossier.production.windows.iter().enumerate().filter(|(at, _)| is_in(*at));
    let all: u64 = windows.map(|(_, window)| window.serving.latency.counts.iter().sum::<u64>()).sum();
    if dossier.production.sample.latency_ms.is_empty() {
        return (all > 0).then(|| "They are read from counts, and are at most 19 % too high.".to_owned());
    }
    let times = times(dossier, 1, |window| is_in(window).then_some(0)).concat();
    if times.len() as u64 >= all {
        return None;
    }
    let (low, high) = interval(&sorted(&times).ok()?)?;
    Some(format!(
        "They are those of the {} sampled of {} rows; p95 of all lies between {} and {} ms with 95 % confidence.",
        number::count(times.len() as u64),
        number::count(all),
        number::value(low),
        number::value(high)
    ))
}

/// The 95 % interval of the 95 % quantile, from the ranks between which it lies (normal approximation of the binomial).
fn interval(ascending: &[f64]) -> Option<(f64, f64)> {
    const Q: f64 = 0.95;
    const Z: f64 = 1.96;
    let rows = ascending.len() as f64;
    let spread = Z * (rows * Q * (1.0 - Q)).sqrt();
    let at = |rank: f64| ascending.get(rank.clamp(0.0, (rows - 1.0).max(0.0)) as usize).copied();
    Some((at((rows * Q - spread).floor())?, at((rows * Q + spread).ceil())?))
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

    #[test]
    fn the_interval_of_p95_holds_the_ranks_around_it() {
        // scipy.stats.binom.interval(0.95, 10000, 0.95) = (9457, 9542)
        let ascending: Vec<f64> = (0..10_000).map(f64::from).collect();
        assert_eq!(interval(&ascending), Some((9457.0, 9543.0)));
        assert_eq!(interval(&[7.0]), Some((7.0, 7.0)));
        assert_eq!(interval(&[]), None);
    }
}
