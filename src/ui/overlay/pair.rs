//! Two features over each other: training, production, and what the one has more than the other.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        pairing::{self, PairView},
    },
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            heatmap::{Cell, Ramp},
            panel::boxed,
            text,
        },
    },
};

/// Columns of a cell.
const CELL: u16 = 2;

/// Shares of the rows at which a cell goes one shade up; an even spread over 64 cells is 1.6 %.
const SHARES: [f64; 5] = [0.002, 0.01, 0.025, 0.05, 0.12];

/// Gains and losses of shares at which a cell goes one shade up.
const GAINS: [f64; 3] = [0.005, 0.02, 0.08];

/// Draws the overlay.
pub(super) fn draw(model: &Model, view: &PairView, look: &Look, area: Rect, buf: &mut Buffer) {
    let (first, second) = view.features;
    let (first, second) = (model.feature_name(first), model.feature_name(second));
    let pair = &view.pair;
    let (wide, high) = (pair.across.len() as u16, pair.down.len() as u16);
    let area = Rect { height: area.height.saturating_sub(2), ..area };
    let labels = pair.down.iter().map(|label| text::width(label)).max().unwrap_or(0).clamp(6, 14) as u16;
    let map = wide * CELL;
    let size = ((labels + 3 * (map + 3) + 6).max(78), high + 9);
    let title = format!("{first} → with {second} ↓");
    let room = boxed(&title, "[ ] other · v turns · ␣ pins · y copies · esc", size, look, area, buf);
    let dim = look.style(StyleRole::Dim);
    let gains: Vec<f64> = pair.production.iter().zip(&pair.training).map(|(is, was)| is - was).collect();
    let maps = [
        (format!("training, {}", number::count(pair.rows.0 as u64)), StyleRole::Training, &pair.training),
        (format!("since, {}", number::count(pair.rows.1 as u64)), StyleRole::Production, &pair.production),
        ("difference".to_owned(), StyleRole::Strong, &gains),
    ];
    let mut x = room.x + labels + 1;
    for (at, (name, meaning, values)) in maps.iter().enumerate() {
        let head = Rect { x, width: map + 2, height: 1, ..room }.intersection(room);
        text::put(name, look.style(*meaning), look, (x, room.y), head, buf);
        let ramp = if at == 2 { Ramp::Diverging(GAINS) } else { Ramp::Sequential(SHARES) };
        for line in 0..high {
            let y = room.y + 1 + line;
            if at == 0 {
                let label = Rect { y, width: labels, height: 1, ..room }.intersection(room);
                text::put_right(&pair.down[usize::from(line)], dim, look, y, label, buf);
            }
            for column in 0..wide {
                let value = values[usize::from(line * wide + column)];
                let swatch = ramp.swatch(Cell::Value(value), look);
                for dx in 0..CELL {
                    text::put_char(swatch.glyph, swatch.style, (x + column * CELL + dx, y), room, buf);
                }
            }
        }
        x += map + 3;
    }
    // The bins of the first feature, numbered from the left, as there is no room below them.
    let bins: Vec<String> =
        pair.across.iter().enumerate().map(|(at, label)| format!("{}: {label}", at + 1)).collect();
    let below = Rect { y: room.y + high + 2, height: room.height.saturating_sub(high + 2), ..room };
    let message = format!("{first}, from the left: {}", bins.join(" · "));
    let used = text::paragraph(&message, dim, look, Rect { height: below.height.min(3), ..below }, buf);
    let rest = Rect { y: below.y + used, height: below.height.saturating_sub(used), ..below };
    text::paragraph(&pairing::message(pair), look.style(StyleRole::Text), look, rest, buf);
}
