//! Features ranked by how well their drift follows the loss.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::drift::{SAME_ONSET, same_onset},
    },
    ui::{
        look::{Look, StyleRole},
        part::{
            bar,
            panel::{self, Panel},
            table::first_visible,
            text,
        },
    },
};

/// Features ranked by how well their drift follows the loss.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let room =
        panel::draw(&Panel::new("Same onset", "ρ with the loss", model.focused(SAME_ONSET)), look, area, buf);
    let ranked = same_onset(model);
    if ranked.is_empty() {
        text::paragraph(
            "No course of the loss to compare with.",
            look.style(StyleRole::Dim),
            look,
            room,
            buf,
        );
        return;
    }
    let at = model.screens.drift.same.min(ranked.len() - 1);
    let longest =
        ranked.iter().map(|&(feature, _)| text::width(model.feature_name(feature))).max().unwrap_or(0);
    let names = (longest as u16).min(room.width * 2 / 3);
    let first = first_visible(at, ranked.len(), usize::from(room.height));
    for (y, (index, &(feature, rho))) in
        (room.top()..room.bottom()).zip(ranked.iter().enumerate().skip(first))
    {
        let line = Rect { y, height: 1, ..room };
        let right = text::put_right(
            &format!("{rho:.2}").replace('-', "−"),
            look.style(StyleRole::Text),
            look,
            y,
            line,
            buf,
        );
        let name = Rect { width: names, ..line };
        text::put(model.feature_name(feature), look.style(StyleRole::Text), look, (line.x, y), name, buf);
        let from = line.x + names + 1;
        if right > from + 1 && rho > 0.0 {
            let bar_room = Rect { x: from, width: right - from - 1, ..line };
            bar::horizontal(rho, look.style(StyleRole::Production), false, look, bar_room, buf);
        }
        if model.focused(SAME_ONSET) && index == at {
            buf.set_style(line, look.style(StyleRole::Cursor));
        }
    }
}
