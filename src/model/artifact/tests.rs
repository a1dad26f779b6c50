//! Predictions equal those of onnxruntime, for a model of each exporter.
//!
//! `tests/data/artifact/make.py` writes the models, the rows and their expected predictions.

use super::*;
use crate::summary::{Bins, Column, Feature, Kind, MISSING, Task};
use coroner_onnx::proto;

/// A feature's values: numbers or names, none for missing.
#[derive(serde::Deserialize)]
struct Values {
    name: String,
    #[serde(default)]
    numbers: Option<Vec<Option<f64>>>,
    #[serde(default)]
    texts: Option<Vec<Option<String>>>,
}

/// Rows, and onnxruntime's predictions for them.
#[derive(serde::Deserialize)]
struct Expected {
    task: Task,
    classes: Vec<String>,
    features: Vec<Values>,
    prediction: Vec<f64>,
    score: Vec<f64>,
}

impl Expected {
    fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap()
    }

    fn plan_and_table(&self) -> (Plan, Table) {
        let (features, columns): (Vec<_>, Vec<_>) = self.features.iter().map(Values::feature).unzip();
        let rows = self.prediction.len();
        let plan = Plan {
            task: self.task,
            features,
            classes: self.classes.clone(),
            known_classes: self.classes.len(),
            answer_bins: Bins::None,
            label_bins: Bins::None,
            has_score: !self.score.is_empty(),
            seed: 0,
        };
        (plan, Table { rows, population: rows as u64, features: columns.into(), ..Table::default() })
    }
}

impl Values {
    fn feature(&self) -> (Feature, Column) {
        let mut feature = Feature {
            name: self.name.clone(),
            kind: Kind::Numeric,
            source: None,
            integer: false,
            bins: Bins::None,
            levels: Vec::new(),
            known_levels: 0,
        };
        if let Some(numbers) = &self.numbers {
            let values = numbers.iter().map(|x| x.unwrap_or(f64::NAN)).collect();
            return (feature, Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() });
        }
        feature.kind = Kind::Categorical;
        let mut codes = Vec::new();
        for text in self.texts.as_ref().unwrap() {
            let code = text.as_ref().map(|text| {
                feature.levels.iter().position(|level| level == text).unwrap_or_else(|| {
                    feature.levels.push(text.clone());
                    feature.levels.len() - 1
                })
            });
            codes.push(code.map_or(MISSING, |c| c as u32));
        }
        feature.known_levels = feature.levels.len();
        (feature, Column::Categorical(codes))
    }
}

/// The largest difference between two lists, relative where values exceed 1.
fn difference(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let pairs = got.iter().zip(want);
    pairs
        .map(|(g, w)| (g - w).abs() / w.abs().max(1.0))
        .fold(0.0, |worst, d| if d <= worst { worst } else { d })
}

/// Compares each named model of `tests/data/artifact` with onnxruntime's predictions.
macro_rules! models {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                let model = include_bytes!(concat!("../../../tests/data/artifact/", stringify!($name), ".onnx"));
                let rows = include_str!(concat!("../../../tests/data/artifact/", stringify!($name), ".json"));
                agrees(model, &Expected::read(rows));
            }
        )*
    };
}

models! {
    catboost_binary,
    catboost_three,
    catboost_value,
    lightgbm_binary,
    lightgbm_three,
    lightgbm_value,
    sklearn_boosting,
    sklearn_boosting_three,
    sklearn_boosting_value,
    sklearn_hist_boosting,
    sklearn_hist_boosting_value,
    sklearn_logistic,
    sklearn_logistic_positive_first,
    sklearn_matrix,
    sklearn_network,
    sklearn_network_three,
    sklearn_network_value,
    sklearn_random_forest,
    sklearn_random_forest_binary,
    sklearn_random_forest_value,
    sklearn_ridge,
    sklearn_support_vectors,
    sklearn_support_vectors_three,
    sklearn_support_vectors_value,
    text_and_logic,
    tree_ensemble_5,
    xgboost_binary,
    xgboost_three,
    xgboost_value,
}

