//! Columns computed from the answers and the labels: errors, residuals, whether the answer was right. A model cannot have them as
//! inputs, as they are known only once the truth is.

use std::collections::{BTreeMap, BTreeSet};

use super::Guesser;
use crate::{
    case::{
        ColumnPeek, Peek, Shape,
        names::{PREDICTION, named},
    },
    stats::moments::pearson,
    summary::{Task, values::same_class},
};

/// Rows with answer, label and value from which on a relation that holds in all of them is no chance.
const FEWEST: usize = 50;

/// The share of the rows in which a relation must hold: logs are joined late and rounded.
const IN_ALL: f64 = 0.999;

/// How much more often answer and label together must tell a value than one of them does: a rare value is told by anything.
const MORE: f64 = 0.01;

/// Correlation from which on a column is another one in other units, or rounded.
const SAME: f64 = 0.999_9;

/// The most different values of a text or flag that may say how an answer and a label compare.
const MOST_LEVELS: usize = 20;

impl Guesser<'_> {
    /// Sets aside what is computed from the answers and the labels.
    pub(super) fn derived(&mut self) {
        let peeks = [Some(&self.peeks.training), self.peeks.golden.as_ref(), Some(&self.peeks.production)];
        let mut found: BTreeMap<String, &'static str> = BTreeMap::new();
        for peek in peeks.into_iter().flatten() {
            for column in peek.columns.iter().filter(|column| !self.taken.contains(&column.name)) {
                if let Some(because) = self.computed_as(peek, column) {
                    found.entry(column.name.clone()).or_insert(because);
                }
            }
        }
        for (name, because) in found {
            self.set_aside(&name, because.to_owned());
        }
    }

    /// What a column is computed from, if it is.
    fn computed_as(&self, peek: &Peek, column: &ColumnPeek) -> Option<&'static str> {
        let columns = &self.guess.columns;
        let of_role = |name: &Option<String>| name.as_ref().and_then(|name| peek.column(name));
        let label = of_role(&columns.label)?;
        let is_measure = column.shape.is_number();
        if self.guess.task == Some(Task::Regression) {
            let answers = of_role(&columns.prediction)?;
            return if is_measure { error_of(column, &answers.numbers(), &label.numbers()) } else { None };
        }
        if let Some(answers) = of_role(&columns.prediction)
            && let Some(because) = compares(column, answers, label)
        {
            return Some(because);
        }
        let score = of_role(&columns.score)?;
        let positive = self.guess.positive.as_deref()?;
        let outcome = |text: &Option<String>| match text {
            Some(text) => f64::from(u8::from(same_class(text, positive))),
            None => f64::NAN,
        };
        let outcomes: Vec<f64> = label.values.iter().map(outcome).collect();
        if is_measure { error_of(column, &score.numbers(), &outcomes) } else { None }
    }
}

