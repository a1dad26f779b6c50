//! The panes as tables, for copies and exports.

use super::{
    COMPARISON, CURVE, DETAIL, GOLDEN, MONITORS, RETRAINING, REVIEW, Reviewing, SCORES, candidate, causes,
    corrections, current, review, trials, watch_lines,
};
use crate::{
    app::Model,
    remedy::{Basis, Gain, Offer, OfferStatus, RemedyReport},
    text::{number, phrase, time},
    wording::{
        self,
        remedy::{Against, Unit},
    },
};

/// The focused pane as a table, heads first.
pub(super) fn table(model: &Model) -> Vec<Vec<String>> {
    if model.pane() == MONITORS {
        return monitors(model);
    }
    let Some(backtests) = model.backtests() else {
        return mitigations(model);
    };
    match model.pane() {
        DETAIL => pairs(detail(model)),
        RETRAINING => {
            let mut rows = vec![heads("strategy", backtests, model)];
            rows.extend(
                trials(model).into_iter().map(|trial| gained(trial.name.clone(), &trial.basis, model)),
            );
            rows
        }
        CURVE => curve(backtests),
        SCORES => scores(backtests, &corrections(model)),
        COMPARISON => match candidate::comparison(backtests) {
            Ok(comparison) => candidate::view_table(model, comparison)
                .unwrap_or_else(|| pairs(candidate::compared(comparison))),
            Err(why) => vec![texts(&["candidate"]), vec![why]],
        },
        REVIEW => match review::review(backtests) {
            Ok(known) if model.screens.remedy.reviewing == Reviewing::Queue => {
                review::queue_table(model, known)
            }
            Ok(known) => pairs(review::reviewed(known)),
            Err(why) => vec![texts(&["review"]), vec![why]],
        },
        GOLDEN => review::golden_table(model),
        _ => offers(backtests, model),
    }
}

/// Sentences under their names.
fn pairs(lines: Vec<(&str, String)>) -> Vec<Vec<String>> {
    let mut rows = vec![texts(&["", "what"])];
    rows.extend(lines.into_iter().map(|(name, message)| vec![name.to_owned(), message]));
    rows
}

fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

/// The mitigation of each remaining cause: all that is known before remedies are measured.
fn mitigations(model: &Model) -> Vec<Vec<String>> {
    let mut rows = vec![texts(&["cause", "probability", "what it asks for"])];
    rows.extend(causes(model).into_iter().map(|hypothesis| {
        vec![
            hypothesis.cause.name().to_owned(),
            number::share(hypothesis.probability),
            hypothesis.cause.mitigation().to_owned(),
        ]
    }));
    rows
}

fn heads(what: &str, backtests: &RemedyReport, model: &Model) -> Vec<String> {
    let unit = model.screens.remedy.unit.name(backtests).unwrap_or_default();
    let interval = if model.screens.remedy.next { "90 % of the next block" } else { "90 % interval" };
    vec![what.to_owned(), format!("gain in {unit}"), interval.to_owned(), "against doing nothing".to_owned()]
}

/// A name with its gain, the interval and the conclusion.
fn gained(name: String, basis: &Basis, model: &Model) -> Vec<String> {
    let state = &model.screens.remedy;
    match basis {
        Basis::Measured(measured) => match state.unit.gain(measured) {
            Some(gain) => {
                let interval = if state.next { gain.next } else { gain.interval };
                vec![
                    name,
                    number::signed(gain.value),
                    wording::remedy::range(interval),
                    Against::of(&gain).message().to_owned(),
                ]
            }
            None => vec![name, number::MISSING.to_owned(), String::new(), "moves no value of it".to_owned()],
        },
        Basis::Unmeasured(why) => {
            vec![name, number::MISSING.to_owned(), String::new(), format!("not measured: {why}")]
        }
    }
}

fn offers(backtests: &RemedyReport, model: &Model) -> Vec<Vec<String>> {
    let mut head = heads("remedy", backtests, model);
    head.extend(texts(&["effort", "risk", "standing", "why"]));
    let mut rows = vec![head];
    rows.extend(backtests.offers.iter().map(|offer| {
        let mut row = gained(offer.name.clone(), &offer.basis, model);
        row.extend(texts(&[offer.effort.name(), offer.risk.name(), offer.status.name(), &offer.because]));
        row
    }));
    rows
}

fn scores(backtests: &RemedyReport, offers: &[&Offer]) -> Vec<Vec<String>> {
    let units: Vec<(Unit, &str)> = units(backtests);
    let mut head = texts(&["correction"]);
    head.extend(units.iter().map(|(_, name)| format!("gain in {name}")));
    head.push("standing".to_owned());
    let mut rows = vec![head];
    rows.extend(offers.iter().map(|offer| {
        let mut row = vec![offer.name.clone()];
        row.extend(units.iter().map(|(unit, _)| {
            offer.basis.measured().and_then(|measured| unit.gain(measured)).map_or_else(
                || number::MISSING.to_owned(),
                |gain| format!("{} ({})", number::signed(gain.value), wording::remedy::range(gain.interval)),
            )
        }));
        row.push(offer.status.name().to_owned());
        row
    }));
    rows
}

