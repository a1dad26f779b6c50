//! Which columns are kin to the answers, or are the answers: by what their names say is foretold, or by their values.

use super::{Guesser, ranking::auc_against, same_levels};
use crate::{
    case::{
        ColumnPeek, Shape,
        names::{CPU, ID, LABEL, LATENCY, MEMORY, PREDICTION, TIMESTAMP, kin, named, words},
    },
    stats::moments::spearman,
    summary::values::same_class,
};

/// Rows with a value and a label from which on their agreement counts.
const FEWEST: usize = 50;

/// Rank correlation with the label from which on a number may be its prediction.
const TOGETHER: f64 = 0.5;

/// ROC AUC against the label from which on a fraction may be its probability.
const RANKS: f64 = 0.65;

/// How much more often than by chance a class must be that of the label.
const ABOVE_CHANCE: f64 = 0.1;

impl Guesser<'_> {
    /// Whether a column is called like the answers: `is_fraud` beside `fraud_probability` where it has two classes, `topic` beside
    /// `predicted_topic` whatever it holds.
    pub(super) fn is_akin(&self, column: &ColumnPeek) -> bool {
        let columns = &self.guess.columns;
        let mut answers = [&columns.prediction, &columns.score].into_iter().flatten();
        let is_foretold = |answer: &String| {
            let left = foretold(answer);
            !left.is_empty() && left == foretold(&column.name)
        };
        let of_prediction = || columns.prediction.as_ref().is_some_and(is_foretold);
        let is_alike = || {
            self.role(columns.prediction.as_ref()).is_some_and(|answer| {
                answer.shape.is_number() == column.shape.is_number()
                    && answer.levels.is_empty() == column.levels.is_empty()
            })
        };
        (column.is_two_classes() && answers.any(|answer| kin(answer, &column.name)))
            || (of_prediction() && (is_alike() || !column.levels.is_empty()))
    }

    /// Whether a column holds the classes of a model of several, and more often that of the answer than by chance: the truth under
    /// a name of its own.
    pub(super) fn agrees(&self, answer: &ColumnPeek, column: &ColumnPeek) -> bool {
        const BY_CHANCE: f64 = 1.5;
        let is_of_classes =
            answer.levels.len() > 2 && answer.levels == column.levels && column.shape == Shape::Text;
        let is_served = named(&column.name, &PREDICTION) == 0;
        is_of_classes && is_served && {
            let served = &self.peeks.production;
            let (Some(answers), Some(own)) = (served.column(&answer.name), served.column(&column.name))
            else {
                return false;
            };
            let pairs: Vec<bool> = answers
                .values
                .iter()
                .zip(&own.values)
                .filter_map(|(a, b)| Some(a.as_ref()? == b.as_ref()?))
                .collect();
            let same = pairs.iter().filter(|same| **same).count() as f64;
            same * answer.levels.len() as f64 > BY_CHANCE * pairs.len() as f64
                && (same as usize) < pairs.len()
        }
    }
}

impl Guesser<'_> {
    /// Takes the only column that training lacks and that goes with the label as its answers, whatever its name. Returns whether
    /// there is one.
    pub(super) fn answers_by_value(&mut self) -> bool {
        let production = &self.peeks.production;
        if self.peeks.split {
            return false;
        }
        let of_labels = production.columns.iter().filter(|column| !self.taken.contains(&column.name));
        let Some(label) =
            super::best_by(
                of_labels,
                |column| {
                    if column.shape.is_time() { 0 } else { named(&column.name, &LABEL) }
                },
            )
        else {
            return false;
        };
        let is_other = |column: &&ColumnPeek| {
            let of_service = [&TIMESTAMP, &ID, &LATENCY, &CPU, &MEMORY];
            column.name != label.name
                && !self.peeks.training.has(&column.name)
                && of_service.into_iter().all(|names| named(&column.name, names) == 0)
        };
        let alike: Vec<(&ColumnPeek, bool)> = self
            .free()
            .filter(is_other)
            .filter_map(|column| Some((column, goes_with(column, label)?)))
            .collect();
        let [(column, is_score)] = alike[..] else {
            return false;
        };
        self.guess.doubts.push(format!(
            "{} is taken for the model's answers, on the evidence of its values only: training lacks it, and it goes with {}",
            column.name, label.name
        ));
        let because = format!("the only column that training lacks and that goes with {}", label.name);
        if is_score {
            self.guess.columns.score = Some(self.take("score", column, because));
        } else {
            self.guess.columns.prediction = Some(self.take("prediction", column, because));
        }
        true
    }
}

/// Whether a column goes with the labels beside it as their prediction does; true for a probability, false for a class or a value.
fn goes_with(column: &ColumnPeek, label: &ColumnPeek) -> Option<bool> {
    let rows =
        || column.values.iter().zip(&label.values).filter_map(|(x, y)| Some((x.as_deref()?, y.as_deref()?)));
    if rows().count() < FEWEST {
        return None;
    }
    if column.is_probability() && label.is_two_classes() {
        let positive = label.levels.last()?;
        let auc = auc_against(column, label, 1, |class| Some(class == positive))?;
        return (auc.max(1.0 - auc) >= RANKS).then_some(true);
    }
    if !same_levels(column, label) {
        return None;
    }
    if !label.levels.is_empty() && !column.levels.is_empty() {
        let share = |is: &dyn Fn(&str, &str) -> bool| {
            rows().filter(|(x, y)| is(x, y)).count() as f64 / rows().count() as f64
        };
        let right = share(&|x, y| same_class(x, y));
        let by_chance: f64 = label
            .levels
            .iter()
            .map(|level| share(&|x, _| same_class(x, level)) * share(&|_, y| same_class(y, level)))
            .sum();
        return (right < 1.0 && right > by_chance + ABOVE_CHANCE).then_some(false);
    }
    let (numbers, truths) = (column.numbers(), label.numbers());
    let known = numbers.iter().zip(&truths).filter(|(x, y)| x.is_finite() && y.is_finite());
    let (numbers, truths): (Vec<f64>, Vec<f64>) = known.map(|(x, y)| (*x, *y)).unzip();
    let rank = spearman(&numbers, &truths).ok()?;
    (TOGETHER..1.0 - f64::EPSILON).contains(&rank).then_some(false)
}

/// The words of a name that say what is foretold: `topic` of `predicted_topic` and of `actual_topic`.
fn foretold(name: &str) -> Vec<String> {
    let is_role = |word: &String| {
        [&PREDICTION, &LABEL].into_iter().any(|names| names.words.contains(&word.as_str())) || word == "y"
    };
    words(name).into_iter().filter(|word| !is_role(word)).collect()
}
