//! The review by people and the rows for the golden set, in words. Nothing is computed here.

use crate::{
    app::Model,
    remedy::{
        RemedyReport,
        golden_refresh::GoldenProposal,
        review::{Queued, Review, Why},
    },
    text::{number, time},
};

/// The review of the bench; why there is none, in a sentence.
///
/// # Errors
///
/// The sentence.
pub fn review(backtests: &RemedyReport) -> Result<&Review, String> {
    backtests.review.as_ref().map_err(|why| format!("What a review would gain can't be determined: {why}."))
}

/// The rows to look at first.
pub(super) fn queued(model: &Model) -> &[Queued] {
    let review = model.backtests().and_then(|backtests| backtests.review.as_ref().ok());
    review.map_or(&[][..], |review| &review.queue)
}

/// The facts about a review: a short name and a sentence each.
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
    let ids = [Why::Doubtful.id(), Why::New(None).id(), Why::Disputed.id(), Why::Random.id()];
    let parts: Vec<String> =
        ids.into_iter().filter(|id| count(id) > 0).map(|id| format!("{} {id}", count(id))).collect();
    format!("{} rows to look at first: {}.", number::count(review.queue.len() as u64), parts.join(", "))
}

/// The queue as a table: heads, then one line a row.
#[must_use]
pub fn queue_table(model: &Model, review: &Review) -> Vec<Vec<String>> {
    let sample = model.dossier.as_ref().map(|dossier| &dossier.production.sample);
    let optional = |x: Option<f64>| x.map_or_else(|| number::MISSING.to_owned(), number::metric);
    let mut rows = vec![["row", "at", "why", "doubt", "novelty", "disagreement"].map(str::to_owned).to_vec()];
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

/// Why a row is proposed for the golden set: the reason, and the input that shows it.
#[must_use]
pub fn reason(model: &Model, proposal: &GoldenProposal) -> String {
    let name = proposal.reason.name();
    proposal
        .feature
        .map_or_else(|| name.to_owned(), |feature| format!("{name}: {}", model.feature_name(feature)))
}

/// The rows for the golden set as a table: heads, then one line a row.
#[must_use]
pub fn golden_table(model: &Model) -> Vec<Vec<String>> {
    let sample = model.dossier.as_ref().map(|dossier| &dossier.production.sample);
    let mut rows = vec![["row", "at", "label", "why"].map(str::to_owned).to_vec()];
    rows.extend(model.screens.remedy.golden.iter().map(|proposal| {
        let at = sample.and_then(|sample| sample.time.get(proposal.row).copied());
        let label = sample.and_then(|sample| sample.label.get(proposal.row).copied());
        let labelled = label.is_some_and(|label| !label.is_nan());
        vec![
            proposal.row.to_string(),
            at.map_or_else(|| number::MISSING.to_owned(), time::short),
            if labelled { "known" } else { "to come" }.to_owned(),
            reason(model, proposal),
        ]
    }));
    rows
}
