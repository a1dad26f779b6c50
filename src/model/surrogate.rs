//! A surrogate of the deployed artefact: boosted trees that learnt its predictions on the training rows.

use super::{
    binned::{Binning, NUMERIC_BINS},
    boosted::{Boosted, Explainer, Loss, Params, Target},
    folds::{Groups, split, thin},
    loss::{clipped_logit, sigmoid},
};
use crate::{
    cached::cached,
    stats::Undefined,
    summary::{Plan, Table, Task},
};

/// More training rows than this make it slower, not better.
const MOST_ROWS: usize = 10_000;

/// The minimum number of rows with predictions.
pub(super) const FEWEST_ROWS: usize = 100;

/// One fold in this many is held out to measure the fidelity.
pub(super) const FOLDS: usize = 5;

/// Large enough to approximate a forest, small enough to be fitted in a fraction of a second.
pub(super) const PARAMS: Params = Params {
    trees: 150,
    learning_rate: 0.18,
    leaves: 20,
    depth: 5,
    l2: 1.0,
    min_child_weight: 1e-3,
    min_rows: 8,
    patience: Some(8),
};

/// The fidelity of a surrogate, on held-out training rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fidelity {
    /// Scores and values: the share of the logged prediction's variance (of its log-odds) that it explains.
    pub r2: Option<f64>,
    /// Classes: the share of rows where it gives the logged prediction.
    pub agreement: Option<f64>,
    /// Number of rows of the measurement.
    pub rows: usize,
}

cached!(struct Fidelity { r2, agreement, rows });

impl Fidelity {
    /// R² or agreement, whichever the task has; 0 where neither is defined.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.r2.or(self.agreement).unwrap_or(0.0)
    }
}

/// A learner of the deployed model's predictions.
#[derive(Debug, Clone)]
pub struct Surrogate {
    kind: SurrogateKind,
    binning: Binning,
    trees: Boosted,
    /// Binary with a score: scores above it are predicted as class 1.
    threshold: f64,
    fidelity: Fidelity,
}

cached!(struct Surrogate { kind, binning, trees, threshold, fidelity });

/// The target: which form of the logged prediction is learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SurrogateKind {
    /// The log-odds of the logged score.
    LogOdds,
    /// The logged value.
    Value,
    /// The logged class.
    Class { classes: usize },
}

cached!(enum SurrogateKind { LogOdds, Value, Class { classes } });

impl SurrogateKind {
    /// The target that the given rows of a table offer for a task.
    pub(super) fn of(plan: &Plan, table: &Table, rows: &[usize]) -> Self {
        let scored = || rows.iter().filter(|&&r| table.score.get(r).is_some_and(|s| !s.is_nan())).count();
        match plan.task {
            Task::Regression => Self::Value,
            Task::Binary if scored() >= FEWEST_ROWS => Self::LogOdds,
            Task::Binary => Self::Class { classes: 2 },
            Task::Multiclass => Self::Class { classes: plan.classes.len() },
        }
    }

    /// The logged predictions to learn, one per row of the table; empty where it has none.
    pub(super) fn logged(self, table: &Table) -> &[f64] {
        if self == Self::LogOdds { &table.score } else { &table.prediction }
    }

    /// A logged prediction as the target of the learner.
    pub(super) fn target(self, logged: f64) -> f64 {
        if self == Self::LogOdds { clipped_logit(logged) } else { logged }
    }

    /// The agreement of predictions on held-out rows with the logged ones.
    ///
    /// * `answers`: log-odds, values or classes, one per row.
    /// * `truth`: the logged ones in the same form.
    pub(super) fn fidelity(self, answers: &[f64], truth: &[f64]) -> Fidelity {
        let rows = truth.len();
        if let Self::Class { .. } = self {
            let right = answers.iter().zip(truth).filter(|(a, t)| a == t).count();
            Fidelity { r2: None, agreement: (rows > 0).then(|| right as f64 / rows as f64), rows }
        } else {
            Fidelity { r2: explained(answers, truth), agreement: None, rows }
        }
    }

    /// Predictions in the form of the deployed model.
    ///
    /// * `answers`: log-odds, values or classes, one per row.
    /// * `threshold`: scores above it are predicted as class 1.
    pub(super) fn given(self, answers: Vec<f64>, threshold: f64) -> SurrogateAnswers {
        if self == Self::LogOdds {
            let score: Vec<f64> = answers.into_iter().map(sigmoid).collect();
            let prediction = score.iter().map(|&p| f64::from(u8::from(p > threshold))).collect();
            SurrogateAnswers { prediction, score }
        } else {
            SurrogateAnswers { prediction: answers, score: Vec::new() }
        }
    }

    /// The classes with the largest raw log-weights; log-odds and values are unchanged.
    pub(super) fn decided(self, raw: Vec<f64>) -> Vec<f64> {
        if let Self::Class { classes } = self {
            raw.chunks_exact(classes).map(largest).collect()
        } else {
            raw
        }
    }

