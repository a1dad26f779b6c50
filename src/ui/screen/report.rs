//! Report: the text as it would be written now, the pins, and what is missing.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
    text::Line,
};

use super::{
    alone,
    parts::{beside, stacked},
};
use crate::{
    app::{
        Model, StepStatus,
        screen::report::{MISSING, OUTLINE, PINS, PREVIEW, headings, missing},
    },
    text::number,
    ui::{
        look::{Depth, Look, StyleRole},
        part::{
            layout::Layout,
            list::{self, Item, List},
            panel::{self, Panel},
            status,
            table::{self, Column, Row, Table},
            text,
        },
    },
};

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        PREVIEW => preview(model, look, area, buf),
        PINS => pins(model, look, area, buf),
        OUTLINE => outline(model, look, area, buf),
        _ => lacks(model, look, area, buf),
    };
    if let Some(only) = alone(model, &[PREVIEW]) {
        return pane(only, area, buf);
    }
    if Layout::of_model(model) != Layout::Wide {
        return pane(PREVIEW, area, buf);
    }
    let side = if area.width >= 170 { 56 } else { 42 };
    let [left, right] = beside(area, [area.width.saturating_sub(side), 0]);
    let lacking = missing_lines(model, look, side);
    // Without a pin that pane is small; the outline takes what is left.
    let pinned = match model.journal.marks().pins.len() {
        0 => 4,
        n => (n as u16 * 4 + 2).min(right.height / 2),
    };
    let below = right.height.saturating_sub(lacking + pinned);
    let [headings, pinned, lacking] = stacked(right, [below, pinned, lacking]);
    pane(PREVIEW, left, buf);
    pane(OUTLINE, headings, buf);
    pane(PINS, pinned, buf);
    pane(MISSING, lacking, buf);
}

/// Lines that what is missing takes, with its border.
fn missing_lines(model: &Model, look: &Look, width: u16) -> u16 {
    let room = usize::from(width.saturating_sub(7));
    let lines = |message: &str| text::wrap(message, room, look).len() as u16;
    missing(model).iter().map(|(_, message, _)| lines(message)).sum::<u16>() + 2
}

/// The headings of the report.
fn outline(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let headings = headings(model);
    let right = format!("{} headings", headings.len());
    let room = panel::draw(&Panel::new("Outline", &right, model.focused(OUTLINE)), look, area, buf);
    let rows: Vec<Row<'_>> = headings
        .iter()
        .map(|(depth, title)| {
            let meaning = if *depth <= 2 { StyleRole::Text } else { StyleRole::Dim };
            let indent = "  ".repeat(depth.saturating_sub(2));
            Row::new(vec![Line::from(text::span(format!("{indent}{}", unescaped(title)), meaning, look))])
        })
        .collect();
    let at = model.screens.report.heading.min(rows.len().saturating_sub(1));
    let cursor = model.focused(OUTLINE).then_some(at);
    let columns = [Column::rest("")];
    table::draw(&Table { columns: &columns, rows: &rows, cursor, heads: false }, look, room, buf);
}

/// A text of Markdown without the signs that keep it from being read as more than text.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next)) if next.is_ascii_punctuation() => plain.extend(chars.next()),
            ('`', _) => {}
            _ => plain.push(c),
        }
    }
    plain
}

/// The report's text in the lines of a pane.
struct Rendered {
    lines: Vec<Line<'static>>,
    /// The line of each heading.
    headings: Vec<usize>,
}

/// What was rendered last: laying out hundreds of lines with every key would be felt.
type Last = (Arc<str>, u16, Look, Rc<Rendered>);

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// The text for a pane of this width.
fn rendered(markdown: &Arc<str>, width: u16, look: &Look) -> Rc<Rendered> {
    LAST.with_borrow_mut(|last| {
        if let Some((text, wide, known, rendered)) = last
            && Arc::ptr_eq(text, markdown)
            && (*wide, *known) == (width, *look)
        {
            return Rc::clone(rendered);
        }
        let parsed = tui_markdown::from_str(markdown);
        let mut rendered = Rendered { lines: Vec::new(), headings: Vec::new() };
        for line in &parsed.lines {
            let Some((line, is_heading)) = without_marks(line, look) else { continue };
            if is_heading {
                rendered.headings.push(rendered.lines.len());
            }
            rendered.lines.extend(wrapped(&line, width, look));
        }
        let rendered = Rc::new(rendered);
        *last = Some((Arc::clone(markdown), width, *look, Rc::clone(&rendered)));
        rendered
    })
}

/// The report's text, rendered.
fn preview(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let right = match model.journal.wrote() {
        Some(_) => "written; w writes it anew".to_owned(),
        None => format!("w writes it to {}", model.head.report_folder),
    };
    let room = panel::draw(&Panel::new("Report", &right, model.focused(PREVIEW)), look, area, buf);
    let Some(markdown) = &model.screens.report.preview else {
        text::paragraph("The report is being composed.", look.style(StyleRole::Dim), look, room, buf);
        return;
    };
    let rendered = rendered(markdown, room.width, look);
    let lines = &rendered.lines;
    let state = &model.screens.report;
    let from = state.from.and_then(|heading| rendered.headings.get(heading)).copied().unwrap_or(0);
    let last = lines.len().saturating_sub(usize::from(room.height));
    let first = from.saturating_add_signed(state.line).min(last);
    for (y, line) in (room.top()..room.bottom()).zip(lines.iter().skip(first)) {
        text::put_line(line, look, (room.x, y), room, buf);
    }
    let last = first + usize::from(room.height);
    if last < lines.len() {
        let message = format!(" {} of {} lines ", last, number::whole(lines.len() as u64));
        let border = Rect { y: room.bottom(), height: 1, ..area };
        text::put_right(
            &message,
            look.style(StyleRole::Dim),
            look,
            border.y,
            Rect { width: area.width - 2, ..border },
            buf,
        );
    }
}

