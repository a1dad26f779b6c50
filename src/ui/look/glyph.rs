//! The characters of the console, in Unicode and in ASCII.

use std::borrow::Cow;

use crate::autopsy::{Severity, Verdict};

use super::{Look, StyleRole};

/// Which characters the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Glyphs {
    /// Box drawing, block elements, braille.
    #[default]
    Unicode,
    /// The 95 printable characters of ASCII.
    Ascii,
}

/// The characters of a pane's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Borders {
    /// Top left corner.
    pub top_left: char,
    /// Top right corner.
    pub top_right: char,
    /// Bottom left corner.
    pub bottom_left: char,
    /// Bottom right corner.
    pub bottom_right: char,
    /// Top and bottom.
    pub horizontal: char,
    /// Left and right.
    pub vertical: char,
    /// Where a dividing line meets the left border.
    pub tee_left: char,
    /// Where a dividing line meets the right border.
    pub tee_right: char,
}

/// The status of a check, a step or a cause as one sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    /// Checked and fine, or ruled out.
    Fine,
    /// Worth a look.
    Watch,
    /// Found.
    Alarm,
    /// Not yet known.
    Pending,
    /// Could not run on this case.
    NotApplicable,
    /// Running; the number turns the spinner.
    Running(u8),
}

impl Sign {
    /// Every sign, the spinner once.
    pub const ALL: [Self; 6] =
        [Self::Fine, Self::Watch, Self::Alarm, Self::Pending, Self::NotApplicable, Self::Running(0)];

    /// What the sign means.
    #[must_use]
    pub const fn meaning(self) -> StyleRole {
        match self {
            Self::Fine => StyleRole::Fine,
            Self::Watch => StyleRole::Watch,
            Self::Alarm => StyleRole::Alarm,
            Self::Pending | Self::NotApplicable => StyleRole::Dim,
            Self::Running(_) => StyleRole::Text,
        }
    }
}

impl From<&Verdict> for Sign {
    fn from(verdict: &Verdict) -> Self {
        Self::from(verdict.severity())
    }
}

impl From<Severity> for Sign {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Clear => Self::Fine,
            Severity::Watch => Self::Watch,
            Severity::Alarm => Self::Alarm,
            Severity::Unknown => Self::NotApplicable,
        }
    }
}

