//! Model regression: the golden set, scored at launch and again now, row by row.

use crate::{
    autopsy::{
        Dossier, Finding, Observations, Verdict,
        catalogue::{checks, measures, signals},
        exam::{
            context::ExamContext,
            performance::{Estimate, MetricRow},
        },
        scoring::{self, Answers},
    },
    cached::cached,
    stats::{bootstrap, delong, metric::Metric, testing},
    summary::Task,
    text::number,
};

/// Minimum paired z-score for the model itself to count as worse.
const WORSE_Z: f64 = 3.0;

/// Replicates of the paired bootstrap.
const REPLICATES: usize = 400;

/// The golden set: launch and current predictions, paired.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// Rows compared.
    pub rows: usize,
    /// Per metric: launch as baseline, current as production, and the paired loss.
    pub metrics: Vec<MetricRow>,
    /// Share of the rows with the same prediction as at launch.
    pub same_answer: f64,
    /// Rows that were right at launch and are wrong now (classification).
    pub broken: Vec<usize>,
    /// Rows that were wrong at launch and are right now (classification).
    pub fixed: Vec<usize>,
    /// Exact McNemar p-value of the flips (classification).
    pub mcnemar_p: Option<f64>,
    /// The largest paired loss in standard errors.
    pub worst_z: f64,
}

cached!(struct Golden { rows, metrics, same_answer, broken, fixed, mcnemar_p, worst_z });

/// Compares the golden set's predictions at launch with the deployed model's, row by row.
///
/// Without a golden set, or with too few rows that can be judged, the only result is a finding that says why.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Option<Golden>, Observations) {
    match paired(context.dossier) {
        Ok(golden) => {
            let observations = findings(&golden);
            (Some(golden), observations)
        }
        Err(why) => (None, not_applicable(why)),
    }
}

/// Both models' predictions on the golden rows, or why they can't be compared.
fn paired(dossier: &Dossier) -> Result<Golden, &'static str> {
    let Some(table) = &dossier.golden else {
        return Err(if dossier.lost_golden {
            "too few rows of the golden set belong to this part of the case"
        } else {
            "the case has no golden set"
        });
    };
    if table.is_profile() {
        return Err("the golden set is a profile, which holds no rows");
    }
    let then = Answers::at_launch(&dossier.plan, table);
    let now = Answers::logged(&dossier.plan, table);
    let rows: Vec<usize> = (0..table.rows).filter(|&r| then.judged(r) && now.judged(r)).collect();
    if rows.len() < 20 {
        return Err("fewer than 20 golden rows have a label and both models' answers");
    }
    let classes = dossier.task() != Task::Regression;
    let same = |r: usize| {
        if classes {
            then.answer_of(r) == now.answer_of(r)
        } else {
            (then.answer_of(r) - now.answer_of(r)).abs() <= 1e-6 * now.answer_of(r).abs().max(1.0)
        }
    };
    let pick = |was: f64, is: f64| -> Vec<usize> {
        let flipped = |r: &usize| classes && then.wrong(*r) == was && now.wrong(*r) == is;
        rows.iter().copied().filter(flipped).collect()
    };
    let (broken, fixed) = (pick(0.0, 1.0), pick(1.0, 0.0));
    let mcnemar_p = classes.then(|| testing::mcnemar_exact(broken.len() as u64, fixed.len() as u64));
    let metrics = paired_metrics(dossier, &then, &now, &rows);
    let loss_z = paired_z(&rows.iter().map(|&r| now.loss(r) - then.loss(r)).collect::<Vec<_>>());
    let flips = (broken.len() + fixed.len()) as f64;
    let flip_z = if flips > 0.0 { (broken.len() as f64 - fixed.len() as f64) / flips.sqrt() } else { 0.0 };
    let worst_z = loss_z.max(flip_z).max(paired_auc_z(&then, &now, &rows)).max(0.0);
    let same_answer = rows.iter().filter(|&&r| same(r)).count() as f64 / rows.len() as f64;
    Ok(Golden { rows: rows.len(), metrics, same_answer, broken, fixed, mcnemar_p, worst_z })
}

fn not_applicable(why: &str) -> Observations {
    let mut observations = Observations::default();
    let message = format!("The model can't be checked on its own: {why}.");
    observations.findings.push(Finding::new(
        &checks::GOLDEN_PAIRED,
        Verdict::NotApplicable(why.to_owned()),
        message,
    ));
    observations
}

/// Mean difference over its standard error; 0 when no row differs.
fn paired_z(differences: &[f64]) -> f64 {
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    if variance > 0.0 { mean / (variance / n).sqrt() } else { 0.0 }
}

