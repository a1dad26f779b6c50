//! Learners of the label, with one interface for all tasks: the basis of the reference and the challengers.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{
    binned::{Binned, Binning, NUMERIC_BINS},
    boosted::{Boosted, Loss, MANY_CLASSES, Params, Target},
    coded::{CodedParts, CodedTarget},
    encode::{EncodeOptions, Encoder},
    folds::split,
    loss::{LossKind, sigmoid},
};
use crate::{
    cached::cached,
    stats::{
        Undefined,
        linear::{Logistic, Matrix, Products, Ridge, logistic, one_against_rest, ridge},
    },
    summary::{Plan, Table, Task},
};

/// The penalty of the linear learners, on the scale of the sum over the rows; their columns have standard
/// deviations near 1.
pub const LAMBDA: f64 = 5.0;

/// Trees for labels: fewer and smaller than a production model's, and regularised for a few thousand rows.
const PARAMS: Params = Params {
    trees: 70,
    learning_rate: 0.1,
    leaves: 10,
    depth: 4,
    l2: 3.0,
    min_child_weight: 0.5,
    min_rows: 20,
    patience: None,
};

/// A regression on more columns than this takes minutes and learns nothing more from a few thousand rows. The
/// columns with the largest correlation with the label are kept, at most `n / ln n` of them (sure
/// independence screening: Fan & Lv 2008, section 2.2).
const MOST_COLUMNS: usize = 160;

/// The kind of learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Boosted trees.
    Boosted,
    /// Ridge or logistic regression on normal scores, their squares and levels.
    Linear,
}

cached!(
    enum Family {
        Boosted,
        Linear,
    }
);

impl Family {
    /// The name for display.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boosted => "boosted trees",
            Self::Linear => "regularised regression",
        }
    }

    /// One word, for the head of a column.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Boosted => "trees",
            Self::Linear => "regression",
        }
    }
}

/// Rows in the input format of a family of learners.
#[derive(Debug, Clone)]
pub enum Rows {
    /// For trees.
    Binned(Binned),
    /// For regressions.
    Encoded(Matrix),
    /// For regressions on a wide table.
    Coded(Binned),
}

/// Converts rows to that format; fitted once, used for any table.
#[derive(Debug, Clone)]
pub enum RowReader {
    /// For trees.
    Binning(Binning),
    /// For regressions.
    Encoder(Encoder),
    /// For regressions on a wide table.
    Coder(Binning),
}

/// A learner of the label.
#[derive(Debug, Clone)]
pub enum Learner {
    /// Boosted trees.
    Boosted(Boosted),
    /// A regression of the value.
    Ridge(Ridge),
    /// A regression of the positive class.
    Logistic(Logistic),
    /// A regression of each class against the rest; none for a class without rows.
    Classes(Vec<Option<Logistic>>),
    /// A regression of each class's indicator, for many classes.
    Indicators(Vec<Ridge>),
    /// A regression on some of the columns.
    Screened {
        /// The columns, ascending.
        columns: Vec<usize>,
        /// The learner fitted to them.
        learner: Box<Self>,
    },
    /// A regression on some columns of a wide table.
    Coded {
        /// The columns, encoded.
        parts: CodedParts,
        /// The learner fitted to them.
        learner: Box<Self>,
    },
}

cached!(enum Learner {
    Boosted(part), Ridge(part), Logistic(part), Classes(part), Indicators(part),
    Screened { columns, learner }, Coded { parts, learner },
});

impl RowReader {
    /// Fits bins or ranks to the given rows.
    #[must_use]
    pub fn fit(family: Family, plan: &Plan, table: &Table, rows: &[usize]) -> Self {
        match family {
            Family::Boosted => Self::Binning(Binning::fit(plan, table, rows, NUMERIC_BINS)),
            Family::Linear if plan.is_wide() => Self::Coder(Binning::fit(plan, table, rows, NUMERIC_BINS)),
            Family::Linear => {
                let options = EncodeOptions { squares: true, levels: 12 };
                Self::Encoder(Encoder::fit(plan, table, rows, &options))
            }
        }
    }

