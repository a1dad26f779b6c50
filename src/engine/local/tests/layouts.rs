//! Answers, labels and periods where people keep them: a training period in one log, files of their own, one probability a
//! class, rows that stand for several.

use std::fs;

use super::*;

/// The test log as three classes with a probability each; without `prediction` where `alone`.
fn of_classes(alone: bool) -> DataFrame {
    let names = ["cat", "dog", "eel"];
    let rows = || 0..ROWS;
    let share = |i: i64, class: i64| if (i * 13) % 3 == class { 0.6 } else { 0.2 };
    let mut frame = log().drop("score").expect("a score");
    let of = |shift: i64| rows().map(move |i| names[((i * 13 + shift) % 3) as usize]).collect::<Vec<_>>();
    frame.replace("prediction", Column::new("prediction".into(), of(0))).expect("replaced");
    let truth: Vec<&str> = rows().map(|i| names[((i * 13 + i64::from(i % 4 == 0)) % 3) as usize]).collect();
    frame.replace("label", Column::new("label".into(), truth)).expect("replaced");
    for (class, name) in (0..).zip(names) {
        let values: Vec<f64> = rows().map(|i| share(i, class)).collect();
        frame.with_column(Column::new(format!("p_{name}").into(), values)).expect("a column");
    }
    if alone { frame.drop("prediction").expect("a prediction") } else { frame }
}

fn case_of_classes(folder: &Path, frame: &DataFrame, alone: bool) -> Case {
    write(&folder.join("log.parquet"), frame);
    let mut case = case(folder, "log.parquet", "log.parquet");
    case.columns.score = None;
    case.columns.prediction = case.columns.prediction.filter(|_| !alone);
    case.columns.scores =
        ["cat", "dog", "eel"].map(|name| (name.to_owned(), format!("p_{name}"))).into_iter().collect();
    case
}

#[test]
fn one_probability_for_each_class_is_kept_and_is_an_answer() {
    for alone in [false, true] {
        let folder = folder();
        let got = reading(&case_of_classes(folder.path(), &of_classes(alone), alone));
        assert_eq!(
            (got.plan.task, &got.plan.classes[..]),
            (Task::Multiclass, &["cat", "dog", "eel"].map(String::from)[..])
        );
        assert_eq!(got.plan.features.len(), 4, "{alone}");
        let sample = &got.production.sample;
        assert_eq!(sample.class_scores.len(), 3);
        assert!(sample.class_scores[0][..3] == [0.6, 0.2, 0.2], "{:?}", &sample.class_scores[0][..3]);
        assert_eq!(sample.prediction[..3], [0.0, 1.0, 2.0], "{alone}");
        let judged: u64 = got.production.windows.iter().map(|window| window.answers.labelled).sum();
        assert_eq!(judged, ROWS as u64, "{alone}");
        let noted = got.notes.iter().any(|note| note.contains("class of the largest one"));
        assert_eq!(noted, alone, "{:?}", got.notes);
    }
}

#[test]
fn probabilities_that_are_none_are_said_and_not_used() {
    let odd = |change: fn(f64) -> f64| {
        let folder = folder();
        let mut frame = of_classes(false);
        let values: Vec<f64> = (0..ROWS).map(|i| change(if (i * 13) % 3 == 1 { 0.6 } else { 0.2 })).collect();
        frame.replace("p_dog", Column::new("p_dog".into(), values)).expect("replaced");
        reading(&case_of_classes(folder.path(), &frame, false))
    };
    let percent = odd(|p| p * 100.0);
    assert!(percent.production.sample.class_scores.is_empty());
    assert!(percent.notes.iter().any(|note| note.contains("not probabilities")), "{:?}", percent.notes);
    let uneven = odd(|p| p + 0.1);
    assert!(uneven.notes.iter().any(|note| note.contains("do not add up to 1")), "{:?}", uneven.notes);
    let folder = folder();
    let mut case = case_of_classes(folder.path(), &of_classes(false), false);
    case.columns.scores.remove("eel");
    let lacking = reading(&case);
    assert!(lacking.production.sample.class_scores.is_empty());
    assert!(lacking.notes.iter().any(|note| note.contains("no probability of eel")), "{:?}", lacking.notes);
}

