//! Does a feature that is computed from the time of the request still agree with the timestamp?
//!
//! Two looks: whole numbers that copy the hour or the minute of the day, which need no earlier rows; and any feature that was a
//! function of the time of the day or of the week before the onset ([`super::time_function`]).

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
    },
    summary::Micros,
};

use super::{
    feature_samples::{FeatureSamples, Side},
    time_function::TimeFunction,
};

pub(super) const MINUTE: Micros = 60_000_000;
pub(super) const HOUR: Micros = 60 * MINUTE;

/// What a whole number copies of the time of the day.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Unit {
    /// Its length.
    length: Micros,
    /// So many of them make a day.
    a_day: i64,
    /// What the feature copies, in words.
    name: &'static str,
}

/// The units that are tried, the coarser first: an hour is a small minute.
const UNITS: [Unit; 2] = [
    Unit { length: HOUR, a_day: 24, name: "hour" },
    Unit { length: MINUTE, a_day: 1440, name: "minute of the day" },
];

/// A feature that is computed from the time of the request, and may be behind or ahead of the timestamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) feature: usize,
    /// What it is computed from, in words.
    pub(super) copies: &'static str,
    /// How far it is ahead of the timestamp since the onset, compared with before; below 0 behind.
    pub(super) off: Micros,
    /// Share of the rows under suspicion that agree with the timestamp so moved.
    pub(super) agree: f64,
}

/// Finds the features that are computed from the timestamp; their lag may have changed (or not be 0 from the first day).
pub(super) fn clocks(samples: &FeatureSamples<'_>) -> Vec<Clock> {
    if samples.dossier.production.sample.time.is_empty() {
        return Vec::new();
    }
    (0..samples.dossier.plan.features.len())
        .filter_map(|feature| copied(samples, feature).or_else(|| computed(samples, feature)))
        .collect()
}

/// A whole number that copies the hour or the minute of the day.
fn copied(samples: &FeatureSamples<'_>, feature: usize) -> Option<Clock> {
    UNITS.into_iter().find_map(|unit| {
        let (lag, agree) = lag_of(&samples.suspect, feature, unit)?;
        let before = if samples.within_production { lag_of(&samples.reference, feature, unit)?.0 } else { 0 };
        let off = (lag - before).rem_euclid(unit.a_day);
        let ahead = if off > unit.a_day / 2 { off - unit.a_day } else { off };
        Some(Clock { feature, copies: unit.name, off: ahead * unit.length, agree })
    })
}

/// A feature that was a function of the time of the day or of the week before the onset.
fn computed(samples: &FeatureSamples<'_>, feature: usize) -> Option<Clock> {
    if !samples.within_production {
        return None;
    }
    let function = TimeFunction::find(&samples.reference, feature)?;
    let (off, agree) = function.moved(&samples.suspect, feature)?;
    Some(Clock { feature, copies: function.of(), off, agree })
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

/// A shift for people: `+1 h`, `-30 min`.
fn shift(off: Micros) -> String {
    if off % HOUR == 0 { format!("{:+} h", off / HOUR) } else { format!("{:+} min", off / MINUTE) }
}

/// Reports the features whose clock is off.
pub(super) fn examine(samples: &FeatureSamples<'_>, clocks: &[Clock]) -> Observations {
    let mut observations = Observations::default();
    let name = |j: usize| &samples.dossier.plan.features[j].name;
    for clock in clocks {
        let (verdict, message) = if clock.off == 0 {
            (Verdict::Clear, format!("{} agrees with the timestamp's {}.", name(clock.feature), clock.copies))
        } else {
            let message = format!(
                "{} runs {} off the timestamp's {}.",
                name(clock.feature),
                shift(clock.off),
                clock.copies
            );
            (Verdict::Alarm, message)
        };
        observations.findings.push(Finding {
            subject: Subject::Feature(clock.feature),
            measure: measures::CLOCK_LAG.name,
            value: Some(clock.off as f64 / HOUR as f64),
            ..Finding::new(checks::INTEGRITY_CLOCK.of(name(clock.feature)), verdict, message)
        });
    }
    if let Some(worst) = clocks.iter().max_by_key(|clock| clock.off != 0) {
        let off = worst.off != 0;
        let features: Vec<usize> =
            clocks.iter().filter(|clock| clock.off != 0).map(|clock| clock.feature).collect();
        let proof = checks::INTEGRITY_CLOCK.of(name(worst.feature));
        observations.signal(&signals::CLOCK_OFF, f64::from(u8::from(off)), &features, &proof);
    }
    observations
}
