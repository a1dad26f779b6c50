//! The overlays that list something: help, palette, pins, problems.

use ratatui::{buffer::Buffer, layout::Rect};

use super::prompt::typed;
use crate::{
    app::{self, HelpRow, Line, Model, PaletteItem},
    autopsy::Step,
    ui::{
        look::{Look, StyleRole},
        part::{
            list::{self, Item, List},
            panel::boxed,
            status,
            table::first_visible,
            text,
        },
    },
};

/// Columns that the keys of an action take.
const KEYS: u16 = 12;

/// The keys of the present screen under their headings.
pub(super) fn help(model: &Model, query: &Line, at: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let rows = app::help(model, query.value());
    let title = format!("Help · {}", model.screen.name());
    let right = "type to search · ↵ runs · esc closes";
    let width = 84.min(area.width);
    let lines: Vec<HelpLine<'_>> =
        rows.iter().flat_map(|row| help_lines(row, usize::from(width.saturating_sub(5)), look)).collect();
    let size = (width, area.height.saturating_sub(2).min(lines.len() as u16 + 6));
    let room = boxed(&title, right, size, look, area, buf);
    let list = search_line(query, look, room, buf);
    // The cursor runs over what is said and over the keys; the line on screen counts headings, too.
    let stops: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !matches!(line, HelpLine::Title(_) | HelpLine::Says(_)))
        .map(|(at, _)| at)
        .collect();
    let cursor = stops.get(at).copied();
    let first_key = stops.iter().position(|&line| matches!(lines[line], HelpLine::Key(_)));
    // With the cursor on the first key of what was typed, the text above it is shown first; what is read begins on top.
    let is_first = at == 0 || !query.value().is_empty() && first_key == Some(at);
    let first = match cursor {
        Some(line) if !is_first && matches!(lines[line], HelpLine::Name(_)) => {
            line.min(lines.len().saturating_sub(usize::from(list.height)))
        }
        _ => first_visible(
            if is_first { 0 } else { cursor.unwrap_or(0) },
            lines.len(),
            usize::from(list.height),
        ),
    };
    for (y, (index, content)) in (list.top()..list.bottom()).zip(lines.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..list };
        match content {
            HelpLine::Title(title) | HelpLine::Name(title) => {
                let end = text::put(title, look.style(StyleRole::Strong), look, (line.x, y), line, buf);
                if cursor == Some(index) {
                    text::highlight(Rect { width: end - line.x, ..line }, look, buf);
                }
            }
            HelpLine::Says(message) => {
                text::put(message, look.style(StyleRole::Text), look, (line.x, y), line, buf);
            }
            HelpLine::Key(item) => action(item, cursor == Some(index), KEYS, look, line, buf),
        }
    }
    if rows.is_empty() {
        text::put("no action has such a name", look.style(StyleRole::Dim), look, (list.x, list.y), list, buf);
    }
}

/// One line of the help.
enum HelpLine<'a> {
    Title(&'a str),
    /// What an explanation is about.
    Name(&'a str),
    Says(String),
    Key(&'a PaletteItem),
}

fn help_lines<'a>(row: &'a HelpRow, columns: usize, look: &Look) -> Vec<HelpLine<'a>> {
    match row {
        HelpRow::Title(title) => vec![HelpLine::Title(title)],
        HelpRow::Key(item) => vec![HelpLine::Key(item)],
        HelpRow::Says(name, message) => {
            let mut lines = vec![HelpLine::Name(name)];
            lines.extend(text::wrap(message, columns, look).into_iter().map(HelpLine::Says));
            lines.push(HelpLine::Says(String::new()));
            lines
        }
    }
}

/// Every action by its name.
pub(super) fn palette(model: &Model, query: &Line, at: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let items = app::palette(model, query.value());
    let size = (84, area.height.saturating_sub(4).min(26));
    let room = boxed("Run", "↵ runs · esc closes", size, look, area, buf);
    let list = search_line(query, look, room, buf);
    hits(&items, at, KEYS, "nothing has such a name", look, list, buf);
}

/// What holds the typed words.
pub(super) fn search(model: &Model, query: &Line, at: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let items = app::found(model, query.value());
    let size = (110, area.height.saturating_sub(4).min(30));
    let right = format!("{} · ↵ leads there · esc closes", items.len());
    let room = boxed("Search", &right, size, look, area, buf);
    let list = search_line(query, look, room, buf);
    let none = "No finding, cause, feature, level, explanation or line of the report holds these words.";
    hits(&items, at, 0, none, look, list, buf);
}

/// A list of hits with a cursor; the one under it stands in full below.
///
/// * `keys`: columns for their keys.
fn hits(items: &[PaletteItem], at: usize, keys: u16, none: &str, look: &Look, area: Rect, buf: &mut Buffer) {
    /// Lines for the hit under the cursor.
    const FULL: u16 = 3;
    if items.is_empty() {
        text::paragraph(none, look.style(StyleRole::Dim), look, area, buf);
        return;
    }
    let at = at.min(items.len() - 1);
    let cut =
        |item: &PaletteItem| text::width(&named(item)) > usize::from(area.width.saturating_sub(keys + 2));
    let full = if items.iter().any(cut) && area.height > 2 * FULL { FULL } else { 0 };
    let list = Rect { height: area.height - full, ..area };
    let first = first_visible(at, items.len(), usize::from(list.height));
    for (y, (index, item)) in (list.top()..list.bottom()).zip(items.iter().enumerate().skip(first)) {
        action(item, index == at, keys, look, Rect { y, height: 1, ..list }, buf);
    }
    if full > 0 && cut(&items[at]) {
        let below = Rect { y: list.bottom(), height: full, ..area };
        text::paragraph(&named(&items[at]), look.style(StyleRole::Dim), look, below, buf);
    }
}

