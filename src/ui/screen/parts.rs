//! An area in parts whose first ones keep their size: ratatui's solver shares a shortage out among all of them, and then
//! no pane is left whole.

use ratatui::layout::Rect;

use crate::{app::Model, ui::part::layout::Layout};

/// The layout of a model's panes: an enlarged pane is the only one.
pub(super) fn layout(model: &Model) -> Layout {
    if model.screens.enlarged { Layout::Compact } else { Layout::of_model(model) }
}

/// Splits an area from the top: as many lines as asked for each part, the last one takes the rest.
pub(super) fn stacked<const N: usize>(area: Rect, heights: [u16; N]) -> [Rect; N] {
    let mut y = area.y;
    let mut at = 0;
    heights.map(|height| {
        at += 1;
        let left = area.bottom().saturating_sub(y);
        let height = if at == N { left } else { height.min(left) };
        let part = Rect { y, height, ..area };
        y += height;
        part
    })
}

/// Panes on top of each other that share the lines between them, where lines are few; heights hold both borders.
pub(super) fn joined<const N: usize>(area: Rect, heights: [u16; N]) -> [Rect; N] {
    let mut y = area.y;
    let mut at = 0;
    heights.map(|height| {
        at += 1;
        let left = area.bottom().saturating_sub(y);
        let height = if at == N { left } else { height.min(left) };
        let part = Rect { y, height, ..area };
        y += height.saturating_sub(1);
        part
    })
}

/// Splits an area from the left: as many columns as asked for each part, the last one takes the rest.
pub(super) fn beside<const N: usize>(area: Rect, widths: [u16; N]) -> [Rect; N] {
    let mut x = area.x;
    let mut at = 0;
    widths.map(|width| {
        at += 1;
        let left = area.right().saturating_sub(x);
        let width = if at == N { left } else { width.min(left) };
        let part = Rect { x, width, ..area };
        x += width;
        part
    })
}
