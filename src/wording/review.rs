//! Sentences about human review.

use crate::{
    autopsy::Dossier,
    remedy::review::{EstimateBasis, Queued, Reason, Returned, Review, Why},
    text::number::{count, metric, share, whole},
};

/// States how many rows people must review.
#[must_use]
pub fn target(review: &Review) -> String {
    let Some(target) = review.target else {
        return "How much to review can't be determined: there is no baseline, or no label.".to_owned();
    };
    let (name, now, baseline) = (target.metric.name(), metric(target.now), metric(target.baseline));
    if target.share == 0.0 {
        return format!("No review is needed to reach the baseline: {name} is {now}, baseline {baseline}.");
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

/// Describes the content of the queue.
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

/// Summarises the labels returned by reviewers.
///
/// * `name`: the metric by which predictions are evaluated.
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

/// States in a few words why a row is in the queue.
#[must_use]
pub fn reason(dossier: &Dossier, queued: &Queued) -> String {
    let name = |feature: usize| dossier.feature_name(feature);
    match queued.why {
        Why::Doubtful => format!("expected loss {}", metric(queued.doubt)),
        Why::Disputed => {
            format!("another model's answer differs by {}", metric(queued.disagreement.unwrap_or(f64::NAN)))
        }
        Why::Random => "drawn at random".to_owned(),
        Why::New(None) => "far from most of training".to_owned(),
        Why::New(Some(Reason::UnseenLevel { feature })) => {
            format!("{} holds a level never seen in training", name(feature))
        }
        Why::New(Some(Reason::OutOfRange { feature })) => {
            format!("{} lies out of training's range", name(feature))
        }
        Why::New(Some(Reason::OutlyingVector { feature })) => {
            format!("{} is unlike any vector of training", name(feature))
        }
        Why::New(Some(Reason::RarePair { first, second })) => {
            format!("{} and {} rarely occurred together in training", name(first), name(second))
        }
        Why::New(Some(Reason::Far)) => "further from training than training rows are".to_owned(),
    }
}
