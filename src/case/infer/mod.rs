//! Infers the columns' roles from names and values, with a reason for each guess.

mod akin;
mod answers;
mod aside;
mod derived;
mod layout;
mod mapped;
mod question;
mod ranking;
mod spelt;
mod times;

use std::collections::{BTreeMap, BTreeSet};

pub use self::question::Question;
use super::{
    CaseError, ColumnPeek, Columns, LAUNCH_COLUMNS, Peek, Peeks, Shape, is_index_name,
    names::{CPU, ID, LABEL, LATENCY, MEMORY, PREDICTION, REQUEST, named, words},
};
use crate::summary::Task;

/// The number of sample values shown per column.
const SAMPLE_VALUES: usize = 3;

/// Numbers with more distinct values than this are values, not class names.
const MOST_CLASSES: u64 = 20;

/// The guessed roles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Guess {
    /// The column of each role.
    pub columns: Columns,
    /// What the model predicts.
    pub task: Option<Task>,
    /// Binary: the positive class.
    pub positive: Option<String>,
    /// Reasons, by key: `columns.timestamp`, `columns.ignore.account`, `model.task`.
    pub reasons: BTreeMap<String, String>,
    /// What the user should check, one sentence each.
    pub doubts: Vec<String>,
    /// Inferred file formats, one sentence each.
    pub notes: Vec<String>,
    /// The first few values of each column, as text.
    pub samples: BTreeMap<String, String>,
    /// The remaining features, in the order of the training snapshot.
    pub features: Vec<String>,
    /// Columns of texts that are read as numbers.
    pub numbers: Vec<String>,
    /// Columns that a file calls otherwise than training: the file's name to that of training.
    pub names: BTreeMap<String, String>,
    /// What only a person can decide, with the answers that there are.
    pub questions: Vec<Question>,
}

impl Guess {
    /// The first few values of a column.
    #[must_use]
    pub fn sample(&self, column: &str) -> Option<&str> {
        self.samples.get(column).map(String::as_str).filter(|sample| !sample.is_empty())
    }

    /// The reason for the guess of a key.
    #[must_use]
    pub fn reason(&self, key: &str) -> &str {
        self.reasons.get(key).map_or("", String::as_str)
    }
}

/// Names of columns that say how many rows a row stands for.
const WEIGHTS: &[&str] = &[
    "sample_weight",
    "sampling_weight",
    "row_weight",
    "survey_weight",
    "importance_weight",
    "inverse_probability",
];

/// Names of the class that is looked for.
const POSITIVE: &[&str] = &[
    "1",
    "1.0",
    "true",
    "yes",
    "y",
    "t",
    "positive",
    "pos",
    "bad",
    "fraud",
    "fraudulent",
    "default",
    "defaulted",
    "churn",
    "churned",
    "spam",
    "chargeback",
    "anomaly",
    "attack",
    "malignant",
    "click",
    "clicked",
    "converted",
    "ja",
    "oui",
    "sí",
    "sim",
    "wahr",
    "vrai",
    "verdadero",
    "verdadeiro",
    "vero",
];

/// Names of the class that is not: the other one of two is looked for.
const NEGATIVE: &[&str] = &[
    "0",
    "0.0",
    "-1",
    "false",
    "no",
    "n",
    "f",
    "negative",
    "neg",
    "good",
    "ok",
    "legit",
    "legitimate",
    "genuine",
    "normal",
    "benign",
    "ham",
    "paid",
    "repaid",
    "retained",
    "stayed",
    "active",
    "none",
    "nein",
    "non",
];

