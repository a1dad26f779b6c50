//! Line charts: braille lines over two axes, with interval bands, faint immature ends, levels, an onset and events.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    summary::Micros,
    text::time,
    ui::{
        look::{Look, StyleRole},
        part::{
            axis::{Axis, Tick},
            dots::{Dots, Stroke},
            text,
        },
    },
};

/// One point of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The position on the horizontal axis.
    pub x: f64,
    /// Its value; none breaks the line.
    pub y: Option<f64>,
    /// Its interval, drawn as a band behind the line.
    pub interval: Option<(f64, f64)>,
    /// Whether it is drawn faint: labels are still coming.
    pub faint: bool,
}

impl Point {
    /// A point without an interval.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y: Some(y), interval: None, faint: false }
    }
}

/// A line.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its points, ascending in `x`.
    pub points: Vec<Point>,
    /// Its style.
    pub style: Style,
    /// How it is interrupted.
    pub stroke: Stroke,
    /// A sign drawn at every point, over the line.
    pub marker: Option<char>,
}

/// A line across the whole picture.
#[derive(Debug, Clone)]
pub struct Guide {
    /// The position on the axis that it crosses.
    pub at: f64,
    /// What it is; written beside it.
    pub label: String,
    /// Its style.
    pub style: Style,
}

impl Guide {
    /// Where a change ended.
    #[must_use]
    pub fn over(at: Micros, look: &Look) -> Self {
        Self {
            at: at as f64,
            label: format!("over {}", time::short(at)),
            style: look.style(StyleRole::Strong),
        }
    }
}

/// Something that happened, on a line of its own below the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventMark {
    /// When.
    pub at: f64,
    /// Whether it is the one to look at.
    pub strong: bool,
    /// Drawn in place of the event's sign: `[` and `]` are the ends of a period that the analyst marked.
    pub sign: Option<char>,
}

impl EventMark {
    /// An event.
    #[must_use]
    pub const fn event(at: f64, strong: bool) -> Self {
        Self { at, strong, sign: None }
    }

    /// An end of a marked period.
    #[must_use]
    pub const fn end(at: f64, sign: char) -> Self {
        Self { at, strong: true, sign: Some(sign) }
    }

    /// Its sign with the sign's style.
    #[must_use]
    pub fn drawn(&self, look: &Look) -> (char, Style) {
        match (self.sign, self.strong) {
            (Some(sign), _) => (sign, look.style(StyleRole::Key)),
            (None, true) => (look.pick('◆', '^'), look.style(StyleRole::Strong)),
            (None, false) => (look.pick('◇', 'o'), look.style(StyleRole::Dim)),
        }
    }
}

/// A chart to draw.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines, the last one on top.
    pub series: Vec<Series>,
    /// Vertical lines: the onset.
    pub marks: Vec<Guide>,
    /// Horizontal lines: the value at launch.
    pub levels: Vec<Guide>,
    /// What happened; with any, a line below the axis shows them.
    pub events: Option<Vec<EventMark>>,
    /// Lines of text in the upper left corner of the picture.
    pub notes: Vec<(String, Style)>,
    /// Columns left of the picture at least, so that it shares its axis with what is drawn below it.
    pub gutter: u16,
}

/// The area of a chart's picture, for what is drawn below it on the same axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The room of the lines themselves.
    pub plot: Rect,
}

impl Frame {
    /// The column in which a place (0 to 1) along the horizontal axis falls.
    #[must_use]
    pub fn column(&self, across: f64) -> Option<u16> {
        let width = self.plot.width;
        ((0.0..=1.0).contains(&across) && width > 0)
            .then(|| self.plot.left() + (across * f64::from(width - 1)).round() as u16)
    }
}

/// Draws the chart and returns the area of its picture; none if there is no room.
pub fn draw(chart: &Chart, look: &Look, area: Rect, buf: &mut Buffer) -> Option<Frame> {
    let area = area.intersection(buf.area);
    let frame = axes(chart, look, area, buf)?;
    let plot = frame.plot;
    bands(chart, look, plot, buf);
    levels(chart, look, plot, buf);
    marks(chart, look, plot, buf);
    let mut dots = Dots::new(plot, look);
    for series in &chart.series {
        line(chart, series, look, &mut dots);
    }
    dots.paint(buf);
    markers(chart, look, plot, buf);
    level_labels(chart, look, plot, buf);
    mark_labels(chart, look, plot, buf);
    notes(&chart.notes, look, plot, buf);
    if let Some(events) = &chart.events {
        let y = plot.bottom() + 2;
        let row = Rect { x: area.x, y, width: area.width, height: u16::from(y < area.bottom()) };
        event_row(events, &chart.x, &frame, look, row, buf);
    }
    Some(frame)
}

