//! Styling of text on a terminal.

use super::{Global, output};

/// Styling of text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Paper {
    /// ASCII characters only.
    ascii: bool,
    /// Bold text is supported.
    bold: bool,
}

impl Paper {
    pub(super) fn of(global: &Global) -> Self {
        Self { ascii: global.ascii || output::is_dumb(), bold: output::is_styled(global.color) }
    }

    pub(super) fn strong(self, text: &str) -> String {
        if self.bold { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Returns a bar for the share `x`.
    ///
    /// * `full`: width of a full bar, in cells.
    pub(super) fn bar(self, x: f64, full: usize) -> String {
        let eighths = (x.clamp(0.0, 1.0) * full as f64 * 8.0).round() as usize;
        if self.ascii {
            return "#".repeat((eighths + 4) / 8);
        }
        let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
        format!("{}{part}", "█".repeat(eighths / 8))
    }

    /// Replaces characters outside ASCII.
    pub(super) fn plain(self, text: String) -> String {
        if !self.ascii {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '→' => out.push_str("->"),
                '·' => out.push('|'),
                '−' | '–' => out.push('-'),
                '×' => out.push('x'),
                '÷' => out.push('/'),
                '±' => out.push_str("+-"),
                '≥' => out.push_str(">="),
                '≤' => out.push_str("<="),
                '²' => out.push('2'),
                '…' => out.push_str("..."),
                c if c.is_ascii() => out.push(c),
                c => out.extend(c.escape_unicode()),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_characters_have_an_ascii_face() {
        let (unicode, ascii) = (Paper::default(), Paper { ascii: true, bold: true });
        assert_eq!(unicode.bar(0.5, 20), "██████████");
        assert_eq!(unicode.bar(0.03, 20), "▋");
        assert_eq!(ascii.bar(0.5, 20), "##########");
        let text = ascii.plain(ascii.strong("R² −0.08 → 0.1 · Größe × 100"));
        assert!(text.is_ascii() && text.starts_with("\u{1b}[1mR2 -0.08 -> 0.1 | Gr"), "{text}");
        assert_eq!(unicode.plain("R²".to_owned()), "R²");
    }
}
