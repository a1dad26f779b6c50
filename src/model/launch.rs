//! The launch model's prediction function, learnt from the log.
//!
//! [`super::surrogate`] learns from training, where some pipelines predict differently from production. The
//! launch model's predictions are in the log: those before the onset. Two learners of them compete on
//! held-out rows, boosted trees and a ridge regression on the log-odds (the value, the class), and the better
//! one stands for the launch model. A logistic scorecard is linear, which trees approximate only in steps; no
//! linear model fits a forest.

use super::{
    binned::{Binned, Binning, NUMERIC_BINS},
    boosted::{Boosted, Target},
    coded::{CodedParts, CodedTarget},
    encode::{EncodeOptions, Encoder},
    folds::{Groups, split, thin},
    learner::{Learner, Rows},
    loss::LossKind,
    surrogate::{FEWEST_ROWS, FOLDS, Fidelity, PARAMS, SurrogateAnswers, SurrogateKind, threshold},
};
use crate::{
    cached::cached,
    stats::{
        Undefined,
        linear::Matrix,
        moments::{ascend, quantile},
    },
    summary::{Column, MISSING, Plan, Table, Task, WIDE},
};

/// More rows than this make it slower, not better.
const MOST_ROWS: usize = 8_000;

/// Scores, squares and levels of a wide table that the line is fitted to, with the numbers behind them.
const TELLING: usize = 96;

/// A number may exceed the learnt range by this share of it: new rows exceed the extremes of a sample now and
/// then.
const BEYOND: f64 = 0.1;

/// Numbers are clipped at this many standard deviations from the middle, to limit linear extrapolation.
const FAR: f64 = 8.0;

/// Standard deviations between the 10 % and the 90 % quantile of a normal distribution.
const TENTHS_APART: f64 = 2.563_103_131;

/// If a smaller share of the rows misses a feature, its missing value counts as not learnt.
const MISSING_SHARE: f64 = 0.002;

/// Predicts the launch model's output for any rows.
#[derive(Debug, Clone)]
pub struct LaunchModel {
    kind: SurrogateKind,
    learnt: Learnt,
    threshold: f64,
    fidelity: Fidelity,
    ranges: Vec<LearntRange>,
    /// Held-out rows of the table it was learnt from.
    held_out: Vec<usize>,
}

cached!(struct LaunchModel { kind, learnt, threshold, fidelity, ranges, held_out });

#[derive(Debug, Clone)]
enum Learnt {
    Trees { binning: Binning, trees: Boosted },
    Line { columns: LineColumns, learner: Learner },
}

cached!(enum Learnt { Trees { binning, trees }, Line { columns, learner } });

/// The range of a feature's values in the training rows.
#[derive(Debug, Clone, PartialEq)]
enum LearntRange {
    Numbers {
        from: f64,
        to: f64,
        missing: bool,
    },
    Levels {
        seen: Vec<bool>,
        missing: bool,
    },
    /// No learner uses the feature.
    Unread,
}

cached!(enum LearntRange { Numbers { from, to, missing }, Levels { seen, missing }, Unread });

/// The columns of the regression: normal scores, squares and levels, then the numbers themselves.
#[derive(Debug, Clone)]
struct LineColumns {
    encoder: Encoder,
    /// Feature, centre and standard deviation.
    numbers: Vec<(usize, f64, f64)>,
}

cached!(struct LineColumns { encoder, numbers });