/// Draws events as signs on one line, each in the column of its instant; the strong ones last, so that they stay visible.
pub fn event_row(events: &[EventMark], x: &Axis, frame: &Frame, look: &Look, row: Rect, buf: &mut Buffer) {
    let gutter = Rect { width: frame.plot.left().saturating_sub(row.left()), ..row };
    let name = if gutter.width >= 6 { "event" } else { "" };
    text::put(name, look.style(StyleRole::Dim), look, (row.left(), row.top()), gutter, buf);
    for strong in [false, true] {
        for event in events.iter().filter(|event| event.strong == strong) {
            let Some(column) = x.place(event.at).and_then(|place| frame.column(place)) else {
                continue;
            };
            let (glyph, style) = event.drawn(look);
            text::put_char(glyph, style, (column, row.top()), row, buf);
        }
    }
}

/// Draws both axes with their labels; returns the room inside, if any is left.
pub fn axes(chart: &Chart, look: &Look, area: Rect, buf: &mut Buffer) -> Option<Frame> {
    let (x, y, with_events) = (&chart.x, &chart.y, chart.events.is_some());
    let below = 2 + u16::from(with_events);
    let height = area.height.checked_sub(below).filter(|&h| h >= 1)?;
    // One label alone gives no scale: finer steps until two of them lie in the picture.
    let wanted = usize::from(height / 2).clamp(2, 6);
    let inside = |tick: &Tick| y.place(tick.at).is_some_and(|place| (0.0..=1.0).contains(&place));
    let ticks = (wanted..=6)
        .map(|number| y.ticks(number))
        .find(|ticks| ticks.iter().filter(|tick| inside(tick)).count() >= 2)
        .unwrap_or_else(|| y.ticks(wanted));
    let widest = ticks.iter().map(|tick| text::width(&tick.label)).max().unwrap_or(0) as u16;
    let gutter = if with_events { widest.max(6) } else { widest + 1 }.max(chart.gutter);
    let width = area.width.checked_sub(gutter + 1).filter(|&w| w >= 4)?;
    let plot = Rect { x: area.x + gutter + 1, y: area.y, width, height };
    let frame = Frame { plot };
    let faint = look.style(StyleRole::Faint);
    let dim = look.style(StyleRole::Dim);
    let axis_x = plot.left() - 1;
    for row in plot.top()..plot.bottom() {
        text::put_char(look.pick('│', '|'), faint, (axis_x, row), area, buf);
    }
    let mut last_row = None;
    for tick in ticks.iter().rev() {
        let Some(place) = y.place(tick.at) else { continue };
        let row = plot.bottom() - 1 - (place.clamp(0.0, 1.0) * f64::from(height - 1)).round() as u16;
        if last_row.is_some_and(|last| row <= last) {
            continue;
        }
        last_row = Some(row);
        let labels = Rect { x: area.x, y: row, width: gutter, height: 1 };
        text::put_right(&tick.label, dim, look, row, labels, buf);
        text::put_char(look.pick('┤', '+'), faint, (axis_x, row), area, buf);
    }
    let base = plot.bottom();
    text::put_char(look.pick('└', '+'), faint, (axis_x, base), area, buf);
    for column in plot.left()..plot.right() {
        text::put_char(look.pick('─', '-'), faint, (column, base), area, buf);
    }
    labels_below(x, &frame, look, Rect { y: base, height: area.bottom() - base, ..area }, buf);
    Some(frame)
}

