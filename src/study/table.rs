//! Tables as every face shows them: typed cells under named columns.

use serde::{Serialize, ser::SerializeMap as _};

use crate::{cached::cached, text::number};

/// How the numbers of a column are written for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Format {
    /// Text.
    Text,
    /// A count of rows.
    Count,
    /// A share, in percent.
    Share,
    /// A metric or distance, three decimals.
    Metric,
    /// A difference of metrics, with its sign.
    Signed,
    /// A probability of a test.
    PValue,
    /// A value in units of the data, four digits.
    Value,
}

cached!(
    enum Format {
        Text,
        Count,
        Share,
        Metric,
        Signed,
        PValue,
        Value,
    }
);

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, unescaped.
    Text(String),
    /// A number; NaN where it is undefined.
    Number(f64),
    /// A number with its 95 % interval.
    Interval(f64, (f64, f64)),
    /// Not known.
    Missing,
}

cached!(
    enum Cell {
        Text(part),
        Number(part),
        Interval(first, second),
        Missing,
    }
);

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        if value.is_nan() { Self::Missing } else { Self::Number(value) }
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::from)
    }
}

impl From<u64> for Cell {
    fn from(rows: u64) -> Self {
        Self::Number(rows as f64)
    }
}

impl From<usize> for Cell {
    fn from(rows: usize) -> Self {
        Self::Number(rows as f64)
    }
}

impl Cell {
    /// The cell as text.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        let one = |x: f64| match format {
            Format::Text | Format::Value => number::value(x),
            Format::Count if x >= 0.0 => number::whole(x.round() as u64),
            Format::Count | Format::Metric => number::metric(x),
            Format::Share => number::share(x),
            Format::Signed => number::signed(x),
            Format::PValue => number::p_value(x),
        };
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(x) => one(*x),
            Self::Interval(x, (low, high)) => format!("{} ({} to {})", one(*x), one(*low), one(*high)),
            Self::Missing => number::MISSING.to_owned(),
        }
    }

    /// The cell for a program that reads CSV: numbers in full, nothing where nothing is known; of an interval the value.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(x) | Self::Interval(x, _) if x.is_finite() => format!("{x}"),
            Self::Number(_) | Self::Interval(..) | Self::Missing => String::new(),
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Column {
    /// Its key in the JSON of a row.
    pub id: String,
    /// Its head.
    pub name: String,
    /// How its numbers are written.
    pub format: Format,
}

cached!(struct Column { id, name, format });

impl Column {
    /// A column.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>, format: Format) -> Self {
        Self { id: id.into(), name: name.into(), format }
    }
}

/// A table of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyTable {
    /// Names it within its study.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, as long as the columns.
    pub rows: Vec<Vec<Cell>>,
}

cached!(struct StudyTable { id, title, columns, rows });

impl StudyTable {
    /// An empty table.
    ///
    /// * `columns`: id, head and format of each.
    #[must_use]
    pub fn new(id: &'static str, title: impl Into<String>, columns: &[(&str, &str, Format)]) -> Self {
        let column = |&(id, name, format): &(&str, &str, Format)| Column::new(id, name, format);
        Self { id, title: title.into(), columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row, as long as the columns.
    pub fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len(), "a cell for each column of {}", self.id);
        self.rows.push(row);
    }

    /// All cells as text, the heads first.
    #[must_use]
    pub fn texts(&self) -> Vec<Vec<String>> {
        let mut lines = vec![self.columns.iter().map(|column| column.name.clone()).collect()];
        lines.extend(self.rows.iter().map(|row| self.line(row)));
        lines
    }

    /// A row's cells as text.
    #[must_use]
    pub fn line(&self, row: &[Cell]) -> Vec<String> {
        row.iter().zip(&self.columns).map(|(cell, column)| cell.text(column.format)).collect()
    }
}

/// A row as an object: the columns' ids with their values; an interval is `{value, interval}`.
struct RowObject<'a>(&'a [Column], &'a [Cell]);

#[derive(Serialize)]
struct WithInterval {
    value: f64,
    interval: (f64, f64),
}

impl Serialize for RowObject<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, cell) in self.0.iter().zip(self.1) {
            match cell {
                Cell::Text(text) => map.serialize_entry(&column.id, text)?,
                Cell::Number(x) => map.serialize_entry(&column.id, x)?,
                Cell::Interval(value, interval) => {
                    map.serialize_entry(&column.id, &WithInterval { value: *value, interval: *interval })?;
                }
                Cell::Missing => map.serialize_entry(&column.id, &None::<f64>)?,
            }
        }
        map.end()
    }
}

impl Serialize for StudyTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<RowObject<'_>> = self.rows.iter().map(|row| RowObject(&self.columns, row)).collect();
        let lines: Vec<Vec<String>> = self.rows.iter().map(|row| self.line(row)).collect();
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("columns", &self.columns)?;
        map.serialize_entry("rows", &rows)?;
        map.serialize_entry("lines", &lines)?;
        map.end()
    }
}

/// The JSON of a [`StudyTable`], for the schema.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "StudyTable")]
#[expect(dead_code, reason = "it is described, never made")]
struct TableSchema {
    /// Names it within its study.
    id: String,
    /// Its title.
    title: String,
    /// Its columns.
    columns: Vec<Column>,
    /// Its rows: the columns' ids with text, number, null or `{value, interval}`.
    rows: Vec<std::collections::BTreeMap<String, serde_json::Value>>,
    /// The same rows as text, for people.
    lines: Vec<Vec<String>>,
}

#[cfg(test)]
impl schemars::JsonSchema for StudyTable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        TableSchema::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        TableSchema::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_an_object_and_a_line() {
        let mut table = StudyTable::new(
            "t",
            "A table",
            &[("name", "name", Format::Text), ("rate", "rate", Format::Share), ("p", "p", Format::PValue)],
        );
        table.push(vec!["a".into(), Cell::Interval(0.5, (0.4, 0.6)), Cell::from(f64::NAN)]);
        let json = serde_json::to_value(&table).expect("text keys");
        assert_eq!(json["rows"][0]["name"], "a");
        assert_eq!(json["rows"][0]["rate"]["interval"][1], 0.6);
        assert!(json["rows"][0]["p"].is_null());
        assert_eq!(table.texts()[1], ["a", "50.0 % (40.0 % to 60.0 %)", number::MISSING]);
        assert_eq!(table.rows[0][1].plain(), "0.5");
    }
}
