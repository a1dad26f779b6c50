//! Does a feature that copies the hour of the request still agree with the timestamp?

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
    },
    summary::Micros,
};

use super::feature_samples::{FeatureSamples, Side};

/// An hour-of-day feature that is behind or ahead of the timestamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) feature: usize,
    /// Hours ahead of the timestamp in the reference rows and in the rows under suspicion.
    pub(super) lag: (i64, i64),
    /// Share of the rows under suspicion that agree with the new lag.
    pub(super) agree: f64,
}

/// Finds integer features that copy the hour of the timestamp and whose lag changed (or is not 0 from the
/// first day).
pub(super) fn clocks(samples: &FeatureSamples<'_>) -> Vec<Clock> {
    const HOUR: Micros = 3_600_000_000;
    let production = &samples.dossier.production.sample;
    if production.time.is_empty() {
        return Vec::new();
    }
    let lag_of = |side: &Side<'_>, feature: usize| -> Option<(i64, f64)> {
        let values = side.table.features[feature].numbers()?;
        let mut lags = [0_usize; 24];
        let mut n = 0_usize;
        for &r in &side.rows {
            let x = values[r];
            if !(0.0..24.0).contains(&x) || x.fract() != 0.0 {
                continue;
            }
            n += 1;
            let hour = side.table.time[r].div_euclid(HOUR).rem_euclid(24);
            lags[(x as i64 - hour).rem_euclid(24) as usize] += 1;
        }
        let (lag, &most) = lags.iter().enumerate().max_by_key(|&(_, c)| *c)?;
        let share = most as f64 / n.max(1) as f64;
        (n * 10 >= side.rows.len() * 8 && share > 0.6).then_some((lag as i64, share))
    };
    (0..samples.dossier.plan.features.len())
        .filter_map(|j| {
            let (lag, agree) = lag_of(&samples.suspect, j)?;
            let before = if samples.within_production { lag_of(&samples.reference, j)?.0 } else { 0 };
            Some(Clock { feature: j, lag: (before, lag), agree })
        })
        .collect()
}

/// Reports the features whose hour is off.
pub(super) fn examine(samples: &FeatureSamples<'_>, clocks: &[Clock]) -> Observations {
    let mut observations = Observations::default();
    let name = |j: usize| &samples.dossier.plan.features[j].name;
    for clock in clocks {
        let off = (clock.lag.1 - clock.lag.0).rem_euclid(24);
        let (verdict, message) = if off == 0 {
            (Verdict::Clear, format!("{} agrees with the timestamp's hour.", name(clock.feature)))
        } else {
            let hours = if off > 12 { off - 24 } else { off };
            (Verdict::Alarm, format!("{} runs {hours:+} h off the timestamp's hour.", name(clock.feature)))
        };
        observations.findings.push(Finding {
            subject: Subject::Feature(clock.feature),
            measure: measures::CLOCK_LAG.name,
            value: Some(off as f64),
            ..Finding::new(checks::INTEGRITY_CLOCK.of(name(clock.feature)), verdict, message)
        });
    }
    if let Some(worst) = clocks.iter().max_by_key(|c| (c.lag.1 - c.lag.0).rem_euclid(24) != 0) {
        let off = (worst.lag.1 - worst.lag.0).rem_euclid(24) != 0;
        let features: Vec<usize> = if off { vec![worst.feature] } else { Vec::new() };
        let proof = checks::INTEGRITY_CLOCK.of(name(worst.feature));
        observations.signal(&signals::CLOCK_OFF, f64::from(u8::from(off)), &features, &proof);
    }
    observations
}