/// Draws the ticks of the horizontal axis on the first line of `area` and their labels on the second.
fn labels_below(x: &Axis, frame: &Frame, look: &Look, area: Rect, buf: &mut Buffer) {
    let plot = frame.plot;
    let at_most = usize::from(plot.width / 9).clamp(1, 8);
    let mut free_from = area.left();
    let ticks = x.ticks(at_most);
    for tick in &ticks {
        let Some(column) = x.place(tick.at).and_then(|place| frame.column(place)) else {
            continue;
        };
        let width = text::width(&tick.label) as u16;
        // Centred below its tick, but not beyond the ends of the picture.
        let latest = area.right().saturating_sub(width);
        let start = column.saturating_sub(width / 2).max(plot.left().saturating_sub(1)).min(latest);
        if start < free_from {
            continue;
        }
        text::put_char(look.pick('┴', '+'), look.style(StyleRole::Faint), (column, area.top()), area, buf);
        text::put(&tick.label, look.style(StyleRole::Dim), look, (start, area.top() + 1), area, buf);
        free_from = start + width + 1;
    }
}

fn line(chart: &Chart, series: &Series, look: &Look, dots: &mut Dots) {
    let mut before = None;
    let mut along = 0;
    for point in &series.points {
        let place = point.y.and_then(|y| Some((chart.x.place(point.x)?, chart.y.place(y)?)));
        let Some((across, up)) = place else {
            before = None;
            continue;
        };
        let here = dots.at(across, up);
        let style = if point.faint { look.style(StyleRole::Faint) } else { series.style };
        match before {
            Some(from) if series.stroke != Stroke::Points => {
                dots.line(from, here, style, series.stroke, &mut along);
            }
            _ => dots.dot(here, style, series.stroke),
        }
        before = Some(here);
    }
}

/// Fills the intervals of every series, column by column.
fn bands(chart: &Chart, look: &Look, plot: Rect, buf: &mut Buffer) {
    let swatch = look.band();
    for series in chart.series.iter().filter(|s| s.points.iter().any(|p| p.interval.is_some())) {
        for (column, x) in (plot.left()..plot.right()).enumerate() {
            let across = column as f64 / f64::from(plot.width.max(2) - 1);
            let Some((low, high)) = interval_at(chart, series, across) else {
                continue;
            };
            let row = |up: f64| (1.0 - up.clamp(0.0, 1.0)) * f64::from(plot.height - 1);
            let outside = (low < 0.0 && high < 0.0) || (low > 1.0 && high > 1.0);
            if outside {
                continue;
            }
            for y in (row(high).round() as u16)..=(row(low).round() as u16) {
                text::put_char(swatch.glyph, swatch.style, (x, plot.top() + y), plot, buf);
            }
        }
    }
}

