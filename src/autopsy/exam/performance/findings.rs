//! Findings and signals of the performance exam.

use crate::{
    autopsy::{
        Baseline, Finding, Observations, Verdict,
        catalogue::{checks, signals},
        exam::context::ExamContext,
        scoring::Answers,
    },
    stats::metric::Metric,
    summary::Task,
    text::{self, number},
};

use super::{MetricRow, Performance, REAL_Z, loss_z};

/// The metric beside the headline that got worse most clearly, with its values before and now, and its loss in standard errors.
fn worst_beside(metrics: &[MetricRow], headline: Metric) -> Option<(Metric, f64, f64, f64)> {
    metrics
        .iter()
        .filter(|row| row.metric != headline)
        .filter_map(|row| Some((row.metric, row.baseline?.value, row.production?.value, loss_z(row)?)))
        .max_by(|a, b| a.3.total_cmp(&b.3))
}

/// A sentence on a metric other than the headline that got worse by two standard errors or more.
fn suspicious(metrics: &[MetricRow], headline: Metric) -> Option<String> {
    let (metric, then, now, z) = worst_beside(metrics, headline).filter(|worst| worst.3 >= 2.0)?;
    Some(format!(
        " {} went from {} to {}, {z:.1} standard errors: watch it.",
        text::capital(metric.name()),
        number::metric(then),
        number::metric(now)
    ))
}

/// Minimum share of the total error for a single row to be named.
const CARRIED: f64 = 0.5;

/// Names the row with most of the error of a regression, if there is one.
fn carrier(answers: &Answers<'_>, rows: &[usize]) -> Option<String> {
    if answers.task != Task::Regression {
        return None;
    }
    let judged = answers.judged_rows(rows);
    let total: f64 = judged.iter().map(|&row| answers.wrong(row)).sum();
    let worst = judged.into_iter().max_by(|&a, &b| answers.wrong(a).total_cmp(&answers.wrong(b)))?;
    let share = answers.wrong(worst) / total;
    (share >= CARRIED).then(|| {
        format!(
            " One row carries {} of the error: its label is {}, its answer {}.",
            number::share(share),
            number::value(answers.label[worst]),
            number::value(answers.prediction[worst])
        )
    })
}

