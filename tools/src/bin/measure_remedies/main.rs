//! Evaluates the remedy bench on incidents whose causes are known.
//!
//! ```text
//! measure_remedies CASES...
//! ```
//!
//! `CASES` is a folder with `cases/<id>/` (a case each) and `truths.json` (`id` to `{cause, also_acceptable,
//! fault}`). The labels of the last fifth of the labelled rows since the true onset are hidden, as if they
//! had not arrived yet; the case is investigated and its remedies are measured without them. Then every
//! measured remedy is fitted on all labelled rows before these and evaluated on the hidden labels. The output
//! gives, for each cause, how often the first remedy matches the cause, and how often the 90 % intervals
//! cover the evaluated gain: of the first remedy, of retraining, of all.
//!
//! `--details` adds one line per case.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for developers")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use coroner::{
    autopsy::{self, Cause, Dossier, scoring::Answers},
    case::Case,
    engine::{self, LocalEngine},
    progress::RunControl,
    remedy::{self, HoldoutCheck, Remedy, RemedyReport},
    text::time,
};
use serde::Deserialize;

/// The share of the labelled rows since the onset whose labels are hidden.
const HIDDEN: f64 = 0.2;

#[derive(Deserialize)]
struct Truth {
    cause: Cause,
    also_acceptable: Vec<Cause>,
    onset: Option<String>,
    fault: String,
}

/// The result of one case.
struct Seen {
    id: String,
    truth: Truth,
    found: Option<Cause>,
    bench: RemedyReport,
    checks: Vec<HoldoutCheck>,
    /// Duration of the measurement in seconds, including the fits on all labels.
    seconds: f64,
}

/// Counts of hits.
#[derive(Default, Clone, Copy)]
struct Share(usize, usize);

impl Share {
    fn add(&mut self, hit: bool) {
        self.0 += usize::from(hit);
        self.1 += 1;
    }

    fn message(self) -> String {
        if self.1 == 0 {
            "none".to_owned()
        } else {
            format!("{} of {} ({:.3})", self.0, self.1, self.0 as f64 / self.1 as f64)
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, folders): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|a| a.starts_with("--"));
    match folders.iter().map(|folder| read(folder)).collect::<Result<Vec<_>, _>>() {
        Ok(cases) if !folders.is_empty() => {
            let mut seen = Vec::new();
            for (path, truth) in cases.into_iter().flatten() {
                match judge(&path, truth) {
                    Ok(case) => {
                        if flags.iter().any(|flag| *flag == "--details") {
                            println!("{}", line(&case));
                        }
                        seen.push(case);
                    }
                    Err(error) => eprintln!("{}: {error}", path.display()),
                }
            }
            summary(&seen);
            ExitCode::SUCCESS
        }
        Ok(_) => {
            eprintln!("measure_remedies CASES...; the head of its source says how");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("measure_remedies: {error}");
            ExitCode::from(2)
        }
    }
}

fn read(folder: &str) -> Result<Vec<(PathBuf, Truth)>, String> {
    let path = Path::new(folder).join("truths.json");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let truths: BTreeMap<String, Truth> =
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let cases = Path::new(folder).join("cases");
    Ok(truths.into_iter().map(|(id, truth)| (cases.join(id), truth)).collect())
}