/// The line that is typed on; returns the room below it.
fn search_line(query: &Line, look: &Look, room: Rect, buf: &mut Buffer) -> Rect {
    let line = Rect { height: room.height.min(1), ..room };
    let x = text::put(
        &format!("{} ", look.pick('›', '>')),
        look.style(StyleRole::Key),
        look,
        (line.x, line.y),
        line,
        buf,
    );
    typed(query, true, look, Rect { x, width: line.right().saturating_sub(x), ..line }, buf);
    Rect { y: room.y + 2, height: room.height.saturating_sub(2), ..room }.intersection(room)
}

/// The name of an action, and why it cannot be done now.
fn named(item: &PaletteItem) -> String {
    match &item.disabled {
        Some(because) => format!("{}  ({because})", item.name),
        None => item.name.clone(),
    }
}

/// One action: its keys, its name, and why it cannot be done now.
fn action(item: &PaletteItem, here: bool, keys: u16, look: &Look, line: Rect, buf: &mut Buffer) {
    let signs: Vec<String> = item.keys.iter().map(|key| key.sign(look.is_ascii())).collect();
    let meaning = if item.disabled.is_some() { StyleRole::Dim } else { StyleRole::Text };
    let place = Rect { width: keys.min(line.width), ..line };
    text::put_right(&signs.join(" "), look.style(StyleRole::Key), look, line.y, place, buf);
    let x = line.x + if keys > 0 { keys + 2 } else { 0 };
    text::put(&named(item), look.style(meaning), look, (x, line.y), line, buf);
    if here {
        buf.set_style(line, look.style(StyleRole::Cursor));
    }
}

/// The pinned evidence.
pub(super) fn pins(model: &Model, at: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let pins = &model.journal.marks().pins;
    let size = (90, (pins.len() as u16 * 2 + 3).min(area.height.saturating_sub(4)));
    let room = boxed("Pinned evidence", "↵ jumps there · ␣ unpins · esc closes", size, look, area, buf);
    let shown = usize::from(room.height / 2).max(1);
    let first = first_visible(at, pins.len(), shown);
    for (slot, (index, pin)) in pins.iter().enumerate().skip(first).take(shown).enumerate() {
        let y = room.y + slot as u16 * 2;
        let line = Rect { y, height: 1, ..room }.intersection(room);
        text::put(&pin.title, look.style(StyleRole::Strong), look, (line.x, y), line, buf);
        text::put_right(pin.step.name(), look.style(StyleRole::Dim), look, y, line, buf);
        if index == at {
            buf.set_style(line, look.style(StyleRole::Cursor));
        }
        let below = Rect { y: y + 1, height: 1, ..room }.intersection(room);
        text::put(&pin.message, look.style(StyleRole::Dim), look, (below.x + 2, y + 1), below, buf);
    }
}

/// What went wrong or was left out, with a cursor: Enter opens the screen that it concerns.
pub(super) fn problems(model: &Model, at: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let problems = model.problem_lines();
    let width = area.width.min(100);
    let items: Vec<Item<'_>> = problems
        .iter()
        .map(|problem| {
            let mark = status::sign(problem.status, model);
            let leads = match problem.leads_to {
                app::Leads::Step(step) => (step as usize + 1).to_string(),
                app::Leads::Column(_) => (Step::Pipeline as usize + 1).to_string(),
                app::Leads::Check(at) => model
                    .checks
                    .get(at)
                    .map_or_else(String::new, |check| (check.spec.step as usize + 1).to_string()),
                app::Leads::Log => "log".to_owned(),
            };
            let style = look.style(StyleRole::Text);
            Item::new(look.sign(mark), look.style(mark.meaning()), problem.message.as_str(), style)
                .ending(leads)
        })
        .collect();
    let columns = usize::from(width.saturating_sub(12));
    let lines: usize = problems.iter().map(|problem| text::wrap(&problem.message, columns, look).len()).sum();
    let height = (lines.max(1) as u16 + 3).min(area.height.saturating_sub(4));
    let right = format!("{} · ↵ opens what it is about · esc closes", problems.len());
    let room = boxed("Problems", &right, (width, height), look, area, buf);
    let list = List { items: &items, cursor: Some(at), focused: true, most: usize::MAX };
    list::draw(&list, look, room, buf);
    if problems.is_empty() {
        let message = "Nothing was dropped, skipped or failed.";
        text::put(message, look.style(StyleRole::Dim), look, (room.x, room.y), room, buf);
    }
}

/// Something to read: paragraphs, from the one that the cursor is on.
pub(super) fn page(title: &str, lines: &[String], at: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let width = area.width.min(100);
    let columns = usize::from(width.saturating_sub(5));
    let wrapped = |lines: &[String]| -> Vec<String> {
        lines.iter().flat_map(|line| text::wrap(line, columns, look)).collect()
    };
    let height = (wrapped(lines).len() as u16 + 3).min(area.height.saturating_sub(4));
    let room = boxed(title, "j k scroll · esc closes", (width, height), look, area, buf);
    for (y, line) in (room.top()..room.bottom()).zip(wrapped(lines.get(at..).unwrap_or_default())) {
        text::put(&line, look.style(StyleRole::Text), look, (room.x, y), room, buf);
    }
}
