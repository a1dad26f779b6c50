//! The counts of one thread; the threads' accumulators merge to the same bytes in any order.

mod column;
mod kept;
mod totals;
mod wild;

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use rayon::prelude::*;

pub use self::wild::{WildRows, wild_rows};
use self::{
    column::{ColumnCounts, Scratch},
    totals::Totals,
};
use super::{
    AnswerCounts, Bins, Grid, MISSING, Micros, Moments, Plan, ServingCounts, SnapshotSummary, Task, Width,
    WindowTotals, class_of_score,
    lookup::Lookup,
    values::{Dictionary, NO_TIME, Values},
};

/// The maximum number of cells (windows x fine bins of all features) of an accumulator; beyond it the windows
/// are widened.
const MOST_CELLS: usize = 16 << 20;

/// The maximum number of class names in a snapshot beyond those of training; with more, all of them count as
/// missing.
const MOST_FRESH_CLASSES: usize = 64;

/// The window index of a row without a window.
const NO_WINDOW: u32 = u32::MAX;

/// The plan and the bin lookups of a pass: built once, shared by its threads.
#[derive(Debug)]
pub struct Counting {
    plan: Plan,
    features: Vec<Option<Lookup>>,
    answers: Option<Lookup>,
    labels: Option<Lookup>,
    cells_per_window: usize,
    most_cells: usize,
}

impl Counting {
    /// Prepares a pass.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let lookup = |bins: &Bins| {
            if let Bins::Numeric(numeric) = bins { Some(Lookup::new(numeric)) } else { None }
        };
        Self {
            plan: plan.clone(),
            features: plan.features.iter().map(|f| lookup(&f.bins)).collect(),
            answers: lookup(&plan.answer_bins),
            labels: lookup(&plan.label_bins),
            cells_per_window: plan.features.iter().map(|f| f.bins.fine()).sum::<usize>()
                + 2 * (plan.answer_bins.fine() + plan.classes.len() * plan.classes.len()),
            most_cells: MOST_CELLS,
        }
    }

    /// The same with another limit on the cells, so that tests reach it with few rows.
    #[cfg(test)]
    #[must_use]
    pub(super) fn with_most_cells(self, most_cells: usize) -> Self {
        Self { most_cells, ..self }
    }

    /// The plan of the pass.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The grid from one instant to another with the narrowest windows that are not too many.
    #[must_use]
    pub fn grid(&self, earliest: Micros, latest: Micros) -> Option<Grid> {
        let grid = |width| Grid::spanning(width, &[earliest, latest]);
        let fitting = Width::ALL.into_iter().filter_map(grid).find(|grid| self.fits(grid));
        fitting.or_else(|| grid(Width::FourWeeks))
    }

    fn fits(&self, grid: &Grid) -> bool {
        grid.windows.saturating_mul(self.cells_per_window) <= self.most_cells
    }
}

/// Consecutive rows of a batch that fall into the same window.
#[derive(Debug, Clone, Copy)]
struct Run {
    from: usize,
    to: usize,
    window: usize,
}

/// The window of each row of a batch.
#[derive(Debug, Default)]
pub struct Frame {
    runs: Vec<Run>,
    /// The first window with rows, and the number of windows from there to the last one with rows.
    first: usize,
    span: usize,
    /// Rows without a readable time, ascending.
    dropped: Vec<u32>,
}

impl Frame {
    /// Rows without a readable time, ascending; they are not counted.
    #[must_use]
    pub fn dropped(&self) -> &[u32] {
        &self.dropped
    }

    /// The rows that are counted, as ranges.
    pub fn counted(&self) -> impl Iterator<Item = Range<usize>> {
        self.runs.iter().map(|run| run.from..run.to)
    }

    /// A batch of which nothing is counted, and some rows (ascending) are left out.
    #[must_use]
    pub fn of_dropped(dropped: Vec<u32>) -> Self {
        Self { dropped, ..Self::default() }
    }
}

