//! The summary of a table in memory: the same as a pass over a snapshot of these rows.

use rayon::prelude::*;

use super::{
    AnswerCounts, Bins, Column, FeatureCounts, Grid, Moments, Plan, SnapshotSummary, Table, Task, Width,
    WindowTotals,
};
use crate::stats::metric::row_log_loss;

impl SnapshotSummary {
    /// Counts the rows of a table as a pass over a snapshot would; the table becomes the sample.
    ///
    /// * `width`: the width of the windows; without one, or without times, all rows are in one window.
    #[must_use]
    pub fn from_table(plan: &Plan, table: Table, width: Option<Width>) -> Self {
        let grid = width.and_then(|width| Grid::spanning(width, &table.time));
        let windows = grid.map_or(1, |g| g.windows);
        let window_of: Vec<usize> =
            (0..table.rows).map(|row| grid.and_then(|g| g.window(table.time[row])).unwrap_or(0)).collect();
        let features = plan
            .features
            .par_iter()
            .enumerate()
            .filter_map(|(j, feature)| {
                Some(count_column(&feature.bins, table.features.get(j)?, &window_of, windows))
            })
            .collect();
        let answer = if plan.has_score { &table.score } else { &table.prediction };
        let mut totals = vec![WindowTotals::default(); windows];
        for (row, &window) in window_of.iter().enumerate() {
            let total = &mut totals[window];
            total.rows += 1;
            total.answers.add(
                plan,
                at(&table.label, row),
                at(&table.prediction, row),
                at(&table.score, row),
                |score| numeric_bin(&plan.answer_bins, score),
            );
            total.serving.latency.add(at(&table.latency_ms, row));
            for (values, moments) in
                [(&table.cpu, &mut total.serving.cpu), (&table.memory, &mut total.serving.memory)]
            {
                let value = at(values, row);
                if !value.is_nan() {
                    moments.add(value);
                }
            }
        }
        Self {
            rows: table.rows as u64,
            without_time: 0,
            grid,
            windows: totals,
            features,
            answers: count_values(&plan.answer_bins, answer, &window_of, windows),
            labels: count_values(&plan.label_bins, &table.label, &window_of, windows),
            new_columns: Vec::new(),
            answers_counted_over: Vec::new(),
            weighted: None,
            sample: table,
        }
    }

    /// Recounts labels and predictions from the sampled rows: when labels were removed from the sample, the
    /// windows must not contain them either.
    pub fn recount_labels(&mut self, plan: &Plan) {
        let table = &self.sample;
        let window_of: Vec<usize> = (0..table.rows)
            .map(|row| self.grid.and_then(|grid| grid.window(*table.time.get(row)?)).unwrap_or(0))
            .collect();
        let mut counted_over = vec![0; self.windows.len()];
        for window in &mut self.windows {
            window.answers = AnswerCounts::default();
        }
        for (row, &window) in window_of.iter().enumerate() {
            counted_over[window] += 1;
            self.windows[window].answers.add(
                plan,
                at(&table.label, row),
                at(&table.prediction, row),
                at(&table.score, row),
                |score| numeric_bin(&plan.answer_bins, score),
            );
        }
        let stored_as = std::mem::take(&mut self.labels.stored_as);
        let counted = count_values(&plan.label_bins, &table.label, &window_of, self.windows.len());
        self.labels = FeatureCounts { stored_as, ..counted };
        if !table.is_whole() {
            self.answers_counted_over = counted_over;
        }
    }

    /// The same for the model's answers, where they came to the sampled rows later than by the pass.
    pub fn recount_answers(&mut self, plan: &Plan) {
        self.recount_labels(plan);
        let table = &self.sample;
        let window_of: Vec<usize> = (0..table.rows)
            .map(|row| self.grid.and_then(|grid| grid.window(*table.time.get(row)?)).unwrap_or(0))
            .collect();
        let answer = if plan.has_score { &table.score } else { &table.prediction };
        let stored_as = std::mem::take(&mut self.answers.stored_as);
        let counted = count_values(&plan.answer_bins, answer, &window_of, self.windows.len());
        self.answers = FeatureCounts { stored_as, ..counted };
    }

    /// Rows of a window among which labels and answers were counted: all of them, or the sampled ones where they were
    /// counted anew.
    #[must_use]
    pub fn rows_with_answers(&self, window: usize) -> u64 {
        let counted = self.answers_counted_over.get(window).copied();
        counted.unwrap_or_else(|| self.windows.get(window).map_or(0, |totals| totals.rows))
    }
}

impl Grid {
    /// The grid that covers all instants (in any order), if there are any.
    #[must_use]
    pub fn spanning(width: Width, times: &[super::Micros]) -> Option<Self> {
        let start = width.floor(*times.iter().min()?);
        let last = width.floor(*times.iter().max()?);
        Some(Self { start, width, windows: ((last - start) / width.micros()) as usize + 1 })
    }
}

