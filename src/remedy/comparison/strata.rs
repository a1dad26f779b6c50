//! Two arms compared day by day, and the days combined (weights of Mantel and Haenszel), so that a ramp, which gives the
//! candidate more rows on later days, is not taken for the candidate's effect.

use std::collections::BTreeMap;

use crate::stats::moments;

/// A difference of two arms with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The candidate's mean less the incumbent's.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// The candidate's mean less the incumbent's over days, weighted by `n m / (n + m)`.
///
/// * `rows`: day, whether it is the candidate's, value.
#[must_use]
pub fn stratified(rows: &[(i64, bool, f64)]) -> Option<Difference> {
    let mut days: BTreeMap<i64, [Vec<f64>; 2]> = BTreeMap::new();
    for &(day, is_candidate, value) in rows {
        days.entry(day).or_default()[usize::from(is_candidate)].push(value);
    }
    let (mut sum, mut variance, mut weights) = (0.0, 0.0, 0.0);
    for [ours, theirs] in days.values().filter(|arms| arms.iter().all(|arm| arm.len() >= 2)) {
        let (n, m) = (ours.len() as f64, theirs.len() as f64);
        let weight = n * m / (n + m);
        let difference = moments::mean(theirs).ok()? - moments::mean(ours).ok()?;
        sum += weight * difference;
        variance +=
            weight * weight * (moments::variance(ours).ok()? / n + moments::variance(theirs).ok()? / m);
        weights += weight;
    }
    (weights > 0.0).then(|| Difference { value: sum / weights, error: variance.sqrt() / weights })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_combined_as_an_independent_computation_does() {
        // Day 0: a = [1, 2, 3, 4], b = [2, 3]; day 1: a = [5, 7], b = [6, 7, 8, 7]. w = n * m / (n + m) = 4 / 3 on both
        // d = np.mean(b) - np.mean(a): 0, 1; (w * d).sum() / w.sum() = 0.5
        // (w**2 * (np.var(a, ddof=1) / n + np.var(b, ddof=1) / m)).sum()**.5 / w.sum()
        let of = |day: i64, arm: bool, values: &[f64]| -> Vec<(i64, bool, f64)> {
            values.iter().map(|&value| (day, arm, value)).collect()
        };
        let rows = [
            of(0, false, &[1.0, 2.0, 3.0, 4.0]),
            of(0, true, &[2.0, 3.0]),
            of(1, false, &[5.0, 7.0]),
            of(1, true, &[6.0, 7.0, 8.0, 7.0]),
        ]
        .concat();
        let found = stratified(&rows).expect("two days");
        let variance = (5.0 / 3.0 / 4.0 + 0.5 / 2.0) + (2.0 / 2.0 + 2.0 / 3.0 / 4.0);
        assert!((found.value - 0.5).abs() < 1e-12, "{found:?}");
        assert!((found.error - f64::sqrt(variance) / 2.0).abs() < 1e-12, "{found:?}");
        // Pooled, the ramp would look like an effect of 1.8333.
        let pooled: Vec<_> = rows.iter().map(|&(_, arm, value)| (0, arm, value)).collect();
        let pooled = stratified(&pooled).expect("two arms");
        assert!((pooled.value - (33.0 / 6.0 - 22.0 / 6.0)).abs() < 1e-12, "{pooled:?}");
    }
}
