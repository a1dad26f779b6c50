//! All keys of `coroner.toml`, defined once: the parser, its hints, the thresholds in the settings and in the
//! report, and the tables of `docs/contract.md` are derived from here.
//!
//! To add a key, add a line here and a field to its section in the contract, which `case/read` fills.

use std::fmt::Write as _;

use super::Thresholds;

/// PSI from which a feature is on watch: the industry's rule of thumb.
pub const PSI_WATCH: f64 = 0.1;

/// PSI from which a feature alerts: the industry's rule of thumb for "act".
pub const PSI_ALARM: f64 = 0.25;

/// The colour steps of a PSI map: the two thresholds, half the lower one, and two and four times the upper
/// one.
pub const PSI_EDGES: [f64; 5] = [PSI_WATCH / 2.0, PSI_WATCH, PSI_ALARM, 2.0 * PSI_ALARM, 4.0 * PSI_ALARM];

/// The maximum number of rows sampled per snapshot.
pub const SAMPLE_ROWS: u64 = 120_000;

/// The same where the snapshots are tables of a cluster.
pub const TRAVELLING_ROWS: u64 = 40_000;

/// A section of the contract.
#[derive(Debug, Clone, Copy)]
pub struct SectionKeys {
    /// Its name, without brackets.
    pub name: &'static str,
    /// Its keys; empty where the user chooses them.
    pub keys: &'static [Key],
}

/// A key of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// What applies when it is absent.
    pub absent: Absent,
    /// What it means, as Markdown.
    pub meaning: &'static str,
    /// An example value, as TOML.
    pub example: Example,
}

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A string.
    Text,
    /// A string; numbers and booleans are taken as written.
    Word,
    /// A list of strings.
    Texts,
    /// A table of strings with user-defined names.
    Pairs,
    /// A table of lists of strings with user-defined names.
    Lists,
    /// A number above 0.
    Positive,
    /// An integer with this minimum.
    Whole(u64),
}

/// What applies when a key is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Absent {
    /// The case cannot be opened.
    Needed,
    /// Nothing; checks that need it do not apply.
    Nothing,
    /// This number.
    Default(f64),
    /// As the sentence states, in Markdown.
    Says(&'static str),
}

