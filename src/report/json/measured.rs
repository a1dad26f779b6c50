//! What was measured, as numbers: metrics of both periods and of every window, distances and quantiles of every input.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use crate::{
    autopsy::{
        Baseline, Investigation,
        exam::performance::Estimate,
        scoring::Answers,
        view::{
            Ascending,
            numbers::{self, ClassNumbers, FurtherDistances, QUANTILES},
            summary::{self, Statistic},
        },
    },
    stats::Undefined,
    text::time,
};

/// A metric in both periods.
#[derive(Serialize)]
pub(super) struct MetricNumbers<'a> {
    metric: &'a str,
    baseline: Option<Estimate>,
    production: Option<Estimate>,
    drop: Option<Estimate>,
    undefined: Option<&'a str>,
}

/// Every metric of the task, the headline first.
pub(super) fn metrics(investigation: &Investigation) -> Vec<MetricNumbers<'_>> {
    let rows = investigation.performance.metrics.iter();
    rows.map(|row| MetricNumbers {
        metric: row.metric.id(),
        baseline: row.baseline,
        production: row.production,
        drop: row.loss,
        undefined: row.undefined.as_deref(),
    })
    .collect()
}

/// A metric that does not lead, in both periods.
#[derive(Serialize)]
pub(super) struct FurtherNumbers {
    metric: &'static str,
    baseline: Option<f64>,
    production: Option<f64>,
}

/// A class against the rest, in both periods.
#[derive(Serialize)]
pub(super) struct ClassPart<'a> {
    class: &'a str,
    baseline: Option<ClassPeriod>,
    production: Option<ClassPeriod>,
}

#[derive(Serialize)]
struct ClassPeriod {
    rows: u64,
    predicted: u64,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    specificity: Option<f64>,
    roc_auc: Option<f64>,
    log_loss: Option<f64>,
    ece: Option<f64>,
}

impl From<&ClassNumbers> for ClassPeriod {
    fn from(numbers: &ClassNumbers) -> Self {
        let counts = numbers.counts;
        Self {
            rows: counts.rows,
            predicted: counts.predicted,
            precision: counts.precision,
            recall: counts.recall,
            f1: counts.f1,
            specificity: counts.specificity,
            roc_auc: numbers.roc_auc,
            log_loss: numbers.log_loss,
            ece: numbers.ece,
        }
    }
}

/// The metrics beside the leading ones, and the classes one by one.
pub(super) fn further(investigation: &Investigation) -> (Vec<FurtherNumbers>, Vec<ClassPart<'_>>) {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let plan = &dossier.plan;
    let now = Answers::logged(plan, &dossier.production.sample);
    let golden = dossier.golden.as_ref();
    let (then, rows): (Answers<'_>, Vec<usize>) = match (framing.baseline, golden) {
        (Baseline::GoldenAtLaunch, Some(golden)) => {
            (Answers::at_launch(plan, golden), (0..golden.rows).collect())
        }
        (Baseline::ProductionBefore, _) => (now, framing.before.clone()),
        _ => {
            let training = &dossier.training.sample;
            (Answers::logged(plan, training), (0..training.rows).collect())
        }
    };
    let known = |values: &[(&'static str, Result<f64, Undefined>)], id: &str| {
        values.iter().find(|(known, _)| *known == id).and_then(|(_, value)| value.ok())
    };
    let (before, after) = (numbers::further(&then, &rows), numbers::further(&now, &framing.after));
    let ids = if after.is_empty() { &before } else { &after };
    let metrics = ids
        .iter()
        .map(|&(metric, _)| FurtherNumbers {
            metric,
            baseline: known(&before, metric),
            production: known(&after, metric),
        })
        .collect();
    let (before, after) = (numbers::by_class(&then, &rows), numbers::by_class(&now, &framing.after));
    let classes = plan.classes.iter().enumerate().map(|(at, class)| ClassPart {
        class,
        baseline: before.get(at).map(ClassPeriod::from),
        production: after.get(at).map(ClassPeriod::from),
    });
    (metrics, classes.collect())
}

/// A window as the console shows it.
#[derive(Serialize)]
pub(super) struct WindowNumbers {
    from: String,
    to: String,
    rows: u64,
    labelled: f64,
    metrics: Vec<WindowMetric>,
    latency_ms: Option<(f64, f64, f64)>,
}

#[derive(Serialize)]
struct WindowMetric {
    metric: &'static str,
    #[serde(flatten)]
    estimate: Estimate,
}

/// Every window of the log, with the metrics that are known there.
pub(super) fn windows(investigation: &Investigation) -> Vec<WindowNumbers> {
    let performance = &investigation.performance;
    let Some(grid) = performance.grid else {
        return Vec::new();
    };
    (0..grid.windows)
        .map(|window| {
            let points =
                performance.courses.iter().filter_map(|course| Some((course, course.points.get(window)?)));
            let span = grid.span(window);
            let first = performance.courses.first().and_then(|course| course.points.get(window));
            WindowNumbers {
                from: time::rfc3339(span.from),
                to: time::rfc3339(span.to),
                rows: first.map_or(0, |point| point.rows),
                labelled: first.map_or(0.0, |point| point.labelled),
                metrics: points
                    .filter_map(|(course, point)| {
                        Some(WindowMetric { metric: course.metric.id(), estimate: point.estimate? })
                    })
                    .collect(),
                latency_ms: investigation.serving.latency.get(window).copied().flatten(),
            }
        })
        .collect()
}

/// What is measured of one input.
#[derive(Serialize)]
pub(super) struct InputNumbers<'a> {
    feature: &'a str,
    psi: Option<f64>,
    psi_before: Option<f64>,
    q_value: Option<f64>,
    #[serde(flatten)]
    distances: BTreeMap<&'static str, Option<f64>>,
    ks_p: Option<f64>,
    chi_square: Option<ChiSquareNumbers>,
    largest_difference: Option<f64>,
    outside: f64,
    unseen: Vec<String>,
    vanished: Vec<String>,
    training: PeriodNumbers,
    before: PeriodNumbers,
    since: PeriodNumbers,
}

