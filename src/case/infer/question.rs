//! What only a person can decide about a guess, with the answers that there are.

use super::Guess;

/// A question with its answers; the first one is what was guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The key of the contract that the answer sets: `columns.timestamp`.
    pub key: &'static str,
    /// The question in words.
    pub asks: String,
    /// The answers.
    pub choices: Vec<String>,
    /// The doubt that an answer settles.
    pub settles: String,
}

/// The answer that a key is none of the columns.
const NONE: &str = "none";

impl Question {
    /// Which of several instants is the moment of the answer?
    pub(super) fn timestamp(guessed: &str, others: impl Iterator<Item = String>, doubt: &str) -> Self {
        let others = others.filter(|name| name != guessed);
        Self {
            key: "columns.timestamp",
            asks: "Which column says when the model answered?".to_owned(),
            choices: std::iter::once(guessed.to_owned()).chain(others).collect(),
            settles: doubt.to_owned(),
        }
    }

    /// Is a column, known by its values alone, the label?
    pub(super) fn label(guessed: &str, doubt: &str) -> Self {
        Self {
            key: "columns.label",
            asks: format!("Is {guessed} the truth that came later?"),
            choices: vec![guessed.to_owned(), NONE.to_owned()],
            settles: doubt.to_owned(),
        }
    }

    /// Which of two classes is the one that is looked for?
    pub(super) fn positive(levels: &[String], doubt: &str) -> Self {
        Self {
            key: "model.positive",
            asks: "Which class does the model look for?".to_owned(),
            choices: levels.iter().rev().cloned().collect(),
            settles: doubt.to_owned(),
        }
    }
}

impl Guess {
    /// Takes the answer to one of its questions; one that is not among the choices changes nothing.
    ///
    /// Returns whether the answer differs from the guess.
    pub fn answer(&mut self, question: &Question, choice: usize) -> bool {
        let Some(chosen) = question.choices.get(choice) else {
            return false;
        };
        let because = "as you said".to_owned();
        self.doubts.retain(|doubt| *doubt != question.settles);
        let guessed = question.choices.first();
        match question.key {
            "columns.timestamp" => {
                if let Some(guessed) = guessed.filter(|guessed| *guessed != chosen) {
                    self.columns.ignore.retain(|name| name != chosen);
                    self.columns.ignore.push(guessed.clone());
                    let reason = "a timestamp can't be used as an input as it is".to_owned();
                    self.reasons.insert(format!("columns.ignore.{guessed}"), reason);
                }
                self.columns.timestamp = Some(chosen.clone());
            }
            "columns.label" => {
                if chosen == NONE {
                    self.features.extend(self.columns.label.take());
                }
            }
            _ => self.positive = Some(chosen.clone()),
        }
        self.reasons.insert(question.key.to_owned(), because);
        choice > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_before_the_guess() {
        let mut guess = Guess::default();
        guess.columns.timestamp = Some("asked_at".to_owned());
        guess.columns.ignore = vec!["done_at".to_owned()];
        let doubt = "2 columns of production hold timestamps; asked_at is taken";
        guess.doubts = vec![doubt.to_owned(), "another".to_owned()];
        let columns = ["asked_at".to_owned(), "done_at".to_owned()];
        let question = Question::timestamp("asked_at", columns.into_iter(), doubt);
        assert_eq!(question.choices, ["asked_at", "done_at"]);
        assert!(!guess.answer(&question, 7));
        assert!(guess.answer(&question, 1));
        assert_eq!(guess.columns.timestamp.as_deref(), Some("done_at"));
        assert_eq!(guess.columns.ignore, ["asked_at"]);
        assert_eq!(guess.doubts, ["another"], "what was asked is no longer in doubt");
        let question = Question::positive(&["a".to_owned(), "b".to_owned()], "b is taken");
        assert_eq!(question.choices, ["b", "a"]);
        guess.answer(&question, 1);
        assert_eq!(guess.positive.as_deref(), Some("a"));
        guess.columns.label = Some("y".to_owned());
        guess.answer(&Question::label("y", "y is taken"), 1);
        assert_eq!((guess.columns.label, guess.features), (None, vec!["y".to_owned()]));
    }
}
