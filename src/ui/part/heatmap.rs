//! Heat maps: a line a feature, a cell a window, with events above, a cursor and a legend below.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    case::keys::PSI_EDGES,
    ui::{
        look::{Heat, Look, StyleRole, Swatch, diverging_step, sequential_step},
        part::{
            chart::EventMark,
            table::{Align, first_visible, more},
            text,
        },
    },
};

/// How much room a cell takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Zoom {
    /// Two lines of the map share a line of the screen (upper and lower half block); 256 colours only, else as `One`.
    Half,
    /// One column.
    One,
    /// Two columns.
    #[default]
    Two,
    /// Three columns.
    Three,
    /// Four columns.
    Four,
    /// Five columns and the number.
    Number,
}

impl Zoom {
    /// All levels, the densest first.
    pub const ALL: [Self; 6] = [Self::Half, Self::One, Self::Two, Self::Three, Self::Four, Self::Number];

    /// How many columns a window takes.
    #[must_use]
    pub const fn columns(self) -> u16 {
        match self {
            Self::Half | Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
            Self::Number => 5,
        }
    }

    /// The next larger one.
    #[must_use]
    pub fn nearer(self) -> Self {
        Self::ALL.into_iter().find(|&zoom| zoom > self).unwrap_or(self)
    }

    /// The next denser one.
    #[must_use]
    pub fn farther(self) -> Self {
        Self::ALL.into_iter().rev().find(|&zoom| zoom < self).unwrap_or(self)
    }
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// Not computed yet, or too few rows to say.
    Unknown,
    /// The window has no rows.
    NoRows,
    /// The measure.
    Value(f64),
}

/// From values to shades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ramp {
    /// More is worse; the edges of the five upper steps.
    Sequential([f64; 5]),
    /// Away from zero is worse; the edges of three steps on each side.
    Diverging([f64; 3]),
}

impl Ramp {
    /// The ramp of the population stability index.
    pub const PSI: Self = Self::Sequential(PSI_EDGES);

    /// How a cell is filled.
    #[must_use]
    pub fn swatch(&self, cell: Cell, look: &Look) -> Swatch {
        match (cell, self) {
            (Cell::Unknown, _) => look.sequential(Heat::Unknown),
            (Cell::NoRows, _) => look.sequential(Heat::NoRows),
            (Cell::Value(value), _) if !value.is_finite() => look.sequential(Heat::Unknown),
            (Cell::Value(value), Self::Sequential(edges)) => {
                look.sequential(Heat::Step(sequential_step(value, edges)))
            }
            (Cell::Value(value), Self::Diverging(edges)) => look.diverging(diverging_step(value, edges)),
        }
    }
}

/// A column of texts beside the cells.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its head.
    pub head: &'a str,
    /// Its width.
    pub width: u16,
    /// The alignment of its texts.
    pub align: Align,
}

/// A line of the map.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Texts on the left, one a [`HeatMap::left`] column.
    pub left: Vec<(String, Style)>,
    /// One a window.
    pub cells: Vec<Cell>,
    /// Texts on the right, one a [`HeatMap::right`] column.
    pub right: Vec<(String, Style)>,
    /// Whether it is a heading (of a group): its first text over the whole line, and no cells.
    pub heading: bool,
    /// Two small distributions behind the cells: the bins' shares in training and in production.
    pub shapes: Vec<(f64, f64)>,
}

/// A heat map to draw.
#[derive(Debug, Clone)]
pub struct HeatMap<'a> {
    /// What the cells measure, for the legend.
    pub measure: &'a str,
    /// From values to shades.
    pub ramp: Ramp,
    /// Columns of texts on the left.
    pub left: &'a [Side<'a>],
    /// Columns of texts on the right; left out from the last when there is no room.
    pub right: &'a [Side<'a>],
    /// Lines that stay on top whatever is in view.
    pub pinned: &'a [Row],
    /// The lines.
    pub rows: &'a [Row],
    /// What the two sides of the rows' distributions are called; none where they are not drawn.
    pub shapes: Option<[&'a str; 2]>,
    /// Labels of windows, ascending: (window, label).
    pub ticks: &'a [(usize, String)],
    /// Events by window.
    pub events: &'a [EventMark],
    /// How the lines are sorted, below the heads.
    pub sorted: &'a str,
    /// The cursor: line and window.
    pub cursor: Option<(usize, usize)>,
    /// How much room a cell takes.
    pub zoom: Zoom,
    /// Text of the cursor's window, below the map.
    pub at_cursor: &'a str,
}

