//! Drift: one row per feature, one column per window, then the cell under the cursor bin by bin. A file a pane.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    alone,
    parts::{beside, stacked},
};
use crate::{
    app::{
        Model,
        screen::drift::{CELL, MAP, SAME_ONSET, SOURCES, by_source},
    },
    ui::{look::Look, part::layout::Layout},
};

pub(super) mod cell;
mod map;
mod most_moved;
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
    let sources = by_source(model).len() as u16;
    if area.width >= 170 {
        let [left, right] = beside(area, [area.width - 52, 0]);
        let [above, middle, below] =
            stacked(right, [right.height.saturating_sub(14 + sources.min(6) + 2), 14, 0]);
        let lines = model.features.listed.len() as u16 + 8;
        if left.height >= lines + most_moved::LEAST {
            let [map, moved] = stacked(left, [lines, 0]);
            pane(MAP, map, buf);
            most_moved::draw(model, investigation, look, moved, buf);
        } else {
            pane(MAP, left, buf);
        }
        pane(CELL, above, buf);
        pane(SAME_ONSET, middle, buf);
        return pane(SOURCES, below, buf);
    }
    // The map takes the whole width, and of the lines what the features need.
    let lines = model.features.listed.len() as u16 + 8;
    let [above, below] = stacked(area, [lines.min(area.height.saturating_sub(10)), 0]);
    let [first, second, third] = beside(below, [area.width * 2 / 5, area.width * 7 / 20, 0]);
    pane(MAP, above, buf);
    pane(CELL, first, buf);
    pane(SAME_ONSET, second, buf);
    pane(SOURCES, third, buf);
}
