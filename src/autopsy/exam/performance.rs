//! How well does the model do, against its baseline, window by window?

use crate::{
    autopsy::{
        Baseline, Dossier, Finding, Framing, Observations, Step, Verdict,
        exam::{
            context::ExamContext,
            window_split::{display_width, widened},
        },
        scoring::{self, Answers, Scored},
    },
    stats::{Undefined, interval::wilson, metric::Metric},
    summary::{AnswerCounts, Grid, SnapshotSummary, Task, Width},
    text::{self, number},
};

/// A loss counts as real from this many standard errors on, the worst metric taken. The worst of a handful of
/// correlated metrics passes 3.2 in about one quiet log in a hundred.
const REAL_Z: f64 = 3.2;

/// 1.96: a 95 % interval in standard errors.
const Z95: f64 = 1.959_963_984_540_054;

/// Fewer rows than this at launch, or after the onset, are not compared.
const LAUNCH_ROWS: u64 = 100;

/// Windows with fewer labelled rows show no metric: its interval would be wider than any drop worth a call.
const MIN_LABELLED: u64 = 30;

/// A number with its 95 % interval and the rows behind it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Labelled rows behind it.
    pub rows: u64,
}

/// One metric in both periods.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRow {
    /// Which metric.
    pub metric: Metric,
    /// In the reference rows.
    pub baseline: Option<Estimate>,
    /// In the rows under suspicion.
    pub production: Option<Estimate>,
    /// How much worse it got (above 0 is worse, whatever the metric's direction), with the interval of the difference.
    pub loss: Option<Estimate>,
    /// Why it could not be computed, if it couldn't.
    pub undefined: Option<String>,
}

/// One window of a metric's course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The metric there, if enough labels have come.
    pub estimate: Option<Estimate>,
    /// Rows in the window.
    pub rows: u64,
    /// Which share of them is labelled.
    pub labelled: f64,
}

/// A metric's course over the display windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Which metric.
    pub metric: Metric,
    /// One a window of [`Performance::grid`].
    pub points: Vec<Point>,
}

/// Performance in production.
#[derive(Debug, Clone, PartialEq)]
pub struct Performance {
    /// The metric that leads: the one of the task that lost most significantly, or the task's usual one.
    pub headline: Metric,
    /// Every metric of the task, the headline first.
    pub metrics: Vec<MetricRow>,
    /// The windows of the courses; none without a clock.
    pub grid: Option<Grid>,
    /// Parallel to `metrics` where a metric can be told from counts by window.
    pub courses: Vec<Course>,
    /// The largest loss in standard errors over all metrics.
    pub worst_z: f64,
    /// Whether the loss is beyond noise.
    pub real: bool,
}

impl Course {
    /// How bad the metric is window by window, larger is worse; none where it is not known.
    #[must_use]
    pub fn losses(&self) -> Vec<Option<f64>> {
        let loss = |value: f64| match self.metric {
            Metric::Bias => value.abs(),
            metric if metric.larger_is_better() => -value,
            _ => value,
        };
        self.points.iter().map(|point| point.estimate.map(|e| loss(e.value))).collect()
    }
}

impl Default for Performance {
    /// Nothing examined.
    fn default() -> Self {
        Self {
            headline: Metric::Accuracy,
            metrics: Vec::new(),
            grid: None,
            courses: Vec::new(),
            worst_z: 0.0,
            real: false,
        }
    }
}

impl Performance {
    /// The headline metric's row.
    #[must_use]
    pub fn headline_row(&self) -> Option<&MetricRow> {
        self.metrics.iter().find(|row| row.metric == self.headline)
    }

    /// The course of a metric.
    #[must_use]
    pub fn course(&self, metric: Metric) -> Option<&Course> {
        self.courses.iter().find(|course| course.metric == metric)
    }
}