/// Columns of one small distribution.
const SHAPE: u16 = 8;

/// The layout of the map.
struct Places {
    /// The cells.
    cells: Rect,
    /// The columns of the distributions, if they have room.
    shapes: Option<u16>,
    /// Columns of the texts on the right that have room.
    right: usize,
    /// The first window in view, and how many are.
    first: usize,
    windows: usize,
    /// Lines of the map a line of the screen.
    lines_per_row: usize,
}

impl HeatMap<'_> {
    fn windows(&self) -> usize {
        self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0)
    }

    fn places(&self, look: &Look, area: Rect) -> Option<Places> {
        let dense =
            self.zoom == Zoom::Half && look.depth == crate::ui::look::Depth::Indexed && !look.is_ascii();
        let side = |sides: &[Side<'_>]| sides.iter().map(|side| side.width + 1).sum::<u16>();
        // The cursor's sign, the texts on the left, then the cells.
        let start = 1 + side(self.left);
        let wanted = u16::try_from(self.windows()).unwrap_or(u16::MAX).saturating_mul(self.zoom.columns());
        let mut right = self.right.len();
        while right > 0 && start + side(&self.right[..right]) + wanted.min(12) > area.width {
            right -= 1;
        }
        let shapes = 2 * (SHAPE + 1);
        let texts = start + side(&self.right[..right]);
        // The windows come first: distributions are drawn where all of them fit beside.
        let shown = self.shapes.is_some() && area.width >= texts + shapes + wanted.min(30);
        let texts = texts + if shown { shapes } else { 0 };
        let width = area.width.checked_sub(texts).filter(|&w| w >= self.zoom.columns())?;
        let height = area.height.checked_sub(4 + self.pinned.len() as u16).filter(|&h| h > 0)?;
        let windows = usize::from(width / self.zoom.columns()).min(self.windows());
        let cursor = self.cursor.map_or(0, |(_, window)| window);
        let first = first_visible(cursor, self.windows(), windows);
        let y = area.y + 2 + self.pinned.len() as u16;
        let cells = Rect { x: area.x + start, y, width: windows as u16 * self.zoom.columns(), height };
        let shapes = shown.then(|| cells.right() + 1 + side(&self.right[..right]));
        Some(Places { cells, shapes, right, first, windows, lines_per_row: if dense { 2 } else { 1 } })
    }
}

/// Draws the map: heads, events, lines, how much is in view, legend.
pub fn draw(map: &HeatMap<'_>, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let Some(places) = map.places(look, area) else {
        text::put("too narrow for the map", look.style(StyleRole::Dim), look, (area.x, area.y), area, buf);
        return;
    };
    heads(map, &places, look, area, buf);
    for (y, row) in (area.y + 2..).zip(map.pinned) {
        line(map, &places, row, usize::MAX, y, look, area, buf);
    }
    let room = usize::from(places.cells.height) * places.lines_per_row;
    let cursor_row = map.cursor.map_or(0, |(row, _)| row);
    let mut first = first_visible(cursor_row, map.rows.len(), room);
    if places.lines_per_row == 2 {
        first -= first % 2;
    }
    if places.lines_per_row == 2 {
        for (line, pair) in
            map.rows[first.min(map.rows.len())..].chunks(2).take(places.cells.height.into()).enumerate()
        {
            half_line(map, &places, pair, first + line * 2, places.cells.y + line as u16, look, area, buf);
        }
    } else {
        for (y, (index, row)) in
            (places.cells.top()..places.cells.bottom()).zip(map.rows.iter().enumerate().skip(first))
        {
            line(map, &places, row, index, y, look, area, buf);
        }
    }
    foot(map, &places, first, room, look, area, buf);
}

