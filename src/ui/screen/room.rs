//! How much room a screen has, and which panes it therefore shows.

use ratatui::layout::Rect;

/// The three layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// All panes side by side.
    Wide,
    /// The panes around the focused one.
    Normal,
    /// The focused pane alone.
    Compact,
}

impl Room {
    /// The layout for a screen's body: what the frame leaves of the terminal.
    pub(super) fn of(area: Rect, enlarged: bool) -> Self {
        match (area.width, area.height) {
            _ if enlarged => Self::Compact,
            (110.., 25..) => Self::Wide,
            (80.., 15..) => Self::Normal,
            _ => Self::Compact,
        }
    }
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