impl LaunchModel {
    /// Learns from the logged predictions of some rows.
    ///
    /// # Errors
    ///
    /// [`Undefined::TooFew`] when the rows have too few logged predictions, [`Undefined::Constant`] when they
    /// are all equal.
    pub fn fit(plan: &Plan, table: &Table, rows: &[usize]) -> Result<Self, Undefined> {
        let kind = SurrogateKind::of(plan, table, rows);
        let logged = kind.logged(table);
        let answered: Vec<usize> =
            rows.iter().copied().filter(|&r| logged.get(r).is_some_and(|a| a.is_finite())).collect();
        if answered.len() < FEWEST_ROWS {
            return Err(Undefined::TooFew);
        }
        let rows = thin(&answered, MOST_ROWS);
        let target: Vec<f64> = rows.iter().map(|&r| kind.target(logged[r])).collect();
        if target.iter().all(|&v| v == target[0]) {
            return Err(Undefined::Constant);
        }
        let binning = Binning::fit(plan, table, &rows, NUMERIC_BINS);
        let data = binning.codes(table, &rows);
        let folds = Groups::find(&data).folds(FOLDS, plan.seed);
        let (test, learn) = split(&folds, 0);
        let parts = LaunchParts { rows: &rows, target: &target, test: &test, learn: &learn };
        let (trees, line) =
            rayon::join(|| parts.trees(kind, binning, &data), || parts.line(kind, plan, table, &data));
        let (learnt, fidelity) = match (trees, line) {
            (Ok(trees), Ok(line)) if line.1.value() > trees.1.value() => line,
            (Ok(trees), _) => trees,
            (Err(_), line) => line?,
        };
        Ok(Self {
            kind,
            learnt,
            threshold: threshold(table, &rows),
            fidelity,
            ranges: (0..plan.features.len()).map(|j| LearntRange::of(table, j, &answered)).collect(),
            held_out: test.iter().map(|&k| rows[k]).collect(),
        })
    }

    /// The agreement with the logged predictions of held-out rows.
    #[must_use]
    pub fn fidelity(&self) -> Fidelity {
        self.fidelity
    }

    /// Held-out rows of the table it was learnt from.
    #[must_use]
    pub fn held_out(&self) -> &[usize] {
        &self.held_out
    }

    /// Its predictions for the given rows of a table.
    #[must_use]
    pub fn answers(&self, table: &Table, rows: &[usize]) -> SurrogateAnswers {
        self.kind.given(self.learnt.answers(self.kind, table, rows), self.threshold)
    }

    /// Log-odds, values or classes of the given rows: the form of the training target.
    #[must_use]
    pub fn raw(&self, table: &Table, rows: &[usize]) -> Vec<f64> {
        self.learnt.answers(self.kind, table, rows)
    }

    /// The logged prediction of a row in the same form; NaN where there is none.
    #[must_use]
    pub fn logged(&self, table: &Table, row: usize) -> f64 {
        self.kind.logged(table).get(row).map_or(f64::NAN, |&answer| self.kind.target(answer))
    }

    /// Whether a row has a value far from those of all training rows, so that its prediction is a guess.
    #[must_use]
    pub fn is_outside(&self, table: &Table, row: usize) -> bool {
        self.ranges
            .iter()
            .enumerate()
            .any(|(j, range)| range.is_outside(table.features.get(j).unwrap_or(&Column::Absent), row))
    }
}

/// The rows for both learners, split into training and test rows.
struct LaunchParts<'a> {
    rows: &'a [usize],
    target: &'a [f64],
    /// Indices into `rows`.
    test: &'a [usize],
    learn: &'a [usize],
}

impl LaunchParts<'_> {
    fn of(&self, places: &[usize]) -> Vec<f64> {
        places.iter().map(|&k| self.target[k]).collect()
    }

    fn trees(
        &self,
        kind: SurrogateKind,
        binning: Binning,
        data: &Binned,
    ) -> Result<(Learnt, Fidelity), Undefined> {
        let target = self.of(self.learn);
        let trees = Boosted::fit(&data.take(self.learn), Target::new(&target), kind.loss(), &PARAMS)?;
        let answers = kind.decided(trees.raw(&data.take(self.test)));
        let fidelity = kind.fidelity(&answers, &self.of(self.test));
        Ok((Learnt::Trees { binning, trees }, fidelity))
    }

    /// The features of the line: all of a usual table, of a wide one those that tell most of the answers.
    fn telling(&self, kind: SurrogateKind, data: &Binned) -> Vec<usize> {
        let feature = |column: usize| data.columns[column].feature;
        if data.columns.len() <= WIDE {
            return (0..data.columns.len()).filter_map(feature).collect();
        }
        let target = self.of(self.learn);
        let target = match kind {
            SurrogateKind::Class { classes } => CodedTarget::Class(&target, classes),
            SurrogateKind::LogOdds | SurrogateKind::Value => CodedTarget::Value(&target),
        };
        let parts = CodedParts::fit(&data.take(self.learn), target, TELLING);
        parts.columns().into_iter().filter_map(feature).collect()
    }

    fn line(
        &self,
        kind: SurrogateKind,
        plan: &Plan,
        table: &Table,
        data: &Binned,
    ) -> Result<(Learnt, Fidelity), Undefined> {
        let rows = |places: &[usize]| -> Vec<usize> { places.iter().map(|&k| self.rows[k]).collect() };
        let (learn, test) = (rows(self.learn), rows(self.test));
        let features = self.telling(kind, data);
        let columns = LineColumns::fit(plan, table, &learn, &features);
        let task = if let SurrogateKind::Class { .. } = kind { plan.task } else { Task::Regression };
        let plan = Plan { task, ..plan.clone() };
        let learner = Learner::fit(&plan, &Rows::Encoded(columns.read(table, &learn)), &self.of(self.learn))?;
        let learnt = Learnt::Line { columns, learner };
        let fidelity = kind.fidelity(&learnt.answers(kind, table, &test), &self.of(self.test));
        Ok((learnt, fidelity))
    }
}