fn agrees(model: &[u8], expected: &Expected) {
    let (plan, table) = expected.plan_and_table();
    let artifact = Artifact::load(model).unwrap();
    let answers = artifact.answer(&plan, &table, &(0..table.rows).collect::<Vec<_>>()).unwrap();
    assert!(difference(&answers.prediction, &expected.prediction) < 1e-6, "{:?}", answers.prediction);
    assert!(difference(&answers.score, &expected.score) < 1e-6, "{:?}", answers.score);
    let distinct = |v: &[f64]| v.iter().any(|x| *x != v[0]);
    assert!(distinct(&expected.prediction), "a model that always says the same proves nothing");
}

fn stored(name: &str) -> (Vec<u8>, Expected) {
    let (model, rows): (&[u8], &str) = match name {
        "logistic" => (
            include_bytes!("../../../tests/data/artifact/sklearn_logistic.onnx"),
            include_str!("../../../tests/data/artifact/sklearn_logistic.json"),
        ),
        _ => (
            include_bytes!("../../../tests/data/artifact/xgboost_binary.onnx"),
            include_str!("../../../tests/data/artifact/xgboost_binary.json"),
        ),
    };
    (model.to_vec(), Expected::read(rows))
}

#[test]
fn rows_are_answered_in_the_order_asked_for_across_batches() {
    let (model, expected) = stored("logistic");
    let (plan, table) = expected.plan_and_table();
    let rows: Vec<usize> = (0..2 * BATCH + 5).map(|i| (i * 7) % table.rows).collect();
    let answers = Artifact::load(&model).unwrap().answer(&plan, &table, &rows).unwrap();
    let want: Vec<f64> = rows.iter().map(|&r| expected.score[r]).collect();
    assert!(difference(&answers.score, &want) < 1e-6);
    assert_eq!(
        Artifact::load(&model).unwrap().answer(&plan, &table, &[]).unwrap(),
        ArtifactAnswers::default()
    );
}

#[test]
fn an_absent_feature_is_fed_as_missing() {
    let (model, expected) = stored("logistic");
    let (plan, mut table) = expected.plan_and_table();
    let rows: Vec<usize> = (0..table.rows).collect();
    let artifact = Artifact::load(&model).unwrap();
    let city = plan.features.iter().position(|f| f.name == "city").unwrap();
    table.features[city] = Column::Categorical(vec![MISSING; table.rows]);
    table.features[0] =
        Column::Numeric { values: vec![f64::NAN; table.rows], unreadable: Vec::new(), examples: Vec::new() };
    let missing = artifact.answer(&plan, &table, &rows).unwrap();
    (table.features[city], table.features[0]) = (Column::Absent, Column::Absent);
    assert_eq!(artifact.answer(&plan, &table, &rows).unwrap(), missing);
    assert_ne!(missing.score, expected.score);
}

#[test]
fn a_matrix_takes_the_features_in_their_order_and_names_do_not_matter() {
    let (model, expected) = stored("matrix");
    let (mut plan, table) = expected.plan_and_table();
    for feature in &mut plan.features {
        feature.name.push_str(" (renamed)");
    }
    let rows: Vec<usize> = (0..table.rows).collect();
    let answers = Artifact::load(&model).unwrap().answer(&plan, &table, &rows).unwrap();
    assert!(difference(&answers.score, &expected.score) < 1e-6);
}

#[test]
fn an_input_without_a_feature_is_named() {
    let (model, expected) = stored("logistic");
    let (mut plan, table) = expected.plan_and_table();
    plan.features[3].name = "town".into();
    let error = Artifact::load(&model).unwrap().answer(&plan, &table, &[0]).unwrap_err();
    assert_eq!(error.to_string(), "the model's input \"city\" cannot be fed: no feature has its name");
    assert!(!error.hints().is_empty());
}