/// Guesses the roles of the columns, the task and the positive class.
///
/// # Errors
///
/// [`CaseError::NoRole`] when no column looks like predictions; [`CaseError::NoFeatures`] when no input is
/// left; [`CaseError::NothingShared`] when production has none of them.
pub fn guess(peeks: &Peeks) -> Result<Guess, CaseError> {
    let (renamed, guess) = spelt::matched(peeks);
    let peeks = renamed.as_ref().unwrap_or(peeks);
    let mut guesser = Guesser { peeks, taken: BTreeSet::new(), guess };
    let all = [
        Some(&peeks.training),
        Some(&peeks.production).filter(|_| !peeks.split),
        peeks.golden.as_ref(),
        peeks.offline.as_ref(),
        peeks.labels.as_ref(),
        peeks.predictions.as_ref(),
    ];
    guesser.guess.notes.extend(all.into_iter().flatten().flat_map(|peek| peek.notes.iter().cloned()));
    for column in all.into_iter().flatten().flat_map(|peek| &peek.columns) {
        let sample = column.examples.iter().take(SAMPLE_VALUES).map(String::as_str).collect::<Vec<_>>();
        guesser.guess.samples.entry(column.name.clone()).or_insert_with(|| sample.join(", "));
    }
    guesser.guess.doubts.extend(all.into_iter().flatten().flat_map(|peek| peek.questions.iter().cloned()));
    for column in all.into_iter().flatten().flat_map(|peek| &peek.columns).filter(|c| c.is_text_of_numbers) {
        if !guesser.guess.numbers.contains(&column.name) {
            guesser.guess.numbers.push(column.name.clone());
        }
    }
    guesser.mapped();
    guesser.timestamp();
    guesser.prediction()?;
    guesser.one_hot_labels();
    guesser.label();
    guesser.label_time();
    guesser.task();
    match guesser.guess.task {
        Some(Task::Binary) => {
            guesser.positive();
            guesser.score();
            guesser.facing();
        }
        Some(Task::Multiclass) => {
            guesser.class_scores();
            guesser.several_classes();
        }
        Some(Task::Regression) => guesser.scale(),
        None => {}
    }
    guesser.derived();
    guesser.id();
    guesser.serving();
    guesser.weight();
    guesser.version();
    guesser.json_texts();
    guesser.others();
    guesser.mapped_inputs();
    guesser.features()?;
    Ok(guesser.guess)
}

struct Guesser<'p> {
    peeks: &'p Peeks,
    /// Columns with a role.
    taken: BTreeSet<String>,
    guess: Guess,
}

