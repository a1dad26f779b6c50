//! Report: what goes into the wiki?

use crate::{
    autopsy::{Stage, Step},
    journal::{Decision, Selection},
};

pub use super::state::Report;
use super::{ScreenSpec, move_cursor, no_cursor_reason, show};
use crate::app::{Action, Effect, Model, Reading, StepStatus, navigate::go_to};

/// The pane with the rendered text.
pub const PREVIEW: usize = 0;
/// The pane with the pinned evidence.
pub const PINS: usize = 1;
/// The pane with what is missing.
pub const MISSING: usize = 2;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Preview", "Pins", "What is missing"],
    stages: &[Stage::Verdict; 3],
    judged: Stage::Verdict,
    act,
    disabled,
    reading,
    selection,
    table,
};

/// What a good report still lacks: whether it is there, what it is, and where to add it.
#[must_use]
pub fn missing(model: &Model) -> Vec<(StepStatus, String, Step)> {
    let marks = model.journal.marks();
    let accepted = marks.decisions.values().any(|&decision| decision == Decision::Accepted);
    let mut lines = Vec::new();
    let mut line = |there: bool, yes: String, no: &str, step: Step| {
        lines.push((
            if there { StepStatus::Fine } else { StepStatus::Watch },
            if there { yes } else { no.to_owned() },
            step,
        ));
    };
    let cause =
        marks.decisions.iter().find(|(_, d)| **d == Decision::Accepted).map_or("", |(cause, _)| cause.id());
    line(accepted, format!("cause accepted: {cause}"), "no cause accepted: A on Diagnosis", Step::Diagnosis);
    let pins = marks.pins.len();
    line(
        pins > 0,
        format!("{pins} pinned as evidence"),
        "no evidence pinned: ␣ on any screen",
        Step::Diagnosis,
    );
    let notes = marks.notes.len();
    line(notes > 0, format!("{notes} of your notes"), "no note of yours: i on any screen", Step::Triage);
    if let Some(investigation) = &model.investigation {
        line(
            !investigation.dossier.events.is_empty(),
            "events for the timeline".into(),
            "no events: [snapshots] events",
            Step::Triage,
        );
        line(
            investigation.golden.is_some(),
            "golden set scored".into(),
            "no golden set: [snapshots] golden",
            Step::Triage,
        );
        let unexamined = investigation
            .diagnosis
            .hypotheses
            .iter()
            .filter(|h| h.standing == crate::autopsy::Standing::NotExamined)
            .count();
        line(
            unexamined == 0,
            "every cause examined".into(),
            &match unexamined {
                1 => "one cause could not be examined".to_owned(),
                n => format!("{n} causes could not be examined"),
            },
            Step::Diagnosis,
        );
    }
    lines
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match (action, model.pane()) {
        (_, PINS) if model.journal.marks().pins.is_empty() => no_cursor_reason(action),
        (_, PINS | MISSING) => None,
        (Action::Enter, _) => no_cursor_reason(action),
        _ => None,
    }
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.page();
    match (action, model.pane()) {
        (Action::Enter, PINS) => {
            let pin = model.journal.marks().pins.get(model.screens.report.pin)?.clone();
            Some(show(model, &pin.id, pin.step))
        }
        (Action::Enter, MISSING) => {
            let (_, _, step) = missing(model).get(model.screens.report.missing)?.clone();
            Some(go_to(model, step))
        }
        (_, PINS) => {
            let n = model.journal.marks().pins.len();
            model.screens.report.pin = move_cursor(model.screens.report.pin, n, page, action)?;
            Some(Vec::new())
        }
        (_, MISSING) => {
            let n = missing(model).len();
            model.screens.report.missing = move_cursor(model.screens.report.missing, n, page, action)?;
            Some(Vec::new())
        }
        _ => {
            let lines = model.screens.report.preview.as_ref().map_or(0, |text| text.lines().count());
            model.screens.report.line = move_cursor(model.screens.report.line, lines, page, action)?;
            Some(Vec::new())
        }
    }
}

fn reading(model: &Model) -> Reading {
    let lacks = missing(model).iter().filter(|(mark, ..)| *mark != StepStatus::Fine).count();
    let message = match lacks {
        0 => "The report holds everything that a reader of a post-mortem asks for; w writes it.".to_owned(),
        1 => "One thing is missing; w writes the report as it is.".to_owned(),
        n => format!("{n} things are missing; w writes the report as it is."),
    };
    let wrote = model
        .journal
        .wrote()
        .map(|(at, path)| format!(" Last written {} to {path}.", crate::text::time::minute(at)));
    Reading::last(message + &wrote.unwrap_or_default())
}

fn selection(model: &Model) -> Option<Selection> {
    if model.pane() == PINS {
        return model.journal.marks().pins.get(model.screens.report.pin).cloned();
    }
    let (id, title) = ("case".to_owned(), "the case".to_owned());
    Some(Selection { id, step: Step::Report, title, message: String::new() })
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let words = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    if model.pane() == MISSING {
        let mut rows = vec![words(["what", "where", ""])];
        let lines = missing(model).into_iter();
        rows.extend(lines.map(|(_, message, step)| words([&message, step.name(), ""])));
        return rows;
    }
    let mut rows = vec![words(["step", "evidence", "says"])];
    let pins = &model.journal.marks().pins;
    rows.extend(pins.iter().map(|pin| words([pin.step.name(), &pin.title, &pin.message])));
    rows
}
