//! Feature: what happened to this feature?

use std::{cmp::Reverse, sync::Arc};

use crate::{
    autopsy::{
        Finding, Investigation, Stage, Step, Subject, exam::drift::Distances, view::summary::Statistic,
    },
    journal::Selection,
    summary::Kind,
    text::{number, phrase, time},
};

pub use super::state::{Comparison, Feature};
use super::{Orders, ScreenSpec, arranged, move_cursor};
use crate::app::{
    Action, Axis, BackgroundEffect, Effect, Model, Period, Reading, Sides,
    navigate::go_to,
    suspicion::is_healthy,
    trial::{self, Attempts},
};

mod change;
mod view;

pub use change::Change;
use view::Question;
pub use view::View;

/// The pane with the two populations.
pub const SHAPE: usize = 0;
/// The pane that compares quantiles.
pub const QUANTILES: usize = 1;
/// The pane with the course over time.
pub const COURSE: usize = 2;
/// The pane with the statistics.
pub const SUMMARY: usize = 3;
/// The pane with what the checks say.
pub const CHECKS: usize = 4;

/// Bins of the histogram by steps of zoom, from −3 to 3.
const BINS: [usize; 7] = [10, 20, 40, 64, 96, 128, 192];

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Distribution", "Quantiles", "Over time", "Summary", "Checks"],
    stages: &[Stage::Drift; 5],
    judged: Stage::Integrity,
    act,
    disabled,
    reading,
    orders,
    selection,
    table,
};

fn orders(model: &Model) -> Orders {
    match model.pane() {
        CHECKS => Orders::Own(&["the worst checks first", "checks step by step"]),
        _ => Orders::Features,
    }
}

/// Computes the numbers of the feature under the cursor, where the screen shows others or none.
pub(super) fn refresh(model: &mut Model) {
    let (Some(investigation), Some(feature)) = (model.investigation.clone(), model.features.current()) else {
        model.screens.feature.view = None;
        return;
    };
    let Some(held) = model.held().cloned() else { return };
    let old = |attempts: &Attempts| attempts.feature != feature || attempts.epoch != model.epoch;
    if model.screens.feature.attempts.as_ref().is_some_and(old) {
        model.screens.feature.attempts = None;
    }
    let shown = model.screens.feature.attempts.as_ref();
    let question = Question {
        tried: shown.filter(|a| a.on_screen().is_some()).and_then(|a| a.shown),
        feature,
        period: model.settings.period,
        axis: model.settings.axis,
        bins: BINS[usize::from(model.settings.zoom.saturating_add(3).unsigned_abs()).min(BINS.len() - 1)],
        width: model.drift().and_then(|drift| drift.grid).map(|grid| grid.width),
        epoch: model.epoch,
        rows: (Arc::as_ptr(&held) as usize, held.production.rows),
    };
    if model.screens.feature.view.as_ref().is_some_and(|view| view.question == question) {
        return;
    }
    let state = &model.screens.feature;
    let view = model.drift().and_then(|drift| {
        let rows = (&*held, &investigation.framing);
        View::new(rows, drift, question, state.view.as_deref(), state.attempts.as_ref())
    });
    model.screens.feature.view = view.map(Box::new);
    model.screens.feature.check = 0;
}

/// What the checks say about a feature, worst first.
#[must_use]
pub fn findings(investigation: &Investigation, feature: usize) -> Vec<&Finding> {
    let own = |finding: &&Finding| finding.subject == Subject::Feature(feature);
    let mut findings: Vec<&Finding> = investigation.findings.iter().filter(own).collect();
    findings.sort_by_key(|finding| Reverse(finding.verdict.severity()));
    findings
}

/// The same in the order of their pane.
#[must_use]
pub fn listed<'a>(model: &Model, investigation: &'a Investigation, feature: usize) -> Vec<&'a Finding> {
    let order = model.screens.order(Step::Feature, CHECKS);
    arranged(findings(investigation, feature), order, &[&|a, b| a.step.cmp(&b.step)])
}

/// Asks for the repairs of the feature under the cursor, unless they are already tried.
pub(in crate::app) fn try_fix(model: &Model) -> Option<Effect> {
    let feature = model.features.current().filter(|_| model.screens.feature.attempts.is_none())?;
    let epoch = model.epoch;
    Some(Effect::Background(BackgroundEffect::TryFix { epoch, feature, typed: None }))
}

