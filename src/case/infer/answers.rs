//! The columns of predictions: class, value, probability of the positive class, probabilities of all classes.

use std::collections::BTreeMap;

use super::{Guesser, best_by, listed};
use crate::{
    case::{
        CaseError, ColumnPeek, LAUNCH_COLUMNS, Shape,
        names::{LABEL, OF_THE_MODEL, PREDICTION, SCORE, named, words},
    },
    stats::metric::roc_auc,
    summary::values::same_class,
};

/// A score whose ROC AUC against the model's own predictions is below this is the score of the other class.
const TURNED: f64 = 0.2;

/// The tolerance for the sum of all class probabilities to be 1, for rounding.
const ROUNDED: f64 = 0.01;

impl Guesser<'_> {
    /// The predicted class or value. A model that logs only a probability has no such column.
    pub(super) fn prediction(&mut self) -> Result<(), CaseError> {
        let columns = &self.guess.columns;
        if columns.prediction.is_some() || columns.score.is_some() || !columns.scores.is_empty() {
            return Ok(());
        }
        let answers = |column: &&ColumnPeek| {
            !column.shape.is_time() && !matches!(column.shape, Shape::Vector | Shape::Nested | Shape::Empty)
        };
        let free: Vec<&ColumnPeek> = self
            .free()
            .filter(answers)
            .filter(|column| !LAUNCH_COLUMNS.contains(&column.name.as_str()) && !self.is_class_score(column))
            .collect();
        let is_score =
            |column: &ColumnPeek| words(&column.name).iter().any(|word| SCORE.words.contains(&word.as_str()));
        let two_classes = self.has_two_classes();
        // A column named prediction can also be a probability.
        let rank = |column: &ColumnPeek| match named(&column.name, &PREDICTION) {
            _ if two_classes && column.is_probability() => 0,
            named if is_score(column) => named.min(1),
            named => named,
        };
        if let Some(column) = best_by(free.iter().copied(), rank) {
            let because = match &column.levels[..] {
                [] => "its name".to_owned(),
                levels => format!("its name; it holds {}", listed(levels)),
            };
            if !two_classes && column.is_probability() {
                self.guess.doubts.push(format!(
                    "{} holds fractions between 0 and 1, and no column holds two classes: taken for predicted values. If \
                     it is a probability, name it score",
                    column.name
                ));
            }
            self.guess.columns.prediction = Some(self.take("prediction", column, because));
            return Ok(());
        }
        let as_score = |column: &ColumnPeek| if is_score(column) { 1 } else { named(&column.name, &SCORE) };
        let classes = free.iter().copied().filter(|column| two_classes && column.is_two_classes());
        if let Some(column) = best_by(classes, as_score) {
            let because = format!("named like a score, but it holds {}", listed(&column.levels));
            self.guess.columns.prediction = Some(self.take("prediction", column, because));
            return Ok(());
        }
        let probability = free.iter().copied().filter(|column| two_classes && column.is_probability());
        let any = |column: &ColumnPeek| named(&column.name, &PREDICTION).max(as_score(column));
        if let Some(column) = best_by(probability, any) {
            let because = "fractions between 0 and 1 beside a label of two classes; the class is 1 where it is over 0.5";
            self.guess.columns.score = Some(self.take("score", column, because.to_owned()));
            return Ok(());
        }
        // Probabilities of several classes are an answer: the largest is the class.
        if self.probabilities().is_some() {
            return Ok(());
        }
        let columns =
            self.peeks.production.columns.iter().take(12).map(|column| column.name.clone()).collect();
        let snapshot = self.peeks.production.path.clone();
        Err(CaseError::NoRole { snapshot, role: "prediction", columns })
    }

    /// Whether a column with a label's name has two classes.
    fn has_two_classes(&self) -> bool {
        let snapshots = [&self.peeks.training, &self.peeks.production];
        snapshots.into_iter().flat_map(|peek| &peek.columns).any(|column| {
            let probable = named(&column.name, &LABEL) > 0 && !self.taken.contains(&column.name);
            probable && named(&column.name, &PREDICTION) < 2 && column.is_two_classes()
        })
    }

    /// The probability of the positive class.
    pub(super) fn score(&mut self) {
        if self.guess.columns.score.is_some() {
            return;
        }
        let positive = self.guess.positive.clone().unwrap_or_default();
        let rank = |column: &ColumnPeek| {
            let words = words(&column.name);
            let of_the_model = words.iter().any(|word| OF_THE_MODEL.contains(&word.as_str()));
            let of_a_class = words.last().is_some_and(|word| same_class(word, &positive));
            match named(&column.name, &SCORE) {
                // One probability column per class: take that of the positive class.
                _ if of_a_class && words.iter().any(|word| SCORE.words.contains(&word.as_str())) => 3,
                2.. => 2,
                1 if of_the_model => 1,
                // A probability with a prediction's name, beside the class.
                _ if named(&column.name, &PREDICTION) > 0 && column.is_probability() => 1,
                _ => 0,
            }
        };
        let share = |column: &&ColumnPeek| {
            column.shape.is_number() && column.range.is_some_and(|(low, high)| low >= 0.0 && high <= 1.0)
        };
        if let Some(column) = best_by(self.free().filter(share), rank) {
            let because = "its name; every value lies between 0 and 1".to_owned();
            self.guess.columns.score = Some(self.take("score", column, because));
            self.complement();
            return;
        }
        let number = |column: &&ColumnPeek| column.shape.is_number() && column.range.is_some();
        let mut aside = None;
        let doubt = match best_by(self.free().filter(number), rank).map(|column| (column, column.range)) {
            Some((column, Some((low, high)))) => {
                let unit = if low >= 0.0 && high <= 100.0 { "percent" } else { "log-odds" };
                let because = format!("the model's score in {unit}, as it seems: it is neither an input nor a probability");
                aside = Some((column.name.clone(), because));
                format!(
                    "{} lies between {low} and {high}, so it is not a probability ({unit}?): ROC AUC and calibration are left \
                     out, and it is ignored. Write it as a probability, or remove it from  ignore  if it is an input",
                    column.name
                )
            }
            _ => "no column looks like the probability of the positive class: ROC AUC and calibration are left out"
                .to_owned(),
        };
        self.guess.doubts.push(doubt);
        if let Some((name, because)) = aside {
            self.taken.insert(name.clone());
            self.guess.reasons.insert(format!("columns.ignore.{name}"), because);
            self.guess.columns.ignore.push(name);
        }
    }

    /// The other class's probability, 1 minus the score in every row, is not an input.
    fn complement(&mut self) {
        let Some(score) = self.guess.columns.score.as_ref().and_then(|name| self.served_column(name)) else {
            return;
        };
        let score = score.numbers();
        let other = self.free().find(|column| {
            let values = if column.is_probability() { column.numbers() } else { Vec::new() };
            let pairs = || values.iter().zip(&score).filter(|(a, b)| a.is_finite() && b.is_finite());
            pairs().count() > 1 && pairs().all(|(a, b)| (a + b - 1.0).abs() <= ROUNDED)
        });
        if let Some(column) = other {
            self.taken.insert(column.name.clone());
            self.guess.columns.ignore.push(column.name.clone());
            let because = "the other class's probability: 1 less the score in every row";
            self.guess.reasons.insert(format!("columns.ignore.{}", column.name), because.to_owned());
        }
    }

    /// Adds a question when the score is negatively related to the predictions: it is then the other class's
    /// probability.
    pub(super) fn facing(&mut self) {
        let columns = &self.guess.columns;
        let (Some(score), Some(answer)) = (
            columns.score.as_ref().and_then(|name| self.served_column(name)),
            columns.prediction.as_ref().or(columns.label.as_ref()),
        ) else {
            return;
        };
        // Rows of two files do not stand side by side.
        let production = &self.peeks.production;
        let Some(answer) = self
            .served_column(answer)
            .filter(|answer| production.has(&answer.name) == production.has(&score.name))
        else {
            return;
        };
        let positive = self.guess.positive.as_deref().unwrap_or("1");
        let rows = score.numbers().into_iter().zip(&answer.values);
        let (scores, positives): (Vec<f64>, Vec<bool>) = rows
            .filter(|(score, _)| score.is_finite())
            .filter_map(|(score, answer)| Some((score, same_class(answer.as_deref()?, positive))))
            .unzip();
        if let Ok(auc) = roc_auc(&scores, &positives)
            && auc < TURNED
        {
            self.guess.doubts.push(format!(
                "{} is low where {} is {positive} (ROC AUC {auc:.2} against it): it looks like the probability of the other \
                 class. Turn it, or set positive to the other class",
                score.name, answer.name
            ));
        }
    }

    /// Whether a column is one of the probabilities of all classes.
    fn is_class_score(&self, column: &ColumnPeek) -> bool {
        self.probabilities().is_some_and(|found| found.values().any(|name| *name == column.name))
    }

    /// One probability column per class, class to column: their names end (or begin) with the class names,
    /// and they sum to 1 in every row.
    fn probabilities(&self) -> Option<BTreeMap<String, String>> {
        let shares: Vec<&ColumnPeek> = self
            .served()
            .filter(|c| c.shape.is_number() && c.range.is_some_and(|(low, high)| low >= 0.0 && high <= 1.0))
            .collect();
        let classes = self
            .peeks
            .training
            .columns
            .iter()
            .chain(self.served())
            .filter(|column| column.levels.len() > 2 && !column.is_probability());
        classes.map(|column| &column.levels).find_map(|levels| {
            let plain = |text: &str| words(text).join("_");
            let of = |class: &String| {
                let class = plain(class);
                let names = |column: &&&ColumnPeek| {
                    let name = plain(&column.name);
                    let rest = name.strip_suffix(&class).or_else(|| name.strip_prefix(&class));
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_') || rest.ends_with('_'))
                };
                shares.iter().find(names).map(|column| column.name.clone())
            };
            let found: BTreeMap<String, String> =
                levels.iter().map(|class| Some((class.clone(), of(class)?))).collect::<Option<_>>()?;
            let columns: Vec<Vec<f64>> =
                found.values().filter_map(|name| Some(self.served_column(name)?.numbers())).collect();
            let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
            let sums = (0..rows).map(|row| {
                columns.iter().map(|column| column.get(row).copied().unwrap_or(f64::NAN)).sum::<f64>()
            });
            let known: Vec<f64> = sums.filter(|sum| sum.is_finite()).collect();
            let add_up = !known.is_empty() && known.iter().all(|sum| (sum - 1.0).abs() <= ROUNDED);
            (columns.len() == levels.len() && add_up).then_some(found)
        })
    }

    /// The probabilities of all classes.
    pub(super) fn class_scores(&mut self) {
        if !self.guess.columns.scores.is_empty() {
            return;
        }
        if let Some(found) = self.probabilities() {
            let because = "they end in the names of the classes and add up to 1 in every row";
            self.guess.reasons.insert("columns.scores".to_owned(), because.to_owned());
            self.taken.extend(found.values().cloned());
            self.guess.columns.scores = found;
        }
    }
}
