//! Values as shades: a sequential ramp for "more is worse", a diverging one for residuals, and the three fills of two
//! overlaid populations.
//!
//! Glyph and colour are chosen together: at 256 colours a cell is a blank on a coloured background, with sixteen it is a
//! coloured glyph, without colour the same glyph. A background alone would vanish where colours are dropped. Lightness
//! is monotone along both ramps; the smallest CIEDE2000 distance of two steps is 10.8 (sequential, light).

use ratatui::style::{Color, Modifier, Style};

use super::{Background, Depth, Glyphs, Look, StyleRole};

/// Steps of the sequential ramp.
pub const SEQUENTIAL_STEPS: u8 = 6;

/// Steps of the diverging ramp on each side of zero.
pub const DIVERGING_STEPS: i8 = 3;

/// What a cell of a heat map holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heat {
    /// Not computed yet, or too few rows to say.
    Unknown,
    /// The window has no rows.
    NoRows,
    /// A step of the ramp, 0 the quiet one.
    Step(u8),
}

/// How to fill one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swatch {
    /// The character that fills it.
    pub glyph: char,
    /// Its style.
    pub style: Style,
    /// The style of text written over it.
    pub text: Style,
}

/// One of two overlaid populations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// Only training is there.
    Training,
    /// Only production is there.
    Production,
    /// Both are.
    Both,
}

impl Population {
    /// All three, in the order of the legend.
    pub const ALL: [Self; 3] = [Self::Training, Self::Production, Self::Both];
}

/// The step of a value on a sequential ramp: the number of edges at or below it.
#[must_use]
pub fn sequential_step(value: f64, edges: &[f64]) -> u8 {
    let above = edges.iter().filter(|&&edge| value >= edge).count();
    u8::try_from(above).unwrap_or(u8::MAX).min(SEQUENTIAL_STEPS - 1)
}

/// The step of a value on a diverging ramp: the number of edges that its magnitude reaches, with its sign.
#[must_use]
pub fn diverging_step(value: f64, edges: &[f64; 3]) -> i8 {
    let reached = edges.iter().fold(0, |count, &edge| if value.abs() >= edge { count + 1 } else { count });
    if value < 0.0 { -reached } else { reached }
}

impl Look {
    /// A cell of the sequential ramp.
    #[must_use]
    pub fn sequential(&self, heat: Heat) -> Swatch {
        let ascii = self.glyphs == Glyphs::Ascii;
        let step = match heat {
            Heat::Unknown | Heat::NoRows => {
                let glyph = match (heat, ascii) {
                    (Heat::Unknown, false) => '╌',
                    (Heat::Unknown, true) => '-',
                    (_, false) => '×',
                    (_, true) => 'x',
                };
                let style = self.style(StyleRole::Dim);
                return Swatch { glyph, style, text: style };
            }
            Heat::Step(step) => usize::from(step.min(SEQUENTIAL_STEPS - 1)),
        };
        let glyph =
            if ascii { b" .:+#@"[step].into() } else { [' ', '·', '░', '▒', '▓', '█'][step] };
        match self.depth {
            Depth::Indexed => {
                let dark = [235, 24, 66, 143, 220, 230][step];
                let light = [255, 223, 179, 137, 24, 17][step];
                let bright_text =
                    (self.background == Background::Dark) == (step < 2) && !(2..=3).contains(&step);
                self.shaded(dark, light, bright_text)
            }
            Depth::Sixteen => {
                const COLOURS: [Color; 6] = [
                    Color::Reset,
                    Color::LightBlue,
                    Color::Cyan,
                    Color::Yellow,
                    Color::LightYellow,
                    Color::White,
                ];
                let style = if step == 0 { Style::new() } else { Style::new().fg(COLOURS[step]) };
                Swatch { glyph, style, text: style }
            }
            Depth::None => Swatch { glyph, style: Style::new(), text: Style::new() },
        }
    }