/// The loss of the headline metric, and its significance.
pub(super) fn examine(context: &ExamContext<'_>, performance: &Performance) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let &Performance { ref metrics, headline, worst_z, real, .. } = performance;
    let mut observations = Observations::default();
    let Some(row) = metrics.iter().find(|row| row.metric == headline) else {
        return observations;
    };
    let against = format!("{}{}", framing.baseline.phrase(), framing.baseline.caveat());
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let carrier = carrier(&answers, &framing.after).unwrap_or_default();
    let finding = match (row.baseline, row.production, row.loss) {
        (Some(then), Some(now), Some(loss)) => {
            let watch = dossier.thresholds.performance_drop * then.value.abs();
            let verdict = match real {
                true if loss.value >= watch => Verdict::Alarm,
                true => Verdict::Watch,
                false => Verdict::Clear,
            };
            // Where the headline itself lost nothing beyond noise, the sentence is about the metric that did.
            let elsewhere = worst_beside(metrics, headline).filter(|_| real && loss.interval.0 <= 0.0);
            let message = if let Some((metric, was, is, z)) = elsewhere {
                format!(
                    "{} got worse, from {} {against} to {}, {z:.1} standard errors; {} went from {} to {}, {}.{carrier}",
                    text::capital(metric.name()),
                    number::metric(was),
                    number::metric(is),
                    headline.name(),
                    number::metric(then.value),
                    number::metric(now.value),
                    if loss.interval.1 < 0.0 { "which is better" } else { "which is within noise" }
                )
            } else if real {
                format!(
                    "{} got worse, from {} {against} to {}, {worst_z:.1} standard errors in the worst metric.{carrier}",
                    text::capital(headline.name()),
                    number::metric(then.value),
                    number::metric(now.value)
                )
            } else {
                // Rows that the model was trained on may look better by any amount, and nothing changed within the log.
                let begin = match framing.baseline {
                    _ if loss.interval.0 <= 0.0 => "No loss beyond noise",
                    Baseline::Training => "Worse than in training alone",
                    _ => "A loss that may be chance",
                };
                format!(
                    "{begin}: {} was {} {against} and is {}; {}.{carrier}{}",
                    headline.name(),
                    number::metric(then.value),
                    number::metric(now.value),
                    loss.excluded(),
                    suspicious(metrics, headline).unwrap_or_default()
                )
            };
            Finding {
                measure: headline.name(),
                value: Some(loss.value),
                interval: Some(loss.interval),
                threshold: Some(watch),
                onset: framing.split(),
                ..Finding::new(&checks::PERFORMANCE_LOSS, verdict, message)
            }
        }
        _ => {
            let why = row.undefined.clone().unwrap_or_else(|| "no labelled rows".to_owned());
            Finding::not_applicable(&checks::PERFORMANCE_LOSS, "Performance can't be measured", why)
        }
    };
    let applicable = !matches!(finding.verdict, Verdict::NotApplicable(_));
    observations.findings.push(finding);
    if applicable {
        let trusted =
            if framing.baseline == Baseline::Training && !real { worst_z.min(REAL_Z) } else { worst_z };
        observations.signal(
            &signals::PERFORMANCE_Z,
            trusted.min(60.0).ln_1p(),
            &[],
            &checks::PERFORMANCE_LOSS,
        );
        if let (Some(loss), Some(then)) = (row.loss, row.baseline) {
            let relative = loss.value / then.value.abs().max(1e-9);
            observations.signal(
                &signals::PERFORMANCE_RELATIVE,
                relative.clamp(-1.0, 3.0),
                &[],
                &checks::PERFORMANCE_LOSS,
            );
        }
    }
    observations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::exam::{performance::Estimate, synthetic};

    fn row(metric: Metric, values: (f64, f64), loss: (f64, f64, f64)) -> MetricRow {
        let estimate = |value, interval| Some(Estimate { value, interval, rows: 1000 });
        MetricRow {
            metric,
            baseline: estimate(values.0, values),
            production: estimate(values.1, values),
            loss: estimate(loss.0, (loss.1, loss.2)),
            undefined: None,
        }
    }

    fn message(headline: MetricRow) -> String {
        said(headline, true, Baseline::ProductionBefore)
    }

    fn said(headline: MetricRow, real: bool, baseline: Baseline) -> String {
        let performance = Performance {
            headline: Metric::Accuracy,
            metrics: vec![headline, row(Metric::RocAuc, (0.92, 0.88), (0.04, 0.016, 0.064))],
            worst_z: 3.3,
            real,
            ..Performance::default()
        };
        let (dossier, mut framing) = synthetic::with_fault(|_, _| {});
        framing.baseline = baseline;
        let observations = examine(&ExamContext::new(&dossier, &framing), &performance);
        observations.findings[0].message.clone()
    }

    #[test]
    fn what_got_worse_is_named_where_the_headline_did_not() {
        let noise = message(row(Metric::Accuracy, (0.903, 0.882), (0.022, -0.001, 0.044)));
        assert!(noise.starts_with("ROC AUC got worse, from 0.920 "), "{noise}");
        assert!(noise.contains("3.3 standard errors"), "{noise}");
        assert!(noise.ends_with("accuracy went from 0.903 to 0.882, which is within noise."), "{noise}");
        let better = message(row(Metric::Accuracy, (0.88, 0.91), (-0.03, -0.05, -0.01)));
        assert!(better.ends_with("accuracy went from 0.880 to 0.910, which is better."), "{better}");
        let worse = message(row(Metric::Accuracy, (0.903, 0.802), (0.101, 0.09, 0.112)));
        assert!(worse.starts_with("Accuracy got worse, from 0.903 "), "{worse}");
    }

    #[test]
    fn a_loss_whose_interval_excludes_nothing_lost_is_not_called_noise() {
        for (interval, baseline, begin) in [
            ((-0.01, 0.04), Baseline::Training, "No loss beyond noise: "),
            ((0.015, 0.046), Baseline::Training, "Worse than in training alone: "),
            ((0.003, 0.046), Baseline::ProductionBefore, "A loss that may be chance: "),
        ] {
            let told =
                said(row(Metric::Accuracy, (0.821, 0.79), (0.031, interval.0, interval.1)), false, baseline);
            assert!(told.starts_with(begin), "{told}");
        }
    }
}
