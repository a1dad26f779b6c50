//! `coroner compare`: what changed between two diagnoses of a case, such as last week's and today's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Ending, Failure, Global, output, paper::Paper};
use crate::text::{number, sanitize::terminal};

/// Tell what changed between two diagnoses: data, cause, metrics, findings, inputs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Both files are what `coroner diagnose CASE --format json` or `coroner report CASE --format json` printed."
)]
pub(super) struct Arguments {
    /// The earlier one
    earlier: PathBuf,
    /// The later one
    later: PathBuf,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: CompareFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum CompareFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object for programs
    Json,
}

/// A change of PSI below this is not told.
const NOTABLE: f64 = 0.05;

/// What changed.
#[derive(Debug, PartialEq, Default)]
struct Changes {
    /// Files whose content differs, and how.
    data: Vec<(String, &'static str)>,
    /// The cause that is named first, then and now, with its probability.
    cause: Option<(String, String)>,
    onset: Option<(String, String)>,
    /// By metric: production's value then and now.
    metrics: Vec<(String, f64, f64)>,
    /// Findings that alarm now and did not, and those that no longer do.
    alarms: Vec<String>,
    calmed: Vec<String>,
    /// By input: PSI then and now.
    inputs: Vec<(String, f64, f64)>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let (earlier, later) = (read(&arguments.earlier)?, read(&arguments.later)?);
    let changes = changes(&earlier, &later);
    let text = match arguments.format {
        CompareFormat::Text => {
            let paper = Paper::of(global);
            paper.plain(lines(&changes).join("\n") + "\n")
        }
        CompareFormat::Json => format!("{:#}\n", as_json(&changes)),
    };
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}

/// Reads a diagnosis, or the one within a report.
fn read(path: &Path) -> Result<Value, Failure> {
    let shown = terminal(&path.display().to_string()).into_owned();
    let failed = |message: String| {
        Failure::plain("E307", message, &["write one with  coroner diagnose CASE --format json > FILE"])
    };
    let text = fs::read_to_string(path).map_err(|error| failed(format!("{shown} can't be read: {error}")))?;
    let value: Value =
        serde_json::from_str(&text).map_err(|error| failed(format!("{shown} is no JSON: {error}")))?;
    if value["causes"].is_array() && value["findings"].is_array() {
        Ok(value)
    } else {
        Err(failed(format!("{shown} holds no diagnosis: causes and findings are missing")))
    }
}

fn changes(earlier: &Value, later: &Value) -> Changes {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let first = |value: &Value| {
        let cause = &value["causes"][0];
        let probability =
            cause["probability"].as_f64().map_or_else(String::new, |p| format!(" ({})", number::share(p)));
        text(&cause["cause"]) + &probability
    };
    let differ = |a: String, b: String| (a != b).then_some((a, b));
    let alarms = |value: &Value| -> BTreeSet<String> {
        let findings = value["findings"].as_array().into_iter().flatten();
        let name = |finding: &Value| {
            let about = ["feature", "source", "segment"].iter().find_map(|key| finding[*key].as_str());
            about.map_or_else(|| text(&finding["id"]), |about| format!("{} {about}", text(&finding["id"])))
        };
        findings.filter(|finding| finding["verdict"] == "alarm").map(name).collect()
    };
    let (then, now) = (alarms(earlier), alarms(later));
    Changes {
        data: data(earlier, later),
        cause: differ(first(earlier), first(later)),
        onset: differ(text(&earlier["performance"]["onset"]), text(&later["performance"]["onset"])),
        metrics: by_name(earlier, later, "metrics", "metric", |metric| {
            metric["production"]["value"].as_f64()
        })
        .into_iter()
        .filter(|(_, a, b)| a != b)
        .collect(),
        alarms: now.difference(&then).cloned().collect(),
        calmed: then.difference(&now).cloned().collect(),
        inputs: by_name(earlier, later, "inputs", "feature", |input| input["psi"].as_f64())
            .into_iter()
            .filter(|(_, a, b)| (a - b).abs() >= NOTABLE)
            .collect(),
    }
}

/// Files by their name and content.
fn data(earlier: &Value, later: &Value) -> Vec<(String, &'static str)> {
    let files = |value: &Value| -> BTreeMap<String, String> {
        let files = value["files"].as_array().into_iter().flatten();
        files
            .filter_map(|file| Some((file["path"].as_str()?.to_owned(), file["sha256"].as_str()?.to_owned())))
            .collect()
    };
    let (then, now) = (files(earlier), files(later));
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let how = match (then.get(name), now.get(name)) {
                (Some(a), Some(b)) if a == b => return None,
                (Some(_), Some(_)) => "changed",
                (None, _) => "new",
                (_, None) => "gone",
            };
            Some((name.clone(), how))
        })
        .collect()
}

