//! The contents of a case: the location of each snapshot, the column for each role, and the alert thresholds.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Bounds, Breakdown, BusinessMetric};
use crate::{
    cached::cached,
    summary::{Micros, Task, values::DateOrder},
    text::message::Place,
};

/// A case: its folder and the contents of `coroner.toml`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Case {
    /// The folder that relative paths are resolved against.
    pub root: PathBuf,
    /// The contract's path; none when the roles were inferred and nothing is written yet.
    pub contract: Option<PathBuf>,
    /// `[model]`
    pub model: Model,
    /// `[snapshots]`
    pub snapshots: Snapshots,
    /// `[read]`
    pub read: ReadRules,
    /// `[columns]`
    pub columns: Columns,
    /// `[sources]`: upstream system to features.
    pub sources: BTreeMap<String, Vec<String>>,
    /// `[bounds]`: what values a feature can have.
    pub bounds: BTreeMap<String, Bounds>,
    /// `[metrics]`: metrics of the business.
    pub metrics: Vec<BusinessMetric>,
    /// `[segments]`: name and conditions.
    pub segments: Vec<(String, String)>,
    /// `[thresholds]`
    pub thresholds: Thresholds,
    /// `[costs]`
    pub costs: Costs,
    /// `[sample]`
    pub sample: Sample,
    /// `[candidate]`
    pub candidate: Option<Candidate>,
    /// `[remote]`: the cluster that holds the snapshots; none when they are files.
    pub remote: Option<Remote>,
    /// The contract's text.
    pub text: String,
    /// The byte range in [`Case::text`] of the value of each key, such as `columns.timestamp`.
    pub places: BTreeMap<String, Range<usize>>,
    /// Harmless oddities of the contract, one sentence each.
    pub notes: Vec<String>,
}

impl Case {
    /// Name and version of the model: `credit-default 2026-03`.
    #[must_use]
    pub fn title(&self) -> String {
        [self.model.name.as_str(), self.model.version.as_str()].join(" ").trim().to_owned()
    }

    /// Resolves the path of a snapshot or artefact named in the contract. Object store addresses (`s3://…`)
    /// are unchanged.
    #[must_use]
    pub fn locate(&self, named: &str) -> PathBuf {
        if named.contains("://") { PathBuf::from(named) } else { self.root.join(Path::new(named)) }
    }

    /// The upstream system that delivers a feature: the first one in `[sources]` that lists it.
    #[must_use]
    pub fn source_of(&self, feature: &str) -> Option<&str> {
        self.sources
            .iter()
            .find(|(_, features)| features.iter().any(|f| f == feature))
            .map(|(name, _)| name.as_str())
    }

    /// Whether a column of the training snapshot is an input of the model: it has no role, is not ignored and
    /// does not belong to a candidate.
    #[must_use]
    pub fn is_feature(&self, column: &str) -> bool {
        self.columns.is_feature(column)
            && !self.is_beside(column)
            && !self.candidate.iter().flat_map(Candidate::in_the_log).any(|(_, name)| name == column)
    }

    /// How the numbers of the case are broken down.
    #[must_use]
    pub fn breakdown(&self) -> Breakdown {
        Breakdown {
            metrics: self.metrics.clone(),
            segments: self.segments.clone(),
            version: self.columns.version.clone(),
            groups: self.columns.groups.clone(),
            text: self.columns.text.clone(),
        }
    }

    /// Columns that are outcomes or describe the service: never inputs of the model.
    fn is_beside(&self, column: &str) -> bool {
        self.columns.version.as_deref() == Some(column)
            || self.metrics.iter().any(|m| m.column == column)
            || self.columns.text.iter().any(|name| name == column)
    }

    /// Whether the contract names a column for a breakdown, so that it must be read.
    #[must_use]
    pub fn breaks_down_by(&self, column: &str) -> bool {
        let guards = self.candidate.iter().flat_map(|candidate| &candidate.guard);
        self.is_beside(column) || self.columns.groups.iter().chain(guards).any(|name| name == column)
    }

