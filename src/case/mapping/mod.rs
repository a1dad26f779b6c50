//! Column mappings that people have written for other tools: Evidently's `ColumnMapping` and `DataDefinition`, NannyML's
//! `column_mapping`, as JSON or YAML.

mod yaml;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::summary::Task;

/// What a mapping says about the columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    /// When the request was answered.
    pub timestamp: Option<String>,
    /// The truth.
    pub label: Option<String>,
    /// The answer.
    pub prediction: Option<String>,
    /// The probability of the positive class.
    pub score: Option<String>,
    /// The probability of each class, class to column.
    pub scores: BTreeMap<String, String>,
    /// The row's id.
    pub id: Option<String>,
    /// Numbers that are names.
    pub categorical: Vec<String>,
    /// The inputs; empty where the mapping lists none, and then every column without a role is one.
    pub features: Vec<String>,
    /// The positive class.
    pub positive: Option<String>,
    /// What the model predicts, where the mapping says binary, multiclass or regression.
    pub task: Option<Task>,
}

/// Keys under which the tools name a role.
const TIMESTAMP: &[&str] =
    &["timestamp", "datetime", "timestamp_column_name", "timestamp_column", "datetime_column"];
const LABEL: &[&str] = &["target", "y_true", "target_column", "label"];
const PREDICTION: &[&str] = &["y_pred", "prediction_labels", "prediction", "prediction_column"];
const SCORE: &[&str] = &["y_pred_proba", "prediction_probas", "score", "scores"];
const ID: &[&str] = &["id", "id_column", "identifier", "join_column"];
const CATEGORICAL: &[&str] =
    &["categorical_features", "categorical_columns", "treat_as_categorical", "categorical"];
const FEATURES: &[&str] = &[
    "features",
    "feature_column_names",
    "numerical_features",
    "numerical_columns",
    "text_features",
    "text_columns",
];
const POSITIVE: &[&str] = &["pos_label", "positive"];
const TASK: &[&str] = &["problem_type", "task"];

impl Mapping {
    /// Reads a mapping, JSON or YAML.
    ///
    /// # Errors
    ///
    /// A sentence, when the text is neither, or names no column for any role.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value = match serde_json::from_str::<Value>(text) {
            Ok(value) => value,
            Err(_) if text.trim_start().starts_with(['{', '[']) => {
                return Err("it is no JSON that can be read".to_owned());
            }
            Err(_) => yaml::parse(text)?,
        };
        let mut found = BTreeMap::new();
        gather(&value, &mut found);
        let mapping = Self::of(&found);
        let names = [&mapping.timestamp, &mapping.label, &mapping.prediction, &mapping.score, &mapping.id];
        if names.iter().all(|name| name.is_none()) && mapping.scores.is_empty() {
            return Err("it names no column for any role (timestamp, target, prediction, …)".to_owned());
        }
        Ok(mapping)
    }

    fn of(found: &BTreeMap<String, Value>) -> Self {
        let text = |keys: &[&str]| keys.iter().find_map(|key| plain(found.get(*key)?));
        let texts = |keys: &[&str]| -> Vec<String> {
            let lists = keys.iter().filter_map(|key| found.get(*key)?.as_array());
            lists.flatten().filter_map(plain).collect()
        };
        let mut mapping = Self {
            timestamp: text(TIMESTAMP),
            label: text(LABEL),
            prediction: text(PREDICTION),
            score: text(SCORE),
            id: text(ID),
            categorical: texts(CATEGORICAL),
            features: texts(FEATURES),
            positive: text(POSITIVE),
            task: text(TASK).and_then(|task| task_of(&task)),
            scores: BTreeMap::new(),
        };
        for value in SCORE.iter().chain(&["prediction"]).filter_map(|key| found.get(*key)) {
            match value {
                Value::Object(classes) => {
                    let pairs =
                        classes.iter().filter_map(|(class, name)| Some((class.clone(), plain(name)?)));
                    mapping.scores = pairs.collect();
                }
                // Evidently's list of probabilities: the columns are called like the classes.
                Value::Array(names) => {
                    mapping.scores =
                        names.iter().filter_map(plain).map(|name| (name.clone(), name)).collect();
                }
                _ => {}
            }
        }
        if !mapping.features.is_empty() {
            let categorical = mapping.categorical.iter();
            mapping.features.extend(categorical.cloned().collect::<Vec<_>>());
        }
        mapping
    }
}