/// An example value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Example {
    /// The default.
    Default,
    /// This value, as TOML.
    Value(&'static str),
    /// A value for a key that is incompatible with others of the example in the documentation.
    Apart(&'static str),
}

/// A key of `[thresholds]`.
#[derive(Debug, Clone, Copy)]
pub struct Threshold {
    /// Its name.
    pub key: &'static str,
    /// Its default.
    pub default: f64,
    /// The largest sensible value.
    pub most: f64,
    /// What it means.
    pub meaning: &'static str,
    /// Accesses its value.
    pub field: fn(&mut Thresholds) -> &mut f64,
}

/// The keys of `[thresholds]`.
pub const THRESHOLDS: [Threshold; 10] = [
    Threshold {
        key: "psi_watch",
        default: PSI_WATCH,
        most: f64::INFINITY,
        meaning: "PSI from which an input is worth a look",
        field: |thresholds| &mut thresholds.psi_watch,
    },
    Threshold {
        key: "psi_alarm",
        default: PSI_ALARM,
        most: f64::INFINITY,
        meaning: "PSI from which an input alarms",
        field: |thresholds| &mut thresholds.psi_alarm,
    },
    Threshold {
        key: "performance_drop",
        default: 0.05,
        most: f64::INFINITY,
        meaning: "relative loss of the headline metric that alarms",
        field: |thresholds| &mut thresholds.performance_drop,
    },
    Threshold {
        key: "prediction_shift",
        default: 0.1,
        most: f64::INFINITY,
        meaning: "relative shift of the mean or median answer that alarms",
        field: |thresholds| &mut thresholds.prediction_shift,
    },
    Threshold {
        key: "utilization",
        default: 0.8,
        most: 1.0,
        meaning: "load of CPU or memory that alarms",
        field: |thresholds| &mut thresholds.utilization,
    },
    Threshold {
        key: "latency_rise",
        default: 1.0,
        most: f64::INFINITY,
        meaning: "relative rise of the 95 % quantile of the answer time that alarms; 1 is twice as slow",
        field: |thresholds| &mut thresholds.latency_rise,
    },
    Threshold {
        key: "volume_drop",
        default: 0.5,
        most: 1.0,
        meaning: "by which share fewer requests than usual at that hour and weekday alarm",
        field: |thresholds| &mut thresholds.volume_drop,
    },
    Threshold {
        key: "unseen_share",
        default: 0.01,
        most: 1.0,
        meaning: "share of rows with a level that training does not hold that alarms",
        field: |thresholds| &mut thresholds.unseen_share,
    },
    Threshold {
        key: "outside_rise",
        default: 0.03,
        most: 1.0,
        meaning: "rise of the share of rows outside of training that alarms",
        field: |thresholds| &mut thresholds.outside_rise,
    },
    Threshold {
        key: "label_delay_rise",
        default: 1.0,
        most: f64::INFINITY,
        meaning: "relative rise of the median delay of the labels that alarms",
        field: |thresholds| &mut thresholds.label_delay_rise,
    },
];

impl Threshold {
    const fn key(&self) -> Key {
        let absent = Absent::Default(self.default);
        key(self.key, Kind::Positive, absent, self.meaning, Example::Default)
    }

    /// Returns its value among the given thresholds.
    #[must_use]
    pub fn of(&self, mut thresholds: Thresholds) -> f64 {
        *(self.field)(&mut thresholds)
    }

    /// The threshold with a key.
    #[must_use]
    pub fn named(key: &str) -> Option<&'static Self> {
        static ALL: [Threshold; THRESHOLDS.len()] = THRESHOLDS;
        ALL.iter().find(|threshold| threshold.key == key)
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        let mut thresholds = Self {
            psi_watch: PSI_WATCH,
            psi_alarm: PSI_ALARM,
            performance_drop: f64::NAN,
            prediction_shift: f64::NAN,
            utilization: f64::NAN,
            latency_rise: f64::NAN,
            volume_drop: f64::NAN,
            unseen_share: f64::NAN,
            outside_rise: f64::NAN,
            label_delay_rise: f64::NAN,
        };
        for threshold in THRESHOLDS {
            *(threshold.field)(&mut thresholds) = threshold.default;
        }
        thresholds
    }
}

const fn threshold_keys() -> [Key; THRESHOLDS.len()] {
    let mut keys = [THRESHOLDS[0].key(); THRESHOLDS.len()];
    let mut at = 0;
    while at < keys.len() {
        keys[at] = THRESHOLDS[at].key();
        at += 1;
    }
    keys
}

const fn key(name: &'static str, kind: Kind, absent: Absent, meaning: &'static str, example: Example) -> Key {
    Key { name, kind, absent, meaning, example }
}

use Absent::{Needed, Nothing, Says};
use Example::{Apart, Value};
use Kind::{Lists, Pairs, Positive, Text, Texts, Whole, Word};