    /// Converts rows of a table.
    #[must_use]
    pub fn read(&self, table: &Table, rows: &[usize]) -> Rows {
        match self {
            Self::Binning(binning) => Rows::Binned(binning.codes(table, rows)),
            Self::Encoder(encoder) => Rows::Encoded(encoder.rank_normal(table, rows)),
            Self::Coder(binning) => Rows::Coded(binning.codes(table, rows)),
        }
    }
}

impl Rows {
    /// Some of the rows, in the given order.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Binned(data) => Self::Binned(data.take(rows)),
            Self::Encoded(data) => Self::Encoded(data.take(rows)),
            Self::Coded(data) => Self::Coded(data.take(rows)),
        }
    }
}

impl Learner {
    /// Fits a learner to labels.
    ///
    /// * `label`: class indices or values, one per row, none missing.
    ///
    /// # Errors
    ///
    /// As the learners: no rows, one class only, equations without a solution.
    pub fn fit(plan: &Plan, rows: &Rows, label: &[f64]) -> Result<Self, Undefined> {
        Self::fit_weighted(plan, rows, label, None)
    }

    /// Fits a learner to labels of weighted rows.
    ///
    /// * `weights`: one per row, above 0; none for equal weights.
    ///
    /// # Errors
    ///
    /// As [`Learner::fit`].
    pub fn fit_weighted(
        plan: &Plan,
        rows: &Rows,
        label: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<Self, Undefined> {
        let classes = plan.classes.len().max(2);
        match rows {
            Rows::Binned(data) => {
                let loss = match plan.task {
                    Task::Binary => Loss::Logistic,
                    Task::Multiclass => Loss::Multinomial { classes },
                    Task::Regression => Loss::Squared,
                };
                let target = Target { weight: weights, ..Target::new(label) };
                Boosted::fit(data, target, loss, &PARAMS).map(Self::Boosted)
            }
            Rows::Coded(data) => {
                let target = match plan.task {
                    Task::Multiclass => CodedTarget::Class(label, classes),
                    Task::Binary | Task::Regression => CodedTarget::Value(label),
                };
                let parts = CodedParts::fit(data, target, most_columns(data.rows));
                let encoded = Rows::Encoded(parts.read(data));
                let learner = Box::new(Self::fit_weighted(plan, &encoded, label, weights)?);
                Ok(Self::Coded { parts, learner })
            }
            Rows::Encoded(x) if x.columns() > MOST_COLUMNS => {
                let columns = screened(plan.task, x, label, classes);
                let learner =
                    Self::fit_weighted(plan, &Rows::Encoded(x.take_columns(&columns)), label, weights)?;
                Ok(Self::Screened { columns, learner: Box::new(learner) })
            }
            Rows::Encoded(x) => match plan.task {
                Task::Binary => logistic(x, label, LAMBDA, None, weights).map(Self::Logistic),
                Task::Regression => ridge(x, label, LAMBDA, weights).map(Self::Ridge),
                Task::Multiclass if classes > MANY_CLASSES => {
                    // One factorised matrix serves all classes, where each logistic one needs several of its own.
                    let products = Products::weighted(x, weights);
                    let columns: Vec<usize> = (0..x.columns()).collect();
                    let fit = |class: usize| {
                        let is: Vec<f64> =
                            label.iter().map(|&k| f64::from(u8::from(k == class as f64))).collect();
                        products.ridge(&columns, x, &is, LAMBDA).map(|(fit, _)| fit)
                    };
                    (0..classes).map(fit).collect::<Result<_, _>>().map(Self::Indicators)
                }
                Task::Multiclass => {
                    let class: Vec<usize> = label.iter().map(|&k| k as usize).collect();
                    one_against_rest(x, &class, classes, LAMBDA, weights).map(Self::Classes)
                }
            },
        }
    }

    /// A regression with the columns that it reads of some rows; none for trees.
    #[must_use]
    pub fn regression<'a>(&'a self, rows: &'a Rows) -> Option<(&'a Self, Cow<'a, Matrix>)> {
        match (self, rows) {
            (Self::Screened { columns, learner }, Rows::Encoded(x)) => {
                Some((learner, Cow::Owned(x.take_columns(columns))))
            }
            (Self::Coded { parts, learner }, Rows::Coded(data)) => {
                Some((learner, Cow::Owned(parts.read(data))))
            }
            (
                Self::Ridge(_) | Self::Logistic(_) | Self::Classes(_) | Self::Indicators(_),
                Rows::Encoded(x),
            ) => Some((self, Cow::Borrowed(x))),
            // A learner is only given rows in the format that it was fitted on.
            _ => None,
        }
    }

