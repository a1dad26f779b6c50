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
///
/// A pane whose first line is the last one of a pane that was drawn before shares that line with it: the line is bright if
/// one of the two has the focus.
pub fn draw(panel: &Panel<'_>, look: &Look, area: Rect, buf: &mut Buffer) -> Rect {
    let area = area.intersection(buf.area);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let style = look.style(if panel.focused { StyleRole::Focus } else { StyleRole::Border });
    let borders = look.borders();
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    let is_shared = buf[(left, top)].symbol().starts_with(borders.bottom_left);
    for x in left..=right {
        text::put_char(borders.horizontal, style, (x, bottom), area, buf);
        let kept = is_shared && !(panel.focused && buf[(x, top)].symbol().starts_with(borders.horizontal));
        if !kept {
            text::put_char(borders.horizontal, style, (x, top), area, buf);
        }
    }
    // The corners of a line that is shared keep the colour of the pane above, if that one has the focus.
    let (upper, corners) = if is_shared {
        let above = buf[(left, top)].style();
        (if panel.focused { style } else { above }, (borders.tee_left, borders.tee_right))
    } else {
        (style, (borders.top_left, borders.top_right))
    };
    for y in top + 1..bottom {
        text::put_char(borders.vertical, style, (left, y), area, buf);
        text::put_char(borders.vertical, style, (right, y), area, buf);
    }
    for (glyph, style, at) in [
        (corners.0, upper, (left, top)),
        (corners.1, upper, (right, top)),
        (borders.bottom_left, style, (left, bottom)),
        (borders.bottom_right, style, (right, bottom)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_panes_share_a_line_that_is_bright_when_either_has_the_focus() {
        let look = Look::default();
        for (upper, lower) in [(true, false), (false, true), (false, false)] {
            let area = Rect::new(0, 0, 24, 7);
            let mut buf = Buffer::empty(area);
            draw(
                &Panel { bottom: "more", ..Panel::new("a", "", upper) },
                &look,
                Rect { height: 4, ..area },
                &mut buf,
            );
            draw(&Panel::new("b", "", lower), &look, Rect { y: 3, height: 4, ..area }, &mut buf);
            let line: String = (0..24).map(|x| buf[(x, 3)].symbol()).collect();
            assert!(line.starts_with("├─ b ──") && line.ends_with(" more ─┤"), "{line}");
            let bright = look.style(StyleRole::Focus).fg;
            for x in [0, 8, 23] {
                assert_eq!(buf[(x, 3)].style().fg == bright, upper || lower, "{x} {upper} {lower}");
            }
        }
    }
}