impl<'p> Guesser<'p> {
    /// The columns of production without a role.
    fn free(&self) -> impl Iterator<Item = &'p ColumnPeek> + use<'p, '_> {
        self.served().filter(|column| !self.taken.contains(&column.name))
    }

    /// The columns of production, and those that only the answers in a file of their own have.
    fn served(&self) -> impl Iterator<Item = &'p ColumnPeek> + use<'p> {
        let production = &self.peeks.production;
        let apart = self.peeks.predictions.iter().flat_map(|peek| &peek.columns);
        production.columns.iter().chain(apart.filter(move |column| !production.has(&column.name)))
    }

    /// A column of production, or of the answers in a file of their own.
    fn served_column(&self, name: &str) -> Option<&'p ColumnPeek> {
        self.served().find(|column| column.name == name)
    }

    /// Assigns a role to a column and returns its name.
    fn take(&mut self, role: &str, column: &ColumnPeek, because: String) -> String {
        self.taken.insert(column.name.clone());
        self.guess.reasons.insert(format!("columns.{role}"), because);
        column.name.clone()
    }

    fn label(&mut self) {
        if self.guess.columns.label.is_some() || self.label_apart() {
            return;
        }
        let prediction = self.role(self.guess.columns.prediction.as_ref());
        let mut best: Option<(u32, &ColumnPeek, String)> = None;
        let index = |column: &ColumnPeek| column.index || is_index_name(&column.name);
        let last = self.peeks.training.columns.last().map(|column| column.name.as_str());
        let everywhere =
            [Some(&self.peeks.training), self.peeks.golden.as_ref(), Some(&self.peeks.production)];
        let mut seen = BTreeSet::new();
        for column in everywhere.into_iter().flatten().flat_map(|peek| &peek.columns) {
            let unfit = column.shape.is_time() || matches!(column.shape, Shape::Vector | Shape::Nested);
            let launch = LAUNCH_COLUMNS.contains(&column.name.as_str());
            if unfit
                || launch
                || index(column)
                || self.taken.contains(&column.name)
                || !seen.insert(&column.name)
            {
                continue;
            }
            let named = named(&column.name, &LABEL).max(u32::from(self.is_akin(column)));
            let same = prediction.is_some_and(|prediction| same_levels(prediction, column));
            let late = self.comes_late(&column.name);
            // Without a label's name, a column needs the same values as the prediction and a second
            // indication.
            let agrees = prediction.is_some_and(|prediction| self.agrees(prediction, column));
            // The second of several answers holds their classes, too.
            let is_answer = super::names::named(&column.name, &PREDICTION) > 0;
            let by_value = same && !is_answer && (late || agrees || last == Some(column.name.as_str()));
            if named == 0 && !by_value {
                continue;
            }
            let mut because = Vec::new();
            if named > 0 {
                because.push("its name");
            } else if self.is_akin(column) {
                because.push("its name is that of the answers");
            }
            if same {
                because.push("the values are the prediction's");
            }
            if late {
                because.push(
                    "it is missing more often in production than in training, as labels that come later are",
                );
            }
            if named == 0 && agrees {
                because.push("it is the answer in more rows than by chance");
            } else if named == 0 && !late {
                because.push("it is the last column of training");
            }
            let fits = 2 * named + 3 * u32::from(same) + u32::from(late);
            if fits > best.as_ref().map_or(0, |(score, ..)| *score) {
                best = Some((fits, column, because.join("; ")));
            }
        }
        let Some((_, column, because)) = best else {
            self.guess
                .doubts
                .push("no column looks like the label: performance cannot be measured".to_owned());
            return;
        };
        if named(&column.name, &LABEL) == 0 && !self.is_akin(column) {
            let doubt = format!("{} is taken as the label, on the evidence of its values only", column.name);
            self.guess.questions.push(Question::label(&column.name, &doubt));
            self.guess.doubts.push(doubt);
        }
        self.guess.columns.label = Some(self.take("label", column, because));
    }

    /// The label in a file of its own: the column that is named like one, else the only one that production lacks.
    fn label_apart(&mut self) -> bool {
        let Some(labels) = &self.peeks.labels else {
            return false;
        };
        let production = &self.peeks.production;
        let fits = |column: &&ColumnPeek| {
            !column.shape.is_time() && !matches!(column.shape, Shape::Vector | Shape::Nested)
        };
        let known: Vec<&ColumnPeek> =
            labels.columns.iter().filter(fits).filter(|column| named(&column.name, &ID) == 0).collect();
        let alone: Vec<&ColumnPeek> =
            known.iter().copied().filter(|column| !production.has(&column.name)).collect();
        let by_name = best_by(known.into_iter(), |column| named(&column.name, &LABEL));
        let Some(column) = by_name.or(if let [one] = alone[..] { Some(one) } else { None }) else {
            return false;
        };
        let because = "a column of the file of labels".to_owned();
        self.guess.columns.label = Some(self.take("label", column, because));
        true
    }

    /// Whether a column is missing more often in production than in training, or is not there yet.
    fn comes_late(&self, name: &str) -> bool {
        let missing =
            |peek: &Peek| peek.column(name).map(|column| column.missing as f64 / peek.rows.max(1) as f64);
        match (missing(&self.peeks.training), missing(&self.peeks.production)) {
            (Some(training), Some(production)) => production > training + 0.005,
            (Some(_), None) => true,
            _ => false,
        }
    }

    /// The column of a role, from training if it is there, otherwise from production.
    fn role(&self, name: Option<&String>) -> Option<&'p ColumnPeek> {
        let name = name?;
        let apart = || self.peeks.labels.as_ref().and_then(|peek| peek.column(name));
        self.peeks.training.column(name).or_else(|| self.served_column(name)).or_else(apart)
    }

    fn task(&mut self) {
        if self.guess.task.is_some() {
            return;
        }
        let label = self.role(self.guess.columns.label.as_ref());
        if label.is_none() && self.guess.columns.prediction.is_none() && self.guess.columns.score.is_some() {
            self.guess.task = Some(Task::Binary);
            self.guess.reasons.insert("model.task".to_owned(), "the model logs a probability".to_owned());
            return;
        }
        let Some(column) = label.or_else(|| self.role(self.guess.columns.prediction.as_ref())) else {
            return;
        };
        let who = if label.is_some() { "the label" } else { "the prediction" };
        let foretold = self.role(self.guess.columns.prediction.as_ref());
        let is_value =
            foretold.is_some_and(|column| column.shape == Shape::Number && !column.is_probability());
        let (task, because) = match column.shape {
            Shape::Whole if is_value && column.distinct > 2 => {
                (Task::Regression, format!("{who} is a number, and the prediction has fractions"))
            }
            Shape::Number => (Task::Regression, format!("{who} is a number with fractions")),
            Shape::Whole if column.distinct > MOST_CLASSES => {
                (Task::Regression, format!("{who} is a number with {} different values", column.distinct))
            }
            Shape::Empty | Shape::Nested | Shape::Vector | Shape::Time | Shape::TimeText => return,
            _ if column.distinct > 2 => {
                if column.levels.is_empty() {
                    self.guess.doubts.push(format!(
                        "{} holds {} different texts, such as {:?}: a lot for class names. If they are numbers, \
                         say how they are written in [read]",
                        column.name,
                        column.distinct,
                        column.examples.first().map_or("", String::as_str)
                    ));
                }
                (Task::Multiclass, format!("{who} has {} different values", column.distinct))
            }
            _ => (Task::Binary, format!("{who} holds {}", listed(&column.levels))),
        };
        self.guess.task = Some(task);
        self.guess.reasons.insert("model.task".to_owned(), because);
    }

    fn positive(&mut self) {
        if self.guess.positive.is_some() {
            return;
        }
        let Some(label) = self.role(self.guess.columns.label.as_ref()) else {
            return;
        };
        let is = |level: &&String, names: &[&str]| names.contains(&level.trim().to_lowercase().as_str());
        let known = label.levels.iter().find(|level| is(level, POSITIVE));
        let known = known.or(match &label.levels[..] {
            [first, second] if is(&first, NEGATIVE) => Some(second),
            [first, second] if is(&second, NEGATIVE) => Some(first),
            _ => None,
        });
        let (positive, because) = match (known, &label.levels[..]) {
            (Some(level), _) => (level.clone(), "the usual name of the class to be detected"),
            (None, [first, second]) => match self.scored_high([first, second]) {
                Some(level) => (level, "the score is high where the answer is this class"),
                None => {
                    let doubt =
                        format!("{second:?} is taken as the positive class, for no better reason than order");
                    self.guess.questions.push(Question::positive(&label.levels, &doubt));
                    self.guess.doubts.push(doubt);
                    (second.clone(), "the second of the two in alphabetical order: check it")
                }
            },
            _ => return,
        };
        self.guess.positive = Some(positive);
        self.guess.reasons.insert("model.positive".to_owned(), because.to_owned());
    }

    fn id(&mut self) {
        if self.guess.columns.id.is_some() {
            return;
        }
        let rows = self.peeks.production.rows;
        let offline = self.peeks.offline.as_ref();
        let joined = [offline, self.peeks.labels.as_ref(), self.peeks.predictions.as_ref()];
        let unique = |column: &&ColumnPeek| {
            // Retries repeat an id; the id of a customer repeats, too.
            let is_of_request = words(&column.name).iter().any(|word| REQUEST.contains(&word.as_str()));
            let share = if is_of_request { 0.6 } else { 0.95 };
            let differs = column.distinct as f64 >= share * rows as f64 && column.missing == 0 && rows > 1;
            differs && matches!(column.shape, Shape::Text | Shape::Whole)
        };
        let rank = |column: &ColumnPeek| {
            let joins = joined.iter().flatten().all(|peek| peek.has(&column.name));
            let any = joined.iter().any(Option::is_some);
            if joins { named(&column.name, &ID).max(u32::from(any)) } else { 0 }
        };
        let production = &self.peeks.production;
        match best_by(self.free().filter(|column| production.has(&column.name)).filter(unique), rank) {
            Some(column) => {
                self.guess.columns.id =
                    Some(self.take("id", column, "its name; its values differ from row to row".to_owned()));
            }
            None if joined.iter().any(Option::is_some) => self.guess.doubts.push(
                "no column identifies a row in production and in the files beside it: they cannot be joined"
                    .to_owned(),
            ),
            None => {}
        }
    }

    /// Serving metrics: only in production, never negative.
    fn serving(&mut self) {
        for (role, names) in [("latency_ms", &LATENCY), ("cpu", &CPU), ("memory", &MEMORY)] {
            let training = &self.peeks.training;
            let fits = |column: &&ColumnPeek| {
                column.shape.is_number()
                    && (self.peeks.split || !training.has(&column.name))
                    && column.range.is_some_and(|(low, _)| low >= 0.0)
            };
            let Some(column) = best_by(self.free().filter(fits), |column| named(&column.name, names)) else {
                continue;
            };
            let taken = self.take(
                role,
                column,
                if self.peeks.split { "its name" } else { "its name; training does not have it" }.to_owned(),
            );
            let last = words(&column.name).pop().unwrap_or_default();
            match role {
                "latency_ms" => {
                    if matches!(last.as_str(), "s" | "sec" | "secs" | "seconds" | "us" | "micros" | "ns") {
                        self.guess.doubts.push(format!(
                            "{} is read as milliseconds, although its name says otherwise",
                            column.name
                        ));
                    }
                    self.guess.columns.latency_ms = Some(taken);
                }
                "cpu" => self.guess.columns.cpu = Some(taken),
                _ => self.guess.columns.memory = Some(taken),
            }
            if role != "latency_ms" && column.range.is_some_and(|(_, high)| high <= 1.0) {
                self.guess
                    .doubts
                    .push(format!("{} is read as percent; its values look like shares", column.name));
            }
        }
    }

    /// How many rows a row stands for; a bare "weight" may be one in kilograms.
    fn weight(&mut self) {
        let fits = |column: &&ColumnPeek| {
            column.shape.is_number()
                && column.range.is_some_and(|(low, _)| low >= 0.0)
                && WEIGHTS.contains(&words(&column.name).join("_").as_str())
        };
        let Some(column) = self.free().find(fits) else {
            return;
        };
        let because = "its name; metrics are weighted by it";
        self.guess.columns.weight = Some(self.take("weight", column, because.to_owned()));
    }

    fn features(&mut self) -> Result<(), CaseError> {
        let columns = &self.guess.columns;
        let names = self.peeks.training.columns.iter().map(|column| &column.name);
        self.guess.features = names.filter(|name| columns.is_feature(name)).cloned().collect();
        if self.guess.features.is_empty() {
            return Err(CaseError::NoFeatures { snapshot: self.peeks.training.path.clone() });
        }
        let production = &self.peeks.production;
        if !self.guess.features.iter().any(|name| production.has(name)) {
            let columns = production.columns.iter().map(|column| column.name.clone()).collect();
            return Err(CaseError::nothing_shared(
                &self.peeks.training.path,
                &self.guess.features,
                &production.path,
                columns,
                self.wrapped(),
            ));
        }
        Ok(())
    }
}

