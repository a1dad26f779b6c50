//! Incidents with known causes, and the signals that the exams see in them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use coroner::autopsy::Cause;
use serde::{Deserialize, Serialize};

/// One incident: what is true, and what the exams say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Incident {
    /// Which one, for lists of the cases still wrong.
    pub id: String,
    /// The root cause.
    pub cause: Cause,
    /// Causes that a reasonable reader may name instead.
    pub also_acceptable: Vec<Cause>,
    /// The table that the case was made from.
    pub base: String,
    /// The mechanism.
    pub fault: String,
    /// The signals by key.
    pub signals: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Truth {
    cause: Cause,
    also_acceptable: Vec<Cause>,
    base: String,
    fault: String,
}

/// Investigates every case of the given folders and writes one line an incident.
pub fn collect(folders: &[String], output: Option<&str>) -> Result<(), String> {
    let mut cases: Vec<(PathBuf, Truth)> = Vec::new();
    for folder in folders {
        let text = fs::read_to_string(Path::new(folder).join("truths.json"))
            .map_err(|e| format!("{folder}: {e}"))?;
        let truths: BTreeMap<String, Truth> =
            serde_json::from_str(&text).map_err(|e| format!("{folder}: {e}"))?;
        cases.extend(
            truths
                .into_iter()
                .map(|(id, t)| (Path::new(folder).join("cases").join(id), t)),
        );
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
                        Ok(signals) => found.lock().expect("no holder panics").push(Incident {
                            id: path.display().to_string(),
                            cause: truth.cause,
                            also_acceptable: truth.also_acceptable.clone(),
                            base: truth.base.clone(),
                            fault: truth.fault.clone(),
                            signals,
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

fn signals(path: &Path) -> Result<BTreeMap<String, f64>, String> {
    let dossier = coroner::work::open_case_at(path).map_err(|e| e.to_string())?;
    let investigation = coroner::autopsy::investigate(Arc::new(dossier), &|_| ());
    Ok(investigation
        .signals
        .iter()
        .map(|s| (s.key.to_owned(), s.value))
        .collect())
}

/// Reads collected incidents.
pub fn read(paths: &[String]) -> Result<Vec<Incident>, String> {
    let mut incidents = Vec::new();
    for path in paths {
        let text = fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
        for line in text.lines() {
            incidents.push(serde_json::from_str(line).map_err(|e| format!("{path}: {e}"))?);
        }
    }
    Ok(incidents)
}
