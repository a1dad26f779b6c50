//! Triage: is it real, how large, since when, is it the model?

use std::fmt::Write as _;

use crate::{
    autopsy::{
        Baseline, Investigation, Stage, Step,
        catalogue::{ExamName, FindingId, checks},
    },
    journal::Selection,
    stats::metric::Metric,
    summary::Micros,
    text::{self, number, time},
    wording::{change, onset},
};

pub use super::state::Triage;
use super::{ScreenSpec, move_cursor, no_cursor_reason, show};
use crate::app::{Action, Effect, Model, Reading};

/// The pane with the checks.
pub const CHECKS: usize = 0;
/// The pane with the leading hypotheses.
pub const HYPOTHESES: usize = 1;
/// The pane with the golden set.
pub const GOLDEN: usize = 2;
/// The pane with the metric's course.
pub const COURSE: usize = 3;
/// The pane with the vitals.
pub const VITALS: usize = 4;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Checks", "Leading hypotheses", "Golden set", "Metric", "Vitals"],
    stages: &[
        Stage::Performance,
        Stage::Performance,
        Stage::Performance,
        Stage::Performance,
        Stage::Pipeline,
    ],
    judged: Stage::Performance,
    act,
    disabled,
    reading,
    selection,
    table,
};

fn disabled(model: &Model, action: Action) -> Option<String> {
    match model.pane() {
        CHECKS | HYPOTHESES => None,
        _ => no_cursor_reason(action),
    }
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
        (Action::Enter, CHECKS) => {
            let check = model.checks.get(model.screens.triage.check)?.clone();
            if check.spec.step == Step::Triage {
                // The proof is a pane of this screen.
                let pane = match check.spec.exam {
                    ExamName::Golden => GOLDEN,
                    ExamName::Labels => VITALS,
                    _ => COURSE,
                };
                model.screens.pane[Step::Triage as usize] = pane;
                return Some(Vec::new());
            }
            Some(show(model, &check.worst.to_string(), check.spec.step))
        }
        (Action::Enter, HYPOTHESES) => {
            model.screens.diagnosis.at = model.screens.triage.hypothesis;
            Some(crate::app::navigate::go_to(model, Step::Diagnosis))
        }
        (Action::NextFlagged | Action::PreviousFlagged, _) => {
            let n = model.checks.len();
            let at = model.screens.triage.check;
            let order: Vec<usize> = (1..=n)
                .map(|d| if action == Action::NextFlagged { (at + d) % n } else { (at + n - d) % n })
                .collect();
            match order.into_iter().find(|&i| model.checks[i].flagged > 0) {
                Some(next) => model.screens.triage.check = next,
                None => model.toast("no check is flagged"),
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
        (_, HYPOTHESES) => {
            let n = model.investigation.as_ref()?.diagnosis.hypotheses.len();
            model.screens.triage.hypothesis = move_cursor(model.screens.triage.hypothesis, n, page, action)?;
            Some(Vec::new())
        }
        (_, CHECKS) => {
            model.screens.triage.check =
                move_cursor(model.screens.triage.check, model.checks.len(), page, action)?;
            Some(Vec::new())
        }
        _ => None,
    }
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
        let _ = write!(
            message,
            "Production does as well as its baseline: a loss of {} above {} is excluded.",
            performance.headline.name(),
            number::metric(loss.interval.1.max(0.0)),
        );
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
        let _ = write!(message, ", {}", onset::began(onset));
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
        HYPOTHESES => {
            let hypothesis = investigation.diagnosis.hypotheses.get(model.screens.triage.hypothesis)?;
            Some(super::of_cause(hypothesis))
        }
        COURSE => {
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
        HYPOTHESES => {
            let mut rows = vec![texts(&["cause", "probability", "standing"])];
            for h in &investigation.diagnosis.hypotheses {
                let standing = h.stands();
                rows.push(vec![h.cause.id().to_owned(), number::metric(h.probability), standing.to_owned()]);
            }
            rows
        }
        GOLDEN | COURSE => {
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
