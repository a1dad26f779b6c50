//! A part of the rows that the analyst narrows the case to: `region=north and app_hour>17`.

use std::{collections::BTreeMap, fmt};

use crate::{
    summary::{Column, JoinedRows, MISSING, SnapshotSummary, Span, Table, Width},
    text::{number, phrase::list_up_to, time},
};

use super::Dossier;

/// Fewer production rows than this tell nothing.
const FEWEST_ROWS: usize = 200;

/// How a value is compared with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Is,
    IsNot,
    Below,
    UpTo,
    Above,
    From,
}

impl Operator {
    /// The operators as they are written, the longer ones first.
    const ALL: [(&'static str, Self); 8] = [
        ("!=", Self::IsNot),
        ("<>", Self::IsNot),
        ("<=", Self::UpTo),
        (">=", Self::From),
        ("==", Self::Is),
        ("=", Self::Is),
        ("<", Self::Below),
        (">", Self::Above),
    ];

    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Is => value == limit,
            Self::IsNot => value != limit,
            Self::Below => value < limit,
            Self::UpTo => value <= limit,
            Self::Above => value > limit,
            Self::From => value >= limit,
        }
    }
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Of {
    Feature(usize),
    /// A column that is no input; each table has its own codes of its texts.
    Extra(String),
    Time,
    Score,
    Prediction,
    Label,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
struct Condition {
    of: Of,
    operator: Operator,
    /// What is compared: a number, an instant, a level's code.
    limit: Limit,
}

#[derive(Debug, Clone, PartialEq)]
enum Limit {
    Number(f64),
    /// Codes of the levels with this name; more than one where spellings differ in case only.
    Level(Vec<u32>),
    /// The text of a column that is no input.
    Text(String),
    /// Null.
    Missing,
}

/// A part of the rows, by conditions that all hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    conditions: Vec<Condition>,
    /// Spans of time of which one must hold the row; none for all of the log.
    spans: Vec<Span>,
    text: String,
}

/// Why a cohort cannot be read or followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CohortError {
    /// A condition has no operator, or nothing on one side of it.
    #[error("{0:?} is no condition; write  region=north  or  app_hour>17, joined by  and")]
    NoCondition(String),
    /// There is no such column.
    #[error("{name:?} is no input; {hint}")]
    UnknownColumn {
        /// What was typed.
        name: String,
        /// What may be typed.
        hint: String,
    },
    /// The value does not fit the column.
    #[error("{value:?} is no value of {column}; {hint}")]
    BadValue {
        /// The column.
        column: String,
        /// What was typed.
        value: String,
        /// What may be typed.
        hint: String,
    },
    /// Too few rows are left.
    #[error("{of} holds for {rows} of {all} sampled rows; {FEWEST_ROWS} are needed")]
    TooFew {
        /// The cohort.
        of: String,
        /// Rows that are left.
        rows: usize,
        /// Rows of the sample.
        all: usize,
    },
    /// The snapshot holds no rows.
    #[error("{0}, so no rows can be chosen")]
    NoRows(&'static str),
}

impl fmt::Display for Cohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cohort {
    /// Reads conditions, joined by `and`.
    ///
    /// # Errors
    ///
    /// The first condition that has no meaning on this case.
    pub fn parse(text: &str, dossier: &Dossier) -> Result<Self, CohortError> {
        let text = text.trim();
        let parts = split_at_and(text);
        let conditions = parts.iter().map(|part| condition(part, dossier)).collect::<Result<_, _>>()?;
        Ok(Self { conditions, spans: Vec::new(), text: text.to_owned() })
    }

    /// The rows of two spans of time, the one after the other.
    #[must_use]
    pub fn periods(first: Span, second: Span) -> Self {
        let shown = |span: Span| format!("{} to {}", time::short(span.from), time::short(span.to));
        let text = format!("{} against {}", shown(second), shown(first));
        Self { conditions: Vec::new(), spans: vec![first, second], text }
    }

