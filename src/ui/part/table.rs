//! Tables: a head, lines, a cursor, and signs where more is above or below.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::ui::{
    look::{Look, StyleRole},
    part::{panel, text},
};

/// The alignment of a column's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Words.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// How wide a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As wide as its widest text, at most this.
    Content(u16),
    /// Always this.
    Fixed(u16),
    /// What the others leave.
    Rest,
}

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its head.
    pub head: &'a str,
    /// How wide it is.
    pub width: Width,
    /// The alignment of its texts.
    pub align: Align,
    /// Columns are left out from the highest number down when there is no room; 0 stays.
    pub optional: u8,
}

impl<'a> Column<'a> {
    /// A column of words, as wide as its content.
    #[must_use]
    pub fn words(head: &'a str, at_most: u16) -> Self {
        Self { head, width: Width::Content(at_most), align: Align::Left, optional: 0 }
    }

    /// A column of numbers, as wide as its content.
    #[must_use]
    pub fn numbers(head: &'a str) -> Self {
        Self { head, width: Width::Content(16), align: Align::Right, optional: 0 }
    }

    /// The column that takes what the others leave.
    #[must_use]
    pub fn rest(head: &'a str) -> Self {
        Self { head, width: Width::Rest, align: Align::Left, optional: 0 }
    }

    /// The same column, left out when there is no room; the highest number first.
    #[must_use]
    pub fn optional(self, rank: u8) -> Self {
        Self { optional: rank, ..self }
    }
}

/// A line of a table.
#[derive(Debug, Clone, Default)]
pub struct Row<'a> {
    /// One text a column.
    pub cells: Vec<Line<'a>>,
    /// Whether it is a heading that takes the whole line (its first cell).
    pub heading: bool,
    /// Whether it is pinned to the report.
    pub pinned: bool,
}

impl<'a> Row<'a> {
    /// A line of cells.
    #[must_use]
    pub fn new(cells: Vec<Line<'a>>) -> Self {
        Self { cells, heading: false, pinned: false }
    }
}

/// A table to draw.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    /// Its columns.
    pub columns: &'a [Column<'a>],
    /// Its lines.
    pub rows: &'a [Row<'a>],
    /// The line under the cursor.
    pub cursor: Option<usize>,
    /// Whether heads are drawn.
    pub heads: bool,
}

/// The first line to show so that the cursor's line is among `room` lines, with what is before it in view.
#[must_use]
pub fn first_visible(cursor: usize, rows: usize, room: usize) -> usize {
    if rows <= room || room == 0 {
        return 0;
    }
    // The cursor stays in the middle third where the list allows it, so that the next lines can be read.
    cursor.saturating_sub(room / 2).min(rows - room)
}

/// Draws the table; if not all lines fit, the last one shows their number.
pub fn draw(table: &Table<'_>, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let widths = widths(table, look, area.width);
    let mut y = area.top();
    if table.heads {
        let dim = look.style(StyleRole::Dim);
        let heads: Vec<Line<'_>> =
            table.columns.iter().map(|c| Line::from(Span::styled(c.head.to_owned(), dim))).collect();
        cells(&heads, table.columns, &widths, look, Rect { y, height: 1, ..area }, buf);
        y += 1;
    }
    let mut room = usize::from(area.bottom().saturating_sub(y));
    let scrolls = table.rows.len() > room && room > 1;
    if scrolls {
        room -= 1;
    }
    let first = first_visible(table.cursor.unwrap_or(0), table.rows.len(), room);
    for (index, row) in table.rows.iter().enumerate().skip(first).take(room) {
        let line = Rect { y, height: 1, ..area };
        if row.heading {
            if let Some(title) = row.cells.first() {
                text::put_line(title, look, (line.x, y), line, buf);
            }
        } else {
            cells(&row.cells, table.columns, &widths, look, line, buf);
        }
        if table.cursor == Some(index) {
            text::highlight(line, look, buf);
        }
        if row.pinned {
            panel::pin(look, line.x, y, buf);
        }
        y += 1;
    }
    if scrolls {
        more(first, room, table.rows.len(), look, Rect { y: area.bottom() - 1, height: 1, ..area }, buf);
    }
}

/// A table of texts: words on the left, numbers on the right.
pub fn texts(rows: &[Vec<String>], cursor: Option<usize>, look: &Look, area: Rect, buf: &mut Buffer) {
    let rows = joined(rows);
    let Some((heads, lines)) = rows.split_first() else { return };
    let columns: Vec<Column<'_>> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| if at == 0 { Column::words(head, 40) } else { Column::numbers(head) })
        .collect();
    let line = |row: &Vec<String>| {
        let cell = |(at, text): (usize, &String)| {
            let meaning = if at == 0 { StyleRole::Dim } else { StyleRole::Text };
            Line::styled(text.clone(), look.style(meaning))
        };
        Row::new(row.iter().enumerate().map(cell).collect())
    };
    let rows: Vec<Row<'_>> = lines.iter().map(line).collect();
    draw(&Table { columns: &columns, rows: &rows, cursor, heads: true }, look, area, buf);
}

