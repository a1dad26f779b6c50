//! Remedy: what each standing cause asks for, and what of it was measured.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::remedy::{MEASURED, MITIGATIONS, NOT_MEASURED, causes},
    },
    autopsy::Standing,
    text::number,
    ui::{
        frame::Layout,
        look::{Look, Mark, Meaning},
        part::{
            panel::{self, Panel},
            text,
        },
    },
};

use super::parts::{beside, layout, stacked};

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    match layout(model) {
        Layout::Wide => {
            let [left, right] = beside(area, [area.width * 3 / 5, 0]);
            mitigations(model, look, left, buf);
            measured(model, look, right, buf);
        }
        Layout::Normal => {
            let [above, below] = stacked(area, [area.height.saturating_sub(7), 0]);
            mitigations(model, look, above, buf);
            measured(model, look, below, buf);
        }
        Layout::Compact | Layout::TooSmall if model.pane() == MEASURED => measured(model, look, area, buf),
        Layout::Compact | Layout::TooSmall => mitigations(model, look, area, buf),
    }
}

/// Every cause that stands, with what it asks for.
fn mitigations(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let focused = model.focused(MITIGATIONS);
    let inside = panel::draw(
        &Panel::new("What each cause asks for", "most probable first", focused),
        look,
        area,
        buf,
    );
    let causes = causes(model);
    let dim = look.style(Meaning::Dim);
    if causes.is_empty() {
        text::paragraph("no cause is left standing", dim, look, inside, buf);
        return;
    }
    let at = model.screens.remedy.at.min(causes.len() - 1);
    let sign = if look.is_ascii() { 3 } else { 2 };
    let mut y = inside.top();
    for (index, hypothesis) in causes
        .iter()
        .enumerate()
        .skip(at.saturating_sub(usize::from(inside.height / 8)))
    {
        if y >= inside.bottom() {
            return;
        }
        let line = Rect {
            y,
            height: 1,
            ..inside
        };
        let mark = if hypothesis.standing == Standing::Found {
            Mark::Alarm
        } else {
            Mark::Watch
        };
        text::put(
            look.mark(mark),
            look.style(mark.meaning()),
            look,
            (line.x, y),
            line,
            buf,
        );
        let x = line.x + sign;
        text::put(
            hypothesis.cause.id(),
            look.style(Meaning::Strong),
            look,
            (x, y),
            line,
            buf,
        );
        text::put_right(&number::share(hypothesis.probability), dim, look, y, line, buf);
        if focused && index == at {
            text::highlight(
                Rect {
                    x,
                    width: line.right().saturating_sub(x),
                    ..line
                },
                look,
                buf,
            );
        }
        let room = Rect {
            x,
            y: y + 1,
            width: inside.right().saturating_sub(x),
            height: inside.bottom().saturating_sub(y + 1).min(3),
        };
        let used = text::paragraph(
            hypothesis.cause.mitigation(),
            look.style(Meaning::Text),
            look,
            room,
            buf,
        );
        y += used + 2;
    }
}

/// What was measured of any remedy: nothing so far, and the screen says so.
fn measured(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let panel = Panel::new("What was measured", "", model.focused(MEASURED));
    let inside = panel::draw(&panel, look, area, buf);
    text::paragraph(NOT_MEASURED, look.style(Meaning::Dim), look, inside, buf);
}
