//! What a test compares: the text of a buffer, and below it the runs of styled cells.
//!
//! ratatui prints a buffer's text only; a lost highlight or two swapped colours would pass.

use std::fmt::Write as _;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier},
};

use super::look::{Background, Depth, Glyphs, Look};

/// The four looks of the snapshots, by name.
pub(crate) fn looks() -> [(&'static str, Look); 4] {
    let look = |depth, glyphs| Look { depth, glyphs, background: Background::Dark };
    [
        ("256", look(Depth::Indexed, Glyphs::Unicode)),
        ("16", look(Depth::Sixteen, Glyphs::Unicode)),
        ("none", look(Depth::None, Glyphs::Unicode)),
        ("ascii", look(Depth::None, Glyphs::Ascii)),
    ]
}

/// The buffer that a drawing leaves.
pub(crate) fn drawn(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    draw(area, &mut buf);
    buf
}

/// The text of the buffer, then `row from..to style` for each run of cells that are not plain.
pub(crate) fn printed(buf: &Buffer) -> String {
    let area = buf.area;
    let mut lines = String::new();
    let mut styles = String::new();
    for y in area.top()..area.bottom() {
        let mut run: Option<(u16, (Color, Color, Modifier))> = None;
        for x in area.left()..area.right() {
            let cell = &buf[(x, y)];
            let style = (cell.fg, cell.bg, cell.modifier);
            if run.is_none_or(|(_, before)| before != style) {
                close(&mut styles, y, run, x);
                run = Some((x, style));
            }
        }
        close(&mut styles, y, run, area.right());
        lines.push_str(&line(buf, y));
        lines.push('\n');
    }
    format!("{lines}---\n{styles}")
}

/// The text of a row.
fn line(buf: &Buffer, y: u16) -> String {
    let mut skip = 0;
    let mut line = String::new();
    for x in buf.area.left()..buf.area.right() {
        let symbol = buf[(x, y)].symbol();
        if skip == 0 {
            line.push_str(symbol);
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
        } else {
            skip -= 1;
        }
    }
    line.trim_end().to_owned()
}

fn close(styles: &mut String, y: u16, run: Option<(u16, (Color, Color, Modifier))>, to: u16) {
    let Some((from, (fg, bg, modifier))) = run else {
        return;
    };
    if (fg, bg, modifier) == (Color::Reset, Color::Reset, Modifier::empty()) {
        return;
    }
    write!(styles, "{y:>2} {from}..{to}").expect("writing to a string does not fail");
    if fg != Color::Reset {
        write!(styles, " fg {fg}").expect("writing to a string does not fail");
    }
    if bg != Color::Reset {
        write!(styles, " bg {bg}").expect("writing to a string does not fail");
    }
    if !modifier.is_empty() {
        write!(styles, " {modifier:?}").expect("writing to a string does not fail");
    }
    styles.push('\n');
}
