//! The cause under the cursor beside its rival, with the evidence that separates them.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::diagnosis::{OTHERS, duel},
    },
    autopsy::Cause,
    ui::{
        look::{Look, StyleRole},
        part::{
            list::{self, Item, List},
            panel::{self, Panel},
            text,
        },
    },
};

/// Draws the pane: each finding with its weight for the one and for the other, those that tell most first.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(duel) = duel(model) else {
        panel::draw(&Panel::new("Why not the other", "", model.focused(OTHERS)), look, area, buf);
        return;
    };
    let title = match duel.rival.cause {
        Cause::None => "Why there is a degradation".to_owned(),
        rival => format!("Why not {}", rival.name()),
    };
    let panel = Panel::new(&title, "weight here, there", model.focused(OTHERS));
    let room = panel::draw(&panel, look, area, buf);
    if duel.lines.is_empty() {
        let message = "No check that ran tells the two apart.";
        text::paragraph(message, look.style(StyleRole::Dim), look, room, buf);
        return;
    }
    let items: Vec<Item<'_>> = duel
        .lines
        .iter()
        .map(|(own, theirs)| {
            let weights = format!("{:>5} {:>5}", weight(own.weight), weight(*theirs));
            let favours = own.weight > *theirs;
            let hue = if favours { StyleRole::Production } else { StyleRole::Training };
            let meaning = if favours { StyleRole::Text } else { StyleRole::Dim };
            Item::new(weights, look.style(hue), own.message.as_str(), look.style(meaning))
        })
        .collect();
    let cursor = Some(model.screens.diagnosis.duel);
    let list = List { items: &items, cursor, focused: model.focused(OTHERS), most: 2 };
    list::draw(&list, look, room, buf);
}

/// A weight in log-odds with one decimal; a dot for none.
pub(super) fn weight(weight: f64) -> String {
    if weight.abs() < 0.05 { "·".to_owned() } else { format!("{weight:+.1}").replace('-', "−") }
}
