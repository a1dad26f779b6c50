//! Does a feature that is computed from the time of the request still agree with the timestamp?
//!
//! Two looks: whole numbers that copy a field of the timestamp, such as the hour or the day of the month; and any feature that was
//! a function of the time of the day or of the week ([`super::time_function`]). What it was is shown by the rows before the
//! onset; where no onset is known, by the first third of the rows under suspicion, and the last third is looked up in it.

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
    },
    summary::Micros,
    text::time::calendar,
};

use super::{
    feature_samples::{FeatureSamples, Side},
    time_function::TimeFunction,
};

pub(super) const MINUTE: Micros = 60_000_000;
pub(super) const HOUR: Micros = 60 * MINUTE;
const DAY: Micros = 24 * HOUR;

/// A field of the timestamp that a whole number may copy.
#[derive(Debug, Clone, Copy)]
struct ClockField {
    /// What it is called.
    name: &'static str,
    /// The time of one unit.
    length: Micros,
    /// The number of values after which it begins again; one more than the largest where it counts from 1.
    values: i64,
    at: fn(Micros) -> i64,
    /// Whether a difference from the timestamp alone is a fault: fields of the date are counted from 0 or from 1.
    has_one_start: bool,
}

/// The fields that are tried, the coarser first: an hour is a small minute.
const FIELDS: [ClockField; 6] = [
    ClockField {
        name: "hour",
        length: HOUR,
        values: 24,
        at: |time| time.div_euclid(HOUR).rem_euclid(24),
        has_one_start: true,
    },
    ClockField {
        name: "minute of the day",
        length: MINUTE,
        values: 1440,
        at: |time| time.div_euclid(MINUTE).rem_euclid(1440),
        has_one_start: true,
    },
    ClockField {
        name: "minute of the hour",
        length: MINUTE,
        values: 60,
        at: |time| time.div_euclid(MINUTE).rem_euclid(60),
        has_one_start: false,
    },
    ClockField {
        name: "day of the month",
        length: DAY,
        values: 32,
        at: |time| calendar(time).map_or(0, |(_, day, _)| day),
        has_one_start: false,
    },
    ClockField {
        name: "day of the year",
        length: DAY,
        values: 367,
        at: |time| calendar(time).map_or(0, |(_, _, day)| day),
        has_one_start: false,
    },
    ClockField {
        name: "month",
        length: 30 * DAY,
        values: 13,
        at: |time| calendar(time).map_or(0, |(month, ..)| month),
        has_one_start: false,
    },
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
    let (earlier, later) = sides(samples);
    (0..samples.dossier.plan.features.len())
        .filter_map(|feature| {
            copied(samples, &earlier, &later, feature).or_else(|| computed(&earlier, &later, feature))
        })
        .collect()
}

/// The rows that show what a feature is, and those that may deviate from it.
fn sides<'a>(samples: &FeatureSamples<'a>) -> (Side<'a>, Side<'a>) {
    if samples.within_production {
        return (samples.reference.clone(), samples.suspect.clone());
    }
    let table = samples.suspect.table;
    let mut rows = samples.suspect.rows.clone();
    rows.sort_by_key(|&row| table.time[row]);
    let third = rows.len() / 3;
    let last = rows.split_off(rows.len() - third);
    rows.truncate(third);
    (Side { table, rows }, Side { table, rows: last })
}

/// A whole number that copies a field of the timestamp.
fn copied(
    samples: &FeatureSamples<'_>,
    earlier: &Side<'_>,
    later: &Side<'_>,
    feature: usize,
) -> Option<Clock> {
    FIELDS.into_iter().find_map(|field| {
        let alone = field.has_one_start && !samples.within_production;
        let (lag, agree) = lag_of(if alone { &samples.suspect } else { later }, feature, field)?;
        let before = if alone { 0 } else { lag_of(earlier, feature, field)?.0 };
        let off = (lag - before).rem_euclid(field.values);
        let ahead = if off > field.values / 2 { off - field.values } else { off };
        Some(Clock { feature, copies: field.name, off: ahead * field.length, agree })
    })
}

/// A feature that was a function of the time of the day or of the week.
fn computed(earlier: &Side<'_>, later: &Side<'_>, feature: usize) -> Option<Clock> {
    let function = TimeFunction::find(earlier, feature)?;
    let (off, agree) = function.moved(later, feature)?;
    Some(Clock { feature, copies: function.of(), off, agree })
}

/// By how many units a feature is ahead of the timestamp, and on which share of the rows; none if it copies no clock.
fn lag_of(side: &Side<'_>, feature: usize, field: ClockField) -> Option<(i64, f64)> {
    let values = side.table.features[feature].numbers()?;
    let all = field.values;
    let (mut lags, mut times) = (vec![0_usize; all as usize], vec![0_usize; all as usize]);
    let mut n = 0_usize;
    for &r in &side.rows {
        let x = values[r];
        if !(0.0..all as f64).contains(&x) || x.fract() != 0.0 {
            continue;
        }
        n += 1;
        let at = (field.at)(side.table.time[r]).rem_euclid(all);
        times[at as usize] += 1;
        lags[(x as i64 - at).rem_euclid(all) as usize] += 1;
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
