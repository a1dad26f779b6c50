//! Lists of sentences: each is wrapped, the one under the cursor is shown in full, and the last line counts what is hidden.

use std::borrow::Cow;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::ui::{
    look::{Look, StyleRole},
    part::{panel, table::more, text},
};

/// One entry.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// In a column of its own on the left: a sign, a weight.
    pub lead: (Cow<'a, str>, Style),
    /// The sentence.
    pub message: Cow<'a, str>,
    /// Its style.
    pub style: Style,
    /// At the right end of its first line: the digit of a step.
    pub tail: Cow<'a, str>,
    /// Whether it is pinned to the report.
    pub pinned: bool,
}

impl<'a> Item<'a> {
    /// A sentence with something before it.
    #[must_use]
    pub fn new(
        lead: impl Into<Cow<'a, str>>,
        lead_style: Style,
        message: impl Into<Cow<'a, str>>,
        style: Style,
    ) -> Self {
        Self {
            lead: (lead.into(), lead_style),
            message: message.into(),
            style,
            tail: Cow::Borrowed(""),
            pinned: false,
        }
    }

    /// The same with something at the right end.
    #[must_use]
    pub fn ending(self, tail: impl Into<Cow<'a, str>>) -> Self {
        Self { tail: tail.into(), ..self }
    }

    /// The same, marked where it is pinned to the report.
    #[must_use]
    pub fn pinned(self, pinned: bool) -> Self {
        Self { pinned, ..self }
    }

    /// A sentence over the whole width, such as a heading.
    #[must_use]
    pub fn heading(message: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Self::new("", Style::new(), message, style)
    }
}

/// A list to draw.
#[derive(Debug, Clone)]
pub struct List<'a> {
    /// Its entries.
    pub items: &'a [Item<'a>],
    /// The entry under the cursor.
    pub cursor: Option<usize>,
    /// Whether the cursor is drawn.
    pub focused: bool,
    /// Lines that an entry takes at most where not all fit; the one under the cursor takes as many as it needs.
    pub most: usize,
}

/// An entry broken into lines.
struct Block {
    lines: Vec<String>,
    whole: bool,
}

/// Draws the list; returns the lines used.
pub fn draw(list: &List<'_>, look: &Look, area: Rect, buf: &mut Buffer) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() || list.items.is_empty() {
        return 0;
    }
    let wide = |text: &str| text::width(&text::shown(text, look)) as u16;
    let lead = list.items.iter().map(|item| wide(&item.lead.0)).max().unwrap_or(0);
    let tail = list.items.iter().map(|item| wide(&item.tail)).max().unwrap_or(0);
    let indent = if lead > 0 { lead + 1 } else { 0 };
    let room = area.width.saturating_sub(indent + if tail > 0 { tail + 1 } else { 0 });
    let cursor = list.cursor.map(|at| at.min(list.items.len() - 1));
    let block = |item: &Item<'_>| {
        let heading = item.lead.0.is_empty() && item.tail.is_empty();
        let columns = if heading { area.width } else { room };
        Block { lines: text::wrap(&item.message, usize::from(columns), look), whole: true }
    };
    let mut blocks: Vec<Block> = list.items.iter().map(block).collect();
    // Where there is room for all of it, nothing is cut.
    if blocks.iter().map(|block| block.lines.len()).sum::<usize>() > usize::from(area.height) {
        let most = list.most.max(1);
        for block in blocks.iter_mut().enumerate().filter(|(at, _)| cursor != Some(*at)).map(|(_, b)| b) {
            block.whole = block.lines.len() <= most;
            block.lines.truncate(most);
        }
    }
    let heights: Vec<usize> = blocks.iter().map(|block| block.lines.len()).collect();
    let mut lines = usize::from(area.height);
    let scrolls = heights.iter().sum::<usize>() > lines && lines > 1;
    lines -= usize::from(scrolls);
    let first = first_visible(&heights, cursor.unwrap_or(0), lines);
    let mut y = area.top();
    let bottom = area.top() + lines as u16;
    let mut last = first;
    for (at, (item, block)) in list.items.iter().zip(&blocks).enumerate().skip(first) {
        if y >= bottom {
            break;
        }
        last = at + 1;
        let heading = item.lead.0.is_empty() && item.tail.is_empty();
        let x = if heading { area.x } else { area.x + indent };
        let place = Rect { x, width: if heading { area.width } else { room }, ..area };
        let under = cursor == Some(at);
        text::put_right(&item.lead.0, item.lead.1, look, y, Rect { width: lead, ..area }, buf);
        if item.pinned {
            panel::pin(look, area.x, y, buf);
        }
        text::put_right(&item.tail, look.style(StyleRole::Key), look, y, area, buf);
        let from = y;
        let style =
            if under && !list.focused { item.style.patch(look.style(StyleRole::Strong)) } else { item.style };
        let shown = block.lines.len().min(usize::from(bottom - y));
        for (line, message) in block.lines.iter().enumerate().take(shown) {
            // Words are left out after this line: by the list's own measure, or where the pane ends.
            let cut = line + 1 == shown && !(block.whole && shown == block.lines.len());
            let ellipsis = look.pick('…', '~');
            let message = if cut {
                Cow::Owned(format!("{message} {ellipsis}"))
            } else {
                Cow::Borrowed(message.as_str())
            };
            text::put(&message, style, look, (x, y), place, buf);
            y += 1;
        }
        if under && list.focused {
            text::highlight(Rect { x, y: from, width: place.width, height: y - from }, look, buf);
        }
    }
    if scrolls {
        let foot = Rect { y: bottom, height: 1, ..area };
        more(first, last - first, list.items.len(), look, foot, buf);
        y = bottom + 1;
    }
    y - area.top()
}

