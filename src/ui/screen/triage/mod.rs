//! Triage: the golden set decides whether it is the model, the timeline since when, the checks what is odd.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout as Split, Rect},
    text::Line,
};

use super::alone;
use crate::{
    app::{
        Check, Model,
        screen::{
            stage,
            triage::{CHECKS, COURSE, GOLDEN, HYPOTHESES, VITALS, nearby_event},
        },
    },
    autopsy::{Hypothesis, Investigation, Standing, Step, Verdict},
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            bar,
            chart::EventMark,
            layout::Layout,
            panel::{self, Panel},
            pending,
            table::{self, Column, Row, Table},
            text,
        },
    },
};

mod course;
mod golden;
mod vitals;

use self::{course::course, golden::golden, vitals::vitals};

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        return;
    };
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        _ if model.knowing(stage(Step::Triage, pane)).is_none() => {
            pending::draw(model, pane, look, area, buf)
        }
        CHECKS => checks(model, look, area, buf),
        HYPOTHESES => hypotheses(model, investigation, look, area, buf),
        GOLDEN => golden(model, investigation, look, area, buf),
        COURSE => course(model, investigation, look, area, buf),
        _ => vitals(model, investigation, look, area, buf),
    };
    if let Some(only) = alone(model, &[CHECKS, HYPOTHESES, COURSE]) {
        return pane(only, area, buf);
    }
    if Layout::of_model(model) == Layout::Wide {
        let [left, right] =
            Split::horizontal([Constraint::Length(46.max(area.width * 3 / 8)), Constraint::Fill(1)])
                .areas(area);
        let golden_lines = investigation
            .golden
            .as_ref()
            .map_or(1, |golden| golden.metrics.len().min(if area.height > 38 { 10 } else { 5 }));
        let [upper, middle, lower] = Split::vertical([
            Constraint::Length(golden_lines as u16 + 6),
            Constraint::Fill(3),
            Constraint::Fill(2),
        ])
        .areas(left);
        let [above, below] = Split::vertical([Constraint::Fill(1), Constraint::Length(11)]).areas(right);
        pane(GOLDEN, upper, buf);
        pane(CHECKS, middle, buf);
        pane(HYPOTHESES, lower, buf);
        pane(COURSE, above, buf);
        pane(VITALS, below, buf);
    } else {
        let [upper, lower] = Split::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
        let [left, right] = Split::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(lower);
        pane(COURSE, upper, buf);
        pane(CHECKS, left, buf);
        pane(HYPOTHESES, right, buf);
    }
}

/// What the list of checks and the hypotheses still lack; none once every exam is done.
fn unfinished(model: &Model) -> Option<String> {
    let stage = model.investigation.as_ref()?.next_stage()?;
    Some(if model.opening.busy() {
        format!("not yet final: {}", stage.name())
    } else {
        format!("not final, stopped: {}", stage.name())
    })
}

/// The last line of a room, for what it still lacks; returns the room above.
fn lacking(model: &Model, look: &Look, room: Rect, buf: &mut Buffer) -> Rect {
    let Some(message) = unfinished(model).filter(|_| room.height > 1) else {
        return room;
    };
    let at = (room.x, room.bottom() - 1);
    text::put(&message, look.style(StyleRole::Dim), look, at, room, buf);
    Rect { height: room.height - 1, ..room }
}

