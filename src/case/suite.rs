//! Expectations of other tools: what a suite of Great Expectations, a schema of pandera or a JSON schema says about columns.

use crate::cached::cached;
use serde_json::Value;

/// What every value of a column should be like.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// No value is missing.
    NotNull,
    /// Numbers lie between the bounds, both included; none where there is no bound.
    Between(Option<f64>, Option<f64>),
    /// Values are among these, as text.
    Among(Vec<String>),
    /// The column is there.
    Exists,
}

cached!(
    enum Rule {
        NotNull,
        Between(first, second),
        Among(part),
        Exists,
    }
);

/// One clause of a suite.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The column.
    pub column: String,
    /// What holds for its values.
    pub rule: Rule,
    /// The share of rows for which it has to hold.
    pub mostly: f64,
}

cached!(struct Clause { column, rule, mostly });

/// The clauses of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Suite {
    /// Those that are understood.
    pub clauses: Vec<Clause>,
    /// What was passed over: the names of expectations or checks, each once.
    pub passed_over: Vec<String>,
}

cached!(struct Suite { clauses, passed_over });

impl Suite {
    /// Reads a suite of Great Expectations (`expectations`), a schema of pandera as its `to_json` writes it (`columns`), or a
    /// JSON schema of a row (`properties`).
    ///
    /// # Errors
    ///
    /// What is wrong with the text, as a clause.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
        let mut suite = Self::default();
        if let Some(expectations) = value["expectations"].as_array() {
            expectations.iter().for_each(|one| suite.expectation(one));
        } else if let Some(columns) = value["columns"].as_object() {
            columns.iter().for_each(|(column, one)| suite.pandera(column, one));
        } else if let Some(properties) = value["properties"].as_object() {
            let required = value["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            required.for_each(|column| suite.add(column, Rule::Exists, 1.0));
            properties.iter().for_each(|(column, one)| suite.property(column, one));
        } else {
            return Err("holds neither expectations nor columns nor properties".to_owned());
        }
        suite.passed_over.sort_unstable();
        suite.passed_over.dedup();
        Ok(suite)
    }

    fn add(&mut self, column: &str, rule: Rule, mostly: f64) {
        self.clauses.push(Clause { column: column.to_owned(), rule, mostly });
    }

    /// An expectation of Great Expectations; `type` since version 1, `expectation_type` before.
    fn expectation(&mut self, one: &Value) {
        let name = one["expectation_type"].as_str().or(one["type"].as_str()).unwrap_or_default();
        let given = &one["kwargs"];
        let Some(column) = given["column"].as_str() else {
            self.passed_over.push(name.to_owned());
            return;
        };
        let mostly = given["mostly"].as_f64().unwrap_or(1.0);
        let rule = match name {
            "expect_column_values_to_not_be_null" => Rule::NotNull,
            "expect_column_values_to_be_between" => {
                Rule::Between(given["min_value"].as_f64(), given["max_value"].as_f64())
            }
            "expect_column_values_to_be_in_set" => Rule::Among(texts(&given["value_set"])),
            "expect_column_to_exist" => Rule::Exists,
            _ => {
                self.passed_over.push(name.to_owned());
                return;
            }
        };
        self.add(column, rule, mostly);
    }

