//! Classes, values, launch columns, scores without predictions; joins, first rows and events.

use std::fs;

use super::*;
use crate::case::Shape;

#[test]
fn classes_that_training_never_held_are_appended() {
    let folder = folder();
    let mut odd = log();
    let prediction = (0..ROWS).map(|i| i64::from(i % 2 == 0) + 2 * i64::from(i % 10 == 1));
    odd.replace("prediction", Column::new("prediction".into(), prediction.collect::<Vec<_>>()))
        .expect("replaced");
    write(&folder.path().join("log.parquet"), &log());
    write(&folder.path().join("odd.parquet"), &odd);
    let got = reading(&case(folder.path(), "log.parquet", "odd.parquet"));
    assert_eq!(got.plan.classes, ["0", "1", "2"]);
    assert_eq!(got.plan.known_classes, 2);
    let confusion = |summary: &SnapshotSummary| {
        summary.windows.iter().fold([0; 9], |mut total, window| {
            total.iter_mut().zip(&window.answers.confusion).for_each(|(t, c)| *t += c);
            total
        })
    };
    let labelled = ROWS as u64 * 4 / 5;
    assert_eq!(confusion(&got.production).iter().sum::<u64>(), labelled);
    assert_eq!(confusion(&got.production)[2] + confusion(&got.production)[5], 300);
    assert_eq!(confusion(&got.training).iter().sum::<u64>(), labelled);
    assert_eq!(got.production.sample.prediction.iter().filter(|p| **p == 2.0).count(), 300);
}

#[test]
fn offline_rows_find_their_production_rows() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    write(&folder.path().join("offline.csv"), &log().slice(500, 1000).reverse());
    let mut case = case(folder.path(), "log.parquet", "log.parquet");
    case.snapshots.offline = Some("offline.csv".to_owned());
    let got = reading(&case);
    let offline = got.offline.expect("it has offline rows");
    assert_eq!(offline.population, 1000);
    assert_eq!(offline.production_row, (500..1500).collect::<Vec<_>>());
    for (offline, production) in offline.table.features.iter().zip(&got.production.sample.features) {
        let served = production.take(&(500..1500).collect::<Vec<_>>());
        assert_eq!(format!("{offline:?}"), format!("{served:?}"));
    }
}

/// Returns the test log with some columns replaced.
fn log_with(columns: impl IntoIterator<Item = Column>) -> DataFrame {
    let mut frame = log();
    for column in columns {
        let name = column.name().clone();
        frame.replace(&name, column).expect("replaced");
    }
    frame
}

#[test]
fn several_classes_are_counted_in_one_matrix() {
    let folder = folder();
    let name = |i: i64| ["cat", "dog", "eel"][(i % 3) as usize];
    let label = |i: i64| (i % 5 != 0).then(|| name(i * 29 % 100));
    let prediction = |i: i64| name(i * 13 % 100);
    let frame = log_with([
        Column::new("label".into(), (0..ROWS).map(label).collect::<Vec<_>>()),
        Column::new("prediction".into(), (0..ROWS).map(prediction).collect::<Vec<_>>()),
    ]);
    let mut want = [0_u64; 9];
    for i in (0..ROWS).filter(|i| i % 5 != 0) {
        want[(i * 29 % 100 % 3 * 3 + i * 13 % 100 % 3) as usize] += 1;
    }
    for file in ["log.parquet", "log.csv", "log.ndjson"] {
        write(&folder.path().join(file), &frame);
        let got = reading(&case(folder.path(), file, file));
        assert_eq!(got.plan.task, Task::Multiclass, "{file}");
        assert_eq!(got.plan.classes, ["cat", "dog", "eel"], "{file}");
        let mut confusion = [0_u64; 9];
        for window in &got.production.windows {
            let cells = confusion.iter_mut().zip(&window.answers.confusion);
            cells.for_each(|(total, rows)| *total += rows);
        }
        assert_eq!(confusion, want, "{file}");
        assert_eq!(got.production.labels.sum(|_| true), [810, 810, 780, 0, 0, 600], "{file}");
        assert!(got.production.labels.moments.is_empty(), "{file}");
    }
}

#[test]
fn values_are_counted_by_their_errors() {
    let folder = folder();
    let label = |i: i64| (i % 5 != 0).then_some((i * 29 % 1000) as f64 / 10.0);
    let prediction = |i: i64| (i * 29 % 1000) as f64 / 10.0 + (i % 7) as f64 - 2.5;
    let frame = log_with([
        Column::new("label".into(), (0..ROWS).map(label).collect::<Vec<_>>()),
        Column::new("prediction".into(), (0..ROWS).map(prediction).collect::<Vec<_>>()),
    ]);
    let errors: Vec<f64> = (0..ROWS).filter(|i| i % 5 != 0).map(|i| (i % 7) as f64 - 2.5).collect();
    for file in ["log.parquet", "log.csv", "log.ndjson"] {
        write(&folder.path().join(file), &frame);
        let got = reading(&case(folder.path(), file, file));
        assert_eq!(got.plan.task, Task::Regression, "{file}");
        assert!(got.plan.classes.is_empty() && !got.plan.has_score, "{file}");
        let mut answers = crate::summary::AnswerCounts::default();
        for window in &got.production.windows {
            answers.merge(&window.answers);
        }
        assert_eq!(answers.labelled, 2400, "{file}");
        let near = |got: f64, want: f64| (got - want).abs() < 1e-6 * want.abs().max(1.0);
        assert!(near(answers.error, errors.iter().sum()), "{file}");
        assert!(near(answers.absolute_error, errors.iter().map(|e| e.abs()).sum()), "{file}");
        assert!(near(answers.squared_error, errors.iter().map(|e| e * e).sum()), "{file}");
        assert_eq!(got.production.labels.moments_of(|_| true).n, 2400, "{file}: labels have moments");
    }
}

