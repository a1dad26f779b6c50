//! Text output: what a review by people would bring.

use super::super::{output, paper::Paper};
use crate::{
    remedy::RemedyReport,
    text::number::{count, metric, share},
    wording,
};

pub(super) fn lines(backtests: &RemedyReport, paper: Paper) -> Vec<String> {
    let review = match &backtests.review {
        Err(why) => return output::wrapped("review    ", &format!("can't be planned: {why}")),
        Ok(review) => review,
    };
    let mut lines = vec![paper.strong("Review by people")];
    lines.extend(output::wrapped("  ", &wording::review::target(review)));
    let name = review.metric.name();
    if review.labelled > 0 {
        lines
            .push(format!("\n  {:<28} {:>10} {:>12} {:>12}", "expected loss", "rows", name, "95 % interval"));
        lines.extend(review.bands.iter().map(|band| {
            let (value, interval) = band.value.map_or_else(
                || ("–".to_owned(), String::new()),
                |e| (metric(e.value), format!("{} to {}", metric(e.interval.0), metric(e.interval.1))),
            );
            format!(
                "  {:<28} {:>10} {value:>12}   {interval}",
                format!("{} to {}", metric(band.doubt.0), metric(band.doubt.1)),
                count(band.rows)
            )
        }));
        lines.push(format!("\n  {:<28} {:>12} {:>16}", "reviewed", name, "at random instead"));
        lines.extend(review.coverage.iter().filter(|at| at.reviewed < 1.0).map(|at| {
            format!("  {:<28} {:>12} {:>16}", share(at.reviewed), metric(at.value), metric(at.at_random))
        }));
    }
    lines.push(String::new());
    lines.extend(output::wrapped("  ", &wording::review::queue(review)));
    if !review.queue.is_empty() {
        lines.extend(output::wrapped(
            "  ",
            "--queue FILE writes them; fill in the label and name the file as [snapshots] reviewed.",
        ));
    }
    if let Some(returned) = &review.returned {
        lines.push(String::new());
        lines.extend(output::wrapped("  ", &wording::review::returned(returned, name)));
        for limit in &returned.limits {
            lines.extend(output::wrapped("  limit   ", limit));
        }
    }
    for limit in &review.limits {
        lines.extend(output::wrapped("  limit   ", limit));
    }
    lines
}