    /// A column of a pandera schema.
    fn pandera(&mut self, column: &str, one: &Value) {
        if one["required"].as_bool() != Some(false) {
            self.add(column, Rule::Exists, 1.0);
        }
        if one["nullable"].as_bool() == Some(false) {
            self.add(column, Rule::NotNull, 1.0);
        }
        let checks: Vec<(String, &Value)> = match &one["checks"] {
            Value::Object(checks) => checks.iter().map(|(name, value)| (name.clone(), value)).collect(),
            // Newer versions list the checks, each with its name among its options.
            Value::Array(checks) => checks
                .iter()
                .filter_map(|check| Some((check["options"]["check_name"].as_str()?.to_owned(), check)))
                .collect(),
            _ => Vec::new(),
        };
        for (name, given) in checks {
            let value = |key: &str| given[key].as_f64().or(given["value"].as_f64()).or(given.as_f64());
            let list =
                [given, &given["value"], &given["allowed_values"]].into_iter().find(|list| list.is_array());
            match name.as_str() {
                "greater_than_or_equal_to" => self.add(column, Rule::Between(value("min_value"), None), 1.0),
                "less_than_or_equal_to" => self.add(column, Rule::Between(None, value("max_value")), 1.0),
                "in_range" => {
                    let bound = |key: &str| given[key].as_f64();
                    self.add(column, Rule::Between(bound("min_value"), bound("max_value")), 1.0);
                }
                "isin" => self.add(column, Rule::Among(list.map_or_else(Vec::new, texts)), 1.0),
                _ => self.passed_over.push(name),
            }
        }
    }

    /// A property of a JSON schema.
    fn property(&mut self, column: &str, one: &Value) {
        let (low, high) = (one["minimum"].as_f64(), one["maximum"].as_f64());
        if low.is_some() || high.is_some() {
            self.add(column, Rule::Between(low, high), 1.0);
        }
        let is_null = |value: &Value| value.is_null() || value == "null";
        if let Some(levels) = one["enum"].as_array() {
            self.add(column, Rule::Among(texts(&one["enum"])), 1.0);
            if !levels.iter().any(is_null) {
                self.add(column, Rule::NotNull, 1.0);
            }
        } else if !one["type"].is_null()
            && !one["type"].as_array().is_some_and(|types| types.iter().any(is_null))
        {
            self.add(column, Rule::NotNull, 1.0);
        }
    }
}

/// Values of a list as the texts of levels.
fn texts(list: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    list.as_array().into_iter().flatten().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(column: &str, rule: Rule) -> Clause {
        Clause { column: column.to_owned(), rule, mostly: 1.0 }
    }

    #[test]
    fn a_suite_of_great_expectations_is_read() {
        let suite = Suite::read(
            r#"{"expectations": [
                {"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age", "mostly": 0.95}},
                {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 18}},
                {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "zone", "value_set": ["a", 2]}},
                {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "age"}},
                {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 3}}
            ]}"#,
        )
        .expect("a suite");
        assert_eq!(
            suite.clauses,
            [
                Clause { mostly: 0.95, ..clause("age", Rule::NotNull) },
                clause("age", Rule::Between(Some(18.0), None)),
                clause("zone", Rule::Among(vec!["a".to_owned(), "2".to_owned()])),
            ]
        );
        assert_eq!(
            suite.passed_over,
            ["expect_column_mean_to_be_between", "expect_table_row_count_to_equal"]
        );
    }

    #[test]
    fn a_schema_of_pandera_and_a_json_schema_are_read() {
        let pandera = Suite::read(
            r#"{"schema_type": "dataframe", "columns": {"age": {"nullable": false, "required": true,
                "checks": {"in_range": {"min_value": 0, "max_value": 120}, "isin": {"value": [1, 2]}, "str_length": {}}}}}"#,
        )
        .expect("a schema");
        assert_eq!(
            pandera.clauses[..3],
            [
                clause("age", Rule::Exists),
                clause("age", Rule::NotNull),
                clause("age", Rule::Between(Some(0.0), Some(120.0))),
            ]
        );
        assert_eq!(pandera.passed_over, ["str_length"]);
        let schema = Suite::read(
            r#"{"required": ["zone"], "properties": {"zone": {"enum": ["a", null]}, "age": {"type": "number", "maximum": 99}}}"#,
        )
        .expect("a schema");
        assert_eq!(
            schema.clauses,
            [
                clause("zone", Rule::Exists),
                clause("zone", Rule::Among(vec!["a".to_owned()])),
                clause("age", Rule::Between(None, Some(99.0))),
                clause("age", Rule::NotNull),
            ]
        );
        assert!(Suite::read("[]").is_err() && Suite::read("{").is_err());
    }
}