/// Tries a repair that was typed on the feature under the cursor, and shows it once it is computed.
///
/// # Errors
///
/// Why it can't be tried.
pub(in crate::app) fn try_typed(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    let dossier = model.dossier.clone().ok_or_else(|| model.not_yet())?;
    let investigation = model.knowing(Stage::Verdict).cloned().ok_or_else(|| model.not_yet())?;
    let (feature, typed) = trial::typed_together(text, model.features.current(), &dossier)?;
    let mut effects = go_to(model, Step::Feature);
    model.features.show(feature, &investigation);
    model.toast(format!("trying {} on {}", typed.name, dossier.feature_name(feature)));
    model.screens.feature.attempts = None;
    model.screens.feature.typed = true;
    let epoch = model.epoch;
    effects.push(Effect::Background(BackgroundEffect::TryFix { epoch, feature, typed: Some(typed) }));
    Ok(effects)
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    let categorical = model.screens.feature.view.as_ref().is_some_and(|view| view.categories.is_some());
    match action {
        Action::TryFix if model.knowing(Stage::Verdict).is_none() => Some(model.not_yet()),
        Action::TryFix if is_embedding(model) => {
            Some("an embedding has no single value that could be repaired".to_owned())
        }
        Action::Axis | Action::View if categorical => {
            Some("a categorical feature has no quantiles".to_owned())
        }
        Action::Period if model.investigation.as_ref().is_some_and(|i| i.framing.split().is_none()) => {
            Some("there is no onset inside the log".to_owned())
        }
        _ => None,
    }
}

fn is_embedding(model: &Model) -> bool {
    let feature = model.features.current();
    let kind = model
        .dossier
        .as_ref()
        .zip(feature)
        .and_then(|(dossier, feature)| dossier.plan.features.get(feature))
        .map(|feature| feature.kind);
    kind == Some(Kind::Embedding)
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.page();
    match (action, model.pane()) {
        (Action::Enter, _) => return Some(go_to(model, Step::Concept)),
        (Action::View, _) => model.screens.feature.comparison = model.screens.feature.comparison.next(),
        (Action::Axis, _) => {
            let shown = model.screens.feature.view.as_ref().map_or(Axis::Linear, |view| view.axis);
            model.settings.axis = Some(match shown {
                Axis::Linear => Axis::Log,
                Axis::Log => Axis::Rank,
                Axis::Rank => Axis::Linear,
            });
        }
        (Action::Period, _) => {
            model.settings.period = match model.settings.period {
                Period::Since => Period::Before,
                Period::Before => Period::Both,
                Period::Both => Period::Since,
            };
        }
        (Action::Left | Action::Right, _) => super::triage::move_window(model, action),
        (_, CHECKS) => {
            let n = findings(model.investigation.as_ref()?, model.features.current()?).len();
            match move_cursor(model.screens.feature.check, n, page, action) {
                Some(at) => model.screens.feature.check = at,
                None => return super::drift::move_feature(model, action),
            }
        }
        _ => return super::drift::move_feature(model, action),
    }
    Some(Vec::new())
}

fn reading(model: &Model) -> Reading {
    let (Some(investigation), Some(feature)) = (&model.investigation, model.features.current()) else {
        return Reading::last("No feature is listed: clear the filter with Esc.");
    };
    if let Some((attempts, at)) = repair_shown(model)
        && let Some(tried) = attempts.selection(at, &investigation.dossier)
    {
        return Reading::new(tried.message, Step::Remedy);
    }
    let name = investigation.dossier.feature_name(feature);
    let findings = findings(investigation, feature);
    let flagged: Vec<&&Finding> = findings.iter().filter(|finding| finding.flagged()).collect();
    let mut message = match flagged.as_slice() {
        [] => calm(model, investigation, feature),
        [worst] => worst.message.clone(),
        [worst, more @ ..] => {
            let more = more.len();
            format!(
                "{} {more} more {} flagged.",
                sentence(&worst.message),
                if more == 1 { "check is" } else { "checks are" }
            )
        }
    };
    if let Some(between) = between_periods(model, feature) {
        message = between;
    }
    let named = investigation.diagnosis.found().into_iter().filter(|cause| cause.features.contains(&feature));
    let causes: Vec<&str> = named.map(|cause| cause.cause.name()).collect();
    if !causes.is_empty() {
        message = format!("{} The diagnosis names {name}: {}.", sentence(&message), phrase::list(&causes));
    }
    if is_healthy(investigation) && !flagged.is_empty() {
        message.push_str(" It costs nothing: the model does as well as before.");
    }
    Reading::new(message, if flagged.is_empty() { Step::Concept } else { Step::Diagnosis })
}

