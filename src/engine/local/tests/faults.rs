//! Broken files and unusual columns: error messages and findings, never a panic.

use std::{fs, sync::atomic::AtomicBool};

use super::*;
use crate::summary::Column as Sampled;

#[test]
fn faults_are_counted_not_fatal() {
    let folder = folder();
    let mut broken = log();
    let amount = (0..ROWS).map(|i| if i < 100 { format!("{i},5") } else { format!("{i}.5") });
    broken.replace("amount", Column::new("amount".into(), amount.collect::<Vec<_>>())).expect("replaced");
    let city = (0..ROWS).map(|i| if i % 2 == 0 { "Rome" } else { "Atlantis" });
    broken.replace("city", Column::new("city".into(), city.collect::<Vec<_>>())).expect("replaced");
    let broken = broken.drop("count").expect("there");
    let broken =
        broken.hstack(&[Column::new("device".into(), vec!["d1"; ROWS as usize])]).expect("one length");
    write(&folder.path().join("log.parquet"), &log());
    for name in ["broken.parquet", "broken.csv", "broken.ndjson"] {
        write(&folder.path().join(name), &broken);
        let got = reading(&case(folder.path(), "log.parquet", name));
        let feature = |name: &str| got.plan.features.iter().position(|f| f.name == name).expect("a feature");
        let amount = &got.production.features[feature("amount")];
        assert_eq!(amount.unreadable.iter().sum::<u32>(), 100, "{name}");
        assert_eq!(amount.unreadable_examples[..2], ["0,5", "1,5"], "{name}");
        assert!(!got.production.features[feature("count")].present, "{name}");
        assert_eq!(got.production.sample.features[feature("count")], Sampled::Absent, "{name}");
        let city = &got.plan.features[feature("city")];
        assert_eq!(city.known_levels, 4, "{name}");
        assert_eq!(city.levels[4], "Atlantis", "{name}");
        let counted = got.production.features[feature("city")].sum(|_| true);
        assert_eq!(counted[counted.len() - 2], ROWS as u64 / 2, "{name}");
        assert_eq!(got.production.new_columns, [("device".to_owned(), "String".to_owned())], "{name}");
        assert_eq!(got.production.sample.extra[0].2, ["d1"], "{name}");
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
    fs::write(path("array.json"), "[1, 2]").expect("writable");
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
        ("s3://bucket/log", "s3://bucket/log is an address that the local engine cannot read"),
        ("empty.csv", "empty.csv is empty"),
        ("blank.csv", "blank.csv is empty"),
        ("none.csv", "none.csv holds no rows"),
        ("none.parquet", "none.parquet holds no rows"),
        ("cut.parquet", "cut.parquet is damaged or truncated"),
        ("damaged.parquet", "damaged.parquet is damaged or truncated"),
        ("noise.bin", "noise.bin is not in a format that coroner knows"),
        ("array.json", "array.json is not in a format that coroner knows"),
        ("row.ndjson", "row.ndjson:2 cannot be read: it is not a JSON object"),
        ("times.csv", "times.csv: no value of \"ts\" can be read as a time, the first is \"MMXXVI/"),
    ];
    for (name, want) in cases {
        let error = error(&case(folder.path(), "log.parquet", name));
        assert!(error.to_string().starts_with(want), "{name}: {error}");
        assert!(!error.hints().is_empty(), "{name}");
    }
    let row = error(&case(folder.path(), "log.parquet", "row.csv"));
    assert_eq!(row.to_string(), format!("row.csv:{line} cannot be read: it has 3 fields, the header has 9"));
    let missing = error(&Case {
        columns: Columns { timestamp: Some("tss".to_owned()), ..Columns::default() },
        ..case(folder.path(), "log.parquet", "log.parquet")
    });
    assert!(missing.hints()[0].contains("\"ts\""), "{missing}: {:?}", missing.hints());
}

