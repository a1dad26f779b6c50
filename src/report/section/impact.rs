//! The impact section.

use crate::{
    autopsy::{
        Investigation, Subject,
        catalogue::{CheckSpec, checks},
        exam::{performance::MetricRow, window_split::Periods},
        view::rows_of_periods,
    },
    report::data::{BesidePart, CostPart, Impact, MetricPart},
    stats::metric::Metric,
    summary::{Micros, Task},
    text::number,
};

const DAY: f64 = 86_400e6;

/// The checks of what the contract asks about beside the model's own metrics.
const BESIDE: [&CheckSpec; 3] =
    [&checks::PERFORMANCE_BUSINESS, &checks::PERFORMANCE_PARITY, &checks::PERFORMANCE_VERSIONS];

/// Computes the impact: metrics, rows, days, and the number of additional wrong predictions.
pub(super) fn impact(investigation: &Investigation) -> Impact {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let performance = &investigation.performance;
    let periods = Periods::new(dossier, framing);
    let (_, rows) = rows_of_periods(dossier, framing);
    let metrics: Vec<MetricPart> = performance.metrics.iter().map(metric).collect();
    let end = framing.ended().or_else(|| dossier.period().map(|(_, to)| to));
    let days = framing.onset.zip(end).map(|(onset, end): (_, Micros)| (end - onset.at) as f64 / DAY);
    let extra_errors = performance
        .metrics
        .iter()
        .find(|row| row.metric == Metric::Accuracy)
        .and_then(|row| row.loss)
        .filter(|loss| performance.real && loss.interval.0 > 0.0)
        .map(|loss| {
            let of = |share: f64| share * rows as f64;
            (of(loss.value), of(loss.interval.0), of(loss.interval.1))
        });
    Impact {
        headline: performance.headline_row().map(metric),
        metrics,
        baseline: framing.baseline.described(),
        beyond_noise: performance.real,
        rows,
        share: rows as f64 / dossier.production.rows.max(1) as f64,
        days,
        extra_errors,
        cost: cost(investigation, &periods, extra_errors),
        segments: investigation
            .findings
            .iter()
            .filter(|f| f.flagged() && matches!(f.subject, Subject::Segment(_)))
            .map(|f| f.sentence().to_owned())
            .collect(),
        beside: BESIDE
            .into_iter()
            .flat_map(|check| investigation.findings_of(check))
            .map(|finding| BesidePart {
                name: finding.id.check.name,
                verdict: finding.verdict.name(),
                message: finding.sentence().to_owned(),
            })
            .collect(),
    }
}

/// Returns the cost of the wrong predictions in excess of the baseline.
///
/// With a cost for each kind of error: the mean cost per labelled row since the onset minus that before it,
/// times the rows since the onset; its interval is that of a difference of two means.
fn cost(
    investigation: &Investigation,
    periods: &Periods,
    extra_errors: Option<(f64, f64, f64)>,
) -> Option<CostPart> {
    let dossier = &investigation.dossier;
    let costs = &dossier.costs;
    if !investigation.performance.real {
        return None;
    }
    let rows = rows_of_periods(dossier, &investigation.framing).1 as f64;
    let part = |(value, low, high): (f64, f64, f64), message: String| CostPart {
        value,
        interval: (low, high),
        currency: costs.currency.clone(),
        message,
    };
    if let (Task::Binary, Some(positive), Some(negative)) =
        (dossier.task(), costs.false_positive, costs.false_negative)
        && let (Some(before), Some(since)) = (
            mean_cost(investigation, (positive, negative), |window| periods.is_before(window)),
            mean_cost(investigation, (positive, negative), |window| periods.is_after(window)),
        )
    {
        let rise = since.0 - before.0;
        let half = 1.96 * before.1.hypot(since.1);
        let message = format!(
            "{} a false positive and {} a false negative: {} a row since the onset, {} before",
            number::value(positive),
            number::value(negative),
            number::value(since.0),
            number::value(before.0)
        );
        return Some(part((rise * rows, (rise - half) * rows, (rise + half) * rows), message));
    }
    let each = costs.error?;
    if dossier.task() == Task::Regression {
        let loss = (investigation.performance.metrics.iter())
            .find(|row| row.metric == Metric::Mae)
            .and_then(|row| row.loss)?;
        let of = |error: f64| each * error * rows;
        let message = format!("{} a unit of absolute error", number::value(each));
        return Some(part((of(loss.value), of(loss.interval.0), of(loss.interval.1)), message));
    }
    let (value, low, high) = extra_errors?;
    let message = format!("{} a wrong answer", number::value(each));
    Some(part((each * value, each * low, each * high), message))
}

/// Returns the mean cost per labelled row over some windows, and its standard error; `None` with fewer than
/// 100 such rows.
fn mean_cost(
    investigation: &Investigation,
    (positive, negative): (f64, f64),
    keep: impl Fn(usize) -> bool,
) -> Option<(f64, f64)> {
    const FEWEST: f64 = 100.0;
    let (mut rows, mut sum, mut squares) = (0.0, 0.0, 0.0);
    let windows = investigation.dossier.production.windows.iter().enumerate();
    for (_, window) in windows.filter(|(at, _)| keep(*at)) {
        // Row-major by label: [negative as negative, negative as positive, positive as negative, positive as
        // positive].
        let confusion = &window.answers.confusion;
        let classes = confusion.len().isqrt();
        let (Some(&wrongly_positive), Some(&wrongly_negative)) = (confusion.get(1), confusion.get(classes))
        else {
            continue;
        };
        rows += window.answers.labelled as f64;
        for (count, cost) in [(wrongly_positive, positive), (wrongly_negative, negative)] {
            sum += count as f64 * cost;
            squares += count as f64 * cost * cost;
        }
    }
    (rows >= FEWEST).then(|| {
        let mean = sum / rows;
        (mean, ((squares / rows - mean * mean).max(0.0) / rows).sqrt())
    })
}

fn metric(row: &MetricRow) -> MetricPart {
    let relative = row
        .loss
        .zip(row.baseline)
        .filter(|(_, then)| then.value != 0.0)
        .map(|(loss, then)| loss.value / then.value.abs());
    MetricPart {
        id: row.metric.id(),
        name: row.metric.name(),
        baseline: row.baseline,
        production: row.production,
        loss: row.loss,
        relative,
        undefined: row.undefined.clone(),
    }
}
