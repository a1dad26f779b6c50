//! Infers the type of a text file's column from its values.

use super::table_file::{DataFile, Told};
use crate::{
    case::{ReadRules, is_epoch, is_time_name, is_typed_number},
    engine::fields::{Stored, StoredColumn},
    summary::values::{
        DateEvidence, DateOrder, NumberEvidence, NumberStyle, OrderFound, StyleFound, TextStyle, is_instant,
        is_missing, is_missing_mark, read_number,
    },
};

/// What the texts of one column have in common.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub(super) struct TypeGuess {
    any: bool,
    whole: bool,
    number: bool,
    boolean: bool,
    time: bool,
    vector: bool,
    /// Whether quotes distinguish its texts from numbers, as in JSON.
    told_apart: bool,
    /// Whether all such texts are numbers as programs write them, and whether one has a fraction.
    quoted_numbers: bool,
    quoted_fraction: bool,
    /// Whether all of them count time since 1970.
    quoted_epochs: bool,
    /// How numbers and dates are written; only texts that are not told apart from numbers are looked at.
    numbers: NumberEvidence,
    dates: DateEvidence,
    /// A text that stands for a missing value and that a reader should be told of, and the number of them.
    mark: Option<(String, u64)>,
}

impl Default for TypeGuess {
    fn default() -> Self {
        Self {
            any: false,
            whole: true,
            number: true,
            boolean: true,
            time: true,
            vector: true,
            told_apart: false,
            quoted_numbers: true,
            quoted_fraction: false,
            quoted_epochs: true,
            numbers: NumberEvidence::default(),
            dates: DateEvidence::default(),
            mark: None,
        }
    }
}

impl TypeGuess {
    /// Adds a text; texts that stand for missing numbers are ignored.
    pub(super) fn text(&mut self, text: &str) {
        let trimmed = text.trim();
        let number = read_number(trimmed);
        let boolean = matches!(trimmed, "true" | "false" | "True" | "False" | "TRUE" | "FALSE");
        if number.is_some_and(|x| !x.is_finite()) {
            self.missing(trimmed);
            return;
        }
        self.any = true;
        self.boolean &= boolean;
        self.number &= number.is_some() && !boolean;
        self.whole &= trimmed.parse::<i64>().is_ok();
        // Some rows may count time since 1970 and others write it.
        self.time &= is_instant(trimmed) && number.is_none_or(is_epoch);
        self.vector &= trimmed.starts_with('[') && trimmed.ends_with(']') && !trimmed.starts_with("[{");
        if !self.time {
            self.dates.look(trimmed);
        }
        self.numbers.look(trimmed);
    }

    /// Counts a text that stands for a missing number or instant.
    fn missing(&mut self, text: &str) {
        if is_missing_mark(text) {
            self.mark.get_or_insert_with(|| (text.to_owned(), 0)).1 += 1;
        }
    }

    /// Adds a text that quotes distinguish from a number.
    pub(super) fn json_text(&mut self, text: &str) {
        if is_missing(text) {
            self.missing(text);
            return;
        }
        (self.any, self.told_apart) = (true, true);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        self.quoted_numbers &= !padded && text.parse::<f64>().is_ok_and(f64::is_finite);
        self.quoted_fraction |= digits.contains('.');
        self.quoted_epochs &= digits.parse::<f64>().is_ok_and(is_epoch);
        (self.whole, self.number, self.boolean, self.vector) = (false, false, false, false);
        self.time &= read_number(text).is_none() && is_instant(text);
        if !self.time {
            self.dates.look(text);
        }
        self.numbers.look(text);
    }

    /// Adds what other rows of the column hold; how their numbers and dates are written is not compared.
    pub(super) fn join(&mut self, other: &Self) {
        self.any |= other.any;
        self.whole &= other.whole;
        self.number &= other.number;
        self.boolean &= other.boolean;
        self.time &= other.time;
        self.vector &= other.vector;
        self.told_apart |= other.told_apart;
        self.quoted_numbers &= other.quoted_numbers;
        self.quoted_fraction |= other.quoted_fraction;
        self.quoted_epochs &= other.quoted_epochs;
    }

    /// Whether it has seen lists and nothing else.
    pub(super) const fn is_of_lists(&self) -> bool {
        self.any && self.vector
    }

    /// Whether it has seen no value.
    pub(super) const fn is_empty(&self) -> bool {
        !self.any
    }

    /// Adds a number.
    pub(super) fn number(&mut self, is_whole: bool) {
        self.any = true;
        self.whole &= is_whole;
        (self.boolean, self.time, self.vector) = (false, false, false);
    }

    /// Adds a boolean.
    pub(super) fn boolean(&mut self) {
        self.any = true;
        (self.whole, self.number, self.time, self.vector) = (false, false, false, false);
    }

