//! Text in cells: measured by display width, cut with an ellipsis, wrapped at words.

use std::borrow::Cow;

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    text::{phrase, sanitize},
    ui::look::{Look, StyleRole},
};

/// A text as it may be shown: harmless, and in the characters that the terminal has.
#[must_use]
pub fn shown<'a>(text: &'a str, look: &Look) -> Cow<'a, str> {
    match sanitize::terminal(text) {
        Cow::Borrowed(clean) => look.spelled(clean),
        Cow::Owned(clean) => Cow::Owned(look.spelled(&clean).into_owned()),
    }
}

/// How many columns a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text if it fits into `columns`, else its beginning and an ellipsis.
#[must_use]
pub fn fit<'a>(text: &'a str, columns: usize, look: &Look) -> Cow<'a, str> {
    let text = shown(text, look);
    if text.width() <= columns {
        return text;
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut kept = beginning(&text, columns - 1).to_owned();
    kept.push(look.pick('…', '~'));
    Cow::Owned(kept)
}

/// The longest beginning of a text that takes at most `columns`.
fn beginning(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// Says in a dim line why there is nothing else in an area.
pub fn hint(message: &str, look: &Look, area: Rect, buf: &mut Buffer) {
    put(message, look.style(StyleRole::Dim), look, (area.x, area.y), area, buf);
}

/// Writes a text from `(x, y)` on, cut with an ellipsis at the right end of `area`, and returns the column after it.
pub fn put(text: &str, style: Style, look: &Look, (x, y): (u16, u16), area: Rect, buf: &mut Buffer) -> u16 {
    let area = area.intersection(buf.area);
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return x;
    }
    let room = usize::from(area.right() - x);
    let text = fit(text, room, look);
    let end = x + u16::try_from(text.width()).unwrap_or(0).min(area.right() - x);
    for column in x..end {
        if let Some(cell) = buf.cell_mut((column, y)) {
            plain(cell);
        }
    }
    buf.set_stringn(x, y, &text, room, style).0
}

/// Writes a text so that it ends before the right end of `area`; returns the column where it begins.
pub fn put_right(text: &str, style: Style, look: &Look, y: u16, area: Rect, buf: &mut Buffer) -> u16 {
    let text = fit(text, usize::from(area.width), look);
    let x = area.right().saturating_sub(u16::try_from(text.width()).unwrap_or(area.width));
    put(&text, style, look, (x, y), area, buf);
    x
}

/// Writes the spans of a line one after the other from `(x, y)` on; returns the column after them.
pub fn put_line(line: &Line<'_>, look: &Look, (x, y): (u16, u16), area: Rect, buf: &mut Buffer) -> u16 {
    line.spans
        .iter()
        .fold(x, |x, span| put(&span.content, line.style.patch(span.style), look, (x, y), area, buf))
}

/// Writes one character, if its place is inside `area`.
pub fn put_char(glyph: char, style: Style, (x, y): (u16, u16), area: Rect, buf: &mut Buffer) {
    if area.contains((x, y).into())
        && let Some(cell) = buf.cell_mut((x, y))
    {
        plain(cell);
        cell.set_char(glyph).set_style(style);
    }
}

/// Takes away what was drawn into a cell before, but for its background: a band shows behind what is written on it.
fn plain(cell: &mut Cell) {
    cell.fg = Color::Reset;
    cell.modifier = Modifier::empty();
}

/// Shows that the cursor is on an area: one style for all of it, whatever the texts on it were.
pub fn highlight(area: Rect, look: &Look, buf: &mut Buffer) {
    for position in area.intersection(buf.area).positions() {
        plain(&mut buf[position]);
    }
    buf.set_style(area.intersection(buf.area), look.style(StyleRole::Cursor));
}

/// A span in a meaning's style.
#[must_use]
pub fn span<'a>(text: impl Into<Cow<'a, str>>, meaning: StyleRole, look: &Look) -> Span<'a> {
    Span::styled(text, look.style(meaning))
}

