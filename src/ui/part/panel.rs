//! A pane: a rounded border with a title on the left and one on the right; bright when it has the focus.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::ui::{
    look::{Look, StyleRole},
    part::text,
};

/// The texts on a pane's border.
#[derive(Debug, Clone, Copy, Default)]
pub struct Panel<'a> {
    /// On the top border, on the left.
    pub title: &'a str,
    /// On the top border, on the right; left out before the title is cut.
    pub right: &'a str,
    /// On the bottom border, on the right.
    pub bottom: &'a str,
    /// Whether the pane has the focus.
    pub focused: bool,
}

impl<'a> Panel<'a> {
    /// A pane with a title on the left and one on the right.
    #[must_use]
    pub fn new(title: &'a str, right: &'a str, focused: bool) -> Self {
        Self { title, right, focused, ..Self::default() }
    }
}

/// Draws the border and returns the room inside, with one column of air on the left and on the right.
pub fn draw(panel: &Panel<'_>, look: &Look, area: Rect, buf: &mut Buffer) -> Rect {
    let area = area.intersection(buf.area);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let style = look.style(if panel.focused { StyleRole::Focus } else { StyleRole::Border });
    let borders = look.borders();
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    for x in left..=right {
        text::put_char(borders.horizontal, style, (x, top), area, buf);
        text::put_char(borders.horizontal, style, (x, bottom), area, buf);
    }
    for y in top..=bottom {
        text::put_char(borders.vertical, style, (left, y), area, buf);
        text::put_char(borders.vertical, style, (right, y), area, buf);
    }
    for (glyph, at) in [
        (borders.top_left, (left, top)),
        (borders.top_right, (right, top)),
        (borders.bottom_left, (left, bottom)),
        (borders.bottom_right, (right, bottom)),
    ] {
        text::put_char(glyph, style, at, area, buf);
    }
    titles(panel, look, area, buf);
    let air = u16::from(area.width >= 4);
    Rect { x: left + 1 + air, y: top + 1, width: area.width - 2 - 2 * air, height: area.height - 2 }
}

/// Marks a line as pinned to the report, in the column of air between the border and the text.
///
/// * `x`: where the text of the pane begins.
pub fn pin(look: &Look, x: u16, y: u16, buf: &mut Buffer) {
    let style = look.style(StyleRole::Strong);
    if let Some(cell) = x.checked_sub(1).and_then(|x| buf.cell_mut((x, y))) {
        cell.set_char(look.pick('★', 'P')).set_style(style);
    }
}

/// Draws a box in the middle of `area`, at most `width` x `height` with its border; returns the room inside.
pub fn boxed(
    title: &str,
    right: &str,
    (width, height): (u16, u16),
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    for y in place.top()..place.bottom() {
        for x in place.left()..place.right() {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
    draw(&Panel::new(title, right, true), look, place, buf)
}

/// Divides a pane by a horizontal line with a title, at line `y`.
pub fn divide(title: &str, focused: bool, y: u16, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.width < 2 || y <= area.top() || y + 1 >= area.bottom() {
        return;
    }
    let style = look.style(if focused { StyleRole::Focus } else { StyleRole::Border });
    let borders = look.borders();
    for x in area.left()..area.right() {
        text::put_char(borders.horizontal, style, (x, y), area, buf);
    }
    text::put_char(borders.tee_left, style, (area.left(), y), area, buf);
    text::put_char(borders.tee_right, style, (area.right() - 1, y), area, buf);
    let line = Rect { x: area.x, y, width: area.width, height: 1 };
    titles(&Panel { title, focused, ..Panel::default() }, look, line, buf);
}

fn titles(panel: &Panel<'_>, look: &Look, area: Rect, buf: &mut Buffer) {
    // A corner, a dash and a blank on either side of what is written.
    let Some(room) = area.width.checked_sub(6).filter(|&room| room > 0) else {
        return;
    };
    let title_style = look.style(if panel.focused { StyleRole::Focus } else { StyleRole::Dim });
    let on_top = Rect { x: area.left() + 3, y: area.top(), width: room, height: 1 };
    let title = text::fit(panel.title, usize::from(room), look);
    let taken = text::width(&title) as u16;
    if taken > 0 {
        let padded = format!(" {title} ");
        text::put(&padded, title_style, look, (area.left() + 2, area.top()), area, buf);
    }
    let right = text::shown(panel.right, look);
    let needed = text::width(&right) as u16 + if taken > 0 { 3 } else { 0 };
    if !right.is_empty() && taken + needed <= room {
        let dim = look.style(StyleRole::Dim);
        let padded = format!(" {right} ");
        let ends = Rect { width: room + 1, ..on_top };
        text::put_right(&padded, dim, look, area.top(), ends, buf);
    }
    let bottom = text::shown(panel.bottom, look);
    if !bottom.is_empty() && area.height > 1 && text::width(&bottom) as u16 <= room {
        let padded = format!(" {bottom} ");
        let below = Rect { y: area.bottom() - 1, width: room + 1, ..on_top };
        text::put_right(&padded, look.style(StyleRole::Dim), look, below.y, below, buf);
    }
}