    /// A cell of the diverging ramp.
    ///
    /// * `step`: −3 to 3, clamped.
    #[must_use]
    pub fn diverging(&self, step: i8) -> Swatch {
        let at = usize::try_from(step.clamp(-DIVERGING_STEPS, DIVERGING_STEPS) + DIVERGING_STEPS)
            .unwrap_or_default();
        let glyph = if self.glyphs == Glyphs::Ascii {
            b"=-,.'+#"[at].into()
        } else {
            ['≪', '<', '‹', '·', '›', '>', '≫'][at]
        };
        match self.depth {
            Depth::Indexed => {
                let dark = [117, 32, 24, 237, 94, 172, 222][at];
                let light = [24, 32, 117, 254, 222, 172, 94][at];
                let bright_text = match self.background {
                    Background::Dark => matches!(at, 2..=4),
                    Background::Light => matches!(at, 0 | 6),
                };
                self.shaded(dark, light, bright_text)
            }
            Depth::Sixteen => {
                let style = match step {
                    ..=-1 => Style::new().fg(Color::Cyan),
                    0 => Style::new().fg(Color::DarkGray),
                    1.. => Style::new().fg(Color::Yellow),
                };
                Swatch { glyph, style, text: style }
            }
            Depth::None => Swatch { glyph, style: Style::new(), text: Style::new() },
        }
    }

    /// How a population fills a cell of an overlaid histogram; texture and lightness tell them apart as well as hue.
    #[must_use]
    pub fn population(&self, population: Population) -> Swatch {
        let glyph = match (population, self.glyphs, self.depth) {
            (Population::Training, Glyphs::Unicode, _) => '░',
            (Population::Training, Glyphs::Ascii, _) => ':',
            (Population::Production, Glyphs::Unicode, _) => '█',
            (Population::Production, Glyphs::Ascii, _) => '#',
            (Population::Both, Glyphs::Unicode, Depth::Indexed) => '▒',
            (Population::Both, Glyphs::Unicode, _) => '▓',
            (Population::Both, Glyphs::Ascii, _) => '%',
        };
        let series = match population {
            Population::Training => StyleRole::Training,
            Population::Production | Population::Both => StyleRole::Production,
        };
        let text = self.style(series);
        let style = match (self.depth, self.glyphs, population) {
            (Depth::Indexed, Glyphs::Unicode, Population::Training | Population::Both) => {
                text.bg(self.indexed(24, 110))
            }
            _ => text,
        };
        Swatch { glyph, style, text }
    }

    /// The plain colour of a population, for the parts of a cell that a texture cannot fill; none without 256 colours.
    #[must_use]
    pub fn population_solid(&self, population: Population) -> Option<Color> {
        (self.depth == Depth::Indexed && self.glyphs == Glyphs::Unicode).then(|| match population {
            Population::Training => self.indexed(24, 110),
            Population::Production => self.indexed(214, 130),
            Population::Both => self.indexed(101, 101),
        })
    }

    /// How the inside of an interval band is filled behind a line.
    #[must_use]
    pub fn band(&self) -> Swatch {
        match (self.depth, self.glyphs) {
            (Depth::Indexed, _) => {
                let style = Style::new().bg(self.indexed(236, 253));
                Swatch { glyph: ' ', style, text: style }
            }
            (_, Glyphs::Unicode) => self.faint_fill('░'),
            (_, Glyphs::Ascii) => self.faint_fill(':'),
        }
    }

    fn faint_fill(&self, glyph: char) -> Swatch {
        let style = self.style(StyleRole::Faint);
        Swatch { glyph, style, text: style }
    }

    /// A blank on an indexed background, and the text colour that reads on it.
    fn shaded(&self, dark: u8, light: u8, bright_text: bool) -> Swatch {
        let style = Style::new().bg(self.indexed(dark, light));
        let text =
            style.fg(Color::Indexed(if bright_text { 231 } else { 16 })).remove_modifier(Modifier::DIM);
        Swatch { glyph: ' ', style, text }
    }
}
