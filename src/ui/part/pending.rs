//! The placeholder of a pane whose exam is not done.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Model, Phase, screen},
    autopsy::Stage,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            panel::{self, Panel},
            status, text,
        },
    },
};

/// Draws what runs and how far it is.
pub fn draw(model: &Model, pane: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let title = screen::panes(model.screen).get(pane).copied().unwrap_or_default();
    let room = panel::draw(&Panel::new(title, "", model.focused(pane)), look, area, buf);
    let wanted = screen::stage(model.screen, pane);
    // How far the exams are stands once; the other panes tell what they wait for.
    if pane != model.pane() {
        let message = format!("waits for {}", wanted.name());
        return text::hint(&message, look, room, buf);
    }
    let lines = Stage::ALL.into_iter().filter(|&stage| stage <= wanted);
    for (y, stage) in (room.top()..room.bottom()).zip(lines) {
        stage_line(stage, model, look, Rect { y, height: 1, ..room }, buf);
    }
}

/// A stage of the exams: its status, its progress and its question.
fn stage_line(stage: Stage, model: &Model, look: &Look, line: Rect, buf: &mut Buffer) {
    let running = match model.opening.phase {
        Phase::Examining { stage, parts, .. } => Some((stage, parts)),
        _ => None,
    };
    let running = running.filter(|(running, _)| *running == stage);
    let (mark, meaning) = match running {
        Some(_) => (Sign::Running(status::turn(model)), StyleRole::Text),
        None if model.knowing(stage).is_some() => (Sign::Fine, StyleRole::Dim),
        None => (Sign::Pending, StyleRole::Dim),
    };
    let at = (line.x, line.y);
    text::put(look.sign(mark), look.style(mark.meaning()), look, at, line, buf);
    let message = match running {
        Some((_, (done, of))) if of > 0 => format!("{} {done}/{of}", stage.name()),
        _ => stage.name().to_owned(),
    };
    let at = (line.x + 3, line.y);
    let x = text::put(&message, look.style(meaning), look, at, line, buf);
    let word = match running {
        Some(_) => "still running",
        None if model.opening.phase == Phase::Cancelled && model.knowing(stage).is_none() => "stopped",
        None => "",
    };
    if usize::from(line.right().saturating_sub(x)) > word.len() + 1 {
        text::put_right(word, look.style(StyleRole::Dim), look, line.y, line, buf);
    }
}
