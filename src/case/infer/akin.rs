//! Which columns are kin to the answers: by what their names say is foretold, or by their classes.

use super::Guesser;
use crate::case::{
    ColumnPeek, Shape,
    names::{LABEL, PREDICTION, kin, named, words},
};

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

/// The words of a name that say what is foretold: `topic` of `predicted_topic` and of `actual_topic`.
fn foretold(name: &str) -> Vec<String> {
    let is_role = |word: &String| {
        [&PREDICTION, &LABEL].into_iter().any(|names| names.words.contains(&word.as_str())) || word == "y"
    };
    words(name).into_iter().filter(|word| !is_role(word)).collect()
}