/// The sections of the contract, in the order of parsing.
#[rustfmt::skip]
pub static SECTIONS: [SectionKeys; 13] = [
    SectionKeys { name: "model", keys: &[
        key("name", Text, Says("the folder's name"), "what the model is called", Value("\"credit-default\"")),
        key("version", Word, Nothing, "its version; a number is taken as it is written", Value("\"2026-03\"")),
        key("task", Text, Says("inferred from the label, with a note"), "`binary`, `multiclass` or `regression`", Value("\"binary\"")),
        key("positive", Word, Says("the usual name (`1`, `true`, `yes`, …), else the second in order"), "binary: the positive class, as text", Value("\"1\"")),
        key("classes", Lists, Says("trivial differences are matched, with a note: case, blanks, a full stop, `Y`, `yes`, `true` and `1`"), "other spellings of the classes, in labels and answers: the class and its spellings", Apart("{ \"1\" = [\"bad\", \"default\"], \"0\" = [\"good\"] }")),
        key("artifact", Text, Says("a surrogate is used where rows must be scored again"), "the deployed model as ONNX", Value("\"model.onnx\"")),
    ] },
    SectionKeys { name: "snapshots", keys: &[
        key("training", Text, Needed, "what the model was trained on: the features; label and prediction if they are known", Value("\"training.parquet\"")),
        key("production", Text, Needed, "what the model answered: timestamp, the features as served, predictions, labels (null where not yet known)", Value("\"production.parquet\"")),
        key("golden", Text, Nothing, "trusted labelled rows: features, label, `launch_prediction` and `launch_score` (the answers at launch, under these names in every case), the prediction and score of today", Value("\"golden.parquet\"")),
        key("offline", Text, Nothing, "production rows as the training pipeline computes them: id and features", Value("\"offline.parquet\"")),
        key("events", Text, Nothing, "deploys and changes, one a line: `timestamp,kind,title`; the kind is free text: `deploy`, `pipeline`, `schema`, `serving`, …", Value("\"events.csv\"")),
        key("reviewed", Text, Nothing, "production rows that people have labelled, such as a filled-in review queue: id and label, under the names of `[columns]`; `review_weight` as the queue wrote it", Value("\"reviewed.csv\"")),
        key("labels", Text, Says("labels are a column of production"), "the labels of production rows in a file of their own: id and label, under the names of `[columns]`; metrics by window then count the sampled rows", Apart("\"labels.csv\"")),
        key("predictions", Text, Says("predictions are columns of production"), "the answers to production rows in a file of their own: id, and `prediction`, `score` or `scores` under the names of `[columns]`; they then are those of the sampled rows", Apart("\"predictions.csv\"")),
        key("expectations", Text, Nothing, "what columns should be like, for `study suite`: a suite of Great Expectations, a schema of pandera (`to_json`) or a JSON schema of a row", Apart("\"suite.json\"")),
        key("history", Text, Says("`check` remembers nothing but what `--history` names"), "the file to which `check` appends its outcomes, one JSON object a line, and which `study history` reads; it need not exist", Apart("\"runs.jsonl\"")),
        key("split", Text, Says("training and production are files of their own"), "an instant, for one log with a training period that both keys name: training is its rows before, production those since", Apart("\"2026-03-01\"")),
    ] },
    SectionKeys { name: "read", keys: &[
        key("encoding", Text, Says("detected from its bytes: UTF-8, UTF-16 or Windows-1252; the latter two in a note"), "the character set of text files", Apart("\"windows-1252\"")),
        key("separator", Text, Says("whichever of comma, semicolon, tab, pipe and blank splits the rows"), "the character between the fields of CSV files", Apart("\";\"")),
        key("decimal", Text, Says("detected from the values, with a note; required where both readings are possible"), "the decimal separator, `.` or `,`", Apart("\",\"")),
        key("dates", Text, Says("detected from the values, with a note; required where both readings are possible"), "how dates such as 03/04/2026 are written: `day first` or `month first`", Apart("\"day first\"")),
        key("numbers", Texts, Nothing, "columns of text that are read as numbers", Value("[\"income\"]")),
        key("names", Pairs, Says("columns have the same name in every snapshot"), "columns that a file names otherwise than training: the file's name and that of training", Apart("{ INCOME = \"income\" }")),
    ] },
    SectionKeys { name: "columns", keys: &[
        key("timestamp", Text, Nothing, "when the request was answered: timestamps (UTC when they name no zone), dates, RFC 3339 text, or numbers of seconds since 1970", Value("\"ts\"")),
        key("label", Text, Nothing, "the truth: class or number", Value("\"label\"")),
        key("label_time", Text, Nothing, "when the label came, in production or in the file of labels: labels are then compared at equal age; same formats as `timestamp`", Apart("\"resolved_at\"")),
        key("prediction", Text, Says("the class that `score` favours, or of the largest of `scores`; required without them"), "the model's answer: class or number", Value("\"prediction\"")),
        key("score", Text, Nothing, "binary: the probability of the positive class", Value("\"score\"")),
        key("scores", Pairs, Nothing, "multiclass: the column of each class's probability, for ROC AUC of each class against the rest, log loss, Brier score and calibration", Apart("{ a = \"proba_a\", b = \"proba_b\", c = \"proba_c\" }")),
        key("id", Text, Nothing, "identifies the row; joins the offline snapshot", Value("\"id\"")),
        key("latency_ms", Text, Nothing, "answer time in milliseconds", Value("\"latency_ms\"")),
        key("cpu", Text, Nothing, "CPU load of the serving host in percent", Value("\"cpu\"")),
        key("memory", Text, Nothing, "memory in use on the serving host in percent", Value("\"memory\"")),
        key("weight", Text, Nothing, "how many rows a row stands for, where the log is a sample of the requests; see below", Apart("\"sample_weight\"")),
        key("version", Text, Nothing, "the version of the model that answered, where the log names it; never a feature", Apart("\"model_version\"")),
        key("groups", Texts, Nothing, "columns with groups of people, for parity between them; one that is also to be no feature belongs into `ignore`, too", Apart("[\"sex\", \"age_band\"]")),
        key("text", Texts, Nothing, "columns of free text: terms that training does not hold are told and alarm; never a feature", Apart("[\"query\"]")),
        key("ignore", Texts, Nothing, "columns that are neither role nor feature; one whose values recur (an account) is used to find stale values", Value("[\"account\"]")),
        key("categorical", Texts, Nothing, "numbers that are names; texts and booleans are categories anyway", Value("[\"zip3\"]")),
    ] },
    SectionKeys { name: "sources", keys: &[] },
    SectionKeys { name: "bounds", keys: &[] },
    SectionKeys { name: "metrics", keys: &[] },
    SectionKeys { name: "segments", keys: &[] },
    SectionKeys { name: "thresholds", keys: &threshold_keys() },
    SectionKeys { name: "costs", keys: &[
        key("error", Positive, Nothing, "the cost of a wrong answer, of whichever kind; regression: of a unit of absolute error", Value("12.5")),
        key("false_positive", Positive, Nothing, "binary: of a positive answer that should have been negative", Apart("2.0")),
        key("false_negative", Positive, Nothing, "binary: of a negative answer that should have been positive", Apart("40.0")),
        key("retrain", Positive, Nothing, "of retraining and deploying the model once, for the cadence of least cost", Apart("500.0")),
        key("currency", Text, Nothing, "the currency", Value("\"EUR\"")),
    ] },
    SectionKeys { name: "sample", keys: &[
        key("seed", Whole(0), Absent::Default(0.0), "seed of everything that is drawn at random; `--seed` goes before it", Example::Default),
        key("rows", Whole(1000), Absent::Default(SAMPLE_ROWS as f64), "the most rows that are kept of a snapshot; of a table on a cluster 40 000 without this key; counts are always over all rows", Example::Default),
    ] },
    SectionKeys { name: "remote", keys: &[
        key("engine", Text, Needed, "the Spark Connect server whose tables the snapshots are, see cluster.md; a token goes into the environment variable `SPARK_CONNECT_AUTHENTICATE_TOKEN`", Apart("\"sc://spark.example.org:15002/;use_ssl=true\"")),
        key("filter", Pairs, Nothing, "the rows of a snapshot that are read: the snapshot's key and a condition in SQL", Apart("{ production = \"country = 'DE'\" }")),
        key("since", Pairs, Nothing, "the first instant of a snapshot's rows, by `timestamp`", Apart("{ production = \"2026-03-01\" }")),
        key("until", Pairs, Nothing, "the first instant after a snapshot's rows, by `timestamp`", Apart("{ production = \"2026-05-01\" }")),
    ] },
    SectionKeys { name: "candidate", keys: &[
        key("name", Word, Says("`candidate`"), "what it is called", Value("\"credit-default 2026-04\"")),
        key("file", Text, Says("its answers are columns of production"), "the file with its answers", Value("\"candidate.parquet\"")),
        key("prediction", Text, Says("not compared"), "its answer", Apart("\"candidate_prediction\"")),
        key("score", Text, Says("not compared"), "its probability of the positive class", Value("\"score\"")),
        key("latency_ms", Text, Says("not compared"), "its answer time in milliseconds", Apart("\"candidate_latency_ms\"")),
        key("arm", Text, Says("a shadow"), "the column of production that says which arm a row was in", Apart("\"variant\"")),
        key("arm_value", Word, Says("required with `arm`"), "that column's value for the candidate's rows", Apart("\"b\"")),
        key("incumbent_value", Word, Says("the other one; required when there are more than two"), "its value for the deployed model's rows", Apart("\"a\"")),
        key("share", Positive, Says("an even split is checked as one"), "the share of the rows that the candidate's arm is meant to get, for the sample-ratio check", Apart("0.5")),
        key("success", Text, Says("the model's loss"), "arms: a column of production (number or boolean, more is better) that gives the outcome of a row", Apart("\"paid_back\"")),
        key("guard", Texts, Nothing, "columns of production (number or boolean, more is worse) that must not get worse while the candidate is rolled out; `latency_ms` is always one of them", Apart("[\"refund\"]")),
        key("difference", Positive, Says("`performance_drop` of the deployed model's value"), "the smallest difference that matters, in units of what is compared", Apart("0.01")),
    ] },
];