/// A line as it is read: headings bold without their signs, points as points, and no fences; and whether it is a heading.
fn without_marks(line: &Line<'_>, look: &Look) -> Option<(Line<'static>, bool)> {
    let message: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    if message.trim_start().starts_with("```") {
        return None;
    }
    let heading = message.trim_start_matches('#');
    if heading.len() < message.len() && heading.starts_with(' ') {
        return Some((Line::styled(heading.trim().to_owned(), look.style(StyleRole::Strong)), true));
    }
    let mut spans: Vec<ratatui::text::Span<'static>> = line
        .spans
        .iter()
        .map(|span| ratatui::text::Span::styled(span.content.to_string(), line.style.patch(span.style)))
        .collect();
    if let Some(first) = spans.first_mut().filter(|span| span.content.trim_start().starts_with("- ")) {
        first.content = first.content.replacen("- ", "• ", 1).into();
    }
    Some((Line::from(spans), false))
}

/// A line broken at words; its style is that of its first span, in the colours that the terminal has.
fn wrapped(line: &Line<'_>, width: u16, look: &Look) -> Vec<Line<'static>> {
    let own = |span: &ratatui::text::Span<'_>| plain(line.style.patch(span.style), look);
    let total: usize = line.spans.iter().map(|span| text::width(&span.content)).sum();
    if total <= usize::from(width) {
        let spans: Vec<_> = line
            .spans
            .iter()
            .map(|span| ratatui::text::Span::styled(span.content.to_string(), own(span)))
            .collect();
        return vec![Line::from(spans)];
    }
    let style = line.spans.last().map_or(Style::new(), own);
    let joined: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    // Tables are drawn with boxes and must not be broken: they are cut.
    if joined.starts_with(['│', '┌', '├', '└', '|']) {
        return vec![Line::styled(text::fit(&joined, width.into(), look).into_owned(), style)];
    }
    let indent = joined.len() - joined.trim_start().len();
    let lead = " ".repeat(indent);
    let broken = text::wrap(&joined, usize::from(width).saturating_sub(indent), look);
    broken.into_iter().map(|part| Line::styled(format!("{lead}{part}"), style)).collect()
}

/// A style of the renderer without its colours: the report is text, and the palette has no colour for headings.
fn plain(style: Style, look: &Look) -> Style {
    let colourless = Style { fg: None, bg: None, underline_color: None, ..style };
    match (style.fg, look.depth) {
        (Some(Color::DarkGray | Color::Gray), depth) if depth != Depth::None => {
            colourless.patch(look.style(StyleRole::Dim))
        }
        _ => colourless,
    }
}

/// The pinned evidence.
fn pins(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let marks = model.journal.marks();
    let right = format!("{}", marks.pins.len());
    let room = panel::draw(&Panel::new("Pinned evidence", &right, model.focused(PINS)), look, area, buf);
    if marks.pins.is_empty() {
        let message = "Nothing is pinned. ␣ pins what the cursor is on, on every screen: a check, a feature, a cause, a piece of evidence.";
        text::paragraph(message, look.style(StyleRole::Dim), look, room, buf);
        return;
    }
    let mut y = room.y;
    let at = model.screens.report.pin.min(marks.pins.len() - 1);
    for (index, pin) in marks.pins.iter().enumerate().skip(at.saturating_sub(usize::from(room.height / 4))) {
        if y >= room.bottom() {
            break;
        }
        let line = Rect { y, height: 1, ..room };
        text::put(&pin.title, look.style(StyleRole::Strong), look, (line.x, y), line, buf);
        text::put_right(&(pin.step as usize + 1).to_string(), look.style(StyleRole::Key), look, y, line, buf);
        if model.focused(PINS) && index == at {
            buf.set_style(line, look.style(StyleRole::Cursor));
        }
        y += 1;
        let note = marks.notes.get(&pin.id).map(|(_, note)| format!("note: {note}"));
        for message in std::iter::once(pin.message.clone()).chain(note) {
            let rest = Rect {
                x: room.x + 2,
                width: room.width.saturating_sub(2),
                y,
                height: room.bottom().saturating_sub(y),
            };
            y += text::paragraph(&message, look.style(StyleRole::Dim), look, rest, buf);
        }
    }
}

/// What is missing.
fn lacks(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let room = panel::draw(&Panel::new("What is missing", "", model.focused(MISSING)), look, area, buf);
    let lines = missing(model);
    let items: Vec<Item<'_>> = lines
        .iter()
        .map(|(standing, message, _)| {
            let mark = status::sign(*standing, model);
            let meaning = if *standing == StepStatus::Fine { StyleRole::Dim } else { StyleRole::Text };
            Item::new(look.sign(mark), look.style(mark.meaning()), message.as_str(), look.style(meaning))
        })
        .collect();
    let focused = model.focused(MISSING);
    let list = List { items: &items, cursor: Some(model.screens.report.missing), focused, most: 3 };
    list::draw(&list, look, room, buf);
}
