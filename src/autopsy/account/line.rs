//! Lines of the account: means over the rows of both periods that add up.

use crate::stats::interval::{self, Z_95};

use crate::{
    autopsy::{
        Cause, Dossier,
        exam::yardstick::{Gap, Launch},
    },
    cached::cached,
    model::loss::LossKind,
    summary::{Table, Task},
    text::phrase,
};

use super::{
    measured::{Measured, covariance_of_means, mean, variance_of_mean},
    period::Periods,
};

/// A line at least this many standard errors large …
const FOUND_Z: f64 = 3.0;

/// … and at least this share of the loss is found.
const FOUND_SHARE: f64 = 0.05;

/// A line below so many standard errors is noise.
const NOISE_Z: f64 = 2.0;

/// The step at which a part of the loss arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The service: it did not deliver the model's answer.
    Service,
    /// Another model answers.
    Model,
    /// The answers changed: model or service.
    Answers,
    /// An input was altered, by its index in the plan.
    Input(usize),
    /// Every row's inputs were altered, so it can't be determined whether the answers changed as well.
    InputsAndAnswers,
    /// The outcome depends on the inputs in another way.
    Relation,
    /// The outcome moved by one constant: a prior or a level.
    Constant,
    /// Other rows, inside the training data of the launch model.
    Population,
    /// Rows outside of it.
    Outside,
    /// Altered inputs that nothing repairs.
    Unexplained,
}

cached!(
    enum Place {
        Service,
        Model,
        Answers,
        Input(part),
        InputsAndAnswers,
        Relation,
        Constant,
        Population,
        Outside,
        Unexplained,
    }
);

impl Place {
    /// The id in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Model => "model",
            Self::Answers => "answers",
            Self::Input(_) => "input",
            Self::InputsAndAnswers => "inputs_and_answers",
            Self::Relation => "relation",
            Self::Constant => "constant",
            Self::Population => "population",
            Self::Outside => "outside",
            Self::Unexplained => "unexplained",
        }
    }

    /// The place in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Model => "model",
            Self::Answers => "answers, of model or service",
            Self::Input(_) => "input",
            Self::InputsAndAnswers => "inputs and answers",
            Self::Relation => "relation of the outcome to the inputs",
            Self::Constant => "constant shift of the outcome",
            Self::Population => "population",
            Self::Outside => "rows outside of what was known",
            Self::Unexplained => "unexplained",
        }
    }

    /// Whether a cause makes loss arise there.
    #[must_use]
    pub const fn is_of(self, cause: Cause) -> bool {
        match self {
            Self::Input(_) => cause.is_of_inputs(),
            Self::InputsAndAnswers => cause.is_of_inputs() || cause.is_of_answers(),
            Self::Service | Self::Model | Self::Answers => cause.is_of_answers(),
            Self::Relation | Self::Constant | Self::Population | Self::Outside => cause.is_of_world(),
            Self::Unexplained => false,
        }
    }
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Where it arose.
    pub place: Place,
    /// Mean loss per row since the onset, with its standard error.
    pub amount: Measured,
    /// Its share of the loss, with the 95 % interval where it has ends; none where the loss is not beyond noise.
    pub share: Option<(f64, Option<(f64, f64)>)>,
}

cached!(struct Line { place, amount, share });

impl Line {
    /// Whether it is beyond noise and large enough to matter.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.amount.z() > FOUND_Z && self.share.is_some_and(|(share, _)| share >= FOUND_SHARE)
    }

    /// Whether it is beyond noise, whether it adds to the loss or offsets some.
    #[must_use]
    pub fn is_beyond_noise(&self) -> bool {
        self.amount.z().abs() > NOISE_Z
    }

    /// Its part of the loss in words; none where the loss is not beyond noise.
    #[must_use]
    pub fn of_the_loss(&self) -> Option<String> {
        let (share, _) = self.share?;
        Some(phrase::of_the_loss(if self.is_beyond_noise() { share } else { 0.0 }))
    }
}

/// A line under construction: the contribution of each row of both periods.
#[derive(Debug, Clone)]
pub(super) struct LinePart {
    place: Place,
    since: Vec<f64>,
    before: Vec<f64>,
    /// Further variance, from the uncertainty of a model.
    further: f64,
}

/// All lines under construction. The loss that no line has taken yet is left; at first it is the logged loss.
#[derive(Debug, Clone)]
pub(super) struct LineParts<'a> {
    periods: &'a Periods,
    taken: Vec<LinePart>,
    /// The loss of each row since the onset after the steps so far.
    pub(super) left: Vec<f64>,
    /// The surrogate's own gap in each row's loss, already subtracted.
    pub(super) gap: Vec<f64>,
    /// The rows since the onset with the inputs and answers of the steps so far.
    pub(super) table: Table,
}

impl<'a> LineParts<'a> {
    pub(super) fn new(periods: &'a Periods) -> Self {
        Self {
            periods,
            taken: Vec::new(),
            left: periods.since.loss.clone(),
            gap: vec![0.0; periods.since.loss.len()],
            table: periods.since.table.clone(),
        }
    }

    /// Replaces the answers of some rows.
    ///
    /// * `gap`: subtracted from their loss.
    pub(super) fn answer(&mut self, taken: &[bool], prediction: &[f64], score: &[f64], gap: &[f64]) {
        for row in (0..taken.len()).filter(|&row| taken[row]) {
            for (into, from) in [(&mut self.table.prediction, prediction), (&mut self.table.score, score)] {
                if let (Some(into), Some(from)) = (into.get_mut(row), from.get(row)) {
                    *into = *from;
                }
            }
            self.gap[row] = gap.get(row).copied().unwrap_or(0.0);
        }
    }