/// The interval of a series at a place along the axis, between its neighbouring points, as places on the vertical axis.
fn interval_at(chart: &Chart, series: &Series, across: f64) -> Option<(f64, f64)> {
    let place = |point: &Point| -> Option<(f64, f64, f64)> {
        let (low, high) = point.interval?;
        Some((chart.x.place(point.x)?, chart.y.place(low)?, chart.y.place(high)?))
    };
    let right = series.points.iter().position(|p| chart.x.place(p.x).is_some_and(|x| x >= across - 1e-9))?;
    let b = place(&series.points[right])?;
    if right == 0 {
        return (b.0 - across < 0.01).then_some((b.1, b.2));
    }
    let a = place(&series.points[right - 1])?;
    let t = if b.0 > a.0 { ((across - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 1.0 };
    Some((a.1 + (b.1 - a.1) * t, a.2 + (b.2 - a.2) * t))
}

fn levels(chart: &Chart, look: &Look, plot: Rect, buf: &mut Buffer) {
    for level in &chart.levels {
        let Some(y) = level_row(chart, level, plot) else {
            continue;
        };
        for x in plot.left()..plot.right() {
            let gap = (x - plot.left()) % 2 == 1;
            let keep = buf.cell((x, y)).is_some_and(|cell| cell.symbol() != " ");
            if !gap && !keep {
                text::put_char(look.pick('┄', '-'), level.style, (x, y), plot, buf);
            }
        }
    }
}

/// The line of the picture that a level lies on, if it lies on one.
fn level_row(chart: &Chart, level: &Guide, plot: Rect) -> Option<u16> {
    let up = chart.y.place(level.at).filter(|up| (0.0..=1.0).contains(up))?;
    Some(plot.bottom() - 1 - (up * f64::from(plot.height - 1)).round() as u16)
}

/// Writes what the levels are at their right end: below the line, or where less is hidden.
fn level_labels(chart: &Chart, look: &Look, plot: Rect, buf: &mut Buffer) {
    for level in chart.levels.iter().filter(|level| !level.label.is_empty()) {
        let Some(y) = level_row(chart, level, plot).filter(|_| plot.height > 2) else {
            continue;
        };
        let label = format!(" {}", level.label);
        let width = (text::width(&label) as u16).min(plot.width);
        let mut rows: Vec<u16> = (plot.top()..plot.bottom()).filter(|&row| row != y).collect();
        rows.sort_by_key(|&row| (row.abs_diff(y), row < y));
        let taken = |&row: &u16| {
            (plot.right() - width..plot.right()).filter(|&x| buf[(x, row)].symbol() != " ").count()
        };
        if let Some(row) = rows.into_iter().take(4).min_by_key(taken) {
            text::put_right(&label, level.style, look, row, plot, buf);
        }
    }
}

fn marks(chart: &Chart, look: &Look, plot: Rect, buf: &mut Buffer) {
    let frame = Frame { plot };
    for mark in &chart.marks {
        let Some(column) = chart.x.place(mark.at).and_then(|place| frame.column(place)) else {
            continue;
        };
        for y in plot.top()..plot.bottom() {
            text::put_char(look.pick('┊', '|'), mark.style, (column, y), plot, buf);
        }
    }
}

/// Writes what the vertical lines are beside them, in the first line where nothing is hidden.
fn mark_labels(chart: &Chart, look: &Look, plot: Rect, buf: &mut Buffer) {
    let frame = Frame { plot };
    for mark in chart.marks.iter().filter(|mark| !mark.label.is_empty()) {
        let Some(column) = chart.x.place(mark.at).and_then(|place| frame.column(place)) else {
            continue;
        };
        let width = text::width(&text::shown(&mark.label, look)) as u16;
        let right = (width + 2 <= plot.right().saturating_sub(column)).then_some(column + 2);
        let left = column.checked_sub(width + 1).filter(|&x| x >= plot.left());
        let starts: Vec<u16> = right.into_iter().chain(left).collect();
        let free = |&(x, y): &(u16, u16)| (x..x + width).all(|x| buf[(x, y)].symbol() == " ");
        let places: Vec<(u16, u16)> =
            (plot.top()..plot.bottom()).flat_map(|y| starts.iter().map(move |&x| (x, y))).collect();
        if let Some(&at) = places.iter().find(|place| free(place)).or_else(|| places.first()) {
            text::put(&mark.label, mark.style, look, at, plot, buf);
        }
    }
}

/// Writes lines of text into the corner of the picture where they hide least.
fn notes(notes: &[(String, Style)], look: &Look, plot: Rect, buf: &mut Buffer) {
    let width = notes.iter().map(|(note, _)| text::width(&text::shown(note, look))).max().unwrap_or(0) as u16;
    let width = (width + 1).min(plot.width);
    let height = (notes.len() as u16).min(plot.height);
    let (right, below) = (plot.right() - width, plot.bottom() - height);
    let corners = [(plot.left(), plot.top()), (right, below), (right, plot.top()), (plot.left(), below)];
    let blocks = corners.map(|(x, y)| Rect { x, y, width, height });
    let hidden = |block: &Rect| block.positions().filter(|&at| buf[at].symbol() != " ").count();
    let Some(block) = blocks.into_iter().min_by_key(hidden) else {
        return;
    };
    for (y, (note, style)) in (block.top()..block.bottom()).zip(notes) {
        text::put(note, *style, look, (block.left() + 1, y), block, buf);
    }
}

fn markers(chart: &Chart, look: &Look, plot: Rect, buf: &mut Buffer) {
    let frame = Frame { plot };
    for series in &chart.series {
        let Some(marker) = series.marker else { continue };
        for point in &series.points {
            let place = point.y.and_then(|y| Some((chart.x.place(point.x)?, chart.y.place(y)?)));
            let Some((across, up)) = place.filter(|(_, up)| (0.0..=1.0).contains(up)) else {
                continue;
            };
            let Some(x) = frame.column(across) else { continue };
            let y = plot.bottom() - 1 - (up * f64::from(plot.height - 1)).round() as u16;
            text::put_char(look.pick(marker, 'o'), series.style, (x, y), plot, buf);
        }
    }
}