/// What a number is of answers and truths, whatever its sign, unit or rounding.
fn error_of(column: &ColumnPeek, answers: &[f64], truths: &[f64]) -> Option<&'static str> {
    type Error = fn(f64, f64) -> f64;
    const ERRORS: [(Error, &str); 6] = [
        (|a, t| a - t, "the answer less the label in every row: known only once the truth is, and no input"),
        (
            |a, t| (a - t).abs(),
            "the size of the answer's error in every row: known only once the truth is, and no input",
        ),
        (
            |a, t| (a - t).powi(2),
            "the answer's squared error in every row: known only once the truth is, and no input",
        ),
        (
            |a, t| (a - t) / t,
            "the answer's error as a share of the label: known only once the truth is, and no input",
        ),
        (
            |a, t| ((a - t) / t).abs(),
            "the size of the answer's error as a share of the label: known only once the truth is, and no input",
        ),
        (
            |a, t| -(if t > 0.5 { a } else { 1.0 - a }).max(1e-15).ln(),
            "the answer's log loss in every row: known only once the truth is, and no input",
        ),
    ];
    let values = column.numbers();
    let rows: Vec<(f64, f64, f64)> = values
        .iter()
        .zip(answers.iter().zip(truths))
        .map(|(&x, (&answer, &truth))| (x, answer, truth))
        .filter(|(x, answer, truth)| x.is_finite() && answer.is_finite() && truth.is_finite())
        .collect();
    if rows.len() < FEWEST {
        return None;
    }
    let is_same = |of: Error| {
        let both = rows.iter().map(|&(x, answer, truth)| (x, of(answer, truth)));
        let (own, errors): (Vec<f64>, Vec<f64>) = both.filter(|(_, error)| error.is_finite()).unzip();
        own.len() >= FEWEST && pearson(&own, &errors).is_ok_and(|r| r.abs() > SAME)
    };
    // An answer that hardly varies leaves the label itself as the error, and one that is always right leaves nothing.
    let varies = |of: Error, with: fn(f64, f64) -> f64| {
        let (errors, own): (Vec<f64>, Vec<f64>) =
            rows.iter().map(|&(_, answer, truth)| (of(answer, truth), with(answer, truth))).unzip();
        pearson(&errors, &own).is_ok_and(|r| r.abs() < SAME)
    };
    let (difference, _) = ERRORS[0];
    if !varies(difference, |answer, _| answer) || !varies(difference, |_, truth| truth) {
        return None;
    }
    ERRORS.into_iter().find(|&(of, _)| is_same(of)).map(|(_, because)| because)
}

/// Whether a flag or a text says how answer and label compare: right or wrong, true and false positives.
fn compares(column: &ColumnPeek, answers: &ColumnPeek, label: &ColumnPeek) -> Option<&'static str> {
    let is_few = |column: &ColumnPeek| (2..=MOST_LEVELS).contains(&column.levels.len());
    if !is_few(column) || !is_few(answers) || !is_few(label) || column.shape == Shape::Vector {
        return None;
    }
    let rows: Vec<(&str, &str, &str)> = column
        .values
        .iter()
        .zip(answers.values.iter().zip(&label.values))
        .filter_map(|(x, (answer, truth))| Some((x.as_deref()?, answer.as_deref()?, truth.as_deref()?)))
        .collect();
    let levels: BTreeSet<&str> = rows.iter().map(|(x, ..)| *x).collect();
    if rows.len() < FEWEST || levels.len() < 2 {
        return None;
    }
    let by_both = told_by(&rows, |&(_, answer, truth)| (answer, truth));
    let by_answer = told_by(&rows, |&(_, answer, _)| (answer, ""));
    let by_label = told_by(&rows, |&(.., truth)| (truth, ""));
    if by_both >= IN_ALL && by_answer.max(by_label) < IN_ALL - MORE {
        return Some(
            "answer and label together give it in every row: known only once the truth is, and no input",
        );
    }
    (by_answer >= IN_ALL && levels.len() >= answers.levels.len() && named(&column.name, &PREDICTION) > 0)
        .then_some("the answer in other words: each answer has one value of it, and no input")
}

