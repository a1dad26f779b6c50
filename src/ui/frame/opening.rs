//! Shown in place of the panes until there is something to show: the progress of the opening, or why it failed.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Action, Failure, FileProgress, FileState, Model, Phase},
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
                let key = model.keymap.sign(Action::Reload, look.is_ascii());
                format!("Nothing was written. {key} reads the files again.")
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
            // Counting goes on when the last row is read.
            bar::progress((*done as f64 / *of as f64).min(0.99), look, room, buf);
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

/// Draws why a case cannot be opened: what, where, and what to do. What has no room scrolls; the keys stay.
pub(super) fn failure(model: &Model, failure: &Failure, look: &Look, area: Rect, buf: &mut Buffer) {
    let width = area.width.min(100);
    let columns = usize::from(width.saturating_sub(4));
    let lines = lines_of(model, failure, columns, look);
    // The border, and the line of the keys with a blank one above it.
    let height = lines.len() as u16 + 4;
    let room = boxed("Cannot open this case", &failure.code, (width, height), look, area, buf);
    let shown = room.height.saturating_sub(2);
    let hidden = (lines.len() as u16).saturating_sub(shown);
    let first = model.screens.scroll[model.screen as usize].min(hidden);
    for (y, (line, meaning)) in (room.top()..room.top() + shown).zip(lines.iter().skip(usize::from(first))) {
        text::put(line, look.style(*meaning), look, (room.x, y), room, buf);
    }
    let scroll = if hidden > 0 { "   j k scroll" } else { "" };
    let keys = format!("e edit   r retry   y copy this message   d details   q quit{scroll}");
    let foot = Rect { y: room.bottom().saturating_sub(1), height: room.height.min(1), ..room };
    text::put(&keys, look.style(StyleRole::Key), look, (foot.x, foot.y), foot, buf);
}

/// The lines of a failure's box; with `d` its whole message as a command would print it.
fn lines_of(model: &Model, failure: &Failure, columns: usize, look: &Look) -> Vec<(String, StyleRole)> {
    let mut lines = vec![(String::new(), StyleRole::Text)];
    if model.screens.failure_details {
        let all = failure.details.lines().flat_map(|line| aligned(line, columns));
        lines.extend(all.map(|line| (line, StyleRole::Text)));
        return lines;
    }
    lines.extend(
        text::wrap(&failure.message, columns, look).into_iter().map(|line| (line, StyleRole::Strong)),
    );
    lines.push((String::new(), StyleRole::Text));
    let place = failure.place.iter().flat_map(|line| aligned(&format!("   {line}"), columns));
    lines.extend(place.map(|line| (line, StyleRole::Text)));
    if !failure.place.is_empty() {
        lines.push((String::new(), StyleRole::Text));
    }
    for hint in &failure.hints {
        for (at, line) in text::wrap(hint, columns.saturating_sub(10), look).iter().enumerate() {
            let lead = if at == 0 { "   hint   " } else { "          " };
            lines.push((format!("{lead}{line}"), StyleRole::Text));
        }
    }
    lines
}

/// A line that stands below another one and keeps its blanks; where it is too long it goes on below its own beginning.
fn aligned(line: &str, columns: usize) -> Vec<String> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    for c in line.chars() {
        if text::width(&piece) + text::width(c.encode_utf8(&mut [0; 4])) > columns
            && text::width(&piece) > indent
        {
            pieces.push(std::mem::replace(&mut piece, " ".repeat(indent)));
        }
        piece.push(c);
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_goes_on_below_its_beginning() {
        assert_eq!(aligned("   a line", 20), ["   a line"]);
        assert_eq!(aligned("  abcdefgh", 6), ["  abcd", "  efgh"]);
        assert_eq!(aligned("      ", 3), ["      "]);
        assert_eq!(aligned("", 3), [""]);
    }
}
