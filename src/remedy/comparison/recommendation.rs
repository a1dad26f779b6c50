//! The recommendation (promote, hold or roll back) and its reasons.

use super::result::{Comparison, ComparisonDesign, Gained, Latency, Measure, Ratio, Recommendation};
use crate::{
    autopsy::Dossier,
    text::{
        number::{self, p_value, signed},
        sanitize::terminal,
        time,
    },
};

/// Maximum number of harmed segments that a reason names.
const NAMED: usize = 3;

/// If the candidate's expected calibration error is larger by this much, recalibration is advised.
const WORSE_CALIBRATED: f64 = 0.02;

/// `0.031 (0.412 → 0.381, 95 % interval …)`
pub(super) fn spelt(gained: &Gained, interval: (f64, f64)) -> String {
    format!(
        "{} → {}, better by {}, interval {} to {}",
        number::metric(gained.incumbent),
        number::metric(gained.candidate),
        signed(gained.gain),
        signed(interval.0),
        signed(interval.1)
    )
}

/// Fills in the recommendation and its reasons.
pub(super) fn decide(comparison: &mut Comparison, dossier: &Dossier) {
    let mut against = objections(comparison, dossier);
    let look = comparison.last().map(|day| day.look);
    let interval = look.and_then(|look| look.interval);
    let measure = terminal(comparison.measure.name()).into_owned();
    let matters = comparison.needed.difference;
    let (recommendation, first) = match interval {
        Some((low, _)) if low > 0.0 => {
            let message = format!(
                "{measure} is better beyond doubt, however often it is checked: {}",
                spelt(&comparison.overall, interval.unwrap_or_default())
            );
            let recommendation =
                if against.is_empty() { Recommendation::Promote } else { Recommendation::Hold };
            (recommendation, message)
        }
        Some((_, high)) if high < 0.0 => {
            let message = format!(
                "{measure} is worse beyond doubt: {}",
                spelt(&comparison.overall, interval.unwrap_or_default())
            );
            (Recommendation::RollBack, message)
        }
        Some((low, high)) if low > -matters && high < matters => {
            let message = format!(
                "no difference of {} or more in {measure}, which is what matters: interval {} to {}; nothing supports a change",
                number::metric(matters),
                signed(low),
                signed(high)
            );
            (Recommendation::Hold, message)
        }
        Some(interval) => {
            let message =
                format!("{measure} is not conclusive yet: {}", spelt(&comparison.overall, interval));
            (Recommendation::Hold, message)
        }
        None => (
            Recommendation::Hold,
            "the two models give the same answers so far, or too few rows to compare".to_owned(),
        ),
    };
    let undecided = recommendation == Recommendation::Hold && look.is_none_or(|look| !look.decides());
    let mut reasons = vec![first];
    if let (Some(day), true) = (comparison.decided(), look.is_some_and(|look| look.decides()))
        && day.day != 0
    {
        reasons.push(format!("decided since {}", time::date(day.day)));
    }
    reasons.append(&mut against);
    if undecided {
        reasons.extend(outlook(comparison));
    }
    reasons.extend(remarks(comparison));
    comparison.recommendation = recommendation;
    comparison.reasons = reasons;
}