#[derive(Serialize)]
struct ChiSquareNumbers {
    statistic: f64,
    freedom: usize,
    p: f64,
}

/// An input in one period.
#[derive(Serialize, Default)]
struct PeriodNumbers {
    rows: Option<f64>,
    missing: Option<f64>,
    distinct: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    mean: Option<f64>,
    deviation: Option<f64>,
    quantiles: Vec<(f64, f64)>,
}

/// Every input, in the order of the training file.
pub(super) fn inputs(investigation: &Investigation) -> Vec<InputNumbers<'_>> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let mut rows: Vec<_> = investigation.drift.features.iter().collect();
    rows.sort_by_key(|row| row.feature);
    rows.into_par_iter()
        .map(|row| {
            let ascending = Ascending::of(dossier, framing, row.feature);
            let lines = summary::summary(dossier, framing, row, &ascending);
            let further = FurtherDistances::of(dossier, framing, row, &ascending);
            let period = |pick: fn(&summary::Line) -> Option<f64>, values: &[f64]| {
                let of = |statistic: Statistic| {
                    lines.iter().find(|line| line.statistic == statistic).and_then(pick)
                };
                let quantiles = numbers::quantiles(values).map(|values| {
                    QUANTILES.iter().map(|&q| f64::from(q) / 100.0).zip(values).collect::<Vec<_>>()
                });
                PeriodNumbers {
                    rows: of(Statistic::Rows),
                    missing: of(Statistic::Missing),
                    distinct: of(Statistic::Distinct),
                    min: of(Statistic::Min),
                    max: of(Statistic::Max),
                    mean: of(Statistic::Mean),
                    deviation: of(Statistic::Deviation),
                    quantiles: quantiles.unwrap_or_default(),
                }
            };
            let distances = &row.distances;
            InputNumbers {
                feature: dossier.feature_name(row.feature),
                psi: distances.psi,
                psi_before: row.psi_before,
                q_value: distances.q_value,
                distances: distances.by_key(),
                ks_p: further.ks_p,
                chi_square: further.chi_square.map(|(statistic, freedom, p)| ChiSquareNumbers {
                    statistic,
                    freedom,
                    p,
                }),
                largest_difference: further.largest_difference,
                outside: distances.outside,
                unseen: further.unseen,
                vanished: further.vanished,
                training: period(|line| line.training, &ascending.training),
                before: period(|line| line.before, &ascending.before),
                since: period(|line| line.after, &ascending.after),
            }
        })
        .collect()
}