    /// The loss that the trees minimise.
    pub(super) fn loss(self) -> Loss {
        match self {
            Self::LogOdds | Self::Value => Loss::Squared,
            Self::Class { classes } => Loss::Multinomial { classes },
        }
    }
}

/// Its predictions; each column is empty or has one value per row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SurrogateAnswers {
    /// Class or value.
    pub prediction: Vec<f64>,
    /// Binary: the probability of the positive class.
    pub score: Vec<f64>,
}

/// The raw prediction (log-odds or value) as a sum of the features' contributions.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// The expected raw prediction without knowledge of the row.
    pub expected: f64,
    /// The features, by their index in the plan; of a wide table those that the trees read.
    pub features: Vec<usize>,
    /// Contributions, `rows x features`.
    pub values: Vec<f64>,
}

/// Divides a surrogate's raw predictions into the features' contributions.
#[derive(Debug)]
pub struct SurrogateExplainer<'a> {
    binning: &'a Binning,
    trees: Explainer,
}

impl SurrogateExplainer<'_> {
    /// The contributions of the features in the given rows of a table.
    #[must_use]
    pub fn parts(&self, table: &Table, rows: &[usize]) -> Parts {
        let data = self.binning.codes(table, rows);
        let columns = self.trees.columns().iter();
        Parts {
            expected: self.trees.expected(),
            features: columns.filter_map(|&column| data.columns[column].feature).collect(),
            values: self.trees.contributions(&data),
        }
    }
}

impl Parts {
    /// One feature's contribution for every row, by its index in [`Parts::features`].
    #[must_use]
    pub fn of(&self, place: usize) -> Vec<f64> {
        self.values.iter().skip(place).step_by(self.features.len().max(1)).copied().collect()
    }

    /// The total raw prediction of every row.
    #[must_use]
    pub fn whole(&self) -> Vec<f64> {
        let width = self.features.len().max(1);
        self.values.chunks_exact(width).map(|parts| self.expected + parts.iter().sum::<f64>()).collect()
    }
}

impl Surrogate {
    /// Learns from the logged predictions of the training rows.
    ///
    /// # Errors
    ///
    /// [`Undefined::TooFew`] when training has too few logged predictions, [`Undefined::Constant`] when they
    /// are all equal.
    pub fn fit(plan: &Plan, training: &Table) -> Result<Self, Undefined> {
        let all: Vec<usize> = (0..training.rows).collect();
        let kind = SurrogateKind::of(plan, training, &all);
        let logged = kind.logged(training);
        let mut rows: Vec<usize> = (0..logged.len()).filter(|&r| logged[r].is_finite()).collect();
        if rows.len() < FEWEST_ROWS {
            return Err(Undefined::TooFew);
        }
        rows = thin(&rows, MOST_ROWS);
        let y: Vec<f64> = rows.iter().map(|&r| kind.target(logged[r])).collect();
        if y.iter().all(|&v| v == y[0]) {
            return Err(Undefined::Constant);
        }

        let binning = Binning::fit(plan, training, &rows, NUMERIC_BINS);
        let data = binning.codes(training, &rows);
        let folds = Groups::find(&data).folds(FOLDS, plan.seed);
        let (test, learn) = split(&folds, 0);
        let target: Vec<f64> = learn.iter().map(|&r| y[r]).collect();
        let trees = Boosted::fit(&data.take(&learn), Target::new(&target), kind.loss(), &PARAMS)?;
        let answers = kind.decided(trees.raw(&data.take(&test)));
        let truth: Vec<f64> = test.iter().map(|&r| y[r]).collect();
        let fidelity = kind.fidelity(&answers, &truth);
        let threshold = threshold(training, &rows);
        Ok(Self { kind, binning, trees, threshold, fidelity })
    }

    /// How well it reproduces the logged predictions.
    #[must_use]
    pub fn fidelity(&self) -> Fidelity {
        self.fidelity
    }

    /// Its predictions for the given rows of a table.
    #[must_use]
    pub fn answers(&self, table: &Table, rows: &[usize]) -> SurrogateAnswers {
        let raw = self.trees.raw(&self.binning.codes(table, rows));
        self.kind.given(self.kind.decided(raw), self.threshold)
    }

    /// The contributions of the features to the raw predictions.
    ///
    /// * `class`: the class of interest; used only where the surrogate predicts classes.
    #[must_use]
    pub fn parts(&self, table: &Table, rows: &[usize], class: usize) -> Parts {
        self.explainer(class).parts(table, rows)
    }

