//! Sentences about the comparison of a candidate with the deployed model.

use crate::{
    remedy::comparison::Comparison,
    text::number::{count, metric, p_value, share, signed, value, whole},
};

/// Returns further results of a comparison, besides its reasons and tables, one sentence each.
#[must_use]
pub fn sentences(comparison: &Comparison) -> Vec<String> {
    [
        disagreements(comparison),
        calibration(comparison),
        flips(comparison),
        latency(comparison),
        arms(comparison),
        needed(comparison),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn disagreements(comparison: &Comparison) -> Option<String> {
    let found = comparison.disagreements.as_ref()?;
    Some(format!(
        "They disagree on {} of {} rows ({}); where the label is known the candidate is right on {} and the deployed model \
         on {} of {}.",
        whole(found.rows),
        whole(found.answered),
        share(found.rows as f64 / found.answered.max(1) as f64),
        whole(found.candidate_right),
        whole(found.incumbent_right),
        whole(found.labelled)
    ))
}

fn calibration(comparison: &Comparison) -> Option<String> {
    let (ours, theirs) = comparison.calibration.as_ref()?;
    Some(format!(
        "Calibration error {} → {}; mean score less share of positives {} → {}.",
        metric(ours.ece),
        metric(theirs.ece),
        signed(ours.bias),
        signed(theirs.bias)
    ))
}

fn flips(comparison: &Comparison) -> Option<String> {
    let flips = comparison.flips?;
    Some(format!(
        "Answers corrected {}, broken {}: McNemar p {}, {} when checked every day.",
        whole(flips.won),
        whole(flips.lost),
        p_value(flips.p),
        p_value(flips.always_valid_p)
    ))
}

fn latency(comparison: &Comparison) -> Option<String> {
    let latency = comparison.latency?;
    Some(format!(
        "Answer time in ms, deployed → candidate: median {} → {}, 95 % {} → {}, 99 % {} → {}.",
        value(latency.median.0),
        value(latency.median.1),
        value(latency.p95.0),
        value(latency.p95.1),
        value(latency.p99.0),
        value(latency.p99.1)
    ))
}

fn arms(comparison: &Comparison) -> Option<String> {
    let ratio = comparison.ratio?;
    Some(format!(
        "Arms of {} and {} rows{}.",
        whole(ratio.rows.0),
        whole(ratio.rows.1),
        ratio.p.map_or_else(String::new, |p| format!(
            "; a candidate's share of {} would give such a split or a worse one with p {}",
            share(ratio.expected.unwrap_or(f64::NAN)),
            p_value(p)
        ))
    ))
}

fn needed(comparison: &Comparison) -> Option<String> {
    let needed = &comparison.needed;
    let (once, daily) = (needed.rows_fixed?, needed.rows_in_all?);
    let told = needed.detectable.map_or_else(String::new, |least| {
        format!(", which in a single look detect {} or more", metric(least))
    });
    Some(format!(
        "A difference of {} ({}) takes {} rows for a single look and {} for daily looks; there are {}{told}.",
        metric(needed.difference),
        if needed.stated { "[candidate] difference" } else { "it would fire the alert" },
        count(once),
        count(daily),
        count(needed.rows)
    ))
}