impl SectionKeys {
    /// A key of the section.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The table of its keys, as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::from("| key | value | when absent | meaning |\n|---|---|---|---|\n");
        for key in self.keys {
            let (kind, absent) = (key.kind.words(), key.absent.words());
            let _ = writeln!(text, "| `{}` | {kind} | {absent} | {} |", key.name, key.meaning);
        }
        text
    }
}

impl Key {
    /// An example line: `training = "training.parquet"`.
    #[must_use]
    pub fn line(&self) -> String {
        match (self.example, self.absent) {
            (Example::Value(value) | Example::Apart(value), _) => format!("{} = {value}", self.name),
            (Example::Default, Absent::Default(value)) => format!("{} = {value}", self.name),
            (Example::Default, Absent::Needed | Absent::Nothing | Absent::Says(_)) => self.name.to_owned(),
        }
    }
}

impl Kind {
    fn words(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Word => "text or number".to_owned(),
            Self::Texts => "list of texts".to_owned(),
            Self::Pairs => "table of texts".to_owned(),
            Self::Lists => "table of lists of texts".to_owned(),
            Self::Positive => "number above 0".to_owned(),
            Self::Whole(least) => format!("whole number, {least} or more"),
        }
    }
}

impl Absent {
    fn words(self) -> String {
        match self {
            Self::Needed => "required".to_owned(),
            Self::Nothing => "none".to_owned(),
            Self::Default(value) => format!("`{value}`"),
            Self::Says(message) => message.to_owned(),
        }
    }
}

