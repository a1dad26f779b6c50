//! Several of what there should be one of: models in a log, classes in a label, scales of a value, answers to a request.

use coroner::{
    case::{Peeks, guess},
    engine::{Engine as _, LocalEngine},
};

use super::{Table, taken, unit};
use crate::commands::Folder;

/// Three classes, the class that is answered mostly right.
fn three(table: Table) -> Table {
    let class =
        |row: usize, more: f64| ["high", "low", "mid"][((unit(row, 7) + more) * 3.0) as usize % 3].to_owned();
    table
        .set("prediction", |row, _| class(row, 0.0))
        .set("label", |row, _| class(row, if row % 5 == 0 { 0.34 } else { 0.0 }))
        .drop("score")
}

#[test]
fn the_version_of_the_model_is_no_feature() {
    for name in ["model_version", "ModelVersion", "deployed_model_id"] {
        let training = Table::training().set(name, |_, _| "1.4".to_owned());
        let production =
            Table::production().set(name, |row, _| if row < 600 { "1.4" } else { "1.5" }.to_owned());
        let taken = taken(training.csv(), production.csv());
        taken.ignores(name);
        assert_eq!(taken.guess.columns.version.as_deref(), Some(name));
        assert!(taken.guess.doubts.is_empty(), "{:?}", taken.guess.doubts);
    }
    let of = |table: Table| table.set("model", |row, _| ["A4", "Golf", "Polo"][row % 3].to_owned()).csv();
    let cars = taken(of(Table::training()), of(Table::production()));
    assert_eq!(cars.guess.columns.version, None, "where training has several, it is an input");
}

#[test]
fn a_log_of_two_models_is_said() {
    let production = Table::production().set("model", |row, _| ["champion", "shadow"][row % 2].to_owned());
    taken(Table::training().csv(), production.csv()).says("several models").says("champion, shadow");
}

#[test]
fn an_id_of_a_request_may_repeat() {
    let production = Table::production().set("request_id", |row, _| format!("r{}", row - row % 9 / 8));
    taken(Table::training().csv(), production.csv()).role("id", "request_id");
    let customers = Table::production().set("customer_id", |row, _| format!("c{}", row - row % 9 / 8));
    assert_eq!(taken(Table::training().csv(), customers.csv()).guess.columns.id, None);
}

#[test]
fn a_column_for_each_class_of_the_label_is_said() {
    let of = |table: Table| {
        let classes: Vec<String> = three(table.clone()).rows.iter().map(|row| row[5].clone()).collect();
        let flag = |class: &str| {
            let (classes, class) = (classes.clone(), class.to_owned());
            move |row: usize, _: &str| u8::from(classes[row] == class).to_string()
        };
        let table = three(table).drop("label");
        ["high", "low", "mid"]
            .iter()
            .fold(table, |table, class| table.set(&format!("true_{class}"), flag(class)))
            .csv()
    };
    let taken = taken(of(Table::training()), of(Table::production()));
    taken.says("hold one class each").ignores("true_high").ignores("true_low").ignores("true_mid");
    assert_eq!(taken.guess.columns.label, None);
}

#[test]
fn several_classes_in_a_label_are_said() {
    for sign in ["|", ";", "+"] {
        let both = |row: usize, seed: u64| {
            let class = |seed: u64| ["a", "b", "c", "d"][(unit(row, seed) * 4.0) as usize];
            format!("{}{sign}{}", class(seed), class(seed + 1))
        };
        let of = |table: Table| {
            let table = table.set("prediction", |row, _| both(row, 20)).set("label", |row, _| both(row, 30));
            table.drop("score").csv()
        };
        taken(of(Table::training()), of(Table::production())).says("holds several classes in a row");
    }
}

#[test]
fn answers_on_another_scale_than_the_labels_are_said() {
    let of = |table: Table, answer: fn(f64) -> f64| {
        let price = |row: usize| (3.0 + 1.5 * unit(row, 40)).exp() * 20.0;
        let table = table.set("label", |row, _| format!("{:.2}", price(row) * (0.8 + 0.4 * unit(row, 41))));
        table.set("prediction", |row, _| format!("{:.4}", answer(price(row)))).drop("score").csv()
    };
    let told =
        |answer: fn(f64) -> f64| taken(of(Table::training(), answer), of(Table::production(), answer)).told();
    assert!(told(f64::ln_1p).contains("look like logarithms"));
    assert!(told(|x| x / 100.0).contains("on different scales"));
    assert!(!told(|x| 1.1 * x).contains("on different scales"), "{}", told(|x| 1.1 * x));
}

#[test]
fn a_margin_beside_the_answers_is_no_feature() {
    let of = |table: Table| {
        let margin = |_: usize, p: f64| {
            format!("{:.4}", (p.clamp(1e-5, 1.0 - 1e-5) / (1.0 - p.clamp(1e-5, 1.0 - 1e-5))).ln())
        };
        table.derive("decision_function", "score", margin).drop("score").csv()
    };
    taken(of(Table::training()), of(Table::production())).ignores("decision_function");
}

/// What is said of a log without a column of answers.
fn hints(production: &str) -> String {
    let folder = Folder::empty();
    folder.write("training.csv", Table::training().csv());
    folder.write("production.csv", production);
    let engine = LocalEngine::default();
    let peek = |name: &str| engine.peek(&folder.path(name).to_string_lossy()).expect("it can be read");
    let peeks =
        Peeks { training: peek("training.csv"), production: peek("production.csv"), ..Peeks::default() };
    guess(&peeks).expect_err("no column of answers").hints().join("\n")
}

#[test]
fn logs_without_a_column_of_answers_say_what_they_hold() {
    // Most rows hold something else, so it is not taken apart.
    let object = |row: usize| match row {
        0..10 => format!("{{\"\"income\"\": {row}, \"\"score\"\": 0.5}}"),
        _ => format!("timeout after {row} ms"),
    };
    let rows: String =
        (0..200).map(|row| format!("{row},\"{}\"\n", object(row))).collect::<Vec<_>>().concat();
    let told = hints(&format!("offset,payload\n{rows}"));
    assert!(told.contains("payload holds JSON as text"), "{told}");
    let rows: String = (0..200)
        .map(|row| format!("{row},{},{row}\n", ["income", "dti"][row % 2]))
        .collect::<Vec<_>>()
        .concat();
    let told = hints(&format!("request,feature,value\n{rows}"));
    assert!(told.contains("one row per feature and value"), "{told}");
}
