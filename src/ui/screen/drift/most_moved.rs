//! The inputs that moved most beside the one under the cursor, bin by bin: what the room below the map is for.

use ratatui::{buffer::Buffer, layout::Rect};

use super::cell;
use crate::{
    app::{Model, screen::drift::row},
    autopsy::{Investigation, exam::drift::DriftRow, view::cell::since_onset},
    text::number,
    ui::{
        look::Look,
        part::panel::{self, Panel},
        screen::parts::beside,
    },
};

/// Lines from which on a distribution can be read.
pub(super) const LEAST: u16 = 12;

/// The width of one distribution, and the most that stand side by side.
const WIDTH: u16 = 44;
const MOST: usize = 4;

/// Draws as many as fit.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(drift) = model.drift() else { return };
    let under_cursor = row(model).map(|row| row.feature);
    let moved = |row: &DriftRow| row.distances.psi.unwrap_or(0.0);
    let mut rows: Vec<&DriftRow> =
        drift.features.iter().filter(|row| Some(row.feature) != under_cursor).collect();
    rows.sort_by(|a, b| moved(b).total_cmp(&moved(a)));
    let count = usize::from(area.width / WIDTH).clamp(1, MOST).min(rows.len());
    let mut rest = area;
    for (at, row) in rows.into_iter().take(count).enumerate() {
        let parts = (count - at) as u16;
        let [own, others] =
            if parts > 1 { beside(rest, [rest.width / parts, 0]) } else { [rest, Rect::ZERO] };
        rest = others;
        let name = investigation.dossier.feature_name(row.feature);
        let sides = model.sides();
        let psi = format!("PSI {} {} vs {}", number::psi(moved(row)), sides.since, sides.reference);
        let room = panel::draw(&Panel::new(name, &psi, false), look, own, buf);
        let held = model.held().unwrap_or(&investigation.dossier);
        if let Some(cell) = since_onset(held, &investigation.framing, row.feature) {
            cell::bins(&cell, [sides.reference_head, sides.since_head], look, room, buf);
        }
    }
}