/// The column with the highest rank above 0; the first of equals.
fn best_by<'p>(
    columns: impl Iterator<Item = &'p ColumnPeek>,
    rank: impl Fn(&ColumnPeek) -> u32,
) -> Option<&'p ColumnPeek> {
    let mut best: Option<(u32, &ColumnPeek)> = None;
    for column in columns {
        let rank = rank(column);
        if rank > best.map_or(0, |(most, _)| most) {
            best = Some((rank, column));
        }
    }
    best.map(|(_, column)| column)
}

/// Whether a label can be the target of a prediction: the same few classes, or overlapping ranges of numbers.
fn same_levels(prediction: &ColumnPeek, label: &ColumnPeek) -> bool {
    if prediction.levels.is_empty() {
        let reach = |column: &ColumnPeek| column.range.filter(|_| column.shape.is_number());
        let (Some(p), Some(l)) = (reach(prediction), reach(label)) else {
            return false;
        };
        // Predictions vary less than labels, so most of their range must lie within that of the labels.
        let common = p.1.min(l.1) - p.0.max(l.0);
        let is_value = label.levels.is_empty() || label.distinct > 2;
        return is_value && common > 0.8 * (p.1 - p.0) && common > 0.2 * (l.1 - l.0);
    }
    let plain = |levels: &[String]| -> BTreeSet<String> {
        levels.iter().map(|level| level.strip_suffix(".0").unwrap_or(level).to_lowercase()).collect()
    };
    let (predicted, labels) = (plain(&prediction.levels), plain(&label.levels));
    labels.len() > 1 && predicted.is_subset(&labels)
}

/// `0 and 1`, `a, b and 3 more`.
fn listed(levels: &[String]) -> String {
    match levels {
        [] => "nothing".to_owned(),
        [one] => format!("only {one}"),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests;