    /// Whether it is made of two periods, the second held against the first.
    #[must_use]
    pub fn is_of_periods(&self) -> bool {
        !self.spans.is_empty()
    }

    /// The rows of a table that it holds for. What has no clock is not narrowed by it: training has no onset.
    #[must_use]
    pub fn rows(&self, table: &Table) -> Vec<usize> {
        let inside = |row: usize| {
            let at = table.time.get(row);
            self.spans.is_empty()
                || at.is_none_or(|at| self.spans.iter().any(|span| (span.from..span.to).contains(at)))
        };
        let holds = |&row: &usize| inside(row) && self.conditions.iter().all(|c| c.holds(table, row));
        (0..table.rows).filter(holds).collect()
    }

    /// Whether enough rows are left; much quicker than to narrow the case.
    ///
    /// # Errors
    ///
    /// As [`Cohort::narrow`].
    pub fn check(&self, whole: &Dossier) -> Result<(), CohortError> {
        self.left(whole).map(|_| ())
    }

    /// The production rows that are left.
    fn left(&self, whole: &Dossier) -> Result<Vec<usize>, CohortError> {
        if let Some(why) = whole.without_rows(true, true) {
            return Err(CohortError::NoRows(why));
        }
        let sample = &whole.production.sample;
        let rows = self.rows(sample);
        if rows.len() < FEWEST_ROWS {
            return Err(CohortError::TooFew { of: self.text.clone(), rows: rows.len(), all: sample.rows });
        }
        Ok(rows)
    }

    /// The case as if every snapshot held only these rows: counted anew from the sampled rows.
    ///
    /// # Errors
    ///
    /// When a snapshot has no rows, or too few are left.
    pub fn narrow(&self, whole: &Dossier) -> Result<Dossier, CohortError> {
        let rows = self.left(whole)?;
        let all = whole.production.sample.rows;
        let mut data = whole.data.clone();
        let width = data.production.grid.map(|grid| grid.width);
        data.production = recounted(whole, &whole.production, whole.production.sample.take(&rows), width);
        let learnt = self.rows(&whole.training.sample);
        // A cohort that does not occur in training is compared with all of training.
        if learnt.len() >= FEWEST_ROWS {
            data.training = recounted(whole, &whole.training, whole.training.sample.take(&learnt), None);
        }
        // Too few trusted rows show nothing, and none would look as if all were well.
        data.golden = data.golden.take().and_then(|golden| {
            let trusted = self.rows(&golden);
            (trusted.len() >= FEWEST_ROWS).then(|| golden.take(&trusted))
        });
        let place: BTreeMap<usize, usize> = rows.iter().enumerate().map(|(new, &old)| (old, new)).collect();
        for joined in [&mut data.offline, &mut data.reviewed].into_iter().flatten() {
            *joined = rejoined(joined, &place);
        }
        data.notes.push(format!(
            "Narrowed to {}: {} of {} sampled production rows; everything is counted from them.",
            self.text,
            number::whole(rows.len() as u64),
            number::whole(all as u64)
        ));
        // A dossier of its own: what was learnt of all rows does not hold for these.
        let mut dossier = Dossier::new(data, whole.artifact.clone());
        dossier.label_doubts.clone_from(&whole.label_doubts);
        dossier.narrowed = Some(self.text.clone());
        dossier.lost_golden = whole.golden.is_some() && dossier.golden.is_none();
        Ok(dossier)
    }
}

/// A case that is narrowed to two periods with the first of them in place of training: what is then measured against training
/// is measured against that period. None where the first period has too few rows.
///
/// * `first`: rows of the production sample.
#[must_use]
pub fn against(dossier: &Dossier, first: &[usize]) -> Option<Dossier> {
    if first.len() < FEWEST_ROWS {
        return None;
    }
    let mut data = dossier.data.clone();
    data.training = recounted(dossier, &dossier.training, dossier.production.sample.take(first), None);
    let mut held = Dossier::new(data, dossier.artifact.clone());
    held.label_doubts.clone_from(&dossier.label_doubts);
    held.narrowed.clone_from(&dossier.narrowed);
    held.lost_golden = dossier.lost_golden;
    Some(held)
}

