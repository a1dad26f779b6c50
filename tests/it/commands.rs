//! The commands on the command line: output, streams and exit codes, above all the error messages for wrong
//! input.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A case folder that is deleted at the end of its test.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

pub(crate) const CONTRACT: &str = r#"[model]
name = "credit"
version = "1"

[snapshots]
training = "training.csv"
production = "production.csv"

[columns]
timestamp = "ts"
label = "label"
prediction = "prediction"
score = "score"
id = "id"
"#;

impl Folder {
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A small healthy case: 600 training rows and 1 200 production rows over ten days.
    pub(crate) fn healthy() -> Self {
        let folder = Self::empty();
        folder.write("coroner.toml", CONTRACT);
        folder.write("training.csv", snapshot(600, |_| {}));
        folder.write("production.csv", snapshot(1200, |_| {}));
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file can be written");
    }

    /// Changes one line of the contract.
    pub(crate) fn contract(&self, from: &str, to: &str) {
        assert!(CONTRACT.contains(from), "{from}");
        self.write("coroner.toml", CONTRACT.replace(from, to));
    }

    /// Runs a command on the case.
    pub(crate) fn run(&self, command: &str, more: &[&str]) -> Run {
        coroner(&[&[command, &self.folder.path().to_string_lossy()], more].concat())
    }

    fn diagnose(&self) -> Run {
        self.run("diagnose", &["--format", "json"])
    }
}

/// One row before it is written.
pub(crate) struct Row {
    pub(crate) at: usize,
    pub(crate) ts: String,
    pub(crate) income: String,
    pub(crate) region: String,
    pub(crate) prediction: String,
    pub(crate) label: String,
}

/// A CSV of rows from a fixed pseudo-random sequence, each passed through `change`.
pub(crate) fn snapshot(rows: usize, change: impl Fn(&mut Row)) -> String {
    let mut text = "id,ts,income,age,region,prediction,score,label\n".to_owned();
    let mut state = 7_u64;
    let mut next = || {
        // Knuth's MMIX generator; its high bits are random enough for synthetic rows.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    for at in 0..rows {
        let (income, age) = (20.0 + 80.0 * next(), 18 + (50.0 * next()) as u32);
        let score = (income / 100.0).clamp(0.01, 0.99);
        let minutes = at * 14_400 / rows;
        let mut row = Row {
            at,
            ts: format!("2026-03-{:02}T{:02}:{:02}:00", 1 + minutes / 1440, minutes / 60 % 24, minutes % 60),
            income: format!("{income:.2}"),
            region: ["north", "south", "west"][(3.0 * next()) as usize].to_owned(),
            prediction: u8::from(score >= 0.5).to_string(),
            label: u8::from(next() < score).to_string(),
        };
        change(&mut row);
        let Row { ts, income, region, prediction, label, .. } = row;
        let _ = writeln!(text, "{at},{ts},{income},{age},{region},{prediction},{score:.4},{label}");
    }
    text
}

/// The result of a run of the program.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let run = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is text"),
            stderr: String::from_utf8(output.stderr).expect("stderr is text"),
        };
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    /// Asserts that the run refused its input with a code, all of `words` in the message, and a hint.
    #[track_caller]
    pub(crate) fn refused(&self, code: &str, words: &[&str]) {
        assert_eq!(self.code, Some(2), "{}{}", self.stdout, self.stderr);
        assert!(self.stdout.is_empty(), "{}", self.stdout);
        for word in words.iter().chain([&code, &"hint"]) {
            assert!(self.stderr.contains(word), "{word} is missing in:\n{}", self.stderr);
        }
        assert!(!self.stderr.contains('\u{1b}'), "{:?}", self.stderr);
    }

    /// Asserts that the run printed one JSON object, and returns it.
    #[track_caller]
    pub(crate) fn object(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("stdout is one JSON object")
    }
}

pub(crate) fn coroner(arguments: &[&str]) -> Run {
    Run::of(command(arguments).output().expect("the program starts"))
}

