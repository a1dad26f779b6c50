//! Changed cells as bytes for the terminal, as few as possible: a slow line carries about a thousand a second.
//!
//! Colours and attributes are sent where they change and together, the cursor is moved by the shorter of two sequences, and
//! long runs of blanks are erased instead of written.

use std::fmt::Write as _;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

/// From so many blanks on erasing them is shorter than writing them.
const ERASED: u16 = 10;

/// The attributes with the numbers that set them. Those that are switched off need a reset of all.
const ATTRIBUTES: [(Modifier, u8); 8] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// What the terminal writes with and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
    /// Column and line; none where it is not known.
    at: Option<(u16, u16)>,
}

const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty(), at: None };

/// Encodes what differs between two pictures of one size; the terminal is left with plain colours.
pub(super) fn encoded(before: &Buffer, after: &Buffer) -> String {
    let mut out = String::new();
    let mut pen = PLAIN;
    let cells = before.diff(after);
    let mut at = 0;
    while let Some(&(x, y, cell)) = cells.get(at) {
        go(&mut pen, (x, y), after, &mut out);
        style(&mut pen, cell, &mut out);
        let blanks = blanks(after, (x, y));
        if blanks >= ERASED {
            let _ = write!(out, "\x1b[{blanks}X");
            let erased = |&&(column, line, _): &&(u16, u16, &Cell)| line == y && column < x + blanks;
            at += cells[at..].iter().take_while(erased).count();
            continue;
        }
        out.push_str(cell.symbol());
        // Terminals differ in how wide they draw what is not one column wide.
        pen.at = (cell.symbol().width() == 1).then_some((x + 1, y));
        at += 1;
    }
    if (pen.fg, pen.bg, pen.modifier) != (PLAIN.fg, PLAIN.bg, PLAIN.modifier) {
        out.push_str("\x1b[m");
    }
    out
}

/// How many plain blanks stand from a place on to the right.
fn blanks(buf: &Buffer, (x, y): (u16, u16)) -> u16 {
    let is_plain = |cell: &Cell| {
        cell.symbol() == " " && cell.bg == Color::Reset && cell.fg == Color::Reset && cell.modifier.is_empty()
    };
    (x..buf.area.right()).take_while(|&x| is_plain(&buf[(x, y)])).count() as u16
}

/// Moves the cursor; over a few cells that stand there already by writing them again.
fn go(pen: &mut Pen, (x, y): (u16, u16), after: &Buffer, out: &mut String) {
    match pen.at {
        Some(at) if at == (x, y) => {}
        Some((column, line))
            if line == y && x > column && x - column <= 4 && is_alike(pen, after, column..x, y) =>
        {
            (column..x).for_each(|x| out.push_str(after[(x, y)].symbol()));
        }
        Some((column, line)) if line == y && x > column => {
            let _ = match x - column {
                1 => write!(out, "\x1b[C"),
                by => write!(out, "\x1b[{by}C"),
            };
        }
        _ => {
            let _ = match x {
                0 => write!(out, "\x1b[{}H", y + 1),
                _ => write!(out, "\x1b[{};{}H", y + 1, x + 1),
            };
        }
    }
    pen.at = Some((x, y));
}

/// Whether cells are of one byte each, in the colours that are set: cheaper to write than to step over.
fn is_alike(pen: &Pen, buf: &Buffer, mut columns: std::ops::Range<u16>, y: u16) -> bool {
    columns.all(|x| {
        let cell = &buf[(x, y)];
        cell.symbol().len() == 1 && (cell.fg, cell.bg, cell.modifier) == (pen.fg, pen.bg, pen.modifier)
    })
}

/// Sends what differs of colours and attributes.
fn style(pen: &mut Pen, cell: &Cell, out: &mut String) {
    if (pen.fg, pen.bg, pen.modifier) == (cell.fg, cell.bg, cell.modifier) {
        return;
    }
    if (cell.fg, cell.bg, cell.modifier) == (PLAIN.fg, PLAIN.bg, PLAIN.modifier) {
        out.push_str("\x1b[m");
    } else {
        let mut codes: Vec<String> = Vec::new();
        // What was switched on goes off only with all the rest.
        let off = !(pen.modifier - cell.modifier).is_empty();
        let (mut fg, mut bg, mut modifier) = (pen.fg, pen.bg, pen.modifier);
        if off {
            codes.push("0".to_owned());
            (fg, bg, modifier) = (PLAIN.fg, PLAIN.bg, PLAIN.modifier);
        }
        let on = cell.modifier - modifier;
        let set = ATTRIBUTES.iter().filter(|(attribute, _)| on.contains(*attribute));
        codes.extend(set.map(|(_, code)| code.to_string()));
        codes.extend((fg != cell.fg).then(|| colour(cell.fg, 30)));
        codes.extend((bg != cell.bg).then(|| colour(cell.bg, 40)));
        let _ = write!(out, "\x1b[{}m", codes.join(";"));
    }
    (pen.fg, pen.bg, pen.modifier) = (cell.fg, cell.bg, cell.modifier);
}

/// The numbers of a colour.
///
/// * `base`: 30 for text, 40 for the background.
fn colour(colour: Color, base: u8) -> String {
    let basic = |at: u8| (base + at).to_string();
    let bright = |at: u8| (base + 60 + at).to_string();
    match colour {
        Color::Reset => basic(9),
        Color::Black => basic(0),
        Color::Red => basic(1),
        Color::Green => basic(2),
        Color::Yellow => basic(3),
        Color::Blue => basic(4),
        Color::Magenta => basic(5),
        Color::Cyan => basic(6),
        Color::Gray => basic(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(at) => format!("{};5;{at}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    fn blank() -> Buffer {
        Buffer::empty(Rect::new(0, 0, 40, 4))
    }

    #[test]
    fn only_what_changes_is_sent() {
        let before = blank();
        let mut after = blank();
        assert_eq!(encoded(&before, &after), "");
        after.set_string(2, 1, "ab", Style::new().fg(Color::Indexed(202)));
        after.set_string(4, 1, "c", Style::new().fg(Color::Indexed(202)).add_modifier(Modifier::BOLD));
        after.set_string(8, 1, "d", Style::new());
        assert_eq!(encoded(&before, &after), "\x1b[2;3H\x1b[38;5;202mab\x1b[1mc\x1b[3C\x1b[md");
    }

    #[test]
    fn an_attribute_goes_off_and_long_blanks_are_erased() {
        let mut before = blank();
        before.set_string(0, 0, "a line that is to be erased", Style::new());
        let mut after = blank();
        let reversed = Style::new().add_modifier(Modifier::REVERSED).fg(Color::Red);
        after.set_string(0, 0, "x", reversed);
        after.set_string(1, 0, "y", Style::new().fg(Color::Red));
        let sent = encoded(&before, &after);
        assert_eq!(sent, "\x1b[1H\x1b[7;31mx\x1b[0;31my\x1b[m\x1b[38X", "{sent:?}");
    }

    #[test]
    fn the_cursor_is_placed_anew_after_what_is_wide() {
        let mut after = blank();
        after.set_string(0, 0, "日a", Style::new());
        assert_eq!(encoded(&blank(), &after), "\x1b[1H日\x1b[1;3Ha");
    }
}
