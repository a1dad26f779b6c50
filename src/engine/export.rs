//! Rows written to files: review queues, golden sets, sample data.

use std::{borrow::Cow, path::Path};

use polars::prelude::{
    Column as PolarsColumn, CsvWriter, DataFrame, DataType, IntoColumn as _, NamedFrom as _, ParquetWriter,
    SerWriter as _, Series, TimeUnit,
};

use super::EngineError;
use crate::{
    case::{Case, output},
    summary::{Column, MISSING, Micros, Plan, Table, Task},
    text::formula,
};

/// The column with the reason why a row is in a review queue; it occurs only in queues.
pub const REVIEW_REASON: &str = "review_reason";

/// The column with the reason why a row is proposed for the golden set; it occurs only in proposals.
pub const PROPOSED_BECAUSE: &str = "proposed_because";

/// Columns that identify a CSV file as written here, with escaped formulas.
pub(super) const MARKS: [&str; 2] = [REVIEW_REASON, PROPOSED_BECAUSE];

/// A column to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The column's name.
    pub name: String,
    /// Its values.
    pub cells: Cells,
}

/// The values of a column to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Numbers; NaN is written as null.
    Numbers(Vec<f64>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Texts.
    Texts(Vec<Option<String>>),
    /// Times, written in UTC.
    Instants(Vec<Micros>),
    /// Vectors of equal length, row after row.
    Vectors {
        /// Length of each vector.
        width: usize,
        /// `rows x width` values.
        values: Vec<f32>,
    },
}

impl Written {
    /// Creates a column to write.
    #[must_use]
    pub fn new(name: &str, cells: Cells) -> Self {
        Self { name: name.to_owned(), cells }
    }
}

/// Returns the columns of sampled rows under the names used by the case.
#[must_use]
pub fn of_table(case: &Case, plan: &Plan, table: &Table) -> Vec<Written> {
    let columns = &case.columns;
    let mut written = Vec::new();
    if let Some(name) = columns.timestamp.as_ref().filter(|_| !table.time.is_empty()) {
        written.push(Written::new(name, Cells::Instants(table.time.clone())));
    }
    for (feature, column) in plan.features.iter().zip(&table.features) {
        if let Some(cells) = of_column(column, &feature.levels) {
            written.push(Written::new(&feature.name, cells));
        }
    }
    for (name, column, levels) in &table.extra {
        if let Some(cells) = of_column(column, levels) {
            written.push(Written::new(name, cells));
        }
    }
    let class = |x: &f64| plan.classes.get(*x as usize).filter(|_| !x.is_nan()).cloned();
    let named = [
        (columns.label.as_deref(), &table.label, true),
        (columns.prediction.as_deref(), &table.prediction, true),
        (columns.score.as_deref(), &table.score, false),
        (Some("launch_prediction"), &table.launch_prediction, true),
        (Some("launch_score"), &table.launch_score, false),
        (columns.latency_ms.as_deref(), &table.latency_ms, false),
        (columns.cpu.as_deref(), &table.cpu, false),
        (columns.memory.as_deref(), &table.memory, false),
    ];
    for (name, values, is_class) in named {
        let Some(name) = name.filter(|_| !values.is_empty()) else {
            continue;
        };
        let cells = if is_class && plan.task != Task::Regression {
            Cells::Texts(values.iter().map(class).collect())
        } else {
            Cells::Numbers(values.clone())
        };
        written.push(Written::new(name, cells));
    }
    written
}

fn of_column(column: &Column, levels: &[String]) -> Option<Cells> {
    match column {
        Column::Numeric { values, .. } => Some(Cells::Numbers(values.clone())),
        Column::Categorical(codes) => {
            let text = |&code: &u32| levels.get(code as usize).filter(|_| code != MISSING).cloned();
            Some(Cells::Texts(codes.iter().map(text).collect()))
        }
        Column::Embedding { width, values } => Some(Cells::Vectors { width: *width, values: values.clone() }),
        Column::Absent => None,
    }
}

/// Writes columns of equal length as CSV if the path ends in `.csv`, otherwise as Parquet. In CSV, a text
/// that a spreadsheet would execute as a formula gets a leading apostrophe ([`formula::escaped`]).
///
/// # Errors
///
/// When the file cannot be written.
pub fn write(path: &Path, columns: &[Written]) -> Result<(), EngineError> {
    let unwritable = |reason: String| EngineError::Unwritable { file: path.display().to_string(), reason };
    let mut bytes = Vec::new();
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let mut frame = frame(columns, is_csv).map_err(|error| unwritable(error.to_string()))?;
    let done = if is_csv {
        CsvWriter::new(&mut bytes).include_header(true).finish(&mut frame)
    } else {
        ParquetWriter::new(&mut bytes).finish(&mut frame).map(|_| ())
    };
    done.map_err(|error| unwritable(error.to_string()))?;
    output::write(path, &bytes).map_err(|error| unwritable(error.to_string()))
}

fn frame(columns: &[Written], flat: bool) -> polars::prelude::PolarsResult<DataFrame> {
    let columns = columns.iter().map(|Written { name, cells }| {
        let named = if flat { formula::escaped(name) } else { name.into() };
        let name = named.as_ref().into();
        let series = match cells {
            Cells::Numbers(values) => {
                let known: Vec<Option<f64>> = values.iter().map(|&x| (!x.is_nan()).then_some(x)).collect();
                Series::new(name, known)
            }
            Cells::Whole(values) => Series::new(name, values),
            Cells::Texts(values) if flat => {
                let texts: Vec<Option<Cow<'_, str>>> =
                    values.iter().map(|text| text.as_deref().map(formula::escaped)).collect();
                Series::new(name, texts)
            }
            Cells::Texts(values) => Series::new(name, values),
            Cells::Instants(values) if flat => {
                let texts: Vec<String> = values.iter().map(|&at| crate::text::time::rfc3339(at)).collect();
                Series::new(name, texts)
            }
            Cells::Instants(values) => {
                Series::new(name, values).cast(&DataType::Datetime(TimeUnit::Microseconds, None))?
            }
            Cells::Vectors { width, values } => {
                let vectors = values.chunks_exact((*width).max(1));
                if flat {
                    let texts: Vec<String> = vectors.map(|vector| format!("{vector:?}")).collect();
                    Series::new(name, texts)
                } else {
                    let vectors: Vec<Series> = vectors.map(|vector| Series::new("".into(), vector)).collect();
                    Series::new(name, vectors)
                }
            }
        };
        Ok(series.into_column())
    });
    DataFrame::new_infer_height(columns.collect::<polars::prelude::PolarsResult<Vec<PolarsColumn>>>()?)
}