impl Look {
    /// A sign: one column wide in Unicode, two in ASCII (the spinner always one).
    #[must_use]
    pub fn sign(&self, sign: Sign) -> &'static str {
        const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        const ASCII_SPINNER: [&str; 4] = ["|", "/", "-", "\\"];
        match (sign, self.is_ascii()) {
            (Sign::Fine, false) => "✓",
            (Sign::Watch, false) => "▲",
            (Sign::Alarm, false) => "●",
            (Sign::Pending, false) => "·",
            (Sign::NotApplicable, false) => "–",
            (Sign::Running(turn), false) => SPINNER[usize::from(turn) % SPINNER.len()],
            (Sign::Fine, true) => "ok",
            (Sign::Watch, true) => "??",
            (Sign::Alarm, true) => "!!",
            (Sign::Pending, true) => "..",
            (Sign::NotApplicable, true) => "--",
            (Sign::Running(turn), true) => ASCII_SPINNER[usize::from(turn) % ASCII_SPINNER.len()],
        }
    }

    /// A sign in one column, for the step bar, where it stands between other signs.
    #[must_use]
    pub fn narrow_sign(&self, sign: Sign) -> &'static str {
        match (sign, self.is_ascii()) {
            (Sign::Fine, true) => "+",
            (Sign::Watch, true) => "?",
            (Sign::Alarm, true) => "!",
            (Sign::Pending, true) => ".",
            (Sign::NotApplicable, true) => "-",
            _ => self.sign(sign),
        }
    }

    /// The characters of a pane's border.
    #[must_use]
    pub fn borders(&self) -> Borders {
        let [top_left, top_right, bottom_left, bottom_right, horizontal, vertical, tee_left, tee_right] =
            if self.is_ascii() {
                ['+', '+', '+', '+', '-', '|', '+', '+']
            } else {
                ['╭', '╮', '╰', '╯', '─', '│', '├', '┤']
            };
        Borders { top_left, top_right, bottom_left, bottom_right, horizontal, vertical, tee_left, tee_right }
    }

    /// A column that rises by `eighths` of a cell from its bottom.
    #[must_use]
    pub fn rise(&self, eighths: usize) -> char {
        const RISE: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        match self.glyphs {
            Glyphs::Unicode => RISE[eighths.min(8)],
            Glyphs::Ascii if eighths >= 4 => '#',
            Glyphs::Ascii => ' ',
        }
    }

    /// A bar that reaches `eighths` of a cell from its left.
    #[must_use]
    pub fn reach(&self, eighths: usize) -> char {
        const REACH: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
        match self.glyphs {
            Glyphs::Unicode => REACH[eighths.min(8)],
            Glyphs::Ascii if eighths >= 4 => '=',
            Glyphs::Ascii => ' ',
        }
    }

    /// One column of a sparkline at a level from 0 to 8; the lowest level still shows.
    #[must_use]
    pub fn spark(&self, level: usize) -> char {
        match self.glyphs {
            Glyphs::Unicode => self.rise(level.clamp(1, 8)),
            Glyphs::Ascii => char::from(b"0123456789"[level.min(8) * 9 / 8]),
        }
    }

    /// One of two characters, by glyph set.
    #[must_use]
    pub const fn pick(&self, unicode: char, ascii: char) -> char {
        match self.glyphs {
            Glyphs::Unicode => unicode,
            Glyphs::Ascii => ascii,
        }
    }

    /// A text in the characters that the terminal can show; what has no ASCII likeness becomes a question mark.
    #[must_use]
    pub fn spelled<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.is_ascii() || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut spelled = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                c if c.is_ascii() => spelled.push(c),
                '−' | '–' | '—' | '─' | '┄' | '┈' | '╌' => spelled.push('-'),
                '…' => spelled.push('~'),
                '→' => spelled.push_str("->"),
                '▸' | '▶' | '›' => spelled.push('>'),
                '←' => spelled.push_str("<-"),
                '◀' | '‹' => spelled.push('<'),
                '↑' | '◆' => spelled.push('^'),
                '↓' | '▼' => spelled.push('v'),
                '▲' => spelled.push('?'),
                '●' => spelled.push('!'),
                '◇' => spelled.push('o'),
                '·' => spelled.push('.'),
                '•' => spelled.push('*'),
                '▁' => spelled.push('_'),
                '▂' => spelled.push('.'),
                '▃' => spelled.push(':'),
                '▄' => spelled.push('-'),
                '▅' => spelled.push('='),
                '▆' => spelled.push('+'),
                '▇' => spelled.push('*'),
                '×' => spelled.push('x'),
                '÷' => spelled.push('/'),
                '±' => spelled.push_str("+/-"),
                '≤' => spelled.push_str("<="),
                '≥' => spelled.push_str(">="),
                '≠' => spelled.push_str("!="),
                '≈' => spelled.push('~'),
                '│' | '┊' => spelled.push('|'),
                '█' => spelled.push('#'),
                '░' => spelled.push(':'),
                '▓' | '▒' => spelled.push('%'),
                '↵' => spelled.push_str("Enter"),
                '⇥' => spelled.push_str("Tab"),
                '␣' => spelled.push_str("Space"),
                '✓' => spelled.push_str("ok"),
                '“' | '”' => spelled.push('"'),
                '‘' | '’' => spelled.push('\''),
                '²' => spelled.push('2'),
                '₁' => spelled.push('1'),
                '₂' => spelled.push('2'),
                '₀' => spelled.push('0'),
                '¹' => spelled.push('1'),
                '⁰' => spelled.push('0'),
                'σ' => spelled.push_str("sd"),
                'ρ' => spelled.push_str("rho"),
                'Δ' => spelled.push('d'),
                'é' | 'è' | 'ê' => spelled.push('e'),
                '\u{a0}' | '\u{2009}' | '\u{202f}' => spelled.push(' '),
                _ => spelled.push('?'),
            }
        }
        Cow::Owned(spelled)
    }
}
