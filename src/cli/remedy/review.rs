//! What a review by people would bring, for people.

use super::{super::output, words::Words};
use crate::{
    remedy::{
        Bench,
        review::{Basis, Returned, Review, Why},
    },
    text::number::{count, metric, share, whole},
};

pub(super) fn lines(bench: &Bench, words: Words) -> Vec<String> {
    let review = match &bench.review {
        Err(why) => return output::wrapped("review    ", &format!("can't be planned: {why}")),
        Ok(review) => review,
    };
    let mut lines = vec![words.strong("Review by people")];
    lines.extend(target(review));
    let name = review.metric.name();
    if review.labelled > 0 {
        lines.push(format!(
            "\n  {:<28} {:>10} {:>12} {:>12}",
            "expected loss", "rows", name, "95 % interval"
        ));
        lines.extend(review.bands.iter().map(|band| {
            let (value, interval) = band.value.map_or_else(
                || ("–".to_owned(), String::new()),
                |e| {
                    (
                        metric(e.value),
                        format!("{} to {}", metric(e.interval.0), metric(e.interval.1)),
                    )
                },
            );
            format!(
                "  {:<28} {:>10} {value:>12}   {interval}",
                format!("{} to {}", metric(band.doubt.0), metric(band.doubt.1)),
                count(band.rows)
            )
        }));
        lines.push(format!(
            "\n  {:<28} {:>12} {:>16}",
            "reviewed", name, "at random instead"
        ));
        lines.extend(review.coverage.iter().filter(|at| at.reviewed < 1.0).map(|at| {
            format!(
                "  {:<28} {:>12} {:>16}",
                share(at.reviewed),
                metric(at.value),
                metric(at.at_random)
            )
        }));
    }
    lines.push(String::new());
    lines.extend(output::wrapped("  ", &queue(review)));
    if let Some(returned) = &review.returned {
        lines.push(String::new());
        lines.extend(output::wrapped("  ", &said(returned, name)));
        for limit in &returned.limits {
            lines.extend(output::wrapped("  limit   ", limit));
        }
    }
    for limit in &review.limits {
        lines.extend(output::wrapped("  limit   ", limit));
    }
    lines
}

fn target(review: &Review) -> Vec<String> {
    let Some(target) = review.target else {
        return output::wrapped(
            "  ",
            "How much to review can't be told: there is no baseline, or no label.",
        );
    };
    let (name, now, baseline) = (target.metric.name(), metric(target.now), metric(target.baseline));
    if target.share == 0.0 {
        return output::wrapped(
            "  ",
            &format!("Nothing to review for the baseline's sake: {name} is {now}, baseline {baseline}."),
        );
    }
    let interval = target
        .interval
        .map(|(low, high)| format!(" (95 % interval {} to {})", share(low), share(high)))
        .unwrap_or_default();
    let a_day = target
        .a_day
        .map(|rows| format!(", about {} rows a day", count(rows.round() as u64)))
        .unwrap_or_default();
    output::wrapped(
        "  ",
        &format!(
            "Review {} of the rows{interval}{a_day}, to get {name} from {now} back to {baseline}; rows drawn at random \
             would take {}.",
            share(target.share),
            share(target.at_random)
        ),
    )
}

fn queue(review: &Review) -> String {
    let of = |wanted: &str| {
        review
            .queue
            .iter()
            .filter(|queued| queued.why.id() == wanted)
            .count()
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
        "{} rows to look at first: {} doubtful, {} new, {} disputed, {} drawn at random. --queue FILE writes them; fill in \
         the label and name the file as [snapshots] reviewed.{filled}",
        whole(all as u64),
        of(Why::Doubtful.id()),
        of(Why::New(None).id()),
        of(Why::Disputed.id()),
        of(Why::Random.id())
    )
}

fn said(returned: &Returned, name: &str) -> String {
    let mut text = format!(
        "Reviewed labels: {} of {} rows count",
        whole(returned.matched),
        whole(returned.rows)
    );
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
            Basis::Random => "from rows drawn at random",
            Basis::Bands => "weighted back by doubt",
        };
        text += &format!(
            ". {name} since the onset, {basis}: {} (95 % interval {} to {})",
            metric(estimate.value),
            metric(estimate.interval.0),
            metric(estimate.interval.1)
        );
    }
    if let Some((low, high)) = returned.bounds {
        text += &format!(
            "; of all rows it can lie anywhere in {} to {}",
            metric(low),
            metric(high)
        );
    }
    text + "."
}