fn heads(map: &HeatMap<'_>, places: &Places, look: &Look, area: Rect, buf: &mut Buffer) {
    let dim = look.style(StyleRole::Dim);
    let heads = |sides: &[Side<'_>]| sides.iter().map(|side| (side.head.to_owned(), dim)).collect::<Vec<_>>();
    sides(map.left, &heads(map.left), area.x + 1, area.y, look, area, buf);
    let right = &map.right[..places.right];
    sides(right, &heads(right), places.cells.right() + 1, area.y, look, area, buf);
    if let (Some(x), Some(heads)) = (places.shapes, map.shapes) {
        for (at, head, meaning) in [(0, heads[0], StyleRole::Training), (1, heads[1], StyleRole::Production)]
        {
            let place = Rect { x: x + at * (SHAPE + 1), width: SHAPE, ..area }.intersection(area);
            text::put(head, look.style(meaning), look, (place.x, area.y), place, buf);
        }
    }
    let columns = map.zoom.columns();
    let mut free_from = places.cells.left();
    for (window, label) in map.ticks {
        let Some(at) = window.checked_sub(places.first).filter(|&at| at < places.windows) else {
            continue;
        };
        let x = places.cells.left() + at as u16 * columns;
        let end = x + text::width(label) as u16;
        if x >= free_from && end <= places.cells.right().max(places.cells.left() + 5) {
            text::put(label, dim, look, (x, area.y), area, buf);
            free_from = end + 2;
        }
    }
    let below = Rect { width: places.cells.x - area.x, ..area };
    text::put(map.sorted, dim, look, (area.x + 1, area.y + 1), below, buf);
    for strong in [false, true] {
        for event in map.events.iter().filter(|event| event.strong == strong) {
            let at = event.at - places.first as f64;
            if !(at >= 0.0 && at < places.windows as f64) {
                continue;
            }
            let x = places.cells.left() + at as u16 * columns;
            let (glyph, style) = event.drawn(look);
            text::put_char(glyph, style, (x, area.y + 1), area, buf);
        }
    }
    // How many windows lie beyond either edge.
    let line = Rect { y: area.y + 1, height: 1, ..places.cells };
    let beyond = map.windows() - (places.first + places.windows).min(map.windows());
    if places.first > 0 {
        let message = format!("{} {} ", look.pick('‹', '<'), places.first);
        text::put(&message, look.style(StyleRole::Watch), look, (line.x, line.y), line, buf);
    }
    if beyond > 0 {
        let message = format!(" {beyond} {}", look.pick('›', '>'));
        text::put_right(&message, look.style(StyleRole::Watch), look, line.y, line, buf);
    }
}

/// Draws the two small distributions of a line, each scaled to the higher one.
fn shapes(row: &Row, x: u16, y: u16, look: &Look, area: Rect, buf: &mut Buffer) {
    let peak =
        row.shapes.iter().flat_map(|(a, b)| [*a, *b]).fold(0.0, |top: f64, x| if x > top { x } else { top });
    if peak <= 0.0 {
        return;
    }
    let n = row.shapes.len();
    for (side, meaning) in [(0, StyleRole::Training), (1, StyleRole::Production)] {
        for column in 0..usize::from(SHAPE).min(n) {
            // Where there are more bins than columns, a column shows the highest of its bins.
            let (from, to) =
                (column * n / usize::from(SHAPE).min(n), (column + 1) * n / usize::from(SHAPE).min(n));
            let bins = &row.shapes[from..to.max(from + 1)];
            let share = bins.iter().map(|bin| if side == 0 { bin.0 } else { bin.1 });
            let share = share.fold(0.0, |top: f64, x| if x > top { x } else { top });
            let level = (share / peak * 8.0).round() as usize;
            let glyph = if share > 0.0 { look.spark(level.max(1)) } else { ' ' };
            let at = (x + side * (SHAPE + 1) + column as u16, y);
            text::put_char(glyph, look.style(meaning), at, area, buf);
        }
    }
}

/// Writes the texts beside the cells.
fn sides(
    sides: &[Side<'_>],
    texts: &[(String, Style)],
    mut x: u16,
    y: u16,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    for (side, (words, style)) in sides.iter().zip(texts) {
        let place = Rect { x, y, width: side.width, height: 1 }.intersection(area);
        match side.align {
            Align::Left => {
                text::put(words, *style, look, (x, y), place, buf);
            }
            Align::Right => {
                text::put_right(words, *style, look, y, place, buf);
            }
        }
        x += side.width + 1;
    }
}

fn line(
    map: &HeatMap<'_>,
    places: &Places,
    row: &Row,
    index: usize,
    y: u16,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let under = map.cursor.is_some_and(|(cursor, _)| cursor == index);
    if row.heading {
        let words = row.left.first().map_or("", |(words, _)| words);
        text::put(words, look.style(StyleRole::Strong), look, (area.x + 1, y), area, buf);
    } else {
        sides(map.left, &row.left, area.x + 1, y, look, area, buf);
        sides(&map.right[..places.right], &row.right, places.cells.right() + 1, y, look, area, buf);
        for (at, cell) in row.cells.iter().skip(places.first).take(places.windows).enumerate() {
            let x = places.cells.left() + at as u16 * map.zoom.columns();
            let here = under && map.cursor.is_some_and(|(_, window)| window == at + places.first);
            one(map, *cell, here, Rect { x, y, width: map.zoom.columns(), height: 1 }, look, buf);
        }
        if let Some(x) = places.shapes {
            shapes(row, x, y, look, area, buf);
        }
    }
    if under {
        text::put_char(look.pick('▶', '>'), look.style(StyleRole::Strong), (area.x, y), area, buf);
        let names = Rect { x: area.x + 1, y, width: places.cells.x.saturating_sub(area.x + 2), height: 1 };
        text::highlight(names.intersection(area), look, buf);
    }
}

/// Draws one cell; the one under the cursor is marked by a sign that no ramp uses.
fn one(map: &HeatMap<'_>, cell: Cell, here: bool, place: Rect, look: &Look, buf: &mut Buffer) {
    let swatch = map.ramp.swatch(cell, look);
    for x in place.left()..place.right() {
        text::put_char(swatch.glyph, swatch.style, (x, place.y), place, buf);
    }
    if map.zoom == Zoom::Number
        && let Cell::Value(value) = cell
    {
        let number = match value.abs() {
            size if !size.is_finite() => String::new(),
            size if size < 9.995 => format!("{value:.2}"),
            _ => format!("{value:.0}"),
        };
        let number = number.replace("0.", ".").replace('-', "−");
        let blank = " ".repeat(usize::from(place.width));
        text::put(&blank, swatch.text, look, (place.x, place.y), place, buf);
        text::put_right(&number, swatch.text, look, place.y, Rect { width: place.width - 1, ..place }, buf);
    }
    if here {
        let style = swatch.text.patch(look.style(StyleRole::Strong));
        if place.width >= 5 {
            text::highlight(place, look, buf);
        } else if place.width >= 2 {
            text::put_char('[', style, (place.x, place.y), place, buf);
            text::put_char(']', style, (place.right() - 1, place.y), place, buf);
        } else {
            text::put_char(look.pick('◈', 'X'), style, (place.x, place.y), place, buf);
        }
    }
}

/// Two lines of the map in one line of the screen: the upper one is the character's colour, the lower its background.
fn half_line(
    map: &HeatMap<'_>,
    places: &Places,
    pair: &[Row],
    index: usize,
    y: u16,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let under = map.cursor.is_some_and(|(row, _)| (index..index + pair.len()).contains(&row));
    // One name fits: the one under the cursor, else the upper one.
    let lower = map.cursor.is_some_and(|(row, _)| row == index + 1);
    let named = pair.get(usize::from(lower)).or_else(|| pair.first());
    if let Some(row) = named {
        sides(map.left, &row.left, area.x + 1, y, look, area, buf);
        sides(&map.right[..places.right], &row.right, places.cells.right() + 1, y, look, area, buf);
    }
    let colour = |row: Option<&Row>, window: usize| {
        let cell = row.and_then(|row| row.cells.get(window)).copied().unwrap_or(Cell::NoRows);
        map.ramp.swatch(cell, look).style.bg
    };
    for at in 0..places.windows {
        let window = at + places.first;
        let style =
            Style { fg: colour(pair.first(), window), bg: colour(pair.get(1), window), ..Style::new() };
        let place = (places.cells.left() + at as u16, y);
        let (glyph, style) = match (style.fg, style.bg) {
            (Some(_), _) => ('▀', style),
            (None, Some(lower)) => ('▄', Style::new().fg(lower)),
            (None, None) => ('╌', look.style(StyleRole::Dim)),
        };
        let here = under && map.cursor.is_some_and(|(_, cursor)| cursor == window);
        text::put_char(if here { '◈' } else { glyph }, style, place, area, buf);
    }
    if under {
        let sign = if lower { '▄' } else { '▀' };
        text::put_char(sign, look.style(StyleRole::Strong), (area.x, y), area, buf);
    }
}

/// Draws how much is in view, where the cursor's column is, and the legend.
fn foot(
    map: &HeatMap<'_>,
    places: &Places,
    first: usize,
    room: usize,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let y = places.cells.bottom();
    let dim = look.style(StyleRole::Dim);
    let line = Rect { y, height: 1, ..area };
    if map.rows.len() > room {
        more(
            first,
            room,
            map.rows.len(),
            look,
            Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..line },
            buf,
        );
    }
    let at =
        map.cursor.and_then(|(_, window)| window.checked_sub(places.first)).filter(|&at| at < places.windows);
    if let (Some(at), false) = (at, map.at_cursor.is_empty()) {
        let x = places.cells.left() + at as u16 * map.zoom.columns();
        let words = text::width(&text::shown(map.at_cursor, look)) as u16;
        text::put_char(look.pick('▲', '^'), dim, (x, y), line, buf);
        if x + 2 + words <= area.right() {
            text::put(map.at_cursor, dim, look, (x + 2, y), line, buf);
        } else if let Some(left) = x.checked_sub(words + 1).filter(|&left| left >= places.cells.left()) {
            text::put(map.at_cursor, dim, look, (left, y), line, buf);
        }
    }
    legend(
        map.measure,
        &map.ramp,
        look,
        Rect { x: area.x + 1, y: y + 1, width: area.width.saturating_sub(1), height: 1 },
        buf,
    );
}

/// Draws the ramp with its edges, and what the signs of absence mean.
pub fn legend(measure: &str, ramp: &Ramp, look: &Look, area: Rect, buf: &mut Buffer) {
    let dim = look.style(StyleRole::Dim);
    let mut x = text::put(&format!("{measure}  "), dim, look, (area.x, area.y), area, buf);
    let mut step = |cell: Cell, words: &str, x: u16| {
        if usize::from(area.right().saturating_sub(x)) < 3 + text::width(&look.spelled(words)) {
            return x;
        }
        let swatch = ramp.swatch(cell, look);
        for column in [x, x + 1] {
            text::put_char(swatch.glyph, swatch.style, (column, area.y), area, buf);
        }
        text::put(&format!(" {words}  "), dim, look, (x + 2, area.y), area, buf)
    };
    match ramp {
        Ramp::Sequential(edges) => {
            let number = |v: f64| {
                if v < 1.0 { format!("{v:.2}").replacen('0', "", 1) } else { format!("{v:.0}") }
            };
            x = step(Cell::Value(edges[0] - edges[0].abs()), &format!("<{}", number(edges[0])), x);
            for (i, edge) in edges.iter().enumerate() {
                let sign = if i + 1 == edges.len() { "≥" } else { "" };
                x = step(Cell::Value(*edge), &format!("{sign}{}", number(*edge)), x);
            }
        }
        Ramp::Diverging(edges) => {
            for edge in edges.iter().rev() {
                x = step(Cell::Value(-edge), &format!("−{edge}"), x);
            }
            x = step(Cell::Value(0.0), "0", x);
            for edge in edges {
                x = step(Cell::Value(*edge), &format!("+{edge}"), x);
            }
        }
    }
    if usize::from(area.right().saturating_sub(x)) >= 28 {
        x = step(Cell::Unknown, "not known", x);
        step(Cell::NoRows, "no rows", x);
    }
}
