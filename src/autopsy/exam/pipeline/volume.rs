//! Gaps and bursts: windows with far fewer or more rows than comparable ones.

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Verdict,
        catalogue::{checks, measures, signals},
        exam::{context::ExamContext, window_split::widened},
    },
    stats::moments::median,
    summary::Width,
    text::{number, phrase::plural},
};

/// A window is odd when it deviates by this many standard deviations and by this factor.
const DEVIATIONS: f64 = 5.0;
const GAP: f64 = 0.5;
const BURST: f64 = 2.0;

pub(super) fn examine(context: &ExamContext<'_>) -> Observations {
    let &ExamContext { dossier, framing, ref periods, .. } = context;
    let mut observations = Observations::default();
    let Some(counted) = dossier.grid() else {
        let because = "production has no clock";
        observations.findings.push(Finding::not_applicable(
            &checks::PIPELINE_VOLUME,
            "Gaps and bursts can't be detected",
            because,
        ));
        return observations;
    };
    // Days are compared with the same weekday; a short log only with itself, hour by hour.
    let days = counted.windows as i64 * counted.width.micros() / Width::Day.micros();
    let width = if days >= 10 { Width::Day } else { counted.width }.max(counted.width);
    let (_, _, rows) = widened(dossier, width);
    let cycle = if width == Width::Day { 7 } else { 1 };
    let odd = odd_windows(&rows, cycle);
    let (gaps, bursts): (Vec<_>, Vec<_>) = odd.iter().partition(|o| o.rows < o.usual);
    let message = if odd.is_empty() {
        let usual = median(&rows.iter().map(|&n| n as f64).collect::<Vec<_>>()).unwrap_or(0.0);
        format!(
            "Rows come evenly: {} in a usual {} window, no gap and no burst.",
            number::whole(usual as u64),
            width.name()
        )
    } else {
        let worst = &odd[0];
        format!(
            "{} and {} among {} windows of {}; the worst has {} rows where {} are usual.",
            plural(gaps.len(), "gap"),
            plural(bursts.len(), "burst"),
            rows.len(),
            width.name(),
            number::whole(worst.rows as u64),
            number::whole(worst.usual as u64),
        )
    };
    let verdict = if odd.is_empty() { Verdict::Clear } else { Verdict::Watch };
    observations.findings.push(Finding {
        measure: measures::ODD_WINDOWS.name,
        value: Some(odd.len() as f64),
        threshold: Some(1.0),
        ..Finding::new(&checks::PIPELINE_VOLUME, verdict, message)
    });
    if let (Some(ratio), true) = (rate_ratio(dossier, framing), periods.has_before()) {
        observations.signal(&signals::PIPELINE_VOLUME, ratio.ln(), &[], &checks::PIPELINE_VOLUME);
    }
    observations
}

struct Odd {
    rows: f64,
    usual: f64,
}

/// Windows far from the median of comparable ones, worst first; the first and the last one may be truncated
/// and don't count.
///
/// Real traffic is overdispersed, so the spread is estimated: the median absolute Pearson residual of all
/// windows, which is robust against a few odd ones.
fn odd_windows(rows: &[u64], cycle: usize) -> Vec<Odd> {
    if rows.len() < 8 {
        return Vec::new();
    }
    let inner = 1..rows.len() - 1;
    let usual = |w: usize| {
        let same: Vec<f64> =
            inner.clone().filter(|v| v % cycle == w % cycle).map(|v| rows[v] as f64).collect();
        let all: Vec<f64> = inner.clone().map(|v| rows[v] as f64).collect();
        median(if same.len() >= 3 { &same } else { &all }).unwrap_or(0.0)
    };
    let residuals: Vec<(f64, f64, f64)> = inner
        .clone()
        .map(|w| {
            let (n, usual) = (rows[w] as f64, usual(w));
            (n, usual, (n - usual) / usual.max(1.0).sqrt())
        })
        .collect();
    let sizes: Vec<f64> = residuals.iter().map(|r| r.2.abs()).collect();
    // 1.4826 scales the median absolute deviation to a standard deviation for normal residuals; 1 is pure
    // chance.
    let spread = (1.4826 * median(&sizes).unwrap_or(0.0)).max(1.0);
    let mut odd: Vec<(f64, Odd)> = residuals
        .into_iter()
        .filter(|(n, usual, z)| {
            let far = z.abs() > DEVIATIONS * spread;
            far && (*n < GAP * usual || *n > BURST * usual.max(1.0))
        })
        .map(|(rows, usual, z)| (z.abs(), Odd { rows, usual }))
        .collect();
    odd.sort_by(|a, b| b.0.total_cmp(&a.0));
    odd.into_iter().map(|(_, odd)| odd).collect()
}

/// The ratio of the row rates since and before the onset.
fn rate_ratio(dossier: &Dossier, framing: &Framing) -> Option<f64> {
    let split = framing.split()?;
    let (first, last) = dossier.period()?;
    let time = &dossier.production.sample.time;
    let before = time.partition_point(|&t| t < split);
    let (since, until) = match framing.ended() {
        Some(ended) => (time.partition_point(|&t| t < ended) - before, ended),
        None => (time.len() - before, last),
    };
    let rate = |rows: usize, span: i64| (rows > 0 && span > 0).then(|| rows as f64 / span as f64);
    Some(rate(since, until - split)? / rate(before, split - first)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_weekend_is_no_gap_and_an_outage_is() {
        let mut rows: Vec<u64> = (0..42).map(|d| if d % 7 >= 5 { 300 } else { 1000 + d % 3 * 20 }).collect();
        assert!(odd_windows(&rows, 7).is_empty());
        rows[16] = 0;
        let odd = odd_windows(&rows, 7);
        assert_eq!((odd.len(), odd[0].rows), (1, 0.0));
        rows[24] = 5000;
        assert_eq!(odd_windows(&rows, 7).len(), 2);
    }

    #[test]
    fn a_cut_off_last_day_is_no_gap() {
        let mut rows = vec![500; 20];
        rows[19] = 3;
        assert!(odd_windows(&rows, 7).is_empty());
    }
}
