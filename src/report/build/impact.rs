//! How bad it was.

use crate::{
    autopsy::{
        Investigation, Subject,
        exam::{performance::MetricRow, period::Periods},
    },
    report::{
        data::{Impact, MetricPart},
        words,
    },
    stats::metric::Metric,
    summary::Micros,
};

const DAY: f64 = 86_400e6;

/// Measures the impact: metrics, rows, days, and what the loss of accuracy comes to in answers.
pub(super) fn impact(investigation: &Investigation) -> Impact {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let performance = &investigation.performance;
    let rows = Periods::new(dossier, framing).rows_after;
    let metrics: Vec<MetricPart> = performance.metrics.iter().map(metric).collect();
    let end = dossier.period().map(|(_, to)| to);
    let days = framing
        .onset
        .zip(end)
        .map(|(onset, end): (_, Micros)| (end - onset.at) as f64 / DAY);
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
        baseline: words::baseline(framing.baseline),
        beyond_noise: performance.real,
        rows,
        share: rows as f64 / dossier.production.rows.max(1) as f64,
        days,
        extra_errors,
        segments: investigation
            .findings
            .iter()
            .filter(|f| f.flagged() && matches!(f.subject, Subject::Segment(_)))
            .map(words::says)
            .collect(),
    }
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
