//! Shown in place of the panes until there is something to show: the progress of the opening, or why it failed.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Failure, FileProgress, FileState, Model, Phase},
    ui::{
        look::{Look, Sign, StyleRole},
        part::{bar, panel::boxed, status::turn, text},
    },
};

/// Draws which files were read and how far the others are.
pub(super) fn progress(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let files = &model.opening.files;
    let title = format!("Opening {}", model.head.folder);
    let stopped = model.opening.phase == Phase::Cancelled;
    let right = if stopped { "stopped" } else { "esc cancels, nothing is written" };
    let height = files.len() as u16 + 6 + u16::from(!model.opening.notes.is_empty());
    let room = boxed(&title, right, (100, height), look, area, buf);
    let mut y = room.top() + 1;
    for file in files {
        if y >= room.bottom() {
            return;
        }
        file_line(file, model, look, Rect { y, height: 1, ..room }, buf);
        y += 1;
    }
    let notes = &model.opening.notes;
    y += 1;
    if let (Some(first), true) = (notes.first(), y < room.bottom()) {
        let message = match notes.len() {
            1 => format!("! {first}"),
            n => format!("! {n} notes  {first}"),
        };
        text::put(&message, look.style(StyleRole::Watch), look, (room.x, y), room, buf);
        y += 1;
    }
    if y < room.bottom() {
        let message = match &model.opening.phase {
            Phase::Cancelled => {
                "Nothing was written. : and “read the case's files again” starts over.".to_owned()
            }
            _ => "Keys work already; panes fill in as their data arrives.".to_owned(),
        };
        text::put(&message, look.style(StyleRole::Dim), look, (room.x, y), room, buf);
    }
}

fn file_line(file: &FileProgress, model: &Model, look: &Look, line: Rect, buf: &mut Buffer) {
    let (mark, meaning) = match &file.state {
        FileState::Waiting => (Sign::Pending, StyleRole::Dim),
        FileState::Reading { .. } => (Sign::Running(turn(model)), StyleRole::Text),
        FileState::Done(_) => (Sign::Fine, StyleRole::Text),
        FileState::Failed(_) => (Sign::Alarm, StyleRole::Text),
    };
    text::put(look.sign(mark), look.style(mark.meaning()), look, (line.x, line.y), line, buf);
    let name = Rect { x: line.x + 3, width: line.width.saturating_sub(3).min(26), ..line };
    text::put(&file.name, look.style(meaning), look, (name.x, line.y), name, buf);
    let rest = Rect { x: name.right() + 1, width: line.right().saturating_sub(name.right() + 1), ..line };
    match &file.state {
        FileState::Waiting => {
            text::put("waiting", look.style(StyleRole::Dim), look, (rest.x, rest.y), rest, buf);
        }
        FileState::Reading { done, of } if *of > 0 => {
            let left =
                file.left_ms(model.clock.elapsed_ms).map(|ms| format!("~{:.1} s left", ms as f64 / 1000.0));
            let room = Rect { width: rest.width.min(34), ..rest };
            bar::progress(*done as f64 / *of as f64, look, room, buf);
            if let Some(left) = left {
                text::put_right(&left, look.style(StyleRole::Dim), look, rest.y, rest, buf);
            }
        }
        FileState::Reading { .. } => {
            text::put("reading", look.style(StyleRole::Dim), look, (rest.x, rest.y), rest, buf);
        }
        FileState::Done(message) => {
            text::put(message, look.style(StyleRole::Text), look, (rest.x, rest.y), rest, buf);
            if let Some(took) = file.took_ms {
                let took = format!("{:.1} s", took as f64 / 1000.0);
                text::put_right(&took, look.style(StyleRole::Dim), look, rest.y, rest, buf);
            }
        }
        FileState::Failed(message) => {
            text::put(message, look.style(StyleRole::Alarm), look, (rest.x, rest.y), rest, buf);
        }
    }
}

/// Draws why a case cannot be opened: what, where, and what to do.
pub(super) fn failure(model: &Model, failure: &Failure, look: &Look, area: Rect, buf: &mut Buffer) {
    let width = area.width.min(100);
    let columns = usize::from(width.saturating_sub(4));
    let mut lines: Vec<(String, StyleRole)> = vec![(String::new(), StyleRole::Text)];
    let mut add = |text_: &str, indent: &str, meaning| {
        for line in text::wrap(text_, columns.saturating_sub(indent.len()), look) {
            lines.push((format!("{indent}{line}"), meaning));
        }
    };
    add(&failure.message, "", StyleRole::Strong);
    if model.screens.failure_details {
        add(&failure.details, "  ", StyleRole::Dim);
    }
    lines.push((String::new(), StyleRole::Text));
    // The lines of the place are aligned with each other and must not be wrapped.
    lines.extend(failure.place.iter().map(|line| (format!("   {line}"), StyleRole::Text)));
    if !failure.place.is_empty() {
        lines.push((String::new(), StyleRole::Text));
    }
    for hint in &failure.hints {
        for (at, line) in text::wrap(hint, columns.saturating_sub(10), look).iter().enumerate() {
            let lead = if at == 0 { "   hint   " } else { "          " };
            lines.push((format!("{lead}{line}"), StyleRole::Text));
        }
    }
    lines.push((String::new(), StyleRole::Text));
    lines.push(("e edit   r retry   y copy this message   d details   q quit".to_owned(), StyleRole::Key));
    let height = lines.len() as u16 + 2;
    let room = boxed("Cannot open this case", &failure.code, (width, height), look, area, buf);
    for (y, (line, meaning)) in (room.top()..room.bottom()).zip(&lines) {
        text::put(line, look.style(*meaning), look, (room.x, y), room, buf);
    }
}