    /// The position in the contract of the value of a key, such as `columns.timestamp`.
    #[must_use]
    pub fn place(&self, key: &str) -> Option<Place> {
        let file = self.contract.as_ref()?.display().to_string();
        self.places.get(key).map(|range| Place::of(file, &self.text, range))
    }
}

/// `[model]`
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Model {
    /// The model's name; by default the name of the folder.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it predicts; inferred from the label when absent.
    pub task: Option<Task>,
    /// The deployed model as an ONNX file.
    pub artifact: Option<String>,
    /// Binary: the positive class, as text.
    pub positive: Option<String>,
    /// Other spellings of the classes in labels and predictions: class to spellings.
    pub classes: BTreeMap<String, Vec<String>>,
}

impl Model {
    /// Maps every spelling listed in `[model] classes` to its class.
    #[must_use]
    pub fn spellings(&self) -> HashMap<String, String> {
        let pairs = |(class, texts): (&String, &Vec<String>)| {
            texts.iter().map(|text| (text.trim().to_owned(), class.clone())).collect::<Vec<_>>()
        };
        self.classes.iter().flat_map(pairs).collect()
    }
}

/// `[read]`: the format of text files, where it should not be inferred.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ReadRules {
    /// The character set, such as `windows-1252`.
    pub encoding: Option<String>,
    /// The character between fields.
    pub separator: Option<u8>,
    /// The decimal separator, a point or a comma.
    pub decimal: Option<u8>,
    /// Which of the first two numbers of a date is the day.
    pub dates: Option<DateOrder>,
    /// Text columns that are read as numbers.
    pub numbers: Vec<String>,
    /// Columns that have another name in the case than in their file: name in the file to name in the case.
    pub names: BTreeMap<String, String>,
}

/// `[snapshots]`: each is a path, a glob, an object store address or a table of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Snapshots {
    /// The data that the model was trained on.
    pub training: String,
    /// The log of its predictions in production.
    pub production: String,
    /// Trusted labelled rows.
    pub golden: Option<String>,
    /// Production rows recomputed by the training pipeline.
    pub offline: Option<String>,
    /// Deploys, pipeline and schema changes.
    pub events: Option<String>,
    /// Production rows labelled by reviewers: id and label.
    pub reviewed: Option<String>,
    /// The labels of production rows in a separate file: id and label.
    pub labels: Option<String>,
    /// The answers to production rows in a file of their own: id, prediction and scores.
    pub predictions: Option<String>,
    /// Training is the rows before this instant, production those since: for one log with a training period.
    pub split: Option<Micros>,
    /// Expectations of another tool about the columns.
    pub expectations: Option<String>,
    /// The outcomes of earlier checks; a file that is written, not a snapshot.
    pub history: Option<String>,
}

/// `[columns]`: the name of the column for each role. Every other column is a feature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Columns {
    /// When the request was served.
    pub timestamp: Option<String>,
    /// The label.
    pub label: Option<String>,
    /// When the label came.
    pub label_time: Option<String>,
    /// The model's prediction: class or value.
    pub prediction: Option<String>,
    /// Binary: the probability of the positive class.
    pub score: Option<String>,
    /// Multiclass: the probability of each class, class to column.
    pub scores: BTreeMap<String, String>,
    /// The row's id, for joining the offline snapshot.
    pub id: Option<String>,
    /// Latency in milliseconds.
    pub latency_ms: Option<String>,
    /// CPU load in percent.
    pub cpu: Option<String>,
    /// Memory use in percent.
    pub memory: Option<String>,
    /// How many rows a row stands for.
    pub weight: Option<String>,
    /// The version of the model that answered.
    pub version: Option<String>,
    /// Columns with groups of people.
    pub groups: Vec<String>,
    /// Columns of free text; never features.
    pub text: Vec<String>,
    /// Columns that are neither role nor feature.
    pub ignore: Vec<String>,
    /// Numeric columns that are categories.
    pub categorical: Vec<String>,
}

