//! Triage: is it real, how large, since when, is it the model?

use std::fmt::Write as _;

use crate::{
    autopsy::{
        Baseline, Investigation, Stage, Step,
        catalogue::{ExamName, FindingId, checks},
    },
    journal::Selection,
    stats::metric::Metric,
    summary::{Micros, Span},
    text::{self, number, time},
    wording::{change, onset},
};

pub mod board;

pub use super::state::{CHECKS, Triage};
use super::{Orders, ScreenSpec, move_cursor, no_cursor_reason, show};
use crate::app::{Action, Effect, Model, Reading, navigate::go_to};
pub use board::Strip;

/// The pane with the metric and the strips below it.
pub const BOARD: usize = 0;
/// The pane with the leading causes.
pub const VERDICT: usize = 2;
/// The pane with the golden set.
pub const GOLDEN: usize = 3;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Board", "Checks", "Leading causes", "Golden set"],
    stages: &[Stage::Performance; 4],
    judged: Stage::Performance,
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
        VERDICT => Orders::Fixed(super::CAUSES_STAND),
        GOLDEN => Orders::Fixed("the metrics stand in one order on every screen"),
        _ => Orders::Fixed("the strips stand in one order, the inputs by suspicion; ⇥ leads to the checks"),
    }
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match model.pane() {
        GOLDEN => no_cursor_reason(action),
        BOARD if lines(model) < 2 => no_cursor_reason(action),
        CHECKS if listed(model) == 0 => no_cursor_reason(action),
        _ => None,
    }
}

/// The strips of the board; none where nothing has a clock.
#[must_use]
pub fn strips(model: &Model) -> Vec<Strip> {
    match (&model.investigation, model.drift()) {
        (Some(investigation), Some(drift)) => board::strips(investigation, drift),
        _ => Vec::new(),
    }
}

/// Lines of the board that the cursor runs over: the metric, and each strip.
fn lines(model: &Model) -> usize {
    1 + strips(model).len()
}

/// How many of the checks are listed: the flagged ones, and all of them where the pane is enlarged.
#[must_use]
pub fn listed(model: &Model) -> usize {
    if model.screens.enlarged {
        return model.checks.len();
    }
    model.checks.iter().filter(|check| check.flagged > 0).count()
}

/// The metric whose course is shown.
#[must_use]
pub fn metric(model: &Model) -> Option<Metric> {
    let performance = model.performance()?;
    model.screens.triage.metric.or(Some(performance.headline))
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.page();
    match (action, model.pane()) {
        (Action::Enter, BOARD) => Some(enter_board(model)),
        (Action::Enter, CHECKS) => {
            let at = model.screens.triage.check.min(listed(model).checked_sub(1)?);
            Some(proof(model, at))
        }
        (Action::Enter, VERDICT) => {
            model.screens.diagnosis.at = model.screens.triage.hypothesis;
            Some(go_to(model, Step::Diagnosis))
        }
        (Action::NextFlagged | Action::PreviousFlagged, _) => {
            let n = model.checks.iter().filter(|check| check.flagged > 0).count();
            let at = model.screens.triage.check;
            // The first press opens the list at the worst one; then it goes round.
            match (n, model.pane() == CHECKS, action) {
                (0, ..) => {
                    model.toast("no check is flagged");
                    return Some(Vec::new());
                }
                (_, false, _) => model.screens.triage.check = 0,
                (n, true, Action::NextFlagged) => model.screens.triage.check = (at + 1) % n,
                (n, true, _) => model.screens.triage.check = (at.min(n) + n - 1) % n,
            }
            model.screens.pane[Step::Triage as usize] = CHECKS;
            Some(Vec::new())
        }
        (Action::Measure, _) => {
            let performance = &model.investigation.as_ref()?.performance;
            let all: Vec<Metric> = performance.courses.iter().map(|course| course.metric).collect();
            let now = model.screens.triage.metric.unwrap_or(performance.headline);
            let at = all.iter().position(|&m| m == now).map_or(0, |at| at + 1);
            model.screens.triage.metric = all.get(at % all.len().max(1)).copied();
            Some(Vec::new())
        }
        (Action::Left | Action::Right, BOARD) => {
            move_window(model, action);
            Some(Vec::new())
        }
        (_, BOARD) => {
            let n = lines(model);
            model.screens.triage.line = move_cursor(model.screens.triage.line, n, page, action)?;
            Some(Vec::new())
        }
        (_, VERDICT) => {
            let n = model.investigation.as_ref()?.diagnosis.hypotheses.len();
            model.screens.triage.hypothesis = move_cursor(model.screens.triage.hypothesis, n, page, action)?;
            Some(Vec::new())
        }
        (_, CHECKS) => {
            let n = listed(model);
            model.screens.triage.check =
                move_cursor(model.screens.triage.check.min(n.saturating_sub(1)), n, page, action)?;
            Some(Vec::new())
        }
        _ => None,
    }
}

