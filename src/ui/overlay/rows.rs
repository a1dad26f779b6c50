//! Rows of the log over the whole screen: as many columns as there is room for, from the one that the cursor came from.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::{
    app::{Model, RowColumn, RowsView},
    autopsy::Dossier,
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            list::{self, Item, List},
            panel::boxed,
            table::first_visible,
            text,
        },
    },
};

use super::prompt::typed;

/// Columns of the screen that a value takes at most.
const WIDEST: u16 = 22;

/// Draws the list.
pub(super) fn draw(model: &Model, view: &RowsView, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(dossier) = &model.dossier else { return };
    let title = format!("Rows {} · {}", view.title, number::whole(view.rows.len() as u64));
    let right = if area.width >= 110 {
        "/ search · s sorts · c columns · y Y copy · x exports · ↵ beside training · esc"
    } else {
        "/ s sort · c columns · y x copy · ↵ beside"
    };
    // The line of answers stays in view: it shows what was exported or copied.
    let area = Rect { height: area.height.saturating_sub(2), ..area };
    let room = boxed(&title, right, (area.width, area.height), look, area, buf);
    let lines = room.height.saturating_sub(2);
    let first = first_visible(view.at, view.rows.len(), usize::from(lines));
    let shown = &view.rows[first..(first + usize::from(lines)).min(view.rows.len())];
    // The first columns that fit before the cursor's own, so that it is in view.
    let widths: Vec<u16> =
        view.columns.iter().map(|&column| width(view, column, shown, model, look)).collect();
    let fits = |from: usize| widths[from..=view.column].iter().map(|w| w + 2).sum::<u16>() <= room.width;
    let from = (0..=view.column).find(|&from| fits(from)).unwrap_or(view.column);
    let mut x = room.x;
    for (at, &column) in view.columns.iter().enumerate().skip(from) {
        let wide = widths[at].min(room.right().saturating_sub(x));
        if wide < 3 {
            break;
        }
        let place = Rect { x, width: wide, ..room };
        let (sorts, ascending) = view.sort;
        let arrow = match (sorts == column, ascending) {
            (false, _) => String::new(),
            (true, true) => format!(" {}", look.pick('↑', '^')),
            (true, false) => format!(" {}", look.pick('↓', 'v')),
        };
        let head = view.head(dossier, column) + &arrow;
        let meaning = match column {
            RowColumn::Feature(_) => StyleRole::Production,
            _ => StyleRole::Dim,
        };
        text::put(&head, look.style(meaning), look, (x, room.y), place, buf);
        if at == view.column {
            text::highlight(Rect { height: 1, ..place }, look, buf);
        }
        for (y, &row) in (room.y + 1..).zip(shown) {
            let message = view.text(dossier, column, row);
            let line = Line::styled(message, look.style(StyleRole::Text));
            text::put_line(&line, look, (x, y), Rect { y, height: 1, ..place }, buf);
        }
        x += wide + 2;
    }
    let under = (room.y + 1).saturating_add((view.at - first) as u16);
    text::highlight(Rect { y: under, height: 1, ..room }.intersection(room), look, buf);
    let foot = Rect { y: room.bottom().saturating_sub(1), height: 1, ..room };
    let message = format!(
        "row {} of {}   column {} of {}",
        number::whole((view.at + 1).min(view.rows.len()) as u64),
        number::whole(view.rows.len() as u64),
        view.column + 1,
        view.columns.len()
    );
    let more = if from > 0 { format!("   {from} columns to the left") } else { String::new() };
    let x = text::put(&(message + &more), look.style(StyleRole::Dim), look, (foot.x, foot.y), foot, buf);
    if view.typing || !view.words.value().is_empty() {
        let x = text::put("   / ", look.style(StyleRole::Key), look, (x, foot.y), foot, buf);
        let place = Rect { x, width: foot.right().saturating_sub(x), ..foot };
        typed(&view.words, view.typing, look, place, buf);
    }
    if let Some(at) = view.choosing {
        chooser(view, at, dossier, look, room, buf);
    }
}

/// All columns, with a sign at those that are shown.
fn chooser(view: &RowsView, at: usize, dossier: &Dossier, look: &Look, area: Rect, buf: &mut Buffer) {
    let items: Vec<Item<'_>> = view
        .every
        .iter()
        .map(|&column| {
            let mark = if view.columns.contains(&column) { look.pick('✓', 'x') } else { ' ' };
            let style = look.style(StyleRole::Text);
            Item::new(mark.to_string(), look.style(StyleRole::Key), view.head(dossier, column), style)
        })
        .collect();
    let size = (46, (items.len() as u16 + 3).min(area.height));
    let room = boxed("Columns", "␣ shows or hides · c closes", size, look, area, buf);
    let list = List { items: &items, cursor: Some(at), focused: true, most: usize::MAX };
    list::draw(&list, look, room, buf);
}

fn width(view: &RowsView, column: RowColumn, rows: &[usize], model: &Model, look: &Look) -> u16 {
    let Some(dossier) = &model.dossier else { return 0 };
    let wide = |message: &str| text::width(&text::shown(message, look)) as u16;
    let head = wide(&view.head(dossier, column)) + 2;
    let widest = rows.iter().map(|&row| wide(&view.text(dossier, column, row))).max().unwrap_or(0);
    head.max(widest).min(WIDEST)
}
