//! A study over the whole screen: what it says, and one of its tables.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::{
    app::StudyView,
    study::{Format, Study, StudyTable, Topic},
    ui::{
        look::{Look, StyleRole},
        part::{panel::boxed, table::first_visible, text},
    },
};

/// Columns of the screen that a cell takes at most.
const WIDEST: u16 = 36;

/// Draws the study.
pub(super) fn draw(view: &StudyView, look: &Look, area: Rect, buf: &mut Buffer) {
    // The line of answers stays in view: what was exported or copied stands there.
    let area = Rect { height: area.height.saturating_sub(2), ..area };
    let right = if area.width >= 110 {
        "⇥ table · h l columns · J K sentences · n p study · x exports · Y copies · esc"
    } else {
        "⇥ hl JK n p x Y esc"
    };
    let place = Topic::ALL.iter().position(|topic| *topic == view.topic).map_or(1, |at| at + 1);
    let title = format!("Study {place} of {}: {}", Topic::ALL.len(), view.topic.title());
    let room = boxed(&title, right, (area.width, area.height), look, area, buf);
    match &view.came {
        None => text::hint("being made", look, room, buf),
        Some(Err(why)) => {
            text::paragraph(&format!("Not here: {why}."), look.style(StyleRole::Dim), look, room, buf);
        }
        Some(Ok(study)) => {
            let used = said(view, study, look, room, buf);
            let below = Rect { y: room.y + used, height: room.height.saturating_sub(used), ..room };
            if let Some(table) = study.tables.get(view.table) {
                table_of(view, study, table, look, below, buf);
            }
        }
    }
}

/// The question, the answer and the limits, on at most half of the room; what does not fit scrolls. Returns the lines used.
fn said(view: &StudyView, study: &Study, look: &Look, room: Rect, buf: &mut Buffer) -> u16 {
    let columns = usize::from(room.width);
    let mut lines: Vec<(String, StyleRole)> = Vec::new();
    let mut write = |message: &str, role: StyleRole| {
        lines.extend(text::wrap(message, columns, look).into_iter().map(|line| (line, role)));
    };
    write(study.question, StyleRole::Dim);
    for sentence in &study.says {
        let is_alarming = study.alarming.contains(sentence);
        write(sentence, if is_alarming { StyleRole::Alarm } else { StyleRole::Text });
    }
    for limit in &study.limits {
        write(&format!("Limit: {limit}"), StyleRole::Dim);
    }
    // Without a table the sentences have all of the room.
    let most = if study.tables.is_empty() { room.height } else { room.height / 2 };
    let hidden = lines.len().saturating_sub(usize::from(most));
    // One line is taken to tell that there are more.
    let shown = usize::from(most) - usize::from(hidden > 0);
    let first = view.scroll.min(lines.len().saturating_sub(shown));
    for (y, (line, role)) in (room.y..).zip(lines.iter().skip(first).take(shown)) {
        text::put(line, look.style(*role), look, (room.x, y), room, buf);
    }
    if hidden == 0 {
        return lines.len() as u16 + 1;
    }
    let y = room.y + shown as u16;
    let more = format!("lines {}–{} of {}: J K", first + 1, (first + shown).min(lines.len()), lines.len());
    text::put(&more, look.style(StyleRole::Dim), look, (room.x, y), room, buf);
    shown as u16 + 2
}

fn table_of(view: &StudyView, study: &Study, table: &StudyTable, look: &Look, area: Rect, buf: &mut Buffer) {
    if area.height < 4 {
        return;
    }
    let place = format!("{} ({} of {})", table.title, view.table + 1, study.tables.len());
    text::put(&place, look.style(StyleRole::Strong), look, (area.x, area.y), area, buf);
    if table.rows.is_empty() {
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        return text::hint("none", look, below, buf);
    }
    let room = usize::from(area.height - 3);
    let at = view.at.min(table.rows.len() - 1);
    let first = first_visible(at, table.rows.len(), room);
    let lines: Vec<Vec<String>> =
        table.rows[first..(first + room).min(table.rows.len())].iter().map(|row| table.line(row)).collect();
    let wide = |message: &str| text::width(&text::shown(message, look)) as u16;
    let width = |column: usize| {
        let head = wide(&table.columns[column].name);
        lines.iter().map(|line| wide(&line[column])).fold(head, u16::max).min(WIDEST)
    };
    let mut x = area.x;
    let mut shown = 0;
    for column in std::iter::once(0).chain((1 + view.column).min(table.columns.len())..table.columns.len()) {
        let wide = width(column).min(area.right().saturating_sub(x));
        // A column that is cut to a few letters says less than the sign that there is one more.
        if wide < 3 || (wide < width(column) && wide < 8) {
            break;
        }
        shown += 1;
        let is_text = table.columns[column].format == Format::Text;
        let cell = |message: &str, role: StyleRole, y: u16, buf: &mut Buffer| {
            let place = Rect { x, y, width: wide, height: 1 };
            if is_text {
                text::put_line(&Line::styled(message.to_owned(), look.style(role)), look, (x, y), place, buf);
            } else {
                text::put_right(message, look.style(role), look, y, place, buf);
            }
        };
        cell(&table.columns[column].name, StyleRole::Dim, area.y + 1, buf);
        for (y, line) in (area.y + 2..).zip(&lines) {
            cell(&line[column], StyleRole::Text, y, buf);
        }
        x += wide + 2;
    }
    let under = area.y + 2 + (at - first) as u16;
    text::highlight(Rect { y: under, height: 1, ..area }.intersection(area), look, buf);
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    let mut more = format!("row {} of {}", at + 1, table.rows.len());
    if shown < table.columns.len() {
        more.push_str(&format!("   {shown} of {} columns: h l", table.columns.len()));
    }
    text::put(&more, look.style(StyleRole::Dim), look, (foot.x, foot.y), foot, buf);
}
