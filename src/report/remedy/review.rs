//! The review by people as JSON.

use serde_json::{Value, json};

use super::{instant, says};
use crate::{autopsy::Dossier, remedy::review::Review};

pub(super) fn value(dossier: &Dossier, review: &Review) -> Value {
    let bands: Vec<Value> = review
        .bands
        .iter()
        .map(|band| {
            json!({ "expected_loss": band.doubt, "share": band.share, "rows": band.rows, "value": band.value })
        })
        .collect();
    let coverage: Vec<Value> = review
        .coverage
        .iter()
        .map(|at| {
            json!({
                "reviewed": at.reviewed,
                "value": at.value,
                "at_random": at.at_random,
                "of_the_rest": at.of_the_rest,
            })
        })
        .collect();
    let time = &dossier.production.sample.time;
    let queue: Vec<Value> = review
        .queue
        .iter()
        .map(|queued| {
            json!({
                "row": queued.row,
                "at": instant(time.get(queued.row).copied()),
                "why": queued.why.id(),
                "priority": queued.priority,
                "expected_loss": queued.doubt,
                "novelty": queued.novelty,
                "disagreement": queued.disagreement,
                "weight": queued.weight,
            })
        })
        .collect();
    json!({
        "expected_by": review.expected,
        "labelled": review.labelled,
        "measure": review.metric.name(),
        "says": {
            "target": says::target(review),
            "queue": says::queue(review),
            "returned": review.returned.as_ref().map(|returned| says::returned(returned, review.metric.name())),
        },
        "target": review.target.map(|target| json!({
            "metric": target.metric.id(),
            "baseline": target.baseline,
            "now": target.now,
            "share": target.share,
            "interval": target.interval,
            "at_random": target.at_random,
            "rows_a_day": target.a_day,
        })),
        "bands": bands,
        "coverage": coverage,
        "queue": queue,
        "queue_has_labelled": review.queue_has_labelled,
        "returned": review.returned.as_ref().map(|returned| json!({
            "rows": returned.rows,
            "matched": returned.matched,
            "agreement": returned.agreement,
            "labelled_before": returned.known.0,
            "same_label": returned.known.1,
            "estimate": returned.estimate,
            "basis": returned.basis,
            "covered": returned.covered,
            "bounds": returned.bounds,
            "limits": returned.limits,
        })),
        "limits": review.limits,
    })
}