#[test]
fn the_golden_set_brings_the_answers_of_the_launch() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let launch_score: Vec<f64> = (0..ROWS).map(|i| (i * 17 % 100) as f64 / 100.0).collect();
    let launch: Vec<i64> = launch_score.iter().map(|&s| i64::from(s > 0.3)).collect();
    let golden = log()
        .hstack(&[
            Column::new("launch_score".into(), launch_score.clone()),
            Column::new("launch_prediction".into(), launch.clone()),
        ])
        .expect("one length");
    write(&folder.path().join("golden.parquet"), &golden);
    let bare = golden.drop("launch_prediction").expect("there");
    write(&folder.path().join("bare.parquet"), &bare);
    let mut case = case(folder.path(), "log.parquet", "log.parquet");
    for (name, over) in [("golden.parquet", 0.3), ("bare.parquet", 0.5)] {
        case.snapshots.golden = Some(name.to_owned());
        case.sample.rows = Some(2 * ROWS as usize);
        let table = reading(&case).golden.expect("it has a golden set");
        assert_eq!(table.launch_score, launch_score, "{name}");
        let want: Vec<f64> = launch_score.iter().map(|&s| f64::from(u8::from(s > over))).collect();
        assert_eq!(table.launch_prediction, want, "{name}");
    }
}

#[test]
fn scores_without_predictions_are_answers() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let bare = log().drop("prediction").expect("there");
    write(&folder.path().join("bare.parquet"), &bare);
    let want = reading(&case(folder.path(), "log.parquet", "log.parquet"));
    let mut case = case(folder.path(), "bare.parquet", "bare.parquet");
    case.columns.prediction = None;
    let got = reading(&case);
    assert_same(
        &got.production.windows,
        &want.production.windows,
        "the log's predictions are its scores over a half",
    );
    assert_eq!(got.production.sample.prediction, want.production.sample.prediction);
    let note = "bare.parquet holds scores and no predictions: a score over 0.5 is taken as the answer 1";
    assert!(got.notes.iter().any(|n| n == note), "{:?}", got.notes);
}

#[test]
fn first_rows_tell_what_columns_are() {
    let folder = folder();
    for name in ["log.parquet", "log.arrow", "log.csv", "log.ndjson"] {
        let path = folder.path().join(name);
        write(&path, &log());
        let peek = LocalEngine::default()
            .peek(path.to_str().expect("a readable path"))
            .expect("the file is readable");
        assert_eq!(peek.rows, 1000, "{name}");
        let column = |of: &str| peek.column(of).expect("a column").clone();
        assert!(column("ts").shape.is_time(), "{name}: {:?}", column("ts"));
        assert_eq!(column("amount").shape, Shape::Number, "{name}");
        assert_eq!(column("amount").missing, 59, "{name}");
        let count = column("count");
        assert_eq!(
            (count.shape, count.distinct, count.range),
            (Shape::Whole, 12, Some((0.0, 11.0))),
            "{name}"
        );
        assert_eq!(column("flag").shape, Shape::Boolean, "{name}");
        assert_eq!(column("city").levels, ["Köln", "Oslo\nFjord", "Paris, \"la\"", "Rome"], "{name}");
        assert!(column("id").levels.is_empty(), "{name}: too many to be listed");
    }
}

#[test]
fn events_are_read_in_order_of_time() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let mut case = case(folder.path(), "log.parquet", "log.parquet");
    case.snapshots.events = Some("events.csv".to_owned());
    let lines = [
        "timestamp,kind,title",
        "2026-03-02T10:00:00Z,Deploy,model 2",
        "soon,deploy,model 3",
        "2026-03-01,schema,\"income, net\"",
    ];
    fs::write(folder.path().join("events.csv"), lines.join("\n")).expect("a writable folder");
    let got = reading(&case);
    let events: Vec<(&str, &str)> =
        got.events.iter().map(|event| (event.kind.as_str(), event.title.as_str())).collect();
    assert_eq!(events, [("schema", "income, net"), ("deploy", "model 2")]);
    assert!(got.events[0].at < got.events[1].at);
    let note = "events.csv: 1 events have no readable time; they are left out";
    assert!(got.notes.iter().any(|n| n == note), "{:?}", got.notes);
    fs::write(folder.path().join("events.csv"), "what\nmodel 2\n").expect("a writable folder");
    assert!(reading(&case).events.is_empty(), "no column says when");
}

#[test]
fn labels_in_a_file_of_their_own_are_joined_by_id() {
    let folder = folder();
    let whole = log();
    write(&folder.path().join("log.parquet"), &whole);
    write(&folder.path().join("served.parquet"), &whole.drop("label").expect("there"));
    let labels = whole.select(["id", "label"]).expect("there");
    write(&folder.path().join("labels.csv"), &labels.slice(500, 2000));
    let want = reading(&case(folder.path(), "log.parquet", "log.parquet"));
    let mut case = case(folder.path(), "log.parquet", "served.parquet");
    case.snapshots.labels = Some("labels.csv".to_owned());
    let got = reading(&case);
    let known = |data: &CaseData| data.production.sample.label[500..2500].to_vec();
    assert_same(&known(&got), &known(&want), "labels");
    assert!(got.production.sample.label[..500].iter().all(|label| label.is_nan()));
    let judged = known(&got).iter().filter(|label| !label.is_nan()).count() as u64;
    assert_eq!(got.production.windows.iter().map(|w| w.answers.labelled).sum::<u64>(), judged);
    assert!(got.notes.iter().any(|note| note.contains("labels.csv brings the labels of")), "{:?}", got.notes);
}