/// The same table with a pair of columns `recall before` and `recall since` as one, `recall`: `0.872 → 0.621`.
fn joined(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let Some(heads) = rows.first() else { return Vec::new() };
    let name = |at: usize| {
        let own = heads.get(at)?.strip_suffix(" before")?;
        (heads.get(at + 1)?.strip_suffix(" since")? == own).then_some(own)
    };
    let cells = |(line, row): (usize, &Vec<String>)| -> Vec<String> {
        let mut cells = Vec::new();
        let mut at = 0;
        while at < row.len() {
            let (cell, taken) = match (name(at), row.get(at + 1)) {
                (Some(name), Some(_)) if line == 0 => (name.to_owned(), 2),
                (Some(_), Some(since)) => (format!("{} → {since}", row[at]), 2),
                _ => (row[at].clone(), 1),
            };
            cells.push(cell);
            at += taken;
        }
        cells
    };
    rows.iter().enumerate().map(cells).collect()
}

/// Writes `12–30 of 38 ▲ ▼`: which lines of a list are in view, and on which sides more is.
pub fn more(first: usize, shown: usize, of: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let last = (first + shown).min(of);
    let up = if first > 0 { look.pick('▲', '^') } else { ' ' };
    let down = if last < of { look.pick('▼', 'v') } else { ' ' };
    let message = format!("{}–{last} of {of} {up}{down}", (first + 1).min(of));
    text::put(message.trim_end(), look.style(StyleRole::Dim), look, (area.left(), area.top()), area, buf);
}

/// Draws one line's cells.
fn cells(
    cells: &[Line<'_>],
    columns: &[Column<'_>],
    widths: &[u16],
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let mut x = area.left();
    for ((cell, column), &width) in cells.iter().zip(columns).zip(widths) {
        if width == 0 {
            continue;
        }
        let place = Rect { x, width, ..area }.intersection(area);
        let taken: usize = cell.spans.iter().map(|s| text::width(&text::shown(&s.content, look))).sum();
        let start = match column.align {
            Align::Right => x + width.saturating_sub(u16::try_from(taken).unwrap_or(width)),
            Align::Left => x,
        };
        text::put_line(cell, look, (start, area.top()), place, buf);
        x = x.saturating_add(width + 1);
    }
}

/// The width of the widest text of a column, with its head where heads are drawn.
fn widest(table: &Table<'_>, at: usize, look: &Look) -> u16 {
    let head = if table.heads { text::width(&text::shown(table.columns[at].head, look)) } else { 0 };
    let cells = table.rows.iter().filter(|row| !row.heading).filter_map(|row| row.cells.get(at));
    let width = |cell: &Line<'_>| -> usize {
        cell.spans.iter().map(|s| text::width(&text::shown(&s.content, look))).sum()
    };
    u16::try_from(cells.map(width).fold(head, usize::max)).unwrap_or(u16::MAX)
}

/// Gives room that nothing else needs to columns of words that would be cut at their usual width.
fn grow(natural: &mut [u16], kept: &[bool], table: &Table<'_>, look: &Look, mut spare: u16) {
    for (at, column) in table.columns.iter().enumerate() {
        if kept[at] && column.width == Width::Rest {
            spare = spare.saturating_sub(widest(table, at, look).saturating_sub(natural[at]));
        }
    }
    for (at, column) in table.columns.iter().enumerate() {
        if kept[at] && matches!(column.width, Width::Content(most) if most > 0) {
            let more = widest(table, at, look).saturating_sub(natural[at]).min(spare);
            natural[at] += more;
            spare -= more;
        }
    }
}

/// How wide each column becomes; 0 for those left out.
fn widths(table: &Table<'_>, look: &Look, room: u16) -> Vec<u16> {
    let natural: Vec<u16> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| match column.width {
            Width::Fixed(width) => width,
            Width::Rest => text::width(&text::shown(column.head, look)).max(8) as u16,
            Width::Content(at_most) => widest(table, at, look).min(at_most),
        })
        .collect();
    let mut kept = vec![true; natural.len()];
    let needed = |natural: &[u16], kept: &[bool]| -> u32 {
        let wanted = natural.iter().zip(kept).filter(|(_, k)| **k);
        wanted.map(|(w, _)| u32::from(*w) + 1).sum::<u32>().saturating_sub(1)
    };
    let mut ranks: Vec<(u8, usize)> =
        table.columns.iter().enumerate().map(|(at, c)| (c.optional, at)).collect();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    for (_, at) in ranks.into_iter().filter(|(rank, _)| *rank > 0) {
        if needed(&natural, &kept) <= u32::from(room) {
            break;
        }
        kept[at] = false;
    }
    let mut natural = natural;
    let spare = u32::from(room).saturating_sub(needed(&natural, &kept)) as u16;
    grow(&mut natural, &kept, table, look, spare);
    let spare = u32::from(room).saturating_sub(needed(&natural, &kept)) as u16;
    let rests =
        table.columns.iter().zip(&kept).filter(|(c, k)| **k && c.width == Width::Rest).count().max(1) as u16;
    let mut widths: Vec<u16> = natural
        .iter()
        .zip(table.columns)
        .zip(&kept)
        .map(|((&width, column), &kept)| match (kept, column.width) {
            (false, _) => 0,
            (true, Width::Rest) => width + spare / rests,
            (true, _) => width,
        })
        .collect();
    // Too narrow even so: the widest gives way, so that numbers on the right stay readable.
    while widths.iter().filter(|w| **w > 0).map(|w| u32::from(*w) + 1).sum::<u32>() > u32::from(room) + 1 {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    widths
}