#[test]
fn a_log_is_split_into_training_and_production() {
    for ending in ["parquet", "csv", "ndjson"] {
        let folder = folder();
        let name = format!("log.{ending}");
        write(&folder.path().join(&name), &log());
        let mut case = case(folder.path(), &name, &name);
        case.snapshots.split = Some(START + 1000 * 600_000_000);
        let got = reading(&case);
        assert_eq!((got.training.rows, got.production.rows), (1000, 2000), "{ending}");
        assert_eq!((got.training.sample.rows, got.production.sample.rows), (1000, 2000), "{ending}");
        assert_eq!((got.training.grid, got.production.without_time), (None, 0), "{ending}");
        assert!(got.notes.iter().all(|note| !note.contains("left out")), "{ending}: {:?}", got.notes);
        let whole = reading(&super::case(folder.path(), &name, &name));
        let tail = whole.production.sample.take(&(1000..3000).collect::<Vec<_>>());
        assert_same(&got.production.sample.label, &tail.label, ending);
    }
}

#[test]
fn a_split_outside_of_the_log_is_an_error() {
    let folder = folder();
    write(&folder.path().join("log.csv"), &log());
    for (split, side) in [(START, "before"), (START + ROWS * 600_000_000, "at or after")] {
        let mut case = case(folder.path(), "log.csv", "log.csv");
        case.snapshots.split = Some(split);
        let error = error(&case).to_string();
        assert!(error.contains(&format!("lies {side}")), "{error}");
    }
}

#[test]
fn answers_in_a_file_of_their_own_are_joined() {
    let folder = folder();
    let bare = log().drop("prediction").and_then(|frame| frame.drop("score")).expect("answers");
    let answers = log().select(["id", "prediction", "score"]).expect("answers").reverse();
    write(&folder.path().join("log.parquet"), &log());
    write(&folder.path().join("bare.parquet"), &bare);
    write(&folder.path().join("answers.csv"), &answers);
    let mut apart = case(folder.path(), "log.parquet", "bare.parquet");
    apart.snapshots.predictions = Some("answers.csv".to_owned());
    let (got, want) = (reading(&apart), reading(&case(folder.path(), "log.parquet", "log.parquet")));
    let (ours, theirs) = (&got.production, &want.production);
    assert_same(&ours.sample.prediction, &theirs.sample.prediction, "predictions");
    assert_same(&ours.sample.score, &theirs.sample.score, "scores");
    assert_eq!(ours.answers.counts, theirs.answers.counts);
    let labelled =
        |summary: &SnapshotSummary| summary.windows.iter().map(|w| w.answers.labelled).sum::<u64>();
    assert_eq!(labelled(ours), labelled(theirs));
    assert!(got.notes.iter().any(|note| note.contains("brings the answers to")), "{:?}", got.notes);
    // Without an id nothing can be joined.
    fs::write(folder.path().join("none.csv"), "row,prediction,score\n1,1,0.9\n").expect("written");
    apart.snapshots.predictions = Some("none.csv".to_owned());
    let error = error(&apart).to_string();
    assert!(error.contains("none.csv has no column named \"id\""), "{error}");
}