    /// Predictions in the form used by a loss: probabilities of the positive class, classes or values.
    #[must_use]
    pub fn answers(&self, rows: &Rows, kind: LossKind) -> Vec<f64> {
        let class_of = |p: f64| {
            if kind == LossKind::Wrong { f64::from(u8::from(p > 0.5)) } else { p }
        };
        if let (Self::Boosted(trees), Rows::Binned(data)) = (self, rows) {
            let answers = trees.predict(data);
            return match (trees.outputs(), kind) {
                (1, LossKind::Absolute) => answers,
                (1, _) => answers.into_iter().map(class_of).collect(),
                (outputs, _) => answers.chunks_exact(outputs).map(|s| largest(s.iter().copied())).collect(),
            };
        }
        let Some((regression, x)) = self.regression(rows) else { return Vec::new() };
        match regression {
            Self::Ridge(model) => model.predict(&x),
            Self::Logistic(model) => model.predict(&x).into_iter().map(class_of).collect(),
            Self::Classes(models) => (0..x.rows())
                .map(|r| {
                    let odds =
                        |m: &Option<Logistic>| m.as_ref().map_or(0.0, |m| sigmoid(m.log_odds(x.row(r))));
                    largest(models.iter().map(odds))
                })
                .collect(),
            Self::Indicators(models) => {
                (0..x.rows()).map(|r| largest(models.iter().map(|m| m.answer(x.row(r))))).collect()
            }
            Self::Boosted(_) | Self::Screened { .. } | Self::Coded { .. } => Vec::new(),
        }
    }
}

/// The number of columns that so many rows are learnt with.
fn most_columns(rows: usize) -> usize {
    let rows = rows as f64;
    MOST_COLUMNS.min((rows / rows.ln().max(1.0)) as usize).max(1)
}

/// The columns with the largest correlation with the label (or with any of several classes), ascending.
fn screened(task: Task, x: &Matrix, label: &[f64], classes: usize) -> Vec<usize> {
    let rows = x.rows() as f64;
    let targets: Vec<Vec<f64>> = match task {
        Task::Multiclass => (0..classes)
            .map(|k| label.iter().map(|&y| f64::from(u8::from(y == k as f64))).collect())
            .collect(),
        Task::Binary | Task::Regression => vec![label.to_vec()],
    };
    let means: Vec<f64> = targets.iter().map(|t| t.iter().sum::<f64>() / rows.max(1.0)).collect();
    let mut relation = vec![0.0_f64; x.columns()];
    for (target, mean) in targets.iter().zip(means) {
        let (mut sums, mut squares, mut products) =
            (vec![0.0; x.columns()], vec![0.0; x.columns()], vec![0.0; x.columns()]);
        for (row, y) in target.iter().enumerate() {
            for (j, &value) in x.row(row).iter().enumerate() {
                sums[j] += value;
                squares[j] += value * value;
                products[j] += value * (y - mean);
            }
        }
        for (j, known) in relation.iter_mut().enumerate() {
            let spread = squares[j] - sums[j] * sums[j] / rows.max(1.0);
            if spread > 0.0 {
                *known = known.max(products[j].abs() / spread.sqrt());
            }
        }
    }
    let mut order: Vec<usize> = (0..x.columns()).collect();
    order.sort_by(|&a, &b| relation[b].total_cmp(&relation[a]).then(a.cmp(&b)));
    order.truncate(most_columns(x.rows()));
    order.sort_unstable();
    order
}

/// The index of the largest value, the first of equals.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    let best = values.enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
    best.map_or(f64::NAN, |(at, _)| at as f64)
}

