//! Report: what goes into the wiki?

use crate::{
    autopsy::{Stage, Step},
    journal::{Decision, Entry, Selection},
};

pub use super::state::Report;
use super::{Orders, ScreenSpec, move_cursor, no_cursor_reason, show};
use crate::app::{Action, Effect, Model, Reading, StepStatus, navigate::go_to, record::record};

/// The pane with the rendered text.
pub const PREVIEW: usize = 0;
/// The pane with the pinned evidence.
pub const PINS: usize = 1;
/// The pane with what is missing.
pub const MISSING: usize = 2;
/// The pane with the headings.
pub const OUTLINE: usize = 3;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Preview", "Pins", "What is missing", "Outline"],
    stages: &[Stage::Verdict; 4],
    judged: Stage::Verdict,
    act,
    disabled,
    reading,
    orders,
    selection,
    table,
};

fn orders(model: &Model) -> Orders {
    Orders::Fixed(match model.pane() {
        PINS => "J and K move the pins: they stand as the report will show them",
        MISSING => "what is missing stands as a reader asks for it",
        _ => "the report has one order",
    })
}

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
        marks.decisions.iter().find(|(_, d)| **d == Decision::Accepted).map_or("", |(cause, _)| cause.name());
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
            if model.lost_golden() {
                "too few golden rows of this part of the case"
            } else {
                "no golden set: [snapshots] golden"
            },
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

/// The headings of the text that would be written: their level and their text.
#[must_use]
pub fn headings(model: &Model) -> Vec<(usize, &str)> {
    marked(model.screens.report.preview.as_deref().unwrap_or_default())
        .filter_map(|(_, heading)| heading)
        .collect()
}

/// The lines of a text in Markdown; a heading with its level and its words.
fn marked(text: &str) -> impl Iterator<Item = (&str, Option<(usize, &str)>)> {
    let mut fenced = false;
    text.lines().map(move |line| {
        fenced ^= line.starts_with("```");
        let words = line.trim_start_matches('#');
        let depth = line.len() - words.len();
        let is_heading = !fenced && depth > 0 && words.starts_with(' ');
        (line, is_heading.then(|| (depth, words.trim())))
    })
}

/// The lines below the headings of a text, each with the place and the words of its heading.
pub(in crate::app) fn lines(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut under = None;
    marked(text).filter_map(move |(line, heading)| {
        if let Some((_, words)) = heading {
            under = Some((under.map_or(0, |(at, _)| at + 1), words));
        }
        let (at, words) = under?;
        Some((at, words, line))
    })
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match (action, model.pane()) {
        (Action::DetailDown | Action::DetailUp, PINS) => None,
        (Action::DetailDown | Action::DetailUp, _) => Some("J and K move pins: ⇥ leads to them".to_owned()),
        (_, OUTLINE) => headings(model).is_empty().then(|| no_cursor_reason(action)).flatten(),
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
        (Action::DetailDown | Action::DetailUp, PINS) => {
            let (n, up) = (model.journal.marks().pins.len(), action == Action::DetailUp);
            let at = model.screens.report.pin.min(n.checked_sub(1)?);
            let to = if up { at.checked_sub(1) } else { Some(at + 1).filter(|&to| to < n) };
            let Some(to) = to else {
                model.toast("the pin stands at the end already");
                return Some(Vec::new());
            };
            let id = model.journal.marks().pins.get(at)?.id.clone();
            model.screens.report.pin = to;
            Some(record(model, Entry::Move { id, up }))
        }
        (Action::Enter, OUTLINE) => {
            let at = model.screens.report.heading;
            let state = &mut model.screens.report;
            (state.from, state.line) = (Some(at), 0);
            model.screens.pane[Step::Report as usize] = PREVIEW;
            Some(Vec::new())
        }
        (Action::NextFlagged | Action::PreviousFlagged, _) => {
            let lacking: Vec<usize> = missing(model)
                .iter()
                .enumerate()
                .filter(|(_, (status, ..))| *status != StepStatus::Fine)
                .map(|(at, _)| at)
                .collect();
            let state = &mut model.screens.report;
            let next = if action == Action::NextFlagged {
                lacking.iter().find(|&&at| at > state.missing).or(lacking.first())
            } else {
                lacking.iter().rev().find(|&&at| at < state.missing).or(lacking.last())
            };
            match next {
                Some(&at) => {
                    state.missing = at;
                    model.screens.pane[Step::Report as usize] = MISSING;
                }
                None => model.toast("nothing is missing"),
            }
            Some(Vec::new())
        }
        (_, OUTLINE) => {
            let n = headings(model).len();
            model.screens.report.heading = move_cursor(model.screens.report.heading, n, page, action)?;
            // The text follows the cursor.
            let state = &mut model.screens.report;
            (state.from, state.line) = (Some(state.heading), 0);
            Some(Vec::new())
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
            let (lines, page) = (lines as isize, page as isize);
            let by = match action {
                Action::Up => -1,
                Action::Down => 1,
                Action::PageUp => -page,
                Action::PageDown => page,
                Action::HalfUp => -page / 2,
                Action::HalfDown => page / 2,
                Action::First | Action::Last => 0,
                _ => return None,
            };
            let state = &mut model.screens.report;
            match action {
                Action::First => (state.from, state.line) = (None, 0),
                Action::Last => (state.from, state.line) = (None, lines),
                _ => {
                    let least = if state.from.is_some() { -lines } else { 0 };
                    state.line = (state.line + by).clamp(least, lines);
                }
            }
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
    if model.pane() == OUTLINE {
        let mut rows = vec![words(["depth", "heading", ""])];
        rows.extend(headings(model).into_iter().map(|(depth, title)| words([&depth.to_string(), title, ""])));
        return rows;
    }
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