/// A section of the contract by its name.
#[must_use]
pub fn section(name: &str) -> Option<&'static SectionKeys> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// An example contract with every section, for the documentation.
#[must_use]
pub fn example() -> String {
    let mut text = String::new();
    let is_shown = |section: &&SectionKeys| {
        section.keys.is_empty() || section.keys.iter().any(|key| !matches!(key.example, Example::Apart(_)))
    };
    for section in SECTIONS.iter().filter(is_shown) {
        let _ = writeln!(text, "{}[{}]", if text.is_empty() { "" } else { "\n" }, section.name);
        match section.name {
            "sources" => text.push_str("bureau = [\"fico\", \"inquiries\"]\n"),
            "bounds" => text.push_str("age = [0, 120]\n"),
            "metrics" => text.push_str("paid = { column = \"paid_back\", better = \"more\" }\n"),
            "segments" => text.push_str("young = \"age<30\"\n"),
            _ => {}
        }
        for key in section.keys.iter().filter(|key| !matches!(key.example, Example::Apart(_))) {
            let _ = writeln!(text, "{}", key.line());
        }
    }
    text
}

/// The example contract and the tables of its keys as Markdown, for `docs/contract.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = format!("```toml\n{}```\n", example());
    for section in SECTIONS.iter().filter(|section| !section.keys.is_empty()) {
        let _ = write!(text, "\n## [{}]\n\n{}", section.name, section.markdown());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::case::{Case, CaseError};

    fn parse(text: &str) -> Result<Case, CaseError> {
        Case::parse(text.to_owned(), PathBuf::from("coroner.toml"), PathBuf::new())
    }

    #[test]
    fn the_document_is_current() {
        let written = include_str!("../../docs/contract.md").replace("\r\n", "\n");
        assert!(
            written.contains(&format!("```toml\n{}```\n", example())),
            "coroner gen contract:\n{}",
            example()
        );
        for section in SECTIONS.iter().filter(|section| !section.keys.is_empty()) {
            let table = section.markdown();
            let (_, below) = written.split_once(&format!("## [{}]\n", section.name)).expect("a heading");
            let until = below.find("\n## ").unwrap_or(below.len());
            assert!(below[..until].contains(&table), "coroner gen contract, [{}]:\n{table}", section.name);
        }
    }

    #[test]
    fn the_example_is_a_case() {
        let case = parse(&example()).expect("a contract that can be read");
        assert_eq!(case.thresholds, Thresholds::default());
        assert_eq!(case.sample.rows, Some(SAMPLE_ROWS as usize));
    }

    #[test]
    fn every_key_is_read() {
        let base =
            "[snapshots]\ntraining = \"a.csv\"\nproduction = \"b.csv\"\n[columns]\nprediction = \"p\"\n";
        for section in &SECTIONS {
            for key in section.keys {
                // No key takes a date, so the parser must reject it.
                let wrong = format!("{} = 2026-01-01\n", key.name);
                // Nothing else of a cluster is read without its address.
                let wrong = match (section.name, key.name) {
                    ("remote", name) if name != "engine" => format!("engine = \"sc://host\"\n{wrong}"),
                    _ => wrong,
                };
                let header = format!("[{}]\n", section.name);
                let text = match base.split_once(&header) {
                    None => format!("{base}{header}{wrong}"),
                    Some((above, below)) => {
                        let named = format!("{} =", key.name);
                        let others: Vec<&str> =
                            below.lines().filter(|line| !line.starts_with(&named)).collect();
                        format!("{above}{header}{wrong}{}", others.join("\n"))
                    }
                };
                let error = parse(&text).expect_err(&text);
                assert_eq!(error.code(), "E007", "[{}] {}: {error}", section.name, key.name);
            }
        }
    }

    #[test]
    fn every_threshold_has_its_own_field() {
        for threshold in THRESHOLDS {
            let mut thresholds = Thresholds::default();
            *(threshold.field)(&mut thresholds) = 77.0;
            let changed: Vec<&str> = THRESHOLDS
                .iter()
                .filter(|other| other.of(thresholds) > 70.0)
                .map(|other| other.key)
                .collect();
            assert_eq!(changed, [threshold.key]);
        }
        let fields = serde_json::to_value(Thresholds::default()).expect("numbers");
        let fields = fields.as_object().expect("a field for each threshold");
        assert_eq!(fields.len(), THRESHOLDS.len());
        assert!(THRESHOLDS.iter().all(|threshold| fields[threshold.key] == threshold.default));
    }
}
