//! A question to the analyst: the filter, a note.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Line, Model, Prompt, Purpose},
    ui::{
        look::{Look, StyleRole},
        part::{panel::boxed, text},
    },
};

/// Draws the filter as one line over the status line, a note in a box.
pub(super) fn draw(prompt: &Prompt, model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    match &prompt.purpose {
        Purpose::Filter(_) => filter(prompt, model, look, area, buf),
        Purpose::Note(on) => {
            let lines = prompt.lines.len().max(3) as u16;
            let title = format!("Note · {}", on.title);
            let right = "↵ keeps · ↓ new line · esc drops";
            let room = boxed(&title, right, (80, lines + 3), look, area, buf);
            text::put(&on.message, look.style(StyleRole::Dim), look, (room.x, room.y), room, buf);
            for (at, line) in prompt.lines.iter().enumerate() {
                let y = room.y + 1 + at as u16;
                if y < room.bottom() {
                    typed(line, at == prompt.line, look, Rect { y, height: 1, ..room }, buf);
                }
            }
        }
    }
}

/// The filter with the number of features that pass.
fn filter(prompt: &Prompt, model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(y) = area.bottom().checked_sub(2).filter(|&y| y >= area.top()) else {
        return;
    };
    let line = Rect { y, height: 1, ..area };
    for x in line.left()..line.right() {
        if let Some(cell) = buf.cell_mut((x, y)) {
            cell.reset();
        }
    }
    let shown = model.features.listed.len();
    let of = model.dossier.as_ref().map_or(0, |d| d.plan.features.len());
    let (message, meaning) = match &prompt.error {
        Some(error) => (error.clone(), StyleRole::Watch),
        None => (format!("{shown} of {of}   ↵ keeps · ⇥ searches all · esc drops"), StyleRole::Dim),
    };
    let right = text::put_right(&format!("{message} "), look.style(meaning), look, y, line, buf);
    let x = text::put(" / ", look.style(StyleRole::Key), look, (line.x, y), line, buf);
    if let Some(input) = prompt.lines.first() {
        typed(input, true, look, Rect { x, width: right.saturating_sub(x + 1), ..line }, buf);
    }
}

/// A line of typed text, scrolled so that its cursor is in view; the cursor is a reversed cell.
pub(super) fn typed(line: &Line, active: bool, look: &Look, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width);
    let from = line.visual_scroll(columns.saturating_sub(1));
    // The scroll counts columns; wide characters may leave one cell empty on the left.
    let mut skipped = 0;
    let shown: String = line
        .value()
        .chars()
        .skip_while(|c| {
            let skip = skipped < from;
            skipped += usize::from(skip) * text::width(&c.to_string());
            skip
        })
        .collect();
    text::put(&shown, look.style(StyleRole::Text), look, (area.x, area.y), area, buf);
    if active {
        let x = area.x + line.visual_cursor().saturating_sub(from).min(columns - 1) as u16;
        let cell = Rect { x, y: area.y, width: 1, height: 1 };
        buf.set_style(cell.intersection(area), look.style(StyleRole::Cursor));
    }
}