impl AnswerCounts {
    /// Counts one row.
    ///
    /// * `label`, `prediction`: class index or value; NaN is missing.
    /// * `score`: binary, the probability of the positive class; NaN is missing.
    /// * `bin_of`: the fine bin of a score, if scores are binned.
    pub(super) fn add(
        &mut self,
        plan: &Plan,
        label: f64,
        prediction: f64,
        score: f64,
        bin_of: impl FnOnce(f64) -> Option<usize>,
    ) {
        if label.is_nan() || prediction.is_nan() {
            return;
        }
        self.labelled += 1;
        if plan.task == Task::Regression {
            let error = prediction - label;
            self.error += error;
            self.absolute_error += error.abs();
            self.squared_error += error * error;
            self.fourth_power_error += error.powi(4);
            if label != 0.0 {
                self.relative_error.0 += error.abs() / label.abs();
                self.relative_error.1 += 1;
            }
            self.label.0 += label;
            self.label.1 += label * label;
            return;
        }
        let classes = plan.classes.len();
        if self.confusion.is_empty() {
            self.confusion.resize(classes * classes, 0);
        }
        if let Some(cell) = self.confusion.get_mut(label as usize * classes + prediction as usize) {
            *cell += 1;
        }
        if !plan.has_score || score.is_nan() {
            return;
        }
        let Some(bin) = bin_of(score) else {
            return;
        };
        let fine = plan.answer_bins.fine();
        if self.score_by_label.is_empty() {
            self.score_by_label.resize(2 * fine, 0);
        }
        self.score_by_label[usize::from(label == 1.0) * fine + bin] += 1;
        self.log_loss += row_log_loss(score, label == 1.0);
        self.brier += (score - label).powi(2);
        self.scored += 1;
    }
}

/// The fine bin of a value in numeric bins.
fn numeric_bin(bins: &Bins, value: f64) -> Option<usize> {
    match bins {
        Bins::Numeric(numeric) => Some(numeric.bin(value)),
        Bins::Categorical(_) | Bins::None => None,
    }
}

/// The value of a row; NaN if the snapshot lacks the role.
fn at(values: &[f64], row: usize) -> f64 {
    values.get(row).copied().unwrap_or(f64::NAN)
}

/// Counts one feature.
fn count_column(bins: &Bins, column: &Column, window_of: &[usize], windows: usize) -> FeatureCounts {
    let fine = bins.fine();
    let mut counts = FeatureCounts {
        bins: fine,
        counts: vec![0; windows * fine],
        unreadable: vec![0; windows],
        present: *column != Column::Absent,
        ..FeatureCounts::default()
    };
    match (bins, column) {
        (Bins::Numeric(_), Column::Numeric { values, unreadable, examples }) => {
            counts = count_values(bins, values, window_of, windows);
            counts.unreadable = vec![0; windows];
            for &row in unreadable {
                counts.unreadable[window_of[row as usize]] += 1;
            }
            counts.unreadable_examples.clone_from(examples);
            let stored_as = if unreadable.is_empty() { "Float64" } else { "String" };
            stored_as.clone_into(&mut counts.stored_as);
        }
        (Bins::Categorical(levels), Column::Categorical(codes)) => {
            for (&code, &window) in codes.iter().zip(window_of) {
                counts.counts[window * fine + levels.bin(code)] += 1;
            }
            "String".clone_into(&mut counts.stored_as);
        }
        _ => {
            for (row, &window) in window_of.iter().enumerate() {
                if column.is_missing(row) {
                    counts.counts[window * fine + fine - 1] += 1;
                }
            }
            if let Column::Embedding { width, .. } = column {
                counts.stored_as = format!("List[{width}]");
            }
        }
    }
    counts
}

/// Counts one numeric column; it is empty if the snapshot lacks the role.
fn count_values(bins: &Bins, values: &[f64], window_of: &[usize], windows: usize) -> FeatureCounts {
    let fine = bins.fine();
    let is_numeric = matches!(bins, Bins::Numeric(_));
    let mut counts = FeatureCounts {
        bins: fine,
        counts: vec![0; windows * fine],
        moments: vec![Moments::about(bins.center()); if is_numeric { windows } else { 0 }],
        unreadable: vec![0; windows],
        present: !values.is_empty(),
        ..FeatureCounts::default()
    };
    for (&value, &window) in values.iter().zip(window_of) {
        let bin = match bins {
            Bins::Numeric(numeric) => numeric.bin(value),
            Bins::Categorical(levels) => {
                levels.bin(if value.is_nan() { super::MISSING } else { value as u32 })
            }
            Bins::None => continue,
        };
        counts.counts[window * fine + bin] += 1;
        if is_numeric && !value.is_nan() {
            counts.moments[window].add(value);
        }
    }
    counts
}