/// Opens what shows a check, by its place among all.
pub(in crate::app) fn proof(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(check) = model.checks.get(at).cloned() else {
        return Vec::new();
    };
    if check.spec.step != Step::Triage {
        return show(model, &check.worst.to_string(), check.spec.step);
    }
    // The proof is a pane of this screen.
    if model.screen == Step::Triage {
        model.history.leave(model.place());
    }
    let effects = go_to(model, Step::Triage);
    let is_golden = check.spec.exam == ExamName::Golden;
    model.screens.pane[Step::Triage as usize] = if is_golden { GOLDEN } else { BOARD };
    effects
}

/// Opens what the board's cursor is on: an input, or the step that shows the strip.
fn enter_board(model: &mut Model) -> Vec<Effect> {
    let all = strips(model);
    let strip = model.screens.triage.line.checked_sub(1).and_then(|line| all.get(line.min(all.len() - 1)));
    match strip.map(|strip| strip.of) {
        Some(board::Of::Input(feature)) => {
            let effects = go_to(model, Step::Feature);
            if let Some(investigation) = model.investigation.clone() {
                model.features.show(feature, &investigation);
            }
            effects
        }
        Some(board::Of::Step(step)) => go_to(model, step),
        None => go_to(model, Step::Diagnosis),
    }
}

/// Moves the instant under the cursor by a window.
pub(super) fn move_window(model: &mut Model, action: Action) {
    let Some((grid, at)) = model.drift().and_then(|drift| drift.grid).zip(super::drift::window(model)) else {
        model.toast("this case has no clock, so it has one window");
        return;
    };
    let next = if action == Action::Left { at.saturating_sub(1) } else { (at + 1).min(grid.windows - 1) };
    let Span { from, to } = grid.span(next);
    model.at = Some(from + (to - from) / 2);
}

/// The event closest before the onset, with its distance; none when it is more than two days away.
#[must_use]
pub fn nearby_event(investigation: &Investigation) -> Option<(&crate::case::Event, Micros)> {
    const TWO_DAYS: Micros = 2 * 24 * 3_600_000_000;
    let at = investigation.framing.split()?;
    let events = investigation.dossier.events.iter().map(|event| (event, event.at - at));
    events.filter(|(_, lag)| (-TWO_DAYS..=TWO_DAYS / 4).contains(lag)).min_by_key(|(_, lag)| lag.abs())
}

fn reading(model: &Model) -> Reading {
    let Some(investigation) = &model.investigation else {
        return Reading::default();
    };
    let performance = &investigation.performance;
    let mut message = String::new();
    if let Some(golden) = &investigation.golden {
        message.push_str(if golden.worst_z > 3.0 {
            "The golden set falls, too: it is the model. "
        } else {
            "Not the model: its golden set holds. "
        });
    }
    let row = performance.headline_row();
    let loss = row.and_then(|row| row.loss);
    if !performance.real {
        let Some(loss) = loss else {
            return Reading::new(message + "Too few labels to say how production does.", Step::Pipeline);
        };
        let metric = performance.headline.name();
        let learnt = investigation.framing.baseline == Baseline::Training && loss.interval.0 > 0.0;
        if learnt {
            // A model always does better on the rows that it learnt from.
            let _ = write!(
                message,
                "Inside the log nothing changed. That {metric} is worse by {} than in training says little: a model is \
                 always better on the rows that it learnt from.",
                number::metric(loss.value),
            );
        } else {
            let _ =
                write!(message, "Production does as well as its baseline in {metric}: {}.", loss.excluded());
        }
        return Reading::new(message, Step::Pipeline);
    }
    let against = match investigation.framing.baseline {
        Baseline::ProductionBefore => String::new(),
        other => format!(" against {}", other.name()),
    };
    if let Some(loss) = loss {
        let way = if performance.headline.larger_is_better() { "fell" } else { "rose" };
        let by = number::metric(loss.value);
        let name = text::capital(performance.headline.name());
        let _ = write!(message, "{name} {way} by {by}{against}");
    }
    if let Some(onset) = &investigation.framing.onset {
        let _ = match investigation.framing.choice.onset {
            Some(at) => write!(message, " from {} on, as set by hand", time::short(at)),
            None => write!(message, ", {}", onset::began(onset)),
        };
    }
    if let Some((event, lag)) = nearby_event(investigation) {
        let side = if lag <= 0 { "after" } else { "before" };
        let _ = write!(message, ", {} {side} “{}”", time::duration(lag.abs()), event.title);
    }
    message.push('.');
    Reading::new(message, next(investigation))
}