/// Values of the keys that are known, wherever they stand; the first of equals.
fn gather(value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let known = [TIMESTAMP, LABEL, PREDICTION, SCORE, ID, CATEGORICAL, FEATURES, POSITIVE, TASK];
                let is_known = known.iter().any(|keys| keys.contains(&key.as_str()));
                if is_known && !value.is_null() && !holds_keys(value) {
                    found.entry(key.clone()).or_insert_with(|| value.clone());
                } else {
                    gather(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        _ => {}
    }
}

/// Whether a value is a section with further keys rather than columns.
fn holds_keys(value: &Value) -> bool {
    match value {
        Value::Object(entries) => entries.values().any(|value| value.is_object() || value.is_array()),
        Value::Array(items) => items.iter().any(Value::is_object),
        _ => false,
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn task_of(text: &str) -> Option<Task> {
    match text.to_lowercase() {
        text if text.contains("binary") => Some(Task::Binary),
        text if text.contains("multi") => Some(Task::Multiclass),
        text if text.contains("regression") => Some(Task::Regression),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "what a mapping names is compared with it")]
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn nannyml_in_yaml() {
        let text = "# nann.yml\ninput:\n  reference_data:\n    path: reference.csv\n  analysis_data:\n    path: \"analysis.csv\"\nproblem_type: classification_binary\ncolumn_mapping:\n  features:\n    - distance\n    - 'salary'\n  timestamp: timestamp\n  y_pred: y_pred\n  y_pred_proba: y_pred_proba\n  y_true: work_home_actual\n";
        let mapping = Mapping::parse(text).expect("a mapping");
        assert_eq!(mapping.features, ["distance", "salary"]);
        assert_eq!((mapping.timestamp, mapping.label), (some("timestamp"), some("work_home_actual")));
        assert_eq!((mapping.prediction, mapping.score), (some("y_pred"), some("y_pred_proba")));
        assert_eq!(mapping.task, Some(Task::Binary));
    }

    #[test]
    fn nannyml_of_several_classes() {
        let text = "column_mapping:\n  y_pred_proba: {prepaid: p_prepaid, highstreet: p_high}\n  y_true: actual\n  y_pred: pred\n";
        let mapping = Mapping::parse(text).expect("a mapping");
        assert_eq!(mapping.scores.get("prepaid"), some("p_prepaid").as_ref());
        assert_eq!((mapping.scores.len(), mapping.score), (2, None));
    }

    #[test]
    fn evidently_of_both_generations() {
        let old = r#"{"target": "default", "prediction": "pred", "datetime": "at", "id": "row", "pos_label": 1,
            "numerical_features": ["age"], "categorical_features": ["zip"], "task": "classification"}"#;
        let mapping = Mapping::parse(old).expect("a mapping");
        assert_eq!((mapping.label, mapping.prediction), (some("default"), some("pred")));
        assert_eq!((mapping.timestamp, mapping.id, mapping.positive), (some("at"), some("row"), some("1")));
        assert_eq!(mapping.categorical, ["zip"]);
        assert_eq!(mapping.features, ["age", "zip"]);
        let new = r#"{"id_column": "row", "timestamp": "at", "numerical_columns": ["age"],
            "classification": [{"target": "default", "prediction_labels": null, "prediction_probas": "p", "pos_label": "yes"}]}"#;
        let mapping = Mapping::parse(new).expect("a mapping");
        assert_eq!((mapping.label, mapping.score, mapping.prediction), (some("default"), some("p"), None));
        let several = r#"{"target": "kind", "prediction": ["a", "b", "c"]}"#;
        let mapping = Mapping::parse(several).expect("a mapping");
        assert_eq!(mapping.scores.len(), 3);
    }

    #[test]
    fn what_is_no_mapping_is_said() {
        for text in ["{\"a\": 1}", "just words", "{broken", "- a\n- b\n"] {
            assert!(Mapping::parse(text).is_err(), "{text}");
        }
    }
}