/// Out-of-fold predictions for every row; NaN where a fold could not be fitted.
///
/// * `folds`: the fold of each row.
#[must_use]
pub fn cross_answers(
    plan: &Plan,
    rows: &Rows,
    label: &[f64],
    kind: LossKind,
    folds: &[usize],
    number: usize,
) -> Vec<f64> {
    let parts: Vec<(Vec<usize>, Vec<f64>)> = (0..number)
        .into_par_iter()
        .map(|fold| {
            let (test, learn) = split(folds, fold);
            let known: Vec<f64> = learn.iter().map(|&r| label[r]).collect();
            let answers = Learner::fit(plan, &rows.take(&learn), &known)
                .map(|learner| learner.answers(&rows.take(&test), kind))
                .unwrap_or_default();
            (test, answers)
        })
        .collect();
    let mut answers = vec![f64::NAN; folds.len()];
    for (test, part) in parts {
        for (row, answer) in test.into_iter().zip(part) {
            answers[row] = answer;
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{normal, planted, wide};

    #[test]
    fn a_regression_on_a_wide_table_finds_what_tells() {
        let (data, next) = (wide(3000, 3), wide(2000, 4));
        let rows: Vec<usize> = (0..3000).collect();
        let reader = RowReader::fit(Family::Linear, &data.plan, &data.table, &rows);
        let learner = Learner::fit(&data.plan, &reader.read(&data.table, &rows), &data.table.label).unwrap();
        assert!(matches!(learner, Learner::Coded { .. }));
        let test: Vec<usize> = (0..2000).collect();
        let answers = learner.answers(&reader.read(&next.table, &test), LossKind::Wrong);
        let right = |answers: &[f64]| answers.iter().zip(&next.table.label).filter(|(a, y)| a == y).count();
        // The planted score is the true probability: nobody does better.
        let (learnt, best) = (right(&answers), right(&next.table.prediction));
        assert!(learnt + 150 > best, "{learnt} of 2000 against {best}");
    }

    #[test]
    fn many_classes_are_learnt_by_their_indicators() {
        let mut data = planted(3000, 5);
        data.plan.task = Task::Multiclass;
        data.plan.classes = (0..25).map(|class| format!("class {class}")).collect();
        let rows: Vec<usize> = (0..3000).collect();
        let label: Vec<f64> = data.table.features[1]
            .numbers()
            .unwrap()
            .iter()
            .map(|b| (b * 6.0 + 12.5).clamp(0.0, 24.0).floor())
            .collect();
        let read = RowReader::fit(Family::Linear, &data.plan, &data.table, &rows).read(&data.table, &rows);
        let weights = vec![2.0; 3000];
        let learner = Learner::fit_weighted(&data.plan, &read, &label, Some(&weights)).unwrap();
        let Learner::Indicators(models) = &learner else { panic!("25 classes are many") };
        assert_eq!(models.len(), 25);
        let answers = learner.answers(&read, LossKind::Wrong);
        let near = answers.iter().zip(&label).filter(|(a, y)| (*a - **y).abs() <= 8.0).count();
        assert!(near > 1800, "{near} of 3000");
    }

    #[test]
    fn many_columns_are_screened_and_the_telling_ones_stay() {
        let plan = planted(10, 1).plan;
        let (rows, columns) = (2000, 400);
        let values: Vec<f64> =
            (0..rows * columns).map(|i| normal(5, i / columns, 2 * (i % columns) as u64)).collect();
        let x = Matrix::from_rows(rows, columns, values).unwrap();
        let label: Vec<f64> = (0..rows)
            .map(|r| f64::from(u8::from(x.get(r, 7) - x.get(r, 311) + 0.3 * normal(6, r, 0) > 0.0)))
            .collect();
        let x = Rows::Encoded(x);
        let learner = Learner::fit(&plan, &x, &label).unwrap();
        let Learner::Screened { columns, .. } = &learner else {
            panic!("400 columns are too many");
        };
        assert_eq!(columns.len(), MOST_COLUMNS);
        assert!(columns.contains(&7) && columns.contains(&311), "{columns:?}");
        let answers = learner.answers(&x, LossKind::Wrong);
        let right = answers.iter().zip(&label).filter(|(a, y)| a == y).count();
        assert!(right > 1800, "{right}");
    }
}
