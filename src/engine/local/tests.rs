//! Every format and type gives what the same rows in memory give; broken files give sentences.

use std::{fs, path::Path, sync::atomic::AtomicBool};

use polars::prelude::*;

use super::LocalEngine;
use crate::{
    case::{Case, Columns, Snapshots},
    engine::{Engine as _, EngineError, Reading, SnapshotRole, Watch, read},
    summary::{Column as Sampled, SnapshotSummary, Task, Width},
};

const ROWS: i64 = 3000;
const START: i64 = 1_770_000_000_000_000;

/// A column of the test log by its name.
fn column(name: &str) -> Column {
    let rows = 0..ROWS;
    let gap = |i: i64| i % 17 == 3;
    let number = |i: i64| (i * 7919 % 1000) as f64 / 8.0 - 20.0;
    match name {
        "ts" => Series::new(
            "ts".into(),
            rows.map(|i| START + i * 600_000_000).collect::<Vec<_>>(),
        )
        .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
        .expect("times")
        .into_column(),
        "id" => Column::new("id".into(), rows.map(|i| i + 1_000_000).collect::<Vec<_>>()),
        "amount" => Column::new(
            "amount".into(),
            rows.map(|i| (!gap(i)).then(|| number(i))).collect::<Vec<_>>(),
        ),
        "count" => Column::new("count".into(), rows.map(|i| i * 31 % 12).collect::<Vec<_>>()),
        "flag" => Column::new("flag".into(), rows.map(|i| i % 3 == 0).collect::<Vec<_>>()),
        "city" => {
            let names = ["Rome", "Paris, \"la\"", "Oslo\nFjord", "Köln"];
            let city = |i: i64| (!gap(i)).then(|| names[(i * 5 % 7 % 4) as usize]);
            Column::new("city".into(), rows.map(city).collect::<Vec<_>>())
        }
        "score" => Column::new(
            "score".into(),
            rows.map(|i| (i * 13 % 100) as f64 / 100.0).collect::<Vec<_>>(),
        ),
        "prediction" => Column::new(
            "prediction".into(),
            rows.map(|i| i64::from(i * 13 % 100 > 50)).collect::<Vec<_>>(),
        ),
        _ => {
            let label = |i: i64| (i % 5 != 0).then_some(i64::from(i * 29 % 100 > 50));
            Column::new("label".into(), rows.map(label).collect::<Vec<_>>())
        }
    }
}

fn log() -> DataFrame {
    let names = [
        "ts",
        "id",
        "amount",
        "count",
        "flag",
        "city",
        "score",
        "prediction",
        "label",
    ];
    DataFrame::new_infer_height(names.map(column).to_vec()).expect("columns of one length")
}

