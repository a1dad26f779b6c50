//! The model's performance against its baseline, window by window.

mod counts;
mod findings;
mod weights;

use crate::{
    autopsy::{
        Baseline, Dossier, Framing, Observations,
        catalogue::{checks, signals},
        exam::{
            context::ExamContext,
            window_split::{display_width, widened},
        },
        scoring::{self, Answers, Scored},
        weighted_scoring,
    },
    cached::cached,
    stats::{Undefined, metric::Metric},
    summary::{AnswerCounts, Grid, Task, Width, fraction},
};

pub use counts::Estimate;
use counts::{Z95, by_counts, from_counts, needs_counts_only};

/// Minimum loss of the worst metric, in standard errors, to count as real. The worst of a handful of
/// correlated metrics exceeds 3.2 in about one in a hundred logs without a change.
const REAL_Z: f64 = 3.2;

/// Minimum rows at launch, and after the onset, for a comparison.
const LAUNCH_ROWS: u64 = 100;

/// One metric in both periods.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRow {
    /// The metric.
    pub metric: Metric,
    /// In the reference rows.
    pub baseline: Option<Estimate>,
    /// In the rows under suspicion.
    pub production: Option<Estimate>,
    /// The loss (above 0 is worse, whatever the metric's direction), with the confidence interval of the
    /// difference.
    pub loss: Option<Estimate>,
    /// Why it could not be computed, if so.
    pub undefined: Option<String>,
}

cached!(struct MetricRow { metric, baseline, production, loss, undefined });

/// One window of a metric's time series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The metric there, if enough labels have arrived.
    pub estimate: Option<Estimate>,
    /// Rows in the window.
    pub rows: u64,
    /// Share of labelled rows.
    pub labelled: f64,
}

cached!(struct Point { estimate, rows, labelled });

/// A metric's time series over the display windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The metric.
    pub metric: Metric,
    /// One per window of [`Performance::grid`].
    pub points: Vec<Point>,
}

cached!(struct Course { metric, points });

/// Performance in production.
#[derive(Debug, Clone, PartialEq)]
pub struct Performance {
    /// The headline metric: the one of the task with the most significant loss, or the task's usual one.
    pub headline: Metric,
    /// Every metric of the task, the headline first.
    pub metrics: Vec<MetricRow>,
    /// The windows of the time series; none without timestamps.
    pub grid: Option<Grid>,
    /// Parallel to `metrics`, for metrics that can be computed from counts by window.
    pub courses: Vec<Course>,
    /// The largest loss in standard errors over all metrics.
    pub worst_z: f64,
    /// Whether the loss is significant.
    pub real: bool,
}

cached!(struct Performance { headline, metrics, grid, courses, worst_z, real });