/// How far a feature lies apart in two periods that are compared; none where none are.
fn between_periods(model: &Model, feature: usize) -> Option<String> {
    let drift = model.drift().filter(|_| model.sides().are_periods)?;
    let name = model.feature_name(feature);
    let Distances { psi, ks, cramers_v, .. } = drift.features.get(feature)?.distances;
    let psi = psi.map_or_else(
        || "no PSI, as there are too few rows".to_owned(),
        |psi| format!("PSI {}", number::psi(psi)),
    );
    let ks = ks.map_or_else(String::new, |ks| format!(", KS {}", number::psi(ks)));
    let v = cramers_v.map_or_else(String::new, |v| format!(", Cramér's V {}", number::psi(v)));
    Some(format!("{name} in the second period against the first: {psi}{ks}{v}."))
}

/// The repairs of the feature under the cursor, and the one that the screen's picture shows.
fn repair_shown(model: &Model) -> Option<(&Attempts, usize)> {
    let attempts = model.screens.feature.attempts.as_ref()?;
    attempts.on_screen()?;
    attempts.shown.map(|at| (attempts, at))
}

/// Whether the screen shows repaired values.
pub(in crate::app) fn is_repaired(model: &Model) -> bool {
    model.screen == Step::Feature && repair_shown(model).is_some()
}

/// Takes the repair off the picture; whether there was one.
pub(in crate::app) fn take_off(model: &mut Model) -> bool {
    let shown = is_repaired(model);
    if shown && let Some(attempts) = &mut model.screens.feature.attempts {
        attempts.shown = None;
    }
    shown
}

/// The Reading of a feature that no check flags.
fn calm(model: &Model, investigation: &Investigation, feature: usize) -> String {
    let name = investigation.dossier.feature_name(feature);
    let psi = model.drift().and_then(|drift| drift.features.get(feature)).and_then(|row| row.distances.psi);
    match psi {
        Some(psi) => {
            let Sides { since, reference, .. } = model.sides();
            let psi = number::psi(psi);
            format!(
                "No check flags {name}: it looks as it did in training (PSI {psi} {since} against {reference})."
            )
        }
        None => format!("No check flags {name}; there are too few rows to measure its drift."),
    }
}

fn sentence(message: &str) -> String {
    let message = message.trim_end();
    if message.ends_with(['.', '!', '?']) { message.to_owned() } else { format!("{message}.") }
}

fn selection(model: &Model) -> Option<Selection> {
    let investigation = model.investigation.as_ref()?;
    let feature = model.features.current()?;
    let name = investigation.dossier.feature_name(feature);
    let findings = listed(model, investigation, feature);
    if let (CHECKS, Some(finding)) = (model.pane(), findings.get(model.screens.feature.check)) {
        return Some(Selection {
            id: finding.id.to_string(),
            step: finding.step,
            title: format!("{} of {name}", finding.measure),
            message: finding.message.clone(),
        });
    }
    if let Some((attempts, at)) = repair_shown(model)
        && let Some(tried) = attempts.selection(at, &investigation.dossier)
    {
        return Some(tried);
    }
    Some(Selection {
        id: format!("feature.summary:{name}"),
        step: Step::Feature,
        title: format!("distribution of {name}"),
        message: findings
            .first()
            .map_or_else(|| calm(model, investigation, feature), |finding| finding.message.clone()),
    })
}