/// Breaks a text into lines of at most `columns`, at words where it can, inside a word where it must.
#[must_use]
pub fn wrap(text: &str, columns: usize, look: &Look) -> Vec<String> {
    if columns == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let paragraph = shown(paragraph, look);
        let mut line = String::new();
        for mut word in phrase::unbroken(&paragraph) {
            if !line.is_empty() && line.width() + 1 + word.width() > columns {
                lines.push(std::mem::take(&mut line));
            }
            while word.width() > columns {
                let head = beginning(word, columns);
                // A character wider than the whole line is left out: no break could make it fit.
                let head = if head.is_empty() {
                    &word[..word.chars().next().map_or(0, char::len_utf8)]
                } else {
                    head
                };
                if head.width() <= columns {
                    lines.push(head.to_owned());
                }
                word = &word[head.len()..];
            }
            if word.is_empty() {
                continue;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Writes a text over as many lines as it needs and `area` has; the last one ends in an ellipsis when more is left.
/// Returns the number of lines used.
pub fn paragraph(text: &str, style: Style, look: &Look, area: Rect, buf: &mut Buffer) -> u16 {
    let mut lines = wrap(text, usize::from(area.width), look);
    let room = usize::from(area.height);
    if lines.len() > room && room > 0 {
        let rest = lines.split_off(room - 1).join(" ");
        lines.push(fit(&rest, usize::from(area.width), look).into_owned());
    }
    let used = lines.len().min(room) as u16;
    for (y, line) in (area.top()..area.bottom()).zip(&lines) {
        put(line, style, look, (area.left(), y), area, buf);
    }
    used
}

/// Writes `name  value` lines, names dim on the left in a column of their own; returns the number of lines used.
pub fn pairs(pairs: &[(&str, Line<'_>)], look: &Look, area: Rect, buf: &mut Buffer) -> u16 {
    let names = pairs.iter().map(|(name, _)| shown(name, look).width()).max().unwrap_or(0);
    let names = names.min(usize::from(area.width) / 2) as u16;
    let mut used = 0;
    for (y, (name, value)) in (area.top()..area.bottom()).zip(pairs) {
        put(name, look.style(StyleRole::Dim), look, (area.left(), y), Rect { width: names, ..area }, buf);
        put_line(value, look, (area.left() + names + 2, y), area, buf);
        used += 1;
    }
    used
}

/// As many of the parts as there is room for, in their order, three blanks between them.
#[must_use]
pub fn parts(parts: &[String], room: usize) -> String {
    let mut all = String::new();
    for part in parts {
        let gap = if all.is_empty() { 0 } else { 3 };
        if width(&all) + gap + width(part) > room {
            break;
        }
        all.push_str(&" ".repeat(gap));
        all.push_str(part);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::Glyphs;

    #[test]
    fn a_cut_text_never_exceeds_its_columns() {
        let look = Look::default();
        for text in ["", "abc", "日本語テキスト", "e\u{301}e\u{301}", "a\u{202e}b\u{7}c", "👩‍👩‍👧 family"]
        {
            for columns in 0..12 {
                let fitted = fit(text, columns, &look);
                assert!(width(&fitted) <= columns, "{text:?} in {columns}: {fitted:?}");
            }
        }
        assert_eq!(fit("abcdef", 4, &look), "abc…");
        assert_eq!(fit("日本語", 4, &look), "日…");
    }

    #[test]
    fn untrusted_characters_do_not_reach_the_screen() {
        let look = Look::default();
        assert_eq!(shown("a\u{1b}[31mb\u{202e}c\u{7}", &look), "a\\u{1b}[31mb\\u{202e}c\\u{7}");
        let ascii = Look { glyphs: Glyphs::Ascii, ..look };
        assert!(shown("Δ ≥ 3 → 日", &ascii).is_ascii());
    }

    #[test]
    fn wrapping_keeps_every_word_and_every_limit() {
        let look = Look::default();
        let text = "The relation between inputs and outcome has not changed";
        for columns in 1..30 {
            let lines = wrap(text, columns, &look);
            assert!(lines.iter().all(|line| width(line) <= columns), "{columns}");
            let joined: String = lines.concat().split_whitespace().collect();
            assert_eq!(joined, text.split_whitespace().collect::<String>(), "{columns}");
        }
        assert_eq!(wrap("日", 1, &look), vec![String::new()]);
        assert!(wrap("text", 0, &look).is_empty());
    }
}
