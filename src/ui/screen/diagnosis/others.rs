//! Why not the causes after the first one.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Model, screen::diagnosis::OTHERS},
    autopsy::{Evidence, Investigation, Standing},
    ui::{
        look::{Look, StyleRole},
        part::{
            panel::{self, Panel},
            text,
        },
    },
};

/// Why not the causes after the first one.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let room = panel::draw(&Panel::new("Why not the others", "", model.focused(OTHERS)), look, area, buf);
    let mut y = room.y;
    let scroll =
        if model.focused(OTHERS) { usize::from(model.screens.scroll[model.screen as usize]) } else { 0 };
    for (at, cause) in investigation.diagnosis.hypotheses.iter().enumerate().skip(1 + scroll) {
        let against: Vec<&Evidence> = cause.evidence_against.iter().take(2).collect();
        let unexamined = cause.standing == Standing::NotExamined;
        if y + 1 >= room.bottom() || (against.is_empty() && !unexamined) {
            continue;
        }
        let title = format!("{} {}", at + 1, cause.cause.id());
        text::put(&title, look.style(StyleRole::Text), look, (room.x, y), room, buf);
        y += 1;
        let unexamined =
            unexamined.then(|| "not examined: the checks that would tell could not run".to_owned());
        for message in against.iter().map(|evidence| evidence.message.clone()).chain(unexamined) {
            if y < room.bottom() {
                text::put(&format!("  {message}"), look.style(StyleRole::Dim), look, (room.x, y), room, buf);
                y += 1;
            }
        }
    }
    if y == room.y {
        text::paragraph("No evidence contradicts them yet.", look.style(StyleRole::Dim), look, room, buf);
    }
}
