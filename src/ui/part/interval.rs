//! Intervals around a line of zero, one a line, on a scale that all of them share: `  ┊  ├──●──┤`.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::ui::{
    look::{Look, StyleRole},
    part::text,
};

/// A value with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The value.
    pub value: f64,
    /// From where to where it may be.
    pub range: (f64, f64),
}

/// From where to where the intervals of a list are drawn; 0 is always inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale that holds all intervals, and 0.
    ///
    /// One interval that is far wider than the values themselves would press all others together: beyond twice the
    /// largest value it is cut, and drawn with an arrow.
    #[must_use]
    pub fn of(intervals: impl IntoIterator<Item = Interval>) -> Self {
        let finite: Vec<Interval> = intervals
            .into_iter()
            .filter(|i| i.value.is_finite() && i.range.0.is_finite() && i.range.1.is_finite())
            .collect();
        let largest = finite.iter().map(|i| i.value.abs()).fold(0.0, larger);
        let limit = if largest > 0.0 { 2.0 * largest } else { f64::MAX };
        let from = finite.iter().map(|i| -i.range.0).fold(0.0, larger).min(limit);
        let to = finite.iter().map(|i| i.range.1).fold(0.0, larger).min(limit);
        if from + to > 0.0 { Self { from: -from, to } } else { Self { from: -1.0, to: 1.0 } }
    }

    /// The same scale, long enough to hold a value.
    #[must_use]
    pub fn holding(self, value: f64) -> Self {
        if !value.is_finite() {
            return self;
        }
        Self {
            from: if value < self.from { value } else { self.from },
            to: if value > self.to { value } else { self.to },
        }
    }

    /// The column of a value among `width`; none outside.
    #[must_use]
    pub fn column(self, value: f64, width: u16) -> Option<u16> {
        let place = (value - self.from) / (self.to - self.from);
        ((-1e-9..=1.0 + 1e-9).contains(&place) && width > 0)
            .then(|| (place.clamp(0.0, 1.0) * f64::from(width - 1)).round() as u16)
    }
}

const fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// Draws the line of zero over the first line of `area`, and over it the interval.
pub fn draw(
    interval: Option<Interval>,
    scale: Scale,
    style: Style,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    let put = |glyph: char, style: Style, column: u16, buf: &mut Buffer| {
        text::put_char(glyph, style, (area.x + column, area.y), area, buf);
    };
    let zero = scale.column(0.0, area.width);
    if let Some(zero) = zero {
        put(look.pick('┊', ':'), look.style(StyleRole::Dim), zero, buf);
    }
    let Some(interval) = interval.filter(|i| i.value.is_finite() && area.width > 0) else {
        return;
    };
    let last = area.width - 1;
    let (low, high) = interval.range;
    let (left, right) = (scale.column(low, area.width), scale.column(high, area.width));
    // What lies wholly beyond one side is not drawn over the other.
    let from = left.unwrap_or(if low > scale.to { last } else { 0 });
    let to = right.unwrap_or(if high < scale.from { 0 } else { last });
    for column in from..=to {
        let glyph = match column {
            c if c == from && left.is_none() => look.pick('◀', '<'),
            c if c == to && right.is_none() => look.pick('▶', '>'),
            c if c == from => look.pick('├', '|'),
            c if c == to => look.pick('┤', '|'),
            c if Some(c) == zero => look.pick('┼', '+'),
            _ => look.pick('─', '-'),
        };
        put(glyph, style, column, buf);
    }
    if let Some(column) = scale.column(interval.value, area.width) {
        put(look.pick('●', 'o'), style, column, buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::Glyphs;

    fn drawn(interval: Interval, scale: Scale, width: u16) -> String {
        let look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
        let area = Rect::new(0, 0, width, 1);
        let mut buf = Buffer::empty(area);
        draw(Some(interval), scale, Style::new(), &look, area, &mut buf);
        buf.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    fn interval(low: f64, value: f64, high: f64) -> Interval {
        Interval { value, range: (low, high) }
    }

    #[test]
    fn zero_is_on_every_line_and_the_interval_where_it_belongs() {
        let all = [interval(2.0, 3.0, 4.0), interval(-1.0, 0.5, 2.0), interval(-2.0, -1.5, -1.0)];
        let scale = Scale::of(all);
        assert_eq!(all.map(|one| drawn(one, scale, 13)), ["    :   |-o-|", "  |-+o--|    ", "|o| :        "]);
    }

    #[test]
    fn an_interval_far_beyond_the_values_is_cut() {
        let all = [interval(0.9, 1.0, 1.1), interval(-90.0, -0.5, 90.0)];
        let scale = Scale::of(all);
        assert_eq!(drawn(all[1], scale, 9), "<--o+--->");
        assert_eq!(drawn(all[0], scale, 9), "    : o  ");
    }

    #[test]
    fn nothing_finite_and_no_room_draw_no_interval() {
        let scale = Scale::of([interval(f64::NAN, f64::NAN, f64::NAN)]);
        assert_eq!(drawn(interval(f64::NAN, f64::NAN, 1.0), scale, 3), " : ");
        assert_eq!(drawn(interval(-1.0, 0.0, 1.0), scale, 0), "");
    }
}
