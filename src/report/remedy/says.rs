//! What a comparison and a review tell in sentences: the same ones for the report and for `coroner remedy`.

use crate::{
    remedy::{
        comparison::Comparison,
        review::{EstimateBasis, Returned, Review, Why},
    },
    text::number::{count, metric, p_value, share, signed, value, whole},
};

/// What a comparison tells besides its reasons and tables, one sentence each.
#[must_use]
pub fn comparison(comparison: &Comparison) -> Vec<String> {
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
        "Answers put right {}, put wrong {}: McNemar p {}, {} when looked at every day.",
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
    let told = needed
        .detectable
        .map_or_else(String::new, |least| format!(", which at one look tell {} or more", metric(least)));
    Some(format!(
        "A difference of {} ({}) takes {} rows at one look and {} at daily looks; there are {}{told}.",
        metric(needed.difference),
        if needed.stated { "[candidate] difference" } else { "it would ring the alert" },
        count(once),
        count(daily),
        count(needed.rows)
    ))
}

/// How many rows people must review.
#[must_use]
pub fn target(review: &Review) -> String {
    let Some(target) = review.target else {
        return "How much to review can't be told: there is no baseline, or no label.".to_owned();
    };
    let (name, now, baseline) = (target.metric.name(), metric(target.now), metric(target.baseline));
    if target.share == 0.0 {
        return format!("Nothing to review for the baseline's sake: {name} is {now}, baseline {baseline}.");
    }
    let interval = target
        .interval
        .map(|(low, high)| format!(" (95 % interval {} to {})", share(low), share(high)))
        .unwrap_or_default();
    let a_day = target
        .a_day
        .map(|rows| format!(", about {} rows a day", count(rows.round() as u64)))
        .unwrap_or_default();
    format!(
        "Review {} of the rows{interval}{a_day}, to get {name} from {now} back to {baseline}; rows drawn at random would \
         take {}.",
        share(target.share),
        share(target.at_random)
    )
}

/// What the queue holds.
#[must_use]
pub fn queue(review: &Review) -> String {
    let of = |wanted: &str| {
        let alike = review.queue.iter().filter(|queued| queued.why.id() == wanted);
        alike.count()
    };
    let all = review.queue.len();
    if all == 0 {
        return "No row is left to review.".to_owned();
    }
    let filled = if review.queue_has_labelled {
        " Too few rows lack a label, so labelled ones are among them."
    } else {
        ""
    };
    format!(
        "{} rows to look at first: {} doubtful, {} new, {} disputed, {} drawn at random.{filled}",
        whole(all as u64),
        of(Why::Doubtful.id()),
        of(Why::New(None).id()),
        of(Why::Disputed.id()),
        of(Why::Random.id())
    )
}

/// What the labels say that came back from people.
///
/// * `name`: what answers are judged by.
#[must_use]
pub fn returned(returned: &Returned, name: &str) -> String {
    let mut text =
        format!("Reviewed labels: {} of {} rows count", whole(returned.matched), whole(returned.rows));
    if let Some(agreement) = returned.agreement {
        text += &format!(
            "; the model agrees on {} ({} to {})",
            share(agreement.value),
            share(agreement.interval.0),
            share(agreement.interval.1)
        );
    }
    if returned.known.0 > 0 {
        text += &format!(
            "; {} had a label in the log, {} of them the same one",
            whole(returned.known.0),
            whole(returned.known.1)
        );
    }
    if let Some(estimate) = returned.estimate {
        let basis = match returned.basis {
            EstimateBasis::Random => "from rows drawn at random",
            EstimateBasis::Bands => "weighted back by doubt",
        };
        text += &format!(
            ". {name} since the onset, {basis}: {} (95 % interval {} to {})",
            metric(estimate.value),
            metric(estimate.interval.0),
            metric(estimate.interval.1)
        );
    }
    if let Some((low, high)) = returned.bounds {
        text += &format!("; of all rows it can lie anywhere in {} to {}", metric(low), metric(high));
    }
    text + "."
}
