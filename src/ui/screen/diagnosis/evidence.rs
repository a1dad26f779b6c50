//! The cause under the cursor: what it means, what speaks for and against it, what would settle it.

use ratatui::{buffer::Buffer, layout::Rect};

use super::others::weight;
use crate::{
    app::{
        Model,
        screen::diagnosis::{EVIDENCE, current, sides},
    },
    autopsy::{Evidence, Investigation},
    text::time,
    ui::{
        look::{Look, StyleRole},
        part::{
            list::{self, Item, List},
            panel::{self, Panel},
        },
    },
    wording::{causes, features},
};

/// What would tell whether it is the model, where the golden set cannot.
const TOO_FEW_GOLDEN: &str =
    "Too few rows of the golden set belong to this part of the case: a wider part would tell.";

/// Draws the pane: each piece of evidence with its whole sentence, the strongest first, those for the cause before those
/// against it.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(cause) = current(model) else {
        panel::draw(&Panel::new("Evidence", "", model.focused(EVIDENCE)), look, area, buf);
        return;
    };
    let names = features::names(&investigation.dossier, &cause.features);
    let title = format!("Evidence: {}  {names}", cause.cause.name());
    let bottom = if area.width > 60 { "digit: the step that shows it, ↵ jumps there" } else { "" };
    let right = format!("{} {}", cause.stands(), causes::weight(cause).1);
    let panel = Panel { bottom, ..Panel::new(title.trim_end(), &right, model.focused(EVIDENCE)) };
    let room = panel::draw(&panel, look, area, buf);
    let (text, dim) = (look.style(StyleRole::Text), look.style(StyleRole::Dim));
    let mut items = vec![Item::heading(cause.cause.meaning(), text)];
    if let Some(onset) = cause.onset {
        items.push(Item::heading(format!("began {}", time::minute(onset)), dim));
    }
    let (speak_for, speak_against) = sides(model);
    let chosen = model.screens.diagnosis.evidence;
    let mut cursor = 0;
    let mut number = 0;
    for (title, evidence) in [("speaks for it", &speak_for), ("speaks against it", &speak_against)] {
        if evidence.is_empty() {
            continue;
        }
        items.push(Item::heading(title, dim));
        for piece in evidence {
            if number == chosen {
                cursor = items.len();
            }
            number += 1;
            let pinned = model.journal.pinned(&piece.finding.to_string());
            items.push(item(investigation, piece, look).pinned(pinned));
        }
    }
    if number == 0 {
        items.push(Item::heading("No check that ran says anything about it.", dim));
    }
    if !cause.would_settle.is_empty() {
        items.push(Item::heading("would settle it", dim));
        for message in &cause.would_settle {
            // The case has one; too few of its rows belong to the part that it is narrowed to.
            let is_lost = model.lost_golden() && message.contains("golden set");
            let message = if is_lost { TOO_FEW_GOLDEN } else { message.as_str() };
            items.push(Item::new("?", dim, message, text));
        }
    }
    let focused = model.focused(EVIDENCE);
    // Without the focus the pane is read from its top, or from where it was scrolled to.
    let scroll = usize::from(model.screens.scroll[model.screen as usize]).min(items.len() - 1);
    let (items, cursor) = if focused { (&items[..], Some(cursor)) } else { (&items[scroll..], None) };
    list::draw(&List { items, cursor, focused: focused && number > 0, most: 4 }, look, room, buf);
}

fn item<'a>(investigation: &Investigation, piece: &'a Evidence, look: &Look) -> Item<'a> {
    let step = investigation.findings.iter().find(|finding| finding.id == piece.finding).map(|f| f.step);
    let digit = step.map_or_else(String::new, |step| (step as usize + 1).to_string());
    let hue = if piece.weight > 0.0 { StyleRole::Production } else { StyleRole::Training };
    let meaning = if piece.weight.abs() >= 0.5 { StyleRole::Text } else { StyleRole::Dim };
    Item::new(weight(piece.weight), look.style(hue), piece.message.as_str(), look.style(meaning))
        .ending(digit)
}