/// A snapshot as if it held only these rows; what rows do not tell stays as the pass found it.
pub(super) fn recounted(
    dossier: &Dossier,
    old: &SnapshotSummary,
    rows: Table,
    width: Option<Width>,
) -> SnapshotSummary {
    let mut new = SnapshotSummary::from_table(&dossier.plan, rows, width);
    for (counts, before) in new.features.iter_mut().zip(&old.features) {
        counts.stored_as.clone_from(&before.stored_as);
    }
    new.new_columns.clone_from(&old.new_columns);
    new
}

/// The rows of another snapshot whose production row is left.
///
/// * `place`: where each production row that is left stands now.
pub(super) fn rejoined(joined: &JoinedRows, place: &BTreeMap<usize, usize>) -> JoinedRows {
    let left: Vec<(usize, usize)> = joined
        .production_row
        .iter()
        .enumerate()
        .filter_map(|(row, old)| Some((row, *place.get(old)?)))
        .collect();
    let rows: Vec<usize> = left.iter().map(|(row, _)| *row).collect();
    JoinedRows {
        table: joined.table.take(&rows),
        production_row: left.into_iter().map(|(_, new)| new).collect(),
        population: joined.population,
    }
}

/// The parts between the words `and`, outside of quotes.
fn split_at_and(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for word in text.split_inclusive(char::is_whitespace) {
        if !quoted && word.trim().eq_ignore_ascii_case("and") {
            parts.push(String::new());
            continue;
        }
        quoted ^= word.matches('"').count() % 2 == 1;
        if let Some(last) = parts.last_mut() {
            last.push_str(word);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

fn condition(text: &str, dossier: &Dossier) -> Result<Condition, CohortError> {
    let place = |(sign, operator): &(&str, Operator)| Some((text.find(sign)?, sign.len(), *operator));
    // The operator that stands first; of two at one place the longer one.
    let found = Operator::ALL
        .iter()
        .filter_map(place)
        .min_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)));
    let (at, length, operator) = found.ok_or_else(|| CohortError::NoCondition(text.to_owned()))?;
    let (name, value) = (text[..at].trim(), text[at + length..].trim().trim_matches('"'));
    if name.is_empty() || value.is_empty() {
        return Err(CohortError::NoCondition(text.to_owned()));
    }
    let features = &dossier.plan.features;
    let of = match features.iter().position(|feature| feature.name == name) {
        Some(feature) => Of::Feature(feature),
        None => match name {
            "time" => Of::Time,
            "score" => Of::Score,
            "prediction" => Of::Prediction,
            "label" => Of::Label,
            _ if dossier.production.sample.extra.iter().any(|(extra, ..)| extra == name) => {
                Of::Extra(name.to_owned())
            }
            _ => {
                let extra = dossier.production.sample.extra.iter().map(|(extra, ..)| extra.as_str());
                let names = features.iter().map(|feature| feature.name.as_str()).chain(extra);
                let near = crate::text::nearest::nearest(name, names);
                let hint = match near.first() {
                    Some(near) => format!("did you mean {near}?"),
                    None => "there are its inputs, time, score, prediction and label".to_owned(),
                };
                return Err(CohortError::UnknownColumn { name: name.to_owned(), hint });
            }
        },
    };
    let bad = |hint: String| CohortError::BadValue { column: name.to_owned(), value: value.to_owned(), hint };
    let limit = limit(&of, value, dossier).map_err(bad)?;
    if matches!(limit, Limit::Level(_) | Limit::Text(_) | Limit::Missing)
        && !matches!(operator, Operator::Is | Operator::IsNot)
    {
        return Err(bad("names and null are compared with = and != only".to_owned()));
    }
    Ok(Condition { of, operator, limit })
}

