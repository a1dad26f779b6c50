//! Incidents with known causes, with the signals of the exams.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use coroner::{
    autopsy::{
        Cause, Verdict,
        account::{Line, Place},
    },
    case::Case,
    engine::{LocalEngine, PassControl},
    summary::Micros,
};
use serde::{Deserialize, Serialize};

/// A line of the account: place, feature, loss per row, its standard error, share of the loss.
type LineOfAccount = (String, Option<String>, f64, f64, Option<f64>);

/// A second round: see [`Incident::remainder`].
type SecondRound = (Cause, Vec<String>, f64, bool, Vec<(Cause, f64, f64, Vec<String>)>);

/// One incident: the truth, and the signals of the exams.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Incident {
    /// Its id, for lists of misdiagnosed cases.
    pub id: String,
    /// The root cause.
    pub cause: Cause,
    /// Other causes that count as correct.
    pub also_acceptable: Vec<Cause>,
    /// The table that the case was generated from.
    pub base: String,
    /// The mechanism.
    pub fault: String,
    /// The features at fault; empty where the fault does not concern features.
    pub features: Vec<String>,
    /// All true causes, where there are several: the costlier first, with their shares of the loss.
    #[serde(default)]
    pub causes: Vec<Part>,
    /// The signals by key.
    pub signals: BTreeMap<String, f64>,
    /// The features that each signal names.
    pub named: BTreeMap<String, Vec<String>>,
    /// The diagnosis by the shipped weights: the first cause and its features.
    pub diagnosed: (Cause, Vec<String>),
    /// Every cause's probability by the whole picture.
    #[serde(default)]
    pub probability: BTreeMap<Cause, f64>,
    /// The lines of the account: place, feature, loss a row, its standard error, share of the loss.
    #[serde(default)]
    pub account: Vec<LineOfAccount>,
    /// The altered inputs of the account: feature, part, start.
    #[serde(default)]
    pub altered: Vec<(String, f64, f64)>,
    /// The parts of the headline loss: answers, inputs.
    #[serde(default)]
    pub headline: Option<(f64, f64)>,
    /// The second round: the cause that was undone, its features, what is left, whether the account finds more, and the causes of
    /// what is left with their probabilities and features.
    #[serde(default)]
    pub remainder: Option<SecondRound>,
    /// The features that each cause names.
    #[serde(default)]
    pub features_of: BTreeMap<Cause, Vec<String>>,
    /// The findings that alarm.
    #[serde(default)]
    pub alarms: Vec<String>,
    /// The distance of the estimated onset from the true one, in hours; none where either has none.
    pub onset_error: Option<f64>,
}

/// One of several causes of an incident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Which.
    pub cause: Cause,
    /// The features at fault.
    pub features: Vec<String>,
    /// Its share of the loss.
    pub share: f64,
}

#[derive(Deserialize)]
struct Truth {
    cause: Cause,
    also_acceptable: Vec<Cause>,
    base: String,
    fault: String,
    features: Vec<String>,
    onset: Option<String>,
    #[serde(default)]
    causes: Vec<Part>,
}

