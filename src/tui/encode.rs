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

/// The attributes with the numbers that set them and that end them.
const ATTRIBUTES: [(Modifier, u8, u8); 8] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// The attributes that show where nothing is written; a blank without them has no colour of text.
const ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// What the terminal writes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ink {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Ink = Ink { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Ink {
    fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// The ink with the fewest changes that draws a cell as it is to be seen.
    fn for_cell(self, cell: &Cell) -> Self {
        if is_blank(cell) {
            Self { bg: cell.bg, modifier: self.modifier - ON_BLANKS, ..self }
        } else {
            Self::of(cell)
        }
    }
}

/// Whether only the background of a cell is seen.
fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(ON_BLANKS)
}

/// Whether two cells look alike.
fn is_alike(a: &Cell, b: &Cell) -> bool {
    a == b || (is_blank(a) && is_blank(b) && a.bg == b.bg)
}

/// The terminal's ink, and its cursor's column and line; none where that is not known.
struct Pen {
    ink: Ink,
    at: Option<(u16, u16)>,
}

/// Encodes what differs between two pictures of one size; the terminal is left with plain colours.
pub(super) fn encoded(before: &Buffer, after: &Buffer) -> String {
    let mut out = String::new();
    let mut pen = Pen { ink: PLAIN, at: None };
    let mut cells = before.diff(after);
    cells.retain(|&(x, y, cell)| !is_alike(&before[(x, y)], cell));
    let mut at = 0;
    while let Some(&(x, y, cell)) = cells.get(at) {
        go(&mut pen, (x, y), after, &mut out);
        let ink = pen.ink.for_cell(cell);
        style(&mut pen.ink, ink, &mut out);
        let blanks = blanks(after, (x, y));
        if blanks >= ERASED {
            let _ = if x + blanks == after.area.right() {
                write!(out, "\x1b[K")
            } else {
                write!(out, "\x1b[{blanks}X")
            };
            let erased = |&&(column, line, _): &&(u16, u16, &Cell)| line == y && column < x + blanks;
            at += cells[at..].iter().take_while(erased).count();
            continue;
        }
        out.push_str(cell.symbol());
        // Terminals differ in how wide they draw what is not one column wide, and in where the cursor stands at the edge.
        let known = cell.symbol().width() == 1 && x + 1 < after.area.right();
        pen.at = known.then_some((x + 1, y));
        at += 1;
    }
    style(&mut pen.ink, PLAIN, &mut out);
    out
}

/// How many blanks without a background stand from a place on to the right.
fn blanks(buf: &Buffer, (x, y): (u16, u16)) -> u16 {
    let is_plain = |cell: &Cell| is_blank(cell) && cell.bg == Color::Reset;
    (x..buf.area.right()).take_while(|&x| is_plain(&buf[(x, y)])).count() as u16
}

/// Moves the cursor by the shortest of the ways there: what stands in between written again, steps, or the place itself.
fn go(pen: &mut Pen, (x, y): (u16, u16), after: &Buffer, out: &mut String) {
    let Some((column, line)) = pen.at.replace((x, y)) else {
        return out.push_str(&place(x, y));
    };
    if (column, line) == (x, y) {
        return;
    }
    let mut ways = vec![place(x, y)];
    if line == y && column <= x {
        let between = || (column..x).map(|x| &after[(x, y)]);
        if between().all(|cell| cell.symbol().width() == 1 && pen.ink.for_cell(cell) == pen.ink) {
            ways.push(between().map(Cell::symbol).collect());
        }
    }
    if line <= y {
        let down = steps(y - line, 'B');
        ways.push(match x.checked_sub(column) {
            Some(right) => down + &steps(right, 'C'),
            None if column - x < 4 => down + &"\x08".repeat(usize::from(column - x)),
            None => down + &steps(column - x, 'D'),
        });
    }
    out.push_str(&ways.into_iter().min_by_key(String::len).unwrap_or_default());
}

/// The sequence that moves the cursor to a place.
fn place(x: u16, y: u16) -> String {
    if x == 0 { format!("\x1b[{}H", y + 1) } else { format!("\x1b[{};{}H", y + 1, x + 1) }
}

/// The sequence that moves the cursor by some cells.
fn steps(by: u16, letter: char) -> String {
    match by {
        0 => String::new(),
        1 => format!("\x1b[{letter}"),
        by => format!("\x1b[{by}{letter}"),
    }
}

/// Sends what differs of colours and attributes, or all of them anew where that is shorter.
fn style(ink: &mut Ink, to: Ink, out: &mut String) {
    if *ink == to {
        return;
    }
    let anew = format!("\x1b[{}m", codes(PLAIN, to, to != PLAIN));
    let changed = format!("\x1b[{}m", codes(*ink, to, false));
    out.push_str(if changed.len() < anew.len() { &changed } else { &anew });
    *ink = to;
}

