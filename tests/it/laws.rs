//! What must not change a verdict: the order of rows, how they lie in files, what columns are called, how a column that is
//! left out is measured, and how many threads count. And what must not make one: columns and rows of noise.

use std::fmt::Write as _;

use serde_json::Value;

use super::commands::{CONTRACT, Folder, snapshot};

/// Two cases: one in which nothing happened, and one whose `income` is a tenth of what it was from the fifth day on.
fn cases() -> [(&'static str, String, String); 2] {
    let training = snapshot(600, |_| {});
    let broken = snapshot(1200, |row| {
        if row.at >= 600 {
            let income: f64 = row.income.parse().expect("a number");
            row.income = format!("{:.3}", income / 10.0);
            "0".clone_into(&mut row.prediction);
        }
    });
    [("healthy", training.clone(), snapshot(1200, |_| {})), ("broken", training, broken)]
}

fn folder(training: &str, production: &str) -> Folder {
    let folder = Folder::empty();
    folder.write("coroner.toml", CONTRACT);
    folder.write("training.csv", training);
    folder.write("production.csv", production);
    folder
}

/// What is said of a case: the leading cause with its probability, and every finding with what it found.
fn verdict(folder: &Folder) -> (String, f64, Vec<String>) {
    let object = folder.run("diagnose", &["--format", "json"]).object();
    let cause = &object["causes"][0];
    let findings = object["findings"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut told: Vec<String> =
        findings.iter().map(|f| format!("{} {}", text(&f["id"]), text(&f["verdict"]))).collect();
    told.sort();
    (text(&cause["cause"]), cause["probability"].as_f64().expect("a number"), told)
}

#[track_caller]
fn same(got: &(String, f64, Vec<String>), want: &(String, f64, Vec<String>), what: &str) {
    assert_eq!(got.0, want.0, "{what}");
    assert!((got.1 - want.1).abs() < 0.02, "{what}: {} {}", got.1, want.1);
    assert_eq!(got.2, want.2, "{what}");
}

/// The lines in another order, always the same one; the header stays.
fn shuffled(text: &str) -> String {
    let (header, rows) = text.split_once('\n').expect("a header");
    let mut rows: Vec<&str> = rows.lines().collect();
    let mut state = 99_u64;
    for at in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(at, (state >> 33) as usize % (at + 1));
    }
    format!("{header}\n{}\n", rows.join("\n"))
}

/// Every line with something behind it, by the header's word and the line's number.
fn with_column(text: &str, name: &str, value: impl Fn(usize) -> String) -> String {
    let mut wider = String::new();
    for (at, line) in text.lines().enumerate() {
        let more = if at == 0 { name.to_owned() } else { value(at) };
        let _ = writeln!(wider, "{line},{more}");
    }
    wider
}

/// The case with its log in several files, which are read as chunks of their own.
fn split(training: &str, production: &str, rows_each: usize) -> Folder {
    let case = folder(training, production);
    std::fs::remove_file(case.path("production.csv")).expect("it is there");
    std::fs::create_dir(case.path("log")).expect("a folder");
    let (header, rows) = production.split_once('\n').expect("a header");
    let rows: Vec<&str> = rows.lines().collect();
    for (number, rows) in rows.chunks(rows_each).enumerate() {
        case.write(&format!("log/part-{number:03}.csv"), format!("{header}\n{}\n", rows.join("\n")));
    }
    case.contract("production.csv", "log");
    case
}

#[test]
fn the_two_cases_are_told_apart() {
    // Where every case got the same verdict, all laws would hold and mean nothing.
    let [healthy, broken] = cases().map(|(_, training, production)| verdict(&folder(&training, &production)));
    assert_eq!(healthy.0, "none");
    assert_eq!(broken.0, "feature_recalibration");
    assert!(healthy.2.iter().all(|told| !told.ends_with("alarm")), "{:?}", healthy.2);
    assert!(broken.2.iter().any(|told| told.ends_with("alarm")), "{:?}", broken.2);
}

#[test]
fn the_order_of_rows_and_their_files_do_not_matter() {
    for (name, training, production) in cases() {
        let want = verdict(&folder(&training, &production));
        same(
            &verdict(&folder(&shuffled(&training), &shuffled(&production))),
            &want,
            &format!("{name}, shuffled"),
        );

        let parts = split(&training, &production, 417);
        same(&verdict(&parts), &want, &format!("{name}, split"));
    }
}

#[test]
fn names_do_not_matter() {
    for (name, training, production) in cases() {
        let want = verdict(&folder(&training, &production));
        let renamed = |text: &str| text.replacen("income", "zz_einkommen", 1).replacen("region", "aa", 1);
        let mut got = verdict(&folder(&renamed(&training), &renamed(&production)));
        for finding in &mut got.2 {
            *finding = finding.replace("zz_einkommen", "income").replace("aa", "region");
        }
        got.2.sort();
        same(&got, &want, &format!("{name}, renamed"));
    }
}

#[test]
fn the_unit_of_a_column_that_is_left_out_does_not_matter() {
    for (name, training, production) in cases() {
        // The log alone is in another unit: where the column were looked at, it would be a cause.
        let run = |factor: f64| {
            let tall = |text: &str, factor: f64| {
                with_column(text, "height", |at| format!("{}", (at % 70) as f64 * factor))
            };
            let case = folder(&tall(&training, 1.0), &tall(&production, factor));
            case.write("coroner.toml", format!("{CONTRACT}ignore = [\"height\"]\n"));
            verdict(&case)
        };
        same(&run(100.0), &run(1.0), &format!("{name}, centimetres"));
        assert_eq!(run(100.0), run(1.0), "{name}: to the last digit");
    }
}

#[test]
fn columns_that_hold_nothing_do_not_matter() {
    for (name, training, production) in cases() {
        let want = verdict(&folder(&training, &production)).0;
        for value in ["", "1", "x"] {
            let with = |text: &str| with_column(text, "unused", |_| value.to_owned());
            let both = verdict(&folder(&with(&training), &with(&production)));
            assert_eq!(both.0, want, "{name}: {value:?} in both files");
            let emptied = with_column(&production, "unused", |_| String::new());
            let stopped = verdict(&folder(&with(&training), &emptied)).0;
            assert!(!value.is_empty() || stopped == want, "{name}: {stopped}");
        }
    }
}

#[test]
fn threads_do_not_matter() {
    for (name, training, production) in cases() {
        // Many chunks, so that threads have something to share.
        let case = split(&training, &production, 50);
        let run = |threads: &str| case.run("diagnose", &["--format", "json", "--threads", threads]).stdout;
        let want = run("1");
        for threads in ["2", "8"] {
            assert_eq!(run(threads), want, "{name}, {threads} threads");
        }
    }
}

#[test]
fn noise_makes_no_cause() {
    let (training, production) = (snapshot(600, |_| {}), snapshot(1200, |_| {}));
    assert_eq!(verdict(&folder(&training, &production)).0, "none");
    let noisy = |text: &str, seed: usize| {
        let mut text = text.to_owned();
        for column in 0..4 {
            // The fractional parts of multiples of irrational numbers lie evenly and mean nothing.
            let value = |at: usize| ((at + seed) as f64 * (1.618_034 + f64::from(column) * 0.713)).fract();
            text = with_column(&text, &format!("noise{column}"), |at| format!("{:.5}", value(at)));
        }
        text
    };
    let columns = folder(&noisy(&training, 0), &noisy(&production, 7000));
    assert_eq!(verdict(&columns).0, "none", "columns of noise");
    let more = snapshot(1500, |_| {});
    assert_eq!(verdict(&folder(&training, &more)).0, "none", "a quarter more rows");
}