/// Runs a command with some variables of the environment.
pub(crate) fn coroner_with(arguments: &[&str], variables: &[(&str, &Path)]) -> Run {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    Run::of(command.output().expect("the program starts"))
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coroner"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("NO_COLOR")
        // It prints panics that are reported in another form.
        .env_remove("RUST_BACKTRACE")
        .env("XDG_CONFIG_HOME", "/nowhere")
        // Nothing can be created there, so nothing of a test is kept.
        .env("XDG_STATE_HOME", "/proc/nowhere")
        .env("TERM", "xterm-256color");
    command
}

/// The findings of an object whose message contains a word.
fn findings<'a>(object: &'a Value, word: &str) -> Vec<&'a Value> {
    let findings = object["findings"].as_array().expect("a list of findings");
    findings
        .iter()
        .filter(|finding| finding["says"].as_str().is_some_and(|message| message.contains(word)))
        .collect()
}

#[test]
fn a_missing_file() {
    let case = Folder::healthy();
    fs::remove_file(case.path("production.csv")).expect("it was there");
    case.diagnose().refused("E101", &["production.csv"]);
}

#[test]
fn an_empty_file() {
    let case = Folder::healthy();
    case.write("production.csv", "");
    case.diagnose().refused("E105", &["production.csv"]);
}

#[test]
fn zero_rows() {
    let case = Folder::healthy();
    case.write("training.csv", snapshot(0, |_| {}));
    case.diagnose().refused("E106", &["training.csv"]);
}

#[test]
fn a_truncated_parquet() {
    let case = Folder::healthy();
    case.contract("production.csv", "production.parquet");
    let mut bytes = b"PAR1".to_vec();
    bytes.extend((0..5000_u32).flat_map(u32::to_le_bytes));
    case.write("production.parquet", bytes);
    case.diagnose().refused("E108", &["production.parquet"]);
}

#[test]
fn a_broken_row() {
    let case = Folder::healthy();
    let text = snapshot(1200, |_| {});
    let mut lines: Vec<&str> = text.lines().collect();
    lines[700] = "700,2026-03-06,12.5,44,no\"rth,\"1,0.4";
    case.write("production.csv", lines.join("\n"));
    case.diagnose().refused("E109", &["production.csv:701"]);
}

#[test]
fn an_unknown_key() {
    let case = Folder::healthy();
    case.contract("score =", "scoer =");
    case.diagnose().refused("E006", &["coroner.toml:13", "scoer = \"score\"", "score"]);
}

#[test]
fn a_role_that_names_no_column() {
    let case = Folder::healthy();
    case.contract("timestamp = \"ts\"", "timestamp = \"tss\"");
    case.diagnose().refused("E012", &["coroner.toml:10", "timestamp = \"tss\"", "nearest names are  ts"]);
}

#[test]
fn a_folder_without_contract() {
    let case = Folder::healthy();
    fs::remove_file(case.path("coroner.toml")).expect("it was there");
    case.diagnose().refused("E002", &["coroner init"]);
}

#[test]
fn no_timestamp_can_be_read() {
    let case = Folder::healthy();
    case.write("production.csv", snapshot(1200, |row| row.ts = "soon".to_owned()));
    case.diagnose().refused("E110", &["production.csv", "ts", "soon"]);
}

#[test]
fn some_timestamps_cannot_be_read() {
    let case = Folder::healthy();
    let change = |row: &mut Row| {
        if row.at % 100 == 3 {
            row.ts = "soon".to_owned();
        }
    };
    case.write("production.csv", snapshot(1200, change));
    let object = case.diagnose().object();
    let notes = object["notes"].to_string();
    assert!(notes.contains("12"), "{notes}");
}

#[test]
fn all_labels_are_missing() {
    let case = Folder::healthy();
    case.write("production.csv", snapshot(1200, |row| row.label.clear()));
    let object = case.diagnose().object();
    assert!(!findings(&object, "label").is_empty(), "{}", object["findings"]);
}

#[test]
fn one_class_only() {
    let case = Folder::healthy();
    case.write("production.csv", snapshot(1200, |row| row.label = "1".to_owned()));
    let object = case.diagnose().object();
    assert!(!findings(&object, "label").is_empty(), "{}", object["findings"]);
}