/// The label and prediction columns of a batch, which are counted together.
#[derive(Debug, Clone, Copy)]
pub struct AnswerColumns<'a> {
    /// The labels.
    pub label: &'a Values,
    /// The predictions; if absent, a binary model's predictions follow from the scores.
    pub prediction: &'a Values,
    /// The probability of the positive class.
    pub score: &'a Values,
    /// Maps the codes of the labels to texts.
    pub label_classes: Option<&'a Dictionary>,
    /// Maps the codes of the predictions to texts.
    pub prediction_classes: Option<&'a Dictionary>,
}

/// The serving columns of a batch.
#[derive(Debug, Clone, Copy)]
pub struct ServingColumns<'a> {
    /// Latencies in milliseconds.
    pub latency_ms: &'a Values,
    /// CPU load in percent.
    pub cpu: &'a Values,
    /// Memory use in percent.
    pub memory: &'a Values,
}

/// The counts of one thread.
#[derive(Debug)]
pub struct Accumulator {
    counting: Arc<Counting>,
    rows: u64,
    without_time: u64,
    /// Whether rows have times; a snapshot without a clock has one window and no grid.
    clock: bool,
    grid: Option<Grid>,
    totals: Vec<Totals>,
    features: Vec<ColumnCounts>,
    answers: ColumnCounts,
    labels: ColumnCounts,
    fresh_classes: BTreeSet<String>,
    /// The expected final number of windows relative to the current one, to reserve memory once.
    ahead: f64,
    scratch: Scratch,
}

impl Accumulator {
    /// Starts counting; with a clock, rows are counted by window.
    #[must_use]
    pub fn new(counting: Arc<Counting>, clock: bool) -> Self {
        let plan = counting.plan();
        let mut new = Self {
            rows: 0,
            without_time: 0,
            clock,
            grid: None,
            totals: Vec::new(),
            features: plan.features.iter().map(|f| ColumnCounts::new(&f.bins)).collect(),
            answers: ColumnCounts::new(&plan.answer_bins),
            labels: ColumnCounts::new(&plan.label_bins),
            fresh_classes: BTreeSet::new(),
            ahead: 1.0,
            scratch: Scratch::default(),
            counting,
        };
        if !clock {
            new.grow(0, 1);
        }
        new
    }

    /// Gives the size of the snapshot relative to the next batch. Logs are mostly in time order, so the
    /// number of windows grows by the same factor, and memory is reserved once; this does not change the
    /// counts.
    pub fn reserve_ahead(&mut self, times: f64) {
        self.ahead = times;
    }

    /// Counts the rows of a batch and determines their windows.
    ///
    /// * `times`: one per row; with a clock, rows at [`NO_TIME`] are counted as dropped and belong to no
    ///   window.
    ///
    /// # Panics
    ///
    /// Never: covering an instant makes a grid.
    pub fn begin(&mut self, rows: usize, times: Option<&[Micros]>) -> Frame {
        let mut frame = Frame::default();
        let Some(times) = times.filter(|_| self.clock) else {
            if self.clock {
                self.without_time += rows as u64;
                frame.dropped = (0..rows as u32).collect();
            } else {
                frame.runs.push(Run { from: 0, to: rows, window: 0 });
                frame.span = 1;
                self.rows += rows as u64;
                self.totals[0].rows += rows as u64;
            }
            return frame;
        };
        let known = || times.iter().copied().filter(|&t| t != NO_TIME);
        let (Some(earliest), Some(latest)) = (known().min(), known().max()) else {
            self.without_time += rows as u64;
            frame.dropped = (0..rows as u32).collect();
            return frame;
        };
        self.cover(earliest, latest);
        let grid = self.grid.expect("covering an instant makes a grid");
        let width = grid.width.micros();
        let (mut current, mut from, mut span) = (NO_WINDOW, 0, (0, 0));
        let close = |runs: &mut Vec<Run>, window: u32, from: usize, to: usize| {
            if window != NO_WINDOW && to > from {
                runs.push(Run { from, to, window: window as usize });
            }
        };
        for (row, &time) in times.iter().enumerate() {
            // Rows are mostly in time order, so try the previous row's window first.
            if current != NO_WINDOW && (span.0..span.1).contains(&time) {
                continue;
            }
            close(&mut frame.runs, current, from, row);
            from = row;
            if time == NO_TIME {
                current = NO_WINDOW;
                frame.dropped.push(row as u32);
            } else {
                let window = (time - grid.start).div_euclid(width);
                current = window as u32;
                span = (grid.start + window * width, grid.start + (window + 1) * width);
            }
        }
        close(&mut frame.runs, current, from, rows);
        frame.first = frame.runs.iter().map(|r| r.window).min().unwrap_or(0);
        frame.span = frame.runs.iter().map(|r| r.window + 1).max().unwrap_or(0) - frame.first;
        for run in &frame.runs {
            self.totals[run.window].rows += (run.to - run.from) as u64;
        }
        self.without_time += frame.dropped.len() as u64;
        self.rows += (rows - frame.dropped.len()) as u64;
        frame
    }

