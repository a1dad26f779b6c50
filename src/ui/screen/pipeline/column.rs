//! The column under the cursor in a picture: what it held in training and holds now, and since when.

use ratatui::{buffer::Buffer, layout::Rect};

use super::Panes;
use crate::{
    app::screen::pipeline::{Quantity, Vital, column, columns},
    autopsy::view::cell,
    ui::{
        look::StyleRole,
        part::{
            panel::{self, Panel},
            text,
        },
        screen::{
            drift::cell::bins,
            parts::{beside, stacked},
        },
    },
};

impl Panes<'_> {
    /// Draws the picture of the column that the cursor of the list is on.
    pub(super) fn column(&self, area: Rect, buf: &mut Buffer) {
        let shown = columns(self.model);
        let Some(column) = shown.get(column(self.model)) else { return };
        let name = self.investigation.dossier.feature_name(column.feature);
        let sides = self.model.sides();
        let title = format!("{name}: {} against {}", sides.since, sides.reference);
        let inside = panel::draw(&Panel::new(&title, "", false), self.look, area, buf);
        let held = self.model.held().unwrap_or(&self.investigation.dossier);
        let course = self.investigation.pipeline.grid.zip(self.model.drift());
        let left = if course.is_some() { inside.width / 2 } else { inside.width };
        let [left, _, right] = beside(inside, [left.saturating_sub(2), 3, 0]);
        match cell::since_onset(held, &self.investigation.framing, column.feature) {
            Some(cell) => bins(&cell, [sides.reference_head, sides.since_head], self.look, left, buf),
            None => self.empty("production does not hold it", left, buf),
        }
        let Some((grid, row)) =
            course.and_then(|(grid, drift)| Some((grid, drift.features.get(column.feature)?)))
        else {
            return;
        };
        let [head, picture] = stacked(right, [1, 0]);
        let dim = self.look.style(StyleRole::Dim);
        let against = format!("PSI against {}, window by window", sides.reference);
        text::put(&against, dim, self.look, (head.x, head.y), head, buf);
        let vital = Vital { name: "PSI", quantity: Quantity::Psi, values: row.psi.clone(), verdict: None };
        self.drawn(&vital, grid, picture, buf);
    }
}
