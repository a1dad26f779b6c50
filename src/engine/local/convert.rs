//! Converts polars columns to the values that are counted.

use polars::prelude::*;
use polars_arrow::array::{Array as _, PrimitiveArray, View};

use crate::{
    engine::fields::{Stored, StoredColumn},
    summary::{
        MISSING, Micros,
        values::{Collector, Dictionary, Form, NO_TIME, TextStyle, Values, epoch_whole, plausible},
    },
};

/// Returns the stored type that a polars type is read as.
pub(super) fn stored(dtype: &DataType) -> Stored {
    match dtype {
        DataType::Boolean => Stored::Boolean,
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => Stored::Text,
        DataType::Float16 | DataType::Float32 | DataType::Float64 | DataType::Decimal(..) => Stored::Number,
        DataType::Date | DataType::Datetime(..) | DataType::Duration(_) | DataType::Time => Stored::Time,
        DataType::Null => Stored::Empty,
        // Half-precision floats are widened when read, but not inside vectors.
        DataType::List(inner) | DataType::Array(inner, _) if **inner == DataType::Float16 => Stored::Other,
        DataType::List(inner) | DataType::Array(inner, _) if inner.is_primitive_numeric() => Stored::Vector,
        dtype if dtype.is_integer() => Stored::Whole,
        _ => Stored::Other,
    }
}