    /// The same for a snapshot without a clock of which some rows (ascending) are left out.
    pub fn begin_without(&mut self, rows: usize, dropped: Vec<u32>) -> Frame {
        let mut frame = Frame { span: 1, ..Frame::of_dropped(dropped) };
        let mut from = 0;
        for to in frame.dropped.iter().map(|&row| row as usize).chain([rows]) {
            if to > from {
                frame.runs.push(Run { from, to, window: 0 });
            }
            from = to + 1;
        }
        let counted = (rows - frame.dropped.len()) as u64;
        self.without_time += frame.dropped.len() as u64;
        self.rows += counted;
        self.totals[0].rows += counted;
        frame
    }

    /// Counts one feature of a batch; `first` is the position of the batch's first row in the snapshot.
    pub fn add_feature(&mut self, feature: usize, values: &Values, frame: &Frame, first: u64) {
        let bins = &self.counting.plan.features[feature].bins;
        let lookup = self.counting.features[feature].as_ref();
        self.features[feature].add((bins, lookup), values, frame, first, &mut self.scratch);
    }

    /// Counts labels and predictions of a batch.
    pub fn add_answers(&mut self, answers: &AnswerColumns<'_>, frame: &Frame, first: u64) {
        let Self { counting, scratch, .. } = self;
        let plan = &counting.plan;
        let answer = if plan.has_score { answers.score } else { answers.prediction };
        self.answers.add((&plan.answer_bins, counting.answers.as_ref()), answer, frame, first, scratch);
        self.labels.add((&plan.label_bins, counting.labels.as_ref()), answers.label, frame, first, scratch);
        let decides = plan.task == Task::Binary && *answers.prediction == Values::Absent;
        if *answers.label == Values::Absent || (*answers.prediction == Values::Absent && !decides) {
            return;
        }
        let known = plan.classes.len();
        let text = |of: Option<&Dictionary>, code: f64| match of {
            Some(dictionary) => Some(dictionary.text(code as u32).to_owned()),
            None => plan.classes.get(code as usize).cloned(),
        };
        let mut batch = vec![AnswerCounts::default(); frame.span];
        for run in &frame.runs {
            let counts = &mut batch[run.window - frame.first];
            for row in run.from..run.to {
                let (label, score) = (value(answers.label, row), value(answers.score, row));
                let prediction = if decides { class_of_score(score) } else { value(answers.prediction, row) };
                let is_fresh =
                    plan.task != Task::Regression && (label >= known as f64 || prediction >= known as f64);
                if !is_fresh {
                    counts.add(plan, label, prediction, score, |score| {
                        counting.answers.as_ref().map(|lookup| lookup.bin(score))
                    });
                } else if !label.is_nan()
                    && !prediction.is_nan()
                    && let Some(label) = text(answers.label_classes, label)
                    && let Some(prediction) = text(answers.prediction_classes, prediction)
                {
                    for name in [&label, &prediction] {
                        if !plan.classes.contains(name) && self.fresh_classes.len() <= MOST_FRESH_CLASSES {
                            self.fresh_classes.insert(name.clone());
                        }
                    }
                    if self.fresh_classes.len() <= MOST_FRESH_CLASSES {
                        *self.totals[run.window].fresh.entry((label, prediction)).or_default() += 1;
                    }
                }
            }
        }
        for (counts, totals) in
            batch.iter().zip(&mut self.totals[frame.first..]).filter(|(c, _)| c.labelled > 0)
        {
            totals.answers.add(counts);
        }
    }

