//! The cell under the cursor, bin by bin.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::drift::{CELL, row, window, window_name},
    },
    autopsy::{Investigation, exam::drift::DISTANCES, view::cell},
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            histogram::overlaid_bar,
            panel::{self, Panel},
            text,
        },
    },
};

/// The cell under the cursor, bin by bin.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let (Some(row), Some(drift)) = (row(model), model.drift()) else {
        panel::draw(&Panel::new("Cell", "", model.focused(CELL)), look, area, buf);
        return;
    };
    let name = investigation.dossier.feature_name(row.feature);
    let at = window(model);
    let when = at.zip(drift.grid).map_or_else(String::new, |(at, grid)| window_name(&grid, at));
    let room = panel::draw(&Panel::new(name, &when, model.focused(CELL)), look, area, buf);
    let psi = at.and_then(|at| row.psi.get(at).copied().flatten());
    let shown = |value: Option<f64>| value.map_or_else(|| number::MISSING.to_owned(), number::psi);
    let distances: Vec<String> = DISTANCES
        .iter()
        .filter_map(|distance| {
            let value = (distance.value)(&row.distances)?;
            Some(format!("{} {}", distance.measure.name, number::psi(value)))
        })
        .collect();
    let span = at.zip(drift.grid).map(|(at, grid)| grid.span(at));
    let held = model.held().unwrap_or(&investigation.dossier);
    let Some(cell) = cell::cell(held, row.feature, span) else {
        let message = "No rows of it in this window.";
        text::put(message, look.style(StyleRole::Dim), look, (room.x, room.y), room, buf);
        return;
    };
    let missing = cell.bins.last().map_or(0.0, |bin| bin.production);
    // Without a clock there is one window, the whole log, which the line below is about.
    let head = match drift.grid {
        Some(_) => format!("this window: PSI {}   {} rows", shown(psi), number::count(cell.rows)),
        None => format!("{} rows", number::count(cell.rows)),
    };
    let null = format!("   null {}", number::share(missing));
    let head =
        if text::width(&head) + text::width(&null) <= usize::from(room.width) { head + &null } else { head };
    text::put(&head, look.style(StyleRole::Strong), look, (room.x, room.y), room, buf);
    // These are of all rows of the second side, whatever the window.
    let sides = model.sides();
    let mut said = vec![format!("{}:", sides.since)];
    said.extend(row.distances.psi.map(|psi| format!("PSI {}", number::psi(psi))));
    said.extend(distances);
    said.extend(
        row.distances.q_value.map(|q| format!("q {} of {}", number::p_value(q), drift.features.len())),
    );
    let below = Rect { y: room.y + 1, height: 2, ..room }.intersection(room);
    text::paragraph(&said.join(" "), look.style(StyleRole::Dim), look, below, buf);
    let list = Rect { y: room.y + 3, height: room.height.saturating_sub(3), ..room }.intersection(room);
    let now = if drift.grid.is_some() { "window" } else { sides.since_head };
    bins(&cell, [sides.reference_head, now], look, list, buf);
}

/// The bins of a cell, each with its shares on both sides.
///
/// * `heads`: what the sides are called.
pub(in crate::ui::screen) fn bins(
    cell: &cell::Cell,
    heads: [&str; 2],
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    const SHARES: u16 = 16;
    let dim = look.style(StyleRole::Dim);
    let labels = cell.bins.iter().map(|bin| text::width(&bin.label)).max().unwrap_or(0).clamp(5, 13) as u16;
    text::put("bin", dim, look, (area.x, area.y), area, buf);
    let shares = Rect { x: area.x + labels, width: SHARES.min(area.width.saturating_sub(labels)), ..area };
    let training = Rect { width: shares.width.saturating_sub(7), ..shares };
    text::put_right(heads[0], look.style(StyleRole::Training), look, area.y, training, buf);
    text::put_right(heads[1], look.style(StyleRole::Production), look, area.y, shares, buf);
    let peak = cell
        .bins
        .iter()
        .flat_map(|bin| [bin.training, bin.production])
        .fold(0.01, |a: f64, b| if b > a { b } else { a });
    for (y, bin) in (area.top() + 1..area.bottom()).zip(&cell.bins) {
        let line = Rect { y, height: 1, ..area };
        // `0.7099 – 0.752` without blanks where it is too long with them.
        let label = if text::width(&bin.label) > usize::from(labels) {
            bin.label.replace(" – ", "–")
        } else {
            bin.label.clone()
        };
        text::put(
            &label,
            look.style(StyleRole::Text),
            look,
            (line.x, y),
            Rect { width: labels, ..line },
            buf,
        );
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        text::put_right(&percent(bin.training), dim, look, y, Rect { y, height: 1, ..training }, buf);
        text::put_right(
            &percent(bin.production),
            look.style(StyleRole::Text),
            look,
            y,
            Rect { y, height: 1, ..shares },
            buf,
        );
        let from = shares.right() + 1;
        if line.right() > from {
            let room = Rect { x: from, width: line.right() - from, ..line };
            overlaid_bar(bin.training / peak, bin.production / peak, look, room, buf);
        }
    }
}
