//! One palette, four ways: dark, light, sixteen colours, none.
//!
//! The indexed shades were chosen by their CIEDE2000 distance under normal, deuteranopic, protanopic and tritanopic sight
//! (simulated after Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009, severity 1): the four series stay at least
//! 17 apart from each other and from both greys.

use ratatui::style::{Color, Modifier, Style};

use super::{Background, Depth, Look};

/// What a piece of the screen means; what that looks like is the [`Look`]'s business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StyleRole {
    /// Ordinary text.
    Text,
    /// Labels and secondary text.
    Dim,
    /// What is barely there: unfocused borders, immature labels, filling dots.
    Faint,
    /// Titles and what matters most in a line.
    Strong,
    /// The border of the pane that has the focus.
    Focus,
    /// The border of every other pane.
    Border,
    /// The line or cell under the cursor.
    Cursor,
    /// A key that can be pressed.
    Key,
    /// The training snapshot.
    Training,
    /// The production log.
    Production,
    /// The golden set, and the value at launch.
    Golden,
    /// A challenger.
    Challenger,
    /// Checked and fine.
    Fine,
    /// Worth a look.
    Watch,
    /// Found.
    Alarm,
}

impl StyleRole {
    /// All meanings.
    pub const ALL: [Self; 15] = [
        Self::Text,
        Self::Dim,
        Self::Faint,
        Self::Strong,
        Self::Focus,
        Self::Border,
        Self::Cursor,
        Self::Key,
        Self::Training,
        Self::Production,
        Self::Golden,
        Self::Challenger,
        Self::Fine,
        Self::Watch,
        Self::Alarm,
    ];

    /// The shade on dark and on light, and among the sixteen colours; none is the terminal's own.
    const fn shades(self) -> Option<(u8, u8, Option<Color>)> {
        match self {
            Self::Text | Self::Strong | Self::Cursor => None,
            Self::Dim => Some((245, 240, Some(Color::DarkGray))),
            Self::Faint | Self::Border => Some((238, 250, Some(Color::DarkGray))),
            Self::Focus | Self::Key => Some((254, 235, None)),
            Self::Training => Some((74, 25, Some(Color::Cyan))),
            Self::Production => Some((214, 130, Some(Color::Yellow))),
            Self::Golden => Some((157, 18, Some(Color::Green))),
            Self::Challenger => Some((63, 88, Some(Color::LightBlue))),
            Self::Fine => Some((245, 240, None)),
            Self::Watch => Some((221, 130, Some(Color::LightYellow))),
            Self::Alarm => Some((202, 88, Some(Color::LightRed))),
        }
    }

    /// What is added to the shade whatever the depth, and its replacement without colour.
    const fn modifiers(self, depth: Depth) -> Modifier {
        match self {
            Self::Strong | Self::Focus | Self::Key | Self::Alarm => Modifier::BOLD,
            Self::Cursor => Modifier::REVERSED,
            Self::Dim | Self::Faint | Self::Border if matches!(depth, Depth::None) => Modifier::DIM,
            _ => Modifier::empty(),
        }
    }
}

impl Look {
    /// The style of a meaning.
    #[must_use]
    pub fn style(&self, meaning: StyleRole) -> Style {
        let style = Style::new().add_modifier(meaning.modifiers(self.depth));
        if meaning == StyleRole::Cursor {
            // One even bar, whatever colours the line has.
            let even = style.remove_modifier(Modifier::DIM);
            return if self.depth == Depth::None { even } else { even.fg(Color::Reset).bg(Color::Reset) };
        }
        let shade = meaning.shades().and_then(|(dark, light, sixteen)| match self.depth {
            Depth::Indexed => Some(self.indexed(dark, light)),
            Depth::Sixteen => sixteen,
            Depth::None => None,
        });
        Style { fg: shade, ..style }
    }

    /// The entry of xterm's table for this background.
    pub(super) fn indexed(&self, dark: u8, light: u8) -> Color {
        Color::Indexed(match self.background {
            Background::Dark => dark,
            Background::Light => light,
        })
    }
}
