//! The strange row under the cursor, value by value among those of training.

use ratatui::{buffer::Buffer, layout::Rect};

use super::Panes;
use crate::{
    app::screen::support::strange,
    autopsy::view::row::PlacedValue,
    text::{number, time},
    ui::{
        look::StyleRole,
        part::{
            panel::{self, Panel},
            text,
        },
    },
};

/// A value that so few rows of training share stands out.
const RARE: f64 = 0.01;

/// Columns of the line from training's lowest value to its highest.
const TRACK: u16 = 21;

impl Panes<'_> {
    /// Draws the values of the row under the cursor, the strangest first.
    pub(super) fn row(&self, area: Rect, buf: &mut Buffer) {
        let Some(row) = strange(self.model, self.support) else { return };
        let when = row.at.map_or_else(|| format!("row {}", row.row), time::minute);
        let title = format!("Row of {when} among those of training");
        let inside = panel::draw(&Panel::new(&title, "strangest value first", false), self.look, area, buf);
        let placed = self.model.screens.support.placed.as_ref().filter(|placed| placed.of.0 == row.row);
        let placed = placed.map_or(&[][..], |placed| &placed.values);
        if placed.is_empty() {
            return self.empty("there is no sample of training to hold it against", inside, buf);
        }
        let name = |value: &PlacedValue| self.investigation.dossier.feature_name(value.feature);
        let names = placed.iter().map(|value| text::width(name(value))).max().unwrap_or(0).min(28) as u16;
        let values = placed.iter().map(|value| text::width(&value.text)).max().unwrap_or(0).min(16) as u16;
        for (y, value) in (inside.top()..inside.bottom()).zip(placed) {
            let line = Rect { y, height: 1, ..inside };
            let meaning = if value.share < RARE { StyleRole::Strong } else { StyleRole::Dim };
            let place = |x: u16, width: u16| Rect { x, width, ..line }.intersection(line);
            let put = |message: &str, meaning, room: Rect, buf: &mut Buffer| {
                text::put(message, self.look.style(meaning), self.look, (room.x, y), room, buf);
            };
            put(name(value), meaning, place(line.x, names), buf);
            let room = place(line.x + names + 1, values);
            text::put_right(&value.text, self.look.style(StyleRole::Production), self.look, y, room, buf);
            let track = place(room.right() + 2, TRACK);
            if let Some(below) = value.below {
                self.track(below, track, buf);
            }
            put(&says(value), meaning, place(track.right() + 2, line.width), buf);
        }
    }

    /// Training's rows from the lowest value to the highest, and where among them this one stands.
    fn track(&self, below: f64, track: Rect, buf: &mut Buffer) {
        for x in track.left()..track.right() {
            let dots = self.look.pick('·', '.');
            text::put_char(dots, self.look.style(StyleRole::Training), (x, track.y), track, buf);
        }
        let x = track.x + (below * f64::from(track.width.saturating_sub(1))).round() as u16;
        let mark = self.look.pick('◆', '*');
        text::put_char(mark, self.look.style(StyleRole::Production), (x, track.y), track, buf);
    }
}

/// A share behind a word that compares: `more than 99.9 %`, where a column has `> 99.9 %`.
fn in_words(share: f64) -> String {
    number::share(share).replace("> ", "more than ").replace("< ", "less than ")
}

/// `above 99.7 % of training`, `held by 3.1 % of training`.
fn says(value: &PlacedValue) -> String {
    match value.below {
        Some(below) if value.share == 0.0 => {
            format!("{} all of training", if below >= 0.5 { "above" } else { "below" })
        }
        Some(below) if below >= 0.5 => format!("above {} of training", in_words(below)),
        Some(below) => format!("below {} of training", in_words(1.0 - below)),
        None if value.share == 0.0 => "held by none of training".to_owned(),
        None => format!("held by {} of training", number::share(value.share)),
    }
}