#[test]
fn rows_that_stand_for_several_are_drawn_and_weighed() {
    let folder = folder();
    let mut frame = log();
    let weight: Vec<f64> = (0..ROWS).map(|i| if i % 3 == 0 { 3.0 } else { 1.0 }).collect();
    frame.with_column(Column::new("w".into(), weight)).expect("a column");
    write(&folder.path().join("log.parquet"), &frame);
    let mut case = case(folder.path(), "log.parquet", "log.parquet");
    case.columns.weight = Some("w".to_owned());
    let got = reading(&case);
    assert!(got.plan.features.iter().all(|feature| feature.name != "w"));
    for summary in [&got.training, &got.production] {
        let table = summary.weighted.as_deref().expect("every row with its weight");
        assert_eq!(table.rows as i64, ROWS);
        assert!((1500..1850).contains(&summary.sample.rows), "{}", summary.sample.rows);
        assert_eq!(summary.rows, summary.sample.rows as u64);
    }
    assert!(got.notes.iter().any(|note| note.contains("weighted by w")), "{:?}", got.notes);
}

#[test]
fn numbers_in_quotes_are_numbers_and_codes_are_not() {
    let folder = folder();
    let line = |i: i64| {
        format!(
            "{{\"ts\":\"2026-03-01T00:{:02}:00\",\"id\":\"r{i}\",\"amount\":\"{}.5\",\"zip\":\"0{}\",\"count\":\"{}\",\"label\":{},\"prediction\":{},\"score\":0.5}}\n",
            i % 60,
            i % 97,
            1000 + i % 30,
            i % 9,
            i % 2,
            i % 2,
        )
    };
    fs::write(folder.path().join("log.jsonl"), (0..500).map(line).collect::<String>()).expect("written");
    let got = reading(&case(folder.path(), "log.jsonl", "log.jsonl"));
    let numbers = |name: &str| {
        let at = got.plan.features.iter().position(|feature| feature.name == name).expect("a feature");
        got.production.sample.features[at].numbers().is_some()
    };
    assert!(numbers("amount"));
    assert!(!numbers("zip") && !numbers("count"));
    assert!(got.notes.iter().any(|note| note.contains("read as numbers in amount")), "{:?}", got.notes);
    assert!(got.notes.iter().any(|note| note.contains("count holds whole numbers")), "{:?}", got.notes);
}

#[test]
fn inputs_within_records_or_texts_are_columns() {
    const INPUTS: [&str; 4] = ["amount", "count", "flag", "city"];
    let folder = folder();
    let frame = log();
    let inputs = frame.select(INPUTS).expect("columns");
    let mut flat = frame.clone();
    for name in INPUTS {
        flat.rename(name, format!("in.{name}").into()).expect("a column");
    }
    write(&folder.path().join("flat.parquet"), &flat);
    let want = comparable(reading(&case(folder.path(), "flat.parquet", "flat.parquet")).production);
    let rest = frame.drop_many(INPUTS);
    let with = |column: Column| {
        let mut frame = rest.clone();
        frame.with_column(column).expect("a column");
        frame
    };
    let records = with(inputs.clone().into_struct("in".into()).into_series().into_column());
    let text = |row: usize| {
        let cell = |column: &Column| {
            let value = match column.get(row).expect("a row") {
                AnyValue::Float64(x) => serde_json::json!(x),
                AnyValue::Int64(x) => serde_json::json!(x),
                AnyValue::Boolean(x) => serde_json::json!(x),
                AnyValue::String(x) => serde_json::json!(x),
                _ => serde_json::Value::Null,
            };
            (column.name().to_string(), value)
        };
        serde_json::Value::Object(inputs.columns().iter().map(cell).collect()).to_string()
    };
    let texts = with(Column::new("in".into(), (0..inputs.height()).map(text).collect::<Vec<_>>()));
    for (name, frame) in [
        ("records.parquet", &records),
        ("records.arrow", &records),
        ("texts.parquet", &texts),
        ("texts.csv", &texts),
        ("texts.ndjson", &texts),
    ] {
        write(&folder.path().join(name), frame);
        let got = reading(&case(folder.path(), "flat.parquet", name));
        assert_eq!(got.plan.features.len(), INPUTS.len(), "{name}");
        assert_same(&comparable(got.production), &want, name);
        assert_eq!(
            name.starts_with("texts"),
            got.notes.iter().any(|note| note.contains("in holds objects as text")),
            "{name}: {:?}",
            got.notes
        );
    }
}