    /// Adds a list.
    pub(super) fn vector(&mut self) {
        self.any = true;
        (self.whole, self.number, self.time, self.boolean) = (false, false, false, false);
    }

    /// Whether all its texts are numbers or instants, as programs or people write them.
    pub(super) fn is_measured(&self) -> bool {
        let is_styled = || matches!(self.numbers.style(None), StyleFound::Clear(_) | StyleFound::Either(_));
        let is_dated = || !matches!(self.dates.order(None), OrderFound::NoDates);
        self.any && (self.stored().0.is_measured() || is_styled() || is_dated())
    }

    /// Returns the type that fits all values, and its name.
    fn stored(&self) -> (Stored, &'static str) {
        match self {
            Self { any: false, .. } => (Stored::Empty, "Null"),
            Self { boolean: true, .. } => (Stored::Boolean, "Boolean"),
            Self { whole: true, .. } => (Stored::Whole, "Int64"),
            Self { number: true, .. } => (Stored::Number, "Float64"),
            Self { vector: true, .. } => (Stored::Vector, "List(Float64)"),
            Self { time: true, .. } => (Stored::Time, "Datetime"),
            _ => (Stored::Text, "String"),
        }
    }
}

/// Returns the columns of a text file, each with its type and formatting, with notes and questions about
/// them.
pub(super) fn stored_columns(
    names: Vec<String>,
    guesses: &[TypeGuess],
    file: &DataFile,
    rules: &ReadRules,
) -> (Vec<StoredColumn>, Told) {
    let votes = |style: NumberStyle| guesses.iter().filter(|g| g.numbers.vote() == Some(style)).count();
    let vote = match (votes(NumberStyle::Point), votes(NumberStyle::Comma)) {
        (1.., 0) => Some(NumberStyle::Point),
        (0, 1..) => Some(NumberStyle::Comma),
        _ => None,
    };
    let decimal = match rules.decimal {
        Some(b',') => Some(NumberStyle::Comma),
        Some(_) => Some(NumberStyle::Point),
        None => vote,
    };
    let mut told = Told::default();
    let mut read_as = ReadAs::default();
    let mut columns = Vec::new();
    for (name, guess) in names.into_iter().zip(guesses) {
        let (mut stored, mut type_name) = guess.stored();
        let mut reading = TextStyle::default();
        let is_text = matches!(stored, Stored::Text | Stored::Whole | Stored::Number);
        // A text in quotes of its own, as JSON has it, is a number where a person says so.
        let said = rules.numbers.contains(&name);
        if guess.told_apart && guess.quoted_numbers && stored == Stored::Text && !said {
            // A number without fractions may be a code, whose quotes mean something; one that is called a time is none.
            if guess.quoted_epochs && is_time_name(&name) {
                (stored, type_name) = (Stored::Whole, "Int64");
                read_as.quoted.push(name.clone());
            } else if guess.quoted_fraction || is_typed_number(&name) {
                (stored, type_name) = (Stored::Number, "Float64");
                read_as.quoted.push(name.clone());
            } else {
                read_as.codes.push(name.clone());
            }
        }
        let told_apart = guess.told_apart && !said;
        if is_text && !told_apart {
            match guess.numbers.style(decimal) {
                StyleFound::Clear(NumberStyle::Plain) | StyleFound::NoNumbers => {}
                StyleFound::Clear(style) => {
                    reading.number = style;
                    (stored, type_name) = (Stored::Number, "Float64");
                    let example = guess.numbers.example(style);
                    let value = style.read(example).map(|x| format!(" is {x}")).unwrap_or_default();
                    let words = format!("{name} ({example:?}{value})");
                    match read_as.styled.iter_mut().find(|(known, _)| *known == style) {
                        Some((_, names)) => names.push(words),
                        None => read_as.styled.push((style, vec![words])),
                    }
                    if guess.numbers.percent > 0 {
                        read_as.percent.push(name.clone());
                    }
                }
                StyleFound::Either(example) => {
                    (reading.number, stored, type_name) = (NumberStyle::Point, Stored::Number, "Float64");
                    told.questions.push(either(file, &name, &example));
                }
            }
        }
        if matches!(stored, Stored::Text | Stored::Whole) {
            match guess.dates.order(rules.dates) {
                OrderFound::NoDates => {}
                OrderFound::Clear(order, example, by_rows) => {
                    (reading.dates, stored, type_name) = (Some(order), Stored::Time, "Datetime");
                    if rules.dates.is_none() {
                        told.notes.push(dated(file, &name, order, &example, by_rows));
                    }
                }
                OrderFound::Either(example) => told.questions.push(format!(
                    "{}: {name} holds dates such as {example:?}, which are day/month or month/day: no day is above 12. Say \
                     which:  [read]  dates = \"day first\"  or  \"month first\"; until then it is text",
                    file.shown
                )),
            }
        }
        if stored == Stored::Text && !guess.told_apart && !said {
            told.questions.extend(guess.numbers.stray().map(|stray| strayed(file, &name, stray)));
            told.questions
                .extend(guess.numbers.units().map(|(text, units)| measured(file, &name, text, &units)));
        }
        if let Some((mark, _)) = guess.mark.as_ref().filter(|_| stored.is_measured()) {
            read_as.marked.push(format!("{name} ({mark:?})"));
        }
        columns.push(StoredColumn { name, type_name: type_name.to_owned(), stored, reading, index: false });
    }
    read_as.tell(file, &mut told);
    (columns, told)
}