/// The numbers that lead from one ink to another.
///
/// * `reset`: whether everything is reset before.
fn codes(from: Ink, to: Ink, reset: bool) -> String {
    let mut codes: Vec<String> = Vec::new();
    codes.extend(reset.then(|| "0".to_owned()));
    let mut set = from.modifier;
    for (attribute, _, off) in ATTRIBUTES {
        if (set - to.modifier).contains(attribute) {
            // One number ends both bold and dim.
            let ended = ATTRIBUTES.iter().filter(|(_, _, other)| *other == off);
            ended.for_each(|(attribute, _, _)| set.remove(*attribute));
            codes.push(off.to_string());
        }
    }
    let on = ATTRIBUTES.iter().filter(|(attribute, _, _)| (to.modifier - set).contains(*attribute));
    codes.extend(on.map(|(_, on, _)| on.to_string()));
    codes.extend((from.fg != to.fg).then(|| colour(to.fg, 30)));
    codes.extend((from.bg != to.bg).then(|| colour(to.bg, 40)));
    codes.join(";")
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
        assert_eq!(encoded(&before, &after), "\x1b[2;3H\x1b[38;5;202mab\x1b[1mc   \x1b[md");
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
        assert_eq!(sent, "\x1b[1H\x1b[7;31mx\x1b[27my\x1b[K\x1b[m", "{sent:?}");
    }

    #[test]
    fn the_cursor_is_placed_anew_after_what_is_wide() {
        let mut after = blank();
        after.set_string(0, 0, "日a", Style::new());
        assert_eq!(encoded(&blank(), &after), "\x1b[1H日\x1b[1;3Ha");
    }

    /// The same picture, with blanks as they look.
    fn looks(buf: &Buffer) -> Vec<(String, Ink)> {
        let ink = |cell: &Cell| PLAIN.for_cell(cell);
        buf.content().iter().map(|cell| (cell.symbol().to_owned(), ink(cell))).collect()
    }

    /// What a terminal that shows `before` makes of the sequences.
    fn replayed(before: &Buffer, sent: &str) -> Buffer {
        let (mut buf, mut ink, mut x, mut y) = (before.clone(), PLAIN, 0_u16, 0_u16);
        let mut rest = sent;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\x08' => x -= 1,
                '\x1b' => {
                    let end = rest.find(|c: char| c.is_ascii_alphabetic()).expect("a final letter");
                    let numbers: Vec<u16> =
                        rest[1..end].split(';').map(|number| number.parse().unwrap_or(0)).collect();
                    let by = numbers[0].max(1);
                    let clear = |buf: &mut Buffer, to: u16| {
                        for x in x..to {
                            buf[(x, y)].reset();
                            buf[(x, y)].set_bg(ink.bg);
                        }
                    };
                    match &rest[end..=end] {
                        "H" => (y, x) = (by - 1, numbers.get(1).map_or(0, |x| x - 1)),
                        "B" => y += by,
                        "C" => x += by,
                        "D" => x -= by,
                        "X" => clear(&mut buf, x + by),
                        "K" => clear(&mut buf, before.area.right()),
                        "m" => dip(&mut ink, &numbers),
                        other => panic!("{other}"),
                    }
                    rest = &rest[end + 1..];
                }
                c => {
                    buf[(x, y)].set_char(c);
                    let cell = &mut buf[(x, y)];
                    (cell.fg, cell.bg, cell.modifier) = (ink.fg, ink.bg, ink.modifier);
                    x += 1;
                }
            }
        }
        assert_eq!(ink, PLAIN, "plain colours are left");
        buf
    }

    fn dip(ink: &mut Ink, numbers: &[u16]) {
        let mut at = 0;
        while let Some(&number) = numbers.get(at) {
            at += 1;
            match number {
                0 => *ink = PLAIN,
                31 => ink.fg = Color::Red,
                39 => ink.fg = Color::Reset,
                49 => ink.bg = Color::Reset,
                38 | 48 => {
                    let to = Color::Indexed(numbers[at + 1] as u8);
                    *(if number == 38 { &mut ink.fg } else { &mut ink.bg }) = to;
                    at += 2;
                }
                number => {
                    let on = ATTRIBUTES.iter().filter(|(_, on, _)| u16::from(*on) == number);
                    on.for_each(|(attribute, _, _)| ink.modifier.insert(*attribute));
                    let off = ATTRIBUTES.iter().filter(|(_, _, off)| u16::from(*off) == number);
                    off.for_each(|(attribute, _, _)| ink.modifier.remove(*attribute));
                }
            }
        }
    }

    #[test]
    fn a_terminal_shows_the_picture_after_any_other_one() {
        let mut seed = 7_u64;
        let mut draw = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        let inks = [
            Style::new(),
            Style::new().fg(Color::Indexed(245)),
            Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            Style::new().add_modifier(Modifier::REVERSED),
            Style::new().fg(Color::Indexed(245)).add_modifier(Modifier::DIM | Modifier::UNDERLINED),
            Style::new().bg(Color::Indexed(238)),
        ];
        let words = ["a", "─", "two words", "            ", "█ █", "x"];
        let mut before = blank();
        for _ in 0..400 {
            let mut after = if draw(3) == 0 { blank() } else { before.clone() };
            for _ in 0..draw(12) {
                let place = (draw(40) as u16, draw(4) as u16);
                after.set_string(place.0, place.1, words[draw(6) as usize], inks[draw(6) as usize]);
            }
            let sent = encoded(&before, &after);
            assert_eq!(looks(&replayed(&before, &sent)), looks(&after), "{sent:?}");
            before = after;
        }
    }

    #[test]
    fn a_key_at_80x24_sends_less_than_three_kilobytes() {
        use crate::{
            app::{Action, Msg, fixture, update},
            ui::{frame, look::Look},
        };
        let mut model = fixture::model(80, 24);
        let area = Rect::new(0, 0, 80, 24);
        let picture = |model: &_| {
            let mut buf = Buffer::empty(area);
            frame::draw(model, &Look::default(), area, &mut buf);
            buf
        };
        let mut before = picture(&model);
        for pane in 0..8 {
            let _ = update(&mut model, Msg::Do(Action::NextPane));
            let after = picture(&model);
            let sent = encoded(&before, &after);
            assert!(sent.len() < 3_000, "Tab {pane} sends {} bytes", sent.len());
            before = after;
        }
    }
}
