//! What opens above a screen: help, palette, pins, problems, prompts.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{app::Model, ui::look::Look};

/// Draws the overlay on top.
pub fn draw(_model: &Model, _look: &Look, _area: Rect, _buf: &mut Buffer) {}