impl Learnt {
    /// Log-odds, values or classes.
    fn answers(&self, kind: SurrogateKind, table: &Table, rows: &[usize]) -> Vec<f64> {
        match self {
            Self::Trees { binning, trees } => kind.decided(trees.raw(&binning.codes(table, rows))),
            Self::Line { columns, learner } => {
                let form =
                    if let SurrogateKind::Class { .. } = kind { LossKind::Wrong } else { LossKind::Absolute };
                learner.answers(&Rows::Encoded(columns.read(table, rows)), form)
            }
        }
    }
}

impl LineColumns {
    /// * `features`: indices in the plan, ascending.
    fn fit(plan: &Plan, table: &Table, rows: &[usize], features: &[usize]) -> Self {
        let options = EncodeOptions { squares: true, levels: 12 };
        let numbers = features
            .iter()
            .filter_map(|&j| {
                let values = table.features.get(j)?.numbers()?;
                let mut present: Vec<f64> =
                    rows.iter().map(|&r| values[r]).filter(|x| x.is_finite()).collect();
                ascend(&mut present);
                let at = |share| quantile(&present, share).ok();
                let (low, middle, high) = (at(0.1)?, at(0.5)?, at(0.9)?);
                // If most values are equal, the tails give the scale of the others.
                let (low, high) = if high > low { (low, high) } else { (at(0.01)?, at(0.99)?) };
                let deviation = (high - low) / TENTHS_APART;
                (deviation > 0.0).then_some((j, middle, deviation))
            })
            .collect();
        Self { encoder: Encoder::fit_to(plan, table, rows, &options, features), numbers }
    }

    fn read(&self, table: &Table, rows: &[usize]) -> Matrix {
        let ranked = self.encoder.rank_normal(table, rows);
        let mut matrix = Matrix::zeros(rows.len(), ranked.columns() + self.numbers.len());
        for (place, &row) in rows.iter().enumerate() {
            let cells = matrix.row_mut(place);
            let (scores, numbers) = cells.split_at_mut(ranked.columns());
            scores.copy_from_slice(ranked.row(place));
            for (cell, &(j, middle, deviation)) in numbers.iter_mut().zip(&self.numbers) {
                let value = table.features.get(j).and_then(Column::numbers).map_or(f64::NAN, |v| v[row]);
                let distance = (value - middle) / deviation;
                *cell = if distance.is_nan() { 0.0 } else { distance.clamp(-FAR, FAR) };
            }
        }
        matrix
    }
}

impl LearntRange {
    fn of(table: &Table, feature: usize, rows: &[usize]) -> Self {
        let column = table.features.get(feature).unwrap_or(&Column::Absent);
        let lacking = rows.iter().filter(|&&r| column.is_missing(r)).count();
        let missing = lacking as f64 >= (MISSING_SHARE * rows.len() as f64).max(1.0);
        match column {
            Column::Numeric { values, .. } => {
                let present = rows.iter().map(|&r| values[r]).filter(|x| x.is_finite());
                let (low, high) = present
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
                let margin = BEYOND * (high - low).max(0.0);
                Self::Numbers { from: low - margin, to: high + margin, missing }
            }
            Column::Categorical(codes) => {
                let mut seen = Vec::new();
                for code in rows.iter().map(|&r| codes[r]).filter(|&c| c != MISSING) {
                    let place = code as usize;
                    if place >= seen.len() {
                        seen.resize(place + 1, false);
                    }
                    seen[place] = true;
                }
                Self::Levels { seen, missing }
            }
            Column::Embedding { .. } | Column::Absent => Self::Unread,
        }
    }

