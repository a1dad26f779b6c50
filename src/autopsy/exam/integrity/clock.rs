//! Does a feature that copies the hour, or the minute of the day, of the request still agree with the timestamp?

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
    },
    summary::Micros,
};

use super::feature_samples::{FeatureSamples, Side};

/// What a feature copies of the time of the day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    /// Its length.
    length: Micros,
    /// So many of them make a day.
    a_day: i64,
    /// In a sentence: `runs +1 h off`.
    sign: &'static str,
    /// What the feature copies, in words.
    name: &'static str,
}

/// The units that are tried, the coarser first: an hour is a small minute.
const UNITS: [Unit; 2] = [
    Unit { length: 3_600_000_000, a_day: 24, sign: "h", name: "hour" },
    Unit { length: 60_000_000, a_day: 1440, sign: "min", name: "minute of the day" },
];

/// A feature that copies the time of the day, and is behind or ahead of the timestamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) feature: usize,
    pub(super) unit: Unit,
    /// Units ahead of the timestamp in the reference rows and in the rows under suspicion.
    pub(super) lag: (i64, i64),
    /// Share of the rows under suspicion that agree with the new lag.
    pub(super) agree: f64,
}

impl Clock {
    /// Units that the lag changed by, 0 to less than a day.
    fn off(&self) -> i64 {
        (self.lag.1 - self.lag.0).rem_euclid(self.unit.a_day)
    }
}

/// Finds integer features that copy the hour or minute of the timestamp; their lag may have changed (or not be 0
/// from the first day).
pub(super) fn clocks(samples: &FeatureSamples<'_>) -> Vec<Clock> {
    let production = &samples.dossier.production.sample;
    if production.time.is_empty() {
        return Vec::new();
    }
    (0..samples.dossier.plan.features.len())
        .filter_map(|j| {
            UNITS.into_iter().find_map(|unit| {
                let (lag, agree) = lag_of(&samples.suspect, j, unit)?;
                let before =
                    if samples.within_production { lag_of(&samples.reference, j, unit)?.0 } else { 0 };
                Some(Clock { feature: j, unit, lag: (before, lag), agree })
            })
        })
        .collect()
}

/// By how many units a feature is ahead of the timestamp, and on which share of the rows; none if it copies no clock.
fn lag_of(side: &Side<'_>, feature: usize, unit: Unit) -> Option<(i64, f64)> {
    let values = side.table.features[feature].numbers()?;
    let day = unit.a_day;
    let (mut lags, mut times) = (vec![0_usize; day as usize], vec![0_usize; day as usize]);
    let mut n = 0_usize;
    for &r in &side.rows {
        let x = values[r];
        if !(0.0..day as f64).contains(&x) || x.fract() != 0.0 {
            continue;
        }
        n += 1;
        let at = side.table.time[r].div_euclid(unit.length).rem_euclid(day);
        times[at as usize] += 1;
        lags[(x as i64 - at).rem_euclid(day) as usize] += 1;
    }
    // Where most timestamps are of one time of the day, such as midnight, a constant column would copy it.
    if times.iter().any(|&rows| rows * 2 > n) {
        return None;
    }
    let (lag, &most) = lags.iter().enumerate().max_by_key(|&(_, c)| *c)?;
    let share = most as f64 / n.max(1) as f64;
    (n * 10 >= side.rows.len() * 8 && share > 0.6).then_some((lag as i64, share))
}

/// Reports the features whose clock is off.
pub(super) fn examine(samples: &FeatureSamples<'_>, clocks: &[Clock]) -> Observations {
    let mut observations = Observations::default();
    let name = |j: usize| &samples.dossier.plan.features[j].name;
    for clock in clocks {
        let Unit { a_day, sign, name: unit, .. } = clock.unit;
        let off = clock.off();
        let (verdict, message) = if off == 0 {
            (Verdict::Clear, format!("{} agrees with the timestamp's {unit}.", name(clock.feature)))
        } else {
            let ahead = if off > a_day / 2 { off - a_day } else { off };
            let message =
                format!("{} runs {ahead:+} {sign} off the timestamp's {unit}.", name(clock.feature));
            (Verdict::Alarm, message)
        };
        observations.findings.push(Finding {
            subject: Subject::Feature(clock.feature),
            measure: measures::CLOCK_LAG.name,
            value: Some(off as f64),
            ..Finding::new(checks::INTEGRITY_CLOCK.of(name(clock.feature)), verdict, message)
        });
    }
    if let Some(worst) = clocks.iter().max_by_key(|clock| clock.off() != 0) {
        let off = worst.off() != 0;
        let features: Vec<usize> = if off { vec![worst.feature] } else { Vec::new() };
        let proof = checks::INTEGRITY_CLOCK.of(name(worst.feature));
        observations.signal(&signals::CLOCK_OFF, f64::from(u8::from(off)), &features, &proof);
    }
    observations
}