/// How the columns of a file are read that could have been read otherwise, by name.
#[derive(Default)]
struct ReadAs {
    /// Columns of numbers by their formatting, each with an example.
    styled: Vec<(NumberStyle, Vec<String>)>,
    /// Columns of percentages.
    percent: Vec<String>,
    /// Columns of numbers in quotes.
    quoted: Vec<String>,
    /// Columns of whole numbers in quotes, which may be codes.
    codes: Vec<String>,
    /// Columns with texts that stand for a missing value, each with one.
    marked: Vec<String>,
}

impl ReadAs {
    fn tell(&self, file: &DataFile, told: &mut Told) {
        let Self { styled, percent, quoted, codes, marked } = self;
        for (style, names) in styled {
            told.notes.push(format!(
                "{}: numbers with {} are read in {}",
                file.shown,
                if *style == NumberStyle::Comma {
                    "a decimal comma"
                } else {
                    "thousands, currency, percent or quotation signs"
                },
                listed(names)
            ));
        }
        if !quoted.is_empty() {
            told.notes.push(format!(
                "{}: numbers in quotes are read as numbers in {}",
                file.shown,
                quoted.join(", ")
            ));
        }
        if !codes.is_empty() {
            told.questions.push(format!(
                "{}: {} {} whole numbers in quotes, which are taken for names. Where they are numbers, write  [read]  numbers \
                 = [{:?}]",
                file.shown,
                codes.join(", "),
                if codes.len() == 1 { "holds" } else { "hold" },
                codes[0]
            ));
        }
        if !marked.is_empty() {
            told.notes.push(format!(
                "{}: texts that stand for a missing value are read as one in {}",
                file.shown,
                listed(marked)
            ));
        }
        if !percent.is_empty() {
            told.notes.push(format!(
                "{}: percentages are read as fractions of 1 in {}",
                file.shown,
                percent.join(", ")
            ));
        }
    }
}

/// The first few names.
fn listed(names: &[String]) -> String {
    let more = if names.len() > 4 { format!(" and {} more", names.len() - 4) } else { String::new() };
    format!("{}{more}", names[..names.len().min(4)].join(", "))
}

fn strayed(file: &DataFile, name: &str, stray: &str) -> String {
    format!(
        "{}: nearly all values of {name} are numbers, but {stray:?} is not, so the column is read as text. To read it as \
         numbers and count the rest as unreadable, write  [read]  numbers = [{name:?}]",
        file.shown
    )
}

fn measured(file: &DataFile, name: &str, text: &str, units: &[&str]) -> String {
    let units: Vec<String> = units.iter().map(|unit| format!("{unit:?}")).collect();
    format!(
        "{}: the values of {name} are numbers followed by {} (such as {text:?}); the column is read as text. If it is a \
         quantity, write the numbers without their unit{}",
        file.shown,
        units.join(" or "),
        if units.len() > 1 { ", all in the same one" } else { "" }
    )
}

fn either(file: &DataFile, name: &str, example: &str) -> String {
    let of = |style: NumberStyle| style.read(example).map_or(String::new(), |x| x.to_string());
    format!(
        "{}: {name} holds numbers such as {example:?}, which is {} with a decimal comma and {} with commas between \
         thousands. Say which:  [read]  decimal = \",\"  or  \".\"; until then it is read as {}",
        file.shown,
        of(NumberStyle::Comma),
        of(NumberStyle::Point),
        of(NumberStyle::Point)
    )
}

fn dated(file: &DataFile, name: &str, order: DateOrder, example: &str, by_rows: bool) -> String {
    let (first, why) = match order {
        DateOrder::DayFirst => ("day first", "some days are above 12"),
        DateOrder::MonthFirst => ("month first", "some days are above 12"),
    };
    let why = if by_rows { "the rows are in order of time only that way" } else { why };
    format!("{}: the dates of {name} are read {first} ({example:?}): {why}", file.shown)
}
