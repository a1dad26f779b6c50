//! Logs of serving programs and databases: words around the inputs, answers in lists of one, a type around every value, roles
//! under other names than in training.

use super::{ROWS, Table, Taken, take, taken};

/// The inputs of the tables.
const INPUTS: [&str; 4] = ["income", "dti", "age", "region"];

/// A table with other names for its inputs.
fn inputs_named(mut table: Table, name: impl Fn(&str) -> String) -> Table {
    for column in table.names.iter_mut().filter(|column| INPUTS.contains(&column.as_str())) {
        *column = name(column);
    }
    table
}

/// Training as CSV beside a log of JSON lines; each value is written by its name and text.
fn logged(row: impl Fn(&dyn Fn(&str) -> String) -> String) -> Taken {
    let table = Table::production();
    let line = |values: &Vec<String>| {
        let value =
            |name: &str| values[table.names.iter().position(|known| known == name).expect("known")].clone();
        row(&value) + "\n"
    };
    let production: String = table.rows.iter().map(line).collect();
    let training = Table::training().csv();
    let files = [("training.csv", training.as_bytes()), ("production.jsonl", production.as_bytes())];
    take(&files).expect("they can be read")
}

/// Asserts that the log is read as the plain one is.
fn assert_plain(taken: &Taken) {
    taken.holds("income", &Table::production()).holds("dti", &Table::production());
    assert!(taken.judged() == ROWS && taken.accuracy() > 0.7, "{}", taken.told());
}

#[test]
fn words_of_loggers_around_all_inputs_make_no_other_columns() {
    for name in [
        (|name: &str| format!("feature_{name}")) as fn(&str) -> String,
        |name| format!("IN_{}", name.to_uppercase()),
        |name| format!("{name} (input)"),
        |name| format!("rawFeature{}{}", name[..1].to_uppercase(), &name[1..]),
    ] {
        let taken = taken(Table::training().csv(), inputs_named(Table::production(), name).csv());
        assert_plain(&taken);
        taken.says("a word of loggers for inputs");
        assert!(!taken.guess.doubts.iter().any(|doubt| doubt.contains("income")), "{}", taken.told());
    }
}

#[test]
fn other_words_that_inputs_share_are_asked_about() {
    for name in [
        (|name: &str| format!("prev_{name}")) as fn(&str) -> String,
        |name| format!("applicant_{name}"),
        |name| format!("{name}_scaled"),
    ] {
        let taken = taken(Table::training().csv(), inputs_named(Table::production(), name).csv());
        assert!(
            taken.guess.doubts.iter().any(|doubt| doubt.contains("words that they share")),
            "{}",
            taken.told()
        );
    }
}

#[test]
fn what_explains_an_input_is_not_the_input() {
    for name in [
        (|name: &str| format!("shap_{name}")) as fn(&str) -> String,
        |name| format!("{name}_importance"),
        |name| format!("challenger_{name}"),
    ] {
        let production = inputs_named(Table::production(), name);
        let error = take(&[
            ("training.csv", Table::training().csv().as_bytes()),
            ("production.csv", production.csv().as_bytes()),
        ]);
        assert!(error.err().expect("no input is left").contains("none of the features"));
    }
}

#[test]
fn roles_that_training_names_otherwise_are_matched_and_told() {
    for (score, prediction, label) in [
        ("pred_score", "pred_label", "actual_label"),
        ("y_pred_proba", "y_pred", "y_true"),
        ("model_probability", "predicted_class", "target"),
    ] {
        let production = Table::production()
            .rename("score", score)
            .rename("prediction", prediction)
            .rename("label", label);
        let taken = taken(Table::training().csv(), production.csv());
        taken.role("score", "score").role("prediction", "prediction").role("label", "label");
        assert_plain(&taken);
        taken.says("called like that role");
        for name in [score, prediction, label, "score", "prediction"] {
            taken.ignores(name);
        }
    }
}

#[test]
fn the_only_value_of_a_list_is_the_value() {
    for write in [
        (|text: &str| format!("[{text}]")) as fn(&str) -> String,
        |text| format!("[[{text}]]"),
        |text| format!("[\"{text}\"]"),
    ] {
        let taken = logged(|value| {
            format!(
                "{{\"ts\":\"{}\",\"request\":{{\"instances\":[{{\"income\":{},\"dti\":{},\"age\":{},\"region\":\"{}\"}}]}},\
                 \"response\":{{\"predictions\":{}}},\"label\":{}}}",
                value("ts"),
                value("income"),
                value("dti"),
                value("age"),
                value("region"),
                write(&value("score")),
                value("label")
            )
        });
        taken.holds("income", &Table::production());
        assert!(taken.judged() == ROWS && taken.accuracy() > 0.7, "{}", taken.told());
    }
}