/// Investigates every case of the given folders and writes one line per incident.
pub(crate) fn collect(folders: &[String], output: Option<&str>) -> Result<(), String> {
    let mut cases: Vec<(PathBuf, Truth)> = Vec::new();
    for folder in folders {
        let text = fs::read_to_string(Path::new(folder).join("truths.json"))
            .map_err(|e| format!("{folder}: {e}"))?;
        let truths: BTreeMap<String, Truth> =
            serde_json::from_str(&text).map_err(|e| format!("{folder}: {e}"))?;
        cases.extend(truths.into_iter().map(|(id, t)| (Path::new(folder).join("cases").join(id), t)));
    }
    let (next, found) = (Mutex::new(cases.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((path, truth)) = next.lock().expect("no holder panics").next() else {
                        break;
                    };
                    match signals(path) {
                        Ok(seen) => found.lock().expect("no holder panics").push(Incident {
                            id: path.display().to_string(),
                            cause: truth.cause,
                            also_acceptable: truth.also_acceptable.clone(),
                            base: truth.base.clone(),
                            fault: truth.fault.clone(),
                            features: truth.features.clone(),
                            causes: truth.causes.clone(),
                            probability: seen.probability,
                            account: seen.account,
                            altered: seen.altered,
                            headline: seen.headline,
                            remainder: seen.remainder,
                            features_of: seen.features_of,
                            alarms: seen.alarms,
                            signals: seen.signals,
                            named: seen.named,
                            diagnosed: seen.diagnosed,
                            onset_error: truth
                                .onset
                                .as_deref()
                                .and_then(coroner::text::time::parse)
                                .zip(seen.onset)
                                .map(|(is, diagnosed)| (is - diagnosed).abs() as f64 / 3.6e9),
                        }),
                        Err(error) => eprintln!("{}: {error}", path.display()),
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no holder panics");
    found.sort_by(|a, b| a.id.cmp(&b.id));
    let lines: Result<Vec<String>, _> = found.iter().map(serde_json::to_string).collect();
    let text = lines.map_err(|e| e.to_string())?.join("\n") + "\n";
    fs::write(output.ok_or("collect needs -o SIGNALS")?, text).map_err(|e| e.to_string())
}

/// The result of an investigation for the fit.
struct Seen {
    signals: BTreeMap<String, f64>,
    named: BTreeMap<String, Vec<String>>,
    diagnosed: (Cause, Vec<String>),
    probability: BTreeMap<Cause, f64>,
    account: Vec<LineOfAccount>,
    altered: Vec<(String, f64, f64)>,
    headline: Option<(f64, f64)>,
    remainder: Option<SecondRound>,
    features_of: BTreeMap<Cause, Vec<String>>,
    alarms: Vec<String>,
    onset: Option<Micros>,
}

fn signals(path: &Path) -> Result<Seen, String> {
    let case = Case::load(path).map_err(|e| e.to_string())?;
    let dossier = coroner::work::open(&case, &LocalEngine::default(), &PassControl::default())
        .map_err(|e| e.to_string())?;
    let investigation = coroner::autopsy::investigate(Arc::new(dossier), &|_| ());
    let names = |features: &[usize]| -> Vec<String> {
        let name = |&feature: &usize| investigation.dossier.feature_name(feature).to_owned();
        features.iter().map(name).collect()
    };
    let all = &investigation.signals;
    let top = investigation.diagnosis.top().ok_or("no cause was ranked")?;
    Ok(Seen {
        signals: all.iter().map(|s| (s.key.key.to_owned(), s.value)).collect(),
        named: all
            .iter()
            .filter(|s| !s.features.is_empty())
            .map(|s| (s.key.key.to_owned(), names(&s.features)))
            .collect(),
        diagnosed: (top.cause, names(&top.features)),
        probability: investigation.diagnosis.hypotheses.iter().map(|h| (h.cause, h.probability)).collect(),
        account: investigation.account.as_ref().map_or_else(
            |_| Vec::new(),
            |account| {
                let line = |line: &Line| {
                    let feature = match line.place {
                        Place::Input(feature) => Some(investigation.dossier.feature_name(feature).to_owned()),
                        _ => None,
                    };
                    let (amount, share) = (line.amount, line.share.map(|(share, _)| share));
                    (line.place.id().to_owned(), feature, amount.value, amount.error, share)
                };
                account.lines.iter().map(line).collect()
            },
        ),
        altered: investigation.account.as_ref().map_or_else(
            |_| Vec::new(),
            |account| {
                let name = |feature| investigation.dossier.feature_name(feature).to_owned();
                account.inputs.iter().map(|input| (name(input.feature), input.part, input.start)).collect()
            },
        ),
        headline: investigation
            .account
            .as_ref()
            .ok()
            .and_then(|account| account.headline)
            .map(|headline| (headline.answers, headline.inputs)),
        remainder: investigation.remainder.as_ref().map(|rest| {
            let cause = |h: &coroner::autopsy::Hypothesis| {
                (h.cause, h.probability, h.judged.present, names(&h.features))
            };
            let causes = rest.causes.iter().map(cause).collect();
            (rest.without, names(&rest.features), rest.left, rest.altered || rest.answered, causes)
        }),
        features_of: investigation
            .diagnosis
            .hypotheses
            .iter()
            .filter(|h| !h.features.is_empty())
            .map(|h| (h.cause, names(&h.features)))
            .collect(),
        alarms: investigation
            .findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Alarm)
            .map(|finding| finding.id.to_string())
            .collect(),
        onset: investigation.framing.split(),
    })
}

/// Reads collected incidents.
pub(crate) fn read(paths: &[String]) -> Result<Vec<Incident>, String> {
    let mut incidents = Vec::new();
    for path in paths {
        let text = fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
        for line in text.lines() {
            incidents.push(serde_json::from_str(line).map_err(|e| format!("{path}: {e}"))?);
        }
    }
    Ok(incidents)
}