fn write(path: &Path, frame: &DataFrame) {
    let mut frame = frame.clone();
    let file = fs::File::create(path).expect("a writable folder");
    match path.extension().and_then(|e| e.to_str()) {
        Some("parquet") => drop(
            ParquetWriter::new(file)
                .with_row_group_size(Some(700))
                .finish(&mut frame)
                .expect("written"),
        ),
        Some("arrow") => IpcWriter::new(file).finish(&mut frame).expect("written"),
        Some("ndjson") => JsonWriter::new(file)
            .with_json_format(JsonFormat::JsonLines)
            .finish(&mut frame)
            .expect("written"),
        Some(ending) => {
            let separator = if ending == "tsv" { b'\t' } else { b',' };
            CsvWriter::new(file)
                .with_separator(separator)
                .finish(&mut frame)
                .expect("written");
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

fn reading(case: &Case) -> Reading {
    read(&LocalEngine::with_threads(2), case, &Watch::default()).expect("the case is readable")
}

fn error(case: &Case) -> EngineError {
    read(&LocalEngine::with_threads(2), case, &Watch::default()).expect_err("the case is not readable")
}

/// Fails unless both sides print the same; a missing value (NaN) then equals itself. Prints neither, as both are long.
fn assert_same<T: std::fmt::Debug>(got: &T, want: &T, what: &str) {
    assert!(format!("{got:?}") == format!("{want:?}"), "{what}: not the same");
}

/// A summary without what depends on the file: the order of partial sums and the stored types.
fn comparable(mut summary: SnapshotSummary) -> SnapshotSummary {
    let features = summary
        .features
        .iter_mut()
        .chain([&mut summary.answers, &mut summary.labels]);
    for counts in features {
        counts.stored_as.clear();
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
    for name in [
        "log.arrow",
        "log.csv",
        "log.tsv",
        "log.ndjson",
        "parts",
        "parts/part-*",
    ] {
        let got = reading(&case(folder.path(), "log.parquet", name));
        assert_eq!(got.plan, want.plan, "{name}");
        assert_same(
            &comparable(got.production),
            &comparable(want.production.clone()),
            &name.to_string(),
        );
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
    want.labels.moments.clear(); // class codes have no moments
    assert_same(&comparable(got.production), &comparable(want), "the whole sample");
}

#[test]
fn compressed_text_is_unpacked() {
    let folder = folder();
    let frame = log();
    write(&folder.path().join("log.csv"), &frame);
    let plain = fs::read(folder.path().join("log.csv")).expect("just written");
    // Gzip with stored blocks, so that the test needs no packer.
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for (index, block) in plain.chunks(60_000).enumerate() {
        let last = (index + 1) * 60_000 >= plain.len();
        let length = block.len() as u16;
        packed.push(u8::from(last));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    let checksum = plain.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    });
    packed.extend((!checksum).to_le_bytes());
    packed.extend((plain.len() as u32).to_le_bytes());
    fs::write(folder.path().join("log.csv.gz"), &packed).expect("a writable folder");
    let want = reading(&case(folder.path(), "log.csv", "log.csv"));
    let got = reading(&case(folder.path(), "log.csv", "log.csv.gz"));
    assert_same(&got.production, &want.production, "gzip");
    fs::write(folder.path().join("log.csv.gz"), &packed[..packed.len() / 2]).expect("a writable folder");
    let cut = error(&case(folder.path(), "log.csv", "log.csv.gz"));
    assert!(matches!(cut, EngineError::Damaged { .. }), "{cut:?}");
}

#[test]
fn stored_types_do_not_matter() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let want = reading(&case(folder.path(), "log.parquet", "log.parquet"));
    let seconds = |frame: &mut DataFrame| {
        let ticks = frame
            .column("ts")
            .expect("there")
            .cast(&DataType::Int64)
            .expect("whole");
        frame.replace("ts", ticks / 1_000_000).expect("replaced");
    };
    let zoned = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
    let types: [(&str, DataType); 16] = [
        ("count", DataType::Int8),
        ("count", DataType::Int16),
        ("count", DataType::Int32),
        ("count", DataType::UInt8),
        ("count", DataType::UInt16),
        ("count", DataType::UInt32),
        ("count", DataType::UInt64),
        ("count", DataType::Float32),
        ("count", DataType::Float64),
        ("count", DataType::Decimal(12, 2)),
        ("count", DataType::String),
        ("flag", DataType::String),
        ("label", DataType::Float64),
        ("prediction", DataType::Boolean),
        ("city", DataType::from_categories(Categories::global())),
        ("ts", zoned),
    ];
    for (name, dtype) in types {
        let mut frame = log();
        let stored = frame.column(name).expect("there").cast(&dtype).expect("castable");
        frame.replace(name, stored).expect("replaced");
        write(&folder.path().join("typed.parquet"), &frame);
        let got = reading(&case(folder.path(), "log.parquet", "typed.parquet"));
        assert_same(
            &comparable(got.production),
            &comparable(want.production.clone()),
            &format!("{name} as {dtype:?}"),
        );
    }
    let mut frame = log();
    seconds(&mut frame);
    write(&folder.path().join("typed.parquet"), &frame);
    let got = reading(&case(folder.path(), "log.parquet", "typed.parquet"));
    assert_same(
        &comparable(got.production),
        &comparable(want.production),
        "seconds",
    );
}

#[test]
fn threads_change_nothing() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    write(&folder.path().join("log.csv"), &log());
    for name in ["log.parquet", "log.csv"] {
        let mut case = case(folder.path(), name, name);
        case.sample.rows = Some(500);
        let on =
            |threads| read(&LocalEngine::with_threads(threads), &case, &Watch::default()).expect("readable");
        let want = on(1);
        assert_eq!(want.production.sample.rows, 500);
        assert_eq!(want.production.sample.population, ROWS as u64);
        assert!(want.production.sample.time.is_sorted());
        for threads in [2, 3, 8] {
            let got = on(threads);
            assert_same(
                &got.production,
                &want.production,
                &format!("{name} on {threads} threads"),
            );
            assert_same(
                &got.training,
                &want.training,
                &format!("{name} on {threads} threads"),
            );
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

#[test]
fn faults_are_counted_not_fatal() {
    let folder = folder();
    let mut broken = log();
    let amount = (0..ROWS).map(|i| {
        if i < 100 {
            format!("{i},5")
        } else {
            format!("{i}.5")
        }
    });
    broken
        .replace("amount", Column::new("amount".into(), amount.collect::<Vec<_>>()))
        .expect("replaced");
    let city = (0..ROWS).map(|i| if i % 2 == 0 { "Rome" } else { "Atlantis" });
    broken
        .replace("city", Column::new("city".into(), city.collect::<Vec<_>>()))
        .expect("replaced");
    let broken = broken.drop("count").expect("there");
    let broken = broken
        .hstack(&[Column::new("device".into(), vec!["d1"; ROWS as usize])])
        .expect("one length");
    write(&folder.path().join("log.parquet"), &log());
    for name in ["broken.parquet", "broken.csv", "broken.ndjson"] {
        write(&folder.path().join(name), &broken);
        let got = reading(&case(folder.path(), "log.parquet", name));
        let feature = |name: &str| {
            got.plan
                .features
                .iter()
                .position(|f| f.name == name)
                .expect("a feature")
        };
        let amount = &got.production.features[feature("amount")];
        assert_eq!(amount.unreadable.iter().sum::<u32>(), 100, "{name}");
        assert_eq!(amount.unreadable_examples[..2], ["0,5", "1,5"], "{name}");
        assert!(!got.production.features[feature("count")].present, "{name}");
        assert_eq!(
            got.production.sample.features[feature("count")],
            Sampled::Absent,
            "{name}"
        );
        let city = &got.plan.features[feature("city")];
        assert_eq!(city.known_levels, 4, "{name}");
        assert_eq!(city.levels[4], "Atlantis", "{name}");
        let counted = got.production.features[feature("city")].sum(|_| true);
        assert_eq!(counted[counted.len() - 2], ROWS as u64 / 2, "{name}");
        assert_eq!(
            got.production.new_columns,
            [("device".to_owned(), "String".to_owned())],
            "{name}"
        );
        assert_eq!(got.production.sample.extra[0].2, ["d1"], "{name}");
    }
}

#[test]
fn classes_that_training_never_held_are_appended() {
    let folder = folder();
    let mut odd = log();
    let prediction = (0..ROWS).map(|i| i64::from(i % 2 == 0) + 2 * i64::from(i % 10 == 1));
    odd.replace(
        "prediction",
        Column::new("prediction".into(), prediction.collect::<Vec<_>>()),
    )
    .expect("replaced");
    write(&folder.path().join("log.parquet"), &log());
    write(&folder.path().join("odd.parquet"), &odd);
    let got = reading(&case(folder.path(), "log.parquet", "odd.parquet"));
    assert_eq!(got.plan.classes, ["0", "1", "2"]);
    assert_eq!(got.plan.known_classes, 2);
    let confusion = |summary: &SnapshotSummary| {
        summary.windows.iter().fold([0; 9], |mut total, window| {
            total
                .iter_mut()
                .zip(&window.answers.confusion)
                .for_each(|(t, c)| *t += c);
            total
        })
    };
    let labelled = ROWS as u64 * 4 / 5;
    assert_eq!(confusion(&got.production).iter().sum::<u64>(), labelled);
    assert_eq!(confusion(&got.production)[2] + confusion(&got.production)[5], 300);
    assert_eq!(confusion(&got.training).iter().sum::<u64>(), labelled);
    assert_eq!(
        got.production
            .sample
            .prediction
            .iter()
            .filter(|p| **p == 2.0)
            .count(),
        300
    );
}

#[test]
fn offline_rows_find_their_production_rows() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    write(
        &folder.path().join("offline.csv"),
        &log().slice(500, 1000).reverse(),
    );
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

#[test]
fn broken_files_give_sentences() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    write(&path("log.parquet"), &log());
    write(&path("log.csv"), &log());
    write(&path("none.csv"), &log().slice(0, 0));
    write(&path("none.parquet"), &log().slice(0, 0));
    let whole = fs::read(path("log.parquet")).expect("just written");
    fs::write(path("cut.parquet"), &whole[..whole.len() / 2]).expect("writable");
    let mut damaged = whole.clone();
    damaged[40..4000].fill(0xff);
    fs::write(path("damaged.parquet"), damaged).expect("writable");
    fs::write(path("empty.csv"), "").expect("writable");
    fs::write(path("blank.csv"), "\n\n").expect("writable");
    fs::write(path("noise.bin"), [7_u8, 0, 1, 0, 2, 0, 3]).expect("writable");
    fs::write(path("array.json"), "[{\"a\": 1}]").expect("writable");
    let text = fs::read_to_string(path("log.csv")).expect("just written");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[2500] = "1,2,3";
    let line = 2501;
    fs::write(path("row.csv"), lines.join("\n")).expect("writable");
    fs::write(path("row.ndjson"), "{\"ts\": 1}\n{\"ts\": 1,}\n").expect("writable");
    let times = text.replace("2026-", "MMXXVI/");
    fs::write(path("times.csv"), times).expect("writable");
    let cases: [(&str, &str); 13] = [
        ("lag.parquet", "lag.parquet does not exist"),
        ("*.orc", "*.orc matches no file"),
        (
            "s3://bucket/log",
            "s3://bucket/log is an address that the local engine cannot read",
        ),
        ("empty.csv", "empty.csv is empty"),
        ("blank.csv", "blank.csv is empty"),
        ("none.csv", "none.csv holds no rows"),
        ("none.parquet", "none.parquet holds no rows"),
        ("cut.parquet", "cut.parquet is damaged or cut off"),
        ("damaged.parquet", "damaged.parquet is damaged or cut off"),
        ("noise.bin", "noise.bin is in no format that coroner knows"),
        ("array.json", "array.json is in no format that coroner knows"),
        ("row.ndjson", "row.ndjson:2 cannot be read: it is no JSON object"),
        (
            "times.csv",
            "times.csv: no value of \"ts\" can be read as a time, the first is \"MMXXVI/",
        ),
    ];
    for (name, want) in cases {
        let error = error(&case(folder.path(), "log.parquet", name));
        assert!(error.to_string().starts_with(want), "{name}: {error}");
        assert!(!error.hints().is_empty(), "{name}");
    }
    let row = error(&case(folder.path(), "log.parquet", "row.csv"));
    assert_eq!(
        row.to_string(),
        format!("row.csv:{line} cannot be read: it has 3 fields, the header has 9")
    );
    let missing = error(&Case {
        columns: Columns {
            timestamp: Some("tss".to_owned()),
            ..Columns::default()
        },
        ..case(folder.path(), "log.parquet", "log.parquet")
    });
    assert!(
        missing.hints()[0].contains("\"ts\""),
        "{missing}: {:?}",
        missing.hints()
    );
}

#[test]
fn odd_columns_are_no_errors() {
    let folder = folder();
    let n = ROWS as usize;
    let mut odd = log();
    odd.replace(
        "amount",
        Column::full_null("amount".into(), n, &DataType::Float64),
    )
    .expect("replaced");
    odd.replace("city", Column::full_null("city".into(), n, &DataType::String))
        .expect("replaced");
    odd.replace("label", Column::full_null("label".into(), n, &DataType::Int64))
        .expect("replaced");
    odd.replace("count", Column::full_null("count".into(), n, &DataType::Null))
        .expect("replaced");
    odd.replace("prediction", Column::new("prediction".into(), vec![1_i64; n]))
        .expect("replaced");
    for name in ["odd.parquet", "odd.csv", "odd.ndjson"] {
        write(&folder.path().join(name), &odd);
        let got = reading(&case(folder.path(), name, name));
        assert_eq!(got.plan.classes, ["0", "1"], "{name}");
        assert_eq!(
            got.production
                .windows
                .iter()
                .map(|w| w.answers.labelled)
                .sum::<u64>(),
            0,
            "{name}"
        );
    }
    let wide: Vec<Column> = (0..600)
        .map(|i| Column::new(format!("x{i}").into(), [1.0, 2.0, f64::NAN]))
        .collect();
    let stamp = Column::new("ts".into(), ["2026-03-01", "2026-03-02", ""]);
    let wide = DataFrame::new_infer_height([vec![stamp], wide].concat()).expect("one length");
    write(&folder.path().join("wide.csv"), &wide);
    let columns = Columns {
        timestamp: Some("ts".to_owned()),
        ..Columns::default()
    };
    let got = reading(&Case {
        columns,
        ..case(folder.path(), "wide.csv", "wide.csv")
    });
    assert_eq!(got.plan.features.len(), 600);
    assert_eq!((got.production.rows, got.production.without_time), (2, 1));
}

#[test]
fn a_pass_can_be_watched_and_stopped() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let case = case(folder.path(), "log.parquet", "log.parquet");
    let engine = LocalEngine::with_threads(2);
    let seen = std::sync::Mutex::new(Vec::new());
    let report = |progress: crate::engine::Progress<'_>| seen.lock().expect("unpoisoned").push(progress.rows);
    let watch = Watch {
        progress: Some(&report),
        cancel: None,
    };
    let mut plan = engine
        .plan(&case, &Watch::default(), &mut Vec::new())
        .expect("a plan");
    engine
        .summarise(
            &case,
            SnapshotRole::Production,
            &mut plan,
            &watch,
            &mut Vec::new(),
        )
        .expect("a summary");
    assert_eq!(
        seen.into_inner().expect("unpoisoned").into_iter().max(),
        Some(ROWS as u64)
    );
    let stop = AtomicBool::new(true);
    let watch = Watch {
        progress: None,
        cancel: Some(&stop),
    };
    let stopped = engine.summarise(
        &case,
        SnapshotRole::Production,
        &mut plan,
        &watch,
        &mut Vec::new(),
    );
    assert!(matches!(stopped, Err(EngineError::Cancelled)));
}
