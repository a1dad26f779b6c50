//! Every format and type gives the same result as the same rows in memory; broken files give error messages.

mod faults;
mod files;
mod grown;
mod layouts;
mod spread;
mod tasks;
mod written;

use std::{fs, path::Path};

use polars::prelude::*;

use super::LocalEngine;
use crate::{
    case::{Case, CaseData, Columns, SnapshotRole, Snapshots},
    engine::{Engine as _, EngineError, PassControl, read},
    summary::{SnapshotSummary, Task, Width},
};

const ROWS: i64 = 3000;
const START: i64 = 1_770_000_000_000_000;
const CITIES: [&str; 4] = ["Rome", "Paris, \"la\"", "Oslo\nFjord", "Köln"];

/// Returns a column of the test log by name.
fn column(name: &str) -> Column {
    let rows = 0..ROWS;
    let gap = |i: i64| i % 17 == 3;
    let number = |i: i64| (i * 7919 % 1000) as f64 / 8.0 - 20.0;
    match name {
        "ts" => Series::new("ts".into(), rows.map(|i| START + i * 600_000_000).collect::<Vec<_>>())
            .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
            .expect("times")
            .into_column(),
        "id" => Column::new("id".into(), rows.map(|i| i + 1_000_000).collect::<Vec<_>>()),
        "amount" => {
            Column::new("amount".into(), rows.map(|i| (!gap(i)).then(|| number(i))).collect::<Vec<_>>())
        }
        "count" => Column::new("count".into(), rows.map(|i| i * 31 % 12).collect::<Vec<_>>()),
        "flag" => Column::new("flag".into(), rows.map(|i| i % 3 == 0).collect::<Vec<_>>()),
        "city" => {
            let city = |i: i64| (!gap(i)).then(|| CITIES[(i * 5 % 7 % 4) as usize]);
            Column::new("city".into(), rows.map(city).collect::<Vec<_>>())
        }
        "score" => {
            Column::new("score".into(), rows.map(|i| (i * 13 % 100) as f64 / 100.0).collect::<Vec<_>>())
        }
        "prediction" => {
            Column::new("prediction".into(), rows.map(|i| i64::from(i * 13 % 100 > 50)).collect::<Vec<_>>())
        }
        _ => {
            let label = |i: i64| (i % 5 != 0).then_some(i64::from(i * 29 % 100 > 50));
            Column::new("label".into(), rows.map(label).collect::<Vec<_>>())
        }
    }
}

fn log() -> DataFrame {
    let names = ["ts", "id", "amount", "count", "flag", "city", "score", "prediction", "label"];
    DataFrame::new_infer_height(names.map(column).to_vec()).expect("columns of one length")
}

fn write(path: &Path, frame: &DataFrame) {
    let mut frame = frame.clone();
    let file = fs::File::create(path).expect("a writable folder");
    match path.extension().and_then(|e| e.to_str()) {
        Some("parquet") => {
            ParquetWriter::new(file).with_row_group_size(Some(700)).finish(&mut frame).expect("written");
        }
        Some("arrow") => IpcWriter::new(file).finish(&mut frame).expect("written"),
        Some("ndjson") => {
            JsonWriter::new(file)
                .with_json_format(JsonFormat::JsonLines)
                .finish(&mut frame)
                .expect("written");
        }
        Some(ending) => {
            let separator = if ending == "tsv" { b'\t' } else { b',' };
            CsvWriter::new(file).with_separator(separator).finish(&mut frame).expect("written");
        }
        None => unreachable!("every test file has an ending"),
    }
}