/// Measures the model's performance by window and in both periods.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Performance, Observations) {
    let &ExamContext { dossier, framing, ref periods, .. } = context;
    let plan = &dossier.plan;
    let production = Answers::logged(plan, &dossier.production.sample);
    let counted = |keep: &dyn Fn(usize) -> bool| by_counts(dossier, &dossier.production, keep);
    let after = if dossier.production.sample.is_profile() {
        counted(&|window| periods.is_after(window))
    } else {
        scoring::score(&production, &framing.after)
    };
    let before = match (framing.baseline, &dossier.golden) {
        (Baseline::GoldenAtLaunch, Some(golden)) => {
            scoring::score(&Answers::at_launch(plan, golden), &all_rows(golden.rows))
        }
        (Baseline::ProductionBefore, _) if dossier.production.sample.is_profile() => {
            counted(&|window| periods.is_before(window))
        }
        (Baseline::ProductionBefore, _) => scoring::score(&production, &framing.before),
        _ if dossier.training.sample.is_profile() => by_counts(dossier, &dossier.training, &|_| true),
        _ => scoring::score(
            &Answers::logged(plan, &dossier.training.sample),
            &all_rows(dossier.training.sample.rows),
        ),
    };
    let mut metrics: Vec<MetricRow> = after
        .iter()
        .map(|(metric, now)| {
            let then = before.iter().find(|(m, _)| m == metric).map_or(Err(Undefined::Empty), |(_, v)| *v);
            compare(*metric, then, *now)
        })
        .collect();
    let in_sample = framing.baseline == Baseline::Training;
    let worst_z = metrics.iter().filter_map(loss_z).fold(0.0, f64::max);
    // In-sample answers are too good: nothing can be told against them but a gross loss.
    let real = worst_z > REAL_Z && (!in_sample || metrics.iter().any(gross_loss));
    let headline = headline(&metrics, real);
    if let Some(at) = metrics.iter().position(|row| row.metric == headline) {
        let row = metrics.remove(at);
        metrics.insert(0, row);
    }
    let (grid, courses) = courses(dossier, &metrics, display_width(dossier));
    let mut exam = findings(dossier, framing, &metrics, headline, worst_z, real);
    if let Some(z) = against_launch(dossier, framing, &after) {
        exam.signal("performance.launch_z", z.min(60.0).ln_1p(), &[], "performance.loss");
    }
    (Performance { headline, metrics, grid, courses, worst_z, real }, exam)
}

/// The worst metric's loss against the golden set at launch, in standard errors, where the baseline is another: a split
/// of the log that was looked for makes its two sides differ by chance, the golden set knows nothing of it.
fn against_launch(
    dossier: &Dossier,
    framing: &Framing,
    after: &[(Metric, Result<Scored, Undefined>)],
) -> Option<f64> {
    let golden = dossier.golden.as_ref().filter(|_| framing.baseline == Baseline::ProductionBefore)?;
    let then = scoring::score(&Answers::at_launch(&dossier.plan, golden), &all_rows(golden.rows));
    let known = |of: &[(Metric, Result<Scored, Undefined>)]| {
        of.iter().any(|(_, scored)| scored.is_ok_and(|s| s.rows >= LAUNCH_ROWS))
    };
    (known(&then) && known(after)).then(|| scoring::worst_z(&then, after))
}

/// The metrics that counts can tell, over the windows that `keep` accepts: for profiles, which hold no rows.
fn by_counts(
    dossier: &Dossier,
    snapshot: &SnapshotSummary,
    keep: &dyn Fn(usize) -> bool,
) -> Vec<(Metric, Result<Scored, Undefined>)> {
    let mut answers = AnswerCounts::default();
    let windows = snapshot.windows.iter().enumerate();
    for (_, window) in windows.filter(|(at, _)| keep(*at)) {
        answers.merge(&window.answers);
    }
    scoring::metrics_of(dossier.task(), dossier.plan.has_score)
        .iter()
        .map(|&metric| {
            let scored = from_counts(metric, dossier.task(), &answers)
                .filter(|_| told_by_counts(metric))
                .map(|estimate| Scored {
                    value: estimate.value,
                    error: (estimate.interval.1 - estimate.value) / Z95,
                    rows: estimate.rows,
                });
            (metric, scored.ok_or(Undefined::TooFew))
        })
        .collect()
}

fn all_rows(rows: usize) -> Vec<usize> {
    (0..rows).collect()
}

fn estimate(scored: Scored) -> Estimate {
    let half = Z95 * scored.error;
    Estimate { value: scored.value, interval: (scored.value - half, scored.value + half), rows: scored.rows }
}

fn compare(metric: Metric, then: Result<Scored, Undefined>, now: Result<Scored, Undefined>) -> MetricRow {
    let loss = then.ok().zip(now.ok()).map(|(then, now)| {
        let value = scoring::worsening(metric, then.value, now.value);
        let half = Z95 * then.error.hypot(now.error);
        Estimate { value, interval: (value - half, value + half), rows: then.rows.min(now.rows) }
    });
    MetricRow {
        metric,
        baseline: then.ok().map(estimate),
        production: now.ok().map(estimate),
        loss,
        undefined: then.err().or(now.err()).map(|why| why.to_string()),
    }
}

/// The loss of a metric in standard errors; 0 when it got better.
fn loss_z(row: &MetricRow) -> Option<f64> {
    let loss = row.loss?;
    let error = (loss.interval.1 - loss.interval.0) / (2.0 * Z95);
    (error > 0.0).then(|| (loss.value / error).max(0.0))
}

