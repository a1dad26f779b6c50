//! Reports, gates and profiles on the command line: reproducible bytes, and snapshots without rows.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::commands::{CONTRACT, Folder, Row, coroner, snapshot};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Rows of ten days, enough to measure the model's performance per day.
const ROWS: usize = 6000;

/// From the sixth day on incomes arrive in cents, and neither predictions nor labels depend on the inputs.
fn broken(row: &mut Row) {
    if row.at >= ROWS / 2 {
        row.income = format!("{}00", row.income.replace('.', ""));
        "1".clone_into(&mut row.prediction);
        row.label = u8::from(row.at.is_multiple_of(5)).to_string();
    }
}

fn incident() -> Folder {
    let folder = Folder::healthy();
    folder.write("production.csv", snapshot(ROWS, broken));
    folder
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = shown(path.strip_prefix(folder).expect("below"));
                found.insert(name, fs::read(path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn the_same_bytes_in_another_folder_and_with_another_number_of_threads() {
    let folder = incident();
    let reports: Vec<BTreeMap<String, Vec<u8>>> = [("1", "here"), ("3", "there")]
        .into_iter()
        .map(|(threads, name)| {
            let elsewhere = folder.path(name);
            fs::create_dir_all(&elsewhere).expect("a folder");
            let written =
                ["md", "json", "html", "junit", "chat"].map(|format| vec!["--format", format, "-o", "out"]);
            for how in [&written[..], &[vec!["--png", "-o", "out/pixels"]]].concat() {
                let run = Command::new(env!("CARGO_BIN_EXE_coroner"))
                    .current_dir(&elsewhere)
                    .args(["report", "..", "--golden", "20"])
                    .args(how)
                    .env("XDG_STATE_HOME", "/proc/nowhere")
                    .env("RAYON_NUM_THREADS", threads)
                    .env("POLARS_MAX_THREADS", threads)
                    .output()
                    .expect("the program starts");
                assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
            }
            files(&elsewhere.join("out"))
        })
        .collect();
    let names: Vec<&String> = reports[0].keys().collect();
    for name in [
        "report.md",
        "report.json",
        "report.html",
        "report.xml",
        "report.txt",
        "golden-refresh.csv",
        "golden-refresh.parquet",
        "figures/course.svg",
        "pixels/figures/course.png",
        "monitors/alerts.yml",
        "monitors/thresholds.toml",
        "monitors/constraints.schema.json",
    ] {
        assert!(names.iter().any(|n| *n == name), "{name} is missing in {names:?}");
    }
    for (name, bytes) in &reports[0] {
        assert!(reports[1].get(name) == Some(bytes), "{name} differs");
    }
    assert_eq!(reports[0].len(), reports[1].len());
}

#[test]
fn the_gate_tells_by_its_exit_code_and_line_by_line() {
    let healthy = Folder::healthy();
    let quiet = coroner(&["check", &shown(&healthy.path(""))]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (Some(0), ""), "{}", quiet.stderr);
    let folder = incident();
    let run = coroner(&["check", &shown(&folder.path("")), "--since", "2026-03-06", "--window", "1d"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for rule in ["performance.loss: ", "drift.psi:income: "] {
        assert!(run.stdout.lines().any(|line| line.starts_with(rule)), "{}", run.stdout);
    }
    let metrics = coroner(&["check", &shown(&folder.path("")), "--format", "prometheus"]);
    assert_eq!(metrics.code, Some(1));
    assert!(
        metrics.stdout.contains("coroner_window_psi{model=\"credit 1\",feature=\"income\"} "),
        "{}",
        metrics.stdout
    );
    coroner(&["check", &shown(&folder.path("")), "--since", "2030-01-01"])
        .refused("E304", &["2030-01-01", "2026-03-01"]);
}

#[test]
fn fitted_thresholds_are_read_back() {
    let folder = incident();
    let out = folder.path("out");
    let run = coroner(&["report", &shown(&folder.path("")), "-o", &shown(&out)]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let thresholds = fs::read_to_string(out.join("monitors/thresholds.toml")).expect("thresholds");
    folder.write("coroner.toml", format!("{CONTRACT}\n{thresholds}"));
    let run = coroner(&["check", &shown(&folder.path("")), "--since", "2026-03-06"]);
    assert_eq!(run.code, Some(1), "{}\n{thresholds}", run.stderr);
}

#[test]
fn a_cost_an_error_is_told_with_its_interval() {
    let folder = incident();
    folder.write("coroner.toml", format!("{CONTRACT}\n[costs]\nerror = 12.5\ncurrency = \"EUR\"\n"));
    let report = coroner(&["report", &shown(&folder.path("")), "--format", "json"]).object();
    let impact = &report["impact"];
    let (cost, errors) = (&impact["cost"], &impact["extra_errors"]);
    assert_eq!(cost["currency"], "EUR");
    let near = |a: &Value, b: &Value| {
        let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
        assert!((a - 12.5 * b).abs() < 1e-6, "{a} and {b}");
    };
    near(&cost["value"], &errors[0]);
    near(&cost["interval"][0], &errors[1]);
    near(&cost["interval"][1], &errors[2]);
    folder.write("coroner.toml", format!("{CONTRACT}\n[costs]\nerror = -1\n"));
    coroner(&["check", &shown(&folder.path(""))]).refused("E0", &["[costs] error", "above 0"]);
}

/// Writes profiles of all snapshots of a case and names them in its contract.
fn profiled(folder: &Folder, which: &[&str]) {
    let case = shown(&folder.path(""));
    let mut contract = CONTRACT.to_owned();
    for snapshot in which {
        let name = format!("{snapshot}.profile.json");
        let run = coroner(&["profile", &case, "--snapshot", snapshot, "-o", &shown(&folder.path(&name))]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        contract = contract.replace(&format!("{snapshot}.csv"), &name);
    }
    for snapshot in which {
        fs::remove_file(folder.path(&format!("{snapshot}.csv"))).expect("the rows go");
    }
    folder.write("coroner.toml", contract);
}

#[test]
fn a_profile_stands_in_for_training() {
    let (with_rows, without) = (incident(), incident());
    profiled(&without, &["training"]);
    let text = fs::read_to_string(without.path("training.profile.json")).expect("a profile");
    let profile: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(profile["format"], "coroner profile");
    let check = |folder: &Folder| coroner(&["check", &shown(&folder.path("")), "--since", "2026-03-06"]);
    let (rows, counts) = (check(&with_rows), check(&without));
    assert_eq!((rows.code, counts.code), (Some(1), Some(1)), "{}", counts.stderr);
    let psi = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("drift.psi:income"))
            .map(|line| line.split("KS").next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(psi(&rows.stdout), psi(&counts.stdout));
    let object = coroner(&["diagnose", &shown(&without.path("")), "--format", "json"]).object();
    let support = (object["findings"].as_array().expect("findings").iter())
        .find(|finding| finding["id"] == "support.outside")
        .expect("a finding");
    assert_eq!(support["verdict"], "not_applicable");
    assert_eq!(support["because"], "the training snapshot is a profile, which holds no rows");
}

#[test]
fn a_case_of_profiles_alone_can_be_examined() {
    let folder = incident();
    profiled(&folder, &["production", "training"]);
    let case = shown(&folder.path(""));
    let gate = coroner(&["check", &case]);
    assert_eq!(gate.code, Some(1), "{}", gate.stderr);
    assert!(gate.stdout.contains("drift.psi:income"), "{}", gate.stdout);
    let report = coroner(&["report", &case, "--format", "json"]).object();
    // The windows date the onset to the day on which the loss began.
    let onset = &report["detection"]["onset"];
    assert_eq!(onset["at"], "2026-03-06T00:00:00Z", "{onset}");
    assert_eq!(report["impact"]["baseline"], "production before the onset");
    for finding in report["appendix"]["findings"].as_array().expect("findings") {
        let message = finding["says"].as_str().expect("a sentence");
        assert!(!message.contains("NaN"), "{message}");
    }
    for format in ["md", "html", "junit", "chat"] {
        let run = coroner(&["report", &case, "--format", format]);
        assert_eq!(run.code, Some(0), "{format}: {}", run.stderr);
    }
}

#[test]
fn shards_are_counted_apart_and_added_up() {
    let folder = incident();
    let case = shown(&folder.path(""));
    let path = |name: &str| shown(&folder.path(name));
    let make = |arguments: &[&str]| {
        let run = coroner(arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    };
    let all = fs::read_to_string(folder.path("production.csv")).expect("rows");
    let (head, rows) = all.split_once('\n').expect("a head");
    let rows: Vec<&str> = rows.lines().collect();
    for (name, part) in [("early.csv", &rows[..3500]), ("late.csv", &rows[3500..])] {
        folder.write(name, format!("{head}\n{}\n", part.join("\n")));
    }
    let production = ["profile", &case, "--snapshot", "production"];
    for (from, to) in [("early.csv", "a.profile.json"), ("late.csv", "b.profile.json")] {
        make(&[&production[..], &["--from", from, "-o", &path(to)]].concat());
    }
    make(&[&production[..], &["-o", &path("whole.profile.json")]].concat());
    let (a, b) = (path("a.profile.json"), path("b.profile.json"));
    make(&["profile", "--merge", &b, &a, "-o", &path("sum.profile.json")]);
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.path(name)).expect("a profile")).expect("JSON")
    };
    let (sum, whole) = (read("sum.profile.json"), read("whole.profile.json"));
    assert_eq!(sum["rows"], whole["rows"]);
    for feature in 0..3 {
        let totals = |profile: &Value| -> Vec<u64> {
            let windows = profile["features"][feature]["counts"].as_array().expect("windows");
            let mut bins = vec![0; windows[0].as_array().expect("bins").len()];
            for window in windows {
                for (bin, rows) in bins.iter_mut().zip(window.as_array().expect("bins")) {
                    *bin += rows.as_u64().expect("a count");
                }
            }
            bins
        };
        assert_eq!(totals(&sum), totals(&whole));
    }
    // A glob of profiles in the contract is merged as well; profiles with other bins are refused.
    fs::create_dir(folder.path("shards")).expect("a folder");
    for name in ["a.profile.json", "b.profile.json"] {
        fs::copy(folder.path(name), folder.path("shards").join(name)).expect("a copy");
    }
    folder.contract("production.csv", "shards/*.profile.json");
    let gate = coroner(&["check", &case]);
    assert_eq!(gate.code, Some(1), "{}", gate.stderr);
    folder.contract("production.csv", "production.csv");
    let other = path("other.profile.json");
    make(&[&production[..], &["--fewest", "60", "-o", &other]].concat());
    coroner(&["profile", "--merge", &a, &other, "-o", &path("x.json")])
        .refused("E113", &["other bins", "income"]);
    assert!(!folder.path("x.json").exists());
}

#[test]
fn a_profile_of_a_lone_file_and_one_in_the_wrong_place() {
    let folder = Folder::healthy();
    let out = shown(&folder.path("lone.profile.json"));
    let run = coroner(&["profile", &shown(&folder.path("training.csv")), "-o", &out]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("prediction"), "{}", run.stderr);
    folder.contract("production.csv", "lone.profile.json");
    coroner(&["check", &shown(&folder.path(""))]).refused("E113", &["training", "production"]);
    folder.write("lone.profile.json", "{\"format\":\"coroner profile\",\"version\":99}");
    coroner(&["check", &shown(&folder.path(""))]).refused("E113", &["version 99"]);
}

#[test]
fn the_examples_are_whole() {
    let examples = root().join("docs/examples");
    let mut reports = 0;
    for entry in fs::read_dir(&examples).expect("docs/examples") {
        let folder = entry.expect("an entry").path();
        if !folder.is_dir() {
            continue;
        }
        reports += 1;
        let text = fs::read_to_string(folder.join("report.md")).expect("a report");
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let link = rest.split(')').next().expect("an end");
            assert!(folder.join(link).exists(), "{} lacks {link}", folder.display());
        }
    }
    assert_eq!(reports, 4);
}