fn case(folder: &Path, training: &str, production: &str) -> Case {
    Case {
        root: folder.to_owned(),
        snapshots: Snapshots {
            training: training.to_owned(),
            production: production.to_owned(),
            ..Snapshots::default()
        },
        columns: Columns {
            timestamp: Some("ts".to_owned()),
            label: Some("label".to_owned()),
            prediction: Some("prediction".to_owned()),
            score: Some("score".to_owned()),
            id: Some("id".to_owned()),
            ..Columns::default()
        },
        ..Case::default()
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn reading(case: &Case) -> CaseData {
    read(&LocalEngine::with_threads(2), case, &PassControl::default()).expect("the case is readable").0
}

fn error(case: &Case) -> EngineError {
    read(&LocalEngine::with_threads(2), case, &PassControl::default())
        .map(|_| ())
        .expect_err("the case is not readable")
}

/// Asserts that both sides have the same debug output, so that NaN equals itself. Prints neither, as both are
/// long.
fn assert_same<T: std::fmt::Debug>(got: &T, want: &T, what: &str) {
    assert!(format!("{got:?}") == format!("{want:?}"), "{what}: not the same");
}

/// Returns a summary without what depends on the file: the order of partial sums and the stored types.
fn comparable(mut summary: SnapshotSummary) -> SnapshotSummary {
    let features = summary.features.iter_mut().chain([&mut summary.answers, &mut summary.labels]);
    for counts in features {
        counts.stored_as.clear();
        counts.once = None;
        for moments in &mut counts.moments {
            moments.sum = (moments.sum * 1e6).round() / 1e6;
            moments.sum_squares = (moments.sum_squares * 1e6).round() / 1e6;
        }
    }
    for window in &mut summary.windows {
        window.answers.log_loss = (window.answers.log_loss * 1e6).round() / 1e6;
        window.answers.brier = (window.answers.brier * 1e6).round() / 1e6;
    }
    summary
}

#[test]
fn every_format_gives_the_same_summary() {
    let folder = folder();
    let frame = log();
    for name in ["log.parquet", "log.arrow", "log.csv", "log.tsv", "log.ndjson"] {
        write(&folder.path().join(name), &frame);
    }
    let parts = folder.path().join("parts");
    fs::create_dir(&parts).expect("a writable folder");
    write(&parts.join("part-1.parquet"), &frame.slice(0, 1000));
    write(&parts.join("part-2.csv"), &frame.slice(1000, 2000));
    let want = reading(&case(folder.path(), "log.parquet", "log.parquet"));
    assert_eq!(want.plan.task, Task::Binary);
    assert_eq!(want.plan.classes, ["0", "1"]);
    assert_eq!(want.production.rows, ROWS as u64);
    assert_eq!(want.production.sample.rows, ROWS as usize);
    for name in ["log.arrow", "log.csv", "log.tsv", "log.ndjson", "parts", "parts/part-*"] {
        let got = reading(&case(folder.path(), "log.parquet", name));
        assert_eq!(got.plan, want.plan, "{name}");
        assert_same(&comparable(got.production), &comparable(want.production.clone()), name);
        if !name.starts_with("parts") {
            let got = reading(&case(folder.path(), name, "log.parquet"));
            assert_eq!(got.plan, want.plan, "{name} as training");
        }
    }
}

#[test]
fn a_pass_counts_what_its_whole_sample_counts() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let got = reading(&case(folder.path(), "log.parquet", "log.parquet"));
    let rows = got.production.sample.clone();
    let mut want = SnapshotSummary::from_table(&got.plan, rows, Some(Width::Hour));
    want.features
        .iter_mut()
        .zip(&got.production.features)
        .for_each(|(w, g)| w.stored_as.clone_from(&g.stored_as));
    assert_same(&comparable(got.production), &comparable(want), "the whole sample");
}

#[test]
fn threads_change_nothing() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    write(&folder.path().join("log.csv"), &log());
    for name in ["log.parquet", "log.csv"] {
        let mut case = case(folder.path(), name, name);
        case.sample.rows = Some(500);
        let on = |threads| {
            read(&LocalEngine::with_threads(threads), &case, &PassControl::default()).expect("readable").0
        };
        let want = on(1);
        assert_eq!(want.production.sample.rows, 500);
        assert_eq!(want.production.sample.population, ROWS as u64);
        assert!(want.production.sample.time.is_sorted());
        for threads in [2, 3, 8] {
            let got = on(threads);
            assert_same(&got.production, &want.production, &format!("{name} on {threads} threads"));
            assert_same(&got.training, &want.training, &format!("{name} on {threads} threads"));
            assert_eq!(got.plan, want.plan, "{name} on {threads} threads");
        }
    }
}

#[test]
fn the_sample_holds_the_same_rows_in_every_format() {
    let folder = folder();
    let ids = ["log.parquet", "log.arrow", "log.csv", "log.ndjson"].map(|name| {
        write(&folder.path().join(name), &log());
        let mut case = case(folder.path(), name, name);
        case.sample.rows = Some(400);
        reading(&case).production.sample.id
    });
    assert_eq!(ids[0].len(), 400);
    assert!(ids.iter().all(|other| *other == ids[0]));
}