/// A number of both by the name of its entry, in the order of the later one.
fn by_name(
    earlier: &Value,
    later: &Value,
    list: &str,
    name: &str,
    number: impl Fn(&Value) -> Option<f64>,
) -> Vec<(String, f64, f64)> {
    let entries = |value: &'_ Value| -> Vec<(String, f64)> {
        let entries = value[list].as_array().into_iter().flatten();
        entries.filter_map(|entry| Some((entry[name].as_str()?.to_owned(), number(entry)?))).collect()
    };
    let then: BTreeMap<String, f64> = entries(earlier).into_iter().collect();
    entries(later)
        .into_iter()
        .filter_map(|(name, now)| Some((then.get(&name).copied()?, name, now)))
        .map(|(then, name, now)| (name, then, now))
        .collect()
}

fn lines(changes: &Changes) -> Vec<String> {
    let mut lines = Vec::new();
    let mut push = |lead: &str, text: String| lines.push(format!("{lead:<9} {}", terminal(&text)));
    for (file, how) in &changes.data {
        push("data", format!("{file} {how}"));
    }
    if let Some((then, now)) = &changes.cause {
        push("cause", format!("{then} -> {now}"));
    }
    if let Some((then, now)) = &changes.onset {
        push("onset", format!("{then} -> {now}"));
    }
    for (metric, then, now) in &changes.metrics {
        push("metric", format!("{metric} {} -> {}", number::metric(*then), number::metric(*now)));
    }
    for id in &changes.alarms {
        push("alarms", id.clone());
    }
    for id in &changes.calmed {
        push("calmed", id.clone());
    }
    for (input, then, now) in &changes.inputs {
        push("input", format!("{input} PSI {} -> {}", number::psi(*then), number::psi(*now)));
    }
    if lines.is_empty() {
        lines.push("nothing changed".to_owned());
    }
    lines
}

fn as_json(changes: &Changes) -> Value {
    let pair = |pair: &Option<(String, String)>| {
        pair.as_ref().map_or(Value::Null, |(then, now)| json!({ "earlier": then, "later": now }))
    };
    let numbers = |key: &str, list: &[(String, f64, f64)]| -> Vec<Value> {
        list.iter().map(|(name, then, now)| json!({ key: name, "earlier": then, "later": now })).collect()
    };
    json!({
        "data": changes.data.iter().map(|(file, how)| json!({ "file": file, "state": how })).collect::<Vec<_>>(),
        "cause": pair(&changes.cause),
        "onset": pair(&changes.onset),
        "metrics": numbers("metric", &changes.metrics),
        "alarms": changes.alarms,
        "calmed": changes.calmed,
        "inputs": numbers("feature", &changes.inputs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnosis(cause: &str, accuracy: f64, alarm: &str, sha: &str) -> Value {
        json!({
            "causes": [{ "cause": cause, "probability": 0.9 }],
            "performance": { "onset": "2026-03-19T02:37:53Z" },
            "metrics": [{ "metric": "accuracy", "production": { "value": accuracy } }],
            "findings": [
                { "id": "drift.psi", "feature": "age", "verdict": alarm },
                { "id": "performance.loss", "feature": null, "verdict": "alarm" },
            ],
            "inputs": [{ "feature": "age", "psi": accuracy }],
            "files": [{ "path": "production.parquet", "sha256": sha }, { "path": "training.parquet", "sha256": "a" }],
        })
    }

    #[test]
    fn only_what_differs_is_told() {
        let (then, now) = (diagnosis("none", 0.9, "clear", "x"), diagnosis("data_drift", 0.7, "alarm", "y"));
        let found = changes(&then, &now);
        assert_eq!(found.data, [("production.parquet".to_owned(), "changed")]);
        assert_eq!(found.cause, Some(("none (90.0 %)".to_owned(), "data_drift (90.0 %)".to_owned())));
        assert_eq!(found.onset, None);
        assert_eq!(found.metrics, [("accuracy".to_owned(), 0.9, 0.7)]);
        assert_eq!((found.alarms, found.calmed), (vec!["drift.psi age".to_owned()], Vec::new()));
        assert_eq!(found.inputs.len(), 1);
        assert_eq!(lines(&changes(&now, &now)), ["nothing changed"]);
    }
}