/// A statistic as people read it.
#[must_use]
pub fn shown(statistic: Statistic, value: Option<f64>) -> String {
    // The row's head already names the percent.
    value.map_or_else(String::new, |value| statistic.text(value).trim_end_matches(" %").to_owned())
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let (Some(investigation), Some(view)) = (&model.investigation, &model.screens.feature.view) else {
        return Vec::new();
    };
    let texts = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
    match (model.pane(), &view.histogram, &view.categories) {
        (SHAPE, Some(histogram), _) => {
            let Sides { reference, since, .. } = model.sides();
            let mut rows = vec![texts(&["from", "to", reference, since])];
            let bins = histogram.edges.windows(2).zip(histogram.training.iter().zip(&histogram.production));
            rows.extend(bins.map(|(edge, (training, production))| {
                vec![
                    number::value(edge[0]),
                    number::value(edge[1]),
                    number::share(*training),
                    number::share(*production),
                ]
            }));
            rows
        }
        (SHAPE | QUANTILES, None, Some(categories)) => {
            let mut rows = vec![texts(&["level", "training", "before", "after"])];
            rows.extend(categories.shares.iter().map(|share| {
                let before = share.before.map_or_else(|| number::MISSING.to_owned(), number::share);
                vec![
                    level_name(&share.level),
                    number::share(share.training),
                    before,
                    number::share(share.after),
                ]
            }));
            rows
        }
        (QUANTILES, ..) => {
            let Sides { reference, since, .. } = model.sides();
            let mut rows = vec![texts(&["share", reference, since])];
            let pairs = view.quantiles.levels.iter().zip(view.quantiles.points());
            rows.extend(pairs.step_by(5).map(|(level, (training, production))| {
                vec![number::share(*level), number::value(training), number::value(production)]
            }));
            rows
        }
        (COURSE, ..) => course_table(view),
        (CHECKS, ..) => {
            let mut rows = vec![texts(&["check", "value", "says"])];
            rows.extend(listed(model, investigation, view.feature).into_iter().map(|finding| {
                let value = finding.value.map_or_else(|| number::MISSING.to_owned(), number::metric);
                vec![finding.measure.to_owned(), value, finding.message.clone()]
            }));
            rows
        }
        _ => {
            let Sides { reference, before, since, are_periods, .. } = model.sides();
            let mut rows = vec![texts(&["", reference, before, since, "change"])];
            rows.extend(view.summary.iter().map(|line| {
                let shown = |value| shown(line.statistic, value);
                let name = line.statistic.name().to_owned();
                vec![
                    name,
                    shown(line.training),
                    shown(line.before),
                    shown(line.after),
                    Change::of(line, &view.summary).map_or_else(String::new, Change::message),
                ]
            }));
            // Of two periods the first one is the reference already.
            if are_periods {
                rows.iter_mut().for_each(|row| drop(row.remove(2)));
            }
            rows
        }
    }
}

fn course_table(view: &View) -> Vec<Vec<String>> {
    let heads = ["window", "rows", "median", "p5", "p95", "nulls", "PSI"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let value = |x: Option<f64>| x.map_or_else(|| number::MISSING.to_owned(), number::value);
    rows.extend(view.timeline.points.iter().enumerate().map(|(window, point)| {
        vec![
            view.timeline.grid.map_or_else(String::new, |grid| time::minute(grid.span(window).from)),
            number::whole(point.rows),
            value(point.median),
            value(point.spread.map(|(low, _)| low)),
            value(point.spread.map(|(_, high)| high)),
            point.missing.map_or_else(|| number::MISSING.to_owned(), number::share),
            point.psi.map_or_else(|| number::MISSING.to_owned(), number::psi),
        ]
    }));
    rows
}

/// A level as people read it.
#[must_use]
pub fn level_name(level: &crate::autopsy::view::categories::Level) -> String {
    use crate::autopsy::view::categories::Level;
    match level {
        Level::Known(text) if text.is_empty() => "(empty)".to_owned(),
        Level::Known(text) => text.clone(),
        Level::Other => "other levels".to_owned(),
        Level::Unseen => "never seen in training".to_owned(),
        Level::Missing => "null".to_owned(),
    }
}

/// The kind of a feature's values in a word, with the stored type.
#[must_use]
pub fn kind_name(investigation: &Investigation, feature: usize) -> String {
    let kind = match investigation.dossier.plan.features.get(feature).map(|f| f.kind) {
        Some(Kind::Numeric) => "numeric",
        Some(Kind::Categorical) => "categorical",
        Some(Kind::Embedding) => "embedding",
        None => return String::new(),
    };
    match investigation.dossier.training.features.get(feature).map(|counts| counts.stored_as.as_str()) {
        Some(stored) if !stored.is_empty() => format!("{kind} · {stored}"),
        _ => kind.to_owned(),
    }
}