impl Course {
    /// The metric per window, with the sign set so that larger is worse; none where it is not known.
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
    /// An exam without results.
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
    /// The metric in which the loss is divided among causes, and its loss in standard errors: the headline, or the ranking where
    /// that shows the loss more clearly. A ranking knows no threshold, so no row counts more than another.
    #[must_use]
    pub fn surest_loss(&self) -> Option<(Metric, f64)> {
        let of_answers = |row: &&MetricRow| [self.headline, Metric::RocAuc].contains(&row.metric);
        let surest =
            self.metrics.iter().filter(of_answers).filter_map(|row| Some((row.metric, loss_z(row)?)));
        surest.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The headline metric's row.
    #[must_use]
    pub fn headline_row(&self) -> Option<&MetricRow> {
        self.metrics.iter().find(|row| row.metric == self.headline)
    }

    /// Whether the 95 % interval of the headline metric's loss ends below a part of its baseline.
    ///
    /// * `drop`: that part, as `performance_drop` of the contract.
    #[must_use]
    pub fn excludes_a_drop(&self, drop: f64) -> bool {
        self.headline_row()
            .and_then(|row| row.loss.zip(row.baseline))
            .is_some_and(|(loss, then)| loss.interval.1 < drop * then.value.abs())
    }

    /// The time series of a metric.
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
    let weighted = weights::periods(dossier, framing);
    let after = if let Some(weighted) = &weighted {
        weighted.after.clone()
    } else if dossier.production.sample.is_profile() {
        counted(&|window| periods.is_after(window))
    } else {
        scoring::score(&production, &framing.after)
    };
    let known = match framing.baseline {
        Baseline::ProductionBefore => weighted.map(|weighted| weighted.before),
        Baseline::Training => weights::training(dossier),
        Baseline::GoldenAtLaunch => None,
    };
    let before = known.unwrap_or_else(|| match (framing.baseline, &dossier.golden) {
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
    });
    let mut metrics: Vec<MetricRow> = after
        .iter()
        .map(|(metric, now)| {
            let then = before.iter().find(|(m, _)| m == metric).map_or(Err(Undefined::Empty), |(_, v)| *v);
            compare(*metric, then, *now)
        })
        .collect();
    let in_sample = framing.baseline == Baseline::Training;
    let worst_z = metrics.iter().filter_map(loss_z).fold(0.0, f64::max);
    // In-sample predictions are too good: against them, only a gross loss can be detected, and only one that learners which did not
    // see the rows do not show as well.
    let real = worst_z > REAL_Z
        && (!in_sample || metrics.iter().any(gross_loss) && is_worse_than_out_of_fold(dossier, &after));
    let headline = headline(&metrics, real);
    if let Some(at) = metrics.iter().position(|row| row.metric == headline) {
        let row = metrics.remove(at);
        metrics.insert(0, row);
    }
    let (grid, courses) = courses(dossier, &metrics, display_width(dossier));
    let performance = Performance { headline, metrics, grid, courses, worst_z, real };
    let mut observations = findings::examine(context, &performance);
    if let Some(z) = against_launch(dossier, framing, &after) {
        observations.signal(
            &signals::PERFORMANCE_LAUNCH_Z,
            z.min(60.0).ln_1p(),
            &[],
            &checks::PERFORMANCE_LOSS,
        );
    }
    (performance, observations)
}

/// The worst metric's loss against the golden set at launch, in standard errors, where that is not the
/// baseline: the two sides of a split that was searched for differ by chance; the golden set is independent
/// of that search.
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

/// Whether production does worse than training does by answers of learners that did not see its rows; true where there are none.
fn is_worse_than_out_of_fold(dossier: &Dossier, after: &[(Metric, Result<Scored, Undefined>)]) -> bool {
    dossier.training_out_of_fold().is_none_or(|table| {
        let then = scoring::score(&Answers::logged(&dossier.plan, table), &all_rows(table.rows));
        scoring::worst_z(&then, after) > REAL_Z
    })
}

fn all_rows(rows: usize) -> Vec<usize> {
    (0..rows).collect()
}

fn estimate(scored: Scored) -> Estimate {
    Estimate { value: scored.value, interval: scored.interval, rows: scored.rows }
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

/// A loss whose interval lies above 10 % of the baseline where larger is better, else above 50 % of it.
fn gross_loss(row: &MetricRow) -> bool {
    match (row.loss, row.baseline) {
        (Some(loss), Some(then)) if row.metric.larger_is_better() => loss.interval.0 > 0.1 * then.value.abs(),
        (Some(loss), Some(then)) => loss.interval.0 > 0.5 * then.value.abs(),
        _ => false,
    }
}

/// Metrics that can be the headline; the others are only shown.
const LEADING: [Metric; 5] =
    [Metric::Accuracy, Metric::RocAuc, Metric::LogLoss, Metric::Mae, Metric::BalancedAccuracy];

fn headline(metrics: &[MetricRow], real: bool) -> Metric {
    let usual = metrics.first().map_or(Metric::Accuracy, |row| row.metric);
    if !real {
        return usual;
    }
    // What a remedy wins is measured in answers where there are several classes.
    let several = metrics.iter().any(|row| row.metric == Metric::RocAucWeighted);
    let strength = |row: &MetricRow| loss_z(row).unwrap_or(0.0);
    let usual_z = metrics.first().map_or(0.0, strength);
    metrics
        .iter()
        .filter(|row| LEADING.contains(&row.metric) && !(several && scoring::of_scores(row.metric)))
        .max_by(|a, b| strength(a).total_cmp(&strength(b)))
        .filter(|row| usual_z < REAL_Z && strength(row) > usual_z)
        .map_or(usual, |row| row.metric)
}

/// Each metric's time series over windows of a width, for the metrics that can be computed from counts by
/// window.
#[must_use]
pub fn courses(dossier: &Dossier, metrics: &[MetricRow], width: Width) -> (Option<Grid>, Vec<Course>) {
    let (grid, map, rows) = widened(dossier, width);
    let mut windows = vec![AnswerCounts::default(); rows.len()];
    let mut asked = vec![0_u64; rows.len()];
    for (at, (totals, &window)) in dossier.production.windows.iter().zip(&map).enumerate() {
        windows[window].merge(&totals.answers);
        asked[window] += dossier.production.rows_with_answers(at);
    }
    let by_rows = by_rows(dossier, grid, rows.len());
    let all_by_rows = dossier.production.weighted.is_some();
    let course = |metric: Metric| Course {
        metric,
        points: windows
            .iter()
            .zip(&rows)
            .enumerate()
            .map(|(at, (answers, &rows))| Point {
                estimate: match by_rows.get(at) {
                    Some(known) if all_by_rows || scoring::of_scores(metric) => {
                        known.iter().find(|(known, _)| *known == metric).map(|(_, estimate)| *estimate)
                    }
                    _ => from_counts(metric, dossier.task(), answers),
                },
                rows,
                labelled: fraction(answers.labelled, asked[at]),
            })
            .collect(),
    };
    let by_counts = metrics
        .iter()
        .map(|row| row.metric)
        .filter(|&metric| needs_counts_only(metric) || !by_rows.is_empty());
    (grid, by_counts.map(course).collect())
}

/// The metrics by display window that counts can't tell, from the sampled rows: those of several classes' probabilities,
/// and all of them where rows have weights; none where there are neither.
fn by_rows(dossier: &Dossier, grid: Option<Grid>, windows: usize) -> Vec<Vec<(Metric, Estimate)>> {
    let weighted = dossier.production.weighted.as_deref();
    let sample = weighted.unwrap_or(&dossier.production.sample);
    let of_classes = dossier.task() == Task::Multiclass && !sample.class_scores.is_empty();
    if !of_classes && weighted.is_none() {
        return Vec::new();
    }
    let mut rows = vec![Vec::new(); windows];
    for row in 0..sample.rows {
        let window = match grid {
            Some(grid) => sample.time.get(row).and_then(|&at| grid.window(at)),
            None => Some(0),
        };
        if let Some(window) = window {
            rows[window].push(row);
        }
    }
    let answers = Answers::logged(&dossier.plan, sample);
    let of_window = |rows: &Vec<usize>| {
        let known = match weighted {
            Some(table) => weighted_scoring::score_weighted(&answers, &table.weight, rows),
            None => scoring::score(&answers, rows),
        };
        known
            .into_iter()
            .filter(|(metric, _)| weighted.is_some() || scoring::of_scores(*metric))
            .filter_map(|(metric, scored)| Some((metric, estimate(scored.ok()?))))
            .filter(|(_, estimate)| estimate.rows >= counts::MIN_LABELLED)
            .collect()
    };
    rows.iter().map(of_window).collect()
}