/// Returns the displayed name of a polars type: `Int64`, `Datetime`.
pub(super) fn type_name(dtype: &DataType) -> String {
    match dtype {
        DataType::Datetime(_, Some(zone)) => format!("Datetime({zone})"),
        DataType::Datetime(_, None) => "Datetime".to_owned(),
        DataType::Duration(_) => "Duration".to_owned(),
        DataType::Decimal(..) => "Decimal".to_owned(),
        DataType::Categorical(..) => "Categorical".to_owned(),
        DataType::Enum(..) => "Enum".to_owned(),
        DataType::List(inner) => format!("List({})", type_name(inner)),
        DataType::Array(inner, _) => format!("Array({})", type_name(inner)),
        DataType::Struct(_) => "Struct".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Returns the columns of an Arrow schema.
///
/// * `fields`: its fields, with those of records in place of the records.
/// * `pandas`: the metadata written by pandas, a JSON object that names the index columns.
pub(super) fn stored_columns<'f>(
    fields: impl Iterator<Item = &'f ArrowField>,
    pandas: Option<&str>,
) -> Vec<StoredColumn> {
    let pandas: serde_json::Value =
        pandas.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let index = pandas["index_columns"].as_array().cloned().unwrap_or_default();
    let column = |field: &ArrowField| {
        let name = &field.name;
        let (type_name, stored) = if *field.dtype() == ArrowDataType::Float16 {
            ("Float16".to_owned(), Stored::Number)
        } else if can_be_decoded(field.dtype()) {
            let dtype = DataType::from_arrow_field(field);
            (type_name(&dtype), stored(&dtype))
        } else {
            ("Float16".to_owned(), Stored::Other)
        };
        let index = index.iter().any(|column| column.as_str() == Some(name.as_str()));
        StoredColumn { name: name.to_string(), type_name, stored, reading: TextStyle::default(), index }
    };
    fields.map(column).collect()
}

/// Whether this build of polars can decode a type nested in another: all but half-precision floats. A plain
/// column of them is read by [`series`].
pub(super) fn can_be_decoded(dtype: &ArrowDataType) -> bool {
    *dtype == ArrowDataType::Float16 || holds_no_half_float(dtype)
}

fn holds_no_half_float(dtype: &ArrowDataType) -> bool {
    match dtype {
        ArrowDataType::Float16 => false,
        ArrowDataType::List(field)
        | ArrowDataType::LargeList(field)
        | ArrowDataType::FixedSizeList(field, _)
        | ArrowDataType::Map(field, _) => holds_no_half_float(field.dtype()),
        ArrowDataType::Struct(fields) => fields.iter().all(|field| holds_no_half_float(field.dtype())),
        ArrowDataType::Dictionary(_, values, _) => holds_no_half_float(values),
        _ => true,
    }
}

/// Converts Arrow arrays to a column. Half-precision floats, which this build of polars lacks, become floats.
pub(super) fn series(field: &ArrowField, arrays: Vec<ArrayRef>) -> PolarsResult<Series> {
    if *field.dtype() != ArrowDataType::Float16 {
        return Series::try_from((field, arrays));
    }
    let mut values: Vec<Option<f32>> = Vec::new();
    for array in arrays {
        let halves = array.as_any().downcast_ref::<PrimitiveArray<pf16>>();
        let halves =
            halves.ok_or_else(|| polars_err!(SchemaMismatch: "a column of Float16 holds something else"))?;
        values.extend(halves.iter().map(|half| half.map(|half| half.0.to_f32())));
    }
    Ok(Series::new(field.name.clone(), values))
}

/// Returns a column's name and its values as text.
pub(super) fn named_texts(series: &Series) -> PolarsResult<(String, Vec<Option<String>>)> {
    Ok((series.name().to_string(), texts(series)?))
}

/// Returns a column of times without the zone, which this build of polars cannot write; they are in UTC.
fn without_zone(series: &Series) -> PolarsResult<Series> {
    match series.dtype() {
        DataType::Datetime(unit, Some(_)) => series.to_physical_repr().cast(&DataType::Datetime(*unit, None)),
        _ => Ok(series.clone()),
    }
}

fn texts(series: &Series) -> PolarsResult<Vec<Option<String>>> {
    let series = &without_zone(series)?;
    let nested = matches!(
        series.dtype(),
        DataType::List(_) | DataType::Array(..) | DataType::Struct(_) | DataType::Binary
    );
    if !nested && let Ok(texts) = series.cast(&DataType::String) {
        return Ok(texts.str()?.iter().map(|text| text.map(str::to_owned)).collect());
    }
    let text =
        |row: usize| Ok(Some(series.get(row)?).filter(|v| !v.is_null()).map(|value| value.to_string()));
    (0..series.len()).map(text).collect()
}

/// Converts a timestamp from its unit to microseconds.
fn to_micros(unit: TimeUnit, x: i64) -> Micros {
    match unit {
        TimeUnit::Nanoseconds => x.div_euclid(1000),
        TimeUnit::Microseconds => x,
        TimeUnit::Milliseconds => x.saturating_mul(1000),
    }
}

/// Runs `$body` with `$array` bound to a chunked array of the column's own number type.
macro_rules! with_numbers {
    ($series:expr, $array:ident => $body:expr, else $other:expr) => {
        match $series.dtype() {
            DataType::Int8 => {
                let $array = $series.i8()?;
                $body
            }
            DataType::Int16 => {
                let $array = $series.i16()?;
                $body
            }
            DataType::Int32 => {
                let $array = $series.i32()?;
                $body
            }
            DataType::Int64 => {
                let $array = $series.i64()?;
                $body
            }
            DataType::UInt8 => {
                let $array = $series.u8()?;
                $body
            }
            DataType::UInt16 => {
                let $array = $series.u16()?;
                $body
            }
            DataType::UInt32 => {
                let $array = $series.u32()?;
                $body
            }
            DataType::UInt64 => {
                let $array = $series.u64()?;
                $body
            }
            _ => $other,
        }
    };
}

/// Converts a column to values.
///
/// * `spare`: a reusable buffer for numbers, to avoid an allocation per column.
/// * `reading`: how texts are parsed as numbers and times.
pub(super) fn values(
    series: Series,
    form: Form,
    dictionary: &mut Dictionary,
    spare: Vec<f64>,
    reading: TextStyle,
) -> PolarsResult<Values> {
    if form == Form::Number && *series.dtype() == DataType::Float64 && series.n_chunks() == 1 {
        return floats(series);
    }
    let series = &series;
    match (form, series.dtype()) {
        (Form::Number, _) => numbers(series, dictionary, spare, reading),
        (Form::Instant, DataType::Datetime(unit, _)) => {
            let unit = *unit;
            let instant = |x: i64| plausible(to_micros(unit, x));
            Ok(instants(series.to_physical_repr().i64()?, instant))
        }
        (Form::Instant, DataType::Date) => {
            let instant = |day: i64| plausible(day.saturating_mul(86_400_000_000));
            Ok(instants(series.cast(&DataType::Int64)?.i64()?, instant))
        }
        (Form::Instant, dtype) if dtype.is_integer() => {
            Ok(instants(series.cast(&DataType::Int64)?.i64()?, epoch_whole))
        }
        (Form::Vector, DataType::List(_) | DataType::Array(..)) => vectors(series),
        (Form::Code, DataType::String) => Ok(codes(series.str()?, dictionary)),
        (Form::Code, dtype) if dtype.is_integer() && *dtype != DataType::UInt64 => {
            let whole = series.cast(&DataType::Int64)?;
            let codes = each(whole.i64()?, MISSING, |x| dictionary.encode_whole(x));
            Ok(Values::Codes(codes))
        }
        (Form::Code, DataType::Categorical(..) | DataType::Enum(..)) => {
            Ok(codes(series.cast(&DataType::String)?.str()?, dictionary))
        }
        _ => row_by_row(series, form, dictionary, reading),
    }
}

/// Returns the numbers of a float column, reusing the decoded memory unless it is shared.
fn floats(series: Series) -> PolarsResult<Values> {
    let arrays = series.f64()?.clone().downcast_into_iter();
    drop(series);
    let mut values = Vec::new();
    for array in arrays {
        let (_, buffer, validity) = array.into_inner();
        values = buffer.into_mut().right_or_else(|shared| shared.as_slice().to_vec());
        if let Some(valid) = validity {
            for (x, known) in values.iter_mut().zip(valid.iter()) {
                *x = if known { *x } else { f64::NAN };
            }
        }
    }
    Ok(Values::Numbers { values, unreadable: Vec::new(), examples: Vec::new() })
}

fn instants(ticks: &Int64Chunked, instant: impl FnMut(i64) -> Micros) -> Values {
    Values::Instants { values: each(ticks, NO_TIME, instant), unreadable: None }
}

/// Maps every value of a column; `missing` for nulls.
fn each<T: Copy>(column: &Int64Chunked, missing: T, mut of: impl FnMut(i64) -> T) -> Vec<T> {
    let mut values = Vec::with_capacity(column.len());
    for chunk in column.downcast_iter() {
        match chunk.validity() {
            None => values.extend(chunk.values().iter().map(|&x| of(x))),
            Some(valid) => values.extend(
                chunk.values().iter().zip(valid.iter()).map(|(&x, ok)| if ok { of(x) } else { missing }),
            ),
        }
    }
    values
}

fn numbers(
    series: &Series,
    dictionary: &mut Dictionary,
    mut values: Vec<f64>,
    reading: TextStyle,
) -> PolarsResult<Values> {
    values.clear();
    values.reserve(series.len());
    /// Appends a chunked array, scaled.
    macro_rules! append {
        ($array:expr, $number:expr) => {
            for chunk in $array.downcast_iter() {
                let number = $number;
                match chunk.validity() {
                    None => values.extend(chunk.values().iter().map(|&x| number(x))),
                    Some(valid) => values.extend(
                        chunk
                            .values()
                            .iter()
                            .zip(valid.iter())
                            .map(|(&x, ok)| if ok { number(x) } else { f64::NAN }),
                    ),
                }
            }
        };
    }
    match series.dtype() {
        DataType::Float64 => append!(series.f64()?, |x: f64| x),
        DataType::Float32 => append!(series.f32()?, f64::from),
        DataType::Boolean => {
            values.extend(series.bool()?.iter().map(|x| x.map_or(f64::NAN, |x| f64::from(u8::from(x)))));
        }
        DataType::Decimal(..) => append!(series.cast(&DataType::Float64)?.f64()?, |x: f64| x),
        DataType::Datetime(unit, _) | DataType::Duration(unit) => {
            let unit = *unit;
            append!(series.to_physical_repr().i64()?, |x: i64| to_micros(unit, x) as f64 / 1e6);
        }
        DataType::Date => append!(series.to_physical_repr().i32()?, |x: i32| f64::from(x) * 86_400.0),
        DataType::Time => append!(series.to_physical_repr().i64()?, |x: i64| x as f64 / 1e9),
        DataType::Null => values.resize(series.len(), f64::NAN),
        // One conversion for all types of numbers, the wide ones among them.
        #[expect(clippy::cast_lossless, reason = "one macro for narrow and wide integers")]
        _ => with_numbers!(series, array => append!(array, |x| x as f64), else {
            return row_by_row(series, Form::Number, dictionary, reading);
        }),
    }
    Ok(Values::Numbers { values, unreadable: Vec::new(), examples: Vec::new() })
}

fn codes(texts: &StringChunked, dictionary: &mut Dictionary) -> Values {
    let mut codes = Vec::with_capacity(texts.len());
    for chunk in texts.downcast_iter() {
        let mut recent = Recent::default();
        let mut code =
            |(row, view): (usize, &View)| recent.code(view.as_u128(), || dictionary.encode(chunk.value(row)));
        let views = chunk.views().iter().enumerate();
        match chunk.validity() {
            None => codes.extend(views.map(code)),
            Some(valid) => {
                codes.extend(views.zip(valid.iter()).map(|(view, ok)| if ok { code(view) } else { MISSING }));
            }
        }
    }
    Values::Codes(codes)
}

/// A cache of the codes of recent texts, keyed by their string view. Short texts are stored in the view
/// itself, and equal texts of a Parquet dictionary share one, so that few texts are hashed and compared.
struct Recent(Vec<(u128, u32)>);

impl Default for Recent {
    fn default() -> Self {
        Self(vec![(0, MISSING); 1 << Self::BITS])
    }
}

impl Recent {
    const BITS: u32 = 11;

    fn code(&mut self, reference: u128, encode: impl FnOnce() -> u32) -> u32 {
        let folded = (reference as u64) ^ ((reference >> 64) as u64).rotate_left(29);
        let slot = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Self::BITS);
        let known = &mut self.0[slot as usize];
        // No text has the code that marks an empty slot.
        if known.0 != reference || known.1 == MISSING {
            *known = (reference, encode());
        }
        known.1
    }
}