/// The first entry to show so that the cursor's one is in view as a whole, with as much of the preceding entries as fits.
fn first_visible(heights: &[usize], cursor: usize, room: usize) -> usize {
    let mut first = cursor;
    let mut used = heights.get(cursor).copied().unwrap_or(0);
    // What follows the cursor wants a third of the room.
    let after: usize = heights.iter().skip(cursor + 1).sum();
    let above = room.saturating_sub(after.min(room / 3));
    while first > 0 && used + heights[first - 1] <= above.max(heights[cursor]) {
        first -= 1;
        used += heights[first];
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(message: &[&str], cursor: usize, width: u16, height: u16) -> Vec<String> {
        let look = Look::default();
        let items: Vec<Item<'_>> = message
            .iter()
            .map(|&message| Item::new("*", Style::new(), message, Style::new()).ending("4"))
            .collect();
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        draw(&List { items: &items, cursor: Some(cursor), focused: true, most: 2 }, &look, area, &mut buf);
        let line = |y: u16| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| line(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn what_the_cursor_is_on_stands_in_full_and_the_rest_says_that_it_is_cut() {
        let message = ["one two three four five six", "seven", "eight nine ten eleven twelve thirteen"];
        assert_eq!(
            drawn(&message, 0, 14, 7),
            [
                "* one two    4",
                "  three four",
                "  five six",
                "* seven      4",
                "* eight nine 4",
                "  ten eleve…",
                ""
            ]
        );
        assert!(drawn(&message, 0, 14, 9).join(" ").contains("thirteen"), "all of it has room");
        let last = drawn(&message, 2, 14, 5);
        assert!(last.join(" ").contains("twelve"), "{last:?}");
        assert!(last[4].starts_with("3–3 of 3 ▲"), "{last:?}");
    }

    #[test]
    fn every_cursor_is_in_view_at_every_height() {
        let message: Vec<String> = (0..9).map(|at| format!("entry{at} {}", "word ".repeat(at % 4))).collect();
        let message: Vec<&str> = message.iter().map(String::as_str).collect();
        for height in 4..16 {
            for cursor in 0..message.len() {
                let shown = drawn(&message, cursor, 16, height).join("\n");
                assert!(shown.contains(&format!("entry{cursor}")), "{height} {cursor}\n{shown}");
            }
        }
    }
}