    fn is_outside(&self, column: &Column, row: usize) -> bool {
        match self {
            Self::Unread => false,
            Self::Numbers { missing, .. } | Self::Levels { missing, .. } if column.is_missing(row) => {
                !missing
            }
            Self::Numbers { from, to, .. } => {
                column.numbers().is_some_and(|values| values[row] < *from || values[row] > *to)
            }
            Self::Levels { seen, .. } => {
                column.codes().is_some_and(|codes| !seen.get(codes[row] as usize).copied().unwrap_or(false))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{Planted, planted, wide};

    fn rows(table: &Table) -> Vec<usize> {
        (0..table.rows).collect()
    }

    #[test]
    fn a_straight_line_is_followed_where_trees_go_in_steps() {
        let Planted { plan, mut table } = planted(3000, 1);
        let (a, b) = (table.features[1].numbers().unwrap(), table.features[2].numbers().unwrap());
        let odds: Vec<f64> = a.iter().zip(b).map(|(a, b)| 0.8 * a - 0.5 * b).collect();
        table.score = odds.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect();
        let model = LaunchModel::fit(&plan, &table, &rows(&table)).unwrap();
        assert!(model.fidelity().r2.unwrap() > 0.995, "{:?}", model.fidelity());
        assert!(matches!(model.learnt, Learnt::Line { .. }));
        let unseen = model.held_out();
        assert!(unseen.len() > 300 && unseen.len() < 1200, "{}", unseen.len());
    }

    #[test]
    fn a_straight_line_is_found_in_a_wide_table() {
        let Planted { plan, mut table } = wide(3000, 1);
        let (a, b) = (table.features[1].numbers().unwrap(), table.features[2].numbers().unwrap());
        let odds: Vec<f64> = a.iter().zip(b).map(|(a, b)| 0.8 * a - 0.5 * b).collect();
        table.score = odds.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect();
        let model = LaunchModel::fit(&plan, &table, &rows(&table)).unwrap();
        assert!(model.fidelity().r2.unwrap() > 0.99, "{:?}", model.fidelity());
        assert!(matches!(model.learnt, Learnt::Line { .. }));
    }

    #[test]
    fn classes_and_values_are_learnt_too() {
        let Planted { mut plan, mut table } = planted(2500, 4);
        plan.task = Task::Regression;
        table.prediction = table.score.iter().map(|s| 100.0 * s).collect();
        table.score.clear();
        let model = LaunchModel::fit(&plan, &table, &rows(&table)).unwrap();
        assert!(model.fidelity().r2.unwrap() > 0.93, "{:?}", model.fidelity());

        plan.task = Task::Multiclass;
        plan.classes = vec!["low".into(), "middle".into(), "high".into()];
        for p in &mut table.prediction {
            *p = f64::from(u8::from(*p >= 30.0)) + f64::from(u8::from(*p >= 60.0));
        }
        let model = LaunchModel::fit(&plan, &table, &rows(&table)).unwrap();
        assert!(model.fidelity().agreement.unwrap() > 0.85, "{:?}", model.fidelity());
    }

    #[test]
    fn rows_beyond_what_was_learnt_are_told() {
        let Planted { plan, table } = planted(2000, 6);
        let model = LaunchModel::fit(&plan, &table, &rows(&table)).unwrap();
        assert!((0..2000).all(|row| !model.is_outside(&table, row)));
        let mut far = table.clone();
        if let Column::Numeric { values, .. } = &mut far.features[1] {
            values[3] = 1e6;
            values[4] = f64::NAN;
        }
        assert!(model.is_outside(&far, 3) && model.is_outside(&far, 4) && !model.is_outside(&far, 5));
    }

    #[test]
    fn too_few_answers_and_constant_ones_are_refused() {
        let Planted { plan, mut table } = planted(300, 5);
        let few: Vec<usize> = (0..50).collect();
        assert_eq!(LaunchModel::fit(&plan, &table, &few).err(), Some(Undefined::TooFew));
        table.score = vec![0.5; 300];
        assert_eq!(LaunchModel::fit(&plan, &table, &rows(&table)).err(), Some(Undefined::Constant));
    }
}