/// Hides the last labels, measures the remedies without them, and evaluates these.
fn judge(path: &Path, truth: Truth) -> Result<Seen, String> {
    let case = Case::load(path).map_err(|e| e.to_string())?;
    let mut dossier = coroner::work::open(&case, &LocalEngine::default(), &engine::PassControl::default())
        .map_err(|e| e.to_string())?;
    let onset = truth.onset.as_deref().and_then(time::parse);
    let (label, hidden) = hide(&mut dossier, onset);
    let investigation = autopsy::investigate(Arc::new(dossier), &|_| ());
    let began = Instant::now();
    let (bench, checks) = remedy::check_on_holdout(&investigation, &label, &hidden, &RunControl::default())
        .map_err(|e| e.to_string())?;
    Ok(Seen {
        id: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        truth,
        found: bench.cause.map(|(cause, _)| cause),
        bench,
        checks,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Removes the last labels since the onset from the sample; returns all labels, and the rows whose labels
/// were removed.
fn hide(dossier: &mut Dossier, onset: Option<i64>) -> (Vec<f64>, Vec<usize>) {
    let plan = Arc::clone(&dossier.plan);
    let table = &mut dossier.production.sample;
    let label = table.label.clone();
    let judged: Vec<usize> = {
        let answers = Answers::logged(&plan, table);
        (0..table.rows)
            .filter(|&row| {
                answers.judged(row)
                    && onset.is_none_or(|onset| table.time.get(row).is_none_or(|&t| t >= onset))
            })
            .collect()
    };
    let kept = judged.len() - (judged.len() as f64 * HIDDEN) as usize;
    let hidden = judged[kept..].to_vec();
    // Rows after the first hidden label have no label either.
    if let Some(&first) = hidden.first() {
        for label in table.label.iter_mut().skip(first) {
            *label = f64::NAN;
        }
    }
    (label, hidden)
}

/// Whether the first remedy is one for the cause.
fn fits(cause: Cause, remedy: Option<Remedy>) -> bool {
    remedy.is_some_and(|remedy| remedy.answers(cause))
}

fn top(seen: &Seen) -> Option<Remedy> {
    seen.bench.top().map(|offer| offer.remedy)
}

fn held(checks: &HoldoutCheck) -> bool {
    (checks.predicted.next.0..=checks.predicted.next.1).contains(&checks.realised)
}

fn line(seen: &Seen) -> String {
    let of = |remedy: Remedy| {
        seen.checks.iter().find(|checks| checks.remedy == remedy).map_or_else(
            || "–".to_owned(),
            |checks| {
                format!(
                    "{:+.4} [{:+.4}, {:+.4}] seen {:+.4}{}",
                    checks.predicted.value,
                    checks.predicted.next.0,
                    checks.predicted.next.1,
                    checks.realised,
                    if held(checks) { "" } else { " MISSED" }
                )
            },
        )
    };
    format!(
        "{} {} ({}) found {} first {}{}; retrain {}; first {} {:.1} s",
        seen.id,
        seen.truth.cause.id(),
        seen.truth.fault,
        seen.found.map_or("nothing", Cause::id),
        top(seen).map_or("none", Remedy::id),
        if fits(seen.truth.cause, top(seen)) { "" } else { " WRONG" },
        of(Remedy::Retrain),
        top(seen).map_or_else(|| "–".to_owned(), of),
        seen.seconds,
    )
}

fn summary(seen: &[Seen]) {
    println!("\n| cause | cases | first remedy as demanded | first remedy is a retrain |");
    println!("|---|---|---|---|");
    for cause in Cause::ALL {
        let (mut right, mut retrain) = (Share::default(), Share::default());
        for case in seen.iter().filter(|case| case.truth.cause == cause) {
            let accepted = std::iter::once(cause).chain(case.truth.also_acceptable.iter().copied());
            right.add(accepted.into_iter().any(|cause| fits(cause, top(case))));
            retrain.add(top(case) == Some(Remedy::Retrain));
        }
        println!("| {} | {} | {} | {} |", cause.id(), right.1, right.message(), retrain.message());
    }
    println!("\n| 90 % interval of | cases | holds what was seen | holds it, headline metric |");
    println!("|---|---|---|---|");
    let row = |name: &str, chosen: &dyn Fn(&Seen, &HoldoutCheck) -> bool| {
        let (mut loss, mut headline) = (Share::default(), Share::default());
        for case in seen {
            for checks in case.checks.iter().filter(|checks| chosen(case, checks)) {
                loss.add(held(checks));
                if let Some((gain, realised)) = checks.headline {
                    headline.add((gain.next.0..=gain.next.1).contains(&realised));
                }
            }
        }
        println!("| {name} | {} | {} | {} |", loss.1, loss.message(), headline.message());
    };
    row("the first remedy", &|case, checks| top(case) == Some(checks.remedy));
    row("retraining, all cases", &|_, checks| checks.remedy == Remedy::Retrain);
    row("retraining, drift of data or concept", &|case, checks| {
        checks.remedy == Remedy::Retrain && matches!(case.truth.cause, Cause::DataDrift | Cause::ConceptDrift)
    });
    row("all remedies but retraining", &|_, checks| checks.remedy != Remedy::Retrain);
    let mut seconds: Vec<f64> = seen.iter().map(|case| case.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    if let (Some(middle), Some(last)) = (seconds.get(seconds.len() / 2), seconds.last()) {
        println!("\nSeconds a bench: median {middle:.1}, longest {last:.1}.");
    }
}
