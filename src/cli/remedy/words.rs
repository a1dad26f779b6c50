//! How the text of a bench may look.

use super::super::{Global, output};

/// How the text may look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Words {
    /// Plain characters only.
    ascii: bool,
    /// Bold text is understood.
    bold: bool,
}

impl Words {
    pub(super) fn of(global: &Global) -> Self {
        Self {
            ascii: global.ascii || output::is_dumb(),
            bold: output::is_styled(global.color),
        }
    }

    pub(super) fn strong(self, text: &str) -> String {
        if self.bold {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Replaces what ASCII does not have.
    pub(super) fn plain(self, text: String) -> String {
        if !self.ascii {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '→' => out.push_str("->"),
                '−' | '–' => out.push('-'),
                '±' => out.push_str("+-"),
                '≤' => out.push_str("<="),
                '\n' | '\u{1b}' => out.push(c),
                c if c.is_ascii() => out.push(c),
                c => out.extend(c.escape_unicode()),
            }
        }
        out
    }
}
