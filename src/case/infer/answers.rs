//! The columns of predictions: class, value, probability of the positive class, probabilities of all classes.

use std::collections::BTreeMap;

use super::{
    Guesser, best_by, listed,
    ranking::{FEWEST, auc_against},
};
use crate::{
    case::{
        CaseError, ColumnPeek, LAUNCH_COLUMNS, Peek, Shape,
        names::{LABEL, OF_THE_MODEL, OUTPUT, PREDICTION, SCORE, kin, named, words},
    },
    summary::values::same_class,
};

/// A score whose ROC AUC against the model's own predictions is below this is the score of the other class.
const TURNED: f64 = 0.2;

/// A column whose ROC AUC against the model's own predictions is this near to 0 or 1 ranks as they do.
const SAME: f64 = 0.0005;

/// The same for a column whose name speaks for it: answers may depend on more than a threshold.
const NEARLY: f64 = 0.02;

/// The tolerance for the sum of all class probabilities to be 1, for rounding.
const ROUNDED: f64 = 0.01;

impl<'p> Guesser<'p> {
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
            self.score_alone(column);
            return Ok(());
        }
        // A score on another scale beside the class that it gives: points, percent.
        let mut scaled = free
            .iter()
            .copied()
            .filter(|column| two_classes && column.shape.is_number() && as_score(column) > 0);
        if let Some((answer, score)) = scaled.find_map(|score| Some((self.given_by(score)?, score))) {
            self.answers_of(answer, score);
            return Ok(());
        }
        // Probabilities of several classes are an answer: the largest is the class.
        if self.probabilities().is_some() {
            return Ok(());
        }
        if self.answers_by_value() {
            return Ok(());
        }
        // A model that logs its score alone, before any outcome is known.
        let alone = free.iter().copied().filter(|column| column.is_probability() && !self.has_a_label());
        if let Some(column) = best_by(alone, as_score) {
            let because = "its name; fractions between 0 and 1, and no column looks like a label";
            self.guess.columns.score = Some(self.take("score", column, because.to_owned()));
            return Ok(());
        }
        let columns =
            self.peeks.production.columns.iter().take(12).map(|column| column.name.clone()).collect();
        let snapshot = self.peeks.production.path.clone();
        let scaled = free
            .iter()
            .find(|column| as_score(column) > 0 && column.shape.is_number() && !column.is_probability());
        let scaled = scaled.and_then(|column| column.range.map(|range| (column, range))).map(|(column, (low, high))| {
            let unit = if low >= 0.0 && high <= 100.0 { "percent" } else { "log-odds" };
            format!(
                "{} lies between {low} and {high}, so it is not a probability ({unit}?): write it as fractions of 1, or log the \
                 class that was answered",
                column.name
            )
        });
        let scaled = scaled.or_else(|| self.wrapped());
        Err(CaseError::NoRole { snapshot, role: "prediction", columns, scaled })
    }

    /// Takes a probability as the score; a column of two classes that a threshold on it gives in every row is the answer.
    fn score_alone(&mut self, column: &ColumnPeek) {
        let answer = self.given_by(column);
        let because = match answer {
            Some(_) => "fractions between 0 and 1 beside a label of two classes",
            None => {
                "fractions between 0 and 1 beside a label of two classes; the class is 1 where it is over 0.5"
            }
        };
        self.guess.columns.score = Some(self.take("score", column, because.to_owned()));
        if let Some(answer) = answer {
            self.answers_of(answer, column);
        }
    }

    /// Takes a column that a score gives as the answers; one in other words than the label's is set aside beside a score.
    fn answers_of(&mut self, answer: &ColumnPeek, score: &ColumnPeek) {
        let is_label = |column: &&ColumnPeek| {
            named(&column.name, &LABEL) > 0
                || kin(&score.name, &column.name)
                || kin(&answer.name, &column.name)
        };
        let snapshots = [&self.peeks.training, &self.peeks.production];
        let labels =
            snapshots.into_iter().flat_map(|peek| &peek.columns).filter(|column| column.is_two_classes());
        let label = labels.filter(is_label).find(|column| column.name != answer.name);
        let is_same = label.is_none_or(|label| {
            answer.levels.iter().all(|level| label.levels.iter().any(|class| same_class(class, level)))
        });
        if is_same || self.guess.columns.score.is_none() {
            let because = format!(
                "a threshold on {} gives it in every row; it holds {}",
                score.name,
                listed(&answer.levels)
            );
            self.guess.columns.prediction = Some(self.take("prediction", answer, because));
        } else {
            let because = format!(
                "a threshold on {} gives it in every row: the answer in other words, not an input",
                score.name
            );
            self.set_aside(&answer.name, because);
        }
    }

    /// A column of two classes that a threshold on a score gives in every row.
    fn given_by(&self, score: &ColumnPeek) -> Option<&'p ColumnPeek> {
        let snapshots = [&self.peeks.production, &self.peeks.training];
        let auc = |peek: &Peek, column: &ColumnPeek| {
            let positive = column.levels.last()?;
            let (score, answers) = (peek.column(&score.name)?, peek.column(&column.name)?);
            auc_against(score, answers, FEWEST, |answer| Some(answer == positive))
        };
        self.free().filter(|column| column.is_two_classes() && named(&column.name, &LABEL) == 0).find(
            |column| {
                let found = snapshots.into_iter().find_map(|peek| auc(peek, column));
                found.is_some_and(|auc| (auc - 0.5).abs() > 0.5 - SAME)
            },
        )
    }

    /// Whether a column with a label's name, or with that of a score, has two classes.
    fn has_two_classes(&self) -> bool {
        let snapshots = [&self.peeks.training, &self.peeks.production];
        let scores: Vec<&ColumnPeek> = self
            .served()
            .filter(|column| column.is_probability() && named(&column.name, &SCORE) > 0)
            .collect();
        snapshots.into_iter().flat_map(|peek| &peek.columns).any(|column| {
            let is_akin = || scores.iter().any(|score| kin(&score.name, &column.name));
            let probable =
                (named(&column.name, &LABEL) > 0 || is_akin()) && !self.taken.contains(&column.name);
            probable && named(&column.name, &PREDICTION) < 2 && column.is_two_classes()
        })
    }

    /// Whether a column of the log, of training or of the file of labels is named like a label.
    fn has_a_label(&self) -> bool {
        let training = self.peeks.training.columns.iter();
        let apart = self.peeks.labels.iter().flat_map(|peek| &peek.columns);
        self.served().chain(training).chain(apart).any(|column| {
            named(&column.name, &LABEL) > 0 && named(&column.name, &PREDICTION) < 2 && !column.shape.is_time()
        })
    }

    /// Whether a column that is called as the positive class holds its probability: the rest to 1 stands under the name of
    /// the other class.
    fn is_class_of_two(&self, column: &ColumnPeek, positive: &str) -> bool {
        if !column.is_probability() || !same_class(&column.name, positive) {
            return false;
        }
        let label = self.role(self.guess.columns.label.as_ref());
        let levels = label.map_or(&[][..], |label| &label.levels);
        let values = column.numbers();
        levels.iter().filter(|level| !same_class(level, positive)).any(|level| {
            let other =
                self.served().find(|other| same_class(&other.name, level) && other.name != column.name);
            other.is_some_and(|other| add_up(&values, &other.numbers()))
        })
    }

    /// The probability of the positive class.
    pub(super) fn score(&mut self) {
        if self.guess.columns.score.is_some() {
            self.complement();
            return;
        }
        let positive = self.guess.positive.clone().unwrap_or_default();
        let rank = |column: &ColumnPeek| {
            let words = words(&column.name);
            let of_the_model = words.iter().any(|word| OF_THE_MODEL.contains(&word.as_str()));
            let of_a_class = words.last().is_some_and(|word| same_class(word, &positive));
            match named(&column.name, &SCORE) {
                _ if self.is_class_of_two(column, &positive) => 3,
                // One probability column per class: take that of the positive class.
                _ if of_a_class && words.iter().any(|word| SCORE.words.contains(&word.as_str())) => 3,
                2.. => 2,
                1 if of_the_model || self.is_of_answers(column) => 1,
                // A probability with a prediction's name, beside the class.
                _ if named(&column.name, &PREDICTION) > 0 && column.is_probability() => 1,
                // A threshold on it gives every answer.
                1 if self.rank_of_answers(column).is_some_and(|auc| auc > 1.0 - SAME) => 1,
                _ => 0,
            }
        };
        let share = |column: &&ColumnPeek| {
            column.shape.is_number() && column.range.is_some_and(|(low, high)| low >= 0.0 && high <= 1.0)
        };
        let of_answered: Vec<String> = self
            .free()
            .filter(share)
            .filter(|column| rank(column) > 0 && self.is_of_the_answered_class(column))
            .map(|column| column.name.clone())
            .collect();
        let is_of_answered = |column: &&ColumnPeek| of_answered.contains(&column.name);
        if let Some(column) = best_by(self.free().filter(share).filter(|c| !is_of_answered(c)), rank) {
            let because = "its name; every value lies between 0 and 1".to_owned();
            self.guess.columns.score = Some(self.take("score", column, because));
            self.complement();
            self.restated();
            return;
        }
        if let Some(name) = of_answered.into_iter().next() {
            self.guess.doubts.push(format!(
                "{name} is never below 0.5, whichever class is answered: it looks like the probability of the class that was \
                 answered. It is ignored; for ROC AUC and calibration log the probability of the positive class"
            ));
            let because = "a probability of the class that was answered, as it seems: an output of the model, not an input";
            self.set_aside(&name, because.to_owned());
            self.restated();
            return;
        }
        let number = |column: &&ColumnPeek| column.shape.is_number() && column.range.is_some();
        let mut aside = None;
        let doubt = match best_by(self.free().filter(number), rank).map(|column| (column, column.range)) {
            Some((column, Some((low, high)))) => {
                let unit = if low >= 0.0 && high <= 100.0 { "percent" } else { "log-odds" };
                let because = format!(
                    "the model's score in {unit}, as it seems: it is neither an input nor a probability"
                );
                aside = Some((column.name.clone(), because));
                format!(
                    "{} lies between {low} and {high}, so it is not a probability ({unit}?): ROC AUC and calibration are left \
                     out, and it is ignored. Write it as a probability, or remove it from  ignore  if it is an input",
                    column.name
                )
            }
            _ => {
                let unclear = self.free().filter(share).find(|column| named(&column.name, &SCORE) > 0);
                let unclear = unclear.map(|column| {
                    format!(
                        ". {} is taken for a feature; where it is the model's own score, write  score = {:?}",
                        column.name, column.name
                    )
                });
                format!(
                    "no column looks like the probability of the positive class: ROC AUC and calibration are left out{}",
                    unclear.unwrap_or_default()
                )
            }
        };
        self.guess.doubts.push(doubt);
        if let Some((name, because)) = aside {
            self.taken.insert(name.clone());
            self.set_aside(&name, because);
        }
        self.restated();
    }

    /// Whether a probability is that of the class that was answered, whichever it is: both classes are answered, and none with
    /// less than 0.5.
    fn is_of_the_answered_class(&self, column: &ColumnPeek) -> bool {
        let is_low = column.range.is_some_and(|(low, _)| low < 0.5);
        let ranks = |auc: f64| (auc - 0.5).abs() > 0.5 - TURNED;
        !is_low && self.rank_of_answers(column).is_some_and(|auc| !ranks(auc))
    }

    /// Ignores a column.
    pub(super) fn set_aside(&mut self, name: &str, because: String) {
        self.taken.insert(name.to_owned());
        self.guess.reasons.insert(format!("columns.ignore.{name}"), because);
        self.guess.columns.ignore.push(name.to_owned());
    }

    /// Whether a column is called like the label or the prediction, and ranks as the answers do: `churn_score` beside
    /// `churned`. A `credit_score` beside `credit_default` may be an input.
    fn is_of_answers(&self, column: &ColumnPeek) -> bool {
        let columns = &self.guess.columns;
        let is_akin =
            [&columns.label, &columns.prediction].into_iter().flatten().any(|name| kin(name, &column.name));
        let ranks = || match self.rank_of_answers(column) {
            Some(auc) => (auc - 0.5).abs() > 0.5 - NEARLY,
            None => column.is_probability(),
        };
        is_akin && ranks()
    }

    /// ROC AUC of a column against the model's own answers; none where they do not stand side by side.
    fn rank_of_answers(&self, column: &ColumnPeek) -> Option<f64> {
        // The first rows of a log may hold one class alone: the newest, the broken ones.
        [&self.peeks.production, &self.peeks.training].into_iter().find_map(|peek| self.rank_in(peek, column))
    }

    /// Whether a column of training is called like the model's output, and ranks as the answers of training do: production logs
    /// the class alone. Where training has no answers, a probability that is called so is taken for one.
    pub(super) fn is_answer_at_launch(&self, column: &ColumnPeek) -> bool {
        let called = named(&column.name, &SCORE).max(named(&column.name, &PREDICTION));
        called > 0
            && match self.rank_in(&self.peeks.training, column) {
                Some(auc) => (auc - 0.5).abs() > 0.5 - NEARLY,
                None => called > 1 && column.is_probability(),
            }
    }

    fn rank_in(&self, peek: &Peek, column: &ColumnPeek) -> Option<f64> {
        let answers = peek.column(self.guess.columns.prediction.as_ref()?)?;
        let column = peek.column(&column.name)?;
        let positive = self.guess.positive.as_deref().unwrap_or("1");
        // Answers in other words than the labels: the second of their two classes.
        let positive = match &answers.levels[..] {
            [first, second] if !same_class(first, positive) && !same_class(second, positive) => second,
            _ => positive,
        };
        // An answer that is no class of the label (a fallback, an error) says nothing of the score.
        let label = self.role(self.guess.columns.label.as_ref());
        let classes = label.map_or(&[][..], |label| &label.levels);
        let is_class = |answer: &str| {
            classes.is_empty()
                || answers.levels.len() <= 2
                || classes.iter().any(|class| same_class(class, answer))
        };
        auc_against(column, answers, FEWEST, |answer| is_class(answer).then(|| same_class(answer, positive)))
    }

    /// The class for which a score is high, if there is a score and it is clear.
    pub(super) fn scored_high(&self, [first, second]: [&String; 2]) -> Option<String> {
        let columns = &self.guess.columns;
        let of_a_class = |column: &ColumnPeek| {
            words(&column.name).last().is_some_and(|word| same_class(word, first) || same_class(word, second))
        };
        let known = columns.score.as_ref().and_then(|name| self.served_column(name));
        let mut candidates = self.free().filter(|column| {
            column.is_probability() && named(&column.name, &SCORE) > 0 && !of_a_class(column)
        });
        let score = known.or_else(|| candidates.next())?;
        let production = &self.peeks.production;
        let answer = production.column(columns.prediction.as_ref().or(columns.label.as_ref())?)?;
        let score = production.column(&score.name)?;
        match auc_against(score, answer, 1, |answer| Some(same_class(answer, second)))? {
            auc if auc > 1.0 - TURNED => Some(second.clone()),
            auc if auc < TURNED => Some(first.clone()),
            _ => None,
        }
    }

    /// Columns that rank exactly as the answers do and are called like a score (`logit`, `margin`) are outputs of the model in
    /// other units. One of another name may be the only input of a simple model, so it is only asked about.
    fn restated(&mut self) {
        let all = self
            .free()
            .filter(|column| column.shape == Shape::Number && self.peeks.training.has(&column.name));
        let is_same = |column: &&ColumnPeek| {
            self.rank_of_answers(column).is_some_and(|auc| (auc - 0.5).abs() > 0.5 - SAME)
        };
        let found: Vec<String> = all.filter(is_same).map(|column| column.name.clone()).collect();
        for name in found {
            if words(&name)
                .iter()
                .any(|word| OUTPUT.contains(&word.as_str()) || SCORE.words.contains(&word.as_str()))
                || named(&name, &PREDICTION) > 0
            {
                let because =
                    "a threshold on it gives every answer: the model's score in other units, not an input";
                self.set_aside(&name, because.to_owned());
            } else {
                self.guess.doubts.push(format!(
                    "a threshold on {name} gives every answer of the model: if it is an output of the model and not an input, add \
                     it to ignore"
                ));
            }
        }
    }

    /// The other class's probability, 1 minus the score in every row, is not an input.
    fn complement(&mut self) {
        let Some(score) = self.guess.columns.score.as_ref().and_then(|name| self.served_column(name)) else {
            return;
        };
        let score = score.numbers();
        let other = self.free().find(|column| column.is_probability() && add_up(&column.numbers(), &score));
        if let Some(column) = other {
            // The names tell which of the two is that of the positive class: prob_0 and prob_1.
            let positive = self.guess.positive.as_deref().unwrap_or_default();
            let is_of_positive =
                |name: &str| words(name).last().is_some_and(|word| same_class(word, positive));
            let taken = self.guess.columns.score.clone().unwrap_or_default();
            if is_of_positive(&column.name) && !is_of_positive(&taken) {
                self.guess.columns.score =
                    Some(self.take("score", column, format!("the probability of {positive}, by its name")));
                let because = "the other class's probability: 1 less the score in every row";
                self.set_aside(&taken, because.to_owned());
                return;
            }
            let because = "the other class's probability: 1 less the score in every row";
            self.set_aside(&column.name, because.to_owned());
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
        if let Some(auc) = auc_against(score, answer, 1, |answer| Some(same_class(answer, positive)))
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
                    let is_number = class.bytes().all(|b| b.is_ascii_digit());
                    rest.is_some_and(|rest| {
                        rest.is_empty()
                            || rest.starts_with('_')
                            || rest.ends_with('_')
                            // p0 and class1 need no underscore.
                            || (is_number && (SCORE.whole.contains(&rest) || OF_THE_MODEL.contains(&rest)))
                    })
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
        self.other_probabilities();
    }

    /// Probabilities of the model that cannot be assigned to the classes are no inputs: several that add up to 1 or to 100 in
    /// every row, or the one of the class that was answered.
    fn other_probabilities(&mut self) {
        let is_share = |column: &&ColumnPeek| {
            column.shape.is_number()
                && column.range.is_some_and(|(low, high)| low >= 0.0 && high <= 100.0 + ROUNDED)
                && named(&column.name, &SCORE) > 0
        };
        let found: Vec<&ColumnPeek> = self.free().filter(is_share).collect();
        let columns: Vec<Vec<f64>> = found.iter().map(|column| column.numbers()).collect();
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        let sum = |row: usize| {
            columns.iter().map(|column| column.get(row).copied().unwrap_or(f64::NAN)).sum::<f64>()
        };
        let sums: Vec<f64> = (0..rows).map(sum).filter(|sum| sum.is_finite()).collect();
        let add_up_to = |whole: f64| {
            found.len() > 2
                && !sums.is_empty()
                && sums.iter().all(|sum| (sum - whole).abs() <= ROUNDED * whole)
        };
        if add_up_to(1.0) || add_up_to(100.0) {
            let names: Vec<String> = found.iter().map(|column| column.name.clone()).collect();
            self.guess.doubts.push(format!(
                "{} add up to {} in every row: they look like the probabilities of the classes, and are ignored. To have them \
                 measured, say in [columns] which is whose:  scores = {{ class = {:?} }}, as fractions of 1",
                names.join(", "),
                if add_up_to(1.0) { 1 } else { 100 },
                names[0]
            ));
            for name in names {
                self.set_aside(&name, "a probability of a class, as it seems".to_owned());
            }
            return;
        }
        let of_the_model = |column: &&&ColumnPeek| {
            let words = words(&column.name);
            column.is_probability()
                && (named(&column.name, &SCORE) == 2
                    || words.iter().any(|word| OF_THE_MODEL.contains(&word.as_str())))
        };
        let names: Vec<String> =
            found.iter().filter(of_the_model).map(|column| column.name.clone()).collect();
        for name in names {
            let because = "a probability of the class that was answered, as it seems: an output of the model, not an input";
            self.set_aside(&name, because.to_owned());
        }
    }
}

/// Whether two columns add up to 1 in every row that has both.
fn add_up(one: &[f64], other: &[f64]) -> bool {
    let pairs = || one.iter().zip(other).filter(|(a, b)| a.is_finite() && b.is_finite());
    pairs().count() > 1 && pairs().all(|(a, b)| (a + b - 1.0).abs() <= ROUNDED)
}