    /// Counts the serving metrics of a batch.
    pub fn add_serving(&mut self, serving: &ServingColumns<'_>, frame: &Frame) {
        if let Values::Numbers { values, .. } = serving.latency_ms {
            for run in &frame.runs {
                let histogram = &mut self.totals[run.window].latency;
                let known = values[run.from..run.to].iter().filter(|ms| ms.is_finite());
                known.for_each(|&ms| histogram.add(ms));
            }
        }
        for (load, is_cpu) in [(serving.cpu, true), (serving.memory, false)] {
            let Values::Numbers { values, .. } = load else {
                continue;
            };
            let mut batch = vec![Moments::default(); frame.span];
            for run in &frame.runs {
                let known = values[run.from..run.to].iter().filter(|x| x.is_finite());
                known.for_each(|&x| batch[run.window - frame.first].add(x));
            }
            for (moments, totals) in
                batch.iter().zip(&mut self.totals[frame.first..]).filter(|(m, _)| m.n > 0)
            {
                if is_cpu {
                    totals.cpu.add(moments);
                } else {
                    totals.memory.add(moments);
                }
            }
        }
    }

    /// Adds the counts of another accumulator with the same [`Counting`].
    pub fn merge(&mut self, mut other: Self) {
        if let Some(grid) = other.grid {
            let last = grid.span(grid.windows - 1).from;
            if self.grid.is_none() {
                self.cover(grid.start, last);
            }
            while self.grid.is_some_and(|g| g.width < grid.width) {
                self.coarsen();
            }
            self.cover(grid.start, last);
            while other.grid.zip(self.grid).is_some_and(|(theirs, ours)| theirs.width < ours.width) {
                other.coarsen();
            }
        }
        let offset = match (other.grid, self.grid) {
            (Some(theirs), Some(ours)) => ((theirs.start - ours.start) / ours.width.micros()) as usize,
            _ => 0,
        };
        let to: Vec<usize> = (0..other.totals.len()).map(|w| w + offset).collect();
        self.rows += other.rows;
        self.without_time += other.without_time;
        self.fresh_classes.extend(other.fresh_classes);
        for (theirs, &w) in other.totals.iter().zip(&to) {
            self.totals[w].merge(theirs);
        }
        // Threads process pieces that are apart in time, so most windows have rows in one of them only.
        let is_empty: Vec<bool> = other.totals.iter().map(|t| t.rows == 0).collect();
        self.features
            .par_iter_mut()
            .chain([&mut self.answers, &mut self.labels])
            .zip(other.features.into_par_iter().chain([other.answers, other.labels]))
            .for_each(|(ours, theirs)| {
                ours.add_windows(&theirs, &to, |window| !is_empty[window]);
                ours.present |= theirs.present;
                ours.infinite += theirs.infinite;
                ours.add_examples(theirs.examples.into_iter());
            });
    }

    /// The few rows that lie far from all others in time, if any.
    #[must_use]
    pub fn wild_rows(&self) -> Option<WildRows> {
        let rows: Vec<u64> = self.totals.iter().map(|totals| totals.rows).collect();
        wild::wild_rows(self.grid?, &rows)
    }

