//! Overdispersion: does the outcome's frequency vary from day to day more than chance explains?

use std::collections::BTreeMap;

use crate::{
    autopsy::{Dossier, Framing, exam::loss_samples::LossSamples},
    cached::cached,
    stats::{change, moments},
    summary::{Task, Width},
};

/// Days with fewer labelled rows are left out.
const FEWEST_ROWS: usize = 8;

/// Minimum degrees of freedom; with fewer, the ratio can't be distinguished from chance.
const FEWEST_FREEDOM: f64 = 6.0;

const HOURS: usize = 24;

/// The day-to-day variance of the outcome relative to that of randomly drawn rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overdispersion {
    /// Variance of the daily means over its expectation for independent rows; 1 is chance.
    pub dispersion: f64,
    /// Days of both periods that were compared.
    pub days: usize,
}

cached!(struct Overdispersion { dispersion, days });

/// Compares the outcomes of days, each with the mean of its period; the effect of the hour of the day is
/// removed first.
///
/// Mean square between days over mean square within ([`change::dispersion`]) of the value, or of each class's
/// indicator, with classes weighted as in Pearson's χ² and periods by their days. None with fewer than six
/// degrees of freedom.
///
/// Source: the F ratio of an analysis of variance (Fisher 1925); as over-dispersion `McCullagh` and Nelder,
/// "Generalized linear models", 2nd edition 1989, section 4.5.
pub(super) fn overdispersion(
    dossier: &Dossier,
    framing: &Framing,
    samples: &LossSamples<'_>,
) -> Option<Overdispersion> {
    let table = &dossier.production.sample;
    let known = |rows: &[usize]| -> Vec<usize> {
        rows.iter()
            .copied()
            .filter(|&r| table.label.get(r).is_some_and(|y| y.is_finite()) && r < table.time.len())
            .collect()
    };
    let periods = [known(&framing.before), known(&framing.after)];
    let time = |row: usize| table.time[row];
    // The series: an indicator per class, or the value itself.
    let parts: Vec<Option<usize>> = match samples.plan.task {
        Task::Regression => vec![None],
        Task::Binary => vec![Some(1)],
        Task::Multiclass => (0..samples.plan.classes.len()).map(Some).collect(),
    };
    let several = parts.len() > 1;
    let (mut scatter, mut freedom, mut days) = (0.0, 0.0, 0);
    for part in parts {
        let value = |row: usize| {
            let y = table.label[row];
            part.map_or(y, |class| f64::from(u8::from(y == class as f64)))
        };
        let every: Vec<(i64, f64)> = periods.iter().flatten().map(|&r| (time(r), value(r))).collect();
        let weight = if several {
            1.0 - every.iter().map(|(_, v)| v).sum::<f64>() / every.len().max(1) as f64
        } else {
            1.0
        };
        let hourly = by_hour(&every);
        for rows in &periods {
            let series: Vec<(i64, f64)> =
                rows.iter().map(|&r| (time(r), value(r) - hourly[hour(time(r))])).collect();
            if let Some((ratio, among)) = among_days(&series) {
                let free = weight * (among - 1) as f64;
                scatter += free * ratio;
                freedom += free;
                days = days.max(among);
            }
        }
    }
    (freedom >= FEWEST_FREEDOM).then(|| Overdispersion { dispersion: scatter / freedom, days })
}

fn hour(time: i64) -> usize {
    time.div_euclid(Width::Hour.micros()).rem_euclid(HOURS as i64) as usize
}

/// The mean by hour of the day; an hour without rows is 0.
fn by_hour(values: &[(i64, f64)]) -> [f64; HOURS] {
    let mut sums = [(0.0, 0.0); HOURS];
    for &(time, value) in values {
        let entry = &mut sums[hour(time)];
        entry.0 += value;
        entry.1 += 1.0;
    }
    sums.map(|(sum, n)| if n > 0.0 { sum / n } else { 0.0 })
}

/// The variance of the daily means over that of independent rows, and the number of days.
fn among_days(series: &[(i64, f64)]) -> Option<(f64, usize)> {
    let mut days: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (time, value) in series {
        days.entry(time.div_euclid(Width::Day.micros())).or_default().push(*value);
    }
    days.retain(|_, rows| rows.len() >= FEWEST_ROWS);
    let values: Vec<f64> = days.values().flatten().copied().collect();
    let mean = moments::mean(&values).ok()?;
    let residuals: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let sizes: Vec<usize> = days.values().map(Vec::len).collect();
    let scatter = change::dispersion(&residuals, &sizes, 1).ok()?;
    Some((scatter.ratio, days.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    fn days(share: impl Fn(i64) -> f64) -> Vec<(i64, f64)> {
        let mut rng = crate::stats::random::rng(3);
        (0..40)
            .flat_map(|day| (0..100).map(move |row| (day, row)))
            .map(|(day, row)| {
                let time = day * Width::Day.micros() + row * Width::Hour.micros() / 60;
                (time, f64::from(u8::from(rng.random::<f64>() < share(day))))
            })
            .collect()
    }

    #[test]
    fn chance_gives_a_ratio_of_one() {
        let (ratio, among) = among_days(&days(|_| 0.3)).unwrap();
        assert_eq!(among, 40);
        // χ² of 39 degrees of freedom over them: 95 % within 0.61 and 1.49.
        assert!((0.61..1.49).contains(&ratio), "{ratio}");
    }

    #[test]
    fn a_mix_that_comes_and_goes_gives_far_more() {
        // Alternating shares of .2 and .4, 100 rows a day: the daily means have variance .01 + .0021 where
        // chance gives .0021.
        let (ratio, _) = among_days(&days(|day| if day % 4 < 2 { 0.2 } else { 0.4 })).unwrap();
        assert!((4.0..8.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_hour_is_taken_out_by_its_mean() {
        let noon = 12 * Width::Hour.micros();
        let hourly = by_hour(&[(0, 1.0), (Width::Day.micros(), 3.0), (noon, 5.0)]);
        assert_eq!((hourly[0], hourly[12], hourly[5]), (2.0, 5.0, 0.0));
    }
}
