//! The candidate beside the deployed model and the review by people, in words. Nothing is computed here.

use crate::{
    app::Model,
    remedy::{
        Bench,
        comparison::{Comparison, Design},
        review::{Review, Why},
    },
    text::{number, time},
};

use super::words;

/// The comparison of the bench; why there is none, in a sentence.
///
/// # Errors
///
/// The sentence.
pub fn comparison(bench: &Bench) -> Result<&Comparison, String> {
    match &bench.comparison {
        Some(Ok(comparison)) => Ok(comparison),
        Some(Err(why)) => Err(format!("The candidate can't be compared: {why}.")),
        None => Err(
            "The case names no candidate: [candidate] in coroner.toml sets one beside the deployed \
                     model, in the shadow or in an arm."
                .to_owned(),
        ),
    }
}

/// The review of the bench; why there is none, in a sentence.
///
/// # Errors
///
/// The sentence.
pub fn review(bench: &Bench) -> Result<&Review, String> {
    bench
        .review
        .as_ref()
        .map_err(|why| format!("What a review would bring can't be told: {why}."))
}

/// The verdict with its numbers, in a sentence.
#[must_use]
pub fn verdict(comparison: &Comparison) -> String {
    let of = &comparison.overall;
    format!(
        "{}: {} {} → {} on {} rows",
        comparison.verdict.name(),
        comparison.measure.name(),
        number::metric(of.incumbent),
        number::metric(of.candidate),
        number::count(of.rows.1)
    )
}

/// All that is said about the candidate: a name in a word or two, and a sentence.
#[must_use]
pub fn compared(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let design = match comparison.design {
        Design::Shadow => "both answered the same rows",
        Design::Arms => "each answered the rows of its own arm",
    };
    let mut lines = vec![("verdict", format!("{}; {design}.", verdict(comparison)))];
    lines.extend(comparison.reasons.iter().map(|why| ("why", why.clone())));
    if let Some(look) = comparison.last().map(|day| day.look) {
        let interval = look
            .interval
            .map_or_else(|| "not known yet".to_owned(), words::range);
        lines.push((
            "gain",
            format!(
                "{}, interval {interval} at every look together, p {}",
                number::signed(look.mean),
                number::p_value(look.p)
            ),
        ));
    }
    let needed = &comparison.needed;
    if let Some(rows) = needed.rows_in_all {
        let days = needed.days_left.map_or_else(String::new, |days| {
            format!(", {} days more", number::value(days.ceil()))
        });
        lines.push((
            "needed",
            format!(
                "{} rows tell a difference of {}; {} are there{days}.",
                number::count(rows),
                number::metric(needed.difference),
                number::count(needed.rows)
            ),
        ));
    }
    lines.extend(comparison.limits.iter().map(|limit| ("limit", limit.clone())));
    lines
}

/// All that is said about a review: a name in a word or two, and a sentence.
#[must_use]
pub fn reviewed(review: &Review) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(target) = &review.target {
        let interval = target.interval.map_or_else(String::new, |(low, high)| {
            format!(" (95 % {} to {})", number::share(low), number::share(high))
        });
        let a_day = target.a_day.map_or_else(String::new, |rows| {
            format!(", {} a day", number::count(rows.round().max(0.0) as u64))
        });
        lines.push((
            "target",
            format!(
                "Review {}{interval} of the rows{a_day} to get {} from {} back to {}; at random it takes {}.",
                number::share(target.share),
                target.metric.name(),
                number::metric(target.now),
                number::metric(target.baseline),
                number::share(target.at_random)
            ),
        ));
    }
    lines.push(("queue", queue(review)));
    if let Some(returned) = &review.returned {
        lines.push((
            "returned",
            format!(
                "{} labels came back, {} of them for rows of the sample.",
                number::count(returned.rows),
                number::count(returned.matched)
            ),
        ));
    }
    lines.extend(review.limits.iter().map(|limit| ("limit", limit.clone())));
    lines
}

/// What the queue holds, in a sentence.
fn queue(review: &Review) -> String {
    let count = |id: &str| review.queue.iter().filter(|row| row.why.id() == id).count();
    let ids = [
        Why::Doubtful.id(),
        Why::New(None).id(),
        Why::Disputed.id(),
        Why::Random.id(),
    ];
    let parts: Vec<String> = ids
        .into_iter()
        .filter(|id| count(id) > 0)
        .map(|id| format!("{} {id}", count(id)))
        .collect();
    format!(
        "{} rows to look at first: {}.",
        number::count(review.queue.len() as u64),
        parts.join(", ")
    )
}

/// The queue as a table: heads, then one line a row.
#[must_use]
pub fn queue_table(model: &Model, review: &Review) -> Vec<Vec<String>> {
    let sample = model.dossier.as_ref().map(|dossier| &dossier.production.sample);
    let optional = |x: Option<f64>| x.map_or_else(|| number::MISSING.to_owned(), number::metric);
    let mut rows = vec![
        ["row", "at", "why", "doubt", "novelty", "disagreement"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(review.queue.iter().map(|queued| {
        let at = sample.and_then(|sample| sample.time.get(queued.row).copied());
        vec![
            queued.row.to_string(),
            at.map_or_else(|| number::MISSING.to_owned(), time::short),
            queued.why.id().to_owned(),
            number::metric(queued.doubt),
            optional(queued.novelty),
            optional(queued.disagreement),
        ]
    }));
    rows
}