/// The checks with their verdicts, one line each.
fn checks(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let flagged = model.checks.iter().filter(|check| check.flagged > 0).count();
    let ran = model.checks.iter().filter(|check| check.checked > 0).count();
    let right = format!("{flagged} flagged, {ran} of {} ran", model.checks.len());
    let room = panel::draw(&Panel::new("Checks", &right, model.focused(CHECKS)), look, area, buf);
    let rows: Vec<Row<'_>> = model.checks.iter().map(|check| check_row(check, look)).collect();
    let longest = model.checks.iter().map(|check| text::width(check.spec.name)).max();
    let name = (longest.unwrap_or(0) as u16).min(room.width / 2);
    let columns = [Column::words("", 2), Column::words("", name), Column::rest("")];
    let at = model.screens.triage.check.min(rows.len().saturating_sub(1));
    let (room, below) = match Layout::of_model(model) {
        Layout::Wide => (Rect { height: room.height.saturating_sub(3), ..room }, 2),
        _ => (room, 0),
    };
    if let Some(check) = model.checks.get(at).filter(|_| below > 0) {
        panel::divide("", model.focused(CHECKS), room.bottom(), look, area, buf);
        let message = match &check.verdict {
            Verdict::NotApplicable(because) => because,
            _ => &check.message,
        };
        let place = Rect { y: room.bottom() + 1, height: below, ..room };
        text::paragraph(message, look.style(StyleRole::Text), look, place, buf);
    }
    let cursor = model.focused(CHECKS).then_some(at);
    let room = lacking(model, look, room, buf);
    table::draw(&Table { columns: &columns, rows: &rows, cursor, heads: false }, look, room, buf);
}

fn check_row<'a>(check: &'a Check, look: &Look) -> Row<'a> {
    let mark = Sign::from(&check.verdict);
    let message = match &check.verdict {
        Verdict::NotApplicable(because) => text::span(because.as_str(), StyleRole::Dim, look),
        Verdict::Clear => text::span(check.message.as_str(), StyleRole::Dim, look),
        _ => text::span(check.message.as_str(), StyleRole::Text, look),
    };
    Row::new(vec![
        Line::from(text::span(look.sign(mark), mark.meaning(), look)),
        Line::from(text::span(check.spec.name, StyleRole::Text, look)),
        Line::from(message),
    ])
}

/// The most probable causes as bars.
fn hypotheses(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let right = if investigation.diagnosis.undecided.is_some() { "undecided" } else { "" };
    let room =
        panel::draw(&Panel::new("Leading hypotheses", right, model.focused(HYPOTHESES)), look, area, buf);
    let room = lacking(model, look, room, buf);
    let causes = &investigation.diagnosis.hypotheses;
    let cursor = model.screens.triage.hypothesis.min(causes.len().saturating_sub(1));
    let first = table::first_visible(cursor, causes.len(), usize::from(room.height));
    for (y, (at, cause)) in (room.top()..room.bottom()).zip(causes.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..room };
        hypothesis(cause, look, line, buf);
        if model.focused(HYPOTHESES) && at == cursor {
            buf.set_style(line, look.style(StyleRole::Cursor));
        }
    }
    if causes.is_empty() {
        text::paragraph("No cause was examined yet.", look.style(StyleRole::Dim), look, room, buf);
    }
}

/// One cause: name, bar, probability.
pub(super) fn hypothesis(cause: &Hypothesis, look: &Look, line: Rect, buf: &mut Buffer) {
    const NAME: u16 = 23;
    let meaning = match cause.standing {
        Standing::Found => StyleRole::Strong,
        Standing::Possible => StyleRole::Text,
        _ => StyleRole::Dim,
    };
    text::put(
        cause.cause.id(),
        look.style(meaning),
        look,
        (line.x, line.y),
        Rect { width: NAME.min(line.width), ..line },
        buf,
    );
    let said = if cause.standing == Standing::NotExamined {
        "not examined".to_owned()
    } else {
        format!("{:.2}", cause.probability)
    };
    let right = text::put_right(&said, look.style(meaning), look, line.y, line, buf);
    let from = line.x + NAME + 1;
    if right > from + 2 && cause.standing != Standing::NotExamined {
        let style =
            look.style(if cause.standing == Standing::Found { StyleRole::Alarm } else { StyleRole::Dim });
        bar::horizontal(
            cause.probability,
            style,
            false,
            look,
            Rect { x: from, width: right - from - 1, ..line },
            buf,
        );
    }
}

/// All events; the one near the onset stands out.
pub(super) fn event_marks(investigation: &Investigation) -> Vec<EventMark> {
    let near = nearby_event(investigation).map(|(event, _)| event.at);
    investigation
        .dossier
        .events
        .iter()
        .map(|event| EventMark { at: event.at as f64, strong: Some(event.at) == near })
        .collect()
}
