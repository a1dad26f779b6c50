//! How things look: colour depth, background and glyph set, resolved once at start.
//!
//! Screens name a [`StyleRole`], a [`Sign`] or a value on a ramp, and never a colour: only this folder knows colours, and
//! it knows each of them in four ways, so that nothing is conveyed by colour alone.

mod glyph;
mod palette;
mod ramp;

pub use glyph::{Borders, Glyphs, Sign};
pub use palette::StyleRole;
pub use ramp::{
    DIVERGING_STEPS, Heat, Population, SEQUENTIAL_STEPS, Swatch, diverging_step, sequential_step,
};

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Depth {
    /// The 256 entries of xterm's table. True colour is never needed: every shade here is one of them.
    #[default]
    Indexed,
    /// The sixteen colours of the terminal's own theme.
    Sixteen,
    /// None at all: glyphs, bold, dim and reverse say everything.
    None,
}

/// Whether the terminal writes light on dark or dark on light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Background {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
}

/// Depth, background and glyphs: all that drawing must know about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Look {
    /// How many colours there are.
    pub depth: Depth,
    /// Dark or light.
    pub background: Background,
    /// Unicode or ASCII.
    pub glyphs: Glyphs,
}

impl Look {
    /// Whether only ASCII may be drawn.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.glyphs == Glyphs::Ascii
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;
    use crate::case::keys::PSI_EDGES;

    const DEPTHS: [Depth; 3] = [Depth::Indexed, Depth::Sixteen, Depth::None];
    const BACKGROUNDS: [Background; 2] = [Background::Dark, Background::Light];

    #[test]
    fn no_colour_means_no_colour_anywhere() {
        let look = Look { depth: Depth::None, ..Look::default() };
        let mut styles: Vec<_> = StyleRole::ALL.iter().map(|&m| look.style(m)).collect();
        styles.extend((0..SEQUENTIAL_STEPS).map(|s| look.sequential(Heat::Step(s)).style));
        styles.extend((-3..=3).map(|s| look.diverging(s).style));
        styles.extend(Population::ALL.iter().map(|&p| look.population(p).style));
        for style in styles {
            assert!(style.fg.is_none() && style.bg.is_none(), "{style:?}");
        }
    }

    #[test]
    fn sixteen_colours_never_ask_for_an_indexed_one() {
        let indexed = |c: Option<Color>| matches!(c, Some(Color::Indexed(_) | Color::Rgb(..)));
        for background in BACKGROUNDS {
            let look = Look { depth: Depth::Sixteen, background, ..Look::default() };
            for style in StyleRole::ALL.iter().map(|&m| look.style(m)) {
                assert!(!indexed(style.fg) && !indexed(style.bg), "{style:?}");
            }
        }
    }

    #[test]
    fn every_step_of_a_ramp_is_told_from_every_other_at_every_depth() {
        for depth in DEPTHS {
            for background in BACKGROUNDS {
                for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                    let look = Look { depth, background, glyphs };
                    let mut all: Vec<Swatch> =
                        (0..SEQUENTIAL_STEPS).map(|s| look.sequential(Heat::Step(s))).collect();
                    all.extend([look.sequential(Heat::Unknown), look.sequential(Heat::NoRows)]);
                    for (i, a) in all.iter().enumerate() {
                        assert!(all[i + 1..].iter().all(|b| a != b), "sequential {look:?} {a:?}");
                    }
                    let all: Vec<Swatch> = (-3..=3).map(|s| look.diverging(s)).collect();
                    for (i, a) in all.iter().enumerate() {
                        assert!(all[i + 1..].iter().all(|b| a != b), "diverging {look:?} {a:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn ascii_is_ascii() {
        let look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
        for depth in DEPTHS {
            let look = Look { depth, ..look };
            for step in 0..SEQUENTIAL_STEPS {
                assert!(look.sequential(Heat::Step(step)).glyph.is_ascii());
            }
            for step in -3..=3 {
                assert!(look.diverging(step).glyph.is_ascii());
            }
            for mark in Sign::ALL {
                assert!(look.sign(mark).is_ascii(), "{mark:?}");
            }
        }
        for eighths in 0..=8 {
            assert!(
                look.rise(eighths).is_ascii()
                    && look.reach(eighths).is_ascii()
                    && look.spark(eighths).is_ascii()
            );
        }
    }

    #[test]
    fn edges_belong_to_the_step_above() {
        let cases = [
            (f64::NEG_INFINITY, 0),
            (0.0, 0),
            (0.049, 0),
            (0.05, 1),
            (0.1, 2),
            (0.25, 3),
            (0.5, 4),
            (1.0, 5),
            (9.0, 5),
        ];
        for (psi, want) in cases {
            assert_eq!(sequential_step(psi, &PSI_EDGES), want, "{psi}");
        }
        for (value, want) in
            [(0.0, 0), (0.009, 0), (0.01, 1), (-0.01, -1), (0.06, 2), (-0.3, -3), (f64::NAN, 0)]
        {
            assert_eq!(diverging_step(value, &[0.01, 0.05, 0.1]), want, "{value}");
        }
    }
}
