//! The numbers of the studies against those of `NumPy`, `SciPy` and scikit-learn: `tools/golden_numbers/studies.py` and
//! `measures.py` beside it wrote the cases and what they find in them.

use std::path::Path;

use serde_json::Value;

use super::commands::coroner;

/// A number, or its interval, that differs by more than what was asked.
fn apart(found: &Value, wanted: &Value) -> Option<String> {
    if let Some(text) = wanted["text"].as_str() {
        // An empty cell is null.
        let is_same = found.as_str().unwrap_or("–") == text;
        return (!is_same).then(|| format!("{wanted} but coroner says {found}"));
    }
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let (value, interval) =
        if found.is_object() { (&found["value"], &found["interval"]) } else { (found, &Value::Null) };
    let is_near = |a: f64, b: f64, tolerance: f64| (a - b).abs() <= tolerance;
    if !is_near(number(value), number(&wanted["value"]), number(&wanted["tolerance"])) {
        return Some(format!("{wanted} but coroner says {found}"));
    }
    // Ends of intervals differ by how a normal quantile is rounded.
    let ends = wanted["interval"].as_array().is_none_or(|ends| {
        ends.iter()
            .enumerate()
            .all(|(at, end)| is_near(number(&interval[at]), number(end), 1e-4 * (1.0 + number(end).abs())))
    });
    (!ends).then(|| format!("{wanted} but the interval is {interval}"))
}

/// Compares what `coroner study` prints of a case with what independent libraries find in it; returns what was printed and
/// expected.
fn compared(folder: &str, expected: &str, fewest: usize) -> (String, Value) {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let expected: Value = serde_json::from_str(expected).expect("JSON");
    let onset = expected["onset"].as_str().expect("an instant");
    let numbers = expected["numbers"].as_array().expect("a list");
    let mut topics: Vec<&str> = numbers.iter().filter_map(|one| one["study"].as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    let case = case.display().to_string();
    let mut words = vec!["study", case.as_str()];
    words.extend(&topics);
    words.extend(["--onset", onset, "--format", "json"]);
    let ran = coroner(&words);
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let tables = |study: &Value| -> Vec<Value> {
        let of = printed["studies"].as_array().expect("a list").iter().find(|one| one["id"] == *study);
        of.and_then(|one| one["tables"].as_array().cloned()).unwrap_or_default()
    };
    let mut wrong = Vec::new();
    for one in numbers {
        let is_meant = |row: &&Value| {
            one["where"].as_object().expect("columns").iter().all(|(column, value)| row[column] == *value)
        };
        let tables = tables(&one["study"]);
        let rows = tables
            .iter()
            .filter(|table| table["id"] == one["table"])
            .flat_map(|table| table["rows"].as_array().map_or(&[][..], Vec::as_slice));
        match rows.into_iter().find(is_meant) {
            Some(row) => wrong.extend(apart(&row[one["column"].as_str().expect("a column")], one)),
            None => wrong.push(format!("{one} has no row")),
        }
    }
    assert!(numbers.len() > fewest && wrong.is_empty(), "\n{}", wrong.join("\n"));
    (ran.stdout, expected)
}

#[test]
fn studies_find_what_independent_libraries_find() {
    let (printed, expected) = compared("studies", include_str!("../data/studies/expected.json"), 100);
    let p = expected["mcnemar_p"].as_f64().expect("a number");
    assert!(printed.contains(&format!("exact McNemar p {p:.3}")), "McNemar's p is {p}");
}

#[test]
fn studies_that_fit_rehearse_and_plan_find_what_independent_libraries_find() {
    compared("measures", include_str!("../data/measures/expected.json"), 90);
}