    /// A step in which the launch model answers some rows with the inputs of the steps so far, split over several places.
    ///
    /// * `further`: the bias of each row's loss from the imputation of its inputs; empty for none.
    /// * `places`: the places with their shares of the step, which add up to 1.
    pub(super) fn by_launch(
        &mut self,
        dossier: &Dossier,
        launch: &Launch,
        gap: Gap,
        taken: &[bool],
        further: &[f64],
        places: &[(Place, f64)],
    ) {
        let rows: Vec<usize> = (0..taken.len()).filter(|&row| taken[row]).collect();
        let answers = launch.model.answers(&self.table, &rows);
        let n = taken.len();
        let (mut prediction, mut score) = (vec![f64::NAN; n], vec![f64::NAN; n]);
        for (at, &row) in rows.iter().enumerate() {
            prediction[row] = answers.prediction[at];
            if let Some(given) = answers.score.get(at) {
                score[row] = *given;
            }
        }
        let gaps: Vec<f64> = (0..n).map(|row| gap.mean + further.get(row).copied().unwrap_or(0.0)).collect();
        self.answer(taken, &prediction, &score, &gaps);
        let kind = LossKind::of(&dossier.plan);
        let after: Vec<f64> = (0..n)
            .map(|row| if taken[row] { loss_of(kind, &self.table, row) - gaps[row] } else { f64::NAN })
            .collect();
        let share = rows.len() as f64 / n.max(1) as f64;
        self.step(places, &after, share * share * gap.variance);
    }

    /// A step: rows since the onset lose `after` where it is a number, and the places take the difference by their shares.
    pub(super) fn step(&mut self, places: &[(Place, f64)], after: &[f64], further: f64) {
        let mut since = vec![0.0; self.left.len()];
        for ((taken, left), &after) in since.iter_mut().zip(&mut self.left).zip(after) {
            if after.is_finite() {
                *taken = *left - after;
                *left = after;
            }
        }
        for &(place, share) in places {
            let own = since.iter().map(|taken| share * taken).collect();
            self.add(place, own, Vec::new(), share * share * further);
        }
    }

    /// Adds a line with the contribution of each row.
    pub(super) fn add(&mut self, place: Place, since: Vec<f64>, before: Vec<f64>, further: f64) {
        let before = if before.is_empty() { vec![0.0; self.periods.before.loss.len()] } else { before };
        self.taken.push(LinePart { place, since, before, further });
    }

    /// The place of the answers' line, where one was taken; of several the first one.
    pub(super) fn of_answers(&self) -> Option<Place> {
        let of_answers = |place: &Place| matches!(place, Place::Service | Place::Model | Place::Answers);
        self.taken.iter().map(|part| part.place).find(of_answers)
    }

    /// The loss since the onset less that before it.
    pub(super) fn total(&self) -> Measured {
        let (since, before) = (self.periods.since.mean(), self.periods.before.mean());
        Measured { value: since.value - before.value, error: since.error.hypot(before.error) }
    }

    /// The lines with their errors, and with shares if requested.
    pub(super) fn lines(&self, shares: bool) -> Vec<Line> {
        let (since, before) = (&self.periods.since, &self.periods.before);
        let total = self.total();
        self.taken
            .iter()
            .map(|part| {
                let value = mean(&part.since) + mean(&part.before);
                let variance = variance_of_mean(&part.since, &since.day)
                    + variance_of_mean(&part.before, &before.day)
                    + part.further;
                let lost: Vec<f64> = before.loss.iter().map(|loss| -loss).collect();
                let together =
                    covariance_of_means(&part.since, &since.loss) + covariance_of_means(&part.before, &lost);
                let share = shares.then(|| {
                    let (numerator, denominator) = ((value, variance), (total.value, total.error.powi(2)));
                    (value / total.value, interval::ratio(numerator, denominator, together, Z_95).ok())
                });
                Line { place: part.place, amount: Measured { value, error: variance.sqrt() }, share }
            })
            .collect()
    }
}

/// The loss of a row's answer as the logged losses are measured.
pub(super) fn loss_of(kind: LossKind, table: &Table, row: usize) -> f64 {
    let answers = crate::autopsy::scoring::Answers {
        task: if kind == LossKind::Absolute { Task::Regression } else { Task::Binary },
        classes: 0,
        label: &table.label,
        prediction: &table.prediction,
        score: if kind == LossKind::Log { &table.score } else { &[] },
        class_scores: &[],
    };
    answers.loss(row)
}

/// The loss of the launch model's answers to every row of a table.
pub(super) fn answered(kind: LossKind, launch: &Launch, table: &Table) -> Vec<f64> {
    let answered = answered_by(launch, table);
    (0..table.rows).map(|row| loss_of(kind, &answered, row)).collect()
}

/// The rows of a table with the launch model's answers, without their inputs.
pub(super) fn answered_by(launch: &Launch, table: &Table) -> Table {
    let answers = launch.model.answers(table, &(0..table.rows).collect::<Vec<_>>());
    Table {
        rows: table.rows,
        label: table.label.clone(),
        prediction: answers.prediction,
        score: answers.score,
        ..Table::default()
    }
}