fn limit(of: &Of, value: &str, dossier: &Dossier) -> Result<Limit, String> {
    let plan = &dossier.plan;
    if value.eq_ignore_ascii_case("null") || value.eq_ignore_ascii_case("missing") {
        return Ok(Limit::Missing);
    }
    let named = |levels: &[String]| {
        let same = |exact: bool| -> Vec<u32> {
            let fits = |level: &String| level == value || (!exact && level.eq_ignore_ascii_case(value));
            (0..levels.len() as u32).filter(|&code| fits(&levels[code as usize])).collect()
        };
        let exact = same(true);
        let codes = if exact.is_empty() { same(false) } else { exact };
        let known: Vec<&str> = levels.iter().map(String::as_str).collect();
        if codes.is_empty() { Err(format!("there are {}", list_up_to(&known, 6))) } else { Ok(codes) }
    };
    match *of {
        Of::Time => match time::parse(value) {
            Some(at) => Ok(Limit::Number(at as f64)),
            None => Err("write 2026-03-18 or 2026-03-18T02:00 (UTC)".to_owned()),
        },
        Of::Feature(feature) if !plan.features[feature].levels.is_empty() => {
            named(&plan.features[feature].levels).map(Limit::Level)
        }
        Of::Extra(ref name) if !texts_of(&dossier.production.sample, name).is_empty() => {
            let texts = texts_of(&dossier.production.sample, name);
            let codes = named(texts)?;
            Ok(Limit::Text(codes.first().map_or_else(String::new, |&code| texts[code as usize].clone())))
        }
        Of::Label | Of::Prediction if !plan.classes.is_empty() => {
            let codes = named(&plan.classes)?;
            Ok(Limit::Number(codes.first().map_or(f64::NAN, |&code| f64::from(code))))
        }
        _ => match value.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Limit::Number(number)),
            _ => Err("it holds numbers".to_owned()),
        },
    }
}

/// The texts of a column that is no input; nothing where it holds numbers.
fn texts_of<'a>(table: &'a Table, name: &str) -> &'a [String] {
    table.extra.iter().find(|(extra, ..)| extra == name).map_or(&[], |(.., texts)| texts.as_slice())
}

impl Condition {
    /// Whether it holds for the text, or the missing one, of a column that is no input.
    fn holds_for_text(&self, code: u32, texts: &[String]) -> bool {
        let is = match &self.limit {
            Limit::Text(wanted) => {
                texts.get(code as usize).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
            }
            Limit::Missing => code == MISSING,
            Limit::Number(_) | Limit::Level(_) => false,
        };
        is == (self.operator == Operator::Is)
    }