    /// The summary, without a sample, and the snapshot's new class names, ascending.
    ///
    /// * `stored_as`: the stored type of each feature, then of the predictions and of the labels.
    #[must_use]
    pub fn finish(self, stored_as: &[String]) -> (SnapshotSummary, Vec<String>) {
        let known = &self.counting.plan.classes;
        let fresh: Vec<String> = if self.fresh_classes.len() <= MOST_FRESH_CLASSES {
            self.fresh_classes.into_iter().collect()
        } else {
            Vec::new()
        };
        let code_of = |name: &String| {
            known
                .iter()
                .position(|k| k == name)
                .or_else(|| fresh.iter().position(|k| k == name).map(|i| i + known.len()))
        };
        let all = known.len() + fresh.len();
        let windows = self.totals.len();
        let totals = self.totals.into_iter().map(|t| {
            let mut answers = t.answers.finish();
            answers.widen_confusion(known.len(), all);
            for ((label, prediction), rows) in &t.fresh {
                if let (Some(label), Some(prediction)) = (code_of(label), code_of(prediction)) {
                    answers.confusion.resize(all * all, 0);
                    answers.confusion[label * all + prediction] += rows;
                    answers.labelled += rows;
                }
            }
            let serving = ServingCounts { latency: t.latency, cpu: t.cpu.value(), memory: t.memory.value() };
            WindowTotals { rows: t.rows, answers, serving }
        });
        let name = |column: usize| stored_as.get(column).cloned().unwrap_or_default();
        let features = self.features.len();
        let summary = SnapshotSummary {
            rows: self.rows,
            without_time: self.without_time,
            grid: self.grid,
            windows: totals.collect(),
            features: self
                .features
                .into_par_iter()
                .enumerate()
                .map(|(column, counts)| counts.finish(windows, name(column)))
                .collect(),
            answers: self.answers.finish(windows, name(features)),
            labels: self.labels.finish(windows, name(features + 1)),
            ..SnapshotSummary::default()
        };
        (summary, fresh)
    }

    /// Ensures that the windows from one instant to another exist, widening them where there are too many.
    fn cover(&mut self, earliest: Micros, latest: Micros) {
        let mut width = self.grid.map_or(Width::Hour, |g| g.width);
        loop {
            let start = width.floor(self.grid.map_or(earliest, |g| g.start.min(earliest)));
            let last = width.floor(self.grid.map_or(latest, |g| latest.max(g.span(g.windows - 1).from)));
            let windows = ((last - start) / width.micros()) as usize + 1;
            let grid = Grid { start, width, windows };
            if !self.counting.fits(&grid)
                && let Some(wider) = width.wider()
            {
                self.coarsen();
                width = wider;
                continue;
            }
            let before = self.grid.map_or(0, |g| ((g.start - start) / width.micros()) as usize);
            self.grid = Some(grid);
            self.grow(before, windows);
            return;
        }
    }

    /// Widens the windows to the next width.
    fn coarsen(&mut self) {
        let Some((grid, width)) = self.grid.and_then(|g| Some((g, g.width.wider()?))) else {
            return;
        };
        let (wide, to) = grid.widened(width);
        self.grid = Some(Grid { start: width.floor(grid.start), width, ..wide });
        let mut totals = vec![Totals::default(); wide.windows];
        for (old, &w) in self.totals.iter().zip(&to) {
            totals[w].merge(old);
        }
        self.totals = totals;
        for column in self.features.iter_mut().chain([&mut self.answers, &mut self.labels]) {
            column.regroup(&to, wide.windows);
        }
    }

    fn grow(&mut self, before: usize, windows: usize) {
        if self.totals.is_empty() && self.ahead > 1.0 {
            let most = self.counting.most_cells / self.counting.cells_per_window.max(1);
            let room = (windows as f64 * self.ahead) as usize;
            for column in &mut self.features {
                column.reserve(room.min(most));
            }
        }
        self.totals.splice(0..0, std::iter::repeat_n(Totals::default(), before));
        self.totals.resize(windows, Totals::default());
        for column in self.features.iter_mut().chain([&mut self.answers, &mut self.labels]) {
            column.grow(before, windows);
        }
    }
}

/// The class code or number of one row; NaN is missing.
fn value(values: &Values, row: usize) -> f64 {
    match values {
        Values::Numbers { values, .. } if values[row].is_finite() => values[row],
        Values::Codes(codes) if codes[row] != MISSING => f64::from(codes[row]),
        _ => f64::NAN,
    }
}
