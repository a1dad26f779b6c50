//! A canvas of braille dots, two by four a cell; of characters, one a cell, where there is no braille.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::ui::{look::Look, part::text};

/// How a line is interrupted, so that series differ in line as well as in hue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stroke {
    /// Uninterrupted: production.
    #[default]
    Solid,
    /// Every second dot: training.
    Dotted,
    /// Dashes: golden set, launch.
    Dashed,
    /// Dash and dot in turn: challenger.
    DashDot,
    /// The points alone, unconnected.
    Points,
}

impl Stroke {
    /// Whether the dot at a distance along the line is drawn.
    const fn inks(self, along: usize) -> bool {
        match self {
            Self::Solid | Self::Points => true,
            Self::Dotted => along.is_multiple_of(3),
            Self::Dashed => along % 6 < 3,
            Self::DashDot => matches!(along % 8, 0..=3 | 6),
        }
    }

    /// The character of the line where there is no braille.
    const fn ascii(self) -> char {
        match self {
            Self::Solid => '*',
            Self::Dotted => '.',
            Self::Dashed => '-',
            Self::DashDot => '~',
            Self::Points => 'o',
        }
    }
}

/// The canvas.
#[derive(Debug, Clone)]
pub struct Dots {
    area: Rect,
    ascii: bool,
    /// One a cell: the braille bits (or 1 with ASCII), the style of the last series that drew there, its character.
    cells: Vec<(u8, Style, char)>,
}

/// A place on the canvas in dots from its upper left corner.
pub type Dot = (f64, f64);

impl Dots {
    /// An empty canvas over an area.
    #[must_use]
    pub fn new(area: Rect, look: &Look) -> Self {
        let cells = vec![(0, Style::new(), ' '); usize::from(area.width) * usize::from(area.height)];
        Self { area, ascii: look.is_ascii(), cells }
    }

    /// How many dots it is wide and high.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let (x, y) = if self.ascii { (1, 1) } else { (2, 4) };
        (usize::from(self.area.width) * x, usize::from(self.area.height) * y)
    }

    /// The dot at a place, `across` from the left and `up` from the bottom, each 0 to 1.
    #[must_use]
    pub fn at(&self, across: f64, up: f64) -> Dot {
        let (width, height) = self.size();
        (across * (width.max(1) - 1) as f64, (1.0 - up) * (height.max(1) - 1) as f64)
    }

    /// Draws one dot; outside the canvas nothing.
    pub fn dot(&mut self, (x, y): Dot, style: Style, stroke: Stroke) {
        let (width, height) = self.size();
        let (x, y) = (x.round(), y.round());
        if !(x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64) {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        let (cell, bit) = if self.ascii {
            (y * usize::from(self.area.width) + x, 1)
        } else {
            // Unicode numbers the dots column by column, with the fourth row added later.
            const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
            ((y / 4) * usize::from(self.area.width) + x / 2, BITS[y % 4][x % 2])
        };
        if let Some((bits, ink, character)) = self.cells.get_mut(cell) {
            *bits |= bit;
            *ink = style;
            *character = stroke.ascii();
        }
    }

    /// Draws a line between two dots; `along` counts the dots of the whole series, so that dashes run on.
    pub fn line(&mut self, from: Dot, to: Dot, style: Style, stroke: Stroke, along: &mut usize) {
        // A line far outside (a value off the axis) is cut to the canvas first, so that its length is bounded.
        let Some((from, to)) = self.clip(from, to) else {
            return;
        };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).round().max(1.0) as usize;
        for step in 0..=steps {
            let t = step as f64 / steps as f64;
            if stroke.inks(*along + step) {
                self.dot((from.0 + dx * t, from.1 + dy * t), style, stroke);
            }
        }
        *along += steps;
    }

    /// The part of a line that lies on the canvas (after Liang and Barsky).
    fn clip(&self, from: Dot, to: Dot) -> Option<(Dot, Dot)> {
        let (width, height) = self.size();
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let finite = [from.0, from.1, to.0, to.1].iter().all(|v| v.is_finite());
        if width == 0 || height == 0 || !finite {
            return None;
        }
        let (right, bottom) = (width as f64 - 0.5, height as f64 - 0.5);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for (direction, room) in
            [(-dx, from.0 + 0.5), (dx, right - from.0), (-dy, from.1 + 0.5), (dy, bottom - from.1)]
        {
            if direction == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if direction < 0.0 {
                enter = enter.max(room / direction);
            } else {
                leave = leave.min(room / direction);
            }
        }
        let at = |t: f64| (from.0 + dx * t, from.1 + dy * t);
        (enter <= leave).then(|| (at(enter), at(leave)))
    }

    /// Paints the canvas; cells without a dot stay as they are, backgrounds are kept.
    pub fn paint(&self, buf: &mut Buffer) {
        if self.area.is_empty() {
            return;
        }
        for (index, (bits, style, character)) in self.cells.iter().enumerate() {
            if *bits == 0 {
                continue;
            }
            let x = self.area.x + (index % usize::from(self.area.width)) as u16;
            let y = self.area.y + (index / usize::from(self.area.width)) as u16;
            let braille = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
            let glyph = if self.ascii { *character } else { braille };
            text::put_char(glyph, *style, (x, y), self.area, buf);
        }
    }
}
