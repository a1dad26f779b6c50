//! Horizontal bars at eighth-block resolution: shares, evidence for and against, progress.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::ui::{
    look::{Look, StyleRole},
    part::text,
};

/// Draws a bar over the first line of `area`.
///
/// * `share`: how much of the width it fills, 0 to 1; what is not finite draws nothing.
/// * `track`: whether the rest is filled with faint dots, so that empty differs from absent.
pub fn horizontal(share: f64, style: Style, track: bool, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    let eighths = eighths(share, area.width);
    for (column, x) in (area.left()..area.right()).enumerate() {
        let here = eighths.saturating_sub(column * 8).min(8);
        if here > 0 {
            text::put_char(look.reach(here), style, (x, area.top()), area, buf);
        } else if track {
            text::put_char(look.pick('·', '.'), look.style(StyleRole::Faint), (x, area.top()), area, buf);
        }
    }
}

/// Draws a bar that grows to the right of the middle for values above 0 and to the left for those below.
///
/// * `value`: −1 to 1.
pub fn balance(value: f64, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let half = (area.width - 1) / 2;
    let middle = area.left() + half;
    text::put_char(look.pick('│', '|'), look.style(StyleRole::Faint), (middle, area.top()), area, buf);
    if value >= 0.0 {
        let right = Rect { x: middle + 1, width: area.right() - middle - 1, ..area };
        horizontal(value, look.style(StyleRole::Production), false, look, right, buf);
    } else {
        // There are no blocks that grow to the left, so the bar against is drawn in whole cells.
        let cells = (eighths(-value, half) + 4) / 8;
        for step in 0..cells as u16 {
            let glyph = look.pick('▒', '-');
            text::put_char(
                glyph,
                look.style(StyleRole::Training),
                (middle - 1 - step, area.top()),
                area,
                buf,
            );
        }
    }
}

/// Draws `▕████▏  68 %` into the first line of `area`, the share written behind it.
pub fn progress(share: f64, look: &Look, area: Rect, buf: &mut Buffer) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let label = format!(" {:>3.0} %", share * 100.0);
    let Some(room) = area.width.checked_sub(label.len() as u16 + 2).filter(|&room| room > 0) else {
        text::put(label.trim_start(), Style::new(), look, (area.left(), area.top()), area, buf);
        return;
    };
    let dim = look.style(StyleRole::Dim);
    text::put_char(look.pick('▕', '['), dim, (area.left(), area.top()), area, buf);
    let inside = Rect { x: area.left() + 1, width: room, ..area };
    horizontal(share, look.style(StyleRole::Text), false, look, inside, buf);
    text::put_char(look.pick('▏', ']'), dim, (inside.right(), area.top()), area, buf);
    text::put(&label, look.style(StyleRole::Text), look, (inside.right() + 1, area.top()), area, buf);
}

/// A share of `width` cells in eighths of a cell; something above nothing shows at least one.
fn eighths(share: f64, width: u16) -> usize {
    if !share.is_finite() || share <= 0.0 {
        return 0;
    }
    let full = usize::from(width) * 8;
    ((share * full as f64).round() as usize).clamp(1, full.max(1))
}
