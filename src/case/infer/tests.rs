//! Roles guessed from made-up columns.

use super::*;

/// A column of 1 000 rows.
fn column(name: &str, shape: Shape, distinct: u64, range: (f64, f64), levels: &[&str]) -> ColumnPeek {
    ColumnPeek {
        name: name.to_owned(),
        shape,
        distinct,
        range: shape.is_number().then_some(range),
        levels: levels.iter().map(ToString::to_string).collect(),
        ..ColumnPeek::default()
    }
}

fn classes(name: &str, levels: &[&str]) -> ColumnPeek {
    column(name, Shape::Text, levels.len() as u64, (0.0, 0.0), levels)
}

fn number(name: &str, low: f64, high: f64) -> ColumnPeek {
    column(name, Shape::Number, 900, (low, high), &[])
}

fn whole(name: &str, distinct: u64) -> ColumnPeek {
    column(name, Shape::Whole, distinct, (0.0, distinct as f64), &[])
}

fn instants(name: &str) -> ColumnPeek {
    column(name, Shape::TimeText, 1000, (0.0, 0.0), &[])
}

fn peek(columns: &[ColumnPeek]) -> Peek {
    Peek { path: "some.csv".to_owned(), rows: 1000, columns: columns.to_vec() }
}

fn peeks(training: &[ColumnPeek], production: &[ColumnPeek]) -> Peeks {
    Peeks { training: peek(training), production: peek(production), golden: None, offline: None }
}

#[test]
fn plain_names() {
    let inputs = [
        number("income", 0.0, 9e5),
        classes("region", &["n", "s", "w"]),
        whole("zip_code", 80),
        whole("education_num", 16),
    ];
    let answers = [
        classes("prediction", &["no", "yes"]),
        number("score", 0.01, 0.99),
        classes("label", &["no", "yes"]),
    ];
    let served =
        [whole("id", 1000), instants("ts"), number("latency_ms", 1.0, 90.0), number("cpu", 1.0, 99.0)];
    let training = [&inputs[..], &answers].concat();
    let production = [&served[..], &inputs, &answers, &[whole("account_id", 400)]].concat();
    let guess = guess(&peeks(&training, &production)).expect("it can be guessed");
    let roles: Vec<_> = guess.columns.roles().collect();
    assert_eq!(
        roles,
        [
            ("timestamp", "ts"),
            ("label", "label"),
            ("prediction", "prediction"),
            ("score", "score"),
            ("id", "id"),
            ("latency_ms", "latency_ms"),
            ("cpu", "cpu"),
        ]
    );
    assert_eq!(guess.columns.ignore, ["account_id"]);
    assert_eq!(guess.columns.categorical, ["zip_code"]);
    assert_eq!(guess.features, ["income", "region", "zip_code", "education_num"]);
    assert_eq!((guess.task, guess.positive.as_deref()), (Some(Task::Binary), Some("yes")));
    assert!(guess.doubts.is_empty(), "{:?}", guess.doubts);
    for (role, _) in roles {
        assert!(!guess.reason(&format!("columns.{role}")).is_empty(), "{role}");
    }
}

#[test]
fn other_names() {
    let training = [number("sqft", 10.0, 99.0), number("target", 0.0, 100.0), number("y_hat", 5.0, 95.0)];
    let production = [instants("eventTime"), training[0].clone(), training[2].clone()];
    let guess = guess(&peeks(&training, &production)).expect("it can be guessed");
    assert_eq!(guess.columns.timestamp.as_deref(), Some("eventTime"));
    assert_eq!(guess.columns.label.as_deref(), Some("target"));
    assert_eq!(guess.columns.prediction.as_deref(), Some("y_hat"));
    assert_eq!((guess.task, guess.columns.score), (Some(Task::Regression), None));
}

#[test]
fn a_label_is_known_by_its_values_and_lateness() {
    let levels = ["0", "1"];
    let mut churned = classes("churned", &levels);
    let training =
        [classes("is_new", &levels), churned.clone(), classes("predicted", &levels), number("z", 0.0, 9.0)];
    churned.missing = 200;
    let production = [training[0].clone(), churned, training[2].clone(), training[3].clone(), instants("at")];
    let guess = guess(&peeks(&training, &production)).expect("it can be guessed");
    assert_eq!(guess.columns.label.as_deref(), Some("churned"));
    assert!(guess.doubts.iter().any(|doubt| doubt.contains("churned")), "{:?}", guess.doubts);
    assert_eq!(guess.positive.as_deref(), Some("1"));
}

#[test]
fn a_feature_called_score_is_no_score() {
    let levels = ["0", "1"];
    let features = [number("credit_score", 300.0, 850.0), number("ext_score_2", 0.0, 1.0)];
    let answers = [classes("prediction", &levels), classes("label", &levels)];
    let without = [&features[..], &answers].concat();
    let found = guess(&peeks(&without, &without)).expect("it can be guessed");
    assert_eq!(found.columns.score, None);
    assert_eq!(found.features, ["credit_score", "ext_score_2"]);
    let with = [&without[..], &[number("predicted_probability", 0.0, 1.0)]].concat();
    let found = guess(&peeks(&with, &with)).expect("it can be guessed");
    assert_eq!(found.columns.score.as_deref(), Some("predicted_probability"));
    assert_eq!(found.columns.prediction.as_deref(), Some("prediction"));
}

#[test]
fn an_id_must_differ_and_join() {
    let base = [classes("prediction", &["0", "1"]), number("x", 0.0, 1e3)];
    let production =
        [&base[..], &[whole("row_id", 1000), whole("request_id", 1000), whole("user_id", 30)]].concat();
    let mut peeks = peeks(&base, &production);
    assert_eq!(guess(&peeks).expect("guessed").columns.id.as_deref(), Some("row_id"));
    peeks.offline = Some(peek(&[whole("request_id", 1000), number("x", 0.0, 1e3)]));
    assert_eq!(guess(&peeks).expect("guessed").columns.id.as_deref(), Some("request_id"));
}

#[test]
fn without_an_answer_nothing_can_be_guessed() {
    let columns = [number("x", 0.0, 1.0), classes("label", &["0", "1"])];
    assert_eq!(guess(&peeks(&columns, &columns)).expect_err("no answer").code(), "E011");
    let roles = [classes("label", &["0", "1"]), classes("prediction", &["0", "1"])];
    assert_eq!(guess(&peeks(&roles, &roles)).expect_err("no feature").code(), "E015");
    assert_eq!(guess(&Peeks::default()).expect_err("nothing").code(), "E011");
}