#[test]
fn names_beside_the_values_are_the_columns() {
    let cell = |name: &str, value: &dyn Fn(&str) -> String| match name {
        "region" => format!("\"{}\"", value(name)),
        _ => value(name),
    };
    let names = INPUTS.map(|name| format!("\"{name}\"")).join(",");
    for (input, row) in [
        // KServe's open inference protocol, entries with a value, MLflow's dataframe_split, Seldon's ndarray.
        ("inputs", &|value: &dyn Fn(&str) -> String| {
            let tensor =
                |name| format!("{{\"name\":\"{name}\",\"shape\":[1],\"data\":[{}]}}", cell(name, value));
            format!("[{}]", INPUTS.map(tensor).join(","))
        }),
        ("features", &|value: &dyn Fn(&str) -> String| {
            let entry = |name| format!("{{\"value\":{},\"feature\":\"{name}\"}}", cell(name, value));
            format!("[{}]", INPUTS.map(entry).join(","))
        }),
        ("dataframe_split", &|value: &dyn Fn(&str) -> String| {
            let cells = INPUTS.map(|name| cell(name, value)).join(",");
            format!("{{\"columns\":[{names}],\"index\":[0],\"data\":[[{cells}]]}}")
        }),
        ("data", &|value: &dyn Fn(&str) -> String| {
            format!(
                "{{\"names\":[{names}],\"ndarray\":[{}]}}",
                INPUTS.map(|name| cell(name, value)).join(",")
            )
        }),
    ] as [(&str, &dyn Fn(&dyn Fn(&str) -> String) -> String); 4]
    {
        let taken = logged(|value| {
            format!(
                "{{\"ts\":\"{}\",\"{input}\":{},\"score\":{},\"label\":{}}}",
                value("ts"),
                row(value),
                value("score"),
                value("label")
            )
        });
        assert_plain(&taken);
    }
}

#[test]
fn probabilities_in_the_order_of_the_classes_give_the_score() {
    for nested in [false, true] {
        let taken = logged(|value| {
            let score: f64 = value("score").parse().expect("a number");
            let list = format!("[{:.5},{score:.5}]", 1.0 - score);
            format!(
                "{{\"ts\":\"{}\",\"income\":{},\"dti\":{},\"age\":{},\"region\":\"{}\",\"probabilities\":{},\"label\":{}}}",
                value("ts"),
                value("income"),
                value("dti"),
                value("age"),
                value("region"),
                if nested { format!("[{list}]") } else { list },
                value("label")
            )
        });
        taken.role("score", "probabilities.1").ignores("probabilities.0");
        assert!(taken.judged() == ROWS && taken.accuracy() > 0.7, "{}", taken.told());
    }
}

#[test]
fn types_around_the_values_are_no_names() {
    // MongoDB, DynamoDB, a union of Avro.
    for (at, number, whole, text) in [
        ("$date", "$numberDouble", "$numberInt", ""),
        ("S", "N", "N", "S"),
        ("string", "double", "int", "string"),
    ] {
        let wrapped = |kind: &str, value: String| match kind {
            "" => format!("\"{value}\""),
            "double" | "int" => format!("{{\"{kind}\":{value}}}"),
            _ => format!("{{\"{kind}\":\"{value}\"}}"),
        };
        let taken = logged(|value| {
            format!(
                "{{\"ts\":{},\"income\":{},\"dti\":{},\"age\":{},\"region\":{},\"score\":{},\"prediction\":{},\"label\":{}}}",
                wrapped(at, value("ts")),
                wrapped(number, value("income")),
                wrapped(number, value("dti")),
                wrapped(whole, value("age")),
                wrapped(text, value("region")),
                wrapped(number, value("score")),
                wrapped(whole, value("prediction")),
                wrapped(whole, value("label"))
            )
        });
        assert_plain(&taken);
        taken.holds("age", &Table::production());
        assert!(taken.guess.doubts.is_empty(), "{}", taken.told());
    }
}