/// A loss of a quarter of the distance between the baseline and a useless model.
fn gross_loss(row: &MetricRow) -> bool {
    match (row.loss, row.baseline) {
        (Some(loss), Some(then)) if row.metric.larger_is_better() => loss.interval.0 > 0.1 * then.value.abs(),
        (Some(loss), Some(then)) => loss.interval.0 > 0.5 * then.value.abs(),
        _ => false,
    }
}

/// Metrics that people steer by; the others are shown but never lead.
const LEADING: [Metric; 5] =
    [Metric::Accuracy, Metric::RocAuc, Metric::LogLoss, Metric::Mae, Metric::BalancedAccuracy];

fn headline(metrics: &[MetricRow], real: bool) -> Metric {
    let usual = metrics.first().map_or(Metric::Accuracy, |row| row.metric);
    if !real {
        return usual;
    }
    let strength = |row: &MetricRow| loss_z(row).unwrap_or(0.0);
    let usual_z = metrics.first().map_or(0.0, strength);
    metrics
        .iter()
        .filter(|row| LEADING.contains(&row.metric))
        .max_by(|a, b| strength(a).total_cmp(&strength(b)))
        .filter(|row| usual_z < REAL_Z && strength(row) > usual_z)
        .map_or(usual, |row| row.metric)
}

/// Each metric's course over windows of a width, for the metrics that counts by window can tell.
#[must_use]
pub fn courses(dossier: &Dossier, metrics: &[MetricRow], width: Width) -> (Option<Grid>, Vec<Course>) {
    let (grid, map, rows) = widened(dossier, width);
    let mut windows = vec![AnswerCounts::default(); rows.len()];
    for (totals, &window) in dossier.production.windows.iter().zip(&map) {
        windows[window].merge(&totals.answers);
    }
    let course = |metric: Metric| Course {
        metric,
        points: windows
            .iter()
            .zip(&rows)
            .map(|(answers, &rows)| Point {
                estimate: from_counts(metric, dossier.task(), answers),
                rows,
                labelled: if rows == 0 { 0.0 } else { answers.labelled as f64 / rows as f64 },
            })
            .collect(),
    };
    let told = metrics.iter().map(|row| row.metric).filter(|&metric| told_by_counts(metric));
    (grid, told.map(course).collect())
}

fn told_by_counts(metric: Metric) -> bool {
    !matches!(metric, Metric::PrAuc | Metric::Ece)
}

/// A metric from one window's counts; none when labels are too few or the metric is undefined there.
fn from_counts(metric: Metric, task: Task, counts: &AnswerCounts) -> Option<Estimate> {
    use crate::stats::metric as m;
    let n = counts.labelled;
    if n < MIN_LABELLED {
        return None;
    }
    let share = |value: f64, error: f64| Estimate {
        value,
        interval: (value - Z95 * error, value + Z95 * error),
        rows: n,
    };
    let rows = n as f64;
    if task == Task::Regression {
        let mse = counts.squared_error / rows;
        let mean_error = counts.error / rows;
        return match metric {
            Metric::Mae => {
                let mae = counts.absolute_error / rows;
                Some(share(mae, ((mse - mae * mae).max(0.0) / rows).sqrt()))
            }
            Metric::Rmse => {
                let spread = (counts.fourth_power_error / rows - mse * mse).max(0.0) / rows;
                Some(share(mse.sqrt(), spread.sqrt() / (2.0 * mse.sqrt().max(f64::MIN_POSITIVE))))
            }
            Metric::R2 => {
                let variance = counts.label.1 / rows - (counts.label.0 / rows).powi(2);
                let spread = (counts.fourth_power_error / rows - mse * mse).max(0.0) / rows;
                (variance > 0.0).then(|| share(1.0 - mse / variance, spread.sqrt() / variance))
            }
            Metric::Mape => {
                let (sum, n) = counts.relative_error;
                (n >= MIN_LABELLED).then(|| share(sum / n as f64, sum / n as f64 / (n as f64).sqrt()))
            }
            Metric::Bias => Some(share(mean_error, ((mse - mean_error * mean_error).max(0.0) / rows).sqrt())),
            _ => None,
        };
    }
    let scored = counts.scored as f64;
    match metric {
        Metric::LogLoss => (counts.scored >= MIN_LABELLED)
            .then(|| share(counts.log_loss / scored, counts.log_loss / scored / scored.sqrt())),
        Metric::Brier => (counts.scored >= MIN_LABELLED).then(|| {
            let brier = counts.brier / scored;
            share(brier, (brier * (1.0 - brier).max(0.0) / scored).sqrt())
        }),
        Metric::RocAuc => {
            let bins = counts.score_by_label.len() / 2;
            let (negative, positive) = counts.score_by_label.split_at(bins);
            let auc =
                m::roc_auc_binned(&negative[..bins.saturating_sub(1)], &positive[..bins.saturating_sub(1)])
                    .ok()?;
            let (n, p) = (negative.iter().sum::<u64>() as f64, positive.iter().sum::<u64>() as f64);
            Some(share(auc, hanley_mcneil(auc, n, p)))
        }
        _ => {
            let classes = counts.confusion.len().isqrt();
            let confusion = m::Confusion::new(classes, &counts.confusion).ok()?;
            let value = match metric {
                Metric::Accuracy => m::accuracy(&confusion),
                Metric::BalancedAccuracy => m::balanced_accuracy(&confusion),
                Metric::Precision => m::precision(&confusion),
                Metric::Recall => m::recall(&confusion),
                Metric::F1 => m::f1(&confusion),
                _ => return None,
            }
            .ok()?;
            let interval = wilson((value * rows).round() as u64, n, Z95).ok()?;
            Some(Estimate { value, interval, rows: n })
        }
    }
}