fn vectors(series: &Series) -> PolarsResult<Values> {
    let lists = match series.dtype() {
        DataType::Array(inner, _) => series.cast(&DataType::List(inner.clone()))?,
        _ => series.clone(),
    };
    let mut collector = Collector::new(Form::Vector, series.len());
    let mut vector: Vec<f32> = Vec::new();
    for list in lists.list()?.amortized_iter() {
        match list {
            None => collector.missing(),
            Some(list) => {
                let floats = list.as_ref().cast(&DataType::Float32)?;
                vector.clear();
                vector.extend(floats.f32()?.iter().map(|x| x.unwrap_or(f32::NAN)));
                collector.vector(&vector);
            }
        }
    }
    Ok(collector.finish())
}

/// The slow path, for rare pairs of stored type and form.
fn row_by_row(
    series: &Series,
    form: Form,
    dictionary: &mut Dictionary,
    reading: TextStyle,
) -> PolarsResult<Values> {
    let mut collector = Collector::new(form, series.len()).reading(reading);
    match series.dtype() {
        DataType::String => {
            for text in series.str()?.iter() {
                match text {
                    Some(text) => collector.text(text, dictionary),
                    None => collector.missing(),
                }
            }
        }
        DataType::Boolean => {
            for x in series.bool()?.iter() {
                match x {
                    Some(x) => collector.boolean(x, dictionary),
                    None => collector.missing(),
                }
            }
        }
        DataType::Categorical(..) | DataType::Enum(..) => {
            return row_by_row(&series.cast(&DataType::String)?, form, dictionary, reading);
        }
        dtype if dtype.is_integer() && *dtype != DataType::UInt64 => {
            for x in series.cast(&DataType::Int64)?.i64()?.iter() {
                match x {
                    Some(x) => collector.integer(x, dictionary),
                    None => collector.missing(),
                }
            }
        }
        dtype if form == Form::Code && matches!(stored(dtype), Stored::Time) => {
            return row_by_row(&without_zone(series)?.cast(&DataType::String)?, form, dictionary, reading);
        }
        dtype if dtype.is_integer() || matches!(stored(dtype), Stored::Number) => {
            for x in series.cast(&DataType::Float64)?.f64()?.iter() {
                match x {
                    Some(x) => collector.number(x, dictionary),
                    None => collector.missing(),
                }
            }
        }
        _ => (0..series.len()).for_each(|_| collector.missing()),
    }
    Ok(collector.finish())
}