#[test]
fn classes_that_the_plan_does_not_know_are_told() {
    let (model, expected) = stored("logistic");
    let (mut plan, table) = expected.plan_and_table();
    plan.classes = vec!["bad".into(), "good".into()];
    let error = Artifact::load(&model).unwrap().answer(&plan, &table, &[0, 1]).unwrap_err();
    assert!(error.to_string().contains("bad, good"), "{error}");
}

#[test]
fn numbered_classes_stand_for_names_in_their_order() {
    let (model, expected) = stored("matrix");
    let (mut plan, table) = expected.plan_and_table();
    plan.classes = vec!["safe".into(), "risky".into()];
    let answers = Artifact::load(&model).unwrap().answer(&plan, &table, &[0, 1, 2]).unwrap();
    // The exporter numbered the sorted names: 0 is risky, 1 is safe.
    for (row, want) in expected.score[..3].iter().enumerate() {
        assert!((answers.score[row] - (1.0 - want)).abs() < 1e-6);
        assert_eq!(answers.prediction[row], 1.0 - expected.prediction[row]);
    }
}

#[test]
fn what_a_model_is_made_of_is_described() {
    let (model, _) = stored("logistic");
    let artifact = Artifact::load(&model).unwrap();
    let description = artifact.describe();
    assert!(description.producer.starts_with("skl2onnx"));
    assert!(description.operators.contains(&"ai.onnx.ml.OneHotEncoder".to_owned()));
    assert!(description.inputs.contains(&"city".to_owned()));
}

#[test]
fn unknown_operators_are_named_together() {
    let node =
        |op: &str| proto::NodeProto { op_type: op.into(), output: vec!["y".into()], ..Default::default() };
    let output = proto::ValueInfoProto { name: "y".into(), r#type: None };
    let graph = proto::GraphProto {
        node: vec![node("Loop"), node("Scan"), node("Loop")],
        output: vec![output],
        ..Default::default()
    };
    let model = proto::ModelProto { graph: Some(graph), ..Default::default() };
    let error = Artifact::load(&model.encode_to_vec()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model uses the operators ai.onnx.Loop, ai.onnx.Scan, which coroner cannot run"
    );
}

#[test]
fn broken_files_are_errors() {
    let (model, expected) = stored("logistic");
    let (plan, table) = expected.plan_and_table();
    assert!(matches!(Artifact::load(b"not a model"), Err(ArtifactError::NotOnnx { .. })));
    assert!(matches!(Artifact::load(b""), Err(ArtifactError::NotOnnx { .. })));
    for at in 0..model.len() {
        let mut damaged = model.clone();
        damaged[at] ^= 0x15;
        // Whatever the result, nothing panics.
        for bytes in [&damaged[..], &model[..at]] {
            if let Ok(artifact) = Artifact::load(bytes) {
                artifact.answer(&plan, &table, &[0, 1, 2]).ok();
            }
        }
    }
}

/// The documentation lists the same operators as the program.
#[test]
fn the_documentation_lists_every_operator() {
    let documentation = include_str!("../../../docs/artifact.md");
    let section = documentation.split("## Operators").nth(1).unwrap();
    for (domain, marker) in [("ai.onnx.ml", "`ai.onnx.ml`, up to"), ("ai.onnx", "`ai.onnx`: ")] {
        let paragraph = section.split(marker).nth(1).unwrap().split("\n\n").next().unwrap();
        let list = paragraph.split_once(':').map_or(paragraph, |(_, list)| list);
        let listed: Vec<&str> = list.trim().trim_end_matches('.').split([',', '\n']).map(str::trim).collect();
        let listed: Vec<&str> = listed.into_iter().filter(|name| !name.is_empty()).collect();
        let mut known = coroner_onnx::operator_names(domain);
        known.sort_by_key(|name| name.to_lowercase());
        assert_eq!(listed, known, "{domain}");
    }
}
