//! Drift: one row per feature, one column per window, then the cell under the cursor bin by bin. A file a pane.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout as Split, Rect},
};

use super::alone;
use crate::{
    app::{
        Model,
        screen::drift::{CELL, MAP, SAME_ONSET, SOURCES, by_source},
    },
    ui::{look::Look, part::layout::Layout},
};

mod cell;
mod map;
mod same_onset;
mod sources;

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        return;
    };
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        MAP => map::draw(model, investigation, look, area, buf),
        CELL => cell::draw(model, investigation, look, area, buf),
        SAME_ONSET => same_onset::draw(model, look, area, buf),
        _ => sources::draw(model, look, area, buf),
    };
    if let Some(only) = alone(model, &[MAP]) {
        return pane(only, area, buf);
    }
    if Layout::of_model(model) != Layout::Wide {
        return pane(MAP, area, buf);
    }
    let [left, right] = Split::horizontal([Constraint::Fill(1), Constraint::Length(34)]).areas(area);
    let listed = by_source(model).len().min(5) as u16;
    let [above, middle, below] =
        Split::vertical([Constraint::Fill(1), Constraint::Length(8), Constraint::Length(listed + 3)])
            .areas(right);
    pane(MAP, left, buf);
    pane(CELL, above, buf);
    pane(SAME_ONSET, middle, buf);
    pane(SOURCES, below, buf);
}