    /// The same for several tables.
    #[must_use]
    pub fn explainer(&self, class: usize) -> SurrogateExplainer<'_> {
        let output = if let SurrogateKind::Class { classes } = self.kind {
            class.min(classes.saturating_sub(1))
        } else {
            0
        };
        SurrogateExplainer { binning: &self.binning, trees: self.trees.explainer(output) }
    }

    /// Raw predictions: log-odds of the positive class or values, one per row; log-weights, `rows x classes`,
    /// for classes.
    #[must_use]
    pub fn raw(&self, table: &Table, rows: &[usize]) -> Vec<f64> {
        self.trees.raw(&self.binning.codes(table, rows))
    }
}

/// The index of the largest value, the first of equals.
fn largest(values: &[f64]) -> f64 {
    let best = values.iter().enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
    best.map_or(f64::NAN, |(k, _)| k as f64)
}

/// The share of the variance explained; none where nothing varies.
fn explained(answers: &[f64], truth: &[f64]) -> Option<f64> {
    let mean = truth.iter().sum::<f64>() / truth.len().max(1) as f64;
    let spread: f64 = truth.iter().map(|y| (y - mean) * (y - mean)).sum();
    let rest: f64 = truth.iter().zip(answers).map(|(y, a)| (y - a) * (y - a)).sum();
    (spread > 0.0).then(|| 1.0 - rest / spread)
}

/// The score above which the model predicted class 1: halfway between the two sides, or 0.5 where they
/// overlap or one is missing.
#[must_use]
pub fn threshold(table: &Table, rows: &[usize]) -> f64 {
    let side = |class: f64| {
        let at = move |&&r: &&usize| table.prediction.get(r) == Some(&class);
        rows.iter().filter(at).filter_map(|&r| table.score.get(r)).copied().filter(|s| !s.is_nan())
    };
    let below = side(0.0).fold(f64::NEG_INFINITY, f64::max);
    let above = side(1.0).fold(f64::INFINITY, f64::min);
    if below.is_finite() && above.is_finite() && below <= above { f64::midpoint(below, above) } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{Planted, planted};

    #[test]
    fn stands_in_for_a_smooth_model() {
        let Planted { plan, mut table } = planted(3000, 1);
        table.score = table.score.iter().map(|s| (s * 1e6).round() / 1e6).collect();
        let surrogate = Surrogate::fit(&plan, &table).unwrap();
        let r2 = surrogate.fidelity().r2.unwrap();
        assert!(r2 > 0.93, "R2 {r2}");
        let fresh = planted(1000, 2).table;
        let rows: Vec<usize> = (0..1000).collect();
        let answers = surrogate.answers(&fresh, &rows);
        let same = answers.prediction.iter().zip(&fresh.prediction).filter(|(a, b)| a == b).count();
        assert!(same > 930, "{same} of 1000 answers agree");
    }

    #[test]
    fn parts_add_up_and_follow_their_feature() {
        let Planted { plan, table } = planted(2000, 3);
        let surrogate = Surrogate::fit(&plan, &table).unwrap();
        let rows: Vec<usize> = (0..500).collect();
        let parts = surrogate.parts(&table, &rows, 0);
        for (whole, raw) in parts.whole().iter().zip(surrogate.raw(&table, &rows)) {
            assert!((whole - raw).abs() < 1e-9);
        }
        let x = table.features[0].numbers().unwrap();
        let part = parts.of(0);
        let (mut low, mut high) = (0.0, 0.0);
        for (r, p) in rows.iter().zip(part) {
            if x[*r] > 0.0 {
                high += p;
            } else if x[*r] <= 0.0 {
                low += p;
            }
        }
        assert!(high > 50.0 && low < -50.0, "{low} {high}");
    }

    #[test]
    fn values_and_classes_have_stand_ins_too() {
        let Planted { mut plan, mut table } = planted(2500, 4);
        plan.task = Task::Regression;
        table.prediction = table.score.iter().map(|s| 100.0 * s).collect();
        table.score.clear();
        let fidelity = Surrogate::fit(&plan, &table).unwrap().fidelity();
        assert!(fidelity.r2.unwrap() > 0.93, "{fidelity:?}");

        plan.task = Task::Multiclass;
        plan.classes = vec!["low".into(), "middle".into(), "high".into()];
        for p in &mut table.prediction {
            *p = if *p < 30.0 {
                0.0
            } else if *p < 60.0 {
                1.0
            } else {
                2.0
            };
        }
        let fidelity = Surrogate::fit(&plan, &table).unwrap().fidelity();
        assert!(fidelity.agreement.unwrap() > 0.85, "{fidelity:?}");
    }

    #[test]
    fn refuses_without_answers() {
        let Planted { plan, mut table } = planted(300, 5);
        table.score = vec![0.5; 300];
        assert_eq!(Surrogate::fit(&plan, &table).err(), Some(Undefined::Constant));
        table.score.clear();
        table.prediction.clear();
        assert_eq!(Surrogate::fit(&plan, &table).err(), Some(Undefined::TooFew));
    }
}