    fn holds(&self, table: &Table, row: usize) -> bool {
        let number = |values: &[f64]| values.get(row).copied();
        let value = match &self.of {
            Of::Time => match table.time.get(row) {
                Some(&at) => Some(at as f64),
                // What has no clock is not narrowed by it.
                None => return true,
            },
            Of::Score => number(&table.score),
            Of::Prediction => number(&table.prediction),
            Of::Label => number(&table.label),
            Of::Extra(name) => match table.extra.iter().find(|(extra, ..)| extra == name) {
                Some((_, Column::Numeric { values, .. }, _)) => values.get(row).copied(),
                Some((_, Column::Categorical(codes), texts)) => {
                    let code = codes.get(row).copied().unwrap_or(MISSING);
                    return self.holds_for_text(code, texts);
                }
                _ => return false,
            },
            Of::Feature(feature) => match table.features.get(*feature) {
                Some(Column::Numeric { values, .. }) => values.get(row).copied(),
                Some(Column::Categorical(codes)) => {
                    let code = codes.get(row).copied().unwrap_or(MISSING);
                    let is = match &self.limit {
                        Limit::Level(wanted) => wanted.contains(&code),
                        Limit::Missing => code == MISSING,
                        Limit::Number(_) | Limit::Text(_) => false,
                    };
                    return is == (self.operator == Operator::Is);
                }
                _ => None,
            },
        };
        let value = value.unwrap_or(f64::NAN);
        match self.limit {
            Limit::Missing => value.is_nan() == (self.operator == Operator::Is),
            Limit::Number(limit) => !value.is_nan() && self.operator.holds(value, limit),
            Limit::Level(_) | Limit::Text(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::fixture, autopsy::investigate};
    use std::sync::Arc;

    #[test]
    fn conditions_are_read_and_hold_for_the_rows_that_they_say() {
        let dossier = fixture::investigation().dossier;
        let sample = &dossier.production.sample;
        let cohort = Cohort::parse("utilization>0.3 and utilization <= 0.9", &dossier).expect("it reads");
        let values = sample.features[0].numbers().expect("numbers");
        let rows = cohort.rows(sample);
        assert!(!rows.is_empty() && rows.len() < sample.rows);
        assert!(rows.iter().all(|&row| values[row] > 0.3 && values[row] <= 0.9));
        let level = dossier.plan.features[1].levels[0].clone();
        let one = Cohort::parse(&format!("region=\"{level}\""), &dossier).expect("it reads");
        let other = Cohort::parse(&format!("region!={level}"), &dossier).expect("it reads");
        assert_eq!(one.rows(sample).len() + other.rows(sample).len(), sample.rows);
    }

    #[test]
    fn what_cannot_be_read_says_what_can() {
        let dossier = fixture::investigation().dossier;
        let message = |text: &str| Cohort::parse(text, &dossier).expect_err("no meaning").to_string();
        assert!(
            message("utilisation>3").contains("did you mean utilization?"),
            "{}",
            message("utilisation>3")
        );
        assert!(message("region=nowhere").contains("there are"), "{}", message("region=nowhere"));
        assert!(
            message("region>north").contains("= and != only")
                || message("region>north").contains("there are")
        );
        assert!(message("utilization").contains("is no condition"));
        assert!(message("utilization>high").contains("it holds numbers"));
        assert!(message("time>yesterday").contains("2026-03-18"));
    }

    #[test]
    fn a_narrowed_case_knows_that_it_lost_its_golden_rows() {
        let mut whole = (*fixture::investigation().dossier).clone();
        let level = whole.plan.features[1].levels[0].clone();
        let cohort = Cohort::parse(&format!("region=\"{level}\""), &whole).expect("it reads");
        whole.data.golden = Some(whole.training.sample.take(&(0..FEWEST_ROWS).collect::<Vec<_>>()));
        let narrowed = cohort.narrow(&whole).expect("enough rows");
        assert!(narrowed.golden.is_none() && narrowed.lost_golden);
        whole.data.golden = None;
        assert!(!cohort.narrow(&whole).expect("enough rows").lost_golden);
    }

    #[test]
    fn a_narrowed_case_is_counted_from_its_rows() {
        let dossier = fixture::investigation().dossier;
        let cohort = Cohort::parse("utilization>0", &dossier).expect("it reads");
        let rows = cohort.rows(&dossier.production.sample).len();
        let narrowed = cohort.narrow(&dossier).expect("enough rows");
        assert_eq!(narrowed.production.rows, rows as u64);
        assert!(narrowed.notes.last().is_some_and(|note| note.contains("Narrowed to utilization>0")));
        let none = Cohort::parse("utilization>1e9", &dossier).expect("it reads");
        assert!(matches!(none.narrow(&dossier), Err(CohortError::TooFew { rows: 0, .. })));
        let investigation = investigate(Arc::new(narrowed), &|_| {});
        assert!(investigation.is_whole());
    }
}