/// The first step after Triage with something found, else Pipeline.
fn next(investigation: &Investigation) -> Step {
    let found = |step: Step| investigation.findings.iter().any(|f| f.step == step && f.flagged());
    [Step::Pipeline, Step::Drift, Step::Feature, Step::Concept, Step::Support]
        .into_iter()
        .find(|&s| found(s))
        .unwrap_or(Step::Pipeline)
}

fn selection(model: &Model) -> Option<Selection> {
    let investigation = model.investigation.as_ref()?;
    match model.pane() {
        VERDICT => {
            let hypothesis = investigation.diagnosis.hypotheses.get(model.screens.triage.hypothesis)?;
            Some(super::of_cause(hypothesis))
        }
        BOARD if model.screens.triage.line > 0 => {
            let all = strips(model);
            let strip = all.get(model.screens.triage.line.min(all.len()).checked_sub(1)?)?;
            let message = strip.at(None).map_or_else(|| "unknown".to_owned(), strip.shown);
            Some(Selection {
                id: format!("triage.strip:{}", strip.name),
                step: Step::Triage,
                title: format!("{} over time", strip.name),
                message: format!("{} at the end of the log: {message}", strip.name),
            })
        }
        BOARD => {
            let metric = metric(model)?;
            let row = investigation.performance.metrics.iter().find(|row| row.metric == metric)?;
            Some(Selection {
                id: format!("triage.course:{}", metric.id()),
                step: Step::Triage,
                title: format!("{} in production", metric.name()),
                message: format!("{} {}", metric.name(), change::values(row)),
            })
        }
        GOLDEN => {
            let finding = investigation.finding(&checks::GOLDEN_PAIRED)?;
            Some(of_finding(&finding.id, Step::Triage, "golden set", &finding.message))
        }
        _ => {
            let check = model.checks.get(model.screens.triage.check)?;
            Some(of_finding(&check.worst, check.spec.step, check.spec.name, &check.message))
        }
    }
}

fn of_finding(id: &FindingId, step: Step, title: &str, message: &str) -> Selection {
    Selection { id: id.to_string(), step, title: title.to_owned(), message: message.to_owned() }
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let texts = |cells: &[&str]| cells.iter().map(|&c| c.to_owned()).collect::<Vec<_>>();
    match model.pane() {
        VERDICT => {
            let mut rows = vec![texts(&["cause", "probability", "standing"])];
            for h in &investigation.diagnosis.hypotheses {
                let standing = h.stands();
                rows.push(vec![
                    h.cause.name().to_owned(),
                    number::metric(h.probability),
                    standing.to_owned(),
                ]);
            }
            rows
        }
        BOARD if model.screens.triage.line > 0 => strips_table(model),
        GOLDEN | BOARD => {
            let metrics = match (&investigation.golden, model.pane()) {
                (Some(golden), GOLDEN) => &golden.metrics,
                _ => &investigation.performance.metrics,
            };
            let mut rows = vec![texts(&["metric", "baseline", "now", "loss", "95 %"])];
            for row in metrics {
                let value = |e: Option<crate::autopsy::exam::performance::Estimate>| {
                    e.map_or_else(|| number::MISSING.to_owned(), |e| number::metric(e.value))
                };
                let interval = row.loss.map_or_else(
                    || row.undefined.clone().unwrap_or_default(),
                    |loss| {
                        format!("{} to {}", number::signed(loss.interval.0), number::signed(loss.interval.1))
                    },
                );
                rows.push(vec![
                    row.metric.name().to_owned(),
                    value(row.baseline),
                    value(row.production),
                    value(row.loss),
                    interval,
                ]);
            }
            rows
        }
        _ => {
            let mut rows = vec![texts(&["check", "flagged", "says"])];
            for check in &model.checks {
                rows.push(vec![
                    check.spec.name.to_owned(),
                    format!("{} of {}", check.flagged, check.checked),
                    check.message.clone(),
                ]);
            }
            rows
        }
    }
}

/// Every strip window by window.
fn strips_table(model: &Model) -> Vec<Vec<String>> {
    let strips = strips(model);
    let mut rows = vec![
        std::iter::once("window".to_owned()).chain(strips.iter().map(|strip| strip.name.clone())).collect(),
    ];
    let Some(grid) = model.drift().and_then(|drift| drift.grid) else {
        return rows;
    };
    rows.extend((0..grid.windows).map(|window| {
        let value =
            |strip: &Strip| strip.at(Some(window)).map_or_else(|| number::MISSING.to_owned(), strip.shown);
        std::iter::once(time::minute(grid.span(window).from)).chain(strips.iter().map(value)).collect()
    }));
    rows
}