#[test]
fn a_column_without_any_value() {
    let case = Folder::healthy();
    case.write("production.csv", snapshot(1200, |row| row.income.clear()));
    let object = case.diagnose().object();
    let found = findings(&object, "income");
    assert!(found.iter().any(|finding| finding["verdict"] == "alarm"), "{found:?}");
}

#[test]
fn two_thousand_columns() {
    let case = Folder::healthy();
    let wide = |rows: usize| {
        let names: String = (0..1990).fold(String::new(), |mut names, i| {
            let _ = write!(names, ",f{i}");
            names
        });
        let mut text = String::new();
        for (at, line) in snapshot(rows, |_| {}).lines().enumerate() {
            text.push_str(line);
            if at == 0 {
                text.push_str(&names);
            } else {
                for i in 0..1990 {
                    let _ = write!(text, ",{}", (at * 31 + i * 17) % 101);
                }
            }
            text.push('\n');
        }
        text
    };
    case.write("training.csv", wide(120));
    case.write("production.csv", wide(120));
    let object = case.diagnose().object();
    assert!(object["causes"].as_array().is_some_and(|causes| causes.len() == 12), "{}", object["causes"]);
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let case = Folder::healthy();
    let hostile = |text: String| text.replace("region", "re\u{1b}[31mgion").replace("north", "no\u{202e}rth");
    case.write("training.csv", hostile(snapshot(600, |_| {})));
    case.write("production.csv", hostile(snapshot(1200, |row| row.region = "east\u{7}".to_owned())));
    let run = coroner(&["diagnose", &case.folder.path().to_string_lossy(), "--color", "never"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let is_safe = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
    assert!(run.stdout.chars().all(is_safe), "{:?}", run.stdout);
}

#[test]
fn the_object_holds_what_is_promised() {
    let case = Folder::healthy();
    let object = case.diagnose().object();
    assert_eq!(object["version"], 1);
    assert_eq!(object["case"], "credit 1");
    assert_eq!(object["task"], "binary");
    assert!(object["performance"]["baseline"].is_number(), "{}", object["performance"]);
    let causes = object["causes"].as_array().expect("a list");
    let belief: f64 = causes.iter().filter_map(|cause| cause["probability"].as_f64()).sum();
    assert_eq!(causes.len(), 12);
    assert!((belief - 1.0).abs() < 1e-6, "{belief}");
    for finding in object["findings"].as_array().expect("a list") {
        for key in ["id", "step", "verdict", "says"] {
            assert!(finding[key].is_string(), "{key} in {finding}");
        }
    }
    assert_eq!(case.diagnose().stdout, case.diagnose().stdout, "the same case gives the same bytes");
}

#[test]
fn text_fits_on_a_screen() {
    let case = Folder::healthy();
    let run = coroner(&["diagnose", &case.folder.path().to_string_lossy(), "--ascii"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.is_ascii(), "{}", run.stdout);
    assert!(run.stdout.lines().count() <= 36, "{}", run.stdout);
    assert!(run.stdout.contains("credit 1"), "{}", run.stdout);
    assert!(run.stderr.is_empty(), "no progress where stderr is no terminal: {}", run.stderr);
}

#[test]
fn init_writes_a_contract_that_opens() {
    let case = Folder::healthy();
    fs::remove_file(case.path("coroner.toml")).expect("it was there");
    let (training, production) = (case.path("training.csv"), case.path("production.csv"));
    let arguments =
        ["init", "--training", &training.to_string_lossy(), "--production", &production.to_string_lossy()];
    let run = coroner(&arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let contract = fs::read_to_string(case.path("coroner.toml")).expect("it is written");
    for line in
        ["training = \"training.csv\"", "timestamp = \"ts\"", "label = \"label\"", "score = \"score\""]
    {
        assert!(contract.contains(line), "{line} is missing in\n{contract}");
    }
    assert_eq!(case.diagnose().code, Some(0));
    coroner(&arguments).refused("E013", &["coroner.toml", "--force"]);
    assert_eq!(coroner(&[&arguments[..], &["--force"]].concat()).code, Some(0));
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let case = Folder::healthy();
    let mut child = command(&["diagnose", &case.folder.path().to_string_lossy(), "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(Run::of(output).code, Some(0));
}

#[test]
fn arguments_that_are_wrong() {
    for arguments in
        [&["diagnose"][..], &["diagnose", "a", "b"], &["--colour"], &["diagnose", "x", "--format", "xml"]]
    {
        let run = coroner(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stdout.is_empty(), "{arguments:?}: {}", run.stdout);
    }
    coroner(&["diagnose", "no/such/case"]).refused("E001", &["no/such/case"]);
}

#[test]
fn what_the_program_says_of_itself() {
    let version = coroner(&["--version"]);
    assert_eq!(
        (version.code, version.stdout.trim()),
        (Some(0), concat!("coroner ", env!("CARGO_PKG_VERSION")))
    );
    let info = coroner(&["info"]);
    assert!(info.stdout.contains("journals"), "{}", info.stdout);
    for shell in ["bash", "zsh", "fish"] {
        let script = coroner(&["completions", shell]);
        assert!(script.stdout.contains("diagnose"), "{shell}");
    }
    let page = coroner(&["man"]);
    assert!(page.stdout.starts_with(".ie") || page.stdout.contains(".TH"), "{}", page.stdout);
}

#[test]
fn a_mistake_in_the_configuration_is_told_with_its_place() {
    let case = Folder::healthy();
    fs::create_dir(case.path("coroner")).expect("a folder");
    case.write("coroner/config.toml", "[keys]\ntry_fx = \"T\"\n");
    let with = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.env("XDG_CONFIG_HOME", case.path(""));
        Run::of(command.output().expect("the program starts"))
    };
    let path = case.path("");
    let run = with(&["diagnose", path.to_str().expect("a path")]);
    run.refused("E403", &["config.toml:2", "try_fx", "try_fix"]);
    // Commands about the program itself work all the same.
    let info = with(&["info"]);
    assert_eq!(info.code, Some(0));
    assert!(info.stdout.contains("has a mistake"), "{}", info.stdout);
    case.write("coroner/config.toml", "[thresholds]\npsi_watch = 0.000001\npsi_alarm = 0.000002\n");
    let strict = with(&["check", path.to_str().expect("a path")]);
    let usual = coroner(&["check", path.to_str().expect("a path")]);
    assert!(strict.stdout.len() >= usual.stdout.len());
    let printed = coroner(&["gen", "config"]);
    assert!(printed.code == Some(0) && printed.stdout.contains("# try_fix = \"t\""), "{}", printed.stdout);
}

#[test]
fn an_onset_set_by_hand_is_followed_or_refused() {
    let case = Folder::healthy();
    let path = case.path("");
    let path = path.to_str().expect("a path");
    let found = case.diagnose().object();
    assert_eq!(found["performance"]["onset_by_hand"], Value::Bool(false));
    let middle = "2026-03-06T00:00:00Z";
    coroner(&["diagnose", path, "--onset", "1999-01-01"]).refused("E205", &["the log runs from 2026-03-01"]);
    coroner(&["diagnose", path, "--baseline", "golden"]).refused("E205", &["answers of launch day"]);
    let arguments = ["diagnose", path, "--onset", middle, "--baseline", "before", "--format", "json"];
    let chosen = coroner(&arguments).object();
    assert_eq!(chosen["performance"]["onset"], Value::String(middle.to_owned()));
    assert_eq!(chosen["performance"]["onset_by_hand"], Value::Bool(true));
    let report = coroner(&["report", path, "--onset", middle, "--without-journal"]);
    assert!(report.stdout.contains("set by hand"), "{}", report.stdout);
}

#[test]
fn every_error_code_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documented = fs::read_to_string(root.join("docs/errors.md")).expect("docs/errors.md");
    let mut found = 0;
    for file in crate::layers::rust_files(&root.join("src")) {
        let code = fs::read_to_string(&file).expect("a source file");
        let file = file.display();
        for (at, _) in code.match_indices("\"E") {
            let Some(id) = code.get(at + 1..at + 5) else { continue };
            if !id[1..].bytes().all(|digit| digit.is_ascii_digit()) {
                continue;
            }
            found += 1;
            assert!(documented.contains(&format!("## {id}")), "{id} of {file} is not in docs/errors.md");
        }
    }
    assert!(found > 40, "{found}");
}