/// The standard error of an AUC from counts alone. Source: Hanley and McNeil 1982, Radiology 143.
fn hanley_mcneil(auc: f64, negatives: f64, positives: f64) -> f64 {
    let q1 = auc / (2.0 - auc);
    let q2 = 2.0 * auc * auc / (1.0 + auc);
    let squares = auc * auc;
    let sum = auc * (1.0 - auc) + (positives - 1.0) * (q1 - squares) + (negatives - 1.0) * (q2 - squares);
    (sum.max(0.0) / (negatives * positives).max(1.0)).sqrt()
}

/// What to say of a metric other than the headline that got worse by two standard errors or more.
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

fn findings(
    dossier: &Dossier,
    framing: &Framing,
    metrics: &[MetricRow],
    headline: Metric,
    worst_z: f64,
    real: bool,
) -> Observations {
    let mut exam = Observations::default();
    let Some(row) = metrics.iter().find(|row| row.metric == headline) else {
        return exam;
    };
    let against = match framing.baseline {
        Baseline::ProductionBefore => "before the onset",
        Baseline::GoldenAtLaunch => "on the golden set at launch",
        Baseline::Training => "on the training rows (in-sample, so too good)",
    };
    let finding = match (row.baseline, row.production, row.loss) {
        (Some(then), Some(now), Some(loss)) => {
            let watch = dossier.thresholds.performance_drop * then.value.abs();
            let verdict = match real {
                true if loss.value >= watch => Verdict::Alarm,
                true => Verdict::Watch,
                false => Verdict::Clear,
            };
            let says = if real {
                format!(
                    "{} got worse, from {} {against} to {}, {worst_z:.1} standard errors in the worst metric.",
                    text::capital(headline.name()),
                    number::metric(then.value),
                    number::metric(now.value)
                )
            } else {
                format!(
                    "No loss beyond noise: {} was {} {against} and is {}; a loss above {} is excluded.{}",
                    headline.name(),
                    number::metric(then.value),
                    number::metric(now.value),
                    number::metric(loss.interval.1.max(0.0)),
                    suspicious(metrics, headline).unwrap_or_default()
                )
            };
            Finding {
                measure: headline.name(),
                value: Some(loss.value),
                interval: Some(loss.interval),
                threshold: Some(watch),
                onset: framing.split(),
                ..Finding::new("performance.loss", Step::Triage, verdict, says)
            }
        }
        _ => {
            let why = row.undefined.clone().unwrap_or_else(|| "no labelled rows".to_owned());
            Finding::new(
                "performance.loss",
                Step::Triage,
                Verdict::NotApplicable(why.clone()),
                format!("Performance can't be measured: {why}."),
            )
        }
    };
    let applicable = !matches!(finding.verdict, Verdict::NotApplicable(_));
    exam.findings.push(finding);
    if applicable {
        let trusted =
            if framing.baseline == Baseline::Training && !real { worst_z.min(REAL_Z) } else { worst_z };
        exam.signal("performance.z", trusted.min(60.0).ln_1p(), &[], "performance.loss");
        if let (Some(loss), Some(then)) = (row.loss, row.baseline) {
            let relative = loss.value / then.value.abs().max(1e-9);
            exam.signal("performance.relative", relative.clamp(-1.0, 3.0), &[], "performance.loss");
        }
    }
    exam
}
