//! Records within the columns of Parquet and Arrow files: each of their fields is a column of its own, such as `customer.age`,
//! as it is in JSON.

use polars::prelude::{ArrayRef, ArrowDataType, ArrowField, PlSmallStr};
use polars_arrow::{array::StructArray, compute::utils::combine_validities_and};

/// The most levels of records within a row whose fields become columns.
pub(super) const MOST_LEVELS: usize = 4;

/// The most columns that one record of the rows becomes: one with more holds data under keys that change.
pub(super) const MOST_WITHIN: usize = 200;

/// The columns that a field of a schema becomes: itself, or the fields of its records, in order.
pub(super) fn fields(field: &ArrowField) -> Vec<ArrowField> {
    let mut found = Vec::new();
    collect(field.clone(), 0, &mut found);
    if found.len() > MOST_WITHIN { vec![field.clone()] } else { found }
}

fn collect(field: ArrowField, level: usize, found: &mut Vec<ArrowField>) {
    match field.dtype() {
        ArrowDataType::Struct(inner) if level < MOST_LEVELS && !inner.is_empty() => {
            for own in inner {
                let name = PlSmallStr::from_string(format!("{}.{}", field.name, own.name));
                collect(ArrowField { name, ..own.clone() }, level + 1, found);
            }
        }
        _ => found.push(field),
    }
}

/// The columns of a field with their values, in the order of [`fields`].
pub(super) fn columns(field: &ArrowField, arrays: Vec<ArrayRef>) -> Vec<(ArrowField, Vec<ArrayRef>)> {
    let fields = fields(field);
    if matches!(&fields[..], [only] if only.name == field.name) {
        return fields.into_iter().map(|field| (field, arrays.clone())).collect();
    }
    let mut columns: Vec<(ArrowField, Vec<ArrayRef>)> =
        fields.into_iter().map(|field| (field, Vec::new())).collect();
    for array in arrays {
        let mut parts = Vec::with_capacity(columns.len());
        take_apart(array, 0, &mut parts);
        for ((_, values), part) in columns.iter_mut().zip(parts) {
            values.push(part);
        }
    }
    columns
}

fn take_apart(array: ArrayRef, level: usize, parts: &mut Vec<ArrayRef>) {
    let records = array.as_any().downcast_ref::<StructArray>();
    let Some(records) = records.filter(|records| level < MOST_LEVELS && !records.values().is_empty()) else {
        parts.push(array);
        return;
    };
    for values in records.values() {
        // A record that is missing has no fields, whatever is stored below it.
        let own = match values.dtype() {
            ArrowDataType::Null => values.clone(),
            _ => values.with_validity(combine_validities_and(records.validity(), values.validity())),
        };
        take_apart(own, level + 1, parts);
    }
}

#[cfg(test)]
mod tests {
    use polars_arrow::{array::PrimitiveArray, bitmap::Bitmap};

    use super::*;

    fn record(fields: Vec<(&str, ArrayRef)>, known: Option<&[bool]>) -> ArrayRef {
        let own = fields
            .iter()
            .map(|(name, values)| ArrowField::new(PlSmallStr::from_str(name), values.dtype().clone(), true));
        let rows = fields.first().map_or(0, |(_, values)| values.len());
        let dtype = ArrowDataType::Struct(own.collect());
        let values = fields.into_iter().map(|(_, values)| values).collect();
        StructArray::new(dtype, rows, values, known.map(|known| known.iter().copied().collect::<Bitmap>()))
            .boxed()
    }

    #[test]
    fn a_missing_record_has_no_fields() {
        let ages = PrimitiveArray::from_vec(vec![30_i64, 40, 50]).boxed();
        let inner = record(vec![("age", ages.clone())], None);
        let outer = record(vec![("of", inner), ("n", ages)], Some(&[true, false, true]));
        let field = ArrowField::new(PlSmallStr::from_static("customer"), outer.dtype().clone(), true);
        let names: Vec<String> = fields(&field).iter().map(|field| field.name.to_string()).collect();
        assert_eq!(names, ["customer.of.age", "customer.n"]);
        let columns = columns(&field, vec![outer]);
        for (field, values) in &columns {
            assert_eq!(values[0].null_count(), 1, "{}", field.name);
            assert!(values[0].is_null(1), "{}", field.name);
        }
        assert_eq!(columns.len(), 2);
    }

    #[test]
    fn a_record_with_very_many_fields_is_one_column() {
        let own = |at: usize| {
            ArrowField::new(PlSmallStr::from_string(format!("f{at}")), ArrowDataType::Int64, true)
        };
        let field = |count: usize| {
            let dtype = ArrowDataType::Struct((0..count).map(own).collect());
            ArrowField::new(PlSmallStr::from_static("user"), dtype, true)
        };
        assert_eq!(fields(&field(MOST_WITHIN)).len(), MOST_WITHIN);
        assert_eq!(fields(&field(MOST_WITHIN + 1)), [field(MOST_WITHIN + 1)]);
    }
}