fn paired_auc_z(then: &Answers<'_>, now: &Answers<'_>, rows: &[usize]) -> f64 {
    let scores = |a: &Answers<'_>| rows.iter().map(|&r| a.score_of(r)).collect::<Option<Vec<f64>>>();
    let positive: Vec<bool> = rows.iter().map(|&r| now.label[r] == 1.0).collect();
    match (scores(then), scores(now)) {
        (Some(then), Some(now)) => delong::delong_paired(&then, &now, &positive).map_or(0.0, |test| test.z),
        _ => 0.0,
    }
}

/// Each metric at launch and now, with a paired bootstrap interval of the loss.
fn paired_metrics(
    dossier: &Dossier,
    then: &Answers<'_>,
    now: &Answers<'_>,
    rows: &[usize],
) -> Vec<MetricRow> {
    let (launch, current) = (scoring::score(then, rows), scoring::score(now, rows));
    let interval = |metric: Metric| {
        bootstrap::interval(rows.len(), REPLICATES, dossier.plan.seed, 0.95, |drawn| {
            let drawn: Vec<usize> = drawn.iter().map(|&i| rows[i]).collect();
            let at = |answers: &Answers<'_>| scoring::values(answers, &drawn, &[metric])[0];
            let loss = scoring::worsening(metric, at(then), at(now));
            loss.is_finite().then_some(loss)
        })
    };
    let shown = |s: &scoring::Scored| Estimate {
        value: s.value,
        interval: (s.value - 1.96 * s.error, s.value + 1.96 * s.error),
        rows: s.rows,
    };
    current
        .iter()
        .map(|(metric, now_scored)| {
            let metric = *metric;
            let baseline =
                launch.iter().find(|(m, _)| *m == metric).and_then(|(_, v)| v.as_ref().ok().map(shown));
            let production = now_scored.as_ref().ok().map(shown);
            let loss = baseline.zip(production).map(|(then, now)| {
                let value = scoring::worsening(metric, then.value, now.value);
                // Identical predictions have no variance, so the interval is the value itself.
                let interval = interval(metric).unwrap_or((value, value));
                Estimate { value, interval, rows: rows.len() as u64 }
            });
            let undefined = now_scored.as_ref().err().map(ToString::to_string);
            MetricRow { metric, baseline, production, loss, undefined }
        })
        .collect()
}

/// The first metric that got worse beyond noise, else the one that is furthest beyond: a failure is not shown by a metric that
/// held.
fn failing(metrics: &[MetricRow]) -> Option<&MetricRow> {
    let losses = || metrics.iter().filter_map(|row| Some((row, row.loss?)));
    let beyond = |loss: &Estimate| loss.value / (loss.interval.1 - loss.interval.0).max(f64::MIN_POSITIVE);
    losses()
        .find(|(_, loss)| loss.interval.0 > 0.0)
        .or_else(|| losses().max_by(|(_, a), (_, b)| beyond(a).total_cmp(&beyond(b))))
        .map(|(row, _)| row)
}

fn findings(golden: &Golden) -> Observations {
    let &Golden { rows, ref metrics, same_answer, worst_z, .. } = golden;
    let mut observations = Observations::default();
    let worse = worst_z > WORSE_Z;
    let rows = number::whole(rows as u64);
    let shown = if worse { failing(metrics) } else { metrics.first() };
    let message = shown.and_then(|row| Some((row, row.baseline?, row.production?))).map_or_else(
        || format!("The golden set's {rows} rows get the same answer in {} of cases.", number::share(same_answer)),
        |(row, then, now)| {
            let (a, b) = (number::metric(then.value), number::metric(now.value));
            let name = row.metric.name();
            if worse {
                format!("The model fails its own golden set: {name} {a} at launch, {b} now, on the same {rows} rows.")
            } else {
                format!(
                    "The golden set holds: {name} {a} at launch, {b} now; {} of {rows} rows get the same answer.",
                    number::share(same_answer)
                )
            }
        },
    );
    let loss = shown.and_then(|row| row.loss);
    observations.findings.push(Finding {
        measure: measures::PAIRED_LOSS.name,
        value: Some(worst_z),
        interval: loss.map(|l| l.interval),
        threshold: Some(WORSE_Z),
        ..Finding::new(&checks::GOLDEN_PAIRED, if worse { Verdict::Alarm } else { Verdict::Clear }, message)
    });
    observations.signal(&signals::GOLDEN_Z, worst_z.min(40.0), &[], &checks::GOLDEN_PAIRED);
    observations
}