/// Returns the arguments against promoting a candidate whose measure is better.
fn objections(comparison: &Comparison, dossier: &Dossier) -> Vec<String> {
    let mut against = Vec::new();
    if let Some(ratio) = comparison.ratio.filter(Ratio::is_mismatch) {
        against.push(format!(
            "sample-ratio mismatch: the arms hold {} and {} rows, which a share of {} does not explain (p {}); the \
             assignment is broken, so no difference between the arms can be trusted",
            number::whole(ratio.rows.0),
            number::whole(ratio.rows.1),
            number::share(ratio.expected.unwrap_or(f64::NAN)),
            p_value(ratio.p.unwrap_or(f64::NAN))
        ));
    }
    // Over a ramp, what changes with the days looks like the candidate's effect.
    if let Some((gain, (low, high))) =
        comparison.ratio.and_then(|ratio| ratio.by_day).filter(|(_, (low, _))| *low <= 0.0)
    {
        against.push(format!(
            "the arms' shares change from day to day, and day by day it is not better beyond noise ({}, {} to {}): what \
             changed with the days looks like its effect",
            signed(gain),
            signed(low),
            signed(high)
        ));
    }
    let harmed: Vec<String> = comparison
        .harmed()
        .take(NAMED)
        .map(|segment| {
            let name = format!("{} {}", dossier.feature_name(segment.feature), segment.name);
            format!(
                "{} ({} on {} rows)",
                terminal(&name),
                signed(segment.gained.gain),
                number::count(segment.gained.rows.1)
            )
        })
        .collect();
    let count = comparison.harmed().count();
    if count > 0 {
        let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
        against.push(format!(
            "it harms {count} of {} segments: {}{more}",
            comparison.segments.len(),
            harmed.join(", ")
        ));
    }
    if let Some(pair) = comparison.headline()
        && pair.interval.is_some_and(|(_, high)| high < 0.0)
    {
        against.push(format!(
            "the headline metric, {}, is worse: {} → {}",
            pair.metric.name(),
            number::metric(pair.incumbent),
            number::metric(pair.candidate)
        ));
    }
    if let Some(latency) = comparison.latency.filter(Latency::is_slower) {
        against.push(format!(
            "it is slower: 95 % of its answers take {} ms at most, the incumbent's {} ms",
            number::value(latency.p95.1),
            number::value(latency.p95.0)
        ));
    }
    against
}

/// Estimates when the comparison will be decided.
fn outlook(comparison: &Comparison) -> Option<String> {
    let needed = &comparison.needed;
    let in_all = needed.rows_in_all?;
    let matters = format!(
        "a difference of {} in {}",
        number::metric(needed.difference),
        terminal(comparison.measure.name())
    );
    if in_all <= needed.rows {
        return Some(format!(
            "{} rows are enough to detect {matters}; a smaller one stays open",
            number::whole(needed.rows)
        ));
    }
    let left = number::count(in_all - needed.rows);
    Some(match needed.days_left {
        Some(days) if days >= 1.5 => format!(
            "to detect {matters}, {left} more compared rows are needed: about {} more days at the present rate",
            number::whole(days.ceil() as u64)
        ),
        Some(_) => format!("to detect {matters}, {left} more compared rows are needed: about one more day"),
        None => format!("to detect {matters}, {left} more compared rows are needed"),
    })
}

/// Returns further remarks.
fn remarks(comparison: &Comparison) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(before) = comparison.before.filter(|_| comparison.measure.is_loss()) {
        let (low, high) = before.interval();
        if high < 0.0 {
            remarks.push(format!(
                "before the onset it was worse ({}): if the fault gets repaired, the deployed model is the better one",
                spelt(&before, (low, high))
            ));
        }
    }
    if let Some((ours, theirs)) = &comparison.calibration
        && theirs.ece > ours.ece + WORSE_CALIBRATED
    {
        remarks.push(format!(
            "its scores are less well calibrated (calibration error {} → {}): re-calibrate it",
            number::metric(ours.ece),
            number::metric(theirs.ece)
        ));
    }
    if let Some(ratio) = &comparison.ratio {
        if ratio.p.is_none() {
            remarks.push(format!(
                "whether the arms are as large as they should be is not known: set [candidate] share ({} of the rows \
                 are the candidate's)",
                number::share(ratio.rows.1 as f64 / (ratio.rows.0 + ratio.rows.1).max(1) as f64)
            ));
        }
        if ratio.is_uneven() {
            let by_day = ratio.by_day.map_or_else(String::new, |(gain, (low, high))| {
                format!(
                    "; day by day the candidate is better by {} ({} to {})",
                    signed(gain),
                    signed(low),
                    signed(high)
                )
            });
            remarks.push(format!(
                "the share of the arms changes from day to day (a ramp-up, or a broken assignment): days weigh unequally{by_day}"
            ));
        }
    }
    if comparison.design == ComparisonDesign::Shadow
        && matches!(comparison.measure, Measure::Wrong)
        && let Some(flips) = comparison.flips
    {
        remarks.push(format!(
            "it puts {} wrong answers right and {} right answers wrong (McNemar p {}; {} when checked every day)",
            number::whole(flips.won),
            number::whole(flips.lost),
            p_value(flips.p),
            p_value(flips.always_valid_p)
        ));
    }
    remarks
}
