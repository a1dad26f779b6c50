//! Three layouts for three sizes of terminal.

use ratatui::layout::Rect;

use crate::app::Model;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// Less than 60 columns or 16 lines: a message.
    TooSmall,
    /// One pane at a time, no key hints.
    Compact,
    /// From 80 x 24 on: the main panes; the others take the body when they get the focus.
    Normal,
    /// From 110 x 32 on: all panes.
    Wide,
}

impl Layout {
    /// The layout of a whole screen.
    #[must_use]
    pub const fn of(screen: Rect) -> Self {
        match (screen.width, screen.height) {
            (110.., 32..) => Self::Wide,
            (80.., 24..) => Self::Normal,
            (60.., 16..) => Self::Compact,
            _ => Self::TooSmall,
        }
    }

    /// The layout of the screen that a model is shown on.
    #[must_use]
    pub const fn of_model(model: &Model) -> Self {
        Self::of(Rect { x: 0, y: 0, width: model.size.0, height: model.size.1 })
    }
}
