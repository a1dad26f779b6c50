//! How well does the model do, against its baseline, window by window?

use crate::{autopsy::Exam, stats::metric::Metric, summary::Grid};

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
    /// What was found.
    pub exam: Exam,
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