/// The units of this case with their names.
#[must_use]
pub fn units(backtests: &RemedyReport) -> Vec<(Unit, &'static str)> {
    Unit::ALL.into_iter().filter_map(|unit| Some((unit, unit.name(backtests)?))).collect()
}

fn curve(backtests: &RemedyReport) -> Vec<Vec<String>> {
    let mut rows = vec![vec![
        "labelled rows".to_owned(),
        format!("gain in {}", backtests.measures.loss),
        "90 % interval".to_owned(),
    ]];
    let points = backtests.curve.as_ref().map_or(&[][..], |curve| &curve.points);
    rows.extend(points.iter().map(|point| {
        vec![
            number::count(point.rows as u64),
            number::signed(point.gain.value),
            wording::remedy::range(point.gain.interval),
        ]
    }));
    rows
}

fn monitors(model: &Model) -> Vec<Vec<String>> {
    let what = if model.screens.remedy.replayed { "alert" } else { "monitor" };
    let mut rows = vec![texts(&[what, "on this log"])];
    let lines = watch_lines(model).into_iter();
    rows.extend(lines.map(|line| vec![line.message, line.does]));
    rows
}

/// All that is known of the remedy under the cursor: a name in a word or two, and a sentence.
#[must_use]
pub fn detail(model: &Model) -> Vec<(&'static str, String)> {
    let (Some(backtests), Some(offer)) = (model.backtests(), current(model)) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some(first) = backtests.first.as_ref().filter(|_| offer.status != OfferStatus::Refused) {
        lines.push(("first", format!("Find out what the cause is: {first}.")));
    }
    lines.push(("why", offer.because.clone()));
    match &offer.basis {
        Basis::Measured(measured) => {
            let mut told = Vec::new();
            for (unit, name) in units(backtests) {
                // Where the metric is the loss itself, its gain is said once.
                if let Some(gain) = unit.gain(measured).filter(|gain| !told.contains(gain)) {
                    lines.push(("gain", wording::remedy::gain(name, &gain)));
                    told.push(gain);
                }
            }
            lines.push(("next", next(backtests, &measured.loss)));
            lines.extend(course(backtests, measured.share));
            let fitted = match measured.fitted {
                0 => "Nothing was fitted".to_owned(),
                n => format!("Fitted on {} labelled rows", number::count(n as u64)),
            };
            lines.push((
                "judged",
                format!(
                    "{fitted}; judged on {} rows it had not seen.",
                    number::count(measured.judged as u64)
                ),
            ));
        }
        Basis::Unmeasured(why) => lines.push(("gain", format!("Not measured: {why}."))),
    }
    lines.push(("rows", wording::remedy::labels(backtests)));
    lines.push(("toil", format!("Effort {}, risk {}.", offer.effort.name(), offer.risk.name())));
    if !offer.features.is_empty() {
        let names: Vec<&str> = offer.features.iter().map(|&f| model.feature_name(f)).collect();
        lines.push(("inputs", names.join(", ")));
    }
    if let Some((cause, decided)) = backtests.cause {
        let sure = if decided { "" } else { ", which is not decided" };
        lines.push(("cause", format!("{}{sure}: {}", cause.name(), cause.mitigation())));
    }
    let note = model.journal.marks().notes.get(&format!("remedy:{}", offer.name));
    if let Some((_, note)) = note {
        lines.push(("note", note.clone()));
    }
    lines
}

/// What the gain will be seen to be.
fn next(backtests: &RemedyReport, gain: &Gain) -> String {
    format!(
        "On the next {} rows expect a gain of {} in {}.",
        number::count(backtests.labels.block as u64),
        wording::remedy::range(gain.next),
        backtests.measures.loss
    )
}

/// The deployed model's loss, and what of it is won back.
fn course(backtests: &RemedyReport, share: Option<f64>) -> Option<(&'static str, String)> {
    let since = backtests.measures.loss_since?;
    let loss = backtests.measures.loss;
    let mut message = match backtests.measures.loss_before {
        Some(before) => {
            format!("{loss} {} before, {} since the onset", number::metric(before), number::metric(since))
        }
        None => format!("{loss} {} in the log", number::metric(since)),
    };
    match share {
        Some(share) => {
            message.push_str(&format!("; it {}.", phrase::wins_back(share)));
        }
        None => message.push('.'),
    }
    Some(("loss", message))
}

/// When the log's clock will have brought the labels that a retrain needs, in words.
#[must_use]
pub fn needed(backtests: &RemedyReport) -> Option<String> {
    let curve = backtests.curve.as_ref()?;
    let needed = curve.needed?;
    let when = curve.when.map_or_else(String::new, |at| format!(", there at {}", time::short(at)));
    Some(format!("{} labelled rows{when}", number::count(needed.round().max(0.0) as u64)))
}