impl Columns {
    /// The columns with a role, as (role key, column name), in the order of the contract.
    pub fn roles(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("timestamp", &self.timestamp),
            ("label", &self.label),
            ("label_time", &self.label_time),
            ("prediction", &self.prediction),
            ("score", &self.score),
            ("id", &self.id),
            ("latency_ms", &self.latency_ms),
            ("cpu", &self.cpu),
            ("memory", &self.memory),
            ("weight", &self.weight),
        ]
        .into_iter()
        .filter_map(|(role, column)| column.as_deref().map(|column| (role, column)))
        .chain(self.scores.values().map(|column| ("scores", column.as_str())))
    }

    /// Whether a column of the training snapshot is an input of the model: it has no role and is not ignored.
    #[must_use]
    pub fn is_feature(&self, column: &str) -> bool {
        !self.roles().any(|(_, name)| name == column)
            && !self.ignore.iter().any(|name| name == column)
            && self.version.as_deref() != Some(column)
            && !LAUNCH_COLUMNS.contains(&column)
            && !is_index_name(column)
    }
}

/// Whether a column name is one that data frame libraries write for the index: pandas' `Unnamed: 0` and
/// `__index_level_0__`, R's `...1`, or an empty name. Such a column numbers the rows and is not an input.
#[must_use]
pub fn is_index_name(column: &str) -> bool {
    let numbered = |start: &str, end: &str| {
        let number = column.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    column.trim().is_empty()
        || numbered("Unnamed: ", "")
        || numbered("__index_level_", "__")
        || numbered("level_", "")
        || numbered("...", "")
}

/// Columns of the golden set with the model's predictions at launch; their names are the same in every case.
pub const LAUNCH_COLUMNS: [&str; 2] = ["launch_prediction", "launch_score"];

/// The column of a review queue with the number of rows that a row represents; only randomly drawn rows have
/// it.
pub const REVIEW_WEIGHT: &str = "review_weight";

/// `[thresholds]`; [`super::keys::THRESHOLDS`] holds the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Thresholds {
    /// PSI from which a feature is on watch.
    pub psi_watch: f64,
    /// PSI from which a feature alerts.
    pub psi_alarm: f64,
    /// Relative loss of the headline metric that alerts.
    pub performance_drop: f64,
    /// Relative shift of the mean or median prediction that alerts.
    pub prediction_shift: f64,
    /// CPU or memory use that alerts, as a share.
    pub utilization: f64,
    /// Relative rise of the 95 % quantile of the answer time that alerts.
    pub latency_rise: f64,
    /// By which share fewer requests than usual alert.
    pub volume_drop: f64,
    /// Share of rows with a level that training does not hold that alerts.
    pub unseen_share: f64,
    /// Rise of the share of rows outside of training that alerts.
    pub outside_rise: f64,
    /// Relative rise of the median delay of the labels that alerts.
    pub label_delay_rise: f64,
}

cached!(struct Thresholds {
    psi_watch, psi_alarm, performance_drop, prediction_shift, utilization, latency_rise, volume_drop, unseen_share,
    outside_rise, label_delay_rise,
});

/// `[costs]`: the cost of a wrong prediction. Each is above 0, in one currency; none is guessed.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Costs {
    /// Any wrong prediction; regression: a unit of absolute error.
    pub error: Option<f64>,
    /// Binary: a positive prediction for a negative row.
    pub false_positive: Option<f64>,
    /// Binary: a negative prediction for a positive row.
    pub false_negative: Option<f64>,
    /// Retraining and deploying the model once.
    pub retrain: Option<f64>,
    /// The name of the currency, such as `EUR`.
    pub currency: Option<String>,
}

cached!(struct Costs { error, false_positive, false_negative, retrain, currency });

