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

/// A sentence on a metric other than the headline that got worse by two standard errors or more.
fn suspicious(metrics: &[MetricRow], headline: Metric) -> Option<String> {
    let (row, z) = metrics
        .iter()
        .filter(|row| row.metric != headline)
        .filter_map(|row| Some((row, loss_z(row)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, z)| *z >= 2.0)?;
    Some(format!(
        " {} went from {} to {}, {z:.1} standard errors: watch it.",
        text::capital(row.metric.name()),
        number::metric(row.baseline?.value),
        number::metric(row.production?.value)
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
            let message = if real {
                format!(
                    "{} got worse, from {} {against} to {}, {worst_z:.1} standard errors in the worst metric.{carrier}",
                    text::capital(headline.name()),
                    number::metric(then.value),
                    number::metric(now.value)
                )
            } else {
                format!(
                    "No loss beyond noise: {} was {} {against} and is {}; {}.{carrier}{}",
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
