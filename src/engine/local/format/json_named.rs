//! Values whose names stand beside them, or whose places are their names, as serving protocols write inputs and answers, as objects.

use serde_json::Value;

use super::json_columns::Object;
use crate::engine::local::nested::MOST_WITHIN;

/// The keys of an entry's name, and of its value: `{"name": "age", "data": [41]}` (`KServe`), `{"feature": "age", "value": 41}`.
const NAME: [&str; 4] = ["name", "feature", "feature_name", "key"];
const VALUE: [&str; 4] = ["value", "data", "values", "val"];

/// The keys of a list of names, and of the list of values beside it: `{"columns": ["age"], "data": [[41]]}` (`MLflow`),
/// `{"names": ["age"], "ndarray": [[41]]}` (Seldon).
const NAMES: [&str; 4] = ["columns", "names", "feature_names", "features"];
const VALUES: [&str; 5] = ["data", "ndarray", "values", "instances", "rows"];

/// A value as the object that its names make of it; none where no names stand beside its values.
pub(super) fn by_name(value: &Value) -> Option<Object> {
    match value {
        Value::Array(entries) if (1..=MOST_WITHIN).contains(&entries.len()) => {
            entries.iter().map(|entry| named_entry(entry.as_object()?)).collect()
        }
        Value::Object(table) => {
            let names = NAMES.iter().find_map(|key| table.get(*key)?.as_array())?;
            let values = row_of(VALUES.iter().find_map(|key| table.get(*key)?.as_array())?)?;
            let fits = names.len() == values.len() && (1..=MOST_WITHIN).contains(&names.len());
            let named = names.iter().zip(values);
            fits.then(|| {
                named.map(|(name, value)| Some((name.as_str()?.to_owned(), value.clone()))).collect()
            })?
        }
        _ => None,
    }
}

/// The name and the value of an entry, if it has both.
fn named_entry(entry: &Object) -> Option<(String, Value)> {
    let name = NAME.iter().find_map(|key| entry.get(*key)?.as_str())?;
    let value = VALUE.iter().find_map(|key| entry.get(*key))?;
    Some((name.to_owned(), value.clone()))
}

/// The most classes whose probabilities are columns of their own; a longer list is a vector.
const MOST_CLASSES: usize = 20;

/// How far the probabilities of all classes may be from adding up to 1, for rounding.
const ROUNDED: f64 = 0.011;

/// A list as an object with the places of its values, from 0 on, as keys; none for a list of one, of many, or of objects.
pub(super) fn by_place(value: &Value) -> Option<Object> {
    let values = row_of(value.as_array()?)?;
    let is_scalar = |value: &Value| !value.is_object() && !value.is_array();
    let fits = (2..=MOST_WITHIN).contains(&values.len()) && values.iter().all(is_scalar);
    fits.then(|| values.iter().enumerate().map(|(place, value)| (place.to_string(), value.clone())).collect())
}

/// [`by_place`] of a list whose values mean something by their places: the only row of a batch, a row of numbers and texts, the
/// probabilities of all classes. Any other list of numbers is a vector.
fn in_order(value: &Value) -> Option<Object> {
    let list = value.as_array()?;
    let is_of_classes = || {
        let shares: Vec<f64> = list.iter().filter_map(Value::as_f64).collect();
        shares.len() == list.len()
            && list.len() <= MOST_CLASSES
            && shares.iter().all(|share| (0.0..=1.0).contains(share))
            && (shares.iter().sum::<f64>() - 1.0).abs() <= ROUNDED
    };
    let is_row = matches!(&list[..], [Value::Array(_)])
        || list.iter().any(Value::is_string) && list.iter().any(Value::is_number);
    (is_row || is_of_classes()).then(|| by_place(value))?
}

/// The values of the only row of a table; those of the list itself where it holds no lists.
fn row_of(rows: &[Value]) -> Option<&[Value]> {
    match rows {
        [Value::Array(only)] => Some(only),
        rows if rows.iter().any(Value::is_array) => None,
        rows => Some(rows),
    }
}

/// A row with objects in place of all values that have their names beside them, or whose places are their names, and the paths of
/// these.
pub(super) fn with_names(mut row: Object) -> (Object, Vec<String>) {
    let mut paths = Vec::new();
    for (key, value) in &mut row {
        put_names(value, key, &mut paths);
    }
    (row, paths)
}

fn put_names(value: &mut Value, path: &str, paths: &mut Vec<String>) {
    if let Some(object) = by_name(value).or_else(|| in_order(value)) {
        paths.push(path.to_owned());
        *value = Value::Object(object);
        return;
    }
    if let Value::Object(inner) = value {
        for (key, value) in inner {
            put_names(value, &format!("{path}.{key}"), paths);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_beside_values_make_an_object() {
        let want = json!({"age": 41, "region": "north"});
        for value in [
            json!([{"name": "age", "value": 41}, {"name": "region", "value": "north"}]),
            json!([{"feature": "age", "value": 41, "unit": "years"}, {"feature": "region", "value": "north"}]),
            json!({"columns": ["age", "region"], "index": [0], "data": [[41, "north"]]}),
            json!({"names": ["age", "region"], "ndarray": [41, "north"]}),
        ] {
            assert_eq!(by_name(&value).map(Value::Object), Some(want.clone()), "{value}");
        }
        let tensors = json!([{"name": "age", "datatype": "FP32", "shape": [1], "data": [41]}]);
        assert_eq!(by_name(&tensors).map(Value::Object), Some(json!({"age": [41]})));
    }

    #[test]
    fn other_values_have_no_names_beside_them() {
        for value in [
            json!([]),
            json!([1, 2]),
            json!([{"label": "cat", "score": 0.9}]),
            json!([{"name": "age", "value": 41}, {"name": "region"}]),
            json!({"columns": ["age"], "data": [[41], [42]]}),
            json!({"columns": ["age", "region"], "data": [[41]]}),
            json!({"name": "age", "value": 41}),
        ] {
            assert_eq!(by_name(&value), None, "{value}");
        }
    }

    #[test]
    fn places_are_names_where_they_mean_something() {
        let keys = |value: Value| {
            in_order(&value).map(|object| object.keys().cloned().collect::<Vec<_>>().join(" "))
        };
        for (value, want) in [
            (json!([0.2, 0.8]), Some("0 1")),
            (json!([[0.2, 0.8]]), Some("0 1")),
            (json!([[41, null, 7.5]]), Some("0 1 2")),
            (json!([41, "north", null]), Some("0 1 2")),
            (json!([0.2, 0.3]), None),
            (json!([1.0]), None),
            (json!([[0.5]]), None),
            (json!([-0.5, 1.5]), None),
            (json!(["0.2", "0.8"]), None),
            (json!([[1, 2], [3, 4]]), None),
            (json!([[{"a": 1}, {"a": 2}]]), None),
            (json!([]), None),
        ] {
            assert_eq!(keys(value.clone()).as_deref(), want, "{value}");
        }
        assert_eq!(by_place(&json!([0.333, 0.333])).map(|found| found.len()), Some(2), "one row is rounded");
    }

    #[test]
    fn a_row_is_told_where_its_names_stood() {
        let Value::Object(row) = json!({"in": {"df": {"columns": ["x"], "data": [[1]]}}, "y": 2}) else {
            unreachable!("an object")
        };
        let (row, paths) = with_names(row);
        assert_eq!(Value::Object(row), json!({"in": {"df": {"x": 1}}, "y": 2}));
        assert_eq!(paths, ["in.df"]);
    }
}