/// `[sample]`: the row sample of every snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sample {
    /// The seed of all random draws.
    pub seed: u64,
    /// The maximum number of rows; the engine's default when absent.
    pub rows: Option<usize>,
    /// The memory that reading and examining the case may take, in bytes; no bound when absent. No key of the contract: who
    /// runs the program knows the machine.
    #[serde(skip)]
    pub memory: Option<u64>,
}

/// `[remote]`: a Spark cluster whose tables the snapshots are. A snapshot that names a file beside the contract is still read
/// here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Remote {
    /// The connection string of its Spark Connect server; never with a token.
    pub engine: String,
    /// Conditions in SQL that the rows of a snapshot meet, by the snapshot's key.
    pub filter: BTreeMap<String, String>,
    /// The first instant of a snapshot's rows, by the snapshot's key.
    pub since: BTreeMap<String, Micros>,
    /// The first instant after a snapshot's rows, by the snapshot's key.
    pub until: BTreeMap<String, Micros>,
}

/// `[candidate]`: a model that may replace the deployed one. It has predicted the same rows (in columns of
/// the production log, or in a separate file joined by id), or the rows of one arm of an experiment.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// The file with its predictions; none when they are in the production log.
    pub file: Option<String>,
    /// Its prediction: class or value.
    pub prediction: Option<String>,
    /// Binary: its probability of the positive class.
    pub score: Option<String>,
    /// Its latency in milliseconds.
    pub latency_ms: Option<String>,
    /// The column of the log with the experiment arm of a row.
    pub arm: Option<String>,
    /// The value of that column for the candidate's rows.
    pub arm_value: Option<String>,
    /// The value for the deployed model's rows; if absent, any other value.
    pub incumbent_value: Option<String>,
    /// The intended share of the traffic for the candidate's arm.
    pub share: Option<f64>,
    /// The column of the log with the success of a row, more being better; the model's loss when absent.
    pub success: Option<String>,
    /// The smallest relevant difference, in the unit of the comparison.
    pub difference: Option<f64>,
    /// Columns of the log that must not get worse while the candidate is rolled out; more is worse.
    pub guard: Vec<String>,
}

cached!(struct Candidate {
    name, file, prediction, score, latency_ms, arm, arm_value, incumbent_value, share, success, difference,
    guard,
});

impl Candidate {
    /// The columns of the production log about the candidate, with their keys.
    pub fn in_the_log(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let answers =
            [("prediction", &self.prediction), ("score", &self.score), ("latency_ms", &self.latency_ms)];
        let arms = [("arm", &self.arm), ("success", &self.success)];
        answers
            .into_iter()
            .filter(|_| self.file.is_none())
            .chain(arms)
            .filter_map(|(key, column)| Some((key, column.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_ignored_columns_are_no_features() {
        let columns = Columns {
            label: Some("y".to_owned()),
            score: Some("p".to_owned()),
            ignore: vec!["account".to_owned()],
            ..Columns::default()
        };
        assert_eq!(columns.roles().collect::<Vec<_>>(), [("label", "y"), ("score", "p")]);
        for (name, want) in [
            ("y", false),
            ("p", false),
            ("account", false),
            ("launch_score", false),
            ("income", true),
            ("", false),
            ("Unnamed: 0", false),
            ("Unnamed: x", true),
            ("__index_level_12__", false),
        ] {
            assert_eq!(columns.is_feature(name), want, "{name}");
        }
    }

    #[test]
    fn paths_start_from_the_case() {
        let case = Case { root: PathBuf::from("cases/a"), ..Case::default() };
        assert_eq!(case.locate("training.parquet"), Path::new("cases/a/training.parquet"));
        assert_eq!(case.locate("/data/x.csv"), Path::new("/data/x.csv"));
        assert_eq!(case.locate("s3://bucket/x/*.parquet"), Path::new("s3://bucket/x/*.parquet"));
    }
}