#[test]
fn odd_columns_are_no_errors() {
    let folder = folder();
    let n = ROWS as usize;
    let mut odd = log();
    odd.replace("amount", Column::full_null("amount".into(), n, &DataType::Float64)).expect("replaced");
    odd.replace("city", Column::full_null("city".into(), n, &DataType::String)).expect("replaced");
    odd.replace("label", Column::full_null("label".into(), n, &DataType::Int64)).expect("replaced");
    odd.replace("count", Column::full_null("count".into(), n, &DataType::Null)).expect("replaced");
    odd.replace("prediction", Column::new("prediction".into(), vec![1_i64; n])).expect("replaced");
    for name in ["odd.parquet", "odd.csv", "odd.ndjson"] {
        write(&folder.path().join(name), &odd);
        let got = reading(&case(folder.path(), name, name));
        assert_eq!(got.plan.classes, ["0", "1"], "{name}");
        assert_eq!(got.production.windows.iter().map(|w| w.answers.labelled).sum::<u64>(), 0, "{name}");
    }
    let wide: Vec<Column> =
        (0..2000).map(|i| Column::new(format!("x{i}").into(), [1.0, 2.0, f64::NAN])).collect();
    let stamp = Column::new("ts".into(), ["2026-03-01", "2026-03-02", ""]);
    let wide = DataFrame::new_infer_height([vec![stamp], wide].concat()).expect("one length");
    write(&folder.path().join("wide.csv"), &wide);
    let columns = Columns { timestamp: Some("ts".to_owned()), ..Columns::default() };
    let got = reading(&Case { columns, ..case(folder.path(), "wide.csv", "wide.csv") });
    assert_eq!(got.plan.features.len(), 2000);
    assert_eq!((got.production.rows, got.production.without_time), (2, 1));
}

#[test]
fn a_pass_can_be_watched_and_stopped() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let case = case(folder.path(), "log.parquet", "log.parquet");
    let engine = LocalEngine::with_threads(2);
    let seen = std::sync::Mutex::new(Vec::new());
    let report = |progress: crate::engine::PassProgress| seen.lock().expect("unpoisoned").push(progress.rows);
    let control = PassControl { progress: Some(&report), cancel: None };
    let mut plan = engine.plan(&case, &PassControl::default(), &mut Vec::new()).expect("a plan");
    engine
        .summarise(&case, SnapshotRole::Production, &mut plan, &control, &mut Vec::new())
        .expect("a summary");
    assert_eq!(seen.into_inner().expect("unpoisoned").into_iter().max(), Some(ROWS as u64));
    let stop = AtomicBool::new(true);
    let control = PassControl { progress: None, cancel: Some(&stop) };
    let stopped = engine.summarise(&case, SnapshotRole::Production, &mut plan, &control, &mut Vec::new());
    assert!(matches!(stopped, Err(EngineError::Cancelled)));
}

#[test]
fn little_memory_makes_the_sample_smaller_or_is_refused() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let mut case = case(folder.path(), "log.parquet", "log.parquet");
    let whole = reading(&case).production.sample.rows;
    case.sample.memory = Some(44_000_000);
    let data = reading(&case);
    assert!(
        (500..whole).contains(&data.production.sample.rows),
        "{} of {whole}",
        data.production.sample.rows
    );
    assert_eq!(data.production.rows, ROWS as u64, "all rows are counted");
    assert!(data.notes.iter().any(|note| note.contains("44.0 MB of memory suffice")), "{:?}", data.notes);
    case.sample.memory = Some(41_000_000);
    let error = error(&case);
    assert_eq!(error.code(), "E119");
    // What the hint asks for is enough.
    let hint = &error.hints()[0];
    let amount = hint.split("--memory ").nth(1).and_then(|rest| rest.strip_suffix("MB"));
    let amount: u64 = amount.and_then(|number| number.parse().ok()).expect(hint);
    case.sample.memory = Some(amount * 1_000_000);
    assert_eq!(reading(&case).production.rows, ROWS as u64);
}

#[test]
fn numbers_too_large_to_square_are_left_out_and_told() {
    let folder = folder();
    let odd = |name: &str, at: usize| {
        let mut odd = log();
        let column = odd.column(name).expect("it is there").clone();
        let values = column.cast(&DataType::Float64).expect("numbers");
        let values: Vec<Option<f64>> = values.f64().expect("numbers").iter().collect();
        let with = |(row, x): (usize, Option<f64>)| if row % 10 == at { Some(1e308) } else { x };
        let values: Vec<Option<f64>> = values.into_iter().enumerate().map(with).collect();
        odd.replace(name, Column::new(name.into(), values)).expect("replaced");
        odd
    };
    for (name, is_feature) in [("amount", true), ("label", false), ("prediction", false)] {
        write(&folder.path().join("odd.parquet"), &odd(name, 3));
        let mut case = case(folder.path(), "odd.parquet", "odd.parquet");
        case.model.task = Some(Task::Regression);
        case.columns.score = None;
        let data = reading(&case);
        let told = format!("beyond 1e75, in {name} ({} rows)", ROWS / 10);
        assert!(data.notes.iter().any(|note| note.contains(&told)), "{name}: {:?}", data.notes);
        let known = |moments: &crate::summary::Moments| moments.max < 1e75 && moments.sum.is_finite();
        assert!(data.production.features.iter().flat_map(|f| &f.moments).filter(|m| m.n > 0).all(known));
        assert!(is_feature || data.production.sample.label.iter().all(|x| x.is_nan() || x.abs() < 1e75));
    }
}