/// The share of the rows in which a key tells the value: it is that of most rows with the key.
fn told_by<'v>(
    rows: &[(&'v str, &'v str, &'v str)],
    key: impl Fn(&(&'v str, &'v str, &'v str)) -> (&'v str, &'v str),
) -> f64 {
    let mut counts: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for row in rows {
        *counts.entry(key(row)).or_default().entry(row.0).or_default() += 1;
    }
    let told: usize = counts.values().filter_map(|values| values.values().max()).sum();
    told as f64 / rows.len() as f64
}

#[cfg(test)]
mod tests {
    use crate::case::{ColumnPeek, Peek, Peeks, Shape, guess};

    fn column(name: &str, values: Vec<String>) -> ColumnPeek {
        let mut levels = values.clone();
        levels.sort_unstable();
        levels.dedup();
        let numbers: Option<Vec<f64>> = values.iter().map(|text| text.parse().ok()).collect();
        ColumnPeek {
            name: name.to_owned(),
            shape: match &numbers {
                Some(numbers) if numbers.iter().all(|x| x.fract() == 0.0) => Shape::Whole,
                Some(_) => Shape::Number,
                None => Shape::Text,
            },
            distinct: levels.len() as u64,
            range: numbers.map(|numbers| {
                numbers
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)))
            }),
            levels: if levels.len() <= 20 { levels } else { Vec::new() },
            examples: values.iter().take(3).cloned().collect(),
            values: values.into_iter().map(Some).collect(),
            ..ColumnPeek::default()
        }
    }

    fn peeks(columns: Vec<ColumnPeek>) -> Peeks {
        let peek = Peek { path: "log.csv".to_owned(), rows: 200, columns, ..Peek::default() };
        Peeks { training: peek.clone(), production: peek, ..Peeks::default() }
    }

    /// 200 numbers without order.
    fn noise(seed: u64) -> Vec<f64> {
        let next = |state: &mut u64| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some((*state >> 33) as f64 / f64::from(1_u32 << 31))
        };
        let mut state = seed;
        std::iter::from_fn(|| next(&mut state)).take(200).collect()
    }

    fn texts(values: impl IntoIterator<Item = f64>) -> Vec<String> {
        values.into_iter().map(|x| format!("{x:.4}")).collect()
    }

    #[test]
    fn errors_of_values_are_no_inputs() {
        let (inputs, errors) = (noise(1), noise(2));
        let truth: Vec<f64> = inputs.iter().map(|x| 100.0 * x + 1.0).collect();
        let answers: Vec<f64> = truth.iter().zip(&errors).map(|(t, e)| t + 10.0 * (e - 0.4)).collect();
        let of = |error: fn(f64, f64) -> f64| texts(truth.iter().zip(&answers).map(|(&t, &a)| error(t, a)));
        let found = guess(&peeks(vec![
            column("x", texts(inputs.iter().map(|x| x * 3.0))),
            column("spread", texts(noise(3))),
            column("label", texts(truth.clone())),
            column("prediction", texts(answers.clone())),
            column("error", of(|t, a| t - a)),
            column("ape", of(|t, a| 100.0 * ((t - a) / t).abs())),
            column("se", of(|t, a| (t - a).powi(2))),
        ]))
        .expect("roles");
        assert_eq!(found.features, ["x", "spread"]);
        assert_eq!(found.columns.ignore, ["ape", "error", "se"]);
    }

    #[test]
    fn whether_an_answer_was_right_is_no_input() {
        let (inputs, others) = (noise(1), noise(5));
        let class = |x: &f64| if *x > 0.5 { "yes" } else { "no" }.to_owned();
        let answers: Vec<String> = inputs.iter().map(class).collect();
        let truth: Vec<String> = inputs
            .iter()
            .zip(&others)
            .map(|(x, other)| class(if *other > 0.8 { other } else { x }))
            .collect();
        let both = || answers.iter().zip(&truth);
        let is_right = both().map(|(a, t)| if a == t { "1" } else { "0" }.to_owned()).collect();
        let cell = both().map(|(a, t)| {
            format!("{}{}", if a == t { "T" } else { "F" }, if a == "yes" { "P" } else { "N" })
        });
        let found = guess(&peeks(vec![
            column("x", texts(inputs.clone())),
            column("plan", others.iter().map(|x| if *x > 0.3 { "a" } else { "b" }.to_owned()).collect()),
            column("correct", is_right),
            column("cell", cell.collect()),
            column("label", truth.clone()),
            column("prediction", answers.clone()),
        ]))
        .expect("roles");
        assert_eq!(found.features, ["x", "plan"]);
        assert_eq!(found.columns.ignore, ["cell", "correct"]);
    }
}
