//! Roles inferred from simulated columns.

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
    Peek { path: "some.csv".to_owned(), rows: 1000, columns: columns.to_vec(), ..Peek::default() }
}

fn peeks(training: &[ColumnPeek], production: &[ColumnPeek]) -> Peeks {
    Peeks { training: peek(training), production: peek(production), ..Peeks::default() }
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

/// A column of values, one per row, as an engine would peek at it.
fn valued(name: &str, shape: Shape, values: impl Iterator<Item = String>) -> ColumnPeek {
    let values: Vec<Option<String>> = values.map(Some).collect();
    let different: BTreeSet<&String> = values.iter().flatten().collect();
    let numbers: Vec<f64> = values.iter().flatten().filter_map(|text| text.parse().ok()).collect();
    let ends =
        (numbers.iter().copied().fold(f64::MAX, f64::min), numbers.iter().copied().fold(f64::MIN, f64::max));
    ColumnPeek {
        levels: if different.len() <= 20 {
            different.iter().map(ToString::to_string).collect()
        } else {
            Vec::new()
        },
        ..column(name, shape, different.len() as u64, ends, &[])
    }
    .with(values)
}

impl ColumnPeek {
    fn with(self, values: Vec<Option<String>>) -> Self {
        Self { values, ..self }
    }
}

/// Fractions between 0 and 1 that are high where `positive` is true.
fn probability(name: &str, positive: impl Fn(usize) -> bool) -> ColumnPeek {
    let share = move |i: usize| (i * 37 % 450) as f64 / 1000.0 + if positive(i) { 0.5 } else { 0.04 };
    valued(name, Shape::Number, (0..1000).map(move |i| share(i).to_string()))
}

fn binary(name: &str, names: [&'static str; 2]) -> ColumnPeek {
    valued(name, Shape::Text, (0..1000).map(move |i| names[usize::from(i % 3 == 0)].to_owned()))
}

fn guessed(columns: &[ColumnPeek]) -> Guess {
    guess(&peeks(columns, columns)).expect("it can be guessed")
}

#[test]
fn a_probability_under_a_predictions_name_is_the_score() {
    let inputs = [number("income", 0.0, 9e5), instants("ts")];
    for (answer, label) in [
        ("prediction", "actual"),
        ("y_pred", "y_true"),
        ("model_output_prediction", "target"),
        ("forecast", "label"),
    ] {
        let columns =
            [&inputs[..], &[probability(answer, |i| i % 3 == 0), binary(label, ["0", "1"])]].concat();
        let guess = guessed(&columns);
        assert_eq!(guess.columns.score.as_deref(), Some(answer), "{:?}", guess.reasons);
        assert_eq!((guess.columns.prediction, guess.task), (None, Some(Task::Binary)), "{answer}");
    }
    // The reverse: a class with a score's name.
    let columns = [&inputs[..], &[binary("score", ["no", "yes"]), binary("label", ["no", "yes"])]].concat();
    let guess = guessed(&columns);
    assert_eq!((guess.columns.prediction.as_deref(), guess.columns.score), (Some("score"), None));
    // Both names swapped: the fractions are the score.
    let crossed = [
        probability("prediction", |i| i % 3 == 0),
        binary("predicted_class", ["0", "1"]),
        binary("label", ["0", "1"]),
    ];
    let guess = guessed(&[&inputs[..], &crossed].concat());
    assert_eq!(guess.columns.prediction.as_deref(), Some("predicted_class"));
    assert_eq!(guess.columns.score.as_deref(), Some("prediction"));
    // A regression's predictions remain values.
    let values =
        [probability("prediction", |i| i % 3 == 0), number("target", 0.0, 1.0), number("x", 0.0, 9.0)];
    let guess = guessed(&values);
    assert_eq!(
        (guess.columns.prediction.as_deref(), guess.task),
        (Some("prediction"), Some(Task::Regression))
    );
    assert!(guess.doubts.iter().any(|doubt| doubt.contains("name it score")), "{:?}", guess.doubts);
}

#[test]
fn a_score_of_the_other_class_is_asked_about() {
    for (facing, asked) in [(true, false), (false, true)] {
        let columns = [
            number("income", 0.0, 9e5),
            probability("score", move |i| (i % 3 == 0) == facing),
            binary("prediction", ["0", "1"]),
            binary("label", ["0", "1"]),
        ];
        let guess = guessed(&columns);
        assert_eq!(
            guess.doubts.iter().any(|doubt| doubt.contains("the other class")),
            asked,
            "{:?}",
            guess.doubts
        );
    }
}

#[test]
fn one_probability_for_each_class_is_no_input() {
    let classes = ["billing", "delivery", "fault"];
    for (prefix, suffix) in [("proba_", ""), ("", "_prob"), ("P.", ""), ("score ", "")] {
        let part = |class: usize| {
            let name = format!("{prefix}{}{suffix}", classes[class]);
            let share = move |i: usize| match class {
                0 => (i % 7) as f64 / 10.0,
                1 => (3 - i % 3) as f64 / 10.0,
                _ => 1.0 - (i % 7) as f64 / 10.0 - (3 - i % 3) as f64 / 10.0,
            };
            valued(&name, Shape::Number, (0..1000).map(move |i| format!("{:.4}", share(i).max(0.0))))
        };
        let answers = |name: &str| valued(name, Shape::Text, (0..1000).map(|i| classes[i % 3].to_owned()));
        let even = |class: usize| {
            let name = format!("{prefix}{}{suffix}", classes[class]);
            let share = ["0.5", "0.3", "0.2"];
            valued(&name, Shape::Number, (0..1000).map(move |i| share[(i + class) % 3].to_owned()))
        };
        let columns =
            [number("price", 0.0, 9.0), answers("prediction"), answers("label"), even(0), even(1), even(2)];
        let guess = guessed(&columns);
        assert_eq!(guess.features, ["price"], "{prefix}{suffix}");
        assert_eq!(guess.columns.scores.len(), 3, "{prefix}{suffix}");
        // Columns that do not sum to 1 are inputs.
        let columns =
            [number("price", 0.0, 9.0), answers("prediction"), answers("label"), part(0), part(1), even(2)];
        assert_eq!(guessed(&columns).columns.scores.len(), 0, "{prefix}{suffix}");
    }
}

#[test]
fn columns_that_number_the_rows_are_no_inputs() {
    let answers = [binary("prediction", ["0", "1"]), binary("label", ["0", "1"]), number("income", 0.0, 9e5)];
    let count = |name: &str, from: usize, step: usize| {
        valued(name, Shape::Whole, (0..1000).map(move |i| (from + step * i).to_string()))
    };
    let shuffled = |name: &str, from: usize| {
        valued(name, Shape::Whole, (0..1000).map(move |i| (from + i * 7919 % 1000).to_string()))
    };
    for (training, production) in [
        (count("n", 0, 1), count("n", 5000, 3)),
        (shuffled("Unnamed: 0", 0), shuffled("Unnamed: 0", 60_000)),
        (shuffled("__index_level_0__", 0), shuffled("__index_level_0__", 0)),
        (shuffled("request", 0), shuffled("request", 1_000_000)),
    ] {
        let name = training.name.clone();
        let of = |column: ColumnPeek| [&answers[..], &[column]].concat();
        let guess = guess(&peeks(&of(training), &of(production))).expect("it can be guessed");
        assert_eq!(guess.features, ["income"], "{name}");
    }
    // Integers from the same range in both are inputs, however distinct they are.
    let of = |seed: usize| [&answers[..], &[shuffled("cents", 1000 + seed)]].concat();
    let guess = guess(&peeks(&of(0), &of(10))).expect("it can be guessed");
    assert_eq!(guess.features, ["income", "cents"]);
}
